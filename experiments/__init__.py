"""Experiments: designs, comparisons and analyses of many runs; numbers and tables only.

Loaded when asked for: the command line reads the list of what is asked and needs no model for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .question import PATHWAYS, Question

if TYPE_CHECKING:
    from .comparing import compare, run
    from .comparison import Comparison

__all__ = ["PATHWAYS", "Comparison", "InputError", "Question", "compare", "run"]

_WHERE = {"Comparison": "comparison", "compare": "comparing", "run": "comparing"}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
