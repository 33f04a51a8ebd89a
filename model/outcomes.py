"""From the series of a run to its outcomes: what stands at the end of a year, a year's mean, a sum, a present value.

Whoever reads outcomes goes through here, so that a comparison and a sweep give the same bits.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .jit import jit
from .maths import powers

__all__ = ["MEAN", "PRESENT", "TOTAL", "VALUE", "discounts", "read_outcomes"]

# what an outcome is of its series
VALUE, MEAN, TOTAL, PRESENT = range(4)


@jit
def read_outcomes(series, kind, column, last, per_year, factor, out):
    """Fill `out` from the series of a run; sums run forward in time.

    Parameters
    ----------
    series : (steps + 1, keys) float64
    kind, column, last : (outcomes,) int64
        VALUE, MEAN, TOTAL or PRESENT; index of the key; last row that counts.
    per_year : int
        Steps.
    factor : (steps,) float64
        `discounts`.
    out : (outcomes,) float64
    """
    for j in range(out.size):
        c, end = column[j], last[j]
        total = 0.0
        if kind[j] == VALUE:
            total = series[end, c]
        elif kind[j] == MEAN:
            for t in range(end - per_year + 1, end + 1):
                total += series[t, c]
            total /= per_year
        elif kind[j] == TOTAL:
            for t in range(1, end + 1):
                total += series[t, c]
            total /= per_year
        else:
            for t in range(1, end + 1):
                total += series[t, c] * factor[t - 1]
        out[j] = total


def discounts(rate: float, steps: int, per_year: int) -> np.ndarray:
    """What a flow of each step, per year, adds to the present value of 2020: the middle of the step counts.

    Parameters
    ----------
    rate : float
        1/yr.
    steps, per_year : int

    Returns
    -------
    (steps,) float64
    """
    return powers(1.0 + rate, _middles(steps, per_year)) / per_year


@lru_cache(maxsize=16)
def _middles(steps: int, per_year: int) -> np.ndarray:
    return -(np.arange(steps) + 0.5) / per_year
