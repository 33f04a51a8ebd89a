"""A module of the user's own in every tool: commands, comparisons, sweeps wherever they run, analyses, pages, `ClusterModel`."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments import compare
from ecocluster.experiments.analyses.finding import Case, read_finding
from ecocluster.experiments.analyses.sensitivity import sensitivity
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.outcome import outcome_of
from ecocluster.experiments.question import ask
from ecocluster.experiments.sweeps.merge import merge
from ecocluster.experiments.sweeps.replay import replay
from ecocluster.experiments.sweeps.results import export, load, status
from ecocluster.experiments.sweeps.runner import resume, sweep
from ecocluster.experiments.sweeps.trials import Trial, run_trials
from ecocluster.experiments.with_modules import recorded, with_words
from ecocluster.experiments.worlds import stored
from ecocluster.model import roster
from ecocluster.model.loading import load_module, unload_modules
from ecocluster.model.modules import ModuleError
from ecocluster.model.roster import own_indicators
from ecocluster.scenarios import ScenarioError, load_policy, make_arm, with_levers
from ecocluster.viz.cli import main
from ecocluster.viz.scorecard import scorecard
from ecocluster.viz.words import Words

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "modules" / "repair_vouchers.py"
LEVERS = {"repair_vouchers": 0.5, "repair_teams": 1.0}
ASKED = {
    "scenario": "teaching",
    "pathways": ["combined"],
    "design": {"kind": "lhs", "points": 4},
    "replicates": 2,
    "seed": 4,
    "steps": 12,
    "uncertainties": ["life", "cost.repair_teams"],
    "levers": {"repair_vouchers": [0.2, 0.8], "repair_teams": 1.0},
    "outcomes": ["repairs_2022", "repairs_total_2022", "pv_vouchers_2022", "tco2e_2022"],
}


@pytest.fixture(autouse=True)
def nothing_loaded():
    unload_modules()
    yield
    unload_modules()


@pytest.fixture
def vouchers():
    return load_module(EXAMPLE)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep on threads."""
    unload_modules()
    load_module(EXAMPLE)
    folder = tmp_path_factory.mktemp("swept") / "s"
    assert sweep(ASKED, folder).complete
    unload_modules()
    return folder


@pytest.fixture
def other(tmp_path):
    """The example with another word in a comment: the same module, another text."""
    file = tmp_path / "other.py"
    file.write_text(EXAMPLE.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")
    return file


POLICY = """
type = "policy"
id = "own"
title = { vi = "x", en = "x" }
levers = { repair_vouchers = 0.5 }
"""


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- sweeps -------------------------------------------------------------------------------------------------


def test_a_sweep_varies_what_a_module_adds(vouchers, swept):
    frame = load(swept)
    assert not frame["failed"].astype(str).any() and frame["repairs_total_2022"].sum() > 0 and not frame["null.repairs_total_2022"].any()  # fmt: skip
    assert frame["life"].nunique() == frame["cost.repair_teams"].nunique() == 4
    assert (frame["pv_vouchers_2022"] > 0).any()
    manifest = json.loads((swept / "manifest.json").read_text())
    (entry,) = manifest["modules"]
    assert entry == {"name": "repair_vouchers", "sha256": roster.sources()[0].sha256, "source": EXAMPLE.read_text(encoding="utf-8")}
    point, row = frame["point"].iloc[0], frame.iloc[0]
    trial = Trial("teaching", "combined", uncertainties={"life": row["life"], "cost.repair_teams": row["cost.repair_teams"]},
                  levers={"repair_vouchers": row["repair_vouchers"], "repair_teams": 1.0})  # fmt: skip
    alone = run_trials([trial], replicates=2, seed=4, last_year=2023, outcomes=ASKED["outcomes"], threads=1)
    mine = frame[frame["point"] == point].sort_values("replicate")
    assert all(np.array_equal(alone[name], mine[name]) for name in ASKED["outcomes"])


@pytest.mark.parametrize("scheduler", ["processes", "local-cluster"])
def test_workers_have_the_module_and_give_the_same_bytes(vouchers, swept, tmp_path, scheduler):
    if scheduler == "local-cluster":
        pytest.importorskip("distributed")
    assert sweep(ASKED, tmp_path / "s", scheduler=scheduler, workers=1).complete
    assert content(tmp_path / "s") == content(swept)


def test_a_sweep_asks_for_the_text_it_was_made_with(swept, tmp_path, other, capsys):
    before = content(swept)
    calls = {
        "resume": lambda: resume(swept), "replay": lambda: replay(swept, 0, 0), "export": lambda: export(swept, tmp_path / "x.csv"),
        "status": lambda: status(swept), "merge": lambda: merge([swept, swept], tmp_path / "m"), "sweep": lambda: sweep(ASKED, swept),
    }  # fmt: skip
    for name, call in calls.items():
        if name == "sweep":  # its file names what is not there
            with pytest.raises(ScenarioError, match="life"):
                call()
            continue
        with pytest.raises(InputError, match="the module repair_vouchers .*which is not loaded: ecocluster --with FILE"):
            call()
    load_module(other)
    for call in calls.values():
        with pytest.raises(InputError, match="another text of the module repair_vouchers"):
            call()
    unload_modules()
    assert main(["resume", str(swept)]) == 2 and "is not loaded" in capsys.readouterr().err
    assert main(["resume", str(swept), "--with", str(other), "--lang", "vi"]) == 2
    assert "văn bản khác" in (err := capsys.readouterr().err) and err.count("\n") == 1
    assert content(swept) == before and not (tmp_path / "m").exists() and not (tmp_path / "x.csv").exists()


def test_a_sweep_is_gone_on_with_replayed_and_exported(vouchers, swept, tmp_path):
    shutil.copytree(swept, tmp_path / "s")
    for chunk in list((tmp_path / "s" / "chunks").iterdir())[:1]:
        chunk.unlink()
    assert resume(tmp_path / "s").complete and content(tmp_path / "s") == content(swept)
    found = replay(tmp_path / "s", 1, 1)
    assert found.same and {"repairs", "vouchers"} < set(found.series.columns)
    assert export(tmp_path / "s", tmp_path / "x.csv") == 8 and "repairs_2022" in (tmp_path / "x.csv").read_text().partition("\n")[0]
    assert merge([tmp_path / "s", swept], tmp_path / "m").complete


def test_a_module_more_is_refused_where_runs_are_added_and_read_elsewhere(tmp_path):
    plain = {**ASKED, "uncertainties": ["q_in"], "levers": ["extension"], "outcomes": ["tco2e_2022"]}
    assert sweep(plain, tmp_path / "s").complete and "modules" not in json.loads((tmp_path / "s" / "manifest.json").read_text())
    load_module(EXAMPLE)
    with pytest.raises(InputError, match="was made without the module repair_vouchers"):
        resume(tmp_path / "s")
    assert status(tmp_path / "s").complete and len(load(tmp_path / "s")) == 8


def test_a_file_that_is_read_loads_nothing(tmp_path, capsys):
    policy = tmp_path / "own.toml"
    policy.write_text(POLICY, encoding="utf-8")
    with pytest.raises(ScenarioError, match="repair_vouchers"):
        load_policy(policy)
    assert main(["compare", "teaching", "--set", "repair_vouchers=0.5", "--worlds", "1"]) == 2
    assert "repair_vouchers" in capsys.readouterr().err and not roster.loaded()
    load_module(EXAMPLE)
    assert load_policy(policy).levers == {"repair_vouchers": 0.5}


# --- questions and analyses ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    unload_modules()
    load_module(EXAMPLE)
    found = compare("teaching", ["combined"], worlds=3, levers=LEVERS)
    yield found
    unload_modules()


def test_a_comparison_holds_what_a_module_measures(vouchers, answer, tmp_path):
    table = answer.summary.set_index(["pathway", "indicator"])
    assert table.loc[("combined", "repairs_total_2030"), "mean"] > 0 == table.loc[("law", "repairs_total_2030"), "mean"]
    assert table.loc[("combined", "pv_vouchers_2035"), "unit"] == "mVND"
    assert answer.to_json()["pathways"]["combined"]["repairs_2030"]["unit"] == "1/yr"
    titles = {lang: {group.title: group for group in scorecard(answer, 2030, Words(lang))} for lang in ("en", "vi")}
    assert [row.label for row in titles["en"]["Own modules"].rows] == ["Repair vouchers", "Repair bills", "Repairs"]
    assert [row.label for row in titles["vi"]["Mô-đun riêng"].rows][2] == "Lượt sửa chữa"
    answer.write(tmp_path / "c")
    manifest = json.loads((tmp_path / "c" / "manifest.json").read_text())
    assert manifest["modules"] == recorded()["modules"] and f"--with {shlex.quote(str(EXAMPLE))}" in manifest["command"]
    assert shlex.split(manifest["command"])[:4] == ["ecocluster", "--with", str(EXAMPLE), "compare"]
    for world in answer.trace.given[2:]:
        assert world.programmes[0].levers["repair_teams"] == 1.0


def test_worlds_draw_parameters_of_modules(vouchers):
    worlds = stored().some(1, 20)
    lives = [world.parameters["life"] for world in worlds]
    assert len(set(lives)) == 20 and 2.0 <= min(lives) < 3.0 < max(lives) <= 5.0
    unload_modules()
    bare = stored().some(1, 20)
    assert all(
        a.parameters == {k: v for k, v in b.parameters.items() if k in a.parameters} for a, b in zip(bare, worlds, strict=True)
    )


def test_sensitivity_varies_what_a_module_adds(vouchers, tmp_path):
    policy = tmp_path / "own.toml"
    policy.write_text(POLICY, encoding="utf-8")
    case = Case("teaching", "combined", policy=str(policy), replicates=2, threads=1)
    found = sensitivity(case, outcome="repairs_total_2030", trajectories=2, strongest=2, base=4, uncertainties=("told", "saving"))
    strength = found.table.set_index("parameter")["mu_star"]
    assert set(strength.index) == {"told", "saving"} and strength["told"] > 0 and with_words()[0] in found.command
    found.write(tmp_path / "f")
    assert read_finding(tmp_path / "f").facts == found.facts
    unload_modules()
    with pytest.raises(InputError, match="the module repair_vouchers"):
        read_finding(tmp_path / "f")
    load_module(EXAMPLE)
    with pytest.raises(InputError, match="did you mean 'saving'"):
        sensitivity(case, outcome="tco2e_total_2030", uncertainties=("savin",))


def test_names_of_outcomes_follow_what_is_loaded(vouchers):
    found = outcome_of("pv_vouchers_2035")
    assert (found.unit, found.kind, found.total) == ("mVND", "money", True) and outcome_of("repairs_2031").unit == "1/yr"
    for name in ("pv_total_repairs_2030", "repairs_total_2099"):
        with pytest.raises(InputError):
            outcome_of(name)
    unload_modules()
    with pytest.raises(InputError, match="repairs_2031"):
        outcome_of("repairs_2031")


# --- the command line ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", [["--with", str(EXAMPLE), "levers", "repair"], ["levers", "repair", f"--with={EXAMPLE}"],
                                  ["levers", "--with", str(EXAMPLE), "repair", "--with", str(EXAMPLE)]])  # fmt: skip
def test_a_command_loads_modules_wherever_they_stand(line, capsys):
    assert main([*line, "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == list(LEVERS)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_what_cannot_be_loaded_ends_in_one_line(lang, tmp_path, capsys):
    (tmp_path / "bad.py").write_text(
        "from ecocluster.model.modules import *\nm = Module('m', levers=(Lever('extension', 'x', kind='money'),))"
    )
    for which, said in ((tmp_path / "bad.py", "bad.py: lever 'extension'"), (tmp_path / "gone.py", "gone.py"), ("nobody", "nobody")):  # fmt: skip
        assert main(["levers", "--with", str(which), "--lang", lang]) == 2
        err = capsys.readouterr().err
        assert said in err and err.count("\n") == 1, err
    assert main(["levers", "--with"]) == 2 and "--with" in capsys.readouterr().err


def test_the_tutorial_tells_the_example(tmp_path, monkeypatch, capsys):
    """Its code stands in the example, and its commands work."""
    text, source = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8"), EXAMPLE.read_text(encoding="utf-8")
    told = re.findall(r"^```python\n(.*?)^```", text, re.S | re.M)
    assert len(told) > 5 and [block for block in told if block not in source] == []
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    lines = [line for line in re.findall(r"^ecocluster (.*)$", text, re.M) if "dashboard" not in line]
    assert len(lines) == 2
    for line in lines:
        unload_modules()
        assert main(shlex.split(line.replace("--worlds 4", "--worlds 2"))) == 0, line
    out = capsys.readouterr().out
    assert "Repair bills" in out and "Own modules" in out


# --- pages and Mesa -----------------------------------------------------------------------------------------


def test_levers_of_modules_have_sliders_and_indicators_are_watched(vouchers, answer):
    pytest.importorskip("solara")
    from ecocluster.model.parameters import PARAMETERS
    from ecocluster.viz import parameter_words
    from ecocluster.viz.figures import panels_of
    from ecocluster.viz.pages import controls, watch_scene

    assert controls.slider_groups()["modules"] == tuple(LEVERS)
    for lang, label in (("vi", "Phiếu sửa chữa"), ("en", "Repair vouchers")):
        say = Words(lang)
        slider = controls._slider("repair_vouchers", say, ())
        assert (slider["label"], slider["unit"], slider["high"], slider["factor"]) == (label, "%", 0.9, 100)
        assert say("levers.modules") and slider["about"] == "share of a repair that a voucher pays"
        assert parameter_words.meaning_of(PARAMETERS["price"], say) == "price of a repair"
        assert say("evidence.group.module")
    assert watch_scene.shown_indicators()[-3:] == panels_of(True)[-3:] == own_indicators()
    question = ask("teaching", ["combined"], levers=LEVERS)  # as a page asks when sliders were moved
    assert dict(question.levers) == LEVERS
    unload_modules()
    assert "modules" not in controls.slider_groups() and not own_indicators()


def test_a_cluster_model_has_it_step_by_step_and_at_once(vouchers, tmp_path):
    pytest.importorskip("mesa")
    from ecocluster.model import ClusterModel
    from ecocluster.scenarios import load_scenario

    class Watched(ClusterModel):
        def after_phase(self, phase, cluster):
            """A hook makes every step go phase by phase."""

    site = load_scenario("teaching").site
    arm = with_levers(make_arm("combined", site=site), LEVERS)
    models = [kind(scenario=site, pathway=arm, rng=3, parameters={"told": 0.2}) for kind in (ClusterModel, Watched)]
    for model in models:
        model.run_for(12)
    assert np.array_equal(models[0].series, models[1].series, equal_nan=True)
    assert models[0].series[1:, -1].sum() > 0 and models[0].repairs == models[0].series[-1, -1]
    assert "repairs" in models[0].datacollector.get_model_vars_dataframe()
    assert models[0].state.own_firms[:, 0].max() > 2010
    with pytest.raises(AttributeError, match="did you mean 'repairs'"):
        _ = models[0].repair
    unload_modules()
    (tmp_path / "own.py").write_text(
        "from ecocluster.model.modules import *\nm = Module('m', indicators=(Indicator('agents', '1', 'stock', 'x'),))"
    )
    load_module(tmp_path / "own.py")
    with pytest.raises(ModuleError, match=r"'agents': the name is taken \(ClusterModel\)"):
        ClusterModel(scenario=site, rng=3)
