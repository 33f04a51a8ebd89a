"""13.1, 13.2 and 13.10: criteria, readings of symbiosis, the operator who looks for an exchange, indicators as outcomes."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import ecocluster.model
import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import CRITERIA, INDICATORS, LEVEL_1, STATES, unmet_names
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.levers import LEVERS
from ecocluster.model.measure import measure
from ecocluster.model.parameters import PARAMETERS, met_by_default, parameter_record
from ecocluster.model.phases.certificates import update_levels
from ecocluster.model.rules import certification as rule
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import (
    ENERGY,
    INFORMATION,
    INFRASTRUCTURE,
    LINK_PERMIT,
    NEVER,
    PLANNED,
    WATER,
    copy_of,
)
from ecocluster.model.state_pointer import by_reference
from ecocluster.scenarios import load_scenario, load_shocks, make_arm
from ecocluster.scenarios.library import shipped
from probes import SEARCH, SIGN, flat, pairs, parameters, phases, put, world

BITS = {name: 1 << k for k, name in enumerate((*CRITERIA, *STATES))}
NULL = Arm("null")
MODEL = Path(ecocluster.model.__file__).parent


def plain(**changes):
    """Parameters as a namespace."""
    record = parameter_record(changes)
    return SimpleNamespace(**{name: float(record[name]) for name in record.dtype.names if record[name].ndim == 0})


# --- the table -------------------------------------------------------------------------------------------


def literals(source):
    """Numbers that something is compared with or divided by, but counts, halves, units and tolerances."""
    known = {0.0, 0.5, 1.0, 1.5, 3.0, 4.0, 6.0, 10.0, 365.0}  # 10: what an indicator calls a small firm
    judged = [part for node in ast.walk(ast.parse(source)) for part in (
        ast.walk(node) if isinstance(node, ast.Compare) else ast.walk(node.right)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else ())]  # fmt: skip
    return [
        node.value
        for node in judged
        if isinstance(node, ast.Constant) and type(node.value) is float and node.value not in known and node.value > 1e-6
    ]


def test_no_threshold_stands_in_a_kernel():
    for name in ("rules/certification.py", "phases/certificates.py", "measure.py"):
        assert not literals((MODEL / name).read_text(encoding="utf-8")), name
    assert literals("if land < 0.25: pass") == [0.25] and literals("x = cut / 0.2") == [0.2]  # the control


def test_every_threshold_is_a_parameter_with_a_range():
    rows = [p for p in PARAMETERS.values() if p.group == "certificate"]
    assert len(rows) > 40
    for row in rows:
        assert row.low <= row.default <= row.high and row.source and row.meaning
    assert {f"waive_{name}" for name in LEVEL_1} <= PARAMETERS.keys()
    assert set(met_by_default()) <= set(LEVEL_1)


# --- known answers ---------------------------------------------------------------------------------------

NOTHING = {"exchange": False, "depot": False, "data_room": False, "services": 0.0, "engaged": 0.0, "aware": 0.0, "solar": False}


@pytest.mark.parametrize(("facts", "met"), [
    ({}, ()),
    ({"solar": True}, (rule.WIDE_AND_SOLAR,)),
    ({"exchange": True}, (rule.EXCHANGE, rule.WIDE, rule.WIDE_AND_SOLAR)),
    ({"depot": True}, (rule.WIDE, rule.WIDE_AND_SOLAR)),
    ({"data_room": True}, (rule.WIDE, rule.WIDE_AND_SOLAR)),
    ({"services": 0.1}, (rule.WIDE, rule.WIDE_AND_SOLAR)),
    ({"services": 0.09, "engaged": 1.0, "aware": 1.0}, ()),
    ({"exchange": True, "engaged": 0.1, "aware": 0.9}, (rule.EXCHANGE, rule.WIDE, rule.DECREE_82, rule.WIDE_AND_SOLAR)),
    ({"exchange": True, "engaged": 0.1, "aware": 0.89}, (rule.EXCHANGE, rule.WIDE, rule.WIDE_AND_SOLAR)),
])  # fmt: skip
def test_readings_of_symbiosis(facts, met):
    p = plain()
    for reading in (rule.EXCHANGE, rule.WIDE, rule.DECREE_82, rule.WIDE_AND_SOLAR):
        assert bool(rule.symbiosis_met.py_func(p, reading, rule.Shown(**{**NOTHING, **facts}))) is (reading in met)


@pytest.mark.parametrize(("connected", "flow", "own", "room", "share"), [
    (50.0, 499.0, 0.0, False, 0.0),  # the plant is too small to have to measure
    (50.0, 500.0, 0.0, False, 0.5),
    (50.0, 500.0, 20.0, False, 0.7),
    (0.0, 0.0, 20.0, False, 0.2),
    (0.0, 0.0, 20.0, True, 0.6),  # project T
    (50.0, 500.0, 20.0, True, 0.7),
])  # fmt: skip
def test_measured_share(connected, flow, own, room, share):
    assert rule.measured_share.py_func(plain(), 100.0, connected, 365.0 * flow, own, room) == pytest.approx(share)


@jit
def levels(s, p):
    update_levels(by_reference(s), p)


@jit
def measured(s, p, out, before):
    measure(by_reference(s), p, out, before)


def fit(groups=1, **overrides):
    """Clusters of twenty firms that meet all that level 1 asks for, the office always open; their parameters."""
    record = parameters(**{"project_review": 1e6, "violation_hazard": 0.0, "application_benefit": 20.0, **overrides})
    s = world(groups, 20)
    s.city[0]["time"] = 2030.0
    c = s.clusters[:groups]
    c["recp"], c["land"], c["effluent"], c["untreated"], c["exchanges"] = 10, 0.3, 100.0, 10.0, 1.0
    c["built"][:, INFORMATION] = 1
    put(s, "visited", np.full(flat(s, "visited").size, -NEVER))
    for name in ("served", "studied"):
        put(s, name, flat(s, "visited"))
    return s, record


BROKEN = {
    "recp_share": lambda c: c.__setitem__("recp", 3),
    "symbiosis": lambda c: c.__setitem__("exchanges", 0.0),
    "shared_land": lambda c: c.__setitem__("land", 0.24),
    "treatment": lambda c: c.__setitem__("untreated", 30.0),
    "monitoring": lambda c: c["built"].__setitem__(INFORMATION, 0),
    "clean_record": lambda c: c.__setitem__("last_violation", 2028.0),
}


def test_each_criterion_alone_has_its_bit_and_can_be_waived():
    s, record = fit()
    levels(s, record[()])
    assert s.clusters[0]["unmet"] & 63 == 0 and s.clusters[0]["level"] == 1
    for name, spoil in BROKEN.items():
        s, record = fit()
        spoil(s.clusters[0])
        levels(s, record[()])
        assert unmet_names(int(s.clusters[0]["unmet"]) & 63) == [name] and s.clusters[0]["level"] == 0
        s, record = fit(**{f"waive_{name}": 1.0})
        spoil(s.clusters[0])
        levels(s, record[()])
        assert s.clusters[0]["unmet"] & 63 == 0 and s.clusters[0]["level"] == 1


def test_all_criteria_that_are_missed_are_known():
    s, record = fit()
    for spoil in BROKEN.values():
        spoil(s.clusters[0])
    levels(s, record[()])
    assert s.clusters[0]["unmet"] & 63 == 63


def test_states_are_no_obstacles():
    s, record = fit(application_benefit=0.0)  # nothing is gained by a certificate
    levels(s, record[()])
    assert unmet_names(int(s.clusters[0]["unmet"]) & ~((63 << 6) & 4095)) == ["not_worth_it"] and s.clusters[0]["level"] == 0
    s, record = fit(project_review=0.0)  # it waits for the office
    levels(s, record[()])
    assert s.clusters[0]["unmet"] & (63 | BITS["not_worth_it"]) == 0 and s.clusters[0]["level"] == 0
    s, record = fit()
    s.clusters[0]["firms"] = 0
    levels(s, record[()])
    assert unmet_names(int(s.clusters[0]["unmet"])) == ["no_firms"]


@pytest.mark.parametrize("built", [ENERGY, WATER, INFRASTRUCTURE])
def test_solar_plants_and_an_empty_depot_are_no_exchange(built):
    s, record = fit()
    s.clusters[0]["exchanges"], s.clusters[0]["built"][built] = 0.0, 1
    levels(s, record[()])
    assert s.clusters[0]["unmet"] & 63 == BITS["symbiosis"]
    s.clusters[0]["built"][INFORMATION] = 0
    s.clusters[0]["shadow_level"] = 0
    levels(s, record[()])
    assert s.clusters[0]["shadow_level"][0] == 0  # nor in the wide reading


def test_a_planned_cluster_shows_a_scheme_until_its_first_review():
    s, record = fit(groups=2)
    s.clusters["kind"][:2], s.clusters["exchanges"][:2] = PLANNED, 0.0
    s.clusters["opened"][:2] = 2025.25, 2025.0
    levels(s, record[()])
    assert (s.clusters["unmet"][:2] & 63).tolist() == [0, BITS["symbiosis"]]


def test_an_exchange_of_the_last_four_quarters_counts():
    s, record = fit()
    levels(s, record[()])
    for quarter in range(1, 6):
        s.city[0]["time"] = 2030.0 + quarter / 4
        s.clusters["exchanges"][0] = 0.0
        levels(s, record[()])
        assert bool(s.clusters[0]["unmet"] & BITS["symbiosis"]) is (quarter >= 4)


# --- the operator who lacks an exchange alone ---------------------------------------------------------------


def test_who_lacks_an_exchange_alone_looks_for_one():
    for name, spoil in BROKEN.items():
        s, record = fit()
        s.clusters[0]["exchanges"] = 0.0
        spoil(s.clusters[0])
        levels(s, record[()])
        assert s.clusters[0]["seeks"] == (name == "symbiosis")
    s, record = fit(application_benefit=0.0)
    s.clusters[0]["exchanges"] = 0.0
    levels(s, record[()])
    assert s.clusters[0]["seeks"] == 0  # not worth it


def case(**overrides):
    """Clusters of two firms with something to exchange, who neither know of symbiosis nor show their flows."""
    record = parameters(**{"search_rate": 0.0, "operator_search": 1e6, **overrides})
    s = pairs(30, record)
    put(s, "aware", 0 * flat(s, "aware"))
    s.clusters["seeks"][:30] = 1
    return s, record


def test_an_operator_pays_the_study_of_his_case():
    s, record = case()
    before = flat(s, "cash").copy()
    phases(s, record[()], SEARCH | SIGN, 1)
    signed = (s.links["state"] == LINK_PERMIT).sum()
    assert signed == 30
    assert s.money[Money.OPERATOR_STUDY] == pytest.approx(30 * float(record["cost_study"])) and s.money[Money.STUDY] == 0.0
    assert np.array_equal(flat(s, "cash"), before)
    assert (s.firms["studied"][:30, :2] == s.city[0]["time"]).all() and (s.firms["aware"][:30, :2] > 0).all()


def test_a_case_can_fail_and_there_is_one_at_a_time():
    s, record = case(cost__link_coordination=1e6)  # nothing is worth it
    phases(s, record[()], SEARCH | SIGN, 1)
    assert s.money[Money.OPERATOR_STUDY] == 0.0 and not (s.links["state"] == LINK_PERMIT).any()
    s, record = case()
    s.clusters["permits"][:15] = 1
    phases(s, record[()], SEARCH | SIGN, 1)
    assert (s.links["state"] == LINK_PERMIT).sum() == 15
    s, record = case(operator_search=0.0)
    phases(s, record[()], SEARCH | SIGN, 1)
    assert s.money[Money.OPERATOR_STUDY] == 0.0


# --- whole runs -------------------------------------------------------------------------------------------


def columns(runs, names):
    return runs.series[:, :, :, [runs.keys.index(name) for name in names]]


def test_nobody_acts_on_a_shadow_certificate(small_city):
    arms = (NULL, make_arm("combined", site=small_city))
    arms = (arms[0], Arm(arms[1].name, arms[1].programmes, arms[1].assignment, arms[1].budget, 1.0))
    loose = {"wide_service_least": 0.0, "decree82_engaged": 0.0, "decree82_aware": 0.0, "decree82_clean_years": 0.0}
    one, two = (
        run_ensemble(small_city, arms, replicates=1, parameters=p)
        for p in ({"standard_by_law": 0.0}, loose | {"standard_by_law": 0.0})
    )
    shadows = [name for name in INDICATORS if name.endswith(("_wide", "_82"))]
    assert np.array_equal(
        columns(one, [n for n in INDICATORS if n not in shadows]),
        columns(two, [n for n in INDICATORS if n not in shadows]),
        equal_nan=True,
    )
    assert not np.array_equal(columns(one, shadows), columns(two, shadows), equal_nan=True)


def test_pillars_and_6r_do_not_echo_doses(small_city):
    """Behaviour frozen: another dose alone moves no pillar, no group and nothing of the 6R."""
    sim = Simulator(small_city, (NULL,), parameter_record(None), (), 4)
    sim.burn(1, 0)
    names = [n for n in INDICATORS if n.startswith(("pillar_", "r_", "group", "level", "unmet", "only", "clusters"))]
    names.remove("clusters_with_standard")  # which is what the law says

    def indicators(lever=None, value=0.0):
        s = copy_of(sim.base)
        s.clusters["level"][:2], s.clusters["shadow_level"][:2] = 1, 1
        if lever is not None:
            s.levers[lever] = value
        out = np.zeros(len(INDICATORS))
        measured(s, sim.p[()], out, out.copy())
        return dict(zip(INDICATORS, out, strict=True))

    frozen = indicators()
    assert len(names) > 40 and any(frozen[name] for name in names)
    for lever, row in LEVERS.items():
        moved = indicators(lever, min(row.high, 1.0))
        assert [moved[name] for name in names] == [frozen[name] for name in names], lever
    assert indicators("coordinator", 1.0)["belief"] != frozen["belief"]  # the control: belief does read a lever


def met_by(parameters=None):
    """Share of the clusters of Hanoi that meet each criterion of level 1 at the end of 2035, without a programme and under
    each law alone."""
    site = load_scenario("hanoi").site
    arms = {"null": NULL, **{law: make_arm("law", site=site, law=law) for law in shipped("laws")}}
    runs = run_ensemble(
        site, list(arms.values()), replicates=2, parameters=parameters, shocks=load_shocks("default"), last_year=2036
    )
    missed = columns(runs, [f"unmet_{name}" for name in LEVEL_1])[:, :, -1].mean(axis=1)
    return {arm: dict(zip(LEVEL_1, 1.0 - row / len(site.clusters), strict=True)) for arm, row in zip(arms, missed, strict=True)}


def suspicious(met):
    """Arms and criteria that most clusters meet without a programme, though no row says why."""
    return {(arm, name) for arm, own in met.items() for name, share in own.items() if share > 0.9 and name not in met_by_default()}


def test_no_criterion_is_met_by_nearly_all_without_a_programme():
    met = met_by()
    assert met.keys() >= {"null", "today", "middle", "strict"} and met["null"] == met["today"] != met["strict"]
    assert not suspicious(met)
    solar = met_by({"symbiosis_reading": 2.0, "solar_consent": 0.0})  # the control: shared solar counts, and asks nobody
    assert suspicious(solar) == {(arm, "symbiosis") for arm in met}
