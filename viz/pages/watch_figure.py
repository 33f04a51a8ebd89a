"""What of a film is kept: the cluster as a figure, the indicators as a table, and a page to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.indicators import INDICATORS
from ...model.sites_and_arms import SECTORS, STREAMS
from ..drawing import in_style, new_figure, title_and_legend
from ..flows import OTHER_COLOR, STREAM_COLORS
from ..words import Words, scale_of
from .brief import Brief, brief_html
from .watch_record import STEPS_PER_YEAR, Film
from .watch_scene import COMPLIANCE_STYLES, SECTOR_COLORS, quarter_name, shown_indicators

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["cluster_figure", "film_table", "run_brief"]

YEARS = (2020, 2025, 2030, 2035, 2045)
_DASHES = {"solid": "-", "dashed": (0, (3, 2)), "dotted": (0, (1, 1.5))}


@in_style
def cluster_figure(film: Film, quarter: int, title: str, say: Words) -> Figure:
    """The cluster in a quarter: firms by size, sector and treatment, links by stream, where the firms stand.

    Parameters
    ----------
    film : Film
    quarter : int
    title : str
    say : Words
    """
    from matplotlib.patches import Patch

    figure = new_figure(5.4, left=0.3, right=0.3, bottom=0.8)
    axes = figure.subplots()
    axes.axis("off")
    firms = {name: frame[quarter] for name, frame in film.firms.items()}
    x, y = film.places.T
    for supplier, buyer, stream, first, last, _ in film.links:
        if first <= quarter <= last:
            arrow = {
                "arrowstyle": "-|>",
                "color": STREAM_COLORS.get(STREAMS[stream], OTHER_COLOR),
                "connectionstyle": "arc3,rad=.15",
                "lw": 1.3,
            }
            axes.annotate("", (x[buyer], y[buyer]), (x[supplier], y[supplier]), arrowprops=arrow, zorder=1)
    for z, (color, line) in enumerate(COMPLIANCE_STYLES):
        here = (firms["id"] > 0) & (firms["compliance"] == z)
        fill = [SECTOR_COLORS[i] for i in firms["sector"][here]]
        axes.scatter(
            x[here],
            y[here],
            s=12 + 1.6 * firms["workers"][here],
            c=fill,
            edgecolors=color,
            linestyles=[_DASHES[line]],
            linewidths=1.8,
            zorder=2,
        )
    present = np.unique(firms["sector"][firms["id"] > 0])
    handles = [Patch(color=SECTOR_COLORS[i]) for i in present]
    title_and_legend(figure, title, handles, [say.name("sector", SECTORS[i]) for i in present])
    return figure


def film_table(film: Film) -> pd.DataFrame:
    """The indicators of the run, one row a quarter, in the units of the registry."""
    import pandas as pd

    frame = pd.DataFrame(film.series, columns=list(INDICATORS))
    frame.insert(0, "year", film.years)
    return frame


def run_brief(film: Film, quarter: int, cluster: str, title: str, setting: str, command: str, say: Words) -> str:
    """The page to print of one run: where it stands in a quarter, and its indicators in some years.

    Parameters
    ----------
    film : Film
    quarter : int
    cluster : str
        Name of the cluster that is looked at.
    title, setting, command : str
        Of the run.
    say : Words
    """
    now: dict[str, Any] = {name: array[quarter, film.focus] for name, array in film.overview.items()}
    when = quarter_name(film, quarter, say)
    sentence = say(
        "watch.brief_now",
        when=f"{cluster}, {when}",
        firms=say.number(now["firms"]),
        level=say(f"watch.level{now['level']}"),
        real=say.percent(now["real"] / 255),
        links=say.number(now["links"]),
        hubs=say.number(now["hubs"]),
    )
    return brief_html(
        Brief(
            title=title,
            lines=[setting],
            answer=[sentence],
            figure=cluster_figure(film, quarter, f"{cluster}, {when}", say),
            caption=say("watch.brief_caption"),
            heads=[say("watch.indicators"), *map(str, YEARS)],
            rows=[_row(film, key, say) for key in shown_indicators()],
            notes=[say("watch.brief_note"), say("uncertain.horizon"), say("uncertain.synthetic")],
            command=command,
        ),
        say,
    )


def _row(film: Film, key: str, say: Words) -> list[str]:
    """An indicator at the end of some years; flows are the mean of the year."""
    row, values = INDICATORS[key], film.series[:, list(INDICATORS).index(key)]
    found = []
    for year in YEARS:
        last = (year + 1 - int(film.years[0])) * STEPS_PER_YEAR
        flow = row.kind in ("flow", "money")
        found.append(float(values[last - STEPS_PER_YEAR + 1 : last + 1].mean() if flow else values[last]))
    factor, unit = scale_of(row.unit, row.kind, max(map(abs, found)))
    name = say.unit(unit)
    decimals = 0 if max(map(abs, found)) * factor >= 100 else 1
    return [
        say.name("indicator", key) + (f" ({name})" if name else ""),
        *(say.number(v * factor, decimals) for v in found),
    ]
