"""ecocluster: how industrial clusters full of small firms become environment-friendly, as an agent-based simulation.

    import ecocluster as ec

    found = ec.compare("nguyen-khe")        # every pathway under the same law, in 100 worlds
    found                                   # in a notebook: the answer, a table, a figure
    found.summary                           # one row per pathway and indicator
    ec.explain(found)                       # the answer in words, each part with the figures behind it
    for estimate in ec.sketch("hanoi"):     # first estimates at once, better ones, the last the answer
        estimate.curve("tco2e", total=True)
    ec.run("nguyen-khe", "symbiosis")       # one run
    ec.sweep("my.toml", "out/my")           # many, kept in a folder that can be resumed
    ec.load_module("my_policy.py")          # levers, parameters, indicators and actions of your own, for all of these

Everything here is a name of a room below, loaded when it is asked for; `docs/public.md` lists what is public.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["ClusterModel", "__version__", "compare", "explain", "load_module", "load_scenario", "run", "sketch", "sweep"]

_WHERE = {
    "ClusterModel": "model",
    "compare": "viz.notebook",
    "explain": "viz.explain",
    "load_module": "model.loading",
    "load_scenario": "scenarios",
    "run": "viz.notebook",
    "sketch": "experiments.sketch",
    "sweep": "experiments.sweeps.runner",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("ecocluster")
    if name in _WHERE:
        return getattr(import_module(f".{_WHERE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
