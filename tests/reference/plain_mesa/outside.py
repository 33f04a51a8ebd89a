"""1 The outside world: prices, sector shocks, levers in force, quarterly release of funds (5h)."""

from __future__ import annotations

import math

from ecocluster.model.maths import exp, log
from ecocluster.model.timelines import DOSE, LAW, PROCEDURE, RELIEF, RULE

from .formulas import rules
from .luck import PURPOSE
from .objects import INFORMATION, OUTSIDE, PLANNED
from .technology import certified

__all__ = ["open_step"]


def open_step(model) -> None:
    """Look up prices, draw sector shocks, set the levers, release money."""
    plan, n = model.plan, model.quarter
    fines = max(model.ledger["FINE"] - model.fines_of_law[n - 1], 0.0) if n > 0 else 0.0
    model.ledger.clear()
    model.matter.clear()
    model.events.clear()
    model.displaced.clear()
    model.capital = [(end, service) for end, service in model.capital if end > n]
    model.electricity_price, model.grid_factor = float(plan.electricity[n]), float(plan.grid[n])
    model.carbon_rule = float(plan.carbon[n])
    model.learning = plan.capex[n].tolist()
    model.offered = [bool(x) for x in plan.offered[n]]
    _sectors(model)
    for fund in model.funds:
        fund.enacted = fund.enacted or model.now >= fund.enacted_at - 1e-9
    _set_law(model)
    for k in range(len(model.funds)):
        for place in range(3):
            _set_levers(model, k, place)
    _pay_law(model)
    for k in range(len(model.funds)):
        _release(model, k, fines)
    for row, levers in enumerate(model.levers[:-1]):
        fund = model.funds[row // 3]
        for i, (name, kind, base) in enumerate(model.lever_table):
            if kind == DOSE:
                dose = fund.typed_dose if plan.typed[row, i] else fund.dose
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


def _set_law(model) -> None:
    """The law of the day for everybody: what it was before 2020, then that of the arm, a policy's once enacted."""
    law = model.law
    for i, (name, kind, today) in enumerate(model.lever_table):
        value = today
        if kind == LAW and name in law.levers and model.now >= 2020.0 - 1e-9:
            start = float(model.plan.law_start[i])
            if law.enactment_lag > 0 and name in law.before:
                start = max(start, model.law_at)
            value = rules.government.scheduled(
                law.before.get(name, today), law.levers[name], model.now, start, model.plan.law_ramp[i], model.plan.law_end[i]
            )
        for levers in model.levers:
            setattr(levers, name, float(value))


def _pay_law(model) -> None:
    """The state pays the law's set-up once it changes anything, and data above that of before 2020; no fund does."""
    law = model.levers[-1]
    today = {name: base for name, kind, base in model.lever_table if kind == LAW}
    if any(getattr(law, name) != base for name, base in today.items()):
        model.ledger["LAW_SET_UP"] += model.law_need
        model.law_need = 0.0
    if law.public_disclosure > 0.0:
        everybody = sum(cluster.counted for cluster in model.clusters)
        model.ledger["LAW_DATA"] += model.dt * everybody * model.p.disclosure_cost * law.public_disclosure
    more = law.monitoring_data - today["monitoring_data"]
    if more > 0.0:
        firms = sum(cluster.counted for cluster in model.clusters if cluster.kind != PLANNED)
        model.ledger["LAW_DATA"] += model.dt * firms * model.p.cost_monitoring_data * more


def _set_levers(model, k: int, place: int) -> None:
    """Levers of programme k in existing clusters (0), planned ones (1), outside (2), with doses at full.

    Without a budget there is the law alone; rules act once their set-up is paid. Inside planned clusters a programme
    may hold firms to more than the law.
    """
    plan, fund, row = model.plan, model.funds[k], 3 * k + place
    levers = model.levers[row]
    for i, (name, kind, _) in enumerate(model.lever_table):
        base = getattr(levers, name)
        broke = fund.budget <= 0.0 and kind not in (PROCEDURE, RELIEF)
        unpaid = kind == RULE and fund.rule_paid < fund.rule_need - 1e-9
        foreign = kind == LAW and not plan.inside[row, i]
        if fund.enacted and not broke and not unpaid and not foreign:
            target = rules.government.scaled(base, float(plan.target[row, i]), fund.scale, float(plan.cap[row, i]))
            setattr(
                levers,
                name,
                float(rules.government.scheduled(base, target, model.now, plan.start[k, i], plan.ramp[k, i], plan.end[k, i])),
            )
    if levers.relief_monitoring > 0.5:  # barrier 3 removed: everybody sees, officials can
        levers.public_disclosure = levers.official_skill = 1.0


def _release(model, k: int, fines: float) -> None:
    """A quarter of the budget: typed doses, the set-up of rules, other doses (half at most), the rest to the purses.

    Of fines above those of law alone in the quarter before a fund gets `fine_return`, by its part of the budgets.
    """
    p, fund, dt = model.p, model.funds[k], model.dt
    if fund.budget <= 0.0 or model.now < 2020.0 - 1e-9 or not fund.enacted:
        return
    levers = model.levers[3 * k]
    budgets = sum(other.budget for other in model.funds)
    release = fund.budget * dt + p.fine_return * fines * fund.budget / budgets
    fund.released += release
    need, typed = _dose_need(model, k)
    fund.need = need
    fund.typed_dose = min(1.0, fund.budget / typed) if typed > 0.0 else 1.0
    paid = fund.typed_dose * typed * dt
    half = max(0.5 * fund.budget * dt - paid, 0.0)
    rule = min(half, fund.rule_need - fund.rule_paid)
    fund.rule_paid += rule
    model.ledger["RULE_SET_UP"] += rule
    affordable = (half - rule) / (need * dt) if need > 0.0 else 1.0
    fund.dose = min(rules.government.dose_factor(fund.budget, need), affordable)
    paid += fund.dose * need * dt
    model.ledger["FIXED_DOSES"] += paid
    fund.spent += rule + paid
    free = release - rule - paid + fund.general
    fund.general = 0.0
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


def _dose_need(model, k: int) -> tuple[float, float]:
    """Cost a year of the doses above baseline, on the firms of the quarter before, mVND: of written ones, of typed ones."""
    p, base, need = model.p, model.levers[-1], [0.0, 0.0]
    column = {name: i for i, (name, _, _) in enumerate(model.lever_table)}
    for cluster in _served(model, k):
        services = {
            "extension": cluster.counted * p.cost_extension,
            "innovation_centre": cluster.counted * p.cost_innovation_centre,
            "fairs": cluster.counted * p.cost_fairs,
            "skills_housing": cluster.counted_workers * p.cost_skills_housing,
        }
        if cluster.kind != OUTSIDE:
            services |= {"coordinator": p.cost_coordinator, "map": p.cost_map, "platform": p.cost_platform}
            services |= {"club": p.cost_club, "community": p.cost_community}
        for name, price in services.items():
            typed = model.plan.typed[3 * k + cluster.kind, column[name]]
            need[typed] += price * (getattr(cluster.levers, name) - getattr(base, name))
        typed = model.plan.typed[3 * k + cluster.kind, column["certified_extension"]]
        beyond = certified(cluster, "extension", 1.0) - cluster.levers.extension
        need[typed] += cluster.counted * p.cost_extension * beyond
    return need[0], need[1]
