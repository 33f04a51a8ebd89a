"""One step phase by phase, for whoever puts rules of his own between them: slower, and the same bits as `step`.

Between two phases Python may look at the state and change it. The order is that of `step.step`; a test holds
the two together.
"""

from __future__ import annotations

from collections.abc import Callable

from .jit import inner, jit
from .measure import measure, record_levels
from .phases.ageing import age_technologies
from .phases.arrivals import arrive
from .phases.certificates import update_levels
from .phases.closing import begin_counts, sum_up
from .phases.deals import search_partners, sign_deals
from .phases.enforcement import inspect, review_compliance
from .phases.exits import leave, note_leavers
from .phases.funds import serve_requests
from .phases.hubs import deliver_hubs, review_hubs, start_hubs
from .phases.knowledge import learn, update_beliefs
from .phases.links import deliver
from .phases.lottery import draw_lottery
from .phases.operators import finish_projects, run_operators, run_projects
from .phases.outside import open_step
from .phases.planned import expel, open_planned, relocate
from .phases.production import close_books, count_adopters, count_city, produce
from .phases.slots import let_slots
from .phases.technology import review_technologies
from .reference import by_reference
from .step import note_reference

__all__ = ["CLOSE", "PHASES", "run_phase", "step_in_phases"]

# by cluster or for the whole city, and the phases in their order
PHASES: tuple[tuple[bool, tuple[str, ...]], ...] = (
    (False, ("finish_projects", "open_step")),
    (True, ("age_technologies", "count_adopters", "produce")),
    (False, ("count_city", "deliver")),
    (True, ("deliver_hubs", "close_books", "update_beliefs", "draw_lottery", "learn", "inspect", "review_compliance",
            "review_technologies", "search_partners", "note_leavers")),
    (False, ("serve_requests", "sign_deals")),
    (True, ("review_hubs",)),
    (False, ("start_hubs", "run_operators", "run_projects", "update_levels", "leave", "open_planned", "let_slots",
             "expel", "relocate", "arrive")),
)  # fmt: skip
CLOSE = sum(len(names) for _, names in PHASES)


@jit
def run_phase(which, first, last, s, p, plan, values, out, before, level, unmet):
    """Phase number `which` of `PHASES`, counted through, in the clusters `first` to `last` less one.

    A phase of the whole city takes any range of one. After the last phase comes number `CLOSE`: the step is
    measured (into `out`) and the next one begins; -1: no phase.

    Returns
    -------
    int
        1 if an array was too small, else 0.
    """
    s, p = by_reference(s), p[()]
    for c in range(first, last):
        _run(which, c, s, p, plan, values)
    if which == CLOSE:
        _close_step(s, p, out, before, level, unmet)
    return 1 if s.city[0].overflow else 0


@inner
def _run(which, c, s, p, plan, values):
    if which == 0:
        finish_projects(s, p)
    elif which == 1:
        open_step(s, p, plan, values)
    elif which == 2:
        age_technologies(s, p, c)
    elif which == 3:
        count_adopters(s, p, c)
    elif which == 4:
        produce(s, p, c)
    elif which == 5:
        count_city(s)
    elif which == 6:
        deliver(s, p)
    elif which == 7:
        deliver_hubs(s, p, c)
    elif which == 8:
        close_books(s, p, c)
    elif which == 9:
        update_beliefs(s, p, c)
    elif which == 10:
        draw_lottery(s, p, c)
    elif which == 11:
        learn(s, p, c)
    elif which == 12:
        inspect(s, p, c)
    elif which == 13:
        review_compliance(s, p, c)
    elif which == 14:
        review_technologies(s, p, c)
    elif which == 15:
        search_partners(s, p, c)
    elif which == 16:
        note_leavers(s, p, c)
    elif which == 17:
        serve_requests(s, p)
    elif which == 18:
        sign_deals(s, p)
    elif which == 19:
        review_hubs(s, p, c)
    elif which == 20:
        start_hubs(s, p)
    elif which == 21:
        run_operators(s, p)
    elif which == 22:
        run_projects(s, p)
    elif which == 23:
        update_levels(s, p)
    elif which == 24:
        leave(s, p)
    elif which == 25:
        open_planned(s, p)
    elif which == 26:
        let_slots(s, p)
    elif which == 27:
        expel(s, p)
    elif which == 28:
        relocate(s, p)
    elif which == 29:
        arrive(s, p)


@inner
def _close_step(s, p, out, before, level, unmet):
    city = s.city[0]
    sum_up(s)
    measure(s, p, out, before)
    record_levels(s, level, unmet)
    begin_counts(s)
    note_reference(s)
    city.step += 1
    city.time = 2010.0 + city.step * city.dt


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
        Code into `ensemble.FAILURES`.
    """
    first, rest = 0, (s, p, plan, values, series[row], series[row - 1], level[row], unmet[row])
    for by_cluster, names in PHASES:
        for c in range(s.clusters.size) if by_cluster else (None,):
            for which, name in enumerate(names, first):
                before(name, c)
                run_phase(which, c or 0, (c or 0) + 1, *rest)
                after(name, c)
        first += len(names)
    return run_phase(CLOSE, 0, 0, *rest)
