"""5g, moving: who must leave a dense district and where to; what movers pay, are paid and must bring, in figures worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.phases.planned import expel
from ecocluster.model.state import NEVER, NONE, PLANNED, REAL_CONNECTED, SHAM, SLOT_TAKEN, SLOT_VACANT, T1, T2
from probes import COUNT, LOTTERY, RELOCATE, flat, parameters, phases, put, world

# firms of 10 workers and 200 mVND a year, of which 16 are margin; who moves pays 30 and stands still for a tenth of a year (1.6), then
# works .12 x 1.5 yr worse (2.88): 34.48 in all
PLAIN = {
    "moving_cost": 3.0,
    "moving_noise": 0.0,
    "downtime": 0.1,
    "dip": 0.12,
    "dip_years": 1.5,
    "old_plot_value": 0.0,
    "cash_reserve": 0.015,
}
MOVING, IDLE, WHOLE = 30.0, 1.6, 34.48
BOTH = 1 << T1 | 1 << T2


@jit
def expelled(s, p):
    """Firms of dense districts that must go, go."""
    expel(s, p[()])


def firms(groups, size, **more):
    s = world(groups, size, **more)
    count = s.slot_at.size
    for name, value in (("cash", 1000.0), ("k_revenue", 20.0), ("k_margin", 0.08), ("born", 2010.0)):
        put(s, name, np.full(count, value))
    return s


def with_outside(groups, size, **more):
    """The last group's slots lie outside any cluster and are empty."""
    s = firms(groups + 1, size, **more)
    last = s.clusters[groups]
    s.clusters["first"][-1], s.clusters["last"][-1] = last["first"], last["last"]
    s.clusters["firms"][groups] = 0
    s.clusters["last"][groups] = last["first"]
    status = flat(s, "status").copy()
    outside = flat(s, "cluster") == groups
    status[outside] = SLOT_VACANT
    put(s, "status", status)
    put(s, "cluster", np.where(outside, len(s.clusters) - 1, flat(s, "cluster")))
    return s


def standing(s, cluster):
    return (flat(s, "cluster") == cluster) & (flat(s, "status") == SLOT_TAKEN)


def test_who_must_leave_goes_outside_and_pays_what_he_can():
    """Of the dense district all that stood there before 2020; a newcomer stays, and so does another district. Control: nobody must go."""
    s = with_outside(2, 8)
    s.clusters["urban"][0] = 1.0
    s.levers["compulsory_share"] = 1.0
    cash, born, how = flat(s, "cash").copy(), flat(s, "born").copy(), flat(s, "compliance").copy()
    cash[0], cash[1] = 13.0, -4.0  # 3 are the reserve: 10 can be paid; nothing can
    born[2] = 2020.0
    how[:8] = REAL_CONNECTED
    how[4] = SHAM
    for name, values in (("cash", cash), ("born", born), ("compliance", how)):
        put(s, name, values)
    expelled(s, parameters(**PLAIN))
    assert standing(s, 0).sum() == 1 and flat(s, "id")[standing(s, 0)] == [2] and standing(s, 1).sum() == 8
    gone = standing(s, len(s.clusters) - 1)
    assert sorted(flat(s, "id")[gone]) == [0, 1, 3, 4, 5, 6, 7]
    left = dict(zip(flat(s, "id")[gone].tolist(), flat(s, "cash")[gone].tolist(), strict=True))
    assert left == pytest.approx({0: 3.0, 1: -4.0, **dict.fromkeys((3, 4, 5, 6, 7), 970.0)})
    assert s.money[Money.MOVING] == pytest.approx(10 + 5 * MOVING)
    # there is no central plant outside; who only seemed to treat goes on so
    assert sorted(flat(s, "compliance")[gone]) == sorted([NONE] * 6 + [SHAM])
    assert s.city[0]["moved"] == 7 and s.city[0]["requests"] == 0

    for share, urban in ((0.0, 1.0), (1.0, 0.0)):
        s = with_outside(1, 8)
        s.clusters["urban"][0], s.levers["compulsory_share"] = urban, share
        expelled(s, parameters(**PLAIN))
        assert standing(s, 0).sum() == 8 and s.city[0]["moved"] == 0


def test_who_must_leave_takes_a_planned_slot_first():
    """Three slots for eight: three move in, each at the whole cost of a move, five go outside."""
    s = with_outside(1, 8, planned=3)
    s.clusters["urban"][0], s.levers["compulsory_share"] = 1.0, 1.0
    planned = np.flatnonzero(s.clusters["kind"] == PLANNED)[0]
    expelled(s, parameters(**PLAIN, rent_difference=-50.0))
    assert standing(s, planned).sum() == 3 and standing(s, len(s.clusters) - 1).sum() == 5 and not standing(s, 0).any()
    assert (flat(s, "compliance")[standing(s, planned)] == REAL_CONNECTED).all()
    assert s.money[Money.MOVING] == pytest.approx(8 * MOVING) and s.money[Money.ADAPTATION] == pytest.approx(3 * IDLE)
    assert s.city[0]["entered_clusters"] == 3 and s.city[0]["entered_outside"] == 0


def moved(money=0.0, aid=0.0, admission=0.0, cash=1000.0, slots=4, **changes):
    """Six firms that gain by moving and are all asked, `slots` for them; a fund of `money` pays the share `aid`."""
    s = firms(1, 6, planned=slots)
    put(s, "cash", np.full(s.slot_at.size, cash))
    s.clusters["programme"][:2] = 0
    s.funds["fund"][0, 0] = money
    s.levers["relocation_aid"], s.levers["admission"] = aid, admission
    p = parameters(**PLAIN | {"relocation_review": 1e4, "rent_difference": -50.0, "old_plot_relet": 1.0} | changes)
    phases(s, p[()], COUNT | LOTTERY | RELOCATE, 1)
    return s, p


def test_movers_pay_and_are_paid_while_the_fund_lasts():
    """Half of 34.48 is 17.24: a fund of 40 aids two of the four that find a slot, the others pay themselves. Control: no aid."""
    s, _ = moved(money=40.0, aid=0.5)
    there = standing(s, 1)
    assert there.sum() == 4 and standing(s, 0).sum() == 2
    assert sorted(flat(s, "cash")[there]) == pytest.approx([1000 - MOVING - IDLE] * 2 + [1000 - MOVING - IDLE + WHOLE / 2] * 2)
    assert flat(s, "aided")[there].sum() == 2
    assert s.funds["fund"][0, 0] == pytest.approx(40 - WHOLE) and s.funds["spent"][0] == pytest.approx(WHOLE)
    assert s.money[Money.RELOCATION_AID] == pytest.approx(WHOLE)
    assert s.money[Money.MOVING] == pytest.approx(4 * MOVING) and s.money[Money.ADAPTATION] == pytest.approx(4 * IDLE)
    assert s.money[Money.OLD_PLOT] == 0.0

    s, _ = moved(money=40.0)
    assert standing(s, 1).sum() == 4 and s.funds["fund"][0, 0] == 40.0 and not s.money[Money.RELOCATION_AID]


def test_an_old_plot_is_paid_and_who_cannot_pay_the_move_stays():
    """5 mVND a worker are 50 for each; with 33 of own funds the move can be paid, with 29 it cannot, whatever it is worth."""
    s, _ = moved(old_plot_value=5.0, old_plot_sd=0.0)
    assert s.money[Money.OLD_PLOT] == pytest.approx(4 * 50)
    assert flat(s, "cash")[standing(s, 1)] == pytest.approx([1000 - MOVING - IDLE + 50] * 4)
    assert standing(moved(cash=36.0)[0], 1).sum() == 4
    assert standing(moved(cash=32.0)[0], 1).sum() == 0
    # aid counts: 30 - 17.24 are left to pay
    assert standing(moved(cash=32.0, money=400.0, aid=0.5)[0], 1).sum() == 4


def test_who_is_admitted_brings_cleaner_production():
    """T1 and T2 are asked for: known, on the way, and owed to the bank; with own means who cannot pay them is turned away and counted."""
    s, p = moved(admission=1.0, capex_sd=0.0)
    there = standing(s, 1)
    assert there.sum() == 4 and flat(s, "admitted")[there].all() and not flat(s, "admitted")[~there].any()
    for name in ("pending", "ever", "aware"):
        assert (flat(s, name)[there] & BOTH == BOTH).all()
    # nothing is drawn, nothing has become cheaper: capex is that of the table for 10 workers, and the bank lends all of it
    table = p["tech_capex_per_worker_at_15"], p["tech_scale_exponent"]
    cost = 4 * sum(table[0][j] * 15 ** (1 - table[1][j]) * 10 ** table[1][j] for j in (T1, T2))
    assert s.money[Money.OWN_CAPEX] == pytest.approx(cost) and s.money[Money.LOANS] == pytest.approx(cost)
    assert (flat(s, "due")[there] < NEVER).all()

    own = {"admission": 1.0, "admission_by_own_means": 1.0, "loan_minimum": 1e12, "capex_sd": 0.0}
    poor, _ = moved(cash=40.0, **own)
    assert standing(poor, 1).sum() == 0 and poor.city[0]["refused"] == 6
    rich, _ = moved(cash=1e5, **own)
    assert standing(rich, 1).sum() == 4 and rich.city[0]["refused"] == 0
    assert rich.money[Money.LOANS] == 0.0 and rich.money[Money.OWN_CAPEX] == pytest.approx(cost)
    assert flat(rich, "cash")[standing(rich, 1)].sum() == pytest.approx(4 * (1e5 - MOVING - IDLE) - cost)
