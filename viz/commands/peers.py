"""`ecocluster bench --peers`: the kernels against plain Mesa and NumPy, as a table or as JSON."""

from __future__ import annotations

from typing import Any

from ..words import Words
from .common import open_console, show_status

__all__ = ["show_peers"]


def show_peers(limit: float, as_json: bool, lang: str) -> None:
    """Measure and print.

    Parameters
    ----------
    limit : float
        Seconds, see `experiments.bench_peers.measure_peers`.
    as_json : bool
    lang : str
    """
    from ...experiments import bench_peers

    say = Words(lang)
    with show_status(say("peers.running")) as tell:
        result = bench_peers.measure_peers(limit, progress=tell)
    if as_json:
        import json

        print(json.dumps(result))
    else:
        _print(result, say)


def _print(result: dict[str, Any], say: Words) -> None:
    """Table of the cells, then the ratios and what is beside the running time."""
    from rich.table import Table

    console = open_console()
    names = list(dict.fromkeys(row["peer"] for row in result["table"]))
    table = Table(title=say("peers.table"), caption=say("peers.caption"))
    for heading in ("peers.firms", "peers.runs", *(f"peers.{name}" for name in names)):
        table.add_column(say(heading), justify="right")
    by_cell: dict[tuple[int, int], dict[str, dict[str, Any]]] = {}
    for row in result["table"]:
        by_cell.setdefault((row["firms"], row["runs"]), {})[row["peer"]] = row
    for (firms, runs), found in sorted(by_cell.items()):
        table.add_row(
            say.number(firms), say.number(runs), *(_seconds(found[name], say) if name in found else "-" for name in names)
        )
    console.print(table)
    console.print(say("peers.machine", **result["machine"]))
    for name, ratio in result["ratios"].items():
        low, high = ratio["interval"] or (float("nan"), float("nan"))
        console.print(say(
            "peers.ratio", name=say(f"peers.ratio_{name}"), ratio=say.number(ratio["ratio"], 1), low=say.number(low, 1),
            high=say.number(high, 1), mark="~" if ratio["extrapolated"] else ""))  # fmt: skip
    for group, unit, factor in (("start", "s", 1.0), ("memory", "kB", 1e-3), ("lines", "", 1.0)):
        values = (
            f"{say(f'peers.{name}')} {say.number(value * factor, 1 if unit else 0)} {unit}".rstrip()
            for name, value in result[group].items() if value is not None
        )  # fmt: skip
        console.print(f"{say(f'peers.{group}')}: {'; '.join(values)}")
    lost = [
        f"{say('peers.' + row['peer'])} {say.number(row['firms'])} x {say.number(row['runs'])} ({say.number(row['ratio'], 2)})"
        for row in result["lost"]
    ]
    console.print(f"{say('peers.lost')}: {'; '.join(lost) or say('peers.nothing')}")


def _seconds(row: dict[str, Any], say: Words) -> str:
    """Seconds with three digits, and a mark where they were not measured."""
    value = row["seconds"]
    decimals = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return ("" if row["measured_runs"] == row["runs"] else "~") + say.number(value, decimals)
