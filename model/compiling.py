"""The kernels compiled by two processes, once after every change of their sources.

Numba compiles one function at a time, whatever the threads. So the process that needs the kernels begins with the first
phases of a step, and a helper with the last ones; each finds in the cache what the other has done, and they meet on
the way. The bits are those of one process: a function is compiled in the same way by either.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from contextlib import suppress
from functools import cache
from inspect import signature
from pathlib import Path
from time import time
from typing import Any

from . import shipped
from .granted import processors
from .jit import KERNELS, cache_folder
from .kernel_cache import ENDING
from .late import DISABLE_JIT

__all__ = ["call_help", "how_far", "is_compiled"]

_CHILD = "ECOCLUSTER_COMPILES_FOR_ANOTHER"
_LOCK, _STALE = "helper.lock", 600.0  # seconds: compiling takes less


def is_compiled() -> bool:
    """Is there nothing left to compile for a run?"""
    if DISABLE_JIT or shipped.fits():
        return True
    folder = _folder()
    return folder is not None and next(folder.glob(f"step.run_steps-*{ENDING}"), None) is not None


def how_far() -> tuple[int, int]:
    """How many kernels are compiled, by all processes that share the cache, and about how many a first run needs."""
    folder = _folder()
    total = shipped.compiled_in_all() or len(KERNELS)
    return min(total, 0 if folder is None else sum(1 for _ in folder.glob(f"*{ENDING}"))), total


def _folder() -> Path | None:
    folder = cache_folder()
    return None if folder is None else Path(folder)


@cache
def call_help() -> None:
    """Start a helper, once, where the kernels must be compiled first and there is a second processor; else do nothing."""
    if is_compiled() or processors() < 2 or _CHILD in os.environ:
        return
    folder = _folder()
    if folder is None:
        return
    lock = folder / _LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if lock.exists() and time() - lock.stat().st_mtime > _STALE:  # of a process that was killed
            lock.unlink()
        lock.touch(exist_ok=False)  # one helper is enough, however many processes begin at once
    except OSError:
        return
    try:
        helper = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__], env={**os.environ, _CHILD: "1"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:  # it takes longer alone
        with suppress(OSError):
            lock.unlink()
        return
    atexit.register(_dismiss, helper, lock)


def _dismiss(helper: subprocess.Popen, lock: Path) -> None:
    """What a helper was about to write is lost, nothing else: files are renamed when they are complete."""
    helper.kill()
    helper.wait()
    with suppress(OSError):
        lock.unlink(missing_ok=True)


def backwards() -> list[tuple[str, Any]]:
    """Phases and kernels that the helper compiles, in its order: from the end of a step on.

    Its parent begins at the other end, with the set-up of a run and what that shares with the first phases.
    """
    from .measure import measure
    from .order import PHASES

    last = [(phase.name, phase.run) for phase in PHASES if phase.section not in ("1", "1b", "2a")]
    return [("measure", measure), *reversed(last)]


def types_of_arguments() -> dict[str, Any]:
    """What phases are given, by the names of their arguments, as a step gives it."""
    from numba import typeof, types

    from .layout import Layout
    from .parameters import parameter_record
    from .references import Reference
    from .setup import allocate
    from .sites_and_arms import Arm, Cluster, Site

    p = parameter_record()
    site = Site("probe", "probe", "city", (Cluster("probe", "probe", "here", 1.0, 1.0, 1.0),), city_firms=1.0)
    state = Reference(typeof(allocate(Layout(site, p, (Arm("null"),)))))
    row = types.Array(types.float64, 1, "C")
    return {"s": state, "p": typeof(p).dtype, "c": types.int64, "out": row, "before": row}


def compile_backwards() -> None:
    """Compile the phases of a step into the cache, in the order of `backwards`."""
    known = types_of_arguments()
    for _, kernel in backwards():
        kernel.compile(tuple(known[name] for name in signature(kernel.py_func).parameters))


if __name__ == "__main__":
    compile_backwards()
