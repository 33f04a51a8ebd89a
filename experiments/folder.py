"""A folder of results: written whole or not at all, and never at the cost of somebody else's files.

Everything is written to a sibling first and renamed into place, so an interrupted command leaves the old
results, not half of the new ones. A manifest names the files we made; only those are ever replaced.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .errors import InputError

__all__ = ["MANIFEST", "check_folder", "write_folder"]

MANIFEST = "manifest.json"
MADE_BY = "ecocluster"


def _own_files(folder: Path) -> set[str] | None:
    """Names of the files we made in a folder; None if the folder is not ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return {MANIFEST, *manifest["files"]} if manifest["made_by"] == MADE_BY else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_folder(out: str | os.PathLike) -> Path:
    """Refuse an output folder before any time is spent on runs.

    Parameters
    ----------
    out : path
        Absent, empty, or made by an earlier call.

    Returns
    -------
    pathlib.Path
        Resolved path.

    Raises
    ------
    InputError
        If it is a file, holds files that are not ours, or cannot be written.
    """
    folder = Path(out).expanduser().resolve()
    if folder.exists() and not folder.is_dir():
        raise InputError("out_is_file", path=folder)
    if folder.is_dir() and any(folder.iterdir()) and _own_files(folder) is None:
        raise InputError("out_not_ours", path=folder)
    anchor = folder
    while not anchor.exists():
        anchor = anchor.parent
    if not anchor.is_dir():
        raise InputError("out_is_file", path=anchor)
    # files are finished in a sibling first, so the parent must be writable too
    for place in {anchor, folder.parent if folder.exists() else anchor}:
        if not os.access(place, os.W_OK | os.X_OK):
            raise InputError("out_not_writable", path=place)
    return folder


def write_folder(out: str | os.PathLike, files: Mapping[str, bytes], about: Mapping | None = None) -> Path:
    """Write files into a folder at one stroke.

    Parameters
    ----------
    out : path
        See `check_folder`.
    files : mapping of str to bytes
        File name (no folders) to content.
    about : mapping, optional
        Goes into the manifest, beside the sizes and hashes of the files.

    Returns
    -------
    pathlib.Path
        The folder.
    """
    folder = check_folder(out)
    manifest = {
        "made_by": MADE_BY,
        **(about or {}),
        "files": {n: hashlib.sha256(files[n]).hexdigest() for n in sorted(files)},
    }
    content = {**files, MANIFEST: (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as scratch:
            fresh = Path(scratch) / "new"
            fresh.mkdir()
            for name, data in content.items():
                (fresh / name).write_bytes(data)
            _place(fresh, folder)
    except OSError as error:
        raise InputError("out_failed", path=folder, error=error.strerror or error) from error
    return folder


def _place(fresh: Path, folder: Path) -> None:
    """Rename a finished folder into place; in one that is ours, exchange our files and touch no other."""
    if not folder.exists():
        fresh.rename(folder)
        return
    own = _own_files(folder) or set()
    names = {entry.name for entry in fresh.iterdir()}
    for name in sorted(names - own):
        if (folder / name).exists():
            raise InputError("out_clash", path=folder / name)
    for name in sorted(names, key=lambda name: (name == MANIFEST, name)):  # the manifest last
        os.replace(fresh / name, folder / name)
    for name in own - names:
        (folder / name).unlink(missing_ok=True)
