"""What stops it, and which solution gives most for its money: a ranking that is stored, not run.

Every barrier removed alone and all but it, every solution alone at its own cost, above the law of today, in 20 worlds on
eight clusters drawn from Hanoi (`analyses/ranking.py` runs them; `ecocluster ranking --renew` stores them anew). What is
stored is the effect of every arm in every world; order and probabilities are made from it here:

    from ecocluster.experiments import stored_ranking
    found = stored_ranking.load()           # None if there is none
    found.barriers(TONNES).places[:2]       # first and second, with their probability of being first
    found.solutions(MONEY).places[0].cause  # most for its money
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ..model.processor import golden
from .eight_clusters import kept_clusters
from .shipped import Shipped, hash_question
from .spread import best_by_world, spread
from .worlds import ANSWER, stored, tables_hash

__all__ = ["BARRIERS", "COD", "COSTS", "MONEY", "SITE", "SOLUTIONS", "TONNES", "Order", "Place", "Ranking", "SHIPPED", "arms", "load", "question_hash"]  # fmt: skip

BARRIERS = tuple(f"barrier-{number}" for number in range(1, 7))
SOLUTIONS = tuple(f"solution-{number}" for number in range(1, 8))
# benefits, so that more is better: COD and tCO2e avoided from 2020 to 2035, t; net benefit at default prices, mVND
COD, TONNES, MONEY = "cod_avoided", "abatement_2035", "net_benefit_2035"
COSTS = ("pv_outlay_gross_2035", "pv_social_cost_2035")  # mVND above the law of today
WORLDS = (ANSWER[0], 20)
REPLICATES = 8  # within a world, so that a probability is one over worlds and not of luck
WHOLE = "all"
SITE = "hanoi"  # which the eight clusters stand for


def without(barrier: str) -> str:
    """Name of the arm in which all barriers but this one are removed."""
    return f"all-but-{barrier}"


@dataclass(frozen=True)
class Place:
    """A barrier or solution in an order.

    Attributes
    ----------
    cause : str
    probability : float
        Share of the worlds in which it alone is first.
    median, low, high : float
        Of its worth: median and 5-95 % of the worlds.
    always_nothing : bool
        Is its effect exactly 0 in every world?
    """

    cause: str
    probability: float
    median: float
    low: float
    high: float
    always_nothing: bool


@dataclass(frozen=True)
class Order:
    """Barriers or solutions in order.

    Attributes
    ----------
    places : tuple of Place
        By the median of their worth over worlds. What is first most often may stand elsewhere.
    tie, nothing : float
        Share of the worlds in which several are first together, and in which none has a worth above 0.
    """

    places: tuple[Place, ...]
    tie: float
    nothing: float


@dataclass(frozen=True)
class Ranking:
    """Effects of all arms in all worlds.

    Attributes
    ----------
    golden, question : str
        Model and question (`question_hash`) that they were found for.
    failed : int
        Runs that failed and are left out of the means.
    worlds : tuple of int
        Numbers of the worlds.
    effects : dict of str to dict of str to (W,) float64
        Arm, outcome -> mean over the replicates of the world; nan if none is left.
    """

    golden: str
    question: str
    failed: int
    worlds: tuple[int, ...]
    effects: dict[str, dict[str, np.ndarray]]

    @property
    def older(self) -> bool:
        """Was it found for another model, other tables, worlds, barriers or solutions?"""
        return self.golden != golden() or self.question != question_hash()

    def alone(self, cause: str, outcome: str) -> np.ndarray:
        """What a barrier removed alone, or a solution alone, brings in each world."""
        return self.effects[cause][outcome]

    def last(self, barrier: str, outcome: str) -> np.ndarray:
        """What its removal adds where the other five are gone."""
        return self.effects[WHOLE][outcome] - self.effects[without(barrier)][outcome]

    def worth(self, barrier: str, outcome: str) -> np.ndarray:
        """Mean of alone and last: what decides the order of the barriers."""
        return (self.alone(barrier, outcome) + self.last(barrier, outcome)) / 2

    def barriers(self, outcome: str, measure: str = "worth") -> Order:
        """Barriers by "worth", "alone" or "last"; the first one stops most."""
        return _order(BARRIERS, [getattr(self, measure)(name, outcome) for name in BARRIERS])

    def solutions(self, outcome: str = MONEY) -> Order:
        """Solutions at their own cost: by `MONEY` what gives most for its money, by `COD` or `TONNES` what acts most."""
        return _order(SOLUTIONS, [self.alone(name, outcome) for name in SOLUTIONS])

    def to_toml(self) -> str:
        """Text of the data file."""
        lines = [
            "# Effects of barriers removed and of solutions above the law of today, one value for each world.",
            "# Written by: ecocluster ranking --renew", f'golden = "{self.golden}"', f'question = "{self.question}"',
            f"failed = {self.failed}", f"worlds = {list(self.worlds)}",
        ]  # fmt: skip
        for arm, outcomes in self.effects.items():
            lines += ["", f"[effects.{arm}]"]
            lines += [f"{name} = [{', '.join(map(_stored, values))}]" for name, values in outcomes.items()]
        return "\n".join(lines) + "\n"


def _stored(value: float) -> str:
    """Seven digits, always as a float: what is read and written again keeps its bytes."""
    return repr(float(f"{value:.7g}"))


def _order(causes: tuple[str, ...], values: list[np.ndarray]) -> Order:
    table = np.array([np.zeros_like(values[0]), *values])  # nothing is the baseline
    best = best_by_world(table, "max")
    found = []
    for name, own, probability in zip(causes, values, best.arms[1:], strict=True):
        seen = spread(own)
        found.append(Place(name, float(probability), seen.median, seen.low, seen.high, bool((own == 0).all())))
    found.sort(key=lambda place: -np.nan_to_num(place.median))
    return Order(tuple(found), best.tie, best.nothing)


# --- as data --------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def question_hash() -> str:
    """Of all that is asked but the model itself: tables, worlds, clusters, what is removed and what acts."""
    asked = [tables_hash(), [world.number for world in stored().some(*WORLDS)], REPLICATES, kept_clusters()]
    acting = (*BARRIERS, *SOLUTIONS, "graded")  # solution 1 is the graded support
    return hash_question(asked, *(f"policies/{name}.toml" for name in acting), "laws/today.toml")


def _read(raw: dict[str, Any]) -> Ranking:
    effects = {arm: {name: np.array(v, float) for name, v in own.items()} for arm, own in raw["effects"].items()}
    found = Ranking(raw["golden"], raw["question"], raw["failed"], tuple(raw["worlds"]), effects)
    if any(len(effects[arm][name]) != len(found.worlds) for arm in arms() for name in (COD, TONNES, MONEY, *COSTS)):
        raise ValueError("not every arm has a value for every world")
    return found


SHIPPED = Shipped("ranking", _read)
load = SHIPPED.load


def arms() -> dict[str, tuple[str, ...]]:
    """Every arm with the policies that are laid over the law of today."""
    rest = {without(name): tuple(other for other in BARRIERS if other != name) for name in BARRIERS}
    return {name: (name,) for name in BARRIERS} | rest | {WHOLE: BARRIERS} | {name: (name,) for name in SOLUTIONS}
