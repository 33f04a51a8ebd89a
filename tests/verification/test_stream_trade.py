"""What dealers take already and how much an off-taker takes: a traded stream gains the margin and saves nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from audit import Audit
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Matter, Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.coefficients import note_coefficients, set_coefficients
from ecocluster.model.phases.hubs import deliver_hubs
from ecocluster.model.rules.symbiosis import disposal_saved, hub_price, offtake, unit_gain, use_value
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import STREAMS
from ecocluster.scenarios import load_scenario, make_arm
from probes import (
    DELIVER,
    FREE,
    LOTTERY,
    ORGANIC,
    PERMIT_ALL,
    SEARCH,
    SIGN,
    flat,
    pairs,
    parameters,
    phases,
    put,
    world,
)

SOLID = range(5)
PRICE, MARGIN = 4.0, 0.15


@jit
def delivery(s, p):
    """Hubs of the first cluster deliver."""
    deliver_hubs(s, p, 0)


@jit
def coefficients(s, p):
    """Coefficients of the firm in the first lane."""
    note_coefficients(s.city[0], p)
    set_coefficients(s.city[0], p, s.firms[0], 0, False)


def traded(share, **overrides):
    """Parameters with the same share of every solid stream traded."""
    shares = {f"{STREAMS[w]}__traded": share for w in SOLID}
    return parameters(**{"stream_trade": 1.0, "dealer_margin": MARGIN, **shares, **overrides})


# --- a unit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("w", SOLID)
def test_a_unit_gains_the_margin_of_its_traded_part_and_the_rest_of_the_other(w):
    """s = (1 - a) (disposal + substitution x virgin - treatment) + a x margin x price, for every stream; share 1: the margin alone.

    The price is the lower of the two costs of disposal, with its sign turned. Control: another margin."""
    for a in (0.0, 0.3, 1.0):
        p = traded(a)[()]
        costs = sorted((p["stream_disposal_cost"][w], p["stream_other_disposal"][w]))
        price, paid = max(-costs[0], 0.0), costs[1]
        use = p["stream_substitution"][w] * p["stream_virgin_price"][w] - p["stream_treatment_cost"][w]
        expected = (1 - a) * (paid + use) + a * (costs[0] + price + MARGIN * price)
        assert unit_gain(p, w) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert unit_gain(p, w) == pytest.approx(disposal_saved(p, w, a) + use_value(p, w, a), rel=1e-12, abs=1e-12)
        if price > 0.0 and a == 1.0:
            assert unit_gain(p, w) == pytest.approx(MARGIN * price, rel=1e-12)
            assert unit_gain(traded(1.0, dealer_margin=0.2)[()], w) == pytest.approx(0.2 * price, rel=1e-12)


def test_without_the_switch_the_table_holds():
    """Shares and prices alone change nothing."""
    off, other = parameters()[()], traded(1.0, stream_trade=0.0)[()]
    for w in range(len(STREAMS)):
        assert unit_gain(off, w) == unit_gain(other, w) and hub_price(off, w) == hub_price(other, w)
        assert unit_gain(off, w) == (
            off["stream_disposal_cost"][w] + off["stream_substitution"][w] * off["stream_virgin_price"][w]
        ) - off["stream_treatment_cost"][w]  # fmt: skip


def test_dealers_pay_for_what_they_take_and_the_rest_is_landfilled():
    """Of a firm's waste the untraded part of every stream that costs something is landfilled, and the bill holds both parts.

    Control: all traded, nothing is landfilled, and the firm is paid."""
    for a in (0.0, 0.4, 1.0):
        p = traded(a)
        s = world(1, 2)
        put(s, "eps", np.ones(s.slot_at.size))
        coefficients(s, p[()])
        supply = p["supply"][0, :5]
        own, other = p["stream_disposal_cost"][:5], p["stream_other_disposal"][:5]
        dear, cheap = np.maximum(own, other), np.minimum(own, other)
        assert flat(s, "k_landfill")[0] == pytest.approx(((1 - a) * supply * (dear > 0)).sum(), rel=1e-12, abs=1e-12)
        assert flat(s, "k_disposal")[0] == pytest.approx((supply * ((1 - a) * dear + a * cheap)).sum(), rel=1e-12)
        assert flat(s, "k_tonnes")[0] == pytest.approx(supply.sum(), rel=1e-12)


# --- a link ------------------------------------------------------------------------------------------------


def delivered(a):
    """One delivery of each of twenty links of 10 units of organic waste: (state, record)."""
    record = traded(a, eta0=0.0, search_rate=1e3, **FREE)
    record["stream_ef_onsite"][ORGANIC], record["stream_ef_upstream"][ORGANIC] = 0.5, 0.7
    record["stream_ef_landfill"][ORGANIC], record["stream_other_disposal"][ORGANIC] = 1.1, -PRICE
    s = pairs(20, record)
    phases(s, record[()], LOTTERY | SEARCH | SIGN | PERMIT_ALL, 1)
    s.money[...], s.matter[...] = 0.0, 0.0
    phases(s, record[()], DELIVER, 1)
    assert s.clusters["links"][:20].sum() == 20
    return s, record


@pytest.mark.parametrize("a", [0.0, 0.35, 1.0])
def test_an_exchange_saves_what_dealers_leave(a):
    """Money: (1 - a) 3 + a x margin x price a unit. Landfill, its gas, emissions here and upstream, virgin material, and what counts
    as an exchange: their untraded part. At share 1 there is the margin and nothing else. Control: share 0 is the whole of it."""
    s, record = delivered(a)
    units = 0.25 * 20 * 10.0  # a quarter of twenty contracts of 10 a year
    assert s.money[Money.EXCHANGE_SAVED] == pytest.approx(units * ((1 - a) * 3.0 + a * MARGIN * PRICE), rel=1e-12)
    assert flat(s, "exchange_gain").sum() == pytest.approx(s.money[Money.EXCHANGE_SAVED] / 0.25, rel=1e-12)
    saved = {Matter.LANDFILL_TCO2E: -1.1, Matter.EXCHANGE_TCO2E: 0.5, Matter.UPSTREAM_TCO2E: 0.7, Matter.VIRGIN_SAVED_T: 1.0}
    for name, factor in saved.items():
        assert s.matter[name] == pytest.approx((1 - a) * factor * units, rel=1e-12), name
    assert s.matter[Matter.EXCHANGED_T] == pytest.approx(units)
    assert flat(s, "spared").sum() == pytest.approx((1 - a) * 200.0, rel=1e-12)
    assert s.clusters["exchanged_landfill"].sum() == pytest.approx((1 - a) * 200.0, rel=1e-12)
    assert flat(s, "avoided").sum() == pytest.approx((1 - a) * 0.5 * 200.0, rel=1e-12)
    assert s.clusters["exchanges"][:20] == pytest.approx(np.full(20, 1 - a))
    if a == 1.0:
        assert not s.matter[list(saved)].any() and not flat(s, "spared").any() and not flat(s, "avoided").any()


# --- a hub and its off-taker -------------------------------------------------------------------------------


def pooled(record, waste, need):
    """A hub of organic waste delivers: members give `waste` and need `need`."""
    record["supply"][...] = record["demand"][...] = 0.0
    record["supply"][0, ORGANIC] = record["demand"][0, ORGANIC] = 1.0
    s = world(1, len(waste))
    for name, values in (("waste", waste), ("activity", need)):
        put(s, name, np.pad(np.asarray(values, float), (0, s.slot_at.size - len(waste))))
    put(s, "hubs", np.where(np.arange(s.slot_at.size) < len(waste), 1 << ORGANIC, 0))
    hub = s.hubs[0, ORGANIC]
    hub["active"], hub["members"], hub["capital_until"] = 1, len(waste), 1e9
    delivery(s, record[()])
    return s


WASTE, NEED = [40.0, 10.0, 25.0, 0.0, 25.0], [0.0, 8.0, 0.0, 12.0, 0.0]


@pytest.mark.parametrize("limit", [0.0, 5.0, 30.0, 80.0, 1e4])
@pytest.mark.parametrize("a", [None, 0.0, 0.4, 1.0])
def test_an_off_taker_takes_what_is_left_up_to_his_limit(limit, a):
    """flow = min((100 - 20)(1 - a), limit), shared by what members give whatever their order. Control: no limit."""
    record = parameters(offtake_limit=limit) if a is None else traded(a, offtake_limit=limit)
    s = pooled(record, WASTE, NEED)
    left = 80.0 * (1 - (a or 0.0))
    expected = min(left, limit) if limit else left
    flow = s.matter[Matter.OFFTAKEN_T] / 0.25
    assert flow == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert not limit or flow <= limit
    assert s.matter[Matter.POOLED_T] == pytest.approx(0.25 * (20.0 + flow), rel=1e-12)
    spared = np.asarray(WASTE) * ((1 - (a or 0.0)) * 0.2 + flow / 100.0)
    assert flat(s, "spared")[:5] == pytest.approx(spared, rel=1e-12, abs=1e-12)
    assert flat(s, "spared").sum() == pytest.approx(s.clusters["exchanged_landfill"][0], rel=1e-12, abs=1e-12)
    order = [3, 1, 4, 0, 2]
    other = pooled(record, np.take(WASTE, order), np.take(NEED, order))
    assert flat(other, "spared")[:5] == pytest.approx(spared[order], rel=1e-12, abs=1e-12)
    assert flat(other, "exchange_gain")[:5] == pytest.approx(flat(s, "exchange_gain")[:5][order], rel=1e-12, abs=1e-12)
    # what members gain is what is saved, the off-taker's price and no more
    gain = s.money[Money.EXCHANGE_SAVED] + s.money[Money.OFFTAKE] - s.money[Money.HUB_FEE]
    assert flat(s, "exchange_gain").sum() == pytest.approx(gain / 0.25, rel=1e-9)


def test_share_of_the_supply_and_amount_belong_together():
    """An off-taker's share times the supply is his amount, within his limit."""
    rng = np.random.default_rng(2)
    for record in (parameters(), parameters(offtake_limit=7.0), traded(0.3), traded(0.6, offtake_limit=3.0)):
        for supply in rng.exponential(20.0, 50):
            inside = supply * rng.random()
            share, amount = offtake(record[()], ORGANIC, supply, inside)
            assert share * supply == pytest.approx(amount, rel=1e-9) and 0.0 <= share <= 1.0
            assert amount <= supply - inside and (record["offtake_limit"] == 0.0 or amount <= record["offtake_limit"])
    assert offtake(parameters()[()], ORGANIC, 0.0, 0.0) == (0.0, 0.0)


def test_books_balance_while_dealers_trade(shocks):
    """Money and mass of every step, with many links and hubs, a part of the streams traded, and an off-taker of limited room."""
    site = load_scenario("nguyen-khe").site
    on = {"stream_trade": 1.0, "offtake_limit": 50.0, "search_rate": 1.0, "hub_base": 0.2, "b_min": 0.84, "aware_symbiosis_2010": 0.5,
          "offtaker_in_city": 0.5}  # fmt: skip
    on = without() | on
    arms = [make_arm(name, budget_bn=150.0, site=site) for name in ("law", "symbiosis")]
    audited = Audit(Simulator(site, arms, parameter_record(on), shocks))
    audited.burn(11, 0)
    audited.run(0)
    audited.run(1)
    assert audited.matter[Matter.EXCHANGED_T] > 0 and audited.matter[Matter.OFFTAKEN_T] > 0
