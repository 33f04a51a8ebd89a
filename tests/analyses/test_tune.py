"""Each programme at its best: known optima are found, a stop costs nothing, the law is the same for all, luck is not told."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments import InputError, compare, tuned
from ecocluster.experiments.analyses import tune as tuning
from ecocluster.experiments.analyses.climb import _late_gain, climb
from ecocluster.experiments.analyses.tune import (
    CRITERIA,
    MONEY,
    Box,
    Ground,
    fresh_ground,
    search_ground,
    tune,
)
from ecocluster.experiments.configuration import read_config, write_config
from ecocluster.experiments.preparing import prepare
from ecocluster.experiments.question import ask
from ecocluster.experiments.tuned import (
    AIMS,
    BUDGETS,
    FUNDS,
    PATHWAYS,
    Measured,
    Tuned,
    all_keys,
    at_best,
    check_fresh,
    empty,
    free_levers,
)
from ecocluster.experiments.worlds import ANSWER, stored
from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.sites_and_arms import MVND_PER_BN
from ecocluster.scenarios import load_pathway, load_scenario, load_shocks
from ecocluster.viz.cli import main
from ecocluster.viz.tuned import tuned_lines
from ecocluster.viz.words import Words


@pytest.fixture(autouse=True)
def fresh():
    yield
    tuned.SHIPPED.found = None
    tuned.question_hash.cache_clear()


# --- the search -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [0.0, 0.3, 1.0])
def test_a_peak_is_found_inside_and_at_a_bound(inside):
    found = climb(lambda x: 5 - np.abs(x - inside).sum(axis=1), [np.full(6, 0.6)], 40 * 6, 5)
    assert np.abs(found.point - inside).max() < 0.05 and found.evaluations <= 40 * 6


def test_the_lower_of_two_peaks_is_left_for_the_higher():
    def two(x):
        return np.maximum(1 - np.abs(x - 0.1).sum(axis=1), 2 - 4 * np.abs(x - 0.9).sum(axis=1))

    assert climb(two, [np.full(2, 0.1)], 200, 5).value > 1.9


def test_a_search_that_was_still_gaining_says_so():
    assert _late_gain([*range(1, 101)]) == pytest.approx(0.25)
    assert _late_gain([1.0, 2.0, 5.0, 3.0, 2.0, 1.0, 1.0, 1.0]) == 0.0
    assert _late_gain([-4.0, -3.0, -2.0, -1.0]) == np.inf  # nothing is reached yet
    steep = climb(lambda x: x.sum(axis=1), [np.zeros(30)], 90, 1)
    assert steep.value < 30 and steep.late_gain > 0


@pytest.mark.filterwarnings("error")
def test_what_failed_is_worse_than_all():
    found = climb(lambda x: np.where(x[:, 0] > 0.5, np.nan, x[:, 0]), [np.ones(1)], 40, 3)
    assert 0.4 < found.value <= 0.5


@dataclass(frozen=True)
class Planted(Ground):
    """Runs that follow a rule: what each unit of a lever brings of every aim, and what it costs (mVND)."""

    worth: dict = field(default_factory=dict)
    price: dict = field(default_factory=dict)
    luck: float = 0.0
    calls: list = field(default_factory=list)

    def run(self, arms):
        self.calls.append(list(arms))
        doses = [
            {name: arm.programmes[0].levers.get(name, lever.baseline) - lever.baseline for name, lever in LEVERS.items()}
            for arm in arms
        ]
        value = np.array([sum(own[name] * worth for name, worth in self.worth.items()) for own in doses])
        money = np.array([sum(own[name] * price for name, price in self.price.items()) for own in doses])
        many = np.ones(len(self.worlds))
        return {aim: np.outer(value, many) * (1 + self.luck) for aim in AIMS} | {
            MONEY: np.outer(money, many),
            CRITERIA: np.outer(value * 0, many),
        }


def ground_of(span, kind=Ground, **more):
    loaded = load_scenario("teaching")
    return kind(loaded.site, tuple(stored().some(*span, loaded.parameters)), load_shocks(loaded.shocks), **more)


def planted(**more):
    return ground_of((301, 302), Planted, **more), ground_of((1, 2), Planted, **more)


def only(pathway, aim="tco2e", budget=150, **options):
    (found,) = tune(pathways=[pathway], aims=[aim], budgets=[budget], **options)
    return found[pathway, aim, budget]


def test_a_lever_that_only_helps_goes_to_its_bound():
    ground, other = planted(worth={"study_aid": 1000.0, "guarantee": -10.0})
    found = only("symbiosis", ground=ground, fresh=other)
    assert found.levers["study_aid"] == LEVERS["study_aid"].cap and found.levers["guarantee"] == LEVERS["guarantee"].baseline
    assert found.found.value == pytest.approx(900.0) and not found.lower_bound
    assert found.gain == pytest.approx(found.fresh.value - found.fresh_written.value) and found.regret == pytest.approx(
        200 / 900, rel=0.02
    )


def test_a_lever_that_costs_goes_to_the_budget():
    """The present value of the budget buys half of it."""
    ground, other = planted(worth={"relocation_aid": 1000.0})
    may = ground.may_spend(150)
    ground, other = (replace(one, price={"relocation_aid": may / 0.45}) for one in (ground, other))
    found = only("newly-planned", ground=ground, fresh=other)
    assert 0.95 * may < found.found.outlay * MVND_PER_BN <= may * (1 + 1e-9)
    assert found.levers["relocation_aid"] == pytest.approx(0.45, abs=0.02)
    twice = only("newly-planned", budget=300, ground=ground, fresh=other)
    assert twice.levers["relocation_aid"] == LEVERS["relocation_aid"].cap


def test_the_present_value_of_a_budget():
    ground = ground_of((301, 303))
    site = load_scenario("teaching").site
    by_hand = []
    for world in ground.worlds:
        by_hand.append(sum(100 * MVND_PER_BN * site.budget_share / 4 / (1 + world.parameters["discount_rate"]) ** ((quarter + 0.5) / 4) for quarter in range(64)))  # fmt: skip
    assert ground.may_spend(100) == pytest.approx(np.mean(by_hand), rel=1e-12)


def test_the_combined_one_is_never_below_its_parents():
    """It starts from their optima: with hardly any effort of its own it has what they found."""
    rng = np.random.default_rng(2)
    worth = {name: float(rng.normal(1, 1)) for name in free_levers("combined")}
    ground, other = planted(worth=worth)
    found = {}
    for more in tune(aims=["cod"], budgets=[50], effort=6, ground=ground, fresh=other):
        found |= more
    assert found["combined", "cod", 50].found.value >= max(found[p, "cod", 50].found.value for p in tuned.PARENTS["combined"])
    assert (
        only("combined", "cod", 50, effort=6, ground=ground, fresh=other) == found["combined", "cod", 50]
    )  # parents are searched with it


def test_effort_goes_with_what_is_free():
    ground, other = planted(worth=dict.fromkeys(free_levers("combined"), 1.0))
    told = []
    for more in tune(aims=["tco2e"], budgets=[150], effort=4, ground=ground, fresh=other, progress=lambda *at: told.append(at)):
        ((key, own),) = more.items()
        assert own.evaluations <= 4 * len(Box(key[0]).names)
    assert told[0] == (0, 4 * sum(len(Box(p).names) for p in PATHWAYS)) and told[-1][0] <= told[0][1]
    assert all(Box(pathway).restarts >= 5 for pathway in PATHWAYS)


def test_fund_shares_add_up_and_written_programmes_can_be_found():
    rng = np.random.default_rng(1)
    for pathway in PATHWAYS:
        box = Box(pathway)
        for point in (*rng.random((20, len(box.names))), np.zeros(len(box.names))):
            levers = box.levers(point)
            assert sum(levers[name] for name in FUNDS[pathway]) == pytest.approx(1.0, abs=1e-12)
            assert all(LEVERS[name].low <= value <= LEVERS[name].high for name, value in levers.items())
        written = load_pathway(pathway).levers
        assert written.keys() <= {*box.names}
        again = box.levers(box.point(written))
        assert {name: again[name] for name in written if name in again} == pytest.approx(
            {k: v for k, v in written.items() if k in again}, abs=1e-4
        )


# --- guards ---------------------------------------------------------------------------------------------


def laws_in(calls):
    """Laws of all arms, and levers of the law that stand in a programme outside its planned clusters."""
    arms = [arm for call in calls for arm in call]
    return {(json.dumps(dict(arm.law.levers), sort_keys=True), arm.law.enactment_lag) for arm in arms}, {
        name for arm in arms for programme in arm.programmes for name in programme.levers if name in LAW_LEVERS
    }  # fmt: skip


def test_the_law_is_the_same_in_every_arm_world_and_budget(monkeypatch):
    def run():
        ground, other = planted(worth={"guarantee": 1.0})
        list(tune(effort=2, ground=ground, fresh=other))
        return laws_in(ground.calls + other.calls)

    laws, taken = run()
    assert len(laws) == 1 and not taken
    assert json.loads(next(iter(laws))[0])["certainty"] == 0.7  # the middle law

    def cheat(arm, levers):  # control: who is richer gets more of the law, and a programme that holds a lever of it
        found = at_best(arm, {**levers, "monitoring_data": 0.9})
        return replace(found, law=replace(arm.law, levers={**arm.law.levers, "inspection_rate": arm.budget}))

    monkeypatch.setattr(tuning, "at_best", cheat)
    laws, taken = run()
    assert len(laws) > 2 and taken == {"monitoring_data"}


@pytest.mark.parametrize("lever", LAW_LEVERS)
def test_levers_that_are_never_searched_cannot_be_listed(monkeypatch, lever):
    assert all(lever not in free_levers(pathway) for pathway in PATHWAYS)
    monkeypatch.setattr(tuned, "GENERAL", (*tuned.GENERAL, lever))
    with pytest.raises(ValueError, match=lever):
        free_levers("symbiosis")


def test_nobody_is_told_what_a_programme_reaches_where_it_was_found(shipped):
    ground, other = planted()
    assert not {w.number for w in search_ground().worlds} & {w.number for w in fresh_ground().worlds}
    check_fresh(empty().searched, other.worlds)
    with pytest.raises(InputError, match="partly luck"):
        list(tune(ground=ground, fresh=ground))
    with pytest.raises(InputError, match="partly luck"):
        check_fresh(empty().searched, ground.worlds)
    assert compare("hanoi", ["symbiosis"], worlds=1, tuned="tco2e").question.tuned == "tco2e"
    tuned.SHIPPED.store(replace(invented(), searched=stored().numbers[:1]))  # control: found where it answers
    with pytest.raises(InputError, match="partly luck"):
        compare("hanoi", ["symbiosis"], worlds=1, tuned="tco2e")


# --- real runs ------------------------------------------------------------------------------------------


def small(out=None, threads=1, progress=None):
    ground, other = ground_of((301, 302), threads=threads), ground_of((1, 2), threads=threads)
    found = empty()
    for more in tune(pathways=["combined"], aims=["tco2e", "level1"], budgets=[150], effort=2, out=out, ground=ground, fresh=other, progress=progress):  # fmt: skip
        found = found.with_more(more)
    return found


def test_a_search_that_was_killed_comes_to_the_same_bytes(tmp_path, monkeypatch):
    runs = []
    plain = Ground.run
    monkeypatch.setattr(Ground, "run", lambda self, arms: runs.append(len(arms)) or plain(self, arms))
    whole = small()
    needed = sum(runs)
    runs.clear()

    def stop(done, of):
        if done > stop.after:
            stop.after = done + 30
            raise KeyboardInterrupt

    stop.after = 20
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            small(tmp_path / "kept", progress=stop)
    again = small(tmp_path / "kept", threads=2)
    assert again.to_toml() == whole.to_toml()
    assert sum(runs) == needed  # nothing was run twice
    runs.clear()
    monkeypatch.setattr(tuning, "golden", lambda: "0" * 64)  # another model takes nothing over
    small(tmp_path / "kept")
    assert sum(runs) == needed


def test_what_is_told_is_what_the_search_saw():
    ground, other = ground_of((301, 302)), ground_of((1, 2))
    found = only("self-transition", effort=2, ground=ground, fresh=other)
    arm = ground.arm("self-transition", 150)
    alone = ground.run([at_best(arm, found.levers)])
    assert found.found.value == pytest.approx(alone["tco2e"][0].mean(), rel=1e-12)
    written = ground.run([arm])
    assert found.found_written.value == pytest.approx(written["tco2e"][0].mean(), rel=1e-12)
    assert found.found.value >= found.found_written.value  # the written one is among the starts
    again = tuning._Memory(ground, "self-transition", 150, None, lambda _: None)
    point = again.box.point(arm.programmes[0].levers)
    assert again.of([point])[0]["tco2e"] == pytest.approx(found.found_written.value, rel=1e-9)


def test_criteria_are_shares():
    values = ground_of((301, 302)).run([ground_of((301, 302)).arm("combined", 150)])
    assert (np.abs(values[CRITERIA]) <= 1).all() and values["tco2e"].shape == (1, 2)


# --- as data --------------------------------------------------------------------------------------------


def invented(value=1000.0, late=0.0, keys=None):
    found = empty()
    for pathway, aim, budget in keys or all_keys():
        scale = 1e-4 if aim == "level1" else 1.0
        at = [Measured(scale * v, scale * (v - 100), scale * (v + 100), 50.0) for v in (value, 800.0, 900.0, 600.0)]
        levers = Box(pathway).levers(np.full(len(Box(pathway).names), 0.25))
        own = Tuned(levers, 100, late, 200.0, *at, 1500.0, scale * 300, scale * 200, scale * 400)
        found = found.with_more({(pathway, aim, budget): own})
    return found


@pytest.fixture
def place(monkeypatch, tmp_path):
    path = tmp_path / "tuned.toml"
    monkeypatch.setattr(tuned.SHIPPED, "path", path)
    tuned.SHIPPED.found = None
    return path


@pytest.fixture
def shipped(place):
    tuned.SHIPPED.store(invented())
    return place


def test_what_is_stored_is_read_again(place):
    assert tuned.load() is None
    tuned.SHIPPED.store(invented(value=1234567.0, late=float("inf")))
    assert tuned.load().to_toml() == invented(value=1234567.0, late=float("inf")).to_toml() == place.read_text()
    assert (
        tuned.load().programmes["symbiosis", "cod", 50]
        == invented(value=1234570.0, late=float("inf")).programmes["symbiosis", "cod", 50]
    )
    assert not place.with_suffix(".part").exists()


def test_a_part_may_be_stored_and_what_is_missing_is_said(place, capsys):
    keys = [key for key in all_keys() if key[2] == 150]
    tuned.SHIPPED.store(invented(keys=keys))
    assert tuned.load().missing == tuple(key for key in all_keys() if key[2] != 150)
    assert main(["tune"]) == 0
    assert "Not searched yet (24)" in " ".join(capsys.readouterr().out.split())
    more = tuned.load().with_more(invented(keys=[("symbiosis", "cod", 50)]).programmes)
    assert len(more.programmes) == 13 and list(more.programmes) == [key for key in all_keys() if key in more.programmes]


@pytest.mark.parametrize(
    "damage",
    [
        lambda t: t[: len(t) // 2],
        lambda t: t.replace("gain =", "gin ="),
        lambda t: t.replace("green_fund", "green"),
        lambda t: "golden = 3",
    ],
)
def test_what_is_damaged_is_none(place, damage, capsys):
    place.write_text(damage(invented().to_toml()))
    assert tuned.load() is None
    assert main(["tune"]) == 2 and "--renew" in capsys.readouterr().err
    assert main(["compare", "hanoi", "--tuned", "cod"]) == 2 and "--renew" in capsys.readouterr().err


def test_programmes_of_another_model_or_question_are_told(monkeypatch):
    found = invented()
    assert not found.older and Words("en")("tuned.same") in tuned_lines(found, Words("en"))
    for other in (replace(found, golden="0" * 64), replace(found, question="0" * 16)):
        assert other.older
        assert any("older model" in line for line in tuned_lines(other, Words("en")))
        assert any("cũ hơn" in line for line in tuned_lines(other, Words("vi")))
    monkeypatch.setattr(tuned, "GENERAL", ("guarantee",))  # other levers are free
    tuned.question_hash.cache_clear()
    assert found.older


def test_lower_bounds_are_called_so():
    for lang in ("en", "vi"):
        bound = Words(lang)("tuned.bound")
        assert any(bound in line for line in tuned_lines(invented(late=0.02), Words(lang)))
        assert not any(bound in line for line in tuned_lines(invented(late=0.019), Words(lang)))


def test_the_programmes_that_ship():
    found = tuned.load()
    assert not found.older, "ecocluster tune --renew"
    assert not set(found.searched) & set(found.told)
    assert found.told == tuple(world.number for world in stored().some(ANSWER[0], 20))
    assert not found.missing
    for own in found.programmes.values():
        assert own.found.outlay <= own.may_spend * (1 + 1e-6)
        assert own.found.value >= own.found_written.value or own.found_written.outlay > own.may_spend
        assert all(LEVERS[name].low <= value <= LEVERS[name].high for name, value in own.levers.items())


def rows(found):
    """Rows of the table in docs/odd.md."""
    for (pathway, aim, budget), own in sorted(
        found.programmes.items(), key=lambda item: (item[0][2], list(AIMS).index(item[0][1]))
    ):
        digits, factor = (1, 100) if aim == "level1" else (1, 1e-3) if aim == "tco2e" else (0, 1)
        cells = [
            f"{factor * v:,.{digits}f}"
            for v in (own.found.value, own.found_written.value, own.fresh.value, own.fresh_written.value)
        ]
        loss = [f"{factor * v:,.{digits}f}" for v in (own.gain, own.gain_low, own.gain_high)]
        outlay = f"{own.fresh.outlay:,.0f} of {own.fresh_may_spend:,.0f}"
        cells += [f"{loss[0]} [{loss[1]}; {loss[2]}]", "-" if np.isnan(own.regret) else f"{100 * own.regret:.0f}", outlay, "yes" if own.lower_bound else ""]  # fmt: skip
        yield f"| {budget} | {aim} | {pathway} | {' | '.join(cells)} |"


def test_the_table_of_the_documents_is_what_ships():
    text = (Path(__file__).parents[2] / "docs" / "odd.md").read_text(encoding="utf-8")
    expected = list(rows(tuned.load()))
    assert all(row in text for row in expected), "\n".join(expected)


# --- in a comparison ------------------------------------------------------------------------------------


def test_a_comparison_takes_the_stored_doses(shipped):
    _, arms = prepare(ask("hanoi", ["symbiosis", "symbiosis-in-planned", "newly-planned"], tuned="cod", budget_bn=50))
    best, other, planned = (arm.programmes[0] for arm in arms[2:])
    stored_levers = tuned.load().programmes["symbiosis", "cod", 50].levers
    assert stored_levers.items() <= best.levers.items() and best.levers["coordinator"] == 0.25
    assert other.levers["coordinator" if "coordinator" in other.levers else "planned_slots"] != 0.25  # never searched: as written
    written = load_pathway("newly-planned")
    own = tuned.load().programmes["newly-planned", "cod", 50].levers
    assert {name: planned.levers[name] for name in ("planned_slots", "land_support")}.items() <= own.items()  # searched too
    assert planned.planned["CIT_reduction"] == max(written.planned["CIT_reduction"], planned.levers["CIT_reduction"])
    assert planned.planned["monitoring_data"] == written.planned["monitoring_data"]
    _, stricter = prepare(
        replace(ask("hanoi", ["symbiosis"], tuned="cod", budget_bn=50), law="strict")
    )  # what is run beside an answer
    assert stored_levers.items() <= stricter[2].programmes[0].levers.items()
    _, typed = prepare(ask("hanoi", ["symbiosis"], tuned="cod", budget_bn=50, levers={"coordinator": 0.6}))
    assert typed[2].programmes[0].levers["coordinator"] == 0.6  # what is typed acts


def test_the_answer_says_what_the_written_programme_loses(shipped, capsys, tmp_path):
    from ecocluster.viz.answer import answer

    found = compare("hanoi", ["symbiosis"], worlds=1, tuned="tco2e")
    assert "--tuned tco2e" in found.question.command
    told = found.to_json()["tuned"]
    assert told["aim"] == "tco2e" and told["symbiosis"]["written_loses"] == 300.0 and told["symbiosis"]["regret"] == pytest.approx(1 / 3)  # fmt: skip
    for lang, name in (("en", "Symbiosis 33 % [22; 44]"), ("vi", "33 % [22; 44]")):
        assert name in " ".join(answer(found, Words(lang)))
    assert "tuned" not in compare("teaching", ["symbiosis"], worlds=1).to_json()
    path = tmp_path / "asked.toml"
    path.write_text(write_config(found.question))
    assert read_config(path)["tuned"] == "tco2e"


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize(("more", "named"), [
    (["--budget", "120"], "--budget 120"), (["--law", "strict"], "--law strict"), (["--policy", "korea"], "--policy korea"),
    (["--site-budget", "10"], "--site-budget 10"), (["--set", "certainty=0.9"], "--set certainty"), (["--pathways", "symbiosis-in-planned"], "symbiosis-in-planned"),
])  # fmt: skip
def test_another_question_is_refused_with_what_there_is(shipped, capsys, more, named, lang):
    assert main(["compare", "hanoi", "--tuned", "cod", "--lang", lang, *more]) == 2
    error = capsys.readouterr().err.strip()
    assert len(error.splitlines()) == 1 and named in error and f"--budget {'|'.join(map(str, BUDGETS))}" in error


def test_another_site_aim_or_pathway_is_refused(shipped, capsys):
    assert main(["compare", "nguyen-khe", "--tuned", "cod"]) == 2
    assert "hanoi --law middle" in capsys.readouterr().err
    assert main(["compare", "hanoi", "--tuned", "jobs"]) == 2
    assert "tco2e, cod, level1" in capsys.readouterr().err
    tuned.SHIPPED.store(invented(keys=[("symbiosis", "cod", 150)]))
    assert main(["compare", "hanoi", "--tuned", "cod"]) == 2
    assert "--budget 150 --pathways symbiosis;" in capsys.readouterr().err


def test_the_command_prints_what_is_stored_and_refuses_bad_options(shipped, capsys):
    assert main(["tune", "--lang", "vi"]) == 0
    assert "bản đã viết kém" in " ".join(capsys.readouterr().out.split())
    assert main(["tune", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["programmes"]) == 36 and told["missing"] == [] and told["programmes"][0]["levers"]["extension"] > 0
    for bad in (["--pathways", "law"], ["--budgets", "60"], ["--budgets", "50,50"], ["--effort", "0"], ["--threads", "0"]):
        assert main(["tune", "--renew", *bad]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_renewing_keeps_what_is_of_this_model(shipped, capsys, monkeypatch, tmp_path):
    one = invented(value=5000.0, keys=[("symbiosis", "cod", 50)]).programmes
    monkeypatch.setattr(tuning, "tune", lambda **asked: iter([one]))
    assert main(["tune", "--renew", "--out", str(tmp_path / "kept")]) == 0
    assert tuned.load().programmes["symbiosis", "cod", 50].found.value == 5000.0 and not tuned.load().missing
    tuned.SHIPPED.store(replace(tuned.load(), golden="0" * 64))
    assert main(["tune", "--renew", "--out", str(tmp_path / "kept")]) == 0
    assert list(tuned.load().programmes) == [("symbiosis", "cod", 50)] and not tuned.load().older
