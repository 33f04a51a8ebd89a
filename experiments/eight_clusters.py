"""Eight clusters drawn from Hanoi, on which claims with many arms and searches run: a tenth of the work of the city.

A systematic sample: clusters are ordered by density, main trade (where it is known) and number of firms, and every
70/8-th is taken from a start that the seed gives, so that all three are represented as in the city. The names are
fixed in `experiments/data/hypotheses.toml`; a test draws them again.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np

from ..model.sites_and_arms import Cluster, Site

__all__ = ["draw_clusters", "kept_clusters"]

COUNT, SEED = 8, 8


def draw_clusters(site: Site, count: int = COUNT, seed: int = SEED) -> tuple[str, ...]:
    """Ids of a systematic sample of a site's clusters, in the order of the site."""

    def place(cluster: Cluster) -> tuple[bool, str, float, str]:
        trade = "" if cluster.mix is None else max(cluster.mix, key=cluster.mix.__getitem__)
        return cluster.urban, trade, cluster.firms_2018, cluster.id

    ordered = sorted(site.clusters, key=place)
    step = len(ordered) / count
    start = np.random.default_rng(seed).random() * step
    chosen = {ordered[int(start + k * step)].id for k in range(count)}
    return tuple(cluster.id for cluster in site.clusters if cluster.id in chosen)


def kept_clusters() -> list[str]:
    """Ids of the eight clusters of Hanoi, as they are fixed."""
    claims = tomllib.loads(files("ecocluster.experiments").joinpath("data", "hypotheses.toml").read_text(encoding="utf-8"))
    return claims["sites"]["sample"]["select"]
