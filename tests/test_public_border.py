"""Whatever may stand behind an argument of a public function: it is used, or refused in one line that can be printed, before any run."""

from __future__ import annotations

import datetime
import importlib
import inspect
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import ecocluster as ec
import ecocluster.scenarios as choices
import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.sweeps import labelled, merge, replay, results, runner, trials
from ecocluster.experiments.worlds import free_worlds
from ecocluster.model.border import NotOfKind, bordered
from ecocluster.model.ensemble import run_ensemble
from ecocluster.model.simulator import Simulator
from ecocluster.viz import write_report
from ecocluster.viz.explain import explain

ROOT = Path(__file__).parents[1]
EXPERIMENT = {"scenario": "teaching", "pathways": ["symbiosis"], "seed": 1, "replicates": 1, "scale": 1.0,
              "design": {"kind": "lhs", "points": 2}, "uncertainties": {"q_in": [0.1, 0.4]}}  # fmt: skip
ENDLESS: list = []
ENDLESS.append(ENDLESS)
VALUES = [
    None, float("nan"), float("inf"), 10**400, 10**5000, -(10**5000), True, -1, 1.5, np.int64(1), np.float32(0.5), np.float64("nan"), np.bool_(True),
    np.str_("teaching"), "", "\ud800", "a\0b", "x" * 5000, "[/x]", "{0}{value}", "a\nb", "\x1b[31m", "https://x/y", "~nosuchuser/x", b"teaching",
    [], ["teaching"], [["a"]], ("a", "b"), [float("nan")], [10**5000], {"a"}, {"extension": float("nan")}, {"extension": 10**5000}, {1: 2},
    ENDLESS, range(3), np.array([1.0, 2.0]), np.array(3), pd.Series([1, 2]), pd.DataFrame({"a": [1]}), pd.NaT, pd.NA, 1j, Decimal("NaN"), Fraction(1, 3),
    datetime.date(2020, 1, 1), object(), int, Path("nowhere.toml"), Path("/dev/zero"), ...,
]  # fmt: skip
FEW = [
    float("nan"),
    10**5000,
    "\ud800",
    b"teaching",
    [10**5000],
    pd.DataFrame({"a": [1]}),
    object(),
]  # where one that is used takes seconds
PROGRAM = {"progress", "on_stop", "make", "lever", "sketch", "registry"}  # called, or handed through


class Reached(Exception):
    """Here it would simulate."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a sweep and tables, an answer, and no simulation from now on."""
    folder = tmp_path_factory.mktemp("border")
    (folder / "firms.csv").write_text("sector,workers\nfood,12\nfood,3\n")
    (folder / "clusters.csv").write_text("name,firms\nA,12\n")
    ec.sweep(EXPERIMENT, folder / "sweep")
    answer = ec.compare("teaching", ("symbiosis",), fixed=True, replicates=1)

    def reached(*_, **__):
        raise Reached

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Simulator, "__init__", reached)
        patch.chdir(folder)
        yield answer


def of_experiment(key):
    return lambda value: runner.estimate({**EXPERIMENT, key: value})


def of_trial(key):
    return lambda value: trials.run_trials([trials.Trial(**{"scenario": "teaching", key: value})])


def of_case(key):
    return lambda value: analysis("survival")(Case(**{"scenario": "teaching", key: value}))


def of_choices(key):
    return lambda value: choices.read_firms("firms.csv", choices.Choices(**{key: value}))


def analysis(name):
    return getattr(importlib.import_module(f"ecocluster.experiments.analyses.{name}"), name)


ANALYSES = re.findall(r"`(\w+)\.\1`", (ROOT / "docs" / "public.md").read_text(encoding="utf-8"))


def calls(answer):
    """Each public function with sound arguments, and the arguments that are attacked beside them."""
    site = choices.load_scenario("teaching").site
    arms = [choices.make_arm(name, site=site) for name in ("null", "symbiosis")]
    policy, one = choices.load_policy("korea"), {"value": None}
    found = {
        "compare": (ec.compare, {"scenario": "teaching", "pathways": ("symbiosis",)}),
        "run": (ec.run, {"scenario": "teaching"}),
        "sketch": (lambda **given: next(iter(ec.sketch(**given))), {"scenario": "teaching", "pathways": ["symbiosis"], "policy": "korea", "threads": 1, "worlds": 2}),
        "load_scenario": (ec.load_scenario, {"name_or_path": "teaching"}), "load_module": (ec.load_module, {"which": "x.py"}),
        "explain": (explain, {"answer": answer}), "write_report": (write_report, {"comparison": answer, "out": "clusters.csv"}),
        "sweep": (ec.sweep, {"asked": EXPERIMENT, "out": "other"}), "estimate": (runner.estimate, {"asked": EXPERIMENT}),
        "resume": (runner.resume, {"out": "sweep"}), "rerun": (runner.rerun, {"out": "sweep"}), "effects": (results.effects, {"out": "sweep"}),
        "export": (results.export, {"out": "sweep", "file": "x.txt"}), "load": (results.load, {"out": "sweep"}), "status": (results.status, {"out": "sweep"}),
        "to_xarray": (labelled.to_xarray, {"out": "sweep"}), "replay": (replay.replay, {"out": "sweep", "point": 0, "replicate": 0}),
        "merge": (merge.merge, {"parts": ["sweep", "sweep"], "out": "merged"}), "run_trials": (trials.run_trials, {"trials": [trials.Trial("teaching")]}),
        "free_worlds": (free_worlds, {"count": 1}), "run_ensemble": (run_ensemble, {"site": site, "arms": arms}),
        "apply_policy": (choices.apply_policy, {"programme": choices.load_pathway("symbiosis"), "policy": policy}),
        "choose_arm": (choices.choose_arm, {"pathway": "symbiosis", "site": site, "policy": "korea", "budget_bn": 1.0}),
        "combine_policies": (choices.combine_policies, {"name": "x", "parts": [policy]}), "describe": (choices.describe, {"name": "teaching"}),
        "load_law": (choices.load_law, {"name": "middle"}), "load_pathway": (choices.load_pathway, {"name": "symbiosis"}),
        "load_policy": (choices.load_policy, {"name": "korea"}), "load_portfolio": (choices.load_portfolio, {"name": "by-sector", "site": site}),
        "load_shocks": (choices.load_shocks, {"name": "default"}), "make_arm": (choices.make_arm, {"pathway": "symbiosis"}),
        "new_province": (choices.new_province, {"name": "x1", "clusters": "clusters.csv", "out_dir": "made"}),
        "new_scenario": (choices.new_scenario, {"name": "x2", "firms": "firms.csv", "out_dir": "made"}),
        "read_firms": (choices.read_firms, {"path": "firms.csv"}), "site_id": (choices.site_id, {"name": "teaching"}),
        "validate_file": (choices.validate_file, {"path": "firms.csv"}), "with_levers": (choices.with_levers, {"arm": arms[1], "levers": {"extension": 0.5}}),
        **{name: (analysis(name), {"case": Case("teaching")}) for name in ANALYSES},
        **{f"experiment.{key}": (of_experiment(key), one) for key in (*EXPERIMENT, "policy", "law", "budget_bn", "levers", "outcomes", "steps", "mode")},
        **{f"trial.{key}": (of_trial(key), one) for key in inspect.signature(trials.Trial).parameters},
        **{f"case.{key}": (of_case(key), one) for key in inspect.signature(Case).parameters},
        **{f"choices.{key}": (of_choices(key), one) for key in inspect.signature(choices.Choices).parameters},
    }  # fmt: skip
    if importlib.util.find_spec("mesa"):
        found["ClusterModel"] = (ec.ClusterModel, {"scenario": "teaching", "pathway": "symbiosis"})
    return found


def outcome(function, given) -> str:
    """ "used", or "refused" in one line that can be printed; whatever else is raised is a fault."""
    try:
        function(**given)
    except Reached:
        return "used"
    except ValueError as error:
        text = str(error)
        text.encode()
        ours = type(error).__name__ in ("ScenarioError", "InputError", "ModuleError", "NotOfKind")
        assert ours or re.match(r"[a-z_.\[\]']+( = |: )|you have to pass|the first arm", text), (
            f"{type(error).__name__}: {text[:200]}"
        )
        assert text.strip() and "\n" not in text and len(text) < 6000
        return "refused"
    return "used"


def test_whatever_stands_behind_an_argument_is_used_or_refused(place):
    faults, counts = [], {"used": 0, "refused": 0}
    for name, (function, sound) in calls(place).items():
        taken = {key for key, entry in inspect.signature(function).parameters.items() if entry.kind is not entry.VAR_KEYWORD}
        for key in sorted((taken | set(sound)) - PROGRAM):
            for number, value in enumerate(FEW if function.__module__.startswith("ecocluster.experiments.analyses.") else VALUES):
                if (name, key) == ("write_report", "out") and not isinstance(value, bytes) or (key == "case" and value is None):
                    continue  # a whole report, a whole city
                try:
                    counts[outcome(function, {**sound, key: value})] += 1
                except Exception as error:
                    faults.append(
                        f"{name}({key}: value {number}, {type(value).__name__}): {type(error).__name__}: {str(error)[:150]}"
                    )
    assert not faults, f"{len(faults)} faults\n" + "\n".join(faults[:60])
    assert counts["used"] > 150 and counts["refused"] > 4000, counts


def test_every_public_function_stands_at_the_border():
    """Those that take an argument; what a module declares has checks of its own."""
    text = (ROOT / "docs" / "public.md").read_text(encoding="utf-8")
    for module, names in re.findall(r"^\| `(ecocluster[\w.]*)` \| (.*?) \|", text, re.M):
        if module in ("ecocluster.model.modules", "ecocluster.model.acting"):
            continue
        for name in re.findall(r"`(\w+)`", names):
            made = getattr(importlib.import_module(module), name)
            if inspect.isfunction(made) and inspect.signature(made).parameters and name != "evaluate":  # in a source of kernels
                inner = made
                while hasattr(inner, "__wrapped__") and "border" not in inner.__code__.co_filename:
                    inner = inner.__wrapped__
                assert "border" in inner.__code__.co_filename, f"{module}.{name}"


def test_what_is_as_annotated_goes_in_as_it_is():
    """Control: lists in their forms, numbers of NumPy, pairs."""

    @bordered
    def taken(
        names: str | list[str | Path] | None = None, count: int = 1, pairs: tuple[tuple[str, float], ...] = (), **more: float
    ):
        return names, count, pairs, more

    assert taken("a", np.int64(3)) == ("a", 3, (), {})
    assert type(taken(count=np.int64(3))[1]) is int
    assert taken(x for x in "ab")[0] == ("a", "b") == taken(np.array(["a", "b"]))[0] == taken(pd.Series(["a", "b"]))[0]
    assert taken(pairs=[("a", np.float64(1.0))], other="x") == (None, 1, (("a", 1.0),), {"other": "x"})
    for wrong in (
        {"names": 3},
        {"names": [3]},
        {"names": {"a"}},
        {"count": "3"},
        {"count": True},
        {"pairs": [("a", 1.0, 2.0)]},
        {"pairs": [("a",)]},
    ):
        with pytest.raises(NotOfKind, match=r"taken: \w+ must be .*, not \w+"):
            taken(**wrong)
    with pytest.raises(TypeError, match="multiple values"):
        taken("a", names="b")
