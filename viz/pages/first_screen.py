"""The first screen: one number with its range, one sentence, one chart, and what would change them one click away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import solara

from ...experiments.comparison import Comparison
from ...experiments.question import PATHWAYS
from ...experiments.worlds import ANSWER
from ..drawing import style_of
from ..headline import HeadlineRow
from ..one_sentence import GROUND, OneSentence, changes, one_sentence, sketched_sentence
from ..words import Words
from .address import Address
from .charts import AXIS, Chart, base_option, value_axis
from .controls import Choice, PlainButton, law_options
from .frame import Div, JobStatus, Text
from .session import use_session

if TYPE_CHECKING:
    from .compare import State
    from .compare_run import Picture

__all__ = ["First", "FirstScreen", "sketch_text"]

ARMS = tuple(name for name in PATHWAYS if name not in ("null", "law"))
LAWS = ("today", "middle")  # of the switch; the list of laws has them all
SOONEST = (2030, 2035)


class First:
    """Pathway and outcome of the first screen; the year and the law are those of the page."""

    def __init__(self, said: Address) -> None:
        self.arm = solara.Reactive(said.one_of("pathway", ARMS, ARMS[0]))
        self.outcome = solara.Reactive(said.one_of("outcome", list(GROUND), next(iter(GROUND))))

    def fields(self) -> dict[str, Any]:
        """Fields of the address."""
        return {"pathway": self.arm.value, "outcome": self.outcome.value}


@solara.component
def FirstScreen(state: State, slot: str, on_law: Callable[[str], None], on_worlds: Callable[[], None]):
    """Everything above the fold.

    Parameters
    ----------
    state : compare.State
    slot : str
        Of the comparison's job.
    on_law : callable
        Gets the law of the switch.
    on_worlds : callable
        Run the worlds.
    """
    session = use_session()
    say, shown, first = session.say, state.told.value, state.first
    with Div("bar noprint first-choice"):
        Choice(say("one.pathway"), [(name, say.name("pathway", name)) for name in ARMS], first.arm.value, first.arm.set)
        outcomes = [(name, say(f"row.{name}")) for name in GROUND]
        Choice(say("one.outcome"), outcomes, first.outcome.value, first.outcome.set)
        with Div("switch", role="group", **{"aria-label": say("compare.year")}):
            for year in SOONEST:
                PlainButton(say("one.until", year=year), partial(state.year.set, year), pressed=year == state.year.value)
        with Div("switch", role="group", **{"aria-label": say("compare.law")}):
            for law in LAWS:
                PlainButton(say(f"one.beyond_{law}"), partial(on_law, law), pressed=law == state.law.value)
    title = dict(law_options(say)).get(state.law.value, state.law.value)
    told = _told(shown, first, state.year.value, title, say)
    busy, sketch = session.jobs.state(slot).value.busy, not isinstance(shown, Comparison)
    opacity = 0.55 if busy and state.stale() else 1
    of = {"data-shows": "nothing" if told is None else "sketch" if sketch else "answer", "data-runs": str(_runs(shown))}
    with Div("card first", **{"aria-live": "polite", "style": f"opacity: {opacity}", **of}):
        if told is None or shown is None:
            Text(say("compare.first"))
        else:
            with Div("first-number"):
                # always there, so that nothing below it takes another's place while the answer comes
                Text(say("one.sketch") if sketch else "", "p", "sketch")
                Text(told.label, "p", "soft")
                Text(told.number, "p", "number")
                if told.range:
                    Text(told.range, "p", "soft")
                Text(told.sure, "p", "soft")
            with Div("first-chart"):
                option = _option(told.row, shown.arms, first.arm.value, say)
                Chart(option, label=say("one.chart", outcome=told.row.label, unit=told.row.unit), height=42 * len(ARMS) + 34)
                Text(say("one.chart_note", unit=told.row.unit), "p", "soft")
            Text(told.text, "p", "sentence")
    with Div("bar noprint"):
        JobStatus(slot)
        if not state.worlds.value and not busy:
            PlainButton(say("one.worlds", worlds=say.number(ANSWER[1])), on_worlds, main=True)
    if isinstance(shown, Comparison) and told is not None:
        _Changes(shown, first, state.year.value)


def _told(shown: Picture | Comparison | None, first: First, year: int, law: str, say: Words) -> OneSentence | None:
    """Number and sentence of an answer, or of a sketch of it."""
    arm, outcome = first.arm.value, first.outcome.value
    if shown is None:
        return None
    if isinstance(shown, Comparison):
        return one_sentence(shown, arm, outcome, year, law, say)
    return sketched_sentence(shown.gains, shown.arms, arm, outcome, year, law, sketch_text(shown, say), say)


def _runs(shown: Picture | Comparison | None) -> int:
    """Runs, or worlds, of each pathway behind what is shown."""
    if isinstance(shown, Comparison):
        return shown.question.worlds or shown.question.replicates
    return 0 if shown is None else shown.replicates


def sketch_text(picture: Picture, say: Words) -> str:
    """What a sketch is made of."""
    return say("compare.sketch", clusters=picture.clusters, of=picture.of_clusters, worlds=picture.replicates)


@solara.component
def _Changes(answer: Comparison, first: First, year: int):
    """What the number hangs on, folded away until someone asks: it is reckoned only then."""
    say = use_session().say
    opened = solara.use_reactive(False)
    lines = changes(answer, first.arm.value, first.outcome.value, year, say) if opened.value else []
    with Div("noprint changes"):
        PlainButton(say("one.changes"), lambda: opened.set(not opened.value), pressed=opened.value)
        with Div("eco-terms", **{"aria-live": "polite"}):
            for line in [*lines, say("one.levers")] if opened.value else []:
                Text(line)


def _option(row: HeadlineRow, known: Sequence[str], chosen: str, say: Words) -> dict[str, Any]:
    """Bars of all pathways with their ranges; the chosen one is strong."""
    arms = [name for name in reversed(known) if name in ARMS]
    cells = [row.cells[known.index(name)] for name in arms]
    bars = [
        {"value": _short(cell.middle), "itemStyle": {"color": style_of(name, n)[0], "opacity": 1 if name == chosen else 0.45}}
        for n, (name, cell) in enumerate(zip(arms, cells, strict=True))
    ]
    whiskers = [[_short(cell.low), _short(cell.high), n] for n, cell in enumerate(cells) if cell.range]
    return base_option(
        grid={"left": 26, "right": 26, "top": 6, "bottom": 4, "containLabel": True},
        tooltip={"trigger": "item", "confine": True, "valueFormatter": "=number"},
        xAxis=value_axis(splitNumber=3),  # more do not fit beside each other on a small screen
        yAxis={
            "type": "category", "data": [say.name("pathway", name) for name in arms], **AXIS,
            "axisLabel": {"color": "#1c2733", "fontSize": 12},
        },
        series=[
            {"id": "bars", "name": row.label, "type": "bar", "data": bars, "barWidth": 16},
            {"id": "whiskers", "type": "custom", "renderItem": "=whisker", "data": whiskers, "silent": True, "z": 3,
             "encode": {"x": [0, 1], "y": 2}},
        ],
    )  # fmt: skip


def _short(value: float) -> float | None:
    return float(f"{value:.5g}") if value == value else None
