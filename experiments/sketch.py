"""A first answer at once, then better ones until it is the answer: the same question on parts of the city and a few worlds.

    from ecocluster.experiments.sketch import sketch
    for estimate in sketch("hanoi"):
        curve = estimate.curve("tco2e", total=True)     # avoided by each arm since 2020: middle, low, high
    estimate.comparison                                  # that of `compare`, to the bit

A world is first run on a sample of its clusters, another sample for each world, so that what differs between worlds holds both
chances. Samples are nested: a larger one holds the smaller one of its world. Then the whole city is run in the first worlds,
and in more of them, which are those of the answer. What no lever touches (pasts, no programme, the law alone) is kept, so the
sketch of another programme runs programmes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.border import bordered
from .errors import check_threads
from .preparing import answer, prepare, refuse_unpaid, worlds_of
from .question import PATHWAYS, Question, ask
from .side_runs import with_more

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.parameters import World
    from ..model.sites_and_arms import Arm, Site
    from ..scenarios import Scenario
    from .comparison import Comparison

__all__ = ["CITY", "SAMPLES", "Curve", "Estimate", "refined", "sample_of", "sketch"]

SAMPLES = ((5, 6), (5, 12), (15, 12))  # clusters of a sample, draws
CITY = (4, 8, 16, 32, 64)  # draws of the whole city before all of them
# of Student's interval: worlds are few and skewed, and so it holds the answer in nine of ten cases (`sketch_coverage`)
CONFIDENCE = 0.98
NONE_SEEN = 3.0  # over the number of those that were looked at: how many there may be where none was seen, with 95 %
FEW_CLUSTERS = 20  # a site of fewer is run whole from the first


@dataclass(frozen=True)
class Curve:
    """What an arm brings, over time, in the mean of the draws that the answer will have.

    Attributes
    ----------
    years : (T,) float64
        End of each step.
    middle, low, high : (arms, T) float64
        Difference to the law alone (of that: to no programme), and the interval in which the answer's lies in nine of ten cases.
    """

    years: np.ndarray
    middle: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """The answer as far as it is known.

    Attributes
    ----------
    question : Question
    arms : tuple of str
    matched : tuple of int
        For every arm the one that it is measured against.
    years : (T+1,) float64
    keys : tuple of str
    series : (arms, draws, T+1, K) float64
        Of the city: that of a sample is raised to it. nan where a run failed.
    draws, of_draws : int
        Worlds, or replicates of the defaults, and those of the answer.
    clusters, of_clusters : int
        In a draw.
    wall_s : float
        Seconds since the question.
    trace : Runs or None
        What the runs of the whole city left behind.
    """

    question: Question
    arms: tuple[str, ...]
    matched: tuple[int, ...]
    years: np.ndarray
    keys: tuple[str, ...]
    series: np.ndarray
    draws: int
    of_draws: int
    clusters: int
    of_clusters: int
    wall_s: float
    trace: Runs | None = None

    @property
    def exact(self) -> bool:
        """Is it the answer?"""
        return self.draws == self.of_draws and self.clusters == self.of_clusters

    @cached_property
    def comparison(self) -> Comparison | None:
        """The answer, once all of it was run."""
        if not self.exact:
            return None
        assert self.trace is not None
        return answer(self.question, self.trace, self.wall_s)

    def curve(self, key: str, total: bool = False) -> Curve:
        """What each arm brings in an indicator.

        Parameters
        ----------
        key : str
            Of `keys`.
        total : bool
            Of a flow: added up since 2020.
        """
        from .statistics import t_quantile

        values = self.series[:, :, 1:, self.keys.index(key)]
        if total:
            values = np.cumsum(values, axis=2) * (self.years[1] - self.years[0])
        arms, runs, steps = values.shape
        gained = (values - values[list(self.matched)]).reshape(arms, self.draws, runs // self.draws, steps)
        there = np.isfinite(gained)
        with np.errstate(invalid="ignore", divide="ignore"):
            by_draw = np.where(there, gained, 0.0).sum(axis=2) / there.sum(axis=2)  # replicates stand within worlds
            count = np.isfinite(by_draw).sum(axis=1)
            middle = np.where(np.isfinite(by_draw), by_draw, 0.0).sum(axis=1) / count
            off = np.where(np.isfinite(by_draw), by_draw - middle[:, None], 0.0)
            spread = np.sqrt((off**2).sum(axis=1) / np.maximum(count - 1, 1) / count)
        if self.clusters == self.of_clusters:  # draws of the answer itself: the more of them, the less is open
            spread = spread * np.sqrt(max(0.0, 1.0 - self.draws / self.of_draws))
        half = spread * t_quantile(self.draws - 1, CONFIDENCE) if self.draws > 1 else np.full_like(spread, np.inf)
        half = np.where(self.exact, 0.0, np.maximum(half, self._unseen(key)))
        return Curve(self.years[1:], middle, middle - half, middle + half)

    def _unseen(self, key: str) -> float:
        """What certificates may be where all clusters of all draws look alike: few have one, so a sample often sees none."""
        from ..model.indicators import INDICATORS

        row = INDICATORS[key]
        if row.pillar != "management" or row.kind not in ("share", "stock"):
            return 0.0
        return NONE_SEEN / (self.draws * self.clusters) * (self.of_clusters if row.unit == "clusters" else row.kind == "share")


@bordered
def sketch(
    scenario: str | Path = "hanoi",
    pathways: str | Sequence[str | Path] | None = PATHWAYS,
    policy: str | Path = "vietnam-2020",
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    **asked: Any,
) -> Iterator[Estimate]:
    """Estimates of an answer, each better than the one before; the last is the answer.

    Parameters
    ----------
    scenario, pathways, policy, threads
        As of `ecocluster.experiments.compare`.
    progress : callable, optional
        Called with (runs of the answer done, runs in all); may raise to stop.
    asked
        What else `compare` asks: worlds, fixed, replicates, budget_bn, levers, law, seed, ...; not `sure`.

    Yields
    ------
    Estimate
        Whoever stops asking for more, stops the runs.

    Raises
    ------
    InputError, ScenarioError
        For input that cannot be used, before anything is run.
    """
    check_threads(threads)
    question = ask(scenario, pathways, policy, **asked)
    return refined(question, *prepare(question), threads, progress)


def refined(
    question: Question,
    loaded: Scenario,
    arms: Sequence[Arm],
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Estimate]:
    """`sketch` of a question that was read."""
    return _estimates(_Sketch(question, loaded, arms, threads, progress, perf_counter()))


@dataclass
class _Sketch:
    """A question that is about to be run."""

    question: Question
    loaded: Scenario
    arms: Sequence[Arm]
    threads: int | None
    progress: Callable[[int, int], None] | None
    started: float

    @property
    def of_draws(self) -> int:
        return self.question.worlds or self.question.replicates

    @property
    def each(self) -> int:
        """Runs of an arm in a draw."""
        return self.question.replicates if self.question.worlds else 1

    def draws(self, first: int, last: int) -> dict[str, Any]:
        """Draws `first` to `last`, from 0, for `run_ensemble`."""
        if not self.question.worlds:
            return {"first_replicate": first, "replicates": last - first}
        fewer = worlds_of(replace(self.question, worlds=last), self.loaded.parameters)
        return {"worlds": (fewer or [])[first * self.each :]}

    def run(self, site: Site, arms: Sequence[Arm], draws: dict[str, Any], threads: int | None, **more: Any) -> Runs:
        from ..model.ensemble import run_ensemble
        from ..scenarios import load_shocks

        return run_ensemble(site, arms, seed=self.question.seed, parameters=self.loaded.parameters, threads=threads,
                            shocks=load_shocks(self.loaded.shocks), **draws, **more)  # fmt: skip

    def told(self, done: int, runs: int) -> Callable[[int, int], None] | None:
        """Progress of a round of the city, as that of all of it."""
        tell = self.progress
        return None if tell is None else lambda n, _: tell(done + n, runs)

    def estimate(self, runs: Runs, clusters: int) -> Estimate:
        series = np.where((runs.failed == 0)[..., None, None], runs.series, np.nan)
        count = len(self.loaded.site.clusters)
        return Estimate(self.question, runs.arms, runs.matched, runs.years, runs.keys, series, series.shape[1] // self.each,
                        self.of_draws, clusters, count, perf_counter() - self.started, runs if clusters == count else None)  # fmt: skip


def _estimates(asked: _Sketch) -> Iterator[Estimate]:
    """Samples of clusters first, where there are enough and no scale factor is searched for; then the city."""
    if len(asked.loaded.site.clusters) >= FEW_CLUSTERS and asked.question.scale is not None:
        for clusters, draws in SAMPLES:
            if draws < asked.of_draws:
                yield asked.estimate(_sampled(asked, clusters, draws), clusters)
    yield from _city(asked)


def _city(asked: _Sketch) -> Iterator[Estimate]:
    from .kept_runs import keeping

    site, arms, total = asked.loaded.site, asked.arms, asked.of_draws
    trace: Runs | None = None
    have, each = 0, asked.each * len(arms)
    for draws in (*(size for size in CITY if size < total), total):
        more = asked.run(site, arms, asked.draws(have, draws), asked.threads, make=keeping(site), progress=asked.told(have * each, total * each))  # fmt: skip
        trace = with_more(trace, more)
        arms, have = trace.given, draws  # scale factors are found once
        refuse_unpaid(asked.question, trace)
        yield asked.estimate(trace, len(site.clusters))


def _sampled(asked: _Sketch, clusters: int, draws: int) -> Runs:
    """The first draws, each on a sample of the clusters of its own, raised to the city."""
    from ..model.granted import processors
    from .kept_runs import remembering

    drawn = asked.draws(0, draws)

    def one(draw: int) -> Runs:
        part = sample_of(asked.loaded.site, draw, clusters)
        worlds: list[World] | None = drawn.get("worlds")
        own = {"first_replicate": draw, "replicates": 1} if worlds is None else {
            "worlds": worlds[draw * asked.each : (draw + 1) * asked.each]}  # fmt: skip
        site, arms = _part_of(asked.loaded.site, asked.arms, part)
        return _raised(asked.run(site, arms, own, 1, make=remembering()), asked.loaded.site)

    with ThreadPoolExecutor(asked.threads or processors()) as pool:
        runs: Runs | None = None
        for more in pool.map(one, range(draws)):
            runs = with_more(runs, more)
    assert runs is not None
    return runs


def sample_of(site: Site, draw: int, clusters: int) -> list[int]:
    """Indices of a draw's sample of the clusters: spread over their sizes, and within those of a larger sample.

    Clusters are ordered by their firms, and taken in the order of van der Corput's sequence, each draw from another place on.
    """
    count = len(site.clusters)
    by_size = sorted(range(count), key=lambda c: -site.clusters[c].firms_2018)
    bits = max(1, (count - 1).bit_length())
    spread = [k for k in (int(f"{n:0{bits}b}"[::-1], 2) for n in range(1 << bits)) if k < count]
    first = draw * min(clusters, SAMPLES[0][0])
    return sorted(by_size[spread[(first + k) % count]] for k in range(min(clusters, count)))


def _part_of(site: Site, arms: Sequence[Arm], part: list[int]) -> tuple[Site, list[Arm]]:
    """The site of some clusters, and the arms with its share of their budgets."""
    small = replace(site, clusters=tuple(site.clusters[c] for c in part))
    share = small.firms_2018 / site.firms_2018
    given = [
        replace(
            arm, budget=arm.budget * share, assignment=None if arm.assignment is None else tuple(arm.assignment[c] for c in part)
        )
        for arm in arms
    ]
    return small, given


def _raised(runs: Runs, site: Site) -> Runs:
    """Runs of a part as if of the whole: numbers of clusters by clusters, other amounts by firms; shares and ratios stay."""
    from ..model.indicators import INDICATORS

    firms, count = site.firms_2018 / runs.site.firms_2018, len(site.clusters) / len(runs.site.clusters)
    rows = [INDICATORS[key] for key in runs.keys]
    factors = np.array([1.0 if row.kind in ("share", "ratio") else count if row.unit == "clusters" else firms for row in rows])
    names = ("level", "unmet", "by_origin", "trades")  # of the clusters of the part: nothing is asked of them
    empty: dict[str, Any] = {name: getattr(runs, name)[..., :0] for name in names[:2]} | {
        "by_origin": runs.by_origin[..., :0, :] if runs.by_origin is not None else None, "trades": runs.trades[:, :0] if runs.trades is not None else None}  # fmt: skip
    return replace(runs, site=site, series=runs.series * factors, **empty)
