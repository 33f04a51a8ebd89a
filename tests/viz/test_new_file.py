"""Files that a command writes for its user: new, of a kind that is told, whole or not at all."""

import errno
import os
from pathlib import Path

import pytest
from ecocluster.scenarios import ScenarioError
from ecocluster.viz.new_file import new_path, write_new


def test_a_file_that_exists_and_another_kind_are_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    write_new(path, b"one")
    with pytest.raises(ScenarioError):
        write_new(path, b"two")
    assert path.read_bytes() == b"one" and new_path(path, (".xlsx",)) == path
    with pytest.raises(ScenarioError, match=r"\.xlsx"):
        new_path(tmp_path / "a.doc", (".xlsx",))


@pytest.mark.parametrize(
    ("failure", "told"),
    [(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ScenarioError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_half_a_file_is_not_left(tmp_path, monkeypatch, failure, told):
    """A full disk, a Ctrl-C. Control: the file was begun."""
    begun, real = [], Path.open

    def open_(self, *given):
        stream = real(self, *given)
        begun.append(self)

        def write(content):
            stream.write(content[:1]) and stream.flush()
            raise failure

        return type("Full", (), {"__enter__": lambda s: s, "write": staticmethod(write), "__exit__": lambda *_: stream.close()})()

    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(told):
        write_new(tmp_path / "a.xlsx", b"content")
    assert begun == [tmp_path / "a.xlsx"] and not list(tmp_path.iterdir())
