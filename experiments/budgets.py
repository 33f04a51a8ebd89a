"""What more or less money changes: the pathways at a third of the asked budget, at the budget, and at twice as much.

The answer's own budget is not run again. Rungs are compared in the same draws, so their differences are the money's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import spread
from .preparing import unpaid
from .side_runs import YEAR, Side

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["AVOIDED", "FACTORS", "WORTH", "Frontier", "Rung", "frontier", "shares"]

FACTORS = (1 / 3, 1.0, 2.0)  # of the asked budget: 50, 150 and 300 bn VND a year by default
AVOIDED = {"tco2e": "tco2e_total", "cod": "cod_total", "landfilled": "landfilled_total"}  # outcome, column: less is better
WORTH = {"net_benefit_gross": "gross", "net_benefit_social": "social"}  # at default prices, by this account of cost
OUTLAY = "pv_outlay_gross"


@dataclass(frozen=True)
class Rung:
    """All arms at one budget.

    Attributes
    ----------
    factor, budget_bn : float
        Of the asked budget, and bn VND a year.
    comparison : Comparison
        To `YEAR`.
    unpaid : tuple of str
        Pathways whose typed levers this budget cannot pay in full: they do not act as typed here.
    """

    factor: float
    budget_bn: float
    comparison: Comparison
    unpaid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frontier:
    """The rungs, by budget.

    Attributes
    ----------
    year : int
        Outlay and outcomes are added up to its end.
    rungs : tuple of Rung
    """

    year: int
    rungs: tuple[Rung, ...]

    @property
    def others(self) -> tuple[Rung, ...]:
        """Rungs beside the asked budget at which all typed levers act as typed."""
        return tuple(rung for rung in self.rungs if rung.factor != 1.0 and not rung.unpaid)

    def outlay(self, rung: Rung) -> np.ndarray:
        """Gross public outlay above the law alone, present value in mVND, shape (arms, worlds)."""
        return _above(rung.comparison, f"{OUTLAY}_{self.year}")

    def avoided(self, rung: Rung, outcome: str) -> np.ndarray:
        """What is avoided beyond the law alone, t, shape (arms, worlds)."""
        return -_above(rung.comparison, f"{AVOIDED[outcome]}_{self.year}")

    def to_json(self) -> dict[str, Any]:
        """Per arm and rung median and 5-95 % of worlds; who is best in which share of the worlds at every budget."""
        asked = self.rungs[0].comparison
        names = [asked.arms[index] for index in asked.acting]

        def told(values: np.ndarray) -> dict[str, float | None]:
            return spread.spread(values).to_json()

        return {
            "year": self.year,
            "draws": asked.question.worlds or asked.question.replicates,
            "budgets_bn": [rung.budget_bn for rung in self.rungs],
            "units": {"outlay_gross": "mVND", **{f"{outcome}_avoided": "t" for outcome in AVOIDED}},
            "unpaid": [list(rung.unpaid) for rung in self.rungs],
            "pathways": {
                arm: [
                    {"outlay_gross": told(self.outlay(rung)[rung.comparison.arms.index(arm)]),
                     **{f"{outcome}_avoided": told(self.avoided(rung, outcome)[rung.comparison.arms.index(arm)]) for outcome in AVOIDED}}
                    for rung in self.rungs
                ]
                for arm in names
            },
            "best": {outcome: [shares(rung.comparison, outcome) for rung in self.rungs] for outcome in (*AVOIDED, *WORTH)},
        }  # fmt: skip


def shares(comparison: Comparison, outcome: str) -> dict[str, float] | None:
    """Share of the worlds in which each arm is best in an outcome of the ground or of `WORTH`."""
    if outcome in WORTH:
        return comparison.best_worth(YEAR, WORTH[outcome])
    return comparison.best.get(f"{AVOIDED[outcome]}_{YEAR}")


def _above(comparison: Comparison, key: str) -> np.ndarray:
    values = comparison.by_world(key)
    return values - values[comparison.base]


def frontier(side: Side) -> Frontier:
    """Run the pathways at the other two budgets, all in one ensemble."""
    others = [factor for factor in FACTORS if factor != 1.0]
    arms = [
        replace(arm, name=f"{arm.name}*{n}", budget=arm.budget * factor) for n, factor in enumerate(others) for arm in side.acting
    ]
    trace = side.run([side.alone, *arms])
    short = unpaid(trace)
    asked = side.question.budget_bn if side.question.site_budget_bn is None else side.question.site_budget_bn
    rungs = [Rung(1.0, asked, side.compared())]
    for n, factor in enumerate(others):
        names = [f"{arm.name}*{n}" for arm in side.acting]
        index = [trace.arms.index(name) for name in names]
        assert trace.by_origin is not None
        part = replace(
            trace, arms=tuple(arm.name for arm in side.acting), series=trace.series[index], level=trace.level[index],
            unmet=trace.unmet[index], failed=trace.failed[index], by_origin=trace.by_origin[index],
            scales={arm.name: trace.scales[name] for arm, name in zip(side.acting, names, strict=True)},
        )  # fmt: skip
        lost = tuple(arm.name for arm, name in zip(side.acting, names, strict=True) if name in short)
        rungs.append(Rung(factor, asked * factor, side.compared(part), lost))
    return Frontier(YEAR, tuple(sorted(rungs, key=lambda rung: rung.factor)))
