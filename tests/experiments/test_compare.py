"""The comparison on made-up runs: known differences come out, and the JSON is the promised object."""

import json
import math

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.compare import compare
from ecocluster.experiments.comparison import CLUSTER_SHARES, YEARS, Column, Comparison
from fakes import ARMS, EFFECT, FAILURES, INDICATORS, VOCABULARY, evaluate, make_comparison, make_runs


def test_json_is_the_promised_object():
    answer = json.loads(json.dumps(make_comparison().to_json(), allow_nan=False))
    assert list(answer) == ["scenario", "seed", "replicates", "wall_s", "out", "pathways", "best"]
    assert tuple(answer["pathways"]) == ARMS
    entry = answer["pathways"]["combined"]["tco2e_2035"]
    assert set(entry) == {"unit", "direction", "mean", "low", "high", "difference"}
    assert (entry["unit"], entry["direction"]) == ("t/yr", "min")
    assert set(entry["difference"]) == {"mean", "low", "high"}
    assert entry["low"] <= entry["mean"] <= entry["high"]
    assert all(indicator["difference"]["mean"] == 0 for indicator in answer["pathways"]["null"].values())
    assert all(sum(shares.values()) == pytest.approx(1) for shares in answer["best"].values())
    assert "firms_2035" not in answer["best"] and "tco2e_2035" in answer["best"]


def test_known_difference_is_recovered():
    answer = make_comparison(40)
    for index, arm in enumerate(ARMS[1:], 1):
        _, delta, gain = answer.estimates["tco2e_2045"][index]
        last = 480e3 * EFFECT[arm] * (24.375 + 1) / 25  # mean of the four quarters of 2045
        assert delta.low < -last * 0.97 and delta.high > -last * 1.03
        assert gain > 5
    assert answer.best["tco2e_2045"]["combined"] > 0.9


def test_cost_per_tonne_is_the_ratio_of_means():
    answer = make_comparison(40)
    for key, money in (("cost_gross_per_tco2e_2045", "pv_outlay_gross_2045"), ("cost_social_per_tco2e_2045", "pv_social_cost_2045")):
        value, _, _ = answer.estimates[key][1]
        cost, tonnes = answer.above(money)[1].mean(), -answer.above("pv_tco2e_2045")[1].mean()
        assert value.mean == pytest.approx(cost / tonnes) and value.low < cost / tonnes < value.high
        null = answer.to_json()["pathways"]["null"][key]
        assert null["mean"] is None and null["reason"] and null["difference"]["mean"] == 0
        assert sum(answer.best[key].values()) == pytest.approx(1)


def test_money_is_counted_above_a_named_baseline():
    """Prices, abatement and net benefit follow the baseline; the plain differences stay those to the first arm."""
    plain, other = make_comparison(10), make_comparison(10)
    other.baseline = "symbiosis"
    assert not plain.abatement(2035)[0].any() and not other.abatement(2035)[2].any()
    assert np.allclose(other.abatement(2035), plain.abatement(2035) - plain.abatement(2035)[2])
    assert np.allclose(other.net_benefit(2035), plain.net_benefit(2035) - plain.net_benefit(2035)[2])
    key = "cost_gross_per_tco2e_2035"
    assert other.estimates[key][2][0].reason and not other.estimates[key][4][0].reason
    assert np.allclose(plain.net_benefit(2035, price_tco2e=0.0, price_cod=0.0), -plain.above("pv_social_cost_2035"))
    more = plain.net_benefit(2035, "gross", price_cod=8.5) - plain.net_benefit(2035, "gross")
    assert np.allclose(more, -plain.above("pv_cod_2035"))


def test_a_lever_that_costs_but_does_nothing_has_no_cost_per_tonne():
    """Negative control: equal emissions give an undefined ratio with its reason, not a huge number."""
    runs = make_runs(10)
    k = runs.keys.index("tco2e")
    runs.series[:, :, :, k] = runs.series[:1, :, :, k]
    plain = make_comparison(10)
    answer = Comparison.of(plain.question, runs, evaluate(runs), VOCABULARY)
    entry = answer.to_json()["pathways"]["combined"]["cost_gross_per_tco2e_2035"]
    assert entry["mean"] is None and "holds 0" in entry["reason"]
    assert "cost_gross_per_tco2e_2035" not in answer.to_json()["best"]
    assert answer.best["tco2e_2035"] == pytest.approx(dict.fromkeys(ARMS, 0.2))


def test_one_replicate_gives_values_without_intervals():
    entry = make_comparison(1).to_json()["pathways"]["symbiosis"]["jobs_2030"]
    assert entry["mean"] > 0 and entry["low"] is None and "one replicate" in entry["reason"]


def test_a_failed_run_is_a_row_and_leaves_its_pair_out():
    answer = make_comparison(6, failed=[(4, 2)])
    row = answer.runs.query("arm == 'combined' and replicate == 2").iloc[0]
    assert row["failed"] == FAILURES[1] and math.isnan(row["tco2e_2035"])
    value, delta, _ = answer.estimates["tco2e_2035"][4]
    assert value.runs == delta.runs == 5 and "1 of 6" in value.reason
    assert answer.estimates["tco2e_2035"][1][0].runs == 6
    with pytest.raises(InputError, match="every run failed: the ledger"):
        make_comparison(1, failed=[(a, 0) for a in range(5)])


def test_summary_and_series_hold_the_same_numbers():
    answer = make_comparison(24)
    row = answer.summary.query("pathway == 'symbiosis' and indicator == 'cod_2030'").iloc[0]
    assert row["mean"] == pytest.approx(answer.values("cod_2030")[2].mean())
    end = answer.series.query("pathway == 'symbiosis' and indicator == 'jobs' and year == 2046").iloc[0]
    assert end["mean"] == pytest.approx(answer.values("jobs_2045")[2].mean())
    assert end["p10"] < end["low"] < end["mean"] < end["high"] < end["p90"]
    assert np.isnan(answer.series.query("indicator == 'tco2e' and year == 2020")["mean"]).all()


def test_columns_read_their_names():
    total = Column.parse("tco2e_total_2045", INDICATORS)
    assert (total.base, total.year, total.total, total.unit) == ("tco2e", 2045, True, "t")
    assert Column.parse("pv_outlay_2030", INDICATORS).unit == "mVND"
    assert Column.parse("adoption_T1_2035", INDICATORS).base == "adoption_T1"
    with pytest.raises(KeyError, match="nonsense"):
        Column.parse("nonsense_2030", INDICATORS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replicates": 0}, "--replicates is 0, but must be at least 1"),
        ({"replicates": 2.5}, "whole number"),
        ({"budget": -1}, "--budget is -1"),
        ({"budget": math.nan}, "finite"),
        ({"site_budget": math.inf}, "finite"),
        ({"seed": -1}, "--seed"),
        ({"seed": 2**63}, "at most"),
        ({"threads": 0}, "--threads"),
        ({"pathways": ()}, "empty"),
        ({"pathways": ("symbiosis", "symbiosis")}, "named twice"),
    ],
)
def test_bad_numbers_are_refused_before_anything_runs(options, message):
    with pytest.raises(InputError, match=message):
        compare(**options)


def test_obstacles_and_certified_add_up_to_one():
    answer = make_comparison(6, failed=[(1, 0)])
    step = list(answer.trace.years).index(2036)
    certified = (answer.trace.level[:, :, step] > 0).mean(axis=2)
    expected = [certified[a][answer.trace.failed[a] == 0].mean() for a in range(len(ARMS))]
    assert answer.obstacles(2035).sum(axis=1) == pytest.approx(1 - np.array(expected))


def test_levels_of_a_single_cluster_are_proportions():
    """Nobody certified: a city's mean is 0, of a single cluster we only know that it is rare."""
    for clusters, certain in ((70, True), (1, False)):
        answer = make_comparison(10, clusters=clusters)
        for level in CLUSTER_SHARES:
            answer.runs[[f"{level}_{year}" for year in YEARS]] = 0.0
        value = answer.estimates["level3_2030"][1][0]
        assert value.mean == value.low == 0 and (value.high == 0) is certain
