"""What is wrong in a file or a table, in the reader's language: every `Message` of `scenarios` by its key."""

from __future__ import annotations

from typing import Any

from ..experiments.errors import InputError
from ..model.inputs import SECTORS
from ..scenarios import Message, Refusal, ScenarioError
from ..scenarios.enterprises import sector_word
from .words import Words, value_of

__all__ = ["problem_text", "refusal_text"]

_NO_UNIT = ("0-1", "1", "-", "flag", "share")  # the range beside them says as much


def problem_text(error: ScenarioError, say: Words) -> str:
    """What cannot be used and what would be allowed; every refused row on a line of its own.

    Parameters
    ----------
    error : ScenarioError
    say : Words
    """
    rows = (refusal.sentence(lambda text: _told(text, say)) for refusal in error.refused)
    return "\n".join([error.sentence(lambda text: _told(text, say)), *(f"  {row}" for row in rows)])


def refusal_text(refusal: Refusal, say: Words) -> str:
    """Why a cell was refused: its numbers are written as the reader writes them, its sectors as tables take them."""
    return _told(refusal.reason, say)


def _told(text: str, say: Words) -> str:
    """A message in the reader's language; names, and what a library says, stay as they are."""
    if not isinstance(text, Message):
        return text
    of_cell = text.key.startswith("cell_")
    return say(f"problem.{text.key}", **{name: _field(name, value, of_cell, say) for name, value in text.fields.items()})


def _field(name: str, value: Any, of_cell: bool, say: Words) -> Any:
    if isinstance(value, Message):
        return _told(value, say)
    if isinstance(value, InputError):
        return say.error(value)
    if name == "unit":
        return "" if value in _NO_UNIT else say.name("unit", value)
    if name == "sectors":
        return ", ".join(sector_word(sector, say.lang) for sector in SECTORS)
    if of_cell and isinstance(value, (int, float)):
        return value_of(value, say)
    return value
