"""Words of the programmes at their best: what each reaches, what the written one loses, how far it can be trusted."""

from __future__ import annotations

from typing import Any

from ..experiments.comparison import Comparison
from ..experiments.tuned import AIMS, BUDGETS, PATHWAYS, Measured, Tuned, TunedSet, chosen, load
from .words import Words, scale_of

__all__ = ["tuned_lines", "written_loses"]


def _amounts(aim: str, values: list[float], say: Words) -> tuple[list[str], str]:
    """Values of an aim with one unit."""
    if aim == "level1":
        return [say.number(100 * value, 1) for value in values], say.unit("%")
    factor, unit = scale_of("t", "flow", max(map(abs, values)))
    return [say.number(value * factor, 1) for value in values], say.unit(unit)


def _loss(aim: str, own: Tuned, say: Words) -> str:
    """What the written programme loses on fresh worlds: "34 % [21; 40]"; of certified workers in points."""
    if aim == "level1":
        low, middle, high = (say.number(100 * value, 1) for value in (own.gain_low, own.gain, own.gain_high))
        return say("tuned.points", middle=middle, low=low, high=high)
    whole = own.fresh.value
    if not whole > 0:
        return say("tuned.nothing")
    low, middle, high = (say.number(100 * value / whole) for value in (own.gain_low, own.gain, own.gain_high))
    return f"{middle} % [{low}; {high}]"


def written_loses(comparison: Comparison, say: Words) -> list[str]:
    """A sentence of an answer whose programmes are at their best; none where they are as written."""
    question = comparison.question
    if question.tuned is None:
        return []
    programmes = chosen(question)
    told = []
    for name, own in programmes.items():
        loss = f"{say.name('pathway', name)} {_loss(question.tuned, own, say)}"
        told.append(say("tuned.least", loss=loss) if own.lower_bound else loss)
    shipped = load()
    assert shipped is not None  # `chosen` has taken from it
    sentences = [say("tuned.answer", aim=say(f"tuned.aim.{question.tuned}"), told="; ".join(told), worlds=len(shipped.told))]
    return [*sentences, say("tuned.older")] if shipped.older else sentences


def tuned_lines(found: TunedSet, say: Words) -> list[str]:
    """All that is stored, aim by aim, then what is missing."""
    lines = [say("tuned.about", searched=len(found.searched), told=len(found.told))]
    for aim in AIMS:
        for budget in BUDGETS:
            own = {pathway: found.programmes.get((pathway, aim, budget)) for pathway in PATHWAYS}
            if any(own.values()):
                lines += ["", say("tuned.heading", aim=say(f"tuned.aim.{aim}"), budget=budget)]
                lines += ["  " + _line(aim, pathway, one, say) for pathway, one in own.items() if one]
    if found.missing:
        missing = ", ".join(f"{pathway} {aim} {budget}" for pathway, aim, budget in found.missing)
        lines += ["", say("tuned.not_yet", count=len(found.missing), missing=missing)]
    return [*lines, "", say("tuned.older" if found.older else "tuned.same")]


def _line(aim: str, pathway: str, own: Tuned, say: Words) -> str:
    both: list[Measured] = [own.found, own.found_written, own.fresh, own.fresh_written]
    (found, found_written), unit_found = _amounts(aim, [at.value for at in both[:2]], say)
    (fresh, fresh_written), unit_fresh = _amounts(aim, [at.value for at in both[2:]], say)
    fields: dict[str, Any] = {
        "pathway": say.name("pathway", pathway), "found": found, "found_written": found_written, "found_unit": unit_found, "fresh": fresh,
        "written": fresh_written, "unit": unit_fresh, "loss": _loss(aim, own, say), "outlay": say.number(own.fresh.outlay),
        "may": say.number(own.fresh_may_spend),
    }  # fmt: skip
    return say("tuned.line", **fields) + (" " + say("tuned.bound") if own.lower_bound else "")
