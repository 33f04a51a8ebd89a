"""A file that a command writes for its user: of a kind that is told, new, and whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..scenarios import ScenarioError
from ..scenarios.given import path_of

__all__ = ["new_path", "write_new"]


def new_path(file: str | Path, endings: Sequence[str]) -> Path:
    """The path that was named.

    Raises
    ------
    ScenarioError
        For an ending that is none of `endings`.
    """
    path = path_of(file)
    if path.suffix.lower() not in endings:
        raise ScenarioError("kind_of_file", file=path, allowed=", ".join(endings))
    return path


def write_new(path: Path, content: bytes) -> None:
    """Write a file where there is none yet.

    Raises
    ------
    ScenarioError
        For a file that exists, or a place where nothing can be written; half a file is not left behind.
    """
    try:
        stream = path.open("xb")
    except FileExistsError:
        raise ScenarioError("exists", file=path) from None
    except OSError as error:
        raise ScenarioError("not_writable", file=path, cause=error.strerror or str(error)) from error
    try:
        with stream:
            stream.write(content)
    except BaseException as error:
        with suppress(OSError):
            path.unlink()
        if isinstance(error, OSError):
            raise ScenarioError("not_writable", file=path, cause=error.strerror or str(error)) from error
        raise
