"""A sweep that was run before, as the analyses read it: points, arms, and the mean effect of an arm at every point."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .effects import by_trial, columns_of, effect
from .finding import Case

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Sweep", "read_sweep"]


@dataclass(frozen=True)
class Sweep:
    """Points and runs of a finished (or half finished) sweep.

    Attributes
    ----------
    path : str
    scenario : str
    kind : str
        Of the design, see `sweeps.designs.Design`.
    second_order : bool
        Of a "saltelli" design.
    seed, replicates : int
    names : tuple of str
        What was varied.
    values, unit : (P, K) float64
        Points as values, and as probabilities of the ranges (nan where a factor has a list of values, or the points
        come from a table).
    frame : pandas.DataFrame
        Runs that did not fail, with ``arm`` (see `arms`) and ``trial`` (number of the point).
    failed : int
    one_cluster : bool
        As in `Case`.
    """

    path: str
    scenario: str
    kind: str
    second_order: bool
    seed: int
    replicates: int
    names: tuple[str, ...]
    values: np.ndarray
    unit: np.ndarray
    frame: pd.DataFrame
    failed: int
    one_cluster: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        """Pathways, with policy and budget where the sweep has several of one; not what they are measured against."""
        return tuple(name for name in self.frame["arm"].unique() if name not in ("null", "law"))

    def arm(self, name: str | None) -> str:
        """The arm of that name; without a name the last one of the sweep."""
        from ..sweeps.ranges import unknown

        if name is None:
            return self.arms[-1]
        if name not in self.arms:
            raise unknown("--pathway", name, self.arms)
        return name

    def case(self, arm: str) -> Case:
        """The case that the sweep is about."""
        return Case(self.scenario, pathway=arm, replicates=self.replicates, seed=self.seed)

    def means(self, arm: str, outcome: str) -> np.ndarray:
        """Mean effect of an arm at every point, shape (P,); nan where no run is left.

        Raises
        ------
        InputError
            If the sweep did not keep the outcome.
        """
        for column in columns_of([outcome]):
            if column not in self.frame.columns:
                raise InputError("not_stored", path=self.path, value=column)
        rows = self.frame[self.frame["arm"] == arm]
        return by_trial(rows, effect(rows, outcome), len(self.values))

    def need(self, kinds: Sequence[str]) -> None:
        """Refuse a design that an analysis cannot use."""
        if self.kind not in kinds:
            raise InputError("wrong_design", path=self.path, value=self.kind, kinds=", ".join(kinds))


def read_sweep(path: str | os.PathLike) -> Sweep:
    """Read the folder (or URL) of a sweep; nothing in it is changed.

    Raises
    ------
    InputError
        If there is no sweep, it has no runs, or its effects are not those above the law alone.
    """
    from ..sweeps.plans import plan_of
    from ..sweeps.results import load
    from ..sweeps.store import Store

    frame = load(path)
    if frame.attrs["baseline"] != "law":
        raise InputError("sweep_before_law", path=path)
    store = Store(path)
    store.load(to_write=False)
    plan = plan_of(store)
    about = plan.about
    for column in ("pathway", "policy"):
        frame[column] = frame[column].astype(str)
    pairs = frame[["pathway", "policy", "budget_bn"]].drop_duplicates()
    full = frame["pathway"] + " " + frame["policy"] + " " + frame["budget_bn"].map("{:g}".format)
    several = pairs["pathway"].duplicated().any()
    frame["arm"] = np.where(frame["pathway"].isin(("null", "law")) | ~np.bool_(several), frame["pathway"], full)
    fine = frame["failed"] == ""
    if not fine.any():
        raise InputError("no_runs", reason=frame["failed"].iloc[0])
    kept = frame[fine].rename(columns={"point": "trial"}).reset_index(drop=True)
    return Sweep(
        str(path), about["scenario"], about["design"]["kind"], bool(about["design"].get("second_order")), int(about["seed"]),
        int(frame["replicate"].nunique()), tuple(name for name, _ in plan.work.factors), plan.points, _unit(plan), kept,
        int((~fine).sum()), frame.attrs["one_cluster"],
    )  # fmt: skip


def _unit(plan) -> np.ndarray:
    """Probabilities of the points, made again from seed and design.

    SALib matches results to points by their order alone. The store refuses points that are not those of the design
    (`Store.points`), and the runs stand by the number of their point, so the orders agree.
    """
    from ..sweeps.designs import Design, Factor, make_points
    from ..sweeps.ranges import Range

    design = Design(**plan.about["design"])
    if design.kind not in ("lhs", "sobol", "saltelli", "morris") or not plan.work.factors:
        return np.full(plan.points.shape, np.nan)
    flat = tuple(Factor(Range(name, 0.0, 1.0, 0.5)) for name, _ in plan.work.factors)
    return make_points(design, flat, int(plan.about["seed"]))
