"""The stored ranking: planted effects come out in order, a stop costs nothing, another model is told."""

import json
from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments import stored_ranking
from ecocluster.experiments.analyses import ranking
from ecocluster.experiments.analyses.ranking import rank
from ecocluster.experiments.stored_ranking import (
    BARRIERS,
    COD,
    COSTS,
    MONEY,
    SOLUTIONS,
    TONNES,
    WHOLE,
    WORLDS,
    Ranking,
    arms,
    load,
    without,
)
from ecocluster.experiments.worlds import stored
from ecocluster.scenarios import load_policy
from ecocluster.viz.cli import main
from ecocluster.viz.ranking import first_two, ranking_lines
from ecocluster.viz.words import Words
from fake_trials import install

SHIPPED = stored_ranking.SHIPPED.path
WORTH = dict(zip((*BARRIERS, *SOLUTIONS), (1, 2, 4, 16, 8, 0, 0, 3, 30, 20, 25, 1, 5), strict=True))
PRICE = dict(zip(SOLUTIONS, (1, 1, 40, 2, 2, 1, 1), strict=True))


@pytest.fixture(autouse=True)
def fresh():
    yield
    stored_ranking.SHIPPED.found = None


def invented(**changed):
    """Effects that add up, the same in four worlds."""
    effects = {}
    for arm, names in arms().items():
        value = np.full(4, float(sum(WORTH[name] for name in names)))
        effects[arm] = {COD: value, TONNES: 10 * value, MONEY: value, **dict.fromkeys(COSTS, np.ones(4))} | changed.get(
            arm.replace("-", "_"), {}
        )
    return Ranking("g" * 64, "q" * 16, 0, (1, 2, 3, 4), effects)


def test_causes_come_in_the_order_of_their_worth():
    order = invented().barriers(COD)
    assert [place.cause for place in order.places][:3] == ["barrier-4", "barrier-5", "barrier-3"]
    assert order.places[0].probability == 1.0 and order.tie == order.nothing == 0.0
    assert order.places[0].median == WORTH["barrier-4"]
    assert [place.cause for place in order.places if place.always_nothing] == ["barrier-6"]
    assert "4" in first_two(order, Words("en"))


def test_worth_is_the_mean_of_alone_and_last():
    """Barrier 1 brings nothing alone and 10 where all others are gone: a cause that only completes counts by half."""
    rest = invented().effects[WHOLE][COD] - 10
    found = invented(all_but_barrier_1={COD: rest}, barrier_1={COD: np.zeros(4)})
    assert found.worth("barrier-1", COD).tolist() == [5.0] * 4
    assert found.barriers(COD, "alone").places[0].cause == "barrier-4"
    places = {place.cause: place.median for place in found.barriers(COD, "last").places}
    assert places["barrier-1"] == 10 and places["barrier-4"] == 16


def test_ties_and_worlds_in_which_nothing_is_worth_its_cost_are_classes_of_their_own():
    own = {name: {MONEY: np.array([-1.0, 5.0, 1.0, 1.0])} for name in ("solution_4", "solution_5")}
    rest = {f"solution_{k}": {MONEY: np.array([-2.0, -1.0, 0.5, 2.0 if k == 7 else -3.0])} for k in (1, 2, 3, 6, 7)}
    order = invented(**own, **rest).solutions(MONEY)
    assert order.nothing == 0.25 and order.tie == 0.5
    shares = {place.cause: place.probability for place in order.places}
    assert shares["solution-7"] == 0.25 and shares["solution-4"] == 0.0
    assert order.places[0].median == 1.0  # the order is that of the median world
    for lang in ("en", "vi"):
        assert any(Words(lang).percent(0.5) in line for line in ranking_lines(invented(**own, **rest), Words(lang)))


def test_what_brings_nothing_in_the_median_world_is_no_second():
    costly = {f"solution_{k}": {MONEY: np.array([-1.0, -1.0, -1.0, 9.0])} for k in range(2, 8)}
    one = invented(**costly, solution_1={MONEY: np.ones(4)}).solutions(MONEY)
    none = invented(**costly, solution_1={MONEY: -np.ones(4)}).solutions(MONEY)
    for lang in ("en", "vi"):
        say = Words(lang)
        assert first_two(one, say) == say("ranking.first_one", first=f"1 {say('cause.solution-1')}", first_share=say.percent(0.75))
        assert first_two(none, say) == say("ranking.no_first")


def test_a_solution_without_effect_is_told_with_its_reason():
    lines = ranking_lines(invented(), Words("en"))
    graded = Words("en")("ranking.graded", solution="1 Graded standards")
    assert graded in lines
    some = {COD: np.array([0.0, 0.0, 0.0, 0.1])}
    assert graded not in ranking_lines(invented(solution_1=some), Words("en"))  # an effect in one world is an effect


# --- as data --------------------------------------------------------------------------------------------


@pytest.fixture
def place(monkeypatch, tmp_path):
    path = tmp_path / "ranking.toml"
    monkeypatch.setattr(stored_ranking.SHIPPED, "path", path)
    stored_ranking.SHIPPED.found = None
    return path


def test_what_is_stored_is_read_again(place):
    assert load() is None
    stored_ranking.SHIPPED.found = None
    lost = invented(solution_2={COD: np.array([1.5, np.nan, 1234567.0, -0.25])})
    stored_ranking.SHIPPED.store(lost)
    assert load().to_toml() == lost.to_toml()
    assert np.array_equal(load().alone("solution-2", COD), lost.alone("solution-2", COD), equal_nan=True)
    assert not place.with_suffix(".part").exists()


def test_what_is_stored_again_keeps_its_bytes(place):
    """Values that seven digits make whole, huge, tiny or nothing at all; and the file that ships."""
    stored_ranking.SHIPPED.store(invented(solution_2={COD: np.array([25695.9999, 123456789.4, np.nan, -3e-7])}))
    for shipped in (False, True):
        if shipped:
            place.write_bytes(SHIPPED.read_bytes())
        before = place.read_bytes()
        stored_ranking.SHIPPED.found = None
        stored_ranking.SHIPPED.store(load())
        assert place.read_bytes() == before


@pytest.mark.parametrize("damage", [
    lambda text: text[: len(text) // 2], lambda text: text.replace("solution-7", "solution-8"),
    lambda text: text.replace("[1, 2, 3, 4]", "[1, 2, 3]"), lambda text: "effects = 3",
])  # fmt: skip
def test_what_is_damaged_or_incomplete_is_none(place, damage, capsys):
    place.write_text(damage(invented().to_toml()))
    assert load() is None
    assert main(["ranking"]) == 2
    assert "--renew" in capsys.readouterr().err


def test_a_ranking_of_another_model_or_question_is_told(monkeypatch):
    found = replace(invented(), golden=stored_ranking.golden(), question=stored_ranking.question_hash())
    assert not found.older and Words("en")("ranking.same") in ranking_lines(found, Words("en"))
    for other in (replace(found, golden="0" * 64), replace(found, question="0" * 16)):
        assert other.older
        assert any("older model" in line for line in ranking_lines(other, Words("en")))
        assert any("cũ hơn" in line for line in ranking_lines(other, Words("vi")))
    monkeypatch.setattr(stored_ranking, "kept_clusters", lambda: ["ngoc-hoi"])
    stored_ranking.question_hash.cache_clear()
    assert found.older
    stored_ranking.question_hash.cache_clear()


def test_the_ranking_that_ships():
    found = load()
    assert found.worlds == tuple(world.number for world in stored().some(*WORLDS)) and found.failed == 0
    assert not found.older, "ecocluster ranking --renew"
    for order in (found.barriers(COD), found.barriers(TONNES), found.solutions()):
        assert sum(p.probability for p in order.places) + order.tie + order.nothing == pytest.approx(1.0)
    silent = [name for name in (*BARRIERS, *SOLUTIONS) if not found.alone(name, COD).any() and not found.alone(name, TONNES).any()]
    assert not silent
    # support by level reaches nobody in most worlds, since nobody is certified
    assert np.median(np.abs(found.alone("solution-1", COD))) == 0.0 == np.median(np.abs(found.alone("solution-1", TONNES)))


def test_the_command_prints_what_ships(capsys):
    assert main(["ranking", "--lang", "vi"]) == 0
    assert "4 Nhận thức" in capsys.readouterr().out
    assert main(["ranking", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["barriers.cod_avoided"]["places"]) == 6 and len(told["solutions.net_benefit_2035"]["places"]) == 7
    assert main(["ranking", "--renew", "--threads", "0"]) == 2
    assert "--threads" in capsys.readouterr().err


# --- running it -----------------------------------------------------------------------------------------


def planted(trial, replicate):
    """Every cause keeps its worth in tonnes of COD from the water and ten times that in tCO2e, and costs its price."""
    name = trial.pathway.name
    names = arms()[name]
    worth, price = sum(WORTH[n] for n in names), sum(PRICE.get(n, 0) for n in names)
    law = 0.1 * (trial.uncertainties["electricity_growth"] > 0)
    return {
        "cod_total_2035": (1000.0 + law - worth, 1000.0 + law), "tco2e_total_2035": (5000.0 - 10 * worth, 5000.0),
        "pv_tco2e_2035": (0.0, 0.0), "pv_cod_2035": (-worth, 0.0), "pv_social_cost_2035": (7.5 * price, 0.0),
        "pv_outlay_gross_2035": (price, 0.0),
    }  # fmt: skip


def test_planted_effects_are_stored_with_their_sign(monkeypatch):
    calls = install(monkeypatch, planted)
    found = rank(worlds=(1, 3), replicates=2)
    assert found.alone("barrier-4", COD) == pytest.approx([16.0] * 3)
    assert found.last("barrier-4", TONNES) == pytest.approx([160.0] * 3)
    assert found.solutions(MONEY).places[0].cause == "solution-5"  # 25 at 2; solution 3 brings 30 and costs 40
    assert found.solutions(COD).places[0].cause == "solution-3"
    trials = [trial for one, _ in calls for trial in one]
    assert {(trial.law, trial.tries_law, trial.pathway.scale) for trial in trials} == {("today", True, 1.0)}
    assert {trial.replicate for trial in trials} == set(stored().numbers[:3])
    assert not found.older


def test_a_stopped_run_goes_on_where_it_was(monkeypatch, tmp_path):
    calls = install(monkeypatch, planted)
    whole = rank(worlds=(1, 4))
    calls.clear()

    def stop(done, of):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rank(worlds=(1, 4), out=tmp_path / "kept", progress=stop)
    assert len(calls) == 2
    assert rank(worlds=(1, 4), out=tmp_path / "kept").to_toml() == whole.to_toml()
    assert len(calls) == 4
    monkeypatch.setattr(ranking, "golden", lambda: "0" * 64)  # another model takes nothing over
    rank(worlds=(1, 4), out=tmp_path / "kept")
    assert len(calls) == 8


def test_a_world_that_failed_is_counted_and_left_out(monkeypatch):
    first = stored().numbers[0]
    install(monkeypatch, lambda trial, r: "too small" if r == first and trial.pathway.name == "solution-5" else planted(trial, r))
    found = rank(worlds=(1, 3), replicates=1)
    assert found.failed == 1 and np.isnan(found.alone("solution-5", COD)[0])
    assert found.solutions(COD).places[0].probability == 1.0


def test_real_runs_of_one_world():
    """Solution 1 supports certified clusters, and there are next to none; what the law of solutions 2 and 7 costs is their outlay; threads change no bit."""
    found = rank(worlds=(1, 1), replicates=1, threads=1)
    assert found.to_toml() == rank(worlds=(1, 1), replicates=1, threads=2).to_toml()
    assert abs(found.alone("solution-1", TONNES)[0]) < 0.05 * abs(found.alone("solution-4", TONNES)[0])
    assert found.alone("solution-1", "pv_outlay_gross_2035")[0] > 0
    assert found.alone("solution-2", "pv_outlay_gross_2035")[0] > 0 and load_policy("solution-2").levers.keys() == {
        "certainty",
        "permit_rate",
    }
    for name in (*BARRIERS, *SOLUTIONS[1:]):
        assert found.alone(name, COD)[0] != 0.0, name
    assert set(arms()[without("barrier-2")]) == set(BARRIERS) - {"barrier-2"}
