"""Which pathway each cluster should take, one answer per outcome, found in worlds that judge nothing.

Every pathway is run for the whole city at several budgets. What it changes beyond the law alone is read where all have
spent the same (in each world what the thriftiest spends at its largest budget), cluster by cluster, booked to the firms'
origin (`model.phases.origins`); a cluster takes the pathway that lowers the outcome most in the mean over worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..columns import YEARS
from ..worlds import stored

__all__ = ["OUTCOMES", "YEAR", "Assigned", "assign", "at_outlay", "choose_each"]

OUTCOMES = ("cod", "tco2e", "landfill")  # the first of `model.state.BOOKED`; less is better
YEAR = 2035  # flows and outlay are added up to the end of this year


@dataclass(frozen=True)
class Assigned:
    """What was found.

    Attributes
    ----------
    clusters : dict of str to dict of str to str
        Outcome to cluster to pathway.
    single : dict of str to str
        Outcome to the pathway that lowers it most if all clusters take the same.
    """

    clusters: Mapping[str, Mapping[str, str]]
    single: Mapping[str, str]

    def write(self, folder: Path) -> dict[str, Path]:
        """One portfolio file per outcome, by outcome."""
        files = {}
        for outcome, clusters in self.clusters.items():
            lines = ['type = "portfolio"', f'id = "each-by-{outcome}"', f'default = "{self.single[outcome]}"', "[clusters]",
                     *(f'"{cluster}" = "{pathway}"' for cluster, pathway in clusters.items())]  # fmt: skip
            files[outcome] = folder / f"each-by-{outcome}.toml"
            files[outcome].write_text("\n".join(lines) + "\n", encoding="utf-8")
        return files


def at_outlay(outlay: np.ndarray, change: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Change where a ladder of budgets has spent `at`, linear between its steps and from (0, 0).

    Parameters
    ----------
    outlay : (steps, worlds) float64
    change : (steps, worlds, ...) float64
    at : (worlds,) float64
        At most the largest outlay of the ladder, in each world.

    Returns
    -------
    (worlds, ...) float64
    """
    found = np.empty(change.shape[1:])
    for world, x in enumerate(at):
        steps = np.concatenate([[0.0], outlay[:, world]])
        values = np.concatenate([np.zeros_like(change[:1, world]), change[:, world]])
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[order]
        upper = int(np.clip(np.searchsorted(steps, x), 1, steps.size - 1))
        low, high = steps[upper - 1], steps[upper]
        part = 1.0 if high == low else min((x - low) / (high - low), 1.0)
        found[world] = values[upper - 1] + part * (values[upper] - values[upper - 1])
    return found


def choose_each(outlay: np.ndarray, change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best pathway of every origin, and the best one for all, at equal outlay.

    Parameters
    ----------
    outlay : (pathways, steps, worlds) float64
        Above the law alone.
    change : (pathways, steps, worlds, origins, outcomes) float64
        Of the flows, likewise.

    Returns
    -------
    each : (outcomes, origins) int64
    single : (outcomes,) int64
    """
    at = outlay.max(axis=1).min(axis=0)
    mean = np.stack([at_outlay(x, y, at) for x, y in zip(outlay, change, strict=True)]).mean(axis=1)
    return mean.argmin(axis=0).T, mean.sum(axis=1).argmin(axis=0)


def assign(
    scenario: str | Path,
    pathways: Sequence[str],
    budgets_bn: Sequence[float],
    worlds: tuple[int, int],
    law: str = "middle",
    seed: int = 1,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Assigned:
    """Run the pathways and choose.

    Parameters
    ----------
    scenario : str or Path
    pathways : sequence of str
    budgets_bn : sequence of float
        Bn VND a year for the city.
    worlds : (first, last) of int
        Counted from 1.
    law : str
    seed : int
        Of the luck.
    """
    from ...model.ensemble import run_ensemble
    from ...model.indicators import evaluate
    from ...model.sites_and_arms import NO_LAW, Arm
    from ...scenarios import choose_arm, load_scenario, load_shocks

    loaded = load_scenario(scenario)
    arms = [Arm("null", law=NO_LAW), choose_arm("law", loaded.site, "vietnam-2020", budget_bn=0.0, law=law)]
    arms += [choose_arm(name, loaded.site, "vietnam-2020", budget_bn=budget, law=law) for name in pathways for budget in budgets_bn]
    runs = run_ensemble(
        loaded.site, arms, worlds=stored().some(*worlds, loaded.parameters), seed=seed, threads=threads,
        shocks=load_shocks(loaded.shocks), last_year=YEAR + 1, progress=progress,
    )  # fmt: skip
    outlay = evaluate(runs)[f"pv_outlay_{YEAR}"].to_numpy(float).reshape(len(arms), -1)
    assert runs.by_origin is not None
    flows = runs.by_origin[:, :, YEARS.index(YEAR), :, : len(OUTCOMES)]
    fine = ~runs.failed.any(axis=0)
    shape = (len(pathways), len(budgets_bn), int(fine.sum()))
    each, single = choose_each(
        (outlay[2:, fine] - outlay[1, fine]).reshape(shape), (flows[2:, fine] - flows[1, fine]).reshape(*shape, *flows.shape[2:])
    )
    ids = [cluster.id for cluster in loaded.site.clusters]  # the last origin is the world outside: nobody's choice
    clusters = {name: {c: pathways[k] for c, k in zip(ids, row, strict=False)} for name, row in zip(OUTCOMES, each, strict=True)}
    return Assigned(clusters, {name: pathways[k] for name, k in zip(OUTCOMES, single, strict=True)})
