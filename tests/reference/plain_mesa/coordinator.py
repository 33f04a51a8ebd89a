"""8 The coordinator of a cluster finishes so many cases a year, what looks best to him first (13.8)."""

from __future__ import annotations

import math

from ecocluster.model.maths import exp

from .formulas import rules
from .hubs import hub_worth
from .luck import PURPOSE
from .objects import HUB_STREAMS, OUTSIDE, Case

__all__ = ["coordinate"]

ROOM = 32


def coordinate(model, cluster) -> None:
    """Hubs that would not begin by themselves become cases; what has settled itself is dropped; the best are taken."""
    p, levers = model.p, cluster.levers
    if p.coordinator_capacity <= 0.0 or cluster.kind == OUTSIDE or cluster.counted < 2:
        return
    for supplier, buyer, w, ident, worth in cluster.finds:
        if _is_open(supplier, buyer, w):
            _keep(cluster, Case(w, _seen(model, worth, PURPOSE.SCREENING, ident), ident, supplier, buyer))
    cluster.finds.clear()
    for w in HUB_STREAMS:
        ident = cluster.ident * 8 + w
        u = model.luck.uniform(PURPOSE.HUB_START, model.quarter, ident)
        with_him = p.hub_base + p.hub_coordinator * levers.coordinator
        alone, both = (rules.diffusion.event(hazard, model.dt) for hazard in (p.hub_base, with_him))
        if cluster.hubs[w].active or not alone <= u < both:
            continue
        worth = hub_worth(model, cluster, w)
        if worth > 0.0:
            _keep(cluster, Case(w, _seen(model, worth, PURPOSE.SCREENING_HUB, ident), -1 - w))
    cluster.cases = cases = [case for case in cluster.cases if not _settled(cluster, case)]
    cluster.effort += rules.facilitation.cases_a_year(p, levers.coordinator) * model.dt
    able = math.floor(cluster.effort + 1e-9)
    done = min(able, len(cases))
    cluster.effort = max(cluster.effort - able, 0.0)
    cases.sort(key=_order)
    for n, case in enumerate(cases[:done]):
        if case.supplier is None:
            model.called.add((cluster, case.stream))
        else:
            priority = model.luck.bits(PURPOSE.PRIORITY, model.quarter, (1 << 37) + (1 << 36) + cluster.ident * 32 + n)
            model.proposals.append((priority, case.supplier, case.buyer, case.stream, False))
    del cases[:done]
    model.events["cases"] += done


def _seen(model, worth: float, purpose: int, ident: int) -> float:
    """What he thinks a case worth: he always misjudges the same case alike."""
    return worth * exp(model.p.screening_error * model.luck.normal(purpose, 0, ident))


def _order(case: Case) -> tuple[float, int]:
    return -case.seen, case.ident


def _keep(cluster, case: Case) -> None:
    """Wait, if it does not yet; what looks worst is put aside when there is no room."""
    if any(other.ident == case.ident for other in cluster.cases):
        return
    cluster.cases = sorted([*cluster.cases, case], key=_order)[:ROOM]


def _settled(cluster, case: Case) -> bool:
    if case.supplier is None:
        return cluster.hubs[case.stream].active
    stays = all(firm.slot.firm is firm and firm.cluster is cluster for firm in (case.supplier, case.buyer))
    return not (stays and _is_open(case.supplier, case.buyer, case.stream))


def _is_open(supplier, buyer, w: int) -> bool:
    records = (link for link in supplier.links if link.supplier is supplier and link.buyer is buyer and link.stream == w)
    return all(link.state == "closed" for link in records)
