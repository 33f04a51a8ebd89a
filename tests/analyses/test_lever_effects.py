"""What each lever does: a planted cleaner, a planted closer, two that need each other, a lever of the law; told in both languages."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.lever_effects import lever_effects
from ecocluster.experiments.errors import InputError
from ecocluster.scenarios import load_law
from ecocluster.viz.analyses import lever_effects as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import SAME, install

E, Y = 1000.0, 50.0  # law alone


def planted(trial, replicate):
    """Extension cleans a tenth; grants for T2 close a fifth of production; study aid cleans 5 % where there are grants for links."""
    programme = trial.pathway.programmes[0].levers
    output = Y * (0.8 if "grant_T2" in programme else 1.0)
    clean = 0.1 * ("extension" in programme) + 0.05 * ({"study_aid", "symbiosis_grant"} <= programme.keys())
    if trial.tries_law:
        clean += 0.02 * ("inspection_rate" in trial.pathway.law.levers)
    return {**SAME, "tco2e_total_2035": (E * output / Y * (1 - clean), E), "output_total_2035": (output, Y)}


def test_planted_levers_are_told_apart(monkeypatch):
    calls = install(monkeypatch, planted)
    found = lever_effects(Case(pathway="combined", replicates=2))
    own = found.table[found.table["avoided"] == "abatement"].set_index("lever")
    absolute, cleaned = own["absolute"], own["at_output"]
    assert (absolute["extension"], cleaned["extension"]) == pytest.approx((100.0, 100.0))
    assert (absolute["grant_T2"], cleaned["grant_T2"]) == pytest.approx((200.0, 0.0))  # closing is no cleaning
    assert cleaned["study_aid"] == pytest.approx(0.0) and own["last_at_output"]["study_aid"] == pytest.approx(50.0)
    assert own["last_absolute"]["extension"] == pytest.approx(80.0)  # of the four fifths that are left
    assert own["last_at_output"]["extension"] == pytest.approx(100.0)
    assert (cleaned["inspection_rate"], own.loc["inspection_rate", "value"]) == pytest.approx(
        (20.0, load_law("middle").levers["inspection_rate"])
    )
    assert np.isnan(own["last_absolute"]["inspection_rate"]) and not any(name.startswith("fund_share") for name in own.index)
    rest = own.drop(["extension", "grant_T2", "study_aid", "symbiosis_grant", "inspection_rate"])
    assert np.allclose(rest[["absolute", "at_output"]], 0.0)
    trials = calls[0][0]
    assert len(trials) == 1 + 2 * found.facts["levers"] + found.facts["law_levers"]
    shares = [{n for n in t.pathway.programmes[0].levers if n.startswith("fund_share")} for t in trials if not t.tries_law]
    assert all(own == shares[0] for own in shares) and shares[0]
    assert found.facts["alone"]["cause"] == "extension"
    assert found.facts["alone"]["by_output"] == [{"cause": "grant_T2", "avoided": "abatement"}]


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, planted)
    found, say = lever_effects(Case(pathway="symbiosis", replicates=2)), Words(lang)
    assert len(told.words(found, say)) >= 3
    sheets = [told.sheet(found, say), *told.more_sheets(found, say)]
    assert len(sheets) == 3 and len({sheet.title for sheet in sheets}) == 3
    assert all(say.name("lever", name) != name for name in found.table["lever"])
    write_finding(found, tmp_path / "out", lang)


def test_a_pathway_without_levers_is_refused():
    with pytest.raises(InputError, match="law"):
        lever_effects(Case(pathway="law"))


def test_one_small_real_run():
    found = lever_effects(Case("teaching", "self-transition", replicates=2))
    own = found.table[found.table["avoided"] == "abatement"]
    assert np.isfinite(own[["absolute", "at_output"]]).all(axis=None) and found.facts["failed"] == 0
