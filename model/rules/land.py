"""13.6: land of existing clusters. Raising shared land takes some: unbuilt, vacant, or that of firms who must be paid for it."""

from __future__ import annotations

from ..jit import jit
from ..maths import annuity, power

__all__ = ["first_land", "land_missing", "land_price", "plot_pays", "plants_ahead", "rent_forgone", "unbuilt_first", "usable_share"]


@jit
def usable_share(p, u):
    """Part of a cluster's unbuilt land that is cleared: u^((1 - m)/m), a law on 0-1 with mean m = `unbuilt_usable`."""
    return power(u, (1.0 - p.unbuilt_usable) / p.unbuilt_usable) if p.unbuilt_usable > 0.0 else 0.0


@jit
def first_land(p, given, u, v):
    """Shared land of 2010 beside the trait of complete infrastructure: as the site has it, or apart from it, drawn anew.

    It is kept with probability `complete_land`, which so is the correlation of both where their laws are alike.
    """
    return given if u < p.complete_land else p.land_low + (p.land_high - p.land_low) * v


@jit
def plants_ahead(p, complete, share):
    """By how much more than the mean city plants come to a cluster: to complete ones `complete_first` times as often as to others.

    `share` of all clusters is complete; over all of them it adds up to 0.
    """
    return (p.complete_first if complete else 1.0) / (1.0 + share * (p.complete_first - 1.0)) - 1.0


@jit
def land_missing(p, built, shared):
    """Shared land that the criterion asks for beyond what there is, ha of `built`: who pays for land takes no more."""
    return max(p.land_target * built - shared, 0.0)


@jit
def rent_forgone(p):
    """What a vacant hectare would yield its owner, mVND: the rent over the life of a project at the operators' rate."""
    return p.base_rent * annuity(p.operator_rate, p.operator_years)


@jit
def unbuilt_first(p):
    """Is unbuilt land cheaper than vacant plots? A hectare of it counts by 1 - target: the cluster grows by it."""
    return p.bare_land_price <= (1.0 - p.land_target) * rent_forgone(p)


@jit
def land_price(p, unbuilt, vacant, used):
    """Price of so many hectares, mVND: bare land, the rent of vacant plots forgone, the leases of firms compensated."""
    return p.bare_land_price * unbuilt + rent_forgone(p) * vacant + p.lease_compensation * used


@jit
def plot_pays(p, shared):
    """Does a new plot on unbuilt land pay its owner, with its part of the shared land, which yields no rent?"""
    return (1.0 - shared) * rent_forgone(p) >= p.bare_land_price
