"""The map of the city in a real browser, and its figure: where clusters stand, what they show, and how one gets there."""

import io

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.by_cluster import OUTCOMES, ByCluster
from ecocluster.scenarios import load_scenario
from ecocluster.viz.districts import city_spots
from ecocluster.viz.drawing import render
from ecocluster.viz.outcome_map import city_sentence, outcome_figure, scale_for
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.words import LANGUAGES, Words

ONE = "/map?worlds=1&left=law&right=combined&outcome=cod&year=2030&cluster=phung"
CLASSES = "(map) => [...document.querySelectorAll(`[data-map='${map}'] button`)].map((b) => b.dataset.class + b.innerText)"


def made_up():
    """Two arms, three runs, the real city: numbers that need no simulation."""
    site, years = load_scenario("hanoi").site, np.arange(2020, 2046)
    draw = np.random.default_rng(1)
    shape = (2, 3, len(years), len(site.clusters))
    columns = [
        draw.integers(0, 7, shape),
        draw.integers(0, 5, shape),
        draw.gamma(2, 30, shape),
        draw.uniform(0, 1, shape),
        draw.gamma(1, 90, shape),
    ]
    values = np.stack(columns, axis=-1).astype(np.float32)
    values[:, :, :, 4] = np.nan  # a cluster without firms
    return ByCluster(site, ("law", "combined"), years, values, np.where(np.isnan(values[..., 0]), 0, 40).astype(np.float32))


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_classes_hold_every_value_and_light_is_good(outcome):
    values = made_up().of(outcome)
    scale = scale_for(outcome, values)
    assert list(scale.edges) == sorted(set(scale.edges)) and len(scale.palette) == len(scale.edges) + 2
    classes = {scale.class_of(value) for value in values.ravel()}
    assert classes == set(range(len(scale.palette)))
    assert len(scale.labels(Words("vi"))) == len(scale.palette)

    def light(color):
        red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    lights = [light(color) for color, _ in scale.palette[:-1]]
    assert lights == sorted(lights, reverse=OUTCOMES[outcome][2])  # also without any colour
    for color, ink in scale.palette:  # letters can be read on it
        a, b = sorted((light(color) / 255, light(ink) / 255))
        assert (b**2.2 + 0.05) / (a**2.2 + 0.05) > 3


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figure_holds_every_cluster_and_says_what_is_assumed(lang):
    found, say = made_up(), Words(lang)
    figure = outcome_figure(found, found.arms, "steps_left", 2035, say)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    shown = [text for text in texts if text.isdigit()]
    assert len(shown) == 2 * (len(city_spots()) - 1)  # one has no firms
    assert any("2025" in text.get_text() for text in figure.texts)
    assert render(figure, "png") == render(outcome_figure(found, found.arms, "steps_left", 2035, say), "png")
    assert len(city_sentence(found, "real", say)[1]) == len(found.years)


@pytest.mark.browser
def test_map_shows_two_pathways_and_leads_to_a_cluster(browser, server, tmp_path):
    with open_page(browser, server + ONE, "en", 1440) as watched:
        page = watched.page
        watched.wait("[data-map='1'] button")
        for which in "01":
            assert page.locator(f"[data-map='{which}'] button").count() == len(city_spots())
            assert page.locator(f"[data-map='{which}'] button.invented").count() == 59
            assert page.locator(f"[data-map='{which}'] button[tabindex='0']").count() == 1  # one stop of the tab key
        assert page.evaluate(CLASSES, "0") != page.evaluate(CLASSES, "1")
        # the slider asks nobody, and what stands below follows when it is let go
        assert page.inner_text("[data-year]") == "2030"
        before = page.evaluate(CLASSES, "1")
        page.locator(".player input").focus()
        page.keyboard.press("End")
        page.wait_for_function("document.querySelector('[data-year]').innerText === '2045'")
        assert page.evaluate(CLASSES, "1") != before
        page.wait_for_function("[...document.querySelectorAll('h2')].some((h) => h.innerText.includes('2045'))")
        page.click("[data-play]")
        page.wait_for_function("document.querySelector('[data-year]').innerText < '2045'")
        page.click("[data-play]")
        # arrows go from one cluster to another, Enter chooses
        page.locator("[data-map='0'] button[tabindex='0']").focus()
        here = "document.activeElement.dataset.cluster"
        first = page.evaluate(here)
        assert first == "phung"
        seen = [first]
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
            seen.append(page.evaluate(here))
        assert len(set(seen)) == 4 and page.locator("[data-map='0'] button[tabindex='0']").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_selector(f"a[data-open='{seen[-1]}']")
        assert page.locator("[data-map='1'] button.on").get_attribute("data-cluster") == seen[-1]
        # the same as a table and as files
        page.click("summary")
        assert page.locator("details .eco-table tbody tr").count() == len(city_spots())
        with page.expect_download() as taken:
            page.click("[data-export='csv']")
        table = pd.read_csv(io.BytesIO(taken.value.path().read_bytes()))
        assert set(table.pathway) == {"law", "combined"} and table.invented.sum() == 59 * 26 * 2
        with page.expect_download() as taken:
            page.click("[data-export='png']")
        assert taken.value.path().read_bytes().startswith(b"\x89PNG")
        assert watched.errors == [] and watched.outside == []
        page.click("[data-map='0'] [data-cluster='phung']")
        page.click("a[data-open='phung']")
        page.wait_for_selector(".verdict")
        page.wait_for_function("[...document.querySelectorAll('select')].some((s) => s.value === 'hanoi:phung')")


@pytest.mark.browser
def test_an_address_that_names_nothing_shows_the_usual_map(browser, server):
    with open_page(browser, server + "/map?worlds=0&left=nobody&outcome=x&year=1900&cluster=y", "vi", 390) as watched:
        watched.wait("select")
        values = watched.page.evaluate("[...document.querySelectorAll('select')].map((s) => s.value)")
        assert values == ["steps_left", "law", "combined", "middle"]
        assert not watched.errors
