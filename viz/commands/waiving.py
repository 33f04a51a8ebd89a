"""`ecocluster waiving`: what waiving a criterion of the certificate would gain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import (
    AsJson,
    Budget,
    Lang,
    Law,
    Out,
    Policy,
    Scenario,
    Seed,
    SiteBudget,
    Threads,
    listed,
    open_console,
    show_progress,
    slug,
)

if TYPE_CHECKING:
    from ...experiments.waiving import Waiving


def add_to(app: typer.Typer) -> None:
    app.command("waiving", help="help.waiving")(waiving_command)


def waiving_command(
    scenario: Scenario = "hanoi",
    criteria: Annotated[str, typer.Option(help="help.waiving_criteria", show_default=False)] = "",
    pathways: Annotated[str, typer.Option(help="help.pathways", show_default=False)] = "",
    policy: Policy = "vietnam-2020",
    law: Law = "middle",
    year: Annotated[int, typer.Option(help="help.waiving_year")] = 2035,
    worlds: Annotated[int | None, typer.Option(help="help.worlds", show_default="20")] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="help.fixed")] = False,
    replicates: Annotated[int | None, typer.Option(help="help.replicates_worlds", show_default=False)] = None,
    budget_bn: Budget = 150.0,
    site_budget_bn: SiteBudget = None,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    from ...experiments import PATHWAYS
    from ...experiments.errors import check_threads
    from ...experiments.folder import check_folder
    from ...experiments.waiving import waiving

    say = Words(lang)
    check_threads(threads)
    out = out or Path("out") / f"waiving-{slug(scenario)}"
    check_folder(out)
    with show_progress(say) as progress:
        found = waiving(
            scenario, listed(criteria), listed(pathways) or PATHWAYS, year=year, threads=threads, progress=progress, policy=policy,
            law=law, worlds=worlds, fixed=fixed, replicates=replicates, budget_bn=budget_bn, site_budget_bn=site_budget_bn, seed=seed,
        )  # fmt: skip
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
    console.print(table, highlight=False, markup=False)
    kind, count = ("worlds", found.question.worlds) if found.question.worlds else ("fixed", found.question.replicates)
    console.print(say(f"waiving.note_{kind}", count=count) + "\n", highlight=False)
    if found.most is None:
        console.print(say("waiving.nothing"), highlight=False)
        return
    name, arm = found.most
    told = cell(found.gains[found.most], True).replace("\n", " ")
    fields = {"criterion": say(f"waived.{name}"), "pathway": say.name("pathway", arm), "gain": told}
    console.print(say("waiving.most", **fields), highlight=False, markup=False)
