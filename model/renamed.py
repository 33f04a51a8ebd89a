"""Arguments that carry their unit in their name: an old name is refused, and the new one named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

__all__ = ["BUDGETS", "RenamedArgument", "renamed"]

BUDGETS = {"budget": "budget_bn", "site_budget": "site_budget_bn"}


class RenamedArgument(TypeError):
    """An argument by the name that it had before."""


def renamed(names: Mapping[str, str]) -> Callable[[Any], Any]:
    """Decorator of a function or a class that refuses the old names of its arguments.

    Parameters
    ----------
    names : mapping
        Old name to new one; what these hold is money, in bn VND.
    """

    def mark(made: Any) -> Any:
        if isinstance(made, type):
            setattr(made, "__init__", _refusing(getattr(made, "__init__"), made.__name__, names))  # noqa: B009, B010
            return made
        return _refusing(made, made.__name__, names)

    return mark


def _refusing(function: Callable, name: str, names: Mapping[str, str]) -> Callable:
    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        for old, new in names.items():
            if old in options:
                raise RenamedArgument(f"{name}() has no argument '{old}': write {new}, in bn VND")
        return function(*arguments, **options)

    return call
