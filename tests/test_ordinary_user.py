"""As somebody else installed it: the clone and the environment are read-only, no home, no terminal; and with the clock set back.

Where the tests run as root, the commands are those of an ordinary user; elsewhere the folders are made read-only instead.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOBODY = 65534
AS_ROOT = hasattr(os, "getuid") and os.getuid() == 0
pytestmark = pytest.mark.skipif(os.name != "posix" or AS_ROOT and shutil.which("setpriv") is None, reason="no other user to be")


@pytest.fixture
def place(tmp_path_factory):
    """A folder that the ordinary user may write into, and one for kernels that he can only read."""
    folder = tmp_path_factory.mktemp("user")
    if AS_ROOT:
        for parent in (folder, *folder.parents[:2]):
            if parent.stat().st_uid == 0 and str(parent).startswith(("/tmp/pytest", str(folder))):
                parent.chmod(parent.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)
        os.chown(folder, NOBODY, NOBODY)
    return folder


# an ordinary user who may write where he may; reading is left to root, since its Python may lie in a folder of its own
AS_USER = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search") if AS_ROOT else ()  # fmt: skip


def command(place: Path, *words: str, before: tuple[str, ...] = (), **environment: str):
    """A command without a terminal, as the ordinary user."""
    return python(place, "-m", "ecocluster", *words, before=before, **environment)


def python(place: Path, *words: str, before: tuple[str, ...] = (), **environment: str):
    unset = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR")
    kept = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run([*AS_USER, *before, sys.executable, *words], cwd=place, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, env={**kept, "PYTHONDONTWRITEBYTECODE": "1", **environment})  # fmt: skip


def listing(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts and ".git" not in path.parts
    }


@pytest.mark.parametrize(
    "home", [{}, {"HOME": "/nonexistent"}, {"HOME": "/proc"}, {"HOME": ""}], ids=["none", "absent", "read-only", "empty"]
)
def test_an_ordinary_user_without_a_home_gets_results(place, home):
    """Nothing is written but the results; what is said is one line at the most for each thing, and no traceback."""
    before = listing(ROOT)
    law = shutil.copy(
        ROOT / "scenarios/data/laws/strict.toml", place
    )  # asked for readability by the user's own rights, which the clone may not give
    os.chmod(law, 0o644)
    for words, written in (
        (["levers"], None),
        (["scenarios", "validate", "strict.toml"], None),
        (["scenarios", "new", "mine", "--firms", "firms.csv", "--out", "mine"], "mine/mine.toml"),
    ):
        (place / "firms.csv").write_text("sector,workers\nfood,3\n", encoding="utf-8")
        done = command(place, *words, **home)
        assert done.returncode == 0, f"{words} {done.stderr}"
        assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 2, done.stderr
        assert written is None or (place / written).exists()
    assert not (place / "~").exists() and {path.name for path in place.iterdir()} == {"firms.csv", "mine", "strict.toml"}
    assert listing(ROOT) == before


def test_what_the_user_may_not_write_is_told_in_a_line(place):
    """Exit code 1: the surroundings."""
    closed = place / "closed"
    closed.mkdir(mode=0o555)
    if AS_ROOT:
        os.chown(closed, 0, 0)
    done = command(place, "compare", "teaching", "--fixed", "--replicates", "1", "--out", "closed/out", ECOCLUSTER_CACHE_DIR=str(place / "kernels"))  # fmt: skip
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1 and "closed" in done.stderr and not list(closed.iterdir())


def test_figures_are_drawn_without_a_home_and_without_a_word(place):
    """Control: Matplotlib alone says two lines about it."""
    drawing = "import matplotlib.figure as f; from matplotlib.backends.backend_agg import FigureCanvasAgg; FigureCanvasAgg(f.Figure()).draw()"
    quiet = "from ecocluster.viz.environment import check_environment; check_environment(); "
    for program, said in ((drawing, True), (quiet + drawing, False)):
        done = python(place, "-c", program, HOME="/nonexistent")
        assert done.returncode == 0 and bool(done.stderr) == said, done.stderr


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_the_clock_set_back_changes_nothing(place):
    """The monotonic clock goes on as it does. Results of a folder that is from the future are replaced as ever."""
    firms = place / "firms.csv"
    firms.write_text("sector,workers\nfood,3\n", encoding="utf-8")
    for before in ((), ("faketime", "--exclude-monotonic", "2001-02-03 04:05:06")):
        done = command(place, "scenarios", "new", "mine", "--firms", "firms.csv", "--out", f"mine{len(before)}", before=before)
        assert done.returncode == 0 and not done.stderr, done.stderr
    one, other = ({path.name: path.read_bytes() for path in (place / f"mine{number}").iterdir()} for number in (0, 3))
    assert one == other
