"""Before production: do the neighbours accept a cluster, and does it come to a conflict (13.10)?

What they look at is the pollution of the step before; a conflict acts in the step in which it breaks out.
"""

from __future__ import annotations

from ..jit import inner
from ..maths import exp
from ..randomness import Purpose, uniform
from ..rules.diffusion import event, relax
from ..rules.residents import acceptance_gain, acceptance_loss, conflict_hazard, pollution, smoke_ratio
from ..state import LANES, OUTSIDE, SLOT_TAKEN, UNKNOWN

__all__ = ["is_halted", "meet_residents"]


@inner
def meet_residents(s, p, c):
    """Acceptance by the exact integrator for constant pollution; a conflict stops production for days, permits and projects longer."""
    city, cluster = s.city[0], s.clusters[c]
    if cluster.kind == OUTSIDE:
        return
    before = city.time - city.dt
    if 2019.0 - 1e-9 <= before < 2020.0 - 1e-9:
        cluster.smoke_2019 += city.dt * cluster.smoke
    if cluster.acceptance == UNKNOWN and cluster.effluent <= 0.0:
        return
    lever = s.levers[cluster.lever_row]
    reference = cluster.smoke_2019 if before >= 2020.0 - 1e-9 else 0.0
    polluted = pollution(cluster.untreated / max(cluster.effluent, 1e-9), smoke_ratio(cluster.smoke, reference))
    up = acceptance_gain(p, lever.community, lever.public_disclosure)
    down = acceptance_loss(p, polluted, cluster.urban)
    pull = 1.0 / (up + down) if up + down > 0.0 else 0.0
    start = up * pull if cluster.acceptance == UNKNOWN else cluster.acceptance
    cluster.acceptance = relax(start, up, down, 0.0, pull, exp(-(up + down) * city.dt))
    if p.conflict_hazard <= 0.0 or cluster.firms == 0:
        return
    if uniform(city.key, Purpose.CLUSTER_CONFLICT, city.step, c) < event(conflict_hazard(p, cluster.acceptance), city.dt):
        _break_out(s, p, cluster)


@inner
def _break_out(s, p, cluster):
    """All firms stand still for some days; projects that are being built wait."""
    city = s.city[0]
    cluster.conflicts += 1.0
    cluster.halted_until = city.time + p.conflict_halt
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN:
                f.stopped[k] += p.conflict_days / 365.0
    for j in range(cluster.built.size):
        if not cluster.built[j] and cluster.ready[j] > 0.0:
            cluster.ready[j] += p.conflict_halt
            city.projects_delayed += 1


@inner
def is_halted(city, cluster):
    """Does a conflict stop permits and projects of a cluster in this step?"""
    return city.time < cluster.halted_until - 1e-9
