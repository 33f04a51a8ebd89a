"""The one way in which a test waits: for an event, for as long as it takes.

The watchdog only ends a test that hangs. It is no measure of anything: it is far longer than the slowest machine needs, and
where it can be, it is a number of looks and not a time, so that no clock has a say in it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import sleep

__all__ = ["WATCHDOG", "until"]

WATCHDOG = 900.0  # seconds
PAUSE = 0.01  # seconds between two looks


def until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds."""
    for _ in range(round(WATCHDOG / PAUSE)):
        if condition():
            return
        sleep(PAUSE)
    raise AssertionError("what the test waits for never came")
