"""Phases 9 and 10: land that shared land and new plots take in existing clusters, and the firms that leave it (13.6).

In every step shared land + plots x area of a plot = built area, in each cluster: `shared + (slots - lost) * plot = area + added`.
Plots are taken whole, so shared land may come to lie above the criterion by less than one plot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..randomness import EXPULSION, Purpose, draw, of_errand, versus
from ..rules.demography import Move, moving_cost, relocation_value
from ..rules.land import land_missing, land_price, plot_pays, unbuilt_first
from ..rules.production import usual_margin
from ..state import INFRASTRUCTURE, LANES, NONE, REAL_CONNECTED, SLOT_LETTABLE, SLOT_SHARED, SLOT_TAKEN, SLOT_VACANT, WATER
from .births import normal_trait
from .planned import transfer
from .requests import add_request, sort_requests
from .slots import choose_slot, free_outside, take_slot

__all__ = ["Land", "clear_plots", "lacks_land", "land_for", "open_plot", "take_land", "take_unbuilt", "wants_plot"]


class Land(NamedTuple):
    """What raising the shared land of a cluster takes.

    Attributes
    ----------
    unbuilt : float
        ha.
    vacant, used : int
        Plots on which nobody stands, and plots whose firms are paid and leave.
    price : float
        mVND.
    enough : bool
        False: too few firms would leave, and the project waits.
    """

    unbuilt: float
    vacant: int
    used: int
    price: float
    enough: bool


@inner
def lacks_land(p, cluster):
    """Do roads and depot of a cluster stand, while its shared land is short of the criterion?"""
    short = land_missing(p, cluster.area + cluster.added, cluster.shared) > 1e-9
    return p.land_market > 0.5 and cluster.built[INFRASTRUCTURE] > 0 and short


@inner
def land_for(s, p, c):
    """Where the land comes from: the cheaper of unbuilt land and vacant plots first, then plots that firms would leave."""
    cluster = s.clusters[c]
    missing = land_missing(p, cluster.area + cluster.added, cluster.shared)
    if missing <= 0.0:
        return Land(0.0, 0, 0, 0.0, True)
    free, willing = 0, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            free += 1 if _is_free(f, k) else 0
            willing += 1 if _would_leave(s, p, cluster, f, k) else 0
    most, kept = cluster.unbuilt, 1.0 - p.land_target
    unbuilt = min(most, missing / kept) if unbuilt_first(p) else 0.0
    vacant = min(_plots(missing - unbuilt * kept, cluster.plot), free)
    if not unbuilt_first(p):
        unbuilt = min(most, max(missing - vacant * cluster.plot, 0.0) / kept)
    used = _plots(missing - unbuilt * kept - vacant * cluster.plot, cluster.plot)
    return Land(unbuilt, vacant, used, land_price(p, unbuilt, vacant * cluster.plot, used * cluster.plot), used <= willing)


@inner
def _plots(hectares, plot):
    """Whole plots that hold so much land."""
    return np.int64(np.ceil(max(hectares, 0.0) / plot - 1e-9))


@inner
def _is_free(f, k):
    return f.status[k] == SLOT_VACANT or f.status[k] == SLOT_LETTABLE


@inner
def _move(s, p, f, k):
    """What leaving its plot costs a firm."""
    noise = p.moving_noise * normal_trait(s.city[0], Purpose.MOVING_NOISE, f.id[k])
    margin = usual_margin(f.k_margin[k], f.margin_life[k])
    return Move(moving_cost(p, f.workers[k], noise), margin, f.k_revenue[k] * f.workers[k], 0.0)


@inner
def _would_leave(s, p, cluster, f, k):
    """Does the compensation cover what leaving costs the firm of a slot? Nobody is asked twice, or before the fork if it is held."""
    if f.status[k] != SLOT_TAKEN or f.cleared[k] or cluster.hold:
        return False
    return relocation_value(p, 0.0, p.lease_compensation * cluster.plot, f.hurdle[k], _move(s, p, f, k)) > 0.0


@inner
def take_unbuilt(s, c, hectares):
    """Take usable unbuilt land of a cluster: what is used leaves the stock, and the cluster is larger by it."""
    cluster = s.clusters[c]
    cluster.unbuilt = max(cluster.unbuilt - hectares, 0.0)
    cluster.added += hectares
    s.city[0].land_taken += hectares


@inner
def take_land(s, p, c, land):
    """Take the land of a project that starts, and pay for it; plots are chosen by a hash, firms leave in `clear_plots`."""
    city, cluster = s.city[0], s.clusters[c]
    take_unbuilt(s, c, land.unbuilt)
    cluster.shared += land.unbuilt + (land.vacant + land.used) * cluster.plot
    cluster.lost += land.vacant + land.used
    for n in range(land.vacant + land.used):
        slot = _first_plot(s, p, c, n < land.vacant)
        f, k = s.firms[slot >> 4], slot & 15
        if n < land.vacant:
            f.status[k] = SLOT_SHARED
        else:
            f.cleared[k] = 1
            f.cash[k] += p.lease_compensation * cluster.plot
    s.money[Money.SHARED_LAND] += land_price(p, land.unbuilt, land.vacant * cluster.plot, 0.0)
    s.money[Money.COMPENSATION] += land_price(p, 0.0, 0.0, land.used * cluster.plot)
    # who would have stood on a plot that is lost stands on land elsewhere
    city.land_taken += (land.vacant + land.used) * cluster.plot
    city.shared_unbuilt += land.unbuilt
    city.shared_vacant += land.vacant * cluster.plot
    city.shared_paid += land.used * cluster.plot
    city.plots_lost += land.vacant + land.used


@inner
def _first_plot(s, p, c, vacant):
    """The plot of the smallest hash, among those on which nobody stands or those whose firms would leave."""
    city, cluster = s.city[0], s.clusters[c]
    h = draw(city.key, Purpose.CLUSTER_PLOTS, city.step, c)
    best, smallest = -1, np.uint64(0)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if _is_free(f, k) if vacant else _would_leave(s, p, cluster, f, k):
                priority = versus(h, f.slot_id[k])
                if best < 0 or priority < smallest:
                    best, smallest = b * LANES + k, priority
    return best


@inner
def wants_plot(s, p, c):
    """Is every plot of a cluster taken, is there unbuilt land for one more with its part of the shared land, and does it pay?"""
    cluster = s.clusters[c]
    share = cluster.shared / max(cluster.area + cluster.added, 1e-9)
    room = cluster.slots < (cluster.last - cluster.first) * LANES
    if not room or cluster.hold or cluster.unbuilt * (1.0 - share) < cluster.plot or not plot_pays(p, share):
        return False
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if _is_free(f, k):
                return False
    return True


@inner
def open_plot(s, c):
    """One more plot, in the first slot that was not usable, with as much shared land as the others have."""
    cluster = s.clusters[c]
    share = cluster.shared / (cluster.area + cluster.added)
    hectares = cluster.plot / (1.0 - share)
    take_unbuilt(s, c, hectares)
    cluster.shared += share * hectares
    slot = cluster.first * LANES + cluster.slots
    s.firms[slot >> 4].status[slot & 15] = SLOT_LETTABLE
    cluster.slots += 1
    s.city[0].plots_opened += 1


@inner
def clear_plots(s, p):
    """Firms whose plots were bought leave: to a slot that is to let, else outside; hashed priority decides who is first."""
    if p.land_market < 0.5:
        return
    city = s.city[0]
    for c in range(city.existing):
        cluster = s.clusters[c]
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.cleared[k] and f.status[k] == SLOT_TAKEN:
                    priority = draw(city.key, Purpose.PRIORITY, city.step, of_errand(f.id[k], EXPULSION))
                    add_request(s, b * LANES + k, 0, cluster.programme, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        slot = s.requests[r].slot
        f, k = s.firms[slot >> 4], slot & 15
        entry = choose_slot(s, False, f.id[k], f.sector[k])
        new = np.int64(s.lettable[entry].slot) if entry >= 0 else free_outside(s)
        if new < 0:
            break
        if entry >= 0:
            take_slot(s, entry)
        move = _move(s, p, f, k)
        idle = p.downtime * move.margin * move.revenue
        f.cash[k] -= move.moving + idle
        s.money[Money.MOVING] += move.moving
        s.money[Money.ADAPTATION] += idle
        transfer(s, p, s.clusters[f.cluster[k]], slot, new)
        g, m = s.firms[new >> 4], new & 15
        if g.compliance[m] == REAL_CONNECTED and not s.clusters[g.cluster[m]].built[WATER]:
            g.compliance[m] = NONE
        city.firms_cleared += 1
    city.requests = 0
