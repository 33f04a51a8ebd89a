"""How one run goes: rows depend on trial, replicate and seed alone; nulls match; failures are rows."""

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.outcome import outcome_names
from ecocluster.experiments.sweeps.outcomes import Outcomes
from ecocluster.experiments.sweeps.trials import Trial, lever_ranges, run_trials, uncertainty_ranges
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import evaluate
from ecocluster.model.parameters import EXIT_NAMES, PARAMETERS, changed_record, parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Schedule
from ecocluster.scenarios import ScenarioError, load_scenario, load_shocks, make_arm

SHORT = {"last_year": 2024, "outcomes": ["tco2e_2023", "jobs_2022", "pv_outlay_2023", "tco2e_total_2021", "level1_2023"]}
BASE = Trial("teaching", "combined", scale=1.0)


def numbers(frame):
    return frame.drop(columns=["trial", "failed"]).to_numpy(float)


def test_outcomes_are_those_of_evaluate():
    frame = run_trials([replace(BASE, pathway=name) for name in ("null", "law", "combined")], replicates=3)
    loaded = load_scenario("teaching")
    arms = [make_arm(name, site=loaded.site) for name in ("null", "law", "combined")]
    expected = evaluate(run_ensemble(loaded.site, arms, replicates=3, shocks=load_shocks(loaded.shocks)))
    names = [name for name in expected.columns if name not in ("arm", "replicate", "failed")]
    assert tuple(names) == tuple(frame.columns[3 : 3 + len(names)]) == outcome_names()
    assert np.array_equal(frame[names].to_numpy(), expected[names].to_numpy(), equal_nan=True), "to the bit"
    null = frame[[f"null.{name}" for name in names]].to_numpy()
    own = frame[names].to_numpy()
    assert np.array_equal(null[:6], np.concatenate([own[:3], own[:3]]), equal_nan=True), "no programme"
    assert np.array_equal(null[6:], own[3:6], equal_nan=True), "of a pathway: the law alone"


def test_the_law_is_the_same_in_every_arm_world_and_budget():
    """The matched null of a trial is run under its law; what is tried of the law is not in it.
    Control: another law is another null."""
    asked = {"replicates": 2, "outcomes": ["inspections_2023", "outlay_law_2023", "firms_2023"], "last_year": 2024}

    def nulls(**changes):
        frame = run_trials([replace(BASE, **changes)], **asked)
        return frame[[f"null.{name}" for name in asked["outcomes"]]].to_numpy()

    first = nulls()
    for same in ({"pathway": "symbiosis"}, {"budget_bn": 10.0}, {"budget_bn": 400.0}, {"levers": {"extension": 0.9}}):
        assert np.array_equal(nulls(**same), first), same
    for other in ({"law": "strict"}, {"policy": "japan"}, {"levers": {"inspection_rate": 0.5}}):
        assert not np.array_equal(nulls(**other), first), other
    tried = {"law": "middle", "tries_law": True}
    for mix in ({"policy": "japan"}, {"levers": {"inspection_rate": 0.5}}):
        assert np.array_equal(nulls(**tried, **mix), first), mix
    today = nulls(law="today")
    assert np.array_equal(nulls(pathway="law"), today) and not np.array_equal(today, first)


def test_levers_of_the_law_are_paid_outside_the_fund():
    """A law that a trial tries costs the state, and nothing of it the programme's fund."""
    names = ["outlay_law_2023", "spent_2023", "unspent_2023"]
    asked = {"replicates": 2, "outcomes": names, "last_year": 2024}
    plain, more = (
        run_trials([replace(BASE, levers=levers, law="today", tries_law=True)], **asked)
        for levers in ({}, {"monitoring_data": 0.8})
    )
    assert (more["outlay_law_2023"] > plain["outlay_law_2023"]).all()
    assert (more["null.outlay_law_2023"] == 0).all()
    empty = run_trials([replace(BASE, pathway="policy", levers={"monitoring_data": 0.8}, law="today")], **asked)
    assert (empty["spent_2023"] == 0).all()


def test_company_order_threads_and_chunks_change_no_bit():
    rng = np.random.default_rng(5)
    ranges = uncertainty_ranges()
    names = ("electricity_growth", "growth", "planned_cluster_slots", "trust_alpha", "food.margin", "discount_rate")
    trials = [
        replace(BASE, pathway=pathway, uncertainties={n: float(ranges[n].quantile(rng.random())) for n in names})
        for pathway in ("combined", "newly-planned", "null")
    ]
    trials += [replace(BASE, pathway=pathway) for pathway in ("newly-planned", "symbiosis-in-planned", "self-transition")]
    trials += [replace(BASE, levers={"extension": 0.9}), replace(BASE, shocks="none"), replace(BASE, scenario="phu-thi")]
    together = run_trials(trials, replicates=4, threads=2, **SHORT)
    assert (together["failed"] == "").all()
    backwards = run_trials(trials[::-1], replicates=4, threads=1, **SHORT)
    alone = [run_trials([t], replicates=1, first_replicate=r, threads=1, **SHORT) for t in trials for r in range(4)]
    parts = np.concatenate([numbers(frame) for frame in alone])
    assert np.array_equal(numbers(together), parts, equal_nan=True)
    again = numbers(backwards).reshape(len(trials), 4, -1)[::-1].reshape(parts.shape)
    assert np.array_equal(parts, again, equal_nan=True)
    # they do differ from each other, but for two trials of planned clusters: none is open yet
    assert len(np.unique(parts, axis=0)) == 4 * (len(trials) - 1)


def test_seed_zero_is_a_seed():
    frames = [numbers(run_trials([BASE], replicates=2, seed=seed, **SHORT)) for seed in (0, 1, 0)]
    assert np.array_equal(frames[0], frames[2], equal_nan=True) and not np.array_equal(frames[0], frames[1])


def test_burn_in_and_null_are_shared(monkeypatch):
    counts = {"burn": 0, "run": 0}
    for name in counts:
        original = getattr(Simulator, name)

        def counted(self, *args, _name=name, _original=original):
            counts[_name] += 1
            return _original(self, *args)

        monkeypatch.setattr(Simulator, name, counted)
    trials = [replace(BASE, pathway=name) for name in ("null", "self-transition", "symbiosis", "combined")]
    run_trials(trials, replicates=2, threads=1, **SHORT)
    assert counts == {"burn": 2, "run": 10}  # the law alone is run once for all pathways


def test_a_scale_factor_is_found_once_for_all_uncertainties():
    trials = [replace(BASE, scale=None, uncertainties={"electricity_growth": g}) for g in (0.0, 0.03)]
    frame = run_trials([*trials, replace(BASE, pathway="null")], replicates=1, **SHORT)
    scales = frame.attrs["scales"]
    assert scales[0] == scales[1] > 1 and scales[2] == 1


def test_levers_and_schedules_reach_the_model():
    low, high, late = (
        replace(BASE, budget_bn=900.0, levers={"extension": dose}, schedules={"extension": Schedule(start)})
        for dose, start in ((0.2, 2020), (1.0, 2020), (1.0, 2023))
    )
    spent = run_trials([low, high, late], replicates=1, outcomes=["pv_outlay_doses_2023"], last_year=2024)
    first, second, third = spent["pv_outlay_doses_2023"]
    assert first < third < second
    planned = replace(BASE, pathway="newly-planned", site_budget_bn=5.0, levers={"planned.extension": 0.9})
    assert run_trials([planned], replicates=1, **SHORT)["failed"].eq("").all()
    arm = make_arm("combined", site=load_scenario("teaching").site)
    given = run_trials([replace(BASE, pathway=arm)], replicates=2, **SHORT)
    assert np.array_equal(numbers(given), numbers(run_trials([BASE], replicates=2, **SHORT)), equal_nan=True)


def test_arrivals_follow_exits_unless_given():
    jobs = {"replicates": 6, "outcomes": ["firms_2023"], "last_year": 2024}
    slow = {"exit_high": PARAMETERS["exit_high"].low, "exit_low": PARAMETERS["exit_low"].low}
    follow = run_trials([replace(BASE, uncertainties=slow)], **jobs)["firms_2023"].mean()
    kept = {**slow, "arrival_base": PARAMETERS["arrival_base"].default}
    assert set(slow) <= set(EXIT_NAMES)
    assert follow < run_trials([replace(BASE, uncertainties=kept)], **jobs)["firms_2023"].mean()


def test_a_changed_record_is_the_record():
    rng = np.random.default_rng(3)
    base = {"growth": 0.011, "trust_beta": 4.0}
    record = parameter_record(base)
    before = record.copy()
    everything = {name: q.quantile(rng.random()) for name, q in PARAMETERS.items()}
    for changes in ({}, {"trust_alpha": 3.0}, everything, {n: v for n, v in everything.items() if n != "money_scale"}):
        assert changed_record(base, record, changes).tobytes() == parameter_record({**base, **changes}).tobytes()
    assert record.tobytes() == before.tobytes()


def test_a_run_that_breaks_is_a_row_with_its_cause(monkeypatch):
    sound = run_trials([BASE], replicates=4, threads=1, **SHORT)
    original = Simulator.run

    def fragile(self, index, series, level, unmet):
        code = original(self, index, series, level, unmet)
        if index == 1 and self.number == 1:
            raise MemoryError("no room")
        if index == 1 and self.number == 2:
            series[-2:] = np.nan
        if index == 0 and self.number == 3:
            return 1
        return code

    burn = Simulator.burn

    def noted(self, seed, number):
        self.number = number
        return burn(self, seed, number)

    monkeypatch.setattr(Simulator, "run", fragile)
    monkeypatch.setattr(Simulator, "burn", noted)
    frame = run_trials([BASE], replicates=4, threads=1, **SHORT)
    assert list(frame["failed"]) == [
        "", "MemoryError: no room", "tco2e_2023 is not a finite number", "an array of the run was too small"
    ]  # fmt: skip
    assert np.array_equal(numbers(frame)[0], numbers(sound)[0])
    assert frame.loc[1:, "jobs_2022"].isna().all() and frame.loc[:2, "null.jobs_2022"].notna().all()


def test_traces():
    frame = run_trials([replace(BASE, pathway="combined")], replicates=2, traces=True, **SHORT)
    assert frame["series"][0].shape == (17, frame["null.series"][0].shape[1])
    assert frame["level"][1].shape == (17, 1) and not np.array_equal(frame["series"][0], frame["null.series"][0])


def test_progress_counts_runs_and_may_stop():
    seen = []
    run_trials([BASE], replicates=3, threads=1, progress=lambda done, total: seen.append((done, total)), **SHORT)
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]

    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_trials([BASE], replicates=50, threads=2, progress=stop, **SHORT)


@pytest.mark.parametrize(
    ("trial", "options", "part"),
    [
        ({"scenario": "teachin"}, {}, "did you mean 'teaching'"),
        ({"pathway": "combine"}, {}, "did you mean 'combined'"),
        ({"policy": "jpan"}, {}, "did you mean 'japan'"),
        ({"shocks": "non"}, {}, "did you mean 'none'"),
        ({"budget_bn": -1.0}, {}, "budget_bn is -1.0, but must be at least 0"),
        ({"scale": 0.0}, {}, "scale is 0.0"),
        ({"uncertainties": {"electricity_grow": 0.0}}, {}, "did you mean 'electricity_growth'"),
        ({"uncertainties": {"electricity_growth": 0.5}}, {}, "uncertainties.electricity_growth is 0.5, but must lie between"),
        ({"uncertainties": {"growth": "x"}}, {}, "uncertainties.growth must be a finite number"),
        ({"levers": {"extention": 1}}, {}, "did you mean 'extension'"),
        ({"levers": {"extension": 1.2}}, {}, "levers.extension is 1.2, but must lie between 0 and 1"),
        ({"pathway": "null", "levers": {"extention": 1}}, {}, "did you mean 'extension'"),
        ({"schedules": {"extention": Schedule()}}, {}, "did you mean 'extension'"),
        ({"schedules": {"extension": Schedule(2030, 0, 2025)}}, {}, "schedules.extension.end"),
        ({}, {"outcomes": ["tco2_2035"]}, "did you mean 'tco2e_2035'"),
        ({}, {"outcomes": ["level1_total_2035"]}, "outcomes"),
        ({}, {"outcomes": ["jobs_2046"]}, "2046"),
        ({}, {"outcomes": []}, "outcomes is empty"),
        ({}, {"outcomes": ["jobs_2030", "jobs_2030"]}, "named twice"),
        ({}, {"replicates": 0}, "replicates is 0"),
        ({}, {"seed": -1}, "seed is -1"),
        ({}, {"last_year": 2050}, "last_year is 2050"),
    ],
)
def test_refusals_come_before_the_first_run(trial, options, part, monkeypatch):
    monkeypatch.setattr(Simulator, "burn", lambda *_: pytest.fail("ran"))
    with pytest.raises((InputError, ScenarioError)) as refused:
        run_trials([replace(BASE, **trial)], **{"replicates": 1, **options})
    assert part in str(refused.value)


def test_mechanisms_can_be_switched_off():
    off = replace(BASE, uncertainties={"search_rate": 0.0})
    with pytest.raises(InputError, match="search_rate"):
        run_trials([off], replicates=1, **SHORT)
    assert run_trials([off], replicates=1, within_ranges=False, **SHORT)["failed"].eq("").all()


def test_an_empty_arm_is_the_null():
    frame = run_trials([replace(BASE, pathway=Arm("mine"))], replicates=1, **SHORT)
    assert frame["tco2e_2023"].equals(frame["null.tco2e_2023"].rename("tco2e_2023"))


def test_ranges():
    ranges = uncertainty_ranges()
    assert ranges.keys() == PARAMETERS.keys()
    for entry in [*ranges.values(), *lever_ranges().values()]:
        ends = entry.quantile(np.array([0.0, 0.5, 1.0]))
        assert ends[0] == entry.low and ends[2] == entry.high and (np.diff(ends) >= 0).all()
    assert lever_ranges()["planned.extension"].high == lever_ranges()["extension"].high
    assert not lever_ranges()["relief_trust"].sampled
    with pytest.raises(InputError, match="1 year"):
        Outcomes(["jobs_1 year"])
