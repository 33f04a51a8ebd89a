"""Variables of the environment that libraries of ours read: what they would fail on is refused, what would change a figure has no effect."""

from __future__ import annotations

import os

from ..experiments.errors import InputError
from ..scenarios.given import is_number, shown

__all__ = ["check_environment"]

# whole numbers with the least that can be meant
_WHOLE = {"NUMBA_NUM_THREADS": 1, "SOURCE_DATE_EPOCH": 0, "OMP_NUM_THREADS": 1}


def check_environment() -> None:
    """Refuse variables that would make a library fail in the middle of the work.

    Figures are drawn without a window, whatever MPLBACKEND says, so it is put aside.

    Raises
    ------
    InputError
    """
    for name, least in _WHOLE.items():
        text = os.environ.get(name, "").strip()
        if text and not (is_number(text) and float(text) == int(float(text)) and int(float(text)) >= least and text.isdigit()):
            raise InputError("variable", name=name, value=shown(text), low=least)
    os.environ["MPLBACKEND"] = "agg"
