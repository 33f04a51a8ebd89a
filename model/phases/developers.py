"""Phase 10: who builds a planned cluster (13.7): sites that pay under the law alone, others for the support that they lack."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..ledger import Money
from ..maths import normal_quantile
from ..randomness import Purpose, uniform
from ..rules.developer import least_support, required_return, site_level, site_value, sites_due
from ..state import LANES, NEVER
from .capital import invest
from .slots import lay_out, room_ends, tie_slots

__all__ = ["build_site", "decide_sites", "prepare_site"]

_LAW, _NOBODY, _WAITS = -1, -2, -3  # who builds a site, if it is no programme


@inner
def prepare_site(city, p, cluster, n):
    """Site number n for a planned cluster: of the mean price and rent, or (`developers`) with its own, the same in every arm."""
    cluster.price, cluster.rent, cluster.decided = p.cost_planned_land, p.base_rent, NEVER
    if p.developers > 0.5:
        cluster.price = site_level(p, p.cost_planned_land, normal_quantile(uniform(city.key, Purpose.SITE, 0, n)))
        cluster.rent = site_level(p, p.base_rent, normal_quantile(uniform(city.key, Purpose.SITE, 1, n)))
        cluster.required = required_return(p, uniform(city.key, Purpose.SITE, 2, n))
        cluster.value = site_value(p, cluster.price, cluster.rent, cluster.required)


@inner
def decide_sites(s, p):
    """From 2020 on so many sites a year are decided, that of the least gap first.

    A site that pays counts for a programme that still asks for so many slots, else it is the law's. One that does not
    needs a programme whose cap the gap does not pass; where the money is not there yet nothing dearer is begun.
    """
    city = s.city[0]
    if city.time < 2020.0 - 1e-9:
        return
    left = sites_due(p.sites_per_year, city.time - 2020.0, city.dt)
    best = -1
    for _ in range(city.planned):
        best = _next_site(s, best) if left > 0 else -1
        if best < 0:
            return
        cluster = s.clusters[best]
        builder = _builder(s, p, cluster)
        if builder == _WAITS:
            return
        if builder != _NOBODY:
            slots = np.float64(cluster.slots)
            gap = 0.0
            if cluster.value < 0.0:
                slots = min(slots, _open_wish(s, builder))
                gap = -cluster.value * p.planned_slot_area * slots
            if builder >= 0:
                cluster.lever_row = 3 * builder + 1
            cluster.programme = builder
            build_site(s, p, best, slots, builder, gap)
            if s.city[0].overflow:
                return
            cluster.last = cluster.first + (np.int64(slots) + LANES - 1) // LANES
            left -= 1


@inner
def _next_site(s, last):
    """Among sites that nobody builds the one of the least gap that comes after site `last` (-1: the first); -1: none."""
    best = -1
    for c in range(s.city[0].existing, s.city[0].outside):
        if s.clusters[c].opened >= NEVER and (last < 0 or _comes_before(s, last, c)) and (best < 0 or _comes_before(s, c, best)):
            best = c
    return best


@inner
def _comes_before(s, a, b):
    """Order of sites: the smaller gap, that is the larger value, first; alike ones by their number."""
    x, y = s.clusters[a].value, s.clusters[b].value
    return x > y or x == y and a < b


@inner
def _open_wish(s, programme):
    """Slots that a programme asks for and does not have yet."""
    city = s.city[0]
    wish = np.floor(s.levers[3 * programme].planned_slots * city.planned_factor + 0.5)
    for c in range(city.existing, city.outside):
        cluster = s.clusters[c]
        if cluster.programme == programme and cluster.opened < NEVER:
            wish -= cluster.slots
    return wish


@inner
def _builder(s, p, cluster):
    """The first programme that takes a site, else _LAW where it pays, _NOBODY where it does not, _WAITS for lack of money."""
    pays = cluster.value >= 0.0
    share = least_support(cluster.value, cluster.price)
    for programme in range(s.funds.size):
        fund = s.funds[programme]
        if fund.enacted < 0.5 or fund.budget <= 0.0:
            continue
        wish = _open_wish(s, programme)
        if pays:
            if wish >= cluster.slots:
                return programme
        elif wish >= 1.0 and share <= s.levers[3 * programme].land_support:
            gap = -cluster.value * p.planned_slot_area * min(np.float64(cluster.slots), wish)
            return programme if fund.fund[2] >= gap else _WAITS
    return _LAW if pays else _NOBODY


@inner
def _take_blocks(s, p, c):
    """Room for the slots of a planned cluster, before that of others; False and failure if the world outside has it already."""
    city, cluster = s.city[0], s.clusters[c]
    blocks = (np.int64(p.planned_cluster_slots) + LANES - 1) // LANES
    last = room_ends(s)
    if last - blocks < s.clusters[city.outside].last:
        city.overflow = 1
        return False
    city.sites_from = cluster.first = last - blocks
    cluster.last = last
    lay_out(s, c, city.first_arrival_id + (c - city.existing) * blocks * LANES)  # as if all lay behind the existing ones
    tie_slots(s, cluster, blocks * LANES)
    return True


@inner
def build_site(s, p, c, slots, programme, support):
    """Begin a planned cluster of so many slots: infrastructure at design level, sunk whatever the occupancy.

    Parameters
    ----------
    programme : int
        That pays the support, mVND, from its infrastructure fund; -1: nobody pays any.
    """
    city, cluster = s.city[0], s.clusters[c]
    if not _take_blocks(s, p, c):
        return
    if programme >= 0:
        fund = s.funds[programme]
        fund.fund[2] -= support
        fund.spent += support
        s.money[Money.LAND_SUPPORT] += support
    cost = cluster.price * p.planned_slot_area * slots
    bare = p.bare_land_share * cost
    if p.land_market > 0.5:  # bare land has a price of its own
        bare = min(p.bare_land_price * p.planned_slot_area * slots, cost)
    s.money[Money.LAND_PRICE] += bare
    invest(s, p, Money.DEVELOPER_LAND, cost - bare, p.operator_years)
    cluster.slots = np.int64(slots)
    cluster.support, cluster.decided = support, city.time
    cluster.opened = city.time + p.planned_build
    cluster.scale = slots * p.occupancy_2018 / 55.0
    cluster.land = p.planned_land
    cluster.kilowatt = p.solar_share * city.elec_per_firm * slots * p.occupancy_2018 / p.solar_yield
    cluster.solar_capital = p.cost_project_energy * cluster.kilowatt
    cluster.design_flow = p.design_factor * city.effluent_per_firm * slots
    cluster.fee = p.cetp_fee
    for j in range(cluster.ready.size):
        cluster.ready[j] = cluster.opened
