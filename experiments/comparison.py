"""The answer to a comparison: values, differences to the law alone, who is best, what a tonne costs."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.ledger import PAIRS
from . import spread, statistics, tuned
from .errors import InputError
from .folder import write_folder
from .in_force import InForce, in_force
from .money import PRICES, SPLIT, abatement_split, net_benefit, transfer_table
from .which import Which, which_of

if TYPE_CHECKING:
    import pandas as pd

    from ..model.ensemble import Runs
    from .equal_outlay import EqualOutlay

__all__ = ["CLUSTER_SHARES", "EXPLORATION", "PATHWAYS", "YEARS", "Column", "Comparison", "Question", "Vocabulary", "certified_key"]

PATHWAYS = ("null", "law", "self-transition", "symbiosis", "newly-planned", "combined")
YEARS = (2030, 2035, 2045)
EXPLORATION = 2045  # horizon that explores rather than forecasts
CLUSTER_SHARES = ("clusters_level1", "clusters_level2", "clusters_level3")  # of one cluster: 0 or 1 in every run
IS_DIFFERENCE = "it is a difference to the law alone already"
NULL_AVOIDS_NOTHING = "the null is what the others are compared with"

# abatement_split takes them in this order
_SPLIT_FROM = ("tco2e", "tco2e_outside", "output_in_clusters")
_SPLIT_BASES = tuple(f"abatement_{part}" for part in SPLIT)

_YEAR = re.compile(r"_((?:19|20|21)\d\d)$")


def certified_key(name: str, one_cluster: bool) -> str:
    """A level as it is shown: of a city by workers; of one cluster by that cluster, which has it or not."""
    return f"clusters_{name}" if one_cluster and f"clusters_{name}" in CLUSTER_SHARES else name


@dataclass(frozen=True)
class Question:
    """What was asked: everything that decides the numbers, and nothing else (no threads, no folder).

    Attributes
    ----------
    scenario, policy : str
    pathways : tuple of str
        The null first, then the law alone.
    replicates, seed : int
        Replicates of each world, or of the defaults.
    budget : float
        bn VND a year for the city.
    site_budget : float or None
        bn VND a year for this site; None: its share of the city's budget by firms.
    worlds : int
        Kept draws of all uncertain parameters (`ecocluster.experiments.worlds`); 0: the defaults, chance only.
    levers : tuple of (str, float)
        Levers of the law and of all programmes instead of what these hold, as in
        `ecocluster.experiments.sweeps.trials.Trial`; never scaled, and paid in full.
    law : str
        Of 2020 and later, the same for every arm but the null.
    scale : float or None
        Scale factor of the programmes, 1: as written; None: found by pilots.
    equal : bool
        Are the pathways compared at equal outlay as well?
    tuned : str or None
        Aim (`tuned.AIMS`) for which each programme is at its best; None: as written.
    """

    scenario: str
    pathways: tuple[str, ...]
    policy: str
    replicates: int
    seed: int
    budget: float
    site_budget: float | None
    worlds: int = 0
    levers: tuple[tuple[str, float], ...] = ()
    law: str = "middle"
    scale: float | None = 1.0
    equal: bool = False
    tuned: str | None = None

    @property
    def command(self) -> str:
        """The command line that gives these numbers again."""
        options = [f"--pathways {','.join(self.pathways)}"] if self.pathways != PATHWAYS else []
        options += [f"--policy {self.policy}"] if self.policy != "vietnam-2020" else []
        options += [f"--law {self.law}"] if self.law != "middle" else []
        if self.worlds:
            options += [f"--worlds {self.worlds}"] + ([f"--replicates {self.replicates}"] if self.replicates > 1 else [])
        else:
            options += [f"--fixed --replicates {self.replicates}"]
        options += [f"--budget {self.budget:g}"]
        options += [f"--site-budget {self.site_budget:g}"] if self.site_budget is not None else []
        options += [f"--set {name}={value:.12g}" for name, value in self.levers]
        options += [f"--scale {'auto' if self.scale is None else f'{self.scale:g}'}"] if self.scale != 1.0 else []
        options += ["--equal-outlay"] if self.equal else []
        options += [f"--tuned {self.tuned}"] if self.tuned else []
        options += [f"--seed {self.seed}"]
        return " ".join(["ecocluster compare", self.scenario, *options])


@dataclass(frozen=True)
class Column:
    """One indicator in one year, as a column of `Comparison.runs`.

    Attributes
    ----------
    key : str
        Full key, e.g. "tco2e_total_2045".
    base : str
        Key of the registry, e.g. "tco2e".
    year : int or None
    total : bool
        Cumulated since 2020.
    unit, kind, direction, pillar, definition : str
        As in `ecocluster.model.indicators.INDICATORS`.
    """

    key: str
    base: str
    year: int | None
    total: bool
    unit: str
    kind: str
    direction: str
    pillar: str
    definition: str

    @classmethod
    def parse(cls, key: str, registry: Mapping[str, Any]) -> Column:
        """Read a column's name: `[pv_]BASE[_total][_YEAR]`, BASE as in the registry."""
        found = _YEAR.search(key)
        name = key[: found.start()] if found else key
        total = name.endswith("_total") or name.startswith("pv_")
        short = name.removesuffix("_total").removeprefix("pv_")
        base = next(
            (
                candidate
                for candidate in (key, name, name.removesuffix("_total"), short)
                if candidate in registry
            ),
            None,
        )
        if base is None:
            raise KeyError(f"no indicator for column {key!r}")
        entry = registry[base]
        unit = entry.unit.removesuffix("/yr") if total and base == short else entry.unit
        year = int(found[1]) if found else None
        return cls(key, base, year, total, unit, entry.kind, entry.direction, entry.pillar, entry.definition)


def _price_column(base: str, year: int) -> Column:
    price = PRICES[base]
    return Column(f"{base}_{year}", base, year, True, price.unit, "money", "min", "economic", price.definition)


def _split_column(part: str, year: int) -> Column:
    definition = f"tCO2e avoided since 2020 against the baseline: {part}"
    return Column(f"abatement_{part}_{year}", f"abatement_{part}", year, True, "t", "flow", "none", "environment", definition)


@dataclass(frozen=True)
class Vocabulary:
    """What the model calls its outputs: `INDICATORS`, `LEVEL_1` and `FAILURES` of `ecocluster.model`."""

    indicators: Mapping[str, Any]
    criteria: tuple[str, ...]
    failures: Mapping[int, str]


@dataclass
class Comparison:
    """The answer to a question, in numbers.

    Attributes
    ----------
    question : Question
    trace : Runs
        What the runs left behind.
    runs : pandas.DataFrame
        One row per arm and replicate, one column per indicator and year; a failed run is a row that says why.
    columns : dict of str to Column
        What the columns mean, in the order of the registry.
    criteria : tuple of str
        Criteria of level 1: the first bits of `trace.unmet`.
    wall_s : float
        Seconds that simulating took.
    sure : dict
        From `ecocluster.experiments.sureness`, if it was asked for.
    out : str or None
        Folder of the results once they are written.
    equal : EqualOutlay or None
        The same at equal outlay, where it was asked for.
    """

    question: Question
    trace: Runs
    runs: pd.DataFrame
    columns: dict[str, Column]
    criteria: tuple[str, ...]
    wall_s: float = 0.0
    out: str | None = None
    sure: dict[str, Any] = field(default_factory=dict)
    equal: EqualOutlay | None = None

    @classmethod
    def of(
        cls, question: Question, trace: Runs, table: pd.DataFrame, model: Vocabulary, wall_s: float = 0.0
    ) -> Comparison:
        """Build from a trace and its evaluated table (columns: arm, replicate and indicators)."""
        import pandas as pd

        registry, failures = model.indicators, model.failures
        table = table.drop(columns="failed", errors="ignore")  # codes; the texts come below
        keys = [key for key in table.columns if key not in ("arm", "replicate")]
        columns = {key: Column.parse(key, registry) for key in keys}
        for year in YEARS:
            made = [_price_column(base, year) for base, price in PRICES.items()
                    if {f"{price.money}_{year}", f"{price.quantity}_{year}"} <= columns.keys()]
            if {f"{name}_total_{year}" for name in _SPLIT_FROM} <= columns.keys():
                made += [_split_column(part, year) for part in SPLIT]
            columns |= {column.key: column for column in made}
        lost = np.asarray(trace.failed) != 0
        if lost.all():
            raise InputError("no_runs", reason=failures.get(int(trace.failed.flat[0]), "unknown"))
        codes = pd.DataFrame(
            {
                "arm": np.repeat(np.asarray(trace.arms), len(trace.replicates)),
                "replicate": np.tile(trace.replicates, len(trace.arms)),
                "failed": [
                    failures.get(int(code), f"code {code}") if code else "" for code in trace.failed.flat
                ],
            }
        )
        runs = codes.merge(table, on=["arm", "replicate"], how="left", validate="one_to_one")
        runs.loc[runs["failed"] != "", keys] = np.nan
        return cls(question, trace, runs, columns, model.criteria, wall_s)

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, the null first."""
        return tuple(self.trace.arms)

    @property
    def matched(self) -> list[int]:
        """For every arm the one that its effect is measured against: the law alone, and for that the null."""
        return list(self.trace.matched) or [0] * len(self.arms)

    def values(self, key: str) -> np.ndarray:
        """Values of one column, shape (arms, replicates), nan where a run failed."""
        return self.runs[key].to_numpy(float).reshape(len(self.arms), -1)

    @property
    def acting(self) -> list[int]:
        """Arms that are compared: all but no programme and the law alone."""
        return [index for index, arm in enumerate(self.arms) if arm not in ("null", "law")]

    @property
    def base(self) -> int:
        """Index of the law alone (or of the first arm): who is not better has achieved nothing."""
        return self.arms.index("law") if "law" in self.arms else 0

    def above(self, key: str) -> np.ndarray:
        """Values of one column less those of the arm each is measured against, run by run, shape (arms, replicates)."""
        values = self.values(key)
        return values - values[self.matched]

    def by_world(self, key: str) -> np.ndarray:
        """Values of one column, shape (arms, worlds): means over the replicates of a world; runs at the defaults."""
        return spread.by_world(self.values(key), self.trace.worlds)

    def worlds(self, key: str, against: list[int] | None = None) -> list[spread.Spread]:
        """Median and 5-95 % of the worlds for every arm, of a column or of its difference to other arms, world by world.

        A ratio of means has none in a single world: nan.

        Parameters
        ----------
        against : list of int, optional
            For every arm the one that its values are less of, e.g. `matched`.
        """
        base = self.columns[key].base
        if base in PRICES or base in _SPLIT_BASES or self.trace.worlds is None:
            return [spread.Spread(math.nan, math.nan, math.nan, 0)] * len(self.arms)
        values = self.by_world(key)
        return [spread.spread(row) for row in (values if against is None else values - values[against])]

    @property
    def one_cluster(self) -> bool:
        """Is the site a single cluster? Then the number of its certified clusters is a share of runs."""
        return self.trace.site.one_cluster

    def abatement(self, year: int) -> np.ndarray:
        """tCO2e avoided since 2020 against the law alone, a quantity, shape (arms, replicates)."""
        return -self.above(f"tco2e_total_{year}")

    def split(self, year: int) -> dict[str, np.ndarray]:
        """`abatement` by intensity, output and leakage (`money.abatement_split`)."""
        values = [self.values(f"{name}_total_{year}") for name in _SPLIT_FROM]
        return abatement_split(*values, *(value[self.matched] for value in values))

    def ratio_parts(self, column: Column) -> tuple[np.ndarray, np.ndarray]:
        """Money above the baseline and what it avoids, both discounted, of a price, shape (arms, replicates)."""
        price = PRICES[column.base]
        return self.above(f"{price.money}_{column.year}"), -self.above(f"{price.quantity}_{column.year}")

    def net_benefit(self, year: int, line: str = "social", **prices: float) -> np.ndarray:
        """`money.net_benefit` above the baseline, mVND, by "gross" outlay or "social" cost, shape (arms, replicates)."""
        cost = self.above(f"{PRICES[f'cost_{line}_per_tco2e'].money}_{year}")
        return net_benefit(-self.above(f"pv_tco2e_{year}"), -self.above(f"pv_cod_{year}"), cost, **prices)

    def transfers(self, arm: str, year: int) -> pd.DataFrame:
        """Transfers of an arm above the baseline, payer x receiver, mean present value in mVND."""
        index = self.arms.index(arm)
        means = {f"transfer_{a}_{b}": float(np.nanmean(self.above(f"pv_transfer_{a}_{b}_{year}")[index])) for a, b in PAIRS}
        return transfer_table(means)

    @property
    def _has_transfers(self) -> bool:
        return any(key.startswith("pv_transfer_") for key in self.columns)

    @cached_property
    def transfers_long(self) -> pd.DataFrame:
        """`transfers` of every arm and year, one row per payer and receiver that occur."""
        import pandas as pd

        years = [year for year in YEARS if f"pv_transfers_{year}" in self.columns]
        return pd.DataFrame([
            {"pathway": arm, "year": year, "payer": a, "receiver": b, "mVND": self.transfers(arm, year).loc[a, b]}
            for arm in self.arms for year in years for a, b in PAIRS
        ])  # fmt: skip

    def obstacles(self, year: int, alone: bool = False) -> np.ndarray:
        """Which criteria of level 1 existing clusters miss at the end of a year; a cluster may miss several.

        Parameters
        ----------
        year : int
        alone : bool
            Count only clusters that miss this criterion and no other.

        Returns
        -------
        numpy.ndarray
            Shape (arms, criteria): share of all existing clusters, mean over the runs that did not fail.
        """
        masks = self._at(self.trace.unmet, year)
        missed = masks[..., None] >> np.arange(len(self.criteria)) & 1 == 1
        if alone:
            missed &= missed.sum(axis=-1, keepdims=True) == 1
        return self._over_runs(missed.mean(axis=2))

    def certified(self, year: int) -> np.ndarray:
        """Share of existing clusters at level 1 or above at the end of a year, shape (arms,)."""
        return self._over_runs((self._at(self.trace.level, year) > 0).mean(axis=2)[..., None])[:, 0]

    def _at(self, values: np.ndarray, year: int) -> np.ndarray:
        return values[:, :, int(np.searchsorted(self.trace.years, year + 1))]

    def _over_runs(self, values: np.ndarray) -> np.ndarray:
        """Mean over the runs that did not fail, (arms, runs, n) to (arms, n)."""
        fine = (self.trace.failed == 0)[..., None]
        return np.where(fine, values, 0.0).sum(axis=1) / np.maximum(fine.sum(axis=1), 1)

    @cached_property
    def estimates(self) -> dict[str, list[tuple[statistics.Estimate, statistics.Estimate, float]]]:
        """Per column and arm: the value, its difference to the law alone (of that: to the null), the gain of pairing."""
        return {key: self._estimate(column) for key, column in self.columns.items()}

    def _estimate(self, column: Column) -> list[tuple[statistics.Estimate, statistics.Estimate, float]]:
        if column.base in PRICES:
            ratios = map(statistics.fieller, *(spread.by_world(part, self.trace.worlds) for part in self.ratio_parts(column)))
            no_difference = statistics.Estimate.undefined(IS_DIFFERENCE)
            rows = [(ratio, no_difference, math.nan) for ratio in ratios]
            rows[0] = (statistics.Estimate.undefined(NULL_AVOIDS_NOTHING), statistics.Estimate(0.0, 0.0, 0.0), math.nan)
            return rows
        if column.base in _SPLIT_BASES:
            parts = spread.by_world(self.split(column.year)[column.base.removeprefix("abatement_")], self.trace.worlds)
            no_difference = statistics.Estimate.undefined(IS_DIFFERENCE)
            rows = [(statistics.mean_interval(arm), no_difference, math.nan) for arm in parts]
            rows[0] = (rows[0][0], statistics.Estimate(0.0, 0.0, 0.0), math.nan)
            return rows
        values = self.by_world(column.key)
        interval = self._interval(column)
        rows = [
            (interval(arm), statistics.difference(arm, alone), statistics.pairing_gain(arm, alone))
            for arm, alone in zip(values, values[self.matched], strict=True)
        ]
        # by definition and not by arithmetic: holds for one replicate too
        rows[0] = (rows[0][0], statistics.Estimate(0.0, 0.0, 0.0, rows[0][0].runs), math.nan)
        return rows

    def _interval(self, column: Column) -> Callable[[np.ndarray], statistics.Estimate]:
        """How the mean of a column is estimated: bounded for shares, a proportion where runs say 0 or 1."""
        if column.base in CLUSTER_SHARES and self.one_cluster:
            return lambda values: (
                statistics.proportion_interval(values)
                if np.isin(values[np.isfinite(values)], (0.0, 1.0)).all()
                else statistics.mean_interval(values, (0.0, 1.0))
            )
        if column.kind != "share":
            return statistics.mean_interval
        low = -1.0 if column.base.endswith("gap") else 0.0  # a difference of two shares
        return lambda values: statistics.mean_interval(values, (low, 1.0))

    @cached_property
    def to_null(self) -> dict[str, list[statistics.Estimate]]:
        """Per column and arm: the difference to no programme under the law as it was."""
        found = {}
        for key, column in self.columns.items():
            if column.base in PRICES or column.base in _SPLIT_BASES:
                continue
            values = self.by_world(key)
            found[key] = [statistics.difference(arm, values[0]) for arm in values]
            found[key][0] = statistics.Estimate(0.0, 0.0, 0.0, self.estimates[key][0][0].runs)
        return found

    @cached_property
    def in_force(self) -> dict[str, InForce]:
        """Per arm: the law, the levers in force, and what was offered, spent and left."""
        return {arm: in_force(self.trace, index) for index, arm in enumerate(self.arms) if self.trace.given}

    @cached_property
    def best(self) -> dict[str, dict[str, float]]:
        """Probability that an arm is the best one, for every column that has a direction.

        Share of the worlds in which it alone is best; "tie": several are; "nothing": none is better than the baseline.
        A ratio of means has no value in one world: there it is a share of bootstrap samples, and ties are shared.
        """
        result = {}
        for key, column in self.columns.items():
            if column.direction == "none":
                continue
            if column.base in PRICES:
                defined = np.array([np.isfinite(value.mean) for value, _, _ in self.estimates[key]])
                defined[[index for index in range(len(self.arms)) if index not in self.acting]] = False
                costs, effects = (spread.by_world(part, self.trace.worlds) for part in self.ratio_parts(column))
                shares, rest = statistics.best_ratio(costs, effects, defined), {}
            else:
                rivals = [self.base, *self.acting]
                found = spread.best_by_world(self.by_world(key)[rivals], column.direction)
                shares, rest = np.zeros(len(self.arms)), {"tie": found.tie, "nothing": found.nothing}
                shares[rivals] = found.arms
            result[key] = {**dict(zip(self.arms, map(float, shares), strict=True)), **rest}
        return result

    @cached_property
    def which(self) -> Which:
        """Which pathway is best for which clusters (`which.which_of`)."""
        return which_of(self)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per arm and indicator: value, difference to the law alone and to the null, probability of being best."""
        import pandas as pd

        rows = []
        ranges = {key: (self.worlds(key), self.worlds(key, self.matched)) for key in self.columns}
        for index, arm in enumerate(self.arms):
            for key, column in self.columns.items():
                value, delta, gain = self.estimates[key][index]
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
                        **self._null_columns(key, index),
                        "probability_best": self.best.get(key, {}).get(arm, math.nan),
                    }
                )  # fmt: skip
        return pd.DataFrame(rows)

    def _null_columns(self, key: str, index: int) -> dict[str, float]:
        undefined = statistics.Estimate.undefined(IS_DIFFERENCE)
        delta = self.to_null[key][index] if key in self.to_null else undefined
        return {f"null_difference_{name}": getattr(delta, name) for name in ("mean", "low", "high")}

    @cached_property
    def series(self) -> pd.DataFrame:
        """One row per arm, series and quarter: mean and its 95 % interval, 10 and 90 % of the runs."""
        import pandas as pd

        trace, frames = self.trace, []
        for index, arm in enumerate(trace.arms):
            values = trace.series[index][trace.failed[index] == 0]  # (runs, quarters, keys)
            n = len(values)
            if n == 0:
                continue
            mean = values.mean(axis=0)
            half = (
                statistics.t_quantile(n - 1) * values.std(axis=0, ddof=1) / math.sqrt(n)
                if n > 1
                else np.nan * mean
            )
            p10, p90 = np.quantile(values, [0.1, 0.9], axis=0)
            columns = {"mean": mean, "low": mean - half, "high": mean + half, "p10": p10, "p90": p90}
            frames.append(
                pd.DataFrame(
                    {
                        "pathway": arm,
                        "indicator": np.repeat(np.asarray(trace.keys), len(trace.years)),
                        "year": np.tile(trace.years, len(trace.keys)),
                        **{name: block.T.ravel() for name, block in columns.items()},
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def to_json(self) -> dict[str, Any]:
        """The answer as nested dicts of numbers, texts and None; what is None stands beside its reason."""
        ranges = {key: (self.worlds(key), self.worlds(key, self.matched)) for key in self.columns}
        pathways = {
            arm: {
                key: {
                    "unit": column.unit,
                    "direction": column.direction,
                    **_plain(self.estimates[key][index][0]),
                    **_plain_range(ranges[key][0][index]),
                    "difference": {**_plain(self.estimates[key][index][1]), **_plain_range(ranges[key][1][index])},
                    **({"difference_to_null": _plain(self.to_null[key][index])} if key in self.to_null else {}),
                }
                for key, column in self.columns.items()
            }
            for index, arm in enumerate(self.arms)
        }
        best = {key: shares for key, shares in self.best.items() if all(map(math.isfinite, shares.values()))}
        return _finite({
            "scenario": self.question.scenario,
            "seed": self.question.seed,
            "replicates": self.question.replicates,
            "worlds": self.question.worlds or None,
            "law": self.question.law,
            "measured_against": {arm: self.arms[m] for arm, m in zip(self.arms, self.matched, strict=True)},
            "in_force": {arm: found.to_json() for arm, found in self.in_force.items()},
            "equal_outlay": None if self.equal is None else self.equal.to_json(),
            "wall_s": self.wall_s,
            "out": self.out,
            "pathways": pathways,
            "best": best,
            "which": self.which.to_json(),
            **({"tuned": tuned.to_json(self.question)} if self.question.tuned else {}),
            **({"sure": self.sure} if self.sure else {}),
        })  # fmt: skip

    def files(self) -> dict[str, bytes]:
        """Results as files: the same bytes for the same question, whatever the threads and the folder."""
        answer = self.to_json()
        for volatile in ("wall_s", "out"):
            del answer[volatile]
        return {
            "runs.parquet": self.runs.to_parquet(index=False, compression="zstd"),
            **({"transfers.csv": self.transfers_long.to_csv(index=False, lineterminator="\n").encode()}
               if self._has_transfers else {}),
            **({} if self.which.reason else {"which.csv": self.which.table.to_csv(index=False, lineterminator="\n").encode()}),
            "series.parquet": self.series.to_parquet(index=False, compression="zstd"),
            "summary.csv": self.summary.to_csv(index=False, lineterminator="\n").encode(),
            "summary.json": (json.dumps(answer, indent=1, allow_nan=False) + "\n").encode(),
        }

    def write(self, out: str | Path, more: Mapping[str, bytes] | None = None) -> Path:
        """Write `files()` and `more` (figures, a report) into a folder, whole or not at all.

        Raises
        ------
        InputError
            If the folder holds files that are not ours, or cannot be written.
        """
        folder = write_folder(out, {**self.files(), **(more or {})}, {"command": self.question.command})
        self.out = str(out)
        return folder


def _plain(estimate: statistics.Estimate) -> dict[str, Any]:
    """Numbers of an estimate with None for nan, and the reason where there is one."""
    numbers = {name: getattr(estimate, name) for name in ("mean", "low", "high")}
    plain = {name: value if math.isfinite(value) else None for name, value in numbers.items()}
    return {**plain, "reason": estimate.reason} if estimate.reason else plain


def _plain_range(found: spread.Spread) -> dict[str, float | None]:
    """Range over worlds, None where there are none."""
    numbers = {"world_median": found.median, "world_low": found.low, "world_high": found.high}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _finite(value: Any) -> Any:
    """The same with None where a number could not be computed: JSON has no other word for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    return [_finite(part) for part in value] if isinstance(value, (list, tuple)) else value
