"""The city at a glance: every cluster on a map of tiles, coloured by an outcome, two pathways side by side, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import solara

from ...experiments.by_cluster import OUTCOMES, ByCluster, asked_of, join, run_clusters
from ...experiments.columns import EXPLORATION
from ...experiments.question import PATHWAYS, ask
from ...scenarios import list_laws
from ..districts import CITY, city_spots
from ..outcome_map import city_sentence, long_text, outcome_figure, scale_for, short_text
from .address import Address, AddressBar
from .controls import Choice, PlainButton, law_options
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .tiles import OutcomeMap

__all__ = ["Page", "State"]

SLOT = "map"
ROUNDS = (1, 4, 20)  # worlds after each round; the first map is there after some seconds
MORE = 100  # on request
ARMS = ("law", *(name for name in PATHWAYS if name not in ("law", "null")))
YEARS = range(2020, 2046)


class State:
    """What is shown, and what was run for it."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        self.left = solara.Reactive(said.one_of("left", ARMS, "law"))
        self.right = solara.Reactive(said.one_of("right", ARMS, "combined"))
        self.outcome = solara.Reactive(said.one_of("outcome", list(OUTCOMES), "steps_left"))
        self.law = solara.Reactive(said.one_of("law", [entry.id for entry in list_laws()], "middle"))
        self.year = solara.Reactive(int(said.one_of("year", [str(year) for year in YEARS], "2035")))
        self.worlds = solara.Reactive(said.whole("worlds", 1, MORE, ROUNDS[-1]))
        self.cluster = solara.Reactive(said.one_of("cluster", [spot.id for spot in city_spots()], city_spots()[0].id))
        self.found: solara.Reactive[ByCluster | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)

    def fields(self) -> dict[str, Any]:
        """Fields of the address that restores the page."""
        return {name: getattr(self, name).value for name in ("left", "right", "outcome", "law", "year", "worlds", "cluster")}

    def run(self, session: Session) -> None:
        """Run both pathways, in rounds that add up; what is there already is kept."""
        worlds = self.worlds.value
        try:
            arms = list(dict.fromkeys(["law", self.left.value, self.right.value]))
            question = ask(CITY, arms, worlds=worlds, law=self.law.value)
        except Exception as error:
            self.problem.value = error
            return
        self.problem.value = None
        kept = self.found.value

        def work(job: Job) -> None:
            asked, found = asked_of(question, skip=("null",)), kept
            if found is not None and found.arms != tuple(arm.name for arm in asked.arms):
                found = None
            begun = 0 if found is None else found.runs
            sizes = [size for size in (*ROUNDS, worlds) if begun < size <= worlds]
            for size in dict.fromkeys(sizes):
                more = run_clusters(asked, range(begun, size), threads=job.threads, progress=job.progress)
                found, begun = join(found, more), size
                job.check()
                self.found.value = found

        session.jobs.start(SLOT, work)

    def ask_more(self, session: Session) -> None:
        """As many worlds as there are."""
        self.worlds.value = MORE
        self.run(session)

    def change(self, field: solara.Reactive, session: Session, value: str) -> None:
        """Other pathways or another law: run them; what was found under another law is not shown any more."""
        if field.value == value:
            return
        field.value = value
        if field is self.law:
            self.found.value = None
        self.run(session)


@solara.component
def Page():
    session = use_session()
    say = session.say
    state = session.page(SLOT, State)
    solara.use_effect(lambda: None if state.found.value is not None else state.run(session), [])
    Heading("city_map")
    AddressBar("/map", state.fields(), state.address)
    _Choices(state)
    ErrorBox(error_text(state.problem.value, say) if state.problem.value else "")
    found = state.found.value
    with Div("bar noprint"):
        runs = "" if found is None else say("city.runs", runs=say.number(found.runs))
        JobStatus(SLOT, runs)
        if found is not None and found.runs < MORE and not session.jobs.state(SLOT).value.busy:
            PlainButton(say("city.more", worlds=say.number(MORE)), lambda: state.ask_more(session))
    sides = [side for side in (state.left.value, state.right.value) if found is not None and side in found.arms]
    if found is None or not sides:
        Text(say("city.wait"), "p", "soft")
        return
    _Maps(state, found, sides)
    _Cluster(state, found, sides)
    _Values(state, found, sides)
    _TakeAway(state, found, sides)


@solara.component
def _Choices(state: State):
    session = use_session()
    say = session.say
    arms = [(name, say.name("pathway", name)) for name in ARMS]
    with Div("panels noprint"):
        Choice(
            say("city.outcome"), [(name, say(f"city.outcome.{name}")) for name in OUTCOMES], state.outcome.value, state.outcome.set
        )
        Choice(say("city.left"), arms, state.left.value, partial(state.change, state.left, session))
        Choice(say("city.right"), arms, state.right.value, partial(state.change, state.right, session))
        Choice(say("compare.law"), law_options(say), state.law.value, partial(state.change, state.law, session))


@solara.component
def _Maps(state: State, found: ByCluster, sides: list[str]):
    session = use_session()
    say, outcome = session.say, state.outcome.value

    def draw() -> tuple[list[dict[str, Any]], Any]:
        places = [found.arms.index(side) for side in sides]
        spread = np.stack(found.spread(outcome))[:, places]
        scale, sentences = scale_for(outcome, spread[0]), city_sentence(found, outcome, say)
        maps = []
        for n, side in enumerate(sides):
            cells = [
                [
                    [scale.class_of(one[0]), short_text(one[0], outcome, say), long_text(one, outcome, say)]
                    for one in spread[:, n, y].T.tolist()
                ]
                for y in range(len(found.years))
            ]
            maps.append({"title": say.name("pathway", side), "notes": sentences[places[n]], "cells": cells})
        return maps, scale

    maps, scale = solara.use_memo(draw, [found, outcome, tuple(sides), say.lang])
    Text(say(f"city.about.{outcome}"), "p", "soft")
    OutcomeMap(maps, scale.palette, found.years.tolist(), state.year.value, state.cluster.value, state.cluster.set, state.year.set)
    with solara.v.Html(tag="ul", class_="eco-legend"):
        Text(say(f"city.unit.{outcome}"), "li")
        for (color, _), label in zip(scale.palette, scale.labels(say), strict=True):
            with solara.v.Html(tag="li"):
                solara.v.Html(
                    tag="span", class_="dot", style_=f"background: {color}; border: 1px solid #8796a3; border-radius: 3px"
                )
                Text(label, "span")
    Text(say("city.sketch", runs=say.number(found.runs)), "p", "soft")
    if state.year.value >= EXPLORATION:
        Text(say("compare.exploration"), "p", "soft")


@solara.component
def _Cluster(state: State, found: ByCluster, sides: list[str]):
    """All outcomes of the chosen cluster, and the way to the page that runs it alone."""
    session = use_session()
    say = session.say
    number = next(i for i, spot in enumerate(city_spots()) if spot.id == state.cluster.value)
    spot, when = city_spots()[number], int(np.searchsorted(found.years, state.year.value))
    rows = []
    for outcome in OUTCOMES:
        spread = np.stack(found.spread(outcome))[:, :, when, number]
        texts = [long_text(spread[:, found.arms.index(side)], outcome, say) for side in sides]
        rows.append({"cells": [{"text": say(f"city.outcome.{outcome}")}, *({"text": text} for text in texts)]})
    title = say("city.cluster", name=spot.name, district=spot.district, year=state.year.value)
    with Section(title, say("city.invented_note") if spot.invented else ""):
        Table(["", *(say.name("pathway", side) for side in sides)], rows, label=title)
        address = "." + session.link("/", {"site": f"{CITY}:{spot.id}", "law": state.law.value})
        solara.v.Html(
            tag="a", class_="plain noprint", attributes={"href": address, "data-open": spot.id}, children=[say("city.open")]
        )


@solara.component
def _Values(state: State, found: ByCluster, sides: list[str]):
    """The map as a table, folded away until someone asks."""
    say, outcome = use_session().say, state.outcome.value
    when = int(np.searchsorted(found.years, state.year.value))
    spread = np.stack(found.spread(outcome))[:, :, when]
    rows = []
    for number, spot in enumerate(city_spots()):
        texts = [long_text(spread[:, found.arms.index(side), number], outcome, say) for side in sides]
        mark = f" ({say('city.invented')})" if spot.invented else ""
        rows.append({
            "cells": [{"text": spot.name + mark}, {"text": spot.district}, *({"text": text} for text in texts)], "id": spot.id,
            "on": spot.id == state.cluster.value,
        })  # fmt: skip
    title = say("city.figure_title", outcome=say(f"city.outcome.{outcome}"), year=state.year.value)
    with solara.v.Html(tag="details", class_="eco-terms"):
        Text(say("city.as_table"), "summary")
        with Div("tall"):
            heads = [say("city.name"), say("city.district"), *(say.name("pathway", side) for side in sides)]
            Table(heads, rows, label=title, text_columns=(0, 1), on_choose=state.cluster.set)


@solara.component
def _TakeAway(state: State, found: ByCluster, sides: list[str]):
    session = use_session()
    say = session.say
    figures = {"map": lambda: outcome_figure(found, sides, state.outcome.value, state.year.value, say)}
    with Section(say("compare.take_away")):
        Export(name=f"{CITY}-map", figures=figures, table=found.table, link=session.link("/map", state.fields()))
