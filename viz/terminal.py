"""What the terminal shows: five lines and one table on 80 columns first; the answer at length and all tables on request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..experiments.columns import EXPLORATION, YEARS
from ..experiments.comparison import Comparison
from ..model.indicators import START
from ..model.vocabulary import TECHNOLOGIES
from . import claims
from .answer import answer
from .doses import Lines, equal_lines, in_force_lines
from .first_lines import first_lines
from .headline import YEAR, column_name, headline, shown_arms
from .kinds import kinds_table
from .money_ladder import frontier_table
from .scorecard import Row, best_rows, scorecard, stands_out
from .sure import first_legend, how_sure, legend
from .words import MISSING, Words

__all__ = ["print_answer", "print_comparison", "print_entries", "print_facts", "print_run"]

WIDTH = 100  # at most; what is wider than the terminal would be cut off
ARM_WIDTH, LABEL_WIDTH = 15, 15  # at most; at least
FIRST_WIDTH, FIRST_ARM = 80, 12


def print_answer(comparison: Comparison, console: Console, say: Words, full: bool = False) -> None:
    """Print the first screen: five lines, one table, and where the rest lies; then all words and tables if asked.

    Parameters
    ----------
    comparison : Comparison
    console : rich.console.Console
    say : Words
    full : bool
    """
    _print_numbered(first_lines(comparison, say), console)
    if comparison.acting:
        console.print()
        console.print(_first_table(comparison, say))
        console.print(first_legend(comparison, say), style="dim", width=FIRST_WIDTH, highlight=False)
    if full:
        console.print()
        _print_numbered(answer(comparison, say), console)
        console.print()
        print_comparison(comparison, console, say)
    else:
        console.print(f"\n{say('first.rest')}", width=FIRST_WIDTH, highlight=False)


def _print_numbered(texts: Iterable[str], console: Console) -> None:
    """One paragraph to a question; no row begins with a percent sign."""
    for number, text in enumerate(texts, 1):
        tied = text.replace(" %", "\N{NO-BREAK SPACE}%")
        console.print(Text.assemble((str(number), "bold"), " ", tied), highlight=False, width=FIRST_WIDTH)


def _first_table(comparison: Comparison, say: Words) -> Table:
    shown = shown_arms(comparison)
    title = say("first.title", year=YEAR)
    table = Table(title=title, title_style="bold", title_justify="left", pad_edge=False, box=None, padding=(0, 1, 0, 0))
    table.add_column("", width=FIRST_WIDTH - len(shown) * (FIRST_ARM + 1) if len(shown) <= 5 else 15)
    for index in shown:
        arm = comparison.arms[index]
        head = column_name(arm, say)
        head = head.replace("-", "-\n") if max(map(len, head.split())) > FIRST_ARM else head
        table.add_column(head, justify="right", width=FIRST_ARM, header_style="bold")
    for row in headline(comparison, say):
        cells = [row.cells[index] for index in shown]
        texts = [_two(cell.value, cell.range, stands_out(cell.best, comparison.draws)) for cell in cells]
        table.add_row(_two(row.label, row.unit), *texts)
    return table


def _two(first: str, second: str, stands_out: bool = False, between: str = "\n") -> Text:
    """A cell of two parts, the second pale; the first bold if it stands out."""
    text = Text(first, style="bold" if stands_out else "")
    return Text.assemble(text, (between + second, "dim")) if second else Text.assemble(text)


def _columns(comparison: Comparison, say: Words, title: str, console: Console) -> Table:
    shown, width = shown_arms(comparison), min(WIDTH, console.width)
    own = min(ARM_WIDTH, (width - LABEL_WIDTH) // len(shown) - 1)
    table = Table(
        title=title, title_style="bold", title_justify="left", width=width, pad_edge=False, box=None, padding=(0, 1, 0, 0)
    )
    table.add_column("", width=width - len(shown) * (own + 1))
    for index in shown:
        table.add_column(say.name("pathway", comparison.arms[index]), justify="right", width=own, header_style="bold")
    return table


def _year_table(comparison: Comparison, year: int, say: Words, console: Console) -> Table:
    title = say("table.exploration" if year >= EXPLORATION else "table.year", year=year)
    table = _columns(comparison, say, title, console)
    for group in scorecard(comparison, year, say):
        table.add_row(Text(group.title, "bold cyan"))
        for row in group.rows:
            cells = [
                _two(cell.value, cell.difference and f"Δ {cell.difference}", stands_out(cell.best, comparison.draws))
                for cell in (row.cells[index] for index in shown_arms(comparison))
            ]
            table.add_row(_two(row.label, row.unit, between=" "), *cells)
    return table


def print_comparison(comparison: Comparison, console: Console, say: Words) -> None:
    """Print all tables: the scorecards (2030 and 2035, then 2045 as exploration), who is best, doses, equal outlay.

    Parameters
    ----------
    comparison : Comparison
    console : rich.console.Console
    say : Words
    """
    for year in YEARS:
        console.print(_year_table(comparison, year, say, console))
        console.print()
    best = _columns(comparison, say, say("table.best", year=2035), console)
    for label, shares in best_rows(comparison, 2035, say):
        some = [shares[index] for index in shown_arms(comparison)]
        best.add_row(label, *(_two(say.percent(share), "", stands_out(share, comparison.draws)) for share in some))
    console.print(best)
    _print_kinds(comparison, console, say)
    _print_lines(in_force_lines(comparison, say), console)
    _print_lines(equal_lines(comparison, say), console)
    _print_frontier(comparison, console, say)
    console.print("\n" + legend(comparison, say), style="dim", width=WIDTH)
    for reason in _reasons(comparison, say):
        console.print(reason, style="dim", width=WIDTH)
    console.print("\n" + " ".join(how_sure(comparison, say)), width=WIDTH, highlight=False)


def _print_lines(found: Lines | None, console: Console) -> None:
    """A title, and what stands below it."""
    if found is not None:
        console.print("\n" + found.title, style="bold", highlight=False, width=WIDTH)
        for line in found.lines:
            console.print(f"  {line}", highlight=False, width=WIDTH)


def _print_kinds(comparison: Comparison, console: Console, say: Words) -> None:
    """Which pathway for which clusters."""
    rows = kinds_table(comparison, say)
    if not rows:
        return
    table = Table(title=say("kinds.title", year=YEAR), title_style="bold", title_justify="left", width=min(WIDTH, console.width), pad_edge=False,
                  box=None, padding=(0, 1, 0, 0))  # fmt: skip
    table.add_column("", width=LABEL_WIDTH)
    table.add_column(say("kinds.clusters"), justify="right", width=8)
    for outcome in claims.ORDER:
        table.add_column(say(f"row.{outcome}"), justify="right", ratio=1, header_style="bold")
    for row in rows:
        cells = [
            Text("\n").join([Text(cell.told[0], "bold" if cell.ahead else ""), *map(Text, cell.told[1:])]) for cell in row.cells
        ]
        table.add_row(row.label, row.clusters, *cells)
    console.print()
    console.print(table)
    console.print(say("kinds.note"), style="dim", highlight=False, width=WIDTH)


def _print_frontier(comparison: Comparison, console: Console, say: Words) -> None:
    """Outlay and what it avoids, one line an arm and budget."""
    table = frontier_table(comparison, say)
    if table is None:
        return
    console.print(
        "\n" + say("cli.frontier", year=table.year, draws=table.draws, unit=table.unit), style="bold", highlight=False, width=WIDTH
    )
    for row in table.rows:
        fields = {name: f"{cell.value} [{cell.range}]" if cell.range else cell.value for name, cell in row.cells.items()}
        console.print(f"  {say('cli.frontier_arm', arm=row.arm, budget=row.budget, **fields)}", highlight=False, width=WIDTH)


def _reasons(comparison: Comparison, say: Words) -> list[str]:
    """Why headline numbers are missing, each reason once with the indicators and pathways it concerns."""
    found: dict[str, dict[str, list[str]]] = {}
    for year in YEARS:
        for row in (row for group in scorecard(comparison, year, say) for row in group.rows):
            for arm, cell in [(comparison.arms[index], row.cells[index]) for index in comparison.acting]:
                if cell.reason:
                    where = found.setdefault(cell.reason, {}).setdefault(f"{row.label} {year}", [])
                    where.append(say.name("pathway", arm))
    lines = []
    for reason, cells in found.items():
        shown = [f"{label} ({', '.join(arms)})" for label, arms in list(cells.items())[:3]]
        lines.append(f"– {reason}: {'; '.join(shown)}{'; …' if len(cells) > 3 else ''}")
    return lines


def print_run(comparison: Comparison, flows: Iterable[Mapping[str, Any]], console: Console, say: Words) -> None:
    """Print one run: the scorecard with the years as columns, then its material flows by stream.

    Parameters
    ----------
    comparison : Comparison
        Of one arm and one replicate.
    flows : iterable of mapping
        `Run.flows`.
    """
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    for year in YEARS:
        table.add_column(str(year), justify="right")
    cards = [scorecard(comparison, year, say) for year in YEARS]
    for groups in zip(*cards, strict=True):
        table.add_row(Text(groups[0].title, "bold cyan"))
        for rows in zip(*(group.rows for group in groups), strict=True):
            # a year may have its own unit (thousand or million), so it stands beside the number
            table.add_row(rows[0].label, *map(_with_unit, rows))
    console.print(table)
    start = [row for group in scorecard(comparison, START, say) for row in group.rows]
    if start:
        name = {f"size_odds_{key}_{START}": say.name("technology", key) for key in TECHNOLOGIES}
        told = "; ".join(f"{name.get(row.key, row.label)} {row.cells[0].value}" for row in start)
        console.print(f"\n{say('cli.at_start', year=START, told=told)}", width=WIDTH, highlight=False)
    totals: dict[tuple[str, str, str], float] = {}
    for row in flows:
        key = (row["stream"], row["kind"], row["unit"])
        totals[key] = totals.get(key, 0.0) + float(row["quantity"])
    console.print("\n" + say("cli.flows_title"), style="bold")
    for (stream, kind, unit), total in sorted(totals.items()):
        quantity = f"{say.number(total)} {say.unit(unit)}"
        console.print(f"  {say.name('stream', stream)} ({say.name('flow', kind)}): {quantity}", highlight=False)
    if not totals:
        console.print(f"  {say('figure.no_flows')}", highlight=False)


def _with_unit(row: Row) -> str | Text:
    """The number of a row's only arm with its unit; a dash has none."""
    value = row.cells[0].value
    return value if value == MISSING else _two(value, row.unit, between=" ")


def print_facts(facts: Mapping[str, Any], console: Console, say: Words, indent: int = 0) -> None:
    """Print nested facts, one a line; long lists are wrapped, empty ones left out; names of files stay."""
    for key, value in facts.items():
        if value in (None, "", [], {}, ()):
            continue
        head = Text.assemble(" " * indent, (say.name("fact", key), "cyan"), ": ")
        if isinstance(value, Mapping):
            console.print(head)
            print_facts(value, console, say, indent + 2)
        elif isinstance(value, (list, tuple)) and value and isinstance(value[0], Mapping):
            for item in value:
                console.print(
                    head + Text(", ".join(f"{say.name('fact', name)} {part}" for name, part in item.items())), highlight=False
                )
        else:
            text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            console.print(head + Text(f"{text:.12g}" if isinstance(text, float) else str(text)), highlight=False)


def print_entries(title: str, entries: Iterable[Any], console: Console, say: Words) -> None:
    """Print ids with their titles in the reader's language."""
    table = Table(title=title, title_style="bold", title_justify="left", box=None, pad_edge=False, show_header=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for entry in entries:
        table.add_row(entry.id, getattr(entry, say.lang))
    console.print(table)
    console.print()
