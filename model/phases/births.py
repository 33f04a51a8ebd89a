"""A firm comes into being: all traits are pure functions of its persistent id."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..maths import exp, log, normal_quantile
from ..randomness import Purpose, of_aspect, of_awareness, of_size, of_technology, uniform
from ..rules.compliance import own_running_cost
from ..rules.demography import thinning
from ..state import (
    AWARE_LAW,
    AWARE_SYMBIOSIS,
    N_AWARE,
    N_LOANS,
    N_TECH,
    NEVER,
    NONE,
    OWN_PLANT,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    SLOT_TAKEN,
    T1,
    T4,
)
from .ageing import set_due
from .coefficients import set_coefficients
from .enforcement import choose_compliance, compliance_costs
from .plants import draw_plant

__all__ = [
    "draw_sector",
    "draw_workers",
    "give_means",
    "give_mind",
    "give_traits",
    "normal_trait",
    "start_business",
    "use_resources",
]


@inner
def normal_trait(city, purpose, ident):
    """Standard normal trait of an id."""
    return normal_quantile(uniform(city.key, purpose, 0, ident))


@inner
def _from_law(law, u):
    """Quantile from a table on equal steps of probability."""
    x = u * (law.size - 1)
    i = min(np.int64(x), law.size - 2)
    return law[i] + (x - i) * (law[i + 1] - law[i])


@inner
def draw_sector(mix, u):
    """Sector by its weight in a mix that adds up to 1."""
    total = 0.0
    for i in range(mix.size):
        total += mix[i]
        if u < total:
            return i
    return mix.size - 1


@inner
def draw_workers(city, p, ident, thinned):
    """Size from the log-normal law, capped at the upper end; for arrivals thinned so that the law is stationary."""
    for attempt in range(64):
        tag = of_size(ident, attempt)
        z = normal_quantile(uniform(city.key, Purpose.TRAIT_WORKERS, 0, tag))
        workers = min(max(city.workers_median * exp(city.workers_sd * z), 1.0), city.workers_cap)
        if not thinned or uniform(city.key, Purpose.ARRIVAL_THIN, 0, tag) < thinning(p, workers):
            return workers
    return city.workers_median


@inner
def give_traits(s, p, slot, ident, sector, workers):
    """Put a new firm into a slot: what it is, knows, believes and owns on the first day."""
    give_means(s, p, slot, ident, sector, workers)
    give_mind(s, p, slot)


@inner
def give_means(s, p, slot, ident, sector, workers):
    """The part of `give_traits` by which a firm judges a place: most who judge one do not take it."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    f.id[k], f.sector[k], f.status[k] = ident, sector, SLOT_TAKEN
    f.workers[k], f.revenue_factor[k] = workers, 1.0
    f.born[k], f.moved_at[k], f.admitted[k] = city.time, NEVER, 0
    f.eps[k] = exp(p.eps_sd * normal_trait(city, Purpose.TRAIT_EPS, ident) - 0.5 * p.eps_sd * p.eps_sd)
    f.margin_life[k] = p.margin_sd_life * normal_trait(city, Purpose.TRAIT_MARGIN, ident)
    revenue = p.sector_revenue_mVND[sector] * workers
    f.cash[k] = p.cash_median * revenue * exp(p.cash_sd * normal_trait(city, Purpose.TRAIT_CASH, ident))
    hurdle = p.hurdle_median * exp(p.hurdle_sd * normal_trait(city, Purpose.TRAIT_HURDLE, ident))
    f.hurdle[k] = min(max(hurdle, p.hurdle_low), p.hurdle_high)
    f.exporter[k] = 1.0 if uniform(city.key, Purpose.TRAIT_EXPORT, 0, ident) < p.sector_exporter_share[sector] else 0.0
    f.activity[k], f.asked[k] = workers, 0
    f.tech[k] = f.pending[k] = f.ever[k] = f.loans[k] = f.cuts[k] = f.hubs[k] = 0
    f.exempt[k] = f.exempt_until[k] = 0.0
    for j in range(N_TECH):
        f.capex_noise[k, j] = 0.0


@inner
def give_mind(s, p, slot):
    """The other part of `give_traits`, of a firm that has its means."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    key, ident = city.key, f.id[k]
    revenue = p.sector_revenue_mVND[f.sector[k]] * f.workers[k]
    f.collateral[k] = p.collateral_median * revenue * exp(p.collateral_sd * normal_trait(city, Purpose.TRAIT_COLLATERAL, ident))
    indebted = uniform(key, Purpose.TRAIT_DEBT, 0, ident) < p.debt_share
    f.debt[k] = p.debt_ratio * revenue if indebted else 0.0
    f.integrity[k] = _from_law(p.integrity_law, uniform(key, Purpose.TRAIT_INTEGRITY, 0, ident))
    f.attitude_start[k] = _from_law(p.attitude_law, uniform(key, Purpose.TRAIT_ATTITUDE, 0, ident))
    f.trust_start[k] = _from_law(p.trust_law, uniform(key, Purpose.TRAIT_TRUST, 0, ident))
    f.attitude[k], f.trust[k] = f.attitude_start[k], f.trust_start[k]
    f.good[k] = f.bad[k] = 0.0
    f.visited[k] = f.served[k] = f.studied[k] = -NEVER
    sd = p.trade_share_sd
    f.trade_share[k] = min(p.tie_trade_share * exp(sd * normal_trait(city, Purpose.TRAIT_TRADE, ident) - 0.5 * sd * sd), 1.0)
    u = uniform(key, Purpose.DISCLOSE, 0, ident)
    f.offer_taste[k] = log(u / (1.0 - u))
    f.discloses[k] = f.club[k] = 0
    f.z_util[k] = normal_trait(city, Purpose.TRAIT_STATE, of_aspect(ident, 0))
    f.z_margin[k] = normal_trait(city, Purpose.TRAIT_STATE, of_aspect(ident, 1))
    f.stopped[k] = f.last_fine[k] = 0.0
    f.visit[k] = f.told[k] = f.sells[k] = f.told_trade[k] = f.told_other[k] = 0
    f.plant[k] = f.plant_at[k] = f.treats[k] = 0.0
    for n in range(f.fined_at.shape[1]):
        f.fined_at[k, n] = 0.0
    f.negative_years[k] = f.interest[k] = f.debt_service[k] = f.exchange_gain[k] = f.profit[k] = 0.0
    f.cut_total[k] = f.depreciation[k] = f.cut_links[k] = 0.0
    f.links[k] = 0
    for w in range(f.sold.shape[1]):
        f.sold[k, w] = f.bought[k, w] = 0.0
    for i in range(s.own_firms.shape[1]):
        s.own_firms[slot, i] = 0.0
    for j in range(N_LOANS):
        f.loan_balance[k, j] = f.loan_payment[k, j] = 0.0
    for j in range(N_TECH):
        f.cut_value[k, j] = f.write_off[k, j] = 0.0
    aware = 0
    for j in range(N_AWARE):
        chance = p.aware_technology_2010
        if j == AWARE_LAW:
            chance = p.aware_law_2010
        elif j == AWARE_SYMBIOSIS:
            chance = p.aware_symbiosis_2010
        if j != OWN_PLANT and not (j == T4 and not city.learning_offered[T4]):
            if uniform(key, Purpose.TRAIT_AWARE, 0, of_awareness(ident, j)) < chance:
                aware |= 1 << j
    f.aware[k] = aware


@inner
def start_business(s, p, slot, share_T1):
    """Technologies on the first day, their age, and the first choice of compliance.

    Parameters
    ----------
    share_T1 : float
        Probability of having T1; the others have their initial shares of 2010.
    """
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    ident = f.id[k]
    cluster = s.clusters[f.cluster[k]]
    for j in range(N_TECH):
        share = share_T1 if j == T1 else p.tech_initial_share[j]
        if uniform(city.key, Purpose.TRAIT_TECHNOLOGY, 0, of_technology(ident, j)) < share:
            give_technology(s, p, f, k, j)
    use_resources(s, p, slot)
    f.compliance[k] = NONE
    if cluster.kind == PLANNED:
        f.compliance[k] = REAL_CONNECTED
    elif (f.tech[k] >> OWN_PLANT) & 1:
        f.compliance[k] = REAL_OWN
    elif (f.aware[k] >> AWARE_LAW) & 1:
        # no plant can be built before the first review: own treatment is out of reach here
        lever = s.levers[cluster.lever_row]
        f.compliance[k] = choose_compliance(city, p, cluster, f, k, compliance_costs(p, lever, cluster, f, k), np.inf)


@inner
def use_resources(s, p, slot):
    """Use of the firm in a slot with what it owns, before its first step."""
    f, k = s.firms[slot >> 4], slot & 15
    set_coefficients(s.city[0], p, f, k, s.clusters[f.cluster[k]].kind == PLANNED)
    f.elec[k], f.fuel[k] = f.k_elec[k] * f.activity[k], f.k_fuel[k] * f.activity[k]
    f.water[k], f.effluent[k] = f.k_water[k] * f.activity[k], f.k_effluent[k] * f.activity[k]
    f.waste[k] = f.k_waste[k] * f.activity[k]
    f.running[k] = own_running_cost(p, f.effluent[k])
    set_due(p, f, k)


@inner
def give_technology(s, p, f, k, j):
    """Technology j operates since a time that is uniform over its life."""
    city = s.city[0]
    bit = np.uint8(1 << j)
    f.tech[k] |= bit
    f.ever[k] |= bit
    f.aware[k] |= bit
    age = uniform(city.key, Purpose.TRAIT_AGE, 0, of_technology(f.id[k], j)) * p.tech_life_yr[j]
    f.start[k, j] = city.time - age
    if j == OWN_PLANT:
        draw_plant(city, p, f, k, False)
