"""`ecocluster bench`."""

from __future__ import annotations

import typer

from .common import AsJson


def add_to(app: typer.Typer) -> None:
    app.command("bench", help="help.bench")(bench_command)


def bench_command(as_json: AsJson = False) -> None:
    from ...experiments.bench import bench

    bench(json=as_json)
