"""Figures: how pathways develop, what they cost for what they bring, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from ..experiments.answer_files import over_runs, past_runs
from ..experiments.columns import CLUSTER_SHARES, EXPLORATION, YEARS, certified_key
from ..experiments.comparison import Comparison
from ..model.roster import own_indicators
from ..model.vocabulary import TECHNOLOGIES
from .drawing import LETTER, WIDTH, in_style, new_figure, plain_ticks, style_of, title_and_legend
from .headline import YEAR, headline, shown_arms
from .scorecard import name_and_unit, scale_of_column
from .words import Words, scale_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "comparison_figures",
    "figure_makers",
    "acceptability",
    "adoption",
    "cost_effect",
    "budgets_figure",
    "headline_figure",
    "obstacles",
    "trajectories",
]

PANELS = ("level1", "tco2e", "cod", "water", "landfilled", "jobs")
GUIDES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)  # mVND per tCO2e


def panels_of(one_cluster: bool) -> tuple[str, ...]:
    """Series of the six panels, of one cluster its own certificate; then what loaded modules measure."""
    return (*(certified_key(key, one_cluster) for key in PANELS), *own_indicators())


@in_style
def headline_figure(comparison: Comparison, say: Words) -> Figure:
    """The table of the first screen: one panel an outcome, one line an arm, the bar from 5 to 95 % of the worlds."""
    rows = [row for row in headline(comparison, say) if any(np.isfinite(cell.middle) for cell in row.cells)]
    shown, across = shown_arms(comparison), 4
    down = -(-len(rows) // across)
    names = [say.name("pathway", comparison.arms[index]) for index in shown]
    figure = new_figure(0.8 + (0.85 + 0.26 * len(shown)) * down, left=0.3 + LETTER * max(map(len, names)), bottom=0.55, top=0.8,
                        wspace=0.18, hspace=0.75)  # fmt: skip
    grid = figure.subplots(down, across, squeeze=False, sharey=True)
    for axes in grid.flat[len(rows) :]:
        axes.set_visible(False)
    for axes, row in zip(grid.flat, rows, strict=False):
        for at, index in enumerate(shown):
            cell, (color, _, marker) = row.cells[index], style_of(comparison.arms[index], index)
            if np.isfinite(cell.low) and np.isfinite(cell.middle):
                axes.plot([cell.low, cell.high], [at, at], color=color, linewidth=3, alpha=0.45, solid_capstyle="butt")
            axes.plot(cell.middle, at, marker, color=color, markersize=7, markeredgecolor="white" if marker != "x" else color)
        axes.axvline(0, color="#666666", linewidth=0.8)
        axes.margins(0.08, 0.12)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.set_title(row.label, fontsize=10)
        axes.set_xlabel(row.unit, fontsize=9, labelpad=2)
        plain_ticks(axes.xaxis, say)
        axes.xaxis.get_major_locator().set_params(nbins=4)
        if all(cell.middle == 0 for cell in row.cells):  # nobody reads hundredths of nothing
            axes.set_xlim(-1, 1)
            axes.set_xticks([0])
    grid[0, 0].set_yticks(range(len(shown)), names)  # all panels share them
    grid[0, 0].invert_yaxis()
    title_and_legend(figure, say("figure.headline", year=YEAR), (), ())
    return figure


@in_style
def acceptability(comparison: Comparison, say: Words) -> Figure:
    """How often each arm has the highest net benefit, over the price of CO2e, at the lowest, default and highest of COD."""
    from ..experiments.money import COD_PRICE

    found = comparison.sure["acceptability"]
    shares, cod = np.array(found["shares"]), np.array(found["cod_prices"])
    picked = [int(np.abs(cod - price).argmin()) for price in sorted(COD_PRICE)]
    figure = new_figure(4.2, left=0.7, bottom=1.05, top=0.9)
    grid = figure.subplots(1, len(picked), sharey=True, squeeze=False)[0]
    for axes, k in zip(grid, picked, strict=True):
        for row, arm in zip(shares, found["arms"], strict=True):
            color, dash, marker = style_of(arm, comparison.arms.index(arm))
            name = say("answer.claim_none") if arm == comparison.arms[comparison.base] else say.name("pathway", arm)
            axes.plot(found["prices"], 100 * row[:, k], color=color, linestyle=dash, marker=marker, markersize=5, label=name)
        axes.set_title(say("figure.cod_price", price=say.number(cod[k], 1 if cod[k] % 1 else 0)))
        axes.set_ylim(-2, 102)
        plain_ticks(axes.xaxis, say)
    grid[0].set_ylabel(say("figure.share_of_worlds"))
    figure.supxlabel(say("figure.tco2e_price"), fontsize=10, y=0.42 / figure.get_figheight())
    title_and_legend(
        figure, say("figure.acceptability", year=found["year"]), *grid[0].get_legend_handles_labels(), handlelength=3.5
    )
    return figure


@in_style
def budgets_figure(comparison: Comparison, say: Words) -> Figure:
    """What is avoided beyond the law alone against gross outlay, at three budgets: medians joined, bars from 5 to 95 %."""
    from ..experiments import spread
    from ..experiments.budgets import AVOIDED

    found = comparison.frontier
    assert found is not None
    figure = new_figure(4.8, left=0.8, bottom=1.05, top=0.9, wspace=0.25)
    outlays = [found.outlay(rung) for rung in found.rungs]
    money, money_unit = scale_of("mVND", "money", max(float(np.nanmax(np.abs(own), initial=1.0)) for own in outlays))
    grid = figure.subplots(1, len(AVOIDED), squeeze=False)[0]
    for axes, outcome in zip(grid, ("cod", "tco2e", "landfilled"), strict=True):
        avoided = [found.avoided(rung, outcome) for rung in found.rungs]
        factor, unit = scale_of("t", "flow", max(float(np.nanmax(np.abs(own), initial=1.0)) for own in avoided))
        for index in comparison.acting:
            color, dash, marker = style_of(comparison.arms[index], index)
            x = [spread.spread(own[index] * money) for own in outlays]
            y = [spread.spread(own[index] * factor) for own in avoided]
            for a, b in zip(x, y, strict=True):
                axes.plot([a.low, a.high], [b.median] * 2, color=color, linewidth=1, alpha=0.5)
                axes.plot([a.median] * 2, [b.low, b.high], color=color, linewidth=1, alpha=0.5)
            middle = [own.median for own in x], [own.median for own in y]
            axes.plot(*middle, color=color, linestyle=dash, linewidth=1.5, label=say.name("pathway", comparison.arms[index]), marker=marker,
                      markersize=7, markeredgecolor="white", markevery=slice(1, None), zorder=4)  # fmt: skip
            axes.plot(middle[0][0], middle[1][0], marker, color=color, markersize=4, zorder=5)
        axes.axhline(0, color="#666666", linewidth=0.8)
        axes.set_xlim(min(0, axes.get_xlim()[0]), None)
        axes.set_title(f"{say(f'row.{outcome}')} ({say.unit(unit)})")
        plain_ticks(axes.xaxis, say)
        plain_ticks(axes.yaxis, say)
    grid[0].set_ylabel(say("figure.budgets_avoided"))
    figure.supxlabel(say("figure.budgets_outlay", unit=say.unit(money_unit)), fontsize=10, y=0.42 / figure.get_figheight())
    title_and_legend(figure, say("figure.budgets", year=found.year), *grid[0].get_legend_handles_labels(), handlelength=3.5)
    return figure


@in_style
def adoption(comparison: Comparison, say: Words) -> Figure:
    """Curves of adoption since 2010: technologies, own plants and real treatment, the years of the burn-in shaded."""
    return trajectories(comparison, say, (*(f"adoption_{name}" for name in TECHNOLOGIES), "real_share"), since_2010=True)


@in_style
def trajectories(comparison: Comparison, say: Words, panels: tuple[str, ...] | None = None, since_2010: bool = False) -> Figure:
    """Six indicators over time: the mean of the runs, and the band that holds 80 % of them.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    panels : tuple of str, optional
        Keys of series; those that the runs do not have are left out. Default: `panels_of` the site.
    since_2010 : bool
        Draw the burn-in too, which all arms share.
    """
    trace, panels = comparison.trace, panels or panels_of(comparison.one_cluster)
    shown = [key for key in panels if key in trace.keys]
    figure = new_figure(7.2)
    grid = figure.subplots(2, -(-len(shown) // 2), squeeze=False, sharex=True)
    several = max(comparison.question.replicates, comparison.question.worlds) > 1
    years, paths = _paths(comparison, shown, since_2010)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    for place, (axes, key) in enumerate(zip(grid.flat, shown, strict=False)):
        column = comparison.columns[f"{key}_{YEARS[0]}"]
        highest = np.nanmax([own["p90"][-len(trace.years) :, place] for own in paths.values()])
        factor, unit = scale_of_column(column, float(highest), comparison.one_cluster)
        for index, own in paths.items():
            arm, path = comparison.arms[index], {name: values[:, place] * factor for name, values in own.items()}
            color, dash, marker = style_of(arm, index)
            if several and not (comparison.one_cluster and key in CLUSTER_SHARES):  # yes or no: a band would be all or nothing
                axes.fill_between(years, path["p10"], path["p90"], color=color, alpha=0.13, linewidth=0)
            axes.plot(
                years, path["mean"], color=color, linestyle=dash, linewidth=1.8,
                label=say.name("pathway", arm), zorder=2 + (index == 0), marker=marker, markersize=5,
                markevery=(12 + 4 * index, 20),
            )  # fmt: skip
        beyond = axes.axvspan(YEARS[1] + 1, EXPLORATION + 1, color="#efefef", zorder=0, linewidth=0)
        name, unit = name_and_unit(key, unit, say, comparison.one_cluster)
        axes.set_title(name + (f" ({unit})" if unit else ""))
        if since_2010:
            burnt_in = axes.axvspan(years[0], 2020, color="#f3ead8", zorder=0, linewidth=0)
        axes.set_xlim(years[0] if since_2010 else 2020, EXPLORATION + 1)
        if column.kind == "share":
            axes.set_ylim(0, None if axes.dataLim.ymax > 0 else 100)
        plain_ticks(axes.yaxis, say)
    handles, labels = grid[0, 0].get_legend_handles_labels()
    handles, labels = [*handles, beyond], [*labels, say("figure.exploration")]
    if since_2010:
        handles, labels = [*handles, burnt_in], [*labels, say("figure.burn_in")]
    title = say(
        ("figure.trajectories_worlds" if comparison.question.worlds else "figure.trajectories") if several
        else "figure.trajectories_one",
        replicates=comparison.question.replicates, worlds=comparison.question.worlds,
    )  # fmt: skip
    title_and_legend(figure, title, handles, labels, handlelength=3.5)
    return figure


def _paths(comparison: Comparison, keys: Sequence[str], since_2010: bool) -> tuple[np.ndarray, dict[int, dict[str, np.ndarray]]]:
    """Years, and by arm that has runs the statistics of `over_runs` of some series: as `Comparison.series`, after `past` if asked for."""
    trace = comparison.trace
    places = [trace.keys.index(key) for key in keys]
    paths = {
        index: over_runs(np.ascontiguousarray(runs[failed == 0][..., places]))
        for index, (runs, failed) in enumerate(zip(trace.series, trace.failed, strict=True)) if (failed == 0).any()
    }  # fmt: skip
    if not since_2010:
        return trace.years, paths
    past = over_runs(np.ascontiguousarray(past_runs(comparison)[..., places]))  # it ends where the others begin
    return np.concatenate([trace.past_years, trace.years[1:]]), {
        index: {name: np.concatenate([past[name], values[1:]]) for name, values in own.items()} for index, own in paths.items()
    }


def _ellipse(axes: Axes, x: np.ndarray, y: np.ndarray, color: str) -> None:
    """95 % region of the two means (Hotelling): where the true pair of means lies, not where runs scatter."""
    from matplotlib.patches import Ellipse

    n = len(x)
    if n < 4:
        return
    values, vectors = np.linalg.eigh(np.cov(x, y) / n)
    # 2 (n - 1) / (n - 2) times the 95 % quantile of F with 2 and n - 2 degrees of freedom, which has a closed form
    radius = np.sqrt((n - 1) * (0.05 ** (-2 / (n - 2)) - 1))
    width, height = 2 * radius * np.sqrt(np.maximum(values, 0))
    angle = float(np.degrees(np.arctan2(vectors[1, 0], vectors[0, 0])))
    axes.add_patch(
        Ellipse(
            (x.mean(), y.mean()),
            width,
            height,
            angle=angle,
            facecolor="none",
            edgecolor=color,
            linewidth=1.6,
            zorder=4,
        )
    )


def _guides(axes: Axes, scale: float, say: Words) -> None:
    """Lines of equal cost per tonne through the origin, labelled where they leave the panel."""
    (_, right), (_, top) = axes.get_xlim(), axes.get_ylim()
    drawn = 0
    for cost in GUIDES:
        slope = cost * scale  # units of y per unit of x
        if right <= 0 or top <= 0 or not 0.12 < slope * right / top < 6 or drawn == 4:
            continue
        drawn += 1
        axes.plot([0, right], [0, slope * right], color="#b5b5b5", linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
        inside = slope * right <= top
        where = (right, slope * right) if inside else (top / slope, top)
        text = say("figure.guide", cost=say.number(cost, 1 if cost < 1 else 0))
        offset, ha, va = ((4, 0), "left", "center") if inside else ((0, 3), "center", "bottom")
        axes.annotate(
            text, where, offset, textcoords="offset points", fontsize=8, color="#777777", ha=ha, va=va,
            annotation_clip=False,
        )  # fmt: skip


@in_style
def cost_effect(comparison: Comparison, say: Words, years: tuple[int, ...] = (2035, 2045)) -> Figure:
    """Gross public outlay against the tonnes avoided, discounted alike, to 2035 and, as exploration, to 2045.

    Faint marks are runs, full marks their means with the 95 % region of the mean.
    """
    shown = [year for year in years if f"cost_gross_per_tco2e_{year}" in comparison.columns]
    figure = new_figure(5.8, left=0.8, right=0.75, bottom=1.0, top=0.95, wspace=0.3)
    for axes, year in zip(figure.subplots(1, len(shown), squeeze=False).flat, shown, strict=True):
        costs, cuts = comparison.ratio_parts(comparison.columns[f"cost_gross_per_tco2e_{year}"])
        x_factor, x_unit = scale_of("t", "flow", float(np.nanmax(np.abs(cuts), initial=1.0)))
        y_factor, y_unit = scale_of("mVND", "money", float(np.nanmax(np.abs(costs), initial=1.0)))
        for index, arm in enumerate(comparison.arms):
            fine = np.isfinite(cuts[index]) & np.isfinite(costs[index])
            if not fine.any():
                continue
            color, _, marker = style_of(arm, index)
            if index not in comparison.acting and index != comparison.matched[-1]:
                continue
            if index not in comparison.acting:  # the origin: what the others are measured against
                axes.plot(0, 0, marker, color=color, markersize=8, zorder=5, label=say.name("pathway", arm))
                continue
            x, y = cuts[index][fine] * x_factor, costs[index][fine] * y_factor
            axes.scatter(
                x,
                y,
                s=14,
                color=color,
                marker=marker,
                alpha=0.28,
                linewidths=0,
                zorder=2,
                rasterized=len(x) > 500,
            )
            _ellipse(axes, x, y, color)
            axes.plot(
                x.mean(), y.mean(), marker, color=color, markersize=9, markeredgecolor="white", zorder=5,
                label=say.name("pathway", arm),
            )  # fmt: skip
        axes.axhline(0, color="#666666", linewidth=0.8)
        axes.axvline(0, color="#666666", linewidth=0.8)
        axes.margins(0.12)
        axes.autoscale_view()
        axes.set_xlim(min(0, axes.get_xlim()[0]), max(axes.get_xlim()[1], 0))
        axes.set_ylim(min(0, axes.get_ylim()[0]), max(axes.get_ylim()[1], 0))
        for axis in (axes.xaxis, axes.yaxis):
            if np.ptp(axis.get_view_interval()) * 1e6 < 1:  # nothing was spent or avoided: what is left are roundings
                axis.axes.set(**{f"{axis.axis_name}lim": (-1, 1)})
        axes.autoscale(False)
        _guides(axes, y_factor / x_factor, say)
        axes.set_title(say("figure.to_exploration" if year >= EXPLORATION else "figure.to", year=year), pad=18)
        axes.set_xlabel(f"{say('figure.avoided')} ({say.unit(x_unit)})")
        axes.set_ylabel(f"{say('figure.gross_outlay')} ({say.unit(y_unit)})")
        plain_ticks(axes.xaxis, say)
        plain_ticks(axes.yaxis, say)
    handles, labels = figure.axes[0].get_legend_handles_labels() if shown else ((), ())
    title_and_legend(figure, say("figure.cost_effect"), handles, labels)
    return figure


@in_style
def obstacles(comparison: Comparison, say: Words, year: int = 2035) -> Figure:
    """Which criteria of level 1 clusters miss, per pathway, and which of them alone; the first bars: certified, waiting for it."""
    arms = comparison.arms
    missed, alone = comparison.obstacles(year), comparison.obstacles(year, alone=True)
    order = np.argsort(-missed.mean(axis=0), kind="stable")
    labels = [say("figure.certified"), say("figure.queue"), *(say.name("criterion", comparison.criteria[i]) for i in order)]
    left = 0.3 + LETTER * max(map(len, labels))
    figure = new_figure(1.9 + 0.42 * len(labels), left=left, right=0.25, bottom=1.0, top=0.9, wspace=0.18)
    grid = figure.subplots(1, len(arms), sharey=True, squeeze=False)[0]
    at = np.arange(len(labels))
    certified, queue = comparison.certified(year), comparison.queue(year)
    letters = int((WIDTH - left - 0.25) / len(arms) / (1.25 * LETTER))  # titles are bold and larger
    for index, (axes, arm) in enumerate(zip(grid, arms, strict=True)):
        color = style_of(arm, index)[0]
        axes.barh(at[2:], 100 * missed[index][order], 0.62, facecolor="white", edgecolor=color, label=say("figure.missed"))
        axes.barh(at[2:], 100 * alone[index][order], 0.62, facecolor=color, edgecolor=color, label=say("figure.missed_alone"))
        axes.barh(at[:2], 100 * np.array([certified[index], queue[index]]), 0.62, facecolor=color, edgecolor=color, alpha=0.6)
        axes.set_title(fill(say.name("pathway", arm), max(letters, 1)), color=color)
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 50, 100])
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        axes.axhline(1.5, color="#999999", linewidth=0.8)
    grid[0].set_yticks(at, labels)  # all panels share them
    grid[0].invert_yaxis()
    share = say("figure.share_of_runs") if comparison.one_cluster else say("figure.share_of_clusters")
    figure.supxlabel(share, fontsize=10, y=0.42 / figure.get_figheight())
    title_and_legend(figure, say("figure.obstacles", year=year), *grid[0].get_legend_handles_labels())
    return figure


def figure_makers(comparison: Comparison, say: Words) -> dict[str, Callable[[], Figure]]:
    """What draws each figure of a comparison, by name."""
    drawn: dict[str, Callable[[Comparison, Words], Figure]] = {}
    if comparison.acting:
        drawn["headline"] = headline_figure
    if comparison.sure.get("acceptability") and comparison.acting:
        drawn["acceptability"] = acceptability
    if comparison.frontier is not None:
        drawn["budgets"] = budgets_figure
    drawn |= {"trajectories": trajectories, "adoption": adoption}
    if len(comparison.arms) > 1 and any(key.startswith("cost_gross_per_tco2e") for key in comparison.columns):
        drawn["cost-effect"] = cost_effect
    drawn["obstacles"] = obstacles
    return {name: partial(draw, comparison, say) for name, draw in drawn.items()}


def comparison_figures(comparison: Comparison, say: Words) -> dict[str, Figure]:
    """All figures of a comparison by name."""
    return {name: make() for name, make in figure_makers(comparison, say).items()}
