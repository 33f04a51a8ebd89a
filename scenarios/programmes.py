"""What acts, as files say it: laws, programmes of pathways, policies, and scripts of shocks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..model.border import bordered
from ..model.levers import LEVERS
from ..model.renamed import renamed
from ..model.sites_and_arms import MVND_PER_BN, Law, Programme, Schedule, Shock, Site
from .errors import Message, ScenarioError
from .library import find, read
from .schema import PathwayFile, ScheduleEntry

__all__ = ["LAW", "PLANNED", "Policy", "combine_policies", "larger_of", "load_law", "load_pathway", "load_policy", "load_shocks", "pathway_of"]  # fmt: skip

LAW = "middle"  # the law of a comparison if nobody names one
PLANNED = "planned."  # prefix of a lever that holds inside planned clusters only
_FUNDS = ("fund_share_grants", "fund_share_symbiosis", "fund_share_infrastructure")


@renamed({"set_up_cost": "set_up_cost_bn"})
@dataclass(frozen=True)
class Policy:
    """Levers laid over a programme, and over the law.

    Attributes
    ----------
    id : str
    levers : mapping
        Lever to a value that holds where it is larger than the programme's; a lever of the law holds in any case.
    set : mapping
        Lever to a value that holds in any case.
    schedules : mapping
        Lever to the schedule of its value here; the others follow the programme.
    enactment_lag : float
        Median years until the programme, with the policy, is enacted.
    set_up_cost_bn : float
        bn VND, once, for the whole city.
    """

    id: str
    levers: Mapping[str, float] = field(default_factory=dict)
    set: Mapping[str, float] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    enactment_lag: float = 0.0
    set_up_cost_bn: float = 0.0


@bordered
def load_pathway(name: str | Path, site: Site | None = None) -> Programme:
    """Programme of a pathway.

    Parameters
    ----------
    name : str or Path
        Id (`list_pathways`) or TOML file.
    site : Site, optional
        A site of one cluster gets the values that the file keeps for single clusters.

    Raises
    ------
    ScenarioError
        If the file cannot be used or its fund shares do not add up to 1.
    """
    return pathway_of(name, site)[0]


@bordered
def load_policy(name: str | Path) -> Policy:
    """Policy of an id (`list_policies`) or of a TOML file; what it combines is taken lever by lever."""
    return _load_policy(find("policies", name))


@bordered
def load_law(name: str | Path) -> Law:
    """Law of an id (`list_laws`) or of a TOML file."""
    path = find("laws", name)
    entry = read("laws", path)
    return Law(entry.id or path.stem, {k: v for k, v in entry.levers.items() if v != LEVERS[k].baseline})


@bordered
def load_shocks(name: str | Path) -> tuple[Shock, ...]:
    """Script of shocks of an id (`list_shocks`) or of a TOML file."""
    return _load_shocks(find("shocks", name))


@bordered
def combine_policies(name: str, parts: Sequence[Policy]) -> Policy:
    """Several policies as one: the larger value of every lever with its schedule (the first one's at a tie).

    Of values that hold in any case (`set`) the last one stands; of the lags the longest; set-up costs add up.
    """
    levers: dict[str, float] = {}
    fixed: dict[str, float] = {}
    schedules: dict[str, Schedule] = {}
    for part in parts:
        for lever, value in part.levers.items():
            if lever not in levers or value > levers[lever]:
                levers[lever] = value
                schedules.pop(lever, None)
                if lever in part.schedules:
                    schedules[lever] = part.schedules[lever]
        fixed |= part.set
        schedules |= {lever: when for lever, when in part.schedules.items() if lever in part.set}
    lag = max((part.enactment_lag for part in parts), default=0.0)
    return Policy(name, levers, fixed, schedules, lag, sum(part.set_up_cost_bn for part in parts))


def pathway_of(
    name: str | Path, site: Site | None, chain: tuple[Path, ...] = (), relative_to: Path | None = None
) -> tuple[Programme, bool]:
    """Programme of a pathway, and whether there is one at all (not so for the null and the law alone)."""
    path = find("pathways", name, relative_to)
    entry: PathwayFile = read("pathways", path, chain)
    inner = (*chain, path.resolve())
    own = _schedules(entry.schedules)
    merged = Programme("", schedule=_schedule(entry.schedule), scalable=entry.scalable)
    parts = [pathway_of(part, site, inner, path.parent)[0] for part in entry.combine]
    if parts:
        merged = parts[0]
        for another in parts[1:]:
            merged = larger_of(merged, another)
    planned = dict(merged.planned)
    for part in entry.combine_planned:
        inside = pathway_of(part, site, inner, path.parent)[0].levers
        for lever, value in inside.items():
            if lever not in _FUNDS:  # funds belong to the whole programme
                planned[lever] = max(value, planned.get(lever, _value(merged, lever)))
    single = entry.single_cluster if site is not None and site.one_cluster else {}
    programme = Programme(
        id=entry.id or path.stem,
        levers={**merged.levers, **entry.levers, **single},
        planned={**planned, **entry.planned},
        schedules={**merged.schedules, **own},
        schedule=_schedule(entry.schedule) if "schedule" in entry.model_fields_set else merged.schedule,
        scalable=entry.scalable and merged.scalable,
        enactment_lag=max(entry.enactment_lag, merged.enactment_lag),
        set_up_cost=entry.set_up_cost_bn * MVND_PER_BN + merged.set_up_cost,
    )
    total = math.fsum(programme.levers.get(fund, 0.0) for fund in _FUNDS)
    if total and abs(total - 1) > 1e-6:
        raise ScenarioError(
            "fund_shares", file=path, key="levers.fund_share_...", allowed=Message("sum_or_none"), sum=total,
        )  # fmt: skip
    return programme, entry.programme


def _load_policy(path: Path, chain: tuple[Path, ...] = ()) -> Policy:
    entry = read("policies", path, chain)
    inner = (*chain, path.resolve())
    base = combine_policies("", [_load_policy(find("policies", n, path.parent), inner) for n in entry.combine])
    own = _schedules(entry.schedules)
    schedules = {lever: when for lever, when in base.schedules.items() if lever not in entry.levers | entry.set}
    for lever in own:
        if lever not in entry.levers and lever not in entry.set:
            raise ScenarioError("schedule_alone", file=path, key="schedules", value=lever)
    for lever in entry.levers.keys() & entry.set.keys():
        raise ScenarioError("both_tables", file=path, key="levers, set", value=lever)
    return Policy(
        entry.id or path.stem, {**base.levers, **entry.levers}, {**base.set, **entry.set}, schedules | own,
        max(entry.enactment_lag, base.enactment_lag), entry.set_up_cost_bn + base.set_up_cost_bn,
    )  # fmt: skip


def _load_shocks(path: Path, chain: tuple[Path, ...] = ()) -> tuple[Shock, ...]:
    entry = read("shocks", path, chain)
    shocks: list[Shock] = []
    for name in entry.combine:
        shocks += _load_shocks(find("shocks", name, path.parent), (*chain, path.resolve()))
    shocks += [Shock(item.kind, item.start, item.end, item.factor, tuple(item.sectors)) for item in entry.shocks]
    return tuple(shocks)


def larger_of(a: Programme, b: Programme) -> Programme:
    """Of both programmes the larger value of every lever, with the schedule of the winner (a's at a tie)."""
    levers: dict[str, float] = {}
    planned: dict[str, float] = {}
    schedules: dict[str, Schedule] = {}
    for name in LEVERS:
        if name in a.levers or name in b.levers:
            levers[name] = max(_value(a, name), _value(b, name))
        if name in a.planned or name in b.planned:
            inside_a, inside_b = a.planned.get(name, _value(a, name)), b.planned.get(name, _value(b, name))
            planned[name] = max(inside_a, inside_b)
        if name not in levers and name not in planned:
            continue
        b_wins = _value(b, name) > _value(a, name) if name in levers else planned[name] > a.planned.get(name, -math.inf)
        winner = b if b_wins else a
        when = winner.schedules.get(name, winner.schedule)
        if when != a.schedule:
            schedules[name] = when
    total = math.fsum(levers.get(fund, 0.0) for fund in _FUNDS)
    if total:
        levers |= {fund: levers[fund] / total for fund in _FUNDS if fund in levers}
    return replace(
        a,
        levers=levers,
        planned=planned,
        schedules=schedules,
        scalable=a.scalable and b.scalable,
        enactment_lag=max(a.enactment_lag, b.enactment_lag),
        set_up_cost=a.set_up_cost + b.set_up_cost,
    )


def _value(programme: Programme, name: str) -> float:
    return programme.levers.get(name, LEVERS[name].baseline)


def _schedule(entry: ScheduleEntry) -> Schedule:
    return Schedule(entry.start, entry.ramp, entry.end)


def _schedules(entries: Mapping[str, ScheduleEntry]) -> dict[str, Schedule]:
    return {name: _schedule(entry) for name, entry in entries.items()}
