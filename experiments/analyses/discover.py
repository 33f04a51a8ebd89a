"""Under which uncertainties does a policy fail? A box (PRIM) and a tree (CART) in the space of the parameters.

Failure is a rule on the effect against the matched null, averaged over paired replicates, e.g.
"level1_2035<0.5" (certified in less than half of the replicates). The box is chosen on one half of the points and
judged on the other, since a box found by peeling always looks better on the points it was peeled from.
"""

from __future__ import annotations

import logging
import shlex
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number, need_package
from ..question import option_words
from ..statistics import proportion_interval
from ..with_modules import with_words
from .effects import Rule, by_trial, effect, need_values
from .finding import Case, Finding, Progress
from .uncertainties import chosen, points, unit_points

if TYPE_CHECKING:
    import pandas as pd

    from .stored import Sweep

__all__ = ["describe", "discover", "discover_in", "find_box", "find_tree", "inside"]

PACKAGES = ("ema_workbench", "sklearn")  # of the box and of the tree
FEWEST, MOST = 40, 100_000
RARE = 0.03  # share of failures (or of successes) below which no box is sought
LARGEST_BOX = 4  # parameters that a reader can keep in mind
MASS = 0.05  # least share of the points in a box
SURPRISE = 0.05  # quasi-p above which a restriction is dropped


def _peel(x: pd.DataFrame, fails: np.ndarray):
    """PRIM's first box with its peeling trajectory."""
    with warnings.catch_warnings():  # a missing optional library of the package is no concern of the reader
        warnings.simplefilter("ignore")
        from ema_workbench.analysis import prim
    logging.getLogger("EMA").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return prim.Prim(x, fails, threshold=0.5, mass_min=MASS).find_box()


def _choose(box: Any) -> int:
    """Index on the trajectory with the best balance (harmonic mean) of density and coverage."""
    density, coverage = (box.peeling_trajectory[name].to_numpy(float) for name in ("density", "coverage"))
    return int((2 * density * coverage / np.maximum(density + coverage, 1e-12)).argmax())


def _chance(box: Any, index: int) -> dict[str, float]:
    """Restricted parameters with their quasi-p: how probable the restriction's gain is by chance alone."""
    return {name: min(p for p in sides if p >= 0) for name, sides in box.qp[index].items() if max(sides) >= 0}


def find_box(x: pd.DataFrame, fails: np.ndarray) -> tuple[dict[str, tuple[float, float]], pd.DataFrame]:
    """The box in which failures gather.

    Peeling among many parameters cuts at random ones too. So a first pass only names the few parameters whose
    restriction chance does not explain (quasi-p, corrected for the number of parameters), and the box is peeled in
    these alone.

    Parameters
    ----------
    x : pandas.DataFrame
        (N, K) values of the parameters.
    fails : (N,) bool

    Returns
    -------
    limits : dict of str to (float, float)
        Restricted parameters only; an open side is -inf or inf. Empty if there is no box better than all points.
    path : pandas.DataFrame
        The peeling trajectory: coverage, density, mass, number of restricted parameters.
    """
    fails, limits, names = np.asarray(fails, bool), {}, list(x.columns)
    while names:
        box = _peel(x[names], fails)
        index = _choose(box)
        chance = _chance(box, index)
        kept = sorted((name for name in chance if chance[name] < SURPRISE / x.shape[1]), key=chance.__getitem__)[:LARGEST_BOX]
        if len(kept) == len(names) or not kept:
            break
        names = [name for name in names if name in kept]
    for name in kept:
        (low, high), (first, last) = (map(float, ends.loc[:, name]) for ends in (box.box_lims[index], box.box_lims[0]))
        limits[name] = (-np.inf if low <= first else low, np.inf if high >= last else high)
    return limits, box.peeling_trajectory[["coverage", "density", "mass", "res_dim"]].astype(float)


def inside(x: pd.DataFrame, limits: dict[str, tuple[float, float]]) -> np.ndarray:
    """Which points lie in a box, shape (N,)."""
    within = np.ones(len(x), bool)
    for name, (low, high) in limits.items():
        within &= (x[name].to_numpy() >= low) & (x[name].to_numpy() <= high)
    return within


def find_tree(x: pd.DataFrame, fails: np.ndarray, depth: int = 3) -> pd.DataFrame:
    """A classification tree as a table of its leaves, the cross-check of the box.

    Parameters
    ----------
    x : pandas.DataFrame
    fails : (N,) bool
    depth : int

    Returns
    -------
    pandas.DataFrame
        One row per leaf, most failures first: ``conditions`` ("NAME<=VALUE and ..."), ``points``, ``share`` of
        failures.
    """
    import pandas as pd
    from sklearn.tree import DecisionTreeClassifier

    fails = np.asarray(fails, bool)
    tree = DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=max(5, int(MASS * len(x))), class_weight="balanced", random_state=0
    ).fit(x.to_numpy(), fails)
    nodes, rows = tree.tree_, []
    leaf_of = tree.apply(x.to_numpy())

    def walk(node: int, limits: dict[str, list[float]]) -> None:
        if nodes.children_left[node] < 0:
            held = fails[leaf_of == node]
            rows.append((_conditions(limits), len(held), float(held.mean())))
            return
        name, cut = x.columns[nodes.feature[node]], float(nodes.threshold[node])
        low, high = limits.get(name, [-np.inf, np.inf])
        walk(nodes.children_left[node], {**limits, name: [low, cut]})
        walk(nodes.children_right[node], {**limits, name: [cut, high]})

    walk(0, {})
    table = pd.DataFrame(rows, columns=["conditions", "points", "share"])
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def _conditions(limits: dict[str, list[float]]) -> str:
    parts = [f"{name}>{low:.4g}" for name, (low, _) in limits.items() if np.isfinite(low)]
    return " and ".join([*parts, *(f"{name}<={high:.4g}" for name, (_, high) in limits.items() if np.isfinite(high))])


@bordered
def discover(
    case: Case,
    *,
    failure: str = "level1_2035<0.5",
    count: int = 300,
    uncertainties: Sequence[str] | None = None,
    progress: Progress = None,
) -> Finding:
    """Where in the space of the uncertain parameters a policy fails.

    Parameters
    ----------
    case : Case
    failure : str
        Rule on the mean effect over the replicates, see `effects.Rule`.
    count : int
        Points of a Latin hypercube, >= 40.
    uncertainties : sequence of str, optional
        Parameters to vary, at most 25; default: `uncertainties.STRONG`.

    Returns
    -------
    Finding
        Table: one row per restriction of the box (empty if there is none); ``data["leaves"]``: the tree;
        ``data["points"]``: every point with its effect; ``data["path"]``: PRIM's trajectory.
    """
    names, rule = chosen(uncertainties), Rule.parse(failure)
    need_package("discover", *PACKAGES)
    check_number("--points", count, FEWEST, MOST, whole=True)
    values, at = points(names, unit_points("lhs", count, len(names), case.seed))
    frame = case.run([case.trial(uncertainties=x) for x in at], [rule.outcome], progress)
    means = by_trial(frame, need_values(effect(frame, rule.outcome), rule.outcome), count)
    command = case.command("discover", failure=str(rule), points=count, uncertainties=tuple(uncertainties or ()))
    return describe(case.pathway, rule, names, values, means, command, frame.attrs["failed"], case.one_cluster)


def discover_in(sweep: Sweep, *, failure: str = "level1_2035<0.5", pathway: str | None = None) -> Finding:
    """The same from a stored sweep of any design, best a Latin hypercube.

    Parameters
    ----------
    sweep : Sweep
    failure : str
    pathway : str, optional
        Arm of the sweep; default: its last one.
    """
    need_package("discover", *PACKAGES)
    rule, arm = Rule.parse(failure), sweep.arm(pathway)
    words = option_words({"from": sweep.path, "pathway": pathway, "failure": str(rule)})
    command = " ".join(["ecocluster", *with_words(), "discover", shlex.quote(sweep.scenario), *words])
    return describe(
        arm, rule, sweep.names, sweep.values, sweep.means(arm, rule.outcome), command, sweep.failed,
        sweep.one_cluster,
    )  # fmt: skip


def describe(
    pathway: str,
    rule: Rule,
    names: Sequence[str],
    values: np.ndarray,
    means: np.ndarray,
    command: str,
    failed: int = 0,
    one_cluster: bool = False,
) -> Finding:
    """The finding of `discover` from points and their mean effects (of fresh runs, or of a stored sweep).

    Parameters
    ----------
    values : (N, K) float64
    means : (N,) float64
        nan where a point has no value; such points are left out.
    """
    import pandas as pd

    fine = np.isfinite(means)
    if fine.sum() < FEWEST:
        raise InputError("few_points", points=int(fine.sum()), low=FEWEST)
    x = pd.DataFrame(values[fine], columns=list(names))
    y = means[fine]
    fails = rule.holds(y)
    share = float(fails.mean())
    facts: dict[str, Any] = {
        "outcome": rule.outcome, "one_cluster": one_cluster, "rule": str(rule), "sign": rule.sign, "threshold": rule.threshold,
        "pathway": pathway, "points": len(x), "failures": int(fails.sum()), "share": proportion_interval(fails * 1.0),
        "failed": failed, "box": {}, "rare": not RARE <= share <= 1 - RARE,
    }  # fmt: skip
    every = x.assign(effect=y, fails=fails.astype(int))
    empty = pd.DataFrame(columns=["parameter", "low", "high", "gain"])
    if facts["rare"]:
        return Finding("discover", command, empty, facts, {"points": every})
    search = np.random.default_rng(len(x)).permutation(len(x)) % 2 == 0
    limits, path = find_box(x[search].reset_index(drop=True), fails[search])
    within, judge = inside(x, limits), ~search
    table = _restrictions(x[judge], fails[judge], limits, empty)
    if len(limits):
        facts["box"] = {name: list(limit) for name, limit in limits.items()}
        held = fails[judge & within]
        facts |= {
            "density": proportion_interval(held * 1.0),
            "coverage": proportion_interval(within[judge & fails] * 1.0),
            "mass": float(within[judge].mean()),
            "outside": proportion_interval(fails[judge & ~within] * 1.0),
        }
    leaves = find_tree(x, fails)
    facts["leaf"] = {
        "conditions": leaves["conditions"][0],
        "share": float(leaves["share"][0]),
        "points": int(leaves["points"][0]),
    }
    return Finding("discover", command, table, facts, {"points": every, "leaves": leaves, "path": path})


def _restrictions(x: pd.DataFrame, fails: np.ndarray, limits, empty: pd.DataFrame) -> pd.DataFrame:
    """One row per restriction, with what it adds: density of the box less density without this restriction."""
    import pandas as pd

    rows = []
    for name, (low, high) in limits.items():
        others = {other: limit for other, limit in limits.items() if other != name}
        with_it, without = fails[inside(x, limits)], fails[inside(x, others)]
        gain = float(with_it.mean() - without.mean()) if len(with_it) else np.nan
        rows.append({"parameter": name, "low": low, "high": high, "gain": gain})
    table = pd.DataFrame(rows, columns=empty.columns)
    return table.sort_values("gain", ascending=False, kind="stable", ignore_index=True)
