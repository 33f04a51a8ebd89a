"""Phase 10: planned clusters open, and firms move there: because it pays, or because they must (5g, 5j)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import exp
from ..randomness import EXPULSION, RELOCATION, Purpose, draw, of_errand, uniform
from ..rules.capital import land_rent
from ..rules.compliance import (
    connection_cost,
    detection_hazard,
    environmental_fee,
    fine,
    own_running_cost,
    sham_cost,
)
from ..rules.demography import Move, moving_cost, relocation_value
from ..rules.diffusion import event
from ..rules.production import tax_rate, usual_margin
from ..state import (
    ADMISSION,
    INFORMATION,
    INFRASTRUCTURE,
    LANES,
    N_LOANS,
    N_TECH,
    NEVER,
    NONE,
    OUTSIDE,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    SLOT_LETTABLE,
    SLOT_TAKEN,
    WATER,
)
from .ageing import set_due
from .births import normal_trait
from .capital import invest
from .chains import exchanges_inside
from .coefficients import set_coefficients
from .developers import build_site, decide_sites
from .enforcement import data_of, expected_loss, expected_visits, fine_multiplier, has_continuous, paid_shares
from .exits import vacate
from .financing import add_loan, finance, own_funds
from .hubs import leave_hubs
from .links import close_links_of
from .lottery import RELOCATION_REVIEW, digits
from .origins import settle
from .plants import weakness
from .requests import add_request, sort_requests
from .slots import choose_slot, free_outside, take_slot
from .technology import free_of_tax, investment, saving_of

__all__ = [
    "Bill",
    "enter_planned",
    "expel",
    "may_enter",
    "old_plot",
    "open_planned",
    "pay_move",
    "place_gain",
    "planned_gain",
    "relocate",
    "transfer",
]


class Bill(NamedTuple):
    """What a move costs: to be carried and to stand idle, and the aid of a fund, mVND.

    Attributes
    ----------
    moving, idle, aid : float
    fund : int
        Programme that pays the aid.
    """

    moving: float
    idle: float
    aid: float
    fund: int


@inner
def open_planned(s, p):
    """Decide planned clusters as the infrastructure fund allows; open those that are built; book rent and land."""
    city = s.city[0]
    if p.developers > 0.5:
        decide_sites(s, p)
    else:
        _decide_slots(s, p)
    s.money[Money.LAND_FREED] += city.dt * land_rent(p, p.cost_planned_land) * city.land_freed
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind != PLANNED or cluster.opened >= NEVER:
            continue
        s.money[Money.LAND_OPENED] += city.dt * land_rent(p, cluster.price) * p.planned_slot_area * cluster.slots
        s.money[Money.BASE_RENT] += city.dt * cluster.rent * p.planned_slot_area * cluster.firms
        if not cluster.let and cluster.opened <= city.time + 1e-9:
            cluster.let = 1
            for n in range(cluster.slots):
                slot = cluster.first * LANES + n
                s.firms[slot >> 4].status[slot & 15] = SLOT_LETTABLE


@inner
def _decide_slots(s, p):
    """Whoever is paid `land_support` builds: planned clusters of a programme as its infrastructure fund allows."""
    city = s.city[0]
    for programme in range(s.funds.size):
        fund = s.funds[programme]
        lever = s.levers[3 * programme]
        if fund.enacted < 0.5 or fund.budget <= 0.0:
            continue
        wanted = np.floor(lever.planned_slots * city.planned_factor + 0.5)
        before = 0.0
        for c in range(s.clusters.size):
            cluster = s.clusters[c]
            if cluster.kind != PLANNED or cluster.programme != programme:
                continue
            if cluster.opened < NEVER:
                before += cluster.slots
                continue
            slots = min(wanted - before, np.floor(p.planned_cluster_slots))
            if slots < 1.0:
                break
            support = lever.land_support * (cluster.price * p.planned_slot_area * slots)
            if fund.fund[2] < support:
                break
            build_site(s, p, c, slots, programme, support)
            before += slots


@inner
def _effluent_cost(s, p, cluster, f, k):
    """What the present choice of compliance costs, mVND/yr."""
    q, compliance = f.effluent[k], f.compliance[k]
    if compliance == REAL_CONNECTED:
        return connection_cost(q, cluster.fee, p.connect_fixed)
    fee = environmental_fee(p, q, f.k_cod[k])
    weak = weakness(p, f, k) if compliance == REAL_OWN else 0.0
    if compliance == REAL_OWN and weak <= 0.0:
        return own_running_cost(p, q) + fee
    lever = s.levers[cluster.lever_row]
    data = data_of(p, lever, cluster, q)
    share, side = paid_shares(p, lever, data)
    visits = expected_visits(p, lever, cluster, f.workers[k])
    hazard = detection_hazard(p, compliance, data, visits, has_continuous(cluster), lever.official_skill, weak)
    cost = fee + hazard * fine(p, q, fine_multiplier(cluster, lever)) * (share + side) + expected_loss(p, lever, f, k, hazard)
    if compliance == REAL_OWN:
        return cost + own_running_cost(p, q)
    return cost + (sham_cost(p, own_running_cost(p, q)) if compliance == SHAM else 0.0)


@inner
def planned_gain(s, p, cluster, f, k, there, lever_there):
    """Yearly gain and lump gain of a plot in a planned cluster, without moving, mVND (admission included)."""
    city = s.city[0]
    revenue = f.k_revenue[k] * f.workers[k]
    tax = tax_rate(p, revenue, city.time) * p.taxable_share
    energy = f.elec[k] * city.electricity_price + f.fuel[k] * p.fuel_price
    if s.clusters[f.cluster[k]].kind == PLANNED:
        energy /= 1.0 - p.relocation_energy  # an arrival: what it would use elsewhere
    here = 0.0
    if cluster.built[INFRASTRUCTURE]:
        here += p.cost_benefit_infrastructure
    if cluster.built[INFORMATION]:
        here += p.cost_benefit_information
    better = p.cost_benefit_infrastructure + p.cost_benefit_information
    gain = (_effluent_cost(s, p, cluster, f, k) - there.fee * f.effluent[k] - p.connect_fixed
            + p.relocation_energy * energy - p.rent_difference * f.workers[k]
            + (1.0 - p.operator_levy) * (better - here) * f.workers[k])  # fmt: skip
    lump = 0.0
    saving = 0.0
    if lever_there.admission > 0.5:
        for j in ADMISSION:
            if not ((f.tech[k] | f.pending[k]) >> j) & 1:
                lump -= investment(city, p, f, k, j)
                saving += saving_of(city, p, there, f, k, j)
    return (gain + saving) * (1.0 - tax) + tax * lever_there.CIT_reduction * saving, lump


@inner
def place_gain(s, p, cluster, f, k, there, lever_there):
    """`planned_gain` of a slot in any cluster: in an existing one there are neither other rents nor other prices of energy.

    Where a central plant stands a newcomer reckons with connection, elsewhere he goes on as he does.
    """
    if there.kind == PLANNED:
        return planned_gain(s, p, cluster, f, k, there, lever_there)
    gain = _effluent_cost(s, p, cluster, f, k)
    gain -= there.fee * f.effluent[k] + p.connect_fixed if there.built[WATER] else _effluent_cost(s, p, there, f, k)
    better = p.cost_benefit_infrastructure * there.built[INFRASTRUCTURE] + p.cost_benefit_information * there.built[INFORMATION]
    gain += (1.0 - p.operator_levy) * better * f.workers[k]
    tax = tax_rate(p, f.k_revenue[k] * f.workers[k], s.city[0].time) * p.taxable_share
    return gain * (1.0 - tax), 0.0


@inner
def relocate(s, p):
    """Reviews of relocation: whoever gains asks for a slot and for aid; hashed priority decides who is first."""
    city = s.city[0]
    if city.lettable_planned == 0:
        return
    chance = event(p.relocation_review, city.dt)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == PLANNED or cluster.firms == 0 or cluster.hold:
            continue
        target = _first_open(s, cluster)
        if target < 0:
            continue
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if not (f.events[k] >> RELOCATION_REVIEW) & 1 or f.status[k] != SLOT_TAKEN:
                    continue
                if digits(city.key, city.step, f.id[k], RELOCATION_REVIEW) >= chance:
                    continue
                there = s.clusters[target]
                aid = s.levers[there.lever_row].relocation_aid
                if _move_value(s, p, cluster, f, k, there, aid) > 0.0:
                    priority = draw(city.key, Purpose.PRIORITY, city.step, of_errand(f.id[k], RELOCATION))
                    add_request(s, b * LANES + k, 0, there.programme, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        _move(s, p, s.requests[r].slot)
    city.requests = 0


@inner
def _first_open(s, cluster):
    """Index of the first open planned cluster of a cluster's own programme, else of the law; -1: its firms have none to move to."""
    law = -1
    for c in range(s.clusters.size):
        there = s.clusters[c]
        if there.kind == PLANNED and there.built[WATER]:
            if there.programme == cluster.programme:
                return c
            if there.programme < 0 and law < 0:
                law = c
    return law


@inner
def _is_for(there, cluster):
    """Planned clusters of a programme are for the firms of its own clusters, those under the law alone for everybody."""
    return there.programme == cluster.programme or there.programme < 0


@inner
def _move_value(s, p, cluster, f, k, there, aid):
    """What moving is worth to a firm that is paid the share `aid` of its cost, mVND."""
    city = s.city[0]
    gain, lump = planned_gain(s, p, cluster, f, k, there, s.levers[there.lever_row])
    lump += old_plot(city, p, f, k)
    margin = usual_margin(f.k_margin[k], f.margin_life[k])
    noise = p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, f.id[k])
    move = Move(moving_cost(p, f.workers[k], noise), margin, f.k_revenue[k] * f.workers[k], aid)
    return relocation_value(p, gain, lump, f.hurdle[k], move)


@inner
def _move(s, p, slot):
    """Move the firm of a slot into a planned cluster, with aid if slot and fund allow."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    if city.lettable_planned == 0:
        return
    entry = choose_slot(s, True, f.id[k], f.sector[k])
    if entry < 0:
        return
    new = np.int64(s.lettable[entry].slot)
    g, m = s.firms[new >> 4], new & 15
    there = s.clusters[g.cluster[m]]
    lever = s.levers[there.lever_row]
    mixed = p.developers > 0.5  # the slot may be of another kind than the one that was thought of
    if mixed and not _is_for(there, cluster):
        return
    margin = usual_margin(f.k_margin[k], f.margin_life[k])
    revenue = f.k_revenue[k] * f.workers[k]
    noise = p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, f.id[k])
    moving = moving_cost(p, f.workers[k], noise)
    idle = p.downtime * margin * revenue
    full = moving + idle + p.dip * p.dip_years * margin * revenue
    aid = lever.relocation_aid if not g.aided[m] else 0.0
    fund = there.programme
    if aid > 0.0 and s.funds[fund].fund[0] < aid * full:
        aid = 0.0
    if (mixed or aid < lever.relocation_aid) and _move_value(s, p, cluster, f, k, there, aid) <= 0.0:
        return
    if moving - aid * full > own_funds(p, s.levers[cluster.lever_row], f, k):
        return
    if not may_enter(s, p, there, slot, moving - aid * full):
        return
    if aid > 0.0:
        g.aided[m] = 1
    pay_move(s, p, f, k, Bill(moving, idle, aid * full, fund))
    if cluster.kind == OUTSIDE:
        city.entered_outside += 1
    else:
        city.entered_clusters += 1
    transfer(s, p, cluster, slot, new)
    take_slot(s, entry)
    enter_planned(s, p, lever, new)


@inner
def pay_move(s, p, f, k, bill):
    """A mover pays his `Bill`; he is paid for his old plot."""
    if bill.aid > 0.0:
        s.funds[bill.fund].fund[0] -= bill.aid
        s.funds[bill.fund].spent += bill.aid
        s.money[Money.RELOCATION_AID] += bill.aid
        f.cash[k] += bill.aid
    f.cash[k] -= bill.moving + bill.idle
    s.money[Money.MOVING] += bill.moving
    s.money[Money.ADAPTATION] += bill.idle
    plot = old_plot(s.city[0], p, f, k)
    if plot > 0.0:
        f.cash[k] += plot
        s.money[Money.OLD_PLOT] += plot


@inner
def old_plot(city, p, f, k):
    """What a firm's old plot is worth, mVND."""
    if p.old_plot_value <= 0.0:
        return 0.0
    return f.workers[k] * p.old_plot_value * exp(p.old_plot_sd * normal_trait(city, Purpose.OLD_PLOT, f.id[k]))


@inner
def transfer(s, p, cluster, slot, new):
    """Carry a firm to another slot; its links, records and acquaintances are lost."""
    f, k = s.firms[slot >> 4], slot & 15
    g, m = s.firms[new >> 4], new & 15
    close_links_of(s, p, slot)
    leave_hubs(f, k)
    _copy_firm(f, k, g, m)
    for i in range(s.own_firms.shape[1]):
        s.own_firms[new, i] = s.own_firms[slot, i]
    settle(s, g, m)
    set_coefficients(s.city[0], p, g, m, s.clusters[g.cluster[m]].kind == PLANNED)
    vacate(s, p, cluster, f, k, slot, True)
    s.city[0].moved += 1
    g.moved_at[m] = s.city[0].time
    g.good[m] = g.bad[m] = 0.0


@inner
def expel(s, p):
    """Compulsory relocation: a hashed share of the firms of dense districts must go: to a planned slot, else outside.

    Firms that came after 2020 knew the plan and stay. Who goes first is decided by hashed priority.
    """
    city = s.city[0]
    for c in range(city.existing):
        cluster = s.clusters[c]
        share = s.levers[cluster.lever_row].compulsory_share
        if share <= 0.0 or cluster.urban < 0.5:
            continue
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] != SLOT_TAKEN or f.born[k] >= 2020.0:
                    continue
                if uniform(city.key, Purpose.COMPULSORY, 0, f.id[k]) < share:
                    priority = draw(city.key, Purpose.PRIORITY, city.step, of_errand(f.id[k], EXPULSION))
                    add_request(s, b * LANES + k, 0, cluster.programme, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        slot = s.requests[r].slot
        f, k = s.firms[slot >> 4], slot & 15
        cluster = s.clusters[f.cluster[k]]
        if _first_open(s, cluster) >= 0:
            _move(s, p, slot)
        if f.status[k] == SLOT_TAKEN:
            new = free_outside(s)
            if new < 0:
                break
            moving = min(moving_cost(p, f.workers[k], 0.0), max(own_funds(p, s.levers[s.levers.size - 1], f, k), 0.0))
            f.cash[k] -= moving
            s.money[Money.MOVING] += moving
            transfer(s, p, cluster, slot, new)
            g, m = s.firms[new >> 4], new & 15
            if g.compliance[m] == REAL_CONNECTED:
                g.compliance[m] = NONE
    city.requests = 0


@inner
def may_enter(s, p, there, slot, spent):
    """Is the firm of a slot admitted to the planned cluster `there`? Counts whom admission turns away.

    With `chain_admission` it must find partners for its streams inside. With `admission_by_own_means` it must pay for what admission
    requires, `spent` mVND beside it: the bank then lends what it lends anywhere, and the rest is the firm's own.
    """
    lever = s.levers[there.lever_row]
    if p.chain_admission > 0.5 and not exchanges_inside(s, p, slot, there):
        s.city[0].refused += 1
        return False
    if p.admission_by_own_means < 0.5 or lever.admission < 0.5:
        return True
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    for j in ADMISSION:
        if not ((f.tech[k] | f.pending[k]) >> j) & 1:
            cost = investment(city, p, f, k, j)
            spent += (1.0 - finance(s, p, slot, j, cost, False).share) * cost
    if spent <= own_funds(p, s.levers[s.clusters[f.cluster[k]].lever_row], f, k):
        return True
    city.refused += 1
    return False


@inner
def enter_planned(s, p, lever, slot):
    """What entering a planned cluster brings: connection, and the technologies required for admission."""
    city = s.city[0]
    g, m = s.firms[slot >> 4], slot & 15
    g.compliance[m] = REAL_CONNECTED
    if lever.admission > 0.5:
        g.admitted[m] = 1
        for j in ADMISSION:
            bit = np.uint8(1 << j)
            g.aware[m] |= bit
            if not (g.tech[m] | g.pending[m]) & bit:
                cost = investment(city, p, g, m, j)
                share = finance(s, p, slot, j, cost, False).share if p.admission_by_own_means > 0.5 else 1.0
                add_loan(city.dt, g, m, j, share * cost, p.bank_rate, min(p.loan_years, p.tech_life_yr[j]))
                g.cash[m] -= (1.0 - share) * cost
                s.money[Money.LOANS] += share * cost
                invest(s, p, Money.OWN_CAPEX, cost, p.tech_life_yr[j])
                g.pending[m] |= bit
                g.ever[m] |= bit
                s.ever[g.id[m]] |= bit
                g.start[m, j] = city.time + city.dt
                g.write_off[m, j] = cost / p.tech_life_yr[j]
                saving = saving_of(city, p, s.clusters[g.cluster[m]], g, m, j)
                free_of_tax(p, g, m, j, lever.CIT_reduction, saving, city.time)
    set_due(p, g, m)


@inner
def _copy_firm(f, k, g, m):
    """Copy all that belongs to the firm, not to the place."""
    g.id[m], g.sector[m], g.status[m], g.events[m] = f.id[k], f.sector[k], f.status[k], f.events[k]
    g.workers[m], g.eps[m], g.revenue_factor[m], g.margin_life[m] = f.workers[k], f.eps[k], f.revenue_factor[k], f.margin_life[k]
    g.hurdle[m], g.collateral[m], g.integrity[m] = f.hurdle[k], f.collateral[k], f.integrity[k]
    g.attitude_start[m], g.trust_start[m], g.trade_share[m] = f.attitude_start[k], f.trust_start[k], f.trade_share[k]
    g.exporter[m], g.offer_taste[m], g.born[m], g.moved_at[m] = f.exporter[k], f.offer_taste[k], f.born[k], f.moved_at[k]
    g.admitted[m], g.aware[m], g.attitude[m], g.trust[m] = f.admitted[k], f.aware[k], f.attitude[k], f.trust[k]
    g.good[m], g.bad[m], g.discloses[m], g.club[m] = f.good[k], f.bad[k], f.discloses[k], f.club[k]
    g.visited[m], g.served[m], g.studied[m] = f.visited[k], f.served[k], f.studied[k]
    g.compliance[m] = f.compliance[k]
    g.tech[m], g.pending[m], g.ever[m], g.loans[m], g.cuts[m], g.due[m] = (
        f.tech[k], f.pending[k], f.ever[k], f.loans[k], f.cuts[k], f.due[k])  # fmt: skip
    for j in range(N_LOANS):
        g.loan_balance[m, j], g.loan_payment[m, j] = f.loan_balance[k, j], f.loan_payment[k, j]
        g.loan_growth[m, j] = f.loan_growth[k, j]
    for j in range(N_TECH):
        g.start[m, j], g.cut_value[m, j], g.cut_until[m, j] = f.start[k, j], f.cut_value[k, j], f.cut_until[k, j]
        g.write_off[m, j], g.capex_noise[m, j] = f.write_off[k, j], f.capex_noise[k, j]
    g.cut_total[m], g.depreciation[m], g.cut_links[m] = f.cut_total[k], f.depreciation[k], 0.0
    g.exempt[m], g.exempt_until[m] = f.exempt[k], f.exempt_until[k]
    g.z_util[m], g.z_margin[m], g.activity[m] = f.z_util[k], f.z_margin[k], f.activity[k]
    g.elec[m], g.fuel[m], g.water[m], g.effluent[m], g.waste[m] = f.elec[k], f.fuel[k], f.water[k], f.effluent[k], f.waste[k]
    g.running[m] = f.running[k]
    g.profit[m], g.exchange_gain[m], g.cash[m], g.debt[m] = f.profit[k], 0.0, f.cash[k], f.debt[k]
    g.interest[m] = f.interest[k]
    g.debt_service[m], g.negative_years[m], g.links[m], g.hubs[m] = f.debt_service[k], f.negative_years[k], 0, 0
    g.stopped[m], g.last_fine[m], g.told[m] = f.stopped[k], f.last_fine[k], f.told[k]
    g.plant[m], g.plant_at[m], g.treats[m] = f.plant[k], f.plant_at[k], f.treats[k]
    g.asked[m], g.sells[m], g.told_trade[m], g.told_other[m] = f.asked[k], 0, f.told_trade[k], f.told_other[k]
    for n in range(g.fined_at.shape[1]):
        g.fined_at[m, n] = f.fined_at[k, n]
    for w in range(g.sold.shape[1]):
        g.sold[m, w] = g.bought[m, w] = 0.0
