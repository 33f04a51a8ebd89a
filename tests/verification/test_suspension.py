"""The fine that is too many suspends a firm, counted exactly; what that costs it and what is displaced, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.jit import jit
from ecocluster.model.phases.enforcement import compliance_costs, inspect
from ecocluster.model.phases.production import produce
from ecocluster.model.rules.compliance import detection_hazard, suspension_loss, suspension_rate
from ecocluster.model.state import LANES, NONE, SHAM, copy_of
from probes import LOTTERY, flat, parameters, phases, put, taken, world

FIRMS = 5


@jit
def visits(s, p):
    """Inspections of the first cluster in this step."""
    inspect(s, p, 0)


@jit
def production(s, p):
    """Production of the first cluster in this step."""
    produce(s, p, 0)


@jit
def costs_of(s, p, slot):
    """Yearly cost of no treatment and of sham."""
    cluster = s.clusters[0]
    costs = compliance_costs(p, s.levers[cluster.lever_row], cluster, s.firms[slot >> 4], slot & 15)
    return costs.none, costs.sham


# --- the count ---------------------------------------------------------------------------------------------


def suspended_by(times, **overrides):
    """Which of the fines at these times suspend; all firms are fined at each of them, whatever the luck."""
    record = parameters(detect_none=1.0, **{"suspension_weeks": 4.0, **overrides})
    s = world(1, FIRMS)
    s.levers["inspection_rate"] = 1e4
    found = []
    for step, time in enumerate(times):
        s.city["step"], s.city["time"], s.city["suspended"], s.city["fined"] = step, time, 0, 0
        put(s, "stopped", np.zeros(s.slot_at.size))
        phases(s, record[()], LOTTERY, 1)
        visits(s, record[()])
        assert s.city["fined"][0] == FIRMS and s.city["suspended"][0] in (0, FIRMS)
        stopped = flat(s, "stopped")[taken(s)]
        weeks = overrides.get("suspension_weeks", 4.0)
        assert (stopped == (weeks / 52.0 if s.city["suspended"][0] else 0.0)).all()
        found.append(bool(s.city["suspended"][0]))
    return found


def counted(times, k, window=2.0):
    """The same by a list of dates."""
    found, kept = [], []
    for time in times:
        kept = [t for t in kept if time - t <= window + 1e-6] + [time]
        found.append(len(kept) >= k)
        kept = [] if found[-1] else kept
    return found


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_the_kth_fine_within_24_months_suspends_and_the_count_restarts(k):
    """A fine a quarter; fines of random dates. Control: another k."""
    quarters = 2020.0 + 0.25 * np.arange(4 * k)
    assert suspended_by(quarters, suspension_fines=k) == [n % k == k - 1 for n in range(4 * k)]
    dates = 2020.0 + np.sort(np.random.default_rng(k).integers(0, 240, 80)) / 5.0
    found = suspended_by(dates, suspension_fines=k)
    assert found == counted(dates, k) and 2 < sum(found) <= len(dates) / k
    assert found != counted(dates, k + 1)


def test_no_fine_older_than_24_months_counts():
    """Two years ago counts, a quarter more does not; a shorter window; nobody is suspended for 0 weeks."""
    assert suspended_by([2020.0, 2021.0, 2022.0]) == [False, False, True]
    assert suspended_by([2020.0, 2021.0, 2022.25]) == [False, False, False]
    assert suspended_by([2020.0, 2021.0, 2022.25, 2022.5]) == [False, False, False, True]
    assert suspended_by([2020.0, 2021.0, 2022.0], suspension_window=1.5) == [False, False, False]
    assert not any(suspended_by(2020.0 + 0.25 * np.arange(9), suspension_weeks=0.0))


# --- the stop ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dt, weeks, shares", [
    (0.25, 4.0, (4 / 13, 0.0)), (0.25, 12.0, (12 / 13, 0.0)), (1 / 12, 12.0, (1.0, 1.0, 12 / 52 * 12 - 2, 0.0)),
])  # fmt: skip
def test_output_of_a_suspended_step_is_scaled_exactly(dt, weeks, shares):
    """Each flow is 1 - weeks/52/dt of what the same firm uses without; what is lost is displaced, in sales and in COD.

    Control: firms that are not suspended produce in full, and bits of a model without suspensions are the same."""
    record = parameters(suspension_weeks=weeks)
    s = world(1, FIRMS, dt=dt)
    for name in ("k_elec", "k_fuel", "k_effluent", "k_waste", "k_cod"):
        put(s, name, np.full(s.slot_at.size, 2.0))
    put(s, "compliance", np.full(s.slot_at.size, SHAM))
    whole, stopped = copy_of(s), copy_of(s)
    left = np.zeros(s.slot_at.size)
    left[0] = left[3] = weeks / 52.0
    put(stopped, "stopped", left)
    for step, share in enumerate(shares):
        for state, p in ((whole, parameters()), (stopped, record)):
            state.city["step"], state.city["output_displaced"], state.city["cod_displaced"] = step, 0.0, 0.0
            production(state, p[()])
        for name in ("activity", "elec", "fuel", "water", "effluent", "waste"):
            one, other = flat(whole, name)[:FIRMS], flat(stopped, name)[:FIRMS]
            assert np.allclose(other[[0, 3]], one[[0, 3]] * (1.0 - share), rtol=1e-12, atol=1e-12), name
            assert (other[[1, 2, 4]] == one[[1, 2, 4]]).all(), name
        lost = share * flat(whole, "activity")[[0, 3]].sum()
        assert stopped.city["output_displaced"][0] == pytest.approx(lost, rel=1e-12, abs=1e-12)
        assert stopped.city["cod_displaced"][0] == pytest.approx(lost * 2.0 * 2.0 * 0.75 / 1000.0, rel=1e-12, abs=1e-12)
        assert whole.city["output_displaced"][0] == 0.0
    assert (flat(stopped, "stopped")[:LANES] == 0.0).all() and flat(whole, "activity")[0] == flat(stopped, "activity")[0]


# --- what it is expected to cost ---------------------------------------------------------------------------


def test_rate_of_suspensions():
    """k = 2: h q/(1 + q), q = 1 - exp(-2 h); large h: every k-th fine. k = 3 and 5 against 200,000 years.

    Control: a count that does not restart suspends more often."""
    for h in (0.01, 0.3, 1.0, 4.0):
        q = 1.0 - np.exp(-2.0 * h)
        assert suspension_rate(parameters(suspension_fines=2.0)[()], h) == pytest.approx(h * q / (1 + q), rel=1e-12)
    for k in (2.0, 3.0, 5.0):
        assert suspension_rate(parameters(suspension_fines=k)[()], 50.0) == pytest.approx(50.0 / k, rel=1e-9)
        assert suspension_rate(parameters(suspension_fines=k)[()], 0.0) == 0.0
    rng, years = np.random.default_rng(3), 200_000
    for k, h in ((3, 0.3), (3, 1.0), (5, 2.0)):
        times = np.cumsum(rng.exponential(1.0 / h, int(years * h)))
        simulated = sum(counted(times, k)) / times[-1]
        assert suspension_rate(parameters(suspension_fines=float(k))[()], h) == pytest.approx(simulated, rel=0.06)
        unrestarted = h * (times[k - 1 :] - times[: -k + 1] <= 2.0).mean()
        assert unrestarted > 1.2 * simulated


def test_expected_loss_is_part_of_the_cost_of_none_and_sham():
    """Rate x weeks/52 x yearly margin (at least the sector's), at the own hazard of each choice; nothing while it is off."""
    on, off = parameters(suspension_weeks=6.0), parameters()
    s = world(1, FIRMS)
    s.levers["inspection_rate"], s.clusters["monitoring"], s.clusters["built"][0, 1] = 0.8, 0.5, 1
    put(s, "effluent", np.full(s.slot_at.size, 3000.0))
    put(s, "k_revenue", np.full(s.slot_at.size, 300.0))
    for slot, life, margin in ((0, 0.05, 0.13), (1, -0.2, 0.08)):
        put(s, "k_margin", np.full(s.slot_at.size, 0.08))
        put(s, "margin_life", np.full(s.slot_at.size, life))
        yearly = margin * 300.0 * 10.0
        visits_a_year = 0.8 * np.sqrt(10.0 / 15.5)
        with_it, without = costs_of(s, on[()], slot), costs_of(s, off[()], slot)
        for n, z in enumerate((NONE, SHAM)):
            h = detection_hazard(on[()], z, 0.5, visits_a_year, True, 0.0, 0.0)
            loss = suspension_rate(on[()], h) * 6.0 / 52.0 * yearly
            assert loss > 0.0 and with_it[n] - without[n] == pytest.approx(loss, rel=1e-9)
            assert suspension_loss(off[()], h, yearly) == 0.0
