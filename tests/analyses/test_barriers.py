"""Shapley values and synergies of known games; barriers with planted effects; one small real run."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.barriers import BARRIERS, barriers, decompose
from ecocluster.experiments.analyses.coalitions import share_of_total
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.shapley import main_effects, members, shapley, synergies
from ecocluster.viz.analyses import barriers as told
from ecocluster.viz.words import Words
from fake_trials import SAME, install

RELIEF = {
    "relief_permits": 0, "relief_credit": 1, "relief_monitoring": 2, "relief_awareness": 3, "relief_technology": 4, "relief_trust": 5,
}  # fmt: skip
OWN = np.array([0.01, 0.05, 0.0, 0.10, 0.04, 0.0])
PAIR = 0.03  # finance and awareness together


def table(causes, worth):
    return np.array([worth(mask) for mask in range(1 << causes)], float)


def test_shapley_of_the_glove_game():
    """One left glove, two right ones: a pair is worth 1. The left one gets 2/3, the others 1/6 each."""
    values = table(3, lambda mask: bool(mask & 1) and bool(mask & 6))
    assert np.allclose(shapley(values), [2 / 3, 1 / 6, 1 / 6])


def test_shapley_shares_out_the_whole_and_keeps_further_axes():
    values = np.random.default_rng(0).normal(size=(64, 5))
    parts = shapley(values)
    assert parts.shape == (6, 5)
    assert np.allclose(parts.sum(axis=0), values[-1] - values[0])


def test_additive_causes_get_what_they_bring_whatever_the_measure():
    own = np.array([3.0, -1.0, 0.5, 0.0])
    values = table(4, lambda mask: 7 + sum(own[i] for i in range(4) if mask >> i & 1))
    assert np.allclose(shapley(values), own)
    assert np.allclose(main_effects(values), own)
    assert np.allclose(synergies(values), 0)


def test_a_synergy_is_shared_by_its_two_causes():
    values = table(3, lambda mask: 2.0 * (mask & 3 == 3))
    assert np.allclose(shapley(values), [1, 1, 0])
    expected = np.zeros((3, 3))
    expected[0, 1] = expected[1, 0] = 2.0
    assert np.allclose(synergies(values), expected)


def test_a_table_that_is_no_table_of_sets_is_refused():
    with pytest.raises(ValueError, match="6 rows"):
        shapley(np.zeros(6))
    assert members(5, ["a", "b", "c"]) == ("a", "c")


def test_shares_have_no_interval_where_the_whole_may_be_nothing():
    rng = np.random.default_rng(1)
    sure = np.array([[3.0], [1.0]]) + rng.normal(0, 0.1, (2, 30))
    share, low, high, largest = share_of_total(sure)
    assert share == pytest.approx([0.75, 0.25], abs=0.02) and (low < share).all() and (share < high).all()
    assert largest[0] == 1.0
    unsure = rng.normal(0.01, 1.0, (2, 30))
    assert np.isnan(share_of_total(unsure)[1]).all()
    assert np.isnan(share_of_total(-sure)[0]).all()
    assert np.isnan(share_of_total(sure[:, :1])[1]).all()


def planted(trial, replicate):
    levers = trial.pathway.programmes[0].levers
    gone = [RELIEF[name] for name in levers if name in RELIEF]
    share = OWN[gone].sum() + PAIR * (1 in gone and 3 in gone) + 0.001 * (replicate % 3 - 1) * len(gone)
    others = {name: (0.2 + 0.1 * (2 in gone), 0.2) for name in ("recp_share_2035", "real_share_2035", "in_symbiosis_2035")}
    return {**SAME, "tco2e_total_2035": (1000 * (1 - share), 1000.0), **others}


def test_planted_barriers_are_found(monkeypatch):
    calls = install(monkeypatch, planted)
    found = barriers(Case(pathway="policy", replicates=6))
    trials = calls[0][0]
    assert len(trials) == 64 and all(trial.pathway.scale == 1.0 for trial in trials)
    own = found.table[found.table["outcome"] == "abatement_share_2035"].set_index("cause")
    expected = OWN + PAIR / 2 * np.isin(np.arange(6), (1, 3))
    assert np.allclose(own.loc[list(BARRIERS), "shapley"], expected, atol=1e-9)
    assert np.allclose(own.loc[list(BARRIERS), "alone"], OWN, atol=1e-9)
    assert own.loc["all", "shapley"] == pytest.approx(OWN.sum() + PAIR)
    facts = found.facts
    assert facts["silent"] == []  # barriers 3 and 6 bring nothing in the mean, but something in single replicates
    assert facts["first"]["cause"] == "barrier-4" and facts["first"]["probability"] == 1.0
    assert facts["pair"]["first"], facts["pair"]["second"] == ("barrier-2", "barrier-4")
    assert facts["pair"]["synergy"]["mean"] == pytest.approx(PAIR)
    assert {"barrier-3", "barrier-6"} <= set(facts["idle"])
    assert facts["others"]["real_share_2035"]["cause"] == "barrier-3"
    for lang in ("en", "vi"):
        say = Words(lang)
        assert len(told.words(found, say)) >= 4
        assert len(told.sheet(found, say).rows) == 6
        told.figure(found, say)


def test_nothing_binds_where_nothing_changes(monkeypatch):
    install(monkeypatch, lambda trial, r: {**SAME} | {name: (1.0, 1.0) for name in ("tco2e_total_2035", "recp_share_2035", "real_share_2035", "in_symbiosis_2035")})  # fmt: skip
    found = barriers(Case(pathway="policy", replicates=3))
    say = Words("en")
    assert told.words(found, say)[-1] == say("barriers.none")
    told.figure(found, say)
    assert all(row[2] == say.percent(np.nan) for row in told.sheet(found, say).rows)  # parts of nothing are no shares


def test_a_failed_run_takes_its_replicate_out(monkeypatch):
    def model(trial, replicate):
        broken = replicate == 0 and trial.pathway.name == "barrier-1"
        return "an array was too small" if broken else planted(trial, replicate)

    install(monkeypatch, model)
    found = barriers(Case(pathway="policy", replicates=6))
    assert found.facts["failed"] == 1
    own = found.table[found.table["outcome"] == "abatement_share_2035"].set_index("cause")
    assert np.isfinite(own.loc["barrier-4", "shapley"])


def test_decompose_marks_all():
    rows, pairs = decompose(("a", "b"), {"x": table(2, lambda m: m)[:, None] * np.ones(3)})
    assert list(rows["cause"]) == ["a", "b", "all"] and len(pairs) == 1
    assert rows["shapley"].tolist() == pytest.approx([1, 2, 3])


def test_real_barriers_of_a_small_cluster():
    """Removing monitoring cannot lower real compliance much; the whole is the sum of the shares."""
    found = barriers(Case("teaching", "policy", replicates=2), outcome="real_share_2035")
    own = found.table[found.table["outcome"] == "real_share_2035"].set_index("cause")
    assert own.loc[list(BARRIERS), "shapley"].sum() == pytest.approx(own.loc["all", "shapley"], abs=1e-9)
    assert own.loc["barrier-3", "shapley"] > 0
    assert found.facts["failed"] == 0
