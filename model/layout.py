"""Sizes of a run's arrays: slots, planned clusters, room outside clusters, ids and links."""

from __future__ import annotations

import math

import numpy as np

from .inputs import Arm, Site
from .levers import LEVERS
from .state import LANES, blocks_of

__all__ = ["Layout"]


class Layout:
    """Sizes and the constant table of clusters of a site, for one set of parameters and arms.

    Attributes
    ----------
    slots : (clusters,) int64
        Usable slots of every existing cluster.
    planned : int
        Planned clusters that any arm may open.
    outside_blocks : int
        Room for firms outside clusters.
    programmes : int
        Largest number of programmes of an arm.
    """

    def __init__(self, site: Site, p: np.ndarray, arms: tuple[Arm, ...]):
        self.site = site
        occupancy = float(p["occupancy_2018"])
        self.slots = np.array(
            [max(len(c.firms), math.ceil(c.firms_2018 / occupancy - 1e-9), 1) for c in site.clusters], np.int64
        )
        self.existing_blocks = np.array([blocks_of(int(n)) for n in self.slots])
        wanted = 0.0
        for arm in arms:
            for programme in arm.programmes:
                levels = [programme.levers.get("planned_slots", 0.0)]
                if max(levels) > 0 and arm.budget > 0:
                    cap = LEVERS["planned_slots"].cap
                    top = max(levels) if arm.scale is not None and arm.scale <= 1 else min(cap, 3 * max(levels))
                    if arm.scale is not None:
                        top = min(cap, max(levels) * max(arm.scale, 1.0))
                    wanted = max(wanted, math.floor(max(top, max(levels)) * site.budget_share + 0.5))
        size = int(p["planned_cluster_slots"])
        per_programme = math.ceil(wanted / size)
        self.programmes = max([len(a.programmes) for a in arms], default=0)
        with_planned = max(
            [sum(1 for q in a.programmes if q.levers.get("planned_slots", 0) > 0) for a in arms], default=0
        )
        self.planned_per_programme = per_programme
        self.planned = per_programme * with_planned
        self.planned_blocks = blocks_of(size)
        growth = float(p["growth"])
        total = float(self.slots.sum())
        self.outside_blocks = blocks_of(int(total * max(0.5 * (1 + growth) ** 36, 0.3) + 6 * math.sqrt(total) + 48))
        initial = total * occupancy / (1 + growth) ** 8
        rate = float(p["arrival_base"]) + growth
        years = 36.5
        expected = rate * initial * ((1 + growth) ** years - 1) / math.log1p(growth) if growth > 0 else rate * initial * years
        expected = max(expected, 1.0) * float(max(1.0, p["start_factor"]))
        self.first_arrival_id = int(self.existing_blocks.sum()) * LANES
        self.ids = self.first_arrival_id + int(expected + 10 * math.sqrt(expected) + 64)
        self.blocks = int(self.existing_blocks.sum()) + self.planned * self.planned_blocks + self.outside_blocks
        self.links = max(256, int(self.first_arrival_id))  # more on demand, see `Simulator`
