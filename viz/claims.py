"""What may be said of whom: the claims of an answer, before they are put into words.

The paragraphs and the lines of the first screen read the same claims. Nothing is called best by one account only: a
claim about the ground must hold at equal budget and at equal outlay, one about money in gross outlay and in social cost
as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from ..experiments import budgets, spread
from ..experiments import stored_ranking as stored
from ..experiments.comparison import Comparison
from ..experiments.which import Group
from .headline import YEAR
from .leads import Lead, lead, same_leader

__all__ = ["GROUND", "LINES", "Elsewhere", "RankingClaims", "chance", "elsewhere", "ground", "law_shares", "names", "ranking", "which", "worth"]  # fmt: skip

GROUND = budgets.AVOIDED  # row of the first table, column
ORIGIN_OUTCOMES = {"cod": "cod", "tco2e": "tco2e", "landfilled": "landfill"}  # row, outcome by origin
LINES = ("gross", "social")
ORDER = ("cod", "tco2e", "landfilled")


def names(comparison: Comparison) -> list[str]:
    """Pathways that may be ahead."""
    return [comparison.arms[index] for index in comparison.acting]


def _claim(comparison: Comparison, shares: dict[str, float] | None) -> Lead:
    return Lead("unknown") if shares is None else lead(shares, names(comparison), comparison.draws)


def ground(comparison: Comparison, year: int) -> dict[str, list[Lead]]:
    """Per row of the ground the claim at equal budget and, where it was compared, at equal outlay."""
    found = {}
    for row in ORDER:
        key = f"{GROUND[row]}_{year}"
        if key in comparison.best:
            found[row] = [_claim(comparison, comparison.best[key])]
            if comparison.equal is not None and key in comparison.equal.comparison.best:
                other = comparison.equal.comparison
                found[row].append(_claim(other, other.best[key]))
    return found


def law_shares(comparison: Comparison, year: int) -> dict[str, float]:
    """Per row of the ground: what the law avoids by itself, of what the pathway that does most avoids, against no programme."""
    found: dict[str, float] = {}
    if "law" not in comparison.arms or comparison.arms[0] != "null":
        return found
    for row in ORDER:
        if f"{GROUND[row]}_{year}" not in comparison.columns:
            continue
        values = comparison.by_world(f"{GROUND[row]}_{year}")
        cut = np.nanmean(values[0] - values, axis=1)
        whole = max(cut[index] for index in comparison.acting)
        if whole > 0:
            found[row] = float(np.clip(cut[comparison.base] / whole, 0.0, 1.0))
    return found


def which(comparison: Comparison, year: int) -> dict[str, dict[Group, Lead]]:
    """Per row of the ground and kind of cluster who does most there, at equal budget and, where it was compared, at equal outlay.

    Empty where there is no answer. What is not the same by both is open.
    """
    found = _which(comparison, year)
    if comparison.equal is None:
        return found
    at_outlay = _which(comparison.equal.comparison, year)
    return {
        row: {group: _by_both(own, at_outlay.get(row, {}).get(group, own)) for group, own in groups.items()}
        for row, groups in found.items()
    }


def _which(comparison: Comparison, year: int) -> dict[str, dict[Group, Lead]]:
    found = comparison.which
    if found.reason:
        return {}
    # clusters of one world are no draws of their own
    return {
        row: {group: lead(years[year][outcome], names(comparison), comparison.draws) for group, years in found.groups.items() if year in years}
        for row, outcome in ORIGIN_OUTCOMES.items()
    }  # fmt: skip


def _by_both(one: Lead, other: Lead) -> Lead:
    return one if _same(one, other) else Lead("open", tuple(sorted({*one.arms, *other.arms})))


def worth(comparison: Comparison, year: int) -> dict[tuple[str, str], Lead]:
    """By account ("budget" or "outlay", "gross" or "social") the claim by net benefit at default prices; empty if one is unknown."""
    parts = {"budget": comparison}
    if comparison.equal is not None:
        parts["outlay"] = comparison.equal.comparison
    found = {(at, line): _claim(own, own.best_worth(year, line)) for at, own in parts.items() for line in LINES}
    return {} if any(own.kind == "unknown" for own in found.values()) else found


class Elsewhere(NamedTuple):
    """What becomes of the claims at equal budget in other cases.

    Attributes
    ----------
    draws : int
        Worlds of the other cases.
    cases : tuple of str
        Their names as they were given.
    holds : tuple of str
        Outcomes of which the claim is the same in every case.
    other : dict of str to dict of str to Lead
        Of the rest, per outcome and case where it is not the same: the claim there.
    told : frozenset of str
        Outcomes of which the claim says more than that it is open.
    """

    draws: int
    cases: tuple[str, ...]
    holds: tuple[str, ...]
    other: dict[str, dict[str, Lead]]
    told: frozenset[str]


def elsewhere(comparison: Comparison, cases: dict[str, Comparison]) -> Elsewhere | None:
    """How the claims fare in other cases: other budgets, other laws. None if there are none."""
    if not cases or len(comparison.acting) < 2:
        return None
    holds, other, told = [], {}, set()
    for outcome in (*ORDER, *budgets.WORTH):
        own = _claim(comparison, budgets.shares(comparison, outcome))
        if own.kind == "unknown":
            continue
        if own.kind != "open":
            told.add(outcome)
        there = {name: _claim(case, budgets.shares(case, outcome)) for name, case in cases.items()}
        changed = {name: found for name, found in there.items() if not _same(own, found)}
        if changed:
            other[outcome] = changed
        else:
            holds.append(outcome)
    return Elsewhere(next(iter(cases.values())).draws, tuple(cases), tuple(holds), other, frozenset(told))


def _same(one: Lead, other: Lead) -> bool:
    """The same claim: the same arm ahead, or both open, or both nothing."""
    return one.kind == other.kind and (one.kind != "ahead" or one.arms == other.arms)


class RankingClaims(NamedTuple):
    """What the stored ranking says: the barrier that stops most, of COD and of tonnes; the solution, by gross and social."""

    cod: Lead
    tonnes: Lead
    gross: Lead
    social: Lead
    older: bool

    @property
    def solution(self) -> str | None:
        """The solution that gives most for its money by both accounts."""
        return same_leader([self.gross, self.social])


def chance(comparison: Comparison) -> list[float]:
    """Shares of chance in the spread of the ground, of every pathway and row where they are known."""
    known = comparison.sure.get("chance", {})
    return [
        share for row in ORDER for arm, share in known.get(f"{GROUND[row]}_{YEAR}", {}).items()
        if share is not None and arm in names(comparison)
    ]  # fmt: skip


def ranking() -> RankingClaims | None:
    """Claims of the stored ranking; None if there is none."""
    found = stored.load()
    if found is None:
        return None

    def barrier(order: Any) -> Lead:
        shares = {place.cause: place.probability for place in order.places} | {"tie": order.tie, "nothing": order.nothing}
        return lead(shares, [place.cause for place in order.places], len(found.worlds))

    gross, social = stored.COSTS
    effects = np.array([found.alone(cause, stored.MONEY) for cause in stored.SOLUTIONS])  # above social cost
    by_outlay = effects + np.array([found.alone(c, social) - found.alone(c, gross) for c in stored.SOLUTIONS])
    return RankingClaims(
        barrier(found.barriers(stored.COD)), barrier(found.barriers(stored.TONNES)), _of_values(by_outlay, stored.SOLUTIONS),
        _of_values(effects, stored.SOLUTIONS), found.older,
    )  # fmt: skip


def _of_values(values: np.ndarray, arms: Iterable[str]) -> Lead:
    """The claim by the highest value in each world, where nothing has 0."""
    arms = tuple(arms)
    best = spread.best_by_world(np.vstack([np.zeros_like(values[:1]), values]), "max")
    shares = {**dict(zip(arms, map(float, best.arms[1:]), strict=True)), "tie": best.tie, "nothing": best.nothing}
    return lead(shares, arms, int(np.isfinite(values).all(axis=0).sum()))
