"""What a user gives to `ClusterModel`, checked and made into what a run needs."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .border import told, whole
from .ensemble import find_scale
from .firm_views import nearest
from .remembered import remembered
from .sites_and_arms import Arm, Shock, Site

__all__ = ["checked", "load", "named", "scale_of", "seed_of"]


def seed_of(seed: Any, rng: Any) -> int:
    """The seed of the run from what Mesa lets users give."""
    if seed is not None and rng is not None:
        raise ValueError("you have to pass either rng or seed, not both")
    given = rng if seed is None else seed
    name = "rng" if seed is None else "seed"
    if isinstance(given, (int, float, np.integer)):
        return whole(name, given, 2**64 - 1)
    if isinstance(given, (list, tuple, np.ndarray)):  # NumPy looks into lists within lists until the process ends
        given = [whole(name, part, 2**64 - 1) for part in (np.ravel(given) if isinstance(given, np.ndarray) else given)]
    elif given is not None and not isinstance(
        given, (np.random.Generator, np.random.BitGenerator, np.random.SeedSequence, np.random.RandomState)
    ):
        raise ValueError(
            f"{name} = {told(given)}: nothing that gives a seed; allowed: a whole number, several, or a generator of NumPy"
        )
    return int(np.random.default_rng(given).integers(2**63))


def named(reporters: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Reporters as `mesa.DataCollector` has them: names stand for the attribute of that name."""
    return dict(reporters) if isinstance(reporters, Mapping) else {name: name for name in reporters}


def checked(parameters: Mapping[str, float]) -> dict[str, float]:
    """Overrides that exist and lie in their ranges."""
    from .parameters import PARAMETERS

    for name, value in parameters.items():
        if name not in PARAMETERS:
            raise ValueError(f"parameters: unknown name {name!r}{nearest(name, PARAMETERS)}")
        entry = PARAMETERS[name]
        if not entry.allows(value):
            off = "" if entry.off is None else f", or {entry.off:g} (off)"
            raise ValueError(f"parameters: {name} = {value!r}: out of range; allowed: {entry.low:g} to {entry.high:g}{off}")
    return dict(parameters)


def load(scenario, pathway, policy, budget_bn, site_budget_bn, shocks, law) -> tuple[Site, Arm, dict, tuple[Shock, ...]]:
    """Site, arm, parameters of the scenario and shocks.

    The one look upwards of this floor: names are the scenarios' business, and a Mesa user gives names.
    """
    from ..scenarios import Scenario, choose_arm, load_scenario, load_shocks

    loaded = Scenario(scenario) if isinstance(scenario, Site) else load_scenario(scenario)
    arm = (
        pathway
        if isinstance(pathway, Arm)
        else choose_arm(pathway, loaded.site, policy, budget_bn=budget_bn, site_budget_bn=site_budget_bn, law=law)
    )
    script = loaded.shocks if shocks is None else shocks
    script = load_shocks(script) if isinstance(script, (str, Path)) else tuple(script)
    return loaded.site, arm, dict(loaded.parameters), script


def scale_of(site: Site, arm: Arm, seed: int, parameters: Mapping[str, float], shocks: tuple[Shock, ...]) -> float:
    """`ensemble.find_scale`, looked for once: it is the same for all replicates of a question."""
    return _scale_of(pickle.dumps((site, arm, seed, parameters, shocks)))


@remembered(64)
def _scale_of(question: bytes) -> float:  # pickled, because mappings cannot be keys
    site, arm, seed, parameters, shocks = pickle.loads(question)
    return find_scale(site, arm, seed=seed, parameters=parameters, shocks=shocks)
