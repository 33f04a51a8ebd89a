"""The command line: thin commands over `scenarios` and `experiments`, see `commands/`.

Heavy libraries are imported inside the commands, so `--help` starts at once. Every help text is a key of the
catalogues, translated when the command line is known (`--lang`, or the variable ECOCLUSTER_LANG).

Exit codes are those of docs/exit-codes.md.
"""

from __future__ import annotations

import errno
import gc
import math
import os
import signal
import sys
import threading
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Annotated, Any

import typer

from ..model.notice import Notice
from ..scenarios.given import is_number
from .commands import (
    analyses,
    bench,
    brief,
    causes,
    dashboard,
    office,
    parts,
    ranking,
    registries,
    runs,
    scenarios,
    sweeps,
    tune,
    waiving,
    worlds,
)
from .commands.common import LANG_VARIABLE, Lang
from .environment import check_environment, refuse_unread
from .output import guarded
from .words import LANGUAGES, Words, language_of, system_language

__all__ = ["app", "main"]

COMPLETE_VARIABLE = "_ECOCLUSTER_COMPLETE"  # as `--show-completion` writes it
DONE, FAILED, REFUSED, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
# what the user can do nothing about on the command line
_SURROUNDINGS = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE,
    errno.ENOMEM, errno.EBUSY, errno.ESTALE,
}  # fmt: skip

ONE_OF = ("--budget", "--site-budget")  # each stands in place of the other

app = typer.Typer(help="help.app", pretty_exceptions_enable=False, context_settings={"help_option_names": ["--help", "-h"]})
for module in (
    scenarios,
    registries,
    runs,
    brief,
    worlds,
    sweeps,
    parts,
    analyses,
    causes,
    ranking,
    tune,
    waiving,
    office,
    bench,
    dashboard,
):
    module.add_to(app)


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"ecocluster {version('ecocluster')}")
        raise typer.Exit


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help="help.debug")] = False,
    with_modules: Annotated[list[str] | None, typer.Option("--with", metavar="FILE", help="help.with", show_default=False)] = None,
    lang: Lang = "en",
    version: Annotated[bool, typer.Option("--version", help="help.version", callback=_tell_version, is_eager=True)] = False,
) -> None:
    """`--debug`, `--with` and `--lang` are taken out by `main`, wherever they stand; here they only appear in the help."""


# options that Typer adds, with an English text of its own
_ADDED = {"help": "help.help", "install_completion": "help.install_completion", "show_completion": "help.show_completion"}


def _translate(command: Any, say: Words, parent: Any = None) -> None:
    """Put the texts of the reader's language in place of the keys, through all commands."""
    # the option --help is made when it is first asked for, with the names that the parent gives it, and kept
    context = typer.Context(command, parent=parent, **command.context_settings)
    for item in [command, *command.get_params(context)]:
        if item.name in _ADDED and item is not command:
            item.help = _ADDED[item.name]
        for attribute in ("help", "short_help"):
            key = getattr(item, attribute, None)
            if isinstance(key, str) and key.startswith("help."):
                setattr(item, attribute, say(key))
    for child in getattr(command, "commands", {}).values():
        _translate(child, say, context)


def _language(arguments: Sequence[str]) -> str:
    """`--lang`, else what the environment says, as far as it can be told before the command line is parsed."""
    found = os.environ.get(LANG_VARIABLE) or system_language(os.environ)
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            found = arguments[index + 1]
        elif argument.startswith("--lang="):
            found = argument.partition("=")[2]
    return language_of(found) or found


def _modules(given: list[str]) -> tuple[list[str], list[str]]:
    """The command line without `--with FILE`, and the files: they are loaded before anything is asked of the registries."""
    rest, found = [], []
    words = iter(given)
    for word in words:
        name, given_here, value = word.partition("=")
        if name != "--with":
            rest.append(word)
        elif given_here:
            found.append(value)
        else:
            following = next(words, None)
            if following is None or following.startswith("-"):  # let the parser say that a value is missing
                return ["--with"], []
            found.append(following)
    return rest, found


def _behind(given: list[str], command: Any) -> list[str]:
    """The command line with a `--lang` that stands before the command behind it, where commands have theirs."""
    lang: list[str] = []
    while given and given[0].partition("=")[0] == "--lang" and len(given) >= (size := 1 if "=" in given[0] else 2):
        lang, given = given[:size], given[size:]
    path = 0
    while path < len(given) and given[path] in getattr(command, "commands", {}):
        command = command.commands[given[path]]
        path += 1
    takes = path > 0 and any("--lang" in option.opts for option in command.params)
    return [*given[:path], *(lang if takes else []), *given[path:]]


def _valued(given: list[str], command: Any) -> Iterator[tuple[Any, str, str | None]]:
    """Options that take one value, as they were typed: the option, the word for it and its value, None if another option follows."""
    for word in given:
        command = getattr(command, "commands", {}).get(word, command)
    named = {name: option for option in command.params for name in option.opts if option.param_type_name == "option"}
    words = given[: given.index("--")] if "--" in given else given
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        name, with_value, value = word.partition("=")
        option = named.get(name)
        if option is not None and not getattr(option, "is_flag", True):
            forgotten = following.startswith("--") and following.partition("=")[0] in named
            yield option, name, value if with_value else None if forgotten else following


def _misread(given: list[str], command: Any, say: Words) -> str | None:
    """What the parser would take in silence: another option as a value, one of two values, both of two that exclude each other, digits
    that are none of ours."""
    typed, seen = list(_valued(given, command)), set[str]()
    if forgotten := next((name for _, name, value in typed if value is None), None):
        return say("usage.needs_value", name=forgotten)
    for option, name, value in typed:
        first = option.opts[0]
        if first in seen and not option.multiple and first != "--lang":  # which may also stand before the command
            return say("usage.twice", name=name)
        seen.add(first)
        if value is not None and _takes_number(option) and _is_python_number(value) and not is_number(value.strip()):
            return say("usage.not_number", name=name, value=value)
    return say("usage.one_of", names=", ".join(ONE_OF)) if seen.issuperset(ONE_OF) else None


def _takes_number(option: Any) -> bool:
    """Typer tells it in two ways, by its version."""
    if (told := getattr(option, "type_descriptor", None)) is not None:
        return told.annotation in (int, float)
    return getattr(getattr(option, "type", None), "name", "") in ("integer", "float")


def _is_python_number(text: str) -> bool:
    """Would Python read it as a finite number: "1_000", digits of any script?"""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


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
    if arguments is None:  # this process is ours: it loads a thousand modules and keeps them, so cycles are looked for less often
        gc.set_threshold(100_000, 20, 50)
    with guarded() as output:
        given = list(sys.argv[1:] if arguments is None else arguments)
        lang = _language(given)
        say = Words(lang if lang in LANGUAGES else "en")
        with _warned(say), _terminable():
            code = _run(given, lang, say)
        sys.stdout.flush()
        if output.failure is not None and code == DONE:
            print(say("cli.unshown", error=output.failure.strerror), file=sys.stderr)
            code = FAILED
    return code


def _run(given: list[str], lang: str, say: Words) -> int:
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    if lang not in LANGUAGES:
        return _refuse(say, say("cli.lang", value=lang, known=", ".join(LANGUAGES)))
    command = typer.main.get_command(app)
    given, modules = _modules(given)
    if not any(word.partition("=")[0] == "--lang" for word in given):  # the command hears what the environment says
        given = ["--lang", lang, *given]
    given = _behind(given, command) or ["--help"]
    _translate(command, say)
    if COMPLETE_VARIABLE in os.environ:  # a shell asks what could follow
        return command.main(given, prog_name="ecocluster", complete_var=COMPLETE_VARIABLE, standalone_mode=False) or DONE
    if text := _misread(given, command, say):
        return _refuse(say, text)
    try:
        check_environment()
        _load(modules)
        # not `command.main`: it takes an end of file for an interruption and a closed pipe for a failure
        with command.make_context("ecocluster", given) as context:
            return command.invoke(context) or DONE
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort) as stop:
        print(say("cli.interrupted"), file=sys.stderr)
        return TERMINATED if isinstance(stop, _Terminated) else INTERRUPTED
    except Exception as error:
        if debug:
            import traceback

            traceback.print_exc()
        return _explain(error, given, say)


def _load(modules: Sequence[str]) -> None:
    if modules:
        from ..experiments import outcome  # noqa: F401 - reserves the names of its outcomes
        from ..model.loading import load_module

        for which in modules:
            load_module(which)


class _Terminated(KeyboardInterrupt):
    """SIGTERM: to be tidied up after as after Ctrl-C."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Context in which SIGTERM stops what is done in good order; a second one stops it at once."""
    before = signal.getsignal(signal.SIGTERM)
    # in a thread signals are the affair of who called, and who is told to ignore one ignores it
    if threading.current_thread() is not threading.main_thread() or before is signal.SIG_IGN:
        yield
        return

    def stop(*_: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise _Terminated

    signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


@contextmanager
def _warned(say: Words) -> Iterator[None]:
    """Context in which a warning of ours is one line in the reader's language."""
    before = warnings.showwarning

    def show(message: Any, *where: Any, **options: Any) -> None:
        if isinstance(message, Notice):
            print(say("cli.warning", text=say(f"{message.words}.{message.key}", **message.fields)), file=sys.stderr, flush=True)
        else:
            refuse_unread(message)
            before(message, *where, **options)

    warnings.showwarning = show
    try:
        yield
    finally:
        warnings.showwarning = before


def _refuse(say: Words, text: str, code: int = REFUSED) -> int:
    print(say("cli.error", text=text), file=sys.stderr)
    return code


def _explain(error: Exception, given: Sequence[str], say: Words) -> int:
    """A line for input that cannot be used (2), one for surroundings or a defect of ours (1)."""
    if hasattr(error, "format_message"):  # of the parser: an option that is not known, a value that is missing, ...
        from .usage import usage_text

        return _refuse(say, usage_text(error, given, say))
    from ..experiments.errors import ELSEWHERE, InputError
    from ..model.modules import ModuleError
    from ..scenarios import ScenarioError

    code = FAILED if _is_of_surroundings(error, ELSEWHERE) else REFUSED
    if isinstance(error, InputError):
        return _refuse(say, say.error(error), code)
    if isinstance(error, ScenarioError):
        from .problems import problem_text

        return _refuse(say, problem_text(error, say), code)
    if isinstance(error, ModuleError):
        return _refuse(say, " ".join(say(f"module.{error.key}", **error.fields).split()), code)
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename is not None else ""
        return _refuse(say, place + error.strerror, FAILED)
    text = " ".join(f"{type(error).__name__}: {error}".split())
    print(say("cli.unexpected", text=text), file=sys.stderr)
    return FAILED


def _is_of_surroundings(error: BaseException | None, keys: Collection[str]) -> bool:
    """Does a failure of the system, or a worker that died, lie at the bottom of an error?"""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _SURROUNDINGS or getattr(error, "key", None) in keys:
            return True
        error = error.__cause__ or error.__context__
    return False


if __name__ == "__main__":
    sys.exit(main())
