"""The command line: thin commands over `scenarios` and `experiments`, see `commands/`.

Heavy libraries are imported inside the commands, so `--help` starts at once. Every help text is a key of the
catalogues, translated when the command line is known (`--lang`, or the variable ECOCLUSTER_LANG).

Exit codes: 0 done; 1 a defect of ours; 2 input that cannot be used (one line says what); 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from .commands import analyses, bench, causes, dashboard, runs, scenarios, sweeps, worlds
from .commands.common import LANG_VARIABLE
from .words import LANGUAGES, Words

__all__ = ["app", "main"]

INTERRUPTED = 130

app = typer.Typer(help="help.app", add_completion=False, pretty_exceptions_enable=False)
for module in (scenarios, runs, worlds, sweeps, analyses, causes, bench, dashboard):
    module.add_to(app)


@app.callback()
def _root(debug: Annotated[bool, typer.Option("--debug", help="help.debug")] = False) -> None:
    """`--debug` is taken out by `main`, wherever it stands; here it only appears in the help."""


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
        from .problems import problem_text

        return _refuse(say, problem_text(error, say))
    print(say("cli.unexpected", text=f"{type(error).__name__}: {error}"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
