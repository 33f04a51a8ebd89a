"""V8, V27: how firms comply, and what a central treatment plant does to it, against independent solutions."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules.compliance import own_running_cost
from ecocluster.model.state import REAL_CONNECTED, REAL_OWN
from probes import (
    FEES,
    PROJECTS,
    annuity,
    cheapest,
    city,
    compliance,
    draws,
    flat,
    parameters,
    phases,
    put,
    taken,
    world,
)
from scipy import optimize

# --- V8 --------------------------------------------------------------------------------------------------


def test_v08_sharp_choice_takes_the_cheapest():
    """Exponent -> infinity: the share of real treatment is P(C_real smallest) = lambda_r/(sum of lambdas).

    Costs are exponential numbers of rates 1, 2, 1.5. The gap falls with the exponent; at 3 it is visible
    (control), at 90 every clear choice is the cheapest one.
    """
    rng = np.random.default_rng(8)
    rates = np.array([1.0, 2.0, 1.5])
    cost, taste = rng.exponential(1 / rates, (200_000, 3)), rng.random(200_000)

    def chosen(exponent):
        z = np.zeros(taste.size, np.int64)
        cheapest(parameters(choice_exponent=exponent)[()], cost, taste, z)
        return z

    def check(z):
        shares = np.bincount(z, minlength=3) / z.size
        law = rates / rates.sum()
        assert (np.abs(shares - law) < 4.5 * np.sqrt(law * (1 - law) / z.size)).all()

    sharp = chosen(90.0)
    check(sharp)
    ordered = np.sort(cost, axis=1)
    clear = ordered[:, 1] > 1.3 * ordered[:, 0]
    assert clear.mean() > 0.5 and (sharp[clear] == cost.argmin(axis=1)[clear]).all()
    gaps = [(chosen(k) != cost.argmin(axis=1)).mean() for k in (1.0, 3.0, 10.0, 90.0)]
    assert np.all(np.diff(gaps) < 0) and gaps[-1] < 0.01
    soft = chosen(1.0)
    with pytest.raises(AssertionError):
        check(soft)


def compliance_costs(s, record, where, terms, discount=0.32):
    """Yearly cost of none, sham and real (5b) and whether real means connection; (firms, 3) and (firms,)."""
    f = {name: flat(s, name)[where] for name in ("id", "sector", "cluster", "effluent", "workers", "hurdle", "tech", "compliance")}
    q, plant = f["effluent"], s.clusters["built"][:, 1][f["cluster"]] > 0
    # data exist where a plant collects the effluent, and of firms from 500 m3/d on
    m = np.where(plant | (q >= 500 * 365), s.clusters["monitoring"][f["cluster"]], 0.0)
    lever = s.levers[0]
    payment = np.clip(300 * (q / 6000) ** 0.5, 20, 1000) * lever["fine_multiplier"]
    # the state's part 1 - d of a fine and half of the discount d on the side: what the firm really pays
    payment = payment * (1 - 0.5 * discount * (1 - m))
    visits = lever["inspection_rate"] * np.clip((f["workers"] / 15.5) ** 0.5, 0.2, 5)
    watched = np.where(plant, 0.5 * m, 0.0)
    fee = np.select([q < 1825, q < 3650], [2.5, 3.0], 4.0)
    fee = fee + np.where(q >= 7300, 0.002 * record["sector_cod_kg_m3"][f["sector"]] * q, 0.0)
    running = 0.009 * q * (q / 6000) ** -0.2
    none = payment * (0.9 * visits + watched) + fee
    sham = 1.0 + 0.25 * running + payment * ((0.15 + 0.65 * m) * visits + watched) + fee
    able, capital, grant, c, r = terms.T
    h, has = f["hurdle"], (f["tech"] >> 4) & 1 == 1
    yearly = capital * (1 - grant) * ((1 - c) + c * annuity(h, 5) / annuity(r, 5)) / annuity(h, 12)
    own = running + fee + np.where(has, 0.0, np.where(able > 0.5, yearly, np.inf))
    row = s.clusters[f["cluster"]]
    room = (row["connected"] + q <= row["design_flow"]) | (f["compliance"] == REAL_CONNECTED)
    connect = np.where(room, row["fee"] * q + 1.5, np.inf)
    connects = plant & (~has | (connect <= own))
    return np.stack([none, sham, np.where(connects, connect, own)], axis=1), connects


def two_towns(record, **levers):
    """Two clusters of 700 firms, the second one with a central plant; half of the firms may know nothing."""
    s = city(record, firms=700, clusters=2, seed=8)
    s.clusters["built"][:2, 1], s.clusters["fee"][1], s.clusters["monitoring"] = (0, 1), 0.0105, 0.25
    for name, value in levers.items():
        s.levers[name] = value
    return s


def test_v08_share_of_real_treatment_in_a_town():
    """The same in two clusters, one with a central plant: costs worked out here by 5b.

    At exponent 60 whoever has a clearly cheapest choice takes it, and the share of real treatment is the
    share of firms for whom it is cheapest, up to the unclear ones; at 3 every firm's choice follows from its
    persistent taste. Terms of loans are taken from the model (V26). Control: the costs without the informal
    discount.
    """
    sharp = parameters(choice_exponent=60.0)
    s = two_towns(sharp, fine_multiplier=1.0, inspection_rate=0.12)
    where = taken(s)
    z, terms = np.zeros(where.size, np.int64), np.zeros((where.size, 5))
    compliance(s, sharp[()], where, z, terms)
    cost, connects = compliance_costs(s, sharp, where, terms)
    best = cost.argmin(axis=1)
    ordered = np.sort(cost, axis=1)
    clear = ordered[:, 1] > 1.3 * ordered[:, 0]
    assert (np.minimum(z, 2)[clear] == best[clear]).all()
    assert abs((z >= REAL_OWN).mean() - (best == 2).mean()) <= (~clear).mean() and clear.mean() > 0.5
    assert ((z == REAL_CONNECTED) == ((z >= REAL_OWN) & connects)).all()
    assert len(np.unique(z)) == 4  # none, sham, own plant and connection all occur

    soft = parameters()
    compliance(s, soft[()], where, z, terms)
    cost, _ = compliance_costs(s, soft, where, terms)
    idents = flat(s, "id")[where] * 8 + 7
    epoch = np.floor(0.1 * (s.city[0]["time"] - 2010) + draws(s, Purpose.TASTE_OFFSET, 0, idents))
    taste = draws(s, Purpose.TASTE, epoch, idents)

    def check(cost):
        weight = cost**-3.0
        bound = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
        assert (np.minimum(z, 2) == (taste[:, None] >= bound[:, :2]).sum(axis=1)).all()

    check(cost)
    with pytest.raises(AssertionError):
        check(compliance_costs(s, soft, where, terms, discount=0.0)[0])


# --- V27 -------------------------------------------------------------------------------------------------


def cetp_npv(record, flow, brought=0.0):
    """Net present value of a central plant of design flow `flow` (m3/yr) at .8 of it and the fee cap."""
    size = flow / 365_000
    capital = record["cost_CETP_capex"] * size**0.75 * 1.3 * (1 - brought)
    sales = 0.8 * flow * (1.5 * 0.0105 - record["cost_CETP_variable_OM"])
    return (sales - record["cost_CETP_fixed_OM"] * size**0.6) * annuity(0.10, 20) - capital, capital


def plants_started(record, flows, anchor=0.0, cofunding=0.0, fund=0.0):
    """Which of the clusters with these design flows start a central plant when every operator reviews it."""
    s = world(len(flows), 2)
    s.clusters["design_flow"][: len(flows)] = flows
    s.levers["anchor_investor"], s.levers["cofunding_infrastructure"] = anchor, cofunding
    if fund > 0:
        s.clusters["programme"][: len(flows)] = 0
        s.funds["enacted"] = s.funds["budget"] = 1.0
        s.funds["fund"][0, 2] = fund
    phases(s, record[()], PROJECTS, 1)
    return s.clusters["ready"][: len(flows), 1] > 0, s


def test_v27_break_even_flow_of_a_central_plant():
    """A plant starts iff its design flow is at least Q*, the root of its net present value.

    With an anchor investor Q* is smaller; a fund that pays up to .7 of the capital moves it to the root of
    value + .7 capital = 0, and pays exactly the gap. Control: Q* at full use of the plant.
    """
    record = parameters(project_review=1e4, cetp_city_hazard=0.0)

    def root(brought=0.0, aided=0.0):
        def gap(log_flow):
            value, capital = cetp_npv(record, np.exp(log_flow), brought)
            return value + aided * capital / (1 - brought)

        return np.exp(optimize.brentq(gap, np.log(1e2), np.log(1e9)))

    def check(threshold, **how):
        around = threshold * np.array([0.2, 0.9, 0.999999, 1.000001, 1.1, 5.0])
        started, s = plants_started(record, around, **how)
        assert (started == (around > threshold)).all()
        return around, s

    alone = root()
    check(alone)
    check(root(brought=0.5), anchor=0.5)
    around, s = check(root(aided=0.7), cofunding=0.5, fund=1e9)
    needed = sum(max(-cetp_npv(record, flow)[0], 0.0) for flow in around[around > root(aided=0.7)])
    assert s.funds["spent"][0] == pytest.approx(needed, rel=1e-9) and needed > 0
    assert root(brought=0.5) < alone and root(aided=0.7) < alone
    with pytest.raises(AssertionError):
        check(0.8 * alone)


def test_v27_fee_of_a_central_plant():
    """The regulated fee up to the flow at which cost exceeds it; then 1.1 x cost, at most 1.5 x regulated.

    E* = fixed/(regulated/1.1 - variable) where the city built the plant. Control: without the mark-up of 1.1.
    """
    record, design = parameters(), 365_000.0
    fixed = float(record["cost_CETP_fixed_OM"])
    variable = float(record["cost_CETP_variable_OM"])

    def fee(connected, capital=0.0):
        s = world(1, 2)
        row = s.clusters[0]
        row["built"][1], row["design_flow"] = 1, design
        row["connected"], row["own_capital"][1] = connected, capital
        phases(s, record[()], FEES, 1)
        return float(row["fee"])

    for capital in (0.0, 4000.0, 20_000.0):
        for connected in np.geomspace(0.01, 1.2, 12) * design:
            cost = capital / annuity(0.10, 20) / (0.8 * design) + variable
            cost += fixed / max(connected, 0.3 * design)
            expected = min(0.01575, max(0.0105, 1.1 * cost))
            assert fee(connected, capital) == pytest.approx(expected, rel=1e-12)

    def check(markup):
        # the capital at which the cost at full flow is just the regulated fee
        spare = 0.0105 / markup - fixed / design - variable
        capital = spare * annuity(0.10, 20) * 0.8 * design
        assert fee(design, 0.9999 * capital) == 0.0105
        assert fee(design, 1.0001 * capital) > 0.0105

    check(1.1)
    with pytest.raises(AssertionError):
        check(1.0)


def test_v27_switch_size_between_own_plant_and_connection():
    """Of firms with an own plant beside a central one, the small ones connect, large ones do not.

    The switches are the roots of own running cost + environmental fee = CETP fee x q + 1.5 in the effluent q,
    at 160 m3 per worker; the steps of the fee make more than one. Fines are so high, and the choice so sharp,
    that everybody treats. Firms without a plant connect whatever their size. Control: a fee without steps.
    """
    record = parameters(choice_exponent=50.0)

    def excess(q, steps=True):
        """Own cost above the cost of connection, for food firms (2 kg COD per m3)."""
        fee = np.where(q < 1825, 2.5, np.where(q < 3650, 3.0, 4.0)) if steps else 2.5
        fee = fee + np.where(q >= 7300, 0.002 * 2.0 * q, 0.0)
        return 0.009 * q * (q / 6000) ** -0.2 + fee - 0.0105 * q - 1.5

    def sizes(steps=True):
        """Sizes of 1 to 40 workers, dense around the switches."""
        q = np.linspace(160, 6400, 400)
        change = np.flatnonzero(np.diff(np.sign(excess(q, steps))) != 0)
        roots = [optimize.bisect(excess, q[n], q[n + 1], args=(steps,), xtol=1e-9) for n in change]
        near = [root * (1 + side) for root in roots for side in (-1e-6, 1e-6)]
        return np.concatenate([q, near]) / 160, np.array(roots) / 160

    def choices(workers, tech):
        s = world(1, len(workers))
        row = s.clusters[0]
        row["built"][1], row["fee"], row["design_flow"] = 1, 0.0105, 1e12
        s.levers["inspection_rate"], s.levers["fine_multiplier"] = 4.0, 10.0
        lanes = np.pad(workers, (0, flat(s, "workers").size - len(workers)), constant_values=1.0)
        put(s, "workers", lanes)
        put(s, "effluent", 160 * lanes)
        put(s, "running", [own_running_cost(record[()], q) for q in 160 * lanes])  # kept by production
        put(s, "k_cod", np.full(lanes.size, 2.0))
        put(s, "tech", np.full(lanes.size, tech))
        put(s, "compliance", np.full(lanes.size, REAL_OWN if tech else 0))
        put(s, "cash", np.full(lanes.size, 1e6))
        put(s, "collateral", np.full(lanes.size, 1.0))
        z, terms = np.zeros(len(workers), np.int64), np.zeros((len(workers), 5))
        compliance(s, record[()], np.arange(len(workers)), z, terms)
        return z

    def check(steps):
        workers, roots = sizes(steps)
        expected = np.where(excess(160 * workers, steps) >= 0, REAL_CONNECTED, REAL_OWN)
        assert (choices(workers, 16) == expected).all()
        return workers, roots

    workers, roots = check(True)
    assert len(roots) == 3  # own, connected from a step of the fee on, own again
    assert (choices(workers, 0) == REAL_CONNECTED).all()
    with pytest.raises(AssertionError):
        check(False)
