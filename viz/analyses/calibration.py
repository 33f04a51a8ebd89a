"""Words, table and figure of the calibration targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, shortened, title_and_legend
from ..words import Words
from .page import Sheet, cell

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# how a row is told: its form (in the catalogue, "%" or none), factor, decimals; all others are shares
FORMS = {
    "C1.1": ("adopted", 100, 0), "C2.2": ("", 1, 2), "C3.1": ("%", 100, 2), "C3.2": ("points", 100, 2),
    "C5.1": ("saved", 100, 0), "C6.1": ("kt", 1e-3, 0), "C6.2": ("", 1, 1), "C8.1": ("payback", 1, 1),
    "C9.1": ("measures", 1, 0), "C10.1": ("links", 1, 1), "totals.1": ("", 1, 0), "totals.2": ("", 1, 0),
}  # fmt: skip
SHARE = ("%", 100, 1)
COLORS = {"inside": "#0b6e4f", "below": "#B2182B", "above": "#B2182B"}
LONGEST = 62  # letters of a name beside its band
WIDEST = 1.5  # half-widths of the band beyond its middle; what lies farther is drawn at the edge


def _target(row: str, say: Words) -> str:
    target = row.partition(".")[0]
    return say("evidence.totals") if target == "totals" else target


def _model(row: str, entry: dict[str, Any], say: Words) -> str:
    """What the model gives, with its interval and second reading."""
    form, factor, decimals = FORMS.get(row, SHARE)
    value = cell(entry["value"], say, decimals, factor, sign=form == "points")
    if form in ("", "%"):
        return f"{value} {form}".rstrip()
    also = "" if entry["also"] is None else say.number(factor * entry["also"], decimals)
    return say(f"calibration.{form}", value=value, also=also)


def words(finding: Finding, say: Words) -> list[str]:
    """How many targets are met, and which are not."""
    facts = finding.facts
    outside = {row: entry for row, entry in facts["rows"].items() if entry["verdict"] != "inside"}
    met = say("calibration.met", met=len(facts["rows"]) - len(outside), all=len(facts["rows"]))
    return [met, *(
        say(f"calibration.is_{entry['verdict']}", target=_target(row, say), what=say(f"evidence.cal.{row}.what"),
            model=_model(row, entry, say), band=say(f"evidence.cal.{row}.band"))
        for row, entry in outside.items()
    )]  # fmt: skip


def sheet(finding: Finding, say: Words) -> Sheet:
    """The rows of the table in docs/odd.md."""
    heads = [say(f"evidence.cal_{name}") for name in ("target", "what", "band", "model", "verdict")]
    rows = [
        [_target(row, say), say(f"evidence.cal.{row}.what"), say(f"evidence.cal.{row}.band"), _model(row, entry, say),
         say(f"calibration.{entry['verdict']}")]
        for row, entry in finding.facts["rows"].items()
    ]  # fmt: skip
    facts = finding.facts
    return Sheet(heads, rows, say("calibration.note", replicates=facts["replicates"], drifts=facts["drifts"], parks=facts["parks"]))


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Where each target lies in its band."""
    from matplotlib.patches import Patch

    rows = finding.facts["rows"]
    figure = new_figure(1.6 + 0.3 * len(rows), left=5.6, right=0.3, bottom=0.75, top=0.6)
    axes = figure.subplots()
    axes.axvspan(-1, 1, color="#e8e8e8", zorder=0, linewidth=0)
    for at, entry in enumerate(rows.values()):
        low, high = entry["band"]
        ends = [np.nan if entry["value"][part] is None else entry["value"][part] for part in ("low", "mean", "high")]
        ends = np.clip((2 * np.array(ends) - low - high) / (high - low), -WIDEST, WIDEST)
        axes.plot(ends[[0, 2]], [at, at], color=COLORS[entry["verdict"]], linewidth=1.6)
        axes.plot(ends[1], at, "o", color=COLORS[entry["verdict"]], markersize=5)
    names = [f"{_target(row, say)}  {shortened(say(f'evidence.cal.{row}.what'), LONGEST)}" for row in rows]
    axes.set_yticks(np.arange(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(-1.05 * WIDEST, 1.05 * WIDEST)
    axes.set_xticks([-1, 1], [say("calibration.lowest"), say("calibration.highest")])
    axes.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    title_and_legend(figure, say("calibration.figure"), [Patch(color="#e8e8e8")], [say("evidence.cal_band")])
    return figure
