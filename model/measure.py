"""Phase 11: indicators of the step, read from the sums of the clusters and the accounts of the step."""

from __future__ import annotations

import numpy as np

from .indicators import AGES, SIX_ASPECTS
from .indicators import Series as I  # noqa: E741 - an index, read as I.TCO2E
from .jit import inner
from .ledger import (
    N_FLOWS,
    OUTLAY_PURPOSES,
    PAIRS,
    SOCIAL_PARTS,
    Matter,
    Money,
    outlay_part,
    pair_of,
    social_part,
    social_sign,
)
from .maths import exp
from .phases.books_apart import books_of
from .phases.closing import ends_year, offered_and_spent
from .phases.pool import scattered
from .rules.certification import RECP_HIGHER, number_unmet, standard_exists
from .rules.facilitation import persons
from .rules.trust import belief, breach_hazard, enforcement
from .size_odds import SIZES, odds_per_doubling, size_step
from .state import (
    AWARE_LAW,
    AWARE_SYMBIOSIS,
    EXISTING,
    LANES,
    N_LEARNED,
    N_PROGRAMMES,
    N_TECH,
    NEVER,
    OUTSIDE,
    OWN_PLANT,
    PLANNED,
    REAL_OWN,
    SLOT_TAKEN,
    UNKNOWN,
    WATER,
)
from .vocabulary import LEARNED, TECHNOLOGIES

__all__ = ["measure", "record_levels"]

_CAPITAL = SOCIAL_PARTS.index("capital")
_FIRST_PAIR = int(I["TRANSFER_{}_{}".format(*PAIRS[0]).upper()])
_FIRST_ADOPTION = int(I[f"ADOPTION_{LEARNED[0].upper()}"])
_FIRST_ODDS = int(I[f"SIZE_ODDS_{TECHNOLOGIES[0].upper()}"])
_FIRST_RIDER = int(I[f"FREE_RIDERS_{LEARNED[0].upper()}"])
_N_PARTS, _N_PAIRS, _N_PURPOSES = len(SOCIAL_PARTS), len(PAIRS), len(OUTLAY_PURPOSES)
_FIRST_OWN = len(I)


@inner
def record_levels(s, level, unmet):
    """Level and mask of unmet criteria of existing clusters."""
    for c in range(level.size):
        level[c] = s.clusters[c].level
        unmet[c] = s.clusters[c].unmet


@inner
def measure(s, p, out, before):
    """Indicators of the step; nothing but `out` is written.

    Parameters
    ----------
    out, before : (K,) float64
        This step's row and the one before it (what is measured once a year is carried on).
    """
    city, money, matter = s.city[0], s.money, s.matter
    dt = city.dt
    _clusters(s, p, out)
    _certificates(s, p, out)
    out[I.GRID_MWH] = matter[Matter.GRID_MWH] / dt
    out[I.SOLAR_MWH] = (matter[Matter.SOLAR_MWH] + matter[Matter.SHARED_SOLAR_MWH]) / dt
    out[I.FUEL_GJ] = matter[Matter.FUEL_GJ] / dt
    out[I.TCO2E] = out[I.GRID_MWH] * city.grid_factor + out[I.FUEL_GJ] * p.fuel_factor - matter[Matter.EXCHANGE_TCO2E] / dt
    outside = s.clusters[city.outside]
    out[I.TCO2E_OUTSIDE] = (outside.elec - outside.solar) * city.grid_factor + outside.fuel * p.fuel_factor
    out[I.TCO2E_LANDFILL] = matter[Matter.LANDFILL_TCO2E] / dt
    out[I.UPSTREAM_TCO2E] = matter[Matter.UPSTREAM_TCO2E] / dt
    out[I.EFFLUENT] = matter[Matter.EFFLUENT_M3] / dt
    out[I.TREATED_SHARE] = 1.0 - matter[Matter.UNTREATED_M3] / max(matter[Matter.EFFLUENT_M3], 1e-9)
    out[I.COD] = 0.001 * matter[Matter.COD_KG] / dt
    out[I.COD_DENSE] = out[I.SMOKE_DENSE] = out[I.COMPLAINTS_DENSE] = out[I.CONFLICT_DAYS_DENSE] = 0.0
    for c in range(city.existing):
        cluster = s.clusters[c]
        if cluster.urban > 0.5:
            out[I.COD_DENSE] += 0.001 * cluster.cod
            out[I.SMOKE_DENSE] += cluster.smoke
            out[I.COMPLAINTS_DENSE] += cluster.complaints / dt
            out[I.CONFLICT_DAYS_DENSE] += p.conflict_days * cluster.conflicts / dt
    _residents(s, p, out)
    out[I.WASTE] = matter[Matter.WASTE_T] / dt
    out[I.WASTE_REDUCED] = matter[Matter.WASTE_REDUCED_T] / dt
    out[I.EXCHANGED] = matter[Matter.EXCHANGED_T] / dt
    out[I.POOLED] = matter[Matter.POOLED_T] / dt
    out[I.HEAT_EXCHANGED] = matter[Matter.EXCHANGED_GJ] / dt
    out[I.REUSED_WATER] = (matter[Matter.REUSED_M3] + matter[Matter.EXCHANGED_M3]) / dt
    out[I.WATER] = matter[Matter.WATER_M3] / dt - out[I.REUSED_WATER]
    out[I.LANDFILLED] = matter[Matter.LANDFILL_T] / dt
    out[I.DEALER] = matter[Matter.DEALER_T] / dt
    # events counted in the step
    out[I.EXITS], out[I.BANKRUPT], out[I.MOVED] = city.exits / dt, city.bankrupt / dt, city.moved / dt
    out[I.CREDIT_ASKED], out[I.CREDIT_APPROVED] = city.credit_asked / dt, city.credit_approved / dt
    out[I.CREDIT_SHARE] = city.credit_granted / max(city.credit_approved, 1)
    out[I.INSPECTIONS], out[I.FINED] = city.inspections / dt, city.fined / dt
    out[I.SUSPENSIONS] = city.suspended / dt
    out[I.VISITS_MISSED] = 1.0 - city.visits_made / city.visits_due if city.visits_due > 0 else 0.0
    out[I.OUTPUT_DISPLACED], out[I.COD_DISPLACED] = city.output_displaced, city.cod_displaced  # rates of the step
    out[I.IDENTIFIED], out[I.STUDIED] = city.identified / dt, city.studied / dt
    out[I.SCREENED], out[I.AGREED], out[I.HUBS_STARTED] = city.screened / dt, city.agreed / dt, city.hubs_started / dt
    _coordinators(s, p, out)
    for n in range(len(AGES)):
        out[I.LINKS_LASTED_3 + n] = city.lasted[0, n] / max(city.due[0, n], 1)
        out[I.HUBS_LASTED_3 + n] = city.lasted[1, n] / max(city.due[1, n], 1)
    out[I.T1_BY_TRADE], out[I.T1_BY_OTHERS] = city.carried[0, 0] / dt, city.carried[0, 1] / dt
    out[I.T2_BY_TRADE], out[I.T2_BY_OTHERS] = city.carried[1, 0] / dt, city.carried[1, 1] / dt
    out[I.ACTIVATED], out[I.BROKEN] = city.activated / dt, city.broken / dt
    out[I.ENTERED_CLUSTERS], out[I.ENTERED_OUTSIDE] = city.entered_clusters / dt, city.entered_outside / dt
    out[I.ENTERED_ARRIVALS], out[I.ENTERED_POOL] = city.entered_arrivals / dt, city.entered_pool / dt
    out[I.ADMISSION_REFUSED], out[I.POOL_MOVED] = city.refused / dt, city.pool_moved / dt
    _scattered(s, p, out)
    out[I.LAND_UNBUILT], out[I.LAND_VACANT], out[I.LAND_COMPENSATED] = city.shared_unbuilt, city.shared_vacant, city.shared_paid
    out[I.LAND_RAISED] = city.shared_unbuilt + city.shared_vacant + city.shared_paid
    out[I.COMPENSATED_SHARE] = city.shared_paid / max(out[I.LAND_RAISED], 1e-9)
    out[I.PLOTS_LOST], out[I.PLOTS_OPENED], out[I.FIRMS_CLEARED] = city.plots_lost, city.plots_opened, city.firms_cleared
    _money(s, p, money, out, dt)
    for i in range(s.own_values.size):  # of modules
        out[_FIRST_OWN + i] = s.own_values[i] / dt if s.own_flows[i] else s.own_values[i]
    if ends_year(city):
        _once_a_year(s, p, out)
        _competitiveness(s, p, out)
    else:
        for i in (I.AWARE_TECHNOLOGY, I.AWARE_LAW, I.AWARE_SYMBIOSIS, I.AWARE_PROGRAMME, I.DEGREE_GINI, I.LARGEST_NODE, I.REAL_SHARE_SMALL,
                  I.PLANT_REMOVAL, I.PLANTS_WEAK, I.UNIT_COST_ADOPTERS, I.UNIT_COST_OTHERS, I.MARGIN_ADOPTERS, I.MARGIN_OTHERS):  # fmt: skip
            out[i] = before[i]
        for j in range(N_TECH):
            out[_FIRST_ODDS + j] = before[_FIRST_ODDS + j]
    for j in range(N_LEARNED):
        out[_FIRST_RIDER + j] = s.paid[1, j] / np.float64(s.paid[0, j]) if s.paid[0, j] > 0 else np.nan


@inner
def _residents(s, p, out):
    """Smoke of all clusters and of firms outside; what neighbours accept, and what their conflicts stopped."""
    city, smoke, workers, accepted, conflicts = s.city[0], 0.0, 0.0, 0.0, 0.0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        smoke += cluster.smoke
        conflicts += cluster.conflicts
        if cluster.kind != OUTSIDE and cluster.acceptance != UNKNOWN:
            workers += cluster.workers
            accepted += cluster.workers * cluster.acceptance
    out[I.SMOKE] = smoke
    out[I.ACCEPTANCE] = accepted / workers if workers > 0.0 else np.nan
    out[I.CONFLICTS], out[I.CONFLICT_DAYS] = conflicts / city.dt, p.conflict_days * conflicts / city.dt
    out[I.PERMITS_DELAYED], out[I.PROJECTS_DELAYED] = city.permits_delayed / city.dt, city.projects_delayed / city.dt


@inner
def _coordinators(s, p, out):
    """What coordinators did in the step, by person, and what waits for them."""
    number, waiting = 0.0, 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind != OUTSIDE and cluster.firms >= 2:
            number += persons(p, s.levers[cluster.lever_row].coordinator)
            waiting += cluster.waiting
    rate = s.city[0].cases / s.city[0].dt
    out[I.CASES], out[I.CASES_PER_COORDINATOR] = rate, rate / number if number > 0.0 else 0.0
    out[I.CASES_WAITING] = np.float64(waiting)


@inner
def _scattered(s, p, out):
    """Sums of the city contain the producers outside who are still there; what left residential areas with the others."""
    for i in range(I.POOL_FIRMS, I.FUEL_LEFT_HOMES + 1):
        out[i] = 0.0
    if s.pool.size == 0:
        return
    here, gone = scattered(s.city[0].pool_sums[0]), scattered(s.city[0].pool_sums[1])
    carbon = here.elec * s.city[0].grid_factor + here.fuel * p.fuel_factor
    out[I.POOL_FIRMS], out[I.POOL_COD], out[I.POOL_TCO2E], out[I.POOL_LANDFILLED] = here.firms, here.cod, carbon, here.landfill
    out[I.POOL_VALUE_ADDED] = here.value
    out[I.COD_LEFT_HOMES], out[I.FUEL_LEFT_HOMES] = gone.cod, gone.fuel
    out[I.GRID_MWH] += here.elec
    out[I.FUEL_GJ] += here.fuel
    out[I.TCO2E] += carbon
    out[I.TCO2E_LANDFILL] += here.gas
    out[I.WATER] += here.water
    out[I.EFFLUENT] += here.effluent
    out[I.COD] += here.cod
    out[I.COD_DENSE] += here.cod
    out[I.SMOKE] += here.smoke
    out[I.SMOKE_DENSE] += here.smoke
    out[I.WASTE] += here.waste
    out[I.LANDFILLED] += here.landfill
    out[I.DEALER] += here.waste - here.landfill
    out[I.FIRMS] += here.firms
    out[I.JOBS] += here.workers
    out[I.OUTPUT] += here.output
    out[I.VALUE_ADDED] += here.value
    out[I.PROFIT] += here.profit


@inner
def _money(s, p, money, out, dt):
    """Public outlay, transfers, social and private cost by the table of the ledger, mVND a year."""
    for i in range(_N_PARTS):
        out[I.SOCIAL_CAPITAL + i] = 0.0
    for i in range(_N_PAIRS):
        out[_FIRST_PAIR + i] = 0.0
    for i in range(_N_PURPOSES):
        out[I.OUTLAY_DOSES + i] = 0.0
    transfers = 0.0
    for i in range(N_FLOWS):
        flow = money[i] / dt  # once: what is written meanwhile might be money, for all that LLVM knows
        if outlay_part[i] >= 0:
            out[I.OUTLAY_DOSES + outlay_part[i]] += flow
        if pair_of[i] >= 0:
            out[_FIRST_PAIR + pair_of[i]] += flow
            transfers += abs(flow)
        if social_part[i] >= 0 and social_part[i] != _CAPITAL:
            out[I.SOCIAL_CAPITAL + social_part[i]] += social_sign[i] * flow
    out[I.SOCIAL_CAPITAL] = s.city[0].services / dt  # services in place, not what is paid in this step
    out[I.TRANSFERS] = transfers
    outlay, social = 0.0, 0.0
    for i in range(_N_PURPOSES):
        outlay += out[I.OUTLAY_DOSES + i]
    for i in range(_N_PARTS):
        social += out[I.SOCIAL_CAPITAL + i]
    forgone = out[I.TAX_FORGONE]
    out[I.OUTLAY] = out[I.OUTLAY_GROSS] = outlay
    # income tax is the nation's; programmes may be paid from abroad; the rest is the city's
    programmes = outlay - forgone - out[I.OUTLAY_LAW] - out[I.OUTLAY_INSPECTIONS] - money[Money.CITY_CETP] / dt
    out[I.OUTLAY_NATION] = forgone
    out[I.OUTLAY_ABROAD] = p.funds_from_abroad * programmes
    out[I.OUTLAY_CITY] = outlay - forgone - out[I.OUTLAY_ABROAD]
    out[I.RECEIPTS] = (money[Money.TAX] + money[Money.FINE] + money[Money.ENVIRONMENTAL_FEE]) / dt
    net = outlay - out[I.RECEIPTS]
    out[I.SOCIAL_FUNDS] = (p.public_funds_cost - 1.0) * net
    out[I.SOCIAL_COST] = social + out[I.SOCIAL_FUNDS]
    out[I.PRIVATE_NET] = social - net
    out[I.FREE_RIDERS] = money[Money.FREE_RIDERS] / dt
    out[I.SIDE_PAYMENTS] = money[Money.SIDE_PAYMENT] / dt
    income = (money[Money.CETP_FEE] + money[Money.SHARED_SOLAR] + money[Money.LEVY] + money[Money.HUB_FEE]
              + money[Money.PROJECT_FUND] + money[Money.CITY_CETP] + money[Money.HUB_GRANT] + money[Money.ANCHOR]
              + money[Money.HUB_LOAN])  # fmt: skip
    spent = (money[Money.PROJECT_CAPEX] + money[Money.PROJECT_RUNNING] + money[Money.APPLICATION]
             + money[Money.OPERATOR_STUDY] + money[Money.HUB_RUNNING] + money[Money.HUB_CAPEX]
             + money[Money.SHARED_LAND] + money[Money.COMPENSATION] + money[Money.HUB_DEBT_SERVICE])  # fmt: skip
    out[I.OPERATOR_RESULT] = (income - spent) / dt
    out[I.DEVELOPER_RESULT] = (money[Money.RENT] + money[Money.BASE_RENT] + money[Money.LAND_SUPPORT]
                               - money[Money.DEVELOPER_LAND] - money[Money.LAND_PRICE]) / dt  # fmt: skip
    out[I.FINES] = money[Money.FINE] / dt
    city, unspent = s.city[0], 0.0
    for programme in range(s.funds.size):
        fund = s.funds[programme]
        unspent += fund.general + fund.fund[0] + fund.fund[1] + fund.fund[2] + fund.lapsed
    out[I.UNSPENT] = unspent
    offered, paid = offered_and_spent(s.funds)
    out[I.OFFERED], out[I.SPENT] = (offered - city.offered) / dt, (paid - city.spent) / dt


@inner
def _clusters(s, p, out):
    """Sums and means over clusters."""
    city = s.city[0]
    dt = city.dt
    number, firms, inside, workers, workers_in = 0.0, 0.0, 0.0, 0.0, 0.0
    revoked, plants, existing = 0.0, 0.0, 0.0
    value, output, profit, real, sham, recp, attitude, trust = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    links, hubs, pairs, sharing, symbiosis, sold, complaints = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    planned_slots, planned_firms, hazard, output_in = 0.0, 0.0, 0.0, 0.0
    decided, unpaid, old_slots = 0.0, 0.0, 0.0
    trust_in, belief_sum, partners = 0.0, 0.0, 0.0
    cut, reuse_r, recycle, refuse, rethink, responsible = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    management, environment, social, economic = 0.0, 0.0, 0.0, 0.0
    groups = (0.0, 0.0, 0.0, 0.0)
    g0, g1, g2, g3 = groups
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == PLANNED and cluster.opened < NEVER:
            decided += 1.0
            unpaid += cluster.support == 0.0
        if cluster.kind == PLANNED and not cluster.built[WATER]:
            continue
        n = np.float64(cluster.firms)
        firms += n
        workers += cluster.workers
        value += cluster.value_added
        output += cluster.output
        profit += cluster.profit
        real += cluster.real_count
        sham += cluster.sham_count
        recp += cluster.recp
        attitude += cluster.attitude_sum
        trust += cluster.trust_sum
        if cluster.kind == OUTSIDE:
            continue
        number += 1.0
        inside += n
        workers_in += cluster.workers
        output_in += cluster.output
        revoked += cluster.revocations
        complaints += cluster.complaints
        if cluster.kind == EXISTING:
            existing += 1.0
            plants += cluster.built[WATER]
            old_slots += cluster.slots
        else:
            planned_slots += cluster.slots
            planned_firms += n
        links += cluster.links
        partners += cluster.trade_ties
        hubs += cluster.hub_count
        pairs += n * (n - 1.0)
        sharing += cluster.disclosing
        symbiosis += cluster.in_symbiosis
        hazard += cluster.breach_rate
        trust_mean = cluster.trust_sum / max(n, 1.0)
        lever = s.levers[cluster.lever_row]
        e = enforcement(p, lever, cluster.kind == PLANNED)
        trust_in += trust_mean * n
        belief_sum += n * belief(p, trust_mean, e)
        spill = 1.0 + p.spillover * (trust_mean - p.trust_alpha / (p.trust_alpha + p.trust_beta))
        sold += cluster.sales_inside * max(spill, 0.0) + cluster.exchanged_value
        g0 += cluster.group[0]
        g1 += cluster.group[1]
        g2 += cluster.group[2]
        g3 += cluster.group[3]
        # 6R profile of the cluster
        cut += min(max(cluster.cut / p.full_cut, 0.0), 1.0)
        used = cluster.reused + cluster.water_linked
        reuse_r += min(used / max(cluster.water, 1e-9), 1.0)
        recycle += min(cluster.exchanged / max(cluster.waste, 1e-9), 1.0)
        refuse += cluster.t5_workers / max(cluster.workers, 1e-9)
        rethink += cluster.rethink_workers / max(cluster.workers, 1e-9)
        responsible += 0.5 * (cluster.real_count + cluster.disclosing) / max(n, 1.0)
        # pillars: computable requirements (docs/odd.md lists them); they read what happened, never a dose
        management += (
            1.0 * (cluster.measured >= p.measured_least)
            + (cluster.engaged >= p.pillar_studied)
            + (cluster.land >= p.land_target - 1e-12)
        ) / 3.0
        removed = 1.0 - cluster.untreated / max(cluster.effluent, 1e-9)
        renewable = (cluster.solar + cluster.shared_solar) / max(cluster.elec, 1e-9)
        left = (cluster.landfill - cluster.exchanged_landfill) / max(cluster.waste, 1e-9)
        environment += (1.0 * (removed >= p.pillar_removed * p.removal_real)
                        + (used >= p.pillar_reused * cluster.effluent) + (left < p.pillar_landfilled)
                        + (cluster.exchanged >= p.pillar_recycled * cluster.waste) + (renewable >= p.pillar_renewable)
                        + (cluster.recp >= p.pillar_recp * n)) / 6.0  # fmt: skip
        income = cluster.value_added / max(cluster.workers, 1e-9)
        social += (
            1.0 * (cluster.workers >= p.pillar_jobs * cluster.reference_workers)
            + (income >= p.pillar_income * cluster.income_reference * (1.0 - 1e-9))
            + (city.time - cluster.complained_at >= p.pillar_complaints - 1e-9)
            + (cluster.disclosing >= p.pillar_disclosing * n)
        ) / 4.0
        economic += (
            1.0 * (n > p.pillar_occupied * (cluster.slots - cluster.lost))
            + (cluster.profit > 0.0)
            + (cluster.in_symbiosis >= p.pillar_symbiosis * n)
        ) / 3.0
    number, total = max(number, 1.0), max(firms, 1.0)
    out[I.REVOCATIONS], out[I.COMPLAINTS] = revoked / dt, complaints / dt
    out[I.CETP_SHARE] = plants / max(existing, 1.0)
    out[I.GROUP_ENERGY], out[I.GROUP_WATER] = g0 / number, g1 / number
    out[I.GROUP_INFRASTRUCTURE], out[I.GROUP_INFORMATION] = g2 / number, g3 / number
    out[I.FIRMS], out[I.FIRMS_IN_CLUSTERS] = firms, inside
    out[I.JOBS], out[I.JOBS_IN_CLUSTERS] = workers, workers_in
    out[I.VALUE_ADDED], out[I.OUTPUT], out[I.PROFIT] = value, output, profit
    out[I.OUTPUT_IN_CLUSTERS] = output_in
    out[I.PLANNED_SLOTS] = planned_slots
    out[I.HECTARES_OPENED], out[I.SITES_BUILT], out[I.SITES_UNSUPPORTED] = p.planned_slot_area * planned_slots, decided, unpaid
    out[I.EXISTING_OCCUPANCY] = (inside - planned_firms) / max(old_slots, 1.0)
    out[I.PLANNED_OCCUPANCY] = planned_firms / planned_slots if planned_slots > 0.0 else np.nan
    for j in range(N_LEARNED):
        out[_FIRST_ADOPTION + j] = city.tech_count[j] / total
    out[I.ADOPTION_OWN_PLANT] = city.tech_count[OWN_PLANT] / total
    measures = 0.0
    for j in range(N_TECH):
        measures += city.tech_count[j] / total * p.tech_measures_counted[j]
    out[I.MEASURES] = measures
    out[I.RECP_SHARE] = recp / total
    out[I.REAL_SHARE], out[I.SHAM_SHARE], out[I.NONE_SHARE] = real / total, sham / total, 1.0 - (real + sham) / total
    out[I.ATTITUDE], out[I.TRUST] = attitude / total, trust / total
    out[I.ATTITUDE_GAP] = out[I.ATTITUDE] - out[I.REAL_SHARE]
    cluster_firms = max(inside, 1.0)
    out[I.BELIEF] = belief_sum / cluster_firms
    # without links: an average partner
    average = breach_hazard(p, p.integrity_alpha / (p.integrity_alpha + p.integrity_beta), p.enforcement, 0.0)
    mean_hazard = 0.5 * hazard / links if links > 0.0 else average
    out[I.BELIEF_GAP] = exp(-mean_hazard) - out[I.BELIEF]
    out[I.DISCLOSURE], out[I.IN_SYMBIOSIS] = sharing / cluster_firms, symbiosis / cluster_firms
    out[I.LINKS_ACTIVE], out[I.HUBS_ACTIVE] = links, hubs
    out[I.DENSITY] = links / pairs if pairs > 0.0 else 0.0
    out[I.CHAIN_DENSITY] = partners / max(inside, 1.0)
    out[I.TRADE_SHARE] = sold / max(output_in, 1e-9)
    out[I.R_REDUCE], out[I.R_REUSE], out[I.R_RECYCLE] = cut / number, reuse_r / number, recycle / number
    out[I.R_REFUSE], out[I.R_RETHINK] = refuse / number, rethink / number
    out[I.R_RESPONSIBILITY] = responsible / number
    out[I.PILLAR_MANAGEMENT], out[I.PILLAR_ENVIRONMENT] = management / number, environment / number
    out[I.PILLAR_SOCIAL], out[I.PILLAR_ECONOMIC] = social / number, economic / number


@inner
def _certificates(s, p, out):
    """Certificates and steps left: shares over the workers of the whole city, numbers of clusters and firms beside (13.1)."""
    for i in range(I.LEVEL1, I.ONLY_CLEAN_RECORD + 1):
        out[i] = 0.0
    workers = 0.0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == PLANNED and not cluster.built[WATER]:
            continue
        workers += cluster.workers
        if cluster.kind == OUTSIDE:
            continue
        left = number_unmet(cluster.unmet)
        here = cluster.firms > 0
        weakest = min(min(cluster.group[0], cluster.group[1]), min(cluster.group[2], cluster.group[3])) if here else 0.0
        _count(out, cluster, cluster.level >= 1, I.LEVEL1, I.CLUSTERS_LEVEL1)
        _count(out, cluster, cluster.level >= 2, I.LEVEL2, I.CLUSTERS_LEVEL2)
        _count(out, cluster, cluster.level >= 3, I.LEVEL3, I.CLUSTERS_LEVEL3)
        _count(out, cluster, cluster.shadow_level[0] > 0, I.LEVEL1_WIDE, I.CLUSTERS_LEVEL1_WIDE)
        _count(out, cluster, cluster.shadow_level[1] > 0, I.LEVEL1_82, I.CLUSTERS_LEVEL1_82)
        _count(out, cluster, cluster.shadow_level[2] > 0, I.LEVEL1_SIX, I.CLUSTERS_LEVEL1_SIX)
        _count(out, cluster, here and left == 0, I.ALL_MET, I.CLUSTERS_ALL_MET)
        _count(out, cluster, here and left <= 1, I.ONE_UNMET, I.CLUSTERS_ONE_UNMET)
        _count(out, cluster, here and weakest >= p.groups_low, I.GROUPS_40, I.CLUSTERS_GROUPS_40)
        _count(out, cluster, here and weakest >= p.groups_middle, I.GROUPS_50, I.CLUSTERS_GROUPS_50)
        _count(out, cluster, here and weakest >= p.groups_high, I.GROUPS_60, I.CLUSTERS_GROUPS_60)
        if cluster.level >= 1:
            out[I.FIRMS_LEVEL1] += cluster.firms
        if cluster.kind == EXISTING:
            standard = standard_exists(p, cluster.park, s.levers[cluster.lever_row].standard_year, s.city[0].time)
            out[I.CLUSTERS_WITH_STANDARD] += 1.0 if standard else 0.0
            out[I.CLUSTERS_WITH_PLAN] += 1.0 if cluster.plan_at > 0.0 else 0.0
            out[I.CLUSTERS_BARRED] += cluster.barred
            for i in range(len(SIX_ASPECTS)):
                out[I.SIX_REPORT + i] += (cluster.six_unmet >> i) & 1
        if cluster.kind == PLANNED:
            out[I.PLANNED_LEVEL1] += 1.0 if cluster.level >= 1 else 0.0
            out[I.PLANNED_ONE_UNMET] += 1.0 if here and left <= 1 else 0.0
        else:
            for i in range(RECP_HIGHER):
                if cluster.unmet >> i & 1:
                    out[I.UNMET_RECP_SHARE + i] += 1.0
                    if left == 1:
                        out[I.ONLY_RECP_SHARE + i] += 1.0
    for i in range(I.LEVEL1, I.GROUPS_60 + 1):
        out[i] /= max(workers, 1e-9)


@inner
def _count(out, cluster, yes, share, number):
    """Add a cluster of which something is true: its workers, and itself if it is no planned one."""
    if yes:
        out[share] += cluster.workers
        if cluster.kind == EXISTING:
            out[number] += 1.0


@inner
def _competitiveness(s, p, out):
    """Unit cost and margin of firms with T1 or T2 in operation, and of all others, in the last step of a year."""
    books = books_of(s, p)
    for i in range(2):
        sales, cost, profit = books[i]
        out[I.UNIT_COST_ADOPTERS + i] = cost / sales if sales > 0.0 else np.nan
        out[I.MARGIN_ADOPTERS + i] = profit / sales if sales > 0.0 else np.nan


@inner
def _once_a_year(s, p, out):
    """What needs a look at every firm: awareness, distribution of links, compliance of small firms, size and technology."""
    technology, law, symbiosis, total = 0, 0, 0, 0
    small, small_real, told = 0, 0, 0
    plants, weak, removed = 0, 0, 0.0
    most, ends = 0, 0
    counts = s.city[0].degree
    inside = 0
    sizes = s.sizes
    for j in range(N_TECH + 1):
        for i in range(SIZES):
            sizes[j, i] = 0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] != SLOT_TAKEN:
                    continue
                total += 1
                aware = np.int64(f.aware[k])
                for j in range(N_LEARNED):
                    technology += (aware >> j) & 1
                law += (aware >> AWARE_LAW) & 1
                symbiosis += (aware >> AWARE_SYMBIOSIS) & 1
                for n in range(N_PROGRAMMES):
                    told += (np.int64(f.told[k]) >> n) & 1
                if p.plants_age > 0.5 and f.compliance[k] == REAL_OWN:
                    plants += 1
                    removed += f.treats[k]
                    weak += 1 if f.treats[k] < p.plant_legal else 0
                size, runs = size_step(f.workers[k]), np.int64(f.tech[k])
                sizes[N_TECH, size] += 1
                for j in range(N_TECH):
                    sizes[j, size] += (runs >> j) & 1
                if f.workers[k] <= 10.0:
                    small += 1
                    small_real += 1 if f.compliance[k] >= REAL_OWN else 0
                if cluster.kind != OUTSIDE:
                    inside += 1
                    links = f.links[k]
                    ends += links
                    most = max(most, links)
    total = max(total, 1)
    out[I.AWARE_TECHNOLOGY], out[I.AWARE_LAW] = technology / (N_LEARNED * np.float64(total)), law / total
    out[I.AWARE_SYMBIOSIS] = symbiosis / total
    out[I.AWARE_PROGRAMME] = told / (N_PROGRAMMES * np.float64(total))
    out[I.REAL_SHARE_SMALL] = small_real / max(small, 1)
    out[I.PLANT_REMOVAL], out[I.PLANTS_WEAK] = removed / max(plants, 1), weak / max(plants, 1)
    for j in range(N_TECH):
        out[_FIRST_ODDS + j] = odds_per_doubling(sizes, j, s.sheet[0].chance)
    out[I.LARGEST_NODE] = most / (0.5 * ends) if ends > 0 else 0.0
    # Gini coefficient from the histogram of degrees
    weighted, rank = 0.0, 0.0
    for d in range(counts.size):
        n = np.float64(counts[d])
        weighted += d * (n * rank + 0.5 * n * (n + 1.0))
        rank += n
    out[I.DEGREE_GINI] = 2.0 * weighted / (inside * ends) - (inside + 1.0) / inside if ends > 0 else 0.0
