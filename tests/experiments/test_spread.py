"""Statistics over worlds on values whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.experiments.spread import (
    acceptability,
    best_by_world,
    best_of_each,
    by_world,
    chance_share,
    deciders,
    percentile_of,
    spread,
)


def test_replicates_of_a_world_are_averaged_in_the_order_of_the_worlds():
    values = np.array([[1.0, 3.0, 10.0, np.nan], [0.0, 2.0, np.nan, np.nan]])
    found = by_world(values, np.array([7, 7, 2, 2]))
    np.testing.assert_array_equal(found, [[2.0, 10.0], [1.0, np.nan]])
    np.testing.assert_array_equal(by_world(values, None), values)
    np.testing.assert_array_equal(by_world(values, np.array([4, 3, 2, 1])), values)


def test_range_over_worlds():
    found = spread(np.append(np.arange(101.0), np.nan))
    assert (found.median, found.low, found.high, found.worlds) == (50.0, 5.0, 95.0, 101)
    assert np.isnan(spread(np.array([np.nan])).low)


def test_ties_and_nothing_achieved_are_classes_of_their_own():
    values = np.array([
        [5.0, 5.0, 5.0, 5.0, np.nan],  # baseline
        [7.0, 7.0, 5.0, 4.0, 1.0],
        [6.0, 7.0, 5.0, 3.0, 1.0],
    ])  # fmt: skip
    found = best_by_world(values, "max")
    np.testing.assert_allclose(found.arms, [0, 0.25, 0])
    assert (found.tie, found.nothing) == (0.25, 0.5)
    low = best_by_world(values, "min")
    np.testing.assert_allclose(low.arms, [0, 0, 0.25])
    assert (low.tie, low.nothing) == (0.0, 0.75)
    other = best_by_world(values[[1, 0, 2]], "max", baseline=1)  # the baseline may stand anywhere
    np.testing.assert_allclose(other.arms, [0.25, 0, 0])


def test_classes_add_up_to_one():
    rng = np.random.default_rng(2)
    values = np.round(rng.normal(size=(5, 400)), 1)
    found = best_by_world(values, "max")
    assert found.arms.sum() + found.tie + found.nothing == pytest.approx(1)
    assert found.tie > 0 and found.nothing > 0


def test_many_outcomes_at_once_are_as_one_by_one():
    """Worlds with a missing arm differ from outcome to outcome; one has none that is whole."""
    rng = np.random.default_rng(5)
    values = np.round(rng.normal(size=(6, 4, 30)), 1)
    values[rng.random(values.shape) < 0.05] = np.nan
    values[3, 1] = np.nan
    for direction in ("min", "max"):
        for found, rows in zip(best_of_each(values, direction, 2), values, strict=True):
            alone = best_by_world(rows[:, np.isfinite(rows).all(axis=0)], direction, 2)
            np.testing.assert_array_equal(found.arms, alone.arms)
            np.testing.assert_array_equal((found.tie, found.nothing), (alone.tie, alone.nothing))
    assert np.isnan(best_of_each(values, "min")[3].tie)


def test_ranks_are_scipys():
    from ecocluster.experiments.spread import _ranks
    from scipy.stats import rankdata

    values = np.round(np.random.default_rng(6).normal(size=200), 1)
    np.testing.assert_array_equal(_ranks(values), rankdata(values))


def test_share_of_chance():
    rng = np.random.default_rng(4)
    world = rng.normal(0, 2, 4000)
    runs = world[:, None] + rng.normal(0, 1, (4000, 2))
    assert chance_share(runs) == pytest.approx(0.2, abs=0.02)
    assert chance_share(np.repeat(world[:, None], 2, axis=1)) == 0.0
    assert np.isnan(chance_share(np.zeros((9, 2))))
    # of means over four replicates less is chance: .25 of 4.25
    runs = world[:, None] + rng.normal(0, 1, (4000, 5))
    assert chance_share(runs, averaged=4) == pytest.approx(0.25 / 4.25, abs=0.01)


def test_place_of_the_defaults():
    assert percentile_of(5.0, np.arange(10.0)) == pytest.approx(0.55)
    assert percentile_of(-1.0, np.arange(10.0)) == 0.0


def test_a_planted_parameter_stands_out_and_noise_does_not():
    rng = np.random.default_rng(5)
    names = tuple(f"p{k}" for k in range(300))
    parameters = rng.random((100, 300))
    first, *others = deciders(names, parameters, np.exp(3 * parameters[:, 17]) + 0.1 * rng.normal(size=100))
    assert first.name == "p17" and first.stands_out and not any(other.stands_out for other in others)
    alarms = sum(deciders(names, rng.random((100, 300)), rng.normal(size=100))[0].stands_out for _ in range(60))
    assert alarms <= 9  # 5 % expected


def test_acceptability_of_two_arms():
    # arm 1: 10 t for 5 mVND; arm 2: 2 t of COD for 10 mVND; equal in both worlds
    tonnes, cod, cost = (np.repeat(np.array(v, float)[:, None], 2, 1) for v in ([0, 10, 0], [0, 0, 2], [0, 5, 10]))
    shares, mean = acceptability(tonnes, cod, cost, np.array([0.0, 1.0]), np.array([0.0, 7.5, 30.0]))
    np.testing.assert_array_equal(shares[:, 0, 0], [1, 0, 0])  # at no price nothing is worth its cost
    np.testing.assert_array_equal(shares[:, 1, 0], [0, 1, 0])
    np.testing.assert_array_equal(shares[:, 1, 1], [0, 0.5, 0.5])  # 5 and 5: a tie
    np.testing.assert_array_equal(shares[:, 0, 2], [0, 0, 1])
    assert mean[2, 0, 2] == 50
    np.testing.assert_allclose(shares.sum(axis=0), 1)
