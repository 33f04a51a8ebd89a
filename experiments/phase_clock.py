"""Time of each phase of a step, measured from Python around one compiled switch over the phases."""

from __future__ import annotations

from time import perf_counter

from ..model.phased import PHASES, close_step, run_phase

__all__ = ["clock_phases"]

NOTHING = -1  # number of no phase: what a call costs


def clock_phases(simulator, index: int = 0, steps: int = 40) -> dict[str, float]:
    """Microseconds per step of every phase, for a forked run.

    Parameters
    ----------
    simulator : ecocluster.model.ensemble.Simulator
        Burnt in.
    index : int
        Arm.
    steps : int

    Returns
    -------
    dict
        Name of the phase to its median time over the steps, less the time of an empty call.
    """
    import numpy as np

    simulator.fork(index, 1.0, None)
    s, p = simulator.work, simulator.p[()]
    rest = (s, p, simulator.plans[index], simulator.values(simulator.work))
    out = np.zeros((2, simulator.burn_series.shape[1]))
    level = np.zeros((2, int(s.city["existing"][0])), np.int8)
    phases = [(name, by_cluster) for by_cluster, names in PHASES for name in names]
    times = np.zeros((steps, len(phases) + 2))
    for step in range(steps):
        times[step, -1] = _time(run_phase, NOTHING, 0, s.clusters.size, *rest)
        for which, (_, by_cluster) in enumerate(phases):
            times[step, which] = _time(run_phase, which, 0, s.clusters.size if by_cluster else 1, *rest)
        times[step, -2] = _time(close_step, s, p, out[1], out[0], level[0], level[1])
    median = np.median(times[2:], axis=0) * 1e6
    names = [name for name, _ in phases] + ["measure"]
    return {name: max(float(t - median[-1]), 0.0) for name, t in zip(names, median[:-1], strict=True)}


def _time(phase, *arguments) -> float:
    begin = perf_counter()
    phase(*arguments)
    return perf_counter() - begin
