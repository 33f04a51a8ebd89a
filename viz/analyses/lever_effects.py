"""Words, tables and figure of what each lever does to emissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.coalitions import picked
from ...experiments.analyses.finding import Finding
from ...experiments.money import AVOIDED
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..places import site_title
from ..words import Words, scale_of
from .page import Sheet, cell, spell

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

ABSOLUTE, AT_OUTPUT = "#999999", "#0b6e4f"
COLUMNS = ("absolute", "at_output", "last_absolute", "last_at_output")


def _rows(finding: Finding, avoided: str) -> pd.DataFrame:
    """Rows of one outcome, those that are missed most first, the law's at the end."""
    rows = finding.table[finding.table["avoided"] == avoided]
    return rows.sort_values("last_at_output", ascending=False, kind="stable", na_position="last", ignore_index=True)


def _scale(rows: pd.DataFrame) -> tuple[float, str]:
    return scale_of("t", "flow", float(np.nanmax(np.abs(rows[list(COLUMNS)].to_numpy(float)), initial=0.0)))


def words(finding: Finding, say: Words) -> list[str]:
    """What the whole avoids, which lever does most by itself and is missed most, and whose effect is output for the most part."""
    facts = finding.facts

    def told(found: dict) -> dict[str, str]:
        factor, unit = scale_of("t", "flow", max(abs(found[name]["mean"] or 0.0) for name in ("absolute", "at_output")))
        return {
            "unit": say.unit(unit),
            **{name: spell(found[name], say, 1, factor, sign=True) for name in ("absolute", "at_output")},
        }

    sentences = [
        say("lever-effects.whole", pathway=say.name("pathway", facts["pathway"]), site=site_title(facts["scenario"], say), **told(facts["whole"])),
        say("lever-effects.alone", lever=say.name("lever", facts["alone"]["cause"]), **told(facts["alone"])),
        say("lever-effects.last", lever=say.name("lever", facts["last"]["cause"]), **told(facts["last"])),
    ]  # fmt: skip
    by_output = facts["alone"]["by_output"]
    if by_output:
        names = ", ".join(f"{say.name('lever', row['cause'])} ({say('causes.' + row['avoided'])})" for row in by_output)
        sentences.append(say("causes.by_output", names=names))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """Greenhouse gas, one row per lever."""
    return _sheet(finding, "abatement", say, say("lever-effects.note"))


def more_sheets(finding: Finding, say: Words) -> list[Sheet]:
    """COD and landfilled waste."""
    return [_sheet(finding, avoided, say) for avoided in AVOIDED if avoided != "abatement"]


def _sheet(finding: Finding, avoided: str, say: Words, note: str = "") -> Sheet:
    rows = _rows(finding, avoided)
    factor, unit = _scale(rows)
    cells = [
        [say.name("lever", row["lever"]), *(cell(picked(row, name), say, 1, factor, sign=True) for name in COLUMNS)]
        for row in rows.to_dict("records")
    ]
    title = say("lever-effects.title", avoided=say(f"causes.{avoided}"), unit=say.unit(unit))
    return Sheet([say("lever-effects.lever"), *(say(f"lever-effects.{name}") for name in COLUMNS)], cells, note, title)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Greenhouse gas: alone on the left, taken out of the whole on the right, each absolute and at the output of law alone."""
    rows = _rows(finding, "abatement")
    factor, unit = _scale(rows)
    figure = new_figure(max(4.2, 1.8 + 0.34 * len(rows)), left=3.0, right=0.25, bottom=1.15, top=0.95, wspace=0.08)
    at = np.arange(len(rows))
    grid = figure.subplots(1, 2, sharey=True, squeeze=False)[0]
    for axes, prefix in zip(grid, ("", "last_"), strict=True):
        for shift, name, color in ((-0.18, "absolute", ABSOLUTE), (0.18, "at_output", AT_OUTPUT)):
            mean = rows[f"{prefix}{name}"].to_numpy(float) * factor
            ends = np.abs(rows[[f"{prefix}{name}_low", f"{prefix}{name}_high"]].to_numpy(float).T * factor - mean)
            axes.barh(at + shift, np.nan_to_num(mean), 0.34, color=color, label=say(f"lever-effects.{name}_mark"))
            axes.errorbar(mean, at + shift, xerr=np.nan_to_num(ends), linestyle="none", ecolor="#444444", capsize=2, elinewidth=1.0)
        axes.axvline(0, color="#666666", linewidth=0.8)
        axes.set_title(say(f"lever-effects.{prefix or 'alone_'}panel"))
        axes.set_xlabel(f"{say('causes.abatement')} ({say.unit(unit)})")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        plain_ticks(axes.xaxis, say, 5)
    grid[0].set_yticks(at, [say.name("lever", name) for name in rows["lever"]])
    grid[0].invert_yaxis()
    title_and_legend(
        figure,
        say("lever-effects.figure", pathway=say.name("pathway", finding.facts["pathway"])),
        *grid[0].get_legend_handles_labels(),
    )
    return figure
