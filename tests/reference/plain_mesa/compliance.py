"""6 Inspections, complaints, fines, and the choice between no, sham and real treatment of effluent (5b)."""

from __future__ import annotations

import math

from ecocluster.model.maths import annuity, log

from .formulas import rules
from .luck import EVENT, PURPOSE
from .objects import (
    AWARE_LAW,
    INFORMATION,
    NONE,
    OUTSIDE,
    OWN_PLANT,
    REAL_CONNECTED,
    REAL_OWN,
    SHAM,
    WATER,
)
from .plants import lack_of, removed
from .seen import CREDIT, GRANTS, is_told
from .technology import Offer, ask_fund, grant_share, investment, order, own_funds, taste, terms_of_loan

__all__ = ["choose_without_plant", "complain", "decide_without_fund", "effluent_cost", "expected_payments", "inspect",
           "make_visits", "plant_terms", "review_compliance"]  # fmt: skip


# --- inspections ---------------------------------------------------------------------------------------


def _watched(cluster) -> bool:
    """Can automatic data detect? Only where there is a central plant or project T."""
    return cluster.built[WATER] or cluster.built[INFORMATION]


def _data(p, cluster, effluent: float) -> float:
    """Coverage by data that matters for a firm: where effluent is collected, or where it must measure by its size."""
    if cluster.levers.relief_monitoring > 0.5:
        return 1.0
    return cluster.monitoring if _watched(cluster) or effluent >= 365.0 * p.measured_own else 0.0


def _fine_parts(model, firm, cluster) -> tuple[float, float]:
    """What a fine costs a firm in a cluster: paid to the state, and on the side, mVND."""
    p = model.p
    levers = cluster.levers
    multiplier = levers.fine_multiplier
    if levers.fine_adaptive > 0.5:
        multiplier *= 1.0 + cluster.sums.untreated / max(cluster.sums.effluent, 1e-9)
    discount = 0.0 if levers.relief_monitoring > 0.5 else p.informal_discount
    paid, side = rules.compliance.payment_share(p, _data(p, cluster, firm.effluent), discount)
    fine = rules.compliance.fine(p, firm.effluent, multiplier)
    return fine * paid, fine * side


def expected_payments(model, firm, z: int, cluster) -> float:
    """Fines, side payments and loss by suspension a year that z brings in a cluster, mVND."""
    p = model.p
    levers = cluster.levers
    visits = rules.compliance.inspection_hazard(p, levers.inspection_rate, firm.workers)
    if model.visits_due:
        visits *= model.visits_made / model.visits_due
    data = _data(p, cluster, firm.effluent)
    hazard = rules.compliance.detection_hazard(p, z, data, visits, _watched(cluster), levers.official_skill, lack_of(firm))
    margin = max(p.sector_margin[firm.sector] + firm.margin_life, p.sector_margin[firm.sector])
    loss = rules.compliance.suspension_loss(p, hazard, margin * firm.revenue)
    loss += rules.compliance.record_loss(p, levers.public_disclosure, hazard, margin * firm.revenue)
    return hazard * sum(_fine_parts(model, firm, cluster)) + loss


def inspect(model, firm) -> None:
    """An inspection by hazard, and a detection by automatic data."""
    p, cluster = model.p, firm.cluster
    levers = cluster.levers
    hazard = rules.compliance.inspection_hazard(p, levers.inspection_rate, firm.workers)
    if model.luck.happens(EVENT.INSPECTION, model.quarter, firm.firm_id, rules.diffusion.event(hazard, model.dt)):
        _meet(model, firm, False)
    share = {NONE: 1.0, SHAM: 1.0, REAL_OWN: lack_of(firm), REAL_CONNECTED: 0.0}[firm.compliance]
    if _watched(cluster) and share:
        chance = rules.diffusion.event(share * p.continuous_rate * cluster.monitoring, model.dt)
        if model.luck.uniform(PURPOSE.CONTINUOUS, model.quarter, firm.firm_id) < chance:
            _punish(model, firm)


def _meet(model, firm, complaint: bool) -> None:
    """At once, or when one of a limited number of inspectors finds the time."""
    if model.p.inspectors:
        model.visits[firm] = complaint or model.visits.get(firm, False)
    else:
        _visit(model, firm)


def make_visits(model) -> None:
    """What limited inspectors can make of the visits that are due: those after complaints, then by hashed priority."""
    p = model.p
    if not p.inspectors:
        return
    year = math.floor(model.now + 1e-6)
    if model.now - year < 1e-6:
        model.visits_due = model.visits_made = 0
    able = math.floor(p.inspectors * p.visits_per_inspector * model.planned_factor * (model.now + model.dt - year) + 1e-9)

    def turn(firm) -> tuple:
        return not model.visits[firm], model.luck.bits(PURPOSE.INSPECTOR, model.quarter, firm.firm_id)

    chosen = sorted(model.visits, key=turn)[: max(able - model.visits_made, 0)]
    model.visits_due += len(model.visits)
    model.visits_made += len(chosen)
    for firm in chosen:
        _visit(model, firm)
    model.visits.clear()


def _visit(model, firm) -> None:
    """One inspection: it costs the state, informs of the law, and may detect."""
    model.events["inspections"] += 1
    levers = firm.cluster.levers
    skill = levers.official_skill
    paid = model.levers[-1].official_skill if levers.relief_monitoring > 0.5 else skill
    model.ledger["INSPECTIONS"] += model.p.cost_inspection + model.p.skill_training * paid
    firm.aware |= 1 << AWARE_LAW
    data = _data(model.p, firm.cluster, firm.effluent)
    chance = rules.compliance.detection(model.p, firm.compliance, data, skill, lack_of(firm))
    if model.luck.uniform(PURPOSE.DETECTION, model.quarter, firm.firm_id) < chance:
        _punish(model, firm)


def _punish(model, firm) -> None:
    paid, side = _fine_parts(model, firm, firm.cluster)
    firm.cash -= paid + side
    model.events["fined"] += 1
    model.ledger["FINE"] += paid
    model.ledger["SIDE_PAYMENT"] += side
    p, now = model.p, model.now
    firm.last_fine = now
    firm.stopped += firm.cluster.levers.public_disclosure * p.record_weeks / 52.0
    if p.suspension_weeks:
        firm.fined_at = [at for at in firm.fined_at if now - at <= p.suspension_window + 1e-6] + [now]
        if len(firm.fined_at) >= p.suspension_fines:
            firm.fined_at = []
            firm.stopped += p.suspension_weeks / 52.0
            model.events["suspensions"] += 1


def complain(model, cluster) -> None:
    """Neighbours complain of untreated effluent; the inspection meets one firm, drawn by its effluent."""
    p, sums = model.p, cluster.sums
    if cluster.kind == OUTSIDE or sums.effluent <= 0.0:
        return
    place = 1.0 if cluster.urban else p.complaint_rural
    hazard = p.complaint_rate * sums.untreated / sums.effluent * place
    chance = rules.diffusion.event(hazard, model.dt)
    if model.luck.uniform(PURPOSE.CLUSTER_COMPLAINT, model.quarter, cluster.ident) >= chance:
        return
    model.events["complaints"] += 1
    model.events["complaints_dense"] += bool(cluster.urban)
    cluster.complained_at = model.now

    def waiting(firm) -> float:  # exponential times whose rates are what is seen of the effluents: the first one is meant
        rate = rules.compliance.complaint_weight(firm.effluent, removed(firm), cluster.levers.public_disclosure)
        return -log(model.luck.uniform(PURPOSE.COMPLAINT_TARGET, model.quarter, firm.firm_id)) / rate

    _meet(model, min((firm for firm in cluster.firms if firm.effluent > 0.0), key=waiting), True)


# --- the choice ------------------------------------------------------------------------------------------


def _environmental_fee(model, firm) -> float:
    p = model.p
    return rules.compliance.environmental_fee(p, firm.effluent, p.sector_cod_kg_m3[firm.sector])


def effluent_cost(model, firm, z: int, cluster=None) -> float:
    """What a choice costs a firm a year in a cluster (its own), expected fines included, its plant sunk, mVND."""
    p, cluster = model.p, cluster or firm.cluster
    if z == REAL_CONNECTED:
        return cluster.fee * firm.effluent + p.connect_fixed
    cost = _environmental_fee(model, firm)
    if z == REAL_OWN:
        fines = expected_payments(model, firm, z, cluster) if lack_of(firm) else 0.0
        return cost + firm.own_running + fines
    cost += expected_payments(model, firm, z, cluster)
    return cost + (rules.compliance.sham_cost(p, firm.own_running) if z == SHAM else 0.0)


def plant_terms(model, firm, supported: bool) -> Offer:
    """Terms of an own treatment plant; wanted: can the firm pay its part?"""
    cost = investment(model, firm, OWN_PLANT)
    grant = grant_share(firm.cluster.levers, OWN_PLANT, firm.cluster.level) if supported and is_told(firm, GRANTS) else 0.0
    net = cost * (1.0 - grant)
    share, rate, subsidy, loss, asked = terms_of_loan(model, firm, OWN_PLANT, net, supported and is_told(firm, CREDIT))
    able = (1.0 - share) * net <= own_funds(firm)
    claim = grant * cost + subsidy + loss if supported else 0.0
    return Offer(able, cost, grant, share, rate, 0.0, subsidy, loss, claim, asked)


def _yearly(p, firm, plant: Offer) -> float:
    """What a new plant adds to the yearly cost of running it, mVND."""
    cheap = p.loan_years if plant.rate <= 1e-9 else annuity(plant.rate, p.loan_years)
    dear = annuity(firm.hurdle, p.loan_years) / cheap
    return plant.net * (1.0 - plant.share + plant.share * dear) / annuity(firm.hurdle, p.tech_life_yr[OWN_PLANT])


def _renews(model, firm, plant: Offer) -> bool:
    """Would a firm that was told what its plant lacks rather replace it than go on being fined for it?"""
    if not lack_of(firm) or OWN_PLANT in firm.pending or firm.cluster.built[WATER] or not plant.wanted:
        return False
    told = firm.visited > 0.0 or firm.served > 0.0 or firm.last_fine > firm.plant_at
    return told and _yearly(model.p, firm, plant) < expected_payments(model, firm, REAL_OWN, firm.cluster)


def _choose(model, firm, plant: Offer | None) -> int:
    """None, sham or real at present costs and with the persistent taste.

    Parameters
    ----------
    plant : Offer or None
        Terms of a plant if the firm has none, or would renew a weak one; None: out of reach.
    """
    p, cluster = model.p, firm.cluster
    has_plant = firm.has(OWN_PLANT) or OWN_PLANT in firm.pending
    own = effluent_cost(model, firm, REAL_OWN) if has_plant else math.inf
    if not has_plant and plant is not None and plant.wanted:
        own = effluent_cost(model, firm, REAL_OWN) + _yearly(p, firm, plant)
    elif plant is not None and _renews(model, firm, plant):
        own = effluent_cost(model, firm, REAL_OWN) - expected_payments(model, firm, REAL_OWN, cluster) + _yearly(p, firm, plant)
    real, cost = REAL_OWN, own
    if cluster.built[WATER]:
        # connection is a legal duty while there is room; a plant that stands may go on, a new one is not built
        room = cluster.connected + firm.effluent <= cluster.design_flow or firm.compliance == REAL_CONNECTED
        connect = effluent_cost(model, firm, REAL_CONNECTED) if room else math.inf
        if not has_plant or connect <= own:
            real, cost = REAL_CONNECTED, connect
    if firm.asked:
        cost /= p.lead_saving
    weights = [
        rules.compliance.weight(p, each) for each in (effluent_cost(model, firm, NONE), effluent_cost(model, firm, SHAM), cost)
    ]
    z = rules.compliance.pick(*weights, taste(model, firm, 7))
    return real if z == 2 else z


def choose_without_plant(firm) -> int:
    """The choice of the first day: no plant can be built before the first review."""
    return _choose(firm.model, firm, None)


def review_compliance(model, firm) -> None:
    """A review by a firm that knows the law; own plants are ordered, or the fund is asked for them."""
    if not firm.knows(AWARE_LAW):
        return
    chance = rules.diffusion.event(rules.diffusion.review_hazard(model.p, firm.attitude), model.dt)
    if not model.luck.happens(EVENT.COMPLIANCE_REVIEW, model.quarter, firm.firm_id, chance):
        return
    fund = model.fund_of(firm.cluster)
    plant = plant_terms(model, firm, fund is not None)
    z = _choose(model, firm, plant)
    renews = z == REAL_OWN and _renews(model, firm, plant)
    if not renews and firm.has(OWN_PLANT) and lack_of(firm):
        z = _choose(model, firm, None)  # with the plant as it is
    if not renews and (z != REAL_OWN or firm.has(OWN_PLANT)):
        firm.compliance = z
    elif OWN_PLANT in firm.pending:
        pass  # it is being built
    elif fund is None:
        order(model, firm, OWN_PLANT, plant)
    elif plant.claim > firm.cluster.levers.effort_cost:
        ask_fund(model, firm, OWN_PLANT, plant.claim)
    else:
        decide_without_fund(model, firm)


def decide_without_fund(model, firm) -> None:
    """The same choice without the programme's money."""
    plant = plant_terms(model, firm, False)
    z = _choose(model, firm, plant)
    if firm.has(OWN_PLANT):
        if z == REAL_OWN and _renews(model, firm, plant):
            order(model, firm, OWN_PLANT, plant)
        else:
            firm.compliance = _choose(model, firm, None)
    elif z == REAL_OWN:
        order(model, firm, OWN_PLANT, plant)
    else:
        firm.compliance = z
