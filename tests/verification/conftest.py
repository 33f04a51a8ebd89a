"""Sites, arms and ensembles that several groups of verification tests share."""

import pytest
from ecocluster.model.inputs import Site
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

PATHWAYS = ("self-transition", "symbiosis", "newly-planned", "combined")


@pytest.fixture(scope="session")
def teaching():
    """Twelve firms of five sectors."""
    return load_scenario("teaching").site


@pytest.fixture(scope="session")
def small_city():
    """Six of Hanoi's clusters, dense districts among them, with their share of the city's budget."""
    hanoi = load_scenario("hanoi").site
    urban = [c for c in hanoi.clusters if c.urban][:2]
    others = [c for c in hanoi.clusters if not c.urban and c.firms_2018 < 60][:4]
    return Site("small-city", "six clusters", "city", tuple(urban + others), hanoi.city_firms)


@pytest.fixture(scope="session")
def shocks():
    """Script of shocks of the default scenario."""
    return load_shocks("default")


@pytest.fixture(scope="session")
def arms_of():
    """Function (site, budget of the city in mVND, pathways) -> arms under one law, the law alone first."""

    def _arms(site, budget=150_000.0, pathways=PATHWAYS, policy="vietnam-2020", law="middle"):
        return tuple(make_arm(name, policy, budget, site, law=law) for name in ("law", *pathways))

    return _arms
