"""How long links and hubs last: of those begun in a step, how many operate after 3 and 8 years."""

from __future__ import annotations

import numpy as np

from ..indicators import AGES
from ..jit import inner
from ..state import BEGUN_KEPT

__all__ = ["follow_cohorts", "note_age"]

_FIRST = 2020.0  # those that began before are not followed


@inner
def note_age(city, kind, started):
    """A link (kind 0) or hub (1) operates in this step: counted if it becomes as old as one of `AGES`."""
    if started >= _FIRST - 1e-9:
        for n in range(len(AGES)):
            if abs(city.time - started - AGES[n]) < 0.5 * city.dt:
                city.lasted[kind, n] += 1


@inner
def follow_cohorts(city):
    """At the end of a step: what began in it, and who could have become as old as `AGES` in it."""
    at = city.step % BEGUN_KEPT
    city.begun[0, at], city.begun[1, at] = city.activated, city.hubs_started
    for n in range(len(AGES)):
        if city.time - AGES[n] >= _FIRST - 1e-9:
            cohort = (city.step - np.int64(np.floor(AGES[n] / city.dt + 0.5))) % BEGUN_KEPT
            for kind in range(2):
                city.due[kind, n] += city.begun[kind, cohort]
