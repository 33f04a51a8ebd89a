"""Clocks that run `ECOCLUSTER_TEST_CLOCK` times as fast, to show that no test depends on the speed of the machine.

Python runs a file of this name when it starts, if its folder is on the path: `tests/conftest.py` runs it for the tests and puts
the folder on the path of every process that they start. What waits in the system (`sleep`, locks, sockets) waits as before.
"""

import os
import time
from functools import wraps

FACTOR, BEGAN = "ECOCLUSTER_TEST_CLOCK", "ECOCLUSTER_TEST_CLOCK_BEGAN"
CLOCKS = ("time", "perf_counter", "monotonic", "process_time", "thread_time")


def scaled(read, factor, begin=0):
    """The clock `read`, but `factor` times as fast since `begin`, and with whole nanoseconds where it has them."""

    @wraps(read)
    def clock():
        now = read()
        return type(now)(begin + factor * (now - begin))

    return clock


def install():
    """Replace the clocks of `time`, once in a process."""
    if FACTOR not in os.environ or hasattr(time.perf_counter, "__wrapped__"):
        return
    factor = float(os.environ[FACTOR])
    # the calendar keeps its day, and all processes agree about it
    begins = {"time": int(os.environ.setdefault(BEGAN, str(time.time_ns())))}
    for name in CLOCKS:
        begin = begins.get(name, 0)
        setattr(time, f"{name}_ns", scaled(getattr(time, f"{name}_ns"), factor, begin))
        setattr(time, name, scaled(getattr(time, name), factor, begin / 1e9))


install()
