"""A `ClusterModel` gives the bits of the ensemble: sites, pathways, seeds, replicates, whole steps or phase by phase."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model import ClusterModel
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.parameters import World, sample_parameters
from ecocluster.scenarios import load_portfolio, load_scenario, load_shocks, make_arm


def ensemble(scenario, pathway, seed, replicates=1, **more):
    """Series (arm, replicate, step, indicator) of the law alone and one pathway."""
    loaded = None if not isinstance(scenario, str) else load_scenario(scenario)
    site = loaded.site if loaded else scenario
    arms = [make_arm("law", site=site), make_arm(pathway, site=site)]
    return run_ensemble(site, arms, replicates=replicates, seed=seed, shocks=load_shocks("default"), threads=2, **more)


def same(model, runs, arm, replicate):
    """Is it the same run, missing values included?"""
    rows = model.quarter + 1
    return (
        np.array_equal(model.series, runs.series[arm, replicate, :rows], equal_nan=True)
        and list(model.levels.values()) == runs.level[arm, replicate, rows - 1].tolist()
    )


class Watched(ClusterModel):
    """Goes phase by phase because of the hook, and changes nothing."""

    def before_phase(self, phase, cluster):
        pass


@pytest.mark.parametrize("kind", [ClusterModel, Watched])
@pytest.mark.parametrize(
    ("scenario", "pathway", "quarters"),
    [("teaching", "combined", 104), ("nguyen-khe", "all", 60), ("mono-food", "symbiosis", 40), ("phung", "newly-planned", 60)],
)
def test_replicates_of_an_ensemble(kind, scenario, pathway, quarters):
    runs = ensemble(scenario, pathway, seed=7, replicates=3)
    models = []
    for replicate in (0, 2):
        model = kind(scenario=scenario, pathway=pathway, seed=7, replicate=replicate)
        model.run_for(quarters)
        assert same(model, runs, 1, replicate)
        models.append(model)
    assert not np.array_equal(models[0].series, models[1].series, equal_nan=True)  # the test can tell runs apart


@pytest.mark.parametrize("kind", [ClusterModel, Watched])
def test_several_clusters(kind, three):
    runs = ensemble(three, "all", seed=3)
    model = kind(scenario=three, pathway="all", rng=3)
    model.run_for(50)
    assert same(model, runs, 1, 0)


def test_other_arms_of_the_ensemble_do_not_matter(three):
    """The ensemble keeps room for planned clusters, the model of another pathway does not."""
    arms = [make_arm(name, site=three) for name in ("null", "law", "symbiosis", "newly-planned")]
    runs = run_ensemble(three, arms, replicates=1, seed=9, shocks=load_shocks("default"))
    for index, arm in enumerate(arms):
        model = ClusterModel(scenario=three, pathway=arm.name, seed=9)
        model.run_for(60)
        assert same(model, runs, index, 0)


def test_law_alone_sampled_parameters_and_another_horizon():
    known = load_scenario("teaching").parameters
    worlds = [World(number, number, sample_parameters(5, number, known)) for number in range(2)]
    runs = ensemble("teaching", "combined", seed=5, worlds=worlds, last_year=2030.0)
    alone = ClusterModel(scenario="teaching", pathway="law", seed=5, replicate=1, sample=True, last_year=2030.0)
    alone.run_for(40)
    assert same(alone, runs, 0, 1)
    model = ClusterModel(scenario="teaching", pathway="combined", seed=5, replicate=1, sample=True, last_year=2030.0)
    model.run_for(40)
    assert same(model, runs, 1, 1)


def test_an_arm_made_in_python(three, tmp_path):
    file = tmp_path / "mixed.toml"
    first, second, third = (cluster.id for cluster in three.clusters)
    file.write_text(
        'type = "portfolio"\nid = "mixed"\ntitle = { vi = "a", en = "a" }\nnote = "a"\n'
        f'default = "symbiosis"\n[clusters]\n{first} = "self-transition"\n{third} = "null"\n'
    )
    arm = load_portfolio(file, three)
    runs = run_ensemble(three, [make_arm("law", site=three), arm], replicates=1, seed=2, shocks=load_shocks("default"))
    model = ClusterModel(scenario=three, pathway=arm, seed=2)
    model.run_for(20)
    assert same(model, runs, 1, 0)


def test_looking_changes_nothing():
    blind, seen = (ClusterModel(scenario="nguyen-khe", pathway="all", seed=4) for _ in range(2))
    for _ in range(24):
        blind.step()
        seen.step()
        seen.agents.shuffle_do(lambda firm: (firm.trust, firm.technology, firm.pos, firm.cluster, firm.hubs))
        seen.network()
        seen.random.random()
        seen.rng.normal(size=3)
    assert np.array_equal(blind.series, seen.series, equal_nan=True)


@pytest.mark.parametrize("given", [{"seed": 11}, {"rng": 11}, {"seed": 11.0}, {"rng": np.int64(11)}])
def test_a_number_is_the_seed_whatever_it_is_called(given):
    assert ClusterModel(scenario="teaching", **given).seed == 11


def test_other_seeds():
    sequence = [ClusterModel(scenario="teaching", rng=np.random.SeedSequence(3)).seed for _ in range(2)]
    assert sequence[0] == sequence[1]
    generator = np.random.default_rng(3)
    assert ClusterModel(scenario="teaching", rng=generator).seed != ClusterModel(scenario="teaching", rng=generator).seed
    assert ClusterModel(scenario="teaching").seed != ClusterModel(scenario="teaching").seed
    with pytest.raises(ValueError, match="not both"):
        ClusterModel(scenario="teaching", seed=1, rng=1)
    for wrong in (-1, 1.5, 2**64, True):
        with pytest.raises(ValueError, match="seed = .*allowed"):
            ClusterModel(scenario="teaching", seed=wrong)
