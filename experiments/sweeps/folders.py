"""Where a sweep is kept: a local folder, or any file system that fsspec opens by URL (memory://, s3://, gs://, ...).

Both write a file whole or not at all, and both can be held by one process at a time.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from ...scenarios.errors import ScenarioError
from ...scenarios.given import path_of
from ..errors import InputError
from ..locks import NoLocks, hold, sync_file, sync_folder
from ..plain_names import ForeignName, create, path_inside, read_inside

__all__ = ["Folder", "LocalFolder", "RemoteFolder", "open_folder"]

LOCK = ".lock"  # that the system locks
NAMED = ".holder"  # that names who holds it, where the system locks no files


def open_folder(out: str | os.PathLike) -> Folder:
    """The folder of a path or URL; nothing is made yet."""
    text = os.fspath(out)
    if "://" in text:
        return RemoteFolder(text)
    try:
        return LocalFolder(path_of(text))
    except (OSError, RuntimeError):  # the latter before Python 3.13
        raise ScenarioError("link_circle", value=text) from None


class Folder(Protocol):
    """What a store needs of a place.

    Attributes
    ----------
    name : str
        As the user knows it.
    """

    name: str

    def read(self, name: str) -> bytes:
        """Content of a file; `FileNotFoundError` if there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all; `InputError` if that is impossible."""

    def names(self, folder: str = "") -> list[str]:
        """Names of the files in a folder, sorted; empty if there is no such folder."""

    def has_more(self) -> bool:
        """Is there anything in it that is not a file: folders, links, devices?"""

    def size(self, name: str) -> int:
        """Bytes of a file."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file, to a name that no file has."""

    def remove(self, name: str) -> None:
        """Remove a file that we wrote."""

    def lock(self) -> AbstractContextManager[None]:
        """Context in which no other process may write here; `InputError` if one does."""


class LocalFolder:
    """A folder of this machine."""

    def __init__(self, path: Path):
        self.path = path.resolve()
        self.name = str(self.path)

    def read(self, name: str) -> bytes:
        try:
            return read_inside((self.path / name).parent, Path(name).name)
        except (FileNotFoundError, NotADirectoryError):
            raise FileNotFoundError(name) from None
        except ForeignName:
            raise InputError("sweep_damaged", path=self.path / name) from None
        except OSError as error:
            raise InputError("sweep_unreadable", path=self.path / name, error=error.strerror or error) from error

    def write(self, name: str, data: bytes) -> None:
        target = self.path / name
        # one temporary name per file: what a killed process leaves is overwritten by the next attempt
        fresh = target.with_name(f".{target.name.partition('-')[0]}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            path_inside(target.parent, target.name)
            with create(fresh.parent, fresh.name) as stream:
                stream.write(data)
                stream.flush()
                sync_file(stream.fileno())
            os.replace(fresh, target)
            sync_folder(target.parent)
        except ForeignName:
            raise InputError("out_clash", path=target) from None
        except OSError as error:
            raise InputError("out_failed", path=target, error=error.strerror or error) from error

    def names(self, folder: str = "") -> list[str]:
        place = self.path / folder
        if self.path.exists() and not self.path.is_dir():
            raise InputError("out_is_file", path=self.path)
        if not place.is_dir():
            return []
        with os.scandir(place) as entries:  # what is kept elsewhere and linked here is not ours to rename or remove
            return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))

    def has_more(self) -> bool:
        return self.path.is_dir() and len(self.names()) < sum(1 for _ in self.path.iterdir())

    def size(self, name: str) -> int:
        return (self.path / name).stat().st_size

    def rename(self, old: str, new: str) -> None:
        try:
            os.replace(self.path / old, self.path / new)
        except OSError as error:
            raise InputError("out_failed", path=self.path / new, error=error.strerror or error) from error

    def remove(self, name: str) -> None:
        try:
            (self.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise InputError("out_failed", path=self.path / name, error=error.strerror or error) from error

    @contextmanager
    def lock(self) -> Iterator[None]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.path / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
        except OSError as error:
            raise InputError("out_failed", path=self.path, error=error.strerror or error) from error
        try:
            try:
                free = hold(handle)
            except NoLocks:
                with _named_lock(self, NAMED):
                    yield
                return
            if not free:
                raise InputError("sweep_locked", path=self.name)
            yield
        finally:
            os.close(handle)  # the system lets go of the lock with the file, also when the process is killed


class RemoteFolder:
    """A folder behind a URL.

    Object stores put an object whole or not at all; elsewhere the temporary file is moved. They know no locks that a
    killed process lets go of, so the lock is a file that names its holder: if he is dead, remove it.
    """

    def __init__(self, url: str):
        try:
            import fsspec
        except ImportError:
            raise InputError("needs_package", name=url, package="fsspec", extra="distributed") from None
        self.name = url.rstrip("/")
        try:
            self.system, self.root = fsspec.core.url_to_fs(self.name)
        except (ValueError, ImportError, OSError) as error:
            raise InputError("url_unusable", name=url, error=str(error).splitlines()[0]) from None

    def _full(self, name: str) -> str:
        return f"{self.root}/{name}" if name else self.root

    def read(self, name: str) -> bytes:
        return self.system.cat_file(self._full(name))

    def write(self, name: str, data: bytes) -> None:
        parent, _, last = self._full(name).rpartition("/")
        fresh = f"{parent}/.{last.partition('-')[0]}.tmp"
        try:
            self.system.makedirs(parent, exist_ok=True)
            self.system.pipe_file(fresh, data)
            self.system.mv(fresh, self._full(name))
        except OSError as error:
            raise InputError("out_failed", path=f"{self.name}/{name}", error=error.strerror or error) from error

    def names(self, folder: str = "") -> list[str]:
        self.system.invalidate_cache()
        try:
            found = self.system.ls(self._full(folder), detail=True)
        except FileNotFoundError:
            return []
        return sorted(entry["name"].rpartition("/")[2] for entry in found if entry["type"] == "file")

    def has_more(self) -> bool:
        try:
            return any(entry["type"] != "file" for entry in self.system.ls(self.root, detail=True))
        except FileNotFoundError:
            return False

    def size(self, name: str) -> int:
        return int(self.system.size(self._full(name)))

    def rename(self, old: str, new: str) -> None:
        self.system.mv(self._full(old), self._full(new))

    def remove(self, name: str) -> None:
        self.system.rm_file(self._full(name))

    def lock(self) -> AbstractContextManager[None]:
        return _named_lock(self, LOCK)


@contextmanager
def _named_lock(folder: LocalFolder | RemoteFolder, name: str) -> Iterator[None]:
    """Context that a file which names its holder keeps to one process; left by a process that was killed, it is in the way until removed."""
    if name in folder.names():
        raise InputError("sweep_locked_by", path=folder.name, holder=folder.read(name).decode(errors="replace"), lock=name)
    folder.write(name, json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode())
    try:
        yield
    finally:
        folder.remove(name)
