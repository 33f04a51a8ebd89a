"""Developers build where it pays: least support against a sum over time, a supply curve that rises, the same sites in every arm."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.one_run import run_one
from ecocluster.model.parameters import parameter_record
from ecocluster.model.rules.developer import expected_occupancy, least_support, required_return, site_value, sites_due
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Programme
from ecocluster.model.state import NEVER, PLANNED
from ecocluster.scenarios import make_arm

AREA = 0.36  # ha a slot
RICH = 1e6  # mVND a year: money is no bound
# many sites of few slots, decided as soon as they pay
MANY = {"developers": 1.0, "developer_sites": 8000.0, "planned_cluster_slots": 2.0, "sites_per_year": 8.0, "base_rent": 2000.0}


def by_sums(price, rent, required, build=3.0, fill=6.0, top=0.8, years=20.0, bare=0.5):
    """Value of a hectare by adding up a fine grid of instants."""
    t = (np.arange(400_000) + 0.5) * (years / 400_000)
    occupied = np.minimum(t / fill, 1.0) * top
    rents = (rent * occupied * (1.0 + required) ** -(build + t)).sum() * (years / 400_000)
    return rents + bare * price * (1.0 + required) ** -(build + years) - price


@pytest.mark.parametrize("fill", [3.0, 6.0, 12.0])
@pytest.mark.parametrize("required", [0.08, 0.13, 0.18])
def test_least_support_in_closed_form(required, fill):
    """Linear filling: value and least support are those of the sum over time; with the support the site is worth nothing more."""
    p = parameter_record({"fill_years": fill, "land_market": 0.0})
    for price, rent in ((10_000.0, 1_000.0), (6_000.0, 1_500.0), (4_000.0, 4_000.0)):
        value = site_value(p, price, rent, required)
        assert value == pytest.approx(by_sums(price, rent, required, fill=fill), rel=1e-6, abs=1e-2)
        share = least_support(value, price)
        assert share == max(-value / price, 0.0)
        if value < 0.0:  # support is paid at the decision: it counts in full
            assert value + share * price == pytest.approx(0.0, abs=1e-9)
    never_filled = parameter_record({"fill_years": 12.0, "fill_share": 0.0})
    assert expected_occupancy(never_filled, required) == 0.0


def test_at_the_defaults_the_mean_site_does_not_pay():
    p = parameter_record({})
    value = site_value(p, 10_000.0, 1_000.0, 0.13)
    assert value == pytest.approx(by_sums(10_000.0, 1_000.0, 0.13, bare=0.55), rel=1e-6)
    assert 0.5 < least_support(value, 10_000.0) < 0.9
    assert [required_return(p, u) for u in (0.0, 1.0)] == [0.08, 0.18]


def test_sites_of_a_year_do_not_depend_on_the_length_of_a_step():
    for yearly in (1.0, 3.0, 4.0, 7.5):
        for per_year in (4, 12):
            due = [sites_due(yearly, n / per_year, 1.0 / per_year) for n in range(16 * per_year)]
            assert sum(due) == int(16 * yearly) and max(due) <= np.ceil(yearly / per_year)


def built(site, arm, **parameters):
    """Clusters for which there are sites, at the end of 2035."""
    sim = Simulator(site, (arm,), parameter_record({**MANY, **parameters}), last_year=2036.0)
    code, _ = sim.replicate(3, 0).run(0)
    assert code == 0
    return sim.work.clusters[sim.work.clusters["kind"] == PLANNED].copy()


def supported(cap, slots=1e5, budget=RICH, **levers):
    return Arm(
        f"support {cap}", (Programme("p", {"planned_slots": slots, "land_support": cap, "fund_share_infrastructure": 1.0, **levers}),),
        None, budget, 1.0,
    )  # fmt: skip


def decided(sites):
    return sites["opened"] < NEVER


def test_supply_curve_rises_and_whoever_pays_is_paid_nothing(teaching):
    """Sites that are built under a cap are those whose gap is not above it, no other; support is the gap exactly.
    Control: with the mechanism off all slots are built, for the share that is offered."""
    least = None
    numbers = []
    for cap in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5):
        sites = built(teaching, supported(cap))
        share = np.maximum(-sites["value"] / sites["price"], 0.0)
        assert least is None or np.array_equal(share, least)  # the same sites whatever is offered
        least = share
        assert np.array_equal(decided(sites), share <= cap)
        gap = np.where(decided(sites), np.maximum(-sites["value"], 0.0) * AREA * sites["slots"], 0.0)
        np.testing.assert_allclose(sites["support"], gap, rtol=1e-12)
        assert not sites["support"][sites["value"] >= 0.0].any()
        numbers.append(int(decided(sites).sum()))
    assert numbers == sorted(numbers) and 0 < numbers[0] < numbers[-1] < len(sites)
    off = {"developers": 0.0, "base_rent": 1.0}
    assert decided(built(teaching, supported(0.1), **off)).all() and decided(built(teaching, supported(0.3), **off)).all()


def test_what_pays_is_built_under_law_alone_too(teaching):
    """The sites that need no support are built in every arm, at the same time. Control: others are not."""
    alone, more = built(teaching, make_arm("law", site=teaching)), built(teaching, supported(0.3))
    pays = alone["value"] >= 0.0
    assert pays.any() and np.array_equal(decided(alone), pays)
    assert np.array_equal(alone["opened"][pays], more["opened"][pays]) and decided(more)[~pays].any()
    assert (alone["programme"] == -1).all() and (more["programme"][decided(more)] == 0).all()


def test_the_least_gap_is_first_and_no_more_than_are_asked_for(teaching):
    """Decided in the order of their value, so many a year; a programme has no more slots than it asks for, and what pays beyond
    them is the law's."""
    few = built(teaching, supported(0.5, slots=4000.0), sites_per_year=2.0)
    order = np.argsort(few["opened"], kind="stable")[: decided(few).sum()]
    assert (np.diff(few["value"][order]) <= 0.0).all() and (np.diff(few["opened"][order]) >= 0.5 - 1e-9).all()
    own = few["programme"] == 0
    assert few["slots"][own].sum() <= np.floor(4000.0 * teaching.budget_share + 0.5)
    assert (few["value"][decided(few) & ~own] >= 0.0).all()
    none = built(teaching, supported(0.5, slots=0.0))
    assert np.array_equal(decided(none), none["value"] >= 0.0) and not none["support"].any()


def test_without_money_nothing_dearer_is_begun(teaching):
    """A fund that cannot pay the least gap waits: what it has paid is no more than it was given."""
    poor = built(teaching, supported(0.5, budget=300.0))
    rich = built(teaching, supported(0.5))
    assert 0.0 < poor["support"].sum() <= 300.0 * 16 < rich["support"].sum()
    paid = poor["support"] > 0.0
    gap = -poor["value"]
    assert gap[paid].max() <= gap[(poor["value"] < 0.0) & ~paid].min()


def test_books_of_developers_in_the_result_of_a_run(teaching):
    """Every site with its value, break-even support and occupancy; empty while it is off."""
    run = run_one(teaching, supported(0.3), seed=3, parameters=MANY)
    sites = built(teaching, supported(0.3))
    assert [row["npv"] for row in run.sites] == sites["value"].tolist()
    assert {row["programme"] for row in run.sites} == {"p", None}
    for row in run.sites:
        assert (row["opened"] is None) == (row["decided"] is None) == (row["occupancy"] is None)
        assert row["opened"] is None or row["occupancy"] == row["firms"] / row["slots"]
        assert row["break_even_support"] == max(-row["npv"] / row["price"], 0.0)
    assert run_one(teaching, supported(0.3), seed=3, parameters={"developers": 0.0}).sites == []
