"""What treatment plants remove: own ones by draw and age, central ones by load and age (13.11); off: all the same for ever."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..randomness import Purpose, uniform
from ..rules.compliance import removal
from ..rules.plants import aged_removal, central_removal, first_removal, shortfall
from ..state import LANES, OWN_PLANT, REAL_OWN, WATER
from .chosen_lanes import line_up

__all__ = ["age_plants", "central_of", "draw_plant", "is_reached", "own_removal", "removed_by", "weakness"]


@inner
def draw_plant(city, p, f, k, new):
    """What a plant removes from now on, by the firm and the step in which it begins: one that is found there, or a new one."""
    if p.plants_age > 0.5:
        u = uniform(city.key, Purpose.PLANT, city.step if new else 0, f.id[k])
        f.plant[k] = f.treats[k] = first_removal(p, new, u)
        f.plant_at[k] = city.time


@inner
def age_plants(s, p, cluster, perfect):
    """Plants are as old as they are now, the central one as loaded as it was in the step before; `perfect`: barrier 5 removed."""
    now = s.city[0].time
    load = cluster.connected / max(cluster.design_flow, 1e-9) if cluster.built[WATER] else 0.0
    age = max(now - max(cluster.ready[WATER], 2010.0), 0.0)
    cluster.treats = p.central_best if perfect else central_removal(p, load, age)
    best, decay = p.plant_new_high, p.plant_decay
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):  # few have one, and an exponential is dear
            n = line_up(queue, n, k, np.int64(f.tech[k] >> OWN_PLANT & 1) | np.int64(f.compliance[k] == REAL_OWN))
        for m in range(n):
            k = queue[m]
            f.treats[k] = best if perfect else aged_removal(f.plant[k], decay, now - f.plant_at[k])


@inner
def own_removal(p, f, k):
    """Share of the load that the plant of a firm removes."""
    return f.treats[k] if p.plants_age > 0.5 else p.removal_real


@inner
def central_of(p, cluster):
    """Share of the load that the central plant removes in this step."""
    return cluster.treats if p.plants_age > 0.5 else p.removal_real


@inner
def removed_by(p, cluster, f, k):
    """Share of the load of a firm that is removed."""
    return removal(p, f.compliance[k], own_removal(p, f, k), central_of(p, cluster))


@inner
def weakness(p, f, k):
    """`shortfall` of a plant that stands; 0 where there is none."""
    return shortfall(p, f.treats[k]) if p.plants_age > 0.5 and f.tech[k] >> OWN_PLANT & 1 else 0.0


@inner
def is_reached(f, k):
    """Does the firm know what its plant lacks: from an adviser, the innovation centre, or a fine since the plant was looked at?"""
    return f.visited[k] > 0.0 or f.served[k] > 0.0 or f.last_fine[k] > f.plant_at[k]
