"""The answer of a goal seek in words."""

from __future__ import annotations

from typing import Any

from ..experiments.analyses.goal import Goal
from .words import Words

__all__ = ["goal_lines", "goal_rows"]

COSTS = ("gross_bn", "social_bn")
_NO_MIX = ("mix", "probability", "low", "high", "reaches", *COSTS)
SHOWN = 4  # parts of a mix that are told


def goal_lines(found: Goal, say: Words) -> list[str]:
    """Is there a mix that reaches it; the cheapest by either cost; how likely it is; what the law alone does."""
    wants = say("goal.and").join(map(str, found.wants))
    percent = say.number(100 * found.sure)
    lines = []
    if not found.reached:
        best = found.table.sort_values("probability", kind="stable").iloc[-1]
        lines.append(say("goal.not_found", wants=wants, sure=percent, seen=say.number(found.seen)))
        lines.append(
            say(
                "goal.nearest",
                probability=_percent(best["probability"], say),
                mix=int(best["mix"]),
                gross=_bn(best["gross_bn"], say),
            )
        )
    for cost in COSTS if found.reached else ():
        mix = found.cheapest(cost)
        assert mix is not None
        lines.append(say(f"goal.cheapest.{cost}", wants=wants, mix=int(mix["mix"]), gross=_bn(mix["gross_bn"], say), social=_bn(mix["social_bn"], say),
                         probability=_percent(mix["probability"], say), low=_percent(mix["low"], say), high=_percent(mix["high"], say), parts=_parts(mix, found, say)))  # fmt: skip
    lines.append(say("goal.alone", probability=_percent(found.alone, say), worlds=found.worlds))
    return lines


def goal_rows(found: Goal, say: Words) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the mixes that were tried in fresh worlds."""
    heads = [say(f"goal.head.{name}") for name in ("mix", "probability", "gross", "social", "parts")]
    rows = [
        [str(int(row["mix"])), f"{_percent(row['probability'], say)} ({_percent(row['low'], say)}-{_percent(row['high'], say)})",
         _bn(row["gross_bn"], say), _bn(row["social_bn"], say), _parts(row, found, say)]
        for row in found.table.to_dict("records")
    ]  # fmt: skip
    return heads, rows


def _parts(mix: dict[str, Any], found: Goal, say: Words) -> str:
    """The largest levers of a mix, or how many clusters take which pathway."""
    genes = {name: value for name, value in mix.items() if name not in _NO_MIX and not name.startswith("p(")}
    told = [say("goal.budget", value=say.number(genes["budget_bn"]))]
    of_clusters = [value for name, value in genes.items() if name.startswith("pathway.")]
    if of_clusters:
        from ..experiments.analyses.search_space import PATHWAYS

        for i, pathway in enumerate(PATHWAYS):
            count = sum(int(value) == i for value in of_clusters)
            if count and i:
                told.append(f"{say.name('pathway', pathway)} {count}")
        return "; ".join(told)
    levers = {
        name: value
        for name, value in genes.items()
        if "." not in name and name != "budget_bn" and not name.startswith("fund_share")
    }
    for name, value in sorted(levers.items(), key=lambda item: -item[1])[:SHOWN]:
        full = say.name("gene", name)
        told.append(f"{say.name('lever', name) if full == name else full} {say.number(value, 1)}")
    return "; ".join(told)


def _percent(share: float, say: Words) -> str:
    return f"{say.number(100 * share)} %"


def _bn(value: float, say: Words) -> str:
    return f"{say.number(value, 1)} {say('check.bn')}"
