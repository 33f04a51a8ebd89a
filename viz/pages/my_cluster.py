"""Page My cluster: a table of enterprises, what was understood of it, and the pathways compared for it."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import solara

from ...experiments.columns import YEARS
from ...experiments.comparison import Comparison
from ...experiments.configuration import write_config
from ...experiments.question import PATHWAYS, ask
from ...scenarios import Message, ScenarioError, list_laws, list_policies
from ...scenarios.making import preview
from ..figures import figure_makers, panels_of
from ..firm_template import template_csv, template_rows, template_xlsx
from ..messages import message_text
from ..problems import refusal_text
from ..words import MISSING, Words
from . import heard
from .address import Address, AddressBar
from .brief import comparison_brief
from .compare_run import Known, Picture, Watcher, run_rounds
from .controls import BUDGET, PlainButton, law_options
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .my_cluster_choose import Choose, Given, read_given
from .my_cluster_read import Upload
from .panels import Panels
from .session import Session, use_session
from .settings import LIMITS
from .spoken import Lines, Paragraphs
from .tables import card_rows
from .watch_form import Form

__all__ = ["Page"]

SLOT = "my_cluster"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_SHOWN = 100
REPLICATES = (8, 20, 50, 100)


class State:
    """What survives a visit to another page. Nothing of it is kept on the server's disk."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.upload: solara.Reactive[Upload | None] = solara.Reactive(None)
        self.given: solara.Reactive[Given | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)
        self.address = said = Address(fields)
        self.setting: solara.Reactive[dict[str, Any]] = solara.Reactive({
            "policy": said.one_of("policy", [entry.id for entry in list_policies()], "vietnam-2020"),
            "law": said.one_of("law", [entry.id for entry in list_laws()], "middle"),
            "budget_bn": said.number("budget_bn", *BUDGET),
            "replicates": said.one_of("replicates", [str(n) for n in REPLICATES], "20"),
            "year": said.one_of("year", [str(year) for year in YEARS], str(YEARS[1])),
        })  # fmt: skip
        self.picture: solara.Reactive[Picture | None] = solara.Reactive(None)
        self.answer: solara.Reactive[Comparison | None] = solara.Reactive(None)
        self.scales: dict[str, float] = {}

    def read(self, given: Given) -> None:
        """Read a file, or the same again as its visitor says."""
        self.forget()
        given, upload, problem = read_given(given)
        self.given.value, self.upload.value, self.problem.value = given, upload, problem

    def forget(self) -> None:
        """Answers of another table are not shown beside this one."""
        self.picture.value = self.answer.value = self.problem.value = None
        self.scales = {}


@solara.component_vue("../assets/watch_files.vue")
def Files(files: list, texts: dict, limit: int, enabled: bool, event_given: Callable[[dict], None]) -> None: ...


@solara.component
def Page():
    """Give a table, see what was understood, compare."""
    session = use_session()
    say = session.say
    state = session.page(SLOT, State)
    Heading("my_cluster")
    AddressBar("/my-cluster", state.setting.value, state.address)
    with Div("card"):
        _Give(state)
    problem = state.problem.value
    ErrorBox(error_text(problem, say) if problem is not None else "")
    given = state.given.value
    if given is not None and (given.heads or given.sheets):
        Choose(given, lambda choices: (session.jobs.stop(SLOT), state.read(replace(given, choices=choices))))
    if given is None or (state.upload.value is None and not given.heads):
        _Example()
    if state.upload.value is not None:
        _Understood(state.upload.value)
        if state.upload.value.scenario:
            _Compare(state)


@solara.component
def _Give(state: State):
    """What a table must hold, the template, and the place to give one's own."""
    session = use_session()
    say = session.say
    if session.settings.read_only:
        Text(say("my_cluster.read_only"), classes="notice")

    def given(file: Mapping[str, Any]) -> None:
        session.jobs.stop(SLOT)
        state.forget()
        state.given.value = state.upload.value = None
        try:
            content = base64.b64decode(file["data"], validate=True)
            if len(content) > LIMITS.upload or session.settings.read_only:
                raise ScenarioError("upload_size", file=str(file["name"]), allowed=Message("bytes", high=LIMITS.upload))
            state.read(Given(str(file["name"])[:200], content))
        except (ScenarioError, binascii.Error) as error:
            state.problem.value = error

    Text(say("my_cluster.needs"))
    Text(say("my_cluster.optional"), classes="soft")
    megabytes = say.number(LIMITS.upload / 2**20)
    texts = {
        "choose": say("my_cluster.choose"),
        "too_large": say("my_cluster.too_large", size=megabytes),
        "unreadable": say("my_cluster.unreadable"),
    }
    stem = say("my_cluster.template_name")
    workbook = base64.b64encode(template_xlsx(say)).decode("ascii")
    templates = [
        {"name": f"{stem}.xlsx", "label": say("my_cluster.template"), "mime": XLSX, "data": workbook},
        {"name": f"{stem}.csv", "label": say("my_cluster.template_csv"), "mime": "text/csv", "text": template_csv(say.lang)},
    ]
    Files(
        files=templates,
        texts=texts,
        limit=LIMITS.upload,
        enabled=not session.settings.read_only,
        event_given=heard.texts(("name", "data"), given),
    )
    Text(say("my_cluster.privacy", size=megabytes), classes="soft")


@solara.component
def _Example():
    """What a table looks like: the template, as long as there is none of the visitor's own."""
    say = use_session().say
    heads, *lines = template_rows(say.lang)
    with Section(say("my_cluster.example"), say("my_cluster.example_note")):
        rows = [{"cells": [{"text": text or MISSING} for text in line]} for line in lines]
        Table(heads, rows, label=say("my_cluster.example"), text_columns=(0, 3))


@solara.component
def _Understood(upload: Upload):
    """The table as it was read, line by line; refused lines first."""
    say = use_session().say
    refused = len(upload.rows) - upload.accepted
    counts = {"accepted": say.number(upload.accepted), "total": say.number(len(upload.rows))}
    with Section(say("my_cluster.understood", file=upload.source)):
        with Div("answer" if upload.accepted else "notice"):
            Text(say("my_cluster.summary", refused=say.number(refused), **counts))
            columns = ", ".join(f"{say(f'my_cluster.col.{name}')} (“{upload.table.read_from[name]}”)" for name in upload.columns)
            Text(say("my_cluster.columns", columns=columns))
            for remark in preview(upload.table, Path(upload.source))[1:]:
                Text(message_text(remark, say), classes="soft")
            for column, count in upload.drawn() if upload.accepted else ():
                Text(
                    say(f"my_cluster.drawn.{column}", count=say.number(count), total=counts["accepted"]),
                    classes="soft",
                )
            if upload.scenario:
                Text(say("my_cluster.assumed", area=say.number(upload.area, 1)), classes="soft")
        rows = sorted(upload.rows, key=lambda row: not row[2])  # stable: refused first, else as in the file
        names = ("sector", "workers", "revenue", "technologies", "need", "trust")
        heads = [say("my_cluster.line"), *(say(f"my_cluster.col.{name}") for name in names)]
        shown = [_row(*row, say) for row in rows[:ROWS_SHOWN]]
        if refused:  # where nothing is, no reasons are given
            heads.insert(1, say("my_cluster.why"))
            for (_, _, problems), row in zip(rows, shown, strict=False):
                row["cells"].insert(1, {"text": _reasons(problems, say)})
        with Div("tall"):
            Table(
                heads,
                shown,
                label=say("my_cluster.understood", file=upload.source),
                text_columns=(0, 1, 2, 5) if refused else (0, 1, 4),
            )
        if len(rows) > ROWS_SHOWN:
            Text(
                say("my_cluster.more", shown=say.number(ROWS_SHOWN), total=say.number(len(rows))),
                classes="soft",
            )
        if upload.scenario:
            Files(files=_made(upload, say), texts={}, limit=0, enabled=False, event_given=lambda _: None)


def _reasons(refused: tuple, say: Words) -> str:
    """Why a line of the file was refused."""
    return "; ".join(
        f"{say(f'my_cluster.col.{r.column}')} “{r.value[:40]}”: {refusal_text(r, say)}" if r.column else refusal_text(r, say)
        for r in refused
    )


def _row(line: int, firm: Mapping[str, Any], refused: tuple, say: Words) -> dict[str, Any]:
    """One line of the file; what is drawn says so."""
    if refused:
        status = say("my_cluster.refused", line=say.number(line))
        return {"cells": [{"text": status}, *[{"text": MISSING}] * 6]}
    drawn = {"text": say("my_cluster.is_drawn")}
    technologies = drawn
    if "technologies" in firm:
        technologies = {"text": ", ".join(say(f"watch.short.{t}") for t in firm["technologies"]) or say("my_cluster.nothing")}
    numbers = [
        {"text": say.number(firm[name], 0 if firm[name] == int(firm[name]) else 1)} if name in firm else drawn
        for name in ("workers", "revenue", "need", "trust")
    ]
    status = say("my_cluster.accepted", line=say.number(line))
    return {
        "cells": [
            {"text": status},
            {"text": say.name("sector", firm["sector"])},
            numbers[0],
            numbers[1],
            technologies,
            numbers[2],
            numbers[3],
        ]
    }


def _made(upload: Upload, say: Words) -> list[dict[str, str]]:
    """The two files that make the scenario of the command line."""
    return [
        {
            "name": f"{upload.name}.toml",
            "label": say("my_cluster.save_scenario"),
            "mime": "application/toml",
            "text": upload.scenario,
        },
        {
            "name": f"{upload.name}-firms.csv",
            "label": say("my_cluster.save_firms"),
            "mime": "text/csv",
            "text": upload.firms,
        },
    ]


@solara.component
def _Compare(state: State):
    """Setting, run and results."""
    session = use_session()
    say, setting = session.say, state.setting.value
    fields = [
        {
            "id": "policy",
            "kind": "select",
            "label": say("watch.policy"),
            "value": setting["policy"],
            "options": [{"id": e.id, "label": getattr(e, say.lang)} for e in list_policies()],
        },
        {
            "id": "law",
            "kind": "select",
            "label": say("compare.law"),
            "value": setting["law"],
            "options": [{"id": key, "label": text} for key, text in law_options(say)],
        },
        {
            "id": "budget_bn",
            "kind": "range",
            "label": say("watch.budget"),
            "value": setting["budget_bn"],
            "min": BUDGET[0],
            "max": BUDGET[1],
            "step": 10,
            "unit": say("watch.budget_unit"),
            "help": say("watch.budget_help"),
        },
        {
            "id": "replicates",
            "kind": "select",
            "label": say("my_cluster.replicates"),
            "value": setting["replicates"],
            "options": [{"id": str(n), "label": say.number(n)} for n in REPLICATES],
        },
        {
            "id": "year",
            "kind": "select",
            "label": say("my_cluster.year"),
            "value": setting["year"],
            "options": [{"id": str(year), "label": str(year)} for year in YEARS],
        },
    ]
    with Section(say("my_cluster.compare"), say("my_cluster.compare_note")):
        Form(
            fields=fields,
            label=say("my_cluster.compare"),
            lang=say.lang,
            event_changed=lambda change: state.setting.set({**setting, change["id"]: change["value"]}),
        )
        PlainButton(say("my_cluster.run"), lambda: _run(session, state), main=True)
        JobStatus(SLOT)
        if state.answer.value is not None and state.picture.value is not None:
            _Results(state, state.answer.value, state.picture.value)


def _run(session: Session, state: State) -> None:
    """Compare in rounds; the scenario lies in a temporary folder only while it is read."""
    upload, setting = state.upload.value, dict(state.setting.value)
    assert upload is not None  # the button is there once a table is
    own = f"{upload.name}.toml"  # as it is called once the visitor saves it; where it lies now nobody needs to know
    watcher = Watcher(
        state.picture.set,
        lambda answer: state.answer.set(replace(answer, question=replace(answer.question, scenario=own))),
    )

    def work(job: Job) -> None:
        with tempfile.TemporaryDirectory(prefix="ecocluster-") as folder:
            question = ask(
                upload.write(Path(folder)),
                PATHWAYS,
                setting["policy"],
                fixed=True,
                replicates=int(setting["replicates"]),
                budget_bn=float(setting["budget_bn"]),
                law=setting["law"],
            )
            run_rounds(job, question, panels_of(True), Known(state.scales), watcher)  # files of another run are gone

    session.jobs.start(SLOT, work)


@solara.component
def _Results(state: State, answer: Comparison, picture: Picture):
    """Sentence, charts, scorecard, and what can be taken away."""
    say, upload = use_session().say, state.upload.value
    assert upload is not None
    year = int(state.setting.value["year"])
    with Div("answer"):
        Lines(answer, year)
        Paragraphs(answer, year)
    Panels(picture, answer.one_cluster)
    title = say("my_cluster.scorecard", year=year)
    with Section(title, say("compare.scorecard_note")):
        Table(["", *(say.name("pathway", arm) for arm in answer.arms)], card_rows(answer, year, say), label=title)
    Text(say("my_cluster.command", file=f"{upload.name}.toml"), classes="soft")
    Export(
        name=f"compare-{upload.name}",
        figures={"trajectories": lambda: figure_makers(answer, say)["trajectories"]()},
        table=lambda: answer.summary,
        config=lambda: write_config(answer.question),
        brief=lambda: comparison_brief(answer, say, year, upload.source),
    )
