"""The columns of an answer: outcomes of the runs, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..model.indicators import YEARS
from .money import PRICES
from .outcome import DERIVED, OUTPUT_BASES, SPLIT_BASES, Outcome, outcome_of

__all__ = ["CLUSTER_SHARES", "EXPLORATION", "SPLIT_FROM", "YEARS", "Vocabulary", "certified_key", "columns_of"]

EXPLORATION = 2045  # horizon that explores rather than forecasts
CLUSTER_SHARES = ("clusters_level1", "clusters_level2", "clusters_level3")  # of one cluster: 0 or 1 in every run

# abatement_split takes them in this order
SPLIT_FROM = ("tco2e", "tco2e_outside", "output_in_clusters")


def certified_key(name: str, one_cluster: bool) -> str:
    """A level as it is shown: of a city by workers; of one cluster by that cluster, which has it or not."""
    return f"clusters_{name}" if one_cluster and f"clusters_{name}" in CLUSTER_SHARES else name


@dataclass(frozen=True)
class Vocabulary:
    """What the model calls its criteria and failures: `LEVEL_1` and `FAILURES` of `ecocluster.model`."""

    criteria: tuple[str, ...]
    failures: Mapping[int, str]


def columns_of(keys: Iterable[str]) -> dict[str, Outcome]:
    """Columns of these names, and those that are made of them: prices, and the parts of abatement."""
    names = list(keys)
    there = set(names)
    for year in YEARS:
        names += [
            f"{base}_{year}" for base, price in PRICES.items() if {f"{price.money}_{year}", f"{price.quantity}_{year}"} <= there
        ]
        if {f"{name}_total_{year}" for name in SPLIT_FROM} <= there:
            names += [f"{base}_{year}" for base in SPLIT_BASES]
        names += [f"{base}_{year}" for base in OUTPUT_BASES if {f"{part}_{year}" for part in DERIVED[base][0]} <= there]
    return {name: outcome_of(name) for name in names}
