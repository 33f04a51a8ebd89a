"""Whose are the flows: they are booked to the cluster that a firm comes from, wherever it moved (13.0, which for which).

The origin of a firm is its cluster at the end of 2019; of one that arrives later, the place where the same firm settles
under law alone in that world. Otherwise a cluster would look clean because its firms were moved away, and which firms
stand where would decide which pathway suits it. Planned clusters are nobody's origin: a firm that arrives there without
a place of its own under law alone belongs to the world outside.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..state import LANES, SLOT_TAKEN
from .plants import removed_by

__all__ = ["book_origins", "settle"]


class Flows(NamedTuple):
    """What is booked of a firm or a cluster, a year.

    Attributes
    ----------
    cod : float
        COD as it leaves the site, t.
    tco2e : float
        Emissions on site, tCO2e, where what an exchange avoids is its buyer's.
    landfill : float
        Waste that is landfilled, t, where what an exchange keeps from the landfill is its supplier's.
    energy : float
        Electricity and fuel used, TJ.
    """

    cod: float
    tco2e: float
    landfill: float
    energy: float


@inner
def settle(s, f, k):
    """A firm stands at a new place: this is its origin if it has none, else it may be a guest here."""
    city, c, ident = s.city[0], f.cluster[k], f.id[k]
    here = min(np.int64(c), city.existing)
    if s.origin[ident] < 0:
        s.origin[ident] = here
    f.guest[k] = 1 if s.origin[ident] != here else 0
    if f.guest[k]:
        s.clusters[c].guests = 1


@inner
def book_origins(s, p, c):
    """Add a cluster's flows of the step to their origins: its sums as they are, then what its guests had is moved over."""
    city, cluster = s.city[0], s.clusters[c]
    year = np.int64(np.floor(city.time + 1e-6)) - 2020
    if year < 0 or year >= s.booked.shape[0]:
        return
    home = min(c, city.existing)
    grid = cluster.elec - cluster.solar - cluster.shared_solar
    tco2e = grid * city.grid_factor + cluster.fuel * p.fuel_factor - cluster.avoided
    landfill = cluster.landfill - cluster.exchanged_landfill
    _book(s, year, home, Flows(0.001 * cluster.cod, tco2e, landfill, 0.001 * (3.6 * cluster.elec + cluster.fuel)), city.dt)
    if cluster.guests == 0:
        return
    shared = cluster.shared_solar / max(cluster.elec - cluster.solar, 1e-9)
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if f.status[k] == SLOT_TAKEN and f.guest[k]:
                elec, fuel, act = f.elec[k], f.fuel[k], f.activity[k]
                cod = 0.001 * f.k_cod[k] * f.effluent[k] * (1.0 - removed_by(p, cluster, f, k))
                bought = elec * (1.0 - f.k_solar[k]) * (1.0 - shared)
                tco2e = bought * city.grid_factor + fuel * p.fuel_factor - f.avoided[k]
                landfill = f.k_landfill[k] * act - f.spared[k]
                flows = Flows(cod, tco2e, landfill, 0.001 * (3.6 * elec + fuel))
                _book(s, year, home, flows, -city.dt)
                _book(s, year, np.int64(s.origin[f.id[k]]), flows, city.dt)


@inner
def _book(s, year, row, flows, dt):
    s.booked[year, row, 0] += dt * flows.cod
    s.booked[year, row, 1] += dt * flows.tco2e
    s.booked[year, row, 2] += dt * flows.landfill
    s.booked[year, row, 3] += dt * flows.energy
