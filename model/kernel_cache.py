"""Compiled kernels kept on disk: a help that is never in the way, and code that nobody else may have written.

Numba's own cache unpickles and runs whatever lies in its folder, and what cannot be unpickled ends the program. Here a
kernel is one file: the hash of the rest, what it was compiled for, the code. A file is read only where nobody else can
write, and unpickled only if its hash is right; whatever else is found is forgotten. What is not there is taken from the
kernels that came with the package (`shipped.py`), or compiled.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pickle
import shutil
import stat
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from . import shipped
from .notice import Notice

__all__ = ["ENDING", "MESSAGES", "KernelCacheWarning", "keep", "open_cache", "own_place", "read_own", "tell", "weak_place",
           "write_whole"]  # fmt: skip

ENDING = ".kernel"
MESSAGES = {
    "damaged": "the compiled kernel {path} is damaged; it is made again",
    "unread": "the compiled kernel {path} cannot be read ({cause}); it is made again",
    "homeless": "this user has no home, so compiled kernels are kept for this run alone; ECOCLUSTER_CACHE_DIR names a folder for them",
    "unkept": "compiled kernels cannot be kept in {path} ({cause}); the next start compiles them again, unless ECOCLUSTER_CACHE_DIR names another folder",
    "exposed": "{path} belongs to somebody else or can be changed by others: compiled kernels are neither read nor kept there, and "
    "every start compiles them again; ECOCLUSTER_CACHE_DIR names another folder",
}  # fmt: skip
_HASH = hashlib.sha256
_ANNOTATION = 5  # among what `CompileResult._reduce` gives behind the library


class KernelCacheWarning(Notice):
    """Kernels are compiled although they had been, or will have to be again."""

    words, messages = "kernels", MESSAGES


_told: set[str] = set()


def tell(key: str, **fields: Any) -> None:
    """Warn, once of a kind: what ails one kernel ails them all."""
    if key not in _told:
        _told.add(key)
        warnings.warn(KernelCacheWarning(key, **fields), stacklevel=3)


def open_cache(folder: str) -> str | None:
    """Make a folder for compiled kernels; None, with a warning, if it cannot be made or others can write there."""
    if folder.startswith("~"):  # nobody knows where this user's home is: here it would be a folder of that name
        tell("homeless")
        return None
    folder = os.path.abspath(folder)
    try:
        _make(folder, 0o700)
        os.listdir(folder)
        weak = weak_place(folder)
    except OSError as error:
        tell("unkept", path=folder, cause=error.strerror or error)
        return None
    if weak is not None:
        tell("exposed", path=weak)
        return None
    return folder


def own_place() -> str | None:
    """A folder for this process and those that it starts, closed to everybody else and gone with it; None if there is none.

    Where the user's cache cannot be used, processes that work together still compile once. Folders that live longer are not
    looked for: what lies in a cache is code.
    """
    try:
        folder = tempfile.mkdtemp(prefix="ecocluster-")  # 0700
        if weak_place(os.path.realpath(folder)) is not None:
            os.rmdir(folder)
            return None
    except OSError:
        return None
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:  # not in a process that was forked
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(clear)
    os.environ["ECOCLUSTER_CACHE_DIR"] = folder
    return folder


def _make(folder: str, mode: int) -> None:
    """Make a folder and those above it, closed to others even where new folders are open to them."""
    if not os.path.isdir(folder):
        _make(os.path.dirname(folder), 0o755)
        with suppress(FileExistsError):
            os.mkdir(folder, mode)


def weak_place(folder: str) -> str | None:
    """The first place on the way to a folder that somebody else could exchange or write into; None if there is none.

    Parameters
    ----------
    folder : str
        Absolute path of a folder that exists.
    """
    if not hasattr(os, "geteuid"):  # Windows: what lies in a profile is closed to others
        return None
    way = list(_way(folder))
    for place in way:
        found = os.lstat(place)
        # in a sticky folder like /tmp others may add a name, but not exchange ours
        closed = stat.S_ISLNK(found.st_mode) or (found.st_mode & stat.S_ISVTX and place != way[-1])
        if not _is_ours(found) or not (closed or _is_closed(found)):
            return place
    return None


def _way(path: str) -> Iterator[str]:
    """All folders and links that are passed on the way to a place."""
    here = os.sep
    yield here
    left = [*Path(path).parts[:0:-1]]
    while left:
        part = left.pop()
        if part == os.pardir:
            here = os.path.dirname(here)
            continue
        place = os.path.join(here, part)
        yield place
        if os.path.islink(place):
            target = Path(os.readlink(place))
            left += [name for name in reversed(target.parts) if name != os.sep]
            here = os.sep if target.is_absolute() else here
        else:
            here = place


@cache
def _owners() -> frozenset[int]:
    """Who can change what this process runs anyway: its user, the owners of the package and of the system."""
    return frozenset({os.geteuid(), os.stat(__file__).st_uid, os.stat(os.sep).st_uid, 0})


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid in _owners()


def _is_closed(found: os.stat_result) -> bool:
    """Can nobody but the owner write? A group with one member, as many systems make for each user, is the owner."""
    if found.st_mode & stat.S_IWOTH:
        return False
    return not found.st_mode & stat.S_IWGRP or _is_alone(found.st_uid, found.st_gid)


@cache
def _is_alone(user: int, group: int) -> bool:
    import grp
    import pwd

    try:
        account, circle = pwd.getpwuid(user), grp.getgrgid(group)
    except KeyError:
        return False
    return account.pw_gid == group and circle.gr_name == account.pw_name and set(circle.gr_mem) <= {account.pw_name}


@cache
def _hash_of_source(path: str) -> bytes:
    return _HASH(Path(path).read_bytes()).digest()


def keep(kernel: Any, function: Callable, folder: str | None, linked: bool = True) -> None:
    """Let a Numba dispatcher keep what it compiles.

    Parameters
    ----------
    kernel : numba dispatcher
        Others, as with ``NUMBA_DISABLE_JIT``, are left alone.
    function : callable
        What it compiles; from a file and not a closure, or nothing is kept.
    folder : str or None
        Of `open_cache`; None: what came with the package is used, nothing is kept.
    linked : bool
        May other kernels call it? If not, what a linker would need of it is not kept: two thirds of a large kernel.
    """
    if hasattr(kernel, "_cache") and function.__closure__ is None:
        with suppress(OSError):
            kernel._cache = _KernelCache(function, folder, linked)


def _entry_alone(name: str) -> bytes:
    """Bitcode that names an entry from Python and defines nothing else, so that a kernel which calls this one is refused."""
    from llvmlite import binding as llvm

    return llvm.parse_assembly(f'define void @"{name}"() {{ unreachable }}').as_bitcode()


class _KernelCache:
    """What Numba asks of a cache, for one function. It imports of Numba what it needs: whoever compiles nothing goes without."""

    def __init__(self, function: Callable, folder: str | None, linked: bool) -> None:
        code = function.__code__
        self._folder, self._linked = folder, linked
        # nothing of its bytecode, which changes with -OO: its text and its line say what it is
        self._source = _hash_of_source(code.co_filename)
        self._name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}-{code.co_firstlineno}"

    @property
    def cache_path(self) -> str:
        return self._folder or ""

    def enable(self) -> None:
        """It always is."""

    disable = flush = enable

    def _place(self, signature: Any, codegen: Any) -> tuple[str, bytes]:
        """The name of the file of a compiled kernel, and the hash of all that tells it from others."""
        key = (*shipped.versions(), self._source, self._name, signature, codegen.magic_tuple())
        digest = _HASH(repr(key).encode()).digest()
        return f"{self._name}.{digest.hex()[:16]}{ENDING}", digest

    def load_overload(self, sig: Any, target_context: Any) -> Any | None:
        from numba.core.runtime import rtsys

        rtsys.initialize(target_context)
        name, key = self._place(sig, target_context.codegen())
        content = self._read(name)
        if content is not None and (kernel := self._rebuilt(content, key, target_context, name)) is not None:
            return kernel
        content = shipped.content(name)
        if content is None:
            return None
        kernel = self._rebuilt(content, key, target_context, None)
        if kernel is not None and self._folder is not None:  # so that the next start need not unpack it
            self._keep(name, content)
        return kernel

    def _read(self, name: str) -> bytes | None:
        return None if self._folder is None else read_own(os.path.join(self._folder, name))

    def _rebuilt(self, content: bytes, key: bytes, target_context: Any, name: str | None) -> Any | None:
        """The kernel in a file of the folder, or in what came with the package (`name` is None); None if it is another's."""
        from numba.core.compiler import CompileResult

        digest, body = content[: _HASH().digest_size], content[_HASH().digest_size :]
        try:
            if _HASH(body).digest() != digest:
                raise ValueError("the content is not what was written")
            made_for, parts = pickle.loads(body)
            return CompileResult._rebuild(target_context, *parts) if made_for == key else None
        except Exception:  # whatever it is: it can be compiled again
            if name is not None:
                path = os.path.join(self._folder or "", name)
                tell("damaged", path=path)
                with suppress(OSError):
                    os.unlink(path)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        if self._folder is None or data.lifted or data.library.has_dynamic_globals:  # addresses of this process
            return
        from numba.core.serialize import dumps

        name, key = self._place(sig, data.codegen)
        library, *rest = data._reduce()
        rest[_ANNOTATION] = ""  # the source with a type at every word, which nobody reads: most of a small kernel
        if not self._linked:
            called, form, (machine_code, _) = library
            library = called, form, (machine_code, _entry_alone(data.fndesc.llvm_cpython_wrapper_name))
        body = dumps((key, (library, *rest)))
        self._keep(name, _HASH(body).digest() + body)

    def _keep(self, name: str, content: bytes) -> None:
        try:
            write_whole(os.path.join(self._folder or "", name), content)
        except Exception as error:  # whatever it is: it is compiled already
            tell("unkept", path=self._folder, cause=getattr(error, "strerror", None) or error)


def read_own(path: str) -> bytes | None:
    """A file of a folder that `open_cache` gave; None, with a warning, if others may have written it or it cannot be read."""
    try:
        with open(path, "rb") as stream:
            if hasattr(os, "geteuid"):
                found = os.fstat(stream.fileno())
                if not (_is_ours(found) and _is_closed(found)):
                    tell("exposed", path=path)
                    return None
            return stream.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        tell("unread", path=path, cause=error.strerror or error)
        return None


def write_whole(path: str, content: bytes, mode: int = 0o644) -> None:
    """Write a file whole or not at all, so that others may read it at any time; they never write into it."""
    _make(os.path.dirname(path), 0o700)  # it may have been removed meanwhile
    fresh = f"{path}.{uuid.uuid4().hex[:12]}.tmp"
    try:
        with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as stream:
            stream.write(content)
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(fresh)
        raise
