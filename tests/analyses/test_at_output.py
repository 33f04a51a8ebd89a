"""What is avoided at the output of law alone: cleaning counts, closing does not; a planted closer and a planted cleaner."""

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.analyses.barriers import barriers
from ecocluster.experiments.analyses.effects import columns_of, effect
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.solutions import solutions
from ecocluster.experiments.money import AVOIDED, abatement_split, avoided_at_output
from ecocluster.viz.analyses import barriers as told
from ecocluster.viz.words import Words
from fake_trials import SAME, install
from test_barriers import planted

E, Y = 100.0, 50.0  # law alone


@pytest.mark.parametrize(
    ("emissions", "output", "avoided"),
    [(80, 50, 20), (80, 40, 0), (100, 50, 0), (120, 60, 0), (100, 60, 100 / 6), (80, 30, -100 / 3)],
    ids=["cleaned", "closed", "nothing", "grown", "grown and cleaned", "closed and dirtier"],
)
def test_cleaning_counts_and_closing_does_not(emissions, output, avoided):
    assert avoided_at_output(emissions, output, E, Y) == pytest.approx(avoided)


def test_it_is_the_fall_of_intensity_at_the_output_of_law_alone():
    """Against the symmetric split of the same numbers: intensity x output of law alone, not x their mean. Nothing made: missing."""
    split = abatement_split(80.0, 0.0, 30.0, E, 0.0, Y)
    assert avoided_at_output(80.0, 30.0, E, Y) == pytest.approx(split["intensity"] / (0.5 * (30 + Y)) * Y)
    assert np.isnan(avoided_at_output(0.0, 0.0, E, Y))


def test_every_outcome_is_read_from_its_own_columns():
    rng = np.random.default_rng(1)
    names = columns_of([f"{base}{end}_2035" for base in AVOIDED for end in ("", "_at_output")])
    frame = pd.DataFrame({who + name: rng.uniform(1, 2, 4) for name in names for who in ("", "null.")})
    for base, column in AVOIDED.items():
        own, null = frame[f"{column}_2035"], frame[f"null.{column}_2035"]
        assert np.allclose(effect(frame, f"{base}_2035"), null - own)
        made = frame["null.output_total_2035"] / frame["output_total_2035"]
        assert np.allclose(effect(frame, f"{base}_at_output_2035"), null - own * made)


def closer(trial, replicate):
    """Barrier 2 removed closes a fifth of production and makes the rest dirtier; barrier 4 removed cleans by a tenth."""
    levers = trial.pathway.programmes[0].levers
    output = 50.0 * (0.8 if "relief_credit" in levers else 1.0)
    intensity = 20.0 * (1.1 if "relief_credit" in levers else 1.0) * (0.9 if "relief_awareness" in levers else 1.0)
    return {**planted(trial, replicate), "tco2e_total_2035": (output * intensity, 1000.0), "output_total_2035": (output, 50.0)}


def test_a_planted_closer_is_told_from_a_planted_cleaner(monkeypatch):
    install(monkeypatch, closer)
    found = barriers(Case(pathway="policy", replicates=3))
    own = found.data["emissions"].query("avoided == 'abatement'").set_index("cause")
    assert own.loc["barrier-2", ["absolute", "at_output"]].tolist() == pytest.approx([120.0, -100.0])
    assert own.loc["barrier-4", ["absolute", "at_output"]].tolist() == pytest.approx([100.0, 100.0])
    facts = found.facts["emissions"]
    assert facts["cause"] == "barrier-4" and {"cause": "barrier-2", "avoided": "abatement"} in facts["by_output"]
    for lang in ("en", "vi"):
        say = Words(lang)
        text = told.words(found, say)
        assert any(say("causes.by_output", names="").strip(" .") in sentence for sentence in text)
        (sheet,) = told.more_sheets(found, say)
        assert len(sheet.columns) == 7 and len(sheet.rows) == 6 and sheet.title


def test_in_a_fraction_the_main_effects_stand(monkeypatch):
    names = ("real_share_2035", "in_symbiosis_2035", "level1_2035")
    install(monkeypatch, lambda trial, r: {**SAME, **dict.fromkeys(names, (0.5, 0.5)),
            "tco2e_total_2035": (100.0 - 7.0 * ("extension" in trial.pathway.programmes[0].levers), 100.0)})  # fmt: skip
    found = solutions(Case(pathway="policy", replicates=2), part=True).data["emissions"].query("avoided == 'abatement'")
    assert found["absolute"].max() == pytest.approx(7.0) and found["at_output"].max() == pytest.approx(7.0)
    assert (found["absolute"].abs() > 1e-9).sum() == 1
