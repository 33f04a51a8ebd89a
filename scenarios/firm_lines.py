"""Lines of a table of enterprises: which tell of one, and which are totals, headings, units, notes or other tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .errors import Message, ScenarioError, nearest_name
from .heads import Field, Heads, index_of
from .industries import plain, sector_of
from .numerals import is_no_answer, number_in
from .schema import MAX_FIRMS
from .sheets import Sheet, cell_text

__all__ = ["COLUMNS", "FIELDS", "GROUP", "PRIVATE", "Row", "is_sector", "is_total", "rows_of", "sums_without_a_word", "with_groups"]

COLUMNS = ("sector", "workers", "revenue", "x", "y", "technologies", "need", "trust")
# "Tổng công ty" is a firm; "Tổng" and whatever follows is none
_SUM_WORDS = re.compile(r"(?:tổng(?! công ty| cty| c\.?ty)|cộng(?! hòa| hoà| đồng)|tổng cộng|total|sum|grand total|trung bình|bình quân|average|"
                        r"tong cong|tong so|cong|tong)\b.{0,120}")  # fmt: skip
_PART = (r"trong đó|\bnữ\b|\bnam\b|female|\bmale\b|thời vụ|seasonal|trực tiếp|gián tiếp|nước ngoài|bảo hiểm|bhxh|hợp đồng|phổ thông|đào tạo|kế hoạch|dự kiến|"
         r"xuất khẩu|export|thuế|lương|thu nhập|năng suất|bình quân|tỷ lệ|tỉ lệ|%|tăng|chi phí|an toàn")  # fmt: skip
_MONEY = r"\bdtt?\b.*(?:tỷ|tỉ|triệu|\btr\b|trđ|tr\.?đ|đồng|\bđ\b|vnđ|vnd|\bquý\b|\bnăm\b|\btháng\b|usd)"
GROUP = "(ngành của nhóm)"  # the head of a column that is made from lines between the others


def is_total(text: str) -> bool:
    """Do the words say "total", whatever follows? "Tổng công ty" is a firm, "Cộng Hòa" a place."""
    return _SUM_WORDS.fullmatch(plain(text)) is not None


def is_sector(text: str) -> bool:
    try:
        return bool(sector_of(text)) and not re.fullmatch(r"[\d.,]+", text)
    except ScenarioError:
        return False


FIELDS = (
    Field("sector", ("sector", "ngành", "ngành nghề", "industry", "trade", "vsic"),
          r"\bngành\b|lĩnh vực|\bvsic\b|\bisic\b|mặt hàng|sản phẩm chính|sản phẩm chủ yếu|loại hình sản xuất|\bsector\b|\bindustry\b|\bactivity\b|main product",
          r"cơ quan|quản lý|phụ\b|khác|secondary", needed=True, test=is_sector),
    Field("workers", ("workers", "lao động", "số lao động", "employees", "tổng số lao động", "tổng lao động", "lđ", "ld", "số lđ", "tổng lđ", "tổng số lđ"),
          r"lao động|\blđ\b|công nhân|nhân công|nhân lực|nhân sự|nhân viên|\bworkers?\b|\bemployees?\b|\bstaff\b|headcount|workforce", _PART, needed=True),
    Field("revenue", ("revenue", "doanh thu", "turnover", "sales"), r"doanh thu|doanh số|\brevenue\b|\bturnover\b|\bsales\b", _PART, _MONEY, hint=r"^dtt?$"),
    Field("x", ("x", "tọa độ x", "toạ độ x")),
    Field("y", ("y", "tọa độ y", "toạ độ y")),
    Field("technologies", ("technologies", "technology", "công nghệ")),
    Field("need", ("need", "nhu cầu")),
    Field("trust", ("trust", "niềm tin")),
)  # fmt: skip
PRIVATE = (
    Field("firm_name", ("tên", "name", "firm", "company", "enterprise", "doanh nghiệp", "đơn vị", "cơ sở"),
          r"\btên\b|\bname\b|doanh nghiệp|công ty|đơn vị|cơ sở|hộ kinh doanh|\bcompany\b|\benterprise\b|\bfirm\b", r"ngành|người|loại|chủ|sản phẩm|\bsố\b|trong cụm|number|\bno\b", private=True, test=bool),
    Field("tax_code", ("mã số thuế", "mst", "tax code", "tax id"), r"mã số thuế|\bmst\b|mã số doanh nghiệp|msdn|\btax\b", private=True, test=bool),
)  # fmt: skip


@dataclass
class Row:
    """A line of the table: texts of its columns, and what of them was text and no number in the file."""

    line: int
    cells: dict[str, str]
    typed: set[str]
    private: tuple[str, ...]
    surplus: int
    all_texts: list[str]
    all_cells: Sequence[Any] = ()
    unanswered: int = 0
    firm: dict[str, object] | None = None


def rows_of(heads: Heads, path: Path, only: Mapping[str, str]) -> tuple[list[Row], list[tuple[str, Row]]]:
    """Lines that tell of an enterprise, and the others with why they are none."""
    wanted = {_column_of(name, heads, path): plain(text) for name, text in only.items()}
    kept: list[Row] = []
    dropped: list[tuple[str, Row]] = []
    at = heads.columns
    private = {at[field.name] for field in PRIVATE if field.name in at}
    for line, cells in _with_merged(heads):
        own = {name: cells[at[name]] for name in COLUMNS if name in at and at[name] < len(cells)}
        row = Row(
            line, {name: cell_text(cell) for name, cell in own.items() if cell is not None},
            {name for name, cell in own.items() if isinstance(cell, str)},
            tuple(plain(cell_text(cells[j])) for j in sorted(private) if j < len(cells) and cells[j] is not None),
            sum(cell is not None for cell in cells[heads.width :]) if heads.sheet.separator == "," else 0, [cell_text(cell) for cell in cells if cell is not None], cells,
        )  # fmt: skip
        why = _why_none(row, heads, cells, first=not kept)
        if not why and (moved := _moved_head(row, heads)):
            raise ScenarioError("second_head", file=path, line=line, columns=moved)
        if not why and any(plain(cell_text(cells[j]) if j < len(cells) else "") != text for j, text in wanted.items()):
            why = "elsewhere"
        if why:
            dropped.append((why, row))
        elif len(kept) == MAX_FIRMS:
            raise ScenarioError("too_many_rows", file=path, allowed=Message("at_most_units", high=MAX_FIRMS, unit="rows"))
        else:
            kept.append(row)
    if only and not kept:
        name, j = next(iter(only)), next(iter(wanted))
        private = {heads.columns[field.name] for field in PRIVATE if field.name in heads.columns}
        there = dict.fromkeys(
            cell_text(row.all_cells[j])
            for _, row in dropped
            if j not in private and j < len(row.all_cells) and row.all_cells[j] is not None
        )
        raise ScenarioError("only_nothing", file=path, key="--only", value=f"{name}={only[name]}", allowed=", ".join([*there][:20]),
                            nearest=nearest_name(only[name], there))  # fmt: skip
    return kept, dropped


def _moved_head(row: Row, heads: Heads) -> str:
    """Heads of a second table whose columns stand elsewhere, as they are read; empty if the line is none."""
    if re.search(r"\d", row.cells.get("workers", "")) or len(row.all_texts) < 2:
        return ""
    found: dict[str, int] = {}
    for j, cell in enumerate(row.all_cells):
        for wanted in FIELDS[:3] if isinstance(cell, str) and len(cell) < 60 else ():
            if wanted.fit(cell) > 1:
                found.setdefault(wanted.name, j)
    if not {"sector", "workers"} <= found.keys() or all(heads.columns.get(name) == j for name, j in found.items()):
        return ""
    return ", ".join(row.all_texts)


def with_groups(sheet: Sheet) -> Sheet | None:
    """The sheet with the trade of each line behind it, where trades stand in lines above their enterprises ("II | Ngành dệt may"); else None."""
    width = max(len(cells) for _, cells in sheet.rows)
    rows: list[tuple[int, list[Any]]] = []
    trade, trades, headed = None, 0, False
    for line, cells in sheet.rows:
        texts = [cell for cell in cells if isinstance(cell, str)]
        heads = sum(field.fit(text) > 1 for text in texts for field in (FIELDS[1], PRIVATE[0])) > 1
        named = [word for text in texts if is_sector(word := re.sub(r"^(?:nhóm )?ngành(?: nghề)?\s*:?\s*", "", text, flags=re.I))]
        numbers = any(re.fullmatch(r"[\d.,]+", cell_text(cell)) for cell in cells)
        marked = bool(texts) and re.fullmatch(r"[IVXLC]+\.?|[A-Z]\.?", cell_text(cells[0])) is not None
        if headed and len(named) == 1 and len(texts) < 3 and (marked or not numbers):
            trade, trades = named[0], trades + 1
            rows.append((line, cells))
            continue
        total = any(map(is_total, texts))
        mark = GROUP if heads and not headed else trade if headed and numbers and not total else None
        headed = headed or heads
        rows.append((line, [*cells, *[None] * (width - len(cells)), mark]))
    return replace(sheet, rows=rows) if trades > 1 else None


def _column_of(name: str, heads: Heads, path: Path) -> int:
    index = index_of(name, heads.names)
    if index is None:
        raise ScenarioError("no_such_head", file=path, key="--only", value=name, nearest=nearest_name(name, heads.names),
                            allowed=", ".join(heads.names))  # fmt: skip
    return index


def _with_merged(heads: Heads) -> list[tuple[int, Sequence[Any]]]:
    """The lines below the head; a text in a cell that is merged over several lines stands in each."""
    below = {line: list(cells) for line, cells in heads.sheet.rows[heads.first :]}
    for top, left, bottom, right in heads.sheet.merged:
        text = below[top][left] if left == right and top in below and left < len(below[top]) else None
        for line in range(top + 1, bottom + 1) if isinstance(text, str) else ():
            if line in below and left < len(below[line]) and below[line][left] is None:
                below[line][left] = text
    return list(below.items())


def sums_without_a_word(kept: Sequence[Row], decimal: str) -> list[Row]:
    """Lines of a group or a total that no word marks: no trade, and no number where enterprises are numbered, or the sum of their lines."""
    without = [i for i, row in enumerate(kept) if "sector" not in row.cells and "workers" in row.cells]
    firms = [row for row in kept if "sector" in row.cells]
    if not without or not firms:
        return []
    numbered = next((j for j in range(len(firms[0].all_cells)) if _numbers(firms, j)), None)
    if numbered is not None:
        return [kept[i] for i in without if not re.fullmatch(r"\d+", cell_text(kept[i].all_cells[numbered]))]
    values = [_workers(row, decimal) for row in kept]
    ends = [-1, *without, len(kept)]
    found = []
    for n, i in enumerate(without, 1):
        runs = values[ends[n - 1] + 1 : i], values[i + 1 : ends[n + 1]], [_workers(row, decimal) for row in firms]
        if any(len(run) > 1 and abs(sum(run) - values[i]) < 0.5 for run in runs):
            found.append(kept[i])
    return found


def _numbers(firms: Sequence[Row], j: int) -> bool:
    """Does a column count the enterprises: 1, 2, 3, perhaps anew in every group?"""
    texts = [cell_text(row.all_cells[j]) if j < len(row.all_cells) else "" for row in firms]
    if not all(re.fullmatch(r"\d{1,4}", text) for text in texts):
        return False
    values = [int(text) for text in texts]
    return values[0] == 1 and all(b == a + 1 or b == 1 for a, b in zip(values, values[1:], strict=False))


def _workers(row: Row, decimal: str) -> float:
    try:
        return number_in(row.cells.get("workers", "0"), decimal if "workers" in row.typed else "point")[0]
    except ScenarioError:
        return float("nan")


def _why_none(row: Row, heads: Heads, cells: Sequence[Any], first: bool) -> str:
    """Why a line tells of no enterprise: "total", "head", "units", "other", "unanswered"; empty if it does."""
    sector, workers = row.cells.get("sector", ""), row.cells.get("workers", "")
    if any(map(is_total, row.all_texts[:4])) and not is_sector(sector):
        return "total"
    if (
        tuple(plain(text) for text in row.all_texts)
        == tuple(plain(name) for name in heads.names if plain(name) in map(plain, row.all_texts))
        and sector
    ):
        if plain(sector) == plain(heads.names[heads.columns["sector"]]):
            return "head"
    alone = len(row.all_texts) == 1 and len(heads.columns) > 1 and not is_sector(sector)  # "(Ký tên)"
    if not workers and (not sector or alone):
        return "other"
    if first and (_is_count(cells) or not re.search(r"\d", "".join(row.all_texts)) and not re.search(r"\w", sector)):
        return "units"
    if (workers and is_no_answer(workers)) or (sector and is_no_answer(sector) and not sector.isalpha()):
        return "unanswered"
    return ""


def _is_count(cells: Sequence[Any]) -> bool:
    """A line that numbers the columns: (1) (2) (3), A B 1 2, 1 2 3=1+2?"""
    texts = [cell_text(cell).strip("()[] ") for cell in cells if cell is not None]
    if len(texts) < 2 or not all(re.fullmatch(r"[A-Za-z]|\d{1,2}(=.*)?", text) for text in texts):
        return False
    numbers = [int(re.match(r"\d+", text)[0]) for text in texts if text[0].isdigit()]  # type: ignore[index]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers))) and numbers[0] in (0, 1, 2, 3) if numbers else False
