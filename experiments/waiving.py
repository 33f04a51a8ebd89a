"""What waiving a criterion of level 1 would gain: the same draws again without it.

How many clusters miss a criterion does not tell this, since most of them miss several, and operators act on what they
lack.

    from ecocluster.experiments.waiving import waiving
    waiving("hanoi", ("symbiosis", "monitoring"), replicates=4)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import statistics
from .compare import ask, prepare, worlds_of
from .question import PATHWAYS
from .sweeps.ranges import unknown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["waiving"]


def waiving(
    scenario: str = "hanoi", criteria: Sequence[str] = (), pathways: Sequence[str] = PATHWAYS, *, year: int = 2035,
    threads: int | None = None, **asked: Any,
) -> pd.DataFrame:  # fmt: skip
    """Existing clusters at level 1 as the criteria are, and more of them if one is waived, paired by replicate.

    Parameters
    ----------
    scenario, pathways, **asked
        As in `compare` (policy, replicates, budget, site_budget, seed, levers).
    criteria : sequence of str
        Of `ecocluster.model.indicators.LEVEL_1`; default: all of them, one after the other.
    year : int
        2030, 2035 or 2045.
    threads : int, optional

    Returns
    -------
    pandas.DataFrame
        One row per criterion and pathway: ``clusters_level1``, ``gain`` and its 95 % interval ``low``, ``high``.

    Raises
    ------
    InputError
        For a criterion that is not known.
    """
    import pandas as pd

    from ..model.ensemble import run_ensemble
    from ..model.indicators import LEVEL_1, evaluate
    from ..scenarios import load_shocks

    for name in criteria:
        if name not in LEVEL_1:
            raise unknown("criteria", name, LEVEL_1)
    question = ask(scenario, pathways, **asked)
    loaded, arms = prepare(question)
    shocks = load_shocks(loaded.shocks)

    def certified(**more: float):
        parameters = {**(loaded.parameters or {}), **more}
        runs = run_ensemble(loaded.site, arms, replicates=question.replicates, seed=question.seed, threads=threads,
                            parameters=parameters, shocks=shocks, worlds=worlds_of(question, parameters))  # fmt: skip
        return evaluate(runs)[f"clusters_level1_{year}"].to_numpy().reshape(len(arms), -1)

    before, rows = certified(), []
    for name in criteria or LEVEL_1:
        after = certified(**{f"waive_{name}": 1.0})
        for arm, was, now in zip(arms, before, after, strict=True):
            gain = statistics.difference(now, was)
            rows.append({"criterion": name, "pathway": arm.name, "clusters_level1": was.mean(), "gain": gain.mean,
                         "low": gain.low, "high": gain.high})
    return pd.DataFrame(rows)
