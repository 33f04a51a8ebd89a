"""Page Evidence: what it says is what the registry, the description and the tests say."""

import re
from pathlib import Path

import pytest
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.evidence import (
    CALIBRATION,
    CHECKS,
    MARKS,
    OUTSIDE_THE_BAND,
    STEPS,
    Filter,
    _chosen,
    _frame,
)
from ecocluster.viz.parameter_words import meaning_of, range_of, source_of
from ecocluster.viz.sources import known_sources
from ecocluster.viz.words import LANGUAGES, Words, value_of

ROOT = Path(__file__).parents[2]


def test_the_calibration_is_that_of_the_description():
    text = (ROOT / "docs" / "odd.md").read_text(encoding="utf-8")
    table = text.partition("<!-- calibration table: begin -->")[2].partition("<!-- calibration table: end -->")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    say = Words("en")
    seen: dict[str, int] = {}
    for target, what, band, model in rows:
        seen[target] = seen.get(target, 0) + 1
        key = f"evidence.cal.{target}.{seen[target]}"
        assert [say(f"{key}.what"), say(f"{key}.band"), say(f"{key}.model")] == [what, band, model]
        said_outside = "above the band" in model or "below the band" in model
        assert (f"{target}.{seen[target]}" in OUTSIDE_THE_BAND) == said_outside
    assert seen == CALIBRATION


def test_checks_that_are_named_exist():
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "verification").glob("test_*.py"))
    named = [test for tests in CHECKS.values() for test in tests]
    assert len(named) == len(set(named)) >= 30
    for test in named:
        assert re.search(rf"def test_v0?{test[1:]}_", sources), test


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_is_said_in_both_languages(lang):
    say = Words(lang)
    for parameter in PARAMETERS.values():
        assert meaning_of(parameter, say) and range_of(parameter, say) and value_of(parameter.default, say)
        assert say(f"unit.{parameter.unit}") and say(f"evidence.mark.{parameter.mark}") and say(f"evidence.group.{parameter.group}")
    for key in (*(f"evidence.step{n + 1}" for n in range(STEPS)),):
        assert say(key)
    for test in (test for tests in CHECKS.values() for test in tests):
        assert say(f"evidence.v.{test}")


def test_meanings_are_those_of_the_registry():
    say = Words("en")
    plain = [p for p in PARAMETERS.values() if p.group not in ("sector", "technology", "stream", "chain")]
    assert {p.name: meaning_of(p, say) for p in plain} == {p.name: p.meaning for p in plain}
    assert {p.mark for p in PARAMETERS.values()} == set(MARKS)


def test_sources_are_told_in_vietnamese():
    told = [source_of(p, Words("vi")) for p in PARAMETERS.values()]
    assert not [text for text in told if re.search(r"\b(specification|evidence|rows?|assumption|of|in)\b|\d\.\d+ ?%", text)]


def test_search_and_filters():
    everything = _chosen(Filter(), "en")
    assert [p.name for p in everything] == list(PARAMETERS)
    assert "electricity_growth" in {p.name for p in _chosen(Filter(search="ELECTRICITY growth"), "en")}
    found = {p.name for p in _chosen(Filter(search="gia dien"), "vi")}  # without accents
    assert "electricity_price" in found and len(found) < 20
    guesses = _chosen(Filter(mark="assumption", group="trust"), "en")
    assert guesses and all(p.mark == "assumption" and p.group == "trust" for p in guesses)
    assert _chosen(Filter(search="no such thing"), "en") == []
    table = _frame(guesses, Words("en"))
    assert list(table["default"]) == [p.default for p in guesses] and table["low"].le(table["high"]).all()


def test_numbers_keep_their_digits():
    en, vi = Words("en"), Words("vi")
    assert [value_of(v, en) for v in (0, 0.0945, 20000, 2017, 1e-5, 44.0)] == [
        "0",
        "0.0945",
        "20,000",
        "2017",
        "1×10^-5",
        "44",
    ]
    assert value_of(0.0945, vi) == "0,0945" and value_of(20000, vi) == "20.000"


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_searches_and_restores_itself(browser, server, lang):
    say = Words(lang)
    with open_page(browser, f"{server}/evidence?mark=documented", lang) as watched:
        page = watched.page
        watched.wait(".eco-chart [data-drawn]")
        tables = page.query_selector_all(".eco-table")
        assert len(tables) == 5
        documented = sum(p.mark == "documented" for p in PARAMETERS.values())
        assert say("evidence.found", found=documented, total=len(PARAMETERS)) in page.inner_text(".eco")
        page.select_option("select[name=mark]", "")
        page.fill("input[name=search]", "hurdle" if lang == "en" else "muc sinh loi")
        page.wait_for_function("document.querySelectorAll('.eco-table')[1].querySelectorAll('tbody tr').length < 10")
        assert "hurdle_median" in tables[1].inner_text()
        page.fill("input[name=search]", "")
        page.click(f"button:has-text('{say('evidence.more', shown=25, total=len(PARAMETERS))}')")
        page.wait_for_function("document.querySelectorAll('.eco-table')[1].querySelectorAll('tbody tr').length === 100")
        assert not re.findall(r"\b(?:evidence|param|unit|technology)\.(?!md\b)[a-z_]\w*", page.inner_text(".eco"))
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
def test_a_source_leads_to_its_title_and_its_link(browser, server):
    with open_page(browser, f"{server}/evidence?search=G1.8", "vi") as watched:
        watched.wait("#source-evidence-G1-8")
        page = watched.page
        page.click("a[href='#source-evidence-G1-8'] >> nth=0")
        source = known_sources()["evidence G1.8"]
        row = page.query_selector("#source-evidence-G1-8:target")
        assert source.title in row.inner_text() and source.link.startswith("https://")
        assert row.query_selector("a").get_attribute("href") == source.link
        assert "specification" not in page.query_selector("[id^=source-] th").inner_text()
        assert "noopener" in row.query_selector("a").get_attribute("rel")
