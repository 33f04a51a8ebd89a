"""A run's arrays handed on as one pointer.

The arrays of a `State` are over a hundred words. Numba would copy them at every call of one kernel by another, and
LLVM would look at each of them in every function: a quarter of a step and much of the compile time. `by_reference`
lays the words down once, in the frame of the kernel that Python called; all others get their address and read what
they need. The words do not change while that kernel runs, and the loads say so (``invariant.load``), so that loops keep
their vectors. How, stands in `references.py`.
"""

from __future__ import annotations

from typing import Any

from .late import DISABLE_JIT, Late

__all__ = ["by_reference"]

by_reference: Any = Late("by_reference")

if DISABLE_JIT:  # plain Python hands references on anyway

    def by_reference(arrays):
        return arrays
