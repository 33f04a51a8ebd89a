"""Controls that pages share: sliders of levers, the schematic map of the city's clusters, choices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import solara

from ...model.levers import LEVERS
from ...model.roster import own_levers
from ..words import Words, value_of
from .session import use_session

__all__ = ["BUDGET", "DISTRICTS", "SLIDERS", "Choice", "ClusterMap", "Levers", "PlainButton", "Spot", "city_spots", "law_options", "lever_text", "round_step", "slider_groups"]  # fmt: skip

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

# column and row of a district on the schematic map: who lies beside whom, not how large
DISTRICTS = {
    "Sóc Sơn": (3, 0),
    "Đan Phượng": (1, 1), "Bắc Từ Liêm": (2, 1), "Đông Anh": (3, 1), "Gia Lâm": (4, 1),
    "Thạch Thất": (0, 2), "Hoài Đức": (1, 2), "Hai Bà Trưng": (2, 2), "Long Biên": (3, 2),
    "Quốc Oai": (0, 3), "Hà Đông": (1, 3), "Hoàng Mai": (2, 3),
    "Chương Mỹ": (0, 4), "Thanh Oai": (1, 4), "Thanh Trì": (2, 4),
    "Phú Xuyên": (1, 5), "Thường Tín": (2, 5),
}  # fmt: skip


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
    groups = [{"title": say("levers.money"), "items": [budget], "open": True}]
    groups += [
        {
            "title": say(f"levers.{group}"),
            "items": [_slider(name, say, (marks or {}).get(name, ())) for name in names],
            "open": group in ("advice", "modules"),
        }
        for group, names in ({} if only_budget else slider_groups()).items()
    ]
    texts = {key: say(f"levers.{key}") for key in ("own", "reset", "baseline", "usual", "reset_all")}
    _Levers(groups=groups, values=dict(values), lang=session.lang.value, texts=texts, event_moved=on_moved)


@dataclass(frozen=True)
class Spot:
    """A cluster on the map."""

    id: str
    name: str
    district: str
    firms: float
    synthetic: bool


@cache
def city_spots(city: str = "hanoi") -> tuple[Spot, ...]:
    """Clusters of a city that ships, in the order of its table."""
    from ...scenarios import load_scenario

    return tuple(
        Spot(cluster.id, cluster.name, cluster.district, cluster.firms_2018, cluster.synthetic)
        for cluster in load_scenario(city).site.clusters
    )


@solara.component_vue("../assets/tiles.vue")
def _Tiles(tiles: list, chosen: str, label: str, event_choose: Callable[[str], None]) -> None: ...


@solara.component
def ClusterMap(
    chosen: str,
    on_choose: Callable[[str], None],
    colors: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
):
    """The city's clusters by district: a dot is a cluster, as large as its number of firms.

    Parameters
    ----------
    chosen : str
        Id of the cluster to mark.
    on_choose : callable
        Gets the id of a cluster.
    colors : mapping, optional
        Cluster to colour; default: one colour for all.
    notes : mapping, optional
        Cluster to what its tooltip says beside name and firms.
    """
    say = use_session().say
    tiles = []
    for district, (column, row) in DISTRICTS.items():
        spots = [
            {
                "id": spot.id, "size": round(5 + spot.firms**0.5), "color": (colors or {}).get(spot.id, "#0b6e4f"),
                "title": say("map.cluster", name=spot.name, firms=say.number(spot.firms))
                + (f" · {notes[spot.id]}" if notes and spot.id in notes else ""),
            }
            for spot in city_spots() if spot.district == district
        ]  # fmt: skip
        tiles.append({"name": district, "column": column + 1, "row": row + 1, "spots": spots})
    _Tiles(tiles=tiles, chosen=chosen, label=say("map.label"), event_choose=on_choose)


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
    _Choice(label=label, groups=groups, value=value, event_chosen=on_value)


def law_options(say: Words) -> list[tuple[str, str]]:
    """Laws that ship, as a `Choice` takes them."""
    from ...scenarios import list_laws

    return [(entry.id, getattr(entry, say.lang)) for entry in list_laws()]


@solara.component_vue("../assets/button.vue")
def _Button(label: str, main: bool, pressed: bool, event_pressed: Callable[[Any], None]) -> None: ...


def PlainButton(label: str, on_click: Callable[[], None], main: bool = False, pressed: bool = False):
    """A button; `main` is the one thing to do here, `pressed` the one of a row that is chosen."""
    return _Button(label=label, main=main, pressed=pressed, event_pressed=lambda _: on_click())
