"""The city's clusters on a map of tiles: to choose one, or to see an outcome of two pathways year by year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import solara

from ..districts import DISTRICTS, city_spots
from ..words import Words
from . import heard
from .session import use_session

__all__ = ["ClusterMap", "OutcomeMap"]

PLAIN = "#0b6e4f"


@solara.component_vue("../assets/tiles.vue")
def _Tiles(
    tiles: list,
    spots: list,
    maps: list,
    palette: list,
    years: list,
    year: int,
    chosen: str,
    texts: dict,
    event_choose: Callable[[str], None],
    event_moved: Callable[[int], None],
) -> None: ...


def _tiles() -> list[dict[str, Any]]:
    """Districts in the order in which they are read, with the places of their clusters in `city_spots`: the known ones first."""
    spots = city_spots()
    order = sorted(range(len(spots)), key=lambda i: spots[i].invented)
    ranked = sorted(DISTRICTS.items(), key=lambda item: item[1][::-1])
    return [
        {"name": name, "column": column + 1, "row": row + 1, "spots": [i for i in order if spots[i].district == name]}
        for name, (column, row) in ranked
    ]  # fmt: skip


def _spots(say: Words, notes: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    told = []
    for spot in city_spots():
        title = say("map.cluster", name=spot.name, firms=say.number(spot.firms))
        title += f" · {say('city.invented')}" if spot.invented else ""
        title += f" · {notes[spot.id]}" if notes and spot.id in notes else ""
        told.append({"id": spot.id, "title": title, "size": round(5 + spot.firms**0.5), "invented": spot.invented})
    return told


def _texts(say: Words) -> dict[str, str]:
    return {"label": say("map.label"), **{key: say(f"city.{key}") for key in ("year", "play", "pause", "keys")}}


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
    own = [(colors or {}).get(spot.id, PLAIN) for spot in city_spots()]
    palette = list(dict.fromkeys(own))
    cells = [[[palette.index(color)] for color in own]]
    _Tiles(
        tiles=_tiles(), spots=_spots(say, notes), maps=[{"title": "", "text": False, "cells": cells}],
        palette=[[color, "#fff"] for color in palette], years=[], year=0, chosen=chosen, texts=_texts(say),
        event_choose=heard.one_of([spot.id for spot in city_spots()], on_choose), event_moved=lambda _: None,
    )  # fmt: skip


@solara.component
def OutcomeMap(
    maps: Sequence[Mapping[str, Any]],
    palette: Sequence[tuple[str, str]],
    years: Sequence[int],
    year: int,
    chosen: str,
    on_choose: Callable[[str], None],
    on_year: Callable[[int], None],
):
    """Maps side by side: a box is a cluster, its colour the class and its text the value in the year of the slider.

    Parameters
    ----------
    maps : sequence of mapping
        {"title", "notes": a sentence a year, "cells": for each year and cluster [class, short text, text with range]}.
    palette : sequence of (str, str)
        Colour of each class and of the letters on it.
    years : sequence of int
    year : int
        Shown at first.
    chosen : str
    on_choose, on_year : callable
        Get the id of a cluster; a year, when the slider is let go or the film ends.
    """
    say = use_session().say
    _Tiles(
        tiles=_tiles(), spots=_spots(say), maps=[{**one, "text": True} for one in maps], palette=[list(pair) for pair in palette],
        years=list(years), year=year, chosen=chosen, texts=_texts(say), event_choose=heard.one_of([spot.id for spot in city_spots()], on_choose), event_moved=heard.one_of(years, on_year),
    )  # fmt: skip
