"""The one decorator of all kernels, with a cache that notices every change of a kernel source."""

from __future__ import annotations

import linecache
import os
from functools import cached_property, lru_cache, partial, update_wrapper, wraps
from typing import Any

import numpy as np

from .kernel_cache import keep, open_cache, own_place
from .kernel_sources import hash_of_sources
from .late import DISABLE_JIT, LOADING
from .native import Entry, Misfit, entries
from .processor import settle

__all__ = ["KERNELS", "Kernel", "cache_folder", "inner", "jit", "name_of", "small", "written"]

KERNELS: list[Any] = []  # all that were decorated, in this order
settle()
if DISABLE_JIT:
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
    if DISABLE_JIT:
        return function if inner or always_inline else _in_python(function)
    made = Kernel(function, options, linked=not outer)
    KERNELS.append(made)
    return made


class Kernel:
    """A function that is compiled: called as machine code that came with the package, or else by Numba.

    Numba is loaded, and told of a kernel, when one is called that did not come compiled or whose arguments are not what it was compiled
    for, or another kernel that calls it is compiled. Whatever a dispatcher of Numba has (`compile`, `stats`, `_numba_type_`, ...) a
    kernel has too.

    Attributes
    ----------
    py_func : callable
        The function in Python.
    """

    def __init__(self, function, options: dict[str, Any], linked: bool):
        update_wrapper(self, function)
        self.py_func, self._options, self._linked = function, options, linked

    @cached_property
    def dispatcher(self):
        """Of Numba."""
        with LOADING:
            import numba

            from . import references  # noqa: F401 - what kernels name must be known before one is compiled

        made = numba.njit(**self._options)(self.py_func)
        keep(made, self.py_func, cache_folder(), linked=self._linked)
        return _without_literals(made)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Machine code for it that came with the package, for one kind of arguments each."""
        return entries(cache_folder()).get(name_of(self.py_func), ())

    def __call__(self, *arguments):
        for entry in self.entries:
            try:
                return entry(*arguments)
            except Misfit:
                continue
        return self.dispatcher(*arguments)

    def __getattr__(self, name: str):
        if name.startswith("__"):  # nobody asks a dispatcher for what Python itself looks for
            raise AttributeError(name)
        return getattr(self.dispatcher, name)


def name_of(function) -> str:
    """What tells a function of this package from all others; empty for those of others, which nobody has compiled beforehand."""
    code = function.__code__
    ours = code.co_filename.startswith(os.path.dirname(__file__) + os.sep) and function.__module__.startswith(f"{__package__}.")
    return f"{function.__module__}.{function.__qualname__}-{code.co_firstlineno}" if ours else ""


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
    from numba.core import types

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
