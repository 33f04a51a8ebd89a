"""Sweeps: run, stop, resume.

    from ecocluster.experiments.sweeps.runner import resume, sweep
    sweep("experiment.toml", "out/my-sweep")
    resume("out/my-sweep")                  # after whatever happened

Chunks may be run in any order and by anybody; this process alone writes them.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from ...model.border import bordered
from ...model.granted import processors
from ...model.roster import sources
from ..errors import InputError
from .chunks import Chunk, run_chunk
from .experiment import Experiment, load_experiment, make_experiment
from .plans import Plan, plan_of, plan_sweep
from .results import Status, is_narrow, status_of
from .schedulers import Pool, check_scheduler, open_pool
from .store import Store

__all__ = ["Estimate", "estimate", "rerun", "resume", "sweep"]

ATTEMPTS = 3  # for a chunk whose worker dies
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Estimate:
    """What a sweep would cost.

    Attributes
    ----------
    runs, points, arms, chunks : int
        With a stopping rule: at most.
    seconds : float
        Wall time on `workers` workers, from a chunk that was run.
    workers : int
    size : float
        Bytes, from the same chunk.
    """

    runs: int
    points: int
    arms: int
    chunks: int
    seconds: float
    workers: int
    size: float


def _experiment(asked: Experiment | Mapping[str, Any] | str | os.PathLike) -> Experiment:
    if isinstance(asked, Experiment):
        return asked
    return make_experiment(asked) if isinstance(asked, Mapping) else load_experiment(Path(asked))


@bordered
def estimate(
    asked: Experiment | Mapping[str, Any] | str | os.PathLike,
    *,
    scheduler: Any = "threads",
    workers: int | None = None,
    until_ci: float | None = None,
    outcome: str | None = None,
) -> Estimate:
    """Runs, time and bytes of a sweep; one chunk is run for it (twice, if it is quick), nothing is written.

    The parameters are those of `sweep`.
    """
    check_scheduler(scheduler, workers)
    plan = plan_sweep(_experiment(asked), until_ci, outcome, workers)
    packed, chunk = plan.work.to_bytes(), next(plan.chunks())
    points = plan.points[: chunk.points]
    begin = perf_counter()
    size = len(run_chunk(packed, chunk, points))
    seconds = perf_counter() - begin
    if seconds < 10:  # the first time includes the loading of kernels
        begin = perf_counter()
        run_chunk(packed, chunk, points)
        seconds = perf_counter() - begin
    workers, runs = workers or processors(), plan.runs()
    share = runs / plan.runs_of(chunk)
    count = plan.number_of_chunks()
    return Estimate(
        runs, len(plan.points), len(plan.work.arms), count, seconds * share / min(workers, count), workers, size * share
    )


@bordered
def sweep(
    asked: Experiment | Mapping[str, Any] | str | os.PathLike,
    out: str | os.PathLike,
    *,
    scheduler: Any = "threads",
    workers: int | None = None,
    until_ci: float | None = None,
    outcome: str | None = None,
    progress: Progress | None = None,
    on_stop: Callable[[int], None] | None = None,
    other_processor: bool = False,
) -> Status:
    """Run an experiment and keep it in a folder; if the folder holds the same sweep, go on with it.

    Parameters
    ----------
    asked : Experiment, mapping or path
        An experiment, the content of its file, or the file.
    out : path or URL
        Absent, empty, or the same sweep begun earlier.
    scheduler : str
        "threads", "processes", "local-cluster" or the address of a Dask scheduler.
    workers : int, optional
        Default: the processors of this machine.
    until_ci, outcome
        See `plans.Until`.
    progress : callable, optional
        Called with (runs kept, runs in all).
    on_stop : callable, optional
        Called at the first Ctrl-C with the number of chunks that are still finished.
    other_processor : bool
        Go on with a sweep that was begun on another kind of processor (see `ecocluster.model.processor`).

    Returns
    -------
    Status

    Raises
    ------
    InputError, ScenarioError
        Before anything is written if the input cannot be used; later if the folder or the scheduler fails. What was
        kept by then stays.
    KeyboardInterrupt
        After Ctrl-C, when running chunks are kept; at once after a second one.
    """
    check_scheduler(scheduler, workers)  # pilots may take minutes
    experiment = _experiment(asked)
    store = Store(out)
    there = store.exists()
    if there:
        _load(store, other_processor)
    plan = plan_sweep(experiment, until_ci, outcome, workers)
    with open_pool(scheduler, workers) as pool, store.lock():
        if store.exists():
            _load(store, other_processor)
            if not store.same_as(plan.work, plan.about):
                raise InputError("sweep_other", path=store.name)
        else:
            store.create(plan.work, plan.about, plan.points, plan.keep_points)
        return _run(store, plan, pool, progress, on_stop)


@bordered
def resume(
    out: str | os.PathLike,
    *,
    scheduler: Any = "threads",
    workers: int | None = None,
    progress: Progress | None = None,
    on_stop: Callable[[int], None] | None = None,
    other_processor: bool = False,
) -> Status:
    """Go on with a sweep: chunks that are missing or damaged are run, all others are kept.

    The parameters are those of `sweep`.
    """
    store = Store(out)
    _load(store, other_processor)
    with open_pool(scheduler, workers) as pool, store.lock():
        return _run(store, plan_of(store), pool, progress, on_stop)


@bordered
def rerun(
    out: str | os.PathLike,
    *,
    scheduler: Any = "threads",
    workers: int | None = None,
    progress: Progress | None = None,
    on_stop: Callable[[int], None] | None = None,
    other_processor: bool = False,
) -> Status:
    """Run the chunks again in which runs failed, and put what comes out in their place.

    The parameters are those of `sweep`.
    """
    store = Store(out)
    _load(store, other_processor)
    with open_pool(scheduler, workers) as pool, store.lock():
        plan = plan_of(store)
        store.look(plan.chunks())
        failed = {n for n in store.done if any(next(store.tables([n], ["failed"]))["failed"].to_pylist())}
        chunks = [chunk for chunk in plan.chunks() if chunk.number in failed]
        _execute(store, plan, chunks, pool, _counter(progress, 0, sum(map(plan.runs_of, chunks))), on_stop)
        return status_of(store, plan)


def _load(store: Store, other_processor: bool) -> None:
    """A sweep to go on with."""
    store.load()
    if not other_processor:
        store.check_processor()


def _counter(progress: Progress | None, done: int, total: int) -> Callable[[int], None]:
    """A function that adds runs to the count and tells the new one."""
    count = done
    lock = threading.Lock()

    def add(runs: int) -> None:
        nonlocal count
        with lock:
            count += runs
            if progress is not None:
                progress(count, total)

    add(0)
    return add


def _run(store: Store, plan: Plan, pool: Pool, progress: Progress | None, on_stop) -> Status:
    store.look(plan.chunks())
    for stage in range(len(plan.stages)):
        missing = [chunk for chunk in plan.chunks(stage) if chunk.number not in store.done]
        kept = sum(plan.runs_of(chunk) for chunk in plan.chunks() if chunk.number in store.done)
        _execute(store, plan, missing, pool, _counter(progress, kept, plan.runs(stage + 1)), on_stop)
        if plan.until is not None and is_narrow(store, plan, stage):
            break
    return status_of(store, plan)


class _Stop:
    """Ctrl-C during a sweep: the first is noted, the second stops at once."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listen(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def note(*_: Any) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def _execute(store: Store, plan: Plan, chunks: list[Chunk], pool: Pool, add: Callable[[int], None], on_stop) -> None:
    """Run chunks and keep them as they come; only a few are under way at a time, so that stopping is quick."""
    packed, sweep, modules = plan.work.to_bytes(), store.key, sources()
    waiting = iter(chunks)
    again: list[Chunk] = []
    under_way: dict[Future, Chunk] = {}
    attempts: dict[int, int] = {}
    lost: list[int] = []
    stop, told = _Stop(), False

    def fill() -> None:
        while not stop.asked:
            # what went down with a worker is tried alone, so that it is known which chunk kills
            alone = again or any(attempts[chunk.number] > 1 for chunk in under_way.values())
            if len(under_way) >= (1 if alone else 2 * pool.workers):
                return
            chunk = again.pop() if again else next(waiting, None)
            if chunk is None:
                return
            points = plan.points[chunk.first_point : chunk.first_point + chunk.points]
            try:
                under_way[pool.submit(run_chunk, packed, chunk, points, sweep, modules)] = chunk
            except BrokenExecutor:  # a worker died since we looked
                again.append(chunk)
                if under_way:
                    return
                pool.restart()
            else:
                attempts[chunk.number] = attempts.get(chunk.number, 0) + 1

    def broke(chunk: Chunk) -> None:
        if attempts[chunk.number] < ATTEMPTS:
            again.append(chunk)
        else:
            lost.append(chunk.number)

    with stop.listen():
        try:
            fill()
            while under_way:
                done, _ = wait(under_way, timeout=0.5, return_when=FIRST_COMPLETED)
                if not done and not pool.alive():
                    raise InputError("scheduler_gone", address=pool.name, path=store.name)
                dead = False
                for future in done:
                    chunk = under_way.pop(future)
                    try:
                        data = future.result()
                    except CancelledError:
                        if not stop.asked:
                            raise InputError("scheduler_gone", address=pool.name, path=store.name) from None
                    except BrokenExecutor:
                        dead = True
                        broke(chunk)
                    except Exception as error:
                        if type(error).__name__ != "KilledWorker":  # Dask's word for a task that kills its workers
                            raise
                        lost.append(chunk.number)
                    else:
                        store.put(chunk.number, data)
                        add(plan.runs_of(chunk))
                if dead:  # all that was under way went down with the pool
                    for chunk in under_way.values():
                        broke(chunk)
                    under_way.clear()
                    pool.restart()
                if stop.asked and not told:
                    told = True
                    for future in list(under_way) if pool.cancels_waiting else ():
                        if future.cancel():
                            del under_way[future]
                    if on_stop is not None:
                        on_stop(len(under_way))
                fill()
        except BaseException:
            for future in under_way:
                future.cancel()
            raise
    if stop.asked:
        raise KeyboardInterrupt
    if lost:
        raise InputError("chunk_kills", path=store.name, chunks=", ".join(map(str, sorted(lost))), attempts=ATTEMPTS)
