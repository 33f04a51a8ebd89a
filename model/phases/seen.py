"""What firms see of benefits and programmes, and what corrects it (13.11); off: they see all."""

from __future__ import annotations

import numpy as np

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
    if relief:
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                f.told[k] = ALL_PROGRAMMES if f.status[k] == SLOT_TAKEN else f.told[k]
        return
    dt, platform, sheet = city.dt, lever.platform, s.sheet[0]
    alone, mapped = event(programme_hazard(p, outside, 0.0, 0.0), dt), event(programme_hazard(p, outside, platform, 0.0), dt)
    member, both = event(programme_hazard(p, outside, 0.0, 1.0), dt), event(programme_hazard(p, outside, platform, 1.0), dt)
    for b in range(cluster.first, cluster.last):
        f, open_to = s.firms[b], 0  # what anybody in the block has not heard of yet
        for k in range(LANES):  # bytes apart, see `production.close_books`
            sheet.shows[k], sheet.member[k] = np.int64(f.discloses[k] != 0), np.int64(f.club[k] != 0)
            open_to |= ~np.int64(f.told[k]) & -np.int64(f.status[k] == SLOT_TAKEN)
        for k in range(LANES):
            outsider, insider = (mapped, both) if sheet.shows[k] else (alone, member)
            chance = insider if sheet.member[k] else outsider
            sheet.chance[k] = chance if f.status[k] == SLOT_TAKEN else 0.0
        for n in range(N_PROGRAMMES):  # hashes of a whole block at a time: they become vectors
            if not (open_to >> n) & 1:
                continue
            for k in range(LANES):
                u = uniform(city.key, Purpose.PROGRAMME, city.step, of_programme(f.id[k], n))
                sheet.shows[k] = np.int64(u < sheet.chance[k])
            for k in range(LANES):
                f.told[k] |= sheet.shows[k] << n
