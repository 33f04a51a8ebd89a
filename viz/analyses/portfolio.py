"""Words, table and figure of the portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.coalitions import picked
from ...experiments.analyses.finding import Finding
from ...experiments.analyses.portfolio import AIMS, CHOICES, YEAR
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..places import site_title
from ..words import Words
from .page import Sheet, cell, outcome_label, scaled, spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OWN = ("#111111", "*")
MOST_NAMES = 20  # clusters that are named; the file has all
OUTLAY = f"pv_outlay_{YEAR}"


def _scales(finding: Finding, say: Words) -> dict[str, tuple[float, str]]:
    arms = finding.data["arms"]
    return {name: scaled(name, float(arms[name].abs().max()), say) for name in (*AIMS.values(), OUTLAY)}


def _arm(name: str, say: Words) -> str:
    return say("portfolio.proposal") if name == "proposal" else say.name("pathway", name)


def words(finding: Finding, say: Words) -> list[str]:
    """What is proposed, what it reaches beside the best rival, and whether that is surely more."""
    facts, scales = finding.facts, _scales(finding, say)
    outcome = facts["outcome"]
    (factor, unit), (money, bn) = scales[outcome], scales[OUTLAY]
    counts = "; ".join(
        say("portfolio.count", number=number, pathway=say.name("pathway", name))
        for name, number in facts["counts"].items()
        if number
    )
    sentences = [say("portfolio.proposed", clusters=facts["clusters"], counts=counts)]
    values = {
        "outcome": outcome_label(outcome, say, finding.one_cluster), "unit": unit, "money": bn, "rival": _arm(facts["rival"], say),
        "own": spell(facts["own"], say, 1, factor), "own_outlay": spell(facts["own_outlay"], say, 1, money),
        "rival_value": spell(facts["rival_value"], say, 1, factor), "rival_outlay": spell(facts["rival_outlay"], say, 1, money),
    }  # fmt: skip
    sentences.append(say("portfolio.reaches", **values))
    ahead = facts["ahead"]
    if ahead["mean"] == 0 and ahead["low"] == ahead["high"]:
        return [*sentences, say("portfolio.same", rival=values["rival"])]
    sure = (ahead["low"] or 0) > 0 or (ahead["high"] or 0) < 0
    key = "unsure" if not sure else "better" if ahead["mean"] > 0 else "worse"
    return [*sentences, say(f"portfolio.{key}", rival=values["rival"], ahead=spell(ahead, say, 1, factor, sign=True), unit=unit)]


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per arm run as a whole; then the largest clusters with their pathways."""
    scales = _scales(finding, say)
    columns = [say("portfolio.arm"), *(f"{outcome_label(name, say, finding.one_cluster)} ({scales[name][1]})" for name in (*AIMS.values(), OUTLAY)), say("portfolio.cost_gross"), say("portfolio.cost_social")]  # fmt: skip
    rows = []
    for row in finding.data["arms"].to_dict("records"):
        cells = [cell(picked(row, name), say, 1, scales[name][0]) for name in (*AIMS.values(), OUTLAY)]
        rows.append(
            [_arm(row["arm"], say), *cells, *(cell(picked(row, f"cost_{line}_per_tonne"), say, 2) for line in ("gross", "social"))]
        )
    usual = finding.table["pathway"].mode().iloc[0]
    others = finding.table[finding.table["pathway"] != usual].head(MOST_NAMES)[["name", "pathway"]]
    note = say("portfolio.note", usual=say.name("pathway", usual))
    if len(others):
        listed = "; ".join(f"{name}: {say.name('pathway', pathway)}" for name, pathway in others.itertuples(index=False))
        note += " " + say("portfolio.others", list=listed)
    return Sheet(columns, rows, note)


def _arms(axes: Axes, finding: Finding, say: Words, name: str, label: bool) -> None:
    """Every arm with its interval."""
    factor, unit = _scales(finding, say)[name]
    arms = finding.data["arms"]
    for index, row in enumerate(arms.to_dict("records")):
        color, marker = OWN if row["arm"] == "proposal" else (style_of(row["arm"], index)[0], style_of(row["arm"], index)[2])
        mean = row[name] * factor
        ends = np.abs(np.array([[row[f"{name}_low"]], [row[f"{name}_high"]]], float) * factor - mean)
        axes.errorbar(
            mean, index, xerr=np.nan_to_num(ends), marker=marker, color=color, capsize=3, linestyle="none",
            markersize=13 if marker == "*" else 8, markeredgecolor="white",
        )  # fmt: skip
    axes.set_yticks(range(len(arms)), [_arm(arm, say) for arm in arms["arm"]] if label else [])
    axes.set_ylim(len(arms) - 0.5, -0.5)
    axes.set_xlabel(f"{outcome_label(name, say, finding.one_cluster)}\n({unit})", fontsize=9)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim() if axes.dataLim.intervalx.any() else (-1.0, 1.0)  # nothing but zeros
    axes.set_xlim(min(0.0, low), high)
    plain_ticks(axes.xaxis, say)


def _clusters(axes: Axes, finding: Finding, say: Words) -> None:
    """Every cluster run alone: what the best and the second-best pathway bring per firm, over its size."""
    table, outcome = finding.table, finding.facts["outcome"]
    gains = table[[f"gain.{name}" for name in CHOICES]].to_numpy(float) / table["firms"].to_numpy(float)[:, None]
    factor, unit = scaled(outcome, float(np.nanmax(np.abs(gains))), say)
    alone = len(table) == 1  # of a single cluster all choices are shown
    for index, name in enumerate((*CHOICES, "null")):
        chosen = np.array([alone and name != "null"]) | (table["pathway"].to_numpy() == name)
        if not chosen.any():
            continue
        color, _, marker = style_of(name, index)
        y = gains[chosen, index] if name != "null" else gains[chosen].max(axis=1)
        axes.scatter(table["firms"][chosen], y * factor, s=42, color=color, marker=marker, alpha=0.85, linewidths=0 if marker != "x" else 1.5,
                     label=say.name("pathway", name))  # fmt: skip
    axes.axhline(0, color="#666666", linewidth=0.8)
    axes.set_xlim(left=0)
    axes.set_xlabel(say("portfolio.firms_axis"))
    axes.set_ylabel(say("portfolio.per_firm", unit=unit))
    plain_ticks(axes.xaxis, say)
    plain_ticks(axes.yaxis, say)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: what the arms reach as a whole, in both aims; right: the clusters alone with the pathway chosen."""
    figure = new_figure(5.0, left=2.05, right=0.25, bottom=1.25, top=0.95, wspace=0.16)
    first, second, gap, right = figure.subplots(1, 4, width_ratios=(1, 1, 0.22, 1.25), squeeze=False)[0]
    gap.set_visible(False)
    for index, (axes, name) in enumerate(zip((first, second), AIMS.values(), strict=True)):
        _arms(axes, finding, say, name, index == 0)
    first.set_title(say("portfolio.left"))
    _clusters(right, finding, say)
    right.set_title(say("portfolio.right"))
    title_and_legend(
        figure, say("portfolio.figure", site=site_title(finding.facts["scenario"], say)), *right.get_legend_handles_labels()
    )
    return figure
