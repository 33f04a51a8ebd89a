"""Words, table and figure of the barriers."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.coalitions import picked
from ...experiments.analyses.finding import Finding
from ...experiments.outcome import read_name
from ..drawing import in_style, new_figure, title_and_legend
from ..places import site_title
from ..words import Words
from .causes import cause, draw_bars, draw_pairs, emissions_sheet, emissions_words, headline, pair_name, share, silent_words
from .page import Sheet, cell, outcome_label, scaled, spell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SURE = 0.95

more_sheets = emissions_sheet  # below the table of the outcome


def _scale(finding: Finding, say: Words) -> tuple[float, str]:
    facts = finding.facts
    return scaled(facts["outcome"], abs(facts["total"]["mean"] or 0.0), say)


def words(finding: Finding, say: Words) -> list[str]:
    """What all removals bring, which barrier binds and how surely, the strongest pair, and the other outcomes."""
    facts = finding.facts
    factor, unit = _scale(finding, say)
    first, second, pair = facts["first"], facts["second"], facts["pair"]
    sentences = [
        say(
            "barriers.total", outcome=outcome_label(facts["outcome"], say, finding.one_cluster), site=site_title(facts["scenario"], say), unit=unit,
            gain=spell(facts["total"], say, 1, factor, sign=True),
        )
    ]  # fmt: skip
    if not (facts["total"]["low"] or 0) > 0:
        return [*sentences, say("barriers.none")]
    sentences.append(
        say(
            "barriers.binds" if first["probability"] >= SURE else "barriers.probably", barrier=cause(first["cause"], say),
            share=spell(first["share"], say, 0, 100), probability=say.percent(first["probability"]),
            second=cause(second["cause"], say), second_share=spell(second["share"], say, 0, 100),
        )
    )  # fmt: skip
    if facts["idle"]:
        sentences.append(say("barriers.idle", names=", ".join(cause(name, say) for name in facts["idle"])))
    sentences += silent_words(facts, say)
    synergy = pair["synergy"]
    if (synergy["low"] or 0) > 0 or (synergy["high"] or 0) < 0:
        key = "barriers.together" if synergy["mean"] > 0 else "barriers.overlap"
        sentences.append(say(key, pair=pair_name(pair, say), synergy=spell(synergy, say, 1, factor, sign=True), unit=unit))
    others = [
        f"{outcome_label(name, say, finding.one_cluster)}: {cause(found['cause'], say)}"
        for name, found in facts["others"].items()
        if (found["shapley"]["low"] or 0) > 0
    ]
    elsewhere = [say("barriers.elsewhere", list="; ".join(others))] if others else []
    return [*sentences, *elsewhere, *emissions_words(finding, say)]


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per barrier, for the outcome that was asked for."""
    factor, unit = _scale(finding, say)
    columns = [say(f"barriers.{key}") for key in ("barrier", "shapley", "share", "alone", "last", "probability")]
    rows = []
    for row in headline(finding.table, finding.facts["outcome"]).to_dict("records"):
        gain = cell(picked(row, "shapley"), say, 1, factor)
        rows.append([
            cause(row["cause"], say), gain, share(row, say), say.number(row["alone"] * factor, 1),
            say.number(row["last"] * factor, 1), say.percent(row["probability_largest"]),
        ])  # fmt: skip
    note = say("barriers.note", outcome=outcome_label(finding.facts["outcome"], say, finding.one_cluster), unit=unit)
    return Sheet(columns, rows, f"{note} {say('causes.barriers_above')}")


def _shares(axes: Axes, finding: Finding, say: Words) -> None:
    """Share of every barrier in every outcome, as squares."""
    outcomes = list(dict.fromkeys(finding.table["outcome"]))
    shares = np.array([headline(finding.table, name)["share"].to_numpy(float) for name in outcomes]).T * 100
    axes.imshow(np.ma.masked_invalid(np.clip(shares, 0, 100)), cmap="Blues", vmin=0, vmax=110, aspect="auto")
    for (i, j), value in np.ndenumerate(shares):
        text = say.number(value) if np.isfinite(value) else say.number(np.nan)
        axes.text(j, i, text, ha="center", va="center", fontsize=9, color="white" if value > 60 else "#111111")
    axes.set_xticks(range(len(outcomes)), [_short(name, say) for name in outcomes], fontsize=8 if len(outcomes) < 5 else 6.5)
    axes.set_yticks(range(len(shares)), [str(i + 1) for i in range(len(shares))])
    axes.grid(visible=False)
    axes.tick_params(length=0)


def _short(outcome: str, say: Words) -> str:
    """A few letters for the head of a column."""
    found = read_name(outcome)
    base = outcome if found is None else found.stem
    text = say.name("barriers", f"short_{base}")
    if text != f"short_{base}":
        return text
    return fill(next((name for name in (say.name(family, base) for family in ("outcome", "indicator")) if name != base), base), 11)


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: Shapley values, alone and last; middle: synergies of two; right: shares in the other outcomes."""
    facts = finding.facts
    factor, unit = _scale(finding, say)
    figure = new_figure(5.2, left=2.05, right=0.2, bottom=1.25, top=0.95, wspace=0.16)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.25, 1, 0.95), squeeze=False)[0]
    rows = headline(finding.table, facts["outcome"])
    labels = tuple(say(f"barriers.{key}_mark") for key in ("shapley", "alone", "last"))
    draw_bars(left, rows, "shapley", say, factor, labels)
    left.set_xlabel(f"{outcome_label(facts['outcome'], say)}\n({unit})", loc="right")
    left.set_title(say("barriers.left"))
    pairs = finding.data["pairs"]
    draw_pairs(middle, pairs[pairs["outcome"] == facts["outcome"]], list(rows["cause"]), say, factor)
    middle.set_title(say("barriers.middle"))
    _shares(right, finding, say)
    right.set_title(say("barriers.right"))
    title_and_legend(figure, say("barriers.figure", site=site_title(facts["scenario"], say)), *left.get_legend_handles_labels())
    return figure
