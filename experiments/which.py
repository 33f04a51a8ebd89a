"""Which pathway for which clusters: by main trade, size and district, in how many worlds each one is best.

A cluster's outcome is that of the firms that come from it (`model.phases.origins`): moving its firms away does not make
it clean, and what they do elsewhere counts for it. Pathways are compared in the same cluster and the same world, so
every pair of a run and a cluster has one winner, a tie, or "nothing" where none does better than the law alone. A group
is told by the share of its pairs; with one run a world these are worlds. The main trade is that of the run, since the
trades of most clusters are not known and are drawn for every world.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import spread

if TYPE_CHECKING:
    import pandas as pd

    from .comparison import Comparison
    from .spreadsheet import Columns

__all__ = ["OUTCOMES", "Group", "Which", "groups_of", "which_of"]

OUTCOMES = ("cod", "tco2e", "landfill", "energy")  # as in `model.state.BOOKED`; less is better in all of them
SIZES = ("small", "middle", "large")


class Group(NamedTuple):
    """Clusters of one kind.

    Attributes
    ----------
    by : str
        "all", "trade", "size" or "district".
    name : str
        "all", a sector, one of `SIZES`, or "dense" or "other".
    """

    by: str
    name: str


class Which(NamedTuple):
    """The answer; where there is none, why.

    Attributes
    ----------
    reason : str
        "" or "one_cluster", "one_pathway" (nothing to choose from), "not_kept" (a trace without flows by origin).
    groups : dict of Group to dict
        Year to outcome to shares that add up to 1: of every pathway by its name, "tie" and "nothing".
    pairs : dict of Group to int
        Pairs of a run and a cluster that the shares are taken of.
    """

    reason: str
    groups: dict[Group, dict[int, dict[str, dict[str, float]]]]
    pairs: dict[Group, int]

    @property
    def table(self) -> pd.DataFrame:
        """One row per group, year, outcome and class."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    @property
    def columns(self) -> Columns:
        """The columns of `table` by name."""
        rows = [
            (*group, self.pairs[group], year, outcome, name, share)
            for group, years in self.groups.items() for year, outcomes in years.items()
            for outcome, shares in outcomes.items() for name, share in shares.items()
        ]  # fmt: skip
        names = ("by", "group", "pairs", "year", "outcome", "best", "share")
        return {name: [row[place] for row in rows] for place, name in enumerate(names)}

    def to_json(self) -> dict[str, Any]:
        """The same as nested dicts; None with its reason where there is no answer."""
        if self.reason:
            return {"groups": None, "reason": self.reason}
        return {"groups": [{"by": group.by, "name": group.name, "pairs": self.pairs[group], "best": {str(y): v for y, v in years.items()}}
                           for group, years in self.groups.items()]}  # fmt: skip


def which_of(answer: Comparison) -> Which:
    """Who is best for whom, of an answer that kept its flows by origin."""
    from ..model.indicators import YEARS

    trace = answer.trace
    if answer.one_cluster:
        return Which("one_cluster", {}, {})
    if len(answer.acting) < 2:
        return Which("one_pathway", {}, {})
    if trace.by_origin is None or trace.trades is None:
        return Which("not_kept", {}, {})
    rivals = [answer.base, *answer.acting]
    flows = trace.by_origin[rivals, :, :, : len(trace.site.clusters)]  # whoever comes from outside is no cluster's
    fine = np.isfinite(flows[:, :, 0]).all(axis=(0, 2, 3))
    names = [answer.arms[k] for k in answer.acting]
    groups, pairs = {}, {}
    for group, members in groups_of(trace.site.clusters, trace.trades).items():
        members = members & fine[:, None]
        if not members.any():
            continue
        pairs[group] = int(members.sum())
        groups[group] = {
            year: {outcome: _shares(names, flows[:, :, n, :, q][:, members]) for q, outcome in enumerate(OUTCOMES)}
            for n, year in enumerate(YEARS) if np.isfinite(flows[:, fine, n]).all()
        }  # fmt: skip
    return Which("", groups, pairs)


def _shares(names: list[str], values: np.ndarray) -> dict[str, float]:
    found = spread.best_by_world(values, "min")
    return {**dict(zip(names, map(float, found.arms[1:]), strict=True)), "tie": found.tie, "nothing": found.nothing}


def groups_of(clusters, trades: np.ndarray) -> dict[Group, np.ndarray]:
    """Which pairs of a run and a cluster belong to which group.

    Parameters
    ----------
    clusters : sequence of Cluster
    trades : (R, C) int
        Main trade of each cluster in each run, an index into `SECTORS`.

    Returns
    -------
    dict of Group to (R, C) bool
        Every kind of group has each pair once. Thirds of size are by firms in 2018; equal ones stay in the given order.
    """
    from ..model.sites_and_arms import SECTORS

    every = np.ones(trades.shape, bool)
    rank = np.argsort(np.argsort([cluster.firms_2018 for cluster in clusters], kind="stable"), kind="stable")
    third = rank * len(SIZES) // len(clusters)
    dense = np.array([cluster.urban for cluster in clusters])
    found = {Group("all", "all"): every}
    found |= {Group("trade", name): trades == i for i, name in enumerate(SECTORS)}
    found |= {Group("size", name): every & (third == i) for i, name in enumerate(SIZES)}
    found |= {Group("district", "dense"): every & dense, Group("district", "other"): every & ~dense}
    return {group: members for group, members in found.items() if members.any()}
