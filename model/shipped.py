"""Compiled kernels that come with the package, so that nobody waits for a compiler.

They lie in `model/kernels`, one archive for each kind of processor and Python: a line that says what they were compiled from
and by, then the files that `kernel_cache` would have written, all of it as one xz stream. An archive that says anything but
what this process would compile from and by is not opened any further. ``nox -s kernels`` renews them. Only kernels that
Python calls are in it, with all that they call compiled in: once for Numba, and once as a shared library that needs no Numba (`native.py`).
"""

from __future__ import annotations

import json
import lzma
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, BinaryIO, cast

from .kernel_sources import hash_of_sources
from .late import LOADING
from .processor import kind, settle

__all__ = ["archive", "compiled_in_all", "content", "fits", "made_by", "native", "pack", "versions"]

settle()  # before anybody asks for the kind
_BROKEN = (OSError, EOFError, ValueError, KeyError, TypeError, lzma.LZMAError)  # what reading an archive can raise


def versions() -> tuple[str, str, str]:
    """What compiles: Numba, what it calls LLVM with, and the Python whose objects an entry reads."""
    return (*_compilers(), sys.implementation.cache_tag)


def _compilers() -> tuple[str, str]:
    """Of Numba and llvmlite; they are loaded only if nothing else tells."""
    if "numba" not in sys.modules:
        with suppress(PackageNotFoundError):
            return _installed("numba"), _installed("llvmlite")
    with LOADING:
        import llvmlite
        import numba
    return numba.__version__, llvmlite.__version__


_installed = cache(version)


def made_by() -> dict[str, str]:
    """All that an archive must agree with."""
    return {
        "sources": hash_of_sources(),
        "processor": kind(),
        **dict(zip(("numba", "llvmlite", "python"), versions(), strict=True)),
    }


def archive() -> Path:
    """Where the kernels for this kind of processor and this Python lie."""
    return Path(__file__).parent / "kernels" / f"{versions()[2]}-{kind().replace(' ', '-')}.xz"


def _head(stream: BinaryIO) -> dict | None:
    head = json.loads(stream.readline(1 << 20))
    return head if head["made_by"] == made_by() else None


@cache
def _fitting() -> dict | None:
    """The first line of the archive, if it fits."""
    if os.environ.get("ECOCLUSTER_SHIPPED") == "0":
        return None
    try:
        with lzma.open(archive()) as stream:
            return _head(cast(BinaryIO, stream))
    except _BROKEN:
        return None


def fits() -> bool:
    """Are there kernels for exactly these sources, this Python, Numba and kind of processor? ``ECOCLUSTER_SHIPPED=0``: no."""
    return _fitting() is not None


def native() -> dict | None:
    """What an archive that fits says of its shared library: its hash and its entries."""
    return (_fitting() or {}).get("native")


@cache
def _contents() -> dict[str, bytes]:
    """All files of the archive; none of them where it does not fit or is broken."""
    if not fits():
        return {}
    try:
        with lzma.open(archive()) as stream:
            head = _head(cast(BinaryIO, stream))
            return {} if head is None else {name: stream.read(size) for name, size in head["files"]}
    except _BROKEN:
        return {}


def content(name: str) -> bytes | None:
    """The file of that name, as `kernel_cache` would have written it; None if it is not among those that came along."""
    return _contents().get(name)


def compiled_in_all() -> int | None:
    """How many kernels were compiled to make the archive, whether it fits or not: about as many as a first run compiles."""
    try:
        with lzma.open(archive()) as stream:
            return int(json.loads(stream.readline(1 << 20))["compiled"])
    except _BROKEN:
        return None


def pack(files: Iterable[Path], compiled: int, native: dict | None = None, library: tuple[str, bytes] | None = None) -> Path:
    """Write the archive for this process's kind of processor, Python and Numba.

    Parameters
    ----------
    files : iterable of Path
        Kernels in the cache folder of these sources.
    compiled : int
        How many there were in all.
    native : dict, optional
        What `native` is to say.
    library : tuple of str and bytes, optional
        Name and content of the shared library.

    Returns
    -------
    Path
        The archive.
    """
    kept = dict([library] if library else [])
    kept |= {path.name: path.read_bytes() for path in sorted(files)}
    head: dict[str, Any] = {"made_by": made_by(), "compiled": compiled, "files": [(name, len(data)) for name, data in kept.items()]}
    if native is not None:
        head["native"] = native
    place = archive()
    place.parent.mkdir(exist_ok=True)
    fresh = place.with_suffix(".tmp")
    fresh.write_bytes(lzma.compress(json.dumps(head).encode() + b"\n" + b"".join(kept.values()), preset=9 | lzma.PRESET_EXTREME))
    os.replace(fresh, place)
    return place
