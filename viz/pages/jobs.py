"""Work that takes longer than a click: one small pool for all visitors, one running job for each of them.

A job belongs to a slot of its visitor ("compare", "barriers", ...). Starting another one in the same slot
stops the old one; jobs of other slots wait. So a visitor who drags a slider for a minute costs one thread,
and never holds up another visitor for longer than the pool is full. The kernels release the GIL, so pages
stay alive meanwhile.

    def work(job):                      # in a thread of the pool
        for index in range(20):
            ...
            job.progress(index + 1, 20)  # raises Stopped when the visitor stopped it or its time is up
        return answer

    session.jobs.start("barriers", work, on_done=page.answer.set)

The page shows `JobStatus(slot)` of frame.py: a bar, a stop button, and the error if there was one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import solara

from ...experiments.errors import InputError
from ...model.granted import processors
from ...scenarios import ScenarioError
from .settings import LIMITS

__all__ = ["Job", "JobState", "Jobs", "Stopped", "TimeUp", "size"]

log = logging.getLogger("ecocluster.dashboard")
TELL_EVERY = 0.1  # seconds between two updates of a progress bar


class Stopped(Exception):
    """The job was stopped: by the visitor, by a newer job in its slot, or because the page was closed."""


class TimeUp(Exception):
    """The job took longer than one visitor may take."""


@dataclass(frozen=True)
class JobState:
    """What a page shows of a slot.

    Attributes
    ----------
    phase : str
        "idle", "waiting", "running", "done", "stopped" or "failed".
    done, total : int
        Progress; total 0: unknown.
    error : Exception or None
    seconds : float
        How long it took, once it ended.
    ahead : int
        While it waits: jobs of other visitors that were before it when it was asked for.
    """

    phase: str = "idle"
    done: int = 0
    total: int = 0
    error: Exception | None = None
    seconds: float = 0.0
    ahead: int = 0

    @property
    def busy(self) -> bool:
        """Is there something to wait for?"""
        return self.phase in ("waiting", "running")


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads for all visitors: as many jobs run at a time as there are processors."""
    return ThreadPoolExecutor(size(), thread_name_prefix="ecocluster-job")


def size() -> int:
    """Jobs that run at a time, of all visitors."""
    return max(2, processors())


class _Load:
    """How many jobs run now, and how many were handed to the pool and not begun, in the whole server."""

    def __init__(self) -> None:
        self.lock, self.running, self.handed = threading.Lock(), 0, 0

    def hand(self) -> int:
        """One more is handed over: how many run or wait before it beyond those that have a thread."""
        with self.lock:
            self.handed += 1
            return max(0, self.running + self.handed - size())

    def begin(self) -> None:
        with self.lock:
            self.handed, self.running = self.handed - 1, self.running + 1

    def end(self) -> None:
        with self.lock:
            self.running -= 1


_load = _Load()


class Job:
    """One piece of work, as it sees itself.

    Attributes
    ----------
    slot : str
    """

    def __init__(self, slot: str, tell: Callable[[JobState], None]) -> None:
        self.slot = slot
        self._tell, self._stop, self._replaced = tell, threading.Event(), threading.Event()
        self._shielded = False
        self._started = self._told = time.monotonic()

    def stop(self) -> None:
        """Ask the job to end; it does so at its next `check` or `progress`."""
        self._stop.set()

    def replace(self) -> None:
        """Ask the job to make way for a newer one, once it is not shielded."""
        self._replaced.set()

    @property
    def is_replaced(self) -> bool:
        """Was a newer one asked for?"""
        return self._replaced.is_set()

    def renew(self) -> None:
        """Be the newer one."""
        self._replaced.clear()

    @contextmanager
    def shielded(self) -> Iterator[None]:
        """A short part that a newer job waits for: else nothing would be seen while a slider is dragged."""
        self._shielded = True
        try:
            yield
        finally:
            self._shielded = False
        self.check()

    def check(self) -> None:
        """Raise `Stopped` or `TimeUp` if the job must end."""
        if self._stop.is_set() or (self._replaced.is_set() and not self._shielded):
            raise Stopped
        if time.monotonic() - self._started > LIMITS.seconds:
            raise TimeUp

    def progress(self, done: int, total: int) -> None:
        """Tell how far the job is; has the signature of `progress` everywhere in `ecocluster.experiments`."""
        self.check()
        now = time.monotonic()
        if now - self._told >= TELL_EVERY:
            self._told = now
            self._tell(JobState("running", done, total))

    @property
    def threads(self) -> int:
        """Threads this job may use: the processors divided among the jobs that run."""
        return max(1, processors() // max(1, _load.running))


class Jobs:
    """The jobs of one visitor.

    Parameters
    ----------
    context : context manager
        Solara's kernel context of the visitor: what a job sets is set for this visitor only.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        self._states: dict[str, solara.Reactive[JobState]] = {}
        self._lock = threading.RLock()
        self._running: Job | None = None
        self._waiting: dict[str, tuple] = {}
        self._closed = False

    def state(self, slot: str) -> solara.Reactive[JobState]:
        """State of a slot; a component that reads its `value` is drawn again when it changes."""
        if slot not in self._states:
            self._states[slot] = solara.Reactive(JobState())
        return self._states[slot]

    def start(self, slot: str, work: Callable[[Job], Any], on_done: Callable[[Any], None] | None = None) -> None:
        """Run `work` in the slot, instead of what runs or waits there.

        Parameters
        ----------
        slot : str
        work : callable
            Gets the `Job`; what it returns goes to `on_done`. It may also set reactive values on its way.
        on_done : callable, optional
            Called in the job's thread, unless the job was stopped.
        """
        with self._lock:
            if self._closed:
                return
            if self._running is not None and self._running.slot == slot:
                self._running.replace()
            self._waiting[slot] = (work, on_done)
            if self._running is None:
                self._next()
                return
        if not self.state(slot).value.busy:
            self.state(slot).value = JobState("waiting")

    def stop(self, slot: str) -> None:
        """Stop what runs or waits in a slot."""
        with self._lock:
            waited = self._waiting.pop(slot, None)
            if self._running is not None and self._running.slot == slot:
                self._running.stop()
                return
        if waited is not None:
            self.state(slot).value = JobState("stopped")

    def close(self) -> None:
        """The visitor has gone."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
            if self._running is not None:
                self._running.stop()

    def _next(self) -> None:
        """Hand the oldest waiting job to the pool; the lock is held."""
        if self._running is None and self._waiting and not self._closed:
            slot = next(iter(self._waiting))
            work, on_done = self._waiting.pop(slot)
            self._running = Job(slot, lambda state: self._tell(slot, state))
            if ahead := _load.hand():
                self._tell(slot, JobState("waiting", ahead=ahead))
            _pool().submit(self._run, self._running, work, on_done)

    def _tell(self, slot: str, state: JobState) -> None:
        if not self._closed:
            self.state(slot).value = state

    def _run(self, job: Job, work: Callable[[Job], Any], on_done: Callable[[Any], None] | None) -> None:
        with self._context:
            with self._lock:
                if (
                    job.is_replaced and job.slot in self._waiting
                ):  # asked anew while it waited: the newest, in the place of the first
                    work, on_done = self._waiting.pop(job.slot)
                    job.renew()
            _load.begin()
            started, end = time.monotonic(), JobState("done")
            job._started = started  # the clock starts here, not while it waited
            try:
                self._tell(job.slot, JobState("running"))
                answer = work(job)
                job.check()
                if on_done is not None:
                    on_done(answer)
            except Stopped:
                end = JobState("stopped")
            except Exception as error:  # whatever went wrong is shown on the page, it must not end the server
                if not isinstance(error, (InputError, ScenarioError, TimeUp)):
                    log.exception("job %s failed", job.slot)
                end = JobState("failed", error=error)
            finally:
                _load.end()
                with self._lock:
                    self._running = None
                    replaced = job.slot in self._waiting
                    self._next()
                if not replaced:  # else the newer job tells its own state
                    seconds = time.monotonic() - started
                    self._tell(job.slot, JobState(end.phase, error=end.error, seconds=seconds))
