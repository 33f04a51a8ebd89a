"""The comparison on made-up runs: known differences come out, and the JSON is the promised object."""

import json
import math
from functools import partial

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.compare import ask, compare
from ecocluster.experiments.comparison import CLUSTER_SHARES, YEARS, Column, Comparison
from ecocluster.viz.answer import answer as words_of
from ecocluster.viz.words import Words
from fakes import ARMS, EFFECT, FAILURES, INDICATORS, VOCABULARY, evaluate, make_comparison, make_runs

RANGE = {"world_median", "world_low", "world_high"}


def test_json_is_the_promised_object():
    answer = json.loads(json.dumps(make_comparison().to_json(), allow_nan=False))
    assert list(answer) == ["scenario", "seed", "replicates", "worlds", "wall_s", "out", "pathways", "best"]
    assert tuple(answer["pathways"]) == ARMS
    entry = answer["pathways"]["combined"]["tco2e_2035"]
    assert set(entry) == {"unit", "direction", "mean", "low", "high", "difference", *RANGE}
    assert (entry["unit"], entry["direction"]) == ("t/yr", "min")
    assert set(entry["difference"]) == {"mean", "low", "high", *RANGE}
    assert all(entry[name] is None and entry["difference"][name] is None for name in RANGE)  # chance is no range
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
    value, _, _ = answer.estimates["cost_per_tco2e_2045"][1]
    expected = answer.net_outlay(2045)[1].mean() / answer.abatement(2045)[1].mean()
    assert value.mean == pytest.approx(expected) and value.low < expected < value.high
    null = answer.to_json()["pathways"]["null"]["cost_per_tco2e_2045"]
    assert null["mean"] is None and null["reason"] and null["difference"]["mean"] == 0
    assert sum(answer.best["cost_per_tco2e_2045"].values()) == pytest.approx(1)


def test_a_lever_that_costs_but_does_nothing_has_no_cost_per_tonne():
    """Negative control: equal emissions give an undefined ratio with its reason, not a huge number."""
    runs = make_runs(10)
    k = runs.keys.index("tco2e")
    runs.series[:, :, :, k] = runs.series[:1, :, :, k]
    plain = make_comparison(10)
    answer = Comparison.of(plain.question, runs, evaluate(runs), VOCABULARY)
    entry = answer.to_json()["pathways"]["combined"]["cost_per_tco2e_2035"]
    assert entry["mean"] is None and "holds 0" in entry["reason"]
    assert "cost_per_tco2e_2035" not in answer.to_json()["best"]
    assert answer.best["tco2e_2035"] == {**dict.fromkeys(ARMS, 0.0), "tie": 0.0, "nothing": 1.0}


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
    answer = make_comparison(8)
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


def test_a_cluster_may_miss_several_criteria():
    """Known answer from masks written by hand; the run that failed counts nowhere."""
    answer = make_comparison(3, clusters=4, failed=[(1, 0)])
    step = list(answer.trace.years).index(2036)
    answer.trace.unmet[:, :, step] = [0b000011, 0b000010, 0b000010, 1 << 7]  # the last misses something of level 2 only
    answer.trace.unmet[1, 0, step] = 0b111111
    missed, alone = answer.obstacles(2035), answer.obstacles(2035, alone=True)
    assert answer.criteria[:2] == ("recp_share", "symbiosis")
    for arm in range(len(ARMS)):
        assert missed[arm].tolist() == [0.25, 0.75, 0, 0, 0, 0] and alone[arm].tolist() == [0, 0.5, 0, 0, 0, 0]


def test_the_words_do_not_depend_on_the_order_of_criteria():
    """Bits permuted with their names give the same sentences; the first of a fixed order would not."""
    say, answer, permuted = Words("en"), make_comparison(5), make_comparison(5)
    shape = answer.trace.unmet.shape
    answer.trace.unmet = np.random.default_rng(2).choice([0b000010, 0b000010, 0b001100, 0b001100, 0b001100, 1], shape)
    before = words_of(answer, say)
    order = np.array([3, 5, 1, 0, 4, 2])
    permuted.trace.unmet = sum((answer.trace.unmet >> old & 1) << new for new, old in enumerate(order))
    permuted.criteria = tuple(answer.criteria[i] for i in order)
    assert words_of(permuted, say) == before

    def first_of_a_fixed_order(comparison, year, alone=False):
        step = list(comparison.trace.years).index(year + 1)
        masks = comparison.trace.unmet[:, :, step] & 63
        first = masks & -masks
        return np.stack([(first == 1 << k).mean(axis=(1, 2)) for k in range(6)], axis=1)

    for comparison in (answer, permuted):
        comparison.obstacles = partial(first_of_a_fixed_order, comparison)
    assert words_of(permuted, say) != words_of(answer, say)


def test_levels_of_a_single_cluster_are_proportions():
    """Nobody certified: a city's mean is 0, of a single cluster we only know that it is rare."""
    for clusters, certain in ((70, True), (1, False)):
        answer = make_comparison(10, clusters=clusters)
        for level in CLUSTER_SHARES:
            answer.runs[[f"{level}_{year}" for year in YEARS]] = 0.0
        value = answer.estimates["clusters_level3_2030"][1][0]
        assert value.mean == value.low == 0 and (value.high == 0) is certain


def test_ranges_are_those_of_worlds_and_not_of_their_replicates():
    """Two replicates of six worlds: the range is over six means, and so is the interval."""
    worlds = np.repeat(np.arange(40, 46), 2)
    answer = make_comparison(12, worlds=worlds)
    means = answer.values("jobs_2035").reshape(len(ARMS), 6, 2).mean(axis=2)
    np.testing.assert_allclose(answer.by_world("jobs_2035"), means)
    entry = answer.to_json()["pathways"]["combined"]["jobs_2035"]
    apart = means[4] - means[0]
    assert entry["difference"]["world_low"] == pytest.approx(np.quantile(apart, 0.05))
    assert (entry["world_median"], entry["world_high"]) == pytest.approx((np.median(means[4]), np.quantile(means[4], 0.95)))
    assert answer.estimates["jobs_2035"][4][1].runs == 6
    row = answer.summary.query("pathway == 'combined' and indicator == 'jobs_2035'").iloc[0]
    assert row["difference_world_high"] == pytest.approx(np.quantile(apart, 0.95))
    assert "--worlds 6 --replicates" in answer.question.command


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample": True}, "--worlds N"),
        ({"fixed": True, "worlds": 10}, "name one of the two"),
        ({"worlds": 0}, "--worlds is 0"),
        ({"worlds": 101}, "at most 100"),
    ],
)
def test_ways_to_sample_that_do_not_exist(options, message):
    with pytest.raises(InputError, match=message):
        ask(**options)


def test_defaults_of_the_two_ways():
    assert (ask().worlds, ask().replicates) == (100, 1)
    assert (ask(fixed=True).worlds, ask(fixed=True).replicates) == (0, 20)
    assert "--fixed --replicates 20" in ask(fixed=True).command and "--worlds 100" in ask().command
