"""A module in the browser: its levers have sliders, its indicators stand among the others, its page prints how it was loaded."""

from pathlib import Path

import pytest
from ecocluster.viz.pages.browser import open_page, serve
from test_pages import FULL, SMALL, move, quiet, until_changed

pytestmark = pytest.mark.browser
EXAMPLE = Path(__file__).parents[2] / "examples" / "modules" / "repair_vouchers.py"


@pytest.fixture(scope="module")
def own_server(browser):
    with serve("--with", str(EXAMPLE)) as address:
        yield address


def test_sliders_and_tables(browser, own_server):
    with open_page(browser, own_server + SMALL + "&pathway=combined", "vi") as watched:
        watched.wait(FULL)
        watched.wait(".eco-table .delta")
        page = watched.page
        assert "Đội sửa chữa" in page.inner_text(".lever:has(#lever-repair_teams)")
        before = page.inner_text(".eco-table")
        assert "Lượt sửa chữa" in before and "Mô-đun riêng" in page.inner_text(".eco")
        move(page, "repair_vouchers", "0.5")
        until_changed(page, ".eco-table", before)
        watched.wait(FULL)
        assert "50" in page.inner_text(".lever:has(#lever-repair_vouchers) output")
        quiet(watched)


def test_what_is_watched(browser, own_server):
    with open_page(browser, own_server + "/watch?site=teaching", "en") as watched:
        watched.wait("canvas[data-ready]")
        assert "Repair bills" in watched.page.inner_text(".eco")
        assert f"--with {EXAMPLE}" in watched.page.inner_text(".eco")
        quiet(watched)
