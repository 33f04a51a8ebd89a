"""Whatever holds a table, as sheets of cells: .xlsx, .xls and .ods by calamine, texts in the code pages that Vietnam has used.

Nothing is decided here about what the cells mean.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from .errors import Message, ScenarioError
from .reading import MAX_TABLE_MB, read_bytes

__all__ = ["ENDINGS", "Sheet", "cell_text", "read_sheets"]

ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods")
_MAX_UNPACKED_MB = 200
_MAX_CELLS = 5_000_000
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"

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
    """

    name: str
    rows: list[tuple[int, list[Cell]]]
    separator: str = ""
    remarks: tuple[Message, ...] = field(default=())


def read_sheets(path: Path) -> list[Sheet]:
    """All sheets of a file that are not empty.

    Raises
    ------
    ScenarioError
        If the file is missing, too large, empty, locked by a password or of another kind.
    """
    raw = read_bytes(path, MAX_TABLE_MB)
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
    from python_calamine import CalamineWorkbook

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheets = []
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.height * sheet.width > _MAX_CELLS:
                raise ScenarioError(
                    "sheet_size", file=path, key=name, allowed=Message("at_most_units", high=_MAX_CELLS, unit="cells")
                )
            lines = sheet.to_python(skip_empty_area=False)
            rows = [(number, [_cell(cell) for cell in line]) for number, line in enumerate(lines, 1)]
            rows, remarks = _rows_from_tcvn3([row for row in rows if any(cell is not None for cell in row[1])])
            sheets.append(Sheet(name, rows, remarks=remarks))
    except ScenarioError:
        raise
    except BaseException as error:  # calamine is compiled: what it did not foresee is no `Exception`
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        key = "workbook_locked" if "assword" in f"{type(error).__name__} {error}" else "not_a_workbook"
        raise ScenarioError(key, file=path) from None
    sheets = [sheet for sheet in sheets if sheet.rows]
    if not sheets:
        raise ScenarioError("empty_table", file=path)
    return sheets


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


def _cell(cell: object) -> Cell:
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else str(cell).lower()
    if isinstance(cell, (int, float)):
        return float(cell)
    text = unicodedata.normalize("NFC", str(cell)).strip()
    return text or None


def _text_table(raw: bytes, path: Path) -> Sheet:
    text, remarks = _decoded(raw, path)
    if "\0" in text:
        raise ScenarioError("zero_bytes", file=path)
    if not text.strip():
        raise ScenarioError("empty_table", file=path)
    text = unicodedata.normalize("NFC", text)
    text, old = _from_tcvn3(text)
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


def _decoded(raw: bytes, path: Path) -> tuple[str, tuple[Message, ...]]:
    """Text of a file: UTF-8, UTF-16, or the code page that makes words of it."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise ScenarioError("broken_letters", file=path, encoding=encoding.upper(), position=error.start) from None
            return text, (Message("read_as", encoding="UTF-16"),) if encoding == "utf-16" else ()
    head = raw[:4000]
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        # without a mark, by the zeros that Latin letters leave in every second place
        if len(head) > 3 and zeros.count(0) > 0.4 * len(zeros) and head.count(0) < 0.6 * len(head):
            try:
                return raw.decode(encoding), (Message("read_as", encoding="UTF-16"),)
            except UnicodeDecodeError:
                break
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        broken = error
    if b"\0" in raw:
        raise ScenarioError("zero_bytes", file=path)
    guesses = {"cp1258": raw.decode("cp1258", "replace"), "cp1252": raw.decode("cp1252", "replace")}
    texts = {name: unicodedata.normalize("NFC", text) for name, text in guesses.items()}
    texts["tcvn3"] = _from_tcvn3(texts["cp1252"], sure=True)[0]
    best = max(texts, key=lambda name: _words(texts[name]))
    if _words(texts[best]) == 0 or "\ufffd" in texts[best]:
        raise ScenarioError("unknown_letters", file=path, byte=raw[broken.start], position=broken.start)
    if best == "cp1258":
        return texts[best], (Message("read_as", encoding="cp1258"),)
    return texts["cp1252"], () if best == "tcvn3" else (Message("read_as", encoding="cp1252"),)


# the letters of the fonts .VnTime, .VnArial and their like (TCVN 5712:1993, "ABC") where Latin-1 has others
_TCVN3 = str.maketrans(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ",
)
_VIETNAMESE = re.compile(r"\b(số|tên|ngành|nghề|lao|động|doanh|thu|nghiệp|sản|xuất|chế|biến|gỗ|may|dệt|cơ|khí|thực|phẩm|công|ty|người|triệu|"
                         r"đồng|diện|tích|cụm|nhựa|giấy|mặc|tỷ|hợp|tác|xã|cơ|sở|hộ|năm|địa|chỉ|tổng|cộng)\b")  # fmt: skip


def _words(text: str) -> int:
    """How many different everyday words of Vietnamese lists stand in it."""
    return len({word for word in _VIETNAMESE.findall(text[:100_000].casefold()) if not word.isascii()})


def _from_tcvn3(text: str, sure: bool = False) -> tuple[str, tuple[Message, ...]]:
    """The same in Unicode where it was typed in TCVN3 fonts, and a remark that says so."""
    if not sure and not re.search(r"[µ¸¶·¹¨»¾¼½©®ª«¬¡§¤¦\xad]", text[:100_000]):
        return text, ()
    turned = text.translate(_TCVN3)
    if not sure and _words(turned) <= _words(text):
        return text, ()
    return turned, (Message("read_as_tcvn3"),)


def _rows_from_tcvn3(rows: list[tuple[int, list[Cell]]]) -> tuple[list[tuple[int, list[Cell]]], tuple[Message, ...]]:
    """The rows of a spreadsheet in Unicode where its texts were typed in TCVN3 fonts."""
    whole = "\n".join(cell for _, cells in rows[:500] for cell in cells if isinstance(cell, str))
    remarks = _from_tcvn3(whole)[1]
    if not remarks:
        return rows, ()
    return [(line, [cell.translate(_TCVN3) if isinstance(cell, str) else cell for cell in cells]) for line, cells in rows], remarks
