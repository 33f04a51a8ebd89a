"""Phase 7: what a technology costs and saves, whether a firm wants it, and its order (5d)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import annuity, exp, normal_quantile
from ..randomness import Purpose, of_technology, uniform
from ..rules.adoption import (
    Use,
    adopts,
    capex,
    exemption_worth,
    marginal_saving,
    option_multiple,
    present_value,
    value_ratio,
    volatility,
)
from ..rules.chain import asked_saving
from ..rules.compliance import cost_of_next_m3
from ..rules.diffusion import event, review_hazard
from ..rules.production import tax_rate, usual_margin
from ..rules.seen import seen_saving
from ..state import (
    CREDIT,
    GRANTS,
    LANES,
    N_LEARNED,
    REAL_CONNECTED,
    REAL_OWN,
    TAX,
)
from .acquaintances import tie_adopters
from .capital import invest
from .chains import count_carried
from .chosen_lanes import line_up
from .financing import (
    A_CUT,
    Loan,
    add_loan,
    annuity_of,
    best_loan,
    count_loan,
    finance,
    grant_of,
    loan_annuity,
    own_funds,
    tax_cut_of,
)
from .lottery import TECHNOLOGY_REVIEW, digits
from .requests import ask, fund_of
from .seen import is_corrected, knows_of
from .tastes import taste

__all__ = ["Case", "Terms", "appraise", "consider", "count_credit", "end_cut", "free_of_tax", "investment", "order", "review_technologies", "saving_of",
           "set_cut", "terms_at", "value_at", "waiting_multiple"]  # fmt: skip


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
    """What a technology would bring a firm, before acquaintances and the bank are asked.

    Attributes
    ----------
    saving, net : float
        mVND/yr; capital cost less grants, mVND.
    tax, cut : float
        Expected tax rate; share of the tax on the saving that is forgone.
    """

    saving: float
    net: float
    tax: float
    cut: float


@inner
def investment(city, p, f, k, j):
    """Capital cost of technology j for this firm today, before grants, mVND."""
    noise = f.capex_noise[k, j]
    if noise == 0.0:  # a trait of the firm, found when it is first asked for
        noise = exp(p.capex_sd * normal_quantile(uniform(city.key, Purpose.CAPEX, 0, of_technology(f.id[k], j))))
        f.capex_noise[k, j] = noise
    return capex(city.capex_one[j], p.tech_scale_exponent[j], f.workers[k], noise, city.learning[j])


@inner
def saving_of(city, p, cluster, f, k, j):
    """Yearly saving of technology j on what the firm buys now, mVND/yr; own solar power is not bought."""
    per_m3 = 0.0
    if f.compliance[k] == REAL_CONNECTED:
        per_m3 = cluster.fee
    elif f.compliance[k] == REAL_OWN and f.effluent[k] > 0.0:
        per_m3 = cost_of_next_m3(p, f.effluent[k])
    use = Use(f.elec[k] * (1.0 - f.k_solar[k]), f.fuel[k], f.water[k], f.k_disposal[k] * f.activity[k])
    saving = marginal_saving(p, j, use, per_m3, p.sector_effluent_share[f.sector[k]], city.electricity_price)
    saving = asked_saving(p, j, saving, f.asked[k])
    return saving * city.carbon_rule if f.exporter[k] > 0.5 else saving


@inner
def waiting_multiple(p, lever, hurdle, peers):
    """Option multiple of a firm that knows `peers` adopters."""
    centre = 1.0 if lever.relief_technology > 0.5 else lever.innovation_centre
    certainty = 1.0 if lever.relief_permits > 0.5 else lever.certainty  # barrier 1 removed
    sigma0 = 0.05 if lever.relief_technology > 0.5 else p.sigma0
    return option_multiple(hurdle, volatility(p, sigma0, certainty, peers + 4.0 * centre))


@inner
def value_at(p, f, k, j, case):
    """`present_value` of technology j at the firm's hurdle rate; with `exempt_years` the cut frees the firm, not its saving."""
    life = p.tech_life_yr[j]
    if p.exempt_years > 0.0:
        value = present_value(case.saving, case.net, life, case.tax, 0.0, annuity_of(p, f, k, j), 0.0)
        return value + _exemption(p, f, k, case, f.hurdle[k])
    a_cut = annuity_of(p, f, k, A_CUT if p.cit_years < life else j) if case.cut > 0.0 else 0.0
    return present_value(case.saving, case.net, life, case.tax, case.cut, annuity_of(p, f, k, j), a_cut)


@inner
def _exemption(p, f, k, case, rate):
    """What it is worth, at a rate, to be exempt from the part `case.cut` of the income tax for `exempt_years`, once in a firm's life."""
    if case.cut <= 0.0 or f.exempt_until[k] > 0.0:
        return 0.0
    profit = usual_margin(f.k_margin[k], f.margin_life[k]) * f.k_revenue[k] * f.workers[k] + case.saving
    return exemption_worth(case.tax, case.cut, profit, annuity(rate, p.exempt_years))


@inner
def promising(city, p, f, k, j, case, multiple):
    """Could any loan make technology j worthwhile to whoever waits for this `multiple`? Most reviews end here, at little cost."""
    value = value_at(p, f, k, j, case)
    if value <= 0.0:
        return False
    psi = value / case.net + best_loan(p, f, k, j)
    return adopts(psi, multiple, p.adoption_slope, taste(city, p, f.id[k], j, Purpose.TASTE))


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
        cut = tax_cut_of(cluster, lever) if knows_of(p, f, k, TAX) else cut
        grant = grant_of(lever, j, cluster.level) if knows_of(p, f, k, GRANTS) else 0.0
    none = Loan(0.0, 0.0, 0.0, 0.0, 0.0)
    net = cost * (1.0 - grant)
    revenue = f.k_revenue[k] * f.workers[k]
    tax = tax_rate(p, revenue, city.time) * p.taxable_share
    life = p.tech_life_yr[j]
    value = value_at(p, f, k, j, Case(saving, net, tax, cut))
    if value <= 0.0:
        return Terms(False, cost, grant, none, saving, cut, 0.0)
    adopters, known = tie_adopters(s, slot, j)
    seen = seen_saving(p, saving, is_corrected(lever, f, k, adopters))  # what it really saves is taxed and earned
    if seen < saving:
        value = value_at(p, f, k, j, Case(seen, net, tax, cut))
        if value <= 0.0:
            return Terms(False, cost, grant, none, saving, cut, 0.0)
    u = taste(city, p, f.id[k], j, Purpose.TASTE)
    multiple = waiting_multiple(p, lever, f.hurdle[k], adopters)
    if not adopts(value / net + best_loan(p, f, k, j), multiple, p.adoption_slope, u):
        return Terms(False, cost, grant, none, saving, cut, 0.0)  # no loan would do: none is asked for
    loan = finance(s, p, slot, j, net, supported and knows_of(p, f, k, CREDIT))
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
        if more_cut > 0.0 and p.exempt_years > 0.0:
            claim += _exemption(p, f, k, Case(saving, net, tax, more_cut), p.discount_rate)
        elif more_cut > 0.0:
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
    if f.tech[k] & bit:  # it replaces what stands, which is written off no longer
        f.depreciation[k] -= f.write_off[k, j]
    if fund >= 0:
        s.paid[0, j] += 1
        if s.ever_null[f.id[k]] & bit:
            s.paid[1, j] += 1
            s.money[Money.FREE_RIDERS] += claim
    count_carried(city, f, k, j)
    f.pending[k] |= bit
    f.ever[k] |= bit
    s.ever[f.id[k]] |= bit
    wait = 1.0 + np.floor(uniform(city.key, Purpose.INSTALL, city.step, of_technology(f.id[k], j)) * 4.0)
    f.start[k, j] = city.time + max(0.25 * wait * p.install_years, city.dt)
    f.write_off[k, j] = net / p.tech_life_yr[j]
    free_of_tax(p, f, k, j, terms.cut, terms.saving, city.time)
    f.due[k] = min(f.due[k], f.start[k, j])


@inner
def review_technologies(s, p, c):
    """Reviews of this step: order what needs no public money, ask the fund for what does (requests)."""
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    lever = s.levers[cluster.lever_row]
    base = s.levers[s.levers.size - 1]
    cut = max(base.CIT_reduction, tax_cut_of(cluster, lever))
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
            granted, most_cut = knows_of(p, f, k, GRANTS), cut if knows_of(p, f, k, TAX) else base.CIT_reduction
            for j in range(N_LEARNED):
                if (open_to >> j) & 1:
                    cost, saving = investment(city, p, f, k, j), saving_of(city, p, cluster, f, k, j)
                    grant = grant_of(lever, j, cluster.level) if granted else 0.0
                    case = Case(saving, cost * (1.0 - grant), tax, most_cut)
                    if promising(city, p, f, k, j, case, multiple):
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
    lever, fund = s.levers[cluster.lever_row], fund_of(cluster)
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
def free_of_tax(p, f, k, j, cut, saving, now):
    """A cut of income tax on the saving of technology j, or (`exempt_years`) on all that the firm earns, once, from now on."""
    exempts = p.exempt_years > 0.0
    if exempts and cut > 0.0 and f.exempt_until[k] == 0.0:
        f.exempt[k], f.exempt_until[k] = cut, now + p.exempt_years
    set_cut(p, f, k, j, 0.0 if exempts else cut * max(saving, 0.0))


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
    """Applications for credit and their fate."""
    count_loan(s, terms.loan)
