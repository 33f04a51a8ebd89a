"""Rules and levers in Python: they act, on whom they are meant for, and the books still balance."""

from __future__ import annotations

import numpy as np
import pytest
from ecocluster.model import ClusterModel
from ecocluster.model.ledger import Money, balance
from ecocluster.model.order import CLUSTER, in_groups


def make(kind=ClusterModel, **more):
    return kind(scenario="nguyen-khe", pathway=more.pop("pathway", "self-transition"), seed=1, **more)


class OwnJudgement(ClusterModel):
    """Textile firms do not review by the model's rule: the richest of them that knows T2 buys it, and no one else."""

    bought: list

    def after_phase(self, phase, cluster):
        if phase == "draw_lottery":
            for firm in self.in_cluster(cluster).select(lambda firm: firm.sector == "textile"):
                firm.skip("technology_review")
        elif phase == "review_technologies":
            mine = self.in_cluster(cluster).select(
                lambda firm: firm.sector == "textile" and "T2" in firm.awareness - firm.technology - firm.ordered
            )
            if len(mine):
                richest = max(mine, key=lambda firm: firm.cash)
                cash = richest.cash
                cost = richest.order("T2")
                if cost:
                    assert richest.cash == pytest.approx(cash - cost) and "T2" in richest.ordered
                    self.bought.append((self.quarter, richest.unique_id, cost))


def test_a_rule_for_some_firms_instead_of_the_models():
    model = make(OwnJudgement)
    model.bought = []
    orders = {}
    for _ in range(30):
        before = {firm: firm.technology | firm.ordered for firm in model.agents}
        model.step()
        for firm, had in before.items():
            if firm.alive and firm.sector == "textile":
                for technology in firm.ordered - had - {"own_plant"}:  # that one is ordered in reviews of compliance
                    orders[(model.quarter - 1, firm.unique_id)] = technology
    here = set(model.agents.get("unique_id"))
    bought = {(quarter, ident): "T2" for quarter, ident, _ in model.bought}
    assert orders and orders.items() <= bought.items()
    assert not here & {ident for _, ident in bought.keys() - orders.keys()}  # who bought and left at once
    plain = make()
    plain.run_for(30)
    assert not np.array_equal(model.series, plain.series, equal_nan=True)


def test_what_is_ordered_in_a_hook_is_booked():
    class Watch(OwnJudgement):
        def before_phase(self, phase, cluster):
            if phase == "review_technologies":
                self.before = self.state.money.copy()
            elif phase == "search_partners" and len(self.bought) > self.known:
                booked = self.state.money - self.before_order
                spent = sum(cost for _, _, cost in self.bought[self.known :])
                assert booked[Money.OWN_CAPEX] == pytest.approx(spent)
                assert -balance(booked, "firms") == pytest.approx(spent) == pytest.approx(balance(booked, "resources"))
                self.known = len(self.bought)
                self.checked = True

        def after_phase(self, phase, cluster):
            if phase == "review_technologies":
                self.before_order = self.state.money.copy()
            super().after_phase(phase, cluster)

    model = make(Watch)
    model.bought, model.known, model.checked = [], 0, False
    model.run_for(20)
    assert model.checked


def test_between_steps_the_books_are_closed():
    model = make()
    with pytest.raises(RuntimeError, match="within a step"):
        model.agents[0].order("T1")
    with pytest.raises(RuntimeError, match="within a step"):
        model.pay(amount_bn=0.001)


def advisers(model):
    """A lever of one's own: from 2022 on, twenty firms a quarter are told of every technology, at 2 mVND each."""
    if model.year >= 2022:
        told = model.agents.select(lambda firm: "T5" not in firm.awareness, at_most=20)
        told.do(lambda firm: setattr(firm, "awareness", firm.awareness | {"T1", "T2", "T4", "T5"}))
        model.pay(amount_bn=0.002 * len(told))


def test_a_lever_in_python():
    plain, helped = make(pathway="null"), make(pathway="null", lever=advisers)
    for model in (plain, helped):
        model.run_for(8)
    assert np.array_equal(plain.series, helped.series, equal_nan=True)  # it begins in 2022
    for model in (plain, helped):
        model.step()
    assert helped.outlay_doses == pytest.approx(20 * 2.0 * 4) and plain.outlay_doses == 0
    for model in (plain, helped):
        model.run_for(31)
    assert helped.aware_technology > plain.aware_technology + 0.1
    assert helped.measures > plain.measures


def test_a_lever_may_change_the_levers_of_the_programme():
    def no_inspections(model):
        model.levers["inspection_rate"] = 0.0

    free = make(pathway="null", lever=no_inspections)
    free.run_for(8)
    # only neighbours who complain still bring one
    assert (free.series[1:, list_index("inspections")] <= free.series[1:, list_index("complaints")] + 1e-9).all()
    assert free.levers["inspection_rate"].max() == 0.0
    plain = make(pathway="null")
    plain.run_for(8)
    assert plain.series[1:, list_index("inspections")].sum() > free.series[1:, list_index("inspections")].sum()


def list_index(name):
    from ecocluster.model.indicators import INDICATORS

    return list(INDICATORS).index(name)


def test_hooks_are_called_in_the_order_of_the_step():
    class Listening(ClusterModel):
        def before_phase(self, phase, cluster):
            self.heard.append((phase, cluster))

        def after_phase(self, phase, cluster):
            assert self.heard[-1] == (phase, cluster)

    model = make(Listening)
    model.heard = []
    model.step()
    clusters = range(model.state.clusters.size)
    expected = [
        (phase.name, c) for scope, group in in_groups() for c in (clusters if scope == CLUSTER else (None,)) for _, phase in group
    ]
    assert model.heard == expected


def test_an_event_that_does_not_exist():
    with pytest.raises(ValueError, match="did you mean 'technology_review'"):
        make().agents[0].skip("technology_revue")
