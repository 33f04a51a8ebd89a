"""The self-check in words: what is met and missed, what closes the gaps, what nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..experiments.checking import Check, Row, Step
from ..scenarios.answers import QUESTIONS, Span
from .words import MISSING, Words

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["criteria_rows", "print_check", "question_text", "sentences", "step_rows", "summary"]

SHARES = (
    "recp_share",
    "shared_land",
    "treatment",
    "monitoring",
    "group_energy",
    "group_water",
    "group_infrastructure",
    "group_information",
)


def question_text(name: str, say: Words) -> str:
    """A question as it is put to a reader."""
    return say(f"check.question.{name}")


def _criterion(row: Row, say: Words) -> str:
    name = say(f"check.criterion.{row.name}")
    return f"{name} ({say(f'check.reading.{row.reading}')})" if row.reading else name


def _span(span: Span, say: Words, percent: bool = False, decimals: int = 0) -> str:
    if span[0] != span[0]:
        return MISSING
    low, high = (say.number(100 * end if percent else end, decimals) for end in span)
    text = low if low == high else say("check.span", low=low, high=high)
    return f"{text} %" if percent else text


def criteria_rows(found: Check, say: Words) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table of criteria and groups."""
    heads = [say(f"check.head.{name}") for name in ("criterion", "status", "value", "least", "gap", "needs")]
    rows = []
    for row in found.rows:
        if row.name in SHARES:
            value, least = _span(row.value, say, percent=True), say.number(100 * row.least) + " %"
            gap = _span(row.gap, say, percent=True) if row.gap[1] > 0 else MISSING
        else:
            ends = {say("check.yes") if end >= row.least else say("check.no") for end in row.value}
            value, least, gap = (ends.pop() if len(ends) == 1 else MISSING), say("check.yes"), MISSING
        needs = "; ".join(question_text(name, say) for name in row.needs)
        rows.append(
            [_criterion(row, say), say(f"check.status.{row.status.replace(' ', '_')}"), value, least, gap, needs or MISSING]
        )
    return heads, rows


def step_rows(found: Check, say: Words) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of what closes the gaps, in order."""
    heads = [say(f"check.head.{name}") for name in ("order", "step", "amount", "cost", "yearly", "payer")]
    rows = []
    for number, step in enumerate(found.steps, 1):
        rows.append(
            [
                str(number),
                _step(step, say),
                _amount(step, say),
                _money(step.cost_bn, say),
                _money(step.yearly_bn, say),
                say(f"check.payer.{step.payer}"),
            ]
        )
    return heads, rows


def _step(step: Step, say: Words) -> str:
    text = say(f"check.step.{step.name}")
    return f"{text} ({say('check.after', step=say(f'check.step.{step.after}'))})" if step.after else text


def _amount(step: Step, say: Words) -> str:
    if step.unit == "number" or step.amount[0] != step.amount[0]:
        return MISSING
    return f"{_span(step.amount, say, decimals=2 if step.unit == 'ha' else 0)} {say(f'check.unit.{step.unit}')}"


def _money(span: Span, say: Words) -> str:
    if span[0] != span[0]:
        return say("check.no_figure")
    return MISSING if span[1] == 0 else f"{_span(span, say, decimals=2 if span[1] < 10 else 0)} {say('check.bn')}"


def summary(found: Check, say: Words) -> str:
    """How many criteria are met, missed and open, in one sentence; one line per criterion counts, in the reading of an exchange."""
    counted = [row for row in found.rows if row.reading in ("", "exchange")]
    number = {status: sum(row.status == status for row in counted) for status in ("met", "missed", "not known")}
    return say("check.summary", name=found.name, met=number["met"], missed=number["missed"], open=number["not known"], all=len(counted),
               firms=say.number(found.firms))  # fmt: skip


def sentences(found: Check, say: Words) -> list[str]:
    """What was reckoned, what was not answered, and what nobody can tell."""
    texts = []
    for name, span in found.estimated.items():
        texts.append(say("check.estimated", question=question_text(name, say), span=_span(span, say)))
    if found.unanswered:
        texts.append(say("check.unanswered", questions="; ".join(question_text(name, say) for name in found.unanswered)))
    texts.append(say("check.untold", list="; ".join(say(f"check.untold.{name}") for name in found.untold)))
    return texts


def answers_text(answers: Mapping[str, object]) -> str:
    """The table ``[answers]`` of a scenario's file."""
    lines = ["[answers]"]
    for question in QUESTIONS:
        value = answers.get(question.name, "not known")
        lines.append(
            f"{question.name} = "
            + (str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value}")
        )
    return "\n".join(lines) + "\n"


def print_check(found: Check, console: Console, say: Words) -> None:
    """Print the self-check: one sentence, two tables, what is not known."""
    from rich.table import Table

    console.print(summary(found, say), highlight=False)
    heads, rows = criteria_rows(found, say)
    criteria = heads[:-1], [row[:-1] for row in rows]  # what is to be known first follows in a sentence
    for title, (heads, rows) in (("check.criteria", criteria), ("check.steps", step_rows(found, say))):
        table = Table(title=say(title), title_style="bold", title_justify="left", box=None, pad_edge=False)
        for head in heads:
            table.add_column(head, overflow="fold")
        for row in rows:
            table.add_row(*row)
        console.print()
        console.print(table if rows else say("check.no_steps"))
    console.print()
    for text in sentences(found, say):
        console.print(text, highlight=False)
