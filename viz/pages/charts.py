"""Charts that move: options of ECharts, drawn in the browser; the library comes with solara-assets.

`Chart(option, label=...)` draws any option. JSON cannot hold functions, so texts that begin with "=" stand for
the few that are needed ("=number", "=percent", "=axis", "=item", "=band": see assets/chart.vue). Colours, dashes
and names of pathways are those of the kept figures (`viz.drawing.style_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import solara

from ..drawing import style_of
from ..words import Words
from . import heard
from .session import use_session

__all__ = ["AXIS", "Chart", "Legend", "band_series", "base_option", "dash_of", "later_series", "line_series", "value_axis"]

INK, SOFT, LINE = "#1c2733", "#52606d", "#e4e8ec"
FONT = '"Segoe UI", "Noto Sans", system-ui, "DejaVu Sans", sans-serif'
AXIS: dict[str, dict[str, Any]] = {
    "axisLine": {"lineStyle": {"color": "#8796a3"}},
    "axisTick": {"lineStyle": {"color": "#8796a3"}},
    "axisLabel": {"color": SOFT, "fontSize": 11},
    "splitLine": {"lineStyle": {"color": LINE}},
    "nameTextStyle": {"color": SOFT, "fontSize": 11},
}


@cache
def _library() -> str:
    """Path of ECharts below Solara's folder of assets, of whatever version is installed."""
    import solara.server.settings

    folder = solara.server.settings.assets.proxy_cache_dir
    found = sorted(folder.glob("echarts@*/dist/echarts.min.js"))
    if not found:
        raise FileNotFoundError(f"no ECharts below {folder}: install solara-assets")
    return found[-1].relative_to(folder).as_posix()


def _ignore(_: Any) -> None:
    pass


@solara.component_vue("../assets/chart.vue")
def _Chart(
    option: dict,
    library: str,
    lang: str,
    label: str,
    height: int,
    least: int = 0,
    merge: bool = False,
    clickable: bool = False,
    event_clicked: Callable[[dict], None] = _ignore,
    event_brushed: Callable[[dict], None] = _ignore,
) -> None: ...


@solara.component
def Chart(
    option: Mapping[str, Any],
    label: str,
    height: int = 260,
    least: int = 0,
    on_click: Callable[[dict], None] | None = None,
    on_brush: Callable[[dict], None] | None = None,
    merge: bool = False,
):
    """Draw an option of ECharts as wide as its place.

    Parameters
    ----------
    option : mapping
        See https://echarts.apache.org/en/option.html; `base_option` gives our fonts, grid and colours.
    label : str
        What the chart shows, for those who do not see it.
    height : int
        px.
    least : int
        px it is wide at least; in a narrower place it scrolls sideways.
    on_click : callable, optional
        Gets {"name", "series", "index", "id"} of the mark.
    on_brush : callable, optional
        Gets {"areas": [{"x": [low, high], "y": [low, high]}]} of a brush, or {"axes": [[[low, high], ...], ...]}
        of parallel axes.
    merge : bool
        Keep what the new option does not name (zoom, brush).
    """
    session = use_session()
    _Chart(
        option=dict(option), library=_library(), lang=session.lang.value, label=label, height=height, least=least, merge=merge,
        clickable=on_click is not None, event_clicked=on_click or _ignore, event_brushed=heard.marks(on_brush) if on_brush else _ignore,
    )  # fmt: skip


def base_option(**parts: Any) -> dict[str, Any]:
    """An option with our font, margins and no animation of first drawings; `parts` replace or add."""
    return {
        "animationDuration": 0,
        "animationDurationUpdate": 150,
        "textStyle": {"fontFamily": FONT, "color": INK},
        "grid": {"left": 4, "right": 14, "top": 12, "bottom": 4, "containLabel": True},
        **parts,
    }


def value_axis(name: str = "", **parts: Any) -> dict[str, Any]:
    """An axis of numbers in the reader's format."""
    label = {**AXIS["axisLabel"], "formatter": "=number", "hideOverlap": True}
    return {"type": "value", "name": name, **AXIS, "axisLabel": label, **parts}


def dash_of(arm: str, index: int) -> Any:
    """Dash of an arm as ECharts wants it, from the dash of the kept figures."""
    dash = style_of(arm, index)[1]
    if isinstance(dash, tuple):
        return [2 * part for part in dash[1]]
    return {"-": "solid", ":": "dotted"}.get(str(dash), "dashed")


def line_series(arm: str, index: int, name: str, points: Sequence[Sequence[float]], **parts: Any) -> dict[str, Any]:
    """A line of an arm: rows [x, y]."""
    return {
        "id": arm, "name": name, "type": "line", "data": points, "symbol": "none", "color": style_of(arm, index)[0],
        "lineStyle": {"width": 2, "type": dash_of(arm, index)}, "z": 3 + (index == 0), **parts,
    }  # fmt: skip


def band_series(arm: str, index: int, name: str, rows: Sequence[Sequence[float | None]]) -> dict[str, Any]:
    """The band of an arm: rows [x, low, high]; the tooltip "=axis" shows it beside the line of the same arm."""
    color = "#777777" if index == 0 else style_of(arm, index)[0]  # black would cover the others
    return {
        "id": f"{arm}~band", "name": name, "type": "custom", "data": rows, "renderItem": "=band", "silent": True,
        "color": color, "encode": {"x": 0, "y": [1, 2]}, "z": 1,
    }  # fmt: skip


def later_series(x: float, y: float) -> dict[str, Any]:
    """Grey from `x` on: what explores rather than forecasts. `y` is any value of the axis."""
    return {
        "id": "~later", "name": "", "type": "custom", "data": [[x, y]], "renderItem": "=later", "silent": True,
        "color": "#f1f1f1", "z": 0, "tooltip": {"show": False},
    }  # fmt: skip


@solara.component_vue("../assets/legend.vue")
def _Legend(items: list) -> None: ...


@solara.component
def Legend(arms: Sequence[str], say: Words, extra: Sequence[Mapping[str, Any]] = ()):
    """Colours and dashes of the arms, once for all charts of a page.

    Parameters
    ----------
    arms : sequence of str
    say : Words
    extra : sequence of mapping
        Further entries: {"label", "color", "dash" (list) or "area" (True)}.
    """
    items = []
    for index, arm in enumerate(arms):
        dash = dash_of(arm, index)
        named = {"solid": [], "dotted": [2, 2], "dashed": [6, 4]}
        items.append(
            {
                "label": say.name("pathway", arm),
                "color": style_of(arm, index)[0],
                "dash": named[dash] if isinstance(dash, str) else dash,
            }
        )
    _Legend(items=[*items, *map(dict, extra)])
