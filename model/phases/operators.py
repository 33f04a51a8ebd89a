"""Phase 9: operators of clusters: projects E, W, I, T, the fee of the central plant, and the certificate (5g)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import exp
from ..randomness import Purpose, draw, uniform
from ..rules.certification import (
    CLEAN_RECORD,
    FINE_ALL,
    GROUP_ENERGY,
    GROUP_INFORMATION,
    GROUP_INFRASTRUCTURE,
    GROUP_WATER,
    MONITORING,
    NO_FIRMS,
    NOT_WORTH,
    RECP_SHARE,
    SHARED_LAND,
    SYMBIOSIS,
    SYMBIOSIS_SHARE,
    TREATMENT,
    energy_group,
    incentive,
    information_group,
    infrastructure_group,
    violation_hazard,
    water_group,
)
from ..rules.diffusion import event
from ..rules.infrastructure import (
    cetp_capex,
    cetp_fee,
    cetp_fixed_cost,
    cetp_gap,
    project_cost,
    project_value,
    raised_land,
    solar_value,
)
from ..state import (
    ENERGY,
    EXISTING,
    INFORMATION,
    INFRASTRUCTURE,
    LANES,
    OUTSIDE,
    SLOT_TAKEN,
    T4,
    WATER,
)
from .capital import invest
from .requests import add_request, sort_requests

__all__ = ["finish_projects", "multiplier_at", "run_operators", "run_projects", "update_levels"]


@inner
def finish_projects(s, p):
    """Projects under construction are opened; a new central plant asks for the regulated fee."""
    city = s.city[0]
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        for j in range(4):
            if not cluster.built[j] and 0.0 < cluster.ready[j] <= city.time + 1e-9:
                cluster.built[j] = 1
                if j == WATER:
                    cluster.fee = p.cetp_fee
                elif j == INFRASTRUCTURE and cluster.kind == EXISTING:
                    cluster.land = raised_land(p, cluster.land)


@inner
def run_operators(s, p):
    """Yearly running cost of what stands, and the fee of the central plant."""
    city = s.city[0]
    dt = city.dt
    yearly = abs(city.time - np.floor(city.time + 0.5)) < 1e-6
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.built[WATER]:
            cost = cetp_fixed_cost(p, cluster.design_flow) + p.cost_CETP_variable_OM * cluster.connected
            s.money[Money.PROJECT_RUNNING] += dt * cost
            if yearly:
                cluster.fee = cetp_fee(p, cluster.design_flow, cluster.connected, cluster.own_capital[WATER])
        if cluster.built[ENERGY]:
            s.money[Money.PROJECT_RUNNING] += dt * p.solar_om * cluster.solar_capital


@inner
def run_projects(s, p):
    """Reviews of projects: proposals to the infrastructure fund are served in the order of a hashed priority."""
    city = s.city[0]
    review = event(p.project_review, city.dt)
    city_programme = event(p.cetp_city_hazard, city.dt)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind != EXISTING or cluster.firms == 0:
            continue
        if not cluster.built[WATER] and cluster.ready[WATER] <= 0.0:
            if uniform(city.key, Purpose.CLUSTER_CITY_CETP, city.step, c) < city_programme:
                cost = cetp_capex(p, cluster.design_flow, p.retrofit)
                s.money[Money.CITY_CETP] += cost
                invest(s, p, Money.PROJECT_CAPEX, cost, p.operator_years)
                cluster.own_capital[WATER] = 0.0
                cluster.ready[WATER] = city.time + p.cetp_build
        for j in range(4):
            if cluster.built[j] or cluster.ready[j] > 0.0:
                continue
            if uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, c * 8 + j) < review:
                priority = draw(city.key, Purpose.PRIORITY, city.step, (1 << 38) + c * 8 + j)
                add_request(s, c, j, cluster.programme, 0, 0.0, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        request = s.requests[r]
        _decide(s, p, request.slot, request.tech, request.fund)
    city.requests = 0


@inner
def _decide(s, p, c, j, fund):
    """Start the project iff it pays the operator after co-funding and at least half of the firms gain or consent."""
    city = s.city[0]
    cluster = s.clusters[c]
    lever = s.levers[cluster.lever_row]
    free = s.funds[fund].fund[2] if fund >= 0 and s.funds[fund].budget > 0.0 else 0.0
    share = lever.cofunding_infrastructure
    anchor = lever.anchor_investor
    cost, aid, starts = 0.0, 0.0, False
    if j == WATER:
        cost = cetp_capex(p, cluster.design_flow, p.retrofit)
        gap = cetp_gap(p, cluster.design_flow, cost * (1.0 - anchor))
        aid = max(gap, 0.0)
        starts = aid <= 0.0 or (share > 0.0 and aid <= p.fund_gap * cost and aid <= free)
    elif j == ENERGY:
        if not city.learning_offered[T4]:
            return
        kilowatt = p.solar_share * cluster.elec / p.solar_yield
        cost = p.cost_project_energy * city.learning[T4] * p.retrofit * kilowatt
        starts, aid = _with_aid(solar_value(p, city.electricity_price, city.learning[T4], p.retrofit, anchor) * kilowatt,
                                cost, share, anchor, free)
        if starts:
            cluster.kilowatt, cluster.solar_capital = kilowatt, cost
    else:
        reference = p.cost_project_infrastructure if j == INFRASTRUCTURE else p.cost_project_information
        benefit = p.cost_benefit_infrastructure if j == INFRASTRUCTURE else p.cost_benefit_information
        cost = project_cost(p, reference, cluster.scale, p.retrofit)
        starts, aid = _with_aid(project_value(p, benefit, cluster.workers, cost, anchor), cost, share, anchor, free)
        if starts:
            starts = _consent(s, p, cluster, benefit)
    if not starts:
        return
    invest(s, p, Money.PROJECT_CAPEX, cost, p.operator_years)
    s.money[Money.ANCHOR] += anchor * cost
    if aid > 0.0:
        s.funds[fund].fund[2] -= aid
        s.funds[fund].spent += aid
        s.money[Money.PROJECT_FUND] += aid
    cluster.own_capital[j] = max(cost * (1.0 - anchor) - aid, 0.0)
    years = p.cetp_build if j == WATER else p.build_low + (p.build_high - p.build_low) * uniform(
        city.key, Purpose.CLUSTER_BUILD, city.step, c * 8 + j)
    cluster.ready[j] = city.time + max(years, city.dt)


@inner
def _with_aid(value, cost, share, anchor, free):
    """Does a project of this value start, and with how much of the fund's money?

    The fund pays at most `share` of the cost, and only what is needed to make the project pay.
    """
    if value >= 0.0:
        return True, 0.0
    need = -value
    if need <= share * cost and need <= free:
        return True, need
    return False, 0.0


@inner
def _consent(s, p, cluster, benefit):
    """At least half of the firms gain more than the levy or agree by attitude."""
    yes, firms = 0, 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN:
                firms += 1
                if benefit >= p.operator_levy * benefit or f.attitude[k] > p.consent_attitude:
                    yes += 1
    return 2 * yes >= firms


@inner
def multiplier_at(lever, level):
    """Factor on grants at a level of certificate."""
    if level == 0:
        return lever.multiplier_L0
    if level == 1:
        return lever.multiplier_L1
    return lever.multiplier_L2 if level == 2 else lever.multiplier_L3


@inner
def update_levels(s, p):
    """Groups and binding criterion of every cluster; serious violations; applications and reviews of certificates."""
    city = s.city[0]
    now, dt = city.time, city.dt
    keep_year = exp(-dt)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == OUTSIDE:
            continue
        cluster.grants_year = cluster.grants_year * keep_year + cluster.grants_flow / dt * (1.0 - keep_year)
        cluster.grants_flow = 0.0
        if cluster.firms == 0:
            cluster.binding = NO_FIRMS
            continue
        lever = s.levers[cluster.lever_row]
        untreated = cluster.untreated / max(cluster.effluent, 1e-9)
        if lever.relief_record < 0.5:
            u = uniform(city.key, Purpose.CLUSTER_VIOLATION, city.step, c)
            if u < event(violation_hazard(p, untreated), dt):
                cluster.last_violation = now
        _groups(p, cluster, untreated)
        worth = incentive(p, multiplier_at(lever, min(cluster.level + 1, 3)) - multiplier_at(lever, cluster.level),
                          cluster.grants_year, cluster.firms) > p.application_cost or p.application_test < 0.5
        binding = _binding(p, cluster, untreated, cluster.level + 1, now)
        if cluster.level < 3:
            cluster.binding = binding if binding != FINE_ALL or worth else NOT_WORTH
        else:
            cluster.binding = FINE_ALL
        if cluster.level > 0 and now >= cluster.review_at - 1e-9:
            while cluster.level > 0 and _binding(p, cluster, untreated, cluster.level, now) != FINE_ALL:
                cluster.level -= 1
                cluster.revocations += 1.0
            cluster.review_at = now + p.level_years
        if cluster.level < 3 and binding == FINE_ALL and worth:
            if uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, c * 8 + 4) < event(p.project_review, dt):
                s.money[Money.APPLICATION] += p.application_cost
                cluster.level += 1
                cluster.review_at = now + p.level_years
                cluster.certified_at = min(cluster.certified_at, now + dt)


@inner
def _groups(p, cluster, untreated):
    """The four groups of S1, each 0-1."""
    intensity = (cluster.elec * 3.6 + cluster.fuel) / max(cluster.output, 1e-9)
    cut = 0.0
    if cluster.intensity_reference > 0.0:
        cut = 1.0 - intensity / cluster.intensity_reference
    cluster.cut = cut
    renewable = (cluster.solar + cluster.shared_solar) / max(cluster.elec, 1e-9)
    reuse = (cluster.reused + cluster.water_linked) / max(cluster.water, 1e-9)
    depot = 1.0 if cluster.built[INFRASTRUCTURE] or cluster.hub_count > 0 else 0.0
    data = 1.0 if cluster.built[INFORMATION] else cluster.monitoring
    cluster.group[0] = energy_group(cut, renewable)
    cluster.group[1] = water_group(1.0 - untreated, reuse)
    cluster.group[2] = infrastructure_group(cluster.land, 1.0 if cluster.built[WATER] else 0.0, depot)
    cluster.group[3] = information_group(data, cluster.sharing / cluster.firms)


@inner
def _binding(p, cluster, untreated, level, now):
    """First criterion of a level that is not met; FINE_ALL if all are."""
    firms = np.float64(cluster.firms)
    recp = cluster.recp / firms
    if cluster.land < p.land_target - 1e-12:
        return SHARED_LAND
    if not cluster.built[WATER] and 1.0 - untreated < 0.8:
        return TREATMENT
    if not cluster.built[INFORMATION] and cluster.monitoring < 0.5:
        return MONITORING
    if cluster.links == 0 and cluster.hub_count == 0 and not cluster.built[ENERGY] and not cluster.built[INFRASTRUCTURE]:
        return SYMBIOSIS
    if recp < (0.2 if level == 1 else (0.4 if level == 2 else 0.6)):
        return RECP_SHARE
    if now - cluster.last_violation < p.clean_years:
        return CLEAN_RECORD
    if level >= 2:
        least = 0.6 if level == 2 else 0.8
        if cluster.in_symbiosis / firms < (0.1 if level == 2 else 0.2):
            return SYMBIOSIS_SHARE
        if cluster.group[0] < least:
            return GROUP_ENERGY
        if cluster.group[1] < least:
            return GROUP_WATER
        if cluster.group[2] < least:
            return GROUP_INFRASTRUCTURE
        if cluster.group[3] < least:
            return GROUP_INFORMATION
    return FINE_ALL
