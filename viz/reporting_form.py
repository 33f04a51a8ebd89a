"""The national reporting form as a spreadsheet, in the reader's language."""

from __future__ import annotations

from typing import Any

from ..experiments.checking import Check
from ..experiments.reporting_form import Entry, entries
from ..scenarios.cells import xlsx_bytes
from .words import Words

__all__ = ["form_xlsx"]


def form_xlsx(found: Check, say: Words) -> bytes:
    """A.5 under its codes and B.4 by its headings; what is not known is empty, with the reason beside it."""
    heads = [say(f"form.head.{name}") for name in ("code", "indicator", "value", "unit", "note")]
    sheets: dict[str, list[list[Any]]] = {say("form.a5"): [heads], say("form.b4"): [heads]}
    parts = {"A.5": say("form.a5"), "B.4": say("form.b4")}
    for entry in entries(found):
        family = "form.a5" if entry.part == "A.5" else "form.b4"
        code = entry.code if entry.part == "A.5" else ""
        note = say(f"form.reason.{entry.reason}") if entry.reason else say("form.from_answers")
        sheets[parts[entry.part]].append(
            [code, say(f"{family}.{entry.code}"), _value(entry, say), say(f"form.unit.{entry.unit}") if entry.unit else "", note]
        )
    sheets[say("form.about")] = [[say("form.about")], [say("form.about.text", name=found.name)], [say("form.about.source")]]
    widths = {name: (12, 70, 18, 12, 60) for name in parts.values()} | {say("form.about"): (110,)}
    return xlsx_bytes(sheets, widths)


def _value(entry: Entry, say: Words) -> float | str | None:
    value = entry.value
    if isinstance(value, bool):
        return say("check.yes") if value else say("check.no")
    if isinstance(value, tuple):
        return say("check.span", low=say.number(value[0], 1), high=say.number(value[1], 1))
    return value
