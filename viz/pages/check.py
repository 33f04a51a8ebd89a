"""Page Self-check: the questions, where the cluster stands, what closes the gaps, and the form."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import solara

from ...experiments.checking import Check, check
from ...scenarios import ScenarioError, list_sites, load_scenario
from ...scenarios.answers import QUESTIONS, Question
from ...scenarios.given import is_number
from ..reporting_form import form_xlsx
from ..self_check import answers_text, criteria_rows, question_text, sentences, step_rows, summary
from ..words import Words
from .address import Address, AddressBar
from .export import Export
from .frame import Div, ErrorBox, Heading, Section, Table, Text, error_text
from .my_cluster import SLOT as TABLE_SLOT
from .my_cluster import XLSX, Files
from .my_cluster import State as TableState
from .session import use_session
from .watch_form import Form

__all__ = ["Page"]

OWN = "own-table"
LONGEST = 40  # characters of an answer


class State:
    """What survives a visit to another page. Nothing of it is kept on the server's disk."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        self.site: solara.Reactive[str] = solara.Reactive(
            said.one_of("site", [OWN, *(one.id for one in _single_sites())], "nguyen-khe")
        )
        given = {question.name: said.text(question.name)[:LONGEST] for question in QUESTIONS}
        self.answers: solara.Reactive[dict[str, str]] = solara.Reactive({name: text for name, text in given.items() if text})


@solara.component
def Page():
    """Answer, see where the cluster stands, take the form away."""
    session = use_session()
    say, state = session.say, session.page("check", State)
    upload = session.page(TABLE_SLOT, TableState).upload.value
    own = upload if upload is not None and upload.scenario else None
    Heading("check")
    AddressBar("/self-check", {"site": state.site.value, **state.answers.value}, state.address)
    sites = [{"id": one.id, "label": getattr(one, say.lang)} for one in _single_sites()]
    if own is not None:
        sites.insert(0, {"id": OWN, "label": say("check.own", name=own.source)})
    site = state.site.value if state.site.value in {one["id"] for one in sites} else sites[0]["id"]
    with Section(say("check.questions"), say("check.questions_note")):
        Form(
            fields=[{"id": "site", "kind": "select", "label": say("check.site"), "value": site, "options": sites},
                    *(_field(question, state.answers.value.get(question.name, ""), say) for question in QUESTIONS)],
            label=say("check.questions"), lang=say.lang, event_changed=lambda change: _changed(state, change),
        )  # fmt: skip
    try:
        answers = {name: value for name, text in state.answers.value.items() if (value := _read(name, text)) is not None}
        found = _check(site, own, answers)
    except ScenarioError as error:
        ErrorBox(error_text(error, say))
        return
    _Found(found, answers)


@solara.component
def _Found(found: Check, answers: Mapping[str, Any]):
    say = use_session().say
    with Div("answer"):
        Text(summary(found, say))
    for title, (heads, rows) in (("check.criteria", criteria_rows(found, say)), ("check.steps", step_rows(found, say))):
        with Section(say(title)):
            if rows:
                cells = [{"cells": [{"text": text} for text in row]} for row in rows]
                Table(heads, cells, label=say(title), text_columns=tuple(range(len(heads))))
            else:
                Text(say("check.no_steps"))
    for text in sentences(found, say):
        Text(text, classes="soft")
    form = base64.b64encode(form_xlsx(found, say)).decode("ascii")
    Files(
        files=[{"name": f"{say('check.form_name')}.xlsx", "label": say("check.form"), "mime": XLSX, "data": form},
               {"name": "answers.toml", "label": say("check.answers"), "mime": "application/toml", "text": answers_text(answers)}],
        texts={}, limit=0, enabled=False, event_given=lambda _: None,
    )  # fmt: skip
    Export(name="check", table=lambda: found.table)


def _single_sites() -> list[Any]:
    return [one for one in list_sites() if load_scenario(one.id).site.one_cluster]


def _field(question: Question, value: str, say: Words) -> dict[str, Any]:
    label = question_text(question.name, say)
    if question.unit != "yes/no":
        return {"id": question.name, "kind": "search", "label": label + (" (%)" if question.unit == "share" else ""), "value": value,
                "placeholder": say("check.not_known")}  # fmt: skip
    options = [
        {"id": "", "label": say("check.not_known")},
        {"id": "true", "label": say("check.yes")},
        {"id": "false", "label": say("check.no")},
    ]
    return {"id": question.name, "kind": "select", "label": label, "value": value, "options": options}


def _changed(state: State, change: Mapping[str, Any]) -> None:
    if change["id"] == "site":
        state.site.value = change["value"]
    else:
        state.answers.value = {**state.answers.value, change["id"]: str(change["value"])[:LONGEST]}


def _read(name: str, text: str) -> Any:
    """An answer as it is typed: empty, yes or no, a number, or two with a hyphen; shares in per cent."""
    text = text.strip()
    if text in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[text]
    question = next(one for one in QUESTIONS if one.name == name)
    ends = [
        part.strip().rstrip("%").strip().replace(",", ".") for part in (text.split("-") if not text.startswith("-") else [text])
    ]
    if len(ends) > 2 or not all(map(is_number, ends)):
        raise ScenarioError("not_number_or_span", key=f"answers.{name}", value=text)
    numbers = [float(end) / (100 if question.unit == "share" else 1) for end in ends]
    return numbers if len(numbers) == 2 else numbers[0]


def _check(site: str, own: Any, answers: Mapping[str, Any]) -> Check:
    """The self-check; a visitor's own table lies in a temporary folder only while it is read."""
    if site != OWN or own is None:
        return check(site, answers)
    with tempfile.TemporaryDirectory(prefix="ecocluster-") as folder:
        return check(own.write(Path(folder)), answers)
