"""V11 to V14: mass and money balance in every step of every arm; nothing comes of nothing; money has no unit."""

from dataclasses import replace

import audit
import numpy as np
import pytest
from audit import Audit, Firms
from ecocluster.experiments.statistics import difference, fieller
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, evaluate
from ecocluster.model.ledger import FLOW_ACCOUNTS, Matter, Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import (
    SECTORS,
    STREAMS,
    TECHNOLOGIES,
    Arm,
    Cluster,
    Firm,
    Law,
    Programme,
    Site,
    matched_arms,
)
from ecocluster.model.state import SLOT_TAKEN, copy_of
from ecocluster.scenarios import load_scenario, make_arm

EVERYTHING = ("self-transition", "symbiosis", "newly-planned", "combined", "all", "symbiosis-in-planned")
POLICIES = (("combined", "special"), ("combined", "shared"), ("all", "compulsory"), ("policy", "solutions-all"),
            ("policy", "japan"), ("policy", "barriers-all"))  # fmt: skip
# what is off by default, and more symbiosis than by default, so that every account moves
UNUSUAL = {
    "old_plot_value": 10.0, "spillover": 1.0, "rent_difference": -1.0, "moving_cost": 1.0, "export_premium": 0.01,
    "offtaker_in_city": 0.5, "search_rate": 1.0, "hub_base": 0.05, "b_min": 0.84, "aware_symbiosis_2010": 0.5,
    "application_test": 0.0, "relocation_review": 1.0, "heat_of_firms": 0.0,
}  # fmt: skip


def _arms(site, budget_bn):
    """No programme, the law alone, pathways, and policies laid over them."""
    arms = [make_arm(name, budget_bn=budget_bn, site=site) for name in ("null", "law", *EVERYTHING)]
    arms += [make_arm(a, policy, budget_bn=budget_bn, site=site, name=f"{a}+{policy}") for a, policy in POLICIES]
    return arms


def _portfolio(site, budget_bn):
    """Every second cluster follows another programme; the last one follows none."""
    made = [make_arm(name, budget_bn=budget_bn, site=site) for name in ("self-transition", "symbiosis", "newly-planned")]
    assignment = (*(n % 3 for n in range(len(site.clusters) - 1)), -1)
    return replace(made[0], name="portfolio", programmes=tuple(arm.programmes[0] for arm in made), assignment=assignment)


def _audit_all(site, arms, shocks, replicates, parameters=None, scale=1.0, **books):
    """Run every arm with its books checked in every step, the burn-in too; gives the flows added up."""
    audited = Audit(Simulator(site, arms, parameter_record(parameters), shocks), **books)
    for replicate in replicates:
        audited.burn(11, replicate)
        references, matched = {}, matched_arms(arms)
        for index in range(len(arms)):
            series = audited.run(index, scale, references.get(matched[index]))
            references[index] = audited.simulator.reference(series)
    assert audited.unseen < 0.1 * audited.steps, "too many steps whose loans cannot be followed"
    return audited


def _over_everything(request_site, shocks, **books):
    """The cases of V11 and V12: sites, arms, budgets 0 to 300 bn, scaled programmes, unusual parameters, portfolio."""
    teaching, city = request_site
    for budget_bn in (0.0, 50.0, 150.0, 300.0):
        _audit_all(teaching, _arms(teaching, budget_bn), shocks, (0,), **books)
    _audit_all(teaching, _arms(teaching, 150.0), shocks, (0,), {"plants_age": 0.0}, **books)
    single = load_scenario("nguyen-khe").site
    _audit_all(single, _arms(single, 150.0), shocks, (0,), {"fund_lapse": 1.0}, **books)
    _audit_all(single, _arms(single, 300.0), shocks, (1,), UNUSUAL, scale=2.0, **books)
    names = ["null", *EVERYTHING[:4]]
    for budget_bn, parameters in ((150.0, None), (300.0, UNUSUAL)):
        _audit_all(city, [a for a in _arms(city, budget_bn) if a.name in names], shocks, (2,), parameters, **books)
    _audit_all(city, [make_arm("null", site=city), _portfolio(city, 150.0)], shocks, (3,), **books)


@pytest.fixture(scope="module")
def sites(teaching, small_city):
    return teaching, small_city


@pytest.fixture(scope="module")
def lively(small_city, shocks):
    """A city in full swing in the middle of a step's books: (audit, state before, state after, measured row)."""
    arms = [a for a in _arms(small_city, 300.0) if a.name in ("null", "all")]
    sim = Simulator(small_city, arms, parameter_record(UNUSUAL), shocks)
    for replicate in range(20):  # the first in which some cluster has no coming and going in the last step
        sim.burn(11, replicate)
        audited = Audit(sim, money=False, mass=False)
        row = audited.run(1, steps=41)[-1]  # ends in the first quarter of 2030: nothing is carried on from before
        if _settled(audited.before, sim.work).size:
            return audited, audited.before, sim.work, row
    raise AssertionError("no replicate has a cluster without coming and going")


def _settled(before, after):
    """Clusters that hold the same firms before and after a step."""
    old, new = Firms(before), Firms(after)
    return np.array(
        [c for c in np.unique(new["cluster"]) if set(old.id[old["cluster"] == c]) == set(new.id[new["cluster"] == c])], int
    )


def _rejects(lively, check, spoil):
    """True if `check` refuses a copy of the state after the step in which `spoil` has changed something."""
    audited, before, after, row = lively
    copy = copy_of(after)
    row = row.copy()
    check(before, copy, row, audited.simulator.p)  # the truth passes
    spoil(copy)
    with pytest.raises(AssertionError):
        check(before, copy, row, audited.simulator.p)


def _first(state, mask):
    """Block and lane of the first slot of a (blocks, 16) mask."""
    block, lane = np.argwhere((state.firms["status"] == SLOT_TAKEN) & mask)[0]
    return block, lane


def _add(array, where, amount):
    array[where] += amount


# --- V11 ------------------------------------------------------------------------------------------------


def test_v11_mass_balance_in_every_step(sites, shocks):
    """Sums of clusters and city are those of the firms, waste = landfill + dealers + exchange, contracts = links,
    no link delivers more than there is: 1e-9 relative, in every step of all arms, budgets and sites."""
    _over_everything(sites, shocks, money=False)


def test_v11_the_check_sees_small_losses(lively):
    """Positive control: a part of 1e-7 of any account, or one delivery made twice, is noticed."""

    def resources(before, after, row, p):
        audit.resources(before, after, p, row)

    def contracts(before, after, row, p):
        audit.contracts(after, p)

    for name in ("GRID_MWH", "FUEL_GJ", "WATER_M3", "EFFLUENT_M3", "WASTE_T", "POOLED_T", "LANDFILL_T", "EXCHANGE_TCO2E"):
        at = Matter[name]
        assert lively[2].matter[at] != 0, name
        _rejects(lively, resources, lambda s, at=at: _add(s.matter, at, 1e-7 * s.matter.max()))
    settled = _settled(lively[1], lively[2])[0]
    for name in ("elec", "fuel", "water", "effluent", "waste", "cod", "solar"):
        _rejects(lively, resources, lambda s, n=name: _add(s.clusters[n], settled, 1e-7 * s.clusters[n].max()))
    _rejects(lively, resources, lambda s: _add(s.clusters["exchanged"], settled, 1e-6 + s.clusters["waste"][settled]))
    busy = np.flatnonzero((lively[2].links["state"] == 3) & (lively[2].links["delivered"] > 0) & (lively[2].links["stream"] < 6))[0]
    _rejects(lively, contracts, lambda s: _add(s.links["delivered"], busy, 100 * s.links["quantity"][busy]))
    _rejects(lively, contracts, lambda s: _add(s.links["quantity"], busy, 1e-6 * s.links["quantity"].max() + 1e-6))


def test_v11_one_stream_is_given_away_once():
    """Clusters that live by one by-product, with links, hubs and off-takers: links and hubs together never take
    more than the firms have (the sum over streams of the check above is too coarse for that)."""
    site = Site("wood", "one stream", "city", tuple(
        Cluster(f"w{n}", f"w{n}", "d", 40.0, 20.0, 15.0, mix=dict.fromkeys(SECTORS, 1 / 6), shared_land=0.3)
        for n in range(3)))  # fmt: skip
    parameters = {**UNUSUAL, "eta0": 0.02, "disclosure_gate": 0.0}
    for sector in SECTORS:
        parameters |= {f"{sector}.supply.{w}": 0.0 for w in STREAMS}
        parameters |= {f"{sector}.supply.organic": 1.0, f"{sector}.demand.organic": 0.3}
    levers = {"coordinator": 1.0, "platform": 1.0, "study_aid": 0.9, "symbiosis_grant": 0.9,
              "fund_share_symbiosis": 1.0, "relief_awareness": 1.0}  # fmt: skip
    law = Law("fast", {"permit_rate": 50.0})
    arms = (Arm("null"), Arm("symbiosis", (Programme("symbiosis", levers),), None, 300e3, law=law))
    audited = Audit(Simulator(site, arms, parameter_record(parameters)), money=False)
    for replicate in range(3):
        audited.burn(5, replicate)
        audited.run(1)
    assert audited.matter[Matter.EXCHANGED_T] > 0 and audited.matter[Matter.OFFTAKEN_T] > 0


# --- V12 ------------------------------------------------------------------------------------------------


def test_v12_money_balance_in_every_step(sites, shocks):
    """Cash of firms, loans, funds and all accounts of the ledger, 1e-6 mVND, in every step of all arms."""
    _over_everything(sites, shocks, mass=False)


def test_v12_every_flow_is_seen(sites, shocks):
    """The runs in which the books are checked move money on every line of the ledger: no line is checked at 0 only."""
    _, city = sites
    arms = [a for a in _arms(city, 300.0) if a.name in ("law", "combined+shared", "newly-planned", "all+compulsory")]
    arms.append(make_arm("combined", "korea", budget_bn=300.0, site=city, name="korea"))
    audited = _audit_all(city, arms, shocks, (0,), UNUSUAL, money=False, mass=False)
    # land has a price only where it is switched on (13.6)
    paid = {
        "land_market": 1.0,
        "unbuilt_usable": 0.0,
        "lease_compensation": 40_000.0,
        "project_review": 2.0,
        "cost.project_infrastructure": 500.0,
        "links_borrow": 1.0,
        "loan_minimum": 0.0,
    }
    land = _audit_all(city, arms, shocks, (0,), {**UNUSUAL, **paid}, money=False, mass=False)
    silent = [name for name in FLOW_ACCOUNTS if audited.totals[Money[name]] == land.totals[Money[name]] == 0.0]
    assert not silent, f"never used: {silent}"


def test_v12_the_check_sees_small_losses(lively):
    """Positive control: 1e-5 mVND too much in any stock or flow is noticed."""

    def cash(before, after, row, p):
        audit.cash_of_firms(before, after)

    def loans(before, after, row, p):
        assert audit.loans(before, after, p)

    def funds(before, after, row, p):
        audit.funds(before, after, p, row)

    def accounts(before, after, row, p):
        audit.accounts(after, row)

    more = 1e-5
    some = _first(lively[2], lively[2].firms["cash"] != 0)
    _rejects(lively, cash, lambda s: _add(s.firms["cash"], some, more))
    for name in ("TAX", "FINE", "DIVIDENDS", "DEBT_SERVICE", "OWN_CAPEX", "HUB_FEE"):
        _rejects(lively, cash, lambda s, n=name: _add(s.money, Money[n], more))
    for name in ("TAX", "FINE", "GRANTS", "CETP_FEE", "BASE_RENT", "HUB_RUNNING"):
        _rejects(lively, accounts, lambda s, n=name: _add(s.money, Money[n], more))
    _rejects(lively, accounts, lambda s: _add(s.money, Money.GRANTS, -1 - s.money[Money.GRANTS]))
    owing = _first(lively[2], lively[2].firms["loans"] > 0)
    technology = int(np.flatnonzero(lively[2].firms["loan_balance"][owing[0], owing[1]] > 0)[0])
    _rejects(lively, loans, lambda s: _add(s.firms["loan_balance"], (*owing, technology), more))
    for name in ("LOANS", "DEBT_SERVICE", "LOAN_WRITTEN_OFF"):
        _rejects(lively, loans, lambda s, n=name: _add(s.money, Money[n], more))
    for field in ("general", "spent", "released", "lapsed", "rule_paid"):
        _rejects(lively, funds, lambda s, f=field: _add(s.funds[f], 0, more))
    _rejects(lively, funds, lambda s: _add(s.money, Money.PROJECT_FUND, more))

    def law(before, after, row, p):
        audit.law(before, after, p)

    _rejects(lively, law, lambda s: _add(s.money, Money.LAW_DATA, 0.1))
    _rejects(lively, law, lambda s: _add(s.money, Money.INSPECTIONS, 0.1))
    for name in ("inspection_rate", "certainty"):
        _rejects(lively, law, lambda s, n=name: _add(s.levers[n], 0, more))


# --- V13 ------------------------------------------------------------------------------------------------

SILENT = {
    "p0": 0.0, "p_ext": 0.0, "p_IC": 0.0, "q_in": 0.0, "q_tie": 0.0, "q_out": 0.0, "symbiosis_coordinator": 0.0,
    "symbiosis_platform": 0.0, "aware_technology_2010": 0.0, "aware_law_2010": 0.0, "aware_symbiosis_2010": 0.0,
    "inspection_low": 0.0, "inspection_high": 0.0, "complaint_rate": 0.0, "cetp_share_2010": 0.0,
    "cetp_city_hazard": 0.0, "project_review": 0.0, "hub_base": 0.0,
    "T1_housekeeping.initial_share": 0.0, "T2_efficient_equipment.initial_share": 0.0,
    "T4_rooftop_solar.initial_share": 0.0, "T5_clean_process.initial_share": 0.0, "own_plant.initial_share": 0.0,
}  # fmt: skip


def test_v13_nothing_comes_of_nothing(teaching):
    """Nobody knows of anything, nothing tells anybody, nothing is adopted: adoption and outlay stay 0, the
    difference to itself is exactly 0, cost-effectiveness is undefined and not a number.
    Control: with a spark of knowledge the same statements fail."""

    def shares(parameters):
        arms = (Arm("null"), Arm("again"))
        runs = run_ensemble(teaching, arms, replicates=6, seed=3, threads=2, parameters=parameters)
        frame = evaluate(runs)
        columns = [f"adoption_{t}_{y}" for t in TECHNOLOGIES for y in (2030, 2045)]
        columns += ["outlay_2030", "pv_outlay_2045", "hubs_active_2045", "links_active_2045", "aware_technology_2045",
                    "real_share_2045", "sham_share_2045", "social_programme_2045", "social_running_2045"]  # fmt: skip
        null, again = frame[frame.arm == "null"], frame[frame.arm == "again"]
        return null, again, float(np.abs(null[columns].to_numpy()).max())

    null, again, largest = shares(SILENT)
    assert largest == 0.0
    for key in ("tco2e_2045", "value_added_2030", "jobs_2035"):
        estimate = difference(again[key].to_numpy(), null[key].to_numpy())
        assert estimate.mean == estimate.low == estimate.high == 0.0
    cost = again["pv_outlay_2045"].to_numpy() - null["pv_outlay_2045"].to_numpy()
    avoided = null["tco2e_total_2045"].to_numpy() - again["tco2e_total_2045"].to_numpy()
    ratio = fieller(cost, avoided)
    assert np.isnan(ratio.mean) and np.isnan(ratio.low) and np.isnan(ratio.high) and ratio.reason
    assert shares({**SILENT, "p0": 0.02})[2] > 0.0


# --- V14 ------------------------------------------------------------------------------------------------


def _in_units(unit, site, arms, shocks):
    """Series of arms when all money is counted in 1/unit mVND."""
    runs = run_ensemble(
        site, arms, replicates=1, seed=4, threads=2, parameters={**UNUSUAL, "money_scale": unit}, shocks=shocks, last_year=2040
    )
    assert not runs.failed.any()
    return runs


def test_v14_money_has_no_unit(small_city, shocks):
    """All money x 1024, budgets and what the user gave included: the same decisions bit for bit, money exactly
    1024 times as much. Control: x 1024 of one price alone changes decisions."""
    arms = [a for a in _arms(small_city, 150.0) if a.name in ("null", "combined", "all", "combined+special", "combined+shared")]
    once, thousand = (_in_units(unit, small_city, arms, shocks) for unit in (1.0, 1024.0))

    def check(found):
        for i, key in enumerate(found.keys):
            unit = 1024.0 if INDICATORS[key].unit.startswith("mVND") else 1.0
            a, b = once.series[:, :, 1:, i] * unit, found.series[:, :, 1:, i]
            assert np.array_equal(a, b, equal_nan=True), key
        assert np.array_equal(once.level, found.level) and np.array_equal(once.unmet, found.unmet)

    check(thousand)
    spoilt = run_ensemble(small_city, arms, replicates=1, seed=4, threads=2, shocks=shocks, last_year=2040,
                          parameters={**UNUSUAL, "money_scale": 1024.0, "fine_reference": 300.0 / 1024.0})  # fmt: skip
    with pytest.raises(AssertionError):
        check(spoilt)


def test_v14_money_of_the_user_scales_too():
    """Revenue of known enterprises is money as well: with it x 1024 stays a change of unit."""
    firms = tuple(
        Firm(sector, 10.0 + 5 * n, revenue=3000.0 + 500 * n, technologies=("T1",) if n % 2 else ())
        for n, sector in enumerate(SECTORS * 2)
    )
    site = Site("known", "known", "cluster", (Cluster("k", "k", "d", 12.0, 5.2, 4.3, firms=firms),))
    arms = [make_arm(name, budget_bn=300.0, site=site) for name in ("null", "combined")]
    a, b = (_in_units(unit, site, arms, ()) for unit in (1.0, 1024.0))
    money = np.array([INDICATORS[key].unit.startswith("mVND") for key in a.keys])
    assert np.array_equal(a.series[..., 1:, ~money], b.series[..., 1:, ~money], equal_nan=True)
    assert np.array_equal(a.series[..., 1:, money] * 1024.0, b.series[..., 1:, money], equal_nan=True)
