"""The kind of processor that kernels are compiled for: one for every x86-64 machine of the last ten years.

Compiled for the machine's own name, kernels would be as many as there are models of processors, and nobody could say that
they agree. `x86-64-v3` (AVX2) gives the same bits as the machine's own name, and the same speed.
"""

from __future__ import annotations

import hashlib
import os
import sys
from functools import lru_cache
from importlib.resources import files

from .late import LOADING, numba_decides

__all__ = ["GENERIC", "V3", "facts", "golden", "has_v3", "kind", "settle"]

GENERIC, V3 = "x86-64", "x86-64-v3"
# what makes x86-64-v3, in LLVM's words; it reports AVX only where the system saves the registers, and so does Linux
_V3 = ("avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf", "sse4.2", "xsave")
_OF_LINUX = {"bmi": "bmi1", "lzcnt": "abm", "sahf": "lahf_lm", "sse4.2": "sse4_2"}  # where its words are others
_SETTINGS = ("CPU_NAME", "CPU_FEATURES", "ENABLE_AVX")  # of Numba, that have the last word
_CPUINFO = "/proc/cpuinfo"
_LATER = "numba.core.registry"  # makes the compiler, after Numba has read its settings


def _flags() -> frozenset[str] | None:
    """What Linux says an x86-64 processor can do; None where that is not known, or Numba must be asked."""
    if numba_decides(*_SETTINGS) or sys.platform != "linux" or os.uname().machine != "x86_64" or sys.maxsize < 2**32:
        return None
    try:
        with open(_CPUINFO, encoding="ascii", errors="replace") as stream:
            return next((frozenset(line.partition(":")[2].split()) for line in stream if line.startswith("flags")), None)
    except OSError:
        return None


@lru_cache(maxsize=1)
def has_v3() -> bool:
    """Can this machine run x86-64-v3? Whoever is asked first, Linux or LLVM, is believed to the end."""
    flags = _flags()
    if flags is not None:
        return all(_OF_LINUX.get(feature, feature) in flags for feature in _V3)
    with LOADING:
        from llvmlite import binding
        from numba.core import config

    has = binding.get_host_cpu_features()
    return bool(config.ENABLE_AVX) and all(has.get(feature) for feature in _V3)


def settle() -> None:
    """Tell Numba what to compile for; before its compiler is made, and if it is not loaded yet, as soon as it is.

    Numba has one compiler a process, and no decorator names a processor. So functions of others that are decorated after
    this are compiled for the same kind; if some were before, their compiler stays, and `kind` says what it is made for. Who
    names a processor (``NUMBA_CPU_NAME``, ``NUMBA_CPU_FEATURES``) has the last word.
    """
    if _LATER in sys.modules:
        _settle()
    elif not any(isinstance(finder, _Settles) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Settles())


class _Settles:
    """Among those whom Python asks for a module: it finds none, and settles the kind when Numba is about to make its compiler."""

    def find_spec(self, name: str, path=None, target=None) -> None:
        if name == _LATER:
            sys.meta_path.remove(self)
            _settle()


def _settle() -> None:
    from llvmlite import binding
    from numba.core import config

    registry = sys.modules.get(_LATER)
    made = registry is not None and "_toplevel_target_context" in vars(registry.cpu_target)
    if config.CPU_NAME is None and config.CPU_FEATURES is None and not made:
        if binding.get_process_triple().startswith("x86_64"):
            config.CPU_NAME, config.CPU_FEATURES = V3 if has_v3() else GENERIC, ""  # no features but those of the name


@lru_cache(maxsize=1)
def kind() -> str:
    """What kernels of this process are compiled for: ``x86-64-v3``, ``x86-64``, or a name and a hash of its features."""
    settle()
    if _flags() is not None:  # what it will say
        return V3 if has_v3() else GENERIC
    with LOADING:
        from numba.core.registry import cpu_target

    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    if features:
        return f"{name} {hashlib.sha256(features.encode()).hexdigest()[:8]}"
    return GENERIC if name == "generic" and triple.startswith("x86_64") else name


@lru_cache(maxsize=1)
def golden() -> str:
    """Hash of the golden run, which every kind must give; a test computes it for two."""
    return files("ecocluster.model").joinpath("tables", "golden.txt").read_text(encoding="ascii").strip()


def facts() -> dict[str, str]:
    """What a manifest says of the bits beside it."""
    return {"kind": kind(), "golden": golden()[:16]}
