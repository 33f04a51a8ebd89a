"""Pages Self-check and Goal: the questions are put, the cluster stands somewhere, the form opens again, the goal is looked for."""

import openpyxl
import pytest
from ecocluster.viz.pages.browser import open_page


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
def test_a_goal_is_looked_for(browser, server):
    with open_page(browser, f"{server}/goal") as watched:
        page = watched.page
        watched.wait("input[name=want]")
        page.fill("input[name=want]", "nothing_2035>=1")
        page.wait_for_function("location.search.includes('nothing_2035')")  # the page has heard of it
        page.click("button.main")
        watched.wait(".eco .error")
        page.fill("input[name=want]", "jobs_2030>=1")
        page.wait_for_function("location.search.includes('jobs_2030')")
        page.click("button.main")
        watched.wait(".eco .answer")
        assert "law alone reaches it in 100" in page.inner_text(".eco .answer")
        assert watched.errors == [] and watched.outside == []
