"""What a sweep's folder says: how far it is, what failed, the table of all runs, effects and what pairing bought."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ...scenarios.cells import safe_text
from ...scenarios.given import path_of
from .. import statistics
from ..errors import InputError
from ..outcome import outcome_of
from ..plain_names import ForeignName, create, path_inside
from .plans import Plan, open_results, opened
from .provenance import arm_of_rows, made_of, scales
from .ranges import unknown
from .store import Store

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["Effect", "Status", "effects", "export", "is_narrow", "load", "status", "status_of"]


@dataclass(frozen=True)
class Status:
    """How far a sweep is.

    Attributes
    ----------
    path : str
    chunks_done, chunks : int
        With a stopping rule `chunks` are those of the stages begun so far.
    runs_done, runs : int
    failed : dict of str to int
        Cause to number of runs.
    damaged, foreign, doubled : list of str
        Files that are not used, see `Store`.
    size : int
        Bytes of all chunks.
    replicates : int
        Of the stages begun so far.
    stopped : str
        With a stopping rule: "narrow" (the interval is narrow enough), "open" (not yet) or "exhausted" (all looks
        taken); else empty.
    matches : list of dict
        With equal outlay or abatement: pathway, policy, budget_bn, target and realised figure of every arm.
    baseline : str
        What effects are measured against, see `Store.baseline`.
    """

    path: str
    chunks_done: int
    chunks: int
    runs_done: int
    runs: int
    failed: dict[str, int] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    size: int = 0
    replicates: int = 0
    stopped: str = ""
    matches: list[dict] = field(default_factory=list)
    baseline: str = "law"

    @property
    def complete(self) -> bool:
        """Is nothing left to do?"""
        return self.chunks_done == self.chunks and self.stopped != "open"


@dataclass(frozen=True)
class Effect:
    """Mean difference of an arm to its matched null, over all points.

    Attributes
    ----------
    pathway, policy : str
    budget_bn : float
    outcome : str
    null : float
        Mean of the null.
    difference : Estimate
        95 % interval over replicates, each averaged over the points.
    gain : float
        Variance of the difference with independent seeds over that with common random numbers: how many times more
        runs independent seeds would need.
    """

    pathway: str
    policy: str
    budget_bn: float
    outcome: str
    null: float
    difference: statistics.Estimate
    gain: float


@bordered
def status(out: str | os.PathLike) -> Status:
    """How far the sweep in a folder is; nothing in it is changed."""
    return status_of(*opened(out))


def status_of(store: Store, plan: Plan) -> Status:
    """How far a sweep is whose chunks have been looked at."""
    begun, stopped = len(plan.stages), ""
    if plan.until is not None:
        begun, stopped = 1, "open"
        for stage in range(len(plan.stages)):
            if not all(chunk.number in store.done for chunk in plan.chunks(stage)):
                break
            begun = stage + 1
            if is_narrow(store, plan, stage):
                stopped = "narrow"
                break
        else:
            stopped = "exhausted"
    chunks = [chunk for stage in range(begun) for chunk in plan.chunks(stage)]
    failed: Counter = Counter()
    for table in store.tables(sorted(store.done), ["failed"]):
        failed.update(cause for cause in table["failed"].to_pylist() if cause)
    done = [chunk for chunk in plan.chunks() if chunk.number in store.done]
    return Status(
        store.name, len(done), max(len(chunks), len(done)), sum(map(plan.runs_of, done)),
        max(plan.runs(begun), sum(map(plan.runs_of, done))), dict(sorted(failed.items())), store.damaged, store.foreign,
        store.doubled, store.size(),
        sum(count for _, count in plan.stages[:begun]), stopped,
        [{"pathway": arm["pathway"], "policy": arm["policy"], "budget_bn": arm["budget"]} | arm["match"]
         for arm in store.manifest["arms"] if arm["match"]], store.baseline,
    )  # fmt: skip


def _paired(store: Store, plan: Plan, outcome: str, numbers: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Values and nulls of every arm by replicate, each averaged over the points; two (R,) arrays an arm."""
    arms = len(plan.work.arms)
    sums: dict[int, np.ndarray] = {}  # replicate -> (arms, 3): value, null, points
    for table in store.tables(sorted(numbers), ["replicate", outcome, f"null.{outcome}"]):
        ids, own, null = (column.to_numpy() for column in table.columns)
        replicates = np.unique(ids)
        shape = (-1, arms, replicates.size)
        pairs = np.stack([own.reshape(shape), null.reshape(shape), np.ones(own.size).reshape(shape)], axis=-1)
        pairs[~np.isfinite(pairs).all(axis=-1)] = 0.0
        for index, replicate in enumerate(ids.reshape(shape)[0, 0]):
            sums[int(replicate)] = sums.get(int(replicate), 0.0) + pairs[:, :, index].sum(axis=0)
    table = np.array([sums[replicate] for replicate in sorted(sums)])  # (R, arms, 3)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = table[:, :, :2] / table[:, :, 2:]
    return [(means[:, a, 0], means[:, a, 1]) for a in range(arms)]


@bordered
def effects(out: str | os.PathLike, outcome: str | None = None) -> list[Effect]:
    """Effect of every arm but the null on an outcome, from the chunks that are there.

    Default: the outcome whose interval decides when to stop, or the first one.
    """
    store, plan = opened(out)
    name = outcome or (plan.work.outcomes[0] if plan.until is None else plan.until.outcome)
    if name not in plan.work.outcomes:
        from .ranges import unknown

        raise unknown("outcome", name, plan.work.outcomes)
    if not store.done:
        return []
    found = []
    for (pathway, policy, budget), arm, (own, null) in zip(
        plan.work.labels, plan.work.arms, _paired(store, plan, name, list(store.done)), strict=True
    ):
        if arm.programmes:
            found.append(Effect(pathway, policy, budget, name, float(np.nanmean(null)), statistics.difference(own, null),
                                statistics.pairing_gain(own, null)))  # fmt: skip
    return found


def is_narrow(store: Store, plan: Plan, stage: int) -> bool:
    """Are the intervals of all arms narrow enough after a stage? Uses the runs up to that stage alone."""
    until = plan.until
    assert until is not None
    numbers = [chunk.number for index in range(stage + 1) for chunk in plan.chunks(index)]
    share = outcome_of(until.outcome).kind == "share"
    for arm, (own, null) in zip(plan.work.arms, _paired(store, plan, until.outcome, numbers), strict=True):
        if not arm.programmes:
            continue
        difference = (own - null)[np.isfinite(own - null)]
        if difference.size < 2:
            return False
        level = 1 - (1 - statistics.CONFIDENCE) / until.looks
        half = statistics.t_quantile(difference.size - 1, level) * difference.std(ddof=1) / np.sqrt(difference.size)
        unit = 1.0 if share else abs(np.nanmean(null))
        if not half <= until.half_width * unit:
            return False
    return True


def _with_parameters(table: pa.Table, plan: Plan) -> pa.Table:
    """A chunk as it is handed out: money under a name with its unit, the parameters joined on where it does not hold them."""
    table = table.rename_columns(["budget_bn" if name == "budget" else name for name in table.column_names])
    if plan.work.joined:
        return table
    import pyarrow as pa

    rows = plan.points[table["point"].to_numpy()]
    place = table.column_names.index("failed") + 1
    for j, (name, _) in enumerate(plan.work.factors):
        table = table.add_column(place + j, name, pa.array(rows[:, j]))
    return table


def _with_origin(table: pa.Table, store: Store, plan: Plan) -> pa.Table:
    """Put before the columns of a chunk what all rows of the sweep share, and the scale factor of each arm."""
    import pyarrow as pa

    scale = scales(store)[arm_of_rows(table["replicate"].to_numpy(), len(plan.work.arms))]
    shared = {name: pa.repeat(value, table.num_rows) for name, value in made_of(store, plan).items()}
    columns = {**shared, "scale": pa.array(scale, from_pandas=True)}
    return pa.table([*columns.values(), *table.columns], [*columns, *table.column_names])


@bordered
def load(out: str | os.PathLike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """All runs that are there, one row each, in the order of the plan.

    Parameters
    ----------
    out : path or URL
    columns : sequence of str, optional
        Only these.

    Returns
    -------
    pandas.DataFrame
        ``point, pathway, policy, budget_bn, replicate, failed``, the varied parameters and levers, the outcomes and
        ``null.OUTCOME``; ``attrs["one_cluster"]``: is it about a single cluster? ``attrs["baseline"]``: what the nulls
        are, see `Store.baseline`; ``attrs["made_of"]``: what all rows share, see `provenance.made_of`.
    """
    import pyarrow as pa

    store, plan = open_results(out)
    tables = [_with_parameters(table, plan) for table in store.tables(sorted(store.done))]
    whole = pa.concat_tables([table.unify_dictionaries() for table in tables]).unify_dictionaries()
    for name in columns or ():
        if name not in whole.column_names:
            raise unknown("columns", name, whole.column_names)
    frame = (whole.select(list(columns)) if columns is not None else whole).to_pandas()
    frame.attrs.update(one_cluster=plan.work.site.one_cluster, baseline=store.baseline, made_of=made_of(store, plan))
    return frame


@bordered
def export(out: str | os.PathLike, file: str | os.PathLike) -> int:
    """Write all runs into one file, chunk by chunk, so size does not matter.

    A row has what `load` gives, and before it all that made it (`provenance.made_of`, and the scale factor of its arm), so that
    two exports together can be told apart. A Parquet file carries the sweep's manifest too, as metadata ``ecocluster.manifest``.

    Parameters
    ----------
    out : path or URL
        Of the sweep.
    file : path
        Ends in .csv (without traces) or .parquet.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        If the file exists, has another ending, or cannot be written.
    """
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    target = path_of(file)
    if target.suffix not in (".csv", ".parquet"):
        raise InputError("export_ending", path=target)
    if os.path.lexists(target):
        raise InputError("export_exists", path=target)
    store, plan = open_results(out)
    fresh = target.with_name(f".{target.name}.ecocluster-export")
    rows = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        writer: Any = None
        with create(fresh.parent, fresh.name) as stream:
            for table in store.tables(sorted(store.done)):
                about = {} if target.suffix == ".csv" else {"ecocluster.manifest": json.dumps(store.manifest)}
                table = _with_origin(_with_parameters(table, plan), store, plan).replace_schema_metadata(about)
                if target.suffix == ".csv":  # traces do not fit into cells
                    table = table.select([entry.name for entry in table.schema if not pa.types.is_list(entry.type)])
                for j, kind in enumerate(table.schema.types):
                    if pa.types.is_dictionary(kind):
                        table = table.set_column(j, table.column_names[j], table.column(j).cast(kind.value_type))
                if target.suffix == ".csv":
                    for j, kind in enumerate(table.schema.types):
                        if pa.types.is_string(kind) or pa.types.is_large_string(kind):  # no cell that a spreadsheet would run
                            safe = pa.chunked_array([pa.array(map(safe_text, table.column(j).to_pylist()), kind)])
                            table = table.set_column(j, table.column_names[j], safe)
                if writer is None:
                    make = csv.CSVWriter if target.suffix == ".csv" else pq.ParquetWriter
                    writer = make(stream, table.schema)
                writer.write_table(table)
                rows += table.num_rows
            writer.close()
        if os.path.lexists(target):  # somebody made it meanwhile
            raise InputError("export_exists", path=target)
        os.replace(fresh, target)
    except ForeignName:
        raise InputError("out_clash", path=fresh) from None
    except OSError as error:
        raise InputError("out_failed", path=target, error=error.strerror or error) from error
    finally:
        with suppress(OSError, ForeignName):  # the folder may not be one
            path_inside(fresh.parent, fresh.name).unlink(missing_ok=True)
    return rows
