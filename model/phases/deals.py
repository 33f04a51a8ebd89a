"""Phase 8: firms search for partners, study what they find, negotiate and sign (5f)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner, small
from ..ledger import Money
from ..randomness import (
    LINK,
    Purpose,
    draw,
    mix,
    of_case,
    of_errand,
    of_pair,
    of_probe,
    spread,
    uniform,
    unit,
    versus,
)
from ..rules.diffusion import event, search_hazard
from ..rules.facilitation import map_dose, study_cost, tie_rank
from ..rules.symbiosis import Deal, deal_price, feasible, fixed_cost, study_worth, unit_gain
from ..state import (
    AWARE_SYMBIOSIS,
    LANES,
    LINK_ACTIVE,
    LINK_BARRED,
    LINK_PERMIT,
    MAP_SEEN,
    N_HUBS,
    N_STREAMS,
    OUTSIDE,
    SLOT_TAKEN,
)
from .capital import invest
from .chosen_lanes import line_up
from .coordinator import put_case
from .financing import count_loan
from .link_money import Venture, can_pay, draw_symbiosis, means_of, most_relief, pay_part
from .links import demand_of, fade, is_barred, new_record, pair_belief, record_of_pair, supply_of
from .lottery import SEARCH, digits
from .requests import COORDINATOR, FIRMS, OPERATOR, Exchange, fund_of, propose, sort_requests

__all__ = ["free_quantity", "search_partners", "sign_deals"]

TAKEN, _ALL = 8, (1 << N_STREAMS) - 1  # where the bits of what is taken begin; all streams


class Seeker(NamedTuple):
    """A firm that looks for a partner.

    Attributes
    ----------
    slot : int
    row : int
        Where `State.free` holds what it could give and take.
    offers : int
        The streams of that row, as bits.
    finder : float
        FIRMS, OPERATOR or COORDINATOR: whose search it is.
    """

    slot: int
    row: int
    offers: int
    finder: float


@inner
def search_partners(s, p, c):
    """Searches of this step: propose the best link with a random firm or tie, or with the best of those on the map.

    A search that would not have happened without the coordinator is his.
    """
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    if cluster.kind == OUTSIDE or cluster.firms < 2:
        return
    lever = s.levers[cluster.lever_row]
    usage = cluster.disclosing / cluster.firms
    mapped = map_dose(p, lever)
    chance = event(search_hazard(p, lever.coordinator, mapped, usage), dt)
    alone = event(search_hazard(p, 0.0, mapped, usage), dt)
    ready, rows, anybody = False, 0, 0
    wanted = min(np.int64(p.map_candidates), MAP_SEEN)
    queue, gains = s.sheet[0].queue, s.sheet[0].gain
    for w in range(N_STREAMS):
        gains[w] = unit_gain(p, w)
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            n = line_up(queue, n, k, (f.events[k] >> SEARCH) & (np.int64(f.aware[k]) >> AWARE_SYMBIOSIS) & 1)
        for m in range(n):
            k = queue[m]
            if ready and f.discloses[k] and f.offers[k] == 0:
                continue  # who has nothing to offer finds nobody, on the map or beside it
            u = digits(city.key, city.step, f.id[k], SEARCH)
            if u >= chance:
                continue
            finder = FIRMS if u < alone else COORDINATOR
            if f.discloses[k] and uniform(city.key, Purpose.MAP, city.step, f.id[k]) < mapped:
                if not ready:
                    rows, anybody = _draw_map(s, p, cluster, False)
                    ready = True
                seeker = Seeker(b * LANES + k, np.int64(f.row[k]), np.int64(f.offers[k]), finder)
                if _match(seeker.offers, anybody):
                    _look_at_map(s, p, cluster, seeker, rows, wanted)
            else:
                mine = LANES * (s.shown.size - 1)  # a row that no map uses
                seeker = Seeker(b * LANES + k, mine, _offers_of(s, p, f, k, mine), finder)
                if seeker.offers:  # else nothing of its own is worth an exchange with anybody
                    _meet(s, p, cluster, seeker)
    if cluster.seeks and cluster.permits == 0:
        _open_case(s, p, c, cluster)


@inner
def _open_case(s, p, c, cluster):
    """The operator lacks an exchange alone and looks for one himself (13.1), one case at a time.

    He asks some firms in confidence, so that all show him their flows, tells them of symbiosis, and proposes the best
    link between one of them, drawn by hash, and the others. He pays the study; all else is as in any other case.
    """
    city = s.city[0]
    h = draw(city.key, Purpose.OPERATOR_CASE, city.step, c)
    if unit(h) >= event(p.operator_search, city.dt):
        return
    rows, anybody = _draw_map(s, p, cluster, True)
    best, slot, own = np.uint64(0xFFFFFFFFFFFFFFFF), -1, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            offers = np.int64(f.offers[k])
            if _match(offers, anybody) and versus(h, f.slot_id[k]) < best:
                best, slot, own = versus(h, f.slot_id[k]), b * LANES + k, offers
    if slot < 0:
        return
    f, k = s.firms[slot >> 4], slot & 15
    bit = np.uint8(1 << AWARE_SYMBIOSIS)
    f.aware[k] |= bit
    seeker = Seeker(slot, np.int64(f.row[k]), own, OPERATOR)
    seen = _best_matches(s, rows, h, seeker, min(np.int64(p.operator_asks), MAP_SEEN))
    for n in range(seen):
        row = city.seen_row[n]
        other = s.shown[row >> 4].slot[row & 15]
        s.firms[other >> 4].aware[other & 15] |= bit
    priority = draw(city.key, Purpose.PRIORITY, city.step, of_case(c))
    _propose_best(s, p, cluster, seeker, seen, priority)


@inner
def _meet(s, p, cluster, seeker):
    """Ask a random other firm of the cluster, or one of its ties."""
    other = _tie(s, seeker) if p.ties_partner > 0.5 else _anybody(s, cluster, seeker)
    if other < 0:
        return
    theirs, shown = seeker.row + 1, s.shown[seeker.row >> 4]
    offers = _offers_of(s, p, s.firms[other >> 4], other & 15, theirs)
    if _match(seeker.offers, offers):
        shown.slot[1], shown.offers[1] = other, offers
        s.city[0].seen_row[0] = theirs
        _propose_best(s, p, cluster, seeker, 1, _priority(s.city[0], _ident(s, seeker)))


@inner
def _anybody(s, cluster, seeker):
    """A random other firm of the cluster: slots are probed in the order of a hash until one is taken; -1: none was."""
    city, ident = s.city[0], _ident(s, seeker)
    key, step, base, slots = city.key, city.step, cluster.first * LANES, np.uint64(cluster.slots)
    for attempt in range(4 * cluster.slots):
        h = draw(key, Purpose.SEARCH, step, of_probe(ident, attempt))
        other = np.int64(s.slot_at[base + np.int64(((h >> np.uint64(32)) * slots) >> np.uint64(32))])
        if other != seeker.slot and s.firms[other >> 4].status[other & 15] == SLOT_TAKEN:
            return other
    return np.int64(-1)


@inner
def _tie(s, seeker):
    """One of its ties, acquaintances and link partners, with weight 1 + its links; -1: it has none.

    Each runs a race of its own hash, so that neither the order of ties nor one that is both counts.
    """
    city, slot = s.city[0], seeker.slot
    h = draw(city.key, Purpose.SEARCH, city.step, of_probe(_ident(s, seeker), 0))
    best, chosen = np.inf, np.int64(-1)
    for n in range(4):
        i = np.int64(s.ties[slot, n])
        if i >= 0 and i != slot and s.firms[i >> 4].status[i & 15] == SLOT_TAKEN:
            rank = _rank_of(s, h, i)
            if rank < best:
                best, chosen = rank, i
    for role in range(2):
        n = np.int64(s.head[slot, role])
        while n >= 0:
            link = s.links[n]
            if link.state == LINK_ACTIVE:
                i = link.buyer if role == 0 else link.supplier
                rank = _rank_of(s, h, i)
                if rank < best:
                    best, chosen = rank, i
            n = link.next[role]
    return chosen


@inner
def _rank_of(s, h, slot):
    f, k = s.firms[slot >> 4], slot & 15
    return tie_rank(np.float64(f.links[k]), unit(versus(h, f.slot_id[k])))


@inner
def _look_at_map(s, p, cluster, seeker, rows, wanted):
    """Look at the disclosing firms of the cluster that offer a match."""
    city, ident = s.city[0], _ident(s, seeker)
    seen = _best_matches(s, rows, draw(city.key, Purpose.SEARCH, city.step, of_probe(ident, 0)), seeker, wanted)
    _propose_best(s, p, cluster, seeker, seen, _priority(city, ident))


@small
def _ident(s, seeker):
    return s.firms[seeker.slot >> 4].id[seeker.slot & 15]


@inner
def _priority(city, ident):
    return draw(city.key, Purpose.PRIORITY, city.step, of_errand(ident, LINK))


@inner
def _best_matches(s, rows, h, seeker, wanted):
    """Rows of the map with a match: at most `wanted`, those of the smallest hash, into `city.seen_*`, in no order."""
    city = s.city[0]
    hashes, at, seen = city.seen_hash, city.seen_row, 0
    worst, last, matches = np.uint64(0xFFFFFFFFFFFFFFFF), 0, s.sheet[0].matches
    slot, own = seeker.slot, seeker.offers
    for b in range((rows + LANES - 1) // LANES):
        shown, found = s.shown[b], 0
        for k in range(LANES):
            meets = np.int64(_match(own, shown.offers[k]) != 0) & np.int64(shown.slot[k] != slot)
            found = line_up(matches, found, k, meets)
        for m in range(found):
            k = matches[m]
            rank = mix(h + shown.spread[k])
            if rank >= worst:
                continue
            n = last if seen == wanted else seen  # the largest hash gives way
            hashes[n], at[n] = rank, b * LANES + k
            seen = min(seen + 1, wanted)
            if seen == wanted:
                worst = np.uint64(0)
                for i in range(wanted):
                    if hashes[i] > worst:
                        worst, last = hashes[i], i
    return seen


@small
def _match(own, theirs):
    """Streams that one side offers and the other could take, as bits: own goods, and theirs from bit TAKEN on."""
    return (own & (theirs >> TAKEN) & _ALL) | ((own >> TAKEN) & theirs & _ALL) << TAKEN


@inner
def _offers_of(s, p, f, k, row):
    """Streams that a firm could give or (from bit TAKEN on) take at a gain over coordination; how much, into `s.free`."""
    offers, least, gains = 0, p.cost_link_coordination, s.sheet[0].gain
    for w in range(N_STREAMS):
        gain = gains[w]
        have = supply_of(p, f, k, w) - f.sold[k, w]
        need = demand_of(p, f, k, w) - f.bought[k, w]
        s.free[row, 0, w], s.free[row, 1, w] = have, need
        give, take = have * gain > least, need * gain > least
        offers |= (np.int64(give) | np.int64(take) << TAKEN) << w if gain > 0.0 else 0
    pooled = np.int64(f.hubs[k]) & ((1 << N_HUBS) - 1)  # what a hub takes is free no more
    return offers & ~(pooled | pooled << TAKEN)


@inner
def _draw_map(s, p, cluster, everybody):
    """The firms on the map of a cluster, or all, that have something to offer, into `s.shown` and `s.free`.

    Nothing is signed while firms search, so each is looked up once, and not by everybody who sees it.

    Returns
    -------
    (rows, anybody) : int
        How many there are; what anybody offers.
    """
    rows, anybody = 0, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            shows = f.status[k] == SLOT_TAKEN if everybody else f.discloses[k] != 0
            offers = _offers_of(s, p, f, k, rows) if shows else 0
            f.offers[k] = offers
            if offers:
                f.row[k] = rows
                shown, m = s.shown[rows >> 4], rows & 15
                shown.slot[m], shown.spread[m], shown.offers[m] = b * LANES + k, spread(f.slot_id[k]), offers
                rows += 1
                anybody |= offers
    for row in range(rows, (rows + LANES - 1) // LANES * LANES):
        s.shown[row >> 4].offers[row & 15] = 0  # of a former map
    return rows, anybody


@inner
def _propose_best(s, p, cluster, seeker, seen, priority):
    """Propose the best link with one of the firms that were seen (`city.seen_*`), if any is worth it; the smallest hash first."""
    city = s.city[0]
    slot = seeker.slot
    best, rank, stream, supplier, buyer, amount = 0.0, np.uint64(0), -1, -1, -1, 0.0
    for n in range(seen):
        other = city.seen_row[n]
        shown = s.shown[other >> 4]
        worth, w, forward, q = _best_stream(s, p, seeker.row, other, _match(seeker.offers, shown.offers[other & 15]))
        if worth > best or worth == best and w >= 0 and city.seen_hash[n] < rank:
            best, rank, stream, amount = worth, city.seen_hash[n], w, q
            partner = shown.slot[other & 15]
            supplier, buyer = (slot, partner) if forward else (partner, slot)
    if stream >= 0:
        city.identified += 1
        exchange = Exchange(supplier, buyer, stream, amount)
        if seeker.finder == COORDINATOR and p.coordinator_capacity > 0.0:
            put_case(s, p, cluster, exchange, best)
        else:
            city.cases += np.int64(seeker.finder == COORDINATOR)
            propose(s, exchange, fund_of(cluster), priority, seeker.finder)


@small
def _best_stream(s, p, mine, theirs, match):
    """Best stream and direction, of those in `match`, between two rows of `State.free` by yearly gain less coordination.

    Returns
    -------
    (worth, stream, forward, quantity)
        forward: True if the first supplies.
    """
    best, stream, forward, amount = 0.0, -1, True, 0.0
    free, gains = s.free, s.sheet[0].gain
    for w in range(N_STREAMS):
        if not (match >> w) & (1 | 1 << TAKEN):
            continue
        gain = gains[w]
        for way in range(2):
            if not (match >> (TAKEN * way + w)) & 1:
                continue
            q = min(free[mine, 0, w], free[theirs, 1, w]) if way == 0 else min(free[theirs, 0, w], free[mine, 1, w])
            worth = q * gain - p.cost_link_coordination
            if worth > best:
                best, stream, forward, amount = worth, w, way == 0, q
    return best, stream, forward, amount


@inner
def free_quantity(p, a, x, b, y, w):
    """min(free supply, unmet demand) of an ordered pair, units a year; 0 where a hub already takes the stream."""
    if w < N_HUBS and ((a.hubs[x] | b.hubs[y]) >> w) & 1:
        return 0.0
    have = supply_of(p, a, x, w) - a.sold[x, w]
    need = demand_of(p, b, y, w) - b.bought[y, w]
    return max(min(have, need), 0.0)


@inner
def sign_deals(s, p):
    """Proposals in the order of their hashed priority: study, negotiate, sign or bar the pair for some years."""
    city = s.city[0]
    n = city.proposals
    sort_requests(s.proposals, n)
    for r in range(n):
        proposal = s.proposals[r]
        _negotiate(s, p, proposal.slot, proposal.other, proposal.tech, proposal.fund, proposal.amount == OPERATOR)
    city.proposals = 0


@inner
def _negotiate(s, p, i, j, w, fund, by_operator):
    city = s.city[0]
    now = city.time
    a, b = s.firms[i >> 4], s.firms[j >> 4]
    x, y = i & 15, j & 15
    cluster = s.clusters[a.cluster[x]]
    lever = s.levers[cluster.lever_row]
    q = free_quantity(p, a, x, b, y, w)
    if q <= 0.0 or is_barred(s, i, j, w):
        return
    city.screened += 1
    kept, broken, found = record_of_pair(s, p, i, j, w, now)
    dx, dy = a.x[x] - b.x[y], a.y[x] - b.y[y]
    gap = np.sqrt(dx * dx + dy * dy)
    fixed = fixed_cost(p, w, q, gap)
    pair = of_pair(a.id[x], b.id[y], w)
    years = 3.0 + np.floor(3.0 * uniform(city.key, Purpose.LINK_TERM, city.step, pair))
    gain, coordination = q * unit_gain(p, w), p.cost_link_coordination
    study = study_cost(p, map_dose(p, lever), a.discloses[x] != 0 and b.discloses[y] != 0)
    venture = Venture(i, j, fixed, 0.5 * max(gain - coordination, 0.0), years)
    funded = fund >= 0 and s.funds[fund].budget > 0.0
    asked = lever.study_aid if funded and not by_operator else 0.0
    grant = lever.symbiosis_grant if funded else 0.0
    aid = 1.0 if by_operator else asked  # he pays the study
    most_a, most_b = most_relief(s, p, venture, grant)
    if not study_worth(Deal(gain, coordination, fixed, grant, a.hurdle[x], b.hurdle[y], years, most_a, most_b), aid, study):
        _bar(s, p, i, j, w, found)
        return
    supported = funded
    of_a, of_b = means_of(s, p, venture, grant, funded)
    if funded:
        need = asked * study + grant * fixed + (of_a.claim + of_b.claim)
        supported = need > 0.0 and s.funds[fund].fund[1] >= need
        if not supported:
            aid, grant = aid - asked, 0.0
            of_a, of_b = means_of(s, p, venture, 0.0, False)
    deal = Deal(gain, coordination, fixed, grant, a.hurdle[x], b.hurdle[y], years, of_a.relief, of_b.relief)
    if not study_worth(deal, aid, study):
        _bar(s, p, i, j, w, found)
        return
    city.studied += 1
    share = 0.5 * (1.0 - aid) * study
    a.cash[x] -= share
    b.cash[y] -= share
    a.studied[x] = b.studied[y] = now
    if by_operator:
        s.money[Money.OPERATOR_STUDY] += study
    else:
        s.money[Money.STUDY] += study
        if aid > 0.0:
            _pay(s, fund, aid * study, Money.STUDY_AID)
    b_s, b_b = pair_belief(s, p, i, j, kept, broken), pair_belief(s, p, j, i, kept, broken)
    net = (1.0 - grant) * fixed
    agreed = feasible(p, deal, b_s, b_b)
    if agreed:
        count_loan(s, of_a.loan)
        count_loan(s, of_b.loan)
    if not agreed or not (can_pay(s, p, i, of_a) and can_pay(s, p, j, of_b)):
        _bar(s, p, i, j, w, found)
        return
    low, high = deal_price(p, w, q, deal, b_s, b_b)
    n = found if found >= 0 else new_record(s, i, j, w)
    if n < 0:
        return
    pay_part(s, p, i, of_a)
    pay_part(s, p, j, of_b)
    if supported:
        draw_symbiosis(s, fund, of_a)
        draw_symbiosis(s, fund, of_b)
    invest(s, p, Money.LINK_FIXED, fixed, p.hub_years)  # treatment and pipes live as long as those of a hub
    if grant > 0.0:
        _pay(s, fund, grant * fixed, Money.LINK_GRANT)
    link = s.links[n]
    link.state, link.quantity, link.price, link.invested, link.grant = LINK_PERMIT, q, 0.5 * (low + high), net, grant
    link.years, link.until, link.delivered = years, 1e9, 0.0
    link.cut[0], link.cut[1] = of_a.cut, of_b.cut
    fade(p, link, now)
    city.agreed += 1
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
    n = found if found >= 0 else new_record(s, i, j, w)
    if n >= 0:
        link = s.links[n]
        link.state = LINK_BARRED
        fade(p, link, s.city[0].time)
        link.until, link.delivered = s.city[0].time + p.bar_years, 0.0
