"""V17 to V20 and V30: with parts of it switched off the model is a sum, separate, monotone, the null."""

from dataclasses import replace

import ecocluster.model.step as step_module
import numpy as np
import pytest
from audit import Firms
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.experiments.worlds import stored
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, Series
from ecocluster.model.levers import LAW_LEVERS, LEVERS
from ecocluster.model.parameters import PARAMETERS, _rows, drawn_names, parameter_record
from ecocluster.model.setup import begin
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm, Programme, Site
from ecocluster.model.state import LANES, NEVER, SLOT_TAKEN, SLOT_VACANT
from ecocluster.scenarios import load_law, make_arm, with_levers
from golden import OFF
from whole_runs import part, run_from_2010, same_firms

# interactions between firms, by registry name; with all of them off a cluster is the sum of its firms (V17)
IMITATION = {"q_in": 0.0, "q_tie": 0.0, "q_out": 0.0, "q_platform": 0.0, "sigma0": 0.0}  # sigma0: peers lower the option multiple
EXCHANGE = {"search_rate": 0.0, "operator_search": 0.0, "hub_base": 0.0, "hub_coordinator": 0.0, "spillover": 0.0, "eta_s": 0.0}
SHARED = {"project_review": 0.0, "cetp_city_hazard": 0.0, "cetp_share_2010": 0.0, "complaint_rate": 0.0}
CLOSED = {"growth": 0.0, "arrival_base": 0.0}  # nobody arrives
LASTING = {"exit_high": 0.015, "exit_low": 0.015}  # so that firms are left to compare in 2045
RICH = 1e9  # mVND a year: no fund is scarce
# mechanisms that can be switched, and what else belongs to each
SWITCHED_ON = {"suspension_weeks": 4.0, "suspension_fines": 2.0, "solar_consent": 1.0, "coordinator_capacity": 4.0,
               "ties_partner": 1.0, "developers": 1.0, "outside_firms": 1.0, "admission_by_own_means": 1.0, "land_market": 1.0,
               "stream_trade": 1.0, "offtake_limit": 10.0, "heat_of_firms": 1.0, "map_split": 1.0, "complete_trait": 1.0,
               "inspectors": 1.0, "standard_by_law": 1.0, "conflict_hazard": 1.0, "plants_age": 1.0, "perceived_saving": 0.7,
               "programmes_seen": 1.0, "links_borrow": 1.0, "exempt_years": 2.0, "six_aspects": 1.0, "chain_ties": 1.0,
               "lead_firm": 0.6, "soak_threshold": 0.9, "marshall_elasticity": 0.04, "chain_admission": 1.0}  # fmt: skip
BELONGING = {"suspension_weeks": {"suspension_fines": 2.0, "suspension_window": 3.0},
             "solar_consent": {"solar_sale_since": 2018.0, "solar_contract": 1.0, "solar_able": 0.6},
             "coordinator_capacity": {"screening_error": 1.0},
             "map_split": {"q_platform": 0.2, "map_study_cut": 0.6, "hub_circle": 0.2},
             "developers": {"developer_sites": 72.0, "site_sd": 0.6, "developer_return_low": 0.05, "developer_return_high": 0.12,
                            "fill_share": 1.0, "fill_years": 3.0, "sites_per_year": 8.0},
             "outside_firms": {"pool_workers_median": 5.0, "pool_workers_sd": 0.5, "pool_workers_cap": 50.0},
             "land_market": {"unbuilt_usable": 0.9, "bare_land_price": 3000.0, "lease_compensation": 6000.0, "land_aid": 0.5},
             "stream_trade": {"dealer_margin": 0.2, "organic.traded": 0.7, "metal.traded": 0.8, "plastic_paper.traded": 0.6,
                              "wood_biomass.traded": 0.4, "ash_mineral.traded": 0.3, "organic.other_disposal": -6.0,
                              "metal.other_disposal": 1.0, "plastic_paper.other_disposal": 1.0, "wood_biomass.other_disposal": 0.5},
             "complete_trait": {"complete_least": 0.2, "complete_first": 10.0, "complete_land": 0.2},
             "offtake_limit": {},
             "inspectors": {"visits_per_inspector": 50.0},
             "conflict_hazard": {"conflict_days": 20.0, "conflict_halt": 0.5},
             "plants_age": {"plant_old_low": 0.3, "plant_old_high": 0.8, "plant_new_low": 0.75, "plant_new_high": 0.9, "plant_decay": 0.04,
                            "plant_legal": 0.8, "central_best": 0.87, "central_decay": 0.01, "central_overload": 2.0},
             "programmes_seen": {"programme_platform": 1.0, "programme_club": 1.5},
             "exempt_years": {},
             "six_aspects": {"six_report_least": 0.9, "six_jobs_least": 1.0, "six_gain_least": 1.1, "six_small_least": 0.3,
                             "six_small_workers": 50.0},
             "chain_ties": {"chain_size": 0.0},
             "lead_firm": {"lead_workers": 50.0, "lead_saving": 1.4, "lead_teach": 0.5},
             "soak_threshold": {},
             "marshall_elasticity": {"marshall_span": 5.0},
             "chain_admission": {"chain_fit": 0.5},
             "heat_of_firms": {"heat_recoverable": 0.25, "food.heat_replaceable": 0.3, "textile.heat_replaceable": 0.3,
                               "metal_mechanical.heat_replaceable": 0.3, "plastic_paper_chemical.heat_replaceable": 0.6,
                               "wood_building.heat_replaceable": 0.5, "electronics_hightech.heat_replaceable": 0.4}}  # fmt: skip
# none of them; what then never happens
NONE = without()
NEVER_THEN = (*OFF, "suspensions", "output_displaced", "cod_displaced", "cases_waiting", "admission_refused", "entered_pool", "pool_moved",
              "pool_firms", "pool_cod", "pool_tco2e", "pool_landfilled", "pool_value_added", "cod_left_homes", "fuel_left_homes", "land_raised",
              "land_vacant", "land_unbuilt", "land_compensated", "compensated_share", "plots_lost", "plots_opened", "firms_cleared",
              "transfer_operator_landowners", "transfer_operator_firms")  # fmt: skip
# these have no parameters of their own; cases are divided by coordinators, limited or not; the others act with levers of the law
# or in parks (test_standard.py); acceptance and smoke are measured with and without conflicts (test_residents.py)
ALONE = {"tau_breach", "breach_ratio", "ties_partner", "admission_by_own_means", "coordinator_persons", "standard_by_law",
         "park_standard_year", "assessment_years", "plan_term", "skill_detection", "skill_permits", "skill_training",
         "disclosure_cost", "record_years", "record_credit", "record_weeks", "links_borrow", "perceived_saving", "acceptance_base", "acceptance_community",
         "acceptance_disclosure", "acceptance_pollution", "acceptance_rural", "food.smoke", "textile.smoke", "metal_mechanical.smoke",
         "plastic_paper_chemical.smoke", "wood_building.smoke", "electronics_hightech.smoke"}  # fmt: skip


# --- V17, V18 -------------------------------------------------------------------------------------------


def only(keep):
    """Change of the first day: the city holds the firms of these slots and no others."""

    def change(s, layout):
        slot = np.arange(s.slot_at.size).reshape(s.firms.size, LANES)
        gone = (s.firms["status"] == SLOT_TAKEN) & ~np.isin(slot, keep)
        s.firms["status"][gone] = SLOT_VACANT
        for name in ("workers", "cash", "activity", "debt", "debt_service", "effluent", "elec", "fuel", "water", "waste"):
            s.firms[name][gone] = 0.0
        for name in ("tech", "pending", "loans"):
            s.firms[name][gone] = 0
        s.firms["due"][gone] = NEVER
        for cluster in s.clusters[: len(layout.slots)]:
            if not ((cluster["first"] * LANES <= np.asarray(keep)) & (np.asarray(keep) < cluster["last"] * LANES)).any():
                cluster["built"] = cluster["ready"] = 0  # an empty cluster has no running cost

    return change


def slots_of_first_day(site, parameters):
    """Slots (and ids) of the firms of 2010, by cluster."""
    sim = Simulator(site, (Arm("null"),), parameter_record(parameters))
    begin(sim.base, sim.layout, sim.p, sim.plans[0], 1, 0, 4)
    firms = Firms(sim.base)
    return [firms.slot[firms["cluster"] == c] for c in range(len(site.clusters))]


def test_v17_without_interactions_a_cluster_is_the_sum_of_its_firms(teaching, shocks):
    """All switches of interaction off (IMITATION, EXCHANGE, SHARED, CLOSED; funds that are never scarce): firm by
    firm the same decisions as alone, sums to 1e-9, so park/sum of single firms = 1 and synergy 0.
    Control: with imitation on again the sum differs."""
    arms = (Arm("null"), replace(make_arm("self-transition", budget_bn=RICH / 1000.0, site=teaching), scale=1.0))
    flows = [Series[k.upper()] for k in ("tco2e", "water", "cod", "waste", "value_added", "jobs", "profit", "outlay_grants")]

    def check(parameters):
        together = run_from_2010(teaching, arms, parameters, shocks)
        sums = [0.0, 0.0]
        for slot in slots_of_first_day(teaching, parameters)[0]:
            alone = run_from_2010(teaching, arms, parameters, shocks, change=only([slot]))
            for a in range(2):
                sums[a] = sums[a] + alone[a][0][1:, flows]
                same_firms(part(together[a][1], [slot]), alone[a][1], 0.0)
        for a in range(2):
            assert np.allclose(together[a][0][1:, flows], sums[a], rtol=1e-9, atol=1e-6)
        park = (together[0][0] - together[1][0])[1:, Series.TCO2E].sum()
        single = (sums[0] - sums[1])[:, 0].sum()
        assert park > 0 and abs(park / single - 1) < 1e-9

    off = {**IMITATION, **EXCHANGE, **SHARED, **CLOSED, **LASTING}
    check({**off, **NONE})
    # producers outside are no firms of the cluster (test_pool.py); who moves competes for slots, and who is visited for inspectors;
    # neighbours look at all of a cluster; what others run shows a firm what it would save; lead and like firms are other firms
    alone = {"outside_firms": 0.0, "relocation_review": 0.0, "inspectors": 0.0, "conflict_hazard": 0.0, "perceived_saving": 1.0,
             "lead_firm": 0.0, "marshall_elasticity": 0.0}  # fmt: skip
    check({**off, **SWITCHED_ON, **alone})
    with pytest.raises(AssertionError):
        check({**off, "q_in": 0.5})


def test_v18_clusters_without_cross_links_are_separate(small_city, shocks):
    """Two clusters, no imitation across the city, nobody arrives, a fund for each: their union is each alone.
    Control: with imitation across the city they are not."""
    a, b = small_city.clusters[2], small_city.clusters[3]
    both = Site("ab", "two", "city", (a, b), 3864.0)
    programmes = tuple(make_arm(name, site=both).programmes[0] for name in ("self-transition", "symbiosis"))
    budget = 20e3
    arms = (Arm("null"), Arm("own funds", programmes, (0, 1), budget, 1.0))

    def check(parameters):
        union = run_from_2010(both, arms, parameters, shocks)
        slots = slots_of_first_day(both, parameters)
        alone = [run_from_2010(both, arms, parameters, shocks, change=only(slots[c])) for c in range(2)]
        for arm in range(2):
            for c in range(2):
                same_firms(part(union[arm][1], slots[c]), alone[c][arm][1])
                assert np.array_equal(union[arm][2][:, c], alone[c][arm][2][:, c])
            # a fund of nobody is given money too
            flows = [i for i, q in enumerate(INDICATORS.values()) if q.kind in ("flow", "money") and q.key != "offered"]
            total = alone[0][arm][0][1:, flows] + alone[1][arm][0][1:, flows]
            for n, i in enumerate(flows):
                assert np.allclose(union[arm][0][1:, i], total[:, n], rtol=1e-9, atol=1e-6), list(INDICATORS)[i]
        # a site of the first cluster only: ids, keys and shares of the budget are those of the union
        site = Site("a", "one", "city", (a,), 3864.0)
        own = (Arm("null"), Arm("own fund", programmes[:1], None, budget * a.firms_2018 / both.firms_2018, 1.0))
        single = run_from_2010(site, own, parameters, shocks)
        for arm in range(2):
            same_firms(part(union[arm][1], slots[0]), single[arm][1])

    # the law of an empty cluster's programme would be paid too; producers outside are of the city, not of a cluster
    alone = {**CLOSED, **LASTING, "cost.law_set_up": 0.0, "outside_firms": 0.0}
    check({**alone, "q_out": 0.0, "q_platform": 0.0})
    with pytest.raises(AssertionError):
        check({**alone, "q_out": 0.2})


# --- V19, V20 -------------------------------------------------------------------------------------------

# one technology (T2), known reasons why more support could come too late taken out: see the docstring of V19
ONE_TECHNOLOGY = {
    **{f"{t}.saves_{r}": 0.0 for t in ("T1_housekeeping", "T4_rooftop_solar", "T5_clean_process")
       for r in ("electricity", "fuel", "water", "waste")},
    "T4_rooftop_solar.solar_share": 0.0, "T2_efficient_equipment.saves_water": 0.0,
    **{f"{t}.initial_share": 0.0 for t in ("T1_housekeeping", "T2_efficient_equipment", "T5_clean_process", "own_plant")},
    "T2_efficient_equipment.life_yr": 60.0, "T1_housekeeping.life_yr": 60.0, "T4_rooftop_solar.life_yr": 60.0,
    "T5_clean_process.life_yr": 60.0, "own_plant.life_yr": 60.0, "cit_years": 60.0,
    "loan_minimum": 0.0, "taste_renewal": 0.0, "install_years": 0.0, "forgetting": 0.0, "aware_law_2010": 1.0,
    "exit_high": 0.0, "exit_low": 0.0, "insolvency_hazard": 0.0, **CLOSED, **EXCHANGE, "project_review": 0.0,
}  # fmt: skip


def adoption_times(site, arms, parameters, replicate):
    """Step in which every firm first orders T2, by arm and id (large if never)."""
    sim = Simulator(site, arms, parameter_record(parameters))
    sim.burn(2, replicate)
    times = np.full((len(arms), sim.base.ever.size), 10**6)
    row, flags = np.zeros((2, len(INDICATORS))), np.zeros((2, len(site.clusters)), np.int8)
    for index in range(len(arms)):
        sim.fork(index, 1.0, None)
        for n in range(sim.steps):
            step_module.run_steps(sim.work, sim.p, sim.plans[index], sim.values(sim.work), 1, row, flags, flags.astype(np.int16))
            new = (sim.work.ever >> 1 & 1 == 1) & (times[index] == 10**6)
            times[index, new] = n
    return times


def test_v19_more_support_never_comes_later(small_city):
    """One technology, common random numbers, and no budget cap, credit limit, symbiosis, exit, expiry, forgetting,
    renewal of taste or random delay of installation: with a larger grant or more extension no firm orders later,
    path by path. Control: the same comparison the other way round fails."""

    def arm(name, **levers):
        free = {"relief_cash": 1.0, "relief_credit": 1.0, "fund_share_grants": 1.0}
        return Arm(name, (Programme(name, {**free, **levers}, scalable=False),), None, RICH, 1.0)

    grants = [arm(f"grant {g}", grant_T2=g, extension=0.5) for g in (0.0, 0.15, 0.3, 0.6)]
    doses = [arm(f"extension {x}", grant_T2=0.1, extension=x) for x in (0.2, 0.5, 1.0)]

    def check(ladder, replicate):
        times = adoption_times(small_city, [Arm("null"), *ladder], ONE_TECHNOLOGY, replicate)[1:]
        assert (times[1:] <= times[:-1]).all()
        assert (times[-1] < times[0]).sum() > 10  # and it does something

    for replicate in range(2):
        check(grants, replicate)
        check(doses, replicate)
    with pytest.raises(AssertionError):
        check(grants[::-1], 0)


@pytest.mark.parametrize("policy", ["vietnam-2020", "special", "solutions-all", "korea", "graded", "switched on"])
def test_v20_without_a_budget_every_arm_is_the_law_alone(small_city, arms_of, shocks, policy):
    """Budget 0 and no free lever: every pathway under every policy, and with all mechanisms on, is bit-identical to the law alone.
    Control: a budget of 1 bn is not."""
    names = ("self-transition", "symbiosis", "newly-planned", "combined", "all", "policy")
    rents = {"base_rent": 3000.0}  # some sites pay
    policy, parameters = ("vietnam-2020", SWITCHED_ON | rents) if policy == "switched on" else (policy, {})

    def check(budget):
        arms = arms_of(small_city, budget, names, policy)
        runs = run_ensemble(small_city, arms, replicates=2, shocks=shocks, seed=8, last_year=2036, parameters=parameters)
        law = np.broadcast_to(runs.series[:1], runs.series.shape)
        assert np.array_equal(runs.series, law, equal_nan=True)
        assert (runs.level == runs.level[:1]).all() and (runs.unmet == runs.unmet[:1]).all()

    check(0.0)
    if policy == "solutions-all":
        with pytest.raises(AssertionError):
            check(1.0)


def test_v20_the_law_of_today_is_the_null(small_city, shocks):
    """Under `today` the law alone is the null bit for bit. Control: under `middle` it is not."""

    def check(law):
        arms = [make_arm(name, site=small_city, law=law) for name in ("null", "law")]
        runs = run_ensemble(small_city, arms, replicates=2, shocks=shocks, seed=8, last_year=2030)
        assert np.array_equal(runs.series[0], runs.series[1], equal_nan=True)

    check("today")
    with pytest.raises(AssertionError):
        check("middle")


def test_v20_the_law_costs_the_same_with_and_without_a_programme(small_city, shocks):
    """What a fund was given it spent or has left, never more, however small; it is budget alone; the set-up of the law is
    the same in every arm. Controls: a swept share of additional fines is more than the budget; the law's price is seen."""
    arms = [make_arm(name, site=small_city) for name in ("null", "law", "self-transition", "combined")]
    arms.append(make_arm("combined", budget_bn=2.0, site=small_city))

    def check(**parameters):
        runs = run_ensemble(small_city, arms, replicates=2, shocks=shocks, seed=8, last_year=2036, parameters=parameters)
        years = runs.years[-1] - 2020.0
        for a, arm in enumerate(arms[2:], 2):
            fund = runs.funds[a, :, 0]
            left = fund["general"] + fund["fund"].sum(axis=1) + fund["lapsed"]
            assert min(fund["general"].min(), fund["fund"].min(), fund["lapsed"].min()) >= 0.0, "overdrawn"
            assert (fund["spent"] <= arm.budget * years * (1 + 1e-12)).all(), "more than it was given"
            assert np.allclose(fund["released"], fund["spent"] + left, rtol=1e-12)
            assert np.allclose(fund["released"], arm.budget * years, rtol=1e-12)
            flows = runs.series[a, :, 1:]
            given, spent = (flows[:, :, Series[name]].sum(axis=1) / 4 for name in ("OFFERED", "SPENT"))
            assert np.allclose(given, fund["released"]) and np.allclose(spent, fund["spent"])
        return runs.series[..., 1, Series.OUTLAY_LAW]

    first = check()
    assert not first[0].any() and (first[1:] == first[1]).all() and first[1].min() > 0
    with pytest.raises(AssertionError):
        check(fine_return=1.0, informal_discount=0.0)
    assert (check(**{"cost.law_set_up": 5000.0}) != first)[1:].all()


def test_v20_typed_levers_act_as_typed(small_city, shocks):
    """A typed dose is in force in full whatever the scale factor, and paid before what is written; a written one is
    neither. Control: the same levers as written ones are scaled, and cut at a small budget."""
    written = with_levers(make_arm("combined", budget_bn=20.0, site=small_city), {"extension": 0.9})
    typed = with_levers(make_arm("combined", budget_bn=20.0, site=small_city), {"extension": 0.9}, typed=True)

    def in_force(arm, scale):
        sim = Simulator(small_city, (Arm("null"), arm), parameter_record({}), shocks, last_year=2021)
        sim.burn(1, 0)
        sim.fork(1, scale, None)
        series = np.zeros((sim.steps + 1, len(INDICATORS)))
        flags = np.zeros((sim.steps + 1, len(small_city.clusters)), np.int8)
        assert sim.run(1, series, flags, flags.copy()) == 0
        return float(sim.work.levers["extension"][0]), float(sim.work.levers["coordinator"][0])

    for scale in (1.0, 2.0):
        assert in_force(typed, scale)[0] == pytest.approx(0.9, rel=1e-12)
        assert in_force(typed, scale)[1] < 1.0
        assert in_force(written, scale)[0] < 0.899


def test_v20_the_law_acts_alike_in_every_arm_world_and_budget(small_city, shocks):
    """Doses of the law in all programmes of all arms, worlds, budgets and scale factors; its unit price in all arms and
    budgets of a world. Controls: one arm under another law, and the price of another world."""
    drawn = stored().some(1, 2)
    names = ("law", "self-transition", "symbiosis", "newly-planned", "combined")

    def check(odd="middle"):
        prices = {}
        for world in drawn:
            parameters = parameter_record(world.parameters)
            for budget_bn in (2.0, 150.0):
                arms = [make_arm(n, budget_bn=budget_bn, site=small_city, law=odd if n == "combined" else "middle") for n in names]
                sim = Simulator(small_city, (Arm("null"), *arms), parameters, shocks)
                sim.burn(1, world.replicate)
                for number, arm in enumerate(arms, 1):
                    for scale in (1.0, 2.0):
                        sim.fork(number, scale, None)
                        series = np.zeros((sim.steps + 1, len(INDICATORS)))
                        flags = np.zeros((sim.steps + 1, len(small_city.clusters)), np.int8)
                        assert sim.run(number, series, flags, flags.copy()) == 0
                        outside = [n for n in range(len(sim.work.levers)) if n % 3 != 1 or n == len(sim.work.levers) - 1]
                        for lever, dose in doses_of_the_law.items():
                            assert (sim.work.levers[lever][outside] == dose).all(), (arm.name, budget_bn, lever)
                        visits, paid = (series[1:, Series[key]].sum() for key in ("INSPECTIONS", "OUTLAY_INSPECTIONS"))
                        prices.setdefault(world.number, []).append(paid / visits)
        return prices

    doses_of_the_law = {name: LEVERS[name].baseline for name in LAW_LEVERS} | load_law("middle").levers
    prices = check()
    assert all(len(found) == 20 and np.allclose(found, found[0], rtol=1e-12, atol=0.0) for found in prices.values())
    assert len({round(found[0], 6) for found in prices.values()}) == len(drawn)
    with pytest.raises(AssertionError, match="combined"):
        check("strict")


def test_v20_neutral_levers_are_the_null(small_city, shocks):
    """A programme with a budget, all of whose levers stand at baseline, changes nothing but the money that lies in its
    fund. Control: one lever a little above baseline is seen."""
    neutral = {name: lever.baseline for name, lever in LEVERS.items() if lever.kind != "law"}

    def check(levers):
        arms = (Arm("null"), Arm("neutral", (Programme("neutral", levers),), None, 10e3, 1.0))
        runs = run_ensemble(small_city, arms, replicates=2, shocks=shocks, parameters={"cost.law_set_up": 0.0})
        rest = [i for i in range(len(INDICATORS)) if i not in (Series.UNSPENT, Series.OFFERED, Series.AWARE_PROGRAMME)]
        different = [
            runs.keys[i] for i in rest if not np.array_equal(runs.series[0, :, 1:, i], runs.series[1, :, 1:, i], equal_nan=True)
        ]
        assert not different, different

    check(neutral)
    with pytest.raises(AssertionError):
        check({**neutral, "extension": 0.25})


def test_v20_what_is_switched_off_is_not_there(small_city, shocks):
    """While a mechanism is off its other parameters change no bit, nobody draws them, and the draws of all others are what
    they are without it. Controls: switched on, each of them does; a drawn parameter put before the others would move them."""
    names = {name for group in BELONGING.items() for name in (group[0], *group[1])}
    off = {row["name"] for row in _rows("switched_off.csv")}  # by default
    assert set(list(PARAMETERS)[-len(off) :]) == off <= names | ALONE  # read last
    assert not off & set(drawn_names())
    arms = [make_arm("law", site=small_city), make_arm("newly-planned", budget_bn=300.0, site=small_city)]
    arms.append(
        with_levers(make_arm("combined", budget_bn=300.0, site=small_city), {"cofunding_infrastructure": 0.9})
    )  # so that land is taken
    # hubs and links of every stream in these years already, heat among them
    sooner = {"hub_base": 0.2, "search_rate": 1.0, "aware_symbiosis_2010": 0.5, "b_min": 0.5, "heat_steam.fixed_cost_ref": 100.0}

    def series(**parameters):
        parameters = {**NONE, **sooner, **parameters}
        return run_ensemble(small_city, arms, replicates=2, shocks=shocks, seed=8, last_year=2030, parameters=parameters).series

    off = series()
    assert not off[..., 1:, [Series[key.upper()] for key in NEVER_THEN]].any()
    assert np.array_equal(off, series(**{k: v for others in BELONGING.values() for k, v in others.items()}), equal_nan=True)
    for switch, others in BELONGING.items():
        on = series(**{switch: SWITCHED_ON[switch]})
        assert not np.array_equal(off, on, equal_nan=True), switch
        more = others or {switch: 2.0 * SWITCHED_ON[switch]}
        assert not np.array_equal(on, series(**{switch: SWITCHED_ON[switch], **more}), equal_nan=True), switch
    for switch in ("admission_by_own_means", "standard_by_law", "links_borrow", "perceived_saving"):
        assert not np.array_equal(off, series(**{switch: SWITCHED_ON[switch]}), equal_nan=True), switch


# --- V30 ------------------------------------------------------------------------------------------------


def test_v30_without_v_and_gate_there_is_no_trust_model(small_city, arms_of, shocks):
    """v = 0 and the disclosure gate off: whatever the parameters of trust, everything but trust itself is
    bit-identical. Control: with v > 0, or with the gate, it is not."""
    arms = arms_of(small_city, 300.0, ("symbiosis", "combined", "symbiosis-in-planned"))
    others = {"eta_s": 0.1, "eta_co": 0.02, "eta_club_trust": 0.1, "eta_F_trust": 0.2, "kappa": 4.0, "lambda_breach": 5.0,
              "tau": 2.0, "tau_breach": 20.0, "breach_ratio": 6.0, "omega_platform": 0.0, "omega_coordinator": 0.5, "trust_alpha": 2.5, "trust_beta": 8.0,
              "b_min": 0.95, "b_scale": 0.04}  # fmt: skip

    def check(parameters):
        one, two = (
            run_ensemble(small_city, arms, replicates=2, seed=30, shocks=shocks, parameters=p, last_year=2036)
            for p in (parameters, {**parameters, **others})
        )
        assert one.series[1, :, -1, Series.LINKS_ACTIVE].min() > 0
        for i, key in enumerate(one.keys):
            if key != "trust":
                assert np.array_equal(one.series[:, :, 1:, i], two.series[:, :, 1:, i], equal_nan=True), key

    check({"worst_breach": 0.0, "disclosure_gate": 0.0})
    with pytest.raises(AssertionError):
        check({"worst_breach": 0.35, "disclosure_gate": 0.0})
    with pytest.raises(AssertionError):
        check({"worst_breach": 0.35, "disclosure_gate": 1.0})
