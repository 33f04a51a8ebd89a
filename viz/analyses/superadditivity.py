"""Words, table and figure of the comparison of a park with the sum of its firms."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.finding import Finding
from ...experiments.analyses.superadditivity import MANY
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..words import Words, decimals_of
from .page import Sheet, cell, outcome_label, scaled, spell, three

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALONE, GAIN, LOSS, WHOLE = "#999999", "#009E73", "#D55E00", "#222222"


def words(finding: Finding, say: Words) -> list[str]:
    """Per pathway whether the park does more than its firms and how many times; then the claim of the source."""
    facts, sentences = finding.facts, []
    many: dict[str, bool | None] = {}  # None: the interval holds both more and less than MANY
    for name, ratio in facts["ratios"]["as_it_is"].items():
        fields = {"pathway": say.name("pathway", name), "ratio": spell(ratio, say, 2)}
        if ratio["mean"] is None:
            more = ratio["difference_low"] is not None and ratio["difference_low"] > 0
            key = "only_together" if more else "nothing"
        elif ratio["low"] is not None and ratio["low"] > 1:
            key = "more"
        else:
            key = "same" if ratio["high"] is None or ratio["high"] >= 1 else "less"
        if key == "only_together":
            many[name] = True
        elif key != "nothing":
            sure, never = (ratio[end] is not None for end in ("low", "high"))
            many[name] = True if sure and ratio["low"] >= MANY else False if never and ratio["high"] < MANY else None
        sentences.append(say(f"superadditivity.{key}", **fields))
    channels = finding.data["channels"]
    gains = channels[channels["channel"] != "alone"]
    best = gains.loc[gains["mean"].idxmax()]
    if best["low"] > 0:
        fields = {
            "channel": say(f"superadditivity.{best['channel']}"),
            "pathway": say.name("pathway", best["pathway"]),
        }
        sentences.append(say("superadditivity.channel_gain", **fields))
    verdicts, open_ = set(many.values()), [say.name("pathway", name) for name, holds in many.items() if holds is None]
    exact = [ratio["mean"] for ratio in facts["ratios"]["exact"].values() if ratio["mean"] is not None]
    if verdicts >= {True, False}:
        sentences.append(say("superadditivity.claim_some"))
    elif len(verdicts) == 1 and not open_:
        sentences.append(say("superadditivity.claim_all" if True in verdicts else "superadditivity.claim_none"))
    if open_:
        sentences.append(say("superadditivity.claim_open", pathways=", ".join(open_)))
    if exact:
        key = "superadditivity.exact" if len(exact) > 1 else "superadditivity.exact_single"
        sentences.append(say(key, low=say.number(min(exact), 2), high=say.number(max(exact), 2)))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per reading, pathway and outcome."""
    columns = [say(f"superadditivity.{key}") for key in ("row", "whole", "parts", "ratio")]
    rows = []
    shown = (finding.table["reading"] != "exact") | (finding.table["outcome"] == finding.facts["outcome"])
    for row in finding.table[shown].to_dict("records"):
        largest = max(abs(row["whole"]), abs(row["parts"]))
        factor, unit = scaled(row["outcome"], largest, say)
        label = f"{say.name('pathway', row['pathway'])}: {outcome_label(row['outcome'], say)} ({unit})"
        if row["reading"] == "exact":
            label += f" [{say('superadditivity.exact_row')}]"
        whole, alone = (cell(three(row, name), say, decimals_of(largest * factor), factor) for name in ("whole", "parts"))
        rows.append([label, whole, alone, cell(three(row, "ratio"), say, 2)])
    return Sheet(columns, rows, say("superadditivity.note"))


def _waterfall(axes: Axes, rows, factor: float, say: Words) -> None:
    """From the firms alone over the channels to the whole."""
    at, level = 0, 0.0
    for row in rows.itertuples():
        value = row.mean * factor
        color = ALONE if row.channel == "alone" else GAIN if value >= 0 else LOSS
        error = [[(row.mean - row.low) * factor], [(row.high - row.mean) * factor]]
        axes.bar(at, value, 0.62, bottom=level, color=color)
        axes.errorbar(at, level + value, yerr=error, color="#444444", linewidth=1, capsize=3)
        axes.plot([at - 0.31, at + 1.31], [level + value] * 2, color="#888888", linewidth=0.8, linestyle=":")
        level += value
        at += 1
    axes.bar(at, level, 0.62, color=WHOLE)
    labels = [say(f"superadditivity.{name}") for name in (*rows["channel"], "whole")]
    axes.set_xticks(range(at + 1), labels, rotation=38, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.axhline(0, color="#666666", linewidth=0.8)
    plain_ticks(axes.yaxis, say)


def _ratios(axes: Axes, finding: Finding, say: Words) -> None:
    """Ratio of whole to parts of every outcome on a logarithmic axis, one row per outcome."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    table = finding.table[(finding.table["reading"] == "as_it_is") & finding.table["ratio"].notna()]
    outcomes = [name for name in finding.table["outcome"].unique() if name in set(table["outcome"])]
    names = finding.facts["pathways"]
    for index, name in enumerate(names):
        color, _, marker = style_of(name, index)
        rows = table[table["pathway"] == name]
        y = np.array([outcomes.index(o) for o in rows["outcome"]]) + 0.22 * (index - (len(names) - 1) / 2)
        ends = np.abs(rows[["ratio_low", "ratio_high"]].to_numpy().T - rows["ratio"].to_numpy())
        axes.errorbar(rows["ratio"], y, xerr=ends, color=color, marker=marker, linestyle="none", capsize=2,
                      label=say.name("pathway", name))  # fmt: skip
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    axes.set_xlim(min(low, 0.5), max(min(high, 100), 4))
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if axes.get_xlim()[0] <= t <= axes.get_xlim()[1]]
    axes.set_xticks(ticks)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say.number(value, 1 if value < 1 else 0)))
    axes.axvline(1, color="#666666", linewidth=1)
    axes.axvline(MANY, color="#666666", linewidth=1, linestyle=(0, (4, 3)))
    axes.set_yticks(range(len(outcomes)), [fill(outcome_label(name, say, finding.one_cluster), 20) for name in outcomes])
    axes.set_ylim(len(outcomes) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_title(say("superadditivity.ratio"))


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """From single firms to the park, channel by channel and pathway; right: how many times the park does what they do."""
    channels, names = finding.data["channels"], finding.facts["pathways"]
    sums = channels.groupby("pathway")["mean"].sum()
    factor, unit = scaled(finding.facts["outcome"], float(sums.abs().max()), say)
    figure = new_figure(5.2)
    grid = figure.add_gridspec(1, 2, width_ratios=(len(names), 1.25), wspace=0.45, left=0.06, right=0.985, bottom=0.31, top=0.81)
    falls = grid[0].subgridspec(1, len(names), wspace=0.16).subplots(sharey=True, squeeze=False)[0]
    for index, (axes, name) in enumerate(zip(falls, names, strict=True)):
        _waterfall(axes, channels[channels["pathway"] == name], factor, say)
        axes.set_title(say.name("pathway", name), color=style_of(name, index)[0])
    ratios = figure.add_subplot(grid[1])
    _ratios(ratios, finding, say)
    what = f"{outcome_label(finding.facts['outcome'], say)} ({unit})"
    title_and_legend(figure, say("superadditivity.figure", outcome=what), *ratios.get_legend_handles_labels())
    return figure
