"""A visitor's table of enterprises: read strictly, in a temporary folder that is gone at once, and told row by row."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...scenarios import Refusal, ScenarioError, new_scenario
from ...scenarios.enterprises import read_firms, sector_word
from ...scenarios.given import without_marks

__all__ = ["OPTIONAL", "Upload", "read_upload", "template_of", "template_rows"]

OPTIONAL = ("revenue", "x", "y", "technologies", "need", "trust")
_HEADS = {  # of the template; the reader takes either language
    "en": ("sector", "workers", "revenue", "technologies", "need", "trust"),
    "vi": ("ngành", "lao động", "doanh thu", "công nghệ", "nhu cầu", "niềm tin"),
}
_ROWS = (
    ("textile", "24", "18000", "T1", "4", "3"),
    ("food", "9", "", "", "", ""),
    ("metal_mechanical", "15", "9500", "T1+T2", "5", "2"),
)


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
        Texts of the two files that `new_scenario` made; empty if no row is left.
    columns, ignored : tuple of str
    rows : list of (int, dict, tuple of Refusal)
        Line in the file, the enterprise as understood (empty if refused), what was refused of it.
    """

    source: str
    name: str
    scenario: str
    firms: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: list[tuple[int, Mapping[str, Any], tuple[Refusal, ...]]]

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


def read_upload(source: str, content: bytes) -> Upload:
    """Read a table of enterprises as `ecocluster scenarios new` does, refused rows left out.

    Parameters
    ----------
    source : str
        Name of the visitor's file: shown, never used as a path.
    content : bytes

    Raises
    ------
    ScenarioError
        If the table as a whole cannot be used; its `file` is `source`.
    """
    with tempfile.TemporaryDirectory(prefix="ecocluster-") as folder:
        path = Path(folder) / "table" / _file_name(source)
        path.parent.mkdir()
        path.write_bytes(content)
        try:
            table, firms, refused = read_firms(path)
            scenario = cleaned = ""
            if firms:
                report = new_scenario(_id_of(source), path, Path(folder) / "made", skip_bad_rows=True)
                scenario = report.scenario.read_text(encoding="utf-8")
                cleaned = report.firms.read_text(encoding="utf-8")
        except ScenarioError as error:
            error.file = source  # not where it lay on the server
            raise
    accepted = iter(firms)
    problems: dict[int, list[Refusal]] = {}
    for refusal in refused:
        problems.setdefault(refusal.line, []).append(refusal)
    rows: list[tuple[int, Mapping[str, Any], tuple[Refusal, ...]]] = [
        (line, {} if line in problems else next(accepted), tuple(problems.get(line, ()))) for line, _ in table.rows
    ]
    return Upload(source, _id_of(source), scenario, cleaned, table.columns, table.ignored, rows)


def _file_name(source: str) -> str:
    """A harmless name of a file that still tells which one it was."""
    return re.sub(r"[^\w.-]+", "-", without_marks(Path(source.replace("\\", "/")).name)).lstrip(".-")[-60:] or "table.csv"


def _id_of(source: str) -> str:
    """A usable id out of the name of a file."""
    stem = re.sub(r"[^a-z0-9]+", "-", without_marks(Path(source).stem).casefold()).strip("-")[:40].strip("-")
    return stem or "my-cluster"


def template_rows(lang: str) -> list[list[str]]:
    """Heads and lines of a table to begin with, in the reader's language."""
    return [list(_HEADS[lang]), *([sector_word(row[0], lang), *row[1:]] for row in _ROWS)]


def template_of(lang: str) -> str:
    """A table to begin with, in the reader's language and separator (a spreadsheet's)."""
    separator = ";" if lang == "vi" else ","
    return "\ufeff" + "\r\n".join(separator.join(row) for row in template_rows(lang)) + "\r\n"
