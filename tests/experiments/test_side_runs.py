"""Side runs say what the same question would say, asked for itself: at another budget, under another law, at equal outlay."""

import json
from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments.budgets import AVOIDED, FACTORS
from ecocluster.experiments.comparing import compare
from ecocluster.experiments.equal_outlay import _Point, _Search
from ecocluster.experiments.preparing import prepare, worlds_of
from ecocluster.experiments.side_runs import first_runs
from ecocluster.model.ensemble import run_ensemble
from ecocluster.scenarios import load_shocks

PATHWAYS = ("self-transition", "combined")
KEYS = ("tco2e_total_2035", "cod_total_2035", "landfilled_total_2035", "pv_outlay_gross_2035", "level1_2035")


@pytest.fixture(scope="module")
def answer():
    """A cluster of twelve firms in five worlds, two replicates each, with all side runs."""
    return compare("teaching", PATHWAYS, worlds=5, replicates=2, budget_bn=300.0, sure=True)


def alone(**options):
    """The same worlds with one replicate, asked for itself."""
    return compare("teaching", PATHWAYS, worlds=5, **{"budget_bn": 300.0, **options})


def same(one, other, keys=KEYS):
    return one.arms == other.arms and all(np.array_equal(one.values(key), other.values(key), equal_nan=True) for key in keys)


def same_paths(one, other):
    """Are all series the same bits? Free riders look ahead, so the end of a run tells on them."""
    kept = [k for k, key in enumerate(one.keys) if not key.startswith("free_riders")]
    return np.array_equal(one.series[..., kept], other.series[..., kept], equal_nan=True)


def test_budgets_are_what_the_question_would_say_at_them(answer):
    rungs = answer.frontier.rungs
    assert [rung.factor for rung in rungs] == sorted(FACTORS) and [rung.budget_bn for rung in rungs] == [100.0, 300.0, 600.0]
    for rung in rungs:
        assert same(rung.comparison, alone(budget_bn=rung.budget_bn))
    assert not same(rungs[0].comparison, rungs[2].comparison)
    outlay = [answer.frontier.outlay(rung)[answer.arms.index("combined")].mean() for rung in rungs]
    assert outlay == sorted(outlay) and len(set(outlay)) == 3


def test_laws_are_what_the_question_would_say_under_them(answer):
    assert list(answer.other_laws) == ["today", "strict"]
    for law, found in answer.other_laws.items():
        assert same(found, alone(law=law))
        assert found.question.law == law


def test_equal_outlay_is_what_these_budgets_give(answer):
    equal = answer.equal
    question = equal.comparison.question
    loaded, arms = prepare(question)
    lowered = [replace(arm, budget=arm.budget * equal.budgets.get(arm.name, 1.0)) for arm in arms]
    trace = run_ensemble(loaded.site, lowered, worlds=worlds_of(question, loaded.parameters), shocks=load_shocks(loaded.shocks),
                         parameters=loaded.parameters, last_year=2036)  # fmt: skip
    assert same_paths(trace, equal.comparison.trace)
    assert np.array_equal(trace.by_origin, equal.comparison.trace.by_origin, equal_nan=True)
    spent = equal.comparison.values("pv_outlay_2035")
    for arm, outlay in equal.outlays.items():
        assert np.mean(spent[question.pathways.index(arm)] - spent[1]) / 1000 == pytest.approx(outlay)


def test_the_first_years_of_a_longer_run_are_the_same_bits(answer):
    question = replace(answer.question, replicates=1)
    loaded, arms = prepare(question)
    short = run_ensemble(loaded.site, arms, worlds=worlds_of(question, loaded.parameters), shocks=load_shocks(loaded.shocks),
                         parameters=loaded.parameters, last_year=2036)  # fmt: skip
    part = first_runs(answer.trace, np.arange(5) * 2)
    assert same_paths(short, part)
    for field in ("level", "unmet", "by_origin", "years", "worlds", "replicates", "trades", "failed"):
        assert np.array_equal(getattr(short, field), getattr(part, field), equal_nan=field == "by_origin"), field
    assert part.by_origin.shape[1] == 5 and np.isnan(part.by_origin[:, :, -1]).all()


def test_json_tells_them(answer):
    told = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    ladder = told["frontier"]
    assert ladder["budgets_bn"] == [100.0, 300.0, 600.0] and ladder["draws"] == 5 and ladder["unpaid"] == [[], [], []]
    assert {arm: len(rows) for arm, rows in ladder["pathways"].items()} == dict.fromkeys(PATHWAYS, 3)
    cell = ladder["pathways"]["combined"][0]
    assert set(cell) == {"outlay_gross", *(f"{name}_avoided" for name in AVOIDED)}
    assert all(own["world_low"] <= own["world_median"] <= own["world_high"] for own in cell.values())
    assert set(told["other_laws"]) == {"today", "strict"}
    for best in (ladder["best"], told["other_laws"]["strict"]["best"]):
        assert set(best) == {*AVOIDED, "net_benefit_gross", "net_benefit_social"}
    for shares in [*ladder["best"]["cod"], *(own["best"]["net_benefit_social"] for own in told["other_laws"].values())]:
        assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "spent",
    [
        lambda x: 900 * x,
        lambda x: 900 * x**0.3,
        lambda x: 900 * x**3,
        lambda x: 900 * np.tanh(4 * x),
        lambda x: 700 * x + 200 * (x > 0.6),
    ],
)
def test_the_search_finds_the_budget_of_an_outlay(spent):
    """Straight, bent either way, saturated, and with a jump that holds no budget of that outlay within reach of a curve."""
    search = _Search(300.0, [_Point(0.0, 0.0), _Point(1.0, float(spent(1.0)), object())])
    steps = 0
    while not search.done and steps < 7:
        share, steps = search.guess(), steps + 1
        search.add(_Point(share, float(spent(share)), object()))
    assert search.done and abs(spent(search.best.share) - 300.0) <= 3.0
