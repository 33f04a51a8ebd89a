"""Bad input, told in one sentence. The command line translates the sentence by its key."""

from __future__ import annotations

import math
from numbers import Real

__all__ = ["MESSAGES", "InputError", "check_number"]

MESSAGES = {
    "not_integer": "{name} must be a whole number, not {value}",
    "not_number": "{name} must be a finite number, not {value}",
    "below": "{name} is {value}, but must be at least {low}",
    "above": "{name} is {value}, but must be at most {high}",
    "duplicate": "{kind} '{value}' is named twice",
    "empty": "{name} is empty",
    "out_is_file": "{path} is a file, not a folder",
    "out_not_ours": "{path} holds files that ecocluster did not write; choose another --out",
    "out_not_writable": "{path} cannot be written",
    "out_failed": "{path} cannot be written: {error}",
    "out_clash": "{path} was not written by ecocluster and would be overwritten; choose another --out",
    "no_runs": "every run failed: {reason}",
}


class InputError(ValueError):
    """Input that cannot be used.

    Attributes
    ----------
    key : str
        Of `MESSAGES`.
    fields : dict
        What the sentence names: option, value, allowed range.
    """

    def __init__(self, key: str, **fields) -> None:
        self.key, self.fields = key, fields
        super().__init__(MESSAGES[key].format(**fields))


def check_number(name: str, value, low: float, high: float = math.inf, whole: bool = False):
    """Return a number within [low, high], or refuse it.

    Parameters
    ----------
    name : str
        Option or argument as the user knows it.
    value : int or float
    low, high : float
    whole : bool
        Must it be an integer?
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError("not_integer" if whole else "not_number", name=name, value=repr(value))
    if not math.isfinite(value):
        raise InputError("not_number", name=name, value=value)
    if whole and value != int(value):
        raise InputError("not_integer", name=name, value=value)
    if value < low:
        raise InputError("below", name=name, value=value, low=low)
    if value > high:
        raise InputError("above", name=name, value=value, high=high)
    return int(value) if whole else float(value)
