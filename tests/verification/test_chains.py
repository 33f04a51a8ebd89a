"""13.12: trade partners, lead firms, soaking before conversion, like firms near by, admission by the chain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.chains import exchanges_inside
from ecocluster.model.phases.production import close_books
from ecocluster.model.phases.technology import saving_of
from ecocluster.model.rules import chain
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import LANES, PLANNED, SLOT_TAKEN, T1, T2, T4
from ecocluster.scenarios import make_arm, with_levers
from probes import ADVANCE, COUNT, LEARN, LOTTERY, blank, city, flat, parameters, phases, put, rewind, taken, world

FOOD, TEXTILE, METAL, PLASTIC, WOOD, ELECTRONICS = range(6)
IMITATION = blank("q_in", "q_tie", "q_out", "q_platform", "forgetting", "p_ext")
COUNTS = ("T1_BY_TRADE", "T1_BY_OTHERS", "T2_BY_TRADE", "T2_BY_OTHERS")


def group(sectors, workers=10.0, groups=1, **more):
    """Clusters of firms of these trades and sizes."""
    s = world(groups, len(sectors), **more)
    s.clusters["hold"] = 1  # nobody grows
    for name, values in (("sector", sectors), ("workers", np.broadcast_to(workers, len(sectors)))):
        given = flat(s, name)
        for n, value in enumerate(values):
            given[n :: LANES * -(-len(sectors) // LANES)] = value
        put(s, name, given)
    return s


def run_of(site, shocks, **changes):
    """Two replicates to 2030 under the law and with self-transition."""
    arms = [make_arm(name, site=site) for name in ("law", "self-transition")]
    return run_ensemble(site, arms, replicates=2, shocks=shocks, seed=8, last_year=2030, parameters=changes)


# --- partners ---------------------------------------------------------------------------------------------


def test_a_buyer_is_drawn_by_trade_and_size_a_supplier_by_trade():
    """P(buyer) = chain[own, its] x its workers over their sum, P(supplier) = chain[its, own] over theirs: 20,000 luck, within 4 SE.

    Controls: whoever does not deal with the trade is never drawn; at size exponent 0 another law."""
    sectors, workers = [WOOD, WOOD, METAL, METAL, FOOD, TEXTILE], np.array([10.0, 5.0, 20.0, 40.0, 300.0, 15.0])
    groups = 2000

    def shares(size):
        p = parameters(chain_ties=1.0, chain_size=size)
        s, found = group(sectors, workers, groups), np.zeros((2, len(sectors)))
        for replicate in range(10):
            rewind(s, 5, replicate)
            put(s, "drawn_for", np.zeros(s.slot_at.size))
            phases(s, p[()], COUNT, 1)
            for n, name in enumerate(("buyer", "supplier")):
                found[n] += np.bincount(flat(s, name)[: groups * LANES : LANES] % LANES, minlength=len(sectors))
        others = np.arange(len(sectors)) > 0
        weights = [p["chain"][WOOD, sectors] * workers**size * others, p["chain"][sectors, WOOD] * others]
        law = np.array([weight / weight.sum() for weight in weights])
        return found / (10 * groups), law

    other = {}
    for size in (1.0, 0.0):
        found, law = shares(size)
        other[size] = law
        assert law[1, FOOD] == 0.0 == found[1, FOOD]
        assert (np.abs(found - law) <= 4 * np.sqrt(law * (1 - law) / (10 * groups))).all(), (found, law)
    assert np.abs(other[0.0] - other[1.0]).max() > 0.2


def test_partners_replace_the_two_random_ties_and_stay_with_their_slot():
    """The nearest stay; a firm keeps its partners' slots whoever comes; a newcomer draws its own. Off: ties are what they were."""
    p = parameters(chain_ties=1.0)
    s = city(p, firms=60, clusters=2)
    before = s.ties.copy()
    off = city(parameters(), firms=60, clusters=2)
    phases(off, parameters()[()], COUNT, 1)
    assert np.array_equal(off.ties, before) and not flat(off, "drawn_for").any()
    phases(s, p[()], COUNT, 1)
    slots = taken(s)
    assert np.array_equal(s.ties[:, :2], before[:, :2]) and not np.array_equal(s.ties[slots, 2:], before[slots, 2:])
    assert np.array_equal(s.ties[slots, 2], flat(s, "buyer")[slots]) and np.array_equal(
        s.ties[slots, 3], flat(s, "supplier")[slots]
    )
    there = flat(s, "cluster")
    assert (there[s.ties[slots, 2]] == there[slots]).all() and (s.ties[slots, 2] != slots).all()
    assert s.clusters["trade_ties"][:2].sum() == (s.ties[slots, 2:] >= 0).sum()
    first, kept = slots[0], s.ties.copy()
    ids = flat(s, "id")
    ids[first] = 9999
    put(s, "id", ids)
    phases(s, p[()], COUNT, 1)
    assert not np.array_equal(s.ties[first, 2:], kept[first, 2:]) and np.array_equal(
        np.delete(s.ties, first, 0), np.delete(kept, first, 0)
    )


@jit
def books(s, p):
    """Count, and close the books of the first cluster."""
    phases(s, p, COUNT, 1)
    close_books(s, p, 0)


def test_whoever_has_no_buyer_sells_nothing_inside():
    """A food producer among saw mills has none: sales inside are the others' alone; when the last buyer leaves, nobody's."""
    for on in (0.0, 1.0):
        p = parameters(chain_ties=on)
        p["chain"][WOOD, FOOD] = 0.0
        s = group([FOOD, WOOD, WOOD])
        shares = flat(s, "trade_share")
        shares[:3] = 0.1, 0.2, 0.4
        put(s, "trade_share", shares)
        put(s, "activity", flat(s, "workers"))
        books(s, p[()])
        assert s.clusters["sales_inside"][0] == pytest.approx(10.0 * (0.6 if on else 0.7), rel=1e-12)
        assert s.clusters["trade_ties"][0] == (4 if on else 0)
        status = flat(s, "status")
        status[1] = 0
        put(s, "status", status)
        books(s, p[()])
        assert s.clusters["sales_inside"][0] == pytest.approx(0.0 if on else 5.0, rel=1e-12)


def test_ties_that_carry_are_counted(small_city, shocks):
    """First orders are counted by who told, only with chain ties; without imitation among ties nobody is told."""
    at = [Series[name] for name in COUNTS]
    on = run_of(small_city, shocks, chain_ties=1.0, q_tie=0.3)
    assert (on.series[..., 1:, at].sum(axis=(0, 1, 2)) > 0).all()
    assert 1.5 < on.series[..., 1:, Series.CHAIN_DENSITY].min() and on.series[..., Series.CHAIN_DENSITY].max() <= 2.0
    for changes in ({"chain_ties": 1.0, "q_tie": 0.0}, {"q_tie": 0.3}):
        assert not run_of(small_city, shocks, **changes).series[..., 1:, at].any()


def test_who_told_is_drawn_by_the_parts_of_the_hazard():
    """Partners first, then other ties, then the rest."""
    for u, who in ((0.0, 2), (0.29, 2), (0.31, 1), (0.49, 1), (0.51, 0), (1.0, 0)):
        assert chain.carried_by(0.1, 0.06, 0.2, u) == who


# --- lead firms -------------------------------------------------------------------------------------------


def test_lead_firms_ask_exactly_those_who_sell_to_them():
    """Asked is whose buyer leads, and who is the supplier of one that leads. Controls: not large and not exporting: nobody; share 0: nobody."""
    rng = np.random.default_rng(2)
    sectors, workers = rng.integers(0, 6, 14), np.where(np.arange(14) % 5, 10.0, 150.0)
    s = group(sectors, workers, groups=20)
    put(s, "exporter", np.arange(s.slot_at.size) % 7 == 1)
    phases(s, parameters(chain_ties=0.0, lead_firm=1.0)[()], COUNT, 1)
    slots = taken(s)
    leads = (flat(s, "workers") >= 100.0) | (flat(s, "exporter") > 0)
    expected = np.zeros(s.slot_at.size, bool)
    buyer, supplier = flat(s, "buyer"), flat(s, "supplier")
    expected[slots] = (buyer[slots] >= 0) & leads[buyer[slots]]
    asking = supplier[slots][leads[slots]]
    expected[asking[asking >= 0]] = True
    assert 0 < expected.sum() < slots.size
    assert np.array_equal(flat(s, "asked") > 0, expected)
    for changes in ({"lead_firm": 0.0}, {"lead_firm": 1.0, "lead_workers": 300.0}):
        put(s, "exporter", np.zeros(s.slot_at.size))
        phases(s, parameters(chain_ties=1.0, **changes)[()], COUNT, 1)
        assert not flat(s, "asked").any()


@jit
def savings(s, p, j, out):
    """Saving of technology j of the first two firms."""
    f = s.firms[0]
    for k in range(2):
        out[k] = saving_of(s.city[0], p, s.clusters[0], f, k, j)


def test_an_asked_supplier_sees_more_in_t1_and_t2_and_in_real_treatment():
    """The saving is x lead_saving, of other technologies as it is; the weight of real treatment is x lead_saving^3."""
    p = parameters(lead_saving=1.3)
    s = world(1, 2)
    put(s, "elec", np.full(s.slot_at.size, 100.0))
    put(s, "water", np.full(s.slot_at.size, 500.0))
    put(s, "asked", np.arange(s.slot_at.size) == 1)
    out = np.zeros(2)
    for j, factor in ((T1, 1.3), (T2, 1.3), (T4, 1.0)):
        savings(s, p[()], j, out)
        assert out[0] > 0 and out[1] == pytest.approx(factor * out[0], rel=1e-12)
    assert chain.asked_cost(p[()], 26.0, True) == 20.0 and chain.asked_cost(p[()], 26.0, False) == 26.0


@pytest.mark.parametrize("dt", [0.25, 1 / 12])
def test_a_lead_firm_teaches_at_its_hazard(dt):
    """Nothing else teaches: of those asked 1 - exp(-(p0 + lead_teach) t) know T1 after 2 years, of the others 1 - exp(-p0 t)."""
    p = parameters(lead_firm=1.0, lead_workers=100.0, lead_teach=0.4, p0=0.05, p_IC=0.0, **IMITATION)
    groups = 3000
    s = group([WOOD, WOOD, METAL], [150.0, 10.0, 10.0], groups, dt=dt)
    phases(s, p[()], COUNT | LOTTERY | LEARN | ADVANCE, round(2 / dt))
    asked, slots = flat(s, "asked") > 0, taken(s)
    for bit, taught in ((T1, 0.4), (T4, 0.0)):
        know = (flat(s, "aware") >> bit & 1) > 0
        for who, hazard in ((slots[asked[slots]], 0.05 + taught), (slots[~asked[slots]], 0.05)):
            law = 1 - np.exp(-2 * hazard)
            assert who.size > 1000 and abs(know[who].mean() - law) < 4 * np.sqrt(law * (1 - law) / who.size)


# --- soaking first ----------------------------------------------------------------------------------------


def test_projects_wait_until_the_cluster_is_soaked(small_city, shocks):
    """Threshold 0: the bits of before. Above 1: no project ever. Between: later than without, and some.

    The city's own central plants are off: they are a duty of the city in every arm."""
    site = replace(small_city, clusters=tuple(replace(c, cetp_since=None) for c in small_city.clusters))
    arm = with_levers(make_arm("combined", budget_bn=300.0, site=site), {"cofunding_infrastructure": 0.9})
    none = {"cetp_city_hazard": 0.0, "cetp_share_2010": 0.0, "complete_trait": 0.0}

    def begun(threshold):
        record = parameter_record(none if threshold is None else none | {"soak_threshold": threshold})
        sim = Simulator(site, (Arm("null"), arm), record, shocks, last_year=2032)
        sim.burn(1, 0)
        sim.fork(1, 1.0, None)
        series = np.zeros((sim.steps + 1, len(INDICATORS)))
        level = np.zeros((sim.steps + 1, len(site.clusters)), np.int8)
        assert sim.run(1, series, level, level.astype(np.int16)) == 0
        return (sim.work.clusters["ready"][: len(site.clusters)] > 0).sum(), series

    found = [begun(threshold) for threshold in (None, 0.0, 0.9, 1.01)]
    assert np.array_equal(found[0][1], found[1][1], equal_nan=True)
    assert found[1][0] >= found[2][0] > found[3][0] == 0
    assert not np.array_equal(found[1][1], found[2][1], equal_nan=True)


# --- like firms near by -----------------------------------------------------------------------------------


def test_cost_falls_by_the_elasticity():
    """Twice as many like firms as in 2018-19: cost of labour and inputs x 2^-.05, in profit, value added and sales less ordinary cost.

    Controls: as many as then, or before 2020: nothing."""

    def profit(reference, elasticity, time=2021.0):
        s = group([FOOD] * 4)
        p = parameters(marshall_elasticity=elasticity)
        s.city["time"] = time
        put(s, "activity", flat(s, "workers"))
        put(s, "k_revenue", np.full(s.slot_at.size, 650.0))
        put(s, "k_margin", np.full(s.slot_at.size, 0.04))
        s.clusters["like_reference"][0, FOOD] = reference
        books(s, p[()])
        return flat(s, "profit")[0], s.clusters["value_added"][0], s.money[Money.NET_SALES]

    plain = profit(2.0, 0.0)
    cost = 10.0 * 650.0 * 0.96  # nothing is metered here but the fee
    fee = parameters()["fee_small"]
    for reference, factor in ((2.0, 1 - 2**-0.05), (4.0, 0.0), (16.0, 1 - 2**0.05)):  # a quarter counts as a half
        found = profit(reference, 0.05)
        assert found[0] - plain[0] == pytest.approx(factor * (cost - fee), rel=1e-9, abs=1e-9)
        assert found[1] - plain[1] == pytest.approx(4 * factor * (cost - fee), rel=1e-9, abs=1e-9)
        assert found[2] - plain[2] == pytest.approx(factor * (cost - fee), rel=1e-9, abs=1e-9)
    assert profit(2.0, 0.05, 2019.75) == profit(2.0, 0.0, 2019.75)


def test_like_firms_move_nothing_before_2020(small_city, shocks):
    """The calibration stays: all bits to the end of 2019; then another run."""
    off, on = (run_of(small_city, shocks, marshall_elasticity=value) for value in (0.0, 0.07))
    assert np.array_equal(off.past, on.past, equal_nan=True)
    assert not np.array_equal(off.series, on.series, equal_nan=True)


# --- admission by the chain -------------------------------------------------------------------------------


@jit
def admitted(s, p, out):
    """May the firms of the first cluster enter the second one?"""
    for n in range(out.size):
        out[n] = exchanges_inside(s, p, n, s.clusters[1])


def test_newcomers_must_exchange_with_those_inside():
    """One stream, closed form: a supplier of 10 t enters where .1 of it is wanted and not yet given; an empty place takes anybody."""
    p = parameters(chain_fit=0.1)
    p["supply"][...] = p["demand"][...] = 0.0
    p["supply"][FOOD, 0] = p["demand"][WOOD, 0] = 1.0
    s = group([FOOD, WOOD, METAL], planned=4)
    put(s, "waste", np.full(s.slot_at.size, 10.0))
    put(s, "activity", np.full(s.slot_at.size, 10.0))
    out = np.zeros(3)
    first = int(s.clusters[1]["first"])
    assert s.clusters[1]["kind"] == PLANNED
    admitted(s, p[()], out)
    assert out.tolist() == [1, 1, 1]
    for lane, (sector, amount, expected) in enumerate([(WOOD, 1.01, [1, 0, 1]), (WOOD, 5.0, [1, 0, 1]), (FOOD, 10.0, [0, 1, 1])]):
        f = s.firms[first]
        f["status"][lane], f["sector"][lane], f["waste"][lane], f["activity"][lane] = SLOT_TAKEN, sector, amount, amount
        admitted(s, p[()], out)
        assert out.tolist() == expected, (lane, out)
    assert chain.stream_fit(10.0, 2.0, 4.0, 7.0) == 3.0 and chain.stream_fit(10.0, 2.0, 7.0, 4.0) == 2.0
