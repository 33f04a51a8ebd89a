"""The national reporting form (Circular 05/2025/TT-BKHDT, evidence B2): A.5 of the park under its codes, B.4 of the firms by its headings.

Filled with what is known from the self-check's answers; elsewhere empty, with the reason. Nothing that a model reckons is put into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..scenarios.answers import Span
from .checking import Check

__all__ = ["A5", "B4", "Entry", "entries"]

# code, question of the self-check that answers it, what is written of the answer
A5: tuple[tuple[str, str, str], ...] = (
    ("ENV.1", "exchanges", "number"), ("ENV.3", "reused_water_share", "percent"), ("ENV.4", "", ""), ("ENV.5", "data_shared", "yes"),
    ("ENV.6", "yearly_report", "yes"), ("PM.1", "", ""), ("PM.2", "", ""), ("PM.3", "matching_staff", "any"), ("PM.4", "", ""),
    ("SOC.3", "housing", "yes"), ("SOC.5", "", ""), ("SOC.7", "", ""), ("ECO.1", "", ""), ("ECO.2", "", ""), ("ECO.3", "", ""), ("ECO.4", "", ""),
    ("ECO.5", "", ""), ("ECO.6", "", ""),
)  # fmt: skip
# headings of B.4 (the evidence has no codes), and their units
B4: tuple[tuple[str, str], ...] = (
    ("electricity_saved", "kWh"), ("fuel_saved", "t"), ("co2_saved", "tCO2"), ("energy_cost_saved", "mVND"), ("water_saved", "m3"),
    ("wastewater_cut", "m3"), ("water_cost_saved", "mVND"), ("reused", "t"), ("recycled", "t"), ("material_saved", "t"), ("chemicals_saved", "t"),
    ("material_cost_saved", "mVND"), ("symbioses", "number"), ("symbiosis_types", ""),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A line of the form.

    Attributes
    ----------
    part : str
        "A.5" or "B.4".
    code : str
        Of A.5, or the heading's key.
    value : float, bool, (float, float) or None
        A range where the answer was one.
    unit : str
        number, percent, yes or a unit.
    reason : str
        Why it is empty: "not_answered", "not_asked" or "firms_records"; else empty.
    """

    part: str
    code: str
    value: float | bool | Span | None
    unit: str
    reason: str = ""


def entries(found: Check) -> list[Entry]:
    """All lines of the form for a cluster."""
    lines = []
    for code, question, kind in A5:
        if not question:
            lines.append(Entry("A.5", code, None, "", "not_asked"))
        elif question not in found.answers:
            lines.append(Entry("A.5", code, None, "yes" if kind == "any" else kind, "not_answered"))
        else:
            lines.append(Entry("A.5", code, _told(found.answers[question], kind), "yes" if kind == "any" else kind))
    for heading, unit in B4:
        known = heading == "symbioses" and "exchanges" in found.answers
        lines.append(
            Entry(
                "B.4",
                heading,
                _told(found.answers["exchanges"], "number") if known else None,
                unit,
                "" if known else "firms_records",
            )
        )
    return lines


def _told(span: Span, kind: str) -> float | bool | Span:
    turn: Callable[[float], float | bool] = {"percent": lambda v: 100 * v, "yes": lambda v: v > 0, "any": lambda v: v > 0}.get(
        kind, lambda v: v
    )
    low, high = (turn(end) for end in span)
    return low if low == high else (float(low), float(high))
