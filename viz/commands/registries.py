"""`ecocluster levers | parameters | indicators | sources`: what can be set and what comes out, with unit, range, cost, source, and where that stands."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ..words import Words
from .common import AsJson, Lang, open_console

Part = Annotated[str, typer.Argument(help="help.registry_part")]


def add_to(app: typer.Typer) -> None:
    app.command("levers", help="help.levers")(levers_command)
    app.command("parameters", help="help.parameters")(parameters_command)
    app.command("indicators", help="help.indicators")(indicators_command)
    app.command("sources", help="help.sources")(sources_command)


def levers_command(part: Part = "", lang: Lang = "en", as_json: AsJson = False) -> None:
    from ..registries import lever_rows

    _show("lever", lever_rows(), part, lang, as_json)


def parameters_command(part: Part = "", lang: Lang = "en", as_json: AsJson = False) -> None:
    from ..registries import parameter_rows

    _show("parameter", parameter_rows(), part, lang, as_json)


def indicators_command(part: Part = "", lang: Lang = "en", as_json: AsJson = False) -> None:
    from ..registries import indicator_rows

    _show("indicator", indicator_rows(), part, lang, as_json)


def sources_command(part: Part = "", lang: Lang = "en", as_json: AsJson = False) -> None:
    from ..registries import source_rows

    _show("source", source_rows(), part, lang, as_json)


def _show(family: str, rows: list[dict], part: str, lang: str, as_json: bool) -> None:
    from ...experiments.sweeps.ranges import unknown
    from ..registries import registry_table

    names = [row.get("name") or row["key"] for row in rows]
    some = [row for name, row in zip(names, rows, strict=True) if part in name]
    if not some:
        raise unknown(family, part, names)
    if as_json:
        print(json.dumps(some, ensure_ascii=False, allow_nan=False))
    else:
        console = open_console()
        console.print(registry_table(family, some, Words(lang), console.width))
