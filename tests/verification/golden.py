"""The golden run: its bits are the same on every x86-64 machine, its headline on every other one too.

    python tests/verification/golden.py            # what this machine gives, for the kind of processor in use
    python tests/verification/golden.py --write    # store it, after a change that is meant to change results

``NUMBA_CPU_NAME=generic`` before the command gives the bits of the oldest x86-64 machine on a newer one.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import Series
from ecocluster.model.processor import kind
from ecocluster.model.sites_and_arms import Site
from ecocluster.scenarios import load_scenario, load_shocks, make_arm

HERE = Path(__file__).resolve().parent
HASH = HERE.parents[1] / "model" / "tables" / "golden.txt"  # part of the package: the manifest of a sweep names it
HEADLINE = HERE / "golden.json"
KEYS = ("tco2e", "water", "cod", "waste", "landfilled", "exchanged", "pooled", "firms", "jobs", "value_added", "profit",
        "adoption_T1", "adoption_T2", "adoption_T4", "adoption_T5", "real_share", "trust", "attitude", "outlay",
        "receipts", "social_cost", "private_net", "unspent", "planned_occupancy", "links_active", "level1")  # fmt: skip


# of mechanisms that are switched off or of laws that no arm has: nothing happened, and they are no part of the digest
OFF = ("clusters_with_plan", "clusters_barred", "visits_missed", "chain_density", "t1_by_trade", "t1_by_others", "t2_by_trade",
       "t2_by_others")  # fmt: skip


def small_city():
    """Six of Hanoi's clusters, dense districts among them, with their share of the city's budget."""
    hanoi = load_scenario("hanoi").site
    urban = [c for c in hanoi.clusters if c.urban][:2]
    others = [c for c in hanoi.clusters if not c.urban and c.firms_2018 < 60][:4]
    return Site("small-city", "six clusters", "city", tuple(urban + others), hanoi.city_firms)


def golden_run(**changes):
    """Digest of all series of a short run, and its headline numbers of 2031 by arm."""
    site = small_city()
    arms = [make_arm(name, site=site) for name in ("null", "law", "combined", "newly-planned")]
    runs = run_ensemble(site, arms, replicates=2, seed=2032, shocks=load_shocks("default"), last_year=2032, parameters=changes)
    assert not runs.failed.any()
    series = np.where(np.isnan(runs.series), -1.0, runs.series)  # nan has many bit patterns
    off = [Series[key.upper()] for key in OFF]
    assert not series[..., 1:, off].any()
    kept = np.delete(series, off, axis=-1)
    digest = hashlib.sha256(np.ascontiguousarray(kept, "<f8").tobytes() + runs.level.tobytes() + runs.unmet.tobytes())
    head = {arm: {key: float(series[a, :, -4:, Series[key.upper()]].mean()) for key in KEYS} for a, arm in enumerate(runs.arms)}
    return digest.hexdigest(), head


def other_headline(head):
    """Headline numbers that are off by more than 1e-9."""
    stored = json.loads(HEADLINE.read_text())
    assert set(stored) == set(head)
    return [f"{arm} {name}: {head[arm][name]!r}, stored {value!r}" for arm, values in stored.items()
            for name, value in values.items() if not abs(head[arm][name] - value) <= 1e-9 * max(abs(value), 1e-3)]  # fmt: skip


if __name__ == "__main__":
    digest, head = golden_run()
    if sys.argv[1:] == ["--write"]:
        HASH.write_text(digest + "\n")
        HEADLINE.write_text(json.dumps(head, indent=1, sort_keys=True) + "\n")
    print(json.dumps({"kind": kind(), "sha256": digest, "headline": head}))
