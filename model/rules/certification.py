"""5g and 13.1: the criteria of a certificate, its levels (S2: graded standards) and the four groups of S1.

Every threshold is a row of `tables/certification.csv`. What a cluster misses is a bit mask: bit i is criterion i of
`indicators.CRITERIA`, so all unmet criteria are known and their order means nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from ..jit import jit, small
from ..maths import annuity
from ..state import T1, T2, T5

__all__ = ["Aspects", "Shown", "bit", "by_level", "engaged_least", "energy_group", "group_least", "incentive", "information_group",
           "infrastructure_group", "is_recp", "measured_share", "number_unmet", "recp_least", "six_unmet", "standard_exists",
           "symbiosis_met", "violation_hazard", "waived", "water_group"]  # fmt: skip

# bits of the mask: criteria of level 1, then what the levels above add
(RECP_SHARE, SYMBIOSIS, SHARED_LAND, TREATMENT, MONITORING, CLEAN_RECORD, RECP_HIGHER, SYMBIOSIS_SHARE, GROUP_ENERGY,
 GROUP_WATER, GROUP_INFRASTRUCTURE, GROUP_INFORMATION) = range(12)  # fmt: skip
LEVEL_1 = (1 << RECP_HIGHER) - 1
# states, which are no obstacles: all is met and the operator does not care; there is nobody; all is met and nobody certifies
NOT_WORTH, NO_FIRMS, NO_STANDARD = 12, 13, 14

# readings of symbiosis; the second and third are shadow certificates too, on which nobody acts
EXCHANGE, WIDE, DECREE_82, WIDE_AND_SOLAR = range(4)
SIX_ASPECTS = DECREE_82 + 1  # place of a third shadow certificate, which reads symbiosis as operators do
# bits of what it asks for beside the criteria of level 1; housing and services are not modelled
SIX_REPORT, SIX_JOBS, SIX_GAIN, SIX_SMALL = range(4)


@small
def bit(condition, i):
    """Bit i if a condition holds, else 0."""
    return 1 << i if condition else 0


@jit
def standard_exists(p, park, year, now):
    """Is there a standard by which clusters are certified? Since `year` of the law, in parks since theirs."""
    return p.standard_by_law < 0.5 or now >= (p.park_standard_year if park else year) - 1e-9


@jit
def by_level(value, more, factor, cap):
    """A lever in a cluster: what certified ones get more, times the factor of their level, on top of what all get."""
    return min(value + more * factor, cap)


@jit
def is_recp(p, bits, energy_saved, water_saved):
    """A firm counts as RECP with T1 and (T2 or T5), or with at least 8 % of its energy and water saved."""
    combined = (bits >> T1) & 1 and ((bits >> T2) & 1 or (bits >> T5) & 1)
    return bool(combined) or (energy_saved >= p.recp_saved and water_saved >= p.recp_saved)


@jit
def recp_least(p, level):
    """Share of RECP firms that a level asks for."""
    return p.recp_least_1 if level <= 1 else (p.recp_least_2 if level == 2 else p.recp_least_3)


@jit
def engaged_least(p, level):
    """Share of firms in symbiosis that level 2 or 3 asks for."""
    return p.engaged_least_2 if level == 2 else p.engaged_least_3


@jit
def group_least(p, level):
    """What each group must reach for level 2 or 3."""
    return p.group_least_2 if level == 2 else p.group_least_3


@jit
def energy_group(p, intensity_cut, renewable_share):
    """1/2 (cut of MJ per mVND/20 %) + 1/2 (renewable share/20 %), terms capped to 0-1."""
    return 0.5 * min(max(intensity_cut / p.full_cut, 0.0), 1.0) + 0.5 * min(renewable_share / p.full_renewable, 1.0)


@jit
def water_group(p, treated_share, reuse_share):
    """1/2 treated share + 1/2 (reuse/20 %)."""
    return 0.5 * treated_share + 0.5 * min(reuse_share / p.full_reuse, 1.0)


@jit
def infrastructure_group(p, shared_land, has_cetp, has_depot_or_hub):
    """1/3 (shared land/25 %) + 1/3 CETP + 1/3 depot or hub."""
    return (min(shared_land / p.land_target, 1.0) + has_cetp + has_depot_or_hub) / 3.0


@jit
def information_group(data, sharing):
    """1/2 data coverage (measured share, 1 with project T) + 1/2 share of firms that any channel of sharing reached."""
    return 0.5 * min(data, 1.0) + 0.5 * min(sharing, 1.0)


@jit
def measured_share(p, effluent, connected, design_flow, own_measured, data_room):
    """m_io: measured share of a cluster's effluent (13.2); no dose of the law enters.

    Parameters
    ----------
    effluent, connected, own_measured : float
        m3/yr: all of it; what a central plant takes; own plants of firms that must measure.
    design_flow : float
        Of the central plant, m3/yr; 0: there is none.
    data_room : bool
        Project T stands: at least `planned_data`.
    """
    seen = own_measured + (connected if design_flow >= 365.0 * p.measured_plant else 0.0)
    share = min(seen / max(effluent, 1e-9), 1.0)
    return max(share, p.planned_data) if data_room else share


class Shown(NamedTuple):
    """What a cluster can show of symbiosis.

    Attributes
    ----------
    exchange : bool
        A link or hub of an additional stream operated in the last four quarters.
    depot : bool
        A depot stands through which a by-product flowed; an empty one never counts.
    data_room, solar : bool
        Projects T and E stand.
    services, engaged, aware : float
        Shares of firms: used the innovation centre; have a link, a hub or an ordered study; know T1 or T2.
    """

    exchange: bool
    depot: bool
    data_room: bool
    services: float
    engaged: float
    aware: float
    solar: bool


@jit
def symbiosis_met(p, reading, shown):
    """Does what a cluster has `Shown` meet a reading of symbiosis (13.1): EXCHANGE, WIDE, DECREE_82 or the variant WIDE_AND_SOLAR?"""
    if reading == DECREE_82:
        return shown.exchange and shown.engaged >= p.decree82_engaged and shown.aware >= p.decree82_aware
    if reading == EXCHANGE:
        return shown.exchange
    return (shown.exchange or shown.depot or shown.data_room or shown.services >= p.wide_service_least
            or (reading == WIDE_AND_SOLAR and shown.solar))  # fmt: skip


class Aspects(NamedTuple):
    """What a cluster shows of its economic and social results (S2, first solution).

    Attributes
    ----------
    reporting : float
        Share of firms that show their flows.
    jobs, usual_jobs : float
        Workers, now and in 2018-19.
    profit, usual_profit : float
        Profit of all firms, and what as many workers brought in 2018-19, mVND/yr.
    small_served : float
        Share of firms up to `six_small_workers` that an adviser or the innovation centre reached in the last four quarters.
    """

    reporting: float
    jobs: float
    usual_jobs: float
    profit: float
    usual_profit: float
    small_served: float


@jit
def six_unmet(p, shown):
    """Bits of the aspects that are not met: public report, jobs kept, firms' net gain >= 0, small firms served.

    share that reports >= c; workers >= c x those of 2018-19; profit >= c x workers x profit per worker of 2018-19; share of small
    firms served >= c. Housing and services are no bit: the model does not hold them.
    """
    return (bit(shown.reporting < p.six_report_least, SIX_REPORT)
            | bit(shown.jobs < p.six_jobs_least * shown.usual_jobs, SIX_JOBS)
            | bit(shown.profit < p.six_gain_least * shown.usual_profit, SIX_GAIN)
            | bit(shown.small_served < p.six_small_least, SIX_SMALL))  # fmt: skip


@jit
def waived(p):
    """Bits of the criteria of level 1 that are waived (a rerun shows what waiving one gains)."""
    return (bit(p.waive_recp_share > 0.5, RECP_SHARE) | bit(p.waive_symbiosis > 0.5, SYMBIOSIS)
            | bit(p.waive_shared_land > 0.5, SHARED_LAND) | bit(p.waive_treatment > 0.5, TREATMENT)
            | bit(p.waive_monitoring > 0.5, MONITORING) | bit(p.waive_clean_record > 0.5, CLEAN_RECORD))  # fmt: skip


@jit
def number_unmet(mask):
    """How many criteria of level 1 a mask misses."""
    n = 0
    for i in range(RECP_HIGHER):
        n += (mask >> i) & 1
    return n


@jit
def violation_hazard(p, untreated):
    """Serious violations a year: .3 x untreated share."""
    return p.violation_hazard * untreated


@jit
def incentive(p, multiplier_gain, grants_last_year, firms):
    """What the next level is worth to the operator, mVND: 5 years of extra grants and the benefit of a certificate per firm."""
    return (multiplier_gain * grants_last_year + p.application_benefit * firms) * annuity(p.discount_rate, p.level_years)
