"""The self-check, the form and the site of a province: known answers, ranges, refusals."""

import io
import json

import openpyxl
import pytest
from ecocluster.experiments.checking import MET, MISSED, UNKNOWN, check
from ecocluster.experiments.reporting_form import A5, B4, entries
from ecocluster.model.indicators import LEVEL_1
from ecocluster.model.parameters import PARAMETERS
from ecocluster.scenarios import Choices, ScenarioError, load_scenario, new_province
from ecocluster.scenarios.answers import NOT_KNOWN, QUESTIONS
from ecocluster.scenarios.province import read_clusters, site_text
from ecocluster.viz.cli import main
from ecocluster.viz.reporting_form import form_xlsx
from ecocluster.viz.self_check import answers_text, criteria_rows, sentences, step_rows, summary
from ecocluster.viz.words import LANGUAGES, MISSING, Words

SITE = '[[clusters]]\nid = "thanh-oai"\nname = "Thanh Oai"\nfirms_2018 = 40\narea_planned = 15\narea_built = 12\n'
BEST = {
    "shared_land": 0.3, "central_plant": True, "central_plant_m3_day": 600, "effluent_m3_day": 400, "treated_share": 0.95, "measured_share": 0.9,
    "reused_water_share": 0.2, "roof_solar_share": 0.3, "energy_cut": 0.2, "recp_firms": 10, "aware_firms": 38, "exchanges": 2, "exchange_firms": 5,
    "depot": True, "data_shared": True, "served_firms": 30, "matching_staff": 1, "violations_3_years": 0, "housing": True, "basic_services": True,
    "yearly_report": True,
}  # fmt: skip
WORST = {name: False if isinstance(value, bool) else 0 for name, value in BEST.items()} | {
    "effluent_m3_day": 400,
    "violations_3_years": 2,
}


PARTNERS = {"central_plant": "central_plant_m3_day", "central_plant_m3_day": "central_plant", "exchanges": "exchange_firms", "exchange_firms": "exchanges",
            "aware_firms": "recp_firms"}  # fmt: skip


def instead(question, value, answers=BEST):
    """The answers with another to one question; what cannot go with it is not known."""
    return {**answers, **({PARTNERS[question]: NOT_KNOWN} if question in PARTNERS else {}), question: value}


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "thanh-oai.toml"
    path.write_text(SITE, encoding="utf-8")
    return path


def status(found):
    return {(row.name, row.reading): row.status for row in found.rows}


def test_every_criterion_can_be_met_missed_and_open(site):
    best, worst, nothing = (status(check(site, answers)) for answers in (BEST, WORST, {}))
    assert set(best.values()) == {MET}
    assert set(worst.values()) == {MISSED}
    assert set(nothing.values()) == {UNKNOWN}
    assert {name for name, _ in best} >= set(LEVEL_1)
    assert check(site, BEST).steps == () and check(site, BEST).unanswered == ()


@pytest.mark.parametrize("question", [one.name for one in QUESTIONS if one.name != "matching_staff"])
def test_every_question_settles_something(site, question):
    """Each answer alone, bad instead of good or open, changes a line, or the steps."""
    good = check(site, BEST)
    others = [check(site, instead(question, WORST[question])), check(site, {**BEST, question: NOT_KNOWN})]
    poor = {
        name: WORST[name] for name in ("measured_share", "central_plant", "central_plant_m3_day", "data_shared", "treated_share")
    }
    without = check(site, {name: value for name, value in {**BEST, **poor}.items() if name != question})
    assert (
        any(one.rows != good.rows for one in others)
        or question in {need for row in without.rows for need in row.needs}
        or without.steps != ()
    )


def test_a_range_is_carried(site):
    found = {(row.name, row.reading): row for row in check(site, {**BEST, "recp_firms": [4, 12], "shared_land": [0.1, 0.2]}).rows}
    recp, land = found["recp_share", ""], found["shared_land", ""]
    assert (recp.value, recp.status, recp.needs) == ((0.1, 0.3), UNKNOWN, ()) or recp.status == UNKNOWN
    assert land.status == MISSED and land.gap == pytest.approx((0.05, 0.15))


def test_amounts_and_prices_are_those_of_the_model(site):
    found = check(site, {**BEST, "recp_firms": 3, "shared_land": 0.15, "violations_3_years": 1})
    steps = {step.name: step for step in found.steps}
    assert set(steps) == {"recp", "shared_land", "clean_years"} and found.steps[-1].name == "clean_years"
    assert steps["recp"].amount == (5, 5) and steps["shared_land"].amount == pytest.approx((1.2, 1.2))
    low = (
        sum(PARAMETERS[f"{t}.capex_per_worker_at_15"].low for t in ("T1_housekeeping", "T2_efficient_equipment")) * 15.5 * 5 / 1000
    )
    assert steps["recp"].cost_bn[0] == pytest.approx(low)
    dearer = {
        step.name: step
        for step in check(
            site, {**instead("central_plant", False), "treated_share": 0.1, "effluent_m3_day": 800, "measured_share": NOT_KNOWN}
        ).steps
    }
    cheaper = {
        step.name: step
        for step in check(site, {**instead("central_plant", False), "treated_share": 0.1, "measured_share": NOT_KNOWN}).steps
    }
    assert dearer["central_plant"].cost_bn[1] > cheaper["central_plant"].cost_bn[1] > cheaper["central_plant"].cost_bn[0] > 0


def test_groups_are_closed_by_steps_of_their_own(tmp_path):
    (tmp_path / "f.csv").write_text("sector,workers\ntextile,100\nfood,50\n")
    path = tmp_path / "a.toml"
    path.write_text('[[clusters]]\nid = "a"\nname = "A"\nfirms = "f.csv"\narea_planned = 2\narea_built = 2\n')
    base = {**BEST, "recp_firms": 1, "aware_firms": 2, "served_firms": 2, "exchange_firms": 2}
    poor = {
        "roof_solar_share": 0.05,
        "energy_cut": 0,
        "reused_water_share": 0,
        "treated_share": 0.9,
        "served_firms": 0,
        "measured_share": 0.8,
    }
    rows = {(row.name, row.reading): row for row in check(path, {**base, **poor}).rows}
    steps = {step.criterion: step for step in check(path, {**base, **poor}).steps}
    assert set(steps) == {f"group_{name}" for name in ("energy", "water", "information")}
    assert rows["group_energy", "middle"].gap == pytest.approx((0.375, 0.375))
    share = 0.375 * 2 * PARAMETERS["full_renewable"].default  # of the electricity, by roofs alone
    low = share * (100 * PARAMETERS["textile.elec_MWh"].low + 50 * PARAMETERS["food.elec_MWh"].low) / PARAMETERS["solar_yield"].high
    assert steps["group_energy"].amount[0] == pytest.approx(low) and steps["group_energy"].unit == "kW"
    assert steps["group_energy"].cost_bn[0] == pytest.approx(low * PARAMETERS["cost.project_energy"].low / 1000)
    assert steps["group_water"].cost_bn[0] != steps["group_water"].cost_bn[0], "the model has no price for it, and says so"
    assert steps["group_information"].amount == (1, 1), "half of the firms less what is measured"


def test_effluent_is_reckoned_from_firms_where_nobody_says(tmp_path):
    (tmp_path / "f.csv").write_text("sector,workers\ntextile,100\nfood,50\n")
    path = tmp_path / "a.toml"
    path.write_text(
        '[[clusters]]\nid = "a"\nname = "A"\nfirms = "f.csv"\narea_planned = 2\narea_built = 2\n[answers]\ncentral_plant = false\ntreated_share = 0\n'
    )
    found = check(path)
    low, high = found.estimated["effluent_m3_day"]
    middle = (100 * 150 * 0.8 + 50 * 200 * 0.8) / 365
    assert low < middle < high and found.workers == 150
    assert next(step for step in found.steps if step.name == "central_plant").amount == (low, high)
    assert check(path, {"effluent_m3_day": 60}).estimated == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("exchange = 1", "unknown key; did you mean 'exchanges'?"),
        ("central_plant = 1", "true or false"),
        ("shared_land = 25", "out of range"),
        ("recp_firms = [5, 3]", "first must be below"),
        ("recp_firms = [1, 2, 3]", "range of two"),
        ("recp_firms = 41", "more than the 40 firms"),
        ('exchanges = "many"', "neither a number nor a range"),
        ("recp_firms = 2.5", "not a whole number"),
        ("central_plant = false\ncentral_plant_m3_day = 600", "cannot be true together with answers.central_plant = False"),
        ("central_plant = true\ncentral_plant_m3_day = 0", "cannot be true together"),
        ("exchanges = 0\nexchange_firms = [3, 5]", "cannot be true together with answers.exchanges = 0"),
        ("exchanges = 2\nexchange_firms = 0", "cannot be true together"),
        ("aware_firms = [1, 4]\nrecp_firms = 5", "cannot be true together with answers.aware_firms"),
        ("violations_3_years = nan", "neither a number nor a range"),
    ],
)
def test_answers_that_are_none(site, line, words, capsys):
    site.write_text(SITE + f"[answers]\n{line}\n")
    assert main(["check", str(site)]) == 2
    said = capsys.readouterr().err
    assert words in said and "answers." in said and "thanh-oai.toml" in said


def test_a_city_is_referred_to_one_of_its_clusters(capsys):
    assert main(["check", "hanoi"]) == 2
    assert "70 clusters" in capsys.readouterr().err


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_told_in_both_languages(site, lang, capsys, tmp_path):
    say = Words(lang)
    for answers in (BEST, WORST, {}):
        found = check(site, answers)
        texts = [
            summary(found, say),
            *sentences(found, say),
            *(cell for heads, rows in (criteria_rows(found, say), step_rows(found, say)) for row in [heads, *rows] for cell in row),
        ]
        assert all(text and "{" not in text and f"{MISSING} {say('check.bn')}" not in text for text in texts)
    site.write_text(SITE + answers_text({"exchanges": 2, "depot": True, "recp_firms": [1, 2]}))
    assert main(["check", str(site), "--lang", lang, "--out", str(tmp_path / "out")]) == 0
    told = json.loads((tmp_path / "out" / "check.json").read_text())
    assert told["answers"] == {"exchanges": [2, 2], "depot": [1, 1], "recp_firms": [1, 2]} and len(told["criteria"]) == 23
    capsys.readouterr()
    assert main(["check", str(site), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unanswered"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_form_holds_what_is_known_and_why_the_rest_is_empty(site, lang, tmp_path):
    found = check(site, {"exchanges": 3, "reused_water_share": [0.1, 0.2], "yearly_report": False})
    lines = entries(found)
    assert len(A5) == 18 and len(lines) == len(A5) + len(B4)
    assert all((line.value is None) == bool(line.reason) for line in lines)
    known = {line.code: line.value for line in lines if line.value is not None}
    assert known == {"ENV.1": 3, "ENV.3": (10, 20), "ENV.6": False, "symbioses": 3}
    content = form_xlsx(found, Words(lang))
    assert content == form_xlsx(found, Words(lang))
    book = openpyxl.load_workbook(io.BytesIO(content))
    a5 = list(book.worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in a5[1:]] == [code for code, _, _ in A5]
    assert all(row[1] and row[4] for row in a5[1:]) and a5[1][2] == 3
    path = tmp_path / "form.xlsx"
    assert main(["form", str(site), str(path), "--lang", lang]) == 0 and path.exists()
    assert main(["form", str(site), str(path)]) == 2


# --- a province ------------------------------------------------------------------------------------------------

LIST = """PHỤ LỤC;;;;;
Tên CCN;Diện tích đất (ha);Lao động;Số doanh nghiệp;Ngành nghề;Hệ thống xử lý nước thải tập trung
Yên Phong;20,5;;50;Tái chế giấy;2015
Phong Khê;12;900;;;chưa
Đại Bái;6,25;310;33;Đúc đồng;có
Cộng;38,75;1210;83;;
"""


def test_a_site_from_a_list_of_clusters(tmp_path):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    report = new_province("bac-ninh", tmp_path / "list.csv", tmp_path)
    scenario = load_scenario(report.scenario)
    clusters = {one.name: one for one in scenario.site.clusters}
    assert list(clusters) == ["Yên Phong", "Phong Khê", "Đại Bái"] and scenario.site.kind == "city"
    assert (clusters["Yên Phong"].cetp_since, clusters["Phong Khê"].cetp_since, clusters["Đại Bái"].cetp_since) == (
        2015,
        None,
        2019,
    )
    assert clusters["Phong Khê"].firms_2018 == round(900 / 15.5) and clusters["Đại Bái"].firms_2018 == 33
    assert max(clusters["Đại Bái"].mix, key=clusters["Đại Bái"].mix.get) == "metal_mechanical" and clusters["Phong Khê"].mix is None
    told = {remark.key: remark.fields.get("count") for remark in report.remarks}
    assert (told["province_firms"], told["province_mix"], told["province_plant_year"], told["province_planned"]) == (1, 1, 1, 3)
    assert "province_plant" not in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,area\nA,3\n", "firms"),
        ("name,firms\nA,3\n", "area"),
        ("name,area,firms\nA,,3\nB,x,4\nC,3,0\n", "3 of 3 rows refused"),
        ("name,area,firms\nA,0.02,300\n", "m2 for each"),
    ],
)
def test_lists_that_cannot_be_used(tmp_path, text, words):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=words):
        new_province("x", tmp_path / "list.csv", tmp_path / "out")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_the_worked_example_is_read_and_its_numbers_are_called_invented(capsys, tmp_path):
    from ecocluster.scenarios.library import Path

    example = Path(__file__).parents[2] / "scenarios" / "data" / "clusters_example.csv"
    assert "invented" in example.read_text(encoding="utf-8")
    assert main(["scenarios", "province", "tinh-x", "--clusters", str(example), "--out", str(tmp_path), "--lang", "vi"]) == 0
    assert "lấy ngẫu nhiên" in capsys.readouterr().out
    assert len(load_scenario(tmp_path / "tinh-x.toml").site.clusters) == 4
    assert main(["scenarios", "province", "tinh-y", "--clusters", str(example), "--columns", "area=Dien tich"]) == 2
    assert new_province("z", example, tmp_path, choices=Choices(columns={"sector": ""})).clusters == 4


@pytest.mark.parametrize(
    ("text", "areas"),
    [
        ("STT;Tên CCN;Diện tích (m2);Số DN\n1;A;185000;42\n2;B;92500,5;10\n", [18.5, 9.25005]),
        ("Tên CCN;DT (km2);Số DN\nA;0,2;42\n", [20]),
        ("Tên CCN;DT (ha);Số DN\nA;20;42\n", [20]),
        (
            "STT;Tên CCN;Diện tích (ha);Số DN\nI;Huyện X;48;52\n1;A;18;42\n2;B;30;10\nII;Huyện Y;9;9\n3;C;9;9\n;Tổng;57;61\n",
            [18, 30, 9],
        ),
        ("TT;Tên CCN;Diện tích (ha);Số DN\nA;Huyện X;48;52\n1;A;18;42\n2;B;30;10\nB;Huyện Y;9;9\n1;C;9;9\n", [18, 30, 9]),
    ],
)
def test_areas_in_other_units_and_sums_of_districts(tmp_path, text, areas):
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    report = new_province("x", tmp_path / "list.csv", tmp_path)
    assert [one.area_built for one in load_scenario(report.scenario).site.clusters] == pytest.approx(areas)


def test_a_place_called_after_a_republic_is_no_total(tmp_path):
    """What is a total is said in one place for lists of enterprises and of clusters."""
    text = "Tên CCN;Diện tích (ha);Số cơ sở\nCộng Hòa;12;30\nTổng công ty May;9;20\nTrung bình;10;25\nTổng cộng 2;21;50\n"
    (tmp_path / "list.csv").write_text(text, encoding="utf-8")
    found = read_clusters(tmp_path / "list.csv")
    assert [one.entry["name"] for one in found.clusters] == ["Cộng Hòa", "Tổng công ty May"] and not found.refused


def test_areas_that_no_park_has_are_asked_about(tmp_path):
    (tmp_path / "list.csv").write_text("Tên CCN;Diện tích;Số DN\nA;185000;42\nB;9000;3\nC;20;12,5\n", encoding="utf-8")
    found = read_clusters(tmp_path / "list.csv")
    assert [(one.line, one.reason.key) for one in found.refused] == [(2, "doubt_area"), (3, "doubt_area"), (4, "not_whole_number")]


def test_what_a_list_leaves_out_is_marked_cluster_by_cluster(tmp_path):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    found = read_clusters(tmp_path / "list.csv")
    unknown = {one.entry["name"]: set(one.unknown) for one in found.clusters}
    assert unknown == {
        "Yên Phong": {"planned", "trade"},
        "Phong Khê": {"planned", "firms", "mix"},
        "Đại Bái": {"planned", "trade", "plant_year"},
    }
    (tmp_path / "one.toml").write_text(site_text("one", found, found.clusters[1].entry["id"]), encoding="utf-8")
    alone = load_scenario(tmp_path / "one.toml").site
    assert alone.one_cluster and alone.city_firms == found.firms, "the budget is shared as in the whole province"
