"""2 Production, resources, waste; and the books, once links and hubs have delivered (5a)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ecocluster.model.maths import exp, log

from .chains import find_partners, note_like, spared_part
from .formulas import rules
from .luck import PURPOSE
from .objects import (
    ENERGY,
    INFORMATION,
    INFRASTRUCTURE,
    N_TECH,
    PLANNED,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    T1,
    T2,
    T5,
    WATER,
)
from .plants import removed

__all__ = ["Sums", "close_books", "count_adopters", "produce", "serve_loans"]


@dataclass
class Sums:
    """What the firms of a cluster add up to when the books are closed, per year."""

    elec: float = 0.0
    fuel: float = 0.0
    effluent: float = 0.0
    untreated: float = 0.0
    cod: float = 0.0
    connected: float = 0.0
    measured_own: float = 0.0
    output: float = 0.0
    water: float = 0.0
    waste: float = 0.0
    landfill: float = 0.0
    smoke: float = 0.0
    solar: float = 0.0
    shared_solar: float = 0.0
    reused: float = 0.0
    value_added: float = 0.0
    profit: float = 0.0
    sold_inside: float = 0.0
    attitude: float = 0.0
    trust: float = 0.0
    t5_workers: float = 0.0
    rethink_workers: float = 0.0
    real: int = 0
    sham: int = 0
    recp: int = 0
    disclosing: int = 0
    in_symbiosis: int = 0


def serve_loans(firm, dt: float) -> None:
    """Interest and repayment of the step; the last payment clears the balance."""
    service = interest = 0.0
    for j, loan in list(firm.loans.items()):
        due = loan.balance * exp(dt * log(1.0 + loan.rate))
        interest += due - loan.balance
        paid = min(loan.payment * dt, due)
        loan.balance = due - paid
        if loan.balance <= 1e-9 * loan.payment:
            paid += loan.balance
            del firm.loans[j]
        service += paid
    firm.debt_service, firm.interest = service / dt, interest / dt


def count_adopters(model) -> None:
    """Firms and adopters of every cluster and of the city, which everybody reads in this step."""
    model.tech_count = [0] * N_TECH
    model.firm_count = 0
    for cluster in model.clusters:
        cluster.census()
        find_partners(model, cluster)
        note_like(model, cluster)
        model.firm_count += cluster.counted
        for j, count in enumerate(cluster.tech_count):
            model.tech_count[j] += count


def produce(model, firm) -> None:
    """Utilisation (log-AR(1), own part and sector's part) and what is used and wasted at it."""
    p = model.p
    keep = exp(model.dt * log(p.util_corr))
    fresh = math.sqrt(1.0 - keep * keep)
    own, margin = model.luck.two_normals(PURPOSE.SHOCK, model.quarter, firm.firm_id)
    firm.z_util = keep * firm.z_util + fresh * own
    firm.z_margin = keep * firm.z_margin + fresh * margin
    level = exp(p.util_sd_own * firm.z_util - 0.5 * p.util_sd_own**2)
    firm.activity = firm.workers * model.demand[firm.sector] * level
    if firm.stopped > 0.0:  # suspended for a part of the step; the rest of its output is made elsewhere
        share = min(firm.stopped / model.dt, 1.0)
        firm.stopped = max(firm.stopped - model.dt, 0.0)
        lost, firm.activity = firm.activity * share, firm.activity * (1.0 - share)
        discharged = p.sector_cod_kg_m3[firm.sector] * firm.per_worker[2] * p.sector_effluent_share[firm.sector] * lost
        discharged *= 1.0 - removed(firm)
        model.displaced["output"] += p.sector_revenue_mVND[firm.sector] * firm.revenue_factor * lost
        model.displaced["cod"] += discharged / 1000.0
    firm.use_resources()
    firm.old_debt *= exp(-model.dt / p.debt_years)
    firm.exchange_gain = firm.spared = firm.avoided = firm.fuel_spared = firm.link_cut = 0.0


def _effluent_cost(firm) -> dict[str, float]:
    """What the compliance in force costs a year, by who is paid, mVND; fines are not among it."""
    p, cluster = firm.model.p, firm.cluster
    if firm.compliance == REAL_CONNECTED:
        return {"CETP_FEE": cluster.fee * firm.effluent + p.connect_fixed}
    paid = {"ENVIRONMENTAL_FEE": rules.compliance.environmental_fee(p, firm.effluent, p.sector_cod_kg_m3[firm.sector])}
    if firm.compliance == REAL_OWN:
        paid["OWN_RUNNING"] = firm.own_running
    elif firm.compliance == SHAM:
        paid["SHAM"] = rules.compliance.sham_cost(p, firm.own_running)
    return paid


def _books(model, firm, shared_share: float, flows) -> None:
    """Cost, profit, tax, dividends and cash of one firm; `flows` collects the money that moves, mVND a year."""
    p, cluster, price = model.p, firm.cluster, model.electricity_price
    i, activity = firm.sector, firm.activity
    utilisation, revenue = activity / firm.workers, firm.revenue
    sector_margin = p.sector_margin[i]
    life = sector_margin + firm.margin_life

    # cost in force
    solar = firm.solar_share * firm.elec
    shared = shared_share * (firm.elec - solar)
    grid = firm.elec - solar - shared
    effluent = _effluent_cost(firm)
    bills = {"ELECTRICITY": price * grid, "SHARED_SOLAR": p.solar_tariff * price * shared,
             "FUEL": p.fuel_price * firm.fuel, "WATER": p.water_price * firm.water,
             "DISPOSAL": firm.disposal_per_worker * activity, **effluent}  # fmt: skip
    benefit = (
        p.cost_benefit_infrastructure * cluster.built[INFRASTRUCTURE] + p.cost_benefit_information * cluster.built[INFORMATION]
    ) * firm.workers
    bills["LEVY"] = p.operator_levy * benefit
    bills["RENT"] = p.rent_difference * firm.workers if cluster.kind == PLANNED else 0.0
    cost = sum(bills.values())

    # cost with nothing adopted, at current prices and utilisation
    elec0, fuel0, water0 = (amount * activity for amount in firm.reference)
    fuel0 -= firm.fuel_spared  # what heat of others is worth is a gain of the exchange
    fee0 = rules.compliance.environmental_fee(p, water0 * p.sector_effluent_share[i], p.sector_cod_kg_m3[i])
    ordinary_use = price * elec0 + p.fuel_price * fuel0 + p.water_price * water0 + p.sector_disposal[i] * firm.eps * activity
    cost_ref = ordinary_use + fee0

    margin = life + p.margin_sd_year * firm.z_margin
    sales = rules.production.net_sales(revenue, utilisation, margin, p.fixed_share)
    premium = p.export_premium * revenue * utilisation if firm.exporter and cluster.level >= 1 else 0.0
    dip = 0.0
    if firm.moved_at < 1e8:
        dip = p.dip * exp(-(model.now - firm.moved_at) / p.dip_years) * max(life, sector_margin) * revenue
    spared = spared_part(model, firm) * max(revenue * utilisation - sales - cost_ref, 0.0)
    gain = cost_ref - cost + benefit + premium - dip + firm.exchange_gain + spared
    firm.profit = sales + gain - firm.debt_service

    # interest and depreciation are deducted, repayment is not
    taxable = firm.profit + firm.debt_service - firm.interest - sum(firm.write_off.values())
    rate = rules.production.tax_rate(p, revenue, model.now)
    due = rate * max(taxable, 0.0)
    exempted = firm.exemption[0] if firm.exemption and model.now < firm.exemption[1] else 0.0
    forgone = min(exempted * due + rate * (firm.link_cut + sum(cut for cut, _ in firm.tax_cut.values())), due)
    cash = firm.cash + model.dt * (firm.profit - due + forgone)
    dividends = max(cash - p.cash_target * revenue, 0.0)
    firm.cash = cash - dividends
    firm.negative_years = firm.negative_years + model.dt if firm.cash < 0.0 else 0.0

    for name, amount in bills.items():
        flows[name] += amount
    flows["NET_SALES"] += sales + fee0 + spared
    flows["ORDINARY_USE"] += ordinary_use
    flows["PROJECT_BENEFIT"] += benefit
    flows["GREEN_PREMIUM"] += premium
    flows["ADAPTATION"] += dip
    flows["DEBT_SERVICE"] += firm.debt_service
    flows["TAX"] += due
    flows["TAX_FORGONE"] += forgone
    flows["DIVIDENDS"] += dividends / model.dt

    _matter(model, firm, grid, solar, shared)
    sums = cluster.sums
    sums.solar += solar
    sums.shared_solar += shared
    sums.output += revenue * utilisation
    sums.value_added += p.sector_value_added_mVND[i] * firm.revenue_factor * activity + gain
    sums.profit += firm.profit
    buyer = firm.slot.partners[0]
    if not p.chain_ties or (buyer is not None and buyer.firm is not None):
        sums.sold_inside += firm.trade_share * revenue * utilisation

    if not cluster.held:
        growth = rules.production.workers_growth(p.workers_elasticity * model.dt, firm.profit / revenue - sector_margin)
        firm.workers = min(max(firm.workers * growth, 1.0), cluster.workers_law[2])


def _matter(model, firm, grid: float, solar: float, shared: float) -> None:
    """Physical quantities of the step, and the sums of the cluster."""
    p, dt, matter, sums = model.p, model.dt, model.matter, firm.cluster.sums
    q, z = firm.effluent, firm.compliance
    gone = removed(firm)
    cod = p.sector_cod_kg_m3[firm.sector] * q
    tonnes = p.sector_tonnes[firm.sector]
    amounts = {
        "GRID_MWH": grid, "SOLAR_MWH": solar, "SHARED_SOLAR_MWH": shared, "FUEL_GJ": firm.fuel, "WATER_M3": firm.water,
        "EFFLUENT_M3": q, "UNTREATED_M3": q * (1.0 - gone), "COD_KG": cod * (1.0 - gone),
        "COD_REMOVED_KG": cod * gone, "WASTE_T": tonnes * firm.waste,
        "WASTE_REDUCED_T": tonnes * (firm.eps * firm.activity - firm.waste),
        "LANDFILL_TCO2E": p.sector_gas[firm.sector] * firm.waste,
        "TREATED_CETP_M3": q if z == REAL_CONNECTED else 0.0, "TREATED_OWN_M3": q if z == REAL_OWN else 0.0,
    }  # fmt: skip
    for name, amount in amounts.items():
        matter[name] += dt * amount
    sums.elec += firm.elec
    sums.fuel += firm.fuel
    sums.smoke += p.sector_smoke[firm.sector] * firm.fuel / 1000.0
    sums.water += firm.water
    sums.waste += amounts["WASTE_T"]
    sums.landfill += p.sector_landfill[firm.sector] * firm.waste
    sums.effluent += q
    sums.untreated += q * (1.0 - gone)
    if model.quarter >= model.fork_step:  # the flows of a firm belong to where it comes from
        mine = (0.001 * amounts["COD_KG"], grid * model.grid_factor + firm.fuel * p.fuel_factor - firm.avoided,
                p.sector_landfill[firm.sector] * firm.waste - firm.spared, 0.001 * (3.6 * firm.elec + firm.fuel))  # fmt: skip
        for n, amount in enumerate(mine):
            model.booked[int(model.now + 1e-6), model.origin[firm.firm_id], n] += dt * amount
    sums.cod += amounts["COD_KG"]
    sums.connected += amounts["TREATED_CETP_M3"]
    if z == REAL_OWN and q >= 365.0 * p.measured_own:
        sums.measured_own += q


def close_books(model, cluster) -> None:
    """Books of all firms of a cluster and the cluster's sums."""
    p = model.p
    sums = cluster.sums = Sums()
    shared = 0.0
    if cluster.built[ENERGY] and cluster.elec_before > 0.0:  # shared solar serves the use of the quarter before
        shared = min(cluster.kilowatt * p.solar_yield / cluster.elec_before, 0.9)
    flows: dict[str, float] = dict.fromkeys(_FLOWS, 0.0)
    for firm in cluster.firms:
        sums.recp += firm.recp
        sums.real += firm.compliance >= REAL_OWN
        sums.sham += firm.compliance == SHAM
        sums.attitude += firm.attitude
        sums.trust += firm.trust
        sums.t5_workers += firm.workers if firm.has(T5) else 0.0
        sums.rethink_workers += firm.workers if firm.has(T1) and firm.has(T2) else 0.0
        sums.disclosing += firm.discloses
        sums.in_symbiosis += firm.active_links > 0 or any(firm.member)
        _books(model, firm, shared, flows)
    for name, amount in flows.items():
        model.ledger[name] += model.dt * amount
    if cluster.firms:
        cluster.connected = sums.connected
        cluster.elec_before = sums.elec - sums.solar
        sums.reused = p.reuse_share * sums.connected if cluster.built[WATER] else 0.0
    else:
        cluster.connected = 0.0


_FLOWS = ("NET_SALES", "ORDINARY_USE", "ELECTRICITY", "SHARED_SOLAR", "FUEL", "WATER", "DISPOSAL", "CETP_FEE", "ENVIRONMENTAL_FEE",
          "OWN_RUNNING", "SHAM", "LEVY", "RENT", "PROJECT_BENEFIT", "GREEN_PREMIUM", "ADAPTATION", "DEBT_SERVICE", "TAX",
          "TAX_FORGONE", "DIVIDENDS")  # fmt: skip
