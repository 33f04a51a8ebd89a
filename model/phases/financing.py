"""Money for an investment: own cash, grants, loans and their service, and what a yearly sum is worth to a firm (5d)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..maths import annuity
from ..randomness import Purpose, of_loan, uniform
from ..rules.certification import by_level
from ..rules.credit import approval, credit_record, grant_share, granted_share, guarantee_loss, interest_subsidy, schedule
from ..state import N_LOANS, N_TECH
from .tastes import taste

__all__ = ["A_CUT", "A_HUB", "A_LOAN", "MEMBERSHIP", "Borrower", "Loan", "Lots", "add_loan", "annuity_of", "best_loan", "certified",
           "count_loan", "exchange_loan_years", "finance", "grant_of", "lend", "loan_annuity", "own_funds", "tax_cut_of", "total_loans"]  # fmt: skip

A_LOAN, A_CUT, A_HUB = N_TECH, N_TECH + 1, N_TECH + 2  # columns of `firms.annuity` behind the lives of technologies
MEMBERSHIP = 4.0  # years for which a member of a hub reckons


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


class Borrower(NamedTuple):
    """Whom a bank judges.

    Attributes
    ----------
    workers, collateral : float
        Persons; mVND.
    leverage : float
        What debt and public records take off the index of approval.
    hurdle : float
        Rate above which no loan is worth asking for, 1/yr.
    """

    workers: float
    collateral: float
    leverage: float
    hurdle: float


class Lots(NamedTuple):
    """Uniform numbers that decide about a loan: guarantee, green fund, approval, share lent."""

    guaranteed: float
    green: float
    approval: float
    share: float


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
def certified(cluster, lever, value, more, cap):
    """A lever in a cluster that has a certificate or none: `more` is what certified ones get beyond `value`, at most up to `cap`."""
    return by_level(value, more if cluster.level > 0 else 0.0, lever.multiplier[cluster.level], cap)


@inner
def finance(s, p, slot, j, cost, supported):
    """Loan that the firm gets for an investment of `cost`.

    Parameters
    ----------
    j : int
        A technology, or LINK_LOAN.
    supported : bool
        True if the programme's money may be used; else only what exists without it.

    Returns
    -------
    Loan
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    ident = of_loan(f.id[k], j)
    leverage = (f.debt[k] + total_loans(f, k)) / (p.leverage_scale * f.k_revenue[k] * f.workers[k])
    leverage += credit_record(p, s.levers[cluster.lever_row].public_disclosure, city.time - f.last_fine[k])
    borrower = Borrower(f.workers[k], f.collateral[k], leverage, f.hurdle[k])
    lots = Lots(uniform(city.key, Purpose.GUARANTEED, 0, ident), uniform(city.key, Purpose.GREEN_FUND, 0, ident),
                taste(city, p, f.id[k], j, Purpose.CREDIT), uniform(city.key, Purpose.CREDIT_SHARE, 0, ident))  # fmt: skip
    return lend(s, p, cluster, borrower, lots, cost, supported)


@inner
def lend(s, p, cluster, borrower, lots, cost, supported):
    """Loan that a bank and the programme of a cluster offer a borrower; parameters as in `finance`."""
    lever, base = s.levers[cluster.lever_row], s.levers[s.levers.size - 1]
    guarantee = certified(cluster, lever, lever.guarantee, lever.certified_guarantee, 1.0)
    green_fund = certified(cluster, lever, lever.green_fund, lever.certified_green_fund, 1.0)
    by_base = lots.guaranteed < base.guarantee
    by_programme = supported and not by_base and lots.guaranteed < guarantee
    green = supported and lots.green < green_fund
    rate = p.bank_rate
    if green:
        rate = p.soft_rate
    elif supported:
        cut = certified(cluster, lever, lever.interest_cut, lever.certified_interest_cut, 9.0)
        rate = max(p.bank_rate - 0.01 * cut, 0.0)
    if rate >= borrower.hurdle or cost <= p.loan_minimum:
        return Loan(0.0, rate, 0.0, 0.0, 0.0)
    helped = by_base or by_programme or green
    if lever.relief_credit > 0.5:
        share = p.granted_support
    else:
        chance = approval(p, borrower.workers, borrower.collateral, cost, 1.0 if green else 0.0, 1.0 if helped else 0.0,
                          borrower.leverage)  # fmt: skip
        if lots.approval >= chance:
            return Loan(0.0, rate, 0.0, 0.0, 1.0)
        share = granted_share(p, helped, lots.share)
    subsidy = interest_subsidy(share * cost, p.bank_rate, rate, p.discount_rate, p.loan_years) if supported else 0.0
    loss = guarantee_loss(p, share, cost) if by_programme else 0.0
    return Loan(share, rate, subsidy, loss, 1.0)


@inner
def tax_cut_of(cluster, lever):
    """Reduction of income tax that a programme pays firms of a cluster."""
    return certified(cluster, lever, lever.CIT_reduction, lever.certified_CIT_reduction, 1.0)


@inner
def count_loan(s, loan):
    """An application for credit and its fate (calibration target C2)."""
    city = s.city[0]
    if loan.asked > 0.5:
        city.credit_asked += 1
        if loan.share > 0.0:
            city.credit_approved += 1
            city.credit_granted += loan.share


@inner
def total_loans(f, k):
    """Balance of all loans of a firm, mVND."""
    total = 0.0
    if f.loans[k]:
        for j in range(N_LOANS):
            total += f.loan_balance[k, j]
    return total


@inner
def add_loan(dt, f, k, j, balance, rate, years):
    """Add to the loan on technology j; equal payments in every step repay it in `years`."""
    if balance <= 0.0:
        return
    total = f.loan_balance[k, j] + balance
    f.loan_payment[k, j], f.loan_growth[k, j] = schedule(total, rate, years, dt)
    f.loan_balance[k, j] = total
    f.loans[k] |= np.uint8(1 << j)


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
def loan_annuity(p, f, k, j):
    """Annuity at the firm's hurdle rate over the years of a loan on technology j: no longer than its life."""
    return annuity_of(p, f, k, A_LOAN if p.loan_years < p.tech_life_yr[j] else j)


@inner
def exchange_loan_years(p):
    """Years of a loan for a link or a hub: no longer than their plants live."""
    return min(p.loan_years, p.hub_years)


@inner
def best_loan(p, f, k, j):
    """What a loan can add to psi at most: that of an interest-free one of the largest share."""
    return max(p.granted_support, p.granted_high) * (1.0 - loan_annuity(p, f, k, j) / min(p.loan_years, p.tech_life_yr[j]))
