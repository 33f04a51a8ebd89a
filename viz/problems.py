"""What is wrong in a file or a table, in the reader's language."""

from __future__ import annotations

from functools import partial

from ..scenarios import Refusal, ScenarioError
from .messages import message_text
from .words import Words

__all__ = ["problem_text", "refusal_text"]


def problem_text(error: ScenarioError, say: Words) -> str:
    """What cannot be used and what would be allowed; every refused row, and everything else that is wrong, on a line of its own.

    Parameters
    ----------
    error : ScenarioError
    say : Words
    """
    tell = partial(message_text, say=say)
    rest = [*(one.sentence(tell) for one in error.refused), *(one.sentence(tell) for one in error.others)]
    return "\n".join([error.sentence(tell), *(f"  {line}" for line in rest)])


def refusal_text(refusal: Refusal, say: Words) -> str:
    """Why a cell was refused."""
    return message_text(refusal.reason, say)
