"""The scorecard: which numbers are shown, in which order, and the sentence that sums them up.

Rows of text, made once; the terminal and the report only lay them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments.comparison import CLUSTER_SHARES, Comparison
from ..experiments.statistics import Estimate
from .words import Words, scale_of

__all__ = ["HEADLINES", "Cell", "Group", "Row", "best_rows", "interval_text", "name_and_unit", "scorecard", "verdict"]

HEADLINES = {
    "certification": ("level1", "level2", "level3"),
    "environment": ("tco2e", "tco2e_total", "cod", "water", "landfilled"),
    "network": ("links_active", "hubs_active", "trade_share"),
    "firms": (
        "adoption_T1",
        "adoption_T2",
        "adoption_T4",
        "adoption_T5",
        "recp_share",
        "real_share",
        "sham_share",
    ),
    "jobs": ("jobs", "value_added"),
    "trust": ("trust", "trust_gap"),
    "money": ("pv_outlay", "pv_receipts", "pv_private_cost", "cost_per_tco2e"),
}
BEST = ("level1", "tco2e", "cod", "water", "jobs", "value_added", "pv_outlay", "cost_per_tco2e")
CLEAR = 0.8  # probability of being best from which we call an arm the best
SURE = 0.9
NOTABLE = 0.05  # share of clusters from which an obstacle is worth a sentence


@dataclass(frozen=True)
class Cell:
    """One arm's entry: value and difference to the law alone with intervals, probability of being best."""

    value: str
    difference: str
    best: float
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """One indicator of one year; `unit` is ready to print."""

    key: str
    label: str
    unit: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Group:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


def _decimals(estimates: list[Estimate], factor: float, shown: float) -> int:
    """Decimals that show one or two digits of the uncertainty, and at most four digits in all; none for all zeros."""
    if shown == 0:
        return 0
    halves = [abs(e.high - e.low) * factor / 2 for e in estimates if math.isfinite(e.high) and e.high > e.low]
    fine = -math.floor(math.log10(float(np.median(halves)))) if halves else 1
    room = 3 - max(0, math.floor(math.log10(shown)))
    return max(0, min(fine, room, 2))


def interval_text(estimate: Estimate, factor: float, decimals: int, say: Words, sign: bool = False) -> str:
    """ "384 ±4", or "12 [0 – 16]" where the interval is lopsided, or "384" where there is none; "0" for a sure zero."""
    mean, low, high = estimate.mean * factor, estimate.low * factor, estimate.high * factor
    if mean == low == high == 0:
        return say.number(0)
    text = say.number(mean, decimals, sign)
    if not math.isfinite(low):
        return text
    above, below = say.number(high - mean, decimals), say.number(mean - low, decimals)
    if above == below:
        return f"{text} ±{above}"
    return f"{text} [{say.number(low, decimals, sign)}; {say.number(high, decimals, sign)}]"


def name_and_unit(name: str, unit: str, say: Words, one_cluster: bool) -> tuple[str, str]:
    """Indicator and unit as the reader writes them; of one cluster, a share of clusters is a share of runs."""
    if one_cluster and name in CLUSTER_SHARES:
        return say(f"one_cluster.{name}"), say("one_cluster.unit")
    return say.name("indicator", name), say.unit(unit)


def _row(comparison: Comparison, name: str, year: int, say: Words) -> Row | None:
    key = f"{name}_{year}"
    if key not in comparison.columns:
        return None
    column, entries = comparison.columns[key], comparison.estimates[key]
    numbers = [estimate for value, delta, _ in entries for estimate in (value, delta)]
    largest = max((abs(e.mean) for e in numbers if math.isfinite(e.mean)), default=0.0)
    factor, unit = scale_of(column.unit, column.kind, largest)
    decimals = _decimals(numbers, factor, largest * factor)
    best = comparison.best.get(key, {})
    cells = tuple(
        Cell(
            interval_text(value, factor, decimals, say, sign=False),
            ""
            if index == 0 or not math.isfinite(delta.mean)
            else interval_text(delta, factor, decimals, say, sign=True),
            best.get(arm, math.nan),
            say.reason(value.reason) if value.reason else "",
        )
        for index, (arm, (value, delta, _)) in enumerate(zip(comparison.arms, entries, strict=True))
    )
    return Row(key, *name_and_unit(name, unit, say, comparison.one_cluster), cells)


def scorecard(comparison: Comparison, year: int, say: Words) -> list[Group]:
    """Headline indicators of a year, in groups; what the model does not give is left out.

    Parameters
    ----------
    comparison : Comparison
    year : int
        2030, 2035 or 2045.
    say : Words
    """
    groups = []
    for title, names in HEADLINES.items():
        rows = tuple(row for name in names if (row := _row(comparison, name, year, say)))
        if rows:
            groups.append(Group(say(f"group.{title}"), rows))
    return groups


def best_rows(comparison: Comparison, year: int, say: Words) -> list[tuple[str, list[float]]]:
    """Label and probability of being best per arm, for the indicators that have a better end."""
    rows = []
    for name in BEST:
        shares = comparison.best.get(f"{name}_{year}")
        if shares and all(map(math.isfinite, shares.values())):
            label, _ = name_and_unit(name, "", say, comparison.one_cluster)
            rows.append((label, [shares[arm] for arm in comparison.arms]))
    return rows


def _tell(comparison: Comparison, say: Words, key: str, **fields: Any) -> str:
    """A sentence about clusters; where the site is one cluster, about its runs."""
    return say(f"{key}.one" if comparison.one_cluster else key, **fields)


def verdict(comparison: Comparison, say: Words, year: int = 2035) -> list[str]:
    """What the numbers say, in two or three plain sentences: certification, tonnes, what stands in the way.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    year : int

    Returns
    -------
    list of str
        Complete sentences; only those the runs can carry.
    """
    if not comparison.acting:
        return [say("verdict.only_null")]
    leader, ahead, sentence = _certification(comparison, say, year)
    obstacle = _obstacle(comparison, say, year, leader, ahead)
    return [text for text in (sentence, _tonnes(comparison, say, year), obstacle) if text]


def _certification(comparison: Comparison, say: Words, year: int) -> tuple[int, bool, str]:
    """The arm with most certified clusters, whether it beats the law alone beyond chance, and a sentence."""
    entries, arms = comparison.estimates[f"level1_{year}"], comparison.arms
    leader = max(comparison.acting, key=lambda index: entries[index][0].mean)
    value, delta, _ = entries[leader]
    best = comparison.best[f"level1_{year}"][arms[leader]]
    fields = {
        "year": year,
        "arm": say.name("pathway", arms[leader]),
        "share": say.percent(value.mean),
        "null": say.percent(entries[comparison.matched[leader]][0].mean),
        "best": say.percent(best),
    }
    ahead = False
    if delta.mean <= 0:
        key = "verdict.all_equal"
    elif not math.isfinite(delta.low):
        key = "verdict.one_run"
    elif delta.low <= 0:
        key = "verdict.none_certifies"
    else:
        ahead, key = True, "verdict.leads" if best >= CLEAR else "verdict.leads_narrowly"
    return leader, ahead, _tell(comparison, say, key, **fields)


def _tonnes(comparison: Comparison, say: Words, year: int) -> str:
    key = f"cost_per_tco2e_{year}"
    if key not in comparison.columns:
        return ""
    costs = [value for value, _, _ in comparison.estimates[key]]
    defined = [index for index in comparison.acting if math.isfinite(costs[index].mean)]
    if not defined:
        return say("verdict.no_tonnes", year=year)
    cuts = comparison.abatement(year)
    most = max(defined, key=lambda index: np.nanmean(cuts[index]))
    cheap = min(defined, key=lambda index: costs[index].mean)
    factor, unit = scale_of("t", "flow", float(np.nanmean(cuts[most])))
    return say(
        "verdict.tonnes" if most != cheap else "verdict.tonnes_same",
        year=year,
        most=say.name("pathway", comparison.arms[most]),
        cut=f"{say.number(np.nanmean(cuts[most]) * factor)} {say.unit(unit)}",
        cheap=say.name("pathway", comparison.arms[cheap]),
        cost=say.number(costs[cheap].mean, 1),
        low=say.number(costs[cheap].low, 1),
        high=say.number(costs[cheap].high, 1),
    )


def _obstacle(comparison: Comparison, say: Words, year: int, leader: int, ahead: bool) -> str:
    """What the leading arm gets out of the way, if it is ahead at all, and what stops most clusters then."""
    held = comparison.obstacles(year)
    alone = held[comparison.matched[leader]]
    gain = alone - held[leader]
    most, left = int(gain.argmax()), int(held[leader].argmax())
    sentences = []
    if ahead and gain[most] >= NOTABLE:
        name = say.name("criterion", comparison.criteria[most])
        shares = {"arm": say.percent(held[leader][most]), "null": say.percent(alone[most])}
        sentences.append(_tell(comparison, say, "verdict.why", name=name, **shares))
    if held[leader][left] >= NOTABLE:
        name = say.name("criterion", comparison.criteria[left])
        key = ("verdict.left_same" if left == most and sentences else "verdict.left") if ahead else "verdict.stops"
        sentences.append(_tell(comparison, say, key, name=name, share=say.percent(held[leader][left])))
    return " ".join(sentences)
