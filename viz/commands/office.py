"""`ecocluster check`, `goal` and `form`: from an analyst's own cluster to where it stands, what it takes, and the form he hands in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import AsJson, Lang, Out, Threads, asks, open_console, show_progress, slug

if TYPE_CHECKING:
    from ...experiments.analyses.goal import Goal


def add_to(app: typer.Typer) -> None:
    app.command("check", help="help.check")(check_command)
    app.command("form", help="help.form")(form_command)
    app.command("goal", help="help.goal")(goal_command)


Scenario = Annotated[str, typer.Argument(help="help.check_scenario")]


def check_command(scenario: Scenario, lang: Lang = "en", out: Out = None, as_json: AsJson = False) -> None:
    from ...experiments.checking import check
    from ...experiments.folder import check_folder
    from ..self_check import print_check

    say = Words(lang)
    if out is not None:
        check_folder(out)
    found = check(scenario)
    if out is not None:
        found.write(out)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False))
        return
    console = open_console()
    print_check(found, console, say)
    if out is not None:
        console.print(say("cli.written_run", path=out), highlight=False)


def form_command(
    scenario: Scenario,
    file: Annotated[Path, typer.Argument(help="help.form_file")],
    lang: Lang = "vi",
) -> None:
    from ...experiments.checking import check
    from ..new_file import new_path, write_new
    from ..reporting_form import form_xlsx

    say, path = Words(lang), new_path(file, (".xlsx",))
    write_new(path, form_xlsx(check(scenario), say))
    print(say("cli.form_written", path=path))


@asks("goal")
def goal_command(
    asked: dict[str, Any],
    want: Annotated[str, typer.Option("--want", help="help.goal_want")] = "one_unmet_2035>=.5",
    points: Annotated[int, typer.Option(help="help.population")] = 32,
    generations: Annotated[int, typer.Option(help="help.generations")] = 12,
    worlds: Annotated[int, typer.Option(help="help.goal_worlds")] = 40,
    sure: Annotated[float, typer.Option(help="help.goal_sure")] = 0.5,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    from ...experiments.analyses.finding import Case
    from ...experiments.analyses.goal import goal
    from ...experiments.folder import check_folder

    say, case = Words(lang), Case(**asked, threads=threads)
    out = out or Path("out") / f"goal-{slug(case.scenario)}"
    check_folder(out)
    with show_progress(say) as progress:
        found = goal(case, want, points=points, generations=generations, worlds=worlds, sure=sure, out=out, progress=progress)
    found.write(out)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False))
        return
    _print_goal(found, say)
    open_console().print(say("cli.written_run", path=out), highlight=False)


def _print_goal(found: Goal, say: Words) -> None:
    from rich.table import Table

    from ..goal_words import goal_lines, goal_rows

    console = open_console()
    for line in goal_lines(found, say):
        console.print(line, highlight=False)
    heads, rows = goal_rows(found, say)
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print()
    console.print(table)
