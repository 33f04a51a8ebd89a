"""Options of the commands that read a table of enterprises: what its owner says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ...scenarios import ScenarioError
from .common import listed

if TYPE_CHECKING:
    from ...scenarios import Choices

__all__ = ["Accept", "Columns", "Decimal", "Sheet", "Unit", "choices_of", "pairs_of"]

Columns = Annotated[list[str] | None, typer.Option("--columns", help="help.firms_columns", show_default=False)]
Sheet = Annotated[str, typer.Option("--sheet", help="help.firms_sheet", show_default=False)]
Unit = Annotated[str, typer.Option("--unit", help="help.firms_unit", show_default=False)]
Decimal = Annotated[str, typer.Option("--decimal", help="help.firms_decimal", show_default=False)]
Accept = Annotated[list[str] | None, typer.Option("--accept", help="help.firms_accept", show_default=False)]


def choices_of(columns: list[str] | None, sheet: str, unit: str, decimal: str, accept: list[str] | None) -> Choices:
    """What was typed, as the reader of tables takes it."""
    from ...scenarios import Choices

    settled = tuple(dict.fromkeys(name for text in accept or [] for name in listed(text)))
    choices = Choices(pairs_of("--columns", columns or []), sheet, unit, decimal, settled)
    choices.check()
    return choices


def pairs_of(option: str, texts: list[str]) -> dict[str, str]:
    """NAME=HEAD,NAME=HEAD as a mapping; a head may hold commas."""
    pairs: dict[str, str] = {}
    for text in texts:
        for part in re.split(r",(?=\s*\w+\s*=)", text):
            name, given, head = part.partition("=")
            if not given or not name.strip():
                raise ScenarioError("not_a_pair", key=option, value=part)
            if name.strip() in pairs:
                raise ScenarioError("named_twice", key=option, value=name.strip())
            pairs[name.strip()] = head.strip()
    return pairs
