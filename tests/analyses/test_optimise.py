"""A known Pareto front is found, the knee and the winner's curse are what they should be, a stopped search goes on."""

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.checkpoints import Checkpoint, key_of
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.optimise import FRESH, find_knee, nondominated, optimise, search
from ecocluster.experiments.analyses.search_space import PATHWAYS, Space
from ecocluster.scenarios import load_law, load_scenario
from ecocluster.viz.analyses import optimise as told
from ecocluster.viz.words import Words
from fake_trials import install

SIGNS = np.array([1.0, 1.0])


def zdt1(x, done=0):
    """Zitzler, Deb, Thiele 2000: the front is f2 = 1 - sqrt(f1), where all genes but the first are 0."""
    g = 1 + 9 * x[:, 1:].mean(axis=1)
    return np.column_stack([x[:, 0], g * (1 - np.sqrt(x[:, 0] / g))])


def evolve(evaluate, kept=None, generations=60, key=""):
    return search(
        evaluate, ["a", "b", "c", "d"], ["f1", "f2"], SIGNS, points=24, generations=generations, algorithm="nsga2", seed=0,
        kept=kept, key=key,
    )  # fmt: skip


def test_the_front_of_a_known_problem_is_found():
    seen = evolve(zdt1)
    found = seen[["f1", "f2"]].to_numpy()
    front = found[nondominated(found)]
    gap = front[:, 1] - (1 - np.sqrt(front[:, 0]))
    assert np.median(gap) < 0.05 and np.ptp(front[:, 0]) > 0.7


def test_a_search_that_was_stopped_goes_on_and_ends_the_same(tmp_path):
    whole = evolve(zdt1, generations=8)
    asked = []

    def dies(x, done=0):
        asked.append(len(x))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return zdt1(x)

    with pytest.raises(KeyboardInterrupt):
        evolve(dies, Checkpoint(tmp_path / "out", "search"), 8, "k")
    again = []

    def counts(x, done=0):
        again.append(len(x))
        return zdt1(x)

    resumed = evolve(counts, Checkpoint(tmp_path / "out", "search"), 8, "k")
    columns = ["generation", "a", "b", "c", "d", "f1", "f2"]
    assert resumed[columns].equals(whole[columns])
    assert len(again) == 8 - 3  # the three generations that were kept are not run again


def test_a_checkpoint_of_another_question_is_not_an_answer(tmp_path):
    evolve(zdt1, Checkpoint(tmp_path / "out", "search"), 2, key_of("one"))
    assert Checkpoint(tmp_path / "out", "search").known(key_of("other")) is None
    path = tmp_path / "out" / "search.csv"
    path.write_text(path.read_text().replace("0.", "1.", 1))  # edited by somebody
    assert Checkpoint(tmp_path / "out", "search").rows is None


def test_nondominated_keeps_equals_and_drops_what_is_beaten():
    costs = np.array([[0, 1], [1, 0], [1, 1], [0, 1], [0.5, 0.5]], float)
    assert nondominated(costs).tolist() == [0, 1, 3, 4]


def test_the_knee_is_where_more_money_buys_less():
    cost = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 2.0])
    benefit = np.array([0.0, 40.0, 80.0, 85.0, 90.0, 10.0])
    knee, hull = find_knee(benefit, cost)
    assert knee == 2 and hull.tolist() == [0, 2, 4] or hull.tolist() == [0, 1, 2, 3, 4]
    line, straight = find_knee(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    assert line == 0 and straight.tolist() == [0, 1]


def test_a_point_of_a_cluster_is_a_programme_and_of_a_city_a_pathway_per_cluster():
    space = Space(load_scenario("nguyen-khe").site)
    arm = space.arm(np.full(len(space.genes), 0.5), "x")
    programme = arm.programmes[0]
    assert sum(
        programme.levers[name] for name in ("fund_share_grants", "fund_share_symbiosis", "fund_share_infrastructure")
    ) == pytest.approx(1)
    assert programme.schedules["extension"].start == 2025.0 and arm.scale == 1.0
    city = Space(load_scenario("hanoi").site)
    point = np.random.default_rng(0).random(len(city.genes))
    arm, picks = city.arm(point, "x"), city.pathways(point)
    used = [name for name in PATHWAYS[1:] if name in picks.values()]
    assert [-1 if name == "null" else used.index(name) for name in picks.values()] == list(arm.assignment)


def noisy(trial, replicate):
    """Nothing but luck: every programme is worth nothing, and each replicate of each programme has its own luck."""
    budget = trial.pathway.budget
    luck = np.random.default_rng([int(budget * 1e6) % 2**32, replicate]).normal()
    return {"level1_2035": (0.5 + 0.1 * luck, 0.5), "tco2e_total_2035": (1000.0 - luck, 1000.0), "jobs_2035": (10.0, 10.0),
            "pv_outlay_2035": (budget, 0.0)}  # fmt: skip


def test_what_is_luck_is_called_luck(monkeypatch):
    calls = install(monkeypatch, noisy)
    found = optimise(Case(replicates=4), points=12, generations=10)
    assert found.facts["curse"]["level1_2035"] > 0.02 and found.facts["curse"]["abatement_2035"] > 0.2
    assert abs(found.facts["curse"]["jobs_2035"]) < 1e-12
    assert (found.table["level1_2035"].abs() < found.table["level1_2035.searched"].abs() + 0.2).all()
    assert calls[-1][1]["replicates"] == 8 and FRESH > 10**5
    for lang in ("en", "vi"):
        say = Words(lang)
        assert told.words(found, say) and told.sheet(found, say).rows
        told.figure(found, say)


def test_one_law_for_all_that_is_tried(monkeypatch, tmp_path):
    calls = install(monkeypatch, noisy)
    for law in ("strict", "middle"):
        found = optimise(Case(replicates=4, law=law), points=4, generations=2, out=tmp_path / "out")
        tried = [trial for trials, _ in calls for trial in trials]
        assert tried and all(trial.pathway.law == load_law(law) for trial in tried), "a search under another law is no answer"
        assert ("--law strict" in found.command) == (law == "strict")
        calls.clear()


def test_what_cannot_be_searched_is_refused():
    with pytest.raises(InputError, match="--replicates"):
        optimise(Case(replicates=2))
    with pytest.raises(InputError, match="--algorithm"):
        optimise(Case(replicates=4), algorithm="hill")
    with pytest.raises(InputError, match="--objectives"):
        optimise(Case(replicates=4), objectives=["level1_2035"])
    with pytest.raises(InputError, match="'jobs_2035' is named twice"):
        optimise(Case(replicates=4), objectives=["jobs_2035", "jobs_2035"])


def test_a_small_real_search_resumes_to_the_same_bytes(tmp_path):
    case = Case("teaching", replicates=4)
    one = optimise(case, points=4, generations=2, out=tmp_path / "a")
    two = optimise(case, points=4, generations=2, out=tmp_path / "a")
    assert one.files() == two.files()
    assert (one.table["pv_outlay_2035"] >= -1e-9).all()
