"""One step of the model: the table of contents of the specification (section 4)."""

from __future__ import annotations

from .jit import jit
from .measure import measure, record_levels
from .phases.demography import arrive, expel, leave, let_slots, open_planned, relocate
from .phases.enforcement import inspect, review_compliance
from .phases.funds import serve_requests
from .phases.hubs import deliver_hubs, review_hubs
from .phases.knowledge import learn, update_beliefs
from .phases.links import deliver, search_partners, sign_deals
from .phases.lottery import draw_lottery
from .phases.operators import finish_projects, run_operators, run_projects, update_levels
from .phases.outside import open_step
from .phases.production import close_books, count_adopters, produce
from .phases.technology import age_technologies, review_technologies

__all__ = ["advance", "run_steps", "step"]


@jit
def step(s, p, plan, values):
    """Advance the state by one step.

    Parameters
    ----------
    s : State
    p : record of parameters
    plan : Plan
    values : (rows, levers) float64
        `s.levers` seen as numbers.
    """
    # what has become of last step's decisions
    finish_projects(s, p)
    age_technologies(s, p)
    count_adopters(s, p)
    # 1 outside world, levers, funds
    open_step(s, p, plan, values)
    draw_lottery(s, p)
    # 2 production, resources, waste; 3 links deliver; then the cash of the step
    produce(s, p)
    deliver(s, p)
    deliver_hubs(s, p)
    close_books(s, p)
    # 4 records and trust, attitude; 5 awareness
    update_beliefs(s, p)
    learn(s, p)
    # 6 inspections, fines, compliance
    inspect(s, p)
    review_compliance(s, p)
    # 7 technology reviews, loans, grants
    review_technologies(s, p)
    serve_requests(s, p)
    # 8 symbiosis
    search_partners(s, p)
    sign_deals(s, p)
    review_hubs(s, p)
    # 9 operators
    run_operators(s, p)
    run_projects(s, p)
    update_levels(s, p)
    # 10 exit, planned clusters, relocation, arrival
    leave(s, p)
    open_planned(s, p)
    let_slots(s, p)
    expel(s, p)
    relocate(s, p)
    arrive(s, p)


@jit
def advance(s):
    """The clock."""
    city = s.city[0]
    city.step += 1
    city.time = 2010.0 + city.step * city.dt


@jit
def run_steps(s, p, plan, values, first_row, series, level, binding):
    """Run as many steps as `series` has rows from `first_row` on, and measure after each (11).

    Parameters
    ----------
    series : (steps + 1, K) float64
    level, binding : (steps + 1, clusters) int8

    Returns
    -------
    int
        0, or 1 if an array was too small (the run then counts as failed).
    """
    for row in range(first_row, series.shape[0]):
        step(s, p, plan, values)
        measure(s, p, series[row], series[row - 1])
        record_levels(s, level[row], binding[row])
        advance(s)
        if s.city[0].overflow:
            return 1
    return 0


@jit
def burn_in(s, p, plan, values, steps):
    """Run the steps before the programmes; energy intensity of 2018-19 becomes the reference of each cluster."""
    for _ in range(steps):
        step(s, p, plan, values)
        if s.city[0].time >= 2018.0 - 1e-9:
            for c in range(s.clusters.size):
                cluster = s.clusters[c]
                cluster.intensity_reference += cluster.elec * 3.6 + cluster.fuel
                cluster.reference_weight += cluster.output
        advance(s)
        if s.city[0].overflow:
            return 1
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        if cluster.reference_weight > 0.0:
            cluster.intensity_reference /= cluster.reference_weight
    return 0
