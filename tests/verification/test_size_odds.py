"""Odds of a technology per doubling of workers, free riders by technology, and the years before the fork: known answers."""

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import AT_START, INDICATORS, evaluate
from ecocluster.model.one_run import run_one
from ecocluster.model.parameters import parameter_record
from ecocluster.model.simulator import Reference, Simulator
from ecocluster.model.size_odds import SIZES, TOGETHER, odds_per_doubling, size_step
from ecocluster.model.state import SLOT_TAKEN
from ecocluster.model.vocabulary import LEARNED
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

size_step = getattr(size_step, "py_func", size_step)


def table(firms, have):
    """A table of two rows: those that have it, and all; sizes in doublings."""
    found = np.zeros((2, SIZES), np.int64)
    for row, counts in enumerate((have, firms)):
        for doublings, count in counts.items():
            found[row, round(4 * doublings)] = count
    return found


def odds(rows):
    """Of the first row of a table."""
    return odds_per_doubling(rows, 0, np.empty(TOGETHER))


def test_two_sizes_give_the_odds_ratio_of_the_table():
    """Three doublings apart, odds 20 : 80 and 60 : 30: the ratio of the odds is 8, so 2 for each doubling."""
    assert odds(table({1: 100, 4: 90}, {1: 20, 4: 60})) == pytest.approx(2.0, rel=1e-9)
    assert odds(table({1: 90, 4: 100}, {1: 60, 4: 20})) == pytest.approx(0.5, rel=1e-9)
    assert odds(table({1: 100, 4: 50}, {1: 20, 4: 10})) == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("slope", [-0.7, 0.0, 0.4, 1.3])
def test_a_planted_slope_is_found(slope):
    """Sizes as in the city, the odds of each planted. Control: with the wrong half turned round another slope is found."""
    x = np.arange(0, 40) / 4
    firms = np.rint(1e7 * np.exp(-((x - 3.5) ** 2) / 4)).astype(np.int64)
    have = np.rint(firms / (1 + np.exp(1.0 - slope * (x - 3)))).astype(np.int64)
    rows = np.zeros((2, SIZES), np.int64)
    rows[:, : x.size] = have, firms
    assert np.log(odds(rows)) == pytest.approx(slope, abs=1e-5)
    rows[0, : x.size] = have[::-1] * firms // np.maximum(firms[::-1], 1)
    assert slope == 0 or abs(np.log(odds(rows)) - slope) > 0.1


def test_what_cannot_be_told_is_not_a_number():
    assert np.isnan(odds(table({1: 50, 4: 50}, {1: 2, 4: 2})))  # four have it
    assert np.isnan(odds(table({1: 50, 4: 50}, {1: 48, 4: 48})))  # four have it not
    assert np.isnan(odds(table({1: 50, 4: 50}, {4: 50})))  # driven apart
    assert np.isnan(odds(table({2: 100}, {2: 50})))  # one size
    assert np.isfinite(odds(table({1: 50, 4: 50}, {1: 1, 4: 49})))


def test_sizes_are_rounded_to_a_quarter_of_a_doubling():
    assert [size_step(float(w)) for w in (0.2, 1, 2, 16, 17.4, 17.5, 1e9)] == [0, 0, 4, 16, 16, 17, SIZES - 1]


@pytest.fixture(scope="module")
def site():
    return load_scenario("nguyen-khe").site


@pytest.fixture(scope="module")
def runs(site):
    arms = [make_arm(name, site=site) for name in ("null", "law", "combined")]
    return run_ensemble(site, arms, replicates=3, seed=4, shocks=load_shocks("default"), last_year=2032)


def test_they_are_read_from_the_firms(site):
    """The indicator at the end of a run is that of the firms that are there, counted by hand."""
    simulator = Simulator(site, (make_arm("law", site=site),), parameter_record({}), last_year=2024)
    _, rows = simulator.replicate(4, 0).run(0)
    firms = simulator.work.firms
    here = firms["status"] == SLOT_TAKEN
    size = np.array([size_step(w) for w in firms["workers"][here]])
    have = (firms["tech"][here] & 1).astype(bool)
    own = np.array([np.bincount(size[have], minlength=SIZES), np.bincount(size, minlength=SIZES)])
    found = rows.series[-1, list(INDICATORS).index("size_odds_T1")]
    assert found == odds(own) and np.isfinite(found)


def test_they_are_told_of_2020_and_of_the_report_years(runs):
    found = evaluate(runs)
    for key in AT_START:
        own = runs.series[..., runs.keys.index(key)]
        assert np.array_equal(found[f"{key}_2020"], own[:, :, 4].ravel(), equal_nan=True)
        assert np.array_equal(found[f"{key}_2030"], own[:, :, 44].ravel(), equal_nan=True)
    assert np.isfinite(found["size_odds_T1_2020"]).any() and "tco2e_2020" not in found


@pytest.mark.parametrize(("who", "share"), [("nobody", 0.0), ("everybody", 1.0), ("odd", None)])
def test_planted_free_riders_are_counted(site, who, share):
    """The reference says who orders everything without the programme too."""
    arms = (make_arm("law", site=site), make_arm("self-transition", site=site, budget_bn=600.0))
    simulator = Simulator(site, arms, parameter_record({"programmes_seen": 0.0, "perceived_saving": 1.0}), last_year=2028)
    simulator.burn(4, 0)
    ids = np.arange(simulator.base.ever.size)
    ever = np.where((who == "everybody") | ((who == "odd") & (ids % 2 == 1)), 255, 0).astype(np.uint8)
    origin = np.full(ids.size, len(site.clusters), np.int16)
    fines = np.full(simulator.burn_steps + simulator.steps, np.inf)
    simulator.fork(1, 1.0, Reference(ever, fines, origin))
    rows = simulator.rows()
    assert simulator.run(1, *rows) == 0
    paid, free = simulator.work.paid
    assert paid[0] > 10
    for j, name in enumerate(LEARNED):
        told = rows.series[-1, list(INDICATORS).index(f"free_riders_{name}")]
        assert np.isnan(told) if paid[j] == 0 else told == free[j] / paid[j] and (share is None or told == share)
    if share is None:
        assert 0 < free[0] < paid[0]


# --- the past --------------------------------------------------------------------------------------------------


def test_the_past_is_kept_once_and_leads_to_the_fork(runs, site):
    stocks = [k for k, key in enumerate(runs.keys) if INDICATORS[key].kind in ("stock", "share", "ratio")]
    assert runs.past.shape == (3, 40, len(runs.keys)) and runs.past_years[[0, -1]].tolist() == [2010.25, 2020.0]
    for arm in range(3):
        assert np.array_equal(runs.past[:, -1, stocks], runs.series[arm, :, 0, stocks].T, equal_nan=True)
    years, whole = runs.since_2010("adoption_T1")
    assert years[0] == 2010.25 and years[-1] == 2032.0 and (np.diff(years) == 0.25).all() and whole.shape == (3, 3, 88)
    assert (whole[:, :, :40] == whole[:1, :, :40]).all() and not np.array_equal(whole[0, :, 40:], whole[2, :, 40:])
    assert not np.array_equal(whole[:, 0, :40], whole[:, 1, :40])  # each replicate has its own


def test_the_past_of_one_run_and_of_any_threads_is_the_same(runs, site):
    arm = make_arm("combined", site=site)
    alone = run_one(site, arm, replicate=1, seed=4, shocks=load_shocks("default"))
    assert np.array_equal(alone.runs.past[0], runs.past[1], equal_nan=True)
    again = run_ensemble(
        site, [make_arm("null", site=site)], replicates=3, seed=4, shocks=load_shocks("default"), threads=1, last_year=2021
    )
    assert np.array_equal(again.past, runs.past, equal_nan=True)


def test_runs_that_are_joined_or_cut_are_those_of_one_call(site):
    """Whatever has an axis of runs: two rounds of the dashboard put together, and the first runs taken out."""
    pytest.importorskip("solara")
    from ecocluster.experiments.side_runs import first_runs, with_more

    arms = [make_arm("null", site=site), make_arm("law", site=site)]

    def of(first, count):
        return run_ensemble(site, arms, replicates=count, first_replicate=first, seed=4, last_year=2031)

    whole, both, cut = of(0, 5), with_more(of(0, 2), of(2, 3)), first_runs(of(0, 5), np.arange(2), 2030)
    for name in ("replicates", "past", "trades", "series", "level", "unmet", "failed", "funds", "by_origin"):
        own = getattr(whole, name)
        if name == "funds":
            assert both.funds.tobytes() == own.tobytes()
            continue
        assert np.array_equal(getattr(both, name), own, equal_nan=own.dtype.kind == "f"), name
        axis = 0 if name in ("replicates", "past", "trades") else 1
        assert getattr(cut, name).shape[axis] == 2, name
    assert np.array_equal(cut.past, whole.past[:2], equal_nan=True)
