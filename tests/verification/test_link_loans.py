"""13.8: links and hubs may borrow, and an adopter's whole income tax may be exempt; 13.1: six aspects; 13.11: competitiveness."""

from __future__ import annotations

import audit
import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.levers import LEVERS
from ecocluster.model.maths import annuity
from ecocluster.model.parameters import drawn_names, parameter_record
from ecocluster.model.phases.deals import sign_deals
from ecocluster.model.phases.financing import Loan
from ecocluster.model.phases.hub_money import serve_hub_loan, take_hub_loan
from ecocluster.model.phases.production import _serve_loans
from ecocluster.model.phases.requests import FIRMS, Exchange, propose
from ecocluster.model.rules import adoption, certification, symbiosis
from ecocluster.model.simulator import Simulator
from ecocluster.model.state import LANES, LINK_ACTIVE, LINK_LOAN, LINK_PERMIT
from ecocluster.model.step import run_steps
from ecocluster.scenarios import make_arm, with_levers
from probes import ORGANIC, flat, pairs, parameters

HURDLE, BANK, SHARE, YEARS = 0.2, 0.06, 0.7, 5.0


def _annuity(rate, years):
    return (1.0 - (1.0 + rate) ** -years) / rate if rate > 0 else years


# --- what a loan is worth ------------------------------------------------------------------------------------


def test_a_loan_and_a_tax_cut_enter_a_deal_in_closed_form():
    """Value, feasibility and bounds of the price with relief are those of a fixed cost that is as much lower. Control: without relief."""
    p = parameters(split_fixed=0.5)[()]
    deal = symbiosis.Deal(30.0, 2.0, 100.0, 0.2, HURDLE, HURDLE, 4.0, 8.0, 8.0)
    less = deal._replace(fixed=80.0, relief_seller=0.0, relief_buyer=0.0)  # .8 x 80 = .8 x 100 - 16
    plain = deal._replace(relief_seller=0.0, relief_buyer=0.0)
    assert symbiosis.link_value(deal) == pytest.approx(symbiosis.link_value(less), rel=1e-12)
    assert symbiosis.link_value(deal) - symbiosis.link_value(plain) == pytest.approx(16.0, rel=1e-12)
    low, high = symbiosis.deal_price(p, ORGANIC, 10.0, deal, 0.9, 0.9)
    assert (low, high) == pytest.approx(symbiosis.deal_price(p, ORGANIC, 10.0, less, 0.9, 0.9), rel=1e-12)
    worst = symbiosis.deal_price(p, ORGANIC, 10.0, plain, 0.9, 0.9)
    assert low < worst[0] and high > worst[1]
    a = _annuity((1.0 + HURDLE) / 0.9 - 1.0, 4.0)
    limit = (0.8 * 100.0 - 16.0) / a  # what is just worth it
    for gain, worth in ((1.0 + 1e-9, True), (1.0 - 1e-9, False)):
        assert symbiosis.feasible(p, deal._replace(gain=(limit * gain + 2.0) / 0.9), 0.9, 0.9) == worth
    assert not symbiosis.feasible(p, plain._replace(gain=(limit * 1.01 + 2.0) / 0.9), 0.9, 0.9)


def test_what_a_loan_is_worth():
    """c I' (1 - A(h, n)/A(r, n)); at the hurdle rate itself, or for no loan, nothing; without interest A(0, n) = n."""
    gain = adoption.loan_gain(100.0, SHARE, BANK, YEARS, _annuity(HURDLE, YEARS))
    assert gain == pytest.approx(70.0 * (1.0 - _annuity(HURDLE, YEARS) / _annuity(BANK, YEARS)), rel=1e-12)
    assert adoption.loan_gain(100.0, 0.0, BANK, YEARS, 1.0) == 0.0
    assert adoption.loan_gain(100.0, SHARE, HURDLE, YEARS, annuity(HURDLE, YEARS)) == 0.0
    free = adoption.loan_gain(100.0, SHARE, 0.0, YEARS, _annuity(HURDLE, YEARS))
    assert free == pytest.approx(70.0 * (1.0 - _annuity(HURDLE, YEARS) / YEARS), rel=1e-12) and free > gain


@jit
def serve(s, n, steps, balance, interest):
    """Serve the loans of a firm, and the loan of a hub, step by step."""
    for t in range(steps):
        _serve_loans(s.city[0].dt, s.firms[n], 0)
        balance[t], interest[t] = s.firms[n].loan_balance[0, LINK_LOAN], s.firms[n].interest[0]
        serve_hub_loan(s, s.hubs[0, 0])


@jit
def sign(s, p, slot, other, quantity):
    """Propose a link and negotiate it."""
    propose(s, Exchange(slot, other, ORGANIC, quantity), 0 if s.funds[0].budget > 0.0 else -1, np.uint64(1), FIRMS)
    sign_deals(s, p)


@jit
def lend_to_hub(s, p, share, rate, net):
    """The operator of a hub borrows."""
    take_hub_loan(s, p, s.hubs[0, 0], Loan(share, rate, 0.0, 0.0, 0.0), net)


ASK = {"links_borrow": 1.0, "loan_minimum": 0.0, "credit_constant": 50.0, "granted_low": SHARE, "granted_high": SHARE,
       "granted_support": SHARE, "bank_rate": BANK, "loan_years": YEARS, "hub_years": 10.0, "b_min": 0.9}  # fmt: skip
COST = 400.0


def _pair(more=(), **levers):
    """A cluster of two firms that could exchange, with a link that costs `COST`, and a programme with these levers."""
    record = parameters(**{**ASK, **dict(more)})
    s = pairs(1, record)
    record["stream_fixed_cost_ref"][ORGANIC], record["quantity_exponent"] = COST, 0.0
    record["stream_virgin_price"][ORGANIC], record["stream_pipe_cost_per_100m"][ORGANIC] = 60.0, 0.0
    s.city["time"], s.clusters["programme"][0] = 2021.0, 0 if levers else -1
    s.firms["hurdle"][...], s.firms["collateral"][...] = HURDLE, 1e6
    if levers:
        s.funds["budget"], s.funds["enacted"] = 1e6, 1.0
        s.funds["fund"][:, 1] = 1e6
        for name, value in levers.items():
            s.levers[name][s.clusters["lever_row"][0]] = value
    first = int(s.clusters["first"][0]) * LANES
    return s, record, first


def _signed(s, record, first):
    before = flat(s, "cash").copy()
    sign(s, record[()], first, first + 1, 10.0)
    link = s.links[0]
    assert link["state"] == LINK_PERMIT
    return before - flat(s, "cash"), link


def test_the_loan_of_a_link_is_repaid_by_the_annuity_exactly():
    """Each side borrows 70 % of its half at 6 %: 20 equal payments, interest on what is owed; nothing is left.

    Control: off, or with cash needed, nobody borrows."""
    s, record, first = _pair()
    paid, _ = _signed(s, record, first)
    study = float(record["cost_study"])
    lent = SHARE * COST / 2
    assert paid[first : first + 2] == pytest.approx([COST / 2 - lent + study / 2] * 2, rel=1e-12)
    assert s.money[Money.LOANS] == pytest.approx(2 * lent, rel=1e-12) and s.money[Money.LINK_FIXED] == pytest.approx(
        COST, rel=1e-12
    )
    dt = float(s.city["dt"][0])
    number, step_rate = round(YEARS / dt), (1 + BANK) ** dt - 1
    payment = lent * step_rate / (1 - (1 + step_rate) ** -number)
    assert s.firms["loan_payment"][first // LANES, 0, LINK_LOAN] * dt == pytest.approx(payment, rel=1e-12)
    balance, interest = np.zeros(number), np.zeros(number)
    serve(s, first // LANES, number, balance, interest)
    t = np.arange(1, number + 1)
    owed = lent * ((1 + step_rate) ** number - (1 + step_rate) ** t) / ((1 + step_rate) ** number - 1)
    assert balance == pytest.approx(owed, rel=1e-9, abs=1e-6) and balance[-1] == 0.0
    before = np.concatenate([[lent], owed[:-1]])
    assert interest * dt == pytest.approx(before * step_rate, rel=1e-9)
    s, record, first = _pair({"links_borrow": 0.0})
    paid, _ = _signed(s, record, first)
    assert paid[first] == pytest.approx(COST / 2 + study / 2, rel=1e-12) and s.money[Money.LOANS] == 0.0


def test_the_loan_of_a_hub_is_repaid_by_the_annuity_exactly():
    """70 % of what is left of its capital after grants; what the bank gives and gets is that of an annuity."""
    s, record, first = _pair()
    lend_to_hub(s, record[()], SHARE, BANK, COST)
    assert s.money[Money.HUB_LOAN] == pytest.approx(SHARE * COST, rel=1e-12)
    number = round(YEARS / float(s.city["dt"][0]))
    step_rate = (1 + BANK) ** (YEARS / number) - 1
    serve(s, first // LANES, number, np.zeros(number), np.zeros(number))
    assert s.hubs["loan_balance"][0, 0] == 0.0
    total = number * SHARE * COST * step_rate / (1 - (1 + step_rate) ** -number)
    assert s.money[Money.HUB_DEBT_SERVICE] == pytest.approx(total, rel=1e-9)


def test_what_a_programme_pays_for_the_loan_of_a_link():
    """An interest cut of 3 points, a guarantee for all and a tax cut of one half: the symbiosis fund pays the annuity gap, the expected
    loss and the tax forgone on half of the gain over the term. Control: without the levers the fund pays nothing."""
    s, record, first = _pair(interest_cut=3.0, guarantee=1.0, CIT_reduction=0.5)
    s.levers["guarantee"][-1] = s.levers["CIT_reduction"][-1] = 0.0  # neither exists without the programme
    _, link = _signed(s, record, first)
    lent = SHARE * COST / 2
    public = float(record["discount_rate"])
    gap = lent / _annuity(BANK, YEARS) - lent / _annuity(BANK - 0.03, YEARS)
    assert s.money[Money.INTEREST_CUT] == pytest.approx(2 * gap * _annuity(public, YEARS), rel=1e-9)
    loss = float(record["cost_guarantee_loss"]) * lent * 0.5 * (YEARS + 1)
    assert s.money[Money.GUARANTEE] == pytest.approx(2 * loss, rel=1e-12)
    gain = 10.0 * symbiosis.unit_gain(record[()], ORGANIC) - float(record["cost_link_coordination"])
    tax = float(record["cit_rate"]) * float(record["taxable_share"])
    free = min(float(record["cit_years"]), float(link["years"]))
    forgone = tax * 0.5 * 0.5 * gain * _annuity(public, free)
    assert s.funds["cut_reserve"][0] == pytest.approx(2 * forgone, rel=1e-9)
    spent = s.money[Money.INTEREST_CUT] + s.money[Money.GUARANTEE] + s.funds["cut_reserve"][0]
    assert s.funds["spent"][0] == pytest.approx(spent, rel=1e-12) and 1e6 - s.funds["fund"][0, 1] == pytest.approx(spent, rel=1e-9)
    assert list(link["cut"]) == [0.5, 0.5]
    s, record, first = _pair(platform=0.5)
    _signed(s, record, first)
    assert s.funds["spent"][0] == 0.0 and s.money[Money.LOANS] > 0.0


def test_one_loan_for_links_at_a_time():
    """A firm that still owes for a link pays the next from its own cash."""
    s, record, first = _pair()
    s.firms["loan_balance"][first // LANES, 0, LINK_LOAN] = 1.0
    paid, _ = _signed(s, record, first)
    assert paid[first] - paid[first + 1] == pytest.approx(SHARE * COST / 2, rel=1e-12)


# --- whole runs ------------------------------------------------------------------------------------------------

EAGER = {
    "loan_minimum": 0.0,
    "search_rate": 3.0,
    "credit_constant": 2.0,
    "hub_base": 0.5,
    "aware_symbiosis_2010": 0.9,
    "cost.study": 5.0,
}


def _steps(site, parameters, arm, steps=64):
    """States before and after every step from 2020 on."""
    sim = Simulator(site, (arm,), parameter_record(parameters))
    while sim.make_room():  # links are many
        pass
    sim.burn(1, 0)
    sim.fork(0, 1.0, None)
    rows = np.zeros((2, len(INDICATORS)))
    flags = np.zeros((2, len(sim.layout.slots)), np.int8)
    for _ in range(steps):
        before = audit.copy_of(sim.work)
        assert run_steps(sim.work, sim.p, sim.plans[0], sim.values(sim.work), 1, rows, flags, flags.astype(np.int16)) == 0
        yield before, sim.work, sim.p, rows[1]
        rows[0] = rows[1]


def test_money_balances_where_links_borrow(small_city):
    """Cash of firms, loans by their schedules, funds; loans outlast their links. Control: off, no link has a loan, no hub neither."""
    arm = with_levers(
        make_arm("combined", site=small_city), {"CIT_reduction": 0.5, "interest_cut": 3.0, "guarantee": 0.5}, typed=True
    )

    def run(on):
        seen = {"loans": 0, "outlast": 0, "hubs": 0, "cut": 0.0}
        for before, after, p, row in _steps(small_city, EAGER | {"links_borrow": on}, arm):
            audit.cash_of_firms(before, after)
            audit.loans(before, after, p)
            audit.funds(before, after, p, row)
            audit.accounts(after, row)
            owing = after.firms["loan_balance"][..., LINK_LOAN] * (after.firms["loans"] >> LINK_LOAN & 1)
            seen["loans"] += (owing > 0).sum()
            alive = after.links[after.links["state"] >= LINK_PERMIT]
            alive = alive[alive["state"] <= LINK_ACTIVE]
            slots = np.unique(np.concatenate([alive["supplier"], alive["buyer"]]))
            seen["outlast"] += np.setdiff1d(np.flatnonzero(owing.ravel() > 0), slots).size
            seen["hubs"] += (after.hubs["loan_balance"] > 0).sum()
            seen["cut"] += after.firms["cut_links"].sum()
        return seen

    seen = run(1.0)
    assert min(seen.values()) > 0, seen
    assert not any(run(0.0).values())


def test_an_adopter_is_exempt_for_so_many_years(small_city):
    """Once, from its order on, at the share of the programme's cut; the whole tax is forgone at 1, and booked. Control: not before or after."""
    arm = with_levers(make_arm("self-transition", site=small_city), {"CIT_reduction": 1.0}, typed=True)
    years, seen = 4.0, 0
    for before, after, _, _ in _steps(small_city, {"exempt_years": years}, arm, 40):
        now = before.city[0]["time"]
        new = (before.firms["exempt_until"] == 0) & (after.firms["exempt_until"] > 0)
        assert np.allclose(after.firms["exempt_until"][new], now + years)
        assert np.isin(after.firms["exempt"][new], (1.0, LEVERS["CIT_reduction"].baseline)).all()  # with and without the programme
        seen += (after.firms["exempt"][new] == 1.0).sum()
        assert not after.firms["cut_total"].any() and after.money[Money.TAX_FORGONE] <= after.money[Money.TAX] + 1e-9
        if not (before.firms["exempt_until"] > now).any():
            assert after.money[Money.TAX_FORGONE] == 0.0
        else:
            assert after.money[Money.TAX_FORGONE] > 0.0
    assert seen > 5


def test_what_an_exemption_is_worth():
    """Tax x share x profit x A(h, n); nothing where there is no profit."""
    assert adoption.exemption_worth(0.1, 0.5, 200.0, _annuity(HURDLE, 4.0)) == pytest.approx(
        10.0 * _annuity(HURDLE, 4.0), rel=1e-12
    )
    assert adoption.exemption_worth(0.1, 1.0, -5.0, 3.0) == 0.0


# --- six aspects --------------------------------------------------------------------------------------------------


def test_six_aspects_in_closed_form():
    """Each aspect is met at its threshold and missed just below it."""
    p = parameters(six_report_least=0.5, six_jobs_least=0.95, six_gain_least=1.0, six_small_least=0.1)[()]
    met = certification.Aspects(0.5, 95.0, 100.0, 30.0, 30.0, 0.1)
    assert certification.six_unmet(p, met) == 0
    for n, change in enumerate(({"reporting": 0.49}, {"jobs": 94.9}, {"profit": 29.9}, {"small_served": 0.09})):
        assert certification.six_unmet(p, met._replace(**change)) == 1 << n
    assert certification.six_unmet(p, certification.Aspects(0.0, 0.0, 100.0, -1.0, 0.0, 0.0)) == 15


def test_six_aspects_ask_for_more_and_nobody_acts_on_them(small_city, shocks):
    """With it all else is bit for bit the same; where nothing more is asked as many clusters meet it as level 1. Control: more is asked."""
    arms = [make_arm(name, site=small_city) for name in ("null", "combined")]
    easy = {f"waive_{name}": 1.0 for name in ("recp_share", "monitoring", "symbiosis", "shared_land")}
    nothing = {"six_report_least": 0.0, "six_jobs_least": 0.0, "six_gain_least": -1e9, "six_small_least": 0.0}

    def run(**more):
        return run_ensemble(small_city, arms, replicates=1, shocks=shocks, seed=8, last_year=2032, parameters=easy | more).series

    off, on, asked = run(six_aspects=0.0), run(six_aspects=1.0, **nothing), run(six_aspects=1.0)
    own = [Series[name] for name in ("LEVEL1_SIX", "CLUSTERS_LEVEL1_SIX", "SIX_REPORT", "SIX_JOBS", "SIX_GAIN", "SIX_SMALL")]
    assert not off[..., 1:, own].any()
    for other in (on, asked):
        assert np.array_equal(np.delete(off, own, axis=-1), np.delete(other, own, axis=-1), equal_nan=True)
    certified = Series.CLUSTERS_LEVEL1_SIX
    assert on[..., 1:, certified].max() > 0 and not on[..., 1:, own[2:]].any()
    assert asked[..., 1:, certified].sum() < on[..., 1:, certified].sum() and asked[..., 1:, own[2:]].any()


# --- competitiveness ------------------------------------------------------------------------------------------------


def test_unit_cost_and_margin_add_up(small_city, shocks):
    """Over all firms unit cost + margin = 1 - debt service/sales; a premium adds to margins and takes nothing off unit cost.

    The premium is among what worlds draw."""
    assert "export_premium" in drawn_names()
    arm = make_arm("combined", site=small_city)
    for _, after, _, row in _steps(small_city, {}, arm, 8):
        if abs(after.city[0]["time"] % 1.0) > 1e-6:
            continue
        f = after.firms
        here = (f["status"] == 2) & (f["born"] < after.city[0]["time"] - float(after.city[0]["dt"]) - 1e-9)
        adopts = f["tech"] & 3 != 0
        sales = f["k_revenue"] * f["activity"]
        for name, group in (("ADOPTERS", here & adopts), ("OTHERS", here & ~adopts)):
            cost, margin = row[Series[f"UNIT_COST_{name}"]], row[Series[f"MARGIN_{name}"]]
            assert margin == pytest.approx(f["profit"][group].sum() / sales[group].sum(), rel=1e-9)
            assert cost + margin == pytest.approx(1.0 - f["debt_service"][group].sum() / sales[group].sum(), rel=1e-9)
