"""Who is ahead: from shares of worlds to a claim that can be told, with ties and "nothing achieved" as classes of their own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["CLEAR", "Lead", "lead", "same_leader"]

CLEAR = 0.5  # share of the worlds from which an arm alone is called ahead
EVEN = 1e-9


@dataclass(frozen=True)
class Lead:
    """What the shares say.

    Attributes
    ----------
    kind : str
        "ahead" (one arm in most worlds), "tie" (several together in most), "nothing" (nobody beats the baseline in most),
        "open" (none of these), "unknown" (no run tells).
    arms : tuple of str
        The arm that is ahead, or where it is open those that are best most often; sorted, so that no order of arms speaks.
    shares : tuple of float
        Of `arms`; of the tie or of nothing where that is the kind.
    """

    kind: str
    arms: tuple[str, ...] = ()
    shares: tuple[float, ...] = ()


def lead(shares: Mapping[str, float], arms: Iterable[str]) -> Lead:
    """The claim that shares of worlds carry.

    Parameters
    ----------
    shares : mapping of str to float
        Of every arm, and under "tie" and "nothing", as in `Comparison.best`.
    arms : iterable of str
        Those that may be ahead.
    """
    found = {arm: shares.get(arm, math.nan) for arm in arms}
    if not found or not all(map(math.isfinite, found.values())):
        return Lead("unknown")
    for kind in ("nothing", "tie"):
        if shares.get(kind, 0.0) >= CLEAR:
            return Lead(kind, (), (shares[kind],))
    order = sorted(found, key=lambda arm: (-found[arm], arm))
    if found[order[0]] > CLEAR:
        return Lead("ahead", (order[0],), (found[order[0]],))
    least = found[order[min(1, len(order) - 1)]]  # as many as are even with the second
    named = [arm for arm in order if found[arm] > 0 and found[arm] >= least - EVEN]
    return Lead("open", tuple(named), tuple(found[arm] for arm in named))


def same_leader(leads: Iterable[Lead]) -> str | None:
    """The arm that is ahead in all of them, or None."""
    arms = {one.arms if one.kind == "ahead" else None for one in leads}
    return next(iter(arms))[0] if len(arms) == 1 and None not in arms else None
