"""A run and its replicate: burn in once, fork into an arm, run it, and keep what others are held against.

All arms of a replicate share its burn-in and its luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .actions import calls
from .compiling import call_help
from .indicators import INDICATORS, YEARS
from .layout import Layout
from .modules import ModuleError
from .parameters import _beta_law
from .randomness import Purpose, uniform
from .roster import loaded
from .setup import allocate, apply_arm, begin, release_held
from .sites_and_arms import Arm, Shock, Site
from .state import State, copy_of, copy_state, lever_values, with_more_room
from .timelines import FORK_YEAR, LAST_YEAR, START_YEAR, Plan, make_plan, outside_world, steps_between

__all__ = ["FAILURES", "Reference", "Replicate", "Rows", "Simulator"]

FINES = list(INDICATORS).index("fines")
FAILURES = {0: "", 1: "an array of the run was too small", 2: "a result is not a number"}
MOST_ROOM = 64  # times as many links as the layout expects; a run that fails for want of room is tried again with twice as many


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
        self.modules = loaded()
        self.stocks = np.array([row.kind in ("stock", "share", "ratio") for row in INDICATORS.values()])
        self.burn_series = np.full((self.burn_steps + 1, len(INDICATORS)), np.nan)
        self.burn_level = np.zeros((self.burn_steps + 1, len(self.site.clusters)), np.int8)
        self.burn_unmet = np.zeros_like(self.burn_level, np.int16)
        self._levers: dict[float, dict[int, Plan]] = {}  # by money scale and arm
        self._sizes = None
        self._forked: tuple[int, float, Reference | None] = (0, 1.0, None)
        self.load(self.p)
        call_help()

    def load(self, p: np.ndarray, arms: Sequence[Arm] | None = None) -> None:
        """Take other parameters, and other arms: what depends on them is laid down anew, all else is kept.

        A simulator that was loaded gives the same bits as a new one.

        Parameters
        ----------
        p : record
        arms : sequence of Arm, optional
            Those that this simulator has had are known by identity, and keep their plans.
        """
        if self.modules is not loaded():
            raise ModuleError("in_use")
        self.p = p
        if arms is not None:
            old = {id(arm) for arm in self.arms}
            stay = {id(arm) for arm in arms} & old
            if stay != old:  # an id may be given again once its arm is gone
                self._levers = {
                    money: {key: plan for key, plan in plans.items() if key in stay} for money, plans in self._levers.items()
                }
            self.arms = arms
        if self._sizes is None or not self.layout.fits(p, tuple(self.arms)):
            self.layout = Layout(self.site, p, tuple(self.arms))
        self.layout.forget(self.arms)
        size = self.layout
        sizes = (size.blocks, size.widest, size.most_blocks, size.planned, size.programmes, size.links, size.ids, size.pool)
        if sizes != self._sizes:
            self.base, self.work = allocate(size), allocate(size)
            self._sizes = sizes

        money = float(p["money_scale"])  # the only parameter that the levers of a plan depend on
        plans, rows = self._levers.setdefault(money, {}), 3 * size.programmes + 1
        outside = outside_world(p, self.shocks, self.steps_per_year, self.last_year)  # the same for all arms
        for arm in self.arms:
            if id(arm) not in plans or plans[id(arm)].target.shape[0] != rows:
                plans[id(arm)] = make_plan(p, arm, self.shocks, self.steps_per_year, self.last_year, size.programmes, outside)
        own = calls()
        self.plans = [Plan._make((*outside, *plans[id(arm)][len(outside) : -1], own)) for arm in self.arms]

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

        if self.modules is not loaded():
            raise ModuleError("in_use")
        while True:
            begin(self.base, self.layout, self.p, self.plans[0], seed, replicate, self.steps_per_year)
            code = run_steps(
                self.base, self.p, self.plans[0], self.values(self.base), 1, self.burn_series, self.burn_level, self.burn_unmet
            )
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
        target, source = self.work.firms.base, self.base.firms.base
        if target is not None and source is not None and target.size == source.size:  # all arrays of either, in one piece
            target[...] = source
        else:
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

        series[0] = np.where(self.stocks, self.burn_series[-1], np.nan)
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
        fines = np.empty(self.burn_steps + len(series) - 1)
        fines[: self.burn_steps] = np.inf
        np.divide(series[1:, FINES], self.steps_per_year, out=fines[self.burn_steps :])
        origin = self.work.origin.copy()
        origin[origin < 0] = len(self.site.clusters)  # whoever finds no room here belongs outside
        return Reference(self.work.ever.copy(), fines, origin)

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
        self.base, self.work = self.roomier(self.base), self.roomier(self.work)
        return True

    def roomier(self, state: State) -> State:
        """A state of this layout with the room that is next."""
        size = self.layout
        inside = size.most_blocks - size.outside_blocks
        return with_more_room(state, inside + max(size.outside_blocks, 2 * (state.firms.size - inside)))


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

    def by_origin(self) -> np.ndarray:
        """`Simulator.by_origin` of the arm that was run last."""
        return self.simulator.by_origin()

    def funds(self) -> np.ndarray:
        """Funds at the end of the arm that was run last, (programmes,) FUND_DTYPE; a view."""
        return self.simulator.work.funds


@lru_cache(maxsize=1)
def _equal_steps(nodes: int) -> np.ndarray:
    return np.linspace(0, 1, nodes)
