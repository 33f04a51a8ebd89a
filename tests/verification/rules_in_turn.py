"""Every rule of `model/rules` made to return 0, one after the other, in the model as Python runs it.

    NUMBA_DISABLE_JIT=1 python tests/verification/rules_in_turn.py [RULE ...]

Prints, as JSON, for every rule the small run whose results it changes, or why there is none. The small runs are chosen to
reach the rules soon: few firms, and hazards far above the model's.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FunctionType

import ecocluster.model.phases
import ecocluster.model.rules
import numpy as np
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.model import order  # noqa: F401 - loads all that a step calls
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.parameters import parameter_record
from ecocluster.model.rules import credit
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Cluster, Law, Programme, Site
from ecocluster.model.state import LANES, SLOT_TAKEN, State, copy_of
from ecocluster.model.step import run_steps
from ecocluster.model.timelines import _technologies as plan_cache
from ecocluster.viz.pages import watch_terms

SEED = 3
MIX = {"food": 0.4, "textile": 0.2, "plastic_paper_chemical": 0.2, "wood_building": 0.2}
SITE = Site("two", "two", "city", (
    Cluster("dense", "dense", "a", 9.0, 6.0, 4.0, mix=MIX, shared_land=0.3, urban=True, workers_median=40.0),
    Cluster("loose", "loose", "b", 7.0, 4.0, 3.0, workers_median=20.0),
), city_firms=16.0)  # fmt: skip
# all happens sooner, and is worth more
FAST = {"review_rate": 3.0, "search_rate": 3.0, "hub_base": 1.0, "project_review": 4.0, "relocation_review": 4.0,
        "planned_cluster_slots": 20.0, "planned_build": 0.25, "cost.study": 5.0, "cost.link_coordination": 1.0,
        "hub_min_gain": 0.0, "aware_symbiosis_2010": 0.9, "eta0": 0.3, "old_plot_value": 30.0, "cit_small_revenue": 8000.0,
        "b_min": 0.5, "application_cost": 1.0, "workers_elasticity": 2.0, "relocation_energy": 0.5}  # fmt: skip
# mechanisms that can be switched, all on and soon
SWITCHED_ON = {"suspension_weeks": 2.0, "suspension_fines": 2.0, "solar_consent": 1.0, "solar_sale_since": 2010.0,
               "solar_contract": 1.0, "solar_able": 0.5, "coordinator_capacity": 2.0, "coordinator_persons": 1.0,
               "screening_error": 1.0, "ties_partner": 1.0, "developers": 1.0, "developer_sites": 50.0, "planned_cluster_slots": 1.0,
               "base_rent": 1200.0, "sites_per_year": 8.0, "outside_firms": 1.0, "admission_by_own_means": 1.0, "land_market": 1.0,
               "cost.project_infrastructure": 100.0, "stream_trade": 1.0, "offtake_limit": 3.0, "heat_of_firms": 1.0,
               "unbuilt_usable": 0.9, "land_target": 0.34, "map_split": 1.0, "q_platform": 0.2, "complete_trait": 1.0,
               "inspectors": 1.0, "visits_per_inspector": 30.0, "standard_by_law": 1.0, "record_weeks": 8.0, "record_credit": 3.0, "record_years": 5.0, "conflict_hazard": 2.0,
               "plants_age": 1.0, "plant_decay": 0.05, "own_plant.initial_share": 0.4, "perceived_saving": 0.5, "programmes_seen": 1.0,
               "links_borrow": 1.0, "exempt_years": 2.0, "six_aspects": 1.0,
               "chain_ties": 1.0, "lead_firm": 0.8, "lead_workers": 50.0, "lead_saving": 1.5, "lead_teach": 1.0, "soak_threshold": 0.6,
               "marshall_elasticity": 0.07, "chain_admission": 1.0, "chain_fit": 0.2}  # fmt: skip
# coordinators alone: beside all else that is on too few cases are left for their order to matter
COORDINATED = {"coordinator_capacity": 2.0, "coordinator_persons": 1.0, "screening_error": 1.0, "ties_partner": 1.0}
# certificates are waived, projects do not pay
WAIVED = {"waive_recp_share": 1.0, "waive_monitoring": 1.0, "cost.benefit_infrastructure": 0.01, "project_review": 4.0}
# partners who break their word, and remember it
WARY = {"search_rate": 12.0, "bar_years": 0.25, "eta0": 1.0, "worst_breach": 0.5, "trust_alpha": 2.0, "trust_beta": 6.0,
        "aware_symbiosis_2010": 1.0, "b_min": 0.3, "cost.study": 1.0, "cost.link_coordination": 3.0, "hub_base": 1.0,
        "lambda_breach": 4.0}  # fmt: skip
EVERYTHING = {
    "extension": 0.6, "innovation_centre": 0.5, "coordinator": 1.0, "map": 0.6, "platform": 0.6, "club": 0.4, "community": 0.4, "fairs": 0.5,
    "skills_housing": 0.5, "grant_T1": 0.3, "grant_T2": 0.4, "grant_T5": 0.4, "grant_own_plant": 0.4, "interest_cut": 3.0,
    "guarantee": 0.4, "green_fund": 0.3, "study_aid": 0.5, "symbiosis_grant": 0.4, "cofunding_infrastructure": 0.6,
    "anchor_investor": 0.3, "planned_slots": 20.0, "relocation_aid": 0.8, "land_support": 0.3, "fund_share_grants": 0.3,
    "fund_share_symbiosis": 0.2, "fund_share_infrastructure": 0.5, "multiplier_L1": 2.0, "multiplier_L2": 3.0,
}  # fmt: skip
LAW = Law("strict", {"inspection_rate": 3.0, "monitoring_data": 0.6, "voluntary_agreement": 0.5, "permit_rate": 20.0})
OPEN = replace(LAW, levers={**LAW.levers, "standard_year": 2020.0, "public_disclosure": 1.0, "official_skill": 0.5})
PROGRAMME = Programme("everything", EVERYTHING)


class Small:
    """A small run from 2010 on, stage by stage: the first day, the steps to 2020, the fork, the steps after it.

    Parameters
    ----------
    arm : Arm
    parameters : dict
    last_year : float
    """

    def __init__(self, arm: Arm, parameters: dict[str, float], last_year: float) -> None:
        self.arm, self.parameters, self.last_year = arm, parameters, last_year
        self.states: list[State] = []  # of the model as it is, before each stage
        self.results: list[bytes] = []

    def play(self, first: int = 0) -> Iterator[bytes]:
        """Results of every stage, from stage `first` on as the model as it is had come there."""
        plan_cache.cache_clear()  # what is laid down before a run follows rules too
        run = Simulator(SITE, (self.arm,), parameter_record(self.parameters), last_year=self.last_year)
        run.make_room()  # who steps a run himself cannot start it again with more
        fork = run.burn_steps + 1
        rows = np.zeros((fork + run.steps + 1, len(INDICATORS)))
        level, unmet = np.zeros((1, len(SITE.clusters)), np.int8), np.zeros((1, len(SITE.clusters)), np.int16)
        if first:
            rows[:first] = self.rows[:first]
        state = copy_of(self.states[first]) if first else run.base
        for stage in range(first, len(rows)):
            if not first:
                self.states.append(copy_of(state))
            if stage == 0:
                begin(state, run.layout, run.p, run.plans[0], SEED, 0, run.steps_per_year)
            elif stage == fork:
                run.base = state
                run.fork(0, 1.0, None)
                state = run.work
            else:
                two = rows[stage - 1 : stage + 1]
                assert run_steps(state, run.p, run.plans[0], run.values(state), 1, two, np.vstack([level, level]),
                                 np.vstack([unmet, unmet])) == 0  # fmt: skip
            yield rows[stage].tobytes() + state.clusters["unmet"].tobytes() + state.booked.tobytes()
        if not first:
            self.rows = rows


class Watched:
    """What the page that shows a run reckons of the firms of a first day."""

    def __init__(self, run: Small) -> None:
        self.run, self.results = run, []

    def play(self, first: int = 0) -> Iterator[bytes]:
        """One stage."""
        state, p = self.run.states[1], parameter_record(self.run.parameters)
        block, lane = np.nonzero(state.firms["status"] == SLOT_TAKEN)
        yield repr([watch_terms.views_of(state, p, slot) for slot in (block * LANES + lane).tolist()]).encode()


_CITY = Small(Arm("everything", (PROGRAMME,), None, 20_000.0, law=LAW), {**without(), **FAST}, 2024)
RUNS: dict[str, Small | Watched] = {
    "levers": _CITY,
    "waived": Small(Arm("slow", (replace(PROGRAMME, enactment_lag=0.02),), None, 20_000.0, law=LAW), {**without(), **WAIVED}, 2021),
    "wary": Small(Arm("wary", (PROGRAMME,), None, 20_000.0, law=LAW), {**without(), **WARY}, 2022),
    "watched": Watched(_CITY),
    "coordinated": Small(_CITY.arm, {**without(), **FAST, **COORDINATED}, 2024),
    "chained": Small(
        _CITY.arm,
        {**without(), **FAST, "chain_admission": 1.0, "chain_fit": 0.05},
        2024,
    ),
    "switched_on": Small(replace(_CITY.arm, law=OPEN), {**FAST, **SWITCHED_ON}, 2024),
}


def rules() -> dict[str, FunctionType]:
    """Every function that a file of `model/rules` defines."""
    found = {}
    for info in pkgutil.iter_modules(ecocluster.model.rules.__path__, "ecocluster.model.rules."):
        module = importlib.import_module(info.name)
        found |= {
            f"{info.name.rpartition('.')[2]}.{name}": value
            for name, value in vars(module).items()
            if isinstance(value, FunctionType) and value.__module__ == info.name
        }
    return found


def put(rule: Callable, instead: Callable) -> None:
    """Whoever calls a rule calls something else from now on."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ecocluster."):
            for key, value in list(vars(module).items()):
                if value is rule:
                    setattr(module, key, instead)


def nothing(value):
    """0 of the same form."""
    return tuple(map(nothing, value)) if isinstance(value, tuple) else np.zeros((), np.asarray(value).dtype)[()]


def reached() -> dict[str, list[tuple[str, int]]]:
    """For every rule the runs, and the stage of each, in which it first gives something else than 0."""
    names, listeners = rules(), {}
    seen: dict[str, None] = {}
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in names}

    def listener(name: str, rule: FunctionType) -> Callable:
        def listening(*arguments):
            value = rule(*arguments)
            if name not in seen and (any(value) if isinstance(value, tuple) else value):
                seen[name] = None
            return value

        return listening

    for name, rule in names.items():
        listeners[name] = listener(name, rule)
        put(rule, listeners[name])
    for key, run in RUNS.items():
        seen.clear()
        before: set[str] = set()
        for stage, result in enumerate(run.play()):
            run.results.append(result)
            for name in seen.keys() - before:
                found[name].append((key, stage))
            before = set(seen)
    for name, rule in names.items():
        put(listeners[name], rule)
    return found


def verdict(rule: FunctionType, where: list[tuple[str, int]]) -> str:
    """The first of the runs that a rule changes when it gives 0."""

    def silent(*arguments):
        return nothing(rule(*arguments))

    put(rule, silent)
    try:
        for key, stage in where:
            run = RUNS[key]
            try:
                if any(found != run.results[stage + n] for n, found in enumerate(run.play(stage))):
                    return key
            except (ArithmeticError, AssertionError, ValueError, IndexError):  # a model that stops is not the same model
                return key
        return f"changes nothing in {', '.join(key for key, _ in where)}" if where else "no run reaches it"
    finally:
        put(silent, rule)


def planted() -> float:
    """A rule that nothing calls, as a control."""
    return 1.0


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    planted.__module__ = credit.__name__
    credit.planted = planted
    where = reached()
    chosen = sys.argv[1:] or list(where)
    print(json.dumps({name: verdict(rule, where[name]) for name, rule in rules().items() if name in chosen}, indent=1))
