"""Where the head of a table stands and what its columns hold: by their names, by a reader's choice, in doubt by asking.

Title lines above the head, heads in two lines, line breaks in them, and columns that nobody needs are the usual case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .errors import Message, ScenarioError, nearest_name
from .given import typed_key, without_marks
from .industries import plain, same_but_lost
from .numerals import decimal_sign, head_without_unit, is_no_answer, number_in
from .sheets import Cell, Sheet, cell_text

__all__ = ["Field", "Heads", "Unsure", "find_heads", "index_of"]

_DEEPEST = 60  # a head stands in the first lines that hold anything
_SURE, _LIKELY = 3, 2
_NUMBERS = ("workers", "revenue")  # several columns of these may add up: men and women, four quarters


@dataclass(frozen=True)
class Field:
    """Something that a column may hold.

    Attributes
    ----------
    name : str
        As in our own tables.
    exact : tuple of str
        Heads that mean this and nothing else, in plain form.
    words : str
        Pattern of what heads of such columns hold.
    part : str
        Pattern of what makes them hold something else or a part only.
    whole : str
        Pattern of heads that mean it by their unit ("DT (tỷ đồng)").
    hint : str
        Pattern of heads that may mean it: told, not taken.
    needed : bool
    private : bool
        Looked at, never told.
    test : callable, optional
        Of a cell's text: is it one of these? Tells such a column without a known head.
    """

    name: str
    exact: tuple[str, ...] = ()
    words: str = ""
    part: str = ""
    whole: str = ""
    hint: str = ""
    needed: bool = False
    private: bool = False
    test: Callable[[str], bool] | None = None

    def fit(self, head: str) -> int:
        """How surely a head means this: 0 to 3."""
        whole = plain(head)
        without = plain(head_without_unit(head))
        if whole in self.exact or without in self.exact or typed_key(head) in map(typed_key, self.exact if len(head) > 3 else ()):
            return _SURE
        if self.whole and re.search(self.whole, whole):
            return _LIKELY - bool(self.part and re.search(self.part, whole))
        for text, turn in ((without, str), (without if without_marks(without) == without else "", without_marks)):
            if text and self.words and re.search(turn(self.words), text):
                return _LIKELY - bool(
                    self.part and re.search(turn(self.part), plain(head) if turn is str else without_marks(plain(head)))
                )
        return 0


@dataclass(frozen=True)
class Heads:
    """The head of a table.

    Attributes
    ----------
    sheet : Sheet
    line : int
        Of the head in the file, 0 if there is none.
    first : int
        Index of the first row below it.
    names : tuple of str
        All heads as they are read, empty ones by their letter.
    columns : dict of str to int
        Field to index of the column.
    remarks : tuple of Message
    """

    sheet: Sheet
    line: int
    first: int
    names: tuple[str, ...]
    columns: dict[str, int]
    remarks: tuple[Message, ...]

    @property
    def width(self) -> int:
        """Columns up to the last that has a head."""
        filled = [i for i, name in enumerate(self.names) if not _is_empty(name)]
        return 1 + filled[-1] if filled else len(self.names)

    @property
    def ignored(self) -> tuple[str, ...]:
        """Heads of columns that are not used and hold something."""
        used = set(self.columns.values())
        filled = {i for _, cells in self.sheet.rows[self.first :] for i, cell in enumerate(cells) if cell is not None}
        return tuple(name for i, name in enumerate(self.names) if i not in used and (i in filled or not _is_empty(name)))


def find_heads(sheet: Sheet, fields: Sequence[Field], chosen: Mapping[str, str], lost_letters: bool = False) -> Heads:
    """Head and columns of a table.

    Parameters
    ----------
    sheet : Sheet
    fields : sequence of Field
    chosen : mapping
        Field to the head, or the letter, of its column; an empty text leaves the field out.
    lost_letters : bool
        "?" within a head may be any letter.

    Raises
    ------
    ScenarioError
        With everything that is missing or in doubt among its `others`; its `found` is how many needed fields were found.
    """
    best = max(_candidates(sheet, fields, chosen, lost_letters), key=lambda found: found.score)
    problems, columns, remarks = [], dict(best.columns), []
    known = [name for name in best.names if not _is_empty(name)]
    for field in fields:
        wanted = chosen.get(field.name)
        if wanted:
            index = index_of(wanted, best.names)
            if index is None and (added := _added(wanted, best.names)):
                sheet, name = _with_sum(sheet, best.first, added, best.names)
                best = replace(best, names=(*best.names, name))
                columns[field.name] = len(best.names) - 1
            elif index is None:
                problems.append(ScenarioError("no_such_head", key=_told(field.name), value=wanted, nearest=nearest_name(wanted, known),
                                              allowed=", ".join(known)))  # fmt: skip
            else:
                columns[field.name] = index
        elif field.name not in columns and field.needed and field.name not in {name for _, name in best.lost}:
            by_content = _by_content(sheet, best, field, set(columns.values()))
            if len(by_content) == 1:
                columns[field.name] = by_content[0]
                remarks.append(Message("by_content", field=_told(field.name), column=best.names[by_content[0]]))
            elif field.name not in best.doubts:
                problems.append(_missing(sheet, best, field, by_content, columns, known))
        if field.name in best.doubts and field.name not in columns:
            names = ", ".join(best.names[i] for i in best.doubts[field.name])
            key = "column_doubt_sum" if field.name in _NUMBERS else "column_doubt"
            letters = "+".join(map(_letter, best.doubts[field.name]))
            problems.append(ScenarioError(key, key=_told(field.name), candidates=names, field=field.name, letters=letters))
    for name in chosen:
        if name not in {field.name for field in fields}:
            problems.append(ScenarioError("unknown_field", value=name, nearest=nearest_name(name, [f.name for f in fields]),
                                          allowed=", ".join(field.name for field in fields)))  # fmt: skip
    for lost, meant in best.lost:
        problems.append(ScenarioError("head_lost", value=lost, near=_told(meant)))
    if best.above:
        remarks.append(Message("above_head", lines=best.above, line=best.line))
    for head in (name for i, name in enumerate(best.names) if i not in columns.values() and not _is_empty(name)):
        for field in fields:
            if (
                not field.private
                and field.name not in columns
                and field.name not in chosen
                and (nearest_name(plain(head), field.exact) or field.hint and re.search(field.hint, plain(head)))
            ):
                remarks.append(Message("near_column", head=head, near=_told(field.name), field=field.name))
    if problems:
        found = sum(field.name in best.columns for field in fields if field.needed)
        raise Unsure(problems, found, best.names, len(sheet.rows) * len(known))
    return Heads(sheet, best.line, best.first, best.names, columns, tuple(remarks))


class Unsure(ScenarioError):
    """What is missing or in doubt in the head of a table: all of it."""

    def __init__(self, problems: Sequence[ScenarioError], found: int, names: tuple[str, ...], size: int = 0) -> None:
        first, *others = problems
        super().__init__(
            first.problem, key=first.key, value=first.value, nearest=first.nearest, allowed=first.allowed, others=others
        )
        self.found, self.names, self.size = found, names, size


@dataclass(frozen=True)
class _Candidate:
    """A row, or two, as a head."""

    line: int
    first: int
    names: tuple[str, ...]
    columns: dict[str, int]
    doubts: dict[str, list[int]]
    lost: list[tuple[str, str]]
    above: int
    score: tuple[float, ...]


def _candidates(sheet: Sheet, fields: Sequence[Field], chosen: Mapping[str, str], lost: bool) -> list[_Candidate]:
    width = max(len(cells) for _, cells in sheet.rows)
    found = [_candidate(sheet, fields, chosen, lost, i, 1, width) for i in range(min(_DEEPEST, len(sheet.rows)))]
    found += [
        _candidate(sheet, fields, chosen, lost, i, 2, width)
        for i in range(min(_DEEPEST, len(sheet.rows) - 1))
        if _is_second(sheet.rows[i][1], sheet.rows[i + 1][1])
    ]
    if any(wanted and _is_letter(wanted) for wanted in chosen.values()):  # a table without a head
        names = tuple(f"({_letter(j)})" for j in range(width))
        at = {field: index_of(wanted, names) for field, wanted in chosen.items() if wanted and _is_letter(wanted)}
        columns = {field: index for field, index in at.items() if index is not None}
        headless = not any(one.score[0] > 0 for one in found)
        found.append(_Candidate(0, 0, names, columns, {}, [], 0, (0.5 if headless else -1.0, 0.0, 0.0)))
    return found


def _candidate(
    sheet: Sheet, fields: Sequence[Field], chosen: Mapping[str, str], lost: bool, i: int, depth: int, width: int
) -> _Candidate:
    rows = sheet.rows[i : i + depth]
    names = _joined([cells for _, cells in rows], width)
    fits: dict[str, list[tuple[int, int]]] = {}
    letters: list[tuple[str, str]] = []
    for j, name in enumerate(names):
        if _is_empty(name) or len(name) > 150:
            continue
        hows = {field.name: field.fit(name) for field in fields}
        for field in fields:
            how = hows[field.name] if hows[field.name] == max(hows.values()) else 0
            if not how and re.search(r"\w\?|\?\w", name):
                near = _with_letters(name, field)
                how = _SURE if near and lost else 0
                if near and not lost:
                    letters.append((name, field.name))
            if how:
                fits.setdefault(field.name, []).append((how, j))
                break  # a column holds one thing; a title names many
    columns, doubts = {}, {}
    for field in fields:
        if chosen.get(field.name) is not None:
            continue
        at = fits.get(field.name, [])
        top = max((how for how, _ in at), default=0)
        equal = [j for how, j in at if how == top]
        if len(equal) > 1 and field.test is not None:
            equal = _fuller(sheet, i + depth, equal, field.test)
        if len(equal) == 1 and top > 1:
            columns[field.name] = equal[0]
        elif equal and (field.needed or top > 1):
            doubts[field.name] = equal
    picked = sum(1 for wanted in chosen.values() if wanted and not _is_letter(wanted) and index_of(wanted, names) is not None)
    needed = sum(field.name in columns or field.name in doubts for field in fields if field.needed)
    texts = sum(1 for _, cells in rows for cell in cells if isinstance(cell, str) and not re.search(r"\d{3}", cell))
    seen = min(texts / depth, 40)
    # two lines where the second says more; the first of equals
    score = (
        picked + needed + len(letters),
        len(columns) + len(doubts) + 0.5 * (depth > 1 and needed > 0),
        seen if not (picked + needed) else 0.0,
        -i,
    )
    used = [letter for letter in letters if letter[1] not in columns]
    return _Candidate(rows[0][0], i + depth, names, columns, doubts, used, i, score)


def _joined(rows: Sequence[Sequence[object]], width: int) -> tuple[str, ...]:
    """Names of the columns: a head above several columns goes with each of those below it."""
    if len(rows) == 1:
        texts = [cell_text(cell) for cell in rows[0]]  # type: ignore[arg-type]
    else:
        above, below = ([cell_text(c) for c in row] + [""] * (width - len(row)) for row in rows)  # type: ignore[arg-type]
        texts, last = [], ""
        for a, b in zip(above, below, strict=True):
            last = a or (last if b else "")
            texts.append(f"{a or (last if b else '')} {b}".strip())
    texts += [""] * (width - len(texts))
    return tuple(" ".join(text.split()) or f"({_letter(j)})" for j, text in enumerate(texts))


def _is_second(above: Sequence[object], below: Sequence[object]) -> bool:
    """Is it the second line of a head: texts only, where the line above is empty or begins a group?"""
    texts = [j for j, cell in enumerate(below) if cell is not None]
    if not texts or any(re.search(r"\d", cell_text(below[j])) and not isinstance(below[j], str) for j in texts):  # type: ignore[arg-type]
        return False
    if any(re.fullmatch(r"[\d.,\s]+", cell_text(below[j])) for j in texts):  # type: ignore[arg-type]
        return False
    empty = [j for j, cell in enumerate(above) if cell is not None and (j >= len(below) or below[j] is None)]
    beside = [j for j in texts if j >= len(above) or above[j] is None]
    return bool(empty) and bool(beside)


def _fuller(sheet: Sheet, first: int, equal: list[int], test: Callable[[str], bool]) -> list[int]:
    """Of columns that say the same, the one whose cells are understood most often."""
    shares = [_share(sheet, first, j, test) for j in equal]
    return [equal[shares.index(max(shares))]] if max(shares) > 0 else equal


def _share(sheet: Sheet, first: int, j: int, test: Callable[[str], bool]) -> float:
    cells = [cell_text(cells[j]) for _, cells in sheet.rows[first : first + 500] if j < len(cells) and cells[j] is not None]
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def _by_content(sheet: Sheet, best: _Candidate, field: Field, taken: set[int]) -> list[int]:
    if field.test is None or best.doubts.get(field.name):
        return []
    return [j for j in range(len(best.names)) if j not in taken and _share(sheet, best.first, j, field.test) >= 0.7]


def _missing(
    sheet: Sheet, best: _Candidate, field: Field, by_content: list[int], columns: Mapping[str, int], known: list[str]
) -> ScenarioError:
    """A needed column that no head names, and what may be it."""
    numbers = [
        best.names[j] for j in range(len(best.names))
        if j not in columns.values() and _share(sheet, best.first, j, lambda text: bool(re.fullmatch(r"\d{1,4}([.,]0+)?", text))) > 0.4
    ]  # fmt: skip
    may_be = [best.names[j] for j in by_content] or (numbers if field.test is None else [])
    if may_be:
        return ScenarioError(
            "column_unsure", key=_told(field.name), candidates=", ".join(may_be[:8]), field=field.name, example=may_be[0]
        )
    near = next((name for name in known if nearest_name(plain(name), field.exact)), None)
    return ScenarioError("column_missing_of", key=_told(field.name), field=field.name, example=near or (known[0] if known else "B"),
                         columns=", ".join(known[:30]) or "-", nearest=near)  # fmt: skip


def _with_letters(name: str, field: Field) -> bool:
    """Would the head mean the field with the letters that were lost?"""
    return any(same_but_lost(plain(name), exact) for exact in field.exact)


def _told(field: str) -> Message:
    return Message(f"col_{field}")


def index_of(wanted: str, names: Sequence[str]) -> int | None:
    """Index of a column by its head or its letter."""
    for j, name in enumerate(names):
        if plain(name) == plain(wanted):
            return j
    return next((j for j in range(len(names)) if _letter(j) == wanted.strip("()").upper()), None)


def _added(wanted: str, names: Sequence[str]) -> list[int]:
    """Indices of the columns that a choice adds up ("C+D"); none if one of them is none."""
    found = [index_of(part.strip(), names) for part in wanted.split("+")]
    return [j for j in found if j is not None] if len(found) > 1 and None not in found else []


def _with_sum(sheet: Sheet, first: int, added: Sequence[int], names: Sequence[str]) -> tuple[Sheet, str]:
    """The sheet with one more column behind all others: what these add up to, and its name."""
    texts = [cell for _, cells in sheet.rows[first:] for j in added if j < len(cells) and isinstance(cell := cells[j], str)]
    decimal = decimal_sign(texts)

    def total(cells: Sequence[Cell]) -> Cell:
        parts = [cells[j] for j in added if j < len(cells) and cells[j] not in (None, "-")]
        if any(is_no_answer(cell_text(part)) for part in parts):
            return "n/a"
        try:
            return (
                sum(number_in(cell_text(part), decimal if isinstance(part, str) else "point")[0] for part in parts)
                if parts
                else None
            )
        except ScenarioError:
            return " + ".join(map(cell_text, parts))  # refused as it stands

    width = len(names)
    rows = [
        (line, [*cells, *[None] * (width - len(cells)), total(cells) if i >= first else None])
        for i, (line, cells) in enumerate(sheet.rows)
    ]
    return replace(sheet, rows=rows), " + ".join(names[j] for j in added)


def _letter(j: int) -> str:
    """What a spreadsheet calls a column: A, B, ..., Z, AA."""
    text = ""
    while j >= 0:
        text, j = chr(ord("A") + j % 26) + text, j // 26 - 1
    return text


def _is_letter(name: str) -> bool:
    return re.fullmatch(r"\(?[A-Za-z]{1,2}\)?", name) is not None


def _is_empty(name: str) -> bool:
    """Is it the letter that stands for a head without text?"""
    return re.fullmatch(r"\([A-Z]{1,2}\)", name) is not None
