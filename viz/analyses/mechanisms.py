"""Words, table and figure of what each mechanism moves."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.analyses.bearing import JUDGED
from ...experiments.analyses.finding import Finding
from ...experiments.analyses.mechanisms import BESIDE, LAW, PATHWAYS
from ..drawing import in_style, new_figure, plain_ticks, style_of, title_and_legend
from ..places import site_title
from ..words import Words
from .page import Sheet, cell, spell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UNITS = {"exchange_total_2035": 1000}  # shown in thousands
WIDEST = 100.0  # percent of what a pathway brings; what lies beyond is drawn at the edge
LABEL = 26  # letters of a name beside its panel; longer ones take two lines


def words(finding: Finding, say: Words) -> list[str]:
    """The dead first, in words; then what each of the others adds and takes most; then those that are open."""
    facts = finding.facts
    told = {state: [one for one in facts["mechanisms"] if one["state"] == state] for state in ("dead", "bears", "open")}
    sentences = []
    for state in ("dead", "open"):
        if told[state]:
            names = ", ".join(say(f"mechanisms.name_{one['name']}") for one in told[state])
            sentences.append(say(f"mechanisms.{state}_list", list=names, percent=say.number(100 * facts["margin"])))
    for one in told["bears"]:
        parts = [
            say(f"mechanisms.{end}", where=say.name("pathway", one[end]["pathway"]), outcome=say(f"trust.short_{one[end]['outcome']}"),
                share=spell(one[end], say, 1, 100, sign=True))
            for end in ("most", "least") if end in one
        ]  # fmt: skip
        sentences.append(say("mechanisms.bears", name=say(f"mechanisms.name_{one['name']}"), list="; ".join(parts)))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per mechanism and pathway: part of what the pathway brings, per outcome; what stands beside in its own unit."""
    facts = finding.facts
    heads = [say("mechanisms.mechanism"), say("mechanisms.pathway"), *(say(f"trust.short_{name}") for name in JUDGED),
             *(say(f"mechanisms.short_{name}") for name in BESIDE)]  # fmt: skip
    rows = []
    for one in facts["mechanisms"]:
        name = say(f"mechanisms.name_{one['name']}")
        for at, (pathway, found) in enumerate(one["pathways"].items()):
            first = f"{name}: {say('mechanisms.state_' + one['state'])}" if at == 0 else ""
            rows.append([
                first, say.name("pathway", pathway), *(cell(found[outcome]["share"], say, 1, 100, sign=True) for outcome in JUDGED),
                *(cell(one["beside"][pathway][outcome], say, 1, 1 / UNITS.get(outcome, 1), sign=True) for outcome in BESIDE)
            ])  # fmt: skip
    note = say("mechanisms.note", percent=say.number(100 * facts["margin"]), worlds=facts["worlds"])
    return Sheet(heads, rows, note, names=2)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """One panel per outcome: what each mechanism adds to each pathway, in percent of what the pathway brings."""
    facts = finding.facts
    entries, margin = facts["mechanisms"], 100 * facts["margin"]
    figure = new_figure(2.1 + 0.55 * len(entries), left=2.4, right=0.25, bottom=0.95, top=1.1, wspace=0.18)
    panels = figure.subplots(1, len(JUDGED), sharey=True, squeeze=False)[0]
    shown = (*PATHWAYS, LAW)
    offsets = np.linspace(-0.3, 0.3, len(shown))
    for axes, outcome in zip(panels, JUDGED, strict=True):
        axes.axvspan(-margin, margin, color="#e8e8e8", zorder=0, linewidth=0)
        axes.axvline(0, color="#666666", linewidth=0.8)
        reach = 2 * margin
        for index, pathway in enumerate(shown):
            color, _, marker = style_of(pathway, index)
            shares = [_share(one, pathway, outcome) for one in entries]
            middle, low, high = (100 * np.array([share[part] for share in shares], float) for part in ("mean", "low", "high"))
            at = np.arange(len(entries)) + offsets[index]
            ends = np.nan_to_num(np.abs(np.concatenate([low, high, middle])))
            reach = min(max(reach, float(ends.max(initial=0.0))), WIDEST)
            axes.hlines(at, np.clip(low, -WIDEST, WIDEST), np.clip(high, -WIDEST, WIDEST), color=color, linewidth=1.4)
            axes.plot(np.clip(middle, -WIDEST, WIDEST), at, marker, color=color, markersize=4.5, label=say.name("pathway", pathway))
        axes.set_title(say(f"trust.short_{outcome}"))
        axes.set_xlim(-1.05 * reach, 1.05 * reach)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        plain_ticks(axes.xaxis, say, 4)
    panels[0].set_yticks(np.arange(len(entries)), [fill(say(f"mechanisms.name_{one['name']}"), LABEL) for one in entries])
    panels[0].set_ylim(len(entries) - 0.5, -0.5)
    panels[-1].set_xlabel(say("mechanisms.axis"), loc="right")
    title = say("mechanisms.figure", site=site_title(facts["scenario"], say))
    title_and_legend(figure, title, *panels[0].get_legend_handles_labels())
    return figure


def _share(one: dict[str, Any], pathway: str, outcome: str) -> dict[str, float]:
    """As numbers: what has no measure is nan."""
    share = one["pathways"][pathway][outcome]["share"]
    return {part: np.nan if value is None else value for part, value in share.items()}
