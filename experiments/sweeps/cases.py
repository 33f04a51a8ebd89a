"""From trials to what the model is given: scenarios, arms, parameters and scale factors, each made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...model.ensemble import find_scale
from ...model.granted import processors
from ...model.parameters import EXIT_NAMES, changed_record, matched_arrivals, parameter_record
from ...model.sites_and_arms import NO_LAW, Arm, Law, Schedule, Shock, Site
from ...scenarios.given import MAX_BUDGET_BN
from ..errors import InputError, check_number
from .ranges import check_values, lever_ranges, uncertainty_ranges, unknown
from .trial import Trial

__all__ = ["Case", "Cases"]

NULL = Arm("null", law=NO_LAW)


@dataclass(frozen=True)
class Place:
    """A scenario with its default parameters."""

    site: Site
    parameters: Mapping[str, float]
    record: np.ndarray
    shocks: str


@dataclass(frozen=True)
class Case:
    """A trial, validated and with everything looked up.

    Attributes
    ----------
    place : Place
    shocks : tuple of Shock
    arm : Arm
        With its scale factor; the null and the law alone have no programmes.
    null : Arm
        The matched null: the law alone, and for that no programme under the law as it was.
    changes : mapping
        Parameters over those of the place.
    last_year : float
    replicate : int
        Added to the number of a replicate.
    """

    place: Place
    shocks: tuple[Shock, ...]
    arm: Arm
    changes: Mapping[str, float]
    last_year: float
    null: Arm = NULL
    replicate: int = 0

    @property
    def world(self) -> tuple:
        """Cases with the same world share the burn-in."""
        return id(self.place), self.shocks, tuple(sorted(self.changes.items())), self.last_year, self.replicate

    def record(self) -> np.ndarray:
        """Parameters as the kernels read them."""
        if not self.changes:
            return self.place.record
        return changed_record(self.place.parameters, self.place.record, self.changes)


class Cases:
    """Makes cases of trials and remembers what they have in common.

    Parameters
    ----------
    seed : int
        Of the pilots that find scale factors.
    last_year : float
    within_ranges : bool
        Must uncertainties lie in the ranges of the registry?
    """

    def __init__(self, seed: int, last_year: float = 2046, within_ranges: bool = True):
        self.seed, self.last_year, self.within = seed, last_year, within_ranges
        self._uncertainties, self._levers = uncertainty_ranges(), lever_ranges()
        self._places: dict[str, Place] = {}
        self._shocks: dict[str, tuple[Shock, ...]] = {}
        self._bases: dict[tuple, Arm] = {}
        self._arms: dict[tuple, Arm] = {}
        self._laws: dict[str, Arm] = {}
        self._alone: dict[int, tuple[Law, Arm]] = {}  # who is kept keeps its id
        self._scales: dict[int, float] = {}

    def know(self, name: str, site: Site, parameters: Mapping[str, float], shocks: tuple[Shock, ...]) -> None:
        """Use a scenario that is at hand, with its script of shocks, for trials that name it `name`."""
        self._places[name] = Place(site, parameters, parameter_record(parameters), name)
        self._shocks[name] = tuple(shocks)

    def prepare(self, trials: Sequence[Trial], threads: int | None = None) -> list[Case]:
        """Cases of the trials; all are validated before the first pilot runs.

        Raises
        ------
        InputError, ScenarioError
        """
        if not trials:
            raise InputError("empty", name="trials")
        cases = [self._case(trial) for trial in trials]
        open_arms = {id(case.arm): case for case in cases if case.arm.scale is None and id(case.arm) not in self._scales}
        with ThreadPoolExecutor(threads or processors()) as pool:
            self._scales |= dict(zip(open_arms, pool.map(self._scale, open_arms.values()), strict=True))
        return [self._scaled(case) for case in cases]

    def _scale(self, case: Case) -> float:
        place = case.place
        return find_scale(place.site, case.arm, seed=self.seed, parameters=place.parameters, shocks=self._script(place.shocks))

    def _scaled(self, case: Case) -> Case:
        if case.arm.scale is not None:
            return case
        key = ("scaled", id(case.arm))  # one object per arm, so that its plan is laid down once
        if key not in self._arms:
            self._arms[key] = replace(case.arm, scale=self._scales[id(case.arm)])
        return replace(case, arm=self._arms[key])

    def _case(self, trial: Trial) -> Case:
        place = self._place(trial.scenario)
        changes = check_values("uncertainties", trial.uncertainties, self._uncertainties, self.within)
        known = {**place.parameters, **changes}
        if "arrival_base" not in known and not changes.keys().isdisjoint(EXIT_NAMES):
            changes["arrival_base"] = matched_arrivals(known)
        shocks = self._script(place.shocks if trial.shocks is None else trial.shocks)
        arm, replicate = self._arm(trial, place), check_number("replicate", trial.replicate, 0, 2**40, whole=True)
        return Case(place, shocks, arm, changes, self.last_year, self._null(trial, arm), replicate)

    def _null(self, trial: Trial, arm: Arm) -> Arm:
        """What the effect of an arm is measured against."""
        if not arm.programmes:
            return NULL
        return self._law_alone(self._law(trial) if trial.tries_law else arm.law)

    def _law_alone(self, law: Law) -> Arm:
        """One object per law, so that it is run once; a law that changes nothing is the null bit for bit."""
        if not law.levers:
            return NULL
        if id(law) not in self._alone:  # a long text for every case, where most have one object
            self._alone[id(law)] = law, self._laws.setdefault(repr(law), Arm("law", law=law))
        return self._alone[id(law)][1]

    @staticmethod
    def _law(trial: Trial) -> Law:
        from ...scenarios import load_law

        return trial.law if isinstance(trial.law, Law) else load_law(trial.law)

    def _place(self, name: Any) -> Place:
        key = str(name)
        if key not in self._places:
            from ...scenarios import load_scenario

            loaded = load_scenario(name)
            record = parameter_record(loaded.parameters)
            self._places[key] = Place(loaded.site, loaded.parameters, record, loaded.shocks)
        return self._places[key]

    def _script(self, name: Any) -> tuple[Shock, ...]:
        key = str(name)
        if key not in self._shocks:
            from ...scenarios import load_shocks

            self._shocks[key] = load_shocks(name)
        return self._shocks[key]

    def _arm(self, trial: Trial, place: Place) -> Arm:
        from ...scenarios import with_levers

        if trial.scale is not None:
            check_number("scale", trial.scale, 0.01, 10)
        base = self._base(trial, place)
        if not base.programmes:
            levers = check_values("levers", trial.levers, self._levers)
            return self._law_alone(with_levers(base, levers, trial.schedules).law)
        key = (id(base), id(place), tuple(sorted(trial.levers.items())), tuple(sorted(trial.schedules.items(), key=str)),
               trial.scale)  # fmt: skip
        if key not in self._arms:
            levers = check_values("levers", trial.levers, self._levers)
            scale = None if trial.scale is None else float(trial.scale)
            for name, when in trial.schedules.items():
                self._check_schedule(name, when)
            if not levers and not trial.schedules and scale == base.scale:
                self._arms[key] = base
            else:
                self._arms[key] = replace(with_levers(base, levers, trial.schedules), scale=scale)
        return self._arms[key]

    def _check_schedule(self, name: str, when: Schedule) -> None:
        if name not in self._levers:
            raise unknown("schedules", name, self._levers)
        check_number(f"schedules.{name}.start", when.start, 2000, 9999)
        check_number(f"schedules.{name}.ramp", when.ramp, 0, 50)
        check_number(f"schedules.{name}.end", when.end, when.start, 9999)

    def _base(self, trial: Trial, place: Place) -> Arm:
        """Arm of a pathway, policy and budget, before levers are changed."""
        given = trial.pathway
        if isinstance(given, Arm):
            key: tuple = ("given", id(given))
            # the arm is kept alive beside its copy: its id must not be used again
            return self._bases.setdefault(key, given)
        site_budget_bn = (
            None if trial.site_budget_bn is None else check_number("site_budget_bn", trial.site_budget_bn, 0, MAX_BUDGET_BN)
        )
        budget_bn = check_number("budget_bn", trial.budget_bn, 0, MAX_BUDGET_BN)
        key = (id(place), str(given), str(trial.policy), str(trial.law), budget_bn, site_budget_bn)
        if key not in self._bases:
            from ...scenarios import choose_arm

            self._bases[key] = choose_arm(
                given, place.site, trial.policy, budget_bn=budget_bn, site_budget_bn=site_budget_bn, law=self._law(trial)
            )
        return self._bases[key]
