"""A sweep on another kind of processor than it was begun on: it says so and asks; without an answer nothing is touched."""

import json
import sys

import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.folder import write_folder
from ecocluster.experiments.sweeps.results import export, load, status
from ecocluster.experiments.sweeps.runner import rerun, resume, sweep
from ecocluster.model import processor
from ecocluster.viz.cli import main

EXPERIMENT = {
    "scenario": "teaching", "pathways": ["combined"], "design": {"kind": "lhs", "points": 4}, "replicates": 2, "seed": 0,
    "steps": 8, "scale": 1.0, "uncertainties": ["q_in"], "outcomes": ["jobs_2021"],
}  # fmt: skip


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A sweep whose chunk is lost, looked at from another kind of processor; and what it was."""
    folder = tmp_path / "sweep"
    sweep(EXPERIMENT, folder)
    whole = content(folder)
    (chunk,) = (folder / "chunks").glob("*.parquet")
    chunk.unlink()
    monkeypatch.setattr(processor, "kind", lambda: "a-kind")
    return folder, whole


def test_manifests_name_the_kind_and_the_golden_hash(tmp_path):
    sweep(EXPERIMENT, tmp_path / "sweep")
    write_folder(tmp_path / "results", {"a.txt": b"a"})
    for name in ("sweep", "results"):
        manifest = json.loads((tmp_path / name / "manifest.json").read_text())
        assert manifest["processor"] == {"kind": processor.kind(), "golden": processor.golden()[:16]}
    assert len(processor.golden()) == 64


def test_only_who_agrees_goes_on(begun):
    folder, whole = begun
    before = content(folder)
    for act in (resume, rerun, lambda folder: sweep(EXPERIMENT, folder)):
        with pytest.raises(InputError, match=r"begun on a processor of kind \S+.* a-kind;.*--other-processor"):
            act(folder)
    assert content(folder) == before
    assert status(folder).runs_done == 0  # reading mixes nothing
    assert resume(folder, other_processor=True).complete
    assert content(folder) == whole  # every kind gives the same bits
    assert len(load(folder)) == export(folder, folder.parent / "all.csv") == 8


@pytest.mark.parametrize("lang", ["en", "vi"])
@pytest.mark.parametrize("command", ["resume {0}", "rerun {0} --failed", "sweep {1} --out {0}"])
def test_without_a_terminal_it_is_exit_2_and_the_option(command, lang, begun, tmp_path, capsys):
    folder, whole = begun
    file = tmp_path / "experiment.toml"
    file.write_text("\n".join(f"{key} = {json.dumps(value).replace(': ', ' = ')}" for key, value in EXPERIMENT.items()))
    before = content(folder)
    line = [*command.format(folder, file).split(), "--lang", lang]
    assert main(line) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert "a-kind" in captured.err and "--other-processor" in captured.err
    assert content(folder) == before
    assert main([*line, "--other-processor"]) == 0
    assert content(folder) == (before if command.startswith("rerun") else whole)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_in_a_terminal_it_is_a_question(answer, code, begun, monkeypatch, capsys):
    import io

    folder, whole = begun
    before = content(folder)
    terminal = io.StringIO(answer)
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["resume", str(folder)]) == code
    said = capsys.readouterr()
    assert "a-kind. Go on" in said.err + said.out
    assert content(folder) == (before if code else whole)


def test_on_the_same_kind_nobody_is_asked(tmp_path):
    sweep(EXPERIMENT, tmp_path / "sweep")
    assert resume(tmp_path / "sweep").complete
