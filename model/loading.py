"""Modules are loaded, checked and taken away. A module is code: only who runs this program loads one, never a file that is read."""

from __future__ import annotations

import difflib
import linecache
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import entry_points
from importlib.util import find_spec
from keyword import iskeyword
from os import PathLike, fspath
from pathlib import Path
from threading import Condition
from types import ModuleType
from typing import Any

from . import roster
from .indicators import PILLARS
from .modules import (
    BOOKABLE,
    COSTS_PER,
    FUNDS,
    LANGUAGES,
    MARKS,
    Account,
    Action,
    Cost,
    Indicator,
    Lever,
    Module,
    ModuleError,
    Parameter,
)
from .roster import Loaded, Source, sources

__all__ = ["GROUP", "having", "load_module", "unload_modules"]

GROUP = "ecocluster.modules"  # of entry points by which installed packages offer modules
_PARTS = {"levers": Lever, "parameters": Parameter, "firm_state": str, "cluster_state": str, "accounts": Account, "indicators": Indicator,
          "actions": Action}  # fmt: skip
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_LIKE_AN_OUTCOME = re.compile(r"pv_.*|.*_total|.*_\d{4}")


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
    _check(module, source.path)
    try:
        roster.add(Loaded(module, source))
        calls()
    except BaseException:
        _put(before)
        raise
    return module


def unload_modules() -> None:
    """Take all modules away; runs that were prepared with them are refused from now on."""
    roster.clear()


def _put(entries: Iterable[Loaded]) -> None:
    roster.clear()
    for entry in entries:
        roster.add(entry)


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
        return _read(Path(which).expanduser(), which)
    known = {point.name: point for point in entry_points(group=GROUP)}
    if which not in known:
        if Path(which).exists():
            return _read(Path(which), which)
        raise ModuleError("no_entry", name=which, known=", ".join(sorted(known)) or "-")
    package = known[which].module
    found = find_spec(package)
    if found is None or not found.origin:
        raise ModuleError("no_file", path=package)
    return _read(Path(found.origin), which, package)


def _read(path: Path, asked: str, package: str = "") -> Source:
    try:
        return Source("", path.read_bytes().decode(), str(path), asked, package)
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
    linecache.cache.setdefault(source.path, (len(source.text), None, source.text.splitlines(True), source.path))
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


# --- checking ---------------------------------------------------------------------------------------------------


def _check(module: Module, path: str) -> None:
    """Refuse what cannot be used, with the key, its value and what is allowed."""
    _name(module.name, "module", path)
    own = {"key": "own.key"}  # names of what actions see, and by whom they are taken
    for kind, part in _PARTS.items():
        given = getattr(module, kind)
        if not isinstance(given, (tuple, list)) or not all(isinstance(one, part) for one in given):
            raise ModuleError("kind_of", path=path, where=kind, value=repr(given)[:60], allowed=f"({part.__name__}(...), ...)")
        for one in given if part is not Action else ():
            name = one if isinstance(one, str) else one.name
            what = {"firm_state": "firm_state", "cluster_state": "cluster_state"}.get(kind, kind.removesuffix("s"))
            _name(name, what, path, outcome=part in (Account, Indicator))
            owner = own.get(name, "") or (roster.reserved(name) if part is not str else "")
            if not owner and part is Lever:
                owner = roster.reserved(f"cost.{name}")
            if owner:
                raise ModuleError("taken", path=path, kind=what, name=name, owner=owner)
            own[name] = f"{module.name}.{kind}"
            if part is not str:
                _check_texts(one, f"{kind}.{name}", path)
    for lever in module.levers:
        _check_lever(lever, path)
    for number in module.parameters:
        where = f"parameters.{number.name}"
        _one_of(number.distribution, ("uniform", "loguniform", "fixed"), f"{where}.distribution", path)
        _one_of(number.mark, MARKS, f"{where}.mark", path)
        _ordered(number.default, number.low, number.high, where, "default", path)
        if number.distribution == "loguniform" and number.low <= 0:
            raise ModuleError("range", path=path, where=f"{where}.low", value=number.low, allowed="> 0 (loguniform)")
    for account in module.accounts:
        _one_of(account.books_as, BOOKABLE, f"accounts.{account.name}.books_as", path)
        _one_of(account.fund, FUNDS, f"accounts.{account.name}.fund", path)
    for one in module.indicators:
        _one_of(one.kind, ("stock", "share", "flow", "money"), f"indicators.{one.name}.kind", path)
        _one_of(one.direction, ("max", "min", "none"), f"indicators.{one.name}.direction", path)
        _one_of(one.pillar, PILLARS, f"indicators.{one.name}.pillar", path)
        if one.added_up and not one.unit.endswith("/yr"):
            raise ModuleError("kind_of", path=path, where=f"indicators.{one.name}.unit", value=repr(one.unit), allowed="'.../yr'")
    for action in module.actions:
        _check_action(action, path)


def _check_texts(one: Any, where: str, path: str) -> None:
    """What people read of a thing: its unit, meaning and source, and its labels by language."""
    for key in ("unit", "meaning", "source"):
        value = getattr(one, key, "-")
        if not isinstance(value, str) or not value.strip():
            raise ModuleError("kind_of", path=path, where=f"{where}.{key}", value=repr(value), allowed="'...'")
    labels = one.labels
    if not isinstance(labels, Mapping) or not all(lang in LANGUAGES and isinstance(text, str) for lang, text in labels.items()):
        raise ModuleError(
            "kind_of", path=path, where=f"{where}.labels", value=repr(labels)[:60], allowed='{"vi": "...", "en": "..."}'
        )


def _check_lever(lever: Lever, path: str) -> None:
    where = f"levers.{lever.name}"
    _one_of(lever.kind, ("dose", "money", "rule", "procedure"), f"{where}.kind", path)
    _ordered(lever.baseline, lever.low, lever.high, where, "baseline", path)
    if lever.cap is not None:
        _ordered(lever.cap, lever.baseline, lever.high, where, "cap", path)
    if (lever.kind == "dose") != (lever.cost is not None):
        raise ModuleError("cost_of", path=path, name=lever.name, value=lever.cost)
    if lever.cost is not None:
        if not isinstance(lever.cost, Cost):
            raise ModuleError("cost_of", path=path, name=lever.name, value=repr(lever.cost))
        _one_of(lever.cost.per, COSTS_PER, f"{where}.cost.per", path)
        _ordered(lever.cost.default, lever.cost.low, lever.cost.high, f"{where}.cost", "default", path)
        if lever.cost.low < 0:
            raise ModuleError("range", path=path, where=f"{where}.cost.low", value=lever.cost.low, allowed=">= 0")


def _check_action(action: Action, path: str) -> None:
    from .actions import arguments_of
    from .order import CLUSTER, PHASES

    name = getattr(action.run, "__name__", repr(action.run))
    if not callable(action.run):
        raise ModuleError("kind_of", path=path, where="actions.run", value=name, allowed="def NAME(own, s, p, c)")
    if bool(action.before) == bool(action.after):
        raise ModuleError("before_or_after", path=path, name=name)
    place = action.before or action.after
    _one_of(place, [phase.name for phase in PHASES], f"action {name}, {'before' if action.before else 'after'}", path)
    found = arguments_of(action)
    if found not in (("own", "s", "p", "c"), ("own", "s", "p")):
        raise ModuleError("arguments", path=path, name=name, found=", ".join(found))
    scope = next(phase.scope for phase in PHASES if phase.name == place)
    if scope == CLUSTER and len(found) == 3:
        raise ModuleError("once_inside", path=path, name=name, phase=place)


def _name(name: Any, kind: str, path: str, outcome: bool = False) -> None:
    usable = isinstance(name, str) and _NAME.fullmatch(name) and not iskeyword(name)
    if not usable or outcome and _LIKE_AN_OUTCOME.fullmatch(name):
        raise ModuleError("bad_name", path=path, kind=kind, name=name)


def _one_of(value: Any, known: Iterable[str], where: str, path: str) -> None:
    known = list(known)
    if value in known:
        return
    near = difflib.get_close_matches(str(value), known, 1)
    allowed = ", ".join(known)
    if near:
        raise ModuleError("not_one_of_near", path=path, where=where, value=value, nearest=near[0], allowed=allowed)
    raise ModuleError("not_one_of", path=path, where=where, value=value, allowed=allowed)


def _ordered(value: Any, low: Any, high: Any, where: str, what: str, path: str) -> None:
    """Refuse a range that is none, or a value outside it."""
    for name, number in ((what, value), ("low", low), ("high", high)):
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not math.isfinite(number):
            raise ModuleError("kind_of", path=path, where=f"{where}.{name}", value=repr(number), allowed="float")
    if not low <= high:
        raise ModuleError("range", path=path, where=f"{where}.low", value=low, allowed=f"<= high = {high}")
    if not low <= value <= high:
        raise ModuleError("range", path=path, where=f"{where}.{what}", value=value, allowed=f"{low} to {high}")
