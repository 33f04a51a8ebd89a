"""The numbers that a firm weighs, from the model's own rules: kernels that ask them one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...model.jit import jit
from ...model.phases.acquaintances import note_holds, tie_adopters
from ...model.phases.enforcement import (
    choose_compliance,
    compliance_costs,
    has_plant,
    plant_cost,
    plant_terms,
)
from ...model.phases.financing import finance, loan_annuity, own_funds
from ...model.phases.links import pair_belief
from ...model.phases.seen import is_corrected, knows_of
from ...model.phases.tastes import taste
from ...model.phases.technology import Case, appraise, value_at, waiting_multiple
from ...model.randomness import COMPLIANCE, Purpose
from ...model.rules.adoption import adopts, value_ratio
from ...model.rules.compliance import inspection_hazard
from ...model.rules.production import tax_rate
from ...model.rules.seen import seen_saving
from ...model.rules.trust import belief, disclosure, enforcement
from ...model.state import (
    CREDIT,
    PLANNED,
    REAL_OWN,
    WATER,
)

__all__ = ["Terms", "options_of", "partner_belief", "terms_of", "views_of"]


@dataclass(frozen=True)
class Terms:
    """What a firm reckons of a technology at a review.

    Attributes
    ----------
    cost, saving, funds, need : float
        Capital cost before grants, mVND; yearly saving as the firm sees it, mVND/yr; cash it may invest; what it must bring itself.
    grant, share, rate, hurdle : float
        Grant share; share of the rest that is lent; real rate of the loan; hurdle rate, 1/yr.
    asked : bool
        Did it ask the bank?
    psi, multiple : float
        Value over cost; the value over cost at which waiting ends.
    chance, taste : float
        Probability to adopt at these numbers; the firm's persistent draw, it adopts where that is below the chance.
    adopters, known : int
        Of its acquaintances and partners.
    wants : bool
        Does it adopt on these terms (money included)?
    """

    cost: float
    saving: float
    grant: float
    share: float
    rate: float
    asked: bool
    psi: float
    multiple: float
    chance: float
    taste: float
    funds: float
    need: float
    adopters: int
    known: int
    hurdle: float
    wants: bool


@jit
def _appraisal(s, p, slot, j, supported, out):
    """Numbers of `appraise` and what lies between them, in the order of the fields of `Terms`."""
    for b in range(s.firms.size):
        note_holds(s, b)  # between two steps firms came and went
    f, k = s.firms[slot >> 4], slot & 15
    city, cluster = s.city[0], s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    terms = appraise(s, p, slot, j, supported)
    cost, grant, saving, cut = terms.cost, terms.grant, terms.saving, terms.cut
    net, life, hurdle = cost * (1.0 - grant), p.tech_life_yr[j], f.hurdle[k]
    loan = finance(s, p, slot, j, net, supported and knows_of(p, f, k, CREDIT))
    tax = tax_rate(p, f.k_revenue[k] * f.workers[k], city.time) * p.taxable_share
    adopters, known = tie_adopters(s, slot, j)
    saving = seen_saving(p, saving, is_corrected(lever, f, k, adopters))  # as the firm sees it
    value = value_at(p, f, k, j, Case(saving, net, tax, cut))
    psi = value / net
    if value > 0.0:
        psi = value_ratio(value, net, loan.share, loan.rate, min(p.loan_years, life), loan_annuity(p, f, k, j))
    multiple = waiting_multiple(p, lever, hurdle, adopters)
    u = taste(city, p, f.id[k], j, Purpose.TASTE)
    out[0], out[1], out[2], out[3], out[4], out[5] = cost, saving, grant, loan.share, loan.rate, loan.asked
    out[6], out[7], out[9] = psi, multiple, u
    out[8] = 1.0 / (1.0 + (multiple / psi) ** p.adoption_slope) if psi > 0.0 and value > 0.0 else 0.0
    out[10], out[11] = own_funds(p, lever, f, k), (1.0 - loan.share) * net
    out[12], out[13], out[14], out[15] = adopters, known, hurdle, 1.0 if terms.wants else 0.0
    out[16] = 1.0 if value > 0.0 and adopts(psi, multiple, p.adoption_slope, u) else 0.0
    out[17] = terms.claim - lever.effort_cost  # above 0: worth a request


@jit
def _options(s, p, slot, supported, out):
    """Yearly cost of none, sham, own plant and connection as `choose_compliance` weighs them, taste, choice, and the claim on
    the fund for a plant beyond the effort of asking."""
    f, k = s.firms[slot >> 4], slot & 15
    city, cluster = s.city[0], s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    costs = compliance_costs(p, lever, cluster, f, k)
    plant, claim = costs.weak, -1.0
    if not has_plant(f, k):
        terms = plant_terms(s, p, slot, supported)
        plant, claim = plant_cost(p, f, k, terms), terms.claim - lever.effort_cost
    out[0], out[1], out[2], out[3] = costs.none, costs.sham, costs.own + plant, costs.connect
    if cluster.built[WATER] and not has_plant(f, k):
        out[2] = np.inf  # connection is a duty: no new plant beside it
    out[4] = taste(city, p, f.id[k], COMPLIANCE, Purpose.TASTE)
    out[5] = choose_compliance(city, p, cluster, f, k, costs, plant)
    out[6] = claim if supported else -1.0


@jit
def _views(s, p, slot, out):
    """Enforcement, belief about the operator, and probability to show its flows."""
    f, k = s.firms[slot >> 4], slot & 15
    cluster = s.clusters[f.cluster[k]]
    lever = s.levers[cluster.lever_row]
    out[0] = enforcement(p, lever, cluster.kind == PLANNED)
    out[1] = 1.0 if lever.relief_trust > 0.5 else belief(p, f.trust[k], out[0])
    out[2] = disclosure(p, out[1])
    out[3] = inspection_hazard(p, lever.inspection_rate, f.workers[k])


@jit
def partner_belief(s, p, slot, other, kept, broken):
    """What the firm in `slot` believes of the one in `other`."""
    return pair_belief(s, p, slot, other, kept, broken)


def terms_of(state: Any, p: np.ndarray, slot: int, j: int, supported: bool) -> tuple[Terms, bool, float]:
    """Terms, whether the firm is willing (money apart), and the claim on the fund beyond the effort of asking."""
    out = np.zeros(18)
    _appraisal(state, p[()], slot, j, supported, out)
    cost, saving, grant, share, rate, asked, psi, multiple, chance, u, funds, need = out[:12].tolist()
    terms = Terms(
        cost,
        saving,
        grant,
        share,
        rate,
        bool(asked),
        psi,
        multiple,
        chance,
        u,
        funds,
        need,
        int(out[12]),
        int(out[13]),
        float(out[14]),
        bool(out[15]),
    )
    return terms, bool(out[16]), float(out[17])


def options_of(state: Any, p: np.ndarray, slot: int, supported: bool) -> tuple[list[float], float, bool, bool]:
    """Yearly cost of none, sham, an own plant and connection, mVND, infinite where not open; the firm's taste; is an own plant its
    choice; and would it ask the fund for it?"""
    out = np.zeros(7)
    _options(state, p[()], slot, supported, out)
    return out[:4].tolist(), float(out[4]), bool(out[5] == REAL_OWN), bool(out[6] > 0)


def views_of(state: Any, p: np.ndarray, slot: int) -> tuple[float, float, float]:
    """Belief about the operator, probability to show flows, inspections a year that the firm expects."""
    out = np.zeros(4)
    _views(state, p[()], slot, out)
    return float(out[1]), float(out[2]), float(out[3])
