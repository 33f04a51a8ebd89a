"""How sweeps of before there was a law alone spread their points, so that their folders still open.

Here alone the C library's powers are asked for: those sweeps took them. What comes out is compared with what the folder holds, and
where the bits differ it is said.
"""

from __future__ import annotations

import numpy as np

from .ranges import Range

__all__ = ["FormerRange"]


class FormerRange(Range):
    """A range as sweeps of before there was a law alone spread it: the same values but for the last bit."""

    def quantile(self, u):
        if self.law == "loguniform" and self.low > 0:
            u = np.asarray(u, float)
            return np.clip(self.low ** (1 - u) * self.high**u, self.low, self.high)
        return super().quantile(u)
