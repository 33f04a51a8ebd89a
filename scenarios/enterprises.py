"""A table of enterprises: what is understood of it, what is refused, what is asked, and what was passed over.

Names and tax codes of firms are looked at for rows that stand twice, and are kept nowhere: not in what is returned, not in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..model.border import bordered
from ..model.sites_and_arms import TECHNOLOGIES
from .errors import Message, Refusal, ScenarioError, nearest_name
from .given import without_marks
from .heads import Field, Heads, Unsure, find_heads, index_of
from .industries import plain, sector_of, sector_word
from .numerals import DECIMALS, MONEY, decimal_sign, is_no_answer, money_unit, number_in
from .plausible import ACCEPTABLE, doubts_of
from .schema import FIRM_RANGES, MAX_FIRMS
from .sheets import Sheet, cell_text, read_sheets

__all__ = ["ACCEPTABLE", "COLUMNS", "Choices", "FirmTable", "read_firms", "sector_word"]

COLUMNS = ("sector", "workers", "revenue", "x", "y", "technologies", "need", "trust")
_TECHNOLOGY_WORDS = {"own plant": "own_plant", "trạm xử lý": "own_plant", "trạm xử lý nước thải": "own_plant"}
# "Tổng công ty" is a firm; "Tổng" and whatever follows is none
_SUM_WORDS = re.compile(r"(?:tổng(?! công ty| cty| c\.?ty)|cộng(?! hòa| hoà| đồng)|tổng cộng|total|sum|grand total|trung bình|bình quân|average|"
                        r"tong cong|tong so|cong|tong)\b.{0,120}")  # fmt: skip
_PART = (r"trong đó|\bnữ\b|\bnam\b|female|\bmale\b|thời vụ|seasonal|trực tiếp|gián tiếp|nước ngoài|bảo hiểm|bhxh|hợp đồng|phổ thông|đào tạo|kế hoạch|dự kiến|"
         r"xuất khẩu|export|thuế|lương|thu nhập|năng suất|bình quân|tỷ lệ|tỉ lệ|%|tăng|chi phí|an toàn")  # fmt: skip
_MONEY = r"\bdtt?\b.*(?:tỷ|tỉ|triệu|\btr\b|trđ|tr\.?đ|đồng|\bđ\b|vnđ|vnd|\bquý\b|\bnăm\b|\btháng\b|usd)"
# what a column is called that tells of several enterprises or places
_COUNTS = re.compile(r"^(?:tổng )?số (?:lượng )?(?:cơ sở|csx|doanh nghiệp|dn|hộ|công ty|đơn vị)\b|^(?:number|no\.?|num) of (?:firms|enterprises|establishments|companies|"
                     r"households)|^(?:firms|enterprises|establishments)$")  # fmt: skip
_PLACES = re.compile(
    r"\bccn\b|\bkcn\b|cụm công nghiệp|^(?:tên )?cụm$|khu công nghiệp|\bcluster\b|industrial (?:park|cluster|zone)|^(?:tên )?tỉnh\b|\bprovince\b"
)
_GROUP = "(ngành của nhóm)"  # the head of a column that is made from lines between the others
_UNIT_ABOVE = re.compile(r"\(?\s*(?:đvt|đơn vị(?: tính)?|unit)\s*:\s*(.+?)\)?\s*", re.I)


def _is_sector(text: str) -> bool:
    try:
        return bool(sector_of(text)) and not re.fullmatch(r"[\d.,]+", text)
    except ScenarioError:
        return False


_FIELDS = (
    Field("sector", ("sector", "ngành", "ngành nghề", "industry", "trade", "vsic"),
          r"\bngành\b|lĩnh vực|\bvsic\b|\bisic\b|mặt hàng|sản phẩm chính|sản phẩm chủ yếu|loại hình sản xuất|\bsector\b|\bindustry\b|\bactivity\b|main product",
          r"cơ quan|quản lý|phụ\b|khác|secondary", needed=True, test=_is_sector),
    Field("workers", ("workers", "lao động", "số lao động", "employees", "tổng số lao động", "tổng lao động", "lđ", "ld", "số lđ", "tổng lđ", "tổng số lđ"),
          r"lao động|\blđ\b|công nhân|nhân công|nhân lực|nhân sự|nhân viên|\bworkers?\b|\bemployees?\b|\bstaff\b|headcount|workforce", _PART, needed=True),
    Field("revenue", ("revenue", "doanh thu", "turnover", "sales"), r"doanh thu|doanh số|\brevenue\b|\bturnover\b|\bsales\b", _PART, _MONEY, hint=r"^dtt?$"),
    Field("x", ("x", "tọa độ x", "toạ độ x")),
    Field("y", ("y", "tọa độ y", "toạ độ y")),
    Field("technologies", ("technologies", "technology", "công nghệ")),
    Field("need", ("need", "nhu cầu")),
    Field("trust", ("trust", "niềm tin")),
)  # fmt: skip
_PRIVATE = (
    Field("firm_name", ("tên", "name", "firm", "company", "enterprise", "doanh nghiệp", "đơn vị", "cơ sở"),
          r"\btên\b|\bname\b|doanh nghiệp|công ty|đơn vị|cơ sở|hộ kinh doanh|\bcompany\b|\benterprise\b|\bfirm\b", r"ngành|người|loại|chủ|sản phẩm|\bsố\b|trong cụm|number|\bno\b", private=True, test=bool),
    Field("tax_code", ("mã số thuế", "mst", "tax code", "tax id"), r"mã số thuế|\bmst\b|mã số doanh nghiệp|msdn|\btax\b", private=True, test=bool),
)  # fmt: skip


@bordered
@dataclass(frozen=True)
class Choices:
    """What a reader says of his table where it does not say so itself.

    Attributes
    ----------
    columns : mapping
        Column of ours to the head, or the letter, of his; an empty text leaves it out.
    sheet : str
        Name of a sheet; empty: found by its content.
    unit : str
        Of the money: vnd, thousand, million or billion; empty: as the head says, else million.
    decimal : str
        Sign before decimals: comma or point; empty: as the numbers tell.
    accept : tuple of str
        Of `ACCEPTABLE`: what looks wrong and is right.
    only : mapping
        Head, or letter, of a column to what its cells must say: the lines of one cluster among several.
    trades : mapping
        What a cell for the trade says ("3", "tăm hương") to the sector that it means, in any words for one.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    unit: str = ""
    decimal: str = ""
    accept: tuple[str, ...] = ()
    only: Mapping[str, str] = field(default_factory=dict)
    trades: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse what is no choice.

        Raises
        ------
        ScenarioError
        """
        for key, value, known in (
            ("--unit", self.unit, tuple(MONEY)),
            ("--decimal", self.decimal, DECIMALS),
            *(("--accept", name, ACCEPTABLE) for name in self.accept),
            *(("--columns", name, COLUMNS) for name in self.columns),
        ):
            if value and value not in known:
                raise ScenarioError(
                    "unknown_name", key=key, value=value, nearest=nearest_name(value, known), allowed=", ".join(known)
                )
        for text, word in self.trades.items():
            try:
                sector_of(word)
            except ScenarioError as error:
                raise ScenarioError(error.problem, key="--trades", value=f"{text}={word}") from None


@dataclass(frozen=True)
class FirmTable:
    """What was understood of a table of enterprises.

    Attributes
    ----------
    path : Path
    separator : str
    sheet : str
    heads : tuple of str
        All heads, as they are read.
    columns : tuple of str
        Columns of ours that the table has, in its order.
    read_from : dict of str to str
        Column of ours to its head.
    ignored : tuple of str
        Heads of columns that are not used.
    rows : list of (int, dict)
        Line in the file and the texts of the columns that are used.
    firms : list of dict
        Rows that are not refused, ready for `FirmEntry`.
    refused : list of Refusal
    asked : list of ScenarioError
        What looks wrong in the table as a whole and may be right.
    remarks : list of Message
        What was passed over, and how it was read.
    sectors : dict of str to str
        Each different text for a trade and the sector it was taken for.
    """

    path: Path
    separator: str
    sheet: str
    heads: tuple[str, ...]
    columns: tuple[str, ...]
    read_from: dict[str, str]
    ignored: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]
    firms: list[dict[str, object]]
    refused: list[Refusal]
    asked: list[ScenarioError]
    remarks: list[Message]
    sectors: dict[str, str]

    def problem(self, skip_bad_rows: bool = False, written: bool = False) -> ScenarioError | None:
        """Why the table cannot be used as it is, with all that is asked and refused; None if it can."""
        rows = len({refusal.line for refusal in self.refused})
        if self.asked:
            first, *others = self.asked
            return ScenarioError(first.problem, file=self.path, key=first.key, value=first.value, allowed=first.allowed,
                                 others=others, refused=self.refused)  # fmt: skip
        if self.refused and not skip_bad_rows:
            key = "rows_refused_nothing_written" if written else "rows_refused"
            return ScenarioError(key, file=self.path, refused=self.refused, rows=rows, all=len(self.rows))
        if not self.firms:
            return ScenarioError("no_row_left", file=self.path, refused=self.refused)
        return None


@bordered
def read_firms(path: Path, choices: Choices | None = None, raw: bytes | None = None) -> FirmTable:
    """Enterprises of a table, and all that is refused or asked.

    Parameters
    ----------
    path : Path
        .xlsx, .xls, .ods, .csv or another text table that holds a sector and a number of workers for every enterprise.
    choices : Choices, optional
    raw : bytes, optional
        Content that is in memory already; `path` is only told.

    Raises
    ------
    ScenarioError
        If the table as a whole cannot be used: kind of file, no such columns, too many rows. Everything that is wrong with
        its head goes with it.
    """
    choices = choices or Choices()
    choices.check()
    sheets = read_sheets(path, raw)
    heads, remarks = _sheet_of(sheets, choices, path)
    kept, dropped = _rows(heads, path, choices.only)
    table = FirmTable(
        path, heads.sheet.separator, heads.sheet.name, heads.names,
        tuple(sorted((name for name in COLUMNS if name in heads.columns), key=lambda name: heads.columns[name])),
        {name: heads.names[heads.columns[name]] for name in COLUMNS if name in heads.columns},
        heads.ignored, [(row.line, row.cells) for row in kept], [], [], [], [*heads.sheet.remarks, *remarks, *heads.remarks], {},
    )  # fmt: skip
    if not kept:
        raise ScenarioError("no_row_left" if any(why == "unanswered" for why, _ in dropped) else "header_only", file=path)
    texts = [row.cells[name] for row in kept for name in ("workers", "revenue", "x", "y", "need", "trust") if name in row.typed]
    decimal = choices.decimal or decimal_sign(texts)
    for row in _sums_without_a_word(kept, decimal):
        kept.remove(row)
        dropped.append(("total", row))
    dropped.sort(key=lambda one: one[1].line)
    table.rows[:] = [(row.line, row.cells) for row in kept]
    unit = _unit(choices, heads, dropped, table)
    marked = any(without_marks(text) != text for row in kept if (text := row.cells.get("sector", "")))
    trades = {plain(text): sector_of(word) for text, word in choices.trades.items()}
    book = _code_book(sheets, heads, {row.cells["sector"] for row in kept if "sector" in row.cells})
    if book is not None:
        table.remarks.append(Message("code_book", sheet=book[0]))
        trades = book[1] | trades

    def trade(text: str) -> str:
        return trades.get(plain(text)) or sector_of(text, "letters" in choices.accept, marked)

    for row in kept:
        firm, problems = _firm(row, decimal, unit, choices.accept, table.sectors, trade)
        table.refused.extend(problems)
        row.firm = None if problems else firm
    lines = [(row.line, row.firm) for row in kept if row.firm is not None]
    whole, single = doubts_of(lines, {row.line: row.private for row in kept}, choices.accept, unit)
    table.asked.extend([*_several(heads, kept, choices), *whole])
    table.refused.extend([*single, *([] if whole else _beyond([one for one in lines if one[0] not in {r.line for r in single}]))])
    table.refused.sort(key=lambda refusal: refusal.line)
    bad = {refusal.line for refusal in table.refused}
    table.firms.extend(firm for line, firm in lines if line not in bad)
    table.remarks.extend(_passed_over(dropped, kept, decimal))
    looked_at = [heads.names[heads.columns[field.name]] for field in _PRIVATE if field.name in heads.columns]
    if looked_at:
        table.remarks.append(Message("private_columns", columns=", ".join(looked_at)))
    if any(refusal.column == "sector" and refusal.value for refusal in table.refused):
        table.remarks.append(Message("trades_hint"))
    no_answer = sum(row.unanswered for row in kept)
    if no_answer:
        table.remarks.append(Message("no_answers", count=no_answer))
    return table


@dataclass
class _Row:
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


def _sheet_of(sheets: Sequence[Sheet], choices: Choices, path: Path) -> tuple[Heads, list[Message]]:
    """The sheet that holds enterprises, with its columns."""
    if choices.sheet:
        known = [sheet.name for sheet in sheets]
        sheets = [sheet for sheet in sheets if plain(sheet.name) == plain(choices.sheet)]
        if not sheets:
            raise ScenarioError("no_such_sheet", file=path, key="--sheet", value=choices.sheet, allowed=", ".join(known) or "-",
                                nearest=nearest_name(choices.sheet, known))  # fmt: skip
    hidden = [sheet.name for sheet in sheets if sheet.hidden and not choices.sheet]
    sheets = [sheet for sheet in sheets if sheet.name not in hidden] or sheets
    found: list[Heads] = []
    unsure: list[Unsure] = []
    for sheet in sheets:
        try:
            found.append(find_heads(sheet, (*_FIELDS, *_PRIVATE), choices.columns, "letters" in choices.accept))
        except Unsure as error:
            grouped = _with_groups(sheet) if error.found and "sector" not in choices.columns else None
            if grouped is None:
                unsure.append(error)
                continue
            columns = {**choices.columns, "sector": _GROUP}
            try:
                found.append(find_heads(grouped, (*_FIELDS, *_PRIVATE), columns, "letters" in choices.accept))
            except Unsure:
                unsure.append(error)
    if len(found) > 1:
        names = ", ".join(heads.sheet.name for heads in found)
        raise ScenarioError("sheets_doubt", file=path, key="--sheet", sheets=names, example=found[0].sheet.name)
    if not found:
        best = max(unsure, key=lambda error: (error.found, error.size))
        best.file = str(path)
        raise best
    others = [sheet.name for sheet in sheets if sheet.name != found[0].sheet.name]
    remarks = [Message("sheet_found", sheet=found[0].sheet.name, others=", ".join(others))] if others else []
    if hidden:
        remarks.append(Message("sheets_hidden", sheets=", ".join(hidden)))
    return found[0], remarks


def _rows(heads: Heads, path: Path, only: Mapping[str, str]) -> tuple[list[_Row], list[tuple[str, _Row]]]:
    """Lines that tell of an enterprise, and the others with why they are none."""
    wanted = {_column_of(name, heads, path): plain(text) for name, text in only.items()}
    kept: list[_Row] = []
    dropped: list[tuple[str, _Row]] = []
    at = heads.columns
    private = {at[field.name] for field in _PRIVATE if field.name in at}
    for line, cells in _with_merged(heads):
        own = {name: cells[at[name]] for name in COLUMNS if name in at and at[name] < len(cells)}
        row = _Row(
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
        private = {heads.columns[field.name] for field in _PRIVATE if field.name in heads.columns}
        there = dict.fromkeys(
            cell_text(row.all_cells[j])
            for _, row in dropped
            if j not in private and j < len(row.all_cells) and row.all_cells[j] is not None
        )
        raise ScenarioError("only_nothing", file=path, key="--only", value=f"{name}={only[name]}", allowed=", ".join([*there][:20]),
                            nearest=nearest_name(only[name], there))  # fmt: skip
    return kept, dropped


def _moved_head(row: _Row, heads: Heads) -> str:
    """Heads of a second table whose columns stand elsewhere, as they are read; empty if the line is none."""
    if re.search(r"\d", row.cells.get("workers", "")) or len(row.all_texts) < 2:
        return ""
    found: dict[str, int] = {}
    for j, cell in enumerate(row.all_cells):
        for wanted in _FIELDS[:3] if isinstance(cell, str) and len(cell) < 60 else ():
            if wanted.fit(cell) > 1:
                found.setdefault(wanted.name, j)
    if not {"sector", "workers"} <= found.keys() or all(heads.columns.get(name) == j for name, j in found.items()):
        return ""
    return ", ".join(row.all_texts)


def _with_groups(sheet: Sheet) -> Sheet | None:
    """The sheet with the trade of each line behind it, where trades stand in lines above their enterprises ("II | Ngành dệt may"); else None."""
    width = max(len(cells) for _, cells in sheet.rows)
    rows: list[tuple[int, list[Any]]] = []
    trade, trades, headed = None, 0, False
    for line, cells in sheet.rows:
        texts = [cell for cell in cells if isinstance(cell, str)]
        heads = sum(field.fit(text) > 1 for text in texts for field in (_FIELDS[1], _PRIVATE[0])) > 1
        named = [word for text in texts if _is_sector(word := re.sub(r"^(?:nhóm )?ngành(?: nghề)?\s*:?\s*", "", text, flags=re.I))]
        numbers = any(re.fullmatch(r"[\d.,]+", cell_text(cell)) for cell in cells)
        marked = bool(texts) and re.fullmatch(r"[IVXLC]+\.?|[A-Z]\.?", cell_text(cells[0])) is not None
        if headed and len(named) == 1 and len(texts) < 3 and (marked or not numbers):
            trade, trades = named[0], trades + 1
            rows.append((line, cells))
            continue
        total = any(_SUM_WORDS.fullmatch(plain(text)) for text in texts)
        mark = _GROUP if heads and not headed else trade if headed and numbers and not total else None
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


def _sums_without_a_word(kept: Sequence[_Row], decimal: str) -> list[_Row]:
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


def _numbers(firms: Sequence[_Row], j: int) -> bool:
    """Does a column count the enterprises: 1, 2, 3, perhaps anew in every group?"""
    texts = [cell_text(row.all_cells[j]) if j < len(row.all_cells) else "" for row in firms]
    if not all(re.fullmatch(r"\d{1,4}", text) for text in texts):
        return False
    values = [int(text) for text in texts]
    return values[0] == 1 and all(b == a + 1 or b == 1 for a, b in zip(values, values[1:], strict=False))


def _workers(row: _Row, decimal: str) -> float:
    try:
        return number_in(row.cells.get("workers", "0"), decimal if "workers" in row.typed else "point")[0]
    except ScenarioError:
        return float("nan")


def _several(heads: Heads, kept: Sequence[_Row], choices: Choices) -> list[ScenarioError]:
    """Signs that lines are no single enterprises, or not of one cluster."""
    used = {j for name, j in heads.columns.items() if name != "firm_name"}
    found = []
    for j, name in enumerate(heads.names):
        head, texts = plain(name), [text for row in kept if j < len(row.all_cells) and (text := cell_text(row.all_cells[j]))]
        if j in used or len(head) > 60 or not texts:
            continue
        if _COUNTS.search(head) and "counts" not in choices.accept:
            numbers = [int(text) for text in texts if re.fullmatch(r"\d{1,5}", text)]
            if sum(number > 1 for number in numbers) > len(texts) / 2:
                found.append(ScenarioError("doubt_counts", key=name, accept="counts"))
        elif (
            _PLACES.search(head)
            and "places" not in choices.accept
            and not re.search(r"diện tích|ngày|\bnăm\b|mã|area|ghi chú", head)
        ):
            places = [*dict.fromkeys(text for text in texts if not re.fullmatch(r"[\d.,/ -]+", text))]
            if len({plain(text) for text in places}) > 1:
                found.append(ScenarioError("doubt_places", key=name, count=len(places), places=", ".join(places[:6]),
                                           example=f"{name}={places[0]}", all="\n".join(f"{name}={place}" for place in places[:200])))  # fmt: skip
    return found


def _code_book(sheets: Sequence[Sheet], heads: Heads, texts: set[str]) -> tuple[str, dict[str, str]] | None:
    """The sheet on which codes of trades are explained, and the sector that each means."""
    codes = {text for text in texts if re.fullmatch(r"\d{1,3}|[A-Za-z]\d?", text)}
    if not codes or len(codes) < 0.7 * len(texts):
        return None
    head = plain(heads.names[heads.columns["sector"]])
    for sheet in sheets:
        if sheet is heads.sheet or sheet.name == heads.sheet.name:
            continue
        lines = [[cell_text(cell) for cell in cells if cell is not None] for _, cells in sheet.rows]
        own = [line for line in lines if any(plain(text) == head for text in line[:2])]
        found: dict[str, str] = {}
        for line in own if len(own) > 1 else lines:
            at = next((i for i, text in enumerate(line[:-1]) if text in codes), None)
            label = next((text for text in line[at + 1 :] if _is_sector(text)), None) if at is not None else None
            if at is not None and label is not None:
                found.setdefault(plain(line[at]), sector_of(label))
        if len(found) >= 0.7 * len(codes):
            return sheet.name, found
    return None


def _why_none(row: _Row, heads: Heads, cells: Sequence[Any], first: bool) -> str:
    """Why a line tells of no enterprise: "total", "head", "units", "other", "unanswered"; empty if it does."""
    sector, workers = row.cells.get("sector", ""), row.cells.get("workers", "")
    if any(_SUM_WORDS.fullmatch(plain(text)) for text in row.all_texts[:4]) and not _is_sector(sector):
        return "total"
    if (
        tuple(plain(text) for text in row.all_texts)
        == tuple(plain(name) for name in heads.names if plain(name) in map(plain, row.all_texts))
        and sector
    ):
        if plain(sector) == plain(heads.names[heads.columns["sector"]]):
            return "head"
    alone = len(row.all_texts) == 1 and len(heads.columns) > 1 and not _is_sector(sector)  # "(Ký tên)"
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


def _unit(choices: Choices, heads: Heads, dropped: Sequence[tuple[str, _Row]], table: FirmTable) -> str:
    """Unit of the money: said by the reader, by the head, or in a line of units below it."""
    if "revenue" not in heads.columns:
        return "million"
    head = table.read_from["revenue"]
    below = next((row.cells.get("revenue", "") for why, row in dropped if why == "units"), "")
    above = [cell_text(cell) for line, cells in heads.sheet.rows if line < heads.line for cell in cells if isinstance(cell, str)]
    for_all = next((unit for text in above if (told := _UNIT_ABOVE.fullmatch(text)) and (unit := money_unit(told[1]))), None)
    found = money_unit(head) or money_unit(below) or for_all
    if found == "foreign" and not choices.unit:
        table.asked.append(ScenarioError("money_foreign", key=Message("col_revenue"), value=head))
        return "million"
    unit = choices.unit or found or "million"
    if unit != "million" or found:
        table.remarks.append(Message("money_in", unit=Message(f"unit_{unit}")))
    return unit


def _passed_over(dropped: Sequence[tuple[str, _Row]], kept: Sequence[_Row], decimal: str) -> list[Message]:
    """What is said of lines that tell of no enterprise; a total is held against its lines."""
    remarks = []
    for why in ("units", "head", "other", "elsewhere", "unanswered", "total"):
        lines = [row.line for reason, row in dropped if reason == why]
        if lines:
            remarks.append(Message(f"passed_{why}", lines=", ".join(map(str, lines[:20])) + (" ..." if len(lines) > 20 else "")))
    totals = [row for why, row in dropped if why == "total" and row.cells.get("workers")]
    if totals:
        try:
            told = number_in(totals[-1].cells["workers"], decimal)[0]
            summed = sum(number_in(row.cells["workers"], decimal)[0] for row in kept if row.cells.get("workers"))
        except ScenarioError:
            return remarks
        if abs(told - summed) > 0.5 and len(totals) == 1:
            remarks.append(Message("total_differs", line=totals[-1].line, told=told, summed=summed))
    return remarks


def _firm(
    row: _Row, decimal: str, unit: str, accept: Sequence[str], sectors: dict[str, str], trade: Callable[[str], str]
) -> tuple[dict[str, object], list[Refusal]]:
    """An enterprise as far as it is understood, and the cells that are refused."""
    firm: dict[str, object] = {}
    problems: list[Refusal] = []
    if row.surplus:
        problems.append(Refusal(row.line, "", "", Message("cells_beyond", count=row.surplus)))
    for column in COLUMNS:
        text = row.cells.get(column)
        if text is not None and column not in ("sector", "technologies") and is_no_answer(text):
            row.unanswered += 1
            continue
        if text is None:
            if column in ("sector", "workers"):
                problems.append(Refusal(row.line, column, "", Message("cell_empty")))
            continue
        try:
            if column == "sector":
                firm[column] = sectors[text] = trade(text)
            elif column == "technologies":
                firm[column] = _technologies(text)
            else:
                firm[column] = _number(text, column, "point" if column not in row.typed else decimal, unit)
        except ScenarioError as error:
            problems.append(Refusal(row.line, column, text, error.problem))
    if ("x" in firm) != ("y" in firm) and not problems:
        column = "x" if "x" in firm else "y"
        problems.append(Refusal(row.line, column, row.cells[column], Message("cell_pair")))
    return firm, problems


def _number(text: str, column: str, decimal: str, unit: str) -> float:
    low, high, of = FIRM_RANGES[column]
    limits: dict[str, Any] = {"low": low, "high": high, "unit": of}
    try:
        value, behind = number_in(text, decimal)
    except ScenarioError as error:
        more = {"cell_no_number": "cell_not_number", "cell_not_finite_here": "cell_not_finite"}.get(error.problem.key)
        raise ScenarioError(more, **limits) if more else error from None
    if column == "revenue":
        value *= MONEY[behind if behind in MONEY else unit]
    elif behind not in (None, "people"):
        raise ScenarioError("cell_not_number", **limits)
    if column != "revenue" and not low <= value <= high:  # money may be in another unit: see `_beyond`
        raise ScenarioError("cell_out_of_range", **limits)
    return value


def _beyond(lines: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Refusal]:
    """Revenue that no firm of a cluster has."""
    low, high, unit = FIRM_RANGES["revenue"]
    reason = Message("cell_out_of_range", low=low, high=high, unit=unit)
    return [
        Refusal(line, "revenue", f"{firm['revenue']:g}", reason)
        for line, firm in lines if "revenue" in firm and not low <= firm["revenue"] <= high
    ]  # fmt: skip


def _technologies(text: str) -> list[str]:
    known = {name.casefold(): name for name in TECHNOLOGIES} | _TECHNOLOGY_WORDS
    found: list[str] = []
    for part in re.split(r"[;+|,]", text):
        word = " ".join(part.casefold().split())
        if not word or word in ("-", "none", "không"):
            continue
        if word not in known:
            technologies = ", ".join(TECHNOLOGIES)
            raise ScenarioError("cell_technology", name=part.strip(), technologies=technologies)
        if known[word] not in found:
            found.append(known[word])
    return found
