"""A monotone curve through a few points: the piecewise cubic of Fritsch and Butland, as SciPy's `PchipInterpolator` has it.

SciPy's module of curves takes half a second to load, longer than the runs of a small site; a test holds this to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["monotone"]


def monotone(x: Sequence[float], y: Sequence[float], at: float) -> float:
    """Value at one place of the curve through points; between two points it never leaves their values.

    Parameters
    ----------
    x, y : sequence of float
        Two points or more, `x` rising.
    at : float
        From the first to the last `x`.
    """
    xs, ys = np.asarray(x, float), np.asarray(y, float)
    h, slope = np.diff(xs), np.diff(ys) / np.diff(xs)
    if len(h) == 1:
        return float(ys[0] + slope[0] * (at - xs[0]))
    tangent = np.zeros(len(xs))
    weight, other = 2.0 * h[1:] + h[:-1], h[1:] + 2.0 * h[:-1]
    rising = slope[:-1] * slope[1:] > 0.0
    a, b = slope[:-1][rising], slope[1:][rising]
    tangent[1:-1][rising] = (weight + other)[rising] / (weight[rising] / a + other[rising] / b)
    tangent[0] = _at_the_end(h[0], h[1], slope[0], slope[1])
    tangent[-1] = _at_the_end(h[-1], h[-2], slope[-1], slope[-2])
    k = int(np.clip(np.searchsorted(xs, at, side="right") - 1, 0, len(h) - 1))
    t = at - xs[k]
    square = (3.0 * slope[k] - 2.0 * tangent[k] - tangent[k + 1]) / h[k]
    cube = (tangent[k] - 2.0 * slope[k] + tangent[k + 1]) / h[k] ** 2
    return float(ys[k] + t * (tangent[k] + t * (square + t * cube)))


def _at_the_end(own: float, next_: float, slope: float, following: float) -> float:
    """Three points give the tangent at an end; it keeps the sign of the slope there, and is at most three times as steep."""
    found = ((2.0 * own + next_) * slope - own * following) / (own + next_)
    if np.sign(found) != np.sign(slope):
        return 0.0
    return 3.0 * slope if np.sign(slope) != np.sign(following) and abs(found) > 3.0 * abs(slope) else found
