"""What is asked of a comparison, and the command that asks it."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.renamed import BUDGETS, renamed

__all__ = ["PATHWAYS", "Question"]

PATHWAYS = ("null", "law", "self-transition", "symbiosis", "newly-planned", "combined")


@renamed(BUDGETS)
@dataclass(frozen=True)
class Question:
    """What was asked: everything that decides the numbers, and nothing else (no threads, no folder).

    Attributes
    ----------
    scenario, policy : str
    pathways : tuple of str
        The null first, then the law alone.
    replicates, seed : int
        Replicates of each world, or of the defaults.
    budget_bn : float
        bn VND a year for the city.
    site_budget_bn : float or None
        bn VND a year for this site; None: its share of the city's budget by firms.
    worlds : int
        Kept draws of all uncertain parameters (`ecocluster.experiments.worlds`); 0: the defaults, chance only.
    levers : tuple of (str, float)
        Levers of the law and of all programmes instead of what these hold, as in
        `ecocluster.experiments.sweeps.trials.Trial`; never scaled, and paid in full.
    law : str
        Of 2020 and later, the same for every arm but the null.
    scale : float or None
        Scale factor of the programmes, 1: as written; None: found by pilots.
    equal : bool
        Are the pathways compared at equal outlay as well?
    tuned : str or None
        Aim (`tuned.AIMS`) for which each programme is at its best; None: as written.
    """

    scenario: str
    pathways: tuple[str, ...]
    policy: str
    replicates: int
    seed: int
    budget_bn: float
    site_budget_bn: float | None
    worlds: int = 0
    levers: tuple[tuple[str, float], ...] = ()
    law: str = "middle"
    scale: float | None = 1.0
    equal: bool = False
    tuned: str | None = None

    @property
    def command(self) -> str:
        """The command line that gives these numbers again."""
        options = [f"--pathways {','.join(self.pathways)}"] if self.pathways != PATHWAYS else []
        options += [f"--policy {self.policy}"] if self.policy != "vietnam-2020" else []
        options += [f"--law {self.law}"] if self.law != "middle" else []
        if self.worlds:
            options += [f"--worlds {self.worlds}"] + ([f"--replicates {self.replicates}"] if self.replicates > 1 else [])
        else:
            options += [f"--fixed --replicates {self.replicates}"]
        options += [f"--budget {self.budget_bn:g}"]
        options += [f"--site-budget {self.site_budget_bn:g}"] if self.site_budget_bn is not None else []
        options += [f"--set {name}={value:.12g}" for name, value in self.levers]
        options += [f"--scale {'auto' if self.scale is None else f'{self.scale:g}'}"] if self.scale != 1.0 else []
        options += ["--equal-outlay"] if self.equal else []
        options += [f"--tuned {self.tuned}"] if self.tuned else []
        options += [f"--seed {self.seed}"]
        return " ".join(["ecocluster compare", self.scenario, *options])
