"""Options of the commands that read a table of enterprises: what its owner says of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ...scenarios import ScenarioError
from .common import listed

if TYPE_CHECKING:
    from ...scenarios import Choices

__all__ = ["Accept", "Columns", "Decimal", "Only", "Sheet", "Trades", "Unit", "choices_of", "pairs_of"]

Columns = Annotated[list[str] | None, typer.Option("--columns", help="help.firms_columns", show_default=False)]
Sheet = Annotated[str, typer.Option("--sheet", help="help.firms_sheet", show_default=False)]
Unit = Annotated[str, typer.Option("--unit", help="help.firms_unit", show_default=False)]
Decimal = Annotated[str, typer.Option("--decimal", help="help.firms_decimal", show_default=False)]
Accept = Annotated[list[str] | None, typer.Option("--accept", help="help.firms_accept", show_default=False)]

Only = Annotated[list[str] | None, typer.Option("--only", help="help.firms_only", show_default=False)]
Trades = Annotated[list[str] | None, typer.Option("--trades", help="help.firms_trades", show_default=False)]


def choices_of(
    columns: list[str] | None,
    sheet: str,
    unit: str,
    decimal: str,
    accept: list[str] | None,
    only: list[str] | None = None,
    trades: list[str] | None = None,
) -> Choices:
    """What was typed, as the reader of tables takes it."""
    from ...scenarios import Choices

    settled = tuple(dict.fromkeys(name for text in accept or [] for name in listed(text)))
    choices = Choices(
        pairs_of("--columns", columns or []),
        sheet,
        unit,
        decimal,
        settled,
        _one_pair("--only", only),
        _one_pair("--trades", trades),
    )
    choices.check()
    return choices


def _one_pair(option: str, texts: list[str] | None) -> dict[str, str]:
    """HEAD=TEXT of each use of an option: both may hold commas."""
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, given, value = text.partition("=")
        if not given or not name.strip() or not value.strip():
            raise ScenarioError("not_a_pair", key=option, value=text)
        if name.strip() in pairs:
            raise ScenarioError("named_twice", key=option, value=name.strip())
        pairs[name.strip()] = value.strip()
    return pairs


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
