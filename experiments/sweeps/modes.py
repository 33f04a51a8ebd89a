"""Arms of an experiment, and what "the same" means when they are compared: budget, outlay or abatement.

A budget is money on offer, not money spent: a programme that nobody applies to spends nothing. Equal outlay and equal
abatement therefore search, for each pathway, the budget at which the realised figure meets the target on the
experiment's own first replicates, everything else at its default.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...model.maths import power
from ...model.sites_and_arms import MVND_PER_BN, Arm
from ..errors import InputError
from .cases import Case, Cases
from .experiment import Experiment
from .outcomes import Outcomes
from .running import run_cells
from .trial import Trial

__all__ = ["TOLERANCE", "Match", "Planned", "plan_arms"]

TOLERANCE = 0.01  # relative
ABATEMENT = 0.2  # share of the null's emissions, unless the file says otherwise
LARGEST, HALVINGS, MOST_REPLICATES = 64.0, 20, 64


@dataclass(frozen=True)
class Match:
    """How well the target was met on the search's replicates.

    Attributes
    ----------
    target, realised : float
        Present value of the additional public outlay (bn VND), or share of the null's emissions avoided.
    """

    target: float
    realised: float

    @property
    def off(self) -> float:
        """Relative distance."""
        return abs(self.realised / self.target - 1)


@dataclass(frozen=True)
class Planned:
    """One arm of a sweep.

    Attributes
    ----------
    pathway, policy : str
    budget_bn : float
        bn VND a year for the city (for a `site_budget_bn`: what a city would have, in proportion).
    arm : Arm
        With its scale factor, unless levers vary.
    match : Match or None
    """

    pathway: str
    policy: str
    budget_bn: float
    arm: Arm
    match: Match | None = None


def plan_arms(experiment: Experiment, threads: int | None = None) -> tuple[list[Planned], Case]:
    """Arms of an experiment; those without a programme at most once.

    Returns
    -------
    arms : list of Planned
    case : Case
        One of them with everything at default: scenario, shocks, parameters.
    """
    cases = Cases(experiment.seed, experiment.last_year)
    levers_vary = any(factor.lever for factor in experiment.factors)
    uncertain, levers = ({name: v for name, lever, v in experiment.constants if lever == kind} for kind in (False, True))
    labels, trials = [], []
    for pathway in experiment.pathways:
        for policy in experiment.policies:
            for budget in experiment.budgets_bn:
                labels.append((pathway, policy, budget))
                scale = 1.0 if levers_vary and experiment.scale is None else experiment.scale
                trials.append(Trial(
                    experiment.scenario, pathway, policy, experiment.law, budget_bn=budget,
                    site_budget_bn=experiment.site_budget_bn, uncertainties=uncertain, levers=levers,
                    shocks=experiment.shocks, scale=scale))  # fmt: skip
    prepared = cases.prepare(trials, threads)
    planned: list[Planned] = []
    alone: set[str] = set()
    for (pathway, policy, budget), case in zip(labels, prepared, strict=True):
        arm = case.arm
        if not arm.programmes:
            if pathway not in alone:
                planned.append(Planned(pathway, "", 0.0, arm))
            alone.add(pathway)
            continue
        if levers_vary and experiment.scale is None:
            arm = replace(arm, scale=None)  # every point of the design finds its own
        if experiment.site_budget_bn is not None:
            budget = arm.budget / case.place.site.budget_share / MVND_PER_BN
        planned.append(Planned(pathway, policy, budget, arm))
    if experiment.mode in ("equal-outlay", "equal-abatement"):
        if levers_vary:
            raise InputError("mode_levers", mode=experiment.mode)
        planned = _matched(experiment, planned, prepared[0], threads)
    return planned, prepared[0]


class _Search:
    """Realised figures of all arms at trial budgets."""

    def __init__(self, experiment: Experiment, case: Case, threads: int | None):
        year = int(experiment.last_year) - 1
        self.abatement = experiment.mode == "equal-abatement"
        name = f"tco2e_total_{year}" if self.abatement else f"pv_outlay_{year}"
        self.reader = Outcomes((name,), experiment.last_year)
        self.case, self.seed, self.threads = case, experiment.seed, threads
        self._laws: dict[str, Arm] = {}
        count = min(experiment.replicates, MOST_REPLICATES)
        self.ids = np.arange(experiment.first_replicate, experiment.first_replicate + count, dtype=np.int64)

    def __call__(self, arms: list[Arm]) -> np.ndarray:
        cases = [replace(self.case, arm=arm, null=self._alone(arm)) for arm in arms]
        cells = run_cells(cases, self.ids, self.seed, self.reader, threads=self.threads)
        shape = (len(arms), len(self.ids))
        own, null = np.nanmean(cells.values.reshape(shape), axis=1), np.nanmean(cells.null.reshape(shape), axis=1)
        return (null - own) / null if self.abatement else (own - null) / MVND_PER_BN

    def _alone(self, arm: Arm) -> Arm:
        """The law alone, one object per law."""
        return self._laws.setdefault(repr(arm.law), Arm("law", law=arm.law))


def _matched(experiment: Experiment, planned: list[Planned], case: Case, threads: int | None) -> list[Planned]:
    """Arms with budgets (and, where more money finds no takers, scale factors) that meet the target."""
    acting = [index for index, entry in enumerate(planned) if entry.arm.programmes]
    if not acting:
        return planned
    realise = _Search(experiment, case, threads)
    target = experiment.target
    if target is None:
        spent = realise([planned[index].arm for index in acting])
        target = ABATEMENT if realise.abatement else float(spent.min())  # what all can reach
        if not target > 0:
            raise InputError("target_nothing", pathway=planned[acting[int(spent.argmin())]].pathway)
    bases = [planned[index].arm for index in acting]
    top = [replace(arm, budget=arm.budget * LARGEST) for arm in bases]
    reach = realise(top)
    by_scale = (reach < target) & (experiment.scale is None)  # programmes act as written unless scaling was asked for
    if by_scale.any():
        reach = np.where(by_scale, realise([replace(arm, scale=10.0) for arm in top]), reach)
    for index, value in zip(acting, reach, strict=True):
        if value < target * (1 - TOLERANCE):
            raise InputError("target_unreached", pathway=planned[index].pathway, best=f"{value:.4g}", target=f"{target:.4g}")

    def at(u: np.ndarray) -> list[Arm]:
        """Arms at 0 (little money) to 1 (all of it): budgets, or scale factors, on a logarithmic scale."""
        return [
            replace(full, scale=float(arm.scale or 1.0) * power(10.0 / float(arm.scale or 1.0), x)) if scaled else
            replace(arm, budget=arm.budget * power(LARGEST, 2 * x - 1))
            for arm, full, scaled, x in zip(bases, top, by_scale, u, strict=True)
        ]  # fmt: skip

    low, high = np.zeros(len(bases)), np.ones(len(bases))
    best, best_off = np.ones(len(bases)), np.full(len(bases), np.inf)
    realised = np.array(reach, float)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        found = realise(at(middle))
        off = np.abs(found / target - 1)
        better = off < best_off
        best, best_off, realised = np.where(better, middle, best), np.minimum(off, best_off), np.where(better, found, realised)
        if (best_off <= 0.2 * TOLERANCE).all():
            break
        below = found < target
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    arms = at(best)
    matched = list(planned)
    for index, arm, value in zip(acting, arms, realised, strict=True):
        budget = arm.budget / case.place.site.budget_share / MVND_PER_BN
        matched[index] = replace(planned[index], budget_bn=budget, arm=arm, match=Match(float(target), float(value)))
    return matched
