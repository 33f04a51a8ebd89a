"""Modules of the user's in questions and results: what a printed command says of them, what a manifest keeps, what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Any

from .errors import InputError

__all__ = ["check_modules", "recorded", "with_words"]


def with_words() -> list[str]:
    """Words of a command line that load what is loaded here."""
    from ..model.roster import loaded  # numpy loads with it: whoever only asks for help goes without

    return [f"--with {quote(entry.source.asked)}" for entry in loaded()]


def recorded() -> dict[str, Any]:
    """What a manifest says about the loaded modules: nothing if there are none."""
    from ..model.roster import sources

    found = [{"name": source.name, "sha256": source.sha256, "source": source.text} for source in sources()]
    return {"modules": found} if found else {}


def check_modules(known: Iterable[Mapping[str, str]], place: str, to_write: bool = True) -> None:
    """Refuse what was made with other modules than are loaded; a manifest says which they are, and loads none.

    Parameters
    ----------
    known : iterable of mapping
        From `recorded`, of a manifest.
    place : str
        The folder.
    to_write : bool
        Runs will be added: a module more is refused too.
    """
    from ..model.roster import sources

    here = {source.name: source.sha256 for source in sources()}
    there = {str(entry["name"]): str(entry["sha256"]) for entry in known}
    for name, found in there.items():
        if name not in here:
            raise InputError("module_missing", path=place, name=name, sha256=found[:16])
        if here[name] != found:
            raise InputError("module_other", path=place, name=name, there=found[:16], here=here[name][:16])
    if to_write and (more := [name for name in here if name not in there]):
        raise InputError("module_unasked", path=place, name=", ".join(more))
