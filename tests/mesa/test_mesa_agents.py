"""Enterprises are views: what Mesa's agent sets do with them, who comes and goes, and that writing changes the run."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from ecocluster.model import ClusterModel, Enterprise
from ecocluster.model.firm_views import COMPLIANCE, EVENTS, TRAITS
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.one_run import run_one
from ecocluster.scenarios import load_scenario, load_shocks, make_arm


def make(quarters=0, scenario="nguyen-khe", kind=ClusterModel, **more):
    model = kind(scenario=scenario, pathway=more.pop("pathway", "combined"), seed=1, **more)
    model.run_for(quarters)
    return model


@pytest.fixture(scope="module")
def model():
    """Only looked at."""
    return make(30)


def test_the_agents_are_the_firms_of_the_run(model):
    site = load_scenario("nguyen-khe").site
    arm = make_arm("combined", site=site)
    model = make(104)
    firms = run_one(site, arm, seed=1, shocks=load_shocks("default")).firms
    agents = sorted(model.agents, key=lambda firm: firm.unique_id)
    order = np.argsort(firms["id"])
    assert [firm.unique_id for firm in agents] == firms["id"][order].tolist()
    for trait, column in (("trust", "trust"), ("cash", "cash"), ("workers", "workers"), ("hurdle", "hurdle")):
        assert [getattr(firm, trait) for firm in agents] == firms[column][order].tolist()
    assert [COMPLIANCE.index(firm.compliance) for firm in agents] == firms["compliance"][order].tolist()
    assert [firm.hubs for firm in agents] == [int(bits).bit_count() for bits in firms["hubs"][order]]


def test_reading(model):
    firm = model.agents[0]
    assert isinstance(firm, Enterprise) and firm.alive and firm.model is model
    for name, trait in TRAITS.items():
        value = getattr(firm, name)
        assert isinstance(value, {"number": float, "count": int, "flag": bool, "choice": str, "set": frozenset}[trait.kind])
        assert getattr(Enterprise, name).__doc__
    assert firm.technology <= firm.awareness | {"own_plant"}


class Census(ClusterModel):
    """Looks at the enterprises of a cluster where the step counts them."""

    def after_phase(self, phase, cluster):
        if phase == "open_step":
            self.rows = []
        elif phase == "close_books":
            self.rows += self.in_cluster(cluster).get(["trust", "attitude", "technology", "compliance", "links"])


def test_indicators_agree_with_the_agents():
    model = make(scenario="phung", pathway="symbiosis", kind=Census)
    for _ in range(60):
        model.step()
        trust, attitude, technology, compliance, links = zip(*model.rows, strict=True)
        assert model.firms - model.pool_firms == len(trust)
        assert model.trust == pytest.approx(np.mean(trust), rel=1e-12)
        assert model.attitude == pytest.approx(np.mean(attitude), rel=1e-12)
        assert model.adoption_T1 == pytest.approx(np.mean(["T1" in bits for bits in technology]), rel=1e-12)
        assert model.sham_share == pytest.approx(compliance.count("sham") / len(compliance), rel=1e-12)
        assert model.links_active == sum(links) / 2
    assert model.links_active > 0


def test_what_agent_sets_do(model):
    agents = model.agents
    low = agents.select(lambda firm: firm.trust < 0.3)
    assert 0 < len(low) < len(agents) and max(low.get("trust")) < 0.3
    assert len(agents.select(at_most=5)) == 5
    mean = agents.groupby("sector").agg("cash", np.mean)
    assert set(mean) == set(agents.get("sector"))
    assert agents.get(["trust", "cash"])[0] == [agents[0].trust, agents[0].cash]
    seen = []
    agents.shuffle_do(lambda firm: seen.append(firm.unique_id))
    assert sorted(seen) == sorted(agents.get("unique_id")) and seen != agents.get("unique_id")
    assert model.agents_by_type[Enterprise] and model.agent_types == [Enterprise]
    assert sum(len(model.in_cluster(name)) for name in model.views.clusters) == len(agents)
    assert set(model.in_cluster(0).get("cluster")) == {"nguyen-khe"}


def test_set_changes_the_run():
    plain, changed, written_back = make(8), make(8), make(8)
    changed.agents.select(lambda firm: firm.trust < 0.5).set("trust", 1.0)
    assert min(changed.agents.get("trust")) >= 0.5
    for name, trait in TRAITS.items():  # positive control of "changes": the same values written change nothing
        if trait.writable:
            written_back.agents.do(lambda firm, name=name: setattr(firm, name, getattr(firm, name)))
    for model in (plain, changed, written_back):
        model.run_for(12)
    assert np.array_equal(plain.series, written_back.series, equal_nan=True)
    assert not np.array_equal(plain.series, changed.series, equal_nan=True)
    assert changed.trust > plain.trust


def test_technology_given_and_taken():
    model, plain = make(8), make(8)
    plain.step()
    agents = model.agents
    agents.set("technology", {"T1", "T2", "own_plant"})
    assert all(firm.technology == {"T1", "T2", "own_plant"} and "T2" in firm.awareness for firm in agents)
    assert set(agents.get("compliance")) <= {"own_plant", "connected"}
    model.step()
    assert model.adoption_T1 == model.adoption_T2 == 1.0 and plain.adoption_T2 < 1.0
    assert model.grid_mwh < plain.grid_mwh and model.value_added > plain.value_added
    agents.set("technology", ())
    assert all(firm.technology == frozenset() and firm.compliance != "own_plant" for firm in agents)
    model.step()
    assert model.adoption_T1 < 0.1 and np.isfinite(model.tco2e)


def test_enterprises_come_and_go():
    model = make()
    first = {firm.unique_id: firm for firm in model.agents}
    model.run_for(40)
    now = {firm.unique_id: firm for firm in model.agents}
    gone = [firm for ident, firm in first.items() if ident not in now]
    assert gone and now.keys() - first.keys()
    assert all(now[ident] is firm for ident, firm in first.items() if ident in now)  # who stays is the same object
    assert not gone[0].alive and gone[0] not in model.agents
    with pytest.raises(LookupError, match=str(gone[0].unique_id)):
        gone[0].trust  # noqa: B018
    model.step()
    assert len(now) == model.firms - model.pool_firms  # the indicator counts at the beginning of a step


def test_movers_keep_their_identity():
    model = make(
        scenario="nguyen-khe", pathway="newly-planned", parameters={"developers": 0.0, "outside_firms": 0.0}, budget_bn=900.0
    )
    start = {firm.unique_id: (firm, firm.slot, firm.integrity) for firm in model.agents}
    model.run_for(60)
    moved = [(firm, trait) for firm, slot, trait in start.values() if firm.alive and firm.slot != slot]
    assert moved, "nobody moved in this run: choose another seed"
    assert all(firm.integrity == trait and firm.cluster != "nguyen-khe" for firm, trait in moved)


def test_views_are_made_when_they_are_looked_at():
    model = make(20)
    assert not model._made
    assert len(model.agents) == len(model._made)


def test_a_model_can_be_forgotten():
    model = make(4, scenario="teaching")
    model.agents.get("trust")
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("trust", 1.5, "trust = 1.5: out of range; allowed: 0 to 1"),
        ("cash", float("nan"), "cash = nan: out of range; allowed: a finite number"),
        ("technology", {"T3"}, "'T3': unknown name; allowed: T1, T2, T4, T5, own_plant"),
        ("awareness", "laws", "did you mean 'law'"),
    ],
)
def test_what_cannot_be_written_is_refused(model, name, value, message):
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        setattr(model.agents[0], name, value)


def test_what_the_model_makes_can_only_be_read(model):
    with pytest.raises(AttributeError, match="profit can only be read.*writable are .*trust"):
        model.agents[0].profit = 1.0
    with pytest.raises(AttributeError, match="did you mean 'tco2e'"):
        model.tco2  # noqa: B018
    with pytest.raises(ValueError, match="did you mean 'nguyen-khe'"):
        model.in_cluster("nguyen-ke")


def test_names_of_indicators_are_free(model):
    taken = set(dir(ClusterModel)) | set(vars(model))
    assert not taken & set(INDICATORS)


def test_events_are_in_the_order_of_the_lottery():
    from ecocluster.model.phases import lottery

    for name in ("INSPECTION", "COMPLIANCE_REVIEW", "TECHNOLOGY_REVIEW", "SEARCH", "EXIT", "RELOCATION_REVIEW"):
        assert EVENTS.index(name.lower()) == getattr(lottery, name)
    assert (EVENTS.index("learn_law"), EVENTS.index("learn_symbiosis")) == (lottery.LAW, lottery.SYMBIOSIS)
