"""A visitor's table of enterprises: read in memory and written nowhere, told row by row, read again as he says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...scenarios import Choices, FirmTable, Refusal, ScenarioError, read_firms
from ...scenarios.given import without_marks
from ...scenarios.making import cleaned_table, scenario_text
from ...scenarios.sheets import read_sheets

__all__ = ["OPTIONAL", "Upload", "file_name", "id_of", "read_upload", "sheets_of"]

OPTIONAL = ("revenue", "x", "y", "technologies", "need", "trust")


@dataclass(frozen=True)
class Upload:
    """What was understood of a table.

    Attributes
    ----------
    source : str
        Name of the visitor's file.
    name : str
        Id of the scenario.
    scenario, firms : str
        Texts of the two files that `new_scenario` makes; empty if no row is left, or something is asked.
    table : FirmTable
    rows : list of (int, dict, tuple of Refusal)
        Line in the file, the enterprise as understood (empty if refused), what was refused of it.
    """

    source: str
    name: str
    scenario: str
    firms: str
    table: FirmTable
    rows: list[tuple[int, Mapping[str, Any], tuple[Refusal, ...]]]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of ours that the table has."""
        return self.table.columns

    @property
    def accepted(self) -> int:
        """Rows that were understood."""
        return sum(not refused for _, _, refused in self.rows)

    @property
    def area(self) -> float:
        """Built area that the scenario assumes, ha."""
        return float(tomllib.loads(self.scenario)["clusters"][0]["area_built"])

    def drawn(self) -> list[tuple[str, int]]:
        """Columns that the model draws, and for how many of the enterprises."""
        known = [firm for _, firm, refused in self.rows if not refused]
        missing = [(column, sum(column not in firm for firm in known)) for column in OPTIONAL if column != "y"]
        return [(column, count) for column, count in missing if count]

    def write(self, folder: Path) -> Path:
        """Write both files into a folder and give the path of the scenario."""
        (folder / f"{self.name}-firms.csv").write_text(self.firms, encoding="utf-8")
        path = folder / f"{self.name}.toml"
        path.write_text(self.scenario, encoding="utf-8")
        return path


def read_upload(source: str, content: bytes, choices: Choices | None = None) -> Upload:
    """Read a table of enterprises as `ecocluster scenarios new --skip-bad-rows` does.

    Parameters
    ----------
    source : str
        Name of the visitor's file: shown, never used as a path.
    content : bytes
    choices : Choices, optional

    Raises
    ------
    ScenarioError
        If the table as a whole cannot be used; its `file` is `source`.
    """
    try:
        table = read_firms(Path(file_name(source)), choices, content)
    except ScenarioError as error:
        error.file = source
        raise
    problems: dict[int, list[Refusal]] = {}
    for refusal in table.refused:
        problems.setdefault(refusal.line, []).append(refusal)
    accepted = iter(table.firms)
    rows: list[tuple[int, Mapping[str, Any], tuple[Refusal, ...]]] = [
        (line, {} if line in problems else next(accepted), tuple(problems.get(line, ()))) for line, _ in table.rows
    ]
    name, scenario, cleaned = id_of(source), "", ""
    if table.firms and not table.asked:
        accept = choices.accept if choices is not None else ()
        scenario = scenario_text(name, file_name(source), len(table.firms), accept)
        cleaned = cleaned_table(table.columns, table.firms)
    return Upload(source, name, scenario, cleaned, table, rows)


def sheets_of(source: str, content: bytes) -> tuple[str, ...]:
    """Names of the sheets of a spreadsheet that hold anything; none of a text table."""
    try:
        return tuple(sheet.name for sheet in read_sheets(Path(file_name(source)), content) if sheet.name)
    except ScenarioError as error:
        error.file = source
        raise


def file_name(source: str) -> str:
    """A harmless name of a file that still tells which one it was."""
    return re.sub(r"[^\w.-]+", "-", without_marks(Path(source.replace("\\", "/")).name)).lstrip(".-")[-60:] or "table.csv"


def id_of(source: str) -> str:
    """A usable id out of the name of a file."""
    stem = re.sub(r"[^a-z0-9]+", "-", without_marks(Path(source).stem).casefold()).strip("-")[:40].strip("-")
    return stem or "my-cluster"
