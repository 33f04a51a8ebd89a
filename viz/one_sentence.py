"""The answer in one sentence and one number: what a pathway changes on the ground beyond the law alone, for a year.

The first screen of the dashboard and the printed brief say the same, from the same table (`headline`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..experiments.comparison import Comparison
from ..experiments.sureness import moving
from .headline import HeadlineCell, HeadlineRow, headline, sketched
from .words import MINUS, Words

if TYPE_CHECKING:
    from ..experiments.sketch import Curve

__all__ = ["GROUND", "OneSentence", "changes", "one_sentence", "sketched_sentence"]

GROUND = {"cod": "cod_total", "tco2e": "tco2e_total", "landfilled": "landfilled_total"}  # row -> column without its year
MOST = 3  # of what would change an answer


@dataclass(frozen=True)
class OneSentence:
    """What stands first.

    Attributes
    ----------
    number, range, label : str
        The headline number with its unit; its range and of what; what it is.
    text : str
        The sentence, about all that changes on the ground.
    sure : str
        In how many worlds no other pathway does better; of runs at the defaults that this is chance only.
    row : HeadlineRow
        All pathways in the outcome of the number.
    """

    number: str
    range: str
    label: str
    text: str
    sure: str
    row: HeadlineRow


def one_sentence(comparison: Comparison, arm: str, outcome: str, year: int, law: str, say: Words) -> OneSentence | None:
    """Number and sentence; None where the runs do not say.

    Parameters
    ----------
    comparison : Comparison
    arm : str
        Pathway.
    outcome : str
        One of `GROUND`: that of the number.
    year : int
        Report year: flows are added up from 2020 to its end.
    law : str
        The law's title, as readers know it.
    say : Words
    """
    rows = {row.key: row for row in headline(comparison, say, year)}
    if arm not in comparison.arms or outcome not in rows:
        return None
    place, question = comparison.arms.index(arm), comparison.question
    cell, sure = rows[outcome].cells[place], say("one.fixed")
    between = say(
        "one.range_worlds" if question.worlds else "one.range_fixed",
        range=_span(cell, say), runs=say.number(question.worlds or question.replicates),
    )  # fmt: skip
    if question.worlds:
        key = "one.best" if len(comparison.acting) > 1 else "one.only"
        sure = say(key, arm=say.name("pathway", arm), share=say.percent(cell.best))
    return _told(rows, place, (arm, outcome, year, law), between, sure, say)


def sketched_sentence(
    curves: Mapping[str, Curve], arms: Sequence[str], arm: str, outcome: str, year: int, law: str, sure: str, say: Words
) -> OneSentence | None:
    """The same of a sketch: the interval is that in which the answer's mean lies.

    Parameters
    ----------
    curves : mapping of str to Curve
        Column (no year) to what each of `arms` brings.
    arms : sequence of str
    sure : str
        What is said of how sure it is.
    arm, outcome, year, law, say : see `one_sentence`
    """
    rows = {row.key: row for row in sketched(curves, arms, say, year)}
    if arm not in arms or outcome not in rows:
        return None
    place = list(arms).index(arm)
    between = say("one.range_sketch", range=_span(rows[outcome].cells[place], say))
    return _told(rows, place, (arm, outcome, year, law), between, sure, say)


def _told(
    rows: Mapping[str, HeadlineRow], place: int, asked: tuple[str, str, int, str], between: str, sure: str, say: Words
) -> OneSentence:
    """Number, label and sentence of a pathway in rows of an answer or of a sketch."""
    arm, outcome, year, law = asked
    name, row = say.name("pathway", arm), rows[outcome]
    listed = [say(f"one.{key}", change=_change(rows[key], place, say)) for key in GROUND if key in rows]
    label = say("one.label", outcome=say(f"row.{outcome}"), arm=name, year=year)
    text = say("one.sentence", arm=name, year=year, law=law, changes=_joined(listed, say))
    cell = row.cells[place]
    return OneSentence(f"{cell.value} {row.unit}".strip(), between if cell.range else "", label, text, sure, row)


def _span(cell: HeadlineCell, say: Words) -> str:
    return cell.range.replace("; ", f" {say('one.to')} ")


def _change(row: HeadlineRow, place: int, say: Words) -> str:
    """Less or more by so much; where the range holds both, that."""
    cell = row.cells[place]
    amount = f"{cell.value.lstrip('+' + MINUS)} {row.unit}".strip()
    nothing = not any(digit in "123456789" for digit in cell.value)  # as it is shown
    if nothing and not cell.range:
        return say("one.same")
    if nothing or math.isfinite(cell.low) and cell.low < 0 < cell.high:
        return say("one.either", range=f"{_span(cell, say)} {row.unit}".strip())
    return say("one.less" if cell.middle < 0 else "one.more", amount=amount)


def _joined(parts: list[str], say: Words) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}{say('answer.and')}{parts[-1]}"


def changes(comparison: Comparison, arm: str, outcome: str, year: int, say: Words) -> list[str]:
    """What would change the answer: the uncertain numbers that it goes with over the worlds, one sentence each.

    Parameters
    ----------
    comparison : Comparison
        Over worlds; runs at the defaults cannot tell, which is the sentence then.
    arm, outcome, year, say : see `one_sentence`
    """
    key = f"{GROUND[outcome]}_{year}"
    if not comparison.question.worlds or key not in comparison.columns:
        return [say("one.ask_worlds")]
    found: list[dict[str, Any]] = [row for row in moving(comparison, arm, key) if row["stands_out"]][:MOST]
    if not found:
        return [say("one.no_decider", worlds=say.number(comparison.question.worlds))]
    return [
        say("one.decider_up" if row["correlation"] < 0 else "one.decider_down", name=_named(row["name"], say),
            correlation=say.number(row["correlation"], 2, sign=True))
        for row in found
    ]  # fmt: skip


def _named(name: str, say: Words) -> str:
    from ..model.parameters import PARAMETERS
    from .parameter_words import meaning_of

    return meaning_of(PARAMETERS[name], say) if name in PARAMETERS else name
