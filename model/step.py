"""One step of the model: the phases of `order.PHASES` after each other, measured, and many steps."""

from __future__ import annotations

from .acting import call_everywhere, call_own
from .jit import inner, jit, written
from .measure import measure, record_levels
from .order import CLUSTER, PHASES, in_groups
from .phases.chains import note_like_reference
from .phases.closing import begin_counts, sum_up
from .state_pointer import by_reference

__all__ = ["calls_of", "close_step", "run_steps", "text_of_step", "what_is_called"]


def calls_of(which: int, phase) -> list[str]:
    """How a kernel calls phase number `which`, and the actions of modules before and after it."""
    own, more = ("call_own", ", c") if phase.scope == CLUSTER else ("call_everywhere", "")
    before, after = (f"{own}(plan.own, {2 * which + k}, s, p{more})" for k in (0, 1))
    return [before, f"{phase.name}({', '.join(phase.arguments)})", after]


def what_is_called(phases=PHASES) -> dict:
    """The kernels that `calls_of` names."""
    return {"call_everywhere": call_everywhere, "call_own": call_own, **{phase.name: phase.run for phase in phases}}


def text_of_step(phases=PHASES) -> str:
    """The kernel `step(s, p, plan, values)`, which advances the state by one step: a call of each phase, in their order.

    It is written out because a kernel cannot go through a table of kernels without a call through a pointer.
    """
    lines = ["def step(s, p, plan, values):"]
    for scope, group in in_groups(phases):
        calls = [call for which, phase in group for call in calls_of(which, phase)]
        if scope == CLUSTER:
            calls = ["for c in range(s.clusters.size):", *(f"    {call}" for call in calls)]
        lines += [f"    {call}" for call in calls]
    return "\n".join(lines)


step = written(text_of_step(), what_is_called())


@inner
def note_reference(s):
    """What 2018-19 were like, the reference of each cluster: energy a unit of output, workers, value added and profit a worker.

    Clusters without firms then take the city's intensity, income and profit, and have no jobs to lose.
    """
    now = s.city[0].time
    if now < 2018.0 - 1e-9 or now >= 2020.0 - 1e-9:
        return
    energy, output, value, profit, workers = 0.0, 0.0, 0.0, 0.0, 0.0
    half = 0.5 * s.city[0].dt  # two years are averaged
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        cluster.reference_energy += cluster.elec * 3.6 + cluster.fuel
        cluster.reference_output += cluster.output
        cluster.reference_workers += half * cluster.workers
        cluster.reference_value += half * cluster.value_added
        cluster.reference_profit += half * cluster.profit
        energy += cluster.reference_energy
        output += cluster.reference_output
        value += cluster.reference_value
        profit += cluster.reference_profit
        workers += cluster.reference_workers
    note_like_reference(s, half)
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        own = cluster.reference_output > 0.0
        if own or output > 0.0:
            cluster.intensity_reference = cluster.reference_energy / cluster.reference_output if own else energy / output
            cluster.income_reference = cluster.reference_value / cluster.reference_workers if own else value / max(workers, 1e-9)
            cluster.profit_reference = cluster.reference_profit / cluster.reference_workers if own else profit / max(workers, 1e-9)


@inner
def close_step(s, p, out, before, level, unmet):
    """Measure a step (11) and go on to the next."""
    city = s.city[0]
    sum_up(s)
    measure(s, p, out, before)
    record_levels(s, level, unmet)
    begin_counts(s)
    note_reference(s)
    city.step += 1
    city.time = 2010.0 + city.step * city.dt


@jit(outer=True)
def run_steps(s, p, plan, values, first_row, series, level, unmet):
    """Run as many steps as `series` has rows from `first_row` on, and measure after each.

    Parameters
    ----------
    p : () record of parameters
        The array that holds the record: Numba takes 30 us to read a bare one.
    series : (steps + 1, K) float64
    level : (steps + 1, existing clusters) int8
    unmet : (steps + 1, existing clusters) int16

    Returns
    -------
    int
        0, or 1 if an array was too small (the run then counts as failed).
    """
    s, p = by_reference(s), p[()]
    for row in range(first_row, series.shape[0]):
        step(s, p, plan, values)
        close_step(s, p, series[row], series[row - 1], level[row], unmet[row])
        if s.city[0].overflow:
            return 1
    return 0
