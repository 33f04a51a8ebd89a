"""5g: projects of a cluster's operator: shared solar, central plant, roads and land, monitoring."""

from __future__ import annotations

from ..jit import jit
from ..maths import annuity, power

__all__ = ["cetp_capex", "cetp_fee", "cetp_fixed_cost", "cetp_gap", "project_cost", "project_value", "raised_land", "raises_capital",
           "solar_value", "wants_solar"]  # fmt: skip


@jit
def cetp_capex(p, design_flow, retrofit):
    """Capital of a central plant, mVND: 20,000 (Q/365,000)^.75 x retrofit factor, Q in m3/yr."""
    return p.cost_CETP_capex * power(design_flow / 365000.0, p.project_exponent) * retrofit


@jit
def cetp_fixed_cost(p, design_flow):
    """Fixed running cost, mVND/yr: 250 (Q/365,000)^.6."""
    return p.cost_CETP_fixed_OM * power(design_flow / 365000.0, p.quantity_exponent)


@jit
def cetp_gap(p, design_flow, capital):
    """What is missing for a plant to pay, mVND: capital less the value at .8 design flow and the fee cap."""
    flow = p.design_use * design_flow
    surplus = flow * (p.fee_cap * p.cetp_fee - p.cost_CETP_variable_OM) - cetp_fixed_cost(p, design_flow)
    return capital - surplus * annuity(p.operator_rate, p.operator_years)


@jit
def cetp_fee(p, design_flow, connected, own_capital):
    """Fee per m3: min(1.5 reg, max(reg, 1.1 [CRF K/(.8 Qd) + fixed/E[Q] + variable])), E[Q] = max(Q, .3 Qd)."""
    expected = max(connected, p.design_floor * design_flow)
    capital = own_capital / annuity(p.operator_rate, p.operator_years) / (p.design_use * design_flow)
    cost = p.fee_markup * (capital + cetp_fixed_cost(p, design_flow) / expected + p.cost_CETP_variable_OM)
    return min(p.fee_cap * p.cetp_fee, max(p.cetp_fee, cost))


@jit
def project_cost(p, reference, scale, retrofit):
    """Cost of project I or T, mVND: cost of a 55-firm cluster x scale^.75 x retrofit factor."""
    return reference * power(max(scale, 1e-9), p.project_exponent) * retrofit


@jit
def project_value(p, benefit_per_worker, workers, cost, cofunding):
    """Net present value of project I or T to the operator, who levies half of the firms' benefit, mVND."""
    return p.operator_levy * benefit_per_worker * workers * annuity(p.operator_rate, p.operator_years) - (1.0 - cofunding) * cost


@jit
def solar_value(p, price, learning, retrofit, cofunding):
    """Net present value of shared solar to the operator, mVND per kW."""
    cost = p.cost_project_energy * learning * retrofit
    sales = p.solar_yield * p.solar_tariff * price - p.solar_om * cost
    return sales * annuity(p.operator_rate, p.operator_years) - (1.0 - cofunding) * cost


@jit
def wants_solar(p, price, elec, attitude):
    """Does a buyer of shared solar consent? He gains more by its price than contract and meter cost him, or agrees by attitude."""
    return (1.0 - p.solar_tariff) * price * p.solar_share * elec > p.solar_contract or attitude > p.consent_attitude


@jit
def raises_capital(p, anchor, cofunding, u):
    """Can an operator with this draw find the capital of shared solar: by himself, by an anchor investor or by co-funding?"""
    return u < 1.0 - (1.0 - p.solar_able) * (1.0 - anchor) * (1.0 - cofunding)


@jit
def raised_land(p, land):
    """Share of shared land after project I: .25 or .10 more, whichever is more."""
    return max(p.land_target, land + p.land_gain)
