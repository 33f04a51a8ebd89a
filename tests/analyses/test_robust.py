"""Robustness: regret and wins by hand, known shares through the pipeline, a break-even line where it was put."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.robust import regrets, robust, robust_in, wins
from ecocluster.experiments.analyses.stored import read_sweep
from ecocluster.experiments.errors import InputError
from ecocluster.viz.analyses import robust as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import by_share, install

RULE = ("abatement_share_2035>=0.1",)


def turning(trial, replicate):
    """`symbiosis` gains .1 everywhere, `combined` from .08 to .12 as growth goes from 0 to .04: level at .02."""
    share = 0.1 if trial.pathway == "symbiosis" else 0.08 + trial.uncertainties.get("growth", 0.01)
    return share + 0.02 * replicate  # luck that both share


def test_regret_and_wins_by_hand():
    gains = np.array([[3.0, 1.0, 3.0], [0.0, 5.0, 4.0]])
    assert regrets(gains).tolist() == [[0, 2, 0], [5, 0, 1]]
    assert wins(gains).tolist() == [[0.5, 0, 0.5], [0, 1, 0]]


def test_known_shares_regret_and_the_break_even_line(monkeypatch):
    calls = install(monkeypatch, by_share(turning), shuffle=True)
    found = robust(
        Case(replicates=1), pathways=["symbiosis", "combined"], rules=RULE, count=200, surface=("growth", "sigma0"), grid=5
    )
    table = found.table.set_index("pathway")
    assert table["best"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.01)
    assert table.loc["symbiosis", "regret_max"] == pytest.approx(0.02, abs=0.001)
    assert table.loc["symbiosis", "meets"] == 1 and table.loc["combined", "meets"] == pytest.approx(0.5, abs=0.01)
    assert found.facts["surface"] == ["growth", "sigma0"] and len(calls) == 2
    surface = found.data["surface"]
    first = found.facts["leaders"][0]
    sign = 1 if first == "combined" else -1
    assert (np.sign((surface["growth"] - 0.02).round(9)) == sign * np.sign(surface["difference"].round(9))).all()
    assert found.facts["sure"] == {"first": pytest.approx(0.4), "second": pytest.approx(0.4)}
    for lang in ("en", "vi"):
        assert told.words(found, Words(lang))[-1] == Words(lang)(
            "robust.turns", x=Words(lang).name("parameter", "growth"), y=Words(lang).name("parameter", "sigma0")
        )


def test_the_surface_takes_the_parameter_that_decides(monkeypatch):
    install(monkeypatch, by_share(turning))
    found = robust(Case(replicates=1), pathways=["symbiosis", "combined"], rules=RULE, count=100, grid=3)
    assert found.facts["surface"][0] == "growth"


def test_a_lost_run_counts_for_no_pathway_at_that_point(monkeypatch):
    """Replicate 1 is lucky by .5 and lost for one pathway: paired, the other must not profit."""

    def model(trial, replicate):
        return "lost" if replicate == 1 and trial.pathway == "symbiosis" else 0.1 + 0.5 * replicate

    install(monkeypatch, by_share(model))
    found = robust(Case(replicates=2), pathways=["symbiosis", "combined"], rules=RULE, count=10, grid=0)
    assert found.table["effect"].tolist() == pytest.approx([0.1, 0.1]) and found.table["regret_max"].max() == 0
    assert found.facts["failed"] == 10


def test_less_is_better_where_it_is(monkeypatch):
    install(monkeypatch, lambda trial, replicate: {"cod_2035": (5.0 if trial.pathway == "symbiosis" else 9.0, 10.0)})
    found = robust(Case(replicates=1), pathways=["symbiosis", "combined"], outcome="cod_2035", rules=(), count=10, grid=0)
    assert found.table.set_index("pathway")["best"].to_dict() == {"symbiosis": 1, "combined": 0}
    told.figure(found, Words("en"))


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"pathways": ["symbiosis"]}, "too_few"),
        ({"surface": ("growth",)}, "not_two"),
        ({"surface": ("growth", "x")}, "unknown"),
        ({"count": 3}, "below"),
        ({"grid": 2}, "below"),
        ({"rules": ("level1",)}, "not_a_rule"),
    ],
)
def test_bad_options_are_refused(monkeypatch, options, key):
    calls = install(monkeypatch, by_share(turning))
    with pytest.raises(InputError) as error:
        robust(Case(), **options)
    assert error.value.key.startswith(key) and not calls


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, by_share(turning))
    found = robust(Case(replicates=2), rules=RULE, count=20, grid=3)
    assert len(told.sheet(found, Words(lang)).rows) == 4
    write_finding(found, tmp_path / "out", lang)


def test_one_small_real_run_and_a_stored_sweep(tmp_path):
    from ecocluster.experiments.sweeps.runner import sweep

    found = robust(Case("teaching", replicates=1), pathways=["self-transition", "combined"], rules=RULE, count=10, grid=3)
    assert len(found.table) == 2 and len(found.data["surface"]) == 9
    sweep({"scenario": "teaching", "pathways": ["self-transition", "combined"], "replicates": 1, "seed": 2,
           "design": {"kind": "lhs", "points": 10}, "uncertainties": {"growth": [0.0, 0.04], "sigma0": [0.1, 0.4]},
           "outcomes": ["tco2e_total_2035"]}, tmp_path / "s")  # fmt: skip
    again = robust_in(read_sweep(tmp_path / "s"), rules=RULE)
    assert again.table["pathway"].tolist() == ["self-transition", "combined"] and again.table["best"].sum() == pytest.approx(1)
