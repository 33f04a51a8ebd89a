"""Words, table and figure of the times to certification and adoption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...experiments.analyses.finding import Finding
from ...experiments.analyses.survival import EVENTS
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..words import Words
from .page import Sheet, cell, spell, three

if TYPE_CHECKING:
    from matplotlib.figure import Figure

START, EXPLORATION = 2020, 2036  # what lies beyond 2035 is exploration


def words(finding: Finding, say: Words) -> list[str]:
    """Per event: which pathway gets there soonest, how many, when half of them, and how much sooner than without."""
    facts, sentences = finding.facts, []
    for event in EVENTS:
        best = facts["best"][event]
        fields = {
            "event": say(f"survival.{event}"), "pathway": say.name("pathway", best["pathway"]), "horizon": facts["horizon"],
            "share": spell(three(best, "share"), say, 0, 100), "null": say.percent(best["null_share"]),
        }  # fmt: skip
        if best["gain_low"] is None or best["gain_low"] <= 0:
            sentences.append(say("survival.nobody", **fields))
            continue
        gain = spell(three(best, "gain"), say, 1)
        text = say("survival.best", gain=gain, **fields)
        if best["median"] is not None:
            text += " " + say("survival.half", year=int(START + best["median"]))
        sentences.append(text)
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per event and pathway."""
    columns = [say(f"survival.{key}") for key in ("row", "share", "median", "mean", "gain")]
    rows = [
        [
            f"{say('survival.' + row['event'])}: {say.name('pathway', row['pathway'])}", cell(three(row, "share"), say, 0, 100),
            str(int(START + row["median"])) if row["median"] == row["median"] else say.number(row["median"]),
            cell(three(row, "mean"), say, 1), "" if row["pathway"] == "law" else cell(three(row, "gain"), say, 1, sign=True),
        ]
        for row in finding.table.to_dict("records")
    ]  # fmt: skip
    return Sheet(columns, rows, say("survival.note", horizon=finding.facts["horizon"]))


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """One panel per event: the share that has got there over the years, with its 95 % interval."""
    curves, horizon = finding.data["curves"], finding.facts["horizon"]
    figure = new_figure(5.2, left=0.75, bottom=1.0, top=0.95, wspace=0.12)
    panels = figure.subplots(1, len(EVENTS), sharey=True, squeeze=False)[0]
    for axes, event in zip(panels, EVENTS, strict=True):
        for index, name in enumerate(finding.facts["pathways"]):
            rows = curves[(curves["event"] == event) & (curves["pathway"] == name)]
            color, dash, marker = style_of(name, index)
            begun = rows[rows["share"] > 0]  # bands of curves that stay at nil would hide each other
            axes.fill_between(begun["year"], begun["low"] * 100, begun["high"] * 100, step="post", color=color, alpha=0.12,
                              linewidth=0)  # fmt: skip
            axes.step(rows["year"], rows["share"] * 100, where="post", color=color, linestyle=dash, linewidth=1.8,
                      marker=marker, markersize=5, markevery=(10 + 4 * index, 24), label=say.name("pathway", name))  # fmt: skip
        if horizon + 1 > EXPLORATION:
            beyond = axes.axvspan(EXPLORATION, horizon + 1, color="#efefef", zorder=0, linewidth=0)
        axes.axhline(50, color="#888888", linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_xlim(START, horizon + 1)
        axes.set_ylim(-2, 102)
        axes.set_title(say(f"survival.{event}"))
        plain_ticks(axes.yaxis, say)
        axes.xaxis.set_major_locator(_whole_years())
    panels[0].set_ylabel(say("survival.axis"))
    handles, labels = panels[0].get_legend_handles_labels()
    if horizon + 1 > EXPLORATION:
        handles, labels = [*handles, beyond], [*labels, say("figure.exploration")]
    title = say("survival.figure", replicates=finding.facts["replicates"])
    title_and_legend(figure, title, handles, labels, handlelength=3.5)
    return figure


def _whole_years():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5, integer=True, steps=[1, 2, 5, 10])
