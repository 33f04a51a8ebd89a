"""Where a cluster stands: the decree's criteria in their readings and the four groups of S1, from its firms and a dozen answers.

Nothing is simulated: the rules of certification are applied to what is known. What is not known is carried as a range, and a criterion is
met or missed only if it is so at both ends.

    from ecocluster.experiments.checking import check
    found = check("my-cluster.toml")
    found.table; found.steps
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..scenarios import ScenarioError, load_scenario
from ..scenarios.answers import QUESTIONS, Span, read_answers
from ..scenarios.library import find, is_path, read
from .folder import write_folder
from .spreadsheet import csv_bytes, workbook_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["GROUPS", "OUTSIDE_MODEL", "Check", "Row", "Step", "check"]

DAYS = 365.0
GROUPS = ("group_energy", "group_water", "group_infrastructure", "group_information")
OUTSIDE_MODEL = ("housing", "basic_services", "yearly_report")  # criteria of the decree that the model does not hold
# what no answer of a single cluster can tell
UNTOLD = ("sham_treatment", "future_growth", "willingness", "market", "review")
MET, MISSED, UNKNOWN = "met", "missed", "not known"


@dataclass(frozen=True)
class Row:
    """One criterion, or group, in one reading.

    Attributes
    ----------
    name, reading : str
        Of `indicators.CRITERIA`, `GROUPS` or `OUTSIDE_MODEL`; reading of symbiosis or level of a group, else empty.
    value : (float, float)
    least : float
        Threshold.
    status : str
        met, missed or not known.
    needs : tuple of str
        Questions that would settle it, where it is not known.
    """

    name: str
    reading: str
    value: Span
    least: float
    status: str
    needs: tuple[str, ...] = ()

    @property
    def gap(self) -> Span:
        """By how much it is missed, at best and at worst."""
        return max(self.least - self.value[1], 0.0), max(self.least - self.value[0], 0.0)


@dataclass(frozen=True)
class Step:
    """What closes a gap.

    Attributes
    ----------
    name, criterion, payer : str
    amount : (float, float)
        How much of it, at best and at worst.
    unit : str
    cost_bn : (float, float)
        Once, bn VND of 2020; over amounts and the ranges of prices.
    yearly_bn : (float, float)
    after : str
        The step that must come before, or empty.
    """

    name: str
    criterion: str
    payer: str
    amount: Span
    unit: str
    cost_bn: Span
    yearly_bn: Span
    after: str = ""


@dataclass(frozen=True)
class Check:
    """Where a cluster stands.

    Attributes
    ----------
    scenario : str
    name : str
    firms : float
    workers : float or None
        Of the firms that are known.
    answers : dict of str to (float, float)
    estimated : dict of str to (float, float)
        What was reckoned from the trades and sizes of the firms in place of an answer.
    rows : tuple of Row
    steps : tuple of Step
        In the order in which they are to be done.
    untold : tuple of str
        What no one can tell from these answers.
    """

    scenario: str
    name: str
    firms: float
    workers: float | None
    answers: dict[str, Span]
    estimated: dict[str, Span]
    rows: tuple[Row, ...]
    steps: tuple[Step, ...]
    untold: tuple[str, ...] = UNTOLD

    @property
    def unanswered(self) -> tuple[str, ...]:
        """Questions without an answer."""
        return tuple(question.name for question in QUESTIONS if question.name not in self.answers)

    @property
    def table(self) -> pd.DataFrame:
        """One row per criterion, group and reading."""
        import pandas as pd

        return pd.DataFrame([
            {"criterion": row.name, "reading": row.reading, "status": row.status, "low": row.value[0], "high": row.value[1], "least": row.least,
             "gap_low": row.gap[0], "gap_high": row.gap[1], "needs": ", ".join(row.needs)} for row in self.rows
        ])  # fmt: skip

    @property
    def plan(self) -> pd.DataFrame:
        """One row per step."""
        import pandas as pd

        return pd.DataFrame([
            {"order": number, "step": step.name, "criterion": step.criterion, "payer": step.payer, "amount_low": step.amount[0], "amount_high": step.amount[1],
             "unit": step.unit, "cost_bn_low": step.cost_bn[0], "cost_bn_high": step.cost_bn[1], "yearly_bn_low": step.yearly_bn[0],
             "yearly_bn_high": step.yearly_bn[1], "after": step.after} for number, step in enumerate(self.steps, 1)
        ])  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As nested dicts of numbers and texts."""
        from .analyses.finding import as_facts

        return as_facts({
            "scenario": self.scenario, "name": self.name, "firms": self.firms, "workers": self.workers,
            "answers": self.answers, "estimated": self.estimated, "unanswered": self.unanswered,
            "criteria": self.table.to_dict("records"), "steps": self.plan.to_dict("records"), "untold": self.untold,
        })  # fmt: skip

    def write(self, out: str | Path, more: Mapping[str, bytes] | None = None) -> Path:
        """Write tables, workbook and JSON into a folder, whole or not at all."""
        tables = {"criteria": self.table, "steps": self.plan}
        files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
        told = (json.dumps(self.to_json(), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
        return write_folder(
            out,
            {**files, "check.xlsx": workbook_of(tables), "check.json": told, **(more or {})},
            {"command": f"ecocluster check {self.scenario}"},
        )


def check(scenario: str | Path, answers: Mapping[str, Any] | None = None) -> Check:
    """Hold a cluster against the criteria of the decree and the four groups.

    Parameters
    ----------
    scenario : str or Path
        A site of one cluster; its file may hold ``[answers]``.
    answers : mapping, optional
        In place of those of the file, question by question.

    Raises
    ------
    ScenarioError
        For a site of several clusters, an unknown question, a value out of range, more firms than there are.
    """
    site = load_scenario(scenario).site
    if len(site.clusters) != 1:
        raise ScenarioError("one_cluster_only", value=str(scenario), clusters=len(site.clusters), example=site.clusters[0].id)
    cluster = site.clusters[0]
    file = find("sites", scenario) if is_path(scenario) else None
    raw = dict(read("sites", file).answers) if file is not None else {}
    known = read_answers({**raw, **(answers or {})}, file)
    firms = float(len(cluster.firms) or cluster.firms_2018)
    for question in QUESTIONS:
        if question.unit == "firms" and question.name in known and known[question.name][1] > firms:
            raise ScenarioError("more_firms", file=file, key=f"answers.{question.name}", value=known[question.name][1], firms=firms)
    if cluster.shared_land is not None:
        known.setdefault("shared_land", (cluster.shared_land, cluster.shared_land))
    if cluster.cetp_since is not None:
        known.setdefault("central_plant", (1.0, 1.0))
    p, estimated = (
        _prices(),
        {} if "effluent_m3_day" in known or not cluster.firms else {"effluent_m3_day": _effluent(cluster.firms)},
    )
    facts = _Facts({**estimated, **known}, firms)
    rows = tuple(_rows(p, facts))
    workers = math.fsum(firm.workers for firm in cluster.firms) if cluster.firms else None
    area = cluster.area_built
    electricity = _used(cluster.firms, "elec_MWh") if cluster.firms else None
    steps = tuple(_steps(rows, facts, firms, workers if workers is not None else 15.5 * firms, area, electricity))
    return Check(str(scenario), site.name, firms, workers, known, estimated, rows, steps)


@dataclass(frozen=True)
class _Facts:
    """Answers as ranges, and how wide the range of each question is that has none."""

    known: Mapping[str, Span]
    firms: float

    def span(self, name: str) -> Span:
        if name in self.known:
            return self.known[name]
        question = next(q for q in QUESTIONS if q.name == name)
        high = {"firms": self.firms, "yes/no": 1.0, "share": question.high, "number": 1.0}.get(question.unit, question.high)
        return max(question.low, 0.0), high

    def over(self, rule: Callable[..., float], *names: str) -> tuple[Span, tuple[str, ...]]:
        """Least and largest value of a rule over what may be, and the questions that are open."""
        ends = [dict.fromkeys(self.span(name)) for name in names]
        values = {point: float(rule(*point)) for point in itertools.product(*ends)}
        matters = tuple(
            name for i, name in enumerate(names)
            if len(ends[i]) > 1 and len({(point[:i], point[i + 1 :], value) for point, value in values.items()}) > len(values) // 2
        )  # fmt: skip
        return (min(values.values()), max(values.values())), matters


def _prices(**changed: float) -> Any:
    """Numbers of the model by name, as its rules take them."""
    from ..model.parameters import PARAMETERS

    values = {name.replace(".", "_"): parameter.default for name, parameter in PARAMETERS.items()}
    return SimpleNamespace(**{**values, **changed})


def _plain(rule: Any) -> Callable[..., float]:
    """A rule of the model as a plain function: a handful of numbers is not worth compiling."""
    return getattr(rule, "py_func", rule)


def _effluent(firms) -> Span:
    """m3 a day that firms of these trades and sizes have, over the ranges of the table of sectors."""
    low, high = _used(firms, "water_m3", "effluent_share")
    return low / DAYS, high / DAYS


def _used(firms, *columns: str) -> Span:
    """A year's use of firms of these trades and sizes: workers times columns of the table of sectors, over their ranges."""

    def total(end: int) -> float:
        return sum(firm.workers * math.prod(_ends(f"{firm.sector}.{column}")[end] for column in columns) for firm in firms)

    return total(0), total(1)


def _ends(name: str) -> Span:
    from ..model.parameters import PARAMETERS

    return float(PARAMETERS[name].low), float(PARAMETERS[name].high)


def _row(name: str, reading: str, found: tuple[Span, tuple[str, ...]], least: float) -> Row:
    value, needs = found
    if value[0] >= least - 1e-12:
        status = MET
    else:
        status = MISSED if value[1] < least - 1e-12 else UNKNOWN
    return Row(name, reading, value, least, status, needs if status == UNKNOWN else ())


def _rows(p: Any, facts: _Facts):
    from ..model.rules import certification as rules

    def share(name: str) -> Span:
        low, high = facts.span(name)
        return low / facts.firms, high / facts.firms

    def symbiosis(reading: int):
        def rule(exchanges, depot, data, served, engaged, aware):
            shown = rules.Shown(
                exchanges >= p.exchange_least,
                depot > 0,
                data > 0,
                served / facts.firms,
                engaged / facts.firms,
                aware / facts.firms,
                False,
            )
            return _plain(rules.symbiosis_met)(p, reading, shown)

        return facts.over(rule, "exchanges", "depot", "data_shared", "served_firms", "exchange_firms", "aware_firms")

    recp = "recp_firms"
    yield _row("recp_share", "", (share(recp), () if recp in facts.known else (recp,)), p.recp_least_1)
    for reading, number in (("exchange", rules.EXCHANGE), ("wide", rules.WIDE), ("decree_82", rules.DECREE_82)):
        yield _row("symbiosis", reading, _needed(symbiosis(number), reading), 1.0)
    yield _row("shared_land", "", facts.over(lambda land: land, "shared_land"), p.land_target)

    def treated(plant, share_treated):
        return 1.0 if plant else share_treated

    yield _row("treatment", "", facts.over(treated, "central_plant", "treated_share"), p.treated_least)

    def measured(plant, size, effluent, data, told):
        size = size if plant else 0.0
        connected = min(size, effluent) * DAYS
        found = _plain(rules.measured_share)(p, effluent * DAYS, connected, size * DAYS, 0.0, data > 0)
        return max(found, told)

    if "measured_share" in facts.known:
        monitoring = facts.over(lambda told: told, "measured_share")
    else:
        monitoring = facts.over(
            measured, "central_plant", "central_plant_m3_day", "effluent_m3_day", "data_shared", "measured_share"
        )
    yield _row("monitoring", "", monitoring, p.measured_least)
    clean = facts.over(lambda violations: float(violations == 0), "violations_3_years")
    yield _row("clean_record", "", clean, 1.0)
    for name in OUTSIDE_MODEL:
        yield _row(name, "", facts.over(lambda yes: yes, name), 1.0)
    groups = {
        "group_energy": facts.over(lambda cut, roofs: _plain(rules.energy_group)(p, cut, roofs), "energy_cut", "roof_solar_share"),
        "group_water": facts.over(lambda done, again: _plain(rules.water_group)(p, done, again), "treated_share", "reused_water_share"),
        "group_infrastructure": facts.over(lambda land, plant, depot: _plain(rules.infrastructure_group)(p, land, plant, depot),
                                           "shared_land", "central_plant", "depot"),
        "group_information": facts.over(lambda seen, reached: _plain(rules.information_group)(seen, reached / facts.firms),
                                        "measured_share", "served_firms"),
    }  # fmt: skip
    for name, found in groups.items():
        for level in ("low", "middle", "high"):
            yield _row(name, level, found, getattr(p, f"groups_{level}"))


def _needed(found: tuple[Span, tuple[str, ...]], reading: str) -> tuple[Span, tuple[str, ...]]:
    """Open questions that this reading of symbiosis asks."""
    asked = {"exchange": ("exchanges",), "wide": ("exchanges", "depot", "data_shared", "served_firms"),
             "decree_82": ("exchanges", "exchange_firms", "aware_firms")}[reading]  # fmt: skip
    return found[0], tuple(name for name in found[1] if name in asked)


def _over_prices(rule: Callable[[Any], float], *names: str) -> Span:
    """A cost over the ranges of the prices that it is made of, bn VND."""
    from ..model.parameters import PARAMETERS as P

    ends = [{name.replace(".", "_"): getattr(P[name], end) for name in names} for end in ("low", "high")]
    low, high = sorted(rule(_prices(**end)) / 1000 for end in ends)
    return low, high


def _capex(size: float) -> Callable[[Any], float]:
    """Capital of a central plant of a size (m3 a day) in an existing cluster, million VND."""
    from ..model.rules.infrastructure import cetp_capex

    return lambda p: _plain(cetp_capex)(p, size * DAYS, p.retrofit)


def _upkeep(size: float) -> Callable[[Any], float]:
    """Its fixed running cost, million VND a year."""
    from ..model.rules.infrastructure import cetp_fixed_cost

    return lambda p: _plain(cetp_fixed_cost)(p, size * DAYS)


def _steps(rows: tuple[Row, ...], facts: _Facts, firms: float, workers: float, area: float, electricity: Span | None):
    """What closes the gaps that are there or may be there: what others wait for first, then the cheapest."""
    from ..model.rules import infrastructure as infra

    missed = {row.name: row for row in rows if row.status != MET and row.reading in ("", "exchange", "middle")}
    found: list[Step] = []
    none = (0.0, 0.0)

    def times(amount: Span, price: Span) -> Span:
        return amount[0] * price[0], amount[1] * price[1]

    if "treatment" in missed or ("monitoring" in missed and facts.span("central_plant")[1] == 0):
        low, high = facts.span("effluent_m3_day") if "effluent_m3_day" in facts.known else none
        if high > 0:
            sizes = max(low, 1.0), high
            capital = [_over_prices(_capex(q), "cost.CETP_capex", "retrofit") for q in sizes]
            fixed = [_over_prices(_upkeep(q), "cost.CETP_fixed_OM") for q in sizes]
            found.append(
                Step(
                    "central_plant",
                    "treatment",
                    "operator_state",
                    sizes,
                    "m3/day",
                    (capital[0][0], capital[1][1]),
                    (fixed[0][0], fixed[1][1]),
                )
            )
        else:
            found.append(
                Step(
                    "central_plant",
                    "treatment",
                    "operator_state",
                    (math.nan, math.nan),
                    "m3/day",
                    (math.nan, math.nan),
                    (math.nan, math.nan),
                )
            )
    if "monitoring" in missed:
        data = _over_prices(
            lambda p: _plain(infra.project_cost)(p, p.cost_project_information, firms / 55.0, 1.0), "cost.project_information"
        )
        found.append(Step("data_room", "monitoring", "operator", (1.0, 1.0), "number", data, none))
    if "recp_share" in missed:
        short: Span = tuple(float(math.ceil(gap * firms - 1e-9)) for gap in missed["recp_share"].gap)  # type: ignore[assignment]
        each = workers / firms
        price = _over_prices(lambda p: (p.T1_housekeeping_capex_per_worker_at_15 + p.T2_efficient_equipment_capex_per_worker_at_15) * each,
                             "T1_housekeeping.capex_per_worker_at_15", "T2_efficient_equipment.capex_per_worker_at_15")  # fmt: skip
        advice = _over_prices(lambda p: p.cost_extension, "cost.extension")
        found.append(Step("recp", "recp_share", "firms", short, "firms", times(short, price), times(short, advice)))
    if "symbiosis" in missed:
        study = _over_prices(lambda p: p.cost_study + p.cost_link_coordination, "cost.study", "cost.link_coordination")
        staff = _over_prices(lambda p: p.cost_coordinator, "cost.coordinator")
        least, most = facts.span("matching_staff")
        yearly = none if least > 0 else (staff if most == 0 else (0.0, staff[1]))
        found.append(Step("exchange", "symbiosis", "firms_state", (1.0, 1.0), "number", study, yearly))
    if "shared_land" in missed:
        gap = missed["shared_land"].gap
        hectares = gap[0] * area, gap[1] * area
        price = _over_prices(lambda p: p.bare_land_price, "bare_land_price")
        works = _over_prices(
            lambda p: _plain(infra.project_cost)(p, p.cost_project_infrastructure, firms / 55.0, p.retrofit),
            "cost.project_infrastructure",
            "retrofit",
        )
        land = times(hectares, price)
        found.append(
            Step("shared_land", "shared_land", "operator_state", hectares, "ha", (land[0] + works[0], land[1] + works[1]), none)
        )
    found += _group_steps(missed, facts, firms, electricity)
    found.sort(key=lambda step: step.cost_bn[1] if step.cost_bn[1] == step.cost_bn[1] else math.inf)
    if "clean_record" in missed:
        after = "central_plant" if any(step.name == "central_plant" for step in found) else ""
        found.append(Step("clean_years", "clean_record", "nobody", (0.0, 3.0), "years", none, none, after))
    for name in OUTSIDE_MODEL:
        if name in missed:
            found.append(Step(name, name, "operator", (1.0, 1.0), "number", (math.nan, math.nan), (math.nan, math.nan)))
    open_to = {row.name for row in missed.values() if row.status == UNKNOWN}
    return [_perhaps(step) if step.criterion in open_to and math.isfinite(step.cost_bn[1]) else step for step in found]


def _group_steps(missed: Mapping[str, Row], facts: _Facts, firms: float, electricity: Span | None):
    """What raises a group to its middle level, where no criterion asks for it already."""
    none, no_figure = (0.0, 0.0), (math.nan, math.nan)
    p = _prices()
    if "group_energy" in missed:  # by shared roofs alone: cuts of energy are the firms' and come with cleaner production
        gap = missed["group_energy"].gap
        shares = tuple(min(2 * end, 1.0) * p.full_renewable for end in gap)
        yields = _ends("solar_yield")
        if electricity is not None:
            kw = shares[0] * electricity[0] / yields[1], shares[1] * electricity[1] / yields[0]
            each = _over_prices(lambda q: q.cost_project_energy, "cost.project_energy")
            yield Step("solar_roofs", "group_energy", "operator", kw, "kW", (kw[0] * each[0], kw[1] * each[1]), none)
        else:
            yield Step("solar_roofs", "group_energy", "operator", no_figure, "kW", no_figure, no_figure)
    if "group_water" in missed and "treatment" not in missed:
        yield Step("water_reuse", "group_water", "operator", (1.0, 1.0), "number", no_figure, no_figure)
    if "group_infrastructure" in missed and facts.span("depot")[0] == 0:
        hub = _over_prices(lambda q: q.cost_hub_fixed, "cost.hub_fixed")
        yield Step("depot", "group_infrastructure", "operator", (1.0, 1.0), "number", no_figure, hub)
    if "group_information" in missed and "monitoring" not in missed:
        short: Span = tuple(math.ceil(min(2 * end, 1.0) * firms - 1e-9) for end in missed["group_information"].gap)  # type: ignore[assignment]
        advice = _over_prices(lambda q: q.cost_extension, "cost.extension")
        yield Step("advice", "group_information", "firms_state", short, "firms", none, (short[0] * advice[0], short[1] * advice[1]))


def _perhaps(step: Step) -> Step:
    """A step of which nobody knows whether it is needed."""
    return replace(step, amount=(0.0, step.amount[1]), cost_bn=(0.0, step.cost_bn[1]), yearly_bn=(0.0, step.yearly_bn[1]))
