"""Known factorial effects in full and in the fraction; planted order; one small real run."""

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.finding import Case, Finding
from ecocluster.experiments.analyses.shapley import contrasts, fraction, main_effects
from ecocluster.experiments.analyses.solutions import SOLUTIONS, solutions, staged
from ecocluster.model.sites_and_arms import Schedule
from ecocluster.scenarios import Policy, load_policy
from ecocluster.viz.analyses import solutions as told
from ecocluster.viz.words import Words
from fake_trials import SAME, install

# a lever that only this solution has, and what it brings
MARKS = {
    "multiplier_L0": 0.01, "permit_rate": 0.0, "green_fund": 0.03, "extension": 0.02, "study_aid": 0.015, "community": 0.0,
    "coordinator": 0.005,
}  # fmt: skip
OTHERS = ("real_share_2035", "in_symbiosis_2035", "level1_2035")


def planted(trial, replicate):
    """Each solution brings its mark times the share of the years from its start to 2035."""
    programme = trial.pathway.programmes[0]
    share = 0.0
    for lever, worth in MARKS.items():
        if lever in programme.levers:
            start = programme.schedules.get(lever, Schedule()).start
            share += worth * (2035 - start) / 15
    return {**SAME, "tco2e_total_2035": (100 * (1 - share), 100.0), **{name: (0.5, 0.5) for name in OTHERS}}


def test_the_fraction_is_of_resolution_four():
    masks = fraction(7)
    signs = (np.array(masks)[:, None] >> np.arange(7) & 1) * 2 - 1
    assert len(set(masks.tolist())) == 16
    assert (signs.sum(axis=0) == 0).all()
    pairs = [signs[:, i] * signs[:, j] for i in range(7) for j in range(i)]
    for column in signs.T:  # free of all other main effects and of all synergies of two
        assert all(abs(column @ pair) < 16 for pair in pairs)
        assert all(column @ pair == 0 for pair in pairs)
    assert (signs.T @ signs == 16 * np.eye(7)).all()


def test_main_effects_of_a_known_factorial_in_full_and_in_part():
    """Effects 1..7 and a synergy of 4 between the first two: a main effect holds half of it."""

    def worth(mask):
        return sum(i + 1 for i in range(7) if mask >> i & 1) + 4.0 * (mask & 3 == 3)

    expected = np.arange(1.0, 8.0) + 2.0 * (np.arange(7) < 2)
    full = np.array([worth(mask) for mask in range(128)])
    assert np.allclose(main_effects(full), expected)
    masks = fraction(7)
    assert np.allclose(contrasts(masks, np.array([worth(mask) for mask in masks]), 7), expected)


def test_a_policy_that_starts_later_keeps_its_own_delay():
    moved = staged(load_policy("solution-2"), 2024.0)
    assert moved.schedules["permit_rate"].start == 2027.0
    later = staged(Policy("x", {"extension": 1}, {"certainty": 0.3}), 2026.0)
    assert {name: when.start for name, when in later.schedules.items()} == {"extension": 2026.0, "certainty": 2026.0}


def test_planted_effects_and_order_are_found(monkeypatch):
    calls = install(monkeypatch, planted)
    found = solutions(Case(pathway="policy", replicates=2))
    assert len(calls[0][0]) == 128
    own = found.table[found.table["outcome"] == "abatement_share_2035"].set_index("cause")
    marks = dict(zip(SOLUTIONS, MARKS.values(), strict=True))
    for name, worth in marks.items():
        assert own.loc[name, "main"] == pytest.approx(worth, abs=1e-9)
        assert own.loc[name, "shapley"] == pytest.approx(worth, abs=1e-9)
    facts = found.facts
    assert facts["more"]["mean"] == pytest.approx(0, abs=1e-9)
    assert facts["sequence"][:3] == ["solution-3", "solution-4", "solution-5"]
    assert facts["first"]["mean"] == pytest.approx(0.03 * 6 / 15)  # six years before the others
    assert facts["at_once"]["mean"] == pytest.approx(sum(MARKS.values()))
    assert facts["difference"]["mean"] > 0.01
    for lang in ("en", "vi"):
        say = Words(lang)
        assert told.words(found, say) and len(told.sheet(found, say).rows) == 7
        told.figure(found, say)


def test_a_solution_that_does_exactly_nothing_alone_is_told_with_its_reason(monkeypatch):
    """Planted: grading by level works only beside grants, as in the model."""

    def model(trial, replicate):
        programme = trial.pathway.programmes[0]
        paid, graded = "green_fund" in programme.levers, "multiplier_L1" in programme.levers
        share = 0.1 * paid + 0.02 * (paid and graded) + 0.01 * ("fairs" in programme.levers)
        return {**planted(trial, replicate), "tco2e_total_2035": (100 * (1 - share), 100.0)}

    install(monkeypatch, model)
    found = solutions(Case(pathway="policy", replicates=2))
    assert found.facts["silent"] == ["solution-1", "solution-2", "solution-5", "solution-6", "solution-7"]
    for lang in ("en", "vi"):
        assert Words(lang)("causes.graded") in told.words(found, Words(lang))
    old = {key: value for key, value in found.facts.items() if key != "silent"}
    assert Words("en")("causes.graded") not in told.words(
        Finding("solutions", found.command, found.table, old, found.data), Words("en")
    )


def test_the_fraction_runs_sixteen_sets_and_says_so(monkeypatch):
    calls = install(monkeypatch, planted)
    found = solutions(Case(pathway="policy", replicates=2), part=True)
    assert len(calls[0][0]) == 16 and "--part" in found.command
    own = found.table[found.table["outcome"] == "abatement_share_2035"].set_index("cause")
    assert own.loc["solution-3", "main"] == pytest.approx(0.03)
    assert "pairs" not in found.data
    say = Words("vi")
    assert told.words(found, say) and told.sheet(found, say).rows
    told.figure(found, say)


def test_a_stage_out_of_range_is_refused():
    with pytest.raises(InputError, match="--stage"):
        solutions(Case(pathway="policy"), stage=9)


def test_real_solutions_of_a_small_cluster():
    found = solutions(Case("teaching", "policy", replicates=2), part=True)
    own = found.table[found.table["outcome"] == "real_share_2035"]
    assert np.isfinite(own["main"]).all() and (own["main"].abs() <= 1).all()
    assert found.facts["failed"] == 0
