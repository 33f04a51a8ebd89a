"""How fast the model is, as ratios in one run: the city step against its floor, its phases, start and memory.

The floor is a straight loop that does only what cannot be avoided in a step: the draws, logarithms and
exponentials of the dense phases, and one pass over the numbers of a firm that they read or write. Reviews, deals, loans,
arrivals and the sums over firms are not in it.
"""

from __future__ import annotations

import json as jsonlib
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.resources import as_file, files
from time import perf_counter

import numpy as np

from ..model.jit import jit
from ..model.maths import exp, log, normal_pair
from ..model.randomness import Purpose, draw
from ..model.state import LANES

__all__ = ["bench", "measure_bench", "time_runs"]


@jit
def _floor(firms, blocks, key, steps):
    """Unavoidable work of `steps` steps: four hashes, two normals, three exponentials and a logarithm a slot, and 50 of the
    numbers of a firm that dense phases read or write (not its flags), once; of the arithmetic only as much as uses them."""
    for step in range(steps):
        for b in range(blocks):
            f = firms[b]
            for k in range(LANES):
                n1, n2 = normal_pair(draw(key, Purpose.SHOCK, step, f.id[k]))
                f.z_util[k] = 0.9 * f.z_util[k] + 0.4 * n1
                f.z_margin[k] = 0.9 * f.z_margin[k] + 0.4 * n2
                act = f.workers[k] * exp(0.01 * f.z_util[k] - 0.00005)
                f.activity[k] = act
                f.elec[k] = f.k_elec[k] * act
                f.fuel[k] = f.k_fuel[k] * act
                f.water[k] = f.k_water[k] * act
                f.effluent[k] = f.k_effluent[k] * act
                f.waste[k] = f.k_waste[k] * act
                f.running[k] = exp(0.8 * log(f.effluent[k] + 1e-9))
                f.debt[k] = 0.95 * f.debt[k]
                f.exchange_gain[k] = 0.0
                gain = f.d_elec[k] + f.d_fuel[k] + f.d_water[k] + f.d_disposal[k] + f.k_disposal[k] + f.k_value[k]
                waste = f.k_tonnes[k] + f.k_landfill[k] + f.d_tonnes[k] + f.k_cod[k]
                profit = f.k_revenue[k] * act * (f.k_margin[k] + f.margin_life[k] + 0.045 * f.z_margin[k]) + act * (gain - waste)
                profit -= f.elec[k] * (1.0 - f.k_solar[k]) + f.fuel[k] + f.water[k] + f.running[k] + f.debt_service[k]
                tax = 0.2 * (profit - f.interest[k] - f.depreciation[k] - f.cut_total[k])
                cash = 0.5 * f.cash[k] + 0.25 * (profit - tax) + f.exporter[k] * f.trade_share[k]
                f.profit[k], f.cash[k] = profit, cash
                f.negative_years[k] = f.negative_years[k] + 0.25 if cash < 0.0 else 0.0
                f.workers[k] = f.workers[k] * exp(0.001 * min(max(profit, -1.0), 1.0))
                f.trust[k] = f.trust_start[k] + (f.trust[k] - f.trust_start[k]) * 0.97
                f.attitude[k] = f.attitude_start[k] + (f.attitude[k] - f.attitude_start[k]) * 0.97
                f.good[k] = 0.97 * f.good[k] + 0.03 * f.offer_taste[k]
                f.bad[k] = 0.97 * f.bad[k]
            for k in range(LANES):
                a = draw(key, Purpose.LOTTERY_A, step, f.id[k])
                c = draw(key, Purpose.LOTTERY_B, step, f.id[k])
                d = draw(key, Purpose.LOTTERY_C, step, f.id[k])
                f.events[k] = np.int64((a ^ c ^ d) & np.uint64(255)) * f.status[k]


def _simulator(arm: str):
    from ..model.parameters import parameter_record
    from ..model.simulator import Simulator
    from ..scenarios import load_scenario, load_shocks, make_arm

    site = load_scenario("hanoi").site
    made = make_arm(arm, site=site)
    fixed = replace(made, scale=1.0)
    return Simulator(site, (fixed,), parameter_record(), load_shocks("default"))


def time_runs(simulator, repeats: int) -> float:
    """Best wall time of a forked city run, s."""
    shape = (simulator.steps + 1, simulator.burn_series.shape[1])
    series = np.empty(shape)
    level = np.empty((shape[0], len(simulator.layout.slots)), np.int8)
    unmet = np.empty_like(level, np.int16)
    best = float("inf")
    for _ in range(repeats):
        simulator.fork(0, 1.0, None)
        begin = perf_counter()
        code = simulator.run(0, series, level, unmet)
        if code:
            raise RuntimeError(f"a run failed with code {code}")
        best = min(best, perf_counter() - begin)
    return best


def module_ratio(repeats: int) -> float:
    """Time of a city run with a module (`bench_module`, and no other) over one without, each the best of runs in turn."""
    from ..model.loading import load_module, unload_modules

    unload_modules()
    without = _simulator("null")
    without.burn(1, 0)
    with as_file(files(__package__) / "bench_module.py") as path:
        load_module(path)
    try:
        with_one = _simulator("null")
        with_one.burn(1, 0)
        pairs = [[time_runs(simulator, 1) for simulator in (without, with_one)] for _ in range(1 + repeats)]
    finally:
        unload_modules()
    plain, more = np.array(pairs[1:]).min(axis=0)
    return float(more / plain)


def _wall(command: list[str], environment: dict[str, str] | None = None) -> float:
    begin = perf_counter()
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **(environment or {})}
    )
    return perf_counter() - begin


_WARM = "from ecocluster.experiments.bench import _simulator; _simulator('null').burn(1, 0)"


def measure_bench(repeats: int = 5, cold: bool = True) -> dict:
    """Measure.

    Parameters
    ----------
    repeats : int
        Runs of which the best counts.
    cold : bool
        Also compile everything in an empty cache folder (a minute or two).

    Returns
    -------
    dict
        city_run_ms, city_run_ms_2threads (wall time per run with two threads at work), combined_run_ms, floor_ms,
        floor_ratio, two_threads_gain, firm_steps_per_s, module_ratio (time with a module over time without), phases
        (microseconds per step), compile_cold_s, start_warm_s, help_s, run_mb.
    """
    from .phase_clock import clock_phases

    one = _simulator("null")
    one.burn(1, 0)
    time_runs(one, 1)
    blocks = int((one.base.firms["status"] == 2).any(axis=1).sum())
    key = one.base.city[0]["key"]
    _floor(one.work.firms, blocks, key, 1)
    city, floor = float("inf"), float("inf")
    for _ in range(repeats):  # in turn, so that a slow moment of the machine hits both
        city = min(city, time_runs(one, 1))
        one.fork(0, 1.0, None)
        begin = perf_counter()
        _floor(one.work.firms, blocks, key, one.steps)
        floor = min(floor, perf_counter() - begin)
    pair = [one, _simulator("null")]
    pair[1].burn(1, 0)
    two = float("inf")
    with ThreadPoolExecutor(2) as pool:
        for _ in range(repeats):
            begin = perf_counter()
            list(pool.map(lambda simulator: time_runs(simulator, 2), pair))
            two = min(two, (perf_counter() - begin) / 4)
    combined = _simulator("combined")
    combined.burn(1, 0)
    combined_ms = time_runs(combined, max(2, repeats // 2)) * 1e3
    firms = float((one.work.firms["status"] == 2).sum())
    result = {
        "city_run_ms": city * 1e3,
        "city_run_ms_2threads": two * 1e3,
        "two_threads_gain": city / two,
        "combined_run_ms": combined_ms,
        "floor_ms": floor * 1e3,
        "floor_ratio": city / floor,
        "firm_steps_per_s": firms * one.steps / city,
        "module_ratio": module_ratio(repeats),
        "phases": clock_phases(one),
        "run_mb": sum(array.nbytes for array in one.work) / 1e6,
        "start_warm_s": _wall([sys.executable, "-c", _WARM]),
        "help_s": min(_wall([sys.executable, "-P", "-m", "ecocluster", "--help"]) for _ in range(3)),
        "compile_cold_s": None,
    }
    if cold:
        with tempfile.TemporaryDirectory() as folder:
            result["compile_cold_s"] = _wall(
                [sys.executable, "-c", _WARM], {"ECOCLUSTER_CACHE_DIR": folder, "ECOCLUSTER_SHIPPED": "0"}
            )
    return result


def bench(json: bool = False) -> None:
    """Measure and print, as a table or as one JSON object."""
    result = measure_bench()
    if json:
        print(jsonlib.dumps(result))
        return
    for name, value in result.items():
        if name == "phases":
            total = sum(value.values())
            print("phases (microseconds per step, share)")
            for phase, time in value.items():
                print(f"  {phase:22s} {time:9.1f}  {100 * time / total:5.1f} %")
        else:
            print(f"{name:24s} {value:14.3f}" if value is not None else f"{name:24s} not measured")
