"""Sweep explorer: open a folder of results, select by drawing, see trade-offs and the box that explains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
import solara

from ...experiments.with_modules import with_words
from ..drawing import style_of
from ..words import Words
from .address import Address, AddressBar
from .brief import Brief, brief_html
from .charts import AXIS, Chart, base_option, value_axis
from .controls import Choice, PlainButton
from .explorer_data import EFFECT, Box, Sweep, column_factor, find_region, influence, read_sweep, select
from .explorer_figure import scatter_figure
from .explorer_new import NewSweep, OwnSweep
from .export import Export
from .frame import Div, ErrorBox, Heading, JobStatus, Section, Table, Text, error_text
from .jobs import Job
from .session import Session, use_session
from .stored import list_sweeps, open_below
from .watch_form import Form

__all__ = ["Page", "State"]

SLOT = "explorer"
SAMPLE, OWN = ":sample", ":own"  # no folder below the results is called so
MOST_POINTS = 3000  # drawn; all are counted, filtered and saved
MOST_AXES = 7


class State:
    """Folder, axes, selection and box."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        self.folder = solara.Reactive(said.text("folder") or SAMPLE)
        self.own = OwnSweep()
        self.x, self.y = solara.Reactive(said.text("x")), solara.Reactive(said.text("y"))
        self.unused = solara.Reactive(False)  # does the address name an axis that the sweep does not have?
        self.sweep: solara.Reactive[Sweep | None] = solara.Reactive(None)
        self.area: solara.Reactive[dict[str, tuple[float, float]] | None] = solara.Reactive(None)
        self.cleared = solara.Reactive(0)  # new charts have no rectangle
        self.typed = solara.Reactive(0)  # nor has the scatter after limits were typed
        self.ranges: solara.Reactive[dict[str, list]] = solara.Reactive({})
        self.box: solara.Reactive[Box | None] = solara.Reactive(None)
        self.problem: solara.Reactive[Exception | None] = solara.Reactive(None)

    def fields(self) -> dict[str, str]:
        """Fields of the address that restores the page."""
        return {"folder": self.folder.value, "x": self.x.value, "y": self.y.value}

    def open(self, name: str, session: Session) -> None:
        """Read a sweep in the background."""
        self.folder.value, self.sweep.value, self.problem.value = name, None, None
        self.clear()
        if not name:
            return
        try:
            folder = self._place(name, session)
        except Exception as error:
            self.problem.value = error
            return

        def arrived(sweep: Sweep) -> None:
            names = (*sweep.outcomes, *sweep.inputs)
            effects = [name for name in sweep.outcomes if name.startswith(EFFECT)] or list(names)
            for name, axis, usual in (("x", self.x, effects[min(1, len(effects) - 1)]), ("y", self.y, effects[0])):
                if axis.value and axis.value == self.address.text(name) and axis.value not in names:
                    self.address.one_of(name, names, usual)  # is told from here on
                    self.unused.value = True
                axis.value = axis.value if axis.value in names else usual
            self.sweep.value = sweep

        session.jobs.start(SLOT, lambda job: read_sweep(folder), on_done=arrived)

    def _place(self, name: str, session: Session) -> Path:
        if name == SAMPLE:
            return Path(str(files("ecocluster.experiments").joinpath("data", "sample-sweep")))
        if name == OWN and self.own.folder is not None:
            return self.own.folder
        return open_below(session.settings.results, name)

    def clear(self) -> None:
        """Select everything again."""
        self.area.value, self.ranges.value, self.box.value = None, {}, None
        self.cleared.value += 1


@solara.component
def Page():
    session = use_session()
    say = session.say
    state = session.page(SLOT, State)
    folders = solara.use_memo(lambda: list_sweeps(session.settings.results), [])
    solara.use_effect(
        lambda: state.open(state.folder.value, session) if state.folder.value and state.sweep.value is None else None, []
    )
    Heading("explorer")
    AddressBar("/explorer", state.fields(), state.address)
    if state.unused.value:  # found out when the sweep was read; the address has followed by then
        for sentence in state.address.sentences(say):
            ErrorBox(sentence)
    if not folders:
        Text(say("explorer.nothing", folder=session.settings.results.name if session.settings.results else "–"), "p", "soft")
    if not session.settings.read_only:
        NewSweep(state.own, lambda: state.open(OWN, session))
    own = [(OWN, say("sweep_form.own"))] if state.folder.value == OWN or state.own.folder is not None else []
    options = [(SAMPLE, say("sweep_form.sample")), *own, *((name, name) for name in folders)]
    with Div("pair beside"):
        Choice(say("explorer.folder"), options, state.folder.value, lambda name: state.open(name, session))
        with Div("bar"):  # keeps its place when nothing runs, so that nothing below jumps
            JobStatus(SLOT)
    ErrorBox(error_text(state.problem.value, say) if state.problem.value else "")
    if state.sweep.value is not None:
        _Explore(state, state.sweep.value)


@solara.component
def _Explore(state: State, sweep: Sweep):
    session = use_session()
    say = session.say
    chosen = select(sweep.table, state.area.value, state.ranges.value)
    names = {
        say(f"explorer.effects_{sweep.baseline}"): [n for n in sweep.outcomes if n.startswith(EFFECT)],
        say("explorer.outcomes"): [n for n in sweep.outcomes if not n.startswith(EFFECT)],
        say("explorer.inputs"): list(sweep.inputs),
    }
    options = {title: [(n, sweep.label(n, say)) for n in group] for title, group in names.items() if group}

    def axis(field: solara.Reactive, name: str) -> None:
        field.value = name
        state.area.value = None
        state.unused.value = False

    with Div("pair"):
        Choice(say("explorer.x"), options, state.x.value, lambda name: axis(state.x, name))
        Choice(say("explorer.y"), options, state.y.value, lambda name: axis(state.y, name))
    count = {"chosen": say.number(int(chosen.sum())), "all": say.number(len(chosen)), "runs": say.number(sweep.runs)}
    with Div("bar"):
        Text(say("explorer.count", **count), "strong")
        if sweep.failed:
            Text(say("explorer.failed", failed=say.number(sweep.failed)), "span", "soft")
        PlainButton(say("explorer.clear"), state.clear)
        PlainButton(say("explorer.find"), lambda: _find(state, sweep, chosen, session), main=True)
    _Limits(state, sweep, say)
    with Div("pair"):
        with Div():
            Text(say("explorer.scatter"), "h3")
            Text(say("explorer.scatter_note"), "p", "soft")
            option = _scatter(sweep, chosen, state.x.value, state.y.value, say)
            Chart(option, label=say("explorer.scatter"), height=420, on_brush=lambda e: _brushed(state, e), merge=True).key(
                f"{state.x.value}|{state.y.value}|{state.cleared.value}|{state.typed.value}"
            )
        with Div():
            Text(say("explorer.parallel"), "h3")
            Text(f"{say('explorer.parallel_note')} {_ranked_text(sweep, state, say)}", "p", "soft")
            axes = _axes(sweep, state)
            Chart(
                _parallel(sweep, chosen, axes, say), label=say("explorer.parallel"), height=440, least=95 * len(axes), merge=True,
                on_brush=lambda e: _ranged(state, axes, e),
            ).key(f"{state.folder.value}|{'|'.join(axes)}|{state.cleared.value}")  # fmt: skip
    _Region(state, sweep, say)
    Export(
        name="sweep-" + state.folder.value.replace("/", "-"),
        figures={"scatter": lambda: scatter_figure(sweep, chosen, state.x.value, state.y.value, say)},
        table=lambda: sweep.table[chosen],
        link=session.link("/explorer", state.fields()),
        brief=lambda: _brief(sweep, chosen, state, say),
    )


@solara.component
def _Limits(state: State, sweep: Sweep, say: Words):
    """The selection in numbers: what the rectangle does, for those who do not draw with a mouse."""
    sides = [(axis, name, side) for axis, name in (("x", state.x.value), ("y", state.y.value)) for side in (0, 1)]

    def change(field: Mapping[str, Any]) -> None:
        area = dict(state.area.value or {})
        axis, name, side = next(entry for entry in sides if entry[0] + str(entry[2]) == field["id"])
        low, high = area.get(name, (-np.inf, np.inf))
        value = float(field["value"]) / column_factor(name)
        state.area.value = {**area, name: (low, value) if side else (value, high)}
        state.typed.value += 1

    fields = []
    for axis, name, side in sides:
        end = (state.area.value or {}).get(name, (-np.inf, np.inf))[side]
        shown = float(f"{end * column_factor(name):.4g}") if np.isfinite(end) else ""
        label = f"{say(f'explorer.{axis}')}, {say(('explorer.from', 'explorer.to')[side])}"
        fields.append(
            {"id": f"{axis}{side}", "kind": "number", "step": "any", "label": label, "value": shown, "help": sweep.label(name, say)}
        )
    Form(fields=fields, label=say("explorer.limits"), lang=say.lang, event_changed=change)


def _find(state: State, sweep: Sweep, chosen: np.ndarray, session: Session) -> None:
    def work(job: Job) -> Box | None:
        return find_region(sweep, chosen)

    def arrived(box: Box | None) -> None:
        state.box.value = box if box is not None else Box({}, 0.0, 0.0, float(chosen.mean()))

    session.jobs.start(SLOT, work, on_done=arrived)


@solara.component
def _Region(state: State, sweep: Sweep, say: Words):
    """The box as a sentence and a table."""
    box = state.box.value
    if box is None:
        return Div()
    with Section(say("explorer.box")) as main:
        if not box.limits:
            Text(say("explorer.no_box"))
        else:
            shares = {"coverage": say.percent(box.coverage), "density": say.percent(box.density), "share": say.percent(box.share)}
            Text(say("explorer.box_text", **shares))
            rows = [
                {"cells": [{"text": sweep.label(name, say)}, *({"text": _edge(side, say)} for side in limits)]}
                for name, limits in box.limits.items()
            ]
            Table([say("explorer.input"), say("explorer.from"), say("explorer.to")], rows, label=say("explorer.box"))
    return main


def _edge(value: float, say: Words) -> str:
    return f"{say.number(value, 3)}" if np.isfinite(value) else say("explorer.open")


def _brushed(state: State, event: Mapping[str, Any]) -> None:
    areas = event.get("areas", [])
    x, y = state.x.value, state.y.value
    if not areas:
        if state.area.value is not None:
            state.area.value = None
        return
    sides = {name: [float(side) / column_factor(name) for side in areas[-1][axis]] for name, axis in ((x, "x"), (y, "y"))}
    state.area.value = {name: (min(ends), max(ends)) for name, ends in sides.items()}


def _ranged(state: State, axes: Sequence[str], event: Mapping[str, Any]) -> None:
    found = {
        name: [[float(side) / column_factor(name) for side in ends] for ends in intervals]
        for name, intervals in zip(axes, event.get("axes", []), strict=False)
        if intervals
    }
    if found != state.ranges.value:
        state.ranges.value = found


def _axes(sweep: Sweep, state: State) -> list[str]:
    """Axes of the parallel coordinates: inputs by their influence on the two of the scatter, then those two."""
    ranked = list(influence(sweep, (state.x.value, state.y.value)))
    return list(dict.fromkeys([*ranked[: MOST_AXES - 2], state.x.value, state.y.value]))


def _ranked_text(sweep: Sweep, state: State, say: Words) -> str:
    """Which inputs go with what is drawn, in one sentence."""
    found = list(influence(sweep, (state.x.value, state.y.value)).items())[:3]
    named = "; ".join(f"{sweep.label(name, say)} ({say.number(size, 2)})" for name, size in found)
    return say("sweep_form.ranked", named=named) if named else ""


def _sample(count: int) -> np.ndarray:
    """Rows that are drawn: all, or evenly spread ones."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).astype(int))


def _scatter(sweep: Sweep, chosen: np.ndarray, x: str, y: str, say: Words) -> dict[str, Any]:
    rows = _sample(len(sweep.table))
    arms = list(dict.fromkeys(sweep.table["pathway"]))
    values = np.column_stack([sweep.table[x] * column_factor(x), sweep.table[y] * column_factor(y)])
    series = []
    for index, arm in enumerate(arms):
        own = rows[(sweep.table["pathway"].to_numpy()[rows] == arm)]
        name = say.name("pathway", arm)
        for lit in (False, True):
            points = [[float(f"{v:.5g}") for v in values[i]] for i in own if chosen[i] == lit]
            color = style_of(arm, index)[0] if lit else "#c3cad1"
            series.append({"id": f"{arm}{lit}", "name": name if lit else " ", "type": "scatter", "data": points, "symbolSize": 6,
                           "itemStyle": {"color": color, "opacity": 0.75 if lit else 0.4}, "z": 3 if lit else 2, "silent": True})  # fmt: skip
    edge = {**AXIS["axisLine"], "onZero": False}  # where zero lies at the right, a name that begins there is cut
    return base_option(
        grid={"left": 10, "right": 20, "top": 62, "bottom": 26, "containLabel": True},
        toolbox={"show": False},
        legend={"top": 0, "left": 0, "data": [say.name("pathway", arm) for arm in arms]},
        xAxis=value_axis(sweep.label(x, say), scale=True, splitNumber=4, nameLocation="middle", nameGap=28, axisLine=edge),
        yAxis=value_axis(sweep.label(y, say), scale=True, nameTextStyle={**AXIS["nameTextStyle"], "align": "left"}, axisLine=edge),
        brush={"xAxisIndex": 0, "yAxisIndex": 0, "brushStyle": {"color": "rgba(0,114,178,.12)", "borderColor": "#0072B2"},
               "outOfBrush": {"colorAlpha": 1}, "toolbox": [], "throttleType": "debounce", "throttleDelay": 100},
        series=series,
    )  # fmt: skip


def _ends(values: np.ndarray) -> dict[str, float]:
    """Round ends of an axis that holds the values, and its steps."""
    from matplotlib.ticker import MaxNLocator

    ticks = MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(np.nanmin(values), np.nanmax(values))
    return {"min": float(f"{ticks[0]:.9g}"), "max": float(f"{ticks[-1]:.9g}"), "interval": float(f"{ticks[1] - ticks[0]:.9g}")}


def _parallel(sweep: Sweep, chosen: np.ndarray, axes: Sequence[str], say: Words) -> dict[str, Any]:
    rows = _sample(len(sweep.table))
    rows = rows[:: max(1, len(rows) // 800)]
    values = np.column_stack([sweep.table[name] * column_factor(name) for name in axes])
    label = {"fontSize": 11, "lineHeight": 14, "color": "#1c2733"}
    series = [
        {"id": str(lit), "type": "parallel", "smooth": False, "silent": True, "inactiveOpacity": 0.08, "activeOpacity": 0.5,
         "lineStyle": {"color": "#0072B2" if lit else "#c3cad1", "opacity": 0.45 if lit else 0.15, "width": 1},
         "data": [[float(f"{v:.5g}") for v in values[i]] for i in rows if chosen[i] == lit], "z": 3 if lit else 2}
        for lit in (False, True)
    ]  # fmt: skip
    return base_option(
        parallel={"left": 50, "right": 64, "top": 96, "bottom": 20},
        parallelAxis=[
            {"dim": i, "name": "\n".join(wrap(sweep.label(name, say), 15, max_lines=5, placeholder=" …")), "type": "value", **AXIS, "nameTextStyle": label, "nameLocation": "end", "nameGap": 10,
             **_ends(values[:, i]),
             "axisLabel": {**AXIS["axisLabel"], "formatter": "=number", "textBorderColor": "#fff", "textBorderWidth": 2},
             "areaSelectStyle": {"width": 16, "color": "#0072B2", "borderColor": "#0072B2", "opacity": 0.25}}
            for i, name in enumerate(axes)
        ],
        series=series,
    )  # fmt: skip


def _brief(sweep: Sweep, chosen: np.ndarray, state: State, say: Words) -> str:
    rows = [
        [sweep.label(name, say), *(say.number(v * column_factor(name), 2) for v in (part.mean(), part.quantile(0.1), part.quantile(0.9)))]
        for name in sweep.outcomes for part in (sweep.table[name][chosen],)
    ]  # fmt: skip
    count = {"chosen": say.number(int(chosen.sum())), "all": say.number(len(chosen)), "runs": say.number(sweep.runs)}
    return brief_html(
        Brief(
            title=say("page.explorer.title"), lines=[say("brief.setting", setting=state.folder.value)],
            answer=[say("explorer.count", **count)], figure=scatter_figure(sweep, chosen, state.x.value, state.y.value, say),
            heads=[say("explorer.outcome"), say("explorer.mean"), "10 %", "90 %"], rows=rows,
            command=" ".join(["ecocluster", *with_words(), "export", str(state.folder.value), "--to runs.parquet"]),
        ),
        say,
    )  # fmt: skip
