"""How the tests of section 10 reach into the model: single phases on small worlds made by hand.

`phases` runs any choice of the model's own phases, in the order of a step; what a test leaves out is what it
replaces. `world` makes groups of like firms with nothing drawn; `city` makes the first day of a small site as
`ecocluster` itself does. Nothing here repeats a formula of the model but `annuity`, of which the tests work out theirs.
"""

from __future__ import annotations

import numpy as np
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.model.jit import jit
from ecocluster.model.layout import Layout
from ecocluster.model.ledger import N_FLOWS, N_MATTER
from ecocluster.model.levers import LEVERS
from ecocluster.model.maths import normal_pair
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.arrivals import arrive
from ecocluster.model.phases.deals import search_partners, sign_deals
from ecocluster.model.phases.enforcement import (
    choose_compliance,
    compliance_costs,
    has_plant,
    plant_cost,
    plant_terms,
)
from ecocluster.model.phases.exits import leave, note_leavers
from ecocluster.model.phases.financing import finance
from ecocluster.model.phases.funds import serve_requests
from ecocluster.model.phases.knowledge import learn, update_beliefs
from ecocluster.model.phases.links import deliver, pair_belief, record_of_pair
from ecocluster.model.phases.lottery import digits, draw_lottery
from ecocluster.model.phases.operators import run_operators, run_projects
from ecocluster.model.phases.planned import relocate
from ecocluster.model.phases.production import count_adopters, count_city
from ecocluster.model.phases.slots import choose_slot, let_slots, take_slot
from ecocluster.model.phases.technology import appraise, review_technologies
from ecocluster.model.randomness import Purpose, draw, key_of, of_pair, uniform
from ecocluster.model.rules.adoption import capex_one
from ecocluster.model.rules.compliance import pick, weight
from ecocluster.model.setup import allocate, begin
from ecocluster.model.sites_and_arms import Arm, Cluster, Site
from ecocluster.model.state import (
    AWARE_SYMBIOSIS,
    EXISTING,
    LANES,
    LINK_ACTIVE,
    LINK_PERMIT,
    NEVER,
    OUTSIDE,
    PLANNED,
    SLOT_LETTABLE,
    SLOT_TAKEN,
    SLOT_UNUSABLE,
    blocks_of,
    new_state,
    with_more_room,
)
from ecocluster.model.timelines import make_plan

COUNT, LOTTERY, DELIVER, BELIEFS, LEARN, TECHNOLOGY, FUNDS, SEARCH, SIGN, FEES, PROJECTS = (1 << n for n in range(11))
LEAVE, LET, RELOCATE, ARRIVE, ADVANCE = (1 << n for n in range(11, 16))
ADOPT_ALL, PERMIT_ALL = 1 << 16, 1 << 17
ORGANIC = 0  # the stream of `pairs`
FREE = {"cost__link_coordination": 0.0, "cost__study": 0.0}
# choice without luck, for firms that wait for nothing and borrow any sum
HARD = {"adoption_slope": 1e12, "sigma0": 0.0, "loan_minimum": 0.0, "review_rate": 1e4}


@jit
def chosen_slots(s, sector, take, out):
    """Slots that arrivals 0, 1, ... of a sector choose in existing clusters; each is taken before the next chooses, or none is."""
    for n in range(out.size):
        entry = choose_slot(s, False, n, sector)
        out[n] = -1 if entry < 0 else s.lettable[entry].slot
        if take and entry >= 0:
            take_slot(s, entry)


@jit
def phases(s, p, chosen, steps):
    """Run the chosen phases of the model, in the order of its step, `steps` times.

    Two that the model has not: ADOPT_ALL (every aware firm operates T1, T2, T4, T5 from the next step on) and
    PERMIT_ALL (a signed link becomes active in the step in which it is signed).

    Parameters
    ----------
    s : State
    p : record of parameters
    chosen : int
        Sum of the constants above.
    """
    town, clusters = s.city[0], s.clusters.size
    for _ in range(steps):
        if chosen & COUNT:
            for c in range(clusters):
                count_adopters(s, p, c)
            count_city(s)
        if chosen & DELIVER:
            deliver(s, p)
        for c in range(clusters):
            if chosen & BELIEFS:
                update_beliefs(s, p, c)
            if chosen & LOTTERY:
                draw_lottery(s, p, c)
            if chosen & LEARN:
                learn(s, p, c)
            if chosen & TECHNOLOGY:
                review_technologies(s, p, c)
            if chosen & SEARCH:
                search_partners(s, p, c)
            if chosen & LEAVE:
                note_leavers(s, p, c)
        if chosen & ADOPT_ALL:
            for b in range(s.firms.size):
                f = s.firms[b]
                for k in range(LANES):
                    if f.status[k] == SLOT_TAKEN:
                        f.tech[k] |= np.uint8(f.aware[k] & 15)
        if chosen & FUNDS:
            serve_requests(s, p)
        if chosen & SIGN:
            sign_deals(s, p)
        if chosen & PERMIT_ALL:
            for n in range(town.links_high):
                link = s.links[n]
                if link.state == LINK_PERMIT:
                    link.state, link.started, link.until = LINK_ACTIVE, town.time, town.time + link.years
                    s.firms[link.supplier >> 4].links[link.supplier & 15] += 1
                    s.firms[link.buyer >> 4].links[link.buyer & 15] += 1
        if chosen & FEES:
            run_operators(s, p)
        if chosen & PROJECTS:
            run_projects(s, p)
        if chosen & LEAVE:
            leave(s, p)
        if chosen & LET:
            let_slots(s, p)
        if chosen & RELOCATE:
            relocate(s, p)
        if chosen & ARRIVE:
            arrive(s, p)
        if chosen & ADVANCE:
            town.step += 1
            town.time = 2010.0 + town.step * town.dt


@jit
def appraisal(s, p, slot, j, supported):
    """What a firm thinks of technology j: the `Terms` of `appraise`."""
    return appraise(s, p, slot, j, supported)


@jit
def loans(s, p, slots, j, cost, out):
    """Terms of a loan for each slot: out[n] = (share lent, real rate, asked), at `cost[n]` mVND."""
    for n in range(slots.size):
        loan = finance(s, p, slots[n], j, cost[n], False)
        out[n, 0], out[n, 1], out[n, 2] = loan.share, loan.rate, loan.asked


@jit
def compliance(s, p, slots, z, terms):
    """Choice of compliance of each slot; terms[n] = (able, capital, grant, share, rate) of a plant."""
    town = s.city[0]
    for n in range(slots.size):
        f, k = s.firms[slots[n] >> 4], slots[n] & 15
        cluster = s.clusters[f.cluster[k]]
        lever = s.levers[cluster.lever_row]
        t = plant_terms(s, p, slots[n], False)
        terms[n, 0] = 1.0 if t.wants else 0.0
        terms[n, 1], terms[n, 2], terms[n, 3], terms[n, 4] = t.cost, t.grant, t.loan.share, t.loan.rate
        costs = compliance_costs(p, lever, cluster, f, k)
        z[n] = choose_compliance(town, p, cluster, f, k, costs, costs.weak if has_plant(f, k) else plant_cost(p, f, k, t))


@jit
def cheapest(p, cost, taste, z):
    """The rule of choice alone: z[n] of none, sham, real at cost[n] and taste[n]."""
    for n in range(taste.size):
        z[n] = pick(weight(p, cost[n, 0]), weight(p, cost[n, 1]), weight(p, cost[n, 2]), taste[n])


@jit
def memory(s, p, i, j, w, now):
    """Evidence (good, bad) that a pair of slots remembers at time `now`."""
    good, bad, _ = record_of_pair(s, p, i, j, w, now)
    return good, bad


@jit
def term_draw(s, i, j, w):
    """The uniform number that decides the term of a contract between two slots signed in this step."""
    pair = of_pair(s.firms[i >> 4].id[i & 15], s.firms[j >> 4].id[j & 15], w)
    return uniform(s.city[0].key, Purpose.LINK_TERM, s.city[0].step, pair)


@jit
def partner_belief(s, p, i, j, good, bad):
    """What the firm in slot i believes of the firm in slot j, given the evidence of the pair."""
    return pair_belief(s, p, i, j, good, bad)


@jit
def uniforms(key, purpose, first_time, first_id, along_time, out):
    """Fill `out` with uniform numbers of successive ids (or, along_time, of successive steps of one id)."""
    for n in range(out.size):
        if along_time:
            out[n] = uniform(key, purpose, first_time + n, first_id)
        else:
            out[n] = uniform(key, purpose, first_time, first_id + n)


@jit
def keyed_uniforms(seed, purpose, ident, out):
    """Fill `out` with the number of one id in successive replicates."""
    for n in range(out.size):
        out[n] = uniform(key_of(np.uint64(seed), np.uint64(n)), purpose, 0, ident)


@jit
def lottery_digits(key, step, event, out):
    """Fill `out` with the numbers that decide event 0-11 of successive firms."""
    for n in range(out.size):
        out[n] = digits(key, step, n, event)


@jit
def normals(key, purpose, time, first, second):
    """Fill two arrays with pairs of normal numbers of successive ids."""
    for n in range(first.size):
        first[n], second[n] = normal_pair(draw(key, purpose, time, n))


# --- worlds -----------------------------------------------------------------------------------------


def parameters(**overrides):
    """Record of parameters without the mechanisms that can be switched, which are known one at a time.

    Names with a dot are written with two underscores (``food__margin``)."""
    return parameter_record(without() | {name.replace("__", "."): value for name, value in overrides.items()})


def blank(*names):
    """Overrides that set parameters to 0."""
    return dict.fromkeys(names, 0.0)


def world(groups, size, *, planned=0, dt=0.25, links=0, seed=1):
    """Clusters of like firms, with nothing drawn: every field not set here is 0, levers and costs are at baseline.

    Parameters
    ----------
    groups, size : int
        Clusters, and firms in each.
    planned : int
        Lettable slots of one planned cluster that is open; 0: none.
    links : int
        Room for records of links.

    Returns
    -------
    State
        Firms lie in slots `first * 16` ... of their cluster; rows 0 and 1 of the levers are those of
        existing and planned clusters, which have no programme.
    """
    per = blocks_of(size)
    blocks = groups * per + blocks_of(planned)
    clusters = groups + (2 if planned else 1)
    s = new_state(blocks, clusters, 1, max(links, 1), blocks * LANES, N_FLOWS, N_MATTER)
    for name, lever in LEVERS.items():
        s.levers[name] = lever.baseline
    town, firms, clusters = s.city[0], s.firms, s.clusters
    town["key"], town["time"], town["dt"] = key_of(np.uint64(seed), np.uint64(0)), 2010.0, dt
    town["existing"], town["planned"], town["outside"] = groups, 1 if planned else 0, clusters.size - 1
    town["links_free"] = -1
    town["learning"], town["learning_offered"], town["demand"], town["carbon_rule"] = 1.0, 1, 1.0, 1.0
    town["electricity_price"] = 1.9
    record = parameters()
    town["capex_one"] = [
        capex_one(*terms) for terms in zip(record["tech_capex_per_worker_at_15"], record["tech_scale_exponent"], strict=True)
    ]
    firms["status"] = SLOT_UNUSABLE
    firms["id"] = firms["slot_id"] = np.arange(blocks * LANES).reshape(blocks, LANES)
    firms["due"] = firms["moved_at"] = NEVER
    firms["workers"], firms["hurdle"] = 10.0, 0.25
    firms["k_revenue"] = firms["k_water"] = firms["revenue_factor"] = firms["eps"] = 1.0
    s.ties[...] = -1
    clusters["programme"], clusters["kind"], clusters["scale"] = -1, EXISTING, 1.0
    for name in ("last_violation", "exchange_at", "flowed_at", "complained_at"):
        clusters[name] = -NEVER
    clusters["mix"] = town["mix"] = 1.0 / clusters["mix"].shape[1]
    for c in range(groups):
        clusters[c]["first"], clusters[c]["last"], clusters[c]["slots"] = c * per, (c + 1) * per, size
        firms["cluster"][c * per : (c + 1) * per] = c
    pattern = np.where(np.arange(per * LANES) < size, SLOT_TAKEN, SLOT_UNUSABLE).reshape(per, LANES)
    firms["status"][: groups * per] = np.tile(pattern, (groups, 1))
    clusters["firms"][:groups], clusters["workers"][:groups] = size, 10.0 * size
    if planned:
        new = clusters[groups]
        new["first"], new["last"], new["slots"], new["kind"] = groups * per, blocks, planned, PLANNED
        new["lever_row"], new["built"], new["let"], new["opened"] = PLANNED, 1, 1, 2010.0
        firms["cluster"][groups * per :] = groups
        room = np.arange((blocks - groups * per) * LANES) < planned
        firms["status"][groups * per :] = np.where(room, SLOT_LETTABLE, SLOT_UNUSABLE).reshape(-1, LANES)
        first = groups * per * LANES
        entries = s.lettable[first : first + planned]
        entries["slot"] = entries["slot_id"] = first + np.arange(planned)
        town["lettable_planned"] = new["lettable"] = planned
        node = len(s.forks) // 2 + groups
        while node:
            s.forks[node, -1], node = planned, node // 2
    rest = clusters[-1]
    rest["first"] = rest["last"] = blocks
    rest["kind"] = OUTSIDE
    town["firms"] = groups * size
    return s


def flat(s, name):
    """A field of all firms in the order of slots, a copy."""
    return s.firms[name].reshape(-1)


def put(s, name, values):
    """Write a field of all firms, given in the order of slots."""
    s.firms[name] = np.asarray(values).reshape(s.firms.size, LANES)


def taken(s):
    """Slots with a firm, in order."""
    return np.flatnonzero(s.firms["status"].reshape(-1) == SLOT_TAKEN)


def rewind(s, seed, replicate):
    """Set the clock to 2010 and give the world other luck."""
    town = s.city[0]
    town["key"], town["step"], town["time"] = key_of(np.uint64(seed), np.uint64(replicate)), 0, 2010.0


def pairs(count, record):
    """Clusters of two firms: the first has organic waste and looks for a partner, the second needs it.

    The stream is worth 3 per unit, costs nothing to start and is traded at 1/2 inside as outside, so that
    every proposal is signed and nobody has a reason of his own to break a contract.
    """
    record["supply"][...] = record["demand"][...] = 0.0
    record["supply"][0, ORGANIC] = record["demand"][1, ORGANIC] = 1.0
    for name, value in {"disposal_cost": 1.0, "virgin_price": 2.0, "substitution": 1.0, "treatment_cost": 0.0,
                        "fixed_cost_ref": 0.0}.items():  # fmt: skip
        record[f"stream_{name}"][ORGANIC] = value
    record["offtake_price"] = 0.25
    s = world(count, 2, links=2 * count)
    for name, supplier, buyer in (("sector", 0, 1), ("waste", 10.0, 0.0), ("activity", 0.0, 10.0),
                                  ("aware", 1 << AWARE_SYMBIOSIS, 0), ("cash", 1e6, 1e6),
                                  ("integrity", 0.5, 0.2)):  # fmt: skip
        values = flat(s, name)
        values[0::LANES], values[1::LANES] = supplier, buyer
        put(s, name, values)
    return s


def city(p, firms=2000, sector=None, seed=1, replicate=0, clusters=1, area=40.0):
    """First day of 2010 of a small site, made by the model itself.

    Parameters
    ----------
    p : record
    firms : float
        Firms of 2018 in each cluster.
    sector : str, optional
        Sector of every firm; None: drawn.
    """
    mix = None if sector is None else {sector: 1.0}
    site = Site(
        "probe",
        "probe",
        "city",
        tuple(Cluster(f"c{c}", f"c{c}", "here", firms, area, area, mix=mix, shared_land=0.2) for c in range(clusters)),
        city_firms=firms * clusters,
    )
    arm = Arm("null")
    layout = Layout(site, p, (arm,))
    s = allocate(layout)
    begin(s, layout, p, make_plan(p, arm), seed, replicate, 4)
    # steps that a test takes find no more room on demand
    return with_more_room(s, layout.most_blocks)


# --- for formulas that a test works out itself ----------------------------------------------------


def annuity(rate, years):
    """Present value of 1 a year."""
    return (1 - (1 + rate) ** -np.asarray(years, float)) / rate


def draws(s, purpose, time, idents):
    """Uniform numbers of the model's generator; what they are used for is worked out by the test."""
    key = s.city[0]["key"]
    return np.array(
        [uniform(key, int(purpose), int(t), int(i)) for t, i in zip(np.broadcast_to(time, len(idents)), idents, strict=True)]
    )
