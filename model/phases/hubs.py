"""Hubs: a pooled exchange of one stream in a cluster, with an off-taker outside who takes the surplus (5f, 6)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Matter, Money
from ..maths import annuity, exp
from ..randomness import Purpose, draw, of_hub, of_hub_request, uniform, unit, versus
from ..rules.diffusion import event
from ..rules.facilitation import hub_circle, map_dose
from ..rules.symbiosis import (
    additional_share,
    disposal_saved,
    fixed_cost,
    hub_fee,
    hub_member_gain,
    hub_price,
    offtake,
    onsite_factor,
    traded_share,
    unit_gain,
    use_value,
)
from ..rules.trust import belief, breach_hazard, enforcement
from ..state import AWARE_SYMBIOSIS, LANES, N_HUBS, N_SOLID, N_STREAMS, OUTSIDE, PLANNED, SLOT_TAKEN
from .capital import invest
from .cohorts import note_age
from .financing import A_HUB, annuity_of
from .hub_money import back_hub, pay_for_hub, serve_hub_loan, take_hub_loan
from .links import Lot, book_exchange, demand_of, note_exchange, replace_fuel, spared_by, supply_of
from .requests import add_request, fund_of, sort_requests

__all__ = ["deliver_hubs", "hub_hazard", "hub_worth", "leave_hubs", "review_hubs", "start_hubs"]


@inner
def _offer(p, f, k, w):
    """Free supply and unmet demand of a firm for a hub, units a year."""
    have = max(supply_of(p, f, k, w) - f.sold[k, w], 0.0)
    need = max(demand_of(p, f, k, w) - f.bought[k, w], 0.0)
    return have, need


@inner
def _note_offers(s, p, cluster, w):
    """What members of a hub offer it in this step, into `State.free`: looked up once, however often they are asked."""
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if (f.hubs[k] >> w) & 1:
                row = (b - cluster.first) * LANES + k
                s.free[row, 0, w], s.free[row, 1, w] = _offer(p, f, k, w)


@inner
def _totals(s, cluster, w):
    """Supply, demand and number of the members of a hub whose offers are noted."""
    supply, demand, members = 0.0, 0.0, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if (f.hubs[k] >> w) & 1:
                row = (b - cluster.first) * LANES + k
                supply += s.free[row, 0, w]
                demand += s.free[row, 1, w]
                members += 1
    return supply, demand, members


@inner
def deliver_hubs(s, p, c):
    """Hubs deliver: inside pro rata, the surplus to the off-taker where that is better than disposal."""
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    cluster.hub_count = 0
    if cluster.kind == OUTSIDE:
        return
    for w in range(N_HUBS):
        hub = s.hubs[c, w]
        serve_hub_loan(s, hub)
        if not hub.active:
            continue
        cluster.hub_count += 1
        note_age(city, 1, hub.started)
        _note_offers(s, p, cluster, w)
        supply, demand, members = _totals(s, cluster, w)
        inside = min(supply, demand)
        hub.supply_ratio = inside / supply if supply > 0.0 else 0.0
        hub.demand_ratio = inside / demand if demand > 0.0 else 0.0
        price, price_out = hub_price(p, w)
        half = 0.5 * hub.fee
        traded = traded_share(p, w)
        disposal, use, left = disposal_saved(p, w, traded), use_value(p, w, traded), disposal_saved(p, w, 0.0)
        gain_in = disposal + price - half
        gain_out = left + price_out - half  # of what dealers leave
        out_ratio, _ = offtake(p, w, supply, inside)
        if gain_out <= 0.0 or w >= N_SOLID:  # heat cannot be carried to an off-taker
            out_ratio = 0.0
        buried, buried_out = spared_by(p, w, 1.0, traded), spared_by(p, w, 1.0, 0.0)
        new, new_out = additional_share(p, w, traded), additional_share(p, w, 0.0)
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if (f.hubs[k] >> w) & 1:
                    row = (b - cluster.first) * LANES + k
                    have, need = s.free[row, 0, w], s.free[row, 1, w]
                    f.exchange_gain[k] += have * (hub.supply_ratio * gain_in + out_ratio * gain_out)
                    f.exchange_gain[k] += need * hub.demand_ratio * (use - price - half)
                    f.spared[k] += have * (hub.supply_ratio * buried + out_ratio * buried_out)
                    replaced = need * hub.demand_ratio * new + have * out_ratio * p.offtaker_in_city * new_out
                    f.avoided[k] += replaced * p.stream_substitution[w] * onsite_factor(p, w)
                    replace_fuel(p, f, k, w, need * hub.demand_ratio)
        out = supply * out_ratio
        if p.offtake_limit > 0.0:
            out = min(out, p.offtake_limit)
        hub.quantity = inside + out
        note_exchange(p, cluster, w, city.time, hub.quantity)
        fees = half * (2.0 * inside + out)
        s.money[Money.EXCHANGE_SAVED] += dt * (inside * (disposal + use) + out * left)
        s.money[Money.OFFTAKE] += dt * out * price_out
        s.money[Money.HUB_FEE] += dt * fees
        s.money[Money.HUB_RUNNING] += dt * (p.cost_hub_fixed + p.cost_hub_member * members)
        s.money[Money.LINK_PAYMENTS] += dt * inside * abs(price)
        cluster.exchanged_value += inside * abs(price) + fees
        book_exchange(s, p, cluster, w, Lot(inside, traded, 1.0), True)
        book_exchange(s, p, cluster, w, Lot(out, 0.0, p.offtaker_in_city), True)
        s.matter[Matter.OFFTAKEN_T] += dt * out
        if hub.capital_until <= city.time + 1e-9:
            invest(s, p, Money.HUB_CAPEX, hub.invested, p.hub_years)  # renewed without a grant
            hub.capital_year = hub.invested / annuity(p.hub_rate, p.hub_years)
            hub.capital_until = city.time + p.hub_years


@inner
def review_hubs(s, p, c):
    """Hubs start by hazard where they would pay, and are reviewed yearly."""
    city = s.city[0]
    cluster = s.clusters[c]
    if cluster.kind == OUTSIDE or cluster.firms < 2:
        return
    lever = s.levers[cluster.lever_row]
    for w in range(N_HUBS):
        hub = s.hubs[c, w]
        if hub.active:
            if hub.review_at <= city.time + 1e-9:
                _review(s, p, c, w, cluster, lever, hub)
        else:
            called, hub.called = hub.called, 0
            if p.hub_base <= 0.0 and p.hub_coordinator <= 0.0:
                continue
            u = uniform(city.key, Purpose.HUB_START, city.step, of_hub(c, w))
            if called == 0 and u >= event(p.hub_base, city.dt):  # else somebody proposes it, or it begins by itself
                if p.coordinator_capacity > 0.0 or u >= event(hub_hazard(p, lever), city.dt):
                    continue
                city.cases += 1
            priority = draw(city.key, Purpose.PRIORITY, city.step, of_hub_request(c, w))
            add_request(s, c, w, cluster.programme, 0.0, priority)


@inner
def start_hubs(s, p):
    """Proposed hubs, in the order of a hashed priority (they share the symbiosis fund)."""
    city = s.city[0]
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        c, w = s.requests[r].slot, s.requests[r].tech
        cluster = s.clusters[c]
        _start(s, p, c, w, cluster, s.levers[cluster.lever_row], s.hubs[c, w])
    city.requests = 0


@inner
def hub_hazard(p, lever):
    """Hazard of a hub to be proposed, 1/yr: by itself, and by a coordinator."""
    return p.hub_base + p.hub_coordinator * lever.coordinator


@inner
def hub_worth(s, p, cluster, w):
    """What a hub of all who could join seems worth a year, before capital; 0 if fewer than two could."""
    supply, demand, members = 0.0, 0.0, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if _may_join(f, k):
                have, need = _offer(p, f, k, w)
                supply += have
                demand += need
                members += np.int64(have + need > 0.0)
    if members < 2:
        return 0.0
    inside = min(supply, demand)
    _, price_out = hub_price(p, w)
    out_gain = p.stream_disposal_cost[w] + price_out
    surplus = supply - inside if w < N_SOLID and out_gain > 0.0 else 0.0
    return inside * unit_gain(p, w) + surplus * out_gain - p.cost_hub_fixed - p.cost_hub_member * members


@inner
def _may_join(f, k):
    return f.status[k] == SLOT_TAKEN and f.discloses[k] != 0 and (f.aware[k] >> AWARE_SYMBIOSIS) & 1 != 0


@inner
def _invite(s, p, c, cluster, w):
    """Everyone who shows flows, knows of symbiosis and has something to give or take becomes a candidate, as far as he is known."""
    bit, city = np.uint8(1 << w), s.city[0]
    h = draw(city.key, Purpose.HUB_CIRCLE, city.step, of_hub(c, w))
    known = hub_circle(p, unit(h) < map_dose(p, s.levers[cluster.lever_row]))
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if _may_join(f, k) and unit(versus(h, f.slot_id[k])) < known:
                have, need = _offer(p, f, k, w)
                if have + need > 0.0:
                    f.hubs[k] |= bit


@inner
def _dismiss(s, cluster, w):
    bit = np.uint8(1 << w)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            f.hubs[k] &= ~bit


@inner
def _settle(s, p, cluster, lever, w, capital_year, borne):
    """Drop members who lose, recompute the fee, until stable (at most 10 passes).

    Parameters
    ----------
    capital_year : float
        Annuity of sunk capital; negative: a new hub, whose capital follows from its quantity.
    borne : float
        Part of the capital of a new hub that fees must bring in, from `Backing`.

    Returns
    -------
    (members, fee, quantity, fixed)
    """
    gain, left = unit_gain(p, w), disposal_saved(p, w, 0.0)
    price, price_out = hub_price(p, w)
    e = enforcement(p, lever, cluster.kind == PLANNED)
    members, fee, quantity, fixed = 0, np.inf, 0.0, 0.0
    _note_offers(s, p, cluster, w)
    for _ in range(10):
        supply, demand, members = _totals(s, cluster, w)
        inside = min(supply, demand)
        if members < 2 or supply <= 0.0:
            return 0, np.inf, 0.0, 0.0
        out_ratio, surplus = offtake(p, w, supply, inside)
        if left + price_out <= 0.0 or w >= N_SOLID:
            surplus = 0.0
        quantity = inside + surplus
        if quantity <= 0.0:
            return 0, np.inf, 0.0, 0.0
        capital = capital_year
        if capital_year < 0.0:
            fixed = fixed_cost(p, w, quantity, np.float64(members))  # one pipe of 100 m a member (heat only)
            capital = borne * fixed / annuity(p.hub_rate, p.hub_years)
        fee = hub_fee(p, inside + 0.5 * surplus, members, capital)  # surplus pays one half only
        ratio_s = inside / supply
        ratio_d = inside / demand if demand > 0.0 else 0.0
        out_gain = left + price_out - 0.5 * fee
        dropped = 0
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if not (f.hubs[k] >> w) & 1:
                    continue
                row = (b - cluster.first) * LANES + k
                have, need = s.free[row, 0, w], s.free[row, 1, w]
                belief_k = belief(p, f.trust[k], e)
                if lever.relief_trust > 0.5:
                    integrity = p.integrity_alpha / (p.integrity_alpha + p.integrity_beta)
                    belief_k = exp(-breach_hazard(p, integrity, e, 0.0))  # the truth about an average partner
                a = annuity_of(p, f, k, A_HUB)
                worth = hub_member_gain(have * ratio_s + need * ratio_d, gain, fee, belief_k, a)
                if out_gain > 0.0 and surplus > 0.0:
                    worth += have * out_ratio * out_gain * belief_k * a
                if worth <= p.hub_min_gain:
                    f.hubs[k] &= ~np.uint8(1 << w)
                    dropped += 1
        if dropped == 0:
            break
    if members < 2:
        return 0, np.inf, 0.0, 0.0
    return members, fee, quantity, fixed


@inner
def _capital(s, p, cluster, w):
    """Capital of a hub of all candidates, mVND."""
    _note_offers(s, p, cluster, w)
    supply, demand, members = _totals(s, cluster, w)
    inside = min(supply, demand)
    _, surplus = offtake(p, w, supply, inside)
    return fixed_cost(p, w, inside + surplus, np.float64(members)) if inside + surplus > 0.0 else 0.0


@inner
def _start(s, p, c, w, cluster, lever, hub):
    """A hub is proposed: it starts if at least two members gain."""
    city = s.city[0]
    fund = fund_of(cluster)
    supported = fund >= 0 and s.funds[fund].budget > 0.0
    _invite(s, p, c, cluster, w)
    backing = back_hub(s, p, c, w, _capital(s, p, cluster, w), supported)
    members, fee, quantity, fixed = _settle(s, p, cluster, lever, w, -1.0, backing.borne)
    if supported and members >= 2 and s.funds[fund].fund[1] < backing.claim * fixed:
        supported = False  # the fund is empty: the same proposal without it
        _dismiss(s, cluster, w)
        _invite(s, p, c, cluster, w)
        backing = back_hub(s, p, c, w, _capital(s, p, cluster, w), supported)
        members, fee, quantity, fixed = _settle(s, p, cluster, lever, w, -1.0, backing.borne)
    if members < 2:
        _dismiss(s, cluster, w)
        return
    hub.active, hub.members, hub.fee, hub.quantity, hub.invested = 1, members, fee, quantity, fixed
    hub.price, _ = hub_price(p, w)
    hub.review_at = city.time + 1.0
    hub.started = city.time
    city.hubs_started += 1
    hub.capital_year = backing.borne * fixed / annuity(p.hub_rate, p.hub_years)
    hub.capital_until = city.time + p.hub_years
    invest(s, p, Money.HUB_CAPEX, fixed, p.hub_years)
    take_hub_loan(s, p, hub, backing.loan, (1.0 - backing.grant) * fixed)
    if supported:
        pay_for_hub(s, fund, backing, fixed)


@inner
def _review(s, p, c, w, cluster, lever, hub):
    """Yearly: newcomers may join, losers leave, the fee follows; it closes below two members, capital is sunk."""
    _invite(s, p, c, cluster, w)
    members, fee, quantity, _ = _settle(s, p, cluster, lever, w, hub.capital_year, 0.0)
    hub.review_at = s.city[0].time + 1.0
    if members < 2:
        _dismiss(s, cluster, w)
        hub.active, hub.members = 0, 0
        return
    hub.members, hub.fee, hub.quantity = members, fee, quantity


@inner
def leave_hubs(f, k):
    """A firm leaves the cluster: it leaves its hubs."""
    f.hubs[k] = 0
    for w in range(N_STREAMS):
        f.sold[k, w] = 0.0
        f.bought[k, w] = 0.0
