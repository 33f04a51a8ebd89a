"""Words of the stored ranking: what stops it, and which solution gives most for its money."""

from __future__ import annotations

from ..experiments.stored_ranking import COD, MONEY, SOLUTIONS, TONNES, Order, Ranking
from .analyses.causes import cause
from .words import Words, scale_of

__all__ = ["first_two", "ranking_lines"]

SHOWN = (("barriers", COD), ("barriers", TONNES), ("solutions", MONEY), ("solutions", COD), ("solutions", TONNES))
UNITS = {COD: "t", TONNES: "t", MONEY: "mVND"}


def first_two(order: Order, say: Words) -> str:
    """First and second of an order with their probability of being first: "4 Awareness (first in 85 %), then ...".

    What brings nothing in the median world is no second, and no first.
    """
    first, second = order.places[:2]
    told = {"first": cause(first.cause, say), "first_share": say.percent(first.probability),
            "second": cause(second.cause, say), "second_share": say.percent(second.probability)}  # fmt: skip
    worth = sum(place.median > 0 for place in (first, second))
    if worth == 2 and (first.probability, first.median) == (second.probability, second.median):
        return say("ranking.first_even", **told)
    return say(("ranking.no_first", "ranking.first_one", "ranking.first_two")[worth], **told)


def ranking_lines(found: Ranking, say: Words) -> list[str]:
    """Every order with its heading, then what it does not show."""
    lines = [say("ranking.about", worlds=len(found.worlds), failed=found.failed)]
    for kind, outcome in SHOWN:
        order = getattr(found, kind)(outcome)
        lines += ["", say(f"ranking.{kind}.{outcome}", order=first_two(order, say))]
        factor, unit = scale_of(UNITS[outcome], "flow", max(abs(place.high) for place in order.places))
        for at, place in enumerate(order.places, 1):
            median, low, high = (say.number(value * factor, 1) for value in (place.median, place.low, place.high))
            lines.append("  " + say("ranking.place", at=at, cause=cause(place.cause, say), share=say.percent(place.probability),
                                    median=median, low=low, high=high, unit=say.unit(unit)))  # fmt: skip
        if order.tie or order.nothing:
            lines.append("  " + say("ranking.rest", tie=say.percent(order.tie), nothing=say.percent(order.nothing)))
    idle = [place.cause for place in found.solutions(TONNES).places if place.always_nothing]
    idle = [name for name in idle if not found.alone(name, COD).any()]
    lines += ["", *(say("ranking.idle", solution=cause(name, say)) for name in idle if name != SOLUTIONS[0])]
    if SOLUTIONS[0] in idle:
        lines.append(say("ranking.graded", solution=cause(SOLUTIONS[0], say)))
    return [*lines, say("ranking.older" if found.older else "ranking.same")]
