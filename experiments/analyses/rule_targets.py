"""Calibration targets that the rules alone answer: audited measures, savings, payback, measures, links of a park.

Each takes the record of parameters (`parameter_record(...)[()]`) and asks the functions of the model; nothing is drawn but
the parks of C10.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ...model.jit import jit
from ...model.levers import LEVERS
from ...model.maths import annuity
from ...model.phases.links import demand_of, supply_of
from ...model.rules.adoption import (
    Use,
    adopts,
    capex,
    capex_one,
    learning_factor,
    marginal_saving,
    option_multiple,
    present_value,
    volatility,
)
from ...model.rules.production import keep_share, tax_rate
from ...model.rules.symbiosis import Deal, disposal_saved, fixed_cost, link_value, traded_share, unit_gain
from ...model.setup import begin
from ...model.simulator import Simulator
from ...model.sites_and_arms import Arm
from ...model.state import LANES, N_SOLID, N_STREAMS, SLOT_TAKEN, T1, T1_OR_T2, T2, T5

__all__ = ["PARKS", "RECP", "Park", "adopted", "adopted_by_life", "greedy_links", "measures", "parks", "payback", "saved"]

RECP = (T1, T2, T5)  # the portfolio that auditors recommend
YEAR = 2020.0
NODES = 50  # of a quadrature, in each dimension
PAYBACK = (0.3, 6.0)  # years, log-uniform
FIRM = 15.0  # workers, for whom capex is given
PLACE, PARKS, VISITED, WORKERS = "hoa-khanh", 32, 18, 200.0  # of C10; workers on average
RATE, TERM = 0.08, 4.0  # public rate, and the mean term of a link


def adopted(p: np.ndarray, life: float) -> float:
    """Share of recommended measures with this life that audited firms adopt at one review, before finance (C1).

    Hurdle and taste of the firms follow their laws; they know no adopter, and certainty is as it is without a policy.
    """
    ranks = (np.arange(NODES) + 0.5) / NODES
    tax = tax_rate(p, 0.0, YEAR) * p["taxable_share"]
    sigma = volatility(p, p["sigma0"], LEVERS["certainty"].baseline, 0.0)
    paybacks = PAYBACK[0] * (PAYBACK[1] / PAYBACK[0]) ** ranks
    hurdles = p["hurdle_median"] * np.exp(p["hurdle_sd"] * np.array([NormalDist().inv_cdf(u) for u in ranks]))
    count = 0
    for hurdle in np.clip(hurdles, p["hurdle_low"], p["hurdle_high"]):
        multiple, a = option_multiple(hurdle, sigma), annuity(hurdle, life)
        for years in paybacks:
            psi = present_value(1.0 / years, 1.0, life, tax, 0.0, a, 0.0)
            count += sum(adopts(psi, multiple, p["adoption_slope"], taste) for taste in ranks)
    return float(count / NODES**3)


def adopted_by_life(p: np.ndarray) -> float:
    """`adopted` where a measure lives as long as its technology, weighted by the measures that each stands for."""
    shares = [adopted(p, float(p["tech_life_yr"][j])) for j in RECP]
    return float(np.average(shares, weights=p["tech_measures_counted"][list(RECP)]))


def saved(p: np.ndarray) -> tuple[float, float]:
    """Share of energy (GJ) and of water that adopters of T1 and T2 save, over the sectors of Hanoi (C5)."""
    electricity, fuel, water = (
        keep_share(T1_OR_T2, p[f"tech_saves_{name}"]) for name in ("electricity", "fuel", "water")
    )  # fmt: skip
    use = 3.6 * _mix(p) @ p["sector_elec_MWh"], _mix(p) @ p["sector_fuel_GJ"]
    return float(1.0 - (use[0] * electricity + use[1] * fuel) / sum(use)), 1.0 - water


def payback(p: np.ndarray, shares: np.ndarray) -> float:
    """Years in which the portfolio pays itself back, in 2020, where `shares` of the firms take T1, T2 and T5 (C8)."""
    cost, saving = np.zeros(len(RECP)), np.zeros(len(RECP))
    for n, j in enumerate(RECP):
        scale = p["tech_scale_exponent"][j]
        learned = learning_factor(p["tech_learning_exponent"][j], p["learning_growth"], YEAR)
        cost[n] = capex(capex_one(p["tech_capex_per_worker_at_15"][j], scale), scale, FIRM, 1.0, learned)
        for i, weight in enumerate(_mix(p)):
            disposal = sum(disposal_saved(p, w, traded_share(p, w)) * p["supply"][i, w] for w in range(N_SOLID))
            use = Use(*(FIRM * x for x in (p["sector_elec_MWh"][i], p["sector_fuel_GJ"][i], p["sector_water_m3"][i], disposal)))
            saving[n] += weight * marginal_saving(p, j, use, 0.0, p["sector_effluent_share"][i], p["electricity_price"])
    return float(shares @ cost / (shares @ saving))


def measures(p: np.ndarray) -> tuple[float, float]:
    """Measures of a firm that takes the portfolio, and of one that takes all there is (C9)."""
    counted = p["tech_measures_counted"]
    return float(counted[list(RECP)].sum()), float(counted.sum())


def _mix(p: np.ndarray) -> np.ndarray:
    return p["sector_mix_prior"] / p["sector_mix_prior"].sum()


# --- links of a park (C10) --------------------------------------------------------------------------------


class Park(NamedTuple):
    """What the visited firms of a park could exchange.

    Attributes
    ----------
    have, need : (firms, streams) float64
        Units a year.
    gap : (firms, firms) float64
        Distance, 100 m.
    """

    have: np.ndarray
    need: np.ndarray
    gap: np.ndarray


@jit
def _offered(s, p, slots, have, need):
    """Supply and demand of the firms in some slots, by stream."""
    for n in range(slots.size):
        f, k = s.firms[slots[n] // LANES], slots[n] % LANES
        for w in range(N_STREAMS):
            have[n, w], need[n, w] = supply_of(p, f, k, w), demand_of(p, f, k, w)


def parks(record: np.ndarray, seed: int) -> Iterator[Park]:
    """`PARKS` draws of the first day of Hòa Khánh, its law of size moved to a mean of `WORKERS`; `VISITED` firms of each."""
    from ...scenarios import load_scenario

    site = load_scenario(PLACE).site
    (cluster,) = site.clusters
    assert cluster.workers_sd is not None
    median = WORKERS * float(np.exp(-0.5 * cluster.workers_sd**2))
    site = replace(site, clusters=(replace(cluster, workers_median=median),))
    run = Simulator(site, (Arm("null"),), record, last_year=YEAR + 0.25)
    for number in range(PARKS):
        begin(run.base, run.layout, run.p, run.plans[0], seed, number, run.steps_per_year)
        firms = run.base.firms
        slots = np.flatnonzero((firms["status"] == SLOT_TAKEN) & (firms["cluster"] == 0))[:VISITED]
        have, need = np.zeros((2, slots.size, N_STREAMS))
        _offered(run.base, run.p[()], slots, have, need)
        x, y = firms["x"].ravel()[slots], firms["y"].ravel()[slots]
        yield Park(have, need, np.hypot(x[:, None] - x, y[:, None] - y))


def greedy_links(p: np.ndarray, park: Park, split: bool = False) -> int:
    """Links whose net present value at the public rate is positive, the best first.

    Parameters
    ----------
    split : bool
        May what a link leaves of a supply or a demand serve others? Otherwise each is used once.
    """
    have, need = park.have.copy(), park.need.copy()
    gain = [unit_gain(p, w) for w in range(N_STREAMS)]

    def offer(w: int, a: int, b: int) -> tuple[float, float, int, int, int] | None:
        q = float(min(have[a, w], need[b, w]))
        if q <= 0.0 or a == b:
            return None
        cost = fixed_cost(p, w, q, park.gap[a, b])
        value = link_value(Deal(q * gain[w], float(p["cost_link_coordination"]), cost, 0.0, RATE, RATE, TERM))
        return (-value, q, w, a, b) if value > 0.0 else None

    firms = range(len(have))
    offers = [found for w in range(N_STREAMS) for a in firms for b in firms if (found := offer(w, a, b))]
    heapify(offers)
    count = 0
    while offers:
        _, q, w, a, b = heappop(offers)
        if q > min(have[a, w], need[b, w]):  # less is left than when it was looked at: it is worth less now
            if again := offer(w, a, b):
                heappush(offers, again)
            continue
        count += 1
        have[a, w], need[b, w] = (have[a, w] - q, need[b, w] - q) if split else (0.0, 0.0)
    return count
