"""4 and 5 Records, trust, attitude; learning and forgetting (5c, 5e)."""

from __future__ import annotations

import math

from ecocluster.model.maths import exp

from .chains import forget_source, note_source, told_hazard
from .formulas import rules
from .luck import EVENT, PURPOSE
from .objects import AWARE_LAW, AWARE_SYMBIOSIS, OUTSIDE, OWN_PLANT, PLANNED
from .seen import hear_of_programme
from .technology import certified

__all__ = ["enforcement", "learn", "update_beliefs"]


def enforcement(p, cluster) -> float:
    """E: share of breaches that contracts, the coordinator and a planned cluster prevent, at most .95."""
    e = p.enforcement + p.enforcement_coordinator * cluster.levers.coordinator
    return min(e + (p.enforcement_planned if cluster.kind == PLANNED else 0.0), 0.95)


def _exact(x: float, up: float, back: float, start: float, dt: float) -> float:
    rate = up + back
    return rules.diffusion.relax(x, up, back, start, 1.0 / rate if rate > 0.0 else 0.0, exp(-rate * dt))


def _relax(x: float, up: float, back: float, start: float, dt: float) -> float:
    return min(max(_exact(x, up, back, start, dt), 0.0), 1.0)


def update_beliefs(model, cluster) -> None:
    """General trust, attitude and public records of a cluster's firms; who discloses; who is in the club."""
    p, dt, levers = model.p, model.dt, cluster.levers
    keep_breach = rules.trust.decay(rules.trust.breach_memory(p), dt)
    number = max(len(cluster.firms), 1)
    trust_up = p.eta_s * 2.0 * cluster.active_links / number + p.eta_co * levers.coordinator + p.eta_club_trust * levers.club
    lost = rules.trust.breach_weight(p) * p.eta_s * 2.0 * cluster.breaches / number  # breaches of the step, two partners each
    attitude_up = (
        p.eta_E * certified(cluster, "extension", 1.0)
        + p.eta_club_attitude * levers.club
        + p.eta_voluntary * levers.voluntary_agreement
    )
    cluster.breaches = 0
    e = enforcement(p, cluster)
    for firm in cluster.firms:
        before = firm.trust
        g = _exact(before, trust_up, p.eta_F_trust, firm.trust_start, dt) - lost * before
        firm.trust = min(max(g, 0.0), 1.0)
        firm.attitude = _relax(firm.attitude, attitude_up, p.eta_F_attitude, firm.attitude_start, dt)
        if levers.relief_awareness > 0.5:  # barrier 4 removed
            firm.attitude = 1.0
        firm.good = rules.trust.evidence(firm.good, p.tau, dt, firm.active_links)
        firm.bad *= keep_breach
        if cluster.kind == OUTSIDE:
            continue
        # the gate looks at the operator with T = G
        b = 1.0 if levers.relief_trust > 0.5 else rules.trust.belief(p, firm.trust, e)
        firm.discloses = rules.trust.discloses(p, b, firm.disclosure_taste)
        firm.in_club = firm.discloses and levers.club > 0.0 and model.luck.uniform(PURPOSE.CLUB, 0, firm.firm_id) < levers.club


def learn(model, cluster) -> None:
    """Learning of technologies, of the law and of symbiosis; firms that never had a technology forget it."""
    p, dt, levers, luck, now = model.p, model.dt, cluster.levers, model.luck, model.quarter
    if cluster.kind != OUTSIDE:
        _serve(model, cluster)
    if levers.relief_awareness > 0.5:
        hear_of_programme(model, cluster, 0.0)
        for firm in cluster.firms:
            firm.aware = 127
        return
    fairs = 1.0 + levers.fairs * (model.now - math.floor(model.now + 1e-6) < 0.25 - 1e-6)  # in the first quarter
    lesson = p.p0 + p.p_ext * fairs * rules.diffusion.extension_effect(p, certified(cluster, "extension", 1.0))
    centre = 1.0 if levers.relief_technology > 0.5 else levers.innovation_centre
    outside = lesson + p.p_IC * centre
    law = rules.diffusion.event(lesson, dt)
    hear_of_programme(model, cluster, lesson)
    symbiosis = rules.diffusion.event(
        rules.diffusion.symbiosis_hazard(p, certified(cluster, "extension", 1.0), levers.coordinator, levers.platform), dt
    )
    forget = rules.diffusion.event(p.forgetting, dt)
    others = max(len(cluster.firms) - 1, 1)
    share_cluster = [count / others for count in cluster.tech_count]
    usage = cluster.sums.disclosing / max(cluster.counted, 1)
    platform = p.q_platform * levers.platform * usage if p.map_split > 0.5 else 0.0
    share_city = [count / max(model.firm_count, 1) for count in model.tech_count]
    for firm in cluster.firms:
        known = None
        for j in range(OWN_PLANT):
            if firm.knows(j):
                if not firm.ever >> j & 1 and luck.happens(j, now, firm.firm_id, forget):
                    firm.aware &= ~(1 << j)
                    forget_source(firm, j)
            elif model.offered[j]:
                known = known or list(firm.neighbours())
                share_ties = sum(other.tech >> j & 1 for other in known) / max(len(known), 1)
                hazard = rules.diffusion.learning_hazard(
                    p, outside + platform * share_city[j] + told_hazard(p, firm, j), share_cluster[j], share_ties, share_city[j]
                )
                chance = rules.diffusion.event(hazard, dt)
                if luck.happens(j, now, firm.firm_id, chance):
                    firm.aware |= 1 << j
                    note_source(model, firm, j, known, hazard, luck.digits(j, now, firm.firm_id) / chance)
        if not firm.knows(AWARE_LAW) and luck.happens(EVENT.LAW, now, firm.firm_id, law):
            firm.aware |= 1 << AWARE_LAW
        if not firm.knows(AWARE_SYMBIOSIS) and luck.happens(EVENT.SYMBIOSIS, now, firm.firm_id, symbiosis):
            firm.aware |= 1 << AWARE_SYMBIOSIS


def _serve(model, cluster) -> None:
    """Visits of advisers and uses of the innovation centre, each by its own hazard."""
    p, luck, now = model.p, model.luck, model.quarter
    visit = rules.diffusion.event(p.visit_rate * certified(cluster, "extension", 1.0), model.dt)
    centre = rules.diffusion.event(p.centre_rate * cluster.levers.innovation_centre, model.dt)
    for firm in cluster.firms:
        if luck.uniform(PURPOSE.VISIT, now, firm.firm_id) < visit:
            firm.visited = model.now
        if luck.uniform(PURPOSE.CENTRE, now, firm.firm_id) < centre:
            firm.served = model.now
