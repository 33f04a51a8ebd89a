"""The kernels compute what the rules say: an independent object model has the same trajectory, firm by firm."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.sites_and_arms import Arm, Firm, Site
from ecocluster.scenarios import load_scenario, load_shocks, make_arm, with_levers
from hypothesis import HealthCheck, given, settings
from kernels import Kernels, assert_agreement, differences
from plain_mesa import CityModel
from plain_mesa.chains import is_soaked
from plain_mesa.formulas import rules
from plain_mesa.objects import ENERGY, EXISTING, INFORMATION, NEVER, OWN_PLANT, PLANNED
from strategies import Scenario, scenarios

BURN_IN = 40
PATHWAYS = ("null", "law", "self-transition", "symbiosis", "newly-planned", "combined", "symbiosis-in-planned", "all")

UNAFFORDABLE = {
    f"{name}.capex_per_worker_at_15": 1e6
    for name in ("T1_housekeeping", "T2_efficient_equipment", "T4_rooftop_solar", "T5_clean_process")
}
OFF = {  # what turns a sub-model off; reviews stay, and find nothing worth doing
    "a production": dict.fromkeys(
        ("util_sd_own", "util_sd_sector", "margin_sd_year", "workers_elasticity"), 0.0),
    "b compliance": dict.fromkeys(("inspection_low", "inspection_high", "continuous_rate", "complaint_rate",
                                   "aware_law_2010"), 0.0),
    "c diffusion": dict.fromkeys(("p0", "p_ext", "p_IC", "q_in", "q_tie", "q_out", "forgetting", "symbiosis_coordinator",
                                  "symbiosis_platform", "eta_E", "eta_club_attitude", "eta_voluntary", "eta_F_attitude"), 0.0),
    "d technology": UNAFFORDABLE,
    "e trust": dict.fromkeys(("eta_s", "eta_co", "eta_club_trust", "eta_F_trust", "worst_breach", "eta0"), 0.0),
    "f symbiosis": dict.fromkeys(("search_rate", "hub_base", "hub_coordinator", "operator_search"), 0.0),
    "g clusters": dict.fromkeys(("project_review", "cetp_city_hazard", "cetp_share_2010", "violation_hazard",
                                 "relocation_review"), 0.0),
    "i demography": dict.fromkeys(("growth", "arrival_base", "exit_high", "exit_low", "exit_slope", "insolvency_hazard"), 0.0),
}  # fmt: skip


def both(scenario: Scenario):
    """The same scenario in the kernels and in the reference."""
    return (
        Kernels(scenario.site, scenario.arm, **scenario.more),
        CityModel(scenario.site, replace(scenario.arm, scale=scenario.more.get("scale", 1.0)), **scenario.more),
    )


def agree(scenario: Scenario):
    """Run both and compare after every step; the reference at the end."""
    kernels, model = both(scenario)
    assert_agreement(kernels, model, scenario.steps)
    return model


def arm_of(pathway: str, site: Site, policy: str = "vietnam-2020", budget_bn: float = 150.0) -> Arm:
    """An arm of the shipped pathways under the middle law, as written."""
    return make_arm(pathway, policy, budget_bn=budget_bn, site=site)


@pytest.fixture(scope="module")
def city() -> Site:
    """Three of Hanoi's clusters, one in a dense district, with their share of the city's budget."""
    hanoi = load_scenario("hanoi").site
    small = [c for c in hanoi.clusters if 15 <= c.firms_2018 <= 32]
    chosen = [c for c in small if c.urban][:1] + [c for c in small if not c.urban]
    return Site("three", "three clusters", "city", tuple(chosen[:3]), hanoi.city_firms)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_random_scenarios(scenario):
    agree(scenario)


@pytest.mark.parametrize("pathway", PATHWAYS)
def test_pathways_in_a_small_city(city, pathway):
    agree(Scenario(city, arm_of(pathway, city), {"shocks": load_shocks("default"), "seed": 3}, BURN_IN + 24))


@pytest.mark.parametrize("policy", ["special", "shared", "compulsory", "barriers-all", "solution-2", "japan"])
def test_policies(city, policy):
    agree(Scenario(city, arm_of("all", city, policy), {"shocks": load_shocks("default"), "replicate": 2}, BURN_IN + 16))


@pytest.mark.parametrize("on", OFF)
def test_each_sub_model_alone(city, on):
    parameters = {name: value for sub_model, off in OFF.items() if sub_model != on for name, value in off.items()}
    site = replace(city, clusters=city.clusters[:1])
    model = agree(Scenario(site, arm_of("all", site), {"parameters": parameters, "seed": 5}, BURN_IN + 24))
    ordered = set().union(*model.ordered.values())
    assert on == "d technology" or ordered <= {OWN_PLANT}  # the others are off indeed
    assert on == "f symbiosis" or not model.links


SWITCHED_ON = {"suspension_weeks": 12.0, "suspension_fines": 2.0, "solar_consent": 1.0, "solar_sale_since": 2018.0,
               "solar_contract": 1.0, "solar_able": 0.8, "inspection_workers": 2.0, "coordinator_capacity": 0.7,
               "screening_error": 1.0, "ties_partner": 1.0, "map_split": 1.0, "q_platform": 0.2}  # fmt: skip


def test_suspension_solar_and_facilitation_agree_where_they_bind(city):
    """Suspensions, shared solar by consent, facilitation as in 13.8, in quarters and in months."""
    for per_year in (4, 12):
        more = {"parameters": SWITCHED_ON, "seed": 5, "steps_per_year": per_year}
        kernels, model = both(Scenario(city, arm_of("all", city), more))
        suspended = 0
        for _ in range((BURN_IN + 32) * per_year // 4):
            assert_agreement(kernels, model, 1)
            suspended += model.events["suspensions"]
        assert suspended > 5 and any(cluster.built[ENERGY] for cluster in model.clusters if cluster.kind == EXISTING)


def test_the_model_without_its_mechanisms_agrees(city):
    """All that can be switched and is on by default, off at once."""
    agree(Scenario(city, arm_of("all", city), {"parameters": without(), "seed": 5}, BURN_IN + 24))


BORROWING = {"links_borrow": 1.0, "standard_by_law": 0.0, "loan_minimum": 0.0, "credit_constant": 2.0, "hub_base": 0.5, "search_rate": 2.0, "six_aspects": 1.0,
             "six_gain_least": -1e9, "six_report_least": 0.0, "six_jobs_least": 0.0, "six_small_least": 0.0, "export_premium": 0.02, "aware_symbiosis_2010": 0.9,
             **{f"waive_{name}": 1.0 for name in ("recp_share", "monitoring", "symbiosis", "shared_land", "clean_record", "treatment")}}  # fmt: skip
LENT_TO = {"CIT_reduction": 0.5, "interest_cut": 3.0, "guarantee": 0.4, "green_fund": 0.3, "fund_share_symbiosis": 0.4}


@pytest.mark.parametrize("exempt_years", [0.0, 3.0])
def test_loans_for_links_and_hubs_exemptions_and_six_aspects_agree(city, exempt_years):
    """Who borrows for a link and what becomes of the loan; hubs; tax cuts on gains or whole exemptions; the third shadow certificate."""
    arm = with_levers(arm_of("all", city), LENT_TO)
    kernels, model = both(Scenario(city, arm, {"parameters": BORROWING | {"exempt_years": exempt_years}, "seed": 5}))
    links, hubs, freed, six = 0, 0, 0, 0
    for _ in range(BURN_IN + 24):
        assert_agreement(kernels, model, 1)
        links += sum(OWN_PLANT + 1 in firm.loans for firm in model.agents)
        hubs += sum(hub.loan is not None for cluster in model.clusters for hub in cluster.hubs)
        freed += sum(firm.link_cut > 0 if exempt_years == 0.0 else firm.exemption is not None for firm in model.agents)
        six += sum(cluster.shadow_level[2] for cluster in model.clusters)
    assert min(links, hubs, freed, six) > 0


STANDARD = {"standard_year": 2021.0, "standard_compulsory": 1.0, "public_disclosure": 0.7, "official_skill": 0.6, "multiplier_L1": 1.5,
            **{f"certified_{name}": dose for name, dose in (("guarantee", 0.5), ("green_fund", 0.3), ("interest_cut", 4.0),
               ("CIT_reduction", 0.5), ("permit_rate", 6.0), ("extension", 0.4))}}  # fmt: skip


def test_the_standard_and_few_inspectors_agree_when_on(city):
    """Assessments, plans and clusters without money of funds; public records; skill; visits that nobody makes; then certificates."""
    arm = with_levers(arm_of("all", city), STANDARD)
    few = {"inspectors": 2.0, "assessment_years": 2.0, "plan_term": 1.0}
    easy = {f"waive_{name}": 1.0 for name in ("recp_share", "monitoring", "symbiosis", "treatment", "shared_land")} | {
        "clean_years": 0.5
    }
    for parameters in (few, easy):
        kernels, model = both(Scenario(city, arm, {"parameters": parameters | {"standard_by_law": 1.0}, "seed": 5}))
        barred, missed, certified = 0, 0, 0
        for _ in range(BURN_IN + 28):
            assert_agreement(kernels, model, 1)
            barred += sum(cluster.barred for cluster in model.clusters)
            missed += model.visits_due - model.visits_made
            certified += sum(cluster.level > 0 for cluster in model.clusters)
            assert model.now >= 2021.0 or not certified
        assert (barred > 0 and missed > 0) if parameters is few else certified > 0


QUARREL = {"conflict_hazard": 1.5, "conflict_days": 20.0, "conflict_halt": 0.5, "project_review": 2.0, "search_rate": 2.0,
           "aware_symbiosis_2010": 0.9, "b_min": 0.5, "cost.study": 5.0, "cost.link_coordination": 1.0}  # fmt: skip


def test_acceptance_and_conflicts_agree_when_on(city):
    """Firms stand still, permits and projects wait; community work and public records; in quarters and in months.

    Control: all of it happens, in the dense district too, and clusters that nobody accepts are not alike."""
    arm = with_levers(arm_of("combined", city), {"club": 0.4, "community": 0.8, "public_disclosure": 0.5, "permit_rate": 6.0})
    for per_year in (4, 12):
        more = {"parameters": QUARREL | {"outside_firms": 1.0}, "seed": 5, "steps_per_year": per_year}
        kernels, model = both(Scenario(city, arm, more))
        seen = Counter()
        for _ in range((BURN_IN + 24) * per_year // 4):
            assert_agreement(kernels, model, 1)
            seen.update(model.events)
        assert 0 < seen["conflicts_dense"] < seen["conflicts"] and seen["permits_delayed"] > 0 and seen["projects_delayed"] > 0
        assert len({cluster.acceptance for cluster in model.clusters if cluster.kind == EXISTING}) == 3


def test_plants_and_what_firms_see_agree_when_on(city):
    """Plants that age, weak ones that are renewed before their end, savings seen in part, programmes that must be learnt; then relief."""
    on = {"plants_age": 1.0, "perceived_saving": 0.6, "programmes_seen": 1.0, "own_plant.initial_share": 0.5}
    renewing = with_levers(arm_of("all", city), {"grant_own_plant": 0.8, "inspection_rate": 3.0})
    relieved = with_levers(arm_of("all", city), {"relief_technology": 1.0, "relief_awareness": 1.0})
    for arm in (renewing, relieved):
        kernels, model = both(Scenario(city, arm, {"parameters": on, "seed": 5}))
        early = 0
        for _ in range(BURN_IN + 20):
            assert_agreement(kernels, model, 1)
            early += sum(firm.has(OWN_PLANT) and OWN_PLANT in firm.pending for firm in model.agents)
        told = Counter(firm.told for firm in model.agents if firm.cluster.programme >= 0)
        assert (early > 0 and len(told) > 2) if arm is renewing else told[7] > 0


BUILT = {"developers": 1.0, "developer_sites": 900.0, "planned_cluster_slots": 8.0, "base_rent": 3000.0, "planned_build": 0.5,
         "relocation_review": 0.3, "rent_difference": -3.0}  # fmt: skip


def test_developers_admission_by_own_means_and_the_pool_agree_when_on(city):
    """Sites that pay and sites that are paid, firms that admission turns away, producers outside who move into both kinds of clusters;
    under the law alone and under a programme that asks for fewer slots than there are."""
    more = {"parameters": BUILT | {"outside_firms": 1.0, "admission_by_own_means": 1.0, "old_plot_value": 10.0}, "seed": 5}
    arm = with_levers(arm_of("newly-planned", city), {"land_support": 0.3, "planned_slots": 3000.0, "planned.admission": 1.0})
    for chosen, programmes in ((arm_of("law", city), {-1}), (arm, {-1, 0})):
        kernels, model = both(Scenario(city, chosen, more))
        seen = Counter()
        for _ in range(BURN_IN + 24):
            assert_agreement(kernels, model, 1)
            seen.update(model.events)
        sites = [cluster for cluster in model.clusters if cluster.kind == PLANNED and cluster.opened < NEVER]
        assert {site.programme for site in sites} == programmes
        assert any(site.support > 0.0 for site in sites) == (chosen is arm)
        assert 0 < seen["entered_pool"] < seen["pool_moved"] and seen["entered_clusters"] > 0
        assert (seen["admission_refused"] > 0) == (chosen is arm)


def test_sites_in_a_portfolio_and_in_months(city):
    """Two programmes that want sites, clusters with none; steps of a month."""
    one = with_levers(arm_of("newly-planned", city), {"land_support": 0.3, "planned_slots": 800.0})
    two = with_levers(arm_of("symbiosis-in-planned", city), {"land_support": 0.2, "planned_slots": 800.0})
    arm = replace(one, programmes=(*one.programmes, *two.programmes), assignment=(0, 1, -1), budget=20_000.0)
    agree(Scenario(city, arm, {"parameters": BUILT}, BURN_IN + 24))
    more = {"parameters": BUILT | {"outside_firms": 0.5}, "steps_per_year": 12}
    agree(Scenario(replace(city, clusters=city.clusters[:1]), one, more, 3 * (BURN_IN + 8)))


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("own", [{"unbuilt_usable": 0.0}, {"unbuilt_usable": 0.3}])
def test_land_agrees_when_it_costs(city, own, held):
    """Plots are taken, firms leave for compensation, others wait; plots are opened on unbuilt land. One cluster is held to 2020."""
    firms = tuple(Firm("textile", workers) for workers in [1.0, 5.0, 12.0, 80.0] * 4) if held else ()
    clusters = (replace(city.clusters[0], shared_land=0.1, firms=firms), *(replace(c, shared_land=0.1) for c in city.clusters[1:]))
    site = replace(city, clusters=clusters)
    more = {
        "land_market": 1.0,
        "project_review": 2.0,
        "cost.project_infrastructure": 500.0,
        "growth": 0.04,
        "complete_trait": held,
        **own,
    }
    model = agree(Scenario(site, arm_of("all", site, budget_bn=600.0), {"parameters": more, "seed": 6}, BURN_IN + 36))
    assert model.so_far["land_vacant"] > 0.0
    assert held or model.so_far["plots_opened" if own["unbuilt_usable"] else "firms_cleared"] > 0


STREAMS_ON = {"stream_trade": 1.0, "offtake_limit": 30.0, "heat_of_firms": 1.0, "heat_steam.fixed_cost_ref": 20.0,
              "heat_steam.pipe_cost_per_100m": 2.0, "hub_base": 0.5, "search_rate": 2.0, "aware_symbiosis_2010": 0.9, "b_min": 0.5,
              "offtaker_in_city": 0.5, "cost.study": 5.0, "cost.link_coordination": 1.0, "cost.hub_fixed": 10.0}  # fmt: skip


@pytest.mark.parametrize("off", [(), ("stream_trade",), ("heat_of_firms", "offtake_limit")])
def test_streams_that_are_traded_limited_and_of_firms_agree(city, off):
    """Dealers' share, limit of the off-taker and heat of firms, together and apart. Control: all three act in this run."""
    site = replace(city, clusters=city.clusters[:1])
    parameters = STREAMS_ON | dict.fromkeys(off, 0.0)
    model = agree(Scenario(site, arm_of("combined", site), {"parameters": parameters, "seed": 5}, BURN_IN + 24))
    hubs = [hub for hub in model.clusters[0].hubs if hub.active]
    assert hubs and model.matter["EXCHANGED_GJ"] > 0.0 and model.matter["EXCHANGED_T"] > 0.0
    burnt = sum(firm.fuel for cluster in model.clusters for firm in cluster.firms)
    needed = sum(firm.per_worker[1] * firm.activity for cluster in model.clusters for firm in cluster.firms)
    assert (burnt < 0.99 * needed) == bool(parameters["heat_of_firms"])
    assert (model.matter["OFFTAKEN_T"] > 0.0) and (
        "offtake_limit" in off or model.matter["OFFTAKEN_T"] <= 30.0 * len(hubs) * model.dt * (1.0 + 1e-12)
    )


def test_breaches_that_weigh_and_last_on_their_own(city):
    """Many breaches, remembered longer than good conduct and weighed by the ratio. Control: without either, another run."""
    site = replace(city, clusters=city.clusters[:1])
    often = {"eta0": 0.15, "search_rate": 1.0, "aware_symbiosis_2010": 1.0, "worst_breach": 0.5, "stream_trade": 0.0,
             "coordinator_capacity": 0.0, "ties_partner": 0.0, "map_split": 0.0, "heat_of_firms": 0.0}  # fmt: skip
    own = {"tau_breach": 20.0, "breach_ratio": 6.0}
    trust = []
    for more in (own, dict.fromkeys(own, 0.0), own | {"breach_ratio": 0.0}):
        model = agree(Scenario(site, arm_of("combined", site), {"parameters": often | more, "seed": 5}, BURN_IN + 24))
        trust.append([firm.trust for cluster in model.clusters for firm in cluster.firms])
        assert any(firm.bad > 0 for cluster in model.clusters for firm in cluster.firms)
    assert trust[0] != trust[1]


def test_months_instead_of_quarters(city):
    site = replace(city, clusters=city.clusters[:1])
    agree(Scenario(site, arm_of("combined", site), {"steps_per_year": 12}, 3 * (BURN_IN + 8)))


def test_portfolio_of_two_programmes(city):
    arms = [arm_of(name, city) for name in ("self-transition", "newly-planned")]
    arm = replace(arms[0], name="portfolio", programmes=(arms[0].programmes[0], arms[1].programmes[0]), assignment=(0, 1, -1))
    agree(Scenario(city, arm, {}, BURN_IN + 32))


def test_only_firms_of_clusters_with_planned_ones_of_their_own_move(city):
    """Two programmes open planned clusters, a third does not; everybody gains by moving.

    Control: with the other programme in all clusters, firms of that very cluster move.
    """
    names = ("newly-planned", "self-transition", "symbiosis-in-planned")
    programmes = tuple(arm_of(name, city).programmes[0] for name in names)
    eager = {"relocation_review": 1.0, "rent_difference": -50.0, "developers": 0.0}

    def homes(assignment, outside):
        """Rows at the end of 2019 of the firms of that time that moved."""
        arm = replace(
            arm_of("law", city), name="portfolio", programmes=programmes, assignment=assignment, outside=outside, budget=50_000.0
        )
        model = agree(Scenario(city, arm, {"parameters": eager}, BURN_IN + 32))
        return {model.origin[firm.firm_id] for firm in model.agents if firm.moved_at < 9999.0 and firm.born < 2020.0}

    assert homes((0, 1, 2), outside=1) == {0, 2}
    assert 1 in homes((0, 0, 0), outside=0)


def test_free_riders_and_additional_fines_are_counted_against_the_law_alone(city):
    """Whoever is paid for what he orders under the law alone too; and a swept share of what fines are above those there."""
    swept = {"parameters": {"fine_return": 0.5}}
    law_kernels, law = both(Scenario(city, arm_of("law", city), swept))
    fines = []
    for _ in range(BURN_IN + 24):
        assert_agreement(law_kernels, law, 1)
        fines.append(law.ledger["FINE"])
    arm = arm_of("self-transition", city)
    reference = law_kernels.simulator.reference(np.zeros((1, len(INDICATORS))))._replace(fines=np.array(fines))
    kernels = Kernels(city, arm, reference=reference, **swept)
    model = CityModel(city, arm, ordered_in_null=law.ordered, fines_of_law=fines, settled=law.origin, **swept)
    paid = 0.0
    for _ in range(BURN_IN + 24):
        assert_agreement(kernels, model, 1)
        paid += model.ledger["FREE_RIDERS"]
    assert paid > 0.0
    assert model.funds[0].released > model.funds[0].budget * 6.0, "additional fines came on top of six years' budget"


def test_typed_doses_before_written_ones(city):
    """At a budget that cannot pay for both, what was typed acts in full and the rest falls short."""
    arm = with_levers(arm_of("combined", city, budget_bn=30.0), {"extension": 0.9, "planned.coordinator": 0.5}, typed=True)
    model = agree(Scenario(city, arm, {}, BURN_IN + 8))
    assert model.levers[0].extension == pytest.approx(0.9, rel=1e-12) and model.funds[0].typed_dose == 1.0
    assert model.funds[0].dose < 1.0 and model.levers[0].coordinator < 1.0


def test_whole_horizon_of_the_teaching_cluster():
    site = load_scenario("teaching").site
    model = agree(Scenario(site, arm_of("all", site), {"shocks": load_shocks("default")}, 144))
    assert model.now == 2046.0


def test_named_cluster():
    site = load_scenario("nguyen-khe").site
    model = agree(Scenario(site, arm_of("combined", site), {"shocks": load_shocks("default")}, BURN_IN + 40))
    assert model.links


# --- the comparison notices what it is made for ------------------------------------------------------------


MISTAKES = {
    "utilisation": ("production", "net_sales", lambda f: lambda *a: f(*a) * (1 + 1e-6)),
    "credit": ("credit", "approval", lambda f: lambda *a: f(*a) + 0.2),
    "taste": ("adoption", "adopts", lambda f: lambda psi, phi, slope, u: f(psi, phi, slope, 1.0 - u)),
    "choice": ("compliance", "pick", lambda f: lambda none, sham, real, u: f(none, real, sham, u)),
    "belief": ("trust", "belief", lambda f: lambda *a: f(*a) - 0.01),
    "exit": ("demography", "exit_hazard", lambda f: lambda *a: f(*a) * 1.05),
    "fee": ("infrastructure", "cetp_fee", lambda f: lambda *a: f(*a) * 1.001),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_caught(city, monkeypatch, mistake):
    group, name, wrong = MISTAKES[mistake]
    monkeypatch.setattr(getattr(rules, group), name, wrong(getattr(getattr(rules, group), name)))
    with pytest.raises(AssertionError, match="differences after the step"):
        agree(Scenario(city, arm_of("combined", city), {"seed": 3}, BURN_IN + 32))


def test_what_differs_is_named():
    kernels, model = both(Scenario(load_scenario("teaching").site))
    assert_agreement(kernels, model, 4)
    firm = model.agents[0]
    firm.cash += 1.0
    firm.tech ^= 1
    found = [line for line in differences(kernels, model) if not line.startswith("indicators: ")]  # some read both
    assert len(found) == 2 and all(line.startswith(f"firm {firm.firm_id}: ") for line in found)
    assert {line.split()[2] for line in found} == {"cash", "tech"}


CHAINS = {"chain_ties": 1.0, "lead_firm": 0.6, "lead_workers": 50.0, "lead_saving": 1.4, "lead_teach": 0.5, "soak_threshold": 0.75,
          "marshall_elasticity": 0.07, "aware_technology_2010": 0.3, "chain_admission": 1.0, "chain_fit": 0.3,
          "cost.project_information": 1.0, "project_review": 2.0}  # fmt: skip


@pytest.mark.parametrize("off", [(), ("chain_ties",), ("lead_firm", "marshall_elasticity")])
def test_chains_agree_when_on(city, off):
    """Trade partners and lead firms, soaking first, like firms near by, admission by the chain; together and in parts.

    Controls: partners carry technologies, lead firms ask, projects wait and begin, newcomers are turned away."""
    parameters = BUILT | CHAINS | dict.fromkeys(off, 0.0)
    arm = with_levers(arm_of("newly-planned", city), {"land_support": 0.3, "planned_slots": 3000.0, "extension": 0.5})
    kernels, model = both(Scenario(city, arm, {"parameters": parameters | {"q_tie": 0.3}, "seed": 5}))
    seen, asked, waiting = Counter(), 0, 0
    for _ in range(BURN_IN + 24):
        assert_agreement(kernels, model, 1)
        seen.update(model.events)
        asked += sum(firm.asked for firm in model.agents)
        waiting += sum(not is_soaked(model.p, cluster) for cluster in model.clusters if cluster.kind == EXISTING)
    carried = [seen[f"{name}_by_{who}"] for name in ("t1", "t2") for who in ("trade", "others")]
    assert any(carried) == ("chain_ties" not in off) and (off or all(carried))
    assert (asked > 0) == ("lead_firm" not in off)
    assert waiting > 0 and any(cluster.built[INFORMATION] for cluster in model.clusters if cluster.kind == EXISTING)
    assert 0 < seen["admission_refused"] and seen["entered_clusters"] + seen["entered_arrivals"] > 0
