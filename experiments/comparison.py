"""The answer to a comparison: values, differences to the law alone, who is best, what a tonne costs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..model.indicators import CRITERIA, INDICATORS, outcomes
from ..model.ledger import PAIRS
from . import answer_files, spread, statistics
from .columns import CLUSTER_SHARES, SPLIT_FROM, Vocabulary, columns_of
from .errors import InputError, need_package
from .folder import write_folder
from .in_force import InForce, in_force
from .money import PRICES, abatement_split, avoided_at_output, net_benefit, transfer_table
from .outcome import DERIVED, OUTPUT_BASES, SPLIT_BASES, Outcome
from .question import Question
from .which import Which, which_of

if TYPE_CHECKING:
    import pandas as pd
    import xarray

    from ..model.ensemble import Runs
    from .budgets import Frontier
    from .equal_outlay import EqualOutlay
    from .other_laws import OtherLaws
    from .spreadsheet import Columns

__all__ = ["Comparison"]

DIFFERENCES = (*SPLIT_BASES, *OUTPUT_BASES)  # columns that are differences to the baseline already


def _bounds(column: Outcome) -> tuple[float, float]:
    """The range that the true mean of a column cannot leave."""
    if column.kind != "share":
        return -math.inf, math.inf
    return (-1.0 if column.base.endswith("gap") else 0.0), 1.0  # a difference of two shares


@dataclass(repr=False)
class Comparison:
    """The answer to a question, in numbers.

    Attributes
    ----------
    question : Question
    trace : Runs
        What the runs left behind.
    names : tuple of str
        Of `numbers`: indicators and years.
    numbers : (arms, replicates, names) float64
        What each run gave; nan where it failed.
    reasons : (arms, replicates) str
        Why a run failed; empty where it did not.
    columns : dict of str to Outcome
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
    frontier : Frontier or None
        The same at three budgets.
    other_laws : OtherLaws or None
        The same under other laws, by law.
    """

    question: Question
    trace: Runs
    names: tuple[str, ...]
    numbers: np.ndarray
    reasons: np.ndarray
    columns: dict[str, Outcome]
    criteria: tuple[str, ...]
    wall_s: float = 0.0
    out: str | None = None
    sure: dict[str, Any] = field(default_factory=dict)
    equal: EqualOutlay | None = None
    frontier: Frontier | None = None
    other_laws: OtherLaws | None = None

    html: ClassVar[Callable[[Comparison], str] | None] = None  # how a notebook shows it; `ecocluster.viz.notebook` sets it

    def __repr__(self) -> str:
        asked = self.question
        drawn = f"{asked.worlds} worlds" if asked.worlds else f"{asked.replicates} replicates"
        return (
            f"<Comparison: {asked.scenario}, {', '.join(self.arms)}, {drawn}, law {asked.law}, {asked.budget_bn:g} bn VND a year>"
        )

    def _repr_html_(self) -> str | None:
        """The last line of a cell: the answer, a small table, a figure."""
        show = type(self).html
        return None if show is None else show(self)

    @classmethod
    def of(cls, question: Question, trace: Runs, model: Vocabulary, wall_s: float = 0.0) -> Comparison:
        """Build from a trace."""
        names, numbers = outcomes(trace)
        failed = np.asarray(trace.failed)
        if (failed != 0).all():
            raise InputError("no_runs", reason=model.failures.get(int(failed.flat[0]), "unknown"))
        numbers[failed != 0] = np.nan
        texts = {code: model.failures.get(code, f"code {code}") if code else "" for code in set(failed.flat)}
        reasons = np.array([texts[code] for code in failed.flat], object).reshape(failed.shape)
        return cls(question, trace, tuple(names), numbers, reasons, columns_of(names), model.criteria, wall_s)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per arm and replicate, one column per indicator and year; a failed run is a row that says why."""
        return self._frame(answer_files.runs)

    def _frame(self, columns: Callable[[Comparison], Columns]) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(columns(self))

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the arms, the null first."""
        return tuple(self.trace.arms)

    @property
    def matched(self) -> list[int]:
        """For every arm the one that its effect is measured against: the law alone, and for that the null."""
        return list(self.trace.matched) or [0] * len(self.arms)

    def to_xarray(self, since_2010: bool = False) -> xarray.Dataset:
        """Every step of every run over arm, run and time, with names and units (extra `xarray`).

        Parameters
        ----------
        since_2010 : bool
            Begin with the burn-in, which all arms of a run share; `level` is then left out, which it does not keep.

        Returns
        -------
        xarray.Dataset
            Indicators (nan where a run failed; flows and money are rates per year) and ``level`` of every existing cluster (-1: failed);
            ``replicate`` and, over worlds, ``world`` along ``run``; ``time`` is the end of a step, a calendar year. Attributes
            ``units`` and ``long_name``, and of the whole what was asked.

        Raises
        ------
        InputError
            If xarray is not installed.
        """
        need_package("to_xarray", "xarray", extra="xarray")
        import xarray

        trace, axes = self.trace, ("arm", "run", "time")
        lost = (np.asarray(trace.failed) != 0)[:, :, None]
        values = {key: trace.since_2010(key)[1] if since_2010 else trace.series[..., place] for place, key in enumerate(trace.keys)}
        years = trace.since_2010(trace.keys[0])[0] if since_2010 else trace.years
        data: dict[str, Any] = {key: (axes, np.where(lost, np.nan, own), {"units": INDICATORS[key].unit, "long_name": INDICATORS[key].definition})
                for key, own in values.items()}  # fmt: skip
        level = np.where(lost[..., None], -1, trace.level).astype(np.int8)
        coords: dict[str, Any] = {
            "arm": list(self.arms),
            "time": ("time", years, {"units": "year"}),
            "replicate": ("run", np.asarray(trace.replicates)),
        }
        if trace.worlds is not None:
            coords["world"] = ("run", np.asarray(trace.worlds))
        asked = self.question
        about = {
            "source": "ecocluster compare",
            "scenario": str(asked.scenario),
            "law": asked.law,
            "seed": asked.seed,
            "budget_bn": asked.budget_bn,
        }
        if not since_2010:
            data["level"] = ((*axes, "cluster"), level, {"long_name": "level of each existing cluster"})
        return xarray.Dataset(data, coords, about)

    def values(self, key: str) -> np.ndarray:
        """Values of one column, shape (arms, replicates), nan where a run failed."""
        return self.numbers[..., self._places[key]]

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

    def by_world_of(self, keys: Sequence[str]) -> np.ndarray:
        """`by_world` of several columns, shape (keys, arms, worlds)."""
        places = [self._places[key] for key in keys]
        return np.ascontiguousarray(spread.by_world(np.moveaxis(self.numbers[..., places], -1, 0), self.trace.worlds))

    def worlds(self, key: str, against: list[int] | None = None) -> list[spread.Spread]:
        """Median and 5-95 % of the worlds for every arm, of a column or of its difference to other arms, world by world.

        A ratio of means has none in a single world: nan. The parts of abatement are differences already, and have none of these.

        Parameters
        ----------
        against : list of int, optional
            For every arm the one that its values are less of, e.g. `matched`.
        """
        column = self.columns[key]
        split = column.base in DIFFERENCES
        if column.base in PRICES or split and against is not None or self.trace.worlds is None:
            return [spread.Spread(math.nan, math.nan, math.nan, 0)] * len(self.arms)
        values = self._split_by_world(column) if split else self.by_world(key)
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
        values = [self.values(f"{name}_total_{year}") for name in SPLIT_FROM]
        return abatement_split(*values, *(value[self.matched] for value in values))

    def _split_by_world(self, column: Outcome) -> np.ndarray:
        if column.base in OUTPUT_BASES:
            return spread.by_world(self.avoided_at_output(column.base, column.year), self.trace.worlds)
        return spread.by_world(self.split(column.year)[column.base.removeprefix("abatement_")], self.trace.worlds)

    def avoided_at_output(self, base: str, year: int) -> np.ndarray:
        """Tonnes avoided at the output of law alone (`money.avoided_at_output`), shape (arms, replicates); `base` in `OUTPUT_BASES`."""
        values = [self.values(f"{name}_{year}") for name in DERIVED[base][0]]
        return avoided_at_output(*values, *(value[self.matched] for value in values))

    def ratio_parts(self, column: Outcome) -> tuple[np.ndarray, np.ndarray]:
        """Money above the baseline and what it avoids, both discounted, of a price, shape (arms, replicates)."""
        price = PRICES[column.base]
        return self.above(f"{price.money}_{column.year}"), -self.above(f"{price.quantity}_{column.year}")

    def net_benefit(self, year: int, line: str = "social", **prices_mvnd: float) -> np.ndarray:
        """`money.net_benefit` above the baseline, mVND, by "gross" outlay or "social" cost, shape (arms, replicates)."""
        cost = self.above(f"{PRICES[f'cost_{line}_per_tco2e'].money}_{year}")
        return net_benefit(-self.above(f"pv_tco2e_{year}"), -self.above(f"pv_cod_{year}"), cost, **prices_mvnd)

    def best_worth(self, year: int, line: str) -> dict[str, float] | None:
        """As in `best`, by net benefit at default prices, by "gross" outlay or "social" cost; None where runs do not say."""
        if not {f"pv_tco2e_{year}", f"pv_cod_{year}", f"cost_{line}_per_tco2e_{year}"} <= self.columns.keys():
            return None
        values = spread.by_world(self.net_benefit(year, line), self.trace.worlds)[self.acting]
        found = spread.best_by_world(np.vstack([np.zeros_like(values[:1]), values]), "max")
        shares = zip((self.arms[index] for index in self.acting), map(float, found.arms[1:]), strict=True)
        return {**dict(shares), "tie": found.tie, "nothing": found.nothing}

    @property
    def draws(self) -> int:
        """Worlds, or runs at the defaults, in which every rival has a result: what shares are shares of."""
        there = spread.by_world(np.where(np.asarray(self.trace.failed) == 0, 0.0, np.nan), self.trace.worlds)
        return int(np.isfinite(there[[self.base, *self.acting]]).all(axis=0).sum())

    def transfers(self, arm: str, year: int) -> pd.DataFrame:
        """Transfers of an arm above the baseline, payer x receiver, mean present value in mVND."""
        index = self.arms.index(arm)
        return transfer_table(dict(zip(PAIRS, self.mean_transfers(year)[:, index], strict=True)))

    def mean_transfers(self, year: int) -> np.ndarray:
        """Mean present values of transfers above the baseline, mVND, shape (pairs of `ledger.PAIRS`, arms)."""
        return np.array([np.nanmean(self.above(f"pv_transfer_{a}_{b}_{year}"), axis=1) for a, b in PAIRS])

    @property
    def has_transfers(self) -> bool:
        """Did the runs book who paid whom?"""
        return any(key.startswith("pv_transfer_") for key in self.columns)

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

    def queue(self, year: int) -> np.ndarray:
        """Share of existing clusters that miss nothing of level 1 at the end of a year and wait for the office, shape (arms,)."""
        masks = self._at(self.trace.unmet, year)
        kept_back = (masks & (2 ** len(self.criteria) - 1) != 0) | (masks >> len(CRITERIA) != 0)  # criteria, and states behind them
        waits = (self._at(self.trace.level, year) == 0) & ~kept_back
        return self._over_runs(waits.mean(axis=2)[..., None])[:, 0]

    def _at(self, values: np.ndarray, year: int) -> np.ndarray:
        return values[:, :, int(np.searchsorted(self.trace.years, year + 1))]

    def _over_runs(self, values: np.ndarray) -> np.ndarray:
        """Mean over the runs that did not fail, (arms, runs, n) to (arms, n)."""
        fine = (self.trace.failed == 0)[..., None]
        return np.where(fine, values, 0.0).sum(axis=1) / np.maximum(fine.sum(axis=1), 1)

    @cached_property
    def estimates(self) -> dict[str, list[tuple[statistics.Estimate, statistics.Estimate, float]]]:
        """Per column and arm: the value, its difference to the law alone (of that: to the null), the gain of pairing."""
        plain = self._plain_estimates()
        return {key: plain[key] if key in plain else self._estimate(column) for key, column in self.columns.items()}

    def _plain_estimates(self) -> dict[str, list[tuple[statistics.Estimate, statistics.Estimate, float]]]:
        """Those of all columns that are means of what runs gave, in one pass for each range that means are cut to."""
        kinds: dict[tuple[float, float], list[str]] = {}
        for key, column in self.columns.items():
            if (
                column.base not in PRICES
                and column.base not in DIFFERENCES
                and not (column.base in CLUSTER_SHARES and self.one_cluster)
            ):
                kinds.setdefault(_bounds(column), []).append(key)
        found: dict[str, list[tuple[statistics.Estimate, statistics.Estimate, float]]] = {}
        for bounds, keys in kinds.items():
            values = self.by_world_of(keys)
            alone = values[:, self.matched]
            arms, draws = values.shape[1:]
            flat, null = values.reshape(-1, draws), np.ascontiguousarray(alone).reshape(-1, draws)
            own, apart = statistics.mean_intervals(flat, bounds), statistics.mean_intervals(flat - null)
            gains = statistics.pairing_gains(flat, null).tolist()
            rows = list(zip(own, apart, gains, strict=True))
            found |= {key: self._first_is_itself(rows[k * arms : (k + 1) * arms]) for k, key in enumerate(keys)}
        return found

    def _first_is_itself(self, rows: list[tuple[statistics.Estimate, statistics.Estimate, float]]) -> list:
        """By definition and not by arithmetic: holds for one replicate too."""
        rows[0] = (rows[0][0], statistics.Estimate(0.0, 0.0, 0.0, rows[0][0].runs), math.nan)
        return rows

    def _estimate(self, column: Outcome) -> list[tuple[statistics.Estimate, statistics.Estimate, float]]:
        if column.base in PRICES:
            ratios = map(statistics.fieller, *(spread.by_world(part, self.trace.worlds) for part in self.ratio_parts(column)))
            no_difference = statistics.Estimate.undefined(statistics.IS_DIFFERENCE)
            rows = [(ratio, no_difference, math.nan) for ratio in ratios]
            rows[0] = (statistics.Estimate.undefined(statistics.NULL_AVOIDS_NOTHING), statistics.Estimate(0.0, 0.0, 0.0), math.nan)
            return rows
        if column.base in DIFFERENCES:
            parts = self._split_by_world(column)
            no_difference = statistics.Estimate.undefined(statistics.IS_DIFFERENCE)
            rows = [(arm, no_difference, math.nan) for arm in statistics.mean_intervals(parts)]
            rows[0] = (rows[0][0], statistics.Estimate(0.0, 0.0, 0.0), math.nan)
            return rows
        values = self.by_world(column.key)  # of a single cluster: where runs say yes or no, a proportion
        alone = values[self.matched]
        own = [
            statistics.proportion_interval(row)
            if np.isin(row[np.isfinite(row)], (0.0, 1.0)).all()
            else statistics.mean_interval(row, (0.0, 1.0))
            for row in values
        ]
        gains = statistics.pairing_gains(values, alone).tolist()
        return self._first_is_itself(list(zip(own, statistics.mean_intervals(values - alone), gains, strict=True)))

    @cached_property
    def to_null(self) -> dict[str, list[statistics.Estimate]]:
        """Per column and arm: the difference to no programme under the law as it was."""
        keys = [key for key, column in self.columns.items() if column.base not in PRICES and column.base not in DIFFERENCES]
        values = self.by_world_of(keys)
        arms = values.shape[1]
        rows = statistics.mean_intervals((values - values[:, :1]).reshape(-1, values.shape[2]))
        found = {key: rows[k * arms : (k + 1) * arms] for k, key in enumerate(keys)}
        for key, own in found.items():
            own[0] = statistics.Estimate(0.0, 0.0, 0.0, self.estimates[key][0][0].runs)
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
        rivals = [self.base, *self.acting]
        judged = {key: one for key, one in self.columns.items() if one.direction != "none" and one.base not in DIFFERENCES}
        found: dict[str, spread.Best] = {}
        for direction in ("min", "max"):
            if keys := [key for key, one in judged.items() if one.direction == direction and one.base not in PRICES]:
                values = self.by_world_of(keys)[:, rivals]
                found |= dict(zip(keys, spread.best_of_each(values, direction), strict=True))
        result = {}
        for key, column in judged.items():
            if column.base in PRICES:
                defined = np.array([np.isfinite(value.mean) for value, _, _ in self.estimates[key]])
                defined[[index for index in range(len(self.arms)) if index not in self.acting]] = False
                costs, effects = (spread.by_world(part, self.trace.worlds) for part in self.ratio_parts(column))
                shares, rest = statistics.best_ratio(costs, effects, defined), {}
            else:
                shares, rest = np.zeros(len(self.arms)), {"tie": found[key].tie, "nothing": found[key].nothing}
                shares[rivals] = found[key].arms
            result[key] = {**dict(zip(self.arms, map(float, shares), strict=True)), **rest}
        return result

    @cached_property
    def which(self) -> Which:
        """Which pathway is best for which clusters (`which.which_of`)."""
        return which_of(self)

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per arm and indicator: value, difference to the law alone and to the null, probability of being best."""
        return self._frame(answer_files.summary)

    @cached_property
    def series(self) -> pd.DataFrame:
        """One row per arm, series and quarter: mean and its 95 % interval, 10 and 90 % of the runs."""
        return self._frame(answer_files.series)

    @cached_property
    def past(self) -> pd.DataFrame:
        """One row per series and quarter from 2010 to 2019, the same for all arms; columns as those of `series`."""
        return self._frame(answer_files.past)

    @cached_property
    def transfers_long(self) -> pd.DataFrame:
        """`transfers` of every arm and year, one row per payer and receiver that occur."""
        return self._frame(answer_files.transfers_long)

    def to_json(self) -> dict[str, Any]:
        """The answer as nested dicts of numbers, texts and None; what is None stands beside its reason."""
        return answer_files.to_json(self)

    def files(self) -> dict[str, bytes]:
        """Results as files: the same bytes for the same question, whatever the threads and the folder."""
        return answer_files.files(self)

    def write(self, out: str | Path, more: Mapping[str, bytes] | Callable[[], Mapping[str, bytes]] | None = None) -> Path:
        """Write `files()` and `more` (figures, a report; or what gives them) into a folder, whole or not at all.

        Raises
        ------
        InputError
            If the folder holds files that are not ours, or cannot be written.
        """
        tables = self.files()  # while figures are drawn elsewhere
        pages = more() if callable(more) else more or {}
        folder = write_folder(out, {**tables, **pages}, {"command": self.question.command})
        self.out = str(out)
        return folder
