"""Measuring reads, and every runner goes through the same replicate: the same bits whoever runs it."""

import ast
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments.sweeps.trials import Trial, run_trials
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.jit import jit
from ecocluster.model.measure import measure, record_levels
from ecocluster.model.one_run import run_one
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.closing import begin_counts, sum_up
from ecocluster.model.simulator import Rows, Simulator
from ecocluster.model.sites_and_arms import NO_LAW, Arm
from ecocluster.model.state import as_bytes
from ecocluster.model.state_pointer import by_reference
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

ROOT = Path(__file__).parents[2]
SHORT = 2028.0


@pytest.fixture(scope="module")
def asked():
    site = load_scenario("teaching").site
    return site, (Arm("null", law=NO_LAW), make_arm("law", site=site), make_arm("combined", site=site), make_arm("newly-planned", site=site))  # fmt: skip


@jit
def measured(s, p, out, before, level, unmet):
    measure(by_reference(s), p[()], out, before)
    record_levels(by_reference(s), level, unmet)


@jit
def closed(s):
    sum_up(by_reference(s))
    begin_counts(by_reference(s))


def state_bytes(state):
    """All that a run holds, as bytes."""
    return {name: as_bytes(part).tobytes() for name, part in zip(state._fields, state, strict=True) if isinstance(part, np.ndarray)}


def test_measuring_a_step_changes_nothing(asked):
    """Control: what is added up before, and the counts that begin anew, are seen as changes."""
    site, arms = asked
    simulator = Simulator(site, arms, parameter_record(), load_shocks("default"), last_year=SHORT)
    simulator.replicate(3, 0).run(2)
    s, out = simulator.work, np.zeros(len(INDICATORS))
    level, unmet = np.zeros(len(site.clusters), np.int8), np.zeros(len(site.clusters), np.int16)
    before = state_bytes(s)
    measured(s, simulator.p, out, np.zeros_like(out), level, unmet)
    assert np.isfinite(out).sum() > 100 and state_bytes(s) == before
    s.city[0]["exits"], s.clusters["complaints"] = 3, 1.0
    changed = state_bytes(s)
    closed(s)
    assert state_bytes(s) != changed and s.city[0]["exits"] == 0 and not s.clusters["complaints"].any()
    assert s.city[0]["offered"] == s.funds["released"].sum()


def test_any_order_and_company_gives_the_same_bits(asked):
    """An arm is what it is beside others, after others, and after another replicate; held against another law alone it is not."""
    site, arms = asked
    simulator = Simulator(site, arms, parameter_record(), load_shocks("default"), last_year=SHORT)
    kept = simulator.replicate(1, 5, keep=True)
    kept.run(1)
    first = kept.run(2, against=1)[1].series.copy()
    other = simulator.replicate(1, 6)  # the arrays now hold another past
    other.run(0)
    kept.run(3, against=1)
    again = kept.run(2, against=1)[1].series
    assert first.tobytes() == again.tobytes()
    assert other.run(2)[1].series.tobytes() != first.tobytes()


def test_all_runners_give_the_same_bits(asked):
    site, arms = asked
    whole = run_ensemble(site, arms, replicates=2, shocks=load_shocks("default"))
    alone = run_one(site, arms[2], replicate=1, shocks=load_shocks("default")).runs
    assert alone.series[0, 0].tobytes() == whole.series[2, 1].tobytes()
    swept = run_trials([Trial("teaching", name) for name in ("law", "combined", "newly-planned")], replicates=2, traces=True)
    for row in swept.itertuples():
        assert row.series.tobytes() == whole.series[row.trial + 1, row.replicate].tobytes()


def test_a_past_that_failed_fails_every_arm(asked, monkeypatch):
    site, arms = asked
    simulator = Simulator(site, arms, parameter_record(), last_year=SHORT)
    monkeypatch.setattr(simulator, "burn", lambda *_: 1)
    code, rows = simulator.replicate(1, 0).run(2)
    assert code == 1 and np.isnan(rows.series[1:]).all()


def callers_of(*names):
    """Files of the product that call a method of one of these names; not a function of the system, as `os.fork`."""
    found = set()
    for room in ("model", "experiments", "scenarios", "viz"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names):
                    continue
                if ast.unparse(node.func.value) != "os":
                    found.add(path.relative_to(ROOT).as_posix())
    return found


def test_nobody_burns_and_forks_but_the_replicate():
    """Benchmarks time the parts; the control: they are found."""
    assert callers_of("burn", "fork") - {"experiments/bench.py", "experiments/bench_firms.py", "experiments/phase_clock.py"} <= {
        "model/simulator.py",
        "experiments/sweeps/running.py",  # its own `burn` begins a replicate
        "experiments/by_cluster.py",  # a simulator that looks at its clusters on the way, and begins anew where there is more room
        "experiments/kept_runs.py",  # a simulator, whose `burn` looks first whether a past is kept
    }
    assert callers_of("burn") & {"experiments/bench.py", "experiments/bench_firms.py"}


def test_rows_are_what_a_simulator_writes(asked):
    site, arms = asked
    rows = Simulator(site, arms, parameter_record(), last_year=SHORT).rows()
    assert (
        isinstance(rows, Rows)
        and rows.series.shape == (4 * (round(SHORT) - 2020) + 1, len(INDICATORS))
        and rows.level.dtype == np.int8
    )
