"""Sites small enough for many runs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ecocluster.scenarios import load_scenario


@pytest.fixture(scope="session")
def three():
    """Three clusters of Hanoi as a site: hubs, operators and moves between clusters."""
    hanoi = load_scenario("hanoi").site
    return replace(hanoi, clusters=hanoi.clusters[:3])
