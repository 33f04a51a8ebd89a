"""An answer as tables, as JSON and as files.

Tables are columns by name, for the files of an answer are written before anybody needs pandas; `Comparison` makes frames of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.ledger import PAIRS
from ..scenarios.cells import xlsx_bytes
from . import statistics, tuned
from .columns import YEARS
from .spreadsheet import Columns, columns_csv, columns_parquet, columns_rows

if TYPE_CHECKING:
    from .comparison import Comparison

__all__ = ["files", "over_runs", "past", "past_runs", "runs", "series", "summary", "to_json", "transfers_long"]

SUMMARY = (
    "pathway", "indicator", "unit", "direction", "mean", "low", "high", "runs", "reason",
    "difference_mean", "difference_low", "difference_high", "difference_reason", "pairing_gain",
    "world_median", "world_low", "world_high", "difference_world_median", "difference_world_low", "difference_world_high",
    "null_difference_mean", "null_difference_low", "null_difference_high", "probability_best",
)  # fmt: skip
_encode = json.JSONEncoder(allow_nan=False).encode


def runs(answer: Comparison) -> Columns:
    """One row per arm and replicate: `Comparison.runs`."""
    arms, replicates = answer.reasons.shape
    numbers = answer.numbers.reshape(arms * replicates, -1).T
    return {
        "arm": [arm for arm in answer.arms for _ in range(replicates)], "replicate": np.tile(answer.trace.replicates, arms),
        "failed": answer.reasons.ravel().tolist(), **dict(zip(answer.names, numbers, strict=True)),
    }  # fmt: skip


def transfers_long(answer: Comparison) -> Columns:
    """`transfers` of every arm and year, one row per payer and receiver that occur."""
    years = [year for year in YEARS if f"pv_transfers_{year}" in answer.columns]
    means = {year: answer.mean_transfers(year) for year in years}
    rows = [
        (arm, year, a, b, float(means[year][pair, index]))
        for index, arm in enumerate(answer.arms) for year in years for pair, (a, b) in enumerate(PAIRS)
    ]  # fmt: skip
    return dict(zip(("pathway", "year", "payer", "receiver", "mVND"), zip(*rows, strict=True), strict=True)) if rows else {}


def summary(answer: Comparison) -> Columns:
    """One row per arm and indicator: value, difference to the law alone and to the null, probability of being best."""
    none = [statistics.Estimate.undefined(statistics.IS_DIFFERENCE)] * len(answer.arms)
    rows = []
    ranges = {key: (answer.worlds(key), answer.worlds(key, answer.matched)) for key in answer.columns}
    for index, arm in enumerate(answer.arms):
        for key, column in answer.columns.items():
            value, delta, gain = answer.estimates[key][index]
            own, apart = (found[index] for found in ranges[key])
            null = answer.to_null.get(key, none)[index]
            rows.append((
                arm, key, column.unit, column.direction,
                value.mean, value.low, value.high, value.runs, value.reason,
                delta.mean, delta.low, delta.high, delta.reason, gain,
                own.median, own.low, own.high, apart.median, apart.low, apart.high,
                null.mean, null.low, null.high, answer.best.get(key, {}).get(arm, math.nan),
            ))  # fmt: skip
    return dict(zip(SUMMARY, zip(*rows, strict=True), strict=True))


def series(answer: Comparison) -> Columns:
    """One row per arm, series and quarter: mean and its 95 % interval, 10 and 90 % of the runs."""
    trace, parts = answer.trace, []
    for index, arm in enumerate(trace.arms):
        values = trace.series[index][trace.failed[index] == 0]
        if len(values):
            own = _over_runs(values, trace.keys, trace.years)
            parts.append({"pathway": np.repeat(np.array([arm], object), len(own["year"])), **own})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def past(answer: Comparison) -> Columns:
    """One row per series and quarter of the burn-in, 2010 to 2019, which all arms share: as in `series`, over all runs."""
    return _over_runs(past_runs(answer), answer.trace.keys, answer.trace.past_years)


def past_runs(answer: Comparison) -> np.ndarray:
    """The burn-in of all runs that have one, (runs, quarters, keys)."""
    trace = answer.trace
    assert trace.past is not None  # whoever runs the model keeps it
    return trace.past[np.isfinite(trace.past[:, -1, list(trace.keys).index("firms")])]


def over_runs(values: np.ndarray) -> dict[str, np.ndarray]:
    """Mean, its 95 % interval, 10 and 90 % of the runs, each (quarters, keys), from values (runs, quarters, keys)."""
    n, mean = len(values), values.mean(axis=0)
    half = statistics.t_quantile(n - 1) * values.std(axis=0, ddof=1) / math.sqrt(n) if n > 1 else np.nan * mean
    p10, p90 = np.quantile(values, [0.1, 0.9], axis=0)
    return {"mean": mean, "low": mean - half, "high": mean + half, "p10": p10, "p90": p90}


def _over_runs(values: np.ndarray, keys: Sequence[str], years: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "indicator": np.repeat(np.array(keys, object), len(years)), "year": np.tile(years, len(keys)),
        **{name: block.T.ravel() for name, block in over_runs(values).items()},
    }  # fmt: skip


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
    table = summary(answer)
    return {
        "runs.parquet": columns_parquet(runs(answer)),
        **({"transfers.csv": columns_csv(transfers_long(answer))} if answer.has_transfers else {}),
        **({} if answer.which.reason else {"which.csv": columns_csv(answer.which.columns)}),
        "past.parquet": columns_parquet(past(answer)),
        "series.parquet": columns_parquet(series(answer)),
        "summary.csv": columns_csv(table),
        "summary.xlsx": xlsx_bytes({"summary": columns_rows(table)}),
        "summary.json": (_lines(told, 3) + "\n").encode(),
    }


def _lines(value: Any, depth: int) -> str:
    """JSON with a line for each entry down to a depth: an indicator of a pathway is a line (indented, all took the slow encoder)."""
    if depth and value and isinstance(value, dict):
        return "{\n" + ",\n".join(f"{_encode(name)}: {_lines(part, depth - 1)}" for name, part in value.items()) + "\n}"
    return _encode(value)


def _plain(estimate: statistics.Estimate) -> dict[str, Any]:
    """Numbers of an estimate with None for nan, and the reason where there is one."""
    plain: dict[str, Any] = {"mean": _number(estimate.mean), "low": _number(estimate.low), "high": _number(estimate.high)}
    return {**plain, "reason": estimate.reason} if estimate.reason else plain


def _number(value: float) -> float | None:
    """A number, None where it could not be computed: JSON has no other word for it."""
    return value if math.isfinite(value) else None


def _finite(value: Any) -> Any:
    """The same, every number as by `_number`."""
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):  # those of pathways are so already, by `_plain` and `Spread`
        return {name: part if name == "pathways" else _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value
