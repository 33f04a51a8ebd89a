"""An answer as tables, as JSON and as files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.ledger import PAIRS
from . import statistics, tuned
from .columns import YEARS
from .spreadsheet import csv_bytes, workbook_of

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison

__all__ = ["files", "past", "series", "summary", "to_json", "transfers_long"]


def transfers_long(answer: Comparison) -> pd.DataFrame:
    """`transfers` of every arm and year, one row per payer and receiver that occur."""
    import pandas as pd

    years = [year for year in YEARS if f"pv_transfers_{year}" in answer.columns]
    means = {year: answer.mean_transfers(year) for year in years}
    return pd.DataFrame([
        {"pathway": arm, "year": year, "payer": a, "receiver": b, "mVND": float(means[year][pair, index])}
        for index, arm in enumerate(answer.arms) for year in years for pair, (a, b) in enumerate(PAIRS)
    ])  # fmt: skip


def summary(answer: Comparison) -> pd.DataFrame:
    """One row per arm and indicator: value, difference to the law alone and to the null, probability of being best."""
    import pandas as pd

    rows = []
    ranges = {key: (answer.worlds(key), answer.worlds(key, answer.matched)) for key in answer.columns}
    for index, arm in enumerate(answer.arms):
        for key, column in answer.columns.items():
            value, delta, gain = answer.estimates[key][index]
            own, apart = (found[index] for found in ranges[key])
            rows.append(
                {
                    "pathway": arm, "indicator": key, "unit": column.unit, "direction": column.direction,
                    "mean": value.mean, "low": value.low, "high": value.high,
                    "runs": value.runs, "reason": value.reason,
                    "difference_mean": delta.mean, "difference_low": delta.low,
                    "difference_high": delta.high,
                    "difference_reason": delta.reason, "pairing_gain": gain,
                    "world_median": own.median, "world_low": own.low, "world_high": own.high,
                    "difference_world_median": apart.median, "difference_world_low": apart.low,
                    "difference_world_high": apart.high,
                    **_null_columns(answer, key, index),
                    "probability_best": answer.best.get(key, {}).get(arm, math.nan),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def _null_columns(answer: Comparison, key: str, index: int) -> dict[str, float]:
    undefined = statistics.Estimate.undefined(statistics.IS_DIFFERENCE)
    delta = answer.to_null[key][index] if key in answer.to_null else undefined
    return {f"null_difference_{name}": getattr(delta, name) for name in ("mean", "low", "high")}


def series(answer: Comparison) -> pd.DataFrame:
    """One row per arm, series and quarter: mean and its 95 % interval, 10 and 90 % of the runs."""
    import pandas as pd

    trace, frames = answer.trace, []
    for index, arm in enumerate(trace.arms):
        values = trace.series[index][trace.failed[index] == 0]
        if len(values):
            frames.append(_over_runs(values, trace.keys, trace.years).assign(pathway=arm))
    found = pd.concat(frames, ignore_index=True)
    return found[["pathway", *(name for name in found if name != "pathway")]]


def past(answer: Comparison) -> pd.DataFrame:
    """One row per series and quarter of the burn-in, 2010 to 2019, which all arms share: as in `series`, over all runs."""
    trace = answer.trace
    assert trace.past is not None  # whoever runs the model keeps it
    fine = np.isfinite(trace.past[:, -1, list(trace.keys).index("firms")])
    return _over_runs(trace.past[fine], trace.keys, trace.past_years)


def _over_runs(values: np.ndarray, keys: Sequence[str], years: np.ndarray) -> pd.DataFrame:
    """Mean, its 95 % interval, 10 and 90 % of the runs, from values (runs, quarters, keys)."""
    import pandas as pd

    n, mean = len(values), values.mean(axis=0)
    half = statistics.t_quantile(n - 1) * values.std(axis=0, ddof=1) / math.sqrt(n) if n > 1 else np.nan * mean
    p10, p90 = np.quantile(values, [0.1, 0.9], axis=0)
    columns = {"mean": mean, "low": mean - half, "high": mean + half, "p10": p10, "p90": p90}
    return pd.DataFrame({
        "indicator": np.repeat(np.asarray(keys), len(years)), "year": np.tile(years, len(keys)),
        **{name: block.T.ravel() for name, block in columns.items()},
    })  # fmt: skip


def to_json(answer: Comparison) -> dict[str, Any]:
    """The answer as nested dicts of numbers, texts and None; what is None stands beside its reason."""
    ranges = {key: (answer.worlds(key), answer.worlds(key, answer.matched)) for key in answer.columns}
    pathways = {
        arm: {
            key: {
                "unit": column.unit,
                "direction": column.direction,
                **_plain(answer.estimates[key][index][0]),
                **ranges[key][0][index].to_json(),
                "difference": {**_plain(answer.estimates[key][index][1]), **ranges[key][1][index].to_json()},
                **({"difference_to_null": _plain(answer.to_null[key][index])} if key in answer.to_null else {}),
            }
            for key, column in answer.columns.items()
        }
        for index, arm in enumerate(answer.arms)
    }
    best = {key: shares for key, shares in answer.best.items() if all(map(math.isfinite, shares.values()))}
    return _finite({
        "scenario": answer.question.scenario,
        "seed": answer.question.seed,
        "replicates": answer.question.replicates,
        "worlds": answer.question.worlds or None,
        "law": answer.question.law,
        "measured_against": {arm: answer.arms[m] for arm, m in zip(answer.arms, answer.matched, strict=True)},
        "in_force": {arm: found.to_json() for arm, found in answer.in_force.items()},
        "equal_outlay": None if answer.equal is None else answer.equal.to_json(),
        "frontier": None if answer.frontier is None else answer.frontier.to_json(),
        "other_laws": answer.other_laws.to_json() if answer.other_laws else None,
        "wall_s": answer.wall_s,
        "out": answer.out,
        "pathways": pathways,
        "best": best,
        "which": answer.which.to_json(),
        **({"tuned": tuned.to_json(answer.question)} if answer.question.tuned else {}),
        **({"sure": answer.sure} if answer.sure else {}),
    })  # fmt: skip


def files(answer: Comparison) -> dict[str, bytes]:
    """Results as files: the same bytes for the same question, whatever the threads and the folder."""
    told = answer.to_json()
    for volatile in ("wall_s", "out"):
        del told[volatile]
    return {
        "runs.parquet": answer.runs.to_parquet(index=False, compression="zstd"),
        **({"transfers.csv": csv_bytes(answer.transfers_long)} if answer.has_transfers else {}),
        **({} if answer.which.reason else {"which.csv": csv_bytes(answer.which.table)}),
        "past.parquet": answer.past.to_parquet(index=False, compression="zstd"),
        "series.parquet": answer.series.to_parquet(index=False, compression="zstd"),
        "summary.csv": csv_bytes(answer.summary),
        "summary.xlsx": workbook_of({"summary": answer.summary}),
        "summary.json": (_lines(told, 3) + "\n").encode(),
    }


def _lines(value: Any, depth: int) -> str:
    """JSON with a line for each entry down to a depth: an indicator of a pathway is a line (indented, all took the slow encoder)."""
    if depth and value and isinstance(value, dict):
        return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(part, depth - 1)}" for name, part in value.items()) + "\n}"
    return json.dumps(value, allow_nan=False)


def _plain(estimate: statistics.Estimate) -> dict[str, Any]:
    """Numbers of an estimate with None for nan, and the reason where there is one."""
    numbers = {name: getattr(estimate, name) for name in ("mean", "low", "high")}
    plain = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**plain, "reason": estimate.reason} if estimate.reason else plain


def _finite(value: Any) -> Any:
    """The same with None where a number could not be computed: JSON has no other word for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value
