"""Letters of text tables: UTF-8, UTF-16, code pages, and the fonts with which Vietnamese was typed before Unicode.

A way of reading is chosen by the everyday words of Vietnamese lists that it brings out, and what was done is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

from .errors import Message, ScenarioError

__all__ = ["decoded", "in_unicode", "turned_by"]

# the letters of the fonts .VnTime, .VnArial and their like (TCVN 5712:1993, "ABC") where Latin-1 has others
_TCVN3 = str.maketrans(
    "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ¡¢§£¤¥¦",
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵĂÂĐÊÔƠƯ",
)
# fonts VNI-Times and their like: a letter and a mark behind it, in the places of Latin-1
_VNI_MARKS = dict(zip("ùøûõïâáàåãäêéèúüë", (
    "\u0301", "\u0300", "\u0309", "\u0303", "\u0323",
    "\u0302", "\u0302\u0301", "\u0302\u0300", "\u0302\u0309", "\u0302\u0303", "\u0302\u0323",
    "\u0306", "\u0306\u0301", "\u0306\u0300", "\u0306\u0309", "\u0306\u0303", "\u0306\u0323"), strict=True))  # fmt: skip
_VNI_ALONE = {"ñ": "đ", "ö": "ư", "ô": "ơ", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI = re.compile(f"([aeouyôö])([{''.join(_VNI_MARKS)}])|([{''.join(_VNI_ALONE)}])", re.I)
_VIETNAMESE = re.compile(r"\b(số|tên|ngành|nghề|lao|động|doanh|thu|nghiệp|sản|xuất|chế|biến|gỗ|may|dệt|cơ|khí|thực|phẩm|công|ty|người|triệu|"
                         r"đồng|diện|tích|cụm|nhựa|giấy|mặc|tỷ|hợp|tác|xã|cơ|sở|hộ|năm|địa|chỉ|tổng|cộng)\b")  # fmt: skip


def decoded(raw: bytes, path: Path) -> tuple[str, tuple[Message, ...]]:
    """Text of a file: UTF-8, UTF-16, or the code page that makes words of it.

    Raises
    ------
    ScenarioError
    """
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
    texts = {page: unicodedata.normalize("NFC", raw.decode(page, "replace")) for page in ("cp1258", "cp1252")}
    words = {page: _words(in_unicode(text, sure=page == "cp1252")[0]) for page, text in texts.items()}
    best = max(words, key=lambda page: words[page])
    if words[best] == 0 or "\ufffd" in texts[best]:
        raise ScenarioError("unknown_letters", file=path, byte=raw[broken.start], position=broken.start)
    fonts = best == "cp1252" and in_unicode(texts[best])[1]  # turned, and told, by who reads on
    return texts[best], () if fonts else (Message("read_as", encoding=best),)


def in_unicode(text: str, sure: bool = False) -> tuple[str, tuple[Message, ...]]:
    """The same in Unicode where it was typed in old fonts or read in a wrong code page, and a remark that says so.

    Parameters
    ----------
    text : str
    sure : bool
        It is known to be no Unicode.
    """
    if text.isascii():
        return text, ()
    sample = text[:100_000]
    found = {name: _words(turn(sample)) for name, turn in _TURNS.items()}
    best = max(found, key=lambda name: found[name])
    if found[best] <= _words(sample) and not (sure and found[best]):
        return text, ()
    return _TURNS[best](text), (Message(best),)


def turned_by(remark: Message) -> Callable[[str], str]:
    """What a remark of `in_unicode` says was done, for a part of the text."""
    return _TURNS[remark.key]


def _from_tcvn3(text: str) -> str:
    return text.translate(_TCVN3)


def _from_vni(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        letter, mark, alone = match.groups()
        if alone:
            low = _VNI_ALONE[alone.lower()]
            return low if alone.islower() else low.upper()
        base = _VNI_ALONE.get(letter.lower(), letter.lower())
        whole = unicodedata.normalize("NFC", base + _VNI_MARKS[mark.lower()])
        return whole if letter.islower() else whole.upper()

    return _VNI.sub(one, text)


def _from_mixed(text: str) -> str:
    """UTF-8 that was read as Windows' Western code page and saved again ("NgÃ nh")."""

    def back(word: re.Match[str]) -> str:
        raw = b"".join(letter.encode("cp1252", "ignore") or letter.encode("latin-1", "ignore") for letter in word[0])
        try:
            return unicodedata.normalize("NFC", raw.decode("utf-8"))
        except UnicodeDecodeError:
            return word[0]

    return re.sub(r"[^\x00-\x7f]+", back, text)


_TURNS: dict[str, Callable[[str], str]] = {"read_as_tcvn3": _from_tcvn3, "read_as_vni": _from_vni, "read_as_mixed": _from_mixed}


def _words(text: str) -> int:
    """How many different everyday words of Vietnamese lists stand in it."""
    return len({word for word in _VIETNAMESE.findall(text[:100_000].casefold()) if not word.isascii()})
