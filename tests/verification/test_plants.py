"""13.11, treatment: what a plant removes by its draw, age and load; weak plants, their fines, and renewal before their end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Matter
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.ageing import age_technologies
from ecocluster.model.phases.enforcement import decide_compliance
from ecocluster.model.phases.production import close_books
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules import compliance, plants
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import AWARE_LAW, NONE, OWN_PLANT, REAL_CONNECTED, REAL_OWN, SHAM, SLOT_TAKEN, WATER
from ecocluster.scenarios import make_arm, with_levers
from probes import draws, flat, parameters, put, world

# every draw is .9, and nothing wears out
ALIKE = {"plant_old_low": 0.9, "plant_old_high": 0.9, "plant_new_low": 0.9, "plant_new_high": 0.9, "plant_decay": 0.0, "plant_legal": 0.85,
         "central_best": 0.9, "central_decay": 0.0, "central_overload": 0.0}  # fmt: skip
PLANT = 1 << OWN_PLANT


@jit
def age(s, p):
    """A step of ageing in the first cluster."""
    age_technologies(s, p[()], 0)


@jit
def books(s, p):
    """The books of the first cluster."""
    close_books(s, p[()], 0)


@jit
def decide(s, p, slots):
    """A review of compliance in each of these slots, without a fund."""
    for n in range(slots.size):
        decide_compliance(s, p[()], slots[n], -1)


# --- the rules ---------------------------------------------------------------------------------------------


def test_removal_after_n_years():
    """first x e^(-rate n), whatever the steps; draws lie in their ranges, by their quantile. Control: a plant that does not age."""
    p = parameters(plants_age=1.0)[()]
    for years in (0, 1, 7, 30):
        assert plants.aged_removal(0.85, 0.02, float(years)) == pytest.approx(0.85 * np.exp(-0.02 * years), rel=1e-14)
    assert plants.aged_removal(0.9, 0.0, 36.0) == 0.9
    for u in (0.0, 0.3, 1.0):
        assert plants.first_removal(p, False, u) == pytest.approx(0.4 + 0.5 * u)
        assert plants.first_removal(p, True, u) == pytest.approx(0.8 + 0.15 * u)


def test_a_central_plant_by_load_and_age():
    """Its best until it is full; beyond, what exceeds the design flow passes untreated. Control: exponent 0."""
    p = parameters(plants_age=1.0)[()]
    for load in (0.0, 0.5, 1.0):
        assert plants.central_removal(p, load, 0.0) == 0.9
    for load in (1.25, 2.0):
        assert plants.central_removal(p, load, 10.0) == pytest.approx(0.9 * np.exp(-0.05) / load, rel=1e-12)
    assert plants.central_removal(parameters(central_overload=0.0)[()], 2.0, 0.0) == 0.9


def test_a_weak_plant_is_detected_as_sham_in_part():
    """0 from what the law asks for on, linear down to what sham removes; no further. Control: a connected firm never."""
    p = parameters(plants_age=1.0)[()]
    for removed, weak in ((0.9, 0.0), (0.7, 0.0), (0.475, 0.5), (0.25, 1.0), (0.1, 1.0)):
        assert plants.shortfall(p, removed) == pytest.approx(weak, abs=1e-15)
        for skill in (0.0, 0.6):
            sham = compliance.detection(p, SHAM, 0.4, skill, 0.0)
            assert compliance.detection(p, REAL_OWN, 0.4, skill, weak) == pytest.approx(weak * sham, rel=1e-12, abs=1e-15)
            hazard = compliance.detection_hazard(p, SHAM, 0.4, 2.0, True, skill, 0.0)
            assert compliance.detection_hazard(p, REAL_OWN, 0.4, 2.0, True, skill, weak) == pytest.approx(weak * hazard, abs=1e-15)
    assert compliance.detection_hazard(p, REAL_CONNECTED, 0.4, 2.0, True, 0.0, 1.0) == 0.0


# --- in the model ------------------------------------------------------------------------------------------


def test_plants_that_are_alike_are_those_of_before(small_city, shocks):
    """On, with .9 in every draw and no ageing: the bits of before. Controls: they age; draws differ; central plants are overloaded."""
    site = replace(small_city, clusters=small_city.clusters[2:5])
    arms = [make_arm("law", site=site), with_levers(make_arm("combined", site=site), {"grant_own_plant": 0.8})]
    kept = [i for key, i in Series.__members__.items() if key not in ("PLANT_REMOVAL", "PLANTS_WEAK")]

    def series(**more):
        return run_ensemble(site, arms, replicates=1, shocks=shocks, seed=8, last_year=2028, parameters=more).series[:, :, 1:]

    off, on = series(plants_age=0.0), series(plants_age=1.0, **ALIKE)
    assert np.array_equal(off[..., kept], on[..., kept], equal_nan=True)
    assert not off[..., Series.PLANT_REMOVAL].any() and (on[..., -1, Series.PLANT_REMOVAL] == pytest.approx(0.9))
    for change in ({"plant_decay": 0.02}, {"plant_old_low": 0.4}, {"central_decay": 0.005}):
        assert not np.array_equal(off[..., kept], series(plants_age=1.0, **(ALIKE | change))[..., kept], equal_nan=True), change


def test_draws_last_until_a_plant_is_new(small_city):
    """Who brings a plant has its draw of id; after some steps it removes that times e^(-rate age). Control: nobody else has one."""
    record = parameter_record({"plants_age": 1.0, "own_plant.initial_share": 0.5})
    sim = Simulator(replace(small_city, clusters=small_city.clusters[2:3]), (Arm("null"),), record)
    s = sim.base
    begin(s, sim.layout, sim.p, sim.plans[0], 3, 0, sim.steps_per_year)
    there = (flat(s, "status") == SLOT_TAKEN) & (flat(s, "tech") & PLANT > 0)
    first = 0.4 + 0.5 * draws(s, Purpose.PLANT, 0, flat(s, "id"))
    assert there.sum() > 5 and np.allclose(flat(s, "plant")[there], first[there], rtol=1e-14)
    assert not flat(s, "plant")[~there].any()
    due = s.firms["start"][..., OWN_PLANT].reshape(-1) + record["tech_life_yr"][OWN_PLANT]
    s.city["time"], s.city["step"] = 2013.25, 13
    age(s, record)
    old = there & (due > 2013.25)
    assert np.allclose(flat(s, "treats")[old], (first * np.exp(-0.02 * 3.25))[old], rtol=1e-12)
    new = there & (due <= 2013.25) & (flat(s, "tech") & PLANT > 0)  # renewed at the end of its life
    fresh = 0.8 + 0.15 * draws(s, Purpose.PLANT, 13, flat(s, "id"))
    assert new.sum() > 0 and np.allclose(flat(s, "treats")[new], fresh[new], rtol=1e-12)


def effluents(z, **overrides):
    """48 firms with an own plant each that removes its own share, of compliance `z`, and their parameters."""
    s, record = world(1, 48), parameters(plants_age=1.0, **overrides)
    put(s, "tech", np.full(s.slot_at.size, PLANT))
    put(s, "compliance", np.full(s.slot_at.size, z))
    put(s, "plant", np.linspace(0.3, 0.95, s.slot_at.size))
    put(s, "plant_at", np.full(s.slot_at.size, 2010.0))
    put(s, "treats", np.linspace(0.3, 0.95, s.slot_at.size))
    put(s, "effluent", np.linspace(1e3, 3e4, s.slot_at.size))
    put(s, "k_cod", np.linspace(0.2, 2.0, s.slot_at.size))
    s.firms["start"][..., OWN_PLANT] = 2010.0
    return s, record


@pytest.mark.parametrize("z", [NONE, SHAM, REAL_OWN, REAL_CONNECTED])
def test_what_is_removed_and_what_is_left_are_the_load(z):
    """COD discharged and removed add up to the load, and what is removed is each plant's own share. Control: shares differ."""
    s, record = effluents(z)
    s.clusters["built"][0, WATER], s.clusters["connected"], s.clusters["design_flow"] = 1, 2e5, 1e5
    s.city["time"] = 2012.0
    age(s, record)
    books(s, record)
    cod, load = s.matter[[Matter.COD_KG, Matter.COD_REMOVED_KG]] / 0.25, (flat(s, "k_cod") * flat(s, "effluent"))[:48]
    share = {NONE: 0.0, SHAM: 0.25, REAL_CONNECTED: 0.45 * np.exp(-0.01)}.get(
        z, np.linspace(0.3, 0.95, s.slot_at.size)[:48] * np.exp(-0.04)
    )
    assert cod.sum() == pytest.approx(load.sum(), rel=1e-13)
    assert cod[1] == pytest.approx((load * share).sum(), rel=1e-12)


def test_who_was_told_renews_a_weak_plant():
    """Fines far above the cost of a plant: exactly those whose plant is weak order a new one, which begins with a new draw.

    Controls: nobody who was not told, nobody beside a central plant, nobody where fines are cheaper."""
    strict = {"choice_exponent": 12.0, "loan_minimum": 1e9}

    def ordered(visited=2009.0, rate=50.0, central=0, **more):
        s, record = effluents(REAL_OWN, **strict, **more)
        s.levers["inspection_rate"], s.levers["fine_multiplier"] = rate, 10.0
        s.city["time"], s.city["step"] = 2011.0, 4
        for name, value in (("visited", visited), ("cash", 1e9), ("aware", 1 << AWARE_LAW), ("running", 30.0)):
            put(s, name, np.full(s.slot_at.size, value))
        s.clusters["built"][0, WATER] = central
        age(s, record)
        decide(s, record, np.arange(48))
        return s, record, np.flatnonzero(flat(s, "pending")[:48] & PLANT)

    s, record, found = ordered()
    weak = np.flatnonzero(flat(s, "treats")[:48] < 0.6)
    assert set(weak) <= set(found) <= set(np.flatnonzero(flat(s, "treats")[:48] < 0.7)) and len(weak) > 5
    assert (flat(s, "compliance")[found] == REAL_OWN).all()
    before = flat(s, "treats")[found]
    s.firms["due"] = 0.0
    s.city["time"], s.city["step"] = 2013.0, 12
    age(s, record)
    after = flat(s, "treats")[found]
    assert np.allclose(after, 0.8 + 0.15 * draws(s, Purpose.PLANT, 12, found), rtol=1e-12) and (after > before).all()
    assert not flat(s, "pending")[:48].any() and np.allclose(
        flat(s, "depreciation")[found], s.firms["write_off"].reshape(-1, OWN_PLANT + 1)[found, OWN_PLANT]
    )
    for more in ({"visited": 0.0}, {"central": 1}, {"rate": 1e-6}):
        assert not len(ordered(**more)[2]), more


def test_barrier_5_removed_is_the_best_removal():
    """Every own plant and the central one remove what the best do, however old and full. Control: without the relief they do not."""
    s, record = effluents(REAL_OWN)
    s.clusters["built"][0, WATER], s.clusters["connected"], s.clusters["design_flow"] = 1, 2e5, 1e5
    s.city["time"] = 2020.0
    for relief in (0.0, 1.0):
        s.levers["relief_technology"] = relief
        age(s, record)
        best = (flat(s, "treats")[:48] == 0.95).all() and s.clusters["treats"][0] == 0.9
        assert best == bool(relief)
