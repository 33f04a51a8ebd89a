"""The material-flow map of one run: which sector's by-products become whose input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .drawing import in_style, new_figure, title_and_legend
from .words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["flow_map", "sum_flows"]

HUB = "hub"
STREAM_COLORS = {
    "organic": "#009E73", "metal": "#56B4E9", "plastic_paper": "#E69F00", "wood_biomass": "#8C6D31",
    "ash_mineral": "#777777", "heat_steam": "#D55E00", "treated_water": "#0072B2",
}  # fmt: skip
OTHER_COLOR = "#CC79A7"  # of a stream that a user adds


def sum_flows(flows: Iterable[Mapping[str, Any]]) -> dict[str, dict[tuple[str, str, str], float]]:
    """Quantities by unit and by (stream, supplying sector, using sector or hub).

    Parameters
    ----------
    flows : iterable of mapping
        `Run.flows`.
    """
    sums: dict[str, dict[tuple[str, str, str], float]] = defaultdict(lambda: defaultdict(float))
    for row in flows:
        user = HUB if row["kind"] == HUB else row["buyer_sector"]
        sums[row["unit"]][row["stream"], row["supplier_sector"], user] += float(row["quantity"])
    return {unit: dict(sums[unit]) for unit in sorted(sums)}


def _ribbon(axes: Axes, start: tuple[float, float], end: tuple[float, float], width: float, color: str) -> None:
    """A band of constant height from the left edge (0) to the right edge (1)."""
    x = np.linspace(0, 1, 60)
    rise = (1 - np.cos(np.pi * x)) / 2
    middle = start[1] + (end[1] - start[1]) * rise
    axes.fill_between(x, middle - width / 2, middle + width / 2, color=color, alpha=0.55, linewidth=0)


def _stack(totals: Mapping[str, float], gap: float) -> dict[str, list[float]]:
    """From the top down: [upper edge, height] of every node; heights add up to 1 without the gaps."""
    at, places = 0.0, {}
    for name in sorted(totals, key=lambda name: (-totals[name], name)):
        places[name] = [at, totals[name]]
        at -= totals[name] + gap
    return places


@in_style
def flow_map(flows: Iterable[Mapping[str, Any]], say: Words) -> Figure:
    """One panel per unit: supplying sectors on the left, using sectors and hubs on the right.

    Width is the share of the quantity of that unit; colour is the stream.
    """
    sums = sum_flows(flows)
    figure = new_figure(6.2, left=0.25, right=0.25, wspace=0.02)
    if not sums:
        title_and_legend(figure, say("figure.flows"), (), ())
        figure.text(0.5, 0.5, say("figure.no_flows"), ha="center", color="#777777", fontsize=13)
        return figure
    streams: dict[str, str] = {}
    for axes, (unit, quantities) in zip(figure.subplots(1, len(sums), squeeze=False)[0], sums.items(), strict=True):
        total = sum(quantities.values())
        ends: tuple[dict, dict] = (defaultdict(float), defaultdict(float))
        for (_, supplier, user), quantity in quantities.items():
            ends[0][supplier] += quantity / total
            ends[1][user] += quantity / total
        sides = [_stack(end, 0.05) for end in ends]
        for side, edge, x, align in ((sides[0], 0, -0.05, "right"), (sides[1], 1, 1.05, "left")):
            for name, (top, height) in side.items():
                label = say("figure.hub") if name == HUB else say.name("sector", name)
                axes.text(x, top - height / 2, label, ha=align, va="center", fontsize=8.5)
                axes.plot([edge] * 2, [top, top - height], color="#333333", linewidth=3, solid_capstyle="butt")
        for stream, supplier, user in sorted(quantities):
            width = quantities[stream, supplier, user] / total
            left, right = sides[0][supplier], sides[1][user]
            color = streams.setdefault(stream, STREAM_COLORS.get(stream, OTHER_COLOR))
            _ribbon(axes, (0, left[0] - width / 2), (1, right[0] - width / 2), width, color)
            left[0] -= width
            right[0] -= width
        axes.set_title(f"{say.number(total)} {say.unit(unit)}", loc="center")
        axes.set_xlim(-1.45, 2.45)
        axes.axis("off")
    from matplotlib.patches import Patch

    handles = [Patch(color=color, alpha=0.55) for color in streams.values()]
    title_and_legend(figure, say("figure.flows"), handles, [say.name("stream", stream) for stream in streams])
    return figure
