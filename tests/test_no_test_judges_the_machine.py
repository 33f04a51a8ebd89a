"""No test judges a time, a memory size or a number of cores: it waits for events (`waiting.py`) or counts.

The sources of all tests are read here. Speed and memory are measured by `ecocluster bench`, without a verdict. A test that needs a
measured number puts a stub in the place of the clock; a name in quotes, as `monkeypatch.setattr` takes it, is no measurement.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from clock.sitecustomize import CLOCKS, scaled

TESTS = Path(__file__).parent
# the helper that waits, the stubbed clocks, the peers of the benchmark (they are timed, not tested), and what is planted here
NO_TESTS = {"waiting.py", "clock/sitecustomize.py", "benchmarks/peers.py", Path(__file__).name}

MEASURED = {  # what tells something of the machine, by module
    "time": {f"{clock}{unit}" for clock in CLOCKS for unit in ("", "_ns")} | {"clock_gettime", "clock_gettime_ns"},
    "timeit": {"timeit", "repeat", "default_timer", "Timer"},
    "datetime": {"now", "utcnow", "today"},
    "resource": {"getrusage"},
    "tracemalloc": {"start", "stop", "get_traced_memory", "take_snapshot"},
    "psutil": {"Process", "virtual_memory", "cpu_count", "cpu_percent", "cpu_times"},
    "os": {"cpu_count", "process_cpu_count", "sched_getaffinity", "getloadavg", "times"},
    "multiprocessing": {"cpu_count"},
}
NAMES = set().union(*MEASURED.values()) - {"time", "start", "stop", "now", "today", "times", "repeat", "Process", "Timer"}
SLEEPS = {"sleep", "wait_for_timeout"}
QUANTITY = re.compile(
    r"(^|_)(seconds|ms|ns|elapsed|duration|took|spent_kernels|spent_parquet|speed|wall|cpu|cores|memory|rss|mb"
    r"|(mesa|numpy|comparison)_ratio)(_|$)"
)
# the same in programs that are given to other interpreters: Python in a child, JavaScript in a browser
PROGRAM = re.compile(rf"\b({'|'.join(sorted(NAMES | SLEEPS))}|time\.time|performance\.now|Date\.now|setTimeout|setInterval)\(")


def dotted(node: ast.AST) -> str:
    """Name of an attribute of a name, such as `time.sleep`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{before}.{node.attr}" if isinstance(node, ast.Attribute) and (before := dotted(node.value)) else ""


def quantity(node: ast.AST) -> bool:
    """Is a value called a time, a memory size or a number of cores, anywhere in an expression?"""
    for part in ast.walk(node):
        name = getattr(part, "attr", None) or getattr(part, "id", None)
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Constant):
            name = f"{dotted(part.value)}_{part.slice.value}"
        if isinstance(name, str) and QUANTITY.search(name):
            return True
    return False


def mistakes(source: str) -> list[str]:
    """What a test must not do, with its line."""
    found = []

    def tell(node: ast.AST, what: str) -> None:
        found.append(f"{node.lineno}: {what}")

    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            for name in node.names:
                if name.name in MEASURED.get(node.module or "", ()):
                    tell(node, f"measures: {node.module}.{name.name}")
                elif name.name in SLEEPS:
                    tell(node, f"a fixed wait: {name.name}")
        elif isinstance(node, ast.Attribute):
            owner = dotted(node.value).rpartition(".")[2]
            if node.attr in NAMES or node.attr in MEASURED.get(owner, ()):
                tell(node, f"measures: {dotted(node) or node.attr}")
            elif node.attr in SLEEPS:
                tell(node, f"a fixed wait: {dotted(node) or node.attr}")
        elif isinstance(node, ast.Compare):
            ordered = any(isinstance(sign, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for sign in node.ops)
            if ordered and any(quantity(side) for side in (node.left, *node.comparators)):
                tell(node, f"judges: {ast.unparse(node)}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if program := PROGRAM.search(node.value):
                tell(node, f"a program that measures or waits: {program[1]}")
        elif isinstance(node, ast.Call):
            for word in node.keywords:
                if word.arg == "timeout" and isinstance(word.value, ast.Constant) and word.value.value is not None:
                    tell(node, f"a time-out of its own: {word.value.value}")
            numbers = [value for value in node.args if isinstance(value, ast.Constant) and isinstance(value.value, int | float)]
            if numbers and isinstance(node.func, ast.Attribute) and node.func.attr in ("wait", "join", "result", "communicate"):
                tell(node, f"a time-out of its own: {ast.unparse(node)}")
        elif isinstance(node, ast.FunctionDef):
            marks = [ast.unparse(mark) for mark in node.decorator_list]
            if any(mark.startswith("given(") for mark in marks) and not any("deadline=None" in mark for mark in marks):
                tell(node, "Hypothesis judges a time unless settings say deadline=None")
    return found


# the long mode is asked for by name, and has watchdogs
FILES = [
    path
    for path in sorted(TESTS.rglob("*.py"))
    if path.relative_to(TESTS).as_posix() not in NO_TESTS and path.parent.name != "long"
]


def test_all_tests_are_read():
    read = {path.relative_to(TESTS).as_posix() for path in FILES}
    assert len(read) > 60 and {"dashboard/test_watch.py", "experiments/test_sweeps_trouble.py", "conftest.py"} <= read
    assert all((TESTS / name).is_file() for name in NO_TESTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_a_test_waits_for_events_and_counts(path):
    assert mistakes(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("planted", [
    "import time\nbegin = time.perf_counter()",
    "from time import monotonic",
    "from time import perf_counter_ns as now",
    "import time as clock\nclock.process_time()",
    "time.time()",
    "datetime.now()",
    "import timeit\ntimeit.timeit(f)",
    "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss",
    "psutil.Process().memory_info()",
    "tracemalloc.start()",
    "assert os.cpu_count() == 2",
    "len(os.sched_getaffinity(0))",
    "from multiprocessing import cpu_count",
    "assert 0 < found.seconds < 60",
    "assert spent['parse_seconds'] > 0.005",
    "assert spent['kernels'] > 0.005",
    "assert result['memory_mb'] > 50",
    "assert all(1e4 < size < 1e8 for size in memory.values()) and memory['mesa'] < 1e8",
    "assert result['mesa_ratio'] > 30",
    "assert np.median(took) < 5000",
    "assert max(row['burn_ms'] for row in rows) > 0",
    "time.sleep(0.1)",
    "from time import sleep",
    "await asyncio.sleep(1)",
    "page.wait_for_timeout(500)",
    "page.wait_for_function(done, timeout=30000)",
    "process.wait(10)",
    "thread.join(5.0)",
    "future.result(timeout=3)",
    "subprocess.run(command, timeout=60)",
    "code = 'import time; begin = time.perf_counter()'",
    "code = 'time.sleep(30)'",
    "script = 'performance.now() - started > 20000'",
    "@given(numbers())\ndef test_it(n): pass",
])  # fmt: skip
def test_planted_mistakes_are_found(planted):
    assert mistakes(planted)


@pytest.mark.parametrize("sound", [
    "until(lambda: jobs.state('a').value.phase == 'done')",
    "event.wait(WATCHDOG)",
    "process.wait()\nthread.join()\n','.join(names)",
    "urlopen(address, timeout=WATCHDOG)",
    "monkeypatch.setattr(compiling.os, 'cpu_count', lambda: 2)",
    "monkeypatch.setattr(bench, 'perf_counter', count().__next__)",
    "assert found.seconds == 4.0",
    "assert calls < 10 and array.nbytes < 2048",
    "assert mean_of_means < 3 and found.items and time > 3",
    "@settings(deadline=None)\n@given(numbers())\ndef test_it(n): pass",
])  # fmt: skip
def test_what_is_sound_is_let_through(sound):
    assert mistakes(sound) == []


def test_a_scaled_clock_runs_so_many_times_as_fast():
    now = [100.0]
    clock = scaled(lambda: now[0], 10, 100.0)
    assert clock() == 100.0
    now[0] += 2.5
    assert clock() == 125.0
    assert scaled(lambda: 30, 0.1)() == 3 and isinstance(scaled(lambda: 30, 0.1)(), int)


def test_the_clocks_of_a_child_are_scaled_too():
    """By the same file, before anything is imported: real clocks that stand still show it."""
    code = "import time; print(*(hasattr(getattr(time, name), '__wrapped__') for name in dir(time)))"
    place = {**os.environ, "PYTHONPATH": str(TESTS / "clock")}
    for factor, count in (("10", 2 * len(CLOCKS)), (None, 0)):
        place.pop("ECOCLUSTER_TEST_CLOCK", None)
        environment = place if factor is None else {**place, "ECOCLUSTER_TEST_CLOCK": factor}
        said = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
        assert said.stdout.split().count("True") == count
