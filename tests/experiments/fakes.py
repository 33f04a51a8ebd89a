"""Made-up runs of known shape: simple curves with shared luck, so answers can be worked out."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from ecocluster.experiments.columns import CLUSTER_SHARES, Vocabulary
from ecocluster.experiments.comparison import Comparison
from ecocluster.experiments.question import PATHWAYS, Question
from ecocluster.model.indicators import CRITERIA, DISCOUNTED, INDICATORS, LEVEL_1, PRESENT, TOTALS

ARMS = ("null", "self-transition", "symbiosis", "newly-planned", "combined")
FAILURES = {1: "the ledger of money does not balance"}

VOCABULARY = Vocabulary(LEVEL_1, FAILURES)
START = {
    "tco2e": 480e3, "cod": 5200, "cod_dense": 1300, "water": 31e6, "landfilled": 64e3, "links_active": 4, "hubs_active": 2,
    "jobs": 61e3, "value_added": 11e6, "trust": 0.36, "outlay": 20e3, "receipts": 90e3,
    "outlay_gross": 20e3, "social_cost": 60e3, "private_net": 60e3, "firms": 3900, "recp_share": 0.1, "adoption_T1": 0.35, "adoption_T2": 0.2,
    "sham_share": 0.3, "real_share": 0.3, "none_share": 0.4, "disclosure": 0.3, "trade_share": 0.043,
    "belief_gap": 0.1, "adoption_T4": 0.05, "adoption_T5": 0.08,
}  # fmt: skip
# the rest of what is added up or discounted: there, and of no interest
START |= {key: 1.0 for key in (*TOTALS, *PRESENT, *DISCOUNTED, "clusters_all_met", "clusters_one_unmet") if key not in START}
EFFECT = dict(zip(ARMS, (0.0, 0.09, 0.03, 0.05, 0.12), strict=True))  # cut by 2045
LEVEL = dict(zip(ARMS, (0.05, 0.7, 0.15, 0.3, 0.8), strict=True))


def make_runs(replicates=12, arms=ARMS, clusters=70, seed=1, failed=(), worlds=None):
    """A `Runs` of made-up numbers; `failed` lists (arm, replicate) that broke, `worlds` the world of each replicate."""
    rng = np.random.default_rng(seed)
    years = 2020 + np.arange(105) / 4
    growth = (years - 2020) / 25
    keys = ("level1", "level2", "level3", *CLUSTER_SHARES, *START)
    series = np.empty((len(arms), replicates, len(years), len(keys)))
    luck = rng.normal(0, 0.02, (replicates, 1, len(keys)))
    for a, arm in enumerate(arms):
        own = rng.normal(0, 0.004, (replicates, 1, len(keys)))
        for k, key in enumerate(keys):
            if key.startswith("level"):
                curve = LEVEL[arm] * growth ** (1 + int(key[-1]))
            elif key in CLUSTER_SHARES:
                curve = clusters * LEVEL[arm] * growth ** (1 + int(key[-1]))
            else:
                better = -1 if INDICATORS[key].direction == "min" else 1
                curve = START[key] * (1 + better * EFFECT[arm] * growth * (3 if better > 0 else 1))
                if key in ("outlay", "outlay_gross", "social_cost") and arm != "null":
                    curve = curve + 150e3
            series[a, :, :, k] = curve * (1 + (luck + own)[:, :, k] * np.where(growth > 0, 1, 0))
    series[:, :, 0, [k for k, key in enumerate(keys) if INDICATORS[key].unit.endswith("/yr")]] = np.nan
    series[..., [keys.index("offered"), keys.index("spent")]] = 150e3  # the same in every run
    broken = np.zeros((len(arms), replicates), int)
    for a, r in failed:
        broken[a, r] = 1
    shape = (len(arms), replicates, len(years), clusters)
    return SimpleNamespace(
        site=SimpleNamespace(id="fake", name="Fake", kind="city", clusters=[SimpleNamespace(urban=k % 3 == 0) for k in range(clusters)],
                             one_cluster=clusters == 1),
        arms=tuple(arms), seed=seed, replicates=np.arange(replicates), years=years, keys=keys, series=series,
        level=(rng.random(shape) < 0.3).astype(np.int8),
        unmet=rng.integers(0, 1 << len(CRITERIA), shape).astype(np.int16),
        failed=broken, scales=dict.fromkeys(arms, 1.0), steps_per_year=4, discount_rate=0.05, worlds=worlds,
        matched=(0,) * len(arms), given=(), funds=None, by_origin=None, trades=None,
        past=np.repeat(series[0, :, 1:2], 40, axis=1), past_years=2010.25 + np.arange(40) / 4,
    )  # fmt: skip


def make_comparison(replicates=12, **options):
    """A `Comparison` on made-up runs."""
    runs = make_runs(replicates, **options)
    pathways = PATHWAYS if runs.arms == ARMS else runs.arms
    question = Question("hanoi", pathways, "vietnam-2020", replicates, runs.seed, 150.0, None,
                        0 if runs.worlds is None else len(set(runs.worlds)))  # fmt: skip
    return Comparison.of(question, runs, VOCABULARY, 1.5)
