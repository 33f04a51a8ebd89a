"""Which modules are loaded, and where their levers, parameters, state and indicators stand.

They follow those of the model in every registry, in the order of loading, and are taken away all at once: nothing of the model moves.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from .indicators import INDICATORS, Indicator
from .levers import LEVERS, Lever
from .levers import N_OWN as MOST_LEVERS
from .modules import COSTS_PER, LABELS, Module, ModuleError
from .parameters import N_OWN as MOST_PARAMETERS
from .parameters import OWN_PLACES, PARAMETERS, Parameter
from .remembered import forget

__all__ = [
    "Loaded",
    "Source",
    "add",
    "clear",
    "columns",
    "flows",
    "loaded",
    "own_indicators",
    "own_levers",
    "put_back",
    "reserve",
    "reserved",
    "room",
    "sources",
]


@dataclass(frozen=True)
class Source:
    """The text of a module.

    Attributes
    ----------
    name, text : str
    path, asked : str
        Where it was found, and what the user asked for.
    package : str
        Name of the Python module in an installed package; empty: a file of its own.
    """

    name: str
    text: str
    path: str
    asked: str
    package: str = ""

    @property
    def sha256(self) -> str:
        """Of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Loaded:
    """A module with its text."""

    module: Module
    source: Source


_loaded: tuple[Loaded, ...] = ()
_reserved: dict[str, str] = {}


def loaded() -> tuple[Loaded, ...]:
    """Modules in the order of loading."""
    return _loaded


def sources() -> tuple[Source, ...]:
    """Texts of the loaded modules by name: all that results depend on."""
    return tuple(sorted((entry.source for entry in _loaded), key=lambda source: source.name))


def columns(kind: str) -> dict[tuple[str, str], int]:
    """Places of all modules' things by (module, name).

    Parameters
    ----------
    kind : str
        "levers", "parameters", "firm_state", "cluster_state" or "values" (accounts and indicators).
    """
    names = [(entry.module.name, name) for entry in _loaded for name in _names(entry.module, kind)]
    return {name: place for place, name in enumerate(names)}


def _names(module: Module, kind: str) -> list[str]:
    if kind == "values":
        return [one.name for one in module.measured]
    return [getattr(one, "name", one) for one in getattr(module, kind)]


def own_levers() -> tuple[str, ...]:
    """Levers of loaded modules."""
    return tuple(name for _, name in columns("levers"))


def own_indicators() -> tuple[str, ...]:
    """What loaded modules measure."""
    return tuple(name for _, name in columns("values"))


def room() -> tuple[int, int, int]:
    """Numbers that modules keep of a firm, of a cluster, and of the city."""
    return len(columns("firm_state")), len(columns("cluster_state")), len(columns("values"))


def flows() -> list[bool]:
    """Of the numbers of the city: is it added up in a step?"""
    return [one.added_up for entry in _loaded for one in entry.module.measured]


def reserve(names: Iterable[str], owner: str) -> None:
    """Names that no module may take, because an upper room knows outcomes of these names."""
    _reserved.update(dict.fromkeys(names, owner))
    for entry in _loaded:
        for name in filter(_reserved.__contains__, _names(entry.module, "values")):
            raise ModuleError("taken", path=entry.source.path, kind="indicator", name=name, owner=owner)


def reserved(name: str) -> str:
    """Who has a name; empty: nobody."""
    for registry, what in ((LEVERS, "levers"), (PARAMETERS, "parameters"), (INDICATORS, "indicators")):
        if name in registry:
            of = next((entry.module.name for entry in _loaded if _has(entry.module, name)), "")
            return f"{of or 'model'}.{what}"
    return _reserved.get(name, "")


def _has(module: Module, name: str) -> bool:
    return any(name.removeprefix("cost.") in _names(module, kind) for kind in ("levers", "parameters", "values"))


def add(entry: Loaded) -> None:
    """Enter what a checked module declares into the registries."""
    global _loaded
    module = entry.module
    for kind, most in (("levers", MOST_LEVERS), ("parameters", MOST_PARAMETERS)):
        count = len(columns(kind)) + len(getattr(module, kind))
        if count > most:
            raise ModuleError("too_many", path=entry.source.path, count=count, kind=kind, most=most)
    for one in module.levers:
        place = len(columns("levers")) + module.levers.index(one)
        local = one.cost_mvnd is not None and one.cost_mvnd.per == "cluster"
        LEVERS[one.name] = Lever(one.name, one.unit, one.baseline, one.low, one.high, one.cap, one.kind, one.meaning, local)
        LABELS[f"lever.{one.name}"] = {"": one.name, **one.labels}
        LABELS[f"lever.{one.name}_about"] = {"": one.meaning}
        if one.cost_mvnd is not None:
            name, (default, low, high, per) = f"cost.{one.name}", one.cost_mvnd
            PARAMETERS[name] = Parameter(name, name, "module", default, low, high, "uniform", f"mVND/{per}/yr", "assumption",
                                         f"module {module.name}", f"cost of {one.meaning}")  # fmt: skip
            OWN_PLACES[name] = "own_cost", (COSTS_PER.index(per), place)
            LABELS[f"param.{name}"] = {"": f"cost of {one.meaning}"}
    for place, number in enumerate(module.parameters, len(columns("parameters"))):
        PARAMETERS[number.name] = Parameter(number.name, number.name, "module", number.default, number.low, number.high, number.distribution,
                                            number.unit, number.mark, number.source, number.meaning)  # fmt: skip
        OWN_PLACES[number.name] = "own", (place,)
        LABELS[f"param.{number.name}"] = {"": number.meaning, **number.labels}
    for result in module.measured:
        INDICATORS[result.name] = Indicator(result.name, result.unit, result.kind, result.direction, result.pillar, result.meaning)
        LABELS[f"indicator.{result.name}"] = {"": result.meaning, **result.labels}
    _loaded = (*_loaded, entry)
    forget()


def put_back(entries: tuple[Loaded, ...]) -> None:
    """As it was before the last modules were added."""
    global _loaded
    clear()
    for entry in entries:
        add(entry)
    _loaded = entries  # runs that were prepared then go on


def clear() -> None:
    """Take all modules away."""
    global _loaded
    for entry in _loaded:
        for one in entry.module.levers:
            del LEVERS[one.name]
        for result in entry.module.measured:
            del INDICATORS[result.name]
    for name in OWN_PLACES:
        del PARAMETERS[name]
    OWN_PLACES.clear()
    LABELS.clear()
    _loaded = ()
    forget()
