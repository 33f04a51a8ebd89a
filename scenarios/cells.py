"""Cells that go out: texts that a spreadsheet would run are written as texts, and workbooks of them.

A name that begins with "=" is a formula to whoever opens the table. In text tables a "'" is put before it, as spreadsheets themselves
mark a text, and before what begins another cell where ";" cuts them (Excel on a Vietnamese machine); `as_it_was` takes it away again. In workbooks the cell is a text by its type, and has the mark for whoever saves it as CSV.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .given import is_number

__all__ = ["as_it_was", "safe_text", "xlsx_bytes"]

_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20"
_RUN = re.compile(rf"[{_SIGNS}\t\r\n]")
_CUT = re.compile(rf"([;\t\r\n]\s*)(?=[{_SIGNS}])")  # where Excel of a Vietnamese machine begins another cell
_MARKED = re.compile(rf"([;\t\r\n]\s*)'(?=[{_SIGNS}])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
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
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    book = Workbook(buffer, {"in_memory": True})  # entries of the archive are dated 1980
    book.set_properties({"author": "ecocluster", "created": datetime(1980, 1, 1)})
    shown: dict[str, str] = {}  # a table says the same words in many rows
    looks = {(bold, wrap): book.add_format({"bold": bold, **_wrapped(wrap)}) for bold in (True, False) for wrap in (True, False)}
    for name, rows in sheets.items():
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        longest: list[int] = []
        given = (widths or {}).get(name)
        for i, row in enumerate(rows):
            longest += [0] * (len(row) - len(longest))
            for j, value in enumerate(row):
                if value is None or value != value:
                    continue
                bold = i == 0
                if isinstance(value, str):  # never a formula, a link, a number
                    wide = "\n" in value or len(value) + 2 > (given[j] if given and j < len(given) else _WIDEST)
                    if value not in shown:
                        shown[value] = safe_text(_CONTROL.sub("?", value))
                    sheet.write_string(i, j, shown[value], looks[bold, wide] if bold or wide else None)
                elif type(value).__name__ in ("bool", "bool_"):  # NumPy's too
                    sheet.write_boolean(i, j, bool(value), looks[bold, False] if bold else None)
                else:
                    sheet.write_number(i, j, float(value), looks[bold, False] if bold else None)
                longest[j] = max(longest[j], len(str(value)))
        for j, width in enumerate(given or [min(max(n + 2, 8), _WIDEST) for n in longest]):
            sheet.set_column(j, j, width)
        sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()


def _wrapped(wrap: bool) -> dict[str, Any]:
    return {"text_wrap": True, "valign": "top"} if wrap else {}
