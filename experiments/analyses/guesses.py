"""Which guesses decide: every drawn parameter screened, the ten strongest weighed, and what to measure in Hanoi first.

Written down before the first run, but for the last rule (noisy cells), which came after a small run and before the first of full size:

- Cells are a pathway and an outcome: COD and tCO2e avoided, workers in clusters with the four groups at .5, gross outlay and social
  cost, each beyond the law alone, to 2035. Every cell counts alike.
- Screening (Morris): elementary effects over the whole range of each parameter that worlds draw, without the bands of the worlds. The
  strength of a parameter is mu* over the standard deviation of the cell, mean over the cells.
- Weighing (Sobol'): the ten strongest, all others at their defaults. The weight is the total index, mean over the cells: the share of
  the variance that would be left if all the nine others were known.
- To be measured first are guesses (mark "assumption") among the ten, by weight. A number with a source may weigh more and is no guess.

Two replicates of each point tell how much of what is seen is luck. A cell in which luck makes more than half of the differences
between points is too noisy: it is named and counts in no mean. A city is represented by eight clusters drawn from it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..eight_clusters import COUNT, draw_clusters
from ..errors import InputError, check_number, need_package
from ..question import PATHWAYS
from ..worlds import tables_hash
from .checkpoints import Checkpoint, key_of
from .effects import effect, luck_share
from .finding import Case, Finding, Progress
from .sensitivity import MOST_POINTS, MOST_TRAJECTORIES, noise_floor, sobol_indices
from .uncertainties import chosen, points, unit_points

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OUTCOMES", "elementary_effects", "guesses", "screened"]

OUTCOMES = ("cod_avoided_2035", "abatement_2035", "groups_50_2035", "pv_outlay_gross_2035", "pv_social_cost_2035")
GUESS = "assumption"  # mark of a number that nobody has measured
NOISY = 0.5  # share of luck from which a cell does not count
BLOCK = 128  # points between two looks at the clock: what is done is kept


def screened() -> tuple[str, ...]:
    """Parameters that worlds draw; arrivals follow the exits, there as here."""
    from ...model.parameters import drawn_names

    return tuple(name for name in drawn_names() if name != "arrival_base")


def elementary_effects(u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Changes of results over the whole range of each parameter, one for each trajectory of a "morris" design.

    A point without a result costs the two effects that it takes part in, and not its trajectory: with hundreds of parameters a
    single failed run would otherwise cost hundreds.

    Parameters
    ----------
    u : (trajectories x (K + 1), K) float64
    y : (trajectories x (K + 1), cells) float64

    Returns
    -------
    (trajectories, K, cells) float64
        nan where there is none.
    """
    count = u.shape[1]
    paths, results = u.reshape(-1, count + 1, count), y.reshape(-1, count + 1, y.shape[1])
    steps = np.diff(paths, axis=1)
    which = np.abs(steps).argmax(axis=2)  # the parameter that moves
    change = np.diff(results, axis=1) / np.take_along_axis(steps, which[:, :, None], axis=2)
    found = np.full((len(paths), count, y.shape[1]), np.nan)
    np.put_along_axis(found, which[:, :, None], change, axis=1)
    return found


@contextmanager
def _represented(case: Case) -> Iterator[Case]:
    """The case on the clusters that stand for its place: all, or eight of a city."""
    from ...scenarios import load_scenario

    site = load_scenario(case.scenario).site
    if len(site.clusters) <= COUNT:
        yield case
        return
    base = case.scenario if not str(case.scenario).endswith(".toml") else str(Path(case.scenario).resolve())
    with TemporaryDirectory() as place:
        file = Path(place) / "eight.toml"
        ids = json.dumps(list(draw_clusters(site)), ensure_ascii=False)
        file.write_text(f'type = "scenario"\nid = "eight"\nextends = {json.dumps(base)}\nselect = {ids}\n', "utf-8")
        yield replace(case, scenario=str(file))


class _Points:
    """Results at the points of a design: a table (point, replicate) x cells that is kept block by block."""

    def __init__(self, case: Case, about: Sequence[Any], pathways: Sequence[str], kept: Checkpoint) -> None:
        self.case, self.about, self.pathways, self.kept = case, list(about), tuple(pathways), kept
        self.cells = [(pathway, outcome) for pathway in self.pathways for outcome in OUTCOMES]
        self.failed, self.why = 0, InputError("no_runs", reason="unknown")

    def run(self, stage: str, names: Sequence[str], u: np.ndarray, progress: Progress) -> pd.DataFrame:
        """Rows ``trial``, ``replicate`` and a column for each cell; nan where a run failed."""
        import pandas as pd

        _, at = points(names, u)
        blocks = []
        for first in range(0, len(at), BLOCK):
            key = key_of(*self.about, stage, list(names), len(at), first)
            block = self.kept.known(key)
            if block is None:
                block = self._block(at[first : first + BLOCK], first).assign(key=key)
                self.kept.add(block)
            blocks.append(block)
            if progress is not None:
                progress(min(first + BLOCK, len(at)), len(at))
        frame = pd.concat(blocks, ignore_index=True).reindex(columns=["trial", "replicate", *map(_name, self.cells)])
        if frame[list(map(_name, self.cells))].isna().all(axis=None):
            raise self.why
        self.failed += int(frame[list(map(_name, self.cells))].isna().any(axis=1).sum())
        return frame

    def _block(self, at: Sequence[dict[str, float]], first: int) -> pd.DataFrame:
        """All pathways at some points share their burn-in and the law alone."""
        import pandas as pd

        trials = [self.case.trial(pathway=pathway, uncertainties=x) for x in at for pathway in self.pathways]
        shape = (len(at), len(self.pathways), self.case.replicates)
        values = {outcome: np.full(shape, np.nan) for outcome in OUTCOMES}
        try:
            frame = self.case.run(trials, OUTCOMES)
        except InputError as error:
            if error.key != "no_runs":
                raise
            self.why = error  # a block without any result is a block of gaps
        else:
            place = np.divmod(frame["trial"].to_numpy(int), len(self.pathways))
            for outcome in OUTCOMES:
                values[outcome][(*place, frame["replicate"].to_numpy(int))] = effect(frame, outcome)
        cells = {
            _name((pathway, outcome)): values[outcome][:, k].ravel()
            for k, pathway in enumerate(self.pathways)
            for outcome in OUTCOMES
        }
        trial, replicate = np.divmod(np.arange(len(at) * self.case.replicates), self.case.replicates)
        return pd.DataFrame({"trial": first + trial, "replicate": replicate, **cells})


def _name(cell: tuple[str, str]) -> str:
    return ":".join(cell)


def _means(frame: pd.DataFrame, cells: Sequence[tuple[str, str]], count: int) -> np.ndarray:
    """Means over the replicates, (points, cells); nan unless all replicates have a result."""
    values = frame.sort_values(["trial", "replicate"])[list(map(_name, cells))].to_numpy(float)
    return values.reshape(count, -1, len(cells)).mean(axis=1)


@bordered
def guesses(
    case: Case | None = None,
    *,
    pathways: Sequence[str] = PATHWAYS[2:],
    trajectories: int = 16,
    strongest: int = 10,
    base: int = 256,
    uncertainties: Sequence[str] | None = None,
    out: str | Path | None = None,
    progress: Progress = None,
) -> Finding:
    """Screen all drawn parameters, weigh the strongest, and list the guesses that are worth measuring first.

    Parameters
    ----------
    case : Case, optional
        Its pathway does not count.
    pathways : sequence of str
        Whose effects are explained.
    trajectories : int
        Of the screening, 2 to 1000: (parameters + 1) points each.
    strongest : int
        Parameters that are weighed, 1 to all.
    base : int
        Base points of the weighing, rounded up to a power of two: (strongest + 2) points each.
    uncertainties : sequence of str, optional
        Parameters to screen; default: all that worlds draw.
    out : path, optional
        Folder in which finished blocks are kept, so that a run that was stopped goes on.
    progress : callable, optional
        Called with (points done, points in all).

    Returns
    -------
    Finding
        Table: one row per parameter, strongest first. `data["cells"]`: the same by pathway and outcome;
        `data["measure"]`: guesses among the weighed ones, heaviest first. `data["points"]`: every point, so that the same question is
        answered at once.
    """
    need_package("guesses", "SALib")
    case = case or Case("hanoi", replicates=2)
    names = chosen(uncertainties) if uncertainties else screened()
    pathways = tuple(dict.fromkeys(pathways))
    if not pathways:
        raise InputError("empty", name="--pathways")
    check_number("--trajectories", trajectories, 2, MOST_TRAJECTORIES, whole=True)
    check_number("--strongest", strongest, 1, len(names), whole=True)
    check_number("--base", base, 2, MOST_POINTS, whole=True)
    size = 1 << (int(base) - 1).bit_length()
    screen = unit_points("morris", trajectories, len(names), case.seed)
    total = len(screen) + size * (strongest + 2)

    def part(before: int) -> Progress:
        return None if progress is None else lambda done, _: progress(before + done, total)

    about = ("guesses", tables_hash(), case.scenario, case.policy, case.law, case.budget_bn, case.site_budget_bn, case.replicates,
             case.seed, list(pathways), list(OUTCOMES))  # fmt: skip
    if progress is not None:
        progress(0, total)
    with _represented(case) as mine:
        runs = _Points(mine, about, pathways, Checkpoint(out, "points"))
        frame = runs.run("morris", names, screen, part(0))
        table, cells, luck = _screening(names, screen, frame, runs.cells)
        top = tuple(table["parameter"][:strongest])
        u = unit_points("saltelli", size, len(top), case.seed)
        weighed = runs.run("saltelli", top, u, part(len(screen)))
    table, cells = _weighing(table, cells, top, _means(weighed, runs.cells, len(u)), runs.cells, case.seed)
    measure = _measure(table, cells)
    command = case.command("guesses", pathways=pathways if pathways != PATHWAYS[2:] else None, trajectories=trajectories, strongest=strongest,
                           base=base, uncertainties=tuple(uncertainties or ()))  # fmt: skip
    facts = _facts(case, table, cells, measure, luck, len(screen), len(u), runs.failed)
    return Finding("guesses", command, table, facts, {"cells": cells, "measure": measure, "points": runs.kept.rows})


def _screening(
    names: Sequence[str], u: np.ndarray, frame: pd.DataFrame, cells: Sequence[tuple[str, str]]
) -> tuple[pd.DataFrame, pd.DataFrame, list[float]]:
    """Parameters by strength, all of them in every cell, and the share of luck in each cell."""
    import pandas as pd

    from ...model.parameters import PARAMETERS

    y = _means(frame, cells, len(u))
    found = elementary_effects(u, y)
    there = np.isfinite(found)
    count = np.maximum(there.sum(axis=0), 1)
    size = np.where(there, np.abs(found), 0.0)
    mu_star, mu = size.sum(axis=0) / count, np.where(there, found, 0.0).sum(axis=0) / count  # (K, cells)
    scatter = np.where(there, (size - mu_star) ** 2, 0.0).sum(axis=0) / np.maximum(count - 1, 1)
    half = 1.96 * np.sqrt(scatter / count)
    luck = [luck_share(frame, frame[_name(cell)].to_numpy(float)) for cell in cells]
    floor = np.array([noise_floor(y[:, k], luck[k]) for k in range(len(cells))])
    spread = np.nanstd(y, axis=0, ddof=1)
    spread = np.where(spread > 0, spread, np.nan)
    counts = ~(np.array(luck) > NOISY)  # where nothing is known of luck it counts
    counts = counts if counts.any() else ~counts
    strength = np.where(counts, mu_star / spread, np.nan)
    above = (mu_star - half > floor) & (mu_star > 0)
    table = pd.DataFrame({
        "parameter": list(names), "mark": [PARAMETERS[name].mark for name in names],
        "strength": np.nan_to_num(np.nansum(strength, axis=1) / max((np.isfinite(spread) & counts).sum(), 1)),
        "above_luck": above.sum(axis=1), "inert": (mu_star <= 1e-9 * np.nanmax(mu_star, axis=0, initial=0.0)).all(axis=1),
        **{column: [getattr(PARAMETERS[name], column) for name in names] for column in ("default", "low", "high", "unit")},
    })  # fmt: skip
    long = pd.DataFrame([
        {"parameter": name, "pathway": pathway, "outcome": outcome, "mu_star": mu_star[i, k], "mu": mu[i, k], "half": half[i, k],
         "floor": floor[k], "spread": spread[k], "counts": bool(counts[k])}
        for i, name in enumerate(names) for k, (pathway, outcome) in enumerate(cells)
    ])  # fmt: skip
    return table.sort_values("strength", ascending=False, kind="stable", ignore_index=True), long, luck


def _weighing(
    table: pd.DataFrame, long: pd.DataFrame, top: Sequence[str], z: np.ndarray, cells: Sequence[tuple[str, str]], seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Total and first-order indices of the strongest: mean over the cells, and in each."""
    import pandas as pd

    parts = []
    for k, (pathway, outcome) in enumerate(cells):
        indices = sobol_indices(len(top), z[:, k], seed)
        parts.append(indices.assign(parameter=top, pathway=pathway, outcome=outcome))
    weights = pd.concat(parts, ignore_index=True)
    columns = ["first", "total", "total_half"]
    long = long.merge(weights[["parameter", "pathway", "outcome", *columns]], on=["parameter", "pathway", "outcome"], how="left")
    means = long[long["counts"]].groupby("parameter")[["first", "total"]].mean()
    return table.join(means, on="parameter"), long


def _measure(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Guesses among the weighed ones, heaviest first, and where each weighs most."""
    weighed = table[(table["mark"] == GUESS) & table["total"].notna()].sort_values("total", ascending=False, kind="stable")
    rows = cells[cells["counts"]].dropna(subset="total")
    where = (
        rows.loc[rows.groupby("parameter")["total"].idxmax()].set_index("parameter") if len(rows) else rows.set_index("parameter")
    )
    where = where[["pathway", "outcome", "total"]].rename(columns={"total": "most"})
    return weighed.drop(columns=["inert"]).join(where, on="parameter").reset_index(drop=True)


def _facts(
    case: Case, table: pd.DataFrame, cells: pd.DataFrame, measure: pd.DataFrame, luck: Sequence[float], screen: int, weigh: int,
    failed: int,
) -> dict[str, Any]:  # fmt: skip
    rows = cells[cells["counts"]].dropna(subset="total")
    noisy = cells.loc[~cells["counts"], ["pathway", "outcome"]].drop_duplicates()
    leaders = rows.groupby(["outcome", "parameter"])["total"].mean()
    by_outcome = {outcome: leaders[outcome].idxmax() for outcome in OUTCOMES if outcome in leaders.index.get_level_values(0)}
    weighed = table.dropna(subset="total").sort_values("total", ascending=False, kind="stable")
    return {
        "scenario": case.scenario, "parameters": len(table), "guesses": int((table["mark"] == GUESS).sum()), "inert": int(table["inert"].sum()),
        "noisy": noisy.to_dict("records"), "above": int((table["above_luck"] > 0).sum()), "screen": screen, "weigh": weigh, "replicates": case.replicates, "failed": failed,
        "luck": float(np.nanmedian(luck)) if np.isfinite(luck).any() else None,
        "luck_most": float(np.nanmax(luck)) if np.isfinite(luck).any() else None, "weighed": list(weighed["parameter"]),
        "sourced": list(weighed.loc[weighed["mark"] != GUESS, "parameter"]),
        "guess_weight": float(measure["total"].sum() / weighed["total"].sum()) if weighed["total"].sum() > 0 else None,
        "measure": list(measure["parameter"]), "leaders": by_outcome,
    }  # fmt: skip
