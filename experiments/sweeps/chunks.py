"""The unit of work: some points on some replicates, run anywhere, returned as the bytes of a Parquet file.

A chunk is a pure function of the sweep's `Work` and of its points, so it does not matter where, when, or how often it
is run. How many runs go into one is settled by a cost per run that is written here, not by a clock: two machines cut a
sweep in the same way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import asdict, dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.loading import having
from ...model.roster import Source, sources
from ...model.sites_and_arms import Arm, Shock, Site
from ..errors import InputError
from .outcomes import Outcomes
from .trial import Trial

if TYPE_CHECKING:
    from .cases import Case
    from .running import Cells

__all__ = ["JOINED_FACTORS", "Chunk", "Work", "cells_of", "chunk_sizes", "chunks_of", "differences", "encode", "mark_of", "read_mark",
           "run_chunk", "versions"]  # fmt: skip

# a 55-firm cluster takes some 5 ms a run (null and arm), nearly all of it proportional to firms and steps
SECONDS_PER_FIRM_STEP, SECONDS_PER_RUN = 0.7e-6, 1e-3
CHUNK_SECONDS = 0.5  # of work; a machine three times as fast or slow stays within 100 ms and 2 s
JOINED_FACTORS = 64  # more than these would take more room than the outcomes: then they are joined on reading
UNPAIRED = 2**36  # arms with luck of their own use replicates that far apart


@dataclass(frozen=True)
class Work:
    """All that a worker needs to know, and nothing that depends on where it runs.

    Attributes
    ----------
    site : Site
    parameters : dict
        Of the scenario file.
    shocks : tuple of Shock
    arms : tuple of Arm
        In the order of the rows; with scale factors, unless levers vary and every point needs its own.
    labels : tuple of (str, str, float)
        Pathway, policy and budget (bn VND a year) of each arm.
    factors : tuple of (str, bool)
        Name of each column of the points, and whether it is a lever.
    constants : tuple of (str, bool, float)
    scale : float or None
    outcomes : tuple of str
    last_year : float
    seed : int
    paired, traces : bool
    joined : bool
        Do the chunks hold the parameters, or are these joined on when read?
    versions : dict
        From `versions`, of the process that planned the sweep.
    """

    site: Site
    parameters: dict[str, float]
    shocks: tuple[Shock, ...]
    arms: tuple[Arm, ...]
    labels: tuple[tuple[str, str, float], ...]
    factors: tuple[tuple[str, bool], ...]
    constants: tuple[tuple[str, bool, float], ...]
    scale: float | None
    outcomes: tuple[str, ...]
    last_year: float
    seed: int
    paired: bool
    traces: bool
    joined: bool
    versions: dict[str, str]

    def to_bytes(self) -> bytes:
        """As JSON, the same bytes for the same work."""
        return _adapter().dump_json(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> Work:
        """From `to_bytes`."""
        return _adapter().validate_json(data)


@lru_cache(maxsize=1)
def _adapter():
    from pydantic import TypeAdapter

    return TypeAdapter(Work)


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """What the bits of a result depend on: the model's sources and the libraries that compute and write."""
    from importlib.metadata import version
    from importlib.resources import files

    digest = hashlib.sha256()
    folder = Path(str(files("ecocluster.model")))
    paths = sorted(path for pattern in ("**/*.py", "tables/*.csv") for path in folder.glob(pattern))
    for path in paths:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    libraries = {name: version(name) for name in ("ecocluster", "numpy", "numba", "scipy", "pyarrow")}
    return {**libraries, "model": digest.hexdigest()[:16]}


def differences(here: dict[str, str], there: dict[str, str]) -> str:
    """Which versions differ, as text: ``numpy 2.3 here, 2.4 there``."""
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return "; ".join(f"{name} {here.get(name)} here, {there.get(name)} there" for name in names)


@dataclass(frozen=True)
class Chunk:
    """Points `first_point` ... on replicates `first_replicate` ....

    Attributes
    ----------
    number, first_point, points, first_replicate, replicates : int
    """

    number: int
    first_point: int
    points: int
    first_replicate: int
    replicates: int


def chunk_sizes(site: Site, last_year: float, arms: int, replicates: int) -> tuple[int, int]:
    """Points and replicates of a chunk, so that it takes about `CHUNK_SECONDS`.

    Parameters
    ----------
    site : Site
    last_year : float
    arms, replicates : int
        Of the sweep.
    """
    steps = (last_year - 2010) * 4  # the burn-in counts too
    runs = max(1, int(CHUNK_SECONDS / (SECONDS_PER_RUN + SECONDS_PER_FIRM_STEP * site.firms_2018 * steps)))
    if runs < arms * replicates:
        return 1, max(1, runs // arms)
    return runs // (arms * replicates), replicates


def chunks_of(points: int, sizes: tuple[int, int], stage: tuple[int, int], number: int = 0) -> Iterator[Chunk]:
    """Chunks of one stage in their order.

    Parameters
    ----------
    points : int
    sizes : (int, int)
        From `chunk_sizes`.
    stage : (int, int)
        First replicate and number of replicates.
    number : int
        Of the first chunk.
    """
    first, count = stage
    for point in range(0, points, sizes[0]):
        for replicate in range(first, first + count, sizes[1]):
            some = min(sizes[1], first + count - replicate)
            yield Chunk(number, point, min(sizes[0], points - point), replicate, some)
            number += 1


@lru_cache(maxsize=4)
def _unpacked(work: bytes) -> Work:
    return Work.from_bytes(work)


def trials_of(work: Work, points: np.ndarray) -> list[Trial]:
    """Trials of all arms at all points, arms within points."""
    fixed = [{name: value for name, lever, value in work.constants if lever == kind} for kind in (False, True)]
    columns = [[(j, name) for j, (name, lever) in enumerate(work.factors) if lever == kind] for kind in (False, True)]
    # an arm of the plan has its scale; where levers vary every point finds its own
    firsts = [Trial("", arm, scale=work.scale if arm.scale is None else arm.scale) for arm in work.arms]
    trials = []
    for point in points.tolist():
        uncertain, levers = ({**fixed[kind], **{name: point[j] for j, name in columns[kind]}} for kind in (False, True))
        for first in firsts:
            trial = copy(first)  # what came over the border once need not do so at every point: that takes 50 us
            vars(trial).update(uncertainties=uncertain, levers=levers)
            trials.append(trial)
    return trials


def run_chunk(packed: bytes, chunk: Chunk, points: np.ndarray, sweep: str = "", modules: Sequence[Source] | None = None) -> bytes:
    """Run a chunk on one thread.

    Parameters
    ----------
    packed : bytes
        From `Work.to_bytes`.
    chunk : Chunk
    points : (chunk.points, factors) float64
    sweep : str
        Key of the sweep that it is run for, see `mark_of`.
    modules : sequence of Source, optional
        Those of the process that runs the sweep; None: what is loaded here.

    Returns
    -------
    bytes
        A Parquet file.

    Raises
    ------
    InputError
        If this process has another version of the model than the one that planned the sweep.
    """
    work = _unpacked(packed)
    if work.versions != versions():
        raise InputError("worker_version", found=differences(versions(), work.versions))
    ids = np.arange(chunk.first_replicate, chunk.first_replicate + chunk.replicates, dtype=np.int64)
    with having(sources() if modules is None else modules):
        return encode(work, chunk, points, ids, cells_of(work, points, ids, work.traces), sweep)


def cells_of(work: Work, points: np.ndarray, ids: np.ndarray, traces: bool) -> Cells:
    """Results of all arms at some points on some replicates, on one thread, whichever version planned the sweep.

    Parameters
    ----------
    work : Work
    points : (points, factors) float64
    ids : (R,) int64
        Replicates.
    traces : bool
        With all series?
    """
    from .cases import Cases
    from .running import run_cells

    cases = Cases(work.seed, work.last_year)
    cases.know("", work.site, work.parameters, work.shocks)
    reader = Outcomes(work.outcomes, work.last_year)
    prepared = cases.prepare(trials_of(work, points), 1)
    if work.paired:
        return run_cells(prepared, ids, work.seed, reader, threads=1, traces=traces)
    return _unpaired(prepared, ids, work, reader, traces)


def _unpaired(cases: list[Case], ids: np.ndarray, work: Work, reader: Outcomes, traces: bool) -> Cells:
    """Every arm and every null with luck of its own: what common random numbers are compared with."""
    from .running import Cells, run_cells

    arms, width = len(work.arms), len(reader.names)
    shape = (len(cases) // arms, arms, len(ids))
    values, null, failed = np.empty((*shape, width)), np.empty((*shape, width)), np.empty(shape, object)
    kept: dict[str, list[list]] = {}  # by arm
    for a in range(arms):
        own = run_cells(cases[a::arms], ids + (2 * a + 1) * UNPAIRED, work.seed, reader, threads=1, traces=traces)
        other = run_cells(cases[a::arms], ids + (2 * a + 2) * UNPAIRED, work.seed, reader, threads=1, traces=traces)
        for name in own.traces:
            kept.setdefault(name, []).append((other if name.startswith("null.") else own).traces[name])
        values[:, a], null[:, a] = own.values.reshape(null[:, a].shape), other.null.reshape(null[:, a].shape)
        failed[:, a] = np.array(own.failed, object).reshape(failed[:, a].shape)
    rows = [(a, p * len(ids) + r) for p in range(shape[0]) for a in range(arms) for r in range(len(ids))]
    traced = {name: [by_arm[a][row] for a, row in rows] for name, by_arm in kept.items()}
    return Cells(values.reshape(-1, width), null.reshape(-1, width), list(failed.ravel()), traced)


def mark_of(sweep: str, chunk: Chunk, arms: int) -> dict[str, Any]:
    """What a chunk says about itself: of which sweep it is, which points and replicates it holds, and how many rows.

    A hash proves that bytes are whole, not that they belong here: a sound chunk of another sweep, or of another number,
    has another mark.

    Parameters
    ----------
    sweep : str
        From `Store.key`: of all that the results depend on.
    chunk : Chunk
    arms : int
    """
    return {"sweep": sweep, **asdict(chunk), "rows": chunk.points * chunk.replicates * arms}


def read_mark(data: bytes) -> tuple[dict[str, Any], int] | None:
    """Mark and number of rows of a chunk's bytes; None if they are no chunk."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(BytesIO(data))
        mark = json.loads(about.metadata[b"ecocluster"])
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (mark, about.num_rows) if isinstance(mark, dict) else None


def encode(work: Work, chunk: Chunk, points: np.ndarray, ids: np.ndarray, cells: Cells, sweep: str) -> bytes:
    """Rows of a chunk as the bytes of a Parquet file: identity, cause of failure, parameters, outcomes, nulls."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arms, count = len(work.arms), len(ids)

    def label(position: int) -> np.ndarray:
        return np.tile(np.repeat(np.array([entry[position] for entry in work.labels]), count), chunk.points)

    columns: dict[str, Any] = {
        "point": np.repeat(np.arange(chunk.first_point, chunk.first_point + chunk.points, dtype=np.int64), arms * count),
        "pathway": pa.array(label(0)).dictionary_encode(),
        "policy": pa.array(label(1)).dictionary_encode(),
        "budget": label(2).astype(float),
        "replicate": np.tile(ids, chunk.points * arms),
        "failed": pa.array(cells.failed, pa.string()).dictionary_encode(),
    }
    if work.joined:
        columns |= {name: np.repeat(points[:, j], arms * count) for j, (name, _) in enumerate(work.factors)}
    columns |= {name: cells.values[:, j] for j, name in enumerate(work.outcomes)}
    columns |= {f"null.{name}": cells.null[:, j] for j, name in enumerate(work.outcomes)}
    for name, traces in cells.traces.items():
        kind = pa.float32() if name.endswith("series") else pa.int8()
        flat = [None if trace is None else trace.ravel() for trace in traces]
        columns[name] = pa.array(flat, pa.list_(kind))
    mark = mark_of(sweep, chunk, arms)
    table = pa.table(columns).replace_schema_metadata({"ecocluster": json.dumps(mark)})
    out = BytesIO()
    pq.write_table(table, out, compression="zstd", write_statistics=False)
    return out.getvalue()
