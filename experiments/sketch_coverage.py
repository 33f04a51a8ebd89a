"""How often the interval of a sketch holds the answer: `python -m ecocluster.experiments.sketch_coverage [QUESTIONS] [WORLDS]`.

Each question is one pathway under one law and budget in all of Hanoi. It is run whole, and on samples of its clusters in every
world; then every stage of a sketch is taken in the order of the worlds as they are, and in random orders, for which worlds come
first is chance.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from time import perf_counter
from typing import Any

import numpy as np

from .preparing import prepare
from .question import ask
from .sketch import CITY, SAMPLES, Estimate, _city, _sampled, _Sketch

__all__ = ["KEYS", "measure_coverage", "questions"]

KEYS = (("tco2e", True), ("cod", True), ("landfilled", True), ("level1", False))  # indicator, added up since 2020
YEAR = 2036.0  # end of 2035
ORDERS = 50


def questions(count: int = 40) -> list[dict[str, Any]]:
    """Questions of one pathway each: the first ones differ in all."""
    found = [
        {"pathways": [pathway], "law": law, "budget_bn": budget}
        for budget, law, pathway in product(
            (150.0, 50.0, 300.0, 100.0, 200.0), ("middle", "strict"), ("combined", "symbiosis", "self-transition", "newly-planned")
        )
    ]
    return found[:count]


def _stages(whole: Estimate, samples: dict[int, Estimate], order: np.ndarray) -> Iterator[tuple[str, Estimate]]:
    """What a sketch would say, stage by stage, if the worlds came in this order."""
    for clusters, draws in SAMPLES:
        if draws < whole.draws:
            yield f"{draws} worlds of {clusters} clusters", _first(samples[clusters], order[:draws])
    for draws in CITY:
        if draws < whole.draws:
            yield f"{draws} worlds of the city", _first(whole, order[:draws])


def _first(estimate: Estimate, kept: np.ndarray) -> Estimate:
    return replace(estimate, series=estimate.series[:, kept], draws=len(kept), trace=None)


def measure_coverage(
    count: int = 40, worlds: int = 100, scenario: str = "hanoi", tell: Callable[[str], None] | None = None
) -> dict[str, dict[str, float]]:
    """Measure.

    Parameters
    ----------
    count : int
        Questions, 1 to 40.
    worlds : int
        Of the answer, 1 to 100.
    scenario : str
    tell : callable, optional
        Called after each question.

    Returns
    -------
    dict
        Per stage: "as_is" and "any_order" (share of intervals at the end of 2035 that hold the answer's value), and how many
        "intervals" there were.
    """

    held: dict[str, list[tuple[bool, bool]]] = {}
    random = np.random.default_rng(1)
    orders = [np.arange(worlds), *(random.permutation(worlds) for _ in range(ORDERS))]
    for number, asked in enumerate(questions(count)):
        question = ask(scenario, worlds=worlds, **asked)
        job = _Sketch(question, *prepare(question), None, None, perf_counter())
        *_, whole = _city(job)
        samples = {clusters: job.estimate(_sampled(job, clusters, worlds), clusters) for clusters in {c for c, _ in SAMPLES}}
        for key, total in KEYS:
            found = whole.curve(key, total)
            at = int(np.searchsorted(found.years, YEAR - 1e-9))
            truth = found.middle[-1, at]
            for turn, order in enumerate(orders):
                for stage, estimate in _stages(whole, samples, order):
                    own = estimate.curve(key, total)
                    low, high = own.low[-1, at], own.high[-1, at]
                    held.setdefault(stage, []).append((turn == 0, bool(low <= truth <= high)))
        if tell is not None:
            tell(f"{number + 1}/{count} " + "; ".join(f"{stage} {found['any_order']:.3f}" for stage, found in _told(held).items()))
    return _told(held)


def _told(held: dict[str, list[tuple[bool, bool]]]) -> dict[str, dict[str, float]]:
    return {
        stage: {
            "as_is": float(np.mean([inside for as_is, inside in rows if as_is])),
            "any_order": float(np.mean([inside for as_is, inside in rows if not as_is])),
            "intervals": float(len(rows)),
        }
        for stage, rows in held.items()
    }


if __name__ == "__main__":
    count, worlds = (int(text) for text in (*sys.argv[1:3], *("40", "100")[len(sys.argv) - 1 :]))
    for stage, shares in measure_coverage(count, worlds, tell=lambda text: print(text, file=sys.stderr, flush=True)).items():
        print(f"{stage:28s} as they are {shares['as_is']:.3f}   in any order {shares['any_order']:.3f}")
