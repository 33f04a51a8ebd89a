"""What is asked of Numba only when a kernel must be compiled: to load it takes a third of the time to the first line of an answer.

Nothing here loads it, unless somebody has set something that only Numba can read.
"""

from __future__ import annotations

import os
import sys
import threading
from importlib import import_module
from typing import Any

__all__ = ["DISABLE_JIT", "LOADING", "Late", "numba_decides"]

LOADING = threading.RLock()  # Numba's modules import each other in a circle: of two threads, one would find them half made
_FILE = ".numba_config.yaml"  # in the working folder, Numba's settings


def numba_decides(*settings: str) -> bool:
    """Must Numba itself be asked for these settings: is it loaded, or one of them given, as a variable or maybe in its file?"""
    return "numba" in sys.modules or any(f"NUMBA_{name}" in os.environ for name in settings) or os.path.exists(_FILE)


def _in_plain_python() -> bool:
    if not numba_decides("DISABLE_JIT"):
        return False
    from numba.core import config

    return bool(config.DISABLE_JIT)


DISABLE_JIT = _in_plain_python()


class Late:
    """An intrinsic of `references.py`, which is made when Numba first meets its name in a kernel.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str):
        self._name = name

    @property
    def _numba_type_(self) -> Any:
        """What Numba asks of whatever it does not know."""
        from numba.core.registry import cpu_target  # who asks has loaded it

        made = getattr(import_module(".references", __package__), self._name)
        cpu_target.typing_context.refresh()  # what was registered a moment ago
        return cpu_target.typing_context.resolve_value_type(made)
