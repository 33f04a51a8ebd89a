"""Negative controls: labels without meaning, costs without effect, an effect that is known."""

from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments.analyses.mechanisms import without
from ecocluster.experiments.statistics import difference, fieller
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import Series, evaluate
from ecocluster.model.sites_and_arms import Arm, Programme
from ecocluster.scenarios import make_arm


def _by_arm(runs):
    """Indicator values by arm, replicates in order."""
    frame = evaluate(runs)
    return {arm: group.sort_values("replicate").reset_index(drop=True) for arm, group in frame.groupby("arm")}


def test_control_shuffled_labels_have_no_effect(teaching, shocks):
    """With the labels of null and programme shuffled inside each replicate the 95 % interval of the difference holds
    0 as often as it should (4 standard errors of 400 shuffles). Control: with the true labels it never does."""
    arms = [make_arm(name, budget_bn=300.0, site=teaching, law="today") for name in ("null", "self-transition")]
    runs = run_ensemble(teaching, arms, replicates=60, seed=77, shocks=shocks, threads=2, last_year=2036)
    by_arm = _by_arm(runs)
    null, programme = by_arm["null"], by_arm["self-transition"]
    random = np.random.default_rng(5)

    def share_with_zero(key, shuffle):
        a, b = null[f"{key}_2035"].to_numpy(), programme[f"{key}_2035"].to_numpy()
        hits = 0
        for _ in range(400):
            swap = random.random(a.size) < 0.5 if shuffle else np.zeros(a.size, bool)
            estimate = difference(np.where(swap, a, b), np.where(swap, b, a))
            hits += estimate.low <= 0 <= estimate.high
        return hits / 400

    for key in ("adoption_T2", "tco2e", "attitude", "pv_outlay"):
        # shuffles of the same 60 replicates: their spread is that of 400 draws and of the lumpiness of the sign test
        assert abs(share_with_zero(key, True) - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / 400)
        assert share_with_zero(key, False) == 0.0


def test_control_cost_without_effect_changes_cost_effectiveness_only(small_city, shocks):
    """Training and housing that keep nobody (skills_exit_cut 0) cost money: outlay and cost-effectiveness change, and
    everything else is bit-identical. Control: when they work, other things change too."""
    base = make_arm("self-transition", budget_bn=1e4, site=small_city)  # no fund is scarce
    programme = base.programmes[0]
    costly = replace(programme, id="costly", levers={**programme.levers, "skills_housing": 0.4})
    arms = (Arm("null"), replace(base, name="plain"), replace(base, name="costly", programmes=(costly,)))
    allowed = {"outlay", "outlay_gross", "outlay_city", "outlay_doses", "spent", "unspent", "social_cost", "social_programme"}

    def check(cut):
        runs = run_ensemble(
            small_city, arms, replicates=4, seed=12, shocks=shocks, threads=2, last_year=2036, parameters={"skills_exit_cut": cut}
        )
        changed = {
            key
            for i, key in enumerate(runs.keys)
            if not np.array_equal(runs.series[1, :, 1:, i], runs.series[2, :, 1:, i], equal_nan=True)
        }
        borne = runs.series[1:, :, 1:, Series.PRIVATE_NET]  # social cost less net outlay: the same but for rounding
        scale = np.abs(runs.series[1, :, 1:, Series.SOCIAL_COST]).max()
        assert np.abs(borne[0] - borne[1]).max() <= 1e-9 * scale or "tco2e" in changed
        assert changed - {"private_net"} == allowed, changed
        by_arm = _by_arm(runs)
        null = by_arm["null"]
        ratio = {}
        for name in ("plain", "costly"):
            arm = by_arm[name]
            cost = (arm.pv_outlay_2035 - arm.pv_receipts_2035) - (null.pv_outlay_2035 - null.pv_receipts_2035)
            avoided = null.tco2e_total_2035 - arm.tco2e_total_2035
            ratio[name] = cost.mean() / avoided.mean()
        assert ratio["costly"] > ratio["plain"]

    check(0.0)
    with pytest.raises(AssertionError):
        check(0.1)


# a technology that everybody takes at once under the programme and nobody without it, saving a known share
PLANTED = {
    "aware_technology_2010": 0.0, "p0": 0.0, "p_ext": 0.0, "p_IC": 0.0, "q_in": 0.0, "q_tie": 0.0, "q_out": 0.0,
    **{f"{t}.initial_share": 0.0 for t in ("T1_housekeeping", "T2_efficient_equipment", "T5_clean_process")},
    **{f"{t}.saves_{r}": 0.0 for t in ("T1_housekeeping", "T2_efficient_equipment", "T5_clean_process")
       for r in ("electricity", "fuel", "water", "waste")},
    "T4_rooftop_solar.solar_share": 0.0, "T1_housekeeping.capex_per_worker_at_15": 1e-6, "install_years": 0.0,
    "T1_housekeeping.life_yr": 60.0, "review_rate": 1e4, "workers_elasticity": 0.0, "insolvency_hazard": 0.0,
    "search_rate": 0.0, "hub_base": 0.0, "hub_coordinator": 0.0, "cost.law_set_up": 0.0, "growth": 0.0, "arrival_base": 0.0,
    "cit_years": 0.0,  # no tax is forgone on the saving
    "complaint_rate": 0.0,  # cleaner effluent would bring fewer inspections
}  # fmt: skip


@pytest.mark.parametrize("share", [0.0, 0.04, 0.12])
def test_control_a_planted_effect_is_recovered(small_city, shocks, share):
    """T1 saves a known share of all energy, is taken by everybody in the first quarters of the programme and by
    nobody else; fairs that teach nothing cost 1 mVND a firm and year. Through run_ensemble, evaluate and statistics
    the cut of emissions comes out as that share, the outlay as firms x 1, their ratio as the cost of a tonne; with a
    share of 0 there is no effect and no ratio. Control: a share that is a twentieth off lies outside."""
    parameters = {**without(), **PLANTED, "T1_housekeeping.saves_electricity": share, "T1_housekeeping.saves_fuel": share}
    levers = {"relief_awareness": 1.0, "relief_cash": 1.0, "fairs": 1.0, "fund_share_grants": 1.0}
    arms = (Arm("null"), Arm("planted", (Programme("planted", levers),), None, 1e7, 1.0))
    runs = run_ensemble(small_city, arms, replicates=12, seed=40, shocks=shocks, threads=2, last_year=2036, parameters=parameters)
    by_arm = _by_arm(runs)
    null, planted = by_arm["null"], by_arm["planted"]
    effect = difference(planted.tco2e_2035.to_numpy() / null.tco2e_2035.to_numpy(), np.ones(12))

    def check(expected):
        assert abs(effect.mean + expected) <= 1e-9
        assert effect.low - 1e-9 <= -expected <= effect.high + 1e-9

    check(share)
    if share:
        with pytest.raises(AssertionError):
            check(share * 1.05)
    # what it costs: one mVND a firm and year, by the last count of firms before the money is paid
    firms = runs.series[1, :, :, Series.FIRMS]
    doses = runs.series[1, :, 1:, Series.OUTLAY_DOSES]
    assert np.allclose(doses[:, 1:], firms[:, 1:-1], rtol=1e-12)
    factor = 1.05 ** -((np.arange(64) + 0.5) / 4) / 4
    cost = planted.pv_outlay_2035.to_numpy() - null.pv_outlay_2035.to_numpy()
    assert np.allclose(cost, doses @ factor, rtol=1e-9)
    avoided = null.tco2e_total_2035.to_numpy() - planted.tco2e_total_2035.to_numpy()
    ratio = fieller(cost, avoided)
    if share == 0:
        assert np.array_equal(avoided, np.zeros(12)) and np.isnan(ratio.mean) and ratio.reason
        return
    # ordered in the first quarter, in operation from the second: every quarter but the first is cut by the share
    expected = share * runs.series[0, :, 2:65, Series.TCO2E].sum(axis=1) / 4
    assert np.allclose(avoided, expected, rtol=1e-9)
    price = (doses @ factor).mean() / expected.mean()
    assert abs(ratio.mean - price) <= 1e-9 * price and ratio.low <= price <= ratio.high
