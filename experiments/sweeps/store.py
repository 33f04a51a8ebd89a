"""Where results are kept: a manifest, the work of a chunk, and one Parquet file per chunk.

    DIR/manifest.json       what was asked, versions, seed, design, sizes, hashes; written last, so that a folder with
                            a manifest is whole
    DIR/work.json           what a worker needs (`chunks.Work`)
    DIR/points.parquet      the points, if they came from a table (others are made again from design and seed)
    DIR/chunks/00000012-0123456789abcdef.parquet

A chunk carries the hash of its bytes in its name, so that a truncated or edited file is noticed, and in itself the mark
of its sweep and number (`chunks.mark_of`), so that one of another sweep is not taken for one of this. What does not
belong here is never removed: `look` gives it another name and says so. Nothing in the folder depends on when, where or
in how many attempts it was made; the manifest names the kind of processor that it was begun on.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model import processor
from ..errors import InputError
from ..with_modules import check_modules, recorded
from .chunks import Chunk, Work, differences, mark_of, read_mark, versions
from .folders import LOCK, NAMED, open_folder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMAT", "Store"]

FORMAT = 2
UNMARKED = 1  # chunks of this older format know their number, but not their sweep: they are read, none are added
MANIFEST, WORK, POINTS, CHUNKS = "manifest.json", "work.json", "points.parquet", "chunks"
MADE_BY = "ecocluster sweep"
DAMAGED, FOREIGN, DOUBLED = ".damaged", ".foreign", ".doubled"
_CHUNK = re.compile(r"^(\d{8})-([0-9a-f]{16})\.parquet$", re.ASCII)
_ASIDE = re.compile(r"\.parquet(\.damaged|\.foreign|\.doubled)(\.\d+)?$", re.ASCII)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Store:
    """A sweep's folder.

    Attributes
    ----------
    out : str or path
        Local folder or URL.
    manifest : dict
        Empty before `create` or `load`.
    done : dict of int to str
        Chunks whose files are there and sound, by number.
    damaged : list of str
        Files that are not used because their bytes are not those that were written.
    foreign : list of str
        Because they belong to another sweep, or have another number.
    doubled : list of str
        Because there are two of one chunk, of which neither holds the other's results.
    """

    out: str | os.PathLike
    manifest: dict[str, Any] = field(default_factory=dict)
    done: dict[int, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.folder = open_folder(self.out)
        self.name = self.folder.name

    # --- beginning -----------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Is there a sweep? A folder that holds other files is refused."""
        names = self.folder.names()
        if MANIFEST in names:
            return True
        ours = {LOCK, NAMED, WORK, POINTS, *(f".{name}.tmp" for name in (MANIFEST, WORK, POINTS))}
        if set(names) - ours or self.folder.has_more():
            raise InputError("out_not_ours", path=self.name)
        return False

    def create(
        self, work: Work, about: Mapping[str, Any], points: np.ndarray, keep_points: bool, made_on: Mapping[str, Any] | None = None
    ) -> None:
        """Write what a sweep is, the manifest last.

        Parameters
        ----------
        work : Work
        about : mapping
            Design, sizes and stages; `load` gives it back.
        points : (points, factors) float64
        keep_points : bool
            Write the points too.
        made_on : mapping, optional
            Kind of processor; default: this one.
        """
        packed = work.to_bytes()
        files = {WORK: packed} | ({POINTS: _points_file(points)} if keep_points else {})
        manifest = {
            "made_by": MADE_BY,
            "format": FORMAT,
            "versions": versions(),
            "processor": dict(made_on or processor.facts()),
            "seed": work.seed,
            **recorded(),
            **about,
            "points_sha256": _hash(np.ascontiguousarray(points).tobytes()),
            "files": {name: _hash(data) for name, data in files.items()},
        }
        manifest["content"] = _hash(json.dumps(manifest, sort_keys=True).encode())[:32]
        there = self.folder.names()
        for name, data in files.items():
            if name in there and self.folder.read(name) != data:  # it is not what an attempt that was killed left
                raise InputError("out_clash", path=f"{self.name}/{name}")
        for name, data in files.items():
            self.folder.write(name, data)
        self.folder.write(MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
        self.manifest = manifest

    def same_as(self, work: Work, about: Mapping[str, Any]) -> bool:
        """Is the sweep in the folder this one?"""
        return self.manifest["files"][WORK] == _hash(work.to_bytes()) and all(
            self.manifest.get(key) == json.loads(json.dumps(value)) for key, value in about.items()
        )

    def load(self, to_write: bool = True) -> None:
        """Read the manifest.

        Parameters
        ----------
        to_write : bool
            Chunks will be added: refuse a sweep of other versions, because results would mix.

        Raises
        ------
        InputError
            If there is no sweep, its manifest is damaged, or it was made by another version or with other modules.
        """
        try:
            manifest = json.loads(self.folder.read(MANIFEST))
            if manifest["made_by"] != MADE_BY:
                raise InputError("sweep_foreign", path=self.name)
            content, found, made_with = manifest.pop("content"), manifest["format"], dict(manifest["versions"])
            needed = [dict(entry) for entry in manifest.get("modules", ())]
        except FileNotFoundError:
            raise InputError("sweep_none", path=self.name) from None
        except InputError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError("sweep_manifest", path=self.name) from None
        if found not in (FORMAT, UNMARKED):
            raise InputError("sweep_format", path=self.name, found=found, known=FORMAT)
        if content != _hash(json.dumps(manifest, sort_keys=True).encode())[:32]:
            raise InputError("sweep_manifest", path=self.name)
        check_modules(needed, self.name, to_write)
        if to_write and made_with != versions():
            raise InputError("sweep_version", path=self.name, found=differences(versions(), made_with))
        if to_write and found == UNMARKED:
            raise InputError("sweep_old", path=self.name)
        self.manifest = {**manifest, "content": content}

    def check_processor(self) -> None:
        """Refuse, in words that can be asked as a question, to go on with a sweep that was begun on another kind."""
        begun = self.manifest.get("processor", {}).get("kind")
        if begun != (here := processor.kind()):
            raise InputError("sweep_processor", path=self.name, found=begun, here=here)

    @property
    def key(self) -> str:
        """Key of the sweep: of its design, seed, scenario, tables, versions, and how it is cut into chunks."""
        asked = {name: value for name, value in self.manifest.items() if name not in ("content", "processor")}
        return _hash(json.dumps(asked, sort_keys=True).encode())[:32]

    def work(self) -> bytes:
        """The packed `Work`; `InputError` if it is not what was written."""
        return self._sound(WORK)

    @property
    def baseline(self) -> str:
        """What effects are measured against: the law alone, or no programme in sweeps of before there was one."""
        return "law" if "law" in self.manifest else "null"

    def points(self, make) -> np.ndarray:
        """The points; `make()` makes them again where they are not kept."""
        if POINTS in self.manifest["files"]:
            import pyarrow.parquet as pq

            table = pq.read_table(BytesIO(self._sound(POINTS)))
            found = np.column_stack([table.column(j).to_numpy() for j in range(table.num_columns)])
        else:
            found = make()
        if _hash(np.ascontiguousarray(found).tobytes()) != self.manifest["points_sha256"]:
            raise InputError("sweep_points", path=self.name)
        return found

    def _sound(self, name: str) -> bytes:
        try:
            data = self.folder.read(name)
        except FileNotFoundError:
            data = b""
        if _hash(data) != self.manifest["files"][name]:
            raise InputError("sweep_damaged", path=f"{self.name}/{name}")
        return data

    # --- chunks --------------------------------------------------------------------------------------

    @contextmanager
    def lock(self) -> Iterator[None]:
        """No other process writes here meanwhile."""
        with self.folder.lock():
            yield

    def look(self, chunks: Iterable[Chunk], set_aside: bool = True) -> None:
        """Find the files of chunks, and prove of each that its bytes are whole and that it belongs here.

        Parameters
        ----------
        chunks : iterable of Chunk
            Of the plan.
        set_aside : bool
            Give files that cannot be used another name. None is removed but one of this sweep whose results another
            file holds too.
        """
        self.done, self.damaged, self.foreign, self.doubled = {}, [], [], []
        known, arms, key = {chunk.number: chunk for chunk in chunks}, len(self.manifest["arms"]), self.key
        files: dict[int, list[str]] = {}
        for name in self.folder.names(CHUNKS):
            path = f"{CHUNKS}/{name}"
            if (earlier := _ASIDE.search(name)) is not None:
                self._aside_list(earlier[1]).append(name)
            elif (found := _CHUNK.match(name)) is not None:
                data, number = self.folder.read(path), int(found[1])
                if _hash(data)[:16] != found[2]:
                    self._put_aside(path, DAMAGED, set_aside)
                elif number not in known or not self._belongs(data, known[number], arms, key):
                    self._put_aside(path, FOREIGN, set_aside)
                else:
                    files.setdefault(number, []).append(path)
        for number, paths in files.items():
            best: str | None = paths[0]
            for path in paths[1:]:  # a rerun was killed before it took the old file away, or somebody wrote a second one
                if best is not None:
                    best = self._richer(best, path)
            if best is None:
                for path in paths:
                    self._put_aside(path, DOUBLED, set_aside)
                continue
            self.done[number] = best
            if set_aside:
                for path in paths:
                    if path != best:
                        self.folder.remove(path)

    def _aside_list(self, kind: str) -> list[str]:
        return {DAMAGED: self.damaged, FOREIGN: self.foreign, DOUBLED: self.doubled}[kind]

    def _put_aside(self, path: str, kind: str, rename: bool = True) -> None:
        """Note a file that cannot be used, and give it a name that says so and that no file has yet."""
        name = path.removeprefix(f"{CHUNKS}/") + kind
        if rename:
            taken = self.folder.names(CHUNKS)
            name = next(free for free in itertools.chain([name], (f"{name}.{n}" for n in itertools.count(2))) if free not in taken)
            self.folder.rename(path, f"{CHUNKS}/{name}")
        self._aside_list(kind).append(name)

    def _belongs(self, data: bytes, chunk: Chunk, arms: int, key: str) -> bool:
        """Do bytes say that they are this chunk of this sweep?"""
        expected = mark_of(key, chunk, arms)
        if self.manifest["format"] == UNMARKED:
            expected = {"chunk": chunk.number, "rows": expected["rows"]}
        return read_mark(data) == (expected, expected["rows"])

    def _richer(self, one: str, other: str) -> str | None:
        """Of two files of a chunk the one that holds all results of the other; None if neither does."""
        tables = {path: self._table(path) for path in (one, other)}
        fine = {path: np.array([not cause for cause in table["failed"].to_pylist()], bool) for path, table in tables.items()}
        for path, rest in ((one, other), (other, one)):
            held, rows = (_written(tables[name].drop_columns(["failed"]).filter(fine[rest])) for name in (path, rest))
            if fine[path][fine[rest]].all() and held == rows:
                return path
        return None

    def put(self, number: int, data: bytes) -> None:
        """Keep a chunk; an older file of the same chunk is removed once the new one is safe and holds all its results."""
        path = f"{CHUNKS}/{number:08d}-{_hash(data)[:16]}.parquet"
        self.folder.write(path, data)
        old = self.done.get(number)
        self.done[number] = path
        if old is None or old == path:
            return
        best = self._richer(path, old)
        if best is None:
            self._put_aside(old, DOUBLED)
        else:
            self.done[number] = best
            self.folder.remove(old if best == path else path)

    def _table(self, path: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return pq.ParquetFile(BytesIO(self.folder.read(path))).read(columns=columns)
        except pa.ArrowException as error:  # its name fits its bytes, but we did not write it
            raise InputError("sweep_unreadable", path=f"{self.name}/{path}", error=str(error).splitlines()[0]) from error

    def tables(self, numbers: Iterable[int], columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Tables of chunks, one at a time; only the named columns if there are any."""
        for number in numbers:
            yield self._table(self.done[number], columns)

    def size(self) -> int:
        """Bytes of all chunks."""
        return sum(self.folder.size(path) for path in self.done.values())


def _points_file(points: np.ndarray) -> bytes:
    import pyarrow as pa

    return _written(pa.table({str(j): points[:, j] for j in range(points.shape[1])}))


def _written(table: pa.Table) -> bytes:
    """A table as a file: bits are compared, also those of what is not a number."""
    import pyarrow.parquet as pq

    out = BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()
