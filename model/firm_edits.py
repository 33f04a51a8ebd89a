"""What a rule written in Python may do to one firm, with the books kept: give, take away or order technology."""

from __future__ import annotations

import numpy as np

from .jit import jit
from .phases.ageing import end_write_off, set_due, start_operating, stop_operating
from .phases.coefficients import set_coefficients
from .phases.financing import Loan, own_funds
from .phases.technology import Terms, end_cut, investment, order
from .state import N_TECH, OWN_PLANT, PLANNED
from .state_pointer import by_reference

__all__ = ["order_technology", "set_technologies"]


@jit
def set_technologies(s, p, slot, bits):
    """From now on exactly these technologies operate: what is new is a gift, loans on what goes are still repaid.

    Parameters
    ----------
    s : State
    p : () record of parameters
    slot : int
        Of a firm.
    bits : int
        Bit j is technology j of `vocabulary.TECHNOLOGIES`.
    """
    s, p = by_reference(s), p[()]
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    for j in range(N_TECH):
        bit = np.uint8(1 << j)
        if bits & bit and not f.tech[k] & bit:
            f.ever[k] |= bit
            s.ever[f.id[k]] |= bit
            if j != OWN_PLANT:
                f.aware[k] |= bit
            f.start[k, j] = city.time
            if not f.pending[k] & bit:  # what was ordered is paid for, and begins early
                f.write_off[k, j] = f.cut_value[k, j] = 0.0
            start_operating(city, p, f, k, j)
        elif f.tech[k] & bit and not bits & bit:
            end_write_off(f, k, j)
            end_cut(f, k, j)
            stop_operating(f, k, j)
    set_coefficients(city, p, f, k, s.clusters[f.cluster[k]].kind == PLANNED)
    set_due(p, f, k)


@jit
def order_technology(s, p, slot, j):
    """The firm orders technology j out of its own cash: no loan, no grant, no look at what it saves.

    Returns
    -------
    float
        What it costs, mVND; 0 if it was not ordered: there already, not on the market yet, or too dear.
    """
    s, p = by_reference(s), p[()]
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    if ((f.tech[k] | f.pending[k]) >> j) & 1 or not city.learning_offered[j]:
        return 0.0
    cost = investment(city, p, f, k, j)
    if cost > own_funds(p, s.levers[cluster.lever_row], f, k):
        return 0.0
    order(s, p, slot, j, Terms(True, cost, 0.0, Loan(0.0, 0.0, 0.0, 0.0, 0.0), 0.0, 0.0, 0.0), -1)
    return cost
