"""Cases on replicates: threads, burn-ins and nulls that cases share, failures as data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from ...model.granted import processors
from ...model.simulator import FAILURES, Replicate, Simulator
from ...model.sites_and_arms import Arm
from .cases import Case
from .outcomes import Outcomes

__all__ = ["Cells", "run_cells"]


@dataclass
class Cells:
    """Results of cases on replicates; rows run over cases first, then replicates.

    Attributes
    ----------
    values, null : (rows, outcomes) float64
        Of the run and of its matched null; nan where it failed.
    failed : list of str
        Cause, or empty.
    traces : dict of str to list
        Empty unless asked for.
    """

    values: np.ndarray
    null: np.ndarray
    failed: list[str]
    traces: dict[str, list]


class _World:
    """Cases that share the burn-in: same site, shocks and parameters."""

    def __init__(self, case: Case):
        self.case = case
        self.members: list[tuple[int, Case]] = []

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Every arm once, those that others are measured against first."""
        needed = [case.null for _, case in self.members] + [case.arm for _, case in self.members]
        return tuple({id(arm): arm for arm in needed}.values())


def _worlds(cases: Sequence[Case]) -> list[_World]:
    """Worlds in the order in which they first appear."""
    worlds: dict[tuple, _World] = {}
    for index, case in enumerate(cases):
        worlds.setdefault(case.world, _World(case)).members.append((index, case))
    return list(worlds.values())


class _Worker:
    """One thread's simulator and buffers."""

    def __init__(self, reader: Outcomes):
        self.reader = reader
        self.simulator: Simulator
        self._places: dict[int, int] = {}  # of the simulator's arms, by identity
        self._made_for: tuple = ()
        self._world: _World | None = None

    def enter(self, world: _World) -> None:
        """Load a world; arrays are kept if only its parameters and arms are new, and plans of arms that it had before."""
        case = world.case
        made_for = (id(case.place), case.shocks, case.last_year)
        if made_for != self._made_for:
            self.simulator = Simulator(case.place.site, world.arms, case.record(), case.shocks, last_year=case.last_year)
            self.rows = self.simulator.rows()
        elif world is not self._world:
            self.simulator.load(case.record(), world.arms)
        if world is not self._world:
            self._places = {id(arm): i for i, arm in enumerate(self.simulator.arms)}
        self._made_for, self._world = made_for, world

    def burn(self, seed: int, number: int) -> str:
        """Begin a replicate; why it failed."""
        self.replicate: Replicate = self.simulator.replicate(seed, number)
        return FAILURES[self.replicate.burnt]

    def run(self, arm: Arm, null: Arm | None) -> tuple[np.ndarray, str]:
        """Outcomes of one arm after the burn-in, held against its null, and why it failed."""
        against = None if null is None else self._places[id(null)]
        assert arm.scale is not None  # `Cases.prepare` has found it
        code, _ = self.replicate.run(self._places[id(arm)], float(arm.scale), against, self.rows)
        if code:
            return np.full(len(self.reader.names), np.nan), FAILURES[code]
        values = self.reader.read(self.rows.series, float(self.simulator.p["discount_rate"]))
        name = self.reader.broken(values)
        return (np.full(values.size, np.nan), f"{name} is not a finite number") if name else (values, "")


@dataclass(frozen=True)
class _Done:
    """An arm that was run in one replicate."""

    values: np.ndarray
    failed: str
    trace: tuple[np.ndarray | None, np.ndarray | None] = (None, None)


class _Job:
    """The table that threads fill; who fills which row does not matter."""

    def __init__(self, cases: Sequence[Case], ids: np.ndarray, seed: int, reader: Outcomes, progress, traces: bool):
        self.ids, self.seed, self.reader, self.progress = ids, seed, reader, progress
        rows, width = len(cases) * len(ids), len(reader.names)
        self.nothing = np.full(width, np.nan)
        names = ("series", "level", "null.series", "null.level") if traces else ()
        self.cells = Cells(
            np.full((rows, width), np.nan), np.full((rows, width), np.nan), [""] * rows, {name: [None] * rows for name in names}
        )
        self.units = [(world, r) for world in _worlds(cases) for r in range(len(ids))]
        self.rows, self.done = rows, 0
        self.local, self.lock, self.stop = threading.local(), threading.Lock(), threading.Event()

    def block(self, part: Sequence[tuple[_World, int]]) -> None:
        """Run some units one after the other."""
        if not hasattr(self.local, "worker"):
            self.local.worker = _Worker(self.reader)
        for world, r in part:
            self._unit(self.local.worker, world, r)

    def _unit(self, worker: _Worker, world: _World, r: int) -> None:
        """One burn-in, then all arms of the world: each arm once, and first what others are measured against."""
        if self.stop.is_set():
            return
        cause = ""
        done: dict[int, _Done] = {}
        try:
            worker.enter(world)
            cause = worker.burn(self.seed, world.case.replicate + int(self.ids[r]))
        except Exception as error:  # whatever happened, it is the cause that these rows tell
            cause = _told(error)
        for index, case in world.members:
            if self.stop.is_set():
                return
            null = self._arm(worker, case.null, None, cause, done)
            own = self._arm(worker, case.arm, case.null, cause or null.failed, done)
            row = index * len(self.ids) + r
            self.cells.null[row], self.cells.values[row], self.cells.failed[row] = null.values, own.values, own.failed
            if self.cells.traces:
                for name, done_run in (("null.", null), ("", own)):
                    self.cells.traces[f"{name}series"][row], self.cells.traces[f"{name}level"][row] = done_run.trace
            self._count()

    def _arm(self, worker: _Worker, arm: Arm, null: Arm | None, cause: str, done: dict[int, _Done]) -> _Done:
        """One arm of the world in this replicate, run at its first call; nothing at all if there is a cause."""
        if id(arm) in done:
            return done[id(arm)]
        found = _Done(self.nothing, cause)
        if not cause:
            try:
                values, why = worker.run(arm, null)
                trace = (worker.rows.series.copy(), worker.rows.level.copy()) if self.cells.traces else (None, None)
                found = _Done(values, why, trace)
            except Exception as error:
                found = _Done(self.nothing, _told(error))
        done[id(arm)] = found
        return found

    def _count(self) -> None:
        if self.progress is not None:
            with self.lock:
                self.done += 1
                self.progress(self.done, self.rows)


def run_cells(
    cases: Sequence[Case],
    ids: np.ndarray,
    seed: int,
    reader: Outcomes,
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    traces: bool = False,
) -> Cells:
    """Run all cases on all replicates; a run that breaks is a row with its cause, never the end.

    Parameters
    ----------
    cases : sequence of Case
    ids : (R,) int64
        Replicates.
    seed, threads, progress, traces : see `run_trials`
    reader : Outcomes
    """
    threads = threads or processors()
    job = _Job(cases, ids, seed, reader, progress, traces)
    if progress is not None:
        progress(0, job.rows)
    if threads == 1:
        job.block(job.units)
        return job.cells
    size = max(1, min(64, len(job.units) // (8 * threads)))
    pool = ThreadPoolExecutor(threads)
    try:
        futures = [pool.submit(job.block, job.units[i : i + size]) for i in range(0, len(job.units), size)]
        for future in futures:
            future.result()
    except BaseException:
        job.stop.set()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return job.cells


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
