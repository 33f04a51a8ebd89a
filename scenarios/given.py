"""What a user gave, made into what the program uses: a path, a number, a name of our own code, a text on a screen.

Command lines, files, forms and links hold texts that anybody may have written. They become one of these four here and
nowhere else, so that whatever stands in them is used as it was meant, or refused with a reason.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection
from numbers import Real
from pathlib import Path
from typing import Any

from .errors import Message, ScenarioError, nearest_name

__all__ = ["MAX_BUDGET_BN", "is_finite", "is_number", "number_of", "own_name_of", "path_of", "shown", "typed_key", "without_marks"]

MAX_BUDGET_BN = 1e6  # a year: half of what the whole state spends; more is VND typed for bn VND
LONGEST_NAME, LONGEST_PATH = 255, 4096  # bytes, on any file system in use
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")  # of two letters at least: one is a drive of Windows
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")  # categories of what is no letter to be seen
_LONGEST_NUMBER = 40  # characters; more digits than any of ours needs


def path_of(text: Any, key: str | None = None) -> Path:
    """A path that a user named; ``~`` and ``~name`` stand for a home.

    Parameters
    ----------
    text : str or path
    key : str, optional
        Where it stands: the option or the key of a file.

    Raises
    ------
    ScenarioError
        For what no file system holds: nothing, a zero byte, half a letter, a name of over 255 bytes, an address of the
        web, the home of nobody.
    """
    if not isinstance(text, (str, os.PathLike)):
        raise ScenarioError("not_text", key=key, value=text)
    whole = os.fspath(text)
    value = shown(whole)
    if not whole:
        raise ScenarioError("path_empty", key=key, value=value)
    if "\0" in whole:
        raise ScenarioError("path_zero", key=key, value=value)
    try:
        size = len(whole.encode())
    except UnicodeEncodeError:
        raise ScenarioError("path_letters", key=key, value=value) from None
    if "://" in whole or _ADDRESS.match(whole):  # a path has made one slash of two
        raise ScenarioError("path_address", key=key, value=value)
    if size > LONGEST_PATH or any(len(part.encode()) > LONGEST_NAME for part in re.split(r"[/\\]", whole)):
        raise ScenarioError("path_long", key=key, value=value, allowed=Message("bytes", high=LONGEST_NAME))
    try:
        return Path(whole).expanduser()
    except RuntimeError:
        raise ScenarioError("path_home", key=key, value=value) from None


def is_number(text: str) -> bool:
    """Is it a finite number as we write them: digits of ASCII, a point for the decimals, and nothing else?"""
    return len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None and abs(float(text)) < float("inf")


def is_finite(value: Any) -> bool:
    """Is it a number, no truth value, that a computation can use? `math.isfinite` fails on integers of over 308 digits."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    number: Any = value  # `Real` promises no order, what is one has it
    return bool(abs(number) < 1e300)


def number_of(text: str, key: str, whole: bool = False) -> float | int:
    """A number that a user typed: digits of ASCII, a point for the decimals, nothing else.

    Raises
    ------
    ScenarioError
        For anything else, and for a number that is not finite or longer than any of ours.
    """
    text = text.strip()
    if whole and not (is_number(text) and re.fullmatch(r"[+-]?\d+", text, re.ASCII)):
        raise ScenarioError("not_whole_number", key=key, value=shown(text))
    if not is_number(text):
        raise ScenarioError("not_number", key=key, value=shown(text))
    return int(text) if whole else float(text)


def own_name_of(name: Any, known: Collection[str], file: Path | str | None = None, key: str | None = None) -> str:
    """A name that stands for code of ours (an analysis, an indicator): one of those that are known, never another.

    Raises
    ------
    ScenarioError
    """
    if not isinstance(name, str) or name not in known:
        raise ScenarioError(
            "unknown_name", file=file, key=key, value=shown(name), allowed=", ".join(known), nearest=nearest_name(name, known)
        )
    return name


def without_marks(text: str) -> str:
    """A text without diacritics, whatever form of Unicode it came in: "Nguyên Khê", composed or not, is "Nguyen Khe"."""
    parts = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def typed_key(text: str) -> str:
    """What is left of a name however it is typed: its letters and digits, small and without diacritics.

    Examples
    --------
    >>> typed_key("Nguyên Khê") == typed_key("nguyen-khe")
    True
    """
    return "".join(letter for letter in without_marks(text).casefold() if letter.isalnum())


def shown(value: Any) -> Any:
    """A text as it may stand on a screen: without what would move the cursor, change the colour or half a letter."""
    if not isinstance(value, str):
        return value
    return "".join("?" if unicodedata.category(letter) in _UNSEEN and letter not in "\n\t" else letter for letter in value)
