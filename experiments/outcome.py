"""An outcome by its name, `[pv_]KEY[_total]_YEAR`: read here and nowhere else; unit, kind and direction follow from it.

``KEY_YEAR`` is the mean rate of a year (flows, money) or what stands at its end; ``KEY_total_YEAR`` is a flow added up from 2020,
``pv_KEY_YEAR`` its present value of 2020. KEY is an indicator of the model, or one that is made of several (`MADE`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..model.indicators import AT_START, INDICATORS, START, YEARS, Indicator, present_values, totals
from ..model.remembered import remembered
from ..model.roster import reserve
from .errors import InputError
from .money import AVOIDED, PRICES, SPLIT
from .sweeps.ranges import unknown

__all__ = ["DERIVED", "MADE", "OUTPUT_BASES", "SPLIT_BASES", "Name", "Outcome", "known_outcome", "outcome_names", "outcome_of", "read_name", "years_reached"]  # fmt: skip

FIRST_YEAR = 2020
_NAME = re.compile(r"(?P<pv>pv_)?(?P<key>\w+?)(?P<total>_total)?_(?P<year>(?:19|20|21)\d\d)", re.ASCII)

# effects of the analyses: columns they are made of, unit, kind, better end
DERIVED: dict[str, tuple[tuple[str, ...], str, str, str]] = {
    "abatement": (("tco2e_total",), "t", "flow", "max"),  # tCO2e avoided since 2020
    **{key: ((column,), "t", "flow", "max") for key, column in AVOIDED.items() if key != "abatement"},
    # the same if as much were produced as under law alone
    **{f"{key}_at_output": ((column, "output_total"), "t", "flow", "max") for key, column in AVOIDED.items()},
    **{f"{key}_share": ((column,), "share", "share", "max") for key, column in AVOIDED.items()},  # of what the null emits
    "abatement_pv": (("pv_tco2e",), "t", "flow", "max"),  # discounted as money is, to be divided into it
    "net_outlay": (("pv_outlay", "pv_receipts"), "mVND", "money", "min"),  # present value above the null
    # tCO2e and COD avoided at their default prices less cost, all present values
    "net_benefit": (("pv_tco2e", "pv_cod", "pv_social_cost"), "mVND", "money", "max"),
    "net_benefit_gross": (("pv_tco2e", "pv_cod", "pv_outlay_gross"), "mVND", "money", "max"),
}
SPLIT_BASES = tuple(f"abatement_{part}" for part in SPLIT)
OUTPUT_BASES = tuple(f"{key}_at_output" for key in AVOIDED)
MADE = {
    **{key: Indicator(key, unit, kind, end, "", "") for key, (_, unit, kind, end) in DERIVED.items()},
    **{key: Indicator(key, price.unit, "money", "min", "economic", price.definition) for key, price in PRICES.items()},
    **{
        key: Indicator(key, "t", "flow", "none", "environment", f"tCO2e avoided since 2020 against the baseline: {part}")
        for key, part in zip(SPLIT_BASES, SPLIT, strict=True)
    },
}
# columns of tables of results, where factors of a design have columns too, and fields of addresses
TAKEN = ("arm", "budget", "budget_bn", "cluster", "common_random_numbers", "ecocluster", "failed", "last_year", "law", "level", "levers", "mode",
         "model", "pathway", "point", "policy", "replicate", "replicates", "run", "scale", "scenario", "seed", "series", "site", "sweep", "trial",
         "worlds", "year")  # fmt: skip
reserve((*MADE, *TAKEN), "experiments.outcome")


class Name(NamedTuple):
    """A name in its parts, whether or not there is such an outcome."""

    key: str
    year: int
    total: bool
    present: bool

    @property
    def stem(self) -> str:
        """What stands before ``_total`` and the year."""
        return f"pv_{self.key}" if self.present else self.key


def read_name(name: str) -> Name | None:
    """The parts of a name; None if it is not written like an outcome's."""
    found = _NAME.fullmatch(str(name))
    return None if found is None else Name(found["key"], int(found["year"]), bool(found["total"]), bool(found["pv"]))


@dataclass(frozen=True)
class Outcome:
    """An indicator, or what is made of several, in one year.

    Attributes
    ----------
    key : str
        Full name, e.g. "tco2e_total_2045".
    base : str
        Key of the registry, e.g. "tco2e".
    year : int
    total : bool
        Added up since 2020.
    unit, kind, direction, pillar, definition : str
        As in `ecocluster.model.indicators.INDICATORS`; of what is added up without "/yr".
    """

    key: str
    base: str
    year: int
    total: bool
    unit: str
    kind: str
    direction: str
    pillar: str
    definition: str

    @property
    def better(self) -> float:
        """+1 if more is better, -1 if less is, 0 if neither."""
        return {"max": 1.0, "min": -1.0, "none": 0.0}[self.direction]

    @property
    def present(self) -> bool:
        """Is it a present value?"""
        return self.key.startswith("pv_")

    @property
    def rate(self) -> bool:
        """Is it a mean over the year, not what stands at its end?"""
        return not self.total and self.base in INDICATORS and self.kind in ("flow", "money")

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcomes of the model that it is made of: itself, if it is one."""
        parts = DERIVED[self.base][0] if self.base in DERIVED else ()
        return tuple(f"{part}_{self.year}" for part in parts) or (self.key,)


@remembered(4096)
def outcome_of(name: str, where: str = "outcome", last_year: float = 2046, made: bool = True) -> Outcome:
    """The outcome of a name.

    Parameters
    ----------
    name : str
    where : str
        Option or argument that the user gave it in.
    last_year : float
        End of the runs.
    made : bool
        May it be made of several outcomes? A sweep keeps those of the model alone.

    Raises
    ------
    InputError
        For a name that is not known, with the nearest one, and for a year outside the run.
    """
    found = read_name(name)
    entry = None if found is None else _entry(found, made)
    if found is None or entry is None:
        if found is not None and found.key in INDICATORS:  # it cannot be added up, or is twice
            raise InputError("unknown_near", name=where, value=name, nearest=_once(found))
        raise unknown(where, name, tuple(_known(found, last_year, made)))
    if not FIRST_YEAR <= found.year <= last_year - 1:
        raise InputError("outside", name=f"{where}: {name}", value=found.year, low=FIRST_YEAR, high=int(last_year) - 1)
    total = found.total or found.present or found.key in MADE
    unit = entry.unit.removesuffix("/yr") if total else entry.unit
    return Outcome(str(name), found.key, found.year, total, unit, entry.kind, entry.direction, entry.pillar, entry.definition)


def _entry(name: Name, made: bool) -> Indicator | None:
    """What the registries hold under the name; only flows and money can be added up, and not twice."""
    entry = INDICATORS.get(name.key)
    if entry is None:
        return None if name.total or name.present or not made else MADE.get(name.key)
    summed = name.total or name.present
    return None if summed and (entry.kind not in ("flow", "money") or name.total and name.present) else entry


def _once(name: Name) -> str:
    """What the key can be in that year."""
    summed = INDICATORS[name.key].kind in ("flow", "money")
    return f"{name.stem if summed else name.key}_{name.year}"


def _known(found: Name | None, last_year: float, made: bool) -> Iterator[str]:
    """Names that may have been meant: in the year that was named, else in the report years."""
    meant = (found.year,) if found is not None and FIRST_YEAR <= found.year <= last_year - 1 else ()
    yield from outcome_names(last_year, meant)
    if made:
        years = meant or YEARS
        yield from (f"{key}_{year}" for year in years for key in MADE)


def years_reached(last_year: float = 2046) -> tuple[int, ...]:
    """Report years that runs until `last_year` reach; if they reach none, their last full year."""
    return tuple(year for year in YEARS if year + 1 <= last_year) or (int(last_year) - 1,)


def known_outcome(name: str) -> Outcome | None:
    """The outcome of a column of a table; None for an input, and for an outcome of a former version."""
    try:
        return outcome_of(name)
    except InputError:
        return None


def outcome_names(last_year: float = 2046, years: tuple[int, ...] = ()) -> tuple[str, ...]:
    """All names that `indicators.evaluate` gives for runs until `last_year`; if it gives none, those of the last full year."""
    start = () if years else tuple(f"{key}_{START}" for key in AT_START)
    years = years or years_reached(last_year)
    return start + tuple(name for year in years for name in (
        *(f"{key}_{year}" for key in INDICATORS),
        *(f"{key}_total_{year}" for key in totals()),
        *(f"pv_{key}_{year}" for key in present_values()),
    ))  # fmt: skip
