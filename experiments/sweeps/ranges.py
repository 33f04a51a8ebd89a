"""What a design may vary, and how far: uncertainties and levers with the ranges of their registries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ...model.remembered import remembered
from ...scenarios.errors import short
from ..errors import InputError

__all__ = ["Range", "check_values", "lever_ranges", "uncertainty_ranges", "unknown"]


@dataclass(frozen=True)
class Range:
    """Where a number may lie.

    Attributes
    ----------
    name : str
    low, high, default : float
    law : str
        "uniform", "loguniform" or "flag" (0 or 1).
    unit : str
    sampled : bool
        False: varied only when named (the registry calls it fixed).
    """

    name: str
    low: float
    high: float
    default: float
    law: str = "uniform"
    unit: str = ""
    sampled: bool = True

    def holds(self, value: float) -> bool:
        """Does a value lie in it, or is it the one that switches the parameter's mechanism off?"""
        if self.low <= value <= self.high:
            return True
        from ...model.parameters import PARAMETERS

        return self.name in PARAMETERS and PARAMETERS[self.name].off == value

    def quantile(self, u):
        """Values at the probabilities `u` (0-1, scalar or array)."""
        u = np.asarray(u, float)
        if self.law == "flag":
            return np.where(u < 0.5, self.low, self.high)
        if self.law == "loguniform" and self.low > 0:
            from ...model.maths import powers  # Numba loads slowly: who only asks for a range goes without

            return np.where(u < 1, np.clip(self.low * powers(self.high / self.low, u), self.low, self.high), self.high)
        return np.clip(self.low + u * (self.high - self.low), self.low, self.high)


@remembered()
def uncertainty_ranges() -> Mapping[str, Range]:
    """All parameters of the model by registry name."""
    from ...model.parameters import PARAMETERS

    return MappingProxyType({
        name: Range(name, q.low, q.high, q.default, "loguniform" if q.distribution == "loguniform" else "uniform",
                    q.unit, q.distribution != "fixed")
        for name, q in PARAMETERS.items()
    })  # fmt: skip


@remembered()
def lever_ranges() -> Mapping[str, Range]:
    """All levers of policy, each also as ``planned.LEVER`` (inside planned clusters only).

    Reliefs are counterfactuals that cost nothing: they are varied only when named.
    """
    from ...model.levers import LEVERS
    from ...scenarios.programmes import PLANNED

    ranges = {}
    for prefix in ("", PLANNED):
        for name, lever in LEVERS.items():
            law = "flag" if lever.unit == "flag" else "uniform"
            if lever.low > 0 and lever.high >= 1000 * lever.low:  # a rate over four orders of magnitude
                law = "loguniform"
            sampled = lever.kind != "relief" and not prefix
            ranges[prefix + name] = Range(prefix + name, lever.low, lever.high, lever.baseline, law, lever.unit, sampled)
    return MappingProxyType(ranges)


def check_values(where: str, values: Mapping[str, float], ranges: Mapping[str, Range], within: bool = True) -> dict[str, float]:
    """Values with known names that are finite and lie in their ranges.

    Parameters
    ----------
    where : str
        Prefix of the name in the message, e.g. "uncertainties".
    values : mapping
    ranges : mapping of str to Range
    within : bool
        False: any finite number will do.

    Raises
    ------
    InputError
        Naming key, value, range and the nearest known name.
    """
    checked = {}
    for name, value in values.items():
        entry = ranges.get(name)
        if entry is None:
            raise unknown(where, name, ranges)
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if isinstance(value, (bool, str)) or not math.isfinite(number):
            raise InputError("not_number", name=f"{where}.{name}", value=short(value))
        if within and not entry.holds(number):
            raise InputError("outside", name=f"{where}.{name}", value=value, low=entry.low, high=entry.high)
        checked[name] = number
    return checked


def unknown(where: str, name: object, known) -> InputError:
    """The refusal of a name, with the nearest known one if there is one."""
    from ...scenarios.errors import nearest_name

    near = nearest_name(name, known)
    return (
        InputError("unknown_near", name=where, value=name, nearest=near) if near else InputError("unknown", name=where, value=name)
    )
