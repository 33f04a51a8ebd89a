"""What the runs of a claim say, and its statistic: a small evaluator that knows numbers, arms and a few functions.

The words of a statistic are explained in the head of `experiments/data/hypotheses.toml`.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..outcome import read_name
from .assigning import at_outlay
from .coalitions import by_run
from .effects import better, effect
from .shapley import shapley

if TYPE_CHECKING:
    from .claims import Claim

__all__ = ["Answers"]

DEAREST = 100.0  # mVND per tonne where nothing is avoided
CHEAPEST = 0.01
START = 2020


@dataclass(frozen=True)
class Answers:
    """Runs of a claim, reduced to what statistics ask for.

    Attributes
    ----------
    claim : Claim
    arms : tuple of str
    effects, own, null : dict of str to numpy.ndarray
        Outcome -> shape (draws, arms, replicates): against the null, of the run, of its null; nan where it failed.
    draws : dict of str to numpy.ndarray
        What was drawn, shape (draws,).
    failed : numpy.ndarray of int
        Runs that failed, shape (draws,).
    sizes : dict of str to int
        Clusters of the site of every arm.
    single : dict of str to str
        Of a claim with `search`: the pathway that was found to be best if all clusters take the same, by outcome.
    """

    claim: Claim
    arms: tuple[str, ...]
    effects: dict[str, np.ndarray]
    own: dict[str, np.ndarray]
    null: dict[str, np.ndarray]
    draws: dict[str, np.ndarray]
    failed: np.ndarray
    sizes: Mapping[str, int] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, claim: Claim, arms: tuple[str, ...], frame, draws: int, replicates: int, table) -> Answers:
        """From the rows of `run_trials`, trials running over draws, then arms."""
        count = draws * len(arms)

        def shaped(values: np.ndarray) -> np.ndarray:
            return by_run(frame, np.asarray(values, float), count).reshape(draws, len(arms), -1)

        plain = [name for name in claim.outcomes if name in frame]
        found = (
            {name: shaped(effect(frame, name)) for name in claim.outcomes},
            {name: shaped(frame[name]) for name in plain},
            {name: shaped(frame[f"null.{name}"]) for name in plain},
        )
        for name, parts in claim.entry.get("sums", {}).items():
            for values in found:
                if all(part in values for part in parts):
                    values[name] = sum((values[part] for part in parts[1:]), start=values[parts[0]])
        lost = len(arms) * replicates - np.bincount(frame["trial"] // len(arms), minlength=draws)
        return cls(claim, arms, *found, dict(table), lost)

    def statistic(self) -> np.ndarray:
        """The statistic of every draw, shape (draws,); nan where it could not be computed."""
        return self.compute(self.claim.entry["statistic"])

    def errors(self) -> np.ndarray:
        """Standard error of the statistic in every draw, by the jackknife over replicates; nan for a single replicate."""
        count = next(iter(self.effects.values())).shape[2]
        if count < 2:
            return np.full(len(next(iter(self.draws.values()))), np.nan)
        kept = [np.arange(count) != left_out for left_out in range(count)]
        values = np.stack([self._of(k).statistic() for k in kept])
        return np.sqrt((count - 1) * values.var(axis=0))

    def _of(self, kept: np.ndarray) -> Answers:
        """The same with some replicates only."""
        parts: dict[str, Any] = {
            part: {name: v[:, :, kept] for name, v in getattr(self, part).items()} for part in ("effects", "own", "null")
        }
        return replace(self, **parts)

    def also(self) -> dict[str, np.ndarray]:
        """What is reported beside the statistic."""
        return {name: self.compute(text) for name, text in self.claim.entry.get("also", {}).items()}

    def compute(self, text: str) -> np.ndarray:
        """Value of an expression in every draw."""
        draws = len(next(iter(self.draws.values())))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.broadcast_to(np.asarray(_Expression(self).visit(ast.parse(text, mode="eval").body), float), (draws,))

    def mean(self, arm: str, outcome: str, kind: str = "effect") -> np.ndarray:
        """Mean over replicates of the effect, the run ("run"), its null ("null"), or the run's median ("median")."""
        values = {"effect": self.effects, "run": self.own, "median": self.own, "null": self.null}[kind][outcome]
        values = values[:, self.arms.index(arm)]
        lost = np.isnan(values).all(axis=1)
        reduce = np.nanmedian if kind == "median" else np.nanmean
        return np.where(lost, np.nan, reduce(np.where(lost[:, None], 0.0, values), axis=1))

    # functions of the file's head

    def price(self, arm: str, year: float) -> np.ndarray:
        cost, tonnes = self.mean(arm, f"pv_outlay_gross_{year:g}"), self.mean(arm, f"abatement_pv_{year:g}")
        return np.where(tonnes > 0, np.clip(cost / np.where(tonnes > 0, tonnes, 1.0), CHEAPEST, DEAREST), DEAREST)

    def _ladder(self, name: str) -> list[str]:
        return [arm for arm in self.arms if arm.rstrip("0123456789") == name and arm != name]

    def common(self, *ladders: str) -> np.ndarray:
        largest = [[self.mean(arm, "pv_outlay_2035") for arm in self._ladder(name)] for name in ladders]
        return np.min([np.max(steps, axis=0) for steps in largest], axis=0)

    def gain(self, ladder: str, outcome: str, outlay: np.ndarray) -> np.ndarray:
        steps = self._ladder(ladder)
        x, y = (np.array([self.mean(arm, name) for arm in steps]) for name in ("pv_outlay_2035", outcome))
        # a programme that costs nothing has no place on a ladder of money
        return np.where(outlay > 0, at_outlay(x, y, outlay), np.nan)

    def clusters(self, arm: str) -> float:
        return float(self.sizes[arm])

    def ahead(self, found: str, outcome: str) -> np.ndarray:
        """By which part the assignment found for one outcome lowers it more than the best single pathway, at equal outlay."""
        ladders = [*self.claim.entry["search"]["pathways"], *self.single]
        at = self.common(*ladders)
        own, rival = -self.gain(found, outcome, at), -self.gain(self.single[found], outcome, at)
        # by the whole at most: where the single pathway lowers next to nothing, the ratio says no more than its sign
        part = np.where(rival > 0, own / np.where(rival > 0, rival, 1.0) - 1.0, np.sign(own))
        return np.where(np.isfinite(own - rival), np.clip(part, -1.0, 1.0), np.nan)

    def hazard(self, arm: str) -> np.ndarray:
        """Certifications per year at risk of single clusters; half an event is added so that none is not 0."""
        looks = sorted((name.year, text) for text in self.own if (name := read_name(text)) and name.key == "clusters_level1")
        state = np.stack([self.own[name][:, self.arms.index(arm)] for _, name in looks], axis=-1)
        certified, ran = state >= 0.5, np.isfinite(state).all(axis=-1)
        years = np.array([year + 1 - START for year, _ in looks], float)
        event = certified.any(axis=-1)
        exposed = np.where(ran, np.where(event, years[certified.argmax(axis=-1)], years[-1]), 0.0)
        return np.where(ran.any(axis=1), ((event & ran).sum(axis=1) + 0.5) / exposed.sum(axis=1), np.nan)

    def shapley(self, policy: str, outcome: str) -> np.ndarray:
        values = np.nanmean(self.effects[outcome], axis=2).T  # (sets, draws)
        return shapley(values)[self.claim.entry["sets"]["policies"].index(policy)]

    def whole(self, outcome: str) -> np.ndarray:
        values = np.nanmean(self.effects[outcome], axis=2)
        return values[:, -1] - values[:, 0]

    def matters(self, policy: str, *outcomes: str) -> np.ndarray:
        """Largest over outcomes of (alone + whole - all but this one) / 2 in the whole; one whose whole is <= 0 is left out."""
        policies = self.claim.entry["sets"]["policies"]
        every, bit = (1 << len(policies)) - 1, 1 << policies.index(policy)
        parts = []
        for outcome in outcomes:
            sign = 1.0 if outcome in self.claim.entry.get("sums", {}) else better(outcome) or 1.0
            none, alone, rest, whole = (sign * self.mean(f"set{mask}", outcome) for mask in (0, bit, every ^ bit, every))
            parts.append(np.where(whole > none, (alone - none + whole - rest) / 2 / (whole - none), np.nan))
        return np.fmax.reduce(parts)


def _slope(x, y) -> np.ndarray:
    """Slope of least squares of y (one array per x) on x."""
    x = np.asarray(x, float) - np.mean(x)
    return np.tensordot(x, np.asarray(y, float), 1) / (x * x).sum()


class _Expression(ast.NodeVisitor):
    """Evaluates the few kinds of nodes that a statistic may hold, and refuses all others."""

    BINARY = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
    COMPARE = {ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge}

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.functions = {
            "min": lambda *v: np.min(np.broadcast_arrays(*v), axis=0), "max": lambda *v: np.max(np.broadcast_arrays(*v), axis=0),
            "log": np.log, "where": np.where, "slope": _slope,
            **{name: getattr(answers, name) for name in ("price", "gain", "common", "hazard", "shapley", "whole", "matters", "clusters", "ahead")},
        }  # fmt: skip

    def generic_visit(self, node):
        raise ValueError(f"{self.answers.claim.name}: {ast.unparse(node)!r} has no place in a statistic")

    def visit_Constant(self, node):
        return node.value

    def visit_Tuple(self, node):
        return [self.visit(part) for part in node.elts]

    def visit_UnaryOp(self, node):
        return -self.visit(node.operand) if isinstance(node.op, ast.USub) else self.generic_visit(node)

    def visit_BinOp(self, node):
        if type(node.op) not in self.BINARY:
            self.generic_visit(node)
        return self.BINARY[type(node.op)](self.visit(node.left), self.visit(node.right))

    def visit_Compare(self, node):
        if len(node.ops) != 1 or type(node.ops[0]) not in self.COMPARE:
            self.generic_visit(node)
        return self.COMPARE[type(node.ops[0])](self.visit(node.left), self.visit(node.comparators[0]))

    def visit_Call(self, node):
        if not isinstance(node.func, ast.Name) or node.func.id not in self.functions or node.keywords:
            self.generic_visit(node)
        return self.functions[node.func.id](*map(self.visit, node.args))

    def visit_Name(self, node):
        return node.id if node.id in self.answers.arms else self.generic_visit(node)

    def visit_Attribute(self, node):
        inner, kind = node.value, "effect"
        if isinstance(inner, ast.Attribute) and inner.attr in ("run", "null", "median"):
            inner, kind = inner.value, inner.attr
        if not isinstance(inner, ast.Name) or inner.id not in self.answers.arms:
            self.generic_visit(node)
        return self.answers.mean(inner.id, node.attr, kind)
