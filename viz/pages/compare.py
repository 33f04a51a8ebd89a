"""First page: the pathways side by side for a site, under a policy, a budget and levers of the visitor's choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import solara

from ...experiments.columns import EXPLORATION, YEARS
from ...experiments.comparison import Comparison
from ...experiments.configuration import write_config
from ...experiments.errors import InputError
from ...experiments.question import PATHWAYS, Question, ask
from ...experiments.worlds import ANSWER
from ...model.levers import LEVERS
from ...scenarios import ScenarioError, list_laws
from ..brief_pdf import brief_pdf
from ..figures import figure_makers, panels_of
from ..places import law_title
from ..scorecard import best_rows, stands_out
from ..sure import legend
from ..words import Words
from .address import Address, AddressBar
from .brief import comparison_brief
from .charts import Chart, Legend
from .compare_run import Known, Picture, Watcher, kept_sketch, prepare_sketch, run_rounds
from .controls import BUDGET, Choice, Levers, PlainButton, law_options, lever_text, slider_groups
from .export import Export
from .first_screen import First, FirstScreen, sketch_text
from .frame import Div, ErrorBox, Heading, Section, Table, Text, error_text
from .jobs import Job
from .panels import panel_option
from .session import Session, use_session
from .sites import MAP_CITY, is_one_cluster, known_sites, refuse_files, site_of, site_options
from .spoken import Lines, Paragraphs
from .tables import CHANGE, card_rows
from .tiles import ClusterMap

__all__ = ["Page", "State", "fields_of", "prepare"]

SLOT = "compare"
REPLICATES = (4, 8, 20, 50, 100)
MOST_REPLICATES = 1000  # that an address may ask for
WORLDS = "worlds"  # in place of a number of replicates
TERMS = ("level", "replicate", "interval", "cod", "co2e", "cleaner", "real", "sham", "link", "hub")


@cache
def _policies() -> dict[str, tuple[str, str]]:
    from ...scenarios import list_policies

    return {entry.id: (entry.vi, entry.en) for entry in list_policies()}


@cache
def _lever_marks() -> dict[str, tuple[float, ...]]:
    """Values of the levers in the pathways and laws, drawn below the sliders."""
    from ...scenarios import load_law, load_pathway

    programmes: list[Any] = [*(load_pathway(name) for name in PATHWAYS), *(load_law(law.id) for law in list_laws())]
    return {
        name: tuple(q.levers[name] for q in programmes if name in q.levers) for names in slider_groups().values() for name in names
    }


@dataclass(frozen=True)
class Pin:
    """A comparison kept as reference."""

    answer: Comparison
    picture: Picture


class State:
    """What a visitor set on this page and what came out.

    Parameters
    ----------
    fields : mapping
        Fields of an address: site, policy, law, replicates, year, budget_bn and levers; what cannot be used is left out and told.
    scenario : str
        Site at first.
    """

    def __init__(self, fields: Mapping[str, str], scenario: str) -> None:
        self.address = said = Address(fields)
        ranges = {"budget_bn": BUDGET[:2], **{name: (lever.low, lever.high) for name, lever in LEVERS.items()}}
        numbers = {name: said.number(name, low, high, None) for name, (low, high) in ranges.items()}
        moved = {name: value for name, value in numbers.items() if value is not None}
        self.site = solara.Reactive(site_of(said, scenario, scenario))
        self.policy = solara.Reactive(said.one_of("policy", _policies(), "vietnam-2020"))
        self.law = solara.Reactive(said.one_of("law", [entry.id for entry in list_laws()], "middle"))
        # worlds on request: a slider shows the defaults
        self.worlds = solara.Reactive(fields.get("replicates") == WORLDS)
        self.replicates = solara.Reactive(20 if self.worlds.value else said.whole("replicates", 1, MOST_REPLICATES, 20))
        if self.worlds.value:
            said.text("replicates")
        self.year = solara.Reactive(int(said.one_of("year", [str(year) for year in YEARS], str(YEARS[1]))))
        self.moved: solara.Reactive[dict[str, float]] = solara.Reactive(moved)
        self.picture: solara.Reactive[Picture | None] = solara.Reactive(None)
        self.answer: solara.Reactive[Comparison | None] = solara.Reactive(None)
        self.pin: solara.Reactive[Pin | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)
        self.known, self.own = Known(), scenario
        self.asked: Question | None = None
        self.first = First(said)
        # what the first screen tells of: a sketch or an answer
        self.told: solara.Reactive[Picture | Comparison | None] = solara.Reactive(None)
        try:
            sketch = kept_sketch(self.question())
        except (InputError, ScenarioError):
            sketch = None  # told by the run
        if sketch is not None:
            self._see(sketch)

    def question(self) -> Question:
        """What is asked now; raises `InputError` for an address with impossible numbers."""
        refuse_files(self.own, site=self.site.value, policy=self.policy.value, law=self.law.value)
        levers = {name: value for name, value in self.moved.value.items() if name != "budget_bn"}
        sampling: dict[str, Any] = {} if self.worlds.value else {"fixed": True, "replicates": self.replicates.value}
        return ask(
            self.site.value, PATHWAYS, self.policy.value, **sampling,
            budget_bn=self.moved.value.get("budget_bn", BUDGET[2]), levers=levers, law=self.law.value,
        )  # fmt: skip

    def run(self, session: Session) -> None:
        """Compare anew, instead of what is being compared."""
        try:
            question = self.question()
        except Exception as error:
            self.problem.value = error
            return
        self.problem.value, self.asked = None, question
        known, watcher = self.known, Watcher(self._see, self._know)

        def work(job: Job) -> None:  # an unknown site is a message of the job
            run_rounds(job, question, panels_of(is_one_cluster(question.scenario)), known, watcher)

        session.jobs.start(SLOT, work)

    def _see(self, picture: Picture) -> None:
        if picture.gains:  # before the charts: it stands above them
            self.told.value = picture
        self.picture.value = picture

    def _know(self, answer: Comparison) -> None:
        self.answer.value = self.told.value = answer

    def stale(self) -> bool:
        """Does the first screen tell of another question than the last?"""
        told, asked = self.told.value, self.asked
        if not isinstance(told, Comparison) or asked is None:
            return False
        return replace(told.question, replicates=1, worlds=0) != replace(asked, replicates=1, worlds=0)

    def choose_site(self, site: str, session: Session) -> None:
        """Go to another site: what was found for the old one is not shown any more."""
        self.known = Known()
        self.site.value, self.picture.value, self.answer.value, self.pin.value = site, None, None, None
        self.told.value = None
        self.run(session)


def prepare(scenario: str) -> None:
    """What a server draws before its first visitor: the sketches of the cities that he may open first."""
    for site in dict.fromkeys((MAP_CITY, scenario)):
        prepare_sketch(State({}, site).question(), panels_of(False))


def fields_of(state: State) -> dict[str, Any]:
    """Fields of the address that restores the page."""
    return {
        "site": state.site.value, "policy": state.policy.value, "law": state.law.value,
        "replicates": WORLDS if state.worlds.value else state.replicates.value,
        "year": state.year.value, **state.first.fields(),
        **{name: f"{value:.6g}" for name, value in sorted(state.moved.value.items())},
    }  # fmt: skip


@solara.component
def Page():
    session = use_session()
    state = session.page(SLOT, lambda fields: State(fields, session.settings.scenario))
    solara.use_effect(lambda: None if state.answer.value else state.run(session), [])
    Heading("compare")

    def law(name: str) -> None:
        state.law.value = name
        state.run(session)

    def worlds() -> None:
        state.worlds.value = True
        state.run(session)

    AddressBar("/", fields_of(state), state.address)
    with Div("split answer-first"):
        with Div("noprint side"):
            _Place(state)
            _Setting(state)
        with Div():
            FirstScreen(state, SLOT, law, worlds)
            _Answer(state)
            _Terms()
            _Charts(state)
            _Scorecard(state)
            _Best(state)
            _TakeAway(state)


@solara.component
def _Terms():
    """What pathways and words of this page mean, folded away until someone asks."""
    say = use_session().say
    known = [(say.name("pathway", name), say(f"about.{name}")) for name in PATHWAYS]
    known += [(say(f"compare.term_{term}"), say(f"compare.term_{term}_about")) for term in TERMS]
    with solara.v.Html(tag="details", class_="eco-terms noprint"):
        Text(say("compare.terms"), "summary")
        with solara.v.Html(tag="dl"):
            for term, meaning in known:
                Text(term, "dt")
                Text(meaning, "dd")


@solara.component
def _Place(state: State):
    """Site: a list and the map."""
    session = use_session()
    say = session.say
    here = state.site.value

    def choose(site: str) -> None:
        state.choose_site(site, session)

    def choose_spot(cluster: str) -> None:
        choose(cluster if cluster in known_sites() else f"{MAP_CITY}:{cluster}")

    Choice(say("compare.site"), site_options(say, here=here), here, choose)
    ClusterMap(here.rpartition(":")[2], choose_spot)
    Text(say("map.note"), "p", "soft")


@solara.component
def _Setting(state: State):
    """Law, policy preset, replicates, and the levers."""
    session = use_session()
    say = session.say

    def set_and_run(field: solara.Reactive, value: Any) -> None:
        field.value, state.worlds.value = value, False
        state.run(session)

    def sample(value: str) -> None:
        if value == WORLDS:
            state.worlds.value = True
            state.run(session)
        else:
            set_and_run(state.replicates, int(value))

    Choice(say("compare.law"), law_options(say), state.law.value, lambda value: set_and_run(state.law, value))
    policies = [(key, texts[0 if say.lang == "vi" else 1]) for key, texts in _policies().items()]
    Choice(say("compare.policy"), policies, state.policy.value, lambda value: set_and_run(state.policy, value))
    Levers(state.moved.value, lambda values: set_and_run(state.moved, dict(values)), _lever_marks())
    Text("", "p")
    replicates = [(str(n), say.number(n)) for n in sorted({*REPLICATES, state.replicates.value})]
    replicates.append((WORLDS, say("compare.worlds", worlds=say.number(ANSWER[1]))))
    Choice(say("compare.replicates"), replicates, WORLDS if state.worlds.value else str(state.replicates.value), sample)
    Text(say("compare.replicates_note"), "p", "soft")


@solara.component
def _Answer(state: State):
    """The sentence that sums up, progress, errors, and the pin."""
    session = use_session()
    say, answer = session.say, state.answer.value
    ErrorBox(error_text(state.problem.value, say) if state.problem.value else "")
    busy = session.jobs.state(SLOT).value.busy
    with Div("answer verdict", **{"aria-live": "polite", "style": f"opacity: {0.55 if busy else 1}"}):
        if answer is None:
            Text(say("compare.first"))
        else:
            Lines(answer, state.year.value)
            Paragraphs(answer, state.year.value)
        if _is_single(state):
            Text(say("compare.one_cluster"), "p", "soft")
    picture = state.picture.value
    note = ""
    if answer is not None and not busy:
        seconds = session.jobs.state(SLOT).value.seconds
        asked, took = answer.question, say.number(seconds, 1)
        note = (
            say("compare.done_worlds", worlds=say.number(asked.worlds), seconds=took) if asked.worlds
            else say("compare.done", replicates=say.number(asked.replicates), seconds=took)
        )  # fmt: skip
    with Div("bar noprint"):
        if note:
            Text(note, "span", "soft")
        _PinButtons(state, answer, picture)


@solara.component
def _PinButtons(state: State, answer: Comparison | None, picture: Picture | None):
    say = use_session().say

    def pin() -> None:
        assert answer is not None and picture is not None
        state.pin.value = Pin(answer, picture)

    if answer is not None and picture is not None:
        PlainButton(say("compare.pin"), pin)
    if state.pin.value is not None:
        PlainButton(say("compare.unpin"), lambda: state.pin.set(None))
        Text(say("compare.pinned", name=_setting_text(state.pin.value.answer.question, say)), "span", "soft")


def _setting_text(question: Question, say: Words) -> str:
    """A setting in a few words: law, policy, budget and the levers that were moved."""
    law = dict(law_options(say)).get(question.law, question.law)
    policy = _policies().get(question.policy, (question.policy,) * 2)[0 if say.lang == "vi" else 1]
    parts = [law, policy, f"{say.number(question.budget_bn)} {say('lever_unit.bn')}"]
    parts += [lever_text(name, value, say) for name, value in question.levers]
    return ", ".join(parts)


def _is_single(state: State) -> bool:
    """Is what is shown about one cluster?"""
    return state.picture.value is not None and is_one_cluster(state.site.value)


@solara.component
def _Charts(state: State):
    """Six panels, and those of modules; drawn again whenever a round of replicates is done."""
    say, picture, pin = use_session().say, state.picture.value, state.pin.value
    with Section(say("compare.trajectories"), say("compare.trajectories_note")):
        if picture is not None:
            # always there: what comes or goes above a chart has it made anew
            Text(sketch_text(picture, say) if picture.clusters < picture.of_clusters else "", "p", "sketch")
            extra = [{"label": say("figure.exploration"), "color": "#e4e4e4", "area": True}]
            if pin is not None:
                extra.append({"label": say("compare.reference"), "color": "#52606d", "dash": [1, 3]})
            Legend(picture.arms, say, extra)
        with Div("panels", **{"data-replicates": str(picture.replicates if picture else 0)}):
            for key in panels_of(_is_single(state)):
                with Div(style="min-height: 250px"):
                    if picture is not None and key in picture.mean:
                        title, option = panel_option(picture, key, say, pin.picture if pin else None, _is_single(state))
                        Text(title, "h3")
                        Chart(option, label=title, height=220)


@solara.component
def _Scorecard(state: State):
    """All headline numbers of a year, with differences to the null and to what is pinned."""
    say, answer, pin = use_session().say, state.answer.value, state.pin.value
    note = (legend(answer, say) if answer is not None and answer.question.worlds else say("compare.scorecard_note")) + (
        " " + say("compare.change_note", mark=CHANGE) if pin else ""
    )
    with Section(say("report.scorecard_title"), note):
        with Div("bar noprint", role="group", **{"aria-label": say("compare.year")}):
            for year in YEARS:
                PlainButton(str(year), partial(state.year.set, year), pressed=year == state.year.value)
            if state.year.value >= EXPLORATION:
                Text(say("compare.exploration"), "span", "soft")
        with Div(style="min-height: 560px"):
            if answer is not None:
                rows = card_rows(answer, state.year.value, say, pin.answer if pin else None)
                heads = ["", *(say.name("pathway", arm) for arm in answer.arms)]
                Table(heads, rows, label=say("report.scorecard_title"))


@solara.component
def _Best(state: State):
    """Probability of being best."""
    say, answer = use_session().say, state.answer.value
    if answer is None:
        return Div()
    rows = [
        {"cells": [{"text": label}, *({"text": say.percent(share), "best": stands_out(share, answer.draws)} for share in shares)]}
        for label, shares in best_rows(answer, state.year.value, say)
    ]
    with Section(say("table.best", year=state.year.value), say("compare.best_note")) as main:
        Table(["", *(say.name("pathway", arm) for arm in answer.arms)], rows, label=say("table.best", year=state.year.value))
    return main


@solara.component
def _TakeAway(state: State):
    session = use_session()
    say, answer = session.say, state.answer.value
    if answer is None:
        return Div()
    name = "compare-" + answer.question.scenario.rpartition("/")[2].replace(":", "-").removesuffix(".toml")
    names = ("trajectories", "adoption", "cost-effect", "obstacles")
    with Section(say("compare.take_away")) as main:
        Export(
            name=name,
            figures={key: lambda key=key: figure_makers(answer, say)[key]() for key in names},
            table=lambda: answer.summary,
            config=lambda: write_config(answer.question),
            link=session.link("/", fields_of(state)),
            brief=lambda: comparison_brief(answer, say, state.year.value, _setting_text(answer.question, say)),
            printed=lambda: brief_pdf(answer, state.first.arm.value, state.year.value, law_title(answer.question.law, say), say),
        )
        Text(answer.question.command, "code", "soft")
    return main
