"""V15, V16, V21, V22: the model against itself under changes that must not matter."""

import inspect
import re
from dataclasses import replace

import ecocluster.model.step as step_module
import numba
import numpy as np
import pytest
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import INDICATORS, Series, evaluate
from ecocluster.model.parameters import parameter_record
from ecocluster.model.randomness import mix
from ecocluster.model.setup import apply_arm
from ecocluster.model.simulator import Simulator
from ecocluster.model.sites_and_arms import Arm
from ecocluster.model.state import LANES
from ecocluster.scenarios import load_scenario, make_arm
from whole_runs import run_from_2010, same_firms

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
    arms = [make_arm(name, "compulsory", site=small_city) for name in ("law", "policy", "newly-planned", "all")]
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
        assert np.array_equal(whole.level, again.level) and np.array_equal(whole.unmet, again.unmet)
    chunks = [
        run_ensemble(small_city, arms, replicates=n, first_replicate=first, threads=2, **options) for first, n in ((0, 1), (1, 3))
    ]
    assert np.array_equal(whole.series, np.concatenate([c.series for c in chunks], axis=1), equal_nan=True)
    turned = run_ensemble(small_city, (arms[0], *arms[:0:-1]), replicates=1, **options)
    free = [i for i, key in enumerate(INDICATORS) if not key.startswith("free_riders")]
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
        assert sim.make_room() and sim.make_room()  # steps taken here find no more on demand
        return sim

    def series_of(sim):
        return np.full((sim.steps + 1, len(INDICATORS)), np.nan), np.zeros((sim.steps + 1, 6), np.int8)

    first = simulator()
    series, level = series_of(first)
    first.fork(1, 1.0, None)
    first.run(1, series, level, level.astype(np.int16))
    start = series[0]  # what is measured once a year is carried on from here
    # restart after 17 steps, in the arrays of another simulator
    second, third = simulator(), simulator()
    again, flags = series_of(second)
    second.fork(1, 1.0, None)
    again[0] = start
    steps = step_module.run_steps
    steps(second.work, record, second.plans[1], second.values(second.work), 1, again[:18], flags[:18], flags[:18].copy())
    third.fork(0, 1.0, None)
    third.run(0, *series_of(third), series_of(third)[1].astype(np.int16))  # leaves traces in the arrays
    for a, b in zip(third.work, second.work, strict=True):
        a[...] = b
    steps(third.work, record, third.plans[1], third.values(third.work), 1, again[17:], flags[17:], flags[17:].copy())
    assert np.array_equal(series[1:], again[1:], equal_nan=True)
    # without a fork: the burnt-in arrays themselves go on
    fourth = simulator()
    fourth.work = fourth.base
    fourth.base = simulator().base
    unforked, flags = series_of(fourth)
    apply_arm(fourth.work, fourth.layout, fourth.p, arms[1], 1.0, fourth.support)
    fourth.run(1, unforked, flags, flags.astype(np.int16))
    assert np.array_equal(series[1:], unforked[1:], equal_nan=True)


# --- V21 ------------------------------------------------------------------------------------------------


def test_v21_the_step_length_does_not_matter():
    """Quarter against month (which share arrivals, traits and tastes): headlines within 2 % or 2 standard errors, of
    which those of intensities and shares are at most 1.5 %. Control: twice as many reviews differ."""
    site = load_scenario("nguyen-khe").site
    arms = (make_arm("null", site=site), replace(make_arm("self-transition", site=site), scale=1.0))

    def headlines(steps_per_year, parameters=None, replicates=900):
        frame = evaluate(run_ensemble(site, arms, replicates=replicates, seed=21, threads=2, last_year=2036,
                                      steps_per_year=steps_per_year, parameters=parameters))  # fmt: skip
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

_REKEY = """
def shuffle(requests, n, mode, step):
    for r in range(n):
        if mode == 1:
            requests[r].priority = mix(np.uint64(step * 4096 + r) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(mode))
        elif mode == 2:
            requests[r].priority = np.uint64(requests[r].amount * 1024.0)
"""


def _other_order():
    """The model's own step in which requests to the funds wait in another order before they are served.

    `mode` 0: the hashed priority as it is; 1: a random sequential order; 2: the smallest amount first.
    """
    source = inspect.getsource(step_module.step.py_func) + "\n" + inspect.getsource(step_module.run_steps.py_func)
    source = re.sub(r"^@\w+(\(.*\))?\n", "", source, flags=re.M)
    for phase, queue in (("serve_requests", "requests"), ("sign_deals", "proposals")):
        source, found = re.subn(
            rf"^( +)({phase}\(s, p\))", rf"\1shuffle(s.{queue}, s.city[0].{queue}, mode, s.city[0].step)\n\1\2", source, flags=re.M
        )
        assert found == 1
    source = source.replace("def step(s, p, plan, values)", "def step(s, p, plan, values, mode)")
    source = re.sub(r"\bstep\(s, p, plan, values\)\n", "step(s, p, plan, values, mode)\n", source)
    source = source.replace("series, level, unmet):", "series, level, unmet, mode):")
    space = {**vars(step_module), **{phase.name: phase.run for phase in step_module.PHASES}, "mix": mix, "np": np}
    exec(_REKEY + source, space)  # noqa: S102 - the model's own text
    for name in ("shuffle", "step", "run_steps"):
        space[name] = numba.njit(error_model="numpy")(space[name])
    return space["run_steps"]


def test_v22_hashed_priority_is_a_random_order(small_city, shocks):
    """Scarce funds served by hashed priority, and in a random sequential order: headlines within 2 standard errors.
    Controls: without a new order the runs are bit-identical; the smallest request first is noticed."""
    runner = _other_order()
    arms = (Arm("null"), replace(make_arm("combined", budget_bn=15.0, site=small_city), scale=1.0))
    record = parameter_record({"programmes_seen": 0.0, "perceived_saving": 1.0})  # so that many ask
    sim = Simulator(small_city, arms, record, shocks, last_year=2036)
    replicates = 16
    keys = [Series[k] for k in ("TCO2E", "ADOPTION_T1", "ADOPTION_T2", "ADOPTION_T4", "RECP_SHARE", "REAL_SHARE",
                                "VALUE_ADDED", "LINKS_ACTIVE", "OUTLAY_GRANTS", "UNSPENT")]  # fmt: skip
    results = np.zeros((3, replicates, len(keys)))
    series = np.full((sim.steps + 1, len(INDICATORS)), np.nan)
    level = np.zeros((sim.steps + 1, len(small_city.clusters)), np.int8)
    for r in range(replicates):
        sim.burn(9, r)
        sim.fork(1, 1.0, None)
        plain = series.copy()
        sim.run(1, plain, level, level.astype(np.int16))
        series[0] = plain[0]
        for mode in range(3):
            sim.fork(1, 1.0, None)
            assert runner(sim.work, sim.p, sim.plans[1], sim.values(sim.work), 1, series, level, level.copy(), mode) == 0
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
