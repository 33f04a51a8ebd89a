"""Page Watch: one run lived through, quarter by quarter, down to a firm and the numbers that decided.

The film is made once by a job and sent to the browser, which plays it alone; the server hears of it when the visitor
stops, picks a firm or enters another cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import solara

from ...experiments.configuration import write_config
from ...experiments.question import ask, command_line
from ...scenarios import choose_arm, list_laws, list_pathways, list_policies, load_scenario, load_shocks
from ..flows import flow_map
from ..places import site_title
from ..words import Words
from . import heard
from .address import Address, AddressBar
from .charts import Chart
from .export import Export
from .frame import Div, Heading, JobStatus, Section, Text
from .jobs import Job
from .session import Session, use_session
from .sites import known_sites, site_of, site_options
from .watch_card import firm_card
from .watch_decisions import Portrait, portrait
from .watch_figure import cluster_figure, film_table, run_brief
from .watch_form import Form
from .watch_record import Film, Player, record
from .watch_scene import flow_options, flow_quarter, player_texts, quarter_name, scene

__all__ = ["Page"]

SLOT = "watch"
START = 40  # quarters: the picture of 2029 says more than the one of the first day
MAX_BUDGET, MAX_REPLICATE, MAX_QUARTER, MAX_CLUSTER = 300, 9999, 104, 999
SEED = 1


@dataclass(frozen=True)
class Asked:
    """Which run.

    Attributes
    ----------
    site, pathway, policy, law : str
        Ids of what ships.
    budget_bn : int
        bn VND a year for the city.
    replicate : int
    """

    site: str
    pathway: str = "combined"
    policy: str = "vietnam-2020"
    law: str = "middle"
    budget_bn: int = 150
    replicate: int = 0


@dataclass
class Shown:
    """A run that was made: whoever looks at it shares the player's lock.

    Attributes
    ----------
    portraits : dict
        The firms that were looked at, by (slot, quarter).
    """

    asked: Asked
    player: Player
    film: Film
    portraits: dict[tuple[int, int], Portrait | None] = field(default_factory=dict)


class State:
    """What survives a visit to another page.

    Parameters
    ----------
    fields : mapping
        Of the address that restores the page.
    default : str
        Site shown at first.
    """

    def __init__(self, fields: Mapping[str, str], default: str) -> None:
        self.address = said = Address(fields)
        self.asked = solara.Reactive(Asked(
            site_of(said, default if default in known_sites() else "nguyen-khe"),
            said.one_of("pathway", [entry.id for entry in list_pathways()], Asked.pathway),
            said.one_of("policy", [entry.id for entry in list_policies()], Asked.policy),
            said.one_of("law", [entry.id for entry in list_laws()], Asked.law),
            said.whole("budget_bn", 0, MAX_BUDGET, Asked.budget_bn),
            said.whole("replicate", 0, MAX_REPLICATE, Asked.replicate),
        ))  # fmt: skip
        self.shown: solara.Reactive[Shown | None] = solara.Reactive(None)
        self.quarter = solara.Reactive(said.whole("quarter", 0, MAX_QUARTER, START))
        self.firm = solara.Reactive(-1)
        self.cluster = said.whole("cluster", 0, MAX_CLUSTER, 0)

    def fields(self) -> dict[str, Any]:
        """Fields of the address that restores the page."""
        cluster = self.cluster if self.shown.value is None else self.shown.value.film.focus
        return {**self.asked.value.__dict__, "cluster": cluster, "quarter": self.quarter.value}


@solara.component_vue("../assets/watch_cluster.vue")
def _Cluster(
    scene: dict,
    texts: dict,
    lang: str,
    start: int,
    selected: int,
    card: dict,
    event_moved: Callable[[dict], None],
    event_picked: Callable[[dict], None],
    event_entered: Callable[[dict], None],
    event_closed: Callable[[dict], None],
) -> None: ...


@solara.component
def Page():
    """Which run, the player, a firm, the material flows."""
    session = use_session()
    say = session.say
    state = session.page("watch", lambda fields: State(fields, session.settings.scenario))
    shown, asked = state.shown.value, state.asked.value

    def make() -> None:
        if state.shown.value is None or state.shown.value.asked != asked:
            _start(session, state, state.cluster)

    solara.use_effect(make, [asked])
    Heading("watch")
    AddressBar("/watch", state.fields(), state.address)
    with Div("watch-top"):
        Form(
            fields=_fields(asked, say),
            label=say("watch.form"),
            lang=say.lang,
            event_changed=lambda c: _change(state, c),
        )
        JobStatus(SLOT)
    if shown is not None:
        _Film(shown, state)


def _fields(asked: Asked, say: Words) -> list[dict[str, Any]]:
    def options(entries: Any, family: str = "") -> list[dict[str, str]]:
        return [{"id": e.id, "label": say.name(family, e.id) if family else getattr(e, say.lang)} for e in entries]

    return [
        {
            "id": "site",
            "kind": "select",
            "label": say("watch.site"),
            "value": asked.site,
            "options": [{"id": site, "label": name} for site, name in site_options(say, here=asked.site)],
        },
        {
            "id": "pathway",
            "kind": "select",
            "label": say("watch.pathway"),
            "value": asked.pathway,
            "options": options(list_pathways(), "pathway"),
        },
        {
            "id": "policy",
            "kind": "select",
            "label": say("watch.policy"),
            "value": asked.policy,
            "options": options(list_policies()),
        },
        {"id": "law", "kind": "select", "label": say("compare.law"), "value": asked.law, "options": options(list_laws())},
        {
            "id": "budget_bn",
            "kind": "range",
            "label": say("watch.budget"),
            "value": asked.budget_bn,
            "min": 0,
            "max": MAX_BUDGET,
            "step": 10,
            "unit": say("watch.budget_unit"),
            "help": say("watch.budget_help"),
        },
        {
            "id": "replicate",
            "kind": "number",
            "label": say("watch.replicate"),
            "value": asked.replicate,
            "min": 0,
            "max": MAX_REPLICATE,
            "step": 1,
            "help": say("watch.replicate_help"),
        },
    ]


def _change(state: State, change: Mapping[str, Any]) -> None:
    name, value = change["id"], change["value"]
    if name in ("budget_bn", "replicate"):
        value = min(max(int(value), 0), MAX_BUDGET if name == "budget_bn" else MAX_REPLICATE)
    if name == "site":
        state.cluster = 0
    asked = state.asked.value
    state.asked.value = Asked(**{**asked.__dict__, name: value})


def _start(session: Session, state: State, cluster: int) -> None:
    """Make the run, or only the film of another cluster of the run that is there."""
    asked, old = state.asked.value, state.shown.value

    def work(job: Job) -> Shown:
        if old is not None and old.asked == asked:
            player = old.player
        else:
            loaded = load_scenario(asked.site)
            arm = choose_arm(asked.pathway, loaded.site, asked.policy, budget_bn=asked.budget_bn, law=asked.law)
            player = Player(
                loaded.site,
                arm,
                seed=SEED,
                replicate=asked.replicate,
                parameters=loaded.parameters,
                shocks=load_shocks(loaded.shocks),
            )
        job.check()
        return Shown(asked, player, record(player, cluster, job.progress))

    def done(shown: Shown) -> None:
        state.cluster = shown.film.focus
        state.firm.value = -1
        state.shown.value = shown

    session.jobs.start(SLOT, work, done)


@solara.component
def _Film(shown: Shown, state: State):
    """The player, the firm that was picked, the material flows, and what can be taken away."""
    session = use_session()
    say, film, player = session.say, shown.film, shown.player
    quarter, firm = state.quarter.value, state.firm.value
    drawn = solara.use_memo(lambda: scene(film, player.site, say), [shown, say.lang])

    def look() -> dict[str, Any]:
        if firm < 0:
            return {}
        key = firm, quarter
        if key not in shown.portraits:
            if len(shown.portraits) > 200:
                shown.portraits.clear()
            shown.portraits[key] = portrait(player, film, firm, quarter)
        return firm_card(shown.portraits[key], film, say)

    def moved(where: Mapping[str, Any]) -> None:
        state.quarter.value = int(where["quarter"])

    def picked(where: Mapping[str, Any]) -> None:
        state.quarter.value, state.firm.value = int(where["quarter"]), int(where["slot"])

    def entered(where: Mapping[str, Any]) -> None:
        state.quarter.value = int(where["quarter"])
        _start(session, state, int(where["cluster"]))

    shown_quarters = {"quarter": (0, len(film.years) - 1)}
    card = solara.use_memo(look, [shown, firm, quarter, say.lang])
    _Cluster(
        scene=drawn,
        texts=player_texts(say),
        lang=say.lang,
        start=quarter,
        selected=firm,
        card=card,
        event_moved=heard.whole(shown_quarters, moved),
        event_picked=heard.whole({**shown_quarters, "slot": (-1, len(film.slots) - 1)}, picked),
        event_entered=heard.whole({**shown_quarters, "cluster": (0, len(film.clusters) - 1)}, entered),
        event_closed=lambda _: state.firm.set(-1),
    )
    cluster = drawn["clusters"][film.focus]["label"]
    when = flow_quarter(film, quarter)
    title = say("watch.flow_title", cluster=cluster, when=quarter_name(film, when, say))
    with Section(title, say("watch.flow_note")):
        if film.flows[when]:
            with Div("flows"):
                for amount, option in flow_options(film.flows[when], say):
                    with Div():
                        Text(amount, "h3")
                        Chart(option, label=f"{title}: {amount}", height=330)
        else:
            Text(say("watch.no_flows_yet"), classes="notice")
    name = f"{cluster}, {quarter_name(film, quarter, say)}"
    command = _command(shown.asked)
    with Div("noprint"):
        Export(
            name=f"watch-{shown.asked.site.replace(':', '-')}-{shown.asked.pathway}",
            figures={
                "cluster": lambda: cluster_figure(film, quarter, name, say),
                "flows": lambda: flow_map(film.flows[when], say),
            },
            table=lambda: film_table(film),
            config=lambda: _config(shown.asked, say),
            link=session.link("/watch", {**shown.asked.__dict__, "cluster": film.focus, "quarter": quarter}),
            brief=lambda: run_brief(film, quarter, cluster, *_title(shown.asked, say), command, say),
        )
        Text(command, "code", "soft")


def _title(asked: Asked, say: Words) -> tuple[str, str]:
    """Which run, as a title and a sentence."""
    policy, law = (next(getattr(entry, say.lang) for entry in entries if entry.id == name)
                   for entries, name in ((list_policies(), asked.policy), (list_laws(), asked.law)))  # fmt: skip
    title = say("watch.brief_title", site=site_title(asked.site, say), pathway=say.name("pathway", asked.pathway))
    fields = {"policy": policy, "law": law, "budget": say.number(asked.budget_bn), "replicate": say.number(asked.replicate)}
    return title, say("watch.brief_setting", **fields)


def _command(asked: Asked) -> str:
    """The same run on the command line."""
    values = {"scenario": asked.site, "site_budget_bn": None, "seed": SEED}
    own = {name: getattr(asked, name) for name in ("pathway", "policy", "law", "budget_bn", "replicate")}
    return command_line("run", {**values, **own})


def _config(asked: Asked, say: Words) -> str:
    """A comparison on the command line that holds this run, bit for bit, as its last replicate."""
    question = ask(
        asked.site,
        [asked.pathway],
        asked.policy,
        fixed=True,
        replicates=asked.replicate + 1,
        budget_bn=float(asked.budget_bn),
        seed=SEED,
        law=asked.law,
    )
    return f"# {say('watch.config_note', replicate=asked.replicate)}\n{write_config(question)}"
