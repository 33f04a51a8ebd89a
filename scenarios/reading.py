"""Text, TOML and tables from disk: size limits, encodings and broken files are settled here, once."""

from __future__ import annotations

import csv
import os
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.regular import NotRegular, open_regular
from .errors import Message, ScenarioError, nearest_name
from .given import shown

__all__ = ["MAX_TABLE_MB", "Table", "read_bytes", "read_table", "read_toml"]

MAX_TABLE_MB = 20
_MAX_TOML_MB = 2
_DEEPEST = 30  # tables within tables


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Attributes
    ----------
    path : Path
    separator : str
    columns : tuple of str
        Known columns, in the order of the file.
    ignored : tuple of str
        Columns that are allowed but not used.
    rows : list of (int, dict)
        Line in the file and column -> text; empty cells are left out.
    """

    path: Path
    separator: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]


def read_toml(path: Path) -> dict[str, Any]:
    """Content of a TOML file.

    Raises
    ------
    ScenarioError
        If the file is missing, too large, not UTF-8 or not TOML (with line and column).
    """
    text = _read_text(path, _MAX_TOML_MB)
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(text, str(error), path) from None
    except RecursionError:
        raise ScenarioError("too_deep", file=path) from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise ScenarioError("long_number", file=path) from None
    _check_values(found, path)
    return found


def _not_toml(text: str, cause: str, path: Path) -> ScenarioError:
    """What to write instead, where the cause is one of those that text processors and Windows bring about."""
    place = re.search(r"at line (\d+)", cause)
    line = int(place[1]) if place else 0
    there = text.splitlines()[line - 1] if 0 < line <= text.count("\n") + 1 else ""
    if any(mark in there for mark in "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"):
        return ScenarioError("curly_quotes", file=path, line=line)
    if "\\" in there:
        return ScenarioError("backslash", file=path, line=line)
    return ScenarioError("not_toml", file=path, cause=cause)


def _check_values(found: Any, path: Path) -> None:
    """Refuse what no reader of ours can use, wherever it stands: zero bytes, endless numbers, tables within tables within tables."""
    todo: list[tuple[str, Any, int]] = [("", found, 0)]
    while todo:
        key, value, depth = todo.pop()
        if depth > _DEEPEST:
            raise ScenarioError("too_deep", file=path)
        if isinstance(value, dict):
            for name, part in value.items():
                if "\0" in name:
                    raise ScenarioError("zero_byte", file=path, key=shown(name))
                todo.append((f"{key}.{name}" if key else name, part, depth + 1))
        elif isinstance(value, list):
            todo += [(key, part, depth + 1) for part in value]
        elif isinstance(value, str) and "\0" in value:
            raise ScenarioError("zero_byte", file=path, key=key, value=shown(value))
        elif isinstance(value, int) and abs(value) >= 10**40:
            raise ScenarioError("long_number", file=path, key=key)


def read_table(
    path: Path,
    known: Collection[str],
    *,
    required: Collection[str],
    max_rows: int,
    aliases: Mapping[str, str] | None = None,
    ignored: Collection[str] = (),
) -> Table:
    """Rows of a table separated by commas, semicolons or tabs, UTF-8 with or without byte order mark.

    Parameters
    ----------
    path : Path
    known, required : collection of str
        Columns that may and that must be there.
    max_rows : int
    aliases : mapping, optional
        Other names of columns; headers are compared in lower case.
    ignored : collection of str
        Columns that may be there and are not read.

    Raises
    ------
    ScenarioError
        If the file cannot be read, has no rows or too many, an unknown, missing or double column, or a row
        with more cells than the header.
    """
    text = _read_text(path, MAX_TABLE_MB)
    if "\0" in text:
        raise ScenarioError("zero_bytes", file=path)
    header = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=header.count)
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    columns: list[str] | None = None
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if columns is None:
                columns = _header(path, cells, known, required, aliases or {}, ignored)
                continue
            if len(cells) > len(columns):
                raise ScenarioError("cells", file=path, line=reader.line_num, cells=len(cells), columns=len(columns))
            if len(rows) == max_rows:
                allowed = Message("at_most_units", high=max_rows, unit="rows")
                raise ScenarioError("too_many_rows", file=path, allowed=allowed)
            row = {name: cell for name, cell in zip(columns, cells, strict=False) if cell and name in known}
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ScenarioError("broken_table", file=path, line=reader.line_num, cause=str(error)) from None
    if columns is None:
        raise ScenarioError("empty_table", file=path)
    if not rows:
        raise ScenarioError("header_only", file=path)
    return Table(
        path,
        separator,
        tuple(name for name in columns if name in known),
        tuple(name for name in columns if name not in known),
        rows,
    )


def _header(path, cells, known, required, aliases, ignored) -> list[str]:
    columns = []
    for cell in cells:
        name = " ".join(unicodedata.normalize("NFC", cell).casefold().split())
        name = aliases.get(name, name)
        if name in columns:
            raise ScenarioError("column_twice", file=path, key=cell)
        if name not in known and name not in ignored:
            raise ScenarioError(
                "unknown_column",
                file=path,
                key=cell or Message("no_heading"),
                nearest=nearest_name(name, [*known, *aliases]),
                allowed=", ".join([*known, *ignored]),
            )
        columns.append(name)
    for name in required:
        if name not in columns:
            raise ScenarioError("column_missing", file=path, key=name)
    return columns


def read_bytes(path: Path, limit_mb: int) -> bytes:
    """Content of a regular file: no more of it is read than may be, and no pipe or device is waited for."""
    try:
        if path.is_dir():
            raise ScenarioError("folder", file=path)
        with open_regular(path) as stream:
            raw = stream.read(limit_mb * 1_000_000 + 1) or b""  # None: a file of the system that has nothing to say yet
            size = max(len(raw), os.fstat(stream.fileno()).st_size)
        if len(raw) > limit_mb * 1_000_000:
            allowed = Message("at_most_units", high=limit_mb, unit="MB")
            raise ScenarioError("file_size", file=path, allowed=allowed, size=size / 1e6)
    except NotRegular:
        raise ScenarioError("not_a_file", file=path) from None
    except FileNotFoundError:
        raise ScenarioError("no_file", file=path) from None
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError("unreadable", file=path, cause=getattr(error, "strerror", None) or str(error)) from error
    return raw


def _read_text(path: Path, limit_mb: int) -> str:
    raw = read_bytes(path, limit_mb)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError("not_utf8", file=path, byte=raw[error.start], position=error.start) from None
