"""The one decorator of all kernels, with a cache that notices every change of a kernel source."""

from __future__ import annotations

import linecache
import os
from functools import lru_cache, partial, wraps
from typing import Any

import numba
import numpy as np
from numba.core import config, types

from .kernel_cache import keep, open_cache, own_place
from .kernel_sources import hash_of_sources
from .processor import settle

__all__ = ["KERNELS", "cache_folder", "inner", "jit", "small", "written"]

KERNELS: list[Any] = []  # all that were decorated, in this order
settle()
if config.DISABLE_JIT:
    np.seterr(all="ignore")  # words wrap around, and a quotient by 0 is inf, as in a compiled kernel


@lru_cache(maxsize=1)
def cache_folder() -> str | None:
    """Folder of compiled kernels for exactly these sources and this kind of processor, or None if there is no place for them.

    ``ECOCLUSTER_CACHE_DIR`` overrides the user's cache folder.
    """
    base = os.environ.get("ECOCLUSTER_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "ecocluster"
    )
    name = f"kernels-{hash_of_sources()[:16]}"
    folder = open_cache(os.path.join(base, name))
    if folder is None and (own := own_place()) is not None:
        folder = open_cache(os.path.join(own, name))
    return folder


def jit(function=None, *, inner: bool = False, outer: bool = False, always_inline: bool = False):
    """Compile a kernel: releases the GIL, IEEE division, cached under `cache_folder`.

    No `fastmath`: sums keep their order, so that results are the same bits on every run.

    Parameters
    ----------
    function : callable
        Module-level function (closures never hit the cache).
    inner : bool
        Called by other kernels only: no entry from Python is compiled.
    outer : bool
        Called from Python only: what other kernels would need to call it is not kept.
    always_inline : bool
        Tell LLVM to inline every call: loops with a call in them are not vectorised.
    """
    if function is None:
        return partial(jit, inner=inner, outer=outer, always_inline=always_inline)
    options = {"nogil": True, "error_model": "numpy"}
    if inner:
        # arrays are only borrowed and nothing is allocated, so no reference needs counting: atomic counts cost a fifth
        # of a step and much of the compile time
        options.update(no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False)
    if always_inline:
        options["forceinline"] = True
    if config.DISABLE_JIT:
        return function if inner or always_inline else _in_python(function)
    made = numba.njit(**options)(function)
    KERNELS.append(made)
    keep(made, function, cache_folder(), linked=not outer)
    return _without_literals(made)


def _in_python(function):
    """A kernel as Python runs it (``NUMBA_DISABLE_JIT=1``): fields of records are attributes."""

    def readable(value):
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*map(readable, value))
        if isinstance(value, np.ndarray):
            return value.view(np.recarray) if value.dtype.names else value
        bare = isinstance(value, np.void) and not isinstance(value, np.record)
        return np.asarray(value).view(np.recarray)[()] if bare else value

    @wraps(function)
    def run(*arguments):
        return function(*map(readable, arguments))

    return run


def _without_literals(kernel):
    """Compile a kernel once for int64, not again for every 0 or True that a caller writes down: a fifth of the time."""
    resolve = kernel.get_call_template

    def plain(args, kws):
        return resolve([types.unliteral(a) for a in args], {name: types.unliteral(a) for name, a in kws.items()})

    kernel.get_call_template = plain
    return kernel


def inner(function):
    """`jit` for functions that only other kernels call."""
    return jit(function, inner=True)


def small(function):
    """`jit` for elementary functions inside dense loops."""
    return jit(function, always_inline=True)


def written(text, names):
    """`inner` for a function that was written out by a program; tracebacks and debuggers show its text.

    Only who calls it is kept in the cache: it has no file.

    Parameters
    ----------
    text : str
        Source of one function.
    names : dict
        What it calls.
    """
    made = dict(names)
    code = compile(text, f"<written: {text.partition(':')[0]}>", "exec")
    exec(code, made)
    linecache.cache[code.co_filename] = len(text), None, text.splitlines(True), code.co_filename
    return inner(made[code.co_names[0]])
