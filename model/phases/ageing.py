"""Phase 1: what was ordered begins to operate, and at the end of its life technology is kept or lapses."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..randomness import Purpose, of_technology, uniform
from ..state import (
    LANES,
    N_TECH,
    NEVER,
    NONE,
    OWN_PLANT,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    T1_OR_T2,
)
from .capital import invest
from .coefficients import set_coefficients
from .financing import add_loan, finance, own_funds
from .plants import age_plants, draw_plant
from .technology import end_cut, investment

__all__ = ["age_technologies", "end_write_off", "set_due", "start_operating", "stop_operating"]


@inner
def age_technologies(s, p, c):
    """What was ordered begins to operate, tax reductions end, and at the end of its life it is kept or lapses."""
    now = s.city[0].time + 1e-9
    cluster = s.clusters[c]
    perfect = s.levers[cluster.lever_row].relief_technology > 0.5
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.due[k] <= now:  # a vacant slot is never due
                _age(s, p, cluster, b * LANES + k, now)
            if perfect and f.eps[k] != 1.0:  # barrier 5 removed
                f.eps[k] = 1.0
                set_coefficients(s.city[0], p, f, k, cluster.kind == PLANNED)
    if p.plants_age > 0.5:
        age_plants(s, p, cluster, perfect)


@inner
def _age(s, p, cluster, slot, now):
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    for j in range(N_TECH):
        bit = np.uint8(1 << j)
        if f.pending[k] & bit and f.start[k, j] <= now:
            start_operating(city, p, f, k, j)
        if f.cut_until[k, j] <= now:
            end_cut(f, k, j)
        if f.tech[k] & bit and f.start[k, j] + p.tech_life_yr[j] <= now:
            end_write_off(f, k, j)
            required = f.admitted[k] and (1 << j) & T1_OR_T2 != 0
            idle = j == OWN_PLANT and f.compliance[k] == REAL_CONNECTED  # nobody renews a plant that stands idle
            if required or not idle and uniform(city.key, Purpose.KEEP, city.step, of_technology(f.id[k], j)) < p.keep_probability:
                _renew(s, p, slot, j)
            else:
                stop_operating(f, k, j)
    if f.cuts[k] == 0:
        f.cut_total[k] = 0.0
    set_coefficients(city, p, f, k, cluster.kind == PLANNED)
    set_due(p, f, k)


@inner
def start_operating(city, p, f, k, j):
    """What was ordered operates: it is written off, and the cut of tax on its saving begins."""
    bit = np.uint8(1 << j)
    f.pending[k] &= ~bit
    f.tech[k] |= bit
    f.depreciation[k] += f.write_off[k, j]
    if f.cut_value[k, j] > 0.0:
        f.cuts[k] |= bit
        f.cut_total[k] += f.cut_value[k, j]
    if j == OWN_PLANT:
        draw_plant(city, p, f, k, True)
        f.compliance[k] = max(f.compliance[k], REAL_OWN)


@inner
def end_write_off(f, k, j):
    """Technology j is no longer written off."""
    if not f.pending[k] & np.uint8(1 << j):  # else what was written off ended with the order of what replaces it
        f.depreciation[k] -= f.write_off[k, j]
        f.write_off[k, j] = 0.0


@inner
def stop_operating(f, k, j):
    """Technology j is gone; a firm without its own plant has no treatment until it reviews."""
    f.tech[k] &= ~np.uint8(1 << j)
    if j == OWN_PLANT and f.compliance[k] == REAL_OWN:
        f.compliance[k] = NONE


@inner
def set_due(p, f, k):
    """Time of the next event in the life of the firm's technologies."""
    due = NEVER
    for j in range(N_TECH):
        bit = 1 << j
        if f.pending[k] & bit:
            due = min(due, f.start[k, j])
        if f.tech[k] & bit:
            due = min(due, f.start[k, j] + p.tech_life_yr[j])
        if f.cuts[k] & bit:
            due = min(due, f.cut_until[k, j])
    f.due[k] = due


@inner
def _renew(s, p, slot, j):
    """Replacement at the capital cost of the day, on the supplier's credit at the bank's rate: no grant, no choice.

    With `admission_by_own_means` the bank lends what it lends for anything, and what cannot be paid lapses.
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cost, share = investment(city, p, f, k, j), 1.0
    if p.admission_by_own_means > 0.5:
        share = finance(s, p, slot, j, cost, False).share
        if (1.0 - share) * cost > own_funds(p, s.levers[s.clusters[f.cluster[k]].lever_row], f, k):
            stop_operating(f, k, j)
            return
    f.start[k, j] = city.time
    if j == OWN_PLANT:
        draw_plant(city, p, f, k, True)
    add_loan(city.dt, f, k, j, share * cost, p.bank_rate, min(p.loan_years, p.tech_life_yr[j]))
    f.cash[k] -= (1.0 - share) * cost
    f.write_off[k, j] = cost / p.tech_life_yr[j]
    f.depreciation[k] += f.write_off[k, j]
    s.money[Money.LOANS] += share * cost
    invest(s, p, Money.OWN_CAPEX, cost, p.tech_life_yr[j])
