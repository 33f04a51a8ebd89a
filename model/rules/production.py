"""5a: what a firm uses, earns and pays."""

from __future__ import annotations

from ..jit import jit
from ..maths import exp

__all__ = ["keep_share", "net_sales", "tax_rate", "workers_growth"]


@jit
def keep_share(bits, saves):
    """Share of a resource still used with the technologies in `bits`: prod_j (1 - saves_j x_j).

    Parameters
    ----------
    bits : int
        Bit j set: technology j operates.
    saves : (5,) float64
        Share saved by each technology.
    """
    keep = 1.0
    for j in range(saves.size):
        if (bits >> j) & 1:
            keep *= 1.0 - saves[j]
    return keep


@jit
def net_sales(revenue, utilisation, margin, fixed_share):
    """Sales less the cost of a firm that has adopted nothing, mVND/yr.

    revenue [U - (1 - margin) ((1 - fixed) U + fixed)]: at utilisation 1 it is margin x revenue; the fixed
    part of cost makes losses when utilisation falls.
    """
    return revenue * (utilisation - (1.0 - margin) * ((1.0 - fixed_share) * utilisation + fixed_share))


@jit
def tax_rate(p, revenue, time):
    """Corporate income tax: one rate until 2025Q3, then by revenue (law of June 2025)."""
    if time < 2025.75:
        return p.cit_rate
    if revenue < p.cit_small_revenue:
        return p.cit_small_rate
    return p.cit_middle_rate if revenue < p.cit_middle_revenue else p.cit_rate


@jit
def workers_growth(p, profit, revenue, sector_margin, dt):
    """Factor on workers in one step: exp(eta_l (profit/revenue - sector margin) dt)."""
    excess = min(max(profit / revenue - sector_margin, -1.0), 1.0)
    return exp(p.workers_elasticity * excess * dt)
