"""What the browser gets of a film: frames as packed numbers, and every name and colour in the reader's language."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...model.indicators import CRITERIA, INDICATORS, LEVEL_1, STATES
from ...model.roster import own_indicators
from ...model.sites_and_arms import Site
from ...model.vocabulary import SECTORS, STREAM_UNITS, STREAMS, TECHNOLOGIES
from ..flows import HUB, STREAM_COLORS, sum_flows
from ..words import Words, scale_of
from .charts import base_option
from .watch_decisions import COMPLIANCE
from .watch_record import SHARES, Film

__all__ = [
    "COMPLIANCE_STYLES",
    "LOCAL",
    "SECTOR_COLORS",
    "SHOWN",
    "cluster_names",
    "flow_options",
    "flow_quarter",
    "player_texts",
    "quarter_name",
    "scene",
    "shown_indicators",
    "stream_unit",
]

# the last two are for sectors that a user adds
SECTOR_COLORS = ("#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8C6D31", "#0072B2", "#D55E00", "#777777")
COMPLIANCE_STYLES = (("#767676", "dotted"), ("#D55E00", "dashed"), ("#009E73", "solid"), ("#0072B2", "solid"))
# of the cluster that is drawn, counted at the end of each quarter: beside the picture and as lines, by one definition
LOCAL = ("firms", "real", "sham", "recp", "trust", "links", "hubs")
# of the whole site, firms outside clusters included: nothing that is counted in `LOCAL`
SHOWN = ("tco2e", "water", "cod", "landfilled", "jobs", "value_added", "outlay")


def shown_indicators() -> tuple[str, ...]:
    """`SHOWN`, and what loaded modules measure."""
    return (*SHOWN, *own_indicators())


def scene(film: Film, site: Site, say: Words) -> dict[str, Any]:
    """A film for assets/watch_cluster.vue.

    Parameters
    ----------
    film : Film
    site : Site
    say : Words

    Returns
    -------
    dict
        Ready for JSON. Frames are base64 of little-endian arrays in the order (quarter, slot or cluster).
    """
    names = cluster_names(film, site, say)
    districts = [cluster.district for cluster in site.clusters]
    planned = say("watch.planned")
    return {
        "years": film.years.tolist(),
        "places": np.round(film.places, 3).tolist(),
        "frames": {name: _pack(array) for name, array in film.firms.items()},
        "overview": {name: _pack(array) for name, array in film.overview.items()},
        "links": [list(link) for link in film.links],
        "hubs": [list(hub) for hub in film.hubs],
        "focus": film.focus,
        "clusters": [
            {"label": label, "district": (districts[index] if index < len(districts) else planned) or label}
            for index, label in enumerate(names)
        ],
        "local": [_local(film, key, say) for key in LOCAL],
        "indicators": [_line(film, key, say) for key in shown_indicators()],
        "sectors": [{"label": say.name("sector", s), "color": c} for s, c in zip(SECTORS, SECTOR_COLORS, strict=False)],
        "streams": [{"label": say.name("stream", s), "color": STREAM_COLORS[s], "unit": say.unit(stream_unit(s))} for s in STREAMS],
        "compliance": [
            {"label": say(f"watch.z.{key}"), "color": color, "line": line}
            for key, (color, line) in zip(COMPLIANCE, COMPLIANCE_STYLES, strict=True)
        ],
        "technologies": [{"short": say(f"watch.short.{t}"), "label": say(f"technology.{t}")} for t in TECHNOLOGIES],
        "criteria": [
            {"label": say.name("criterion", key), "above": key in CRITERIA[len(LEVEL_1) :]}  # asked for above level 1
            for key in (*CRITERIA, *STATES)
        ],
        # what is left when no criterion is: by the level that the cluster has
        "nothing_left": [say("criterion.queue"), *[say("criterion.queue_next", level=n) for n in (2, 3)], say("criterion.highest")],
    }


def cluster_names(film: Film, site: Site, say: Words) -> list[str]:
    """Names of the film's clusters: those of the site, then the planned ones by number."""
    existing = [cluster.name for cluster in site.clusters]
    planned = len(film.clusters) - len(existing)
    return existing + [say("watch.planned_cluster", number=n + 1) for n in range(planned)]


def _pack(array: np.ndarray) -> str:
    """Bytes of an array (little-endian by its dtype) as text."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _line(film: Film, key: str, say: Words) -> dict[str, Any]:
    """One indicator over the quarters, scaled to short numbers."""
    values = film.series[:, list(INDICATORS).index(key)]
    row = INDICATORS[key]
    largest = float(np.nanmax(np.abs(values)))
    factor, unit = scale_of(row.unit, row.kind, largest)
    return {
        "label": say.name("indicator", key),
        "unit": say.unit(unit),
        "decimals": _decimals(largest * factor, row.kind),
        "values": [None if math.isnan(v) else round(v * factor, 4) for v in values.tolist()],
    }


def _local(film: Film, key: str, say: Words) -> dict[str, Any]:
    """One count of the drawn cluster over the quarters; shares in percent."""
    values = film.overview[key][:, film.focus]
    share = key in SHARES
    return {
        "label": say(f"watch.{key}"),
        "unit": "%" if share else "",
        "decimals": 0,
        "values": [round(100 * v / 255, 4) if share else v for v in values.tolist()],
    }


def _decimals(largest: float, kind: str) -> int:
    """Three digits in all; counts have none."""
    if kind == "stock" or largest >= 100 or largest == 0:
        return 0
    return 1 if largest >= 10 or kind == "share" else 2


def quarter_name(film: Film, quarter: int, say: Words) -> str:
    """ "Q3 2027"; the fork is the fourth quarter of the year before."""
    number = quarter - 1
    return say("watch.quarter", quarter=number % 4 + 1, year=int(film.years[0]) + number // 4)


def player_texts(say: Words) -> dict[str, Any]:
    """All texts of assets/watch_cluster.vue that do not belong to a run."""
    keys = (
        "player",
        "first",
        "back",
        "play",
        "pause",
        "forward",
        "scrub",
        "speed",
        "per_second",
        "city",
        "measure",
        "color",
        "canvas",
        "empty",
        "legend",
        "outline",
        "arcs",
        "flows",
        "no_flows",
        "indicators",
        "local",
        "firms",
        "level",
        "unmet",
        "real",
        "recp",
        "trust",
        "links",
        "hubs",
        "hint",
        "vacant",
        "firm",
        "workers",
        "no_technology",
        "firms_small",
        "fill",
        "decisions",
        "numbers",
        "close",
    )
    texts: dict[str, Any] = {key: say(f"watch.{key}") for key in keys}
    texts["quarter"] = say("watch.quarter", quarter="{quarter}", year="{year}")
    texts["levels"] = [say(f"watch.level{n}") for n in range(4)]
    texts["colors"] = [
        {"id": key, "label": say(f"watch.color.{key}")} for key in ("sector", "compliance", "technology", "trust", "attitude")
    ]
    texts["measures"] = [{"id": key, "label": say(f"watch.{key}")} for key in ("real", "level", "recp", "trust")]
    return texts


def flow_quarter(film: Film, quarter: int) -> int:
    """The newest quarter whose material flows are kept."""
    return max(q for q in film.flows if q <= quarter)


def stream_unit(stream: str) -> str:
    """Unit of a stream's quantity."""
    return STREAM_UNITS[STREAMS.index(stream)]


def flow_options(flows: Sequence[Mapping[str, Any]], say: Words) -> list[tuple[str, dict[str, Any]]]:
    """The material flows as options of ECharts: for each unit its total and a Sankey diagram.

    Parameters
    ----------
    flows : sequence of mapping
        `Run.flows`.
    """
    return [
        (f"{say.number(sum(rows.values()))} {say.unit(unit)}", _diagram(rows, unit, say)) for unit, rows in sum_flows(flows).items()
    ]


def _diagram(rows: Mapping[tuple[str, str, str], float], unit: str, say: Words) -> dict[str, Any]:
    series = {
        "type": "sankey",
        "left": 4,
        "right": 4,
        "top": 22,
        "bottom": 8,
        "nodeWidth": 12,
        "nodeGap": 18,
        "draggable": False,
        "animation": False,
        "emphasis": {"focus": "adjacency"},
        "label": {"fontSize": 11, "color": "#1c2733", "textBorderColor": "#fff", "textBorderWidth": 2},
        "labelLayout": {"hideOverlap": True},
        **_sankey(rows, unit, say),
    }
    return base_option(tooltip={"trigger": "item", "formatter": "=item", "confine": True}, series=[series])


def _sankey(rows: Mapping[tuple[str, str, str], float], unit: str, say: Words) -> dict[str, Any]:
    """Nodes in three columns (supplying sector, stream, user) and what flows between them."""
    nodes: dict[str, dict[str, Any]] = {}
    flows: dict[tuple[str, str], dict[str, Any]] = {}

    def node(column: int, key: str) -> str:
        if column == 1:
            label, color = say.name("stream", key), STREAM_COLORS[key]
        elif key == HUB:
            label, color = say("figure.hub"), "#52606d"
        else:
            label, color = say.name("sector", key), SECTOR_COLORS[SECTORS.index(key)]
        name = label + "\u200b" * column  # nodes are told apart by name, and a sector stands on both sides
        nodes.setdefault(
            name,
            {
                "name": name,
                "depth": column,
                "itemStyle": {"color": color},
                "tip": label,
                # what flows stands above its bar: between two bars there is no room for two words
                "label": {"position": ("right", "top", "left")[column]},
            },
        )
        return name

    def flow(source: str, target: str, color: str, value: float) -> None:
        entry = flows.setdefault(
            (source, target),
            {
                "source": source,
                "target": target,
                "value": 0.0,
                "lineStyle": {"color": color, "opacity": 0.45},
            },
        )
        entry["value"] += value
        ends = f"{nodes[source]['tip']} \N{RIGHTWARDS ARROW} {nodes[target]['tip']}"
        entry["tip"] = f"{ends}\n{say.number(entry['value'], 0 if entry['value'] >= 10 else 1)} {say.unit(unit)}"

    for (stream, supplier, user), quantity in rows.items():
        names = node(0, supplier), node(1, stream), node(2, user)
        flow(names[0], names[1], STREAM_COLORS[stream], quantity)
        flow(names[1], names[2], STREAM_COLORS[stream], quantity)
    return {"data": list(nodes.values()), "links": list(flows.values())}
