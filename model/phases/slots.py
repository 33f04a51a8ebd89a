"""Phase 10: vacated slots are let again, and who gets which."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..randomness import Purpose, draw, uniform, unit, versus
from ..rules.diffusion import event
from ..state import LANES, N_SECTORS, NEVER, OUTSIDE, PLANNED, SLOT_LETTABLE, SLOT_UNUSABLE, SLOT_VACANT
from .chosen_lanes import line_up

__all__ = ["choose_slot", "free_outside", "lay_out", "let_slots", "room_ends", "take_slot", "tie_slots"]


@inner
def lay_out(s, c, first_id):
    """Slots of a cluster before anybody may use one: ids from `first_id` on, which do not depend on where they lie, and positions."""
    city, cluster = s.city[0], s.clusters[c]
    side = np.sqrt(max(cluster.area, 1.0))
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            ident = first_id + (b - cluster.first) * LANES + k
            f.cluster[k], f.id[k], f.slot_id[k], f.status[k] = c, ident, ident, SLOT_UNUSABLE
            f.due[k], f.moved_at[k] = NEVER, NEVER
            f.x[k] = side * uniform(city.key, Purpose.SLOT_POSITION, 0, ident)
            f.y[k] = side * uniform(city.key, Purpose.SLOT_POSITION, 1, ident)
            f.k_revenue[k] = f.k_water[k] = 1.0


@inner
def tie_slots(s, cluster, slots):
    """Acquaintances of the slots of a cluster: the two nearest and two random ones of its first `slots`."""
    low = cluster.first * LANES
    for slot in range(low, cluster.last * LANES):
        f, k = s.firms[slot >> 4], slot & 15
        near, second, d1, d2 = -1, -1, 1e300, 1e300
        for other in range(low, low + slots):
            if other != slot:
                g, i = s.firms[other >> 4], other & 15
                dx, dy = g.x[i] - f.x[k], g.y[i] - f.y[k]
                d = dx * dx + dy * dy
                if d < d1:
                    near, second, d1, d2 = other, near, d, d1
                elif d < d2:
                    second, d2 = other, d
        s.ties[slot, 0], s.ties[slot, 1] = near, second
        for t in range(2):
            other = low + _random_slot(s.city[0].key, t, np.int64(f.slot_id[k]), slots)
            s.ties[slot, 2 + t] = other if other != slot else -1


@inner
def let_slots(s, p):
    """Vacated slots become lettable at 1 a year; lists what can be let, cluster by cluster."""
    city = s.city[0]
    chance = event(p.relet_rate, city.dt)
    city.lettable, city.lettable_planned = 0, 0
    queue = s.sheet[0].queue
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        cluster.lettable = 0
        if cluster.kind == OUTSIDE or (cluster.kind == PLANNED and cluster.opened > city.time + 1e-9):
            continue
        for b in range(cluster.first, cluster.last):
            f, n = s.firms[b], 0
            for k in range(LANES):
                n = line_up(queue, n, k, np.int64(f.status[k] == SLOT_VACANT) | np.int64(f.status[k] == SLOT_LETTABLE))
            for m in range(n):
                k = queue[m]
                if f.status[k] == SLOT_VACANT:
                    if uniform(city.key, Purpose.SLOT_RELET, city.step, np.int64(f.slot_id[k])) < chance:
                        f.status[k] = SLOT_LETTABLE
                if f.status[k] == SLOT_LETTABLE and not cluster.hold:
                    entry = s.lettable[cluster.first * LANES + cluster.lettable]
                    entry.slot, entry.slot_id = b * LANES + k, f.slot_id[k]
                    cluster.lettable += 1
        if cluster.kind == PLANNED:
            city.lettable_planned += cluster.lettable
        else:
            city.lettable += cluster.lettable
    leaves = s.forks.shape[0] // 2
    for c in range(s.clusters.size):
        _weigh(s, c)
    for node in range(leaves - 1, 0, -1):
        _add_up(s, node)


@inner
def _weigh(s, c):
    """What cluster c weighs for an arrival of each sector: its lettable slots times the sector's share in its mix.

    So clusters keep their character. Planned clusters, in the last column, are alike to all sectors.
    """
    cluster, leaf = s.clusters[c], s.forks.shape[0] // 2 + c
    planned = cluster.kind == PLANNED
    for j in range(N_SECTORS):
        s.forks[leaf, j] = 0.0 if planned else cluster.lettable * cluster.mix[j]
    s.forks[leaf, N_SECTORS] = cluster.lettable if planned else 0.0


@inner
def _add_up(s, node):
    """Both children of a node of `forks` together."""
    for j in range(N_SECTORS + 1):
        s.forks[node, j] = s.forks[2 * node, j] + s.forks[2 * node + 1, j]


@inner
def choose_slot(s, planned, ident, sector):
    """The entry of `lettable` that a firm takes: a cluster by its weight, and there the slot of the smallest hash.

    The cluster is found on a walk down a tree of halves: at every fork a hash over (firm, fork) decides by what both
    sides weigh. So another slot somewhere changes few choices (arms keep their common luck), and a walk takes as
    many forks as the city has doublings of clusters. -1 if no slot has any weight.
    """
    city = s.city[0]
    column = N_SECTORS if planned else sector
    h = draw(city.key, Purpose.ARRIVAL_FORK, city.step, ident)
    node, level, leaves = 1, np.int64(0), s.forks.shape[0] // 2
    while (leaves >> level) > 1:
        level += 1
    while node < leaves:
        level -= 1
        node *= 2
        right = s.forks[node + 1, column]
        if right > 0.0:
            # forks are told apart by their level above the leaves: more clusters to the right do not change them
            u = unit(versus(h, (node - (leaves >> level)) * 64 + level))
            if u * s.forks[node // 2, column] >= s.forks[node, column]:
                node += 1
    if s.forks[node, column] <= 0.0:
        return -1
    cluster = s.clusters[node - leaves]
    h = draw(city.key, Purpose.ARRIVAL_SLOT, city.step, ident)
    first, best = cluster.first * LANES, 0
    smallest = versus(h, s.lettable[first].slot_id)
    for n in range(1, cluster.lettable):
        priority = versus(h, s.lettable[first + n].slot_id)
        if priority < smallest:
            best, smallest = n, priority
    return first + best


@inner
def take_slot(s, n):
    """Strike an entry from the list of slots that can be let."""
    city, entry = s.city[0], s.lettable[n]
    c = np.int64(s.firms[entry.slot >> 4].cluster[entry.slot & 15])
    cluster = s.clusters[c]
    if cluster.kind == PLANNED:
        city.lettable_planned -= 1
    else:
        city.lettable -= 1
    cluster.lettable -= 1
    last = s.lettable[cluster.first * LANES + cluster.lettable]
    entry.slot, entry.slot_id = last.slot, last.slot_id
    _weigh(s, c)
    node = (s.forks.shape[0] // 2 + c) // 2
    while node > 0:
        _add_up(s, node)
        node //= 2


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
    if cluster.last < room_ends(s):
        _open_outside(s, cluster.last)
        cluster.last += 1
        return (cluster.last - 1) * LANES
    city.overflow = 1
    return -1


@inner
def room_ends(s):
    """The first block that the world outside cannot have: there planned clusters begin."""
    return s.city[0].sites_from if s.city[0].sites_from > 0 else s.firms.size


@inner
def _open_outside(s, b):
    """One more block of vacant slots outside; their acquaintances are drawn from all slots that there can be."""
    city, f = s.city[0], s.firms[b]
    cluster = s.clusters[city.outside]
    low = cluster.first * LANES
    for k in range(LANES):
        slot = b * LANES + k
        f.cluster[k], f.id[k] = city.outside, city.first_outside_id + slot - low
        f.slot_id[k] = f.id[k]
        f.status[k], f.due[k], f.moved_at[k] = SLOT_VACANT, NEVER, NEVER
        f.k_revenue[k] = f.k_water[k] = 1.0
        # where the world outside begins depends on the room kept for planned clusters: draws must not
        ident = city.first_arrival_id + slot - low
        for t in range(4):
            other = low + _random_slot(city.key, t, ident, cluster.slots)
            s.ties[slot, t] = other if other != slot else -1


@inner
def _random_slot(key, which, ident, slots):
    """Acquaintance number `which` (0-3) that a slot has at random, counted from the first of `slots`."""
    return np.int64(draw(key, Purpose.SLOT_NEIGHBOUR, which, ident) >> np.uint64(33)) % slots
