"""A table of enterprises to begin with, in the reader's language: example rows, and what each column means."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from ..scenarios.cells import xlsx_bytes
from ..scenarios.enterprises import COLUMNS, sector_word
from .new_file import new_path, write_new
from .words import Words

__all__ = ["template_csv", "template_rows", "template_xlsx", "write_template"]

_HEADS = {  # the reader takes either language
    "en": ("sector", "workers", "revenue (million VND)", "technologies", "need", "trust"),
    "vi": ("ngành", "lao động", "doanh thu (triệu đồng)", "công nghệ", "nhu cầu", "niềm tin"),
}
_ROWS = (
    ("textile", 24, 18000, "T1", 4, 3),
    ("food", 9, None, None, None, None),
    ("1623", 12, 5400, None, None, None),
    ("metal_mechanical", 15, 9500, "T1+T2", 5, 2),
)
ENDINGS = (".xlsx", ".csv")


def template_rows(lang: str) -> list[list[str]]:
    """Heads and lines of a table to begin with, in the reader's language."""
    return [["" if cell is None else str(cell) for cell in row] for row in _rows(lang)]


def _rows(lang: str) -> list[list]:
    rows = [[sector_word(row[0], lang) if not row[0].isdigit() else row[0], *row[1:]] for row in _ROWS]
    return [list(_HEADS[lang]), *rows]


def template_csv(lang: str) -> str:
    """As CSV with the separator of the language's spreadsheets."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";" if lang == "vi" else ",", lineterminator="\r\n").writerows(template_rows(lang))
    return "\ufeff" + buffer.getvalue()


def template_xlsx(say: Words) -> bytes:
    """As a workbook: the table, and a sheet that says what each column means."""
    guide = [
        [say("template.column"), say("template.meaning")],
        *([say(f"my_cluster.col.{name}"), say(f"template.{name}")] for name in COLUMNS),
    ]
    return xlsx_bytes({say("template.sheet"): _rows(say.lang), say("template.guide"): guide}, {say("template.guide"): (20, 90)})


def write_template(file: str | Path, say: Words) -> Path:
    """Write the template as the ending of `file` says.

    Raises
    ------
    ScenarioError
        For another ending, a file that exists, or a place where nothing can be written.
    """
    path = new_path(file, ENDINGS)
    write_new(path, template_xlsx(say) if path.suffix.lower() == ".xlsx" else template_csv(say.lang).encode())
    return path
