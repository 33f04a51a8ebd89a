"""The comparison behind the first page: a first curve at once, then more and more replicates.

Replicates are run in rounds that add up, each with the ids it has in `compare`, so the last round holds exactly
the numbers of the command line. Only the first curve is a sketch: of a city it shows some clusters raised to the whole
(`ecocluster.experiments.sketch`), of a cluster it takes the scale factors of the programmes from the last comparison
instead of finding them by pilots, which would take longer than the runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.comparison import Comparison
from ...experiments.errors import InputError
from ...experiments.question import Question
from ..one_sentence import GROUND
from .jobs import Job
from .settings import LIMITS
from .sites import known_sites

if TYPE_CHECKING:
    from ...experiments.sketch import Curve, Estimate
    from ...model.ensemble import Runs
    from ...model.sites_and_arms import Arm
    from ...scenarios import Scenario

__all__ = ["Known", "Picture", "Watcher", "draw", "draw_sketch", "kept_sketch", "prepare_sketch", "run_rounds", "trace_bytes"]

SKETCH = 2  # replicates of the first curve
SKETCHES = 2  # of a city, before it is run whole
HEAVY = 500  # firms: a site of more is a city
MOST_KEPT = 64  # sketches of the server, for all visitors


@dataclass(frozen=True)
class Picture:
    """What the charts show of runs: yearly values, the mean over replicates and the band of 80 % of them.

    Attributes
    ----------
    arms : tuple of str
    years : (Y,) int
        Stocks and shares at the end of the year, flows as the mean of the year.
    mean, low, high : dict of str to (A, Y) float64
        By series.
    replicates : int
    sketch : bool
        Not a part of the answer yet: drawn from some clusters, or with scale factors of an earlier comparison.
    clusters, of_clusters : int
        From how many clusters it is drawn, and how many there are.
    gains : mapping of str to Curve
        Of a city's sketch: what the first screen tells (`GROUND`), by column without its year.
    """

    arms: tuple[str, ...]
    years: np.ndarray
    mean: Mapping[str, np.ndarray]
    low: Mapping[str, np.ndarray]
    high: Mapping[str, np.ndarray]
    replicates: int
    sketch: bool
    clusters: int
    of_clusters: int
    gains: Mapping[str, Curve] = field(default_factory=dict)


def draw(trace: Runs, keys: Sequence[str], sketch: bool = False) -> Picture:
    """Yearly means and bands of some series; failed runs are left out."""
    lost = (trace.failed != 0)[:, :, None, None]
    series = np.where(lost, np.nan, trace.series) if lost.any() else trace.series
    count = len(trace.site.clusters)
    return _picture(trace.arms, trace.years, trace.keys, series, keys, trace.series.shape[1], sketch, count, count)


def draw_sketch(estimate: Estimate, keys: Sequence[str]) -> Picture:
    """The same of some clusters raised to the city."""
    found = estimate
    drawn = _picture(found.arms, found.years, found.keys, found.series, keys, found.draws, True, found.clusters, found.of_clusters)
    return replace(drawn, gains={name: found.curve(row, total=True) for row, name in GROUND.items()})


def _picture(arms, times, names, series, keys: Sequence[str], runs: int, sketch: bool, clusters: int, of_clusters: int) -> Picture:
    """Yearly means and bands of values (arms, runs, steps + 1, names)."""
    from ...model.indicators import INDICATORS

    steps, names = series.shape[2] - 1, list(names)
    per_year = round(1.0 / (times[1] - times[0]))
    # the functions that skip nan are slow, and hardly any run ever fails
    average, quantile = (np.nanmean, np.nanquantile) if np.isnan(series[:, :, -1]).any() else (np.mean, np.quantile)
    mean, low, high = {}, {}, {}
    for key in keys:
        path = series[:, :, 1:, names.index(key)]
        by_year = path.reshape(*path.shape[:2], steps // per_year, per_year)
        flow = INDICATORS[key].kind in ("flow", "money")
        by_year = by_year.mean(axis=3) if flow else by_year[..., -1]
        mean[key] = average(by_year, axis=1)
        low[key], high[key] = quantile(by_year, [0.1, 0.9], axis=1)
    years = int(round(times[0])) + np.arange(steps // per_year)
    return Picture(tuple(arms), years, mean, low, high, runs, sketch, clusters, of_clusters)


def trace_bytes(site, arms: int, replicates: int) -> int:
    """Memory that the traces of a comparison take."""
    from ...model.indicators import INDICATORS

    quarters = 26 * 4 + 1
    return arms * replicates * quarters * (8 * len(INDICATORS) + 2 * len(site.clusters))


@dataclass
class Watcher:
    """Whom a comparison tells what it found.

    Attributes
    ----------
    picture : callable
        Gets a `Picture` after every round.
    answer : callable
        Gets a `Comparison` after every round that is not a sketch.
    """

    picture: Callable[[Picture], None]
    answer: Callable[[Comparison], None]


def _rounds(replicates: int, heavy: bool) -> list[int]:
    """Replicates after each round."""
    sizes = [2, 6] if heavy else [8]
    return [*[size for size in sizes if size < replicates], replicates]


@dataclass
class Known:
    """What a visitor's next comparison takes over from the last one.

    Attributes
    ----------
    scales : dict
        Scale factor of each arm.
    files : tuple or None
        A question without levers and what was read for it, so that a slider's move reads no file.
    """

    scales: dict[str, float] = field(default_factory=dict)
    files: tuple | None = None

    def read(self, question: Question):
        """Scenario, arms and shocks of a question."""
        from ...experiments.preparing import prepare, set_levers
        from ...scenarios import load_shocks

        plain = replace(question, levers=(), replicates=1)
        if self.files is None or self.files[0] != plain:
            loaded, arms = prepare(plain)
            self.files = plain, (loaded, arms, load_shocks(loaded.shocks))
        loaded, arms, shocks = self.files[1]
        return loaded, set_levers(arms, question.levers), shocks


def run_rounds(job: Job, question: Question, keys: Sequence[str], known: Known, watcher: Watcher) -> Comparison:
    """Run a question in rounds.

    Parameters
    ----------
    job : Job
        Told of the progress; may stop it.
    question : Question
    keys : sequence of str
        Series of the pictures.
    known : Known
        From the visitor's last comparison of this site; updated.
    watcher : Watcher

    Returns
    -------
    Comparison
        The same numbers as `compare` gives.
    """
    from ...experiments.kept_runs import keeping
    from ...experiments.preparing import answer, refuse_unpaid, worlds_of
    from ...experiments.side_runs import with_more
    from ...model.ensemble import find_scale, run_ensemble

    loaded, arms, shocks = known.read(question)
    drawn = worlds_of(question, loaded.parameters)
    runs = question.replicates if drawn is None else len(drawn)
    need = trace_bytes(loaded.site, len(arms), runs)
    if need > LIMITS.memory:
        raise InputError("above", name="--replicates", value=runs, high=runs * LIMITS.memory // need)
    total = len(arms) * runs
    started = time.perf_counter()

    def simulate(scaled, first: int, count: int, done: int) -> Runs:
        return run_ensemble(
            loaded.site, scaled, replicates=count, first_replicate=first, seed=question.seed, threads=job.threads,
            parameters=loaded.parameters, shocks=shocks, worlds=None if drawn is None else drawn[first : first + count],
            progress=lambda step, _: job.progress(done + step, total), make=keeping(loaded.site),
        )  # fmt: skip

    job.check()
    guess = [known.scales.get(arm.name, 1.0) for arm in arms]
    heavy = loaded.site.firms_2018 > HEAVY
    if not heavy:
        with job.shielded():
            sketch = simulate(_scaled(arms, guess), 0, min(SKETCH, runs), 0)
            refuse_unpaid(question, sketch)
            watcher.picture(draw(sketch, keys, sketch=True))
    else:
        sketches = _sketches(question, keys, loaded, arms, job.threads)
        with job.shielded():
            for first in islice(sketches, 1):
                watcher.picture(first)
        for better in sketches:
            job.check()
            watcher.picture(better)
    found = []
    for arm in arms:
        job.check()
        found.append(find_scale(loaded.site, arm, seed=question.seed, parameters=loaded.parameters, shocks=shocks))
    known.scales.update(zip([arm.name for arm in arms], found, strict=True))
    scaled = _scaled(arms, found)
    trace: Runs | None = sketch if not heavy and found == guess else None
    comparison = None
    for size in _rounds(runs, heavy):
        have = 0 if trace is None else len(trace.replicates)
        if size > have:
            trace = with_more(trace, simulate(scaled, have, size - have, have * len(arms)))
        assert trace is not None
        refuse_unpaid(question, trace)
        job.check()
        if not heavy:
            watcher.picture(draw(trace, keys))
            if size < runs:
                continue  # the answer follows in a second
        comparison = answer(_of_size(question, size), trace, time.perf_counter() - started)
        _ = comparison.estimates, comparison.best  # computed here, not while the page is drawn
        job.check()
        if heavy:  # together: else a number of the former question would stand above new curves
            watcher.picture(draw(trace, keys))
        watcher.answer(comparison)
    assert comparison is not None  # the last round answers
    return comparison


def _sketches(question: Question, keys: Sequence[str], loaded: Scenario, arms: Sequence[Arm], threads: int) -> Iterator[Picture]:
    """Pictures of a city from some of its clusters; those of a question that anyone asked are there at once."""
    from ...experiments.sketch import refined

    kept, drawn = kept_sketch(question), None
    if kept is not None:
        yield kept
        return
    for estimate in islice(refined(question, loaded, arms, threads), SKETCHES):
        if estimate.clusters == estimate.of_clusters:
            return
        drawn = draw_sketch(estimate, keys)
        yield drawn
    # a file may say something else the next time
    if drawn is not None and question.scenario in known_sites():
        with _lock:
            _kept[question] = drawn
            while len(_kept) > MOST_KEPT:
                del _kept[next(iter(_kept))]


_kept: dict[Question, Picture] = {}
_lock = Lock()


def kept_sketch(question: Question) -> Picture | None:
    """The best sketch of a question that this server has drawn already; None: none."""
    with _lock:
        return _kept.get(question)


def prepare_sketch(question: Question, keys: Sequence[str]) -> None:
    """Draw the sketch of a city before a visitor asks for it; nothing of a smaller site, which is as fast without."""
    from ...model.granted import processors

    loaded, arms, _ = Known().read(question)
    if loaded.site.firms_2018 > HEAVY:
        for _ in _sketches(question, keys, loaded, arms, processors()):
            pass


def _of_size(question: Question, runs: int) -> Question:
    """The question of a round: so many worlds, or replicates of the defaults."""
    if question.worlds:
        return replace(question, worlds=max(1, runs // question.replicates))
    return replace(question, replicates=runs)


def _scaled(arms, scales):
    return [replace(arm, scale=scale) for arm, scale in zip(arms, scales, strict=True)]
