"""What worlds say: how far an outcome spreads over them, who is best in how many, and what decides it.

All functions take one value for each arm and world (`by_world` makes them of runs); arm 0 is what the others are
measured against unless `baseline` names another. Where everything runs at the defaults, replicates stand in for worlds
and the spread is chance alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .beta import student_quantile

__all__ = [
    "Best", "Decider", "Spread", "acceptability", "best_by_world", "best_of_each", "by_world", "chance_share", "deciders", "percentile_of", "spread",
]  # fmt: skip

LOW, HIGH = 0.05, 0.95
SAME = 1e-9  # relative: values as close as this tie


@dataclass(frozen=True)
class Spread:
    """Median and 5-95 % of the worlds; nan where no world has a value."""

    median: float
    low: float
    high: float
    worlds: int

    def to_json(self) -> dict[str, float | None]:
        """As ``world_median``, ``world_low`` and ``world_high``, None where there is none."""
        numbers = {"world_median": self.median, "world_low": self.low, "world_high": self.high}
        return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def by_world(values: np.ndarray, worlds: np.ndarray | None) -> np.ndarray:
    """Means over the replicates of each world.

    Parameters
    ----------
    values : (..., R) float64
        nan marks a run that failed; a world of which no run is left is nan.
    worlds : (R,) int64 or None
        Number of the world of each run; None: every run is its own.

    Returns
    -------
    (..., W) float64
        Worlds in the order in which they first appear.
    """
    values = np.asarray(values, float)
    if worlds is None:
        return values
    worlds = np.asarray(worlds)
    _, first, index = np.unique(worlds, return_index=True, return_inverse=True)
    if len(first) == len(worlds):
        return values
    place = np.argsort(np.argsort(first))[index]  # column of each run
    there = np.isfinite(values)
    total = np.zeros((*values.shape[:-1], len(first)))
    count = np.zeros_like(total)
    columns: Any = (..., place)
    np.add.at(total, columns, np.where(there, values, 0.0))
    np.add.at(count, columns, there)
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def spread(values: np.ndarray) -> Spread:
    """Spread over worlds, shape (W,)."""
    kept = np.asarray(values, float)
    kept = kept[np.isfinite(kept)]
    if not kept.size:
        return Spread(np.nan, np.nan, np.nan, 0)
    low, median, high = np.quantile(kept, [LOW, 0.5, HIGH])
    return Spread(float(median), float(low), float(high), kept.size)


@dataclass(frozen=True)
class Best:
    """In which share of the worlds each arm is best.

    Attributes
    ----------
    arms : (A,) float64
        Share of the worlds in which this arm alone is best; 0 for the baseline.
    tie : float
        Several arms are best together.
    nothing : float
        No arm is better than the baseline.
    """

    arms: np.ndarray
    tie: float
    nothing: float


def best_by_world(values: np.ndarray, direction: str, baseline: int = 0) -> Best:
    """Who is best, world by world; ties and "nothing achieved" are classes of their own.

    Parameters
    ----------
    values : (A, W) float64
        Worlds with a missing arm are left out.
    direction : str
        "min" or "max".
    baseline : int

    Returns
    -------
    Best
        `arms.sum() + tie + nothing` is 1; all nan if no world is complete.
    """
    return best_of_each(np.asarray(values, float)[None], direction, baseline)[0]


def best_of_each(values: np.ndarray, direction: str, baseline: int = 0) -> list[Best]:
    """`best_by_world` of several outcomes of one direction in one pass.

    Parameters
    ----------
    values : (N, A, W) float64
    """
    if direction not in ("min", "max"):
        raise ValueError(f"direction must be 'min' or 'max', not {direction!r}")
    whole = np.isfinite(values).all(axis=1)  # (N, W)
    values = np.where(whole[:, None], values, 0.0)
    gain = (values - values[:, baseline : baseline + 1]) * (1 if direction == "max" else -1)
    small = SAME * np.maximum(np.abs(values).max(axis=1), np.finfo(float).tiny)
    gain[:, baseline] = -np.inf  # nobody asks whether doing nothing is best
    top = gain.max(axis=1)
    nothing = (top <= small) & whole
    first = (gain >= (top - small)[:, None]) & (whole & ~nothing)[:, None]
    together = first.sum(axis=1)
    alone = (first & (together == 1)[:, None]).sum(axis=2)
    counts = whole.sum(axis=1)
    return [
        Best(own / count, float(tie / count), float(none / count)) if count else Best(np.full(len(own), np.nan), np.nan, np.nan)
        for own, tie, none, count in zip(alone, (together > 1).sum(axis=1), nothing.sum(axis=1), counts, strict=True)
    ]


def chance_share(values: np.ndarray, averaged: int = 1) -> float:
    """Share of the variance between results that is luck, not the world: one way, replicates within worlds.

    Parameters
    ----------
    values : (W, 2 or more) float64
        Replicates of each world.
    averaged : int
        A result is the mean of so many of them.

    Returns
    -------
    float
        0-1; nan below three worlds or where nothing varies.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values).all(axis=1)]
    if len(values) < 3 or values.shape[1] < 2:
        return np.nan
    within = values.var(axis=1, ddof=1).mean()
    between = max(values.mean(axis=1).var(ddof=1) - within / values.shape[1], 0.0)
    luck = within / averaged
    return float(luck / (luck + between)) if luck + between > 0 else np.nan


def percentile_of(value: float, values: np.ndarray) -> float:
    """Share of the worlds below a value, ties half: where the result of the defaults lies among them."""
    kept = np.asarray(values, float)
    kept = kept[np.isfinite(kept)]
    return float(((kept < value).sum() + 0.5 * (kept == value).sum()) / kept.size) if kept.size and np.isfinite(value) else np.nan


@dataclass(frozen=True)
class Decider:
    """A parameter and how closely an outcome goes with it over worlds (Spearman).

    Attributes
    ----------
    name : str
    correlation : float
    bound : float
        Correlation above which one of all the parameters would come by chance in 5 % of the cases.
    """

    name: str
    correlation: float
    bound: float

    @property
    def stands_out(self) -> bool:
        return abs(self.correlation) > self.bound


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks from 1 on; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - 0.5 * (count - 1))[place]


def deciders(names: tuple[str, ...], parameters: np.ndarray, outcome: np.ndarray, most: int = 5) -> list[Decider]:
    """The parameters with which an outcome goes most closely; how many are looked at is counted.

    Parameters
    ----------
    names : tuple of str
    parameters : (W, K) float64
    outcome : (W,) float64
        A value, or the difference of two arms: then the parameters that decide their order.
    most : int

    Returns
    -------
    list of Decider
        Empty if fewer than ten worlds have a value or the outcome does not vary. None may stand out: that is an answer.
    """
    outcome, parameters = np.asarray(outcome, float), np.asarray(parameters, float)
    fine = np.isfinite(outcome)
    count = int(fine.sum())
    if count < 10 or np.ptp(outcome[fine]) == 0:
        return []
    ranks = np.apply_along_axis(_ranks, 0, parameters[fine]) - 0.5 * (count + 1)
    own = _ranks(outcome[fine]) - 0.5 * (count + 1)
    scale = np.sqrt((ranks**2).sum(axis=0) * (own**2).sum())
    found = np.divide(own @ ranks, scale, out=np.zeros(len(names)), where=scale > 0)
    t = student_quantile(count - 2, 1 - 0.05 / (2 * len(names)))  # Bonferroni: 5 % for all of them together
    bound = float(t / np.sqrt(count - 2 + t * t))
    order = np.argsort(-np.abs(found), kind="stable")[:most]
    return [Decider(names[k], float(found[k]), bound) for k in order]


def acceptability(
    tonnes: np.ndarray, cod: np.ndarray, cost: np.ndarray, prices: np.ndarray, cod_prices: np.ndarray, baseline: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Probability that an arm has the highest net benefit, over prices of a tonne of CO2e and of COD.

    Net benefit of an arm in a world is `tonnes price + cod price - cost`, all discounted alike and above the
    baseline, which has 0: where every arm is below, doing nothing is best.

    Parameters
    ----------
    tonnes, cod, cost : (A, W) float64
        Avoided tonnes of CO2e and of COD, and cost (mVND), present values of each arm and world.
    prices, cod_prices : (P,), (Q,) float64
        mVND a tonne.
    baseline : int

    Returns
    -------
    shares : (A, P, Q) float64
        The baseline's is that of "none is worth its cost". They add up to 1; ties are shared.
    mean : (A, P, Q) float64
        Mean net benefit, mVND. The arm with the highest mean need not be best most often.
    """
    tonnes, cod, cost = (np.asarray(values, float) - np.asarray(values, float)[baseline] for values in (tonnes, cod, cost))
    fine = np.isfinite(tonnes + cod + cost).all(axis=0)
    benefit = (
        tonnes[:, fine, None, None] * np.asarray(prices, float)[:, None] + cod[:, fine, None, None] * np.asarray(cod_prices, float)
        - cost[:, fine, None, None]
    )  # fmt: skip
    if not fine.any():
        empty = np.full((len(tonnes), len(prices), len(cod_prices)), np.nan)
        return empty, empty
    first = benefit == benefit.max(axis=0)
    return (first / first.sum(axis=0)).mean(axis=1), benefit.mean(axis=1)
