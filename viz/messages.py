"""What `scenarios` says, in the reader's language: every `Message` by its key."""

from __future__ import annotations

import re
from typing import Any

from ..experiments.errors import InputError
from ..model.vocabulary import SECTORS
from ..scenarios import Message
from ..scenarios.industries import sector_word
from .words import Words, value_of

__all__ = ["message_text"]

_NO_UNIT = ("0-1", "1", "-", "flag", "share")  # the range beside them says as much


def message_text(text: str, say: Words) -> str:
    """A message in the reader's language; what is none (a name, the words of a library) stays as it is.

    Parameters
    ----------
    text : str or Message
    say : Words
    """
    if not isinstance(text, Message):
        return text
    of_cell = text.key.startswith("cell_")
    return say(f"message.{text.key}", **{name: _field(name, value, of_cell, say) for name, value in text.fields.items()})


def _field(name: str, value: Any, of_cell: bool, say: Words) -> Any:
    """A field as the reader knows it; numbers of files as files write them, of cells as the reader does."""
    if isinstance(value, Message):
        return message_text(value, say)
    if isinstance(value, InputError):
        return say.error(value)
    if name == "unit":
        return "" if value in _NO_UNIT else say.name("unit", value)
    if name == "sector" and value in SECTORS:
        return sector_word(value, say.lang)
    if name == "words":  # 'gỗ' = wood_building
        return re.sub("|".join(SECTORS), lambda found: sector_word(found[0], say.lang), value)
    if name == "sectors":
        return ", ".join(sector_word(sector, say.lang) for sector in SECTORS)
    if of_cell and isinstance(value, (int, float)):
        return value_of(value, say)
    return value
