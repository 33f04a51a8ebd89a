"""Waiving a criterion is a paired rerun."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.statistics import Estimate
from ecocluster.experiments.waiving import _surely_positive, waiving
from ecocluster.model import ensemble, indicators
from ecocluster.model.indicators import LEVEL_1
from ecocluster.viz.cli import main


def test_waiving_gains_where_the_criterion_is_in_the_way():
    found = waiving("nguyen-khe", ("clean_record",), ("self-transition",), fixed=True, replicates=2, threads=1)
    table = found.table
    assert list(table["pathway"]) == ["null", "law", "self-transition"] and set(table["criterion"]) == {"clean_record"}
    assert (table["gain"] >= 0).all() and (table["clusters_level1"] + table["gain"] <= 1).all()


def test_gains_are_paired_by_world(monkeypatch):
    """Certificates written by hand: two replicates of three worlds are three values, and a run that failed is none."""
    before = np.array([[0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 2, 2], [1, 1, 3, 5, 2, 9]], float)  # null, law alone, a pathway

    def run_ensemble(site, arms, *, worlds, parameters, **rest):
        failed = np.zeros(before.shape, int)
        failed[2, 5] = 1
        made = before + 2.0 * parameters.get("waive_treatment", 0.0) * np.array([[0.0], [0.0], [1.0]])
        return SimpleNamespace(failed=failed, worlds=np.array([w.number for w in worlds]), made=made)

    monkeypatch.setattr(ensemble, "run_ensemble", run_ensemble)
    monkeypatch.setattr(indicators, "evaluate", lambda runs: pd.DataFrame({"clusters_level1_2035": runs.made.ravel()}))
    found = waiving("teaching", ("treatment",), ("combined",), worlds=3, replicates=2)
    assert found.clusters["combined"].mean == pytest.approx(np.mean([1.0, 4.0, 2.0])) and found.clusters["combined"].runs == 3
    gain = found.gains["treatment", "combined"]
    assert (gain.mean, gain.low, gain.high) == (2.0, 2.0, 2.0) and found.gains["treatment", "law"].mean == 0.0
    assert found.most == ("treatment", "combined")


def test_the_largest_of_many_is_sure_for_all_that_are_looked_at():
    """An interval that just leaves 0 out does so for one, not for thirty."""
    gain = Estimate(1.0, 0.1, 1.9, 20)
    assert _surely_positive(gain, 1) and not _surely_positive(gain, 30)
    assert _surely_positive(Estimate(1.0, 0.7, 1.3, 20), 30)
    assert not _surely_positive(Estimate(-1.0, -1.3, -0.7, 20), 1) and not _surely_positive(Estimate(1.0, np.nan, np.nan, 1), 1)


@pytest.mark.parametrize(("line", "what"), [
    ("--criteria simbiosis", "symbiosis"), ("--criteria symbiosis,symbiosis", "named twice"), ("--year 2036", "2030, 2035, 2045"),
    ("--worlds 0", "--worlds"), ("--threads 0", "--threads"), ("--fixed --worlds 2", "--fixed"), ("--law stric", "strict"),
])  # fmt: skip
def test_what_is_not_known_is_refused_in_one_line(tmp_path, monkeypatch, capsys, line, what):
    monkeypatch.chdir(tmp_path)
    assert main(["waiving", "teaching", *line.split()]) == 2
    told = capsys.readouterr()
    assert what in told.err and told.err.count("\n") == 1 and told.out == "" and not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="symbiosis"):
        waiving("teaching", ("simbiosis",))


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_the_command_tells_and_keeps_it(tmp_path, monkeypatch, capsys, lang):
    monkeypatch.chdir(tmp_path)
    asked = ["waiving", "teaching", "--fixed", "--replicates", "2", "--pathways", "combined", "--lang", lang, "--out", "w"]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert all(f"{arm}" not in said for arm in ("newly-planned", "recp_share")) and "2035" in said
    assert main([*asked, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(Path("w/waiving.json").read_text()) and tuple(told["gain"]) == LEVEL_1
    assert tuple(told["gain"]["treatment"]) == ("null", "law", "combined")
    assert len(Path("w/waiving.csv").read_text().splitlines()) == 1 + 6 * 3
    command = json.loads(Path("w/manifest.json").read_text())["command"].split()
    assert main([*command[1:], "--out", "again"]) == 0  # the command that is kept gives the same bytes
    assert Path("again/waiving.json").read_bytes() == Path("w/waiving.json").read_bytes()
