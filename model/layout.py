"""What a run's arrays are laid out for: slots, planned clusters, room outside, ids and links; and the table of clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .levers import LEVERS
from .sites_and_arms import SECTORS, Arm, Cluster, Programme, Site
from .state import (
    CLUSTER_DTYPE,
    EXISTING,
    LANES,
    NEVER,
    OUTSIDE,
    PLANNED,
    UNKNOWN,
    WATER,
    blocks_of,
)

__all__ = ["Layout", "start_number"]

OUTSIDE_AT_FIRST = 0.4  # of the room outside clusters; few runs need more
SITES_AT_FIRST = 2  # planned clusters for which there is room; few runs build more
SIZE_LAW = ("workers_median", "workers_sd", "workers_cap")
# all parameters that a layout may look at: others can change without a new one
NEEDS = ("occupancy_2018", "planned_cluster_slots", "planned_slot_area", "growth", "arrival_base", "start_factor", "developers",
         "developer_sites", "outside_firms", *SIZE_LAW)  # fmt: skip


class Assignment(NamedTuple):
    """Which programme of an arm acts where.

    Attributes
    ----------
    shares : (programmes,) list of float
        Of the budget: by the firms that a programme serves.
    rules : (programmes,) list of bool
        True where a programme has rules of its own, beyond money and doses.
    programme, lever_row : (clusters,) int64
        Programme (-1: none) and row of `State.levers` of every cluster.
    """

    shares: list[float]
    rules: list[bool]
    programme: np.ndarray
    lever_row: np.ndarray


class Layout:
    """Sizes and the constant table of clusters of a site, for one set of parameters and arms.

    Attributes
    ----------
    slots : (clusters,) int64
        Usable slots of every existing cluster.
    planned : int
        Planned clusters that any arm may open.
    site_slots : (planned,) int64
        Slots of each where sites exist in every arm (`developers`), else 0: a programme says how many it opens.
    pool, first_pool_id : int
        Producers outside from the first day on, and the id of the first; ids of arrivals lie below.
    outside_blocks, outside_room : int
        Blocks that firms outside clusters can fill at most, and for how many there is room at first.
    blocks, most_blocks : int
        All blocks at first, and with all room outside and for planned clusters. Behind the existing clusters lie firms outside;
        planned clusters take blocks from the end when they are built.
    widest : int
        Blocks of the largest cluster.
    programmes : int
        Largest number of programmes of an arm.
    starts : (clusters,) int64
        Firms of the first day in every existing cluster.
    held : (clusters,) bool
        True where the user described the firms: they stay as they are until the fork.
    clusters : (clusters,) CLUSTER_DTYPE
        Existing clusters, planned ones and the world outside, before anything is drawn.
    """

    def __init__(self, site: Site, p: np.ndarray, arms: tuple[Arm, ...]):
        from .maths import log, power  # Numba loads slowly: who only asks for a name goes without

        self.site = site
        self._assigned: dict[int, tuple[Arm, Assignment]] = {}
        self._followed: dict[tuple, tuple[list[float], np.ndarray, np.ndarray]] = {}
        needs, asked = _needs(p), _asked(site, arms)
        self.needs = needs, asked
        values = dict(zip(NEEDS, needs, strict=True))
        occupancy = values["occupancy_2018"]
        self.slots = np.array([max(len(c.firms), math.ceil(c.firms_2018 / occupancy - 1e-9), 1) for c in site.clusters], np.int64)
        self.existing_blocks = np.array([blocks_of(int(n)) for n in self.slots])
        size = int(values["planned_cluster_slots"])
        wanted, self.programmes, with_planned = asked
        per_programme = math.ceil(wanted / size)
        self.planned_per_programme = per_programme
        self.planned = per_programme * with_planned
        self.site_slots = np.zeros(self.planned, np.int64)
        if values["developers"] > 0.5:  # sites are where they are, whoever asks for them
            every = max(math.floor(values["developer_sites"] * size * site.budget_share + 0.5), 1)
            self.planned_per_programme, self.planned = 0, math.ceil(every / size)
            self.site_slots = np.minimum(every - size * np.arange(self.planned), size)
        self.planned_blocks = blocks_of(size)
        growth = values["growth"]
        total = float(self.slots.sum())
        self.outside_blocks = blocks_of(int(total * max(0.5 * power(1 + growth, 36.0), 0.3) + 6 * math.sqrt(total) + 48))
        self.outside_room = math.ceil(OUTSIDE_AT_FIRST * self.outside_blocks)  # more on demand, see `Simulator.make_room`
        initial = total * occupancy / power(1 + growth, 8.0)
        rate = values["arrival_base"] + growth
        years = 36.5
        stretch = (power(1 + growth, years) - 1) / log(1 + growth) if growth > 1e-9 else years
        expected = rate * initial * stretch
        expected = max(expected, 1.0) * max(1.0, values["start_factor"])
        self.first_arrival_id = int(self.existing_blocks.sum()) * LANES
        self.first_pool_id = self.first_arrival_id + int(expected + 10 * math.sqrt(expected) + 64)
        in_clusters = sum(start_number(c.firms_2018, values, rounded=False) for c in site.clusters)
        # a park gathers nobody's household producers
        self.pool = 0 if site.kind == "park" else math.floor(values["outside_firms"] * in_clusters + 0.5)
        self.ids = self.first_pool_id + self.pool
        in_existing = int(self.existing_blocks.sum())
        self.blocks = in_existing + self.outside_room + min(self.planned, SITES_AT_FIRST) * self.planned_blocks
        self.most_blocks = in_existing + self.outside_blocks + self.planned * self.planned_blocks
        self.widest = max(int(self.existing_blocks.max()), self.planned_blocks)
        self.links = max(256, self.first_arrival_id * 7 // 8)  # more on demand, see `Simulator.make_room`
        self.held = np.array([bool(c.firms) for c in site.clusters])
        starts = [len(c.firms) or start_number(c.firms_2018, values) for c in site.clusters]
        self.starts = np.minimum(np.array(starts), self.slots)
        self.initial_firms = sum(start_number(c.firms_2018, values, rounded=False) for c in site.clusters if not c.firms)
        self.clusters = self._table(values)
        weights = np.array([c.firms_2018 for c in site.clusters])
        existing = self.clusters[: len(weights)]
        self.size_law = {name: float((existing[name] * weights).sum() / weights.sum()) for name in SIZE_LAW}

    def fits(self, p: np.ndarray, arms: tuple[Arm, ...]) -> bool:
        """Would the layout be the same for other parameters and arms?"""
        return (_needs(p), _asked(self.site, arms)) == self.needs

    def forget(self, arms: Sequence[Arm]) -> None:
        """Only these arms will be asked for."""
        known = {id(arm) for arm in arms}
        self._assigned = {key: kept for key, kept in self._assigned.items() if key in known}

    def assigned(self, arm: Arm) -> Assignment:
        """Where the programmes of an arm act; worked out once for each arm."""
        if id(arm) not in self._assigned:
            self._assigned[id(arm)] = arm, self._assign(arm)  # who is kept keeps its id
        return self._assigned[id(arm)][1]

    def _assign(self, arm: Arm) -> Assignment:
        plans = tuple(programme.levers.get("planned_slots", 0) > 0 for programme in arm.programmes)
        given = None if arm.assignment is None else tuple(arm.assignment)
        if (given, arm.outside, plans) not in self._followed:  # arms that differ in their levers alone act in the same places
            self._followed[given, arm.outside, plans] = self._follow(given, arm.outside, plans)
        shares, follows, lever_row = self._followed[given, arm.outside, plans]
        return Assignment(shares, [_has_rules(programme) for programme in arm.programmes], follows, lever_row)

    def _follow(self, given: tuple[int, ...] | None, outside: int | None, plans: tuple[bool, ...]):
        """Shares of programmes of which some plan clusters, the programme that each cluster follows, and the row of its levers."""
        existing = len(self.slots)
        assignment = np.zeros(existing, np.int64) if given is None else np.array(given, np.int64)
        if not plans:
            assignment[:], outside = -1, -1
        firms = np.array([c.firms_2018 for c in self.site.clusters])
        served = max(firms[assignment >= 0].sum(), 1e-9)
        shares = [float(firms[assignment == n].sum() / served) for n in range(len(plans))]
        if outside is None:  # firms outside follow a programme that all clusters have
            outside = int(assignment[0]) if (assignment == assignment[0]).all() else -1
        kind = self.clusters["kind"]
        follows = np.where(kind == OUTSIDE, outside, -1)
        follows[:existing] = assignment
        place = existing
        for n in np.flatnonzero(plans):
            follows[place : place + self.planned_per_programme] = n
            place += self.planned_per_programme
        lever_row = np.where(follows < 0, 3 * self.programmes, 3 * follows + kind)
        return shares, follows, lever_row

    def _table(self, p: dict[str, float]) -> np.ndarray:
        site, existing = self.site, len(self.slots)
        table = np.zeros(existing + self.planned + 1, CLUSTER_DTYPE)
        table["monitoring"] = LEVERS["monitoring_data"].baseline  # the first choices of compliance look at it
        table["programme"], table["lever_row"], table["last_violation"] = -1, 3 * self.programmes, -NEVER
        for name in ("exchange_at", "flowed_at", "complained_at"):
            table[name] = -NEVER
        table["acceptance"] = UNKNOWN
        table["shadow_review"] = NEVER
        table["certified_at"] = table["review_at"] = NEVER
        table["kind"][existing:], table["kind"][-1] = PLANNED, OUTSIDE
        blocks = [*self.existing_blocks, *[0] * self.planned, 0]  # planned clusters get theirs when they are built
        table["last"] = np.cumsum(blocks)
        table["first"] = table["last"] - blocks
        for row, cluster, slots in zip(table, site.clusters, self.slots, strict=False):
            row["slots"], row["kind"], row["hold"], row["urban"] = slots, EXISTING, bool(cluster.firms), cluster.urban
            row["area"], row["park"] = cluster.area_built, site.kind == "park"
            row["unbuilt"] = max(cluster.area_planned - cluster.area_built, 0.0)
            row["land"] = -1.0 if cluster.shared_land is None else cluster.shared_land
            row["mix"] = -1.0 if cluster.mix is None else [cluster.mix.get(name, 0.0) for name in SECTORS]
            if cluster.firms:
                counts = np.array([sum(firm.sector == name for firm in cluster.firms) for name in SECTORS], float)
                row["mix"] = counts / counts.sum()
            row["scale"] = cluster.firms_2018 / 55.0
            if cluster.cetp_since is not None:
                row["ready"][WATER] = max(cluster.cetp_since, 2010.0)
        planned = table[existing:-1]
        planned["slots"] = self.site_slots
        planned["opened"], planned["area"] = NEVER, p["planned_slot_area"] * int(p["planned_cluster_slots"])
        table["slots"][-1] = self.outside_blocks * LANES
        for c, row in enumerate(table):
            _size_law(row, site.clusters[c if c < existing else 0], p)
        return table


def _has_rules(programme: Programme) -> bool:
    values = [*programme.levers.items(), *programme.planned.items()]
    return any(LEVERS[name].kind == "rule" and value != LEVERS[name].baseline for name, value in values)


def _needs(p: np.ndarray) -> tuple[float, ...]:
    return tuple(float(p[name]) for name in NEEDS)


def _asked(site: Site, arms: Sequence[Arm]) -> tuple[float, int, int]:
    """All that a layout looks at in arms: most planned slots of a programme, programmes, and those of them that plan clusters."""
    wanted = 0.0
    for arm in arms:
        for programme in arm.programmes:
            level = programme.levers.get("planned_slots", 0.0)
            if level > 0 and arm.budget > 0:
                cap = LEVERS["planned_slots"].cap
                assert cap is not None
                top = min(cap, 3 * level) if arm.scale is None else min(cap, level * max(arm.scale, 1.0))
                wanted = max(wanted, math.floor(max(top, level) * site.budget_share + 0.5))
    programmes = max([len(a.programmes) for a in arms], default=0)
    with_planned = max([sum(1 for q in a.programmes if q.levers.get("planned_slots", 0) > 0) for a in arms], default=0)
    return wanted, programmes, with_planned


def _size_law(row, cluster: Cluster, p: dict[str, float]) -> None:
    row["workers_median"] = cluster.workers_median or p["workers_median"]
    row["workers_sd"] = p["workers_sd"] if cluster.workers_sd is None else cluster.workers_sd
    row["workers_cap"] = cluster.workers_cap or p["workers_cap"]


def start_number(firms_2018: float, p, rounded: bool = True) -> float:
    """Firms of 2010 in a cluster that has `firms_2018` eight years later."""
    from .maths import power

    number = float(p["start_factor"]) * firms_2018 / power(1 + float(p["growth"]), 8.0)
    return max(1, round(number)) if rounded else number
