"""What a user can choose: sites, pathways, policies, laws, shocks and portfolios, as data files that are validated.

`load_scenario`, `load_pathway`, `load_policy`, `load_law` and `load_shocks` take an id that ships (the `list_...`
functions) or the path of a TOML file of the same form; `make_arm` and `load_portfolio` make what a run
needs of them; `new_scenario` makes a scenario from a table of enterprises. Whatever cannot be used raises
`ScenarioError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .arms import apply_policy, choose_arm, load_portfolio, make_arm, with_levers
    from .enterprises import Choices, FirmTable, read_firms
    from .errors import Message, Refusal, ScenarioError
    from .facts import describe, validate_file
    from .library import Entry, list_laws, list_pathways, list_policies, list_portfolios, list_shocks
    from .making import Report, new_scenario
    from .programmes import Policy, combine_policies, load_law, load_pathway, load_policy, load_shocks
    from .province import Province, new_province
    from .sites import Scenario, list_sites, load_scenario, site_id

__all__ = [
    "Choices",
    "Entry",
    "FirmTable",
    "Message",
    "Policy",
    "Province",
    "Refusal",
    "Report",
    "Scenario",
    "ScenarioError",
    "apply_policy",
    "choose_arm",
    "combine_policies",
    "describe",
    "list_laws",
    "list_pathways",
    "list_policies",
    "list_portfolios",
    "list_shocks",
    "list_sites",
    "load_law",
    "load_pathway",
    "load_policy",
    "load_portfolio",
    "load_scenario",
    "load_shocks",
    "make_arm",
    "new_province",
    "new_scenario",
    "read_firms",
    "site_id",
    "validate_file",
    "with_levers",
]

_WHERE = {
    **dict.fromkeys(("apply_policy", "choose_arm", "load_portfolio", "make_arm", "with_levers"), "arms"),
    **dict.fromkeys(("Choices", "FirmTable", "read_firms"), "enterprises"),
    **dict.fromkeys(("describe", "validate_file"), "facts"),
    **dict.fromkeys(("Message", "Refusal", "ScenarioError"), "errors"),
    **dict.fromkeys(("Entry", "list_laws", "list_pathways", "list_policies", "list_portfolios", "list_shocks"), "library"),
    **dict.fromkeys(("Report", "new_scenario"), "making"),
    **dict.fromkeys(("Policy", "combine_policies", "load_law", "load_pathway", "load_policy", "load_shocks"), "programmes"),
    **dict.fromkeys(("Province", "new_province"), "province"),
    **dict.fromkeys(("Scenario", "list_sites", "load_scenario", "site_id"), "sites"),
}


def __getattr__(name: str) -> Any:  # nothing is read before it is asked for
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WHERE[name]}", __name__), name)
