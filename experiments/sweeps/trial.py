"""How one run goes: a trial is an experiment without its replicate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...model.border import bordered
from ...model.renamed import BUDGETS, renamed
from ...model.sites_and_arms import Arm, Law, Schedule

__all__ = ["Trial"]


@renamed(BUDGETS)
@bordered
@dataclass(frozen=True)
class Trial:
    """One experiment without its replicate.

    Attributes
    ----------
    scenario : str or Path
        Id of a site that ships, or a scenario file.
    pathway : str, Path or Arm
        Id or file of a pathway or portfolio; or an arm made by hand, which brings its own programmes and budget, so
        that `policy`, `budget_bn` and `site_budget_bn` do not count. The null has no programme, whatever the levers.
    policy : str or Path
    law : str, Path or Law
        Of 2020 and later, the same for the trial and its matched null; levers of the law that the policy or `levers`
        hold replace its own in both.
    tries_law : bool
        Are those levers of the law what is tried? Then the matched null is without them; what they cost counts.
    budget_bn : float
        bn VND a year for the city; the site gets its share by firms.
    site_budget_bn : float, optional
        bn VND a year for the site instead.
    uncertainties : mapping
        Parameters by registry name, over those of the scenario file. If exit rates are among them, arrivals follow
        (`ecocluster.model.parameters.matched_arrivals`) unless `arrival_base` is given too.
    levers : mapping
        Levers of the law and of the programmes instead of what these hold, everywhere but inside planned clusters; a
        key ``planned.LEVER`` is meant for those.
    schedules : mapping of str to Schedule
        When a lever acts, instead of the programmes' own schedule.
    shocks : str or Path, optional
        Script of shocks; default: that of the scenario.
    scale : float, optional
        Scale factor of the programmes, > 0; 1: as written. None: found by pilots at default uncertainties and with the
        scenario's shocks, once for all trials with the same scenario, pathway, policy, budget, levers and schedules.
    replicate : int
        Luck from which the replicates count: replicate `r` of `run_trials` is that of number `replicate + r`. A world
        (`ecocluster.experiments.worlds`) brings the luck with which it was kept.
    """

    scenario: str | Path = "nguyen-khe"
    pathway: str | Path | Arm = "null"
    policy: str | Path = "vietnam-2020"
    law: str | Path | Law = "middle"
    tries_law: bool = False
    budget_bn: float = 150.0
    site_budget_bn: float | None = None
    uncertainties: Mapping[str, float] = field(default_factory=dict)
    levers: Mapping[str, float] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    shocks: str | Path | None = None
    scale: float | None = 1.0
    replicate: int = 0
