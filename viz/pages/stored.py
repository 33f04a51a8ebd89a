"""Folders of results that may be opened: only those below the folder given when the server was started."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from ...experiments.errors import InputError
from ...experiments.folder import MANIFEST
from ...experiments.plain_names import read_json

__all__ = ["DEPTH", "list_findings", "list_sweeps", "open_below"]

DEPTH = 3  # levels below the folder of results that are looked through
MOST = 500  # folders looked at


def _manifests(root: Path | None) -> dict[str, dict]:
    """Folders with a manifest of ours: path below the root to its content; links are not followed."""
    found: dict[str, dict] = {}
    if root is None or not root.is_dir():
        return found
    seen = 0
    for here, folders, files in os.walk(root):
        seen += 1
        depth = len(Path(here).relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < DEPTH else []
        if MANIFEST in files:
            with suppress(OSError, ValueError):
                found[Path(here).relative_to(root).as_posix()] = read_json(here, MANIFEST)
        if seen >= MOST:
            break
    return found


def list_findings(root: Path | None, name: str) -> list[str]:
    """Folders that hold a finding of an analysis, as paths below the root."""
    return [path for path, content in _manifests(root).items() if content.get("finding") == name]


def list_sweeps(root: Path | None) -> list[str]:
    """Folders that hold a sweep, as paths below the root."""
    return [path for path, content in _manifests(root).items() if "points_sha256" in content]


def open_below(root: Path | None, name: str) -> Path:
    """The folder of a name; refuses whatever does not lie below the root, links included.

    Raises
    ------
    InputError
    """
    if root is None:
        raise InputError("no_results")
    folder = (root / name).resolve()
    if not folder.is_relative_to(root.resolve()) or not folder.is_dir():
        raise InputError("not_below", name=name)
    return folder
