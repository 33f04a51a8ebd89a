"""7 Requests to the grants fund: collected at the reviews of a step, served by hashed priority while it lasts (5d, 5h)."""

from __future__ import annotations

from .compliance import decide_without_fund, plant_terms
from .luck import PURPOSE
from .objects import OWN_PLANT
from .technology import appraise, count_credit, order

__all__ = ["serve_requests"]


def serve_requests(model) -> None:
    """By hashed priority while the purse lasts; the refused decide at once without it, with the same taste."""
    for _, firm, j, amount in sorted(model.requests, key=lambda request: request[0]):
        fund = model.fund_of(firm.cluster)
        success = firm.cluster.levers.request_success
        heard = success >= 1.0 or model.luck.uniform(PURPOSE.REQUEST, model.quarter, firm.firm_id * 8 + j) < success
        funded = heard and fund.purse[0] >= amount
        if j == OWN_PLANT:
            offer = plant_terms(model, firm, True)
            if funded and offer.wanted:
                order(model, firm, j, offer, fund)
            else:
                decide_without_fund(model, firm)
            continue
        offer = appraise(model, firm, j, funded)
        count_credit(model, offer)
        if offer.wanted:
            order(model, firm, j, offer, fund if funded else None)
    model.requests.clear()
