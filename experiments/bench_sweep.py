"""How fast a sweep is, files included: 10,000 experiments of a 55-firm cluster, each a null and an arm of 104 steps.

A Latin hypercube of uncertainties, of levers, or of both. Where uncertainties vary every experiment has parameters, burn-in
and null of its own; where levers alone do, the experiments of a chunk share them: nothing is shared that such a sweep does
not share. As many experiments are measured once more as people mostly ask for them: all pathways at each point, with one
burn-in and one null between them. Starting the process and loading the kernels are left out.
"""

from __future__ import annotations

import json as jsonlib
import sys
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, thread_time
from typing import Any

import numpy as np

__all__ = ["VARY", "bench_sweep", "measure_sweep"]

VARY = ("uncertainties", "levers", "both")

# a spread of what moves results, none of which changes the sizes of arrays
UNCERTAINTIES = (
    "electricity_growth", "q_in", "hub_base", "insolvency_hazard", "eps_sd", "util_sd_own", "cash_median", "search_rate",
    "review_rate", "discount_rate",
)  # fmt: skip
LEVERS = (
    "extension", "innovation_centre", "coordinator", "map", "platform", "club", "grant_T1", "grant_T4", "guarantee", "green_fund",
)  # fmt: skip
PAIRS = 5  # of sweeps in turn, whose ratio is told
TOGETHER = ("self-transition", "symbiosis", "newly-planned", "combined")
FIRMS = (12, 40, 120, 400, 1200)


def _experiment(points: int, pathways: Sequence[str], vary: str) -> dict[str, Any]:
    return {
        "scenario": "nguyen-khe", "pathways": list(pathways), "design": {"kind": "lhs", "points": points},
        "replicates": 1, "seed": 1, "uncertainties": [] if vary == "levers" else list(UNCERTAINTIES),
        "levers": [] if vary == "uncertainties" else list(LEVERS),
    }  # fmt: skip


def _sweep(
    points: int, workers: int | None = None, pathways: Sequence[str] = ("combined",), vary: str = VARY[0]
) -> tuple[float, float, int]:
    """Wall time, processor time and bytes of a sweep in a new folder."""
    from .sweeps.runner import sweep

    with tempfile.TemporaryDirectory() as place:
        wall, cpu = perf_counter(), process_time()
        done = sweep(_experiment(points, pathways, vary), Path(place) / "sweep", workers=workers)
        assert done.complete and not done.failed, done
        return perf_counter() - wall, process_time() - cpu, done.size


@contextmanager
def _clocked():
    """Processor time in kernels and in writing Parquet, s, while the context lasts."""
    from ..model import setup, step
    from .sweeps import chunks
    from .sweeps.store import Store

    spent = {"kernels": 0.0, "parquet": 0.0}
    places = [(step, "run_steps", "kernels"), (setup, "_place", "kernels"), (setup, "_populate", "kernels"),
              (setup, "_tie", "kernels"), (chunks, "encode", "parquet"), (Store, "put", "parquet")]  # fmt: skip
    before = [getattr(place, name) for place, name, _ in places]

    def clocked(function, kind):
        def call(*arguments, **options):
            begin = thread_time()
            try:
                return function(*arguments, **options)
            finally:
                spent[kind] += thread_time() - begin

        return call

    try:
        for (place, name, kind), function in zip(places, before, strict=True):
            setattr(place, name, clocked(function, kind))
        yield spent
    finally:
        for (place, name, _), function in zip(places, before, strict=True):
            setattr(place, name, function)


def _slope(sizes, times) -> float:
    """Exponent of the power law through the points."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _by_firms(repeats: int = 3) -> list[float]:
    """Best time of a null and an arm on one cluster of each size in `FIRMS`, s."""
    from ..model.parameters import parameter_record
    from ..scenarios import load_scenario, load_shocks, make_arm
    from .sweeps.cases import Case, Place
    from .sweeps.outcomes import Outcomes
    from .sweeps.running import run_cells

    loaded = load_scenario("nguyen-khe")
    (cluster,), shocks = loaded.site.clusters, load_shocks(loaded.shocks)
    reader, times = Outcomes(("tco2e_2035",)), []
    for firms in FIRMS:
        grown = replace(cluster, firms_2018=float(firms), area_planned=firms * 0.4, area_built=firms * 0.36)
        site = replace(loaded.site, clusters=(grown,))
        place = Place(site, loaded.parameters, parameter_record(loaded.parameters), loaded.shocks)
        case = Case(place, shocks, replace(make_arm("combined", site=site), scale=1.0), {}, 2046)
        ids, best = np.arange(4), float("inf")
        for _ in range(repeats):
            begin = perf_counter()
            run_cells([case], ids, 1, reader, threads=1)
            best = min(best, (perf_counter() - begin) / ids.size)
        times.append(best)
    return times


def _peak_mb() -> float:
    """Largest resident memory of this process so far, MB; nan where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _over_uncertainties(points: int, vary: str) -> float:
    """Processor time of a sweep over that of as many experiments with uncertainties alone: median of pairs, one worker each."""
    pairs = [[_sweep(points, workers=1, vary=kind)[1] for kind in (vary, VARY[0])] for _ in range(PAIRS)]
    return median(own / other for own, other in pairs)


def measure_sweep(runs: int = 10_000, vary: str = VARY[0]) -> dict[str, Any]:
    """Measure.

    Parameters
    ----------
    runs : int
        Experiments of the largest sweep, >= 200.
    vary : str
        What the design varies, of `VARY`.

    Returns
    -------
    dict
        vary, experiments, wall_s, over_uncertainties (processor time, see there; 1 for uncertainties themselves), four_pathways_wall_s (as many experiments, four at each point with one null),
        cpu_ms_per_experiment, memory_mb (whole process, peak), bytes_per_run,
        python_share (of the processor time, neither in kernels nor in writing Parquet), kernel_share,
        seconds_by_runs and slope_runs (over two decades), seconds_by_firms (a null and an arm, one thread) and
        slope_firms (from 12 to 1,200 firms).
    """
    for kind in VARY:
        _sweep(8, vary=kind)
    sizes = [max(2, runs // 100), max(20, runs // 10), runs]
    found = [_sweep(size, vary=vary) for size in sizes]
    wall, cpu, size = found[-1]
    together, _, _ = _sweep(runs // len(TOGETHER), pathways=TOGETHER, vary=vary)
    some = max(200, runs // 20)
    ratio = 1.0 if vary == VARY[0] else _over_uncertainties(some, vary)
    with _clocked() as spent:  # one worker, so that nobody waits for another inside the clocks
        _, one, _ = _sweep(some, workers=1, vary=vary)
    by_firms = _by_firms()
    times = [seconds for seconds, _, _ in found]
    return {
        "vary": vary,
        "experiments": runs,
        "wall_s": wall,
        "over_uncertainties": ratio,
        "four_pathways_wall_s": together,
        "cpu_ms_per_experiment": cpu / runs * 1e3,
        "memory_mb": _peak_mb(),
        "bytes_per_run": size / runs,
        "python_share": 1.0 - (spent["kernels"] + spent["parquet"]) / one,
        "kernel_share": spent["kernels"] / one,
        "seconds_by_runs": dict(zip(map(str, sizes), times, strict=True)),
        "slope_runs": _slope(sizes, times),
        "seconds_by_firms": dict(zip(map(str, FIRMS), by_firms, strict=True)),
        "slope_firms": _slope(FIRMS, by_firms),
    }


def bench_sweep(runs: int = 10_000, vary: str = VARY[0], json: bool = False) -> None:
    """Measure and print, as a table or as one JSON object."""
    from .errors import check_number

    result = measure_sweep(check_number("--runs", runs, 200, 10**6, whole=True), vary)
    if json:
        print(jsonlib.dumps(result))
        return
    for name, value in result.items():
        if isinstance(value, dict):
            print(name)
            for size, seconds in value.items():
                print(f"  {size:>22s} {seconds:14.4f}")
        else:
            print(f"{name:24s} {value:>14s}" if isinstance(value, str) else f"{name:24s} {value:14.3f}")
