"""A table of enterprises: words for sectors and technologies, numbers with either decimal sign, and what is refused."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..model.sites_and_arms import SECTORS, TECHNOLOGIES
from .errors import Message, Refusal, ScenarioError, nearest_name
from .given import without_marks
from .reading import Table, read_table
from .schema import FIRM_RANGES, MAX_FIRMS

__all__ = ["THOUSANDS", "read_firms", "sector_word"]

THOUSANDS = r"[+-]?\d{1,3}([.,]\d{3})+"  # 1.500 or 1,500: fifteen hundred or one and a half?
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
    table = read_table(path, _COLUMNS, required=("sector", "workers"), max_rows=MAX_FIRMS, aliases=_ALIASES, ignored=_IGNORED)
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
    if column in ("workers", "revenue") and re.fullmatch(THOUSANDS, text):
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
    bare = {sector for name, sector in exact.items() if without_marks(name) == without_marks(word)}
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
