"""An outcome of every cluster as colours, short texts and a figure: what the page with the map and the brief both show.

Colours are steps of viridis, which readers who do not tell red from green see as everybody does; light is good in every outcome. The value
stands in each box, so nothing hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..experiments.by_cluster import OUTCOMES, ByCluster
from .districts import DISTRICTS, city_spots
from .drawing import in_style, new_figure
from .words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Scale", "city_sentence", "draw_tiles", "long_text", "outcome_figure", "scale_for", "short_text"]

UNKNOWN = ("#ffffff", "#52606d")  # no firms there
STEPS = 5  # classes of what has no natural ones
FIXED = {"steps_left": (0.5, 1.5, 2.5, 3.5, 4.5, 5.5), "groups": (0.5, 1.5, 2.5, 3.5), "real": (0.2, 0.4, 0.6, 0.8)}


@dataclass(frozen=True)
class Scale:
    """Classes of an outcome.

    Attributes
    ----------
    outcome : str
    edges : tuple of float
        Between the classes, rising.
    palette : tuple of (str, str)
        Colour of each class and of letters on it; the last is that of clusters without firms.
    """

    outcome: str
    edges: tuple[float, ...]
    palette: tuple[tuple[str, str], ...]

    def class_of(self, value: float) -> int:
        """Place in the palette."""
        if not np.isfinite(value):
            return len(self.palette) - 1
        return int(np.searchsorted(self.edges, value, side="right"))

    def labels(self, say: Words) -> list[str]:
        """What each class holds, for the legend."""
        if self.outcome in ("steps_left", "groups"):
            names = [say.number(n) for n in range(len(self.edges) + 1)]
        else:
            ends = [_digits(edge, self.outcome, say) for edge in self.edges]
            names = [f"< {ends[0]}", *(f"{a}\N{EN DASH}{b}" for a, b in zip(ends, ends[1:], strict=False)), f"≥ {ends[-1]}"]
        return [*names, say("city.no_firms")]


def scale_for(outcome: str, values: np.ndarray) -> Scale:
    """Classes for all maps and years that stand beside each other.

    Parameters
    ----------
    outcome : str
        One of `OUTCOMES`.
    values : numpy.ndarray
        All that will be shown; without natural classes, each gets about as many.
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    edges = FIXED.get(outcome)
    if edges is None:
        known = values[np.isfinite(values)]
        cuts = np.quantile(known, np.arange(1, STEPS) / STEPS) if known.size else np.arange(1.0, STEPS)
        edges = tuple(sorted({float(f"{cut:.1g}") if cut < 10 else float(f"{cut:.2g}") for cut in cuts}))
    places = np.linspace(0.02, 0.98, len(edges) + 1)
    if OUTCOMES[outcome][2]:  # less is better: the lowest class is the light one
        places = places[::-1]
    colors = [colormaps["viridis"](place) for place in places]
    inks = ["#ffffff" if place < 0.55 else "#1c2733" for place in places]
    return Scale(outcome, edges, (*zip(map(to_hex, colors), inks, strict=True), UNKNOWN))


def _digits(value: float, outcome: str, say: Words) -> str:
    if outcome == "real":
        return say.number(100 * value)
    whole = value >= 10 or abs(value - round(value)) < 1e-9
    return say.number(value, 0 if whole else 1)


def short_text(value: float, outcome: str, say: Words) -> str:
    """A value as it stands in its box."""
    return _digits(value, outcome, say) if np.isfinite(value) else ""


def long_text(spread: Sequence[float] | np.ndarray, outcome: str, say: Words) -> str:
    """Median and range with the unit; where no firms are, that."""
    middle, low, high = spread
    if not np.isfinite(middle):
        return say("city.no_firms")
    value = say.percent(middle) if outcome == "real" else say(f"city.value.{outcome}", value=_digits(middle, outcome, say))
    ends = [_digits(end, outcome, say) for end in (low, high)]
    return value if ends[0] == ends[1] else f"{value} ({ends[0]}\N{EN DASH}{ends[1]})"


def city_sentence(found: ByCluster, outcome: str, say: Words) -> list[list[str]]:
    """For every arm and year what the map adds up to, the median over the runs."""
    values, firms = found.of(outcome), found.firms
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0).astype(float)
    if outcome == "cod":
        whole = filled.sum(axis=-1)
    elif outcome in ("steps_left", "groups"):
        whole = (known & (values == (0 if outcome == "steps_left" else 4))).sum(axis=-1).astype(float)
    else:
        whole = (filled * firms).sum(axis=-1) / np.maximum(np.where(known, firms, 0.0).sum(axis=-1), 1e-9)
    lost = ~known.any(axis=-1)
    middle = np.nanquantile(np.where(lost, np.nan, whole), 0.5, axis=1, method="inverted_cdf")
    count = say.number(len(found.site.clusters))
    return [
        [
            say(f"city.whole.{outcome}", year=year, value=_digits(value, outcome, say), clusters=count)
            for year, value in zip(found.years.tolist(), row, strict=True)
        ]
        for row in middle
    ]


def draw_tiles(axes: Axes, values: np.ndarray, scale: Scale, say: Words, letter: float = 5.6) -> None:
    """Tiles of the districts with their clusters; invented ones have a round, dashed frame.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    values : (C,) float64
        One of each cluster; nan: no firms there.
    scale : Scale
    say : Words
    letter : float
        Points, of the numbers in the boxes.
    """
    from matplotlib.patches import FancyBboxPatch

    columns, rows = (1 + max(place[axis] for place in DISTRICTS.values()) for axis in (0, 1))
    axes.set_axis_off()
    axes.set_xlim(0, columns)
    axes.set_ylim(rows, 0)
    for name, (column, row) in DISTRICTS.items():
        own = [(i, spot) for i, spot in enumerate(city_spots()) if spot.district == name]
        tile = FancyBboxPatch((column + 0.03, row + 0.03), 0.94, 0.94, boxstyle="round,pad=0,rounding_size=0.06", linewidth=0.6,
                              facecolor="#edf1f3" if own else "none", edgecolor="#c3cad1", linestyle="-" if own else ":")  # fmt: skip
        axes.add_patch(tile)
        axes.text(column + 0.08, row + 0.17, name, fontsize=1.1 * letter, color="#52606d", va="center")
        for n, (i, spot) in enumerate(sorted(own, key=lambda item: item[1].invented)):
            x, y = column + 0.07 + 0.3 * (n % 3), row + 0.28 + 0.225 * (n // 3)
            color, ink = scale.palette[scale.class_of(values[i])]
            box = FancyBboxPatch((x, y), 0.27, 0.19, boxstyle=f"round,pad=0,rounding_size={0.09 if spot.invented else 0.02}",
                                 facecolor=color, edgecolor="#52606d" if spot.invented else "#1c2733",
                                 linewidth=(0.7 if spot.invented else 1.5) * letter / 5.6, linestyle=(0, (2, 1.5)) if spot.invented else "-")  # fmt: skip
            axes.add_patch(box)
            text = short_text(float(values[i]), scale.outcome, say)
            axes.text(x + 0.135, y + 0.1, text, fontsize=letter, color=ink, ha="center", va="center")


@in_style
def outcome_figure(found: ByCluster, arms: Sequence[str], outcome: str, year: int, say: Words) -> Figure:
    """The map of one year as a figure to keep, one panel an arm.

    Parameters
    ----------
    found : ByCluster
    arms : sequence of str
        One or two of its arms.
    outcome : str
    year : int
    say : Words
    """
    from matplotlib.patches import Patch

    places = [found.arms.index(arm) for arm in arms]
    middle = found.middle(outcome)[places]
    scale = scale_for(outcome, middle)
    when = int(np.searchsorted(found.years, year))
    figure = new_figure(6.6, top=1.05, bottom=0.95, left=0.1, right=0.1, wspace=0.03)
    figure.suptitle(
        say("city.figure_title", outcome=say(f"city.outcome.{outcome}"), year=year),
        x=0.01,
        y=0.985,
        ha="left",
        va="top",
        fontsize=13,
    )
    sentences = city_sentence(found, outcome, say)
    for panel, arm in enumerate(arms):
        axes = figure.add_subplot(1, len(arms), panel + 1)
        axes.set_title(f"{say.name('pathway', arm)}. {sentences[places[panel]][when]}", fontsize=9.5, pad=6)
        draw_tiles(axes, middle[panel, when], scale, say)
    handles = [Patch(facecolor=color, edgecolor="#8796a3") for color, _ in scale.palette]
    figure.legend(handles, scale.labels(say), loc="lower left", bbox_to_anchor=(0.005, 0.055), ncols=len(handles), frameon=False,
                  title=say(f"city.unit.{outcome}"), title_fontsize=8.5, fontsize=8.5, alignment="left", columnspacing=1.0, handlelength=1.4)  # fmt: skip
    figure.text(0.01, 0.02, say("city.sketch", runs=say.number(found.runs)), fontsize=8, color="#52606d", wrap=True)
    return figure
