"""Time of each phase of a step, measured from Python around one compiled switch over the phases."""

from __future__ import annotations

from time import perf_counter

from ..model.order import CLUSTER, PHASES
from ..model.step_by_phase import CLOSE, run_phase

__all__ = ["clock_phases"]

NOTHING = -1  # number of no phase: what a call costs


def clock_phases(simulator, index: int = 0, steps: int = 40) -> dict[str, float]:
    """Microseconds per step of every phase, for a forked run.

    Parameters
    ----------
    simulator : ecocluster.model.simulator.Simulator
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
    s = simulator.work
    out = np.zeros((2, simulator.burn_series.shape[1]))
    clusters = len(simulator.layout.slots)
    level, unmet = np.zeros(clusters, np.int8), np.zeros(clusters, np.int16)
    rest = (s, simulator.p, simulator.plans[index], simulator.values(s), out[1], out[0], level, unmet)
    # name, number, clusters
    phases = [(phase.name, s.clusters.size if phase.scope == CLUSTER else 1) for phase in PHASES]
    calls = [(name, which, last) for which, (name, last) in enumerate(phases)]
    calls += [("measure", CLOSE, 0), ("nothing", NOTHING, 0)]
    times = np.zeros((steps, len(calls)))
    for step in range(steps):
        for n, (_, which, last) in enumerate(calls):
            begin = perf_counter()
            run_phase(which, 0, last, *rest)
            times[step, n] = perf_counter() - begin
    median = np.median(times[2:], axis=0) * 1e6
    return {name: max(float(t - median[-1]), 0.0) for (name, _, _), t in zip(calls[:-1], median, strict=False)}
