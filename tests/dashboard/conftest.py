"""One server and one Chromium for all browser tests; without Chromium they say so and are skipped."""

import pytest
from ecocluster.viz.pages.browser import chromium, find_chromium, serve

PLAIN = "browser tests were not run: no Chromium found (Debian: apt-get install chromium; then pytest -m browser)"


@pytest.fixture(scope="session")
def browser():
    if find_chromium() is None:
        pytest.skip(PLAIN)
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """A folder of results with a small sweep and a finding."""
    from ecocluster.experiments.analyses.barriers import barriers
    from ecocluster.experiments.analyses.finding import Case
    from ecocluster.experiments.sweeps.runner import sweep

    folder = tmp_path_factory.mktemp("results")
    asked = {
        "scenario": "teaching", "pathways": ["self-transition", "combined"], "replicates": 2, "seed": 1, "scale": 1.0,
        "steps": 64, "outcomes": ["tco2e_total_2035", "recp_share_2035"], "uncertainties": ["electricity_growth"],
        "levers": {"extension": [0.1, 1.0]}, "design": {"kind": "lhs", "points": 40},
    }  # fmt: skip
    sweep(asked, folder / "small-sweep")
    barriers(Case("teaching", "policy", replicates=2)).write(folder / "small-barriers")
    return folder


@pytest.fixture(scope="session")
def server(browser, results):
    with serve("--results", str(results), "--scenario", "nguyen-khe") as address:
        yield address
