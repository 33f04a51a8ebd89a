"""Sales, cost and profit of firms that adopted T1 or T2, and of all others (13.11: competitiveness)."""

from __future__ import annotations

import numpy as np

from ..jit import inner
from ..state import LANES, SLOT_TAKEN, T1_OR_T2

__all__ = ["books_of"]


@inner
def books_of(s, p):
    """Sales, cost and profit of adopters, and the same of all others, mVND a year.

    Cost is what production, resources and effluent cost, less gains of exchanges; loans and the green premium are no part of it, but
    of profit. Who came in this step has no books yet.
    """
    now = s.city[0].time
    sales, cost, profit = 0.0, 0.0, 0.0
    other_sales, other_cost, other_profit = 0.0, 0.0, 0.0
    for c in range(s.clusters.size):
        cluster = s.clusters[c]
        share = p.export_premium if cluster.level >= 1 else 0.0
        for b in range(cluster.first, cluster.last):
            f = s.firms[b]
            for k in range(LANES):
                if f.status[k] != SLOT_TAKEN or f.born[k] >= now - 1e-9:
                    continue
                sold = f.k_revenue[k] * f.activity[k]
                paid = sold * (1.0 + share * f.exporter[k]) - f.profit[k] - f.debt_service[k]
                if np.int64(f.tech[k]) & T1_OR_T2 != 0:
                    sales += sold
                    cost += paid
                    profit += f.profit[k]
                else:
                    other_sales += sold
                    other_cost += paid
                    other_profit += f.profit[k]
    return (sales, cost, profit), (other_sales, other_cost, other_profit)
