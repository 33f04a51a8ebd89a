"""The same work for every peer: sites of a given number of firms, and a run of them in plain Mesa, NumPy and the kernels.

`experiments/bench_peers.py` calls these in turn; what is compared stands in DECLARATION.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter

import numpy as np
from ecocluster.experiments.bench_firms import copies_of_a_cluster
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.granted import processors
from ecocluster.model.parameters import parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Site
from ecocluster.model.timelines import make_plan
from ecocluster.scenarios import load_shocks, make_arm

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "reference")]

from numpy_core import Core  # noqa: E402 - it lies beside this file

__all__ = ["BURN_IN", "HORIZON", "MEMORY", "PEERS", "Peer", "Work", "sources"]

BURN_IN, HORIZON = 40, 104  # quarters 2010-2019 and 2020-2045
PER_CLUSTER = 55  # firms; never more than 200
TURNS = 4  # pairs for each core, so that none waits long for the last
BATCH = 16_384  # firms that NumPy works on at a time: they stay in the cache


@dataclass(frozen=True)
class Work:
    """Runs of clusters of 55 firms each, null and combined programme (at scale 1), and how many of them.

    Attributes
    ----------
    firms : int
        Of 2018, in all clusters.
    runs : int
        1: the null alone. Otherwise even: pairs of the null and the combined pathway on the same burn-in.
    """

    firms: int
    runs: int

    @property
    def clusters(self) -> int:
        """Number of clusters."""
        return max(1, round(self.firms / PER_CLUSTER))

    @property
    def pairs(self) -> int:
        """Number of null runs, each with a combined run unless there is but one run."""
        return max(1, self.runs // 2)

    @cached_property
    def site(self) -> Site:
        """Copies of a cluster of Hanoi with an average number of firms."""
        return copies_of_a_cluster(self.firms, self.clusters)

    @cached_property
    def arms(self) -> list[Arm]:
        """The null, and the combined pathway unless there is but one run."""
        names = ["null"] if self.runs == 1 else ["null", "combined"]
        return [replace(make_arm(name, site=self.site), scale=1.0) for name in names]


def run_mesa(work: Work) -> float:
    """Seconds of the plain Mesa reference; the burn-in is counted once for a pair, and its copy costs nothing."""
    from plain_mesa import CityModel

    shocks, seconds = load_shocks("default"), 0.0
    for replicate in range(work.pairs):
        for arm in work.arms:
            begin = perf_counter()
            model = CityModel(work.site, arm, shocks=shocks, replicate=replicate)
            for _ in range(BURN_IN):
                model.step()
            if arm.programmes:
                begin = perf_counter()
            for _ in range(HORIZON):
                model.step()
            seconds += perf_counter() - begin
    return seconds


def run_numpy(work: Work) -> float:
    """Seconds of the NumPy core, as many runs side by side as the cache holds."""
    p, shocks, seconds, left = parameter_record(), load_shocks("default"), 0.0, work.pairs
    plan = make_plan(p, Arm("null"), shocks, 4, 2046, 0)
    programmes = [{}] if work.runs == 1 else [{}, {
        "extension": 0.8, "centre": 0.7, "certainty": 0.7, "platform": 1.0, "coordinator": 1.0}]  # fmt: skip
    while left:
        runs = min(left, max(1, BATCH // work.firms))
        left -= runs
        for levers in programmes:
            begin = perf_counter()
            core = Core(p, plan, runs, work.clusters, math.ceil(work.firms / work.clusters), seed=left + 1, **levers)
            core.run(BURN_IN)
            if levers:
                begin = perf_counter()
            core.run(HORIZON)
            seconds += perf_counter() - begin
    return seconds


def run_kernels(work: Work, threads: int | None = 1) -> float:
    """Seconds of `run_ensemble`, compiled before; on one thread unless told otherwise."""
    begin = perf_counter()
    run_ensemble(work.site, work.arms, replicates=work.pairs, shocks=load_shocks("default"), threads=threads)
    return perf_counter() - begin


def run_kernels_on_all_cores(work: Work) -> float:
    """The same on every core."""
    return run_kernels(work, None)


@dataclass(frozen=True)
class Peer:
    """One way to do the work, and what its time is made of.

    Attributes
    ----------
    run : callable
        Work to seconds.
    side : int
        Firms that it works on side by side at most.
    start : int
        Firms whose work takes as long as beginning such a batch.
    cores : int
        That it works on at a time.
    """

    run: Callable[[Work], float]
    side: int = 1
    start: int = 0
    cores: int = 1

    def can_show(self, work: Work) -> bool:
        """Is there enough to do for all its cores? A single pair keeps one of them busy."""
        return self.cores == 1 or work.pairs >= TURNS * self.cores

    def least(self, work: Work) -> int:
        """Pairs (or single runs) that show its speed: a full batch, and some for each core, if there are so many."""
        return min(work.pairs, max(1 if self.cores == 1 else TURNS * self.cores, self.side // work.firms))

    def weight(self, work: Work) -> float:
        """What its time is proportional to."""
        return work.firms * work.pairs + self.start * math.ceil(work.pairs / max(1, self.side // work.firms))


PEERS = {
    "kernels": Peer(run_kernels, 2750, 50),
    "kernels_all_cores": Peer(run_kernels_on_all_cores, 5500, 50, processors()),
    "numpy": Peer(run_numpy, BATCH, 2500),
    "mesa": Peer(run_mesa),
}


def _memory_of_mesa() -> int:
    """Bytes that a model of 55 firms holds after its burn-in."""
    import tracemalloc

    from plain_mesa import CityModel

    work = Work(PER_CLUSTER, 1)
    CityModel(work.site, work.arms[0])  # what is loaded once is not counted
    tracemalloc.start()
    try:
        model = CityModel(work.site, work.arms[0])
        for _ in range(BURN_IN):
            model.step()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def _memory_of_numpy() -> int:
    """Bytes of the arrays of one run."""
    core = Core(parameter_record(), make_plan(parameter_record(), Arm("null"), (), 4, 2046, 0), 1, 1, PER_CLUSTER)
    core.step()
    return sum(value.nbytes for value in vars(core).values() if isinstance(value, np.ndarray))


def _memory_of_kernels() -> int:
    """Bytes of the arrays of one run: its burn-in and its fork."""
    work = Work(PER_CLUSTER, 2)
    simulator = Simulator(work.site, tuple(work.arms), parameter_record())
    return sum(array.nbytes for state in (simulator.base, simulator.work) for array in state)


MEMORY: dict[str, Callable[[], int]] = {
    "kernels": _memory_of_kernels, "numpy": _memory_of_numpy, "mesa": _memory_of_mesa,
}  # fmt: skip


def sources() -> dict[str, list[Path]]:
    """Source files of every peer, for counting lines."""
    import ecocluster.model.step as step

    model = Path(step.__file__).parent
    kernels = [path for path in model.rglob("*.py") if not path.name.startswith("mesa_") and path.name != "firm_views.py"]
    return {"kernels": sorted(kernels), "numpy": [HERE / "numpy_core.py"],
            "mesa": sorted((HERE.parent / "reference" / "plain_mesa").glob("*.py"))}  # fmt: skip
