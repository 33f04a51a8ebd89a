"""13.8: what a coordinator can do and what looks best to him; along which ties a partner is found; what map and platform do."""

from __future__ import annotations

import numpy as np

from ..jit import jit
from ..maths import exp, log

__all__ = [
    "cases_a_year",
    "cases_done",
    "hub_circle",
    "map_dose",
    "persons",
    "platform_learning",
    "seen_gain",
    "study_cost",
    "tie_rank",
]


@jit
def persons(p, dose):
    """Coordinators of a cluster."""
    return p.coordinator_persons * dose


@jit
def cases_a_year(p, dose):
    """Cases that the coordinators of a cluster can finish in a year: capacity x persons x dose."""
    return p.coordinator_capacity * persons(p, dose)


@jit
def cases_done(effort, waiting):
    """Cases finished in a step, and the effort that is left for the next: min(waiting, whole cases of the effort).

    Who has begun a case goes on with it in the next step; who has none to go on with keeps no more than a part of one.

    Parameters
    ----------
    effort : float
        What was left, and the capacity of the step, in cases.
    waiting : int

    Returns
    -------
    (int, float)
    """
    able = np.int64(np.floor(effort + 1e-9))
    done = min(waiting, able)
    return done, max(effort - able, 0.0)


@jit
def seen_gain(p, worth, z):
    """What a case seems worth a year: worth x LogN(0, screening_error), z being a standard normal number of the case."""
    return worth * exp(p.screening_error * z)


@jit
def tie_rank(links, u):
    """-ln(u)/(1 + links): the tie of the smallest is asked, so each with a chance that grows by 1 + its links."""
    return -log(u) / (1.0 + links)


@jit
def map_dose(p, lever):
    """Dose of the map: its own lever; of a platform that is both, the platform's."""
    return lever.map if p.map_split > 0.5 else lever.platform


@jit
def platform_learning(p, dose, usage):
    """Hazard of learning of a technology from a platform, if all firms of the city had adopted it: q_platform x usage, 1/yr."""
    return p.q_platform * dose * usage if p.map_split > 0.5 else 0.0


@jit
def study_cost(p, dose, shown):
    """Cost of a study, mVND; a map on which both firms are shown spares a part of it."""
    return p.cost_study * (1.0 - p.map_study_cut * dose) if p.map_split > 0.5 and shown else p.cost_study


@jit
def hub_circle(p, mapped):
    """Share of the firms that would join a hub of whom its proposer knows: all of them with a map."""
    return 1.0 if p.map_split < 0.5 or mapped else p.hub_circle
