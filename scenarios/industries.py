"""From what a table calls a firm's trade to a sector of the model: our own words, the official codes and names, telling words.

Three ways, in this order. A word that is a sector's own name ("dệt may", "food"). A code or a whole name of section C of
Vietnam's industries (VSIC, `data/vsic.csv`): "1410", "14.10", "C14", "Sản xuất trang phục". Else the words that tell ("gỗ" in
"Chế biến gỗ"), never those that stand before any trade ("chế biến", "sản xuất", "gia công"): all that are found must mean one
sector, or the cell is refused with what each of them says.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from importlib.resources import files

from ..model.vocabulary import SECTORS
from .errors import ScenarioError, nearest_name
from .given import without_marks

__all__ = ["Industry", "industries", "plain", "same_but_lost", "sector_of", "sector_word"]

_NAMES = {  # whole names, each of one sector
    "food": "food processing, foods, beverage, food and drink, thực phẩm, chế biến thực phẩm, đồ uống, nông sản, thủy sản, đồ hộp, "
    "bánh kẹo, thực phẩm và đồ uống",
    "textile": "textiles, garment, garments, textile and garment, leather, footwear, dệt may, dệt, may, may mặc, da giày, giày, "
    "giày da",
    "metal_mechanical": "metal, mechanical, metalworking, machinery, cơ khí, kim loại, cơ kim khí, đúc, máy, chế tạo máy, "
    "gia công kim loại",
    "plastic_paper_chemical": "sợi nhân tạo, sợi tổng hợp, bột giấy, bột màu, bột sơn, khí công nghiệp, plastic, plastics, rubber, paper, printing, packaging, chemical, chemicals, nhựa, cao su, giấy, "
    "in ấn, bao bì, hóa chất, hoá chất, dược phẩm, nhựa giấy hóa chất",
    "wood_building": "wood, furniture, building, building materials, ceramics, gỗ, đồ gỗ, mộc, nội thất, vật liệu xây dựng, "
    "gốm sứ, gỗ và vật liệu xây dựng",
    "electronics_hightech": "electronics, electronic, electrical, high tech, hightech, điện tử, điện, viễn thông, công nghệ cao, "
    "điện tử công nghệ cao",
}
_TELLING = {  # words within a longer text; the longest that fits counts, and covers the shorter ones in it
    "food": "thuỷ sản, hải sản, thịt, cá, mì, mỳ, mì sợi, mỳ sợi, mì ống, đá lạnh, trà, hạt điều, nước đóng chai, ca cao, bánh kẹo, rau quả, trái cây, sữa, bột, bún, miến, phở, bánh, kẹo, mứt, đậu phụ, giò chả, nước mắm, "
    "nước chấm, gia vị, chè, cà phê, rượu, bia, nước giải khát, nước khoáng, nước uống, nước đá, gạo, xay xát, lương thực, đường mía, "
    "mía đường, dầu ăn, thức ăn chăn nuôi, thức ăn gia súc, thuốc lá, nông sản thực phẩm, bakery, meat, fish, seafood, dairy, "
    "beverages, drinks, tobacco, rice, tea, coffee, animal feed",
    "textile": "trang phục, đồng phục, da cá sấu, da bò, vải bạt, quần áo, hàng may sẵn, nhuộm, thêu, sợi, vải, bông, chăn, đệm, thảm, khăn, len, dép, giầy, giày dép, "
    "túi xách, vali, va li, da thuộc, thuộc da, đồ da, balo, apparel, clothing, wearing apparel, clothes, knitwear, shoes, yarn, fabrics, carpets",
    "metal_mechanical": "bánh răng, bánh xe, bánh đà, đạn dược, vũ khí, xe điện, xe đạp điện, xe máy điện, máy may, máy dệt, tủ sắt, sơn tĩnh điện, vòng bi, sắt, thép, gang, nhôm, inox, đồng, tôn, kẽm, nhôm kính, hàn, tiện, phay, mạ, rèn, dập, khuôn mẫu, khuôn, "
    "cơ điện, phụ tùng, ô tô, xe máy, xe đạp, đóng tàu, máy móc, kết cấu thép, đinh, ốc vít, bulong, dao kéo, nồi hơi, ngũ kim, kim khí, "
    "sản phẩm kim loại, phế liệu kim loại, vật liệu xây dựng kim loại, basic metals, fabricated metal, fabricated metal products, metals, steel, iron, "
    "aluminium, foundry, casting, machines, machinery and equipment, motor vehicles, transport machines, transport equipment, moulds, "
    "tools",
    "plastic_paper_chemical": "sợi nhân tạo, sợi tổng hợp, bột giấy, bột màu, bột sơn, khí công nghiệp, plastic, ni lông, nilon, nhựa tái chế, bìa, carton, các tông, in, in ấn bao bì, nhãn mác, sơn, keo, mực in, "
    "phân bón, thuốc trừ sâu, thuốc bảo vệ thực vật, mỹ phẩm, xà phòng, chất tẩy rửa, thuốc, dược liệu, dược, hoá mỹ phẩm, hóa mỹ phẩm, cốc, "
    "dầu nhờn, xốp, mút, băng dính, plastics and rubber, publishing, pharmaceuticals, pharmaceutical, cosmetics, paints, fertiliser, "
    "fertilizer, petroleum, pulp, cardboard",
    "wood_building": "sơn mài, lâm sản, bột đá, bông thủy tinh, bông khoáng, bông cách nhiệt, giường, tủ, bàn ghế, bàn, ghế, ván, ván ép, dăm gỗ, bao bì gỗ, bao bì bằng gỗ, pallet gỗ, tre, nứa, mây tre đan, mây tre, "
    "gạch, ngói, gốm, sứ, xi măng, bê tông, vôi, thạch cao, thủy tinh, kính xây dựng, đá, đá ốp lát, vật liệu không nung, khoáng phi kim loại, "
    "non metallic mineral, non metallic mineral products, non metallic minerals, wood products, wooden furniture, cement, concrete, bricks, glass, "
    "stone, timber, bamboo",
    "electronics_hightech": "đồng hồ, tủ lạnh, tủ đông, tủ điện, máy phát, máy phát điện, linh kiện điện tử, bảng mạch, vi mạch, bán dẫn, dây cáp điện, dây điện, cáp điện, cáp quang, biến áp, thiết bị điện, "
    "ắc quy, pin, bóng đèn, đèn, chiếu sáng, máy tính, máy vi tính, thiết bị điện tử, camera, đồng hồ đo, thiết bị y tế, quang học, semiconductors, "
    "computers, precision instruments, optical, batteries, cables, lighting, electrical equipment, electrical machinery, electrical appliances",
}  # fmt: skip
# words that would tell of a trade if they stood elsewhere: farming, persons, work that any trade does, places
_NEUTRAL = re.compile(r"\b(?:(?<!thức ăn )chăn nuôi|cá nhân|cá thể|đóng gói|đông lạnh|dong goi|dong lanh|ca nhan|ca the|"
                      r"chế biến|sản xuất|gia công|chế tạo(?! máy)|che bien|san xuat|gia cong|che tao(?! may))\b")  # fmt: skip
# one syllable without its marks that means one thing in lists of trades; "dong", "van", "may", "da" and their like mean several
_SURE_BARE = frozenset("go nhua thep nhom det soi tre nua gach ngoi gom ruou gao thit bun theu nhuom ton duc che".split())
_COMMON_WORD = {  # of `_NAMES`, for a reader of Vietnamese
    "food": "thực phẩm", "textile": "dệt may", "metal_mechanical": "cơ khí", "plastic_paper_chemical": "nhựa",
    "wood_building": "gỗ", "electronics_hightech": "điện tử",
}  # fmt: skip
# whoever makes machines for a trade is of the machines' trade
_MACHINES = re.compile(r"\b(máy móc|máy|thiết bị|phụ tùng|machinery|machines|equipment) (?:\w+ ){0,2}?"
                       r"(?:cho|ngành|chế biến|dùng|phục vụ|sản xuất|for|dệt|may|đóng gói|in)\b.*")  # fmt: skip
_CODE = re.compile(
    r"(?:vsic|isic|mã|ma|code)?\s*c?\s*\.?\s*(\d|\d[.,]\d{3}|\d{2}(?:[. ]?\d{1,3})?)(?:\.0)?(?:\s*[-–:.)]\s*\D.*|\s+[^\W\d].*)?",
    re.I | re.S,
)
_FIRST, _LAST = 10, 33  # divisions of section C


@dataclass(frozen=True)
class Industry:
    """A row of section C of Vietnam's industries.

    Attributes
    ----------
    code : str
        Two to four digits.
    edition : str
        "2018" or "2025".
    name, name_en : str
        English for divisions only.
    sector : str
        Of the model; a shorter code's where the row has none of its own.
    source : str
        The decision.
    solid : str
        documented: read in a public text of that edition; memory: not found there.
    """

    code: str
    edition: str
    name: str
    name_en: str
    sector: str
    source: str
    solid: str


@lru_cache(maxsize=1)
def industries() -> tuple[Industry, ...]:
    """Section C of VSIC, divisions, groups and classes, of both editions."""
    with (files(__package__) / "data" / "vsic.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    own = {row["code"]: row["sector"] for row in rows if row["sector"]}
    found = []
    for row in rows:
        code = row["code"]
        row["sector"] = next(own[code[:n]] for n in range(len(code), 1, -1) if code[:n] in own) if code != "32" else ""
        found.append(Industry(**row))
    return tuple(found)


def sector_word(sector: str, lang: str) -> str:
    """A word for a sector that `sector_of` takes, in the reader's language."""
    return _COMMON_WORD[sector] if lang == "vi" else sector


def plain(text: str) -> str:
    """Lower case, one blank for whatever separates words, composed letters."""
    return " ".join(re.sub(r"[\s_,/&-]+", " ", unicodedata.normalize("NFC", text).casefold()).split())


@lru_cache(maxsize=8192)
def sector_of(text: str, lost_letters: bool = False, marked: bool = False) -> str:
    """The sector that a cell means.

    Parameters
    ----------
    text : str
    lost_letters : bool
        "?" within a word may be any letter (they were lost when the table was saved).
    marked : bool
        It stands in a table with diacritics: "may" is sewing there, "bia" is beer.

    Raises
    ------
    ScenarioError
        For what means no sector or more than one, with the nearest name, or what each telling word says.
    """
    code = _CODE.fullmatch(text.strip())
    elsewhere = re.fullmatch(r"([ABD-U])[. ]?\d{2,5}", text.strip())
    if elsewhere:
        raise ScenarioError("cell_not_section_c", code=text.strip(), first=_FIRST, last=_LAST)
    if code:
        return _of_code(re.sub(r"\D", "", code[1]))
    several = [_CODE.fullmatch(part) for part in re.split(r"\s*[,;/+]\s*", text.strip())]
    if len(several) > 1 and all(several):
        told = {match[1]: _of_code(re.sub(r"\D", "", match[1])) for match in several if match}
        if len(set(told.values())) == 1:
            return next(iter(told.values()))
        words = ", ".join(f"'{name}' = {sector}" for name, sector in told.items())
        raise ScenarioError("cell_sector_words", words=words, sectors=", ".join(SECTORS))
    word = plain(text)
    if re.search(r"\w\?|\?\w", word):
        return _of_lost(text, word, lost_letters)
    names = _sector_names()
    if word in names:
        return names[word]
    if without_marks(word) == word:  # without diacritics only if unambiguous: giấy (paper) and giày (shoe) both become "giay"
        of = _bare_names().get(word, set())
        if len(of) == 1:
            return next(iter(of))
        if of:
            raise ScenarioError("cell_diacritics", either=" or ".join(sorted(of)))
    told = _told(word, marked)
    sectors = ", ".join(SECTORS)
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    if told:
        words = ", ".join(f"'{name}' = {sector}" for name, sector in told.items())
        raise ScenarioError("cell_sector_words", words=words, sectors=sectors)
    near = _near(_without_common(word), names)
    if near:
        raise ScenarioError("cell_sector_near", near=near, sector=names[near], sectors=sectors)
    raise ScenarioError("cell_sector", sectors=sectors)


def same_but_lost(text: str, name: str) -> bool:
    """Is it this name with "?" where letters were lost?"""
    return len(text) == len(name) and all(a == b or (a == "?" and b.isalpha()) for a, b in zip(text, name, strict=True))


def _of_code(code: str) -> str:
    division = int(code[:2])
    if len(code) < 2 or not _FIRST <= division <= _LAST:
        raise ScenarioError("cell_not_section_c", code=code, first=_FIRST, last=_LAST)
    known = {row.code: row.sector for row in industries()}
    for n in range(min(len(code), 4), 1, -1):  # a fifth digit only says more
        if known.get(code[:n]) and (n == 4 or n == len(code)):
            return known[code[:n]]
    if code == "32":
        raise ScenarioError("cell_code_wide", code=code, longer=", ".join(c for c in known if len(c) == 3 and c[:2] == code))
    raise ScenarioError("cell_code", code=code, nearest_code=nearest_name(code, known) or code[:2])


def _of_lost(text: str, word: str, lost_letters: bool) -> str:
    """The one known name that has these letters where letters are left."""
    found = {name: sector for name, sector in _sector_names().items() if same_but_lost(word, name)}
    if lost_letters and len(set(found.values())) == 1:
        return next(iter(found.values()))
    raise ScenarioError("cell_lost", near=next(iter(found), "-"))


def _told(word: str, marked: bool) -> dict[str, str]:
    """Telling words of a text and their sectors.

    Raises
    ------
    ScenarioError
        For a text without diacritics that has only words which would tell of several sectors with them.
    """
    word = re.sub(r"\((?:trừ|except|excluding|không)[^)]*\)|\b(?:trừ|except)\b[^;.]*", " ", word)
    machines = _MACHINES.search(word)
    if machines and not any(word.startswith(name) for name in ("thiết bị điện", "thiết bị y tế")):
        word = word[: machines.end(1)]
        word = word.replace("thiết bị", "máy").replace("equipment", "machinery")
    bare = not marked and without_marks(word) == word
    word = _NEUTRAL.sub(" ; ", word)
    if bare:
        return _told_bare(word)
    known, pattern = _telling()
    return {match[0]: known[match[0]] for match in pattern.finditer(word)}


def _told_bare(word: str) -> dict[str, str]:
    """The same of a text without diacritics: "may" is sewing or a machine there, "dong" copper, or closing, or cold."""
    of, pattern = _telling_bare()
    hits = {match[0]: of[match[0]] for match in pattern.finditer(word) if match[0] != "in" or not match.start()}
    told = {name: next(iter(sectors)) for name, sectors in hits.items() if len(sectors) == 1}
    against = [name for name, sectors in hits.items() if len(sectors - {""}) > 1 and not sectors & set(told.values())]
    if hits and not told or against:
        raise ScenarioError(
            "cell_diacritics", either=" or ".join(sorted({sector for sectors in hits.values() for sector in sectors if sector}))
        )
    return told


def _without_common(word: str) -> str:
    """What is left without the words that stand before any trade."""
    return re.sub(
        r"\b(sản xuất|chế biến|gia công|kinh doanh|sản phẩm|các|loại|ngành|nghề|sx|cb|manufacture|of|products|processing)\b",
        "",
        word,
    ).strip()


def _near(word: str, names: Mapping[str, str]) -> str | None:
    """The name that was meant if a letter or two are wrong: every word of it is there, none is only alike as a whole."""
    near = nearest_name(word, names) if word else None
    if near is None or len(near.split()) != len(word.split()):
        return None
    pairs = zip(without_marks(near).split(), without_marks(word).split(), strict=True)
    return near if all(a[0] == b[0] and SequenceMatcher(None, a, b).ratio() > 0.6 for a, b in pairs) else None


@lru_cache(maxsize=1)
def _sector_names() -> dict[str, str]:
    """Every known name of a sector, in plain form, to the sector."""
    names = {plain(row.name): row.sector for row in industries() if row.sector}
    names |= {plain(row.name_en): row.sector for row in industries() if row.name_en and row.sector}
    names |= {plain(sector): sector for sector in SECTORS}
    for sector, words in _NAMES.items():
        names |= {plain(word): sector for word in words.split(", ")}
    return names


@lru_cache(maxsize=1)
def _bare_names() -> dict[str, set[str]]:
    names: dict[str, set[str]] = {}
    for name, sector in _sector_names().items():
        names.setdefault(without_marks(name), set()).add(sector)
    return names


@lru_cache(maxsize=1)
def _telling() -> tuple[dict[str, str], re.Pattern[str]]:
    known = {plain(word): sector for words in (_NAMES, _TELLING) for sector, text in words.items() for word in text.split(", ")}
    return known, _any_of(known)


@lru_cache(maxsize=1)
def _telling_bare() -> tuple[dict[str, set[str]], re.Pattern[str]]:
    known: dict[str, set[str]] = {}
    for name, sector in _telling()[0].items():
        bare = without_marks(name)
        sure = " " in bare or bare == name or bare in _SURE_BARE
        known.setdefault(bare, set()).update({sector} if sure else {sector, ""})  # "": or something that is no trade
    return known, _any_of(known)


def _any_of(words) -> re.Pattern[str]:
    """Any of the words as a whole word, the longest first."""
    return re.compile(r"\b(?:" + "|".join(sorted(words, key=len, reverse=True)) + r")\b")  # letters and blanks only
