"""What more money changes, as a table: every pathway at three budgets, its outlay and what it avoids beyond the law."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..experiments import spread
from ..experiments.budgets import AVOIDED
from ..experiments.comparison import Comparison
from .words import Words

__all__ = ["LadderCell", "LadderRow", "LadderTable", "frontier_table"]

COLUMNS = ("outlay", "tco2e", "cod", "landfilled")
KILO, TRILLION = 1e-3, 1e-6  # of t, and of mVND


class LadderCell(NamedTuple):
    """Median and the range behind it, ready to print."""

    value: str
    range: str


class LadderRow(NamedTuple):
    """A pathway at a budget; `unpaid`: its typed levers do not act in full there."""

    arm: str
    budget: str
    cells: dict[str, LadderCell]
    unpaid: bool


class LadderTable(NamedTuple):
    """Rows by pathway and budget; money in `unit`, the rest in thousands of tonnes."""

    year: int
    draws: int
    unit: str
    rows: tuple[LadderRow, ...]


def frontier_table(comparison: Comparison, say: Words) -> LadderTable | None:
    """The table; None where other budgets were not run."""
    found = comparison.frontier
    if found is None:
        return None
    rows = []
    values = {
        (n, name): (found.outlay(rung) * TRILLION if name == "outlay" else found.avoided(rung, name) * KILO)
        for n, rung in enumerate(found.rungs) for name in ("outlay", *AVOIDED)
    }  # fmt: skip
    decimals = {name: _decimals([own for (_, key), own in values.items() if key == name]) for name in COLUMNS}
    for index in comparison.acting:
        for n, rung in enumerate(found.rungs):
            arm = comparison.arms[index]
            cells = {name: _cell(values[n, name][index], decimals[name], say) for name in COLUMNS}
            budget = say.number(rung.budget_bn, 0 if rung.budget_bn >= 10 else 2)
            rows.append(LadderRow(say.name("pathway", arm), budget, cells, arm in rung.unpaid))
    return LadderTable(found.year, found.rungs[0].comparison.draws, say.unit("trVND"), tuple(rows))


def _decimals(values: list[np.ndarray]) -> int:
    largest = max(float(np.nanmax(np.abs(own), initial=0.0)) for own in values)
    return 0 if largest >= 100 else 1 if largest >= 10 else 2 if largest >= 1 else 3


def _cell(values: np.ndarray, decimals: int, say: Words) -> LadderCell:
    own = spread.spread(values)
    between = f"{say.number(own.low, decimals)}; {say.number(own.high, decimals)}" if own.low != own.high else ""
    return LadderCell(say.number(own.median, decimals), between)
