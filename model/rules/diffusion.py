"""5c: how knowledge and attitude spread."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import exp, power

__all__ = ["event", "extension_effect", "fair_factor", "learning_hazard", "outside_hazard", "relax", "review_hazard", "review_rate",
           "search_hazard", "symbiosis_hazard"]  # fmt: skip


@jit
def event(hazard, dt):
    """Probability of at least one event of a hazard in a step: 1 - exp(-r dt)."""
    return 1.0 - exp(-hazard * dt)


@jit
def extension_effect(p, dose):
    """e(Ext) = Ext^m (1 + c)/(1 + c Ext^m): linear (c = 0), concave (c > 0) or S-shaped (m > 1)."""
    if dose <= 0.0:
        return 0.0
    x = power(dose, p.ext_exponent)
    return x * (1.0 + p.ext_curvature) / (1.0 + p.ext_curvature * x)


@jit
def fair_factor(fairs, season):
    """Factor on p_ext: fairs raise it in the quarter of a year in which they are held (`season` 1, else 0)."""
    return 1.0 + fairs * season


@jit
def outside_hazard(p, dose, fair, centre):
    """Hazard of learning from outside: p0 + p_ext e(Ext) + p_IC IC, `fair` being the factor of fairs on p_ext."""
    return p.p0 + p.p_ext * fair * extension_effect(p, dose) + p.p_IC * centre


@jit
def learning_hazard(p, outside, share_cluster, share_ties, share_city):
    """Hazard of learning of a technology, 1/yr.

    `outside` is `outside_hazard`; imitation in the cluster (adopters among the other firms), along
    acquaintances and links, and across the city is added.
    """
    return outside + p.q_in * share_cluster + p.q_tie * share_ties + p.q_out * share_city


@jit
def symbiosis_hazard(p, dose, coordinator, platform):
    """Hazard of learning of symbiosis: p0 + p_ext e(Ext)/2 + .5 Coord + .3 Plat."""
    return (
        p.p0 + 0.5 * p.p_ext * extension_effect(p, dose) + p.symbiosis_coordinator * coordinator + p.symbiosis_platform * platform
    )


@small
def relax(x, up, back, start, pull, keep):
    """Exact step of dx = up (1 - x) - back (x - start) per year.

    Parameters
    ----------
    pull, keep : float
        1/rate and e^(-rate dt) of rate = up + back, the same for all who are relaxed alike; 0 and 1 if the rate is 0.
    """
    goal = (up + back * start) * pull
    return goal + (x - goal) * keep


@jit
def review_hazard(p, attitude):
    """Reviews a year: review_rate (1/2 + attitude); attitude acts nowhere else."""
    return review_rate(p.review_rate, attitude)


@small
def review_rate(rate, attitude):
    """`review_hazard` with its rate given, for loops that must not look it up."""
    return rate * (0.5 + attitude)


@jit
def search_hazard(p, coordinator, mapped, usage):
    """Searches for a partner a year: raised by a coordinator, and by a map where firms show their flows."""
    return p.search_rate * (1.0 + p.search_coordinator * coordinator + p.search_platform * mapped * usage)
