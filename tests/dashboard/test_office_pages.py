"""Pages Self-check and Goal: the questions are put, the cluster stands somewhere, the form opens again, the goal is looked for."""

from urllib.parse import quote

import openpyxl
import pytest
from ecocluster.experiments.analyses.effects import Rule
from ecocluster.experiments.analyses.goal import wants_of
from ecocluster.scenarios import load_scenario
from ecocluster.viz.goal_words import MENU, range_of_want, want_text, wants_text
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.goal import State, Want
from ecocluster.viz.words import LANGUAGES, Words


def flat(text):
    """A text with plain spaces, as it is compared with what a browser shows."""
    return " ".join(text.split())


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "missed"), [("en", "missed"), ("vi", "chưa đạt")])
def test_the_self_check(browser, server, tmp_path, lang, missed):
    with open_page(browser, f"{server}/self-check", lang) as watched:
        page = watched.page
        watched.wait("select[name=central_plant]")
        page.select_option("select[name=central_plant]", "false")
        page.fill("input[name=treated_share]", "20-40")
        page.wait_for_function(f"document.querySelector('.eco-table').innerText.includes('{missed}')")
        assert "20" in page.inner_text(".eco-table") and page.query_selector_all(".eco-table")[1]
        page.fill("input[name=exchanges]", "many")
        watched.wait(".eco .error")
        page.fill("input[name=exchanges]", "2")
        page.wait_for_function("!document.querySelector('.eco .error')")
        with page.expect_download() as download:
            page.click("button:has-text('xlsx')")
        download.value.save_as(tmp_path / "form.xlsx")
        rows = list(openpyxl.load_workbook(tmp_path / "form.xlsx").worksheets[0].iter_rows(values_only=True))
        assert rows[1][0] == "ENV.1" and rows[1][2] == 2
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_goal_is_looked_for(browser, server, lang):
    say = Words(lang)
    with open_page(browser, f"{server}/goal", lang) as watched:
        page = watched.page
        watched.wait("select[name=base0]")
        first = want_text(Rule("cod_avoided_share_2035", ">=", 0.2), say)
        assert flat(first) in flat(page.inner_text(".eco"))
        assert page.evaluate(
            "[...document.querySelectorAll('.eco p, .eco label, .eco option')].every(one => !/[<>]=/.test(one.innerText))"
        )
        page.select_option("select[name=base0]", "jobs")
        page.wait_for_function("location.search.includes('jobs_2035')")
        page.select_option("select[name=year0]", "2030")
        page.fill("input[name=value0]", "many")
        watched.wait(".eco .error")
        assert "many" in page.inner_text(".eco .error")
        page.fill("input[name=value0]", "1")
        page.wait_for_function("!document.querySelector('.eco .error') && location.search.includes('jobs_2030%3E%3D1')")
        page.click(f"button:has-text('{say('goal.add')}')")
        watched.wait("select[name=base1]")
        assert "--want 'jobs_2030>=1 and cod_avoided_share_2030>=0.2'" in page.inner_text(".eco code")
        page.click(f"button:has-text('{say('goal.drop')}')")
        page.wait_for_function("!document.querySelector('select[name=base1]')")
        page.click("button.main")
        watched.wait(".eco .answer")
        answer = flat(page.inner_text(".eco .answer"))
        assert flat(want_text(Rule("jobs_2030", ">=", 1), say)) in answer and "jobs_2030" not in answer
        assert flat(say("goal.alone", probability="100 %", worlds=10)) in answer
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_cannot_be_reached_is_told_in_words(browser, server, lang):
    say, want = Words(lang), "abatement_share_2030>=0.99 and one_unmet_2030>=0.5"
    with open_page(browser, f"{server}/goal?site=teaching&sure=80&want={quote(want)}", lang) as watched:
        page = watched.page
        watched.wait("select[name=base1]")
        assert [page.input_value(f"[name={name}]") for name in ("base0", "value0", "year0", "base1", "value1", "sure")] == [
            "abatement_share", "99", "2030", "one_unmet", "50", "80",
        ]  # fmt: skip
        page.click("button.main")
        watched.wait(".eco .answer")
        told, answer = flat(say("goal.not_found", wants="*", sure="80", seen="*")), flat(page.inner_text(".eco .answer"))
        assert all(part.strip() in answer for part in told.split("*")) and flat(wants_text(wants_of(want), say)) in answer
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
def test_a_goal_of_an_address_that_is_none_is_told(browser, server):
    with open_page(browser, f"{server}/goal?want=nothing_2035%3E%3D1", "en") as watched:
        watched.wait("select[name=base0]")
        assert (
            "nothing_2035>=1" in watched.page.inner_text(".eco") and watched.page.input_value("[name=base0]") == "cod_avoided_share"
        )


@pytest.mark.parametrize(("site", "want", "good"), [
    ("hanoi", Want("clusters_level1", ">=", "70", 2035), True), ("hanoi", Want("clusters_level1", ">=", "71", 2035), False),
    ("nguyen-khe", Want("clusters_level1", ">=", "2", 2035), False), ("hanoi", Want("one_unmet", ">=", "100", 2030), True),
    ("hanoi", Want("one_unmet", ">=", "100,5", 2030), False), ("hanoi", Want("one_unmet", "<=", "12,5", 2030), True),
    ("hanoi", Want("one_unmet", ">=", "", 2030), False), ("hanoi", Want("jobs", ">=", "1.200", 2030), False),
    ("hanoi", Want("jobs", ">=", "1200", 2030), True), ("hanoi", Want("jobs", ">=", "nan", 2030), False), ("hanoi", Want("jobs", ">=", "-1", 2030), False),
])  # fmt: skip
@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_wanted_lies_in_its_range_or_is_refused_in_words(site, want, good, lang):
    state, say = State({"site": site}), Words(lang)
    state.wants.value = (want,)
    rules, wrong = state.asked(say)
    assert (len(rules) == 1, wrong == "") == (good, good)
    assert good or (want.value in wrong and want.base not in wrong and ">=" not in wrong)
    state.wants.value = (want, want)
    assert state.asked(say)[1]  # twice, or wrong twice


@pytest.mark.parametrize(
    "text", ["one_unmet_2035>=0.125", "jobs_2040<=900 and jobs_2040>=800", "pv_outlay_2035<=10", "cod_total_2035<=1200.5"]
)
def test_a_goal_of_an_address_comes_back_as_it_was(text):
    state = State({"want": text})
    assert state.fields(Words("vi"))["want"] == text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_want_of_the_menu_is_said_with_unit_and_range(lang):
    say = Words(lang)
    for base in (base for bases in MENU.values() for base in bases):
        reach = range_of_want(base, 70, 3864, say)
        assert reach.high is not None and reach.low <= reach.usual <= reach.high and reach.unit
        for sign in (">=", "<="):
            told = want_text(Rule(f"{base}_2035", sign, reach.usual / reach.factor), say)
            assert (
                base not in told
                and "2035" in told
                and reach.unit in told
                and say("goal.least" if sign == ">=" else "goal.most") in told
            )


PROVINCE = (
    "Tên CCN;Diện tích (ha);Số cơ sở;Số lao động;Ngành nghề;Trạm xử lý nước thải\n"
    "Cụm Một;18,5;42;760;Chế biến gỗ;2016\nCụm Hai;12;;540;;\nCụm Ba;x;10;;;\n"
)


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "drawn", "everywhere"), [("en", "drawn", "all clusters"), ("vi", "ngẫu nhiên", "mọi cụm")])
def test_a_list_of_clusters_becomes_a_site(browser, server, tmp_path, lang, drawn, everywhere):
    (tmp_path / "list.csv").write_text(PROVINCE, encoding="utf-8")
    with open_page(browser, f"{server}/province", lang) as watched:
        page = watched.page
        watched.wait("input[type=file]")
        page.set_input_files("input[type=file]", str(tmp_path / "list.csv"))
        watched.wait(".eco-table")
        rows = [row.inner_text().split("\t") for row in page.query_selector_all(".eco-table tbody tr")]
        first, second = ([cell.strip() for cell in row] for row in rows)
        assert (
            first[0] == "Cụm Một"
            and first[3].startswith("~")
            and first[4] == "42"
            and first[5].startswith("~")
            and first[6] == "2016"
        )
        assert second[4] == "~ 35" and (second[5], second[6]) == (drawn, drawn), "from 540 workers; no trade, no plant in the list"
        assert "Cụm Ba" not in page.inner_text(".eco-table") and "“x”" in page.inner_text(".eco")
        assert page.inner_text("select[name=which]").split("\n") == [everywhere, "Cụm Một", "Cụm Hai"]
        with page.expect_download() as download:
            page.click("button:has-text('.toml')")
        download.value.save_as(tmp_path / "list.toml")
        assert [one.name for one in load_scenario(tmp_path / "list.toml").site.clusters] == ["Cụm Một", "Cụm Hai"]
        page.select_option("select[name=which]", "cum-hai")
        page.click("button.main")
        watched.wait(".eco .answer")
        page.wait_for_function("document.querySelectorAll('.eco-table').length === 2")
        assert watched.errors == [] and watched.outside == []
