"""Statistics against known answers and, where there is none, against simulation."""

import numpy as np
import pytest
from ecocluster.experiments import statistics as st
from scipy import stats


def test_t_interval_equals_scipy():
    values = np.array([3.1, 2.7, 4.4, 3.9, 3.0])
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    estimate = st.mean_interval(values)
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((values.mean(), low, high))


def test_t_interval_covers():
    rng = np.random.default_rng(1)
    samples = rng.normal(5, 2, (2000, 6))
    hits = [e.low <= 5 <= e.high for e in map(st.mean_interval, samples)]
    assert np.mean(hits) == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / 2000))


@pytest.mark.parametrize(
    ("values", "mean", "reason"),
    [([7.0], 7.0, st.ONE_RUN), ([], None, st.NO_RUN), ([np.nan, np.nan], None, st.NO_RUN)],
)
def test_too_few_runs_have_no_interval_but_a_reason(values, mean, reason):
    estimate = st.mean_interval(np.array(values))
    assert np.isnan(estimate.low) and np.isnan(estimate.high)
    assert estimate.reason == reason
    assert np.isnan(estimate.mean) if mean is None else estimate.mean == mean


def test_lost_runs_are_told():
    estimate = st.mean_interval(np.array([1.0, np.nan, 3.0]))
    assert (estimate.mean, estimate.runs) == (2.0, 2)
    assert "1 of 3" in estimate.reason


def test_equal_values_have_an_interval_of_zero_width():
    estimate = st.mean_interval(np.full(7, 0.1))
    assert (estimate.mean, estimate.low, estimate.high) == (0.1, 0.1, 0.1)


def test_wilson_interval_of_a_single_cluster():
    expected = stats.binomtest(3, 10).proportion_ci(0.95, "wilson")
    estimate = st.proportion_interval(np.array([1.0] * 3 + [0.0] * 7))
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))
    none = st.proportion_interval(np.zeros(20))
    assert none.mean == none.low == 0 and 0.1 < none.high < 0.2
    with pytest.raises(ValueError, match="zeros and ones"):
        st.proportion_interval(np.array([0.0, 0.5]))


def test_share_of_many_clusters_is_cut_at_one():
    estimate = st.mean_interval(np.array([0.99, 1.0, 0.97, 1.0]), (0.0, 1.0))
    assert estimate.high == 1.0 and estimate.low < 0.99


def test_pairing_removes_the_shared_luck():
    rng = np.random.default_rng(2)
    luck = rng.normal(0, 10, 40)
    null, arm = 100 + luck, 90 + luck + rng.normal(0, 1, 40)
    paired = st.difference(arm, null)
    assert paired.low < -10 < paired.high and paired.high - paired.low < 1
    assert st.pairing_gain(arm, null) > 50
    assert st.pairing_gain(arm, rng.permutation(null)) == pytest.approx(1, abs=0.5)
    assert np.isnan(st.pairing_gain(null, null))


def test_best_shares_ties_and_leaves_out_broken_replicates():
    values = np.array([[1.0, 5.0, 2.0, 0.0], [1.0, 4.0, 3.0, np.nan]])
    np.testing.assert_allclose(st.best_share(values, "min"), [0.5, 0.5])
    np.testing.assert_allclose(st.best_share(values[:, :3], "max"), [0.5, 0.5])
    np.testing.assert_allclose(st.best_share(values[:, 1:3], "max"), [0.5, 0.5])
    assert np.isnan(st.best_share(np.full((2, 3), np.nan), "min")).all()
    with pytest.raises(ValueError, match="direction"):
        st.best_share(values, "none")


def test_fieller_known_answer():
    """The limits solve the quadratic; independent numerator and exact denominator give the t interval / e."""
    cost = np.array([10.0, 12.0, 9.0, 13.0, 11.0])
    estimate = st.fieller(cost, np.full(5, 4.0))
    plain = st.mean_interval(cost)
    assert (estimate.mean, estimate.low, estimate.high) == pytest.approx((2.75, plain.low / 4, plain.high / 4))

    effect = np.array([4.0, 5.0, 3.5, 4.5, 3.8])
    estimate = st.fieller(cost, effect)
    for limit in (
        estimate.low,
        estimate.high,
    ):  # at a limit the t test of mean(cost - rho effect) = 0 has p = .05
        assert stats.ttest_1samp(cost - limit * effect, 0).pvalue == pytest.approx(0.05, abs=1e-9)


def test_fieller_covers_and_agrees_with_the_bootstrap():
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(1500):
        effect = rng.normal(10, 4, 12)
        cost = 2 * effect + rng.normal(5, 6, 12)  # ratio of means 25/10
        estimate = st.fieller(cost, effect)
        hits.append(estimate.low <= 2.5 <= estimate.high)
    assert np.mean(hits) == pytest.approx(0.95, abs=0.02)
    effect = rng.normal(10, 2, 200)
    cost = 2 * effect + rng.normal(5, 3, 200)
    estimate = st.fieller(cost, effect)
    assert st.bootstrap_ratio(cost, effect) == pytest.approx((estimate.low, estimate.high), rel=0.02)
    assert st.bootstrap_ratio(cost, effect) == st.bootstrap_ratio(cost, effect)


@pytest.mark.parametrize(
    ("effect", "reason"),
    [
        ([1.0, -1.0, 0.5, -0.6], st.NO_ABATEMENT),
        ([0.0, 0.0, 0.0, 0.0], st.NO_ABATEMENT),
        ([-5.0, -5.1, -4.9, -5.0], st.EMISSIONS_RISE),
        ([5.0, np.nan, np.nan, np.nan], st.ONE_RUN),
    ],
)
def test_cost_per_tonne_is_undefined_with_its_reason(effect, reason):
    estimate = st.fieller(np.array([3.0, 4.0, 3.5, 3.2]), np.array(effect))
    assert np.isnan(estimate.mean) and np.isnan(estimate.low) and estimate.reason == reason


def test_best_ratio_leaves_out_the_undefined():
    rng = np.random.default_rng(4)
    effect = rng.normal(10, 1, (3, 30))
    cost = np.array([[0.0], [20.0], [40.0]]) + rng.normal(0, 1, (3, 30))
    np.testing.assert_allclose(st.best_ratio(cost, effect, np.array([False, True, True])), [0, 1, 0])
    assert np.isnan(st.best_ratio(cost, effect, np.zeros(3, bool))).all()
