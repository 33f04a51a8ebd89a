"""Phases 4 and 5: trust, records and attitude; learning and forgetting of technologies, the law and symbiosis."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..maths import exp
from ..randomness import Purpose, uniform
from ..rules.chain import lead_teaching
from ..rules.diffusion import event, fair_factor, learning_hazard, outside_hazard, relax, symbiosis_hazard
from ..rules.trust import accrue, belief, breach_memory, breach_weight, decay, discloses, enforcement
from ..state import ALL_KNOWN, AWARE_LAW, AWARE_SYMBIOSIS, LANES, N_LEARNED, OUTSIDE, PLANNED, SLOT_TAKEN
from .acquaintances import tie_adopters
from .chains import forget_source, note_source
from .chosen_lanes import line_up
from .lottery import LAW, LEARNING, SYMBIOSIS, digits, extension_of, fair_season, from_platform, outside_learning
from .seen import learn_programmes

__all__ = ["learn", "update_beliefs"]


@inner
def update_beliefs(s, p, c):
    """General trust, attitude, public records (exact integrators); who discloses and who is in the club."""
    city = s.city[0]
    dt = city.dt
    keep, keep_breach = decay(p.tau, dt), decay(breach_memory(p), dt)
    grow = p.tau * (1.0 - keep)
    cluster = s.clusters[c]
    if cluster.firms == 0:
        return
    lever = s.levers[cluster.lever_row]
    firms = np.float64(cluster.firms)
    trust_up = p.eta_s * 2.0 * cluster.links / firms + p.eta_co * lever.coordinator + p.eta_club_trust * lever.club
    trust_back, attitude_back = p.eta_F_trust, p.eta_F_attitude
    trust_rate = trust_up + trust_back
    trust_keep = exp(-trust_rate * dt)
    breaches = breach_weight(p) * p.eta_s * 2.0 * cluster.breaches / firms
    attitude_up = (
        p.eta_E * extension_of(cluster, lever) + p.eta_club_attitude * lever.club + p.eta_voluntary * lever.voluntary_agreement
    )
    attitude_rate = attitude_up + attitude_back
    attitude_keep = exp(-attitude_rate * dt)
    trust_pull = 1.0 / trust_rate if trust_rate > 0.0 else 0.0
    attitude_pull = 1.0 / attitude_rate if attitude_rate > 0.0 else 0.0
    relief = lever.relief_awareness > 0.5
    e = enforcement(p, lever, cluster.kind == PLANNED)
    cluster.breaches = 0.0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            before = f.trust[k]
            g = relax(before, trust_up, trust_back, f.trust_start[k], trust_pull, trust_keep) - breaches * before
            f.trust[k] = min(max(g, 0.0), 1.0)
            a = relax(f.attitude[k], attitude_up, attitude_back, f.attitude_start[k], attitude_pull, attitude_keep)
            f.attitude[k] = 1.0 if relief else min(max(a, 0.0), 1.0)
            f.good[k] = accrue(f.good[k], keep, grow, f.links[k])
            f.bad[k] = f.bad[k] * keep_breach
    if cluster.kind == OUTSIDE:
        return
    objective = lever.relief_trust > 0.5
    member = lever.club
    shows = s.sheet[0].shows
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            # the disclosure gate looks at the operator with T = G
            b_op = 1.0 if objective else belief(p, f.trust[k], e)
            shows[k] = np.int64(f.status[k] == SLOT_TAKEN) & np.int64(discloses(p, b_op, f.offer_taste[k]))
        for k in range(LANES):
            f.discloses[k] = shows[k]
            f.club[k] = 0
        if member > 0.0:
            for k in range(LANES):
                f.club[k] = shows[k] & np.int64(uniform(city.key, Purpose.CLUB, 0, f.id[k]) < member)


@inner
def learn(s, p, c):
    """Learning and forgetting, for those whom the lottery may mean (5c)."""
    city = s.city[0]
    dt = city.dt
    season = fair_season(city)
    forget = event(p.forgetting, dt)
    total = max(city.firms, 1)
    cluster = s.clusters[c]
    if cluster.firms == 0:
        return
    lever = s.levers[cluster.lever_row]
    if cluster.kind != OUTSIDE:
        _serve(s, p, cluster, lever)
    relief = lever.relief_awareness > 0.5
    base, platform = outside_learning(p, cluster, lever, season), from_platform(p, lever, cluster)
    others = max(np.float64(cluster.firms) - 1.0, 1.0)
    lesson = outside_hazard(p, extension_of(cluster, lever), fair_factor(lever.fairs, season), 0.0)
    law = event(lesson, dt)
    if p.programmes_seen > 0.5:
        learn_programmes(s, p, cluster, lever, lesson)
    symbiosis = event(symbiosis_hazard(p, extension_of(cluster, lever), lever.coordinator, lever.platform), dt)
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            n = line_up(queue, n, k, np.int64(f.events[k] & LEARNING != 0))
            if relief and f.status[k] == SLOT_TAKEN:
                f.aware[k] = ALL_KNOWN
        for m in range(0 if relief else n):
            k = queue[m]
            events, ident = f.events[k] & LEARNING, f.id[k]
            for j in range(N_LEARNED):
                if not (events >> j) & 1:
                    continue
                u = digits(city.key, city.step, ident, j)
                bit = np.uint8(1 << j)
                if f.aware[k] & bit:
                    if not f.ever[k] & bit and u < forget:
                        f.aware[k] &= ~bit
                        forget_source(f, k, j)
                    continue
                adopters, known = tie_adopters(s, b * LANES + k, j)
                share = city.tech_count[j] / total
                outside = base + platform * share + lead_teaching(p, j, f.asked[k])
                h = learning_hazard(p, outside, cluster.tech_count[j] / others, adopters / max(known, 1), share)
                if u < event(h, dt):
                    f.aware[k] |= bit
                    note_source(s, p, b * LANES + k, j, h, u / event(h, dt))
            if (events >> LAW) & 1 and digits(city.key, city.step, ident, LAW) < law:
                f.aware[k] |= np.uint8(1 << AWARE_LAW)
            if (events >> SYMBIOSIS) & 1 and digits(city.key, city.step, ident, SYMBIOSIS) < symbiosis:
                f.aware[k] |= np.uint8(1 << AWARE_SYMBIOSIS)


@inner
def _serve(s, p, cluster, lever):
    """Who is visited by an adviser and who uses the innovation centre in this step: what happened, not what was offered."""
    city = s.city[0]
    visit = event(p.visit_rate * extension_of(cluster, lever), city.dt)
    centre = event(p.centre_rate * lever.innovation_centre, city.dt)
    key, step, now = city.key, city.step, city.time
    if visit > 0.0:  # hashes of whole blocks become vectors
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                meant = np.int64(uniform(key, Purpose.VISIT, step, f.id[k]) < visit) & np.int64(f.status[k] == SLOT_TAKEN)
                f.visited[k] = now if meant else f.visited[k]
    if centre > 0.0:
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                meant = np.int64(uniform(key, Purpose.CENTRE, step, f.id[k]) < centre) & np.int64(f.status[k] == SLOT_TAKEN)
                f.served[k] = now if meant else f.served[k]
