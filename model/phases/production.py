"""Phase 2: production, resources and waste; and, after links have delivered, the cash of the step."""

from __future__ import annotations

import numpy as np

from ..jit import jit
from ..ledger import Matter, Money
from ..maths import exp, log, normal_pair
from ..randomness import Purpose, draw
from ..rules.certification import is_recp
from ..rules.compliance import environmental_fee
from ..rules.production import keep_share, tax_rate, workers_growth
from ..state import (
    LANES, N_STREAMS, N_TECH, NONE, PLANNED, REAL_CONNECTED, REAL_OWN, SHAM, SLOT_TAKEN,
)

__all__ = ["close_books", "count_adopters", "produce", "set_coefficients"]


@jit
def set_coefficients(p, f, k, planned):
    """Coefficients per worker at utilisation 1 of the firm in lane k, remade when technology or place changes.

    Parameters
    ----------
    f : record of FIRM_DTYPE
    planned : bool
        True inside planned clusters, where energy use is lower.
    """
    i = f.sector[k]
    bits = f.tech[k]
    keep_e, keep_f = keep_share(bits, p.tech_saves_electricity), keep_share(bits, p.tech_saves_fuel)
    keep_w, keep_waste = keep_share(bits, p.tech_saves_water), keep_share(bits, p.tech_saves_waste)
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
    f.k_waste[k] = eps * keep_waste
    solar = 0.0
    for j in range(N_TECH):
        if (bits >> j) & 1:
            solar += p.tech_solar_share[j]
    f.k_solar[k] = min(solar, 1.0)
    disposal, tonnes, landfill = 0.0, 0.0, 0.0
    for w in range(N_STREAMS - 2):
        disposal += p.stream_disposal_cost[w] * p.supply[i, w]
        tonnes += p.supply[i, w]
        if p.stream_disposal_cost[w] > 0.0:
            landfill += p.supply[i, w]
    f.k_disposal[k] = disposal * f.k_waste[k]
    f.d_disposal[k] = disposal * eps - f.k_disposal[k]
    f.k_tonnes[k] = tonnes * f.k_waste[k]
    f.k_landfill[k] = landfill * f.k_waste[k]
    f.d_tonnes[k] = tonnes * eps - f.k_tonnes[k]
    base = p.sector_elec_MWh[i] * 3.6 + p.sector_fuel_GJ[i]
    f.energy_saved[k] = 1.0 - (p.sector_elec_MWh[i] * 3.6 * keep_e + p.sector_fuel_GJ[i] * keep_f) / max(base, 1e-12)
    f.water_saved[k] = 1.0 - keep_w
    f.recp[k] = 1 if is_recp(bits, f.energy_saved[k], f.water_saved[k]) else 0


@jit
def count_adopters(s, p):
    """Loans are served; firms, workers and adopters of every cluster are counted for this step."""
    city = s.city[0]
    for j in range(N_TECH):
        city.tech_count[j] = 0
    city.firms = 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        for j in range(N_TECH):
            cluster.tech_count[j] = 0
        cluster.firms = 0
        cluster.workers = 0.0
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] != SLOT_TAKEN:
                    continue
                if f.loans[k]:
                    _serve_loans(city.dt, f, k)
                cluster.firms += 1
                cluster.workers += f.workers[k]
                bits = f.tech[k]
                for j in range(N_TECH):
                    cluster.tech_count[j] += (bits >> j) & 1
        city.firms += cluster.firms
        for j in range(N_TECH):
            city.tech_count[j] += cluster.tech_count[j]
        cluster.mean_workers = cluster.workers / max(cluster.firms, 1)


@jit
def _serve_loans(dt, f, k):
    """Interest and repayment of the step; the last payment clears the balance exactly."""
    service = 0.0
    for j in range(N_TECH):
        if not (f.loans[k] >> j) & 1:
            continue
        growth = exp(dt * log(1.0 + f.loan_rate[j, k]))
        due = f.loan_balance[j, k] * growth
        pay = min(f.loan_payment[j, k] * dt, due)
        f.loan_balance[j, k] = due - pay
        if f.loan_balance[j, k] <= 1e-9 * f.loan_payment[j, k]:
            pay += f.loan_balance[j, k]
            f.loan_balance[j, k] = 0.0
            f.loans[k] &= np.uint8(255 - (1 << j))
        service += pay
    f.debt_service[k] = service / dt  # the debt service of firms without loans is kept at 0


@jit
def produce(s, p):
    """Utilisation, use of resources and waste of every firm, per year (5a)."""
    city = s.city[0]
    keep = exp(city.dt * log(p.util_corr))
    fresh = np.sqrt(1.0 - keep * keep)
    sd, shift = p.util_sd_own, 0.5 * p.util_sd_own * p.util_sd_own
    debt_keep = exp(-city.dt / p.debt_years)
    step = city.step
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                f.u_sector[k] = city.demand[f.sector[k]]
            for k in range(LANES):
                n1, n2 = normal_pair(draw(city.key, Purpose.SHOCK, step, f.id[k]))
                zu = keep * f.z_util[k] + fresh * n1
                f.z_util[k] = zu
                f.z_margin[k] = keep * f.z_margin[k] + fresh * n2
                u = exp(sd * zu - shift) * f.u_sector[k]
                f.utilisation[k] = u
                act = f.workers[k] * u
                f.activity[k] = act
                f.elec[k] = f.k_elec[k] * act
                f.fuel[k] = f.k_fuel[k] * act
                f.water[k] = f.k_water[k] * act
                f.effluent[k] = f.k_effluent[k] * act
                f.waste[k] = f.k_waste[k] * act
                f.debt[k] *= debt_keep
                f.exchange_gain[k] = 0.0


@jit
def close_books(s, p):
    """Cost, profit, tax, dividends and cash of every firm; sums of its cluster (5a)."""
    city = s.city[0]
    dt, price = city.dt, city.electricity_price
    base = s.levers[s.levers.size - 1]
    money, matter = s.money, s.matter
    years_2025 = city.time
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        _clear_sums(cluster)
        if cluster.firms == 0:
            continue
        lever = s.levers[cluster.lever_row]
        planned = cluster.kind == PLANNED
        has_plant, has_data = cluster.built[1] > 0, cluster.built[3] > 0
        # benefit of roads and data room to firms, per worker, net of the operator's levy
        benefit = 0.0
        if cluster.built[2]:
            benefit += p.cost_benefit_infrastructure
        if cluster.built[3]:
            benefit += p.cost_benefit_information
        levy = p.operator_levy * benefit
        solar_per_mwh = 0.0
        if cluster.built[0] and cluster.elec_before > 0.0:
            solar_per_mwh = min(cluster.kilowatt * p.solar_yield / cluster.elec_before, 0.9)
        rent = p.rent_difference if planned else 0.0
        certified = cluster.level >= 1
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] != SLOT_TAKEN:
                    continue
                act, workers, u = f.activity[k], f.workers[k], f.utilisation[k]
                revenue = f.k_revenue[k] * workers
                life = f.k_margin[k] + f.margin_life[k]
                margin = life + p.margin_sd_year * f.z_margin[k]
                q, z = f.effluent[k], f.z[k]
                # effluent: what is paid for the choice in force
                fee, own, sham, connect = 0.0, 0.0, 0.0, 0.0
                if z == REAL_CONNECTED:
                    connect = cluster.fee * q + p.connect_fixed
                else:
                    fee = environmental_fee(p, q, f.k_cod[k])
                    if z != NONE:
                        running = p.own_om * q * exp(p.own_om_exponent * log(max(q, 1e-9) / p.fine_flow))
                        if z == REAL_OWN:
                            own = running
                        else:
                            sham = p.sham_fixed + p.sham_om_share * running
                solar = f.k_solar[k] * f.elec[k]
                shared = solar_per_mwh * (f.elec[k] - solar)
                grid = f.elec[k] - solar - shared
                shared_cost = shared * p.solar_tariff * price
                # reference: the same terms with nothing adopted; its effluent term is the environmental fee
                q0 = q * (f.k_water[k] + f.d_water[k]) / f.k_water[k]
                reference_fee = environmental_fee(p, q0, f.k_cod[k])
                saved = act * (price * f.d_elec[k] + p.fuel_price * f.d_fuel[k] + p.water_price * f.d_water[k]
                               + f.d_disposal[k]) + price * (solar + shared)
                cost_elec, cost_fuel = price * grid, p.fuel_price * f.fuel[k]
                cost_water, cost_waste = p.water_price * f.water[k], f.k_disposal[k] * act
                running_cost = (cost_elec + cost_fuel + cost_water + cost_waste + shared_cost
                                + fee + own + sham + connect + f.debt_service[k])
                reference = cost_elec + cost_fuel + cost_water + cost_waste + saved + reference_fee
                extra = benefit * workers - levy * workers - rent * workers
                premium = p.export_premium * revenue * u * f.exporter[k] if certified else 0.0
                dip = 0.0
                if f.moved_at[k] < 1e8:
                    dip = p.dip * exp(-(city.time - f.moved_at[k]) / p.dip_years) * max(life, f.k_margin[k]) * revenue
                sales = revenue * (u - (1.0 - margin) * ((1.0 - p.fixed_share) * u + p.fixed_share))
                gain = f.exchange_gain[k]
                profit = sales + reference - running_cost + extra + premium - dip + gain
                rate = tax_rate(p, revenue, years_2025)
                due = max(profit - f.depreciation[k], 0.0) * rate
                forgone = min(f.cut_total[k] * rate, due)
                tax = due - forgone
                f.profit[k] = profit
                cash = f.cash[k] + dt * (profit - tax)
                target = p.cash_target * revenue
                dividends = max(cash - target, 0.0)
                cash -= dividends
                f.cash[k] = cash
                f.negative_years[k] = f.negative_years[k] + dt if cash < 0.0 else 0.0
                # books
                money[Money.NET_SALES] += dt * (sales + reference)
                money[Money.ELECTRICITY] += dt * cost_elec
                money[Money.FUEL] += dt * cost_fuel
                money[Money.WATER] += dt * cost_water
                money[Money.DISPOSAL] += dt * cost_waste
                money[Money.OWN_RUNNING] += dt * own
                money[Money.SHAM] += dt * sham
                money[Money.ENVIRONMENTAL_FEE] += dt * fee
                money[Money.CETP_FEE] += dt * connect
                money[Money.SHARED_SOLAR] += dt * shared_cost
                money[Money.LEVY] += dt * levy * workers
                money[Money.PROJECT_BENEFIT] += dt * benefit * workers
                money[Money.RENT] += dt * rent * workers
                money[Money.GREEN_PREMIUM] += dt * premium
                money[Money.ADAPTATION] += dt * dip
                money[Money.DEBT_SERVICE] += dt * f.debt_service[k]
                money[Money.TAX] += dt * tax
                money[Money.TAX_FORGONE] += dt * forgone
                money[Money.DIVIDENDS] += dividends
                f.value_added[k] = (f.k_value[k] * act + reference - (running_cost - f.debt_service[k]) + extra
                                    + premium - dip + gain)
                f.solar[k] = solar + shared
                # sums of the cluster
                cluster.elec += f.elec[k]
                cluster.fuel += f.fuel[k]
                cluster.water += f.water[k]
                cluster.effluent += q
                removed = 0.0 if z == NONE else (p.removal_sham if z == SHAM else p.removal_real)
                cluster.untreated += q * (1.0 - removed)
                cluster.cod += f.k_cod[k] * q * (1.0 - removed)
                cluster.cod_removed += f.k_cod[k] * q * removed
                cluster.output += revenue * u
                cluster.value_added += f.value_added[k]
                cluster.profit += profit
                cluster.waste += f.k_tonnes[k] * act
                cluster.landfill += f.k_landfill[k] * act
                cluster.waste_reduced += f.d_tonnes[k] * act
                cluster.solar += solar
                cluster.shared_solar += shared
                cluster.sales_inside += f.trade_share[k] * revenue * u
                if z == REAL_CONNECTED:
                    cluster.connected += q
                if z == REAL_OWN:
                    cluster.treated_own += q
                cluster.real_count += 1 if z >= REAL_OWN else 0
                cluster.sham_count += 1 if z == SHAM else 0
                cluster.recp += f.recp[k]
                cluster.disclosing += f.discloses[k]
                cluster.sharing += 1 if (f.club[k] or f.hubs[k] or (f.discloses[k] and lever.platform > 0.0)) else 0
                cluster.in_symbiosis += 1 if (f.links[k] > 0 or f.hubs[k]) else 0
                cluster.t5_workers += workers if (f.tech[k] >> 3) & 1 else 0.0
                cluster.rethink_workers += workers if ((f.tech[k] >> 3) & 1 or f.admitted[k]) else 0.0
                cluster.attitude_sum += f.attitude[k]
                cluster.trust_sum += f.trust[k]
                # size follows profitability (5a); a cluster held as it is until 2020 does not change
                if cluster.hold == 0:
                    grown = workers * workers_growth(p, profit, revenue, f.k_margin[k], dt)
                    f.workers[k] = min(max(grown, 1.0), cluster.workers_cap)
        cluster.elec_before = cluster.elec - cluster.solar
        cluster.reused += p.reuse_share * cluster.connected if has_plant else 0.0
        matter[Matter.GRID_MWH] += dt * (cluster.elec - cluster.solar - cluster.shared_solar)
        matter[Matter.SOLAR_MWH] += dt * cluster.solar
        matter[Matter.SHARED_SOLAR_MWH] += dt * cluster.shared_solar
        matter[Matter.FUEL_GJ] += dt * cluster.fuel
        matter[Matter.WATER_M3] += dt * cluster.water
        matter[Matter.EFFLUENT_M3] += dt * cluster.effluent
        matter[Matter.UNTREATED_M3] += dt * cluster.untreated
        matter[Matter.TREATED_CETP_M3] += dt * cluster.connected
        matter[Matter.TREATED_OWN_M3] += dt * cluster.treated_own
        matter[Matter.COD_KG] += dt * cluster.cod
        matter[Matter.COD_REMOVED_KG] += dt * cluster.cod_removed
        matter[Matter.WASTE_T] += dt * cluster.waste
        matter[Matter.WASTE_REDUCED_T] += dt * cluster.waste_reduced


@jit
def _clear_sums(cluster):
    """Sums that are made anew in every step."""
    cluster.elec = cluster.fuel = cluster.water = cluster.effluent = cluster.untreated = cluster.output = 0.0
    cluster.cod = cluster.cod_removed = cluster.value_added = cluster.profit = cluster.waste = cluster.landfill = 0.0
    cluster.waste_reduced = cluster.solar = cluster.shared_solar = cluster.sales_inside = cluster.connected = 0.0
    cluster.treated_own = cluster.t5_workers = cluster.rethink_workers = cluster.attitude_sum = cluster.trust_sum = 0.0
    cluster.real_count = cluster.sham_count = cluster.recp = cluster.disclosing = cluster.sharing = 0
    cluster.in_symbiosis = 0
    cluster.reused = 0.0
