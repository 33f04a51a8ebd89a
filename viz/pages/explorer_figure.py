"""The kept figure of the explorer: the trade-off of two columns with the selected points in colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..words import Words
from .explorer_data import Sweep, column_factor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["scatter_figure"]


@in_style
def scatter_figure(sweep: Sweep, chosen: np.ndarray, x: str, y: str, say: Words) -> Figure:
    """All points of a sweep in two of its columns; those outside the selection are grey.

    Parameters
    ----------
    sweep : Sweep
    chosen : numpy.ndarray of bool
    x, y : str
        Columns of the table.
    """
    figure = new_figure(6.4, left=0.9, bottom=1.0)
    axes = figure.subplots()
    xs, ys = sweep.table[x].to_numpy() * column_factor(x), sweep.table[y].to_numpy() * column_factor(y)
    axes.scatter(xs[~chosen], ys[~chosen], s=12, color="#c3cad1", linewidths=0)
    for index, arm in enumerate(dict.fromkeys(sweep.table["pathway"])):
        own = chosen & (sweep.table["pathway"] == arm).to_numpy()
        color, _, marker = style_of(arm, index)
        axes.scatter(xs[own], ys[own], s=16, color=color, marker=marker, alpha=0.75, label=say.name("pathway", arm))
    axes.set_xlabel(sweep.label(x, say))
    axes.set_ylabel(sweep.label(y, say))
    plain_ticks(axes.xaxis, say)
    plain_ticks(axes.yaxis, say)
    title_and_legend(figure, say("explorer.scatter"), *axes.get_legend_handles_labels())
    return figure
