"""Which barrier binds, which solutions act together: computed on demand, or read from a folder of results."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import solara

from ...experiments.analyses.finding import Case, Finding, read_finding
from ..analyses.causes import cause
from ..analyses.page import Sheet, outcome_label, scaled
from ..places import site_title
from ..words import Words
from .address import Address, AddressBar
from .brief import Brief, brief_html
from .charts import AXIS, Chart, base_option, value_axis
from .controls import Choice, PlainButton
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .sites import is_one_cluster, refuse_files, site_of, site_options, site_problem
from .stored import list_findings, open_below
from .terms import Explained

__all__ = ["Page", "State", "effects_option", "synergy_option"]

KINDS = ("barriers", "solutions")
COLORS = {"barriers": "#D55E00", "solutions": "#0072B2"}  # Okabe and Ito
REPLICATES = {"barriers": 16, "solutions": 8}
MOST_FIRMS = 400  # of a site whose 64 or 128 combinations fit into the time of one visitor


class State:
    """Site, outcome and what was found, for barriers and for solutions."""

    def __init__(self, fields: Mapping[str, str], scenario: str) -> None:
        self.address = Address(fields)
        self.site = solara.Reactive(site_of(self.address, scenario, scenario))
        self.outcome = solara.Reactive(self.address.one_of("outcome", _outcomes(), "abatement_share_2035"))
        self.findings: dict[str, solara.Reactive[Finding | None]] = {kind: solara.Reactive(None) for kind in KINDS}
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)

    def fields(self) -> dict[str, str]:
        """Fields of the address that restores the page."""
        return {"site": self.site.value, "outcome": self.outcome.value}

    def compute(self, kind: str, session: Session) -> None:
        """Run the analysis of a kind in the background."""
        site, outcome = self.site.value, self.outcome.value
        self.problem.value = None

        def work(job: Job) -> Finding:
            refuse_files(session.settings.scenario, site=site)
            analysis = getattr(import_module(f"ecocluster.experiments.analyses.{kind}"), kind)
            case = Case(site, "policy", replicates=REPLICATES[kind], threads=job.threads)
            return analysis(case, outcome=outcome, progress=job.progress)

        session.jobs.start(kind, work, on_done=self.findings[kind].set)

    def read(self, kind: str, name: str, session: Session) -> None:
        """Take a finding from a folder of results."""
        try:
            self.findings[kind].value = read_finding(open_below(session.settings.results, name))
            self.problem.value = None
        except Exception as error:
            self.problem.value = error


def _outcomes() -> tuple[str, ...]:
    """Outcomes to choose from."""
    return tuple(dict.fromkeys((*import_module("ecocluster.experiments.analyses.barriers").OUTCOMES, "level1_2035")))


@solara.component
def Page():
    session = use_session()
    say = session.say
    state = session.page("barriers", lambda fields: State(fields, session.settings.scenario))
    unusable = solara.use_memo(lambda: site_problem(state.site.value, session.settings.scenario), [state.site.value])
    Heading("barriers")
    AddressBar("/barriers", state.fields(), state.address)
    with Div("pair noprint"):
        Choice(say("compare.site"), site_options(say, MOST_FIRMS, state.site.value), state.site.value, state.site.set)
        single = unusable is None and is_one_cluster(state.site.value)
        labels = [(key, outcome_label(key, say, single)) for key in _outcomes()]
        Choice(say("binds.outcome"), labels, state.outcome.value, state.outcome.set)
    Explained(say("binds.method"), "p", "soft")
    problem = state.problem.value or unusable
    ErrorBox(error_text(problem, say) if problem else "")
    with Div("pair"):
        for kind in KINDS:
            with Div():
                _Part(state, kind).key(kind)


@solara.component
def _Part(state: State, kind: str):
    """One of the two analyses: start, progress, sentences, charts, table, files."""
    session = use_session()
    say, finding = session.say, state.findings[kind].value
    kept = solara.use_memo(lambda: list_findings(session.settings.results, kind), [kind])
    Text(say(f"binds.{kind}"), "h2")
    with Div("bar noprint"):
        if not session.settings.read_only:
            PlainButton(say(f"binds.compute_{kind}"), lambda: state.compute(kind, session), main=True)
        JobStatus(kind)
    if kept:
        options = [("", say("binds.none_kept")), *((name, name) for name in kept)]
        Choice(say("binds.kept"), options, "", lambda name: state.read(kind, name, session) if name else None)
    if finding is not None:
        _Found(finding, kind, state)


@solara.component
def _Found(finding: Finding, kind: str, state: State):
    session = use_session()
    say = session.say
    told = import_module(f"ecocluster.viz.analyses.{kind}")
    sentences = solara.use_memo(lambda: told.words(finding, say), [finding, say.lang])
    with Div("answer"):
        for sentence in sentences:
            Explained(sentence)
    outcome = outcome_label(finding.facts["outcome"], say, finding.one_cluster)
    title, option = effects_option(finding, kind, say)
    Text(title, "h3")
    Text(say("binds.effects_note"), "p", "soft")
    Chart(option, label=title, height=90 + 42 * len(option["yAxis"]["data"]))
    if "pairs" in finding.data:
        title, option = synergy_option(finding, say)
        Text(title, "h3")
        Text(say("binds.synergy_note"), "p", "soft")
        Chart(option, label=title, height=320, least=480)  # seven cells of "−1.27" and a name
    sheet: Sheet = told.sheet(finding, say)
    with Section(say("finding.table")):
        Table(sheet.columns, [{"cells": [{"text": text} for text in row]} for row in sheet.rows], label=outcome)
        if sheet.note:
            Text(sheet.note, "p", "soft")
    Export(
        name=f"{kind}-{finding.facts['scenario']}",
        figures={"figure": lambda: told.figure(finding, say)},
        table=lambda: finding.table,
        link=session.link("/barriers", state.fields()),
        brief=lambda: _brief(finding, kind, sentences, sheet, say),
    )
    Text(finding.command, "code", "soft")


def _brief(finding: Finding, kind: str, sentences: list[str], sheet: Sheet, say: Words) -> str:
    told = import_module(f"ecocluster.viz.analyses.{kind}")
    return brief_html(
        Brief(
            title=say(f"title.{kind}"), lines=[say(f"asks.{kind}"), say("brief.setting", setting=site_title(finding.facts["scenario"], say))],
            answer=sentences, figure=told.figure(finding, say), caption=say(f"caption.{kind}"), heads=sheet.columns,
            rows=sheet.rows, notes=[sheet.note, say(f"how.{kind}")], command=finding.command,
        ),
        say,
    )  # fmt: skip


def _own_rows(finding: Finding):
    """Rows of the outcome that was asked for, the largest Shapley value last (ECharts draws from below)."""
    table = finding.table
    chosen = table[(table["outcome"] == finding.facts["outcome"]) & (table["cause"] != "all")]
    return chosen.sort_values("shapley", kind="stable")


def effects_option(finding: Finding, kind: str, say: Words) -> tuple[str, dict[str, Any]]:
    """Title and option of the bars: Shapley values with intervals, and the gain alone and last."""
    rows = _own_rows(finding)
    columns = ["shapley", "shapley_low", "shapley_high", "alone", "last"]
    factor, unit = scaled(finding.facts["outcome"], float(rows[columns].abs().max().max()), say)
    numbers = {name: [float(f"{value:.5g}") for value in rows[name] * factor] for name in columns}
    names = [cause(name, say) for name in rows["cause"]]
    places = range(len(names))
    whiskers = [[numbers["shapley_low"][i], numbers["shapley_high"][i], i] for i in places]

    def marks(name: str, symbol: str) -> dict[str, Any]:
        return {
            "id": name, "name": say(f"binds.{name}"), "type": "scatter", "symbol": symbol, "symbolSize": 10,
            "data": [[numbers[name][i], i] for i in places], "z": 4,
            "itemStyle": {"color": "#ffffff", "borderColor": "#1c2733", "borderWidth": 1.6},
        }  # fmt: skip

    option = base_option(
        grid={"left": 28, "right": 24, "top": 54, "bottom": 4, "containLabel": True},
        legend={"top": 0, "left": 0, "itemGap": 16, "data": [say(f"binds.{name}") for name in ("shapley", "alone", "last")]},
        tooltip={"trigger": "item", "confine": True, "valueFormatter": "=number"},
        xAxis=value_axis(),
        yAxis={"type": "category", "data": names, **AXIS, "axisLabel": {"color": "#1c2733", "fontSize": 12}},
        series=[
            {
                "id": "shapley", "name": say("binds.shapley"), "type": "bar", "data": numbers["shapley"], "barWidth": 16,
                "itemStyle": {"color": COLORS[kind]},
            },
            {"id": "whiskers", "type": "custom", "renderItem": "=whisker", "data": whiskers, "silent": True, "z": 3,
             "encode": {"x": [0, 1], "y": 2}},
            marks("alone", "circle"),
            marks("last", "diamond"),
        ],
    )  # fmt: skip
    return f"{outcome_label(finding.facts['outcome'], say)} ({unit})", option


def synergy_option(finding: Finding, say: Words) -> tuple[str, dict[str, Any]]:
    """Title and option of the synergies in twos: what two bring together beyond the sum of both alone."""
    pairs = finding.data["pairs"]
    pairs = pairs[pairs["outcome"] == finding.facts["outcome"]]
    names = list(dict.fromkeys([*pairs["first"], *pairs["second"]]))
    largest = float(pairs["synergy"].abs().max()) or 1.0
    factor, unit = scaled(finding.facts["outcome"], largest, say)
    cells = []
    for row in pairs.itertuples():
        value, sure = row.synergy * factor, row.synergy_low > 0 or row.synergy_high < 0
        text = f"{cause(row.first, say)} + {cause(row.second, say)}\n{say.number(value, 2, sign=True)} {unit}"
        for x, y in ((row.first, row.second), (row.second, row.first)):
            at = [names.index(x), names.index(y)]
            cells.append({"value": [*at, float(f"{value:.4g}")], "tip": text, "label": {"show": True, "fontWeight": "bold" if sure else "normal"}})  # fmt: skip
    short = [cause(name, say).partition(" ")[0] for name in names]
    option = base_option(
        grid={"left": 28, "right": 14, "top": 8, "bottom": 50, "containLabel": True},
        tooltip={"formatter": "=item", "confine": True},
        xAxis={"type": "category", "data": short, **AXIS},
        yAxis={"type": "category", "data": [cause(name, say) for name in names], "inverse": True, **AXIS,
               "axisLabel": {"color": "#1c2733", "fontSize": 12}},
        visualMap={
            "min": -largest * factor, "max": largest * factor, "calculable": False, "orient": "horizontal", "left": "center",
            "bottom": 0, "itemHeight": 160, "itemWidth": 12, "formatter": "=number",
            "text": [say("binds.help"), say("binds.replace")], "inRange": {"color": ["#E69F00", "#ffffff", "#56B4E9"]},
        },
        series=[{"type": "heatmap", "data": cells, "label": {"color": "#1c2733", "formatter": "=cell"}}],
    )  # fmt: skip
    return say("binds.synergy", unit=unit), option
