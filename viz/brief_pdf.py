"""Two pages of A4 to print for a superior: the answer and the map, then money, what decides, and what is not known.

Drawn with matplotlib: its font has every Vietnamese letter and is embedded in the file, text stays text. Same input, same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from ..experiments.by_cluster import of_trace
from ..experiments.comparison import Comparison
from .districts import CITY
from .drawing import in_style, style_of
from .first_lines import first_lines
from .headline import column_name, headline, shown_arms
from .one_sentence import GROUND, changes, one_sentence
from .outcome_map import city_sentence, draw_tiles, scale_for
from .places import site_title
from .scorecard import stands_out
from .sure import first_legend
from .words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["brief_pages", "brief_pdf"]

A4 = 8.27, 11.69  # inches
LEFT, RIGHT, TOP = 0.075, 0.925, 0.955  # of a page
LINE = 1.38  # times the letters' size
SOFT, ACCENT, INK = "#52606d", "#0b6e4f", "#1c2733"
UNKNOWN = ("forecast", "numbers", "firms", "noise", "markets")  # topics of the page Limits that an official asks about first


class _Sheet:
    """A page that is filled from top to bottom."""

    def __init__(self) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.figure = Figure(figsize=A4)
        FigureCanvasAgg(self.figure)
        self.at = TOP

    def text(self, text: str, size: float = 9.0, color: str = INK, bold: bool = False, after: float = 0.5) -> None:
        """A paragraph over the whole width."""
        letters = int((RIGHT - LEFT) * A4[0] * 72 / (size * (0.60 if bold else 0.535)))
        weight = "bold" if bold else "normal"
        for line in wrap(text, letters) or [""]:
            self.figure.text(LEFT, self.at, line, fontsize=size, color=color, weight=weight, va="top")
            self.at -= size * LINE / 72 / A4[1]
        self.at -= after * size / 72 / A4[1]

    def axes(self, height: float, left: float = LEFT, right: float = RIGHT, use: bool = True) -> Axes:
        """Room for a picture, inches high; the text goes on below it if it is used up."""
        share = height / A4[1]
        made = self.figure.add_axes((left, self.at - share, right - left, share))
        self.at -= (share + 0.012) * use
        return made


def brief_pdf(comparison: Comparison, arm: str, year: int, law: str, say: Words) -> bytes:
    """The brief as the bytes of a file, without dates.

    Parameters
    ----------
    comparison : Comparison
    arm : str
        Pathway that it is about.
    year : int
        Report year.
    law : str
        Title of the law, as readers know it.
    say : Words
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_pdf import PdfPages

    buffer = io.BytesIO()
    pages = brief_pages(comparison, arm, year, law, say)
    about = {
        "Title": _title(comparison, arm, year, say),
        "CreationDate": None,
        "ModDate": None,
        "Creator": "ecocluster",
        "Producer": None,
    }
    with rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}), PdfPages(buffer, metadata=about) as file:
        for page in pages:
            file.savefig(page)
    return buffer.getvalue()


@in_style
def brief_pages(comparison: Comparison, arm: str, year: int, law: str, say: Words) -> list[Figure]:
    """The two pages as figures; see `brief_pdf`."""
    first, second = _Sheet(), _Sheet()
    _answer(first, comparison, arm, year, law, say)
    if comparison.question.scenario == CITY:
        _map(first, comparison, arm, year, say)
    else:
        _bars(first, comparison, arm, year, say)
    _money(second, comparison, year, say)
    _decides(second, comparison, arm, year, say)
    for number, page in enumerate((first, second), start=1):
        _foot(page, comparison, number, say)
    return [first.figure, second.figure]


def _title(comparison: Comparison, arm: str, year: int, say: Words) -> str:
    return say("brief.title", site=site_title(comparison.question.scenario, say), arm=say.name("pathway", arm), year=year)


def _answer(page: _Sheet, comparison: Comparison, arm: str, year: int, law: str, say: Words) -> None:
    question = comparison.question
    page.text(_title(comparison, arm, year, say), 15, bold=True, after=0.2)
    runs = question.worlds or question.replicates
    about = say(
        "brief.about_worlds" if question.worlds else "brief.about_fixed",
        law=law,
        budget=say.number(question.budget_bn),
        runs=say.number(runs),
    )
    page.text(about, 8.5, SOFT, after=0.8)
    told = [one_sentence(comparison, arm, outcome, year, law, say) for outcome in GROUND]
    columns = [own for own in told if own is not None]
    top, lowest = page.at, page.at
    for n, own in enumerate(columns):
        left = LEFT + n * (RIGHT - LEFT) / len(columns)
        page.figure.text(left, top, own.row.label, fontsize=9, color=SOFT, va="top")
        page.figure.text(left, top - 0.017, own.number, fontsize=17, color=ACCENT, weight="bold", va="top")
        lines = wrap(own.range, 34)
        page.figure.text(left, top - 0.044, "\n".join(lines), fontsize=7.5, color=SOFT, va="top")
        lowest = min(lowest, top - 0.05 - 0.013 * len(lines))
    page.at = lowest - 0.006
    if columns:
        page.text(columns[0].text, 10)
        for own in columns[:1] if not question.worlds else columns:
            page.text(own.sure if not question.worlds else f"{own.row.label}: {own.sure}", 8.5, SOFT, after=0.1)
    page.at -= 0.006
    for line in first_lines(comparison, say, year):
        page.text(f"\N{BULLET} {line}", 8.5, after=0.25)
    page.at -= 0.008


def _map(page: _Sheet, comparison: Comparison, arm: str, year: int, say: Words) -> None:
    """Steps left of every cluster, the law alone and the pathway."""
    from matplotlib.patches import Patch

    found, outcome = of_trace(comparison.trace), "steps_left"
    arms = [comparison.arms[comparison.base], arm]
    places, when = [found.arms.index(name) for name in arms], int(np.searchsorted(found.years, year))
    middle = found.middle(outcome)[places, when]
    scale, sentences = scale_for(outcome, middle), city_sentence(found, outcome, say)
    page.text(say("city.figure_title", outcome=say(f"city.outcome.{outcome}"), year=year), 10.5, bold=True, after=0.3)
    half, top = (RIGHT - LEFT) / 2, page.at
    for n, name in enumerate(arms):
        left = LEFT + n * (half + 0.005)
        page.figure.text(left, top, say.name("pathway", name), fontsize=9, weight="bold", va="top")
        page.figure.text(left, top - 0.0145, sentences[places[n]][when], fontsize=7.5, color=SOFT, va="top")
    page.at = top - 0.032
    for n, values in enumerate(middle):
        left = LEFT + n * (half + 0.005)
        draw_tiles(page.axes(4.0, left, left + half - 0.005, use=n == 1), values, scale, say, letter=4.1)
    handles = [Patch(facecolor=color, edgecolor="#8796a3") for color, _ in scale.palette]
    page.figure.legend(
        handles, scale.labels(say), loc="upper left", bbox_to_anchor=(LEFT - 0.008, page.at + 0.006), ncols=len(handles), frameon=False,
        fontsize=7.5, title=say(f"city.unit.{outcome}"), title_fontsize=7.5, alignment="left", columnspacing=0.9, handlelength=1.2,
    )  # fmt: skip
    page.at -= 0.04
    page.text(say("city.sketch", runs=say.number(found.runs)), 7, SOFT)


def _bars(page: _Sheet, comparison: Comparison, arm: str, year: int, say: Words) -> None:
    """Of a site without a map: what every pathway changes, with ranges."""
    rows = [row for row in headline(comparison, say, year) if row.key in GROUND]
    page.text(say("brief.bars", year=year), 10.5, bold=True, after=1.2)
    acting = [comparison.arms[k] for k in comparison.acting]
    for n, row in enumerate(rows):
        wide = (RIGHT - LEFT - 0.13) / len(rows)
        left = LEFT + 0.13 + n * wide
        axes = page.axes(0.5 + 0.32 * len(acting), left, left + wide - 0.035, use=n == len(rows) - 1)
        for place, name in enumerate(reversed(acting)):
            cell = row.cells[comparison.arms.index(name)]
            axes.barh(place, cell.middle, 0.6, color=style_of(name, place)[0], alpha=1.0 if name == arm else 0.45)
            if cell.range:
                axes.plot([cell.low, cell.high], [place, place], color=INK, linewidth=1)
        axes.set_title(f"{row.label} ({row.unit})", fontsize=8)
        axes.axvline(0, color=SOFT, linewidth=0.8)
        axes.locator_params(axis="x", nbins=4)
        axes.xaxis.set_major_formatter(lambda value, _: say.number(value, 0 if abs(value) >= 10 or value == int(value) else 1))
        axes.tick_params(labelsize=7)
        axes.set_yticks(
            range(len(acting)), [say.name("pathway", name) for name in reversed(acting)] if n == 0 else [""] * len(acting)
        )


def _money(page: _Sheet, comparison: Comparison, year: int, say: Words) -> None:
    """The first table, money among its rows, as printed by `compare`."""
    page.text(say("brief.table", year=year), 12, bold=True)
    arms = shown_arms(comparison)
    heads = [column_name(comparison.arms[k], say) for k in arms]
    left = [LEFT + 0.25 + (n + 1) * (RIGHT - LEFT - 0.25) / len(arms) for n in range(len(arms))]
    for x, head in zip(left, heads, strict=True):
        page.figure.text(x, page.at, "\n".join(wrap(head, 15)), fontsize=7.8, weight="bold", ha="right", va="top", linespacing=1.15)
    page.at -= 0.013 * max(len(wrap(head, 15)) for head in heads) + 0.006
    for row in headline(comparison, say, year):
        label = wrap(row.label + (f" ({row.unit})" if row.unit else ""), 29)
        page.figure.text(LEFT, page.at, "\n".join(label), fontsize=8, va="top", linespacing=1.2)
        for x, k in zip(left, arms, strict=True):
            cell = row.cells[k]
            weight = "bold" if stands_out(cell.best, comparison.draws) else "normal"
            page.figure.text(x, page.at, cell.value, fontsize=8, weight=weight, ha="right", va="top")
            page.figure.text(x, page.at - 0.0125, cell.range, fontsize=6.2, color=SOFT, ha="right", va="top")
        page.at -= max(0.0265, 0.0125 * len(label) + 0.006)
        page.figure.add_artist(_rule(page.at + 0.0025))
    page.at -= 0.004
    page.text(first_legend(comparison, say), 7, SOFT, after=1)


def _rule(at: float):
    from matplotlib.lines import Line2D

    return Line2D([LEFT, RIGHT], [at, at], color="#dde3e8", linewidth=0.6)


def _decides(page: _Sheet, comparison: Comparison, arm: str, year: int, say: Words) -> None:
    page.text(say("one.changes"), 11, bold=True, after=0.3)
    for line in _unlike(_about_changes(comparison, arm, year, say)):
        page.text(f"\N{BULLET} {line}", 8.5, after=0.2)
    page.at -= 0.006
    page.text(say("brief.unknown"), 11, bold=True, after=0.3)
    for text in (
        say("uncertain.synthetic"),
        *(f"{say(f'unknown.{topic}.topic')}: {say(f'unknown.{topic}.what')}" for topic in UNKNOWN),
    ):
        page.text(f"\N{BULLET} {text}", 8, after=0.2)


def _about_changes(comparison: Comparison, arm: str, year: int, say: Words) -> Iterator[str]:
    for outcome in GROUND:
        for line in changes(comparison, arm, outcome, year, say):
            yield f"{say(f'row.{outcome}')}: {line}" if comparison.question.worlds else line


def _unlike(lines: Iterator[str]) -> Sequence[str]:
    return list(dict.fromkeys(lines))


def _foot(page: _Sheet, comparison: Comparison, number: int, say: Words) -> None:
    from importlib.metadata import version

    foot = say("brief.foot", version=version("ecocluster"), page=number)
    page.figure.text(
        LEFT,
        0.028,
        "\n".join(wrap(comparison.question.command, 120)),
        fontsize=6.2,
        color=SOFT,
        va="bottom",
        family="DejaVu Sans Mono",
    )
    page.figure.text(LEFT, 0.016, foot, fontsize=7, color=SOFT, va="bottom")
