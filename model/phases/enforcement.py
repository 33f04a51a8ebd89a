"""Phase 6: inspections, complaints and fines; and the review of compliance (5b, 13.13)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import annuity, log
from ..randomness import COMPLIANCE, Purpose, draw, uniform
from ..rules.chain import asked_cost
from ..rules.compliance import (
    complaint_hazard,
    complaint_weight,
    connection_cost,
    detection,
    detection_hazard,
    environmental_fee,
    fine,
    fine_counts,
    inspection_hazard,
    payment_share,
    pick,
    record_loss,
    sham_cost,
    suspends,
    suspension_loss,
    visits_allowed,
    weight,
)
from ..rules.diffusion import event, review_hazard
from ..rules.production import usual_margin
from ..state import (
    AWARE_LAW,
    CREDIT,
    GRANTS,
    INFORMATION,
    LANES,
    NONE,
    OUTSIDE,
    OWN_PLANT,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    SLOT_TAKEN,
    WATER,
)
from .chosen_lanes import line_up
from .financing import A_LOAN, annuity_of, finance, grant_of, own_funds
from .lottery import COMPLIANCE_REVIEW, INSPECTION, digits
from .plants import is_reached, removed_by, weakness
from .requests import add_request, ask, fund_of, sort_requests
from .seen import knows_of
from .tastes import taste
from .technology import Terms, investment, order

__all__ = ["Costs", "Leaning", "choose_compliance", "compliance_costs", "data_of", "decide_compliance", "expected_loss", "expected_visits",
           "fine_multiplier",
           "has_continuous", "has_plant", "inspect", "paid_shares", "make_visits", "plant_cost", "plant_terms", "review_compliance"]  # fmt: skip


BY_PLAN, BY_COMPLAINT = 1, 2  # why a visit is due


class Costs(NamedTuple):
    """Yearly cost of each way to deal with effluent, mVND/yr; infinity: not open.

    Attributes
    ----------
    none, sham, own, connect : float
        No treatment; sham; a plant that stands; connection to the central plant.
    weak : float
        Fines on the plant that stands, because it removes less than the law asks for: beside `own`.
    """

    none: float
    sham: float
    own: float
    connect: float
    weak: float


class Leaning(NamedTuple):
    """What a choice of compliance depends on beside the cost of real treatment.

    Attributes
    ----------
    none, sham : float
        Weights of no treatment and of sham.
    taste : float
        The firm's persistent draw.
    """

    none: float
    sham: float
    taste: float


@inner
def inspect(s, p, c):
    """Inspections by hazard and after complaints, detections by automatic data, and fines."""
    city = s.city[0]
    dt, step = city.dt, city.step
    cluster = s.clusters[c]
    if cluster.firms == 0:
        return
    lever = s.levers[cluster.lever_row]
    multiplier = fine_multiplier(cluster, lever)
    watched = has_continuous(cluster)
    continuous = event(p.continuous_rate * cluster.monitoring, dt)
    caught, queue = s.sheet[0].caught, s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        if watched:
            for k in range(LANES):
                caught[k] = np.int64(uniform(city.key, Purpose.CONTINUOUS, step, f.id[k]) < continuous)
        for k in range(LANES):
            seen = caught[k] & np.int64(f.status[k] == SLOT_TAKEN) if watched else 0
            n = line_up(queue, n, k, (f.events[k] >> INSPECTION) & 1 | seen)
        for m in range(n):
            k = queue[m]
            if (f.events[k] >> INSPECTION) & 1:  # nobody is meant in an empty slot
                u = digits(city.key, step, f.id[k], INSPECTION)
                if u < event(inspection_hazard(p, lever.inspection_rate, f.workers[k]), dt):
                    _meet(s, p, cluster, lever, f, k, BY_PLAN)
            if watched and caught[k] and f.status[k] == SLOT_TAKEN and _is_measured(city, p, cluster, f, k):
                _fine(s, p, cluster, lever, f, k, multiplier)
    _complaint(s, p, c, cluster, lever)


@inner
def _is_measured(city, p, cluster, f, k):
    """Do data that exist show a violation? Of no and of sham treatment; of an own plant the less often the less it lacks."""
    if f.compliance[k] < REAL_OWN:
        return True
    weak = weakness(p, f, k) if f.compliance[k] == REAL_OWN else 0.0
    if weak <= 0.0:
        return False
    return uniform(city.key, Purpose.CONTINUOUS, city.step, f.id[k]) < event(weak * p.continuous_rate * cluster.monitoring, city.dt)


@inner
def has_continuous(cluster):
    """Automatic data can detect where there is a central plant or project T."""
    return cluster.built[WATER] > 0 or cluster.built[INFORMATION] > 0


@inner
def data_of(p, lever, cluster, effluent):
    """m_effluent of a firm: data exist where its effluent is collected or it must measure by size (13.2), else 0."""
    if lever.relief_monitoring > 0.5:
        return 1.0
    return cluster.monitoring if has_continuous(cluster) or effluent >= 365.0 * p.measured_own else 0.0


@inner
def fine_multiplier(cluster, lever):
    """Multiplier of fines in this cluster."""
    if lever.fine_adaptive > 0.5:
        return lever.fine_multiplier * (1.0 + cluster.untreated / max(cluster.effluent, 1e-9))
    return lever.fine_multiplier


@inner
def paid_shares(p, lever, data):
    """Parts of a fine that reach the state and that go to the side, of a firm with this coverage by data."""
    return payment_share(p, data, 0.0 if lever.relief_monitoring > 0.5 else p.informal_discount)


@inner
def _meet(s, p, cluster, lever, f, k, reason):
    """A visit that is due is made at once, or waits for one of a limited number of inspectors."""
    if p.inspectors > 0.0:
        f.visit[k] = max(f.visit[k], reason)
    else:
        _visit(s, p, cluster, lever, f, k, fine_multiplier(cluster, lever))


@inner
def make_visits(s, p):
    """Limited inspectors make the visits that are due while they can in this year: after complaints first, then by hashed priority."""
    if p.inspectors <= 0.0:
        return
    city = s.city[0]
    year = np.floor(city.time + 1e-6)
    if city.time - year < 1e-6:
        city.visits_due = city.visits_made = 0
    for b in range(s.firms.size):
        f = s.firms[b]
        for k in range(LANES):
            if f.visit[k] and f.status[k] == SLOT_TAKEN:
                priority = draw(city.key, Purpose.INSPECTOR, city.step, f.id[k]) >> np.uint64(1)
                if f.visit[k] != BY_COMPLAINT:
                    priority += np.uint64(1) << np.uint64(63)
                add_request(s, b * LANES + k, 0, 0, 0.0, priority)
            f.visit[k] = 0
    n = city.requests
    sort_requests(s.requests, n)
    made = min(n, visits_allowed(p, city.planned_factor, city.time + city.dt - year, city.visits_made))
    for r in range(made):
        slot = s.requests[r].slot
        f, k = s.firms[slot >> 4], slot & 15
        cluster = s.clusters[f.cluster[k]]
        lever = s.levers[cluster.lever_row]
        _visit(s, p, cluster, lever, f, k, fine_multiplier(cluster, lever))
    city.requests = 0
    city.visits_due += n
    city.visits_made += made
    for c in range(s.clusters.size):
        s.clusters[c].unvisited = 1.0 - city.visits_made / max(city.visits_due, 1) if city.visits_due > 0 else 0.0


@inner
def expected_visits(p, lever, cluster, workers):
    """Inspections a year that a firm of this size expects: of those due, what was made of them this year."""
    return inspection_hazard(p, lever.inspection_rate, workers) * (1.0 - cluster.unvisited)


@inner
def _visit(s, p, cluster, lever, f, k, multiplier):
    """One inspection: it costs the state, informs the firm of the law, and may detect."""
    city = s.city[0]
    city.inspections += 1
    trained = s.levers[s.levers.size - 1].official_skill if lever.relief_monitoring > 0.5 else lever.official_skill
    s.money[Money.INSPECTIONS] += p.cost_inspection + p.skill_training * trained  # a barrier is removed at no cost
    f.aware[k] |= np.uint8(1 << AWARE_LAW)
    u = uniform(city.key, Purpose.DETECTION, city.step, f.id[k])
    data = data_of(p, lever, cluster, f.effluent[k])
    if u < detection(p, f.compliance[k], data, lever.official_skill, weakness(p, f, k)):
        _fine(s, p, cluster, lever, f, k, multiplier)


@inner
def _fine(s, p, cluster, lever, f, k, multiplier):
    share, side = paid_shares(p, lever, data_of(p, lever, cluster, f.effluent[k]))
    amount = fine(p, f.effluent[k], multiplier)
    s.city[0].fined += 1
    f.cash[k] -= amount * (share + side)
    s.money[Money.FINE] += amount * share
    s.money[Money.SIDE_PAYMENT] += amount * side
    f.last_fine[k] = s.city[0].time
    f.stopped[k] += lever.public_disclosure * p.record_weeks / 52.0  # buyers who see it turn to others
    if p.suspension_weeks > 0.0:
        _count_fine(s.city[0], p, f, k)


@inner
def _count_fine(city, p, f, k):
    """Remember a fine; the one that is too many suspends the firm from the next step on, and the count restarts."""
    fines, oldest = 1, 0
    for n in range(f.fined_at.shape[1]):
        fines += np.int64(fine_counts(f.fined_at[k, n], city.time, p.suspension_window))
        if f.fined_at[k, n] < f.fined_at[k, oldest]:
            oldest = n
    if not suspends(fines, p.suspension_fines):
        f.fined_at[k, oldest] = city.time
        return
    city.suspended += 1
    f.stopped[k] += p.suspension_weeks / 52.0
    for n in range(f.fined_at.shape[1]):
        f.fined_at[k, n] = 0.0


@inner
def _complaint(s, p, c, cluster, lever):
    """Neighbours complain of untreated effluent; each complaint brings an inspection of one firm."""
    if cluster.kind == OUTSIDE or cluster.effluent <= 0.0:
        return
    city = s.city[0]
    hazard = complaint_hazard(p, cluster.untreated, cluster.effluent, cluster.urban)
    if uniform(city.key, Purpose.CLUSTER_COMPLAINT, city.step, c) >= event(hazard, city.dt):
        return
    cluster.complaints += 1.0
    cluster.complained_at = city.time
    # a firm drawn by its effluent, or by what all can see: the smallest of exponential times, so that no order of firms matters
    best, where = 1e300, -1
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN and f.effluent[k] > 0.0:
                drawn_by = complaint_weight(f.effluent[k], removed_by(p, cluster, f, k), lever.public_disclosure)
                t = -log(uniform(city.key, Purpose.COMPLAINT_TARGET, city.step, f.id[k])) / drawn_by
                if t < best:
                    best, where = t, b * LANES + k
    if where >= 0:
        _meet(s, p, cluster, lever, s.firms[where >> 4], where & 15, BY_COMPLAINT)


@inner
def plant_terms(s, p, slot, supported):
    """Terms of an own treatment plant, wanted by whoever can pay its part: its saving is compliance itself."""
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    cost = investment(s.city[0], p, f, k, OWN_PLANT)
    grant = grant_of(lever, OWN_PLANT, cluster.level) if supported and knows_of(p, f, k, GRANTS) else 0.0
    net = cost * (1.0 - grant)
    loan = finance(s, p, slot, OWN_PLANT, net, supported and knows_of(p, f, k, CREDIT))
    able = (1.0 - loan.share) * net <= own_funds(p, lever, f, k)
    claim = grant * cost + loan.subsidy + loan.guarantee if supported else 0.0
    return Terms(able, cost, grant, loan, 0.0, 0.0, claim)


@inner
def plant_cost(p, f, k, terms):
    """What a new plant adds to the yearly cost of running it, mVND/yr; infinity if the firm cannot pay its part.

    Parameters
    ----------
    terms : Terms
        From `plant_terms`.
    """
    if not terms.wants:
        return np.inf
    loan, rate, years = terms.loan.share, terms.loan.rate, p.loan_years
    cheap = years if rate <= 1e-9 else annuity(rate, years)
    net = terms.cost * (1.0 - terms.grant)
    return net * ((1.0 - loan) + loan * annuity_of(p, f, k, A_LOAN) / cheap) / annuity_of(p, f, k, OWN_PLANT)


@inner
def compliance_costs(p, lever, cluster, f, k):
    """Yearly cost of no treatment, sham, a plant that stands, and connection (infinity: no room), mVND/yr."""
    q, running, watched = f.effluent[k], f.running[k], has_continuous(cluster)
    data = data_of(p, lever, cluster, q)
    share, side = paid_shares(p, lever, data)
    expected = fine(p, q, fine_multiplier(cluster, lever)) * (share + side)
    visits, skill = expected_visits(p, lever, cluster, f.workers[k]), lever.official_skill
    fee = environmental_fee(p, q, f.k_cod[k])
    caught = detection_hazard(p, NONE, data, visits, watched, skill, 0.0)
    caught_sham = detection_hazard(p, SHAM, data, visits, watched, skill, 0.0)
    caught_weak = detection_hazard(p, REAL_OWN, data, visits, watched, skill, weakness(p, f, k))
    none = expected * caught + fee + expected_loss(p, lever, f, k, caught)
    sham = sham_cost(p, running) + fee + expected * caught_sham + expected_loss(p, lever, f, k, caught_sham)
    weak = expected * caught_weak + expected_loss(p, lever, f, k, caught_weak) if caught_weak > 0.0 else 0.0
    connect = np.inf
    if cluster.built[WATER] and (cluster.connected + q <= cluster.design_flow or f.compliance[k] == REAL_CONNECTED):
        connect = connection_cost(q, cluster.fee, p.connect_fixed)
    return Costs(none, sham, running + fee, connect, weak)


@inner
def expected_loss(p, lever, f, k, hazard):
    """What suspensions and buyers who turn away are expected to cost a firm that is fined with this hazard, mVND/yr."""
    margin = usual_margin(f.k_margin[k], f.margin_life[k]) * f.k_revenue[k] * f.workers[k]
    return suspension_loss(p, hazard, margin) + record_loss(p, lever.public_disclosure, hazard, margin)


@inner
def choose_compliance(city, p, cluster, f, k, costs, plant):
    """None, sham or real at these costs and with the persistent taste.

    Parameters
    ----------
    costs : Costs
    plant : float
        Yearly cost of a new plant beside its running cost, from `plant_cost`; `Costs.weak` if there is one.

    Returns
    -------
    int
        NONE, SHAM, REAL_OWN (to be built if there is no plant) or REAL_CONNECTED.
    """
    return _weigh(p, cluster, f, k, costs, plant, _leaning(city, p, f, k, costs))


@inner
def _leaning(city, p, f, k, costs):
    """What holds whatever a plant costs."""
    return Leaning(weight(p, costs.none), weight(p, costs.sham), taste(city, p, f.id[k], COMPLIANCE, Purpose.TASTE))


@inner
def _weigh(p, cluster, f, k, costs, plant, leaning):
    """`choose_compliance`, given the `_leaning`."""
    real, cost_real = REAL_OWN, costs.own + plant
    # connection is a legal duty; a plant that already stands may go on, a new one is not built
    if cluster.built[WATER] and (not has_plant(f, k) or costs.connect <= cost_real):
        real, cost_real = REAL_CONNECTED, costs.connect
    chosen = pick(leaning.none, leaning.sham, weight(p, asked_cost(p, cost_real, f.asked[k])), leaning.taste)
    return real if chosen == 2 else chosen


@inner
def has_plant(f, k):
    """A plant of its own stands or is being built."""
    return ((f.tech[k] | f.pending[k]) >> OWN_PLANT) & 1 == 1


@inner
def review_compliance(s, p, c):
    """Reviews of compliance of this step, by firms that know the law."""
    city = s.city[0]
    dt = city.dt
    cluster = s.clusters[c]
    if cluster.firms == 0:
        return
    fund = fund_of(cluster)
    funded = fund >= 0 and s.funds[fund].enacted > 0.5 and s.funds[fund].budget > 0.0
    queue = s.sheet[0].queue
    for b in range(cluster.first, cluster.last):
        f, n = s.firms[b], 0
        for k in range(LANES):
            n = line_up(queue, n, k, (f.events[k] >> COMPLIANCE_REVIEW) & (np.int64(f.aware[k]) >> AWARE_LAW) & 1)
        for m in range(n):
            k = queue[m]
            u = digits(city.key, city.step, f.id[k], COMPLIANCE_REVIEW)
            if u >= event(review_hazard(p, f.attitude[k]), dt):
                continue
            decide_compliance(s, p, b * LANES + k, fund if funded else -1)


@inner
def decide_compliance(s, p, slot, fund):
    """One review: choose, and order an own plant, or ask the fund (-1: none) for it, where that is the choice."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    costs = compliance_costs(p, lever, cluster, f, k)
    leaning = _leaning(city, p, f, k, costs)
    if has_plant(f, k):
        if costs.weak > 0.0 and _renew_early(s, p, slot, fund, costs, leaning):
            return
        chosen = _weigh(p, cluster, f, k, costs, costs.weak, leaning)
        if chosen != REAL_OWN or (f.tech[k] >> OWN_PLANT) & 1:  # else the plant is being built
            f.compliance[k] = chosen
        return
    if cluster.built[WATER] or _weigh(p, cluster, f, k, costs, 0.0, leaning) == NONE:
        # nobody builds beside a central plant; and who would not even have a plant for nothing needs no terms
        f.compliance[k] = _weigh(p, cluster, f, k, costs, np.inf, leaning)
        return
    terms = plant_terms(s, p, slot, fund >= 0)
    chosen = _weigh(p, cluster, f, k, costs, plant_cost(p, f, k, terms), leaning)
    if chosen == REAL_OWN and fund >= 0:
        if terms.claim > lever.effort_cost:
            ask(s, lever, slot, OWN_PLANT, fund, terms.claim)
            return
        terms = plant_terms(s, p, slot, False)  # the same choice without the programme's money
        chosen = _weigh(p, cluster, f, k, costs, plant_cost(p, f, k, terms), leaning)
    if chosen == REAL_OWN:
        order(s, p, slot, OWN_PLANT, terms, -1)
    else:
        f.compliance[k] = chosen


@inner
def _renew_early(s, p, slot, fund, costs, leaning):
    """Is a weak plant replaced before its end: by who was told what it lacks, if that costs less than fines and real is the choice?

    Returns
    -------
    bool
        True if a new plant was ordered, or the fund asked for it; the old one goes on as it is until then.
    """
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    if cluster.built[WATER] or f.pending[k] >> OWN_PLANT & 1 or not is_reached(f, k):
        return False
    terms = plant_terms(s, p, slot, fund >= 0)
    if not _is_better(p, cluster, f, k, costs, plant_cost(p, f, k, terms), leaning):
        return False
    if fund >= 0:
        if terms.claim > lever.effort_cost:
            ask(s, lever, slot, OWN_PLANT, fund, terms.claim)
            return True
        terms = plant_terms(s, p, slot, False)
        if not _is_better(p, cluster, f, k, costs, plant_cost(p, f, k, terms), leaning):
            return False
    order(s, p, slot, OWN_PLANT, terms, -1)
    return True


@inner
def _is_better(p, cluster, f, k, costs, plant, leaning):
    """Is a new plant cheaper than fines on the old one, and then real treatment by it the choice?"""
    return plant < costs.weak and _weigh(p, cluster, f, k, costs, plant, leaning) == REAL_OWN
