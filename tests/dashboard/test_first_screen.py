"""The first screen: one number and one sentence that are those of the table, a switch of the law, and the answer before the levers."""

import re

import pytest
from ecocluster.experiments import compare
from ecocluster.experiments.sketch import sketch
from ecocluster.viz.headline import headline, sketched
from ecocluster.viz.one_sentence import GROUND, changes, one_sentence, sketched_sentence
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.compare import State, fields_of
from ecocluster.viz.pages.compare_run import draw_sketch
from ecocluster.viz.words import LANGUAGES, MINUS, Words

SMALL = "/?site=teaching&replicates=4&pathway=combined&outcome=tco2e"


@pytest.fixture(scope="module")
def known():
    return compare("teaching", ["self-transition", "combined"], worlds=20)


@pytest.fixture(scope="module")
def fixed():
    return compare("teaching", ["combined"], fixed=True, replicates=2)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("year", [2030, 2035])
def test_number_range_and_sentence_are_those_of_the_table(known, lang, year):
    say = Words(lang)
    rows = {row.key: row for row in headline(known, say, year)}
    for arm in ("self-transition", "combined"):
        place = known.arms.index(arm)
        for outcome in GROUND:
            told = one_sentence(known, arm, outcome, year, "LAW", say)
            cell = rows[outcome].cells[place]
            assert told.number.startswith(cell.value) and rows[outcome].unit in told.number
            assert all(end in told.range for end in cell.range.split("; ")) and "20" in told.range
            assert say.percent(cell.best) in told.sure
            assert "LAW" in told.text and str(year) in told.text and say.name("pathway", arm) in told.text
            nothing = not cell.value.strip("0.,")
            if nothing and not cell.range:
                assert say(f"one.{outcome}", change=say("one.same")) in told.text
            elif nothing or cell.low < 0 < cell.high:  # neither less nor more can be said
                assert say("one.either", range="@").split("@")[0] in told.text
            else:
                assert say(f"one.{outcome}", change=say("one.less" if cell.middle < 0 else "one.more", amount=f"{cell.value.lstrip('+' + MINUS)} {rows[outcome].unit}")) in told.text  # fmt: skip


def test_what_is_not_there_is_not_said(known, fixed):
    say = Words("en")
    assert one_sentence(known, "symbiosis", "cod", 2035, "LAW", say) is None
    assert one_sentence(fixed, "combined", "cod", 2035, "LAW", say).sure == say("one.fixed")
    assert changes(fixed, "combined", "cod", 2035, say) == [say("one.ask_worlds")]


def test_what_would_change_the_answer_goes_with_it_over_the_worlds(known, monkeypatch):
    say = Words("en")
    import numpy as np
    from ecocluster.experiments import sureness

    effect = known.by_world("cod_total_2035")
    effect = effect[known.arms.index("combined")] - effect[known.base]
    rng = np.random.default_rng(1)
    draws = np.column_stack([rng.normal(size=20), effect, rng.normal(size=20)])  # the second goes with it perfectly
    monkeypatch.setattr(sureness, "drawn_values", lambda worlds: (("hurdle_median", "electricity_growth", "trust_mean"), draws))
    found = changes(known, "combined", "cod", 2035, say)
    assert len(found) == 1 and "the less the pathway saves" in found[0] and "+1.00" in found[0]
    noise = rng.normal(size=(20, 3))
    monkeypatch.setattr(sureness, "drawn_values", lambda worlds: (("hurdle_median", "electricity_growth", "trust_mean"), noise))
    assert changes(known, "combined", "cod", 2035, say) == [say("one.no_decider", worlds="20")]


def test_the_address_keeps_the_first_screen():
    state = State({"pathway": "combined", "outcome": "tco2e", "site": "teaching"}, "teaching")
    assert fields_of(state)["pathway"] == "combined" and fields_of(state)["outcome"] == "tco2e"
    odd = State({"pathway": "../x", "outcome": "y"}, "teaching")
    assert (odd.first.arm.value, odd.first.outcome.value) == ("self-transition", "cod")


@pytest.mark.browser
@pytest.mark.parametrize("width, height, lang", [(1440, 900, "vi"), (1024, 768, "en"), (390, 844, "vi")])
def test_number_stands_in_the_first_screen_and_before_the_levers(browser, server, width, height, lang):
    with open_page(browser, server + SMALL, lang, width) as watched:
        page = watched.page
        page.set_viewport_size({"width": width, "height": height})
        watched.wait(".first-chart canvas")
        number = page.locator(".first-number .number")
        assert re.match(rf"[{MINUS}+]?[\d.,]+ \S+", number.inner_text())
        box, levers = number.bounding_box(), page.locator(".side").bounding_box()
        assert box["y"] + box["height"] < height
        if width == 390:
            assert box["y"] < levers["y"]
        else:
            assert page.locator(".first-chart canvas").first.bounding_box()["y"] < height
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert watched.errors == []


@pytest.mark.browser
def test_law_switches_worlds_come_on_request_and_what_decides_is_a_click_away(browser, server):
    say = Words("en")
    with open_page(browser, server + SMALL, "en") as watched:
        page = watched.page
        watched.wait(".first-chart canvas")
        before = page.inner_text(".first .sentence")
        page.click(f"text={say('one.beyond_today')}")
        page.wait_for_function("(before) => document.querySelector('.first .sentence')?.innerText !== before", arg=before)
        assert page.get_attribute(f'button:has-text("{say("one.beyond_today")}")', "aria-pressed") == "true"
        page.click(f"text={say('one.changes')}")
        page.wait_for_selector(f"text={say('one.ask_worlds')[:40]}")
        page.click("button.main")
        page.wait_for_function("document.querySelector('.first-number')?.innerText.includes('100')")
        page.wait_for_function(
            "(text) => !document.querySelector('.changes').innerText.includes(text)", arg=say("one.ask_worlds")[:40]
        )
        assert watched.errors == [] and watched.outside == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_sketch_tells_the_number_of_its_curves_with_the_interval_of_the_answer(lang):
    """In the words of the answer, for the year that was chosen; nothing that it does not hold."""
    say = Words(lang)
    estimate = next(sketch("hanoi", ["combined"], fixed=True, replicates=20))
    picture = draw_sketch(estimate, ["cod"])
    for year in (2030, 2035):
        curve, found = estimate.curve("cod", total=True), {row.key: row for row in sketched(picture.gains, picture.arms, say, year)}
        at = curve.years.tolist().index(year + 1.0)
        cell = found["cod"].cells[picture.arms.index("combined")]
        assert set(found) == set(GROUND) and found["cod"].unit == say.unit("kt")
        assert [cell.middle, cell.low, cell.high] == pytest.approx(
            [part[2, at] / 1000 for part in (curve.middle, curve.low, curve.high)]
        )
        told = sketched_sentence(picture.gains, picture.arms, "combined", "cod", year, "LAW", "SURE", say)
        assert told.number == f"{cell.value} {found['cod'].unit}" and told.sure == "SURE" and str(year) in told.label
        assert all(end in told.range for end in cell.range.split("; ")) and told.row.key == "cod"
        assert sketched_sentence(picture.gains, picture.arms, "symbiosis", "cod", year, "LAW", "SURE", say) is None


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_city_shows_a_sketch_that_is_told_as_one_refined_and_replaced_by_the_answer(browser, server, lang):
    """At the first visit and after a slider; the states of the first screen are noted as they come, in whatever time."""
    say = Words(lang)
    note = """(() => {
      window.told = [];
      new MutationObserver(() => {
        const box = document.querySelector('.first');
        if (!box || box.dataset.shows === 'nothing') return;
        const state = [box.dataset.shows, box.dataset.runs, box.innerText], last = window.told.at(-1) || [];
        if (state.some((part, n) => part !== last[n])) window.told.push(state);
      }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    })()"""
    with open_page(browser, f"{server}/?site=hanoi&replicates=8&pathway=combined", lang, script=note) as watched:
        page = watched.page
        for move in (None, 0.7):
            if move is not None:
                page.evaluate(
                    """(value) => {
                      window.told = [];
                      const slider = document.querySelector('#lever-extension');
                      slider.value = value;
                      slider.dispatchEvent(new Event('input', { bubbles: true }));
                    }""",
                    move,
                )
            page.wait_for_function("window.told.some((s) => s[0] === 'sketch')")
            page.wait_for_function("window.told.at(-1)[0] === 'answer' && window.told.at(-1)[1] === '8'")
            told = [tuple(state) for state in page.evaluate("window.told")]
            last = max(n for n, state in enumerate(told) if state[0] == "sketch")
            label, made_of = say("one.sketch"), say("compare.sketch", clusters=5, of=70, worlds=6)
            # the page is drawn part by part, so not every state is whole
            assert any(shows == "sketch" and runs == "6" and label in text and made_of in text for shows, runs, text in told)
            assert [state[0] for state in told[last + 1 :]] == ["answer"] * (len(told) - last - 1)
            assert len({state[1] for state in told[last + 1 :]}) > 1  # better answers, until that of all replicates
            watched.settle()
            final = page.inner_text(".first")
            assert label not in final and made_of not in final and say("one.fixed") in final
        assert page.locator(".sketch:not(:empty)").count() == 0
        assert watched.errors == []


@pytest.mark.browser
def test_on_a_phone_the_page_one_is_on_is_seen_in_the_menu_and_languages_stand_beside_the_name(browser, server):
    with open_page(browser, server + "/limits", "vi", 390) as watched:
        watched.wait(".eco-table")
        watched.settle()
        menu, here = (watched.page.locator(part).bounding_box() for part in (".eco-head nav", ".eco-head nav .on"))
        assert menu["x"] <= here["x"] and here["x"] + here["width"] <= menu["x"] + menu["width"] + 1
        name, languages = (watched.page.locator(part).bounding_box() for part in (".eco-name", ".eco-lang"))
        assert languages["y"] < name["y"] + name["height"] and languages["x"] >= name["x"] + name["width"]
        assert watched.errors == []
