"""A minute through every room, for other versions of Python and of the libraries: `python -m pytest -m smoke`.

The full suite runs with the versions of constraints.txt; `nox` runs these with the lowest and the newest that pyproject.toml allows.
What comes out is compared with the golden headline, so that a library that computes otherwise is seen too.
"""

from __future__ import annotations

import json
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest
from ecocluster.viz.cli import main

pytestmark = pytest.mark.smoke

EXPERIMENT = """
scenario = "teaching"
pathways = ["combined"]
design = { kind = "sobol", points = 4 }
replicates = 2
seed = 1
steps = 12
uncertainties = ["electricity_growth", "q_in"]
outcomes = ["tco2e_total_2022", "level1_2022"]
"""
SHORT = "--replicates 2"
ANALYSES = {  # by what they need beside the core
    f"sensitivity teaching --trajectories 2 --strongest 1 --base 2 {SHORT}": ("SALib",),
    f"guesses teaching --trajectories 2 --strongest 1 --base 2 --uncertainties growth,sigma0 {SHORT}": ("SALib",),
    f"discover teaching --points 64 --failure tco2e_2035>1 {SHORT}": ("ema_workbench",),
    f"robust teaching --points 10 {SHORT}": ("sklearn",),
    f"frontier teaching --budgets 0,150 {SHORT}": (),
    f"superadditivity teaching {SHORT}": (),
    "survival teaching --replicates 4": ("lifelines",),
    f"barriers teaching {SHORT}": (),
    "trust teaching --worlds 2 --replicates 1 --settings-only": (),
    "mechanisms teaching --worlds 2 --replicates 1 --only suspension,all": (),
    f"solutions teaching {SHORT}": (),
    f"lever-effects teaching {SHORT}": (),
    "optimise teaching --points 4 --generations 2 --replicates 4": ("pymoo",),
}


def needs(*packages: str) -> None:
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


def test_the_golden_headline():
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "verification"))
    import golden

    digest, head = golden.golden_run()
    assert not golden.other_headline(head)


def test_what_ships_is_listed_and_checked(capsys):
    for line in ("--version", "--help", "compare --help", "scenarios list --json", "levers --json", "parameters growth --json"):
        assert main(line.split()) == 0, line
    assert main(["compare", "--no-such-option"]) == 2
    assert main(["compare", "techning"]) == 2 and "teaching" in capsys.readouterr().err


def test_a_question_and_its_answer(tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["compare", "teaching", "--pathways", "combined", "--worlds", "4", "--json", "--out", str(out)]) == 0
    assert set(json.loads(capsys.readouterr().out)["pathways"]) == {"null", "law", "combined"}
    assert (out / "report.html").stat().st_size > 50_000 and list(out.glob("*.png"))
    assert main(["run", "teaching", "--pathway", "symbiosis", "--out", str(tmp_path / "run"), "--lang", "vi"]) == 0
    assert "kết quả" in capsys.readouterr().out.lower()


def test_a_sweep_and_back(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("e.toml").write_text(EXPERIMENT)
    Path("later.toml").write_text(EXPERIMENT + "first_replicate = 2\n")
    lines = ["sweep e.toml --out a", "sweep later.toml --out b --scheduler processes --workers 2", "merge a b --out c", "status c",
             "export c --to runs.csv", "export c --to runs.parquet", "replay c --point 3 --replicate 3"]  # fmt: skip
    for line in lines:
        assert main(line.split()) == 0, line
    assert "bit for bit" in capsys.readouterr().out and len(Path("runs.csv").read_text().splitlines()) == 17


def test_a_sweep_on_dask(tmp_path):
    needs("distributed")
    (tmp_path / "e.toml").write_text(EXPERIMENT)
    assert (
        main(["sweep", str(tmp_path / "e.toml"), "--out", str(tmp_path / "s"), "--scheduler", "local-cluster", "--workers", "1"])
        == 0
    )


def test_a_sweep_as_an_array(tmp_path):
    needs("xarray")
    from ecocluster.experiments.sweeps.labelled import to_xarray

    (tmp_path / "e.toml").write_text(EXPERIMENT)
    assert main(["sweep", str(tmp_path / "e.toml"), "--out", str(tmp_path / "s")]) == 0
    assert dict(to_xarray(tmp_path / "s").sizes) == {"point": 4, "arm": 1, "replicate": 2}


@pytest.mark.parametrize("line", ANALYSES)
def test_an_analysis(line, tmp_path):
    needs(*ANALYSES[line])
    assert main([*line.split(), "--out", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out" / "report.html").exists()


def test_a_model_of_mesa():
    needs("mesa")
    from ecocluster.model import ClusterModel

    model = ClusterModel(scenario="teaching", pathway="combined", rng=1, model_reporters=["tco2e"], agent_reporters=["cash"])
    model.run_for(8)
    assert model.year == 2022 and len(model.datacollector.get_model_vars_dataframe()) == 9
    assert len(model.agents) > 5


def test_the_dashboard_starts(tmp_path):
    needs("solara")
    from ecocluster.viz.pages.browser import serve

    with serve("--results", str(tmp_path)) as address:
        for page in ("readyz", ""):
            with urllib.request.urlopen(f"{address.rstrip('/')}/{page}") as answer:
                assert answer.status == 200
