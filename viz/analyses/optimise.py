"""Words, table and figure of the search for the best compromises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.effects import better
from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..places import site_title
from ..words import Words, decimals_of
from .page import Sheet, outcome_label, scaled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FRONT, KNEE, GONE = "#0072B2", "#D55E00", "#9a9a9a"
SHOWN = 5  # levers that are drawn


def _scales(finding: Finding, say: Words) -> dict[str, tuple[float, str]]:
    return {name: scaled(name, float(finding.table[name].abs().max()), say) for name in finding.facts["objectives"]}


def gene(name: str, say: Words) -> str:
    """Name of what may be chosen: a lever, a start year, the budget."""
    full = say.name("gene", name)
    return say.name("lever", name) if full == name else full


def _amount(name: str, value: float, say: Words) -> str:
    """A gene's value as people say it."""
    if name.startswith("start."):
        return f"{value:.0f}"
    if name == "budget_bn":
        return say("optimise.bn", value=say.number(value))
    return say.number(value, 1 if value >= 2 else 2)


def words(finding: Finding, say: Words) -> list[str]:
    """How wide the front is, where the knee lies and why, and how much of it was luck."""
    facts, scales = finding.facts, _scales(finding, say)
    cost = facts["objectives"][-1]

    def told(name: str, value: float) -> str:
        factor, unit = scales[name]
        largest = float(finding.table[name].abs().max()) * factor
        return f"{say.number(value * factor, decimals_of(largest))} {unit}".rstrip()

    values = "; ".join(
        f"{outcome_label(name, say, finding.one_cluster)}: {told(name, facts['knee_values'][name])}" for name in facts["objectives"]
    )
    sentences = [
        say("optimise.front", seen=say.number(facts["seen"]), front=facts["front"], stays=facts["stays"]),
        say("optimise.knee", point=facts["knee"] + 1, values=values),
    ]
    if facts["before"] is not None and facts["after"] is not None:
        factor, unit = scales[cost]
        before, after = (say.number(facts[name] / factor, decimals_of(facts["before"] / factor)) for name in ("before", "after"))
        sentences.append(say("optimise.price", before=before, after=after, unit=unit))
    else:
        sentences.append(say("optimise.no_bend"))
    moved = [row for row in facts["moved"] if abs(row["by"]) > 0.02]
    if moved:
        parts = "; ".join(
            say(
                "optimise.lever", lever=gene(row["lever"], say), knee=_amount(row["lever"], row["knee"], say),
                cheapest=_amount(row["lever"], row["cheapest"], say),
            )
            for row in moved[:3]
        )  # fmt: skip
        sentences.append(say("optimise.why", levers=parts))
    curse = "; ".join(
        f"{outcome_label(name, say, finding.one_cluster)}: {told(name, facts['curse'][name])}"
        for name in facts["objectives"]
        if facts["curse"][name] > 0
    )
    sentences.append(say("optimise.curse", list=curse) if curse else say("optimise.no_curse"))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """Points of the front that stay on fresh replicates, cheapest first; the knee has a star."""
    facts, scales = finding.facts, _scales(finding, say)
    cost = facts["objectives"][-1]
    columns = [say("optimise.point"), *(f"{outcome_label(n, say, finding.one_cluster)} ({scales[n][1]})" for n in facts["objectives"]),
               say("optimise.benefit"), say("optimise.budget")]  # fmt: skip
    rows = []
    table = finding.table[finding.table["stays"]].sort_values(cost, ascending=better(cost) <= 0)
    for row in table.to_dict("records"):
        star = " *" if row["point"] == facts["knee"] else ""
        cells = []
        for name in facts["objectives"]:
            factor = scales[name][0]
            largest = float(finding.table[name].abs().max()) * factor
            cells.append(say.number(row[name] * factor, decimals_of(largest)))
        rows.append([f"{row['point'] + 1}{star}", *cells, say.number(row["benefit"]), say.number(row["budget_bn"])])
    return Sheet(columns, rows, say("optimise.note", replicates=facts["replicates"]))


def _front(axes: Axes, finding: Finding, say: Words, factor: float) -> None:
    """Benefit against cost on fresh replicates, the hull and the knee."""
    facts, table = finding.facts, finding.table
    cost = facts["objectives"][-1]
    x, y = table[cost].to_numpy() * factor, table["benefit"].to_numpy()
    stays = table["stays"].to_numpy(bool)
    axes.plot(x[~stays], y[~stays], "o", color=GONE, markersize=5, label=say("optimise.gone"))
    axes.plot(x[stays], y[stays], "o", color=FRONT, markersize=7, label=say("optimise.stays"))
    hull = facts["hull"]
    axes.plot(x[hull], y[hull], color=FRONT, linewidth=1.4, linestyle=(0, (5, 2)), label=say("optimise.hull"))
    axes.plot(x[facts["knee"]], y[facts["knee"]], "*", color=KNEE, markersize=18, markeredgecolor="white", label=say("optimise.knee_mark"), zorder=6)  # fmt: skip


def _luck(axes: Axes, finding: Finding, say: Words, scales) -> None:
    """Arrows from what the search saw to what fresh replicates say, for the second objective."""
    facts, table = finding.facts, finding.table
    name, cost = facts["objectives"][min(1, len(facts["objectives"]) - 2)], facts["objectives"][-1]
    (factor, unit), (money, bn) = scales[name], scales[cost]
    for row in table.to_dict("records"):
        start = row[f"{cost}.searched"] * money, row[f"{name}.searched"] * factor
        end = row[cost] * money, row[name] * factor
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": GONE, "linewidth": 1, "shrinkA": 0, "shrinkB": 3})
        axes.plot(*start, "o", color="white", markeredgecolor=GONE, markersize=5)
        axes.plot(*end, "o", color=FRONT, markersize=6)
    axes.margins(0.08)
    axes.set_xlabel(f"{outcome_label(cost, say, finding.one_cluster)} ({bn})")
    axes.set_ylabel(f"{outcome_label(name, say, finding.one_cluster)}\n({unit})")


def _levers(axes: Axes, finding: Finding, say: Words) -> None:
    """How far the levers are moved at the knee, the cheapest and the best point of the hull."""
    facts = finding.facts
    rows = facts["moved"][:SHOWN]
    at = np.arange(len(rows))
    low = np.array([row["low"] for row in rows])
    span = np.array([row["high"] for row in rows]) - low
    for name, color, marker, size in (("cheapest", GONE, "o", 8), ("dearest", FRONT, "s", 8), ("knee", KNEE, "*", 14)):
        place = (np.array([row[name] for row in rows]) - low) / np.where(span > 0, span, 1) * 100
        axes.plot(place, at, marker, color=color, markersize=size, markeredgecolor="white", label=say(f"optimise.{name}_mark") if name != "knee" else None)  # fmt: skip
    axes.set_yticks(at, [gene(row["lever"], say) for row in rows])
    axes.set_xlim(-4, 104)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlabel(say("optimise.moved_axis"))
    plain_ticks(axes.xaxis, say)
    axes.tick_params(axis="y", length=0)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: the front; middle: what was luck; right: what the knee is made of."""
    facts, scales = finding.facts, _scales(finding, say)
    cost = facts["objectives"][-1]
    money, bn = scales[cost]
    figure = new_figure(5.4, left=0.7, right=0.2, bottom=1.1, top=0.95, wspace=0.2)
    left, gap, middle, wide, right = figure.subplots(1, 5, width_ratios=(1.08, 0.1, 0.95, 0.45, 0.7), squeeze=False)[0]
    gap.set_visible(False)  # room for the names of what is drawn
    wide.set_visible(False)
    _front(left, finding, say, money)
    left.set_xlabel(f"{outcome_label(cost, say, finding.one_cluster)} ({bn})")
    left.set_ylabel(say("optimise.benefit_axis"))
    left.set_title(say("optimise.left"))
    _luck(middle, finding, say, scales)
    middle.set_title(say("optimise.middle"))
    for axes in (left, middle):
        plain_ticks(axes.xaxis, say)
        plain_ticks(axes.yaxis, say)
    _levers(right, finding, say)
    right.set_title(say("optimise.right"))
    handles, labels = left.get_legend_handles_labels()
    more = right.get_legend_handles_labels()
    title_and_legend(figure, say("optimise.figure", site=site_title(facts["scenario"], say)), handles + more[0], labels + more[1])
    return figure
