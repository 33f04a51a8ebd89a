"""Page Evidence: what the numbers rest on, how the model goes, and how it was checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import solara

from ...model.parameters import PARAMETERS, Parameter
from ..parameter_words import meaning_of, plain, range_of, source_of
from ..sources import ids_in, known_sources
from ..words import MISSING, Words, value_of
from .address import Address, AddressBar
from .brief import Brief, brief_html
from .charts import AXIS, Chart, base_option
from .controls import PlainButton
from .export import Export
from .frame import Div, Heading, Section, Table, Text
from .session import use_session
from .unknown import TOPICS
from .watch_form import Form

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["CALIBRATION", "CHECKS", "MARKS", "Page"]

PAGE_ROWS = 25
# from what others measured to what is guessed: name of the mark and its colour
MARKS = {
    "documented": "#0072B2", "press": "#56B4E9", "seed": "#009E73", "derived": "#CC79A7", "calibrated": "#E69F00",
    "definition": "#999999", "memory": "#F0E442", "assumption": "#D9D9D9",
}  # fmt: skip
STEPS = 11
# rows of the table of calibration in docs/odd.md; a test holds them together
CALIBRATION = {
    "C1": 1,
    "C2": 2,
    "C3": 2,
    "C4": 2,
    "C5": 1,
    "C6": 2,
    "C7": 3,
    "C8": 1,
    "C9": 1,
    "C10": 1,
    "totals": 2,
}
CAL_COLUMNS = ("target", "what", "band", "model", "verdict")
OUTSIDE_THE_BAND = {"C1.1", "C10.1"}
# tests with known answers, by what they are about; a test looks for each in tests/verification
CHECKS = {
    "diffusion": ("V1", "V2", "V3", "V28"), "decisions": ("V6", "V7", "V8", "V19", "V26", "V27"),
    "trust": ("V5", "V9", "V10", "V30"), "books": ("V11", "V12", "V13", "V14", "V23"),
    "population": ("V24", "V25"), "runs": ("V15", "V16", "V17", "V18", "V20", "V21", "V22", "V31", "V32"),
}  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What of the parameters is shown."""

    search: str = ""
    mark: str = ""
    group: str = ""
    rows: int = PAGE_ROWS


class State:
    """What survives a visit to another page; restored from an address."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.address = said = Address(fields)
        groups = {parameter.group for parameter in PARAMETERS.values()}
        self.filter = solara.Reactive(
            Filter(said.text("search")[:80], said.one_of("mark", MARKS, ""), said.one_of("group", groups, ""))
        )

    def fields(self) -> dict[str, str]:
        """Fields of the address that restores the page."""
        wanted = self.filter.value
        return {"search": wanted.search, "mark": wanted.mark, "group": wanted.group}


@solara.component
def Page():
    """How solid, every parameter, the model, the checks."""
    session = use_session()
    state = session.page("evidence", State)
    Heading("evidence")
    AddressBar("/evidence", state.fields(), state.address)
    _Solidity()
    _Parameters(state)
    _Model()
    _Checked()


@solara.component
def _Solidity():
    """How much of the model is measured, and how much is a guess."""
    say = use_session().say
    marks = Counter(parameter.mark for parameter in PARAMETERS.values())
    with Section(say("evidence.solid_title")):
        with Div("answer"):
            Text(_guesses(say))
            Text(say("evidence.guess_why"))
        with Div("pair"):
            with Div():
                Text(say("evidence.by_group"), "h3")
                Chart(_marks_option(say), label=say("evidence.by_group"), height=430)
            heads = [say("evidence.mark"), say("evidence.count"), say("evidence.mark_meaning")]
            rows = [
                {
                    "cells": [
                        {"text": say(f"evidence.mark.{m}")},
                        {"text": say.number(marks[m])},
                        {"text": say(f"evidence.about.{m}")},
                    ]
                }
                for m in MARKS
            ]
            with Div():
                Text(say("evidence.marks"), "h3")
                Table(heads, rows, label=say("evidence.marks"), text_columns=(0, 2))


def _groups() -> dict[str, Counter]:
    """Marks by group of parameters, largest group first."""
    found: dict[str, Counter] = {}
    for parameter in PARAMETERS.values():
        found.setdefault(parameter.group, Counter())[parameter.mark] += 1
    return dict(sorted(found.items(), key=lambda item: -item[1].total()))


def _marks_option(say: Words) -> dict[str, Any]:
    """Bars of the groups, parted by mark."""
    groups = _groups()
    names = [f"{say(f'evidence.group.{group}')} ({say.number(marks.total())})" for group, marks in groups.items()]
    series = [
        {
            "name": say(f"evidence.mark.{mark}"),
            "type": "bar",
            "stack": "all",
            "color": color,
            "barCategoryGap": "25%",
            "data": [round(100 * marks[mark] / marks.total(), 2) for marks in groups.values()],
        }
        for mark, color in MARKS.items()
    ]
    return base_option(
        legend={"bottom": 0, "itemWidth": 14, "itemHeight": 10, "textStyle": {"fontSize": 11}},
        grid={"left": 26, "right": 20, "top": 6, "bottom": 58, "containLabel": True},
        xAxis={"type": "value", "max": 100, **AXIS},
        yAxis={"type": "category", "inverse": True, "data": names, **AXIS},
        tooltip={"trigger": "axis", "formatter": "=axis"},
        series=series,
    )


@cache
def _searchable(lang: str) -> list[tuple[Parameter, str]]:
    """Every parameter with what a search looks at: name, meaning, unit, source, without case or accents."""
    say = Words(lang)
    return [
        (
            p,
            plain(
                " ".join(
                    (
                        p.name,
                        p.name.replace("_", " "),
                        meaning_of(p, say),
                        p.symbol,
                        say.name("unit", p.unit),
                        p.source,
                    )
                )
            ),
        )
        for p in PARAMETERS.values()
    ]


def _chosen(wanted: Filter, lang: str) -> list[Parameter]:
    words = plain(wanted.search).split()
    return [
        p
        for p, text in _searchable(lang)
        if all(word in text for word in words) and wanted.mark in ("", p.mark) and wanted.group in ("", p.group)
    ]


@solara.component
def _Parameters(state: State):
    """Every parameter: searched, filtered, and to be taken away."""
    session = use_session()
    say, wanted = session.say, state.filter.value
    found = _chosen(wanted, say.lang)

    def change(field: Mapping[str, Any]) -> None:
        state.filter.value = Filter(**{**wanted.__dict__, "rows": PAGE_ROWS, field["id"]: str(field["value"])[:80]})

    everything = {"id": "", "label": say("evidence.all")}
    fields = [
        {
            "id": "search",
            "kind": "search",
            "label": say("evidence.search"),
            "value": wanted.search,
            "placeholder": say("evidence.search_hint"),
        },
        {
            "id": "mark",
            "kind": "select",
            "label": say("evidence.mark"),
            "value": wanted.mark,
            "options": [everything, *({"id": mark, "label": say(f"evidence.mark.{mark}")} for mark in MARKS)],
        },
        {
            "id": "group",
            "kind": "select",
            "label": say("evidence.group"),
            "value": wanted.group,
            "options": [
                everything,
                *({"id": group, "label": say(f"evidence.group.{group}")} for group in _groups()),
            ],
        },
    ]
    with Section(say("evidence.parameters"), say("evidence.parameters_note")):
        Form(fields=fields, label=say("evidence.parameters"), lang=say.lang, event_changed=change)
        Text(
            say("evidence.found", found=say.number(len(found)), total=say.number(len(PARAMETERS))),
            classes="soft",
        )
        columns = ("meaning", "default_range", "unit", "mark", "source")
        heads = [say("evidence.name"), *(say(f"evidence.{name}") for name in columns)]
        Table(
            heads,
            [_row(p, say) for p in found[: wanted.rows]],
            label=say("evidence.parameters"),
            text_columns=(0, 1, 3, 4, 5),
        )
        if len(found) > wanted.rows:
            more = Filter(**{**wanted.__dict__, "rows": 4 * wanted.rows})
            label = say("evidence.more", shown=say.number(wanted.rows), total=say.number(len(found)))
            PlainButton(label, lambda: state.filter.set(more))
        _Sources(found[: wanted.rows])
        Export(
            name="parameters",
            figures={"solidity": lambda: _marks_figure(say)},
            table=lambda: _frame(found, say),
            link=session.link("/evidence", state.fields()),
            brief=lambda: _brief(say),
        )


def _anchor(one: str) -> str:
    """Name of the place on the page where a source is told."""
    return "source-" + one.replace(" ", "-").replace(".", "-")


def _titles(p: Parameter) -> str:
    """What the ids of a source stand for."""
    return "; ".join(f"{one}: {known_sources()[one].title}" for one in ids_in(p.source) if one in known_sources())


def _id(one: str, say: Words) -> str:
    """An id as the parameters' sources say it in the reader's language."""
    kind, _, name = one.partition(" ")
    return f"{say(f'sources.{kind}')} {name}"


@solara.component
def _Sources(found: Sequence[Parameter]):
    """The entries of the documents that the parameters shown name: title, place, and whom they name, with a link."""
    say, known = use_session().say, known_sources()
    named = [one for one in dict.fromkeys(one for p in found for one in ids_in(p.source)) if one in known]
    if not named:
        return
    heads = [say(f"sources.{name}") for name in ("id", "title_of", "place", "origin")]
    rows = []
    for source in (known[one] for one in sorted(named, key=list(known).index)):
        cells: list[dict[str, str]] = [{"text": _id(source.id, say)}, {"text": source.title}, {"text": source.place}]
        rows.append({"anchor": _anchor(source.id), "cells": [*cells, {"text": source.origin or MISSING, "link": source.link}]})
    with Section(say("sources.title"), say("sources.note")):
        with Div("tall"):
            Table(heads, rows, label=say("sources.title"), text_columns=(0, 1, 2, 3))


def _row(p: Parameter, say: Words) -> dict[str, Any]:
    return {
        "cells": [
            {"text": p.name},
            {"text": meaning_of(p, say)},
            {"text": value_of(p.default, say), "sub": range_of(p, say)},
            {"text": say.name("unit", p.unit)},
            {"text": say(f"evidence.mark.{p.mark}")},
            {
                "text": source_of(p, say),
                "title": _titles(p),
                "link": next((f"#{_anchor(one)}" for one in ids_in(p.source) if one in known_sources()), ""),
            },
        ]
    }


def _frame(found: Sequence[Parameter], say: Words) -> pd.DataFrame:
    """The parameters that are shown, with full numbers."""
    import pandas as pd

    columns = ("name", "symbol", "group", "default", "low", "high", "off", "distribution", "unit", "mark", "source")
    frame = pd.DataFrame([[getattr(p, column) for column in columns] for p in found], columns=columns)
    frame["meaning"] = [meaning_of(p, say) for p in found]
    return frame


def _marks_figure(say: Words) -> Figure:
    """The chart of marks by group, as it is kept."""
    from ..drawing import in_style, new_figure, title_and_legend

    @in_style
    def draw() -> Figure:
        groups = _groups()
        figure = new_figure(4.6, left=2.6, bottom=1.0)
        axes = figure.subplots()
        start = [0.0] * len(groups)
        handles = []
        for mark, color in MARKS.items():
            widths = [100 * marks[mark] / marks.total() for marks in groups.values()]
            handles.append(axes.barh(range(len(groups)), widths, left=start, color=color))
            start = [a + b for a, b in zip(start, widths, strict=True)]
        axes.set_yticks(range(len(groups)), [f"{say(f'evidence.group.{g}')} ({m.total()})" for g, m in groups.items()])
        axes.invert_yaxis()
        axes.set_xlabel("%")
        title_and_legend(figure, say("evidence.by_group"), handles, [say(f"evidence.mark.{mark}") for mark in MARKS])
        return figure

    return draw()


def _guesses(say: Words) -> str:
    """How much of the model is a guess, in one sentence."""
    everything = list(PARAMETERS.values())
    single = [p for p in everything if p.group not in ("sector", "technology", "stream")]
    share, lone = (sum(p.mark == "assumption" for p in found) / len(found) for found in (everything, single))
    return say(
        "evidence.guess",
        total=say.number(len(everything)),
        share=say.percent(share),
        single=say.number(len(single)),
        lone=say.percent(lone),
    )


def _brief(say: Words) -> str:
    """The page to print: how solid it is, what was met, what is a guess."""
    return brief_html(
        Brief(
            title=say("evidence.brief_title"),
            lines=[],
            answer=[_guesses(say), say("evidence.guess_why")],
            heads=[say(f"evidence.cal_{name}") for name in ("what", "band", "verdict")],
            rows=[[f"{target}: {what}", band, verdict] for target, what, band, _, verdict in _calibration(say)],
            notes=[say(f"unknown.{topic}.what") for topic in TOPICS["guessed"]],
        ),
        say,
    )


@solara.component
def _Model():
    """The model in short: what happens in a quarter, and what a pathway is."""
    say = use_session().say
    with Section(say("evidence.model")):
        for number in range(1, 4):
            Text(say(f"evidence.model{number}"))
        Text(say("evidence.quarter"), "h3")
        solara.v.Html(
            tag="ol",
            class_="evidence-steps",
            children=[Text(say(f"evidence.step{number}"), "li") for number in range(1, STEPS + 1)],
        )
        Text(say("evidence.model_more"), classes="soft")


def _calibration(say: Words) -> list[list[str]]:
    """Rows of the table of calibration: target, what, published, model, verdict."""
    rows = []
    for target, count in CALIBRATION.items():
        for number in range(1, count + 1):
            key = f"{target}.{number}"
            name = say("evidence.totals") if target == "totals" else target
            verdict = say("evidence.out_of_band" if key in OUTSIDE_THE_BAND else "evidence.in_band")
            rows.append([name, *(say(f"evidence.cal.{key}.{part}") for part in ("what", "band", "model")), verdict])
    return rows


@solara.component
def _Checked():
    """Calibration against published patterns, and tests with known answers."""
    say = use_session().say
    with Section(say("evidence.calibration"), say("evidence.calibration_note")):
        rows = [{"cells": [{"text": text} for text in row]} for row in _calibration(say)]
        heads = [say(f"evidence.cal_{name}") for name in CAL_COLUMNS]
        Table(heads, rows, label=say("evidence.calibration"), text_columns=(0, 1, 2, 3, 4))
    rows = []
    for about, tests in CHECKS.items():
        rows.append({"group": say(f"evidence.checks.{about}")})
        rows += [{"cells": [{"text": test}, {"text": say(f"evidence.v.{test}")}]} for test in tests]
    with Section(say("evidence.checks"), say("evidence.checks_note")):
        Table(
            [say("evidence.test"), say("evidence.expected")],
            rows,
            label=say("evidence.checks"),
            text_columns=(0, 1),
        )
