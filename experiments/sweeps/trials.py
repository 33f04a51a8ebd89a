"""Own designs: many trials (`trial.Trial`), run on every replicate.

    from ecocluster.experiments.sweeps.trials import Trial, run_trials
    trials = [Trial(pathway=name, uncertainties={"electricity_growth": g})
              for name in ("symbiosis", "combined") for g in (0.0, 0.03)]
    frame = run_trials(trials, replicates=8, outcomes=["tco2e_total_2035", "pv_outlay_2035"])
    frame["tco2e_total_2035"] - frame["null.tco2e_total_2035"]

A row is a pure function of its trial, its replicate and the seed: threads, chunks, the order of the trials and
their company change no bit of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...model.border import bordered
from ..errors import check_number
from ..question import MAX_SEED
from .ranges import lever_ranges, uncertainty_ranges
from .trial import Trial

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Trial", "lever_ranges", "run_trials", "uncertainty_ranges"]


@bordered
def run_trials(
    trials: Sequence[Trial],
    *,
    replicates: int = 8,
    first_replicate: int = 0,
    seed: int = 1,
    outcomes: Sequence[str] | None = None,
    last_year: float = 2046,
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    traces: bool = False,
    within_ranges: bool = True,
) -> pd.DataFrame:
    """Run every trial on every replicate, each beside its matched null: the law alone, and no programme for that.

    Trials with the same scenario, uncertainties and shocks share their burn-in, those with the same law their null,
    which are computed once; all trials of a replicate share their luck.

    Parameters
    ----------
    trials : sequence of Trial
    replicates, first_replicate : int
        Replicate ids `first_replicate` ... ; a result depends on its id alone.
    seed : int
        0 to 2^63 - 1, 0 is a seed like any other.
    outcomes : sequence of str, optional
        Names of `ecocluster.model.indicators.evaluate`; default: all of them. Any year of the run may be named.
    last_year : float
        End of the last step, 2021 to 2046.
    threads : int, optional
        Default: the processors of this machine.
    progress : callable, optional
        Called with (runs done, runs in all), first with 0 done; may raise to stop.
    traces : bool
        Add the columns ``series`` ((T+1, K) float64, see `Runs`), ``level`` ((T+1, C) int8) and the same of the
        null, ``null.series`` and ``null.level``: 100 KB a row.
    within_ranges : bool
        False: uncertainties may lie outside the ranges of the registry (to switch a mechanism off).

    Returns
    -------
    pandas.DataFrame
        One row per (trial, replicate) in this order: ``trial`` (index into `trials`), ``replicate``, ``failed``
        (cause, or empty), the outcomes, and each again as ``null.NAME`` for the matched null. Outcomes of a failed
        run are nan. ``attrs["scales"]`` lists the scale factor of every trial.

    Raises
    ------
    InputError, ScenarioError
        For anything that cannot be used, before the first run.
    """
    import numpy as np
    import pandas as pd

    from .cases import Cases
    from .outcomes import Outcomes
    from .running import run_cells

    check_number("replicates", replicates, 1, 10**7, whole=True)
    check_number("first_replicate", first_replicate, 0, 2**40 - replicates, whole=True)
    check_number("seed", seed, 0, MAX_SEED, whole=True)
    check_number("last_year", last_year, 2021, 2046)
    if threads is not None:
        check_number("threads", threads, 1, 1024, whole=True)
    reader = Outcomes(outcomes, last_year)
    cases = Cases(seed, last_year, within_ranges)
    prepared = cases.prepare(trials, threads)
    ids = np.arange(first_replicate, first_replicate + replicates, dtype=np.int64)
    cells = run_cells(prepared, ids, seed, reader, threads=threads, progress=progress, traces=traces)
    columns = {
        "trial": np.repeat(np.arange(len(prepared)), replicates),
        "replicate": np.tile(ids, len(prepared)),
        "failed": np.array(cells.failed, dtype=object),
    }
    columns |= {name: cells.values[:, j] for j, name in enumerate(reader.names)}
    columns |= {f"null.{name}": cells.null[:, j] for j, name in enumerate(reader.names)}
    frame = pd.DataFrame(columns)
    if traces:
        for name, values in cells.traces.items():
            frame[name] = pd.Series(values, dtype=object)
    frame.attrs["scales"] = [case.arm.scale for case in prepared]
    return frame
