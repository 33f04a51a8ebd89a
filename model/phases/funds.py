"""The end of phase 7: requests to the grants funds are served in the order of their hashed priority."""

from __future__ import annotations

from ..jit import inner
from ..randomness import Purpose, of_technology, uniform
from ..state import OWN_PLANT
from .enforcement import decide_compliance, plant_terms
from .requests import sort_requests
from .technology import appraise, count_credit, order

__all__ = ["serve_requests"]


@inner
def serve_requests(s, p):
    """Serve requests while the fund lasts; the refused decide at once without it, with the same taste."""
    city = s.city[0]
    n = city.requests
    sort_requests(s.requests, n)
    for r in range(n):
        request = s.requests[r]
        slot, j, k, fund = request.slot, request.tech, request.slot & 15, request.fund
        f = s.firms[slot >> 4]
        cluster = s.clusters[f.cluster[k]]
        success = s.levers[cluster.lever_row].request_success
        heard = success >= 1.0 or uniform(city.key, Purpose.REQUEST, city.step, of_technology(f.id[k], j)) < success
        funded = heard and s.funds[fund].fund[0] >= request.amount
        if j == OWN_PLANT:
            terms = plant_terms(s, p, slot, True)
            if funded and terms.wants:
                order(s, p, slot, j, terms, fund)
            else:
                decide_compliance(s, p, slot, -1)  # at once, without the programme's money
            continue
        terms = appraise(s, p, slot, j, funded)
        count_credit(s, terms)
        if terms.wants:
            order(s, p, slot, j, terms, fund if funded else -1)
    city.requests = 0
