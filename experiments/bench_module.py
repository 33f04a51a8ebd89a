"""The module by which the benchmark measures what modules cost: a draw for every firm in every step, state, and money now and then."""

from ecocluster.model.acting import LANES, SLOT_TAKEN, pay, uniform
from ecocluster.model.modules import Account, Action, Indicator, Module


def visit(own, s, p, c):
    cluster, step = s.clusters[c], s.city[0].step
    for slot in range(cluster.first * LANES, cluster.last * LANES):
        f, k = s.firms[slot >> 4], slot & 15
        if f.status[k] == SLOT_TAKEN:
            own.visited[slot] += 1.0
            own.seen[0] += 1.0
            if uniform(own.key, 0, step, f.id[k]) < 0.025:
                pay(s, own.trouble, slot, 0.01)


module = Module(
    "bench_visits",
    firm_state=("visited",),
    accounts=(Account("trouble", "EFFORT", "trouble of a visit"),),
    indicators=(Indicator("seen", "1/yr", "flow", "visits"),),
    actions=(Action(visit, after="close_books"),),
)
