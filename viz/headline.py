"""The table of the first screen: at most twelve rows, every pathway's difference to the law alone.

Flows are added up from 2020, money is present value; the law alone stands against no programme. Of clusters the count
itself is shown, since a difference says nothing about how many are there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..experiments import spread, statistics
from ..experiments.comparison import Comparison
from .words import MINUS, Words, decimals_of

if TYPE_CHECKING:
    from ..experiments.sketch import Curve

__all__ = ["HEADLINE", "HeadlineCell", "HeadlineRow", "column_name", "headline", "shown_arms", "sketched"]

YEAR = 2035
GJ_PER_MWH = 3.6


@dataclass(frozen=True)
class _Line:
    """A row: its key in the catalogue (`row.KEY`), the column it reads (no year), the unit of that, and a factor on it."""

    key: str
    column: str
    direction: str
    unit: str = ""
    counted: bool = False
    factor: float = 1.0


HEADLINE = (
    _Line("cod", "cod_total", "min", "t"),
    _Line("cod_dense", "cod_dense_total", "min", "t"),
    _Line("smoke_dense", "smoke_dense_total", "min", "t"),
    _Line("tco2e", "tco2e_total", "min", "t"),
    _Line("landfilled", "landfilled_total", "min", "t"),
    _Line("energy", "energy_total", "min", "GJ"),
    _Line("clusters_all_met", "clusters_all_met", "max", counted=True),
    _Line("clusters_one_unmet", "clusters_one_unmet", "max", counted=True),
    _Line("jobs", "jobs", "max"),
    _Line("private_gain", "pv_private_net", "max", "mVND", factor=-1.0),  # the column is what others than the state bear
    _Line("outlay", "pv_outlay_gross", "min", "mVND"),
    _Line("social_cost", "pv_social_cost", "min", "mVND"),
)
DENSE = ("cod_dense", "smoke_dense")  # rows of sites with dense districts
# thousands of a unit have names of their own; numbers stay short, so that a range fits under its median
_THOUSANDS = {"t": ("t", "kt", "Mt"), "GJ": ("GJ", "TJ", "PJ"), "mVND": ("mVND", "bnVND", "trVND")}


@dataclass(frozen=True)
class HeadlineCell:
    """Median or mean, the range behind it, and the share of worlds in which this arm alone is best; numbers beside."""

    value: str
    range: str
    best: float
    middle: float
    low: float
    high: float


@dataclass(frozen=True)
class HeadlineRow:
    """One outcome; `unit` is ready to print."""

    key: str
    label: str
    unit: str
    cells: tuple[HeadlineCell, ...]


def shown_arms(comparison: Comparison) -> list[int]:
    """Arms with a column: not the null, which stands behind the difference of the law alone."""
    return [index for index, arm in enumerate(comparison.arms) if arm != "null" or "law" not in comparison.arms]


def _values(comparison: Comparison, line: _Line, year: int) -> np.ndarray | None:
    """Of every arm and world; None where the runs do not say."""
    if line.column == "energy_total":
        return _energy(comparison, year)
    key = f"{line.column}_{year}"
    return line.factor * comparison.by_world(key) if key in comparison.columns else None


def _energy(comparison: Comparison, year: int) -> np.ndarray | None:
    """Fuel and power from the grid since 2020, GJ, shape (arms, worlds)."""
    trace, keys = comparison.trace, list(comparison.trace.keys)
    if not {"fuel_gj", "grid_mwh"} <= set(keys):
        return None
    last = int(np.searchsorted(trace.years, year + 1))
    fuel, grid = (trace.series[:, :, 1 : last + 1, keys.index(key)].sum(axis=2) for key in ("fuel_gj", "grid_mwh"))
    total = np.where(np.asarray(trace.failed) == 0, (fuel + GJ_PER_MWH * grid) / trace.steps_per_year, np.nan)
    return spread.by_world(total, trace.worlds)


def _ranges(comparison: Comparison, values: np.ndarray) -> list[tuple[float, float, float]]:
    """Middle, low and high of every arm: median and 5-95 % of worlds, or the mean and its interval at the defaults."""
    if comparison.question.worlds:
        found = [spread.spread(row) for row in values]
        return [(own.median, own.low, own.high) for own in found]
    means = [statistics.mean_interval(row) for row in values]
    return [(own.mean, own.low, own.high) for own in means]


def _row(comparison: Comparison, line: _Line, year: int, say: Words) -> HeadlineRow | None:
    values = _values(comparison, line, year)
    if values is None or line.key in DENSE and not any(cluster.urban for cluster in comparison.trace.site.clusters):
        return None
    one = comparison.one_cluster and line.counted
    # of one cluster: in which share of the worlds; of a city: how many clusters
    found = [(100 * float(np.nanmean(row)), math.nan, math.nan) for row in values] if one else _ranges(
        comparison, values if line.counted else values - values[comparison.matched]
    )  # fmt: skip
    rivals = [comparison.base, *comparison.acting]
    best = np.zeros(len(values))
    if comparison.acting:
        best[rivals] = spread.best_by_world(values[rivals], line.direction).arms
    unit, cells = _cells(line, found, shown_arms(comparison), best, say)
    label = say(f"row.{line.key}.one") if one else say(f"row.{line.key}", clusters=len(comparison.trace.site.clusters), year=year)
    return HeadlineRow(line.key, label, "%" if one else unit, cells)


def _cells(line: _Line, found, shown: Sequence[int], best: np.ndarray, say: Words) -> tuple[str, tuple[HeadlineCell, ...]]:
    """Unit that fits the largest middle of the arms that are shown, and the cells in it.

    Not the widest range: the small number that is read would lose its digits to an end that hardly any world reaches.
    """
    largest = max((abs(found[index][0]) for index in shown if math.isfinite(found[index][0])), default=0.0)
    factor, unit = _scale(line.unit, largest)
    decimals = decimals_of(largest * factor) if line.unit and largest else 0
    cells = tuple(_cell(own, factor, decimals, say, float(best[index]), not line.counted) for index, own in enumerate(found))
    return say.unit(unit) if unit else "", cells


def _scale(unit: str, largest: float) -> tuple[float, str]:
    power = 0
    while unit and power < 2 and largest >= 1000.0 ** (power + 1):
        power += 1
    return 1000.0**-power, _THOUSANDS[unit][power] if unit else ""


def _cell(own: tuple[float, float, float], factor: float, decimals: int, say: Words, best: float, sign: bool) -> HeadlineCell:
    middle, low, high = (number * factor for number in own)
    between = ""
    if math.isfinite(low):
        between = f"{say.number(low, decimals)}; {say.number(high, decimals)}" if low != high else ""
    text = say.number(middle, decimals, sign)
    return HeadlineCell(text.removeprefix(MINUS) if text == f"{MINUS}0" else text, between, best, middle, low, high)


def column_name(arm: str, say: Words) -> str:
    """Head of an arm's column in the first table; the law's says what it is less of."""
    return say("first.law_column") if arm == "law" else say.name("pathway", arm)


def headline(comparison: Comparison, say: Words, year: int = YEAR) -> list[HeadlineRow]:
    """Rows of the first table; what the runs do not say is left out.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    year : int
        2030, 2035 or 2045: flows are added up to its end.
    """
    return [row for line in HEADLINE if (row := _row(comparison, line, year, say))]


def sketched(curves: Mapping[str, Curve], arms: Sequence[str], say: Words, year: int = YEAR) -> list[HeadlineRow]:
    """The same rows as far as a sketch of the answer holds them; which arm is best it does not say.

    Parameters
    ----------
    curves : mapping of str to Curve
        Column (no year) to what each arm brings.
    arms : sequence of str
    say, year : see `headline`
    """
    shown = [index for index, arm in enumerate(arms) if arm != "null"]
    rows = []
    for line in HEADLINE:
        if line.column in curves:
            curve = curves[line.column]
            last = min(int(np.searchsorted(curve.years, year + 1 - 1e-9)), len(curve.years) - 1)
            found = [
                tuple(map(float, own))
                for own in zip(*(part[:, last] for part in (curve.middle, curve.low, curve.high)), strict=True)
            ]
            unit, cells = _cells(line, found, shown, np.full(len(arms), np.nan), say)
            rows.append(HeadlineRow(line.key, say(f"row.{line.key}", year=year), unit, cells))
    return rows
