"""5i, 5g and 3: exit, arrival, relocation."""

from __future__ import annotations

from typing import NamedTuple

from ..jit import jit, small
from ..maths import annuity, exp, log, power

__all__ = ["Move", "arrival_intensity", "exit_hazard", "is_insolvent", "moving_cost", "pool_size", "relocation_value", "thinning"]


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
def pool_size(p, z):
    """Workers of a producer outside of 2010: LogN around the median, 1 to the cap; z is standard normal."""
    return min(max(p.pool_workers_median * exp(p.pool_workers_sd * z), 1.0), p.pool_workers_cap)


class Move(NamedTuple):
    """What moving costs a firm; nothing of it for an arrival.

    Attributes
    ----------
    moving : float
        From `moving_cost`, mVND.
    margin : float
        max(margin, sector margin): what a day without production costs, as a share of revenue.
    revenue : float
        mVND/yr.
    aid : float
        Share of the cost that is paid.
    """

    moving: float
    margin: float
    revenue: float
    aid: float


@jit
def relocation_value(p, yearly_gain, lump_gain, hurdle, move):
    """Net present value over 10 years of a plot in a planned cluster, mVND.

    Parameters
    ----------
    yearly_gain : float
        Change of compliance cost, energy, rent, tax, and the saving of technologies required at admission.
    lump_gain : float
        Value of the old plot less the capital of technologies required at admission.
    move : Move
    """
    value = yearly_gain * annuity(hurdle, p.relocation_years) + lump_gain
    idle = (p.downtime + p.dip * p.dip_years) * move.margin * move.revenue
    return value - (1.0 - move.aid) * (move.moving + idle)
