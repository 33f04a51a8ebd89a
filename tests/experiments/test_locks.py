"""Locks and durable writes where the file system has no words for them: those of clusters answer in many ways."""

import errno
import os

import pytest
from ecocluster.experiments import InputError, locks
from ecocluster.experiments.folder import write_folder
from ecocluster.experiments.sweeps import folders
from ecocluster.experiments.sweeps.folders import NAMED, open_folder

fcntl = pytest.importorskip("fcntl", reason="locks as POSIX knows them")
WITHOUT = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EIO)
HELD = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)


def answer(monkeypatch, number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize("number", WITHOUT)
def test_without_locks_a_file_names_the_holder(monkeypatch, tmp_path, number):
    """A second one is refused, the file is gone afterwards; one that was killed is named."""
    answer(monkeypatch, number)
    folder = open_folder(tmp_path / "sweep")
    with folder.lock():
        assert NAMED in folder.names()
        with pytest.raises(InputError, match=str(os.getpid())), folder.lock():
            pass
    assert NAMED not in folder.names()
    with folder.lock():
        pass
    write_folder(tmp_path / "out", {"a.txt": b"1"})
    assert (tmp_path / "out" / "a.txt").read_bytes() == b"1"


@pytest.mark.parametrize("number", HELD)
def test_a_lock_that_another_holds_is_respected_however_it_is_said(monkeypatch, tmp_path, number):
    answer(monkeypatch, number)
    monkeypatch.setattr("ecocluster.experiments.folder.LOOKS", 2)
    with pytest.raises(InputError, match="in use"), open_folder(tmp_path / "sweep").lock():
        pass
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError):
        write_folder(tmp_path / "out", {"a.txt": b"1"})
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EIO, errno.EBADF])
def test_a_folder_that_cannot_be_synced_is_no_failure(monkeypatch, tmp_path, number):
    real = os.fsync

    def sync(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(number, os.strerror(number))
        return real(handle)

    monkeypatch.setattr(os, "fsync", sync)
    folder = open_folder(tmp_path / "sweep")
    with folder.lock():
        folder.write("a.json", b"{}")
    assert folder.read("a.json") == b"{}"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.EIO, errno.ENOSPC])
def test_a_file_that_cannot_be_synced_is_a_failure_only_where_writing_failed(monkeypatch, tmp_path, number):
    def sync(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", sync)
    folder = open_folder(tmp_path / "sweep")
    if number in (errno.EIO, errno.ENOSPC):
        with pytest.raises(InputError, match="cannot be written"):
            folder.write("a.json", b"{}")
        assert "a.json" not in folder.names()
    else:
        folder.write("a.json", b"{}")
        assert folder.read("a.json") == b"{}"


def test_a_real_lock_is_one():
    """Two open files of one process exclude each other, as two processes do."""
    first, second = (os.open(folders.__file__, os.O_RDONLY) for _ in range(2))
    try:
        assert locks.hold(first) and not locks.hold(second)
    finally:
        os.close(first)
        os.close(second)
