"""5b, 13.11: what a treatment plant removes, by its kind, its age and its load."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import exp, power

__all__ = ["aged_removal", "central_removal", "first_removal", "shortfall"]


@jit
def first_removal(p, new, u):
    """Share of the load that an own plant removes when it is first looked at: U(.4, .9) found as it stands, U(.8, .95) if it is new."""
    low, high = (p.plant_new_low, p.plant_new_high) if new else (p.plant_old_low, p.plant_old_high)
    return low + (high - low) * u


@small
def aged_removal(first, rate, age):
    """What is left of it after `age` years: first x e^(-rate age), rate in 1/yr."""
    return first * exp(-rate * age)


@jit
def central_removal(p, load, age):
    """Share that a central plant removes: best x e^(-rate age), times load^-x where the flow is more than it was designed for."""
    removed = aged_removal(p.central_best, p.central_decay, age)
    return removed * power(load, -p.central_overload) if load > 1.0 and p.central_overload > 0.0 else removed


@jit
def shortfall(p, removed):
    """How far a plant is from what the law asks for, on the way to sham treatment: 0 (legal) to 1 (removes no more than that)."""
    return min(max((p.plant_legal - removed) / max(p.plant_legal - p.removal_sham, 1e-9), 0.0), 1.0)
