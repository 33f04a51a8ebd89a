"""Output folders: whole or not at all, never at the cost of somebody else's files."""

import json
import os

import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.folder import MANIFEST, check_folder, write_folder
from fakes import make_comparison


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_writes_replaces_and_leaves_others_alone(tmp_path):
    out = tmp_path / "a" / "b"
    write_folder(out, {"x.txt": b"1", "y.txt": b"2"})
    assert json.loads((out / MANIFEST).read_text())["made_by"] == "ecocluster"
    (out / "mine.txt").write_text("keep")
    write_folder(out, {"x.txt": b"3"})
    assert names(out) == [MANIFEST, "mine.txt", "x.txt"]
    assert (out / "x.txt").read_bytes() == b"3" and (out / "mine.txt").read_text() == "keep"
    with pytest.raises(InputError, match="mine.txt"):
        write_folder(out, {"mine.txt": b"4"})
    assert (out / "mine.txt").read_text() == "keep"
    assert names(out.parent) == ["b"]


@pytest.mark.parametrize("manifest", [None, "not json", '{"made_by": "somebody", "files": {}}', "[]"])
def test_a_folder_that_is_not_ours_is_refused(tmp_path, manifest):
    (tmp_path / "thesis.docx").write_text("years of work")
    if manifest:
        (tmp_path / MANIFEST).write_text(manifest)
    before = names(tmp_path)
    with pytest.raises(InputError, match="did not write"):
        write_folder(tmp_path, {"x.txt": b"1"})
    assert names(tmp_path) == before


def test_files_and_unwritable_places_are_refused(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "file")
    with pytest.raises(InputError, match="is a file"):
        check_folder(tmp_path / "file" / "below")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="cannot be written"):
        check_folder(tmp_path / "new")


def test_interruption_leaves_the_old_results(tmp_path, monkeypatch):
    out = write_folder(tmp_path / "out", {"x.txt": b"old"})

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ecocluster.experiments.folder._place", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_folder(out, {"x.txt": b"new"})
    assert (out / "x.txt").read_bytes() == b"old" and names(tmp_path) == ["out"]


def test_the_same_question_gives_the_same_bytes():
    first, second = make_comparison(5), make_comparison(5)
    second.wall_s, second.out = 99.0, "elsewhere"
    assert first.files() == second.files()
    assert first.files() != make_comparison(5, seed=2).files()
