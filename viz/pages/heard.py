"""What a page hears: of all that may come through the socket only what it offered.

A browser sends what its page lets a visitor do; who speaks to the socket himself may send anything. Each control knows what it
offers: ids, fields with their ranges, sliders. Whatever else comes is not heard, and nothing changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

__all__ = ["fields", "marks", "one_of", "sliders", "texts", "whole"]

LONGEST = 200  # characters of a text that somebody types
MOST_MARKS = 64  # areas or axes of one chart

Hear = Callable[[Any], None]


def one_of(offered: Collection[Any], on: Hear) -> Hear:
    """One of some ids."""
    known = set(offered)
    return _heard(lambda value: type(value) in (str, int) and value in known, on)


def whole(ranges: Mapping[str, tuple[int, int]], on: Hear) -> Hear:
    """A mapping that holds whole numbers of these ranges."""
    return _heard(
        lambda said: (
            isinstance(said, Mapping)
            and all(_between(said.get(name), low, high) and said[name] == int(said[name]) for name, (low, high) in ranges.items())
        ),
        on,
    )


def texts(names: Collection[str], on: Hear) -> Hear:
    """A mapping that holds texts of these names."""
    return _heard(lambda said: isinstance(said, Mapping) and all(isinstance(said.get(name), str) for name in names), on)


def fields(offered: Iterable[Mapping[str, Any]], on: Hear) -> Hear:
    """A change of a form, {"id", "value"}: a field of it, with a value that it can have.

    Parameters
    ----------
    offered : iterable of mapping
        As `watch_form.Form` has them.
    """
    known = {field["id"]: field for field in offered}

    def fits(said: Any) -> bool:
        if not isinstance(said, Mapping) or not isinstance(said.get("id"), str) or said["id"] not in known:
            return False
        field, value = known[said["id"]], said.get("value")
        if field["kind"] == "select":
            return isinstance(value, str) and value in _ids(field["options"])
        if field["kind"] == "search":
            return isinstance(value, str) and len(value) <= LONGEST
        return _between(value, field.get("min", -math.inf), field.get("max", math.inf))

    return _heard(fits, on)


def sliders(offered: Iterable[Mapping[str, Any]], before: Mapping[str, float], on: Hear) -> Hear:
    """All levers that were moved: name to value, each within the ends of its slider, or as it was before."""
    ends = {item["name"]: (item["low"], item["high"]) for item in offered}
    return _heard(
        lambda said: (
            isinstance(said, Mapping)
            and all(
                _between(value, *ends.get(name, (math.inf, -math.inf))) or (name in before and value == before[name])
                for name, value in said.items()
            )
        ),
        on,
    )


def marks(on: Hear) -> Hear:
    """What was marked in a chart: areas and ranges of axes, pairs of numbers."""

    def fits(said: Any) -> bool:
        if not isinstance(said, Mapping) or not {"areas", "axes"} & set(said):
            return False
        areas, axes = said.get("areas", []), said.get("axes", [])
        return (
            _some(areas) and all(isinstance(area, Mapping) and _pair(area.get("x")) and _pair(area.get("y")) for area in areas)
            and _some(axes) and all(_some(ranges) and all(map(_pair, ranges)) for ranges in axes)
        )  # fmt: skip

    return _heard(fits, on)


def _heard(fits: Callable[[Any], bool], on: Hear) -> Hear:
    return lambda said: on(said) if fits(said) else None


def _between(value: Any, low: float, high: float) -> bool:
    """A finite number within a range; an endless integer is in none."""
    return type(value) in (int, float) and abs(value) < 1e300 and low <= value <= high


def _some(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and len(value) <= MOST_MARKS


def _pair(value: Any) -> bool:
    return _some(value) and len(value) == 2 and all(_between(end, -math.inf, math.inf) for end in value)


def _ids(options: Iterable[Mapping[str, Any]]) -> set[str]:
    """Ids of a list, also where it has groups."""
    return {
        one for option in options for one in ([part["id"] for part in option["options"]] if "options" in option else [option["id"]])
    }
