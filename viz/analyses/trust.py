"""Words, table and figure of what barrier 6 is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.analyses.bearing import JUDGED
from ...experiments.analyses.finding import Finding
from ...experiments.analyses.trust import LOSS
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..places import site_title
from ..words import Words, decimals_of
from .page import Sheet, cell, scaled, spell, three

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"helps": "#0b6e4f", "harms": "#B2182B", "open": "#E69F00", "idle": "#777777"}
WIDEST = 100.0  # percent of what the programme brings; what lies beyond is drawn at the edge


def words(finding: Finding, say: Words) -> list[str]:
    """The verdict of every setting, of the ranges, and what mistrust costs."""
    facts = finding.facts
    percent = say.number(100 * facts["margin"])
    sentences = []
    for entry in facts["settings"]:
        sentences.append(say(
            f"trust.is_{entry['verdict']}", where=say(f"trust.in_{entry['name']}"), percent=percent,
            pathway=say.name("pathway", facts["pathway"]), list=_shares(entry, say),
        ))  # fmt: skip
    blank = [say(f"trust.short_{name}") for name in JUDGED if any(_unmeasured(entry, name) for entry in facts["settings"])]
    if blank:
        sentences.append(say("trust.blank", pathway=say.name("pathway", facts["pathway"]), list=", ".join(blank)))
    if facts["ranges"]:
        sentences.append(_over_ranges(facts, say))
    factor, unit = scaled(LOSS, abs(facts["loss"]["mean"] or 0.0), say)
    loss = spell(facts["loss"], say, 1, factor, sign=True)
    return [*sentences, say("trust.loss", loss=loss, unit=unit, site=site_title(facts["scenario"], say))]


def _unmeasured(entry: dict[str, Any], outcome: str) -> bool:
    return entry["outcomes"][outcome]["verdict"] == "unmeasured"


def _shares(entry: dict[str, Any], say: Words) -> str:
    """The outcomes that decide the verdict, each with its part of what the programme brings."""
    return "; ".join(
        f"{say('trust.short_' + name)} {spell(found['share'], say, 1, 100, sign=True)} %"
        for name, found in entry["outcomes"].items()
        if found["verdict"] == entry["verdict"]
    )


def _over_ranges(facts: dict[str, Any], say: Words) -> str:
    """At how many ends of the ranges it binds, and the others by name; where it binds nowhere only those that are not idle."""
    found = {name: [_row_name(entry, say) for entry in facts["ranges"] if entry["verdict"] == name] for name in COLORS}
    binding = len(found["helps"])
    told = ("harms", "open", "idle") if binding else ("harms", "open")
    first = say("trust.ranges" if binding else "trust.ranges_none", binding=binding, all=len(facts["ranges"]))
    return " ".join([first, *(f"{say('trust.of_' + name)}: {', '.join(found[name])}." for name in told if found[name])])


def _row_name(entry: dict[str, Any], say: Words) -> str:
    """A setting, or a parameter with its value."""
    if entry["kind"] == "setting":
        return say(f"trust.row_{entry['name']}")
    if entry["name"] == "all":
        return say(f"trust.all_{entry['end']}")
    return f"{entry['name']} = {say.number(entry['value'], decimals_of(entry['value']))}"


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per setting and end of a range: part of what the programme brings, per outcome, and the verdict."""
    facts = finding.facts
    columns = [say("trust.where"), *(say(f"trust.short_{name}") for name in JUDGED), say("trust.verdict")]
    rows = [
        [
            _row_name(entry, say), *(cell(entry["outcomes"][name]["share"], say, 1, 100, sign=True) for name in JUDGED),
            say(f"trust.{entry['verdict']}"),
        ]
        for entry in (*facts["settings"], *facts["ranges"])
    ]  # fmt: skip
    note = say(
        "trust.note",
        percent=say.number(100 * facts["margin"]),
        worlds=facts["worlds"],
        pathway=say.name("pathway", facts["pathway"]),
    )
    return Sheet(columns, rows, note)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """One panel per outcome: the gain of removal in percent of what the programme brings, beside the band of the rule."""
    facts, table = finding.facts, finding.table
    entries = [*facts["settings"], *facts["ranges"]]
    figure = new_figure(1.9 + 0.24 * len(entries), left=2.6, right=0.2, bottom=0.95, top=0.95, wspace=0.08)
    panels = figure.subplots(1, len(JUDGED), sharey=True, squeeze=False)[0]
    at, margin = np.arange(len(entries)), 100 * facts["margin"]
    for axes, outcome in zip(panels, JUDGED, strict=True):
        shares = [three(row, "share") for row in table[table["outcome"] == outcome].to_dict("records")]
        middle, low, high = (np.array([100 * share[part] for share in shares], float) for part in ("mean", "low", "high"))
        axes.axvspan(-margin, margin, color="#e8e8e8", zorder=0, linewidth=0)
        axes.axvline(0, color="#666666", linewidth=0.8)
        for verdict, color in COLORS.items():
            mine = np.array([entry["outcomes"][outcome]["verdict"] == verdict for entry in entries])
            axes.hlines(
                at[mine], np.clip(low[mine], -WIDEST, WIDEST), np.clip(high[mine], -WIDEST, WIDEST), color=color, linewidth=1.6
            )
            axes.plot(
                np.clip(middle[mine], -WIDEST, WIDEST), at[mine], "o", color=color, markersize=5, label=say(f"trust.{verdict}")
            )
        axes.set_title(say(f"trust.short_{outcome}"))
        ends = np.nan_to_num(np.abs(np.concatenate([low, high, middle])))
        reach = min(max(float(ends.max(initial=0.0)), 2 * margin), WIDEST)
        axes.set_xlim(-1.05 * reach, 1.05 * reach)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        plain_ticks(axes.xaxis, say, 4)
    panels[0].set_yticks(at, [_row_name(entry, say) for entry in entries])
    panels[0].set_ylim(len(entries) - 0.4, -0.6)
    panels[-1].set_xlabel(say("trust.axis", pathway=say.name("pathway", facts["pathway"])), loc="right")
    title_and_legend(figure, say("trust.figure", site=site_title(facts["scenario"], say)), *panels[0].get_legend_handles_labels())
    return figure
