"""11 The indicators of a step, from their definitions in ``ecocluster.model.indicators`` and section 4.9 of the ODD."""

from __future__ import annotations

import math

import numpy as np
from ecocluster.model.indicators import INDICATORS, LEVEL_1
from ecocluster.model.ledger import FLOW_ACCOUNTS, FLOWS, OUTLAY
from ecocluster.model.vocabulary import LEARNED, TECHNOLOGIES

from .formulas import rules
from .knowledge import enforcement
from .objects import (
    AWARE_LAW,
    AWARE_SYMBIOSIS,
    EXISTING,
    NEVER,
    OUTSIDE,
    OWN_PLANT,
    PLANNED,
    REAL_OWN,
    WATER,
)
from .pool import sums_of

__all__ = ["indicators", "yearly_indicators"]


def indicators(model) -> dict[str, float]:
    """Indicators of the step that has just ended; flows are rates a year."""
    opened = [c for c in model.clusters if c.kind != PLANNED or c.built[WATER]]
    inside = [c for c in opened if c.kind != OUTSIDE]
    out = _physical(model) | _firms(model, opened, inside) | _money(model) | _parties(model)
    out |= _network(model, inside) | _clusters(model, inside) | _certificates(model, opened)
    events = ("exits", "bankrupt", "moved", "credit_asked", "credit_approved", "inspections", "fined", "suspensions", "identified",
              "screened", "studied", "agreed", "hubs_started", "cases", "activated", "broken", "complaints", "complaints_dense", "conflicts", "permits_delayed", "projects_delayed", "revocations", "entered_clusters", "entered_outside",
              "entered_arrivals", "entered_pool", "admission_refused", "pool_moved", "t1_by_trade", "t1_by_others", "t2_by_trade", "t2_by_others")  # fmt: skip
    out |= {name: model.events[name] / model.dt for name in events}
    accepted = [(c.acceptance, c.counted_workers) for c in model.clusters if c.acceptance is not None]
    people = sum(workers for _, workers in accepted)
    if people:
        out["acceptance"] = sum(a * workers for a, workers in accepted) / people
    for where in ("", "_dense"):
        out[f"conflict_days{where}"] = model.p.conflict_days * model.events[f"conflicts{where}"] / model.dt
    out |= {f"{name}_displaced": model.displaced[name] for name in ("output", "cod")}
    out |= {
        f"free_riders_{name}": model.paid_anyway[j] / model.paid[j] if model.paid[j] else math.nan for j, name in enumerate(LEARNED)
    }
    kept = [c for c in model.clusters if c.kind != OUTSIDE and c.counted >= 2]
    coordinators = sum(model.p.coordinator_persons * c.levers.coordinator for c in kept)
    out["cases_per_coordinator"] = out["cases"] / coordinators if coordinators > 0.0 else 0.0
    out["visits_missed"] = 1.0 - model.visits_made / model.visits_due if model.visits_due else 0.0
    out["cases_waiting"] = sum(c.waiting for c in kept)
    for kind in ("links", "hubs"):
        for years in (3, 8):
            out[f"{kind}_lasted_{years}"] = model.lasted[kind, years] / max(model.due[kind, years], 1)
    _add_pool(model, out)
    raised = sum(model.so_far[f"land_{source}"] for source in ("vacant", "unbuilt", "compensated"))
    out |= {name: model.so_far[name] for name in ("land_vacant", "land_unbuilt", "land_compensated", "plots_lost", "plots_opened",
                                                  "firms_cleared")}  # fmt: skip
    out |= {"land_raised": raised, "compensated_share": model.so_far["land_compensated"] / max(raised, 1e-9)}
    out["credit_share"] = model.events["credit_granted"] / max(model.events["credit_approved"], 1)
    return out


def _add_pool(model, out: dict[str, float]) -> None:
    """The city's sums contain the producers outside; shares do not."""
    here, gone = sums_of(model, gone=False), sums_of(model, gone=True)
    carbon = here["elec"] * model.grid_factor + here["fuel"] * model.p.fuel_factor
    out |= {"pool_firms": here["firms"], "pool_cod": here["cod"], "pool_tco2e": carbon, "pool_landfilled": here["landfill"],
            "pool_value_added": here["value"], "cod_left_homes": gone["cod"], "fuel_left_homes": gone["fuel"]}  # fmt: skip
    more = {"grid_mwh": here["elec"], "fuel_gj": here["fuel"], "tco2e": carbon, "tco2e_landfill": here["gas"], "water": here["water"],
            "effluent": here["effluent"], "cod": here["cod"], "cod_dense": here["cod"], "smoke": here["smoke"], "smoke_dense": here["smoke"], "waste": here["waste"],
            "landfilled": here["landfill"], "dealer": here["waste"] - here["landfill"], "firms": here["firms"],
            "jobs": here["workers"], "output": here["output"], "value_added": here["value"], "profit": here["profit"]}  # fmt: skip
    for name, amount in more.items():
        out[name] += amount


def _physical(model) -> dict[str, float]:
    def rate(name: str) -> float:
        return model.matter[name] / model.dt

    p, outside = model.p, model.outside.sums
    reused = rate("REUSED_M3") + rate("EXCHANGED_M3")
    return {
        "grid_mwh": rate("GRID_MWH"), "solar_mwh": rate("SOLAR_MWH") + rate("SHARED_SOLAR_MWH"), "fuel_gj": rate("FUEL_GJ"),
        "tco2e": rate("GRID_MWH") * model.grid_factor + rate("FUEL_GJ") * p.fuel_factor - rate("EXCHANGE_TCO2E"),
        "tco2e_outside": (outside.elec - outside.solar) * model.grid_factor + outside.fuel * p.fuel_factor,
        "upstream_tco2e": rate("UPSTREAM_TCO2E"), "tco2e_landfill": rate("LANDFILL_TCO2E"), "effluent": rate("EFFLUENT_M3"), "cod": rate("COD_KG") / 1000.0,
        "cod_dense": sum(c.sums.cod for c in model.clusters if c.kind == EXISTING and c.urban) / 1000.0,
        "smoke": sum(c.sums.smoke for c in model.clusters),
        "smoke_dense": sum(c.sums.smoke for c in model.clusters if c.kind == EXISTING and c.urban),
        "treated_share": 1.0 - rate("UNTREATED_M3") / max(rate("EFFLUENT_M3"), 1e-9), "waste": rate("WASTE_T"),
        "waste_reduced": rate("WASTE_REDUCED_T"), "exchanged": rate("EXCHANGED_T"), "pooled": rate("POOLED_T"),
        "landfilled": rate("LANDFILL_T"), "dealer": rate("DEALER_T"), "heat_exchanged": rate("EXCHANGED_GJ"),
        "reused_water": reused, "water": rate("WATER_M3") - reused,
    }  # fmt: skip


def _firms(model, opened: list, inside: list) -> dict[str, float]:
    firms = sum(c.counted for c in opened)
    number = max(firms, 1)
    shares = {name: sum(getattr(c.sums, field) for c in opened) / number for name, field in (
        ("recp_share", "recp"), ("real_share", "real"), ("sham_share", "sham"), ("attitude", "attitude"), ("trust", "trust"))}  # fmt: skip
    adoption = [count / number for count in model.tech_count]
    slots = sum(c.usable for c in inside if c.kind == PLANNED)
    sites = [c for c in model.clusters if c.kind == PLANNED and c.opened < NEVER]
    old = [c for c in inside if c.kind == EXISTING]
    out = {
        "hectares_opened": model.p.planned_slot_area * slots,
        "sites_built": len(sites),
        "sites_unsupported": sum(site.support == 0.0 for site in sites),
        "existing_occupancy": sum(c.counted for c in old) / max(sum(c.usable for c in old), 1),
        **shares,
        "firms": firms,
        "firms_in_clusters": sum(c.counted for c in inside),
        "jobs": sum(c.counted_workers for c in opened),
        "jobs_in_clusters": sum(c.counted_workers for c in inside),
        "none_share": 1.0 - shares["real_share"] - shares["sham_share"],
        "attitude_gap": shares["attitude"] - shares["real_share"],
        "measures": sum(a * weight for a, weight in zip(adoption, model.p.tech_measures_counted, strict=True)),
        "planned_slots": slots,
    }
    if slots:
        out["planned_occupancy"] = sum(c.counted for c in inside if c.kind == PLANNED) / slots
    for name, field in (("value_added", "value_added"), ("output", "output"), ("profit", "profit")):
        out[name] = sum(getattr(c.sums, field) for c in opened)
    out["output_in_clusters"] = sum(c.sums.output for c in inside)
    names = ("adoption_T1", "adoption_T2", "adoption_T4", "adoption_T5", "adoption_own_plant")
    return out | dict(zip(names, adoption, strict=True))


def _money(model) -> dict[str, float]:
    flows = model.ledger

    def rate(*names: str) -> float:
        return sum(flows[name] for name in names) / model.dt

    def result(account: str) -> float:  # memoranda have no accounts
        return (
            sum(flows[name] * ((receiver == account) - (payer == account)) for name, (payer, receiver) in FLOW_ACCOUNTS.items())
            / model.dt
        )

    return {
        "outlay": rate(*OUTLAY), "receipts": rate("TAX", "FINE", "ENVIRONMENTAL_FEE"),
        "outlay_doses": rate("FIXED_DOSES", "RULE_SET_UP"), "outlay_inspections": rate("INSPECTIONS"),
        "outlay_law": rate("LAW_SET_UP", "LAW_DATA"), "fines": rate("FINE"),
        "outlay_grants": rate("GRANTS"), "outlay_credit": rate("INTEREST_CUT", "GUARANTEE"),
        "outlay_symbiosis": rate("STUDY_AID", "LINK_GRANT", "HUB_GRANT"),
        "outlay_infrastructure": rate("PROJECT_FUND", "CITY_CETP"),
        "outlay_planned": rate("LAND_SUPPORT", "RELOCATION_AID"), "tax_forgone": rate("TAX_FORGONE"),
        "free_riders": rate("FREE_RIDERS"), "side_payments": rate("SIDE_PAYMENT"),
        "operator_result": result("operator"), "developer_result": result("developer"),
        "unspent": sum(fund.general + sum(fund.purse) + fund.lapsed for fund in model.funds),
    }  # fmt: skip


def _parties(model) -> dict[str, float]:
    """Transfers by pair; social cost: what goes to resources less what comes from them, capital by its service."""
    p, flows, dt = model.p, model.ledger, model.dt
    out = {f"transfer_{flow.payer}_{flow.receiver}": 0.0 for flow in FLOWS.values() if flow.kind == "transfer"}
    parts = {flow.purpose: 0.0 for flow in FLOWS.values() if flow.kind == "resource"}
    volume = 0.0
    for name, flow in FLOWS.items():
        if flow.kind == "transfer":
            out[f"transfer_{flow.payer}_{flow.receiver}"] += flows[name] / dt
            volume += abs(flows[name]) / dt
        elif flow.kind == "resource":
            parts[flow.purpose] += flows[name] / dt * (1.0 if flow.receiver == "resources" else -1.0)
    parts["capital"] = sum(service for _, service in model.capital) / dt
    social = sum(parts.values())
    outlay = sum(flows[name] for name in OUTLAY) / dt
    net = outlay - (flows["TAX"] + flows["FINE"] + flows["ENVIRONMENTAL_FEE"]) / dt
    own = ("TAX_FORGONE", "LAW_SET_UP", "LAW_DATA", "INSPECTIONS", "CITY_CETP")  # nobody abroad pays for the law
    abroad = p.funds_from_abroad * (outlay - sum(flows[name] for name in own) / dt)
    funds = (p.public_funds_cost - 1.0) * net
    return out | {f"social_{part}": amount for part, amount in parts.items()} | {
        "transfers": volume, "social_funds": funds, "social_cost": social + funds, "private_net": social - net,
        "outlay_gross": outlay, "outlay_nation": flows["TAX_FORGONE"] / dt, "outlay_abroad": abroad,
        "outlay_city": outlay - flows["TAX_FORGONE"] / dt - abroad,
    }  # fmt: skip


def _network(model, inside: list) -> dict[str, float]:
    p, flows = model.p, model.ledger
    links, firms = sum(c.active_links for c in inside), max(sum(c.counted for c in inside), 1)
    pairs = sum(c.counted * (c.counted - 1) for c in inside)
    start = p.trust_alpha / (p.trust_alpha + p.trust_beta)
    sold, belief = (flows["LINK_PAYMENTS"] + flows["HUB_FEE"]) / model.dt, 0.0
    for c in inside:
        trust = c.sums.trust / max(c.counted, 1)
        sold += c.sums.sold_inside * max(1.0 + p.spillover * (trust - start), 0.0)
        belief += c.counted * rules.trust.belief(p, trust, enforcement(p, c))
    return {
        "links_active": links,
        "hubs_active": sum(c.active_hubs for c in inside),
        "density": links / pairs if pairs else 0.0,
        "disclosure": sum(c.sums.disclosing for c in inside) / firms,
        "in_symbiosis": sum(c.sums.in_symbiosis for c in inside) / firms,
        "belief": belief / firms,
        "chain_density": sum(c.trade_ties for c in inside) / firms,
        "trade_share": sold / max(sum(c.sums.output for c in inside), 1e-9),
    }


def _clip(x: float) -> float:
    return min(max(x, 0.0), 1.0)


def _clusters(model, inside: list) -> dict[str, float]:
    """Groups, 6R, pillars: means over clusters."""
    existing = [c for c in inside if c.kind == EXISTING]
    out = {}
    out["cetp_share"] = [c.built[WATER] for c in existing]
    for i, name in enumerate(("energy", "water", "infrastructure", "information")):
        out[f"group_{name}"] = [c.group[i] for c in inside]
    used = [c.sums.reused + c.water_linked for c in inside]
    out["r_reduce"] = [_clip(c.cut / model.p.full_cut) for c in inside]
    out["r_reuse"] = [_clip(water / max(c.sums.water, 1e-9)) for c, water in zip(inside, used, strict=True)]
    out["r_recycle"] = [_clip(c.exchanged / max(c.sums.waste, 1e-9)) for c in inside]
    out["r_refuse"] = [c.sums.t5_workers / max(c.counted_workers, 1e-9) for c in inside]
    out["r_rethink"] = [c.sums.rethink_workers / max(c.counted_workers, 1e-9) for c in inside]
    out["r_responsibility"] = [0.5 * (c.sums.real + c.sums.disclosing) / max(c.counted, 1) for c in inside]
    met = [_requirements(model.p, model.now - model.dt, c, water) for c, water in zip(inside, used, strict=True)]
    for pillar in ("management", "environment", "social", "economic"):
        out[f"pillar_{pillar}"] = [sum(one[pillar]) / len(one[pillar]) for one in met]
    return {name: sum(values) / max(len(values), 1) for name, values in out.items()}


def _requirements(p, now: float, c, used: float) -> dict[str, list[bool]]:
    """Requirements of the four pillars (table in section 4.9 of the ODD)."""
    sums = c.sums
    treated = 1.0 - sums.untreated / max(sums.effluent, 1e-9)
    jobs, usual_income = c.usual
    enough = p.pillar_removed * p.removal_real
    income = sums.value_added / max(c.counted_workers, 1e-9)
    return {
        "management": [c.measured >= p.measured_least, c.engaged >= p.pillar_studied, c.land >= p.land_target - 1e-12],
        "environment": [treated >= enough, used >= p.pillar_reused * sums.effluent,
                        sums.landfill - c.exchanged_landfill < p.pillar_landfilled * max(sums.waste, 1e-9),
                        c.exchanged >= p.pillar_recycled * sums.waste,
                        sums.solar + sums.shared_solar >= p.pillar_renewable * max(sums.elec, 1e-9),
                        sums.recp >= p.pillar_recp * c.counted],
        "social": [c.counted_workers >= p.pillar_jobs * jobs, income >= p.pillar_income * usual_income * (1.0 - 1e-9),
                   now - c.complained_at >= p.pillar_complaints - 1e-9, sums.disclosing >= p.pillar_disclosing * c.counted],
        "economic": [c.counted > p.pillar_occupied * (c.usable - c.lost), sums.profit > 0.0,
                     sums.in_symbiosis >= p.pillar_symbiosis * c.counted],
    }  # fmt: skip


def _certificates(model, opened: list) -> dict[str, float]:
    """Certificates and steps left: shares of the city's workers, numbers of existing clusters, planned ones apart."""
    p, workers = model.p, sum(c.counted_workers for c in opened)
    inside = [c for c in opened if c.kind != OUTSIDE]
    left = {c: sum(c.unmet >> k & 1 for k in range(len(LEVEL_1))) if c.counted else 99 for c in inside}
    found = {f"level{n}": [c for c in inside if c.level >= n] for n in (1, 2, 3)}
    found |= {f"level1_{name}": [c for c in inside if c.shadow_level[n]] for n, name in enumerate(("wide", "82", "six"))}
    found |= {"all_met": [c for c in inside if left[c] == 0], "one_unmet": [c for c in inside if left[c] <= 1]}
    for name, least in (("40", p.groups_low), ("50", p.groups_middle), ("60", p.groups_high)):
        found[f"groups_{name}"] = [c for c in inside if c.counted and min(c.group) >= least]
    out = {}
    for name, clusters in found.items():
        out[name] = sum(c.counted_workers for c in clusters) / max(workers, 1e-9)
        out[f"clusters_{name}"] = sum(c.kind == EXISTING for c in clusters)
        out[f"planned_{name}"] = sum(c.kind == PLANNED for c in clusters)
    out["clusters_with_standard"] = sum(
        rules.certification.standard_exists(p, c.park, c.levers.standard_year, model.step_at) for c in inside if c.kind == EXISTING
    )
    out["clusters_with_plan"] = sum(c.plan_at is not None for c in inside if c.kind == EXISTING)
    out["clusters_barred"] = sum(c.barred for c in inside if c.kind == EXISTING)
    for k, name in enumerate(("report", "jobs", "gain", "small")):
        out[f"six_{name}"] = sum(c.six_unmet >> k & 1 for c in inside if c.kind == EXISTING)
    out["firms_level1"] = sum(c.counted for c in found["level1"])
    for k, name in enumerate(LEVEL_1):
        fail = [c for c in inside if c.kind == EXISTING and c.unmet >> k & 1]
        out[f"unmet_{name}"], out[f"only_{name}"] = len(fail), sum(left[c] == 1 for c in fail)
    return {name: value for name, value in out.items() if name in INDICATORS}


def yearly_indicators(model) -> dict[str, float]:
    """What is counted at the end of a year: awareness, small firms, the shape of the network of links."""
    firms = [firm for cluster in model.clusters for firm in cluster.residents()]
    number, small = max(len(firms), 1), [firm for firm in firms if firm.workers <= 10.0]
    degree = sorted(firm.active_links for firm in firms if firm.cluster.kind != OUTSIDE)
    ends, n = sum(degree), len(degree)
    own = [firm.treats for firm in firms if firm.compliance == REAL_OWN and model.p.plants_age]
    gini = 0.0
    if ends:
        gini = 2.0 * sum(rank * d for rank, d in enumerate(degree, 1)) / (n * ends) - (n + 1.0) / n
    return {
        "aware_technology": sum(firm.knows(j) for firm in firms for j in range(OWN_PLANT)) / (4.0 * number),
        "aware_law": sum(firm.knows(AWARE_LAW) for firm in firms) / number,
        "aware_symbiosis": sum(firm.knows(AWARE_SYMBIOSIS) for firm in firms) / number,
        "aware_programme": sum(firm.told >> part & 1 for firm in firms for part in range(3)) / (3.0 * number),
        "plant_removal": sum(own) / max(len(own), 1),
        "plants_weak": sum(share < model.p.plant_legal for share in own) / max(len(own), 1),
        "real_share_small": sum(firm.compliance >= REAL_OWN for firm in small) / max(len(small), 1),
        "largest_node": 2.0 * degree[-1] / ends if ends else 0.0,
        "degree_gini": gini,
        **_competitiveness(model, firms),
        **{f"size_odds_{name}": _size_odds(firms, j) for j, name in enumerate(TECHNOLOGIES)},
    }


def _competitiveness(model, firms: list) -> dict[str, float]:
    """Cost and profit over sales, of firms with T1 or T2 and of the others; who came in this step has no books."""
    p, out = model.p, {}
    known = [firm for firm in firms if firm.born < model.step_at - 1e-9]
    for name, group in (("adopters", [f for f in known if f.tech & 3]), ("others", [f for f in known if not f.tech & 3])):
        sales = [p.sector_revenue_mVND[f.sector] * f.revenue_factor * f.activity for f in group]
        premium = sum(p.export_premium * sold for f, sold in zip(group, sales, strict=True) if f.exporter and f.cluster.level >= 1)
        profit, service = sum(f.profit for f in group), sum(f.debt_service for f in group)
        total = sum(sales)
        out[f"unit_cost_{name}"] = (total + premium - profit - service) / total if total > 0.0 else math.nan
        out[f"margin_{name}"] = profit / total if total > 0.0 else math.nan
    return out


def _size_odds(firms: list, j: int) -> float:
    """Odds ratio per doubling of workers, firm by firm, by weighted least squares until nothing changes."""
    has = np.array([firm.tech >> j & 1 for firm in firms], float)
    if min(has.sum(), len(has) - has.sum()) < 5:
        return math.nan
    x = np.array([round(4 * math.log2(max(firm.workers, 1.0))) / 4 for firm in firms])
    design = np.column_stack([np.ones_like(x), x - x.mean()])
    found = np.zeros(2)
    for _ in range(60):
        share = 1.0 / (1.0 + np.exp(-design @ found))
        root = np.sqrt(share * (1.0 - share))
        if not root.min() > 0.0:  # size separates those who have it from those who do not: no slope is the likeliest
            return math.nan
        change = np.linalg.lstsq(design * root[:, None], (has - share) / root, rcond=None)[0]
        found = found + change
        if np.abs(change).sum() < 1e-11:
            return math.exp(found[1])
    return math.nan
