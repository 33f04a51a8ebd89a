"""5f: the economics of a link between two firms and of a hub."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import jit
from ..maths import annuity, power

__all__ = ["Deal", "deal_price", "feasible", "fixed_cost", "hub_fee", "hub_member_gain", "hub_price", "outside_gain", "study_worth",
           "unit_gain"]  # fmt: skip


class Deal(NamedTuple):
    """What two firms negotiate about.

    Attributes
    ----------
    gain, coordination : float
        What the link is worth, and what keeping it costs, mVND/yr.
    fixed, grant : float
        Fixed cost, mVND, and the share of it that is granted.
    h_seller, h_buyer : float
        Hurdle rates, 1/yr.
    years : float
        Term of the contract.
    """

    gain: float
    coordination: float
    fixed: float
    grant: float
    h_seller: float
    h_buyer: float
    years: float


@jit
def unit_gain(p, w):
    """Gain per unit exchanged: disposal + substitution x virgin - treatment, mVND."""
    return p.stream_disposal_cost[w] + p.stream_substitution[w] * p.stream_virgin_price[w] - p.stream_treatment_cost[w]


@jit
def fixed_cost(p, w, quantity, distance):
    """Fixed cost of a link, mVND: fixed_ref (q/q_ref)^.6 + pipe cost x distance (100 m)."""
    return (
        p.stream_fixed_cost_ref[w] * power(quantity / p.stream_quantity_ref[w], p.quantity_exponent)
        + p.stream_pipe_cost_per_100m[w] * distance
    )


@jit
def study_worth(deal, aid, study):
    """True iff (q s - coordination) A(h, n) - (1 - grant) F > (1 - aid) x study, h the mean of both hurdle rates."""
    hurdle = 0.5 * (deal.h_seller + deal.h_buyer)
    value = (deal.gain - deal.coordination) * annuity(hurdle, deal.years)
    return value - (1.0 - deal.grant) * deal.fixed > (1.0 - aid) * study


@jit
def _risky(hurdle, b):
    return (1.0 + hurdle) / b - 1.0


@jit
def feasible(p, deal, b_seller, b_buyer):
    """True iff q s b_both - coordination >= (1 - grant) F [f_s/A(h'_s, n) + (1 - f_s)/A(h'_b, n)]."""
    both = 0.5 * (b_seller + b_buyer)
    burden = p.split_fixed / annuity(_risky(deal.h_seller, b_seller), deal.years) + (1.0 - p.split_fixed) / annuity(
        _risky(deal.h_buyer, b_buyer), deal.years
    )
    return deal.gain * both - deal.coordination >= (1.0 - deal.grant) * deal.fixed * burden


@jit
def deal_price(p, w, quantity, deal, b_seller, b_buyer):
    """Bounds of the price at which both net present values are 0; the deal is struck in the middle.

    Returns
    -------
    (float, float)
        Least price of the supplier and greatest of the buyer, mVND per unit (either may be negative).
    """
    both = 0.5 * (b_seller + b_buyer)
    net = (1.0 - deal.grant) * deal.fixed
    half = 0.5 * deal.coordination
    cost_s = half + p.split_fixed * net / annuity(_risky(deal.h_seller, b_seller), deal.years)
    cost_b = half + (1.0 - p.split_fixed) * net / annuity(_risky(deal.h_buyer, b_buyer), deal.years)
    low = cost_s / (quantity * both) - p.stream_disposal_cost[w]
    use = p.stream_substitution[w] * p.stream_virgin_price[w] - p.stream_treatment_cost[w]
    return low, use - cost_b / (quantity * both)


@jit
def outside_gain(p, w, price, seller):
    """What a partner would gain by dealing outside, as a share of the link's own gain, 0-1.

    Outside, the stream trades at half of its virgin price: a seller gains where that is above the price of
    the link, a buyer where it is below.
    """
    spot = p.offtake_price * p.stream_virgin_price[w]
    if seller:
        own, more = p.stream_disposal_cost[w] + price, spot - price
    else:
        own = p.stream_substitution[w] * p.stream_virgin_price[w] - p.stream_treatment_cost[w] - price
        more = price - spot
    if more <= 0.0:
        return 0.0
    return 1.0 if own <= more else more / own


@jit
def hub_fee(p, quantity, members, capital):
    """Unit fee of a hub: [hub_fixed + member x m + capital]/Q, mVND per unit.

    Parameters
    ----------
    capital : float
        Annuity of the hub's own capital, CRF (1 - grant) F(Q), mVND/yr.
    """
    if quantity <= 0.0:
        return np.inf
    return (p.cost_hub_fixed + p.cost_hub_member * members + capital) / quantity


@jit
def hub_price(p, w):
    """Price inside a hub that splits the gain, and the lower price that the off-taker outside pays, mVND per unit.

    Inside, disposal + price = s/2. Outside, half of it where it is positive; where the supplier pays to be rid
    of the stream he pays the off-taker as much.
    """
    inside = 0.5 * unit_gain(p, w) - p.stream_disposal_cost[w]
    return inside, p.offtake_price * inside if inside > 0.0 else inside


@jit
def hub_member_gain(quantity, gain, fee, b, a):
    """Value of membership: [q (s - fee)/2 - (1 - b) q s/2] A(h, n), mVND; `a` is the annuity A(h, n)."""
    return 0.5 * quantity * ((gain - fee) - (1.0 - b) * gain) * a
