"""The one way in which a test waits: for an event, for as long as it takes.

The watchdog only ends a test that hangs. It is no measure of anything: it is far longer than the slowest machine needs, and
where it can be, it is a number of looks and not a time, so that no clock has a say in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from time import sleep

__all__ = ["WATCHDOG", "alive", "until"]

WATCHDOG = 900.0  # seconds
PAUSE = 0.01  # seconds between two looks


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    for _ in range(round(WATCHDOG / PAUSE)):
        if condition():
            return
        sleep(PAUSE)
    raise AssertionError("what the test waits for never came")


def alive(number: int) -> bool:
    """Is there a process of this number that has not ended? As Linux shows them; who has ended and is not yet buried is not alive."""
    try:
        os.kill(number, 0)
        with open(f"/proc/{number}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
