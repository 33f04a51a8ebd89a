"""Printing that cannot fail: results do not depend on who listens.

A reader who went away (``| head``), a descriptor that was closed, a disk that is full: what is printed is lost then, what
is computed and written is not. So `guarded` puts streams in place of stdout and stderr that note a failure and go on.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

__all__ = ["Outcome", "guarded"]

# nobody listens any more: that is the reader's choice and no trouble
_GONE = {errno.EPIPE, errno.EBADF, errno.ECONNRESET, errno.ESHUTDOWN}


@dataclass
class Outcome:
    """What became of what was printed on stdout: the first failure, unless the reader simply went away."""

    failure: OSError | None = None


class _Patient(io.RawIOBase):
    """A file that takes everything; after its first failure it drops it."""

    def __init__(self, file: io.RawIOBase, outcome: Outcome) -> None:
        self._file, self._outcome, self._deaf = file, outcome, False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return self._file.isatty()

    def write(self, data) -> int:
        size = memoryview(data).nbytes
        if self._deaf:
            return size
        try:
            while (written := self._file.write(data)) is None:  # it does not block, and is full now
                select.select([], [self], [])
            return written
        except OSError as error:
            self._deaf = True
            if error.errno not in _GONE:
                self._outcome.failure = error
            return size


@contextmanager
def guarded() -> Iterator[Outcome]:
    """Context in which printing does not fail; gives what became of it, known when the context has ended.

    Streams that are no files of the system, as in tests, stay as they are.
    """
    outcome, before = Outcome(), (sys.stdout, sys.stderr)
    _open_closed()
    sys.stdout = _stream(sys.stdout, 1, outcome)
    sys.stderr = _stream(sys.stderr, 2, Outcome())
    try:
        yield outcome
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def _open_closed() -> None:
    """Give 0, 1 and 2 to nobody where they are closed: else the next file that is opened would get what is printed."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def _stream(stream, descriptor: int, outcome: Outcome):
    if stream is None:  # it was closed before we began
        return open(os.devnull, "w", encoding="utf-8")
    try:
        if stream.fileno() != descriptor:
            return stream
    except (OSError, ValueError):
        return stream
    with suppress(OSError):
        stream.flush()
    file = getattr(stream.buffer, "raw", stream.buffer)  # there is no buffer with PYTHONUNBUFFERED
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(file, outcome)), encoding=stream.encoding,
        errors="replace",  # a terminal without Vietnamese letters is no reason to fail
        line_buffering=descriptor == 2 or stream.isatty() or stream.write_through,
    )  # fmt: skip
