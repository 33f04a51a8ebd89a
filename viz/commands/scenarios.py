"""`ecocluster scenarios list | show | validate | new`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from ..messages import message_text
from ..words import Words
from .common import AsJson, Lang, open_console
from .firm_options import Accept, Columns, Decimal, Only, Sheet, Trades, Unit, choices_of, pairs_of

group = typer.Typer(help="help.scenarios")


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="scenarios")


@group.command("list", help="help.list")
def list_command(lang: Lang = "en", as_json: AsJson = False) -> None:
    from ... import scenarios
    from ..terminal import print_entries

    listed = {
        "sites": scenarios.list_sites(), "pathways": scenarios.list_pathways(), "portfolios": scenarios.list_portfolios(),
        "policies": scenarios.list_policies(), "laws": scenarios.list_laws(), "shocks": scenarios.list_shocks(),
    }  # fmt: skip
    if as_json:
        found = {kind: [{"id": e.id, "title": {"en": e.en, "vi": e.vi}} for e in entries] for kind, entries in listed.items()}
        print(json.dumps(found, ensure_ascii=False))
        return
    say, console = Words(lang), open_console()
    for kind, entries in listed.items():
        print_entries(say(f"cli.{kind}"), entries, console, say)


@group.command("show", help="help.show")
def show_command(name: Annotated[str, typer.Argument(help="help.show_name")], lang: Lang = "en") -> None:
    from ...scenarios import describe, site_id
    from ..terminal import print_facts

    name = site_id(name)
    say, facts = Words(lang), describe(name)
    if "title" in facts:
        facts["title"] = facts["title"][lang]
    if facts.get("published"):
        from ...experiments.published import meet_published
        from ...scenarios import load_scenario, load_shocks

        scenario = load_scenario(name)
        met = meet_published(scenario.site, scenario.parameters, load_shocks(scenario.shocks))
        for key, (mean, half) in met.items():
            if key in facts["published"]:
                digits = 0 if mean >= 100 else 3
                facts["published"][key]["burn_in"] = f"{say.number(mean, digits)} ± {say.number(half, digits)}"
    print_facts(facts, open_console(), say)


@group.command("validate", help="help.validate")
def validate_command(
    file: Annotated[Path, typer.Argument(help="help.validate_file")],
    columns: Columns = None,
    sheet: Sheet = "",
    unit: Unit = "",
    decimal: Decimal = "",
    accept: Accept = None,
    only: Only = None,
    trades: Trades = None,
    lang: Lang = "en",
) -> None:
    from ...scenarios import validate_file
    from ...scenarios.making import preview
    from ..terminal import print_facts

    facts = validate_file(file, choices_of(columns, sheet, unit, decimal, accept, only, trades))
    say, console = Words(lang), open_console()
    if facts["type"] == "firms":
        tell = partial(message_text, say=say)
        print("\n".join(map(tell, preview(facts["table"], file, tell))))
        return
    if "title" in facts:
        facts["title"] = facts["title"][lang]
    console.print(say("cli.valid", path=file), highlight=False)
    print_facts(facts, console, say)


@group.command("new", help="help.new")
def new_command(
    name: Annotated[str, typer.Argument(help="help.new_name")],
    firms: Annotated[Path, typer.Option(help="help.new_firms")],
    out: Annotated[Path, typer.Option(help="help.new_out")] = Path("."),
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="help.new_skip")] = False,
    columns: Columns = None,
    sheet: Sheet = "",
    unit: Unit = "",
    decimal: Decimal = "",
    accept: Accept = None,
    only: Only = None,
    trades: Trades = None,
    lang: Lang = "en",
) -> None:
    from ...scenarios import new_scenario

    report = new_scenario(name, firms, out, skip_bad_rows, choices_of(columns, sheet, unit, decimal, accept, only, trades))
    print(report.lines(partial(message_text, say=Words(lang))))


@group.command("province", help="help.province")
def province_command(
    name: Annotated[str, typer.Argument(help="help.new_name")],
    clusters: Annotated[Path, typer.Option(help="help.province_clusters")],
    out: Annotated[Path, typer.Option(help="help.new_out")] = Path("."),
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="help.new_skip")] = False,
    columns: Columns = None,
    sheet: Sheet = "",
    decimal: Decimal = "",
    lang: Lang = "en",
) -> None:
    from ...scenarios import Choices, new_province

    choices = Choices(pairs_of("--columns", columns or []), sheet, decimal=decimal)
    report = new_province(name, clusters, out, skip_bad_rows, choices)
    print(report.lines(partial(message_text, say=Words(lang))))


@group.command("template", help="help.template")
def template_command(file: Annotated[Path, typer.Argument(help="help.template_file")], lang: Lang = "en") -> None:
    from ..firm_template import write_template

    say = Words(lang)
    print(say("cli.template_written", path=write_template(file, say)))
