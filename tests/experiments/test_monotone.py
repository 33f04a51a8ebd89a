"""The monotone curve against SciPy's, over random points: flat pieces, steep ones, turns."""

import numpy as np
import pytest
from ecocluster.experiments.monotone import monotone
from scipy.interpolate import PchipInterpolator


@pytest.mark.parametrize("points", [2, 3, 4, 9])
def test_the_curve_is_that_of_scipy(points):
    rng = np.random.default_rng(points)
    for _ in range(200):
        x = np.cumsum(10.0 ** rng.uniform(-6, 3, points))
        y = rng.normal(size=points) if rng.random() < 0.5 else np.cumsum(rng.exponential(size=points))
        y[rng.random(points) < 0.2] = y[0]
        for at in (*x, *rng.uniform(x[0], x[-1], 5)):
            want = float(PchipInterpolator(x, y)(at))
            assert monotone(x, y, at) == pytest.approx(want, rel=1e-9, abs=1e-9 * np.abs(y).max()), (x, y, at)
