"""Who may be meant by an event of this step: one hash for four events, and no exact look at anybody else.

Each lane is compared, with 16 bits, with a bound of the probability of the firm or of anyone in its cluster. Those
below it get all their digits (`randomness.refine`) and their own probability in the phase concerned, so the
outcome is exact; all others cannot be meant and cost nothing more.
"""

from __future__ import annotations

import numpy as np

from ..jit import inner, small
from ..maths import exp
from ..randomness import PER_HASH, Purpose, draw, lane, lottery_of, refine
from ..rules.chain import lead_teaching
from ..rules.compliance import inspection_size
from ..rules.demography import is_insolvent
from ..rules.diffusion import (
    fair_factor,
    learning_hazard,
    outside_hazard,
    review_rate,
    search_hazard,
    symbiosis_hazard,
)
from ..rules.facilitation import map_dose, platform_learning
from ..state import AWARE_LAW, AWARE_SYMBIOSIS, LANES, N_LEARNED, OUTSIDE, PLANNED, SLOT_TAKEN
from ..vocabulary import EVENTS
from .financing import certified

__all__ = ["LAW", "SYMBIOSIS", "INSPECTION", "COMPLIANCE_REVIEW", "TECHNOLOGY_REVIEW", "SEARCH", "EXIT",
           "RELOCATION_REVIEW", "LEARNING", "digits", "draw_lottery", "extension_of", "is_meant"]  # fmt: skip

# bits of `firms.events`; those before them are learning (or forgetting) of a technology
LAW, SYMBIOSIS, INSPECTION, COMPLIANCE_REVIEW, TECHNOLOGY_REVIEW, SEARCH, EXIT, RELOCATION_REVIEW = (
    EVENTS.index(name) for name in ("learn_law", "learn_symbiosis", "inspection", "compliance_review", "technology_review",
                                    "search", "exit", "relocation_review"))  # fmt: skip
LEARNING = (1 << LAW) - 1 | 1 << LAW | 1 << SYMBIOSIS


@inner
def _threshold(hazard, dt):
    """Smallest number of 65,536ths that is not below 1 - exp(-hazard dt)."""
    return np.int64(np.ceil((1.0 - exp(-hazard * dt)) * 65536.0 + 1e-6))


@inner
def _coarse(key, step, ident, event):
    """The first 16 bits of `digits`."""
    return lane(draw(key, lottery_of(event), step, ident), event % PER_HASH)


@inner
def digits(key, step, ident, event):
    """Uniform number in (0, 1) that decides event number `event` of a firm in a step."""
    return refine(key, step, ident, event, _coarse(key, step, ident, event))


@inner
def is_meant(key, step, ident, event, chance):
    """Are the `digits` of an event below a chance? The first 16 bits say no to most."""
    coarse = _coarse(key, step, ident, event)
    return coarse < 65536.0 * chance and refine(key, step, ident, event, coarse) < chance


@small
def _lane_of(event, ha, hb, hc, hd):
    """The lane of an event, in one of the hashes of the lottery."""
    return lane(
        ha if event < PER_HASH else (hb if event < 2 * PER_HASH else (hc if event < 3 * PER_HASH else hd)), event % PER_HASH
    )


@inner
def extension_of(cluster, lever):
    """Dose of extension in a cluster, with what certified ones get beyond it."""
    return certified(cluster, lever, lever.extension, lever.certified_extension, 1.0)


@inner
def outside_learning(p, cluster, lever, season):
    """`outside_hazard` of a cluster."""
    centre = 1.0 if lever.relief_technology > 0.5 else lever.innovation_centre
    return outside_hazard(p, extension_of(cluster, lever), fair_factor(lever.fairs, season), centre)


@inner
def fair_season(city):
    """1 in the first quarter of a year, when fairs are held."""
    return 1.0 if city.time - np.floor(city.time + 1e-6) < 0.25 - 1e-6 else 0.0


@inner
def from_platform(p, lever, cluster):
    """`platform_learning` of a cluster."""
    return platform_learning(p, lever.platform, cluster.disclosing / cluster.firms)


@inner
def _may_learn(city, p, cluster, base, platform, others, j):
    """Threshold of learning of technology j for a firm whose acquaintances all have it, and whom a lead firm asks for it."""
    share = city.tech_count[j] / max(city.firms, 1)
    outside = base + platform * share + (lead_teaching(p, j, True) if p.lead_firm > 0.0 else 0.0)
    return _threshold(learning_hazard(p, outside, cluster.tech_count[j] / others, 1.0, share), city.dt)


@inner
def draw_lottery(s, p, c):
    """Mark in `firms.events` who may be meant in this step."""
    city = s.city[0]
    dt = city.dt
    step = city.step
    forget = _threshold(p.forgetting, dt)
    season = fair_season(city)
    cluster = s.clusters[c]
    if cluster.firms == 0:
        return
    lever = s.levers[cluster.lever_row]
    base, platform = outside_learning(p, cluster, lever, season), from_platform(p, lever, cluster)
    others = max(np.float64(cluster.firms) - 1.0, 1.0)
    sheet = s.sheet[0]
    learn = sheet.learn
    for j in range(N_LEARNED):
        learn[j] = _may_learn(city, p, cluster, base, platform, others, j) if city.learning_offered[j] else 0
    law = _threshold(base, dt)
    symbiosis = _threshold(symbiosis_hazard(p, extension_of(cluster, lever), lever.coordinator, lever.platform), dt)
    # 1 - exp(-h dt) is not above h dt; these hazards differ from firm to firm
    inspection, low, high = 65536.0 * (1.0 + 1e-9) * dt * lever.inspection_rate, p.inspection_low, p.inspection_high
    per_worker, exponent, root = 1.0 / p.inspection_workers, p.inspection_exponent, p.inspection_exponent == 0.5
    review = 65536.0 * (1.0 + 1e-9) * dt * p.review_rate
    search = 0
    if cluster.kind != OUTSIDE:
        search = _threshold(search_hazard(p, lever.coordinator, map_dose(p, lever), 1.0), dt)
    leave, insolvent = 0, 0
    if cluster.hold == 0:
        leave, insolvent = _threshold(p.exit_high, dt), _threshold(p.exit_high + p.insolvency_hazard, dt)
    move = 0
    if cluster.kind != PLANNED and city.planned > 0:
        move = _threshold(p.relocation_review, dt)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):  # bytes apart, see `production.close_books`
            sheet.unknown[k] = ~np.int64(f.aware[k])
            sheet.fickle[k] = np.int64(f.aware[k]) & ~np.int64(f.ever[k])
        for k in range(LANES):
            ident = f.id[k]
            ha = draw(city.key, Purpose.LOTTERY_A, step, ident)
            hb = draw(city.key, Purpose.LOTTERY_B, step, ident)
            hc = draw(city.key, Purpose.LOTTERY_C, step, ident)
            hd = draw(city.key, Purpose.LOTTERY_D, step, ident) if len(EVENTS) > 3 * PER_HASH else hc
            unknown, fickle = sheet.unknown[k], sheet.fickle[k]
            firm = f.workers[k] * per_worker
            size = inspection_size(firm, exponent, root, low, high)
            reviewed = review_rate(review, f.attitude[k]) + 1e-6
            m = 0
            for j in range(N_LEARNED):
                may = learn[j] * ((unknown >> j) & 1) + forget * ((fickle >> j) & 1)
                m |= np.int64(_lane_of(j, ha, hb, hc, hd) < may) << j
            m |= np.int64(_lane_of(LAW, ha, hb, hc, hd) < law * ((unknown >> AWARE_LAW) & 1)) << LAW
            m |= np.int64(_lane_of(SYMBIOSIS, ha, hb, hc, hd) < symbiosis * ((unknown >> AWARE_SYMBIOSIS) & 1)) << SYMBIOSIS
            m |= np.int64(_lane_of(INSPECTION, ha, hb, hc, hd) < inspection * size + 1e-6) << INSPECTION
            m |= np.int64(_lane_of(COMPLIANCE_REVIEW, ha, hb, hc, hd) < reviewed) << COMPLIANCE_REVIEW
            m |= np.int64(_lane_of(TECHNOLOGY_REVIEW, ha, hb, hc, hd) < reviewed) << TECHNOLOGY_REVIEW
            m |= np.int64(_lane_of(SEARCH, ha, hb, hc, hd) < search) << SEARCH
            going = insolvent if is_insolvent(f.negative_years[k]) else leave
            m |= np.int64(_lane_of(EXIT, ha, hb, hc, hd) < going) << EXIT
            m |= np.int64(_lane_of(RELOCATION_REVIEW, ha, hb, hc, hd) < move) << RELOCATION_REVIEW
            f.events[k] = m * np.int64(f.status[k] == SLOT_TAKEN)
