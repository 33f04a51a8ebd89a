"""Killed at any moment, on a full disk, beside another writer: 200 kills, and always the same bytes at the end. `pytest -m long`."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
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


def works(base: Path) -> dict[str, tuple[Callable[[Path], object], bool]]:
    """What is killed, each writing into a folder, or (True) a file of its own."""
    from ecocluster.experiments.analyses.checkpoints import Checkpoint
    from ecocluster.experiments.folder import write_folder
    from ecocluster.viz.analyses.page import write_pages

    def kept(folder: Path) -> None:
        import pandas as pd

        for key in "abc":
            table = Checkpoint(folder, "draws")
            if table.known(key) is None:
                table.add(pd.DataFrame({"key": [key], "x": [1]}))
        write_folder(folder, {"draws.csv": b"a,b,c\n"})

    source = write_folder(base / "finding", finding(), {"tables": ["table"]})
    whole = base / "whole"
    sweep(EXPERIMENT, whole, workers=2)
    return {
        "analysis": (kept, False),
        "report": (lambda folder: write_pages([source], folder), False),
        "export": (lambda file: export(whole, file.with_suffix(".csv")), True),
        "sweep": (lambda folder: sweep(EXPERIMENT, folder, workers=2), False),
        "compare": (lambda folder: main(["compare", "teaching", "--fixed", "--replicates", "1", "--out", str(folder)]), False),
    }


def test_killed_at_any_moment(tmp_path, capsys):
    """What stood before stays until what is new is whole, and done again it is the same bytes."""
    counts: dict[str, list[int]] = {}
    made = works(tmp_path)
    for name, (work, is_file) in made.items():
        first = tmp_path / f"{name}-first"
        work(first)
        expected = first.with_suffix(".csv").read_bytes() if is_file else content(first)
        kills = counts.setdefault(name, [0, 0])
        for at in itertools.count(1):
            folder = tmp_path / f"{name}-{at}"
            died = killed(lambda work=work, folder=folder: work(folder), at)
            kills[0] += died
            if is_file:
                folder.with_suffix(".csv").unlink(missing_ok=True)  # an export refuses one that is there
            work(folder)
            found = folder.with_suffix(".csv").read_bytes() if is_file else content(folder)
            # the page and the manifest of a comparison name its folder and its command
            same = found.keys() == expected.keys() and all(found.values()) if name == "compare" else found == expected
            assert same, f"{name}, moment {at}"
            left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
            assert not left, left
            kills[1] += same
            if not is_file:
                shutil.rmtree(folder)
            if not died or name == "compare" and at >= 40:
                break
        with capsys.disabled():
            print(f"\n{name:10} {kills[0]:4} kills, {kills[1]:4} times the same bytes afterwards", flush=True)
    assert sum(number for number, _ in counts.values()) >= KILLS


def test_a_disk_that_is_really_full(tmp_path):
    """A file system of half a megabyte, in memory; needs the right to mount one."""
    place = tmp_path / "small"
    place.mkdir()
    if (
        shutil.which("mount") is None
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", place], capture_output=True).returncode
    ):
        pytest.skip("no right to mount a file system here")
    try:
        with pytest.raises(InputError, match="No space left"):
            sweep(EXPERIMENT, place / "sweep", workers=1)
        assert main(["run", "teaching", "--out", str(place / "run")]) == 1 and not (place / "run").exists()
        subprocess.run(["mount", "-o", "remount,size=20m", place], check=True)
        assert resume(place / "sweep").complete
        sweep(EXPERIMENT, tmp_path / "whole", workers=1)
        assert content(place / "sweep") == content(tmp_path / "whole")
    finally:
        subprocess.run(["umount", place], check=True)


def test_two_writers(tmp_path):
    """Two commands into one folder at once: one is refused or waits, the other's result is whole."""
    for words in (
        ["compare", "teaching", "--fixed", "--replicates", "1"],
        ["run", "teaching"],
        ["barriers", "teaching", "--replicates", "1"],
    ):
        out = tmp_path / words[0]
        two = [
            subprocess.Popen(
                [sys.executable, "-m", "ecocluster", *words, "--out", out],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        told = [process.communicate()[1] for process in two]
        codes = [process.returncode for process in two]
        assert 0 in codes and set(codes) <= {0, 2} and not any("Traceback" in text for text in told), (codes, told)
        assert main([*words, "--out", str(out)]) == 0  # ours, whole, and not changed by anybody
