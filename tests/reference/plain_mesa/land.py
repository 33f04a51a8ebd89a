"""13.6: land that shared land and new plots take in existing clusters; firms whose plots are bought leave."""

from __future__ import annotations

import math
from types import SimpleNamespace

from .demography import moving_terms
from .formulas import rules
from .luck import PURPOSE
from .objects import EXISTING, INFRASTRUCTURE, LETTABLE, SHARED, TAKEN, VACANT

__all__ = ["fully_taken", "lacks_land", "new_plot", "seek_land", "take_land"]


def lacks_land(model, cluster) -> bool:
    """Roads and depot stand, and there is less shared land than the criterion asks for."""
    missing = rules.land.land_missing(model.p, cluster.area + cluster.added, cluster.shared)
    return bool(model.p.land_market and cluster.built[INFRASTRUCTURE] and missing > 1e-9)


def seek_land(model, cluster) -> SimpleNamespace | None:
    """Where the land of project I comes from, cheapest first; None: too few firms would leave."""
    p, plot = model.p, cluster.plot
    left = rules.land.land_missing(p, cluster.area + cluster.added, cluster.shared)
    free = sorted((s for s in cluster.slots if s.status in (VACANT, LETTABLE)), key=lambda s: _hash(model, cluster, s))
    worth = 1.0 - p.land_target  # of a hectare by which the cluster grows
    found = SimpleNamespace(unbuilt=0.0, vacant=[], used=[])

    def of_unbuilt():
        return min(cluster.unbuilt, left / worth) if left > 0.0 else 0.0

    if rules.land.unbuilt_first(p):
        found.unbuilt = of_unbuilt()
        left -= found.unbuilt * worth
    found.vacant = free[: _whole(left, plot)]
    left -= len(found.vacant) * plot
    if not rules.land.unbuilt_first(p):
        found.unbuilt = of_unbuilt()
        left -= found.unbuilt * worth
    needed = _whole(left, plot)
    willing = [s for s in cluster.slots if needed and s.status == TAKEN and not s.bought and _would_leave(model, cluster, s.firm)]
    if needed > len(willing):
        return None
    found.used = sorted(willing, key=lambda s: _hash(model, cluster, s))[:needed]
    found.price = rules.land.land_price(p, found.unbuilt, len(found.vacant) * plot, needed * plot)
    return found


def _whole(hectares: float, plot: float) -> int:
    return math.ceil(max(hectares, 0.0) / plot - 1e-9)


def _hash(model, cluster, slot) -> int:
    return model.luck.bits_of_pair(PURPOSE.CLUSTER_PLOTS, model.quarter, cluster.ident, slot.ident)


def _would_leave(model, cluster, firm) -> bool:
    """Compensation against moving, downtime and adaptation."""
    if cluster.held:
        return False
    paid = model.p.lease_compensation * cluster.plot
    return rules.demography.relocation_value(model.p, 0.0, paid, firm.hurdle, moving_terms(model, firm)) > 0.0


def take_land(model, cluster, land) -> None:
    """Take and pay it; firms of bought plots leave later in the step."""
    p, plot = model.p, cluster.plot
    number = len(land.vacant) + len(land.used)
    _use(model, cluster, land.unbuilt)
    model.land_taken += number * plot
    cluster.shared += land.unbuilt + number * plot
    cluster.lost += number
    for slot in land.vacant:
        slot.status = SHARED
    for slot in land.used:
        slot.bought = True
        slot.firm.cash += p.lease_compensation * plot
    model.ledger["COMPENSATION"] += p.lease_compensation * plot * len(land.used)
    model.ledger["SHARED_LAND"] += p.bare_land_price * land.unbuilt + rules.land.rent_forgone(p) * plot * len(land.vacant)
    model.so_far["land_unbuilt"] += land.unbuilt
    model.so_far["land_vacant"] += plot * len(land.vacant)
    model.so_far["land_compensated"] += plot * len(land.used)
    model.so_far["plots_lost"] += number


def _use(model, cluster, hectares: float) -> None:
    cluster.unbuilt = max(cluster.unbuilt - hectares, 0.0)
    cluster.added += hectares
    model.land_taken += hectares


def fully_taken(model, cluster) -> bool:
    """Nothing is vacant, one more plot has room, land and a rent that pays for it."""
    if cluster.kind != EXISTING or cluster.held or cluster.usable >= len(cluster.slots):
        return False
    share = cluster.shared / max(cluster.area + cluster.added, 1e-9)
    if cluster.unbuilt * (1.0 - share) < cluster.plot or not rules.land.plot_pays(model.p, share):
        return False
    return not any(slot.status in (VACANT, LETTABLE) for slot in cluster.slots)


def new_plot(model, cluster) -> None:
    """One more slot, with its part of the shared land."""
    share = cluster.shared / (cluster.area + cluster.added)
    hectares = cluster.plot / (1.0 - share)
    _use(model, cluster, hectares)
    cluster.shared += share * hectares
    cluster.slots[cluster.usable].status = LETTABLE
    cluster.usable += 1
    model.so_far["plots_opened"] += 1
