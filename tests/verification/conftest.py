"""Sites, arms and ensembles that several groups of verification tests share."""

import golden
import pytest
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

PATHWAYS = ("self-transition", "symbiosis", "newly-planned", "combined")


@pytest.fixture(scope="session")
def teaching():
    """Twelve firms of five sectors."""
    return load_scenario("teaching").site


@pytest.fixture(scope="session")
def small_city():
    return golden.small_city()


@pytest.fixture(scope="session")
def shocks():
    """Script of shocks of the default scenario."""
    return load_shocks("default")


@pytest.fixture(scope="session")
def arms_of():
    """Function (site, budget_bn of the city, pathways) -> arms under one law, the law alone first."""

    def _arms(site, budget_bn=150.0, pathways=PATHWAYS, policy="vietnam-2020", law="middle"):
        return tuple(make_arm(name, policy, budget_bn=budget_bn, site=site, law=law) for name in ("law", *pathways))

    return _arms
