"""Two services of the operating system that differ between systems: locks on open files, and durable renames."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["hold", "sync_folder"]


def hold(handle: int) -> bool:
    """Lock an open file for this process, which lets go of it when it ends; False if another one holds it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make a rename durable, where folders can be opened (not on Windows)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
