"""The experiment file: what varies, under which pathways and policies, how often. Validated like a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator

from ...model.renamed import BUDGETS
from ...scenarios.errors import Message, ScenarioError, nearest_name
from ...scenarios.given import MAX_BUDGET_BN, is_finite, path_of
from ...scenarios.library import is_path
from ...scenarios.reading import read_toml
from ...scenarios.schema import between, check, in_range, with_unit
from ..errors import InputError
from ..question import MAX_SEED
from .designs import KINDS, MAX_POINTS, Design, Factor
from .outcomes import Outcomes, headlines
from .ranges import Range, lever_ranges, uncertainty_ranges

__all__ = ["MODES", "Experiment", "load_experiment", "make_experiment"]

MODES = ("equal-budget", "equal-outlay", "equal-abatement", "frontier")
FRONTIER = (0.0, 25.0, 50.0, 100.0, 150.0, 200.0, 300.0)  # bn VND a year
STEPS = 104  # 2020 to the end of 2045


def _number(low: float, high: float, unit: str = "") -> PlainValidator:
    return PlainValidator(lambda value: in_range(value, low, high, unit))


Budget = Annotated[float, _number(0, MAX_BUDGET_BN, "bn VND a year")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class DesignTable(_Strict):
    """Table `design` of the file."""

    kind: Literal["full", "oat", "lhs", "sobol", "saltelli", "morris", "table", "nested", "worlds"]
    points: Annotated[int | None, Field(ge=1, le=MAX_POINTS)] = None
    levels: Annotated[int | None, Field(ge=2, le=100)] = None
    lever_points: Annotated[int | None, Field(ge=1, le=MAX_POINTS)] = None
    second_order: bool | None = None
    file: str | None = None


class ExperimentFile(_Strict):
    """The whole file."""

    type: Literal["experiment"] = "experiment"
    title: str = ""
    note: str = ""
    scenario: str
    pathways: Annotated[list[str], Field(min_length=1)]
    design: DesignTable
    replicates: Annotated[int, Field(ge=1, le=10**6)]
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)]
    policy: str | list[str] = "vietnam-2020"
    law: str = "middle"
    budget_bn: Budget = 150.0
    budgets_bn: list[Budget] | None = None
    site_budget_bn: Budget | None = None
    uncertainties: list[str] | dict[str, Any] | None = None
    levers: list[str] | dict[str, Any] | None = None
    outcomes: list[str] | None = None
    mode: Literal["equal-budget", "equal-outlay", "equal-abatement", "frontier"] = "equal-budget"
    target: Annotated[float | None, _number(1e-6, 1e6)] = None
    steps: Annotated[int, Field(ge=4, le=STEPS, multiple_of=4)] = STEPS
    shocks: str | None = None
    scale: Literal["auto"] | Annotated[float, _number(0.01, 10)] = 1.0
    first_replicate: Annotated[int, Field(ge=0, le=2**40)] = 0
    common_random_numbers: bool = True
    traces: bool = False

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, raw: Any) -> Any:
        return with_unit(raw, {**BUDGETS, "budgets": "budgets_bn"})


@dataclass(frozen=True)
class Experiment:
    """An experiment file, validated, with names looked up in the registries.

    Attributes
    ----------
    scenario, pathways, policies, law, budgets_bn, site_budget_bn, seed, replicates, first_replicate, shocks, scale, traces
        See docs/sweeps.md; `policies` and `budgets_bn` have one entry unless several are compared.
    design : Design
    factors : tuple of Factor
        What the design varies, columns of its points in this order; of a table: the columns of the file.
    constants : tuple of (str, bool, float)
        Values that are set and do not vary: name, is it a lever, value.
    outcomes : tuple of str
    mode, target
        Budget mode.
    last_year : float
    paired : bool
        Common random numbers.
    source : str
        File that was read, or empty.
    """

    scenario: str
    pathways: tuple[str, ...]
    policies: tuple[str, ...]
    law: str
    budgets_bn: tuple[float, ...]
    site_budget_bn: float | None
    design: Design
    factors: tuple[Factor, ...]
    constants: tuple[tuple[str, bool, float], ...]
    replicates: int
    first_replicate: int
    seed: int
    outcomes: tuple[str, ...]
    mode: str
    target: float | None
    last_year: float
    shocks: str | None
    scale: float | None
    paired: bool
    traces: bool
    source: str = ""


def load_experiment(path: str | Path) -> Experiment:
    """Experiment of a TOML file; paths in it count from its folder.

    Raises
    ------
    ScenarioError
        Naming file, key, value, allowed range and the nearest known name.
    """
    path = path_of(path)
    return make_experiment(read_toml(path), path)


def make_experiment(raw: Mapping[str, Any], path: Path | str = "experiment") -> Experiment:
    """Experiment of a mapping with the keys of the file.

    Parameters
    ----------
    raw : mapping
    path : path or str
        Named in errors; relative paths count from its folder.
    """
    entry: ExperimentFile = check(ExperimentFile, raw, path)
    base = Path(path).parent if isinstance(path, Path) else Path()
    design = _design(entry.design, path, base)
    if design.kind == "table":
        factors, constants = _table_factors(design, entry, path)
    else:
        factors, constants = _factors(entry, design, path)
    last_year = 2020 + entry.steps / 4
    policies = (entry.policy,) if isinstance(entry.policy, str) else tuple(entry.policy)
    for key, names in (("pathways", entry.pathways), ("policy", policies), ("budgets_bn", entry.budgets_bn or ())):
        doubles = [name for index, name in enumerate(names) if name in names[:index]]
        if doubles:
            raise ScenarioError("named_twice", file=path, key=key, value=doubles[0])
        if key == "policy" and not names:
            raise ScenarioError("empty", file=path, key=key)
    if entry.budgets_bn is not None and entry.mode != "frontier":
        raise ScenarioError("only_frontier", file=path, key="budgets_bn")
    if entry.budgets_bn == []:
        raise ScenarioError("empty", file=path, key="budgets_bn")
    if entry.mode == "frontier" and entry.site_budget_bn is not None:
        raise ScenarioError("frontier_city", file=path, key="site_budget_bn")
    if {"budget_bn", "site_budget_bn"} <= entry.model_fields_set:
        raise ScenarioError("two_budgets", file=path, key="site_budget_bn")
    if entry.target is not None and entry.mode not in ("equal-outlay", "equal-abatement"):
        raise ScenarioError("only_equal", file=path, key="target")
    if entry.traces and not entry.common_random_numbers:
        raise ScenarioError("only_paired", file=path, key="traces")
    if entry.mode == "equal-abatement" and entry.target is not None and entry.target >= 1:
        raise ScenarioError("out_of_range", file=path, key="target", value=entry.target, allowed=Message("share_of_null"))
    return Experiment(
        scenario=_relative(entry.scenario, base),
        pathways=tuple(_relative(name, base) for name in entry.pathways),
        policies=tuple(_relative(name, base) for name in policies),
        law=_relative(entry.law, base),
        budgets_bn=tuple(entry.budgets_bn or FRONTIER) if entry.mode == "frontier" else (entry.budget_bn,),
        site_budget_bn=entry.site_budget_bn,
        design=design,
        factors=factors,
        constants=constants,
        replicates=entry.replicates,
        first_replicate=entry.first_replicate,
        seed=entry.seed,
        outcomes=_outcomes(entry, last_year, path),
        mode=entry.mode,
        target=entry.target,
        last_year=last_year,
        shocks=None if entry.shocks is None else _relative(entry.shocks, base),
        scale=None if entry.scale == "auto" else entry.scale,
        paired=entry.common_random_numbers,
        traces=entry.traces,
        source=str(path) if isinstance(path, Path) else "",
    )


def _relative(name: str, base: Path) -> str:
    return str(base / name) if is_path(name) else name


def _outcomes(entry: ExperimentFile, last_year: float, path) -> tuple[str, ...]:
    if entry.outcomes is None:
        return headlines(last_year)
    try:
        return Outcomes(entry.outcomes, last_year).names
    except InputError as error:
        raise ScenarioError("outcomes", file=path, cause=error) from None


def _design(entry: DesignTable, path, base: Path) -> Design:
    needed, allowed = KINDS[entry.kind]
    given = entry.model_dump(exclude={"kind"}, exclude_none=True)
    for key in needed:
        if key not in given:
            raise ScenarioError("missing_for", file=path, key=f"design.{key}", design=entry.kind)
    for key in given:
        if key not in (*needed, *allowed):
            raise ScenarioError(
                "meaningless_for", file=path, key=f"design.{key}", allowed=", ".join((*needed, *allowed)), design=entry.kind
            )
    if entry.kind == "morris":
        given.setdefault("levels", 4)
        if given["levels"] % 2:
            raise ScenarioError("must_be_even", file=path, key="design.levels", value=given["levels"])
    if "file" in given:
        given["file"] = str(base / given["file"])
    return Design(entry.kind, **given)


def _factors(entry: ExperimentFile, design: Design, path) -> tuple[tuple[Factor, ...], tuple]:
    factors: list[Factor] = []
    constants: list[tuple[str, bool, float]] = []
    for key, lever, ranges in (("uncertainties", False, uncertainty_ranges()), ("levers", True, lever_ranges())):
        given = getattr(entry, key)
        if isinstance(given, list):
            given = dict.fromkeys(given) if len(set(given)) == len(given) else _refuse_double(given, path, key)
        for name, what in _flat(given or {}, ranges):
            place = f"{key}.{name}"
            if name not in ranges:
                raise ScenarioError("unknown_among", file=path, key=place, nearest=nearest_name(name, ranges), table=key)
            made = _factor(ranges[name], lever, what, path, place)
            if isinstance(made, Factor):
                factors.append(made)
            else:
                constants.append((name, lever, made))
    if design.kind == "worlds":  # they draw everything but what is set
        if factors:
            raise ScenarioError("worlds_vary", file=path, key=factors[0].name)
        set_ = {name for name, _, _ in constants}
        factors = [Factor(range_) for range_ in uncertainty_ranges().values() if range_.sampled and range_.name not in set_]
    elif not factors and entry.uncertainties is None:
        if design.kind in ("lhs", "sobol", "nested"):
            factors = [Factor(range_) for range_ in uncertainty_ranges().values() if range_.sampled]
        elif design.kind != "full":  # all combinations of nothing: one point, where everything has its default
            raise ScenarioError("nothing_varies", file=path, key="uncertainties", design=design.kind)
    return tuple(factors), tuple(constants)


def _refuse_double(names: list[str], path, key: str):
    double = next(name for index, name in enumerate(names) if name in names[:index])
    raise ScenarioError("named_twice", file=path, key=key, value=double)


def _flat(given: Mapping[str, Any], known: Mapping[str, Range], prefix: str = ""):
    """Dotted names: TOML reads an unquoted ``food.margin = [.03, .06]`` as a table in a table."""
    for name, what in given.items():
        full = prefix + str(name)
        if isinstance(what, Mapping) and full not in known and not {"low", "high", "values"} & what.keys():
            yield from _flat(what, known, full + ".")
        else:
            yield full, what


def _factor(range_: Range, lever: bool, what: Any, path, place: str) -> Factor | float:
    """``None`` (the registry's range), a number (a constant), [low, high], {low, high} or {values = [...]}."""

    def number(value: Any) -> float:
        good = is_finite(value)
        if not good or not range_.holds(value):
            raise ScenarioError("out_of_range" if good else "not_finite", file=path, key=place, value=value,
                                allowed=between(range_.low, range_.high, range_.unit))  # fmt: skip
        return float(value)

    if what is None:
        return Factor(range_, lever)
    if isinstance(what, Mapping) and set(what) == {"values"} and isinstance(what["values"], list) and what["values"]:
        return Factor(range_, lever, tuple(number(value) for value in what["values"]))
    if isinstance(what, Mapping) and what and set(what) <= {"low", "high"}:
        what = [what.get("low", range_.low), what.get("high", range_.high)]
    if isinstance(what, list) and len(what) == 2:
        low, high = number(what[0]), number(what[1])
        if low >= high:
            raise ScenarioError("low_first", file=path, key=place, value=what)
        default = min(max(range_.default, low), high)
        return Factor(Range(range_.name, low, high, default, range_.law, range_.unit), lever)
    if isinstance(what, (list, Mapping)):
        raise ScenarioError("not_a_factor", file=path, key=place, ranges="[low, high], { low, high }", values="{ values = [...] }")
    return number(what)


def _table_factors(design: Design, entry: ExperimentFile, path) -> tuple[tuple[Factor, ...], tuple]:
    """Factors of the columns of the table; ranges beside a table would have no meaning, constants do."""
    from .designs import read_points

    uncertain, levers = uncertainty_ranges(), lever_ranges()
    names, _ = read_points(path_of(design.file), {**uncertain, **levers})
    factors, constants = _factors(entry.model_copy(update={"uncertainties": entry.uncertainties or {}}), design, path)
    if factors:
        raise ScenarioError("table_varies", file=path, key=factors[0].name)
    for name, _, _ in constants:
        if name in names:
            raise ScenarioError("in_table", file=path, key=name)
    return tuple(Factor((levers if name in levers else uncertain)[name], name in levers) for name in names), constants
