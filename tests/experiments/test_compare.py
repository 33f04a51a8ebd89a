"""The comparison on made-up runs: known differences come out, and the JSON is the promised object."""

import json
import math
from functools import partial

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.columns import CLUSTER_SHARES, YEARS
from ecocluster.experiments.comparing import compare
from ecocluster.experiments.comparison import Comparison
from ecocluster.experiments.money import AVOIDED
from ecocluster.experiments.outcome import OUTPUT_BASES
from ecocluster.experiments.question import ask
from ecocluster.model.indicators import CRITERIA
from ecocluster.viz.answer import answer as words_of
from ecocluster.viz.doses import equal_lines
from ecocluster.viz.words import Words
from fakes import ARMS, EFFECT, FAILURES, VOCABULARY, make_comparison, make_runs

RANGE = {"world_median", "world_low", "world_high"}


def test_json_is_the_promised_object():
    answer = json.loads(json.dumps(make_comparison().to_json(), allow_nan=False))
    assert list(answer) == [
        "scenario", "seed", "replicates", "worlds", "law", "measured_against", "in_force", "equal_outlay", "frontier",
        "other_laws", "wall_s", "out",
        "pathways", "best", "which",
    ]  # fmt: skip
    assert tuple(answer["pathways"]) == ARMS
    entry = answer["pathways"]["combined"]["tco2e_2035"]
    assert set(entry) == {"unit", "direction", "mean", "low", "high", "difference", "difference_to_null", *RANGE}
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


def test_differences_are_to_the_law_alone_and_to_the_null_beside():
    """Whoever is measured against the second arm differs from it; what it is itself measured against is the first."""
    runs = make_runs(10)
    runs.matched = (0, 0, 1, 1, 1)
    plain = make_comparison(10)
    answer = Comparison.of(plain.question, runs, VOCABULARY)
    values = answer.values("cod_2035")
    for index, base in enumerate(runs.matched):
        assert answer.estimates["cod_2035"][index][1].mean == pytest.approx((values[index] - values[base]).mean())
        assert answer.to_null["cod_2035"][index].mean == pytest.approx((values[index] - values[0]).mean())
    told = answer.to_json()
    assert told["measured_against"]["combined"] == "self-transition"
    entry = told["pathways"]["combined"]["cod_2035"]
    assert entry["difference"]["mean"] != entry["difference_to_null"]["mean"]
    row = answer.summary.query("pathway == 'combined' and indicator == 'cod_2035'").iloc[0]
    assert row["null_difference_mean"] == entry["difference_to_null"]["mean"]
    tonnes = answer.values("tco2e_total_2035")
    assert np.array_equal(answer.abatement(2035)[4], tonnes[1] - tonnes[4])


@pytest.fixture(scope="module")
def small():
    """A cluster of twelve firms under typed levers, at equal outlay as well."""
    return compare(
        "teaching", ("self-transition", "combined"), fixed=True, replicates=3, budget_bn=300.0, equal=True,
        levers={"extension": 0.9, "certainty": 0.5},
    )  # fmt: skip


def test_what_was_in_force_is_told_per_arm(small):
    """The same law in every arm but the null, typed levers as typed, and money that adds up."""
    assert small.arms == ("null", "law", "self-transition", "combined")
    assert [small.arms[m] for m in small.matched] == ["null", "null", "law", "law"]
    found = small.in_force
    assert found["null"].law_levers == {} and found["law"].law_levers["certainty"] == 0.5
    assert found["law"].law_levers == found["self-transition"].law_levers == found["combined"].law_levers
    for arm in ("self-transition", "combined"):
        levers = {row.lever: row for row in found[arm].levers}
        assert levers["extension"].typed and levers["extension"].in_force == pytest.approx(0.9)
        assert not levers["innovation_centre"].typed and found[arm].scale == 1.0
        assert found[arm].offered == pytest.approx(found[arm].spent + found[arm].left)
        assert found[arm].offered == pytest.approx(300.0 * 12 / 3864 * 26)
    assert json.loads(json.dumps(small.to_json(), allow_nan=False))["in_force"]["combined"]["dose"] == found["combined"].dose


def test_who_finds_no_use_for_money_sets_no_target():
    """Newly planned clusters on a small site get none built, so they spend next to nothing: they stand at their budget and are named.

    Control: among those that can spend the thriftiest sets the target as ever."""
    answer = compare("nguyen-khe", ("self-transition", "newly-planned", "combined"), fixed=True, replicates=3, equal=True)
    equal = answer.equal
    assert equal.unable == ("newly-planned",) and equal.budgets["newly-planned"] == 1.0
    most = max(equal.outlays[name] for name in ("self-transition", "combined"))
    assert equal.outlays["newly-planned"] < 0.1 * equal.target <= most and 1.0 in (
        equal.budgets["self-transition"],
        equal.budgets["combined"],
    )
    assert "newly-planned" not in equal.missed
    for lang in ("en", "vi"):
        say = Words(lang)
        assert say("cli.equal_unable", names=say.name("pathway", "newly-planned")) in equal_lines(answer, say).lines
    assert equal.to_json()["unable"] == ["newly-planned"]


def test_equal_outlay_lowers_budgets_and_raises_none(small):
    equal = small.equal
    assert max(equal.budgets.values()) == 1.0 and min(equal.budgets.values()) > 0
    for arm, value in equal.outlays.items():
        assert abs(value / equal.target - 1) <= 0.01 or arm in equal.missed
    full = small.values("pv_outlay_2035")
    thriftiest = min(small.acting, key=lambda index: (full[index] - full[1]).mean())
    assert equal.budgets[small.arms[thriftiest]] == 1.0
    assert "--equal-outlay" in small.question.command and "--set certainty=0.5" in small.question.command


def test_a_budget_that_cannot_pay_what_was_typed_is_refused_with_the_least_that_can():
    """The least budget that is named is enough, a hundredth less is not, and 0 is the law alone."""
    asked = {"fixed": True, "replicates": 2, "levers": {"extension": 1.0, "skills_housing": 1.0}}
    with pytest.raises(InputError, match="cannot pay for the levers of --set") as refused:
        compare("teaching", ("combined",), budget_bn=1.0, **asked)
    least = refused.value.fields["least"]
    enough = compare("teaching", ("combined",), budget_bn=least, **asked)
    levers = {row.lever: row for row in enough.in_force["combined"].levers}
    assert levers["extension"].in_force == levers["skills_housing"].in_force == pytest.approx(1.0)
    assert levers["innovation_centre"].in_force < levers["innovation_centre"].written
    with pytest.raises(InputError):
        compare("teaching", ("combined",), budget_bn=least * 0.98, **asked)
    nothing = compare("teaching", ("combined",), budget_bn=0.0, **asked)
    keys = ("tco2e_total_2035", "pv_outlay_2045", "level1_2035")
    assert all(np.array_equal(nothing.values(key)[1], nothing.values(key)[2]) for key in keys)


def test_written_programmes_keep_their_factor_at_small_budgets():
    small_budget = compare("teaching", ("combined",), fixed=True, replicates=2, budget_bn=3.0).in_force["combined"]
    assert small_budget.dose < 1 and small_budget.dose_least <= small_budget.dose
    levers = {row.lever: row for row in small_budget.levers}
    assert levers["extension"].before < levers["extension"].in_force < levers["extension"].written


def test_scaling_is_asked_for():
    asked = {"fixed": True, "replicates": 2, "budget_bn": 150.0}
    plain = compare("nguyen-khe", ("self-transition",), **asked).in_force["self-transition"]
    auto = compare("nguyen-khe", ("self-transition",), scale=None, **asked).in_force["self-transition"]
    assert plain.scale == 1.0 < auto.scale
    assert {r.lever: r.in_force for r in auto.levers}["grant_T2"] > 0.3 == {r.lever: r.in_force for r in plain.levers}["grant_T2"]


def test_cost_per_tonne_is_the_ratio_of_means():
    answer = make_comparison(40)
    for key, money in (
        ("cost_gross_per_tco2e_2045", "pv_outlay_gross_2045"),
        ("cost_social_per_tco2e_2045", "pv_social_cost_2045"),
    ):
        value, _, _ = answer.estimates[key][1]
        cost, tonnes = answer.above(money)[1].mean(), -answer.above("pv_tco2e_2045")[1].mean()
        assert value.mean == pytest.approx(cost / tonnes) and value.low < cost / tonnes < value.high
        null = answer.to_json()["pathways"]["null"][key]
        assert null["mean"] is None and null["reason"] and null["difference"]["mean"] == 0
        assert sum(answer.best[key].values()) == pytest.approx(1)


def test_money_is_counted_above_the_matched_arm():
    """Prices, abatement and net benefit are above what each arm is measured against, as the plain differences are."""
    runs = make_runs(10)
    runs.matched = (0, 0, 1, 1, 1)
    plain = make_comparison(10)
    other = Comparison.of(plain.question, runs, VOCABULARY)
    for answer in (plain, other):
        tonnes = answer.values("tco2e_total_2035")
        assert np.array_equal(answer.abatement(2035), tonnes[answer.matched] - tonnes)
    assert not plain.abatement(2035)[0].any() and other.abatement(2035)[1].any()
    assert np.allclose(plain.net_benefit(2035, price_tco2e_mvnd=0.0, price_cod_mvnd=0.0), -plain.above("pv_social_cost_2035"))
    more = plain.net_benefit(2035, "gross", price_cod_mvnd=8.5) - plain.net_benefit(2035, "gross")
    assert np.allclose(more, -plain.above("pv_cod_2035"))


def test_a_lever_that_costs_but_does_nothing_has_no_cost_per_tonne():
    """Negative control: equal emissions give an undefined ratio with its reason, not a huge number."""
    runs = make_runs(10)
    k = runs.keys.index("tco2e")
    runs.series[:, :, :, k] = runs.series[:1, :, :, k]
    plain = make_comparison(10)
    answer = Comparison.of(plain.question, runs, VOCABULARY)
    entry = answer.to_json()["pathways"]["combined"]["cost_gross_per_tco2e_2035"]
    assert entry["mean"] is None and "holds 0" in entry["reason"]
    assert "cost_gross_per_tco2e_2035" not in answer.to_json()["best"]
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
    answer = make_comparison(24)
    row = answer.summary.query("pathway == 'symbiosis' and indicator == 'cod_2030'").iloc[0]
    assert row["mean"] == pytest.approx(answer.values("cod_2030")[2].mean())
    end = answer.series.query("pathway == 'symbiosis' and indicator == 'jobs' and year == 2046").iloc[0]
    assert end["mean"] == pytest.approx(answer.values("jobs_2045")[2].mean())
    assert end["p10"] < end["low"] < end["mean"] < end["high"] < end["p90"]
    assert np.isnan(answer.series.query("indicator == 'tco2e' and year == 2020")["mean"]).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"replicates": 0}, "--replicates is 0, but must be at least 1"),
        ({"replicates": 2.5}, "whole number"),
        ({"budget_bn": -1}, "--budget is -1"),
        ({"budget_bn": math.nan}, "finite"),
        ({"site_budget_bn": math.inf}, "finite"),
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


def test_who_waits_for_the_office_is_told_apart_from_who_misses_something():
    """Known answer: of four clusters one waits; a certified one, one that misses a criterion and one that finds it not worth it do not."""
    answer = make_comparison(3, clusters=4, failed=[(1, 0)])
    step = list(answer.trace.years).index(2036)
    answer.trace.unmet[:, :, step] = [1 << 7, 0b100, 0, 1 << len(CRITERIA)]
    answer.trace.level[:, :, step] = [0, 0, 1, 0]
    assert answer.queue(2035).tolist() == [0.25] * len(ARMS)
    assert answer.certified(2035).tolist() == [0.25] * len(ARMS)
    assert answer.obstacles(2035).sum(axis=1).tolist() == [0.25] * len(ARMS)


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
            for year in YEARS:
                answer.values(f"{level}_{year}")[:] = 0.0
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


def test_parts_of_abatement_have_a_range_over_worlds():
    """They are differences already: their range stands beside their mean, and none beside a difference of them."""
    answer = make_comparison(12, worlds=np.repeat(np.arange(40, 46), 2))
    entry = answer.to_json()["pathways"]["combined"]["abatement_intensity_2035"]
    means = answer.split(2035)["intensity"][4].reshape(6, 2).mean(axis=1)
    assert (entry["world_low"], entry["world_high"]) == pytest.approx((np.quantile(means, 0.05), np.quantile(means, 0.95)))
    assert (
        entry["mean"] == pytest.approx(means.mean()) and entry["difference"]["world_low"] is None and entry["difference"]["reason"]
    )


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


def test_what_could_not_be_computed_is_missing_in_json():
    """Whatever is not a number, anywhere in the answer, is null; whole numbers and texts stay."""
    answer = make_comparison(6)
    answer.sure = {"chance": {"x": math.nan, "y": [1.0, math.inf, 2]}, "failed": 3}
    told = json.loads(json.dumps(answer.to_json(), allow_nan=False))["sure"]
    assert told == {"chance": {"x": None, "y": [1.0, None, 2]}, "failed": 3}


def test_a_comparison_is_an_array_with_names_and_units():
    """Its numbers are those of the runs; a run that failed is missing. Control: of the others none is."""
    pytest.importorskip("xarray")
    answer = make_comparison(6, failed=[(2, 1)], worlds=np.array([3, 3, 5, 5, 9, 9]))
    found = answer.to_xarray()
    assert found.attrs["scenario"] == "hanoi" and found["tco2e"].attrs["units"] == "t/yr" and found["time"].attrs["units"] == "year"
    assert dict(found.sizes) == {"arm": 5, "run": 6, "time": 105, "cluster": 70}
    place = list(answer.trace.keys).index("tco2e")
    assert np.array_equal(found["tco2e"].sel(arm="combined")[:, 60], answer.trace.series[4, :, 60, place])
    lost = found["jobs"].isnull().all("time").values
    assert lost[2, 1] and lost.sum() == 1 and (found["level"][2, 1] == -1).all() and (found["level"][2, 0] >= 0).all()
    assert found["world"].values.tolist() == [3, 3, 5, 5, 9, 9] and found["tco2e"].groupby("world").mean("run").sizes["world"] == 3


def test_a_comparison_tells_it_beside_the_split():
    answer = make_comparison(6)
    for base in OUTPUT_BASES:
        column = AVOIDED[base.removesuffix("_at_output")]
        own, made = answer.values(f"{column}_2035"), answer.values("output_total_2035")
        told = answer.to_json()["pathways"]["combined"][f"{base}_2035"]
        assert told["mean"] == pytest.approx((own[0] - own[4] * made[0] / made[4]).mean()) and told["unit"] == "t"


def test_an_array_may_begin_in_2010():
    """The past stands before the fork in every arm, the same bits. Control: after the fork the arms differ."""
    pytest.importorskip("xarray")
    answer = compare("teaching", ["combined"], fixed=True, replicates=2)
    found = answer.to_xarray(since_2010=True)
    assert found["time"].values[[0, -1]].tolist() == [2010.25, 2046.0] and "level" not in found and "level" in answer.to_xarray()
    own, place = found["tco2e"].values, list(answer.trace.keys).index("tco2e")
    assert np.array_equal(own[0, :, :40], answer.trace.past[:, :, place]) and (own[0, :, :40] == own[2, :, :40]).all()
    assert np.array_equal(own[:, :, 40:], answer.trace.series[:, :, 1:, place]) and not (own[0, :, 40:] == own[2, :, 40:]).all()
    past = answer.past.query("indicator == 'tco2e'")
    assert len(past) == 40 and past["mean"].to_numpy() == pytest.approx(own[0, :, :40].mean(axis=0))
