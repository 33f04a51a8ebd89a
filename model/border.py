"""What stands behind an argument of a public function: of the kind that its annotation says, or refused by the argument's name.

From a command line everything comes as what the parser made of it. In Python anything may come, and would be found out somewhere
inside, in words about something else, or be taken for something else: any object is true, and the letters of a text are a list.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, wraps
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

__all__ = ["NotOfKind", "bordered", "told", "whole"]

Made = TypeVar("Made", bound=Callable[..., Any])
_LISTS = ("Sequence", "tuple", "list")
_KINDS: dict[str, Callable[[Any], bool]] = {
    "Any": lambda value: True,
    "None": lambda value: value is None,
    "str": lambda value: isinstance(value, str),
    "Path": lambda value: isinstance(value, PathLike),
    "PathLike": lambda value: isinstance(value, PathLike),
    "bool": lambda value: type(value).__name__ in ("bool", "bool_"),  # NumPy's too
    "int": lambda value: (
        isinstance(value, Real) and not isinstance(value, bool)
    ),  # 2.0 is a whole number; ranges are checked inside
    "float": lambda value: isinstance(value, Real) and not isinstance(value, bool),
    "Mapping": lambda value: isinstance(value, Mapping) and all(isinstance(key, str) for key in value),
    "Callable": callable,
    "Progress": lambda value: value is None or callable(value),
}


class NotOfKind(TypeError, ValueError):
    """An argument of another type than what its function takes: input that cannot be used, as any other."""


def bordered(made: Made) -> Made:
    """Decorator of a public function or class: refuses arguments that are not what their annotations say.

    A list may also come as a generator or an array of one dimension, a number as one of NumPy's; inside they are a tuple and a
    number of Python's. A set has no order, so it is no list.

    Raises
    ------
    NotOfKind
        From what is decorated.
    """
    if isinstance(made, type):
        setattr(made, "__init__", _guarded(getattr(made, "__init__")))  # noqa: B009, B010
        return made
    return _guarded(made)


def told(value: Any) -> str:
    """A number as it is written; of what is none, and of endless ones, which Python refuses to write, the type."""
    number: Any = value if isinstance(value, Real) else None
    return type(value).__name__ if number is None or (isinstance(value, int) and abs(value) >= 10**40) else repr(value)


def whole(name: str, value: Any, high: int, low: int = 0) -> int:
    """A whole number from `low` to `high`, also where it comes as a float."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not low <= value <= high or int(value) != value:  # type: ignore[operator]
        raise ValueError(f"{name} = {told(value)}: out of range; allowed: whole numbers from {low} to {high}")
    return int(value)  # type: ignore[call-overload]


def _guarded(function: Any) -> Any:
    asked = inspect.signature(function)
    wanted = {name: str(entry.annotation) for name, entry in asked.parameters.items() if entry.annotation is not entry.empty
              and entry.kind in (entry.POSITIONAL_OR_KEYWORD, entry.KEYWORD_ONLY)}  # fmt: skip

    @wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        try:
            given = asked.bind(*arguments, **options)
        except TypeError:
            return function(*arguments, **options)  # which says what is missing in Python's own words
        for name, text in wanted.items():
            if name in given.arguments:
                given.arguments[name] = _taken(function.__qualname__, name, given.arguments[name], text)
        return function(*given.args, **given.kwargs)

    return call


def _taken(where: str, name: str, value: Any, text: str) -> Any:
    """A value as it goes in."""
    for kind in _parts(text, "|"):
        outer, inner = _opened(kind)
        if outer in _LISTS:
            if (parts := _listed(value)) is not None:
                kinds = _parts(inner, ",")  # "tuple[str, float]": one for each; "Sequence[str]": one for all
                kinds = kinds if len(kinds) > 1 else kinds * len(parts)
                if len(kinds) == len(parts):
                    return tuple(_taken(where, name, part, kind) for part, kind in zip(parts, kinds, strict=True))
        elif _is(value, outer):
            return value.item() if outer in ("int", "float") and hasattr(value, "item") else value
        elif outer == "str" and "Path" not in text and isinstance(value, PathLike):
            return str(Path(value).absolute())  # names of files are texts there
    raise NotOfKind(f"{where.removesuffix('.__init__')}: {name} must be {text}, not {type(value).__name__}")


def _is(value: Any, kind: str) -> bool:
    if kind in _KINDS:
        return _KINDS[kind](value)
    return any(one.__name__ == kind for one in type(value).__mro__)  # by name: a check loads no library


def _listed(value: Any) -> tuple[Any, ...] | None:
    """The parts of what is a list, or None."""
    if isinstance(value, (str, bytes, bytearray, memoryview)):  # lists only to Python
        return None
    if isinstance(value, (Sequence, Iterator)):
        return tuple(value)
    if getattr(value, "ndim", 0) == 1 and hasattr(value, "tolist"):  # an array, or a column of a table
        return tuple(value.tolist())
    return None


@lru_cache(maxsize=512)  # of annotations there are few, and of calls many
def _opened(kind: str) -> tuple[str, str]:
    """ "Sequence[str | Path]" is "Sequence" of "str | Path"; of a mapping or a function nothing more is asked here."""
    outer, _, inner = kind.partition("[")
    outer = outer.strip().rpartition(".")[2]
    return outer, inner.strip()[:-1].removesuffix(", ...") if outer in _LISTS else ""


@lru_cache(maxsize=512)
def _parts(text: str, sign: str) -> tuple[str, ...]:
    """Parts of a text between signs that stand in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "[(") - (letter in "])")
        if letter == sign and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(part.strip() for part in parts)
