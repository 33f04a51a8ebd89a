"""The rule of verdicts, regions, the words of a statistic, planted claims, and two small real ones."""

import json

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses import hypotheses as judged
from ecocluster.experiments.analyses.answers import Answers
from ecocluster.experiments.analyses.assigning import OUTCOMES, Assigned, assign, at_outlay, choose_each
from ecocluster.experiments.analyses.checkpoints import Checkpoint
from ecocluster.experiments.analyses.claims import Claim, read_claims, set_masks
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.hypotheses import finance_order, find_region, hypotheses
from ecocluster.experiments.analyses.verdicts import Rule
from ecocluster.experiments.eight_clusters import draw_clusters
from ecocluster.experiments.worlds import CLAIMS, PILOT, SEARCH, stored
from ecocluster.scenarios import load_scenario
from ecocluster.viz.analyses import hypotheses as told
from ecocluster.viz.words import Words
from fake_trials import install

RNG = np.random.default_rng(5)


def test_the_region_is_the_parameter_that_was_planted():
    draws = {f"p{i}": RNG.random(60) for i in range(20)}
    values = np.where(draws["p7"] > 0.4, 1.0, -1.0) + RNG.normal(0, 0.2, 60)
    region = find_region(values, draws)
    assert region["parameter"] == "p7" and region["side"] == "above"
    assert region["threshold"] == pytest.approx(0.4, abs=0.06)
    assert region["inside"] > 0.95 and region["outside"] < 0.05
    below = find_region(-values, draws)
    assert below["side"] == "below" and below["inside"] > 0.95


def test_no_region_is_named_by_chance():
    named = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        named += find_region(rng.normal(size=30), {f"p{i}": rng.random(30) for i in range(20)}) is not None
    assert named <= 6  # 5 % of the times, all parameters counted


def answers(statistic="a.x", **more):
    """Two draws, arms a1, a2, b1, two replicates."""
    arms = ("a1", "a2", "b1", "a")
    effects = {
        "x": np.array([[[1.0, 3.0], [4.0, 6.0], [0.0, 1.0], [2.0, 2.0]], [[-1.0, -1.0], [0.0, 0.0], [1.0, np.nan], [np.nan, np.nan]]]),
        "pv_outlay_2035": np.array([[[10.0, 10.0], [20.0, 20.0], [15.0, 15.0], [1.0, 1.0]], [[10.0, 10.0], [30.0, 30.0], [5.0, 5.0], [1.0, 1.0]]]),
    }  # fmt: skip
    claim = Claim("T", {"statistic": statistic, **more}, {})
    own = {name: values + 1 for name, values in effects.items()}
    return Answers(
        claim, arms, effects, own, {name: np.ones_like(v) for name, v in effects.items()}, {"p": np.arange(2.0)}, np.zeros(2, int)
    )


def test_words_of_a_statistic():
    found = answers()
    assert found.compute("a1.x").tolist() == [2.0, -1.0]
    assert found.compute("a1.run.x - a1.null.x").tolist() == [2.0, -1.0]
    assert found.compute("b1.x")[1] == 1.0  # a replicate that failed is left out
    assert np.isnan(found.compute("a.x")[1])  # a draw without any is missing
    assert found.compute("max(a1.x, a2.x, 3)").tolist() == [5.0, 3.0]
    assert found.compute("where(a1.x <= a2.x, 1, -1)").tolist() == [1.0, 1.0]
    assert found.compute("slope((0, 1), (a1.x, a2.x))").tolist() == [3.0, 1.0]
    assert found.compute("a2.median.x").tolist() == [6.0, 1.0]


def test_equal_outlay_is_read_from_the_ladders():
    found = answers()
    assert found.compute('common("a", "b")').tolist() == [15.0, 5.0]
    # between a1 (outlay 10, effect 2) and a2 (20, 5) at 15; between nothing and a1 at 5
    assert found.compute('gain("a", "x", common("a", "b"))').tolist() == [3.5, -0.5]


def test_hazard_counts_years_at_risk_and_leaves_out_what_failed():
    """Certified at the looks of 2025 and 2035; never; failed: two events in 6 + 16 + 26 years, half an event added."""
    levels = {"clusters_level1_2025": [1, 0, 0, np.nan], "clusters_level1_2035": [1, 1, 0, np.nan], "clusters_level1_2045": [0, 1, 0, np.nan]}  # fmt: skip
    own = {name: np.array(values, float).reshape(1, 1, 4) for name, values in levels.items()}
    found = Answers(Claim("T", {"statistic": "1"}, {}), ("a",), own, own, own, {"p": np.zeros(1)}, np.zeros(1, int))
    assert found.hazard("a") == pytest.approx([2.5 / (6 + 16 + 26)])


def whether_all_matter(cod, tonnes):
    """H21 in one draw from two functions of a set of barriers (bits); exchanges are not changed."""
    claim = read_claims()[1]["H21"]
    masks = set_masks(claim)
    values = {"cod_total_2035": cod, "abatement_2035": tonnes, "exchange": lambda mask: 0.0}
    effects = {name: np.array([[[f(mask)] for mask in masks]], float) for name, f in values.items()}
    found = Answers(claim, tuple(f"set{mask}" for mask in masks), effects, {}, {}, {"world": np.zeros(1)}, np.zeros(1, int))
    return found.statistic()[0]


def bits(*own):
    return lambda mask: sum(own[bit] for bit in range(6) if mask >> bit & 1)


def test_every_barrier_matters_if_its_share_passes_half_an_equal_part():
    """Six equal barriers have a sixth each; one that brings nothing fails; one that is strong elsewhere does not."""
    equal, less = bits(1, 1, 1, 1, 1, 1), bits(-1, -1, -1, -1, -1, -1)
    assert whether_all_matter(less, equal) == pytest.approx(1 / 6 - 1 / 12)
    idle = bits(1, 1, 1, 1, 1, 0)
    assert whether_all_matter(bits(-1, -1, -1, -1, -1, 0), idle) == pytest.approx(-1 / 12)
    assert whether_all_matter(less, idle) == pytest.approx(1 / 6 - 1 / 12)  # the largest over outcomes counts
    # more COD is worse: a whole that is none is left out, and where every whole is none there is no value
    assert whether_all_matter(equal, idle) == pytest.approx(-1 / 12)
    assert np.isnan(whether_all_matter(equal, less))


def test_a_barrier_that_only_completes_counts_by_half():
    def together(mask):
        return bits(1, 1, 1, 1, 0, 0)(mask) + 2 * (mask & 48 == 48)

    assert whether_all_matter(lambda mask: 0.0, together) == pytest.approx(1 / 6 - 1 / 12)


def test_h21_runs_the_ends_of_the_sets_and_h9_all_of_them():
    claims = read_claims()[1]
    assert set_masks(claims["H21"]) == [0, 1, 2, 4, 8, 16, 32, 62, 61, 59, 55, 47, 31, 63]
    assert set_masks(claims["H9"]) == list(range(64))
    assert judged.arms_of(claims["H21"]) == 14


def statistic(name, values, kind="effects", **more):
    """Statistic of a shipped claim in one draw from `values[arm][outcome]`; outcomes that an arm lacks are 0."""
    claim = read_claims()[1][name]
    arms = tuple(values)
    table = {
        outcome: np.array([[[float(values[arm].get(outcome, 0.0))] for arm in arms]])
        for outcome in {o for v in values.values() for o in v}
    }
    parts = {part: table if part == kind else {} for part in ("effects", "own", "null")}
    return Answers(claim, arms, **parts, draws={"world": np.zeros(1)}, failed=np.zeros(1, int), **more).statistic()[0]


def test_h1_asks_for_twice_as_much_as_single_firms_do():
    def share(on, off):
        return statistic("H1", {"on": {"abatement_share_2035": on}, "off": {"abatement_share_2035": off}})

    assert share(0.20, 0.10) == pytest.approx(0.0) and share(0.25, 0.10) > 0 > share(0.15, 0.10)


def test_h4_sets_self_transition_against_the_better_of_the_others():
    values = {"own": 30_000.0, "symbiosis": 10_000.0, "planned": 24_000.0}
    assert statistic("H4", {arm: {"net_benefit_2035": v} for arm, v in values.items()}) == pytest.approx(6.0)  # bn VND
    values |= {"symbiosis": 31_000.0}
    assert statistic("H4", {arm: {"net_benefit_2035": v} for arm, v in values.items()}) == pytest.approx(-1.0)


def test_h6_counts_clusters_and_not_their_workers():
    """42 of 70 at level 1 by the better of both mixes; the share of workers would be another number."""
    arms = {
        f"{mix}{share}": {"clusters_level1_2045": 0.0, "level1_2045": 0.9} for mix in ("own", "both") for share in (2, 5, 10, 25)
    }
    arms["own10"]["clusters_level1_2045"], arms["both10"]["clusters_level1_2045"] = 42.0, 28.0
    arms["both25"]["clusters_level1_2045"] = 70.0  # more money than the claim allows
    assert statistic("H6", arms, "own", sizes=dict.fromkeys(arms, 70)) == pytest.approx(0.1)


def test_h8_is_the_regret_of_the_best_preset_less_a_twentieth():
    claim = read_claims()[1]["H8"]
    presets, law = ("us", "japan", "canada", "korea"), {"inspection_rate", "monitoring_data", "certainty", "permit_rate"}
    values = {arm: {"abatement_share_2035": 0.05} for arm in claim.entry["arms"]}
    values["korea"]["abatement_share_2035"], values["both_strict"]["abatement_share_2035"] = 0.08, 0.10
    assert statistic("H8", values) == pytest.approx(1 - 0.8 - 0.05)
    values["korea"]["abatement_share_2035"] = 0.10
    assert statistic("H8", values) == pytest.approx(-0.05)
    mixes = {arm for arm in claim.entry["arms"] if arm not in presets}
    assert any(law <= claim.entry["arms"][arm].get("levers", {}).keys() for arm in mixes), "the same levers are open to them"


def test_h12_compares_data_and_visits_where_they_cost_the_same():
    """Data halves sham for 100, visits need 200 for that: at 100 they have done a quarter."""
    values = {"data1": (-0.25, 50.0), "data2": (-0.5, 100.0), "visits1": (-0.125, 50.0), "visits2": (-0.25, 100.0), "visits3": (-0.5, 200.0)}  # fmt: skip
    values = {arm: {"sham_share_2035": sham, "pv_outlay_2035": outlay} for arm, (sham, outlay) in values.items()}
    assert statistic("H12", values) == pytest.approx(0.25)


def test_a_pilot_runs_the_arms_that_decide():
    claims = read_claims()[1]
    assert set(claims["H6"].deciding().entry["arms"]) == {"own10", "both10"}
    assert set(claims["H15"].deciding().entry["arms"]) == {"all"}
    for name in ("H3", "H8", "H14"):  # by name, or as steps of a ladder
        assert claims[name].deciding().entry["arms"] == claims[name].entry["arms"]
    assert set(claims["H12"].deciding().entry["arms"]) == {"data1", "data2", "visits1", "visits2", "visits3"}
    assert claims["H9"].deciding() == claims["H9"]


def chosen_each(cod, tco2e=None, landfill=None):
    """H20 from what each ladder lowers for 100 a step: `cod` of the single pathway and of the assignment."""
    single = {"cod": "self-transition", "tco2e": "combined", "landfill": "symbiosis"}
    outcome = {"cod": "cod_total_2035", "tco2e": "tco2e_total_2035", "landfill": "landfilled_total_2035"}
    pathways = read_claims()[1]["H20"].entry["search"]["pathways"]
    values = {f"{ladder}{step}": {"pv_outlay_2035": 100.0 * step} for ladder in (*pathways, *single) for step in (1, 2)}
    for name, (rival, own) in {"cod": cod, "tco2e": tco2e or cod, "landfill": landfill or cod}.items():
        for step in (1, 2):
            values[f"{single[name]}{step}"][outcome[name]] = -rival * step
            values[f"{name}{step}"][outcome[name]] = -own * step
    return values, single


def test_h20_is_the_smallest_of_three_relative_gains():
    values, single = chosen_each((10.0, 12.0), (10.0, 11.0), (10.0, 13.0))
    assert statistic("H20", values, single=single) == pytest.approx(0.1)
    values, single = chosen_each((10.0, 12.0), (10.0, 9.0))
    assert statistic("H20", values, single=single) == pytest.approx(-0.1)
    # at equal outlay: an assignment that spends twice as much for the same steps is only half as good
    values, single = chosen_each((10.0, 12.0))
    for step in (1, 2):
        values[f"tco2e{step}"]["pv_outlay_2035"] *= 2.0
    assert statistic("H20", values, single=single) == pytest.approx(12.0 / 20.0 - 1.0)
    # where the single pathway lowers nothing the ratio is the sign of the gain
    values, single = chosen_each((0.0, 5.0))
    assert statistic("H20", values, single=single) == 1.0


def test_each_cluster_gets_the_pathway_that_lowers_its_outcome_most_at_equal_outlay():
    """Two pathways, three origins (the last one outside), two outcomes, two worlds; the second spends twice as much."""
    outlay = np.array([[[50.0, 60.0], [100.0, 120.0]], [[100.0, 120.0], [200.0, 240.0]]])
    change = np.zeros((2, 2, 2, 3, 2))
    change[0] = -np.array([[4.0, 1.0], [1.0, 4.0], [0.0, 0.0]]) * np.array([0.5, 1.0])[:, None, None, None]
    change[1] = -np.array([[5.0, 5.0], [5.0, 5.0], [0.0, 9.0]]) * np.array([0.5, 1.0])[:, None, None, None]
    each, single = choose_each(outlay, change)  # at the first one's outlay the second has done half
    assert each[:, :2].tolist() == [[0, 1], [1, 0]]
    assert single.tolist() == [0, 1]  # 5 against 5: the first; 5 against 9.5: firms outside count for the city


def test_a_ladder_is_read_between_its_steps():
    outlay, change = np.array([[10.0], [30.0]]), np.array([[[2.0]], [[4.0]]])
    for at, value in ((0.0, 0.0), (5.0, 1.0), (10.0, 2.0), (20.0, 3.0), (30.0, 4.0)):
        assert at_outlay(outlay, change, np.array([at])) == pytest.approx(value)


def test_a_search_is_kept_and_its_worlds_judge_nothing(monkeypatch, tmp_path):
    found, asked = Assigned({"cod": {"a": "symbiosis"}}, {"cod": "combined"}), []
    monkeypatch.setattr(judged, "find_assignment", lambda claim, case, quick, worlds, progress: asked.append(worlds) or found)
    claim = read_claims()[1]["H20"]

    def search():
        return judged._Searches(Checkpoint(tmp_path / "out", "assignments"), Case(), False, 64)

    assert search().of(claim) == search().of(claim) == found and asked == [64]
    assert search().of(read_claims()[1]["H6"]) is None
    roles = [set(range(first, last + 1)) for first, last in (CLAIMS, PILOT, (SEARCH[0], SEARCH[0] + 63))]
    assert not roles[0] & roles[2] and not roles[1] & roles[2] and SEARCH[0] == 301


def test_h20_says_which_pathway_how_many_clusters_take(monkeypatch):
    """Planted: everything lowers alike, and clusters are assigned by hand."""

    def alike(trial, replicate):
        outlay = float(trial.budget_bn)
        return {"cod_total_2035": (100.0 - outlay / 10, 100.0), "tco2e_total_2035": (100.0 - outlay / 10, 100.0),
                "landfilled_total_2035": (100.0 - outlay / 10, 100.0), "pv_outlay_2035": (outlay, 0.0)}  # fmt: skip

    install(monkeypatch, alike)
    each = {c.id: "symbiosis" if k < 3 else "combined" for k, c in enumerate(load_scenario("hanoi").site.clusters)}
    names = ("cod", "tco2e", "landfill")
    monkeypatch.setattr(
        judged, "find_assignment", lambda *_: Assigned(dict.fromkeys(names, each), dict.fromkeys(names, "combined"))
    )
    found = hypotheses(only=["H20"], draws=6)
    assert found.table.loc[0, "verdict"] == "no_difference" and found.facts["assigned"][0]["counts"] == {
        "combined": 67,
        "symbiosis": 3,
    }
    for lang in ("en", "vi"):
        say = Words(lang)
        assert say.name("pathway", "symbiosis") in told.words(found, say)[-1]


@pytest.mark.parametrize(
    "text", ["__import__('os')", "a.x.__class__", "a1", "[a1.x]", "nothing.x", "a1.x ** 2", "lambda: 1", "a1.x if 1 else 2"]
)
def test_a_statistic_holds_nothing_else(text):
    with pytest.raises((ValueError, TypeError, KeyError)):
        answers().compute(text)


def test_the_file_holds_whole_claims():
    rules, claims = read_claims()
    assert list(claims) == sorted(claims, key=lambda name: int(name[1:]))
    assert claims.keys() >= {*(f"H{i}" for i in range(1, 22))}
    assert Rule(**rules["rule"]) == Rule()  # the file and the rule that is tested by simulation
    from ecocluster.experiments.sweeps.ranges import lever_ranges, uncertainty_ranges

    levers, uncertainties = lever_ranges(), uncertainty_ranges()
    words = {lang: Words(lang) for lang in ("en", "vi")}
    for claim in claims.values():
        assert claim.margin > 0
        known = {name for name in claim.drawn() if "." not in name or name.startswith("cost.")}
        assert known <= uncertainties.keys(), claim.name
        for arm in claim.entry.get("arms", {}).values():
            for name, value in arm.get("levers", {}).items():
                assert levers[name].low <= value <= levers[name].high, (claim.name, name)
        for say in words.values():
            assert say(f"claim.{claim.name}") and say(f"measure.{claim.name}")
            assert say(f"claim_unit.{claim.entry['unit']}")


def test_the_three_ways_of_advice_cost_the_same():
    """H3: present value of the doses above baseline at 5 %, by quarters."""
    arms = read_claims()[1]["H3"].entry["arms"]
    time = 2020 + np.arange(104) / 4

    def value(arm):
        when = {"start": 2020, "end": 9999, **arm.get("schedules", {}).get("extension", {})}
        acts = (time >= when["start"]) & (time < when["end"])
        return ((arm["levers"]["extension"] - 0.2) * acts * 1.05 ** -(time - 2020)).sum()

    constant = value(arms["constant"])
    assert value(arms["front"]) == pytest.approx(constant, rel=0.03)
    assert value(arms["pulse"]) == pytest.approx(constant, rel=0.03)


def test_order_of_the_supports_by_the_formula():
    """Tax relief is paid over 8 years, interest over 5: at 25 % against 5 % the shorter one is worth more to a firm."""
    found = finance_order()
    assert found["green"] > found["interest"] > found["tax"]
    a = lambda rate, years: (1 - (1 + rate) ** -years) / rate  # noqa: E731
    assert found["tax"] == pytest.approx(a(0.25, 8) / a(0.05, 8))
    assert found["interest"] == pytest.approx(a(0.25, 5) / a(0.05, 5))


def planted(trial, replicate):
    """H15: the whole of the transfer works; H7: special policy works where a drawn parameter is high."""
    growth = trial.uncertainties["electricity_growth"]
    transfer = trial.pathway == "policy"
    special = trial.policy == "special"
    share = 0.1 + (0.05 * (1 if growth > 0.01 else -1) if special else 0.0)
    outlay = trial.budget_bn
    return {"measures_2035": (3.0 + transfer + 0.01 * (replicate % 7), 3.0), "tco2e_total_2035": (100 * (1 - share), 100.0),
            "pv_outlay_2035": (outlay, 0.0)}  # fmt: skip


def test_planted_claims_are_judged(monkeypatch):
    install(monkeypatch, planted)
    found = hypotheses(only=["h15", "H7"], draws=40)
    rows = found.table.set_index("claim")
    assert rows.loc["H15", "verdict"] == "supported" and rows.loc["H15", "statistic"] == pytest.approx(1.0, abs=0.05)
    assert rows.loc["H7", "verdict"] == "conditional"
    assert rows.loc["H7", "parameter"] == "electricity_growth" and rows.loc["H7", "threshold"] == pytest.approx(0.01, abs=0.002)
    worlds = set(found.data["draws"]["world"])
    assert worlds == set(stored().numbers[CLAIMS[0] - 1 : CLAIMS[0] + 39])
    assert found.command == "ecocluster hypotheses --seed 1 --only H15,H7 --draws 40"
    for lang in ("en", "vi"):
        say = Words(lang)
        text = " ".join(told.words(found, say))
        assert say("parameter.electricity_growth") in text and len(told.sheet(found, say).rows) == 2
        told.figure(found, say)
    json.dumps(found.to_json(), allow_nan=False)


def test_a_claim_that_is_done_is_not_run_again(monkeypatch, tmp_path):
    calls = install(monkeypatch, planted)
    hypotheses(only=["H15"], draws=5, out=tmp_path / "out")
    done = len(calls)
    assert done == 2  # the pilot and the runs
    both = hypotheses(only=["H15", "H7"], draws=5, out=tmp_path / "out")
    assert len(calls) == done + 2 and list(both.table["claim"]) == ["H15", "H7"]
    hypotheses(only=["H15"], draws=6, out=tmp_path / "out")  # another question
    assert len(calls) == done + 3


def test_a_narrower_run_leaves_what_a_wider_one_has_done(monkeypatch, tmp_path):
    """Claim by claim in one folder: the draws of those that are not asked for stay, behind those that are."""
    calls, out = install(monkeypatch, planted), tmp_path / "out"
    wide = hypotheses(only=["H15", "H7"], draws=5, out=out)
    wide.write(out)
    narrow = hypotheses(only=["H7"], draws=5, out=out)
    narrow.write(out)
    assert list(narrow.table["claim"]) == ["H7"] and list(dict.fromkeys(narrow.data["draws"]["claim"])) == ["H7", "H15"]
    done = len(calls)
    again = hypotheses(only=["H15", "H7"], draws=5, out=out)
    assert len(calls) == done
    pd.testing.assert_frame_equal(again.data["draws"], wide.data["draws"], check_like=True)


def test_a_claim_without_values_is_not_decided(monkeypatch):
    def broken(trial, replicate):
        return "no" if trial.policy == "special" else planted(trial, replicate)

    install(monkeypatch, broken)
    found = hypotheses(only=["H7"], draws=6)
    assert found.table.loc[0, "verdict"] == "undecided" and found.facts["failed"] > 0
    say = Words("en")
    assert "not decided" in " ".join(told.words(found, say))
    told.figure(found, say)


def test_an_unknown_claim_is_refused():
    with pytest.raises(InputError, match="--only"):
        hypotheses(only=["H99"])
    with pytest.raises(InputError, match="twice"):
        hypotheses(only=["H4", "h4"])
    for draws in (1, 65):
        with pytest.raises(InputError, match="--draws"):
            hypotheses(draws=draws)


def test_two_real_claims(monkeypatch):
    """On the teaching cluster, H9 with all 64 sets and H2 with sites that are drawn."""
    rules, claims = read_claims()
    small = {**claims["H9"].entry, "scenario": "teaching"}
    site = {
        "small": {**claims["H2"].entry["sites"]["small"], "firms_2018": [20, 25]},
        "large": {**claims["H2"].entry["sites"]["large"], "firms_2018": [20, 25]},
    }
    mine = {"H9": Claim("H9", small, {}), "H2": Claim("H2", {**claims["H2"].entry, "sites": site}, {})}
    monkeypatch.setattr(
        judged, "read_claims", lambda: ({**rules, "size": {"quick": {"draws": 4, "replicates": 2, "searched": 2}}}, mine)
    )
    found = hypotheses(Case(seed=0), quick=True)
    assert set(found.table["claim"]) == {"H9", "H2"} and (found.table["verdict"] != "undecided").all()
    draws = found.data["draws"]
    assert draws.loc[draws["claim"] == "H2", "small.firms_2018"].between(20, 25).all()
    assert found.facts["failed"] == 0


def test_replicates_are_fixed_by_the_pilot_and_what_needs_more_is_too_noisy(monkeypatch):
    """A pilot of three that lie .06 to either side of 1 in turn has a standard error of .04, and half the margin is .025:
    3 (.04 / .025)^2 = 7.7, so 8 replicates. At ten times the noise it is more than the 24 that are allowed."""
    noise = {"H15": 0.06}

    def noisy(trial, replicate):
        value = 4.0 + noise["H15"] * (-1) ** replicate
        return {**planted(trial, replicate), "measures_2035": (value, 3.0)}

    calls = install(monkeypatch, noisy)
    found = hypotheses(only=["H15"], draws=8)
    row = found.table.iloc[0]
    assert row["verdict"] == "supported" and row["replicates"] == 8
    pilot, runs = calls
    assert pilot[1]["seed"] == runs[1]["seed"] + 1 and runs[1]["replicates"] == row["replicates"]
    luck = [{trial.replicate for trial in trials} for trials, _ in calls]
    assert luck[0] == set(stored().numbers[PILOT[0] - 1 : PILOT[1]]) and not luck[0] & luck[1]
    noise["H15"] = 0.6
    again = hypotheses(only=["H15"], draws=8)
    assert again.table.loc[0, "verdict"] == "too_noisy" and "are allowed" in again.table.loc[0, "reason"]
    for lang in ("en", "vi"):
        assert Words(lang)("verdict.too_noisy") in " ".join(told.words(again, Words(lang)))
        told.figure(again, Words(lang))
    json.dumps(again.to_json(), allow_nan=False)


def test_the_dearest_claims_give_way_to_the_processor_time(monkeypatch, tmp_path):
    install(monkeypatch, planted)
    rules, claims = read_claims()
    short = {**rules, "time": {**rules["time"], "budget": 45}}
    monkeypatch.setattr(judged, "read_claims", lambda: (short, claims))
    found = hypotheses(only=["H15", "H7"], draws=64)
    rows = found.table.set_index("claim")
    assert found.facts["gave_way"] == ["H7"] and "processor time" in " ".join(told.words(found, Words("en")))
    assert rows.loc["H7", "verdict"] == "too_noisy" and "processor time" in rows.loc["H7", "reason"]
    assert rows.loc["H15", "verdict"] == "supported"


def test_the_eight_clusters_are_those_that_are_drawn():
    site = load_scenario("hanoi").site
    assert list(draw_clusters(site)) == read_claims()[1]["H10"].sites["sample"]["select"]
    assert draw_clusters(site, seed=9) != draw_clusters(site)
    assert any(cluster.urban for cluster in site.clusters if cluster.id in draw_clusters(site))


def test_clusters_are_assigned_from_real_runs():
    """Each cluster of a place gets one of the pathways for each outcome, and there is a best single one."""
    names = ("self-transition", "symbiosis")
    found = assign("phung", names, (75.0, 300.0), (301, 302))
    assert set(found.clusters) == set(found.single) == set(OUTCOMES) and set(found.single.values()) <= set(names)
    assert all(own.keys() == {"phung"} and set(own.values()) <= set(names) for own in found.clusters.values())
    # one cluster: what is best for it is best for all, unless firms outside it say otherwise
    assert found.clusters["tco2e"]["phung"] == found.single["tco2e"]
