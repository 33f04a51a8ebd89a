"""Page Goal: what is wanted, the cheapest mixes that reach it, and how likely they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import solara

from ...experiments.analyses.finding import Case
from ...experiments.errors import InputError
from ...scenarios import ScenarioError, list_sites
from ..goal_words import goal_lines, goal_rows
from .address import Address, AddressBar
from .controls import PlainButton
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .watch_form import Form

if TYPE_CHECKING:
    from ...experiments.analyses.goal import Goal

__all__ = ["Page"]

SLOT = "goal"
EFFORT = {"quick": {"points": 8, "generations": 3, "worlds": 10}, "careful": {"points": 24, "generations": 10, "worlds": 40}}


class State:
    """What survives a visit to another page."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        self.setting: solara.Reactive[dict[str, str]] = solara.Reactive({
            "site": said.one_of("site", [one.id for one in list_sites()], "nguyen-khe"),
            "want": said.text("want", "one_unmet_2035>=.5")[:200],
            "effort": said.one_of("effort", EFFORT, "quick"),
        })  # fmt: skip
        self.found: solara.Reactive[Goal | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)


@solara.component
def Page():
    """Say what is wanted, let it be looked for, read what it takes."""
    session = use_session()
    say, state = session.say, session.page(SLOT, State)
    setting = state.setting.value
    Heading("goal")
    AddressBar("/goal", setting, state.address)
    fields: list[dict[str, Any]] = [
        {"id": "site", "kind": "select", "label": say("goal.place"), "value": setting["site"],
         "options": [{"id": one.id, "label": getattr(one, say.lang)} for one in list_sites()]},
        {"id": "want", "kind": "search", "label": say("goal.want"), "value": setting["want"], "placeholder": "", "help": say("goal.want_help")},
        {"id": "effort", "kind": "select", "label": say("goal.thorough"), "value": setting["effort"],
         "options": [{"id": name, "label": say(f"goal.{name}")} for name in EFFORT]},
    ]  # fmt: skip
    with Div("card"):
        Form(fields=fields, label=say("goal.want"), lang=say.lang,
             event_changed=lambda change: state.setting.set({**setting, change["id"]: str(change["value"])[:200]}))  # fmt: skip
        Text(say("goal.want_help"), classes="soft")
        if not session.settings.read_only:
            PlainButton(say("goal.run"), lambda: _run(session, state), main=True)
        JobStatus(SLOT)
    problem = state.problem.value
    ErrorBox(error_text(problem, say) if problem is not None else "")
    if state.found.value is not None:
        _Found(state.found.value)


def _run(session: Session, state: State) -> None:
    from ...experiments.analyses.goal import goal, wants_of

    setting = dict(state.setting.value)
    state.found.value = state.problem.value = None
    try:
        wants = wants_of(setting["want"])
    except (InputError, ScenarioError) as error:
        state.problem.value = error
        return

    effort: dict[str, Any] = dict(EFFORT[setting["effort"]])

    def work(job: Job) -> None:
        state.found.value = goal(Case(setting["site"], replicates=2), wants, **effort, progress=job.progress)

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
    Text(found.command, classes="soft")
    Export(name="goal", table=lambda: found.table)
