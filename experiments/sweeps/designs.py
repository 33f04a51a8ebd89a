"""Designs: which points of the factors' ranges a sweep visits.

Points are made on the unit cube by scipy and SALib and carried to the ranges by each factor's law. What is random is
scrambled by the seed through a generator of our own, so that seed 0 is a seed like any other, and a factor's column
stands where the factor stands: SALib matches samples and results by order alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...scenarios.errors import Message, ScenarioError, nearest_name
from ..errors import InputError, check_number, need_package
from .ranges import Range

__all__ = ["KINDS", "MAX_POINTS", "Design", "Factor", "count_points", "make_points", "read_points"]

MAX_POINTS = 10**7
MAX_TRAJECTORIES = 10**5  # of "morris", made one by one: of more nobody learns more
_STREAM = 0xDE5167  # keeps the draws of designs apart from others of the same seed
# kind: (keys it needs, keys it may have)
KINDS = {
    "full": ((), ("levels",)),
    "oat": ((), ("levels",)),
    "lhs": (("points",), ()),
    "sobol": (("points",), ()),
    "saltelli": (("points",), ("second_order",)),
    "morris": (("points",), ("levels",)),
    "table": (("file",), ()),
    "nested": (("points",), ("lever_points",)),
    "worlds": (("points",), ()),
}


@dataclass(frozen=True)
class Factor:
    """Something that a design varies.

    Attributes
    ----------
    range : Range
    lever : bool
        A lever of policy rather than an uncertainty.
    values : tuple of float
        If not empty: these alone, in place of the range.
    """

    range: Range
    lever: bool = False
    values: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        return self.range.name

    def at(self, u: np.ndarray) -> np.ndarray:
        """Values at probabilities `u`."""
        if not self.values:
            return self.range.quantile(u)
        return np.array(self.values)[np.minimum((np.asarray(u) * len(self.values)).astype(int), len(self.values) - 1)]

    def grid(self, levels: int) -> np.ndarray:
        """`levels` values over the range, both ends among them; the two of a flag; or the given values."""
        if self.values:
            return np.array(self.values)
        return self.range.quantile(np.linspace(0, 1, 2 if self.range.law == "flag" else levels))


@dataclass(frozen=True)
class Design:
    """How points are laid.

    Attributes
    ----------
    kind : str
        "full" (all combinations of `levels` values), "oat" (the default, then one factor at a time at each of `levels`
        values), "lhs" (Latin hypercube of `points`), "sobol" (a scrambled Sobol' sequence of `points`, a power of two),
        "saltelli" (the matrices for Sobol' indices on a base of `points`, a power of two), "morris" (`points`
        trajectories on `levels` values), "table" (the rows of `file`) or "nested" (`points` of the uncertainties, a
        Latin hypercube, each with the same `lever_points` of the levers; in every cell the replicates are paired), or "worlds" (the first
        `points` worlds, see `ecocluster.experiments.worlds`).
    points, levels, lever_points : int
    second_order : bool
        Of "saltelli": also what second-order indices need.
    file : str
    """

    kind: str
    points: int = 0
    levels: int = 2
    lever_points: int = 1
    second_order: bool = False
    file: str = ""


def _generator(seed: int, stream: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, _STREAM, stream])))


def _is_power_of_two(n: int) -> bool:
    return n > 0 and n & (n - 1) == 0


def make_points(design: Design, factors: tuple[Factor, ...], seed: int) -> np.ndarray:
    """Points of a design, except of a table (`read_points`).

    Parameters
    ----------
    design : Design
    factors : tuple of Factor
    seed : int
        0 to 2^63 - 1.

    Returns
    -------
    (points, factors) float64

    Raises
    ------
    InputError
        For a number of points that the kind cannot have, or designs above `MAX_POINTS`.
    """
    count = count_points(design, factors)
    if count > MAX_POINTS:
        raise InputError("above", name="points of the design", value=count, high=MAX_POINTS)
    width = len(factors)
    if not width:
        return np.empty((1, 0))
    if design.kind == "full":
        grids = np.meshgrid(*(factor.grid(design.levels) for factor in factors), indexing="ij")
        return np.column_stack([grid.ravel() for grid in grids])
    if design.kind == "oat":
        return _one_at_a_time(design, factors)
    if design.kind == "worlds":
        from ..worlds import stored

        drawn = stored().some(1, design.points)
        return np.array([[world.parameters[factor.name] for factor in factors] for world in drawn])
    if design.kind == "nested":
        return _nested(design, factors, seed)
    unit = _unit(design, width, _generator(seed))
    return np.column_stack([factor.at(unit[:, j]) for j, factor in enumerate(factors)])


def count_points(design: Design, factors: tuple[Factor, ...]) -> int:
    """Number of points, before any is made; refuses numbers that the kind cannot have."""
    width = len(factors)
    if design.kind in ("sobol", "saltelli") and not _is_power_of_two(design.points):
        below = 1 << (design.points.bit_length() - 1)
        raise InputError("power_of_two", value=design.points, kind=design.kind, below=below, above=2 * below)
    if design.kind == "full":
        return int(np.prod([float(factor.grid(design.levels).size) for factor in factors]))
    if design.kind == "oat":
        return 1 + sum(factor.grid(design.levels).size for factor in factors)
    if design.kind == "saltelli":
        return design.points * (2 * width + 2 if design.second_order else width + 2)
    if design.kind == "morris":
        check_number("points of a design of kind 'morris'", design.points, 1, MAX_TRAJECTORIES, whole=True)
        return design.points * (width + 1)
    return design.points * (design.lever_points if design.kind == "nested" else 1)


def _unit(design: Design, width: int, generator: np.random.Generator) -> np.ndarray:
    from scipy.stats import qmc

    if design.kind == "lhs":
        return qmc.LatinHypercube(width, seed=generator).random(design.points)
    if design.kind == "sobol":
        return qmc.Sobol(width, scramble=True, seed=generator).random_base2(design.points.bit_length() - 1)
    need_package(f"design {design.kind!r}", "SALib")
    problem = {"num_vars": width, "names": [str(j) for j in range(width)], "bounds": [[0.0, 1.0]] * width}
    if design.kind == "saltelli":
        from SALib.sample import sobol

        return sobol.sample(problem, design.points, calc_second_order=design.second_order, seed=generator)
    from SALib.sample import morris

    return morris.sample(problem, design.points, num_levels=design.levels, seed=generator)


def _one_at_a_time(design: Design, factors: tuple[Factor, ...]) -> np.ndarray:
    default = np.array([factor.range.default for factor in factors])
    rows = [default]
    for j, factor in enumerate(factors):
        for value in factor.grid(design.levels):
            rows.append(default.copy())
            rows[-1][j] = value
    return np.array(rows)


def _nested(design: Design, factors: tuple[Factor, ...], seed: int) -> np.ndarray:
    from scipy.stats import qmc

    parts = []
    for lever, points in ((False, design.points), (True, design.lever_points)):
        width = sum(factor.lever == lever for factor in factors)
        unit = qmc.LatinHypercube(width, seed=_generator(seed, 1 + lever)).random(points) if width else np.empty((points, 0))
        parts.append(unit)
    outer = np.repeat(parts[0], len(parts[1]), axis=0)
    inner = np.tile(parts[1], (len(parts[0]), 1))
    columns = {False: iter(outer.T), True: iter(inner.T)}
    return np.column_stack([factor.at(next(columns[factor.lever])) for factor in factors])


def read_points(path: Path, known: Mapping[str, Range]) -> tuple[list[str], np.ndarray]:
    """A table of points, CSV or Parquet: one row a point, one column a factor by registry name.

    Returns
    -------
    names : list of str
    points : (rows, columns) float64

    Raises
    ------
    ScenarioError
        Naming file, column, row and value.
    """
    import pandas as pd

    if not path.is_file():
        raise ScenarioError("no_file", file=path)
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except Exception as error:  # pandas and pyarrow raise many kinds; whatever it is, the file cannot be used
        raise ScenarioError("not_a_table", file=path, cause=str(error).splitlines()[0]) from None
    if frame.empty or not len(frame.columns):
        raise ScenarioError("no_rows", file=path)
    for name in frame.columns:
        entry = known.get(name)
        if entry is None:
            raise ScenarioError("unknown_column", file=path, key=str(name), nearest=nearest_name(name, known))
        values = pd.to_numeric(frame[name], errors="coerce").to_numpy(float)
        wrong = ~(np.isfinite(values) & (values >= entry.low) & (values <= entry.high))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ScenarioError("not_in_range", file=path, key=Message("at_row", column=name, row=row + 1),
                                value=frame[name].iloc[row], allowed=Message("between", low=entry.low, high=entry.high))  # fmt: skip
    return [str(name) for name in frame.columns], frame.to_numpy(float)
