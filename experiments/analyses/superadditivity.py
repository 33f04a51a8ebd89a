"""Is the park more than the sum of its firms? The cluster as it is against itself with the interactions off (H1).

Interactions are switched off by parameters, from 2010 on: imitation, exchange (links, hubs, trust that grows by them)
and shared infrastructure. The null of each world is its own. All eight worlds of the three channels are run, so that
the gain is also shared out between the channels (Shapley values, exact).

Two readings are given. "As it is": demography and the doubt about technology stay; without interactions firms still
see what their neighbours adopt when they weigh risk (through sigma0), so the ratio is understated. "Exact": nobody
arrives and sigma0 = 0 in both worlds; the world without interactions is then firm by firm the sum of single-firm runs
(test V17), as far as the fund is never empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError
from ..statistics import Estimate, fieller, mean_interval
from .effects import better, effect
from .finding import Case, Finding, Progress
from .shapley import shapley

__all__ = ["CHANNELS", "EXACT", "OUTCOMES", "PATHWAYS", "parts", "superadditivity"]

# the switches of V17 by channel, see docs/odd.md 11.4
CHANNELS: dict[str, dict[str, float]] = {
    "imitation": {"q_in": 0.0, "q_tie": 0.0, "q_out": 0.0, "q_platform": 0.0},
    "exchange": {"search_rate": 0.0, "hub_base": 0.0, "hub_coordinator": 0.0, "spillover": 0.0, "eta_s": 0.0},
    "shared": {"project_review": 0.0, "cetp_city_hazard": 0.0, "cetp_share_2010": 0.0, "complaint_rate": 0.0},
}
EXACT = {"sigma0": 0.0, "growth": 0.0, "arrival_base": 0.0}
PATHWAYS = ("self-transition", "symbiosis", "combined")
OUTCOMES = ("abatement_2035", "recp_share_2035", "real_share_2035", "value_added_2035")
EXACT_ROW = "exact"
MANY = 2.0  # H1: "many times" is refuted below a ratio of two


def _without(channels: Sequence[str]) -> dict[str, float]:
    """Switches of the channels that are off."""
    return {name: value for channel in channels for name, value in CHANNELS[channel].items()}


def worlds() -> list[tuple[str, ...]]:
    """The channels that are on in each world; world i has channel k on if bit k of i is set."""
    return [tuple(c for k, c in enumerate(CHANNELS) if index >> k & 1) for index in range(1 << len(CHANNELS))]


def parts(whole: np.ndarray, sums: np.ndarray) -> tuple[Estimate, Estimate, Estimate]:
    """What the park achieves, what its firms achieve alone, and the ratio of the means.

    Parameters
    ----------
    whole, sums : (R,) float64
        Effects of paired replicates; more is better.

    Returns
    -------
    whole, sums, ratio : Estimate
        The ratio (Fieller) is undefined where the firms alone may achieve nothing.
    """
    return mean_interval(whole), mean_interval(sums), fieller(whole, sums)


@bordered
def superadditivity(
    case: Case,
    *,
    pathways: Sequence[str] = PATHWAYS,
    outcomes: Sequence[str] = OUTCOMES,
    progress: Progress = None,
) -> Finding:
    """Whole against the sum of the parts.

    Parameters
    ----------
    case : Case
        Its pathway does not count.
    pathways : sequence of str
    outcomes : sequence of str
        The first one is shared out between the channels.

    Returns
    -------
    Finding
        Table: per reading ("as_it_is", "exact"), pathway and outcome the effect with and without interactions, their
        ratio and difference. ``data["channels"]``: Shapley value of every channel for the first outcome.
    """
    import pandas as pd

    names, outcomes, sets = tuple(dict.fromkeys(pathways)), tuple(dict.fromkeys(outcomes)), worlds()
    for what, values in (("--pathways", names), ("--outcomes", outcomes)):
        if not values:
            raise InputError("empty", name=what)
    settings: list[Mapping[str, float]] = [_without([c for c in CHANNELS if c not in on]) for on in sets]
    settings += [EXACT, {**EXACT, **_without(tuple(CHANNELS))}]
    arms = list(itertools.product(range(len(settings)), names))
    trials = [case.trial(pathway=name, uncertainties=settings[world]) for world, name in arms]
    # switches lie outside the ranges of the registry, which are for what may be true
    frame = case.run(trials, outcomes, progress, within_ranges=False)
    gains = {o: effect(frame, o) * (better(o) or 1.0) for o in outcomes}
    grid = {o: _grid(frame, gains[o], len(arms)).reshape(len(settings), len(names), -1) for o in outcomes}
    readings = {"as_it_is": (len(sets) - 1, 0), EXACT_ROW: (len(sets), len(sets) + 1)}
    rows, channels = [], []
    for (reading, (on, off)), (at, name), outcome in itertools.product(readings.items(), enumerate(names), outcomes):
        whole, sums, ratio = parts(grid[outcome][on, at], grid[outcome][off, at])
        more = mean_interval(grid[outcome][on, at] - grid[outcome][off, at])
        row: dict[str, Any] = {"reading": reading, "pathway": name, "outcome": outcome, "reason": ratio.reason}
        for key, value in (("whole", whole), ("parts", sums), ("ratio", ratio), ("difference", more)):
            row |= {key: value.mean, f"{key}_low": value.low, f"{key}_high": value.high}
        rows.append(row)
    for at, name in enumerate(names):
        worth = shapley(grid[outcomes[0]][: len(sets), at])
        alone = mean_interval(grid[outcomes[0]][0, at])
        channels.append({"pathway": name, "channel": "alone", "mean": alone.mean, "low": alone.low, "high": alone.high})
        for k, channel in enumerate(CHANNELS):
            share = mean_interval(worth[k])
            channels.append(
                {
                    "pathway": name,
                    "channel": channel,
                    "mean": share.mean,
                    "low": share.low,
                    "high": share.high,
                }
            )
    table, shares = pd.DataFrame(rows), pd.DataFrame(channels)
    facts = {"outcome": outcomes[0], "one_cluster": case.one_cluster, "pathways": list(names), "failed": frame.attrs["failed"]}
    facts["ratios"] = {
        reading: {row["pathway"]: _ratio(row) for row in rows if row["reading"] == reading and row["outcome"] == outcomes[0]}
        for reading in readings
    }
    command = case.command("superadditivity", pathways=names, outcomes=tuple(outcomes))
    return Finding("superadditivity", command, table, facts, {"channels": shares})


def _ratio(row: Mapping) -> dict:
    return {"mean": row["ratio"], "low": row["ratio_low"], "high": row["ratio_high"], "reason": row["reason"],
            "whole": row["whole"], "difference": row["difference"], "difference_low": row["difference_low"]}  # fmt: skip


def _grid(frame, values: np.ndarray, trials: int) -> np.ndarray:
    """Values as (trials, replicates), for the replicates that no trial lost."""
    table = frame.assign(value=values).pivot(index="trial", columns="replicate", values="value")
    return table.reindex(range(trials)).dropna(axis=1).to_numpy()
