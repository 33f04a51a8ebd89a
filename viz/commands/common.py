"""What commands share: options that mean the same everywhere, the console, progress on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ..words import Words

LANG_VARIABLE = "ECOCLUSTER_LANG"

Scenario = Annotated[str, typer.Argument(help="help.scenario")]
Policy = Annotated[str, typer.Option(help="help.policy")]
Law = Annotated[str, typer.Option(help="help.law")]
Budget = Annotated[float, typer.Option("--budget", metavar="BN_VND", help="help.budget")]
SiteBudget = Annotated[float | None, typer.Option("--site-budget", metavar="BN_VND", help="help.site_budget", show_default=False)]
Threads = Annotated[int | None, typer.Option(help="help.threads", show_default=False)]
Seed = Annotated[int, typer.Option(help="help.seed")]
Lang = Annotated[str, typer.Option(help="help.lang", envvar=LANG_VARIABLE)]
Out = Annotated[Path | None, typer.Option(help="help.out", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="help.json")]


def slug(name: str) -> str:
    """Name of a scenario or pathway as part of a folder's name; a file gives its stem."""
    return Path(name).stem if name.endswith(".toml") else name.replace("/", "-").replace(os.sep, "-").replace(":", "-")


def listed(text: str) -> tuple[str, ...]:
    """Parts of a comma-separated option."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def open_console(stderr: bool = False):
    """A console; outside a terminal as wide as our tables."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 100)


def kernels_are_cold() -> bool:
    """Will the model be compiled first?"""
    from ...model.compiling import is_compiled

    return not is_compiled()


@contextmanager
def show_progress(say: Words) -> Iterator[Callable[[int, int], None]]:
    """A bar with the remaining time on stderr; gives the function to call with (done, total)."""
    console = open_console(stderr=True)
    if not console.is_terminal:

        def tell(done: int, total: int) -> None:
            if done == 0 and kernels_are_cold():
                print(say("cli.compiling"), file=sys.stderr, flush=True)

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(say("cli.preparing"), total=None)

        def report(done: int, total: int) -> None:
            text = say("cli.compiling" if done == 0 and kernels_are_cold() else "cli.simulating")
            bar.update(task, completed=done, total=total, description=text)

        yield report


@contextmanager
def show_status(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr, in a terminal only; gives the function that adds to its text what is done now."""
    with open_console(stderr=True).status(text) as status:
        yield lambda now: status.update(f"{text} {now}")
