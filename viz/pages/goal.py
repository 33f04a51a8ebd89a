"""Page Goal: what is wanted, the cheapest mixes that reach it, and how likely they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import solara

from ...experiments.analyses.finding import Case
from ...experiments.analyses.goal import wants_of
from ...experiments.errors import InputError
from ...experiments.outcome import outcome_of
from ...scenarios import ScenarioError
from ...scenarios.given import is_number
from ..goal_words import MENU, WANT_YEARS, Range, goal_lines, goal_rows, range_of_want, want_name, wants_text
from ..words import Words
from .address import Address, AddressBar
from .controls import PlainButton
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .sites import known_sites, site_options
from .watch_form import Form

if TYPE_CHECKING:
    from ...experiments.analyses.effects import Rule
    from ...experiments.analyses.goal import Goal

__all__ = ["Page", "State"]

SLOT = "goal"
FIRST = "cod_avoided_share_2035>=0.2"
MOST_WANTS = 4
SURE = (50, 80, 90)  # % of the worlds
EFFORT = {"quick": {"points": 8, "generations": 3, "worlds": 10}, "careful": {"points": 24, "generations": 10, "worlds": 40}}


@dataclass(frozen=True)
class Want:
    """A want as the form holds it; `value` is what the visitor wrote."""

    base: str
    sign: str
    value: str
    year: int


class State:
    """What survives a visit to another page."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        self.setting: solara.Reactive[dict[str, str]] = solara.Reactive({
            "site": said.one_of("site", known_sites(), "nguyen-khe"),
            "effort": said.one_of("effort", EFFORT, "quick"),
            "sure": said.one_of("sure", tuple(map(str, SURE)), str(SURE[0])),
        })  # fmt: skip
        self.wants: solara.Reactive[tuple[Want, ...]] = solara.Reactive(_as_written(said.accepted("want", FIRST, _is_goal)[:400]))
        self.found: solara.Reactive[Goal | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)

    def fields(self, say: Words) -> dict[str, str]:
        """Fields of the address that restores the page: the wants as the command line writes them."""
        wants, _ = self.asked(say)
        return {**self.setting.value, "want": " and ".join(map(str, wants))}

    def asked(self, say: Words) -> tuple[tuple[Rule, ...], str]:
        """The wants that can be used, and what is wrong with the first that cannot."""
        clusters, firms = _size(self.setting.value["site"])
        rules: list[Rule] = []
        wrong = ""
        for want in self.wants.value:
            reach = range_of_want(want.base, clusters, firms, say)
            value = _number(want.value)
            if value is None or value < reach.low or (reach.high is not None and value > reach.high):
                wrong = wrong or say(
                    "goal.not_in_range", name=want_name(want.base, say), value=want.value, range=_range(reach, say)
                )
                continue
            (rule,) = wants_of(f"{want.base}_{want.year}{want.sign}{value / reach.factor!r}")
            if any(one.outcome == rule.outcome and one.sign == rule.sign for one in rules):
                wrong = wrong or say("goal.twice", name=want_name(want.base, say), year=want.year)
                continue
            rules.append(rule)
        return tuple(rules), wrong


def _is_goal(text: str) -> bool:
    try:
        return len(wants_of(text)) <= MOST_WANTS
    except (InputError, ScenarioError):
        return False


def _as_written(text: str) -> tuple[Want, ...]:
    wants = []
    for rule in wants_of(text):
        asked = outcome_of(rule.outcome)
        value = rule.threshold * (100 if asked.kind == "share" else 1)
        wants.append(Want(rule.outcome.removesuffix(f"_{asked.year}"), f"{rule.sign[0]}=", f"{value:.10g}", asked.year))
    return tuple(wants)


def _number(text: str) -> float | None:
    """A number as either language writes it; None for what is none, and for "1.200", which may be either."""
    text = text.strip()
    whole, mark, rest = text.replace(",", ".").partition(".")
    if mark and len(rest) == 3 and whole.strip("-0"):
        return None
    return float(f"{whole}{mark}{rest}") if is_number(f"{whole}{mark}{rest}") else None


@cache
def _size(site: str) -> tuple[int, float]:
    """Clusters and firms of a place."""
    from ...scenarios import load_scenario

    return len(load_scenario(site).site.clusters), known_sites()[site]


def _range(reach: Range, say: Words) -> str:
    low = say.number(reach.low)
    if reach.high is None:
        return say("goal.range_from", low=low, unit=reach.unit).strip()
    return say("goal.range", low=low, high=say.number(reach.high), unit=reach.unit).strip()


@solara.component
def Page():
    """Say what is wanted, let it be looked for, read what it takes."""
    session = use_session()
    say, state = session.say, session.page(SLOT, State)
    wants, wrong = state.asked(say)
    Heading("goal")
    AddressBar("/goal", state.fields(say), state.address)
    with Div("card"):
        _Place(state, say)
        with Div():
            for number in range(len(state.wants.value)):
                _One(state, number, say)
        with Div("bar"):
            if len(state.wants.value) < MOST_WANTS:
                PlainButton(say("goal.add"), lambda: _add(state, say))
            if len(state.wants.value) > 1:
                PlainButton(say("goal.drop"), lambda: state.wants.set(state.wants.value[:-1]))
            if not session.settings.read_only:
                PlainButton(say("goal.run"), lambda: _run(session, state), main=True)
        Text("" if wrong else say("goal.in_words", wants=wants_text(wants, say), sure=state.setting.value["sure"]))
        ErrorBox(wrong)
        Text(say("goal.as_text"), classes="soft")
        Text(_command(state, wants), "code", classes="command")
        JobStatus(SLOT)
    problem = state.problem.value
    ErrorBox(error_text(problem, say) if problem is not None else "")
    if state.found.value is not None:
        _Found(state.found.value)


@solara.component
def _Place(state: State, say: Words):
    setting = state.setting.value
    fields: list[dict[str, Any]] = [
        {"id": "site", "kind": "select", "label": say("goal.place"), "value": setting["site"],
         "options": [{"id": name, "label": label} for name, label in site_options(say)]},
        {"id": "sure", "kind": "select", "label": say("goal.sure"), "value": setting["sure"],
         "options": [{"id": str(one), "label": say("goal.sure_in", percent=one)} for one in SURE]},
        {"id": "effort", "kind": "select", "label": say("goal.thorough"), "value": setting["effort"],
         "options": [{"id": name, "label": say(f"goal.{name}")} for name in EFFORT]},
    ]  # fmt: skip
    Form(fields=fields, label=say("goal.place"), lang=say.lang,
         event_changed=lambda change: state.setting.set({**setting, change["id"]: str(change["value"])[:80]}))  # fmt: skip


@solara.component
def _One(state: State, number: int, say: Words):
    """One want: indicator, at least or at most, how much, in which year."""
    want = state.wants.value[number]
    reach = range_of_want(want.base, *_size(state.setting.value["site"]), say)
    menu = [
        {"label": say(f"goal.menu.{group}"), "options": [{"id": base, "label": want_name(base, say)} for base in bases]}
        for group, bases in MENU.items()
    ]
    if all(want.base not in bases for bases in MENU.values()):  # an address may name any indicator
        menu.append({"label": say("goal.menu.other"), "options": [{"id": want.base, "label": want_name(want.base, say)}]})
    years = sorted({*WANT_YEARS, want.year})
    fields: list[dict[str, Any]] = [
        {"id": f"base{number}", "kind": "select", "label": say("goal.what" if number == 0 else "goal.and_what"), "value": want.base, "options": menu,
         "size": "wide"},
        {"id": f"sign{number}", "kind": "select", "label": say("goal.compare"), "value": want.sign, "size": "narrow",
         "options": [{"id": ">=", "label": say("goal.least")}, {"id": "<=", "label": say("goal.most")}]},
        {"id": f"value{number}", "kind": "search", "label": f"{say('goal.value')} ({_range(reach, say)})", "value": want.value, "placeholder": "",
         "size": "narrow"},
        {"id": f"year{number}", "kind": "select", "label": say("goal.year"), "value": str(want.year), "size": "narrow",
         "options": [{"id": str(year), "label": str(year)} for year in years]},
    ]  # fmt: skip
    Form(fields=fields, label=say("goal.want"), lang=say.lang, event_changed=_changed(state, number, say))


def _changed(state: State, number: int, say: Words) -> Callable[[dict], None]:
    def change(field: dict) -> None:
        wants, value = list(state.wants.value), str(field["value"])[:80]
        match str(field["id"]).rstrip("0123456789"):
            case "base" if value == wants[number].base or any(value in bases for bases in MENU.values()):
                reach = range_of_want(value, *_size(state.setting.value["site"]), say)
                wants[number] = replace(wants[number], base=value, sign=">=", value=f"{reach.usual:g}")
            case "sign" if value in (">=", "<="):
                wants[number] = replace(wants[number], sign=value)
            case "value":
                wants[number] = replace(wants[number], value=value)
            case "year" if value.isdecimal() and (int(value) in WANT_YEARS or int(value) == wants[number].year):
                wants[number] = replace(wants[number], year=int(value))
        state.wants.value = tuple(wants)

    return change


def _add(state: State, say: Words) -> None:
    """One more want: the first indicator of the menu that is not yet wanted."""
    taken = {want.base for want in state.wants.value}
    base = next(base for bases in MENU.values() for base in bases if base not in taken)
    reach = range_of_want(base, *_size(state.setting.value["site"]), say)
    state.wants.value = (*state.wants.value, Want(base, ">=", f"{reach.usual:g}", state.wants.value[-1].year))


def _case(state: State) -> tuple[Case, dict[str, Any]]:
    setting = state.setting.value
    return Case(setting["site"], replicates=2), {**EFFORT[setting["effort"]], "sure": int(setting["sure"]) / 100}


def _command(state: State, wants: tuple[Rule, ...]) -> str:
    """The same on the command line."""
    case, options = _case(state)
    return case.command("goal", want=" and ".join(map(str, wants)), **options) if wants else ""


def _run(session: Session, state: State) -> None:
    from ...experiments.analyses.goal import goal

    wants, wrong = state.asked(session.say)
    state.found.value = state.problem.value = None
    if wrong:
        return
    case, options = _case(state)

    def work(job: Job) -> None:
        state.found.value = goal(case, wants, **options, progress=job.progress)

    session.jobs.start(SLOT, work)


@solara.component
def _Found(found: Goal):
    say = use_session().say
    with Div("answer"):
        for line in goal_lines(found, say):
            Text(line)
    heads, rows = goal_rows(found, say)
    with Section(say("goal.mixes")):
        Table(
            heads,
            [{"cells": [{"text": text} for text in row]} for row in rows],
            label=say("goal.mixes"),
            text_columns=tuple(range(len(heads))),
        )
    Export(name="goal", table=lambda: found.table)
