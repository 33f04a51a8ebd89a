"""What ships loads, validates, and adds up to the published totals."""

import math
import re
from itertools import pairwise

import pytest
from ecocluster import scenarios
from ecocluster.model.levers import LEVERS
from ecocluster.model.sites_and_arms import SECTORS
from ecocluster.scenarios.library import shipped

LISTS = [
    scenarios.list_sites,
    scenarios.list_pathways,
    scenarios.list_policies,
    scenarios.list_laws,
    scenarios.list_shocks,
    scenarios.list_portfolios,
]
NAMED = [
    "mai-dinh", "co-loa", "ninh-hiep", "phu-thi", "nguyen-khe", "hai-ba-trung", "hapro", "quat-dong",
    "ngoc-hoi", "tu-liem", "phung",
]  # fmt: skip
PARKS = ["khanh-phu", "hoa-khanh", "tra-noc-1", "tra-noc-2", "amata", "hiep-phuoc", "deep-c"]
MONO = ["mono-food", "mono-textile", "mono-metal", "mono-plastic", "mono-wood", "mono-electronics"]


@pytest.fixture(scope="module")
def hanoi():
    return scenarios.load_scenario("hanoi").site


def ids(entries):
    return [entry.id for entry in entries]


def test_hanoi_adds_up_to_the_published_totals(hanoi):
    clusters = hanoi.clusters
    assert len(clusters) == 70
    assert len({cluster.district for cluster in clusters}) == 17
    assert math.fsum(cluster.area_planned for cluster in clusters) == pytest.approx(1686, abs=1e-9)
    assert math.fsum(cluster.area_built for cluster in clusters) == pytest.approx(1392, abs=1e-9)
    assert hanoi.firms_2018 == 3864
    assert hanoi.budget_share == 1
    assert max(cluster.area_planned for cluster in clusters) <= 75
    assert all(0 < cluster.area_built <= cluster.area_planned for cluster in clusters)
    assert all(cluster.cetp_since is None for cluster in clusters)


def test_shared_land_of_hanoi(hanoi):
    shares = sorted(cluster.shared_land for cluster in hanoi.clusters)
    complete = [cluster.id for cluster in hanoi.clusters if cluster.shared_land >= 0.25]
    assert len(complete) == 26
    assert {"quat-dong", "ngoc-hoi", "tu-liem", "phung"} <= set(complete)
    assert 0.08 < shares[0] and shares[43] < 0.25 and shares[-1] < 0.35
    # spread evenly: no gap larger than twice the mean one
    assert max(b - a for a, b in pairwise(shares[:44])) < 2 * 0.17 / 44


def test_named_clusters_and_synthetic_ones(hanoi):
    names = {cluster.id: cluster.name for cluster in hanoi.clusters}
    assert set(NAMED) <= set(names)
    others = [cluster for cluster in hanoi.clusters if cluster.id not in NAMED]
    assert all(re.fullmatch(r"Cụm giả lập \d\d", cluster.name) for cluster in others)
    assert all(cluster.synthetic and cluster.note for cluster in hanoi.clusters)
    by_id = {cluster.id: cluster for cluster in hanoi.clusters}
    assert by_id["nguyen-khe"].firms_2018 == 55
    assert by_id["nguyen-khe"].mix["textile"] == pytest.approx(0.7)
    assert by_id["hapro"].mix["food"] == by_id["hai-ba-trung"].mix["food"] == pytest.approx(0.7)
    assert by_id["mai-dinh"].mix is None
    assert by_id["hai-ba-trung"].urban and not by_id["mai-dinh"].urban


def test_ids_of_everything_that_ships():
    sites = ids(scenarios.list_sites())
    assert set(sites) == {"hanoi", "teaching", *NAMED, *PARKS, *MONO}
    assert set(ids(scenarios.list_pathways())) == {
        "null", "self-transition", "symbiosis", "newly-planned", "combined", "symbiosis-in-planned", "all",
        "policy", "law",
    }  # fmt: skip
    policies = set(ids(scenarios.list_policies()))
    assert {
        "vietnam-2020",
        "us",
        "japan",
        "canada",
        "korea",
        "special",
        "shared",
        "graded",
        "compulsory",
        "pilot",
    } <= policies
    assert {f"solution-{i}" for i in range(1, 8)} | {"solutions-all"} <= policies
    assert {f"barrier-{i}" for i in range(1, 7)} | {"barriers-all"} <= policies
    assert {"none", "default", "sector-shocks", "carbon-rule"} <= set(ids(scenarios.list_shocks()))
    everything = [name for entries in LISTS for name in ids(entries())]
    assert len(everything) == len(set(everything)), "an id must mean one thing only"


@pytest.mark.parametrize("entries", LISTS)
def test_everything_has_two_titles_and_can_be_described(entries):
    listed = entries()
    assert listed
    for entry in listed:
        assert entry.vi and entry.en and "\n" not in entry.vi + entry.en
        facts = scenarios.describe(entry.id)
        assert facts["id"] == entry.id and facts["note"]
        assert facts["title"] == {"vi": entry.vi, "en": entry.en}


@pytest.mark.parametrize("kind", ["sites", "pathways", "policies", "laws", "shocks", "portfolios"])
def test_every_shipped_file_validates_as_a_file(kind):
    paths = shipped(kind)
    assert paths
    for name, path in paths.items():
        assert scenarios.validate_file(path)["id"] == name


@pytest.mark.parametrize("name", NAMED)
def test_a_named_cluster_alone_is_the_row_of_the_city(name, hanoi):
    site = scenarios.load_scenario(name).site
    assert site.kind == "cluster"
    assert site.clusters == tuple(cluster for cluster in hanoi.clusters if cluster.id == name)
    assert site.name == site.clusters[0].name
    assert site.budget_share == pytest.approx(site.firms_2018 / 3864)


@pytest.mark.parametrize("name", PARKS)
def test_parks(name):
    site = scenarios.load_scenario(name).site
    (park,) = site.clusters
    assert site.kind == "park" and park.synthetic and park.area_planned > 75 and park.workers_cap == 5000
    assert 150 < park.workers_median * math.exp(park.workers_sd**2 / 2) < 500


def test_mono_and_teaching():
    sectors = [scenarios.load_scenario(name).site.clusters[0].mix for name in MONO]
    assert [max(mix, key=mix.get) for mix in sectors] == list(SECTORS)
    assert all(sorted(mix.values()) == [0, 0, 0, 0, 0, 1] for mix in sectors)
    assert scenarios.load_scenario("teaching").site.firms_2018 == 12


def test_describe_says_how_close_the_data_come_to_what_is_published():
    published = scenarios.describe("hanoi")["published"]
    for key in (
        "clusters",
        "districts",
        "area_planned",
        "area_built",
        "firms_2018",
        "complete_infrastructure",
    ):
        assert published[key]["here"] == published[key]["value"]
    assert published["workers"] == {"value": 60000, "here": None}  # only a run can tell
    assert published["plants_share"] == {"value": 0.3, "here": None}


def test_default_shocks():
    shocks = {(shock.kind, shock.start, shock.end, shock.factor) for shock in scenarios.load_shocks("default")}
    assert shocks == {
        ("demand", 2020, 2021, 0.955),
        ("demand", 2021, 2022, 0.91),
        ("demand", 2022, 2023, 0.955),
        ("electricity", 2022, 2023, 1.25),
        ("carbon_rule", 2026, 9999, 1.15),
    }
    assert scenarios.load_shocks("none") == ()
    assert [shock.kind for shock in scenarios.load_shocks("sector-shocks")][-1] == "sector"


def test_levers_of_everything_that_ships_are_known_and_in_range():
    programmes = [scenarios.load_pathway(entry.id) for entry in scenarios.list_pathways()]
    assert any(programme.levers for programme in programmes) and scenarios.list_policies()
    for policy in scenarios.list_policies():
        laid = scenarios.load_policy(policy.id)
        for programme in programmes:
            both = scenarios.apply_policy(programme, laid)
            for name, value in [*both.levers.items(), *both.planned.items()]:
                assert LEVERS[name].low <= value <= LEVERS[name].high
            assert set(both.schedules) <= set(LEVERS)
            funds = [both.levers.get(f"fund_share_{fund}", 0) for fund in ("grants", "symbiosis", "infrastructure")]
            assert sum(funds) == pytest.approx(1) or sum(funds) == 0
