"""Words, table and figure of scenario discovery."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..words import Words
from .page import Sheet, rule_text, spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FAILS, HOLDS, BOX = "#D55E00", "#0072B2", "#222222"
_CONDITION = re.compile(r"([\w.]+)(<=|>)([\d.e+-]+)")


def _digits(value: float, say: Words) -> str:
    """A parameter's value with three digits that count."""
    if value == 0:
        return say.number(0)
    return say.number(value, max(0, 2 - int(np.floor(np.log10(abs(value))))))


def _limit(name: str, low: float | None, high: float | None, say: Words) -> str:
    """ "cost of infrastructure above 5,000"."""
    low, high = (None if value is None or not np.isfinite(value) else value for value in (low, high))
    key = "between" if low is not None and high is not None else "above" if low is not None else "below"
    ends = {"low": _digits(low or 0.0, say), "high": _digits(high or 0.0, say)}
    return say(f"discover.{key}", name=say.name("parameter", name), **ends)


def _leaf(conditions: str, say: Words) -> str:
    limits: dict[str, dict[str, float]] = {}
    for name, sign, value in _CONDITION.findall(conditions):
        limits.setdefault(name, {})["low" if sign == ">" else "high"] = float(value)
    return "; ".join(_limit(name, ends.get("low"), ends.get("high"), say) for name, ends in limits.items())


def words(finding: Finding, say: Words) -> list[str]:
    """How often it fails, where, how well the box says so, and what the tree adds."""
    facts = finding.facts
    sentences = [
        say(
            "discover.often", pathway=say.name("pathway", facts["pathway"]), rule=rule_text(facts["rule"], say, finding.one_cluster),
            share=spell(facts["share"], say, 0, 100), points=say.number(facts["points"]),
        )
    ]  # fmt: skip
    if facts["rare"]:
        return [*sentences, say("discover.rare")]
    if not facts["box"]:
        sentences.append(say("discover.no_box"))
    else:
        limits = "; ".join(_limit(row.parameter, row.low, row.high, say) for row in finding.table.itertuples())
        sentences.append(
            say(
                "discover.box", limits=limits, density=spell(facts["density"], say, 0, 100),
                coverage=spell(facts["coverage"], say, 0, 100), outside=spell(facts["outside"], say, 0, 100),
            )
        )  # fmt: skip
    leaf = facts["leaf"]
    sentences.append(
        say(
            "discover.leaf",
            conditions=_leaf(leaf["conditions"], say),
            share=say.percent(leaf["share"]),
            points=leaf["points"],
        )
    )
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """The leaves of the tree, worst first; before them the box."""
    columns = [say(f"discover.{key}") for key in ("where", "points", "fails")]
    every = finding.data["points"]
    rows = [[say("discover.everywhere"), say.number(len(every)), say.percent(finding.facts["share"]["mean"])]]
    if finding.facts["box"]:
        text = "; ".join(_limit(row.parameter, row.low, row.high, say) for row in finding.table.itertuples())
        density = finding.facts["density"]
        rows.append([say("discover.in_box", limits=text), say.number(density["runs"]), say.percent(density["mean"])])
    if "leaves" in finding.data:
        rows += [
            [_leaf(leaf.conditions, say), say.number(leaf.points), say.percent(leaf.share)]
            for leaf in finding.data["leaves"].itertuples()
        ]
    return Sheet(columns, rows, say("discover.note"))


def _axes_names(finding: Finding) -> list[str]:
    """The two parameters to draw: those of the box, then those of the tree, then any."""
    seen = list(finding.table["parameter"])
    if "leaves" in finding.data:
        seen += [name for text in finding.data["leaves"]["conditions"] for name, _, _ in _CONDITION.findall(text)]
    seen += [name for name in finding.data["points"].columns if name not in ("effect", "fails")]
    return list(dict.fromkeys(seen))[:2]


def _scatter(axes: Axes, finding: Finding, say: Words) -> None:
    from matplotlib.patches import Rectangle

    every, names = finding.data["points"], _axes_names(finding)
    if len(names) == 1:  # one parameter only: spread the points by their effect
        names.append("effect")
    x, y = (every[name].to_numpy(float) for name in names)
    for fails, color, marker in ((0, HOLDS, "o"), (1, FAILS, "X")):
        chosen = every["fails"].to_numpy() == fails
        axes.scatter(x[chosen], y[chosen], s=26, color=color, marker=marker, alpha=0.75, linewidths=0)
    for axis, name, values in ((axes.xaxis, names[0], x), (axes.yaxis, names[1], y)):
        axis.set_label_text(say("discover.effect") if name == "effect" else say.name("parameter", name))
        plain_ticks(axis, say)
        pad = 0.03 * (np.ptp(values) or 1.0)
        (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(values.min() - pad, values.max() + pad)
    limits = {row.parameter: (row.low, row.high) for row in finding.table.itertuples()}
    if not limits:
        return
    corner, size = [], []
    for name, (first, last) in zip(names, (axes.get_xlim(), axes.get_ylim()), strict=True):
        low, high = limits.get(name, (-np.inf, np.inf))
        low, high = max(low, first), min(high, last)
        corner.append(low)
        size.append(high - low)
    axes.add_patch(Rectangle((corner[0], corner[1]), *size, facecolor=FAILS, alpha=0.08, zorder=0))
    axes.add_patch(Rectangle((corner[0], corner[1]), *size, fill=False, edgecolor=BOX, linewidth=1.8, clip_on=False))


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: points that fail and that hold, with the box; right: how often it fails in the box, outside, in the leaves."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    facts = finding.facts
    figure = new_figure(5.6, left=0.95, bottom=1.1, top=0.95, wspace=0.45)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1), squeeze=False)[0]
    _scatter(left, finding, say)
    left.set_title(say("discover.left"))
    bars = [("everywhere", facts["share"])]
    bars += [(key, facts[part]) for key, part in (("box_bar", "density"), ("outside_bar", "outside")) if part in facts]
    at = np.arange(len(bars))
    means = np.array([value["mean"] if value["mean"] is not None else np.nan for _, value in bars]) * 100
    ends = np.array([[value["low"], value["high"]] for _, value in bars], float) * 100
    colors = ["#999999", FAILS, HOLDS][: len(bars)]
    right.barh(
        at,
        means,
        0.55,
        color=colors,
        xerr=np.abs(ends.T - means),
        error_kw={"ecolor": "#444444", "capsize": 3},
    )
    right.set_yticks(at, [say(f"discover.{key}") for key, _ in bars])
    right.invert_yaxis()
    right.set_ylim(2.6, -0.6)
    right.set_xlim(0, 100)
    right.set_xlabel(say("discover.fails_percent"))
    right.set_title(say("discover.right"))
    right.grid(visible=False, axis="y")
    right.tick_params(axis="y", length=0)
    handles = [
        Line2D([], [], color=FAILS, marker="X", linestyle="none"), Line2D([], [], color=HOLDS, marker="o", linestyle="none"),
        *([Patch(facecolor="white", edgecolor=BOX, linewidth=1.8)] if facts["box"] else []),
    ]  # fmt: skip
    labels = [say(f"discover.{key}") for key in ("failing", "holding", "box_label")][: len(handles)]
    title_and_legend(figure, say("discover.figure", rule=rule_text(facts["rule"], say, finding.one_cluster)), handles, labels)
    return figure
