"""What may stand in a file: one strict model per kind of file, and the translation of what is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
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

from ..model.levers import LAW_LEVERS, LEVERS
from ..model.sites_and_arms import SECTORS, TECHNOLOGIES
from .answers import read_answers
from .errors import Message, ScenarioError, nearest_name
from .given import is_finite
from .plausible import ACCEPTABLE, LEAST_LAND, LEAST_ROOM

__all__ = ["CLUSTER_AREA_CAP", "FIRM_RANGES", "MAX_FIRMS", "check", "known_id", "with_unit"]

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


# what pydantic itself refuses -> our key; the fields are those of pydantic's context
OF_PYDANTIC = {
    "missing": "missing",
    "extra_forbidden": "unknown_key",
    "literal_error": "unknown_name",
    "string_type": "not_text",
    "string_too_long": "text_length",
    "bool_type": "not_truth",
    "int_type": "not_whole",
    "float_type": "not_decimal",
    "greater_than_equal": "too_small",
    "less_than_equal": "too_large",
    "multiple_of": "not_multiple",
    "list_type": "not_list",
    "too_short": "list_length",
    "dict_type": "not_dictionary",
    "model_type": "not_entry",
}


def in_range(value: Any, low: float, high: float, unit: str = "") -> float:
    """`value` as a float if it is a finite number in the range; else raises `ScenarioError`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ScenarioError("not_number", allowed=between(low, high, unit))
    if not is_finite(value):
        raise ScenarioError("not_finite", allowed=between(low, high, unit))
    if not low <= value <= high:
        raise ScenarioError("out_of_range", allowed=between(low, high, unit))
    return float(value)


def between(low: float, high: float, unit: str = "") -> Message:
    """A range as what is allowed."""
    if not unit:
        return Message("between", low=low, high=high)
    return Message("between_units", low=low, high=high, unit=unit)


def with_unit(raw: Any, names: Mapping[str, str]) -> Any:
    """The content of a file of before names carried their unit: the same values under their new names."""
    if not isinstance(raw, Mapping):
        return raw
    for old, new in names.items():
        if old in raw and new in raw:
            raise ScenarioError("named_twice", key=old, nearest=new)
    return {names.get(key, key): value for key, value in raw.items()}


def _number(low: float, high: float, unit: str = "") -> PlainValidator:
    return PlainValidator(lambda value: in_range(value, low, high, unit))


def _one_of(names: Iterable[str]) -> PlainValidator:
    def check_name(value: Any) -> str:
        known = tuple(names)  # as they are now: modules add levers
        if value not in known:
            raise ScenarioError("unknown_name", allowed=", ".join(known), nearest=nearest_name(value, known))
        return value

    return PlainValidator(check_name)


def known_id(value: Any) -> str:
    """`value` if it is a usable id: lower-case letters, digits, hyphens, at most 41 characters."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,40}", value):
        raise ScenarioError("bad_id", allowed=Message("form_of_id"))
    return value


def _levers(value: Any) -> dict[str, float]:
    """Lever names to values within the lever's range."""
    if not isinstance(value, Mapping):
        raise ScenarioError("no_levers")
    checked = {}
    for name, amount in value.items():
        lever = LEVERS.get(name)
        if lever is None:
            raise ScenarioError("unknown_lever", key=name, value=amount, nearest=nearest_name(name, LEVERS))
        checked[name] = _entry(name, amount, lever.low, lever.high, lever.unit)
    return checked


def _entry(name: str, value: Any, low: float, high: float, unit: str) -> float:
    """`in_range` for an entry of a table, which the error then names."""
    try:
        return in_range(value, low, high, unit)
    except ScenarioError as error:
        error.key, error.value = name, value
        raise


def _mix(value: Any) -> dict[str, float]:
    """Weights of all sectors, adding up to 1 exactly."""
    if not isinstance(value, Mapping):
        raise ScenarioError("no_sectors")
    weights = dict.fromkeys(SECTORS, 0.0)
    for name, weight in value.items():
        if name not in weights:
            raise ScenarioError(
                "unknown_sector",
                key=name,
                value=weight,
                allowed=", ".join(SECTORS),
                nearest=nearest_name(name, SECTORS),
            )
        weights[name] = _entry(name, weight, 0, 1, "share")
    total = math.fsum(weights.values())
    if abs(total - 1) > _MIX_TOLERANCE:
        raise ScenarioError("shares", allowed=Message("sum_of_one"), sum=total)
    return {name: weight / total for name, weight in weights.items()}


def _cluster_list(value: Any) -> str | list[dict[str, Any]]:
    """Name of a table, or the clusters themselves: checked one by one later, so that errors name it."""
    if not isinstance(value, str) and not (isinstance(value, list) and all(isinstance(row, dict) for row in value)):
        raise ScenarioError("not_clusters")
    return value


def _answers(value: Any) -> dict[str, Any]:
    """Answers of the self-check as they are written, if they can be read."""
    try:
        read_answers(value)
    except ScenarioError as error:
        error.key = None if error.key is None else error.key.removeprefix("answers.")
        raise
    return dict(value)


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
    # what is read builds its validator when it is first read: one site needs few of them
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


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
    accept: list[Annotated[str, _one_of(ACCEPTABLE)]] = []  # what looks wrong and is right

    @model_validator(mode="after")
    def _consistent(self) -> ClusterEntry:
        if self.area_built > self.area_planned:
            raise ScenarioError(
                "over_planned",
                key="area_built",
                value=self.area_built,
                allowed=Message("up_to", high=self.area_planned, unit="ha"),
            )
        if self.firms_2018 is None:
            if not self.firms:
                raise ScenarioError("firms_needed", key="firms_2018", allowed=between(1, MAX_FIRMS, "firms"))
            self.firms_2018 = float(len(self.firms))
        if len(self.firms) > MAX_FIRMS:
            raise ScenarioError(
                "too_many_firms",
                key="firms",
                allowed=Message("at_most", high=MAX_FIRMS),
                count=len(self.firms),
            )
        if len(self.firms) > self.firms_2018 / 0.88 + 1:
            raise ScenarioError(
                "fewer_slots",
                key="firms_2018",
                value=self.firms_2018,
                allowed=Message("at_least", low=len(self.firms)),
                count=len(self.firms),
            )
        if self.workers_cap is not None and self.workers_cap < (self.workers_median or 0):
            raise ScenarioError(
                "below_median",
                key="workers_cap",
                value=self.workers_cap,
                allowed=Message("at_least", low=self.workers_median),
            )
        if "land" not in self.accept:
            self._enough_land(self.firms_2018)
        return self

    def _enough_land(self, firms: float) -> None:
        """An area in another unit shows in the land of a firm, or of a worker."""
        each = 1e4 * self.area_built / firms
        if each < LEAST_LAND:
            raise ScenarioError("doubt_land", key="area_built", value=self.area_built, firms=firms, area=self.area_built, each=each,
                                least=LEAST_LAND)  # fmt: skip
        workers = math.fsum(firm.workers for firm in self.firms)
        if workers and 1e4 * self.area_built / workers < LEAST_ROOM:
            raise ScenarioError("doubt_crowd", key="area_built", value=self.area_built, workers=workers, area=self.area_built,
                                each=1e4 * self.area_built / workers, least=LEAST_ROOM)  # fmt: skip


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
    answers: Annotated[dict[str, Any], PlainValidator(_answers)] = {}  # of the self-check


class ScheduleEntry(_Strict):
    """When a lever acts."""

    start: Year = 2020.0
    ramp: Annotated[float, _number(0, 50, "years")] = 0.0
    end: Year = 9999.0

    @model_validator(mode="after")
    def _ordered(self) -> ScheduleEntry:
        if self.end <= self.start:
            raise ScenarioError("not_after_start", key="end", value=self.end, allowed=Message("after", low=self.start))
        return self


class _Overlay(_Strict):
    id: Id | None = None
    title: Title | None = None
    note: Text = ""
    combine: list[Text] = []
    levers: Levers = {}
    schedules: dict[LeverName, ScheduleEntry] = {}
    enactment_lag: Annotated[float, _number(0, 30, "years")] = 0.0
    set_up_cost_bn: Annotated[float, _number(0, 1e5, "bn VND")] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _money_in_bn(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and "set_up_cost" in raw:  # it was in million VND: no value is taken for another
            raise ScenarioError("other_unit", key="set_up_cost", value=raw["set_up_cost"], name="set_up_cost_bn", unit="bn VND")
        return raw


class PathwayFile(_Overlay):
    """A programme: the larger of what it combines, then its own levers in place of those."""

    type: Literal["pathway"]
    combine_planned: list[Text] = []
    planned: Levers = {}
    planned_basis: Text = ""
    single_cluster: Levers = {}
    schedule: ScheduleEntry = ScheduleEntry()
    scalable: bool = True
    programme: bool = True
    law: bool = True

    @model_validator(mode="after")
    def _law_is_the_same_for_all(self) -> PathwayFile:
        for table in ("levers", "single_cluster"):
            for name, value in getattr(self, table).items():
                if name in LAW_LEVERS:
                    raise ScenarioError("law_in_pathway", key=f"{table}.{name}", value=value)
        return self


class LawFile(_Strict):
    """The law from 2020 on."""

    type: Literal["law"]
    id: Id | None = None
    title: Title | None = None
    note: Text = ""
    levers: Levers = {}

    @model_validator(mode="after")
    def _levers_of_the_law(self) -> LawFile:
        for name, value in self.levers.items():
            if name not in LAW_LEVERS:
                raise ScenarioError("not_of_the_law", key=f"levers.{name}", value=value, allowed=", ".join(LAW_LEVERS))
        return self


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
            raise ScenarioError("not_after_start", key="end", value=self.end, allowed=Message("after", low=self.start))
        if self.sectors and self.kind != "demand":
            raise ScenarioError("shock_sectors", key="sectors")
        low, high = _SHOCK_FACTORS[self.kind]
        if not low <= self.factor <= high:
            raise ScenarioError(
                "out_of_range",
                key="factor",
                value=self.factor,
                allowed=Message("between_for", low=low, high=high, shock=self.kind),
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
        For the first thing that is wrong; the others go with it.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as failure:
        wrong: dict[tuple[str, ...], list[ScenarioError]] = {}
        for error in failure.errors(include_url=False):
            path = _path(raw, error["loc"], error["type"] == "missing")
            wrong.setdefault(tuple(path), []).append(_told(model, error, file, where, path))
    found = [_one_of_kinds(told) for told in wrong.values()]
    found[0].others, found[0].more = tuple(found[1:]), len(found) - 1
    raise found[0]


def _path(raw: Any, loc: Sequence[Any], is_missing: bool) -> list[str]:
    """Keys of the file on the way to what is wrong: where several kinds are allowed, pydantic puts names of kinds between them."""
    path = []
    for number, part in enumerate(loc):
        if isinstance(raw, Mapping) and part in raw or isinstance(raw, list) and isinstance(part, int) and part < len(raw):
            raw = raw[part]
            path.append(str(part))
        elif is_missing and number == len(loc) - 1:
            path.append(str(part))
    return path


def _one_of_kinds(told: list[ScenarioError]) -> ScenarioError:
    """One thing that is wrong, told once for each kind that would be allowed, as one."""
    first = next((error for error in told if not isinstance(error.problem, str) or error.problem.key != "unknown_name"), told[0])
    if allowed := [
        str(error.allowed) if not isinstance(error.allowed, Message) else error.allowed for error in told if error.allowed
    ]:
        first.allowed = _either(allowed)
    return first


def _told(model: type[BaseModel], error: Mapping[str, Any], file: Path | str, where: str, path: list[str]) -> ScenarioError:
    """What pydantic found wrong, in our words."""
    context = error.get("ctx", {})
    path, value = list(path), error["input"]
    allowed = nearest = None
    own = context.get("error")
    if isinstance(own, ScenarioError):
        problem, allowed, nearest = own.problem, own.allowed, own.nearest
        if own.key is not None:
            path.append(own.key)
            value = own.value
    elif error["type"] in OF_PYDANTIC:
        problem = Message(OF_PYDANTIC[error["type"]], **context)
    else:
        problem = Message("invalid")
    if error["type"] == "extra_forbidden":
        known = sorted(_model_at(model, error["loc"][:-1]).model_fields)
        allowed, nearest = ", ".join(known), nearest_name(path[-1], known)
    elif error["type"] == "model_type":
        allowed = ", ".join(_model_at(model, error["loc"]).model_fields)
    elif error["type"] == "missing":
        value = None
    elif error["type"] == "literal_error":
        names = re.findall(r"'[^']+'", context["expected"])
        allowed, nearest = _either(names), nearest_name(value, [name.strip("'") for name in names])
    return ScenarioError(
        problem,
        file=file,
        key=".".join([where] * bool(where) + path) or None,
        value=None if isinstance(value, (dict, list)) else value,
        allowed=allowed,
        nearest=nearest,
    )


def _either(names: list[str]) -> str:
    """Names as a choice."""
    if len(names) == 1:
        return names[0]
    return Message("either", others=", ".join(names[:-1]), last=names[-1])


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
