"""From an experiment to a plan: points, arms, work, chunks and stages; and the same plan again from a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...scenarios.given import path_of
from ..errors import InputError, check_number
from ..question import MAX_SEED
from .chunks import JOINED_FACTORS, Chunk, Work, chunk_sizes, chunks_of, differences, versions
from .designs import Design, Factor, count_points, make_points, read_points
from .experiment import Experiment
from .former_ranges import FormerRange
from .modes import plan_arms
from .ranges import Range, unknown
from .store import Store

__all__ = ["LOOKS", "Plan", "Until", "open_results", "opened", "plan_of", "plan_sweep"]

MAX_RUNS = 10**8  # of a single cluster a week on a hundred processors
LOOKS = 7  # at 1, 2, 4, ... 64 times the replicates of the file


@dataclass(frozen=True)
class Until:
    """Add replicates until the interval of an effect is narrow enough.

    Attributes
    ----------
    outcome : str
    half_width : float
        Of the interval of the mean paired difference to the null: in units of the outcome for shares, else relative
        to the mean of the null.
    looks : int
        The interval is looked at after each doubling of the replicates and at no other time; each look has 1/looks of
        the 5 % (Bonferroni: the simplest of the spending plans of Lan and DeMets, Biometrika 70 (1983) 659), so that
        stopping early does not make the interval too short.
    """

    outcome: str
    half_width: float
    looks: int = LOOKS


@dataclass(frozen=True)
class Plan:
    """What a sweep will do.

    Attributes
    ----------
    work : Work
    points : (points, factors) float64
    sizes : (int, int)
        Points and replicates of a chunk.
    stages : tuple of (int, int)
        First replicate and number of replicates.
    until : Until or None
    about : dict
        For the manifest.
    keep_points : bool
        Do the points come from a table?
    """

    work: Work
    points: np.ndarray
    sizes: tuple[int, int]
    stages: tuple[tuple[int, int], ...]
    until: Until | None
    about: dict[str, Any]
    keep_points: bool = False

    def chunks(self, stage: int | None = None) -> Iterator[Chunk]:
        """Chunks of one stage, or of all."""
        number = 0
        for index, replicates in enumerate(self.stages):
            for chunk in chunks_of(len(self.points), self.sizes, replicates, number):
                number = chunk.number + 1
                if stage in (None, index):
                    yield chunk

    def number_of_chunks(self) -> int:
        """How many `chunks` there are, not counted by walking through them."""
        return sum(-(-len(self.points) // self.sizes[0]) * -(-count // self.sizes[1]) for _, count in self.stages)

    def runs(self, stages: int | None = None) -> int:
        """Runs of the first stages, or of all; nulls are not counted."""
        return len(self.points) * len(self.work.arms) * sum(count for _, count in self.stages[:stages])

    def runs_of(self, chunk: Chunk) -> int:
        """Runs of a chunk."""
        return chunk.points * chunk.replicates * len(self.work.arms)


def plan_sweep(
    experiment: Experiment, until_ci: float | None = None, outcome: str | None = None, threads: int | None = None
) -> Plan:
    """Plan of an experiment; scale factors and matched budgets are found here, by pilots.

    Parameters
    ----------
    experiment : Experiment
    until_ci : float, optional
        `Until.half_width`.
    outcome : str, optional
        Whose interval; default: the first outcome of the experiment.
    threads : int, optional
        Of the pilots.
    """
    until = None
    if until_ci is not None:
        check_number("--until-ci", until_ci, 1e-9, 1.0)
        if outcome is not None and outcome not in experiment.outcomes:
            raise unknown("--outcome", outcome, experiment.outcomes)
        if not experiment.paired:
            raise InputError("until_unpaired")
        until = Until(outcome or experiment.outcomes[0], float(until_ci))
    elif outcome is not None:
        raise InputError("until_outcome")
    table = experiment.design.kind == "table"
    if table:
        points = read_points(path_of(experiment.design.file), {factor.name: factor.range for factor in experiment.factors})[1]
    else:
        _check_size(count_points(experiment.design, experiment.factors), experiment)  # before they are made
        points = make_points(experiment.design, experiment.factors, experiment.seed)
    _check_size(len(points), experiment)
    arms, case = plan_arms(experiment, threads)
    work = Work(
        site=case.place.site,
        parameters=dict(case.place.parameters),
        shocks=case.shocks,
        arms=tuple(entry.arm for entry in arms),
        labels=tuple((entry.pathway, entry.policy, entry.budget_bn) for entry in arms),
        factors=tuple((factor.name, factor.lever) for factor in experiment.factors),
        constants=experiment.constants,
        scale=experiment.scale,
        outcomes=experiment.outcomes,
        last_year=experiment.last_year,
        seed=experiment.seed,
        paired=experiment.paired,
        traces=experiment.traces,
        joined=len(experiment.factors) <= JOINED_FACTORS,
        versions=versions(),
    )
    first, count = experiment.first_replicate, experiment.replicates
    stages: tuple[tuple[int, int], ...] = ((first, count),)
    if until is not None:  # every look doubles what was there before
        stages += tuple((first + (count << k), count << k) for k in range(until.looks - 1))
    sizes = chunk_sizes(work.site, work.last_year, len(work.arms), count)
    about: dict[str, Any] = {
        "scenario": experiment.scenario,
        "law": experiment.law,
        "arms": [
            {"pathway": entry.pathway, "policy": entry.policy, "budget": entry.budget_bn, "scale": entry.arm.scale,
             "match": None if entry.match is None else asdict(entry.match)}
            for entry in arms
        ],
        "mode": experiment.mode,
        "design": asdict(experiment.design) | {"file": Path(experiment.design.file).name},
        "factors": [asdict(factor) for factor in experiment.factors],
        "points": len(points),
        "sizes": list(sizes),
        "stages": [list(stage) for stage in stages],
        "until": None if until is None else asdict(until),
    }  # fmt: skip
    return Plan(work, points, sizes, stages, until, about, table)


def _check_size(points: int, experiment: Experiment) -> None:
    """Refuse what nobody could wait for, before anything is counted by walking through it."""
    several = len(experiment.pathways) * len(experiment.policies) * len(experiment.budgets_bn)
    runs = points * several * experiment.replicates
    check_number("runs of the sweep (points x arms x replicates)", runs, 1, MAX_RUNS, whole=True)


def plan_of(store: Store) -> Plan:
    """Plan of the sweep in a folder: nothing but the folder is needed.

    Raises
    ------
    InputError
        If the manifest or the work lacks something that this version needs, or holds what it does not know.
    """
    try:
        return _read_plan(store)
    except InputError as error:
        if error.key != "sweep_points" or store.manifest["versions"] == versions():
            raise
        raise InputError("sweep_unopened", path=store.name, found=differences(versions(), store.manifest["versions"])) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # pydantic's is a ValueError
        if store.manifest["versions"] != versions():  # their manifest or work has other fields
            found = differences(versions(), store.manifest["versions"])
            raise InputError("sweep_unopened", path=store.name, found=found) from error
        raise InputError("sweep_manifest", path=store.name) from error


def opened(out: str | os.PathLike, to_write: bool = False) -> tuple[Store, Plan]:
    """A sweep whose chunks have been looked at and left where they are; `to_write`: it is to be gone on with, or joined."""
    store = Store(out)
    store.load(to_write)
    plan = plan_of(store)
    store.look(plan.chunks(), set_aside=False)
    return store, plan


def open_results(out: str | os.PathLike) -> tuple[Store, Plan]:
    """A sweep with finished runs, to be read.

    Raises
    ------
    InputError
        If there is none.
    """
    store, plan = opened(out)
    if not store.done:
        raise InputError("sweep_empty", path=store.name)
    return store, plan


def _read_plan(store: Store) -> Plan:
    manifest = store.manifest
    spread = Range if store.baseline == "law" else FormerRange
    factors = tuple(Factor(spread(**entry["range"]), entry["lever"], tuple(entry["values"])) for entry in manifest["factors"])
    seed = check_number("seed", manifest["seed"], 0, MAX_SEED, whole=True)
    points = store.points(lambda: make_points(Design(**manifest["design"]), factors, seed))
    until = None if manifest["until"] is None else Until(**manifest["until"])
    work = Work.from_bytes(store.work())
    if len(manifest["arms"]) != len(work.arms) or not all("match" in arm for arm in manifest["arms"]):
        raise KeyError("arms")
    return Plan(work, points, tuple(manifest["sizes"]), tuple(tuple(stage) for stage in manifest["stages"]), until, manifest)
