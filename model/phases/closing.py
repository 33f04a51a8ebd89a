"""Before and after a step is measured: what it adds up to, and the counts that begin anew."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Matter
from ..state import LANES, OUTSIDE, PLANNED, SLOT_TAKEN, WATER
from .cohorts import follow_cohorts

__all__ = ["begin_counts", "ends_year", "offered_and_spent", "sum_up"]


@inner
def sum_up(s):
    """Add up over the clusters what the accounts of matter and later phases need; once a year count firms by their links."""
    city = s.city[0]
    landfill, dealer, reused, firms, elec, effluent = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        elec += cluster.elec
        effluent += cluster.effluent
        if cluster.kind == PLANNED and not cluster.built[WATER]:
            continue
        firms += np.float64(cluster.firms)
        landfill += cluster.landfill - cluster.exchanged_landfill
        dealer += cluster.waste - cluster.landfill - (cluster.exchanged - cluster.exchanged_landfill)
        reused += cluster.reused
    s.matter[Matter.LANDFILL_T] = landfill * city.dt
    s.matter[Matter.DEALER_T] = dealer * city.dt
    s.matter[Matter.REUSED_M3] = reused * city.dt
    city.elec_per_firm, city.effluent_per_firm = elec / max(firms, 1.0), effluent / max(firms, 1.0)
    follow_cohorts(city)
    if ends_year(city):
        _count_links(s)


@inner
def ends_year(city):
    """Is this the last step of a calendar year?"""
    return abs(city.time + city.dt - np.floor(city.time + city.dt + 0.5)) < 1e-6


@inner
def _count_links(s):
    """Histogram of the firms in clusters by their number of links."""
    counts = s.city[0].degree
    counts[:] = 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == OUTSIDE:
            continue
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] == SLOT_TAKEN:
                    counts[min(f.links[k], counts.size - 1)] += 1


@inner
def begin_counts(s):
    """After a step is measured: events are counted anew, and what the funds had and paid is the next step's start."""
    city = s.city[0]
    city.exits = city.bankrupt = city.moved = city.credit_asked = city.credit_approved = 0
    city.inspections = city.fined = city.identified = city.studied = city.activated = city.broken = 0
    city.permits_delayed = city.projects_delayed = 0
    city.suspended = city.screened = city.agreed = city.cases = city.hubs_started = 0
    city.entered_clusters = city.entered_outside = city.entered_arrivals = city.entered_pool = city.refused = city.pool_moved = 0
    city.carried[:, :] = 0
    city.credit_granted = city.output_displaced = city.cod_displaced = 0.0
    for c in range(s.clusters.size):
        s.clusters[c].revocations = s.clusters[c].complaints = s.clusters[c].conflicts = 0.0
    city.offered, city.spent = offered_and_spent(s.funds)
    for i in range(s.own_values.size):
        if s.own_flows[i]:
            s.own_values[i] = 0.0


@inner
def offered_and_spent(funds):
    """What all funds were given and have paid since 2020, mVND."""
    offered, spent = 0.0, 0.0
    for programme in range(funds.size):
        offered += funds[programme].released
        spent += funds[programme].spent
    return offered, spent
