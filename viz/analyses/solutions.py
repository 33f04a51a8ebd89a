"""Words, table and figure of the solutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.coalitions import picked
from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..places import site_title
from ..words import Words
from .causes import BAR, cause, draw_bars, draw_pairs, emissions_sheet, emissions_words, headline, pair_name, share, silent_words
from .page import Sheet, cell, outcome_label, scaled, spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

more_sheets = emissions_sheet  # below the table of the outcome


def _scale(finding: Finding, say: Words) -> tuple[float, str]:
    largest = max(abs(found["mean"] or 0.0) for found in finding.facts["main"].values())
    return scaled(finding.facts["outcome"], largest, say)


def _excludes_zero(found: dict) -> bool:
    return (found["low"] or 0) > 0 or (found["high"] or 0) < 0


def words(finding: Finding, say: Words) -> list[str]:
    """What all seven bring, the strongest, whether they act together, and whether the order matters."""
    facts = finding.facts
    factor, unit = _scale(finding, say)

    def told(found: dict) -> str:
        return spell(found, say, 1, factor, sign=True)

    best = facts["ranked"][0]
    sentences = [
        say(
            "solutions.best", outcome=outcome_label(facts["outcome"], say, finding.one_cluster), solution=cause(best, say), main=told(facts["main"][best]),
            unit=unit, second=cause(facts["ranked"][1], say),
        )
    ]  # fmt: skip
    if "total" in facts:
        more = facts["more"]
        key = "unsure" if not _excludes_zero(more) else "more" if more["mean"] > 0 else "less"
        sentences.append(say(f"solutions.{key}", total=told(facts["total"]), more=told(more), unit=unit))
        for name in ("best_pair", "worst_pair"):
            pair = facts[name]
            if _excludes_zero(pair["synergy"]) and (pair["synergy"]["mean"] > 0) == (name == "best_pair"):
                sentences.append(say(f"solutions.{name}", pair=pair_name(pair, say), synergy=told(pair["synergy"]), unit=unit))
    if facts["idle"]:
        sentences.append(say("solutions.idle", names=", ".join(cause(name, say) for name in facts["idle"])))
    sentences += silent_words(facts, say)
    names = " → ".join(name.rpartition("-")[2] for name in facts["sequence"])
    key = "solutions.order" if _excludes_zero(facts["difference"]) else "solutions.no_order"
    sentences.append(
        say(
            key, first=cause(facts["sequence"][0], say), order=names, difference=told(facts["difference"]), unit=unit,
            falling=told(facts["falling"]), at_once=told(facts["at_once"]),
        )
    )  # fmt: skip
    return [*sentences, *emissions_words(finding, say)]


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per solution, for the outcome that was asked for."""
    factor, unit = _scale(finding, say)
    whole = "shapley" in finding.table
    keys = ("solution", "main", "alone", "last", "share", "first") if whole else ("solution", "main", "first")
    order = finding.data["order"]
    first = order[order["kind"] == "first"].set_index("cause")["gain"]
    rows = []
    for row in headline(finding.table, finding.facts["outcome"]).to_dict("records"):
        cells = [cause(row["cause"], say), cell(picked(row, "main"), say, 1, factor)]
        if whole:
            cells += [say.number(row["alone"] * factor, 1), say.number(row["last"] * factor, 1), share(row, say)]
        rows.append([*cells, say.number(first[row["cause"]] * factor, 1, sign=True)])
    note = say("solutions.note", outcome=outcome_label(finding.facts["outcome"], say, finding.one_cluster), unit=unit)
    return Sheet([say(f"solutions.{key}") for key in keys], rows, f"{note} {say('causes.solutions_above')}")


def _order(axes: Axes, finding: Finding, say: Words, factor: float) -> None:
    """What it is worth to be first, and what three ways of starting reach by the year."""
    order = finding.data["order"]
    first = order[order["kind"] == "first"]
    ways = order[order["kind"] == "sequence"].set_index("cause").loc[["at_once", "falling", "rising"]].reset_index()
    labels = [cause(name, say) for name in first["cause"]] + [say(f"solutions.{name}") for name in ways["cause"]]
    at = np.r_[np.arange(len(first)), len(first) + 0.7 + np.arange(len(ways))]
    for part, where, color, marker in ((first, at[: len(first)], BAR, "o"), (ways, at[len(first) :], "#D55E00", "s")):
        mean = part["gain"].to_numpy(float) * factor
        ends = np.abs(part[["gain_low", "gain_high"]].to_numpy(float).T * factor - mean)
        axes.errorbar(mean, where, xerr=np.nan_to_num(ends), linestyle="none", marker=marker, color=color, capsize=3, markersize=6)
    axes.axvline(0, color="#666666", linewidth=0.8)
    axes.axhline(len(first) - 0.15, color="#999999", linewidth=0.8)
    axes.set_yticks(at, labels)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    plain_ticks(axes.xaxis, say, 4)  # a narrow panel


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: main effects, alone and last; middle: synergies of two (full design only); right: order in time."""
    facts = finding.facts
    factor, unit = _scale(finding, say)
    whole = "pairs" in finding.data
    figure = new_figure(5.6, left=2.1, right=0.2, bottom=1.25, top=0.95, wspace=0.16)
    widths = (1.0, 1.15, 0.5, 0.9) if whole else (1.1, 0.5, 0.9)
    grid = figure.subplots(1, len(widths), width_ratios=widths, squeeze=False)[0]
    grid[-2].set_visible(False)  # room for the names of the last panel
    rows = headline(finding.table, facts["outcome"])
    draw_bars(grid[0], rows, "main", say, factor, tuple(say(f"solutions.{key}_mark") for key in ("main", "alone", "last")))
    grid[0].set_xlabel(f"{outcome_label(facts['outcome'], say)}\n({unit})", loc="right")
    grid[0].set_title(say("solutions.left"))
    if whole:
        pairs = finding.data["pairs"]
        draw_pairs(grid[1], pairs[pairs["outcome"] == facts["outcome"]], list(rows["cause"]), say, factor)
        grid[1].set_title(say("solutions.middle"))
    _order(grid[-1], finding, say, factor)
    grid[-1].set_title(say("solutions.right"))
    title_and_legend(figure, say("solutions.figure", site=site_title(facts["scenario"], say)), *grid[0].get_legend_handles_labels())
    return figure
