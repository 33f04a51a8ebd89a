"""The first screen: what may be said of whom, and that it fits."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.experiments.which import Group, Which
from ecocluster.viz import claims
from ecocluster.viz.answer import _sites, _worth_sentence, answer, claim_text
from ecocluster.viz.doses import equal_lines
from ecocluster.viz.first_lines import first_lines, fits
from ecocluster.viz.headline import HEADLINE, _cells, headline
from ecocluster.viz.kinds import kinds_table
from ecocluster.viz.leads import CONFIDENCE, Lead, in_most, lead, same_leader
from ecocluster.viz.report import report_html
from ecocluster.viz.terminal import print_answer
from ecocluster.viz.words import Words
from fakes import ARMS, make_comparison
from rich.console import Console

GROUND = ("cod_total_2035", "tco2e_total_2035", "landfilled_total_2035")


def shares(**found):
    return {**dict.fromkeys(ARMS, 0.0), "tie": 0.0, "nothing": 0.0, **{key.replace("_", "-"): value for key, value in found.items()}}  # fmt: skip


def planted(own, equal=None, replicates=20):
    """A comparison in which all that happens on the ground has these shares, at equal budget and at equal outlay."""
    comparison = make_comparison(replicates)
    comparison.best = {**comparison.best, **dict.fromkeys(GROUND, own)}
    if equal is not None:
        other = make_comparison(replicates)
        other.best = {**other.best, **dict.fromkeys(GROUND, equal)}
        comparison.equal = SimpleNamespace(comparison=other)
    return comparison


def test_ties_and_nothing_are_classes_of_their_own():
    names = ARMS[1:]
    assert lead(shares(symbiosis=0.7, combined=0.3), names, 100) == Lead("ahead", ("symbiosis",), (0.7,))
    assert lead(shares(symbiosis=0.5, combined=0.5), names, 100) == Lead("open", ("combined", "symbiosis"), (0.5, 0.5))
    assert lead(shares(symbiosis=0.4, combined=0.3, self_transition=0.3), names, 100).arms == ("symbiosis", "combined", "self-transition")  # fmt: skip
    assert lead(shares(nothing=0.6, combined=0.4), names, 100).kind == "nothing"
    assert lead(shares(tie=1.0), names, 100).kind == "tie"
    assert lead({}, names, 100).kind == "unknown"
    some = shares(symbiosis=0.5, combined=0.5)
    assert lead(some, names, 100) == lead(some, reversed(names), 100)
    assert same_leader([lead(shares(combined=0.6), names, 100), lead(shares(symbiosis=0.6), names, 100)]) is None


def test_most_worlds_is_more_than_half_of_those_that_were_drawn():
    """If an arm were best in half of all worlds there are, it would be called ahead in at most 10 % of the answers."""
    least = {draws: next(k for k in range(draws + 1) if in_most(k / draws, draws)) for draws in (4, 20, 100)}
    assert least == {4: 4, 20: 14, 100: 57}
    assert not any(in_most(share, draws) for draws in (0, 1, 2, 3) for share in (0.0, 0.5, 1.0))
    counts = np.random.default_rng(1).binomial(20, 0.5, 20_000)
    assert np.mean(counts >= least[20]) <= 1 - CONFIDENCE < np.mean(counts > 10)  # the second: the rule of more than half


def test_what_leads_in_few_worlds_is_open_and_the_rest_is_named_too():
    names = ARMS[1:]
    narrow = shares(symbiosis=0.6, combined=0.4)
    assert lead(narrow, names, 100).kind == "ahead" and lead(narrow, names, 20).kind == "open"
    half = lead(shares(symbiosis=0.45, nothing=0.55), names, 20)
    assert half == Lead("open", ("nothing", "symbiosis"), (0.55, 0.45))
    text = claim_text(half, Words("en"))
    assert text.startswith("open, ") and "law alone (55 %) or Symbiosis (45 %)" in text


def test_claims_elsewhere_stand_turn_or_open():
    """Other laws: the same leader, another one, and nobody in most worlds; the words name what is not the same."""
    say, comparison = Words("en"), planted(shares(symbiosis=0.9))
    same, turned, open_ = planted(shares(symbiosis=0.8)), planted(shares(combined=0.8)), planted(shares(symbiosis=0.5, combined=0.5))  # fmt: skip
    assert claims.elsewhere(comparison, {}) is None
    found = claims.elsewhere(comparison, {"today": same})
    assert set(claims.ORDER) <= set(found.holds) and not set(claims.ORDER) & set(found.other)
    comparison.other_laws = {"today": same, "strict": turned}
    found = claims.elsewhere(comparison, comparison.other_laws)
    assert set(claims.ORDER) <= set(found.other) and all(set(found.other[row]) == {"strict"} for row in claims.ORDER)
    comparison.question = replace(comparison.question, worlds=20)
    last = answer(comparison, say)[-1]
    assert "Strict law: Combined (80 %)" in last and "Law of today:" not in last
    assert "Other laws: otherwise or open for COD, CO₂e, landfill" in first_lines(comparison, say)[-1]
    comparison.other_laws = {"strict": open_}
    assert "Strict law: open, Combined (50 %) or Symbiosis (50 %)" in answer(comparison, say)[-1]
    comparison.other_laws = {"today": same}
    assert "Other laws: the same holds" in first_lines(comparison, say)[-1]
    nobody = planted(shares(symbiosis=0.5, combined=0.5))
    nobody.question, nobody.other_laws = comparison.question, {"strict": open_}
    assert "Other laws: open there too" in first_lines(nobody, say)[-1]  # nothing was claimed that could hold


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_lines_are_short_and_name_nobody_by_one_account(lang):
    say, key = Words(lang), ARMS[1].replace("-", "_")
    both = first_lines(planted(shares(**{key: 0.9}), shares(**{key: 0.8})), say)
    turned = first_lines(planted(shares(**{key: 0.9}), shares(combined=0.8)), say)
    assert all(map(fits, [*both, *turned]))
    name = say.name("pathway", ARMS[1])
    assert both[0].count(name) == len(GROUND)
    assert f"{name};" not in turned[0].replace(f"{say('answer.or')}{name};", "")  # alone it stands nowhere
    assert say("line.open") in first_lines(planted(shares(symbiosis=0.3, combined=0.3, newly_planned=0.3)), say)[0]


@pytest.mark.parametrize("arm", ARMS[1:])
def test_every_pathway_can_win_but_only_by_both_accounts(arm):
    say, key = Words("en"), arm.replace("-", "_")
    other = next(name for name in ARMS[1:] if name != arm)
    one_account = answer(planted(shares(**{key: 0.9})), say)[0]
    assert say("answer.no_equal") in one_account
    both = answer(planted(shares(**{key: 0.9}), shares(**{key: 0.8})), say)[0]
    assert f"under {say.name('pathway', arm)} (90 % at equal budget, 80 % at equal outlay)" in both and "depends" not in both
    turned = answer(planted(shares(**{key: 0.9}), shares(**{other.replace("-", "_"): 0.8})), say)[0]
    assert "depends on what is equal" in turned and " under " not in turned.split("Of what")[0]


def test_what_is_open_by_both_accounts_depends_on_neither():
    say = Words("en")
    text = answer(planted(shares(symbiosis=0.5, combined=0.5), shares(symbiosis=0.5, combined=0.5)), say)[0]
    assert "depends" not in text and text.count("at equal outlay open, ") == len(GROUND)
    one = answer(planted(shares(symbiosis=0.9), shares(symbiosis=0.5, combined=0.5)), say)[0]
    assert one.count("depends on what is equal") == len(GROUND)


def test_nothing_achieved_is_told_as_such():
    say = Words("en")
    text = answer(planted(shares(nothing=0.9), shares(nothing=0.8)), say)[0]
    assert text.count("no pathway does better than the law alone") == len(GROUND)


def test_money_is_told_by_account_unless_all_agree():
    say, comparison = Words("en"), make_comparison(2)
    won, lost = Lead("ahead", ("symbiosis",), (0.7,)), Lead("ahead", ("combined",), (0.7,))
    accounts = {(at, line): won for at in ("budget", "outlay") for line in ("gross", "social")}
    assert "By every account" in _worth_sentence(accounts, comparison, say)
    for account in accounts:
        text = _worth_sentence({**accounts, account: lost}, comparison, say)
        assert "depends on the account" in text and "Combined (70 %)" in text
    half = {account: own for account, own in accounts.items() if account[0] == "budget"}
    assert "depends on the account" in _worth_sentence(half, comparison, say)
    none = dict.fromkeys(accounts, Lead("nothing", (), (0.9,)))
    assert "By no account" in _worth_sentence(none, comparison, say)
    open_ = dict.fromkeys(accounts, Lead("open", ("combined", "symbiosis"), (0.5, 0.5)))
    assert "is open by every account" in _worth_sentence(open_, comparison, say)
    assert "depends on the account" in _worth_sentence({**open_, ("outlay", "social"): won}, comparison, say)


def test_the_line_of_money_says_no_more_than_the_accounts(monkeypatch):
    say, comparison = Words("en"), make_comparison(4)
    won, none, open_ = Lead("ahead", ("symbiosis",), (0.9,)), Lead("nothing", (), (0.9,)), Lead("open", ("nothing", "symbiosis"), (0.5, 0.5))  # fmt: skip
    for told, found in (("none", [none] * 4), ("open", [open_] * 4), ("open", [none, open_, none, none]), ("by some accounts only", [won, none, open_, won]),
                        ("Symbiosis", [won] * 4)):  # fmt: skip
        monkeypatch.setattr(claims, "worth", lambda *_, found=found: dict(enumerate(found)))
        assert any(line.endswith(f"Worth its cost: {told}.") for line in first_lines(comparison, say)), told


@pytest.mark.parametrize(("worlds", "told"), [(None, "one run at the defaults"), ([7], "one world")])
def test_one_draw_says_nothing_of_the_spread(worlds, told):
    say, stream = Words("en"), io.StringIO()
    print_answer(make_comparison(1, worlds=worlds), Console(file=stream, width=80), say)
    text = " ".join(stream.getvalue().split())
    assert f"{told}, which says nothing of the spread" in text
    assert not any(word in text for word in ("1 worlds", "1 runs", "Median", "interval", "Bold"))


@pytest.mark.parametrize(("lang", "city"), [("en", "What stops it in Hanoi –"), ("vi", "Cản trở ở Hà Nội –")])
def test_what_stops_it_is_told_of_the_city_it_was_asked_for(lang, city):
    say, comparison = Words(lang), make_comparison(4)
    own = next(line for line in first_lines(comparison, say) if line.startswith(say("line.stops").split("–")[0]))
    comparison.question = replace(comparison.question, scenario="teaching")
    told = next(line for line in first_lines(comparison, say) if line.startswith(city))
    assert own.startswith(told.replace(city, own.split("–")[0] + "–"))  # the same barriers and solution, none lost for want of room


def test_a_kind_of_cluster_has_a_pathway_only_if_it_leads_at_equal_outlay_too():
    group = Group("all", "all")

    def kinds(**found):
        comparison = make_comparison(20)
        years = {2035: dict.fromkeys(("cod", "tco2e", "landfill", "energy"), shares(**found))}
        comparison.which = Which("", {group: years}, {group: 20})
        return comparison

    comparison, same, turned = kinds(symbiosis=0.9), kinds(symbiosis=0.8), kinds(combined=0.8)
    assert claims.which(comparison, 2035)["cod"][group].arms == ("symbiosis",)
    comparison.equal = SimpleNamespace(comparison=same)
    assert claims.which(comparison, 2035)["cod"][group] == Lead("ahead", ("symbiosis",), (0.9,))
    comparison.equal = SimpleNamespace(comparison=turned)
    assert claims.which(comparison, 2035)["cod"][group].kind == "open"


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_kinds_of_cluster_and_equal_outlay_stand_in_the_report_and_in_the_full_answer(lang):
    """Shares at equal budget; what leads at equal outlay too is marked, and nothing else."""
    say, comparison, other = Words(lang), make_comparison(20), make_comparison(20)
    groups = {Group("all", "all"): 1400, Group("trade", "food"): 100}

    def planted_which(food):
        years = {
            group: {2035: dict.fromkeys(("cod", "tco2e", "landfill", "energy"), own)}
            for group, own in zip(groups, (shares(combined=0.9), food), strict=True)
        }
        return Which("", years, groups)

    comparison.which, other.which = (
        planted_which(shares(symbiosis=0.8, nothing=0.2)),
        planted_which(shares(symbiosis=0.4, combined=0.6)),
    )
    names = [comparison.arms[index] for index in comparison.acting]
    comparison.equal = SimpleNamespace(comparison=other, year=2035, target=1.42, budgets=dict.fromkeys(names, 0.5),
                                       outlays=dict.fromkeys(names, 1.42), missed=("symbiosis",), unable=())  # fmt: skip
    whole, food = kinds_table(comparison, say)
    assert [cell.ahead for cell in whole.cells] == [True] * 3 and [cell.ahead for cell in food.cells] == [False] * 3
    assert (whole.clusters, food.clusters) == ("70", say.number(5.0, 1)) and food.cells[0].told[1].endswith(say("line.nothing"))
    stream = io.StringIO()
    print_answer(comparison, Console(file=stream, width=100), say, full=True)
    text, html = stream.getvalue(), report_html(comparison, say, {}).replace("\N{NO-BREAK SPACE}", " ")
    equal = equal_lines(comparison, say)
    for part in (say("kinds.title", year=2035), food.cells[0].told[0], whole.label):
        assert part in " ".join(text.split()) and part in html
    assert equal.title in html and all(line in html for line in equal.lines) and len(equal.lines) == len(names) + 1
    assert say.number(1.42, 2) in equal.title  # of a small site too
    assert html.count(f'class="best">90 % {say.name("pathway", "combined")}') == 3


def test_without_clusters_in_dense_districts_they_have_no_row():
    comparison = make_comparison(3)
    assert "cod_dense" in [row.key for row in headline(comparison, Words("en"))]
    comparison.trace.site.clusters = [SimpleNamespace(urban=False)] * 70
    assert "cod_dense" not in [row.key for row in headline(comparison, Words("en"))]


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_column_is_cut_off_at_the_edge_of_the_terminal(lang, width):
    """A table wider than the console loses what stands at its right edge."""
    say, comparison, stream = Words(lang), make_comparison(3), io.StringIO()
    print_answer(comparison, Console(file=stream, width=width), say, full=True)
    tables = stream.getvalue().split(say("table.year", year=2030))[1]
    last = comparison.estimates["jobs_2030"][-1][0]
    assert say.number(last.mean)[:3] in tables and max(map(len, map(str.rstrip, tables.splitlines()))) <= min(width, 100)
    heads = [line for line in tables.splitlines() if line.rstrip().endswith(say.name("pathway", "combined").split()[-1])]
    assert heads


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("clusters", [70, 1])
def test_the_first_screen_fits(lang, clusters):
    say, comparison = Words(lang), make_comparison(3, clusters=clusters)
    stream = io.StringIO()
    print_answer(comparison, Console(file=stream, width=100), say)
    lines = stream.getvalue().splitlines()
    assert max(map(len, map(str.rstrip, lines))) <= 80 and not any(
        line.rstrip().endswith("\N{HORIZONTAL ELLIPSIS}") for line in lines
    )
    assert len(headline(comparison, say)) <= len(HEADLINE) <= 12
    assert lines[0].startswith("1 ") and say("first.rest")[:30] in stream.getvalue()
    starts = [n for n, line in enumerate(lines) if line[:2] in ("1 ", "2 ", "3 ", "4 ", "5 ")]
    ends = [*starts[1:], lines.index("")]
    assert len(starts) == len(first_lines(comparison, say)) <= 5 and all(b - a <= 2 for a, b in zip(starts, ends, strict=True))


def test_a_headline_is_a_difference_and_clusters_are_counted():
    comparison = make_comparison(3)
    rows = {row.key: row for row in headline(comparison, Words("en"))}
    assert rows["tco2e"].cells[0].middle == 0 and rows["tco2e"].cells[4].middle < 0
    assert rows["clusters_all_met"].cells[0].middle > 0


def test_what_others_bear_is_no_gain_of_theirs():
    """`private_net` is a burden: the row of gains has the other sign, and who bears least is best in it."""
    comparison = make_comparison(6)
    row = next(row for row in headline(comparison, Words("en")) if row.key == "private_gain")
    burden = comparison.above("pv_private_net_2035").mean(axis=1)
    shown = np.array([cell.middle for cell in row.cells])
    assert np.all(np.sign(shown[1:]) == -np.sign(burden[1:]))
    assert np.argmax(shown[1:]) == np.argmin(burden[1:])


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_how_many_planned_clusters_a_developer_builds_is_told(lang):
    """Of 12 worlds 9 have no more than under the law alone, 3 have two more; control: an arm that asks for none is not told of."""
    say, comparison = Words(lang), make_comparison(12)
    programmes = [[SimpleNamespace(levers={"planned_slots": 1440.0 if arm == "newly-planned" else 0.0})] for arm in comparison.arms]
    comparison.trace.given = [SimpleNamespace(programmes=own) for own in programmes]
    comparison.trace.site.budget_share = 0.5
    more = np.zeros((len(comparison.arms), 12))
    more[comparison.arms.index("newly-planned"), :3] = 2.0
    comparison.names += ("sites_built_2035",)
    comparison.numbers = np.concatenate([comparison.numbers, 1.0 + more[..., None]], axis=-1)
    assert _sites(comparison, say, 2035) == [
        say("answer.sites", arm=say.name("pathway", "newly-planned"), year=2035, asked=say.number(12, 1), built=say.number(0.5, 1),
            none=say.percent(0.75), counted=say("answer.runs"))
    ]  # fmt: skip
    assert _sites(comparison, say, 2030) == []  # not among the outcomes


@pytest.mark.parametrize(
    ("middles", "end", "unit", "value"), [((-200.0, -30.0), -1080.0, "t", "−30"), ((-11900.0, -60.0), -26400.0, "kt", "−0.1")]
)
def test_a_unit_fits_the_middles_and_not_the_widest_range(middles, end, unit, value):
    """30 t beside a range to 1,080 t was shown as 0.03 kt."""
    say, line = Words("en"), next(line for line in HEADLINE if line.key == "cod")
    found = [(middle, end, 0.0) for middle in middles]
    shown, cells = _cells(line, found, range(len(found)), np.zeros(len(found)), say)
    assert (shown, cells[1].value) == (say.unit(unit), value)
