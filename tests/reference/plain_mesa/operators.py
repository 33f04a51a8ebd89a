"""9 The operator of a cluster: running cost and fee, projects (5g)."""

from __future__ import annotations

import math

from .chains import is_soaked
from .formulas import rules
from .land import fully_taken, lacks_land, new_plot, seek_land, take_land
from .luck import PURPOSE
from .objects import ENERGY, EXISTING, INFRASTRUCTURE, T4, WATER

__all__ = ["finish_projects", "run_operators", "run_projects"]


def finish_projects(model) -> None:
    """Projects under construction are opened; a new central plant asks for the regulated fee."""
    for cluster in model.clusters:
        for j in range(4):
            if not cluster.built[j] and 0.0 < cluster.ready[j] <= model.now + 1e-9:
                cluster.built[j] = True
                if j == WATER:
                    cluster.fee = model.p.cetp_fee
                elif j == INFRASTRUCTURE and cluster.kind == EXISTING:
                    bought = cluster.shared / (cluster.area + cluster.added)
                    cluster.land = bought if model.p.land_market else rules.infrastructure.raised_land(model.p, cluster.land)


def run_operators(model) -> None:
    """Running cost of what stands; at the turn of the year the fee of the central plant follows its flow."""
    p = model.p
    turn = abs(model.now - math.floor(model.now + 0.5)) < 1e-6
    model.book("LAND_OPENED", rules.capital.land_rent(p, p.cost_planned_land) * model.land_taken)
    for cluster in model.clusters:
        if cluster.built[WATER]:
            fixed = rules.infrastructure.cetp_fixed_cost(p, cluster.design_flow)
            model.book("PROJECT_RUNNING", fixed + p.cost_CETP_variable_OM * cluster.connected)
            if turn:
                cluster.fee = rules.infrastructure.cetp_fee(p, cluster.design_flow, cluster.connected, cluster.own_capital[WATER])
        if cluster.built[ENERGY]:
            model.book("PROJECT_RUNNING", p.solar_om * cluster.solar_capital)


# --- projects ------------------------------------------------------------------------------------------


def run_projects(model) -> None:
    """City programme of central plants; reviews of projects in the order of a hashed priority (they share a purse)."""
    p, luck, now = model.p, model.luck, model.quarter
    reviews = []
    for cluster in model.clusters:
        if cluster.kind != EXISTING or not cluster.counted:
            continue
        if not cluster.built[WATER] and cluster.ready[WATER] <= 0.0:
            chance = rules.diffusion.event(p.cetp_city_hazard * (1.0 + cluster.ahead), model.dt)
            due = luck.uniform(PURPOSE.CLUSTER_CITY_CETP, now, cluster.ident) < chance
            if due and cluster.halted(model.now):
                model.events["projects_delayed"] += 1
            elif due:
                cost = rules.infrastructure.cetp_capex(p, cluster.design_flow, p.retrofit)
                model.ledger["CITY_CETP"] += cost
                model.invest("PROJECT_CAPEX", cost, p.operator_years)
                cluster.ready[WATER] = model.now + p.cetp_build
        for j in range(4):
            ident = cluster.ident * 8 + j
            open_ = not cluster.built[j] and cluster.ready[j] <= 0.0
            open_ = open_ or (j == INFRASTRUCTURE and lacks_land(model, cluster))
            open_ = open_ and is_soaked(p, cluster)
            if open_ and luck.uniform(PURPOSE.CLUSTER_REVIEW, now, ident) < rules.diffusion.event(p.project_review, model.dt):
                if cluster.halted(model.now):
                    model.events["projects_delayed"] += 1
                else:
                    reviews.append((luck.bits(PURPOSE.PRIORITY, now, (1 << 38) + ident), cluster, j))
        if p.land_market and fully_taken(model, cluster):
            reviews.append((luck.bits(PURPOSE.PRIORITY, now, (1 << 38) + cluster.ident * 8 + 4), cluster, 4))
    for _, cluster, j in sorted(reviews, key=lambda review: review[0]):
        if j < 4:
            _review_project(model, cluster, j)
        elif fully_taken(model, cluster):
            new_plot(model, cluster)


def _review_project(model, cluster, j: int) -> None:
    """Start the project iff it pays the operator after co-funding and half of the firms gain or consent."""
    p, levers, fund = model.p, cluster.levers, model.fund_of(cluster)
    anchor, share = levers.anchor_investor, levers.cofunding_infrastructure
    purse = fund.purse[2] if fund is not None else 0.0
    land, ground = None, 0.0  # what the land costs
    if j == WATER:  # a duty: no consent
        cost = rules.infrastructure.cetp_capex(p, cluster.design_flow, p.retrofit)
        aid = max(rules.infrastructure.cetp_gap(p, cluster.design_flow, cost * (1.0 - anchor)), 0.0)
        most = p.fund_gap * cost if share > 0.0 else 0.0
    else:
        if j == ENERGY:
            if not model.offered[T4] or (p.solar_consent and not _may_sell(model, cluster)):
                return
            kilowatt = p.solar_share * cluster.sums.elec / p.solar_yield
            cost = p.cost_project_energy * model.learning[T4] * p.retrofit * kilowatt
            value = kilowatt * rules.infrastructure.solar_value(p, model.electricity_price, model.learning[T4], p.retrofit, anchor)
        else:
            roads = j == INFRASTRUCTURE
            benefit = p.cost_benefit_infrastructure if roads else p.cost_benefit_information
            reference = p.cost_project_infrastructure if roads else p.cost_project_information
            cost = rules.infrastructure.project_cost(p, reference, cluster.scale, p.retrofit)
            if cluster.built[j]:
                cost = benefit = 0.0
            if roads and p.land_market:
                land = seek_land(model, cluster)
                if land is None:
                    return
                ground = land.price
            value = rules.infrastructure.project_value(p, benefit, cluster.counted_workers, cost + ground, anchor)
            if not _consent(p, cluster, benefit):
                return
        aid, most = max(-value, 0.0), share * cost  # only what makes the project pay
        if share > 0.0:
            most += p.land_aid * ground
    if aid > 0.0 and (aid > most or aid > purse):
        return
    if j == ENERGY:
        cluster.kilowatt, cluster.solar_capital = kilowatt, cost
    model.invest("PROJECT_CAPEX", cost, p.operator_years)
    if ground:
        take_land(model, cluster, land)
    model.ledger["ANCHOR"] += anchor * (cost + ground)
    if aid > 0.0:
        fund.purse[2] -= aid
        fund.spent += aid
        model.ledger["PROJECT_FUND"] += aid
    if cluster.built[j]:  # land alone
        cluster.land = cluster.shared / (cluster.area + cluster.added)
        return
    cluster.own_capital[j] = max((cost + ground) * (1.0 - anchor) - aid, 0.0)
    years = p.cetp_build
    if j != WATER:
        u = model.luck.uniform(PURPOSE.CLUSTER_BUILD, model.quarter, cluster.ident * 8 + j)
        years = p.build_low + (p.build_high - p.build_low) * u
    cluster.ready[j] = model.now + max(years, model.dt)


def _may_sell(model, cluster) -> bool:
    """Is it allowed to sell power of shared roofs, can the operator pay for them, and do buyers of half of the power want it?"""
    p, levers, rule = model.p, cluster.levers, rules.infrastructure
    u = model.luck.uniform(PURPOSE.CLUSTER_CAPITAL, 0, cluster.ident)
    allowed = model.now >= p.solar_sale_since - 1e-9
    able = rule.raises_capital(p, levers.anchor_investor, levers.cofunding_infrastructure, u)
    willing = sum(firm.elec for firm in cluster.firms if rule.wants_solar(p, model.electricity_price, firm.elec, firm.attitude))
    return allowed and able and willing >= 0.5 * cluster.sums.elec


def _consent(p, cluster, benefit: float) -> bool:
    """Do at least half of the firms gain more than the levy, or agree by attitude?"""
    gain = benefit >= p.operator_levy * benefit
    yes = sum(gain or firm.attitude > p.consent_attitude for firm in cluster.firms)
    return 2 * yes >= len(cluster.firms)
