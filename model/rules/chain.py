"""13.12: who trades with whom, what a lead firm asks of its suppliers, soaking before conversion, like firms near by, admission by chain."""

from __future__ import annotations

import numpy as np

from ..jit import jit
from ..maths import log, power
from ..state import T1_OR_T2

__all__ = ["asked_cost", "asked_saving", "carried_by", "fits", "is_lead", "lead_teaching", "like_ratio", "partner_time", "place_cost",
           "soaked", "stream_fit"]  # fmt: skip


# --- partners ---------------------------------------------------------------------------------------------


@jit
def partner_time(p, supplier, buyer, workers, u):
    """Time in a race of candidates, of which the smallest wins: -ln(u)/(chain[supplier, buyer] x workers^chain_size).

    So each candidate is drawn with a chance in proportion to its weight. Infinite where the trades do not deal with each other.

    Parameters
    ----------
    supplier, buyer : int
        Trades.
    workers : float
        Of the buyer: larger ones buy from more.
    u : float
        Uniform number of the pair.
    """
    weight = p.chain[supplier, buyer] * power(workers, p.chain_size)
    return -log(u) / weight if weight > 0.0 else np.inf


@jit
def carried_by(among_ties, among_partners, hazard, u):
    """Who carried a technology to a firm that learns of it: 0 not its ties, 1 an acquaintance, 2 a trade partner.

    Parameters
    ----------
    among_ties, among_partners : float
        Parts of the hazard that come along all ties, and along trade partners among them, 1/yr.
    hazard : float
        All of it, 1/yr.
    u : float
        Uniform number in (0, 1), given that the firm learns.
    """
    if u * hazard < among_partners:
        return 2
    return 1 if u * hazard < among_ties else 0


# --- lead firms -------------------------------------------------------------------------------------------


@jit
def is_lead(p, workers, exports, u):
    """True for the share `lead_firm` of the firms that are large (from `lead_workers` on) or export; u is a trait of the firm."""
    return u < p.lead_firm and (workers >= p.lead_workers or exports > 0.5)


@jit
def asked_saving(p, j, saving, asked):
    """Yearly saving of technology j as a supplier sees it, mVND: x `lead_saving` for T1 and T2 of whoever is asked."""
    return saving * p.lead_saving if asked and (T1_OR_T2 >> j) & 1 else saving


@jit
def asked_cost(p, cost, asked):
    """Yearly cost of real treatment as a supplier sees it, mVND: what it keeps the custom of a lead firm for is `lead_saving` cheaper."""
    return cost / p.lead_saving if asked else cost


@jit
def lead_teaching(p, j, asked):
    """Hazard of learning of technology j from a lead firm that asks for it, 1/yr: `lead_teach` for T1 and T2."""
    return p.lead_teach if asked and (T1_OR_T2 >> j) & 1 else 0.0


# --- places -----------------------------------------------------------------------------------------------


@jit
def soaked(p, aware, firms):
    """True where the share of firms that know of T1 or T2 has reached the threshold: projects may begin."""
    return aware >= p.soak_threshold * firms


@jit
def like_ratio(p, like, reference, mean):
    """Firms of a trade in a cluster over those of 2018-19 there, within [1/marshall_span, marshall_span].

    Parameters
    ----------
    like, reference : float
        Firms of the trade now, and as a mean of 2018-19.
    mean : float
        Mean of 2018-19 over the city's clusters, which stands for the reference of a place that had none.
    """
    usual = reference if reference >= 1.0 else max(mean, 1.0)
    return min(max(like / usual, 1.0 / p.marshall_span), p.marshall_span)


@jit
def place_cost(p, ratio):
    """Cost of labour and inputs by like firms near by, as a factor on that of 2018-19: ratio^-elasticity."""
    return power(ratio, -p.marshall_elasticity)


@jit
def stream_fit(give, take, supply, demand):
    """What a newcomer could exchange of one stream with those inside, per year: what they lack and have left is theirs to deal in.

    Parameters
    ----------
    give, take : float
        Supply and demand of the newcomer.
    supply, demand : float
        Of all who are inside.
    """
    return min(give, max(demand - supply, 0.0)) + min(take, max(supply - demand, 0.0))


@jit
def fits(p, fit, total):
    """True where at least `chain_fit` of what a newcomer gives off and needs could be exchanged inside."""
    return fit >= p.chain_fit * total
