"""13.10: whether residents accept a cluster, and how often that fails."""

from __future__ import annotations

from ..jit import jit, small

__all__ = ["acceptance_gain", "acceptance_loss", "conflict_hazard", "pollution", "smoke_ratio"]


@small
def smoke_ratio(smoke, reference):
    """Smoke over that of 2019; 1 where there is none to compare with, 0 where nothing smokes."""
    return smoke / reference if reference > 0.0 else (1.0 if smoke > 0.0 else 0.0)


@small
def pollution(untreated, smoke):
    """P, 0-1: half the untreated share of the effluent, half the `smoke_ratio`, capped at 1."""
    return min(0.5 * untreated + 0.5 * smoke, 1.0)


@jit
def acceptance_gain(p, community, disclosure):
    """How fast what is not accepted comes to be, 1/yr: .1 + .1 community + .05 public disclosure."""
    return p.acceptance_base + p.acceptance_community * community + p.acceptance_disclosure * disclosure


@jit
def acceptance_loss(p, pollution, urban):
    """How fast acceptance is lost, 1/yr: .5 P, times .3 outside dense districts."""
    return p.acceptance_pollution * pollution * (1.0 if urban > 0.5 else p.acceptance_rural)


@jit
def conflict_hazard(p, acceptance):
    """Conflicts of a cluster with its neighbours, 1/yr: .1 x (1 - A)."""
    return p.conflict_hazard * (1.0 - acceptance)
