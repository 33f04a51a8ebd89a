"""Page Province: a list of clusters becomes a site; what is reckoned or drawn of each is marked; pathways compared for all or for one."""

from __future__ import annotations

import base64
import binascii
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import solara

from ...experiments.columns import YEARS
from ...experiments.comparison import Comparison
from ...experiments.question import PATHWAYS, ask
from ...scenarios import Message, ScenarioError
from ...scenarios.province import ClusterLine, ClusterList, read_clusters, site_text
from ..figures import panels_of
from ..messages import message_text
from ..problems import refusal_text
from ..words import MISSING, Words
from .address import Address, AddressBar
from .compare_run import Known, Picture, Watcher, run_rounds
from .controls import PlainButton
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .my_cluster import Files
from .my_cluster_read import file_name, id_of
from .panels import Panels
from .session import Session, use_session
from .settings import LIMITS
from .spoken import Lines
from .tables import card_rows
from .watch_form import Form

__all__ = ["Page"]

SLOT = "province"
ALL = ""
REPLICATES, ALL_REPLICATES = 20, 4  # worlds for one cluster, and for all: a first look


class State:
    """What survives a visit to another page. Nothing of it is kept on the server's disk."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = Address(fields)
        self.source: solara.Reactive[str] = solara.Reactive("")
        self.found: solara.Reactive[ClusterList | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)
        self.which: solara.Reactive[str] = solara.Reactive(ALL)
        self.picture: solara.Reactive[Picture | None] = solara.Reactive(None)
        self.answer: solara.Reactive[Comparison | None] = solara.Reactive(None)

    def forget(self) -> None:
        """An answer of another list, or another cluster, is not shown beside this one."""
        self.picture.value = self.answer.value = self.problem.value = None


@solara.component
def Page():
    """Give a list, see what was understood of each cluster, compare."""
    session = use_session()
    say, state = session.say, session.page(SLOT, State)
    Heading("province")
    AddressBar("/province", {}, state.address)
    with Div("card"):
        _Give(state)
    ErrorBox(error_text(state.problem.value, say) if state.problem.value is not None else "")
    found = state.found.value
    if found is not None:
        _Understood(state, found)
        if found.clusters:
            _Compare(state, found)


@solara.component
def _Give(state: State):
    session = use_session()
    say = session.say

    def given(file: Mapping[str, Any]) -> None:
        session.jobs.stop(SLOT)
        state.forget()
        state.found.value, state.which.value = None, ALL
        name = str(file["name"])[:200]
        try:
            content = base64.b64decode(file["data"], validate=True)
            if len(content) > LIMITS.upload or session.settings.read_only:
                raise ScenarioError("upload_size", file=name, allowed=Message("bytes", high=LIMITS.upload))
            state.source.value = name
            state.found.value = found = read_clusters(Path(file_name(name)), raw=content)
            state.problem.value = found.problem(skip_bad_rows=True)
        except (ScenarioError, binascii.Error) as error:
            if isinstance(error, ScenarioError):
                error.file = name
            state.problem.value = error

    Text(say("province.needs"))
    megabytes = say.number(LIMITS.upload / 2**20)
    example = (files("ecocluster.scenarios") / "data" / "clusters_example.csv").read_text(encoding="utf-8")
    Files(
        files=[{"name": say("province.example_name"), "label": say("province.example"), "mime": "text/csv", "text": example}],
        texts={"choose": say("my_cluster.choose"), "too_large": say("my_cluster.too_large", size=megabytes), "unreadable": say("my_cluster.unreadable")},
        limit=LIMITS.upload,
        enabled=not session.settings.read_only,
        event_given=given,
    )  # fmt: skip
    Text(say("my_cluster.privacy", size=megabytes), classes="soft")


@solara.component
def _Understood(state: State, found: ClusterList):
    """Every cluster as it was read; what the list does not tell is marked."""
    say = use_session().say
    title = say(
        "province.understood", file=state.source.value, clusters=say.number(len(found.clusters)), firms=say.number(found.firms)
    )
    with Section(title):
        Text(say("province.legend"))
        Text(say("province.sizes"), classes="soft")
        for remark in found.remarks[1:]:
            Text(message_text(remark, say), classes="soft")
        for one in found.refused:
            column = message_text(Message(f"col_{one.column}"), say)
            Text(
                say("province.refused", line=say.number(one.line), column=column, value=one.value[:40], why=refusal_text(one, say)),
                classes="notice",
            )
        heads = [say(f"province.head.{name}") for name in ("name", "district", "built", "planned", "firms", "trade", "plant")]
        with Div("tall"):
            Table(heads, [_row(one, say) for one in found.clusters], label=title, text_columns=(0, 1, 5, 6))
        if found.clusters:
            name = id_of(state.source.value)
            Files(files=[{"name": f"{name}.toml", "label": say("province.save"), "mime": "application/toml", "text": site_text(name, found)}],
                  texts={}, limit=0, enabled=False, event_given=lambda _: None)  # fmt: skip


def _row(one: ClusterLine, say: Words) -> dict[str, Any]:
    """A cluster; "~" before what is reckoned or assumed."""
    entry, drawn = one.entry, say("province.drawn")

    def number(key: str, unknown: str, decimals: int) -> str:
        return ("~ " if unknown in one.unknown else "") + say.number(entry[key], decimals)

    trade = drawn if "mix" in one.unknown else "~ " + say.name("sector", max(entry["mix"], key=entry["mix"].get))
    if "cetp_since" in entry:
        plant = ("~ " if "plant_year" in one.unknown else "") + f"{entry['cetp_since']:.0f}"
    else:
        plant = drawn if "plant" in one.unknown else say("province.no_plant")
    texts = [entry["name"], entry.get("district", MISSING), number("area_built", "", 1), number("area_planned", "planned", 1),
             number("firms_2018", "firms", 0), trade, plant]  # fmt: skip
    return {"cells": [{"text": text} for text in texts]}


@solara.component
def _Compare(state: State, found: ClusterList):
    session = use_session()
    say = session.say
    options = [
        {"id": ALL, "label": say("province.all")},
        *({"id": one.entry["id"], "label": one.entry["name"]} for one in found.clusters),
    ]

    def chosen(change: Mapping[str, Any]) -> None:
        session.jobs.stop(SLOT)
        state.forget()
        state.which.value = change["value"]

    with Section(say("province.compare"), say("province.compare_note")):
        Form(fields=[{"id": "which", "kind": "select", "label": say("province.which"), "value": state.which.value, "options": options}],
             label=say("province.compare"), lang=say.lang, event_changed=chosen)  # fmt: skip
        PlainButton(say("province.run"), lambda: _run(session, state, found), main=True)
        JobStatus(SLOT)
        if state.answer.value is not None and state.picture.value is not None:
            _Results(state, state.answer.value, state.picture.value)


def _run(session: Session, state: State, found: ClusterList) -> None:
    """Compare in rounds; the scenario lies in a temporary folder only while it is read."""
    which = state.which.value
    name = which or id_of(state.source.value)
    watcher = Watcher(
        state.picture.set,
        lambda answer: state.answer.set(replace(answer, question=replace(answer.question, scenario=f"{name}.toml"))),
    )

    def work(job: Job) -> None:
        with tempfile.TemporaryDirectory(prefix="ecocluster-") as folder:
            path = Path(folder) / f"{name}.toml"
            path.write_text(site_text(name, found, which or None), encoding="utf-8")
            single = bool(which) or len(found.clusters) == 1
            question = ask(path, PATHWAYS, fixed=True, replicates=REPLICATES if single else ALL_REPLICATES)
            run_rounds(job, question, panels_of(single), Known(), watcher)

    session.jobs.start(SLOT, work)


@solara.component
def _Results(state: State, answer: Comparison, picture: Picture):
    """Sentence, charts and scorecard of the site, or of the cluster that was chosen."""
    say, year = use_session().say, YEARS[1]
    with Div("answer"):
        Lines(answer, year)
    Panels(picture, answer.one_cluster)
    title = say("my_cluster.scorecard", year=year)
    with Section(title, say("compare.scorecard_note")):
        Table(["", *(say.name("pathway", arm) for arm in answer.arms)], card_rows(answer, year, say), label=title)
    Text(say("province.command", file=f"{state.which.value or id_of(state.source.value)}.toml"), classes="soft")
    Export(name="province", table=lambda: answer.summary)
