"""Shared land takes land: where from, at what price, who leaves for it; and that no hectare is made."""

from __future__ import annotations

import audit
import numpy as np
import pytest
from ecocluster.model.indicators import Series
from ecocluster.model.jit import jit
from ecocluster.model.ledger import Money
from ecocluster.model.parameters import parameter_record
from ecocluster.model.phases.land import clear_plots, land_for
from ecocluster.model.phases.slots import let_slots
from ecocluster.model.rules.land import rent_forgone, unbuilt_first, usable_share
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import (
    EXISTING,
    INFRASTRUCTURE,
    LANES,
    SLOT_LETTABLE,
    SLOT_SHARED,
    SLOT_TAKEN,
    SLOT_VACANT,
    WATER,
)
from ecocluster.scenarios import load_scenario, make_arm
from probes import PROJECTS, annuity, flat, parameters, phases, put, world

AREA, SHARED, SLOTS = 20.0, 2.0, 25
PLOT = (AREA - SHARED) / SLOTS  # .72 ha
TARGET = 0.25
ON = {"land_market": 1.0, "moving_noise": 0.0}


@jit
def sought(s, p):
    """What `land_for` finds for the first cluster."""
    return land_for(s, p, 0)


@jit
def cleared(s, p):
    """Firms of bought plots leave."""
    let_slots(s, p)
    clear_plots(s, p)


def cluster(unbuilt=0.0, empty=0, workers=10.0, groups=2):
    """Clusters of 25 plots on 20 ha, 2 ha of them shared; `empty` plots are vacant or to let."""
    s = world(groups, SLOTS)
    here = s.clusters[:groups]
    here["area"], here["shared"], here["land"], here["plot"], here["unbuilt"] = AREA, SHARED, SHARED / AREA, PLOT, unbuilt
    put(s, "workers", np.full(s.slot_at.size, workers))
    put(s, "k_revenue", np.full(s.slot_at.size, 400.0))
    put(s, "k_margin", np.full(s.slot_at.size, 0.08))
    status = flat(s, "status").copy()
    status[3 : 3 + empty] = np.resize([SLOT_VACANT, SLOT_LETTABLE], empty)
    put(s, "status", status)
    return s


def found(s, **overrides):
    """Unbuilt ha, vacant plots, plots of firms, price, enough."""
    return sought(s, parameters(**ON, **overrides)[()])


def no_hectare_is_made(s, existing):
    """Shared land + plots x area of a plot = built area; what is lost is on no list of plots any more."""
    c = s.clusters[:existing]
    assert (c["kind"] == EXISTING).all()
    gap = c["shared"] + (c["slots"] - c["lost"]) * c["plot"] - (c["area"] + c["added"])
    assert np.abs(gap).max() < 1e-9, gap
    status = flat(s, "status").reshape(-1, LANES)
    for row in c:
        assert np.count_nonzero(status[row["first"] : row["last"]] == SLOT_SHARED) == row["lost"]
        assert row["unbuilt"] >= 0.0


# --- where it comes from ------------------------------------------------------------------------------------


def test_unbuilt_land_alone():
    """3 ha are missing; the cluster grows by what it takes, so that it takes 3/(1 - .25), exactly to the criterion."""
    unbuilt, vacant, used, price, enough = found(cluster(unbuilt=5.0))
    assert (unbuilt, vacant, used, enough) == (pytest.approx(4.0, rel=1e-12), 0, 0, True)
    assert (SHARED + unbuilt) / (AREA + unbuilt) == pytest.approx(TARGET, rel=1e-12)
    assert price == pytest.approx(4.0 * 5500.0, rel=1e-12)


def test_vacant_plots_are_taken_whole_before_any_firm_is_asked():
    """3 ha are 4.2 plots of .72 ha: five; with three vacant ones two firms leave; unbuilt land first where it is cheaper."""
    rent = 1000.0 * annuity(0.1, 20.0)
    assert rent_forgone(parameters()[()]) == pytest.approx(rent, rel=1e-12)
    assert found(cluster(empty=8)) == (0.0, 5, 0, pytest.approx(5 * PLOT * rent), True)
    assert found(cluster(empty=3)) == (0.0, 3, 2, pytest.approx(3 * PLOT * rent + 2 * PLOT * 15000.0), True)
    # 1.2 ha of unbuilt land are worth .9: 2.1 ha are left, three plots
    assert found(cluster(unbuilt=1.2, empty=8)) == (pytest.approx(1.2), 3, 0, pytest.approx(1.2 * 5500.0 + 3 * PLOT * rent), True)


def test_the_cheaper_comes_first():
    """A hectare of unbuilt land counts by .75: it comes first up to .75 of the rent forgone. Control: just above, plots do."""
    limit = (1.0 - TARGET) * 1000.0 * annuity(0.1, 20.0)
    for factor, first in ((0.999, True), (1.001, False)):
        price = {"bare_land_price": factor * limit}
        assert unbuilt_first(parameters(**price)[()]) == first
        unbuilt, vacant, used, _, _ = found(cluster(unbuilt=50.0, empty=3), **price)
        missing = 3.0 if first else 3.0 - 3 * PLOT
        assert (unbuilt, vacant, used) == (pytest.approx(missing / 0.75), 0 if first else 3, 0)


def test_nothing_is_taken_where_the_criterion_is_met():
    s = cluster(unbuilt=5.0, empty=3)
    s.clusters["shared"][0] = TARGET * AREA
    assert found(s) == (0.0, 0, 0, 0.0, True)


def test_the_project_waits_if_too_few_firms_would_leave():
    """A firm leaves iff .72 ha x compensation is more than moving, downtime and adaptation. Control: a hair more."""
    idle = (0.1 + 0.12 * 1.5) * 0.08 * 400.0 * 50.0
    limit = (3.0 * 50.0 + idle) / PLOT
    assert not found(cluster(workers=50.0), lease_compensation=limit * 0.999)[-1]
    assert found(cluster(workers=50.0), lease_compensation=limit * 1.001)[2:] == (5, pytest.approx(5 * PLOT * limit * 1.001), True)
    mixed = cluster(workers=50.0)
    workers = flat(mixed, "workers").copy()
    for small, enough in ((4, False), (5, True)):  # five are needed
        workers[:small] = 10.0
        put(mixed, "workers", workers)
        assert found(mixed, lease_compensation=limit * 0.999)[-1] == enough
    held = cluster()
    held.clusters["hold"] = 1
    assert not found(held)[-1]  # nobody who is held as the user described him leaves


# --- what happens, and who pays -------------------------------------------------------------------------------


def started(s, **overrides):
    """The step in which every operator starts project I, whose works cost nothing to speak of."""
    record = parameters(**{**ON, "project_review": 1e4, "cetp_city_hazard": 0.0, "cost__project_infrastructure": 1e-6,
                           "cost__benefit_infrastructure": 2000.0, **overrides})  # fmt: skip
    s.clusters["built"][:, [0, 1, 3]] = 1
    phases(s, record[()], PROJECTS, 1)
    return record


def test_a_project_takes_pays_and_clears():
    """One cluster lacks land, one has vacant plots elsewhere: money, plots, stock; two firms move to where it is to let."""
    s = cluster(unbuilt=1.0, empty=2)
    s.clusters["shared"][1], s.clusters["plot"][1] = TARGET * AREA, 0.75 * AREA / SLOTS
    s.clusters["slots"][1] = SLOTS
    elsewhere = s.clusters["first"][1] * LANES + np.arange(4)
    status = flat(s, "status").copy()
    status[elsewhere] = SLOT_LETTABLE
    put(s, "status", status)
    no_hectare_is_made(s, 2)
    cash = flat(s, "cash").copy()
    record = started(s)
    assert (s.clusters["ready"][:2, INFRASTRUCTURE] > 0).all()
    # 1 ha of unbuilt land is worth .75, 2 plots 1.44; .81 ha are left: two firms
    assert s.money[Money.SHARED_LAND] == pytest.approx(5500.0 + 2 * PLOT * rent_forgone(record[()]), rel=1e-12)
    assert s.money[Money.COMPENSATION] == pytest.approx(2 * PLOT * 15000.0, rel=1e-12)
    assert s.clusters["unbuilt"][0] == 0.0 and s.clusters["added"][0] == 1.0 and s.clusters["lost"].tolist() == [4, 0, 0]
    paid = np.flatnonzero(flat(s, "cash") - cash)
    assert np.allclose((flat(s, "cash") - cash)[paid], PLOT * 15000.0) and paid.size == 2
    assert s.clusters["shared"][0] >= TARGET * (AREA + 1.0) - 1e-12 and s.clusters["shared"][0] < TARGET * (AREA + 1.0) + PLOT
    ids = flat(s, "id")[paid]
    cleared(s, record[()])
    no_hectare_is_made(s, 2)
    there = np.flatnonzero(np.isin(flat(s, "id"), ids) & (flat(s, "status") == SLOT_TAKEN))
    assert set(there) <= set(elsewhere) and there.size == 2
    assert np.allclose(flat(s, "cash")[there], PLOT * 15000.0 - 30.0 - 0.1 * 0.08 * 4000.0)
    assert s.money[Money.MOVING] == pytest.approx(60.0) and s.city["firms_cleared"][0] == 2
    assert s.city["land_taken"][0] == pytest.approx(1.0 + 4 * PLOT)


def test_a_hectare_that_is_made_is_noticed():
    """Positive controls: a plot that comes back, a shared hectare without a plot, a slot that is lost and still let."""
    for name, change in (("lost", -1), ("shared", PLOT), ("added", 0.01)):
        s = cluster(empty=8, groups=1)
        started(s)
        no_hectare_is_made(s, 1)
        s.clusters[name][0] += change
        with pytest.raises(AssertionError):
            no_hectare_is_made(s, 1)
    s = cluster(empty=8, groups=1)
    started(s)
    status = flat(s, "status").copy()
    status[np.flatnonzero(status == SLOT_SHARED)[0]] = SLOT_LETTABLE
    put(s, "status", status)
    with pytest.raises(AssertionError):
        no_hectare_is_made(s, 1)


def test_a_full_cluster_opens_a_plot_on_unbuilt_land():
    """With its part of the shared land, one at a time; none without land, room or a rent that pays. The share stays."""
    s = cluster(unbuilt=1.0)
    s.clusters["built"] = 1
    phases(s, parameters(**ON)[()], PROJECTS, 2)
    assert s.clusters["slots"].tolist()[:2] == [SLOTS + 1] * 2 and s.city["plots_opened"][0] == 2
    assert s.clusters["unbuilt"][0] == pytest.approx(1.0 - PLOT / 0.9, rel=1e-12)
    assert s.clusters["shared"][0] / (AREA + s.clusters["added"][0]) == pytest.approx(SHARED / AREA, rel=1e-12)
    assert flat(s, "status")[SLOTS] == SLOT_LETTABLE
    no_hectare_is_made(s, 2)
    dear = 0.9 * 1000.0 * annuity(0.1, 20.0)
    for more, price, opened in (({"unbuilt": 0.79}, 1.0, 0), ({"unbuilt": 0.81}, 1.0, 2), ({"unbuilt": 1.0, "empty": 1}, 1.0, 1),
                                ({"unbuilt": 1.0}, dear * 1.001, 0), ({"unbuilt": 1.0}, dear * 0.999, 2)):  # fmt: skip
        s = cluster(**more)
        s.clusters["built"] = 1
        phases(s, parameters(**ON, bare_land_price=price)[()], PROJECTS, 1)
        assert s.city["plots_opened"][0] == opened, (more, price)


def test_project_or_plot_whoever_asks_first():
    """Land for one of both: in about half of the quarters the plot comes first, and the project then takes less of it."""
    first = []
    for seed in range(12):
        s = cluster(unbuilt=0.9, groups=1)
        s.city["step"] = seed
        started(s)
        assert s.clusters["ready"][0, INFRASTRUCTURE] > 0
        first.append(s.city["plots_opened"][0])
        assert s.city["shared_unbuilt"][0] == pytest.approx(0.9 - first[-1] * PLOT / 0.9)
    assert 0 < sum(first) < 12


def test_the_law_of_usable_land_has_its_mean():
    """u^((1 - m)/m): mean m, between 0 and 1; 0 and 1 are sure."""
    u = (np.arange(20000) + 0.5) / 20000
    for m in (0.0, 0.1, 0.3, 0.7, 1.0):
        p = parameters(unbuilt_usable=m)[()]
        shares = np.array([usable_share(p, x) for x in u])
        assert shares.mean() == pytest.approx(m, abs=1e-3) and shares.min() >= 0.0 and shares.max() <= 1.0


# --- complete infrastructure --------------------------------------------------------------------------------------


def first_day(replicates=40, **overrides):
    """Hanoi on its first day, replicate by replicate: shared land as given; roads, plants, shared land of the model."""
    site = load_scenario("hanoi").site
    sim = Simulator(site, (Arm("law"),), parameter_record(overrides))
    rows = []
    for replicate in range(replicates):
        begin(sim.base, sim.layout, sim.p, sim.plans[0], 5, replicate, 4)
        c = sim.base.clusters[: len(site.clusters)]
        rows.append([column.copy() for column in (c["built"][:, INFRASTRUCTURE], c["built"][:, WATER], c["land"], c["ahead"])])
    return np.array([c.shared_land for c in site.clusters]), *(np.array(column) for column in zip(*rows, strict=True))


def test_complete_infrastructure_is_a_trait_of_26_clusters_beside_their_land():
    """Roads stand there and nowhere else; plants three times as often, as many in all; land apart from it by `complete_land`.

    Control: with the trait off no roads stand, plants know nothing of it and land is as given."""
    given, roads, plants, land, ahead = first_day(complete_trait=1.0, complete_land=0.5, cetp_share_2010=0.3)
    complete = given >= 0.25
    assert complete.sum() == 26 and (roads.astype(bool) == complete).all()
    assert np.abs(ahead.sum(axis=1)).max() < 1e-9
    chance = 0.3 * (1.0 + ahead[0])
    assert chance[complete] == pytest.approx(3.0 * chance[~complete][0]) and chance.mean() == pytest.approx(0.3)
    for group in (complete, ~complete):
        n = plants[:, group].size
        expected = chance[group][0]
        assert abs(plants[:, group].mean() - expected) < 4.0 * np.sqrt(expected * (1.0 - expected) / n)
    assert abs((land == given).mean() - 0.5) < 4.0 * np.sqrt(0.25 / land.size)
    anew = land[land != given]
    assert anew.min() >= 0.08 and anew.max() <= 0.35 and anew.mean() == pytest.approx(0.215, abs=0.01)
    _, roads, plants, land, ahead = first_day(complete_trait=0.0, cetp_share_2010=0.3)
    assert not roads.any() and not ahead.any() and (land == given).all()
    assert abs(plants[:, complete].mean() - chance[complete][0]) > 0.1


def test_a_complete_cluster_that_lacks_land_raises_it_alone():
    """No works, no levy: the fund pays the land, the share rises at once; nothing happens without money for it."""
    for share, raised in ((0.5, True), (0.0, False)):
        s = cluster(unbuilt=5.0, groups=1)
        s.clusters["built"], s.clusters["programme"] = 1, 0
        s.levers["cofunding_infrastructure"], s.funds["budget"], s.funds["fund"] = share, 1.0, 1e6
        phases(s, parameters(**ON, project_review=1e4, bare_land_price=8000.0)[()], PROJECTS, 1)
        assert s.money[Money.PROJECT_FUND] == pytest.approx(raised * 4.0 * 8000.0) and s.money[Money.PROJECT_CAPEX] == 0.0
        assert s.clusters["land"][0] == pytest.approx(TARGET if raised else SHARED / AREA)
        no_hectare_is_made(s, 1)


# --- in whole runs ----------------------------------------------------------------------------------------------

BUSY = {
    "land_market": 1.0,
    "project_review": 1.0,
    "cost.project_infrastructure": 2000.0,
    "base_rent": 600.0,
    "relocation_review": 0.2,
}


class Ground(audit.Audit):
    """All books, and the land of every step."""

    def check(self, before, after, row):
        super().check(before, after, row)
        existing = int(after.city[0]["existing"])
        no_hectare_is_made(after, existing)
        lost, shared = (after.clusters[name][:existing] - before.clusters[name][:existing] for name in ("lost", "shared"))
        assert (lost >= 0).all() and (shared >= -1e-12).all()
        price = self.simulator.p["discount_rate"] * self.simulator.p["bare_land_price"]
        planned = after.clusters[existing:-1]
        opened = (planned["slots"] * (planned["opened"] < 1e8)).sum() * self.simulator.p["planned_slot_area"]
        yearly = price * (before.city[0]["land_taken"] + opened)
        audit.alike(after.money[Money.LAND_OPENED], 0.25 * yearly, "yield of land opened", 1e-9)
        raised = row[Series.LAND_VACANT] + row[Series.LAND_UNBUILT] + row[Series.LAND_COMPENSATED]
        audit.alike(row[Series.LAND_RAISED], raised, "land raised")


@pytest.mark.parametrize("unbuilt", [0.0, 0.6])
def test_books_and_land_of_a_city(small_city, shocks, unbuilt):
    """Cash, funds, loans, mass and land balance in every step since 2010, while plots are taken and firms leave."""
    p = parameter_record({**BUSY, "unbuilt_usable": unbuilt})
    sim = Simulator(
        small_city, (make_arm("null", site=small_city), make_arm("combined", budget_bn=900.0, site=small_city)), p, shocks
    )
    watch = Ground(sim)
    watch.burn(11, 0)
    last = watch.run(1, steps=64)[-1]
    assert last[Series.LAND_RAISED] > 3.0 and last[Series.PLOTS_LOST] > 0
    assert (last[Series.LAND_UNBUILT] > 0.0) == (unbuilt > 0.0)
    if not unbuilt:
        assert last[Series.FIRMS_CLEARED] > 0 and 0.0 < last[Series.COMPENSATED_SHARE] < 1.0
