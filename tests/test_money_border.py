"""Money that crosses a border carries its unit: in the name of an argument, in the refusal of a file's key, in an option's type."""

import inspect
import json
import re
from importlib import import_module
from pathlib import Path

import pytest
import typer
from ecocluster.experiments import Question, compare
from ecocluster.experiments.analyses.finding import Case, Finding, read_finding
from ecocluster.experiments.analyses.frontier import frontier
from ecocluster.experiments.configuration import read_config
from ecocluster.experiments.sweeps.experiment import ExperimentFile, load_experiment
from ecocluster.experiments.sweeps.results import load
from ecocluster.experiments.sweeps.trials import Trial
from ecocluster.model.renamed import RenamedArgument
from ecocluster.scenarios import Policy, ScenarioError, choose_arm, load_portfolio, load_scenario, make_arm
from ecocluster.scenarios import schema as files
from ecocluster.viz.cli import app, main
from pydantic import BaseModel

ROOT = Path(__file__).parents[1]
BEFORE = Path(__file__).parent / "experiments" / "before"
MONEY = re.compile(r"budget|cost|price|outlay|revenue|amount|money|cash|payment|fee|purse|loan|debt|subsid|spend")
UNIT = re.compile(r"_(bn|mvnd)$")


def arguments_of(made):
    """Names of what a function or class takes, and the methods of the class."""
    takers = [made]
    if inspect.isclass(made):
        takers += [own for name, own in vars(made).items() if callable(own) and not name.startswith("_")]
    for taker in takers:
        try:
            yield from inspect.signature(taker).parameters
        except (TypeError, ValueError):  # a mapping, a tuple, a type of the standard library
            continue


def bare_money(made):
    """Arguments named like money that do not say in which unit."""
    return [name for name in arguments_of(made) if MONEY.search(name) and not UNIT.search(name)]


def public():
    """Every public name, as docs/public.md lists them, and the analyses."""
    text = (ROOT / "docs" / "public.md").read_text(encoding="utf-8")
    for module, names in re.findall(r"^\| `(ecocluster[.\w]*)` \| (.*?) \|", text, re.M):
        for name in re.findall(r"`(\w+)`", names):
            yield f"{module}.{name}", getattr(import_module(module), name)
    for module, name in re.findall(r"`(\w+)\.(\w+)`", text.partition("The analyses (")[2].partition("\n\n")[0]):
        yield name, getattr(import_module(f"ecocluster.experiments.analyses.{module}"), name)


def test_public_arguments_of_money_carry_their_unit():
    """Controls: a function and a method that do not are found, and arguments of money are looked at in all rooms."""
    found = dict(public())
    assert {name: bare for name, made in found.items() if (bare := bare_money(made))} == {}
    seen = {name for name, made in found.items() if any(MONEY.search(argument) for argument in arguments_of(made))}
    assert {"ecocluster.compare", "ecocluster.scenarios.make_arm", "ecocluster.model.ClusterModel", "frontier"} <= seen

    class Planted:
        def pay(self, amount):
            pass

    assert bare_money(lambda site, budget: None) == ["budget"] and bare_money(Planted) == ["amount"]


def numbers_of_money(model):
    """Keys of a file that hold money under a name without its unit."""
    return [name for name, field in model.model_fields.items()
            if MONEY.search(name) and not UNIT.search(name) and "float" in str(field.annotation)]  # fmt: skip


def test_keys_of_files_carry_their_unit_or_are_told_with_it():
    models = [made for made in vars(files).values() if inspect.isclass(made) and issubclass(made, BaseModel)] + [ExperimentFile]
    assert {(model.__name__, name) for model in models for name in numbers_of_money(model)} == {("FirmEntry", "revenue")}
    with pytest.raises(ScenarioError, match="million VND a year"):  # what a firm sells stays in its books' unit
        files.check(files.FirmEntry, {"sector": "food", "workers": 5.0, "revenue": -1.0}, "a file")

    class Planted(BaseModel):
        set_up_cost: float = 0.0

    assert numbers_of_money(Planted) == ["set_up_cost"]


def test_options_of_money_have_their_unit_as_their_type(capsys):
    group, looked = typer.main.get_command(app), 0
    for name, command in group.commands.items():
        for option in getattr(command, "params", []):
            if MONEY.search(option.name) and option.name != "equal":
                looked += 1
                assert "BN_VND" in (option.metavar or ""), (name, option.opts)
    assert looked > 15
    assert main(["compare", "--help"]) == 0 and "BN_VND" in capsys.readouterr().out


# --- the old names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [
    lambda: make_arm("combined", budget=150), lambda: make_arm("combined", site_budget=2),
    lambda: choose_arm("combined", load_scenario("teaching").site, "korea", budget=150),
    lambda: load_portfolio("by-sector", load_scenario("hanoi").site, budget=150_000),
    lambda: compare("teaching", budget=150), lambda: Case(budget=150.0), lambda: Trial(site_budget=2.0),
    lambda: Question("teaching", ("null",), "korea", 1, 1, budget=1.0, site_budget=None),
])  # fmt: skip
def test_the_old_name_is_refused_with_the_new_one(ask):
    with pytest.raises(RenamedArgument, match=r"write (site_)?budget_bn, in bn VND"):
        ask()
    assert issubclass(RenamedArgument, TypeError)


def test_other_old_names_are_refused_too():
    with pytest.raises(RenamedArgument, match="write set_up_cost_bn"):
        Policy("mine", set_up_cost=500.0)
    with pytest.raises(RenamedArgument, match="write budgets_bn"):
        frontier(Case("teaching"), budgets=(0, 50))


def test_money_cannot_be_given_by_its_place():
    """It was in million VND there."""
    with pytest.raises(TypeError):
        make_arm("combined", "vietnam-2020", 150_000.0)


def test_a_pathway_gets_what_its_budget_says():
    site = load_scenario("hanoi").site
    assert make_arm("combined").budget == 150_000.0 == make_arm("combined", budget_bn=150).budget  # the model's own unit
    assert make_arm("combined", budget_bn=150, site=site) == choose_arm("combined", site, "vietnam-2020", budget_bn=150)


# --- files of before ---------------------------------------------------------------------------------------


def test_an_experiment_file_of_before_opens(tmp_path):
    text = 'scenario = "teaching"\npathways = ["combined"]\nreplicates = 2\nseed = 1\ndesign = { kind = "full" }\n'
    old, new = tmp_path / "old.toml", tmp_path / "new.toml"
    for money in ("budget{} = 75.0\n", "site_budget{} = 2.0\n", 'mode = "frontier"\nbudgets{} = [0.0, 50.0]\n'):
        old.write_text(text.replace("design", money.format("") + "design"))
        new.write_text(text.replace("design", money.format("_bn") + "design"))
        found, named = load_experiment(old), load_experiment(new)
        assert (found.budgets_bn, found.site_budget_bn) == (named.budgets_bn, named.site_budget_bn)
    old.write_text(text.replace("design", "budget = 75.0\nbudget_bn = 80.0\ndesign"))
    with pytest.raises(ScenarioError, match="budget: named twice; did you mean 'budget_bn'"):
        load_experiment(old)


def test_a_question_of_before_opens(tmp_path):
    file = tmp_path / "asked.toml"
    file.write_text('type = "comparison"\nbudget = 75.0\nsite_budget = 2.0\n')
    assert read_config(file) == {"budget_bn": 75.0, "site_budget_bn": 2.0}


@pytest.mark.parametrize("kind", ["pathway", "policy"])
def test_a_file_with_a_set_up_cost_of_before_says_what_to_write(kind, tmp_path, capsys):
    """It was in million VND: a silent reading would be a thousand times too much."""
    file = tmp_path / "mine.toml"
    file.write_text(f'type = "{kind}"\nid = "mine"\nset_up_cost = 20000\n')
    for lang, told in (("en", "write set_up_cost_bn, in bn VND"), ("vi", "hãy viết set_up_cost_bn, đơn vị tỷ đồng")):
        assert main(["scenarios", "validate", str(file), "--lang", lang]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and "set_up_cost = 20000" in error and told in error


def test_a_sweep_of_before_opens_with_the_unit_in_its_column():
    assert "budget_bn" in load(BEFORE / "sweep") and "budget" not in load(BEFORE / "sweep")


def test_a_finding_of_before_opens_with_the_units_in_its_names(tmp_path):
    import pandas as pd

    table = pd.DataFrame({"pathway": ["combined"], "budget": [50.0], "cost": [1.0]})
    facts = {"top_budget": 50.0, "most": {"budget": 50.0}, "list": [{"budget": 1.0}]}
    Finding("frontier", "ecocluster frontier teaching", table, facts).write(tmp_path / "f")
    found = read_finding(tmp_path / "f")
    assert list(found.table) == ["pathway", "budget_bn", "cost"]
    assert found.facts == {"top_budget_bn": 50.0, "most": {"budget_bn": 50.0}, "list": [{"budget_bn": 1.0}]}


def test_a_link_of_before_opens():
    """Pages read their fields under the new names; whoever kept a link has the old ones."""
    pytest.importorskip("solara")
    from ecocluster.viz.pages.session import fields_of_address

    assert fields_of_address("site=hanoi&budget=75") == {"site": "hanoi", "budget_bn": "75"}


def test_no_public_table_or_json_of_a_question_names_a_bare_budget(tmp_path):
    answer = compare("teaching", ("combined",), fixed=True, replicates=2)
    assert '"budget"' not in json.dumps(answer.to_json()) and "budget_bn" in vars(answer.question)
