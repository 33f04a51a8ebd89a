"""Programmes that cannot be bettered in one aim without losing in another: NSGA-II or NSGA-III by pymoo.

Every point is run on several replicates, the same for all points (common random numbers), a population in one
call. What the search finds best on its replicates is partly luck: the front is run again on fresh ones, and the
difference (the winner's curse) is reported. pymoo is deterministic given its seed, so a search that was stopped
is resumed by letting it run again with the answers it already knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number, need_package
from ..statistics import mean_interval
from .checkpoints import Checkpoint, key_of
from .coalitions import by_run
from .effects import better, effect
from .finding import Case, Finding, Progress
from .search_space import Space

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OBJECTIVES", "find_knee", "nondominated", "optimise", "search"]

OBJECTIVES = ("level1_2035", "abatement_2035", "jobs_2035", "pv_outlay_2035")
LEAST_REPLICATES = 4
FRESH = 1_000_000  # first replicate of the second look
ALGORITHMS = ("nsga2", "nsga3")


@bordered
def optimise(
    case: Case | None = None,
    *,
    objectives: Sequence[str] = OBJECTIVES,
    points: int = 32,
    generations: int = 16,
    algorithm: str = "nsga3",
    out: str | Path | None = None,
    progress: Progress = None,
) -> Finding:
    """Search levers, schedules and money (for a city: a pathway per cluster) for the best compromises.

    Parameters
    ----------
    case : Case, optional
        Replicates of every point, at least 4; its law holds for all that is tried; pathway, policy and budget do not count.
    objectives : sequence of str
        Outcomes (`effects.effect`), 2 to 6; the last one is the cost against which the knee is sought.
    points, generations : int
        Size of the population (4 to 500) and how often it is renewed (1 to 1,000).
    algorithm : str
        One of `ALGORITHMS`.
    out : path, optional
        Folder in which generations are kept and from which a stopped search goes on.
    progress : callable, optional

    Returns
    -------
    Finding
        Table: one row per point of the front with its genes and, for every objective, what the search saw and
        what fresh replicates say. `data["search"]`: all points seen.
    """
    case = case or Case(replicates=4)
    need_package("optimise", "pymoo")
    _check(case, objectives, points, generations, algorithm)
    from ...scenarios import load_law, load_scenario

    space = Space(load_scenario(case.scenario).site, load_law(case.law))
    signs = np.array([-(better(name) or 1.0) for name in objectives])  # pymoo minimises
    key = key_of("optimise", case.scenario, case.law, case.seed, case.replicates, list(objectives), points, algorithm)
    total = points * (generations + 4) * case.replicates  # the front and the first generation once more, twice as often

    def evaluate(x: np.ndarray, first: int = 0, replicates: int = case.replicates, done: int = 0) -> np.ndarray:
        trials = [case.trial(pathway=space.arm(point, f"point-{i}")) for i, point in enumerate(x)]
        tell = None if progress is None else lambda n, _: progress(min(done * case.replicates + n, total), total)
        frame = case.run(trials, objectives, tell, first_replicate=first, replicates=replicates)
        values = [by_run(frame, effect(frame, name), len(trials), first) for name in objectives]
        return np.stack(values, axis=1)  # (points, objectives, replicates)

    seen = search(
        lambda x, done: np.nanmean(evaluate(x, done=done), axis=2) * signs,
        [gene.name for gene in space.genes], objectives, signs,
        points=points, generations=generations, algorithm=algorithm, seed=case.seed,
        kept=Checkpoint(out, "search"), key=key,
    )  # fmt: skip
    x, found = seen[[gene.name for gene in space.genes]].to_numpy(), seen[list(objectives)].to_numpy()
    _, unique = np.unique(x, axis=0, return_index=True)
    front = np.sort(unique)[nondominated(found[np.sort(unique)] * signs)]
    if len(front) > points:  # the best of all generations may be more than a reader can look at
        front = front[_spread(found[front] * signs, points)]
    first = np.flatnonzero(seen["generation"].to_numpy() == 0)  # nobody has selected these
    again = np.concatenate([front, first])
    fresh = evaluate(x[again], FRESH, 2 * case.replicates, points * generations)
    table = _table(space, x[front], found[front], fresh[: len(front)], objectives, signs)
    shift = (np.nanmean(fresh[len(front) :], axis=2) - found[first]).mean(axis=0)
    command = case.command(
        "optimise", points=points, generations=generations, algorithm=algorithm,
        objectives=None if tuple(objectives) == OBJECTIVES else tuple(objectives),
    )  # fmt: skip
    facts = _facts(case, space, table, objectives, signs, shift) | {"seen": len(unique), "generations": generations}
    return Finding("optimise", command, table, facts, {"search": seen})


def _check(case: Case, objectives: Sequence[str], points: int, generations: int, algorithm: str) -> None:
    check_number("--replicates", case.replicates, LEAST_REPLICATES, whole=True)
    check_number("--points", points, 4, 500, whole=True)
    check_number("--generations", generations, 1, 1000, whole=True)
    check_number("--objectives", len(objectives), 2, 6, whole=True)
    twice = next((name for index, name in enumerate(objectives) if name in objectives[:index]), None)
    if twice is not None:
        raise InputError("duplicate", kind="--objectives", value=twice)
    if algorithm not in ALGORITHMS:
        raise InputError("not_one_of", name="--algorithm", value=algorithm, known=", ".join(ALGORITHMS))


def search(evaluate, genes, objectives, signs, *, points, generations, algorithm, seed, kept=None, key="") -> pd.DataFrame:
    """Let a population evolve.

    Parameters
    ----------
    evaluate : callable
        (x of shape (n, genes) with values 0-1, points evaluated so far) -> values to minimise, (n, objectives).
    genes, objectives : sequence of str
        Names of the columns.
    signs : numpy.ndarray
        What objectives are multiplied with to be minimised.
    kept : Checkpoint, optional
        Where generations are kept.
    key : str
        Of the question, see `Checkpoint`.

    Returns
    -------
    pandas.DataFrame
        One row per point evaluated: key, generation, genes (0-1), objectives in their own direction.
    """
    import pandas as pd
    from pymoo.core.problem import Problem

    known: dict[bytes, np.ndarray] = {}
    before = kept.known(key) if kept is not None else None
    if before is not None:
        for x, f in zip(before[list(genes)].to_numpy(float), before[list(objectives)].to_numpy(float), strict=True):
            known[x.tobytes()] = f * signs
    rows: list[pd.DataFrame] = []

    class Programmes(Problem):
        def _evaluate(self, x, out, *args, **kwargs):
            new = np.array([i for i, point in enumerate(x) if point.tobytes() not in known], int)
            if new.size:
                # a run that failed is worse than anything, so that it does not stay
                found = np.nan_to_num(evaluate(x[new], sum(map(len, rows))), nan=1e30)
                known.update((x[i].tobytes(), f) for i, f in zip(new, found, strict=True))
            out["F"] = np.array([known[point.tobytes()] for point in x])
            frame = pd.DataFrame(x, columns=list(genes))
            frame[list(objectives)] = out["F"] * signs
            frame.insert(0, "generation", len(rows))
            frame.insert(0, "key", key)
            rows.append(frame)
            if new.size and kept is not None:
                kept.add(frame)

    problem = Programmes(n_var=len(genes), n_obj=len(objectives), xl=0.0, xu=1.0)
    method = _algorithm(algorithm, len(objectives), points)
    method.setup(problem, termination=("n_gen", generations), seed=seed % 2**32, verbose=False)
    while method.has_next():
        method.next()
    return pd.concat(rows, ignore_index=True)


def _algorithm(name: str, objectives: int, points: int):
    if name == "nsga2":
        from pymoo.algorithms.moo.nsga2 import NSGA2

        return NSGA2(pop_size=points)
    from pymoo.algorithms.moo.nsga3 import NSGA3
    from pymoo.util.ref_dirs import get_reference_directions

    return NSGA3(get_reference_directions("energy", objectives, points, seed=1), pop_size=points)


def nondominated(costs: np.ndarray) -> np.ndarray:
    """Indices of the points that no other point beats in one objective without losing in another.

    Parameters
    ----------
    costs : numpy.ndarray
        Shape (n, objectives), to be minimised; of equal points all stay.
    """
    better_or_equal = (costs[:, None, :] <= costs[None, :, :]).all(axis=2)
    dominates = better_or_equal & (costs[:, None, :] < costs[None, :, :]).any(axis=2)
    return np.flatnonzero(~dominates.any(axis=0))


def _unit(costs: np.ndarray) -> np.ndarray:
    """Columns stretched to 0-1; a column that does not vary is 0."""
    low, span = costs.min(axis=0), np.ptp(costs, axis=0)
    return (costs - low) / np.where(span > 0, span, 1.0)


def _spread(costs: np.ndarray, count: int) -> np.ndarray:
    """Indices of `count` points far from each other: the extremes, then always the one farthest from those taken."""
    scaled = _unit(costs)
    taken = list(dict.fromkeys(int(i) for i in scaled.argmin(axis=0)))
    while len(taken) < count:
        gaps = np.linalg.norm(scaled[:, None, :] - scaled[taken], axis=2).min(axis=1)
        taken.append(int(gaps.argmax()))
    return np.sort(taken[:count])


def find_knee(benefit: np.ndarray, cost: np.ndarray) -> tuple[int, np.ndarray]:
    """Where more money begins to buy less: the point of the upper hull farthest above its chord.

    Parameters
    ----------
    benefit, cost : numpy.ndarray
        Shape (n,).

    Returns
    -------
    knee : int
        Index of the point; the cheapest one where the hull has no bend.
    hull : numpy.ndarray
        Indices of the concave upper hull, from the cheapest point to the best.
    """
    order = np.lexsort((-benefit, cost))
    hull: list[int] = []
    for i in order:
        if hull and benefit[i] <= benefit[hull[-1]]:
            continue
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            turn = (cost[b] - cost[a]) * (benefit[i] - benefit[a]) - (benefit[b] - benefit[a]) * (cost[i] - cost[a])
            if turn < 0:
                break
            hull.pop()
        hull.append(int(i))
    along = np.array(hull)
    if len(along) < 3:
        return int(along[0]), along
    x, y = cost[along] - cost[along[0]], benefit[along] - benefit[along[0]]
    above = y / y[-1] - x / x[-1]
    return int(along[above.argmax()]), along


def _table(space: Space, x, found, fresh, objectives, signs) -> pd.DataFrame:
    import pandas as pd

    rows = []
    means = np.nanmean(fresh, axis=2)
    stays = np.zeros(len(x), bool)
    stays[nondominated(means * signs)] = True
    for i, point in enumerate(x):
        row: dict[str, Any] = {"point": i, "stays": bool(stays[i])}
        for j, name in enumerate(objectives):
            estimate = mean_interval(fresh[i, j])
            row |= {f"{name}.searched": found[i, j], name: estimate.mean, f"{name}.low": estimate.low, f"{name}.high": estimate.high}  # fmt: skip
        rows.append(row | space.values(point))
    table = pd.DataFrame(rows)
    table.insert(2, "benefit", 100 * (1 - _unit(means[:, :-1] * signs[:-1])).mean(axis=1))
    return table


def _facts(case, space, table, objectives, signs, shift) -> dict:
    cost = table[objectives[-1]].to_numpy() * signs[-1]
    benefit = table["benefit"].to_numpy()
    knee, hull = find_knee(benefit, cost)
    at = int(np.flatnonzero(hull == knee)[0])

    def price(a: int, b: int) -> float:
        """Points of benefit per unit of cost between two points of the hull."""
        span = cost[hull[b]] - cost[hull[a]]
        return (benefit[hull[b]] - benefit[hull[a]]) / span if span > 0 else np.nan

    # how much worse the front is on fresh replicates than where it was found, less the same for points that nobody
    # had selected: those say how the two sets of replicates differ anyway
    curse = {
        name: float(sign * ((table[name] - table[f"{name}.searched"]).mean() - moved))
        for name, sign, moved in zip(objectives, signs, shift, strict=True)
    }
    levers = [gene.name for gene in space.genes if gene.kind in ("lever", "budget", "scale", "start")]
    spread = {gene.name: (gene.low, gene.high) for gene in space.genes}
    return {
        "scenario": case.scenario, "one_cluster": case.one_cluster, "replicates": case.replicates, "objectives": list(objectives), "front": len(table), "stays": int(table["stays"].sum()), "knee": knee, "hull": hull.tolist(),
        "knee_values": {name: table.loc[knee, name] for name in objectives}, "knee_benefit": benefit[knee],
        "knee_budget_bn": table.loc[knee, "budget_bn"],
        "before": price(0, at) if at else np.nan, "after": price(at, len(hull) - 1) if at < len(hull) - 1 else np.nan,
        "curse": curse,
        "scatter": {name: float(table[name].std(ddof=0)) for name in objectives},
        # what tells the knee from the cheapest point: levers by how far they were moved
        "moved": sorted(
            ({"lever": name, "knee": table.loc[knee, name], "cheapest": table.loc[int(hull[0]), name],
              "dearest": table.loc[int(hull[-1]), name], "low": spread[name][0], "high": spread[name][1],
              "by": (table.loc[knee, name] - table.loc[int(hull[0]), name]) / (spread[name][1] - spread[name][0])}
             for name in levers), key=lambda row: -abs(row["by"]))[:5],
    }  # fmt: skip
