"""Controls that pages share: sliders of levers, choices, buttons."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

from ...model.levers import LEVERS
from ...model.roster import own_levers
from ..words import Words, value_of
from . import heard
from .session import use_session

__all__ = ["BUDGET", "SLIDERS", "Choice", "Levers", "PlainButton", "law_options", "lever_text", "round_step", "slider_groups"]

# the levers that a policy debate is about, in groups; all others keep the pathways' own values
SLIDERS: dict[str, tuple[str, ...]] = {
    "advice": ("extension", "innovation_centre", "certainty"),
    "control": ("inspection_rate", "monitoring_data", "fine_multiplier"),
    "support": ("grant_T2", "interest_cut", "green_fund", "CIT_reduction"),
    "symbiosis": ("coordinator", "map", "symbiosis_grant", "permit_rate"),
    "places": ("cofunding_infrastructure", "relocation_aid", "land_support"),
}
# where a lever may be moved to here; the allowed range of the registry is wider than what was ever discussed
REACH = {"inspection_rate": (0.0, 1.0), "fine_multiplier": (0.0, 5.0), "permit_rate": (0.5, 12.0)}
BUDGET = (0.0, 400.0, 150.0)  # bn VND a year for the city: lowest, highest, baseline


def slider_groups() -> dict[str, tuple[str, ...]]:
    """`SLIDERS`, and the levers of loaded modules."""
    own = own_levers()
    return {**SLIDERS, **({"modules": own} if own else {})}


@solara.component_vue("../assets/levers.vue")
def _Levers(
    groups: list,
    values: dict,
    lang: str,
    texts: dict,
    event_moved: Callable[[dict], None],
) -> None: ...


def _percent(unit: str) -> bool:
    return unit.startswith(("share", "0-1", "probability"))


def round_step(low: float, high: float, *points: float) -> float:
    """Step of a slider: the largest of 5, 1, 0.5, 0.1, 0.05 ... that leaves it fifty places or more and meets its ends and `points`."""
    span = high - low
    power = math.ceil(math.log10(span))
    steps = [digit * 10.0**exponent for exponent in range(power, power - 5, -1) for digit in (5.0, 1.0)]
    fine = [step for step in steps if span / step >= 50 - 1e-9]
    return round(next((step for step in fine if all(_meets(point, step) for point in (low, high, *points))), fine[0]), 9)


def _meets(value: float, step: float) -> bool:
    return abs(value / step - round(value / step)) < 1e-6


def _slider(name: str, say: Words, marks: Sequence[float]) -> dict[str, Any]:
    lever = LEVERS[name]
    low, high = REACH.get(name, (lever.low, lever.high))
    return {
        "name": name, "label": say(f"lever.{name}"), "about": say(f"lever.{name}_about"),
        "unit": "%" if _percent(lever.unit) else say.name("lever_unit", lever.unit),
        "factor": 100 if _percent(lever.unit) else 1, "low": low, "high": high,
        "step": round_step(low, high, lever.baseline), "baseline": lever.baseline,
        "marks": sorted({mark for mark in marks if low <= mark <= high}),
    }  # fmt: skip


def lever_text(name: str, value: float, say: Words) -> str:
    """A lever with its value as readers write it: "Inspections 0.5 a year"."""
    unit = LEVERS[name].unit if name in LEVERS else ""
    shown = say.percent(value) if _percent(unit) else f"{value_of(value, say)} {say.name('lever_unit', unit)}"
    return f"{say.name('lever', name)} {shown}"


@solara.component
def Levers(
    values: Mapping[str, float],
    on_moved: Callable[[dict[str, float]], None],
    marks: Mapping[str, Sequence[float]] | None = None,
    only_budget: bool = False,
):
    """Sliders of the main levers. A lever that nobody moved keeps the value of each pathway.

    Parameters
    ----------
    values : mapping
        Levers that were moved, and "budget_bn" (bn VND a year).
    on_moved : callable
        Gets all of them again, several times a second while one is dragged.
    marks : mapping, optional
        Lever to the values it has in the pathways, drawn below its slider.
    only_budget : bool
        No lever, just the money.
    """
    session = use_session()
    say = session.say
    low, high, baseline = BUDGET
    budget = {
        "name": "budget_bn", "label": say("lever.budget"), "about": say("lever.budget_about"),
        "unit": say("lever_unit.bn"), "factor": 1, "low": low, "high": high, "step": 5, "baseline": baseline, "marks": [],
        "always": True,
    }  # fmt: skip
    own = {} if only_budget else slider_groups()
    moving = {group: [_slider(name, say, (marks or {}).get(name, ())) for name in names] for group, names in own.items()}
    groups: list[dict[str, Any]] = [{"title": say("levers.money"), "items": [budget], "open": True}]
    groups += [
        {"title": say(f"levers.{group}"), "items": items, "open": group in ("advice", "modules")} for group, items in moving.items()
    ]
    texts = {key: say(f"levers.{key}") for key in ("own", "reset", "baseline", "usual", "reset_all")}
    _Levers(
        groups=groups,
        values=dict(values),
        lang=session.lang.value,
        texts=texts,
        event_moved=heard.sliders([budget, *(item for items in moving.values() for item in items)], values, on_moved),
    )


@solara.component_vue("../assets/choice.vue")
def _Choice(label: str, groups: list, value: str, event_chosen: Callable[[str], None]) -> None: ...


@solara.component
def Choice(
    label: str,
    options: Sequence[tuple[str, str]] | Mapping[str, Sequence[tuple[str, str]]],
    value: str,
    on_value: Callable[[str], None],
):
    """A list to choose one entry from.

    Parameters
    ----------
    label : str
    options : sequence of (id, text), or mapping of group titles to such sequences
    value : str
    on_value : callable
    """
    named = options if isinstance(options, Mapping) else {"": options}
    groups = [{"title": title, "items": [{"id": key, "text": text} for key, text in items]} for title, items in named.items()]
    _Choice(
        label=label,
        groups=groups,
        value=value,
        event_chosen=heard.one_of([key for items in named.values() for key, _ in items], on_value),
    )


def law_options(say: Words) -> list[tuple[str, str]]:
    """Laws that ship, as a `Choice` takes them."""
    from ...scenarios import list_laws

    return [(entry.id, getattr(entry, say.lang)) for entry in list_laws()]


@solara.component_vue("../assets/button.vue")
def _Button(label: str, main: bool, pressed: bool, event_pressed: Callable[[Any], None]) -> None: ...


def PlainButton(label: str, on_click: Callable[[], None], main: bool = False, pressed: bool = False):
    """A button; `main` is the one thing to do here, `pressed` the one of a row that is chosen."""
    return _Button(label=label, main=main, pressed=pressed, event_pressed=lambda _: on_click())
