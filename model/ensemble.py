"""Replicates, one arm after the other, and many of them in one call: all arms of a replicate share its burn-in and its luck."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .compiling import call_help
from .indicators import INDICATORS, YEARS
from .layout import Layout
from .parameters import World, _beta_law, parameter_record
from .randomness import Purpose, uniform
from .setup import allocate, apply_arm, begin, release_held
from .sites_and_arms import Arm, Shock, Site, matched_arms
from .state import BOOKED, FUND_DTYPE, State, copy_of, copy_state, lever_values, with_more_room
from .timelines import FORK_YEAR, LAST_YEAR, START_YEAR, Plan, make_plan, outside_world, steps_between

__all__ = ["FAILURES", "Reference", "Replicate", "Rows", "Runs", "Simulator", "find_scale", "run_ensemble"]

FINES = list(INDICATORS).index("fines")
STOCKS = np.array([row.kind in ("stock", "share") for row in INDICATORS.values()])
FAILURES = {0: "", 1: "an array of the run was too small", 2: "a result is not a number"}
MOST_ROOM = 64  # times as many links as the layout expects; a run that fails for want of room is tried again with twice as many
PILOTS, PILOT_YEARS, PILOT_OFFSET = 2, 10, 2**40  # scale factors are found on replicates that no user runs


@dataclass(frozen=True)
class Runs:
    """Results of an ensemble.

    Attributes
    ----------
    site : Site
    arms : tuple of str
        Names; arm 0 is the null.
    seed : int
    replicates : (R,) int64
    years : (T+1,) float64
        Calendar time at the end of each step; index 0 is the fork.
    keys : tuple of str
        Names of the K series, see `indicators.INDICATORS`.
    series : (A, R, T+1, K) float64
        City totals and means; flows are rates per year; row 0 holds the stocks at the fork and nan for flows.
    level : (A, R, T+1, C) int8
        Level of each existing cluster.
    unmet : (A, R, T+1, C) int16
        Unmet criteria of each existing cluster: bit k is criterion k of `indicators.CRITERIA`, and the bits after them
        are `indicators.STATES`. No bit of level 1 nor of a state, and level 0: all is met, it waits for the office.
    failed : (A, R) int64
        Code into `FAILURES`.
    scales : dict
        Scale factor of each arm's programmes.
    steps_per_year : int
    discount_rate : float or (R,) float64
        Public rate of present values; one for each run where worlds differ.
    worlds : (R,) int64 or None
        Number of the world of each replicate; None: all runs are at default parameters.
    funds : (A, R, programmes) FUND_DTYPE
        Funds at the end of each run.
    matched : tuple of int
        For each arm the one that its effect is measured against (`sites_and_arms.matched_arms`).
    given : tuple of Arm
        The arms with their scale factors.
    by_origin : (A, R, report years, C + 1, len(BOOKED)) float64
        Flows (`state.BOOKED`) added up from 2020 to the end of each of `indicators.YEARS`, by the firms' origin: an
        existing cluster, last the world outside (`phases.origins`); nan in years that were not run and in failed runs.
    trades : (R, C) int8
        Main trade of each existing cluster, an index into `vocabulary.SECTORS`: it is drawn where it is not known.
    """

    site: Site
    arms: tuple[str, ...]
    seed: int
    replicates: np.ndarray
    years: np.ndarray
    keys: tuple[str, ...]
    series: np.ndarray
    level: np.ndarray
    unmet: np.ndarray
    failed: np.ndarray
    scales: dict[str, float]
    steps_per_year: int = 4
    discount_rate: float | np.ndarray = 0.05
    worlds: np.ndarray | None = None
    funds: np.ndarray | None = None
    matched: tuple[int, ...] = ()
    given: tuple[Arm, ...] = ()
    by_origin: np.ndarray | None = None
    trades: np.ndarray | None = None


class Reference(NamedTuple):
    """What a run is held against: the same replicate without a programme, under the same law.

    Attributes
    ----------
    ever : (ids,) uint8
        Technologies that firms ordered.
    fines : (steps,) float64
        Fines that the state received, mVND a step, from 2010 on.
    origin : (ids,) int16
        Where each firm came to stand: a pathway's flows are booked there (`phases.origins`).
    """

    ever: np.ndarray
    fines: np.ndarray
    origin: np.ndarray


class Rows(NamedTuple):
    """What a run writes, a row for each step, the first the fork.

    Attributes
    ----------
    series : (T+1, K) float64
    level : (T+1, C) int8
    unmet : (T+1, C) int16
    """

    series: np.ndarray
    level: np.ndarray
    unmet: np.ndarray


@dataclass
class Simulator:
    """One worker's arrays and the laid-down plans of all arms.

    Parameters
    ----------
    site : Site
    arms : sequence of Arm
        Those without a programme should come first: free riders are counted against them.
    p : record
        From `parameter_record`.
    shocks : tuple of Shock
    steps_per_year : int
    last_year : float
        End of the last step.
    """

    site: Site
    arms: Sequence[Arm]
    p: np.ndarray
    shocks: tuple[Shock, ...] = ()
    steps_per_year: int = 4
    last_year: float = LAST_YEAR
    layout: Layout = field(init=False)
    plans: list[Plan] = field(init=False)
    base: State = field(init=False)
    work: State = field(init=False)

    def __post_init__(self):
        self.burn_steps = steps_between(START_YEAR, FORK_YEAR, self.steps_per_year)
        self.steps = steps_between(FORK_YEAR, self.last_year, self.steps_per_year)
        self.burn_series = np.full((self.burn_steps + 1, len(INDICATORS)), np.nan)
        self.burn_level = np.zeros((self.burn_steps + 1, len(self.site.clusters)), np.int8)
        self.burn_unmet = np.zeros_like(self.burn_level, np.int16)
        self._levers: dict[float, list[Plan]] = {}
        self._sizes = None
        self._forked: tuple[int, float, Reference | None] = (0, 1.0, None)
        self.load(self.p)
        call_help()

    def load(self, p: np.ndarray) -> None:
        """Take other parameters: what depends on them is laid down anew, all else is kept.

        A simulator that was loaded gives the same bits as a new one.
        """
        self.p = p
        if self._sizes is None or not self.layout.fits(p):
            self.layout = Layout(self.site, p, tuple(self.arms))
        size = self.layout
        sizes = (size.blocks, size.widest, size.most_blocks, size.planned, size.programmes, size.links, size.ids)
        if sizes != self._sizes:
            self.base, self.work = allocate(size), allocate(size)
            self._sizes = sizes

        money = float(p["money_scale"])  # the only parameter that the levers of a plan depend on
        if money not in self._levers:
            self._levers[money] = [
                make_plan(p, arm, self.shocks, self.steps_per_year, self.last_year, size.programmes) for arm in self.arms
            ]
        outside = outside_world(p, self.shocks, self.steps_per_year, self.last_year)  # the same for all arms
        prices = dict(zip(Plan._fields, outside, strict=False))
        self.plans = [plan._replace(**prices) for plan in self._levers[money]]

    def rows(self) -> Rows:
        """Room for the rows of a run."""
        shape = self.steps + 1, len(self.site.clusters)
        return Rows(np.empty((shape[0], len(INDICATORS))), np.empty(shape, np.int8), np.empty(shape, np.int16))

    def replicate(self, seed: int, number: int, keep: bool = False) -> Replicate:
        """A replicate of these arms, burnt in.

        Parameters
        ----------
        keep : bool
            Keep the burn-in, so that this replicate can go on after another one was burnt in.
        """
        return Replicate(self, seed, number, keep)

    @staticmethod
    def values(state: State) -> np.ndarray:
        """Levers of a state as numbers, (rows, levers) float64, a view."""
        return lever_values(state.levers)

    def burn(self, seed: int, replicate: int) -> int:
        """Run 2010-2019 of a replicate into `self.base` and `self.burn_series`; a code into `FAILURES`."""
        from .step import run_steps

        while True:
            begin(self.base, self.layout, self.p, self.plans[0], seed, replicate, self.steps_per_year)
            code = run_steps(self.base, self.p, self.plans[0], self.values(self.base), 1, self.burn_series,
                             self.burn_level, self.burn_unmet)
            if code != 1 or not self.make_room():
                break
        release_held(self.base, self.layout, self.p)
        return code

    def support(self) -> float:
        """Officials' support for a dedicated policy in this replicate: the margin of Dirichlet(45, 30, 5) + 1/2."""
        law = _beta_law(45.5, 36.0)
        u = uniform(self.base.city[0]["key"], int(Purpose.SUPPORT), 0, 0)  # numba takes .6 ms to type an enum
        return float(np.interp(u, _equal_steps(law.size), law))

    def fork(self, index: int, scale: float, reference: Reference | None) -> None:
        """Copy the burn-in into `self.work` and give it arm number `index`."""
        self._forked = index, scale, reference
        copy_state(self.work, self.base)
        self.work.ever[...] = 0  # what is ordered from here on
        self.work.ever_null[...] = 0 if reference is None else reference.ever
        if reference is not None and self.arms[index].programmes:  # law alone has its own: it is what others are booked by
            self.work.origin[...] = reference.origin
        apply_arm(self.work, self.layout, self.p, self.arms[index], scale, self.support)

    def plan(self, index: int) -> Plan:
        """Plan of the forked arm, held against the fines of its reference."""
        reference = self._forked[2]
        return self.plans[index] if reference is None else self.plans[index]._replace(fines=reference.fines)

    def run(self, index: int, series, level, unmet) -> int:
        """Run the forked arm; rows of the arrays are steps, row 0 the fork. Returns a code into `FAILURES`."""
        from .step import run_steps

        series[0] = np.where(STOCKS, self.burn_series[-1], np.nan)
        level[0] = self.work.clusters["level"][: level.shape[1]]
        unmet[0] = self.work.clusters["unmet"][: unmet.shape[1]]
        plan = self.plan(index)
        code = run_steps(self.work, self.p, plan, self.values(self.work), 1, series, level, unmet)
        while code == 1 and self.make_room():
            self.fork(*self._forked)
            code = run_steps(self.work, self.p, plan, self.values(self.work), 1, series, level, unmet)
        if code == 0 and not np.isfinite(series[1:, 0]).all():
            code = 2
        return code

    def reference(self, series: np.ndarray) -> Reference:
        """What others are held against, when the arm that was just run has no programme."""
        before = np.full(self.burn_steps, np.inf)
        came = self.work.origin >= 0  # whoever finds no room here belongs outside
        origin = np.where(came, self.work.origin, len(self.site.clusters)).astype(np.int16)
        return Reference(self.work.ever.copy(), np.append(before, series[1:, FINES] / self.steps_per_year), origin)

    def by_origin(self) -> np.ndarray:
        """Flows of the arm that was just run, added up from 2020 to the end of each report year, by the firms' origin.

        Returns
        -------
        (report years, clusters + 1, len(BOOKED)) float64
            nan in years that were not run.
        """
        sums = np.full((len(YEARS), *self.work.booked.shape[1:]), np.nan)
        for n, year in enumerate(YEARS):
            years = year + 1 - FORK_YEAR
            if years * self.steps_per_year <= self.steps:
                sums[n] = self.work.booked[:years].sum(axis=0)
        return sums

    def make_room(self) -> bool:
        """Twice as many links, and all room outside, then twice as much: more may come than expected. False at `MOST_ROOM`.

        Who settles beyond the room that the layout expects finds acquaintances inside it, so draws stay what they were.
        """
        size = self.layout
        if self.base.links.size >= MOST_ROOM * size.links:
            return False
        inside = size.most_blocks - size.outside_blocks
        blocks = inside + max(size.outside_blocks, 2 * (self.base.firms.size - inside))
        self.base, self.work = with_more_room(self.base, blocks), with_more_room(self.work, blocks)
        return True


class Replicate:
    """One replicate: its past is run once, then any of the simulator's arms, each held against one that was run before.

    Whatever runs the model goes through here: burn in, fork, run, and keep what others are held against.

    Parameters
    ----------
    simulator : Simulator
        `Simulator.work` is the state of the arm that was run last.
    seed, number : int
    keep : bool
        See `Simulator.replicate`.

    Attributes
    ----------
    burnt : int
        Code of the burn-in into `FAILURES`; an arm of a past that failed fails likewise.
    """

    def __init__(self, simulator: Simulator, seed: int, number: int, keep: bool = False):
        self.simulator = simulator
        self.burnt = simulator.burn(seed, number)
        self._past = (copy_of(simulator.base), simulator.burn_series.copy()) if keep else None
        self._references: dict[int, Reference] = {}

    def run(self, index: int, scale: float = 1.0, against: int | None = None, rows: Rows | None = None) -> tuple[int, Rows]:
        """Run one arm from the fork on, as far as there are rows.

        Parameters
        ----------
        index : int
            Of the simulator's arms.
        scale : float
            Factor of its programmes.
        against : int, optional
            Arm without a programme, run before, that this one is held against.
        rows : Rows, optional
            To write into.

        Returns
        -------
        code : int
            Into `FAILURES`; rows of a run that failed are nan.
        rows : Rows
        """
        simulator = self.simulator
        if self._past is not None:
            copy_state(simulator.base, self._past[0])
            simulator.burn_series[...] = self._past[1]
        rows = simulator.rows() if rows is None else rows
        simulator.fork(index, scale, None if against is None else self._references.get(against))
        code = self.burnt or simulator.run(index, *rows)
        if code:
            rows.series[1:] = np.nan
        if not simulator.arms[index].programmes:
            self._references[index] = simulator.reference(rows.series)
        return code, rows


@lru_cache(maxsize=1)
def _equal_steps(nodes: int) -> np.ndarray:
    return np.linspace(0, 1, nodes)


def _site_scale(simulator: Simulator, index: int, seed: int, candidates: int = 4) -> float:
    """Smallest scale factor at which the pilots use their funds; if there is none, the one that leaves least."""
    rows, unspent = simulator.rows(), list(INDICATORS).index("unspent")
    pilots = [simulator.replicate(seed, PILOT_OFFSET + pilot, keep=True) for pilot in range(PILOTS)]

    def leftover(scale: float) -> float:
        total = 0.0
        for pilot in pilots:
            pilot.run(index, scale, rows=rows)
            released = simulator.work.funds["released"].sum()
            total += rows.series[-1, unspent] / max(released, 1e-9)
        return total / PILOTS

    # lumps (a planned cluster is paid at once) make the leftover rise with the scale: look before bisecting
    target, grid = 0.05, (1.0, 1.5, 2.0, 2.5, 3.0)
    low, best, least = 1.0, 1.0, float("inf")
    for scale in grid:
        left = leftover(scale)
        if left <= target:
            if scale == 1.0:
                return 1.0
            high = scale
            break
        if left < least - 1e-9:
            best, least = scale, left
        low = scale
    else:
        return best
    for _ in range(candidates):
        middle = 0.5 * (low + high)
        if leftover(middle) > target:
            low = middle
        else:
            high = middle
    return high


def find_scale(site: Site, arm: Arm, *, seed: int = 1, parameters=None, shocks: tuple[Shock, ...] = ()) -> float:
    """Scale factor of an arm's programmes: the smallest, up to 3, at which at most 5 % of the money is left (pilots).

    Parameters
    ----------
    site, arm, shocks : see `run_ensemble`
    seed : int
    parameters : mapping, optional

    Returns
    -------
    float
        From 1 (the budget is used up without scaling, or there is none) to 3.
    """
    if arm.scale is not None:
        return float(arm.scale)
    if not arm.programmes or arm.budget <= 0 or not any(q.scalable for q in arm.programmes):
        return 1.0
    simulator = Simulator(site, (arm,), parameter_record(parameters), tuple(shocks), last_year=FORK_YEAR + PILOT_YEARS)
    return _site_scale(simulator, 0, seed)


def run_ensemble(
    site: Site,
    arms: Sequence[Arm],
    *,
    replicates: int = 20,
    first_replicate: int = 0,
    seed: int = 1,
    threads: int | None = None,
    parameters: Mapping[str, float] | None = None,
    shocks: Sequence[Shock] = (),
    worlds: Sequence[World] | None = None,
    steps_per_year: int = 4,
    last_year: float = LAST_YEAR,
    progress: Callable[[int, int], None] | None = None,
) -> Runs:
    """Run every arm on every replicate with common random numbers.

    Parameters
    ----------
    site : Site
    arms : sequence of Arm
        The first must have no programmes: the null.
    replicates, first_replicate : int
        Replicate ids `first_replicate` ... ; a replicate's result depends on its id alone.
    seed : int
        0 to 2^64 - 1.
    threads : int, optional
        Replicates run at a time; default: the processors of this machine. Results do not depend on it.
    parameters : mapping, optional
        Overrides by registry name.
    shocks : sequence of Shock
    worlds : sequence of World, optional
        One run of every arm in each of them, in place of `replicates`; their parameters replace `parameters`.
    steps_per_year : int
        4 (12 to test the step length).
    last_year : float
        End of the last step, at most 2046.
    progress : callable, optional
        Called with (runs done, runs in all); may raise to stop the ensemble.

    Returns
    -------
    Runs
    """
    import os

    arms = tuple(arms)
    if not arms or arms[0].programmes:
        raise ValueError("the first arm must be the null: an Arm without programmes")
    shocks = tuple(shocks)
    threads = threads or os.cpu_count() or 1
    keys = tuple(INDICATORS)
    if worlds is not None:
        replicates = len(worlds)
    steps = steps_between(FORK_YEAR, last_year, steps_per_year)
    if worlds is None:
        ids = np.arange(first_replicate, first_replicate + replicates, dtype=np.int64)
    else:
        ids = np.array([world.replicate for world in worlds], dtype=np.int64)
    shape = (len(arms), replicates, steps + 1)
    series = np.empty((*shape, len(keys)))
    level = np.empty((*shape, len(site.clusters)), np.int8)
    unmet = np.empty_like(level, np.int16)
    failed = np.zeros(shape[:2], np.int64)
    funds = np.zeros((*shape[:2], max([1, *(len(arm.programmes) for arm in arms)])), FUND_DTYPE)
    by_origin = np.full((*shape[:2], len(YEARS), len(site.clusters) + 1, len(BOOKED)), np.nan)
    trades = np.zeros((replicates, len(site.clusters)), np.int8)
    matched = matched_arms(arms)
    order = sorted(range(len(arms)), key=lambda a: bool(arms[a].programmes))  # first what others are held against
    default = parameter_record(parameters)
    pool = ThreadPoolExecutor(threads)
    try:
        scales = list(pool.map(
            lambda arm: find_scale(site, arm, seed=seed, parameters=parameters, shocks=shocks), arms))
        # the layout must provide for the scaled number of planned slots
        scaled = tuple(replace(a, scale=k) for a, k in zip(arms, scales, strict=True))
        local = threading.local()
        lock = threading.Lock()
        done = 0
        stop = threading.Event()

        def one(r: int) -> None:
            nonlocal done
            if stop.is_set():
                return
            if not hasattr(local, "simulator"):
                local.simulator = Simulator(site, scaled, default, shocks, steps_per_year, last_year)
            simulator = local.simulator
            if worlds is not None:
                simulator.load(parameter_record(worlds[r].parameters))
            replicate = simulator.replicate(seed, int(ids[r]))
            trades[r] = simulator.base.clusters["mix"][: len(site.clusters)].argmax(axis=1)
            for a in order:
                if stop.is_set():
                    return
                failed[a, r], _ = replicate.run(a, scales[a], matched[a], Rows(series[a, r], level[a, r], unmet[a, r]))
                if not failed[a, r]:
                    by_origin[a, r] = simulator.by_origin()
                funds[a, r] = simulator.work.funds
                with lock:
                    done += 1
                    count = done
                if progress is not None:
                    progress(count, replicates * len(arms))

        futures = [pool.submit(one, r) for r in range(replicates)]
        try:
            for future in futures:
                future.result()
        except BaseException:
            stop.set()
            raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    years = FORK_YEAR + np.arange(steps + 1) / steps_per_year
    rate: float | np.ndarray = float(default["discount_rate"])
    numbers = None
    if worlds is not None:
        rate = np.array([world.parameters.get("discount_rate", rate) for world in worlds])
        numbers = np.array([world.number for world in worlds], dtype=np.int64)
    return Runs(site, tuple(a.name for a in arms), seed, ids, years, keys, series, level, unmet, failed,
                dict(zip([a.name for a in arms], scales, strict=True)), steps_per_year, rate, numbers, funds, matched, scaled,
                by_origin, trades)
