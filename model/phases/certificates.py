"""Phase 9: what a cluster has reached, which criteria it misses, and its certificate (5g, 13.1)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import exp
from ..randomness import CERTIFICATE, Purpose, of_office, uniform
from ..rules.certification import (
    CLEAN_RECORD,
    DECREE_82,
    EXCHANGE,
    GROUP_ENERGY,
    LEVEL_1,
    MONITORING,
    NO_FIRMS,
    NO_STANDARD,
    NOT_WORTH,
    RECP_HIGHER,
    RECP_SHARE,
    SHARED_LAND,
    SIX_ASPECTS,
    SYMBIOSIS,
    SYMBIOSIS_SHARE,
    TREATMENT,
    WIDE,
    WIDE_AND_SOLAR,
    Aspects,
    Shown,
    bit,
    energy_group,
    engaged_least,
    group_least,
    incentive,
    information_group,
    infrastructure_group,
    measured_share,
    recp_least,
    six_unmet,
    standard_exists,
    symbiosis_met,
    violation_hazard,
    waived,
    water_group,
)
from ..rules.diffusion import event
from ..state import ENERGY, INFORMATION, INFRASTRUCTURE, LANES, OUTSIDE, PLANNED, SLOT_TAKEN, T1_OR_T2, WATER

__all__ = ["update_levels"]


@inner
def update_levels(s, p):
    """Groups and unmet criteria of every cluster; serious violations; applications and reviews of certificates."""
    city = s.city[0]
    now, dt = city.time, city.dt
    keep_year = exp(-dt)
    office = event(p.project_review, dt)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.kind == OUTSIDE:
            continue
        cluster.grants_year = cluster.grants_year * keep_year + cluster.grants_flow / dt * (1.0 - keep_year)
        cluster.grants_flow = 0.0
        cluster.seeks = 0
        if cluster.firms == 0:
            cluster.unmet = 1 << NO_FIRMS
            continue
        lever = s.levers[cluster.lever_row]
        untreated = cluster.untreated / max(cluster.effluent, 1e-9)
        if lever.relief_record < 0.5:
            u = uniform(city.key, Purpose.CLUSTER_VIOLATION, city.step, c)
            if u < event(violation_hazard(p, untreated), dt):
                cluster.last_violation = now
        _look_back(s, p, cluster, lever, now)
        _groups(p, cluster, lever, untreated)
        first = _unmet_first(p, cluster, untreated, now)
        standard = standard_exists(p, cluster.park, lever.standard_year, now)
        _assess(s, p, c, cluster, first, standard and lever.standard_compulsory > 0.5)
        gain = incentive(
            p, lever.multiplier[min(cluster.level + 1, 3)] - lever.multiplier[cluster.level], cluster.grants_year, cluster.firms
        )
        worth = gain > p.application_cost or p.application_test < 0.5
        heard = uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, of_office(c, CERTIFICATE)) < office
        _office(s, p, cluster, first, worth, standard, heard)
        # who lacks an exchange alone looks for one himself if that pays, or if his plan says so (`deals.operator_search`); a
        # registered scheme is no exchange
        alone = first & ~(1 << SYMBIOSIS) == 0 and not _has_exchange(p, cluster, now) and first >> SYMBIOSIS & 1 == 1
        pays = gain > p.application_cost + p.cost_study or p.application_test < 0.5 or cluster.plan_at > 0.0
        cluster.seeks = 1 if alone and standard and pays else 0
        for reading in range(WIDE, DECREE_82 + 1):
            u = uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, of_office(c, CERTIFICATE + reading))
            _shadow(p, cluster, reading, first, now, standard and u < office)
        if p.six_aspects > 0.5:
            u = uniform(city.key, Purpose.CLUSTER_REVIEW, city.step, of_office(c, CERTIFICATE + SIX_ASPECTS))
            _six_aspects(p, cluster, first, now, standard and u < office)


@inner
def _assess(s, p, c, cluster, first, compulsory):
    """A compulsory standard: an assessment every few years; who misses a criterion has a plan, and no money of funds after its term."""
    city = s.city[0]
    if not compulsory:
        cluster.assess_at = cluster.plan_at = 0.0
        cluster.barred = 0
        return
    if cluster.assess_at <= 0.0:  # not all in one year
        cluster.assess_at = city.time + p.assessment_years * uniform(city.key, Purpose.CLUSTER_ASSESSMENT, 0, c)
    if first == 0:
        cluster.plan_at = 0.0
    if city.time >= cluster.assess_at - 1e-9:
        cluster.assess_at += p.assessment_years
        if first != 0 and cluster.plan_at <= 0.0:
            cluster.plan_at = city.time
    cluster.barred = 1 if cluster.plan_at > 0.0 and city.time >= cluster.plan_at + p.plan_term - 1e-9 else 0


@inner
def _look_back(s, p, cluster, lever, now):
    """Shares of firms by what happened to them in the last four quarters; the measured share of the effluent."""
    reached, served, engaged, aware, small, small_served = 0, 0, 0, 0, 0, 0
    since = now - p.exchange_years + 1e-9
    platform, small_size = np.int64(lever.platform > 0.0), p.six_small_workers
    linked, member = s.sheet[0].linked, s.sheet[0].member
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):  # bytes apart, see `production.close_books`; integers may be counted in any order
            pooled = np.int64(f.hubs[k] != 0)
            linked[k] = np.int64(f.links[k] > 0) | pooled
            member[k] = np.int64(f.club[k] != 0) | pooled | platform & np.int64(f.discloses[k] != 0)
            aware += np.int64(f.status[k] == SLOT_TAKEN) & np.int64(f.aware[k] & T1_OR_T2 != 0)
        for k in range(LANES):
            there = np.int64(f.status[k] == SLOT_TAKEN)
            centre = there & np.int64(f.served[k] >= since)
            met = there & np.int64(f.visited[k] >= since) | centre
            few = there & np.int64(f.workers[k] <= small_size)
            served += centre
            engaged += there & (linked[k] | np.int64(f.studied[k] >= since))
            small += few
            small_served += few & met
            reached += met | there & member[k]
    firms = np.float64(cluster.firms)
    cluster.sharing, cluster.served, cluster.engaged, cluster.aware = (
        reached / firms, served / firms, engaged / firms, aware / firms)  # fmt: skip
    cluster.small_served = np.float64(small_served) / small if small > 0 else 1.0
    if cluster.exchanges >= p.exchange_least:
        cluster.exchange_at = now
    design_flow = cluster.design_flow if cluster.built[WATER] else 0.0
    share = measured_share(
        p, cluster.effluent, cluster.connected, design_flow, cluster.measured_own, cluster.built[INFORMATION] > 0
    )
    cluster.measured = 1.0 if lever.relief_monitoring > 0.5 else share


@inner
def _groups(p, cluster, lever, untreated):
    """The four groups of S1, each 0-1."""
    intensity = (cluster.elec * 3.6 + cluster.fuel) / max(cluster.output, 1e-9)
    cut = 0.0
    if cluster.intensity_reference > 0.0:
        cut = 1.0 - intensity / cluster.intensity_reference
    cluster.cut = cut
    renewable = (cluster.solar + cluster.shared_solar) / max(cluster.elec, 1e-9)
    reuse = (cluster.reused + cluster.water_linked) / max(cluster.water, 1e-9)
    depot = 1.0 if cluster.built[INFRASTRUCTURE] or cluster.hub_count > 0 else 0.0
    data = 1.0 if cluster.built[INFORMATION] else cluster.measured
    cluster.group[0] = energy_group(p, cut, renewable)
    cluster.group[1] = water_group(p, 1.0 - untreated, reuse)
    cluster.group[2] = infrastructure_group(p, cluster.land, 1.0 if cluster.built[WATER] else 0.0, depot)
    cluster.group[3] = information_group(data, cluster.sharing)


@inner
def _has_exchange(p, cluster, now):
    """Did a link or hub of an additional stream operate in the last four quarters?"""
    return now - cluster.exchange_at < p.exchange_years - 1e-9


@inner
def _symbiosis(p, cluster, reading, now):
    """Symbiosis in a reading; a planned cluster shows its registered scheme until its first review (evidence B1.10)."""
    if cluster.kind == PLANNED and now < cluster.opened + p.level_years - 1e-9:
        return True
    built = cluster.built
    depot = built[INFRASTRUCTURE] > 0 and now - cluster.flowed_at < p.exchange_years - 1e-9
    shown = Shown(_has_exchange(p, cluster, now), depot, built[INFORMATION] > 0, cluster.served, cluster.engaged, cluster.aware,
                  built[ENERGY] > 0)  # fmt: skip
    return symbiosis_met(p, reading, shown)


@inner
def _reading(p):
    """The reading on which operators act."""
    return WIDE_AND_SOLAR if p.symbiosis_reading > 1.5 else (WIDE if p.symbiosis_reading > 0.5 else EXCHANGE)


@inner
def _unmet_first(p, cluster, untreated, now):
    """Criteria of level 1 that are not met, as bits; what is waived counts as met."""
    unmet = 0
    unmet |= bit(cluster.recp / np.float64(cluster.firms) < recp_least(p, 1), RECP_SHARE)
    unmet |= bit(not _symbiosis(p, cluster, _reading(p), now), SYMBIOSIS)
    unmet |= bit(cluster.land < p.land_target - 1e-12, SHARED_LAND)
    unmet |= bit(not cluster.built[WATER] and 1.0 - untreated < p.treated_least, TREATMENT)
    unmet |= bit(cluster.measured < p.measured_least, MONITORING)
    unmet |= bit(now - cluster.last_violation < p.clean_years, CLEAN_RECORD)
    return unmet & ~waived(p)


@inner
def _unmet_higher(p, cluster, level):
    """What level 2 or 3 asks for beyond level 1 and the cluster does not reach, as bits."""
    firms = np.float64(cluster.firms)
    unmet = 0
    unmet |= bit(cluster.recp / firms < recp_least(p, level), RECP_HIGHER)
    unmet |= bit(cluster.in_symbiosis / firms < engaged_least(p, level), SYMBIOSIS_SHARE)
    for i in range(4):
        unmet |= bit(cluster.group[i] < group_least(p, level), GROUP_ENERGY + i)
    return unmet


@inner
def _unmet_at(p, cluster, first, level):
    """All that a level asks for and the cluster does not reach."""
    return first | (_unmet_higher(p, cluster, level) if level >= 2 else 0)


@inner
def _office(s, p, cluster, first, worth, standard, heard):
    """Reviews and applications; the mask holds level 1 and what the next level above it asks for."""
    now = s.city[0].time
    missing = _unmet_at(p, cluster, first, min(cluster.level + 1, 3))
    cluster.unmet = _unmet_at(p, cluster, first, min(max(cluster.level + 1, 2), 3))
    if cluster.level < 3 and missing == 0 and not (standard and worth):
        cluster.unmet |= 1 << (NOT_WORTH if standard else NO_STANDARD)
    applies = cluster.level < 3 and missing == 0 and standard and worth and heard
    if cluster.level > 0 and now >= cluster.review_at - 1e-9:
        while cluster.level > 0 and _unmet_at(p, cluster, first, cluster.level) != 0:
            cluster.level -= 1
            cluster.revocations += 1.0
        cluster.review_at = now + p.level_years
    if applies:
        s.money[Money.APPLICATION] += p.application_cost
        cluster.level += 1
        cluster.review_at = now + p.level_years
        cluster.certified_at = min(cluster.certified_at, now + s.city[0].dt)


@inner
def _shadow(p, cluster, reading, first, now, heard):
    """A certificate of level 1 in another reading: the office alike, no incentive, no cost, and nobody acts on it."""
    i = reading - WIDE
    unmet = first & ~(1 << SYMBIOSIS)
    if reading == DECREE_82:
        unmet &= ~(1 << CLEAN_RECORD)
        unmet |= bit(now - cluster.last_violation < p.decree82_clean_years, CLEAN_RECORD)
    unmet |= bit(not _symbiosis(p, cluster, reading, now), SYMBIOSIS)
    _keep_shadow(p, cluster, i, unmet & LEVEL_1 & ~waived(p), now, heard)


@inner
def _six_aspects(p, cluster, first, now, heard):
    """A third shadow: level 1 as operators read it, and the economic and social results of S2's first solution."""
    firms = np.float64(cluster.firms)
    usual = cluster.workers * cluster.profit_reference
    shown = Aspects(
        cluster.disclosing / firms, cluster.workers, cluster.reference_workers, cluster.profit, usual, cluster.small_served
    )
    cluster.six_unmet = six_unmet(p, shown)
    _keep_shadow(p, cluster, SIX_ASPECTS - WIDE, first | cluster.six_unmet, now, heard)


@inner
def _keep_shadow(p, cluster, i, unmet, now, heard):
    """The office of a shadow certificate: given when all is met, looked after every five years."""
    if cluster.shadow_level[i] > 0 and now >= cluster.shadow_review[i] - 1e-9:
        cluster.shadow_level[i] = 1 if unmet == 0 else 0
        cluster.shadow_review[i] = now + p.level_years
    elif cluster.shadow_level[i] == 0 and unmet == 0 and heard:
        cluster.shadow_level[i] = 1
        cluster.shadow_review[i] = now + p.level_years
