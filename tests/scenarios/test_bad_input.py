"""Every kind of bad input gives one line that names the file, the key, the value and what is allowed."""

from dataclasses import replace

import pytest
from ecocluster import scenarios
from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.parameters import PARAMETERS, Parameter
from ecocluster.scenarios import ScenarioError

CLUSTER = '[[clusters]]\nid = "a"\nname = "A"\nfirms_2018 = 20\narea_planned = 9\narea_built = 7\n'
HEADER = "id,name,firms_2018,area_planned,area_built\n"


def refusal(load, *arguments, **keywords):
    """The error, after checking that it is one line."""
    with pytest.raises(ScenarioError) as caught:
        load(*arguments, **keywords)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("toml", "key", "words"),
    [
        ("paramters = 1\n" + CLUSTER, "paramters", "unknown key; did you mean 'parameters'?"),
        (CLUSTER + "area_plannd = 3\n", "area_plannd", "did you mean 'area_planned'?"),
        (
            CLUSTER.replace("= 20", '= "twenty"'),
            "firms_2018",
            "'twenty': not a number; allowed: 1 to 5000 firms",
        ),
        (CLUSTER.replace("= 20", "= true"), "firms_2018", "not a number"),
        (CLUSTER.replace("= 20", "= nan"), "firms_2018", "not a finite number"),
        (CLUSTER.replace("= 9", "= inf"), "area_planned", "not a finite number"),
        (CLUSTER.replace("= 20", "= 0"), "firms_2018", "= 0: out of range; allowed: 1 to 5000 firms"),
        (CLUSTER.replace("= 20", "= -5"), "firms_2018", "out of range"),
        (CLUSTER.replace("= 20", "= 1e9"), "firms_2018", "out of range"),
        (CLUSTER.replace("firms_2018 = 20\n", ""), "firms_2018", "needed where no firms are listed"),
        (CLUSTER.replace("= 9", "= 80"), "area_planned", "up to 75 ha"),
        (CLUSTER.replace("= 7", "= 9.5"), "area_built", "larger than area_planned"),
        (CLUSTER.replace('id = "a"', 'id = "A b"'), "id", "a-z, 0-9 and hyphens"),
        (CLUSTER.replace('id = "a"\n', ""), "id", "every cluster needs an id"),
        (CLUSTER + "shared_land = 25\n", "shared_land", "0 to 0.9 share"),
        (CLUSTER + 'urban = "yes"\n', "urban", "'yes'"),
        (
            CLUSTER + "mix = { food = 0.5, textile = 0.4 }\n",
            "mix",
            "the shares add up to 0.9; allowed: a sum of 1",
        ),
        (CLUSTER + "mix = { fod = 1 }\n", "mix.fod", "did you mean 'food'?"),
        (CLUSTER + "mix = { food = 1.5, textile = -0.5 }\n", "mix.food", "out of range"),
        (CLUSTER + "workers_median = 50\nworkers_cap = 20\n", "workers_cap", "below workers_median"),
        (CLUSTER + CLUSTER, "id", "'a': the id stands twice"),
        ("", "clusters", "the site has no clusters"),
        ("clusters = []\n", "clusters", "the site has no clusters"),
        ("clusters = 3\n", "clusters", "neither a file name nor a list"),
        ('kind = "cty"\n' + CLUSTER, "kind", "did you mean 'city'?"),
        ('type = "patway"\n' + CLUSTER, "type", "did you mean 'pathway'?"),
        ('type = "pathway"\n', "type", "a file of type 'scenario' is needed here"),
        ("city_firms = 10\n" + CLUSTER, "city_firms", "fewer than the 20 firms"),
        ('shocks = "defalt"\n' + CLUSTER, None, "'defalt': unknown shocks; did you mean 'default'?"),
        ('extends = "hanio"\n', None, "did you mean 'hanoi'?"),
        ('extends = "hanoi"\nselect = ["hapro", "phungg"]\n', "select", "did you mean 'phung'?"),
        ('extends = "hanoi"\nselect = ["hapro", "hapro"]\n', "select", "selected twice"),
        ('extends = "hanoi"\nselect = []\n', "select", "no cluster is selected"),
        ('extends = "hanoi"\n[change.hapro]\nfirms_2018 = 0\n', "firms_2018", "out of range"),
        ('extends = "hanoi"\n[change.hapro]\nid = "x"\n', "change.hapro.id", "cannot be changed"),
        (
            CLUSTER + '[[clusters.firms]]\nsector = "fod"\nworkers = 3\n',
            "firms.0.sector",
            "did you mean 'food'?",
        ),
        (
            CLUSTER + '[[clusters.firms]]\nsector = "food"\nworkers = 3\ntrust = 7\n',
            "firms.0.trust",
            "1 to 5 Likert",
        ),
        (CLUSTER + 'firms = "missing.csv"\n', None, "missing.csv: the file does not exist"),
    ],
)
def test_site_files(write, toml, key, words):
    path = write("mine.toml", toml)
    error = refusal(scenarios.load_scenario, path)
    assert error.key == key
    assert words in str(error)
    assert str(path.parent) in str(error) or error.key is None, "the file is named"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("clusters = [", "not a TOML file: Invalid value (at end of document)"),
        ('name = "a"\nname = "b"\n', "not a TOML file: Cannot overwrite a value (at line 2"),
        ('name = "Hà Nội"\n'.encode("utf-16"), "not UTF-8 (byte 0xff at position 0)"),
        ('name = "Hà"\n'.encode("latin-1"), "not UTF-8 (byte 0xe0 at position 9)"),
        ("a = " + "[" * 5000, "not a TOML file"),
        (b"#" * 2_100_000, "the file has 2.1 MB; allowed: at most 2 MB"),
    ],
    ids=["broken", "double key", "utf-16", "latin-1", "deep", "enormous"],
)
def test_broken_toml(write, content, words):
    assert words in str(refusal(scenarios.load_scenario, write("mine.toml", content)))


def test_missing_files_and_folders(tmp_path):
    assert "nothing.toml: the file does not exist" in str(refusal(scenarios.load_scenario, tmp_path / "nothing.toml"))
    assert "is a folder" in str(refusal(scenarios.load_scenario, tmp_path))
    assert "unknown kind of file" in str(refusal(scenarios.validate_file, tmp_path / "firms.docx"))


def test_cyclic_inclusion(write):
    one = write("one.toml", 'extends = "two.toml"\n')
    write("two.toml", 'extends = "./one.toml"\n')
    assert "the file includes itself: one.toml -> two.toml -> one.toml" in str(refusal(scenarios.load_scenario, one))
    path = write("p.toml", 'type = "pathway"\ncombine = ["p.toml"]\n')
    assert "includes itself" in str(refusal(scenarios.load_pathway, path))
    path = write("q.toml", 'type = "policy"\ncombine = ["q.toml"]\n')
    assert "includes itself" in str(refusal(scenarios.load_policy, path))
    path = write("s.toml", 'type = "shocks"\ncombine = ["s.toml"]\n')
    assert "includes itself" in str(refusal(scenarios.load_shocks, path))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("", "the table is empty"),
        (HEADER, "a header but no rows"),
        (HEADER + "a,A,20,9,7,1\n", "line 2 has 6 cells, the header has 5"),
        (HEADER.replace("name", "nane") + "a,A,20,9,7\n", "nane: unknown column; did you mean 'name'?"),
        (HEADER.replace("name", "id") + "a,A,20,9,7\n", "id: the column stands twice"),
        (HEADER.replace(",area_built", "") + "a,A,20,9\n", "area_built: the column is missing"),
        (HEADER + "a,A,20,9,7\nb,B,20,nine,7\n", "line 3: area_planned = 'nine': not a number"),
        (HEADER + "a,A,20,nan,7\n", "line 2: area_planned = 'nan': not a number"),
        (HEADER + "a,A,20,9,7\na,B,20,9,7\n", "line 3: id = 'a': the id stands twice"),
        (HEADER + 'a,"A,20,9,7\n', "broken table"),
        (HEADER + "a,A,20,9,7\n" * 1001, "too many rows; allowed: at most 1000 rows"),
        (b"PK\0\0id,name\n", "zero bytes"),
    ],
)
def test_cluster_tables(write, table, words):
    path = write("mine.toml", 'clusters = "mine.csv"\n')
    write("mine.csv", table)
    text = str(refusal(scenarios.load_scenario, path))
    assert "mine.csv" in text and words in text


def ranged(low, high):
    return Parameter("x", "", "", low, low, high, "fixed", "-", "", "", "")


def test_parameters_are_checked_against_a_registry(write):
    registry = {
        "review_rate": ranged(0.3, 2),
        "food.margin": ranged(0, 0.1),
        "weeks": replace(ranged(2, 12), off=0.0),
    }
    path = write("good.toml", CLUSTER + "[parameters]\nreview_rate = 1\nfood.margin = 0.05\nweeks = 0\n")
    assert scenarios.load_scenario(path, registry).parameters == {"review_rate": 1, "food.margin": 0.05, "weeks": 0}
    for line, words in [
        ("review_rat = 1", "parameters.review_rat = 1: unknown parameter; did you mean 'review_rate'?"),
        ("review_rate = 3", "out of range; allowed: 0.3 to 2"),
        ("weeks = 1", "out of range; allowed: 2 to 12, or 0 (off)"),
        ("review_rate = nan", "not a finite number"),
        ('review_rate = "1"', "not a finite number"),
        ("food.margn = 0.05", "did you mean 'food.margin'?"),
    ]:
        error = refusal(scenarios.load_scenario, write("bad.toml", CLUSTER + f"[parameters]\n{line}\n"), registry)
        assert words in str(error)


def test_parameters_of_the_model_are_the_default_registry(write):
    name, parameter = next((name, item) for name, item in PARAMETERS.items() if item.low < item.default < item.high)
    path = write("good.toml", CLUSTER + f'[parameters]\n"{name}" = {parameter.default}\n')
    assert scenarios.load_scenario(path).parameters == {name: parameter.default}
    path = write("bad.toml", CLUSTER + f'[parameters]\n"{name}x" = {parameter.default}\n')
    assert refusal(scenarios.load_scenario, path).nearest == name


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[levers]\nextenson = 0.5\n", "levers.extenson = 0.5: unknown lever; did you mean 'extension'?"),
        ("[levers]\nextension = 1.5\n", "levers.extension = 1.5: out of range; allowed: 0 to 1"),
        ("[levers]\nextension = -0.1\n", "out of range"),
        ("[levers]\nextension = inf\n", "not a finite number"),
        ('[levers]\nextension = "much"\n', "not a number"),
        ("[planned]\nextensio = 1\n", "planned.extensio = 1: unknown lever"),
        ("[levers]\nfund_share_grants = 0.5\n", "the fund shares add up to 0.5; allowed: a sum of 1"),
        ("[schedule]\nstart = 2030\nend = 2025\n", "schedule.end = 2025.0: not after start"),
        ("[schedules.extensin]\nstart = 2030\n", "did you mean 'extension'?"),
        (
            "[schedules.extension]\nbegin = 2030\n",
            "schedules.extension.begin = 2030: unknown key; allowed: end, ramp, start",
        ),
        ('combine = ["symbiosi"]\n', "'symbiosi': unknown pathway; did you mean 'symbiosis'?"),
        ("enactment_lag = -1\n", "enactment_lag = -1: out of range"),
    ],
)
def test_pathway_files(write, toml, words):
    path = write("mine.toml", 'type = "pathway"\n' + toml)
    assert words in str(refusal(scenarios.load_pathway, path))
    assert words in str(refusal(scenarios.validate_file, path))


@pytest.mark.parametrize("lever", LAW_LEVERS)
@pytest.mark.parametrize("table", ["levers", "single_cluster"])
def test_a_pathway_does_not_hold_the_law(write, lever, table):
    """Old files say so in one line, with the place where the lever belongs; inside planned clusters it may stand."""
    value = LEVERS[lever].high
    path = write("mine.toml", f'type = "pathway"\n[{table}]\n{lever} = {value}\n')
    told = str(refusal(scenarios.load_pathway, path))
    assert f"{table}.{lever} = {value}" in told and "--law" in told and "--policy" in told and "[planned]" in told
    inside = write("inside.toml", f'type = "pathway"\n[planned]\n{lever} = {value}\n')
    assert scenarios.load_pathway(inside).planned == {lever: value}


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[levers]\ncertainty = 2\n", "levers.certainty = 2: out of range"),
        ("[levers]\nextension = 0.5\n", "levers.extension = 0.5: no lever of the law"),
        ("[levers]\ncertanty = 0.5\n", "did you mean 'certainty'?"),
        ("[set]\ncertainty = 0.5\n", "set: unknown key"),
    ],
)
def test_law_files(write, toml, words):
    path = write("mine.toml", 'type = "law"\n' + toml)
    assert words in str(refusal(scenarios.load_law, path))
    assert words in str(refusal(scenarios.validate_file, path))


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[set]\ncertainty = 2\n", "set.certainty = 2: out of range"),
        ("[levers]\ncertainty = 0.5\n[set]\ncertainty = 0.4\n", "the lever stands in both tables"),
        ("[schedules]\nfairs = { start = 2025 }\n", "a schedule for a lever that the policy does not have"),
    ],
)
def test_policy_files(write, toml, words):
    assert words in str(refusal(scenarios.load_policy, write("mine.toml", 'type = "policy"\n' + toml)))


@pytest.mark.parametrize(
    ("shock", "words"),
    [
        ('kind = "demnd"\nstart = 2020\nfactor = 1', "did you mean 'demand'?"),
        (
            'kind = "demand"\nstart = 2020\nfactor = 0',
            "factor = 0.0: out of range; allowed: 0.05 to 5 for demand",
        ),
        ('kind = "demand"\nstart = 2020\nend = 2020\nfactor = 1', "not after start"),
        ('kind = "demand"\nstart = 20\nfactor = 1', "start = 20: out of range"),
        ('kind = "demand"\nstart = 2020\nfactor = 1\nsectors = ["fod"]', "did you mean 'food'?"),
        ('kind = "electricity"\nstart = 2020\nfactor = 1\nsectors = ["food"]', "only a shock of demand"),
        ('kind = "demand"\nstart = 2020', "factor: the key is missing"),
    ],
)
def test_shock_files(write, shock, words):
    path = write("mine.toml", f'type = "shocks"\n[[shocks]]\n{shock}\n')
    assert words in str(refusal(scenarios.load_shocks, path))


def test_unknown_ids_name_the_nearest():
    for load, wrong, nearest in [
        (scenarios.load_scenario, "nguyen-kha", "nguyen-khe"),
        (scenarios.load_pathway, "symbioses", "symbiosis"),
        (scenarios.load_policy, "japn", "japan"),
        (scenarios.load_law, "midle", "middle"),
        (scenarios.load_shocks, "carbon-rules", "carbon-rule"),
        (scenarios.describe, "solution-8", "solution-7"),
    ]:
        error = refusal(load, wrong)
        assert error.value == wrong
        assert error.nearest == nearest or load is scenarios.describe and error.nearest.startswith("solution-")


def test_defined_results_at_the_edges(write):
    one_firm = scenarios.load_scenario(write("one.toml", CLUSTER.replace("= 20", "= 1"))).site
    assert one_firm.firms_2018 == 1 and one_firm.kind == "cluster" and one_firm.id == "one"
    thirds = CLUSTER + "mix = { food = 0.3333, textile = 0.3333, wood_building = 0.3333 }\n"
    mix = scenarios.load_scenario(write("mix.toml", thirds)).site.clusters[0].mix
    assert sum(mix.values()) == pytest.approx(1, abs=1e-15), "rounding is forgiven and made good"
    bom = scenarios.load_scenario(write("bom.toml", b"\xef\xbb\xbf" + CLUSTER.encode())).site
    assert bom.firms_2018 == 20


def test_inclusion_selection_and_change(write):
    write("base.toml", 'extends = "hanoi"\nselect = ["hapro", "phung"]\n[parameters]\na = 1\nb = 1\n')
    changes = "[change.hapro]\nfirms_2018 = 99\n[parameters]\nb = 2\n"
    path = write("sub/mine.toml", 'extends = "../base.toml"\nname = "Hai cụm"\n' + changes)
    registry = {name: ranged(0, 9) for name in "ab"}
    scenario = scenarios.load_scenario(path, registry)
    hanoi = {cluster.id: cluster for cluster in scenarios.load_scenario("hanoi").site.clusters}
    assert [cluster.id for cluster in scenario.site.clusters] == ["hapro", "phung"]
    assert scenario.site.clusters[0].firms_2018 == 99 and scenario.site.clusters[1] == hanoi["phung"]
    assert scenario.site.clusters[0].area_built == hanoi["hapro"].area_built
    assert scenario.parameters == {"a": 1, "b": 2}
    assert (scenario.site.id, scenario.site.name, scenario.site.kind) == ("mine", "Hai cụm", "city")
    assert scenario.source == path and scenario.shocks == "default"
    alone = scenarios.load_scenario(write("alone.toml", 'extends = "nguyen-khe"\nshocks = "none"\n'))
    assert alone.site.clusters == (hanoi["nguyen-khe"],) and alone.shocks == "none"


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [("scale", 1000, "'auto' or 0.01 to 10"), ("scale", [1], "'auto' or 0.01 to 10"), ("scale", "x", "'auto' or 0.01 to 10"),
     ("policy", 3, None), ("uncertainties", 3, None), ("levers", 3, None)],
)  # fmt: skip
def test_a_value_of_no_allowed_kind_is_told_once_by_its_key(key, value, allowed):
    """Where a key takes several kinds, the library that validates has a fault for each, with names of its own in the key."""
    from ecocluster.experiments.sweeps.experiment import make_experiment

    base = {"scenario": "teaching", "pathways": ["symbiosis"], "seed": 1, "replicates": 1, "design": {"kind": "lhs", "points": 2}}
    with pytest.raises(ScenarioError) as found:
        make_experiment({**base, key: value})
    assert (found.value.key, found.value.more) == (key, 0) and found.value.allowed == allowed
