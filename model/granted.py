"""How many processors this process may use: those it was given, not those that the machine has."""

from __future__ import annotations

import math
import os
from contextlib import suppress
from pathlib import Path

__all__ = ["processors"]

_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def processors() -> int:
    """Processors for this process, at least 1.

    The least of what the system lets it run on (``taskset``, a batch system), what its control group is paid for (a container)
    and what SLURM granted the task.
    """
    granted = [float(os.cpu_count() or 1)]
    with suppress(AttributeError, OSError):  # not on all systems
        granted.append(len(os.sched_getaffinity(0)))
    with suppress(OSError, ValueError):
        granted.append(_quota())
    with suppress(ValueError):
        granted.append(int(os.environ.get("SLURM_CPUS_PER_TASK", "")))
    return max(1, math.ceil(min(granted)))


def _quota(groups: Path = _GROUPS, own: Path = _OWN) -> float:
    """The smallest quota of the control groups that this process is in, in processors; inf where there is none."""
    least = math.inf
    for line in own.read_text(encoding="utf-8").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "cpu", "cpu,cpuacct"):
            continue
        top = groups if controllers == "" else groups / controllers
        here = top / path.lstrip("/")
        while True:
            least = min(least, _quota_of(here))
            if here == top or top not in here.parents:
                break
            here = here.parent
    return least


def _quota_of(group: Path) -> float:
    with suppress(OSError, ValueError):
        quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        return math.inf if quota == "max" else int(quota) / int(period)
    with suppress(OSError, ValueError):
        quota, period = ((group / f"cpu.cfs_{name}_us").read_text(encoding="ascii") for name in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    return math.inf
