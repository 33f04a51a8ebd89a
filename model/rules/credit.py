"""5d: the bank, which rations by quantity."""

from __future__ import annotations

from ..jit import jit
from ..maths import annuity, exp, log

__all__ = ["approval", "granted_share", "interest_subsidy", "loan_payment"]


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
         + p.credit_green * green + p.credit_support * supported - leverage)
    return 1.0 / (1.0 + exp(-x))


@jit
def granted_share(p, supported, u):
    """Share of the investment lent: U(.25, .5), with support .7."""
    if supported:
        return p.granted_support
    return p.granted_low + (p.granted_high - p.granted_low) * u


@jit
def loan_payment(balance, rate, years):
    """Yearly annuity that repays `balance` in `years`."""
    return balance / (years if rate <= 1e-9 else annuity(rate, years))


@jit
def interest_subsidy(balance, market, paid, discount, years):
    """Present value to the state of lending at `paid` instead of `market`: difference of the annuities."""
    if market <= paid:
        return 0.0
    gap = loan_payment(balance, market, years) - loan_payment(balance, paid, years)
    return gap * annuity(discount, years)
