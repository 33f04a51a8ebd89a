"""One question, however it is asked: options, file, page and printed command lead to the same, for every command that asks one."""

import inspect
import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.comparing import compare, run
from ecocluster.experiments.configuration import read_config, write_config
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.question import COMMANDS, FIELDS, Question, ask, command_line, option_words
from ecocluster.experiments.sweeps.experiment import ExperimentFile
from ecocluster.experiments.sweeps.trials import Trial
from ecocluster.viz.cli import app, main
from ecocluster.viz.commands import analyses, causes, runs, waiving

OF_QUESTIONS = {"run", "compare", "waiving"}
VALUES = {
    "scenario": "my town/site.toml", "pathway": "symbiosis", "pathways": ("null", "law", "combined", "mine/of us.toml"), "policy": "korea", "law": "strict",
    "worlds": 7, "fixed": True, "replicates": 3, "replicate": 5, "budget_bn": 12345.6789, "site_budget_bn": 0.1 + 0.2,
    "levers": (("certainty", 0.1 + 0.7), ("planned.extension", 1 / 3)), "scale": None, "equal": True, "tuned": None, "seed": 2**63 - 1,
}  # fmt: skip


def heard(command, words, monkeypatch):
    """What a command gives to whatever answers it."""
    found = {}

    class Enough(Exception):
        pass

    def answer(*places, **given):
        found.update(given, **dict(zip(("scenario", "pathways", "policy"), places, strict=False)))
        raise Enough

    module = {"waiving": waiving, "run": runs, "compare": runs}.get(
        command, analyses if hasattr(analyses, f"{command}_command") else causes
    )
    if command in OF_QUESTIONS:
        where = "ecocluster.experiments.waiving.waiving" if command == "waiving" else f"ecocluster.experiments.{command}"
        monkeypatch.setattr(where, answer)
    elif command == "goal":
        own = COMMANDS["goal"]
        monkeypatch.setattr(
            "ecocluster.experiments.analyses.goal.goal",
            lambda case, *_, **__: answer(**{name: getattr(case, name) for name in own}),
        )
    else:
        monkeypatch.setattr(module, "conduct", lambda name, analyse, asked, *rest: answer(**asked))
    with pytest.raises(Enough):
        group = typer.main.get_command(app)
        with group.make_context("ecocluster", words) as context:
            group.invoke(context)
    return {name: found[name] for name in COMMANDS[command]}


def cases():
    """Of each command: nothing said, each thing alone, and everything."""
    for command, asks in COMMANDS.items():
        usual = {**asks, **({"fixed": True} if "fixed" in asks else {})}
        yield command, usual
        for name in asks:
            if name in ("fixed", "worlds"):
                continue
            yield command, {**usual, name: VALUES[name]}
        whole = {name: VALUES[name] for name in asks}
        yield command, {**whole, "worlds": None} if "worlds" in asks else whole
        if "worlds" in asks:
            yield command, {**whole, "fixed": False}


@pytest.mark.parametrize(("command", "values"), list(cases()))
def test_the_printed_command_asks_the_same(command, values, monkeypatch, tmp_path):
    """Options to values to the printed command and back, by a shell's own reading."""
    monkeypatch.chdir(tmp_path)
    text = command_line(command, values)
    assert shlex.split(text)[:2] == ["ecocluster", command]
    assert heard(command, shlex.split(text)[1:], monkeypatch) == values


@pytest.mark.parametrize("changes", [
    {}, {"fixed": True}, {"fixed": True, "replicates": 7}, {"worlds": 9, "replicates": 3}, {"budget_bn": 12345.6789, "site_budget_bn": 1 / 3},
    {"levers": {"certainty": 1 / 3, "planned.extension": 0.9}}, {"scale": None}, {"scale": 1 / 3}, {"equal": True}, {"seed": 2**63 - 1},
    {"scenario": "my town.toml", "pathways": ("mine.toml", "combined"), "policy": "own.toml", "law": "strict"}, {"seed": 0, "policy": "korea"},
])  # fmt: skip
def test_a_question_comes_back_from_its_file_and_its_command(changes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    question = ask(**{"scenario": "teaching", **changes})
    Path("asked.toml").write_text(write_config(question), encoding="utf-8")
    again = ask(**read_config("asked.toml"))
    assert again == question == ask(**question.asked)
    for command in ("compare", "waiving"):
        text = command_line(command, again.asked)
        found = heard(command, shlex.split(text)[1:], monkeypatch)
        left = {name: value for name, value in question.asked.items() if name not in COMMANDS[command]}
        assert ask(**{**found, **left}) == question
    assert main(["compare", "--config", "asked.toml", "--out", "asked.toml"]) == 2  # the file is read, then the folder is refused


def test_paths_count_from_the_folder_of_the_file(tmp_path):
    file = tmp_path / "deep" / "asked.toml"
    file.parent.mkdir()
    file.write_text(
        'type = "comparison"\nscenario = "site.toml"\npathways = ["a.toml", "combined"]\npolicy = "p.toml"\nlaw = "strict"\n'
    )
    found = read_config(file)
    assert found["scenario"] == str(file.parent / "site.toml") and found["pathways"] == [str(file.parent / "a.toml"), "combined"]
    assert found["policy"] == str(file.parent / "p.toml") and found["law"] == "strict"


def test_a_case_prints_what_its_command_takes():
    """Control: an option that the command does not have is none that is printed."""
    case = Case("teaching", policy="korea", law="strict", budget_bn=75.0, replicates=3)
    for command in COMMANDS.keys() - OF_QUESTIONS:
        words = case.command(command)
        assert ("--policy korea" in words) == ("policy" in COMMANDS[command]) and ("--law strict" in words) == (
            "law" in COMMANDS[command]
        )
    assert "--policy" not in case.command("solutions") and "--policy" in case.command("barriers")


def test_own_options_come_back_through_a_shell():
    own = {"failure": "level1_2035<0.5", "uncertainties": ("a", "b"), "from": "my folder/s", "part": True, "grid": 0, "x": None, "none": ()}  # fmt: skip
    assert shlex.split(" ".join(option_words(own))) == [
        "--failure", "level1_2035<0.5", "--uncertainties", "a,b", "--from", "my folder/s", "--part", "--grid", "0"]  # fmt: skip


def test_every_place_has_the_same_names_and_defaults():
    """Arguments of Python, fields of the experiment file, options. Control: a default that differs is seen."""

    def defaults(made):
        return {name: entry.default for name, entry in inspect.signature(made).parameters.items() if entry.default is not inspect.Parameter.empty}  # fmt: skip

    def apart(found, asks):
        return {name for name in found.keys() & asks.keys() if found[name] != asks[name] and name not in ("levers", "replicates", "scenario")}  # fmt: skip

    assert not apart(defaults(compare), COMMANDS["compare"]) and not apart(defaults(ask), COMMANDS["compare"])
    assert not apart(defaults(run), COMMANDS["run"])
    for made in (Case, Trial):
        assert not apart({**defaults(made), "pathway": "combined"}, COMMANDS["sensitivity"]), made
    assert not apart(
        {name: field.default for name, field in ExperimentFile.model_fields.items() if not field.is_required()}, COMMANDS["compare"]
    )
    assert apart({"budget_bn": 151.0}, COMMANDS["compare"]) == {"budget_bn"}
    assert set(COMMANDS["compare"]) - {"scenario"} <= set(FIELDS) and set(defaults(compare)) >= set(COMMANDS["compare"])


@pytest.mark.parametrize(
    ("name", "value"),
    [("budget_bn", -1.0), ("budget_bn", float("nan")), ("seed", -1), ("worlds", 101), ("scale", 11.0), ("replicates", 0)],
)
def test_a_number_out_of_range_names_its_option(name, value):
    with pytest.raises(InputError, match=FIELDS[name].option):
        ask("teaching", **{name: value})


def test_the_page_of_a_comparison_asks_the_same():
    """Link to page to question to command and to file; a page holds the defaults until worlds are asked for."""
    pytest.importorskip("solara")
    from ecocluster.viz.pages.compare import State, fields_of

    link = {"site": "teaching", "policy": "korea", "law": "strict", "replicates": "8", "budget_bn": "75.5", "extension": "0.9", "certainty": "0.65"}  # fmt: skip
    state = State(link, "nguyen-khe")
    asked = state.question()
    assert (asked.scenario, asked.policy, asked.law, asked.replicates, asked.budget_bn) == ("teaching", "korea", "strict", 8, 75.5)
    assert dict(asked.levers) == {"extension": 0.9, "certainty": 0.65}
    again = State({name: str(value) for name, value in fields_of(state).items()}, "nguyen-khe")
    assert again.question() == asked == ask(**asked.asked)
    assert replace(asked, budget_bn=1.0) != asked and isinstance(asked, Question)


def test_the_page_of_a_run_prints_what_run_takes(monkeypatch, tmp_path):
    pytest.importorskip("solara")
    from ecocluster.viz.pages.watch import Asked, _command

    monkeypatch.chdir(tmp_path)
    words = shlex.split(_command(Asked("teaching", "symbiosis", "korea", "strict", 75, 3)))
    found = heard("run", words[1:], monkeypatch)
    assert {name: found[name] for name in ("scenario", "pathway", "policy", "law", "budget_bn", "replicate")} == {
        "scenario": "teaching", "pathway": "symbiosis", "policy": "korea", "law": "strict", "budget_bn": 75.0, "replicate": 3}  # fmt: skip


def test_asking_loads_no_model():
    """Control: what compares does."""
    import subprocess
    import sys

    code = "import sys, ecocluster.experiments.{}; print([n for n in ('numba', 'scipy', 'pandas', 'ecocluster.model.state') if n in sys.modules])"
    told = [subprocess.run([sys.executable, "-c", code.format(room)], capture_output=True, text=True, check=True).stdout.strip()
            for room in ("question", "comparing")]  # fmt: skip
    assert told[0] == "[]" and json.loads(told[1].replace("'", '"'))
