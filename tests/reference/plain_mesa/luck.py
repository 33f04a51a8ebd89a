"""The draws: the same keys, purposes, times and ids as the kernels, so that both models share their luck."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from ecocluster.model.maths import normal_pair, normal_quantile
from ecocluster.model.randomness import Purpose, draw, key_of, refine, uniform, versus

__all__ = ["EVENT", "PURPOSE", "Luck"]

PURPOSE = SimpleNamespace(**{purpose.name: int(purpose) for purpose in Purpose})  # plain numbers: members are slow

# lanes of the three lotteries; 0-3: a technology is learnt or forgotten
EVENT = SimpleNamespace(
    LAW=4, SYMBIOSIS=5, INSPECTION=6, COMPLIANCE_REVIEW=7, TECHNOLOGY_REVIEW=8, SEARCH=9, EXIT=10, RELOCATION_REVIEW=11
)


class Luck:
    """All random numbers of one replicate.

    Parameters
    ----------
    seed, replicate : int
        0 to 2^64 - 1.
    """

    def __init__(self, seed: int, replicate: int):
        self.key = np.uint64(key_of(np.uint64(seed), np.uint64(replicate)))

    def bits(self, purpose: int, time: int, ident: int) -> int:
        """64 random bits; also the priority of whoever waits for something scarce."""
        return draw(self.key, purpose, time, ident)

    def uniform(self, purpose: int, time: int, ident: int) -> float:
        """Uniform number in (0, 1)."""
        return uniform(self.key, purpose, time, ident)

    def uniform_of_pair(self, purpose: int, time: int, ident: int, other: int) -> float:
        """Uniform number in (0, 1) of one entity against another."""
        bits = self.bits_of_pair(purpose, time, ident, other)
        return ((bits >> 12) + 0.5) * 2.0**-52

    def bits_of_pair(self, purpose: int, time: int, ident: int, other: int) -> int:
        """64 random bits of one entity against another."""
        return int(versus(np.uint64(draw(self.key, purpose, time, ident)), other))

    def normal(self, purpose: int, time: int, ident: int) -> float:
        """Standard normal number."""
        return normal_quantile(uniform(self.key, purpose, time, ident))

    def two_normals(self, purpose: int, time: int, ident: int) -> tuple[float, float]:
        """Two independent standard normal numbers from one hash."""
        return normal_pair(np.uint64(draw(self.key, purpose, time, ident)))

    def happens(self, event: int, step: int, ident: int, chance: float) -> bool:
        """Does event number `event` (`EVENT`), which has this probability, happen to a firm in a step?

        Four events share a hash, 16 bits each; the remaining digits are drawn only for those whom they could matter.
        """
        first = self._lane(event, step, ident)
        return first < chance * 65536.0 and refine(self.key, step, ident, event, first) < chance

    def digits(self, event: int, step: int, ident: int) -> float:
        """The number that decides this event."""
        return refine(self.key, step, ident, event, self._lane(event, step, ident))

    def _lane(self, event: int, step: int, ident: int) -> int:
        return draw(self.key, PURPOSE.LOTTERY_A + event // 4, step, ident) >> 16 * (event % 4) & 0xFFFF
