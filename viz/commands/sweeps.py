"""`ecocluster sweep | resume | status | export | rerun`: experiments that may be interrupted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..words import Words
from .common import AsJson, Lang, open_console, show_progress

if TYPE_CHECKING:
    from ...experiments.errors import InputError
    from ...experiments.sweeps.results import Status

Folder = Annotated[str, typer.Argument(help="help.sweep_folder")]
Scheduler = Annotated[str, typer.Option(help="help.scheduler")]
Workers = Annotated[int | None, typer.Option(help="help.workers", show_default=False)]
OtherProcessor = Annotated[bool, typer.Option("--other-processor", help="help.other_processor")]


def add_to(app: typer.Typer) -> None:
    app.command("sweep", help="help.sweep")(sweep_command)
    app.command("resume", help="help.resume")(resume_command)
    app.command("status", help="help.status")(status_command)
    app.command("export", help="help.export")(export_command)
    app.command("rerun", help="help.rerun")(rerun_command)


def sweep_command(
    experiment: Annotated[Path, typer.Argument(help="help.experiment")],
    out: Annotated[str | None, typer.Option(help="help.sweep_out", show_default=False)] = None,
    scheduler: Scheduler = "threads",
    workers: Workers = None,
    until_ci: Annotated[float | None, typer.Option(help="help.until_ci", show_default=False)] = None,
    outcome: Annotated[str | None, typer.Option(help="help.until_outcome", show_default=False)] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="help.dry_run")] = False,
    other_processor: OtherProcessor = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.sweeps import runner

    say = Words(lang)
    if dry_run:
        how: dict[str, Any] = {"scheduler": scheduler, "workers": workers, "until_ci": until_ci, "outcome": outcome}
        _tell_estimate(runner.estimate(experiment, **how), say, as_json)
        return
    out = out or str(Path("out") / f"sweep-{experiment.stem}")
    _conduct(
        lambda **how: runner.sweep(experiment, out, until_ci=until_ci, outcome=outcome, **how),
        out, scheduler, workers, other_processor, say, as_json,
    )  # fmt: skip


def resume_command(
    folder: Folder,
    scheduler: Scheduler = "threads",
    workers: Workers = None,
    other_processor: OtherProcessor = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.sweeps import runner

    _conduct(lambda **how: runner.resume(folder, **how), folder, scheduler, workers, other_processor, Words(lang), as_json)


def rerun_command(
    folder: Folder,
    failed: Annotated[bool, typer.Option("--failed", help="help.rerun_failed")] = False,
    scheduler: Scheduler = "threads",
    workers: Workers = None,
    other_processor: OtherProcessor = False,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.errors import InputError
    from ...experiments.sweeps import runner

    if not failed:
        raise InputError("rerun_what")
    _conduct(lambda **how: runner.rerun(folder, **how), folder, scheduler, workers, other_processor, Words(lang), as_json)


def status_command(
    folder: Folder,
    outcome: Annotated[str | None, typer.Option(help="help.status_outcome", show_default=False)] = None,
    lang: Lang = "en",
    as_json: AsJson = False,
) -> None:
    from ...experiments.sweeps.results import status

    report(status(folder), folder, Words(lang), as_json, outcome)


def export_command(
    folder: Folder,
    file: Annotated[Path, typer.Option("--to", help="help.export_to")],
    lang: Lang = "en",
) -> None:
    from ...experiments.sweeps.results import export

    rows = export(folder, file)
    print(Words(lang)("sweep.exported", rows=rows, path=file))


def _conduct(
    run: Callable[..., Status], folder: str, scheduler: str, workers: int | None, other_processor: bool, say: Words, as_json: bool
) -> None:
    """Run with progress; a sweep of another processor asks first, Ctrl-C once finishes what is under way, and in both cases says how to go on."""

    from ...experiments.errors import InputError

    def on_stop(chunks: int) -> None:
        print("\n" + say("sweep.stopping", chunks=chunks), file=sys.stderr, flush=True)

    def go(other_processor: bool) -> Status:
        with show_progress(say) as progress:
            return run(scheduler=scheduler, workers=workers, progress=progress, on_stop=on_stop, other_processor=other_processor)

    try:
        try:
            done = go(other_processor)
        except InputError as error:
            if error.key != "sweep_processor" or not _agreed(error, say):
                raise
            done = go(True)
    except KeyboardInterrupt:
        from ...experiments.sweeps.store import Store

        if Store(folder).exists():  # it may not have come to that
            print(say("sweep.resume_with", folder=folder), file=sys.stderr)
        raise
    report(done, folder, say, as_json, None)


def _agreed(error: InputError, say: Words) -> bool:
    """Ask whether a sweep may go on where another kind of processor began it; without a terminal nobody can answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(say("sweep.other_processor", **error.fields), err=True)


def report(found: Status, folder: str, say: Words, as_json: bool, outcome: str | None) -> None:
    from ...experiments.sweeps.results import effects

    rows = effects(folder, outcome)
    if as_json:
        import json

        answer: dict[str, Any] = {**asdict(found), "complete": found.complete, "effects": [_plain(asdict(row)) for row in rows]}
        print(json.dumps(answer, allow_nan=False, ensure_ascii=False))
        return
    console = open_console()
    fields = {"done": say.number(found.runs_done), "runs": say.number(found.runs), "chunks": found.chunks_done,
              "all": found.chunks, "size": say.number(found.size / 1e6, 2), "path": found.path}  # fmt: skip
    console.print(say("sweep.state", **fields), highlight=False, soft_wrap=True)
    if found.stopped:
        console.print(say(f"sweep.{found.stopped}", replicates=found.replicates), highlight=False, soft_wrap=True)
    for match in found.matches:
        off = abs(match["realised"] / match["target"] - 1)
        text = say("sweep.match", arm=say.name("pathway", match["pathway"]), budget=say.number(match["budget_bn"], 2),
                   realised=f"{match['realised']:.4g}", target=f"{match['target']:.4g}", off=say.percent(off, 1))  # fmt: skip
        console.print(text + (" " + say("sweep.not_matched") if off > 0.01 else ""), highlight=False, soft_wrap=True)
    for cause, count in found.failed.items():
        console.print(say("sweep.failed", count=count, cause=cause), highlight=False, soft_wrap=True)
    for kind in ("damaged", "foreign", "doubled"):
        for name in getattr(found, kind):
            console.print(say(f"sweep.{kind}", name=name), highlight=False, soft_wrap=True)
    if not found.complete or found.failed:
        key = "sweep.rerun_with" if found.complete else "sweep.resume_with"
        console.print(say(key, folder=folder), highlight=False, soft_wrap=True)
    _print_effects(rows, found.baseline, console, say)


def _print_effects(rows: list, baseline: str, console: Any, say: Words) -> None:
    if not rows:
        return
    from rich.table import Table

    from ..analyses.page import outcome_label

    shown = rows[0].outcome
    title = say(f"sweep.effects_{baseline}", outcome=f"{outcome_label(shown, say)} ({shown})")
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column(say("sweep.arm"))
    table.add_column(say.name("pathway", baseline), justify="right")
    for key in ("difference", "interval", "gain"):
        table.add_column(say(f"sweep.{key}"), justify="right")
    largest = max(abs(row.null) for row in rows)
    digits = 3 if largest < 10 else 1 if largest < 1000 else 0
    for row in rows:
        name = f"{say.name('pathway', row.pathway)}, {row.policy}, {say.number(row.budget_bn, 0 if row.budget_bn == round(row.budget_bn) else 1)}"
        low, high = (say.number(end, digits, sign=True) for end in (row.difference.low, row.difference.high))
        table.add_row(name, say.number(row.null, digits), say.number(row.difference.mean, digits, sign=True),
                      f"{low} … {high}", say.number(row.gain, 1))  # fmt: skip
    console.print(table)
    console.print(say("sweep.gain_means"), highlight=False, soft_wrap=True)


def _plain(values: Any) -> Any:
    """nan as null, for JSON."""
    if isinstance(values, dict):
        return {key: _plain(value) for key, value in values.items()}
    return None if isinstance(values, float) and values != values else values


def _tell_estimate(found: Any, say: Words, as_json: bool) -> None:
    if as_json:
        import json

        print(json.dumps(asdict(found)))
        return
    seconds = found.seconds
    time = say("sweep.seconds", n=say.number(seconds, 1)) if seconds < 120 else (
        say("sweep.minutes", n=say.number(seconds / 60, 1)) if seconds < 7200 else say("sweep.hours", n=say.number(seconds / 3600, 1)))  # fmt: skip
    print(say("sweep.estimate", runs=say.number(found.runs), points=say.number(found.points), arms=found.arms,
              chunks=say.number(found.chunks), time=time, workers=found.workers, size=say.number(found.size / 1e6, 1)))  # fmt: skip
