"""5i, 5g and 3: exit, arrival, relocation."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import annuity, log, power

__all__ = ["arrival_intensity", "exit_hazard", "is_insolvent", "idle_cost", "moving_cost", "relocation_value", "thinning"]


@jit
def exit_hazard(p, workers):
    """Base exit, 1/yr: clip(.09 - .01 ln workers, .05, .09)."""
    return min(max(p.exit_high - p.exit_slope * log(workers), p.exit_low), p.exit_high)


@small
def is_insolvent(years):
    """Was cash negative for two quarters?"""
    return years >= 0.5 - 1e-9


@jit
def thinning(p, workers):
    """Probability that a size drawn from the law of the stock is kept for an arrival.

    Exits remove firms at a rate h(workers), so arrivals must come as (h + g) x law to leave it stationary.
    """
    return (exit_hazard(p, workers) + p.growth) / (p.exit_high + p.growth)


@jit
def arrival_intensity(p, initial_firms, years):
    """Arrivals a year: (.0925 + g) N_2010 (1 + g)^years; `years` since 2010."""
    return (p.arrival_base + p.growth) * initial_firms * power(1.0 + p.growth, years)


@jit
def moving_cost(p, workers, noise):
    """What it costs to carry a firm elsewhere, mVND."""
    return p.moving_cost * workers * (1.0 + noise)


@jit
def idle_cost(p, margin, revenue):
    """What a move costs while nothing is made, and while the firm finds its feet again, mVND.

    Parameters
    ----------
    margin : float
        max(margin, sector margin): what a day without production costs, as a share of revenue.
    """
    return (p.downtime + p.dip * p.dip_years) * margin * revenue


@jit
def relocation_value(p, yearly_gain, lump_gain, hurdle):
    """Net present value over 10 years of a plot in a planned cluster, before what it costs to move there, mVND.

    Parameters
    ----------
    yearly_gain : float
        Change of compliance cost, energy, rent, tax, and the saving of technologies required at admission.
    lump_gain : float
        Value of the old plot less the capital of technologies required at admission.
    """
    return yearly_gain * annuity(hurdle, p.relocation_years) + lump_gain
