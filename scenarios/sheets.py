"""Whatever holds a table, as sheets of cells: .xlsx, .xls and .ods by calamine, texts in the code pages that Vietnam has used.

Nothing is decided here about what the cells mean, and nothing is written: a visitor's table stays in memory.
"""

from __future__ import annotations

import csv
import io
import marshal
import subprocess
import sys
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from . import spreadsheet_apart
from .errors import Message, ScenarioError
from .letters import decoded, in_unicode, turned_by
from .reading import MAX_TABLE_MB, read_bytes

__all__ = ["ENDINGS", "Sheet", "cell_text", "read_sheets"]

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_MAX_UNPACKED_MB = 200
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_OTHER_KINDS = {
    "web": (b"<!doctype", b"<html", b"<head", b"<meta", b"<style", b"<table", b"<div", b"<body", b"mime-version:"),
    "xml": (b"<?xml",),
    "pdf": (b"%pdf",),
    "picture": (b"\x89png", b"gif8", b"\xff\xd8\xff", b"bm6", b"ii*\0"),
    "word": (b"{\\rtf",),
    "json": (b'{"', b"[{", b"[["),
}

Cell = str | float | None


@dataclass(frozen=True)
class Sheet:
    """The cells of one table.

    Attributes
    ----------
    name : str
        Empty for a text file.
    rows : list of (int, list)
        Line in the file (or row of the sheet) and its cells: texts, numbers of a spreadsheet, None for empty ones.
    separator : str
        Of a text file, else empty.
    remarks : tuple of Message
        What had to be done to read it.
    hidden : bool
    merged : tuple of (int, int, int, int)
        Ranges of cells that are one: first row (as in `rows`), first column (from 0), last row, last column.
    """

    name: str
    rows: list[tuple[int, list[Cell]]]
    separator: str = ""
    remarks: tuple[Message, ...] = field(default=())
    hidden: bool = False
    merged: tuple[tuple[int, int, int, int], ...] = ()


def read_sheets(path: Path, raw: bytes | None = None) -> list[Sheet]:
    """All sheets of a file that are not empty.

    Parameters
    ----------
    path : Path
        Told in messages; read if there is no `raw`.
    raw : bytes, optional
        Content that is in memory already.

    Raises
    ------
    ScenarioError
        If the file is missing, too large, empty, locked by a password or of another kind.
    """
    raw = read_bytes(path, MAX_TABLE_MB) if raw is None else raw
    _refuse_other_kinds(raw, path)
    if raw.startswith(_ZIP) or raw.startswith(_OLE):
        return _workbook(raw, path)
    return [_text_table(raw, path)]


def cell_text(cell: Cell) -> str:
    """A cell as it would be typed."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else f"{cell:.15g}"


def _workbook(raw: bytes, path: Path) -> list[Sheet]:
    if raw.startswith(_ZIP):
        _refuse_bomb(raw, path)
    elif "EncryptedPackage".encode("utf-16-le") in raw:
        raise ScenarioError("workbook_locked", file=path)
    found = _read_apart(raw)
    if "large" in found:
        allowed = Message("at_most_units", high=spreadsheet_apart.MAX_CELLS, unit="cells")
        raise ScenarioError("sheet_size", file=path, key=found["large"], allowed=allowed)
    if "sheets" not in found:
        key = "workbook_locked" if "locked" in found else "sheet_far" if "far" in found else "not_a_workbook"
        raise ScenarioError(key, file=path)
    sheets = []
    for name, visible, merged, lines in found["sheets"]:
        rows = [(number, [_cell(cell) for cell in line]) for number, line in enumerate(lines, 1)]
        rows, remarks = _rows_in_unicode([row for row in rows if any(cell is not None for cell in row[1])])
        ranges = tuple((top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in merged)
        sheets.append(Sheet(name, rows, remarks=remarks, hidden=not visible, merged=ranges))
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise ScenarioError("empty_table", file=path)
    return sheets


def _read_apart(raw: bytes) -> dict:
    """What `spreadsheet_apart` makes of it, or how it ended."""
    done = subprocess.run([sys.executable, "-P", spreadsheet_apart.__file__], input=raw, capture_output=True, check=False)
    if done.returncode == 0:
        return marshal.loads(done.stdout)
    return {} if done.returncode == 1 else {"far": True}  # 1: a failure of Python's; else it was ended for the memory it wanted


def _refuse_other_kinds(raw: bytes, path: Path) -> None:
    """Name what is no table although its name may say so: a web page saved as .xls is the usual one."""
    begin = raw[:2000]
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        begin = begin.decode("utf-16", "replace").encode()
    begin = begin.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    kind = next((kind for kind, marks in _OTHER_KINDS.items() if begin.startswith(marks)), None)
    if raw.startswith(_ZIP) and b"word/document.xml" in raw or raw.startswith(_OLE) and "WordDocument".encode("utf-16-le") in raw:
        kind = "word"
    if kind:
        raise ScenarioError("other_kind", file=path, kind=Message(f"kind_{kind}"))


def _refuse_bomb(raw: bytes, path: Path) -> None:
    """Refuse what grows beyond reason when it is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise ScenarioError("not_a_workbook", file=path) from None
    if size > _MAX_UNPACKED_MB * 1e6:
        raise ScenarioError(
            "file_size", file=path, allowed=Message("at_most_units", high=_MAX_UNPACKED_MB, unit="MB"), size=size / 1e6
        )


def _cell(cell: Cell) -> Cell:
    return cell if not isinstance(cell, str) else unicodedata.normalize("NFC", cell).strip() or None


def _text_table(raw: bytes, path: Path) -> Sheet:
    text, remarks = decoded(raw, path)
    if "\0" in text:
        raise ScenarioError("zero_bytes", file=path)
    if not text.strip():
        raise ScenarioError("empty_table", file=path)
    text, old = in_unicode(unicodedata.normalize("NFC", text))
    separator = _separator(text)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    rows: list[tuple[int, list[Cell]]] = []
    try:
        for cells in reader:
            found: list[Cell] = [cell.strip() or None for cell in cells]
            if any(found):
                rows.append((reader.line_num, found))
    except csv.Error as error:
        raise ScenarioError("broken_table", file=path, line=reader.line_num, cause=str(error)) from None
    if not rows:
        raise ScenarioError("empty_table", file=path)
    return Sheet("", rows, separator, (*remarks, *old))


def _separator(text: str) -> str:
    """What cuts the lines into equally many cells, of the most of them: title rows hold none."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]

    def fit(mark: str) -> tuple[int, int]:
        counts = [len(next(csv.reader([line], delimiter=mark), [])) for line in lines if mark in line]
        most = max(set(counts), key=counts.count) if counts else 0
        return counts.count(most) if most > 1 else 0, most

    return max(",;\t|", key=fit)


def _rows_in_unicode(rows: list[tuple[int, list[Cell]]]) -> tuple[list[tuple[int, list[Cell]]], tuple[Message, ...]]:
    """The rows of a spreadsheet in Unicode where its texts were typed in old fonts."""
    whole = "\n".join(cell for _, cells in rows[:500] for cell in cells if isinstance(cell, str))
    remarks = in_unicode(whole)[1]
    if not remarks:
        return rows, ()
    turn = turned_by(remarks[0])
    return [(line, [turn(cell) if isinstance(cell, str) else cell for cell in cells]) for line, cells in rows], remarks
