"""Heat by the fuel of firms: supply and demand follow it, and what is replaced is not burnt, so never more than there is."""

from __future__ import annotations

import numpy as np
import pytest
from audit import Audit
from ecocluster.model.indicators import Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Matter, Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.hubs import deliver_hubs
from ecocluster.model.phases.links import demand_of, supply_of
from ecocluster.model.phases.production import close_books, count_adopters
from ecocluster.model.simulator import Simulator
from ecocluster.model.state import HEAT
from ecocluster.scenarios import load_scenario, make_arm
from probes import flat, parameters, put, world

ON = {"heat_of_firms": 1.0}


@jit
def flows(s, p, slot):
    """Heat that a firm gives off and can use, GJ a year."""
    f, k = s.firms[slot >> 4], slot & 15
    return supply_of(p, f, k, HEAT), demand_of(p, f, k, HEAT)


@jit
def deliver(s, p):
    """Hubs deliver, then the books are closed."""
    count_adopters(s, p, 0)
    deliver_hubs(s, p, 0)
    close_books(s, p, 0)


def members(record, fuel, sector):
    """A heat hub of firms with so much fuel a year, GJ, of these sectors."""
    s = world(1, len(fuel))
    rest = s.slot_at.size - len(fuel)
    for name, values in (("k_fuel", np.asarray(fuel) / 10.0), ("fuel", fuel), ("activity", np.full(len(fuel), 10.0)),
                         ("waste", np.full(len(fuel), 10.0)), ("sector", sector)):  # fmt: skip
        put(s, name, np.pad(np.asarray(values), (0, rest)))
    put(s, "k_revenue", np.full(s.slot_at.size, 100.0))
    put(s, "hubs", np.where(np.arange(s.slot_at.size) < len(fuel), 1 << HEAT, 0))
    hub = s.hubs[0, HEAT]
    hub["active"], hub["members"], hub["capital_until"] = 1, len(fuel), 1e9
    deliver(s, record[()])
    return s


FUEL, SECTOR = [900.0, 400.0, 50.0, 2000.0, 0.0, 300.0], [0, 1, 2, 3, 4, 5]


def test_supply_and_demand_are_shares_of_the_fuel_of_a_firm():
    """Both scale with activity and with the fuel that technology leaves. Control: by the table they follow neither."""
    record, table = parameters(heat_recoverable=0.2, **ON), parameters()
    s = world(1, 6)
    put(s, "sector", np.arange(s.slot_at.size) % 6)
    put(s, "k_fuel", np.full(s.slot_at.size, 30.0))
    put(s, "activity", np.full(s.slot_at.size, 10.0))
    for slot in range(6):
        base = flows(s, record[()], slot)
        assert base == pytest.approx((0.2 * 300.0, record["sector_heat_replaceable"][slot] * 300.0), rel=1e-12)
        s.firms["k_fuel"][0, slot] *= 0.85
        assert flows(s, record[()], slot) == pytest.approx((0.85 * base[0], 0.85 * base[1]), rel=1e-12)
        old = flows(s, table[()], slot)
        s.firms["k_fuel"][0, slot] *= 0.5
        assert flows(s, table[()], slot) == old
        s.firms["activity"][0, slot] *= 3.0
        assert flows(s, record[()], slot) == pytest.approx((0.425 * 3.0 * base[0], 0.425 * 3.0 * base[1]), rel=1e-12)


def test_a_hub_replaces_fuel_of_its_members_and_their_emissions_fall_with_it():
    """Heat inside = min(supply, demand); a member burns less by substitution x its part; nothing of it is booked as emissions that
    an exchange avoids beside. Control: by the table nobody burns less, and the exchange avoids emissions."""
    record = parameters(**ON)
    s = members(record, FUEL, SECTOR)
    need = record["sector_heat_replaceable"][SECTOR] * FUEL
    heat = min(record["heat_recoverable"] * sum(FUEL), need.sum())
    replaced = record["stream_substitution"][HEAT] * need * heat / need.sum()
    assert flat(s, "fuel")[:6] == pytest.approx(np.asarray(FUEL) - replaced, rel=1e-12, abs=1e-12)
    assert s.matter[Matter.FUEL_GJ] == pytest.approx(0.25 * (sum(FUEL) - replaced.sum()), rel=1e-12)
    assert s.matter[Matter.EXCHANGED_GJ] == pytest.approx(0.25 * heat, rel=1e-12)
    assert s.matter[Matter.EXCHANGE_TCO2E] == 0.0 and not flat(s, "avoided").any()
    unit = record["stream_substitution"][HEAT] * record["fuel_price"] - record["stream_treatment_cost"][HEAT]
    assert s.money[Money.EXCHANGE_SAVED] == pytest.approx(0.25 * heat * unit, rel=1e-12)
    assert s.money[Money.FUEL] == pytest.approx(record["fuel_price"] * s.matter[Matter.FUEL_GJ], rel=1e-12)
    table = members(parameters(), FUEL, SECTOR)
    assert flat(table, "fuel")[:6] == pytest.approx(FUEL)
    assert table.matter[Matter.EXCHANGE_TCO2E] > 0.0


def test_never_more_is_replaced_than_is_burnt():
    """Even if all fuel could be replaced by as much heat, and there were more of that."""
    record = parameters(heat_recoverable=3.0, heat_steam__substitution=1.0, **ON)
    record["sector_heat_replaceable"][...] = 1.0
    s = members(record, FUEL, SECTOR)
    assert flat(s, "fuel")[:6] == pytest.approx(np.zeros(6), abs=1e-9) and (flat(s, "fuel") >= -1e-9).all()


def test_books_balance_and_fuel_falls_by_the_heat(shocks):
    """Money and mass of every step with heat in links and hubs; the fuel of the city is what firms need less what is replaced.

    Control: by the table fuel is all that firms need."""
    site = load_scenario("nguyen-khe").site
    much = {"search_rate": 1.0, "hub_base": 0.3, "b_min": 0.5, "aware_symbiosis_2010": 0.8, "heat_steam.fixed_cost_ref": 40.0,
            "heat_steam.pipe_cost_per_100m": 4.0}  # fmt: skip
    arms = [make_arm("symbiosis", budget_bn=150.0, site=site)]
    for on in (1.0, 0.0):
        audited = Audit(Simulator(site, arms, parameter_record({**much, "heat_of_firms": on}), shocks))
        audited.burn(11, 0)
        row = audited.run(0)[-1]
        firms = audited.before.firms
        assert (firms["fuel"] >= 0.0).all() and row[Series.HEAT_EXCHANGED] > 0.0
        live = firms["workers"] > 0.0
        needed, burnt = (firms["k_fuel"] * firms["activity"])[live].sum(), firms["fuel"][live].sum()
        assert (burnt < 0.999 * needed) == bool(on)
