"""The worked examples with other tools run, small, and say what the sweep says."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.sweeps.results import load
from ecocluster.experiments.sweeps.runner import sweep

pytestmark = pytest.mark.smoke

EXAMPLES = Path(__file__).parents[1] / "examples"
DOCUMENT = EXAMPLES.parent / "docs" / "other-tools.md"


def example(name: str):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_on_the_page_and_is_tried_here():
    names = {path.stem for path in EXAMPLES.glob("*.py")}
    assert set(re.findall(r"examples/(\w+)\.py", DOCUMENT.read_text(encoding="utf-8"))) == names
    assert set(re.findall(r'"(\w+)"\)', Path(__file__).read_text(encoding="utf-8"))) >= names - {"slurm_array"}


def test_sobol_indices_with_salib(monkeypatch):
    pytest.importorskip("SALib")
    module = example("sobol_with_salib")
    monkeypatch.setattr(module, "POINTS", 4)
    found = module.main()
    assert list(found) == list(module.NAMES) and np.isfinite(list(found.values())).all() and found == module.main()


def test_exploratory_modelling_with_the_ema_workbench():
    pytest.importorskip("ema_workbench")
    module = example("exploring_with_ema")
    experiments, outcomes = module.main()
    assert len(experiments) == 4 and outcomes["avoided"].shape == (4, module.REPLICATES)
    for number, row in experiments.iterrows():
        values = {name: row[name] for name in (*module.UNCERTAIN, *module.LEVERS)}
        assert module.one_experiment(row["pathway"], **values)["mean_avoided"] == outcomes["mean_avoided"][number]
    assert module.one_experiment("combined", electricity_growth=0.01, q_in=0.6, extension=0.4)["mean_avoided"] > 0  # control


def test_sql_over_the_chunks(tmp_path):
    pytest.importorskip("duckdb")
    module = example("duckdb_over_chunks")
    sweep(module.ASKED, tmp_path / "s")
    frame = load(tmp_path / "s")
    fast = frame[frame["electricity_growth"] > frame["electricity_growth"].median()]
    expected = (fast["tco2e_total_2022"] - fast["null.tco2e_total_2022"]).groupby(fast["pathway"].astype(str)).mean()
    for pathway, runs, effect in module.effects(tmp_path / "s"):
        assert runs == 8 and effect == pytest.approx(expected[pathway], rel=1e-12)
    assert module.key(tmp_path / "s") == frame.attrs["made_of"]["sweep"]
    chunk = next((tmp_path / "s/chunks").iterdir())
    chunk.write_bytes(chunk.read_bytes()[:-10])
    with pytest.raises(SystemExit, match="does not belong"):
        module.effects(tmp_path / "s")


def test_an_array_of_tasks_makes_the_sweep_of_one(tmp_path):
    """Tasks are processes of their own, as submitit starts them."""
    pytest.importorskip("submitit")
    command = [sys.executable, str(EXAMPLES / "slurm_array.py"), str(tmp_path / "out")]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told.startswith("64 of 64 runs")
    module = example("slurm_array")
    sweep({**module.ASKED, "replicates": module.TASKS * module.REPLICATES}, tmp_path / "one")
    whole, one = (
        load(folder).sort_values(["point", "pathway", "replicate"]).reset_index(drop=True)
        for folder in (tmp_path / "out" / "whole", tmp_path / "one")
    )
    pd.testing.assert_frame_equal(whole, one, check_categorical=False)
