"""How a run grows with the firms of its city: one null run after its burn-in, up to two million firms in one city.

A city is copies of one cluster of Hanoi, of at most 200 firms each, so that only the number of clusters differs.
"""

from __future__ import annotations

import json as jsonlib
import math
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from .bench import time_runs

__all__ = ["bench_firms", "copies_of_a_cluster", "measure_firms"]

FIRMS = (55, 500, 3864, 40_000)
PER_CLUSTER = 200
LARGE = 3864  # from here on a run no longer fits the processor's caches, and the slope is taken
ENOUGH = 0.5  # seconds of repeated runs, of which the best counts


def copies_of_a_cluster(firms: float, clusters: int):
    """A city of so many firms (2018) in copies of a cluster of Hanoi, a `Site`."""
    from ..model.sites_and_arms import Site
    from ..scenarios import load_scenario

    one = replace(load_scenario("nguyen-khe").site.clusters[0], firms_2018=firms / clusters)
    name = f"{firms} firms"
    return Site(name, name, "city", tuple(replace(one, id=f"cluster-{n}") for n in range(clusters)))


def _simulator(firms: int):
    from ..model.parameters import parameter_record
    from ..model.simulator import Simulator
    from ..model.sites_and_arms import Arm
    from ..scenarios import load_shocks

    site = copies_of_a_cluster(firms, math.ceil(firms / PER_CLUSTER))
    return Simulator(site, (Arm("null"),), parameter_record(), load_shocks("default"))


def _times(simulator) -> tuple[float, float]:
    """Best wall times of burn-in and run, s."""
    burn = run = math.inf
    begin = perf_counter()
    while burn == math.inf or perf_counter() - begin < ENOUGH:
        start = perf_counter()
        if code := simulator.burn(1, 0):
            raise RuntimeError(f"a burn-in failed with code {code}")
        burn, run = min(burn, perf_counter() - start), min(run, time_runs(simulator, 1))
    return burn, run


def measure_firms(most: int = 100_000) -> dict[str, Any]:
    """Measure, one run at a time on one thread.

    Parameters
    ----------
    most : int
        Firms of the largest city (2018); it takes about 90 us a firm, and 4 KB a firm of memory.

    Returns
    -------
    dict
        sizes (list of dicts: firms, clusters, burn_ms, run_ms, ns_per_firm_step, bytes_per_slot, bytes_per_firm) and slope: the power of
        the number of firms with which the time of a run grows from 3,864 on, 1: linear; None where there is no larger city.
    """
    _times(_simulator(FIRMS[0]))  # the kernels are loaded, or compiled
    sizes = []
    for firms in sorted({n for n in FIRMS if n < most} | {most}):
        simulator = _simulator(firms)
        burn, run = _times(simulator)
        size = sum(array.nbytes for array in simulator.work)
        sizes.append({
            "firms": firms, "clusters": len(simulator.layout.slots), "burn_ms": burn * 1e3, "run_ms": run * 1e3,
            "ns_per_firm_step": run / simulator.steps / firms * 1e9, "bytes_per_slot": size / simulator.work.slot_at.size,
            "bytes_per_firm": size / firms,
        })  # fmt: skip
        del simulator  # before the next one needs its room
    large = [size for size in sizes if size["firms"] >= LARGE]
    slope = None
    if len(large) > 1:
        slope = float(np.polyfit(np.log([size["firms"] for size in large]), np.log([size["run_ms"] for size in large]), 1)[0])
    return {"sizes": sizes, "slope": slope}


def bench_firms(most: int = 100_000, json: bool = False) -> None:
    """Measure and print, as a table or as one JSON object."""
    from .errors import check_number

    result = measure_firms(check_number("--most", most, 55, 2 * 10**6, whole=True))
    if json:
        print(jsonlib.dumps(result))
        return
    names = list(result["sizes"][0])
    print(" ".join(f"{name:>16s}" for name in names))
    for size in result["sizes"]:
        print(" ".join(f"{value:16,.0f}" if float(value) >= 100 or float(value).is_integer() else f"{value:16.2f}"
                       for value in size.values()))  # fmt: skip
    if result["slope"] is not None:
        print(f"time of a run grows with the firms to the power of {result['slope']:.2f} (from {LARGE:,} on; 1: linear)")
