"""1 The outside world: prices, sector shocks, levers in force, quarterly release of funds (5h)."""

from __future__ import annotations

import math

from ecocluster.model.maths import exp, log
from ecocluster.model.plan import DOSE, LAW, MONEY

from .formulas import rules
from .luck import PURPOSE
from .objects import INFORMATION, OUTSIDE, PLANNED

__all__ = ["open_step"]


def open_step(model) -> None:
    """Look up prices, draw sector shocks, set the levers, release money."""
    plan, n = model.plan, model.quarter
    model.ledger.clear()
    model.matter.clear()
    model.events.clear()
    model.capital = [(end, service) for end, service in model.capital if end > n]
    model.electricity_price, model.grid_factor = float(plan.electricity[n]), float(plan.grid[n])
    model.carbon_rule = float(plan.carbon[n])
    model.learning = plan.capex[n].tolist()
    model.offered = [bool(x) for x in plan.offered[n]]
    _sectors(model)
    for fund in model.funds:
        fund.enacted = fund.enacted or model.now >= fund.enacted_at - 1e-9
    for k in range(len(model.funds)):
        for place in range(3):
            _set_levers(model, k, place)
    for k in range(len(model.funds)):
        _release(model, k)
    for row, levers in enumerate(model.levers[:-1]):
        dose = model.funds[row // 3].dose
        for name, kind, base in model.lever_table:
            if kind == DOSE:
                setattr(levers, name, base + dose * (getattr(levers, name) - base))
    for cluster in model.clusters:
        data = cluster.levers.monitoring_data
        if cluster.built[INFORMATION]:
            data = max(data, model.p.planned_data)
        cluster.monitoring = 1.0 if cluster.levers.relief_monitoring > 0.5 else data


def _sectors(model) -> None:
    """Utilisation of sectors: log-AR(1) of mean 1, the script of shocks, random slumps of four quarters."""
    p, plan, n, luck = model.p, model.plan, model.quarter, model.luck
    keep = exp(model.dt * log(p.util_corr))
    rate, depth = float(plan.slump_rate[n]), float(plan.slump_factor[n])
    for i in range(len(model.sector_state)):
        shock, _ = luck.two_normals(PURPOSE.SECTOR, n, i)
        state = model.sector_state[i] = keep * model.sector_state[i] + math.sqrt(1.0 - keep * keep) * shock
        level = exp(p.util_sd_sector * state - 0.5 * p.util_sd_sector**2)
        if rate > 0.0:
            if luck.uniform(PURPOSE.SLUMP, n, i) < rules.diffusion.event(rate, model.dt):
                model.slump_until[i] = model.now + 1.0
            if model.now < model.slump_until[i] - 1e-9:
                level *= depth
        model.demand[i] = level * float(plan.demand[n, i])


def _set_levers(model, k: int, place: int) -> None:
    """Levers of programme k in existing clusters (0), planned ones (1), outside (2), with doses at full.

    Without a budget every lever that costs stays at baseline; laws act once their set-up is paid.
    """
    plan, fund, row = model.plan, model.funds[k], 3 * k + place
    levers = model.levers[row]
    for i, (name, kind, base) in enumerate(model.lever_table):
        value = base
        broke = fund.budget <= 0.0 and kind in (DOSE, LAW, MONEY)
        unpaid = kind == LAW and fund.law_paid < fund.law_need - 1e-9
        if fund.enacted and not broke and not unpaid:
            target = rules.government.scaled(base, float(plan.target[row, i]), fund.scale, float(plan.cap[i]))
            value = rules.government.scheduled(base, target, model.now, plan.start[k, i], plan.ramp[k, i],
                                               plan.end[k, i])
        setattr(levers, name, float(value))


def _release(model, k: int) -> None:
    """A quarter of the budget: the law's set-up first, then doses (half of the budget at most), the rest to the purses.

    Inspections are charged by actual number, so their money waits in the general account.
    """
    p, fund, dt = model.p, model.funds[k], model.dt
    if fund.budget <= 0.0 or model.now < 2020.0 - 1e-9 or not fund.enacted:
        return
    levers = model.levers[3 * k]
    release = fund.budget * dt + p.fine_return * fund.fines_back
    fund.fines_back = 0.0
    fund.released += release
    half = 0.5 * fund.budget * dt
    law = min(half, fund.law_need - fund.law_paid)
    fund.law_paid += law
    model.ledger["LAW_SET_UP"] += law
    inspections = _inspection_need(model, k)
    need = fund.need = inspections + _dose_need(model, k)
    affordable = (half - law) / (need * dt) if need > 0.0 else 1.0
    fund.dose = min(rules.government.dose_factor(fund.budget, need), affordable)
    set_aside = inspections * fund.dose * dt
    paid = fund.dose * need * dt - set_aside
    model.ledger["FIXED_DOSES"] += paid
    fund.spent += law + paid
    free = release - law - paid - set_aside + fund.general
    fund.general = set_aside
    shares = (levers.fund_share_grants, levers.fund_share_symbiosis, levers.fund_share_infrastructure)
    if sum(shares) > 0.0:
        for i, share in enumerate(shares):
            fund.purse[i] += free * share / sum(shares)
    else:
        fund.general += free
    year_ends = abs(model.now + dt - math.floor(model.now + dt + 0.5)) < 1e-6
    if p.fund_lapse > 0.5 and year_ends:
        fund.lapsed += sum(max(money, 0.0) for money in fund.purse)
        fund.purse = [min(money, 0.0) for money in fund.purse]


def _served(model, k: int):
    return (cluster for cluster in model.clusters if cluster.programme == k and cluster.counted > 0)


def _dose_need(model, k: int) -> float:
    """Cost a year of the doses above baseline but inspections, on the firms of the quarter before, mVND."""
    p, base, total = model.p, model.levers[-1], 0.0
    for cluster in _served(model, k):
        full = cluster.levers
        per_firm = (p.cost_extension * (full.extension - base.extension)
                    + p.cost_innovation_centre * (full.innovation_centre - base.innovation_centre)
                    + p.cost_fairs * full.fairs)
        if cluster.kind != PLANNED:  # monitoring is built in there
            per_firm += p.cost_monitoring_data * (full.monitoring_data - base.monitoring_data)
        total += cluster.counted * per_firm + cluster.counted_workers * p.cost_skills_housing * full.skills_housing
        if cluster.kind != OUTSIDE:
            total += (p.cost_coordinator * full.coordinator + p.cost_platform * full.platform
                      + p.cost_club_community * full.club_community)
    return total


def _inspection_need(model, k: int) -> float:
    """Expected cost a year of the inspections above baseline, mVND."""
    p, base, total = model.p, model.levers[-1], 0.0
    for cluster in _served(model, k):
        more = cluster.levers.inspection_rate - base.inspection_rate
        mean = cluster.counted_workers / cluster.counted
        total += p.cost_inspection * rules.compliance.inspection_hazard(p, more, mean) * cluster.counted
    return total
