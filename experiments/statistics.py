"""From runs to answers: intervals, paired differences, who is best, what a tonne costs.

All arms of a replicate share their luck, so a policy result is the difference to the null *within* a
replicate. Intervals are 95 % and say how well the mean over replicates is known, not how much runs scatter.
What cannot be computed is missing and carries the reason; it is never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from .beta import student_quantile

__all__ = [
    "Estimate",
    "best_ratio",
    "best_share",
    "bootstrap_ratio",
    "difference",
    "fieller",
    "mean_interval",
    "mean_intervals",
    "pairing_gain",
    "pairing_gains",
    "proportion_interval",
    "t_quantile",
]

CONFIDENCE = 0.95
IS_DIFFERENCE = "it is a difference to the law alone already"
NULL_AVOIDS_NOTHING = "the null is what the others are compared with"
ONE_RUN = "one replicate has no interval"
NO_RUN = "no run has a value"
NO_ABATEMENT = "the 95 % interval of the abatement holds 0"
EMISSIONS_RISE = "emissions rise: no tonne is avoided"
LOST_PAIRS = "{missing} of {total} replicates have no value"


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Attributes
    ----------
    mean, low, high : float
        nan where undefined; `low <= mean <= high` otherwise.
    runs : int
        Replicates that entered.
    reason : str
        Why something is missing; empty if nothing is.
    """

    mean: float
    low: float
    high: float
    runs: int = 0
    reason: str = ""

    @classmethod
    def undefined(cls, reason: str, runs: int = 0) -> Estimate:
        """An estimate that could not be computed, with the reason."""
        return cls(np.nan, np.nan, np.nan, runs, reason)


@lru_cache(maxsize=256)
def t_quantile(df: int, confidence: float = CONFIDENCE) -> float:
    """Two-sided quantile of Student's t.

    Parameters
    ----------
    df : int
        Degrees of freedom, >= 1.
    confidence : float
        In (0, 1).
    """
    return student_quantile(df, 0.5 + confidence / 2)


def _finite(values: np.ndarray) -> tuple[np.ndarray, str]:
    """Values that exist, and a remark if some do not."""
    values = np.asarray(values, float)
    kept = values[np.isfinite(values)]
    missing = values.size - kept.size
    return kept, LOST_PAIRS.format(missing=missing, total=values.size) if missing else ""


def mean_interval(values: np.ndarray, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Estimate:
    """Mean of independent replicates with its t interval.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (R,); nan marks a replicate without a value.
    bounds : tuple of float
        Range the true mean cannot leave (0 and 1 of a share); the interval is cut there.

    Returns
    -------
    Estimate
        Without an interval for one replicate; of zero width if no two replicates differ.
    """
    kept, remark = _finite(values)
    if kept.size == 0:
        return Estimate.undefined(NO_RUN)
    mean = float(kept.mean())
    if kept.size == 1:
        return Estimate(mean, np.nan, np.nan, 1, remark or ONE_RUN)
    if np.ptp(kept) == 0:  # the mean of equal numbers can miss them by a rounding error
        return Estimate(float(kept[0]), float(kept[0]), float(kept[0]), kept.size, remark)
    half = t_quantile(kept.size - 1) * float(kept.std(ddof=1)) / np.sqrt(kept.size)
    low, high = max(mean - half, bounds[0]), min(mean + half, bounds[1])
    return Estimate(mean, float(low), float(high), kept.size, remark)


def mean_intervals(values: np.ndarray, bounds: tuple[float, float] = (-np.inf, np.inf)) -> list[Estimate]:
    """`mean_interval` of every row, the same bits, in one pass where no value is missing.

    Parameters
    ----------
    values : (N, R) float64
    bounds : tuple of float
    """
    values = np.ascontiguousarray(values, float)
    runs = values.shape[1]
    whole = np.isfinite(values).all(axis=1)
    if runs < 2 or not whole.any():
        return [mean_interval(row, bounds) for row in values]
    if not whole.all():
        found = iter(mean_intervals(values[whole], bounds))
        return [next(found) if there else mean_interval(row, bounds) for row, there in zip(values, whole, strict=True)]
    mean = values.mean(axis=1)
    half = t_quantile(runs - 1) * values.std(axis=1, ddof=1) / np.sqrt(runs)
    same = np.ptp(values, axis=1) == 0  # the mean of equal numbers can miss them by a rounding error
    low = np.where(same, values[:, 0], np.maximum(mean - half, bounds[0]))
    high = np.where(same, values[:, 0], np.minimum(mean + half, bounds[1]))
    rows = zip(np.where(same, values[:, 0], mean).tolist(), low.tolist(), high.tolist(), strict=True)
    return [Estimate(*row, runs) for row in rows]


def proportion_interval(values: np.ndarray) -> Estimate:
    """Mean of zeros and ones with Wilson's score interval.

    It stays inside 0 to 1 and is not of zero width when all replicates agree: three clusters out of three
    that are certified do not prove that every one would be.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (R,), 0, 1 or nan where missing.
    """
    kept, remark = _finite(values)
    if not np.isin(kept, (0.0, 1.0)).all():
        raise ValueError("a proportion is made of zeros and ones")
    if kept.size < 2:
        return mean_interval(values)
    n, mean = kept.size, float(kept.mean())
    z2 = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2) ** 2
    centre = (mean + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (mean * (1 - mean) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Estimate(mean, float(min(mean, low)), float(max(mean, high)), n, remark)


def difference(values: np.ndarray, null: np.ndarray) -> Estimate:
    """Mean difference to the null, replicate by replicate (common random numbers).

    Parameters
    ----------
    values, null : numpy.ndarray
        Shape (R,), same replicates in the same order.
    """
    return mean_interval(np.asarray(values, float) - np.asarray(null, float))


def pairing_gain(values: np.ndarray, null: np.ndarray) -> float:
    """How many times more runs independent seeds would need for an interval as narrow.

    Variance of a difference of independent runs over that of paired runs; nan below 3 pairs or if the
    paired difference does not vary.
    """
    pairs = np.column_stack([values, null]).astype(float)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 3:
        return np.nan
    paired = (pairs[:, 0] - pairs[:, 1]).var(ddof=1)
    return float(pairs.var(axis=0, ddof=1).sum() / paired) if paired > 0 else np.nan


def pairing_gains(values: np.ndarray, null: np.ndarray) -> np.ndarray:
    """`pairing_gain` of every row, the same bits, in one pass where no value is missing.

    Parameters
    ----------
    values, null : (N, R) float64

    Returns
    -------
    (N,) float64
    """
    values, null = (np.ascontiguousarray(part, float) for part in (values, null))
    whole = np.isfinite(values).all(axis=1) & np.isfinite(null).all(axis=1)
    if values.shape[1] < 3 or not whole.any():
        return np.array([pairing_gain(*pair) for pair in zip(values, null, strict=True)])
    if not whole.all():
        gains = np.array([np.nan if there else pairing_gain(*pair) for *pair, there in zip(values, null, whole, strict=True)])
        gains[whole] = pairing_gains(values[whole], null[whole])
        return gains
    paired = (values - null).var(axis=1, ddof=1)
    # run by run, as a sum over the rows of a table goes
    apart = np.stack([values.T, null.T], axis=-1).reshape(values.shape[1], -1).var(axis=0, ddof=1).reshape(-1, 2).sum(axis=1)
    return np.divide(apart, paired, out=np.full(len(values), np.nan), where=paired > 0)


def best_share(values: np.ndarray, direction: str) -> np.ndarray:
    """Share of the replicates in which each arm is best; arms that tie share the replicate.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (A, R); replicates with a missing arm are left out.
    direction : str
        "min" or "max".

    Returns
    -------
    numpy.ndarray
        Shape (A,), adds up to 1; nan if no replicate is complete.
    """
    if direction not in ("min", "max"):
        raise ValueError(f"direction must be 'min' or 'max', not {direction!r}")
    values = np.asarray(values, float)
    values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] == 0:
        return np.full(values.shape[0], np.nan)
    wins = values == (values.min(axis=0) if direction == "min" else values.max(axis=0))
    return (wins / wins.sum(axis=0)).mean(axis=1)


def fieller(cost: np.ndarray, effect: np.ndarray) -> Estimate:
    """Ratio of means with Fieller's interval: what one unit of effect costs.

    The limits are the roots rho of `(c - rho e)^2 = t^2 (v_cc - 2 rho v_ce + rho^2 v_ee)` for the means c, e
    and their (co)variances v; they enclose an interval exactly if that of the effect leaves out 0.

    Parameters
    ----------
    cost, effect : numpy.ndarray
        Shape (R,): paired differences to the null, e.g. mVND and tCO2e avoided.

    Returns
    -------
    Estimate
        Undefined, with the reason, if the interval of the effect holds 0 or lies below it.
    """
    pairs = np.column_stack([cost, effect]).astype(float)
    complete = pairs[np.isfinite(pairs).all(axis=1)]
    missing = len(pairs) - len(complete)
    remark = LOST_PAIRS.format(missing=missing, total=len(pairs)) if missing else ""
    n = len(complete)
    if n < 2:
        return Estimate.undefined(NO_RUN if n == 0 else ONE_RUN, n)
    c, e = complete.mean(axis=0)
    (v_cc, v_ce), (_, v_ee) = np.cov(complete.T) / n
    t2 = t_quantile(n - 1) ** 2
    a = e * e - t2 * v_ee
    if a <= 0:
        return Estimate.undefined(NO_ABATEMENT, n)
    if e < 0:
        return Estimate.undefined(EMISSIONS_RISE, n)
    b = c * e - t2 * v_ce
    root = np.sqrt(max(b * b - a * (c * c - t2 * v_cc), 0.0))
    ratio = c / e
    return Estimate(float(ratio), float(min((b - root) / a, ratio)), float(max((b + root) / a, ratio)), n, remark)


def _resamples(n: int, draws: int) -> np.ndarray:
    """Indices of bootstrap samples, shape (draws, n); a pure function of its arguments, so results repeat."""
    return np.random.Generator(np.random.PCG64([n, draws])).integers(0, n, (draws, n))


def bootstrap_ratio(cost: np.ndarray, effect: np.ndarray, draws: int = 2000) -> tuple[float, float]:
    """Percentile bootstrap of the ratio of means: the cross-check of `fieller`.

    Returns
    -------
    tuple of float
        2.5 and 97.5 % quantiles; nan below 2 pairs.
    """
    pairs = np.column_stack([cost, effect]).astype(float)
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < 2:
        return np.nan, np.nan
    means = pairs[_resamples(len(pairs), draws)].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanquantile(means[:, 0] / means[:, 1], [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def best_ratio(costs: np.ndarray, effects: np.ndarray, defined: np.ndarray, draws: int = 2000) -> np.ndarray:
    """Probability that an arm has the lowest ratio of means, over bootstrap samples of the replicates.

    A ratio of means has no value in a single replicate, so `best_share` does not apply.

    Parameters
    ----------
    costs, effects : numpy.ndarray
        Shape (A, R), paired differences to the null.
    defined : numpy.ndarray of bool
        Shape (A,): arms that take part (those for which `fieller` gives a value).

    Returns
    -------
    numpy.ndarray
        Shape (A,), 0 for arms that do not take part; nan everywhere if none does.
    """
    result = np.full(len(costs), np.nan)
    complete = (np.isfinite(costs[defined]) & np.isfinite(effects[defined])).all(axis=0)
    if not defined.any() or complete.sum() < 2:
        return result
    rows = _resamples(int(complete.sum()), draws)
    cost = costs[defined][:, complete][:, rows].mean(axis=2)
    effect = effects[defined][:, complete][:, rows].mean(axis=2)
    ratio = np.where(effect > 0, cost / np.where(effect > 0, effect, 1.0), np.inf)
    result[:] = 0.0
    result[defined] = best_share(np.minimum(ratio, np.finfo(float).max), "min")
    return result
