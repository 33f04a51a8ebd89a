"""5f: the economics of a link between two firms and of a hub."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import jit
from ..maths import annuity, power
from ..state import HEAT

__all__ = ["Deal", "additional_share", "deal_price", "disposal_saved", "feasible", "fixed_cost", "hub_fee", "hub_member_gain", "hub_price",
           "landfilled_share", "link_value", "offtake", "onsite_factor", "outside_gain", "study_worth", "traded_share", "unit_gain",
           "use_value"]  # fmt: skip


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
    relief_seller, relief_buyer : float
        Present value of what a loan and a cut of tax are worth to each side, mVND (`links_borrow`).
    """

    gain: float
    coordination: float
    fixed: float
    grant: float
    h_seller: float
    h_buyer: float
    years: float
    relief_seller: float = 0.0
    relief_buyer: float = 0.0


# --- what dealers take already (`stream_trade`) ---------------------------------------------------------
#
# A stream then has two costs of disposal, that of streams.csv and `other_disposal`: the lower, a price, is that of the part
# that dealers take, the higher that of the rest. `traded` below is the share of the traded part in what is exchanged.


@jit
def traded_share(p, w):
    """Share of a stream that dealers take already; 0 while that is off."""
    return p.stream_traded[w] if p.stream_trade > 0.5 else 0.0


@jit
def _dealer_price(p, w):
    """What a dealer pays a unit, mVND."""
    return max(-min(p.stream_disposal_cost[w], p.stream_other_disposal[w]), 0.0)


@jit
def disposal_saved(p, w, traded):
    """What a supplier saves a unit that he gives away, mVND: its disposal; negative where he was paid for it."""
    own = p.stream_disposal_cost[w]
    if p.stream_trade <= 0.5:
        return own
    other = p.stream_other_disposal[w]
    return (1.0 - traded) * max(own, other) + traded * min(own, other)


@jit
def use_value(p, w, traded):
    """What a unit is worth to who uses it, mVND: what it replaces less treatment; of the traded part a dealer's price and margin."""
    value = p.stream_substitution[w] * _replaced_price(p, w) - p.stream_treatment_cost[w]
    if p.stream_trade <= 0.5:
        return value
    return (1.0 - traded) * value + traded * (1.0 + p.dealer_margin) * _dealer_price(p, w)


@jit
def _replaced_price(p, w):
    """Price of what a unit replaces, mVND: virgin material, or (`heat_of_firms`) the fuel of the firm itself."""
    return p.fuel_price if w == HEAT and p.heat_of_firms > 0.5 else p.stream_virgin_price[w]


@jit
def additional_share(p, w, traded):
    """Part of an exchange that would not happen anyway."""
    return 1.0 - traded if p.stream_trade > 0.5 else p.stream_additional[w]


@jit
def landfilled_share(p, w, traded):
    """Part of a waste that is landfilled unless it is exchanged: what costs something to be rid of."""
    if p.stream_trade <= 0.5:
        return 1.0 if p.stream_disposal_cost[w] > 0.0 else 0.0
    return 1.0 - traded if max(p.stream_disposal_cost[w], p.stream_other_disposal[w]) > 0.0 else 0.0


@jit
def onsite_factor(p, w):
    """Emissions on site that a unit of what is replaced causes, tCO2e; replaced fuel of the firm itself is not burnt nor counted."""
    return 0.0 if w == HEAT and p.heat_of_firms > 0.5 else p.stream_ef_onsite[w]


# --- deals ------------------------------------------------------------------------------------------------


@jit
def unit_gain(p, w):
    """Gain per unit exchanged: disposal + substitution x virgin - treatment, mVND; of the traded part the dealer's margin."""
    if p.stream_trade > 0.5:
        traded = traded_share(p, w)
        return disposal_saved(p, w, traded) + use_value(p, w, traded)
    return p.stream_disposal_cost[w] + p.stream_substitution[w] * _replaced_price(p, w) - p.stream_treatment_cost[w]


@jit
def fixed_cost(p, w, quantity, distance):
    """Fixed cost of a link, mVND: fixed_ref (q/q_ref)^.6 + pipe cost x distance (100 m)."""
    return (
        p.stream_fixed_cost_ref[w] * power(quantity / p.stream_quantity_ref[w], p.quantity_exponent)
        + p.stream_pipe_cost_per_100m[w] * distance
    )


@jit
def link_value(deal):
    """Net present value of a link for both, mVND.

    (q s - coordination) A(h, n) - (1 - grant) F + v_s + v_b, h the mean of both hurdle rates, v what loan and tax cut are worth.
    """
    hurdle = 0.5 * (deal.h_seller + deal.h_buyer)
    value = (deal.gain - deal.coordination) * annuity(hurdle, deal.years)
    return value - (1.0 - deal.grant) * deal.fixed + (deal.relief_seller + deal.relief_buyer)


@jit
def study_worth(deal, aid, study):
    """True iff the value of the link is above (1 - aid) x study."""
    return link_value(deal) > (1.0 - aid) * study


@jit
def _risky(hurdle, b):
    return (1.0 + hurdle) / b - 1.0


@jit
def feasible(p, deal, b_seller, b_buyer):
    """True iff q s b_both - coordination >= [f_s (1 - grant) F - v_s]/A(h'_s, n) + [(1 - f_s) (1 - grant) F - v_b]/A(h'_b, n)."""
    both = 0.5 * (b_seller + b_buyer)
    a_seller, a_buyer = annuity(_risky(deal.h_seller, b_seller), deal.years), annuity(_risky(deal.h_buyer, b_buyer), deal.years)
    burden = p.split_fixed / a_seller + (1.0 - p.split_fixed) / a_buyer
    relief = deal.relief_seller / a_seller + deal.relief_buyer / a_buyer
    return deal.gain * both - deal.coordination >= (1.0 - deal.grant) * deal.fixed * burden - relief


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
    a_seller, a_buyer = annuity(_risky(deal.h_seller, b_seller), deal.years), annuity(_risky(deal.h_buyer, b_buyer), deal.years)
    cost_s = half + p.split_fixed * net / a_seller - deal.relief_seller / a_seller
    cost_b = half + (1.0 - p.split_fixed) * net / a_buyer - deal.relief_buyer / a_buyer
    traded = traded_share(p, w)
    low = cost_s / (quantity * both) - disposal_saved(p, w, traded)
    return low, use_value(p, w, traded) - cost_b / (quantity * both)


@jit
def outside_gain(p, w, price, seller):
    """What a partner would gain by dealing outside, as a share of the link's own gain, 0-1.

    Outside, the stream trades at half of its virgin price: a seller gains where that is above the price of
    the link, a buyer where it is below. The part that dealers take trades at their prices.
    """
    traded = traded_share(p, w)
    spot = p.offtake_price * p.stream_virgin_price[w]
    if p.stream_trade > 0.5:
        spot = (1.0 - traded) * spot + traded * (1.0 if seller else 1.0 + p.dealer_margin) * _dealer_price(p, w)
    if seller:
        own, more = disposal_saved(p, w, traded) + price, spot - price
    else:
        own, more = use_value(p, w, traded) - price, price - spot
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
    of the stream he pays the off-taker as much. The off-taker is offered what dealers leave, at a price of its own.
    """
    inside = outside = 0.5 * unit_gain(p, w) - disposal_saved(p, w, traded_share(p, w))
    if p.stream_trade > 0.5:
        outside = 0.5 * (use_value(p, w, 0.0) - disposal_saved(p, w, 0.0))
    return inside, p.offtake_price * outside if outside > 0.0 else outside


@jit
def offtake(p, w, supply, inside):
    """What an off-taker outside can take of a hub: what is not used inside nor by dealers, at most his limit.

    Returns
    -------
    (float, float)
        Share of the members' supply, and units a year.
    """
    if supply <= 0.0:
        return 0.0, 0.0
    left = supply - inside
    taken = left * (1.0 - traded_share(p, w))
    if p.offtake_limit > 0.0:
        taken = min(taken, p.offtake_limit)
    return (1.0 - inside / supply if taken == left else taken / supply), taken


@jit
def hub_member_gain(quantity, gain, fee, b, a):
    """Value of membership: [q (s - fee)/2 - (1 - b) q s/2] A(h, n), mVND; `a` is the annuity A(h, n)."""
    return 0.5 * quantity * ((gain - fee) - (1.0 - b) * gain) * a
