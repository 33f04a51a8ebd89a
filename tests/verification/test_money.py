"""13.4: whose money. Annuities, one mover, social cost against the ledgers, and that transfers are nothing but transfers."""

from __future__ import annotations

from dataclasses import replace

import audit
import numpy as np
import pytest
from ecocluster.experiments.money import abatement_split, transfer_balance, transfer_table
from ecocluster.model.indicators import INDICATORS, Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import (
    ACCOUNTS,
    FLOWS,
    OUTLAY,
    OUTLAY_PURPOSES,
    PAIRS,
    RECEIPTS,
    SOCIAL_PARTS,
    Money,
    balance,
)
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.capital import invest, retire_capital
from ecocluster.model.simulator import Simulator
from ecocluster.model.state import PLANNED, copy_of
from ecocluster.model.step import run_steps
from ecocluster.scenarios import make_arm
from probes import parameters, world

LIFE = 10.0
ONE_LIFE = {
    f"{name}.life_yr": LIFE
    for name in ("T1_housekeeping", "T2_efficient_equipment", "T4_rooftop_solar", "T5_clean_process", "own_plant")
}
ONE_LIFE |= {"hub_years": LIFE, "operator_years": LIFE}
NOBODY_COMES = {"arrival_base": 0.0, "growth": 0.0}
CAPITAL = [name for name, flow in FLOWS.items() if flow.purpose == "capital"]


def _arm(name, site, budget_bn=300.0):
    return replace(make_arm(name, budget_bn=budget_bn, site=site), scale=1.0)


# --- the table ------------------------------------------------------------------------------------------


def test_every_flow_is_described_once_and_the_series_follow_the_table():
    for name, flow in FLOWS.items():
        assert {flow.payer, flow.receiver} <= set(ACCOUNTS), name
        assert (flow.kind == "resource") == ("resources" in (flow.payer, flow.receiver)), name
        assert flow.kind != "resource" or flow.purpose in SOCIAL_PARTS, name
    assert set(OUTLAY) == {name for name, flow in FLOWS.items() if flow.payer == "state"}
    assert set(RECEIPTS) == {"TAX", "FINE", "ENVIRONMENTAL_FEE"}
    keys = list(INDICATORS)  # the kernels write each family as one row of columns
    for family in (
        [f"social_{part}" for part in SOCIAL_PARTS],
        [f"transfer_{a}_{b}" for a, b in PAIRS],
        [*(f"outlay_{purpose}" for purpose in OUTLAY_PURPOSES[:-1]), "tax_forgone"],
    ):
        first = keys.index(family[0])
        assert keys[first : first + len(family)] == family


# --- capital --------------------------------------------------------------------------------------------


@jit
def _one_investment(s, p, flow, amount, years, services):
    for n in range(services.size):
        s.money[:] = 0.0
        retire_capital(s)
        if n == 3:
            invest(s, p, flow, amount, years)
        services[n] = s.city[0].services
        s.city[0].step += 1


@pytest.mark.parametrize("rate", [0.05, 0.0])
@pytest.mark.parametrize("years", [4.0, 7.3, 20.0])
def test_one_investment_is_an_annuity_over_its_life(rate, years):
    """Equal services from the payment on, nothing before or after, together worth the price; checked at dt 1/4."""
    record = parameters(discount_rate=rate)
    s = world(1, 4)
    services = np.zeros(120)
    _one_investment(s, record[()], int(Money.OWN_CAPEX), 1000.0, years, services)
    n = round(years * 4)
    assert not services[:3].any() and np.abs(services[3 + n :]).max() < 1e-12
    assert np.ptp(services[3 : 3 + n]) < 1e-12
    worth = (services * (1 + rate) ** (-0.25 * (np.arange(120) - 3.0))).sum()
    assert worth == pytest.approx(1000.0, rel=1e-12)


class Watch(audit.Audit):
    """An audit of social cost alone, from the burn-in on."""

    def __init__(self, simulator, spoil=lambda money: money):
        super().__init__(simulator, money=False, mass=False)
        self.social, self.spoil, self.seen = audit.Social(simulator.p, 1 / simulator.steps_per_year), spoil, 0

    def check(self, before, after, row):
        money = self.spoil(after.money.copy())
        expected = self.social.step([(money[Money[name]], LIFE) for name in CAPITAL], money)
        self.seen += 1
        audit.alike(row[Series.SOCIAL_COST], expected, "social cost", 1e-6)
        net = row[Series.OUTLAY_GROSS] - row[Series.RECEIPTS]
        audit.alike(row[Series.PRIVATE_NET] + net, row[Series.SOCIAL_COST], "who bears it")
        split = row[Series.OUTLAY_CITY] + row[Series.OUTLAY_NATION] + row[Series.OUTLAY_ABROAD]
        audit.alike(split, row[Series.OUTLAY_GROSS], "who pays the outlay")


def _watched(site, shocks, name, **options):
    sim = Simulator(site, (make_arm("null", site=site), _arm(name, site)),
                    parameter_record({**ONE_LIFE, **NOBODY_COMES, "relocation_review": 1.0, "funds_from_abroad": 0.3}), shocks)  # fmt: skip
    watch = Watch(sim, **options)
    watch.burn(11, 0)
    watch.run(1)
    return watch


@pytest.mark.parametrize("name", ["combined", "newly-planned"])
def test_social_cost_is_the_sum_of_resources_in_the_ledgers(small_city, shocks, name):
    """All lives are 10 years here, so that the flows say when their services end: 1e-6 in every step since 2010."""
    assert _watched(small_city, shocks, name).seen > 100


def test_a_leak_into_social_cost_is_noticed(small_city, shocks):
    """Positive controls: a transfer booked as a resource, an investment forgotten, a hundred-thousandth of the bills."""

    def rent_as_moving(money):
        money[Money.MOVING] += money[Money.BASE_RENT]
        return money

    def no_works(money):
        money[Money.DEVELOPER_LAND] = 0.0
        return money

    def bills(money):
        money[Money.ELECTRICITY] *= 1 + 1e-5
        return money

    for spoil in (rent_as_moving, no_works, bills):
        with pytest.raises(AssertionError, match="social cost"):
            _watched(small_city, shocks, "newly-planned", spoil=spoil)


# --- one mover ------------------------------------------------------------------------------------------


def test_one_mover(small_city, shocks):
    """Moving and downtime when it moves, its dip afterwards, its old plot freed: by hand from its record."""
    more = {
        **NOBODY_COMES,
        "moving_noise": 0.0,
        "old_plot_relet": 0.0,
        "land_market": 0.0,
        "developers": 0.0,
        "outside_firms": 0.0,
        "bare_land_share": 0.4,
        "relocation_review": 0.02,
    }
    p = parameter_record(more)
    sim = Simulator(small_city, (make_arm("null", site=small_city), _arm("newly-planned", small_city)), p, shocks)
    watch = audit.Audit(sim, money=False, mass=False)
    watch.burn(11, 0)
    sim.fork(1, 1.0, None)
    work, found = sim.work, None
    for _ in range(104):
        watch._advance(work, sim.plans[1], 1)
        firms = audit.Firms(work)
        now = work.city[0]["time"] - work.city[0]["dt"]
        movers = np.flatnonzero(firms["moved_at"] == now)
        ever = np.flatnonzero(firms["moved_at"] < 1e8)
        if movers.size:
            found = movers.size == 1 and ever.size == 1
            break
    assert found, "the first who moves does not move alone"
    m = int(movers[0])
    assert work.clusters["kind"][firms["cluster"][m]] == PLANNED
    revenue = firms["k_revenue"][m] * firms["workers"][m]
    margin = max(firms["k_margin"][m] + firms["margin_life"][m], firms["k_margin"][m])
    assert work.money[Money.MOVING] == pytest.approx(p["moving_cost"] * firms["workers"][m], rel=1e-12)
    assert work.money[Money.ADAPTATION] == pytest.approx(p["downtime"] * margin * revenue, rel=1e-12)
    assert work.money[Money.LAND_FREED] == 0.0  # from the next quarter on
    opened = work.clusters["slots"][(work.clusters["kind"] == PLANNED) & (work.clusters["opened"] < 1e8)].sum()
    yearly = p["discount_rate"] * p["bare_land_share"] * p["cost_planned_land"] * p["planned_slot_area"]
    assert work.money[Money.LAND_OPENED] == pytest.approx(0.25 * yearly * opened, rel=1e-12)
    assert work.city[0]["land_freed"] == pytest.approx(p["planned_slot_area"])
    ident, at = firms["id"][m], firms["moved_at"][m]
    sim.p["relocation_review"] = 0.0  # nobody follows
    watch._advance(work, sim.plans[1], 1)
    after = audit.Firms(work)
    assert ident in after["id"]
    dip = p["dip"] * np.exp(-(now + 0.25 - at) / p["dip_years"]) * margin * revenue
    assert work.money[Money.ADAPTATION] == pytest.approx(0.25 * dip, rel=1e-9)
    assert work.money[Money.LAND_FREED] == pytest.approx(0.25 * yearly, rel=1e-12)
    # the tenant's rent is lost to a landowner
    tenants = work.clusters["firms"][work.clusters["kind"] == PLANNED].sum()
    assert work.money[Money.BASE_RENT] == pytest.approx(0.25 * p["base_rent"] * p["planned_slot_area"] * tenants)
    assert balance(work.money, "landowners", "transfer") == pytest.approx(
        work.money[Money.LAND_PRICE] - work.money[Money.BASE_RENT]
    )


# --- transfers ------------------------------------------------------------------------------------------

# nobody decides anything; what was decided goes on
FROZEN = dict.fromkeys(("review_rate", "search_rate", "hub_base", "hub_coordinator", "project_review", "relocation_review",
                        "admission_by_own_means",  # own funds would decide what is renewed
                        "workers_elasticity", "insolvency_hazard", "arrival_base", "growth", "cetp_city_hazard"), 0.0)  # fmt: skip
STEPS = 8


KINDS = {flow.kind for flow in FLOWS.values()}


def _frozen(sim, state, values, steps=STEPS, with_money=False):
    """Series of some steps from a state, with behaviour frozen and some parameters changed; and money of the last one."""
    kept, work = sim.p.copy(), copy_of(state)
    for name, value in {**FROZEN, **values}.items():
        sim.p[name] = value
    if "base_rent" in values:  # a site has its own, by this
        work.clusters["rent"] *= values["base_rent"] / kept["base_rent"]
    series = np.full((steps + 1, len(INDICATORS)), np.nan)
    flags = np.zeros((2, steps + 1, len(sim.layout.slots)), np.int8)
    assert run_steps(work, sim.p, sim.plans[1], sim.values(work), 1, series, flags[0], flags[1]) == 0
    sim.p[...] = kept
    return (series[1:], work.money) if with_money else series[1:]


@pytest.fixture(scope="module")
def in_2034(small_city, shocks):
    """A city with planned clusters, fines and hubs in the midst of its programme."""
    sim = Simulator(small_city, (make_arm("null", site=small_city), _arm("all", small_city)), parameter_record(), shocks)
    watch = audit.Audit(sim, money=False, mass=False)
    watch.burn(11, 0)
    watch.run(1, steps=57)
    return sim, copy_of(sim.work)


@pytest.mark.parametrize(
    ("values", "moves"),
    [
        ({"fine_reference": 900.0, "fine_low": 60.0}, "transfer_firms_state"),
        ({"informal_discount": 0.6}, "transfer_firms_side"),
        ({"cit_small_rate": 0.3, "cit_middle_rate": 0.3, "cit_rate": 0.4}, "transfer_firms_state"),
        ({"fee_small": 10.0, "fee_middle": 12.0}, "transfer_firms_state"),
        ({"rent_difference": 2.0}, "transfer_firms_developer"),
        ({"base_rent": 2000.0}, "transfer_landowners_developer"),
        ({"operator_levy": 0.1}, "transfer_firms_operator"),
        ({"export_premium": 0.05}, "transfer_customers_firms"),
    ],
)
def test_transfers_leave_social_cost_to_the_bit(in_2034, values, moves):
    """With behaviour frozen a price between parties moves its pair and nothing that is used up."""
    sim, state = in_2034
    plain, other = _frozen(sim, state, {}), _frozen(sim, state, values)
    assert np.array_equal(plain[:, Series.SOCIAL_COST], other[:, Series.SOCIAL_COST])
    column = Series[moves.upper()]
    assert not np.array_equal(plain[:, column], other[:, column]), "nothing moved"


@pytest.mark.parametrize("values", [{"own_om": 0.02}, {"cost_inspection": 9.0}, {"fuel_price": 0.9}, {"bare_land_price": 9000.0}])
def test_resources_do_not(in_2034, values):
    """Positive control: what is used up moves social cost."""
    sim, state = in_2034
    plain, other = _frozen(sim, state, {}), _frozen(sim, state, values)
    assert not np.array_equal(plain[:, Series.SOCIAL_COST], other[:, Series.SOCIAL_COST])


def test_public_funds_cost_what_they_cost(in_2034):
    sim, state = in_2034
    plain, other = _frozen(sim, state, {}), _frozen(sim, state, {"public_funds_cost": 1.2})
    net = plain[:, Series.OUTLAY_GROSS] - plain[:, Series.RECEIPTS]
    assert np.allclose(other[:, Series.SOCIAL_COST] - plain[:, Series.SOCIAL_COST], 0.2 * net, rtol=1e-9)


def test_transfers_add_up_to_zero_over_payers_and_receivers(in_2034):
    """A table payer x receiver adds up to zero whatever it holds: what each party nets in it must also be what its own
    account says, which is not made from the table. Control: rent that is booked for the developer and against nobody."""
    sim, state = in_2034
    series, money = _frozen(sim, state, {}, steps=1, with_money=True)
    row, dt = series[0], 0.25
    cells = {(a, b): row[Series[f"TRANSFER_{a}_{b}".upper()]] for a, b in PAIRS}
    booked = {"operator": row[Series.OPERATOR_RESULT], "developer": row[Series.DEVELOPER_RESULT]}

    def check(cells):
        table = transfer_table(cells)
        scale = np.abs(table.to_numpy()).sum()
        assert scale > 0 and abs(transfer_balance(table).sum()) < 1e-12 * scale
        for party, result in booked.items():
            rest = sum(balance(money, party, kind) for kind in KINDS - {"transfer"}) / dt
            assert transfer_balance(table)[party] == pytest.approx(result - rest, rel=1e-9, abs=1e-9 * scale), party

    check(cells)
    assert cells["landowners", "developer"] != 0
    with pytest.raises(AssertionError, match="developer"):
        check({**cells, ("landowners", "developer"): 0.0})


# --- abatement ------------------------------------------------------------------------------------------


def test_abatement_splits_into_intensity_output_and_leakage():
    parts = abatement_split(90.0, 20.0, 100.0, 100.0, 10.0, 100.0)  # cleaner by 20, and 10 more outside
    assert parts == {"intensity": pytest.approx(20.0), "output": 0.0, "leakage": -10.0}
    parts = abatement_split(55.0, 10.0, 50.0, 100.0, 10.0, 100.0)  # half the output, as dirty as before
    assert parts["intensity"] == pytest.approx(0.0) and parts["output"] == pytest.approx(45.0) and parts["leakage"] == 0.0
    mixed = abatement_split(np.array([70.0, 0.0]), np.array([5.0, 0.0]), np.array([80.0, 0.0]), 100.0, 10.0, 100.0)
    assert np.allclose(sum(mixed.values()), [30.0, 100.0])
