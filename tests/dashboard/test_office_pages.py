"""Pages Self-check and Goal: the questions are put, the cluster stands somewhere, the form opens again, the goal is looked for."""

import openpyxl
import pytest
from ecocluster.scenarios import load_scenario
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
