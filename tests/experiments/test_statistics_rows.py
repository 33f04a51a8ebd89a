"""Statistics of all rows at once give the bits of one row after another, missing values and equal ones among them."""

import numpy as np
import pytest
from ecocluster.experiments import statistics


@pytest.mark.parametrize("runs", [1, 2, 3, 4, 9, 20, 100, 137])
@pytest.mark.parametrize("bounds", [(-np.inf, np.inf), (0.0, 1.0)])
def test_rows_at_once_are_rows_one_by_one(runs, bounds):
    rng = np.random.default_rng(runs)
    values = rng.normal(0.5, 10.0 ** rng.uniform(-8, 8, (40, 1)), (40, runs))
    values[::5] = values[::5, :1]  # equal numbers
    null = values + rng.normal(size=values.shape)
    null[::7] = values[::7]
    for missing in (False, True):
        if missing:
            values[rng.random(values.shape) < 0.1] = np.nan
        found = statistics.mean_intervals(values, bounds)
        np.testing.assert_equal([vars(one) for one in found], [vars(statistics.mean_interval(row, bounds)) for row in values])
        gains = statistics.pairing_gains(values, null)
        np.testing.assert_array_equal(gains, [statistics.pairing_gain(*pair) for pair in zip(values, null, strict=True)])
