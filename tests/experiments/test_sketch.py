"""A sketch: first estimates from samples of the city, each honest about its error, the last one the answer to the bit."""

import json
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.experiments import compare, sketch_coverage
from ecocluster.experiments import sketch as sketching
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.question import ask
from ecocluster.experiments.sketch import CONFIDENCE, SAMPLES, Estimate, _part_of, _raised, refined, sample_of, sketch
from ecocluster.experiments.statistics import t_quantile
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.simulator import Simulator
from ecocluster.scenarios import load_scenario, make_arm
from ecocluster.viz.cli import main
from ecocluster.viz.sketching import SketchLines
from ecocluster.viz.words import Words

ASKED = {"pathways": ["symbiosis", "combined"], "worlds": 9, "threads": 1}


@pytest.fixture(scope="module")
def estimates():
    return list(sketch("teaching", **ASKED))


def test_the_last_estimate_is_the_answer(estimates):
    expected = compare("teaching", **ASKED)
    last = estimates[-1]
    assert [e.draws for e in estimates] == [4, 8, 9] and [e.exact for e in estimates] == [False, False, True]
    for name in (
        "series",
        "level",
        "unmet",
        "failed",
        "funds",
        "by_origin",
        "trades",
        "past",
        "replicates",
        "worlds",
        "discount_rate",
    ):
        assert getattr(last.trace, name).tobytes() == getattr(expected.trace, name).tobytes(), name
    assert last.comparison.summary.equals(expected.summary) and estimates[0].comparison is None
    curve = last.curve("tco2e", total=True)
    own = expected.values("tco2e_total_2035") - expected.values("tco2e_total_2035")[expected.matched]
    at = int(np.searchsorted(curve.years, 2036 - 1e-9))
    assert curve.middle[:, at] == pytest.approx(own.mean(axis=1), rel=1e-9, abs=1e-6)
    assert np.array_equal(curve.low, curve.high) and np.array_equal(curve.low, curve.middle)


def test_compare_may_be_followed(estimates):
    seen = []
    found = compare("teaching", **ASKED, sketch=seen.append)
    assert [e.draws for e in seen] == [4, 8, 9] and found.trace.series.tobytes() == estimates[-1].trace.series.tobytes()
    fixed = compare("teaching", pathways=["combined"], fixed=True, replicates=5, threads=1, sketch=seen.append)
    assert fixed.summary.equals(compare("teaching", pathways=["combined"], fixed=True, replicates=5, threads=1).summary)


def test_an_estimate_of_few_draws_tells_how_far_it_may_be_off():
    """Known numbers: the interval of a mean by Student, less what is known of all draws; one draw has none; a lost run is left out."""
    question = ask("teaching", worlds=10)
    series = np.zeros((2, 4, 3, 1))
    series[1, :, 1:, 0] = np.array([1.0, 2.0, 3.0, 6.0])[:, None] * [1.0, 2.0]
    own = Estimate(question, ("law", "a"), (0, 0), np.array([2020.0, 2020.25, 2020.5]), ("tco2e",), series, 4, 10, 3, 3, 0.0)
    curve = own.curve("tco2e")
    half = t_quantile(3, CONFIDENCE) * np.std([1, 2, 3, 6], ddof=1) / 2 * np.sqrt(1 - 4 / 10)
    assert curve.middle[1].tolist() == [3.0, 6.0] and curve.high[1] - curve.middle[1] == pytest.approx([half, 2 * half])
    assert own.curve("tco2e", total=True).middle[1].tolist() == [0.75, 2.25]
    sample = replace(own, clusters=2)  # other samples were possible of these draws too
    assert sample.curve("tco2e").high[1, 0] - 3.0 == pytest.approx(half / np.sqrt(1 - 4 / 10))
    none = replace(own, keys=("level1",), series=0 * series, clusters=2).curve(
        "level1"
    )  # no certificate seen is not that there is none
    assert none.high[1].tolist() == [3 / (4 * 2)] * 2 and replace(own, series=0 * series).curve("tco2e").high[1].tolist() == [
        0.0,
        0.0,
    ]
    assert (
        replace(own, keys=("clusters_level1",), series=0 * series, clusters=2).curve("clusters_level1").high[1, 0] == 3 / 4 / 2 * 3
    )
    one = replace(own, series=series[:, :1], draws=1).curve("tco2e")
    assert one.middle[1, 0] == 1.0 and np.isinf(one.high[1]).all()
    series = series.copy()
    series[1, 3] = np.nan
    assert replace(own, series=series).curve("tco2e").middle[1].tolist() == [2.0, 4.0]
    twice = replace(own, draws=2, question=replace(question, replicates=2)).curve("tco2e")  # replicates within worlds
    assert twice.middle[1, 0] == 3.0 and twice.high[1, 0] - 3.0 == pytest.approx(
        t_quantile(1, CONFIDENCE) * 1.5 * np.sqrt(1 - 2 / 10)
    )


def test_samples_are_nested_spread_and_differ():
    site = load_scenario("hanoi").site
    firms = np.array([cluster.firms_2018 for cluster in site.clusters])
    small, large = SAMPLES[0][0], SAMPLES[-1][0]
    for draw in range(30):
        first, more = sample_of(site, draw, small), sample_of(site, draw, large)
        assert set(first) < set(more) and len(set(first)) == small and len(set(more)) == large
    seen = Counter(c for draw in range(70) for c in sample_of(site, draw, small))
    assert set(seen) == set(range(70)) and max(seen.values()) == min(seen.values()) == small
    means = [firms[sample_of(site, draw, large)].mean() for draw in range(70)]
    assert np.std(means) < 0.7 * np.std(firms) / np.sqrt(large), "less than of samples at random"
    assert sample_of(site, 3, 200) == list(range(70))


def test_a_sample_of_everything_is_the_city():
    """And a part is raised: shares stay, clusters by clusters, the rest by firms; its arms have its share of the money."""
    site = load_scenario("hanoi").site
    site = replace(site, clusters=site.clusters[:6])
    arms = [make_arm(name, site=site) for name in ("null", "combined")]
    whole, same = _part_of(site, arms, list(range(6)))
    assert whole == site and [arm.budget for arm in same] == [arm.budget for arm in arms]
    part, few = _part_of(site, [arms[0], replace(arms[1], assignment=(0, -1, 0, 0, -1, 0))], [1, 2])
    share = part.firms_2018 / site.firms_2018
    assert few[1].assignment == (-1, 0) and few[1].budget == pytest.approx(arms[1].budget * share)
    runs = run_ensemble(part, few, replicates=1, threads=1, last_year=2021)
    raised = _raised(runs, site)
    for key, factor in (("clusters_level1", 3.0), ("tco2e", 1 / share), ("jobs", 1 / share), ("level1", 1.0)):
        at = runs.keys.index(key)
        assert raised.series[..., at] == pytest.approx(runs.series[..., at] * factor, nan_ok=True), key
        assert (INDICATORS[key].kind in ("share", "ratio")) == (factor == 1.0)


@pytest.fixture
def counted(monkeypatch):
    seen = Counter()
    for name, real in (("burn", Simulator.burn), ("run", Simulator.run)):

        def count(own, *given, real=real, name=name):
            seen["pasts" if name == "burn" else "arms" if own.arms[given[0]].programmes else "bare"] += 1
            return real(own, *given)

        monkeypatch.setattr(Simulator, name, count)
    return seen


def test_the_city_is_seen_first_through_samples_and_another_lever_runs_programmes_alone(counted):
    """Whoever stops asking stops the runs. Control: another seed has another past."""
    clusters, draws = SAMPLES[0]

    def first(**asked):
        counted.clear()
        estimates = sketch("hanoi", ["combined"], fixed=True, replicates=draws + 1, threads=1, **asked)
        assert not counted, "nothing is run before it is asked for"
        one = next(estimates)
        estimates.close()
        return one

    one = first(seed=77)
    assert (one.draws, one.clusters, one.of_clusters, one.trace, one.exact) == (draws, clusters, 70, None, False)
    assert counted == {"pasts": draws, "bare": 2 * draws, "arms": draws}
    curve = one.curve("firms")
    assert np.isfinite(curve.middle).all() and (curve.low[2] < curve.high[2])[-1]
    middle = first(seed=77, levers={"extension": 0.3}).curve("tco2e").middle
    assert counted == {"arms": draws} and not np.array_equal(middle, one.curve("tco2e").middle)
    again = first(seed=77)
    assert again.series.tobytes() == one.series.tobytes() and not counted
    first(seed=78)
    assert counted["pasts"] == draws


def test_scale_factors_are_searched_for_in_the_city_alone(monkeypatch):
    """Where they are asked for there are no samples: their programmes would be others."""
    monkeypatch.setattr(sketching, "FEW_CLUSTERS", 1)
    monkeypatch.setattr(sketching, "SAMPLES", ((1, 2),))
    question = ask("teaching", ["combined"], fixed=True, replicates=3)
    site = load_scenario("teaching")
    with_samples = [e.clusters for e in refined(question, site, [make_arm(n, site=site.site) for n in ("null", "combined")], 1)]
    searched = replace(question, scale=None)
    arms = [make_arm("null", site=site.site), replace(make_arm("combined", site=site.site), scale=None)]
    assert len(with_samples) == 2 and len(list(refined(searched, site, arms, 1))) == 1


def test_input_is_refused_before_anything_is_run(counted):
    with pytest.raises(InputError):
        sketch("teaching", worlds=0)
    assert not counted
    with pytest.raises(InputError):
        next(sketch("teaching", ["combined"], worlds=6, threads=1, budget_bn=1.0, levers={"extension": 1.0, "skills_housing": 1.0}))


def test_progress_goes_to_the_end():
    told = []
    list(sketch("teaching", ["combined"], worlds=6, threads=1, progress=lambda done, of: told.append((done, of))))
    assert told == [(n + 1, 18) for n in range(18)]


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_on_the_command_line(tmp_path, monkeypatch, capsys, lang):
    monkeypatch.chdir(tmp_path)
    words = {"en": "4 of 5 replicates", "vi": "4/5 lần lặp"}[lang]
    asked = ["compare", "teaching", "--fixed", "--replicates", "5", "--pathways", "combined", "--lang", lang, "--sketch"]
    monkeypatch.setattr("ecocluster.viz.report.write_report", lambda *_: None)  # figures are another matter
    if lang == "vi":
        assert main([*asked, "--json"]) == 0
        told = capsys.readouterr()
        assert words in told.err and "±" in told.err and json.loads(told.out)["pathways"]
        return
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert words in shown and "±" not in shown[shown.index("5 of 5") :].splitlines()[0]


def test_unit_and_decimals_suit_the_site():
    """A city avoids kilotonnes, a cluster tonnes; a later estimate stays in the unit of the title."""
    years, arms = np.array([2035.0, 2036.0]), ("law", "combined")
    question = SimpleNamespace(worlds=8)

    def estimate(middle):
        curve = SimpleNamespace(
            years=years, middle=-np.full((2, 2), middle), low=-np.full((2, 2), 1.5 * middle), high=-np.full((2, 2), middle / 2)
        )
        return SimpleNamespace(curve=lambda *_, **__: curve, arms=arms, question=question, exact=False, draws=4, of_draws=8,
                               clusters=1, of_clusters=1, wall_s=1.0)  # fmt: skip

    for first, later, title, told in (
        (412.0, 0.4, "t CO₂e", ("412 ± 206", "0 ± 0")),
        (43_210.0, 430.0, "kt CO₂e", ("43.2 ± 21.6", "0.4 ± 0.2")),
    ):
        lines = SketchLines(Words("en"))
        begun = lines.of(estimate(first))
        assert f", {title}" in begun[0] and len(begun) == 3
        assert (begun[-1].split("  ")[-1], lines.of(estimate(later))[-1].split("  ")[-1]) == told


def test_the_coverage_is_counted(monkeypatch):
    """With intervals that are never wrong, and with some that are always."""
    monkeypatch.setattr(sketch_coverage, "ORDERS", 3)
    monkeypatch.setattr(sketch_coverage, "SAMPLES", ((1, 2),))
    monkeypatch.setattr(sketch_coverage, "CITY", (2, 4))
    found = sketch_coverage.measure_coverage(1, 5, "teaching")
    assert set(found) == {"2 worlds of 1 clusters", "2 worlds of the city", "4 worlds of the city"}
    assert all(shares["intervals"] == 4 * 4 for shares in found.values())
    monkeypatch.setattr("ecocluster.experiments.statistics.t_quantile", lambda df, confidence: 1e9)
    wide = sketch_coverage.measure_coverage(1, 5, "teaching")
    monkeypatch.setattr("ecocluster.experiments.statistics.t_quantile", lambda df, confidence: -1.0)
    never = sketch_coverage.measure_coverage(1, 5, "teaching")
    assert wide["2 worlds of the city"]["any_order"] > 0.7 and never["2 worlds of the city"]["any_order"] < 0.7
    assert len(sketch_coverage.questions()) == 40 == len({repr(asked) for asked in sketch_coverage.questions()})
