"""V11 and V12: mass and money balance in every step of every arm."""

from dataclasses import replace

import audit
import numpy as np
import pytest
from ecocluster.model.ensemble import Simulator
from ecocluster.model.inputs import Programme, Schedule
from ecocluster.model.ledger import Matter, Money
from ecocluster.model.parameters import parameter_record
from ecocluster.scenarios import load_portfolio, load_scenario, make_arm

EVERYTHING = ("self-transition", "symbiosis", "newly-planned", "combined", "all", "symbiosis-in-planned")


def _arms(site, budget):
    """Null, pathways, policies laid over them, and a portfolio."""
    arms = [make_arm("null", site=site)]
    arms += [make_arm(name, budget=budget, site=site) for name in EVERYTHING]
    for pathway, policy in (("combined", "special"), ("combined", "shared"), ("all", "compulsory"),
                            ("policy", "solutions-all"), ("policy", "japan"), ("policy", "barriers-all")):
        arms.append(make_arm(pathway, policy, budget, site, name=f"{pathway}+{policy}"))
    return [replace(arm, scale=1.0) for arm in arms]
