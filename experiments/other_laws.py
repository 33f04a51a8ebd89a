"""The same pathways under the other laws that ship: does the order hold where the state asks for less, or for more?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import spread
from .budgets import AVOIDED, WORTH, shares
from .preparing import prepare
from .side_runs import YEAR, Side

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["LAWS", "OtherLaws", "other_laws"]

LAWS = ("today", "middle", "strict")


class OtherLaws(dict[str, "Comparison"]):
    """Law to the comparison of the answer's arms under it."""

    def to_json(self) -> dict[str, Any]:
        """Per law and pathway median and 5-95 % of worlds of what it avoids beyond that law alone, and who is best how often."""
        return {law: _told(own) for law, own in self.items()}


def other_laws(side: Side) -> OtherLaws:
    """A comparison of the answer's arms under each law that it was not asked for; programmes as they are in the answer.

    No programme is the same under every law. Each pathway is measured against its law alone.
    """
    found = OtherLaws()
    for law in LAWS:
        if law == side.question.law:
            continue
        _, arms = prepare(replace(side.question, law=law))
        arms = [replace(arm, scale=side.main.scales[arm.name]) for arm in arms if arm.name != "null"]
        found[law] = side.compared(side.run(arms), law=law)
    return found


def _told(own: Comparison) -> dict[str, Any]:
    pathways: dict[str, dict[str, Any]] = {own.arms[index]: {} for index in own.acting}
    for outcome, column in AVOIDED.items():
        values = own.by_world(f"{column}_{YEAR}")
        for arm, told in pathways.items():
            told[f"{outcome}_avoided"] = spread.spread(values[own.base] - values[own.arms.index(arm)]).to_json()
    return {"year": YEAR, "draws": own.question.worlds, "pathways": pathways,
            "best": {outcome: shares(own, outcome) for outcome in (*AVOIDED, *WORTH)}}  # fmt: skip
