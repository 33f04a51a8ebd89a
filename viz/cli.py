"""The command line: thin commands over `scenarios` and `experiments`.

Heavy libraries are imported inside the commands, so `--help` starts at once. Every help text is a key of the
catalogues, translated when the command line is known (`--lang`, or the variable ECOCLUSTER_LANG).

Exit codes: 0 done; 1 a defect of ours; 2 input that cannot be used (one line says what); 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .words import LANGUAGES, Words

__all__ = ["app", "main"]

INTERRUPTED = 130
LANG_VARIABLE = "ECOCLUSTER_LANG"

app = typer.Typer(help="help.app", add_completion=False, pretty_exceptions_enable=False)
scenarios_app = typer.Typer(help="help.scenarios")
app.add_typer(scenarios_app, name="scenarios")

Scenario = Annotated[str, typer.Argument(help="help.scenario")]
Policy = Annotated[str, typer.Option(help="help.policy")]
Budget = Annotated[float, typer.Option(help="help.budget")]
SiteBudget = Annotated[float | None, typer.Option(help="help.site_budget", show_default=False)]
Seed = Annotated[int, typer.Option(help="help.seed")]
Lang = Annotated[str, typer.Option(help="help.lang", envvar=LANG_VARIABLE)]
Out = Annotated[Path | None, typer.Option(help="help.out", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="help.json")]


@app.callback()
def _root(debug: Annotated[bool, typer.Option("--debug", help="help.debug")] = False) -> None:
    """`--debug` is taken out by `main`, wherever it stands; here it only appears in the help."""


@scenarios_app.command("list", help="help.list")
def list_command(lang: Lang = "en") -> None:
    from .. import scenarios
    from .terminal import print_entries

    say, console = Words(lang), _console()
    for title, entries in (
        ("sites", scenarios.list_sites()),
        ("pathways", scenarios.list_pathways()),
        ("portfolios", scenarios.list_portfolios()),
        ("policies", scenarios.list_policies()),
        ("shocks", scenarios.list_shocks()),
    ):
        print_entries(say(f"cli.{title}"), entries, console, say)


@scenarios_app.command("show", help="help.show")
def show_command(name: Annotated[str, typer.Argument(help="help.show_name")]) -> None:
    from ..scenarios import describe
    from .terminal import print_facts

    facts = describe(name)
    if facts.get("published"):
        from ..experiments.published import meet_published
        from ..scenarios import load_scenario, load_shocks

        scenario = load_scenario(name)
        met = meet_published(scenario.site, scenario.parameters, load_shocks(scenario.shocks))
        for key, (mean, half) in met.items():
            if key in facts["published"]:
                digits = 0 if mean >= 100 else 3
                facts["published"][key]["burn_in"] = f"{mean:,.{digits}f} ± {half:,.{digits}f}"
    print_facts(facts, _console())


@scenarios_app.command("validate", help="help.validate")
def validate_command(
    file: Annotated[Path, typer.Argument(help="help.validate_file")], lang: Lang = "en"
) -> None:
    from ..scenarios import validate_file
    from .terminal import print_facts

    facts = validate_file(file)
    console = _console()
    console.print(Words(lang)("cli.valid", path=file), highlight=False)
    print_facts(facts, console)


@scenarios_app.command("new", help="help.new")
def new_command(
    name: Annotated[str, typer.Argument(help="help.new_name")],
    firms: Annotated[Path, typer.Option(help="help.new_firms")],
    out: Annotated[Path, typer.Option(help="help.new_out")] = Path("."),
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows", help="help.new_skip")] = False,
) -> None:
    from ..scenarios import new_scenario

    print(new_scenario(name, firms, out, skip_bad_rows))


@app.command("run", help="help.run")
def run_command(
    scenario: Scenario = "hanoi",
    pathway: Annotated[str, typer.Option(help="help.pathway")] = "combined",
    policy: Policy = "vietnam-2020",
    replicate: Annotated[int, typer.Option(help="help.replicate")] = 0,
    budget: Budget = 150.0,
    site_budget: SiteBudget = None,
    seed: Seed = 1,
    lang: Lang = "en",
    out: Out = None,
) -> None:
    from ..experiments import run
    from ..experiments.folder import check_folder
    from .terminal import print_run

    say = Words(lang)
    out = out or Path("out") / f"run-{_slug(scenario)}-{_slug(pathway)}"
    check_folder(out)
    with _progress(say) as progress:
        numbers, single = run(
            scenario, pathway, policy, replicate=replicate, budget=budget, site_budget=site_budget, seed=seed,
            progress=progress,
        )  # fmt: skip
    from .report import write_run

    flows = list(single.flows)
    console = _console()
    fields = {
        "site": numbers.trace.site.name,
        "pathway": say.name("pathway", pathway),
        "replicate": replicate,
        "seed": seed,
    }
    console.print(f"[bold]{say('cli.run_title', **fields)}[/]\n", highlight=False)
    print_run(numbers, flows, console, say)
    write_run(numbers, flows, out, lang)
    console.print("\n" + say("cli.written_run", path=out), highlight=False, soft_wrap=True)


@app.command("compare", help="help.compare")
def compare_command(
    scenario: Scenario = "hanoi",
    pathways: Annotated[list[str] | None, typer.Option(help="help.pathways", show_default=False)] = None,
    policy: Policy = "vietnam-2020",
    replicates: Annotated[int, typer.Option(help="help.replicates")] = 20,
    budget: Budget = 150.0,
    site_budget: SiteBudget = None,
    seed: Seed = 1,
    threads: Annotated[int | None, typer.Option(help="help.threads", show_default=False)] = None,
    lang: Lang = "en",
    out: Out = None,
    sample: Annotated[bool, typer.Option("--sample", help="help.sample")] = False,
    as_json: AsJson = False,
) -> None:
    from ..experiments import PATHWAYS, compare
    from ..experiments.folder import check_folder

    say = Words(lang)
    out = out or Path("out") / f"compare-{_slug(scenario)}"
    check_folder(out)
    names = [name.strip() for text in pathways for name in text.split(",")] if pathways else PATHWAYS
    with _progress(say) as progress:
        comparison = compare(
            scenario, names, policy, replicates=replicates, budget=budget, site_budget=site_budget, seed=seed,
            threads=threads, sample=sample, progress=progress,
        )  # fmt: skip
    with _status(say("cli.drawing")):
        from .report import write_report

        write_report(comparison, out, lang)
    _tell_failures(comparison, say)
    if as_json:
        import json

        print(json.dumps(comparison.to_json(), allow_nan=False))
        return
    from .terminal import print_comparison

    console = _console()
    print_comparison(comparison, console, say)
    console.print("\n" + say("cli.written", path=out), highlight=False, soft_wrap=True)


@app.command("bench", help="help.bench")
def bench_command(as_json: AsJson = False) -> None:
    from ..experiments.bench import bench

    bench(json=as_json)


def _slug(name: str) -> str:
    """Name of a scenario or pathway as part of a folder's name; a file gives its stem."""
    return Path(name).stem if name.endswith(".toml") else name.replace("/", "-").replace(os.sep, "-")


def _console(stderr: bool = False):
    """A console; outside a terminal as wide as our tables."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 100)


def _tell_failures(comparison: Any, say: Words) -> None:
    lost = comparison.runs[comparison.runs["failed"] != ""]
    if len(lost):
        text = say("cli.failed", failed=len(lost), total=len(comparison.runs), reason=lost["failed"].iloc[0])
        print(text, file=sys.stderr)


def _kernels_are_cold() -> bool:
    """Will the model be compiled first?"""
    from ..model.jit import cache_folder

    folder = cache_folder()
    return folder is None or next(Path(folder).rglob("*.nbi"), None) is None


@contextmanager
def _progress(say: Words) -> Iterator[Callable[[int, int], None]]:
    """A bar with the remaining time on stderr; gives the function to call with (done, total)."""
    console = _console(stderr=True)
    if not console.is_terminal:

        def tell(done: int, total: int) -> None:
            if done == 0 and _kernels_are_cold():
                print(say("cli.compiling"), file=sys.stderr, flush=True)

        yield tell
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(say("cli.preparing"), total=None)

        def report(done: int, total: int) -> None:
            text = say("cli.compiling" if done == 0 and _kernels_are_cold() else "cli.simulating")
            bar.update(task, completed=done, total=total, description=text)

        yield report


@contextmanager
def _status(text: str) -> Iterator[None]:
    """A spinner on stderr, in a terminal only."""
    with _console(stderr=True).status(text):
        yield


def _translate(command: Any, say: Words) -> None:
    """Put the texts of the reader's language in place of the keys, through all commands."""
    for item in [command, *getattr(command, "params", ())]:
        for attribute in ("help", "short_help"):
            key = getattr(item, attribute, None)
            if isinstance(key, str) and key.startswith("help."):
                setattr(item, attribute, say(key))
    for child in getattr(command, "commands", {}).values():
        _translate(child, say)


def _language(arguments: Sequence[str]) -> str:
    """`--lang` as far as it can be told before the command line is parsed."""
    found = os.environ.get(LANG_VARIABLE, "en")
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            found = arguments[index + 1]
        elif argument.startswith("--lang="):
            found = argument.partition("=")[2]
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of `ecocluster`.

    Parameters
    ----------
    arguments : sequence of str, optional
        Default: those of the process.

    Returns
    -------
    int
        Exit code.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"] or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without Vietnamese letters is no reason to fail
    lang = _language(given)
    say = Words(lang if lang in LANGUAGES else "en")
    if lang not in LANGUAGES:
        return _refuse(say, say("cli.lang", value=lang, known=", ".join(LANGUAGES)))
    command = typer.main.get_command(app)
    _translate(command, say)
    try:
        code = command.main(given, prog_name="ecocluster", standalone_mode=False) or 0
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, e.g. `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        return _explain(error, say)
    if code == INTERRUPTED:  # typer itself makes this code of Ctrl-C
        print(say("cli.interrupted"), file=sys.stderr)
    return code


def _refuse(say: Words, text: str) -> int:
    print(say("cli.error", text=text), file=sys.stderr)
    return 2


def _explain(error: Exception, say: Words) -> int:
    """One line for input that cannot be used (2), one for what should not have happened (1)."""
    usage = getattr(error, "format_message", None)  # typer's own errors: unknown option, not a number, ...
    if usage is not None:
        return _refuse(say, usage())
    from ..experiments.errors import InputError
    from ..scenarios import ScenarioError

    if isinstance(error, InputError):
        return _refuse(say, say.error(error))
    if isinstance(error, ScenarioError):
        return _refuse(say, error.details())
    print(say("cli.unexpected", text=f"{type(error).__name__}: {error}"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
