"""13.13: no certificate without a standard, assessments that are compulsory, support by level, public records, skill, inspectors."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import LEVEL_1, Series, unmet_names
from ecocluster.model.jit import jit
from ecocluster.model.levers import LEVERS
from ecocluster.model.phases.certificates import update_levels
from ecocluster.model.phases.enforcement import inspect, make_visits
from ecocluster.model.randomness import Purpose
from ecocluster.model.rules import compliance, credit, government
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import NONE, REAL_OWN, SHAM
from ecocluster.scenarios import load_scenario, make_arm, with_levers
from probes import LOTTERY, draws, flat, parameters, phases, put, taken, world

# all but the clean record is waived, and that is soon clean: whoever may be certified is
EASY = {f"waive_{name}": 1.0 for name in LEVEL_1 if name != "clean_record"} | {
    "clean_years": 0.25,
    "application_test": 0.0,
    "project_review": 4.0,
}
BY_LAW = EASY | {"standard_by_law": 1.0}
CERTIFIED = {name: lever.high for name, lever in LEVERS.items() if name.startswith("certified_")}
NEVER = {"standard_year": 9999.0}
LEVELS = ("LEVEL1", "CLUSTERS_LEVEL1", "PLANNED_LEVEL1", "CLUSTERS_LEVEL1_WIDE", "CLUSTERS_LEVEL1_82")


def runs_of(site, shocks, parameters, *levers, pathway="combined"):
    """Two replicates to 2032 of a pathway under the middle law with each of these sets of levers."""
    arms = [Arm("null"), *(with_levers(make_arm(pathway, site=site, name=f"{n}"), own) for n, own in enumerate(levers))]
    runs = run_ensemble(site, arms, replicates=2, shocks=shocks, seed=8, last_year=2032, parameters=parameters)
    return SimpleNamespace(years=runs.years, series=runs.series[1:], level=runs.level[1:], unmet=runs.unmet[1:])


def certified(runs, name="CLUSTERS_LEVEL1"):
    """Largest number of certificates at the end of every step, by arm."""
    return np.nanmax(runs.series[..., Series[name]], axis=1)


# --- the standard ------------------------------------------------------------------------------------------


def test_without_a_standard_there_is_no_certificate(small_city, shocks):
    """Never: none in any reading, and whoever meets all is told why. From 2023: none before. Control: off, there are some in 2020."""
    runs = runs_of(small_city, shocks, BY_LAW, NEVER, {"standard_year": 2023.0})
    for name in LEVELS:
        assert not certified(runs, name)[0].any(), name
        assert not certified(runs, name)[1][runs.years <= 2023.0].any(), name
    assert certified(runs)[1][runs.years > 2023.0].max() > 0
    assert not runs.level[0].any() and "no_standard" in {name for mask in np.unique(runs.unmet[0]) for name in unmet_names(mask)}
    assert certified(runs_of(small_city, shocks, EASY | {"standard_by_law": 0.0}, {}))[0, 1] > 0


def test_parks_have_a_standard_of_their_own(shocks):
    """In a law without a standard for clusters, from 2025. Control: another year of it."""
    park = load_scenario("khanh-phu").site
    assert park.kind == "park"
    for year in (2025.0, 2028.0):
        runs = runs_of(park, shocks, BY_LAW | {"park_standard_year": year}, {}, pathway="law")
        found = certified(runs)[0]
        assert not found[runs.years <= year].any() and found[runs.years > year].max() > 0


@jit
def office(s, p):
    """A step of the office."""
    update_levels(s, p)


def test_assessments_come_every_five_years_and_a_plan_has_its_term():
    """First within five years by the cluster's draw, then exactly every five; barred from the term on, free once all is met.

    Control: where it is not compulsory, or where there is no standard, nobody has a plan."""
    clusters = 12
    missed, met = parameters(violation_hazard=0.0), parameters(**{f"waive_{name}": 1.0 for name in LEVEL_1})
    s = world(clusters, 4)
    s.levers["standard_year"], s.levers["standard_compulsory"] = 2010.0, 1.0
    first = 2010.0 + 5.0 * draws(s, Purpose.CLUSTER_ASSESSMENT, 0, np.arange(clusters))
    cleared = 2019.0
    for step in range(4 * 14):
        now = 2010.0 + 0.25 * step
        s.city["time"], s.city["step"] = now, step
        office(s, (met if cleared <= now < cleared + 0.25 else missed)[()])
        since = np.ceil(first * 4.0 - 1e-6) / 4.0
        if now >= cleared:  # a new plan from the next assessment on
            due = first + 5.0 * np.ceil((cleared - first) / 5.0)
            since = np.ceil(due * 4.0 - 1e-6) / 4.0
        plan, barred = s.clusters["plan_at"][:clusters], s.clusters["barred"][:clusters]
        if now != cleared:
            assert (plan == np.where(now >= since, since, 0.0)).all(), now
            assert (barred == (now >= since + 3.0 - 1e-9)).all(), now
    for levers, by_law in (({"standard_compulsory": 0.0}, 0.0), ({"standard_year": 9999.0}, 1.0)):
        for name, value in ({"standard_year": 2010.0, "standard_compulsory": 1.0} | levers).items():
            s.levers[name] = value
        office(s, parameters(standard_by_law=by_law)[()])
        assert not s.clusters["plan_at"].any() and not s.clusters["barred"].any()


def test_who_is_barred_gets_no_money(small_city, shocks):
    """Everybody misses a criterion and is barred at once: no aid for studies, links and hubs. Control: the same without compulsion."""
    own = {"standard_year": 2020.0, "standard_compulsory": 1.0}
    more = {"standard_by_law": 1.0, "assessment_years": 0.01, "plan_term": 0.0, "recp_least_1": 1.0}
    runs = runs_of(small_city, shocks, more, own, {"standard_year": 2020.0}, pathway="symbiosis")
    late = runs.series[:, :, runs.years > 2021.0]
    aid, barred = late[..., Series.OUTLAY_SYMBIOSIS], late[..., Series.CLUSTERS_BARRED]
    assert not aid[0].any() and (barred[0] > 0).all()
    assert aid[1].any() and not barred[1].any()


# --- support by level --------------------------------------------------------------------------------------


def test_support_by_level_is_nothing_without_certificates(small_city, shocks):
    """Where nobody is certified the whole vector changes no bit. Control: where they are, each lever alone does.

    A rule is left out of the first: its set-up is paid, whoever it is for."""
    vector = {name: value for name, value in CERTIFIED.items() if LEVERS[name].kind != "rule"}
    runs = runs_of(small_city, shocks, BY_LAW, NEVER, NEVER | vector)
    assert np.array_equal(runs.series[0], runs.series[1], equal_nan=True)
    sets = [{}, *({name: value} for name, value in CERTIFIED.items())]
    runs = runs_of(small_city, shocks, BY_LAW, *({"standard_year": 2020.0} | own for own in sets))
    for n, name in enumerate(CERTIFIED, 1):
        assert not np.array_equal(runs.series[0], runs.series[n], equal_nan=True), name


# --- inspectors --------------------------------------------------------------------------------------------


@jit
def visits(s, p):
    """Visits that are due in the first cluster in this step, and those that are made."""
    inspect(s, p, 0)
    make_visits(s, p)


def year_of_visits(inspectors, dt, firms=48, **overrides):
    """Visits made in each step of two years in which every firm is due in every step, and who was visited in the first."""
    record = parameters(inspectors=inspectors, complaint_rate=0.0, visits_per_inspector=50.0, **overrides)
    s = world(1, firms, dt=dt)
    s.levers["inspection_rate"], s.city["planned_factor"] = 1e5, 1.0
    made, first = [], None
    for step in range(round(2 / dt)):
        s.city["time"], s.city["step"], s.city["inspections"] = 2020.0 + step * dt, step, 0
        put(s, "aware", np.zeros(s.slot_at.size))
        phases(s, record[()], LOTTERY, 1)
        visits(s, record[()])
        made.append(int(s.city["inspections"][0]))
        if first is None:
            first = flat(s, "aware")[taken(s)] > 0  # whoever is visited knows the law
    return np.array(made), first, s


@pytest.mark.parametrize("dt", [0.25, 1 / 12])
@pytest.mark.parametrize("inspectors", [0.3, 1.0, 2.5])
def test_visits_are_what_inspectors_can_make(dt, inspectors):
    """Every firm is due: the visits of a year are floor(inspectors x 50), spread over it. Control: without a limit all are made."""
    made, _, s = year_of_visits(inspectors, dt)
    able = int(inspectors * 50)
    steps = round(1 / dt)
    assert made[:steps].sum() == made[steps:].sum() == able
    assert (made[:steps].cumsum() == np.floor(inspectors * 50 * np.arange(1, steps + 1) * dt + 1e-9)).all()
    assert s.clusters["unvisited"][0] == pytest.approx(1.0 - able / (48 * steps), rel=1e-12)
    assert (year_of_visits(0.0, dt)[0] == 48).all()


@jit
def only_made(s, p):
    """Visits that are made."""
    make_visits(s, p)


def test_complaints_are_first_then_the_hashed_priority():
    """Exactly the firms of which neighbours complained, then those of the smallest draws. Control: not those of the first ids."""
    record = parameters(inspectors=1.0, visits_per_inspector=40.0)
    s = world(1, 48)
    s.city["planned_factor"] = 1.0
    why = np.zeros(s.slot_at.size, int)
    why[:48] = 1
    why[[3, 20, 41]] = 2
    put(s, "visit", why)
    only_made(s, record[()])
    order = np.argsort(draws(s, Purpose.INSPECTOR, 0, np.arange(48)))
    order = [n for n in order if why[n] == 2] + [n for n in order if why[n] == 1]
    seen = set(np.flatnonzero(flat(s, "aware")[:48]).tolist())
    assert seen == set(order[:10]) and {3, 20, 41} <= seen and seen != set(range(10))
    assert not flat(s, "visit").any()


# --- records and skill -------------------------------------------------------------------------------------


def test_rules_of_records_and_of_skill():
    """What is missed is found in part; permits are faster; complaints fall on what is left untreated; banks forget after a while."""
    p = parameters()[()]
    for z, found in ((NONE, 0.9), (SHAM, 0.15 + 0.65 * 0.4), (REAL_OWN, 0.0)):
        for skill in (0.0, 0.5, 1.0):
            expected = 0.0 if z == REAL_OWN else found + 0.5 * skill * (1.0 - found)
            assert compliance.detection(p, z, 0.4, skill, 0.0) == pytest.approx(expected, rel=1e-12)
    assert government.permit_hazard(p, 4.0, 0.5) == 6.0 and government.permit_hazard(p, 4.0, 0.0) == 4.0
    assert compliance.complaint_weight(100.0, 0.9, 1.0) == pytest.approx(10.0)
    assert compliance.complaint_weight(100.0, 0.25, 0.5) == pytest.approx(100.0 * (1.0 - 0.5 * 0.25))
    assert compliance.complaint_weight(100.0, 0.9, 0.0) == 100.0
    assert (
        credit.credit_record(p, 0.5, 2.0) == 0.5 and credit.credit_record(p, 0.5, 2.25) == credit.credit_record(p, 0.0, 1.0) == 0.0
    )
    assert compliance.record_loss(p, 0.5, 2.0, 100.0) == pytest.approx(2.0 * 0.5 / 52.0 * 100.0)
    assert compliance.record_loss(p, 0.0, 2.0, 100.0) == 0.0


# parameters that act with a lever of the law, that lever, and another value
ACTING = {
    "skill_detection": ("official_skill", 0.0), "skill_permits": ("official_skill", 3.0), "skill_training": ("official_skill", 1.0),
    "disclosure_cost": ("public_disclosure", 1.0), "record_years": ("public_disclosure", 5.0),
    "record_credit": ("public_disclosure", 3.0), "record_weeks": ("public_disclosure", 8.0),
}  # fmt: skip


def test_each_parameter_acts_with_its_lever(small_city, shocks):
    """And the lever alone changes the run (V20 holds that without it no parameter does)."""
    plain = runs_of(small_city, shocks, {}, {}).series
    own = {lever: runs_of(small_city, shocks, {}, {lever: 1.0}).series for lever in ("official_skill", "public_disclosure")}
    for lever, series in own.items():
        assert not np.array_equal(series, plain, equal_nan=True), lever
    for name, (lever, value) in ACTING.items():
        series = runs_of(small_city, shocks, {name: value}, {lever: 1.0}).series
        assert not np.array_equal(series, own[lever], equal_nan=True), name
