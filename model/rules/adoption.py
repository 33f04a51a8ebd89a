"""5d: the value of a technology and the choice to adopt it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import jit
from ..maths import annuity, exp, power

__all__ = ["Use", "adopts", "capex", "capex_one", "exemption_worth", "learning_factor", "loan_gain", "marginal_saving", "option_multiple",
           "present_value", "value_ratio", "volatility"]  # fmt: skip


@jit
def learning_factor(exponent, growth, time):
    """Exogenous fall of capex: (1 + .12 (t - 2020))^-b; before 2020 e^(.12 b (2020 - t))."""
    if time < 2020.0:
        return power(exp(growth), exponent * (2020.0 - time))
    return power(1.0 + growth * (time - 2020.0), -exponent)


@jit
def capex_one(per_worker_at_15, scale):
    """Investment of a firm with one worker in mVND: capex_j 15^(1 - scale), where capex_j is per worker of one with 15."""
    return per_worker_at_15 * power(15.0, 1.0 - scale)


@jit
def capex(one, scale, workers, noise, learning):
    """Investment in mVND: capex_j 15^(1 - scale) workers^scale x noise x learning; the first two from `capex_one`."""
    return one * power(workers, scale) * noise * learning


class Use(NamedTuple):
    """What a firm uses and throws away now.

    Attributes
    ----------
    elec, fuel, water : float
        MWh, GJ and m3 a year.
    disposal : float
        Cost of disposal, mVND/yr (negative where scrap is sold: cleaner production then loses money).
    """

    elec: float
    fuel: float
    water: float
    disposal: float


@jit
def marginal_saving(p, j, use, running_per_m3, effluent_share, price):
    """Yearly saving of technology j on what the firm uses now, mVND/yr.

    Parameters
    ----------
    use : Use
    running_per_m3 : float
        Cost of effluent saved per m3.
    price : float
        Electricity, mVND/MWh.
    """
    return (p.tech_saves_electricity[j] * use.elec * price + p.tech_saves_fuel[j] * use.fuel * p.fuel_price
            + p.tech_saves_water[j] * use.water * (p.water_price + effluent_share * running_per_m3)
            + p.tech_saves_waste[j] * use.disposal + p.tech_solar_share[j] * use.elec * price)  # fmt: skip


@jit
def volatility(p, sigma0, certainty, peers):
    """sigma = sigma0 sqrt(1 + (1 - certainty) + 2.25/(1 + peers/2))."""
    return sigma0 * np.sqrt(1.0 + (1.0 - certainty) + 2.25 / (1.0 + 0.5 * peers))


@jit
def option_multiple(rate, sigma):
    """Phi = B/(B - 1), B = 1/2 + sqrt(1/4 + 2 h/sigma^2): value over cost at which waiting ends (Dixit, Pindyck)."""
    if sigma <= 1e-9:
        return 1.0
    b = 0.5 + np.sqrt(0.25 + 2.0 * rate / (sigma * sigma))
    return b / (b - 1.0)


@jit
def present_value(saving, investment, life, tax, cut, a_life, a_cut):
    """Value of a saving after tax, mVND.

    V = S [(1 - tax) A(h, L) + tax x cut x A(h, n_cut)] + tax (I'/L) A(h, L).

    Parameters
    ----------
    tax : float
        Tax rate times the expected taxable share.
    cut : float
        Share of the tax on the saving that is forgone for n_cut years.
    a_life, a_cut : float
        Annuities at the hurdle rate, A(h, L) and A(h, n_cut).
    """
    return saving * ((1.0 - tax) * a_life + tax * cut * a_cut) + tax * investment / life * a_life


@jit
def exemption_worth(tax, share, profit, a_exempt):
    """Value of being exempt from income tax for some years, mVND: tax x share x profit x A(., n); nothing where there is no profit.

    Parameters
    ----------
    tax : float
        Tax rate times the expected taxable share.
    share, profit : float
        Share of the tax that is forgone (1: the whole); usual profit of the firm, mVND/yr.
    a_exempt : float
        Annuity over the years of the exemption.
    """
    return tax * share * max(profit, 0.0) * a_exempt


@jit
def loan_gain(investment, share, rate, years, a_years):
    """What a loan is worth to who discounts at more than its rate, mVND: c I' (1 - A(h, n)/A(r, n)).

    Parameters
    ----------
    share, rate : float
        Share of the investment that is financed; real rate of the loan.
    a_years : float
        Annuity at the hurdle rate, A(h, n).
    """
    if share <= 0.0:
        return 0.0
    cheap = years if rate <= 1e-9 else annuity(rate, years)
    return share * investment * (1.0 - a_years / cheap)


@jit
def value_ratio(value, investment, share, rate, years, a_years):
    """psi = (V + V_fin)/I' with V_fin from `loan_gain`."""
    return (value + loan_gain(investment, share, rate, years, a_years)) / investment


@jit
def adopts(psi, multiple, slope, u):
    """True iff u < logistic(slope [ln psi - ln Phi]) with the persistent taste u; never if psi <= 0."""
    if psi <= 0.0:
        return False
    short = multiple / psi - 1.0
    # (1 + x)^n >= 1 + n x + n (n - 1) x^2/2 for n >= 2: most of those who wait are told so without a power
    if short > 0.0 and slope >= 2.0 and u * (2.0 + slope * short * (1.0 + 0.5 * (slope - 1.0) * short)) > 1.000001:
        return False
    return u * (1.0 + power(multiple / psi, slope)) < 1.0
