"""`ecocluster run` and `ecocluster compare`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ..places import site_title
from ..words import Words
from .common import AsJson, Lang, Out, Threads, asks, open_console, show_progress, show_status, slug


def add_to(app: typer.Typer) -> None:
    app.command("run", help="help.run")(run_command)
    app.command("compare", help="help.compare")(compare_command)


@asks("run")
def run_command(
    asked: dict[str, Any],
    lang: Lang = "en",
    out: Out = None,
) -> None:
    from ...experiments import run
    from ...experiments.folder import check_folder
    from ..terminal import print_run

    say, scenario, pathway = Words(lang), asked["scenario"], asked["pathway"]
    out = out or Path("out") / f"run-{slug(scenario)}-{slug(pathway)}"
    check_folder(out)
    with show_progress(say) as progress:
        numbers, single = run(**asked, progress=progress)
    from ..report import write_run

    flows = list(single.flows)
    console = open_console()
    fields = {
        "site": site_title(scenario, say),
        "pathway": say.name("pathway", pathway),
        "replicate": asked["replicate"],
        "seed": asked["seed"],
    }
    console.print(say("cli.run_title", **fields) + "\n", style="bold", highlight=False)
    print_run(numbers, flows, console, say)
    write_run(numbers, flows, out, lang, single.sites)
    console.print("\n" + say("cli.written_run", path=out), highlight=False, soft_wrap=True)


@asks("compare")
def compare_command(
    context: typer.Context,
    asked: dict[str, Any],
    threads: Threads = None,
    lang: Lang = "en",
    out: Out = None,
    sample: Annotated[bool, typer.Option("--sample", hidden=True)] = False,
    config: Annotated[Path | None, typer.Option(help="help.config", show_default=False)] = None,
    full: Annotated[bool, typer.Option("--full", help="help.full")] = False,
    sketch: Annotated[bool, typer.Option("--sketch", help="help.sketch")] = False,
    as_json: AsJson = False,
) -> None:
    from ...experiments import compare
    from ...experiments.configuration import read_config
    from ...experiments.errors import InputError
    from ...experiments.folder import check_folder
    from ..drawing_apart import FiguresApart

    say = Words(lang)
    asked["sample"] = sample
    if config is not None:  # options that were typed count more than the file
        read = read_config(config)
        if "scenario" not in read and not _typed(context, "scenario"):
            raise InputError("config_place", path=config)
        asked |= {name: value for name, value in read.items() if not _typed(context, name)}
        if _typed(context, "worlds") and not _typed(context, "fixed"):
            asked["fixed"] = False
        elif _typed(context, "fixed"):
            asked["worlds"] = None
    out = out or Path("out") / f"compare-{slug(asked['scenario'])}"
    check_folder(out)
    with FiguresApart(threads) as apart:
        with show_progress(say) as progress:
            tell = _tell_estimates(say, as_json) if sketch else None
            comparison = compare(**asked, threads=threads, sure=True, progress=progress, sketch=tell)
        apart.begin(comparison, lang)
        _tell_failures(comparison, say)
        console = open_console()
        if not as_json:  # the answer first: figures take longer than the runs of a small site
            from ..terminal import print_answer

            print_answer(comparison, console, say, full)
        with show_status(say("cli.drawing")):
            from ..report import write_with

            write_with(comparison, out, lang, apart.figures)
    if as_json:
        import json

        print(json.dumps(comparison.to_json(), allow_nan=False))
        return
    console.print("\n" + say("cli.written", path=out), highlight=False, soft_wrap=True)


def _tell_estimates(say: Words, as_json: bool) -> Callable[[Any], None]:
    """What prints estimates as they come; beside JSON they go to stderr."""
    from ..sketching import SketchLines

    console, lines = open_console(stderr=as_json), SketchLines(say)

    def tell(estimate: Any) -> None:
        for line in lines.of(estimate):
            console.print(line, highlight=False, soft_wrap=True)

    return tell


def _typed(context: typer.Context, name: str) -> bool:
    """Was an option given on the command line?"""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _tell_failures(comparison: Any, say: Words) -> None:
    lost = [reason for reason in comparison.reasons.flat if reason]
    if lost:
        text = say("cli.failed", failed=len(lost), total=comparison.reasons.size, reason=lost[0])
        print(text, file=sys.stderr)
