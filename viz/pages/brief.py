"""A page of A4 to print: question, answer, one figure, one table, and what is uncertain. For every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...experiments.comparison import Comparison
from ..drawing import render
from ..figures import trajectories
from ..first_lines import first_lines
from ..places import site_title
from ..report import as_source, open_template
from ..scorecard import BEST, scorecard
from ..sure import legend
from ..words import Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Brief", "brief_html", "comparison_brief"]

RESIDENTS = ("cod_dense", "smoke_dense", "complaints_dense", "conflict_days_dense")
LEVELS = ("level1", "level2", "clusters_level1", "clusters_level2", "clusters_one_unmet")


@dataclass(frozen=True)
class Brief:
    """What stands on the page.

    Attributes
    ----------
    title : str
    lines : sequence of str
        What was asked: site, policy, budget, levers.
    answer : sequence of str
        Sentences.
    figure : matplotlib.figure.Figure or None
    caption : str
    heads : sequence of str
        Columns of the table.
    rows : sequence of sequence of str
    notes : sequence of str
        How sure it is.
    command : str
        Command line that gives the numbers again.
    """

    title: str
    lines: Sequence[str]
    answer: Sequence[str]
    figure: Figure | None = None
    caption: str = ""
    heads: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    notes: Sequence[str] = field(default_factory=tuple)
    command: str = ""


def brief_html(brief: Brief, say: Words) -> str:
    """The page as text of HTML that holds everything it shows."""
    from importlib.metadata import version

    picture = as_source(render(brief.figure, "svg")) if brief.figure is not None else ""
    return open_template("brief.html.j2").render(say=say, brief=brief, picture=picture, version=version("ecocluster"))


def comparison_brief(comparison: Comparison, say: Words, year: int, setting: str) -> str:
    """The brief of a comparison.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    year : int
        Of the table and the sentences.
    setting : str
        Policy, budget and levers in words.
    """
    wanted = {f"{name}_{year}" for name in (*LEVELS, *BEST, *RESIDENTS)}
    shown = [row for group in scorecard(comparison, year, say) for row in group.rows if row.key in wanted]
    rows = [
        [
            row.label + (f" ({row.unit})" if row.unit else ""),
            *(cell.value + (f"  (Δ {cell.difference})" if cell.difference else "") for cell in row.cells),
        ]
        for row in shown
    ]
    dense = any(row.key.startswith(RESIDENTS) for row in shown)
    worlds = comparison.question.worlds
    return brief_html(
        Brief(
            title=say("report.title", site=site_title(comparison.question.scenario, say)),
            lines=[say("brief.setting", setting=setting), say("brief.runs", replicates=len(comparison.trace.replicates))],
            answer=first_lines(comparison, say, year),
            figure=trajectories(comparison, say),
            caption=say("caption.trajectories"),
            heads=[str(year), *(say.name("pathway", arm) for arm in comparison.arms)],
            rows=rows,
            notes=[
                legend(comparison, say) if worlds else say("brief.numbers"),
                say("uncertain.worlds" if worlds else "uncertain.defaults"),
                say("uncertain.horizon"),
                say("uncertain.synthetic"),
                *([say("residents.noise")] if dense else []),
            ],
            command=comparison.question.command,
        ),
        say,
    )
