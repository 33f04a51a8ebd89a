"""Phase 10: producers scattered outside clusters, whom clusters were planned to gather (13.7).

They are a table: what a member uses and discharges stays what it was in 2010 until he moves into a cluster, nobody inspects
him, nobody takes his place. He is reckoned to weigh a move as a firm outside clusters does, with the law before his eyes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner, jit
from ..ledger import Money
from ..maths import exp
from ..randomness import RELOCATION, Purpose, draw, of_errand, of_size, uniform
from ..rules.demography import Move, moving_cost, pool_size, relocation_value
from ..rules.diffusion import event
from ..rules.production import usual_margin
from ..rules.symbiosis import landfilled_share, traded_share
from ..state import N_SECTORS, N_SOLID, NEVER, NONE, REAL_CONNECTED, WATER
from ..state_pointer import by_reference
from .arrivals import give_up
from .births import draw_sector, give_means, give_mind, normal_trait, use_resources
from .financing import own_funds
from .lottery import RELOCATION_REVIEW, is_meant
from .origins import settle
from .planned import Bill, enter_planned, may_enter, old_plot, pay_move, place_gain
from .requests import add_request, sort_requests
from .slots import choose_slot, take_slot

__all__ = ["Scattered", "fill_pool", "gather", "scattered"]

FARTHEST = 8.5  # standard deviations: no trait is drawn so far out


class Scattered(NamedTuple):
    """What members of the pool are and do, a year.

    Attributes
    ----------
    firms, workers : float
    elec, fuel, water, effluent : float
        MWh, GJ, m3, m3.
    cod, smoke : float
        t, untreated.
    waste, landfill, gas : float
        t of solid waste, t of it that cost something to be rid of, tCO2e of these.
    output, value, profit : float
        mVND, at utilisation 1.
    """

    firms: float
    workers: float
    elec: float
    fuel: float
    water: float
    effluent: float
    cod: float
    smoke: float
    waste: float
    landfill: float
    gas: float
    output: float
    value: float
    profit: float


@jit
def fill_pool(s, p):
    """The first day: trade by the mix of the city, size by a law of its own."""
    s, p = by_reference(s), p[()]
    city = s.city[0]
    city.pool_stale = 1
    for n in range(s.pool.size):
        member, ident = s.pool[n], city.first_pool_id + n
        member.id, member.gone = ident, NEVER
        member.sector = draw_sector(city.mix, uniform(city.key, Purpose.TRAIT_SECTOR, 0, ident))
        member.workers = pool_size(p, normal_trait(city, Purpose.TRAIT_WORKERS, of_size(ident, 0)))
        member.eps = exp(p.eps_sd * normal_trait(city, Purpose.TRAIT_EPS, ident) - 0.5 * p.eps_sd * p.eps_sd)


@inner
def _count(s):
    """Members who are outside when the step begins, and those who have moved: number, workers, workers by efficiency, by trade."""
    city = s.city[0]
    city.pool_here[:, :] = 0.0
    city.pool_gone[:, :] = 0.0
    for n in range(s.pool.size):
        member = s.pool[n]
        count = city.pool_here if member.gone >= NEVER else city.pool_gone
        count[member.sector, 0] += 1.0
        count[member.sector, 1] += member.workers
        count[member.sector, 2] += member.workers * member.eps


@inner
def scattered(sums):
    """What members do outside, from a row of `city.pool_sums`."""
    return Scattered(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8], sums[9], sums[10], sums[11],
                     sums[12], sums[13])  # fmt: skip


@inner
def _reckon(p, count, sums):
    """What so many members do outside (`city.pool_here` or `city.pool_gone`), into `sums` in the order of `Scattered`."""
    firms, workers, elec, fuel, water, effluent, cod = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    smoke, waste, landfill, gas, output, value, profit = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(N_SECTORS):
        people, load = count[i, 1], count[i, 2]
        firms += count[i, 0]
        workers += people
        elec += p.sector_elec_MWh[i] * load
        fuel += p.sector_fuel_GJ[i] * load
        smoke += 0.001 * p.sector_smoke[i] * p.sector_fuel_GJ[i] * load
        water += p.sector_water_m3[i] * load
        flow = p.sector_water_m3[i] * p.sector_effluent_share[i] * load
        effluent += flow
        cod += 0.001 * p.sector_cod_kg_m3[i] * flow
        for w in range(N_SOLID):
            tonnes = p.supply[i, w] * load
            buried = landfilled_share(p, w, traded_share(p, w)) * tonnes
            waste += tonnes
            landfill += buried
            gas += p.stream_ef_landfill[w] * buried
        output += p.sector_revenue_mVND[i] * people
        value += p.sector_value_added_mVND[i] * people
        profit += p.sector_margin[i] * p.sector_revenue_mVND[i] * people
    sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6] = firms, workers, elec, fuel, water, effluent, cod
    sums[7], sums[8], sums[9], sums[10], sums[11], sums[12], sums[13] = smoke, waste, landfill, gas, output, value, profit


@inner
def gather(s, p):
    """From 2020 on members review a move into slots that arrivals have left; hashed priority decides who is first.

    What they do outside is booked to the pool, their origin wherever they move.
    """
    city = s.city[0]
    year = np.int64(np.floor(city.time + 1e-6)) - 2020
    if s.pool.size == 0:
        return
    if city.pool_stale:  # somebody has moved since
        _count(s)
        _reckon(p, city.pool_here, city.pool_sums[0])
        _reckon(p, city.pool_gone, city.pool_sums[1])
        city.pool_stale = 0
    if year < 0:
        return
    if year < s.booked.shape[0]:
        _book_pool(s, p, year)
    if city.lettable == 0 and city.lettable_planned == 0:
        return
    chance = event(p.relocation_review, city.dt)
    for n in range(s.pool.size):
        ident = s.pool[n].id
        if s.pool[n].gone >= NEVER and is_meant(city.key, city.step, ident, RELOCATION_REVIEW, chance):
            priority = draw(city.key, Purpose.PRIORITY, city.step, of_errand(ident, RELOCATION))
            add_request(s, n, 0, -1, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        member = s.pool[s.requests[r].slot]
        if _settles(s, p, member, True) or _settles(s, p, member, False):
            member.gone, city.pool_stale = city.time, 1
    city.requests = 0


@inner
def _book_pool(s, p, year):
    here, row, dt = scattered(s.city[0].pool_sums[0]), s.city[0].existing + 1, s.city[0].dt
    s.booked[year, row, 0] += dt * here.cod
    s.booked[year, row, 1] += dt * (here.elec * s.city[0].grid_factor + here.fuel * p.fuel_factor)
    s.booked[year, row, 2] += dt * here.landfill
    s.booked[year, row, 3] += dt * 0.001 * (3.6 * here.elec + here.fuel)


@inner
def _is_in_vain(s, p, member, outside, f, k, there):
    """Would a slot of an existing cluster not pay even who is the most patient and moves at the least cost?

    Most who think of moving are told so here, by what `place_gain` looks at; nothing else of them is drawn. The slot is left as it was.
    """
    city, i = s.city[0], member.sector
    f.id[k], f.workers[k], f.compliance[k] = member.id, member.workers, NONE
    f.k_revenue[k], f.k_margin[k], f.k_cod[k] = p.sector_revenue_mVND[i], p.sector_margin[i], p.sector_cod_kg_m3[i]
    f.margin_life[k] = p.margin_sd_life * normal_trait(city, Purpose.TRAIT_MARGIN, member.id)
    f.effluent[k] = p.sector_water_m3[i] * member.eps * p.sector_effluent_share[i] * member.workers
    gain, lump = place_gain(s, p, outside, f, k, there, s.levers[there.lever_row])
    lump += old_plot(city, p, f, k)
    moving = moving_cost(p, member.workers, -FARTHEST * p.moving_noise)
    move = Move(moving, usual_margin(f.k_margin[k], f.margin_life[k]), f.k_revenue[k] * member.workers, 0.0)
    f.workers[k] = f.effluent[k] = 0.0
    return relocation_value(p, max(gain, 0.0), lump, p.hurdle_low, move) < -1e-6


@inner
def _settles(s, p, member, planned):
    """Does a member take a slot of a planned cluster, or of an existing one? He does if moving pays and he can pay for it."""
    city = s.city[0]
    if (city.lettable_planned if planned else city.lettable) == 0:
        return False
    entry = choose_slot(s, planned, member.id, member.sector)
    if entry < 0:
        return False
    slot = np.int64(s.lettable[entry].slot)
    f, k = s.firms[slot >> 4], slot & 15
    there, outside = s.clusters[f.cluster[k]], s.clusters[city.outside]
    if not planned and _is_in_vain(s, p, member, outside, f, k, there):
        return False
    lever, fund, aided = s.levers[there.lever_row], there.programme, f.aided[k]
    give_means(s, p, slot, member.id, member.sector, member.workers)
    use_resources(s, p, slot)
    f.compliance[k] = NONE  # what he does where he is
    margin = usual_margin(f.k_margin[k], f.margin_life[k])
    revenue = f.k_revenue[k] * f.workers[k]
    moving = moving_cost(p, f.workers[k], p.moving_noise * normal_trait(city, Purpose.MOVING_NOISE, member.id))
    idle = p.downtime * margin * revenue
    full = moving + idle + p.dip * p.dip_years * margin * revenue
    aid = lever.relocation_aid if planned and not aided else 0.0
    if aid > 0.0 and s.funds[fund].fund[0] < aid * full:
        aid = 0.0
    gain, lump = place_gain(s, p, outside, f, k, there, lever)
    lump += old_plot(city, p, f, k)
    value = relocation_value(p, gain, lump, f.hurdle[k], Move(moving, margin, revenue, aid))
    f.aided[k] = aided
    pays = value > 0.0 and moving - aid * full <= own_funds(p, lever, f, k)
    if pays:
        give_mind(s, p, slot)
    if not pays or planned and not may_enter(s, p, there, slot, moving - aid * full):
        give_up(s, f, k)
        return False
    settle(s, f, k)
    s.money[Money.ENTRY_CASH] += f.cash[k]
    if aid > 0.0:
        f.aided[k] = 1
    pay_move(s, p, f, k, Bill(moving, idle, aid * full, fund))
    f.moved_at[k] = city.time
    take_slot(s, entry)
    city.pool_moved += 1
    if planned:
        city.entered_pool += 1
        enter_planned(s, p, lever, slot)
    elif there.built[WATER]:
        f.compliance[k] = REAL_CONNECTED
    return True
