"""What a row does not say itself: all that is the same in every row of a sweep, so that two exports together can be told apart.

A row holds what varies: point, arm, replicate, parameters. Everything else follows from the key of the sweep, which every chunk
carries: the manifest that has this key, and the work whose hash stands in it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..outcome import known_outcome
from .plans import Plan
from .ranges import lever_ranges, uncertainty_ranges
from .store import Store

__all__ = ["arm_of_rows", "attributes", "made_of", "scales"]


def made_of(store: Store, plan: Plan) -> dict[str, Any]:
    """One flat record of what all rows share.

    Returns
    -------
    dict
        ``sweep`` (its key), ``scenario, law, mode, seed, last_year, common_random_numbers``, the versions ``ecocluster`` and
        ``model`` (a hash of its sources and tables: what nobody set has the default of that), and every parameter and lever that is
        set and does not vary, those of the scenario file too.
    """
    work, manifest = plan.work, store.manifest
    fixed = {**work.parameters, **{name: value for name, _, value in work.constants}}
    varied = {name for name, _ in work.factors}
    return {
        "sweep": store.key,
        "scenario": manifest["scenario"],
        "law": manifest.get("law", ""),  # sweeps of before there was one name none
        "mode": manifest["mode"],
        "seed": work.seed,
        "last_year": work.last_year,
        "common_random_numbers": work.paired,
        "ecocluster": manifest["versions"]["ecocluster"],
        "model": manifest["versions"]["model"],
        **{name: float(value) for name, value in fixed.items() if name not in varied},
    }


def scales(store: Store) -> np.ndarray:
    """Scale factor of each arm's programmes; nan where every point finds its own."""
    found = [arm["scale"] for arm in store.manifest["arms"]]
    return np.array([np.nan if scale is None else scale for scale in found], float)


def arm_of_rows(replicates: np.ndarray, arms: int) -> np.ndarray:
    """Number of the arm of each row of a chunk: replicates within arms, arms within points."""
    return np.arange(replicates.size) // np.unique(replicates).size % arms


def attributes(name: str) -> dict[str, str]:
    """Unit and meaning of an outcome, a matched null, a parameter or a lever; empty for a name of a former version."""
    from ...model.levers import LEVERS
    from ...model.parameters import PARAMETERS
    from ...scenarios.programmes import PLANNED

    for ranges, registry in ((uncertainty_ranges(), PARAMETERS), (lever_ranges(), LEVERS)):
        if name in ranges:
            return {"units": ranges[name].unit, "long_name": registry[name.removeprefix(PLANNED)].meaning}
    column = known_outcome(name.removeprefix("null."))
    if column is None:
        return {}
    of_null = " (matched null)" if name.startswith("null.") else ""
    return {"units": column.unit, "long_name": column.definition + of_null}
