"""`ecocluster bench`, `ecocluster bench sweep | firms` and `ecocluster bench --peers`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .common import AsJson, Lang


def add_to(app: typer.Typer) -> None:
    app.command("bench", help="help.bench")(bench_command)


def bench_command(
    what: Annotated[Literal["model", "sweep", "firms"], typer.Argument(help="help.bench_what")] = "model",
    runs: Annotated[int, typer.Option(help="help.bench_runs")] = 10_000,
    vary: Annotated[Literal["uncertainties", "levers", "both"], typer.Option(help="help.bench_vary")] = "uncertainties",
    most: Annotated[int, typer.Option(help="help.bench_most")] = 100_000,
    peers: Annotated[bool, typer.Option("--peers", help="help.peers")] = False,
    limit: Annotated[float, typer.Option(help="help.peers_limit")] = 15.0,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    if peers:
        from .peers import show_peers

        show_peers(limit, as_json, lang)
        return
    if what == "sweep":
        from ...experiments.bench_sweep import bench_sweep

        bench_sweep(runs, vary, json=as_json)
        return
    if what == "firms":
        from ...experiments.bench_firms import bench_firms

        bench_firms(most, json=as_json)
        return
    from ...experiments.bench import bench

    bench(json=as_json)
