"""Where the data files are and what they are called."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ScenarioError, nearest_name
from .former import as_written_now
from .given import path_of
from .reading import read_toml
from .schema import LawFile, PathwayFile, PolicyFile, PortfolioFile, ShocksFile, SiteFile, check

__all__ = [
    "KINDS",
    "Entry",
    "find",
    "list_laws",
    "list_pathways",
    "list_policies",
    "list_portfolios",
    "list_shocks",
    "read",
]

_TYPES: dict[str, tuple[str, type]] = {
    "sites": ("scenario", SiteFile),
    "pathways": ("pathway", PathwayFile),
    "policies": ("policy", PolicyFile),
    "laws": ("law", LawFile),
    "shocks": ("shocks", ShocksFile),
    "portfolios": ("portfolio", PortfolioFile),
}
UNKNOWN = {
    "sites": "unknown_scenario",
    "pathways": "unknown_pathway",
    "policies": "unknown_policy",
    "laws": "unknown_law",
    "shocks": "unknown_shocks",
    "portfolios": "unknown_portfolio",
}
KINDS = tuple(_TYPES)


class Entry(NamedTuple):
    """An id and its one-line title in Vietnamese and English."""

    id: str
    vi: str
    en: str


def shipped(kind: str) -> dict[str, Path]:
    """Id -> file of everything of one kind (`KINDS`) that ships, sorted by id."""
    folder = Path(str(files(__package__))) / "data" / kind
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def is_path(name: str | Path) -> bool:
    """True if `name` means a file of the user, not an id."""
    return isinstance(name, Path) or "/" in name or "\\" in name or name.endswith(".toml")


def find(kind: str, name: str | Path, relative_to: Path | None = None, more: tuple[str, ...] = ()) -> Path:
    """File of an id that ships, or of a path.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    name : str or Path
        Id, or path to a TOML file.
    relative_to : Path, optional
        Folder from which a relative path counts.
    more : tuple of str
        Further known ids, for the nearest name in the error.
    """
    if is_path(name):
        path = path_of(name)
        return path if relative_to is None else relative_to / path
    known = shipped(kind)
    if name not in known:
        ids = [*known, *more]
        raise ScenarioError(UNKNOWN[kind], value=name, nearest=nearest_name(name, ids), allowed=", ".join(ids))
    return known[name]


def read(kind: str, path: Path, chain: tuple[Path, ...] = ()) -> Any:
    """Validated content of a file.

    Parameters
    ----------
    kind : str
        One of `KINDS`: what the file must be.
    path : Path
    chain : tuple of Path
        Files that led here; a file that leads to itself is refused.
    """
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError):  # the latter before Python 3.13
        raise ScenarioError("link_circle", file=path) from None
    if resolved in chain:
        names = " -> ".join(file.name for file in [*chain, resolved])
        raise ScenarioError("includes_itself", file=path, names=names)
    raw = read_toml(path)
    expected, model = _TYPES[kind]
    found = raw.get("type", "scenario")
    if found != expected:
        types = [name for name, _ in _TYPES.values()]
        raise ScenarioError(
            "file_type",
            file=path,
            key="type",
            value=found,
            nearest=None if found in types else nearest_name(found, types),
            allowed=", ".join(types),
            type=expected,
        )
    return check(model, as_written_now(raw, path), path)


def kind_of(path: Path) -> str:
    """Which of `KINDS` a TOML file says it is; a file without a type is a scenario."""
    found = read_toml(path).get("type", "scenario")
    types = {name: kind for kind, (name, _) in _TYPES.items()}
    if not isinstance(found, str) or found not in types:
        raise ScenarioError(
            "unknown_type",
            file=path,
            key="type",
            value=found,
            nearest=nearest_name(found, types),
            allowed=", ".join(types),
        )
    return types[found]


def titles(kind: str) -> list[Entry]:
    """Ids and titles of what ships of one kind."""
    entries = [(name, read(kind, path).title) for name, path in shipped(kind).items()]
    return [Entry(name, title.vi, title.en) for name, title in entries]


def list_pathways() -> list[Entry]:
    """Pathways that ship."""
    return titles("pathways")


def list_policies() -> list[Entry]:
    """Policies that ship."""
    return titles("policies")


def list_laws() -> list[Entry]:
    """Laws that ship."""
    return titles("laws")


def list_shocks() -> list[Entry]:
    """Scripts of shocks that ship."""
    return titles("shocks")


def list_portfolios() -> list[Entry]:
    """Portfolios (a pathway for every cluster) that ship."""
    return titles("portfolios")
