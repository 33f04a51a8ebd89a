"""Facts about what ships and about files of a user, for `show` and `validate`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, cast

from ..model.border import bordered
from ..model.sites_and_arms import MVND_PER_BN, SECTORS, Schedule
from . import programmes
from .enterprises import Choices, read_firms
from .errors import Message, ScenarioError, nearest_name
from .given import path_of
from .library import find, is_path, kind_of, read, shipped
from .sheets import ENDINGS
from .sites import Scenario, list_sites, load_scenario

__all__ = ["describe", "validate_file"]

_COMPLETE = 0.25  # shared land of a cluster with fairly complete infrastructure


@bordered
def describe(name: str | Path) -> dict[str, Any]:
    """Facts about a site, pathway, policy, law, script of shocks or portfolio.

    Parameters
    ----------
    name : str or Path
        Id of anything that ships, or a TOML file.

    Returns
    -------
    dict
        Plain values only. "type", "id" and "note" always; for sites also sums over the clusters and
        "published": for every published total its value, and "here": the same of the data, or None where only
        a run can tell.
    """
    if is_path(name):
        return _describe_file(kind_of(path_of(name)), name)
    sites = {entry.id for entry in list_sites()}
    if name in sites:
        return _describe_file("sites", name)
    known = set(sites)
    for kind in ("pathways", "policies", "laws", "shocks", "portfolios"):
        if name in shipped(kind):
            return _describe_file(kind, name)
        known |= shipped(kind).keys()
    raise ScenarioError("unknown_id", value=name, nearest=nearest_name(name, known))


@bordered
def validate_file(path: str | Path, choices: Choices | None = None) -> dict[str, Any]:
    """Facts about a file of a user (TOML, or the table of enterprises in CSV), if it can be used.

    Raises
    ------
    ScenarioError
        For the first thing that is wrong; for a table, with all refused rows.
    """
    path = path_of(path)
    if path.suffix.lower() == ".toml":
        return describe(path)
    if path.suffix.lower() not in ENDINGS:
        raise ScenarioError("kind_of_file", file=path, allowed=Message("kinds_of_file"))
    table = read_firms(path, choices)
    problem = table.problem()
    if problem is not None:
        raise problem
    firms = table.firms
    counts = {sector: sum(firm["sector"] == sector for firm in firms) for sector in SECTORS}
    workers = math.fsum(cast(float, firm["workers"]) for firm in firms)
    return {
        "type": "firms",
        "id": path.stem,
        "note": "",
        "firms": len(firms),
        "workers": workers,
        "sectors": counts,
        "columns": list(table.columns),
        "ignored": list(table.ignored),
        "table": table,
    }


def _describe_file(kind: str, name: str | Path) -> dict[str, Any]:
    if kind == "sites":
        return _site(load_scenario(name), name)
    path = find(kind, name)
    entry = read(kind, path)
    facts: dict[str, Any] = {
        "type": entry.type,
        "id": entry.id or path.stem,
        "note": " ".join(entry.note.split()),
    }
    if entry.title is not None:
        facts["title"] = {"vi": entry.title.vi, "en": entry.title.en}
    if kind == "shocks":
        facts["shocks"] = [vars(shock) for shock in programmes.load_shocks(name)]
    elif kind == "portfolios":
        # ids of clusters can only be checked with a site; the pathways can be checked now
        for pathway in {entry.default, *entry.clusters.values()}:
            programmes.load_pathway(path.parent / pathway if is_path(pathway) else pathway)
        facts |= {"default": entry.default, "clusters": dict(entry.clusters)}
    elif kind == "laws":
        facts["levers"] = dict(programmes.load_law(name).levers)
    elif kind == "policies":
        policy = programmes.load_policy(name)
        facts |= {"levers": dict(policy.levers), "set": dict(policy.set), **_timing(policy, policy.set_up_cost_bn)}
    else:
        programme = programmes.load_pathway(name)
        facts |= {"levers": dict(programme.levers), "planned": dict(programme.planned),
                  "planned_basis": " ".join(entry.planned_basis.split()),
                  "schedule": vars(programme.schedule), **_timing(programme, programme.set_up_cost / MVND_PER_BN)}  # fmt: skip
    return facts


def _timing(item: Any, set_up_cost_bn: float) -> dict[str, Any]:
    schedules: dict[str, Schedule] = dict(item.schedules)
    return {
        "schedules": {lever: vars(when) for lever, when in schedules.items()},
        "enactment_lag": item.enactment_lag,
        "set_up_cost_bn": set_up_cost_bn,
    }


def _site(scenario: Scenario, name: str | Path) -> dict[str, Any]:
    site, clusters = scenario.site, scenario.site.clusters
    known = [cluster.mix for cluster in clusters if cluster.mix is not None]
    facts: dict[str, Any] = {
        "type": "scenario",
        "id": site.id,
        "name": site.name,
        "kind": site.kind,
        "note": " ".join(site.note.split()),
        "source": str(scenario.source),
        "clusters": len(clusters),
        "districts": len({cluster.district for cluster in clusters if cluster.district}),
        "firms_2018": math.fsum(cluster.firms_2018 for cluster in clusters),
        "area_planned": round(math.fsum(cluster.area_planned for cluster in clusters), 6),
        "area_built": round(math.fsum(cluster.area_built for cluster in clusters), 6),
        "complete_infrastructure": sum((cluster.shared_land or 0) >= _COMPLETE for cluster in clusters),
        "urban": sum(cluster.urban for cluster in clusters),
        "synthetic_sizes": sum(cluster.synthetic for cluster in clusters),
        "known_firms": sum(len(cluster.firms) for cluster in clusters),
        "mix_given": len(known),
        "budget_share": site.budget_share,
        "parameters": dict(scenario.parameters),
        "shocks": scenario.shocks,
        "cluster_ids": [cluster.id for cluster in clusters],
    }
    if len(clusters) == 1 and known:
        facts["mix"] = dict(known[0])
    entry = read("sites", scenario.source)
    # one cluster of a file of many has neither the totals nor the title of that file
    if entry.published and (is_path(name) or name in shipped("sites")):
        totals = {key: value for key, value in entry.published.items() if key != "source"}
        facts["published_source"] = entry.published.get("source", "")
        facts["published"] = {key: {"value": value, "here": facts.get(key)} for key, value in totals.items()}
    title = entry.title if is_path(name) else next(item for item in list_sites() if item.id == name)
    if title is not None:
        facts["title"] = {"vi": title.vi, "en": title.en}
    return facts
