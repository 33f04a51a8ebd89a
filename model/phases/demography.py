"""Phase 10: exit, letting of slots, planned clusters, relocation and arrivals (5g, 5i and 3)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import exp, log
from ..randomness import Purpose, draw, uniform, versus
from ..rules.compliance import (
    detection_hazard,
    environmental_fee,
    fine,
    inspection_hazard,
    own_running_cost,
    sham_cost,
)
from ..rules.demography import arrival_intensity, exit_hazard, relocation_value
from ..rules.diffusion import event
from ..rules.production import tax_rate
from ..state import (
    LANES,
    N_TECH,
    NEVER,
    NONE,
    OUTSIDE,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    SLOT_LETTABLE,
    SLOT_RETIRED,
    SLOT_TAKEN,
    SLOT_VACANT,
    T1,
)
from .births import draw_sector, draw_workers, give_traits, normal_trait, start_business
from .enforcement import fine_terms, has_continuous
from .hubs import leave_hubs
from .links import close_links_of
from .lottery import EXIT, RELOCATION_REVIEW, digits
from .production import set_coefficients
from .requests import add_request, sort_requests
from .technology import add_loan, investment, own_funds, saving_of, set_cut, set_due, total_loans

__all__ = ["arrive", "expel", "leave", "let_slots", "note_leavers", "open_planned", "relocate"]


@inner
def note_leavers(s, p, c):
    """Who leaves in this step: the base hazard by size, and insolvency after two quarters of negative cash."""
    city, cluster = s.city[0], s.clusters[c]
    dt = city.dt
    if cluster.firms == 0 or cluster.hold:
        return
    ease = 1.0 - p.skills_exit_cut * s.levers[cluster.lever_row].skills_housing
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if not (f.events[k] >> EXIT) & 1:
                continue
            base = exit_hazard(p, f.workers[k]) * ease
            hazard = base + (p.insolvency_hazard if f.negative_years[k] >= 0.5 - 1e-9 else 0.0)
            u = digits(city.key, city.step, f.id[k], EXIT)
            if u < event(hazard, dt):
                city.exits += 1
                if u >= event(base, dt):
                    city.bankrupt += 1
                s.leavers[city.leavers] = b * LANES + k
                city.leavers += 1


@inner
def leave(s, p):
    """The firms that were noted leave: their owners take what is left, the bank writes off what is owed."""
    city = s.city[0]
    for n in range(city.leavers):
        slot = s.leavers[n]
        f, k = s.firms[slot >> 4], slot & 15
        s.money[Money.EXIT_CASH] += f.cash[k]
        s.money[Money.LOAN_WRITTEN_OFF] += total_loans(f, k)
        vacate(s, p, s.clusters[f.cluster[k]], f, k, slot, False)
    city.leavers = 0


@inner
def vacate(s, p, cluster, f, k, slot, moved):
    """Empty a slot; the plot of a mover is lost to industry with probability .3."""
    city = s.city[0]
    close_links_of(s, p, slot)
    leave_hubs(f, k)
    f.status[k] = SLOT_VACANT
    if moved and cluster.kind != OUTSIDE:
        if uniform(city.key, Purpose.SLOT_KEEP, city.step, f.slot_id[k]) >= p.old_plot_relet:
            f.status[k] = SLOT_RETIRED
    if cluster.kind == OUTSIDE:
        city.outside_from = min(city.outside_from, slot >> 4)
    f.workers[k] = f.cash[k] = f.activity[k] = 0.0
    f.debt_service[k] = f.interest[k] = f.debt[k] = 0.0
    f.loans[k] = f.tech[k] = f.pending[k] = f.discloses[k] = f.club[k] = 0
    f.events[k] = 0
    f.due[k] = NEVER
    f.effluent[k] = f.elec[k] = f.fuel[k] = f.water[k] = f.waste[k] = 0.0


@inner
def let_slots(s, p):
    """Vacated slots become lettable at 1 a year; counts what can be let."""
    city = s.city[0]
    chance = event(p.relet_rate, city.dt)
    city.lettable, city.lettable_planned = 0, 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == OUTSIDE or (cluster.kind == PLANNED and cluster.opened > city.time + 1e-9):
            continue
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] == SLOT_VACANT:
                    if uniform(city.key, Purpose.SLOT_RELET, city.step, f.slot_id[k]) < chance:
                        f.status[k] = SLOT_LETTABLE
                if f.status[k] == SLOT_LETTABLE and not cluster.hold:
                    entry = s.lettable[city.lettable + city.lettable_planned]
                    entry.slot, entry.slot_id, entry.cluster = b * LANES + k, f.slot_id[k], c
                    if cluster.kind == PLANNED:
                        city.lettable_planned += 1
                    else:
                        city.lettable += 1


# --- planned clusters -----------------------------------------------------------------------------------


@inner
def open_planned(s, p):
    """Decide planned clusters as the infrastructure fund allows; open those that are built."""
    city = s.city[0]
    for k in range(s.funds.size):
        fund = s.funds[k]
        lever = s.levers[3 * k]
        if fund.enacted < 0.5 or fund.budget <= 0.0:
            continue
        wanted = np.floor(lever.planned_slots * city.planned_factor + 0.5)
        before = 0.0
        for c in range(s.clusters.size):
            cluster = s.clusters[c]
            if cluster.kind != PLANNED or cluster.programme != k:
                continue
            if cluster.opened < NEVER:
                before += cluster.slots
                continue
            slots = min(wanted - before, np.float64(p.planned_cluster_slots), np.float64((cluster.last - cluster.first) * LANES))
            if slots < 1.0:
                break
            cost = p.cost_planned_land * p.planned_slot_area * slots
            support = lever.land_support * cost
            if fund.fund[2] < support:
                break
            fund.fund[2] -= support
            fund.spent += support
            s.money[Money.LAND_SUPPORT] += support
            s.money[Money.DEVELOPER_LAND] += cost
            cluster.slots = np.int64(slots)
            cluster.opened = city.time + p.planned_build
            cluster.scale = slots * p.occupancy_2018 / 55.0
            cluster.land = p.planned_land
            cluster.kilowatt = p.solar_share * city.elec_per_firm * slots * p.occupancy_2018 / p.solar_yield
            cluster.solar_capital = p.cost_project_energy * cluster.kilowatt
            cluster.design_flow = p.design_factor * city.effluent_per_firm * slots
            cluster.fee = p.cetp_fee
            for j in range(4):
                cluster.ready[j] = cluster.opened
            before += slots
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind != PLANNED or cluster.opened >= NEVER:
            continue
        s.money[Money.BASE_RENT] += city.dt * p.base_rent * p.planned_slot_area * cluster.firms
        if not cluster.let and cluster.opened <= city.time + 1e-9:
            cluster.let = 1
            for n in range(cluster.slots):
                slot = cluster.first * LANES + n
                s.firms[slot >> 4].status[slot & 15] = SLOT_LETTABLE


@inner
def _choose(s, planned, ident, sector):
    """The entry of `lettable` that a firm takes: the first in a race of exponential times, by hash over (firm, slot).

    In existing clusters the rate of a slot is the share of the sector in the cluster's mix, so that clusters keep
    their character; planned ones are alike. -1 if there is none.
    """
    city = s.city[0]
    h = draw(city.key, Purpose.ARRIVAL_PROBE, city.step, ident)
    best, at = np.inf, -1
    for n in range(city.lettable + city.lettable_planned):
        entry = s.lettable[n]
        if (entry.cluster >= city.existing) != planned:
            continue
        rate = 1.0 if planned else s.clusters[entry.cluster].mix[sector]
        u = (np.float64(versus(h, entry.slot_id) >> np.uint64(12)) + 0.5) * 2.220446049250313e-16
        if (1.0 - u) < best * rate:  # -ln u is not below 1 - u: most slots are passed without a logarithm
            time = -log(u) / rate
            if time < best:
                best, at = time, n
    return at


@inner
def _take(s, n):
    """Strike an entry from the list of slots that can be let."""
    city = s.city[0]
    entry, last = s.lettable[n], s.lettable[city.lettable + city.lettable_planned - 1]
    if entry.cluster >= city.existing:
        city.lettable_planned -= 1
    else:
        city.lettable -= 1
    entry.slot, entry.slot_id, entry.cluster = last.slot, last.slot_id, last.cluster


# --- relocation -----------------------------------------------------------------------------------------


@inner
def _effluent_cost(s, p, cluster, f, k):
    """What the present choice of compliance costs, mVND/yr."""
    q, z = f.effluent[k], f.z[k]
    if z == REAL_CONNECTED:
        return cluster.fee * q + p.connect_fixed
    fee = environmental_fee(p, q, f.k_cod[k])
    if z == REAL_OWN:
        return own_running_cost(p, q) + fee
    lever = s.levers[cluster.lever_row]
    multiplier, share, side = fine_terms(p, cluster, lever)
    visits = inspection_hazard(p, lever.inspection_rate, f.workers[k])
    hazard = detection_hazard(p, z, cluster.monitoring, visits, has_continuous(cluster))
    cost = fee + hazard * fine(p, q, multiplier) * (share + side)
    return cost + (sham_cost(p, own_running_cost(p, q)) if z == SHAM else 0.0)


@inner
def _planned_gain(s, p, cluster, f, k, there, lever_there):
    """Yearly gain and lump gain of a plot in a planned cluster, without moving, mVND (admission included)."""
    city = s.city[0]
    revenue = f.k_revenue[k] * f.workers[k]
    tax = tax_rate(p, revenue, city.time) * p.taxable_share
    energy = f.elec[k] * city.electricity_price + f.fuel[k] * p.fuel_price
    if s.clusters[f.cluster[k]].kind == PLANNED:
        energy /= 1.0 - p.relocation_energy  # an arrival: what it would use elsewhere
    here = 0.0
    if cluster.built[2]:
        here += p.cost_benefit_infrastructure
    if cluster.built[3]:
        here += p.cost_benefit_information
    better = p.cost_benefit_infrastructure + p.cost_benefit_information
    gain = (_effluent_cost(s, p, cluster, f, k) - there.fee * f.effluent[k] - p.connect_fixed
            + p.relocation_energy * energy - p.rent_difference * f.workers[k]
            + (1.0 - p.operator_levy) * (better - here) * f.workers[k])
    lump = 0.0
    saving = 0.0
    if lever_there.admission > 0.5:
        for j in range(2):
            if not ((f.tech[k] | f.pending[k]) >> j) & 1:
                lump -= investment(city, p, f, k, j)
                saving += saving_of(city, p, there, f, k, j)
    return (gain + saving) * (1.0 - tax) + tax * lever_there.CIT_reduction * saving, lump


@inner
def relocate(s, p):
    """Reviews of relocation: whoever gains asks for a slot and for aid; hashed priority decides who is first."""
    city = s.city[0]
    if city.lettable_planned == 0:
        return
    chance = event(p.relocation_review, city.dt)
    target = _first_open(s)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == PLANNED or cluster.firms == 0 or cluster.hold:
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
                    priority = draw(city.key, Purpose.PRIORITY, city.step, f.id[k] * 8 + 5)
                    add_request(s, b * LANES + k, 0, there.programme, 0, 0.0, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        _move(s, p, s.requests[r].slot, target)
    city.requests = 0


@inner
def _first_open(s):
    """Index of the first planned cluster that is open, -1: none."""
    for c in range(s.clusters.size):
        if s.clusters[c].kind == PLANNED and s.clusters[c].built[1]:
            return c
    return -1


@inner
def _move_value(s, p, cluster, f, k, there, aid):
    city = s.city[0]
    gain, lump = _planned_gain(s, p, cluster, f, k, there, s.levers[there.lever_row])
    if p.old_plot_value > 0.0:
        lump += f.workers[k] * p.old_plot_value * exp(p.old_plot_sd * normal_trait(city, Purpose.OLD_PLOT, f.id[k]))
    margin = max(f.k_margin[k] + f.margin_life[k], f.k_margin[k])
    noise = p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, f.id[k])
    return relocation_value(p, gain, lump, f.workers[k], f.k_revenue[k] * f.workers[k], margin, f.hurdle[k], aid, noise,
                            True)


@inner
def _move(s, p, slot, target):
    """Move the firm of a slot into a planned cluster, with aid if slot and fund allow."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    if city.lettable_planned == 0:
        return
    entry = _choose(s, True, f.id[k], f.sector[k])
    if entry < 0:
        return
    new = np.int64(s.lettable[entry].slot)
    g, m = s.firms[new >> 4], new & 15
    there = s.clusters[g.cluster[m]]
    lever = s.levers[there.lever_row]
    margin = max(f.k_margin[k] + f.margin_life[k], f.k_margin[k])
    revenue = f.k_revenue[k] * f.workers[k]
    noise = p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, f.id[k])
    moving = p.moving_cost * f.workers[k] * (1.0 + noise)
    idle = p.downtime * margin * revenue
    full = moving + idle + p.dip * p.dip_years * margin * revenue
    aid = lever.relocation_aid if not g.aided[m] else 0.0
    fund = there.programme
    if aid > 0.0 and s.funds[fund].fund[0] < aid * full:
        aid = 0.0
    if aid < lever.relocation_aid and _move_value(s, p, cluster, f, k, there, aid) <= 0.0:
        return
    if moving - aid * full > own_funds(p, s.levers[cluster.lever_row], f, k):
        return
    if aid > 0.0:
        s.funds[fund].fund[0] -= aid * full
        s.funds[fund].spent += aid * full
        s.money[Money.RELOCATION_AID] += aid * full
        f.cash[k] += aid * full
        g.aided[m] = 1
    f.cash[k] -= moving + idle
    s.money[Money.MOVING] += moving
    s.money[Money.ADAPTATION] += idle
    if p.old_plot_value > 0.0:
        plot = f.workers[k] * p.old_plot_value * exp(p.old_plot_sd * normal_trait(city, Purpose.OLD_PLOT, f.id[k]))
        f.cash[k] += plot
        s.money[Money.OLD_PLOT] += plot
    _transfer(s, p, cluster, slot, new)
    _take(s, entry)
    enter_planned(s, p, lever, g, m)


@inner
def _transfer(s, p, cluster, slot, new):
    """Carry a firm to another slot; its links, records and acquaintances are lost."""
    f, k = s.firms[slot >> 4], slot & 15
    g, m = s.firms[new >> 4], new & 15
    close_links_of(s, p, slot)
    leave_hubs(f, k)
    _copy_firm(f, k, g, m)
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
                    priority = draw(city.key, Purpose.PRIORITY, city.step, f.id[k] * 8 + 7)
                    add_request(s, b * LANES + k, 0, cluster.programme, 0, 0.0, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    target = _first_open(s)
    for r in range(n):
        slot = s.requests[r].slot
        f, k = s.firms[slot >> 4], slot & 15
        cluster = s.clusters[f.cluster[k]]
        if target >= 0:
            _move(s, p, slot, target)
        if f.status[k] == SLOT_TAKEN:
            new = free_outside(s)
            if new < 0:
                break
            moving = min(p.moving_cost * f.workers[k], max(own_funds(p, s.levers[s.levers.size - 1], f, k), 0.0))
            f.cash[k] -= moving
            s.money[Money.MOVING] += moving
            _transfer(s, p, cluster, slot, new)
            g, m = s.firms[new >> 4], new & 15
            if g.z[m] == REAL_CONNECTED:
                g.z[m] = NONE
            set_coefficients(p, g, m, False)
    city.requests = 0


@inner
def free_outside(s):
    """A free slot outside any cluster; the world outside grows by a block when it is full. -1 and failure at the end."""
    city = s.city[0]
    cluster = s.clusters[city.outside]
    for b in range(max(cluster.first, city.outside_from), cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_VACANT:
                city.outside_from = b  # nothing is vacant before
                return b * LANES + k
    city.outside_from = cluster.last
    if cluster.last < s.firms.size:
        cluster.last += 1
        return (cluster.last - 1) * LANES
    city.overflow = 1
    return -1


@inner
def enter_planned(s, p, lever, g, m):
    """What entering a planned cluster brings: connection, and the technologies required for admission."""
    city = s.city[0]
    g.z[m] = REAL_CONNECTED
    set_coefficients(p, g, m, True)
    if lever.admission > 0.5:
        g.admitted[m] = 1
        for j in range(2):
            bit = np.uint8(1 << j)
            g.aware[m] |= bit
            if not (g.tech[m] | g.pending[m]) & bit:
                cost = investment(city, p, g, m, j)
                add_loan(city.dt, g, m, j, cost, p.bank_rate, min(p.loan_years, p.tech_life_yr[j]))
                s.money[Money.LOANS] += cost
                s.money[Money.PRIVATE_CAPEX] += cost
                g.pending[m] |= bit
                g.ever[m] |= bit
                s.ever[g.id[m]] |= bit
                g.start[m, j] = city.time + city.dt
                g.write_off[m, j] = cost / p.tech_life_yr[j]
                saving = saving_of(city, p, s.clusters[g.cluster[m]], g, m, j)
                set_cut(p, g, m, j, lever.CIT_reduction * max(saving, 0.0))
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
    g.z[m] = f.z[k]
    g.tech[m], g.pending[m], g.ever[m], g.loans[m], g.cuts[m], g.due[m] = (
        f.tech[k], f.pending[k], f.ever[k], f.loans[k], f.cuts[k], f.due[k])
    for j in range(N_TECH):
        g.start[m, j], g.loan_balance[m, j], g.loan_payment[m, j] = f.start[k, j], f.loan_balance[k, j], f.loan_payment[k, j]
        g.loan_growth[m, j], g.cut_value[m, j], g.cut_until[m, j] = f.loan_growth[k, j], f.cut_value[k, j], f.cut_until[k, j]
        g.write_off[m, j], g.capex_noise[m, j] = f.write_off[k, j], f.capex_noise[k, j]
    g.cut_total[m], g.depreciation[m] = f.cut_total[k], f.depreciation[k]
    g.z_util[m], g.z_margin[m], g.activity[m] = f.z_util[k], f.z_margin[k], f.activity[k]
    g.elec[m], g.fuel[m], g.water[m], g.effluent[m], g.waste[m] = f.elec[k], f.fuel[k], f.water[k], f.effluent[k], f.waste[k]
    g.running[m] = f.running[k]
    g.profit[m], g.exchange_gain[m], g.cash[m], g.debt[m] = f.profit[k], 0.0, f.cash[k], f.debt[k]
    g.interest[m] = f.interest[k]
    g.debt_service[m], g.negative_years[m], g.links[m], g.hubs[m] = f.debt_service[k], f.negative_years[k], 0, 0
    for w in range(g.sold.shape[1]):
        g.sold[m, w] = g.bought[m, w] = 0.0


# --- arrivals -------------------------------------------------------------------------------------------


@inner
def arrive(s, p):
    """Arrivals of the step: one exogenous Poisson stream for the whole city, the same in every arm.

    Arrival number n comes when the operational time (the integral of the rate) passes the sum of n exponential
    gaps, so that the stream does not depend on the length of a step.
    """
    city = s.city[0]
    city.operational += arrival_intensity(p, city.initial_firms, city.time + 0.5 * city.dt - 2010.0) * city.dt
    while city.next_gap <= city.operational:
        number = city.arrivals
        city.arrivals += 1
        city.next_gap += -log(uniform(city.key, Purpose.ARRIVAL_GAP, 0, number + 1))
        ident = city.first_arrival_id + number
        if ident >= s.ever.size:
            city.overflow = 1
            return
        sector = draw_sector(city.mix, uniform(city.key, Purpose.TRAIT_SECTOR, 0, ident))
        _settle(s, p, ident, sector, draw_workers(city, p, ident, True))


@inner
def _settle(s, p, ident, sector, workers):
    """A planned slot if its value is positive, else a lettable slot, else outside any cluster."""
    city = s.city[0]
    if city.lettable_planned > 0:
        entry = _choose(s, True, ident, sector)
        if entry >= 0 and _try_planned(s, p, np.int64(s.lettable[entry].slot), ident, sector, workers):
            _take(s, entry)
            return
    if city.lettable > 0:
        entry = _choose(s, False, ident, sector)
        if entry >= 0:
            slot = np.int64(s.lettable[entry].slot)
            _take(s, entry)
            _begin(s, p, slot, ident, sector, workers)
            return
    slot = free_outside(s)
    if slot >= 0:
        _begin(s, p, slot, ident, sector, workers)


@inner
def _begin(s, p, slot, ident, sector, workers):
    give_traits(s, p, slot, ident, sector, workers)
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    start_business(s, p, slot, cluster.tech_count[T1] / max(cluster.firms, 1))
    s.money[Money.ENTRY_CASH] += f.cash[k]


@inner
def _try_planned(s, p, slot, ident, sector, workers):
    """Settle in a planned slot iff it is worth it, admission included; else leave the slot as it was."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    aided = f.aided[k]
    give_traits(s, p, slot, ident, sector, workers)
    start_business(s, p, slot, p.tech_initial_share[T1])
    outside = s.clusters[city.outside]
    f.z[k] = NONE  # what it would do elsewhere
    gain, lump = _planned_gain(s, p, outside, f, k, cluster, lever)
    value = relocation_value(p, gain, lump, workers, f.k_revenue[k] * workers, 0.0, f.hurdle[k], 0.0, 0.0, False)
    f.aided[k] = aided
    if value < 0.0:
        s.ever[ident] = 0
        f.status[k] = SLOT_LETTABLE
        f.workers[k] = f.cash[k] = f.activity[k] = 0.0
        f.tech[k] = f.pending[k] = f.loans[k] = 0
        f.debt[k] = f.effluent[k] = f.elec[k] = f.fuel[k] = f.water[k] = f.waste[k] = 0.0
        f.due[k] = NEVER
        return False
    s.money[Money.ENTRY_CASH] += f.cash[k]
    enter_planned(s, p, lever, f, k)
    return True
