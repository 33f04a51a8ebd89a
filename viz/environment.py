"""Variables of the environment that libraries of ours read: what they would fail on is refused, what would change a figure has no effect."""

from __future__ import annotations

import logging
import os
import re
from difflib import get_close_matches
from typing import Any

from ..experiments.errors import InputError
from ..scenarios.given import is_number, path_of, shown

__all__ = ["check_environment", "refuse_unread"]

# whole numbers with the least that can be meant
_WHOLE = {"NUMBA_NUM_THREADS": 1, "SOURCE_DATE_EPOCH": 0, "OMP_NUM_THREADS": 1, "ECOCLUSTER_KEEP_MB": 0}
_LISTS = ("OMP_NUM_THREADS",)
_FOLDERS = ("ECOCLUSTER_CACHE_DIR", "XDG_CACHE_HOME")  # of compiled kernels: without them every start compiles
_PREFIX = "ECOCLUSTER_"
_OURS = {f"{_PREFIX}{name}" for name in ("CACHE_DIR", "KEEP_MB", "LANG", "SHIPPED", "READ_ONLY", "RESULTS", "SCENARIO")}
_UNREAD = re.compile(r"Environment variable '(\w+)' is defined but")  # Numba's words, with a traceback behind them


def check_environment() -> None:
    """Refuse variables that would make a library fail in the middle of the work.

    Figures are drawn without a window and in settings of our own, whatever MPLBACKEND and a matplotlibrc say, so these are put
    aside: a file that cannot be read would stand between the runs and their results. Nor is anything said where Matplotlib has no
    place for what it keeps between two starts.

    Raises
    ------
    InputError, ScenarioError
    """
    for name, least in _WHOLE.items():
        text = os.environ.get(name, "").strip()
        parts = text.split(",") if name in _LISTS else [text]  # OpenMP: threads of each level
        if text and not all(is_number(part) and part.isdigit() and int(part) >= least for part in parts):
            raise InputError("variable", name=name, value=shown(text), low=least)
    for name in os.environ:
        own, rest = name.startswith(_PREFIX) and name not in _OURS, name.removeprefix(_PREFIX)
        if own and (near := get_close_matches(rest, [one.removeprefix(_PREFIX) for one in _OURS], 1, 0.8)):
            raise InputError("variable_misspelt", name=shown(name), nearest=_PREFIX + near[0])
    for name in _FOLDERS:
        if os.environ.get(name):
            path_of(os.environ[name], name)
    os.environ["MPLBACKEND"], os.environ["MATPLOTLIBRC"] = "agg", os.devnull
    logging.getLogger("matplotlib").setLevel(logging.ERROR)


def refuse_unread(warning: Any) -> None:
    """Raise `InputError` if a library warns that it cannot read a variable of its own."""
    if found := _UNREAD.match(str(warning)):
        raise InputError("variable_unread", name=found[1], value=shown(os.environ.get(found[1], "")))
