"""`ecocluster waiving`: what waiving a criterion of the certificate would gain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import AsJson, Lang, Out, Threads, asks, listed, open_console, show_progress, slug

if TYPE_CHECKING:
    from ...experiments.waiving import Waiving


def add_to(app: typer.Typer) -> None:
    app.command("waiving", help="help.waiving")(waiving_command)


@asks("waiving")
def waiving_command(
    asked: dict[str, Any],
    criteria: Annotated[str, typer.Option(help="help.waiving_criteria", show_default=False)] = "",
    year: Annotated[int, typer.Option(help="help.waiving_year")] = 2035,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    from ...experiments.errors import check_threads
    from ...experiments.folder import check_folder
    from ...experiments.waiving import waiving

    say = Words(lang)
    check_threads(threads)
    out = out or Path("out") / f"waiving-{slug(asked['scenario'])}"
    check_folder(out)
    with show_progress(say) as progress:
        found = waiving(**asked, criteria=listed(criteria), year=year, threads=threads, progress=progress)
    found.write(out)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
        return
    _tell(found, say)
    open_console().print("\n" + say("waiving.written", path=out), highlight=False, soft_wrap=True)


def _tell(found: Waiving, say: Words) -> None:
    """The table without the null's column, which the others are not compared with, and what gains most."""
    from rich.table import Table

    def cell(estimate: Any, sign: bool) -> str:
        return f"{shown(estimate.mean, sign)}\n[{shown(estimate.low, sign)}; {shown(estimate.high, sign)}]"

    def shown(value: float, sign: bool) -> str:
        if not found.one_cluster:
            return say.number(value, 1, sign=sign)
        return say.number(100.0 * value, 0, sign=sign) + (" %" if value == value else "")

    arms = [arm for arm in found.arms if arm != "null"]
    title = say("waiving.title_one" if found.one_cluster else "waiving.title", year=found.year)
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(say("waiving.criterion"))
    for arm in arms:
        table.add_column(say.name("pathway", arm), justify="right")
    table.add_row(say("waiving.as_they_are"), *(cell(found.clusters[arm], False) for arm in arms), end_section=True)
    for name in found.criteria:
        table.add_row(say(f"waived.{name}"), *(cell(found.gains[name, arm], True) for arm in arms))
    console = open_console()
    console.print(table, highlight=False)
    kind, count = ("worlds", found.question.worlds) if found.question.worlds else ("fixed", found.question.replicates)
    console.print(say(f"waiving.note_{kind}", count=count) + "\n", highlight=False)
    if found.most is None:
        console.print(say("waiving.nothing"), highlight=False)
        return
    name, arm = found.most
    told = cell(found.gains[found.most], True).replace("\n", " ")
    fields = {"criterion": say(f"waived.{name}"), "pathway": say.name("pathway", arm), "gain": told}
    console.print(say("waiving.most", **fields), highlight=False)
