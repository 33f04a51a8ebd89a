"""Times: first time by hand, the area under the curve, censoring, and gains that are paired."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.survival import curve, first_time, restricted_mean, survival
from ecocluster.experiments.errors import InputError
from ecocluster.model.indicators import INDICATORS
from ecocluster.viz.analyses import survival as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install

STEPS = 104


def traces(certified_at, adopted_at, clusters=1):
    """Level 1 from some steps on (one per cluster, None: never), half of the firms from another."""
    level = np.zeros((STEPS + 1, clusters), np.int8)
    for cluster, step in enumerate(certified_at):
        if step is not None:
            level[step:, cluster] = 1
    series = np.zeros((STEPS + 1, len(INDICATORS)))
    if adopted_at is not None:
        series[adopted_at:, list(INDICATORS).index("recp_share")] = 0.5
    return {"level": level, "series": series, "recp_share_2045": (0.0, 0.0)}


def model(trial, replicate):
    """Symbiosis: certified after 5 years + a quarter per replicate, every fourth never; adopted after 10 years."""
    if trial.pathway == "law":
        return traces([None], 80)
    return traces([None if replicate % 4 == 3 else 20 + replicate], 40)


def test_first_time_by_hand():
    reached = np.array([[False, False, True, False, True], [False] * 5, [True] * 5])
    years, happened = first_time(reached, per_year=4)
    assert years.tolist() == [0.5, 1.0, 0.0] and happened.tolist() == [True, False, True]


def test_the_area_under_the_curve_is_the_mean_time():
    draw = np.random.default_rng(1)
    steps = draw.integers(1, 160, 50)
    years, happened = (np.minimum(steps, STEPS) / 4)[:, None], (steps <= STEPS)[:, None]
    grid = np.arange(STEPS + 1) / 4
    share, low, high = curve(years, happened, grid)
    assert (1 - share[:-1]).sum() / 4 == pytest.approx(restricted_mean(years, 26.0).mean())
    assert ((low <= share) & (share <= high)).all() and (np.diff(share) >= 0).all()


def test_limits_where_all_runs_agree_are_not_of_zero_width():
    never = curve(np.full((10, 1), 26.0), np.zeros((10, 1), bool), np.array([0.0, 26.0]))
    assert never[0].tolist() == [0, 0] and never[2, 1] == pytest.approx(0.278, abs=0.001)  # Wilson, 0 of 10
    always = curve(np.ones((10, 1)), np.ones((10, 1), bool), np.array([0.0, 26.0]))
    assert always[0, 1] == 1 and always[1, 1] == pytest.approx(0.722, abs=0.001)


def test_clusters_of_a_run_share_their_luck():
    """Ten equal clusters a run tell no more than one: the interval must not be that of ten times the runs."""
    years = np.where(np.arange(12) % 2 == 0, 4.0, 26.0)
    happened = years < 26
    one = curve(years[:, None], happened[:, None], np.array([5.0]))
    ten = curve(np.tile(years[:, None], 10), np.tile(happened[:, None], 10), np.array([5.0]))
    assert one[0] == ten[0] == 0.5
    assert ten[2] - ten[1] == pytest.approx(one[2] - one[1], rel=0.25)


def test_known_times_through_the_pipeline(monkeypatch):
    install(monkeypatch, model, shuffle=True)
    found = survival(Case(replicates=8), pathways=["symbiosis"])
    table = found.table.set_index(["event", "pathway"])
    level1 = table.loc[("level1", "symbiosis")]
    assert level1["events"] == 6 and level1["share"] == 0.75
    times = [5 + r / 4 for r in range(8) if r % 4 != 3]
    assert level1["mean"] == pytest.approx((sum(times) + 2 * 26) / 8) and level1["gain"] == pytest.approx(26 - level1["mean"])
    assert level1["median"] == 6.0  # the fourth of eight
    adopted = table.loc[("adoption", "symbiosis")]
    assert (adopted["median"], adopted["gain"], adopted["gain_low"]) == (10, 10, 10)
    assert np.isnan(table.loc[("level2", "symbiosis"), "median"])
    assert found.facts["best"]["level1"]["null_share"] == 0


def test_bad_options_are_refused(monkeypatch):
    calls = install(monkeypatch, model)
    for options in ({"pathways": ["null"]}, {"horizon": 2019}, {"horizon": 2050}):
        with pytest.raises(InputError):
            survival(Case(), **options)
    assert not calls


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, model)
    found, say = survival(Case(replicates=8), pathways=["symbiosis"]), Words(lang)
    text = told.words(found, say)
    assert len(text) == 3 and "2026" in text[0]  # half of all
    assert len(told.sheet(found, say).rows) == 6
    write_finding(found, tmp_path / "out", lang)


def test_one_small_real_run():
    found = survival(Case("teaching", replicates=2), pathways=["combined"], horizon=2035)
    assert set(found.table["event"]) == {"level1", "level2", "adoption"} and found.table["mean"].max() <= 16
    assert found.data["curves"]["year"].max() == 2036
