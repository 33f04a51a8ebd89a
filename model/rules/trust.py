"""5e: trust as beta reputation with forgetting, and what a firm believes of a partner."""

from __future__ import annotations

from ..jit import jit, small
from ..maths import exp

__all__ = ["accrue", "belief", "breach_hazard", "breach_memory", "breach_weight", "decay", "discloses", "disclosure", "enforcement", "evidence", "pair_trust", "visible_share"]  # fmt: skip


@jit
def decay(tau, dt):
    """e^(-dt/tau)."""
    return exp(-dt / tau)


@jit
def evidence(good, tau, dt, faultless):
    """Good evidence after a step: good e^(-dt/tau) + tau (1 - e^(-dt/tau)) per faultless link (exact integrator)."""
    keep = decay(tau, dt)
    return accrue(good, keep, tau * (1.0 - keep), faultless)


@small
def accrue(good, keep, grow, faultless):
    """`evidence` with its constants of the step given: what is kept, and what one faultless link adds."""
    return good * keep + grow * faultless


@jit
def breach_memory(p):
    """tau_f, yr: how long a breach is remembered; `tau_breach`, or where that is 0 as long as good conduct."""
    return p.tau_breach if p.tau_breach > 0.0 else p.tau


@jit
def breach_weight(p):
    """lambda = ratio (1 - T0)/T0, T0 the mean of G_0: at T0 a breach takes `breach_ratio` times what a good year gives.

    (1 - T0)/T0 of Beta(alpha, beta) is beta/alpha. Where the ratio is 0, lambda is given itself.
    """
    return p.breach_ratio * p.trust_beta / p.trust_alpha if p.breach_ratio > 0.0 else p.lambda_breach


@jit
def enforcement(p, lever, planned):
    """E: share of breaches that contracts, the coordinator and a planned cluster prevent, at most .95."""
    e = p.enforcement + p.enforcement_coordinator * lever.coordinator
    return min(e + (p.enforcement_planned if planned else 0.0), 0.95)


@jit
def visible_share(p, platform, coordinator):
    """omega = min(.5, .3 Plat + .2 Coord): visible share of other firms' evidence; of a platform apart from the map, none."""
    shown = p.omega_platform * platform if p.map_split < 0.5 else 0.0
    return min(p.omega_cap, shown + p.omega_coordinator * coordinator)


@jit
def pair_trust(p, general, kept, broken, omega, good, bad):
    """T = [kappa G + s + omega S]/[kappa + s + omega S + lambda (f + omega F)].

    Parameters
    ----------
    general : float
        General trust G.
    kept, broken : float
        Evidence s and f of the pair, from what it delivered and what it broke.
    good, bad : float
        Evidence S and F of the partner with others, of which the share omega is visible.
    """
    top = p.kappa * general + kept + omega * good
    return top / (p.kappa + kept + omega * good + breach_weight(p) * (broken + omega * bad))


@jit
def belief(p, trust, enforcement):
    """Subjective probability that a partner performs: b = 1 - v (1 - E)(1 - T)."""
    return 1.0 - p.worst_breach * (1.0 - enforcement) * (1.0 - trust)


@jit
def disclosure(p, b):
    """Probability of showing flows to map, platform or hub: logistic((b_op - b_min)/.02); gate off: 1."""
    if p.disclosure_gate < 0.5:
        return 1.0
    return 1.0 / (1.0 + exp(-(b - p.b_min) / p.b_scale))


@jit
def discloses(p, b, taste):
    """True iff a firm shows its flows: its persistent u < `disclosure`, with `taste` = ln(u/(1 - u))."""
    return p.disclosure_gate < 0.5 or taste * p.b_scale < b - p.b_min


@jit
def breach_hazard(p, integrity, enforcement, outside_gain):
    """Opportunism of one partner, 1/yr: eta0 2 (1 - integrity)(1 - E)(1 + outside gain)."""
    return p.eta0 * 2.0 * (1.0 - integrity) * (1.0 - enforcement) * (1.0 + outside_gain)
