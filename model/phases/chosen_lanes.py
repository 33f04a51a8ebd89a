"""Lanes of a block that a phase looks at one by one, gathered first.

Nobody foresees who is meant by an event: a branch at every lane would make the processor guess wrong at every fifth,
which costs more than the look itself.
"""

from __future__ import annotations

from ..jit import small

__all__ = ["line_up"]


@small
def line_up(queue, n, k, wanted):
    """Lane k joins a queue of n if `wanted` is 1, and not if it is 0; returns how many there are now."""
    queue[n] = k
    return n + wanted
