"""Sites: from files to `Site`, with inclusion, selection and overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..model.border import bordered
from ..model.sites_and_arms import SECTORS, Cluster, Firm, Site
from .enterprises import ACCEPTABLE, Choices, read_firms
from .errors import Message, ScenarioError, nearest_name
from .given import is_finite, is_number, path_of, typed_key
from .library import Entry, find, is_path, read, shipped
from .reading import read_table
from .schema import CLUSTER_AREA_CAP, ClusterEntry, SiteFile, check

__all__ = ["Scenario", "list_sites", "load_scenario", "site_id"]

_MAX_CLUSTERS = 1000
_TEXT_COLUMNS = ("id", "name", "name_en", "district", "note")
_COLUMNS = tuple(name for name in ClusterEntry.model_fields if name not in ("mix", "firms", "accept")) + SECTORS
_KINDS = ("cụm công nghiệp", "CCN", "thành phố", "TP")  # of places, as people write them before a name


@dataclass(frozen=True)
class Scenario:
    """A site and what its file changes beside it.

    Attributes
    ----------
    site : Site
    parameters : mapping
        Parameter name to value, in place of the default.
    shocks : str
        Id (or path) of the script of shocks.
    source : Path
        File that was read.
    """

    site: Site
    parameters: Mapping[str, float] = field(default_factory=dict)
    shocks: str = "default"
    source: Path = Path()


@dataclass
class _Draft:
    """A site file with what it includes: own fields, and clusters with where each of them stands."""

    fields: dict[str, Any]
    clusters: list[tuple[str, dict[str, Any]]]
    parameters: dict[str, Any]
    path: Path


def list_sites() -> list[Entry]:
    """Sites that ship: whole files first, then the clusters of a file that are sites of their own."""
    whole, alone = [], []
    for name, path in shipped("sites").items():
        entry = read("sites", path)
        if entry.whole:
            whole.append(Entry(name, entry.title.vi, entry.title.en))
        kind = {"city": ("Cụm công nghiệp", "cluster"), "park": ("Khu công nghiệp", "park")}.get(entry.kind)
        for cluster in _alone(path, entry).values():
            vi, en = cluster["name"], cluster.get("name_en", cluster["name"])
            if kind:
                vi, en = f"{kind[0]} {vi} ({cluster['district']})", f"{en} {kind[1]} ({cluster['district']})"
            alone.append(Entry(cluster["id"], vi, en))
    return whole + alone


@bordered
def load_scenario(name_or_path: str | Path, registry: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of an id (`list_sites`) or of a TOML file.

    Parameters
    ----------
    name_or_path : str or Path
        What holds a slash or ends in ``.toml`` is a path.
    registry : mapping, optional
        Parameter name to a `Parameter`; default: the registry of the model.

    Raises
    ------
    ScenarioError
        If anything in the file, or in what it includes, cannot be used.
    """
    path, only = _locate(site_id(name_or_path))
    draft = _restrict(_read(path), only)
    return _build(draft, registry)


@bordered
def site_id(name: str | Path) -> str:
    """The id of a site that was named as people write it: "Nguyên Khê", "NGUYEN KHE", "hanoi:Phùng".

    Parameters
    ----------
    name : str or Path
        Letters may be large or small, composed or not, with or without diacritics; what kind of place it is may stand before
        ("CCN Nguyên Khê"). An id and a path stay as they are, and so does what is not known or could be two sites: whoever loads
        it says so.
    """
    text = str(name)
    if is_path(name) or text in shipped("sites") or re.fullmatch(r"[a-z0-9-]+:[a-z0-9-]+", text):
        return text
    if found := _meant(text, _names(tuple(shipped("sites").values()))):
        return found
    whole, _, cluster = text.partition(":")  # a title may hold one too
    if not cluster or (city := site_id(whole)) not in shipped("sites"):
        return text
    path = shipped("sites")[city]
    rows = {row["id"]: (row["name"],) for _, row in _clusters(path, read("sites", path))}
    return f"{city}:{_meant(cluster, rows) or cluster}"


@lru_cache(maxsize=4)
def _names(files: tuple[Path, ...]) -> dict[str, tuple[str, ...]]:
    """All that the sites of these files are called, by id; read once, for an address asks several times."""
    own = _own_names()
    return {one.id: (one.vi, one.en, *own.get(one.id, ())) for one in list_sites()}


def _own_names() -> dict[str, tuple[str, ...]]:
    """Clusters that are sites of their own: id to what they are called without their district."""
    return {
        row["id"]: (row["name"], row.get("name_en") or row["name"])
        for path in shipped("sites").values() for row in _alone(path, read("sites", path)).values()
    }  # fmt: skip


def _meant(text: str, known: Mapping[str, Sequence[str]]) -> str | None:
    """The one id of which a typed name can be; an id counts more than a name."""
    key = typed_key(text)
    for meant in (key, *(key.removeprefix(kind) for kind in map(typed_key, _KINDS) if key.startswith(kind))):
        for found in (
            {one for one in known if typed_key(one) == meant},
            {one for one, names in known.items() if meant in map(typed_key, names)},
        ):
            if len(found) == 1:
                return found.pop()
    return None


def _locate(name: str | Path, relative_to: Path | None = None) -> tuple[Path, str | None]:
    """File of a site and, if the site is one cluster of that file, the id of the cluster."""
    if is_path(name):
        return find("sites", name, relative_to), None
    known: dict[str, tuple[Path, str | None]] = {}
    for site, path in shipped("sites").items():
        entry = read("sites", path)
        if entry.whole:
            known[site] = (path, None)
        if name in known:
            return known[name]
        known |= {cluster: (path, cluster) for cluster in _alone(path, entry)}
    if name in known:
        return known[name]
    whole, _, cluster = str(name).partition(":")  # any cluster of a city: "hanoi:phung"
    if cluster and whole in known:
        path = known[whole][0]
        clusters = [row["id"] for _, row in _clusters(path, read("sites", path))]
        if cluster in clusters:
            return path, cluster
        raise ScenarioError("no_such_cluster", value=cluster, nearest=nearest_name(cluster, clusters), site=whole)
    raise ScenarioError(
        "unknown_site", value=name, nearest=nearest_name(name, known),
        allowed=", ".join(known),
    )  # fmt: skip


def _alone(path: Path, entry: SiteFile) -> dict[str, dict[str, Any]]:
    """Clusters of a shipped file that are sites of their own, by id."""
    if not entry.alone:
        return {}
    rows = {row["id"]: row for _, row in _clusters(path, entry)}
    return {name: rows[name] for name in entry.alone}


def _read(path: Path, chain: tuple[Path, ...] = ()) -> _Draft:
    entry = read("sites", path, chain)
    own = {name: getattr(entry, name) for name in ("kind", "name", "note", "city_firms", "shocks")}
    own = {name: value for name, value in own.items() if value is not None}
    own["id"] = entry.id or path.stem
    clusters, parameters = _clusters(path, entry), dict(entry.parameters)
    if entry.extends is not None:
        base_path, only = _locate(entry.extends, path.parent)
        base = _restrict(_read(base_path, (*chain, path.resolve())), only)
        own = base.fields | own
        clusters, parameters = clusters or base.clusters, base.parameters | parameters
    if entry.select is not None or entry.change is not None:
        clusters = _select(path, entry, clusters)
    if len(clusters) == 1 and entry.kind is None and own.get("kind") == "city":
        own["kind"] = "cluster"
    return _Draft(own, clusters, parameters, path)


def _clusters(path: Path, entry: SiteFile) -> list[tuple[str, dict[str, Any]]]:
    """Clusters that the file itself lists: (where it stands, fields), tables of firms read in."""
    if entry.clusters is None:
        return []
    if isinstance(entry.clusters, str):
        return _cluster_table(path.parent / path_of(entry.clusters, "clusters"))
    rows = []
    for number, raw in enumerate(entry.clusters, 1):
        raw = dict(raw)
        if isinstance(raw.get("firms"), str):
            raw["firms"] = _known_firms(path.parent / path_of(raw["firms"], "firms"), raw.get("accept"))
        rows.append((Message("at_cluster", path=path, number=number), raw))
    return _unique(rows)


def _cluster_table(path: Path) -> list[tuple[str, dict[str, Any]]]:
    table = read_table(path, _COLUMNS, required=("id", "name", "area_planned", "area_built"), max_rows=_MAX_CLUSTERS)
    rows = []
    for line, cells in table.rows:
        values = {name: text if name in _TEXT_COLUMNS else _value(text) for name, text in cells.items()}
        mix = {name: values.pop(name) for name in SECTORS if name in values}
        rows.append((Message("at_line", path=path, line=line), values | ({"mix": mix} if mix else {})))
    return _unique(rows)


def _unique(rows: Sequence[tuple[str, dict[str, Any]]]) -> list[tuple[str, dict[str, Any]]]:
    """The rows, if every one has an id of its own."""
    seen = set()
    for where, row in rows:
        name = row.get("id")
        if not isinstance(name, str):
            raise ScenarioError("no_id", file=where, key="id", value=name)
        if name in seen:
            raise ScenarioError("id_twice", file=where, key="id", value=name)
        seen.add(name)
    return list(rows)


def _value(text: str) -> float | bool | str:
    """A cell as a number or a truth value if it is one; what is neither is refused by the schema."""
    if text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    return float(text) if is_number(text) else text


def _known_firms(path: Path, accept: object = None) -> list[dict[str, object]]:
    """Enterprises of a table that a cluster names; `accept` is what the cluster settles of its doubts."""
    settled = tuple(name for name in accept if name in ACCEPTABLE) if isinstance(accept, list) else ()
    table = read_firms(path, Choices(accept=settled))
    problem = table.problem()
    if problem is not None:
        raise problem
    return table.firms


def _select(path: Path, entry: SiteFile, clusters: list) -> list[tuple[str, dict[str, Any]]]:
    """The selected clusters in the order of the selection, with changed fields."""
    known = {row["id"]: (where, row) for where, row in clusters}
    for key, names in (("select", entry.select or []), ("change", entry.change or {})):
        for name in names:
            if name not in known:
                raise ScenarioError("unknown_cluster", file=path, key=key, value=name, nearest=nearest_name(name, known))
    if entry.select is not None:
        doubles = [name for name in entry.select if entry.select.count(name) > 1]
        if doubles:
            raise ScenarioError("selected_twice", file=path, key="select", value=doubles[0])
        if not entry.select:
            raise ScenarioError("none_selected", file=path, key="select")
        clusters = [known[name] for name in entry.select]
    changed = []
    for where, row in clusters:
        change = dict((entry.change or {}).get(row["id"], {}))
        if "id" in change:
            raise ScenarioError("id_changed", file=path, key=f"change.{row['id']}.id", value=change["id"])
        if isinstance(change.get("firms"), str):
            change["firms"] = _known_firms(path.parent / path_of(change["firms"], "firms"), change.get("accept", row.get("accept")))
        if change:
            where = Message("at_change", path=path, cluster=row["id"])
        changed.append((where, row | change))
    return changed


def _restrict(draft: _Draft, only: str | None) -> _Draft:
    """The draft of one of its clusters alone."""
    if only is None:
        return draft
    where, row = next(item for item in draft.clusters if item[1]["id"] == only)
    kind = "cluster" if draft.fields["kind"] == "city" else draft.fields["kind"]
    fields = draft.fields | {"id": only, "name": row["name"], "kind": kind, "note": row.get("note", "")}
    return _Draft(fields, [(where, row)], draft.parameters, draft.path)


def _build(draft: _Draft, registry: Mapping[str, Any] | None) -> Scenario:
    fields, path = draft.fields, draft.path
    if not draft.clusters:
        raise ScenarioError("no_clusters", file=path, key="clusters")
    kind = fields.get("kind", "city" if len(draft.clusters) > 1 else "cluster")
    clusters = []
    for where, raw in draft.clusters:
        entry = check(ClusterEntry, raw, where)
        if kind != "park" and entry.area_planned > CLUSTER_AREA_CAP:
            raise ScenarioError(
                "too_large_for_cluster", file=where, key="area_planned", value=entry.area_planned,
                allowed=Message("up_to_cap", high=CLUSTER_AREA_CAP),
            )  # fmt: skip
        clusters.append(_cluster(entry))
    site = Site(
        id=fields["id"],
        name=fields.get("name", fields["id"]),
        kind=kind,
        clusters=tuple(clusters),
        city_firms=fields.get("city_firms", Site.city_firms),
        note=fields.get("note", ""),
    )
    if site.firms_2018 > site.city_firms:
        raise ScenarioError(
            "fewer_city_firms", file=path, key="city_firms", value=site.city_firms,
            allowed=Message("at_least", low=site.firms_2018), firms=site.firms_2018,
        )  # fmt: skip
    shocks = fields.get("shocks", "default")
    if is_path(shocks):
        shocks = str(path.parent / shocks)
    else:
        find("shocks", shocks)
    return Scenario(site, _parameters(draft.parameters, path, registry), shocks, path)


def _cluster(entry: ClusterEntry) -> Cluster:
    values = {name: getattr(entry, name) for name in ClusterEntry.model_fields if name not in ("firms", "name_en", "accept")}
    firms = []
    for firm in entry.firms:
        known = {name: getattr(firm, name) for name in type(firm).model_fields if name != "technologies"}
        technologies = None if firm.technologies is None else tuple(firm.technologies)
        firms.append(Firm(**known, technologies=technologies))
    return Cluster(**values, firms=tuple(firms))


def _parameters(raw: Mapping[str, Any], path: Path, registry: Mapping[str, Any] | None) -> dict[str, float]:
    """Overrides that exist and lie in their ranges. The registry is only loaded if there are any."""
    if not raw:
        return {}
    if registry is None:
        from ..model.parameters import PARAMETERS

        registry = PARAMETERS
    values = {}
    for name, value in _flat(raw):
        key = f"parameters.{name}"
        if name not in registry:
            raise ScenarioError("unknown_parameter", file=path, key=key, value=value, nearest=nearest_name(name, registry))
        entry = registry[name]
        number = is_finite(value)
        if not number or not entry.allows(value):
            raise ScenarioError(
                "out_of_range" if number else "not_finite",
                file=path,
                key=key,
                value=value,
                allowed=Message(
                    "between" if entry.off is None else "between_or_off", low=entry.low, high=entry.high, off=entry.off
                ),
            )
        values[name] = float(value)
    return values


def _flat(raw: Mapping[str, Any], prefix: str = ""):
    """Dotted names: TOML reads an unquoted ``food.margin = .04`` as a table in a table."""
    for name, value in raw.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value
