"""How long until a cluster is certified, or until half of the firms have adopted: Kaplan-Meier curves (lifelines).

A unit is one existing cluster in one replicate (certification), or the site in one replicate (adoption). What has not
happened when the run ends is censored there. Clusters of one replicate share their luck, so for a city the interval of
the curve comes from a bootstrap over replicates; for a single cluster it is lifelines' (Greenwood, log-log).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...model.border import bordered
from ..errors import InputError, check_number, need_package
from ..question import PATHWAYS
from ..statistics import difference, mean_interval, proportion_interval
from .finding import Case, Finding, Progress

__all__ = ["EVENTS", "curve", "first_time", "restricted_mean", "survival"]

FORK = 2020.0
HALF = 0.5
DRAWS = 500


@dataclass(frozen=True)
class Event:
    """What is waited for: a level of the cluster, or a share of the firms of the site."""

    level: int = 0
    share: str = ""


EVENTS = {"level1": Event(level=1), "level2": Event(level=2), "adoption": Event(share="recp_share")}


def first_time(reached: np.ndarray, per_year: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Years until a condition holds for the first time.

    Parameters
    ----------
    reached : (..., T+1) bool
        Per step; step 0 is the start of 2020.
    per_year : int

    Returns
    -------
    years : (...) float64
        Of the event, or of the end of the run.
    happened : (...) bool
    """
    happened = np.asarray(reached.any(axis=-1))
    steps = np.where(happened, reached.argmax(axis=-1), reached.shape[-1] - 1)
    return steps / per_year, happened


def restricted_mean(years: np.ndarray, horizon: float) -> np.ndarray:
    """Years without the event up to the horizon; its mean over units is the area under the Kaplan-Meier curve.

    Holds as long as nothing is censored before the horizon, which is so here: runs end together.
    """
    return np.minimum(years, horizon)


def curve(years: np.ndarray, happened: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Share of units in which the event has happened, with 95 % limits.

    Parameters
    ----------
    years, happened : (R, C)
        Replicates by clusters.
    grid : (G,) float64
        Years since 2020.

    Returns
    -------
    (3, G) float64
        Estimate, low, high (one less the Kaplan-Meier curve).
    """
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter().fit(years.ravel(), happened.ravel(), timeline=grid)
    share = np.round(1.0 - fitter.survival_function_.to_numpy()[:, 0], 12)  # products of ratios
    replicates, clusters = years.shape
    if clusters == 1:
        limits = 1.0 - fitter.confidence_interval_.to_numpy()[:, ::-1]
        none = proportion_interval(np.zeros(replicates)).high  # Greenwood's variance is nil where all agree: Wilson's
        limits[share <= 0.0], limits[share >= 1.0] = (0.0, none), (1.0 - none, 1.0)
        return np.vstack([share, limits.T])
    # nothing is censored before the end, so a resampled curve is a mean of indicators
    by_replicate = ((years[..., None] <= grid) & happened[..., None]).mean(axis=1)
    rows = np.random.Generator(np.random.PCG64([replicates, DRAWS])).integers(0, replicates, (DRAWS, replicates))
    low, high = np.quantile(by_replicate[rows].mean(axis=1), [0.025, 0.975], axis=0)
    return np.vstack([share, np.minimum(low, share), np.maximum(high, share)])


def _times(frame, event: Event, keys: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Years and flags of one pathway, (R, C)."""
    if event.level:
        return first_time(np.stack([np.asarray(levels).T >= event.level for levels in frame["level"]]))
    share = np.stack([series[:, keys.index(event.share)] for series in frame["series"]])
    years, happened = first_time(share >= HALF)
    return years[:, None], happened[:, None]


@bordered
def survival(case: Case, *, pathways: Sequence[str] = PATHWAYS, horizon: int = 2045, progress: Progress = None) -> Finding:
    """Times to certification (levels 1 and 2) and to adoption by half of the firms.

    Parameters
    ----------
    case : Case
        Its pathway does not count.
    pathways : sequence of str
        The law alone is added if it is missing.
    horizon : int
        Last year that is looked at, 2021 to 2045.

    Returns
    -------
    Finding
        Table: per event and pathway the share until the horizon, the median time (nan if less than half get there), the
        mean time within the horizon and its difference to the law alone, paired by replicate.
        ``data["curves"]``: the Kaplan-Meier curves.
    """
    import pandas as pd

    from ...model.indicators import INDICATORS

    need_package("survival", "lifelines")
    names = ("law", *(name for name in dict.fromkeys(pathways) if name not in ("null", "law")))
    if len(names) < 2:
        raise InputError("empty", name="--pathways")
    check_number("--horizon", horizon, 2021, 2045, whole=True)
    span = horizon + 1 - FORK
    frame = case.run(
        [case.trial(pathway=name) for name in names],
        [f"recp_share_{horizon}"],
        progress,
        traces=True,
        last_year=span + FORK,
    )
    failed = frame.attrs["failed"]
    whole = frame.groupby("replicate")["trial"].nunique() == len(names)  # replicates that no pathway lost
    frame = frame[frame["replicate"].isin(whole[whole].index)]
    grid, keys = np.arange(0, span + 0.125, 0.25), list(INDICATORS)
    rows, curves = [], []
    for event_name, event in EVENTS.items():
        base = None
        for index, name in enumerate(names):
            years, happened = _times(frame[frame["trial"] == index], event, keys)
            lost = restricted_mean(years, span).mean(axis=1)
            base = lost if base is None else base
            mean, gain = mean_interval(lost), difference(base, lost)
            share, low, high = curve(years, happened, grid)
            rows.append({
                "event": event_name, "pathway": name, "units": years.size, "events": int(happened.sum()),
                "share": share[-1], "share_low": low[-1], "share_high": high[-1],
                "median": grid[(share >= HALF).argmax()] if share[-1] >= HALF else np.nan,
                "mean": mean.mean, "mean_low": mean.low, "mean_high": mean.high,
                "gain": gain.mean, "gain_low": gain.low, "gain_high": gain.high,
            })  # fmt: skip
            parts = {
                "event": event_name,
                "pathway": name,
                "year": FORK + grid,
                "share": share,
                "low": low,
                "high": high,
            }
            curves.append(pd.DataFrame(parts))
    table = pd.DataFrame(rows)
    facts = {
        "pathways": list(names), "horizon": horizon, "failed": failed,
        "replicates": int(whole.sum()), "best": {event: _best(table[table["event"] == event]) for event in EVENTS},
    }  # fmt: skip
    command = case.command("survival", pathways=names, horizon=horizon)
    return Finding("survival", command, table, facts, {"curves": pd.concat(curves, ignore_index=True)})


def _best(rows) -> dict:
    """The pathway that gets there soonest on average, beside the law alone."""
    ahead = rows[rows["pathway"] != "law"]
    best, null = ahead.loc[ahead["gain"].idxmax()], rows[rows["pathway"] == "law"].iloc[0]
    return {"pathway": best["pathway"], "null_share": null["share"], **{
        key: best[key] for key in ("share", "share_low", "share_high", "median", "gain", "gain_low", "gain_high")}}  # fmt: skip
