"""Phase 7: reviews of technologies, loans and grants (5d)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import annuity, exp, log, normal_quantile
from ..randomness import Purpose, of_taste, of_technology, uniform
from ..rules.adoption import (
    adopts,
    capex,
    marginal_saving,
    option_multiple,
    present_value,
    value_ratio,
    volatility,
)
from ..rules.compliance import cost_of_next_m3
from ..rules.credit import approval, grant_share, granted_share, guarantee_loss, interest_subsidy
from ..rules.diffusion import event, review_hazard
from ..rules.production import tax_rate
from ..state import (
    LANES,
    LINK_ACTIVE,
    N_LEARNED,
    N_TECH,
    REAL_CONNECTED,
    REAL_OWN,
    SLOT_TAKEN,
    SOMEBODY,
)
from .capital import invest
from .chosen_lanes import line_up
from .lottery import TECHNOLOGY_REVIEW, digits
from .requests import ask

__all__ = ["A_HUB", "A_LOAN", "MEMBERSHIP", "Loan", "Terms", "add_loan", "annuity_of", "appraise", "consider", "end_cut", "finance",
           "grant_of", "investment", "loan_annuity", "note_holds", "order", "own_funds", "review_technologies", "saving_of",
           "set_cut", "taste", "terms_at", "tie_adopters", "total_loans", "value_at"]

class Loan(NamedTuple):
    """What a bank and a programme offer for an investment.

    Attributes
    ----------
    share : float
        Of the investment, financed.
    rate : float
        Real, 1/yr.
    subsidy : float
        Present value of the interest that the programme pays, mVND.
    guarantee : float
        Cost of a guarantee by the programme, mVND.
    asked : float
        1 if the firm applied.
    """

    share: float
    rate: float
    subsidy: float
    guarantee: float
    asked: float


class Terms(NamedTuple):
    """On which terms a firm can have a technology, and whether it takes it.

    Attributes
    ----------
    wants : bool
        The decision, money included.
    cost : float
        Capital cost before grants, mVND.
    grant : float
        Share of the cost.
    loan : Loan
        For the rest.
    saving : float
        mVND/yr.
    cut : float
        Share of the tax on the saving that is forgone.
    claim : float
        On the grants fund, mVND.
    """

    wants: bool
    cost: float
    grant: float
    loan: Loan
    saving: float
    cut: float
    claim: float


class Case(NamedTuple):
    """The most favourable look at a technology, before acquaintances and the bank are asked.

    Attributes
    ----------
    cost, saving : float
        mVND before grants; mVND/yr.
    grant, tax, cut : float
        Share granted; expected tax rate; share of the tax on the saving that is forgone.
    multiple : float
        Value over cost at which whoever knows most adopters waits no longer.
    """

    cost: float
    saving: float
    grant: float
    tax: float
    cut: float
    multiple: float


A_LOAN, A_CUT, A_HUB = N_TECH, N_TECH + 1, N_TECH + 2  # columns of `firms.annuity` behind the lives of technologies
MEMBERSHIP = 4.0  # years for which a member of a hub reckons


@inner
def add_loan(dt, f, k, j, balance, rate, years):
    """Add to the loan on technology j; equal payments in every step repay it in `years`."""
    if balance <= 0.0:
        return
    growth = exp(dt * log(1.0 + rate))
    step_rate = growth - 1.0
    total = f.loan_balance[k, j] + balance
    payments = years / dt
    if step_rate <= 1e-12:
        f.loan_payment[k, j] = total / years
    else:
        f.loan_payment[k, j] = total * step_rate / (1.0 - exp(-payments * log(1.0 + step_rate))) / dt
    f.loan_balance[k, j] = total
    f.loan_growth[k, j] = growth
    f.loans[k] |= np.uint8(1 << j)


@inner
def taste(city, p, ident, which, purpose):
    """Persistent taste of a firm for technology (or compliance) `which`: renewed at `taste_renewal` a year."""
    offset = uniform(city.key, Purpose.TASTE_OFFSET, 0, of_taste(ident, which))
    epoch = np.int64(np.floor(p.taste_renewal * (city.time - 2010.0) + offset))
    return uniform(city.key, purpose, epoch, of_taste(ident, which))


@inner
def note_holds(s, b):
    """What acquaintances see of the firms of a block, into `State.holds`: they are asked for here and there."""
    f = s.firms[b]
    for k in range(LANES):
        s.holds[b * LANES + k] = f.tech[k] | np.int64(f.status[k] == SLOT_TAKEN) << SOMEBODY


@inner
def tie_adopters(s, slot, j):
    """Adopters of technology j among acquaintances and link partners, and how many of those there are (`State.holds`)."""
    adopters, known = 0, 0
    for n in range(4):
        i = np.int64(s.ties[slot, n])
        if i >= 0 and i != slot and i < s.holds.size:  # outside there may be room for fewer, see `slots._open_outside`
            known += s.holds[i] >> SOMEBODY
            adopters += (s.holds[i] >> j) & 1
    for role in range(2):
        n = np.int64(s.head[slot, role])
        while n >= 0:
            link = s.links[n]
            if link.state == LINK_ACTIVE:
                i = link.buyer if role == 0 else link.supplier
                known += 1
                adopters += (s.holds[i] >> j) & 1
            n = link.next[role]
    return adopters, known


@inner
def investment(city, p, f, k, j):
    """Capital cost of technology j for this firm today, before grants, mVND."""
    noise = f.capex_noise[k, j]
    if noise == 0.0:  # a trait of the firm, found when it is first asked for
        noise = exp(p.capex_sd * normal_quantile(uniform(city.key, Purpose.CAPEX, 0, of_technology(f.id[k], j))))
        f.capex_noise[k, j] = noise
    return capex(city.capex_one[j], p.tech_scale_exponent[j], f.workers[k], noise, city.learning[j])


@inner
def own_funds(p, lever, f, k):
    """Cash that may be invested, mVND."""
    if lever.relief_cash > 0.5:
        return 1e300
    return f.cash[k] - p.cash_reserve * f.k_revenue[k] * f.workers[k]


@inner
def grant_of(lever, j, level):
    """Grant share of technology j at a level of certificate, at most .9."""
    return grant_share(lever.grant[j], lever.multiplier[level])


@inner
def finance(s, p, slot, j, cost, supported):
    """Loan that the firm gets for an investment of `cost`.

    Parameters
    ----------
    supported : bool
        True if the programme's money may be used; else only what exists without it.

    Returns
    -------
    Loan
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    lever, base = s.levers[s.clusters[f.cluster[k]].lever_row], s.levers[s.levers.size - 1]
    ident = of_technology(f.id[k], j)
    by_base, by_programme = False, False
    if base.guarantee > 0.0 or supported and lever.guarantee > 0.0:
        guaranteed = uniform(city.key, Purpose.GUARANTEED, 0, ident)
        by_base = guaranteed < base.guarantee
        by_programme = supported and not by_base and guaranteed < lever.guarantee
    green = supported and lever.green_fund > 0.0 and uniform(city.key, Purpose.GREEN_FUND, 0, ident) < lever.green_fund
    rate = p.bank_rate
    if green:
        rate = p.soft_rate
    elif supported:
        rate = max(p.bank_rate - 0.01 * lever.interest_cut, 0.0)
    if rate >= f.hurdle[k] or cost <= p.loan_minimum:
        return Loan(0.0, rate, 0.0, 0.0, 0.0)
    helped = by_base or by_programme or green
    if lever.relief_credit > 0.5:
        share = p.granted_support
    else:
        chance = approval(p, f.workers[k], f.collateral[k], cost, 1.0 if green else 0.0, 1.0 if helped else 0.0,
                          (f.debt[k] + total_loans(f, k)) / (p.leverage_scale * f.k_revenue[k] * f.workers[k]))
        if taste(city, p, f.id[k], j, Purpose.CREDIT) >= chance:
            return Loan(0.0, rate, 0.0, 0.0, 1.0)
        share = granted_share(p, helped, uniform(city.key, Purpose.CREDIT_SHARE, 0, ident))
    subsidy = interest_subsidy(share * cost, p.bank_rate, rate, p.discount_rate, p.loan_years) if supported else 0.0
    loss = guarantee_loss(p, share, cost) if by_programme else 0.0
    return Loan(share, rate, subsidy, loss, 1.0)


@inner
def total_loans(f, k):
    """Balance of all loans of a firm, mVND."""
    total = 0.0
    if f.loans[k]:
        for j in range(N_TECH):
            total += f.loan_balance[k, j]
    return total


@inner
def saving_of(city, p, cluster, f, k, j):
    """Yearly saving of technology j on what the firm buys now, mVND/yr; own solar power is not bought."""
    per_m3 = 0.0
    if f.z[k] == REAL_CONNECTED:
        per_m3 = cluster.fee
    elif f.z[k] == REAL_OWN and f.effluent[k] > 0.0:
        per_m3 = cost_of_next_m3(p, f.effluent[k])
    saving = marginal_saving(p, j, f.elec[k] * (1.0 - f.k_solar[k]), f.fuel[k], f.water[k],
                             f.k_disposal[k] * f.activity[k], per_m3, p.sector_effluent_share[f.sector[k]],
                             city.electricity_price)
    return saving * city.carbon_rule if f.exporter[k] > 0.5 else saving


@inner
def waiting_multiple(p, lever, hurdle, peers):
    """Option multiple of a firm that knows `peers` adopters."""
    centre = 1.0 if lever.relief_technology > 0.5 else lever.innovation_centre
    certainty = 1.0 if lever.relief_permits > 0.5 else lever.certainty  # barrier 1 removed
    sigma0 = 0.05 if lever.relief_technology > 0.5 else p.sigma0
    return option_multiple(hurdle, volatility(p, sigma0, certainty, peers + 4.0 * centre))


@inner
def annuity_of(p, f, k, n):
    """Annuity at the firm's hurdle rate over the life of technology n, or over `A_LOAN`, `A_CUT`, `A_HUB`.

    Reckoned when it is first asked for and kept in `firms.annuity` while the hurdle rate stays.
    """
    hurdle = f.hurdle[k]
    if f.annuity_at[k] != hurdle:
        f.annuity_at[k] = hurdle
        for m in range(f.annuity.shape[1]):
            f.annuity[k, m] = 0.0
    a = f.annuity[k, n]
    if a == 0.0:
        years = MEMBERSHIP
        if n < N_TECH:
            years = p.tech_life_yr[n]
        elif n == A_LOAN:
            years = p.loan_years
        elif n == A_CUT:
            years = p.cit_years
        a = annuity(hurdle, years)
        f.annuity[k, n] = a
    return a


@inner
def value_at(p, f, k, j, saving, net, tax, cut):
    """`present_value` of technology j at the firm's hurdle rate."""
    life = p.tech_life_yr[j]
    a_cut = annuity_of(p, f, k, A_CUT if p.cit_years < life else j) if cut > 0.0 else 0.0
    return present_value(saving, net, life, tax, cut, annuity_of(p, f, k, j), a_cut)


@inner
def loan_annuity(p, f, k, j):
    """Annuity at the firm's hurdle rate over the years of a loan on technology j: no longer than its life."""
    return annuity_of(p, f, k, A_LOAN if p.loan_years < p.tech_life_yr[j] else j)


@inner
def best_loan(p, f, k, j):
    """What a loan can add to psi at most: that of an interest-free one of the largest share."""
    return max(p.granted_support, p.granted_high) * (1.0 - loan_annuity(p, f, k, j) / min(p.loan_years, p.tech_life_yr[j]))


@inner
def promising(city, p, f, k, j, case):
    """Could any loan make technology j worthwhile in a `Case`? Most reviews end here, at little cost."""
    net = case.cost * (1.0 - case.grant)
    value = value_at(p, f, k, j, case.saving, net, case.tax, case.cut)
    if value <= 0.0:
        return False
    psi = value / net + best_loan(p, f, k, j)
    return adopts(psi, case.multiple, p.adoption_slope, taste(city, p, f.id[k], j, Purpose.TASTE))


@inner
def appraise(s, p, slot, j, supported):
    """`terms_at` today's cost and saving."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    saving = saving_of(city, p, s.clusters[f.cluster[k]], f, k, j)
    return terms_at(s, p, slot, j, supported, investment(city, p, f, k, j), saving)


@inner
def terms_at(s, p, slot, j, supported, cost, saving):
    """Would the firm adopt technology j now, and on which terms?

    Parameters
    ----------
    cost, saving : float
        From `investment` and `saving_of`.

    Returns
    -------
    Terms
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    base = s.levers[s.levers.size - 1]
    cut, grant = base.CIT_reduction, 0.0
    if supported:
        cut, grant = lever.CIT_reduction, grant_of(lever, j, cluster.level)
    none = Loan(0.0, 0.0, 0.0, 0.0, 0.0)
    net = cost * (1.0 - grant)
    revenue = f.k_revenue[k] * f.workers[k]
    tax = tax_rate(p, revenue, city.time) * p.taxable_share
    life = p.tech_life_yr[j]
    value = value_at(p, f, k, j, saving, net, tax, cut)
    if value <= 0.0:
        return Terms(False, cost, grant, none, saving, cut, 0.0)
    u = taste(city, p, f.id[k], j, Purpose.TASTE)
    adopters, known = tie_adopters(s, slot, j)
    multiple = waiting_multiple(p, lever, f.hurdle[k], adopters)
    if not adopts(value / net + best_loan(p, f, k, j), multiple, p.adoption_slope, u):
        return Terms(False, cost, grant, none, saving, cut, 0.0)  # no loan would do: none is asked for
    loan = finance(s, p, slot, j, net, supported)
    psi = value_ratio(value, net, loan.share, loan.rate, min(p.loan_years, life), loan_annuity(p, f, k, j))
    wants = adopts(psi, multiple, p.adoption_slope, u)
    if not wants:
        loan = Loan(loan.share, loan.rate, loan.subsidy, loan.guarantee, 0.0)
    if wants and (1.0 - loan.share) * net > own_funds(p, lever, f, k):
        wants = False
    claim = 0.0
    if supported:
        more_cut = max(cut - base.CIT_reduction, 0.0)
        claim = grant * cost + loan.subsidy + loan.guarantee
        if more_cut > 0.0:
            claim += tax * more_cut * max(saving, 0.0) * annuity(p.discount_rate, min(p.cit_years, life))
    return Terms(wants, cost, grant, loan, saving, cut, claim)


@inner
def order(s, p, slot, j, terms, fund):
    """Order technology j on the given terms: money moves, operation begins within a year.

    Parameters
    ----------
    terms : Terms
    fund : int
        Programme whose grants fund pays; -1: none.
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cost, subsidy, guarantee, claim = terms.cost, terms.loan.subsidy, terms.loan.guarantee, terms.claim
    granted = terms.grant * cost
    net = cost * (1.0 - terms.grant)
    loan = terms.loan.share * net
    f.cash[k] -= net - loan
    invest(s, p, Money.OWN_CAPEX, cost, p.tech_life_yr[j])
    s.money[Money.LOANS] += loan
    add_loan(city.dt, f, k, j, loan, terms.loan.rate, min(p.loan_years, p.tech_life_yr[j]))
    if fund >= 0:
        s.funds[fund].fund[0] -= claim
        s.funds[fund].spent += claim
        s.money[Money.GRANTS] += granted
        s.money[Money.INTEREST_CUT] += subsidy
        s.money[Money.GUARANTEE] += guarantee
        s.funds[fund].cut_reserve += claim - granted - subsidy - guarantee
        s.clusters[f.cluster[k]].grants_flow += granted
    bit = np.uint8(1 << j)
    if fund >= 0 and s.ever_null[f.id[k]] & bit:
        s.money[Money.FREE_RIDERS] += claim
    f.pending[k] |= bit
    f.ever[k] |= bit
    s.ever[f.id[k]] |= bit
    wait = 1.0 + np.floor(uniform(city.key, Purpose.INSTALL, city.step, of_technology(f.id[k], j)) * 4.0)
    f.start[k, j] = city.time + max(0.25 * wait * p.install_years, city.dt)
    f.write_off[k, j] = net / p.tech_life_yr[j]
    set_cut(p, f, k, j, terms.cut * max(terms.saving, 0.0))
    f.due[k] = min(f.due[k], f.start[k, j])


@inner
def review_technologies(s, p, c):
    """Reviews of this step: order what needs no public money, ask the fund for what does (requests)."""
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    lever = s.levers[cluster.lever_row]
    base = s.levers[s.levers.size - 1]
    cut = max(base.CIT_reduction, lever.CIT_reduction)
    offered = 0
    for j in range(N_LEARNED):
        offered |= np.int64(city.learning_offered[j] != 0) << j
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            open_to = np.int64(f.aware[k]) & ~np.int64(f.tech[k] | f.pending[k]) & offered
            n = line_up(queue, n, k, (f.events[k] >> TECHNOLOGY_REVIEW) & np.int64(open_to != 0))
        for m in range(n):
            k = queue[m]
            open_to = np.int64(f.aware[k]) & ~np.int64(f.tech[k] | f.pending[k]) & offered
            u = digits(city.key, city.step, f.id[k], TECHNOLOGY_REVIEW)
            if u >= event(review_hazard(p, f.attitude[k]), dt):
                continue
            tax = tax_rate(p, f.k_revenue[k] * f.workers[k], city.time) * p.taxable_share
            # whoever knows most adopters waits least
            multiple = waiting_multiple(p, lever, f.hurdle[k], 4 + f.links[k])
            for j in range(N_LEARNED):
                if (open_to >> j) & 1:
                    cost, saving = investment(city, p, f, k, j), saving_of(city, p, cluster, f, k, j)
                    grant = grant_of(lever, j, cluster.level)
                    if promising(city, p, f, k, j, Case(cost, saving, grant, tax, cut, multiple)):
                        consider(s, p, b * LANES + k, j, cost, saving)


@inner
def consider(s, p, slot, j, cost, saving):
    """Adopt technology j with the programme's money, or without it, or not at all.

    Returns
    -------
    bool
        True if the technology was ordered or a request was made.
    """
    cluster = s.clusters[s.firms[slot >> 4].cluster[slot & 15]]
    lever, fund = s.levers[cluster.lever_row], cluster.programme
    if fund >= 0 and s.funds[fund].enacted > 0.5 and s.funds[fund].budget > 0.0:
        terms = terms_at(s, p, slot, j, True, cost, saving)
        if not terms.wants:
            count_credit(s, terms)
            return False  # what does not pay with support does not pay without
        if terms.claim > lever.effort_cost:
            ask(s, lever, slot, j, fund, terms.claim)
            return True
    terms = terms_at(s, p, slot, j, False, cost, saving)
    count_credit(s, terms)
    if terms.wants:
        order(s, p, slot, j, terms, -1)
    return terms.wants


@inner
def set_cut(p, f, k, j, value):
    """Tax-free part of the saving of technology j, mVND/yr, from its start for 8 years or its life."""
    end_cut(f, k, j)
    f.cut_value[k, j] = value
    f.cut_until[k, j] = f.start[k, j] + min(p.cit_years, p.tech_life_yr[j])


@inner
def end_cut(f, k, j):
    """The cut of tax on the saving of technology j ends, if there is one."""
    bit = np.uint8(1 << j)
    if f.cuts[k] & bit:
        f.cuts[k] &= ~bit
        f.cut_total[k] -= f.cut_value[k, j]
        f.cut_value[k, j] = 0.0


@inner
def count_credit(s, terms):
    """Applications for credit and their fate (calibration target C2)."""
    city = s.city[0]
    if terms.loan.asked > 0.5:
        city.credit_asked += 1
        if terms.loan.share > 0.0:
            city.credit_approved += 1
            city.credit_granted += terms.loan.share
