"""Phase 1: the outside world, the levers in force, and the quarterly release of funds."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import exp, log, normal_pair
from ..plan import DOSE, LAW, MONEY
from ..randomness import Purpose, draw, uniform
from ..rules.compliance import inspection_hazard
from ..rules.government import dose_factor, scaled, scheduled
from ..state import OUTSIDE, PLANNED
from .capital import retire_capital

__all__ = ["open_step"]


@inner
def open_step(s, p, plan, values):
    """Begin a step: clear the step's accounts, look up prices, draw sector shocks, set levers, release funds.

    Parameters
    ----------
    values : (rows, levers) float64
        `s.levers` seen as numbers.
    """
    s.money[:] = 0.0
    s.matter[:] = 0.0
    retire_capital(s)
    city = s.city[0]
    n = city.step
    city.electricity_price = plan.electricity[n]
    city.grid_factor = plan.grid[n]
    city.carbon_rule = plan.carbon[n]
    for j in range(city.learning.size):
        city.learning[j] = plan.capex[n, j]
        city.learning_offered[j] = plan.offered[n, j]
    _sectors(s, p, plan, n)
    _enact(s)
    _full_levers(s, plan, values)
    _release(s, p)
    _apply_dose(s, p, plan, values)


@inner
def _sectors(s, p, plan, n):
    """Utilisation of sectors: log-AR(1), shocks from the script and random slumps."""
    city = s.city[0]
    keep = exp(city.dt * log(p.util_corr))
    fresh, sd = np.sqrt(1.0 - keep * keep), p.util_sd_sector
    key, z, demand = city.key, city.sector_z, city.demand
    for i in range(demand.size):
        a, b = normal_pair(draw(key, Purpose.SECTOR, n, i))
        z[i] = keep * z[i] + fresh * a
        demand[i] = exp(sd * z[i] - 0.5 * sd * sd)
    if plan.slump_rate[n] > 0.0:
        chance = 1.0 - exp(-plan.slump_rate[n] * city.dt)
        for i in range(demand.size):
            if uniform(key, Purpose.SLUMP, n, i) < chance:
                city.slump_until[i] = city.time + 1.0
            if city.time < city.slump_until[i] - 1e-9:
                demand[i] *= plan.slump_factor[n]
    for i in range(demand.size):
        demand[i] *= plan.demand[n, i]


@inner
def _enact(s):
    """A programme begins when it is enacted (at once, unless its policy must first become law)."""
    city = s.city[0]
    for k in range(s.funds.size):
        fund = s.funds[k]
        if fund.enacted < 0.5 and city.time >= fund.enacted_at - 1e-9:
            fund.enacted = 1.0


@inner
def _full_levers(s, plan, values):
    """Levers by schedule and scale factor, with doses at full; law only once its set-up is paid."""
    city = s.city[0]
    rows = values.shape[0]
    for row in range(rows):
        for i in range(values.shape[1]):
            values[row, i] = plan.baseline[i]
    for row in range(rows - 1):
        k = row // 3
        fund = s.funds[k]
        if fund.enacted < 0.5:
            continue
        for i in plan.moved:
            base, kind = plan.baseline[i], plan.kind[i]
            if fund.budget <= 0.0 and (kind == DOSE or kind == LAW or kind == MONEY):
                continue  # without a budget every lever stays at baseline
            if kind == LAW and fund.law_paid < fund.law_need - 1e-9:
                continue
            target = scaled(base, plan.target[row, i], fund.scale, plan.cap[i])
            values[row, i] = scheduled(base, target, city.time, plan.start[k, i], plan.ramp[k, i], plan.end[k, i])


@inner
def _apply_dose(s, p, plan, values):
    """Doses fall short of their targets where the fixed half of the budget does not pay for them."""
    rows = values.shape[0]
    for row in range(rows - 1):
        dose = s.funds[row // 3].dose
        for i in plan.moved:
            if plan.kind[i] == DOSE:
                values[row, i] = plan.baseline[i] + dose * (values[row, i] - plan.baseline[i])
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        lever = s.levers[cluster.lever_row]
        data = max(lever.monitoring_data, p.planned_data) if cluster.built[3] else lever.monitoring_data
        cluster.monitoring = 1.0 if lever.relief_monitoring > 0.5 else data


@inner
def _release(s, p):
    """Release of funds: law set-up first, then fixed doses, the rest to the three funds by their shares."""
    city = s.city[0]
    for k in range(s.funds.size):
        fund = s.funds[k]
        if fund.budget <= 0.0 or city.time < 2020.0 - 1e-9:
            continue
        if fund.enacted < 0.5:
            continue
        lever = s.levers[3 * k]
        release = fund.budget * city.dt + p.fine_return * fund.fines_back
        fund.fines_back = 0.0
        fund.released += release
        fixed = 0.5 * fund.budget * city.dt
        law = min(fixed, fund.law_need - fund.law_paid)
        fund.law_paid += law
        s.money[Money.LAW_SET_UP] += law
        need = _fixed_need(s, p, k)
        fund.need = need
        fund.dose = min(dose_factor(fund.budget, need), (fixed - law) / (need * city.dt) if need > 0.0 else 1.0)
        # inspections are charged by actual number; the other doses now
        inspections = _inspection_need(s, p, k) * fund.dose * city.dt
        paid = fund.dose * need * city.dt - inspections
        s.money[Money.FIXED_DOSES] += paid
        fund.spent += law + paid
        free = release - law - paid - inspections + fund.general  # what inspections left over or overdrew
        fund.general = inspections
        shares = lever.fund_share_grants + lever.fund_share_symbiosis + lever.fund_share_infrastructure
        if shares > 0.0:
            fund.fund[0] += free * lever.fund_share_grants / shares
            fund.fund[1] += free * lever.fund_share_symbiosis / shares
            fund.fund[2] += free * lever.fund_share_infrastructure / shares
        else:
            fund.general += free
        year_end = abs((city.time + city.dt) - np.floor(city.time + city.dt + 0.5)) < 1e-6
        if p.fund_lapse > 0.5 and year_end:
            for i in range(3):
                fund.lapsed += max(fund.fund[i], 0.0)
                fund.fund[i] = min(fund.fund[i], 0.0)


@inner
def _fixed_need(s, p, k):
    """Cost a year of all doses above baseline at their full targets, mVND."""
    total = _inspection_need(s, p, k)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.programme != k or cluster.firms == 0:
            continue
        full = s.levers[cluster.lever_row]
        base = s.levers[s.levers.size - 1]
        firms = np.float64(cluster.firms)
        total += firms * (p.cost_extension * (full.extension - base.extension)
                          + p.cost_innovation_centre * (full.innovation_centre - base.innovation_centre)
                          + p.cost_fairs * full.fairs)
        if cluster.kind != PLANNED:  # in planned clusters monitoring is built in
            total += firms * p.cost_monitoring_data * (full.monitoring_data - base.monitoring_data)
        total += cluster.workers * p.cost_skills_housing * full.skills_housing
        if cluster.kind != OUTSIDE:
            total += (p.cost_coordinator * full.coordinator + p.cost_platform * full.platform
                      + p.cost_club_community * full.club_community)
    return total


@inner
def _inspection_need(s, p, k):
    """Expected cost a year of the inspections above baseline, mVND."""
    total = 0.0
    base = s.levers[s.levers.size - 1]
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.programme == k and cluster.firms > 0:
            more = s.levers[cluster.lever_row].inspection_rate - base.inspection_rate
            total += p.cost_inspection * inspection_hazard(p, more, cluster.mean_workers) * cluster.firms
    return total
