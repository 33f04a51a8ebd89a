"""The first day (2010): clusters, slots, acquaintances and the firms of the start; and the fork into an arm."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .jit import inner, jit
from .layout import Layout, start_number
from .ledger import N_FLOWS, N_MATTER
from .levers import LEVERS
from .maths import exp, log, normal_quantile
from .phases.ageing import set_due
from .phases.births import draw_sector, draw_workers, give_technology, give_traits, start_business
from .phases.coefficients import note_coefficients, set_coefficients
from .phases.developers import prepare_site
from .phases.pool import fill_pool
from .phases.slots import lay_out, tie_slots
from .randomness import Purpose, draw, key_of, of_attempt, of_sector, uniform
from .roster import flows, room
from .rules.adoption import capex_one, learning_factor
from .rules.government import enactment_hazard
from .rules.land import first_land, plants_ahead, usable_share
from .sites_and_arms import SECTORS, TECHNOLOGIES, Arm
from .state import (
    EXISTING,
    INFRASTRUCTURE,
    LANES,
    NONE,
    OWN_PLANT,
    PLANNED,
    REAL_OWN,
    SLOT_LETTABLE,
    SLOT_TAKEN,
    SLOT_VACANT,
    T1,
    WATER,
    State,
    as_bytes,
    clear,
    lever_values,
    new_state,
)
from .state_pointer import by_reference

__all__ = ["allocate", "apply_arm", "begin", "learning_path", "release_held"]

_BETA_ATTITUDE = (0.1, 0.3, 0.5, 0.7, 0.9)  # Likert 1-5 as the middle of fifths


def allocate(layout: Layout) -> State:
    """Arrays for one run."""
    clusters = len(layout.slots) + layout.planned + 1
    return new_state(layout.blocks, clusters, layout.programmes, layout.links, layout.ids, N_FLOWS, N_MATTER,
                     len(layout.slots), layout.widest, room(), layout.pool)  # fmt: skip


@jit
def learning_path(exponents, growth, times, out):
    """`learning_factor` at every time (rows) for every technology (columns), into `out`: one call from Python, not one each."""
    for t in range(times.size):
        for j in range(exponents.size):
            out[t, j] = learning_factor(exponents[j], growth, times[t])


def begin(s: State, layout: Layout, p: np.ndarray, plan, seed: int, replicate: int, steps_per_year: int) -> None:
    """Fill the arrays for the first day of 2010.

    Parameters
    ----------
    s : State
        From `allocate`; overwritten.
    seed, replicate : int
        0 to 2^64 - 1; the whole run is a pure function of them.
    """
    clear(s)
    s.head[...] = -1
    s.origin[...] = -1
    s.slot_at[...] = np.arange(s.slot_at.size)
    s.own_flows[...] = flows()
    as_bytes(s.clusters)[...] = as_bytes(layout.clusters)
    city, site, existing = s.city[0], layout.site, len(layout.slots)
    city["key"] = key_of(np.uint64(seed), np.uint64(replicate))
    city["time"], city["dt"] = 2010.0, 1.0 / steps_per_year
    city["existing"], city["planned"], city["outside"] = existing, layout.planned, existing + layout.planned
    city["links_free"] = -1
    city["first_arrival_id"], city["first_pool_id"] = layout.first_arrival_id, layout.first_pool_id
    city["first_outside_id"] = layout.first_arrival_id + layout.planned * layout.planned_blocks * LANES
    city["planned_factor"] = site.budget_share
    for name, value in layout.size_law.items():
        city[name] = value
    city["initial_firms"] = layout.initial_firms
    city["next_gap"] = -log(uniform(city["key"], int(Purpose.ARRIVAL_GAP), 0, 0))
    lever_values(s.levers)[...] = plan.baseline
    _place(s, p, plan)
    _populate(s, p, layout.starts, layout.held, _in_order(s))
    for c, cluster in enumerate(site.clusters):
        for n, firm in enumerate(cluster.firms):
            _impose(s, p, c, n, firm)
    fill_pool(s, p)
    _tie(s)


def _impose(s, p, c, n, firm):
    """What the user knows of an enterprise replaces what was drawn."""
    slot = int(s.clusters[c]["first"]) * LANES + n
    f, k = s.firms[slot >> 4], slot & 15
    if firm.x is not None:
        f["x"][k] = firm.x
    if firm.y is not None:
        f["y"][k] = firm.y
    i = SECTORS.index(firm.sector)
    factor = 1.0
    if firm.revenue is not None:
        factor = firm.revenue * float(p["money_scale"]) / (p["sector_revenue_mVND"][i] * firm.workers)
    attitude, trust = (math.nan if answer is None else _BETA_ATTITUDE[round(answer) - 1] for answer in (firm.need, firm.trust))
    _found(s, p, slot, Known(i, float(firm.workers), float(factor), attitude, trust))


class Known(NamedTuple):
    """What is known of a firm of the first day; nan: not known.

    Attributes
    ----------
    sector : int
        Index.
    workers : float
    revenue_factor : float
        Its revenue as a multiple of what its sector has per worker.
    attitude, trust : float
        At the start, 0-1.
    """

    sector: int
    workers: float
    revenue_factor: float
    attitude: float
    trust: float


@jit
def _found(s, p, slot, known):
    """A firm of the first day of which some things are `Known`."""
    s, p = by_reference(s), p[()]
    f, k = s.firms[slot >> 4], slot & 15
    give_traits(s, p, slot, slot, known.sector, known.workers)
    f.revenue_factor[k] = known.revenue_factor
    if not np.isnan(known.attitude):
        f.attitude_start[k] = f.attitude[k] = known.attitude
    if not np.isnan(known.trust):
        f.trust_start[k] = f.trust[k] = known.trust
    start_business(s, p, slot, p.tech_initial_share[T1])


def release_held(s: State, layout: Layout, p: np.ndarray) -> None:
    """At the fork: clusters held as the user described them come to life, with the technologies of the table."""
    for c, cluster in enumerate(layout.site.clusters):
        if not cluster.firms:
            continue
        s.clusters[c]["hold"] = 0
        for n, firm in enumerate(cluster.firms):
            if firm.technologies is None:
                continue
            slot = int(s.clusters[c]["first"]) * LANES + n
            bits = sum(1 << TECHNOLOGIES.index(t) for t in firm.technologies)
            _equip(s, p, slot, bits)
        city = s.city[0]
        city["initial_firms"] += start_number(cluster.firms_2018, p, rounded=False)
    _note_origins(s)


def _note_origins(s: State) -> None:
    """Whoever stands somewhere at the fork belongs there from now on."""
    there = s.firms["status"] == SLOT_TAKEN
    s.origin[...] = -1
    s.origin[s.firms["id"][there]] = np.minimum(s.firms["cluster"][there], s.city[0]["existing"])
    s.origin[s.pool["id"]] = s.city[0]["existing"] + 1  # the pool


@jit
def _equip(s, p, slot, bits):
    """Exactly these technologies operate; ages are drawn."""
    s, p = by_reference(s), p[()]
    f, k = s.firms[slot >> 4], slot & 15
    f.tech[k] = f.pending[k] = f.cuts[k] = f.loans[k] = 0
    f.cut_total[k] = f.depreciation[k] = f.debt_service[k] = 0.0
    for j in range(f.loan_balance.shape[1]):
        f.loan_balance[k, j] = 0.0
    for j in range(f.start.shape[1]):
        f.write_off[k, j] = f.cut_value[k, j] = 0.0
        if (bits >> j) & 1:
            give_technology(s, p, f, k, j)
    own = (bits >> OWN_PLANT) & 1
    if own and f.compliance[k] < REAL_OWN:
        f.compliance[k] = REAL_OWN
    elif not own and f.compliance[k] == REAL_OWN:
        f.compliance[k] = NONE
    set_coefficients(s.city[0], p, f, k, False)
    set_due(p, f, k)


@inner
def _gamma(city, shape, ident):
    """Standard gamma number (Marsaglia and Tsang 2000) from stateless draws."""
    boost = 1.0
    if shape < 1.0:
        boost = exp(log(uniform(city.key, Purpose.CLUSTER_MIX, 1, ident)) / shape)
        shape += 1.0
    d = shape - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * d)
    for attempt in range(100):
        x = normal_quantile(uniform(city.key, Purpose.CLUSTER_MIX, 2, of_attempt(ident, attempt)))
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = uniform(city.key, Purpose.CLUSTER_MIX, 3, of_attempt(ident, attempt))
        if log(u) < 0.5 * x * x + d - d * v + d * log(v):
            return d * v * boost
    return d * boost


@jit(outer=True)
def _place(s, p, plan):
    """Draw what the data leave open of a cluster; prepare slots and their positions."""
    s, p = by_reference(s), p[()]
    city = s.city[0]
    for j in range(city.learning.size):
        city.learning[j] = plan.capex[0, j]
        city.learning_offered[j] = plan.offered[0, j]
        city.capex_one[j] = capex_one(p.tech_capex_per_worker_at_15[j], p.tech_scale_exponent[j])
    note_coefficients(city, p)
    city.electricity_price, city.carbon_rule, city.grid_factor = plan.electricity[0], 1.0, plan.grid[0]
    for i in range(city.mix.size):
        city.demand[i] = 1.0
        city.sector_z[i] = normal_quantile(uniform(city.key, Purpose.SECTOR, 65535, i))
    weight, complete = 0.0, 0.0
    for c in range(city.existing):
        complete += 1.0 if s.clusters[c].land >= p.complete_least else 0.0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == EXISTING:
            stands = cluster.land >= p.complete_least
            if cluster.mix[0] < 0.0:
                total = 0.0
                for i in range(cluster.mix.size):
                    cluster.mix[i] = _gamma(city, p.sector_mix_prior[i], of_sector(c, i))
                    total += cluster.mix[i]
                for i in range(cluster.mix.size):
                    cluster.mix[i] /= total
            if cluster.land < 0.0:
                cluster.land = p.land_low + (p.land_high - p.land_low) * uniform(city.key, Purpose.CLUSTER_LAND, 0, c)
            if p.complete_trait > 0.5:
                cluster.built[INFRASTRUCTURE] = 1 if stands else 0
                cluster.ahead = plants_ahead(p, stands, complete / city.existing)
                u, v = uniform(city.key, Purpose.CLUSTER_COMPLETE, 0, c), uniform(city.key, Purpose.CLUSTER_COMPLETE, 1, c)
                cluster.land = first_land(p, cluster.land, u, v)
            cluster.shared = cluster.land * cluster.area
            cluster.plot = (cluster.area - cluster.shared) / cluster.slots
            cluster.unbuilt *= usable_share(p, uniform(city.key, Purpose.CLUSTER_UNBUILT, 0, c))
            if cluster.ready[WATER] > 0.0:
                pass
            elif uniform(city.key, Purpose.CLUSTER_CETP, 0, c) < p.cetp_share_2010 * (1.0 + cluster.ahead):
                cluster.built[WATER], cluster.fee = 1, p.cetp_fee
            mean_water = 0.0
            for i in range(cluster.mix.size):
                city.mix[i] += cluster.mix[i] * cluster.slots
                mean_water += cluster.mix[i] * p.sector_water_m3[i] * p.sector_effluent_share[i]
            weight += cluster.slots
            # mean of the log-normal law (the cap takes off little)
            mean = cluster.workers_median * exp(0.5 * cluster.workers_sd * cluster.workers_sd)
            cluster.design_flow = p.design_factor * mean_water * mean * cluster.slots
        if cluster.kind == PLANNED:
            prepare_site(city, p, cluster, c - city.existing)
        lay_out(s, c, cluster.first * LANES)
        for n in range(cluster.slots if cluster.kind == EXISTING else 0):
            slot = cluster.first * LANES + n
            s.firms[slot >> 4].status[slot & 15] = SLOT_VACANT
    for i in range(city.mix.size):
        city.mix[i] /= weight


def _in_order(s: State) -> np.ndarray:
    """Slots of each existing cluster by a hash, counted from its first one; they lie where the slots do.

    NumPy sorts: a kernel that does so takes memory by Numba's means, and could not be called without Numba.
    """
    rank = np.zeros(s.firms.size * LANES, np.uint64)
    _rank(s, rank)
    order = np.zeros(rank.size, np.int64)
    clusters = s.clusters[: s.city[0]["existing"]]
    for first, slots in zip((clusters["first"] * LANES).tolist(), clusters["slots"].tolist(), strict=True):
        order[first : first + slots] = rank[first : first + slots].argsort()
    return order


@jit(outer=True)
def _rank(s, rank):
    """The hash by which slots of existing clusters come to have firms."""
    city = s.city[0]
    for c in range(city.existing):
        first = s.clusters[c].first * LANES
        for n in range(s.clusters[c].slots):
            rank[first + n] = draw(city.key, Purpose.SLOT_INITIAL, 0, first + n)


@jit(outer=True)
def _populate(s, p, starts, held, order):
    """Firms of the first day: `starts` slots of each cluster as `_in_order` says (the first ones where it is held)."""
    s, p = by_reference(s), p[()]
    city = s.city[0]
    median, sd, cap = city.workers_median, city.workers_sd, city.workers_cap
    for c in range(starts.size):
        cluster, number, all_first = s.clusters[c], starts[c], held[c]
        slots, first = cluster.slots, cluster.first * LANES
        city.workers_median, city.workers_sd, city.workers_cap = (cluster.workers_median, cluster.workers_sd, cluster.workers_cap)
        for m in range(number):
            n = m if all_first else order[first + m]
            slot = first + n
            sector = draw_sector(cluster.mix, uniform(city.key, Purpose.TRAIT_SECTOR, 0, slot))
            give_traits(s, p, slot, slot, sector, draw_workers(city, p, slot, False))
            start_business(s, p, slot, p.tech_initial_share[T1])
        cluster.firms, cluster.workers = number, number * cluster.workers_median
        # the part of the slots that is empty on the first day can be let
        for m in range(number, slots):
            if not all_first:
                slot = first + order[first + m]
                s.firms[slot >> 4].status[slot & 15] = SLOT_LETTABLE
    city.workers_median, city.workers_sd, city.workers_cap = median, sd, cap


@jit(outer=True)
def _tie(s):
    """Acquaintances in existing clusters; on unbuilt land further slots may come to be used."""
    for c in range(s.city[0].existing):
        tie_slots(s, s.clusters[c], s.clusters[c].slots)


def apply_arm(s: State, layout: Layout, p: np.ndarray, arm: Arm, scale: float, support: Callable[[], float]) -> None:
    """Fork: give a burnt-in state the law, programmes, budgets and assignments of an arm.

    Parameters
    ----------
    scale : float
        Scale factor of the programmes.
    support : callable
        Tells officials' support for a dedicated policy (0-1), which enters the hazard of enactment.
    """
    city, money, assigned = s.city[0], float(p["money_scale"]), layout.assigned(arm)

    def enacted_at(lag: float) -> float:
        if lag <= 0:
            return 2020.0
        hazard = enactment_hazard(lag, support(), float(p["own_support"]))
        return 2020.0 - log(uniform(city["key"], int(Purpose.ENACTMENT), 0, 0)) / hazard

    for n, programme in enumerate(arm.programmes):
        fund, share = s.funds[n], assigned.shares[n]
        fund["budget"] = arm.budget * money * share
        fund["scale"], fund["dose"] = scale if programme.scalable else 1.0, 1.0
        rules = float(p["cost_law_set_up"]) if assigned.rules[n] else 0.0
        fund["rule_need"] = (rules + programme.set_up_cost * money) * layout.site.budget_share * share
        fund["enacted"], fund["enacted_at"] = 0.0, enacted_at(programme.enactment_lag)
        fund["dose_least"] = fund["typed_dose"] = 1.0
    changes = any(LEVERS[name].baseline != value for name, value in [*arm.law.levers.items(), *arm.law.before.items()])
    city["law_need"] = float(p["cost_law_set_up"]) * layout.site.budget_share if changes else 0.0
    city["law_at"] = enacted_at(arm.law.enactment_lag)
    s.clusters["programme"], s.clusters["lever_row"] = assigned.programme, assigned.lever_row
