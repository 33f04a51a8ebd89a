"""The chart of one series over the years, and the panels of a site."""

from __future__ import annotations

from typing import Any

import numpy as np
import solara

from ...experiments.columns import CLUSTER_SHARES, YEARS
from ...model.indicators import INDICATORS
from ..figures import panels_of
from ..scorecard import name_and_unit
from ..words import Words, scale_of
from .charts import AXIS, Chart, Legend, band_series, base_option, later_series, line_series, value_axis
from .compare_run import Picture
from .frame import Div, Text
from .session import use_session

__all__ = ["Panels", "panel_option"]


@solara.component
def Panels(picture: Picture, single: bool):
    """Legend and a chart for each series that is shown of a site, or of a single cluster."""
    say = use_session().say
    Legend(picture.arms, say)
    with Div("panels"):
        for key in panels_of(single):
            title, option = panel_option(picture, key, say, single=single)
            with Div():
                Text(title, "h3")
                Chart(option, label=title, height=220)


def panel_option(
    picture: Picture, key: str, say: Words, pin: Picture | None = None, single: bool = False
) -> tuple[str, dict[str, Any]]:
    """Title and option of the chart of one series.

    Parameters
    ----------
    picture : Picture
    key : str
        Of the series.
    say : Words
    pin : Picture, optional
        Reference, drawn as thin lines.
    single : bool
        The site is one cluster: a band of yes and no would fill the panel.
    """
    unit, kind = INDICATORS[key].unit, INDICATORS[key].kind
    if single and key in CLUSTER_SHARES:
        kind = "share"  # of the runs
    highest = float(max(picture.high[key].max(), pin.high[key].max() if pin else 0))
    factor, shown = scale_of(unit, kind, highest)
    years = picture.years.tolist()
    edges = (picture.low[key], picture.high[key])
    yes_or_no = key in CLUSTER_SHARES and (single or all(np.isin(edge, (0.0, 0.5, 1.0)).all() for edge in edges))
    several = picture.replicates > 1 and not yes_or_no  # of one or two clusters the band would be all or nothing
    series: list[dict[str, Any]] = []
    for index, arm in enumerate(picture.arms):
        name = say.name("pathway", arm)
        rows = zip(years, picture.low[key][index] * factor, picture.high[key][index] * factor, strict=True)
        if several:
            series.append(band_series(arm, index, name, [[x, _short(a), _short(b)] for x, a, b in rows]))
        mean = [[x, _short(y)] for x, y in zip(years, picture.mean[key][index] * factor, strict=True)]
        series.append(line_series(arm, index, name, mean))
        if pin is not None and arm in pin.arms:
            values = pin.mean[key][pin.arms.index(arm)] * factor
            before = [[x, _short(y)] for x, y in zip(pin.years.tolist(), values, strict=True)]
            thin = {"width": 1.2, "type": "dotted", "opacity": 0.9}
            series.append(line_series(arm, index, f"{name}, {say('compare.reference')}", before, id=f"{arm}~pin", lineStyle=thin))
    series.append(later_series(YEARS[1], float(picture.mean[key][0, -1] * factor)))
    limits: dict[str, Any] = {"scale": True, "splitNumber": 4}
    if kind == "share":
        limits = {"min": 0, "max": 100, "interval": 20} if highest > 0.5 or highest == 0 else {"min": 0, "splitNumber": 4}
    option = base_option(
        xAxis={
            "type": "value", "min": years[0], "max": years[-1], **AXIS, "interval": 5, "splitLine": {"show": False},
            "axisLabel": {**AXIS["axisLabel"], "formatter": "=year"},
        },
        yAxis=value_axis(**limits),
        tooltip={"trigger": "axis", "formatter": "=axis", "confine": True, "textStyle": {"fontSize": 12}},
        series=series,
    )  # fmt: skip
    name, shown = name_and_unit(key, shown, say, single)
    return name + (f" ({shown})" if shown else ""), option


def _short(value: float) -> float | None:
    """Five digits are enough for a line, and a third of the bytes."""
    return float(f"{value:.5g}") if value == value else None
