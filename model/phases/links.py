"""Phases 3 and 8: by-product links between two firms, from the search for a partner to the end of the contract (5f)."""

from __future__ import annotations

import numpy as np

from ..jit import inner, small
from ..ledger import Matter, Money
from ..maths import exp
from ..randomness import Purpose, draw, mix, uniform, versus
from ..rules.diffusion import event
from ..rules.symbiosis import deal_price, feasible, fixed_cost, outside_gain, study_worth, unit_gain
from ..rules.trust import belief, breach_hazard, decay, evidence, pair_trust, visible_share
from ..state import (
    AWARE_SYMBIOSIS,
    LANES,
    LINK_ACTIVE,
    LINK_BARRED,
    LINK_CLOSED,
    LINK_FREE,
    LINK_PERMIT,
    MAP_SEEN,
    N_STREAMS,
    OUTSIDE,
    PLANNED,
    REAL_OWN,
    SLOT_TAKEN,
)
from .knowledge import enforcement
from .lottery import SEARCH, digits
from .requests import propose, sort_requests
from .technology import own_funds

__all__ = ["close_links_of", "deliver", "demand_of", "pair_belief", "search_partners", "sign_deals", "supply_of"]

TREATED_WATER = 6


@inner
def supply_of(p, f, k, w):
    """By-product that a firm has, units a year: waste; of treated water a share of its treated effluent."""
    if w == TREATED_WATER:
        return p.supply[f.sector[k], w] * f.effluent[k] if f.z[k] >= REAL_OWN else 0.0
    return p.supply[f.sector[k], w] * f.waste[k]


@inner
def demand_of(p, f, k, w):
    """Input that a by-product can replace, units a year."""
    if w == TREATED_WATER:
        return p.demand[f.sector[k], w] * f.water[k]
    return p.demand[f.sector[k], w] * f.activity[k]


@inner
def pair_id(supplier_id, buyer_id, w):
    """Persistent id of an ordered pair and stream (40 bits of a hash)."""
    return np.int64(mix(np.uint64(supplier_id * 1048576 + buyer_id) * np.uint64(8) + np.uint64(w)) >> np.uint64(24))


# --- delivery -------------------------------------------------------------------------------------------


@inner
def deliver(s, p):
    """Active links deliver, are breached, expire or are renewed; permits arrive; old records are forgotten."""
    city = s.city[0]
    now, dt = city.time, city.dt
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        cluster.links = 0
        cluster.exchanged = cluster.exchanged_landfill = cluster.exchanged_value = 0.0
        cluster.heat_used = cluster.water_linked = 0.0
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
            u = uniform(city.key, Purpose.LINK_PERMIT, city.step, pair_id(link.supplier_id, link.buyer_id, link.stream))
            if lever.relief_permits > 0.5 or u < event(lever.permit_rate, dt):
                link.state = LINK_ACTIVE
                link.started, link.until = now, now + link.years
                _update(p, link, now)
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


@inner
def _count_link(s, link, sign):
    for role in range(2):
        i = link.supplier if role == 0 else link.buyer
        s.firms[i >> 4].links[i & 15] += sign


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
    key, pair = city.key, pair_id(link.supplier_id, link.buyer_id, w)
    hazard_s = breach_hazard(p, a.integrity[x], e, outside_gain(p, w, link.price, True))
    hazard_b = breach_hazard(p, b.integrity[y], e, outside_gain(p, w, link.price, False))
    u = uniform(key, Purpose.LINK_BREACH, city.step, pair)
    chance = event(hazard_s + hazard_b, dt)
    cluster.breach_rate += hazard_s + hazard_b
    if u < chance:
        supplier_breaks = u * (hazard_s + hazard_b) < chance * hazard_s
        keep = decay(p.tau, dt)
        link.s, link.f, link.updated = link.s * keep, link.f * keep + 1.0, now
        if supplier_breaks:
            a.bad[x] += 1.0
        else:
            b.bad[y] += 1.0
        cluster.breaches += 1.0
        city.broken += 1
        _end(s, p, n, LINK_CLOSED)
        return
    link.s, link.f, link.updated = evidence(link.s, p.tau, dt, 1.0), link.f * decay(p.tau, dt), now
    amount = q * part
    link.delivered = amount
    use = p.stream_substitution[w] * p.stream_virgin_price[w] - p.stream_treatment_cost[w]
    half = 0.5 * p.cost_link_coordination
    a.exchange_gain[x] += amount * (p.stream_disposal_cost[w] + link.price) - half
    b.exchange_gain[y] += amount * (use - link.price) - half
    s.money[Money.EXCHANGE_SAVED] += dt * amount * (p.stream_disposal_cost[w] + use)
    s.money[Money.LINK_COORDINATION] += dt * 2.0 * half
    s.money[Money.LINK_PAYMENTS] += dt * amount * abs(link.price)
    cluster.exchanged_value += amount * abs(link.price)
    book_exchange(s, p, cluster, w, amount, 1.0, False)


@inner
def _renew(s, p, n, link):
    """At the end of its contract a link is renewed if it is still worth its coordination, else closed."""
    now, dt = s.city[0].time, s.city[0].dt
    i, j, w = link.supplier, link.buyer, link.stream
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    x, y = i & 15, j & 15
    cluster = s.clusters[link.cluster]
    lever = s.levers[cluster.lever_row]
    good, bad, _, _ = _record(s.head, s.links, i, j, w, now, p.tau)
    b_s = pair_belief(p, lever, cluster, a, x, b, y, good, bad)
    b_b = pair_belief(p, lever, cluster, b, y, a, x, good, bad)
    if link.delivered * unit_gain(p, w) * 0.5 * (b_s + b_b) > p.cost_link_coordination:
        link.until = now + dt + link.years
    else:
        _end(s, p, n, LINK_CLOSED)


@inner
def book_exchange(s, p, cluster, w, amount, counted, pooled):
    """Physical side of an exchange: tonnes, heat or water, emissions avoided here, upstream effects apart."""
    dt = s.city[0].dt
    matter = s.matter
    additional = p.stream_additional[w]
    replaced = amount * p.stream_substitution[w]
    if w < N_STREAMS - 2:
        cluster.exchanged += amount
        if p.stream_disposal_cost[w] > 0.0:
            cluster.exchanged_landfill += amount
        matter[Matter.POOLED_T if pooled else Matter.EXCHANGED_T] += dt * amount
        matter[Matter.VIRGIN_SAVED_T] += dt * replaced * counted
    elif w == TREATED_WATER:
        cluster.water_linked += amount
        matter[Matter.EXCHANGED_M3] += dt * amount
    else:
        cluster.heat_used += amount
        matter[Matter.EXCHANGED_GJ] += dt * amount
    matter[Matter.EXCHANGE_TCO2E] += dt * replaced * p.stream_ef_onsite[w] * additional * counted
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
def _forget(s, n):
    """Take a record out of both lists and give it back."""
    city = s.city[0]
    link = s.links[n]
    for role in range(2):
        slot = link.supplier if role == 0 else link.buyer
        at = s.head[slot, role]
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
        n = s.head[slot, role]
        while n >= 0:
            after = s.links[n].next[role]
            if s.links[n].state == LINK_ACTIVE:
                s.city[0].broken += 1
            _end(s, p, n, LINK_CLOSED)
            _forget(s, n)
            n = after


# --- search and negotiation -----------------------------------------------------------------------------


@inner
def _best_stream(p, a, x, b, y, match):
    """Best stream (of those in `match`) and direction between firms (a, x) and (b, y) by yearly gain less coordination.

    Returns
    -------
    (worth, stream, forward, quantity)
        forward: True if (a, x) supplies.
    """
    best, stream, forward, amount = 0.0, -1, True, 0.0
    for w in range(N_STREAMS):
        if not (match >> w) & 1:
            continue
        gain = unit_gain(p, w)
        for way in range(2):
            q = free_quantity(p, a, x, b, y, w) if way == 0 else free_quantity(p, b, y, a, x, w)
            worth = q * gain - p.cost_link_coordination
            if worth > best:
                best, stream, forward, amount = worth, w, way == 0, q
    return best, stream, forward, amount


@inner
def free_quantity(p, a, x, b, y, w):
    """min(free supply, unmet demand) of an ordered pair, units a year; 0 where a hub already takes the stream."""
    if w < N_STREAMS - 1 and ((a.hubs[x] | b.hubs[y]) >> w) & 1:
        return 0.0
    have = supply_of(p, a, x, w) - a.sold[x, w]
    need = demand_of(p, b, y, w) - b.bought[y, w]
    return max(min(have, need), 0.0)


@inner
def _offers_of(p, f, k):
    """Streams that a firm could give (bits 0-6) or take (bits 8-14) at a gain over coordination."""
    offers = 0
    for w in range(N_STREAMS):
        gain = unit_gain(p, w)
        if gain <= 0.0 or (w < N_STREAMS - 1 and (f.hubs[k] >> w) & 1):
            continue
        if (supply_of(p, f, k, w) - f.sold[k, w]) * gain > p.cost_link_coordination:
            offers |= 1 << w
        if (demand_of(p, f, k, w) - f.bought[k, w]) * gain > p.cost_link_coordination:
            offers |= 256 << w
    return offers


@inner
def _offers(s, p, cluster):
    """`_offers_of` every firm of a cluster, into `firms.offers`; returns what anybody offers."""
    anybody = 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            offers = _offers_of(p, f, k) if f.status[k] == SLOT_TAKEN else 0
            f.offers[k] = offers
            anybody |= offers
    return anybody


@inner
def search_partners(s, p, c):
    """Searches of this step: propose the best link with a random firm, or with the best of those on the map."""
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    if cluster.kind == OUTSIDE or cluster.firms < 2:
        return
    lever = s.levers[cluster.lever_row]
    usage = cluster.disclosing / cluster.firms
    chance = event(p.search_rate * (1.0 + p.search_coordinator * lever.coordinator
                                    + p.search_platform * lever.platform * usage), dt)
    ready, anybody = False, 0
    wanted = min(np.int64(p.map_candidates), MAP_SEEN)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if not (f.events[k] >> SEARCH) & 1 or not (f.aware[k] >> AWARE_SYMBIOSIS) & 1:
                continue
            if digits(city.key, city.step, f.id[k], SEARCH) >= chance:
                continue
            own = _offers_of(p, f, k)
            if own == 0:
                continue  # nothing of its own is worth an exchange with anybody
            mapped = f.discloses[k] == 1 and uniform(city.key, Purpose.MAP, city.step, f.id[k]) < lever.platform
            if mapped:
                if not ready:
                    anybody = _offers(s, p, cluster)
                    ready = True
                if _match(own, anybody):
                    _look_at_map(s, p, cluster, f.id[k], b * LANES + k, own, wanted)
            else:
                _meet(s, p, cluster, f.id[k], b * LANES + k, own)


@inner
def _meet(s, p, cluster, ident, slot, own):
    """Ask a random other firm of the cluster: slots are probed in the order of a hash until one is taken."""
    city = s.city[0]
    key, step, base, slots = city.key, city.step, cluster.first * LANES, np.uint64(cluster.slots)
    for attempt in range(4 * cluster.slots):
        h = draw(key, Purpose.SEARCH, step, ident * 4096 + attempt)
        other = s.slot_at[base + np.int64(((h >> np.uint64(32)) * slots) >> np.uint64(32))]
        g, m = s.firms[other >> 4], other & 15
        if other == slot or g.status[m] != SLOT_TAKEN:
            continue
        match = _match(own, _offers_of(p, g, m))
        if match:
            city.seen_slot[0], city.seen_match[0] = other, match
            _propose_best(s, p, cluster, ident, slot, 1)
        return


@inner
def _look_at_map(s, p, cluster, ident, slot, own, wanted):
    """Look at the disclosing firms of the cluster that offer a match: at most `wanted`, those of the smallest hash."""
    city = s.city[0]
    h = draw(city.key, Purpose.SEARCH, city.step, ident * 4096)
    hashes, slots, matches, seen = city.seen_hash, city.seen_slot, city.seen_match, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            match = _match(own, f.offers[k])  # nobody offers anything in an empty slot
            if match == 0 or not f.discloses[k] or b * LANES + k == slot:
                continue
            rank = versus(h, f.slot_id[k])
            if seen == wanted:
                if rank >= hashes[seen - 1]:
                    continue
                seen -= 1
            n = seen
            while n > 0 and hashes[n - 1] > rank:
                hashes[n], slots[n], matches[n] = hashes[n - 1], slots[n - 1], matches[n - 1]
                n -= 1
            hashes[n], slots[n], matches[n] = rank, b * LANES + k, match
            seen += 1
    _propose_best(s, p, cluster, ident, slot, seen)


@small
def _match(own, theirs):
    """Streams that one side offers and the other could take, as bits."""
    return ((own & (theirs >> 8)) | (theirs & (own >> 8))) & 127


@inner
def _propose_best(s, p, cluster, ident, slot, seen):
    """Propose the best link with one of the firms that were seen (`city.seen_slot`, `seen_match`), if any is worth it."""
    city = s.city[0]
    best, stream, supplier, buyer, amount = 0.0, -1, -1, -1, 0.0
    f, k = s.firms[slot >> 4], slot & 15
    for n in range(seen):
        other = city.seen_slot[n]
        worth, w, forward, q = _best_stream(p, f, k, s.firms[other >> 4], other & 15, city.seen_match[n])
        if worth > best:
            best, stream, amount = worth, w, q
            supplier, buyer = (slot, other) if forward else (other, slot)
    if stream >= 0:
        city.identified += 1
        priority = draw(city.key, Purpose.PRIORITY, city.step, ident * 8 + 6)
        propose(s, supplier, buyer, stream, cluster.programme, amount, priority)


@inner
def sign_deals(s, p):
    """Proposals in the order of their hashed priority: study, negotiate, sign or bar the pair for some years."""
    city = s.city[0]
    n = city.proposals
    sort_requests(s.proposals, n)
    for r in range(n):
        proposal = s.proposals[r]
        _negotiate(s, p, proposal.slot, proposal.other, proposal.tech, proposal.fund)
    city.proposals = 0


@inner
def _record(head, links, i, j, w, now, tau):
    """Memory of a pair: evidence of both directions, record of this stream (-1: none) and whether it is barred."""
    good, bad, found, barred = 0.0, 0.0, -1, False
    for way in range(2):
        a, b = (i, j) if way == 0 else (j, i)
        n = head[a, 0]
        while n >= 0:
            link = links[n]
            if link.buyer == b:
                keep = decay(tau, now - link.updated)
                good += link.s * keep
                bad += link.f * keep
                if way == 0 and link.stream == w:
                    found = n
                    barred = link.state == LINK_BARRED or link.state == LINK_ACTIVE or link.state == LINK_PERMIT
            n = link.next[0]
    return good, bad, found, barred


@inner
def pair_belief(p, lever, cluster, f, k, g, m, good, bad):
    """What firm (f, k) believes of partner (g, m), given the evidence of the pair; the truth if barrier 6 is removed."""
    e = enforcement(p, lever, cluster.kind == PLANNED)
    if lever.relief_trust > 0.5:
        return exp(-breach_hazard(p, g.integrity[m], e, 0.0))
    omega = visible_share(p, lever.platform, lever.coordinator)
    return belief(p, pair_trust(p, f.trust[k], good, bad, omega, g.good[m], g.bad[m]), e)


@inner
def _negotiate(s, p, i, j, w, fund):
    city = s.city[0]
    now = city.time
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    x, y = i & 15, j & 15
    cluster = s.clusters[a.cluster[x]]
    lever = s.levers[cluster.lever_row]
    good, bad, found, barred = _record(s.head, s.links, i, j, w, now, p.tau)
    q = free_quantity(p, a, x, b, y, w)
    if barred or q <= 0.0:
        return
    gap = np.sqrt((a.x[x] - b.x[y]) ** 2 + (a.y[x] - b.y[y]) ** 2)
    fixed = fixed_cost(p, w, q, gap)
    h = 0.5 * (a.hurdle[x] + b.hurdle[y])
    pair = pair_id(a.id[x], b.id[y], w)
    years = 3.0 + np.floor(3.0 * uniform(city.key, Purpose.LINK_TERM, city.step, pair))
    gain, coordination = q * unit_gain(p, w), p.cost_link_coordination
    aid, grant = 0.0, 0.0
    if fund >= 0 and s.funds[fund].budget > 0.0:
        need = lever.study_aid * p.cost_study + lever.symbiosis_grant * fixed
        if need > 0.0 and s.funds[fund].fund[1] >= need:
            aid, grant = lever.study_aid, lever.symbiosis_grant
    if not study_worth(gain, coordination, h, years, fixed, grant, aid, p.cost_study):
        _bar(s, p, i, j, w, found)
        return
    city.studied += 1
    share = 0.5 * (1.0 - aid) * p.cost_study
    a.cash[x] -= share
    b.cash[y] -= share
    s.money[Money.STUDY] += 2.0 * share
    if aid > 0.0:
        _pay(s, fund, aid * p.cost_study, Money.STUDY_AID)
    b_s = pair_belief(p, lever, cluster, a, x, b, y, good, bad)
    b_b = pair_belief(p, lever, cluster, b, y, a, x, good, bad)
    net = (1.0 - grant) * fixed
    able = (p.split_fixed * net <= own_funds(p, lever, a, x)
            and (1.0 - p.split_fixed) * net <= own_funds(p, lever, b, y))
    agreed = feasible(p, gain, b_s, b_b, coordination, fixed, grant, a.hurdle[x], b.hurdle[y], years)
    if not agreed:
        # value lost because belief lies below the objective delivery rate
        e = enforcement(p, lever, cluster.kind == PLANNED)
        o_s = exp(-breach_hazard(p, b.integrity[y], e, 0.0))
        o_b = exp(-breach_hazard(p, a.integrity[x], e, 0.0))
        if feasible(p, gain, o_s, o_b, coordination, fixed, grant, a.hurdle[x], b.hurdle[y], years):
            city.trust_gap += (gain * 0.5 * (o_s + o_b) - coordination) / city.dt
    if not agreed or not able:
        _bar(s, p, i, j, w, found)
        return
    low, high = deal_price(p, w, q, b_s, b_b, coordination, fixed, grant, a.hurdle[x], b.hurdle[y], years)
    n = found if found >= 0 else _new_record(s, i, j, w)
    if n < 0:
        return
    a.cash[x] -= p.split_fixed * net
    b.cash[y] -= (1.0 - p.split_fixed) * net
    s.money[Money.LINK_FIXED] += net
    s.money[Money.PRIVATE_CAPEX] += net
    if grant > 0.0:
        _pay(s, fund, grant * fixed, Money.LINK_GRANT)
    link = s.links[n]
    link.state, link.quantity, link.price, link.invested, link.grant = LINK_PERMIT, q, 0.5 * (low + high), net, grant
    link.years, link.until, link.delivered = years, 1e9, 0.0
    _update(p, link, now)
    a.sold[x, w] += q
    b.bought[y, w] += q


@inner
def _pay(s, fund, amount, flow):
    """Pay from the symbiosis fund of a programme."""
    s.funds[fund].fund[1] -= amount
    s.funds[fund].spent += amount
    s.money[flow] += amount


@inner
def _bar(s, p, i, j, w, found):
    """The pair does not look at this stream again for some years."""
    n = found if found >= 0 else _new_record(s, i, j, w)
    if n >= 0:
        link = s.links[n]
        link.state = LINK_BARRED
        _update(p, link, s.city[0].time)
        link.until, link.delivered = s.city[0].time + p.bar_years, 0.0


@inner
def _update(p, link, now):
    """Lazy decay of the evidence of a record up to now."""
    keep = decay(p.tau, now - link.updated)
    link.s, link.f, link.updated = link.s * keep, link.f * keep, now


@inner
def _new_record(s, i, j, w):
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
    link.s, link.f, link.updated, link.remembered = 0.0, 0.0, city.time, 0.0
    link.next[0], link.next[1] = s.head[i, 0], s.head[j, 1]
    s.head[i, 0] = n
    s.head[j, 1] = n
    return n
