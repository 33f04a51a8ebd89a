"""Phase 10: new firms come and settle (3, 5i)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import log
from ..randomness import Purpose, uniform
from ..rules.capital import worth_left
from ..rules.demography import Move, arrival_intensity, relocation_value
from ..state import (
    N_TECH,
    NEVER,
    NONE,
    SLOT_LETTABLE,
    T1,
)
from .births import draw_sector, draw_workers, give_traits, start_business
from .capital import invest
from .origins import settle
from .planned import enter_planned, may_enter, planned_gain
from .slots import choose_slot, free_outside, take_slot
from .technology import investment

__all__ = ["arrive", "give_up"]


@inner
def arrive(s, p):
    """Arrivals of the step: one exogenous Poisson stream for the whole city, the same in every arm.

    Arrival number n comes when the operational time (the integral of the rate) passes the sum of n exponential
    gaps, so that the stream does not depend on the length of a step.
    """
    city = s.city[0]
    city.operational += arrival_intensity(p, city.initial_firms, city.time + 0.5 * city.dt - 2010.0) * city.dt
    while city.next_gap <= city.operational:
        number = city.arrivals
        city.arrivals += 1
        city.next_gap += -log(uniform(city.key, Purpose.ARRIVAL_GAP, 0, number + 1))
        ident = city.first_arrival_id + number
        if ident >= city.first_pool_id:
            city.overflow = 1
            return
        sector = draw_sector(city.mix, uniform(city.key, Purpose.TRAIT_SECTOR, 0, ident))
        _settle(s, p, ident, sector, draw_workers(city, p, ident, True))


@inner
def _settle(s, p, ident, sector, workers):
    """A planned slot if its value is positive, else a lettable slot, else outside any cluster."""
    city = s.city[0]
    if city.lettable_planned > 0:
        entry = choose_slot(s, True, ident, sector)
        if entry >= 0 and _try_planned(s, p, np.int64(s.lettable[entry].slot), ident, sector, workers):
            take_slot(s, entry)
            return
    if city.lettable > 0:
        entry = choose_slot(s, False, ident, sector)
        if entry >= 0:
            slot = np.int64(s.lettable[entry].slot)
            take_slot(s, entry)
            _begin(s, p, slot, ident, sector, workers)
            return
    slot = free_outside(s)
    if slot >= 0:
        _begin(s, p, slot, ident, sector, workers)


@inner
def _begin(s, p, slot, ident, sector, workers):
    give_traits(s, p, slot, ident, sector, workers)
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    start_business(s, p, slot, cluster.tech_count[T1] / max(cluster.firms, 1))
    settle(s, f, k)
    _bring_along(s, p, f, k)


@inner
def _bring_along(s, p, f, k):
    """Cash and equipment of a newcomer; used equipment is worth the services that it has left."""
    city = s.city[0]
    s.money[Money.ENTRY_CASH] += f.cash[k]
    for j in range(N_TECH):
        if (f.tech[k] >> j) & 1:
            life = p.tech_life_yr[j]
            left = max(f.start[k, j] + life - city.time, city.dt)
            invest(s, p, Money.ENTRY_EQUIPMENT, investment(city, p, f, k, j) * worth_left(p.discount_rate, left, life), left)


@inner
def _try_planned(s, p, slot, ident, sector, workers):
    """Settle in a planned slot iff it is worth it, admission included; else leave the slot as it was."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    aided = f.aided[k]
    give_traits(s, p, slot, ident, sector, workers)
    start_business(s, p, slot, p.tech_initial_share[T1])
    outside = s.clusters[city.outside]
    f.compliance[k] = NONE  # what it would do elsewhere
    gain, lump = planned_gain(s, p, outside, f, k, cluster, lever)
    value = relocation_value(p, gain, lump, f.hurdle[k], Move(0.0, 0.0, 0.0, 0.0))
    f.aided[k] = aided
    if value < 0.0 or not may_enter(s, p, cluster, slot, 0.0):
        give_up(s, f, k)
        return False
    settle(s, f, k)
    _bring_along(s, p, f, k)
    enter_planned(s, p, lever, slot)
    city.entered_arrivals += 1
    return True


@inner
def give_up(s, f, k):
    """Who only looked at a slot leaves it as it was."""
    s.ever[f.id[k]] = 0
    f.status[k] = SLOT_LETTABLE
    f.workers[k] = f.cash[k] = f.activity[k] = 0.0
    f.tech[k] = f.pending[k] = f.loans[k] = 0
    f.debt[k] = f.effluent[k] = f.elec[k] = f.fuel[k] = f.water[k] = f.waste[k] = 0.0
    f.due[k] = NEVER
