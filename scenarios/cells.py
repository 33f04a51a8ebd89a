"""Cells that go out: texts that a spreadsheet would run are written as texts, and workbooks of them.

A name that begins with "=" is a formula to whoever opens the table. In text tables a "'" is put before it, as spreadsheets themselves
mark a text, and before what begins another cell where ";" cuts them (Excel on a Vietnamese machine); `as_it_was` takes it away again. In workbooks the cell is a text by its type, and has the mark for whoever saves it as CSV.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .given import is_number

__all__ = ["as_it_was", "safe_text", "xlsx_bytes"]

_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_RUN = re.compile(rf"[{_SIGNS}\t\r\n]")
_CUT = re.compile(rf"([;\t\r\n]\s*)(?=[{_SIGNS}])")  # where Excel of a Vietnamese machine begins another cell
_MARKED = re.compile(rf"([;\t\r\n]\s*)'(?=[{_SIGNS}])")
_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes for the same cells
_WIDEST = 60


def safe_text(value: Any) -> Any:
    """A cell that no spreadsheet runs; what is no text, or a number in letters, stays.

    Examples
    --------
    >>> safe_text("=1+1"), safe_text("-5"), safe_text("food"), safe_text("a;=1+1")
    ("'=1+1", '-5', 'food', "a;'=1+1")
    """
    if not isinstance(value, str) or len(value) < 2 or is_number(value):
        return value
    inside = _CUT.sub(r"\1'", value)
    return "'" + inside if _RUN.match(value) else inside if inside != value else value


def as_it_was(value: Any) -> Any:
    """A cell before `safe_text`."""
    if not isinstance(value, str) or "'" not in value:
        return value
    before = _MARKED.sub(r"\1", value[1:] if value.startswith("'") and _RUN.match(value[1:]) else value)
    return before if safe_text(before) == value else value


def xlsx_bytes(sheets: Mapping[str, Iterable[Sequence[Any]]], widths: Mapping[str, Sequence[float]] | None = None) -> bytes:
    """A workbook: rows of cells by sheet, the first row of each as its head.

    Parameters
    ----------
    sheets : mapping of str to iterable of sequences
        Name of the sheet (at most 31 characters) to its rows.
    widths : mapping, optional
        Of columns, in characters, by sheet; default: by what they hold.

    Returns
    -------
    bytes
        The same for the same cells.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    wrapped, bold = Alignment(wrap_text=True, vertical="top"), Font(bold=True)  # a style is slow to make, and to give
    book = Workbook()
    book.remove(book.active)
    book.properties.creator = "ecocluster"
    book.properties.created = book.properties.modified = datetime(1980, 1, 1)
    for name, rows in sheets.items():
        sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        longest: list[int] = []
        given = (widths or {}).get(name)
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row, 1):
                if value is None or value != value:
                    continue
                cell = sheet.cell(i, j)
                value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "?", value) if isinstance(value, str) else value
                cell.value = safe_text(value)
                if isinstance(value, str):
                    cell.data_type = "s"  # never a formula
                    if "\n" in value or len(value) + 2 > (given[j - 1] if given and j <= len(given) else _WIDEST):
                        cell.alignment = wrapped
                if i == 1:
                    cell.font = bold
                longest += [0] * (j - len(longest))
                longest[j - 1] = max(longest[j - 1], len(str(value)))
        for j, width in enumerate(given or [min(max(n + 2, 8), _WIDEST) for n in longest], 1):
            sheet.column_dimensions[get_column_letter(j)].width = width
        sheet.freeze_panes = "A2"
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_dates(buffer.getvalue())


def _without_dates(raw: bytes) -> bytes:
    """The same workbook, whenever it was written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>1980-01-01T00:00:00Z", content)
            new.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
