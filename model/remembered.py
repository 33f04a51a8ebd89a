"""What follows from the registries (levers, parameters, indicators) is remembered until a module changes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

__all__ = ["forget", "remembered"]

_Function = TypeVar("_Function", bound=Callable)
_forget: list[Callable[[], None]] = []


def remembered(size: int = 1) -> Callable[[_Function], _Function]:
    """Decorator: `functools.lru_cache` that `forget` empties."""

    def keep(function: _Function) -> _Function:
        kept = lru_cache(maxsize=size)(function)
        _forget.append(kept.cache_clear)
        return kept  # type: ignore[return-value]

    return keep


def forget() -> None:
    """The registries have changed."""
    for clear in _forget:
        clear()
