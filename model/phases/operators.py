"""Phase 9: operators of clusters: projects E, W, I, T and the fee of the central plant (5g)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..randomness import PLOT, Purpose, draw, of_office, of_project, of_project_request, uniform
from ..rules.capital import land_rent
from ..rules.chain import soaked
from ..rules.diffusion import event
from ..rules.infrastructure import (
    cetp_capex,
    cetp_fee,
    cetp_fixed_cost,
    cetp_gap,
    project_cost,
    project_value,
    raised_land,
    raises_capital,
    solar_value,
    wants_solar,
)
from ..state import (
    ENERGY,
    EXISTING,
    INFRASTRUCTURE,
    LANES,
    SLOT_TAKEN,
    T1_OR_T2,
    T4,
    WATER,
)
from .capital import invest
from .land import Land, lacks_land, land_for, open_plot, take_land, wants_plot
from .requests import add_request, fund_of, sort_requests
from .residents import is_halted

__all__ = ["finish_projects", "run_operators", "run_projects"]


@inner
def finish_projects(s, p):
    """Projects under construction are opened; a new central plant asks for the regulated fee."""
    city = s.city[0]
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        for j in range(cluster.built.size):
            if not cluster.built[j] and 0.0 < cluster.ready[j] <= city.time + 1e-9:
                cluster.built[j] = 1
                if j == WATER:
                    cluster.fee = p.cetp_fee
                elif j == INFRASTRUCTURE and cluster.kind == EXISTING:
                    if p.land_market > 0.5:
                        cluster.land = cluster.shared / (cluster.area + cluster.added)
                    else:
                        cluster.land = raised_land(p, cluster.land)


@inner
def run_operators(s, p):
    """Yearly running cost of what stands, the fee of the central plant, and what land that was taken would yield."""
    city = s.city[0]
    dt = city.dt
    s.money[Money.LAND_OPENED] += dt * land_rent(p, p.cost_planned_land) * city.land_taken
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
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind != EXISTING or cluster.firms == 0:
            continue
        halted = is_halted(city, cluster)
        if not cluster.built[WATER] and cluster.ready[WATER] <= 0.0:
            city_programme = event(p.cetp_city_hazard * (1.0 + cluster.ahead), city.dt)
            due = uniform(city.key, Purpose.CLUSTER_CITY_CETP, city.step, c) < city_programme
            if due and halted:
                city.projects_delayed += 1
            elif due:
                cost = cetp_capex(p, cluster.design_flow, p.retrofit)
                s.money[Money.CITY_CETP] += cost
                invest(s, p, Money.PROJECT_CAPEX, cost, p.operator_years)
                cluster.own_capital[WATER] = 0.0
                cluster.ready[WATER] = city.time + p.cetp_build
        waits = p.soak_threshold > 0.0 and not soaked(p, _aware(s, cluster), cluster.firms)
        for j in range(0 if waits else cluster.built.size):
            if (cluster.built[j] or cluster.ready[j] > 0.0) and not (j == INFRASTRUCTURE and lacks_land(p, cluster)):
                continue
            if uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, of_office(c, j)) < review:
                if halted:
                    city.projects_delayed += 1
                    continue
                priority = draw(city.key, Purpose.PRIORITY, city.step, of_project_request(c, j))
                add_request(s, c, j, fund_of(cluster), 0.0, priority)
        if p.land_market > 0.5 and wants_plot(s, p, c):
            priority = draw(city.key, Purpose.PRIORITY, city.step, of_project_request(c, PLOT))
            add_request(s, c, PLOT, cluster.programme, 0.0, priority)
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        request = s.requests[r]
        if request.tech < PLOT:
            _decide(s, p, request.slot, request.tech, request.fund)
        elif wants_plot(s, p, request.slot):  # a project may have been first
            open_plot(s, request.slot)
    city.requests = 0


@inner
def _aware(s, cluster):
    """Firms of a cluster that know of T1 or T2."""
    aware = 0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            aware += np.int64(f.status[k] == SLOT_TAKEN and f.aware[k] & T1_OR_T2 != 0)
    return aware


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
    land = Land(0.0, 0, 0, 0.0, True)
    if j == WATER:
        cost = cetp_capex(p, cluster.design_flow, p.retrofit)
        gap = cetp_gap(p, cluster.design_flow, cost * (1.0 - anchor))
        aid = max(gap, 0.0)
        starts = aid <= 0.0 or (share > 0.0 and aid <= p.fund_gap * cost and aid <= free)
    elif j == ENERGY:
        if not city.learning_offered[T4] or (p.solar_consent > 0.5 and not _may_sell(s, p, c, lever)):
            return
        kilowatt = p.solar_share * cluster.elec / p.solar_yield
        cost = p.cost_project_energy * city.learning[T4] * p.retrofit * kilowatt
        starts, aid = _with_aid(
            solar_value(p, city.electricity_price, city.learning[T4], p.retrofit, anchor) * kilowatt, share * cost, free
        )
        if starts:
            cluster.kilowatt, cluster.solar_capital = kilowatt, cost
    else:
        reference = p.cost_project_infrastructure if j == INFRASTRUCTURE else p.cost_project_information
        benefit = p.cost_benefit_infrastructure if j == INFRASTRUCTURE else p.cost_benefit_information
        cost = project_cost(p, reference, cluster.scale, p.retrofit)
        if cluster.built[j]:  # roads and depot stand, land is missing
            cost, benefit = 0.0, 0.0
        if j == INFRASTRUCTURE and p.land_market > 0.5:
            land = land_for(s, p, c)
            if not land.enough:
                return
        # works are paid in part, land, which becomes public, up to a share of its own
        most = share * cost + (p.land_aid * land.price if share > 0.0 else 0.0)
        starts, aid = _with_aid(project_value(p, benefit, cluster.workers, cost + land.price, anchor), most, free)
        if starts:
            starts = _consent(s, p, cluster, benefit)
    if not starts:
        return
    invest(s, p, Money.PROJECT_CAPEX, cost, p.operator_years)
    if land.price > 0.0:
        take_land(s, p, c, land)
    s.money[Money.ANCHOR] += anchor * (cost + land.price)
    if aid > 0.0:
        s.funds[fund].fund[2] -= aid
        s.funds[fund].spent += aid
        s.money[Money.PROJECT_FUND] += aid
    if cluster.built[j]:
        cluster.land = cluster.shared / (cluster.area + cluster.added)
        return
    cluster.own_capital[j] = max((cost + land.price) * (1.0 - anchor) - aid, 0.0)
    years = (
        p.cetp_build
        if j == WATER
        else p.build_low + (p.build_high - p.build_low) * uniform(city.key, Purpose.CLUSTER_BUILD, city.step, of_project(c, j))
    )
    cluster.ready[j] = city.time + max(years, city.dt)


@inner
def _with_aid(value, most, free):
    """Does a project of this value start, and with how much of the fund's money?

    The fund pays at most `most`, and only what is needed to make the project pay.
    """
    if value >= 0.0:
        return True, 0.0
    need = -value
    if need <= most and need <= free:
        return True, need
    return False, 0.0


@inner
def _may_sell(s, p, c, lever):
    """Power of shared roofs can be sold: by a rule that allows it, with capital, and to buyers of at least half of the power."""
    city, cluster = s.city[0], s.clusters[c]
    u = uniform(city.key, Purpose.CLUSTER_CAPITAL, 0, c)
    if city.time < p.solar_sale_since - 1e-9 or not raises_capital(p, lever.anchor_investor, lever.cofunding_infrastructure, u):
        return False
    willing = 0.0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN and wants_solar(p, city.electricity_price, f.elec[k], f.attitude[k]):
                willing += f.elec[k]
    return 2.0 * willing >= cluster.elec


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
