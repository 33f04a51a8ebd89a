"""The laws that the first line of an answer stands on, held against SciPy's."""

from statistics import NormalDist

import numpy as np
import pytest
from ecocluster.experiments.beta import beta_share, student_quantile
from ecocluster.viz.leads import CONFIDENCE, HALF, in_most
from scipy.special import betainc, betaincinv, ndtri, stdtrit


def test_incomplete_beta_function():
    random = np.random.default_rng(3)
    for a, b, x in zip(random.uniform(0.05, 200, 2000), random.uniform(0.05, 200, 2000), random.uniform(0, 1, 2000), strict=True):
        assert beta_share(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-10, abs=1e-12)
    assert [beta_share(2.0, 3.0, x) for x in (-1.0, 0.0, 1.0, 2.0)] == [0.0, 0.0, 1.0, 1.0]
    assert beta_share(1.0, 1.0, 0.3) == pytest.approx(0.3, rel=1e-14)  # the uniform law
    assert beta_share(2.0, 2.0, 0.5) == pytest.approx(0.5, rel=1e-14)


@pytest.mark.parametrize("below", [0.5, 0.6, 0.9, 0.95, 0.975, 0.99, 0.995, 0.99999, 1 - 0.05 / 2000])
def test_students_quantile(below):
    for df in (*range(1, 60), 99, 100, 199, 499, 1999, 20_000):
        assert student_quantile(df, below) == pytest.approx(stdtrit(df, below), rel=1e-10)
    assert student_quantile(10**6, below) == pytest.approx(ndtri(below), rel=1e-4)  # and so to the normal law


def test_normal_quantile_of_the_score_interval():
    assert NormalDist().inv_cdf(0.975) == pytest.approx(ndtri(0.975), rel=1e-15)


def test_most_worlds_as_clopper_and_pearson_have_it():
    """Of whole numbers of worlds and of means over clusters."""
    claims = [(count, draws) for draws in (1, 4, 14, 20, 57, 100) for count in np.arange(0.0, draws + 0.01, 0.25)]
    bounds = [betaincinv(count, draws - count + 1, 1 - CONFIDENCE) if count else 0.0 for count, draws in claims]
    assert [in_most(count / draws, draws) for count, draws in claims] == [bound > HALF for bound in bounds]
    assert in_most(57 / 100, 100) and not in_most(56 / 100, 100) and in_most(1.0, 4) and not in_most(1.0, 3)
