"""Two services of the operating system that differ between systems: locks on open files, and durable renames."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["NoLocks", "hold", "sync_file", "sync_folder"]

# another one holds it: EWOULDBLOCK and EAGAIN, and EACCES where locks are those of POSIX
_HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class NoLocks(OSError):
    """The file system locks no files: those of clusters often do not, and each says it in a way of its own."""


def hold(handle: int) -> bool:
    """Lock an open file for this process, which lets go of it when it ends; False if another one holds it.

    Raises
    ------
    NoLocks
        Whatever else the system answers (ENOLCK, ENOSYS, EOPNOTSUPP, EINVAL, ...).
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD:
            return False
        raise NoLocks(error.errno, error.strerror) from error
    return True


def sync_folder(folder: Path) -> None:
    """Make a rename durable, where the system can do that for folders: not on Windows, nor on all file systems of clusters."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_file(handle: int) -> None:
    """Make a file durable; a system that has no word for it has no other either, one that fails to write says so."""
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP):
            raise
