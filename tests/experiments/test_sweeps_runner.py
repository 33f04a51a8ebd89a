"""Where chunks run changes nothing; replicates are added until it is enough; what "equal" means; the commands."""

import itertools
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.statistics import t_quantile
from ecocluster.experiments.sweeps import plans, runner
from ecocluster.experiments.sweeps.results import effects, export, is_narrow, load, status
from ecocluster.experiments.sweeps.runner import estimate, resume, sweep
from ecocluster.experiments.sweeps.store import Store
from ecocluster.experiments.sweeps.trials import Trial, run_trials
from ecocluster.viz.cli import main

SMALL = {
    "scenario": "teaching",
    "pathways": ["null", "combined"],
    "design": {"kind": "lhs", "points": 6},
    "replicates": 2,
    "seed": 4,
    "steps": 8,
    "scale": 1.0,
    "uncertainties": ["electricity_growth", "q_in"],
    "outcomes": ["tco2e_2021", "jobs_2021"],
}
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, processes=False, protocol="tcp://", dashboard_address=None)
    print(cluster.scheduler_address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def two_points_a_chunk(monkeypatch):
    monkeypatch.setattr(plans, "chunk_sizes", lambda *_: (2, 2))


@pytest.fixture
def cluster(tmp_path):
    """A Dask scheduler with two workers in a process of its own."""
    file = tmp_path / "cluster.py"
    file.write_text(CLUSTER)
    process = subprocess.Popen([sys.executable, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def test_rows_are_those_of_run_trials(tmp_path, two_points_a_chunk):
    sweep(SMALL, tmp_path / "s")
    frame = load(tmp_path / "s")
    trials = [
        Trial("teaching", row.pathway, uncertainties={"electricity_growth": row.electricity_growth, "q_in": row.q_in}, scale=1.0)
        for row in frame[frame["replicate"] == 0].itertuples()
    ]
    expected = run_trials(trials, replicates=2, seed=4, outcomes=SMALL["outcomes"], last_year=2022)
    for name in (*SMALL["outcomes"], "null.tco2e_2021"):
        assert np.array_equal(frame[name], expected[name])
    assert list(frame.columns[:8]) == ["point", "pathway", "policy", "budget_bn", "replicate", "failed", "electricity_growth", "q_in"]  # fmt: skip
    assert status(tmp_path / "s").size / len(frame) < 2048


def test_threads_processes_and_dask_give_the_same_bytes(tmp_path, two_points_a_chunk, cluster):
    process, address = cluster
    folders = {"threads": tmp_path / "t", "processes": tmp_path / "p", address: tmp_path / "d"}
    for scheduler, folder in folders.items():
        assert sweep(SMALL, folder, scheduler=scheduler, workers=2).complete
    assert content(tmp_path / "t") == content(tmp_path / "p") == content(tmp_path / "d")
    gone = tmp_path / "gone"

    def kill(done, total):
        if done:
            process.kill()
            process.wait()

    with pytest.raises(InputError, match=r"the scheduler tcp://.* has gone"):
        sweep({**SMALL, "design": {"kind": "lhs", "points": 60}}, gone, scheduler=address, progress=kill)
    assert 0 < status(gone).chunks_done < 30
    with pytest.raises(InputError, match="no scheduler answers"):
        resume(gone, scheduler=address)
    assert resume(gone).complete


def test_a_worker_that_dies_is_replaced(tmp_path, monkeypatch, two_points_a_chunk):
    victims = []

    def kill(done, total):
        workers = multiprocessing.active_children()
        if done and workers and not victims:
            victims.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    more = {**SMALL, "design": {"kind": "lhs", "points": 60}}
    assert sweep(more, tmp_path / "p", scheduler="processes", workers=2, progress=kill).complete and victims
    sweep(more, tmp_path / "t")
    assert content(tmp_path / "t") == content(tmp_path / "p")


def test_a_chunk_that_kills_every_worker_is_named_and_the_others_are_kept(tmp_path, monkeypatch, two_points_a_chunk):
    from concurrent.futures import Future
    from concurrent.futures.process import BrokenProcessPool

    from ecocluster.experiments.sweeps.chunks import run_chunk
    from ecocluster.experiments.sweeps.schedulers import Pool

    tried = []

    class Fragile:
        def submit(self, function, packed, chunk, points, sweep, modules):
            future = Future()
            if chunk.number == 1:
                tried.append(1)
                future.set_exception(BrokenProcessPool("gone"))
            else:
                future.set_result(run_chunk(packed, chunk, points, sweep, modules))
            return future

        def shutdown(self, **_):
            pass

    from contextlib import contextmanager

    @contextmanager
    def fragile(*_):
        yield Pool("processes", 1, Fragile(), Fragile)

    with monkeypatch.context() as patch:
        patch.setattr(runner, "open_pool", fragile)
        with pytest.raises(InputError, match="died on chunk 1 of .*, 3 times; all others are kept"):
            sweep(SMALL, tmp_path / "s")
    assert len(tried) == 3 and status(tmp_path / "s").chunks_done == 2
    assert resume(tmp_path / "s").complete


@pytest.mark.parametrize("name", ["thread", "tcp://127.0.0.1:1", "tcp://nonsense"])
def test_schedulers_that_are_not_there(tmp_path, name):
    with pytest.raises(InputError, match="did you mean 'threads'|no scheduler answers"):
        sweep(SMALL, tmp_path / "s", scheduler=name)
    assert not (tmp_path / "s").exists()
    if name == "thread":
        with pytest.raises(InputError, match="did you mean 'threads'"):
            estimate(SMALL, scheduler=name)


def test_more_parameters_than_fit_are_joined_on_reading(tmp_path, monkeypatch):
    sweep(SMALL, tmp_path / "joined")
    monkeypatch.setattr("ecocluster.experiments.sweeps.plans.JOINED_FACTORS", 1)
    sweep(SMALL, tmp_path / "apart")
    assert "q_in" not in next(iter(_tables(tmp_path / "apart"))).column_names
    assert load(tmp_path / "apart").equals(load(tmp_path / "joined"))
    assert export(tmp_path / "apart", tmp_path / "a.csv") == 24
    export(tmp_path / "joined", tmp_path / "j.csv")
    apart, joined = (pd.read_csv(tmp_path / name).drop(columns="sweep") for name in ("a.csv", "j.csv"))  # where they lie is asked
    pd.testing.assert_frame_equal(apart, joined, check_exact=True)


def _tables(folder):
    store = Store(folder)
    store.load()
    store.look(plans.plan_of(store).chunks())
    return store.tables(sorted(store.done))


def test_a_table_is_kept_with_the_sweep(tmp_path):
    file = tmp_path / "points.csv"
    file.write_text("q_in,extension\n0.2,0.5\n0.3,1.0\n")
    asked = {**SMALL, "design": {"kind": "table", "file": str(file)}}
    del asked["uncertainties"]
    sweep(asked, tmp_path / "s")
    file.unlink()
    next((tmp_path / "s/chunks").iterdir()).unlink()
    assert resume(tmp_path / "s").complete
    assert load(tmp_path / "s")["extension"].tolist() == [0.5] * 4 + [1.0] * 4


def test_replicates_are_added_until_the_interval_is_narrow(tmp_path):
    asked = {**SMALL, "replicates": 4, "pathways": ["combined"], "seed": 2}
    wide = sweep(asked, tmp_path / "wide", until_ci=0.5, outcome="tco2e_2021")
    assert wide.stopped == "narrow" and wide.replicates == 4 and wide.complete
    first = load(tmp_path / "wide")
    sweep({**asked, "replicates": 64}, tmp_path / "spread")  # of four replicates nobody can tell the spread
    pairs = load(tmp_path / "spread").groupby("replicate")[["tco2e_2021", "null.tco2e_2021"]].mean()
    relative = (pairs["tco2e_2021"] - pairs["null.tco2e_2021"]).std() / pairs["null.tco2e_2021"].mean()
    width = float(relative) * 0.4
    found = sweep(asked, tmp_path / "narrow", until_ci=width, outcome="tco2e_2021")
    assert found.stopped == "narrow" and found.replicates > 4
    frame = load(tmp_path / "narrow")
    for count, narrow in ((found.replicates, True), (found.replicates // 2, False)):
        seen = frame[frame["replicate"] < count].groupby("replicate")[["tco2e_2021", "null.tco2e_2021"]].mean()
        difference = seen["tco2e_2021"] - seen["null.tco2e_2021"]
        half = t_quantile(count - 1, 1 - 0.05 / 7) * difference.std() / count**0.5
        assert (half <= width * seen["null.tco2e_2021"].mean()) == narrow
    assert sorted(frame["replicate"].unique()) == list(range(found.replicates))
    again = frame[frame["replicate"] < 4].reset_index(drop=True)  # the first look saw these, and they stay
    assert np.array_equal(again["tco2e_2021"], first["tco2e_2021"])
    assert resume(tmp_path / "narrow") == found
    assert sweep(asked, tmp_path / "never", until_ci=1e-9).stopped == "exhausted"
    for change, options, part in (
        ({}, {"outcome": "jobs_2021"}, "no meaning alone"),
        ({}, {"until_ci": 0.1, "outcome": "job_2021"}, "did you mean 'jobs_2021'"),
        ({"common_random_numbers": False}, {"until_ci": 0.1}, "common random numbers"),
    ):
        with pytest.raises(InputError, match=part):
            sweep({**asked, **change}, tmp_path / "not", **options)


def test_the_stopping_rule_keeps_its_promise(monkeypatch):
    """An effect of nothing, 400 sweeps: looking seven times does not make the interval miss 0 more than 5 times in 100."""
    rng = np.random.default_rng(11)
    until = plans.Until("jobs_2021", 0.25)
    missed = naive = 0
    for _ in range(400):
        draws = rng.normal(0, 1, 4 * 64)

        class One:
            pass

        plan, store = One(), None
        plan.until, plan.work, plan.chunks = until, One(), lambda stage: []
        plan.work.arms = [type("Arm", (), {"programmes": (1,)})]
        for stage in range(until.looks):
            seen = draws[: 4 * 2**stage]
            own = 1.0 + seen
            monkeypatch.setattr("ecocluster.experiments.sweeps.results._paired", lambda *_, own=own: [(own, np.ones(own.size))])
            if is_narrow(store, plan, stage) or stage == until.looks - 1:
                break
        error = seen.std(ddof=1) / np.sqrt(seen.size)
        missed += abs(seen.mean()) > t_quantile(seen.size - 1, 1 - 0.05 / until.looks) * error
        looks = [draws[: 4 * 2**k] for k in range(until.looks)]
        naive += any(abs(x.mean()) > t_quantile(x.size - 1) * x.std(ddof=1) / np.sqrt(x.size) for x in looks)
    assert missed / 400 <= 0.05 < naive / 400


def test_what_pairing_buys(tmp_path):
    paired = {**SMALL, "replicates": 40, "design": {"kind": "full"}, "pathways": ["combined", "self-transition"], "seed": 5}
    del paired["uncertainties"]
    sweep(paired, tmp_path / "p")
    sweep({**paired, "common_random_numbers": False}, tmp_path / "i")
    for together, apart in zip(effects(tmp_path / "p", "tco2e_2021"), effects(tmp_path / "i", "tco2e_2021"), strict=True):
        assert together.gain > 3
        ratio = (apart.difference.high - apart.difference.low) / (together.difference.high - together.difference.low)
        assert 0.4 < ratio**2 / together.gain < 2.5  # the predicted gain is the one that is seen
        assert 0.3 < apart.gain < 3
    frame = load(tmp_path / "i")
    assert len(np.unique(frame["null.tco2e_2021"])) == len(frame)


@pytest.mark.parametrize("mode", ["equal-outlay", "equal-abatement"])
def test_arms_are_matched(tmp_path, mode):
    asked = {
        "scenario": "phu-thi", "pathways": ["null", "self-transition", "symbiosis"], "design": {"kind": "full"},
        "replicates": 16, "seed": 1, "steps": 24, "mode": mode, "outcomes": ["pv_outlay_2025", "tco2e_total_2025"],
    }  # fmt: skip
    if mode == "equal-abatement":
        # as written, symbiosis avoids nothing here in five years, and however much is paid little: a larger cluster answers
        # smoothly enough to be matched to a percent
        asked |= {"scenario": "nguyen-khe", "target": 0.004, "scale": "auto"}
    sweep(asked, tmp_path / "s")
    name = "pv_outlay_2025" if mode == "equal-outlay" else "tco2e_total_2025"
    found = effects(tmp_path / "s", name)
    realised = [abs(effect.difference.mean) for effect in found]
    assert realised[1] == pytest.approx(realised[0], rel=0.02)
    if mode == "equal-abatement":
        assert realised[0] == pytest.approx(0.004 * found[0].null, rel=0.02)
    budgets = {effect.pathway: effect.budget_bn for effect in found}
    assert budgets["symbiosis"] != pytest.approx(budgets["self-transition"], rel=0.05)


def test_matching_says_what_cannot_be(tmp_path):
    asked = {**SMALL, "mode": "equal-abatement", "target": 0.9}
    with pytest.raises(InputError, match="reaches .* at the most, the target is 0.9"):
        sweep(asked, tmp_path / "s")
    with pytest.raises(InputError, match="levers cannot vary"):
        sweep({**asked, "levers": ["extension"]}, tmp_path / "s")
    assert not (tmp_path / "s").exists()


def test_a_frontier_runs_over_budgets(tmp_path):
    asked = {**SMALL, "mode": "frontier", "budgets_bn": [0.0, 50.0, 300.0], "outcomes": ["pv_outlay_2021"]}
    sweep(asked, tmp_path / "s")
    found = effects(tmp_path / "s")
    assert [effect.budget_bn for effect in found] == [0.0, 50.0, 300.0]
    assert found[0].difference.mean < found[1].difference.mean < found[2].difference.mean
    assert (load(tmp_path / "s")["pathway"] == "null").sum() == 12  # the null has no budget: once


def test_levers_in_the_design_find_their_own_scale(tmp_path):
    asked = {**SMALL, "levers": ["extension"], "pathways": ["combined"], "design": {"kind": "lhs", "points": 2}}
    asked["scale"] = "auto"
    sweep(asked, tmp_path / "s")
    row = load(tmp_path / "s").iloc[2]
    trial = Trial("teaching", "combined", levers={"extension": row["extension"]}, scale=None,
                  uncertainties={name: row[name] for name in SMALL["uncertainties"]})  # fmt: skip
    expected = run_trials([trial], replicates=1, seed=4, outcomes=["tco2e_2021"], last_year=2022)
    assert expected["tco2e_2021"][0] == row["tco2e_2021"]


def test_traces_are_kept_on_request(tmp_path):
    sweep({**SMALL, "traces": True}, tmp_path / "s")
    frame = load(tmp_path / "s")
    assert frame["series"][0].size == frame["null.series"][0].size and frame["level"][0].size == 9
    assert export(tmp_path / "s", tmp_path / "x.csv") == 24


def test_an_estimate_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for times, seconds in (([0.0, 20.0], 20.0), ([0.0, 9.0, 9.0, 13.0], 4.0)):  # the second: quick, so once more without loading
        monkeypatch.setattr(runner, "perf_counter", iter(times).__next__)
        found = estimate(SMALL, workers=2)
        assert (found.runs, found.points, found.arms, found.chunks) == (24, 6, 2, 1) and found.seconds == seconds
    sweep(SMALL, tmp_path / "s")
    assert found.size == pytest.approx(status(tmp_path / "s").size, rel=0.3)
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def write(tmp_path, **change):
    file = tmp_path / "experiment.toml"
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**SMALL, **change}.items() if key != "design"]
    file.write_text("\n".join(lines) + '\ndesign = { kind = "lhs", points = 6 }\n')
    return file


def test_the_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path)
    assert main(["sweep", str(file), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["runs"] == 24
    assert main(["sweep", str(file), "--dry-run", "--lang", "vi"]) == 0
    assert "24 lần chạy" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
    assert main(["sweep", str(file), "--json", "--workers", "1"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["complete"] and answer["runs_done"] == 24 and answer["effects"][0]["pathway"] == "combined"
    assert main(["status", "out/sweep-experiment", "--outcome", "jobs_2021", "--lang", "vi"]) == 0
    said = capsys.readouterr().out
    assert "24 trên 24 lần chạy" in said and "jobs_2021" in said and "Kết hợp" in said
    assert main(["resume", "out/sweep-experiment"]) == 0
    assert "24 of 24 runs" in capsys.readouterr().out
    assert main(["export", "out/sweep-experiment", "--to", "all.parquet"]) == 0
    assert "24 rows" in capsys.readouterr().out and (tmp_path / "all.parquet").exists()
    assert main(["rerun", "out/sweep-experiment", "--failed"]) == 0


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("sweep nothing.toml", "nothing.toml: the file does not exist"),
        ("sweep experiment.toml --scheduler thread", "did you mean 'threads'"),
        ("sweep experiment.toml --workers 0", "--workers is 0"),
        ("sweep experiment.toml --until-ci 0", "--until-ci is 0"),
        ("sweep experiment.toml --outcome jobs_2021", "no meaning alone"),
        ("resume nothing --lang vi", "không chứa loạt thí nghiệm nào"),
        ("status nothing", "holds no sweep"),
        ("export nothing --to x.csv", "holds no sweep"),
        ("export nothing --to x.txt", "must end in .csv or .parquet"),
        ("export nothing --to experiment.toml", "must end in"),
        ("rerun nothing", "--failed"),
    ],
)
def test_bad_input_is_one_line(line, part, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path)
    assert main(line.split()) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and part in captured.err and captured.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["experiment.toml"]


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch, capsys, two_points_a_chunk):
    monkeypatch.chdir(tmp_path)
    file = write(tmp_path, replicates=400)
    real = Store.put

    def put(self, number, data):
        real(self, number, data)
        signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(Store, "put", put)
        assert main(["sweep", str(file), "--out", "s"]) == 130
    assert "ecocluster resume s" in capsys.readouterr().err
    assert main(["status", "s"]) == 0
    assert "go on with: ecocluster resume s" in capsys.readouterr().out


def test_the_benchmark_measures(monkeypatch, capsys):
    from ecocluster.experiments import bench_sweep

    assert main(["bench", "sweep", "--runs", "10"]) == 2
    assert "--runs is 10, but must be at least 200" in capsys.readouterr().err
    asked = []
    monkeypatch.setattr(bench_sweep, "_sweep", lambda points, workers=None, pathways=("combined",), vary="": asked.append((points, len(pathways)))
                        or (points / 100, points / 60, 900 * points))  # fmt: skip
    monkeypatch.setattr(bench_sweep, "_peak_mb", lambda: 123.0)
    monkeypatch.setattr(bench_sweep, "_by_firms", lambda: [0.001 * firms**0.9 for firms in bench_sweep.FIRMS])
    assert main(["bench", "sweep", "--runs", "1000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert asked[3:7] == [(10, 1), (100, 1), (1000, 1), (250, 4)] and found["four_pathways_wall_s"] == 2.5
    assert found["slope_runs"] == pytest.approx(1) and found["slope_firms"] == pytest.approx(0.9)
    assert found["bytes_per_run"] == 900 and found["memory_mb"] == 123


@pytest.mark.parametrize(("system", "peak"), [("linux", 250_000), ("darwin", 250_000_000)])
def test_the_peak_of_memory_is_in_megabytes(monkeypatch, system, peak):
    from ecocluster.experiments import bench_sweep

    resource = pytest.importorskip("resource")
    monkeypatch.setattr(bench_sweep.sys, "platform", system)
    monkeypatch.setattr(resource, "getrusage", lambda who: SimpleNamespace(ru_maxrss=peak))
    assert bench_sweep._peak_mb() == 250.0


def test_the_benchmark_grows_a_city(monkeypatch, capsys):
    from ecocluster.experiments import bench, bench_firms

    assert main(["bench", "firms", "--most", "5"]) == 2
    assert "--most is 5, but must be at least 55" in capsys.readouterr().err
    monkeypatch.setattr(bench_firms, "ENOUGH", 0.0)
    for module in (bench, bench_firms):
        monkeypatch.setattr(module, "perf_counter", itertools.count().__next__)
    assert main(["bench", "firms", "--most", "250", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(size["firms"], size["clusters"]) for size in found["sizes"]] == [(55, 1), (250, 2)] and found["slope"] is None
    for size in found["sizes"]:
        assert size["burn_ms"] == size["run_ms"] == 1000  # a stubbed second each
        assert size["ns_per_firm_step"] == pytest.approx(1e9 / 104 / size["firms"])
        assert 0 < size["bytes_per_slot"] < size["bytes_per_firm"]
    asked = []
    monkeypatch.setattr(bench_firms, "_times", lambda simulator: (1.0, 1e-5 * asked[-1] ** 1.25))
    monkeypatch.setattr(bench_firms, "_simulator", lambda firms, made=bench_firms._simulator: asked.append(firms) or made(55))
    assert bench_firms.measure_firms(50_000)["slope"] == pytest.approx(1.25)
    assert asked[1:] == [55, 500, 3864, 40_000, 50_000]


def test_the_clocks_of_the_benchmark_see_the_kernels(tmp_path, monkeypatch):
    from ecocluster.experiments import bench_sweep

    monkeypatch.setattr(bench_sweep, "thread_time", itertools.count().__next__)  # a second for each call
    with bench_sweep._clocked() as spent:
        sweep(SMALL, tmp_path / "s", workers=1)
    # of 6 points and 2 replicates: a burn-in of three functions and a run, no programme, law alone, an arm; of the one
    # chunk: encode and put
    assert spent == {"kernels": 12 * (3 + 4), "parquet": 2}
    before = dict(spent)
    sweep(SMALL, tmp_path / "t", workers=1)
    assert spent == before and content(tmp_path / "s") == content(tmp_path / "t")
