"""1b and 7 Technology: start, age and renewal; reviews, loans, grants (5d)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecocluster.model.maths import annuity, exp, log
from ecocluster.model.rules.adoption import Use

from .chains import count_carried
from .formulas import rules
from .luck import EVENT, PURPOSE
from .objects import NONE, OWN_PLANT, REAL_CONNECTED, REAL_OWN, T1, T2, Loan
from .plants import age_own_plant, look_at_plant
from .seen import CREDIT, GRANTS, TAX, has_seen, is_told

__all__ = ["FOR_LINKS", "Offer", "age_technologies", "appraise", "ask_fund", "bank", "borrow", "certified", "count_application",
           "count_credit", "grant_share", "investment", "order", "own_funds", "repaid_in", "review_technologies", "saving_of", "taste",
           "terms_of_loan"]  # fmt: skip

FOR_LINKS = OWN_PLANT + 1  # behind the loans on technologies
_GRANTS = ("grant_T1", "grant_T2", "grant_T4", "grant_T5", "grant_own_plant")


@dataclass
class Offer:
    """Terms on which a firm would adopt a technology.

    Attributes
    ----------
    wanted : bool
    cost, grant : float
        Capital cost before grants, mVND; share granted.
    share, rate : float
        Share of the rest that is lent; real rate.
    relief : float
        Part of the yearly saving that is free of tax, mVND; with `exempt_years` the share of the firm's tax that is forgone.
    subsidy, guarantee, claim : float
        Interest paid by the state, expected loss on a guarantee, all that the grants fund is asked for.
    asked : bool
        Did the firm apply for a loan?
    """

    wanted: bool
    cost: float
    grant: float = 0.0
    share: float = 0.0
    rate: float = 0.0
    relief: float = 0.0
    subsidy: float = 0.0
    guarantee: float = 0.0
    claim: float = 0.0
    asked: bool = False

    @property
    def net(self) -> float:
        """Capital cost after the grant, mVND."""
        return self.cost * (1.0 - self.grant)


# --- what becomes of technology with time ------------------------------------------------------------


def age_technologies(model, firm) -> None:
    """What was ordered begins to operate; tax reductions end; old technology is kept with .76 or lapses."""
    p, now = model.p, model.now + 1e-9
    if firm.cluster.levers.relief_technology > 0.5 and firm.eps != 1.0:  # barrier 5 removed
        firm.eps = 1.0
        firm.set_coefficients()
    due = [j for j, start in firm.pending.items() if start <= now]
    over = [j for j, (_, until) in firm.tax_cut.items() if until <= now]
    old = [j for j in range(len(firm.since)) if firm.has(j) and j not in firm.pending and firm.since[j] + p.tech_life_yr[j] <= now]
    for j in due:
        firm.since[j] = firm.pending.pop(j)
        firm.tech |= 1 << j
        firm.write_off[j] = firm.ordered_write_off.pop(j)
        if j in firm.ordered_cut:
            firm.tax_cut[j] = firm.ordered_cut.pop(j)
        if j == OWN_PLANT:
            look_at_plant(firm, model.quarter)
            firm.compliance = max(firm.compliance, REAL_OWN)
    for j in over:
        del firm.tax_cut[j]
    for j in old:
        firm.write_off.pop(j, None)
        required = firm.admitted and j in (T1, T2)
        idle = j == OWN_PLANT and firm.compliance == REAL_CONNECTED  # nobody renews a plant that stands idle
        luck = model.luck.uniform(PURPOSE.KEEP, model.quarter, firm.firm_id * 8 + j)
        if required or (not idle and luck < p.keep_probability):
            _renew(model, firm, j)
        else:
            lapse(firm, j)
    age_own_plant(model, firm)
    if due or old:
        firm.set_coefficients()


def _renew(model, firm, j: int) -> None:
    """Replacement at the capital cost of the day, on the supplier's credit at the bank's rate."""
    p = model.p
    cost = investment(model, firm, j)
    lent = lent_for(model, firm, j, cost)
    if cost - lent > 0.0 and cost - lent > own_funds(firm):
        lapse(firm, j)
        return
    firm.since[j] = model.now
    if j == OWN_PLANT:
        look_at_plant(firm, model.quarter)
    firm.cash -= cost - lent
    borrow(model, firm, j, lent, p.bank_rate)
    firm.write_off[j] = cost / p.tech_life_yr[j]
    model.ledger["LOANS"] += lent
    model.invest("OWN_CAPEX", cost, p.tech_life_yr[j])


def lapse(firm, j: int) -> None:
    """Technology j is gone; without its plant a firm treats nothing until it reviews."""
    firm.tech &= ~(1 << j)
    if j == OWN_PLANT and firm.compliance == REAL_OWN:
        firm.compliance = NONE


def lent_for(model, firm, j: int, cost: float) -> float:
    """What is lent for a renewal or for admission: all of it by the supplier, or (`admission_by_own_means`) the bank's share."""
    return cost * terms_of_loan(model, firm, j, cost, False)[0] if model.p.admission_by_own_means else cost


def borrow(model, firm, j: int, amount: float, rate: float) -> None:
    """Add to the loan on technology j (or for links); equal payments in every step repay it within its term."""
    if amount <= 0.0:
        return
    p = model.p
    years = min(p.loan_years, p.hub_years if j == FOR_LINKS else p.tech_life_yr[j])
    total = amount + (firm.loans[j].balance if j in firm.loans else 0.0)
    firm.loans[j] = repaid_in(model, total, rate, years)


def repaid_in(model, amount: float, rate: float, years: float) -> Loan:
    """A loan that equal payments in every step repay within so many years."""
    per_step = exp(model.dt * log(1.0 + rate)) - 1.0
    if per_step <= 1e-12:
        return Loan(amount, rate, amount / years)
    return Loan(amount, rate, amount * per_step / (1.0 - exp(-years / model.dt * log(1.0 + per_step))) / model.dt)


# --- what a firm knows when it reviews -----------------------------------------------------------------


def taste(model, firm, which: int, purpose: int = PURPOSE.TASTE) -> float:
    """Persistent uniform of a firm about one thing, renewed at `taste_renewal` a year."""
    ident = firm.firm_id * 8 + which
    offset = model.luck.uniform(PURPOSE.TASTE_OFFSET, 0, ident)
    epoch = math.floor(model.p.taste_renewal * (model.now - 2010.0) + offset)
    return model.luck.uniform(purpose, epoch, ident)


def investment(model, firm, j: int) -> float:
    """Capital cost of technology j today before grants, mVND."""
    p = model.p
    noise = exp(p.capex_sd * model.luck.normal(PURPOSE.CAPEX, 0, firm.firm_id * 8 + j))
    one = rules.adoption.capex_one(p.tech_capex_per_worker_at_15[j], p.tech_scale_exponent[j])
    return rules.adoption.capex(one, p.tech_scale_exponent[j], firm.workers, noise, model.learning[j])


def own_funds(firm, levers=None) -> float:
    """Cash that may be invested, mVND."""
    if (levers or firm.cluster.levers).relief_cash > 0.5:
        return math.inf
    return firm.cash - firm.model.p.cash_reserve * firm.revenue


def grant_share(levers, j: int, level: int) -> float:
    """Grant on technology j at a level of certificate, at most .9."""
    return min(getattr(levers, _GRANTS[j]) * getattr(levers, f"multiplier_L{level}"), 0.9)


def certified(cluster, name: str, cap: float) -> float:
    """A lever with what certified clusters get beyond it."""
    levers, level = cluster.levers, cluster.level
    more = getattr(levers, f"certified_{name}") if level else 0.0
    return rules.certification.by_level(getattr(levers, name), more, getattr(levers, f"multiplier_L{level}"), cap)


def terms_of_loan(model, firm, j: int, cost: float, supported: bool) -> tuple[float, float, float, float, bool]:
    """Share lent, real rate, interest paid by the programme, cost of its guarantee, and whether the firm asked.

    Parameters
    ----------
    supported : bool
        Is the programme's money used? Guarantees at baseline exist without it.
    """
    p, luck, ident = model.p, model.luck, firm.firm_id * 8 + j
    owed = firm.old_debt + sum(loan.balance for loan in firm.loans.values())
    against = owed / (p.leverage_scale * firm.revenue)
    against += rules.credit.credit_record(p, firm.cluster.levers.public_disclosure, model.now - firm.last_fine)
    who = (firm.workers, firm.collateral, against, firm.hurdle)
    lots = (luck.uniform(PURPOSE.GUARANTEED, 0, ident), luck.uniform(PURPOSE.GREEN_FUND, 0, ident),
            taste(model, firm, j, PURPOSE.CREDIT), luck.uniform(PURPOSE.CREDIT_SHARE, 0, ident))  # fmt: skip
    return bank(model, firm.cluster, who, lots, cost, supported)


def bank(model, cluster, who, lots, cost: float, supported: bool) -> tuple[float, float, float, float, bool]:
    """What a bank and a programme offer whoever has these workers, collateral, debt (as a weight) and hurdle rate.

    Parameters
    ----------
    lots : tuple of float
        Luck with the guarantee, the green fund, the approval and the share.
    """
    p, levers, base = model.p, cluster.levers, model.levers[-1]
    workers, collateral, against, hurdle = who
    lot, lot_green, lot_approval, lot_share = lots
    by_base = lot < base.guarantee
    by_programme = supported and not by_base and lot < certified(cluster, "guarantee", 1.0)
    green = supported and lot_green < certified(cluster, "green_fund", 1.0)
    rate = p.bank_rate
    if green:
        rate = p.soft_rate
    elif supported:
        rate = max(p.bank_rate - 0.01 * certified(cluster, "interest_cut", 9.0), 0.0)
    if rate >= hurdle or cost <= p.loan_minimum:
        return 0.0, rate, 0.0, 0.0, False
    helped = by_base or by_programme or green
    share = p.granted_support
    if levers.relief_credit <= 0.5:
        chance = rules.credit.approval(p, workers, collateral, cost, float(green), float(helped), against)
        if lot_approval >= chance:
            return 0.0, rate, 0.0, 0.0, True
        share = rules.credit.granted_share(p, helped, lot_share)
    subsidy = loss = 0.0
    if supported:
        subsidy = rules.credit.interest_subsidy(share * cost, p.bank_rate, rate, p.discount_rate, p.loan_years)
    if by_programme:  # expected losses on the mean balance, which falls from the whole to nothing
        loss = p.cost_guarantee_loss * share * cost * 0.5 * (p.loan_years + 1.0)
    return share, rate, subsidy, loss, True


def saving_of(model, firm, j: int, cluster) -> float:
    """Marginal change of the firm's yearly cost in a cluster, mVND; own solar power is not bought."""
    p, per_m3 = model.p, 0.0
    if firm.compliance == REAL_CONNECTED:
        per_m3 = cluster.fee
    elif firm.compliance == REAL_OWN and firm.effluent > 0.0:  # derivative of the running cost
        per_m3 = (1.0 + p.own_om_exponent) * firm.own_running / firm.effluent
    disposal, solar = firm.disposal_per_worker, firm.solar_share
    use = Use(firm.elec * (1.0 - solar), firm.fuel, firm.water, disposal * firm.activity)
    saving = rules.adoption.marginal_saving(p, j, use, per_m3, p.sector_effluent_share[firm.sector], model.electricity_price)
    if firm.asked and j in (T1, T2):
        saving *= p.lead_saving
    return saving * model.carbon_rule if firm.exporter else saving


def appraise(model, firm, j: int, supported: bool) -> Offer:
    """Would the firm adopt technology j now, and on which terms, with or without the programme's money?"""
    p, cluster = model.p, firm.cluster
    levers, base = cluster.levers, model.levers[-1]
    cost, saving = investment(model, firm, j), saving_of(model, firm, j, cluster)
    cut, grant = base.CIT_reduction, 0.0
    if supported and is_told(firm, TAX):
        cut = certified(cluster, "CIT_reduction", 1.0)
    if supported and is_told(firm, GRANTS):
        grant = grant_share(levers, j, cluster.level)
    net, life = cost * (1.0 - grant), p.tech_life_yr[j]
    tax = rules.production.tax_rate(p, firm.revenue, model.now) * p.taxable_share
    exempts = p.exempt_years > 0.0  # the whole income of an adopter instead of its saving, once
    seen = saving if has_seen(firm, j) or saving < 0.0 else p.perceived_saving * saving
    earned = 0.0 if firm.exemption else max(usual_profit(firm) + seen, 0.0)
    value = rules.adoption.present_value(
        seen, net, life, tax, 0.0 if exempts else cut, annuity(firm.hurdle, life), annuity(firm.hurdle, min(p.cit_years, life))
    )
    if exempts and cut > 0.0:
        value += tax * cut * earned * annuity(firm.hurdle, p.exempt_years)
    if value <= 0.0:
        return Offer(False, cost, grant)
    share, rate, subsidy, loss, asked = terms_of_loan(model, firm, j, net, supported and is_told(firm, CREDIT))
    years = min(p.loan_years, life)
    psi = rules.adoption.value_ratio(value, net, share, rate, years, annuity(firm.hurdle, years))
    peers = sum(other.has(j) for other in firm.neighbours())
    eased = levers.relief_technology > 0.5
    centre = 1.0 if eased else levers.innovation_centre
    certainty = 1.0 if levers.relief_permits > 0.5 else levers.certainty
    sigma = rules.adoption.volatility(p, 0.05 if eased else p.sigma0, certainty, peers + 4.0 * centre)
    wanted = rules.adoption.adopts(psi, rules.adoption.option_multiple(firm.hurdle, sigma), p.adoption_slope, taste(model, firm, j))
    asked = asked and wanted
    wanted = wanted and (1.0 - share) * net <= own_funds(firm)
    claim = 0.0
    if supported:
        more = max(cut - base.CIT_reduction, 0.0)
        claim = grant * cost + subsidy + loss
        if exempts:
            claim += tax * more * earned * annuity(p.discount_rate, p.exempt_years)
        else:
            claim += tax * more * max(saving, 0.0) * annuity(p.discount_rate, min(p.cit_years, life))
    relief = cut if exempts else cut * max(saving, 0.0)
    return Offer(wanted, cost, grant, share, rate, relief, subsidy, loss, claim, asked)


def usual_profit(firm) -> float:
    """Profit of a usual year, mVND."""
    p = firm.model.p
    return (p.sector_margin[firm.sector] + max(firm.margin_life, 0.0)) * firm.revenue


# --- reviews, requests, orders ---------------------------------------------------------------------------


def review_technologies(model, firm) -> None:
    """A review looks at every technology on offer that is known and neither adopted nor ordered."""
    chance = rules.diffusion.event(rules.diffusion.review_hazard(model.p, firm.attitude), model.dt)
    if not model.luck.happens(EVENT.TECHNOLOGY_REVIEW, model.quarter, firm.firm_id, chance):
        return
    for j in range(OWN_PLANT):
        if firm.knows(j) and not firm.has(j) and j not in firm.pending and model.offered[j]:
            _consider(model, firm, j)


def _consider(model, firm, j: int) -> None:
    """With the programme's money, or without it, or not at all."""
    fund = model.fund_of(firm.cluster)
    if fund is not None:
        offer = appraise(model, firm, j, True)
        if not offer.wanted:
            count_credit(model, offer)
            return
        if offer.claim > firm.cluster.levers.effort_cost:
            ask_fund(model, firm, j, offer.claim)
            return
    offer = appraise(model, firm, j, False)
    count_credit(model, offer)
    if offer.wanted:
        order(model, firm, j, offer)


def count_credit(model, offer: Offer) -> None:
    """Applications for loans and their fate."""
    count_application(model, offer.share, offer.asked)


def count_application(model, share: float, asked: bool) -> None:
    """An application for a loan, and what share was lent."""
    model.events["credit_asked"] += asked
    model.events["credit_approved"] += asked and share > 0.0
    model.events["credit_granted"] += share if asked else 0.0


def ask_fund(model, firm, j: int, amount: float) -> None:
    """A request to the grants fund; the effort is spent whatever its fate."""
    effort = firm.cluster.levers.effort_cost
    firm.cash -= effort
    model.ledger["EFFORT"] += effort
    priority = model.luck.bits(PURPOSE.PRIORITY, model.quarter, firm.firm_id * 8 + j)
    model.requests.append((priority, firm, j, amount))


def order(model, firm, j: int, offer: Offer, fund=None) -> None:
    """Order technology j: money moves now, operation begins after one to four quarters."""
    p, ledger = model.p, model.ledger
    loan = offer.share * offer.net
    firm.cash -= offer.net - loan
    model.invest("OWN_CAPEX", offer.cost, p.tech_life_yr[j])
    ledger["LOANS"] += loan
    borrow(model, firm, j, loan, offer.rate)
    if fund is not None:
        fund.purse[0] -= offer.claim
        fund.spent += offer.claim
        ledger["GRANTS"] += offer.grant * offer.cost
        ledger["INTEREST_CUT"] += offer.subsidy
        ledger["GUARANTEE"] += offer.guarantee
        fund.cut_reserve += offer.claim - offer.grant * offer.cost - offer.subsidy - offer.guarantee
        firm.cluster.grants_flow += offer.grant * offer.cost
        model.paid[j] += 1
        if j in model.ordered_in_null.get(firm.firm_id, ()):
            model.paid_anyway[j] += 1
            ledger["FREE_RIDERS"] += offer.claim
    firm.write_off.pop(j, None)  # of what it replaces
    quarters = 1.0 + math.floor(model.luck.uniform(PURPOSE.INSTALL, model.quarter, firm.firm_id * 8 + j) * 4.0)
    start = model.now + max(0.25 * quarters * p.install_years, model.dt)
    count_carried(model, firm, j)
    firm.order(j, start, offer.net / p.tech_life_yr[j], offer.relief)
