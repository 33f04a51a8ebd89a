"""Shared solar of an operator: none without a rule that allows it, consent of its buyers, and capital."""

from __future__ import annotations

import numpy as np
from ecocluster.model.randomness import Purpose
from ecocluster.model.state import ENERGY, LANES
from probes import PROJECTS, draws, flat, parameters, phases, put, world

CLUSTERS, FIRMS = 15, 4  # four projects each: there is room for 64 requests
PRICE, SHARE, TARIFF = 1.9, 0.15, 0.85


def started(year=2026.0, elec=(200.0, 200.0, 200.0, 200.0), attitude=0.0, anchor=0.0, **overrides):
    """Clusters in which project E starts when every operator reviews it; the sun pays at this yield."""
    record = parameters(**{"project_review": 1e4, "cetp_city_hazard": 0.0, "solar_yield": 4.0, "solar_consent": 1.0,
                           "solar_able": 1.0, "solar_sale_since": 2025.0, **overrides})  # fmt: skip
    s = world(CLUSTERS, FIRMS)
    s.city["time"], s.levers["anchor_investor"] = year, anchor
    put(s, "elec", np.resize(np.pad(elec, (0, LANES - FIRMS)), s.slot_at.size))
    put(s, "attitude", np.full(s.slot_at.size, attitude))
    s.clusters["elec"][:CLUSTERS] = sum(elec)
    assert flat(s, "elec")[:FIRMS].tolist() == list(elec)
    phases(s, record[()], PROJECTS, 1)
    return s.clusters["ready"][:CLUSTERS, ENERGY] > 0.0, s


def test_none_before_the_rule_that_allows_to_sell():
    assert not started(2024.75)[0].any() and started(2025.0)[0].all()
    assert started(2018.0, solar_consent=0.0)[0].all()  # control: nothing is asked while it is switched off


def test_none_without_consent_of_buyers_of_half_of_the_power():
    """A buyer consents if (1 - tariff) x price x his part of the sun is more than his contract, or by attitude."""
    least = 5.0 / ((1.0 - TARIFF) * PRICE * SHARE)  # MWh a year at which a contract of 5 mVND pays
    below, above = 0.999 * least, 1.001 * least
    assert not started(elec=(below,) * 4)[0].any() and started(elec=(above,) * 4)[0].all()
    assert started(elec=(below,) * 4, attitude=0.71)[0].all() and not started(elec=(below,) * 4, attitude=0.69)[0].any()
    assert started(elec=(above, below, 0.0, 0.0))[0].all()  # one of four firms, and half of the power
    assert not started(elec=(above, below, 1.0, 4.0))[0].any()
    assert started(elec=(below,) * 4, solar_consent=0.0)[0].all()


def test_capital_comes_from_the_operator_or_from_others():
    """Whoever's draw is below 1 - (1 - able)(1 - anchor) starts: exactly, by the persistent draw of the cluster."""
    assert not started(solar_able=0.0)[0].any()
    for able, anchor in ((0.2, 0.0), (0.2, 0.5), (0.0, 0.4)):
        found, s = started(solar_able=able, anchor=anchor)
        u = draws(s, Purpose.CLUSTER_CAPITAL, 0, np.arange(CLUSTERS))
        assert (found == (u < 1.0 - (1.0 - able) * (1.0 - anchor))).all() and 0 < found.sum() < CLUSTERS
