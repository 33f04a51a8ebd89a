"""5b: inspections, fines, and the choice between no, sham and real treatment of effluent."""

from __future__ import annotations

import numpy as np

from ..jit import jit, small
from ..maths import exp, log, power
from ..state import NONE, REAL_CONNECTED, REAL_OWN, SHAM

__all__ = ["complaint_hazard", "connection_cost", "complaint_weight", "cost_of_next_m3", "detection", "detection_hazard", "environmental_fee", "fee_of", "fine",
           "fine_counts", "inspection_hazard", "inspection_size", "own_running_cost", "payment_share", "pick", "record_loss", "removal", "removal_of",
           "running_cost_of", "running_factor", "sham_cost", "sham_cost_of", "stopped_share", "suspends", "suspension_loss", "suspension_rate",
           "visits_allowed", "weight"]  # fmt: skip


@jit
def inspection_hazard(p, rate, workers):
    """Inspections a year: rate x clip((workers/15.5)^.5, .2, 5)."""
    exponent = p.inspection_exponent
    return rate * inspection_size(workers / p.inspection_workers, exponent, exponent == 0.5, p.inspection_low, p.inspection_high)


@small
def inspection_size(relative, exponent, root, low, high):
    """Factor on inspections by size against that of the reference; `root`: the exponent is 1/2."""
    return min(max(np.sqrt(relative) if root else exp(exponent * log(relative)), low), high)


@jit
def detection(p, compliance, data, skill, weak):
    """Probability that an inspection detects: .9 (none), .15 + .65 m (sham), 0 (real); skill finds a part of what is missed.

    An own plant that removes less than the law asks for is detected as sham is, times its `rules.plants.shortfall` `weak`.
    """
    found = 0.0
    if compliance == NONE:
        found = p.detect_none
    elif compliance == SHAM or compliance == REAL_OWN and weak > 0.0:
        found = p.detect_sham_low + (p.detect_sham_high - p.detect_sham_low) * data
    else:
        return 0.0
    found += p.skill_detection * skill * (1.0 - found)
    return weak * found if compliance == REAL_OWN else found


@jit
def detection_hazard(p, compliance, data, hazard, continuous, skill, weak):
    """Detections a year: by inspections, and by automatic data where a plant or project T makes them possible.

    Parameters
    ----------
    hazard : float
        Inspections a year of this firm.
    continuous : bool
        True in clusters with a central plant or project T.
    skill : float
        Of officials, 0-1.
    weak : float
        Shortfall of its own plant, 0-1.
    """
    if compliance == REAL_CONNECTED or compliance == REAL_OWN and weak <= 0.0:
        return 0.0
    measured = p.continuous_rate * data if continuous else 0.0
    return hazard * detection(p, compliance, data, skill, weak) + (weak * measured if compliance == REAL_OWN else measured)


@jit
def fine(p, effluent, multiplier):
    """Fine in mVND: clip(300 (q/6000)^.5, 20, 1000) x multiplier, q in m3/yr."""
    base = p.fine_reference * power(max(effluent, 1e-9) / p.fine_flow, p.fine_exponent)
    return min(max(base, p.fine_low), p.fine_high) * multiplier


@jit
def payment_share(p, data, discount):
    """What a fine costs a firm, as a share of it: the state's part 1 - d and the side payment.

    Returns
    -------
    (float, float)
        Paid to the state; paid on the side. d = discount x (1 - data).
    """
    d = discount * (1.0 - data)
    return 1.0 - d, p.side_share * d


@small
def fine_counts(at, now, window):
    """Does a fine of then still count towards a suspension? 0: there was none."""
    return now - at <= window + 1e-6


@small
def suspends(fines, needed):
    """Do so many fines within the window suspend?"""
    return fines >= needed


@small
def stopped_share(left, dt):
    """Share of a step without production, if the firm must stand still for so many years more."""
    return min(left / dt, 1.0)


@jit
def suspension_rate(p, hazard):
    """Suspensions a year of a firm that is fined with this hazard h (1/yr): h P/(1 + g + ... + g^(k - 1)).

    P is the probability of at least k - 1 fines in the window before a fine; g = P^(1/(k - 1)), as if each of k - 1 gaps in a row were
    short by itself. The sum is what the restart of the count takes away. Exact for k = 2, within 6 % of the process to k = 5.
    """
    before = np.int64(np.ceil(p.suspension_fines)) - 1
    expected = hazard * p.suspension_window
    term = exp(-expected)
    fewer = term
    for n in range(1, before):
        term *= expected / n
        fewer += term
    often = max(1.0 - fewer, 0.0)
    if often <= 0.0:
        return 0.0
    short, share = power(often, 1.0 / before), 1.0
    total = share
    for _ in range(before):
        share *= short
        total += share
    return hazard * often / total


@jit
def suspension_loss(p, hazard, margin):
    """What suspensions are expected to cost, mVND/yr: their rate x weeks/52 x yearly margin."""
    return suspension_rate(p, hazard) * p.suspension_weeks / 52.0 * margin if p.suspension_weeks > 0.0 else 0.0


@jit
def record_loss(p, disclosure, hazard, margin):
    """What buyers who see a fine are expected to cost, mVND/yr: hazard x weeks of sales/52 x yearly margin."""
    return hazard * disclosure * p.record_weeks / 52.0 * margin


@jit
def own_running_cost(p, effluent):
    """Running cost of an own plant, mVND/yr: 9 kVND/m3 x q (q/6000)^-.2."""
    q = max(effluent, 1e-9)
    return p.own_om * q * power(q / p.fine_flow, p.own_om_exponent)


@jit
def running_factor(p):
    """Running cost of an own plant of 1 m3/yr, mVND/yr: what does not depend on the firm."""
    return p.own_om * exp(-p.own_om_exponent * log(p.fine_flow))


@small
def running_cost_of(effluent, factor, exponent):
    """`own_running_cost` with `running_factor` and the exponent of the flow given, for dense loops; the last bits differ."""
    return factor * exp(exponent * log(max(effluent, 1e-9)))


@jit
def cost_of_next_m3(p, effluent):
    """What the last m3/yr costs in an own plant, mVND: the derivative of `own_running_cost`."""
    return (1.0 + p.own_om_exponent) * p.own_om * exp(p.own_om_exponent * log(effluent / p.fine_flow))


@jit
def complaint_hazard(p, untreated, effluent, urban):
    """Complaints of neighbours about a cluster, 1/yr: .3 x untreated share, times .3 outside dense districts."""
    return p.complaint_rate * untreated / effluent * (1.0 if urban > 0.5 else p.complaint_rural)


@small
def complaint_weight(effluent, removed, disclosure):
    """What a complaint is drawn by: effluent, and with public records the part of it that is left untreated."""
    return effluent * (1.0 - disclosure * removed)


@jit
def visits_allowed(p, share, year, made):
    """Visits that limited inspectors can still make, of those of the part `year` of a calendar year, if they made so many in it."""
    return max(np.int64(np.floor(p.inspectors * p.visits_per_inspector * share * year + 1e-9)) - made, 0)


@small
def connection_cost(effluent, fee, fixed):
    """What a firm pays to the central plant, mVND/yr."""
    return fee * effluent + fixed


@jit
def environmental_fee(p, effluent, cod_kg_m3):
    """Fee on industrial effluent, mVND/yr: 2.5, 3, 4 by flow, and per kg COD from 7,300 m3/yr."""
    return fee_of(effluent, cod_kg_m3, p.fee_small, p.fee_middle, p.fee_large, p.fee_cod)


@small
def fee_of(effluent, cod_kg_m3, low, middle, high, per_kg):
    """`environmental_fee` with its rates given, for loops that must not look them up."""
    fixed = low if effluent < 1825.0 else (middle if effluent < 3650.0 else high)
    return fixed + (per_kg * cod_kg_m3 * effluent if effluent >= 7300.0 else 0.0)


@jit
def sham_cost(p, running):
    """Cost of looking compliant, mVND/yr, before fines: 1.0 + .25 x own running cost."""
    return sham_cost_of(running, p.sham_fixed, p.sham_om_share)


@small
def sham_cost_of(running, fixed, share):
    """`sham_cost` with its numbers given, for loops that must not look them up."""
    return fixed + share * running


@jit
def weight(p, cost):
    """What a choice of this yearly cost weighs, cost^-3; nothing if it cannot be paid."""
    return power(max(cost, 1e-12), -p.choice_exponent) if cost < 1e300 else 0.0


@jit
def pick(none, sham, real, u):
    """The choice that a persistent taste u makes by these weights: 0 none, 1 sham, 2 real."""
    x = u * (none + sham + real)
    if x < none:
        return 0
    return 1 if x < none + sham else 2


@jit
def removal(p, compliance, own, central):
    """Share of the load that is removed: 0 (none), .25 (sham), what its own plant (.90) or the central one does (.90)."""
    return removal_of(compliance, p.removal_sham, own, central)


@small
def removal_of(compliance, sham, own, central):
    """`removal` with its shares given, for loops that must not look them up."""
    return (central if compliance == REAL_CONNECTED else own) if compliance >= REAL_OWN else (sham if compliance == SHAM else 0.0)
