"""What sets of policies achieve together: every set is one arm, all arms share their luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..statistics import Estimate
from .effects import effect
from .finding import Case, Progress
from .shapley import members

if TYPE_CHECKING:
    import pandas as pd

    from ...model.sites_and_arms import Arm
    from ...scenarios import Policy

__all__ = ["ABOVE", "by_run", "estimate_columns", "mix_arm", "picked", "run_sets", "share_of_total"]

RESAMPLES = 2000
ABOVE = "today"  # barriers, solutions and mixes hold levers of the law themselves: these are measured above this law


def by_run(frame: pd.DataFrame, values: np.ndarray, trials: int, first_replicate: int = 0) -> np.ndarray:
    """Values of rows as an array, shape (trials, replicates); nan where a run failed."""
    replicate = frame["replicate"].to_numpy(int) - first_replicate
    result = np.full((trials, int(replicate.max()) + 1), np.nan)
    result[frame["trial"].to_numpy(int), replicate] = values
    return result


def estimate_columns(name: str, found: Estimate) -> dict[str, float]:
    """An estimate as three columns of a table."""
    return {name: found.mean, f"{name}_low": found.low, f"{name}_high": found.high}


def picked(row: Mapping[str, float], name: str) -> dict[str, float]:
    """Those three columns as facts have an estimate."""
    return {"mean": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}


def mix_arm(case: Case, policies: Sequence[Policy], name: str, scale: float | None = 1.0) -> Arm:
    """The case's pathway and policy with several policies laid over them and over the law of today, as an arm.

    Parameters
    ----------
    case : Case
    policies : sequence of Policy
        May be empty.
    name : str
    scale : float, optional
        Scale factor; 1 leaves every lever at its tabled value, so that sets of policies stay comparable.
    """
    from ...scenarios import choose_arm, combine_policies, load_policy, load_scenario

    site = load_scenario(case.scenario).site
    mix = combine_policies(name, [load_policy(case.policy), *policies])
    arm = choose_arm(case.pathway, site, mix, budget_bn=case.budget_bn, site_budget_bn=case.site_budget_bn, law=ABOVE)
    return replace(arm, name=name, scale=scale)


def run_sets(
    case: Case,
    policies: Mapping[str, Policy],
    masks: Sequence[int],
    outcomes: Sequence[str],
    progress: Progress = None,
    scale: float | None = 1.0,
) -> dict[str, np.ndarray]:
    """Effect of sets of policies, levers of the law among them, against the law of today alone.

    Parameters
    ----------
    policies : mapping of str to Policy
        Bit 0 of a mask is the first one.
    masks : sequence of int
    outcomes : sequence of str
        See `effects.effect`.

    Returns
    -------
    dict of str to numpy.ndarray
        Outcome -> shape (masks, replicates), nan where a run failed.
    """
    names, trials = list(policies), []
    for mask in masks:
        chosen = members(int(mask), names)
        arm = mix_arm(case, [policies[name] for name in chosen], "+".join(chosen) or "none", scale)
        trials.append(case.trial(pathway=arm, law=ABOVE, tries_law=True))
    frame = case.run(trials, outcomes, progress)
    return {name: by_run(frame, effect(frame, name), len(trials)) for name in outcomes}


def share_of_total(parts: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Shares of causes in their joint effect, as ratios of means over replicates.

    Parameters
    ----------
    parts : numpy.ndarray
        Shape (n, replicates): Shapley values.
    seed : int
        Of the bootstrap over replicates.

    Returns
    -------
    share, low, high : numpy.ndarray
        Shape (n,), bootstrap 95 %; nan where the joint effect is not positive (the interval: may not be).
    largest : numpy.ndarray
        Shape (n,): share of the bootstrap samples in which a cause is the largest.
    """
    kept = parts[:, np.isfinite(parts).all(axis=0)]
    nothing = np.full(len(parts), np.nan)
    if kept.shape[1] == 0:
        return nothing, nothing, nothing, nothing
    draws = np.random.Generator(np.random.PCG64([seed, kept.shape[1]])).integers(0, kept.shape[1], (RESAMPLES, kept.shape[1]))
    means = kept[:, draws].mean(axis=2)  # (n, samples)
    largest = np.bincount(means.argmax(axis=0), minlength=len(parts)) / RESAMPLES
    total, totals = kept.mean(axis=1).sum(), means.sum(axis=0)
    if total <= 0:
        return nothing, nothing, nothing, largest
    share = kept.mean(axis=1) / total
    if kept.shape[1] == 1 or np.quantile(totals, 0.025) <= 0:  # one replicate, or a whole that may be nothing
        return share, nothing, nothing, largest
    low, high = np.nanquantile(means / np.where(totals > 0, totals, np.nan), [0.025, 0.975], axis=1)
    return share, low, high, largest
