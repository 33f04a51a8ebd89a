"""Time of each phase of a step, measured from Python around one compiled switch over the phases."""

from __future__ import annotations

from time import perf_counter

from ..model.jit import jit
from ..model.measure import measure
from ..model.phases.demography import arrive, expel, leave, let_slots, note_leavers, open_planned, relocate
from ..model.phases.enforcement import inspect, review_compliance
from ..model.phases.funds import serve_requests
from ..model.phases.hubs import deliver_hubs, review_hubs, start_hubs
from ..model.phases.knowledge import learn, update_beliefs
from ..model.phases.links import deliver, search_partners, sign_deals
from ..model.phases.lottery import draw_lottery
from ..model.phases.operators import finish_projects, run_operators, run_projects, update_levels
from ..model.phases.outside import open_step
from ..model.phases.production import close_books, count_adopters, count_city, produce
from ..model.phases.technology import age_technologies, review_technologies

__all__ = ["PHASES", "clock_phases"]

PHASES = (
    "nothing", "age_and_count", "open_step", "produce", "deliver", "lottery", "hubs", "close_books", "beliefs", "learn",
    "inspect", "review_compliance", "review_technologies", "serve_requests", "search", "deals", "review_hubs",
    "operators", "leave", "slots", "arrive", "measure",
)


@jit
def _run_phase(which, s, p, plan, values, out):
    clusters = s.clusters.size
    if which == 1:
        for c in range(clusters):
            age_technologies(s, p, c)
            count_adopters(s, p, c)
        count_city(s)
    elif which == 2:
        finish_projects(s, p)
        open_step(s, p, plan, values)
    elif which == 4:
        deliver(s, p)
    elif which == 13:
        serve_requests(s, p)
    elif which == 15:
        sign_deals(s, p)
    elif which == 17:
        run_operators(s, p)
        run_projects(s, p)
        update_levels(s, p)
    elif which == 19:
        open_planned(s, p)
        let_slots(s, p)
        expel(s, p)
        relocate(s, p)
    elif which == 20:
        arrive(s, p)
    elif which == 21:
        measure(s, p, out[1], out[0])
        s.city[0].step += 1
        s.city[0].time = 2010.0 + s.city[0].step * s.city[0].dt
    elif which > 0:
        for c in range(clusters):
            if which == 3:
                produce(s, p, c)
            elif which == 5:
                draw_lottery(s, p, c)
            elif which == 6:
                deliver_hubs(s, p, c)
            elif which == 7:
                close_books(s, p, c)
            elif which == 8:
                update_beliefs(s, p, c)
            elif which == 9:
                learn(s, p, c)
            elif which == 10:
                inspect(s, p, c)
            elif which == 11:
                review_compliance(s, p, c)
            elif which == 12:
                review_technologies(s, p, c)
            elif which == 14:
                search_partners(s, p, c)
            elif which == 16:
                review_hubs(s, p, c)
            elif which == 18:
                note_leavers(s, p, c)
        if which == 16:
            start_hubs(s, p)
        elif which == 18:
            leave(s, p)


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
        Name of the phase to its best time over the steps, less the time of an empty call.
    """
    import numpy as np

    simulator.fork(index, 1.0, None)
    s, p = simulator.work, simulator.p[()]
    plan, values = simulator.plans[index], simulator.values(simulator.work)
    out = np.zeros((2, simulator.burn_series.shape[1]))
    times = np.zeros((steps, len(PHASES)))
    for step in range(steps):
        for which in range(len(PHASES)):
            begin = perf_counter()
            _run_phase(which, s, p, plan, values, out)
            times[step, which] = perf_counter() - begin
    median = np.median(times[2:], axis=0) * 1e6
    return {name: max(float(t - median[0]), 0.0) for name, t in zip(PHASES[1:], median[1:], strict=True)}
