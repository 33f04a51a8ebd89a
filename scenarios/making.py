"""The scenario that is made from a table of enterprises, and the report of what was read, drawn and assumed."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..model.border import bordered
from ..model.sites_and_arms import Site
from .enterprises import Choices, FirmTable, read_firms
from .errors import Message, Refusal, ScenarioError, Tell
from .given import path_of
from .schema import CLUSTER_AREA_CAP, known_id
from .sites import load_scenario

__all__ = ["Report", "cleaned_table", "new_scenario", "preview", "scenario_text"]

_HA_PER_FIRM = 0.36  # 1,392 ha built for 3,864 firms
_BUILT_SHARE = 0.826  # 1,392 of 1,686 ha
_DRAWN = {
    "revenue": Message("drawn_revenue"),
    "x": Message("drawn_position"),
    "technologies": Message("drawn_technologies"),
    "need": Message("drawn_need"),
    "trust": Message("drawn_trust"),
}


@dataclass(frozen=True)
class Report:
    """What `new_scenario` read, what will be drawn, what it refused and what it wrote.

    Attributes
    ----------
    name : str
    scenario, firms : Path
        The files written.
    source : Path
    separator : str
        Of the table that was read; empty for a spreadsheet.
    read : tuple of str
        Columns used.
    ignored : tuple of str
        Columns not used.
    drawn : tuple of Message
        What the model draws because the table leaves it out.
    assumed : tuple of Message
        What was put into the scenario without a source.
    accepted : int
        Firms.
    refused : tuple of Refusal
    table : FirmTable
        What was understood of the table.
    """

    name: str
    scenario: Path
    firms: Path
    source: Path
    separator: str
    read: tuple[str, ...]
    ignored: tuple[str, ...]
    drawn: tuple[Message, ...]
    assumed: tuple[Message, ...]
    accepted: int
    refused: tuple[Refusal, ...]
    table: FirmTable

    def __str__(self) -> str:
        return self.lines()

    def lines(self, tell: Tell = str) -> str:
        """One line for everything that was read, drawn, assumed, refused and written.

        Parameters
        ----------
        tell : callable
            Default: English.
        """
        messages = [*preview(self.table, self.source, tell)]
        messages += [Message("drawn", what=item) for item in self.drawn]
        messages += [Message("assumed", what=item) for item in self.assumed]
        messages += [Message("refused", row=item.sentence(tell)) for item in self.refused]
        messages.append(Message("written", scenario=self.scenario, firms=self.firms))
        return "\n".join(map(tell, messages))


def preview(table: FirmTable, source: Path, tell: Tell = str) -> list[Message]:
    """What was understood of a table: columns, how it was read, each trade and the sector it was taken for."""
    columns = ", ".join(_told_column(name, table.read_from[name], tell) for name in table.columns)
    messages = [Message("firms_read", source=source, count=len(table.firms), columns=columns)]
    if table.ignored:
        messages.append(Message("not_used", columns=", ".join(table.ignored)))
    messages += table.remarks
    taken: dict[str, list[str]] = {}
    for text, sector in table.sectors.items():
        taken.setdefault(sector, []).append(text)
    for sector, texts in taken.items():
        if texts != [sector]:
            shown = ", ".join(f"'{text}'" for text in texts[:6]) + (f" (+{len(texts) - 6})" if len(texts) > 6 else "")
            messages.append(Message("understood", sector=sector, texts=shown))
    return messages


def _told_column(name: str, head: str, tell: Tell) -> str:
    known = tell(Message(f"col_{name}"))
    return known if head in (name, known) else f"{known} ('{head}')"


@bordered
def new_scenario(
    name: str, firms: str | Path, out_dir: str | Path = ".", skip_bad_rows: bool = False, choices: Choices | None = None
) -> Report:
    """Make a scenario of one cluster from a table of enterprises.

    Writes ``NAME.toml`` and, beside it, ``NAME-firms.csv`` (cleaned: no name, no tax code). What a column leaves out is drawn by
    the model. Both files are finished and read back before they take their names, so nothing is left half
    written.

    Parameters
    ----------
    name : str
        Id of the scenario: a-z, 0-9, hyphens.
    firms : str or Path
        A spreadsheet or text table, see `read_firms`.
    out_dir : str or Path
        Made if it does not exist.
    skip_bad_rows : bool
        Go on without the refused rows.
    choices : Choices, optional
        What the reader says of his table: columns, sheet, unit of the money, sign before decimals, doubts that are settled.

    Returns
    -------
    Report

    Raises
    ------
    ScenarioError
        For a bad name, table or folder, for files that exist, for whatever is asked, and (unless `skip_bad_rows`) for any
        refused row; then nothing is written.
    """
    try:
        known_id(name)
    except ScenarioError as error:
        error.key, error.value = "name", name
        raise
    source, folder = path_of(firms), path_of(out_dir, "--out")
    scenario, cleaned = folder / f"{name}.toml", folder / f"{name}-firms.csv"
    if scenario.exists():
        raise ScenarioError("exists", file=scenario)
    table = read_firms(source, choices)
    problem = table.problem(skip_bad_rows, written=True)
    if problem is not None:
        raise problem
    text = cleaned_table(table.columns, table.firms)
    # a table alone with the very bytes that would be written is what a run left that was killed in between
    if cleaned.exists() and not _holds(cleaned, text):
        raise ScenarioError("exists", file=cleaned)
    accept = tuple(choices.accept) if choices is not None else ()
    _write(folder, name, text, scenario_text(name, source.name, len(table.firms), accept))
    return Report(
        name, scenario, cleaned, source, table.separator, table.columns, table.ignored,
        tuple(_drawn(table.columns, table.firms)), _assumed(len(table.firms)), len(table.firms), tuple(table.refused), table,
    )  # fmt: skip


def _drawn(columns: tuple[str, ...], firms: list[dict[str, object]]) -> list[Message]:
    items = []
    for column, what in _DRAWN.items():
        missing = sum(column not in firm for firm in firms)
        if missing and column in columns:
            what = Message("drawn_for", what=what, missing=missing, firms=len(firms))
        if missing:
            items.append(what)
    return [*items, Message("drawn_others")]


def _areas(firms: int) -> tuple[float, float]:
    """Planned and built area, ha, at the density of Hanoi's clusters."""
    built = _HA_PER_FIRM * firms
    return round(built / _BUILT_SHARE, 2), round(built, 2)


def _assumed(firms: int) -> tuple[Message, ...]:
    planned, built = _areas(firms)
    return Message("assumed_area", built=built, planned=planned), Message("assumed_others")


def scenario_text(name: str, source: str, firms: int, accept: tuple[str, ...] = ()) -> str:
    """The scenario file: one cluster whose firms are known."""
    planned, built = _areas(firms)
    note = json.dumps(f"Made from {source}: {firms} known firms; areas assumed.", ensure_ascii=False)
    lines = [
        'type = "scenario"',
        f'id = "{name}"',
        f'name = "{name}"',
        f'kind = "{"cluster" if planned <= CLUSTER_AREA_CAP else "park"}"',
        f"note = {note}",
        # the budget is shared by firms: the city cannot have fewer than this cluster
        *([f"city_firms = {firms}"] if firms > Site.city_firms else []),
        "",
        "[[clusters]]",
        f'id = "{name}"',
        f'name = "{name}"',
        f'firms = "{name}-firms.csv"',
        f"firms_2018 = {firms}",
        f"area_planned = {planned}   # ha, assumed",
        f"area_built = {built}",
        # what looked wrong and is right
        *([f"accept = {json.dumps(sorted(accept))}"] if accept else []),
    ]
    return "\n".join(lines) + "\n"


def cleaned_table(columns: tuple[str, ...], firms: list[dict[str, object]]) -> str:
    """The table of firms as it is kept beside the scenario."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(columns)
    for firm in firms:
        table.writerow([_cell(firm.get(column)) for column in columns])
    return buffer.getvalue()


def _holds(path: Path, text: str) -> bool:
    """Is this a file with exactly this text?"""
    data = text.encode()
    return path.is_file() and not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data


def _write(folder: Path, name: str, text: str, scenario: str) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as draft:
            (Path(draft) / f"{name}-firms.csv").write_bytes(text.encode())
            (Path(draft) / f"{name}.toml").write_bytes(scenario.encode())
            load_scenario(Path(draft) / f"{name}.toml")
            # the scenario comes last: whoever sees it finds its table
            for file in (f"{name}-firms.csv", f"{name}.toml"):
                (Path(draft) / file).replace(folder / file)
    except OSError as error:
        raise ScenarioError("not_writable", file=folder, cause=error.strerror or str(error)) from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "+".join(value) or "-"
    if isinstance(value, str):
        return value
    text = f"{value:.15g}"
    # 1.234 would be asked about, 1.2340 is clear
    return text + "0" if re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", text) else text
