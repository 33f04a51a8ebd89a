"""5c: how knowledge and attitude spread."""

from __future__ import annotations

from ..jit import jit
from ..maths import exp, power

__all__ = ["event", "extension_effect", "learning_hazard", "relax", "review_hazard", "symbiosis_hazard"]


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
def learning_hazard(p, outside, share_cluster, share_ties, share_city):
    """Hazard of learning of a technology, 1/yr.

    `outside` = p0 + p_ext e(Ext) + p_IC IC; imitation in the cluster (adopters among the other firms), along
    acquaintances and links, and across the city is added.
    """
    return outside + p.q_in * share_cluster + p.q_tie * share_ties + p.q_out * share_city


@jit
def symbiosis_hazard(p, dose, coordinator, platform):
    """Hazard of learning of symbiosis: p0 + p_ext e(Ext)/2 + .5 Coord + .3 Plat."""
    return (p.p0 + 0.5 * p.p_ext * extension_effect(p, dose)
            + p.symbiosis_coordinator * coordinator + p.symbiosis_platform * platform)


@jit
def relax(x, up, back, start, dt):
    """Exact step of dx = up (1 - x) - back (x - start) per year."""
    rate = up + back
    if rate <= 0.0:
        return x
    goal = (up + back * start) / rate
    return goal + (x - goal) * exp(-rate * dt)


@jit
def review_hazard(p, attitude):
    """Reviews a year: review_rate (1/2 + attitude); attitude acts nowhere else."""
    return p.review_rate * (0.5 + attitude)
