"""Flows are booked to where a firm comes from: origins add up to the city in every step and arm, and firms keep theirs."""

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, YEARS
from ecocluster.model.parameters import parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Site, matched_arms
from ecocluster.model.state import BOOKED, SLOT_TAKEN
from ecocluster.model.step import run_steps
from ecocluster.scenarios import load_scenario, make_arm

KEYS = list(INDICATORS)
ARMS = ("null", "law", "symbiosis", "newly-planned", "all")
BUSY = {"search_rate": 1.0, "hub_base": 0.05, "offtaker_in_city": 0.5, "aware_symbiosis_2010": 0.5, "relocation_review": 1.0,
        "moving_cost": 1.0, "rent_difference": -1.0}  # fmt: skip


@pytest.fixture(scope="module")
def site():
    hanoi = load_scenario("hanoi").site
    small = [c for c in hanoi.clusters if 15 <= c.firms_2018 <= 32]
    chosen = [c for c in small if c.urban][:1] + [c for c in small if not c.urban][:3]
    return Site("four", "four clusters", "city", tuple(chosen), hanoi.city_firms)


@pytest.fixture(scope="module")
def simulator(site):
    arms = [make_arm(name, site=site) for name in ARMS] + [make_arm("all", "compulsory", site=site, name="expelled")]
    simulator = Simulator(site, arms, parameter_record(BUSY))
    while simulator.make_room():
        pass
    assert simulator.burn(3, 3) == 0
    return simulator


def _city(row):
    """What the indicators say of a step's flows by origin, TJ of energy apart."""
    solar = row[KEYS.index("solar_mwh")]
    return np.array([row[KEYS.index("cod")], row[KEYS.index("tco2e")], row[KEYS.index("landfilled")],
                     0.001 * (3.6 * (row[KEYS.index("grid_mwh")] + solar) + row[KEYS.index("fuel_gj")])])  # fmt: skip


def _steps(simulator, index, reference=None, steps=104, before=None):
    """Advance an arm step by step; gives (booked by origin, city) of every step, a year."""
    simulator.fork(index, 1.0, reference)
    work = simulator.work
    series, flags = np.full((2, len(KEYS)), np.nan), np.zeros((2, len(simulator.site.clusters)), np.int8)
    whole = np.full((steps + 1, len(KEYS)), np.nan)
    found = []
    for n in range(steps):
        had = work.booked.sum(axis=0)
        if before is not None:
            before(work, n)
        code = run_steps(
            work, simulator.p, simulator.plans[index], simulator.values(work), 1, series, flags, flags.astype(np.int16)
        )
        assert code == 0
        series[0] = whole[n + 1] = series[1]
        found.append(((work.booked.sum(axis=0) - had) * simulator.steps_per_year, _city(series[1])))
    return np.array([a for a, _ in found]), np.array([b for _, b in found]), simulator.reference(whole)


def _gap(booked, city):
    return np.abs(booked.sum(axis=1) / city - 1.0).max()


def test_origins_add_up_to_the_city_in_every_step_of_every_arm(simulator):
    references, matched, moved = {}, matched_arms(simulator.arms), 0
    for index in range(len(simulator.arms)):
        booked, city, references[index] = _steps(simulator, index, references.get(matched[index]))
        assert _gap(booked, city) < 1e-9, simulator.arms[index].name
        moved += int((simulator.work.firms["guest"] & (simulator.work.firms["status"] == SLOT_TAKEN)).sum())
    assert moved > 20  # else nothing was put to the test


def test_a_leak_is_seen(simulator):
    def leak(work, n):
        if n == 7:
            work.booked[0, 0] *= 1.0 - 1e-6

    booked, city, _ = _steps(simulator, 0, steps=12, before=leak)
    assert _gap(booked, city) > 1e-9


def test_what_is_moved_over_is_all_that_a_cluster_has(simulator):
    """Where every firm of a cluster comes from another one, nothing is left: exchanges, shared solar and hubs included."""
    exchanged = np.zeros(len(simulator.site.clusters))

    def look(work, n):
        here = work.clusters[: exchanged.size]
        exchanged[...] += np.abs(here["avoided"]) + here["exchanged_landfill"]

    own, _, _ = _steps(simulator, ARMS.index("symbiosis"), before=look)
    busy = int(exchanged.argmax())
    assert exchanged[busy] > 0.0

    def adopt(work, n):
        here = (work.firms["cluster"] == busy) & (work.firms["status"] == SLOT_TAKEN)
        work.origin[work.firms["id"][here]] = (busy + 1) % exchanged.size
        work.firms["guest"][here] = 1
        work.clusters["guests"][busy] = 1

    booked, city, _ = _steps(simulator, ARMS.index("symbiosis"), before=adopt)
    assert (np.abs(booked[:, busy]) < 1e-9 * np.abs(own[:, busy]).max(axis=0)).all()
    assert _gap(booked, city) < 1e-9


def test_arrivals_belong_where_they_settle_under_law_alone(simulator):
    _, _, alone = _steps(simulator, ARMS.index("law"))
    _steps(simulator, ARMS.index("all"), alone)
    work, first = simulator.work, simulator.layout.first_arrival_id
    there = work.firms["status"] == SLOT_TAKEN
    ids = work.firms["id"][there]
    np.testing.assert_array_equal(work.origin[ids], alone.origin[ids])
    stands = np.minimum(work.firms["cluster"][there], work.city[0]["existing"])
    np.testing.assert_array_equal(work.firms["guest"][there] == 1, work.origin[ids] != stands)
    came = ids >= first
    assert (work.origin[ids[came]] != stands[came]).any()
    # who leaves a dense district for somewhere else keeps it as his origin
    _steps(simulator, len(ARMS), alone)
    work = simulator.work
    there = (work.firms["status"] == SLOT_TAKEN) & (work.firms["moved_at"] < 1e8)
    assert there.any()
    old = work.firms["id"][there]
    np.testing.assert_array_equal(work.origin[old], alone.origin[old])


def test_results_are_summed_to_report_years(site):
    arms = [make_arm(name, site=site) for name in ("null", "law", "all")]
    runs = run_ensemble(site, arms, replicates=2, last_year=2036)
    assert runs.by_origin.shape == (3, 2, len(YEARS), len(site.clusters) + 2, len(BOOKED))
    for n, year in enumerate(YEARS[:2]):
        steps = slice(1, (year + 1 - 2020) * runs.steps_per_year + 1)
        for q, key in enumerate(("cod", "tco2e", "landfilled")):
            total = runs.series[:, :, steps, KEYS.index(key)].sum(axis=2) / runs.steps_per_year
            np.testing.assert_allclose(runs.by_origin[:, :, n, :, q].sum(axis=-1), total, rtol=1e-9)
    assert np.isnan(runs.by_origin[:, :, 2]).all()  # not run
    assert (runs.trades >= 0).all()


def test_cod_of_dense_districts_is_a_part_of_the_citys(site):
    arms = [make_arm(name, site=site) for name in ("null", "law")]
    runs = run_ensemble(site, arms, replicates=1, last_year=2022)
    cod, dense = (runs.series[0, 0, 1:, KEYS.index(key)] for key in ("cod", "cod_dense"))
    assert (dense > 0.0).all() and (dense < cod).all()
    nowhere = replace(site, clusters=tuple(replace(c, urban=False) for c in site.clusters))
    series = run_ensemble(nowhere, arms, replicates=1, last_year=2022).series[0, 0, 1:]
    assert np.array_equal(series[:, KEYS.index("cod_dense")], series[:, KEYS.index("pool_cod")])  # producers outside live there
