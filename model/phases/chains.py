"""Phase 1b: trade partners of newcomers, whom lead firms ask, and like firms near by (13.12)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..randomness import Purpose, draw, uniform, unit, versus
from ..rules.chain import carried_by, fits, is_lead, lead_teaching, like_ratio, partner_time, place_cost, stream_fit
from ..state import LANES, N_SECTORS, N_SOLID, OUTSIDE, SLOT_TAKEN, T1, T1_OR_T2
from .acquaintances import tie_adopters

__all__ = ["count_carried", "exchanges_inside", "find_partners", "forget_source", "has_chains", "note_like", "note_like_reference",
           "note_source"]  # fmt: skip


@inner
def has_chains(p):
    """Are there trade partners?"""
    return p.chain_ties > 0.5 or p.lead_firm > 0.0


@inner
def find_partners(s, p, c):
    """Draw trade partners of those who are new in a cluster; note who sells inside and whom a lead firm asks.

    A buyer and a supplier are drawn among all who are there now, each in a race of its own hash against the ids of the two, so that
    no order of firms matters. Whoever sits in a partner's slot later is the partner then, as of all acquaintances.
    """
    cluster = s.clusters[c]
    if cluster.kind == OUTSIDE:
        return
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            f.asked[k] = f.sells[k] = 0
            if f.status[k] == SLOT_TAKEN and f.drawn_for[k] != f.id[k] + 1:
                _draw_partners(s, p, cluster, b * LANES + k)
    partners = 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] != SLOT_TAKEN:
                continue
            buyer, supplier = np.int64(f.buyer[k]), np.int64(f.supplier[k])
            if _is_there(s, buyer):
                f.sells[k] = 1
                partners += 1
                if _leads(s, p, buyer):
                    f.asked[k] = 1
            if _is_there(s, supplier):
                partners += 1
                if _leads(s, p, b * LANES + k):
                    s.firms[supplier >> 4].asked[supplier & 15] = 1
    cluster.trade_ties = partners


@inner
def _draw_partners(s, p, cluster, slot):
    """The first of each race; -1: nobody there deals with this trade."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    as_seller, as_buyer = (draw(city.key, Purpose.CHAIN_BUYER, 0, f.id[k]), draw(city.key, Purpose.CHAIN_SUPPLIER, 0, f.id[k]))
    buyer, supplier, first, second = -1, -1, np.inf, np.inf
    for b in range(cluster.first, cluster.last):
        g = s.firms[b]
        for m in range(LANES):
            other = b * LANES + m
            if g.status[m] != SLOT_TAKEN or other == slot:
                continue
            t = partner_time(p, f.sector[k], g.sector[m], g.workers[m], unit(versus(as_seller, g.id[m])))
            if t < first:
                buyer, first = other, t
            t = partner_time(p, g.sector[m], f.sector[k], f.workers[k], unit(versus(as_buyer, g.id[m])))
            if t < second:
                supplier, second = other, t
    f.buyer[k], f.supplier[k], f.drawn_for[k] = buyer, supplier, f.id[k] + 1
    if p.chain_ties > 0.5:
        s.ties[slot, 2], s.ties[slot, 3] = buyer, supplier


@inner
def _is_there(s, slot):
    """Does somebody sit in the slot of a partner?"""
    return slot >= 0 and s.firms[slot >> 4].status[slot & 15] == SLOT_TAKEN


@inner
def _leads(s, p, slot):
    """Is the firm of a slot a lead firm?"""
    f, k = s.firms[slot >> 4], slot & 15
    return p.lead_firm > 0.0 and is_lead(p, f.workers[k], f.exporter[k], uniform(s.city[0].key, Purpose.LEAD, 0, f.id[k]))


# --- which ties carry T1 and T2 -----------------------------------------------------------------------------


@inner
def _partners_with(s, f, k, j):
    """Trade partners in whose slots technology j runs, as `acquaintances.tie_adopters` counts them."""
    found = 0
    if f.drawn_for[k] != f.id[k] + 1:
        return found
    for i in (np.int64(f.buyer[k]), np.int64(f.supplier[k])):
        if i >= 0:
            found += (s.holds[i] >> j) & 1
    return found


@inner
def note_source(s, p, slot, j, hazard, u):
    """A firm has learnt of technology j: remember whether a tie told it.

    Parameters
    ----------
    hazard : float
        Of learning, 1/yr.
    u : float
        Uniform number in (0, 1), given that it has learnt.
    """
    if p.chain_ties < 0.5 or not (T1_OR_T2 >> j) & 1:
        return
    f, k = s.firms[slot >> 4], slot & 15
    adopters, known = tie_adopters(s, slot, j)
    asking, one = lead_teaching(p, j, f.asked[k]), p.q_tie / max(known, 1)
    who = carried_by(asking + one * adopters, asking + one * _partners_with(s, f, k, j), hazard, u)
    bit = np.uint8(1 << j)
    forget_source(f, k, j)
    if who == 2:
        f.told_trade[k] |= bit
    elif who == 1:
        f.told_other[k] |= bit


@inner
def forget_source(f, k, j):
    """Nobody has told a firm of technology j."""
    bit = np.uint8(1 << j)
    f.told_trade[k] &= ~bit
    f.told_other[k] &= ~bit


@inner
def count_carried(city, f, k, j):
    """A firm orders technology j: if it never had and a tie had told it, that tie has carried it."""
    if (f.ever[k] >> j) & 1 or not (T1_OR_T2 >> j) & 1:
        return
    row = 0 if j == T1 else 1
    if (f.told_trade[k] >> j) & 1:
        city.carried[row, 0] += 1
    elif (f.told_other[k] >> j) & 1:
        city.carried[row, 1] += 1


# --- like firms near by -------------------------------------------------------------------------------------


@inner
def note_like(s, p, c):
    """Firms of each trade in a cluster, and from 2020 on what part of the cost of labour and inputs they spare."""
    city, cluster = s.city[0], s.clusters[c]
    cluster.like[:] = 0
    cluster.spared[:] = 0.0
    if cluster.kind == OUTSIDE:
        return
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN:
                cluster.like[f.sector[k]] += 1
    if city.time < 2020.0 - 1e-9:
        return
    for i in range(N_SECTORS):
        if cluster.like[i] > 0:
            ratio = like_ratio(p, np.float64(cluster.like[i]), cluster.like_reference[i], city.like_mean[i])
            cluster.spared[i] = 1.0 - place_cost(p, ratio)


@inner
def note_like_reference(s, half):
    """Add a step of 2018-19, `half` of its length in years, to the reference of every cluster and to the mean of the city."""
    city = s.city[0]
    for c in range(city.existing):
        cluster = s.clusters[c]
        for i in range(N_SECTORS):
            cluster.like_reference[i] += half * cluster.like[i]
            city.like_mean[i] += half * cluster.like[i] / city.existing


# --- admission by the chain ---------------------------------------------------------------------------------


@inner
def exchanges_inside(s, p, slot, there):
    """Could the firm of a slot exchange enough of its solid streams with those in a planned cluster? The first one may always enter."""
    f, k = s.firms[slot >> 4], slot & 15
    fit, total, inside = 0.0, 0.0, 0
    for w in range(N_SOLID):
        supply, demand, inside = 0.0, 0.0, 0
        for b in range(there.first, there.last):
            g = s.firms[b]
            for m in range(LANES):
                if g.status[m] == SLOT_TAKEN and b * LANES + m != slot:
                    inside += 1
                    supply += p.supply[g.sector[m], w] * g.waste[m]
                    demand += p.demand[g.sector[m], w] * g.activity[m]
        give, take = p.supply[f.sector[k], w] * f.waste[k], p.demand[f.sector[k], w] * f.activity[k]
        fit += stream_fit(give, take, supply, demand)
        total += give + take
    return inside == 0 or fits(p, fit, total)
