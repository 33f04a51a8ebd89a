"""Files of former versions: what they meant is what they mean, and a notice tells how to write it now."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..model.notice import Notice

__all__ = ["MESSAGES", "FormerFile", "as_written_now"]

MESSAGES = {
    "platform": "{file}: the lever platform was a map too, and now stands beside it: {table}.map is taken as {value:g}; "
    "write map = 0 for a platform alone",
}  # fmt: skip
_TABLES = ("levers", "planned", "single_cluster", "set")


class FormerFile(Notice):
    """A file is read in the sense that it had when it was written."""

    words, messages = "former", MESSAGES


def as_written_now(raw: dict[str, Any], path: Path) -> dict[str, Any]:
    """Content of a file of levers: where it names `platform` and no `map`, both have that dose, as when they were one lever."""
    now = dict(raw)
    for table in _TABLES:
        levers = raw.get(table)
        if isinstance(levers, Mapping) and "platform" in levers and "map" not in levers:
            dose = levers["platform"]
            now[table] = {**levers, "map": dose}
            if isinstance(dose, (int, float)) and dose:  # what is no number is refused where levers are checked
                warnings.warn(FormerFile("platform", file=str(path), table=table, value=dose), stacklevel=2)
    return now
