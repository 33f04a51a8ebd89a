"""`ecocluster run` and `ecocluster compare`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..places import site_title
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
    open_console,
    show_progress,
    show_status,
    slug,
)


def add_to(app: typer.Typer) -> None:
    app.command("run", help="help.run")(run_command)
    app.command("compare", help="help.compare")(compare_command)


def run_command(
    scenario: Scenario = "hanoi",
    pathway: Annotated[str, typer.Option(help="help.pathway")] = "combined",
    policy: Policy = "vietnam-2020",
    law: Law = "middle",
    replicate: Annotated[int, typer.Option(help="help.replicate")] = 0,
    budget: Budget = 150.0,
    site_budget: SiteBudget = None,
    seed: Seed = 1,
    lang: Lang = "en",
    out: Out = None,
) -> None:
    from ...experiments import run
    from ...experiments.folder import check_folder
    from ..terminal import print_run

    say = Words(lang)
    out = out or Path("out") / f"run-{slug(scenario)}-{slug(pathway)}"
    check_folder(out)
    with show_progress(say) as progress:
        numbers, single = run(
            scenario, pathway, policy, replicate=replicate, budget=budget, site_budget=site_budget, seed=seed,
            law=law, progress=progress,
        )  # fmt: skip
    from ..report import write_run

    flows = list(single.flows)
    console = open_console()
    fields = {
        "site": site_title(scenario, say),
        "pathway": say.name("pathway", pathway),
        "replicate": replicate,
        "seed": seed,
    }
    console.print(f"[bold]{say('cli.run_title', **fields)}[/]\n", highlight=False)
    print_run(numbers, flows, console, say)
    write_run(numbers, flows, out, lang)
    console.print("\n" + say("cli.written_run", path=out), highlight=False, soft_wrap=True)


def compare_command(
    context: typer.Context,
    scenario: Scenario = "hanoi",
    pathways: Annotated[list[str] | None, typer.Option(help="help.pathways", show_default=False)] = None,
    policy: Policy = "vietnam-2020",
    law: Law = "middle",
    worlds: Annotated[int | None, typer.Option(help="help.worlds", show_default="100")] = None,
    fixed: Annotated[bool, typer.Option("--fixed", help="help.fixed")] = False,
    replicates: Annotated[int | None, typer.Option(help="help.replicates_worlds", show_default=False)] = None,
    budget: Budget = 150.0,
    site_budget: SiteBudget = None,
    seed: Seed = 1,
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    sample: Annotated[bool, typer.Option("--sample", hidden=True)] = False,
    levers: Annotated[list[str] | None, typer.Option("--set", help="help.set", show_default=False)] = None,
    scale: Annotated[str, typer.Option(help="help.scale")] = "1",
    equal: Annotated[bool, typer.Option("--equal-outlay", help="help.equal")] = False,
    tuned: Annotated[str | None, typer.Option(help="help.tuned", show_default=False)] = None,
    config: Annotated[Path | None, typer.Option(help="help.config", show_default=False)] = None,
    full: Annotated[bool, typer.Option("--full", help="help.full")] = False,
    as_json: AsJson = False,
) -> None:
    from ...experiments import PATHWAYS, compare
    from ...experiments.configuration import read_config
    from ...experiments.folder import check_folder

    say = Words(lang)
    names = [name.strip() for text in pathways for name in text.split(",")] if pathways else PATHWAYS
    asked: dict[str, Any] = {
        "scenario": scenario, "pathways": names, "policy": policy, "worlds": worlds, "fixed": fixed, "replicates": replicates,
        "budget": budget, "site_budget": site_budget, "seed": seed, "sample": sample, "levers": _read_levers(levers or []),
        "law": law, "scale": _read_scale(scale), "equal": equal, "tuned": tuned,
    }  # fmt: skip
    if config is not None:  # options that were typed count more than the file
        asked |= {name: value for name, value in read_config(config).items() if not _typed(context, name)}
        if _typed(context, "worlds") and not _typed(context, "fixed"):
            asked["fixed"] = False
        elif _typed(context, "fixed"):
            asked["worlds"] = None
    out = out or Path("out") / f"compare-{slug(asked['scenario'])}"
    check_folder(out)
    with show_progress(say) as progress:
        comparison = compare(**asked, threads=threads, sure=True, progress=progress)
    _tell_failures(comparison, say)
    console = open_console()
    if not as_json:  # the answer first: figures take longer than the runs of a small site
        from ..terminal import print_answer

        print_answer(comparison, console, say, full)
    with show_status(say("cli.drawing")):
        from ..report import write_report

        write_report(comparison, out, lang)
    if as_json:
        import json

        print(json.dumps(comparison.to_json(), allow_nan=False))
        return
    console.print("\n" + say("cli.written", path=out), highlight=False, soft_wrap=True)


def _typed(context: typer.Context, name: str) -> bool:
    """Was an option given on the command line?"""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _read_scale(text: str) -> float | None:
    """Scale factor of the programmes; None: found by pilots."""
    from ...experiments import InputError

    if text == "auto":
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError("not_a_scale", value=text) from None


def _read_levers(texts: list[str]) -> dict[str, float]:
    """Levers from `--set NAME=VALUE`."""
    from ...experiments import InputError

    levers = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not given or not name.strip():
            raise InputError("not_a_setting", value=text)
        try:
            levers[name.strip()] = float(value)
        except ValueError:
            raise InputError("not_number", name=f"--set {name}", value=repr(value)) from None
    return levers


def _tell_failures(comparison: Any, say: Words) -> None:
    lost = comparison.runs[comparison.runs["failed"] != ""]
    if len(lost):
        text = say("cli.failed", failed=len(lost), total=len(comparison.runs), reason=lost["failed"].iloc[0])
        print(text, file=sys.stderr)
