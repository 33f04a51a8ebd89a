"""Trade partners, lead firms, like firms near by and admission by the chain (13.12), firm by firm."""

from __future__ import annotations

import math

from ecocluster.model.maths import log

from .formulas import SOLID
from .luck import PURPOSE
from .objects import OUTSIDE, T1, T2

__all__ = ["count_carried", "exchanges_inside", "find_partners", "forget_source", "is_soaked", "note_like", "note_like_reference", "note_source",
           "spared_part", "told_hazard"]  # fmt: skip


# --- partners ---------------------------------------------------------------------------------------------


def find_partners(model, cluster) -> None:
    """Whoever is new gets a buyer and a supplier; then it is noted who sells inside and whom lead firms ask."""
    p = model.p
    if cluster.kind == OUTSIDE or not (p.chain_ties or p.lead_firm):
        return
    for firm in cluster.firms:
        firm.asked = False
        slot = firm.slot
        if slot.drawn_for != firm.firm_id:
            slot.drawn_for = firm.firm_id
            slot.partners = [_buyer_of(model, firm), _supplier_of(model, firm)]
            if p.chain_ties:
                slot.ties = slot.near + [partner for partner in slot.partners if partner is not None]
    there = [slot for firm in cluster.firms for slot in firm.slot.partners if slot is not None]
    cluster.trade_ties = sum(slot.firm is not None for slot in there)
    for firm in cluster.firms:
        buyer, supplier = (slot and slot.firm for slot in firm.slot.partners)
        if buyer and _leads(model, buyer):
            firm.asked = True
        if supplier and _leads(model, firm):
            supplier.asked = True


def _first(model, purpose: int, firm, weight):
    """The slot of the firm that wins a race in which each other firm of the cluster runs at the speed of its weight; None: all have 0."""
    best, found = math.inf, None
    for other in firm.cluster.firms:
        if other is not firm and weight(other) > 0.0:
            time = -log(model.luck.uniform_of_pair(purpose, 0, firm.firm_id, other.firm_id)) / weight(other)
            if time < best:
                best, found = time, other.slot
    return found


def _deals(p, supplier, buyer) -> float:
    """What a supplier and a buyer weigh as a pair."""
    return p.chain[supplier.sector][buyer.sector] * buyer.workers**p.chain_size


def _buyer_of(model, firm):
    return _first(model, PURPOSE.CHAIN_BUYER, firm, lambda other: _deals(model.p, firm, other))


def _supplier_of(model, firm):
    return _first(model, PURPOSE.CHAIN_SUPPLIER, firm, lambda other: _deals(model.p, other, firm))


def _leads(model, firm) -> bool:
    p = model.p
    willing = model.luck.uniform(PURPOSE.LEAD, 0, firm.firm_id) < p.lead_firm
    return willing and (firm.exporter or firm.workers >= p.lead_workers)


# --- which ties carry T1 and T2 -----------------------------------------------------------------------------


def told_hazard(p, firm, j: int) -> float:
    """Hazard of learning from a lead firm that asks for technology j."""
    return p.lead_teach if firm.asked and j in (T1, T2) else 0.0


def note_source(model, firm, j: int, known: list, hazard: float, u: float) -> None:
    """Who told a firm of technology j: its ties, trade partners among them first, in the order of the parts of the hazard."""
    if not model.p.chain_ties or j not in (T1, T2):
        return
    asking, each = told_hazard(model.p, firm, j), model.p.q_tie / max(len(known), 1)
    partners = [slot.firm for slot in firm.slot.partners if slot is not None and firm.cluster.kind != OUTSIDE]
    trade = asking + each * sum(other is not None and other.has(j) for other in partners)
    ties = asking + each * sum(other.has(j) for other in known)
    forget_source(firm, j)
    if u * hazard < ties:
        firm.told_by[j] = "trade" if u * hazard < trade else "others"


def forget_source(firm, j: int) -> None:
    """Nobody told it."""
    firm.told_by.pop(j, None)


def count_carried(model, firm, j: int) -> None:
    """The first order of T1 or T2 by a firm that a tie had told."""
    if not firm.ever >> j & 1 and j in firm.told_by:
        model.events[f"{'t1' if j == T1 else 't2'}_by_{firm.told_by[j]}"] += 1


# --- places -----------------------------------------------------------------------------------------------


def is_soaked(p, cluster) -> bool:
    """Do enough firms know of T1 or T2 for projects to begin?"""
    aware = sum(firm.knows(T1) or firm.knows(T2) for firm in cluster.firms)
    return not p.soak_threshold or aware >= p.soak_threshold * len(cluster.firms)


def note_like(model, cluster) -> None:
    """Firms by trade."""
    cluster.like = [sum(firm.sector == i for firm in cluster.firms) for i in range(len(model.p.sector_margin))]


def note_like_reference(model) -> None:
    """2018-19, by cluster and as a mean of the city."""
    existing = model.clusters[: len(model.layout.slots)]
    for i in range(len(model.p.sector_margin)):
        for cluster in existing:
            cluster.like_reference[i] += cluster.like[i] * model.dt / 2.0
            model.like_mean[i] += cluster.like[i] * model.dt / 2.0 / len(existing)


def spared_part(model, firm) -> float:
    """Part of the cost of labour and inputs that is spared by more like firms than in 2018-19; negative by fewer."""
    p, cluster, i = model.p, firm.cluster, firm.sector
    if not p.marshall_elasticity or cluster.kind == OUTSIDE or model.now < 2020.0 - 1e-9:
        return 0.0
    usual = cluster.like_reference[i]
    if usual < 1.0:
        usual = max(model.like_mean[i], 1.0)
    ratio = min(max(cluster.like[i] / usual, 1.0 / p.marshall_span), p.marshall_span)
    return 1.0 - ratio ** (-p.marshall_elasticity)


def exchanges_inside(model, firm, there) -> bool:
    """Could enough of a newcomer's solid streams be given to, or taken from, those in a planned cluster? Nobody there: yes."""
    inside = [other for other in there.residents() if other is not firm]
    fit = total = 0.0
    for w in SOLID:
        supply, demand = sum(other.supply(w) for other in inside), sum(other.demand(w) for other in inside)
        fit += min(firm.supply(w), max(demand - supply, 0.0)) + min(firm.demand(w), max(supply - demand, 0.0))
        total += firm.supply(w) + firm.demand(w)
    return not inside or fit >= model.p.chain_fit * total
