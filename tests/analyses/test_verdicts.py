"""The rule of the verdict on invented worlds, where the truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.experiments.analyses.verdicts import Rule, judge, needed_replicates, shares, true_effects

DRAWS, TRIALS, MARGIN = 64, 60, 1.0


def words(rng, true, error=0.5 * MARGIN, replicates=3, trials=TRIALS) -> dict[str, float]:
    """How often each word falls: `true` gives the true effects of a trial's draws, replicates scatter around them."""
    found: dict[str, int] = {}
    for trial in range(trials):
        runs = true(rng)[:, None] + rng.normal(0, error * np.sqrt(replicates), (DRAWS, replicates))
        word = judge(runs.mean(axis=1), runs.std(axis=1, ddof=1) / np.sqrt(replicates), MARGIN, seed=trial).word
        found[word] = found.get(word, 0) + 1
    return {word: count / trials for word, count in found.items()}


@pytest.mark.parametrize(("spread", "replicates"), [(0.0, 2), (0.0, 24), (0.3, 3), (0.8, 3), (1.5, 2), (4.0, 3)])
def test_a_true_zero_is_hardly_ever_supported_or_refuted(spread, replicates):
    """Alike in every draw, or spread evenly about 0: at most 5 % each."""
    found = words(np.random.default_rng(7), lambda rng: spread * rng.normal(size=DRAWS), replicates=replicates)
    assert found.get("supported", 0) <= 0.05 and found.get("refuted", 0) <= 0.05
    if spread <= 0.3:
        assert found["no_difference"] >= 0.95
    if spread >= 1.5:
        assert found["conditional"] >= 0.95


@pytest.mark.parametrize("error", [0.05, 0.5])
@pytest.mark.parametrize("law", ["uniform", "two values", "far"])
def test_a_true_zero_that_is_known_better_or_spread_by_another_law(law, error):
    """Errors may be far below half the margin, and evenly need not be normally."""
    draw = {
        "uniform": lambda rng: rng.uniform(-4, 4, DRAWS), "two values": lambda rng: rng.choice([-1.5, 1.5], DRAWS),
        "far": lambda rng: rng.standard_t(3, DRAWS),
    }[law]  # fmt: skip
    found = words(np.random.default_rng(10), draw, error)
    assert found.get("supported", 0) <= 0.05 and found.get("refuted", 0) <= 0.05


@pytest.mark.parametrize(("shape", "spread"), [("normal", 1.5), ("uniform", 4.0), ("skewed", 4.0)])
def test_a_mean_of_1_3_standard_deviations_is_supported_in_most(spread, shape):
    draw = {
        "normal": lambda rng: rng.normal(size=DRAWS), "uniform": lambda rng: rng.uniform(-(3**0.5), 3**0.5, DRAWS),
        "skewed": lambda rng: 1 - rng.exponential(size=DRAWS),
    }[shape]  # fmt: skip
    found = words(np.random.default_rng(8), lambda rng: spread * (1.3 + draw(rng)))
    assert found["supported"] > 0.5
    turned = words(np.random.default_rng(8), lambda rng: -spread * (1.3 + draw(rng)))
    assert turned["refuted"] > 0.5


@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_a_fifth_of_the_margin_is_no_difference(spread):
    found = words(np.random.default_rng(9), lambda rng: 0.2 * MARGIN + spread * rng.normal(size=DRAWS))
    assert found["no_difference"] >= 0.8


def test_the_control_counting_single_intervals_calls_a_true_zero_refuted():
    """What the rule replaces: of the draws whose own interval excludes 0, few are above 0 by chance, in 18 % of the trials."""
    rng, refuted, trials = np.random.default_rng(7), 0, 4000
    for _ in range(trials):
        effects = rng.normal(0, 0.5, DRAWS)
        sure = effects[np.abs(effects) > 1.96 * 0.5]
        refuted += sure.size > 0 and (sure > 0).mean() <= 0.2
    assert refuted / trials == pytest.approx(0.185, abs=0.02)


def test_drawn_effects_vary_as_the_true_ones():
    rng = np.random.default_rng(3)
    true = rng.normal(2, 1.0, 20000)
    drawn = true_effects(true + rng.normal(0, 2.0, true.size), np.full(true.size, 2.0))
    assert drawn.std() == pytest.approx(1.0, rel=0.05) and drawn.mean() == pytest.approx(2.0, abs=0.05)
    # full shrinkage would make them too narrow, none too wide
    assert shares(true + rng.normal(0, 2.0, true.size), np.full(true.size, 2.0), 1.0)[1] == pytest.approx(
        (true > 0).mean(), abs=0.02
    )


def test_draws_without_a_value():
    values = np.array([1.0, 2.0, np.nan, 1.5, 1.2, np.nan, np.nan, np.nan])
    found = judge(values, np.full(8, 0.1), 0.1)
    assert found.word == "undecided" and "4 of 8" in found.reason
    assert judge(values, np.full(8, 0.1), 0.1, Rule(valued=0.5)).word == "supported"


def test_effects_without_any_scatter():
    assert judge(np.full(8, 3.0), np.zeros(8), 1.0).word == "supported"
    assert judge(np.full(8, 0.5), np.zeros(8), 1.0).word == "no_difference"
    assert judge(np.full(8, -3.0), np.zeros(8), 1.0).word == "refuted"


def test_replicates_fixed_by_a_pilot():
    assert needed_replicates(np.full(8, 0.5), 2, 1.0) == 2
    assert needed_replicates(np.full(8, 1.0), 2, 1.0) == 8
    assert needed_replicates(np.array([0.1, 0.6, np.nan, 0.6]), 4, 1.0) == 6
    assert needed_replicates(np.full(8, np.nan), 2, 1.0) == 2
