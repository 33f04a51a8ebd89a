"""The rule of a verdict: from estimated effects, one in every parameter draw, to a word.

What is asked is how the *true* effects are spread over the draws. Each is known with an error, so the spread of the
estimates is too wide; they are drawn towards their mean until their variance is that of the true effects (the
constrained estimate of Louis 1984 and Ghosh 1992: shrinking all the way would make it too narrow). A bootstrap over
draws tells how well 64 of them know the shares that are asked for.

Two mistakes are avoided. A count of the draws whose own interval excludes 0 calls a true 0 "refuted" in 18 %; adding
replicates until the interval does is optional stopping. Replicates are fixed beforehand, by a pilot on other draws.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["INSIDE", "VERDICTS", "Rule", "Verdict", "judge", "needed_replicates", "shares", "true_effects"]

# "too_noisy" is no judgement of the claim; "undecided": runs failed
VERDICTS = ("supported", "conditional", "refuted", "no_difference", "too_noisy", "undecided")
FEWEST_DRAWS = 4


@dataclass(frozen=True)
class Rule:
    """Numbers of the rule.

    Attributes
    ----------
    supported, refuted : float
        Share of the draws with a true effect above 0 that is at least, or at most, this.
    inside : float
        Share of the true effects within the margin from which there is no difference.
    confidence : float
        Of the one-sided bounds.
    valued : float
        Share of the draws that must have a value: runs do not fail at random.
    """

    supported: float = 0.8
    refuted: float = 0.2
    inside: float = 0.8
    confidence: float = 0.9
    valued: float = 0.8


INSIDE, ABOVE = 0, 1  # rows of `shares`


@dataclass(frozen=True)
class Verdict:
    """What the draws say about a claim.

    Attributes
    ----------
    word : str
        One of `VERDICTS`.
    mean, spread : float
        Of the true effects over the draws: mean and standard deviation.
    above, above_low, above_high : float
        Share of them above 0 and its one-sided bounds.
    inside : float
        Share of them within the margin.
    error : float
        Root mean square of the standard errors of single draws.
    draws : int
        Draws with a value.
    reason : str
        Why nothing was decided.
    """

    word: str
    mean: float = np.nan
    spread: float = np.nan
    above: float = np.nan
    above_low: float = np.nan
    above_high: float = np.nan
    inside: float = np.nan
    error: float = np.nan
    draws: int = 0
    reason: str = ""


def true_effects(effects: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Estimates drawn towards their mean until they vary as the true effects do.

    Parameters
    ----------
    effects : (..., draws) float64
    errors : (..., draws) float64
        Standard errors. Their mean square is used: with few replicates a single one is hardly known.

    Returns
    -------
    (..., draws) float64
        `mean + sqrt(tau^2/(tau^2 + s^2)) (effect - mean)`, where tau^2 + s^2 is the variance of the estimates and
        s^2 the mean square of their errors; all at the mean where the errors explain everything.
    """
    mean = effects.mean(axis=-1, keepdims=True)
    variance = effects.var(axis=-1, ddof=1, keepdims=True)
    own = np.maximum(variance - (errors**2).mean(axis=-1, keepdims=True), 0.0)
    factor = np.sqrt(np.divide(own, variance, out=np.zeros_like(own), where=variance > 0))
    return mean + factor * (effects - mean)


def shares(effects: np.ndarray, errors: np.ndarray, margin: float) -> np.ndarray:
    """Shares of the true effects within the margin and above 0, shape (2, ...)."""
    true = true_effects(effects, errors)
    return np.stack([(np.abs(true) <= margin).mean(axis=-1), (true > 0).mean(axis=-1)])


def judge(effects: np.ndarray, errors: np.ndarray, margin: float, rule: Rule | None = None, seed: int = 0) -> Verdict:
    """Apply the rule.

    Parameters
    ----------
    effects : (draws,) float64
        Statistic less its threshold, positive where the claim holds; nan where it could not be computed.
    errors : (draws,) float64
        Standard errors of the single effects; nan where unknown: then the others speak for them.
    margin : float
        Effects as small as this make no difference, in the unit of the effects.
    rule : Rule, optional
    seed : int
        Of the bootstrap.
    """
    from scipy.stats import bootstrap

    rule = rule or Rule()
    effects, errors = np.asarray(effects, float), np.asarray(errors, float)
    fine = np.isfinite(effects)
    kept, count = effects[fine], int(fine.sum())
    if count < max(FEWEST_DRAWS, rule.valued * effects.size):
        return Verdict("undecided", draws=count, reason=f"only {count} of {effects.size} draws have a value")
    known = np.isfinite(errors[fine])
    square = float((errors[fine][known] ** 2).mean()) if known.any() else 0.0
    own = np.where(known, errors[fine], np.sqrt(square))
    true, (inside, above) = true_effects(kept, own), shares(kept, own, margin)
    low = high = float(above)
    if 0 < above < 1 or np.ptp(kept) > 0:
        interval = bootstrap(
            (kept, own), lambda x, s, axis=-1: shares(x, s, margin)[ABOVE], paired=True, vectorized=True, n_resamples=999,
            confidence_level=2 * rule.confidence - 1, method="percentile", rng=np.random.default_rng(seed),
        ).confidence_interval  # fmt: skip
        low, high = float(interval.low), float(interval.high)
    if inside >= rule.inside:
        word = "no_difference"
    elif low >= rule.supported:
        word = "supported"
    elif high <= rule.refuted:
        word = "refuted"
    else:
        word = "conditional"
    return Verdict(
        word, float(true.mean()), float(true.std(ddof=1)), float(above), low, high, float(inside), float(np.sqrt(square)), count
    )


def needed_replicates(pilot: np.ndarray, replicates: int, margin: float, fewest: int = 2) -> int:
    """Replicates at which the median standard error is at most half the margin.

    Parameters
    ----------
    pilot : (draws,) float64
        Standard errors of the pilot's draws.
    replicates : int
        Of the pilot.
    margin : float
    fewest : int
        2 give an error at all.

    Returns
    -------
    int
        `fewest` if the pilot has no value: the claim itself will then say that it is not decided.
    """
    known = pilot[np.isfinite(pilot)]
    if not known.size:
        return fewest
    ratio = float(np.median(known)) / (0.5 * margin)
    return max(fewest, int(np.ceil(replicates * ratio**2)))
