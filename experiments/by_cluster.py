"""What becomes of every cluster, year by year: the numbers behind the map of the city.

A run is stepped quarter by quarter and its clusters are looked at after each, so every run has the bits that it has in
`run_ensemble`; what is kept is small (a city in 20 worlds: 4 MB an arm).

    found = by_cluster(question)            # a `Question`, as `compare` takes it
    found.middle("cod")[0]                  # median over the worlds: (years, clusters) of the first arm
    found.table()                           # the same as one row a cluster, year and arm
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from .columns import YEARS
from .question import Question

if TYPE_CHECKING:
    import pandas as pd

    from ..model.ensemble import Runs
    from ..model.parameters import World
    from ..model.sites_and_arms import Arm, Shock, Site

__all__ = ["OUTCOMES", "ByCluster", "Asked", "asked_of", "by_cluster", "is_invented", "join", "of_trace", "run_clusters"]

# outcome -> (unit, largest value there can be or None, less is better)
OUTCOMES: dict[str, tuple[str, float | None, bool]] = {
    "steps_left": ("criteria", 6.0, True),
    "groups": ("groups", 4.0, False),
    "tonnes_per_firm": ("t/yr", None, True),
    "real": ("share", 1.0, False),
    "cod": ("t/yr", None, True),
}
_FLOWS = ("tonnes_per_firm", "cod")  # of a year: the mean of its quarters; the others are as they are at its end


@dataclass(frozen=True)
class ByCluster:
    """Outcomes of every cluster.

    Attributes
    ----------
    site : Site
    arms : tuple of str
    years : (Y,) int
        Calendar years, from 2020 on.
    values : (A, R, Y, C, outcomes) float32
        In the order of `OUTCOMES`: criteria of level 1 that are not met (0-6); of the four groups, how many reach the
        middle threshold (0-4); tCO2e on site a firm and year; share of firms whose effluent is really treated (0-1); COD that
        leaves the cluster, t a year. nan: no firms in it, or a failed run.
    firms : (A, R, Y, C) float32
        At the end of the year.
    """

    site: Site
    arms: tuple[str, ...]
    years: np.ndarray
    values: np.ndarray
    firms: np.ndarray

    @property
    def runs(self) -> int:
        """Runs of each arm."""
        return self.values.shape[1]

    def of(self, outcome: str) -> np.ndarray:
        """(A, R, Y, C) values of an outcome."""
        return self.values[..., list(OUTCOMES).index(outcome)]

    def spread(self, outcome: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Median, and the 5th and 95th of 100 runs; nan where no run has a value, each (A, Y, C)."""
        values = self.of(outcome)
        known = np.isfinite(values).any(axis=1)
        found = np.full((3, *known.shape), np.nan)
        filled = np.moveaxis(values, 1, -1)[known]
        if filled.size:
            # values that runs had: a number of criteria has no halves
            found[:, known] = np.nanquantile(filled.astype(float), [0.5, 0.05, 0.95], axis=-1, method="inverted_cdf")
        return found[0], found[1], found[2]

    def middle(self, outcome: str) -> np.ndarray:
        """Median over the runs, (A, Y, C)."""
        return self.spread(outcome)[0]

    def table(self) -> pd.DataFrame:
        """One row per arm, year and cluster: median and range of every outcome, and whether the cluster is invented."""
        import pandas as pd

        clusters = self.site.clusters
        index = pd.MultiIndex.from_product(
            [self.arms, self.years.tolist(), range(len(clusters))], names=["pathway", "year", "number"]
        )
        frame = pd.DataFrame(index=index).reset_index()
        place = frame.pop("number").to_numpy()
        for name in ("id", "name", "district"):
            frame["cluster" if name == "id" else name] = [getattr(clusters[c], name) for c in place]
        frame["invented"] = [is_invented(clusters[c]) for c in place]
        for name in OUTCOMES:
            for column, values in zip((name, f"{name}_low", f"{name}_high"), self.spread(name), strict=True):
                frame[column] = values.reshape(-1)
        frame["runs"] = self.runs
        return frame


def is_invented(cluster) -> bool:
    """Is the cluster not in any source: neither its name nor its district's number of clusters?

    Eleven clusters of the city bear a name that the first paper gives; the others bear the number of their row.
    """
    return cluster.synthetic and cluster.id.startswith("tong-hop-")


@dataclass(frozen=True)
class Asked:
    """What is run: a site, arms with their scale factors, shocks, and worlds or replicates of the defaults."""

    site: Site
    arms: tuple[Arm, ...]
    matched: tuple[int, ...]
    shocks: tuple[Shock, ...]
    parameters: dict[str, float]
    seed: int
    worlds: tuple[World, ...] | None
    replicates: int

    @property
    def runs(self) -> int:
        """Runs of each arm."""
        return self.replicates if self.worlds is None else len(self.worlds)


def asked_of(question: Question, skip: Sequence[str] = ()) -> Asked:
    """What a question runs; `InputError` or `ScenarioError` where it cannot be.

    Parameters
    ----------
    question : Question
    skip : sequence of str
        Arms that are left out, such as the null that a question always holds: no other one may be held against them.
    """
    from ..model.ensemble import find_scale
    from ..model.sites_and_arms import matched_arms
    from ..scenarios import load_shocks
    from .preparing import prepare, worlds_of

    loaded, arms = prepare(question)
    arms = [arm for arm in arms if arm.name not in skip]
    shocks = tuple(load_shocks(loaded.shocks))
    drawn = worlds_of(question, loaded.parameters)
    parameters = dict(loaded.parameters)
    scaled = tuple(
        replace(arm, scale=find_scale(loaded.site, arm, seed=question.seed, parameters=parameters, shocks=shocks)) for arm in arms
    )
    worlds = None if drawn is None else tuple(drawn)
    return Asked(loaded.site, scaled, tuple(matched_arms(scaled)), shocks, parameters, question.seed, worlds, question.replicates)


def by_cluster(question: Question, *, threads: int | None = None, progress: Callable[[int, int], None] | None = None) -> ByCluster:
    """Run a question and keep what becomes of every cluster.

    Parameters
    ----------
    question : Question
    threads : int, optional
    progress : callable, optional
        Called with (runs done, runs in all); may raise to stop.
    """
    asked = asked_of(question)
    return run_clusters(asked, range(asked.runs), threads=threads, progress=progress)


def run_clusters(
    asked: Asked,
    which: Sequence[int],
    *,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ByCluster:
    """Some of the runs of a question, all arms of each with the same luck.

    Parameters
    ----------
    asked : Asked
    which : sequence of int
        Positions among its worlds or replicates.
    threads, progress : see `by_cluster`
    """
    import threading

    from ..model.granted import processors
    from ..model.parameters import parameter_record

    which, stop, lock, local = list(which), threading.Event(), threading.Lock(), threading.local()
    years = np.arange(YEARS[0] - 10, YEARS[-1] + 1)
    shape = (len(asked.arms), len(which), len(years), len(asked.site.clusters))
    values, firms = np.full((*shape, len(OUTCOMES)), np.nan, np.float32), np.zeros(shape, np.float32)
    order = sorted(range(len(asked.arms)), key=lambda a: bool(asked.arms[a].programmes))  # first what others are held against
    default, done = parameter_record(asked.parameters), 0

    def one(row: int) -> None:
        nonlocal done
        if not hasattr(local, "simulator"):
            local.simulator = _simulator(asked, default)
        simulator = local.simulator
        number = which[row]
        if asked.worlds is not None:
            simulator.load(parameter_record(asked.worlds[number].parameters))
            number = asked.worlds[number].replicate
        luck = simulator.replicate(asked.seed, number)
        for a in order:
            if stop.is_set():
                return
            code, _ = luck.run(a, asked.arms[a].scale, asked.matched[a])
            if not code:
                values[a, row], firms[a, row] = simulator.seen, simulator.seen_firms
            with lock:
                done += 1
                count = done
            if progress is not None:
                progress(count, len(which) * len(asked.arms))

    with ThreadPoolExecutor(threads or processors()) as pool:
        futures = [pool.submit(one, row) for row in range(len(which))]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stop.set()
            for future in futures:
                future.cancel()
            raise
    return ByCluster(asked.site, tuple(arm.name for arm in asked.arms), years, values, firms)


def of_trace(trace: Runs) -> ByCluster:
    """Steps left as the runs of a comparison already hold them; the other outcomes, which they do not keep, are nan."""
    from ..model.indicators import CRITERIA, LEVEL_1, STATES

    ends = trace.unmet[:, :, trace.steps_per_year :: trace.steps_per_year].astype(int)
    left = sum((ends >> bit) & 1 for bit in range(len(LEVEL_1)))
    empty = (ends >> (len(CRITERIA) + STATES.index("no_firms"))) & 1 == 1
    gone = empty | (np.asarray(trace.failed) != 0)[:, :, None, None]
    values = np.full((*ends.shape, len(OUTCOMES)), np.nan, np.float32)
    values[..., _PLACE["steps_left"]] = np.where(gone, np.nan, left)
    years = int(trace.years[0]) + np.arange(ends.shape[2])
    return ByCluster(trace.site, tuple(trace.arms), years, values, np.where(gone, 0, 1).astype(np.float32))


def join(first: ByCluster | None, more: ByCluster) -> ByCluster:
    """Two rounds of the same question as one."""
    if first is None:
        return more
    values, firms = (np.concatenate([getattr(first, name), getattr(more, name)], axis=1) for name in ("values", "firms"))
    return replace(more, values=values, firms=firms)


def _simulator(asked: Asked, p: np.ndarray):
    """A simulator that looks at its clusters after every quarter of an arm."""
    from ..model.rules.certification import number_unmet
    from ..model.simulator import Simulator
    from ..model.step import run_steps

    class Watched(Simulator):
        def run(self, index, series, level, unmet) -> int:
            series[0] = np.where(self.stocks, self.burn_series[-1], np.nan)
            level[0] = self.work.clusters["level"][: level.shape[1]]
            unmet[0] = self.work.clusters["unmet"][: unmet.shape[1]]
            code = self._watch(index, series, level, unmet)
            while code == 1 and self.make_room():
                self.fork(*self._forked)
                code = self._watch(index, series, level, unmet)
            return 2 if code == 0 and not np.isfinite(series[1:, 0]).all() else code

        def _watch(self, index, series, level, unmet) -> int:
            plan, levers, per_year = self.plan(index), self.values(self.work), self.steps_per_year
            years, count = self.steps // per_year, level.shape[1]
            self.seen, self.seen_firms = np.zeros((years, count, len(OUTCOMES))), np.zeros((years, count))
            for step in range(self.steps):
                rows = slice(step, step + 2)
                code = run_steps(self.work, self.p, plan, levers, 1, series[rows], level[rows], unmet[rows])
                if code:
                    return code
                self._look(step // per_year, count, last=(step + 1) % per_year == 0)
            return 0

        def _look(self, year: int, count: int, last: bool) -> None:
            here, city, p = self.work.clusters[:count], self.work.city[0], self.p[()]
            firms, seen = here["firms"], self.seen[year]
            grid = here["elec"] - here["solar"] - here["shared_solar"]
            tonnes = grid * city["grid_factor"] + here["fuel"] * p["fuel_factor"] - here["avoided"]
            for name, flow in (("tonnes_per_firm", tonnes / np.maximum(firms, 1)), ("cod", 0.001 * here["cod"])):
                seen[:, _PLACE[name]] += flow / self.steps_per_year
            if last:
                seen[:, _PLACE["steps_left"]] = [number_unmet(int(mask)) for mask in here["unmet"]]
                seen[:, _PLACE["groups"]] = (here["group"] >= p["groups_middle"]).sum(axis=1)
                seen[:, _PLACE["real"]] = here["real_count"] / np.maximum(firms, 1)
                self.seen_firms[year] = firms
                seen[firms == 0] = np.nan

    return Watched(asked.site, asked.arms, p, asked.shocks)


_PLACE = {name: place for place, name in enumerate(OUTCOMES)}
