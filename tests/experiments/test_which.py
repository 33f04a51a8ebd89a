"""Which pathway for which clusters: shares of pairs, classes for ties and "nothing", and a reason where there is none."""

from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.experiments.which import OUTCOMES, Group, groups_of, which_of
from ecocluster.model.sites_and_arms import SECTORS
from ecocluster.model.state import BOOKED

ARMS = ("null", "law", "a", "b")
RUNS, CLUSTERS = 4, 6


def _answer(**changes):
    """Cluster n is best under a if n is even, under b if odd; the last two tie, then nobody is better than the law."""
    flows = np.full((len(ARMS), RUNS, 3, CLUSTERS + 1, len(OUTCOMES)), 10.0)
    flows[2, :, :, 0:4:2] = 8.0
    flows[3, :, :, 1:4:2] = 8.0
    flows[2:, :, :, 4] = 9.0
    flows[2, :, :, 6] = 0.0  # firms from outside count for no cluster
    clusters = [SimpleNamespace(firms_2018=10.0 * (n + 1), urban=n == 1) for n in range(CLUSTERS)]
    trades = np.tile(np.arange(CLUSTERS) % len(SECTORS), (RUNS, 1))
    trace = SimpleNamespace(by_origin=flows, trades=trades, site=SimpleNamespace(clusters=clusters))
    answer = SimpleNamespace(trace=trace, arms=ARMS, acting=[2, 3], base=1, one_cluster=False)
    return SimpleNamespace(**{**vars(answer), **changes})


def test_outcomes_are_those_that_are_booked():
    assert OUTCOMES == BOOKED


def test_shares_are_counted_pair_by_pair():
    found = which_of(_answer())
    everywhere = found.groups[Group("all", "all")][2035]["cod"]
    assert everywhere == pytest.approx({"a": 2 / 6, "b": 2 / 6, "tie": 1 / 6, "nothing": 1 / 6})
    assert found.groups[Group("district", "dense")][2045]["tco2e"] == {"a": 0.0, "b": 1.0, "tie": 0.0, "nothing": 0.0}
    assert found.groups[Group("size", "large")][2030]["landfill"] == {"a": 0.0, "b": 0.0, "tie": 0.5, "nothing": 0.5}
    assert found.pairs[Group("size", "small")] == 2 * RUNS
    assert found.table.groupby(["by", "group", "year", "outcome"])["share"].sum().to_numpy() == pytest.approx(1.0)


def test_the_trade_is_that_of_the_run():
    clusters = [SimpleNamespace(firms_2018=5.0, urban=False)] * 3
    groups = groups_of(clusters, np.array([[0, 1, 1], [1, 1, 0]]))
    assert groups[Group("trade", SECTORS[0])].tolist() == [[True, False, False], [False, False, True]]
    for kind in ("trade", "size", "district"):
        whole = sum(members.astype(int) for group, members in groups.items() if group.by == kind)
        assert (whole == 1).all()


def test_failed_runs_and_years_that_were_not_run_are_left_out():
    answer = _answer()
    answer.trace.by_origin[2, 1] = np.nan
    answer.trace.by_origin[:, :, 2] = np.nan
    found = which_of(answer)
    assert found.pairs[Group("all", "all")] == (RUNS - 1) * CLUSTERS
    assert list(found.groups[Group("all", "all")]) == [2030, 2035]


@pytest.mark.parametrize(("changes", "reason"), [
    ({"one_cluster": True}, "one_cluster"),
    ({"acting": [2]}, "one_pathway"),
    ({"trace": SimpleNamespace(by_origin=None, trades=None)}, "not_kept"),
])  # fmt: skip
def test_no_answer_has_a_reason(changes, reason):
    found = which_of(_answer(**changes))
    assert (found.reason, found.groups) == (reason, {})
    assert found.to_json() == {"groups": None, "reason": reason}
    assert found.table.empty
