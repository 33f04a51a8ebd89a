"""13.7: what a site for a planned cluster is worth to its developer, and the support without which he does not build.

Money is in mVND a hectare. Price and rent are constant, so a site is worth the same whenever it is decided.
"""

from __future__ import annotations

from ..jit import jit, small
from ..maths import exp, log, power
from .capital import bare_price

__all__ = ["expected_occupancy", "least_support", "required_return", "site_level", "site_value", "sites_due"]


@jit
def site_level(p, middle, z):
    """Price or rent of a site, mVND/ha: LogN around the middle; z is standard normal."""
    return middle * exp(p.site_sd * z)


@jit
def required_return(p, u):
    """Return that the developer of a site asks for, 1/yr: uniform between its bounds."""
    return p.developer_return_low + (p.developer_return_high - p.developer_return_low) * u


@jit
def expected_occupancy(p, required):
    """Present value at the opening of the occupancy that a developer expects over his horizon, years.

    It rises linearly to `fill_share` in `fill_years` F and stays there until T: with delta = ln(1 + required) that is
    fill_share [(1 - e^(-delta F))/(delta^2 F) - e^(-delta T)/delta].
    """
    delta = log(1.0 + required)
    rising = (1.0 - power(1.0 + required, -p.fill_years)) / (delta * delta * p.fill_years)
    return p.fill_share * (rising - power(1.0 + required, -p.operator_years) / delta)


@jit
def site_value(p, price, rent, required):
    """Net present value of a site at the decision, mVND/ha: rents from the opening on, the land at the end, less the price.

    Parameters
    ----------
    price : float
        Of land and infrastructure, paid at the decision; bare land is `bare_land_share` of it, or has a price of its own (13.6).
    rent : float
        Of an occupied hectare, mVND/ha/yr.
    required : float
        Return asked for, 1/yr.
    """
    land = bare_price(p, price) * power(1.0 + required, -p.operator_years)
    return (rent * expected_occupancy(p, required) + land) * power(1.0 + required, -p.planned_build) - price


@small
def least_support(value, price):
    """Share of land and infrastructure without which the site does not pay: -NPV/price, 0 where the NPV is not negative."""
    return max(-value / price, 0.0)


@small
def sites_due(yearly, years, dt):
    """How many sites may be decided in the step that begins `years` after 2020: `yearly` a year, evenly."""
    return int(yearly * (years + dt) + 1e-6) - int(yearly * years + 1e-6)
