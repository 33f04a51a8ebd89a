"""What the experiments of a sweep share, counted: one burn-in and one null per world however many arms, arrays for all of them."""

import json
from collections import Counter

import numpy as np
import pytest
from ecocluster.experiments import bench_sweep
from ecocluster.experiments.sweeps.chunks import cells_of
from ecocluster.experiments.sweeps.experiment import make_experiment
from ecocluster.experiments.sweeps.plans import plan_sweep
from ecocluster.model import ensemble, simulator
from ecocluster.model.parameters import parameter_record
from ecocluster.model.simulator import Simulator
from ecocluster.scenarios import load_scenario, load_shocks, make_arm
from ecocluster.viz.cli import main

POINTS = 6
UNCERTAIN, LEVERS = ["q_in", "search_rate", "growth"], ["extension", "planned_slots", "grant_T1"]


@pytest.fixture
def counted(monkeypatch):
    """How often the model was set up, burnt in, run without and with a programme, laid down."""
    seen = Counter()

    def count(owner, name, key):
        real = getattr(owner, name)

        def counting(*arguments, **options):
            seen[key(*arguments)] += 1
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, counting)

    count(Simulator, "__init__", lambda *_: "simulators")
    count(Simulator, "burn", lambda *_: "burn-ins")
    count(Simulator, "run", lambda own, index, *_: "arms" if own.arms[index].programmes else "nulls")
    count(simulator, "make_plan", lambda *_: "plans")
    count(ensemble, "_site_scale", lambda *_: "pilots")
    return seen


def work_of(vary, pathways=("combined",), **more):
    raw = {"scenario": "teaching", "pathways": list(pathways), "design": {"kind": "lhs", "points": POINTS}, "replicates": 1, "seed": 1,
           "steps": 8, "uncertainties": [] if vary == "levers" else UNCERTAIN, "levers": [] if vary == "uncertainties" else LEVERS,
           **more}  # fmt: skip
    plan = plan_sweep(make_experiment(raw), threads=1)
    return plan.work, plan.points


@pytest.mark.parametrize(
    ("vary", "worlds", "laid"), [("uncertainties", POINTS, 1), ("levers", 1, POINTS), ("both", POINTS, POINTS)]
)
@pytest.mark.parametrize("pathways", [("combined",), ("symbiosis", "newly-planned", "combined")])
def test_a_world_is_burnt_in_once_and_its_law_alone_run_once(counted, vary, worlds, laid, pathways):
    """Whatever varies, one simulator; the law alone is laid down once. Control: so many pilots where the scale is searched for."""
    work, points = work_of(vary, pathways)
    counted.clear()
    cells = cells_of(work, points, np.arange(1), False)
    assert not any(cells.failed)
    runs = POINTS * len(pathways)
    assert counted == {"simulators": 1, "burn-ins": worlds, "nulls": worlds, "arms": runs, "plans": 1 + laid * len(pathways)}
    if vary == "levers" and len(pathways) == 1:
        work, points = work_of(vary, pathways, scale="auto", steps=4)
        counted.clear()
        cells_of(work, points[:2], np.arange(1), False)
        assert counted["pilots"] == 2


def test_a_simulator_that_takes_other_arms_is_as_a_new_one():
    """With programmes of other levers, more planned slots, other parameters, and back again; plans of arms that left are gone."""
    loaded = load_scenario("nguyen-khe")
    shocks, site = load_shocks(loaded.shocks), loaded.site
    law, own, planned = (make_arm(name, site=site) for name in ("law", "symbiosis", "newly-planned"))
    sets = [(law, own), (law, planned), (law,), (law, own, planned), (law, own)]
    records = [
        parameter_record({**loaded.parameters, "money_scale": scale, "developers": 0.0}) for scale in (1.0, 1.1, 1.0, 1.1, 1.0)
    ]
    assert len({Simulator(site, arms, records[0]).layout.planned for arms in sets}) == 2
    kept = Simulator(site, sets[0], records[0], shocks, last_year=2022)

    def bits(simulator, number):
        replicate = simulator.replicate(1, number)
        replicate.run(0)
        return [replicate.run(k, against=0)[1].series.tobytes() for k in range(1, len(simulator.arms))]

    for number, (arms, p) in enumerate(zip(sets, records, strict=True)):
        kept.load(p, arms)
        assert bits(kept, number) == bits(Simulator(site, arms, p, shocks, last_year=2022), number), number
        assert {key for plans in kept._levers.values() for key in plans} <= {id(arm) for arm in arms}


def test_the_benchmark_tells_what_levers_cost(monkeypatch, capsys):
    asked = []

    def sweep(points, workers=None, pathways=("combined",), vary="uncertainties"):
        asked.append((vary, workers))
        return 1.0, points * {"uncertainties": 1.0, "levers": 0.5, "both": 1.25}[vary], 1000

    monkeypatch.setattr(bench_sweep, "_sweep", sweep)
    monkeypatch.setattr(bench_sweep, "_by_firms", lambda: [0.1] * len(bench_sweep.FIRMS))
    for vary, ratio in (("levers", 0.5), ("both", 1.25), ("uncertainties", 1.0)):
        asked.clear()
        assert main(["bench", "sweep", "--runs", "200", "--vary", vary, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["over_uncertainties"] == ratio and found["vary"] == vary
        turns = asked[3 + 3 + 1 : -1]  # after warming up, three sizes and four pathways
        assert turns == ([] if vary == "uncertainties" else [(vary, 1), ("uncertainties", 1)] * bench_sweep.PAIRS)
    assert main(["bench", "sweep", "--vary", "law"]) == 2
    assert "uncertainties" in capsys.readouterr().err


def test_what_the_benchmark_varies_are_levers_and_uncertainties():
    for vary in bench_sweep.VARY:
        experiment = make_experiment(bench_sweep._experiment(4, ("combined",), vary))
        levers = [factor.name for factor in experiment.factors if factor.lever]
        others = [factor.name for factor in experiment.factors if not factor.lever]
        assert levers == ([] if vary == "uncertainties" else list(bench_sweep.LEVERS))
        assert others == ([] if vary == "levers" else list(bench_sweep.UNCERTAINTIES))
        assert experiment.scale == 1.0  # programmes as written: nothing is searched for
