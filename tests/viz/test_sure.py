"""What is said about how sure an answer is, in both languages, on made-up runs."""

import numpy as np
import pytest
from ecocluster.experiments.sureness import acceptability_of
from ecocluster.viz.scorecard import scorecard, stands_out
from ecocluster.viz.sure import how_sure, legend
from ecocluster.viz.words import Words
from fakes import ARMS, make_comparison

KEY = "tco2e_total_2035"


@pytest.fixture
def answer():
    found = make_comparison(20, worlds=np.arange(20))
    rows = [{"name": "growth", "correlation": 0.61, "stands_out": True}, {"name": "q_in", "correlation": -0.2, "stands_out": False}]
    found.sure = {
        "older": False, "failed": 0, "worlds": 20, "free": {KEY: dict.fromkeys(ARMS, [-9e5, -1e5])},
        "chance": {KEY: dict.fromkeys(ARMS, 0.25)}, "default": {KEY: dict.fromkeys(ARMS, 0.4)},
        "deciders": {KEY: {"arms": ["combined", "self-transition"], "bound": 0.38, "parameters": rows}},
    }  # fmt: skip
    return found


def test_what_is_bold_is_no_accident_of_few_worlds():
    assert not stands_out(1.0, 3) and stands_out(1.0, 4) and stands_out(0.9, 20) and not stands_out(0.89, 1000)
    assert not stands_out(float("nan"), 100)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_sentences(answer, lang):
    say = Words(lang)
    text = " ".join(how_sure(answer, say))
    assert say("parameter.growth") in text and say("parameter.q_in") not in text
    assert "25 %" in text and "40 %" in text and say("sure.older") not in text
    answer.sure["deciders"][KEY]["parameters"][0]["stands_out"] = False
    answer.sure |= {"older": True, "failed": 3}
    again = " ".join(how_sure(answer, say))
    first, second = say.name("pathway", "combined"), say.name("pathway", "self-transition")
    assert say("sure.no_decider", first=first, second=second) in again
    assert say("sure.older") in again and say("sure.failed", failed=3) in again
    assert "20" in legend(answer, say)


def test_defaults_are_called_chance_only():
    say = Words("en")
    assert how_sure(make_comparison(8), say) == [say("sure.chance_only")]


def test_the_table_shows_the_worlds_and_not_the_interval_of_the_mean(answer):
    say = Words("en")
    row = next(row for group in scorecard(answer, 2035, say) for row in group.rows if row.key == "jobs_2035")
    found = answer.worlds("jobs_2035")[4]
    assert say.number(found.median) in row.cells[4].value
    plain = make_comparison(20)
    other = next(row for group in scorecard(plain, 2035, say) for row in group.rows if row.key == "jobs_2035")
    assert other.cells[4].value != row.cells[4].value  # the range is wider than the interval


def test_acceptability_of_a_comparison(answer):
    found = acceptability_of(answer, "pv_outlay_2035", "tco2e_total_2035", "cod_total_2035")
    shares = np.array(found["shares"])
    assert shares.shape == (len(ARMS), len(found["prices"]), len(found["cod_prices"]))
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert shares[0, 0, 0] == 1.0  # at no price nothing is worth its cost
