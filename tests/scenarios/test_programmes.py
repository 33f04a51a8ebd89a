"""Pathways, policies laid over them, and arms."""

import pytest
from ecocluster import scenarios
from ecocluster.model.border import NotOfKind
from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.sites_and_arms import NO_LAW, Programme, Schedule
from ecocluster.scenarios import (
    Policy,
    apply_policy,
    load_law,
    load_pathway,
    load_policy,
    make_arm,
    with_levers,
)

FUNDS = {"fund_share_grants", "fund_share_symbiosis", "fund_share_infrastructure"}


def value(programme, name):
    return programme.levers.get(name, LEVERS[name].baseline)


def test_combined_is_the_larger_of_both_lever_by_lever():
    one, two, combined = (load_pathway(name) for name in ("self-transition", "symbiosis", "combined"))
    assert set(combined.levers) == set(one.levers) | set(two.levers)
    for name in set(combined.levers) - FUNDS:
        assert value(combined, name) == max(value(one, name), value(two, name))
    assert [value(combined, f"fund_share_{fund}") for fund in ("grants", "symbiosis", "infrastructure")] == [
        0.4,
        0.2,
        0.4,
    ]
    assert combined.planned == {}


def test_levers_of_the_three_pathways_as_specified():
    self_transition, symbiosis, planned = (load_pathway(name) for name in ("self-transition", "symbiosis", "newly-planned"))
    assert (value(self_transition, "extension"), value(self_transition, "green_fund")) == (0.8, 0.3)
    assert (value(symbiosis, "coordinator"), value(symbiosis, "symbiosis_grant")) == (1, 0.4)
    assert planned.planned == {
        "monitoring_data": 0.6,
        "CIT_reduction": 0.3,
        "certainty": 0.7,
        "permit_rate": 4,
    }
    for name in planned.planned:
        assert name not in planned.levers, "existing clusters stay at baseline"


def test_the_law_is_the_same_for_all_and_no_pathway_holds_a_part_of_it():
    table = {
        "today": {},
        "middle": {"inspection_rate": 0.24, "monitoring_data": 0.5, "certainty": 0.7, "permit_rate": 4, "standard_year": 2023},
        "strict": {
            "inspection_rate": 0.4,
            "monitoring_data": 0.8,
            "certainty": 0.9,
            "permit_rate": 4,
            "fine_multiplier": 1.5,
            "standard_year": 2023,
            "standard_compulsory": 1,
            "public_disclosure": 0.5,
            "official_skill": 0.5,
        },
    }
    for name, levers in table.items():
        law = load_law(name)
        assert law.levers == levers
        names = [entry.id for entry in scenarios.list_pathways() if entry.id != "null"]
        assert all(make_arm(pathway, law=name).law == law for pathway in names)
        assert make_arm("null", "japan", law=name).law == NO_LAW
    for entry in scenarios.list_pathways():
        assert not set(load_pathway(entry.id).levers) & set(LAW_LEVERS), entry.id
    assert set(LAW_LEVERS) == {
        "inspection_rate", "monitoring_data", "fine_multiplier", "fine_adaptive", "permit_rate", "certainty",
        "voluntary_agreement", "admission", "standard_year", "standard_compulsory", "public_disclosure", "official_skill",
    }  # fmt: skip


def test_a_policy_replaces_the_law_in_every_arm():
    """Larger or smaller; what it does not hold stays; until it is enacted the law is as it was."""
    japan, shared = (make_arm("combined", policy).law for policy in ("japan", "shared"))
    assert japan == make_arm("law", "japan").law == make_arm("newly-planned", "japan").law
    assert (japan.levers["certainty"], japan.levers["permit_rate"]) == (0.9, 4)
    assert (japan.before["certainty"], japan.enactment_lag) == (0.7, 2)
    assert "permit_rate" not in japan.before
    assert shared.levers["certainty"] == 0.3 and shared.before["certainty"] == 0.7
    later = make_arm("law", "solution-2", law="today").law
    assert later.schedules == {"certainty": Schedule(2023), "permit_rate": Schedule(2023)}
    assert make_arm("law", "korea", law="today").law != make_arm("law", law="today").law


def test_typed_levers_go_where_they_belong():
    arm = with_levers(make_arm("newly-planned"), {"certainty": 0.2, "extension": 0.6, "planned.permit_rate": 2.0}, typed=True)
    (programme,) = arm.programmes
    assert arm.law.levers["certainty"] == 0.2 and "certainty" not in programme.levers
    assert programme.levers["extension"] == 0.6 and programme.planned["permit_rate"] == 2.0
    assert programme.typed == {"extension", "planned.permit_rate"}
    assert with_levers(make_arm("law"), {"certainty": 0.2}).law == arm.law
    null = make_arm("null")
    assert with_levers(null, {"certainty": 0.2, "extension": 0.6}, typed=True) == null


def test_inside_planned_clusters_a_programme_holds_firms_to_no_less_than_the_law():
    (middle,), (strict,) = (make_arm("newly-planned", law=law).programmes for law in ("middle", "strict"))
    assert (middle.planned["certainty"], strict.planned["certainty"]) == (0.7, 0.9)
    assert (middle.planned["monitoring_data"], strict.planned["monitoring_data"]) == (0.6, 0.8)
    assert middle.planned["CIT_reduction"] == strict.planned["CIT_reduction"] == 0.3
    assert scenarios.describe("newly-planned")["planned_basis"]


def test_symbiosis_in_planned_acts_inside_only():
    inside = load_pathway("symbiosis-in-planned")
    for name in ("coordinator", "platform", "study_aid", "symbiosis_grant"):
        assert inside.planned[name] == load_pathway("symbiosis").levers[name]
        assert name not in inside.levers
    assert not FUNDS & set(inside.planned)


def test_all_holds_what_each_holds():
    everything = load_pathway("all")
    for name in ("self-transition", "symbiosis", "newly-planned"):
        part = load_pathway(name)
        assert set(part.levers) - FUNDS
        assert all(everything.levers[key] >= part.levers[key] for key in set(part.levers) - FUNDS)
        assert all(everything.planned[key] >= part.planned[key] for key in part.planned)


def test_a_single_cluster_gets_planned_slots_for_half_of_its_firms():
    site = scenarios.load_scenario("nguyen-khe").site
    slots = load_pathway("newly-planned", site).levers["planned_slots"] * site.budget_share
    assert slots == pytest.approx(site.firms_2018 / 2)
    assert load_pathway("newly-planned", scenarios.load_scenario("hanoi").site).levers["planned_slots"] == 1440


def test_an_empty_policy_gives_back_the_programme():
    programme = load_pathway("self-transition")
    assert apply_policy(programme, load_policy("vietnam-2020")) is programme


def test_a_policy_takes_the_larger_and_set_replaces():
    programme = Programme("p", levers={"extension": 0.8, "request_success": 0.7, "coordinator": 0.2})
    policy = Policy(
        "q",
        levers={"extension": 0.5, "coordinator": 0.6, "CIT_reduction": 0.05, "inspection_rate": 0.5},
        set={"request_success": 0.3, "certainty": 0.3},
    )
    both = apply_policy(programme, policy)
    assert both.levers["extension"] == 0.8
    assert both.levers["coordinator"] == 0.6
    assert both.levers["CIT_reduction"] == LEVERS["CIT_reduction"].baseline, "never below the baseline"
    assert both.levers["request_success"] == 0.3
    assert not set(both.levers) & set(LAW_LEVERS), "the law's levers are the law's"
    assert programme.levers == {"extension": 0.8, "request_success": 0.7, "coordinator": 0.2}


def test_a_policy_reaches_into_planned_clusters():
    (japan,) = make_arm("newly-planned", "japan").programmes
    assert japan.planned["monitoring_data"] == 0.8 and japan.planned["certainty"] == 0.9
    assert japan.planned["permit_rate"] == 4 and japan.planned["CIT_reduction"] == 0.4
    (shared,) = make_arm("newly-planned", "shared").programmes
    assert shared.planned["certainty"] == 0.3, "`set` holds in any case"
    assert shared.levers["request_success"] == 0.5 and shared.levers["effort_cost"] == 10


def test_the_schedule_belongs_to_the_winner():
    late = Schedule(2030)
    policy = Policy("q", {"extension": 0.9, "coordinator": 0.1}, schedules={"extension": late, "coordinator": late})
    both = apply_policy(Programme("p", {"extension": 0.8, "coordinator": 0.5}, schedule=Schedule(2024)), policy)
    assert both.schedules == {"extension": late}
    assert both.schedule == Schedule(2024)
    tie = apply_policy(Programme("p", {"extension": 0.9, "coordinator": 0.0}), policy)
    assert set(tie.schedules) == {"coordinator"}, "a tie keeps the programme's own schedule"


def test_fund_shares_of_a_policy_feed_its_levers():
    alone = apply_policy(load_pathway("policy"), load_policy("solution-5"))
    assert value(alone, "fund_share_symbiosis") == pytest.approx(1 / 3)
    both = apply_policy(load_pathway("self-transition"), load_policy("solution-5"))
    shares = [value(both, f"fund_share_{fund}") for fund in ("grants", "symbiosis", "infrastructure")]
    assert shares == pytest.approx([0.5 / 1.2, 0.2 / 1.2, 0.5 / 1.2])


def test_special_and_shared():
    special = make_arm("combined", "special")
    assert special.programmes[0].enactment_lag == special.law.enactment_lag == 3
    assert special.programmes[0].set_up_cost > 0 and special.law.levers["certainty"] == 0.7
    shared = make_arm("combined", "shared")
    assert shared.programmes[0].enactment_lag == 0 and shared.law.levers["certainty"] == 0.3


def test_country_presets_as_specified():
    table = {
        "us": (0.25, 2, 0.4, 0.15, 0.5, 0.3, 1, 0.7, 0.5, 0.3, 0.4, 0.5),
        "japan": (0.4, 1.5, 0.8, 0.3, 0.4, 0.4, 1, 0.6, 0.6, 0.5, 0.5, 0.9),
        "canada": (0.25, 1.5, 0.4, 0.35, 0.3, 0.3, 1, 0.8, 0.5, 0.8, 0.3, 0.6),
        "korea": (0.3, 1.5, 0.6, 0.3, 0.4, 0.4, 2, 0.8, 0.6, 0.6, 0.9, 0.9),
    }
    names = [
        "inspection_rate", "fine_multiplier", "monitoring_data", "grant_T2", "CIT_reduction", "guarantee",
        "interest_cut", "innovation_centre", "extension", "platform", "coordinator", "certainty",
    ]  # fmt: skip
    for country, expected in table.items():
        policy = load_policy(country)
        assert tuple(policy.levers[name] for name in names) == expected
        assert policy.enactment_lag == 2


def test_solutions_and_barriers_together_hold_each_alone():
    for many, single, count in (("solutions-all", "solution", 7), ("barriers-all", "barrier", 6)):
        together = load_policy(many)
        for number in range(1, count + 1):
            alone = load_policy(f"{single}-{number}")
            assert alone.levers or alone.set
            assert all(together.levers[name] >= value for name, value in alone.levers.items())
            assert alone.set.items() <= together.set.items()
            assert alone.schedules.items() <= together.schedules.items()
    reliefs = {name for name in LEVERS if name.startswith("relief_")}
    assert {name for name in load_policy("barriers-all").levers if name.startswith("relief_")} == reliefs


def test_graded_multipliers():
    graded = apply_policy(load_pathway("self-transition"), load_policy("graded"))
    assert [graded.levers[f"multiplier_L{level}"] for level in range(4)] == [0.5, 1, 1.25, 1.5]
    assert load_policy("solution-1").set == load_policy("graded").set


def test_arms():
    site = scenarios.load_scenario("nguyen-khe").site
    arm = make_arm("symbiosis", "japan", budget_bn=150, site=site)
    assert arm.name == "symbiosis" and len(arm.programmes) == 1 and arm.assignment is None
    assert arm.budget == pytest.approx(150_000 * 55 / 3864)
    assert make_arm("symbiosis", budget_bn=1, site=site, site_budget_bn=0.7).budget == 700
    assert make_arm("symbiosis", budget_bn=0).budget == 0
    assert make_arm("null", "japan").programmes == ()
    assert make_arm("policy", "japan").programmes[0].levers["coordinator"] == 0.5
    assert make_arm("policy").programmes[0].levers == {}


@pytest.mark.parametrize("budget", [-1, float("nan"), float("inf"), "150", True])
def test_unusable_budgets(budget):
    for arguments in ({"budget_bn": budget}, {"site_budget_bn": budget}):
        with pytest.raises((scenarios.ScenarioError, NotOfKind), match="budget"):
            make_arm("symbiosis", **arguments)


def test_portfolio(write):
    site = scenarios.load_scenario("hanoi").site
    path = write(
        "mine.toml",
        'type = "portfolio"\ndefault = "null"\n[clusters]\nhapro = "combined"\nphung = "symbiosis"\n',
    )
    arm = scenarios.load_portfolio(path, site, budget_bn=1)
    position = {cluster.id: index for index, cluster in enumerate(site.clusters)}
    assert len(arm.programmes) == 2 and len(arm.assignment) == 70 and arm.budget == 1000
    assert arm.programmes[arm.assignment[position["hapro"]]].id == "combined"
    assert arm.programmes[arm.assignment[position["phung"]]].id == "symbiosis"
    assert arm.assignment.count(-1) == 68
    assert len(scenarios.load_portfolio("by-sector", site).assignment) == 70
    bad = write("bad.toml", 'type = "portfolio"\n[clusters]\nhappro = "combined"\n')
    with pytest.raises(scenarios.ScenarioError, match="did you mean 'hapro'"):
        scenarios.load_portfolio(bad, site)


def test_planned_clusters_of_a_portfolio_are_for_its_own_clusters(write):
    """Slots by firms, and the same as everywhere where all clusters follow; firms outside follow the default."""
    site = scenarios.load_scenario("hanoi").site
    city = load_pathway("newly-planned").levers["planned_slots"]
    path = write("some.toml", 'type = "portfolio"\ndefault = "combined"\n[clusters]\nhapro = "newly-planned"\n')
    arm = scenarios.load_portfolio(path, site)
    programmes = {programme.id: programme for programme in arm.programmes}
    firms = next(cluster.firms_2018 for cluster in site.clusters if cluster.id == "hapro")
    assert programmes["newly-planned"].levers["planned_slots"] == pytest.approx(city * firms / site.firms_2018)
    assert programmes["combined"].levers == load_pathway("combined").levers
    assert arm.programmes[arm.outside].id == "combined"
    all_of_them = scenarios.load_portfolio(write("all.toml", 'type = "portfolio"\ndefault = "newly-planned"\n'), site)
    assert all_of_them.programmes[0].levers["planned_slots"] == city and all_of_them.outside == 0
    nobody = scenarios.load_portfolio(write("null.toml", 'type = "portfolio"\n[clusters]\nhapro = "combined"\n'), site)
    assert nobody.outside == -1


def test_the_shared_policy_has_no_dedicated_doses():
    """It only shares what there is: with it no programme pays a dose beyond the baseline, whatever its pathway holds."""
    doses = [name for name, lever in LEVERS.items() if lever.kind == "dose"]

    def paid(policy):
        programmes = [make_arm(name, policy).programmes[0] for name in ("self-transition", "symbiosis", "combined")]
        return {(p.id, n) for p in programmes for n in doses if p.levers.get(n, LEVERS[n].baseline) != LEVERS[n].baseline}

    assert not paid("shared")
    assert paid("special")  # the control


def test_a_pathway_of_a_user(write):
    path = write(
        "mine.toml",
        'type = "pathway"\ncombine = ["self-transition"]\n[levers]\nextension = 0.5\n'
        "[schedule]\nstart = 2022\nramp = 2\n[schedules]\nfairs = { start = 2025, end = 2030 }\n",
    )
    programme = load_pathway(path)
    assert programme.id == "mine" and programme.levers["extension"] == 0.5, "its own levers replace, larger or not"
    assert programme.levers["grant_T2"] == 0.3
    assert programme.schedule == Schedule(2022, 2) and programme.schedules["fairs"] == Schedule(2025, 0, 2030)
    assert make_arm(path).name == "mine"
