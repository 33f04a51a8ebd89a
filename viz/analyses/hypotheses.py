"""Words, table and figure of the claims of the two papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.assigning import YEAR
from ...experiments.analyses.finding import Finding
from ...experiments.analyses.verdicts import VERDICTS
from ..drawing import in_style, new_figure, title_and_legend
from ..words import Words
from .page import Sheet, cell, outcome_label, spell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = {"supported": "#009E73", "conditional": "#E69F00", "refuted": "#D55E00", "no_difference": "#56B4E9", "too_noisy": "#999999",
          "undecided": "#777777"}  # fmt: skip
MARKERS = {"supported": "o", "conditional": "D", "refuted": "s", "no_difference": "v", "too_noisy": "+", "undecided": "x"}
FLOWS = {"cod": "cod_total", "tco2e": "tco2e_total", "landfill": "landfilled_total"}  # booked by origin -> outcome
WITHOUT_NUMBERS = ("too_noisy", "undecided")
SCALES = {"points": (100.0, 1), "log": (1.0, 2), "tonnes": (1.0, 0), "bn": (1.0, 1), "mVND": (1.0, 0), "levels": (1.0, 2), "measures": (1.0, 3)}  # fmt: skip


def _three(row: dict, name: str) -> dict[str, float | None]:
    found = {part: row[key] for part, key in (("mean", name), ("low", f"{name}_low"), ("high", f"{name}_high"))}
    return {part: None if value is None or not np.isfinite(value) else float(value) for part, value in found.items()}


def _measure(row: dict, say: Words, brief: bool = False) -> str:
    """The pooled statistic with its interval and unit."""
    factor, decimals = SCALES[row["unit"]]
    text = (cell if brief else spell)(_three(row, "statistic"), say, decimals, factor, sign=True)
    return f"{text} {say('claim_unit.' + row['unit'])}".rstrip()


def _digits(value: float, say: Words) -> str:
    return say.number(value, 0 if abs(value) >= 100 else 2 if abs(value) >= 0.1 else 4)


def _region(row: dict, say: Words) -> str:
    """Where a conditional claim holds."""
    if not isinstance(row["parameter"], str):
        return say("hypotheses.no_region")
    return say(
        f"hypotheses.{row['side']}", parameter=say.name("parameter", row["parameter"]), threshold=_digits(row["threshold"], say),
        inside=say.percent(row["share_inside"]), outside=say.percent(row["share_outside"]),
    )  # fmt: skip


def _assigned(found: dict, say: Words) -> str:
    """Which pathway how many clusters take for an outcome."""
    counts = "; ".join(
        say("portfolio.count", number=number, pathway=say.name("pathway", name)) for name, number in found["counts"].items()
    )
    outcome = outcome_label(f"{FLOWS[found['outcome']]}_{YEAR}", say, False)
    return say("hypotheses.assigned", outcome=outcome, single=say.name("pathway", found["single"]), counts=counts)


def words(finding: Finding, say: Words) -> list[str]:
    """How many claims got which verdict, then a sentence for each."""
    facts = finding.facts
    counts = "; ".join(
        say(f"hypotheses.count_{word}", number=len(names), names=", ".join(names))
        for word, names in facts["verdicts"].items()
        if names
    )
    low, high = facts["replicates"]
    runs = f"{low}" if low == high else f"{low}-{high}"
    sentences = [say("hypotheses.summary", claims=facts["claims"], draws=facts["draws"], replicates=runs, counts=counts)]
    if facts["quick"]:
        sentences.append(say("hypotheses.quick"))
    for row in finding.table.to_dict("records"):
        values = {"claim": row["claim"], "text": say(f"claim.{row['claim']}"), "verdict": say(f"verdict.{row['verdict']}")}
        if row["verdict"] in WITHOUT_NUMBERS:
            key = "no_time" if row["claim"] in facts.get("gave_way", ()) else row["verdict"]
            sentences.append(say(f"hypotheses.{key}", **values, draws=row["draws"], replicates=row["replicates"]))
            continue
        holds = say.percent(row["holds"])
        sentence = say("hypotheses.one", **values, holds=holds, measure=say(f"measure.{row['claim']}"), value=_measure(row, say))
        if row["by_assumption"]:
            sentence += " " + say("hypotheses.by_assumption")
        if row["verdict"] == "conditional":
            sentence += " " + _region(row, say)
        if row["claim"] == "H14" and "finance" in facts:
            orders = {key: " > ".join(say(f"support.{name}") for name in names) for key, names in facts["finance"].items()}
            sentence += " " + say("hypotheses.finance", **orders)
        if row["claim"] == "H20":
            sentence += "".join(" " + _assigned(found, say) for found in facts.get("assigned", ()))
        sentences.append(sentence)
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per claim."""
    columns = [say(f"hypotheses.{key}") for key in ("claim", "verdict", "holds", "statistic")]
    rows = [
        [f"{row['claim']} {say('claim.' + row['claim'])}", say(f"verdict.{row['verdict']}"), say.percent(row["holds"]),
         _measure(row, say, brief=True)]
        for row in finding.table.to_dict("records")
    ]  # fmt: skip
    return Sheet(columns, rows, say("hypotheses.note"))


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Share of the worlds in which each claim truly holds, with its bounds; the mean effect stands at the right."""
    rows = finding.table.to_dict("records")
    figure = new_figure(1.9 + 0.36 * len(rows), left=5.0, right=2.85, bottom=1.05, top=0.85)
    axes = figure.subplots()
    axes.axvspan(-2, 20, color=COLORS["refuted"], alpha=0.07, linewidth=0)
    axes.axvspan(80, 102, color=COLORS["supported"], alpha=0.10, linewidth=0)
    for edge in (20, 80):
        axes.axvline(edge, color="#999999", linewidth=0.8, linestyle=(0, (3, 3)))
    for at, row in enumerate(rows):
        color = COLORS[row["verdict"]]
        if row["verdict"] not in WITHOUT_NUMBERS:
            mean = row["holds"] * 100
            ends = np.abs(np.array([[row["holds_low"]], [row["holds_high"]]], float) * 100 - mean)
            axes.errorbar(mean, at, xerr=np.nan_to_num(ends), color=color, capsize=3, elinewidth=1.4, linestyle="none")
            axes.plot(mean, at, MARKERS[row["verdict"]], color=color, markersize=9, markeredgecolor="white", zorder=5)
        text = say(f"verdict.{row['verdict']}") if row["verdict"] in WITHOUT_NUMBERS else _measure(row, say)
        axes.annotate(
            text, (1.01, at), xycoords=("axes fraction", "data"), va="center", fontsize=8.5, color="#333333", annotation_clip=False
        )
    labels = [f"{row['claim']}  {say('claim.' + row['claim'])}" for row in rows]
    axes.set_yticks(range(len(rows)), labels, fontsize=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-2, 102)
    axes.set_xticks([0, 20, 40, 60, 80, 100])
    axes.set_xlabel(say("hypotheses.axis"))
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.annotate(say("hypotheses.pooled"), (1.01, 1.0), (0, 6), xycoords="axes fraction", textcoords="offset points", fontsize=8.5, color="#777777")  # fmt: skip
    handles = [
        axes.plot([], [], MARKERS[word], color=COLORS[word], markersize=9, markeredgecolor="white", linestyle="none")[0]
        for word in VERDICTS
        if any(row["verdict"] == word for row in rows)
    ]
    shown = [say(f"verdict.{word}") for word in VERDICTS if any(row["verdict"] == word for row in rows)]
    title_and_legend(figure, say("hypotheses.figure_quick" if finding.facts["quick"] else "hypotheses.figure"), handles, shown)
    return figure
