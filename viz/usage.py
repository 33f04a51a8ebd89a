"""What the parser of the command line refuses, in the reader's language: one line with the option, the value and what is allowed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .words import Words

__all__ = ["usage_text"]

_NO_COMMAND = re.compile(r"No such command '(.*?)'")
_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)")
_KIND = re.compile(r"valid (integer|number|float)")


def usage_text(error: Any, given: Sequence[str], say: Words) -> str:
    """What is wrong.

    Parameters
    ----------
    error
        Of the parser; it comes with Typer, whose older versions took it from Click, so it is known by the names of its classes.
    given : sequence of str
        The command line.
    say : Words
    """
    classes = {made.__name__ for made in type(error).__mro__}
    command = getattr(getattr(error, "ctx", None), "command", None)
    if "NoSuchOption" in classes:
        known = [option for parameter in getattr(command, "params", ()) if not parameter.hidden for option in parameter.opts]
        return _near("no_option", error.option_name, known, say)
    if "MissingParameter" in classes and error.param is not None:
        kind = "missing_option" if error.param.param_type_name == "option" else "missing_argument"
        return say(f"usage.{kind}", name=_name(error.param))
    if "BadOptionUsage" in classes:
        return say("usage.no_value" if "not take a value" in error.message else "usage.needs_value", name=error.option_name)
    if "BadParameter" in classes and error.param is not None:
        fields = {"name": _name(error.param), "value": _value(error.param, given)}
        wanted = _KIND.search(error.message)
        if wanted is None:
            return say("usage.bad_value", **fields, cause=error.message)
        return say("usage.not_whole" if wanted[1] == "integer" else "usage.not_number", **fields)
    message = str(error.format_message())
    if found := _NO_COMMAND.search(message):
        return _near("no_command", found[1], list(getattr(command, "commands", ())), say)
    if found := _EXTRA.search(message):
        return say("usage.extra", values=found[1])
    return say("usage.missing_command", known=", ".join(getattr(command, "commands", ()))) if message.startswith("Missing command") else message  # fmt: skip


def _near(key: str, name: str, known: Sequence[str], say: Words) -> str:
    from ..scenarios.errors import nearest_name

    near = nearest_name(name, known)
    return say(f"usage.{key}_near", name=name, near=near) if near else say(f"usage.{key}", name=name)


def _name(parameter: Any) -> str:
    """As the user knows it."""
    return parameter.opts[-1] if parameter.param_type_name == "option" else parameter.name


def _value(parameter: Any, given: Sequence[str]) -> str:
    """What was typed for an option: the last time, as it counts."""
    found = ""
    for index, word in enumerate(given):
        option, is_there, value = word.partition("=")
        if option in parameter.opts and is_there:
            found = value
        elif word in parameter.opts and index + 1 < len(given):
            found = given[index + 1]
    return found
