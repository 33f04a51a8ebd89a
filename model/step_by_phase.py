"""One step phase by phase, for whoever puts rules of his own between them: slower, and the same bits as `step`.

Between two phases Python may look at the state and change it.
"""

from __future__ import annotations

from collections.abc import Callable

from .jit import jit, written
from .order import CLUSTER, PHASES, in_groups
from .state_pointer import by_reference
from .step import calls_of, close_step, what_is_called

__all__ = ["CLOSE", "run_phase", "step_in_phases", "text_of_choice"]

CLOSE = len(PHASES)


def text_of_choice(phases=PHASES) -> str:
    """The kernel `run_one(which, c, s, p, plan, values)`: phase number `which`, of cluster `c` if it is a cluster's."""
    lines = ["def run_one(which, c, s, p, plan, values):"]
    for which, phase in enumerate(phases):
        lines += [f"    {'elif' if which else 'if'} which == {which}:", *(f"        {call}" for call in calls_of(which, phase))]
    return "\n".join(lines)


run_one = written(text_of_choice(), what_is_called())


@jit(outer=True)
def run_phase(which, first, last, s, p, plan, values, out, before, level, unmet):
    """Phase number `which` of `order.PHASES` in the clusters `first` to `last` less one.

    A phase of the whole city takes any range of one. After the last phase comes number `CLOSE`: the step is
    measured (into `out`) and the next one begins; -1: no phase.

    Returns
    -------
    int
        1 if an array was too small, else 0.
    """
    s, p = by_reference(s), p[()]
    for c in range(first, last):
        run_one(which, c, s, p, plan, values)
    if which == CLOSE:
        close_step(s, p, out, before, level, unmet)
    return 1 if s.city[0].overflow else 0


def step_in_phases(
    s, p, plan, values, row: int, series, level, unmet,
    before: Callable[[str, int | None], None], after: Callable[[str, int | None], None],
) -> int:  # fmt: skip
    """One step, with a call into Python before and after every phase.

    Parameters
    ----------
    s, p, plan, values, series, level, unmet : see `step.run_steps`
    row : int
        Row of `series` to be written.
    before, after : callable
        Called with the name of the phase and the cluster's index, or None where a phase is the whole city's.

    Returns
    -------
    int
        Code into `simulator.FAILURES`.
    """
    rest = (s, p, plan, values, series[row], series[row - 1], level[row], unmet[row])
    for scope, group in in_groups():
        for c in range(s.clusters.size) if scope == CLUSTER else (None,):
            for which, phase in group:
                before(phase.name, c)
                run_phase(which, c or 0, (c or 0) + 1, *rest)
                after(phase.name, c)
    return run_phase(CLOSE, 0, 0, *rest)
