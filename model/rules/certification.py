"""5g: the four groups of S1 and the levels of a certificate (S2: graded standards)."""

from __future__ import annotations

from ..jit import jit
from ..maths import annuity

__all__ = ["energy_group", "incentive", "information_group", "infrastructure_group", "is_recp", "violation_hazard",
           "water_group"]

# criteria, in the order in which a cluster is told what binds; 0: nothing does (the level is reached)
(FINE_ALL, RECP_SHARE, SYMBIOSIS, SHARED_LAND, TREATMENT, MONITORING, CLEAN_RECORD, GROUP_ENERGY, GROUP_WATER,
 GROUP_INFRASTRUCTURE, GROUP_INFORMATION, SYMBIOSIS_SHARE, NOT_WORTH, NO_FIRMS) = range(14)


@jit
def is_recp(bits, energy_saved, water_saved):
    """A firm counts as RECP with T1 and (T2 or T5), or with at least 8 % of its energy and water saved."""
    combined = (bits & 1) and ((bits & 2) or (bits & 8))
    return bool(combined) or (energy_saved >= 0.08 and water_saved >= 0.08)


@jit
def energy_group(intensity_cut, renewable_share):
    """1/2 (cut of MJ per mVND/20 %) + 1/2 (renewable share/20 %), terms capped to 0-1."""
    return 0.5 * min(max(intensity_cut / 0.2, 0.0), 1.0) + 0.5 * min(renewable_share / 0.2, 1.0)


@jit
def water_group(treated_share, reuse_share):
    """1/2 treated share + 1/2 (reuse/20 %)."""
    return 0.5 * treated_share + 0.5 * min(reuse_share / 0.2, 1.0)


@jit
def infrastructure_group(shared_land, has_cetp, has_depot_or_hub):
    """1/3 (shared land/25 %) + 1/3 CETP + 1/3 depot or hub."""
    return (min(shared_land / 0.25, 1.0) + has_cetp + has_depot_or_hub) / 3.0


@jit
def information_group(data, sharing):
    """1/2 data coverage + 1/2 share of firms in platform, hub or club."""
    return 0.5 * min(data, 1.0) + 0.5 * min(sharing, 1.0)


@jit
def violation_hazard(p, untreated):
    """Serious violations a year: .3 x untreated share."""
    return p.violation_hazard * untreated


@jit
def incentive(p, multiplier_gain, grants_last_year, firms):
    """What the next level is worth to the operator, mVND: 5 years of extra grants and 1 mVND per firm."""
    return (multiplier_gain * grants_last_year + p.application_benefit * firms) * annuity(p.discount_rate, p.level_years)
