"""Many replicates in one call, and the scale factor at which an arm uses its money."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from .border import bordered, told, whole
from .granted import processors
from .indicators import INDICATORS, YEARS
from .parameters import PARAMETERS, World, parameter_record
from .simulator import Rows, Simulator
from .sites_and_arms import Arm, Shock, Site, matched_arms
from .state import BOOKED, FUND_DTYPE
from .timelines import FORK_YEAR, LAST_YEAR, START_YEAR, steps_between

__all__ = ["Runs", "find_scale", "run_ensemble"]

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
        Unmet criteria of each existing cluster: bit i is criterion i of `indicators.CRITERIA`, and the bits after them
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
        existing cluster, then the world outside (`phases.origins`), last the pool if there is one (`phases.pool`); nan in
        years that were not run and in failed runs.
    past : (R, burn-in steps, K) float64
        The series before the fork, from 2010 on, which all arms of a replicate share; nan where the burn-in failed.
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
    past: np.ndarray | None = None

    @property
    def past_years(self) -> np.ndarray:
        """Calendar time at the end of each step of `past`."""
        steps = 0 if self.past is None else self.past.shape[1]
        return FORK_YEAR - np.arange(steps - 1, -1, -1) / self.steps_per_year

    def since_2010(self, key: str) -> tuple[np.ndarray, np.ndarray]:
        """A series whole: the years, and its values (arms, runs, steps), the burn-in the same in every arm."""
        column = self.keys.index(key)
        after = self.series[:, :, 1:, column]
        if self.past is None:
            return self.years[1:], after
        before = np.broadcast_to(self.past[None, :, :, column], (*after.shape[:2], self.past.shape[1]))
        return np.append(self.past_years, self.years[1:]), np.concatenate([before, after], axis=2)


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


@bordered
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
    make: Callable[..., Simulator] = Simulator,
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
        Replicates run at a time; default: the processors that this process may use. Results do not depend on it.
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
    make : callable
        Makes the simulator of a thread; another kind may know some runs already, and gives the same bits.

    Returns
    -------
    Runs
    """
    arms = tuple(arms)
    if not arms or arms[0].programmes:
        raise ValueError("the first arm must be the null: an Arm without programmes")
    shocks = tuple(shocks)
    if worlds is not None:
        replicates = len(worlds)
    replicates = whole("replicates", replicates, 10**7, low=1)
    first_replicate = whole("first_replicate", first_replicate, 2**63 - 1 - replicates)
    seed = whole("seed", seed, 2**64 - 1)
    threads = processors() if threads is None else whole("threads", threads, 1024, low=1)
    steps_per_year = whole("steps_per_year", steps_per_year, 52, low=1)
    if not FORK_YEAR < last_year <= LAST_YEAR:
        raise ValueError(f"last_year = {told(last_year)}: out of range; allowed: above {FORK_YEAR}, at most {LAST_YEAR}")
    for name, value in (parameters or {}).items():
        if name not in PARAMETERS:
            raise ValueError(f"parameters: unknown name '{name}'")
        if not isinstance(value, (int, float)) or not abs(value) < 1e300:
            raise ValueError(f"parameters: {name} must be a finite number")
    keys = tuple(INDICATORS)
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
    default = parameter_record(parameters)
    outside = float(default["outside_firms"])
    pools = [outside] if worlds is None else [world.parameters.get("outside_firms", outside) for world in worlds]
    with_pool = max(pools) > 0.0 and site.kind != "park"
    by_origin = np.full((*shape[:2], len(YEARS), len(site.clusters) + 1 + with_pool, len(BOOKED)), np.nan)
    trades = np.zeros((replicates, len(site.clusters)), np.int8)
    past = np.full((replicates, steps_between(START_YEAR, FORK_YEAR, steps_per_year), len(keys)), np.nan)
    matched = matched_arms(arms)
    order = sorted(range(len(arms)), key=lambda a: bool(arms[a].programmes))  # first what others are held against
    pool = ThreadPoolExecutor(threads)
    try:
        scales = list(pool.map(lambda arm: find_scale(site, arm, seed=seed, parameters=parameters, shocks=shocks), arms))
        # the layout must provide for the scaled number of planned slots
        scaled = tuple(replace(a, scale=scale) for a, scale in zip(arms, scales, strict=True))
        local = threading.local()
        lock = threading.Lock()
        done = 0
        stop = threading.Event()

        def one(r: int) -> None:
            nonlocal done
            if stop.is_set():
                return
            if not hasattr(local, "simulator"):
                local.simulator = make(site, scaled, default, shocks, steps_per_year, last_year)
            simulator = local.simulator
            if worlds is not None:
                simulator.load(parameter_record(worlds[r].parameters))
            replicate = simulator.replicate(seed, int(ids[r]))
            if not replicate.burnt:
                past[r] = simulator.burn_series[1:]
            trades[r] = simulator.base.clusters["mix"][: len(site.clusters)].argmax(axis=1)
            for a in order:
                if stop.is_set():
                    return
                failed[a, r], _ = replicate.run(a, scales[a], matched[a], Rows(series[a, r], level[a, r], unmet[a, r]))
                if not failed[a, r]:
                    found = replicate.by_origin()
                    by_origin[a, r] = 0.0 * found[:, :1]
                    by_origin[a, r, :, : found.shape[1]] = found
                funds[a, r] = replicate.funds()
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
                by_origin, trades, past)  # fmt: skip
