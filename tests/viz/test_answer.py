"""The first screen: what may be said of whom, and that it fits."""

import io
from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.viz.answer import _worth_sentence, answer
from ecocluster.viz.headline import HEADLINE, headline
from ecocluster.viz.leads import Lead, lead, same_leader
from ecocluster.viz.terminal import print_answer
from ecocluster.viz.words import Words
from fakes import ARMS, make_comparison
from rich.console import Console

GROUND = ("cod_total_2035", "tco2e_total_2035", "landfilled_total_2035")


def shares(**found):
    return {**dict.fromkeys(ARMS, 0.0), "tie": 0.0, "nothing": 0.0, **{key.replace("_", "-"): value for key, value in found.items()}}


def planted(own, equal=None, replicates=3):
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
    assert lead(shares(symbiosis=0.7, combined=0.3), names) == Lead("ahead", ("symbiosis",), (0.7,))
    assert lead(shares(symbiosis=0.5, combined=0.5), names) == Lead("open", ("combined", "symbiosis"), (0.5, 0.5))
    assert lead(shares(symbiosis=0.4, combined=0.3, self_transition=0.3), names).arms == ("symbiosis", "combined", "self-transition")
    assert lead(shares(nothing=0.6, combined=0.4), names).kind == "nothing"
    assert lead(shares(tie=1.0), names).kind == "tie"
    assert lead({}, names).kind == "unknown"
    some = shares(symbiosis=0.5, combined=0.5)
    assert lead(some, names) == lead(some, reversed(names))
    assert same_leader([lead(shares(combined=0.6), names), lead(shares(symbiosis=0.6), names)]) is None


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


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("clusters", [70, 1])
def test_the_first_screen_fits(lang, clusters):
    say, comparison = Words(lang), make_comparison(3, clusters=clusters)
    stream = io.StringIO()
    print_answer(comparison, Console(file=stream, width=100), say)
    lines = stream.getvalue().splitlines()
    assert max(map(len, map(str.rstrip, lines))) <= 80 and not any(line.rstrip().endswith("\N{HORIZONTAL ELLIPSIS}") for line in lines)
    assert len(headline(comparison, say)) <= len(HEADLINE) <= 12
    assert lines[0].startswith("1 ") and say("first.rest")[:30] in stream.getvalue()


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
