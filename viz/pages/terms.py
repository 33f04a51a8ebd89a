"""Technical words are explained where they stand: a dotted line below the word, its meaning when one points at it, tabs or taps."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import solara

from ..words import Words
from .session import use_session

__all__ = ["TERMS", "Explained", "meaning", "split"]

# texts `term.NAME` (how it is written, several by ";") and `term.NAME_about`
TERMS = ("cod", "co2e", "certificate", "world", "null", "law", "replicate", "default", "outlay", "social", "sham", "hub")


@cache
def _pattern(lang: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What finds a term in a text of a language, and which it is."""
    say = Words(lang)
    written = {word.casefold(): name for name in TERMS for word in say(f"term.{name}").split("; ")}
    longest = sorted(written, key=len, reverse=True)  # "gross public outlay" before "outlay"
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE), written


def split(text: str, say: Words) -> list[tuple[str, str]]:
    """A text in pieces: (words, what they mean), "" where they are no term; each term is explained the first time.

    Examples
    --------
    >>> [piece for piece, about in split("Less COD, and COD again", Words("en")) if about]
    ['COD']
    """
    pattern, written = _pattern(say.lang)
    pieces, at, seen = [], 0, set[str]()
    for found in pattern.finditer(text):
        name = written[found[0].casefold()]
        if name in seen:
            continue
        seen.add(name)
        pieces += [(text[at : found.start()], ""), (found[0], say(f"term.{name}_about"))]
        at = found.end()
    return [piece for piece in [*pieces, (text[at:], "")] if piece[0]]


def meaning(text: str, say: Words) -> str:
    """What the terms of a short text mean; empty if it has none."""
    return "; ".join(f"{piece}: {about}" for piece, about in split(text, say) if about)


@solara.component
def Explained(text: str, tag: str = "p", classes: str = ""):
    """A text whose technical words explain themselves; never read as markup."""
    say = use_session().say
    children: list[Any] = [
        solara.v.Html(tag="abbr", children=[piece], attributes={"data-about": about, "tabindex": "0", "aria-label": f"{piece}: {about}"})
        if about else piece
        for piece, about in split(text.replace(" %", "\N{NO-BREAK SPACE}%"), say)
    ]  # fmt: skip
    return solara.v.Html(tag=tag, class_=classes, children=children)
