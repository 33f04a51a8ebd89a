"""13.8: a coordinator finishes so many cases a year, the best looking first; partners along ties; the funnel of symbiosis."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from ecocluster.model.indicators import AGES, Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.mesa_model import ClusterModel
from ecocluster.model.parameters import PARAMETERS
from ecocluster.model.phases.coordinator import coordinate, put_case
from ecocluster.model.phases.deals import Seeker, _anybody, _tie
from ecocluster.model.phases.hubs import _invite
from ecocluster.model.phases.requests import COORDINATOR, FIRMS, Exchange
from ecocluster.model.rules.facilitation import cases_done
from ecocluster.model.rules.trust import visible_share
from ecocluster.model.state import AWARE_SYMBIOSIS, CASES_KEPT, LANES, LINK_ACTIVE, LINK_BARRED
from probes import LEARN, LOTTERY, ORGANIC, SEARCH, SIGN, flat, pairs, parameters, phases, put, world

NO_HUBS = {"hub_base": 0.0, "hub_coordinator": 0.0}


@jit
def work(s, p, steps, done):
    """So many steps of the coordinator of cluster 0; what he finished in each."""
    for n in range(steps):
        before = s.city[0].cases
        coordinate(s, p, 0)
        done[n] = s.city[0].cases - before
        s.city[0].step += 1


@jit
def bring(s, p, supplier, buyer, worth):
    """Links between these slots wait for the coordinator of cluster 0."""
    for n in range(supplier.size):
        put_case(s, p, s.clusters[0], Exchange(supplier[n], buyer[n], ORGANIC, 1.0), worth[n])


@jit
def partners(s, slot, along_ties, out):
    """Whom the firm in a slot asks in as many steps as `out` has rows."""
    seeker = Seeker(slot, 0, 1, FIRMS)
    for n in range(out.size):
        s.city[0].step = n
        out[n] = _tie(s, seeker) if along_ties else _anybody(s, s.clusters[0], seeker)


@jit
def meet_in_turn(s, firms, along_ties, rounds):
    """Firms ask in turn, and each meeting is a link of both: how degrees grow."""
    for n in range(rounds):
        s.city[0].step = n
        for i in range(firms):
            j = _tie(s, Seeker(i, 0, 1, FIRMS)) if along_ties else _anybody(s, s.clusters[0], Seeker(i, 0, 1, FIRMS))
            s.firms[i >> 4].links[i & 15] += 1
            s.firms[j >> 4].links[j & 15] += 1


def cluster_of(firms, links=1, dose=1.0):
    s = world(1, firms, links=links)
    s.levers["coordinator"] = dose
    return s


# --- capacity ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("capacity, persons, dose, dt", [
    (4.0, 2.0, 1.0, 0.25), (0.7, 1.0, 1.0, 0.25), (2.5, 3.0, 0.4, 0.25), (12.0, 4.0, 1.0, 0.5), (1 / 3, 1.0, 1.0, 1 / 12), (4.0, 2.0, 0.0, 0.25),
])  # fmt: skip
def test_completed_cases_are_the_smaller_of_arrivals_and_capacity(capacity, persons, dose, dt):
    """While some wait he finishes floor(capacity x persons x dose x years) exactly; else what has come.

    Fractions are kept from step to step, and idle time is not. Control: a capacity of 10 % more finishes more.
    """
    most = 30
    record = parameters(coordinator_capacity=capacity, coordinator_persons=persons, **NO_HUBS)
    s = cluster_of(most + 1, dose=dose)
    s.city["dt"] = dt
    bring(s, record[()], np.zeros(most, int), np.arange(1, most + 1), np.ones(most))
    assert s.clusters["waiting"][0] == most
    done = np.zeros(400, int)
    work(s, record[()], 400, done)
    rate = Fraction(capacity).limit_denominator(1000) * Fraction(persons) * Fraction(dose).limit_denominator(1000)
    expected = [min(int(rate * Fraction(dt).limit_denominator(1000) * n), most) for n in range(1, 401)]
    assert np.cumsum(done).tolist() == expected
    assert s.city["proposals"][0] == expected[-1] and s.clusters["waiting"][0] == most - expected[-1]
    if dose:
        more = [min(int(rate * Fraction(11, 10) * Fraction(dt).limit_denominator(1000) * n), most) for n in range(1, 401)]
        assert more != expected


def test_idle_time_is_lost():
    """Ten idle years do not let him do more than one step's cases (and what was begun) afterwards."""
    effort, done = 0.0, 0
    for waiting in [0] * 40 + [9] * 3:
        done, effort = cases_done(effort + 1.75, waiting)
        assert 0.0 <= effort < 1.0 and done <= min(waiting, 2)
    effort, total, arrivals = 0.0, 0, 0
    rng = np.random.default_rng(1)
    for _ in range(2000):  # min(arrivals + queue, capacity) of every step
        arrivals += rng.poisson(0.6)
        effort += 0.7
        able = int(np.floor(effort + 1e-9))
        done, left = cases_done(effort, arrivals - total)
        assert done == min(arrivals - total, able) and left == pytest.approx(effort - able, abs=1e-9)
        total, effort = total + done, left
    assert total < arrivals + 1


def test_what_looks_best_comes_first_and_room_is_for_the_best():
    """Taken in the order of seen gain; of more than there is room for, the best stay, whatever the order in which they came.

    Control: without an error the order is that of the true gain, with it it is not.
    """
    firms = 60
    worth = np.random.default_rng(2).lognormal(0.0, 1.0, firms - 1)
    for error in (0.0, 0.5):
        record = parameters(coordinator_capacity=1.0, coordinator_persons=1.0, screening_error=error, **NO_HUBS)
        kept = []
        for order in (np.arange(firms - 1), np.random.default_rng(3).permutation(firms - 1)):
            s = cluster_of(firms)
            bring(s, record[()], np.zeros(firms - 1, int), 1 + order, worth[order])
            cases = s.cases[0, : s.clusters["waiting"][0]]
            assert cases.size == CASES_KEPT
            kept.append(sorted(cases["buyer"].tolist()))
            seen = dict(zip(cases["buyer"].tolist(), cases["seen"].tolist(), strict=True))
            done = np.zeros(4 * CASES_KEPT, int)
            work(s, record[()], done.size, done)
            taken = s.proposals["other"][:CASES_KEPT].tolist()
            assert taken == sorted(seen, key=seen.get, reverse=True)
            by_truth = sorted(taken, key=lambda buyer: -worth[buyer - 1])
            assert (taken == by_truth) == (error == 0.0)
        assert kept[0] == kept[1]
        assert (set(kept[0]) == set((1 + np.argsort(-worth)[:CASES_KEPT]).tolist())) == (error == 0.0)


def test_the_error_is_lognormal_and_persistent():
    """ln(seen/true) of 2,000 pairs has mean 0 and the sd of the parameter; the same pair is always misjudged alike."""
    record = parameters(coordinator_capacity=4.0, screening_error=0.5, **NO_HUBS)
    seen = []
    for n in range(2000 // 25):
        s = cluster_of(26)
        put(s, "id", flat(s, "id") + 100 * n)
        s.city["step"] = n
        bring(s, record[()], np.zeros(25, int), np.arange(1, 26), np.full(25, 3.0))
        seen += sorted(np.log(s.cases[0, :25]["seen"] / 3.0).tolist())
    first = sorted(seen[:25])
    s = cluster_of(26)
    s.city["step"] = 77  # at another time
    bring(s, record[()], np.zeros(25, int), np.arange(1, 26), np.full(25, 3.0))
    assert np.allclose(sorted(np.log(s.cases[0, :25]["seen"] / 3.0)), first, rtol=0, atol=1e-12)
    assert abs(np.mean(seen)) < 4.5 * 0.5 / np.sqrt(len(seen))
    assert abs(np.std(seen) - 0.5) < 4.5 * 0.5 / np.sqrt(2 * len(seen))


def test_what_has_settled_is_no_case():
    """Who left, a pair that has agreed or is barred, and what waits already; nothing of it takes his time."""
    record = parameters(coordinator_capacity=4.0, **NO_HUBS)
    s = cluster_of(12, links=4)
    bring(s, record[()], np.zeros(8, int), np.arange(1, 9), np.ones(8))
    bring(s, record[()], np.zeros(8, int), np.arange(1, 9), np.ones(8))
    assert s.clusters["waiting"][0] == 8
    s.firms["status"][0, 3] = 0
    s.firms["id"][0, 4] = 999  # somebody else moved in
    for n, (buyer, state) in enumerate(((5, LINK_ACTIVE), (6, LINK_BARRED))):
        s.links[n]["supplier"], s.links[n]["buyer"], s.links[n]["stream"], s.links[n]["state"] = 0, buyer, ORGANIC, state
        s.links[n]["next"] = s.head[0, 0], s.head[buyer, 1]
        s.head[0, 0] = s.head[buyer, 1] = n
    done = np.zeros(2, int)
    work(s, record[()], 2, done)
    assert done.tolist() == [2, 2] and sorted(s.proposals["other"][:4].tolist()) == [1, 2, 7, 8]
    bring(s, record[()], np.zeros(1, int), np.array([6]), np.ones(1))
    assert s.clusters["waiting"][0] == 0


def searched(capacity, dose, seed=1):
    """One step of searches in 400 pairs: what firms propose, and what waits for the coordinator."""
    record = parameters(search_rate=1.0, coordinator_capacity=capacity, cost__link_coordination=0.0, **NO_HUBS)
    s = pairs(400, record)
    s.levers["coordinator"] = dose
    s.city["step"] = seed
    phases(s, record[()], LOTTERY | SEARCH, 1)
    rows = s.proposals[: s.city["proposals"][0]]
    return {(row["slot"], row["other"], row["amount"]) for row in rows}, int(s.clusters["waiting"].sum()), s.city[0]


def test_what_firms_find_themselves_has_no_limit():
    """With a coordinator the same searches succeed as without one; his are those beyond: 1 - exp(-4 r dt) of firms less 1 - exp(-r dt).

    Control: without a limit his are proposed too, and are counted as cases.
    """
    alone, _, _ = searched(0.0, 0.0)
    limited, waiting, city = searched(4.0, 1.0)
    free, none, all_of_them = searched(0.0, 1.0)
    assert limited == alone and waiting > 100 and none == 0
    assert {row for row in free if row[2] == FIRMS} == alone
    assert sum(row[2] == COORDINATOR for row in free) == waiting == all_of_them["cases"]
    assert city["identified"] == all_of_them["identified"] == len(alone) + waiting
    met = 1 - 0.5**8  # of eight random slots out of two one is not the own
    for number, share in ((len(alone), 1 - np.exp(-0.25)), (waiting, np.exp(-0.25) - np.exp(-1.0))):
        share *= met
        assert abs(number - 400 * share) < 4.5 * np.sqrt(400 * share * (1 - share))


# --- ties --------------------------------------------------------------------------------------------------


def test_ties_are_asked_with_weight_one_plus_links():
    """Chances of four acquaintances with 0, 1, 2 and 5 links are as 1 : 2 : 3 : 6, and a link partner counts like them.

    Neither their order nor a tie named twice matters. Control: equal weights; without the switch anybody is asked alike.
    """
    draws = 20_000

    def share(ties, links, along=True):
        s = cluster_of(8, links=2)
        s.ties[0, : len(ties)] = ties
        for slot, number in links.items():
            s.firms["links"][0, slot] = number
        s.links[0]["supplier"], s.links[0]["buyer"], s.links[0]["state"] = 0, 6, LINK_ACTIVE
        s.links[0]["next"] = -1
        s.head[0, 0] = 0
        out = np.zeros(draws, int)
        partners(s, 0, along, out)
        return out

    def check(found, weights):
        for slot, weight in weights.items():
            expected = weight / sum(weights.values())
            assert abs((found == slot).mean() - expected) < 4.5 * np.sqrt(expected * (1 - expected) / draws), slot

    links = {1: 0, 2: 1, 3: 2, 4: 5, 6: 1}
    found = share([1, 2, 3, 4], links)
    check(found, {1: 1, 2: 2, 3: 3, 4: 6, 6: 2})
    assert np.array_equal(found, share([4, 3, 2, 1], links))
    check(share([1, 4, 4, 6], links), {1: 1, 4: 6, 6: 2})
    with pytest.raises(AssertionError):
        check(found, dict.fromkeys((1, 2, 3, 4, 6), 1))
    check(share([1, 2, 3, 4], links, along=False), dict.fromkeys(range(1, 8), 1))


def test_degrees_along_ties_are_less_equal_than_those_of_random_pairing():
    """Every firm asks 40 times. Asked at random, each is asked Binomial(40 n, 1/(n - 1)) times: variance over mean is 1.

    Along ties drawn at random, the variance is a multiple of the mean: who has links is asked again.
    """
    firms, rounds = 400, 40
    ratio = {}
    for along in (False, True):
        s = cluster_of(firms)
        others = np.random.default_rng(4).integers(1, firms, (firms, 4))
        s.ties[:firms] = (np.arange(firms)[:, None] + others) % firms
        meet_in_turn(s, firms, along, rounds)
        asked = flat(s, "links")[:firms] - rounds
        assert asked.sum() == firms * rounds
        ratio[along] = asked.var() / asked.mean()
    assert abs(ratio[False] - 1.0) < 4.5 * np.sqrt(2 / firms)
    assert ratio[True] > 10.0


# --- the funnel --------------------------------------------------------------------------------------------


class Followed(ClusterModel):
    """Looks at links and hubs where they deliver, and where they begin."""

    seen: list

    def after_phase(self, phase, cluster):
        s = self.state
        now = float(s.city["time"][0])
        if phase == "deliver":
            started = s.links["started"][s.links["state"] == LINK_ACTIVE]
            self.seen.append(("links", now, started.copy()))
        elif phase == "deliver_hubs" and cluster == 0 or phase == "start_hubs":
            hubs = s.hubs[s.hubs["active"] != 0]
            kind = "hubs" if phase == "deliver_hubs" else "begun hubs"
            self.seen.append((kind, now, hubs["started"].copy()))


@pytest.fixture(scope="module")
def followed():
    """A park with many links, step by step."""
    busy = {name: PARAMETERS[name].low for name in ("b_min", "cost.study", "cost.link_coordination", "hub_min_gain")}
    busy |= {"search_rate": PARAMETERS["search_rate"].high, "coordinator_capacity": 2.0}
    model = Followed(scenario="nguyen-khe", pathway="symbiosis", site_budget_bn=20.0, parameters=busy, seed=5, last_year=2032.0)
    model.seen = []
    model.run_for(1000)
    return model


def test_the_funnel_narrows_and_capacity_holds(followed):
    """Identified >= screened in >= studied >= agreed >= begun, of links; he never finishes more a year than his capacity."""
    series = followed.series
    stages = ("IDENTIFIED", "SCREENED", "STUDIED", "AGREED", "ACTIVATED")
    total = [series[1:, Series[name]].sum() for name in stages]
    assert total == sorted(total, reverse=True) and total[-1] > 0.0
    cases = series[1:, Series.CASES].reshape(-1, 4).mean(axis=1)
    assert 0.0 < cases.max() <= 2.0 * 2.0 + 1.0  # of two persons, and what was begun before
    by_person = series[1:, Series.CASES] / series[1:, Series.CASES_PER_COORDINATOR]
    assert np.nanmax(np.abs(by_person[np.isfinite(by_person)] - 2.0)) < 1e-9
    assert series[-1, Series.CASES_WAITING] == followed.state.clusters["waiting"].sum()


def test_shares_that_last_are_those_of_cohorts(followed):
    """Of what began since 2020 and could be 3 or 8 years old by now, the share that operated then; counted from every record.

    Control: ages that nobody asked for give other shares.
    """
    step = 0.25
    for kind, first in (("links", "links"), ("hubs", "begun hubs")):
        begun = {now: int((abs(at - now) < 1e-6).sum()) for name, now, at in followed.seen if name == first}
        for years in AGES:

            def share(last, age, kind=kind, begun=begun):
                old = {now: n for now, n in begun.items() if now + age <= last + 1e-6}
                kept = sum(int((abs(now - at - age) < 1e-6).sum()) for name, now, at in followed.seen
                           if name == kind and now <= last + 1e-6 and now - age >= 2020.0 - 1e-6)  # fmt: skip
                return kept / max(sum(old.values()), 1)

            found = followed.series[1:, Series[f"{kind}_lasted_{years}".upper()]]
            times = 2020.0 + step * np.arange(found.size)
            assert np.allclose(found, [share(now, years) for now in times], rtol=1e-12, atol=0)
            if kind == "links":
                assert 0.0 < found[-1] < 1.0
                assert not np.allclose(found, [share(now, years - 1) for now in times])


# --- map and platform apart --------------------------------------------------------------------------------


def learned(**overrides):
    """Share of 4,000 firms that learn of T1 in one step from a platform alone, where 30 % of the city have it; half disclose."""
    nothing_else = dict.fromkeys(("p0", "p_ext", "p_IC", "q_in", "q_tie", "q_out", "forgetting"), 0.0)
    record = parameters(**{**nothing_else, "map_split": 1.0, "q_platform": 0.2, **overrides})
    s = cluster_of(4000)
    s.levers["platform"], s.levers["extension"], s.levers["innovation_centre"] = 0.8, 0.0, 0.0
    s.clusters["disclosing"][0], s.city["tech_count"][0, 0] = 2000, 1200
    phases(s, record[()], LOTTERY | LEARN, 1)
    return (flat(s, "aware")[:4000] & 1).mean()


def test_a_platform_acts_through_awareness():
    """A step's chance is 1 - exp(-q x dose x usage x adopters dt); none of it is seen of others. Controls: the switch off; 1.5 q."""
    chance = 1 - np.exp(-0.2 * 0.8 * 0.5 * 0.3 * 0.25)
    error = 4.5 * np.sqrt(chance / 4000)
    assert abs(learned() - chance) < error < chance
    assert learned(map_split=0.0) == 0.0 and learned(q_platform=0.0) == 0.0
    assert visible_share(parameters(map_split=1.0)[()], 1.0, 0.5) == visible_share(parameters()[()], 0.0, 0.5)


def test_a_map_spares_a_part_of_a_study_of_firms_that_it_shows():
    """A study costs (1 - cut x dose) where both disclose, else its price. Control: without the switch."""
    for shown, on, cost in ((1, 1.0, 10.0 * (1.0 - 0.4 * 0.5)), (0, 1.0, 10.0), (1, 0.0, 10.0)):
        record = parameters(map_split=on, map_study_cut=0.4, cost__study=10.0, search_rate=50.0)
        s = pairs(40, record)
        record["cost_study"], record["cost_link_coordination"] = 10.0, 0.0
        s.levers["map"] = 0.5
        discloses = np.zeros(s.slot_at.size)
        discloses[0::LANES], discloses[1::LANES] = 1, shown
        put(s, "discloses", discloses)
        phases(s, record[()], LOTTERY | SEARCH | SIGN, 1)
        studies = s.city["studied"][0]
        assert studies > 5 and s.money[Money.STUDY] == pytest.approx(studies * cost, rel=1e-12)


@jit
def invited(s, p, w):
    """How many firms of cluster 0 are candidates of a new hub."""
    _invite(s, p, 0, s.clusters[0], w)
    number = 0
    for b in range(s.clusters[0].first, s.clusters[0].last):
        for k in range(LANES):
            number += (np.int64(s.firms[b].hubs[k]) >> w) & 1
    return number


def test_without_a_map_a_part_of_the_firms_are_known():
    """Each of 2,000 disclosing firms is known with chance `hub_circle`, all of them with a map and without the switch.

    Where nobody discloses a map shows nobody."""
    record = parameters(map_split=1.0, hub_circle=0.3)
    record["supply"][...] = 1.0

    def number(record, dose, disclose=1):
        s = cluster_of(2000)
        s.levers["map"] = dose
        for name, value in (("discloses", disclose), ("aware", 1 << AWARE_SYMBIOSIS), ("waste", 1.0)):
            put(s, name, np.full(s.slot_at.size, value))
        return invited(s, record[()], ORGANIC)

    assert abs(number(record, 0.0) - 600) < 4.5 * np.sqrt(2000 * 0.3 * 0.7)
    assert number(record, 1.0) == 2000 and number(record, 1.0, 0) == 0
    record["map_split"] = 0.0
    assert number(record, 0.0) == 2000
