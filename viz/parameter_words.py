"""Parameters in the reader's language: what they mean, and their ranges."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..model.vocabulary import SECTORS, STREAMS, TECHNOLOGIES, TECHNOLOGY_ROWS
from ..scenarios.given import without_marks
from .words import Words, value_of

if TYPE_CHECKING:
    from ..model.parameters import Parameter

__all__ = ["meaning_of", "plain", "range_of", "source_of", "source_text"]

_TECHNOLOGY_OF = dict(zip(TECHNOLOGY_ROWS, TECHNOLOGIES, strict=True))


def meaning_of(p: Parameter, say: Words) -> str:
    """What a parameter is, in one phrase; cells of tables are put together from their row and column.

    Examples
    --------
    >>> from ecocluster.model.parameters import PARAMETERS
    >>> meaning_of(PARAMETERS["food.elec_MWh"], Words("en"))
    'electricity per worker: food'
    """
    row, _, column = p.name.partition(".")
    if p.group == "sector":
        return f"{say(f'param.sector.{column}')}: {say.name('sector', row)}"
    if p.group == "technology":
        return f"{say(f'param.technology.{column}')}: {say(f'technology.{_TECHNOLOGY_OF[row]}')}"
    if p.group == "stream" and row in STREAMS:
        return f"{say(f'param.stream.{column}')}: {say.name('stream', row)}"
    if p.group == "stream" and row in SECTORS:
        way, _, stream = column.partition(".")
        return f"{say(f'param.{way}', stream=say.name('stream', stream))}: {say.name('sector', row)}"
    if p.group == "chain":
        return f"{say('param.sells', buyer=say.name('sector', column.removeprefix('sells.')))}: {say.name('sector', row)}"
    return say(f"param.{p.name}")


def range_of(p: Parameter, say: Words) -> str:
    """From lowest to highest; a dash between numbers would look like a minus."""
    if p.low == p.high:
        return say("evidence.fixed")
    span = say("evidence.from_to", low=value_of(p.low, say), high=value_of(p.high, say))
    return span if p.off is None else say("registry.or_off", span=span, off=value_of(p.off, say))


def source_of(p: Parameter, say: Words) -> str:
    """Where a number comes from; sentences among the sources have a translation, of an id such as "evidence G3" its first word."""
    return source_text(p.source, say)


def source_text(source: str, say: Words) -> str:
    """A source in the reader's language."""
    # with a plain space, tools for catalogues would take "% o" for a placeholder
    told = say.name("source", source.replace("% ", "%\N{NO-BREAK SPACE}"))
    return re.sub(r"\b(evidence|specification)(?= [A-K\d])", lambda kind: say(f"sources.{kind[1]}"), told)


def plain(text: str) -> str:
    """Text as it is searched: lower case, without accents, so that "nuoc" finds "nước"."""
    return without_marks(text.casefold())
