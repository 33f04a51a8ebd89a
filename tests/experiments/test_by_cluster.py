"""What becomes of every cluster: the same runs as a comparison's, looked at more closely."""

import numpy as np
import pytest
from ecocluster.experiments.by_cluster import OUTCOMES, asked_of, by_cluster, is_invented, join, run_clusters
from ecocluster.experiments.preparing import prepare
from ecocluster.experiments.question import ask
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.indicators import LEVEL_1
from ecocluster.scenarios import load_scenario, load_shocks

SITE = 'type = "scenario"\nid = "three"\nextends = "hanoi"\nselect = ["hai-ba-trung", "ngoc-hoi", "tong-hop-19"]\n'


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Three clusters seen by `run_ensemble` and by `by_cluster`."""
    path = tmp_path_factory.mktemp("site") / "three.toml"
    path.write_text(SITE, encoding="utf-8")
    question = ask(str(path), ["law", "self-transition", "combined"], fixed=True, replicates=2)
    loaded, arms = prepare(question)
    trace = run_ensemble(loaded.site, arms, replicates=2, seed=1, parameters=loaded.parameters, shocks=load_shocks(loaded.shocks))
    return question, trace, by_cluster(question)


def at_ends(trace, array):
    return array[:, :, 4::4]


def yearly(trace, key):
    """Mean of the quarters of each year."""
    values = trace.series[:, :, 1:, trace.keys.index(key)]
    return values.reshape(*values.shape[:2], -1, 4).mean(axis=3)


def last(trace, key):
    return trace.series[:, :, 4::4, trace.keys.index(key)]


def test_steps_left_are_the_criteria_that_the_run_says_are_not_met(both):
    _, trace, found = both
    mask = at_ends(trace, trace.unmet).astype(int)
    left = sum((mask >> bit) & 1 for bit in range(len(LEVEL_1)))
    here = found.firms > 0
    assert here.any() and found.arms == trace.arms
    assert (found.of("steps_left")[here] == left[here]).all()
    assert np.isnan(found.of("steps_left")[~here]).all()


def test_counts_of_clusters_and_sums_of_flows_are_the_citys(both):
    _, trace, found = both
    assert ((found.of("steps_left") == 0).sum(axis=3) == last(trace, "clusters_all_met")).all()
    assert ((found.of("groups") == 4).sum(axis=3) == last(trace, "clusters_groups_50")).all()
    dense = [cluster.urban for cluster in trace.site.clusters]
    assert any(dense) and not all(dense)
    clean = yearly(trace, "cod_dense") - yearly(trace, "pool_cod")  # producers outside clusters count as dense
    assert np.allclose(np.nansum(found.of("cod")[..., dense], axis=3), clean, rtol=1e-5)
    # on site tCO2e of the city is that of its clusters and of the world outside; nothing is planned under law alone
    law, emitted = found.arms.index("law"), yearly(trace, "tco2e") - yearly(trace, "tco2e_outside") - yearly(trace, "pool_tco2e")
    per_firm = found.of("tonnes_per_firm")[law]
    assert np.isfinite(per_firm).all()
    # firms are counted at the end of the year, quarters by their own
    assert np.allclose((per_firm * found.firms[law]).sum(axis=2), emitted[law], rtol=0.1)
    real = found.of("real")
    assert ((real >= 0) & (real <= 1)).all() and 0.2 < real.mean() < 0.9


def test_rounds_add_up_and_arms_may_be_left_out(both):
    question, _, found = both
    asked = asked_of(question, skip=("null",))
    rounds = join(run_clusters(asked, [0]), run_clusters(asked, [1]))
    kept = [found.arms.index(arm) for arm in rounds.arms]
    assert rounds.arms == ("law", "self-transition", "combined")
    assert np.array_equal(rounds.values, found.values[kept], equal_nan=True)
    assert not np.array_equal(rounds.values[:, 0], rounds.values[:, 1], equal_nan=True)


def test_median_and_range_are_values_of_runs_and_the_table_has_them_all(both):
    _, _, found = both
    for name in OUTCOMES:
        middle, low, high = found.spread(name)
        known = np.isfinite(middle)
        assert (low[known] <= middle[known]).all() and (middle[known] <= high[known]).all()
        assert (found.of(name) == middle[:, None]).any(axis=1)[known].all()
    table = found.table()
    assert len(table) == len(found.arms) * len(found.years) * len(found.site.clusters)
    row = table.query("pathway == 'combined' and year == 2035 and cluster == 'ngoc-hoi'").iloc[0]
    place = found.arms.index("combined"), found.years.tolist().index(2035), 1
    assert row["cod"] == pytest.approx(found.middle("cod")[place]) and row["runs"] == 2


def test_fifty_nine_clusters_of_the_city_are_invented():
    clusters = load_scenario("hanoi").site.clusters
    assert sum(map(is_invented, clusters)) == 59
    assert not any(is_invented(cluster) for cluster in clusters if cluster.id in ("phung", "nguyen-khe"))


def test_who_watches_may_stop_it(both):
    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    with pytest.raises(Enough):
        by_cluster(both[0], progress=stop)
