"""Who is ahead: from shares of worlds to a claim that can be told, with ties and "nothing achieved" as classes of their own.

An arm that is best in 51 of 100 worlds is best in most of these, but 100 others may say otherwise. So it is called ahead
only where the lower one-sided 90 % bound of its share (Clopper and Pearson 1934, exact) lies above one half: 57 of 100
worlds, 14 of 20, 4 of 4. What is best in fewer is open, and the two foremost are named. A tie and "nothing achieved" are
held to the same rule.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..experiments.beta import beta_share

__all__ = ["CONFIDENCE", "HALF", "Lead", "in_most", "lead", "same_leader"]

HALF, CONFIDENCE = 0.5, 0.9
EVEN = 1e-9


@dataclass(frozen=True)
class Lead:
    """What the shares say.

    Attributes
    ----------
    kind : str
        "ahead" (one arm in most worlds by `in_most`), "tie" (several together), "nothing" (nobody beats the baseline),
        "open" (none of these), "unknown" (no run tells).
    arms : tuple of str
        The arm that is ahead; where it is open the two that are best most often, among which may be the classes "nothing"
        and "tie"; sorted, so that no order of arms speaks.
    shares : tuple of float
        Of `arms`; of the tie or of nothing where that is the kind.
    """

    kind: str
    arms: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()


def in_most(share: float, draws: int) -> bool:
    """Is a share of so many worlds above one half with one-sided confidence of 90 %?

    Parameters
    ----------
    share : float
        Of the worlds; of a mean over clusters it need not be a whole number of them.
    draws : int
    """
    count = share * draws
    if draws < 1 or not count > 0:
        return False
    # its lower bound, Clopper and Pearson's, lies above one half where a half has less than 1 - CONFIDENCE of the beta law below it
    return beta_share(count, draws - count + 1, HALF) < 1 - CONFIDENCE


def lead(shares: Mapping[str, float], arms: Iterable[str], draws: int) -> Lead:
    """The claim that shares of worlds carry.

    Parameters
    ----------
    shares : mapping of str to float
        Of every arm, and under "tie" and "nothing", as in `Comparison.best`.
    arms : iterable of str
        Those that may be ahead.
    draws : int
        How many worlds the shares are taken of.
    """
    found = {arm: shares.get(arm, math.nan) for arm in arms}
    if not found or not all(map(math.isfinite, found.values())):
        return Lead("unknown")
    for kind in ("nothing", "tie"):
        if in_most(shares.get(kind, 0.0), draws):
            return Lead(kind, (), (shares[kind],))
    order = sorted(found, key=lambda arm: (-found[arm], arm))
    if in_most(found[order[0]], draws):
        return Lead("ahead", (order[0],), (found[order[0]],))
    found |= {kind: shares.get(kind, 0.0) for kind in ("nothing", "tie")}
    order = sorted(found, key=lambda name: (-found[name], name))
    named = [
        name for name in order if found[name] > 0 and found[name] >= found[order[1]] - EVEN
    ]  # as many as are even with the second
    return Lead("open", tuple(named), tuple(found[name] for name in named))


def same_leader(leads: Iterable[Lead]) -> str | None:
    """The arm that is ahead in all of them, or None."""
    arms = {one.arms if one.kind == "ahead" else () for one in leads}
    return next(iter(arms))[0] if len(arms) == 1 and () not in arms else None
