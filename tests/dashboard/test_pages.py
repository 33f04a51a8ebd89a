"""The dashboard in a real browser: pages draw, react, speak two languages, export what the command line reproduces."""

import json
import re
from urllib.parse import quote

import numpy as np
import pytest
from ecocluster.viz.cli import main
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.frame import PAGES
from ecocluster.viz.words import LANGUAGES, Words
from waiting import WATCHDOG

pytestmark = pytest.mark.browser
FULL = "[data-replicates='4']"
SMALL = "/?site=teaching&replicates=4"  # four replicates of the teaching cluster: a second

# share of the pixels of a canvas that are not empty
INK = """(selector) => Math.max(...[...document.querySelectorAll(selector + ' canvas')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let ink = 0;
  for (let i = 3; i < data.length; i += 4) ink += data[i] > 0;
  return ink / (data.length / 4);
}))"""

DRAWN = "[...document.querySelectorAll('.eco-chart > div')].reduce((sum, box) => sum + Number(box.dataset.drawn || 0), 0)"
MOVE = """([name, value]) => {
  const slider = document.querySelector(`#lever-${name}`);
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
}"""
# page -> what is there once all of it is
THERE = {
    "": ".eco-chart [data-drawn]", "map": "select", "watch": "canvas[data-ready]", "barriers": "button.main", "explorer": ".eco-chart [data-drawn]",
    "self-check": ".eco-table", "goal": "button.main", "portfolio": "button.main", "my-cluster": ".watch-pick", "province": ".watch-pick", "evidence": ".eco-chart [data-drawn]",
    "limits": ".eco-table",
}  # fmt: skip


def move(page, name, value):
    """Move a slider, and wait until curves are drawn anew."""
    before = page.evaluate(DRAWN)
    page.evaluate(MOVE, [name, value])
    page.wait_for_function(f"(before) => {DRAWN} !== before", arg=before)


def until_it_says(page, text, said=True):
    """Wait until a text is on the page, or is not any more."""
    page.wait_for_function("([text, said]) => document.querySelector('.eco').innerText.includes(text) === said", arg=[text, said])


def until_changed(page, selector, before):
    """Wait until the text of an element is another one."""
    page.wait_for_function("([selector, before]) => document.querySelector(selector)?.innerText !== before", arg=[selector, before])


def until_drawn(page):
    """Wait for lines and bands in a chart, not an empty frame: the table beside it may be there before."""
    page.wait_for_function(f"(selector) => ({INK})(selector) > 0.02", arg=".eco-chart")


def quiet(watched):
    assert watched.errors == []
    assert watched.outside == []


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_every_page_loads_in_the_browsers_language(browser, server, path, lang):
    with open_page(browser, f"{server}/{path}", lang) as watched:
        watched.wait(".eco h1")
        watched.wait(THERE[path])
        watched.settle()
        say = Words(lang)
        assert watched.page.inner_text(".eco-head a.on") == say(f"page.{PAGES[path]}.menu")
        assert watched.page.inner_text("h1") == say(f"page.{PAGES[path]}.title")
        assert watched.page.evaluate("document.documentElement.lang") == lang
        assert not watched.page.query_selector(".eco .error")
        # a key of the catalogues that reached the page would look like this
        assert not re.findall(
            r"\b(?:page|compare|unknown|levers?|mix|binds|explorer|export|frame)\.[a-z_]+\b", watched.page.inner_text(".eco")
        )
        quiet(watched)


def test_icons_and_fonts_come_from_this_machine(browser, server):
    with open_page(browser, f"{server}/") as watched:
        watched.wait(".eco h1")
        loaded = watched.page.evaluate("document.fonts.load('16px \"Material Design Icons\"').then((fonts) => fonts.length)")
        assert loaded > 0
        quiet(watched)


def test_compare_draws_and_follows_a_slider(browser, server):
    with open_page(browser, server + SMALL) as watched:
        watched.wait(FULL)
        page = watched.page
        watched.wait(".eco-table .delta")
        until_drawn(page)
        before = page.inner_text(".eco-table")
        for value in ("0.9", "0.6", "1"):
            move(page, "extension", value)
        until_changed(page, ".eco-table", before)
        watched.wait(FULL)
        assert page.inner_text(".lever:has(#lever-extension) output") == "100 %"
        quiet(watched)


def test_a_reference_is_kept_and_compared_with(browser, server):
    with open_page(browser, server + SMALL) as watched:
        watched.wait(".eco-table .delta")
        watched.page.click("text=Keep as reference")
        watched.wait(".delta.two")
        assert "0" in watched.page.inner_text(".delta.two >> nth=0")  # nothing has changed yet
        move(watched.page, "inspection_rate", "0.9")
        watched.page.wait_for_function("[...document.querySelectorAll('.delta.two')].some((cell) => /[1-9]/.test(cell.innerText))")
        quiet(watched)


def test_the_language_switches_without_losing_anything(browser, server):
    with open_page(browser, server + SMALL, "vi") as watched:
        watched.wait(".eco-table .delta")
        move(watched.page, "extension", "0.9")
        watched.page.click(".eco-lang button[lang=en]")
        watched.page.wait_for_function("document.documentElement.lang === 'en'")
        page = watched.page
        page.wait_for_function(f"document.querySelector('h1').innerText === {json.dumps(Words('en')('page.compare.title'))}")
        assert page.inner_text(".lever:has(#lever-extension) output") == "90 %"
        page.click(".eco-head nav a[href*='evidence']")
        page.wait_for_function(f"document.querySelector('h1').innerText === {json.dumps(Words('en')('page.evidence.title'))}")
        quiet(watched)


def download(watched, kind):
    with watched.page.expect_download() as waiting:
        watched.page.click(f"[data-export={kind}]")
    return waiting.value.path(), waiting.value.suggested_filename


def test_the_configuration_gives_the_same_numbers_on_the_command_line(browser, server, tmp_path):
    import pandas as pd

    with open_page(browser, f"{server}{SMALL}&extension=0.9&budget=200") as watched:
        watched.wait("[data-export=toml]")
        config, name = download(watched, "toml")
        assert name == "compare-teaching.toml"
        own = tmp_path / "config.toml"
        own.write_bytes(config.read_bytes())
        shown = pd.read_parquet(download(watched, "parquet")[0])
        assert pd.read_csv(download(watched, "csv")[0], keep_default_na=False)["pathway"].tolist() == shown["pathway"].tolist()
        assert download(watched, "png")[0].read_bytes()[:2] == b"PK"  # three figures
        quiet(watched)
    assert main(["compare", "--config", str(own), "--out", str(tmp_path / "out")]) == 0
    again = pd.read_csv(tmp_path / "out" / "summary.csv", keep_default_na=False, na_values=[""], float_precision="round_trip")
    assert "extension" in own.read_text()
    np.testing.assert_array_equal(again["mean"].to_numpy(float), shown["mean"].to_numpy(float))


def test_the_link_restores_the_page_and_the_brief_is_two_pages_at_most(browser, server):
    with open_page(browser, f"{server}{SMALL}&extension=0.9&year=2030") as watched:
        watched.wait("[data-export=link]")
        watched.page.click("[data-export=link]")
        watched.page.wait_for_function("location.search.includes('extension=0.9')")
        address = watched.page.url
        with watched.page.context.expect_page() as opened:
            watched.page.click("[data-export=brief]")
        brief = opened.value
        brief.wait_for_selector("table")
        assert brief.query_selector("figure img")
        # five paragraphs, the table of eleven rows with their ranges, and a figure: more than one page, no more than two
        pdf = brief.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 2
    with open_page(browser, address) as watched:
        watched.wait(FULL)
        assert watched.page.inner_text(".lever:has(#lever-extension) output") == "90 %"
        assert watched.page.get_attribute("text=2030 >> nth=0", "aria-pressed") in ("true", None)
        quiet(watched)


def test_two_visitors_never_see_each_others_state(browser, server):
    with open_page(browser, server + SMALL) as first, open_page(browser, server + SMALL, "vi") as second:
        first.wait(".eco-table .delta")
        second.wait(".eco-table .delta")
        before = first.page.inner_text(".eco-table")
        move(first.page, "extension", "1")
        until_changed(first.page, ".eco-table", before)
        second.page.click(f"text={Words('vi')('compare.pin')}")  # the server has drawn this page since
        second.wait(".delta.two")
        assert first.page.inner_text(".lever:has(#lever-extension) output") == "100 %"
        assert second.page.inner_text(".lever:has(#lever-extension) output") == Words("vi")("levers.own")
        quiet(first)
        quiet(second)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("site=nowhere&replicates=4", "nowhere"),
        ("site=" + quote("../../etc/passwd.toml") + "&replicates=4", "passwd"),
        ("site=teaching&extension=7", "extension"),
        ("site=teaching&policy=vietnam", "vietnam-2020"),
        ("site=teaching&replicates=90000", "90000"),
    ],
)
def test_what_cannot_be_run_is_told_on_the_page(browser, server, query, said):
    with open_page(browser, f"{server}/?{query}") as watched:
        watched.wait(".eco .error")
        text = watched.page.inner_text(".eco .error >> nth=0")
        assert said in text
        assert "Traceback" not in text
        quiet(watched)


def test_an_unknown_site_of_the_barriers_is_told_at_once(browser, server):
    with open_page(browser, f"{server}/barriers?site=nowhere", "vi") as watched:
        watched.wait(".eco .error")
        assert "nowhere" in watched.page.inner_text(".eco .error") and "unknown" not in watched.page.inner_text(".eco .error")
        watched.page.select_option("select >> nth=0", "teaching")
        watched.page.wait_for_selector(".eco .error", state="detached")
        quiet(watched)


def test_a_long_run_shows_progress_and_can_be_stopped(browser, server):
    with open_page(browser, f"{server}/?site=hanoi&replicates=150") as watched:
        watched.wait(".eco-job progress")
        watched.page.click(".eco-job button")
        until_it_says(watched.page, Words("en")("job.stopped"))
        assert not watched.page.query_selector(".eco-job progress")
        quiet(watched)


def test_keyboard_alone_moves_a_slider(browser, server):
    with open_page(browser, server + SMALL) as watched:
        watched.wait(FULL)
        watched.page.focus("#lever-extension")
        watched.page.keyboard.press("ArrowRight")
        watched.page.wait_for_function("document.querySelector('.lever:has(#lever-extension) output').innerText === '21 %'")
        quiet(watched)


@pytest.mark.parametrize("width", [1440, 1024, 768])
def test_nothing_sticks_out_sideways(browser, server, width):
    with open_page(browser, server + SMALL, "vi", width) as watched:
        watched.wait(".eco-table .delta")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_stored_finding_is_opened(browser, server):
    with open_page(browser, f"{server}/barriers?site=teaching", "vi") as watched:
        watched.page.wait_for_selector("option[value=small-barriers]", state="attached")
        watched.page.select_option("select:has(option[value=small-barriers])", "small-barriers")
        watched.wait(".eco-chart canvas")
        watched.wait(".eco-table")
        until_drawn(watched.page)
        quiet(watched)


def test_a_sweep_is_opened_and_brushed(browser, server):
    with open_page(browser, f"{server}/explorer?folder=small-sweep") as watched:
        watched.wait(".eco-chart [data-drawn]")
        until_it_says(watched.page, "80 of 80")
        watched.settle()
        box = watched.page.query_selector(".eco-chart").bounding_box()
        mouse = watched.page.mouse
        mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
        mouse.down()
        mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"])
        mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.85 * box["height"])
        mouse.up()
        until_it_says(watched.page, "80 of 80", False)
        quiet(watched)


def test_a_selection_is_made_with_the_keyboard(browser, server):
    with open_page(browser, f"{server}/explorer?folder=small-sweep") as watched:
        watched.wait(".eco-chart canvas")
        name = "input[name=y1]"
        watched.page.focus(name)
        watched.page.keyboard.type("-800")
        watched.page.keyboard.press("Tab")
        until_it_says(watched.page, "80 of 80", False)
        watched.page.click(f"text={Words('en')('explorer.clear')}")
        until_it_says(watched.page, "80 of 80")
        watched.page.wait_for_function("(name) => document.querySelector(name).value === ''", arg=name)
        quiet(watched)


def test_folders_outside_are_not_opened(browser, server):
    with open_page(browser, f"{server}/explorer?folder=" + quote("../")) as watched:
        watched.wait(".eco .error")
        quiet(watched)


def test_health_endpoint(server):
    from urllib.request import urlopen

    with urlopen(f"{server}/readyz", timeout=WATCHDOG) as answer:
        assert answer.status == 200
