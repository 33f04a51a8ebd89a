"""The first day (2010): clusters, slots, acquaintances, firms; and the fork of 2020 into an arm (section 3, 5h)."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
from ecocluster.model.levers import LEVERS
from ecocluster.model.maths import exp, log
from ecocluster.model.parameters import _beta_law
from ecocluster.model.sites_and_arms import SECTORS, TECHNOLOGIES
from ecocluster.model.state import LANES
from ecocluster.model.timelines import KINDS

from .enterprise import Enterprise, sector_of, size_of
from .formulas import rules
from .luck import PURPOSE
from .objects import (
    EXISTING,
    INFRASTRUCTURE,
    LETTABLE,
    NEVER,
    NONE,
    OUTSIDE,
    OWN_PLANT,
    PLANNED,
    REAL_OWN,
    T1,
    UNUSABLE,
    VACANT,
    WATER,
    Cluster,
    Fund,
    Member,
    Slot,
)
from .production import Sums

__all__ = ["begin", "fork"]

LIKERT = (0.1, 0.3, 0.5, 0.7, 0.9)  # answers 1-5 as the middles of fifths


def begin(model, layout) -> None:
    """Clusters and firms of the first day.

    Parameters
    ----------
    layout : ecocluster.model.setup.Layout
        Numbers of slots and of clusters that may be planned: persistent ids of slots follow from them.
    """
    site, p = layout.site, model.p
    model.lever_table = [(name, KINDS[lever.kind], lever.baseline) for name, lever in LEVERS.items()]
    base = {name: lever.baseline for name, lever in LEVERS.items()}
    model.levers = [SimpleNamespace(**base) for _ in range(3 * layout.programmes + 1)]
    model.learning, model.offered = model.plan.capex[0].tolist(), [bool(x) for x in model.plan.offered[0]]
    model.electricity_price = float(model.plan.electricity[0])
    model.demand = [1.0] * len(SECTORS)
    model.sector_state = [model.luck.normal(PURPOSE.SECTOR, 65535, i) for i in range(len(SECTORS))]
    model.slump_until = [0.0] * len(SECTORS)
    model.clusters = []
    model.first_arrival_id = layout.first_arrival_id
    first = 0
    for c, given in enumerate(site.clusters):
        cluster = _existing(model, c, site.clusters, int(layout.slots[c]))
        _lay_out(model, cluster, first, int(layout.existing_blocks[c]) * LANES, VACANT, given.firms)
        first += int(layout.existing_blocks[c])
    for n in range(layout.planned):
        cluster = Cluster(len(site.clusters) + n, PLANNED, model.levers[-1])
        cluster.area, cluster.opened = p.planned_slot_area * int(p.planned_cluster_slots), NEVER
        cluster.workers_law = _size_law(p, site.clusters[0])
        cluster.usable = layout.planned_blocks * LANES
        cluster.site_slots = int(layout.site_slots[n])
        _prepare_site(model, cluster, n)
        model.clusters.append(cluster)
        _lay_out(model, cluster, first, cluster.usable, UNUSABLE)
        first += layout.planned_blocks
    model.outside = Cluster(len(model.clusters), OUTSIDE, model.levers[-1])
    model.outside.workers_law = _size_law(p, site.clusters[0])
    model.outside.usable = layout.outside_blocks * LANES
    model.clusters.append(model.outside)
    _lay_out(model, model.outside, first, model.outside.usable, VACANT)
    _sum_up_city(model, site, layout)
    for cluster, given in zip(model.clusters, site.clusters, strict=False):
        if given.firms:
            _hold(model, cluster, given)
        else:
            _populate(model, cluster, given)
    _scatter(model, layout)
    model.initial_firms = sum(_start_number(p, given) for given in site.clusters if not given.firms)
    model.next_gap = -log(model.luck.uniform(PURPOSE.ARRIVAL_GAP, 0, 0))


def _size_law(p, given) -> tuple[float, float, float]:
    sd = p.workers_sd if given.workers_sd is None else given.workers_sd
    return given.workers_median or p.workers_median, sd, given.workers_cap or p.workers_cap


def _start_number(p, given) -> float:
    """Firms of 2010 in a cluster, from those of 2018."""
    return p.start_factor * given.firms_2018 / (1.0 + p.growth) ** 8


def _existing(model, c: int, clusters, usable: int) -> Cluster:
    """A cluster of the site; what the data leave open is drawn."""
    p, luck, given = model.p, model.luck, clusters[c]
    cluster = Cluster(c, EXISTING, model.levers[-1])
    model.clusters.append(cluster)
    cluster.usable, cluster.urban, cluster.area = usable, given.urban, given.area_built
    cluster.park = model.layout.site.kind == "park"
    cluster.workers_law = _size_law(p, given)
    cluster.scale = given.firms_2018 / 55.0
    if given.firms:
        cluster.mix = [sum(firm.sector == name for firm in given.firms) / len(given.firms) for name in SECTORS]
    elif given.mix is None:
        weights = [_gamma(luck, p.sector_mix_prior[i], c * 8 + i) for i in range(len(SECTORS))]
        cluster.mix = [weight / sum(weights) for weight in weights]
    else:
        cluster.mix = [given.mix.get(name, 0.0) for name in SECTORS]
    cluster.land = given.shared_land
    if cluster.land is None:
        cluster.land = p.land_low + (p.land_high - p.land_low) * luck.uniform(PURPOSE.CLUSTER_LAND, 0, c)
    if p.complete_trait:
        lands = [one.shared_land for one in clusters]
        complete = given.shared_land is not None and given.shared_land >= p.complete_least
        share = sum(one is not None and one >= p.complete_least for one in lands) / len(lands)
        cluster.built[INFRASTRUCTURE] = complete
        cluster.ahead = rules.land.plants_ahead(p, complete, share)
        u, v = (luck.uniform(PURPOSE.CLUSTER_COMPLETE, time, c) for time in (0, 1))
        cluster.land = rules.land.first_land(p, cluster.land, u, v)
    cluster.shared = cluster.land * cluster.area
    cluster.plot = (cluster.area - cluster.shared) / usable
    cleared = rules.land.usable_share(p, luck.uniform(PURPOSE.CLUSTER_UNBUILT, 0, c))
    cluster.unbuilt = cleared * max(given.area_planned - given.area_built, 0.0)
    if given.cetp_since is not None:
        cluster.ready[WATER] = max(given.cetp_since, 2010.0)
    elif luck.uniform(PURPOSE.CLUSTER_CETP, 0, c) < p.cetp_share_2010 * (1.0 + cluster.ahead):
        cluster.built[WATER], cluster.fee = True, p.cetp_fee
    median, sd, _ = cluster.workers_law
    per_worker = sum(share * p.sector_water_m3[i] * p.sector_effluent_share[i] for i, share in enumerate(cluster.mix))
    cluster.design_flow = p.design_factor * per_worker * median * exp(0.5 * sd * sd) * usable
    return cluster


def _gamma(luck, shape: float, ident: int) -> float:
    """Standard gamma number (Marsaglia and Tsang 2000)."""
    boost = 1.0
    if shape < 1.0:
        boost = exp(log(luck.uniform(PURPOSE.CLUSTER_MIX, 1, ident)) / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    for attempt in range(100):
        x = luck.normal(PURPOSE.CLUSTER_MIX, 2, ident * 128 + attempt)
        v = (1.0 + x / math.sqrt(9.0 * d)) ** 3
        if v > 0.0 and log(luck.uniform(PURPOSE.CLUSTER_MIX, 3, ident * 128 + attempt)) < 0.5 * x * x + d - d * v + d * log(v):
            return d * v * boost
    return d * boost


def _lay_out(model, cluster, first: int, size: int, status: int, known=()) -> None:
    """Slots with their places and acquaintances; ids of a cluster start at a multiple of 16.

    Acquaintances are the two nearest and two random slots; outside clusters four random ones.
    """
    luck, usable = model.luck, cluster.usable
    side = math.sqrt(max(cluster.area, 1.0))
    for n in range(size):
        slot = Slot(first * LANES + n, cluster)
        if cluster.kind != OUTSIDE:
            slot.x = side * luck.uniform(PURPOSE.SLOT_POSITION, 0, slot.ident)
            slot.y = side * luck.uniform(PURPOSE.SLOT_POSITION, 1, slot.ident)
        if n < len(known):  # the user says where it is
            slot.x = slot.x if known[n].x is None else known[n].x
            slot.y = slot.y if known[n].y is None else known[n].y
        slot.status = status if n < usable else UNUSABLE
        model.slots[slot.ident] = slot
        cluster.slots.append(slot)
    place = np.array([(slot.x, slot.y) for slot in cluster.slots[:usable]]).reshape(-1, 2)
    for n, slot in enumerate(cluster.slots if cluster.kind == EXISTING else cluster.slots[:usable]):
        times = [0, 1, 2, 3]
        if cluster.kind != OUTSIDE:
            times = [0, 1]
            distance = ((place - (slot.x, slot.y)) ** 2).sum(axis=1)
            distance[n : n + 1] = np.inf
            others = usable - (n < usable)
            slot.near = [cluster.slots[m] for m in np.argsort(distance, kind="stable")[: min(2, others)]]
            slot.ties += slot.near
        # where slots outside begin depends on the room kept for planned clusters; draws do not
        ident = model.first_arrival_id + n if cluster.kind == OUTSIDE else slot.ident
        for time in times:
            other = cluster.slots[(luck.bits(PURPOSE.SLOT_NEIGHBOUR, time, ident) >> 33) % usable]
            if other is not slot:
                slot.ties.append(other)


def _prepare_site(model, cluster, n: int) -> None:
    """Price, rent, return asked for and value of a site; without developers of their own all sites are alike."""
    p, luck, rule = model.p, model.luck, rules.developer
    cluster.price, cluster.rent = p.cost_planned_land, p.base_rent
    if p.developers:
        cluster.price = rule.site_level(p, p.cost_planned_land, luck.normal(PURPOSE.SITE, 0, n))
        cluster.rent = rule.site_level(p, p.base_rent, luck.normal(PURPOSE.SITE, 1, n))
        cluster.required = rule.required_return(p, luck.uniform(PURPOSE.SITE, 2, n))
        cluster.value = rule.site_value(p, cluster.price, cluster.rent, cluster.required)


def _scatter(model, layout) -> None:
    """Producers outside: trade by the mix of the city, size by a law of their own; ids after those of all arrivals."""
    p, luck = model.p, model.luck
    for ident in range(layout.first_pool_id, layout.first_pool_id + layout.pool):
        sector = sector_of(model.mix, luck.uniform(PURPOSE.TRAIT_SECTOR, 0, ident))
        workers = rules.demography.pool_size(p, luck.normal(PURPOSE.TRAIT_WORKERS, 0, ident * 64))
        eps = exp(p.eps_sd * luck.normal(PURPOSE.TRAIT_EPS, 0, ident) - 0.5 * p.eps_sd**2)
        model.pool.append(Member(ident, sector, workers, eps))


def _sum_up_city(model, site, layout) -> None:
    """Mix and size law of the city, which arrivals follow; ranges of slot ids in which they look for a place."""
    existing = model.clusters[: len(site.clusters)]
    slots = sum(cluster.usable for cluster in existing)
    model.mix = [sum(c.mix[i] * c.usable for c in existing) / slots for i in range(len(SECTORS))]
    weights = [given.firms_2018 for given in site.clusters]
    model.workers_law = tuple(float(np.average([c.workers_law[n] for c in existing], weights=weights)) for n in range(3))
    model.planned_factor = site.budget_share
    for c in model.clusters:
        c.sums = Sums()
        c.monitoring = c.levers.monitoring_data


def _populate(model, cluster, given) -> None:
    """Firms of the first day in slots drawn by hash; the other slots can be let."""
    slots = sorted(cluster.slots[: cluster.usable], key=lambda s: model.luck.bits(PURPOSE.SLOT_INITIAL, 0, s.ident))
    number = min(max(1, round(_start_number(model.p, given))), cluster.usable)
    for slot in slots[:number]:
        sector = sector_of(cluster.mix, model.luck.uniform(PURPOSE.TRAIT_SECTOR, 0, slot.ident))
        workers = size_of(model, cluster.workers_law, slot.ident, False)
        Enterprise(model, slot, slot.ident, sector, workers).start_business(model.p.tech_initial_share[T1])
    for slot in slots[number:]:
        slot.status = LETTABLE


# --- clusters whose enterprises the user describes -------------------------------------------------------


def _hold(model, cluster, given) -> None:
    """Until 2020 nothing changes who is there; what the user does not say is drawn."""
    p = model.p
    cluster.held = True
    for slot, known in zip(cluster.slots, given.firms, strict=False):
        firm = Enterprise(model, slot, slot.ident, SECTORS.index(known.sector), float(known.workers))
        if known.revenue is not None:
            firm.revenue_factor = known.revenue * p.money_scale / (p.sector_revenue_mVND[firm.sector] * known.workers)
        if known.need is not None:
            firm.attitude = firm.attitude_start = LIKERT[round(known.need) - 1]
        if known.trust is not None:
            firm.trust = firm.trust_start = LIKERT[round(known.trust) - 1]
        firm.start_business(p.tech_initial_share[T1])


def _release(model, cluster, given) -> None:
    """2020: the cluster comes to life with the technologies of the user's table."""
    model.initial_firms += _start_number(model.p, given)
    cluster.held = False
    for slot, known in zip(cluster.slots, given.firms, strict=False):
        if known.technologies is None:
            continue
        firm = slot.firm
        for store in (firm.pending, firm.loans, firm.write_off, firm.tax_cut, firm.ordered_write_off, firm.ordered_cut):
            store.clear()
        firm.tech, firm.debt_service = 0, 0.0
        for name in known.technologies:
            firm.install(TECHNOLOGIES.index(name))
        if firm.has(OWN_PLANT):
            firm.compliance = max(firm.compliance, REAL_OWN)
        elif firm.compliance == REAL_OWN:
            firm.compliance = NONE
        firm.set_coefficients()


# --- the fork ------------------------------------------------------------------------------------------


def fork(model, layout, arm, scale: float) -> None:
    """2020: the arm's law acts, its programmes get their budgets and their clusters.

    Parameters
    ----------
    arm : ecocluster.model.sites_and_arms.Arm
    scale : float
        Scale factor of the programmes.
    """
    p, site = model.p, layout.site
    model.ordered.clear()  # free riders are counted from here on
    given = site.clusters
    for cluster, known in zip(model.clusters, given, strict=False):
        if known.firms:
            _release(model, cluster, known)
    follow = list(arm.assignment) if arm.assignment is not None else [0] * len(given)
    if not arm.programmes:
        follow = [-1] * len(given)
    served = sum(c.firms_2018 for c, k in zip(given, follow, strict=True) if k >= 0)
    for k, programme in enumerate(arm.programmes):
        share = sum(c.firms_2018 for c, mine in zip(given, follow, strict=True) if mine == k) / max(served, 1e-9)
        changed = [*programme.levers.items(), *programme.planned.items()]
        ruled = any(LEVERS[name].kind == "rule" and value != LEVERS[name].baseline for name, value in changed)
        set_up = programme.set_up_cost * p.money_scale + (p.cost_law_set_up if ruled else 0.0)
        model.funds[k] = Fund(budget=arm.budget * p.money_scale * share, scale=scale if programme.scalable else 1.0, dose=1.0,
                              typed_dose=1.0,
                              rule_need=set_up * site.budget_share * share,
                              enacted_at=2020.0 + _lag(model, programme.enactment_lag), enacted=False)  # fmt: skip
    model.law = arm.law
    changes = any(v != LEVERS[name].baseline for name, v in [*arm.law.levers.items(), *arm.law.before.items()])
    model.law_need = p.cost_law_set_up * site.budget_share if changes else 0.0
    model.law_at = 2020.0 + _lag(model, arm.law.enactment_lag)
    for cluster in model.clusters:
        if cluster.kind == EXISTING:
            cluster.programme = follow[cluster.ident]
        elif cluster.kind == OUTSIDE:  # outside clusters the arm's own choice acts, else a programme that acts everywhere
            chosen = arm.outside if arm.outside is not None and arm.programmes else None
            cluster.programme = chosen if chosen is not None else follow[0] if len(set(follow)) == 1 else -1
    planned = iter(cluster for cluster in model.clusters if cluster.kind == PLANNED)
    for k, programme in enumerate(arm.programmes):
        if programme.levers.get("planned_slots", 0.0) > 0.0 and not p.developers:
            for _ in range(layout.planned_per_programme):
                next(planned).programme = k
    for cluster in model.clusters:
        cluster.levers = model.levers[-1 if cluster.programme < 0 else 3 * cluster.programme + cluster.kind]


def _lag(model, median: float) -> float:
    """Years until something is enacted: an exponential time, shorter the more officials support it."""
    if median <= 0.0:
        return 0.0
    u = model.luck.uniform(PURPOSE.SUPPORT, 0, 0)
    law = _beta_law(45.5, 36.0)  # margin of Dirichlet(45, 30, 5) + 1/2
    support = float(np.interp(u, np.linspace(0, 1, law.size), law))
    hazard = rules.government.enactment_hazard(median, support, model.p.own_support)
    return -log(model.luck.uniform(PURPOSE.ENACTMENT, 0, 0)) / hazard
