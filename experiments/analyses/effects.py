"""What a programme did: outcomes of a run less those of its matched null, under names that people know.

An outcome is an indicator with its year ("level1_2035": the plain difference to the null), or one of `outcome.DERIVED`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...scenarios.given import is_number
from ..errors import InputError
from ..money import AVOIDED, avoided_at_output, net_benefit
from ..outcome import DERIVED, OUTPUT_BASES, outcome_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Rule", "better", "by_trial", "columns_of", "effect", "luck_share", "need_values"]

_RULE = re.compile(r"^\s*(\w+)\s*(<=|>=|<|>)\s*(\S+)\s*$")


@dataclass(frozen=True)
class Rule:
    """A condition on the effect of a programme, e.g. "abatement_share_2035 < 0.05".

    Attributes
    ----------
    outcome : str
    sign : str
        One of <, <=, >, >=.
    threshold : float
        In the outcome's own unit (shares: 0-1).
    """

    outcome: str
    sign: str
    threshold: float

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read "OUTCOME<NUMBER"; refuses anything else."""
        found = _RULE.match(text)
        if found is None or not is_number(found[3].strip()):
            raise InputError("not_a_rule", value=text)
        outcome_of(found[1])
        return cls(found[1], found[2], float(found[3]))

    def __str__(self) -> str:
        return f"{self.outcome}{self.sign}{self.threshold:g}"

    def holds(self, values: np.ndarray) -> np.ndarray:
        """Does the condition hold, elementwise? False where there is no value."""
        compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[self.sign]
        return compare(np.asarray(values, float), self.threshold)


def columns_of(outcomes: Sequence[str]) -> list[str]:
    """Columns of `indicators.evaluate` that some outcomes are made of, each once.

    Raises
    ------
    InputError
        For a name that is no outcome.
    """
    return list(dict.fromkeys(column for outcome in outcomes for column in outcome_of(outcome).columns))


def effect(frame: pd.DataFrame, outcome: str) -> np.ndarray:
    """Effect of the programme in every row: the run less its matched null.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `run_trials`, with the columns `columns_of([outcome])` and their `null.` twins.
    outcome : str

    Returns
    -------
    numpy.ndarray
        Shape (rows,), float64; a share of what is avoided is nan where the null emits nothing.
    """
    asked = outcome_of(outcome)
    base, year = asked.base, asked.year

    def change(name: str) -> np.ndarray:
        return (frame[f"{name}_{year}"] - frame[f"null.{name}_{year}"]).to_numpy(float)

    if base in AVOIDED:
        return -change(AVOIDED[base])
    if base in OUTPUT_BASES:
        pairs = [frame[f"{who}{name}_{year}"].to_numpy(float) for who in ("", "null.") for name in DERIVED[base][0]]
        return avoided_at_output(*pairs)
    if (avoided := base.removesuffix("_share")) != base and avoided in AVOIDED:
        whole = frame[f"null.{AVOIDED[avoided]}_{year}"].to_numpy(float)
        return -change(AVOIDED[avoided]) / np.where(whole > 0, whole, np.nan)
    if base == "abatement_pv":
        return -change("pv_tco2e")
    if base.startswith("net_benefit"):
        tco2e, cod, cost = (change(name) for name in DERIVED[base][0])
        return net_benefit(-tco2e, -cod, cost)
    if base == "net_outlay":
        return change("pv_outlay") - change("pv_receipts")
    return (frame[outcome] - frame[f"null.{outcome}"]).to_numpy(float)


def need_values(values: np.ndarray, outcome: str) -> np.ndarray:
    """`values`, if any of them is one: more points or replicates do not help an outcome that has none here.

    Raises
    ------
    InputError
    """
    if values.size and not np.isfinite(values).any():
        raise InputError("no_value", outcome=outcome)
    return values


def by_trial(frame: pd.DataFrame, values: np.ndarray, trials: int) -> np.ndarray:
    """Mean over the replicates of every trial, shape (trials,); nan where none has a value."""
    at = frame["trial"].to_numpy(int)
    fine = np.isfinite(values)
    sums = np.bincount(at[fine], values[fine], trials)
    counts = np.bincount(at[fine], minlength=trials)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def luck_share(frame: pd.DataFrame, values: np.ndarray) -> float:
    """Share of the variance of `by_trial` that is luck: what replicates do differently from point to point.

    The part of a replicate that is the same at all points does not count, as common random numbers remove it.

    Returns
    -------
    float
        0-1; nan with fewer than two complete replicates, or if nothing varies.
    """
    grid = frame.assign(value=values).pivot(index="trial", columns="replicate", values="value").dropna()
    means = grid.mean(axis=1)
    if grid.shape[1] < 2 or len(grid) < 3 or means.var() == 0:
        return np.nan
    rest = grid.sub(means, axis=0) - (grid.mean(axis=0) - grid.to_numpy().mean())
    freedom = (grid.shape[0] - 1) * (grid.shape[1] - 1)
    return float(min(1.0, (rest**2).to_numpy().sum() / freedom / grid.shape[1] / means.var()))


def better(outcome: str) -> float:
    """+1 if more of the outcome is better, -1 if less is, 0 if neither."""
    return outcome_of(outcome).better
