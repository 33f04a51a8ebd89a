"""Files opened so that nobody waits: a pipe or a device, which may never end, is no file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

__all__ = ["NotRegular", "open_regular"]


class NotRegular(Exception):
    """What has the name is no regular file."""


@contextmanager
def open_regular(path: str | os.PathLike, follow: bool = True) -> Iterator[BinaryIO]:
    """A regular file, open for reading; bytes that a file of the system has not got yet are read as None.

    Parameters
    ----------
    path : path
    follow : bool
        Through a link, too. If not, a link is refused.

    Raises
    ------
    NotRegular
    OSError
        If there is none, or it cannot be read.
    """
    if os.path.isdir(path):
        raise NotRegular(path)
    no_link = 0 if follow else getattr(os, "O_NOFOLLOW", 0)
    handle = os.open(path, os.O_RDONLY | no_link | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise NotRegular(path)
        yield stream
