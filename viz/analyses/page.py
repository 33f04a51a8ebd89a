"""A finding as people see it: sentences and a table in the terminal, a folder with figure and page on disk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.analyses.finding import Finding
from ...experiments.errors import InputError
from ...scenarios.given import own_name_of
from ..words import Words, decimals_of, scale_of

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console, JustifyMethod

__all__ = [
    "Sheet",
    "cell",
    "even",
    "outcome_label",
    "page",
    "print_finding",
    "rule_text",
    "scaled",
    "spell",
    "three",
    "write_finding",
    "write_pages",
]

TOLD = ("barriers", "calibration", "discover", "frontier", "guesses", "hypotheses", "lever_effects", "mechanisms", "optimise", "portfolio", "robust", "sensitivity", "solutions",
        "superadditivity", "survival", "trust")  # the modules beside this one that tell a finding  # fmt: skip
WIDTH = 100  # at most
SIGNS = {"<": "less", "<=": "at_most", ">": "more", ">=": "at_least"}


@dataclass(frozen=True)
class Sheet:
    """A table ready to be read: the first columns (`names` of them) name the row, the others are numbers in the reader's format."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    title: str = ""
    names: int = 1


def _teller(finding: Finding) -> Any:
    """The module that tells a finding."""
    return import_module(f".{own_name_of(finding.name.replace('-', '_'), TOLD)}", __package__)


def even(table: pd.DataFrame, column: str, told: str, value: float, say: Words, pathways: str = "pathway") -> list[str]:
    """A sentence that names the pathways that do exactly as well as the one that was told of; none if there are none.

    Parameters
    ----------
    table : DataFrame
    column : str
        What was compared.
    told : str
        Pathway that was named.
    value : float
        Its value.
    say : Words
    pathways : str
        Column of the names.
    """
    alike = table.loc[np.isclose(table[column].to_numpy(float), value, rtol=1e-9, atol=0.0), pathways]
    names = [say.name("pathway", name) for name in dict.fromkeys(alike) if name != told]
    return [say("tie.even", pathway=say.name("pathway", told), names=say("answer.and").join(names))] if names else []


def spell(estimate: dict[str, Any] | None, say: Words, decimals: int = 1, factor: float = 1.0, sign: bool = False) -> str:
    """An estimate of `facts` with its interval: "12.3 (8.1 to 16.5)"; a dash where there is none.

    Parameters
    ----------
    estimate : mapping or None
        mean, low, high as `as_facts` leaves them.
    decimals : int
    factor : float
        From `scale_of`.
    sign : bool
        Write + too.
    """
    mean, low, high = _numbers(estimate, factor)
    text = say.number(mean, decimals, sign)
    if not (math.isfinite(low) and math.isfinite(high)):
        return text
    ends = {"low": say.number(low, decimals, sign), "high": say.number(high, decimals, sign)}
    return say("finding.interval", mean=text, **ends)


def _numbers(estimate: Mapping[str, Any] | None, factor: float = 1.0) -> tuple[float, float, float]:
    """Mean, low, high of an estimate of `facts` or of a row, times a factor; nan where there is none."""
    mean, low, high = ((estimate or {}).get(part) for part in ("mean", "low", "high"))

    def number(value: Any) -> float:
        return math.nan if value is None else float(value) * factor

    return number(mean), number(low), number(high)


def three(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Mean, low and high of NAME, NAME_low, NAME_high in a row of a table; missing ones are nan."""
    return {part: row.get(key, math.nan) for part, key in (("mean", name), ("low", f"{name}_low"), ("high", f"{name}_high"))}


def cell(estimate: dict[str, Any], say: Words, decimals: int = 1, factor: float = 1.0, sign: bool = False) -> str:
    """The same as `spell`, short enough for a table: "12.3 ±4.2" or "12.3 [8.1; 18.0]"."""
    from ...experiments.statistics import Estimate
    from ..scorecard import interval_text

    return interval_text(Estimate(*_numbers(estimate)), factor, decimals, say, sign)


def outcome_label(outcome: str, say: Words, one_cluster: bool = False) -> str:
    """Name and year of an outcome: "Clusters at level 1, 2035", or "Jobs, 2035"; sums: "COD released, 2020-2035".

    Parameters
    ----------
    outcome : str
    say : Words
    one_cluster : bool
        Is it about a single cluster, so that a share of clusters is a probability?
    """
    from ...experiments.columns import CLUSTER_SHARES
    from ...experiments.outcome import MADE, read_name

    found = read_name(outcome)
    if found is None:
        return outcome.replace("_", " ")
    if one_cluster and found.key in CLUSTER_SHARES:
        name = say(f"outcome.one_cluster.{found.key}")
    else:
        named = (say.name(family, found.stem) for family in ("outcome", "indicator"))
        name = next((text for text in named if text != found.stem), found.stem.replace("_", " "))
    since = found.total or found.present or found.key in MADE
    return say("finding.since" if since else "finding.outcome", name=name, year=found.year)


def scaled(outcome: str, largest: float, say: Words) -> tuple[float, str]:
    """Factor and printed unit for numbers of an outcome up to `largest`; shares are in percentage points."""
    from ...experiments.outcome import outcome_of

    asked = outcome_of(outcome)
    factor, short = scale_of(asked.unit, asked.kind, largest)
    return factor, say("finding.points") if asked.kind == "share" else say.unit(short)


def rule_text(text: str, say: Words, one_cluster: bool = False) -> str:
    """A rule as the reader says it: "Clusters at level 1, 2035: at least 50 percentage points"."""
    from ...experiments.analyses.effects import Rule

    rule = Rule.parse(text)
    factor, unit = scaled(rule.outcome, abs(rule.threshold), say)
    value = rule.threshold * factor
    end = say(f"rule.{SIGNS[rule.sign]}", value=say.number(value, decimals_of(abs(value))), unit=unit)
    return f"{outcome_label(rule.outcome, say, one_cluster)}: {end}"


def print_finding(finding: Finding, console: Console, say: Words) -> None:
    """Print title, tables, sentences and the command of a finding."""
    title = " · ".join(filter(None, (say(f"title.{finding.name}"), finding.scenario)))
    console.print(title, style="bold", width=WIDTH, highlight=False)  # as a title of the table it would be as narrow
    for sheet in _sheets(finding, say):
        _print_sheet(sheet, console)
    for sentence in _sentences(finding, say):
        console.print(sentence, width=WIDTH, highlight=False)


def _print_sheet(sheet: Sheet, console: Console) -> None:
    from rich.table import Table

    if sheet.title:
        console.print(sheet.title, style="bold", width=WIDTH, highlight=False)
    columns = list(zip(sheet.columns, *sheet.rows, strict=True))
    least = [max((len(word) for text in column for word in text.split()), default=0) for column in columns]
    whole = [max(map(len, column)) for column in columns]
    for part in _that_fit(least, sheet.names, console.width):
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        widths = _widened(least, whole, part, console.width)
        for index in part:
            side: JustifyMethod = "left" if index < sheet.names else "right"
            table.add_column(sheet.columns[index], justify=side, header_style="bold", overflow="fold", width=widths[index])
        for row in sheet.rows:
            table.add_row(*(row[index] for index in part))
        console.print(table, highlight=False)
    if sheet.note:
        console.print(sheet.note, style="dim", width=WIDTH, highlight=False)
    console.print()


def _widened(least: Sequence[int], whole: Sequence[int], part: Sequence[int], width: int) -> dict[int, int]:
    """Widths of the columns of a table: their longest words, and what is left shared by those that would wrap."""
    widths = {index: least[index] for index in part}
    spare = width - sum(widths.values()) - len(part)
    while spare > 0 and (narrow := [index for index in part if widths[index] < whole[index]]):
        for index in narrow[:spare]:
            widths[index] += 1
        spare -= len(narrow[:spare])
    return widths


def _that_fit(least: Sequence[int], names: int, width: int) -> list[list[int]]:
    """Columns of the tables in which a sheet is printed: as many at a time as stand without a word cut in two, the names in each."""
    given = list(range(names))
    room = width - sum(least[:names]) - names
    parts, used = [list(given)], 0
    for index in range(names, len(least)):
        if used and used + least[index] + 1 > room:
            parts.append(list(given))
            used = 0
        parts[-1].append(index)
        used += least[index] + 1
    return parts


def _sheets(finding: Finding, say: Words) -> list[Sheet]:
    """The table of a finding, and further ones of analyses that have some."""
    told = _teller(finding)
    more = getattr(told, "more_sheets", None)
    return [told.sheet(finding, say), *(more(finding, say) if more else ())]


def _sentences(finding: Finding, say: Words) -> list[str]:
    """What was found, and how many runs were lost on the way."""
    sentences = list(_teller(finding).words(finding, say))
    failed = finding.facts.get("failed", 0)
    return [*sentences, say("finding.failed", failed=failed)] if failed else sentences


def page(findings: Sequence[Finding], say: Words) -> str:
    """Findings as one page of HTML that holds everything it shows; each is a section with its command."""
    return _render([_section(finding, say) for finding in findings], say)


def _pictures(finding: Finding, say: Words) -> dict[str, bytes]:
    from ..drawing import picture_files

    return picture_files({"figure": _teller(finding).figure(finding, say)})


def _section(finding: Finding, say: Words, vector: bytes | None = None) -> dict[str, Any]:
    """What the page says of a finding; its figure is drawn unless it is at hand."""
    from ..report import as_source

    return {
        "name": finding.name,
        "scenario": finding.scenario or say("finding.several_places"),
        "command": finding.command + ("" if say.lang == "en" else f" --lang {say.lang}"),
        "sentences": _sentences(finding, say),
        "sheets": _sheets(finding, say),
        "picture": as_source(vector or _pictures(finding, say)["figure.svg"]),
    }


def _render(sections: Sequence[Mapping[str, Any]], say: Words) -> str:
    from importlib.metadata import version

    from ..report import open_template

    return open_template("findings.html.j2").render(say=say, sections=sections, version=version("ecocluster"))


def write_finding(finding: Finding, out: str | Path, lang: str = "en") -> Path:
    """Write a finding with its figure (PNG, SVG) and page into a folder, whole or not at all.

    Raises
    ------
    InputError
        If the folder holds files that are not ours, or cannot be written.
    """
    say = Words(lang)
    pictures = _pictures(finding, say)
    html = _render([_section(finding, say, pictures["figure.svg"])], say)
    return finding.write(out, {**pictures, "report.html": html.encode()})


def write_pages(folders: Sequence[str | Path], out: str | Path, lang: str = "en") -> Path:
    """Join findings that were written before into one report.

    Parameters
    ----------
    folders : sequence of path
        Folders of `write_finding`.
    out : path
    lang : str
        May differ from the language they were written in.
    """
    from ...experiments.analyses.finding import read_finding
    from ...experiments.folder import write_folder

    say, findings, sections = Words(lang), [], []
    for folder in folders:
        findings.append(read_finding(folder))
        try:
            sections.append(_section(findings[-1], say))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:  # facts that are none of ours
            raise InputError("not_a_finding", path=folder) from error
    html = _render(sections, say)
    return write_folder(out, {"report.html": html.encode()}, {"commands": [finding.command for finding in findings]})
