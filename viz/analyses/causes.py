"""What the figures of `barriers` and `solutions` share: causes by name, bars with intervals, a map of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.coalitions import picked
from ...experiments.analyses.finding import Finding
from ..drawing import plain_ticks
from ..words import Words, scale_of
from .page import Sheet, cell, spell

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "BAR",
    "cause",
    "draw_bars",
    "draw_pairs",
    "emissions_sheet",
    "emissions_words",
    "headline",
    "pair_name",
    "share",
    "silent_words",
]

BAR, ALONE, LAST = "#0072B2", "#E69F00", "#222222"
HELP, HINDER = "#0b6e4f", "#B2182B"


def cause(name: str, say: Words) -> str:
    """Short name of a barrier or solution with its number: "2 Finance"."""
    return f"{name.rpartition('-')[2]} {say.name('cause', name)}"


def pair_name(pair: dict, say: Words) -> str:
    """Two causes of a synergy."""
    return f"{cause(pair['first'], say)} + {cause(pair['second'], say)}"


def headline(table: pd.DataFrame, outcome: str) -> pd.DataFrame:
    """Rows of the causes of one outcome, in the order of their numbers."""
    return table[(table["outcome"] == outcome) & (table["cause"] != "all")].reset_index(drop=True)


def share(row: dict, say: Words) -> str:
    """Share in the joint effect; a dash where that may be nothing, so that parts of it mean nothing."""
    return say.percent(row["share"] if np.isfinite(row["share_low"]) else np.nan)


def silent_words(facts: dict, say: Words) -> list[str]:
    """Which causes do exactly nothing alone, with the reason where it is known."""
    names = facts.get("silent", [])  # findings of before do not tell
    told = [say("causes.silent", names=", ".join(cause(name, say) for name in names))] if names else []
    return [*told, say("causes.graded")] if "solution-1" in names else told


def draw_bars(axes: Axes, rows: pd.DataFrame, value: str, say: Words, factor: float, labels: Sequence[str] = ("", "", "")) -> None:
    """Horizontal bars with intervals; where known, marks for the cause alone and for the cause added last.

    Parameters
    ----------
    value : str
        Column of the bars.
    labels : sequence of str
        For the legend: bar, alone, last.
    """
    at = np.arange(len(rows))
    mean = rows[value].to_numpy(float) * factor
    ends = np.abs(rows[[f"{value}_low", f"{value}_high"]].to_numpy(float).T * factor - mean)
    axes.barh(at, mean, 0.62, color=BAR, alpha=0.85, label=labels[0])
    axes.errorbar(mean, at, xerr=np.nan_to_num(ends), linestyle="none", ecolor="#444444", capsize=3, elinewidth=1.1)
    for name, color, marker, label in (("alone", ALONE, "o", labels[1]), ("last", LAST, "D", labels[2])):
        if name in rows:
            axes.plot(
                rows[name] * factor, at, marker, color=color, markersize=6, markeredgecolor="white", linestyle="none",
                label=label, zorder=5,
            )  # fmt: skip
    axes.axvline(0, color="#666666", linewidth=0.8)
    axes.set_yticks(at, [cause(name, say) for name in rows["cause"]])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    plain_ticks(axes.xaxis, say)


def draw_pairs(axes: Axes, pairs: pd.DataFrame, names: Sequence[str], say: Words, factor: float) -> None:
    """Synergies of two causes as a triangle of squares; grey numbers where the interval holds 0."""
    size = len(names)
    values = np.full((size, size), np.nan)
    sure = np.zeros((size, size), bool)
    for row in pairs.itertuples():
        i, j = names.index(row.second), names.index(row.first)
        values[i, j] = row.synergy * factor
        sure[i, j] = row.synergy_low > 0 or row.synergy_high < 0
    largest = max(float(np.nanmax(np.abs(values))), 1e-12)
    axes.imshow(np.ma.masked_invalid(values[1:, :-1]), cmap="PRGn", vmin=-largest, vmax=largest, aspect="auto")
    decimals = 1 if largest < 10 else 0
    decimals = 2 if largest < 0.5 else decimals
    for i, j in zip(*np.nonzero(np.isfinite(values)), strict=True):
        strong = abs(values[i, j]) > 0.6 * largest
        color = "white" if strong else "#111111" if sure[i, j] else "#555555"
        weight = "bold" if sure[i, j] else "normal"
        axes.text(j, i - 1, say.number(values[i, j], decimals, sign=True), ha="center", va="center", color=color, fontsize=9, weight=weight)  # fmt: skip
    numbers = [name.rpartition("-")[2] for name in names]
    axes.set_xticks(range(size - 1), numbers[:-1])
    axes.set_yticks(range(size - 1), numbers[1:])
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def emissions_sheet(finding: Finding, say: Words) -> list[Sheet]:
    """What each cause avoids, absolute and at the output of law alone."""
    if "emissions" not in finding.data:  # of before
        return []
    table = finding.data["emissions"]
    columns, cells = [""], {name: [cause(name, say)] for name in dict.fromkeys(table["cause"])}
    for base in dict.fromkeys(table["avoided"]):
        rows = table[table["avoided"] == base]
        factor, unit = scale_of("t", "flow", float(np.nanmax(np.abs(rows[["absolute", "at_output"]].to_numpy(float)), initial=0.0)))
        columns += [f"{say(f'causes.{base}')}, {say.unit(unit)}", say("causes.at_output")]
        for row in rows.to_dict("records"):
            cells[row["cause"]] += [cell(picked(row, name), say, 1, factor, sign=True) for name in ("absolute", "at_output")]
    return [Sheet(columns, list(cells.values()), say("causes.emissions_note"), say("causes.emissions_title"))]


def emissions_words(finding: Finding, say: Words) -> list[str]:
    """Who avoids most if as much is produced as under law alone, and whose effect is output for the most part."""
    found = finding.facts.get("emissions")
    if not found:
        return []
    largest = max(abs(found[name]["mean"] or 0.0) for name in ("absolute", "at_output"))
    factor, unit = scale_of("t", "flow", largest)
    told = {name: spell(found[name], say, 1, factor, sign=True) for name in ("absolute", "at_output")}
    sentences = [say("causes.emissions", cause=cause(found["cause"], say), unit=say.unit(unit), **told)]
    named = [f"{cause(row['cause'], say)} ({say('causes.' + row['avoided'])})" for row in found["by_output"]]
    return [*sentences, say("causes.by_output", names=", ".join(named))] if named else sentences
