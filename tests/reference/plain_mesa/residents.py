"""1c What the neighbours of a cluster accept, and their conflicts with it (13.10)."""

from __future__ import annotations

from ecocluster.model.maths import exp

from .formulas import rules
from .luck import PURPOSE
from .objects import OUTSIDE

__all__ = ["meet_residents"]


def meet_residents(model) -> None:
    """Acceptance moves with the pollution of the step before; whoever is not accepted may be in a conflict in this step."""
    for cluster in model.clusters:
        if cluster.kind != OUTSIDE and cluster.sums is not None:
            _remember(model, cluster)
            if cluster.acceptance is not None or cluster.sums.effluent > 0.0:
                cluster.acceptance = _accepted(model, cluster)
                _quarrel(model, cluster)


def _remember(model, cluster) -> None:
    if round(model.now - model.dt, 6) >= 2019 and round(model.now, 6) <= 2020:
        cluster.smoke_2019 += cluster.sums.smoke * model.dt


def _accepted(model, cluster) -> float:
    p, sums, levers = model.p, cluster.sums, cluster.levers
    known = round(model.now - model.dt, 6) >= 2020
    smoke = rules.residents.smoke_ratio(sums.smoke, cluster.smoke_2019 if known else 0.0)
    polluted = rules.residents.pollution(sums.untreated / max(sums.effluent, 1e-9), smoke)
    gain = rules.residents.acceptance_gain(p, levers.community, levers.public_disclosure)
    loss = rules.residents.acceptance_loss(p, polluted, cluster.urban)
    if gain + loss <= 0.0:
        return 0.0 if cluster.acceptance is None else cluster.acceptance
    rest = gain / (gain + loss)
    before = rest if cluster.acceptance is None else cluster.acceptance
    return rest + (before - rest) * exp(-(gain + loss) * model.dt)


def _quarrel(model, cluster) -> None:
    """Days without production for every firm; what is being built comes later."""
    p = model.p
    if not cluster.firms or not p.conflict_hazard:
        return
    chance = rules.diffusion.event(rules.residents.conflict_hazard(p, cluster.acceptance), model.dt)
    if model.luck.uniform(PURPOSE.CLUSTER_CONFLICT, model.quarter, cluster.ident) >= chance:
        return
    model.events["conflicts"] += 1
    model.events["conflicts_dense"] += bool(cluster.urban)
    cluster.halted_until = model.now + p.conflict_halt
    for firm in cluster.firms:
        firm.stopped += p.conflict_days / 365.0
    building = [j for j in range(4) if not cluster.built[j] and cluster.ready[j] > 0.0]
    for j in building:
        cluster.ready[j] += p.conflict_halt
    model.events["projects_delayed"] += len(building)
