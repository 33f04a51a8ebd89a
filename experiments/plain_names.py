"""A name that was read from a file, as a path inside a folder.

Manifests, facts and lists of tables are files, so anybody may have written them: a name in one is a claim. It becomes
a path here and nowhere else, and only if it is plain, so that whatever a file says, nothing outside its folder is
read, replaced or removed. What is found under the name must be a regular file: no link is followed, no device waited for.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any, BinaryIO

from ..model.regular import NotRegular, open_regular

__all__ = ["ForeignName", "create", "hash_inside", "is_plain", "path_inside", "read_inside", "read_json"]

LONGEST = 255  # bytes, of a name on any file system in use
MOST = 50 * 2**20  # bytes of a manifest
_SIGNS = frozenset('/\\:*?"<>|\x7f')  # separators, streams and patterns of any system, not only of this one
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | {
    f"{port}{number}"
    for port in ("com", "lpt")
    for number in "0123456789\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}"
}


class ForeignName(ValueError):
    """A name that is not plain, or that something else than a regular file has."""


def is_plain(name: Any) -> bool:
    """Is it the name of a file, in any folder on any system, and nothing else?"""
    if not isinstance(name, str) or not name or name != name.strip(" ") or name.endswith("."):  # ".", ".." too
        return False
    if any(sign in _SIGNS or sign < " " or "\ud800" <= sign <= "\udfff" for sign in name):
        return False
    return len(name.encode()) <= LONGEST and name.partition(".")[0].rstrip(" ").lower() not in _DEVICES


def path_inside(folder: str | os.PathLike, name: Any) -> Path:
    """Path of a name in a folder: of a regular file, or of nothing yet.

    Raises
    ------
    ForeignName
        If the name is not plain, or a folder, link, device, pipe or socket has it.
    OSError
        If the folder cannot be looked into.
    """
    if not is_plain(name):
        raise ForeignName(repr(name))
    path = Path(folder) / name
    try:
        mode = path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return path
    if not stat.S_ISREG(mode):
        raise ForeignName(repr(name))
    return path


def read_inside(folder: str | os.PathLike, name: Any) -> bytes:
    """Content of a regular file in a folder.

    Raises
    ------
    ForeignName
        As in `path_inside`.
    OSError
        If there is none, or it cannot be read.
    """
    path = path_inside(folder, name)
    try:
        with open_regular(path, follow=False) as stream:  # what has the name may have changed since
            return stream.read()
    except NotRegular:
        raise ForeignName(repr(name)) from None


def hash_inside(folder: str | os.PathLike, name: Any) -> str | None:
    """SHA-256 of a regular file in a folder; None if nothing has the name. Raises as `read_inside` does."""
    try:
        return hashlib.sha256(read_inside(folder, name)).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_json(folder: str | os.PathLike, name: Any) -> dict[str, Any]:
    """An object of JSON in a folder.

    Raises
    ------
    ValueError
        If it holds something else, is larger than any of ours, or as in `path_inside`.
    OSError
        If there is none, or it cannot be read.
    """
    path = path_inside(folder, name)
    if path.lstat().st_size > MOST:
        raise ValueError(f"{name} is too large")
    try:
        found = json.loads(read_inside(folder, name))
    except RecursionError:
        raise ValueError(f"{name} is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} holds no object")
    return found


def create(folder: str | os.PathLike, name: Any) -> BinaryIO:
    """A new file of a name of ours, open for writing; what a killed process left under it is forgotten, not written into.

    Raises as `path_inside` does.
    """
    path = path_inside(folder, name)
    path.unlink(missing_ok=True)  # emptying it would empty what else it is linked to
    return open(path, "xb")
