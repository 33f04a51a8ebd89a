"""Workers are refused where they could not start, and end with the process that started them, however it went."""

import os
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.sweeps.schedulers import check_scheduler, check_start
from waiting import alive, until

WORKERS = """
import os, sys
from ecocluster.experiments.sweeps.schedulers import open_pool

def name(_):
    return os.getpid()

if __name__ == "__main__":
    with open_pool("processes", 2) as pool:
        seen = {future.result() for future in [pool.submit(name, n) for n in range(8)]}
        print(*seen, flush=True)
        sys.stdin.read()  # until it is ended
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes as Linux shows them")
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_nobody_outlives_the_process_that_started_him(tmp_path, sign):
    """Control: they are alive while it is."""
    script = tmp_path / "work.py"
    script.write_text(WORKERS)
    parent = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers and all(map(alive, workers))
    finally:
        parent.send_signal(sign)
    parent.stdout.read()  # ends when nobody holds the pipe any more
    parent.wait()
    until(lambda: not any(map(alive, workers)))


def script(tmp_path, text):
    file = tmp_path / "script.py"
    file.write_text(text)
    return SimpleNamespace(__file__=str(file), __spec__=None)


def test_a_script_that_every_worker_would_run_again_is_refused_before(tmp_path):
    with pytest.raises(InputError, match="script.py.*__main__"):
        check_start(script(tmp_path, "import ecocluster as ec\nec.sweep('x.toml', 'out', scheduler='processes')\n"))
    check_start(script(tmp_path, "if __name__ == '__main__':\n    pass\n"))
    for other in (
        SimpleNamespace(),
        SimpleNamespace(__file__=str(tmp_path / "gone.py"), __spec__=None),
        SimpleNamespace(__file__="x", __spec__=1),
    ):
        check_start(other)  # a console, a file that is gone, a module


def test_the_whole_script_is_told_in_one_line(tmp_path):
    (tmp_path / "script.py").write_text(
        "import ecocluster as ec\n"
        "ec.sweep({'scenario': 'teaching', 'pathways': ['symbiosis'], 'design': {'kind': 'full'}, 'replicates': 2, 'seed': 1}, 'out',"
        " scheduler='processes', workers=2)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "__main__" in done.stderr.splitlines()[-1] and done.stderr.count("Traceback") == 1
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").glob("chunks/*"))


def test_a_worker_starts_no_workers(monkeypatch):
    monkeypatch.setattr("multiprocessing.current_process", lambda: SimpleNamespace(daemon=True))
    with pytest.raises(InputError, match="threads"):
        check_start(SimpleNamespace())


@pytest.mark.parametrize(
    "given", ["inproc://x", "procs", "", 3, None, SimpleNamespace(scheduler=SimpleNamespace(address="tcp://1.2.3.4:8786"))]
)
def test_what_is_no_scheduler_is_refused(given):
    with pytest.raises(InputError, match="scheduler") as found:
        check_scheduler(given)
    if isinstance(given, SimpleNamespace):
        assert "tcp://1.2.3.4:8786" in str(found.value)


def test_plans_that_nobody_could_wait_for_are_refused_before_they_are_counted(tmp_path, monkeypatch):
    """Neither points nor chunks are made or walked through to say so."""
    from ecocluster.experiments.sweeps import plans
    from ecocluster.experiments.sweeps.experiment import make_experiment

    made = []
    monkeypatch.setattr(plans, "make_points", lambda *given: made.append(given))
    base = {
        "scenario": "teaching",
        "pathways": ["symbiosis"],
        "uncertainties": ["q_in", "growth"],
        "seed": 1,
        "outcomes": ["jobs_2035"],
    }
    for kind, points, replicates, part in (
        ("lhs", 10**7, 10**6, "runs of the sweep"),
        ("morris", 10**6, 4, "morris"),
        ("lhs", 10**6, 101, "runs"),
    ):
        with pytest.raises(InputError, match=part):
            plans.plan_sweep(make_experiment({**base, "design": {"kind": kind, "points": points}, "replicates": replicates}))
    assert not made


def test_chunks_are_counted_as_they_are(tmp_path):
    from ecocluster.experiments.sweeps.experiment import make_experiment
    from ecocluster.experiments.sweeps.plans import plan_sweep

    for points, replicates in ((1, 1), (7, 300), (1000, 3)):
        plan = plan_sweep(make_experiment({
            "scenario": "teaching", "pathways": ["symbiosis"], "uncertainties": ["q_in"], "seed": 1, "outcomes": ["jobs_2035"],
            "design": {"kind": "lhs", "points": points}, "replicates": replicates,
        }))  # fmt: skip
        assert plan.number_of_chunks() == sum(1 for _ in plan.chunks())


LOADING = """
import os, signal
from ecocluster.experiments.sweeps.schedulers import open_pool

def work(n):
    return n * n

if __name__ == "__main__":
    with open_pool("processes", 2) as pool:
        started = [pool.submit(work, n) for n in range(4)]
        for child in [int(c) for c in open(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read().split()]:
            for _ in range(2000):  # while they load
                os.kill(child, signal.SIGINT)
        print([future.result() for future in started], flush=True)
"""


@pytest.mark.skipif(not os.path.exists(f"/proc/self/task/{os.getpid()}/children"), reason="children as Linux shows them")
def test_ctrl_c_while_workers_load_is_not_theirs(tmp_path):
    (tmp_path / "load.py").write_text(LOADING)
    done = subprocess.run([sys.executable, "load.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "[0, 1, 4, 9]\n" and "Traceback" not in done.stderr and done.returncode == 0
