"""Producers scattered outside: nobody is lost, the sums of the city contain them, their flows stay theirs wherever they move."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.indicators import Series as I  # noqa: E741 - an index, as in model/measure.py
from ecocluster.model.jit import jit
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.arrivals import give_up
from ecocluster.model.phases.births import give_means, normal_trait, use_resources
from ecocluster.model.phases.planned import old_plot, place_gain
from ecocluster.model.phases.pool import _is_in_vain
from ecocluster.model.phases.slots import choose_slot, let_slots
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules.demography import Move, moving_cost, relocation_value
from ecocluster.model.rules.production import usual_margin
from ecocluster.model.simulator import Simulator
from ecocluster.model.state import NEVER, NONE, PLANNED, SLOT_TAKEN
from ecocluster.model.state_pointer import by_reference
from ecocluster.scenarios import make_arm, with_levers

# they have plots in town to sell, and move soon
EAGER = {"outside_firms": 1.0, "developers": 0.0, "old_plot_value": 30.0, "relocation_review": 1.0, "planned_build": 0.5}
STILL = {"outside_firms": 1.0, "developers": 0.0, "relocation_review": 0.0}
NOBODY = {"outside_firms": 0.0}
PART = (
    I.POOL_FIRMS,
    I.POOL_MOVED,
    I.POOL_COD,
    I.POOL_TCO2E,
    I.POOL_LANDFILLED,
    I.POOL_VALUE_ADDED,
    I.COD_LEFT_HOMES,
    I.FUEL_LEFT_HOMES,
    I.ENTERED_POOL,
)
SUMS = (I.GRID_MWH, I.FUEL_GJ, I.TCO2E, I.TCO2E_LANDFILL, I.WATER, I.EFFLUENT, I.COD, I.COD_DENSE, I.SMOKE, I.SMOKE_DENSE, I.WASTE, I.LANDFILLED, I.DEALER,
        I.FIRMS, I.JOBS, I.OUTPUT, I.VALUE_ADDED, I.PROFIT)  # fmt: skip


def run(site, name="newly-planned", last_year=2036.0, **parameters):
    """Series from the fork on, and the state at the end; there are more planned slots than firms that want them soon."""
    arm = make_arm(name, site=site, budget_bn=600.0)
    if name == "newly-planned":
        arm = with_levers(arm, {"planned_slots": 4000.0})
    sim = Simulator(site, (arm,), parameter_record(parameters), last_year=last_year)
    code, rows = sim.replicate(4, 0).run(0)
    assert code == 0
    return rows.series[1:], sim.work, sim


@jit
def _weigh_all(s, p, found):
    """Of each member and the slot of an existing cluster that he would be offered now: was he told that it is in vain; what it is worth."""
    s, p = by_reference(s), p[()]
    let_slots(s, p)
    city = s.city[0]
    for n in range(s.pool.size):
        member = s.pool[n]
        entry = choose_slot(s, False, member.id, member.sector)
        if entry < 0:
            continue
        slot = np.int64(s.lettable[entry].slot)
        f, k = s.firms[slot >> 4], slot & 15
        there, outside = s.clusters[f.cluster[k]], s.clusters[city.outside]
        found[n, 0] = 1.0 if _is_in_vain(s, p, member, outside, f, k, there) else 0.0
        give_means(s, p, slot, member.id, member.sector, member.workers)
        use_resources(s, p, slot)
        f.compliance[k] = NONE
        moving = moving_cost(p, f.workers[k], p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, member.id))
        gain, lump = place_gain(s, p, outside, f, k, there, s.levers[there.lever_row])
        move = Move(moving, usual_margin(f.k_margin[k], f.margin_life[k]), f.k_revenue[k] * f.workers[k], 0.0)
        found[n, 1] = relocation_value(p, gain, lump + old_plot(city, p, f, k), f.hurdle[k], move)
        give_up(s, f, k)


@pytest.mark.parametrize("world", [{}, {"moving_cost": 1.0, "moving_noise": 0.2, "downtime": 0.05, "dip": 0.05, "dip_years": 0.5},
                                   {"hurdle_median": 0.15, "hurdle_low": 0.05, "moving_cost": 1.0},
                                   {"old_plot_value": 30.0}])  # fmt: skip
def test_whoever_is_told_that_a_move_is_in_vain_would_not_move(small_city, world):
    """Nobody is turned away by the short look whom the long one, with all that is drawn of him, would let go. Control: most who would
    not move are told so, and with cheap moves some would."""
    _, s, sim = run(small_city, "law", 2030.0, outside_firms=3.0, relocation_review=0.0, **world)
    found = np.full((s.pool.size, 2), np.nan)
    _weigh_all(s, sim.p, found)
    vain, worth = found[:, 0] == 1.0, found[:, 1]
    assert np.isfinite(worth).sum() > 100
    assert not (worth[vain] > 0.0).any()
    assert vain[worth <= 0.0].mean() > (0.9 if not world else 0.2)
    if world:
        assert (worth > 0.0).any()


def test_nobody_is_lost(small_city):
    """Who is still outside and who moved are all of them at every step; members move into planned and existing clusters; there is
    no second firm of one id, and who moved stands in a cluster or closed. Control: without reviews nobody moves."""
    series, s, sim = run(small_city, **EAGER)
    first = sim.layout.pool
    assert first == s.pool.size == round(sum(c.firms_2018 for c in small_city.clusters) / 1.01**8 * float(sim.p["start_factor"]))
    moved = np.cumsum(series[:, I.POOL_MOVED]) / 4
    assert np.allclose(series[1:, I.POOL_FIRMS] + moved[:-1], first)  # who moves is outside until the step ends
    assert 0 < series[:, I.ENTERED_POOL].sum() < series[:, I.POOL_MOVED].sum()
    gone = s.pool["gone"] < NEVER
    assert gone.sum() == round(moved[-1]) and gone.any() and not gone.all()
    taken = s.firms["status"] == SLOT_TAKEN
    ids, counts = np.unique(s.firms["id"][taken], return_counts=True)
    assert counts.max() == 1 and not np.isin(ids, s.pool["id"][~gone]).any() and np.isin(ids, s.pool["id"][gone]).any()
    kinds = s.clusters["kind"][s.firms["cluster"][taken][s.firms["id"][taken] >= sim.layout.first_pool_id]]
    assert {0, PLANNED} == set(kinds.tolist())
    assert not run(small_city, **STILL)[0][:, I.POOL_MOVED].any()


def test_who_stays_is_added_to_the_sums_and_to_nothing_else(small_city):
    """Without reviews of relocation the city has the pool's constant load on top, and all else is bit for bit the same: shares,
    clusters, money. Control: members who move change it."""
    with_pool, without = run(small_city, **STILL)[0], run(small_city, **STILL | NOBODY)[0]
    other = [i for i in range(with_pool.shape[1]) if i not in SUMS and i not in PART]
    assert np.array_equal(with_pool[:, other], without[:, other], equal_nan=True)
    assert not np.array_equal(run(small_city, **EAGER)[0][:, other], without[:, other], equal_nan=True)
    more = with_pool - without
    for i, own in ((I.COD, I.POOL_COD), (I.COD_DENSE, I.POOL_COD), (I.TCO2E, I.POOL_TCO2E), (I.LANDFILLED, I.POOL_LANDFILLED),
                   (I.FIRMS, I.POOL_FIRMS), (I.VALUE_ADDED, I.POOL_VALUE_ADDED)):  # fmt: skip
        np.testing.assert_allclose(more[:, i], with_pool[:, own], rtol=1e-9)
    for i in SUMS:
        assert (more[:, i] > 0.0).all(), I(i).name
        if i not in (I.TCO2E,):  # the grid factor falls
            np.testing.assert_allclose(more[:, i], more[0, i], rtol=1e-9)


def test_load_of_the_pool_in_closed_form(small_city):
    """COD of the pool is the sum over its members of workers, efficiency and what their trade uses, untreated."""
    series, s, sim = run(small_city, **STILL)
    p, m = sim.p, s.pool
    cod = p["sector_water_m3"] * p["sector_effluent_share"] * p["sector_cod_kg_m3"] / 1000.0
    assert series[0, I.POOL_COD] == pytest.approx((cod[m["sector"]] * m["workers"] * m["eps"]).sum(), rel=1e-12)
    assert 1.0 <= m["workers"].min() and m["workers"].max() <= p["pool_workers_cap"]
    assert np.median(m["workers"]) == pytest.approx(3.0, rel=0.35)


def test_origins_sum_to_the_city_and_what_moves_stays_of_the_pool(small_city):
    """Flows by origin sum to those of the city; the pool's own are all its members', moved or not."""
    series, s, _ = run(small_city, last_year=2030.0, **EAGER)
    booked = s.booked.sum(axis=(0, 1))
    city = series[:, [I.COD, I.TCO2E, I.LANDFILLED]].sum(axis=0) / 4
    np.testing.assert_allclose(booked[:3], city, rtol=1e-9)
    pool = s.booked[:, -1].sum(axis=0)
    outside = series[:, [I.POOL_COD, I.POOL_TCO2E, I.POOL_LANDFILLED]].sum(axis=0) / 4
    assert (pool[:3] > outside).all() and (pool[:3] < city).all()  # in clusters they go on
    still = run(small_city, last_year=2030.0, **STILL)
    rest = still[0][:, [I.POOL_COD, I.POOL_TCO2E, I.POOL_LANDFILLED]].sum(axis=0) / 4
    np.testing.assert_allclose(still[1].booked[:, -1].sum(axis=0)[:3], rest, rtol=1e-9)
    assert s.booked.shape[1] == len(small_city.clusters) + 2


def test_what_leaves_residential_areas(small_city):
    """COD that left and COD that stays add up to what there was."""
    series = run(small_city, **EAGER)[0]
    np.testing.assert_allclose(series[:, I.POOL_COD] + series[:, I.COD_LEFT_HOMES], series[0, I.POOL_COD], rtol=1e-9)
    assert series[-1, I.COD_LEFT_HOMES] > 0.0 and series[-1, I.FUEL_LEFT_HOMES] > 0.0 and series[0, I.COD_LEFT_HOMES] == 0.0


def test_they_move_in_every_arm_from_2020_on(small_city):
    for name in ("null", "law", "combined"):
        series, s, _ = run(small_city, name, last_year=2024.0, **EAGER)
        assert series[:, I.POOL_MOVED].any() and s.pool["gone"].min() >= 2020.0


def test_arrivals_choose_first(small_city):
    """In the first step that members may move in, whoever arrives settles where he does without them. Control: later not all do."""

    def places(last_year, **parameters):
        _, s, sim = run(small_city, last_year=last_year, **parameters)
        taken = s.firms["status"] == SLOT_TAKEN
        ids = s.firms["id"][taken]
        come = (ids >= sim.layout.first_arrival_id) & (ids < sim.layout.first_pool_id)
        return dict(zip(ids[come].tolist(), s.firms["slot_id"][taken][come].tolist(), strict=True))

    alone = EAGER | NOBODY
    assert places(2020.25, **EAGER) == places(2020.25, **alone)
    assert places(2030.0, **EAGER) != places(2030.0, **alone)


def test_the_share_of_firms_says_how_many(small_city):
    sizes = [run(small_city, last_year=2020.25, outside_firms=share)[2].layout.pool for share in (0.0, 0.5, 1.0, 3.0)]
    assert sizes[0] == 0 and sizes == sorted(sizes)
    assert sizes[2] == pytest.approx(2 * sizes[1], abs=1) and sizes[3] == pytest.approx(3 * sizes[2], abs=2)
