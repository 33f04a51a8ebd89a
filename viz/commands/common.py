"""What commands share: options that mean the same everywhere, the console, progress on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from inspect import Parameter, Signature, signature
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...experiments.errors import InputError
from ...experiments.question import COMMANDS, FIELDS
from ...scenarios.given import is_number, number_of, path_of
from ..words import Words, language_of

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

LANG_VARIABLE = "ECOCLUSTER_LANG"

Threads = Annotated[int | None, typer.Option(help="help.threads", show_default=False)]
Lang = Annotated[str, typer.Option(help="help.lang", envvar=LANG_VARIABLE, callback=lambda value: language_of(value) or value)]
Out = Annotated[Path | None, typer.Option(help="help.out", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="help.json")]


_MONEY = {"metavar": "BN_VND"}


def _option(command: str, name: str) -> Any:
    """One thing that a command asks, as Typer takes it."""
    at_worlds = "worlds" in COMMANDS[command]
    kinds: dict[str, tuple[Any, str, dict[str, Any]]] = {
        "scenario": (str, "scenario", {}),
        "pathway": (str, "pathway" if command == "run" else "pathway_studied", {}),
        "pathways": (list[str] | None, "pathways", {"show_default": False}),
        "policy": (str, "policy", {}),
        "law": (str, "law", {}),
        "worlds": (int | None, "worlds", {"show_default": "20" if command == "waiving" else "100"}),
        "fixed": (bool, "fixed", {}),
        "replicates": (int | None, "replicates_worlds", {"show_default": False}) if at_worlds else (int, "replicates", {}),
        "replicate": (int, "replicate", {}),
        "budget_bn": (float, "budget", _MONEY),
        "site_budget_bn": (float | None, "site_budget", {**_MONEY, "show_default": False}),
        "levers": (list[str] | None, "set", {"show_default": False}),
        "scale": (str, "scale", {}),
        "equal": (bool, "equal", {}),
        "tuned": (str | None, "tuned", {"show_default": False}),
        "seed": (int, "seed", {}),
    }
    kind, text, more = kinds[name]
    option = FIELDS[name].option
    made = typer.Option(option, help=f"help.{text}", **more) if option else typer.Argument(help=f"help.{text}", **more)
    return Annotated[kind, made]


def _typed_default(name: str, default: Any) -> Any:
    """What stands behind an option that nobody typed, as Typer shows it."""
    return {"pathways": None, "levers": None, "scale": "1"}.get(name, default)


def _read(name: str, value: Any, default: Any) -> Any:
    """What was typed, as the question has it."""
    if name == "scenario":
        from ...scenarios import site_id

        return site_id(value)
    if name == "levers":
        return _read_levers(value or [])
    if name == "scale":
        return _read_scale(value)
    if name == "pathways":
        return tuple(part for text in value for part in listed(text)) if value else default
    return value


def asks(command: str, without: Collection[str] = ()) -> Callable[[Callable], Callable]:
    """Decorator of a command: gives it the options of what it asks (`question.COMMANDS`), and their values as `asked`.

    The options of its own stand behind them; `without` names those that it does not take.
    """
    taken = {name: default for name, default in COMMANDS[command].items() if name not in without}

    def give(function: Callable) -> Callable:
        own = [entry for entry in signature(function, eval_str=True).parameters.values() if entry.name != "asked"]
        shared = [
            Parameter(
                name, Parameter.POSITIONAL_OR_KEYWORD, default=_typed_default(name, default), annotation=_option(command, name)
            )
            for name, default in taken.items()
        ]
        first = [entry for entry in own if entry.default is Parameter.empty]  # the context

        def call(**given: Any) -> None:
            asked = {name: _read(name, given.pop(name), default) for name, default in taken.items()}
            function(asked=asked, **given)

        parameters = [*first, *shared, *(entry for entry in own if entry not in first)]
        call.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
        call.__annotations__ = {entry.name: entry.annotation for entry in parameters}
        call.__name__ = function.__name__
        return call

    return give


def _read_scale(text: str) -> float | None:
    """Scale factor of the programmes; None: found by pilots."""
    if text == "auto":
        return None
    if not is_number(text):
        raise InputError("not_a_scale", value=text)
    return float(text)


def _read_levers(texts: list[str]) -> tuple[tuple[str, float], ...]:
    """Levers from `--set NAME=VALUE`, each named once."""
    levers = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not given or not name.strip():
            raise InputError("not_a_setting", value=text)
        if name.strip() in levers:
            raise InputError("duplicate", kind="--set", value=name.strip())
        levers[name.strip()] = number_of(value, f"--set {name.strip()}")
    return tuple(levers.items())


def slug(name: str) -> str:
    """Name of a scenario or pathway as part of a folder's name; a file gives its stem."""
    return (
        path_of(name, "scenario").stem if name.endswith(".toml") else name.replace("/", "-").replace(os.sep, "-").replace(":", "-")
    )


def listed(text: str) -> tuple[str, ...]:
    """Parts of a comma-separated option."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def open_console(stderr: bool = False):
    """A console that shows texts as they are, brackets included; outside a terminal 80 columns wide, as a page is."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 80, markup=False, emoji=False)


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
        task, begun = bar.add_task(say("cli.preparing"), total=None), Event()
        compiling = Thread(target=_show_compiling, args=(bar, task, say("cli.compiling"), begun), daemon=True)

        def report(done: int, total: int) -> None:
            if done == 0 and kernels_are_cold():
                if not compiling.ident:
                    compiling.start()
                return
            begun.set()
            bar.update(task, completed=done, total=total, description=say("cli.simulating"))

        try:
            yield report
        finally:
            begun.set()


def _show_compiling(bar: Progress, task: TaskID, text: str, begun: Event) -> None:
    """Move a bar by the kernels that are compiled, until runs are done."""
    from ...model.compiling import how_far

    while not begun.wait(0.3):
        done, total = how_far()
        bar.update(task, completed=done, total=total, description=text)


@contextmanager
def show_status(text: str) -> Iterator[Callable[[str], None]]:
    """A spinner on stderr, in a terminal only; gives the function that adds to its text what is done now."""
    with open_console(stderr=True).status(text) as status:
        yield lambda now: status.update(f"{text} {now}")
