"""What a firm uses, earns and throws away per worker at utilisation 1: remade when its technology or place changes (5a)."""

from __future__ import annotations

from ..jit import inner
from ..rules.certification import is_recp
from ..rules.production import keep_share
from ..rules.symbiosis import disposal_saved, landfilled_share, traded_share
from ..state import N_SECTORS, N_SOLID, N_TECH

__all__ = ["note_coefficients", "set_coefficients"]


@inner
def note_coefficients(city, p):
    """What is alike for all firms with the same technologies, and for all of a trade: once in a run."""
    for bits in range(1 << N_TECH):
        solar = 0.0
        for j in range(N_TECH):
            if (bits >> j) & 1:
                solar += p.tech_solar_share[j]
        city.keeps_elec[bits] = keep_share(bits, p.tech_saves_electricity)
        city.keeps_fuel[bits] = keep_share(bits, p.tech_saves_fuel)
        city.keeps_water[bits] = keep_share(bits, p.tech_saves_water)
        city.keeps_waste[bits] = keep_share(bits, p.tech_saves_waste)
        city.solar_share[bits] = min(solar, 1.0)
    for i in range(N_SECTORS):
        disposal, tonnes, landfill, gas = 0.0, 0.0, 0.0, 0.0
        for w in range(N_SOLID):
            traded = traded_share(p, w)
            buried = landfilled_share(p, w, traded) * p.supply[i, w]
            disposal += disposal_saved(p, w, traded) * p.supply[i, w]
            tonnes += p.supply[i, w]
            landfill += buried
            gas += p.stream_ef_landfill[w] * buried
        city.trade_disposal[i], city.trade_tonnes[i], city.trade_landfill[i], city.trade_gas[i] = disposal, tonnes, landfill, gas


@inner
def set_coefficients(city, p, f, k, planned):
    """Coefficients of the firm in lane k.

    Parameters
    ----------
    city : record of CITY_DTYPE
        After `note_coefficients`.
    f : record of FIRM_DTYPE
    planned : bool
        True inside planned clusters, where energy use is lower.
    """
    i = f.sector[k]
    bits = f.tech[k]
    keep_e, keep_f, keep_w = city.keeps_elec[bits], city.keeps_fuel[bits], city.keeps_water[bits]
    place = 1.0 - p.relocation_energy if planned else 1.0
    eps = f.eps[k]
    e0, f0, w0 = p.sector_elec_MWh[i] * eps, p.sector_fuel_GJ[i] * eps, p.sector_water_m3[i] * eps
    f.k_revenue[k] = p.sector_revenue_mVND[i] * f.revenue_factor[k]
    f.k_value[k] = p.sector_value_added_mVND[i] * f.revenue_factor[k]
    f.k_margin[k] = p.sector_margin[i]
    f.k_elec[k], f.k_fuel[k], f.k_water[k] = e0 * keep_e * place, f0 * keep_f * place, w0 * keep_w
    f.d_elec[k], f.d_fuel[k], f.d_water[k] = e0 - f.k_elec[k], f0 - f.k_fuel[k], w0 - f.k_water[k]
    f.k_effluent[k] = f.k_water[k] * p.sector_effluent_share[i]
    f.k_cod[k] = p.sector_cod_kg_m3[i]
    f.k_waste[k] = eps * city.keeps_waste[bits]
    f.k_solar[k] = city.solar_share[bits]
    disposal, tonnes = city.trade_disposal[i], city.trade_tonnes[i]
    f.k_disposal[k] = disposal * f.k_waste[k]
    f.d_disposal[k] = disposal * eps - f.k_disposal[k]
    f.k_tonnes[k] = tonnes * f.k_waste[k]
    f.k_landfill[k] = city.trade_landfill[i] * f.k_waste[k]
    f.k_gas[k] = city.trade_gas[i] * f.k_waste[k]
    f.k_smoke[k] = 0.001 * p.sector_smoke[i]
    f.d_tonnes[k] = tonnes * eps - f.k_tonnes[k]
    base = p.sector_elec_MWh[i] * 3.6 + p.sector_fuel_GJ[i]
    saved = 1.0 - (p.sector_elec_MWh[i] * 3.6 * keep_e + p.sector_fuel_GJ[i] * keep_f) / max(base, 1e-12)
    f.recp[k] = 1 if is_recp(p, bits, saved, 1.0 - keep_w) else 0
