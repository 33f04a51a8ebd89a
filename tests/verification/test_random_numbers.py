"""V31: the stateless random numbers are uniform and independent over ids, steps, purposes and replicates."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.randomness import Purpose, key_of
from probes import keyed_uniforms, lottery_digits, normals, uniforms
from scipy import stats

N = 10_000_000
SIGMA = 4.9  # two-sided 1e-6
KEY = np.uint64(key_of(np.uint64(20), np.uint64(7)))  # a plain int would be taken as signed


def stream(purpose, n=N, time=0, first=0, along_time=False, key=KEY):
    out = np.empty(n)
    uniforms(key, int(purpose), time, first, along_time, out)
    return out


def check_uniform(u, classes=1 << 12):
    """Chi-square over classes of the first and of the next twelve binary digits; first two moments."""
    assert u.min() > 0.0 and u.max() < 1.0
    n = len(u)
    for digits in (u, (u * classes) % 1.0):
        counts = np.bincount((digits * classes).astype(np.int64), minlength=classes)
        statistic = ((counts - n / classes) ** 2).sum() / (n / classes)
        tail = stats.chi2.sf(statistic, classes - 1)
        assert 1e-6 < tail < 1 - 1e-6
    assert abs(u.mean() - 0.5) < SIGMA / np.sqrt(12 * n)
    assert abs(((u - 0.5) ** 2).mean() - 1 / 12) < SIGMA / np.sqrt(180 * n)


def check_apart(a, b):
    """No correlation of the numbers, nor of their distances from the middle; 16 x 16 cells equally full."""
    n = len(a)
    x, y = a - 0.5, b - 0.5
    assert abs(x @ y) / n < SIGMA / 12 / np.sqrt(n)
    x, y = x * x - 1 / 12, y * y - 1 / 12
    assert abs(x @ y) / n < SIGMA / 180 / np.sqrt(n)
    cells = np.bincount((a * 16).astype(np.int64) * 16 + (b * 16).astype(np.int64), minlength=256)
    assert stats.chi2.sf(((cells - n / 256) ** 2).sum() / (n / 256), 255) > 1e-6


def counter_only(n=N):
    """The counters without mixing: multiples of the golden ratio, evenly spread but not random."""
    words = np.arange(n, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return (words >> np.uint64(12)) * 2.0**-52 + 2.0**-53


def test_v31_uniform_along_ids_steps_and_replicates():
    """10^7 numbers along ids, 65,536 steps of many firms and 10^6 replicates: uniform.

    Control: the counter without the mixing function, and uniform numbers of only 10^4 different values.
    """
    check_uniform(stream(Purpose.SEARCH))
    steps = [stream(Purpose.SHOCK, 65_536, first=i, along_time=True) for i in range(60)]
    check_uniform(np.concatenate(steps))
    replicates = np.empty(1_000_000)
    keyed_uniforms(1, int(Purpose.TASTE), 5, replicates)
    check_uniform(replicates)
    with pytest.raises(AssertionError):
        check_uniform(counter_only())
    with pytest.raises(AssertionError):
        check_uniform((np.floor(stream(Purpose.SEARCH) * 1e4) + 0.5) / 1e4)


def test_v31_lags_are_uncorrelated():
    """Successive and further ids, steps and replicates of one purpose; the serial test in cells. n = 10^7.

    Lags include those that the layout makes special: 8 and 64 (technologies, attempts), 4,096 (searches).
    Control: a first-order autoregression of .005.
    """
    u = stream(Purpose.LINK_BREACH)
    for lag in (1, 2, 8, 64, 1024, 4096):
        check_apart(u[:-lag], u[lag:])
    for step in (1, 2, 4, 40):
        check_apart(u[:2_000_000], stream(Purpose.LINK_BREACH, 2_000_000, time=step))
    replicates = np.empty(1_000_000)
    keyed_uniforms(1, int(Purpose.TASTE), 5, replicates)
    for lag in (1, 2, 7):
        check_apart(replicates[:-lag], replicates[lag:])
    mixed = stats.norm.cdf(0.005 * stats.norm.ppf(u[:-1]) + np.sqrt(1 - 0.005**2) * stats.norm.ppf(u[1:]))
    with pytest.raises(AssertionError):
        check_apart(u[:-1], mixed)


def check_matrix(rows):
    """All correlations of the rows lie within what chance allows for so many pairs."""
    r = np.corrcoef(rows)[np.triu_indices(len(rows), 1)] * np.sqrt(rows.shape[1])
    assert np.abs(r).max() < stats.norm.isf(1e-6 / 2 / r.size)
    # the sum of squares is nearly chi-square: no excess of small correlations either
    assert 1e-6 < stats.chi2.sf((r**2).sum(), r.size) < 1 - 1e-6


def test_v31_purposes_and_neighbouring_keys_are_uncorrelated():
    """Every purpose against every other, 2 x 10^5 ids each; two purposes and two seeds with n = 10^7.

    Controls: the same purpose under two names, and a weak mixture of 2 %.
    """
    rows = np.stack([stream(purpose, 200_000) for purpose in Purpose])
    assert len({int(purpose) for purpose in Purpose}) == len(rows) and max(Purpose) < 256
    check_matrix(rows)
    check_apart(stream(Purpose.TASTE), stream(Purpose.CREDIT))
    for seed, replicate in ((21, 7), (20, 8), (7, 20)):
        other = stream(Purpose.TASTE, key=np.uint64(key_of(np.uint64(seed), np.uint64(replicate))))
        check_apart(stream(Purpose.TASTE), other)
    twice = rows.copy()
    twice[5] = rows[9]
    with pytest.raises(AssertionError):
        check_matrix(twice)
    twice[5] = 0.98 * rows[5] + 0.02 * rows[9]
    with pytest.raises(AssertionError):
        check_matrix(twice)


def test_v31_lottery_numbers_are_uniform_and_independent():
    """The twelve events that share three hashes: uniform to all digits, pairwise independent, n = 10^6.

    Control: without the fine digits a lane has only 65,536 values.
    """
    rows = np.empty((12, 1_000_000))
    for event in range(12):
        lottery_digits(KEY, 33, event, rows[event])
        check_uniform(rows[event])
    check_matrix(rows)
    later = np.empty(1_000_000)
    lottery_digits(KEY, 34, 0, later)
    check_apart(rows[0], later)
    with pytest.raises(AssertionError):
        check_uniform(np.floor(rows[0] * 65536) / 65536 + 2.0**-17)


def test_v31_normal_numbers():
    """Box and Muller pairs, n = 10^7: standard normal by class, independent of each other.

    Control: a standard deviation of 1.002.
    """
    a, b = np.empty(N), np.empty(N)
    normals(KEY, int(Purpose.SHOCK), 3, a, b)

    def check_normal(x):
        edges = stats.norm.ppf(np.linspace(0, 1, 513)[1:-1])
        counts = np.bincount(np.searchsorted(edges, x), minlength=512)
        assert stats.chi2.sf(((counts - len(x) / 512) ** 2).sum() / (len(x) / 512), 511) > 1e-6
        assert abs(x.mean()) < SIGMA / np.sqrt(len(x))
        assert abs((x * x).mean() - 1) < SIGMA * np.sqrt(2 / len(x))

    check_normal(a)
    check_normal(b)
    assert abs(a @ b) / N < SIGMA / np.sqrt(N) and abs((a * a) @ (b * b) / N - 1) < SIGMA * np.sqrt(8 / N)
    with pytest.raises(AssertionError):
        check_normal(1.002 * a)
