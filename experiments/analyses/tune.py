"""Searching each programme at its best (`experiments/tuned.py` tells what is searched and what for).

The objective is the mean over the worlds of the aim above the law alone; a programme that costs more than its budget is
worse than all that do not. `level1` is often 0 for most doses: there the share of the criteria met shows the way, at a
thousandth of its weight. Every run answers all three aims, so searches of the same pathway and budget share theirs; what
was run is kept, and a search that was stopped comes to the same end by asking again for what is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...model.levers import LEVERS
from ...model.parameters import World
from ...model.processor import golden
from ...model.sites_and_arms import MVND_PER_BN, Arm, Shock, Site
from ..eight_clusters import kept_clusters
from ..outcome import outcome_of
from ..spread import spread
from ..statistics import mean_interval
from ..tuned import (
    AIMS,
    BUDGETS,
    FRESH,
    FUNDS,
    LAW,
    PARENTS,
    PATHWAYS,
    POLICY,
    SCENARIO,
    WORLDS,
    Key,
    Measured,
    Tuned,
    at_best,
    check_fresh,
    free_levers,
    question_hash,
)
from ..worlds import stored
from .checkpoints import Checkpoint, key_of
from .climb import Climb, climb
from .finding import Progress

__all__ = ["EFFORT", "RESTARTS", "Box", "Ground", "search_ground", "fresh_ground", "tune"]

EFFORT = 12  # programmes tried for each lever and fund share that is free
RESTARTS = 5
END = 2036.0
MONEY = "pv_outlay_gross_2035"
COLUMNS, KEYS = (*AIMS.values(), MONEY), ("tco2e", "cod", "level1", "outlay_gross")  # and the series they are made of
CRITERIA = "criteria"  # share of the criteria of level 1 that are met
HINT = 1e-3  # weight of the criteria where workers are counted
SEED = 1


@dataclass(frozen=True)
class Ground:
    """Where programmes are run.

    Attributes
    ----------
    site : Site
    worlds : tuple of World
    shocks : tuple of Shock
    threads : int or None
        Results do not depend on it.
    """

    site: Site
    worlds: tuple[World, ...]
    shocks: tuple[Shock, ...] = ()
    threads: int | None = None

    def arm(self, pathway: str, budget: float) -> Arm:
        """A pathway as written, with the site's share of the budget by firms."""
        from ...scenarios import make_arm

        return make_arm(pathway, POLICY, budget_bn=budget, site=self.site, law=LAW)

    def run(self, arms: Sequence[Arm]) -> dict[str, np.ndarray]:
        """What arms reach above the law alone, world by world.

        Returns
        -------
        dict of str to (arms, worlds) float64
            Each aim (more is better), the share of criteria met, and the present value of outlay in mVND; nan where a run failed.
        """
        from ...model.ensemble import run_ensemble
        from ...model.indicators import LEVEL_1, evaluate

        runs = run_ensemble(
            self.site, [self.arm("law", 0.0), *arms], worlds=self.worlds, shocks=self.shocks, threads=self.threads, last_year=END
        )
        some = [runs.keys.index(key) for key in KEYS]
        table = evaluate(replace(runs, keys=KEYS, series=runs.series[..., some]))  # a fifteenth of the time goes into all
        raw = {name: table[name].to_numpy(float).reshape(len(arms) + 1, -1) for name in COLUMNS}
        unmet = np.array([int(bits).bit_count() for bits in range(2 ** len(LEVEL_1))])[
            runs.unmet[:, :, -1] & (2 ** len(LEVEL_1) - 1)
        ]
        raw[CRITERIA] = np.where(runs.failed == 0, 1.0 - unmet.mean(axis=2) / len(LEVEL_1), np.nan)
        above = {name: values[1:] - values[:1] for name, values in raw.items()}
        return {aim: outcome_of(column).better * above[column] for aim, column in AIMS.items()} | {
            MONEY: above[MONEY], CRITERIA: above[CRITERIA]
        }  # fmt: skip

    def may_spend(self, budget: float) -> float:
        """Present value of a city's budget to the end of 2035, mVND: paid evenly, the mean over the worlds, each at its rate."""
        from ...model.maths import powers
        from ...model.parameters import parameter_record

        rates = np.array([float(parameter_record(world.parameters)["discount_rate"]) for world in self.worlds])
        middle = (np.arange(64) + 0.5) / 4
        return float(
            budget * MVND_PER_BN * self.site.budget_share * powers(1.0 + rates[:, None], -middle[None, :]).sum(axis=1).mean() / 4
        )


def search_ground(threads: int | None = None) -> Ground:
    """Eight clusters of Hanoi and the worlds that search."""
    return _ground(kept_clusters(), WORLDS, threads)


def fresh_ground(threads: int | None = None) -> Ground:
    """The whole of Hanoi and worlds that answer."""
    return _ground(None, FRESH, threads)


def _ground(chosen: Sequence[str] | None, span: tuple[int, int], threads: int | None) -> Ground:
    from ...scenarios import load_scenario, load_shocks

    loaded = load_scenario(SCENARIO)
    site = loaded.site
    if chosen is not None:
        site = replace(site, clusters=tuple(cluster for cluster in site.clusters if cluster.id in chosen))
    return Ground(site, tuple(stored().some(*span, loaded.parameters)), load_shocks(loaded.shocks), threads)


@dataclass(frozen=True)
class Box:
    """What is free for a pathway, as numbers from 0 (as without a programme) to 1 (as much as is allowed)."""

    pathway: str

    @property
    def names(self) -> tuple[str, ...]:
        return (*free_levers(self.pathway), *FUNDS[self.pathway])

    @property
    def restarts(self) -> int:
        return RESTARTS + (1 if self.pathway in PARENTS else 0)

    def levers(self, point: np.ndarray) -> dict[str, float]:
        """Levers of a point, to four decimals; shares of the funds add up to 1."""
        values = {
            name: round(low + float(u) * (high - low), 4)
            for name, u, (low, high) in zip(self.names, point, self._ranges, strict=True)
        }
        funds = FUNDS[self.pathway]
        total = sum(values[name] for name in funds)
        shares = [round(values[name] / total, 4) if total > 0 else round(1 / len(funds), 4) for name in funds[:-1]]
        return values | dict(zip(funds, [*shares, round(1.0 - sum(shares), 4)], strict=True))

    def point(self, levers: Mapping[str, float]) -> np.ndarray:
        """Point of levers; what is missing is as without a programme."""
        ends = zip(self.names, self._ranges, strict=True)
        return np.array([min(max((levers.get(name, low) - low) / (high - low), 0.0), 1.0) for name, (low, high) in ends])

    @property
    def _ranges(self) -> list[tuple[float, float]]:
        funds = FUNDS[self.pathway]

        def ends(name: str) -> tuple[float, float]:
            lever = LEVERS[name]
            return (0.0, 1.0) if name in funds else (lever.baseline, lever.high if lever.cap is None else lever.cap)

        return [ends(name) for name in self.names]


class _Memory:
    """Programmes of a pathway and a budget that were run: means over the worlds, kept in a table."""

    def __init__(self, ground: Ground, pathway: str, budget: float, out: str | Path | None, tell: Callable[[int], None]) -> None:
        self.ground, self.box, self.tell = ground, Box(pathway), tell
        self.written = ground.arm(pathway, budget)
        self.kept = Checkpoint(out, f"{pathway}-{budget:g}")
        place = [ground.site.id, [cluster.id for cluster in ground.site.clusters], [(world.number, world.replicate) for world in ground.worlds]]  # fmt: skip
        self.key = key_of("tune", golden(), question_hash(), place, pathway, budget)
        self.means: dict[bytes, dict[str, float]] = {}
        before = self.kept.known(self.key)
        if before is not None:
            points = before[[f"u.{name}" for name in self.box.names]].to_numpy(float)
            for point, row in zip(points, before.to_dict("records"), strict=True):
                self.means[point.tobytes()] = {name: float(row.get(name, np.nan)) for name in (*AIMS, MONEY, CRITERIA)}

    def of(self, points: np.ndarray) -> list[dict[str, float]]:
        import pandas as pd

        new = [point for point in points if point.tobytes() not in self.means]
        if new:
            found = self.ground.run(
                [replace(at_best(self.written, self.box.levers(point)), name=f"p{i}") for i, point in enumerate(new)]
            )
            rows = [{name: float(values[i].mean()) for name, values in found.items()} for i in range(len(new))]
            self.means.update((point.tobytes(), row) for point, row in zip(new, rows, strict=True))
            frame = pd.DataFrame([{f"u.{name}": u for name, u in zip(self.box.names, point, strict=True)} for point in new])
            self.kept.add(pd.concat([pd.Series([self.key] * len(new), name="key"), frame, pd.DataFrame(rows)], axis=1))
        self.tell(len(points))
        return [self.means[point.tobytes()] for point in points]


def tune(
    *,
    pathways: Sequence[str] = PATHWAYS,
    aims: Sequence[str] = tuple(AIMS),
    budgets: Sequence[int] = BUDGETS,
    effort: int = EFFORT,
    out: str | Path | None = None,
    threads: int | None = None,
    progress: Progress = None,
    ground: Ground | None = None,
    fresh: Ground | None = None,
) -> Iterator[dict[Key, Tuned]]:
    """Search, pathway by pathway, and tell what was found in worlds that did not find it.

    Parameters
    ----------
    pathways, aims, budgets : sequences
        Of `tuned.PATHWAYS`, `tuned.AIMS`, bn VND a year for the city. Parents of a pathway are searched with it.
    effort : int
        Programmes tried for each lever that is free.
    out : path, optional
        Folder in which what was run is kept; a search that was stopped goes on from there, to the same bytes.
    threads : int, optional
        Results do not depend on it.
    progress : callable, optional
        Called with (programmes tried, in all).
    ground, fresh : Ground, optional
        Where is searched, and where is told: by default eight clusters and 8 worlds, the whole of Hanoi and 20.

    Yields
    ------
    dict of (pathway, aim, budget) to Tuned
        All aims of a pathway and a budget.
    """
    ground, fresh = ground or search_ground(threads), fresh or fresh_ground(threads)
    check_fresh([world.number for world in ground.worlds], fresh.worlds)
    wanted = [p for p in PATHWAYS if p in pathways]
    searched = [p for p in PATHWAYS if p in wanted or any(p in PARENTS.get(child, ()) for child in wanted)]
    total = sum(effort * len(Box(pathway).names) for pathway in searched) * len(aims) * len(budgets)
    done = 0

    def tell(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(min(done, total), total)

    tell(0)
    for budget in budgets:
        found: dict[tuple[str, str], Climb] = {}
        for pathway in searched:
            memory = _Memory(ground, pathway, budget, out, tell)
            for aim in aims:
                found[pathway, aim] = _search(memory, aim, ground.may_spend(budget), _starts(memory, {p: found[p, aim] for p in PARENTS.get(pathway, ())}), effort)  # fmt: skip
            if pathway in wanted:
                yield _told({aim: found[pathway, aim] for aim in aims}, pathway, budget, ground, fresh)


def _search(memory: _Memory, aim: str, may_spend: float, starts: Sequence[np.ndarray], effort: int) -> Climb:
    def worth(points: np.ndarray) -> np.ndarray:
        rows = memory.of(points)
        value = np.array([row[aim] + (HINT * row[CRITERIA] if aim == "level1" else 0.0) for row in rows])
        outlay = np.array([row[MONEY] for row in rows])
        return np.where(outlay <= may_spend * (1 + 1e-9), value, np.where(np.isnan(outlay), np.nan, -1e9 * outlay / may_spend))

    return climb(worth, starts, effort * len(memory.box.names), memory.box.restarts, SEED)


def _starts(memory: _Memory, parents: Mapping[str, Climb]) -> list[np.ndarray]:
    """The written programme, all there is, and the optima of the parents: together and each alone."""
    box = memory.box
    starts = [box.point(memory.written.programmes[0].levers), np.ones(len(box.names))]
    optima = [Box(name).levers(found.point) for name, found in parents.items()]
    if optima:
        both = {name: max(own.get(name, 0.0) for own in optima) for name in box.names}
        both |= {name: sum(own.get(name, 0.0) for own in optima) / len(optima) for name in FUNDS[box.pathway]}
        starts[1:1] = [box.point(levers) for levers in (both, *optima)]
    return starts


def _told(found: Mapping[str, Climb], pathway: str, budget: int, ground: Ground, fresh: Ground) -> dict[Key, Tuned]:
    """What was found beside what is written, where it was searched and where it was not."""
    box = Box(pathway)
    levers = {aim: box.levers(own.point) for aim, own in found.items()}
    check_fresh([world.number for world in ground.worlds], fresh.worlds)
    seen = []
    for at in (ground, fresh):
        written = at.arm(pathway, budget)
        seen.append(at.run([written, *(replace(at_best(written, own), name=aim) for aim, own in levers.items())]))
    told = {}
    for index, (aim, own) in enumerate(found.items(), 1):
        here, here_written, there, there_written = (_measured(values, aim, row) for values in seen for row in (index, 0))
        gain = mean_interval(seen[1][aim][index] - seen[1][aim][0])
        told[pathway, aim, budget] = Tuned(
            levers[aim], own.evaluations, own.late_gain, ground.may_spend(budget) / MVND_PER_BN, here, here_written, there, there_written,
            fresh.may_spend(budget) / MVND_PER_BN, gain.mean, gain.low, gain.high,
        )  # fmt: skip
    return told


def _measured(values: Mapping[str, np.ndarray], aim: str, row: int) -> Measured:
    own, money = values[aim][row], values[MONEY][row]
    ends = spread(own)
    return Measured(float(np.nanmean(own)), ends.low, ends.high, float(np.nanmean(money)) / MVND_PER_BN)
