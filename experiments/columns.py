"""The columns of an answer: how their names are read, and what the model calls its outputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .money import PRICES, SPLIT

__all__ = ["CLUSTER_SHARES", "EXPLORATION", "SPLIT_BASES", "SPLIT_FROM", "YEARS", "Column", "Vocabulary", "certified_key", "columns_of"]

YEARS = (2030, 2035, 2045)
EXPLORATION = 2045  # horizon that explores rather than forecasts
CLUSTER_SHARES = ("clusters_level1", "clusters_level2", "clusters_level3")  # of one cluster: 0 or 1 in every run

# abatement_split takes them in this order
SPLIT_FROM = ("tco2e", "tco2e_outside", "output_in_clusters")
SPLIT_BASES = tuple(f"abatement_{part}" for part in SPLIT)

_YEAR = re.compile(r"_((?:19|20|21)\d\d)$")


def certified_key(name: str, one_cluster: bool) -> str:
    """A level as it is shown: of a city by workers; of one cluster by that cluster, which has it or not."""
    return f"clusters_{name}" if one_cluster and f"clusters_{name}" in CLUSTER_SHARES else name


@dataclass(frozen=True)
class Column:
    """One indicator in one year, as a column of `Comparison.runs`.

    Attributes
    ----------
    key : str
        Full key, e.g. "tco2e_total_2045".
    base : str
        Key of the registry, e.g. "tco2e".
    year : int or None
    total : bool
        Cumulated since 2020.
    unit, kind, direction, pillar, definition : str
        As in `ecocluster.model.indicators.INDICATORS`.
    """

    key: str
    base: str
    year: int | None
    total: bool
    unit: str
    kind: str
    direction: str
    pillar: str
    definition: str

    @classmethod
    def parse(cls, key: str, registry: Mapping[str, Any]) -> Column:
        """Read a column's name: `[pv_]BASE[_total][_YEAR]`, BASE as in the registry."""
        found = _YEAR.search(key)
        name = key[: found.start()] if found else key
        total = name.endswith("_total") or name.startswith("pv_")
        short = name.removesuffix("_total").removeprefix("pv_")
        base = next(
            (
                candidate
                for candidate in (key, name, name.removesuffix("_total"), short)
                if candidate in registry
            ),
            None,
        )
        if base is None:
            raise KeyError(f"no indicator for column {key!r}")
        entry = registry[base]
        unit = entry.unit.removesuffix("/yr") if total and base == short else entry.unit
        year = int(found[1]) if found else None
        return cls(key, base, year, total, unit, entry.kind, entry.direction, entry.pillar, entry.definition)


def _price_column(base: str, year: int) -> Column:
    price = PRICES[base]
    return Column(f"{base}_{year}", base, year, True, price.unit, "money", "min", "economic", price.definition)


def _split_column(part: str, year: int) -> Column:
    definition = f"tCO2e avoided since 2020 against the baseline: {part}"
    return Column(f"abatement_{part}_{year}", f"abatement_{part}", year, True, "t", "flow", "none", "environment", definition)


@dataclass(frozen=True)
class Vocabulary:
    """What the model calls its outputs: `INDICATORS`, `LEVEL_1` and `FAILURES` of `ecocluster.model`."""

    indicators: Mapping[str, Any]
    criteria: tuple[str, ...]
    failures: Mapping[int, str]


def columns_of(keys: Iterable[str], registry: Mapping[str, Any]) -> dict[str, Column]:
    """Columns of these names, and those that are made of them: prices, and the parts of abatement."""
    columns = {key: Column.parse(key, registry) for key in keys}
    for year in YEARS:
        made = [_price_column(base, year) for base, price in PRICES.items()
                if {f"{price.money}_{year}", f"{price.quantity}_{year}"} <= columns.keys()]
        if {f"{name}_total_{year}" for name in SPLIT_FROM} <= columns.keys():
            made += [_split_column(part, year) for part in SPLIT]
        columns |= {column.key: column for column in made}
    return columns
