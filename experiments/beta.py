"""The incomplete beta function, by which Student's law and shares of worlds are judged before the first line of an answer.

SciPy has it too and takes a quarter of a second to load; whatever follows that line may use SciPy. Tests hold both together.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, log1p, pi
from statistics import NormalDist

__all__ = ["beta_share", "student_quantile"]

_SMALL, _STEPS = 1e-300, 10_000


def beta_share(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b): the share of a beta law of parameters a and b that lies below x.

    Parameters
    ----------
    a, b : float
        > 0.
    x : float
        0 to 1.

    Returns
    -------
    float
        0 to 1, good to about 1e-12.

    Notes
    -----
    The continued fraction of DLMF 8.17.22, evaluated as Lentz does, on the side where it converges fast.
    """
    if not 0.0 < x < 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - beta_share(b, a, 1.0 - x)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1.0 / _off_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, _STEPS):
        before = value
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d, c = 1.0 / _off_zero(1.0 + term * d), _off_zero(1.0 + term / c)
            value *= c * d
        if value == before:
            break
    return front * value


def _off_zero(value: float) -> float:
    return value if abs(value) > _SMALL else _SMALL


def student_quantile(df: int, below: float) -> float:
    """What a share `below` of Student's law with `df` degrees of freedom lies under.

    Parameters
    ----------
    df : int
        >= 1.
    below : float
        0.5 to 1.
    """
    tail, t = 2.0 * (1.0 - below), NormalDist().inv_cdf(below) if below < 1.0 else inf
    if not 0.0 < t < inf:
        return t
    scale = lgamma((df + 1) / 2) - lgamma(df / 2) - 0.5 * log(df * pi)
    t *= 1.0 + (t * t + 1.0) / (4.0 * df)  # below the root: Newton's steps on a convex tail then go up to it
    for _ in range(200):
        outside = beta_share(df / 2, 0.5, df / (df + t * t))
        step = (outside - tail) / (2.0 * exp(scale - (df + 1) / 2 * log1p(t * t / df)))
        t += step
        if abs(step) <= 4e-16 * t:
            break
    return t
