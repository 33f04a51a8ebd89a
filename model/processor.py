"""The kind of processor that kernels are compiled for: one for every x86-64 machine of the last ten years.

Compiled for the machine's own name, kernels would be as many as there are models of processors, and nobody could say that
they agree. `x86-64-v3` (AVX2) gives the same bits as the machine's own name, and the same speed.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files

from llvmlite import binding
from numba.core import config
from numba.core.registry import cpu_target

__all__ = ["GENERIC", "V3", "facts", "golden", "has_v3", "kind", "settle"]

GENERIC, V3 = "x86-64", "x86-64-v3"
# what makes x86-64-v3, in LLVM's words; it reports AVX only where the system saves the registers
_V3 = ("avx", "avx2", "bmi", "bmi2", "cx16", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sahf", "sse4.2", "xsave")


def has_v3() -> bool:
    """Can this machine run x86-64-v3?"""
    has = binding.get_host_cpu_features()
    return bool(config.ENABLE_AVX) and all(has.get(feature) for feature in _V3)


def settle() -> None:
    """Tell Numba what to compile for; before the first kernel is decorated, for then its compiler is made.

    Numba has one compiler a process, and no decorator names a processor. So functions of others that are decorated after
    this are compiled for the same kind; if some were before, their compiler stays, and `kind` says what it is made for. Who
    names a processor (``NUMBA_CPU_NAME``, ``NUMBA_CPU_FEATURES``) has the last word.
    """
    if config.CPU_NAME is None and config.CPU_FEATURES is None and "_toplevel_target_context" not in vars(cpu_target):
        if binding.get_process_triple().startswith("x86_64"):
            config.CPU_NAME, config.CPU_FEATURES = V3 if has_v3() else GENERIC, ""  # no features but those of the name


@lru_cache(maxsize=1)
def kind() -> str:
    """What kernels of this process are compiled for: ``x86-64-v3``, ``x86-64``, or a name and a hash of its features."""
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
