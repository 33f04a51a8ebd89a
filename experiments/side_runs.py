"""Side runs: the same question on fewer draws and no further than 2035, for other budgets and other laws.

Their draws are the first of the main answer's, so an arm that ran there is taken from it and not run again: the first
years of a longer run are the same bits. (All but free riders: who would order later without a programme is known in the
longer run alone.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from .preparing import answer, worlds_of

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.parameters import World
    from ..model.sites_and_arms import Arm, Shock
    from ..scenarios import Scenario
    from .comparison import Comparison
    from .question import Question

__all__ = ["DRAWS", "YEAR", "Side", "first_runs", "joined", "side_of", "with_more"]

DRAWS = 20  # worlds, or replicates of the defaults
YEAR = 2035  # what comes after its end is not asked


@dataclass(frozen=True)
class Side:
    """What the side runs of an answer share.

    Attributes
    ----------
    question : Question
        With fewer draws.
    main : Runs
        The same draws of the answer's own runs.
    loaded, shocks, threads, progress
        As for the answer.
    worlds : list of World or None
    """

    question: Question
    main: Runs
    loaded: Scenario
    shocks: tuple[Shock, ...]
    threads: int | None = None
    progress: Callable[[int, int], None] | None = None
    worlds: list[World] | None = None

    @property
    def arms(self) -> tuple[Arm, ...]:
        """Arms of the answer, with the scale factors found for it."""
        return self.main.given

    @property
    def alone(self) -> Arm:
        """The law alone."""
        return next(arm for arm in self.arms if arm.name == "law")

    @property
    def acting(self) -> list[Arm]:
        """Arms with programmes."""
        return [arm for arm in self.arms if arm.programmes]

    def run(self, arms: Sequence[Arm]) -> Runs:
        """Run arms; the first is what the others are held against."""
        from ..model.ensemble import run_ensemble
        from .kept_runs import keeping

        return run_ensemble(
            self.loaded.site, arms, replicates=self.question.replicates, seed=self.question.seed, threads=self.threads,
            shocks=self.shocks, parameters=self.loaded.parameters, worlds=self.worlds, last_year=YEAR + 1, progress=self.progress,
            make=keeping(self.loaded.site),
        )  # fmt: skip

    def compared(self, *parts: Runs, law: str | None = None) -> Comparison:
        """A comparison of the answer's arms, each from the last of the parts that ran it, or from the answer."""
        started = perf_counter()
        own = replace(self.question, equal=False, law=law or self.question.law)
        return answer(own, joined([self.main, *parts]), perf_counter() - started)


def side_of(
    question: Question,
    trace: Runs,
    loaded: Scenario,
    shocks: Sequence[Shock],
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    draws: int = DRAWS,
) -> Side:
    """What the side runs of a question share: the first worlds with one replicate each, or the first replicates."""
    if question.worlds:
        fewer = replace(question, worlds=min(draws, question.worlds), replicates=1)
        kept = np.arange(fewer.worlds) * question.replicates  # replicates stand within worlds
    else:
        fewer = replace(question, replicates=min(draws, question.replicates))
        kept = np.arange(fewer.replicates)
    return Side(fewer, first_runs(trace, kept), loaded, tuple(shocks), threads, progress, worlds_of(fewer, loaded.parameters))


def first_runs(trace: Runs, kept: np.ndarray, year: int = YEAR) -> Runs:
    """Some runs of an ensemble up to the end of a year.

    What an arm was given stays; what its funds held at the end of a longer run does not.
    """
    steps = int(np.searchsorted(trace.years, year + 1)) + 1
    by_origin = None
    if trace.by_origin is not None:
        from ..model.indicators import YEARS

        by_origin = np.where(np.reshape([y <= year for y in YEARS], (-1, 1, 1)), trace.by_origin[:, kept], np.nan)
    rate: Any = trace.discount_rate
    return replace(
        trace, replicates=trace.replicates[kept], years=trace.years[:steps], series=trace.series[:, kept, :steps],
        level=trace.level[:, kept, :steps], unmet=trace.unmet[:, kept, :steps], failed=trace.failed[:, kept],
        discount_rate=rate[kept] if np.ndim(rate) else rate,
        worlds=None if trace.worlds is None else trace.worlds[kept], funds=None, by_origin=by_origin,
        trades=None if trace.trades is None else trace.trades[kept], past=None if trace.past is None else trace.past[kept],
    )  # fmt: skip


def joined(parts: Sequence[Runs]) -> Runs:
    """The arms of the first of several ensembles of the same draws, each from the last ensemble that ran it.

    Without what was given and the funds, which tell of one ensemble.
    """
    first = parts[0]
    where = [next((part, part.arms.index(name)) for part in reversed(parts) if name in part.arms) for name in first.arms]

    def of(field: str) -> np.ndarray:
        return np.stack([getattr(part, field)[index] for part, index in where])

    scales = {part.arms[index]: part.scales[part.arms[index]] for part, index in where}
    return replace(first, series=of("series"), level=of("level"), unmet=of("unmet"), failed=of("failed"),
                   by_origin=of("by_origin"), scales=scales, funds=None, given=())  # fmt: skip


def with_more(first: Runs | None, more: Runs) -> Runs:
    """An ensemble and more draws of the same arms, as one."""
    if first is None:
        return more
    both: dict[str, Any] = {name: np.concatenate([getattr(first, name), getattr(more, name)], axis=1)
            for name in ("series", "level", "unmet", "failed", "funds", "by_origin")}  # fmt: skip
    own = ("replicates", "past", "trades", *(("worlds", "discount_rate") if more.worlds is not None else ()))
    both |= {name: np.concatenate([getattr(first, name), getattr(more, name)]) for name in own}
    return replace(more, **both)
