"""The scorecard as rows of the pages' table."""

from __future__ import annotations

from typing import Any

from ...experiments.comparison import Comparison
from ...experiments.statistics import difference
from ..scorecard import scorecard, stands_out
from ..words import Words, scale_of

__all__ = ["CHANGE", "card_rows"]

CHANGE = "\N{BLACK RIGHT-POINTING SMALL TRIANGLE}"  # stands before a change to the reference


def card_rows(answer: Comparison, year: int, say: Words, pin: Comparison | None = None) -> list[dict[str, Any]]:
    """Rows for `frame.Table`: value, difference to the null, and the change to a reference if there is one."""
    rows: list[dict[str, Any]] = []
    for group in scorecard(answer, year, say):
        rows.append({"group": group.title})
        for row in group.rows:
            cells: list[dict[str, Any]] = [{"text": row.label, "unit": row.unit}]
            for index, cell in enumerate(row.cells):
                shown = {"text": cell.value, "sub": cell.difference, "best": stands_out(cell.best, answer.draws), "title": cell.reason}  # fmt: skip
                if pin is not None:
                    shown["sub2"] = _change(answer, pin, row.key, index, say)
                cells.append(shown)
            rows.append({"cells": cells})
    return rows


def _change(answer: Comparison, pin: Comparison, key: str, index: int, say: Words) -> str:
    """Difference of an arm to the same arm of the reference, replicate by replicate."""
    arm = answer.arms[index]
    if key not in pin.runs or key not in answer.runs or arm not in pin.arms:
        return ""
    now, before = answer.values(key)[index], pin.values(key)[pin.arms.index(arm)]
    count = min(len(now), len(before))
    change = difference(now[:count], before[:count])
    column = answer.columns[key]
    factor, _ = scale_of(column.unit, column.kind, float(abs(answer.values(key)).max()))
    size = abs(change.mean * factor)
    decimals = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2
    return f"{CHANGE} {say.number(change.mean * factor, decimals, sign=True)}"
