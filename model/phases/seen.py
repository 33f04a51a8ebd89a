"""What firms see of benefits and programmes, and what corrects it (13.11); off: they see all."""

from __future__ import annotations

from ..jit import inner
from ..randomness import Purpose, of_programme, uniform
from ..rules.diffusion import event
from ..rules.seen import programme_hazard
from ..state import ALL_PROGRAMMES, LANES, N_PROGRAMMES, SLOT_TAKEN

__all__ = ["is_corrected", "knows_of", "learn_programmes"]


@inner
def is_corrected(lever, f, k, adopters):
    """Has a visit, the innovation centre, or one of the `adopters` that it knows shown a firm what a technology saves?"""
    return f.visited[k] > 0.0 or f.served[k] > 0.0 or adopters > 0 or lever.relief_awareness > 0.5


@inner
def knows_of(p, f, k, programme):
    """Does a firm know of this part of a programme (GRANTS, CREDIT, TAX)?"""
    return p.programmes_seen < 0.5 or f.told[k] >> programme & 1 == 1


@inner
def learn_programmes(s, p, cluster, lever, outside):
    """Firms of a cluster come to know what the programme that is in force there offers; nobody forgets.

    Parameters
    ----------
    outside : float
        Hazard of learning of the law by chance and from extension, 1/yr.
    """
    city = s.city[0]
    relief = lever.relief_awareness > 0.5
    if not relief:
        if cluster.programme < 0:
            return
        fund = s.funds[cluster.programme]
        if fund.enacted < 0.5 or fund.budget <= 0.0:  # what pays nobody is not heard of
            return
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] != SLOT_TAKEN or f.told[k] == ALL_PROGRAMMES:
                continue
            if relief:
                f.told[k] = ALL_PROGRAMMES
                continue
            chance = event(programme_hazard(p, outside, lever.platform if f.discloses[k] else 0.0, 1.0 * f.club[k]), city.dt)
            for n in range(N_PROGRAMMES):
                if uniform(city.key, Purpose.PROGRAMME, city.step, of_programme(f.id[k], n)) < chance:
                    f.told[k] |= 1 << n
