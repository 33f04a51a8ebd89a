"""13.4: capital counts by the service it gives in every step of its life, at the public rate."""

from __future__ import annotations

from ..jit import jit
from ..maths import annuity, exp, log

__all__ = ["bare_price", "capital_service", "land_rent", "life_in_steps", "worth_left"]


@jit
def life_in_steps(years, dt):
    """Whole steps of a life, at least one."""
    return max(int(years / dt + 0.5), 1)


@jit
def capital_service(amount, rate, steps, dt):
    """Service of one step, mVND: amount (1 - v)/(1 - v^n), v = (1 + rate)^-dt, in each of n steps from the payment on.

    An annuity due: discounted to the step of the payment, all n services together are worth the amount exactly.
    """
    if rate <= 1e-12:
        return amount / steps
    v = exp(-dt * log(1.0 + rate))
    return amount * (1.0 - v) / (1.0 - exp(-steps * dt * log(1.0 + rate)))


@jit
def bare_price(p, price):
    """Price of the bare land of a hectare that costs `price` with its works, mVND/ha: a part of it, or one of its own (13.6)."""
    if p.land_market > 0.5:
        return price - max(price - p.bare_land_price, 0.0)
    return p.bare_land_share * price


@jit
def land_rent(p, price):
    """What a hectare that costs `price` with its works would yield elsewhere, mVND/yr: the public rate on the price of bare land."""
    if p.land_market > 0.5:
        return p.discount_rate * bare_price(p, price)
    return p.discount_rate * p.bare_land_share * price


@jit
def worth_left(rate, left, life):
    """Part of the price of new equipment that its remaining services are worth: a(left)/a(life)."""
    return annuity(rate, left) / annuity(rate, life)
