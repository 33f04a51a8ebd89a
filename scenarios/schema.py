"""What may stand in a file: one strict model per kind of file, and the translation of what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ..model.inputs import SECTORS, TECHNOLOGIES
from ..model.levers import LEVERS
from .errors import ScenarioError, nearest_name

__all__ = ["CLUSTER_AREA_CAP", "FIRM_RANGES", "MAX_FIRMS", "check", "known_id"]

MAX_FIRMS = 5000
CLUSTER_AREA_CAP = 75.0  # ha, Decree 32/2024; parks may be larger
_MIX_TOLERANCE = 1e-3

FIRM_RANGES: dict[str, tuple[float, float, str]] = {
    "workers": (1, 5000, "persons"),
    "revenue": (1, 1e8, "million VND a year"),
    "x": (0, 100, "units of 100 m"),
    "y": (0, 100, "units of 100 m"),
    "need": (1, 5, "Likert"),
    "trust": (1, 5, "Likert"),
}


def _wrong(problem: str, allowed: str | None = None, **facts: Any) -> PydanticCustomError:
    return PydanticCustomError("wrong", "{problem}", {"problem": problem, "allowed": allowed, **facts})


def in_range(value: Any, low: float, high: float, unit: str = "") -> float:
    """`value` as a float if it is a finite number in the range; else raises `PydanticCustomError`."""
    allowed = f"{low:g} to {high:g} {unit}".rstrip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong("not a number", allowed)
    if not math.isfinite(value):
        raise _wrong("not a finite number", allowed)
    if not low <= value <= high:
        raise _wrong("out of range", allowed)
    return float(value)


def _number(low: float, high: float, unit: str = "") -> PlainValidator:
    return PlainValidator(lambda value: in_range(value, low, high, unit))


def _one_of(names: Iterable[str]) -> PlainValidator:
    known = tuple(names)

    def check_name(value: Any) -> str:
        if value not in known:
            raise _wrong("unknown name", ", ".join(known), nearest=nearest_name(value, known))
        return value

    return PlainValidator(check_name)


def known_id(value: Any) -> str:
    """`value` if it is a usable id: lower-case letters, digits, hyphens, at most 41 characters."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", value):
        raise _wrong("not a usable id", "a-z, 0-9 and hyphens, at most 41 characters, no hyphen first")
    return value


def _levers(value: Any) -> dict[str, float]:
    """Lever names to values within the lever's range."""
    if not isinstance(value, Mapping):
        raise _wrong("not a table of levers")
    checked = {}
    for name, amount in value.items():
        lever = LEVERS.get(name)
        if lever is None:
            raise _wrong("unknown lever", key=name, value=amount, nearest=nearest_name(name, LEVERS))
        try:
            checked[name] = in_range(amount, lever.low, lever.high, lever.unit)
        except PydanticCustomError as error:
            raise PydanticCustomError(
                "wrong", "{problem}", {**error.context, "key": name, "value": amount}
            ) from None
    return checked


def _mix(value: Any) -> dict[str, float]:
    """Weights of all sectors, adding up to 1 exactly."""
    if not isinstance(value, Mapping):
        raise _wrong("not a table of sectors")
    weights = dict.fromkeys(SECTORS, 0.0)
    for name, weight in value.items():
        if name not in weights:
            raise _wrong(
                "unknown sector",
                ", ".join(SECTORS),
                key=name,
                value=weight,
                nearest=nearest_name(name, SECTORS),
            )
        try:
            weights[name] = in_range(weight, 0, 1, "share")
        except PydanticCustomError as error:
            raise PydanticCustomError(
                "wrong", "{problem}", {**error.context, "key": name, "value": weight}
            ) from None
    total = math.fsum(weights.values())
    if abs(total - 1) > _MIX_TOLERANCE:
        raise _wrong(f"the shares add up to {total:.4g}", "a sum of 1")
    return {name: weight / total for name, weight in weights.items()}


def _cluster_list(value: Any) -> str | list[dict[str, Any]]:
    """Name of a table, or the clusters themselves: checked one by one later, so that errors name it."""
    if not isinstance(value, str) and not (
        isinstance(value, list) and all(isinstance(row, dict) for row in value)
    ):
        raise _wrong("neither a file name nor a list of tables [[clusters]]")
    return value


Id = Annotated[str, PlainValidator(known_id)]
Levers = Annotated[dict[str, float], PlainValidator(_levers)]
Mix = Annotated[dict[str, float], PlainValidator(_mix)]
Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, max_length=4000)]
Year = Annotated[float, _number(2000, 9999, "(calendar year)")]
Sector = Annotated[str, _one_of(SECTORS)]
Technology = Annotated[str, _one_of(TECHNOLOGIES)]
LeverName = Annotated[str, _one_of(LEVERS)]
_FIRM = {name: _number(*limits) for name, limits in FIRM_RANGES.items()}


class _Strict(BaseModel):
    # a default of None means "not given"; None itself cannot stand in TOML or CSV
    model_config = ConfigDict(extra="forbid", strict=True)


class Title(_Strict):
    """One line in Vietnamese and in English."""

    vi: Text
    en: Text


class FirmEntry(_Strict):
    """A known enterprise."""

    sector: Sector
    workers: Annotated[float, _FIRM["workers"]]
    revenue: Annotated[float | None, _FIRM["revenue"]] = None
    x: Annotated[float | None, _FIRM["x"]] = None
    y: Annotated[float | None, _FIRM["y"]] = None
    technologies: list[Technology] | None = None
    need: Annotated[float | None, _FIRM["need"]] = None
    trust: Annotated[float | None, _FIRM["trust"]] = None


class ClusterEntry(_Strict):
    """A cluster, from a table or from TOML."""

    id: Id
    name: Text
    name_en: Text = ""  # for the title of a site of its own
    district: Text = ""
    firms_2018: Annotated[float | None, _number(1, MAX_FIRMS, "firms")] = None
    area_planned: Annotated[float, _number(0.01, 10_000, "ha")]
    area_built: Annotated[float, _number(0.01, 10_000, "ha")]
    mix: Mix | None = None
    shared_land: Annotated[float | None, _number(0, 0.9, "share")] = None
    urban: bool = False
    cetp_since: Annotated[float | None, _number(1980, 2100, "(calendar year)")] = None
    workers_median: Annotated[float | None, _number(1, 5000, "persons")] = None
    workers_sd: Annotated[float | None, _number(0, 3, "of the logarithm")] = None
    workers_cap: Annotated[float | None, _number(1, 5000, "persons")] = None
    firms: list[FirmEntry] = []
    synthetic: bool = True
    note: Text = ""

    @model_validator(mode="after")
    def _consistent(self) -> ClusterEntry:
        if self.area_built > self.area_planned:
            raise _wrong(
                "larger than area_planned",
                f"up to {self.area_planned:g} ha",
                key="area_built",
                value=self.area_built,
            )
        if self.firms_2018 is None:
            if not self.firms:
                raise _wrong("needed where no firms are listed", f"1 to {MAX_FIRMS} firms", key="firms_2018")
            self.firms_2018 = float(len(self.firms))
        if len(self.firms) > MAX_FIRMS:
            raise _wrong(f"{len(self.firms)} firms in one cluster", f"at most {MAX_FIRMS}", key="firms")
        if len(self.firms) > self.firms_2018 / 0.88 + 1:
            raise _wrong(
                f"fewer slots than the {len(self.firms)} firms listed",
                f"at least {len(self.firms)}",
                key="firms_2018",
                value=self.firms_2018,
            )
        if self.workers_cap is not None and self.workers_cap < (self.workers_median or 0):
            raise _wrong(
                "below workers_median",
                f"at least {self.workers_median:g}",
                key="workers_cap",
                value=self.workers_cap,
            )
        return self


class SiteFile(_Strict):
    """A city, a cluster, a park, or a collection of those."""

    type: Literal["scenario"] = "scenario"
    id: Id | None = None
    title: Title | None = None
    kind: Literal["city", "cluster", "park"] | None = None
    name: Text | None = None
    note: Text | None = None
    city_firms: Annotated[float | None, _number(1, 1e6, "firms")] = None
    extends: Text | None = None
    clusters: Annotated[str | list[dict[str, Any]] | None, PlainValidator(_cluster_list)] = None
    select: list[Id] | None = None
    change: dict[str, dict[str, Any]] | None = None
    parameters: dict[str, Any] = {}
    shocks: Text | None = None
    alone: list[Id] = []  # clusters that are sites of their own
    whole: bool = True  # False: a collection of sites, not a site itself
    published: dict[str, Any] = {}


class ScheduleEntry(_Strict):
    """When a lever acts."""

    start: Year = 2020.0
    ramp: Annotated[float, _number(0, 50, "years")] = 0.0
    end: Year = 9999.0

    @model_validator(mode="after")
    def _ordered(self) -> ScheduleEntry:
        if self.end <= self.start:
            raise _wrong("not after start", f"after {self.start:g}", key="end", value=self.end)
        return self


class _Overlay(_Strict):
    id: Id | None = None
    title: Title | None = None
    note: Text = ""
    combine: list[Text] = []
    levers: Levers = {}
    schedules: dict[LeverName, ScheduleEntry] = {}
    enactment_lag: Annotated[float, _number(0, 30, "years")] = 0.0
    set_up_cost: Annotated[float, _number(0, 1e8, "million VND")] = 0.0


class PathwayFile(_Overlay):
    """A programme: the larger of what it combines, then its own levers in place of those."""

    type: Literal["pathway"]
    combine_planned: list[Text] = []
    planned: Levers = {}
    single_cluster: Levers = {}
    schedule: ScheduleEntry = ScheduleEntry()
    scalable: bool = True
    programme: bool = True


class PolicyFile(_Overlay):
    """Levers laid over a programme: the larger value, or (`set`) this value instead."""

    type: Literal["policy"]
    set: Levers = {}


_SHOCK_FACTORS = {"demand": (0.05, 5), "electricity": (0.05, 10), "carbon_rule": (0.1, 10), "sector": (0, 1)}


class ShockEntry(_Strict):
    """One disturbance."""

    kind: Literal["demand", "electricity", "carbon_rule", "sector"]
    start: Year
    end: Year = 9999.0
    factor: Annotated[float, _number(0, 10)]
    sectors: list[Sector] = []

    @model_validator(mode="after")
    def _consistent(self) -> ShockEntry:
        if self.end <= self.start:
            raise _wrong("not after start", f"after {self.start:g}", key="end", value=self.end)
        if self.sectors and self.kind != "demand":
            raise _wrong("only a shock of demand can be limited to sectors", key="sectors")
        low, high = _SHOCK_FACTORS[self.kind]
        if not low <= self.factor <= high:
            raise _wrong(
                "out of range", f"{low:g} to {high:g} for {self.kind}", key="factor", value=self.factor
            )
        return self


class ShocksFile(_Strict):
    """A script of shocks: those of the scripts it combines, then its own."""

    type: Literal["shocks"]
    id: Id | None = None
    title: Title | None = None
    note: Text = ""
    combine: list[Text] = []
    shocks: list[ShockEntry] = []


class PortfolioFile(_Strict):
    """A pathway for every cluster."""

    type: Literal["portfolio"]
    id: Id | None = None
    title: Title | None = None
    note: Text = ""
    default: Text = "null"
    clusters: dict[str, Text] = {}


def check(model: type[BaseModel], raw: Mapping[str, Any], file: Path | str, where: str = "") -> Any:
    """`raw` as a validated `model`.

    Parameters
    ----------
    model : class of this module
    raw : mapping
    file : path or str
        Named in the error.
    where : str
        Prefix of the key in the error, such as ``clusters.hapro``.

    Raises
    ------
    ScenarioError
        For the first thing that is wrong; the number of others is told.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    first = errors[0]
    context = first.get("ctx", {})
    path = [str(part) for part in first["loc"]]
    value = context.get("value", first["input"])
    if "key" in context:
        path.append(context["key"])
        value = context.get("value")
    problem, allowed, nearest = (
        context.get("problem", first["msg"]),
        context.get("allowed"),
        context.get("nearest"),
    )
    if first["type"] == "extra_forbidden":
        known = sorted(_model_at(model, first["loc"][:-1]).model_fields)
        problem, allowed, nearest = "unknown key", ", ".join(known), nearest_name(path[-1], known)
    elif first["type"] == "missing":
        problem, value = "the key is missing", None
    elif first["type"] == "literal_error":
        problem, allowed = "unknown name", context["expected"]
        nearest = nearest_name(value, re.findall(r"'([^']+)'", allowed))
    if len(errors) > 1:
        problem += f" (and {len(errors) - 1} more)"
    key = ".".join([where] * bool(where) + path)
    value = None if isinstance(value, (dict, list)) else value
    raise ScenarioError(problem, file=file, key=key or None, value=value, allowed=allowed, nearest=nearest)


def _model_at(model: type[BaseModel], loc: tuple[Any, ...]) -> type[BaseModel]:
    """The model that holds the key at `loc`: steps through lists and tables are passed over."""
    for part in loc:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        stack = [] if field is None else [field.annotation]
        while stack:
            kind = stack.pop()
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
                break
            stack.extend(get_args(kind))
    return model
