"""Parts of one plan, run apart, as one sweep: other replicates of the same points and arms, or other chunks of the same sweep.

    sweep({**asked, "first_replicate": 0}, "out/part-0")     # one machine, or one task of an array
    sweep({**asked, "first_replicate": 8}, "out/part-1")     # another
    merge(["out/part-0", "out/part-1"], "out/whole")

A result depends on nothing but its point, arm, replicate and seed, so that the rows of the whole are those that one machine
would have made.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError
from .chunks import Chunk, chunks_of, mark_of
from .plans import Plan, opened
from .provenance import arm_of_rows
from .results import Status, status_of
from .store import Store

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["merge"]

OWN = ("content", "processor", "stages", "sizes", "made_by", "format", "files")  # may differ, or are compared elsewhere
# what `Store.create` writes beside what a plan is about
WRITTEN = {"made_by", "format", "versions", "processor", "seed", "modules", "points_sha256", "files", "content"}
LONGEST = 60  # characters of a value in a message


@dataclass
class _Part:
    store: Store
    plan: Plan


@bordered
def merge(parts: Sequence[str | os.PathLike], out: str | os.PathLike, *, other_processor: bool = False) -> Status:
    """Join sweeps of one plan in a new folder; the parts stay as they are.

    Parameters
    ----------
    parts : sequence of path or URL
        At least two. Their replicates do not overlap (`first_replicate` of the experiment file), or they are the same sweep, begun
        in several folders.
    out : path or URL
        Absent, empty, or what an interrupted call left.
    other_processor : bool
        Join what was run on different kinds of processor.

    Returns
    -------
    Status
        What the parts have not finished, `resume` runs.

    Raises
    ------
    InputError
        If a part is of another plan (what differs is named), was made with other versions, or two parts hold the same run with
        other results. Nothing is written then.
    """
    if len(parts) < 2:
        raise InputError("merge_two")
    found = [_Part(*opened(part, to_write=True)) for part in parts]
    first = found[0]
    for part in found[1:]:
        if what := _differs(first, part):
            raise InputError("merge_foreign", path=part.store.name, first=first.store.name, what=what)
        begun, other = (entry.store.manifest["processor"]["kind"] for entry in (first, part))
        if begun != other and not other_processor:
            raise InputError("sweep_processor", path=part.store.name, found=other, here=begun)
    same = all(part.store.key == first.store.key for part in found)
    plan = first.plan if same else _joined(found)
    target = Store(out)
    about = {key: plan.about[key] for key in plan.about if key not in WRITTEN}
    there = target.exists()
    if there:
        target.load()
    if there and not target.same_as(plan.work, about):
        raise InputError("sweep_other", path=target.name)
    chosen = _doubles(found) if same else {}
    with target.lock():
        if not there:
            target.create(plan.work, about, plan.points, plan.keep_points, first.store.manifest["processor"])
        target.look(plan.chunks())
        for number, data in _whole(chosen) if same else _recut(found, plan, target.key):
            if number not in target.done:
                target.put(number, data)
        return status_of(target, plan)


def _differs(first: _Part, other: _Part) -> str:
    """What makes a part one of another plan, as text."""
    one, two = first.store.manifest, other.store.manifest
    said = [_told(key, one.get(key), two.get(key)) for key in {**one, **two} if key not in OWN and one.get(key) != two.get(key)]
    if one["files"] != two["files"]:
        mine, theirs = (json.loads(part.plan.work.to_bytes()) for part in (first, other))
        told = {key for key in one if one[key] != two.get(key)} | {"labels"}
        said += [_told(key, mine[key], theirs[key]) for key in mine if mine[key] != theirs[key] and key not in told]
    return "; ".join(said)


def _told(key: str, one: Any, two: Any) -> str:
    """Both values, or of a large thing the entries that differ."""
    if isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        pairs = [(f"{key} {n + 1}", a, b) for n, (a, b) in enumerate(zip(one, two, strict=True)) if a != b]
        return "; ".join(_told(*pair) for pair in pairs[:3])
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        pairs = [(f"{key}.{name}", one.get(name), two.get(name)) for name in {**one, **two} if one.get(name) != two.get(name)]
        return "; ".join(_told(*pair) for pair in pairs[:3])
    return f"{key}: {_short(one)} | {_short(two)}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."


def _joined(parts: Sequence[_Part]) -> Plan:
    """The plan of parts with replicates of their own: a stage for each, and chunks as the first part is cut."""
    for index, part in enumerate(parts):
        if part.plan.until is not None:  # looks at an interval are planned for one sweep
            raise InputError("merge_until", path=part.store.name)
        for other in parts[:index]:
            for (begin, count), (start, number) in itertools.product(other.plan.stages, part.plan.stages):
                low, high = max(begin, start), min(begin + count, start + number) - 1
                if low <= high:
                    raise InputError("merge_overlap", one=other.store.name, two=part.store.name, low=low, high=high)
    stages = sorted(stage for part in parts for stage in part.plan.stages)
    first = parts[0].plan
    sizes = (first.sizes[0], min(part.plan.sizes[1] for part in parts))
    about = {**first.about, "stages": [list(stage) for stage in stages], "sizes": list(sizes)}
    return replace(first, stages=tuple(stages), sizes=sizes, about=about)


def _doubles(parts: Sequence[_Part]) -> dict[int, _Part]:
    """Where each chunk is, of one sweep in several folders; refuses two that hold the same runs with other results."""
    found: dict[int, _Part] = {}
    for part in parts:
        for number, path in part.store.done.items():
            if number not in found:
                found[number] = part
            elif path != (other := found[number].store).done[number]:  # the hash of the bytes is in the name
                raise InputError("merge_results", number=number, one=other.name, two=part.store.name)
    return found


def _whole(chosen: Mapping[int, _Part]) -> Iterator[tuple[int, bytes]]:
    """Chunks of one sweep as they are."""
    for number in sorted(chosen):
        store = chosen[number].store
        yield number, store.folder.read(store.done[number])


def _recut(parts: Sequence[_Part], plan: Plan, sweep: str) -> Iterator[tuple[int, bytes]]:
    """Chunks of the whole, of the rows of the parts; what is not finished in its part is left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sources = {stage: part for part in parts for stage in part.plan.stages}
    arms = len(plan.work.arms)
    number = 0
    for stage in plan.stages:
        for chunk in chunks_of(len(plan.points), plan.sizes, stage, number):
            number = chunk.number + 1
            tables = [_cut(table, chunk) for table in _overlapping(sources[stage], stage, chunk)]
            mark = mark_of(sweep, chunk, arms)
            if sum(table.num_rows for table in tables) != mark["rows"]:
                continue
            table = pa.concat_tables([table.unify_dictionaries() for table in tables]).unify_dictionaries()
            if len(tables) > 1:  # replicates within arms, arms within points, as in any chunk
                of_arm = np.concatenate([arm_of_rows(table["replicate"].to_numpy(), arms) for table in tables])
                table = table.take(np.lexsort((table["replicate"].to_numpy(), of_arm, table["point"].to_numpy())))
            out = BytesIO()
            table = table.replace_schema_metadata({"ecocluster": json.dumps(mark)})
            pq.write_table(table, out, compression="zstd", write_statistics=False)
            yield chunk.number, out.getvalue()


def _overlapping(part: _Part, stage: tuple[int, int], wanted: Chunk) -> Iterator[pa.Table]:
    """Tables of the part's finished chunks that hold points and replicates of a chunk of that stage."""
    plan, (points, replicates) = part.plan, part.plan.sizes
    down = -(-len(plan.points) // points)
    first = sum(down * -(-count // replicates) for _, count in plan.stages[: plan.stages.index(stage)])
    across, begin = -(-stage[1] // replicates), wanted.first_replicate - stage[0]
    for row in range(wanted.first_point // points, (wanted.first_point + wanted.points - 1) // points + 1):
        for column in range(begin // replicates, (begin + wanted.replicates - 1) // replicates + 1):
            if (number := first + row * across + column) in part.store.done:
                yield next(part.store.tables([number]))


def _cut(table: pa.Table, chunk: Chunk) -> pa.Table:
    points, ids = table["point"].to_numpy() - chunk.first_point, table["replicate"].to_numpy() - chunk.first_replicate
    return table.filter((points >= 0) & (points < chunk.points) & (ids >= 0) & (ids < chunk.replicates))
