"""Technical words explain themselves where they stand; a first visitor is led by three sentences until they are dismissed."""

import pytest
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.terms import TERMS, meaning, split
from ecocluster.viz.words import LANGUAGES, Words
from test_pages import FULL, SMALL, quiet


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_term_is_found_as_it_is_written(lang):
    say = Words(lang)
    for name in TERMS:
        for word in say(f"term.{name}").split("; "):
            assert (word.capitalize(), say(f"term.{name}_about")) in [*split(f"{word.capitalize()}, x", say)]
            assert say(f"term.{name}_about") in meaning(f"({word})", say)
            assert not meaning(f"x{word}x", say)  # part of another word


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_text_in_pieces_is_the_text(lang):
    say = Words(lang)
    for key in ("first.legend_worlds", "method.law", "answer.criteria.one", "page.compare.lead", "binds.method"):
        text = say._texts.gettext(key)
        assert "".join(piece for piece, _ in split(text, say)) == text
    explained = [piece.casefold() for piece, about in split(3 * say("term.cod"), say) if about]
    assert len(explained) <= 1


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_word_tells_what_it_means_to_the_keyboard(browser, server, lang):
    with open_page(browser, server + SMALL, lang) as watched:
        watched.wait(FULL)
        watched.wait(".verdict abbr[data-about]")
        words = watched.page.evaluate(
            "[...document.querySelectorAll('.verdict abbr')].map((one) => [one.innerText, one.dataset.about])"
        )
        assert ("COD", Words(lang)("term.cod_about")) in [tuple(pair) for pair in words]
        watched.page.focus(".verdict abbr")
        shown = watched.page.evaluate("getComputedStyle(document.querySelector('.verdict abbr'), '::after').content")
        assert words[0][1] in shown.replace('\\"', '"')
        quiet(watched)


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_first_visitor_is_led_once(browser, server, lang):
    say = Words(lang)
    with open_page(browser, f"{server}/limits", lang) as watched:
        watched.wait(".eco-welcome")
        page = watched.page
        lines = [line.inner_text() for line in page.query_selector_all(".eco-welcome li")]
        assert lines == [say(f"welcome.{n}") for n in ("one", "two", "three")]
        page.click(".eco-welcome button")
        page.wait_for_selector(".eco-welcome", state="detached")
        page.reload()
        watched.wait(".eco-table")
        watched.settle()
        assert not page.query_selector(".eco-welcome")
        quiet(watched)
