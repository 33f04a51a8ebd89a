"""Killed at any moment, on a full or read-only disk, beside another writer, with workers that die: always the same bytes at the end.

`pytest -m long tests/long/test_kills.py`, or a part of it with `-k`. What was done is kept in a file (`ECOCLUSTER_LONG`, else `out/long/kills.json`), so that
a run that was stopped goes on; the last test prints the counts of all runs and asks for 200 kills.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.sweeps import runner
from ecocluster.experiments.sweeps.results import export
from ecocluster.experiments.sweeps.runner import resume, sweep
from ecocluster.viz.cli import main
from mutated import finding

pytestmark = [pytest.mark.long, pytest.mark.skipif(not hasattr(os, "fork"), reason="processes as POSIX has them")]

KILLS = 200
KEPT = Path(os.environ.get("ECOCLUSTER_LONG", "out/long")).resolve() / "kills.json"
STRIDE = {"compare": 7}  # every so many moments; all others at every one
EXPERIMENT = {
    "scenario": "teaching", "pathways": ["null", "combined", "self-transition"], "design": {"kind": "lhs", "points": 24}, "replicates": 2,
    "seed": 0, "steps": 8, "scale": 1.0, "uncertainties": ["electricity_growth", "q_in"], "outcomes": ["tco2e_2021", "jobs_2021"],
}  # fmt: skip
CALLS = ("fsync", "replace", "rename", "unlink", "mkdir", "rmdir")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("ecocluster.experiments.sweeps.plans.chunk_sizes", lambda *_: (4, 2))


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def killed(work: Callable[[], object], at: int) -> bool:
    """Do it in a child that is killed at its `at`-th moment: before or after a chunk, or a call that changes the disk. False: it was done before."""
    child = os.fork()
    if child == 0:
        moments = itertools.count(1)

        def watch(function: Callable) -> Callable:
            def call(*arguments, **options):
                for part in (lambda: None, lambda: function(*arguments, **options)):
                    answer = part()
                    if next(moments) == at:
                        os.kill(os.getpid(), signal.SIGKILL)
                return answer

            return call

        for name in CALLS:
            setattr(os, name, watch(getattr(os, name)))
        runner.run_chunk = watch(runner.run_chunk)
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kept() -> dict[str, list]:
    """What was done so far: for each attack its cases."""
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def note(attack: str, case: object) -> None:
    """A case held."""
    done = kept()
    done.setdefault(attack, []).append(case)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    part = KEPT.with_suffix(".part")
    part.write_text(json.dumps(done), encoding="utf-8")
    part.replace(KEPT)


def compare_into(folder: Path) -> int:
    return main(["compare", "teaching", "--fixed", "--replicates", "1", "--out", str(folder)])


def analysis_into(folder: Path) -> None:
    """Three answers of an analysis, one after the other, and its tables."""
    import pandas as pd
    from ecocluster.experiments.analyses.checkpoints import Checkpoint
    from ecocluster.experiments.folder import write_folder

    for key in "abc":
        table = Checkpoint(folder, "draws")
        if table.known(key) is None:
            table.add(pd.DataFrame({"key": [key], "x": [1]}))
    write_folder(folder, {"draws.csv": b"a,b,c\n"})


@pytest.fixture
def works(tmp_path) -> dict[str, Callable[[Path], object]]:
    """What is killed, each writing into a folder, or (an export) a file."""
    from ecocluster.experiments.folder import write_folder
    from ecocluster.viz.analyses.page import write_pages

    source = write_folder(tmp_path / "finding", finding(), {"tables": ["table"]})
    whole = tmp_path / "whole"

    def exported(file: Path) -> None:
        if not whole.exists():
            sweep(EXPERIMENT, whole, workers=2)
        export(whole, file)

    return {
        "analysis": analysis_into,
        "report": lambda folder: write_pages([source], folder),
        "export.csv": exported,
        "export.parquet": exported,
        "sweep": lambda folder: sweep(EXPERIMENT, folder, workers=2),
        "compare": compare_into,
    }


@pytest.mark.parametrize("name", ["analysis", "report", "export.csv", "export.parquet", "sweep", "compare"])
def test_killed_at_any_moment(tmp_path, works, name):
    """What stood before stays until what is new is whole, and done again it is the same bytes."""
    work, is_file = works[name], name.startswith("export")

    def made(place: Path) -> dict[str, bytes]:
        return {"": place.read_bytes()} if is_file else content(place)

    first = tmp_path / f"first-{name}"
    work(first)
    expected, done = made(first), kept().get(f"kill {name}", [])
    for at in itertools.count(1, STRIDE.get(name, 1)):
        if at in done:
            continue
        place = tmp_path / f"{at}-{name}"
        if not killed(lambda place=place: work(place), at):
            break
        if is_file:
            assert not place.exists() or made(place) == expected  # the old, none, or all of it
            place.unlink(missing_ok=True)  # an export refuses one that is there
        work(place)
        found = made(place)
        # the page and the manifest of a comparison name its folder and its command
        same = found.keys() == expected.keys() and all(found.values()) if name == "compare" else found == expected
        assert same, f"{name}, moment {at}"
        assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
        note(f"kill {name}", at)
        place.unlink() if is_file else shutil.rmtree(place)


# --- disks ------------------------------------------------------------------------------------------------

SMALL = {
    "compare": ["compare", "teaching", "--fixed", "--replicates", "1"],
    "run": ["run", "teaching"],
    "frontier": ["frontier", "teaching", "--budgets", "0,150", "--replicates", "1"],
}


@contextlib.contextmanager
def disk(place: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system in memory; what is given mounts it anew with other options. Skips where nobody may mount one."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a file system here")
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)
    finally:
        subprocess.run(["umount", place], check=True)


def failed_in_one_line(words: list[str], capsys) -> str:
    """The surroundings fail, and nothing else is said."""
    capsys.readouterr()
    assert main(words) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if line.strip() and not line.startswith("note")]
    assert len(told) == 1 and "unexpected" not in told[0], told
    return told[0]


@pytest.mark.parametrize("size", ["4k", "24k", "96k"])
@pytest.mark.parametrize("name", SMALL)
def test_a_disk_that_is_really_full(tmp_path, capsys, name, size):
    """The older results stay to the byte, or there are none; with room the same command succeeds."""
    if (case := [name, size]) in kept().get("full disk", []):
        return
    with disk(tmp_path / "small", size) as again:
        place = tmp_path / "small"
        (place / "of others").write_bytes(b"x")
        failed_in_one_line([*SMALL[name], "--out", str(place / "new")], capsys)
        assert content(place) == {"of others": b"x"}
        again("size=40m")
        assert main([*SMALL[name], "--out", str(place / "new")]) == 0
        before = content(place)
        used = sum(map(len, before.values()))
        again(f"size={used // 1024 + 200}k")
        (place / "filled").write_bytes(b"x" * 4096)
        with contextlib.suppress(OSError), (place / "filled").open("ab") as stream:
            while True:
                stream.write(b"x" * 4096)
                stream.flush()
        before["filled"] = (place / "filled").read_bytes()
        failed_in_one_line([*SMALL[name], "--seed", "5", "--out", str(place / "new")], capsys)
        assert content(place) == before
    note("full disk", case)


@pytest.mark.parametrize("size", ["4k", "16k", "32k"])
def test_a_sweep_on_a_disk_that_is_really_full(tmp_path, size):
    if (case := ["sweep", size]) in kept().get("full disk", []):
        return
    with disk(tmp_path / "small", size) as again:
        with pytest.raises(InputError, match="No space left"):
            sweep(EXPERIMENT, tmp_path / "small" / "sweep", workers=1)
        again("size=20m")
        assert sweep(EXPERIMENT, tmp_path / "small" / "sweep", workers=1).complete
        sweep(EXPERIMENT, tmp_path / "whole", workers=1)
        assert content(tmp_path / "small" / "sweep") == content(tmp_path / "whole")
    note("full disk", case)


@pytest.mark.parametrize("name", SMALL)
def test_a_disk_that_can_only_be_read(tmp_path, capsys, name):
    """Neither a new folder nor one that is there; what is there stays."""
    if name in kept().get("read-only", []):
        return
    with disk(tmp_path / "small", "40m") as again:
        place = tmp_path / "small"
        assert main([*SMALL[name], "--out", str(place / "there")]) == 0
        before = content(place)
        again("ro")
        for folder in ("new", "there"):
            assert "cannot be written" in failed_in_one_line([*SMALL[name], "--seed", "5", "--out", str(place / folder)], capsys)
        again("rw")
        assert content(place) == before
    note("read-only", name)


# --- others -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SMALL, "sweep"])
def test_two_writers(tmp_path, name):
    """Two commands into one folder at once: one is refused or waits, the other's result is whole."""
    if name in kept().get("two writers", []):
        return
    experiment = tmp_path / "experiment.toml"
    values = {**EXPERIMENT, "design.kind": "lhs", "design.points": 24, "design": None}
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None]
    experiment.write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "ecocluster", *SMALL.get(name, ["sweep", str(experiment)]), "--out", str(tmp_path / "out")]
    two = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate()[1] for process in two]
    codes = [process.returncode for process in two]
    assert 0 in codes and set(codes) <= {0, 2} and not any("Traceback" in text for text in told), (codes, told)
    assert subprocess.run(command, capture_output=True).returncode == 0  # ours, whole, and not changed by anybody
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    note("two writers", name)


def workers_of(process: int) -> list[int]:
    """Children of a process that run Python for it; not the one that only counts what they share."""
    found = []
    for child in Path(f"/proc/{process}/task/{process}/children").read_text().split():
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(int(child))
    return found


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="children as Linux tells them")
@pytest.mark.parametrize("after", range(4))
def test_workers_that_die(tmp_path, after):
    """A worker is killed when so many chunks are there: the sweep ends whole, or with its error and goes on to the same bytes."""
    if after in kept().get("dying workers", []):
        return
    folder = tmp_path / "sweep"
    child = os.fork()
    if child == 0:
        code = 3
        try:
            code = 0 if sweep(EXPERIMENT, folder, workers=2, scheduler="processes").complete else 2
        except InputError:
            code = 1
        finally:
            os._exit(code)
    killed_one = False
    while True:
        gone, state = os.waitpid(child, os.WNOHANG)
        if gone:
            break
        if not killed_one and len(list(folder.glob("chunks/*.parquet"))) >= after and (mine := workers_of(child)):
            os.kill(mine[0], signal.SIGKILL)
            killed_one = True
        time.sleep(0.01)
    assert killed_one and os.WIFEXITED(state) and os.WEXITSTATUS(state) in (0, 1), state
    if os.WEXITSTATUS(state) == 1:
        assert resume(folder).complete
    sweep(EXPERIMENT, tmp_path / "whole", workers=1)
    assert content(folder) == content(tmp_path / "whole")
    note("dying workers", after)


def test_so_much_was_done(capsys):
    """The counts of all runs so far."""
    done = kept()
    kills = sum(len(cases) for attack, cases in done.items() if attack.startswith("kill "))
    with capsys.disabled():
        print()
        for attack, cases in done.items():
            print(f"{attack:20} {len(cases):4} cases, the same bytes afterwards")
        print(f"{kills} kills of {KILLS}")
    assert kills >= KILLS
