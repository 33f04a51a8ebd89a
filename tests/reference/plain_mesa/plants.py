"""1b What treatment plants remove: own ones by their draw and age, central ones by load and age (13.11)."""

from __future__ import annotations

from ecocluster.model.maths import exp

from .formulas import rules
from .luck import PURPOSE
from .objects import NONE, OWN_PLANT, REAL_CONNECTED, REAL_OWN, SHAM, WATER

__all__ = ["age_central_plant", "age_own_plant", "lack_of", "look_at_plant", "removed"]


def look_at_plant(firm, quarter: int) -> None:
    """A plant that a firm brings along (quarter 0), or one that begins to operate in a quarter."""
    model = firm.model
    if not model.p.plants_age:
        return
    low, high = (model.p.plant_new_low, model.p.plant_new_high) if quarter else (model.p.plant_old_low, model.p.plant_old_high)
    firm.plant = firm.treats = low + (high - low) * model.luck.uniform(PURPOSE.PLANT, quarter, firm.firm_id)
    firm.plant_at = model.now


def age_own_plant(model, firm) -> None:
    """What the plant of a firm removes in this step; the best where barrier 5 is removed."""
    if model.p.plants_age and (firm.has(OWN_PLANT) or firm.compliance == REAL_OWN):
        best = firm.cluster.levers.relief_technology > 0.5
        aged = firm.plant * exp(-model.p.plant_decay * (model.now - firm.plant_at))
        firm.treats = model.p.plant_new_high if best else aged


def age_central_plant(model, cluster) -> None:
    """What a central plant removes in this step, at the flow of the step before."""
    p = model.p
    if not p.plants_age:
        return
    if cluster.levers.relief_technology > 0.5:
        cluster.treats = p.central_best
        return
    load = cluster.connected / cluster.design_flow if cluster.built[WATER] else 0.0
    cluster.treats = rules.plants.central_removal(p, load, max(model.now - max(cluster.ready[WATER], 2010.0), 0.0))


def removed(firm) -> float:
    """Share of a firm's load that is removed."""
    p, ages = firm.model.p, firm.model.p.plants_age
    return {
        NONE: 0.0,
        SHAM: p.removal_sham,
        REAL_OWN: firm.treats if ages else p.removal_real,
        REAL_CONNECTED: firm.cluster.treats if ages else p.removal_real,
    }[firm.compliance]


def lack_of(firm) -> float:
    """How far its plant is from what the law asks for, 0-1; 0 without a plant."""
    if not firm.model.p.plants_age or not firm.has(OWN_PLANT):
        return 0.0
    return rules.plants.shortfall(firm.model.p, firm.treats)
