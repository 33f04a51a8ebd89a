"""10 Who builds planned clusters: by programme, or where it pays a developer (5g, 13.7)."""

from __future__ import annotations

import math

from .formulas import rules
from .objects import LETTABLE, NEVER, PLANNED

__all__ = ["open_planned"]


def open_planned(model) -> None:
    """Planned clusters are decided as the infrastructure purse allows, and open some years later."""
    p = model.p
    if p.developers:
        _decide_sites(model)
    for k, fund in enumerate(model.funds):
        if not fund.enacted or fund.budget <= 0.0 or p.developers:
            continue
        levers = model.levers[3 * k]
        wanted = math.floor(levers.planned_slots * model.planned_factor + 0.5)
        for cluster in model.clusters:
            if cluster.kind != PLANNED or cluster.programme != k:
                continue
            if cluster.opened < NEVER:
                wanted -= cluster.usable
                continue
            slots = int(min(wanted, p.planned_cluster_slots, len(cluster.slots)))
            support = levers.land_support * cluster.price * p.planned_slot_area * slots
            if slots < 1 or fund.purse[2] < support:
                break
            _build(model, cluster, slots, fund, support)
            wanted -= slots
    model.book("LAND_FREED", rules.capital.land_rent(p, p.cost_planned_land) * model.land_freed)
    for cluster in model.clusters:
        if cluster.kind == PLANNED and cluster.opened < NEVER:
            model.book("LAND_OPENED", rules.capital.land_rent(p, cluster.price) * p.planned_slot_area * cluster.usable)
            model.book("BASE_RENT", cluster.rent * p.planned_slot_area * cluster.counted)
            if not cluster.let and cluster.opened <= model.now + 1e-9:
                cluster.let = True
                for slot in cluster.slots[: cluster.usable]:
                    slot.status = LETTABLE


def _wish(model, k: int) -> int:
    """Slots that programme k asks for and does not have."""
    asked = math.floor(model.levers[3 * k].planned_slots * model.planned_factor + 0.5)
    return asked - sum(c.usable for c in model.clusters if c.kind == PLANNED and c.programme == k and c.opened < NEVER)


def _decide_sites(model) -> None:
    """So many sites a year, best first: one that pays is built anyhow, others by the first programme that may pay the gap.

    What pays counts for a programme that asks for all its slots. A programme without the money waits, and so do all.
    """
    p = model.p
    if model.now < 2020.0 - 1e-9:
        return
    places = rules.developer.sites_due(p.sites_per_year, model.now - 2020.0, model.dt)
    able = [k for k, fund in enumerate(model.funds) if fund.enacted and fund.budget > 0.0]
    sites = [cluster for cluster in model.clusters if cluster.kind == PLANNED and cluster.opened >= NEVER]
    for site in sorted(sites, key=lambda site: -site.value):
        if places == 0:
            return
        slots, fund, support = site.site_slots, None, 0.0
        if site.value >= 0.0:
            k = next((k for k in able if _wish(model, k) >= slots), -1)
        else:
            share = rules.developer.least_support(site.value, site.price)
            k = next((k for k in able if _wish(model, k) >= 1 and share <= model.levers[3 * k].land_support), None)
            if k is None:
                continue
            slots, fund = min(slots, _wish(model, k)), model.funds[k]
            support = -site.value * p.planned_slot_area * slots
            if fund.purse[2] < support:
                return
        site.programme, site.levers = k, model.levers[-1 if k < 0 else 3 * k + 1]
        _build(model, site, slots, fund, support)
        places -= 1


def _build(model, cluster, slots: int, fund, support: float) -> None:
    """The developer pays land and works; what he is paid comes from the fund's purse for infrastructure."""
    p = model.p
    if fund is not None:
        fund.purse[2] -= support
        fund.spent += support
        model.ledger["LAND_SUPPORT"] += support
    cost = cluster.price * p.planned_slot_area * slots
    bare = p.bare_land_share * cost
    if p.land_market:
        bare = min(p.bare_land_price * p.planned_slot_area * slots, cost)
    model.ledger["LAND_PRICE"] += bare
    model.invest("DEVELOPER_LAND", cost - bare, p.operator_years)
    cluster.support = support
    _design(model, cluster, slots)


def _design(model, cluster, slots: int) -> None:
    """Infrastructure at design level, sunk whatever the occupancy."""
    p = model.p
    firms = slots * p.occupancy_2018
    cluster.usable = slots
    cluster.opened = model.now + p.planned_build
    cluster.scale = firms / 55.0
    cluster.land = p.planned_land
    cluster.kilowatt = p.solar_share * model.elec_per_firm * firms / p.solar_yield
    cluster.solar_capital = p.cost_project_energy * cluster.kilowatt
    cluster.design_flow = p.design_factor * model.effluent_per_firm * slots
    cluster.fee = p.cetp_fee
    cluster.ready = [cluster.opened] * 4
