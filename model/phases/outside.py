"""Phase 1: the outside world, the levers in force, and the quarterly release of funds."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..levers import LEVERS, N_BUILT_IN, N_OWN
from ..maths import exp, log, normal_pair
from ..randomness import Purpose, draw, uniform
from ..rules.government import dose_factor, scaled, scheduled
from ..rules.production import utilisation
from ..state import (
    INFORMATION,
    OUTSIDE,
    PLANNED,
)
from ..timelines import DOSE, LAW, PROCEDURE, RELIEF, RULE
from .capital import retire_capital
from .financing import certified

__all__ = ["open_step"]

# columns of a plan's levers
_DATA, _EXTENSION, _CENTRE, _FAIRS, _SKILLS, _COORDINATOR, _MAP, _PLATFORM, _CLUB, _COMMUNITY, _CERTIFIED, _DISCLOSURE, _SKILL, _RELIEF = (
    list(LEVERS).index(name) for name in (
        "monitoring_data", "extension", "innovation_centre", "fairs", "skills_housing", "coordinator", "map", "platform",
        "club", "community", "certified_extension", "public_disclosure", "official_skill", "relief_monitoring"))  # fmt: skip


@inner
def open_step(s, p, plan, values):
    """Begin a step: clear the step's accounts, look up prices, draw sector shocks, set levers, release funds.

    Parameters
    ----------
    values : (rows, levers) float64
        `s.levers` seen as numbers.
    """
    city = s.city[0]
    n = city.step
    fines = max(s.money[Money.FINE] - plan.fines[n - 1], 0.0) if n > 0 else 0.0
    s.money[:] = 0.0
    s.matter[:] = 0.0
    retire_capital(s)
    city.electricity_price = plan.electricity[n]
    city.grid_factor = plan.grid[n]
    city.carbon_rule = plan.carbon[n]
    for j in range(city.learning.size):
        city.learning[j] = plan.capex[n, j]
        city.learning_offered[j] = plan.offered[n, j]
    _sectors(s, p, plan, n)
    _enact(s)
    _set_law(s, plan, values)
    _set_programmes(s, plan, values)
    _pay_law(s, p, plan, values)
    _release(s, p, plan, fines)
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
        demand[i] = utilisation(z[i], sd, 0.5 * sd * sd)
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
    for programme in range(s.funds.size):
        fund = s.funds[programme]
        if fund.enacted < 0.5 and city.time >= fund.enacted_at - 1e-9:
            fund.enacted = 1.0


@inner
def _set_law(s, plan, values):
    """The law in force, in every row: what a run has without a programme, inside clusters and outside."""
    city = s.city[0]
    rows = values.shape[0]
    for row in range(rows):
        for i in range(values.shape[1]):
            values[row, i] = plan.baseline[i]
    if city.time < 2020.0 - 1e-9:
        return
    for i in plan.law_moved:
        start = max(plan.law_start[i], city.law_at) if plan.law_waits[i] else plan.law_start[i]
        law = scheduled(plan.law_before[i], plan.law_target[i], city.time, start, plan.law_ramp[i], plan.law_end[i])
        for row in range(rows):
            values[row, i] = law


@inner
def _set_programmes(s, plan, values):
    """Levers of the programmes by schedule and scale factor, with doses at full; rules only once their set-up is paid."""
    city = s.city[0]
    for row in range(values.shape[0] - 1):
        programme = row // 3
        fund = s.funds[programme]
        if fund.enacted < 0.5:
            continue
        for i in plan.moved:
            base, kind = values[row, i], plan.kind[i]
            if kind == LAW and not plan.inside[row, i]:
                continue
            if fund.budget <= 0.0 and kind != PROCEDURE and kind != RELIEF:
                continue  # without a budget there is the law alone
            if kind == RULE and fund.rule_paid < fund.rule_need - 1e-9:
                continue
            target = scaled(base, plan.target[row, i], fund.scale, plan.cap[row, i])
            values[row, i] = scheduled(
                base, target, city.time, plan.start[programme, i], plan.ramp[programme, i], plan.end[programme, i]
            )
        if values[row, _RELIEF] > 0.5:  # barrier 3 is also what the public does not see and officials cannot do
            values[row, _DISCLOSURE] = values[row, _SKILL] = 1.0


@inner
def _pay_law(s, p, plan, values):
    """What the law costs above that of before 2020: its set-up, once, data and public records. Visits are charged by actual number.

    The state pays, outside every fund; no programme and no budget changes its prices.
    """
    city, law = s.city[0], s.levers[s.levers.size - 1]
    if city.time < 2020.0 - 1e-9:
        return
    if city.law_need > 0.0:
        changed = False
        for i in plan.law_moved:
            changed = changed or values[values.shape[0] - 1, i] != plan.baseline[i]
        if changed:
            s.money[Money.LAW_SET_UP] += city.law_need
            city.law_need = 0.0
    more = max(law.monitoring_data - plan.baseline[_DATA], 0.0)
    if law.public_disclosure > 0.0:
        for c in range(s.clusters.size):
            s.money[Money.LAW_DATA] += city.dt * s.clusters[c].firms * p.disclosure_cost * law.public_disclosure
    if more > 0.0:
        for c in range(s.clusters.size):
            cluster = s.clusters[c]
            if cluster.kind != PLANNED:  # in planned clusters monitoring is built in
                s.money[Money.LAW_DATA] += city.dt * cluster.firms * p.cost_monitoring_data * more


@inner
def _apply_dose(s, p, plan, values):
    """Doses fall short of their targets where the fixed half of the budget does not pay for them; typed ones do not."""
    rows = values.shape[0]
    for row in range(rows - 1):
        fund = s.funds[row // 3]
        for i in plan.moved:
            if plan.kind[i] == DOSE:
                dose = fund.typed_dose if plan.typed[row, i] else fund.dose
                values[row, i] = plan.baseline[i] + dose * (values[row, i] - plan.baseline[i])
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        lever = s.levers[cluster.lever_row]
        data = max(lever.monitoring_data, p.planned_data) if cluster.built[INFORMATION] else lever.monitoring_data
        cluster.monitoring = 1.0 if lever.relief_monitoring > 0.5 else data


@inner
def _release(s, p, plan, fines):
    """Release of funds: typed doses first, then the set-up of rules and the other doses, the rest to the three funds.

    A fund is given its budget and nothing else; of fines above those of law alone it gets `fine_return` (0).

    Parameters
    ----------
    fines : float
        Fines of the step before above those of law alone, mVND.
    """
    city = s.city[0]
    budgets = 0.0
    for programme in range(s.funds.size):
        budgets += s.funds[programme].budget
    for programme in range(s.funds.size):
        fund = s.funds[programme]
        if fund.budget <= 0.0 or city.time < 2020.0 - 1e-9:
            continue
        if fund.enacted < 0.5:
            continue
        lever = s.levers[3 * programme]
        release = fund.budget * city.dt + p.fine_return * fines * fund.budget / budgets
        fund.released += release
        need, typed = _dose_need(s, p, plan, programme, 0), _dose_need(s, p, plan, programme, 1)
        fund.typed_dose = min(1.0, fund.budget / typed) if typed > 0.0 else 1.0
        fund.typed_need = max(fund.typed_need, typed)
        paid = fund.typed_dose * typed * city.dt
        fixed = max(0.5 * fund.budget * city.dt - paid, 0.0)
        rule = min(fixed, fund.rule_need - fund.rule_paid)
        fund.rule_paid += rule
        s.money[Money.RULE_SET_UP] += rule
        fund.need = need
        fund.dose = min(dose_factor(fund.budget, need), (fixed - rule) / (need * city.dt)) if need > 0.0 else 1.0
        paid += fund.dose * need * city.dt
        s.money[Money.FIXED_DOSES] += paid
        fund.spent += rule + paid
        _note_dose(fund)
        free = release - rule - paid + fund.general
        fund.general = 0.0
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
def _note_dose(fund):
    """Which part of the written doses was in force, for the report."""
    fund.steps += 1.0
    fund.dose_sum += fund.dose
    fund.dose_least = min(fund.dose_least, fund.dose)


@inner
def _dose_need(s, p, plan, programme, typed):
    """Cost a year of a programme's doses above baseline at their full targets, typed or written, mVND."""
    total = 0.0
    base = s.levers[s.levers.size - 1]
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.programme != programme or cluster.firms == 0:
            continue
        full, mine = s.levers[cluster.lever_row], plan.typed[cluster.lever_row]
        if mine[_EXTENSION] == typed:
            total += cluster.firms * p.cost_extension * (full.extension - base.extension)
        if full.certified_extension > 0.0 and mine[_CERTIFIED] == typed:
            more = certified(cluster, full, full.extension, full.certified_extension, 1.0) - full.extension
            total += cluster.firms * p.cost_extension * more
        if mine[_CENTRE] == typed:
            total += cluster.firms * p.cost_innovation_centre * (full.innovation_centre - base.innovation_centre)
        if mine[_FAIRS] == typed:
            total += cluster.firms * p.cost_fairs * full.fairs
        if mine[_SKILLS] == typed:
            total += cluster.workers * p.cost_skills_housing * full.skills_housing
        if cluster.kind != OUTSIDE:
            if mine[_COORDINATOR] == typed:
                total += p.cost_coordinator * full.coordinator
            if mine[_MAP] == typed:
                total += p.cost_map * full.map
            if mine[_PLATFORM] == typed:
                total += p.cost_platform * full.platform
            both = p.cost_club * full.club if mine[_CLUB] == typed else 0.0
            both += p.cost_community * full.community if mine[_COMMUNITY] == typed else 0.0
            total += both
        for i in range(N_OWN):  # of modules
            more = full.own[i] - base.own[i]
            if more != 0.0 and mine[N_BUILT_IN + i] == typed:
                total += more * (p.own_cost[0, i] + p.own_cost[1, i] * cluster.firms + p.own_cost[2, i] * cluster.workers)
    return total
