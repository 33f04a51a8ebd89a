"""Arrays kept on disk by what they are made of: a help that is never in the way, numbers and no code.

A record is one file, named after its key: the hash of the rest, the key, a table of the arrays, and these as LZ4 blocks. It is
written whole or not at all, and read only where nobody else can write (kernels follow the numbers in it as they follow their
own) and if its hash and key are right. Whatever else is found is removed and made again. Any number of processes may read and
write at a time; files and folder may be removed at any time. Where the files grow beyond their bound, those that were not
used for longest go first.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

from ..model.kernel_cache import weak_place, write_whole
from ..scenarios.given import is_number

__all__ = ["BOUND_MB", "ENDING", "VARIABLE", "Files", "Memory", "files"]

VARIABLE, BOUND_MB = "ECOCLUSTER_KEEP_MB", 1000.0
ENDING = ".run"
_MAGIC, _HASH = b"ecorun1\n", hashlib.sha256
_KINDS = {"|u1", "|i1", "<i2", "<i4", "<i8", "<f8"}
_MOST = 2**31  # bytes of an array: nothing that is kept is so large
_FREED = 0.8  # of the bound is left, so that not every record has to look for room
_FORGOTTEN = 3600.0  # seconds after which nobody will finish a file


class Files:
    """Records in a folder.

    Parameters
    ----------
    folder : Path
        Closed to others, see `files`.
    bound : float
        Bytes of all records.
    """

    def __init__(self, folder: Path, bound: float):
        self.folder, self.bound = folder, bound
        self._lock = threading.Lock()
        self._room = 0.0  # until somebody looks again

    def path(self, key: bytes) -> Path:
        """File of a record."""
        return self.folder / f"{key.hex()}{ENDING}"

    def find(self, key: bytes) -> dict[str, np.ndarray] | None:
        """The arrays of a key, read-only; None if there are none, or none that are whole."""
        path = self.path(key)
        try:
            with open(path, "rb") as stream:
                if hasattr(os, "geteuid") and os.fstat(stream.fileno()).st_uid != os.geteuid():
                    return None
                content = stream.read()
            found = _unpacked(content, key)
        except FileNotFoundError:
            return None
        except Exception:  # whatever it is: it can be made again
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)  # it was used
        return found

    def keep(self, key: bytes, arrays: dict[str, np.ndarray]) -> None:
        """Write a record, if it can be written; what cannot be kept is made again another time."""
        path = self.path(key)
        with suppress(OSError):
            content = _packed(key, arrays)
            if len(content) > self.bound:
                return
            self._make_room(len(content))
            write_whole(str(path), content, 0o600)

    def _make_room(self, size: int) -> None:
        """Remove what was not used for longest, where the files are about to grow beyond the bound."""
        with self._lock:
            self._room -= size
            if self._room >= 0.0:
                return
            there, unfinished = [], []
            with suppress(OSError), os.scandir(self.folder) as entries:
                for entry in entries:
                    with suppress(OSError):  # another process removed it
                        about = entry.stat()
                        if entry.name.endswith(ENDING):
                            there.append((about.st_mtime, about.st_size, entry.path))
                        elif entry.name.endswith(".tmp"):
                            unfinished.append((about.st_mtime, entry.path))
            total = size + sum(used for _, used, _ in there)
            newest = max((when for when, *_ in there), default=0.0)
            for when, path in unfinished:
                if when < newest - _FORGOTTEN:
                    with suppress(OSError):
                        os.unlink(path)
            if total > self.bound:
                for _, used, path in sorted(there):
                    if total <= _FREED * self.bound:
                        break
                    with suppress(OSError):
                        os.unlink(path)
                        total -= used
            # others write too: a tenth of the bound, then it is looked at again
            self._room = min(self.bound - total, 0.1 * self.bound)


class Memory:
    """Records of this process, as `Files` keeps them on disk.

    Parameters
    ----------
    bound : int
        Bytes; what was not used for longest goes first.
    """

    def __init__(self, bound: int):
        self.bound, self.size = bound, 0
        self._records: OrderedDict[bytes, dict[str, np.ndarray]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: bytes) -> dict[str, np.ndarray] | None:
        """The arrays of a key, read-only; None if there are none."""
        with self._lock:
            found = self._records.get(key)
            if found is not None:
                self._records.move_to_end(key)
            return found

    def keep(self, key: bytes, arrays: dict[str, np.ndarray]) -> None:
        """Keep a copy."""
        copies = {name: array.copy() for name, array in arrays.items()}
        for array in copies.values():
            array.flags.writeable = False
        with self._lock:
            self._drop(key)
            self._records[key] = copies
            self.size += _bytes(copies)
            while self.size > self.bound:
                self._drop(next(iter(self._records)))

    def _drop(self, key: bytes) -> None:
        self.size -= _bytes(self._records.pop(key, {}))


def _bytes(arrays: dict[str, np.ndarray]) -> int:
    return sum(array.nbytes for array in arrays.values())


@lru_cache(maxsize=1)
def _codec():
    import pyarrow as pa  # at hand for tables; it is slow to load, and small sites keep nothing

    return pa.Codec("lz4")


def _packed(key: bytes, arrays: dict[str, np.ndarray]) -> bytes:
    """A record as bytes."""
    table, blocks = [], []
    for name, array in arrays.items():
        whole = np.ascontiguousarray(array)
        if whole.dtype.str not in _KINDS:
            raise TypeError(f"{name} holds {whole.dtype.str}")
        block = _codec().compress(whole.reshape(-1).view(np.uint8), asbytes=True) if whole.nbytes else b""
        table.append([name, whole.dtype.str, list(whole.shape), len(block)])
        blocks.append(block)
    head = json.dumps(table).encode()
    body = b"".join([key, len(head).to_bytes(4, "little"), head, *blocks])
    return _MAGIC + _HASH(body).digest() + body


def _unpacked(content: bytes, key: bytes) -> dict[str, np.ndarray]:
    """The arrays of a record; any error where it is not what was written under this key."""
    start = len(_MAGIC) + _HASH().digest_size
    view = memoryview(content)
    if content[: len(_MAGIC)] != _MAGIC or _HASH(view[start:]).digest() != content[len(_MAGIC) : start]:
        raise ValueError("the content is not what was written")
    if content[start : start + len(key)] != key:
        raise ValueError("it is the record of another key")
    start += len(key)
    first = start + 4 + int.from_bytes(content[start : start + 4], "little")
    arrays = {}
    for name, kind, shape, size in json.loads(content[start + 4 : first]):
        if kind not in _KINDS or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("no such array")
        count = 1
        for n in shape:
            count *= n
        if count * np.dtype(kind).itemsize > _MOST:
            raise ValueError("too large")
        block, room = view[first : first + size], count * np.dtype(kind).itemsize
        whole = _codec().decompress(block, room) if room else b""
        arrays[name] = np.frombuffer(whole, kind, count).reshape(shape)
        first += size
    if first != len(content):
        raise ValueError("more than was written")
    return arrays


def _bound() -> float:
    """Bytes that the user grants; 0: nothing is kept. What is no number grants nothing: it was meant to be less."""
    text = os.environ.get(VARIABLE)
    if text is None:
        return BOUND_MB * 1e6
    return max(0.0, float(text)) * 1e6 if is_number(text) else 0.0


def files() -> Files | None:
    """The user's records, beside the compiled kernels; None where they are switched off or there is no closed place for them.

    ``ECOCLUSTER_KEEP_MB`` bounds them (default 1000, 0: off), ``ECOCLUSTER_CACHE_DIR`` names another place.
    """
    base = os.environ.get("ECOCLUSTER_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "ecocluster"
    )
    return _opened(base, _bound())


@cache
def _opened(base: str, bound: float) -> Files | None:
    if base.startswith("~") or not bound > 0.0:  # this user has no home
        return None
    folder = os.path.join(os.path.abspath(base), "runs")
    try:
        os.makedirs(folder, 0o700, exist_ok=True)
        return None if weak_place(folder) is not None else Files(Path(folder), bound)
    except OSError:
        return None
