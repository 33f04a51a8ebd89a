"""Goal seek: wants are read, what is reached is reached in fresh worlds, and "not found" is an answer."""

import json

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.analyses import goal as module
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.goal import goal, wants_of
from ecocluster.experiments.errors import InputError
from ecocluster.scenarios import ScenarioError
from ecocluster.viz.cli import main
from ecocluster.viz.goal_words import goal_lines, goal_rows
from ecocluster.viz.words import LANGUAGES, Words

SMALL = {"points": 8, "generations": 1, "worlds": 4}


@pytest.mark.parametrize(
    ("text", "wants"),
    [
        ("one_unmet_2035>=.5", ["one_unmet_2035>=0.5"]),
        ("one_unmet_2035 >= .5 and jobs_2035>=900", ["one_unmet_2035>=0.5", "jobs_2035>=900"]),
        ("-20 % tonnes by 2030", ["abatement_share_2030>=0.2"]),
        ("-7,5% tấn đến 2035 và treated_2035>0.8", None),
        ("-200 % tonnes by 2030", None),
        ("-100 % tonnes by 2030", ["abatement_share_2030>=1"]),
        ("- 20 % tCO2e by 2030 and jobs_2030 >= 1", ["abatement_share_2030>=0.2", "jobs_2030>=1"]),
    ],
)
def test_wants(text, wants):
    if wants is None:
        with pytest.raises((InputError, ScenarioError)):
            wants_of(text)  # no such indicator; more than there is
    else:
        assert [str(want) for want in wants_of(text)] == wants


@pytest.mark.parametrize(("text", "apart"), [
    ("jobs_2030>=900 and jobs_2030<=800", True), ("jobs_2030<=800 and jobs_2030>=900", True), ("jobs_2030>800 and jobs_2030<=800", True),
    ("jobs_2030>=800 and jobs_2030<=800", False), ("jobs_2030>=800 and jobs_2030<=900", False), ("jobs_2030>=900 and jobs_2035<=800", False),
])  # fmt: skip
def test_wants_that_no_value_can_meet_are_told_before_the_search(text, apart):
    if apart:
        with pytest.raises(InputError, match="meets both"):
            wants_of(text)
    else:
        assert len(wants_of(text)) == 2


@pytest.mark.parametrize(
    "text",
    ["", "jobs_2035", "jobs_2035>=many", "jobs_2035>=nan", "no_such_2035>=1", "jobs_2035>=1 and jobs_2035>=2", "jobs_2035>=1 or x"],
)
def test_wants_that_are_none(text, capsys, tmp_path):
    assert main(["goal", "teaching", "--want", text, "--out", str(tmp_path / "out")]) == 2
    assert "error" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_what_is_trivial_is_reached_and_what_is_impossible_is_not_found():
    case = Case("teaching", replicates=2)
    easy = goal(case, "jobs_2030>=1", **SMALL)
    assert easy.reached and easy.alone == 1.0 and easy.table["probability"].eq(1).all()
    cheapest = easy.cheapest("gross_bn")
    assert (
        cheapest["gross_bn"] == easy.table["gross_bn"].min()
        and easy.cheapest("social_bn")["social_bn"] == easy.table["social_bn"].min()
    )
    hard = goal(case, "abatement_share_2030>=.99 and jobs_2030>=1", **SMALL)
    assert not hard.reached and hard.cheapest("gross_bn") is None and hard.alone == 0.0
    assert hard.table["p(jobs_2030>=1)"].eq(1).all() and hard.table["probability"].eq(0).all()
    for found in (easy, hard):
        json.dumps(found.to_json(), allow_nan=False)
        for lang in LANGUAGES:
            heads, rows = goal_rows(found, Words(lang))
            assert all(len(row) == len(heads) for row in rows) and all("{" not in line for line in goal_lines(found, Words(lang)))
    assert "Not found" in goal_lines(hard, Words("en"))[0]


def test_the_search_aims_at_what_is_missing_then_at_cost():
    rules = wants_of("one_unmet_2035>=.5 and pv_outlay_2035<=10")
    short = module._short(rules[0], np.array([0.5, 0.25, 0.9, np.nan]))
    assert list(short[:3]) == [0, 0.5, 0] and short[3] > 100
    assert list(module._short(rules[1], np.array([5.0, 20.0]))) == [0, 1]
    seen = pd.DataFrame({"short": [0, 0, 0.1, 0], "a": [3.0, 1.0, 0.1, 2.0], "b": [1.0, 3.0, 0.1, 2.0], "gene": range(4)})
    assert set(module._chosen(seen, ("a", "b"))["gene"]) == {0, 1, 3}
    assert module._chosen(seen[seen["short"] > 0], ("a", "b"))["gene"].tolist() == [2]


def test_the_command_gives_the_same_again(tmp_path, capsys):
    options = ["--replicates", "2", "--points", "8", "--generations", "1", "--worlds", "4", "--want", "jobs_2030>=1"]
    assert main(["goal", "teaching", *options, "--out", str(tmp_path / "a")]) == 0
    first = json.loads((tmp_path / "a" / "goal.json").read_text())
    capsys.readouterr()
    assert main(["goal", "teaching", *options, "--out", str(tmp_path / "b"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert "--want 'jobs_2030>=1'" in first["command"] and (tmp_path / "a" / "goal.xlsx").exists()
