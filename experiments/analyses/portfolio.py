"""Which cluster takes which pathway under one city budget.

Every cluster is first run alone with every pathway, at its share of the budget by firms and at a multiple of it.
An integer programme picks at most one pathway per cluster so that the sum is largest and the money lasts: who
serves fewer firms has more for each. The proposal is then run as a whole on fresh replicates, beside every
pathway for all and the shipped portfolio, because what is best of many noisy numbers looks better than it is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ...model.sites_and_arms import MVND_PER_BN
from ..errors import InputError
from ..statistics import difference, fieller, mean_interval
from .coalitions import by_run, estimate_columns, picked
from .effects import by_trial, effect
from .finding import Case, Finding, Progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AIMS", "CHOICES", "PortfolioFinding", "choose", "portfolio", "portfolio_text"]

AIMS = {"abatement": "abatement_2035", "certification": "level1_2035"}
CHOICES = ("self-transition", "symbiosis", "combined", "newly-planned")
DENSITIES = (1.0, 1.5, 2.0)  # money per firm served, over an even spread
YEAR = 2035
FRESH = 1_000_000
PUBLIC_RATE = 0.05
OUTCOMES = (f"abatement_{YEAR}", f"level1_{YEAR}", f"pv_outlay_{YEAR}", f"pv_social_cost_{YEAR}", f"abatement_pv_{YEAR}")


@dataclass(frozen=True)
class PortfolioFinding(Finding):
    """A finding with the portfolio that it proposes as a file that `compare` reads."""

    proposal: str = ""

    def files(self) -> dict[str, bytes]:
        """As `Finding.files`, and `portfolio.toml`."""
        return {**super().files(), "portfolio.toml": self.proposal.encode()}


@bordered
def portfolio(case: Case | None = None, *, aim: str = "abatement", progress: Progress = None) -> PortfolioFinding:
    """Propose a pathway per cluster.

    Parameters
    ----------
    case : Case, optional
        Default: Hanoi; its pathway does not count.
    aim : str
        One of `AIMS`: what the sum over clusters is made of.

    Returns
    -------
    PortfolioFinding
        Table: one row per cluster with what every pathway does there (mean of the replicates, evenly spread
        budget) and the choice. `data["arms"]`: the proposal and the others, run as a whole on fresh replicates.
    """
    from ...model.maths import annuity
    from ...scenarios import load_scenario

    case = case or Case("hanoi", replicates=4)
    if aim not in AIMS:
        raise InputError("not_one_of", name="--aim", value=aim, known=", ".join(AIMS))
    site = load_scenario(case.scenario).site
    firms = np.array([cluster.firms_2018 for cluster in site.clusters])
    # money has the same worth everywhere, so shares of the budget are shares of its present value
    years = YEAR + 1 - 2020
    purse = case.budget_bn * MVND_PER_BN if case.site_budget_bn is None else case.site_budget_bn * MVND_PER_BN
    purse *= (site.budget_share if case.site_budget_bn is None else 1.0) * annuity(PUBLIC_RATE, float(years))
    steps = len(site.clusters) * len(CHOICES) * len(DENSITIES) * case.replicates
    # the runs of the whole site that follow are as many clusters long
    total = steps + (len(CHOICES) + 2) * 2 * case.replicates * len(site.clusters)

    def tell(offset: int, weight: int):
        return None if progress is None else lambda n, _: progress(min(offset + n * weight, total), total)

    gains, costs = _alone(case, site, AIMS[aim], tell(0, 1))
    best: tuple[float, np.ndarray, float] | None = None
    for d, density in enumerate(DENSITIES):
        picks = choose(gains[:, d], costs[:, d], firms, firms.sum() / density, purse)
        worth = float(sum(gains[c, d, p] for c, p in enumerate(picks) if p >= 0))
        if best is None or worth > best[0] + 1e-9:
            best = worth, picks, density
    assert best is not None
    worth, picks, density = best
    text = portfolio_text(site, picks.tolist(), case, aim)
    arms = _together(case, site, text, tell(steps, len(site.clusters)))
    table = _table(site, gains[:, 0], costs[:, 0], picks)
    command = case_command(case, aim)
    facts = _facts(case, table, arms, aim) | {"predicted": worth, "density": density}
    return PortfolioFinding("portfolio", command, table, facts, {"arms": arms}, text)


def case_command(case: Case, aim: str) -> str:
    """The command line of a proposal; the pathway of the case does not count."""
    return case.command("portfolio", aim=aim)


def _alone(case: Case, site, outcome: str, progress) -> tuple[np.ndarray, np.ndarray]:
    """Gain and public outlay of every cluster run alone, shape (clusters, densities, choices)."""
    from ...scenarios import load_pathway

    trials = []
    # alone a cluster opens as many slots for its firms as in the city, not those that files keep for single clusters
    slots = {name: load_pathway(name, site).levers.get("planned_slots", 0.0) for name in CHOICES}
    own = {name: {"levers": {"planned_slots": number}} if number else {} for name, number in slots.items()}
    with tempfile.TemporaryDirectory() as folder:
        for cluster in site.clusters:
            alone = _one_cluster(case.scenario, cluster.id, site, Path(folder))
            for density in DENSITIES:
                money = _money(case, cluster.firms_2018 / site.firms_2018, density)
                trials += [case.trial(scenario=alone, pathway=name, **money, **own[name]) for name in CHOICES]
        frame = case.run(trials, tuple(dict.fromkeys((outcome, f"pv_outlay_{YEAR}"))), progress)
    shape = (len(site.clusters), len(DENSITIES), len(CHOICES))
    gain = by_trial(frame, effect(frame, outcome), len(trials)).reshape(shape)
    cost = by_trial(frame, effect(frame, f"pv_outlay_{YEAR}"), len(trials)).reshape(shape)
    return np.nan_to_num(gain, nan=-np.inf), np.nan_to_num(cost, nan=np.inf)


def _money(case: Case, share: float, density: float) -> dict[str, Any]:
    """Budget of a cluster: by firms, times the density; a city's own budget is shared by the model itself."""
    if case.site_budget_bn is None:
        return {"budget_bn": case.budget_bn * density, "site_budget_bn": None}
    return {"budget_bn": case.budget_bn, "site_budget_bn": case.site_budget_bn * share * density}


def _one_cluster(scenario: str, cluster: str, site, folder: Path) -> Path | str:
    """Scenario of one cluster of a site; the site itself if it has no other."""
    if site.one_cluster:
        return scenario
    from ...scenarios.library import is_path

    base = str(Path(scenario).resolve()) if is_path(scenario) else scenario
    path = folder / f"{cluster}.toml"
    # the literal string takes any path but one with a single quote, which TOML cannot hold that way
    path.write_text(f'type = "scenario"\nid = "{cluster}"\nextends = \'{base}\'\nselect = ["{cluster}"]\n', "utf-8")
    return path


def choose(gain: np.ndarray, cost: np.ndarray, firms: np.ndarray, most_firms: float, purse: float) -> np.ndarray:
    """At most one pathway per cluster, the largest sum of gains that firms and purse allow.

    Parameters
    ----------
    gain, cost : numpy.ndarray
        Shape (clusters, choices); cost in mVND.
    firms : numpy.ndarray
        Shape (clusters,).
    most_firms : float
        Firms that may be served.
    purse : float
        mVND, for all clusters together.

    Returns
    -------
    numpy.ndarray of int
        Shape (clusters,): index of the choice, -1 for none.
    """
    from scipy.optimize import LinearConstraint, milp

    clusters, choices = gain.shape
    usable = np.isfinite(gain) & np.isfinite(cost)
    one = np.kron(np.eye(clusters), np.ones(choices))
    rows = np.vstack([one, np.repeat(firms, choices), np.where(usable, np.maximum(cost, 0.0), 0.0).ravel()])
    limits = np.concatenate([np.ones(clusters), [most_firms * (1 + 1e-9), purse]])
    found = milp(
        -np.where(usable, gain, 0.0).ravel(), constraints=LinearConstraint(rows, -np.inf, limits),
        integrality=np.ones(gain.size), bounds=(0, np.where(usable & (gain > 0), 1, 0).ravel()),
    )  # fmt: skip
    taken = found.x.reshape(clusters, choices) > 0.5
    return np.where(taken.any(axis=1), taken.argmax(axis=1), -1)


def portfolio_text(site, picks: Sequence[int], case: Case, aim: str) -> str:
    """The proposal as a portfolio file; firms outside follow what most firms of clusters do."""
    names = [CHOICES[p] if p >= 0 else "null" for p in picks]
    firms = [sum(c.firms_2018 for c, own in zip(site.clusters, names, strict=True) if own == name) for name in names]
    default = names[int(np.argmax(firms))]
    lines = [
        'type = "portfolio"', 'id = "proposal"',
        'title = { vi = "Danh mục đề xuất", en = "Proposed portfolio" }',
        f'note = "Found for {aim} by: {case_command(case, aim)}"'.replace("\\", "/"),
        f'default = "{default}"', "", "[clusters]",
        *(f'{cluster.id} = "{name}"' for cluster, name in zip(site.clusters, names, strict=True) if name != default),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _together(case: Case, site, text: str, progress) -> pd.DataFrame:
    """The proposal, every pathway for all, and the shipped portfolio where it fits, on fresh replicates."""
    import pandas as pd

    from ...scenarios import ScenarioError, load_portfolio

    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "proposal.toml"
        own.write_text(text, encoding="utf-8")
        arms: dict[str, str | Path] = {"proposal": own, **{name: name for name in CHOICES}}
        try:
            load_portfolio("by-sector", site)
            arms["by-sector"] = "by-sector"
        except ScenarioError:
            pass  # it names clusters that this site does not have
        trials = [case.trial(pathway=pathway) for pathway in arms.values()]
        frame = case.run(trials, OUTCOMES, progress, first_replicate=FRESH, replicates=2 * case.replicates)
    runs = {name: by_run(frame, effect(frame, name), len(trials), FRESH) for name in OUTCOMES}
    rows = []
    for i, arm in enumerate(arms):
        row: dict[str, object] = {"arm": arm}
        for name in OUTCOMES:
            row |= estimate_columns(name, mean_interval(runs[name][i]))
            row |= estimate_columns(f"{name}.less", difference(runs[name][0], runs[name][i]))
        tonnes = runs[f"abatement_pv_{YEAR}"][i]
        for line, money in (("gross", f"pv_outlay_{YEAR}"), ("social", f"pv_social_cost_{YEAR}")):
            row |= estimate_columns(f"cost_{line}_per_tonne", fieller(runs[money][i], tonnes))
        rows.append(row)
    return pd.DataFrame(rows)


def _table(site, gain, cost, picks) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for c, cluster in enumerate(site.clusters):
        mix = dict(cluster.mix or {})
        main = max(mix, key=mix.__getitem__) if mix else ""
        rows.append(
            {
                "cluster": cluster.id, "name": cluster.name, "firms": cluster.firms_2018, "shared_land": cluster.shared_land,
                "sector": main, "pathway": CHOICES[picks[c]] if picks[c] >= 0 else "null",
                **{f"gain.{name}": gain[c, p] for p, name in enumerate(CHOICES)},
                **{f"outlay.{name}": cost[c, p] for p, name in enumerate(CHOICES)},
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _facts(case: Case, table, arms, aim: str) -> dict:
    outcome = AIMS[aim]
    own, others = arms.iloc[0], arms.iloc[1:]
    rival = others.loc[others[outcome].idxmax()]
    count = table["pathway"].value_counts()
    return {
        "scenario": case.scenario, "budget_bn": case.budget_bn, "aim": aim, "outcome": outcome, "replicates": case.replicates,
        "counts": {name: int(count.get(name, 0)) for name in (*CHOICES, "null")}, "clusters": len(table),
        "own": picked(own, outcome), "own_outlay": picked(own, f"pv_outlay_{YEAR}"),
        "rival": rival["arm"], "rival_value": picked(rival, outcome), "rival_outlay": picked(rival, f"pv_outlay_{YEAR}"),
        "ahead": picked(rival, f"{outcome}.less"),
    }  # fmt: skip
