"""The scorecard: which numbers are shown, in which order.

Rows of text, made once; the terminal and the report only lay them out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..experiments.columns import CLUSTER_SHARES, YEARS, certified_key
from ..experiments.comparison import Comparison
from ..experiments.money import PARTIES, PRICES, transfer_array, transfer_balance
from ..experiments.outcome import OUTPUT_BASES
from ..experiments.statistics import Estimate
from ..model.indicators import SIX_ASPECTS
from ..model.ledger import PAIRS
from ..model.roster import own_indicators
from ..model.vocabulary import LEARNED, TECHNOLOGIES
from .leads import in_most
from .words import Words, scale_of

__all__ = ["HEADLINES", "Cell", "Group", "Row", "best_rows", "interval_text", "name_and_unit", "scale_of_column", "scorecard", "stands_out",
           "transfer_rows"]  # fmt: skip

SIX = ("level1_six", *(f"six_{name}" for name in SIX_ASPECTS))
HEADLINES = {
    "certification": ("level1", "level2", "level3", "level1_wide", "level1_82", *SIX, "groups_50"),
    "clusters": ("clusters_level1", "planned_level1", "clusters_all_met", "clusters_one_unmet"),
    "environment": ("tco2e", "tco2e_total", "cod", "smoke", "water", "landfilled", "tco2e_landfill", *OUTPUT_BASES),
    "residents": ("cod_dense", "smoke_dense", "complaints_dense", "conflict_days_dense", "acceptance"),
    "network": ("links_active", "hubs_active", "trade_share"),
    "firms": (
        *(f"adoption_{name}" for name in LEARNED),
        "recp_share",
        "real_share",
        "sham_share",
    ),
    "size_odds": tuple(f"size_odds_{name}" for name in TECHNOLOGIES),
    "free_riders": tuple(f"free_riders_{name}" for name in LEARNED),
    "jobs": ("jobs", "value_added", "exits", "bankrupt"),
    "competitiveness": ("unit_cost_adopters", "unit_cost_others", "margin_adopters", "margin_others"),
    "trust": ("trust",),
    "money": (
        "pv_outlay_gross",
        "pv_receipts",
        "pv_social_cost",
        "pv_private_net",
        "cost_gross_per_tco2e",
        "cost_social_per_tco2e",
    ),
}
BEST = ("level1", "tco2e", "cod", "water", "jobs", "value_added", "pv_outlay_gross", "cost_gross_per_tco2e", "cost_social_per_tco2e")  # fmt: skip
CERTIFICATES = ("level1", "level2", "level3", "level1_wide", "level1_82", "level1_six", "planned_level1", *CLUSTER_SHARES)
SURE = 0.9


def stands_out(share: float, draws: int) -> bool:
    """Is a share of so many worlds printed in bold: high, and of enough worlds to be above one half with confidence?"""
    return share >= SURE and in_most(share, draws)


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
    mean = estimate.mean * factor
    low, high = sorted((estimate.low * factor, estimate.high * factor))  # a factor may turn them round
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
    """Indicator and unit as the reader writes them; of one cluster, a number of clusters is a share of runs."""
    if one_cluster and name in CLUSTER_SHARES:
        return say(f"one_cluster.{name}"), say("one_cluster.unit")
    return say.name("indicator", name), say.unit(unit)


def scale_of_column(column: Any, largest: float, one_cluster: bool) -> tuple[float, str]:
    """Factor and unit of an indicator; of one cluster, its certificate is a share of the runs."""
    yes_or_no = one_cluster and column.base in CLUSTER_SHARES
    return scale_of(column.unit, "share" if yes_or_no else column.kind, largest)


def _shown(comparison: Comparison, key: str) -> list[tuple[Estimate, Estimate]]:
    """Value and difference of every arm: median and 5-95 % over worlds, or the mean and its interval at the defaults.

    A ratio of means has no value in a single world and keeps its own interval.
    """
    estimates = [(value, delta) for value, delta, _ in comparison.estimates[key]]
    if not comparison.question.worlds or comparison.columns[key].base in PRICES:
        return estimates
    shown = zip(estimates, comparison.worlds(key), comparison.worlds(key, comparison.matched), strict=True)
    return [
        (
            Estimate(own.median, own.low, own.high, own.worlds, value.reason),
            Estimate(apart.median, apart.low, apart.high, apart.worlds),
        )
        for (value, _), own, apart in shown
    ]


def _is_flat(values: list[Estimate], factor: float, decimals: int) -> bool:
    """Does the range over arms and worlds lie within one step of what is printed? Then the row does not discriminate (13.10)."""
    ends = [abs(factor) * x for e in values for x in (e.low, e.mean, e.high) if math.isfinite(x)]
    return bool(ends) and max(ends) - min(ends) < 10.0**-decimals * (1.0 - 1e-9)


def _without_standard(comparison: Comparison, year: int) -> list[bool]:
    """For every arm: is there no standard for any cluster by this year, so that none can be certified?"""
    found = comparison.estimates.get(f"clusters_with_standard_{year}")
    return [bool(value.mean == 0.0) for value, *_ in found] if found else [False] * len(comparison.arms)


def _reckoned(comparison: Comparison, name: str) -> bool:
    """Is an indicator told at all? Six aspects are none while they are switched off: a row of zeros would say that nobody met them."""
    if name not in SIX:
        return True
    keys = [key for other in SIX for at in YEARS if (key := f"{other}_{at}") in comparison.columns]
    return any(np.nansum(comparison.values(key)) > 0 for key in keys)


def _row(comparison: Comparison, name: str, year: int, say: Words) -> Row | None:
    name = certified_key(name, comparison.one_cluster)
    key = f"{name}_{year}"
    if (
        key not in comparison.columns or name in OUTPUT_BASES and len(comparison.arms) == 1
    ):  # one run has nothing to be measured against
        return None
    column, entries = comparison.columns[key], _shown(comparison, key)
    numbers = [estimate for entry in entries for estimate in entry]
    largest = max((abs(e.mean) for e in numbers if math.isfinite(e.mean)), default=0.0)
    factor, unit = scale_of_column(column, largest, comparison.one_cluster)
    decimals = 2 if column.kind == "ratio" else _decimals(numbers, factor, largest * factor)
    best = comparison.best.get(key, {})
    missing = _without_standard(comparison, year) if name in CERTIFICATES else [False] * len(comparison.arms)
    cells = tuple(
        Cell(say("no_standard"), "", math.nan)
        if missing[index]
        else Cell(
            interval_text(value, factor, decimals, say, sign=False),
            "" if index == 0 or not math.isfinite(delta.mean) else interval_text(delta, factor, decimals, say, sign=True),
            best.get(arm, math.nan),
            say.reason(value.reason) if value.reason else "",
        )
        for index, (arm, (value, delta)) in enumerate(zip(comparison.arms, entries, strict=True))
    )
    label, unit = name_and_unit(name, unit, say, comparison.one_cluster)
    if len(comparison.arms) > 1 and _is_flat([value for value, _ in entries], factor, decimals):
        label = say("row.flat", label=label)
    return Row(key, label, unit, cells)


def scorecard(comparison: Comparison, year: int, say: Words) -> list[Group]:
    """Headline indicators of a year, in groups; what the model does not give is left out.

    Parameters
    ----------
    comparison : Comparison
    year : int
        2030, 2035 or 2045; of 2020 only what was told then.
    say : Words
    """
    groups = []
    for title, names in {**HEADLINES, "modules": own_indicators()}.items():
        if title == "clusters" and comparison.one_cluster:  # its certificate stands above
            continue
        if title == "residents" and not any(cluster.urban for cluster in comparison.trace.site.clusters):
            continue
        rows = tuple(row for name in names if _reckoned(comparison, name) and (row := _row(comparison, name, year, say)))
        if rows:
            groups.append(Group(say(f"group.{title}"), rows))
    return groups


def best_rows(comparison: Comparison, year: int, say: Words) -> list[tuple[str, list[float]]]:
    """Label and probability of being best per arm, for the indicators that have a better end.

    What is missing to 1 are ties and worlds in which nothing is better than the baseline.
    """
    rows = []
    for name in (certified_key(name, comparison.one_cluster) for name in BEST):
        shares = comparison.best.get(f"{name}_{year}")
        if shares and all(map(math.isfinite, shares.values())):
            label, _ = name_and_unit(name, "", say, comparison.one_cluster)
            rows.append((label, [shares[arm] for arm in comparison.arms]))
    return rows


@dataclass(frozen=True)
class Transfers:
    """Net transfers of every party, per arm but the first; `unit` is ready to print."""

    unit: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def transfer_rows(comparison: Comparison, year: int, say: Words) -> Transfers | None:
    """What every party receives less what it pays, above the baseline; None where the runs do not say."""
    if len(comparison.arms) == 1 or not any(key.startswith("pv_transfer_") for key in comparison.columns):
        return None
    means = np.nan_to_num(comparison.mean_transfers(year)[:, 1:].T)  # an arm without runs moves nothing
    balances = np.array([transfer_balance(transfer_array(dict(zip(PAIRS, arm, strict=True)))) for arm in means])
    factor, unit = scale_of("mVND", "money", float(np.abs(balances).max()))
    rows = tuple(
        (say(f"party.{party}"), tuple(say.number(amount * factor, 1, sign=True) for amount in own))
        for party, own in zip(PARTIES, balances.T.tolist(), strict=True)
    )
    return Transfers(say.unit(unit), rows)
