"""Persistent tastes: whoever reviews the same thing again decides with the same uniform number, for some years."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..randomness import Purpose, of_taste, uniform

__all__ = ["taste"]


@inner
def taste(city, p, ident, which, purpose):
    """Persistent taste of a firm for technology (or compliance) `which`: renewed at `taste_renewal` a year."""
    offset = uniform(city.key, Purpose.TASTE_OFFSET, 0, of_taste(ident, which))
    epoch = np.int64(np.floor(p.taste_renewal * (city.time - 2010.0) + offset))
    return uniform(city.key, purpose, epoch, of_taste(ident, which))
