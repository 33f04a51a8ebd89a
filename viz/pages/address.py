"""The address is the state: what it says is read here, what cannot be used is told, and it follows what the visitor sets.

A page's state reads its fields through `Address`; the page draws `AddressBar`, which tells what was left out and writes the
address anew whenever a field changes. So a reload loses nothing, and an address that is kept opens the same page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import solara

from ...scenarios.errors import nearest_name
from ...scenarios.given import is_number, shown
from ..words import Words, value_of
from .session import use_session

__all__ = ["Address", "AddressBar"]

# levers of former versions and those that they are now
FORMER = {"club_community": ("club", "community"), "platform": ("platform", "map")}
# fields of addresses that are no levers: where their name stands in the catalogues
LABELS = {
    "site": "compare.site", "policy": "compare.policy", "law": "compare.law", "replicates": "compare.replicates",
    "replicate": "watch.replicate", "year": "compare.year", "budget_bn": "lever.budget", "pathway": "watch.pathway",
    "quarter": "watch.scrub", "cluster": "mix.cluster", "outcome": "binds.outcome", "folder": "explorer.folder",
    "left": "city.left", "right": "city.right", "want": "goal.want", "effort": "goal.thorough", "sure": "goal.sure",
    "x": "explorer.x", "y": "explorer.y", "choice": "mix.pathway", "mark": "evidence.mark", "group": "evidence.group",
}  # fmt: skip
_LONGEST = 60  # characters of a value that are told


@dataclass(frozen=True)
class _Left:
    """A field that was not used as it stands: text `address.KEY`, and what that names."""

    key: str
    name: str
    fields: Mapping[str, Any]


class Address:
    """Fields of an address, each read with what it may be.

    Parameters
    ----------
    fields : mapping
        Name to text. Levers of former versions are taken as what they are now.
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields, self._known = dict(fields), set[str]()
        self._left: list[_Left] = []
        for former, now in FORMER.items():
            if former in self._fields and not any(name in self._fields for name in now if name != former):
                value = self._fields.pop(former)
                self._fields |= dict.fromkeys(now, value)
                self._left.append(_Left("former", former, {"value": value, "now": now}))

    def one_of(self, name: str, known: Collection[str], default: str) -> str:
        """One of some ids."""
        return self.accepted(name, default, known.__contains__, known)

    def number(self, name: str, low: float, high: float, default: float | None, whole: bool = False) -> float | None:
        """A number of a range."""
        value = self._take(name)
        if value is None:
            return default
        number = float(value) if is_number(value) else math.nan
        if low <= number <= high and not (whole and number != int(number)):
            return number
        return self._leave("whole" if whole else "number", name, value, default, low=low, high=high)

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        """A whole number of a range."""
        return int(self.number(name, low, high, default, whole=True) or 0)

    def accepted(self, name: str, default: str, accepts: Callable[[str], bool], known: Iterable[str] = ()) -> str:
        """A name that is accepted; `known` are those among which the nearest is sought."""
        value = self._take(name)
        if value is None or accepts(value):
            return default if value is None else value
        near = "" if is_number(value) else nearest_name(value, known)  # of numbers the nearest is nothing that one misspelt
        return self._leave("choice", name, value, default, near=near)

    def text(self, name: str, default: str = "") -> str:
        """Any text."""
        value = self._take(name)
        return default if value is None else value

    def sentences(self, say: Words) -> list[str]:
        """What was not used as it stands, a sentence each; fields that nobody asked for among them."""
        rest = [
            _Left("unknown", name, {"near": nearest_name(name, self._known)}) for name in self._fields if name not in self._known
        ]
        return [_sentence(left, say) for left in [*self._left, *rest]]

    def _take(self, name: str) -> str | None:
        self._known.add(name)
        return self._fields.get(name)

    def _leave(self, key: str, name: str, value: str, used: Any, **fields: Any) -> Any:
        self._left.append(_Left(key, name, {"value": value, "used": used, **fields}))
        return used


def _label(name: str, say: Words) -> str:
    """A field as the page calls it, and as the address does."""
    key = LABELS.get(name)
    label = say(key) if key else say.name("lever", name)
    return f"“{shown(name)[:_LONGEST]}”" if label == name else f"“{shown(name)[:_LONGEST]}” ({label})"


def _sentence(left: _Left, say: Words) -> str:
    fields = dict(left.fields)
    for name in ("low", "high", "used"):
        if isinstance(fields.get(name), int | float):
            fields[name] = value_of(fields[name], say)
    if "value" in fields:
        fields["value"] = shown(fields["value"])[:_LONGEST]
    if "now" in fields:
        fields["now"] = say("answer.and").join(say.name("lever", name) for name in fields["now"])
    key = f"address.{left.key}"
    if fields.get("near"):
        key = f"{key}_near"
    elif fields.get("used", "") is None:  # a lever stays as each pathway has it
        key = f"{key}_own"
    return say(key, name=_label(left.name, say), **fields)


@solara.component_vue("../assets/address.vue")
def _Bar(address: str) -> None: ...


@solara.component
def AddressBar(path: str, fields: Mapping[str, Any], address: Address, more: Iterable[str] = ()):
    """Write the page's fields into the address, and tell what of the address it was opened with could not be used.

    Parameters
    ----------
    path : str
        Of the page, such as "/watch".
    fields : mapping
        What restores it; told is what was left out as long as they are what they were.
    address : Address
        That the page was opened with.
    more : iterable of str
        Further sentences.
    """
    from .frame import ErrorBox

    session = use_session()
    first = solara.use_memo(lambda: dict(fields), [])
    if dict(fields) == first:
        for sentence in (*address.sentences(session.say), *more):
            ErrorBox(sentence)
    _Bar(address=session.link(path, fields))
