"""From the series of a run to the outcomes that were asked for, without a table in between.

They are those of `ecocluster.model.indicators.evaluate`, to the bit; any year of the run and any flow will do.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model.indicators import INDICATORS
from ...model.outcomes import MEAN, PRESENT, TOTAL, VALUE, discounts, read_outcomes
from ...model.timelines import FORK_YEAR
from ..errors import InputError
from ..outcome import outcome_names, outcome_of, years_reached

__all__ = ["HEADLINES", "Outcomes", "headlines"]

PER_YEAR = 4

# what an experiment file keeps unless it says otherwise; with the null's it fits into 1 KB a run
_HEADLINES = ("tco2e_total", "level1", "level2", "cod_total", "landfilled_total", "jobs", "value_added", "adoption_T1",
              "adoption_T2", "real_share", "links_active", "in_symbiosis", "trust", "pv_outlay", "pv_receipts",
              "pv_social_cost", "pv_tco2e", "pv_cod")  # fmt: skip


def headlines(last_year: float = 2046) -> tuple[str, ...]:
    """Headlines in the report years that runs until `last_year` reach; if they reach none, in their last full year."""
    return tuple(f"{key}_{year}" for year in years_reached(last_year) for key in _HEADLINES)


HEADLINES = headlines()


class Outcomes:
    """The outcomes of a sweep, ready to be read from many runs.

    Parameters
    ----------
    names : sequence of str, optional
        Default: all of `outcome_names`.
    last_year : float
        End of the runs.

    Raises
    ------
    InputError
        For a name that is not known, a year outside the run, or a name given twice.
    """

    def __init__(self, names: Sequence[str] | None = None, last_year: float = 2046):
        self.names = outcome_names(last_year) if names is None else tuple(names)
        if not self.names:
            raise InputError("empty", name="outcomes")
        self.last_year, self._keys = last_year, tuple(INDICATORS)
        rows = []
        for index, name in enumerate(self.names):
            if name in self.names[:index] and names is not None:
                raise InputError("duplicate", kind="outcome", value=name)
            rows.append(self._row(str(name)))
        kind, column, last = (np.array(values, np.int64) for values in zip(*rows, strict=True))
        self._rows = kind, column, last
        self._factor = float("nan"), np.empty(0)
        # a share of nothing (occupancy where nothing is planned) is missing, not wrong
        self._shares = np.array([INDICATORS[self._keys[c]].kind in ("share", "ratio") for c in column])

    def _row(self, name: str) -> tuple[int, int, int]:
        found = outcome_of(name, "outcomes", self.last_year, made=False)
        kind = PRESENT if found.present else TOTAL if found.total else MEAN if found.rate else VALUE
        return kind, self._keys.index(found.base), (found.year + 1 - FORK_YEAR) * PER_YEAR

    def read(self, series: np.ndarray, discount_rate: float) -> np.ndarray:
        """Values of one run.

        Parameters
        ----------
        series : (T+1, K) float64
            See `ecocluster.model.ensemble.Runs`.
        discount_rate : float
            1/yr.

        Returns
        -------
        (outcomes,) float64
        """
        out = np.empty(len(self.names))
        rate, factor = self._factor
        if rate != discount_rate:  # a run and what it is held against have the same
            factor = discounts(discount_rate, int((self.last_year - FORK_YEAR) * PER_YEAR), PER_YEAR)
            self._factor = discount_rate, factor
        read_outcomes(series, *self._rows, PER_YEAR, factor, out)
        return out

    def broken(self, values: np.ndarray) -> str:
        """Name of the first outcome that should be a number and is none; empty if all are sound."""
        bad = ~np.isfinite(values) & ~(self._shares & np.isnan(values))
        return self.names[int(np.flatnonzero(bad)[0])] if bad.any() else ""
