"""Where results are kept: a manifest, the work of a chunk, and one Parquet file per chunk.

    DIR/manifest.json       what was asked, versions, seed, design, sizes, hashes; written last, so that a folder with
                            a manifest is whole
    DIR/work.json           what a worker needs (`chunks.Work`)
    DIR/points.parquet      the points, if they came from a table (others are made again from design and seed)
    DIR/chunks/00000012-0123456789abcdef.parquet

A chunk carries the hash of its bytes in its name, so that a truncated or edited file is noticed. Nothing in the folder
depends on when, where or in how many attempts it was made; the manifest names the kind of processor that it was begun on.
"""

from __future__ import annotations

import hashlib
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
from .chunks import Work, differences, versions
from .folders import LOCK, open_folder

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FORMAT", "Store"]

FORMAT = 1
MANIFEST, WORK, POINTS, CHUNKS = "manifest.json", "work.json", "points.parquet", "chunks"
MADE_BY = "ecocluster sweep"
DAMAGED = ".damaged"
_CHUNK = re.compile(r"^(\d{8})-([0-9a-f]{16})\.parquet$")


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
        Files that were set aside because their bytes are not those that were written.
    """

    out: str | os.PathLike
    manifest: dict[str, Any] = field(default_factory=dict)
    done: dict[int, str] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.folder = open_folder(self.out)
        self.name = self.folder.name

    # --- beginning -----------------------------------------------------------------------------------

    def exists(self) -> bool:
        """Is there a sweep? A folder that holds other files is refused."""
        names = self.folder.names()
        if MANIFEST in names:
            return True
        ours = {LOCK, WORK, POINTS, *(f".{name}.tmp" for name in (MANIFEST, WORK, POINTS))}
        if set(names) - ours or self.folder.has_folders():
            raise InputError("out_not_ours", path=self.name)
        return False

    def create(self, work: Work, about: Mapping[str, Any], points: np.ndarray, keep_points: bool) -> None:
        """Write what a sweep is, the manifest last.

        Parameters
        ----------
        work : Work
        about : mapping
            Design, sizes and stages; `load` gives it back.
        points : (points, factors) float64
        keep_points : bool
            Write the points too.
        """
        packed = work.to_bytes()
        files = {WORK: packed} | ({POINTS: _points_file(points)} if keep_points else {})
        manifest = {
            "made_by": MADE_BY,
            "format": FORMAT,
            "versions": versions(),
            "processor": processor.facts(),
            "seed": work.seed,
            **about,
            "points_sha256": _hash(np.ascontiguousarray(points).tobytes()),
            "files": {name: _hash(data) for name, data in files.items()},
        }
        manifest["content"] = _hash(json.dumps(manifest, sort_keys=True).encode())[:32]
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
            If there is no sweep, its manifest is damaged, or it was made by another version.
        """
        try:
            manifest = json.loads(self.folder.read(MANIFEST))
            if manifest["made_by"] != MADE_BY:
                raise InputError("sweep_foreign", path=self.name)
            content, found, made_with = manifest.pop("content"), manifest["format"], dict(manifest["versions"])
        except FileNotFoundError:
            raise InputError("sweep_none", path=self.name) from None
        except InputError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InputError("sweep_manifest", path=self.name) from None
        if found != FORMAT:
            raise InputError("sweep_format", path=self.name, found=found, known=FORMAT)
        if content != _hash(json.dumps(manifest, sort_keys=True).encode())[:32]:
            raise InputError("sweep_manifest", path=self.name)
        if to_write and made_with != versions():
            raise InputError("sweep_version", path=self.name, found=differences(versions(), made_with))
        self.manifest = {**manifest, "content": content}

    def check_processor(self) -> None:
        """Refuse, in words that can be asked as a question, to go on with a sweep that was begun on another kind."""
        begun = self.manifest.get("processor", {}).get("kind")
        if begun != (here := processor.kind()):
            raise InputError("sweep_processor", path=self.name, found=begun, here=here)

    def work(self) -> bytes:
        """The packed `Work`; `InputError` if it is not what was written."""
        return self._sound(WORK)

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

    def look(self, set_aside: bool = True) -> None:
        """Find the chunks that are there. A file whose bytes are not those of its name is set aside, never deleted."""
        self.done, self.damaged = {}, []
        for name in self.folder.names(CHUNKS):
            found = _CHUNK.match(name)
            if not found:
                if name.endswith(DAMAGED):
                    self.damaged.append(name)
                continue
            path = f"{CHUNKS}/{name}"
            if _hash(self.folder.read(path))[:16] != found[2]:
                if set_aside:
                    self.folder.rename(path, path + DAMAGED)
                self.damaged.append(name + DAMAGED)
            elif int(found[1]) in self.done:  # a rerun was killed before it took the old file away
                old, self.done[int(found[1])] = self._older_first(self.done[int(found[1])], path)
                if set_aside:
                    self.folder.remove(old)
            else:
                self.done[int(found[1])] = path

    def _older_first(self, *paths: str) -> list[str]:
        """Of two files of a chunk the one with fewer failed runs is the newer."""
        failed = {path: sum(map(bool, self._table(path, ["failed"])["failed"].to_pylist())) for path in paths}
        return sorted(paths, key=lambda path: (-failed[path], path))

    def put(self, number: int, data: bytes) -> None:
        """Keep a chunk; an older file of the same chunk is taken away once the new one is safe."""
        path = f"{CHUNKS}/{number:08d}-{_hash(data)[:16]}.parquet"
        self.folder.write(path, data)
        old = self.done.get(number)
        self.done[number] = path
        if old is not None and old != path:
            self.folder.remove(old)

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
    import pyarrow.parquet as pq

    out = BytesIO()
    pq.write_table(pa.table({str(j): points[:, j] for j in range(points.shape[1])}), out, compression="zstd")
    return out.getvalue()
