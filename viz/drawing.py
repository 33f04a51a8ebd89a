"""How a figure is made: its size, letters, colours and lines; titles, ticks, and the bytes of a file.

Drawn with `matplotlib.figure.Figure` only (no pyplot, no global state), so figures may be drawn in any thread.
Colours are Okabe and Ito's, which colour-blind readers can tell apart; every pathway also has its own dash
and marker, so figures read in greyscale. Same input, same bytes: no dates, fixed salt of ids.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from .words import Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "DPI",
    "LETTER",
    "WIDTH",
    "in_style",
    "new_figure",
    "picture_files",
    "plain_ticks",
    "render",
    "shortened",
    "style_of",
    "title_and_legend",
]

DPI = 100
WIDTH = 12.0  # inches
LETTER = 0.076  # inches of a letter of 10 points
STYLES = {
    "null": ("#000000", (0, (4, 2)), "x"),
    "law": ("#7a7a7a", (0, (3, 1, 1, 1, 1, 1)), "p"),
    "self-transition": ("#0072B2", "-", "o"),
    "symbiosis": ("#D55E00", (0, (6, 1, 1, 1)), "s"),
    "newly-planned": ("#009E73", (0, (1, 1)), "^"),
    "combined": ("#CC79A7", (0, (8, 2)), "D"),
}
OTHERS = (("#56B4E9", "-", "v"), ("#E69F00", (0, (5, 1)), "P"), ("#999999", "-.", "*"), ("#F0E442", ":", "h"))
RC: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # ships with matplotlib and has every Vietnamese letter
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "axes.edgecolor": "#666666",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # no tick or label stands above a panel: to look for one is a fifth of the drawing
    "svg.hashsalt": "ecocluster",
    "svg.fonttype": "path",
}


def style_of(arm: str, index: int) -> tuple[str, object, str]:
    """Colour, dash and marker of an arm; those without their own get one by position."""
    return STYLES.get(arm) or OTHERS[index % len(OTHERS)]


def new_figure(height: float, **margins: float) -> Figure:
    """A figure 1200 px wide without pyplot.

    Margins are set by hand: an automatic layout measures every text several times, as long as drawing takes.

    Parameters
    ----------
    height : float
        Inches at `DPI`.
    **margins : float
        left, right, bottom, top in inches from their edge; wspace, hspace as matplotlib has them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    FigureCanvasAgg(figure)
    figure.subplots_adjust(
        left=margins.get("left", 0.6) / WIDTH, right=1 - margins.get("right", 0.15) / WIDTH,
        bottom=margins.get("bottom", 0.75) / height, top=1 - margins.get("top", 0.75) / height,
        wspace=margins.get("wspace", 0.2), hspace=margins.get("hspace", 0.25),
    )  # fmt: skip
    return figure


def title_and_legend(figure: Figure, title: str, handles: Sequence, labels: Sequence[str], **options) -> None:
    """The title at the top left and one legend below all panels."""
    figure.suptitle(title, x=0.01, y=1 - 0.1 / figure.get_figheight(), ha="left", va="top", fontsize=13)
    if handles:
        asked = {"handlelength": 2.0, "handletextpad": 0.5, "columnspacing": 1.2, **options}
        beside = sum(asked[name] for name in ("handlelength", "handletextpad", "columnspacing")) * 10 / 72  # inches, of 10 points
        wide = sum(beside + LETTER * len(label) for label in labels)
        rows = -(-wide // WIDTH)
        figure.legend(handles, labels, loc="lower center", ncols=int(-(-len(handles) // rows)), frameon=False, **asked)


@contextmanager
def _own_settings() -> Iterator[None]:
    """Context with our settings over the library's defaults, and nothing of the reader's matplotlibrc."""
    from matplotlib import rc_context, rcdefaults, rcParams

    with rc_context():
        rcdefaults()
        rcParams.update(RC)
        yield


def in_style(draw):
    """Draw with our settings, whatever the caller's are."""
    from functools import wraps

    @wraps(draw)
    def wrapped(*args, **options):
        with _own_settings():
            return draw(*args, **options)

    return wrapped


def shortened(text: str, longest: int) -> str:
    """A name beside a bar in at most so many letters."""
    return text if len(text) <= longest else text[: longest - 1].rstrip(" ,;:(") + "…"


def plain_ticks(axis, say: Words, most: int = 6) -> None:
    """Numbers on an axis in the reader's format, with as many decimals as the ticks need."""
    from matplotlib.ticker import Formatter, MaxNLocator

    class Reader(Formatter):
        def __call__(self, value, pos=None):
            return self.format_ticks([value])[0]

        def format_ticks(self, values):
            step = abs(values[1] - values[0]) if len(values) > 1 else 1.0
            decimals = max(0, int(np.ceil(-np.log10(step) - 1e-9))) if step else 0
            return [say.number(value, decimals) for value in values]

    axis.set_major_formatter(Reader())
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))


def render(figure: Figure, kind: str) -> bytes:
    """A figure as the bytes of a file, without dates.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    kind : str
        "png" or "svg".
    """
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with _own_settings():
        figure.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def picture_files(figures: Mapping[str, Figure]) -> dict[str, bytes]:
    """Every figure as SVG and PNG, by file name."""
    return {f"{name}.{kind}": render(figure, kind) for kind in ("svg", "png") for name, figure in figures.items()}
