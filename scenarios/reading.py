"""Text, TOML and tables from disk: size limits, encodings and broken files are settled here, once."""

from __future__ import annotations

import csv
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ScenarioError, nearest_name

__all__ = ["MAX_TABLE_MB", "Table", "read_table", "read_toml"]

MAX_TABLE_MB = 20
_MAX_TOML_MB = 2


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
    try:
        return tomllib.loads(_read_text(path, _MAX_TOML_MB))
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"not a TOML file: {error}", file=path) from None
    except RecursionError:
        raise ScenarioError("not a TOML file: nested too deeply", file=path) from None


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
        raise ScenarioError("not a text table: it contains zero bytes", file=path)
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
                raise ScenarioError(
                    f"line {reader.line_num} has {len(cells)} cells, the header has {len(columns)}", file=path
                )
            if len(rows) == max_rows:
                raise ScenarioError("too many rows", file=path, allowed=f"at most {max_rows} rows")
            row = {name: cell for name, cell in zip(columns, cells, strict=False) if cell and name in known}
            rows.append((reader.line_num, row))
    except csv.Error as error:
        raise ScenarioError(f"broken table at line {reader.line_num}: {error}", file=path) from None
    if columns is None:
        raise ScenarioError("the table is empty", file=path)
    if not rows:
        raise ScenarioError("the table has a header but no rows", file=path)
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
            raise ScenarioError("the column stands twice in the header", file=path, key=cell)
        if name not in known and name not in ignored:
            raise ScenarioError(
                "unknown column",
                file=path,
                key=cell or "(empty)",
                nearest=nearest_name(name, [*known, *aliases]),
                allowed=", ".join([*known, *ignored]),
            )
        columns.append(name)
    for name in required:
        if name not in columns:
            raise ScenarioError("the column is missing", file=path, key=name)
    return columns


def _read_text(path: Path, limit_mb: int) -> str:
    try:
        if path.is_dir():
            raise ScenarioError("is a folder, not a file", file=path)
        size = path.stat().st_size
        if size > limit_mb * 1_000_000:
            raise ScenarioError(
                f"the file has {size / 1e6:.1f} MB", file=path, allowed=f"at most {limit_mb} MB"
            )
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ScenarioError("the file does not exist", file=path) from None
    except (OSError, ValueError) as error:
        if isinstance(error, ScenarioError):
            raise
        raise ScenarioError(f"the file cannot be read: {error}", file=path) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"not UTF-8 (byte 0x{raw[error.start]:02x} at position {error.start}); save it as UTF-8",
            file=path,
        ) from None
