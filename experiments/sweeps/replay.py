"""One row of a sweep again: are its outcomes those that are stored, and what lies behind them, quarter by quarter?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import processor
from ...model.border import bordered
from ..errors import InputError, check_number
from ..spreadsheet import csv_bytes
from .chunks import Chunk, Work, cells_of, differences, encode, versions
from .plans import Plan, opened
from .store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from .running import Cells

__all__ = ["Difference", "Replay", "replay"]


@dataclass(frozen=True)
class Difference:
    """One result that came out otherwise.

    Attributes
    ----------
    pathway, policy : str
    budget_bn : float
        bn VND a year.
    column : str
        An outcome, ``null.OUTCOME``, or ``failed``.
    stored, found : float or str
    """

    pathway: str
    policy: str
    budget_bn: float
    column: str
    stored: float | str
    found: float | str


@dataclass(frozen=True)
class Replay:
    """A point and replicate of a sweep that were run again, with all arms.

    Attributes
    ----------
    path : str
        Of the sweep.
    point, replicate : int
    rows, results : int
        Rows that were compared, one an arm, and results in them.
    differing : tuple of Difference
        Empty: every result has the bits that are stored.
    other_versions, other_processor : str
        What is not as it was when the sweep was planned; empty if all is.
    series : pandas.DataFrame
        One row per arm, ``run`` ("arm", or "null" for its matched null) and quarter: all of `INDICATORS`, in their units.
    clusters : pandas.DataFrame
        The same per existing cluster: its level, 0 to 3.
    """

    path: str
    point: int
    replicate: int
    rows: int
    results: int
    differing: tuple[Difference, ...]
    other_versions: str
    other_processor: str
    series: pd.DataFrame
    clusters: pd.DataFrame

    @property
    def same(self) -> bool:
        """Does every result have the bits that are stored?"""
        return not self.differing

    def files(self) -> dict[str, bytes]:
        """``series.csv`` and ``clusters.csv``."""
        tables = {"series.csv": self.series, "clusters.csv": self.clusters}
        return {name: csv_bytes(table) for name, table in tables.items()}


@bordered
def replay(out: str | os.PathLike, point: int, replicate: int) -> Replay:
    """Run all arms of one point and replicate of a sweep again; nothing in its folder is changed.

    Parameters
    ----------
    out : path or URL
        Of the sweep.
    point, replicate : int
        As the rows name them.

    Raises
    ------
    InputError
        If the sweep has no finished run of these, or cannot be run with these versions.
    """
    store, plan = opened(out)
    if store.baseline != "law":  # its nulls had no law, and there is no such rule any more
        raise InputError("sweep_unopened", path=store.name, found=differences(versions(), store.manifest["versions"]))
    check_number("--point", point, 0, len(plan.points) - 1, whole=True)
    check_number("--replicate", replicate, 0, 2**40, whole=True)
    stored = _rows(store, plan, point, replicate)
    work, alone = plan.work, Chunk(0, point, 1, replicate, 1)
    points, ids = plan.points[point : point + 1], np.array([replicate], np.int64)
    cells = cells_of(work, points, ids, traces=True)
    found = _table(encode(work, alone, points, ids, cells, ""))
    names = ["failed", *work.outcomes, *(f"null.{name}" for name in work.outcomes)]
    begun, here = store.manifest["processor"]["kind"], processor.kind()
    made_with = store.manifest["versions"]
    return Replay(
        store.name, point, replicate, len(work.labels), len(work.labels) * len(names),
        tuple(_compared(stored, found, names, work)),
        differences(versions(), made_with) if made_with != versions() else "",
        "" if begun == here else f"{here} here, {begun} there",
        _series(work, cells), _clusters(work, cells),
    )  # fmt: skip


def _rows(store: Store, plan: Plan, point: int, replicate: int) -> pa.Table:
    """The stored rows of a point and replicate, one an arm."""
    for chunk in plan.chunks():
        if (
            chunk.number in store.done
            and 0 <= point - chunk.first_point < chunk.points
            and 0 <= replicate - chunk.first_replicate < chunk.replicates
        ):
            table = next(store.tables([chunk.number]))
            return table.filter((table["point"].to_numpy() == point) & (table["replicate"].to_numpy() == replicate))
    raise InputError("replay_none", path=store.name, point=point, replicate=replicate)


def _table(data: bytes) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(BytesIO(data))


def _compared(stored: pa.Table, found: pa.Table, names: list[str], work: Work) -> Iterator[Difference]:
    """What differs, to the bit."""
    for name in names:
        ours, theirs = found[name].to_pylist(), stored[name].to_pylist()
        for label, then, now in zip(work.labels, theirs, ours, strict=True):
            if _bits(then) != _bits(now):
                yield Difference(*label, name, then, now)


def _bits(value: float | str) -> Any:
    return np.float64(value).tobytes() if isinstance(value, float) else value


def _runs(work: Work, cells: Cells, what: str) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """A trace of every arm and of its matched null that did not fail, with its name in columns."""
    for row, (pathway, policy, budget) in enumerate(work.labels):
        for run, prefix in (("arm", ""), ("null", "null.")):
            trace = cells.traces[f"{prefix}{what}"][row]
            if trace is not None:
                yield {"pathway": pathway, "policy": policy, "budget_bn": budget, "run": run}, trace


def _years(steps: int) -> np.ndarray:
    from ...model.timelines import FORK_YEAR

    return FORK_YEAR + np.arange(steps) / 4


def _series(work: Work, cells: Cells) -> pd.DataFrame:
    import pandas as pd

    from ...model.indicators import INDICATORS

    frames = []
    for names, trace in _runs(work, cells, "series"):
        columns = dict(zip(INDICATORS, trace.T, strict=True))
        frames.append(pd.DataFrame({**names, "year": _years(len(trace)), **columns}))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _clusters(work: Work, cells: Cells) -> pd.DataFrame:
    import pandas as pd

    clusters = work.site.clusters
    frames = []
    for names, trace in _runs(work, cells, "level"):
        steps = len(trace)
        frames.append(pd.DataFrame({
            **names,
            "year": np.repeat(_years(steps), len(clusters)),
            "cluster": np.tile([cluster.id for cluster in clusters], steps),
            "name": np.tile([cluster.name for cluster in clusters], steps),
            "district": np.tile([cluster.district for cluster in clusters], steps),
            "level": trace.ravel(),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
