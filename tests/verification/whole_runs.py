"""Whole runs from the first day on, whose state a test may change, and comparisons firm by firm."""

import ecocluster.model.step as step_module
import numpy as np
from audit import Firms
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.parameters import parameter_record
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import matched_arms

DISCRETE = ("status", "cluster", "sector", "tech", "pending", "ever", "aware", "compliance", "links", "hubs", "discloses", "club",
            "loans", "cuts", "recp", "exporter", "admitted")  # fmt: skip
REAL = ("workers", "cash", "debt", "elec", "effluent", "profit", "debt_service", "attitude", "trust", "exchange_gain")


def run_from_2010(site, arms, parameters=None, shocks=(), seed=1, replicate=0, change=None):
    """Burn in and run every arm; `change` may alter the state of the first day.

    Returns
    -------
    list of (series, firms by id, level)
    """
    sim = Simulator(site, arms, parameter_record(parameters), shocks)
    begin(sim.base, sim.layout, sim.p, sim.plans[0], seed, replicate, 4)
    if change is not None:
        change(sim.base, sim.layout)
    before = np.full((sim.burn_steps + 1, len(INDICATORS)), np.nan)
    flags = np.zeros((sim.burn_steps + 1, len(site.clusters)), np.int8)
    values = sim.values(sim.base)
    assert step_module.run_steps(sim.base, sim.p, sim.plans[0], values, 1, before, flags, flags.astype(np.int16)) == 0
    out, references, matched = [], {}, matched_arms(arms)
    for index in range(len(arms)):
        series = np.zeros((sim.steps + 1, len(INDICATORS)))
        level = np.zeros((sim.steps + 1, len(sim.layout.slots)), np.int8)
        sim.fork(index, 1.0, references.get(matched[index]))
        assert sim.run(index, series, level, np.zeros_like(level, np.int16)) == 0
        references[index] = sim.reference(series)
        firms = Firms(sim.work)
        order = np.argsort(firms.id)
        by_id = {name: firms[name][order].copy() for name in ("id", *DISCRETE, *REAL)}
        out.append((series, by_id, level))
    return out


def same_firms(one, two, tolerance=1e-9):
    """Fail unless all decisions of all firms agree exactly, and their numbers to a relative tolerance."""
    for name in ("id", *DISCRETE):
        assert np.array_equal(one[name], two[name]), name
    for name in REAL:
        assert np.allclose(one[name], two[name], rtol=tolerance, atol=1e-6 * (tolerance > 0)), name


def part(firms, ids):
    """Those firms of a table by id whose id is given."""
    chosen = np.isin(firms["id"], ids)
    return {name: values[chosen] for name, values in firms.items()}
