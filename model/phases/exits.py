"""Phase 10: who leaves, by the hazard of its size or because it is insolvent, and what stays behind (5i)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..randomness import Purpose, uniform
from ..rules.demography import exit_hazard, is_insolvent
from ..rules.diffusion import event
from ..state import (
    LANES,
    NEVER,
    OUTSIDE,
    SLOT_RETIRED,
    SLOT_SHARED,
    SLOT_VACANT,
)
from .chosen_lanes import line_up
from .financing import total_loans
from .hubs import leave_hubs
from .links import close_links_of
from .lottery import EXIT, digits

__all__ = ["leave", "note_leavers", "vacate"]


@inner
def note_leavers(s, p, c):
    """Who leaves in this step: the base hazard by size, and insolvency after two quarters of negative cash."""
    city, cluster = s.city[0], s.clusters[c]
    dt = city.dt
    if cluster.firms == 0 or cluster.hold:
        return
    ease = 1.0 - p.skills_exit_cut * s.levers[cluster.lever_row].skills_housing
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            n = line_up(queue, n, k, (f.events[k] >> EXIT) & 1)
        for m in range(n):
            k = queue[m]
            base = exit_hazard(p, f.workers[k]) * ease
            hazard = base + (p.insolvency_hazard if is_insolvent(f.negative_years[k]) else 0.0)
            u = digits(city.key, city.step, f.id[k], EXIT)
            if u < event(hazard, dt):
                city.exits += 1
                if u >= event(base, dt):
                    city.bankrupt += 1
                s.leavers[city.leavers] = b * LANES + k
                city.leavers += 1


@inner
def leave(s, p):
    """The firms that were noted leave: their owners take what is left, the bank writes off what is owed."""
    city = s.city[0]
    for n in range(city.leavers):
        slot = np.int64(s.leavers[n])
        f, k = s.firms[slot >> 4], slot & 15
        s.money[Money.EXIT_CASH] += f.cash[k]
        s.money[Money.LOAN_WRITTEN_OFF] += total_loans(f, k)
        vacate(s, p, s.clusters[f.cluster[k]], f, k, slot, False)
    city.leavers = 0


@inner
def vacate(s, p, cluster, f, k, slot, moved):
    """Empty a slot; the plot of a mover is lost to industry with probability .3, one that was bought to shared land."""
    city = s.city[0]
    close_links_of(s, p, slot)
    leave_hubs(f, k)
    f.status[k] = SLOT_SHARED if f.cleared[k] else SLOT_VACANT
    if moved and cluster.kind != OUTSIDE and not f.cleared[k]:
        if uniform(city.key, Purpose.SLOT_KEEP, city.step, np.int64(f.slot_id[k])) >= p.old_plot_relet:
            f.status[k] = SLOT_RETIRED
            city.land_freed += p.planned_slot_area
    if cluster.kind == OUTSIDE:
        city.outside_from = min(city.outside_from, slot >> 4)
    f.workers[k] = f.cash[k] = f.activity[k] = 0.0
    f.debt_service[k] = f.interest[k] = f.debt[k] = 0.0
    f.loans[k] = f.tech[k] = f.pending[k] = f.discloses[k] = f.club[k] = 0
    f.events[k] = 0
    f.due[k] = NEVER
    f.effluent[k] = f.elec[k] = f.fuel[k] = f.water[k] = f.waste[k] = 0.0
