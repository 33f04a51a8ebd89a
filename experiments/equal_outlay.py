"""The same pathways at equal outlay: budgets are lowered until all spend what the thriftiest does that can spend.

A budget is money on offer, not money spent. Nothing is raised: the thriftiest keeps its budget, and each other one gets
the budget at which the mean present value of its outlay above the law alone is the same, within 1 %. That budget is
searched for on the draws on which it is used, so the last run of the search is the comparison's. Who finds no use for
money, and spends less than `SPENDS` of what the one that spends most does, sets no target: at so little nothing would be
compared. It keeps its budget and is named (`EqualOutlay.unable`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .monotone import monotone
from .side_runs import YEAR, Side

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from .budgets import Frontier
    from .comparison import Comparison

__all__ = ["IMPOSSIBLE", "SPENDS", "TOLERANCE", "YEAR", "EqualOutlay", "equal_outlay"]

TOLERANCE = 0.01  # relative, of the mean present value of outlay
IMPOSSIBLE = ("equal_needs_two", "target_nothing")  # keys of the errors for questions without an equal outlay
SPENDS = 0.1
MOST_STEPS = 10  # two to four are enough where outlay is smooth; planned clusters are lumps


@dataclass(frozen=True)
class EqualOutlay:
    """A comparison at equal outlay.

    Attributes
    ----------
    year : int
        Outlay is added up to its end.
    target : float
        Mean present value of outlay above the law alone of the thriftiest pathway that can spend, bn VND.
    budgets : dict of str to float
        Budget of each pathway, as a share of the one that was asked for.
    outlays : dict of str to float
        What each pathway spends then, bn VND.
    comparison : Comparison
        All arms at these budgets.
    unable : tuple of str
        Pathways that spend less than `SPENDS` of what the one that spends most does; they stand at their whole budget.
    """

    year: int
    target: float
    budgets: dict[str, float]
    outlays: dict[str, float]
    comparison: Comparison
    unable: tuple[str, ...] = ()

    @property
    def missed(self) -> tuple[str, ...]:
        """Pathways that come no closer than 1 %: their outlay jumps with the budget."""
        off = (name for name, value in self.outlays.items() if abs(value - self.target) > TOLERANCE * self.target)
        return tuple(name for name in off if name not in self.unable)

    def to_json(self) -> dict[str, Any]:
        """As nested dicts; `pathways` as in `Comparison.to_json`."""
        own = self.comparison.to_json()
        return {
            "year": self.year, "target_bn": self.target, "budget_share": self.budgets, "outlay_bn": self.outlays,
            "missed": list(self.missed), "unable": list(self.unable), "replicates": own["replicates"], "pathways": own["pathways"], "best": own["best"],
        }  # fmt: skip


def equal_outlay(side: Side, known: Frontier | None = None) -> EqualOutlay:
    """Lower budgets until the outlays are equal, and compare at these budgets.

    Parameters
    ----------
    side : Side
        Of the answer: its first draws, at most 20.
    known : Frontier, optional
        The same draws at other budgets: lower ones narrow the search.

    Raises
    ------
    InputError
        If there is nothing to compare, or no pathway spends anything.
    """
    if len(side.acting) < 2:
        raise InputError("equal_needs_two")
    names = [arm.name for arm in side.acting]
    asked = side.compared()
    full = _spent(asked, names)
    if not full.max() > 0:
        raise InputError("target_nothing", pathway=names[int(full.argmax())])
    able = full >= SPENDS * full.max()
    target = float(full[able].min())
    searches = [_Search(target, [_Point(0.0, 0.0), _Point(1.0, float(value), side.main)]) for value in full]
    for rung in [] if known is None else known.rungs:
        if rung.factor < 1.0:
            for search, value in zip(searches, _spent(rung.comparison, names), strict=True):
                search.add(_Point(rung.factor, float(value), rung.comparison.trace))
    for _ in range(MOST_STEPS):
        open_ = [k for k, search in enumerate(searches) if able[k] and not search.done]
        if not open_:
            break
        shares = [searches[k].guess() for k in open_]
        arms = [replace(side.acting[k], budget=side.acting[k].budget * share) for k, share in zip(open_, shares, strict=True)]
        trace = side.run([side.alone, *arms])
        spent = _spent(side.compared(trace), [names[k] for k in open_])
        for k, share, value in zip(open_, shares, spent, strict=True):
            searches[k].add(_Point(share, float(value), trace))
    best = {name: search.best if can else search.points[-1] for name, search, can in zip(names, searches, able, strict=True)}
    own = side.compared(*(_only(point.runs, name) for name, point in best.items()))
    return EqualOutlay(
        YEAR,
        target,
        {name: point.share for name, point in best.items()},
        {name: point.spent for name, point in best.items()},
        own,
        tuple(name for name, can in zip(names, able, strict=True) if not can),
    )


@dataclass(frozen=True)
class _Point:
    """A share of the budget, what is spent then (bn VND), and the runs that tell."""

    share: float
    spent: float
    runs: Runs | None = None  # without a budget an arm is the law alone


@dataclass
class _Search:
    """One arm's search for the share of its budget at which it spends what the thriftiest does."""

    target: float
    points: list[_Point]
    guesses: int = 0

    @property
    def best(self) -> _Point:
        return min((point for point in self.points if point.runs is not None), key=lambda point: abs(point.spent - self.target))

    @property
    def done(self) -> bool:
        return abs(self.best.spent - self.target) <= TOLERANCE * self.target

    def add(self, point: _Point) -> None:
        self.points = sorted([*self.points, point], key=lambda one: one.share)

    def guess(self) -> float:
        """The next share to try: on the monotone curve through what is known, every third time halfway.

        Outlay may jump where planned clusters are paid at once: a curve alone would creep towards the jump.
        """
        self.guesses += 1
        at = max(k for k, point in enumerate(self.points[:-1]) if point.spent < self.target <= self.points[k + 1].spent)
        low, high = self.points[at : at + 2]
        if self.guesses % 3 == 0:
            return 0.5 * (low.share + high.share)
        rising = [low, high]
        for point in self.points[at + 2 :]:
            rising += [point] if point.spent > rising[-1].spent else []
        for point in reversed(self.points[:at]):
            rising[:0] = [point] if point.spent < rising[0].spent else []
        return monotone([point.spent for point in rising], [point.share for point in rising], self.target)


def _only(trace: Runs | None, name: str) -> Runs:
    """An ensemble with one arm: what was run beside it is not what it is held against elsewhere."""
    assert trace is not None and trace.by_origin is not None
    index = [trace.arms.index(name)]
    return replace(trace, arms=(name,), series=trace.series[index], level=trace.level[index], unmet=trace.unmet[index],
                   failed=trace.failed[index], by_origin=trace.by_origin[index])  # fmt: skip


def _spent(comparison: Comparison, names: Sequence[str]) -> np.ndarray:
    """Mean present value of outlay above the law alone, bn VND."""
    from ..model.sites_and_arms import MVND_PER_BN

    outlay = comparison.values(f"pv_outlay_{YEAR}")
    above = np.nanmean(outlay - outlay[comparison.base], axis=1) / MVND_PER_BN
    return above[[comparison.arms.index(name) for name in names]]
