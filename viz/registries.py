"""What can be set and what comes out, as the registries hold it: levers, parameters, indicators, one row each."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from .parameter_words import meaning_of, source_text
from .words import MISSING, Words, value_of

__all__ = ["indicator_rows", "lever_rows", "parameter_rows", "registry_table", "source_rows"]

WIDE, NARROW_COLUMN = 100, 12  # columns of a terminal from which the meaning has room beside; most for a number or unit below that


def parameter_rows() -> list[dict[str, Any]]:
    """All parameters: name, group, default, low, high, off (switches the mechanism off), distribution, unit, mark, source, meaning."""
    from ..model.parameters import PARAMETERS

    shown = ("name", "group", "default", "low", "high", "off", "distribution", "unit", "mark", "source", "meaning")
    return [{key: getattr(one, key) for key in shown} for one in PARAMETERS.values()]


def lever_rows() -> list[dict[str, Any]]:
    """All levers: name, kind, baseline, low, high, cap, unit, meaning; what a dose costs, with the unit and basis of that."""
    from ..model.levers import LEVERS
    from ..model.parameters import PARAMETERS

    rows = []
    for lever in LEVERS.values():
        cost = PARAMETERS.get(f"cost.{lever.name}")
        rows.append({
            **{key: getattr(lever, key) for key in ("name", "kind", "baseline", "low", "high", "cap", "unit", "meaning")},
            "cost": cost and cost.default, "cost_unit": cost and cost.unit, "source": cost and cost.source,
        })  # fmt: skip
    return rows


def indicator_rows() -> list[dict[str, Any]]:
    """All indicators: key, unit, kind, direction (which way is better), pillar, definition."""
    from ..model.indicators import INDICATORS

    return [vars(one) for one in INDICATORS.values()]


def source_rows() -> list[dict[str, Any]]:
    """All entries of the documents that the column "source" names: id, title, place (document and heading), origin, link."""
    from .sources import known_sources

    return [
        {"key": one.id, "definition": one.title, "source": one.place, "origin": one.origin, "link": one.link}
        for one in known_sources().values()
    ]


def registry_table(family: str, rows: Iterable[dict[str, Any]], say: Words, width: int = WIDE):
    """Rows as a table for the terminal: name in the reader's language, range, unit, meaning and source.

    Parameters
    ----------
    family : str
        "lever", "parameter", "indicator" or "source".
    rows : iterable of dict
    say : Words
    width : int
        Of the terminal: in a narrow one the meaning stands below the name.

    Returns
    -------
    rich.table.Table
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    heads = {"lever": ("baseline", "range", "unit", "cost"), "parameter": ("default", "range", "unit", "mark"),
             "indicator": ("unit", "better", "pillar"), "source": ()}[family]  # fmt: skip
    table.add_column(say("registry.name"), style="cyan", overflow="fold", min_width=26 if width >= WIDE else 24, ratio=None if width >= WIDE else 1)  # fmt: skip
    for head in heads:
        table.add_column(say(f"registry.{head}"), justify="right" if head in ("baseline", "default", "cost") else "left", overflow="fold",
                         max_width=None if width >= WIDE else NARROW_COLUMN)  # fmt: skip
    if width >= WIDE:
        table.add_column(say("registry.meaning"), overflow="fold", ratio=1)
    for row in rows:
        key = row.get("name") or row["key"]
        told = _meaning(family, key, row, say)
        cells = [_cell(head, row, say) for head in heads]
        told = f"{told} [{source_text(row['source'], say)}]" if row.get("source") else told
        told = f"{told} {row['origin']}" if row.get("origin") else told
        if width >= WIDE:
            table.add_row(key, *cells, told)
        else:
            table.add_row(Text.assemble(key, ("\n" + told + "\n", "default not bold")), *cells)
    return table


def _meaning(family: str, key: str, row: dict[str, Any], say: Words) -> str:
    """What a row is, in the reader's language; what a module brings by its label."""
    from ..model.parameters import PARAMETERS

    if family == "parameter" and say.lang != "en":
        with suppress(KeyError):  # what a module brings has a label at most
            return meaning_of(PARAMETERS[key], say)
    english = row.get("meaning") or row.get("definition") or ""
    if say.lang == "en":
        return english
    return next((name for one in (family, "definition") if (name := say.name(one, key)) != key), english)


def _cell(head: str, row: dict[str, Any], say: Words) -> str:
    if head == "range":
        span = f"{value_of(row['low'], say)} – {value_of(row['high'], say)}"
        return span if row.get("off") is None else say("registry.or_off", span=span, off=value_of(row["off"], say))
    if head == "cost":
        return "" if row["cost"] is None else f"{value_of(row['cost'], say)} {say.name('unit', row['cost_unit'])}"
    if head == "better":
        return MISSING if row["direction"] == "none" else say(f"registry.{row['direction']}")
    value = row[head]
    if head == "mark":
        return say(f"evidence.mark.{value}")
    if head == "pillar":
        return say.name("pillar", value)
    return value_of(value, say) if isinstance(value, float | int) else say.name("unit", value) if head == "unit" else value
