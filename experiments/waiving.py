"""What waiving a criterion of level 1 would gain: the same draws again without it.

How many clusters miss a criterion does not tell this, since most of them miss several, and operators act on what they
lack.

    from ecocluster.experiments.waiving import waiving
    found = waiving("hanoi", ("symbiosis", "monitoring"), worlds=20)
    found.table  # one row per criterion and pathway
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import statistics
from .columns import YEARS
from .errors import InputError
from .folder import write_folder
from .preparing import prepare, refuse_unpaid, worlds_of
from .question import PATHWAYS, Question, ask, command_line
from .spread import by_world
from .spreadsheet import csv_bytes
from .sweeps.ranges import unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

__all__ = ["WORLDS", "Waiving", "waiving"]

WORLDS = 20  # where nothing else is said: every criterion is a comparison of its own


@dataclass(frozen=True)
class Waiving:
    """What waiving gains.

    Attributes
    ----------
    question : Question
    year : int
    arms, criteria : tuple of str
    clusters : dict of str to Estimate
        Existing clusters at level 1 as the criteria are, by arm.
    gains : dict of (str, str) to Estimate
        More of them where one is waived, by criterion and arm; paired by world, 95 % interval of the mean.
    one_cluster : bool
        Is the site a single cluster? Then its certificates are a share of the runs.
    """

    question: Question
    year: int
    arms: tuple[str, ...]
    criteria: tuple[str, ...]
    clusters: dict[str, statistics.Estimate]
    gains: dict[tuple[str, str], statistics.Estimate]
    one_cluster: bool

    @property
    def command(self) -> str:
        """The command line that gives these numbers again."""
        return command_line("waiving", self.question.asked, {"criteria": self.criteria, "year": self.year})

    @property
    def most(self) -> tuple[str, str] | None:
        """Criterion and arm of the largest gain that is none of chance, so many being looked at; the null apart."""
        looked_at = {place: gain for place, gain in self.gains.items() if place[1] != "null"}
        sure = {place: gain.mean for place, gain in looked_at.items() if _surely_positive(gain, len(looked_at))}
        return max(sure, key=sure.__getitem__) if sure else None

    @property
    def table(self) -> pd.DataFrame:
        """One row per criterion and pathway: ``clusters_level1``, ``gain`` and its 95 % interval ``low``, ``high``."""
        import pandas as pd

        rows = [{"criterion": name, "pathway": arm, "clusters_level1": self.clusters[arm].mean, "gain": gain.mean,
                 "low": gain.low, "high": gain.high} for (name, arm), gain in self.gains.items()]  # fmt: skip
        return pd.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """As nested dicts of numbers, texts and None."""

        def plain(estimate: statistics.Estimate) -> dict[str, Any]:
            return {key: None if value != value else value for key, value in asdict(estimate).items()}

        return {
            "scenario": self.question.scenario, "command": self.command, "year": self.year, "law": self.question.law,
            "worlds": self.question.worlds or None, "replicates": self.question.replicates,
            "clusters_level1": {arm: plain(found) for arm, found in self.clusters.items()},
            "gain": {name: {arm: plain(self.gains[name, arm]) for arm in self.arms} for name in self.criteria},
        }  # fmt: skip

    def write(self, out: str | Path) -> Path:
        """Write table and JSON into a folder, whole or not at all."""
        files = {
            "waiving.csv": csv_bytes(self.table),
            "waiving.json": (json.dumps(self.to_json(), indent=1, allow_nan=False) + "\n").encode(),
        }
        return write_folder(out, files, {"command": self.command})


def _count(values: np.ndarray, most: int) -> statistics.Estimate:
    """Mean number of clusters; of a single cluster that has it or not in every run a proportion."""
    if most == 1 and np.isin(values[np.isfinite(values)], (0.0, 1.0)).all():
        return statistics.proportion_interval(values)
    return statistics.mean_interval(values, (0.0, float(most)))


def _surely_positive(gain: statistics.Estimate, looked_at: int) -> bool:
    """Is the mean above 0 by an interval that is wide enough for all that are looked at (Bonferroni)?"""
    if not gain.runs > 1 or not gain.mean > 0:
        return False
    wide, plain = (statistics.t_quantile(gain.runs - 1, 1 - 0.05 / count) for count in (looked_at, 1))
    return gain.mean - (gain.mean - gain.low) * wide / plain > 0


def waiving(
    scenario: str = "hanoi", criteria: Sequence[str] = (), pathways: Sequence[str] = PATHWAYS, *, year: int = 2035,
    threads: int | None = None, progress: Callable[[int, int], None] | None = None, **asked: Any,
) -> Waiving:  # fmt: skip
    """Existing clusters at level 1 as the criteria are, and more of them if one is waived, paired by world.

    Parameters
    ----------
    scenario, pathways, **asked
        As in `compare` (policy, law, worlds, fixed, replicates, budget_bn, site_budget_bn, seed, levers); 20 worlds where nothing
        else is said.
    criteria : sequence of str
        Of `ecocluster.model.indicators.LEVEL_1`; default: all of them, one after the other.
    year : int
        2030, 2035 or 2045.
    threads : int, optional
        The result does not depend on it.
    progress : callable, optional
        Called with (comparisons done, comparisons in all).

    Raises
    ------
    InputError
        For a criterion or a year that is not known, and whatever `compare` refuses.
    """
    from ..model.ensemble import run_ensemble
    from ..model.indicators import LEVEL_1, evaluate
    from ..scenarios import load_shocks
    from .kept_runs import keeping

    for index, name in enumerate(criteria):
        if name not in LEVEL_1:
            raise unknown("--criteria", name, LEVEL_1)
        if name in criteria[:index]:
            raise InputError("duplicate", kind="--criteria", value=name)
    if year not in YEARS:
        raise InputError("not_one_of", name="--year", value=year, known=", ".join(map(str, YEARS)))
    if not asked.get("fixed") and asked.get("worlds") is None:
        asked["worlds"] = WORLDS
    question = ask(scenario, pathways, **asked)
    loaded, arms = prepare(question)
    shocks, waived = load_shocks(loaded.shocks), tuple(criteria) or LEVEL_1

    def certified(step: int, **more: float) -> np.ndarray:
        """Shape (arms, worlds)."""
        if progress is not None:
            progress(step, len(waived) + 1)
        parameters = {**(loaded.parameters or {}), **more}
        runs = run_ensemble(loaded.site, arms, replicates=question.replicates, seed=question.seed, threads=threads,
                            parameters=parameters, shocks=shocks, worlds=worlds_of(question, parameters), make=keeping(loaded.site))  # fmt: skip
        if question.levers:
            refuse_unpaid(question, runs)
        counted = evaluate(runs)[f"clusters_level1_{year}"].to_numpy().reshape(len(arms), -1)
        return by_world(np.where(runs.failed == 0, counted, np.nan), runs.worlds)

    before, most = certified(0), float(len(loaded.site.clusters))
    gains: dict[tuple[str, str], Any] = {}
    for step, name in enumerate(waived, 1):
        after = certified(step, **{f"waive_{name}": 1.0})
        gains |= {
            (name, arm.name): statistics.mean_interval(now - was, (-most, most))
            for arm, was, now in zip(arms, before, after, strict=True)
        }
    clusters = {arm.name: _count(was, len(loaded.site.clusters)) for arm, was in zip(arms, before, strict=True)}
    return Waiving(question, year, tuple(arm.name for arm in arms), waived, clusters, gains, loaded.site.one_cluster)
