"""Nothing is fetched and nothing is reported: commands, their workers and the dashboard run where no address can be asked."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

# every Python that starts with this on its path forbids itself to ask, and notes who tried; addresses of this machine are its own
FORBID = """
import os, sys, traceback

NOTES = {notes!r}

def own(address):
    return isinstance(address, (str, bytes)) or address[0] in ("127.0.0.1", "::1", "", None)  # a name in a folder; this machine

def hear(event, given):
    asked = None
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg") and not own(given[1] or ("",)):
        asked = given[1]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr") and not own((given[0],)):
        asked = given[0]
    if asked is not None:
        with open(NOTES, "a") as stream:
            stream.write(f"{{event}} {{asked!r}}\\n{{''.join(traceback.format_stack(limit=12))}}")
        raise ConnectionError(f"{{event}} {{asked!r}} is forbidden")

sys.addaudithook(hear)
"""
EXPERIMENT = """
scenario = "teaching"
pathways = ["combined"]
design = { kind = "sobol", points = 4 }
replicates = 1
seed = 1
steps = 8
uncertainties = ["q_in"]
outcomes = ["tco2e_2021"]
"""


@pytest.fixture
def alone(tmp_path):
    """Surroundings of a process that may ask nobody, and the file in which it is noted if it does."""
    notes = tmp_path / "asked"
    place = tmp_path / "forbidding"
    place.mkdir()
    (place / "sitecustomize.py").write_text(FORBID.format(notes=str(notes)), encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(place), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}, notes


def run(alone, *words, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *map(str, words)], env=alone[0], cwd=cwd, capture_output=True, text=True)


def test_who_asks_is_found_out(alone):
    """Control: in a process and in its workers, and also where what is raised is swallowed."""
    asks = "import socket, contextlib\nwith contextlib.suppress(OSError): socket.create_connection(('192.0.2.1', 80))"
    for text in (asks, f"import subprocess, sys; subprocess.run([sys.executable, '-c', {asks!r}])"):
        alone[1].unlink(missing_ok=True)
        assert run(alone, "-c", text).returncode == 0
        assert "192.0.2.1" in alone[1].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ["compare", "teaching", "--fixed", "--replicates", "1", "--out", "answer"],
        ["sweep", "experiment.toml", "--out", "sweep", "--scheduler", "processes", "--workers", "2"],
        ["frontier", "teaching", "--budgets", "0,150", "--replicates", "1", "--out", "finding"],
    ],
    ids=lambda words: words[0],
)
def test_commands_ask_nobody(alone, tmp_path, words):
    (tmp_path / "experiment.toml").write_text(EXPERIMENT, encoding="utf-8")
    done = run(alone, "-m", "ecocluster", *words, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert not alone[1].exists(), alone[1].read_text(encoding="utf-8")


def test_the_dashboard_asks_nobody(alone, tmp_path):
    """While it starts, and while it serves its first page."""
    pytest.importorskip("solara")
    process = subprocess.Popen(
        [sys.executable, "-m", "ecocluster", "dashboard", "--port", "0", "--results", str(tmp_path / "out")],
        env=alone[0], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        address = next(word for word in process.stdout.readline().split() if word.startswith("http://127.0.0.1:"))
        page = urllib.request.urlopen(address).read().decode()
        assert "solara" in page
        # what the page itself loads comes from here too
        assert not [
            tag
            for tag in re.findall(r"<(?:script|link|img|iframe)[^>]*>", page)
            if re.search(r"""(src|href)=["']?(https?:)?//(?!127\.0\.0\.1)""", tag)
        ]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert not alone[1].exists(), alone[1].read_text(encoding="utf-8")


def test_own_modules_name_no_library_of_the_network():
    """The command that serves pages opens a socket; sweeps ask for the name of their machine, and knock at the address of a scheduler that the user gave."""
    package = Path(__file__).parents[1]
    libraries = ("urllib.request", "http.client", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "socket")
    found = set()
    for room in ("front", "model", "scenarios", "experiments", "viz"):
        for path in (package / room).rglob("*.py"):
            for line in path.read_text(encoding="utf-8").splitlines():
                said = line.split()
                if said[:1] in (["import"], ["from"]) and said[1].rstrip(",") in libraries:
                    found.add(path.relative_to(package).as_posix())
    assert found == {"viz/commands/dashboard.py", "experiments/sweeps/folders.py", "experiments/sweeps/schedulers.py"}
