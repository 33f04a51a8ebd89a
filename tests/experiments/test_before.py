"""What was written before there was a law alone opens as what it was, or says in one line what to change.

`before/` holds a sweep, its experiment file and the result of an analysis as a version wrote them that measured every effect
against no programme.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.finding import read_finding
from ecocluster.experiments.analyses.frontier import frontier
from ecocluster.experiments.configuration import read_config
from ecocluster.experiments.sweeps import plans
from ecocluster.experiments.sweeps.former_ranges import FormerRange
from ecocluster.experiments.sweeps.ranges import Range
from ecocluster.experiments.sweeps.results import load, status
from ecocluster.scenarios.errors import nearest_name
from ecocluster.viz.cli import main
from ecocluster.viz.pages.explorer_data import read_sweep as explored

BEFORE = Path(__file__).parent / "before"


@pytest.fixture
def before(tmp_path, monkeypatch):
    monkeypatch.chdir(shutil.copytree(BEFORE, tmp_path / "before"))
    monkeypatch.setenv("COLUMNS", "200")


def content():
    return {path: path.read_bytes() for path in sorted(Path().rglob("*")) if path.is_file()}


def refusal(line, capsys):
    """The one line in which a command refuses; nothing is written."""
    kept = content()
    assert main(line.split()) == 2
    told = capsys.readouterr()
    assert told.out == "" and told.err.count("\n") == 1 and content() == kept
    return told.err


def test_a_sweep_opens_as_what_it_was(before, capsys):
    """Its effects are those above no programme, and called so; a sweep of today is measured against the law alone."""
    assert main(["status", "sweep"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "difference to no programme" in said and "before there was a law alone" in said and "18,399" in said
    assert main(["status", "sweep", "--lang", "vi"]) == 0
    assert "so với không chương trình" in " ".join(capsys.readouterr().out.split())
    assert main(["status", "sweep", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] and told["baseline"] == "null" and len(told["effects"]) == 2
    assert main(["export", "sweep", "--to", "runs.csv"]) == 0 and len(Path("runs.csv").read_text().splitlines()) == 33
    frame = load("sweep")
    assert {"complaint_club", "private_cost_2035", "null.private_cost_2035"} <= set(frame) and frame.attrs["baseline"] == "null"
    assert explored(Path("sweep")).baseline == "null"
    Path("experiment.toml").write_text(today())
    assert main(["sweep", "experiment.toml", "--out", "again"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "difference to the law alone" in said and "Law alone" in said and status("again").baseline == "law"


def today():
    """The experiment file without what is no more."""
    text = (BEFORE / "experiment.toml").read_text(encoding="utf-8")
    return text.replace(', "complaint_club"', "").replace("private_cost", "private_net")


@pytest.mark.parametrize(("line", "what"), [
    ("resume sweep", "finish it with those, or begin in a new folder"),
    ("rerun sweep --failed", "begin in a new folder"),
    ("robust --from sweep --pathways combined", "run its experiment file again in a new folder"),
    ("discover --from sweep", "run its experiment file again in a new folder"),
    ("sensitivity --from sweep", "run its experiment file again in a new folder"),
    ("report frontier --out joined", "run it again: ecocluster frontier teaching --policy vietnam-2020"),
    ("sweep experiment.toml --out new", "uncertainties.complaint_club: unknown name among the uncertainties\n"),
    ("compare teaching --sample --out new", "--worlds N sets how many worlds"),
])  # fmt: skip
def test_what_cannot_go_on_says_what_to_change(before, capsys, line, what):
    assert what in refusal(line, capsys)
    assert main([*line.split(), "--lang", "vi"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and told.startswith("lỗi:")


def test_a_pathway_that_holds_a_part_of_the_law_is_told_where_that_belongs(before, capsys):
    Path("mine.toml").write_text(
        'type = "pathway"\nid = "mine"\ntitle = { vi = "a", en = "b" }\nlevers = { inspection_rate = 0.5 }\n'
    )
    assert "belongs into a law (--law) or a policy (--policy)" in refusal("compare teaching --pathways mine.toml --out new", capsys)


def test_the_question_of_a_comparison_keeps_its_replicates(tmp_path):
    """They were those of the defaults, not of every world."""
    file = tmp_path / "asked.toml"
    file.write_text(
        'type = "comparison"\nscenario = "teaching"\npathways = ["null", "symbiosis"]\nreplicates = 40\nseed = 1\nbudget = 150.0\n'
    )
    assert read_config(file)["fixed"] is True and read_config(file)["replicates"] == 40


def test_a_finding_of_today_is_read_and_one_of_before_is_not(before):
    from ecocluster.experiments.analyses.finding import Case

    found = frontier(Case("teaching", replicates=4), pathways=("combined",), budgets_bn=(0.0, 50.0), outcome="abatement_2035")
    found.write("today")
    assert read_finding("today").facts == found.facts
    with pytest.raises(InputError) as error:
        read_finding("frontier")
    assert error.value.key == "older_finding"
    facts = json.loads(Path("frontier/facts.json").read_text())
    Path("frontier/facts.json").write_text(json.dumps({"name": facts["name"]}))
    with pytest.raises(InputError) as error:  # the control: what is damaged is not called older
        read_finding("frontier")
    assert error.value.key == "not_a_finding"


def test_points_that_cannot_be_made_again_are_called_of_other_versions(before, monkeypatch, capsys):
    monkeypatch.setattr(plans, "make_points", lambda *_: np.zeros((8, 2)))
    assert "cannot be opened with these; open it with those" in refusal("status sweep", capsys)


def test_ranges_of_before_differ_in_their_last_bits_alone():
    u = np.linspace(0, 1, 101)
    for law, low in (("loguniform", 0.02), ("loguniform", 3.0), ("uniform", -1.0), ("flag", 0.0)):
        now, former = (kind("x", low, 7.0, 3.0, law).quantile(u) for kind in (Range, FormerRange))
        np.testing.assert_allclose(former, now, rtol=1e-14)
        assert (former[0], former[-1]) == (low, 7.0)


def test_names_of_before_lead_to_what_took_their_place():
    known = ("private_net_2035", "pv_private_net_2035", "cost_gross_per_tco2e_2045", "complaint_rural")
    assert nearest_name("private_cost_2035", known) == "private_net_2035"
    assert nearest_name("pv_private_cost_2035", known) == "pv_private_net_2035"
    assert nearest_name("cost_per_tco2e_2045", known) == "cost_gross_per_tco2e_2045"
    assert nearest_name("complaint_club", known) is None
    assert nearest_name("complaint_rura", known) == "complaint_rural"
