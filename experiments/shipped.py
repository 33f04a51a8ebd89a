"""Results that took long to find and ship as data, with the model they were found for: worlds, the ranking, programmes at their best."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from collections.abc import Callable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from .errors import InputError
from .folder import replace_text

__all__ = ["Shipped", "asked_of", "hash_question"]

WORDS = ("title", "name", "name_en", "note")  # of a file of the scenarios, and of a cluster


class _Written(Protocol):
    def to_toml(self) -> str: ...


Found = TypeVar("Found", bound=_Written)


class Shipped(Generic[Found]):
    """The file NAME.toml in `data/`, read once; `read` makes results of it or raises an error, NAME_missing is said if there are none."""

    def __init__(self, name: str, read: Callable[[dict[str, Any]], Found]):
        self.name, self.read = name, read
        self.path = Path(str(files("ecocluster.experiments").joinpath("data", f"{name}.toml")))
        self.found: Found | None = None

    def load(self) -> Found | None:
        """What ships; None if there is nothing that can be read."""
        if self.found is None:
            with suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                self.found = self.read(tomllib.loads(self.path.read_text(encoding="utf-8")))
        return self.found

    def need(self) -> Found:
        """What ships; an `InputError` if there is nothing that can be read."""
        if (found := self.load()) is None:
            raise InputError(f"{self.name}_missing", path=self.path)
        return found

    def store(self, found: Found) -> None:
        """Write results in the place of those that ship, whole or not at all."""
        replace_text(self.path, found.to_toml())
        self.found = None  # as the file says it, to fewer digits


def hash_question(asked: list[Any], *names: str) -> str:
    """Of all that is asked but the model itself: values, and data files of the scenarios."""
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    for name in names:
        digest.update(asked_of(Path(str(files("ecocluster.scenarios").joinpath("data", name)))))
    return digest.hexdigest()[:16]


def asked_of(path: Path) -> bytes:
    """What a data file of the scenarios asks, without titles, names and notes: other words ask for nothing else."""
    text = path.read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = list(csv.DictReader(text.splitlines())) if path.suffix == ".csv" else [tomllib.loads(text)]
    return json.dumps(
        [{key: value for key, value in row.items() if key not in WORDS} for row in rows], sort_keys=True, default=str
    ).encode()
