"""The same pathways at equal outlay: budgets are lowered until all spend what the thriftiest does.

A budget is money on offer, not money spent. Nothing is raised: the thriftiest keeps its budget, and each other one gets
the budget at which the mean present value of its outlay above the law alone is the same, within 1 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError

if TYPE_CHECKING:
    from ..model.inputs import Arm, Shock
    from ..scenarios import Scenario
    from .comparison import Comparison, Question

__all__ = ["IMPOSSIBLE", "REPLICATES", "TOLERANCE", "YEAR", "EqualOutlay", "equal_outlay"]

TOLERANCE = 0.01  # relative, of the mean present value of outlay
YEAR = 2035  # outlay is added up to the end of this year
REPLICATES = 20
IMPOSSIBLE = ("equal_needs_two", "target_nothing")  # keys of the errors for questions without an equal outlay
MOST_STEPS = 12  # false position needs four or five where outlay is smooth; planned clusters are lumps


@dataclass(frozen=True)
class EqualOutlay:
    """A comparison at equal outlay.

    Attributes
    ----------
    year : int
        Outlay is added up to its end.
    target : float
        Mean present value of outlay above the law alone of the thriftiest pathway, bn VND.
    budgets : dict of str to float
        Budget of each pathway, as a share of the one that was asked for.
    outlays : dict of str to float
        What each pathway spends then, bn VND.
    comparison : Comparison
        All arms at these budgets.
    """

    year: int
    target: float
    budgets: dict[str, float]
    outlays: dict[str, float]
    comparison: Comparison

    @property
    def missed(self) -> tuple[str, ...]:
        """Pathways that come no closer than 1 %: their outlay jumps with the budget."""
        return tuple(n for n, value in self.outlays.items() if abs(value - self.target) > TOLERANCE * self.target)

    def to_json(self) -> dict[str, Any]:
        """As nested dicts; `pathways` as in `Comparison.to_json`."""
        own = self.comparison.to_json()
        return {
            "year": self.year, "target_bn": self.target, "budget_share": self.budgets, "outlay_bn": self.outlays,
            "missed": list(self.missed), "replicates": own["replicates"], "pathways": own["pathways"], "best": own["best"],
        }  # fmt: skip


def equal_outlay(
    question: Question,
    loaded: Scenario,
    arms: Sequence[Arm],
    shocks: tuple[Shock, ...],
    threads: int | None = None,
    replicates: int = REPLICATES,
) -> EqualOutlay:
    """Lower budgets until the outlays are equal, and compare at these budgets.

    Parameters
    ----------
    question : Question
    loaded, arms : see `compare.prepare`
    shocks : tuple of Shock
    threads : int, optional
    replicates : int
        The first worlds of the question, or the first replicates of the defaults, at most so many.

    Raises
    ------
    InputError
        If there is nothing to compare, or a pathway spends nothing.
    """
    from time import perf_counter

    from ..model.ensemble import run_ensemble
    from ..model.indicators import evaluate
    from ..model.inputs import MVND_PER_BN
    from .compare import answer, worlds_of

    started = perf_counter()
    # one replicate of so many worlds, or so many replicates of the defaults
    fewer = (replace(question, worlds=min(replicates, question.worlds), replicates=1) if question.worlds
             else replace(question, replicates=min(replicates, question.replicates)))
    drawn = worlds_of(fewer, loaded.parameters)

    def run(some: Sequence[Arm], **options: Any):
        return run_ensemble(
            loaded.site, some, replicates=fewer.replicates, seed=question.seed, threads=threads, shocks=shocks,
            parameters=loaded.parameters, worlds=drawn, **options,
        )  # fmt: skip

    alone = next(arm for arm in arms if arm.name == "law")

    def spent(some: Sequence[Arm]) -> np.ndarray:
        """Mean present value of outlay above the law alone, bn VND; nobody asks what comes after the year."""
        trace = run([alone, *some], last_year=YEAR + 1)
        outlay = evaluate(trace)[f"pv_outlay_{YEAR}"].to_numpy(float).reshape(len(some) + 1, -1)
        return np.nanmean(outlay[1:] - outlay[:1], axis=1) / MVND_PER_BN

    acting = [arm for arm in arms if arm.programmes]
    if len(acting) < 2:
        raise InputError("equal_needs_two")
    full = spent(acting)
    target = float(full.min())
    if not target > 0:
        raise InputError("target_nothing", pathway=acting[int(full.argmin())].name)
    shares, found = _lower(acting, full, target, spent)
    lowered = {
        arm.name: replace(arm, budget=arm.budget * share) for arm, share in zip(acting, shares, strict=True)
    }
    trace = run([lowered.get(arm.name, arm) for arm in arms])
    own = answer(replace(fewer, equal=False), trace, perf_counter() - started)
    return EqualOutlay(
        YEAR, target, {arm.name: float(share) for arm, share in zip(acting, shares, strict=True)},
        {arm.name: float(value) for arm, value in zip(acting, found, strict=True)}, own,
    )  # fmt: skip


def _lower(acting: Sequence[Arm], full: np.ndarray, target: float, spent) -> tuple[np.ndarray, np.ndarray]:
    """Share of its budget at which each arm meets the target, and what it spends then (Illinois false position).

    Without a budget an arm is the law alone and spends nothing, so the bracket is known from the start.
    """
    n = len(acting)
    low, high = np.zeros(n), np.ones(n)
    at_low, at_high = np.full(n, -target), full - target
    best, found = np.ones(n), full.copy()
    side = np.zeros(n, int)
    for _ in range(MOST_STEPS):
        open_ = np.flatnonzero(np.abs(found - target) > 0.5 * TOLERANCE * target)
        if open_.size == 0:
            break
        share = (low * at_high - high * at_low)[open_] / (at_high - at_low)[open_]
        value = spent([replace(acting[i], budget=acting[i].budget * x) for i, x in zip(open_, share, strict=True)])
        for i, x, y in zip(open_, share, value, strict=True):
            if abs(y - target) < abs(found[i] - target):
                best[i], found[i] = x, y
            if y > target:
                high[i], at_high[i] = x, y - target
                at_low[i] *= 0.5 if side[i] == 1 else 1.0
                side[i] = 1
            else:
                low[i], at_low[i] = x, y - target
                at_high[i] *= 0.5 if side[i] == -1 else 1.0
                side[i] = -1
    return best, found
