"""Words, table and figure of the cost frontier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..words import Words, scale_of
from .page import Sheet, cell, even, outcome_label, scaled, spell, three

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEAR = 1.5  # the next unit costs this many times the mean: worth a sentence
CLOSE = 0.08  # of the largest cost and effect: two budgets beside their marks would touch


def _scales(finding: Finding, say: Words) -> tuple[tuple[float, str], tuple[float, str], str]:
    """Factor and unit of cost and of effect, and the unit of their ratio."""
    table, outcome = finding.table, finding.facts["outcome"]
    cost = scale_of("mVND", "money", float(table["cost"].abs().max()))
    effect = scaled(outcome, float(table["effect"].abs().max()), say)
    ratio = say("frontier.per_tonne") if outcome.startswith("abatement_") and "share" not in outcome else say("frontier.per_unit")
    return (cost[0], say.unit(cost[1])), effect, ratio


def words(finding: Finding, say: Words) -> list[str]:
    """The best buy, what most money reaches, what the next unit costs there, and who is never beaten."""
    facts = finding.facts
    (money, bn), (size, unit), ratio = _scales(finding, say)
    label, sentences = outcome_label(facts["outcome"], say, finding.one_cluster), []
    if "cheapest" not in facts:
        return [say("frontier.nothing", outcome=label)]
    cheap, most = facts["cheapest"], facts["most"]
    sentences.append(
        say(
            "frontier.cheapest", outcome=label, pathway=say.name("pathway", cheap["pathway"]), budget=say.number(cheap["budget_bn"]),
            cost=spell(cheap["per_unit"], say, 2), ratio=ratio,
        )
    )  # fmt: skip
    sentences += even(finding.table, "per_unit", cheap["pathway"], cheap["per_unit"]["mean"], say)
    sentences.append(
        say(
            "frontier.most", pathway=say.name("pathway", most["pathway"]), budget=say.number(most["budget_bn"]),
            effect=spell(most["effect"], say, 1, size), unit=unit, cost=spell(most["cost"], say, 1, money), money=bn,
        )
    )  # fmt: skip
    sentences += even(finding.table, "effect", most["pathway"], most["effect"]["mean"], say)
    change = say.number(100 * most["certified"], sign=True)
    key = "frontier.certified_same" if change == say.number(0) else "frontier.certified_changes"
    sentences.append(say(key + ".one" if finding.one_cluster else key, change=change))
    if most["next_unit"] and most["per_unit"] and most["next_unit"] > DEAR * most["per_unit"]:
        sentences.append(
            say(
                "frontier.dear",
                mean=say.number(most["per_unit"], 2),
                next=say.number(most["next_unit"], 2),
                ratio=ratio,
            )
        )
    names = [say.name("pathway", name) for name in facts["efficient"]]
    if names:
        sentences.append(say("frontier.only" if len(names) == 1 else "frontier.several", names=", ".join(names)))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per pathway and budget."""
    (money, bn), (size, unit), ratio = _scales(finding, say)
    columns = [say(f"frontier.{key}") for key in ("pathway", "budget", "cost", "effect", "ratio", "social", "next", "certified")]
    rows = []
    for row in finding.table[finding.table["budget_bn"] > 0].to_dict("records"):
        cells = {
            name: cell(three(row, name), say, decimals, factor)
            for name, decimals, factor in (
                ("cost", 1, money),
                ("effect", 1, size),
                ("per_unit", 2, 1),
                ("social_per_unit", 2, 1),
                ("next_unit", 2, 1),
            )
        }
        star = " *" if row["efficient"] and row["effect"] > 0 else ""
        rows.append([
            say.name("pathway", row["pathway"]) + star, say.number(row["budget_bn"]), cells["cost"], cells["effect"],
            cells["per_unit"], cells["social_per_unit"], cells["next_unit"], say.percent(row["certified"]),
        ])  # fmt: skip
    return Sheet(columns, rows, say("frontier.note", money=bn, unit=unit, ratio=ratio))


def _bars(axes: Axes, x, y, x_ends, y_ends, color: str, **line) -> None:
    """A line through means with intervals in one or both directions."""
    ends: dict[str, Any] = {"ecolor": color, "elinewidth": 0.9, "capsize": 2, "alpha": 0.55}
    axes.errorbar(x, y, xerr=x_ends, yerr=y_ends, linestyle="none", **ends)
    axes.plot(x, y, color=color, markersize=6, markeredgecolor="white", linewidth=1.8, zorder=4, **line)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: effect against cost, a line through the budgets of every pathway; right: cost per unit over budgets."""
    (money, bn), (size, unit), ratio = _scales(finding, say)
    figure = new_figure(6.0, left=0.85, bottom=1.05, top=0.95, wspace=0.22)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), squeeze=False)[0]
    largest = finding.table[["cost", "effect"]].abs().max().to_numpy(float)
    labelled: list[Any] = []
    for index, (name, rows) in enumerate(finding.table.groupby("pathway", sort=False)):
        color, dash, marker = style_of(name, index)
        line = {"linestyle": dash, "marker": marker, "label": say.name("pathway", name)}
        x, y = rows["cost"] * money, rows["effect"] * size
        _bars(
            left, x, y, np.abs(rows[["cost_low", "cost_high"]].to_numpy().T * money - x.to_numpy()),
            np.abs(rows[["effect_low", "effect_high"]].to_numpy().T * size - y.to_numpy()), color, **line,
        )  # fmt: skip
        for _, row in rows.iloc[::-1].iterrows():  # the largest budget first; what stands too close stays bare
            place = row[["cost", "effect"]].to_numpy(float)
            near = any((np.abs(place - other) < CLOSE * largest).all() for other in labelled)
            if row["budget_bn"] in (50, 150, finding.facts["top_budget_bn"]) and not near:
                where = (row["cost"] * money, row["effect"] * size)
                labelled.append(place)
                left.annotate(
                    say.number(row["budget_bn"]),
                    where,
                    (5, -11),
                    textcoords="offset points",
                    fontsize=8,
                    color=color,
                )
        priced = rows[rows["per_unit"].notna()]
        z = priced["per_unit"].to_numpy()
        ends = np.abs(priced[["per_unit_low", "per_unit_high"]].to_numpy().T - z)
        _bars(right, priced["budget_bn"], z, None, ends, color, **line)
    left.axhline(0, color="#666666", linewidth=0.8)
    left.set_xlabel(f"{say('frontier.cost')} ({bn})")
    left.set_ylabel(f"{outcome_label(finding.facts['outcome'], say)} ({unit})")
    left.set_title(say("frontier.left"))
    right.set_xlabel(say("frontier.budget_axis"))
    right.set_ylabel(ratio)
    right.set_title(say("frontier.right"))
    right.set_ylim(min(0.0, right.get_ylim()[0]))
    right.set_xlim(0)
    for axes in (left, right):
        plain_ticks(axes.xaxis, say)
        plain_ticks(axes.yaxis, say)
    title_and_legend(figure, say("frontier.figure"), *left.get_legend_handles_labels(), handlelength=3.5)
    return figure
