"""5d: the bank, which rations by quantity."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import annuity, exp, log

__all__ = ["approval", "credit_record", "grant_share", "granted_share", "guarantee_loss", "installment", "interest_subsidy", "loan_payment",
           "schedule"]  # fmt: skip


@jit
def approval(p, workers, collateral, investment, green, supported, leverage):
    """Probability that a loan is approved.

    logistic(-3 + .3 ln workers + .5 ln(collateral/I') + .3 green + 2 supported - leverage).

    Parameters
    ----------
    green, supported : float
        1 if the green fund serves this firm; 1 if it or a guarantee does.
    """
    x = (p.credit_constant + p.credit_size * log(workers) + p.credit_collateral * log(collateral / investment)
         + p.credit_green * green + p.credit_support * supported - leverage)  # fmt: skip
    return 1.0 / (1.0 + exp(-x))


@jit
def credit_record(p, disclosure, years):
    """What a fine so many years ago, seen by the bank, takes off the index of approval."""
    return p.record_credit * disclosure if years <= p.record_years + 1e-9 else 0.0


@jit
def granted_share(p, supported, u):
    """Share of the investment lent: U(.25, .5), with support .7."""
    if supported:
        return p.granted_support
    return p.granted_low + (p.granted_high - p.granted_low) * u


@jit
def grant_share(share, factor):
    """Part of the investment that a programme grants: its share times the factor of the certificate, at most .9."""
    return min(share * factor, 0.9)


@jit
def guarantee_loss(p, share, cost):
    """Cost of a guarantee, mVND: expected losses on the mean balance, which falls from the whole to nothing."""
    return p.cost_guarantee_loss * share * cost * 0.5 * (p.loan_years + 1.0)


@jit
def loan_payment(balance, rate, years):
    """Yearly annuity that repays `balance` in `years`."""
    return balance / (years if rate <= 1e-9 else annuity(rate, years))


@jit
def schedule(balance, rate, years, dt):
    """Equal payments in every step that repay `balance` in `years`: mVND a year, and the growth of what is owed in a step.

    balance r/(1 - (1 + r)^-N)/dt with N = years/dt payments and r = (1 + rate)^dt - 1.
    """
    growth = exp(dt * log(1.0 + rate))
    step_rate = growth - 1.0
    if step_rate <= 1e-12:
        return balance / years, growth
    return balance * step_rate / (1.0 - exp(-(years / dt) * log(1.0 + step_rate))) / dt, growth


@small
def installment(due, payment, dt):
    """What is paid in a step of what is due, mVND, and what is owed after it; the last payment clears the balance exactly."""
    pay = min(payment * dt, due)
    rest = due - pay
    last = rest <= 1e-9 * payment
    return pay + (rest if last else 0.0), (0.0 if last else rest)


@jit
def interest_subsidy(balance, market, paid, discount, years):
    """Present value to the state of lending at `paid` instead of `market`: difference of the annuities."""
    if market <= paid:
        return 0.0
    gap = loan_payment(balance, market, years) - loan_payment(balance, paid, years)
    return gap * annuity(discount, years)
