"""One run looked at closely: its series, the firms at the end, and who delivers what to whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .ensemble import Runs, find_scale
from .indicators import INDICATORS
from .parameters import parameter_record
from .simulator import Simulator
from .sites_and_arms import SECTORS, STREAMS, Arm, Shock, Site
from .state import LINK_ACTIVE, N_HUBS, NEVER, PLANNED, SLOT_TAKEN, State
from .timelines import FORK_YEAR
from .vocabulary import STREAM_UNITS

__all__ = ["Run", "run_one", "firms_table", "material_flows", "sites_table"]


@dataclass(frozen=True)
class Run:
    """One run.

    Attributes
    ----------
    runs : Runs
        The run as an ensemble of one arm and one replicate.
    flows : list of dict
        Material-flow map at the end: kind ("link" or "hub"), cluster, stream, unit, supplier_sector, buyer_sector
        ("off-taker" for what leaves the cluster), quantity per year; for links also supplier and buyer ids, price
        (mVND per unit) and the year in which it ends.
    firms : dict of arrays
        One entry per firm at the end, see `firms_table`.
    sites : list of dict
        The developers' books at the end, see `sites_table`; empty unless `developers` is on.
    """

    runs: Runs
    flows: list[dict[str, Any]]
    firms: dict[str, np.ndarray]
    sites: list[dict[str, Any]] = field(default_factory=list)


def firms_table(s: State) -> dict[str, np.ndarray]:
    """Columns of the firms that exist: id, cluster, sector (index), workers, cash, technology bits, compliance, ..."""
    taken = s.firms["status"] == SLOT_TAKEN
    names = ("id", "cluster", "sector", "workers", "cash", "profit", "tech", "aware", "compliance", "attitude", "trust", "links",
             "hubs", "elec", "fuel", "water", "effluent", "hurdle", "integrity", "born", "x", "y")  # fmt: skip
    return {name: s.firms[name][taken].copy() for name in names}


def sites_table(s: State, p: np.ndarray, arm: Arm) -> list[dict[str, Any]]:
    """Every site for a planned cluster, built or not, with what its developer reckons.

    Returns
    -------
    list of dict
        site; price and rent (mVND/ha, mVND/ha/yr), required_return (1/yr), npv (mVND/ha, without support),
        break_even_support (share of land and infrastructure); decided and opened (years, None: not built), programme (id, "law"
        or None), slots, support (mVND paid), firms and occupancy at the end.
    """
    if not p["developers"] > 0.5:
        return []
    rows = []
    for n, c in enumerate(s.clusters[s.clusters["kind"] == PLANNED]):
        built, programme = c["opened"] < NEVER, int(c["programme"])
        rows.append({
            "site": f"planned-{n + 1}", "price": float(c["price"]), "rent": float(c["rent"]), "required_return": float(c["required"]),
            "npv": float(c["value"]), "break_even_support": max(-float(c["value"] / c["price"]), 0.0),
            "decided": float(c["decided"]) if built else None, "opened": float(c["opened"]) if built else None,
            "programme": (arm.programmes[programme].id if programme >= 0 else "law") if built else None,
            "slots": int(c["slots"]), "support": float(c["support"]), "firms": int(c["firms"]),
            "occupancy": float(c["firms"] / c["slots"]) if built else None,
        })  # fmt: skip
    return rows


def _amounts(s: State, p: np.ndarray, members: np.ndarray, w: int) -> tuple[np.ndarray, np.ndarray]:
    """Supply and demand of a stream by sector, of the firms in `members` (mask over slots), net of links."""
    firms = s.firms
    sector = firms["sector"][members]
    have = p["supply"][sector, w] * firms["waste"][members] - firms["sold"][members][:, w]
    need = p["demand"][sector, w] * firms["activity"][members] - firms["bought"][members][:, w]
    count = len(SECTORS)
    return (np.bincount(sector, np.maximum(have, 0), count), np.bincount(sector, np.maximum(need, 0), count))


def material_flows(s: State, p: np.ndarray, site: Site) -> list[dict[str, Any]]:
    """Who delivers what to whom, from the links and hubs that are active.

    Parameters
    ----------
    s : State
    p : record of parameters
    site : Site

    Returns
    -------
    list of dict
        See `Run.flows`.
    """
    names = [c.id for c in site.clusters]
    names += [f"planned-{n + 1}" for n in range(int(s.city[0]["planned"]))] + ["outside"]
    rows: list[dict[str, Any]] = []
    for link in s.links[: int(s.city[0]["links_high"])]:
        if link["state"] != LINK_ACTIVE:
            continue
        supplier, buyer, stream = int(link["supplier"]), int(link["buyer"]), STREAMS[int(link["stream"])]
        rows.append({
            "kind": "link", "cluster": names[int(link["cluster"])], "stream": stream, "unit": STREAM_UNITS[int(link["stream"])],
            "supplier_sector": SECTORS[int(s.firms[supplier >> 4]["sector"][supplier & 15])],
            "buyer_sector": SECTORS[int(s.firms[buyer >> 4]["sector"][buyer & 15])],
            "quantity": float(link["delivered"]), "price": float(link["price"]), "until": float(link["until"]),
            "supplier": int(link["supplier_id"]), "buyer": int(link["buyer_id"]),
        })  # fmt: skip
    for c in range(s.clusters.size):
        first, last = int(s.clusters[c]["first"]), int(s.clusters[c]["last"])
        for w in range(N_HUBS):
            hub = s.hubs[c, w]
            if not hub["active"]:
                continue
            members = np.zeros(s.firms["hubs"].shape, bool)
            members[first:last] = (s.firms["hubs"][first:last] >> w) & 1 == 1
            supply, demand = _amounts(s, p, members, w)
            inside = min(supply.sum(), demand.sum())
            out = max(float(hub["quantity"]) - inside, 0.0)
            common = {"kind": "hub", "cluster": names[c], "stream": STREAMS[w], "unit": STREAM_UNITS[w]}
            for i in np.flatnonzero(supply):
                part = supply[i] / supply.sum()
                for j in np.flatnonzero(demand):
                    rows.append({**common, "supplier_sector": SECTORS[i], "buyer_sector": SECTORS[j],
                                 "quantity": float(inside * part * demand[j] / demand.sum())})  # fmt: skip
                if out > 0:
                    rows.append(
                        {**common, "supplier_sector": SECTORS[i], "buyer_sector": "off-taker", "quantity": float(out * part)}
                    )
    return rows


def run_one(
    site: Site,
    arm: Arm,
    *,
    replicate: int = 0,
    seed: int = 1,
    parameters: Mapping[str, float] | None = None,
    shocks: Sequence[Shock] = (),
) -> Run:
    """One run of one arm, the same bits as in an ensemble with the same seed and replicate.

    Parameters
    ----------
    site, arm, seed, parameters, shocks : see `ecocluster.model.ensemble.run_ensemble`
    replicate : int

    Returns
    -------
    Run
    """
    p = parameter_record(parameters)
    shocks = tuple(shocks)
    scale = find_scale(site, arm, seed=seed, parameters=parameters, shocks=shocks)
    scaled = replace(arm, scale=scale)
    simulator = Simulator(site, (Arm("law", law=arm.law), scaled), p, shocks)
    luck, before = simulator.replicate(seed, replicate), 0
    if arm.programmes:  # the law alone first: free riders are counted against it
        before, _ = luck.run(0)
    code, rows = luck.run(1, scale, against=0)
    years = FORK_YEAR + np.arange(simulator.steps + 1) / simulator.steps_per_year
    runs = Runs(site, (arm.name,), seed, np.array([replicate]), years, tuple(INDICATORS), rows.series[None, None],
                rows.level[None, None], rows.unmet[None, None], np.array([[before or code]]), {arm.name: scale},
                simulator.steps_per_year, float(p["discount_rate"]), None, simulator.work.funds[None, None].copy(), (0,), (scaled,),
                past=simulator.burn_series[None, 1:].copy())  # fmt: skip
    s = simulator.work
    return Run(runs, material_flows(s, p, site), firms_table(s), sites_table(s, p, scaled))
