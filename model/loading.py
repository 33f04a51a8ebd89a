"""Modules are loaded and taken away. A module is code: only who runs this program loads one, never a file that is read."""

from __future__ import annotations

import linecache
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.util import find_spec
from os import PathLike, fspath
from pathlib import Path
from threading import Condition
from types import ModuleType

from . import roster
from .border import bordered
from .module_checks import check
from .modules import Module, ModuleError
from .regular import NotRegular, open_regular
from .roster import Loaded, Source, sources

__all__ = ["GROUP", "having", "load_module", "unload_modules"]

GROUP = "ecocluster.modules"  # of entry points by which installed packages offer modules


@bordered
def load_module(which: str | PathLike[str]) -> Module:
    """Load a module for everything that is run in this process from now on.

    Parameters
    ----------
    which : str or path
        A file (``.py``), or the name of a module that an installed package offers (entry points `GROUP`).

    Returns
    -------
    Module
        Loaded already from the same text: that one.

    Raises
    ------
    ModuleError
        Naming file, key, value and what is allowed; nothing is changed then.
    """
    return _load(_find(fspath(which)))


def _load(source: Source) -> Module:
    from .actions import calls

    module = _execute(source)
    source = replace(source, name=str(module.name))
    before = roster.loaded()
    for entry in before:
        if entry.module.name == module.name:
            if entry.source.sha256 == source.sha256:
                return entry.module
            raise ModuleError("other_source", path=source.path, name=module.name, other=entry.source.path)
    check(module, source.path)
    try:
        roster.add(Loaded(module, source))
        calls()
    except BaseException:
        roster.put_back(before)
        raise
    return module


def unload_modules() -> None:
    """Take all modules away; runs that were prepared with them are refused from now on."""
    roster.clear()


# --- for workers ------------------------------------------------------------------------------------

_turn, _inside = Condition(), 0


@contextmanager
def having(wanted: Sequence[Source]) -> Iterator[None]:
    """Context in which exactly these modules are loaded, for a worker of another process; threads with others wait."""
    global _inside
    with _turn:
        _turn.wait_for(lambda: not _inside or _texts(sources()) == _texts(wanted))
        if _texts(sources()) != _texts(wanted):
            roster.clear()
            for source in wanted:
                _load(source)
        _inside += 1
    try:
        yield
    finally:
        with _turn:
            _inside -= 1
            _turn.notify_all()


def _texts(of: Iterable[Source]) -> list[tuple[str, str]]:
    return [(source.name, source.sha256) for source in of]


# --- finding and reading ----------------------------------------------------------------------------------------


def _find(which: str) -> Source:
    if which.endswith(".py") or "/" in which or "\\" in which:
        try:
            return _read(Path(which).expanduser(), which)
        except (OSError, RuntimeError, ValueError) as error:  # a name that no file can have, the home of nobody
            if isinstance(error, ModuleError):
                raise
            raise ModuleError("unreadable", path=which, cause=getattr(error, "strerror", None) or error) from error
    known = {point.name: point for point in entry_points(group=GROUP)}
    if which not in known:
        if os.path.exists(which):  # False for a name that no file can have
            return _read(Path(which), which)
        raise ModuleError("no_entry", name=which, known=", ".join(sorted(known)) or "-")
    package = known[which].module
    try:
        found = find_spec(package)
    except ImportError:
        found = None
    if found is None or not found.origin:
        raise ModuleError("no_file", path=package)
    return _read(Path(found.origin), which, package)


def _read(path: Path, asked: str, package: str = "") -> Source:
    try:
        with open_regular(path) as stream:
            text = stream.read() or b""  # None: a file of the system that has nothing to say yet
        return Source("", text.decode(), str(path), asked, package)
    except NotRegular:
        raise ModuleError("unreadable", path=path, cause="not a file") from None
    except FileNotFoundError:
        raise ModuleError("no_file", path=path) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ModuleError("unreadable", path=path, cause=getattr(error, "strerror", None) or error) from error


def _execute(source: Source) -> Module:
    """The module that a text declares."""
    space = ModuleType(
        f"ecocluster_module_{source.sha256[:16]}"
    )  # so that helpers compiled for another text are not taken for these
    space.__file__ = source.path
    if source.package:
        space.__package__ = source.package.rpartition(".")[0]
    linecache.cache[source.path] = len(source.text), None, source.text.splitlines(True), source.path
    sys.modules[space.__name__] = space  # as for any import: a dataclass in the file looks there
    try:
        exec(compile(source.text.removeprefix("\ufeff"), source.path, "exec"), space.__dict__)  # noqa: S102 - the user's own file
    except ModuleError:
        raise
    except (Exception, SystemExit) as error:
        raise ModuleError("fails", path=source.path, cause=f"{type(error).__name__}: {error}".splitlines()[0]) from error
    found = list({id(value): value for value in vars(space).values() if isinstance(value, Module)}.values())
    if not found:
        raise ModuleError("none", path=source.path)
    if len(found) > 1:
        raise ModuleError("several", path=source.path, count=len(found), names=", ".join(str(one.name) for one in found))
    return found[0]
