"""Folders of results that may be opened: only those below the folder given when the server was started."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ...experiments.errors import InputError
from ...experiments.folder import MANIFEST

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
        if MANIFEST in files and (Path(here) / MANIFEST).stat().st_size < 50 * 2**20:
            try:
                content = json.loads((Path(here) / MANIFEST).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue
            if isinstance(content, dict):
                found[Path(here).relative_to(root).as_posix()] = content
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
