"""A table of enterprises: what is understood of it, what is refused, what is asked, and what was passed over.

Names and tax codes of firms are looked at for rows that stand twice, and are kept nowhere: not in what is returned, not in a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..model.border import bordered
from ..model.sites_and_arms import TECHNOLOGIES
from .errors import Message, Refusal, ScenarioError, nearest_name
from .firm_lines import COLUMNS, FIELDS, GROUP, PRIVATE, Row, is_sector, rows_of, sums_without_a_word, with_groups
from .given import without_marks
from .heads import Heads, Unsure, find_heads
from .industries import plain, sector_of, sector_word
from .numerals import DECIMALS, MONEY, decimal_sign, is_no_answer, money_unit, number_in
from .plausible import ACCEPTABLE, doubts_of
from .schema import FIRM_RANGES
from .sheets import Sheet, cell_text, read_sheets

__all__ = ["ACCEPTABLE", "COLUMNS", "Choices", "FirmTable", "read_firms", "sector_word"]

_TECHNOLOGY_WORDS = {"own plant": "own_plant", "trạm xử lý": "own_plant", "trạm xử lý nước thải": "own_plant"}
# what a column is called that tells of several enterprises or places
_COUNTS = re.compile(r"^(?:tổng )?số (?:lượng )?(?:cơ sở|csx|doanh nghiệp|dn|hộ|công ty|đơn vị)\b|^(?:number|no\.?|num) of (?:firms|enterprises|establishments|companies|"
                     r"households)|^(?:firms|enterprises|establishments)$")  # fmt: skip
_PLACES = re.compile(
    r"\bccn\b|\bkcn\b|cụm công nghiệp|^(?:tên )?cụm$|khu công nghiệp|\bcluster\b|industrial (?:park|cluster|zone)|^(?:tên )?tỉnh\b|\bprovince\b"
)
_UNIT_ABOVE = re.compile(r"\(?\s*(?:đvt|đơn vị(?: tính)?|unit)\s*:\s*(.+?)\)?\s*", re.I)


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
    kept, dropped = rows_of(heads, path, choices.only)
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
    for row in sums_without_a_word(kept, decimal):
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
    looked_at = [heads.names[heads.columns[field.name]] for field in PRIVATE if field.name in heads.columns]
    if looked_at:
        table.remarks.append(Message("private_columns", columns=", ".join(looked_at)))
    if any(refusal.column == "sector" and refusal.value for refusal in table.refused):
        table.remarks.append(Message("trades_hint"))
    no_answer = sum(row.unanswered for row in kept)
    if no_answer:
        table.remarks.append(Message("no_answers", count=no_answer))
    return table


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
            found.append(find_heads(sheet, (*FIELDS, *PRIVATE), choices.columns, "letters" in choices.accept))
        except Unsure as error:
            grouped = with_groups(sheet) if error.found and "sector" not in choices.columns else None
            if grouped is None:
                unsure.append(error)
                continue
            columns = {**choices.columns, "sector": GROUP}
            try:
                found.append(find_heads(grouped, (*FIELDS, *PRIVATE), columns, "letters" in choices.accept))
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


def _several(heads: Heads, kept: Sequence[Row], choices: Choices) -> list[ScenarioError]:
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
            label = next((text for text in line[at + 1 :] if is_sector(text)), None) if at is not None else None
            if at is not None and label is not None:
                found.setdefault(plain(line[at]), sector_of(label))
        if len(found) >= 0.7 * len(codes):
            return sheet.name, found
    return None


def _unit(choices: Choices, heads: Heads, dropped: Sequence[tuple[str, Row]], table: FirmTable) -> str:
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


def _passed_over(dropped: Sequence[tuple[str, Row]], kept: Sequence[Row], decimal: str) -> list[Message]:
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
    row: Row, decimal: str, unit: str, accept: Sequence[str], sectors: dict[str, str], trade: Callable[[str], str]
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
