"""The scenario that is made from a table of enterprises, and the report of what was read, drawn and assumed."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..model.sites_and_arms import Site
from .enterprises import THOUSANDS, read_firms
from .errors import Message, Refusal, ScenarioError, Tell
from .given import path_of
from .schema import CLUSTER_AREA_CAP, known_id
from .sites import load_scenario

__all__ = ["Report", "new_scenario"]

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
        Of the table that was read.
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

    def __str__(self) -> str:
        return self.lines()

    def lines(self, tell: Tell = str) -> str:
        """One line for everything that was read, drawn, assumed, refused and written.

        Parameters
        ----------
        tell : callable
            Default: English.
        """
        read = Message("firms_read", source=self.source, count=self.accepted, columns=", ".join(self.read))
        messages = [read]
        if self.ignored:
            messages.append(Message("not_used", columns=", ".join(self.ignored)))
        messages += [Message("drawn", what=item) for item in self.drawn]
        messages += [Message("assumed", what=item) for item in self.assumed]
        messages += [Message("refused", row=item.sentence(tell)) for item in self.refused]
        messages.append(Message("written", scenario=self.scenario, firms=self.firms))
        return "\n".join(map(tell, messages))


def new_scenario(name: str, firms_csv: str | Path, out_dir: str | Path = ".", skip_bad_rows: bool = False) -> Report:
    """Make a scenario of one cluster from a table of enterprises.

    Writes ``NAME.toml`` and, beside it, ``NAME-firms.csv`` (cleaned). What a column leaves out is drawn by
    the model. Both files are finished and read back before they take their names, so nothing is left half
    written.

    Parameters
    ----------
    name : str
        Id of the scenario: a-z, 0-9, hyphens.
    firms_csv : str or Path
        See `read_firms`.
    out_dir : str or Path
        Made if it does not exist.
    skip_bad_rows : bool
        Go on without the refused rows.

    Returns
    -------
    Report

    Raises
    ------
    ScenarioError
        For a bad name, table or folder, for files that exist, and (unless `skip_bad_rows`) for any refused
        row; then nothing is written.
    """
    try:
        known_id(name)
    except ScenarioError as error:
        error.key, error.value = "name", name
        raise
    source, folder = path_of(firms_csv), path_of(out_dir, "--out")
    scenario, cleaned = folder / f"{name}.toml", folder / f"{name}-firms.csv"
    if scenario.exists():
        raise ScenarioError("exists", file=scenario)
    table, firms, refused = read_firms(source)
    rows = len({refusal.line for refusal in refused})
    if refused and not skip_bad_rows:
        raise ScenarioError("rows_refused_nothing_written", file=source, refused=refused, rows=rows, all=len(table.rows))
    if not firms:
        raise ScenarioError("no_row_left", file=source, refused=refused)
    text = _cleaned(table.columns, firms)
    # a table alone with the very bytes that would be written is what a run left that was killed in between
    if cleaned.exists() and not _holds(cleaned, text):
        raise ScenarioError("exists", file=cleaned)
    _write(folder, name, source, text, len(firms))
    return Report(
        name, scenario, cleaned, source, table.separator, table.columns, table.ignored,
        tuple(_drawn(table.columns, firms)), _assumed(len(firms)), len(firms), tuple(refused),
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


def _toml(name: str, source: Path, firms: int) -> str:
    """The scenario file: one cluster whose firms are known."""
    planned, built = _areas(firms)
    note = json.dumps(f"Made from {source.name}: {firms} known firms; areas assumed.", ensure_ascii=False)
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
    ]
    return "\n".join(lines) + "\n"


def _cleaned(columns: tuple[str, ...], firms: list[dict[str, object]]) -> str:
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


def _write(folder: Path, name: str, source: Path, text: str, firms: int) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as draft:
            (Path(draft) / f"{name}-firms.csv").write_bytes(text.encode())
            (Path(draft) / f"{name}.toml").write_bytes(_toml(name, source, firms).encode())
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
    return text + "0" if re.fullmatch(THOUSANDS, text) else text  # 1.234 would be refused, 1.2340 is clear
