"""How closely the burn-in meets the published totals of a site."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["meet_published"]


def meet_published(site, parameters: Mapping[str, float] | None = None, shocks=(), *, replicates: int = 16, seed: int = 1):
    """Run the burn-in and read off what was published for 2018-19.

    Parameters
    ----------
    site : Site
    parameters, shocks : see `ecocluster.model.ensemble.run_ensemble`
    replicates : int
    seed : int

    Returns
    -------
    dict of str to (float, float)
        ``firms_2018``, ``workers`` (both in clusters, end of the first quarter of 2018 to the end of 2019),
        ``plants_share`` (mid 2019) and ``budget_revenue_bn`` (income tax, fines and fees of 2018-19: the published
        figure also holds VAT and land): mean over the replicates and its 95 % half width.
    """
    from ..model.indicators import INDICATORS
    from ..model.parameters import parameter_record
    from ..model.simulator import Simulator
    from ..model.sites_and_arms import Arm
    from .statistics import mean_interval

    keys = list(INDICATORS)
    simulator = Simulator(site, (Arm("null"),), parameter_record(parameters), tuple(shocks))
    rows = []
    for replicate in range(replicates):
        simulator.replicate(seed, replicate)
        series = simulator.burn_series
        years = series[33:41]  # the quarters of 2018 and 2019
        rows.append(
            [
                years[:, keys.index("firms_in_clusters")].mean(),
                years[:, keys.index("jobs_in_clusters")].mean(),
                series[38, keys.index("cetp_share")],
                years[:, keys.index("receipts")].mean() / 1000.0,
            ]
        )
    table = np.array(rows)
    names = ("firms_2018", "workers", "plants_share", "budget_revenue_bn")
    result = {}
    for i, name in enumerate(names):
        estimate = mean_interval(table[:, i])
        result[name] = (estimate.mean, estimate.mean - estimate.low)
    return result
