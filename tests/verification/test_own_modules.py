"""Modules of the user's own: the model is as it was without one, its books balance with one, and what cannot be used is refused."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from audit import Audit
from ecocluster.model import roster
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, Series, evaluate
from ecocluster.model.ledger import Money
from ecocluster.model.levers import LEVERS, N_OWN
from ecocluster.model.loading import having, load_module, unload_modules
from ecocluster.model.modules import BOOKABLE, MESSAGES, ModuleError
from ecocluster.model.parameters import PARAMETERS, changed_record, parameter_record, sample_parameters
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Law, Programme
from ecocluster.model.state import LANES, SLOT_TAKEN
from ecocluster.scenarios import make_arm, with_levers
from ecocluster.viz.words import Words

EXAMPLE = Path(__file__).parents[2] / "examples" / "modules" / "repair_vouchers.py"
LEVERS_SET = {"repair_vouchers": 0.5, "repair_teams": 1.0}
HEAD = """
from ecocluster.model.acting import *
from ecocluster.model.modules import *
"""


@pytest.fixture(autouse=True)
def nothing_loaded():
    unload_modules()
    yield
    unload_modules()


@pytest.fixture
def written(tmp_path):
    """A module of this text, loaded."""

    def write(text: str, name: str = "own.py"):
        file = tmp_path / name
        file.write_text(HEAD + dedent(text), encoding="utf-8")
        return load_module(file)

    return write


def arms_of(site, budget_bn=150.0, **levers):
    return make_arm("null", site=site), with_levers(make_arm("combined", budget_bn=budget_bn, site=site), levers)


def series_of(site, arms, shocks=(), **more):
    """Series by name."""
    runs = run_ensemble(site, arms, seed=3, shocks=shocks, **{"replicates": 2, "threads": 1, "last_year": 2022, **more})
    assert not runs.failed.any()
    return {key: runs.series[..., k] for k, key in enumerate(runs.keys)}


def same(one, other):
    """Has the model's own part the same bits?"""
    return all(np.array_equal(one[key], other[key], equal_nan=True) for key in list(one)[: len(Series)])


# --- the model ----------------------------------------------------------------------------------------------


IDLE = """
def look(own, s, p, c):
    cluster = s.clusters[c]
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        if uniform(own.key, 0, s.city[0].step, slot) < 0.5:
            own.heads[0] += 1.0
            own.kept[slot] += 1.0
module = Module("idle", parameters=(Parameter("size", 1.0, 0.5, 2.0, "mVND", "x"),), firm_state=("kept",),
                indicators=(Indicator("heads", "1/yr", "flow", "x"),), actions=(Action(look, after="produce"),))
"""


def test_a_module_that_changes_nothing_changes_no_bit(teaching, shocks, written):
    arms = arms_of(teaching)
    before = series_of(teaching, arms, shocks)
    written(IDLE)
    after = series_of(teaching, arms, shocks)
    assert same(before, after) and after["heads"][:, :, 1:].min() > 0
    unload_modules()
    assert same(before, series_of(teaching, arms, shocks))
    written(IDLE.replace("own.kept[slot] += 1.0", "s.firms[slot >> 4].elec[slot & 15] *= 0.9"))  # control
    assert not same(before, series_of(teaching, arms, shocks))


def test_the_example_does_what_it_says(teaching, shocks):
    load_module(EXAMPLE)
    without, with_it = (series_of(teaching, arms_of(teaching, **levers), shocks, last_year=2026) for levers in ({}, LEVERS_SET))
    assert not without["repairs"][:, :, 1:].any() and with_it["repairs"][1, :, 1:].sum() > 5
    more = with_it["repair_bills"][1, :, 1:].sum()
    assert 0 < with_it["vouchers"][1, :, 1:].sum() < more  # half a repair, unless the fund is empty
    assert with_it["transfer_state_firms"][1, :, 1:].sum() > without["transfer_state_firms"][1, :, 1:].sum()
    assert (with_it["vouchers"] <= with_it["outlay_grants"] + 1e-9)[1, :, 1:].all()
    assert not with_it["repairs"][0, :, 1:].any()  # no programme, no voucher


def test_plain_python_gives_the_same_bits():
    code = dedent(f"""
        import hashlib
        from ecocluster.model.loading import load_module
        load_module({str(EXAMPLE)!r})
        from ecocluster.model.ensemble import run_ensemble
        from ecocluster.scenarios import load_scenario, make_arm, with_levers
        site = load_scenario("teaching").site
        arms = make_arm("null", site=site), with_levers(make_arm("combined", site=site), {LEVERS_SET})
        print(hashlib.sha256(run_ensemble(site, arms, replicates=1, last_year=2021).series.tobytes()).hexdigest())
    """)
    found = [
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env={**os.environ, **plain}).stdout
        for plain in ({}, {"NUMBA_DISABLE_JIT": "1"})
    ]
    assert found[0] == found[1] != ""


# --- books --------------------------------------------------------------------------------------------------


GREEDY = """
def take(own, s, p, c):
    cluster = s.clusters[c]
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        {body}
module = Module("greedy", firm_state=("given",),
    accounts=tuple(Account("own_" + name.lower(), name, "x", fund) for name, fund in zip(BOOKABLE, 4 * FUNDS)),
    actions=(Action(take, after="{place}"),))
"""
ASKS = {"GRANTS": 1e9, "LINK_GRANT": 1e9, "RELOCATION_AID": 0.3, "STUDY_AID": 0.3}


@pytest.mark.parametrize("place", ["close_books", "arrive"])
def test_no_fund_is_overdrawn_and_every_account_balances(small_city, shocks, written, place):
    body = "; ".join(
        f"pay(s, own.own_{name.lower()}, slot, {ASKS.get(name, 0.01)} * (1 + slot % 3))" for name in reversed(BOOKABLE)
    )
    written(GREEDY.format(body=body, place=place))
    audited = Audit(Simulator(small_city, arms_of(small_city), parameter_record(), shocks, last_year=2022), mass=False)
    audited.burn(11, 0)
    series = audited.run(1)
    for name in BOOKABLE:  # every line was used
        own, k = f"own_{name.lower()}", list(INDICATORS).index(f"own_{name.lower()}")
        assert series[1:, k].sum() > 0, own
    assert audited.simulator.work.funds["spent"].sum() <= audited.simulator.work.funds["released"].sum() + 1e-6
    assert audited.totals[Money.GRANTS] > 1000  # who asked for more than there was got what there was


@pytest.mark.parametrize("body", [
    "s.money[own.own_grants.flow] += 1.0",
    "s.funds[0].fund[0] -= 1.0",
    "s.firms[slot >> 4].cash[slot & 15] += 1.0",
])  # fmt: skip
def test_the_books_see_what_is_not_paid(small_city, shocks, written, body):
    """Positive control of the test before."""
    written(GREEDY.format(body=body, place="serve_requests"))
    audited = Audit(Simulator(small_city, arms_of(small_city), parameter_record(), shocks, last_year=2021), mass=False)
    with pytest.raises(AssertionError):
        audited.burn(11, 0)
        audited.run(1)


COSTLY = """
module = Module("costly", levers=(Lever("by_firm", "x", baseline=0.1, cost_mvnd=Cost(2.0, 1.0, 4.0)),
    Lever("by_worker", "x", cost_mvnd=Cost(0.5, 0.1, 1.0, "worker")), Lever("by_cluster", "x", cost_mvnd=Cost(30.0, 10.0, 90.0, "cluster"))))
"""


def test_doses_cost_what_they_say(teaching, written):
    """The first release of a fund pays exactly the doses: of firms, workers and clusters, above their baseline."""
    written(COSTLY)
    doses = {"by_firm": 0.6, "by_worker": 0.4, "by_cluster": 1.0}
    scale = 3.0  # of the prices, as anybody who questions them may set
    p = parameter_record({"cost.by_firm": 2.0 * 1.5, "money_scale": scale})
    for names, typed in (((), False), (("by_firm",), False), (("by_worker",), True), (("by_cluster",), True), (tuple(doses), False)):  # fmt: skip
        chosen = {name: doses[name] for name in names}
        programme = Programme("p", chosen, typed=frozenset(names) if typed else frozenset())
        sim = Simulator(teaching, (Arm("null"), Arm("p", (programme,), None, 1e6, law=Law())), p, last_year=2021)
        luck = sim.replicate(1, 0)
        inside = sim.base.clusters[:-1]
        firms, workers, outside = inside["firms"].sum(), inside["workers"].sum(), sim.base.clusters[-1]
        everywhere = firms + outside["firms"], workers + outside["workers"]
        _, rows = luck.run(1)
        prices = {"by_firm": 0.5 * 3.0 * everywhere[0], "by_worker": 0.4 * 0.5 * everywhere[1], "by_cluster": 30.0}
        expected = scale * sum(prices[name] for name in names)
        assert rows.series[1, Series.OUTLAY_DOSES] == pytest.approx(expected, rel=1e-12), names


def test_a_typed_dose_that_is_not_paid_falls_short(teaching, written):
    written(COSTLY.replace('"by_firm", "x"', '"by_firm", "x", cap=1.0'))
    programme = Programme("p", {"by_firm": 1.0})
    sim = Simulator(teaching, (Arm("null"), Arm("p", (programme,), None, 2.0)), parameter_record(), last_year=2021)
    sim.replicate(1, 0).run(1)
    place = list(LEVERS).index("by_firm")
    assert 0.1 < sim.values(sim.work)[0, place] < 1.0
    assert sim.work.funds["spent"][0] <= sim.work.funds["released"][0] + 1e-9


# --- state --------------------------------------------------------------------------------------------------


MARKS = """
def mark(own, s, p, c):
    cluster = s.clusters[c]
    own.seen[c] += 1.0
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        f, k = s.firms[slot >> 4], slot & 15
        if f.status[k] == SLOT_TAKEN:
            if own.mark[slot] == 0.0:
                own.fresh[0] += 1.0
            elif own.mark[slot] != f.id[k] + 1.0:
                own.wrong[0] += 1.0
            elif own.place[slot] != slot + 1.0:
                own.came_along[0] += 1.0
            own.mark[slot], own.place[slot] = f.id[k] + 1.0, slot + 1.0
module = Module("marks", firm_state=("mark", "place"), cluster_state=("seen",),
    indicators=(Indicator("fresh", "1/yr", "flow", "x"), Indicator("wrong", "1/yr", "flow", "x"), Indicator("came_along", "1/yr", "flow", "x")),
    actions=(Action(mark, after="arrive"),))
"""


def test_state_begins_at_0_for_a_new_firm_and_moves_with_it(small_city, written):
    written(MARKS)
    arms = (make_arm("null", site=small_city), make_arm("newly-planned", "special", budget_bn=1200.0, site=small_city))
    found = series_of(
        small_city, arms, last_year=2030, parameters={"developers": 0.0, "outside_firms": 0.0, "relocation_review": 1.0}
    )
    total = {key: found[key][1, :, 1:].sum() / 4 for key in ("fresh", "wrong", "came_along", "moved", "exits")}
    assert total["wrong"] == 0 and total["fresh"] > 10 and total["exits"] > 10
    assert total["came_along"] == total["moved"] > 0  # nobody else changes his slot


def test_more_room_keeps_state(teaching, written):
    written(MARKS)
    sim = Simulator(teaching, arms_of(teaching), parameter_record(), last_year=2021)
    sim.replicate(1, 0)
    before = sim.base.own_firms.copy(), sim.base.own_clusters.copy()
    taken = sim.base.firms["status"].reshape(-1) == SLOT_TAKEN
    assert (before[0][taken, 0] > 0).all() and (before[1] == 40).all()
    assert sim.make_room() and sim.base.own_firms.shape[0] == sim.base.firms.size * LANES > before[0].shape[0] - 1
    assert np.array_equal(sim.base.own_firms[: len(before[0])], before[0]) and np.array_equal(sim.base.own_clusters, before[1])
    begin(sim.base, sim.layout, sim.p, sim.plans[0], 1, 0, 4)
    assert not sim.base.own_firms.any() and not sim.base.own_clusters.any() and sim.base.own_flows.all()


# --- random numbers -----------------------------------------------------------------------------------------


def heads(site, text, write, name):
    write(text, name)
    found = series_of(site, arms_of(site), replicates=1)
    unload_modules()
    return found["heads"][1, :, 1:]


def test_random_numbers_follow_the_name(teaching, written):
    first = heads(teaching, IDLE, written, "a.py")
    longer = IDLE.replace("indicators=(", 'indicators=(Indicator("more", "1", "stock", "x"), ')
    assert np.array_equal(first, heads(teaching, longer, written, "b.py"))
    assert not np.array_equal(first, heads(teaching, IDLE.replace('"idle"', '"idler"'), written, "c.py"))


OTHER = IDLE.replace("idle", "other").replace('"size"', '"breadth"').replace('"heads"', '"tails"').replace("own.heads", "own.tails")
OTHER = OTHER.replace("own.kept[slot] += 1.0", "pay(s, own.toll, slot, 0.1)").replace(
    'firm_state=("kept",)', 'accounts=(Account("toll", "EFFORT", "x"),)'
)


def test_neither_the_order_of_loading_nor_threads_nor_company_change_bits(teaching, shocks, written):
    arms, found = arms_of(teaching), []
    world = []
    for order, threads in (((IDLE, OTHER), 1), ((OTHER, IDLE), 2)):
        for n, text in enumerate(order):
            written(text, f"{n}.py")
        found.append(series_of(teaching, arms, shocks, threads=threads))
        world.append(sample_parameters(1, 7))
        unload_modules()
    assert found[0].keys() == found[1].keys() and all(np.array_equal(found[0][k], found[1][k], equal_nan=True) for k in found[0])
    assert world[0] == world[1] and {"size", "breadth"} < world[0].keys() and world[0]["size"] != world[0]["breadth"]
    alone = sample_parameters(1, 7)
    assert {name: world[0][name] for name in alone} == alone


# --- registries ---------------------------------------------------------------------------------------------


def registries():
    return list(LEVERS), list(PARAMETERS), list(INDICATORS), dict(roster.OWN_PLACES)


def test_what_is_taken_away_leaves_no_trace(written):
    before, record = registries(), parameter_record()
    written(COSTLY)
    assert registries() != before
    unload_modules()
    assert registries() == before and parameter_record().tobytes() == record.tobytes()


def test_parameters_reach_the_record_by_name(written):
    module = written(IDLE)
    written(COSTLY, "b.py")
    base = parameter_record()
    one, other = (
        parameter_record({"size": 2.0, "cost.by_worker": 0.7}),
        changed_record({}, base, {"size": 2.0, "cost.by_worker": 0.7}),
    )
    assert one.tobytes() == other.tobytes() and one["own"][0] == 2.0 and one["own_cost"][2].tolist()[1] == 0.7
    assert parameter_record({"money_scale": 8.0})["own"][0] == 8.0  # its unit is money
    assert load_module(roster.loaded()[0].source.path) is module  # the same text again


def test_a_run_that_was_prepared_before_is_refused(teaching, written):
    sim = Simulator(teaching, arms_of(teaching), parameter_record(), last_year=2021)
    written(IDLE)
    for call in (lambda: sim.replicate(1, 0), lambda: sim.load(parameter_record())):
        with pytest.raises(ModuleError, match="prepare it anew"):
            call()
    sim = Simulator(teaching, arms_of(teaching), parameter_record(), last_year=2021)
    with pytest.raises(ModuleError, match="cannot be compiled"):
        written(REFUSED["no state of this name"][0], "b.py")
    assert sim.replicate(1, 0).burnt == 0  # what could not be loaded has changed nothing


def test_totals_and_present_values_of_own_results(teaching, shocks):
    load_module(EXAMPLE)
    runs = run_ensemble(teaching, arms_of(teaching, **LEVERS_SET), replicates=2, seed=3, shocks=shocks, last_year=2031)
    table, k = evaluate(runs), list(runs.keys).index("vouchers")
    flows = runs.series[1, :, 1:, k]
    found = table[table.arm == runs.arms[1]]
    assert found["vouchers_total_2030"].to_numpy() == pytest.approx(flows[:, :44].sum(axis=1) / 4)
    assert (found["pv_vouchers_2030"] < found["vouchers_total_2030"]).all() and "pv_repairs_2030" not in found
    assert found["repairs_2030"].to_numpy() == pytest.approx(
        runs.series[1, :, 41:45, list(runs.keys).index("repairs")].mean(axis=1)
    )


def test_a_worker_has_the_modules_of_a_task_and_no_others(written):
    written(IDLE)
    sources = roster.sources()
    unload_modules()
    written(COSTLY, "b.py")
    with having(sources):
        assert roster.own_indicators() == ("heads",) and not roster.own_levers()
    with having(()):
        assert not roster.loaded()


# --- what is refused ----------------------------------------------------------------------------------------

GOOD = 'Module("good")'
REFUSED = {
    "no Module": ("x = 1", "none", "declares no Module"),
    "two Modules": ('a = Module("a"); b = Module("b")', "several", "2 modules (a, b)"),
    "a file that raises": ("1 / 0", "fails", "ZeroDivisionError: division by zero"),
    "no Python": ("def", "fails", "SyntaxError"),
    "a name with a space": ('m = Module("my module")', "bad_name", "'my module'"),
    "a lever of the model": ('m = Module("m", levers=(Lever("extension", "x", kind="money"),))', "taken", "model.levers"),
    "a parameter of the model": ('m = Module("m", parameters=(Parameter("q_in", 1, 0, 2, "-", "x"),))', "taken", "model.parameters"),
    "an indicator of the model": ('m = Module("m", indicators=(Indicator("tco2e", "t/yr", "flow", "x"),))', "taken", "model.indicators"),
    "a lever called as an indicator": ('m = Module("m", levers=(Lever("jobs", "x", kind="money"),))', "taken", "model.indicators"),
    "an outcome of the analyses": ('m = Module("m", indicators=(Indicator("abatement", "t", "stock", "x"),))', "taken", "experiments.outcome"),
    "one name twice": ('m = Module("m", firm_state=("a", "a"))', "taken", "m.firm_state"),
    "the name of the key": ('m = Module("m", firm_state=("key",))', "taken", "own.key"),
    "a lever without a meaning": ('m = Module("m", levers=(Lever("a", "", kind="money"),))', "kind_of", "levers.a.meaning"),
    "a unit of nothing": ('m = Module("m", parameters=(Parameter("a", 1, 0, 2, " ", "x"),))', "kind_of", "parameters.a.unit"),
    "a number of 309 digits": ('m = Module("m", parameters=(Parameter("a", 10**309, 0, 2, "-", "x"),))', "kind_of", "over 1e+300"),
    "a number of 5000 digits": ('m = Module("m", parameters=(Parameter("a", 1, 0, 10**5000, "-", "x"),))', "kind_of", "parameters.a.high"),
    "half a letter": ('m = Module("m", levers=(Lever("a", "x\\ud800", kind="money"),))', "kind_of", "levers.a.meaning"),
    "a label that moves the cursor": ('m = Module("m", levers=(Lever("a", "x", kind="money", labels={"en": "\\x1b[1m"}),))', "kind_of", "levers.a.labels"),
    "a name of half a letter": ('m = Module("m", levers=(Lever("\\ud800", "x", kind="money"),))', "bad_name", "?"),
    "a label in no language": ('m = Module("m", levers=(Lever("a", "x", kind="money", labels={"fr": "x"}),))', "kind_of", "levers.a.labels"),
    "an action without a signature": ('m = Module("m", actions=(Action(dict.get, "learn"),))', "arguments", "(own, s, p, c)"),
    "a word of Python": ('m = Module("m", firm_state=("lambda",))', "bad_name", "lambda"),
    "a column of tables": ('m = Module("m", parameters=(Parameter("replicate", 1, 0, 2, "-", "x"),))', "taken", "experiments.outcome"),
    "a file that ends the program": ("raise SystemExit(3)", "fails", "SystemExit: 3"),
    "like an outcome": ('m = Module("m", indicators=(Indicator("a_2030", "t", "stock", "x"),))', "bad_name", "a_2030"),
    "like a total": ('m = Module("m", accounts=(Account("a_total", "GRANTS", "x"),))', "bad_name", "a_total"),
    "no tuple": ('m = Module("m", levers=Lever("a", "x", kind="money"))', "kind_of", "(Lever(...), ...)"),
    "a bare text": ('m = Module("m", firm_state="abc")', "kind_of", "firm_state"),
    "an unknown line": ('m = Module("m", accounts=(Account("a", "GRANT", "x"),))', "not_one_of_near", "did you mean 'GRANTS'"),
    "a line that nobody may use": ('m = Module("m", accounts=(Account("a", "TAX", "x"),))', "not_one_of", "books_as = 'TAX'"),
    "an unknown fund": ('m = Module("m", accounts=(Account("a", "GRANTS", "x", "roads"),))', "not_one_of", "infrastructure"),
    "a range upside down": ('m = Module("m", parameters=(Parameter("a", 1, 2, 0, "-", "x"),))', "range", "a.low = 2"),
    "a default outside": ('m = Module("m", parameters=(Parameter("a", 9, 0, 2, "-", "x"),))', "range", "0 to 2"),
    "not a number": ('m = Module("m", parameters=(Parameter("a", float("nan"), 0, 2, "-", "x"),))', "kind_of", "nan"),
    "a law at 0": ('m = Module("m", parameters=(Parameter("a", 1, 0, 2, "-", "x", distribution="loguniform"),))', "range", "loguniform"),
    "a baseline outside": ('m = Module("m", levers=(Lever("a", "x", kind="money", baseline=2),))', "range", "levers.a.baseline = 2"),
    "a kind of the law": ('m = Module("m", levers=(Lever("a", "x", kind="law"),))', "not_one_of", "procedure"),
    "a dose for nothing": ('m = Module("m", levers=(Lever("a", "x"),))', "cost_of", "levers.a.cost_mvnd"),
    "money with a price": ('m = Module("m", levers=(Lever("a", "x", kind="money", cost_mvnd=Cost(1, 0, 2)),))', "cost_of", "levers.a.cost_mvnd"),
    "a price for nobody": ('m = Module("m", levers=(Lever("a", "x", cost_mvnd=Cost(1, 0, 2, "door")),))', "not_one_of", "cluster, firm, worker"),
    "a price below 0": ('m = Module("m", levers=(Lever("a", "x", cost_mvnd=Cost(-1, -2, 0)),))', "range", "cost_mvnd.low"),
    "a flow without time": ('m = Module("m", indicators=(Indicator("a", "t", "flow", "x"),))', "kind_of", "'.../yr'"),
    "an unknown phase": ('def f(own, s, p, c): pass\nm = Module("m", actions=(Action(f, after="produc"),))', "not_one_of_near", "did you mean 'produce'"),
    "two places": ('def f(own, s, p, c): pass\nm = Module("m", actions=(Action(f, "learn", "learn"),))', "before_or_after", "before=PHASE"),
    "no place": ('def f(own, s, p, c): pass\nm = Module("m", actions=(Action(f),))', "before_or_after", "action f"),
    "other arguments": ('def f(s, p, c): pass\nm = Module("m", actions=(Action(f, "learn"),))', "arguments", "(s, p, c)"),
    "once inside": ('def f(own, s, p): pass\nm = Module("m", actions=(Action(f, "learn"),))', "once_inside", "learn"),
    "no state of this name": ('def f(own, s, p, c): own.money[0] = 1\nm = Module("m", actions=(Action(f, "learn"),))', "not_compiled", "action f"),
    "too many": (f'm = Module("m", levers=tuple(Lever(f"a{{n}}", "x", kind="money") for n in range({N_OWN + 1})))', "too_many", "room for 16"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_by_name(name, written):
    from ecocluster.experiments import outcome  # noqa: F401 - has names of its own

    text, key, said = REFUSED[name]
    before = registries()
    with pytest.raises(ModuleError) as found:
        written(text)
    assert found.value.key == key and said in str(found.value) and "own.py: " in str(found.value)
    assert "\n" not in str(found.value) and registries() == before and not roster.loaded()
    for lang in ("en", "vi"):
        assert Words(lang)(f"module.{key}", **found.value.fields)


def test_every_refusal_is_met_in_both_languages():
    elsewhere = {"no_file", "unreadable", "no_entry", "other_source", "in_use"}
    assert {key for _, key, _ in REFUSED.values()} | elsewhere == MESSAGES.keys()
    assert {key: Words("en")(f"module.{key}") for key in MESSAGES} == MESSAGES
    assert all(Words("vi")(f"module.{key}") != MESSAGES[key] for key in MESSAGES)


def test_names_of_another_module_and_other_texts_are_refused(tmp_path, written):
    written('m = Module("one", firm_state=("x",), levers=(Lever("push", "x", kind="money"),))', "one.py")
    with pytest.raises(ModuleError, match=r"two.py: lever 'push': the name is taken \(one.levers\)"):
        written('m = Module("two", levers=(Lever("push", "x", kind="money"),))', "two.py")
    written('m = Module("three", firm_state=("x",))', "three.py")  # what a module keeps is its own
    with pytest.raises(ModuleError, match="module one is loaded already, from another text"):
        written('m = Module("one")', "four.py")
    for path, said in ((tmp_path / "gone.py", "no such file"), (tmp_path, "no installed package|cannot be read")):
        with pytest.raises(ModuleError, match=said):
            load_module(path)
    (tmp_path / "latin.py").write_bytes(b"\xff\xfe")
    with pytest.raises(ModuleError, match="cannot be read"):
        load_module(tmp_path / "latin.py")
    (tmp_path / "endless.py").symlink_to("/dev/zero")
    with pytest.raises(ModuleError, match="not a file"):
        load_module(tmp_path / "endless.py")
    assert [entry.module.name for entry in roster.loaded()] == ["one", "three"]


def test_an_installed_module_is_loaded_by_its_name_and_never_unasked(tmp_path, monkeypatch):
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "__init__.py").write_text("")
    (tmp_path / "kit" / "numbers.py").write_text("SIZE = 3.0")
    (tmp_path / "kit" / "own.py").write_text(
        HEAD + 'from .numbers import SIZE\nm = Module("kit", parameters=(Parameter("kit_size", SIZE, 0, 9, "-", "x"),))'
    )
    info = tmp_path / "kit-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: kit\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[ecocluster.modules]\nkit = kit.own\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert not roster.loaded()
    load_module("kit")
    assert PARAMETERS["kit_size"].default == 3.0
    source = roster.sources()[0]
    assert source.asked == "kit" and source.sha256 == hashlib.sha256((tmp_path / "kit" / "own.py").read_bytes()).hexdigest()
    (info / "entry_points.txt").write_text("[ecocluster.modules]\nkit = kit.own\ngone = away.own\n")
    with pytest.raises(ModuleError, match="away.own: there is no such file"):
        load_module("gone")
    with pytest.raises(ModuleError, match="known: gone, kit"):
        load_module("kitt")
