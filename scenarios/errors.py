"""The one error of this package, and the nearest known name for a misspelt one."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Refusal", "ScenarioError", "nearest_name"]


@dataclass(frozen=True)
class Refusal:
    """One cell or row of a table that was refused.

    Attributes
    ----------
    line : int
        Line in the file, the header is line 1.
    column : str
    value : str
        As it stands in the file.
    reason : str
    """

    line: int
    column: str
    value: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column} = {_short(self.value)}: {self.reason}"


class ScenarioError(ValueError):
    """Input that cannot be used: which file, which key, which value, and what would be allowed.

    Parameters
    ----------
    problem : str
        What is wrong, without the facts that follow.
    file : path or str, optional
    key : str, optional
        Dotted key, column or argument.
    value : object, optional
    allowed : str, optional
        Range or list of what is allowed.
    nearest : str, optional
        Nearest known name.
    refused : sequence of Refusal, optional
        All refused rows of a table.

    Notes
    -----
    `str()` is one line, with the nearest name if there is one, else with what is allowed; `details()` adds
    one line for every refused row.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: Path | str | None = None,
        key: str | None = None,
        value: Any = None,
        allowed: str | None = None,
        nearest: str | None = None,
        refused: Sequence[Refusal] = (),
    ) -> None:
        self.problem = problem
        self.file = None if file is None else str(file)
        self.key, self.value, self.allowed, self.nearest = key, value, allowed, nearest
        self.refused = tuple(refused)
        super().__init__(problem)

    @property
    def where(self) -> str:
        """File, key and value, as they stand in front of the problem."""
        text = "" if self.file is None else f"{self.file}: "
        if self.key is not None:
            text += self.key + (": " if self.value is None else f" = {_short(self.value)}: ")
        elif self.value is not None:
            text += f"{_short(self.value)}: "
        return text

    def __str__(self) -> str:
        text = self.where + self.problem
        if self.nearest is not None:
            text += f"; did you mean '{self.nearest}'?"
        elif self.allowed is not None:
            text += f"; allowed: {self.allowed}"
        if self.refused:
            text += f"; first: {self.refused[0]}"
        return " ".join(text.split())

    def details(self) -> str:
        """The line of `str()`, then every refused row on its own line."""
        return "\n".join([str(self), *(f"  {refusal}" for refusal in self.refused)])


def nearest_name(name: object, known: Iterable[str]) -> str | None:
    """The known name most similar to `name`, or None if nothing is similar.

    Examples
    --------
    >>> nearest_name("extenson", ["extension", "platform"])
    'extension'
    """
    matches = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def _short(value: Any) -> str:
    """`value` as it would be typed, at most 60 characters."""
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
