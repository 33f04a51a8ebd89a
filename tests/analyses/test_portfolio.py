"""The integer programme against brute force; a planted city gets its mix; the file is read by `compare`."""

import itertools
from functools import cache

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.portfolio import CHOICES, choose, portfolio, portfolio_text
from ecocluster.scenarios import load_pathway, load_portfolio, load_scenario
from ecocluster.viz.analyses import portfolio as told
from ecocluster.viz.words import Words
from fake_trials import install


def worth(way, gain, cost, firms, most, purse):
    taken = [(c, p) for c, p in enumerate(way) if p >= 0]
    fits = sum(firms[c] for c, _ in taken) <= most and sum(cost[c, p] for c, p in taken) <= purse
    return sum(gain[c, p] for c, p in taken) if fits else -np.inf


def test_the_choice_is_the_best_of_all():
    rng = np.random.default_rng(3)
    for _ in range(20):
        firms = rng.integers(10, 60, 5).astype(float)
        case = rng.normal(1, 2, (5, 3)), rng.uniform(0, 3, (5, 3)), firms, 0.7 * firms.sum(), 5.0
        best = max(worth(way, *case) for way in itertools.product((-1, 0, 1, 2), repeat=5))
        assert worth(choose(*case), *case) == pytest.approx(best)


def test_what_has_no_value_is_not_chosen():
    gain, cost = np.array([[-1.0, -np.inf, 2.0], [-1.0, -2.0, -3.0]]), np.array([[1.0, 1.0, np.inf], [1.0, 1.0, 1.0]])
    assert choose(gain, cost, np.ones(2), 10, 10).tolist() == [-1, -1]


@cache
def hanoi():
    return load_scenario("hanoi").site


@cache
def pathways_of(path, text):
    """Pathway of every cluster in a portfolio; by its text, since its place is temporary."""
    arm = load_portfolio(path, hanoi())
    names = [programme.id for programme in arm.programmes]
    return {c.id: names[i] if i >= 0 else "null" for c, i in zip(hanoi().clusters, arm.assignment, strict=True)}


def planted(trial, replicate):
    """Symbiosis is best in clusters of more than 50 firms, self-transition in the others; a whole city adds up."""
    chosen = hanoi().clusters
    if str(trial.scenario) != "hanoi":
        name = str(trial.scenario).rpartition("/")[2].removesuffix(".toml")
        chosen = [cluster for cluster in chosen if cluster.id == name]
    pathways = {cluster.id: str(trial.pathway) for cluster in chosen}
    if str(trial.pathway).endswith("proposal.toml"):
        pathways = pathways_of(trial.pathway, trial.pathway.read_text())
    elif trial.pathway == "by-sector":
        pathways = pathways_of("by-sector", "")
    tonnes = sum(
        cluster.firms_2018
        * (2.0 if pathways[cluster.id] == ("symbiosis" if cluster.firms_2018 > 50 else "self-transition") else 1.0)
        for cluster in chosen
    )
    tonnes += 0.01 * tonnes * (replicate % 3 - 1)
    return {"tco2e_total_2035": (1e6 - tonnes, 1e6), "level1_2035": (0.5, 0.0), "pv_outlay_2035": (1000.0, 0.0), "pv_social_cost_2035": (500.0, 0.0), "pv_tco2e_2035": (1e6 - tonnes, 1e6)}  # fmt: skip


def test_a_planted_mix_is_found_and_beats_one_for_all(monkeypatch):
    calls = install(monkeypatch, planted)
    found = portfolio(Case("hanoi", replicates=2))
    # a cluster alone opens its part of the city's slots, not what files keep for single clusters
    alone, whole = (
        {trial.levers.get("planned_slots") for trial in trials if trial.pathway == "newly-planned"} for trials, _ in calls
    )
    assert alone == {load_pathway("newly-planned").levers["planned_slots"]} and whole == {None}
    table = found.table
    assert (table["pathway"] == np.where(table["firms"] > 50, "symbiosis", "self-transition")).all()
    assert found.facts["ahead"]["low"] > 0 and found.facts["rival"] in (*CHOICES, "newly-planned", "by-sector")
    for lang in ("en", "vi"):
        say = Words(lang)
        assert told.words(found, say) and len(told.sheet(found, say).rows) == 6
        told.figure(found, say)


def test_the_file_says_what_was_chosen_and_is_read_again(tmp_path):
    site = load_scenario("hanoi").site
    picks = [i % 5 - 1 for i in range(len(site.clusters))]
    path = tmp_path / "portfolio.toml"
    path.write_text(portfolio_text(site, picks, Case("hanoi"), "abatement"), encoding="utf-8")
    arm = load_portfolio(path, site)
    names = [programme.id for programme in arm.programmes]
    read = [names[i] if i >= 0 else "null" for i in arm.assignment]
    assert read == [CHOICES[p] if p >= 0 else "null" for p in picks]
    firms = {name: sum(c.firms_2018 for c, own in zip(site.clusters, read, strict=True) if own == name) for name in read}
    outside = names[arm.outside] if arm.outside >= 0 else "null"
    assert firms[outside] == max(firms.values())  # firms outside do what most do


def test_an_unknown_aim_is_refused():
    with pytest.raises(InputError, match="--aim"):
        portfolio(Case("hanoi"), aim="fame")


def test_a_real_portfolio_is_compared_by_its_file(tmp_path):
    from ecocluster.experiments import compare

    place = tmp_path / "two.toml"
    place.write_text('type = "scenario"\nid = "two"\nextends = "hanoi"\nselect = ["hapro", "ngoc-hoi"]\n', encoding="utf-8")
    found = portfolio(Case(str(place), replicates=2))
    assert len(found.table) == 2 and np.isfinite(found.data["arms"]["abatement_2035"]).all()
    found.write(tmp_path / "out")
    answer = compare(str(place), ["null", str(tmp_path / "out" / "portfolio.toml")], fixed=True, replicates=1)
    assert answer.arms == ("null", "law", "proposal")


def test_a_site_of_one_cluster_needs_no_other_file():
    from ecocluster.experiments.analyses.portfolio import _one_cluster
    from ecocluster.scenarios import load_scenario

    site = load_scenario("nguyen-khe").site
    assert _one_cluster("nguyen-khe", "nguyen-khe", site, None) == "nguyen-khe"
