"""13.11: what firms see of the benefit of a technology, and how they come to know of a programme."""

from __future__ import annotations

from ..jit import jit

__all__ = ["programme_hazard", "seen_saving"]


@jit
def seen_saving(p, saving, corrected):
    """The saving that a firm reckons with, mVND/yr: a part of it, until somebody has shown that it is true; a loss is seen in full."""
    return saving if corrected or saving <= 0.0 else p.perceived_saving * saving


@jit
def programme_hazard(p, outside, platform, member):
    """Hazard of learning that a programme is there, 1/yr: as the law is learnt, and by the platform and the club.

    Parameters
    ----------
    outside : float
        From `rules.diffusion.outside_hazard`, without a centre.
    platform : float
        Dose, of a firm that shows its flows on it, else 0.
    member : float
        1 in the club.
    """
    return outside + p.programme_platform * platform + p.programme_club * member
