"""V15 to V22 and V30: the model as a whole, against itself under changes that must not matter, or in a known way."""

import inspect
import re
from dataclasses import replace

import ecocluster.model.step as step_module
import numba
import numpy as np
import pytest
from audit import Firms
from ecocluster.model.ensemble import Simulator, run_ensemble
from ecocluster.model.indicators import INDICATORS, Series, evaluate
from ecocluster.model.inputs import Arm, Programme, Site
from ecocluster.model.levers import LEVERS
from ecocluster.model.parameters import parameter_record
from ecocluster.model.randomness import mix
from ecocluster.model.setup import apply_arm, begin
from ecocluster.model.state import LANES, NEVER, SLOT_TAKEN, SLOT_VACANT
from ecocluster.scenarios import load_scenario, make_arm

# interactions between firms, by registry name; with all of them off a cluster is the sum of its firms (V17)
IMITATION = {"q_in": 0.0, "q_tie": 0.0, "q_out": 0.0, "sigma0": 0.0}  # sigma0: peers lower the option multiple
EXCHANGE = {"search_rate": 0.0, "hub_base": 0.0, "hub_coordinator": 0.0, "spillover": 0.0, "eta_s": 0.0}
SHARED = {"project_review": 0.0, "cetp_city_hazard": 0.0, "cetp_share_2010": 0.0, "complaint_rate": 0.0}
CLOSED = {"growth": 0.0, "arrival_base": 0.0}  # nobody arrives
LASTING = {"exit_high": 0.015, "exit_low": 0.015}  # so that firms are left to compare in 2045
RICH = 1e9  # mVND a year: no fund is scarce
DISCRETE = ("status", "cluster", "sector", "tech", "pending", "ever", "aware", "z", "links", "hubs", "discloses", "club",
            "loans", "cuts", "recp", "exporter", "admitted")
REAL = ("workers", "cash", "debt", "elec", "effluent", "profit", "debt_service", "attitude", "trust", "exchange_gain")


def run_from_2010(site, arms, parameters=None, shocks=(), seed=1, replicate=0, change=None):
    """Burn in and run every arm; `change` may alter the state of the first day.

    Returns
    -------
    list of (series, firms by id, level)
    """
    sim = Simulator(site, arms, parameter_record(parameters), shocks)
    begin(sim.base, sim.layout, sim.p, sim.plans[0], seed, replicate, 4)
    if change is not None:
        change(sim.base, sim.layout)
    before = np.full((sim.burn_steps + 1, len(INDICATORS)), np.nan)
    flags = np.zeros((sim.burn_steps + 1, len(site.clusters)), np.int8)
    values = sim.values(sim.base)
    assert step_module.run_steps(sim.base, sim.p[()], sim.plans[0], values, 1, before, flags, flags.copy()) == 0
    out, ever_null = [], None
    for index in range(len(arms)):
        series = np.zeros((sim.steps + 1, len(INDICATORS)))
        level = np.zeros((sim.steps + 1, len(sim.layout.slots)), np.int8)
        sim.fork(index, 1.0, ever_null)
        assert sim.run(index, series, level, np.zeros_like(level)) == 0
        if index == 0:
            ever_null = sim.work.ever.copy()
        firms = Firms(sim.work)
        order = np.argsort(firms.id)
        by_id = {name: firms[name][order].copy() for name in ("id", *DISCRETE, *REAL)}
        out.append((series, by_id, level))
    return out


def same_firms(one, two, tolerance=1e-9):
    """Fail unless all decisions of all firms agree exactly, and their numbers to a relative tolerance."""
    for name in ("id", *DISCRETE):
        assert np.array_equal(one[name], two[name]), name
    for name in REAL:
        assert np.allclose(one[name], two[name], rtol=tolerance, atol=1e-6 * (tolerance > 0)), name


def part(firms, ids):
    """Those firms of a table by id whose id is given."""
    chosen = np.isin(firms["id"], ids)
    return {name: values[chosen] for name, values in firms.items()}


# --- V15 ------------------------------------------------------------------------------------------------


def permuted(seed):
    """Change of the first day: the firms of every cluster stand in another order in memory; ids stay."""
    def change(s, layout):
        random = np.random.default_rng(seed)
        to = np.arange(s.slot_at.size)
        for c, slots in enumerate(layout.slots):
            low = int(s.clusters[c]["first"]) * LANES
            to[low : low + slots] = low + random.permutation(slots)
        old, new = (np.arange(to.size) // LANES, np.arange(to.size) % LANES), (to // LANES, to % LANES)
        for name in s.firms.dtype.names:
            field = s.firms[name]
            moved = np.empty_like(field)
            moved[new] = field[old]
            field[...] = moved
        ties = np.where(s.ties >= 0, to[s.ties], -1)
        s.ties[to] = ties
        s.slot_at[...] = to[s.slot_at]
        assert (s.head == -1).all() and (s.links["state"] == 0).all()
    return change


def test_v15_order_of_firms_does_not_matter(small_city, arms_of, shocks):
    """Firms stand in another order inside their clusters, ids stay: every decision of every firm is the same.

    Sums over firms are added up in another order, so real numbers agree to 1e-9 instead of bit by bit.
    Control: with ids permuted too (another seed) the comparison fails."""
    arms = arms_of(small_city, pathways=("self-transition", "symbiosis", "newly-planned", "combined"))
    plain = run_from_2010(small_city, arms, shocks=shocks)
    mixed = run_from_2010(small_city, arms, shocks=shocks, change=permuted(7))
    for (series, firms, level), (series2, firms2, level2) in zip(plain, mixed, strict=True):
        same_firms(firms, firms2)
        assert np.array_equal(level, level2)
        assert np.allclose(series[1:], series2[1:], rtol=1e-9, atol=1e-6, equal_nan=True)
    other = run_from_2010(small_city, arms[:1], shocks=shocks, seed=2)
    with pytest.raises(AssertionError):
        same_firms(plain[0][1], other[0][1])


def test_v15_order_of_firms_does_not_matter_under_compulsion(small_city, shocks):
    """The same where an urban plan makes firms leave: who gets which plot must not depend on the order in memory."""
    arms = [make_arm("null", site=small_city)]
    arms += [replace(make_arm(name, "compulsory", 150e3, small_city, name=f"{name}+compulsory"), scale=1.0)
             for name in ("policy", "newly-planned", "all")]
    for replicate in range(3):
        plain = run_from_2010(small_city, arms, shocks=shocks, replicate=replicate)
        mixed = run_from_2010(small_city, arms, shocks=shocks, replicate=replicate, change=permuted(7))
        for one, two in zip(plain[1:], mixed[1:], strict=True):
            assert one[0][1:, Series.MOVED].sum() > 0
            same_firms(one[1], two[1])


# --- V16 ------------------------------------------------------------------------------------------------


def test_v16_threads_chunks_restart_and_fork_change_nothing(small_city, arms_of, shocks):
    """1, 2 and many threads, any chunking, another order of arms, a restart in the middle and a forked burn-in:
    bit-identical. Control: another replicate id differs."""
    arms = arms_of(small_city)
    options = {"seed": 6, "shocks": shocks, "last_year": 2030}
    whole = run_ensemble(small_city, arms, replicates=4, threads=1, **options)
    for threads in (2, 7):
        again = run_ensemble(small_city, arms, replicates=4, threads=threads, **options)
        assert np.array_equal(whole.series, again.series, equal_nan=True)
        assert np.array_equal(whole.level, again.level) and np.array_equal(whole.binding, again.binding)
    chunks = [run_ensemble(small_city, arms, replicates=n, first_replicate=first, threads=2, **options)
              for first, n in ((0, 1), (1, 3))]
    assert np.array_equal(whole.series, np.concatenate([c.series for c in chunks], axis=1), equal_nan=True)
    turned = run_ensemble(small_city, (arms[0], *arms[:0:-1]), replicates=1, **options)
    free = [i for i in range(len(INDICATORS)) if i != Series.FREE_RIDERS]
    assert np.array_equal(whole.series[1:, :1, :, free], turned.series[:0:-1][:, :1, :, free], equal_nan=True)
    with pytest.raises(AssertionError):
        other = run_ensemble(small_city, arms, replicates=1, first_replicate=1, **options)
        assert np.array_equal(whole.series[:, :1], other.series, equal_nan=True)


def test_v16_restart_and_fork(small_city, arms_of, shocks):
    """A run that is stopped, copied into fresh arrays and continued, and a run without a fork, are the run itself."""
    arms = arms_of(small_city, pathways=("combined",))
    record = parameter_record({})

    def simulator():
        sim = Simulator(small_city, arms, record, shocks, last_year=2030)
        sim.burn(3, 5)
        return sim

    def series_of(sim):
        return np.full((sim.steps + 1, len(INDICATORS)), np.nan), np.zeros((sim.steps + 1, 6), np.int8)

    first = simulator()
    series, level = series_of(first)
    first.fork(1, 1.0, None)
    first.run(1, series, level, level.copy())
    start = series[0]  # what is measured once a year is carried on from here
    # restart after 17 steps, in the arrays of another simulator
    second, third = simulator(), simulator()
    again, flags = series_of(second)
    second.fork(1, 1.0, None)
    again[0] = start
    steps = step_module.run_steps
    steps(second.work, record[()], second.plans[1], second.values(second.work), 1, again[:18], flags[:18], flags[:18].copy())
    third.run(0, *series_of(third), series_of(third)[1])  # leaves traces in the arrays
    for a, b in zip(third.work, second.work, strict=True):
        a[...] = b
    steps(third.work, record[()], third.plans[1], third.values(third.work), 1, again[17:], flags[17:], flags[17:].copy())
    assert np.array_equal(series[1:], again[1:], equal_nan=True)
    # without a fork: the burnt-in arrays themselves go on
    fourth = simulator()
    fourth.work = fourth.base
    fourth.base = simulator().base
    unforked, flags = series_of(fourth)
    apply_arm(fourth.work, fourth.layout, fourth.p, arms[1], 1.0, fourth.support())
    fourth.run(1, unforked, flags, flags.copy())
    assert np.array_equal(series[1:], unforked[1:], equal_nan=True)


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
    arms = (Arm("null"), replace(make_arm("self-transition", budget=RICH, site=teaching), scale=1.0))
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
    check(off)
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
            flows = [i for i, q in enumerate(INDICATORS.values()) if q.kind in ("flow", "money") and q.key != "trust_gap"]
            total = alone[0][arm][0][1:, flows] + alone[1][arm][0][1:, flows]
            for n, i in enumerate(flows):
                assert np.allclose(union[arm][0][1:, i], total[:, n], rtol=1e-9, atol=1e-6), list(INDICATORS)[i]
        # a site of the first cluster only: ids, keys and shares of the budget are those of the union
        site = Site("a", "one", "city", (a,), 3864.0)
        own = (Arm("null"), Arm("own fund", programmes[:1], None, budget * a.firms_2018 / both.firms_2018, 1.0))
        single = run_from_2010(site, own, parameters, shocks)
        for arm in range(2):
            same_firms(part(union[arm][1], slots[0]), single[arm][1])

    alone = {**CLOSED, **LASTING, "cost.law_set_up": 0.0}  # the law of an empty cluster's programme would be paid too
    check({**alone, "q_out": 0.0})
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
}


def adoption_times(site, arms, parameters, replicate):
    """Step in which every firm first orders T2, by arm and id (large if never)."""
    sim = Simulator(site, arms, parameter_record(parameters))
    sim.burn(2, replicate)
    times = np.full((len(arms), sim.base.ever.size), 10**6)
    row, flags = np.zeros((2, len(INDICATORS))), np.zeros((2, len(site.clusters)), np.int8)
    for index in range(len(arms)):
        sim.fork(index, 1.0, None)
        for n in range(sim.steps):
            step_module.run_steps(sim.work, sim.p[()], sim.plans[index], sim.values(sim.work), 1, row, flags, flags.copy())
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


@pytest.mark.parametrize("policy", ["vietnam-2020", "special", "solutions-all", "korea", "graded"])
def test_v20_without_a_budget_every_arm_is_the_null(small_city, arms_of, shocks, policy):
    """Budget 0 and no free lever: every pathway under every policy is bit-identical to the null.
    Control: a budget of 1 bn is not."""
    names = ("self-transition", "symbiosis", "newly-planned", "combined", "all", "policy")

    def check(budget):
        runs = run_ensemble(small_city, arms_of(small_city, budget, names, policy), replicates=2, shocks=shocks, seed=8,
                            last_year=2036)
        null = np.broadcast_to(runs.series[:1], runs.series.shape)
        assert np.array_equal(runs.series, null, equal_nan=True)
        assert (runs.level == runs.level[:1]).all() and (runs.binding == runs.binding[:1]).all()

    check(0.0)
    if policy == "solutions-all":
        with pytest.raises(AssertionError):
            check(1000.0)


def test_v20_neutral_levers_are_the_null(small_city, shocks):
    """A programme with a budget, all of whose levers stand at baseline and whose law costs nothing, changes nothing
    but the money that lies in its fund. Control: one lever a little above baseline is seen."""
    neutral = {name: lever.baseline for name, lever in LEVERS.items()}

    def check(levers):
        arms = (Arm("null"), Arm("neutral", (Programme("neutral", levers),), None, 10e3, 1.0))
        runs = run_ensemble(small_city, arms, replicates=2, shocks=shocks, parameters={"cost.law_set_up": 0.0})
        rest = [i for i in range(len(INDICATORS)) if i != Series.UNSPENT]
        different = [runs.keys[i] for i in rest
                     if not np.array_equal(runs.series[0, :, 1:, i], runs.series[1, :, 1:, i], equal_nan=True)]
        assert not different, different

    check(neutral)
    with pytest.raises(AssertionError):
        check({**neutral, "extension": 0.25})


# --- V21 ------------------------------------------------------------------------------------------------


def test_v21_the_step_length_does_not_matter():
    """Quarter against month (which share arrivals, traits and tastes): headlines within 2 % or 2 standard errors, of
    which those of intensities and shares are at most 1.5 %. Control: twice as many reviews differ."""
    site = load_scenario("nguyen-khe").site
    arms = (make_arm("null", site=site), replace(make_arm("self-transition", site=site), scale=1.0))

    def headlines(steps_per_year, parameters=None, replicates=900):
        frame = evaluate(run_ensemble(site, arms, replicates=replicates, seed=21, threads=2, last_year=2036,
                                      steps_per_year=steps_per_year, parameters=parameters))
        wide = {arm: group.reset_index(drop=True) for arm, group in frame.groupby("arm")}
        null, policy = wide["null"], wide["self-transition"]
        out = {key: null[f"{key}_2035"].to_numpy() for key in ("tco2e", "jobs", "value_added", "firms", "real_share")}
        out["intensity"] = (null["tco2e_2035"] / null["value_added_2035"]).to_numpy()
        out["energy per job"] = (null["grid_mwh_2035"] / null["jobs_2035"]).to_numpy()
        for key in ("adoption_T1", "adoption_T2", "real_share", "attitude", "treated_share"):
            out[f"{key} under policy"] = policy[f"{key}_2035"].to_numpy()
        out["cut"] = (policy["tco2e_2035"] / null["tco2e_2035"]).to_numpy()
        return out

    def check(one, two):
        n = min(len(one["tco2e"]), len(two["tco2e"]))
        for key in one:
            a, b = one[key][:n], two[key][:n]
            error = np.std(a - b, ddof=1) / np.sqrt(n)
            if key not in ("tco2e", "jobs", "value_added", "real_share", "firms"):
                assert error <= 0.015 * abs(a.mean()), f"{key} is not known well enough: {error / a.mean():.3%}"
            gap = abs(a.mean() - b.mean())
            assert gap <= max(0.02 * abs(a.mean()), 2 * error), f"{key}: {a.mean()} a quarter, {b.mean()} a month"

    quarter = headlines(4)
    check(quarter, headlines(12))
    with pytest.raises(AssertionError):
        check(quarter, headlines(4, {"review_rate": 1.0}, 100))


# --- V22 ------------------------------------------------------------------------------------------------

_REKEY = '''
def shuffle(requests, n, mode, step):
    for r in range(n):
        if mode == 1:
            requests[r].priority = mix(np.uint64(step * 4096 + r) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(mode))
        elif mode == 2:
            requests[r].priority = np.uint64(requests[r].amount * 1024.0)
'''


def _other_order():
    """The model's own step in which requests to the funds wait in another order before they are served.

    `mode` 0: the hashed priority as it is; 1: a random sequential order; 2: the smallest amount first.
    """
    source = inspect.getsource(step_module.step.py_func) + inspect.getsource(step_module.run_steps.py_func)
    source = re.sub(r"^@\w+\n", "", source, flags=re.M)
    for phase, queue in (("serve_requests", "requests"), ("sign_deals", "proposals")):
        source, found = re.subn(rf"^( +)({phase}\(s, p\))", rf"\1shuffle(s.{queue}, s.city[0].{queue}, mode, s.city[0].step)\n\1\2",
                                source, flags=re.M)
        assert found == 1
    source = source.replace("def step(s, p, plan, values)", "def step(s, p, plan, values, mode)")
    source = re.sub(r"\bstep\(s, p, plan, values\)\n", "step(s, p, plan, values, mode)\n", source)
    source = source.replace("series, level, binding):", "series, level, binding, mode):")
    space = {**vars(step_module), "mix": mix, "np": np}
    exec(_REKEY + source, space)  # noqa: S102 - the model's own text
    for name in ("shuffle", "step", "run_steps"):
        space[name] = numba.njit(error_model="numpy")(space[name])
    return space["run_steps"]


def test_v22_hashed_priority_is_a_random_order(small_city, shocks):
    """Scarce funds served by hashed priority, and in a random sequential order: headlines within 2 standard errors.
    Controls: without a new order the runs are bit-identical; the smallest request first is noticed."""
    runner = _other_order()
    arms = (Arm("null"), replace(make_arm("combined", budget=30e3, site=small_city), scale=1.0))
    sim = Simulator(small_city, arms, parameter_record({}), shocks, last_year=2036)
    replicates = 16
    keys = [Series[k] for k in ("TCO2E", "ADOPTION_T1", "ADOPTION_T2", "ADOPTION_T4", "RECP_SHARE", "REAL_SHARE",
                                "VALUE_ADDED", "LINKS_ACTIVE", "OUTLAY_GRANTS", "UNSPENT")]
    results = np.zeros((3, replicates, len(keys)))
    series = np.full((sim.steps + 1, len(INDICATORS)), np.nan)
    level = np.zeros((sim.steps + 1, len(small_city.clusters)), np.int8)
    for r in range(replicates):
        sim.burn(9, r)
        sim.fork(1, 1.0, None)
        plain = series.copy()
        sim.run(1, plain, level, level.copy())
        series[0] = plain[0]
        for mode in range(3):
            sim.fork(1, 1.0, None)
            assert runner(sim.work, sim.p[()], sim.plans[1], sim.values(sim.work), 1, series, level, level.copy(), mode) == 0
            results[mode, r] = series[-4:, keys].mean(axis=0)
            if mode == 0:
                assert np.array_equal(plain[1:], series[1:], equal_nan=True)

    def check(mode):
        gap = results[mode] - results[0]
        error = np.sqrt((results[mode].var(axis=0, ddof=1) + results[0].var(axis=0, ddof=1)) / replicates)
        assert (np.abs(gap.mean(axis=0)) <= 2 * error).all()
        paired = gap.std(axis=0, ddof=1) / np.sqrt(replicates)
        assert (np.abs(gap.mean(axis=0)) <= 4 * paired + 1e-12).all()

    assert np.abs(results[1] - results[0]).max() > 0  # another order is another path
    check(1)
    with pytest.raises(AssertionError):
        check(2)


# --- V30 ------------------------------------------------------------------------------------------------


def test_v30_without_v_and_gate_there_is_no_trust_model(small_city, arms_of, shocks):
    """v = 0 and the disclosure gate off: whatever the parameters of trust, everything but trust itself is
    bit-identical. Control: with v > 0, or with the gate, it is not."""
    arms = arms_of(small_city, 300e3, ("symbiosis", "combined", "symbiosis-in-planned"))
    others = {"eta_s": 0.1, "eta_co": 0.02, "eta_club_trust": 0.1, "eta_F_trust": 0.2, "kappa": 4.0, "lambda_breach": 5.0,
              "tau": 2.0, "omega_platform": 0.0, "omega_coordinator": 0.5, "trust_alpha": 2.5, "trust_beta": 8.0,
              "b_min": 0.95, "b_scale": 0.04}

    def check(parameters):
        one, two = (run_ensemble(small_city, arms, replicates=2, seed=30, shocks=shocks, parameters=p, last_year=2036)
                    for p in (parameters, {**parameters, **others}))
        assert one.series[1, :, -1, Series.LINKS_ACTIVE].min() > 0
        for i, key in enumerate(one.keys):
            if key != "trust":
                assert np.array_equal(one.series[:, :, 1:, i], two.series[:, :, 1:, i], equal_nan=True), key

    check({"worst_breach": 0.0, "disclosure_gate": 0.0})
    with pytest.raises(AssertionError):
        check({"worst_breach": 0.35, "disclosure_gate": 0.0})
    with pytest.raises(AssertionError):
        check({"worst_breach": 0.35, "disclosure_gate": 1.0})
