"""How the odds of having something change with the size of a firm: a logistic regression on the logarithm of its workers."""

from __future__ import annotations

import numpy as np

from .jit import jit, small
from .maths import exp, log

__all__ = ["LEAST", "SIZES", "TOGETHER", "odds_per_doubling", "size_step"]

STEPS = 4  # of a doubling, to which sizes are rounded: the sums of a regression need no more than a table then
SIZES = 64  # rows of the table: from 1 to 2^15.75 workers
TOGETHER = 16  # of them looked at together
LEAST = 5  # firms with and without it, below which nothing is told
ROUNDS = 40


@small
def size_step(workers):
    """Size of a firm in quarters of a doubling above one worker, rounded and inside the table."""
    return min(max(np.int64(np.floor(STEPS * log(max(workers, 1.0)) * 1.4426950408889634 + 0.5)), 0), SIZES - 1)


@jit
def odds_per_doubling(sizes, row, shares):
    """Factor e^b of the odds per doubling of workers, of the logistic regression logit = a + b log2(workers), by maximum likelihood.

    Newton's steps on (a, b), sizes counted from their mean. Where all small firms are without it and all large ones have it,
    or the other way round, no b is the most likely one: nan, as where fewer than `LEAST` firms have it or have it not.

    Parameters
    ----------
    sizes : (rows, SIZES) int64
        Firms by `size_step`; the last row counts all firms.
    row : int
        Of the firms that have it.
    shares : (TOGETHER,) float64
        Scratch.
    """
    every = sizes.shape[0] - 1
    firms, have, middle = 0.0, 0.0, 0.0
    low, high = sizes.shape[1], 0  # between them lie all firms
    for i in range(sizes.shape[1]):
        if sizes[every, i] > 0:
            low, high = min(low, i), i + 1
        firms += sizes[every, i]
        have += sizes[row, i]
        middle += i * np.float64(sizes[every, i])
    if have < LEAST or firms - have < LEAST:
        return np.nan
    middle /= firms
    a, b = log(have / (firms - have)), 0.0
    for _ in range(ROUNDS):
        # slope and curvature of the log-likelihood
        ga, gb, aa, ab, bb = 0.0, 0.0, 0.0, 0.0, 0.0
        for first in range(low - low % TOGETHER, high, TOGETHER):
            for k in range(TOGETHER):  # apart from the sums, whose order stands: these become vector instructions
                shares[k] = 1.0 / (1.0 + exp(-(a + b * ((first + k - middle) / STEPS))))
            for k in range(TOGETHER):
                n = np.float64(sizes[every, first + k])
                if n > 0.0:
                    x, share = (first + k - middle) / STEPS, shares[k]
                    left, weight = sizes[row, first + k] - n * share, n * share * (1.0 - share)
                    ga += left
                    gb += left * x
                    aa += weight
                    ab += weight * x
                    bb += weight * x * x
        spread = aa * bb - ab * ab
        if not spread > 1e-12 * aa * bb:  # all of one size, or driven apart
            return np.nan
        step_a, step_b = (bb * ga - ab * gb) / spread, (aa * gb - ab * ga) / spread
        a += step_a
        b += step_b
        if abs(step_a) + abs(step_b) < 1e-10:
            return exp(b)
    return np.nan
