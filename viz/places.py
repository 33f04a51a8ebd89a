"""What sites are called, in the reader's language."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .words import Words

__all__ = ["law_title", "site_title", "site_titles"]


@cache
def site_titles() -> dict[str, tuple[str, str]]:
    """Sites that ship: id to its titles (vi, en)."""
    from ..scenarios import list_sites

    return {entry.id: (entry.vi, entry.en) for entry in list_sites()}


def site_title(site: str, say: Words) -> str:
    """Title of a site that ships; of a scenario file or a cluster of a site the name it gives itself."""
    if site in site_titles():
        return site_titles()[site][0 if say.lang == "vi" else 1]
    return _own_name(site)


@cache
def _own_name(site: str) -> str:
    from ..scenarios import ScenarioError, load_scenario

    try:
        return load_scenario(site).site.name
    except ScenarioError:  # what is kept of an analysis may outlive its scenario file
        return Path(site).stem


def law_title(law: str, say: Words) -> str:
    """Title of a law that ships; of a file the name that was given."""
    from ..scenarios import list_laws

    return next((getattr(entry, say.lang) for entry in list_laws() if entry.id == law), law)
