"""Requests for something scarce: collected in a step, sorted by hashed priority, served while it lasts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner, small
from ..ledger import Money
from ..randomness import Purpose, draw, of_errand

__all__ = ["COORDINATOR", "FIRMS", "OPERATOR", "Exchange", "add_request", "ask", "fund_of", "propose", "sort_requests"]


FIRMS, OPERATOR, COORDINATOR = 0.0, 1.0, 2.0  # who found the link of a proposal; an operator pays its study himself


class Exchange(NamedTuple):
    """What a link would carry: from one slot to another, a stream, units a year."""

    supplier: int
    buyer: int
    stream: int
    quantity: float


@inner
def fund_of(cluster):
    """The programme whose funds a cluster may ask; -1: none, or it is barred from them."""
    return -1 if cluster.barred else cluster.programme


@inner
def add_request(s, slot, tech, fund, amount, priority):
    """Put a request; where there is no room the run starts again with more, see `Simulator`."""
    city = s.city[0]
    n = city.requests
    if n >= s.requests.size:
        city.overflow = 1
        return
    request = s.requests[n]
    request.slot, request.tech, request.fund, request.other = slot, tech, fund, 0
    request.quantity, request.amount, request.priority = 0.0, amount, priority
    city.requests = n + 1


@inner
def propose(s, exchange, fund, priority, finder):
    """Put the proposal of a link that `finder` has found."""
    city = s.city[0]
    n = city.proposals
    if n >= s.proposals.size:
        city.overflow = 1
        return
    proposal = s.proposals[n]
    proposal.slot, proposal.other, proposal.tech, proposal.fund = exchange.supplier, exchange.buyer, exchange.stream, fund
    proposal.quantity, proposal.amount, proposal.priority = exchange.quantity, finder, priority
    city.proposals = n + 1


@inner
def ask(s, lever, slot, j, fund, amount):
    """Ask the grants fund for technology j; the effort is spent whatever the fate of the request."""
    city = s.city[0]
    f, k = s.firms[slot >> 4], slot & 15
    if lever.effort_cost > 0.0:
        f.cash[k] -= lever.effort_cost
        s.money[Money.EFFORT] += lever.effort_cost
    priority = draw(city.key, Purpose.PRIORITY, city.step, of_errand(f.id[k], j))
    add_request(s, slot, j, fund, amount, priority)


@inner
def sort_requests(requests, n):
    """Heap sort by hashed priority, in place, without allocation."""
    for start in range(n // 2 - 1, -1, -1):
        _sift(requests, start, n, _taken(requests, start))
    for last in range(n - 1, 0, -1):
        request = _taken(requests, last)
        _put(requests, last, _taken(requests, 0))
        _sift(requests, 0, last, request)


@inner
def _put(requests, n, request):
    """Write down what `_taken` took up."""
    to = requests[n]
    to.slot, to.tech, to.fund, to.other, to.priority, to.amount, to.quantity = request


@small
def _taken(requests, n):
    """All numbers of a request."""
    of = requests[n]
    return of.slot, of.tech, of.fund, of.other, of.priority, of.amount, of.quantity


@inner
def _sift(requests, root, n, request):
    """Put a request where it belongs below `root`; what comes before it moves up."""
    priority = request[4]
    child = 2 * root + 1
    while child + 1 < n:
        child += np.int64(requests[child + 1].priority > requests[child].priority)  # no branch: nobody foresees which
        if requests[child].priority <= priority:
            break
        _put(requests, root, _taken(requests, child))
        root, child = child, 2 * child + 1
    if child + 1 == n and requests[child].priority > priority:  # the only child of the last parent
        _put(requests, root, _taken(requests, child))
        root = child
    _put(requests, root, request)
