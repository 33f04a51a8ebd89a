"""What firms see of their acquaintances and link partners: which technologies run there."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..state import LANES, LINK_ACTIVE, SLOT_TAKEN, SOMEBODY
from .slots import room_ends

__all__ = ["note_holds", "tie_adopters"]


@inner
def note_holds(s, b):
    """What acquaintances see of the firms of a block, into `State.holds`: they are asked for here and there."""
    f = s.firms[b]
    for k in range(LANES):
        s.holds[b * LANES + k] = f.tech[k] | np.int64(f.status[k] == SLOT_TAKEN) << SOMEBODY


@inner
def tie_adopters(s, slot, j):
    """Adopters of technology j among acquaintances and link partners, and how many of those there are (`State.holds`)."""
    adopters, known = 0, 0
    end = room_ends(s) * LANES
    for n in range(4):
        i = np.int64(s.ties[slot, n])
        if i >= 0 and i != slot and (i < end or slot >= end):  # outside there may be room for fewer, see `slots._open_outside`
            known += s.holds[i] >> SOMEBODY
            adopters += (s.holds[i] >> j) & 1
    for role in range(2):
        n = np.int64(s.head[slot, role])
        while n >= 0:
            link = s.links[n]
            if link.state == LINK_ACTIVE:
                i = link.buyer if role == 0 else link.supplier
                known += 1
                adopters += (s.holds[i] >> j) & 1
            n = link.next[role]
    return adopters, known
