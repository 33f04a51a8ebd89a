"""Numbers as people write them in tables: which sign stands before the decimals, units behind the number, codes for no answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .errors import ScenarioError
from .given import is_number, without_marks

__all__ = ["DECIMALS", "MONEY", "NO_ANSWER", "decimal_sign", "is_no_answer", "money_unit", "number_in"]

DECIMALS = ("comma", "point")
MONEY = {"vnd": 1e-6, "thousand": 1e-3, "million": 1.0, "billion": 1e3}  # in million VND
NO_ANSWER = (-9, -99, -999, -9999, -8, -88, -888, -7, -77, -777, -6, -66)
_NO_WORDS = {".", "-", "--", "...", "…", "n/a", "na", "#n/a", "nan", "null", "none", "kxđ", "không", "không có", "không rõ",
             "không biết", "không trả lời", "chưa có"}  # fmt: skip
_AMBIGUOUS = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_COMMA = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d{1,3}(\.\d{3}){2,}|\d+,\d+)([eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+\.\d+|\d{1,3}(,\d{3}){2,}|\d*\.\d+|\d+\.)([eE][+-]?\d+)?")
_UNITS = {
    "people": r"người|nguoi|lao động|lđ|ld|công nhân|cn|persons?|people|workers?|employees?",
    "billion": r"tỷ đồng|tỉ đồng|tỷ vnd|tỷ vnđ|tỷ|tỉ|ty dong|ty|billion vnd|bn vnd|billion|bn|bnvnd",
    "million": r"triệu đồng|triệu vnd|triệu vnđ|triệu|trđ|tr\.đ|tr|trieu dong|trieu|million vnd|million|mvnd|mn",
    "thousand": r"nghìn đồng|ngàn đồng|nghìn|ngàn|1\.?000 đồng|1\.?000đ|1\.?000 ?vnđ?|1000 dong|nghin dong|thousand vnd|thousand",
    "vnd": r"đồng|đ|vnđ|vnd|dong",
}
_BEHIND = re.compile(r"^(.*?\d[.,]?)\s*(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _UNITS.items()) + r")\.?$", re.I)
_IN_HEAD = {name: re.compile(r"(?<!\w)(?:" + _UNITS[name] + r")(?!\w)", re.I) for name in ("billion", "million", "thousand", "vnd")}
_RANGE = re.compile(r"(?:từ\s+)?\d+\s+(?:đến|tới|to)\s+\d+|(?:dưới|trên|hơn|gần|khoảng|ít nhất|tối đa|tối thiểu|không quá|under|over|about|more than|"
                    r"less than|at least|[~<>≤≥≈])\s*\d[\d.,]*|\d[\d.,]*\s*\+")  # fmt: skip
_FOREIGN = re.compile(r"(?<!\w)(usd|us\$|\$|eur|euro|jpy|đô la|do la)(?!\w)", re.I)


def is_no_answer(text: str) -> bool:
    """A word or a code that stands for no answer (-9, "n/a", "không trả lời")?"""
    text = text.strip().casefold()
    if text in _NO_WORDS:
        return True
    return is_number(text) and float(text) in NO_ANSWER


def money_unit(head: str) -> str | None:
    """The unit of money that a head names: a key of `MONEY`, "foreign" for another currency, None for none."""
    if _FOREIGN.search(head):
        return "foreign"
    return next((name for name, words in _IN_HEAD.items() if words.search(head)), None)


def decimal_sign(texts: Iterable[str]) -> str:
    """What the numbers of a table tell of the sign before decimals.

    Returns
    -------
    str
        "comma" or "point"; "free": no number depends on it; "open": some do, and nothing tells; "both": numbers contradict.
    """
    told, open_to = set(), set()
    for text in texts:
        text = _core(text)[0]
        if _AMBIGUOUS.fullmatch(text):
            open_to.add("," if "," in text else ".")
        elif _COMMA.fullmatch(text):
            told.add("comma")
        elif _POINT.fullmatch(text):
            told.add("point")
    if len(told) == 1:
        return told.pop()
    if told:
        return "both"
    if len(open_to) == 2:
        return "both"
    return "open" if open_to else "free"


def number_in(text: str, decimal: str) -> tuple[float, str | None]:
    """The number of a cell and the unit behind it.

    Parameters
    ----------
    text : str
    decimal : str
        As of `decimal_sign`; where it is "open" or "both" a number that depends on it is refused.

    Raises
    ------
    ScenarioError
        cell_thousands, cell_range or cell_not_number (without limits).
    """
    core, unit = _core(text)
    if decimal not in DECIMALS and _AMBIGUOUS.fullmatch(core):
        raise ScenarioError("cell_thousands")
    if decimal == "comma":
        if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?", core):
            core = core.replace(".", "")
        if "." not in core or "e" in core.lower():
            core = core.replace(",", ".")
        elif is_number(core):
            raise ScenarioError("cell_thousands")
    elif decimal == "point":
        if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", core):
            core = core.replace(",", "")
        elif re.fullmatch(r"[+-]?\d+,\d+", core):
            raise ScenarioError("cell_thousands")
    elif re.fullmatch(r"[+-]?\d+,\d+", core):
        raise ScenarioError("cell_thousands")
    if re.fullmatch(r"\d+\s*[-–÷]\s*\d+", core) or _RANGE.fullmatch(core.casefold()):
        raise ScenarioError("cell_range")
    if not is_number(core):
        if is_infinite(core):
            raise ScenarioError("cell_not_finite_here")
        raise ScenarioError("cell_no_number")
    return float(core), unit


def is_infinite(text: str) -> bool:
    """A number too large for any computer, or a word for infinity?"""
    return bool(re.fullmatch(r"[+-]?(inf(inity)?|nan|\d+(\.\d*)?e\+?\d+)", text.casefold()))


def _core(text: str) -> tuple[str, str | None]:
    """The digits and signs of a number, without blanks in between, and the unit behind it."""
    text = text.strip().replace("\u2212", "-")
    unit = None
    behind = _BEHIND.match(text)
    if behind:
        text = behind[1]
        unit = next(name for name in _UNITS if behind[name])
    spaced = re.sub(r"[\s\u00a0\u202f]+", " ", text).strip()
    if re.fullmatch(r"[+-]?\d{1,3}( \d{3})+([.,]\d+)?", spaced) or re.fullmatch(r"[+-] \d.*", spaced):
        spaced = spaced.replace(" ", "")
    return spaced.replace("'", "") if re.fullmatch(r"[+-]?\d{1,3}('\d{3})+([.,]\d+)?", spaced) else spaced, unit


def head_without_unit(head: str) -> str:
    """A head without what stands in brackets."""
    return re.sub(r"[\(\[].*?[\)\]]", " ", head).strip() or without_marks(head)
