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
    "club_community": "{file}: the lever club_community is now two: {table}.club and {table}.community are both taken as {value:g}; "
    "write the one that is meant",
}  # fmt: skip
_TABLES = ("levers", "planned", "single_cluster", "set")
CLUB = "club_community"  # the club of firms and work with the community were one lever


class FormerFile(Notice):
    """A file is read in the sense that it had when it was written."""

    words, messages = "former", MESSAGES


def as_written_now(raw: dict[str, Any], path: Path) -> dict[str, Any]:
    """Content of a file of levers, where two levers of now were one.

    Where it names `platform` and no `map`, both have that dose; `club_community` is `club` and `community`, in schedules too.
    """
    now = dict(raw)
    for table in (*_TABLES, "schedules"):
        levers = now.get(table)
        if isinstance(levers, Mapping) and CLUB in levers:
            dose = levers[CLUB]
            now[table] = {"club": dose, "community": dose, **{name: value for name, value in levers.items() if name != CLUB}}
            _say("club_community", path, table, dose)
    for table in _TABLES:
        levers = now.get(table)
        if isinstance(levers, Mapping) and "platform" in levers and "map" not in levers:
            dose = levers["platform"]
            now[table] = {**levers, "map": dose}
            _say("platform", path, table, dose)
    return now


def _say(message: str, path: Path, table: str, dose: Any) -> None:
    """Tell it of a dose; what is no number is refused where levers are checked."""
    if isinstance(dose, (int, float)) and dose:
        warnings.warn(FormerFile(message, file=str(path), table=table, value=dose), stacklevel=3)
