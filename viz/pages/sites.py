"""Sites as pages offer them."""

from __future__ import annotations

from functools import cache

from ...experiments.errors import InputError
from ..districts import CITY
from ..places import site_title
from ..words import Words
from .address import Address

__all__ = ["is_one_cluster", "known_sites", "refuse_files", "site_of", "site_options", "site_problem"]

MAP_CITY = CITY  # whose clusters an address may name


@cache
def known_sites() -> dict[str, float]:
    """Sites that ship: id to its number of firms."""
    from ...scenarios import list_sites, load_scenario

    return {entry.id: load_scenario(entry.id).site.firms_2018 for entry in list_sites()}


def site_options(say: Words, most_firms: float | None = None, here: str = "") -> list[tuple[str, str]]:
    """Sites to choose from, with the chosen one among them whatever it is.

    Parameters
    ----------
    say : Words
    most_firms : float, optional
        Leave out larger sites.
    here : str
        The chosen one.
    """
    sites = [site for site, firms in known_sites().items() if most_firms is None or firms <= most_firms]
    return [(site, site_title(site, say)) for site in dict.fromkeys([*sites, here]) if site]


@cache
def is_one_cluster(site: str) -> bool:
    """Is the site a single cluster? Then a share of clusters is a share of runs."""
    from ...scenarios import load_scenario

    return load_scenario(site).site.one_cluster


def refuse_files(own: str = "", **named: str) -> None:
    """Refuse files of the server that an address names: only ids, and the scenario that the command was given.

    Parameters
    ----------
    own : str
        What the command was given.
    **named : str
        Field of the address and its value.

    Raises
    ------
    InputError
    """
    from ...scenarios.library import is_path

    for name, value in named.items():
        if value != own and is_path(value):
            raise InputError("unknown", name=name, value=value)


def site_of(address: Address, default: str, own: str = "") -> str:
    """The site that an address names, by its id or as people write it; `default` where it cannot be used.

    Parameters
    ----------
    address : Address
    default : str
    own : str
        What the command was given.
    """
    from ...scenarios import site_id

    found = address.accepted("site", default, lambda site: site_problem(site_id(site), own) is None, known_sites())
    return site_id(found)


def site_problem(site: str, own: str = "") -> Exception | None:
    """Why a site that an address names cannot be used; None if it can.

    Parameters
    ----------
    site : str
    own : str
        What the command was given.
    """
    from ...scenarios import ScenarioError, load_scenario

    try:
        refuse_files(own, site=site)
        load_scenario(site)
    except (InputError, ScenarioError) as error:
        return error
    return None
