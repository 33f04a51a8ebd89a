"""Phase 8: coordinators finish so many cases a year, those that look best first (13.8).

A case is a link that their share of the search has found, or a hub that they would propose. It waits in `State.cases`
until it is taken; where more wait than there is room for, what looks worst is put aside. What firms find themselves,
hubs that begin by themselves and the cases of operators (13.1) take none of his time.
"""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..randomness import Purpose, draw, of_coordinated, of_hub, of_pair, uniform
from ..rules.diffusion import event
from ..rules.facilitation import cases_a_year, cases_done, seen_gain
from ..state import CASES_KEPT, N_HUBS, OUTSIDE, SLOT_TAKEN
from .births import normal_trait
from .hubs import hub_hazard, hub_worth
from .links import is_barred
from .requests import COORDINATOR, Exchange, fund_of, propose

__all__ = ["coordinate", "put_case"]


@inner
def coordinate(s, p, c):
    """He thinks of hubs, drops what has settled itself, and takes the cases that look best while his time lasts."""
    cluster = s.clusters[c]
    if p.coordinator_capacity <= 0.0 or cluster.kind == OUTSIDE or cluster.firms < 2:
        return
    city, lever = s.city[0], s.levers[cluster.lever_row]
    alone, all_told = event(p.hub_base, city.dt), event(hub_hazard(p, lever), city.dt)
    for w in range(N_HUBS if all_told > alone else 0):
        u = uniform(city.key, Purpose.HUB_START, city.step, of_hub(c, w))
        if alone <= u < all_told and not s.hubs[c, w].active:
            _think_of_hub(s, p, c, cluster, w)
    _drop_settled(s, c, cluster)
    effort = cluster.effort + cases_a_year(p, lever.coordinator) * city.dt
    done, cluster.effort = cases_done(effort, cluster.waiting)
    for n in range(done):
        best = 0
        for i in range(1, cluster.waiting):
            best = i if _before(s.cases[c, i], s.cases[c, best]) else best
        case = s.cases[c, best]
        if case.supplier < 0:
            s.hubs[c, case.stream].called = 1  # `hubs.review_hubs` proposes it
        else:
            priority = draw(city.key, Purpose.PRIORITY, city.step, of_coordinated(c, n))
            propose(s, Exchange(case.supplier, case.buyer, case.stream, 0.0), fund_of(cluster), priority, COORDINATOR)
        _remove(s, c, cluster, best)
    city.cases += done


@inner
def put_case(s, p, cluster, exchange, worth):
    """A link that his share of the search has found waits for him, unless the pair has settled it.

    He misjudges the same case alike, however often it is found.
    """
    i, j, w = exchange.supplier, exchange.buyer, exchange.stream
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    supplier_id, buyer_id = a.id[i & 15], b.id[j & 15]
    ident = of_pair(supplier_id, buyer_id, w)
    c = np.int64(a.cluster[i & 15])
    if _waits(s, c, cluster, ident) or is_barred(s, i, j, w):
        return
    n = _place(s, c, cluster, ident, seen_gain(p, worth, normal_trait(s.city[0], Purpose.SCREENING, ident)))
    if n >= 0:
        case = s.cases[c, n]
        case.supplier, case.buyer, case.stream = i, j, w
        case.supplier_id, case.buyer_id = supplier_id, buyer_id


@inner
def _think_of_hub(s, p, c, cluster, w):
    """A hub that would not begin by itself becomes a case if it seems to pay."""
    worth = hub_worth(s, p, cluster, w)
    if worth <= 0.0:
        return
    z = normal_trait(s.city[0], Purpose.SCREENING_HUB, of_hub(c, w))
    n = -1 if _waits(s, c, cluster, np.int64(-1 - w)) else _place(s, c, cluster, np.int64(-1 - w), seen_gain(p, worth, z))
    if n >= 0:
        case = s.cases[c, n]
        case.supplier, case.buyer, case.stream = -1, -1, w


@inner
def _before(case, other):
    """Does a case look better than another? Alike are taken by id."""
    return case.seen > other.seen or (case.seen == other.seen and case.ident < other.ident)


@inner
def _waits(s, c, cluster, ident):
    """Does a case wait already?"""
    for i in range(cluster.waiting):
        if s.cases[c, i].ident == ident:
            return True
    return False


@inner
def _place(s, c, cluster, ident, seen):
    """Where a new case is kept; -1 if there is no room for one that looks no better."""
    n = cluster.waiting
    if n == CASES_KEPT:
        n = 0
        for i in range(1, CASES_KEPT):
            n = i if _before(s.cases[c, n], s.cases[c, i]) else n
        worst = s.cases[c, n]
        if seen < worst.seen or (seen == worst.seen and ident > worst.ident):
            return -1
    else:
        cluster.waiting = n + 1
    s.cases[c, n].ident, s.cases[c, n].seen = ident, seen
    return n


@inner
def _drop_settled(s, c, cluster):
    """Cases of firms that left, of pairs that have agreed or are barred, and of hubs that run: no longer cases."""
    i = 0
    while i < cluster.waiting:
        case = s.cases[c, i]
        if case.supplier < 0:
            settled = s.hubs[c, case.stream].active != 0
        else:
            there = _sits(s, case.supplier, case.supplier_id) and _sits(s, case.buyer, case.buyer_id)
            settled = not there or is_barred(s, case.supplier, case.buyer, case.stream)
        if settled:
            _remove(s, c, cluster, i)
        else:
            i += 1


@inner
def _sits(s, slot, ident):
    f, k = s.firms[slot >> 4], slot & 15
    return f.status[k] == SLOT_TAKEN and f.id[k] == ident


@inner
def _remove(s, c, cluster, n):
    """The last case takes the place of one that is gone."""
    cluster.waiting -= 1
    case, last = s.cases[c, n], s.cases[c, cluster.waiting]
    case.supplier, case.buyer, case.stream = last.supplier, last.buyer, last.stream
    case.supplier_id, case.buyer_id, case.ident, case.seen = last.supplier_id, last.buyer_id, last.ident, last.seen
