"""Worlds: numbers of draws that meet what is known of Hanoi, found again the same way, serving every site."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments import InputError, worlds
from ecocluster.experiments.configuration import read_config
from ecocluster.experiments.question import MAX_WORLDS
from ecocluster.experiments.shipped import asked_of
from ecocluster.experiments.sweeps.designs import make_points
from ecocluster.experiments.sweeps.experiment import make_experiment
from ecocluster.experiments.worlds import (
    ANSWER,
    BANDS,
    CLAIMS,
    PILOT,
    SEARCH,
    drawn_values,
    find_worlds,
    free_worlds,
    meets,
    stored,
)
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import evaluate
from ecocluster.model.parameters import PARAMETERS, drawn_names, matched_arrivals, sample_parameters
from ecocluster.scenarios import ScenarioError, choose_arm, load_scenario

ODD = Path(__file__).parents[2] / "docs" / "odd.md"


class Burnt(list):
    kept = 0.1


@pytest.fixture
def invented(monkeypatch):
    """Facts that are drawn by number, a tenth of which meet the bands; counts the burn-ins."""
    burnt = Burnt()

    class Burner:
        def __init__(self, seed):
            self.seed = seed

        def __call__(self, number):
            burnt.append(number)
            facts = np.array([(band.low + band.high) / 2 for band in BANDS.values()])
            if np.random.default_rng([self.seed, number]).random() > burnt.kept:
                facts[3] = BANDS["plants"].high + 0.01
            return facts

    monkeypatch.setattr(worlds, "_Burner", Burner)
    return burnt


def test_found_alike_by_any_threads_and_after_a_stop(invented, tmp_path):
    whole = find_worlds(20, threads=1)
    assert find_worlds(20, threads=4) == whole

    def stop(done, of):
        if done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_worlds(20, folder=tmp_path, progress=stop)
    with next(tmp_path.iterdir()).open("a") as stream:
        stream.write("99,0.1")  # a line that was cut off
    invented.clear()
    assert find_worlds(20, folder=tmp_path) == whole
    assert min(invented) > 0  # what was tried is not tried again
    assert whole.passed["plants"] < 0.25 and whole.passed["trade"] == 1.0
    assert whole.tried == whole.numbers[-1] + 1 and whole.passed["all"] == round(20 / whole.tried, 4)


def test_a_band_that_nearly_nobody_meets_is_named(invented):
    invented.kept = 0.002
    with pytest.raises(InputError, match="clusters with a central plant"):
        find_worlds(20, threads=2)


def test_what_is_stored_is_read_again(invented, tmp_path, monkeypatch):
    found = find_worlds(20)
    monkeypatch.setattr(worlds.SHIPPED, "path", tmp_path / "worlds.toml")
    worlds.SHIPPED.store(found)
    assert stored() == found
    (tmp_path / "worlds.toml").unlink()
    worlds.SHIPPED.found = None
    with pytest.raises(InputError, match="--renew"):
        stored()
    worlds.SHIPPED.found = None


@pytest.fixture(autouse=True)
def fresh():
    yield
    worlds.SHIPPED.found = None


def test_the_worlds_that_ship():
    kept = stored()
    assert len(kept.numbers) == SEARCH[1] == len(set(kept.numbers)) and kept.tried > kept.numbers[-1]
    assert list(kept.numbers) == sorted(kept.numbers)
    assert meets(np.array(kept.facts)).all()
    ends = [ANSWER, CLAIMS, PILOT, SEARCH]
    assert ANSWER == (1, MAX_WORLDS), "what may be asked is what there is"
    assert all(a[1] < b[0] for a, b in zip(ends, ends[1:], strict=False))  # who serves one thing serves no other
    assert kept.passed["all"] == round(len(kept.numbers) / kept.tried, 4)


def test_worlds_of_another_model_are_told():
    kept = stored()
    assert not kept.older
    assert replace(kept, tables="0" * 16).older
    other = tuple((facts[0] * 1.001, *facts[1:]) for facts in kept.facts)  # the same tables, another past
    assert replace(kept, facts=other).older


def test_some_kept_worlds_meet_the_bands_and_some_others_do_not():
    kept = stored()
    burn = worlds._Burner(kept.seed)
    assert all(meets(burn(number)).all() for number in kept.numbers[:3])
    left_out = [number for number in range(8) if number not in kept.numbers]
    assert not any(meets(burn(number)).all() for number in left_out)


def test_what_a_user_sets_replaces_the_drawn_value_and_moves_nothing_else():
    plain, mine = stored().some(5, 5)[0], stored().some(5, 5, {"growth": 0.03})[0]
    assert mine.parameters == {**plain.parameters, "growth": 0.03} and mine.replicate == plain.replicate
    exits = stored().some(5, 5, {"exit_high": 0.11})[0].parameters  # arrivals follow the exits that are set
    assert exits["arrival_base"] == matched_arrivals(exits) != plain.parameters["arrival_base"]
    assert sample_parameters(1, 3, {"arrival_base": 0.1})["arrival_base"] == 0.1


def test_every_row_that_is_not_fixed_is_drawn_and_no_switch_is():
    names, values = drawn_values(stored().some(1, 100))
    assert names == drawn_names() and values.shape == (100, len(names))
    assert (np.ptp(values, axis=0) > 0).all()
    assert all(PARAMETERS[name].unit != "flag" for name in names)


def test_replicates_of_worlds():
    several = stored().some(1, 3, repeats=2)
    assert [world.number for world in several] == [n for n in stored().numbers[:3] for _ in range(2)]
    assert len({world.replicate for world in several}) == 6
    assert several[0].replicate == several[0].number  # the luck with which it was kept comes first
    assert [world.number for world in free_worlds(4)] == [0, 1, 2, 3]


def test_a_run_in_a_world_is_a_run_with_its_parameters_and_its_luck():
    site = load_scenario("teaching").site
    arms = [replace(choose_arm(name, site, "vietnam-2020", budget_bn=150.0), scale=1.0) for name in ("null", "combined")]
    some = stored().some(1, 4)
    options = {"seed": 1, "last_year": 2026}
    runs = run_ensemble(site, arms, worlds=some, threads=2, **options)
    np.testing.assert_array_equal(runs.series, run_ensemble(site, arms, worlds=some, threads=1, **options).series)
    assert runs.worlds.tolist() == [world.number for world in some] and runs.discount_rate.shape == (4,)
    for r, world in enumerate(some):
        alone = run_ensemble(site, arms, replicates=1, first_replicate=world.replicate, parameters=world.parameters, **options)
        np.testing.assert_array_equal(runs.series[:, r], alone.series[:, 0])
    # present values are at the world's own public rate
    later = run_ensemble(site, arms, worlds=some[:2], seed=1, last_year=2031)
    alone = run_ensemble(
        site, arms, replicates=1, first_replicate=some[1].replicate, parameters=some[1].parameters, seed=1, last_year=2031
    )
    both = evaluate(later).set_index(["arm", "replicate"])["pv_outlay_2030"]
    one = evaluate(alone).set_index(["arm", "replicate"])["pv_outlay_2030"]
    assert both[one.index].to_numpy() == pytest.approx(one.to_numpy(), rel=1e-12)


def test_an_old_question_file_opens_as_what_it_was(tmp_path):
    file = tmp_path / "old.toml"
    file.write_text('type = "comparison"\nreplicates = 8\n', encoding="utf-8")
    assert read_config(file) == {"replicates": 8, "fixed": True}
    file.write_text('type = "comparison"\nreplicates = 2\nworlds = 5\n', encoding="utf-8")
    assert read_config(file) == {"replicates": 2, "worlds": 5}


def test_a_design_of_worlds():
    raw = {"scenario": "teaching", "pathways": ["combined"], "design": {"kind": "worlds", "points": 6}, "replicates": 1, "seed": 3,
           "uncertainties": {"growth": 0.02}}  # fmt: skip
    experiment = make_experiment(raw)
    names = [factor.name for factor in experiment.factors]
    assert set(names) == set(drawn_names()) - {"growth"} and experiment.constants == (("growth", False, 0.02),)
    points = make_points(experiment.design, experiment.factors, experiment.seed)
    expected = [[world.parameters[name] for name in names] for world in stored().some(1, 6)]
    np.testing.assert_array_equal(points, expected)
    with pytest.raises(ScenarioError, match="draws every parameter"):
        make_experiment({**raw, "uncertainties": ["growth"]})
    with pytest.raises(InputError, match="at most 500"):
        make_points(replace(experiment.design, points=501), experiment.factors, 1)


def test_defaults_lie_inside_the_quartiles_of_their_own_law_or_the_reason_is_told():
    table = (
        ODD.read_text(encoding="utf-8").partition("<!-- defaults aside: begin -->")[2].partition("<!-- defaults aside: end -->")[0]
    )
    told = {
        cells[1].strip(" `"): cells[4].strip()
        for cells in (line.split("|") for line in table.splitlines() if line.startswith("| `"))
    }
    aside = set()
    for name in drawn_names():
        entry = PARAMETERS[name]
        low, high = entry.quantile(0.25), entry.quantile(0.75)
        if not low * (1 - 1e-12) <= entry.default <= high * (1 + 1e-12) and not (low < 0 and low <= entry.default <= high):
            aside.add(name)
    assert aside == told.keys()
    assert all(re.search(r"\w{3}", reason) for reason in told.values())


def test_other_words_in_a_file_ask_for_nothing_else(tmp_path):
    """What is stored for a model stays found for it when a cluster or a policy is called otherwise, and not when a number changes."""
    policy, table = tmp_path / "policy.toml", tmp_path / "city.csv"
    for file, text, words, number in (
        (policy, 'title = {{ vi = "{0}", en = "{0}" }}\nnote = "{0}"\nlevers = {{ map = {1} }}\n', ("one", "two"), ("0.5", "0.6")),
        (table, "id,name,name_en,note,firms_2018\na,{0},{0},{0},{1}\n", ("one", "two"), ("5", "6")),
    ):
        asked = []
        for word, value in ((words[0], number[0]), (words[1], number[0]), (words[0], number[1])):
            file.write_text(text.format(word, value), encoding="utf-8")
            asked.append(asked_of(file))
        assert asked[0] == asked[1] != asked[2]
