"""Phase 2: production, resources and waste; and, after links have delivered, the cash of the step."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Matter, Money
from ..maths import exp, log, normal_pair
from ..randomness import Purpose, draw
from ..rules.compliance import (
    connection_cost,
    fee_of,
    removal_of,
    running_cost_of,
    running_factor,
    sham_cost_of,
    stopped_share,
)
from ..rules.credit import installment
from ..rules.production import (
    CIT_REFORM,
    labour_and_inputs,
    net_sales,
    tax_rate_of,
    usual_margin,
    utilisation,
    workers_growth,
)
from ..state import (
    ENERGY,
    INFORMATION,
    INFRASTRUCTURE,
    LANES,
    N_LOANS,
    N_TECH,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    SLOT_TAKEN,
    T1_OR_T2,
    T5,
    WATER,
)
from .acquaintances import note_holds
from .chains import find_partners, has_chains, note_like
from .chosen_lanes import line_up
from .origins import book_origins
from .plants import central_of, removed_by

__all__ = ["close_books", "count_adopters", "count_city", "produce"]


_ONE_EACH = np.uint64(0x0101010101010101)  # 1 in each byte of a word; what is multiplied by it has the sum of its bytes on top


@inner
def count_adopters(s, p, c):
    """Loans are served; firms, workers and adopters of a cluster are counted for this step."""
    cluster, dt = s.clusters[c], s.city[0].dt
    firms, workers = 0, 0.0
    count = cluster.tech_count
    count[:] = 0
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            f.debt_service[k] = f.interest[k] = 0.0
        for k in range(LANES):
            n = line_up(queue, n, k, np.int64(f.loans[k] != 0))
        for m in range(n):
            _serve_loans(dt, f, queue[m])
        for k in range(LANES):
            workers += f.workers[k]
        bits = f.tech.view(np.uint64)  # eight firms in a word; a vacant slot has no technology and no workers
        for j in range(N_TECH):
            has = (bits[0] >> np.uint64(j) & _ONE_EACH) + (bits[1] >> np.uint64(j) & _ONE_EACH)
            count[j] += np.int64(has * _ONE_EACH >> np.uint64(56))
        for k in range(LANES):
            firms += np.int64(f.status[k] == SLOT_TAKEN)
        note_holds(s, b)
    cluster.firms, cluster.workers = firms, workers
    cluster.mean_workers = workers / max(firms, 1)
    if has_chains(p):
        find_partners(s, p, c)
    if p.marshall_elasticity > 0.0:
        note_like(s, p, c)


@inner
def count_city(s):
    """Firms and adopters of the whole city."""
    city = s.city[0]
    city.firms = 0
    city.tech_count[:] = 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        city.firms += cluster.firms
        for j in range(N_TECH):
            city.tech_count[j] += cluster.tech_count[j]


@inner
def _serve_loans(dt, f, k):
    """Interest and repayment of the step; the last payment clears the balance exactly."""
    service, interest, loans = 0.0, 0.0, 0
    for j in range(N_LOANS):
        if not (f.loans[k] >> j) & 1:
            continue
        balance = f.loan_balance[k, j]
        due = balance * f.loan_growth[k, j]
        interest += due - balance
        paid, rest = installment(due, f.loan_payment[k, j], dt)
        service += paid
        f.loan_balance[k, j] = rest
        loans |= (1 if rest > 0.0 else 0) << j
    f.loans[k] = loans
    f.debt_service[k] = service / dt
    f.interest[k] = interest / dt


@inner
def produce(s, p, c):
    """Utilisation, use of resources and waste of every firm, per year (5a)."""
    city, cluster = s.city[0], s.clusters[c]
    key, step = city.key, city.step
    keep = exp(city.dt * log(p.util_corr))
    fresh = np.sqrt(1.0 - keep * keep)
    sd, shift = p.util_sd_own, 0.5 * p.util_sd_own * p.util_sd_own
    debt_keep = exp(-city.dt / p.debt_years)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            f.activity[k] = f.workers[k] * city.demand[f.sector[k]]
        for k in range(LANES):
            n1, n2 = normal_pair(draw(key, Purpose.SHOCK, step, f.id[k]))
            zu = keep * f.z_util[k] + fresh * n1
            f.z_util[k] = zu
            f.z_margin[k] = keep * f.z_margin[k] + fresh * n2
            act = f.activity[k] * utilisation(zu, sd, shift)
            f.activity[k] = act
            f.elec[k] = f.k_elec[k] * act
            f.fuel[k] = f.k_fuel[k] * act
            f.water[k] = f.k_water[k] * act
            f.effluent[k] = f.k_effluent[k] * act
            f.waste[k] = f.k_waste[k] * act
            f.debt[k] = f.debt[k] * debt_keep
            f.exchange_gain[k] = f.spared[k] = f.avoided[k] = f.cut_links[k] = 0.0
        for k in range(LANES):
            if f.stopped[k] > 0.0 and f.status[k] == SLOT_TAKEN:
                _stand_still(city, p, cluster, f, k)


@inner
def _stand_still(city, p, cluster, f, k):
    """Who is suspended, loses buyers or stands in a conflict produces less or nothing in this step; others elsewhere make it: that is displaced."""
    lost = stopped_share(f.stopped[k], city.dt) * f.activity[k]
    f.stopped[k] = max(f.stopped[k] - city.dt, 0.0)
    act = f.activity[k] - lost
    f.activity[k] = act
    f.elec[k], f.fuel[k], f.water[k] = f.k_elec[k] * act, f.k_fuel[k] * act, f.k_water[k] * act
    f.effluent[k], f.waste[k] = f.k_effluent[k] * act, f.k_waste[k] * act
    left = 1.0 - removed_by(p, cluster, f, k)
    city.output_displaced += f.k_revenue[k] * lost
    city.cod_displaced += 0.001 * f.k_cod[k] * f.k_effluent[k] * lost * left


@inner
def close_books(s, p, c):
    """Cost, profit, tax, dividends and cash of every firm; sums of its cluster (5a).

    What is added up over the cluster is added up lane by lane first: the same order, and the same bits, whatever the
    width of the machine's vectors. Money flows that are prices times sums of quantities are booked once per cluster.
    """
    city, cluster = s.city[0], s.clusters[c]
    if cluster.firms == 0:
        _clear_sums(cluster)
        return
    dt, price, now = city.dt, city.electricity_price, city.time
    # benefit of roads and data room to firms, per worker; half of it is levied by the operator
    benefit = 0.0
    if cluster.built[INFRASTRUCTURE]:
        benefit += p.cost_benefit_infrastructure
    if cluster.built[INFORMATION]:
        benefit += p.cost_benefit_information
    levy = p.operator_levy * benefit
    shared_part = 0.0
    if cluster.built[ENERGY] and cluster.elec_before > 0.0:
        shared_part = min(cluster.kilowatt * p.solar_yield / cluster.elec_before, 0.9)
    rent = p.rent_difference if cluster.kind == PLANNED else 0.0
    per_worker = benefit - levy - rent
    premium_share = p.export_premium if cluster.level >= 1 else 0.0
    least_measured = 365.0 * p.measured_own
    fixed, fee_c, connect_fixed = p.fixed_share, cluster.fee, p.connect_fixed
    om_factor = running_factor(p)
    small, middle = p.cit_small_revenue, p.cit_middle_revenue
    reformed = now >= CIT_REFORM
    fuel_price, water_price, target_share = p.fuel_price, p.water_price, p.cash_target
    growing = cluster.hold == 0
    cap, speed = cluster.workers_cap, p.workers_elasticity * dt
    real, sham_count, recp, disclosing, symbiosis = 0, 0, 0, 0, 0
    sheet = s.sheet[0]
    removal_real, removal_sham, sham_fixed, sham_share = p.removal_real, p.removal_sham, p.sham_fixed, p.sham_om_share
    aged, central = p.plants_age > 0.5, central_of(p, cluster)
    fee_small, fee_middle, fee_large, fee_cod = p.fee_small, p.fee_middle, p.fee_large, p.fee_cod
    sd_year, solar_price = p.margin_sd_year, (1.0 - p.solar_tariff) * price
    rate_all = p.cit_rate
    rate_small, rate_middle = (p.cit_small_rate, p.cit_middle_rate) if reformed else (rate_all, rate_all)
    dip_size, dip_years, om_power = p.dip, p.dip_years, 1.0 + p.own_om_exponent
    # sales inside need a buyer; like firms near by make cheaper; whole firms are exempt: mostly all are off
    by_trade, near, exempts = p.chain_ties >= 0.5, p.marshall_elasticity > 0.0, p.exempt_years > 0.0
    for k in range(LANES):
        sheet.trades[k], sheet.cheap[k], sheet.exempt[k] = 1.0, 0.0, 0.0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        moved = False
        for k in range(LANES):
            sheet.dip[k] = 0.0
            moved |= f.moved_at[k] < 1e8
        if moved:
            for k in range(LANES):
                if f.status[k] == SLOT_TAKEN and f.moved_at[k] < 1e8:
                    sheet.dip[k] = (dip_size * exp(-(now - f.moved_at[k]) / dip_years)
                                    * usual_margin(f.k_margin[k], f.margin_life[k]) * (f.k_revenue[k] * f.workers[k]))  # fmt: skip
        for k in range(LANES):  # bytes apart: a loop over numbers of two widths would not become vector instructions
            live = f.status[k] == SLOT_TAKEN
            cleaner = (f.tech[k] >> T5) & 1 == 1
            sheet.compliance[k] = np.int64(f.compliance[k])
            sheet.t5_workers[k] += f.workers[k] if live and cleaner else 0.0
            sheet.rethink[k] += f.workers[k] if live and f.tech[k] & T1_OR_T2 == T1_OR_T2 else 0.0
        if by_trade:
            for k in range(LANES):
                sheet.trades[k] = 1.0 if f.sells[k] else 0.0
        if near:
            for k in range(LANES):
                sheet.cheap[k] = cluster.spared[f.sector[k]]
        if exempts:
            for k in range(LANES):
                sheet.exempt[k] = f.exempt[k] if now < f.exempt_until[k] else 0.0
        # every slot in the same way, without branches; empty ones add 0
        for k in range(LANES):
            live = f.status[k] == SLOT_TAKEN
            alive = 1.0 if live else 0.0  # a factor is cheaper than a store under a mask
            act, workers = f.activity[k], (f.workers[k] if live else 1.0)
            running = running_cost_of(f.effluent[k], om_factor, om_power)
            f.running[k] = running
            u = act / workers
            revenue = (f.k_revenue[k] if live else 1.0) * workers
            life = f.k_margin[k] + f.margin_life[k]
            q, compliance, cod = f.effluent[k], sheet.compliance[k], f.k_cod[k]
            # effluent: what is paid for the choice in force
            joined = compliance == REAL_CONNECTED
            connect = connection_cost(q, fee_c, connect_fixed) if joined else 0.0
            fee = 0.0 if joined else fee_of(q, cod, fee_small, fee_middle, fee_large, fee_cod)
            own = running if compliance == REAL_OWN else 0.0
            sham = sham_cost_of(running, sham_fixed, sham_share) if compliance == SHAM else 0.0
            removed = removal_of(compliance, removal_sham, f.treats[k] if aged else removal_real, central)
            solar = f.k_solar[k] * f.elec[k]
            shared = shared_part * (f.elec[k] - solar)
            # reference: the same terms with nothing adopted; its effluent term is the environmental fee
            q0 = q * (f.k_water[k] + f.d_water[k]) / (f.k_water[k] if live else 1.0)
            reference_fee = fee_of(q0, cod, fee_small, fee_middle, fee_large, fee_cod)
            saved = act * (price * f.d_elec[k] + fuel_price * f.d_fuel[k] + water_price * f.d_water[k] + f.d_disposal[k])
            ordinary = price * f.elec[k] + fuel_price * f.fuel[k] + water_price * f.water[k] + f.k_disposal[k] * act
            # what is paid beside the ordinary cost that the reference holds too
            beside = fee + own + sham + connect + f.debt_service[k] - price * solar - solar_price * shared
            margin = life + sd_year * f.z_margin[k]
            sales = net_sales(revenue, u, margin, fixed)
            premium = premium_share * revenue * u * f.exporter[k]
            spared = sheet.cheap[k] * labour_and_inputs(revenue * u - sales, ordinary + saved + reference_fee)
            own_gain = saved + reference_fee + per_worker * workers + premium - sheet.dip[k] + f.exchange_gain[k] + spared
            profit = sales + own_gain - beside
            rate = tax_rate_of(revenue, small, middle, rate_small, rate_middle, rate_all)
            # interest and depreciation are deductible, repayment is not
            due = max(profit + f.debt_service[k] - f.interest[k] - f.depreciation[k], 0.0) * rate
            forgone = min(sheet.exempt[k] * due + (f.cut_total[k] + f.cut_links[k]) * rate, due)
            cash = f.cash[k] + dt * (profit - due + forgone)
            dividends = max(cash - target_share * revenue, 0.0)
            cash -= dividends
            f.profit[k] = profit if live else f.profit[k]
            f.cash[k] = cash if live else f.cash[k]
            negative = f.negative_years[k] + dt if cash < 0.0 else 0.0
            f.negative_years[k] = negative if live else f.negative_years[k]
            sheet.excess[k] = profit / revenue - f.k_margin[k]
            # debt service is a use of value added, not a loss of it
            sheet.elec[k] += f.elec[k]
            sheet.fuel[k] += f.fuel[k]
            sheet.water[k] += f.water[k]
            sheet.effluent[k] += q
            sheet.service[k] += f.debt_service[k]
            sheet.workers[k] += f.workers[k]
            sheet.dips[k] += sheet.dip[k]
            sheet.value[k] += (f.k_value[k] * act + own_gain - beside + f.debt_service[k]) * alive
            sheet.untreated[k] += q * (1.0 - removed)
            sheet.cod[k] += cod * q * (1.0 - removed)
            sheet.cod_removed[k] += cod * q * removed
            sheet.solar[k] += solar
            sheet.shared[k] += shared
            sheet.output[k] += revenue * u * alive
            sheet.profit[k] += profit * alive
            sheet.tonnes[k] += f.k_tonnes[k] * act
            sheet.landfill[k] += f.k_landfill[k] * act
            sheet.gas[k] += f.k_gas[k] * act
            sheet.smoke[k] += f.k_smoke[k] * f.fuel[k]
            sheet.reduced[k] += f.d_tonnes[k] * act
            sheet.sales[k] += (sales + reference_fee + spared) * alive
            sheet.ordinary[k] += (ordinary + saved) * alive
            sheet.disposal[k] += f.k_disposal[k] * act
            sheet.fee[k] += fee * alive
            sheet.own[k] += own * alive
            sheet.sham[k] += sham * alive
            sheet.connect[k] += connect * alive
            sheet.connected[k] += q if joined else 0.0
            sheet.treated_own[k] += q if compliance == REAL_OWN else 0.0
            sheet.measured_own[k] += q if compliance == REAL_OWN and q >= least_measured else 0.0
            sheet.tax[k] += due * alive
            sheet.forgone[k] += forgone * alive
            sheet.dividends[k] += dividends * alive
            sheet.premium[k] += premium * alive
            sheet.inside[k] += f.trade_share[k] * revenue * u * alive * sheet.trades[k]
            sheet.attitude[k] += f.attitude[k] * alive
            sheet.trust[k] += f.trust[k] * alive
        for k in range(LANES):  # integers apart: their sums may be taken in any order
            live = np.int64(f.status[k] == SLOT_TAKEN)
            shows = np.int64(f.discloses[k] != 0)
            real += live & np.int64(f.compliance[k] >= REAL_OWN)
            sham_count += live & np.int64(f.compliance[k] == SHAM)
            recp += live & np.int64(f.recp[k])
            disclosing += live & shows
            symbiosis += live & (np.int64(f.links[k] > 0) | np.int64(f.hubs[k] != 0))
        # size follows profitability (5a); a cluster held as it is until 2020 does not change
        if growing:
            for k in range(LANES):
                grown = f.workers[k] * workers_growth(speed, sheet.excess[k])
                f.workers[k] = min(max(grown, 1.0), cap) if f.workers[k] > 0.0 else 0.0
    cluster.elec, cluster.fuel, cluster.water = _total(sheet.elec), _total(sheet.fuel), _total(sheet.water)
    cluster.effluent, cluster.untreated = _total(sheet.effluent), _total(sheet.untreated)
    cluster.connected, cluster.treated_own = _total(sheet.connected), _total(sheet.treated_own)
    cluster.measured_own = _total(sheet.measured_own)
    cluster.cod, cluster.cod_removed = _total(sheet.cod), _total(sheet.cod_removed)
    cluster.waste, cluster.landfill, cluster.waste_reduced = _total(sheet.tonnes), _total(sheet.landfill), _total(sheet.reduced)
    cluster.smoke = _total(sheet.smoke)
    cluster.solar, cluster.shared_solar = _total(sheet.solar), _total(sheet.shared)
    cluster.output, cluster.value_added, cluster.profit = _total(sheet.output), _total(sheet.value), _total(sheet.profit)
    cluster.sales_inside = _total(sheet.inside)
    cluster.t5_workers, cluster.rethink_workers = _total(sheet.t5_workers), _total(sheet.rethink)
    cluster.attitude_sum, cluster.trust_sum = _total(sheet.attitude), _total(sheet.trust)
    cluster.real_count, cluster.sham_count, cluster.recp = real, sham_count, recp
    cluster.disclosing, cluster.in_symbiosis = disclosing, symbiosis
    cluster.elec_before = cluster.elec - cluster.solar
    cluster.reused = p.reuse_share * cluster.connected if cluster.built[WATER] else 0.0
    grid, workers = cluster.elec - cluster.solar - cluster.shared_solar, _total(sheet.workers)
    money, matter = s.money, s.matter
    money[Money.NET_SALES] += dt * _total(sheet.sales)
    money[Money.ORDINARY_USE] += dt * _total(sheet.ordinary)
    money[Money.ELECTRICITY] += dt * price * grid
    money[Money.FUEL] += dt * fuel_price * cluster.fuel
    money[Money.WATER] += dt * water_price * cluster.water
    money[Money.DISPOSAL] += dt * _total(sheet.disposal)
    money[Money.OWN_RUNNING] += dt * _total(sheet.own)
    money[Money.SHAM] += dt * _total(sheet.sham)
    money[Money.ENVIRONMENTAL_FEE] += dt * _total(sheet.fee)
    money[Money.CETP_FEE] += dt * _total(sheet.connect)
    money[Money.SHARED_SOLAR] += dt * p.solar_tariff * price * cluster.shared_solar
    money[Money.LEVY] += dt * levy * workers
    money[Money.PROJECT_BENEFIT] += dt * benefit * workers
    money[Money.RENT] += dt * rent * workers
    money[Money.GREEN_PREMIUM] += dt * _total(sheet.premium)
    money[Money.ADAPTATION] += dt * _total(sheet.dips)
    money[Money.DEBT_SERVICE] += dt * _total(sheet.service)
    money[Money.TAX] += dt * _total(sheet.tax)
    money[Money.TAX_FORGONE] += dt * _total(sheet.forgone)
    money[Money.DIVIDENDS] += _total(sheet.dividends)
    matter[Matter.GRID_MWH] += dt * grid
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
    matter[Matter.LANDFILL_TCO2E] += dt * _total(sheet.gas)
    book_origins(s, p, c)


@inner
def _total(lanes):
    """Sum of the lanes of a term of the sheet, which is cleared for the next cluster."""
    total = 0.0
    for k in range(LANES):
        total += lanes[k]
        lanes[k] = 0.0
    return total


@inner
def _clear_sums(cluster):
    """Sums of a cluster without firms."""
    cluster.elec = cluster.fuel = cluster.water = cluster.effluent = cluster.untreated = cluster.output = 0.0
    cluster.cod = cluster.cod_removed = cluster.value_added = cluster.profit = cluster.waste = cluster.landfill = 0.0
    cluster.waste_reduced = cluster.solar = cluster.shared_solar = cluster.sales_inside = cluster.connected = 0.0
    cluster.treated_own = cluster.measured_own = cluster.t5_workers = cluster.rethink_workers = cluster.attitude_sum = (
        cluster.trust_sum
    ) = 0.0
    cluster.real_count = cluster.sham_count = cluster.recp = cluster.disclosing = 0
    cluster.in_symbiosis = 0
    cluster.reused = cluster.smoke = 0.0
