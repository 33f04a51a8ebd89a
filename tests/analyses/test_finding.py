"""The frame: cases, findings that can be kept and read again, their pages in both languages."""

import json
import re
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from babel.messages.pofile import read_po
from ecocluster.experiments.analyses.effects import Rule, better, by_trial, columns_of, effect, luck_share
from ecocluster.experiments.analyses.finding import Case, Finding, as_facts, read_finding
from ecocluster.experiments.analyses.frontier import frontier
from ecocluster.experiments.analyses.uncertainties import STRONG, chosen, points, unit_points
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.statistics import Estimate
from ecocluster.model.parameters import PARAMETERS, drawn_names
from ecocluster.viz.analyses.page import cell, spell, write_finding, write_pages
from ecocluster.viz.cli import main
from ecocluster.viz.words import LANGUAGES, Words
from fake_trials import by_share, install

VIZ = files("ecocluster.viz")
FIRST = ("sensitivity", "discover", "robust", "frontier", "superadditivity", "survival")


def a_finding(**facts):
    table = pd.DataFrame({"pathway": ["null", "symbiosis"], "mean": [0.1, 1 / 3], "reason": ["", "none"], "low": [np.nan, -np.inf]})
    return Finding("frontier", "ecocluster frontier", table, facts, {"more": pd.DataFrame({"x": [1, 2]})})


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("replicates", 0, "below"),
        ("seed", -1, "below"),
        ("budget_bn", -5.0, "below"),
        ("budget_bn", float("nan"), "not_number"),
        ("threads", 0, "below"),
        ("site_budget_bn", -1.0, "below"),
        ("replicates", 2.5, "not_integer"),
    ],
)
def test_a_case_refuses_what_cannot_be_run(field, value, key):
    with pytest.raises(InputError) as error:
        Case(**{field: value})
    assert error.value.key == key and f"--{field.removesuffix('_bn').replace('_', '-')}" in str(error.value)


def test_the_command_gives_what_was_asked():
    case = Case("teaching", pathway="symbiosis", budget_bn=75.0, seed=0, replicates=3)
    text = case.command("discover", failure="level1_2035<0.5", points=40, uncertainties=("a", "b"), part=True, x=False)
    assert text == (
        "ecocluster discover teaching --pathway symbiosis --budget 75 --replicates 3 --seed 0 "
        "--failure 'level1_2035<0.5' --points 40 --uncertainties a,b --part"
    )
    frame = pd.DataFrame({"a": [1]})
    assert Finding("discover", text, frame, {}, {}).scenario == "teaching"
    assert Finding("hypotheses", "ecocluster hypotheses --quick", frame, {}, {}).scenario == ""


def test_facts_are_what_json_has():
    facts = as_facts(
        {"a": np.nan, "b": np.float64(2), "c": np.arange(2), "d": Estimate(1.0, np.nan, 2.0, 3, "why"), "e": (np.inf,)}
    )
    assert facts == {"a": None, "b": 2.0, "c": [0, 1], "d": {"mean": 1.0, "low": None, "high": 2.0, "runs": 3, "reason": "why"},
                     "e": [None]}  # fmt: skip
    json.dumps(facts, allow_nan=False)


def test_a_finding_comes_back_from_its_folder(tmp_path):
    made = a_finding(best={"mean": 1 / 3, "low": float("nan")})
    made.write(tmp_path / "out")
    again = read_finding(tmp_path / "out")
    assert (again.name, again.command, again.facts) == (made.name, made.command, made.facts)
    assert again.table["pathway"].tolist() == ["null", "symbiosis"]  # a name, not a missing value
    np.testing.assert_array_equal(again.table[["mean", "low"]], made.table[["mean", "low"]])
    assert again.data["more"].equals(made.data["more"])
    assert made.files() == a_finding(best={"mean": 1 / 3, "low": float("nan")}).files()


def test_a_folder_without_a_finding_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text('{"tables": ["table"]}')
    for folder in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(InputError) as error:
            read_finding(folder)
        assert error.value.key == "not_a_finding"


def test_foreign_files_are_never_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError):
        a_finding().write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_failed_runs_are_counted_and_left_out(monkeypatch):
    install(monkeypatch, by_share(lambda trial, replicate: "broken" if replicate == 1 else 0.1))
    case = Case(replicates=3)
    frame = case.run([case.trial()], ["abatement_share_2035"])
    assert frame["replicate"].tolist() == [0, 2] and frame.attrs["failed"] == 1
    install(monkeypatch, by_share(lambda trial, replicate: "broken"))
    with pytest.raises(InputError, match="broken"):
        case.run([case.trial()], ["abatement_share_2035"])


def test_effects_are_differences_to_the_null():
    frame = pd.DataFrame({"trial": [0, 0, 1], "tco2e_total_2035": [90.0, 80, 100], "null.tco2e_total_2035": [100.0, 100, 0],
                          "pv_outlay_2035": [5.0, 5, 5], "null.pv_outlay_2035": [1.0, 1, 1],
                          "pv_receipts_2035": [2.0, 2, 2], "null.pv_receipts_2035": [1.0, 1, 1],
                          "pv_tco2e_2035": [90.0, 80, 100], "null.pv_tco2e_2035": [95.0, 95, 95],
                          "pv_cod_2035": [1.0, 1, 1], "null.pv_cod_2035": [2.0, 2, 2],
                          "pv_social_cost_2035": [4.0, 4, 4], "null.pv_social_cost_2035": [1.0, 1, 1]})  # fmt: skip
    assert effect(frame, "abatement_2035").tolist() == [10, 20, -100]
    share = effect(frame, "abatement_share_2035")
    assert share[:2].tolist() == [0.1, 0.2] and np.isnan(share[2])
    assert effect(frame, "net_outlay_2035").tolist() == [3, 3, 3]
    assert effect(frame, "abatement_pv_2035").tolist() == [5, 15, -5]
    assert effect(frame, "net_benefit_2035").tolist() == [5 + 7.5 - 3, 15 + 7.5 - 3, -5 + 7.5 - 3]
    assert by_trial(frame, share, 3)[0] == pytest.approx(0.15) and np.isnan(by_trial(frame, share, 3)[1:]).all()
    assert columns_of(["abatement_2035", "net_outlay_2035", "abatement_share_2035"]) == [
        "tco2e_total_2035",
        "pv_outlay_2035",
        "pv_receipts_2035",
    ]
    assert (better("net_outlay_2035"), better("abatement_2030"), better("cod_2035"), better("firms_2035")) == (-1, 1, -1, 0)


@pytest.mark.parametrize(("name", "near"), [("abatment_2035", "abatement_2035"), ("levl1_2035", "level1_2035")])
def test_an_unknown_outcome_names_the_nearest(name, near):
    with pytest.raises(InputError, match=near):
        columns_of([name])
    with pytest.raises(InputError):
        columns_of(["abatement_2099"])


def test_rules():
    rule = Rule.parse(" level1_2035 >= .5")
    assert str(rule) == "level1_2035>=0.5"
    assert rule.holds(np.array([0.5, 0.4, np.nan])).tolist() == [True, False, False]
    for text in ("level1_2035", "level1_2035<x", "level1_2035=1", "<3"):
        with pytest.raises(InputError) as error:
            Rule.parse(text)
        assert error.value.key == "not_a_rule"


def test_share_of_luck():
    """Points that differ by a constant have none; what replicates do differently at each point is all luck."""
    trial, replicate = np.repeat(np.arange(40), 4), np.tile(np.arange(4), 40)
    frame, noise = pd.DataFrame({"trial": trial, "replicate": replicate}), np.random.default_rng(1).normal(size=160)
    assert luck_share(frame, trial + 10.0 * replicate) == pytest.approx(0, abs=1e-12)
    assert luck_share(frame, noise) > 0.6
    assert luck_share(frame, 0.2 * trial + noise) < 0.2


def test_strong_uncertainties_are_at_most_25_with_a_range_and_a_name():
    assert len(STRONG) <= 25 and len(set(STRONG)) == len(STRONG)
    for name in STRONG:
        assert PARAMETERS[name].low < PARAMETERS[name].high
        for lang in LANGUAGES:
            assert Words(lang).name("parameter", name) != name
    assert chosen(None) == chosen(()) == STRONG and chosen(["growth"]) == ("growth",)
    many = list(drawn_names())[:40]
    assert chosen(many) == tuple(many), "a screening may name any number"
    for names, key in ((["growht"], "unknown_near"), (["growth", "growth"], "duplicate"), (["cit_rate"], "no_range")):
        with pytest.raises(InputError) as error:
            chosen(names)
        assert error.value.key == key


def test_points_follow_the_ranges_and_seed_0_is_a_seed():
    u = unit_points("lhs", 50, 2, 0)
    assert not np.array_equal(u, unit_points("lhs", 50, 2, 1)) and np.array_equal(u, unit_points("lhs", 50, 2, 0))
    values, at = points(("growth", "cost.hub_fixed"), u)
    assert at[7] == {"growth": values[7, 0], "cost.hub_fixed": values[7, 1]}
    for k, name in enumerate(("growth", "cost.hub_fixed")):
        assert values[:, k].min() >= PARAMETERS[name].low and values[:, k].max() <= PARAMETERS[name].high


def test_numbers_with_intervals_are_spelt_and_set():
    say = Words("en")
    assert spell({"mean": 1.23, "low": 1.0, "high": 1.5}, say, 1) == "1.2 (1.0 to 1.5)"
    assert spell({"mean": 1.23, "low": None, "high": None}, say, 1) == "1.2"
    assert spell({"mean": None, "low": None, "high": None}, say) == "–" == spell(None, say)
    assert cell({"mean": 2.0, "low": 1.0, "high": 3.0}, say, 0) == "2 ±1"


def paid(trial, replicate):
    """What money buys, the more the more."""
    tonnes = 1e5 - trial.budget_bn * (10 + replicate), 1e5
    return {
        "tco2e_total_2035": tonnes, "pv_outlay_gross_2035": (trial.budget_bn * 30, 0.0), "pv_social_cost_2035": (trial.budget_bn * 20, 0.0),
        "pv_tco2e_2035": tonnes, "level1_2035": (1.0, 0.0),
    }  # fmt: skip


def test_findings_join_to_one_report_in_either_language(monkeypatch, tmp_path):
    install(monkeypatch, paid)
    made = frontier(Case(replicates=4), pathways=["symbiosis"], budgets_bn=[0, 100])
    write_finding(made, tmp_path / "a", "en")
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {"table.csv", "facts.json", "figure.png", "figure.svg", "report.html", "manifest.json"}
    write_pages([tmp_path / "a", tmp_path / "a"], tmp_path / "b", "vi")
    html = (tmp_path / "b" / "report.html").read_text(encoding="utf-8")
    assert 'lang="vi"' in html and html.count("<section") == 2 and "Đường biên" in html and "--lang vi" in html
    assert "http://" not in re.sub(r"base64,[^\"]*", "", html) and "https://" not in html


def test_a_command_writes_its_folder_prints_json_and_refuses_in_one_line(monkeypatch, tmp_path, capsys):
    install(monkeypatch, by_share(lambda trial, replicate: 0.01 * replicate + trial.budget_bn / 1e4))
    out = tmp_path / "out"
    assert (
        main(["robust", "--points", "10", "--grid", "0", "--rules", "abatement_share_2035>=0.1", "--json", "--out", str(out)]) == 0
    )
    answer = json.loads(capsys.readouterr().out)
    assert answer["name"] == "robust" and len(answer["table"]) == 4 and (out / "report.html").exists()
    assert answer["command"].startswith("ecocluster robust nguyen-khe") and "--points 10" in answer["command"]
    assert main(["robust", "--points", "3", "--out", str(tmp_path / "no"), "--lang", "vi"]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "--points" in told and not (tmp_path / "no").exists()
    assert main(["report", str(tmp_path)]) == 2 and main(["frontier", "--budgets", "1,x"]) == 2


def test_an_interrupted_command_leaves_nothing(monkeypatch, tmp_path):
    def stop(trial, replicate):
        raise KeyboardInterrupt

    install(monkeypatch, stop)
    assert main(["frontier", "--out", str(tmp_path / "out")]) == 130
    assert not list(tmp_path.iterdir())


def catalogue(lang, domain="analyses"):
    with (VIZ / "locale" / lang / "LC_MESSAGES" / f"{domain}.po").open("rb") as stream:
        return {message.id: message.string for message in read_po(stream) if message.id}


def test_every_analysis_has_its_words():
    known = catalogue("en")
    for name in FIRST:
        assert {f"{family}.{name}" for family in ("title", "asks", "how", "caption", "help")} <= known.keys()
        source = (VIZ / "analyses" / f"{name}.py").read_text(encoding="utf-8")
        used = set(re.findall(rf'"({name}\.\w+)"', source))
        assert used and not used - known.keys()
    shared = (VIZ / "analyses" / "page.py").read_text(encoding="utf-8") + (VIZ / "templates" / "findings.html.j2").read_text(
        "utf-8"
    )
    assert not set(re.findall(r'"(finding\.\w+)"', shared)) - known.keys()


# --- folders that somebody edited ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    install(monkeypatch, paid)
    return write_finding(frontier(Case(replicates=3), pathways=["combined"], budgets_bn=(0.0, 50.0)), tmp_path / "kept")


def edit(folder, change, sign=True):
    """Change facts.json, and, as somebody who means it, its hash in the manifest as well."""
    import hashlib

    kept = json.loads((folder / "facts.json").read_text())
    change(kept)
    data = json.dumps(kept).encode()
    (folder / "facts.json").write_bytes(data)
    if sign:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"]["facts.json"] = hashlib.sha256(data).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("sign", [True, False])
@pytest.mark.parametrize(
    "change",
    [
        lambda kept: kept.update(name="os"),
        lambda kept: kept.update(name="..pages.frame"),
        lambda kept: kept.update(name="causes"),
        lambda kept: kept.update(name=["frontier"]),
        lambda kept: kept.update(name="trust"),
        lambda kept: kept.update(facts={}),
        lambda kept: kept.update(facts=[]),
        lambda kept: kept.update(facts=None),
        lambda kept: kept.update(command=3),
        lambda kept: kept["facts"].update(outcome="none_2035"),
        lambda kept: kept["facts"].update({key: None for key in list(kept["facts"])}),
        lambda kept: kept["facts"].update({key: "x" for key in list(kept["facts"])}),
        lambda kept: kept["facts"].update({key: 1e400 for key in list(kept["facts"])}),
        lambda kept: kept.clear(),
    ],
)
def test_a_report_on_an_edited_folder_is_refused_in_one_line(folder, capsys, monkeypatch, tmp_path, change, sign):
    """Whatever was changed, nothing is imported by a name that a file gives, and nothing is written."""
    asked = []
    monkeypatch.setattr(
        "ecocluster.viz.analyses.page.import_module",
        lambda name, package: asked.append(name) or __import__("importlib").import_module(name, package),
    )
    edit(folder, change, sign)
    code = main(["report", str(folder), "--out", str(tmp_path / "report")])
    told = capsys.readouterr().err
    assert code == 2 and told.count("\n") == 1 and "unexpected" not in told, told
    assert set(asked) <= {".frontier", ".trust"} and not (tmp_path / "report").exists()


def test_the_folder_as_it_was_written_is_told(folder, tmp_path):
    """Control of the one above."""
    assert main(["report", str(folder), "--out", str(tmp_path / "report")]) == 0


def test_whoever_tells_a_finding_is_known():
    """Every module beside the page that tells one, and no other."""
    from ecocluster.viz.analyses.page import TOLD

    folder = VIZ.joinpath("analyses")
    telling = {
        path.name.removesuffix(".py")
        for path in folder.iterdir()
        if path.name.endswith(".py") and "def words(" in path.read_text(encoding="utf-8")
    }
    assert set(TOLD) == telling - {"page", "causes"}


@pytest.mark.parametrize(("outcome", "column"), [("abatement_share_2035", "tco2e_total_2035"), ("cod_avoided_share_2035", "cod_total_2035"),
                                                 ("landfill_avoided_share_2035", "landfilled_total_2035")])  # fmt: skip
def test_a_share_of_what_is_avoided_is_of_what_the_law_alone_emits(outcome, column):
    frame = pd.DataFrame({column: [75.0, 120.0, 1.0], f"null.{column}": [100.0, 100.0, 0.0]})
    assert columns_of([outcome]) == [column]
    np.testing.assert_allclose(effect(frame, outcome), [0.25, -0.2, np.nan])
