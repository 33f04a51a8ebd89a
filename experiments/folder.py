"""A folder of results: written whole or not at all, and never at the cost of somebody else's files.

A manifest names the files we made and the hashes of their bytes. A file is ours if its name is in it and its bytes are
those: only such files are ever replaced or removed. A file that was changed since, or that only has the name, is the
user's.

Many renames are not one, so an exchange of files can be taken up again wherever it is killed:

1. New files and a plan (names and hashes of the old and the new) are written into a folder `DRAFT` inside.
2. `DRAFT` is renamed to `AGREED`. Before this the old results stand, after it the new ones will.
3. The old manifest goes, new files come, files that are no longer made go, the new manifest comes last: a folder with a
   manifest is whole.

Whoever opens the folder next (`settle`) throws a draft away and carries an agreed exchange through.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from typing import Any

from ..scenarios.errors import ScenarioError
from ..scenarios.given import path_of
from .errors import InputError
from .locks import NoLocks, hold, sync_file, sync_folder
from .plain_names import ForeignName, create, hash_inside, is_plain, path_inside, read_json

__all__ = [
    "MANIFEST",
    "change_folder",
    "check_folder",
    "check_place",
    "read_manifest",
    "replace_text",
    "settle",
    "settled",
    "write_folder",
]

MANIFEST = "manifest.json"
MADE_BY = "ecocluster"
LOOKS, PAUSE = 600, 0.05  # at a folder that another process writes into, which takes a moment; seconds between two
DRAFT, AGREED, PLAN = ".ecocluster-draft", ".ecocluster-agreed", ".plan.json"


def read_manifest(folder: str | os.PathLike) -> dict[str, Any]:
    """Manifest of a folder of ours, with plain names and hashes under "files".

    Raises
    ------
    OSError, ValueError
        If there is none, or it is not one that we wrote.
    """
    manifest = read_json(folder, MANIFEST)
    if manifest.get("made_by") != MADE_BY or not _is_list(manifest.get("files")):
        raise ValueError("not a manifest of ours")
    return manifest


def _is_list(files: Any) -> bool:
    """Is it a mapping of plain names to hashes, as we write them?"""
    return isinstance(files, dict) and all(is_plain(name) and isinstance(found, str) for name, found in files.items())


def _own_files(folder: Path) -> dict[str, str] | None:
    """Names and hashes of the files we made in a folder; None if the folder is not ours."""
    try:
        files = read_manifest(folder)["files"]
        return {**files, MANIFEST: hash_inside(folder, MANIFEST) or ""}
    except (OSError, ValueError):
        return None


def check_place(folder: Path) -> None:
    """Refuse a folder that is there and cannot be written, or that could not be made.

    Raises
    ------
    InputError
    """
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise InputError("out_is_file", path=folder)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError("out_not_writable", path=folder)


def check_folder(out: str | os.PathLike) -> Path:
    """Refuse an output folder before any time is spent on runs; carry through an exchange that was interrupted.

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
        If it is a file, holds files that are not ours, cannot be written, or holds results of ours that somebody
        changed.
    """
    try:
        folder = path_of(out, "--out").resolve()
    except (OSError, RuntimeError):  # the latter before Python 3.13
        raise ScenarioError("link_circle", key="--out", value=str(out)) from None
    if folder.exists() and not folder.is_dir():
        raise InputError("out_is_file", path=folder)
    check_place(folder)
    if folder.is_dir():
        with settled(folder):
            if any(folder.iterdir()):
                own = _own_files(folder)
                if own is None:
                    raise InputError("out_not_ours", path=folder)
                for name, known in own.items():
                    _check_ours(folder, name, known)
    return folder


def _check_ours(folder: Path, name: str, *known: str) -> str | None:
    """Hash of a file that we may replace or remove, None if there is none; refuses one that we did not write so."""
    try:
        found = hash_inside(folder, name)
    except ForeignName:
        found = ""
    except OSError as error:
        raise InputError("out_failed", path=folder / name, error=error.strerror or error) from error
    if found is not None and (not found or found not in known):
        raise InputError("out_changed" if any(known) else "out_clash", path=folder / name)
    return found


def write_folder(out: str | os.PathLike, files: Mapping[str, bytes], about: Mapping | None = None) -> Path:
    """Write files into a folder at one stroke.

    Parameters
    ----------
    out : path
        See `check_folder`.
    files : mapping of str to bytes
        Plain file name to content.
    about : mapping, optional
        Goes into the manifest, beside the sizes and hashes of the files.

    Returns
    -------
    pathlib.Path
        The folder.
    """
    return change_folder(out, lambda _: files, about)


def change_folder(out: str | os.PathLike, change: Callable[[Path], Mapping[str, bytes]], about: Mapping | None = None) -> Path:
    """Write into a folder what is made of the files there; no other process writes between the reading and the writing.

    Parameters
    ----------
    out : path
        See `check_folder`.
    change : callable
        Gets the folder, whole, and gives all files that it will hold, by plain names.
    about : mapping, optional
        As in `write_folder`.
    """
    folder = check_folder(out)
    fresh = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            try:
                _settle(folder)
                _exchange(folder, _with_manifest(change(folder), about))
            except BaseException:
                with suppress(OSError, InputError):  # what was agreed on is carried through by the next command
                    _throw_away(folder / DRAFT)
                    if fresh and not any(folder.iterdir()):
                        folder.rmdir()
                raise
    except OSError as error:
        raise InputError("out_failed", path=folder, error=error.strerror or error) from error
    return folder


def _with_manifest(files: Mapping[str, bytes], about: Mapping | None) -> dict[str, bytes]:
    from ..model import processor  # Numba loads slowly: who only checks a folder goes without
    from .with_modules import recorded

    for name in files:
        if not is_plain(name) or name in (MANIFEST, PLAN, DRAFT, AGREED):
            raise ForeignName(repr(name))
    manifest = {
        "made_by": MADE_BY,
        "processor": processor.facts(),
        **recorded(),
        **(about or {}),
        "files": {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)},
    }
    return {**files, MANIFEST: (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode()}


def _exchange(folder: Path, content: Mapping[str, bytes]) -> None:
    own = _own_files(folder) or {}
    for name in content:
        _check_ours(folder, name, own.get(name, ""))
    _draft(folder, content, own)
    os.rename(folder / DRAFT, folder / AGREED)
    sync_folder(folder)
    _carry_through(folder)


def settle(out: str | os.PathLike) -> None:
    """Carry through, or throw away, what an interrupted command left of an exchange.

    Raises
    ------
    InputError
        If that is impossible without touching a file that is not ours, or the folder cannot be written.
    """
    if any(os.path.lexists(Path(out) / name) for name in (DRAFT, AGREED)):
        with settled(out):
            pass


@contextmanager
def settled(out: str | os.PathLike) -> Iterator[Path]:
    """A folder that is there, whole, and nobody writes into it meanwhile. Raises as `settle` does."""
    folder = Path(out)
    try:
        with _locked(folder):
            _settle(folder)
            yield folder
    except OSError as error:
        raise InputError("out_failed", path=folder, error=error.strerror or error) from error


def _settle(folder: Path) -> None:
    if os.path.lexists(folder / DRAFT):
        _throw_away(folder / DRAFT)
    if os.path.lexists(folder / AGREED):
        _carry_through(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """No other process exchanges files here meanwhile, where the system can lock folders; one that does is waited for."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        yield
        return
    try:
        with suppress(NoLocks):
            for look in range(LOOKS):
                if hold(handle):
                    break
                if look < LOOKS - 1:
                    sleep(PAUSE)
            else:
                raise InputError("out_locked", path=folder)
        yield
    finally:
        os.close(handle)


def _draft(folder: Path, content: Mapping[str, bytes], own: Mapping[str, str]) -> None:
    """Write new files into `DRAFT`, the plan first: it says which of the files there are ours."""
    draft = folder / DRAFT
    draft.mkdir()
    new = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    plan = json.dumps({"made_by": MADE_BY, "old": dict(own), "new": new}).encode()
    for name, data in {PLAN: plan, **content}.items():
        with create(draft, name) as stream:
            stream.write(data)
            stream.flush()
            sync_file(stream.fileno())
    sync_folder(draft)


def _plan(place: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Names and hashes of the old and of the new files of an exchange; `InputError` if it is not one of ours."""
    try:
        plan = read_json(place, PLAN)
        if plan["made_by"] == MADE_BY and _is_list(plan["old"]) and _is_list(plan["new"]):
            return plan["old"], plan["new"]
    except (ValueError, KeyError):
        pass
    raise InputError("out_clash", path=place)


def _throw_away(draft: Path) -> None:
    """Remove a draft, and nothing in it that is not of the draft. Killed anywhere, it can be called again."""
    if not draft.is_dir() or draft.is_symlink():
        if os.path.lexists(draft):
            raise InputError("out_clash", path=draft)
        return
    inside = {entry.name for entry in draft.iterdir()}
    # the plan is there before, and goes after, all else: alone it may be half of one
    names = _plan(draft)[1] if inside - {PLAN} else {}
    for name in inside - {PLAN}:
        if name not in names:
            raise InputError("out_clash", path=draft / name)
    for name in (*sorted(inside - {PLAN}), PLAN):
        _path(draft, name).unlink(missing_ok=True)
    draft.rmdir()


def _path(folder: Path, name: str) -> Path:
    try:
        return path_inside(folder, name)
    except ForeignName:
        raise InputError("out_clash", path=folder / name) from None


def _carry_through(folder: Path) -> None:
    """Exchange old files for new ones as agreed. Killed anywhere, it can be called again."""
    agreed = folder / AGREED
    if not agreed.is_dir() or agreed.is_symlink():
        raise InputError("out_clash", path=agreed)
    inside = {entry.name for entry in agreed.iterdir()}
    if PLAN in inside:
        old, new = _plan(agreed)
        for name in inside - {PLAN}:
            if name not in new:
                raise InputError("out_clash", path=agreed / name)
            _path(agreed, name)
        if MANIFEST in inside:  # it comes last: files are still to be exchanged
            for name in {**old, **new}:  # the user may have been here since
                _check_ours(folder, name, old.get(name, ""), new.get(name, ""))
            if _check_ours(folder, MANIFEST, old.get(MANIFEST, ""), new[MANIFEST]) is not None:
                os.unlink(folder / MANIFEST)
            for name in sorted(inside - {PLAN, MANIFEST}):
                os.replace(agreed / name, folder / name)
            for name in sorted(old.keys() - new.keys()):
                (folder / name).unlink(missing_ok=True)
            sync_folder(folder)
            os.replace(agreed / MANIFEST, folder / MANIFEST)
        os.unlink(agreed / PLAN)
    elif inside:
        raise InputError("out_clash", path=agreed)
    agreed.rmdir()
    sync_folder(folder)


def replace_text(path: Path, text: str) -> None:
    """Write a single file of data that ships in the place of the one before, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    part = path.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise InputError("out_failed", path=path, error=error.strerror) from error
