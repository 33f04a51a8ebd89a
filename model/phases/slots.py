"""Phase 10: vacated slots are let again, and who gets which."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..maths import log
from ..randomness import Purpose, draw, uniform, unit, versus
from ..rules.diffusion import event
from ..state import (
    LANES,
    OUTSIDE,
    PLANNED,
    SLOT_LETTABLE,
    SLOT_VACANT,
)

__all__ = ["choose_slot", "free_outside", "let_slots", "take_slot"]


@inner
def let_slots(s, p):
    """Vacated slots become lettable at 1 a year; counts what can be let."""
    city = s.city[0]
    chance = event(p.relet_rate, city.dt)
    city.lettable, city.lettable_planned = 0, 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == OUTSIDE or (cluster.kind == PLANNED and cluster.opened > city.time + 1e-9):
            continue
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] == SLOT_VACANT:
                    if uniform(city.key, Purpose.SLOT_RELET, city.step, np.int64(f.slot_id[k])) < chance:
                        f.status[k] = SLOT_LETTABLE
                if f.status[k] == SLOT_LETTABLE and not cluster.hold:
                    entry = s.lettable[city.lettable + city.lettable_planned]
                    entry.slot, entry.slot_id, entry.cluster = b * LANES + k, f.slot_id[k], c
                    if cluster.kind == PLANNED:
                        city.lettable_planned += 1
                    else:
                        city.lettable += 1


@inner
def choose_slot(s, planned, ident, sector):
    """The entry of `lettable` that a firm takes: the first in a race of exponential times, by hash over (firm, slot).

    In existing clusters the rate of a slot is the share of the sector in the cluster's mix, so that clusters keep
    their character; planned ones are alike. -1 if there is none.
    """
    city = s.city[0]
    h = draw(city.key, Purpose.ARRIVAL_PROBE, city.step, ident)
    best, at = np.inf, -1
    for n in range(city.lettable + city.lettable_planned):
        entry = s.lettable[n]
        if (entry.cluster >= city.existing) != planned:
            continue
        u = unit(versus(h, entry.slot_id))
        if (1.0 - u) >= best:  # -ln u is not below 1 - u, and no rate above 1: most slots are passed at once
            continue
        rate = 1.0 if planned else s.clusters[entry.cluster].mix[sector]
        if (1.0 - u) < best * rate:
            time = -log(u) / rate
            if time < best:
                best, at = time, n
    return at


@inner
def take_slot(s, n):
    """Strike an entry from the list of slots that can be let."""
    city = s.city[0]
    entry, last = s.lettable[n], s.lettable[city.lettable + city.lettable_planned - 1]
    if entry.cluster >= city.existing:
        city.lettable_planned -= 1
    else:
        city.lettable -= 1
    entry.slot, entry.slot_id, entry.cluster = last.slot, last.slot_id, last.cluster


@inner
def free_outside(s):
    """A free slot outside any cluster; the world outside grows by a block when it is full. -1 and failure at the end."""
    city = s.city[0]
    cluster = s.clusters[city.outside]
    for b in range(max(cluster.first, city.outside_from), cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_VACANT:
                city.outside_from = b  # nothing is vacant before
                return b * LANES + k
    city.outside_from = cluster.last
    if cluster.last < s.firms.size:
        cluster.last += 1
        return (cluster.last - 1) * LANES
    city.overflow = 1
    return -1
