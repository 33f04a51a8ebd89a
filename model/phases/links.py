"""Phase 3: links deliver, are breached, renewed or closed; what a pair remembers of each other (5e, 5f)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Matter, Money
from ..maths import exp
from ..randomness import Purpose, of_pair, uniform
from ..rules.diffusion import event
from ..rules.government import permit_hazard
from ..rules.symbiosis import (
    additional_share,
    disposal_saved,
    landfilled_share,
    onsite_factor,
    outside_gain,
    traded_share,
    unit_gain,
    use_value,
)
from ..rules.trust import belief, breach_hazard, breach_memory, decay, enforcement, evidence, pair_trust, visible_share
from ..state import (
    HEAT,
    LINK_ACTIVE,
    LINK_BARRED,
    LINK_CLOSED,
    LINK_FREE,
    LINK_PERMIT,
    N_SOLID,
    PLANNED,
    REAL_OWN,
    TREATED_WATER,
)
from .cohorts import note_age
from .financing import certified
from .link_money import tax_free_gain
from .residents import is_halted

__all__ = ["Lot", "book_exchange", "close_links_of", "deliver", "demand_of", "fade", "is_barred", "new_record", "note_exchange", "pair_belief",
           "record_of_pair", "replace_fuel", "spared_by", "supply_of"]  # fmt: skip


class Lot(NamedTuple):
    """What an exchange carries in a year.

    Attributes
    ----------
    amount : float
        Units a year.
    traded : float
        Share of it that dealers would have taken.
    counted : float
        Share of it whose benefit is the city's.
    """

    amount: float
    traded: float
    counted: float


@inner
def supply_of(p, f, k, w):
    """By-product that a firm has, units a year: waste; of treated water a share of its treated effluent, of heat one of its fuel."""
    if w == HEAT and p.heat_of_firms > 0.5:
        return p.heat_recoverable * _fuel_of(f, k)
    if w == TREATED_WATER:
        return p.supply[f.sector[k], w] * f.effluent[k] if f.compliance[k] >= REAL_OWN else 0.0
    return p.supply[f.sector[k], w] * f.waste[k]


@inner
def demand_of(p, f, k, w):
    """Input that a by-product can replace, units a year."""
    if w == HEAT and p.heat_of_firms > 0.5:
        return p.sector_heat_replaceable[f.sector[k]] * _fuel_of(f, k)
    if w == TREATED_WATER:
        return p.demand[f.sector[k], w] * f.water[k]
    return p.demand[f.sector[k], w] * f.activity[k]


@inner
def _fuel_of(f, k):
    """Fuel that a firm needs, GJ a year; what heat of others replaces of it, it does not burn."""
    return f.k_fuel[k] * f.activity[k]


@inner
def deliver(s, p):
    """Active links deliver, are breached, expire or are renewed; permits arrive; old records are forgotten."""
    city = s.city[0]
    now, dt = city.time, city.dt
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        cluster.links = cluster.permits = 0
        cluster.exchanges = 0.0
        cluster.exchanged = cluster.exchanged_landfill = cluster.exchanged_value = 0.0
        cluster.heat_used = cluster.water_linked = cluster.avoided = 0.0
        cluster.breach_rate = 0.0
    for n in range(city.links_high):  # shares first, from the contracts at the start of the step
        link = s.links[n]
        if link.state == LINK_ACTIVE:
            i, j, w = link.supplier, link.buyer, link.stream
            a, b = s.firms[i >> 4], s.firms[j >> 4]
            have, need = supply_of(p, a, i & 15, w), demand_of(p, b, j & 15, w)
            # what falls short is shared out in proportion to the contracts, so that no order of links matters
            link.part = min(1.0, min(have / max(a.sold[i & 15, w], 1e-12), need / max(b.bought[j & 15, w], 1e-12)))
    for n in range(city.links_high):
        link = s.links[n]
        if link.state == LINK_FREE:
            continue
        if link.state == LINK_ACTIVE:
            _deliver(s, p, n, link)
        elif link.state == LINK_PERMIT:
            lever = s.levers[s.clusters[link.cluster].lever_row]
            u = uniform(city.key, Purpose.LINK_PERMIT, city.step, of_pair(link.supplier_id, link.buyer_id, link.stream))
            come = lever.relief_permits > 0.5 or u < event(_permit_rate(p, s.clusters[link.cluster], lever), dt)
            if come and is_halted(city, s.clusters[link.cluster]):
                city.permits_delayed += 1
            elif come:
                link.state = LINK_ACTIVE
                link.started, link.until = now, now + link.years
                link.cut_until = now + min(p.cit_years, link.years)
                fade(p, link, now)
                city.activated += 1
                _count_link(s, link, 1)
        elif link.until <= now + 1e-9:
            if link.remembered > now + 1e-9:  # a bar is over, but the link before it is still remembered
                link.state, link.until = LINK_CLOSED, link.remembered
            else:
                _forget(s, n)
    for n in range(city.links_high):  # when all have delivered, so that the order of links does not matter
        link = s.links[n]
        if link.state == LINK_ACTIVE:
            if now + dt >= link.until - 1e-9:
                _renew(s, p, n, link)
            if link.state == LINK_ACTIVE:
                s.clusters[link.cluster].links += 1
                note_age(city, 0, link.started)
        elif link.state == LINK_PERMIT:
            s.clusters[link.cluster].permits += 1


@inner
def _count_link(s, link, sign):
    for role in range(2):
        i = link.supplier if role == 0 else link.buyer
        s.firms[i >> 4].links[i & 15] += sign


@inner
def _permit_rate(p, cluster, lever):
    """Hazard of a permit in a cluster, 1/yr."""
    return permit_hazard(p, certified(cluster, lever, lever.permit_rate, lever.certified_permit_rate, 1000.0), lever.official_skill)


@inner
def _deliver(s, p, n, link):
    city = s.city[0]
    now, dt = city.time, city.dt
    i, j, w, q = link.supplier, link.buyer, link.stream, link.quantity
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    x, y = i & 15, j & 15
    cluster = s.clusters[link.cluster]
    lever = s.levers[cluster.lever_row]
    part = link.part
    if part < p.mismatch:
        _end(s, p, n, LINK_CLOSED)
        return
    e = enforcement(p, lever, cluster.kind == PLANNED)
    key, pair = city.key, of_pair(link.supplier_id, link.buyer_id, w)
    hazard_s = breach_hazard(p, a.integrity[x], e, outside_gain(p, w, link.price, True))
    hazard_b = breach_hazard(p, b.integrity[y], e, outside_gain(p, w, link.price, False))
    u = uniform(key, Purpose.LINK_BREACH, city.step, pair)
    chance = event(hazard_s + hazard_b, dt)
    cluster.breach_rate += hazard_s + hazard_b
    keep_breach = decay(breach_memory(p), dt)
    if u < chance:
        supplier_breaks = u * (hazard_s + hazard_b) < chance * hazard_s
        link.kept, link.broken, link.updated = link.kept * decay(p.tau, dt), link.broken * keep_breach + 1.0, now
        if supplier_breaks:
            a.bad[x] += 1.0
        else:
            b.bad[y] += 1.0
        cluster.breaches += 1.0
        city.broken += 1
        _end(s, p, n, LINK_CLOSED)
        return
    link.kept, link.broken, link.updated = evidence(link.kept, p.tau, dt, 1.0), link.broken * keep_breach, now
    amount = q * part
    link.delivered = amount
    note_exchange(p, cluster, w, now, amount)
    traded = traded_share(p, w)
    disposal, use = disposal_saved(p, w, traded), use_value(p, w, traded)
    half = 0.5 * p.cost_link_coordination
    gain_a, gain_b = amount * (disposal + link.price) - half, amount * (use - link.price) - half
    a.exchange_gain[x] += gain_a
    b.exchange_gain[y] += gain_b
    a.cut_links[x] += tax_free_gain(link, 0, gain_a, now)
    b.cut_links[y] += tax_free_gain(link, 1, gain_b, now)
    s.money[Money.EXCHANGE_SAVED] += dt * amount * (disposal + use)
    s.money[Money.LINK_COORDINATION] += dt * 2.0 * half
    s.money[Money.LINK_PAYMENTS] += dt * amount * abs(link.price)
    cluster.exchanged_value += amount * abs(link.price)
    book_exchange(s, p, cluster, w, Lot(amount, traded, 1.0), False)
    a.spared[x] += spared_by(p, w, amount, traded)
    b.avoided[y] += avoided_by(p, w, amount, traded)
    replace_fuel(p, b, y, w, amount)


@inner
def _renew(s, p, n, link):
    """At the end of its contract a link is renewed if it is still worth its coordination, else closed."""
    now, dt = s.city[0].time, s.city[0].dt
    i, j, w = link.supplier, link.buyer, link.stream
    kept, broken, _ = record_of_pair(s, p, i, j, w, now)
    b_s, b_b = pair_belief(s, p, i, j, kept, broken), pair_belief(s, p, j, i, kept, broken)
    if link.delivered * unit_gain(p, w) * 0.5 * (b_s + b_b) > p.cost_link_coordination:
        link.until = now + dt + link.years
    else:
        _end(s, p, n, LINK_CLOSED)


@inner
def note_exchange(p, cluster, w, now, amount):
    """An exchange operated in this step: it counts by the additional part of its stream (dealers took the rest already)."""
    if amount > 0.0:
        cluster.exchanges += additional_share(p, w, traded_share(p, w))
        cluster.flowed_at = now


@inner
def spared_by(p, w, amount, traded):
    """Waste that an exchange keeps from the landfill, t; it is booked to the supplier, whose waste it was."""
    return amount * landfilled_share(p, w, traded) if w < N_SOLID else 0.0


@inner
def avoided_by(p, w, amount, traded):
    """Emissions on site that an exchange avoids, tCO2e; booked to the buyer, who burns less, or else to the supplier."""
    return amount * p.stream_substitution[w] * onsite_factor(p, w) * additional_share(p, w, traded)


@inner
def replace_fuel(p, f, k, w, amount):
    """Heat of firms (`heat_of_firms`) replaces fuel of who gets it: it burns less, and all that is told of its fuel follows."""
    if w == HEAT and p.heat_of_firms > 0.5:
        f.fuel[k] -= amount * p.stream_substitution[w]


@inner
def book_exchange(s, p, cluster, w, lot, pooled):
    """Physical side of an exchange: tonnes, heat or water, emissions avoided here, upstream effects apart."""
    dt = s.city[0].dt
    matter = s.matter
    amount, additional = lot.amount, additional_share(p, w, lot.traded)
    replaced = amount * p.stream_substitution[w]
    if w < N_SOLID:
        cluster.exchanged += amount
        spared = spared_by(p, w, amount, lot.traded)
        cluster.exchanged_landfill += spared
        matter[Matter.LANDFILL_TCO2E] -= dt * spared * p.stream_ef_landfill[w]
        matter[Matter.POOLED_T if pooled else Matter.EXCHANGED_T] += dt * amount
        matter[Matter.VIRGIN_SAVED_T] += dt * replaced * lot.counted * (1.0 - lot.traded)
    elif w == TREATED_WATER:
        cluster.water_linked += amount
        matter[Matter.EXCHANGED_M3] += dt * amount
    else:
        cluster.heat_used += amount
        matter[Matter.EXCHANGED_GJ] += dt * amount
    avoided = avoided_by(p, w, amount, lot.traded) * lot.counted
    cluster.avoided += avoided
    matter[Matter.EXCHANGE_TCO2E] += dt * avoided
    matter[Matter.UPSTREAM_TCO2E] += dt * replaced * p.stream_ef_upstream[w] * additional


@inner
def _end(s, p, n, state):
    """A link ends; its record stays for the memory of the pair."""
    link = s.links[n]
    w = link.stream
    if link.state == LINK_ACTIVE:
        _count_link(s, link, -1)
    if link.state == LINK_ACTIVE or link.state == LINK_PERMIT:
        a, b = s.firms[link.supplier >> 4], s.firms[link.buyer >> 4]
        x, y = link.supplier & 15, link.buyer & 15
        a.sold[x, w] = max(a.sold[x, w] - link.quantity, 0.0)
        b.bought[y, w] = max(b.bought[y, w] - link.quantity, 0.0)
    link.state = state
    link.until = link.remembered = s.city[0].time + p.memory_years
    link.delivered = 0.0


@inner
def pair_belief(s, p, slot, partner, kept, broken):
    """What the firm in a slot believes of a partner, given the evidence of the pair; the truth if barrier 6 is removed."""
    f, k = s.firms[slot >> 4], slot & 15
    g, m = s.firms[partner >> 4], partner & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    e = enforcement(p, lever, cluster.kind == PLANNED)
    if lever.relief_trust > 0.5:
        return exp(-breach_hazard(p, g.integrity[m], e, 0.0))
    omega = visible_share(p, lever.platform, lever.coordinator)
    return belief(p, pair_trust(p, f.trust[k], kept, broken, omega, g.good[m], g.bad[m]), e)


@inner
def record_of_pair(s, p, i, j, w, now):
    """Memory of a pair: evidence of both directions, and the record of this stream (-1: none)."""
    kept, broken, found = 0.0, 0.0, -1
    for way in range(2):
        a, b = (i, j) if way == 0 else (j, i)
        n = np.int64(s.head[a, 0])
        while n >= 0:
            link = s.links[n]
            if link.buyer == b:
                if link.kept + link.broken > 0.0:
                    kept += link.kept * decay(p.tau, now - link.updated)
                    broken += link.broken * decay(breach_memory(p), now - link.updated)
                if way == 0 and link.stream == w:
                    found = n
            n = link.next[0]
    return kept, broken, found


@inner
def is_barred(s, i, j, w):
    """The pair has agreed on this stream, or does not look at it for some years."""
    n = np.int64(s.head[i, 0])
    while n >= 0:
        link = s.links[n]
        if link.buyer == j and link.stream == w:
            return link.state == LINK_BARRED or link.state == LINK_ACTIVE or link.state == LINK_PERMIT
        n = link.next[0]
    return False


@inner
def new_record(s, i, j, w):
    """A free record, entered in the lists of both firms; -1 and the run fails if there is none."""
    city = s.city[0]
    n = city.links_free
    if n >= 0:
        city.links_free = s.links[n].next[0]
    elif city.links_high < s.links.size:
        n = city.links_high
        city.links_high += 1
    else:
        city.overflow = 1
        return -1
    city.links_used += 1
    link = s.links[n]
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    link.supplier, link.buyer, link.stream = i, j, w
    link.supplier_id, link.buyer_id = a.id[i & 15], b.id[j & 15]
    link.cluster = a.cluster[i & 15]
    link.kept, link.broken, link.updated, link.remembered = 0.0, 0.0, city.time, 0.0
    link.next[0], link.next[1] = s.head[i, 0], s.head[j, 1]
    s.head[i, 0] = n
    s.head[j, 1] = n
    return n


@inner
def fade(p, link, now):
    """Lazy decay of the evidence of a record up to now."""
    years = now - link.updated
    link.kept, link.broken, link.updated = link.kept * decay(p.tau, years), link.broken * decay(breach_memory(p), years), now


@inner
def _forget(s, n):
    """Take a record out of both lists and give it back."""
    city = s.city[0]
    link = s.links[n]
    for role in range(2):
        slot = link.supplier if role == 0 else link.buyer
        at = np.int64(s.head[slot, role])
        if at == n:
            s.head[slot, role] = link.next[role]
        else:
            while s.links[at].next[role] != n:
                at = s.links[at].next[role]
            s.links[at].next[role] = link.next[role]
    link.state = LINK_FREE
    link.next[0] = city.links_free
    city.links_free = n
    city.links_used -= 1


@inner
def close_links_of(s, p, slot):
    """A firm leaves: its links end and nobody remembers them."""
    for role in range(2):
        n = np.int64(s.head[slot, role])
        while n >= 0:
            after = s.links[n].next[role]
            if s.links[n].state == LINK_ACTIVE:
                s.city[0].broken += 1
            _end(s, p, n, LINK_CLOSED)
            _forget(s, n)
            n = after
