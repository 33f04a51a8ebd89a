"""What a module declares is refused, before anything is changed, where it cannot be used: with file, key, value and what is allowed."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from keyword import iskeyword
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

__all__ = ["check"]

_PARTS = {
    "levers": Lever,
    "parameters": Parameter,
    "firm_state": str,
    "cluster_state": str,
    "accounts": Account,
    "indicators": Indicator,
    "actions": Action,
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_ENDLESS = 1e300  # Python's integers have no end, and fail where they become decimals or texts
_LIKE_AN_OUTCOME = re.compile(r"pv_.*|.*_total|.*_\d{4}")


def check(module: Module, path: str) -> None:
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
        if not _is_text(value) or not value.strip():
            raise ModuleError("kind_of", path=path, where=f"{where}.{key}", value=repr(value), allowed="'...'")
    labels = one.labels
    if not isinstance(labels, Mapping) or not all(lang in LANGUAGES and _is_text(text) for lang, text in labels.items()):
        raise ModuleError(
            "kind_of", path=path, where=f"{where}.labels", value=repr(labels)[:60], allowed='{"vi": "...", "en": "..."}'
        )


def _is_text(value: Any) -> bool:
    """Can people read it, and files hold it: no half letters, no signs that move a cursor?"""
    return isinstance(value, str) and all(letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs") for letter in value)


def _check_lever(lever: Lever, path: str) -> None:
    where = f"levers.{lever.name}"
    _one_of(lever.kind, ("dose", "money", "rule", "procedure"), f"{where}.kind", path)
    _ordered(lever.baseline, lever.low, lever.high, where, "baseline", path)
    if lever.cap is not None:
        _ordered(lever.cap, lever.baseline, lever.high, where, "cap", path)
    if (lever.kind == "dose") != (lever.cost_mvnd is not None):
        raise ModuleError("cost_of", path=path, name=lever.name, value=lever.cost_mvnd)
    if lever.cost_mvnd is not None:
        if not isinstance(lever.cost_mvnd, Cost):
            raise ModuleError("cost_of", path=path, name=lever.name, value=repr(lever.cost_mvnd))
        _one_of(lever.cost_mvnd.per, COSTS_PER, f"{where}.cost_mvnd.per", path)
        _ordered(lever.cost_mvnd.default, lever.cost_mvnd.low, lever.cost_mvnd.high, f"{where}.cost_mvnd", "default", path)
        if lever.cost_mvnd.low < 0:
            raise ModuleError("range", path=path, where=f"{where}.cost_mvnd.low", value=lever.cost_mvnd.low, allowed=">= 0")


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
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) < _ENDLESS:
            told = repr(number) if not isinstance(number, int) or abs(number) < _ENDLESS else f"over {_ENDLESS:.0e}"
            raise ModuleError("kind_of", path=path, where=f"{where}.{name}", value=told, allowed="float")
    if not low <= high:
        raise ModuleError("range", path=path, where=f"{where}.low", value=low, allowed=f"<= high = {high}")
    if not low <= value <= high:
        raise ModuleError("range", path=path, where=f"{where}.{what}", value=value, allowed=f"{low} to {high}")
