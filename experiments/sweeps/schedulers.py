"""Where chunks are run: threads of this process, processes of this machine, or the workers of a Dask cluster.

All three are seen as an executor of `concurrent.futures`. A chunk's result does not depend on the choice.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...model.granted import processors
from ...scenarios.errors import short
from ..errors import InputError, check_number

__all__ = ["SCHEDULERS", "Pool", "check_scheduler", "open_pool"]

SCHEDULERS = ("threads", "processes", "local-cluster")  # or the address of a Dask scheduler
STARTING = ("processes", "local-cluster")  # that start processes
_ADDRESSES = ("tcp://", "tls://")
CONNECT_SECONDS = 10


@dataclass
class Pool:
    """Workers that run chunks.

    Attributes
    ----------
    name : str
        As the user gave it.
    workers : int
        Chunks that run at a time.
    executor : concurrent.futures.Executor
    renew : callable or None
        A new executor after a worker died and took the pool with it.
    alive : callable
        False once nothing will be answered any more.
    cancels_waiting : bool
        Does `Future.cancel` spare tasks that run already? (Dask's does not.)
    """

    name: str
    workers: int
    executor: Executor
    renew: Callable[[], Executor] | None = None
    alive: Callable[[], bool] = lambda: True
    cancels_waiting: bool = True

    def submit(self, function: Callable, *arguments: Any) -> Future:
        """Start a task, and a worker for it where there is none yet."""
        with _deaf():
            return self.executor.submit(function, *arguments)

    def restart(self) -> None:
        """Replace dead workers."""
        self.executor.shutdown(wait=False, cancel_futures=True)
        assert self.renew is not None
        self.executor = self.renew()


def check_scheduler(name: str, workers: int | None = None) -> None:
    """Refuse a name that is neither one of `SCHEDULERS` nor an address, or a number of workers, before any work is done for them."""
    if workers is not None:
        check_number("--workers", workers, 1, 1024, whole=True)
    if not isinstance(name, str):  # a client of Dask, say: its address is what other processes can use
        address = getattr(getattr(name, "scheduler", name), "address", None)
        raise InputError("scheduler_object", value=str(address) if address else short(name))
    if name not in SCHEDULERS and not name.startswith(_ADDRESSES):
        from ...scenarios.errors import nearest_name

        near = nearest_name(name, SCHEDULERS)
        raise InputError("scheduler_unknown", value=name, known=", ".join((*SCHEDULERS, "tcp://HOST:PORT")), near=near or "threads")
    if name in STARTING:
        check_start()


@contextmanager
def open_pool(name: str = "threads", workers: int | None = None) -> Iterator[Pool]:
    """Workers for the time of the context.

    Parameters
    ----------
    name : str
        One of `SCHEDULERS` or the address of a Dask scheduler (``tcp://host:8786``).
    workers : int, optional
        Default: the processors of this machine; a cluster that is there already brings its own.

    Raises
    ------
    InputError
        For an unknown name, a scheduler that does not answer, or a missing package.
    """
    check_scheduler(name, workers)
    workers = workers or processors()
    if name == "threads":
        yield from _local(Pool(name, workers, ThreadPoolExecutor(workers)))
    elif name == "processes":
        renew = _processes(workers)
        yield from _local(Pool(name, workers, renew(), renew))
    else:
        yield from _dask(name, workers)


def _local(pool: Pool) -> Iterator[Pool]:
    try:
        yield pool
    finally:
        pool.executor.shutdown(wait=True, cancel_futures=True)


def _processes(workers: int) -> Callable[[], Executor]:
    from multiprocessing import get_context

    return lambda: ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=begin_worker)


@contextmanager
def _deaf() -> Iterator[None]:
    """Context in which Ctrl-C waits: a worker that begins in it inherits that, and is never caught by it while it loads."""
    import signal

    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_worker() -> None:
    """In a worker: Ctrl-C reaches every process of a terminal, but it is for the first one to decide; and nobody outlives him."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def end_with_parent() -> None:
    """Leave at once when the process that started this one is gone, however it went: else workers wait for work for ever."""
    from multiprocessing import parent_process
    from threading import Thread

    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, name="ecocluster-parent", daemon=True).start()


def check_start(main: Any = None) -> None:
    """Refuse to start processes where the system would refuse it later, in words of its own.

    Parameters
    ----------
    main : module, optional
        The program; default: that of this process. A new process reads it again, so what starts processes there must stand behind
        ``if __name__ == "__main__":``.
    """
    from multiprocessing import current_process

    if current_process().daemon:
        raise InputError("workers_within")
    main = sys.modules.get("__main__") if main is None else main
    file = getattr(main, "__file__", None)
    if file is None or getattr(main, "__spec__", None) is not None:  # a notebook, a console; a module started with -m
        return
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return
    if "__name__" not in text:
        raise InputError("workers_unguarded", path=file)


def _knock(address: str) -> None:
    """Is anybody there? A client that found nobody would try again for half a minute, even after it was given up."""
    import socket

    host, _, port = address.partition("://")[2].rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_SECONDS):
        pass


def _dask(name: str, workers: int) -> Iterator[Pool]:
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("needs_package", name=name, package="dask[distributed]", extra="distributed") from None
    import logging

    log = logging.getLogger("distributed")
    level, cluster = log.level, None
    log.setLevel(logging.CRITICAL)  # we say ourselves, in a line, when a worker or the scheduler is lost
    try:
        if name != "local-cluster":
            _knock(name)
        if name == "local-cluster":
            cluster = LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
        client = Client(cluster or name, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise InputError("scheduler_silent", address=name, error=str(error).splitlines()[0][:120]) from None
    try:
        if cluster is not None:
            client.run(begin_worker)
        count = sum(client.nthreads().values()) or 1
        executor = client.get_executor(pure=False)
        yield Pool(name, count, executor, alive=lambda: client.status == "running", cancels_waiting=False)
    finally:
        client.close(timeout=2)
        if cluster is not None:
            cluster.close(timeout=5)
        log.setLevel(level)
