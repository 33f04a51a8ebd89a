"""Who listens has no say in what is written: closed, gone and full outputs, signals, and the exit codes of them all."""

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from ecocluster.experiments.errors import ELSEWHERE, MESSAGES, InputError
from ecocluster.scenarios import ScenarioError
from ecocluster.viz import cli
from ecocluster.viz.cli import main

POSIX = pytest.mark.skipif(os.name != "posix", reason="descriptors and signals as POSIX knows them")
PROGRAM = [sys.executable, "-m", "ecocluster"]

EXPERIMENT = """
scenario = "teaching"
pathways = ["null", "self-transition"]
replicates = 2
seed = 0
scale = 1.0
steps = 8
uncertainties = ["q_in"]
design = {kind = "lhs", points = 4}
outcomes = ["tco2e_2021", "jobs_2021"]
"""

# what each command must have written, whatever happens to what it prints
WRITES = {
    "--help": None,
    "compare --help": None,
    "scenarios list": None,
    "scenarios show teaching --lang vi": None,
    "scenarios validate try.csv": None,
    "scenarios new mine --firms try.csv --out mine": "mine/mine.toml",
    "run teaching --out run": "run/manifest.json",
    "compare teaching --fixed --replicates 1 --out compare": "compare/manifest.json",
    "compare teaching --fixed --replicates 1 --out json --json": "json/manifest.json",
    "superadditivity teaching --replicates 2 --out more": "more/manifest.json",
    "report more --out report": "report/manifest.json",
    "sweep try.toml --out sweep": "sweep/manifest.json",
    "sweep try.toml --dry-run": None,
    "resume sweep": None,
    "status sweep --json": None,
    "export sweep --to sweep.csv": "sweep.csv",
}


def batch(tmp_path, lines, ready):
    """Exit codes of commands in a process whose descriptors were made `ready`; what it said on stderr."""
    (tmp_path / "try.toml").write_text(EXPERIMENT, encoding="utf-8")
    (tmp_path / "try.csv").write_text("sector,workers\nfood,3\ntextile,5\n", encoding="utf-8")
    code = (
        "import faulthandler, json, sys\nfaulthandler.enable(open('fault', 'w'))\nfrom ecocluster.viz.cli import main\n"
        f"codes = [main(line.split()) for line in {list(lines)!r}]\n"
        "open('codes.json', 'w').write(json.dumps(codes))\n"
    )
    errors = tmp_path / "errors"
    with open(errors, "wb") as stream:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, stdin=subprocess.DEVNULL, stderr=stream,
                              stdout=subprocess.DEVNULL, preexec_fn=ready)  # fmt: skip
    said = errors.read_text(encoding="utf-8")
    # seen once: an abort (-6) at the very end, after everything was written; what threads did then stands in `fault`
    assert done.returncode == 0, f"{said}\n{(tmp_path / 'fault').read_text()}"
    return json.loads((tmp_path / "codes.json").read_text()), said


def close(*descriptors):
    return lambda: [os.close(descriptor) for descriptor in descriptors]


def gone():
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)


def full(*descriptors):
    def ready():
        for descriptor in descriptors:
            os.dup2(os.open("/dev/full", os.O_WRONLY), descriptor)

    return ready


FEW = ["--help", "scenarios list", "scenarios new mine --firms try.csv --out mine", "run teaching --out run"]


@POSIX
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no device that is always full")
@pytest.mark.parametrize(
    ("ready", "code", "lines"),
    [
        (gone, 0, WRITES),
        (full(1), 1, WRITES),
        (close(0, 1, 2), 0, WRITES),
        (close(1), 0, FEW),
        (full(2), 0, FEW),
        (full(1, 2), 1, FEW),
    ],
    ids=["gone", "full", "all closed", "closed", "stderr full", "both full"],
)
def test_results_are_written_whoever_listens(tmp_path, ready, code, lines):
    codes, said = batch(tmp_path, lines, ready)
    assert dict(zip(lines, codes, strict=True)) == dict.fromkeys(lines, code)
    for written in filter(None, map(WRITES.get, lines)):
        path = tmp_path / written
        assert path.stat().st_size > 0, written
        if path.name == "manifest.json":
            for name in json.loads(path.read_text(encoding="utf-8")).get("files", ()):
                assert (path.parent / name).stat().st_size > 0, name
    assert "Traceback" not in said and "Exception ignored" not in said
    assert said.count(os.strerror(errno.ENOSPC)) == (len(lines) if code and said else 0)


@POSIX
def test_a_refusal_stays_a_refusal_where_nobody_listens(tmp_path):
    for number, ready in enumerate((close(1), gone, full(1), full(1, 2), close(1, 2))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert batch(folder, ["compair", "compare hanio", "compare --lang fr"], ready)[0] == [2, 2, 2]


@POSIX
@pytest.mark.parametrize("line", ["--help", "scenarios list", "scenarios show japan"])
def test_a_reader_who_has_seen_enough(line):
    command = subprocess.Popen([*PROGRAM, *line.split()], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    command.stdout.read(1)
    command.stdout.close()
    assert command.stderr.read() == b"" and command.wait() == 0


@POSIX
def test_a_closed_output_does_not_take_the_place_of_a_file(tmp_path):
    """The next file that is opened would get the number of the closed one, and all that is printed."""
    code = "import os\nfrom ecocluster.viz.output import guarded\nwith guarded():\n    print('shown')\n" \
           "    f = open('mine', 'w')\n    os.write(1, b'loud'); f.write('kept'); f.close()\n"  # fmt: skip
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, preexec_fn=close(0, 1, 2), check=True)
    assert (tmp_path / "mine").read_text() == "kept"


@POSIX
def test_an_output_that_does_not_block_is_waited_for(tmp_path):
    code = "import os\nos.set_blocking(1, False)\nfrom ecocluster.viz.output import guarded\n" \
           "with guarded() as output:\n    print('x' * 1_000_000)\nassert output.failure is None"  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert len(done.stdout) == 1_000_001 and done.stderr == b""


# signals

WAITS = """if True:
    import signal, sys
    import ecocluster.experiments
    from ecocluster.viz.cli import main
    def compare(*_, **__):
        print("ready", flush=True)
        signal.pause()
    ecocluster.experiments.compare = compare
    sys.exit(main(["compare"]))
"""
SWEEPS = """if True:
    import sys
    from contextlib import contextmanager
    from ecocluster.viz.commands import sweeps
    from ecocluster.viz.cli import main
    @contextmanager
    def show_progress(say):
        yield lambda done, total: done and print("ready", flush=True)
    sweeps.show_progress = show_progress
    sys.exit(main(["sweep", "long.toml", "--out", "sweep", "--workers", "1"]))
"""


def interrupted(code, cwd, number):
    child = subprocess.Popen([sys.executable, "-c", code], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    child.send_signal(number)
    _, said = child.communicate()
    return child.returncode, said


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_in_good_order(tmp_path, number, code):
    found, said = interrupted(WAITS, tmp_path, number)
    assert found == code and said.count("\n") == 1 and "interrupted" in said
    assert not list(tmp_path.iterdir())


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_sweep_that_got_a_signal_goes_on(tmp_path, number, code):
    (tmp_path / "long.toml").write_text(EXPERIMENT.replace("points = 4", "points = 20000"), encoding="utf-8")
    found, said = interrupted(SWEEPS, tmp_path, number)
    assert found == code and "resume" in said and "Traceback" not in said
    status = subprocess.run([*PROGRAM, "status", "sweep", "--json"], cwd=tmp_path, capture_output=True, text=True, check=True)
    kept = json.loads(status.stdout)
    assert 0 < kept["runs_done"] < kept["runs"] and not kept["damaged"]


@POSIX
def test_an_ignored_signal_is_ignored(tmp_path, monkeypatch):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with cli._terminable():
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


# the code of an error


def failing(error, monkeypatch, capsys):
    def compare(*_, **__):
        raise error

    monkeypatch.setattr("ecocluster.experiments.compare", compare)
    code = main(["compare"])
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "Traceback" not in captured.err
    return code, captured.err


def system(number, path=None):
    return OSError(number, os.strerror(number), path) if path else OSError(number, os.strerror(number))


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECOCLUSTER_LANG", raising=False)


DISK = [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EMFILE]


@pytest.mark.parametrize("number", DISK)
def test_the_system_fails_and_that_is_1(number, monkeypatch, capsys):
    code, said = failing(system(number, "some/where"), monkeypatch, capsys)
    assert code == 1 and said == f"error: some/where: {os.strerror(number)}\n"
    assert failing(system(number), monkeypatch, capsys) == (1, f"error: {os.strerror(number)}\n")


@pytest.mark.parametrize("number", DISK)
def test_the_system_fails_below_a_message_and_that_is_1(number, monkeypatch, capsys):
    for made in (InputError("out_failed", path="there", error=os.strerror(number)),
                 ScenarioError("not_writable", file=Path("there"), cause=os.strerror(number))):  # fmt: skip
        try:
            try:
                raise system(number)
            except OSError as error:
                raise made from (error if isinstance(made, InputError) else None)
        except ValueError as error:
            code, said = failing(error, monkeypatch, capsys)
        assert code == 1 and os.strerror(number) in said


def test_who_died_and_what_is_closed_is_1_all_other_input_2(monkeypatch, capsys):
    assert MESSAGES.keys() >= ELSEWHERE
    monkeypatch.setattr(cli.Words, "error", lambda say, error: error.key)
    for key in MESSAGES:
        monkeypatch.setitem(MESSAGES, key, key)  # its fields do not matter here
        assert failing(InputError(key), monkeypatch, capsys) == (1 if key in ELSEWHERE else 2, f"error: {key}\n")


@pytest.mark.parametrize(
    "error", [EOFError("cut"), MemoryError(), RuntimeError("two\nlines"), RecursionError("deep"), AssertionError()]
)
def test_a_defect_is_1_and_no_interruption(error, monkeypatch, capsys):
    code, said = failing(error, monkeypatch, capsys)
    assert code == 1 and type(error).__name__ in said and "interrupted" not in said


def test_debug_shows_where_and_changes_no_code(monkeypatch, capsys):
    for error, code in ((EOFError("cut"), 1), (InputError("empty", name="x"), 2), (system(errno.ENOSPC), 1)):
        monkeypatch.setattr("ecocluster.experiments.compare", lambda *_, e=error, **__: (_ for _ in ()).throw(e))
        assert main(["compare", "--debug"]) == code
        assert "Traceback" in capsys.readouterr().err
