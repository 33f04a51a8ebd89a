"""5a: what a firm uses, earns and pays."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import exp

__all__ = [
    "keep_share",
    "labour_and_inputs",
    "net_sales",
    "tax_rate",
    "tax_rate_of",
    "usual_margin",
    "utilisation",
    "workers_growth",
]


CIT_REFORM = 2025.75  # from when income tax goes by revenue


@jit
def keep_share(bits, saves):
    """Share of a resource still used with the technologies in `bits`: prod_j (1 - saves_j x_j).

    Parameters
    ----------
    bits : int
        Bit j set: technology j operates.
    saves : (5,) float64
        Share saved by each technology.
    """
    keep = 1.0
    for j in range(saves.size):
        if (bits >> j) & 1:
            keep *= 1.0 - saves[j]
    return keep


@small
def usual_margin(sector, life):
    """What a day without production costs, as a share of revenue: the firm's lasting margin, at least its sector's."""
    return max(sector + life, sector)


@small
def utilisation(z, sd, shift):
    """Factor on activity, of mean 1: exp(sd z - shift) with shift = sd^2/2."""
    return exp(sd * z - shift)


@small
def net_sales(revenue, utilisation, margin, fixed_share):
    """Sales less the cost of a firm that has adopted nothing, mVND/yr.

    revenue [U - (1 - margin) ((1 - fixed) U + fixed)]: at utilisation 1 it is margin x revenue; the fixed
    part of cost makes losses when utilisation falls.
    """
    return revenue * (utilisation - (1.0 - margin) * ((1.0 - fixed_share) * utilisation + fixed_share))


@small
def labour_and_inputs(cost, metered):
    """Cost of labour and inputs, mVND/yr: all cost of a firm that has adopted nothing less what is metered (energy, water, waste, fee)."""
    return max(cost - metered, 0.0)


@jit
def tax_rate(p, revenue, time):
    """Corporate income tax: one rate until 2025Q3, then by revenue (law of June 2025)."""
    if time < CIT_REFORM:
        return p.cit_rate
    return tax_rate_of(revenue, p.cit_small_revenue, p.cit_middle_revenue, p.cit_small_rate, p.cit_middle_rate, p.cit_rate)


@small
def tax_rate_of(revenue, small_revenue, middle_revenue, small_rate, middle_rate, rate):
    """`tax_rate` after the reform with its numbers given, for loops that must not look them up."""
    return small_rate if revenue < small_revenue else (middle_rate if revenue < middle_revenue else rate)


@small
def workers_growth(speed, excess):
    """Factor on workers in one step: exp(eta_l dt (profit/revenue - sector margin)), the excess clipped to +- 1.

    Parameters
    ----------
    speed : float
        Elasticity eta_l times the length of the step.
    """
    return exp(speed * min(max(excess, -1.0), 1.0))
