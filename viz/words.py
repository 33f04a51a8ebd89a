"""Every text a user reads, and every number, in Vietnamese or English.

Texts are gettext catalogues under `locale/`; the keys are symbolic ("report.title"), so both languages are
translations and neither is the source of the other. Numbers follow the reader's format (1,234.5 or 1.234,5).
"""

from __future__ import annotations

import gettext
import math
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ..experiments.errors import InputError
from ..model.modules import label_of
from ..model.vocabulary import LEARNED, SECTORS, STREAMS, TECHNOLOGIES
from ..scenarios.cells import safe_text
from ..scenarios.given import is_number, shown

__all__ = ["LANGUAGES", "Words", "decimals_of", "language_of", "preferred_language", "scale_of", "system_language", "value_of"]

LANGUAGES = ("en", "vi")
# English separators to those of the reader, as Babel has them: to ask it at run time takes as long as the runs of a small site
_SEPARATORS = {"en": str.maketrans({",": ",", ".": "."}), "vi": str.maketrans({",": ".", ".": ","})}
MINUS = "\N{MINUS SIGN}"
COUNTS = ("", "1", "links", "hubs", "firms", "slots", "clusters")
MISSING = "\N{EN DASH}"
# thousands of these units have names of their own
_SCALED = {"mVND": ("mVND", "bnVND", "trVND"), "t": ("t", "kt", "Mt"), "m3": ("m3", "km3", "Mm3")}


@cache
def _catalogue(lang: str) -> gettext.NullTranslations:
    """All domains of a language as one: keys are told apart by their families, files only by who reads them."""
    found = gettext.NullTranslations()
    folder = files(__package__) / "locale" / lang / "LC_MESSAGES"
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.endswith(".mo"):
            with path.open("rb") as stream:
                domain = gettext.GNUTranslations(stream)
            domain.add_fallback(found)
            found = domain
    for name in (*(f"technology.{t}" for t in TECHNOLOGIES), *(f"watch.short.{t}" for t in TECHNOLOGIES),
                 *(f"indicator.{what}_{t}" for what in ("adoption", "size_odds") for t in TECHNOLOGIES),
                 *(f"indicator.free_riders_{t}" for t in LEARNED), *(f"stream.{w}" for w in STREAMS),
                 *(f"sector.{s}" for s in SECTORS)):  # fmt: skip
        if found.gettext(name) == name:
            raise KeyError(f"viz/locale/{lang}: {name} is missing, of which the tables of the model speak")
    return found


def language_of(text: str) -> str | None:
    """The language of ours that a name means: "vi", "VI", "vi-VN" and "vi_VN.UTF-8" are Vietnamese; None for any other."""
    name = re.split(r"[-_.@]", text.strip().casefold(), maxsplit=1)[0]
    return name if name in LANGUAGES else None


def system_language(environment: Mapping[str, str]) -> str:
    """The language that a system is set to, by the first of LC_ALL, LC_MESSAGES and LANG that says any; English if it is none of ours.

    Where that is a language at all, those of LANGUAGE come before it, as in other programs.
    """
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := environment.get(name))), "")
    before = environment.get("LANGUAGE", "").split(":") if said.partition(".")[0] not in ("", "C", "POSIX") else []
    return next((lang for wanted in (*before, said) if (lang := language_of(wanted))), "en")


def preferred_language(header: str | None) -> str:
    """The language of ours that a browser prefers (`Accept-Language`); English if it names neither.

    Parameters
    ----------
    header : str or None
        Such as "vi-VN,vi;q=0.9,en;q=0.8".
    """
    ranked = []
    for position, part in enumerate((header or "").split(",")):
        name, _, weight = part.strip().partition(";q=")
        quality = (float(weight) if is_number(weight) else 0.0) if weight else 1.0
        ranked.append((-quality, position, language_of(name) or ""))
    return next((name for quality, _, name in sorted(ranked) if name and quality < 0), "en")


def decimals_of(largest: float) -> int:
    """Decimals for numbers up to `largest`: three digits that count, at most two decimals."""
    return 0 if largest >= 100 else 1 if largest >= 10 else 2


def scale_of(unit: str, kind: str, largest: float) -> tuple[float, str]:
    """Factor and unit that make the largest number of a row short.

    Parameters
    ----------
    unit : str
        As in the registry, e.g. "t/yr".
    kind : str
        "share" is shown in percent.
    largest : float
        Largest absolute number to be shown.

    Returns
    -------
    factor : float
        What numbers are multiplied with.
    unit : str
        Key of the unit to show with them, e.g. "kt/yr".
    """
    if kind == "share":
        return 100.0, "%"
    plain, slash, rest = unit.partition("/")
    if plain not in _SCALED:
        return 1.0, unit
    power = 0
    while power < 2 and largest >= 10_000 * 1000**power:
        power += 1
    return 1000.0**-power, _SCALED[plain][power] + slash + rest


class Words:
    """Texts and numbers of one language.

    Parameters
    ----------
    lang : str
        One of `LANGUAGES`.
    """

    def __init__(self, lang: str = "en") -> None:
        if lang not in LANGUAGES:  # also a path that leads elsewhere
            raise InputError("not_one_of", name="lang", value=lang, known=", ".join(LANGUAGES))
        self.lang = lang
        self._texts = _catalogue(lang)

    def __call__(self, key: str, **fields) -> str:
        """Text of a key with its fields filled in; `KeyError` if the catalogue lacks it."""
        text = self._texts.gettext(key)
        if text == key:
            if (own := label_of(key, self.lang)) is not None:
                return own
            raise KeyError(f"{key!r} is missing in the catalogue {self.lang!r}")
        return text.format(**{name: _seen(value) for name, value in fields.items()}) if fields else text

    def name(self, family: str, key: str) -> str:
        """Name of a pathway, indicator, criterion ...; where it has none (a user's own) its label, or the key itself."""
        full = f"{family}.{key}"
        text = self._texts.gettext(full)
        # a user's own name may be pasted into a spreadsheet from any table that shows it
        return safe_text(label_of(full, self.lang) or key) if text == full else text

    def unit(self, unit: str) -> str:
        """Unit as the reader writes it; empty for counts, which the name of the indicator explains."""
        return "" if unit in COUNTS else self.name("unit", unit)

    def number(self, value: float, decimals: int = 0, sign: bool = False) -> str:
        """A number with fixed decimals; a dash where there is none.

        Parameters
        ----------
        value : float
        decimals : int
        sign : bool
            Write + too (for differences).
        """
        if value is None or not math.isfinite(value):
            return MISSING
        rounded = round(value, decimals) + 0.0  # + 0.0: no minus zero
        text = f"{abs(rounded):,.{decimals}f}".translate(_SEPARATORS[self.lang])
        return (MINUS if rounded < 0 else "+" if sign and rounded > 0 else "") + text

    def percent(self, share: float, decimals: int = 0) -> str:
        """A share as percent."""
        return f"{self.number(100 * share, decimals)} %" if math.isfinite(share) else MISSING

    def reason(self, text: str) -> str:
        """Why a number is missing, as `experiments.statistics` says it, in the reader's language."""
        from ..experiments import statistics

        known = {
            statistics.ONE_RUN: "reason.one_run",
            statistics.NO_RUN: "reason.no_run",
            statistics.NO_ABATEMENT: "reason.no_abatement",
            statistics.EMISSIONS_RISE: "reason.emissions_rise",
            statistics.IS_DIFFERENCE: "reason.is_difference",
            statistics.NULL_AVOIDS_NOTHING: "reason.null",
        }
        missing, _, rest = text.partition(" of ")
        total = rest.partition(" ")[0]
        if text == statistics.LOST_PAIRS.format(missing=missing, total=total):
            return self("reason.lost", missing=missing, total=total)
        return self(known[text]) if text in known else text

    def error(self, error) -> str:
        """The sentence of an `InputError` in the reader's language: one line, whatever a value holds."""
        return " ".join(self(f"error.{error.key}", **error.fields).split())


def _seen(value: Any) -> Any:
    """A field as it may be shown: names and values of users may hold anything."""
    if isinstance(value, Path):
        value = str(value)
    return shown(value) if isinstance(value, str) and not value.isprintable() else value


def value_of(value: float, say: Words) -> str:
    """A number with as many digits as it needs, at most four; years without a separator."""
    if value == 0:
        return "0"
    if 1900 <= value <= 2100 and value == int(value):
        return str(int(value))
    if abs(value) >= 1000:
        return say.number(value)
    text = f"{value:.4g}"
    if "e" in text:
        mantissa, _, power = text.partition("e")
        return f"{value_of(float(mantissa), say)}\N{MULTIPLICATION SIGN}10^{int(power)}"
    return say.number(value, len(text.partition(".")[2]))
