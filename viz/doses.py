"""What was in force and what it spent, and the same at equal outlay: lines for terminal and report."""

from __future__ import annotations

from typing import NamedTuple

from ..experiments.comparison import Comparison
from .scorecard import interval_text
from .sure import draws_text
from .words import Words, decimals_of

__all__ = ["Lines", "equal_lines", "in_force_lines"]


class Lines(NamedTuple):
    """A title, and lines below it."""

    title: str
    lines: tuple[str, ...]


def in_force_lines(comparison: Comparison, say: Words) -> Lines | None:
    """The law, then per pathway scale, doses and money, and the levers that were typed; None if nothing was given."""
    acting = [(comparison.arms[index], comparison.in_force.get(comparison.arms[index])) for index in comparison.acting]
    if not acting or acting[0][1] is None:
        return None
    told = ", ".join(f"{say.name('lever', name)} {value:g}" for name, value in acting[0][1].law_levers.items())
    lines = [say("cli.law", law=told or say("cli.law_today"))]
    for arm, found in acting:
        assert found is not None  # all arms have one, or none
        fields = {
            "arm": say.name("pathway", arm), "scale": say.number(found.scale, 2), "dose": say.percent(found.dose),
            "least": say.percent(found.dose_least), "offered": say.number(found.offered),
            "spent": say.number(found.spent), "left": say.number(found.left),
        }  # fmt: skip
        line = say("cli.acting", **fields)
        typed = ", ".join(f"{say.name('lever', row.lever)} {row.in_force:g}" for row in found.levers if row.typed)
        lines.append(f"{line}; {say('cli.typed', levers=typed)}" if typed else line)
    return Lines(say("cli.in_force"), tuple(lines))


def equal_lines(comparison: Comparison, say: Words) -> Lines | None:
    """Budget, outlay, tonnes avoided and certified workers at equal outlay per pathway; None where it was not compared."""
    equal = comparison.equal
    if equal is None:
        return None
    own = equal.comparison
    lines = []
    for index in own.acting:
        arm = own.arms[index]
        tonnes, level = own.estimates[f"tco2e_total_{equal.year}"][index][1], own.estimates[f"level1_{equal.year}"][index][0]
        fields = {
            "arm": say.name("pathway", arm), "share": say.percent(equal.budgets[arm]),
            "outlay": say.number(equal.outlays[arm], decimals_of(abs(equal.outlays[arm]))), "level": say.percent(level.mean),
            "tonnes": interval_text(tonnes, -1e-3, decimals_of(abs(1e-3 * tonnes.mean)), say),
        }  # fmt: skip
        lines.append(say("cli.equal_arm", **fields))
    if equal.unable:
        lines.append(say("cli.equal_unable", names=", ".join(say.name("pathway", arm) for arm in equal.unable)))
    if equal.missed:
        lines.append(say("cli.equal_missed", names=", ".join(say.name("pathway", arm) for arm in equal.missed)))
    return Lines(say("cli.equal", year=equal.year, target=say.number(equal.target, decimals_of(abs(equal.target))), draws=draws_text(own, say)), tuple(lines))  # fmt: skip
