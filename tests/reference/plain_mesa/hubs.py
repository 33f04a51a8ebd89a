"""3 and 8 Hubs: the pooled exchange of one stream in one cluster (5f6)."""

from __future__ import annotations

from ecocluster.model.maths import annuity, exp, log

from .formulas import rules
from .knowledge import enforcement
from .links import book_exchange, note_age, note_exchange, use_heat
from .luck import PURPOSE
from .objects import AWARE_SYMBIOSIS, HEAT, HUB_STREAMS, OUTSIDE
from .technology import bank, repaid_in

__all__ = ["deliver_hubs", "hub_worth", "review_hubs", "start_hubs"]

MEMBERSHIP = 4.0  # years over which a member looks at its gain


def _members(cluster, w: int) -> list:
    return [firm for firm in cluster.firms if firm.member[w]]


def _offer(firm, w: int) -> tuple[float, float]:
    """Free supply and unmet demand of a firm, units a year."""
    return max(firm.supply(w) - firm.sold[w], 0.0), max(firm.demand(w) - firm.bought[w], 0.0)


def _pool(cluster, w: int) -> tuple[list, float, float]:
    """Members with what they offer, and the sums of supply and demand."""
    offers = [(firm, *_offer(firm, w)) for firm in _members(cluster, w)]
    return offers, sum(have for _, have, _ in offers), sum(need for _, _, need in offers)


def _taken_outside(p, w: int, surplus: float) -> float:
    """What an off-taker outside takes of a surplus, units a year: what dealers leave of it, up to his limit."""
    taken = surplus * (1.0 - p.mixed[w].dealt)
    return min(taken, p.offtake_limit) if p.offtake_limit > 0.0 else taken


def deliver_hubs(model, cluster) -> None:
    """Inside pro rata; the surplus to the off-taker outside where that is better than disposal; heat stays inside."""
    p = model.p
    cluster.active_hubs = 0
    if cluster.kind == OUTSIDE:
        return
    for w in HUB_STREAMS:
        hub = cluster.hubs[w]
        _serve(model, hub)
        if not hub.active:
            continue
        cluster.active_hubs += 1
        note_age(model, "hubs", hub.started)
        offers, supply, demand = _pool(cluster, w)
        inside = min(supply, demand)
        price, price_out = rules.symbiosis.hub_price(p, w)
        half, unit, rest = 0.5 * hub.fee, p.mixed[w], p.rest[w]
        disposal, use = unit.disposal, unit.use
        sold = inside / supply if supply > 0.0 else 0.0
        met = inside / demand if demand > 0.0 else 0.0
        pays = rest.disposal + price_out - half > 0.0 and w != HEAT and supply > 0.0
        taken = _taken_outside(p, w, supply - inside) / supply if pays else 0.0
        for firm, have, need in offers:
            firm.exchange_gain += have * (sold * (disposal + price - half) + taken * (rest.disposal + price_out - half))
            firm.exchange_gain += need * met * (use - price - half)
            firm.spared += have * (sold * unit.buried + taken * rest.buried) if w != HEAT else 0.0
            # what the off-taker would avoid in the city is its supplier's
            firm.avoided += ((need * met * unit.added + have * taken * p.offtaker_in_city * rest.added)
                             * p.stream_substitution[w] * unit.onsite)  # fmt: skip
            use_heat(firm, w, need * met)
        out = supply * taken
        hub.quantity = inside + out
        note_exchange(model, cluster, w, hub.quantity)
        model.book("EXCHANGE_SAVED", inside * (disposal + use) + out * rest.disposal)
        model.book("OFFTAKE", out * price_out)
        model.book("HUB_FEE", half * (2.0 * inside + out))
        model.book("HUB_RUNNING", p.cost_hub_fixed + p.cost_hub_member * len(offers))
        model.book("LINK_PAYMENTS", inside * abs(price))
        book_exchange(model, cluster, w, unit, inside, 1.0, "POOLED_T")
        book_exchange(model, cluster, w, rest, out, p.offtaker_in_city, "POOLED_T")
        model.matter["OFFTAKEN_T"] += model.dt * out
        if hub.capital_until <= model.now + 1e-9:  # renewed without a grant
            model.invest("HUB_CAPEX", hub.invested, p.hub_years)
            hub.capital_year = hub.invested / annuity(p.hub_rate, p.hub_years)
            hub.capital_until = model.now + p.hub_years


def review_hubs(model, cluster) -> None:
    """Hubs are reviewed yearly; new ones are proposed by hazard."""
    p = model.p
    if cluster.kind == OUTSIDE or cluster.counted < 2:
        return
    with_him = p.hub_base + p.hub_coordinator * cluster.levers.coordinator
    alone, both = (rules.diffusion.event(hazard, model.dt) for hazard in (p.hub_base, with_him))
    for w in HUB_STREAMS:
        hub, ident = cluster.hubs[w], cluster.ident * 8 + w
        if hub.active:
            if hub.review_at <= model.now + 1e-9:
                _review(model, cluster, w)
            continue
        u = model.luck.uniform(PURPOSE.HUB_START, model.quarter, ident)
        his = alone <= u < both and p.coordinator_capacity <= 0.0  # without a limit he proposes whatever he thinks of
        model.events["cases"] += his
        if u < alone or his or (cluster, w) in model.called:
            priority = model.luck.bits(PURPOSE.PRIORITY, model.quarter, (1 << 39) + ident)
            model.hub_proposals.append((priority, cluster, w))


def hub_worth(model, cluster, w: int) -> float:
    """Yearly gain of a hub of all who could join, before capital; 0 if fewer than two could."""
    p, who = model.p, [firm for firm in cluster.firms if firm.discloses and firm.knows(AWARE_SYMBIOSIS)]
    offers = [offer for offer in (_offer(firm, w) for firm in who) if sum(offer) > 0.0]
    supply, demand = (sum(side) for side in zip(*offers, strict=True)) if offers else (0.0, 0.0)
    if len(offers) < 2:
        return 0.0
    inside, out_gain = min(supply, demand), p.stream_disposal_cost[w] + rules.symbiosis.hub_price(p, w)[1]
    outside = (supply - inside) * out_gain if w != HEAT and out_gain > 0.0 else 0.0
    running = p.cost_hub_fixed + p.cost_hub_member * len(offers)
    return inside * rules.symbiosis.unit_gain(p, w) + outside - running


def start_hubs(model) -> None:
    """Proposed hubs in the order of a hashed priority: they share the symbiosis purse."""
    for _, cluster, w in sorted(model.hub_proposals, key=lambda proposal: proposal[0]):
        _start(model, cluster, w)
    model.hub_proposals.clear()
    model.called.clear()


def _invite(model, cluster, w: int) -> None:
    """Whoever shows its flows, knows of symbiosis and has something to give or take is a candidate; with a map apart, all are known."""
    luck, place = model.luck, (PURPOSE.HUB_CIRCLE, model.quarter, cluster.ident * 8 + w)
    on_map = model.p.map_split < 0.5 or luck.uniform(*place) < cluster.levers.map
    for firm in cluster.firms:
        known = on_map or luck.uniform_of_pair(*place, firm.slot.ident) < model.p.hub_circle
        if known and firm.discloses and firm.knows(AWARE_SYMBIOSIS) and sum(_offer(firm, w)) > 0.0:
            firm.member[w] = True


def _dismiss(cluster, w: int) -> None:
    for firm in cluster.firms:
        firm.member[w] = False


def _settle(model, cluster, w: int, capital_year: float | None, borne: float):
    """Drop members who lose and recompute the fee until nobody leaves, at most 10 times.

    Parameters
    ----------
    capital_year : float or None
        Annuity of sunk capital; None: a new hub, whose capital follows from its quantity.
    borne : float
        Share of the capital of a new hub that fees must bring in.

    Returns
    -------
    (members, fee, quantity, fixed) or None
        None if fewer than two members remain.
    """
    p, gain = model.p, rules.symbiosis.unit_gain(model.p, w)
    _, price_out = rules.symbiosis.hub_price(p, w)
    left_over = p.rest[w].disposal + price_out  # what an off-taker is worth to a supplier before the fee
    e = enforcement(p, cluster)
    fixed = 0.0
    for _ in range(10):
        offers, supply, demand = _pool(cluster, w)
        inside = min(supply, demand)
        surplus = _taken_outside(p, w, supply - inside) if w != HEAT and left_over > 0.0 else 0.0
        quantity = inside + surplus
        if len(offers) < 2 or quantity <= 0.0:
            return None
        capital = capital_year
        if capital is None:
            fixed = rules.symbiosis.fixed_cost(p, w, quantity, float(len(offers)))  # a pipe of 100 m a member
            capital = borne * fixed / annuity(p.hub_rate, p.hub_years)
        fee = rules.symbiosis.hub_fee(p, inside + 0.5 * surplus, len(offers), capital)  # surplus pays one half only
        losers = []
        for firm, have, need in offers:
            b = rules.trust.belief(p, firm.trust, e)
            if cluster.levers.relief_trust > 0.5:
                b = _average_performance(p, e)
            quantity_inside = have * inside / supply + (need * inside / demand if demand > 0.0 else 0.0)
            worth = rules.symbiosis.hub_member_gain(quantity_inside, gain, fee, b, annuity(firm.hurdle, MEMBERSHIP))
            outside = left_over - 0.5 * fee
            if outside > 0.0 and surplus > 0.0:
                worth += have * surplus / supply * outside * b * annuity(firm.hurdle, MEMBERSHIP)
            if worth <= p.hub_min_gain:
                losers.append(firm)
        for firm in losers:
            firm.member[w] = False
        if not losers:
            break
    return (len(offers), fee, quantity, fixed) if len(offers) >= 2 else None


def _average_performance(p, e: float) -> float:
    """Objective delivery rate of an average partner (barrier 6 removed)."""
    integrity = p.integrity_alpha / (p.integrity_alpha + p.integrity_beta)
    return exp(-rules.trust.breach_hazard(p, integrity, e, 0.0))


def _start(model, cluster, w: int) -> None:
    """A proposed hub starts if at least two members gain, with a grant if the purse holds it."""
    p, fund = model.p, model.fund_of(cluster)
    grant = cluster.levers.symbiosis_grant if fund is not None else 0.0
    _invite(model, cluster, w)
    share, rate, *costs = _loan(model, cluster, w, grant, fund is not None)
    found = _settle(model, cluster, w, None, _borne(p, grant, share, rate))
    if fund is not None and found and fund.purse[1] < (grant + sum(costs)) * found[3]:
        grant, fund = 0.0, None
        _dismiss(cluster, w)
        _invite(model, cluster, w)
        share, rate, *costs = _loan(model, cluster, w, 0.0, False)
        found = _settle(model, cluster, w, None, _borne(p, 0.0, share, rate))
    if found is None:
        _dismiss(cluster, w)
        return
    hub = cluster.hubs[w]
    hub.active = True
    hub.members, hub.fee, hub.quantity, hub.invested = found
    hub.review_at = model.now + 1.0
    hub.started = model.now
    model.events["hubs_started"] += 1
    hub.capital_year = _borne(p, grant, share, rate) * hub.invested / annuity(p.hub_rate, p.hub_years)
    hub.capital_until = model.now + p.hub_years
    model.invest("HUB_CAPEX", hub.invested, p.hub_years)
    if share > 0.0:
        lent = share * (1.0 - grant) * hub.invested
        hub.loan = repaid_in(model, lent, rate, min(p.loan_years, p.hub_years))
        model.ledger["HUB_LOAN"] += lent
    if fund is not None:
        for flow, part in zip(("HUB_GRANT", "INTEREST_CUT", "GUARANTEE"), (grant, *costs), strict=True):
            fund.purse[1] -= part * hub.invested
            fund.spent += part * hub.invested
            model.ledger[flow] += part * hub.invested


def _loan(model, cluster, w: int, grant: float, supported: bool) -> tuple[float, float, float, float]:
    """Share lent, rate, and what interest and guarantee cost a programme per VND of capital; all candidates are judged as one firm."""
    p, hub, offers = model.p, cluster.hubs[w], _pool(cluster, w)
    who = [firm for firm, _, _ in offers[0]]
    inside = min(offers[1], offers[2])
    quantity = inside + _taken_outside(p, w, offers[1] - inside)
    if p.links_borrow < 0.5 or hub.loan is not None or not who or quantity <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    capital = rules.symbiosis.fixed_cost(p, w, quantity, float(len(who)))
    owed = sum(firm.old_debt + sum(loan.balance for loan in firm.loans.values()) for firm in who)
    revenue = sum(firm.revenue for firm in who)
    borrower = (
        sum(firm.workers for firm in who),
        sum(firm.collateral for firm in who),
        owed / (p.leverage_scale * revenue),
        p.hub_rate,
    )
    lots = tuple(model.luck.uniform(PURPOSE.HUB_CREDIT, n, cluster.ident * 8 + w) for n in range(4))
    share, rate, subsidy, loss, _ = bank(model, cluster, borrower, lots, (1.0 - grant) * capital, supported)
    return share, rate, subsidy / capital, loss / capital


def _borne(p, grant: float, share: float, rate: float) -> float:
    """What fees must bring in of the capital: what is not granted, less what a loan below the rate of hubs is worth."""
    term, worth = min(p.loan_years, p.hub_years), 0.0
    if share > 0.0:
        worth = share * (1.0 - annuity(p.hub_rate, term) / (annuity(rate, term) if rate > 1e-9 else term))
    return (1.0 - grant) * (1.0 - worth)


def _serve(model, hub) -> None:
    """The operator serves his loan, whatever became of the hub."""
    if hub.loan is None:
        return
    due = hub.loan.balance * exp(model.dt * log(1.0 + hub.loan.rate))
    paid = min(hub.loan.payment * model.dt, due)
    hub.loan.balance = due - paid
    if hub.loan.balance <= 1e-9 * hub.loan.payment:
        paid += hub.loan.balance
        hub.loan = None
    model.ledger["HUB_DEBT_SERVICE"] += paid


def _review(model, cluster, w: int) -> None:
    """Newcomers may join, losers leave, the fee follows; below two members the hub closes, its capital is sunk."""
    hub = cluster.hubs[w]
    _invite(model, cluster, w)
    found = _settle(model, cluster, w, hub.capital_year, 0.0)
    hub.review_at = model.now + 1.0
    if found is None:
        _dismiss(cluster, w)
        hub.active, hub.members = False, 0
    else:
        hub.members, hub.fee, hub.quantity, _ = found
