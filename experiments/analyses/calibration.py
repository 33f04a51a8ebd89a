"""The calibration targets C1 to C10 and the totals, as the model with its defaults meets them: value, band, verdict.

What a run shows is the mean over replicates of Hanoi's burn-in; what the rules alone say comes from `rule_targets`. The bands are
those of section 11 of the specification. Whoever wants other parameters gives a scenario that extends `hanoi`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...model.border import bordered
from ..errors import InputError
from ..statistics import Estimate, mean_interval
from ..worlds import BANDS, measure
from .coalitions import estimate_columns
from .finding import Case, Finding, Progress

if TYPE_CHECKING:
    from ...model.ensemble import Runs
    from ...scenarios import Scenario

__all__ = ["REPLICATES", "TARGETS", "calibration", "verdict"]

HANOI = "hanoi"
REPLICATES, DRIFTS = 200, 6
MEASURED = {  # rows that worlds are chosen by, too
    "C2.1": "approved", "C2.2": "granted", "C3.1": "trade", "C4.2": "plants", "C6.1": "emissions", "C6.2": "intensity",
    "C7.1": "cleaner_2010", "C7.2": "cleaner_2015", "C7.3": "cleaner_2020",
}  # fmt: skip


def _measured(*rows: str) -> dict[str, tuple[float, float]]:
    return {row: BANDS[MEASURED[row]].mean for row in rows}


# rows of the table in docs/odd.md, with the band of each; what is "about 17 %" (C4.1) may lie as far aside as in 2020
TARGETS: dict[str, tuple[float, float]] = {
    "C1.1": (0.40, 0.60), **_measured("C2.1", "C2.2", "C3.1"), "C3.2": (-0.01, 0.01), "C4.1": (0.14, 0.20), **_measured("C4.2"),
    "C5.1": (0.08, 0.25), **_measured("C6.1", "C6.2", "C7.1", "C7.2", "C7.3"), "C8.1": (2.0, 4.0), "C9.1": (8.0, 13.0),
    "C10.1": (12.0, 16.0), "totals.1": (3864 * 0.98, 3864 * 1.02), "totals.2": (60_000 * 0.97, 60_000 * 1.03),
}  # fmt: skip
BOTH = {"C5.1"}  # the band holds for the second value too


def verdict(row: str, value: float, also: float = np.nan) -> str:
    """Does a target lie "inside" its band, "below" or "above"?"""
    low, high = TARGETS[row]
    judged = (value, also) if row in BOTH else (value,)
    return next(("below" if x < low else "above" for x in judged if not low <= x <= high), "inside")


@bordered
def calibration(case: Case | None = None, *, progress: Progress = None) -> Finding:
    """Measure every calibration target.

    Parameters
    ----------
    case : Case, optional
        Its place is Hanoi, or a file that extends it; its replicates are those of the burn-in. Pathway, policy, law and budget do not count.
    progress : callable, optional
        Called with (runs done, runs in all).

    Returns
    -------
    Finding
        Table: one row per row of the table in docs/odd.md with value, 95 % interval (nan: nothing is drawn), a second reading
        (`also`; nan: there is none), band and verdict.

    Raises
    ------
    InputError
        For another place: the bands are Hanoi's.
    """
    import pandas as pd

    from ...scenarios import load_scenario

    case = case or Case(HANOI, replicates=REPLICATES)
    place = load_scenario(case.scenario)
    if place.site.clusters != load_scenario(HANOI).site.clusters:
        raise InputError("not_one_of", name="scenario", value=case.scenario, known=f"{HANOI}, extends = {HANOI!r}")
    values, shares, failed = _of_runs(case, place, progress)
    more, also = _of_rules(place.parameters, case.seed, shares)
    values |= more
    rows = []
    for row, (low, high) in TARGETS.items():
        target, _, number = row.partition(".")
        second = also.get(row, np.nan)
        rows.append({
            "target": target, "row": int(number), **estimate_columns("value", values[row]), "also": second,
            "band_low": low, "band_high": high, "verdict": verdict(row, values[row].mean, second),
        })  # fmt: skip
    facts = {
        "scenario": case.scenario, "replicates": case.replicates, "drifts": min(DRIFTS, case.replicates),
        "parks": values["C10.1"].runs, "failed": failed,
        "rows": {row: {"value": values[row], "also": entry["also"], "band": TARGETS[row], "verdict": entry["verdict"]}
                 for row, entry in zip(TARGETS, rows, strict=True)},
    }  # fmt: skip
    return Finding("calibration", case.command("calibration"), pd.DataFrame(rows), facts)


def _of_runs(case: Case, place: Scenario, progress: Progress) -> tuple[dict[str, Estimate], np.ndarray, int]:
    """Targets that the burn-in shows; shares of firms with T1, T2, T5 in 2020; how many runs failed."""
    drifts = min(DRIFTS, case.replicates)

    def nulls(replicates: int, last_year: float, before: int) -> Runs:
        from ...model.ensemble import run_ensemble
        from ...model.sites_and_arms import Arm
        from ...scenarios import load_shocks

        def told(done: int, _: int) -> None:
            if progress is not None:
                progress(before + done, case.replicates + drifts)

        told(0, replicates)
        return run_ensemble(place.site, (Arm("null"),), replicates=replicates, seed=case.seed, threads=case.threads,
                            parameters=place.parameters, shocks=load_shocks(place.shocks), last_year=last_year, progress=told)  # fmt: skip

    runs, later = nulls(case.replicates, 2020.25, 0), nulls(drifts, 2030.0, case.replicates)
    for ran in (runs, later):
        if ran.failed.all():
            from ...model.simulator import FAILURES

            raise InputError("no_runs", reason=FAILURES[int(ran.failed[0, 0])])
    assert runs.past is not None
    # rows from 1 on are quarters, as `measure` has them
    series = np.pad(runs.past, ((0, 0), (1, 0), (0, 0)), constant_values=np.nan)
    facts = dict(zip(BANDS, np.array([measure(past) for past in series]).T, strict=True))

    def at(name: str, year: int) -> Estimate:
        """At the start of a year."""
        return mean_interval(series[:, 4 * (year - 2010), runs.keys.index(name)])

    trade = later.series[0, :, :, later.keys.index("trade_share")]
    found = {row: mean_interval(facts[name]) for row, name in MEASURED.items()} | {
        "C3.2": mean_interval(trade[:, -1] - trade[:, 0]), "C4.1": at("cetp_share", 2014),
        "totals.1": at("firms_in_clusters", 2018), "totals.2": at("jobs_in_clusters", 2018),
    }  # fmt: skip
    shares = np.array([at(f"adoption_{name}", 2020).mean for name in ("T1", "T2", "T5")])
    return found, shares, int(sum((ran.failed != 0).sum() for ran in (runs, later)))


def _of_rules(parameters: Mapping[str, float], seed: int, shares: np.ndarray) -> tuple[dict[str, Estimate], dict[str, Any]]:
    """Targets that follow from the rules, and second readings of them; `shares` of the firms have T1, T2, T5 in 2020."""
    from ...model.parameters import parameter_record
    from ...model.state import T2
    from . import rule_targets as rules

    record = parameter_record(parameters)
    p = record[()]
    (energy, water), (some, every) = rules.saved(p), rules.measures(p)
    links = np.array([[rules.greedy_links(p, park, split) for split in (False, True)] for park in rules.parks(record, seed)], float)
    single = {
        "C1.1": rules.adopted(p, float(p["tech_life_yr"][T2])), "C5.1": energy, "C8.1": rules.payback(p, shares), "C9.1": some,
    }  # fmt: skip
    values = {row: Estimate(value, np.nan, np.nan) for row, value in single.items()} | {"C10.1": mean_interval(links[:, 0])}
    second = {"C1.1": rules.adopted_by_life(p), "C5.1": water, "C8.1": rules.payback(p, np.ones(3)), "C9.1": every}
    return values, second | {"C10.1": float(links[:, 1].mean())}
