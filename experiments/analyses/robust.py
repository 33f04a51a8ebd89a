"""Which pathway holds up when the parameters are not what we think: regret, satisficing, who is best, break-even.

All pathways run at the same points of the parameter space, on the same luck, under the same budget. At each point the
mean effect over the replicates counts:

- regret: how much less than the best pathway of that point;
- best: share of the points at which a pathway is the best one (ties share);
- satisficing: share of the points at which a pathway meets every rule;
- break-even: over two parameters, where the two leading pathways change places (all others at their defaults).
"""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number
from ..question import PATHWAYS as ALL
from ..question import option_words
from ..statistics import Estimate, mean_interval, proportion_interval
from ..with_modules import with_words
from .effects import Rule, better, by_trial, effect, need_values
from .finding import Case, Finding, Progress
from .uncertainties import chosen, points, unit_points

if TYPE_CHECKING:
    from .stored import Sweep

__all__ = ["PATHWAYS", "RULES", "describe", "regrets", "robust", "robust_in", "wins"]

PATHWAYS = ALL[2:]  # what they are measured against is in every difference
RULES = ("abatement_share_2035>=0.05", "level1_2035>=0.5")
FEWEST, MOST = 10, 100_000
SURFACE_REPLICATES = 4  # times those of the points: on the surface single points are judged
NOISE = 1e-9  # effects that differ by less are equal


def regrets(gains: np.ndarray) -> np.ndarray:
    """How much less than the best each option gains.

    Parameters
    ----------
    gains : (P, A) float64
        Points by options, more is better; points with a nan are nan throughout.

    Returns
    -------
    (P, A) float64, >= 0
    """
    return gains.max(axis=1, keepdims=True) - gains


def wins(gains: np.ndarray) -> np.ndarray:
    """Share of each point that an option wins (options that tie share it), shape (P, A)."""
    first = regrets(gains) <= NOISE * np.abs(gains).max(axis=1, keepdims=True)
    return first / first.sum(axis=1, keepdims=True)


def share_of(won: np.ndarray) -> Estimate:
    """Mean share of wins; Wilson's interval unless points are shared."""
    return proportion_interval(won) if np.isin(won, (0.0, 1.0)).all() else mean_interval(won, (0.0, 1.0))


@bordered
def robust(
    case: Case,
    *,
    pathways: Sequence[str] = PATHWAYS,
    outcome: str = "abatement_share_2035",
    rules: Sequence[str] = RULES,
    count: int = 100,
    surface: Sequence[str] = (),
    grid: int = 6,
    uncertainties: Sequence[str] | None = None,
    progress: Progress = None,
) -> Finding:
    """Compare pathways over the space of the uncertain parameters.

    Parameters
    ----------
    case : Case
        Its pathway does not count.
    pathways : sequence of str
        At least two pathways or portfolios; "null" is one too.
    outcome : str
        What regret and best are about.
    rules : sequence of str
        What satisfices: all of them must hold, see `effects.Rule`.
    count : int
        Points of a Latin hypercube, 10 or more.
    surface : two str, optional
        Parameters of the break-even surface; default: the two that decide most between the two leading pathways.
    grid : int
        Points along each side of the surface, 3 to 50; 0: no surface. Each has four times the replicates.
    uncertainties : sequence of str, optional
        Parameters to vary, at most 25; default: `uncertainties.STRONG`.

    Returns
    -------
    Finding
        Table: one row per pathway. ``data``: ``points`` (every point with the effect of every pathway) and
        ``surface`` (difference of the two leaders with its interval).
    """
    arms, names = tuple(dict.fromkeys(pathways)), chosen(uncertainties)
    parsed = [Rule.parse(text) for text in rules]
    if len(arms) < 2:
        raise InputError("too_few", name="--pathways", low=2)
    if len(surface) not in (0, 2):
        raise InputError("not_two", name="--surface", value=",".join(surface))
    chosen(surface)
    check_number("--points", count, FEWEST, MOST, whole=True)
    if grid:
        check_number("--grid", grid, 3, 50, whole=True)
        if len(names) < 2 and not surface:  # the surface lies over two of them
            raise InputError("too_few", name="--uncertainties (or --grid 0)", low=2)
    values, at = points(names, unit_points("lhs", count, len(names), case.seed))
    wanted = tuple(dict.fromkeys([outcome, *(rule.outcome for rule in parsed)]))
    runs = [count * len(arms) * case.replicates, grid * grid * 2 * SURFACE_REPLICATES * case.replicates]

    def part(before: int):
        return None if progress is None else lambda done, _: progress(before + done, sum(runs))

    trials = [case.trial(pathway=arm, uncertainties=x) for x in at for arm in arms]
    frame = case.run(trials, wanted, part(0))
    failed = frame.attrs["failed"]
    # a replicate that one pathway lost counts for none at that point: differences stay paired
    frame = frame[frame.groupby([frame["trial"] // len(arms), "replicate"])["trial"].transform("size") == len(arms)]
    means = {
        name: by_trial(frame, need_values(effect(frame, name), name), len(trials)).reshape(count, len(arms)) for name in wanted
    }
    command = case.command(
        "robust", pathways=arms, outcome=outcome, rules=tuple(map(str, parsed)), points=count,
        surface=tuple(surface), grid=grid, uncertainties=tuple(uncertainties or ()),
    )  # fmt: skip
    finding = describe(arms, names, values, means, outcome, parsed, command, failed, case.one_cluster)
    if not grid:
        return finding
    pair = finding.facts["leaders"]
    sides = tuple(surface) or deciding(finding, names)
    made, lost = _surface(case, pair, sides, grid, outcome, part(runs[0]))
    finding = replace(finding, data={**finding.data, "surface": made})
    finding.facts.update(surface=list(sides), failed=finding.facts["failed"] + lost, sure=_sure(made))
    return finding


def robust_in(
    sweep: Sweep,
    *,
    pathways: Sequence[str] = (),
    outcome: str = "abatement_share_2035",
    rules: Sequence[str] = RULES,
) -> Finding:
    """The same from a stored sweep of several pathways, without a break-even surface.

    Parameters
    ----------
    sweep : Sweep
    pathways : sequence of str
        Arms of the sweep; default: all but the null.
    """
    arms, parsed = (
        tuple(sweep.arm(name) for name in pathways or sweep.arms),
        [Rule.parse(text) for text in rules],
    )
    if len(arms) < 2:
        raise InputError("too_few", name="--pathways", low=2)
    wanted = dict.fromkeys([outcome, *(rule.outcome for rule in parsed)])
    means = {name: np.column_stack([sweep.means(arm, name) for arm in arms]) for name in wanted}
    words = option_words({"from": sweep.path, "pathways": arms, "outcome": outcome, "rules": tuple(map(str, parsed))})
    command = " ".join(["ecocluster", *with_words(), "robust", shlex.quote(sweep.scenario), *words])
    return describe(arms, sweep.names, sweep.values, means, outcome, parsed, command, sweep.failed, sweep.one_cluster)


def describe(
    arms, names, values, means, outcome: str, rules: Sequence[Rule], command: str, failed: int = 0, one_cluster: bool = False
) -> Finding:
    """The finding from the effects at every point (of fresh runs, or of a stored sweep), without a surface.

    Parameters
    ----------
    arms, names : sequence of str
        A pathways and K parameters.
    values : (P, K) float64
    means : mapping of str to (P, A) float64
        Mean effect of every outcome; points with a nan are left out.
    """
    import pandas as pd

    fine = np.logical_and.reduce([np.isfinite(part).all(axis=1) for part in means.values()])
    if fine.sum() < FEWEST:
        raise InputError("few_points", points=int(fine.sum()), low=FEWEST)
    means = {name: part[fine] for name, part in means.items()}
    gains = means[outcome] * (better(outcome) or 1.0)
    lost, won = regrets(gains), wins(gains)
    met = np.logical_and.reduce([rule.holds(means[rule.outcome]) for rule in rules]) if rules else np.ones(gains.shape, bool)
    rows = []
    for index, arm in enumerate(arms):
        best, good = share_of(won[:, index]), proportion_interval(met[:, index] * 1.0)
        rows.append({
            "pathway": arm, "effect": means[outcome][:, index].mean(), "worst": np.quantile(gains[:, index], 0.05),
            "regret": lost[:, index].mean(), "regret_90": np.quantile(lost[:, index], 0.9), "regret_max": lost[:, index].max(),
            "best": best.mean, "best_low": best.low, "best_high": best.high,
            "meets": good.mean, "meets_low": good.low, "meets_high": good.high,
        })  # fmt: skip
    table = pd.DataFrame(rows)
    order = np.argsort(table["regret_90"], kind="stable")
    every = pd.DataFrame(values[fine], columns=list(names))
    for index, arm in enumerate(arms):
        every[f"effect.{arm}"] = means[outcome][:, index]
        every[f"meets.{arm}"] = met[:, index].astype(int)
    facts = {
        "outcome": outcome, "one_cluster": one_cluster, "rules": [str(rule) for rule in rules], "points": int(fine.sum()), "failed": failed,
        "pathways": list(arms), "leaders": [arms[i] for i in np.argsort(-gains.mean(axis=0), kind="stable")[:2]],
        "safest": table.iloc[order[0]].to_dict(), "likeliest": table.loc[table["best"].idxmax()].to_dict(),
        "satisficing": table.loc[table["meets"].idxmax()].to_dict(),
    }  # fmt: skip
    return Finding("robust", command, table, facts, {"points": every})


def deciding(finding: Finding, names: Sequence[str]) -> tuple[str, str]:
    """The two parameters most rank-correlated with the difference of the two leaders."""
    every, (one, two) = finding.data["points"], finding.facts["leaders"]
    apart = (every[f"effect.{one}"] - every[f"effect.{two}"]).rank()
    strength = every[list(names)].rank().corrwith(apart).abs().fillna(0.0)
    order = np.argsort(-strength.to_numpy(), kind="stable")
    return names[order[0]], names[order[1]]


def _surface(case: Case, pair, sides, grid: int, outcome: str, progress: Progress):
    """Difference of two pathways over a grid of two parameters."""
    import pandas as pd

    steps = np.linspace(0, 1, grid)
    u = np.array(list(itertools.product(steps, steps)))
    values, at = points(sides, u)
    trials = [case.trial(pathway=arm, uncertainties=x) for x in at for arm in pair]
    frame = case.run(trials, [outcome], progress, replicates=SURFACE_REPLICATES * case.replicates)
    table = frame.assign(gain=effect(frame, outcome) * (better(outcome) or 1.0))
    wide = table.pivot(index="replicate", columns="trial", values="gain").reindex(columns=range(len(trials)))
    rows = []
    for index, (x, y) in enumerate(values):
        gap = mean_interval((wide[2 * index] - wide[2 * index + 1]).to_numpy())
        rows.append({sides[0]: x, sides[1]: y, "difference": gap.mean, "low": gap.low, "high": gap.high})
    return pd.DataFrame(rows), frame.attrs["failed"]


def _sure(surface) -> dict[str, float]:
    """Share of the surface on which the first or the second leader is ahead beyond chance."""
    return {"first": float((surface["low"] > 0).mean()), "second": float((surface["high"] < 0).mean())}
