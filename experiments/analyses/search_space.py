"""What `optimise` may choose: levers, when they begin, money, and for a city a pathway per cluster.

A point is a vector of numbers from 0 to 1, one per gene; `Space.arm` makes the experiment of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...model.levers import LEVERS
from ...model.sites_and_arms import MVND_PER_BN, Arm, Law, Programme, Schedule, Site
from ...model.vocabulary import TECHNOLOGIES

__all__ = ["Gene", "Space"]

FIRST_YEAR, LAST_START = 2020.0, 2030.0
HIGHEST_BUDGET = 300.0  # bn VND a year for the city, the upper end of the specification
FUNDS = ("fund_share_grants", "fund_share_symbiosis", "fund_share_infrastructure")
# groups of levers that begin together
GROUPS = {
    "knowledge": ("extension", "innovation_centre", "fairs"),
    "money": ("grants", "CIT_reduction", "interest_cut", "guarantee", "green_fund"),
    "exchange": ("coordinator", "map", "platform", "club", "study_aid", "symbiosis_grant"),
    "infrastructure": ("cofunding_infrastructure",),
}
GRANTS = tuple(f"grant_{name}" for name in TECHNOLOGIES)  # one gene: "grants"
PATHWAYS = ("null", "self-transition", "symbiosis", "combined")


@dataclass(frozen=True)
class Gene:
    """One number to choose.

    Attributes
    ----------
    name : str
    low, high : float
    kind : str
        "lever", "fund", "start", "budget", "scale" or "pathway" (an index).
    """

    name: str
    low: float
    high: float
    kind: str

    def value(self, u: float) -> float:
        """From 0-1 to the gene's own unit."""
        return float(self.low + np.clip(u, 0, 1) * (self.high - self.low))


def _levers_of(name: str) -> tuple[str, ...]:
    return GRANTS if name == "grants" else (name,)


@dataclass(frozen=True)
class Space:
    """What may be chosen for a site: its levers (one cluster), or a pathway for every cluster (a city).

    Attributes
    ----------
    site : Site
    law : Law
        The same for all that is tried.
    """

    site: Site
    law: Law = Law()

    @property
    def is_city(self) -> bool:
        return not self.site.one_cluster

    @cached_property
    def genes(self) -> tuple[Gene, ...]:
        starts = [Gene(f"start.{group}", FIRST_YEAR, LAST_START, "start") for group in GROUPS]
        money = [Gene("budget_bn", 10.0, HIGHEST_BUDGET, "budget")]
        if self.is_city:
            of_clusters = [Gene(f"pathway.{c.id}", 0, len(PATHWAYS), "pathway") for c in self.site.clusters]
            return (*money, Gene("scale", 1.0, 3.0, "scale"), *starts, *of_clusters)
        levers = []
        for name in (lever for group in GROUPS.values() for lever in group):
            entry = LEVERS[_levers_of(name)[0]]
            highest = entry.high if entry.cap is None else entry.cap
            levers.append(Gene(name, entry.baseline, highest, "lever"))
        return (*money, *levers, *(Gene(name, 0.0, 1.0, "fund") for name in FUNDS), *starts)

    def values(self, point: np.ndarray) -> dict[str, float]:
        """Genes by name in their own units; start years in quarters, fund shares adding up to 1."""
        chosen = {gene.name: gene.value(u) for gene, u in zip(self.genes, point, strict=True)}
        for gene in self.genes:
            if gene.kind == "start":
                chosen[gene.name] = round(chosen[gene.name] * 4) / 4
            elif gene.kind == "pathway":
                chosen[gene.name] = float(min(int(chosen[gene.name]), len(PATHWAYS) - 1))
        if not self.is_city:
            total = sum(chosen[name] for name in FUNDS)
            for name in FUNDS:
                chosen[name] = chosen[name] / total if total > 0 else 1 / len(FUNDS)
        return chosen

    def arm(self, point: np.ndarray, name: str) -> Arm:
        """The experiment of a point."""
        chosen = self.values(point)
        money = chosen["budget_bn"] * MVND_PER_BN * self.site.budget_share
        begins = {
            lever: Schedule(chosen[f"start.{group}"])
            for group, names in GROUPS.items()
            for part in names
            for lever in _levers_of(part)
        }
        if self.is_city:
            return self._city_arm(chosen, begins, money, name)
        levers = {lever: chosen[part] for names in GROUPS.values() for part in names for lever in _levers_of(part)}
        levers |= {fund: chosen[fund] for fund in FUNDS}
        programme = Programme(name, levers, schedules=begins, scalable=False)
        return Arm(name, (programme,), None, money, law=self.law)

    def _city_arm(self, chosen, begins, money: float, name: str) -> Arm:
        picks = [PATHWAYS[int(chosen[f"pathway.{cluster.id}"])] for cluster in self.site.clusters]
        used = [pathway for pathway in PATHWAYS[1:] if pathway in picks]
        programmes = []
        for pathway in used:
            base = self._programmes[pathway]
            mine = {lever: when for lever, when in begins.items() if lever in base.levers}
            programmes.append(replace(base, schedules={**base.schedules, **mine}))
        assignment = tuple(used.index(pathway) if pathway in used else -1 for pathway in picks)
        return Arm(name, tuple(programmes), assignment, money, chosen["scale"], self.law)

    @cached_property
    def _programmes(self) -> dict[str, Programme]:
        from ...scenarios import load_pathway

        return {pathway: load_pathway(pathway, self.site) for pathway in PATHWAYS[1:]}

    def pathways(self, point: np.ndarray) -> dict[str, str]:
        """Pathway of every cluster of a city."""
        chosen = self.values(point)
        return {c.id: PATHWAYS[int(chosen[f"pathway.{c.id}"])] for c in self.site.clusters} if self.is_city else {}
