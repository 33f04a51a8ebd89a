"""A table of enterprises, and the scenario that is made from it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..model.inputs import SECTORS, TECHNOLOGIES, Site
from .errors import Message, Refusal, ScenarioError, Tell, nearest_name
from .reading import Table, read_table
from .schema import CLUSTER_AREA_CAP, FIRM_RANGES, MAX_FIRMS, known_id

__all__ = ["Report", "new_scenario", "read_firms", "sector_word"]

_HA_PER_FIRM = 0.36  # 1,392 ha built for 3,864 firms
_BUILT_SHARE = 0.826  # 1,392 of 1,686 ha
_THOUSANDS = r"[+-]?\d{1,3}([.,]\d{3})+"  # 1.500 or 1,500: fifteen hundred or one and a half?
_COLUMNS = ("sector", "workers", "revenue", "x", "y", "technologies", "need", "trust")
_IGNORED = ("id", "name", "note", "tên", "stt", "ghi chú")
_ALIASES = {
    "ngành": "sector", "ngành nghề": "sector", "lao động": "workers", "số lao động": "workers",
    "doanh thu": "revenue", "công nghệ": "technologies", "nhu cầu": "need", "niềm tin": "trust",
}  # fmt: skip
_SECTOR_WORDS = {
    "food": "food processing, foods, beverage, food and drink, thực phẩm, chế biến thực phẩm, đồ uống, "
    "nông sản, thủy sản, đồ hộp, bánh kẹo, thực phẩm và đồ uống",
    "textile": "textiles, garment, garments, textile and garment, leather, footwear, dệt may, dệt, may, "
    "may mặc, da giày, giày, giày da",
    "metal_mechanical": "metal, mechanical, metalworking, machinery, cơ khí, kim loại, cơ kim khí, đúc, máy, "
    "chế tạo máy, gia công kim loại",
    "plastic_paper_chemical": "plastic, plastics, rubber, paper, printing, packaging, chemical, chemicals, "
    "nhựa, cao su, giấy, in ấn, bao bì, hóa chất, hoá chất, dược phẩm, nhựa giấy hóa chất",
    "wood_building": "wood, furniture, building, building materials, ceramics, gỗ, đồ gỗ, mộc, nội thất, "
    "vật liệu xây dựng, gốm sứ, gỗ và vật liệu xây dựng",
    "electronics_hightech": "electronics, electronic, electrical, high tech, hightech, điện tử, điện, "
    "viễn thông, công nghệ cao, điện tử công nghệ cao",
}
_COMMON_WORD = {  # of `_SECTOR_WORDS`, for a reader of Vietnamese
    "food": "thực phẩm", "textile": "dệt may", "metal_mechanical": "cơ khí", "plastic_paper_chemical": "nhựa",
    "wood_building": "gỗ", "electronics_hightech": "điện tử",
}  # fmt: skip
_TECHNOLOGY_WORDS = {"own plant": "own_plant", "trạm xử lý": "own_plant", "trạm xử lý nước thải": "own_plant"}
_DRAWN = {
    "revenue": Message("drawn_revenue"),
    "x": Message("drawn_position"),
    "technologies": Message("drawn_technologies"),
    "need": Message("drawn_need"),
    "trust": Message("drawn_trust"),
}


@dataclass(frozen=True)
class Report:
    """What `new_scenario` read, what will be drawn, what it refused and what it wrote.

    Attributes
    ----------
    name : str
    scenario, firms : Path
        The files written.
    source : Path
    separator : str
        Of the table that was read.
    read : tuple of str
        Columns used.
    ignored : tuple of str
        Columns not used.
    drawn : tuple of Message
        What the model draws because the table leaves it out.
    assumed : tuple of Message
        What was put into the scenario without a source.
    accepted : int
        Firms.
    refused : tuple of Refusal
    """

    name: str
    scenario: Path
    firms: Path
    source: Path
    separator: str
    read: tuple[str, ...]
    ignored: tuple[str, ...]
    drawn: tuple[Message, ...]
    assumed: tuple[Message, ...]
    accepted: int
    refused: tuple[Refusal, ...]

    def __str__(self) -> str:
        return self.lines()

    def lines(self, tell: Tell = str) -> str:
        """One line for everything that was read, drawn, assumed, refused and written.

        Parameters
        ----------
        tell : callable
            Default: English.
        """
        read = Message("firms_read", source=self.source, count=self.accepted, columns=", ".join(self.read))
        messages = [read]
        if self.ignored:
            messages.append(Message("not_used", columns=", ".join(self.ignored)))
        messages += [Message("drawn", what=item) for item in self.drawn]
        messages += [Message("assumed", what=item) for item in self.assumed]
        messages += [Message("refused", row=item.sentence(tell)) for item in self.refused]
        messages.append(Message("written", scenario=self.scenario, firms=self.firms))
        return "\n".join(map(tell, messages))


def read_firms(path: Path) -> tuple[Table, list[dict[str, object]], list[Refusal]]:
    """Enterprises of a table, and the cells that are refused.

    Parameters
    ----------
    path : Path
        CSV with the columns sector and workers; optional revenue, x, y, technologies, need, trust.

    Returns
    -------
    table : Table
    firms : list of dict
        Rows without a refused cell, ready for `FirmEntry`.
    refused : list of Refusal
        In the order of the file; a row may be refused for several cells.

    Raises
    ------
    ScenarioError
        If the table as a whole cannot be used.
    """
    table = read_table(
        path, _COLUMNS, required=("sector", "workers"), max_rows=MAX_FIRMS, aliases=_ALIASES, ignored=_IGNORED
    )
    firms: list[dict[str, object]] = []
    refused: list[Refusal] = []
    for line, row in table.rows:
        firm, problems = _firm(line, row, decimal_comma=table.separator != ",")
        refused += problems
        if not problems:
            firms.append(firm)
    return table, firms, refused


def sector_word(sector: str, lang: str) -> str:
    """A word for a sector that `read_firms` takes, in the reader's language."""
    return _COMMON_WORD[sector] if lang == "vi" else sector


def new_scenario(
    name: str, firms_csv: str | Path, out_dir: str | Path = ".", skip_bad_rows: bool = False
) -> Report:
    """Make a scenario of one cluster from a table of enterprises.

    Writes ``NAME.toml`` and, beside it, ``NAME-firms.csv`` (cleaned). What a column leaves out is drawn by
    the model. Both files are finished and read back before they take their names, so nothing is left half
    written.

    Parameters
    ----------
    name : str
        Id of the scenario: a-z, 0-9, hyphens.
    firms_csv : str or Path
        See `read_firms`.
    out_dir : str or Path
        Made if it does not exist.
    skip_bad_rows : bool
        Go on without the refused rows.

    Returns
    -------
    Report

    Raises
    ------
    ScenarioError
        For a bad name, table or folder, for files that exist, and (unless `skip_bad_rows`) for any refused
        row; then nothing is written.
    """
    try:
        known_id(name)
    except ScenarioError as error:
        error.key, error.value = "name", name
        raise
    source, folder = Path(firms_csv), Path(out_dir)
    scenario, cleaned = folder / f"{name}.toml", folder / f"{name}-firms.csv"
    if scenario.exists():
        raise ScenarioError("exists", file=scenario)
    table, firms, refused = read_firms(source)
    rows = len({refusal.line for refusal in refused})
    if refused and not skip_bad_rows:
        raise ScenarioError(
            "rows_refused_nothing_written", file=source, refused=refused, rows=rows, all=len(table.rows)
        )
    if not firms:
        raise ScenarioError("no_row_left", file=source, refused=refused)
    text = _cleaned(table.columns, firms)
    # a table alone with the very bytes that would be written is what a run left that was killed in between
    if cleaned.exists() and not _holds(cleaned, text):
        raise ScenarioError("exists", file=cleaned)
    _write(folder, name, source, text, len(firms))
    return Report(
        name, scenario, cleaned, source, table.separator, table.columns, table.ignored,
        tuple(_drawn(table.columns, firms)), _assumed(len(firms)), len(firms), tuple(refused),
    )  # fmt: skip


def _firm(line: int, row: dict[str, str], decimal_comma: bool) -> tuple[dict[str, object], list[Refusal]]:
    firm: dict[str, object] = {}
    problems: list[Refusal] = []
    for column in _COLUMNS:
        text = row.get(column)
        if text is None:
            if column in ("sector", "workers"):
                problems.append(Refusal(line, column, "", Message("cell_empty")))
            continue
        try:
            if column == "sector":
                firm[column] = _sector(text)
            elif column == "technologies":
                firm[column] = _technologies(text)
            else:
                firm[column] = _number(text, column, decimal_comma)
        except ScenarioError as error:
            problems.append(Refusal(line, column, text, error.problem))
    if ("x" in row) != ("y" in row):
        column = "x" if "x" in row else "y"
        problems.append(Refusal(line, column, row[column], Message("cell_pair")))
    return firm, problems


def _number(text: str, column: str, decimal_comma: bool) -> float:
    low, high, unit = FIRM_RANGES[column]
    limits: dict[str, Any] = {"low": low, "high": high, "unit": unit}
    if column in ("workers", "revenue") and re.fullmatch(_THOUSANDS, text):
        raise ScenarioError("cell_thousands")
    if decimal_comma and re.fullmatch(r"[+-]?\d+,\d+", text):
        text = text.replace(",", ".")
    try:
        # float() also reads "1_000" and words for infinities: only plain numbers are meant
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        raise ScenarioError("cell_not_number", **limits) from None
    if not math.isfinite(value):
        raise ScenarioError("cell_not_finite", **limits)
    if not low <= value <= high:
        raise ScenarioError("cell_out_of_range", **limits)
    return value


def _technologies(text: str) -> list[str]:
    known = {name.casefold(): name for name in TECHNOLOGIES} | _TECHNOLOGY_WORDS
    found: list[str] = []
    for part in re.split(r"[;+|]", text):
        word = " ".join(part.casefold().split())
        if not word or word in ("-", "none", "không"):
            continue
        if word not in known:
            technologies = ", ".join(TECHNOLOGIES)
            raise ScenarioError("cell_technology", name=part.strip(), technologies=technologies)
        if known[word] not in found:
            found.append(known[word])
    return found


def _sector(text: str) -> str:
    word = _plain(text)
    exact = _sector_names()
    if word in exact:
        return exact[word]
    # without diacritics only if unambiguous: giấy (paper) and giày (shoe) both become "giay"
    bare = {sector for name, sector in exact.items() if _bare(name) == _bare(word)}
    if len(bare) == 1:
        return bare.pop()
    if bare:
        raise ScenarioError("cell_diacritics", either=" or ".join(sorted(bare)))
    near, sectors = nearest_name(word, exact), ", ".join(SECTORS)
    if near:
        raise ScenarioError("cell_sector_near", near=near, sector=exact[near], sectors=sectors)
    raise ScenarioError("cell_sector", sectors=sectors)


@lru_cache(maxsize=1)
def _sector_names() -> dict[str, str]:
    """Every known name of a sector, in plain form, to the sector."""
    names = {_plain(sector): sector for sector in SECTORS}
    for sector, words in _SECTOR_WORDS.items():
        names |= {_plain(word): sector for word in words.split(", ")}
    return names


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[\s_,/&-]+", " ", unicodedata.normalize("NFC", text).casefold()).split())


def _bare(text: str) -> str:
    parts = unicodedata.normalize("NFD", text.replace("đ", "d"))
    return "".join(char for char in parts if not unicodedata.combining(char))


def _drawn(columns: tuple[str, ...], firms: list[dict[str, object]]) -> list[Message]:
    items = []
    for column, what in _DRAWN.items():
        missing = sum(column not in firm for firm in firms)
        if missing and column in columns:
            what = Message("drawn_for", what=what, missing=missing, firms=len(firms))
        if missing:
            items.append(what)
    return [*items, Message("drawn_others")]


def _areas(firms: int) -> tuple[float, float]:
    """Planned and built area, ha, at the density of Hanoi's clusters."""
    built = _HA_PER_FIRM * firms
    return round(built / _BUILT_SHARE, 2), round(built, 2)


def _assumed(firms: int) -> tuple[Message, ...]:
    planned, built = _areas(firms)
    return Message("assumed_area", built=built, planned=planned), Message("assumed_others")


def _toml(name: str, source: Path, firms: int) -> str:
    """The scenario file: one cluster whose firms are known."""
    planned, built = _areas(firms)
    note = json.dumps(f"Made from {source.name}: {firms} known firms; areas assumed.", ensure_ascii=False)
    lines = [
        'type = "scenario"',
        f'id = "{name}"',
        f'name = "{name}"',
        f'kind = "{"cluster" if planned <= CLUSTER_AREA_CAP else "park"}"',
        f"note = {note}",
        # the budget is shared by firms: the city cannot have fewer than this cluster
        *([f"city_firms = {firms}"] if firms > Site.city_firms else []),
        "",
        "[[clusters]]",
        f'id = "{name}"',
        f'name = "{name}"',
        f'firms = "{name}-firms.csv"',
        f"firms_2018 = {firms}",
        f"area_planned = {planned}   # ha, assumed",
        f"area_built = {built}",
    ]
    return "\n".join(lines) + "\n"


def _cleaned(columns: tuple[str, ...], firms: list[dict[str, object]]) -> str:
    """The table of firms as it is kept beside the scenario."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(columns)
    for firm in firms:
        table.writerow([_cell(firm.get(column)) for column in columns])
    return buffer.getvalue()


def _holds(path: Path, text: str) -> bool:
    """Is this a file with exactly this text?"""
    data = text.encode()
    return path.is_file() and not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data


def _write(folder: Path, name: str, source: Path, text: str, firms: int) -> None:
    from .sites import load_scenario

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{name}-") as draft:
            (Path(draft) / f"{name}-firms.csv").write_bytes(text.encode())
            (Path(draft) / f"{name}.toml").write_bytes(_toml(name, source, firms).encode())
            load_scenario(Path(draft) / f"{name}.toml")
            # the scenario comes last: whoever sees it finds its table
            for file in (f"{name}-firms.csv", f"{name}.toml"):
                (Path(draft) / file).replace(folder / file)
    except OSError as error:
        raise ScenarioError("not_writable", file=folder, cause=error.strerror or str(error)) from None


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "+".join(value) or "-"
    if isinstance(value, str):
        return value
    text = f"{value:.15g}"
    return text + "0" if re.fullmatch(_THOUSANDS, text) else text  # 1.234 would be refused, 1.2340 is clear
