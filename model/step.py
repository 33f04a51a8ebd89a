"""One step of the model: the table of contents of the specification (section 4)."""

from __future__ import annotations

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

__all__ = ["run_steps"]


@inner
def step(s, p, plan, values):
    """Advance the state by one step.

    Phases that look only at one cluster run cluster by cluster, while its firms are in the cache; what is shared
    by the city (funds, slots, operators' money) stands between these loops.

    Parameters
    ----------
    s : State
    p : record of parameters
    plan : Plan
    values : (rows, levers) float64
        `s.levers` seen as numbers.
    """
    clusters = s.clusters.size
    # 1 outside world, levers, funds; projects that are finished
    finish_projects(s, p)
    open_step(s, p, plan, values)
    # what was ordered begins to operate; 2 production, resources, waste
    for c in range(clusters):
        age_technologies(s, p, c)
        count_adopters(s, p, c)
        produce(s, p, c)
    count_city(s)
    # 3 links deliver
    deliver(s, p)
    for c in range(clusters):
        deliver_hubs(s, p, c)
        close_books(s, p, c)  # 2 the cash of the step
        update_beliefs(s, p, c)  # 4 records and trust, 5 attitude
        draw_lottery(s, p, c)
        learn(s, p, c)  # 5 awareness
        inspect(s, p, c)  # 6 inspections, fines, compliance
        review_compliance(s, p, c)
        review_technologies(s, p, c)  # 7 technology, loans, grants: requests
        search_partners(s, p, c)  # 8 symbiosis: proposals
        note_leavers(s, p, c)  # 10 who will leave
    serve_requests(s, p)  # 7 the fund serves
    # 8 symbiosis: studies and deals, hubs
    sign_deals(s, p)
    for c in range(clusters):
        review_hubs(s, p, c)
    start_hubs(s, p)
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


@inner
def note_reference(s):
    """What 2018-19 were like, the reference of each cluster: energy a unit of output, workers, value added a worker.

    Clusters without firms then take the city's intensity and income, and have no jobs to lose.
    """
    now = s.city[0].time
    if now < 2018.0 - 1e-9 or now >= 2020.0 - 1e-9:
        return
    energy, output, value, workers = 0.0, 0.0, 0.0, 0.0
    half = 0.5 * s.city[0].dt  # two years are averaged
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        cluster.reference_energy += cluster.elec * 3.6 + cluster.fuel
        cluster.reference_output += cluster.output
        cluster.reference_workers += half * cluster.workers
        cluster.reference_value += half * cluster.value_added
        energy += cluster.reference_energy
        output += cluster.reference_output
        value += cluster.reference_value
        workers += cluster.reference_workers
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        own = cluster.reference_output > 0.0
        if own or output > 0.0:
            cluster.intensity_reference = (cluster.reference_energy / cluster.reference_output if own
                                           else energy / output)
            cluster.income_reference = (cluster.reference_value / cluster.reference_workers if own
                                        else value / max(workers, 1e-9))


@jit
def run_steps(s, p, plan, values, first_row, series, level, unmet):
    """Run as many steps as `series` has rows from `first_row` on, and measure after each (11).

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
    city = s.city[0]
    for row in range(first_row, series.shape[0]):
        step(s, p, plan, values)
        sum_up(s)
        measure(s, p, series[row], series[row - 1])
        record_levels(s, level[row], unmet[row])
        begin_counts(s)
        note_reference(s)
        city.step += 1
        city.time = 2010.0 + city.step * city.dt
        if city.overflow:
            return 1
    return 0
