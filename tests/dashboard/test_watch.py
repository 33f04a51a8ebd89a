"""Page Watch: the film is the run, decisions are explained by the numbers that decided, addresses name no files."""

import base64
import json
import math

import numpy as np
import pandas as pd
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.rules.diffusion import review_hazard
from ecocluster.model.sites_and_arms import STREAMS, TECHNOLOGIES, Arm
from ecocluster.model.state import OWN_PLANT, SLOT_TAKEN
from ecocluster.scenarios import choose_arm, load_scenario, load_shocks, make_arm, with_levers
from ecocluster.viz.cli import main
from ecocluster.viz.pages.browser import open_page
from ecocluster.viz.pages.watch import State
from ecocluster.viz.pages.watch_card import firm_card
from ecocluster.viz.pages.watch_decisions import COMPLIANCE, portrait
from ecocluster.viz.pages.watch_record import REVIEWED_COMPLIANCE, REVIEWED_TECHNOLOGY, Player, record
from ecocluster.viz.pages.watch_scene import LOCAL, SHOWN, flow_options, player_texts, scene
from ecocluster.viz.words import LANGUAGES, Words

BUDGET = 150_000.0  # mVND a year for the city


def make(site, pathway, replicate=0, budget_bn=BUDGET):
    loaded = load_scenario(site)
    arm = make_arm(pathway, "vietnam-2020", budget_bn=budget_bn, site=loaded.site)
    shocks = load_shocks(loaded.shocks)
    return loaded, arm, shocks, Player(loaded.site, arm, replicate=replicate, shocks=shocks)


@pytest.fixture(scope="module")
def shown():
    # so little that requests are refused; a replicate in which hubs come about
    player = make("nguyen-khe", "combined", replicate=3, budget_bn=100.0)[-1]
    return player, record(player)


@pytest.fixture(scope="module")
def portraits(shown):
    """Every firm in two quarters."""
    player, film = shown
    slots = range(film.firms["id"].shape[1])
    return [p for quarter in (24, 56) for slot in slots if (p := portrait(player, film, slot, quarter))]


@pytest.mark.parametrize(("site", "pathway"), [("teaching", "symbiosis"), ("nguyen-khe", "newly-planned")])
def test_the_film_is_the_run_of_the_ensemble(site, pathway):
    loaded, arm, shocks, player = make(site, pathway, replicate=2)
    film = record(player)
    runs = run_ensemble(loaded.site, (Arm("law", law=arm.law), arm), replicates=3, shocks=shocks)
    assert np.array_equal(film.series, runs.series[1, 2], equal_nan=True)
    assert np.array_equal(film.overview["level"][:, 0], runs.level[1, 2, :, 0])
    assert np.array_equal(film.overview["unmet"][:, 0], runs.unmet[1, 2, :, 0])


def test_a_quarter_can_be_taken_up_again_in_any_order(shown):
    player, film = shown
    for quarter in (30, 12, 13):
        first, again = player.at(quarter), player.at(quarter)
        for name in ("cash", "trust", "tech", "workers", "due"):
            assert np.array_equal(first.firms[name], again.firms[name])
        assert np.array_equal(first.links["delivered"], again.links["delivered"])
        status = first.firms["status"].reshape(-1)[film.slots]
        assert np.array_equal(status == SLOT_TAKEN, film.firms["id"][quarter] > 0)
        first.firms["cash"][...] = -1  # a copy: the run does not notice
    assert player.at(14).firms["cash"].max() > 0


def test_what_is_drawn_adds_up(shown):
    _, film = shown
    assert film.hubs and film.links
    for quarter in range(len(film.years)):
        assert (film.firms["id"][quarter] > 0).sum() == film.overview["firms"][quarter, film.focus]
        drawn = [link for link in film.links if link[3] <= quarter <= link[4]]
        hubs = {stream for stream, first, last, _ in film.hubs if first <= quarter <= last}
        assert len(drawn) == film.overview["links"][quarter, film.focus]
        assert len(hubs) == film.overview["hubs"][quarter, film.focus]
        if quarter in film.flows:
            kinds = [flow["kind"] for flow in film.flows[quarter]]
            assert kinds.count("link") == len(drawn)
            assert {STREAMS[w] for w in hubs} >= {flow["stream"] for flow in film.flows[quarter] if flow["kind"] == "hub"}
        for supplier, buyer, *_ in drawn:
            assert film.firms["id"][quarter, supplier] and film.firms["id"][quarter, buyer]


def test_reviews_come_as_often_as_attitude_says(shown):
    """Firm-quarters with a review against the sum of their probabilities, 4 sigma."""
    player, film = shown
    there = film.firms["id"][1:] > 0
    hazard = review_hazard(player.p[()], film.firms["attitude"][1:] / 255)
    chance = (1 - np.exp(-0.25 * hazard))[there]
    found = (film.firms["reviewed"][1:][there] & REVIEWED_TECHNOLOGY > 0).sum()
    assert abs(found - chance.sum()) < 4 * np.sqrt((chance * (1 - chance)).sum())


def test_orders_of_technology_follow_reviews(shown):
    """Whoever orders has reviewed in that quarter: the frame finds the reviews that the run made."""
    _, film = shown
    same = film.firms["id"][1:] == film.firms["id"][:-1]
    new = film.firms["pending"][1:] & ~film.firms["pending"][:-1] & 0b1111
    orders = same & (new > 0)
    assert orders.sum() > 30
    assert (film.firms["reviewed"][1:][orders] & REVIEWED_TECHNOLOGY > 0).all()


def test_the_numbers_explain_what_was_ordered(portraits):
    """Worth it, the taste below the chance, and money for it; a change later in the quarter may blur one in fifty."""
    choices = [c for p in portraits for c in p.choices if c.terms and c.outcome.startswith(("operating", "ordered"))]
    assert len(choices) > 60
    good = [c.terms.wants and c.terms.taste < c.terms.chance and c.terms.need <= c.terms.funds for c in choices]
    assert np.mean(good) >= 0.98


def test_the_numbers_explain_what_was_not_ordered(portraits):
    choices = {outcome: [] for outcome in ("waits", "no_value", "no_money", "refused")}
    for choice in (c for p in portraits for c in p.choices):
        if choice.outcome in choices:
            choices[choice.outcome].append(choice.terms)
    assert len(choices["waits"]) > 20 and choices["refused"]
    assert all(t.taste >= t.chance and not t.wants for t in choices["waits"])
    assert all(t.chance == 0 for t in choices["no_value"])
    assert all(t.need > t.funds for t in choices["no_money"])
    assert all(t.grant > 0 and t.wants for t in choices["refused"])


def chosen_at(costs, taste):
    """The choice made from four costs and the taste, as probabilities ~ cost^-3: 0 none, 1 sham, 2 real."""
    weights = np.array([cost**-3 for cost in (costs["none"], costs["sham"], min(costs["own"], costs["connected"]))])
    return int(np.searchsorted(np.cumsum(weights) / weights.sum(), taste))


def test_the_costs_explain_compliance(shown, portraits):
    """The choice made again from the costs that a firm is shown to have had is the one of the run, whatever the fund did."""
    _, film = shown
    made = []
    for p in portraits:
        choice = p.choices[-1]
        if choice.costs:
            slot = int(np.flatnonzero(film.firms["id"][p.quarter] == p.ident + 1)[0])
            now = film.firms["compliance"][choice.quarter, slot]
            built = film.firms["pending"][choice.quarter, slot] >> OWN_PLANT & 1
            made.append(chosen_at(choice.costs, choice.taste) == (2 if built else min(int(now), 2)))
            assert film.firms["reviewed"][choice.quarter, slot] & REVIEWED_COMPLIANCE
    assert len(made) > 40 and np.mean(made) >= 0.98


def test_a_firm_that_the_fund_refused_says_so():
    """A high grant that nobody gets: an own plant would have been the choice with it, and is not shown as what could be had."""
    loaded = load_scenario("nguyen-khe")
    arm = choose_arm("self-transition", loaded.site, "vietnam-2020", budget_bn=150, law="today")
    arm = with_levers(arm, {"request_success": 0.0, "grant_own_plant": 0.9}, typed=True)
    player = Player(loaded.site, arm, replicate=3, shocks=load_shocks(loaded.shocks))
    film = record(player)
    reviewed = (film.firms["reviewed"] & REVIEWED_COMPLIANCE > 0) & (film.firms["id"] > 0)
    found = [portrait(player, film, slot, quarter) for quarter, slot in np.argwhere(reviewed[:40]).tolist()]
    refused = [p for p in found if math.isfinite(p.choices[-1].refused)]
    assert 0 < len(refused) < len(found) / 2
    for p in found:
        choice = p.choices[-1]
        for say in (Words("en"), Words("vi")):
            card = firm_card(p, film, say)["choices"][-1]
            assert (say("watch.own_with_grant") in [row[0] for row in card["rows"]]) == (p in refused)
            assert p not in refused or say(f"watch.z.{choice.outcome}") in card["text"]
        if p in refused:
            assert choice.outcome in ("none", "sham") and choice.refused < choice.costs["own"]
            assert chosen_at({**choice.costs, "own": choice.refused}, choice.taste) == 2 > chosen_at(choice.costs, choice.taste)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_scene_is_complete_and_comes_back_whole(shown, lang):
    player, film = shown
    say = Words(lang)
    sent = json.loads(json.dumps(scene(film, player.site, say), allow_nan=False))
    trust = np.frombuffer(base64.b64decode(sent["frames"]["trust"]), "u1").reshape(len(film.years), -1)
    assert np.array_equal(trust, film.firms["trust"])
    assert len(json.dumps(sent)) < 1_000_000
    assert [t["short"] for t in sent["technologies"]] == [say(f"watch.short.{name}") for name in TECHNOLOGIES]
    assert all(player_texts(say).values())
    assert len(set(sent["nothing_left"])) == 4  # of no certificate, of levels 1 and 2, of the highest
    flows = next(rows for rows in film.flows.values() if rows)
    drawn = [series for _, option in flow_options(flows, say) for series in option["series"]]
    for series in drawn:
        names = {node["name"] for node in series["data"]}
        assert len(names) == len(series["data"])
        assert {end for link in series["links"] for end in (link["source"], link["target"])} <= names
    total = sum(link["value"] for series in drawn for link in series["links"])
    assert total == pytest.approx(2 * sum(row["quantity"] for row in flows))  # into and out of the middle


def test_cards_read_in_both_languages(shown, portraits):
    _, film = shown
    for p in portraits:
        english, vietnamese = (firm_card(p, film, Words(lang)) for lang in ("en", "vi"))
        assert len(english["choices"]) == len(vietnamese["choices"]) == 5
        for a, b in zip(english["choices"], vietnamese["choices"], strict=True):
            assert a["text"] and a["text"] != b["text"] and "{" not in a["text"] + b["text"]
    assert firm_card(None, film, Words("vi"))["title"] == "Lô trống"
    assert {p.compliance for p in portraits} <= set(COMPLIANCE)


def test_an_address_names_no_file_and_no_nonsense():
    state = State({"site": "/etc/passwd.toml", "budget_bn": "1e9", "replicate": "7", "quarter": "-3"}, "nguyen-khe")
    assert state.asked.value.site == "nguyen-khe"
    assert state.asked.value.budget_bn == 150 and state.asked.value.replicate == 7
    assert len(state.address.sentences(Words("vi"))) == 3
    assert State({"site": "hanoi:phung"}, "nguyen-khe").asked.value.site == "hanoi:phung"


# --- in a browser ----------------------------------------------------------------------------------------------

READY = "canvas[data-ready]"
INK = """() => {
  const canvas = document.querySelector('canvas[data-ready]');
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 0, ink = 0;
  for (let i = 0; i < data.length; i += 4) {
    const dark = 765 - data[i] - data[i + 1] - data[i + 2];
    sum += dark * (i % 997);
    ink += data[i + 3] > 0 && dark > 150;
  }
  return [ink / (data.length / 4), sum];
}"""
PLAYED = "Number(document.querySelector('canvas[data-ready]').dataset.frames || 0)"  # frames of the film so far


def pick_a_firm(watched):
    watched.page.focus(READY)
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):
        watched.page.keyboard.press(key)
    watched.wait(".watch-firm")


def quiet(watched):
    assert watched.errors == []
    assert watched.outside == []


@pytest.mark.browser
def test_the_film_plays_pauses_and_goes_back(browser, server):
    with open_page(browser, f"{server}/watch?site=teaching&pathway=symbiosis&quarter=8") as watched:
        page = watched.page
        watched.wait(READY)
        assert page.inner_text(".watch-clock") == "Q4 2021"
        watched.wait(".eco code")
        watched.settle()  # the width is known once all of the page is there
        ink, first = page.evaluate(INK)
        assert ink > 0.01
        page.select_option(".watch-speed select", "2")  # not so fast that it is over before it is stopped
        page.click(".watch-play")
        page.wait_for_function("document.querySelector('.watch-clock').innerText !== 'Q4 2021'")
        page.click(".watch-play")
        stopped, played = page.inner_text(".watch-clock"), page.evaluate(PLAYED)
        assert played > 0 and page.evaluate(INK)[1] != first
        watched.settle()
        assert page.inner_text(".watch-clock") == stopped and page.evaluate(PLAYED) == played  # it stands
        page.click("button[aria-label='One quarter on']")
        assert page.inner_text(".watch-clock") != stopped
        page.fill(".watch-scrub", "8")
        assert page.inner_text(".watch-clock") == "Q4 2021"
        assert page.evaluate(INK)[1] == first  # scrubbed back: the very same picture
        page.select_option(".watch-stage select", "trust")
        assert page.evaluate(INK)[1] != first
        quiet(watched)


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_firm_tells_why_it_decided(browser, server, lang):
    with open_page(browser, f"{server}/watch?site=teaching&quarter=60", lang) as watched:
        watched.wait(READY)
        pick_a_firm(watched)
        page, say = watched.page, Words(lang)
        assert len(page.query_selector_all(".watch-choice")) == 5
        for name in ("books", "use", "beliefs", "partners"):
            assert say(f"watch.{name}") in page.inner_text(".watch-firm")
        page.click(f".watch-firm button:has-text('{say('watch.close')}')")
        page.wait_for_selector(".watch-firm", state="detached")
        quiet(watched)


@pytest.mark.browser
def test_120_firms_and_the_city_are_played(browser, server):
    with open_page(browser, f"{server}/watch?site=hanoi:tu-liem&quarter=40") as watched:
        watched.wait(READY)
        assert int(watched.page.inner_text(".watch-facts dd")) > 100
        watched.page.click(".watch-play")
        watched.page.wait_for_function(f"{PLAYED} > 2")
        quiet(watched)
    with open_page(browser, f"{server}/watch?site=hanoi&pathway=newly-planned&quarter=100") as watched:
        watched.wait(READY)
        page = watched.page
        assert len(page.query_selector_all(".watch-district button")) > 70  # planned clusters too
        name = page.inner_text(".watch-stage h2")
        page.click(".watch-district button >> nth=20")
        page.wait_for_function("(old) => document.querySelector('.watch-stage h2').innerText !== old", arg=name)
        assert page.get_attribute(".watch-district button >> nth=20", "aria-pressed") == "true"
        quiet(watched)


@pytest.mark.browser
def test_what_is_taken_away_is_the_run(browser, server, tmp_path, capsys):
    """The table of the page and the comparison of the configuration on the command line: the same numbers."""
    with open_page(browser, f"{server}/watch?site=teaching&pathway=symbiosis&replicate=2") as watched:
        watched.wait(READY)
        files = {}
        for name in ("CSV", "Configuration"):
            with watched.page.expect_download() as download:
                watched.page.click(f"button:has-text('{name}')")
            files[name] = tmp_path / download.value.suggested_filename
            download.value.save_as(files[name])
        command = watched.page.inner_text("code")
        assert "--replicate 2 " in command and command.endswith(" --seed 1")
        quiet(watched)
    table = pd.read_csv(files["CSV"])
    assert main(["compare", "--config", str(files["Configuration"]), "--out", str(tmp_path / "out")]) == 0
    capsys.readouterr()
    runs = pd.read_parquet(tmp_path / "out" / "runs.parquet")
    mine = runs[(runs["arm"] == "symbiosis") & (runs["replicate"] == 2)].iloc[0]
    of_2035 = table[(table["year"] > 2035) & (table["year"] <= 2036)]
    assert of_2035["tco2e"].mean() == pytest.approx(mine["tco2e_2035"], rel=1e-12)
    assert table["trust"].iloc[64] == pytest.approx(mine["trust_2035"], rel=1e-12)


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_word_is_one_number_on_the_page(browser, server, lang):
    """What stands beside the picture and again as a line is the same number, in every quarter; no other line bears its name."""
    with open_page(browser, f"{server}/watch?site=teaching&quarter=60", lang) as watched:
        watched.wait(READY)
        page = watched.page
        for _ in range(3):
            beside = dict(
                page.evaluate(
                    "[...document.querySelectorAll('.watch-facts dt')].map((t) => [t.innerText, t.nextElementSibling.innerText])"
                )
            )
            lines = page.evaluate(
                "[...document.querySelectorAll('.watch-card')].map((c) => [c.querySelector('span').innerText, c.querySelector('b').innerText.trim()])"
            )
            names = [name for name, _ in lines]
            assert len(set(names)) == len(names)
            both = [name for name in names if name in beside]
            assert len(both) == len(LOCAL)
            for name, value in lines:
                assert beside.get(name, value).replace("\u00a0", " ") == value.replace("\u00a0", " ")
            clock = page.inner_text(".watch-clock")
            page.click(f"button[title='{Words(lang)('watch.forward')}']")
            page.wait_for_function("(before) => document.querySelector('.watch-clock').innerText !== before", arg=clock)
        quiet(watched)


def test_the_drawn_cluster_is_counted_once(shown):
    """Its shares are those of its firms in the frames, and no indicator of the whole site counts the same."""
    _, film = shown
    here = film.firms["id"] > 0
    firms = np.maximum(here.sum(axis=1), 1)
    for name, codes in (("real", (2, 3)), ("sham", (1,))):
        share = (here & np.isin(film.firms["compliance"], codes)).sum(axis=1) / firms
        np.testing.assert_allclose(film.overview[name][:, film.focus] / 255, share, atol=0.002)
    assert not {"recp_share", "real_share", "sham_share", "trust", "links_active", "hubs_active"} & set(SHOWN)


@pytest.mark.browser
def test_an_address_restores_the_page_and_says_what_it_cannot_use(browser, server):
    with open_page(browser, f"{server}/watch?site=teaching&budget=40&pathway=nonsense&quarter=33") as watched:
        watched.wait(READY)
        page = watched.page
        assert page.input_value("select[name=site]") == "teaching"
        assert page.input_value("input[name=budget_bn]") == "40"
        assert page.inner_text(".watch-clock") == "Q1 2028"
        assert "nonsense" in page.inner_text(".eco .error")
        page.select_option("select[name=pathway]", "null")
        page.wait_for_selector(".eco .error", state="detached")
        page.wait_for_function("document.querySelector('.eco code').innerText.includes('--pathway null')")
        quiet(watched)
