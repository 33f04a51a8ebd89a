"""Words, table and figure of the sensitivity analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...experiments.analyses.finding import Finding
from ..drawing import in_style, new_figure, plain_ticks, title_and_legend
from ..words import Words
from .page import Sheet, outcome_label, scaled

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

SHOWN = 15  # parameters in the figure
RAISES, LOWERS, MIXED = "#0072B2", "#D55E00", "#999999"
FIRST, TOTAL = "#8FD3BD", "#009E73"
MUCH_LUCK = 0.3  # share of the variance from which the sentences warn


def _scale(finding: Finding, say: Words) -> tuple[float, str, int]:
    """Factor, unit and decimals of effects and their changes."""
    facts = finding.facts
    largest = finding.table["mu_star"].max() if facts["screened"] else max(abs(facts["low"]), abs(facts["high"]))
    factor, unit = scaled(facts["outcome"], float(largest), say)
    return factor, unit, 1 if largest * factor >= 1 else 2


def words(finding: Finding, say: Words) -> list[str]:
    """How far the effect spreads, what decides and which way, and how much of it is luck."""
    facts, (factor, unit, decimals) = finding.facts, _scale(finding, say)
    first, *others = [say.name("parameter", name) for name in facts["strongest"]]
    sentences = [
        say(
            "sensitivity.range", outcome=outcome_label(facts["outcome"], say, finding.one_cluster), pathway=say.name("pathway", facts["pathway"]),
            low=say.number(facts["low"] * factor, decimals, sign=True), unit=unit,
            high=say.number(facts["high"] * factor, decimals, sign=True), points=say.number(facts["points"]),
            varied=facts["varied"], parameters=facts["parameters"],
        )
    ]  # fmt: skip
    if facts["screened"]:
        key = "sensitivity.raises" if facts["mu"][0] > 0 else "sensitivity.lowers"
        sentences.append(say(key, name=first, change=say.number(facts["mu_star"][0] * factor, decimals), unit=unit))
    else:
        sentences.append(say("sensitivity.leads", name=first))
    if others:
        sentences.append(say("sensitivity.others", names=", ".join(others)))
    if facts["curve"]:
        sentences.append(say("sensitivity.alone", share=say.percent(min(max(facts["first_sum"], 0.0), 1.0))))
    elif facts["low"] == facts["high"]:
        sentences.append(say("sensitivity.flat"))
    if facts["above"] is not None:
        sentences.append(say("sensitivity.above", above=facts["above"], parameters=facts["parameters"]))
    if facts["luck"] is not None and facts["luck"] > MUCH_LUCK:
        sentences.append(say("sensitivity.luck", share=say.percent(facts["luck"])))
    if facts["inert"]:
        sentences.append(say("sensitivity.inert", count=facts["inert"]))
    return sentences


def sheet(finding: Finding, say: Words) -> Sheet:
    """One row per parameter, strongest first."""
    factor, unit, decimals = _scale(finding, say)
    columns = [say(f"sensitivity.{key}") for key in ("parameter", "mu_star", "mu", "sigma", "first", "total")]
    rows = []
    for row in finding.table.itertuples():
        rows.append([
            say.name("parameter", row.parameter), _plus_minus(row.mu_star, row.half, factor, decimals, say),
            say.number(row.mu * factor, decimals, sign=True), say.number(row.sigma * factor, decimals),
            _plus_minus(row.first, row.first_half, 100, 0, say), _plus_minus(row.total, row.total_half, 100, 0, say),
        ])  # fmt: skip
    return Sheet(columns, rows, say("sensitivity.note", unit=unit))


def _plus_minus(value: float, half: float, factor: float, decimals: int, say: Words) -> str:
    text = say.number(value * factor, decimals)
    return f"{text} ±{say.number(half * factor, decimals)}" if np.isfinite(half) else text


@in_style
def figure(finding: Finding, say: Words) -> Figure:
    """Left: change of the effect over each parameter's range; right: shares of the variance for the strongest."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    factor, unit, _ = _scale(finding, say)
    both = finding.facts["screened"], finding.facts["curve"]
    strength = finding.table["mu_star"] if both[0] else finding.table["total"]
    table = finding.table[strength > 0].head(SHOWN)
    curve = table[table["total"].notna()]
    names = [say.name("parameter", name) for name in table["parameter"]]
    left = 0.35 + 0.072 * max(map(len, names), default=1)
    figure = new_figure(max(3.8, 1.9 + 0.32 * len(table)), left=left, bottom=1.05, top=0.95, wspace=0.12)
    screen, shares = figure.subplots(1, 2, width_ratios=(1.5, 1), squeeze=False)[0]
    at = np.arange(len(table))
    sure = table["mu"].abs() > 0.5 * table["mu_star"]
    colors = np.where(sure, np.where(table["mu"] > 0, RAISES, LOWERS), MIXED)
    bars = {"ecolor": "#444444", "elinewidth": 1.0, "capsize": 2}
    screen.barh(at, table["mu_star"] * factor, 0.66, color=colors, xerr=table["half"] * factor, error_kw=bars)
    screen.set_yticks(at, names)
    if finding.facts["floor"]:
        screen.axvline(finding.facts["floor"] * factor, color="#444444", linewidth=1.1, linestyle=(0, (4, 3)))
    screen.set_xlim(left=0)
    screen.set_title(say("sensitivity.left"))
    screen.set_xlabel(f"{say('sensitivity.mu_star')} ({unit})")
    for shift, name, color in ((-0.18, "first", FIRST), (0.18, "total", TOTAL)):
        shares.barh(
            at[: len(curve)] + shift, curve[name].clip(lower=0) * 100, 0.34, color=color,
            xerr=curve[f"{name}_half"] * 100, error_kw=bars,
        )  # fmt: skip
    shares.set_yticks(at[: len(curve)], [])
    shares.set_ylim(screen.get_ylim())
    shares.set_xlim(0, 100)
    shares.set_title(say("sensitivity.right"))
    shares.set_xlabel(say("sensitivity.variance"))
    for axes in (screen, shares):
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        plain_ticks(axes.xaxis, say)
    for axes, drawn in zip((screen, shares), both, strict=True):
        if not drawn:
            axes.text(0.5, 0.5, say("sensitivity.not_done"), transform=axes.transAxes, ha="center")
    keys = {"up": RAISES, "down": LOWERS, "mixed": MIXED, "first": FIRST, "total": TOTAL}
    handles: list[Artist] = [Patch(color=color) for color in keys.values()]
    labels = [say(f"sensitivity.{key}") for key in keys]
    if finding.facts["floor"]:
        handles.insert(3, Line2D([], [], color="#444444", linewidth=1.1, linestyle=(0, (4, 3))))
        labels.insert(3, say("sensitivity.floor"))
    title = say("sensitivity.figure", outcome=outcome_label(finding.facts["outcome"], say, finding.one_cluster))
    title_and_legend(figure, title, handles, labels)
    return figure
