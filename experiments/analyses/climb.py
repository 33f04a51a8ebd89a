"""Searching a box for its highest point: a pattern search from several starts.

With common random numbers the objective has no noise, and the best doses often lie at a bound, where methods that look
along slopes or draw around a centre waste their points. So: try a step of every number towards the side with more room,
all at once (one call: points share what they have in common); add up the steps that help, and with them the opposite of
those that hurt; go to the best point seen, halve the step. Half of the effort looks around from each start, the rest goes
on from the best of them.

Nothing is drawn but starts, and nothing is computed but sums: the same points on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Climb", "climb"]

FIRST_STEP, LAST_STEP = 0.5, 1 / 64
LATE = 0.75  # what is gained after this part of the search tells whether it was long enough


@dataclass(frozen=True)
class Climb:
    """A search.

    Attributes
    ----------
    point : (n,) float64
        The highest one seen.
    value : float
    evaluations : int
        Points asked for.
    late_gain : float
        What the last quarter of the search gained, as a share of the highest value; inf if that is not above 0 and was
        still rising.
    """

    point: np.ndarray
    value: float
    evaluations: int
    late_gain: float


class _Track:
    """Values in the order in which they were asked for; a point costs one evaluation, each time it is new."""

    def __init__(self, evaluate: Callable[[np.ndarray], np.ndarray], most: int) -> None:
        self.evaluate, self.most = evaluate, most
        self.points: list[np.ndarray] = []
        self.values: list[float] = []
        self.seen: dict[bytes, float] = {}

    @property
    def left(self) -> int:
        return self.most - len(self.values)

    def value(self, point: np.ndarray) -> float:
        """Of a point that was asked for; -inf if there was no effort left for it."""
        return self.seen.get(point.tobytes(), -np.inf)

    def ask(self, points: Sequence[np.ndarray], limit: int) -> list[float]:
        """Values of points; -inf where there is no effort left."""
        new = list({point.tobytes(): point for point in points if point.tobytes() not in self.seen}.values())
        new = new[: max(min(limit, self.left), 0)]
        if new:
            for point, value in zip(new, self.evaluate(np.array(new)), strict=True):
                value = float(value) if np.isfinite(value) else -np.inf
                self.seen[point.tobytes()] = value
                self.points.append(point)
                self.values.append(value)
        return [self.value(point) for point in points]


def climb(
    evaluate: Callable[[np.ndarray], np.ndarray], starts: Sequence[np.ndarray], evaluations: int, restarts: int, seed: int = 1
) -> Climb:
    """The highest point found.

    Parameters
    ----------
    evaluate : callable
        Points in the unit box, shape (k, n) -> values, shape (k,); not a number: worse than all.
    starts : sequence of (n,) float64
        Points to start from; drawn ones are added until there are `restarts`.
    evaluations : int
        Most points to be asked for.
    restarts : int
    seed : int
        Of the drawn starts.

    Examples
    --------
    >>> found = climb(lambda x: 1 - ((x - 0.25) ** 2).sum(axis=1), [np.ones(2)], 60, 2)
    >>> found.point.tolist(), found.value, found.late_gain
    ([0.25, 0.25], 1.0, 0.0)
    """
    track, rng = _Track(evaluate, evaluations), np.random.default_rng(seed)
    size = len(starts[0])
    begins = [np.asarray(start, float) for start in starts]
    begins += [np.round(rng.random(size), 3) for _ in range(restarts - len(begins))]
    # each looks once into every direction at least, if there is enough for that
    each = min(max(evaluations // 2 // len(begins), size + 4), evaluations // len(begins))
    tops = [_from(track, start, FIRST_STEP, each) for start in begins]
    while track.left > 0:  # from the best, as long as that helps; then from elsewhere
        asked, top = len(track.values), max(tops, key=track.value)
        tops.append(_from(track, top, FIRST_STEP / 2, track.left))
        if not track.value(tops[-1]) > track.value(top):
            tops.append(_from(track, np.round(rng.random(size), 3), FIRST_STEP, track.left))
        if len(track.values) == asked:  # there is nothing new to ask for
            break
    best = int(np.argmax(track.values))
    return Climb(track.points[best], track.values[best], len(track.values), _late_gain(track.values))


def _from(track: _Track, point: np.ndarray, step: float, limit: int) -> np.ndarray:
    """Climb from a point, for at most so many evaluations."""
    stop = len(track.values) + limit

    def ask(points: list[np.ndarray]) -> list[float]:
        return track.ask(points, stop - len(track.values))

    value = ask([point])[0]
    while step >= LAST_STEP and len(track.values) < stop:
        room = np.where(point <= 0.5, 1.0, -1.0)
        for signs in (room, -room):  # the other side alone only where nothing helped
            steps = np.clip(point + step * np.diag(signs), 0.0, 1.0) - point
            with np.errstate(invalid="ignore"):  # from one that failed to another
                gains = np.array(ask([point + move for move in steps])) - value
            order = np.argsort(-gains, kind="stable")[: int((gains > 0).sum())]
            hurts = np.flatnonzero(np.isfinite(gains) & (gains < 0))
            back = np.clip(point - step * np.diag(signs), 0.0, 1.0) - point
            tried = [steps[order[:1]], steps[order], steps[order[: (len(order) + 1) // 2]], np.concatenate([steps[order], back[hurts]])]  # fmt: skip
            sums = [point + moves.sum(axis=0) for moves in tried if len(moves)]
            top = max(zip(ask(sums), range(len(sums)), strict=True), default=(value, 0))
            if top[0] > value:
                value, point = top[0], sums[top[1]]
                break
        step /= 2
    return point


def _late_gain(values: Sequence[float]) -> float:
    best = np.maximum.accumulate(values)
    gain = best[-1] - best[max(int(LATE * len(best)) - 1, 0)]
    if not gain > 0:
        return 0.0
    return float(gain / best[-1]) if best[-1] > 0 else float("inf")
