"""3 and 8 Links: delivery, breach, renewal; search, study, negotiation (5e, 5f)."""

from __future__ import annotations

import math

from ecocluster.model.maths import annuity, exp, log
from ecocluster.model.randomness import mix
from ecocluster.model.rules.symbiosis import Deal
from numpy import uint64

from .formulas import rules
from .knowledge import enforcement
from .luck import EVENT, PURPOSE
from .objects import AWARE_SYMBIOSIS, HEAT, OUTSIDE, TREATED_WATER, Link
from .technology import FOR_LINKS, borrow, certified, count_application, own_funds, terms_of_loan

__all__ = [
    "book_exchange",
    "close_links_of",
    "deliver",
    "note_age",
    "note_exchange",
    "open_case",
    "search_partner",
    "sign_deals",
    "use_heat",
]

MASK = (1 << 64) - 1


def pair_id(supplier_id: int, buyer_id: int, w: int) -> int:
    """Persistent id of an ordered pair and stream (40 bits of a hash)."""
    word = ((supplier_id * 1048576 + buyer_id) * 8 + w) & MASK
    return int(mix(uint64(word))) >> 24


# --- delivery -------------------------------------------------------------------------------------------


def deliver(model) -> None:
    """Active links deliver, are breached, end or are renewed; permits arrive; old records are forgotten."""
    p, now = model.p, model.now
    for cluster in model.clusters:
        cluster.exchanged = cluster.exchanged_landfill = cluster.water_linked = cluster.exchanges = 0.0
    active = [link for link in model.links if link.state == "active"]
    waiting = [link for link in model.links if link.state == "permit"]
    part = {}
    for link in active:  # what falls short is shared in proportion to the contracts at the start of the step
        w = link.stream
        have = link.supplier.supply(w) / max(link.supplier.sold[w], 1e-12)
        need = link.buyer.demand(w) / max(link.buyer.bought[w], 1e-12)
        part[link] = min(1.0, have, need)
    delivered = [link for link in active if _deliver(model, link, part[link])]
    for link in delivered:
        if now + model.dt >= link.until - 1e-9:
            _renew(model, link)
    for link in waiting:
        levers = link.supplier.cluster.levers
        u = model.luck.uniform(PURPOSE.LINK_PERMIT, model.quarter, _identity(link))
        if not (levers.relief_permits > 0.5 or u < rules.diffusion.event(_permit_rate(model, link.supplier.cluster), model.dt)):
            continue
        if link.supplier.cluster.halted(now):
            model.events["permits_delayed"] += 1
        else:
            link.state, link.started, link.until = "active", now, now + link.years
            link.cut_until = now + min(p.cit_years, link.years)
            _touch(p, link, now)
            model.events["activated"] += 1
    for link in [link for link in model.links if link.state in ("closed", "barred") and link.until <= now + 1e-9]:
        if link.remembered > now + 1e-9:
            link.state, link.until = "closed", link.remembered
        else:
            _forget(model, link)
    for cluster in model.clusters:
        cluster.active_links = cluster.permits = 0
    for link in model.links:
        if link.state == "active":
            link.supplier.cluster.active_links += 1
            note_age(model, "links", link.started)
        elif link.state == "permit":
            link.supplier.cluster.permits += 1


def note_age(model, kind: str, started: float) -> None:
    """Count a link or hub that began in 2020 or later and operates at the age of 3 or 8 years."""
    for years in (3, 8):
        if started >= 2020.0 - 1e-9 and abs(model.now - started - years) < 0.5 * model.dt:
            model.lasted[kind, years] += 1


def _identity(link) -> int:
    return pair_id(link.supplier.firm_id, link.buyer.firm_id, link.stream)


def _permit_rate(model, cluster) -> float:
    return rules.government.permit_hazard(model.p, certified(cluster, "permit_rate", 1000.0), cluster.levers.official_skill)


def _deliver(model, link, part: float) -> bool:
    """One delivery; False if the link ended by mismatch or breach."""
    p, w, a, b = model.p, link.stream, link.supplier, link.buyer
    if part < p.mismatch:
        _end(model, link)
        return False
    cluster = a.cluster
    e = enforcement(p, cluster)
    by_a = rules.trust.breach_hazard(p, a.integrity, e, rules.symbiosis.outside_gain(p, w, link.price, True))
    by_b = rules.trust.breach_hazard(p, b.integrity, e, rules.symbiosis.outside_gain(p, w, link.price, False))
    u = model.luck.uniform(PURPOSE.LINK_BREACH, model.quarter, _identity(link))
    chance = rules.diffusion.event(by_a + by_b, model.dt)
    link.bad, link.updated = link.bad * rules.trust.decay(rules.trust.breach_memory(p), model.dt), model.now
    if u < chance:
        link.good, link.bad = link.good * rules.trust.decay(p.tau, model.dt), link.bad + 1.0
        guilty = a if u * (by_a + by_b) < chance * by_a else b
        guilty.bad += 1.0
        cluster.breaches += 1
        model.events["broken"] += 1
        _end(model, link)
        return False
    link.good = rules.trust.evidence(link.good, p.tau, model.dt, 1.0)
    amount = link.delivered = link.quantity * part
    note_exchange(model, cluster, w, amount)
    half = 0.5 * p.cost_link_coordination
    unit = p.mixed[w]
    gains = (amount * (unit.disposal + link.price) - half, amount * (unit.use - link.price) - half)
    for firm, gained, cut in zip((a, b), gains, link.cuts, strict=True):
        firm.exchange_gain += gained
        if model.now < link.cut_until - 1e-9:
            firm.link_cut += cut * max(gained, 0.0)
    model.book("EXCHANGE_SAVED", amount * (unit.disposal + unit.use))
    model.book("LINK_COORDINATION", 2.0 * half)
    model.book("LINK_PAYMENTS", amount * abs(link.price))
    book_exchange(model, cluster, w, unit, amount, 1.0, "EXCHANGED_T")
    a.spared += amount * unit.buried if w < HEAT else 0.0  # the waste was the supplier's
    b.avoided += amount * p.stream_substitution[w] * unit.onsite * unit.added  # the buyer burns less
    use_heat(b, w, amount)
    return True


def _renew(model, link) -> None:
    """At the end of its term a link goes on iff its expected gain covers coordination."""
    p, a, b = model.p, link.supplier, link.buyer
    good, bad = _memory(p, a, b, model.now)
    both = 0.5 * (_belief(p, a, b, good, bad) + _belief(p, b, a, good, bad))
    if link.delivered * rules.symbiosis.unit_gain(p, link.stream) * both > p.cost_link_coordination:
        link.until = model.now + model.dt + link.years
    else:
        _end(model, link)


def note_exchange(model, cluster, w: int, amount: float) -> None:
    """Something was delivered: an exchange counts as far as dealers did not take its stream anyway."""
    if amount > 0.0:
        cluster.exchanges += model.p.mixed[w].added
        cluster.flowed_at = model.now


def use_heat(firm, w: int, amount: float) -> None:
    """Heat of others replaces fuel of the firm itself, where it is reckoned by the fuel of firms."""
    if w == HEAT and firm.model.p.heat_of_firms > 0.5:
        firm.fuel_spared += amount * firm.model.p.stream_substitution[w]
        firm.fuel -= amount * firm.model.p.stream_substitution[w]


def book_exchange(model, cluster, w: int, unit, amount: float, counted: float, solid: str) -> None:
    """Physical side: tonnes, heat or water; emissions avoided here (`counted`: inside the city), upstream apart."""
    p, matter, dt = model.p, model.matter, model.dt
    replaced = amount * p.stream_substitution[w]
    if w == TREATED_WATER:
        matter["EXCHANGED_M3"] += dt * amount
        cluster.water_linked += amount
    elif w == HEAT:
        matter["EXCHANGED_GJ"] += dt * amount
    else:
        matter[solid] += dt * amount
        matter["VIRGIN_SAVED_T"] += dt * replaced * counted * (1.0 - unit.dealt)
        cluster.exchanged += amount
        cluster.exchanged_landfill += amount * unit.buried
        matter["LANDFILL_TCO2E"] -= dt * amount * unit.buried * p.stream_ef_landfill[w]
    matter["EXCHANGE_TCO2E"] += dt * replaced * unit.onsite * unit.added * counted
    matter["UPSTREAM_TCO2E"] += dt * replaced * p.stream_ef_upstream[w] * unit.added


def _end(model, link) -> None:
    """A link ends; its record stays for the memory of the pair."""
    w = link.stream
    if link.state in ("active", "permit"):
        link.supplier.sold[w] = max(link.supplier.sold[w] - link.quantity, 0.0)
        link.buyer.bought[w] = max(link.buyer.bought[w] - link.quantity, 0.0)
    link.remembered = model.now + model.p.memory_years
    link.state, link.until, link.delivered = "closed", link.remembered, 0.0


def _forget(model, link) -> None:
    model.links.remove(link)
    link.supplier.links.remove(link)
    link.buyer.links.remove(link)


def close_links_of(model, firm) -> None:
    """A firm leaves: its links end and nobody remembers them."""
    for link in list(firm.links):
        model.events["broken"] += link.state == "active"
        _end(model, link)
        _forget(model, link)


def _remembered(p, link, now: float) -> tuple[float, float]:
    """Good and bad evidence of a record as it is remembered now: each fades at its own rate."""
    years, breach_memory = now - link.updated, rules.trust.breach_memory(p)
    return link.good * rules.trust.decay(p.tau, years), link.bad * rules.trust.decay(breach_memory, years)


def _touch(p, link, now: float) -> None:
    """Lazy decay of the evidence of a record up to now."""
    link.good, link.bad = _remembered(p, link, now)
    link.updated = now


# --- search ---------------------------------------------------------------------------------------------


def _free(p, supplier, buyer, w: int) -> float:
    """min(free supply, unmet demand) of an ordered pair; 0 where a hub already takes the stream."""
    if w < TREATED_WATER and (supplier.member[w] or buyer.member[w]):
        return 0.0
    return max(min(supplier.supply(w) - supplier.sold[w], buyer.demand(w) - buyer.bought[w]), 0.0)


def _offers(model, firm) -> tuple[dict[int, float], dict[int, float]]:
    """Streams that a firm can give and take at a gain above coordination, with their free quantities.

    Contracts do not change while partners are searched, so what was reckoned once holds for all searches of the step.
    """
    if firm not in model.offers:
        p = model.p
        gives, takes = model.offers[firm] = ({}, {})
        for w, gain in enumerate(model.unit_gain):
            if gain <= 0.0 or (w < TREATED_WATER and firm.member[w]):
                continue
            have, need = firm.supply(w) - firm.sold[w], firm.demand(w) - firm.bought[w]
            if have * gain > p.cost_link_coordination:
                gives[w] = have
            if need * gain > p.cost_link_coordination:
                takes[w] = need
    return model.offers[firm]


def _best_deal(model, firm, other):
    """Best stream and direction between two firms by yearly gain less coordination: (worth, stream, from, to) or None."""
    gives, takes = _offers(model, firm)
    their_gives, their_takes = _offers(model, other)
    found = [(min(have, their_takes[w]) * model.unit_gain[w], w, firm, other) for w, have in gives.items() if w in their_takes]
    found += [(min(need, their_gives[w]) * model.unit_gain[w], w, other, firm) for w, need in takes.items() if w in their_gives]
    return max(found, key=lambda deal: deal[0], default=None)


def search_partner(model, cluster, firm) -> None:
    """Without a map one random firm of the cluster is met; with it the best of 8 disclosed compatible ones is found."""
    p, luck, now, levers = model.p, model.luck, model.quarter, cluster.levers
    if cluster.kind == OUTSIDE or cluster.counted < 2 or not firm.knows(AWARE_SYMBIOSIS):
        return
    usage = cluster.sums.disclosing / cluster.counted  # as it was when the books were closed
    dose = levers.map if p.map_split > 0.5 else levers.platform
    alone = 1.0 + p.search_platform * dose * usage
    hazards = (p.search_rate * alone, p.search_rate * (alone + p.search_coordinator * levers.coordinator))
    by_itself, at_all = (luck.happens(EVENT.SEARCH, now, firm.firm_id, rules.diffusion.event(h, model.dt)) for h in hazards)
    if not at_all:
        return
    if not any(_offers(model, firm)):
        return
    mapped = firm.discloses and luck.uniform(PURPOSE.MAP, now, firm.firm_id) < dose
    best = None
    for other in _on_map(model, firm) if mapped else _met(model, firm):
        deal = _best_deal(model, firm, other)
        if deal is not None and (best is None or deal[0] > best[0]):
            best = deal
    if best is not None:
        model.events["identified"] += 1
        _, w, supplier, buyer = best
        if not by_itself and p.coordinator_capacity > 0.0:
            cluster.finds.append(
                (supplier, buyer, w, pair_id(supplier.firm_id, buyer.firm_id, w), best[0] - p.cost_link_coordination)
            )
            return
        model.events["cases"] += not by_itself
        model.proposals.append((luck.bits(PURPOSE.PRIORITY, now, firm.firm_id * 8 + 6), supplier, buyer, w, False))


def open_case(model, cluster) -> None:
    """The operator who lacks an exchange alone asks a firm and some others in confidence; he will pay the study."""
    p, luck, now = model.p, model.luck, model.quarter
    if cluster.kind == OUTSIDE or cluster.counted < 2 or not cluster.seeks or cluster.permits:
        return
    if luck.uniform(PURPOSE.OPERATOR_CASE, now, cluster.ident) >= rules.diffusion.event(p.operator_search, model.dt):
        return

    def order(firm) -> int:
        return luck.bits_of_pair(PURPOSE.OPERATOR_CASE, now, cluster.ident, firm.slot.ident)

    given = {w for firm in cluster.firms for w in _offers(model, firm)[0]}
    taken = {w for firm in cluster.firms for w in _offers(model, firm)[1]}
    able = [firm for firm in cluster.firms if taken & _offers(model, firm)[0].keys() or given & _offers(model, firm)[1].keys()]
    if not able:
        return
    first = min(able, key=order)
    others = sorted((other for other in cluster.firms if other is not first and _best_deal(model, first, other)), key=order)
    asked = others[: int(p.operator_asks)]
    for firm in (first, *asked):
        firm.aware |= 1 << AWARE_SYMBIOSIS
    best = None
    for other in asked:
        deal = _best_deal(model, first, other)
        if best is None or deal[0] > best[0]:
            best = deal
    if best is not None:
        model.events["identified"] += 1
        model.proposals.append((luck.bits(PURPOSE.PRIORITY, now, (1 << 37) + cluster.ident), *best[2:], best[1], True))


def _on_map(model, firm) -> list:
    """Disclosing firms of the cluster with a match: those of the smallest hash over (searcher, slot)."""
    fitting = [other for other in firm.cluster.firms if other.discloses and other is not firm and _best_deal(model, firm, other)]
    fitting.sort(key=lambda other: model.luck.bits_of_pair(PURPOSE.SEARCH, model.quarter, firm.firm_id * 4096, other.slot.ident))
    return fitting[: int(model.p.map_candidates)]


def _met(model, firm) -> list:
    """One random other firm: whoever sits in the first taken slot in the order of a hash; or one of its ties."""
    cluster = firm.cluster
    if model.p.ties_partner > 0.5:
        return _tie(model, firm)
    for attempt in range(4 * cluster.usable):
        h = model.luck.bits(PURPOSE.SEARCH, model.quarter, firm.firm_id * 4096 + attempt)
        other = cluster.slots[(h >> 32) * cluster.usable >> 32].firm
        if other is not None and other is not firm:
            return [other]
    return []


def _tie(model, firm) -> list:
    """One of its acquaintances and link partners, drawn with weight 1 + its links."""
    known = {other for other in firm.neighbours() if other is not firm}

    def time_of(other) -> float:  # the first of exponential clocks that run at these rates
        u = model.luck.uniform_of_pair(PURPOSE.SEARCH, model.quarter, firm.firm_id * 4096, other.slot.ident)
        return -log(u) / (1.0 + other.active_links)

    return [min(known, key=time_of)] if known else []


# --- study and negotiation ------------------------------------------------------------------------------


def sign_deals(model) -> None:
    """Proposals in the order of their hashed priority."""
    for _, supplier, buyer, w, by_operator in sorted(model.proposals, key=lambda proposal: proposal[0]):
        _negotiate(model, supplier, buyer, w, by_operator)
    model.proposals.clear()
    model.offers.clear()


def _memory(p, a, b, now: float) -> tuple[float, float]:
    """Evidence of a pair, from the records of both directions and all streams, decayed to now."""
    good = bad = 0.0
    for link in a.links:
        if link.supplier is b or link.buyer is b:
            kept, broken = _remembered(p, link, now)
            good += kept
            bad += broken
    return good, bad


def _belief(p, firm, partner, good: float, bad: float) -> float:
    """What a firm believes of a partner, given the evidence of the pair; the truth if barrier 6 is removed."""
    cluster = firm.cluster
    e = enforcement(p, cluster)
    if cluster.levers.relief_trust > 0.5:
        return exp(-rules.trust.breach_hazard(p, partner.integrity, e, 0.0))
    omega = rules.trust.visible_share(p, cluster.levers.platform, cluster.levers.coordinator)
    return rules.trust.belief(p, rules.trust.pair_trust(p, firm.trust, good, bad, omega, partner.good, partner.bad), e)


def _negotiate(model, a, b, w: int, by_operator: bool) -> None:
    """Study the deal, agree on a price, sign and wait for the permit; or be barred for some years."""
    p, now, luck, cluster = model.p, model.now, model.luck, a.cluster
    levers, record = cluster.levers, None
    for link in a.links:
        if link.supplier is a and link.buyer is b and link.stream == w:
            record = link
    if record is not None and record.state != "closed":
        return
    q = _free(p, a, b, w)
    if q <= 0.0:
        return
    model.events["screened"] += 1
    fixed = rules.symbiosis.fixed_cost(p, w, q, math.hypot(a.slot.x - b.slot.x, a.slot.y - b.slot.y))
    years = 3.0 + math.floor(3.0 * luck.uniform(PURPOSE.LINK_TERM, model.quarter, pair_id(a.firm_id, b.firm_id, w)))
    gain, coordination = q * rules.symbiosis.unit_gain(p, w), p.cost_link_coordination
    fund = model.fund_of(cluster)
    shown = a.discloses and b.discloses and p.map_split > 0.5
    study = p.cost_study * (1.0 - p.map_study_cut * levers.map * shown)
    aid = grant = 0.0
    shares = (p.split_fixed, 1.0 - p.split_fixed)
    hoped = 0.5 * max(gain - coordination, 0.0)
    paid_for = None
    if fund is not None:
        wanted = 0.0 if by_operator else levers.study_aid
        net = (1.0 - levers.symbiosis_grant) * fixed
        money = [_Money(model, firm, share * net, hoped, years, True) for firm, share in zip((a, b), shares, strict=True)]
        need = wanted * study + levers.symbiosis_grant * fixed + sum(side.claim for side in money)
        if need > 0.0 and fund.purse[1] >= need:
            aid, grant, paid_for = wanted, levers.symbiosis_grant, money
    sides = paid_for or [
        _Money(model, firm, share * fixed, hoped, years, False) for firm, share in zip((a, b), shares, strict=True)
    ]
    aid = 1.0 if by_operator else aid
    deal = Deal(gain, coordination, fixed, grant, a.hurdle, b.hurdle, years, *(side.worth for side in sides))
    if not rules.symbiosis.study_worth(deal, aid, study):
        _bar(model, a, b, w, record)
        return
    model.events["studied"] += 1
    for firm in (a, b):
        firm.studied = now
        firm.cash -= 0.5 * (1.0 - aid) * study
    model.ledger["OPERATOR_STUDY" if by_operator else "STUDY"] += study
    if aid > 0.0 and not by_operator:
        _pay(model, fund, aid * study, "STUDY_AID")
    good, bad = _memory(p, a, b, now)
    b_a, b_b = _belief(p, a, b, good, bad), _belief(p, b, a, good, bad)
    agreed = rules.symbiosis.feasible(p, deal, b_a, b_b)
    if agreed:
        for side in sides:
            count_application(model, side.share, side.asked)
    if not agreed or any(side.part - side.lent > own_funds(side.firm) for side in sides):
        _bar(model, a, b, w, record)
        return
    low, high = rules.symbiosis.deal_price(p, w, q, deal, b_a, b_b)
    for side in sides:
        side.firm.cash -= side.part - side.lent
        model.ledger["LOANS"] += side.lent
        borrow(model, side.firm, FOR_LINKS, side.lent, side.rate)
        if paid_for:
            fund.purse[1] -= side.claim
            fund.spent += side.claim
            fund.cut_reserve += side.claim - side.subsidy - side.loss
            model.ledger["INTEREST_CUT"] += side.subsidy
            model.ledger["GUARANTEE"] += side.loss
    model.invest("LINK_FIXED", fixed, p.hub_years)
    if grant > 0.0:
        _pay(model, fund, grant * fixed, "LINK_GRANT")
    link = record or _new_record(model, a, b, w)
    _touch(p, link, now)
    link.state, link.quantity, link.price, link.years = "permit", q, 0.5 * (low + high), years
    link.until, link.delivered = math.inf, 0.0
    link.cuts = tuple(side.cut for side in sides)
    model.events["agreed"] += 1
    a.sold[w] += q
    b.bought[w] += q


class _Money:
    """How one side pays its part of a link: a loan (one for links at a time) and a cut of the tax on half of what is gained."""

    def __init__(self, model, firm, part: float, hoped: float, years: float, supported: bool) -> None:
        self.firm, self.part = firm, part
        self.share = self.rate = self.subsidy = self.loss = self.worth = self.cut = self.claim = 0.0
        self.asked = False
        p, base = model.p, model.levers[-1].CIT_reduction
        if p.links_borrow < 0.5:
            return
        if FOR_LINKS not in firm.loans:
            self.share, self.rate, self.subsidy, self.loss, self.asked = terms_of_loan(model, firm, FOR_LINKS, part, supported)
        if p.exempt_years <= 0.0:
            self.cut = certified(firm.cluster, "CIT_reduction", 1.0) if supported else base
        term, free = min(p.loan_years, p.hub_years), min(p.cit_years, years)
        if self.share > 0.0:
            cheap = annuity(self.rate, term) if self.rate > 1e-9 else term
            self.worth = self.lent * (1.0 - annuity(firm.hurdle, term) / cheap)
        taxed = rules.production.tax_rate(p, firm.revenue, model.now) * p.taxable_share * hoped
        self.worth += taxed * self.cut * annuity(firm.hurdle, free)
        if supported:
            self.claim = self.subsidy + self.loss + taxed * max(self.cut - base, 0.0) * annuity(p.discount_rate, free)

    @property
    def lent(self) -> float:
        """mVND."""
        return self.share * self.part


def _pay(model, fund, amount: float, flow: str) -> None:
    fund.purse[1] -= amount
    fund.spent += amount
    model.ledger[flow] += amount


def _bar(model, a, b, w: int, record) -> None:
    """The pair does not look at this stream again for some years."""
    link = record or _new_record(model, a, b, w)
    _touch(model.p, link, model.now)
    link.state, link.until, link.delivered = "barred", model.now + model.p.bar_years, 0.0


def _new_record(model, a, b, w: int) -> Link:
    link = Link(a, b, w, "closed", updated=model.now)
    model.links.append(link)
    a.links.append(link)
    b.links.append(link)
    return link
