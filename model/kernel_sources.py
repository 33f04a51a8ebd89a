"""What the kernels are compiled from, as one hash.

A cache that looked at the file of the outer function only, as Numba's does, would not notice a change in a helper of
another file and give stale results. So what is kept is named after a hash of all sources of this package.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from .processor import kind
from .vocabulary import SECTORS, STREAMS, TECHNOLOGIES

__all__ = ["hash_of_sources"]

_NO_KERNELS = {  # they hold neither a kernel nor a constant of one
    "__init__.py", "actions.py", "border.py", "compiling.py", "ensemble.py", "granted.py", "kernel_cache.py", "kernel_sources.py", "layout.py", "loading.py", "mesa_agents.py", "mesa_input.py",
    "mesa_model.py", "module_checks.py", "modules.py", "parameters.py", "processor.py", "regular.py", "remembered.py", "roster.py", "shipped.py", "simulator.py",
    "firm_views.py",
}  # fmt: skip


@lru_cache(maxsize=1)
def hash_of_sources() -> str:
    """Of all that makes a kernel what it is: the sources of this package, what they read from tables, the kind of processor."""
    here = Path(__file__).parent
    digest = hashlib.sha256(kind().encode())  # so that a folder which is there is complete for this machine
    digest.update(repr((TECHNOLOGIES, STREAMS, SECTORS)).encode())  # read from tables, and constants of kernels
    for path in sorted(here.rglob("*.py")):
        if path.name in _NO_KERNELS:
            continue
        digest.update(path.relative_to(here).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
