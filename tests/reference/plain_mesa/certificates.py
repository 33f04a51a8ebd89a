"""9 What a cluster has reached, what it misses, and its certificate (5g, 13.1)."""

from __future__ import annotations

from ecocluster.model.indicators import CRITERIA, STATES
from ecocluster.model.maths import exp

from .formulas import rules
from .luck import PURPOSE
from .objects import ENERGY, INFORMATION, INFRASTRUCTURE, OUTSIDE, PLANNED, T1, T2, WATER

__all__ = ["update_levels"]

BIT = {name: 1 << k for k, name in enumerate((*CRITERIA, *STATES))}
RECP = (0.0, "recp_least_1", "recp_least_2", "recp_least_3")


def update_levels(model) -> None:
    """Serious violations, the four groups, unmet criteria; applications and reviews of certificates."""
    p, now, dt, luck = model.p, model.now, model.dt, model.luck
    hears = rules.diffusion.event(p.project_review, dt)
    for cluster in model.clusters:
        if cluster.kind == OUTSIDE:
            continue
        keep = exp(-dt)  # grants of about the last year
        cluster.grants_year = cluster.grants_year * keep + cluster.grants_flow / dt * (1.0 - keep)
        cluster.grants_flow, cluster.seeks = 0.0, False
        if not cluster.counted:
            cluster.unmet = BIT["no_firms"]
            continue
        levers, sums = cluster.levers, cluster.sums
        untreated = sums.untreated / max(sums.effluent, 1e-9)
        chance = rules.diffusion.event(rules.certification.violation_hazard(p, untreated), dt)
        if levers.relief_record < 0.5 and luck.uniform(PURPOSE.CLUSTER_VIOLATION, model.quarter, cluster.ident) < chance:
            cluster.last_violation = now
        _look_back(model, cluster)
        _measure_groups(p, cluster, untreated)

        gain = _multiplier(levers, min(cluster.level + 1, 3)) - _multiplier(levers, cluster.level)
        value = rules.certification.incentive(p, gain, cluster.grants_year, cluster.counted)
        always = p.application_test < 0.5
        first = _first(model, cluster, untreated)
        standard = rules.certification.standard_exists(p, cluster.park, levers.standard_year, now)
        _assess(model, cluster, first == 0, standard and levers.standard_compulsory > 0.5)
        _apply_and_review(model, cluster, first, standard, always or value > p.application_cost, _heard(model, cluster, 4, hears))
        lacks = {name for name, bit in BIT.items() if first & bit} == {"symbiosis"} and not _exchanges(model, cluster)
        pays = always or value > p.application_cost + p.cost_study
        cluster.seeks = lacks and standard and (pays or cluster.plan_at is not None)
        others = first & ~BIT["symbiosis"]
        _shadow(model, cluster, 0, others, _wide(model, cluster), standard and _heard(model, cluster, 5, hears))
        if not p.waive_clean_record > 0.5:
            others &= ~BIT["clean_record"]
            others |= BIT["clean_record"] if now - cluster.last_violation < p.decree82_clean_years else 0
        _shadow(model, cluster, 1, others, _decree_82(model, cluster), standard and _heard(model, cluster, 6, hears))
        if p.six_aspects > 0.5:
            cluster.six_unmet = _six_aspects(p, cluster)
            _shadow(model, cluster, 2, first | cluster.six_unmet, True, standard and _heard(model, cluster, 7, hears))


def _six_aspects(p, cluster) -> int:
    """What is missed of: a public report, jobs kept, a gain of firms, small firms served; housing and services are not modelled."""
    sums = cluster.sums
    met = (sums.disclosing >= p.six_report_least * cluster.counted,
           cluster.counted_workers >= p.six_jobs_least * cluster.reference_workers,
           sums.profit >= p.six_gain_least * cluster.counted_workers * cluster.profit_reference,
           cluster.small_served >= p.six_small_least)  # fmt: skip
    return sum(1 << n for n, fulfilled in enumerate(met) if not fulfilled)


def _assess(model, cluster, fulfilled: bool, compulsory: bool) -> None:
    """A compulsory standard is looked after every few years; a plan that is overdue bars from the funds."""
    p, now = model.p, model.now
    if not compulsory:
        cluster.assess_at, cluster.plan_at, cluster.barred = None, None, False
        return
    if cluster.assess_at is None:
        cluster.assess_at = now + p.assessment_years * model.luck.uniform(PURPOSE.CLUSTER_ASSESSMENT, 0, cluster.ident)
    due = now >= cluster.assess_at - 1e-9
    if due:
        cluster.assess_at += p.assessment_years
    if fulfilled:
        cluster.plan_at = None
    elif due and cluster.plan_at is None:
        cluster.plan_at = now
    cluster.barred = cluster.plan_at is not None and now - cluster.plan_at >= p.plan_term - 1e-9


def _multiplier(levers, level: int) -> float:
    return getattr(levers, f"multiplier_L{level}")


def _heard(model, cluster, what: int, chance: float) -> bool:
    """Does the office look at this cluster in this quarter?"""
    return model.luck.uniform(PURPOSE.CLUSTER_REVIEW, model.quarter, cluster.ident * 8 + what) < chance


def _look_back(model, cluster) -> None:
    """Who was reached, served, engaged in the last four quarters; what is measured."""
    p, firms, sums = model.p, cluster.firms, cluster.sums

    def lately(when: float) -> bool:
        return when >= model.now - p.exchange_years + 1e-9

    def linked(firm) -> bool:
        return firm.active_links > 0 or any(firm.member)

    channels = [
        (lately(f.visited), lately(f.served), f.in_club, any(f.member), cluster.levers.platform > 0.0 and f.discloses)
        for f in firms
    ]
    cluster.sharing = sum(map(any, channels)) / len(firms)
    cluster.served = sum(lately(f.served) for f in firms) / len(firms)
    small = [f for f in firms if f.workers <= p.six_small_workers]
    cluster.small_served = sum(lately(f.served) or lately(f.visited) for f in small) / len(small) if small else 1.0
    cluster.engaged = sum(linked(f) or lately(f.studied) for f in firms) / len(firms)
    cluster.aware = sum(f.knows(T1) or f.knows(T2) for f in firms) / len(firms)
    if cluster.exchanges >= p.exchange_least:
        cluster.exchange_at = model.now
    flow = sums.measured_own
    if cluster.built[WATER] and cluster.design_flow >= 365.0 * p.measured_plant:
        flow += cluster.connected
    share = min(flow / max(sums.effluent, 1e-9), 1.0)
    if cluster.built[INFORMATION]:
        share = max(share, p.planned_data)
    cluster.measured = 1.0 if cluster.levers.relief_monitoring > 0.5 else share


def _measure_groups(p, cluster, untreated: float) -> None:
    """The four groups of S1, each 0-1."""
    rule, sums, built = rules.certification, cluster.sums, cluster.built
    intensity = (sums.elec * 3.6 + sums.fuel) / max(sums.output, 1e-9)
    known = cluster.intensity_reference > 0.0
    cut = cluster.cut = 1.0 - intensity / cluster.intensity_reference if known else 0.0
    renewable = (sums.solar + sums.shared_solar) / max(sums.elec, 1e-9)
    reuse = (sums.reused + cluster.water_linked) / max(sums.water, 1e-9)
    depot = built[INFRASTRUCTURE] or cluster.active_hubs > 0
    data = 1.0 if built[INFORMATION] else cluster.measured
    cluster.group = [
        rule.energy_group(p, cut, renewable),
        rule.water_group(p, 1.0 - untreated, reuse),
        rule.infrastructure_group(p, cluster.land, float(built[WATER]), float(depot)),
        rule.information_group(data, cluster.sharing),
    ]


# --- symbiosis in its readings ---------------------------------------------------------------------------


def _lately(model, when: float) -> bool:
    return model.now - when < model.p.exchange_years - 1e-9


def _exchanges(model, cluster) -> bool:
    return _lately(model, cluster.exchange_at)


def _scheme(model, cluster) -> bool:
    """A newly planned cluster shows a registered scheme until its first review."""
    return cluster.kind == PLANNED and model.now < cluster.opened + model.p.level_years - 1e-9


def _wide(model, cluster) -> bool:
    depot = cluster.built[INFRASTRUCTURE] and _lately(model, cluster.flowed_at)
    shared = cluster.built[INFORMATION] or cluster.served >= model.p.wide_service_least
    return bool(_scheme(model, cluster) or _exchanges(model, cluster) or depot or shared)


def _decree_82(model, cluster) -> bool:
    p = model.p
    engaged = cluster.engaged >= p.decree82_engaged and cluster.aware >= p.decree82_aware
    return _scheme(model, cluster) or (_exchanges(model, cluster) and engaged)


def _symbiosis(model, cluster) -> bool:
    """The reading on which operators act."""
    reading = model.p.symbiosis_reading
    if reading > 0.5:
        return _wide(model, cluster) or (reading > 1.5 and cluster.built[ENERGY])
    return _scheme(model, cluster) or _exchanges(model, cluster)


# --- criteria --------------------------------------------------------------------------------------------


def _first(model, cluster, untreated: float) -> int:
    """Criteria of level 1 that are not met and not waived, as bits."""
    p, sums = model.p, cluster.sums
    met = {
        "shared_land": cluster.land >= p.land_target - 1e-12,
        "treatment": cluster.built[WATER] or 1.0 - untreated >= p.treated_least,
        "monitoring": cluster.measured >= p.measured_least,
        "symbiosis": _symbiosis(model, cluster),
        "recp_share": sums.recp / cluster.counted >= p.recp_least_1,
        "clean_record": model.now - cluster.last_violation >= p.clean_years,
    }
    return sum(BIT[name] for name, fulfilled in met.items() if not fulfilled and getattr(p, f"waive_{name}") <= 0.5)


def _beyond(model, cluster, level: int) -> int:
    """What level 2 or 3 asks for beyond level 1, as bits."""
    if level < 2:
        return 0
    p, sums, firms = model.p, cluster.sums, cluster.counted
    least = p.group_least_2 if level == 2 else p.group_least_3
    met = {
        "recp_share_higher": sums.recp / firms >= getattr(p, RECP[level]),
        "symbiosis_share": sums.in_symbiosis / firms >= (p.engaged_least_2 if level == 2 else p.engaged_least_3),
    }
    for name, value in zip(("energy", "water", "infrastructure", "information"), cluster.group, strict=True):
        met[f"group_{name}"] = value >= least
    return sum(BIT[name] for name, fulfilled in met.items() if not fulfilled)


def _apply_and_review(model, cluster, first: int, standard: bool, worth: bool, heard: bool) -> None:
    p, now, level = model.p, model.now, cluster.level
    ready = level < 3 and not first | _beyond(model, cluster, level + 1)
    cluster.unmet = first | _beyond(model, cluster, min(max(level + 1, 2), 3))
    if ready and not standard:
        cluster.unmet |= BIT["no_standard"]
    elif ready and not worth:
        cluster.unmet |= BIT["not_worth_it"]
    if level > 0 and now >= cluster.review_at - 1e-9:
        while cluster.level > 0 and first | _beyond(model, cluster, cluster.level):
            cluster.level -= 1
            model.events["revocations"] += 1
        cluster.review_at = now + p.level_years
    if ready and standard and worth and heard:
        model.ledger["APPLICATION"] += p.application_cost
        cluster.level += 1
        cluster.review_at = now + p.level_years
        cluster.certified_at = min(cluster.certified_at, now + model.dt)


def _shadow(model, cluster, n: int, others: int, symbiosis: bool, heard: bool) -> None:
    """Level 1 in another reading: the same office, nobody pays, nobody acts."""
    met = not others and (symbiosis or model.p.waive_symbiosis > 0.5)
    held = cluster.shadow_level[n]
    due = held and model.now >= cluster.shadow_review[n] - 1e-9
    if due or (not held and met and heard):
        cluster.shadow_level[n] = int(met)
        cluster.shadow_review[n] = model.now + model.p.level_years
