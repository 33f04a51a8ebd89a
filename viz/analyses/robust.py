"""Words, table and figure of robustness."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..words import Words, decimals_of
from .page import Sheet, cell, even, outcome_label, rule_text, scaled, spell, three

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def _scale(finding: Finding, say: Words) -> tuple[float, str, int]:
    largest = float(finding.table["effect"].abs().max())
    factor, unit = scaled(finding.facts["outcome"], largest, say)
    return factor, unit, decimals_of(largest * factor)


def words(finding: Finding, say: Words) -> list[str]:
    """Who is best most often, who disappoints least, who meets the rules, and where the leaders change places."""
    facts, (factor, unit, decimals) = finding.facts, _scale(finding, say)
    like, safe, good = (facts[key] for key in ("likeliest", "safest", "satisficing"))
    sentences = [
        say(
            "robust.likeliest", outcome=outcome_label(facts["outcome"], say, finding.one_cluster), points=say.number(facts["points"]),
            pathway=say.name("pathway", like["pathway"]), share=spell(three(like, "best"), say, 0, 100),
        ),
        *even(finding.table, "best", like["pathway"], like["best"], say),
        say(
            "robust.safest" if safe["regret_max"] > 0 else "robust.always", pathway=say.name("pathway", safe["pathway"]), unit=unit,
            regret=say.number(safe["regret_90"] * factor, decimals), most=say.number(safe["regret_max"] * factor, decimals),
        ),
        *even(finding.table, "regret_90", safe["pathway"], safe["regret_90"], say),
    ]  # fmt: skip
    if facts["rules"]:
        rules = "; ".join(rule_text(rule, say, finding.one_cluster) for rule in facts["rules"])
        fields = {
            "rules": rules,
            "pathway": say.name("pathway", good["pathway"]),
            "share": spell(three(good, "meets"), say, 0, 100),
        }
        sentences.append(say("robust.satisficing" if good["meets"] else "robust.nobody", **fields))
        sentences += even(finding.table, "meets", good["pathway"], good["meets"], say) if good["meets"] else []
    if "surface" in facts:
        one, two = (say.name("pathway", name) for name in facts["leaders"])
        x, y = (say.name("parameter", name) for name in facts["surface"])
        gap, sure = finding.data["surface"]["difference"], facts["sure"]
        turns = gap.min() < 0 < gap.max()
        key = (
            "even"
            if not gap.any()
            else "turns"
            if turns and min(sure["first"], sure["second"]) > 0
            else "may_turn"
            if turns
            else "never_turns"
        )
        ahead, behind = (one, two) if gap.mean() > 0 else (two, one)
        share = say.percent(sure["first"] if gap.mean() > 0 else sure["second"])
        sentences.append(say(f"robust.{key}", x=x, y=y, one=ahead, two=behind, share=share))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per pathway."""
    factor, unit, decimals = _scale(finding, say)
    columns = [say(f"robust.{key}") for key in ("pathway", "effect", "worst", "regret", "regret_90", "best", "meets")]
    rows = [
        [
            say.name("pathway", row["pathway"]),
            *(say.number(row[name] * factor, decimals) for name in ("effect", "worst", "regret", "regret_90")),
            cell(three(row, "best"), say, 0, 100), cell(three(row, "meets"), say, 0, 100),
        ]
        for row in finding.table.to_dict("records")
    ]  # fmt: skip
    rules = "; ".join(rule_text(rule, say, finding.one_cluster) for rule in finding.facts["rules"])
    return Sheet(columns, rows, say("robust.note", unit=unit, rules=rules))


def _effects(axes: Axes, finding: Finding, factor: float, say: Words) -> None:
    """Every point of the parameter space as a dot, the middle half as a bar, per pathway."""
    every, names = finding.data["points"], finding.facts["pathways"]
    for index, name in enumerate(names):
        values = every[f"effect.{name}"].to_numpy() * factor
        color = style_of(name, index)[0]
        # spread by rank, not by chance: the same picture every time
        spread = 0.26 * (((np.argsort(np.argsort(values)) * 0.618034) % 1.0) * 2 - 1)
        axes.scatter(values, index + spread, s=9, color=color, alpha=0.45, linewidths=0)
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        axes.plot([low, high], [index, index], color=color, linewidth=5, solid_capstyle="butt")
        axes.plot(middle, index, "o", color="white", markeredgecolor=color, markersize=7)
    axes.set_yticks(range(len(names)), [say.name("pathway", name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    plain_ticks(axes.xaxis, say)


def _shares(axes: Axes, finding: Finding, say: Words) -> None:
    """Share of the points at which a pathway is best, and at which it meets the rules."""
    at = np.arange(len(finding.table))
    colors = [style_of(name, index)[0] for index, name in enumerate(finding.table["pathway"])]
    for shift, name, hatch in ((-0.19, "best", None), (0.19, "meets", "////")):
        values = finding.table[name].to_numpy() * 100
        ends = np.abs(finding.table[[f"{name}_low", f"{name}_high"]].to_numpy().T * 100 - values)
        axes.barh(at + shift, values, 0.34, color="white" if hatch else colors, edgecolor=colors, hatch=hatch, xerr=ends,
                  error_kw={"ecolor": "#444444", "elinewidth": 0.9, "capsize": 2})  # fmt: skip
    axes.set_yticks(at, [])
    axes.set_ylim(len(at) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.grid(visible=False, axis="y")


def _break_even(axes: Axes, finding: Finding, say: Words, figure: Figure) -> None:
    """Difference of the two leaders over two parameters; black line: they are level; dots: beyond chance."""
    x, y = finding.facts["surface"]
    made = finding.data["surface"]
    wide = made.pivot(index=y, columns=x, values="difference")
    largest = float(made["difference"].abs().max()) or 1.0
    factor, unit = scaled(finding.facts["outcome"], largest, say)
    limit = largest * factor
    colored = axes.contourf(wide.columns, wide.index, wide.to_numpy() * factor, levels=np.linspace(-limit, limit, 13), cmap="RdBu")
    if wide.to_numpy().min() < 0 < wide.to_numpy().max():
        axes.contour(wide.columns, wide.index, wide.to_numpy(), levels=[0.0], colors="black", linewidths=1.6)
    sure = made[(made["low"] > 0) | (made["high"] < 0)]
    axes.plot(sure[x], sure[y], ".", color="#222222", markersize=4, clip_on=False)
    for axis, name in ((axes.xaxis, x), (axes.yaxis, y)):
        axis.set_label_text(say.name("parameter", name))
        plain_ticks(axis, say)
    axes.grid(visible=False)
    bar = figure.colorbar(colored, ax=axes, fraction=0.05, pad=0.03)
    plain_ticks(bar.ax.yaxis, say)
    bar.set_label(unit)
    one, two = (say.name("pathway", name) for name in finding.facts["leaders"])
    axes.set_title(say("robust.right", one=one, two=two), fontsize=10)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: effects over all points; middle: how often best and good enough; right: break-even surface."""
    from matplotlib.patches import Patch

    factor, unit, _ = _scale(finding, say)
    surface = "surface" in finding.data
    figure = new_figure(5.2, left=1.5, right=0.35, bottom=1.15, top=0.95, wspace=0.12)
    ratios = (1.15, 0.7, 1.25) if surface else (1.3, 1)
    grid = figure.add_gridspec(1, len(ratios), width_ratios=ratios, wspace=0.0)
    box = [grid[column].get_position(figure) for column in range(len(ratios))]
    left, middle = figure.add_subplot(grid[0]), figure.add_subplot(grid[1])
    middle.set_position((box[1].x0 + 0.015, box[1].y0, box[1].width - 0.015, box[1].height))
    _effects(left, finding, factor, say)
    left.set_title(say("robust.left"))
    left.set_xlabel(f"{outcome_label(finding.facts['outcome'], say)}\n({unit})")
    _shares(middle, finding, say)
    middle.set_title(say("robust.middle"))
    middle.set_xlabel(say("robust.percent"))
    if surface:
        right = figure.add_axes((box[2].x0 + 0.085, box[2].y0, box[2].width - 0.085, box[2].height))
        _break_even(right, finding, say, figure)
    handles = [Patch(color="#888888"), Patch(facecolor="white", edgecolor="#888888", hatch="////")]
    title_and_legend(figure, say("robust.figure"), handles, [say("robust.best"), say("robust.meets")])
    return figure
