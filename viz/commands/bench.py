"""`ecocluster bench`, `ecocluster bench sweep | firms` and `ecocluster bench --peers`."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from .common import AsJson, Lang


def add_to(app: typer.Typer) -> None:
    app.command("bench", help="help.bench")(bench_command)


# options that one kind of measurement alone has, and which
_OF = {"runs": "bench sweep", "vary": "bench sweep", "most": "bench firms", "limit": "bench --peers"}


def _refuse_idle(context: typer.Context, asked: str) -> None:
    """Refuse options that mean nothing with what is asked: they would be passed over in silence."""
    from ...experiments.errors import InputError

    for name, owner in _OF.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE" and owner != asked:
            raise InputError("option_idle", name=f"--{name}", owner=owner)
    if asked == "bench --peers" and context.params.get("what") != "model":
        raise InputError("option_idle", name="--peers", owner="bench")


def bench_command(
    context: typer.Context,
    what: Annotated[Literal["model", "sweep", "firms"], typer.Argument(help="help.bench_what")] = "model",
    runs: Annotated[int, typer.Option(help="help.bench_runs")] = 10_000,
    vary: Annotated[Literal["uncertainties", "levers", "both"], typer.Option(help="help.bench_vary")] = "uncertainties",
    most: Annotated[int, typer.Option(help="help.bench_most")] = 100_000,
    peers: Annotated[bool, typer.Option("--peers", help="help.peers")] = False,
    limit: Annotated[float, typer.Option(help="help.peers_limit")] = 15.0,
    as_json: AsJson = False,
    lang: Lang = "en",
) -> None:
    _refuse_idle(context, "bench --peers" if peers else "bench" if what == "model" else f"bench {what}")
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
