"""A sweep as the explorer sees it: one row per point and arm, averaged over replicates, with effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.outcome import known_outcome, read_name
from ...model.parameters import PARAMETERS
from ..analyses.page import outcome_label
from ..parameter_words import meaning_of
from ..words import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EFFECT", "Box", "Sweep", "column_factor", "column_label", "find_region", "influence", "read_sweep", "select"]

EFFECT = "effect."  # prefix of a difference to the matched null
NULL = "null."
LABELS = ("point", "pathway", "policy", "budget_bn")
FIXED = (*LABELS, "replicate", "failed")
FEWEST = 20  # points in a selection and outside of it before a box is sought


def column_label(name: str, say: Words, one_cluster: bool = False) -> str:
    """An input, an outcome or an effect as readers call it, with its unit.

    Parameters
    ----------
    name : str
    say : Words
    one_cluster : bool
        Is the sweep about a single cluster, so that a share of clusters is a probability?
    """
    plain = name.removeprefix(EFFECT)
    if plain in PARAMETERS:
        return meaning_of(PARAMETERS[plain], say)
    if read_name(plain) is None:
        label = say.name("lever", plain)
        return label if label != plain else plain.replace("_", " ")
    text = outcome_label(plain, say, one_cluster)
    if name.startswith(EFFECT):
        text = say("explorer.effect", name=text)
    unit = _unit(plain, say)
    return f"{text} ({unit})" if unit else text


def _unit(name: str, say: Words) -> str:
    found = known_outcome(name)
    if found is None:
        return ""
    return "%" if found.kind == "share" else say.unit(found.unit)


def column_factor(name: str) -> float:
    """What numbers of a column are multiplied with before they are shown: shares are in percent."""
    found = known_outcome(name.removeprefix(EFFECT))
    return 100.0 if found is not None and found.kind == "share" else 1.0


@dataclass(frozen=True)
class Sweep:
    """A sweep, ready to be drawn.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per arm and point: labels, inputs, outcomes and ``effect.OUTCOME``, means of the replicates.
    inputs, outcomes : tuple of str
        Varied parameters and levers; outcomes and effects.
    runs, failed : int
    one_cluster : bool
        Is it about a single cluster?
    """

    table: pd.DataFrame
    inputs: tuple[str, ...]
    outcomes: tuple[str, ...]
    runs: int
    failed: int
    one_cluster: bool = False
    baseline: str = "law"  # see `experiments.sweeps.store.Store.baseline`

    def label(self, name: str, say: Words) -> str:
        """A column as readers call it."""
        return column_label(name, say, self.one_cluster)


def read_sweep(folder: Path) -> Sweep:
    """Read a folder that `ecocluster sweep` wrote; `InputError` if it is none."""
    from ...experiments.sweeps.results import load

    frame = load(folder)
    plain = [name for name in frame if name.startswith(NULL)]
    bases = [name.removeprefix(NULL) for name in plain]
    inputs = [name for name in frame if name not in FIXED and name not in bases and name not in plain
              and np.issubdtype(frame[name].dtype, np.number)]  # fmt: skip
    lost = int((frame["failed"] != "").sum())
    for base in bases:
        frame[EFFECT + base] = frame[base] - frame[NULL + base]
    shown = [*bases, *(EFFECT + base for base in bases)]
    labels = [name for name in LABELS if name in frame]
    table = frame.groupby(labels, observed=True, sort=True)[[*inputs, *shown]].mean().reset_index()
    for name in ("pathway", "policy"):
        if name in table:
            table[name] = table[name].astype(str)
    return Sweep(table, tuple(inputs), tuple(shown), len(frame), lost, frame.attrs["one_cluster"], frame.attrs["baseline"])


def influence(sweep: Sweep, outcomes: Sequence[str]) -> dict[str, float]:
    """Inputs that were varied, the most influential first.

    Parameters
    ----------
    sweep : Sweep
    outcomes : sequence of str
        Columns that are looked at.

    Returns
    -------
    dict of str to float
        The largest rank correlation (Spearman, its size) with one of the outcomes in one of the pathways: what acts in one
        pathway alone is not hidden by the others.
    """
    varied = [name for name in sweep.inputs if sweep.table[name].nunique() > 1]
    wanted = [name for name in dict.fromkeys(outcomes) if name not in varied]
    found = dict.fromkeys(varied, 0.0)
    for _, own in sweep.table.groupby("pathway", observed=True):
        ranks = own[[*varied, *wanted]].rank()
        for name in varied:
            for outcome in wanted:
                if ranks[name].nunique() > 1 and ranks[outcome].nunique() > 1:
                    found[name] = max(found[name], abs(float(np.corrcoef(ranks[name], ranks[outcome])[0, 1])))
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def select(
    table: pd.DataFrame,
    area: Mapping[str, tuple[float, float]] | None,
    ranges: Mapping[str, Sequence[tuple[float, float]]],
) -> np.ndarray:
    """Which rows are selected.

    Parameters
    ----------
    table : pandas.DataFrame
    area : mapping, optional
        Column to (low, high): the rectangle drawn in the scatter.
    ranges : mapping
        Column to intervals drawn on its axis; a row must lie in one of them.

    Returns
    -------
    numpy.ndarray of bool
    """
    chosen = np.ones(len(table), bool)
    for name, (low, high) in (area or {}).items():
        chosen &= table[name].between(low, high).to_numpy()
    for name, intervals in ranges.items():
        if intervals:
            chosen &= np.any([table[name].between(low, high).to_numpy() for low, high in intervals], axis=0)
    return chosen


@dataclass(frozen=True)
class Box:
    """A box in the inputs that holds most of what was selected.

    Attributes
    ----------
    limits : dict of str to (float, float)
        Inputs that matter; an open side is infinite.
    coverage, density, share : float
        Share of the selected points in the box; share of the box's points that are selected; the same of all points.
    """

    limits: Mapping[str, tuple[float, float]]
    coverage: float
    density: float
    share: float


def find_region(sweep: Sweep, chosen: np.ndarray) -> Box | None:
    """The box (PRIM) that tells the selected points by their inputs; None if there are too few, or no box.

    Parameters
    ----------
    sweep : Sweep
    chosen : numpy.ndarray of bool
        As from `select`.
    """
    from ...experiments.analyses.discover import find_box, inside

    names = [name for name in sweep.inputs if sweep.table[name].nunique() > 1]
    if min(chosen.sum(), (~chosen).sum()) < FEWEST or not names:
        return None
    x = sweep.table[names]
    limits, _ = find_box(x, chosen)
    if not limits:
        return None
    within = inside(x, limits)
    return Box(limits, float(chosen[within].sum() / chosen.sum()), float(chosen[within].mean()), float(chosen.mean()))
