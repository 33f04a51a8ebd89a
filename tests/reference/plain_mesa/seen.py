"""5 and 7 What firms see of the benefit of a technology, and of a programme (13.11)."""

from __future__ import annotations

from .formulas import rules
from .luck import PURPOSE

__all__ = ["CREDIT", "GRANTS", "TAX", "has_seen", "hear_of_programme", "is_told"]

GRANTS, CREDIT, TAX = range(3)


def has_seen(firm, j: int) -> bool:
    """Was it told by a visit or the centre what a technology saves, or does it see that at somebody's whom it knows?"""
    if firm.cluster.levers.relief_awareness > 0.5 or firm.visited > 0.0 or firm.served > 0.0:
        return True
    return any(other.has(j) for other in firm.neighbours())


def is_told(firm, part: int) -> bool:
    """Does it know of this part of a programme?"""
    return not firm.model.p.programmes_seen or bool(firm.told >> part & 1)


def hear_of_programme(model, cluster, lesson: float) -> None:
    """Firms come to know of what a programme that is in force offers; `lesson` is the hazard of extension and chance."""
    if not model.p.programmes_seen:
        return
    levers = cluster.levers
    if levers.relief_awareness > 0.5:
        for firm in cluster.firms:
            firm.told = 7
        return
    if cluster.programme < 0:
        return
    fund = model.funds[cluster.programme]
    if not fund.enacted or fund.budget <= 0.0:
        return
    for firm in cluster.firms:
        hazard = lesson + model.p.programme_club * firm.in_club
        if firm.discloses:
            hazard += model.p.programme_platform * levers.platform
        chance = rules.diffusion.event(hazard, model.dt)
        for part in (GRANTS, CREDIT, TAX):
            if not firm.told >> part & 1:
                heard = model.luck.uniform(PURPOSE.PROGRAMME, model.quarter, firm.firm_id * 8 + part) < chance
                firm.told |= heard << part
