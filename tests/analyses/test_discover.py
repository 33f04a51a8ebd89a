"""Discovery: a known box is found, noise gives none, and the box is judged on other points than it was found on."""

import io
import re

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.analyses.discover import discover, discover_in, find_box, find_tree, inside
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.stored import read_sweep
from ecocluster.experiments.errors import InputError
from ecocluster.viz.analyses import discover as told
from ecocluster.viz.analyses.page import print_finding, write_finding
from ecocluster.viz.words import Words
from fake_trials import by_share, install
from rich.console import Console


def in_the_known_box(trial):
    return trial.uncertainties["growth"] > 0.026 and trial.uncertainties["sigma0"] < 0.22


def known(trial, replicate):
    """Fails in the box growth > .026 and sigma0 < .22 (14 % of the space) at all points, elsewhere at none."""
    return (0.0 if in_the_known_box(trial) else 0.1) + 0.001 * replicate


def test_the_known_box_is_found_through_the_whole_pipeline(monkeypatch):
    install(monkeypatch, by_share(known), shuffle=True)
    found = discover(Case(replicates=2, seed=0), failure="abatement_share_2035<0.05", count=600)
    limits = found.table.set_index("parameter")
    assert set(limits.index) == {"growth", "sigma0"}
    assert limits.loc["growth", "low"] == pytest.approx(0.026, abs=0.002) and limits.loc["growth", "high"] == np.inf
    assert limits.loc["sigma0", "high"] == pytest.approx(0.22, abs=0.02) and limits.loc["sigma0", "low"] == -np.inf
    facts = found.facts
    assert facts["share"]["mean"] == pytest.approx(0.14, abs=0.03)
    assert facts["density"]["mean"] > 0.85 and facts["coverage"]["mean"] > 0.85 and facts["outside"]["mean"] < 0.05
    assert facts["density"]["runs"] < len(found.data["points"])  # judged on the half that the box was not chosen on
    assert facts["leaf"]["share"] > 0.9 and "growth>" in facts["leaf"]["conditions"]


def test_noise_gives_no_box():
    draw = np.random.default_rng(7)
    x = pd.DataFrame(draw.random((200, 8)), columns=[f"p{k}" for k in range(8)])
    assert not any(find_box(x, draw.random(200) < 0.3)[0] for _ in range(5))


def test_a_box_of_one_side_and_noisy_edges():
    draw = np.random.default_rng(3)
    x = pd.DataFrame(draw.random((500, 6)), columns=list("abcdef"))
    limits, path = find_box(x, ((x["c"] < 0.3) ^ (draw.random(500) < 0.05)).to_numpy())
    assert set(limits) == {"c"} and limits["c"][1] == pytest.approx(0.3, abs=0.04)
    assert {"coverage", "density", "mass", "res_dim"} == set(path)
    assert inside(x, limits).sum() == (x["c"] <= limits["c"][1]).sum()
    assert inside(x, {}).all()


def test_the_tree_splits_where_failures_are():
    x = pd.DataFrame(np.random.default_rng(1).random((300, 3)), columns=list("abc"))
    leaves = find_tree(x, (x["b"] > 0.7).to_numpy())
    assert leaves["share"].iloc[0] == 1 and leaves["share"].iloc[-1] == 0 and leaves["points"].sum() == 300
    cut = re.match(r"b>([\d.]+)", leaves["conditions"].iloc[0])
    assert float(cut[1]) == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("lang", ["en", "vi"])
def test_one_sided_failures_are_said_and_not_searched(monkeypatch, tmp_path, share, lang):
    install(monkeypatch, by_share(lambda trial, replicate: share))
    found = discover(Case(replicates=1), failure="abatement_share_2035<0.5", count=40)
    assert found.facts["rare"] and not len(found.table)
    assert Words(lang)("discover.rare") in told.words(found, Words(lang))
    printed = io.StringIO()
    print_finding(found, Console(file=printed, width=100), Words(lang))
    assert Words(lang)("title.discover") in printed.getvalue().partition("\n")[0]  # in one line, however narrow the table
    write_finding(found, tmp_path / "out", lang)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, by_share(known))
    found = discover(Case(replicates=1), failure="abatement_share_2035<0.05", count=300, uncertainties=["growth", "sigma0"])
    say = Words(lang)
    text = " ".join(told.words(found, say))
    assert say.name("parameter", "growth") in text and say.name("parameter", "sigma0") in text
    write_finding(found, tmp_path / "out", lang)
    one = discover(Case(replicates=1), failure="abatement_share_2035<0.05", count=40, uncertainties=["growth", "sigma0"])
    told.figure(one, say)


def test_points_without_result_are_left_out_and_too_few_are_refused(monkeypatch):
    install(monkeypatch, by_share(lambda trial, replicate: "lost" if trial.uncertainties["p_ext"] > 0.08 else known(trial, 0)))
    found = discover(Case(replicates=1), failure="abatement_share_2035<0.05", count=200)
    assert found.facts["failed"] > 0 and found.facts["points"] + found.facts["failed"] == 200
    for options in ({"count": 20}, {"count": 41}, {"failure": "level1_2035"}):
        with pytest.raises(InputError):
            discover(Case(replicates=1), **{"failure": "abatement_share_2035<0.05", **options})


def test_one_small_real_run_and_a_stored_sweep(tmp_path):
    from ecocluster.experiments.sweeps.runner import sweep

    found = discover(
        Case("teaching", replicates=1), failure="abatement_share_2035<0.03", count=40, uncertainties=["growth", "sigma0"]
    )
    assert found.facts["points"] + found.facts["failed"] == 40
    sweep({"scenario": "teaching", "pathways": ["combined"], "replicates": 1, "seed": 2, "design": {"kind": "lhs", "points": 40},
           "uncertainties": {"growth": [0.0, 0.04], "sigma0": [0.1, 0.4]}, "outcomes": ["tco2e_total_2035"]}, tmp_path / "s")  # fmt: skip
    again = discover_in(read_sweep(tmp_path / "s"), failure="abatement_share_2035<0.03")
    assert again.facts["points"] == 40 and set(again.data["points"]) == {"growth", "sigma0", "effect", "fails"}
