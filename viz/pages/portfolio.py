"""Portfolio: a pathway for every cluster of the city under one budget, beside the optimiser's proposal."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import solara

from ...experiments.analyses.finding import Case, Finding
from ...experiments.columns import YEARS
from ...experiments.comparison import Comparison
from ...experiments.question import ask
from ...scenarios import list_laws
from ...scenarios.programmes import LAW
from ..districts import city_spots
from ..drawing import style_of
from ..figures import figure_makers
from ..words import Words
from .address import Address, AddressBar
from .brief import comparison_brief
from .compare_run import Known, Watcher, run_rounds
from .controls import BUDGET, Choice, Levers, PlainButton, law_options
from .export import Export
from .frame import Div, Heading, JobStatus, Section, Table, Text
from .jobs import Job
from .session import Session, use_session
from .sites import MAP_CITY
from .spoken import Lines, Paragraphs
from .tables import card_rows
from .tiles import ClusterMap

__all__ = ["Page", "State", "own_text"]

OWN = "my-portfolio"  # id of the visitor's file, and of its arm
PROPOSAL = "proposal"
LETTERS = {"n": "null", "s": "self-transition", "y": "symbiosis", "c": "combined", "p": "newly-planned"}  # in the address
PATHWAYS = tuple(LETTERS.values())
REPLICATES = 4  # of the whole city: some seconds each


def own_text(choice: Mapping[str, str], name: str = OWN) -> str:
    """The visitor's choice as a portfolio file that `compare` reads.

    Parameters
    ----------
    choice : mapping
        Cluster to pathway.
    name : str
        Id of the portfolio.
    """
    lines = [
        'type = "portfolio"', f'id = "{name}"', 'title = { vi = "Danh mục của tôi", en = "My portfolio" }',
        'default = "null"', "", "[clusters]",
        *(f'"{cluster}" = "{pathway}"' for cluster, pathway in choice.items() if pathway != "null"),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _shipped() -> dict[str, str]:
    """Choice of the portfolio that ships."""
    from ...scenarios import describe

    facts = describe("by-sector")
    return {spot.id: facts["clusters"].get(spot.id, facts["default"]) for spot in city_spots()}


class State:
    """Budget, choice, what the optimiser proposes, and the comparison of both."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        own, spots = _shipped(), city_spots()
        # as many letters as there are clusters, or it was written for another city
        letters = said.accepted("choice", "", lambda text: len(text) == len(spots) and set(text) <= LETTERS.keys())
        own |= {spot.id: LETTERS[letter] for spot, letter in zip(spots, letters, strict=False)}
        self.choice = solara.Reactive(own)
        self.budget_bn = solara.Reactive(said.number("budget_bn", *BUDGET) or 0.0)
        # only what ships: an address must not name files of the server
        self.law = solara.Reactive(said.one_of("law", [entry.id for entry in list_laws()], LAW))
        self.picked = solara.Reactive(city_spots()[0].id)
        self.finding: solara.Reactive[Finding | None] = solara.Reactive(None)
        self.answer: solara.Reactive[Comparison | None] = solara.Reactive(None)

    def fields(self) -> dict[str, Any]:
        """Fields of the address that restores the page."""
        letter = {pathway: letter for letter, pathway in LETTERS.items()}
        law = {} if self.law.value == LAW else {"law": self.law.value}
        return {"budget_bn": self.budget_bn.value, **law, "choice": "".join(letter[self.choice.value[s.id]] for s in city_spots())}

    def set(self, cluster: str, pathway: str) -> None:
        """Give a cluster a pathway."""
        self.choice.value = {**self.choice.value, cluster: pathway}

    def set_all(self, pathway: str) -> None:
        """Give all clusters the same pathway, or what the shipped portfolio or the proposal has."""
        if pathway == "by-sector":
            self.choice.value = _shipped()
        elif pathway == PROPOSAL and self.finding.value is not None:
            self.choice.value = self.proposal()
        elif pathway in PATHWAYS:
            self.choice.value = {cluster: pathway for cluster in self.choice.value}

    def proposal(self) -> dict[str, str]:
        """What the optimiser proposes; nothing before it did."""
        if self.finding.value is None:
            return {}
        table = self.finding.value.table
        return dict(zip(table["cluster"], table["pathway"], strict=True))

    def twins(self) -> list[str]:
        """Those of the shipped portfolio and the proposal that are the visitor's choice itself."""
        return [name for name, own in (("shipped", _shipped()), ("proposal", self.proposal())) if own == self.choice.value]

    def propose(self, session: Session) -> None:
        """Let the optimiser choose, in the background."""
        budget, law = self.budget_bn.value, self.law.value

        def work(job: Job) -> Finding:
            portfolio = import_module("ecocluster.experiments.analyses.portfolio").portfolio
            case = Case(MAP_CITY, law=law, budget_bn=budget, replicates=REPLICATES, threads=job.threads)
            return portfolio(case, progress=job.progress)

        session.jobs.start("proposal", work, on_done=self.finding.set)

    def compare(self, session: Session) -> None:
        """Run the choice, the proposal if there is one, and nothing at all, in the background."""
        files, others = {OWN: own_text(self.choice.value)}, []
        # nothing is compared with its twin
        if self.finding.value is not None and self.proposal() != self.choice.value:
            files[PROPOSAL] = self.finding.value.files()["portfolio.toml"].decode()
        if _shipped() != self.choice.value:
            others.append("by-sector")
        budget, law = self.budget_bn.value, self.law.value

        def work(job: Job) -> None:
            with tempfile.TemporaryDirectory() as folder:
                paths = []
                for name, text in files.items():
                    path = Path(folder) / f"{name}.toml"
                    path.write_text(text, encoding="utf-8")
                    paths.append(str(path))
                names = ["null", *paths, *others]
                question = ask(MAP_CITY, names, fixed=True, replicates=REPLICATES, budget_bn=budget, law=law)
                run_rounds(job, question, (), Known(), Watcher(lambda _: None, self.answer.set))

        session.jobs.start("portfolio", work)


@solara.component
def Page():
    session = use_session()
    state = session.page("portfolio", State)
    Heading("portfolio")
    AddressBar("/portfolio", state.fields(), state.address)
    with Div("split"):
        with Div("noprint side"):
            _Controls(state)
        with Div():
            _Results(state)
            _Clusters(state)


@solara.component
def _Controls(state: State):
    session = use_session()
    say = session.say
    spots = {spot.id: spot for spot in city_spots()}
    colors = {cluster: color_of(pathway) for cluster, pathway in state.choice.value.items()}
    notes = {cluster: say.name("pathway", pathway) for cluster, pathway in state.choice.value.items()}
    ClusterMap(state.picked.value, state.picked.set, colors, notes)
    with solara.v.Html(tag="ul", class_="eco-legend"):
        for name in PATHWAYS:
            with solara.v.Html(tag="li"):
                solara.v.Html(tag="span", class_="dot", style_=f"background: {color_of(name)}")
                Text(say.name("pathway", name), "span")
    picked = spots[state.picked.value]
    Text(say("map.cluster", name=picked.name, firms=say.number(picked.firms)), "h3")
    Choice(say("mix.of_cluster"), _pathways(say), state.choice.value[picked.id], lambda name: state.set(picked.id, name))
    options = [("", say("mix.all_choose")), *_pathways(say), ("by-sector", say("mix.shipped"))]
    if state.finding.value is not None:
        options.append((PROPOSAL, say("mix.proposal")))
    Choice(say("mix.all"), options, "", state.set_all)
    Choice(say("compare.law"), law_options(say), state.law.value, state.law.set)
    moved = {} if state.budget_bn.value == 150.0 else {"budget_bn": state.budget_bn.value}
    Levers(moved, lambda values: state.budget_bn.set(values.get("budget_bn", 150.0)), only_budget=True)
    with Div("bar"):
        PlainButton(say("mix.compare"), lambda: state.compare(session), main=True)
        PlainButton(say("mix.propose"), lambda: state.propose(session))
    Text(say("mix.note", replicates=say.number(REPLICATES)), "p", "soft")


def color_of(pathway: str) -> str:
    """Colour of a pathway on the map; grey for none."""
    return "#9aa5af" if pathway == "null" else style_of(pathway, 0)[0]


def _pathways(say: Words) -> list[tuple[str, str]]:
    return [(name, say.name("pathway", name)) for name in PATHWAYS]


@solara.component
def _Results(state: State):
    """What the choice brings beside the others, and what the optimiser says."""
    session = use_session()
    say, answer, finding = session.say, state.answer.value, state.finding.value
    for twin in state.twins():
        Text(say(f"mix.is_{twin}"), "p", "soft")
    with Div("bar"):  # keeps its place when nothing runs, so that nothing below jumps
        JobStatus("portfolio")
        JobStatus("proposal")
    if answer is None and finding is None:
        Div("answer", children=[say("mix.start")])
    if answer is not None:
        with Div("answer"):
            Lines(answer, YEARS[1])
            Paragraphs(answer, YEARS[1])
        with Section(say("table.year", year=YEARS[1]), say("compare.scorecard_note")):
            heads = ["", *(say.name("pathway", arm) for arm in answer.arms)]
            Table(heads, card_rows(answer, YEARS[1], say), label=say("report.scorecard_title"))
        Export(
            name="portfolio",
            figures={name: lambda name=name: figure_makers(answer, say)[name]() for name in ("trajectories", "cost-effect")},
            table=lambda: answer.summary,
            config=lambda: own_text(state.choice.value),
            config_name=f"{OWN}.toml",
            link=session.link("/portfolio", state.fields()),
            brief=lambda: comparison_brief(answer, say, YEARS[1], _setting(answer, say)),
        )
        Text(_command(answer), "code", "soft")
    if finding is not None:
        told = import_module("ecocluster.viz.analyses.portfolio")
        with Section(say("mix.proposal")):
            with Div("answer"):
                for sentence in told.words(finding, say):
                    Text(sentence)


def _setting(answer: Comparison, say: Words) -> str:
    law = dict(law_options(say)).get(answer.question.law, answer.question.law)
    return f"{law} · " + say("mix.setting", budget=say.number(answer.question.budget_bn))


def _command(answer: Comparison) -> str:
    """The same comparison on the command line, the visitor's files as he saves them."""
    names = [Path(name).name for name in answer.question.pathways]
    return replace(answer.question, pathways=tuple(names)).command


@solara.component
def _Clusters(state: State):
    """All clusters with their pathway; once the optimiser ran, its choice and what every pathway brings alone."""
    say, finding = use_session().say, state.finding.value
    rows, gains = [], {}
    if finding is not None:
        gains = finding.table.set_index("cluster").to_dict("index")
    heads = [say("mix.cluster"), say("mix.district"), say("mix.firms"), say("mix.pathway")]
    shown = [name for name in PATHWAYS if finding is not None and f"gain.{name}" in finding.table]
    if finding is not None:
        heads += [say("mix.proposal"), *(say("mix.gain", name=say.name("pathway", name)) for name in shown)]
    options = [{"id": key, "label": text} for key, text in _pathways(say)]
    for spot in city_spots():
        cells = [
            {"text": spot.name}, {"text": spot.district}, {"text": say.number(spot.firms)},
            {"options": options, "value": state.choice.value[spot.id], "text": ""},
        ]  # fmt: skip
        if spot.id in gains:
            own = gains[spot.id]
            cells.append({"text": say.name("pathway", own["pathway"])})
            cells += [{"text": say.number(own[f"gain.{name}"])} for name in shown]
        rows.append({"id": spot.id, "cells": cells, "on": spot.id == state.picked.value})
    with Section(say("mix.clusters"), say("mix.clusters_note") if finding is not None else ""):
        with Div("tall"):
            Table(
                heads, rows, label=say("mix.clusters"), text_columns=(0, 1, 3, 4), on_choose=state.picked.set,
                on_change=lambda event: state.set(event["id"], event["value"]),
            )  # fmt: skip
