"""One grammar of outcomes: every name that is given out is read, and every other one is refused with the nearest."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from ecocluster.experiments.analyses.effects import Rule, columns_of, effect
from ecocluster.experiments.columns import columns_of as columns_of_answer
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.outcome import MADE, Outcome, outcome_names, outcome_of
from ecocluster.experiments.sweeps.experiment import make_experiment
from ecocluster.experiments.sweeps.outcomes import HEADLINES, Outcomes, headlines
from ecocluster.model.indicators import DISCOUNTED, INDICATORS, PRESENT, TOTALS, evaluate
from ecocluster.scenarios import ScenarioError
from ecocluster.viz.analyses.page import outcome_label, scaled
from ecocluster.viz.cli import main
from ecocluster.viz.pages.explorer_data import column_factor, column_label
from ecocluster.viz.words import Words
from fakes import make_runs

ROOT = Path(__file__).parents[2]


def test_every_name_is_read_as_what_it_is():
    for key, entry in INDICATORS.items():
        found = outcome_of(f"{key}_2035")
        assert (found.base, found.year, found.total, found.unit) == (key, 2035, False, entry.unit)
        assert found.rate == (entry.kind in ("flow", "money")) and found.columns == (f"{key}_2035",)
    for key in TOTALS:
        found = outcome_of(f"{key}_total_2045")
        assert (found.base, found.total, found.present) == (key, True, False) and not found.unit.endswith("/yr")
    for key in (*PRESENT, *DISCOUNTED):
        found = outcome_of(f"pv_{key}_2030")
        assert (found.base, found.total, found.present) == (key, True, True) and not found.unit.endswith("/yr")
    for key in MADE:
        assert outcome_of(f"{key}_2035").base == key
    assert outcome_of("abatement_share_2035").columns == ("tco2e_total_2035",)
    assert [outcome_of(f"{name}_2035").better for name in ("net_outlay", "abatement", "firms")] == [-1.0, 1.0, 0.0]


def test_what_is_given_out_is_what_is_read():
    """The table of runs, the names that a sweep keeps by default, the columns of an answer. Control: one name more is missed."""
    columns = [name for name in evaluate(make_runs(2)) if name not in ("arm", "replicate", "failed")]
    assert all(isinstance(outcome_of(name), Outcome) for name in (*columns, *HEADLINES))
    assert set(columns) <= set(outcome_names()) and not set((*columns, "tco2e_2031")) <= set(outcome_names())
    assert all(name == found.key for name, found in columns_of_answer(columns).items())
    assert headlines(2025) == tuple(f"{name[:-4]}2024" for name in headlines(2031))


WRONG = {
    "tco2e_toal_2035": "tco2e_total_2035", "pv_outlays_2031": "pv_outlay_2031", "levl1_2035": "level1_2035", "abatment_2040": "abatement_2040",
    "jobs_total_2035": "jobs_2035", "pv_tco2e_total_2035": "pv_tco2e_2035", "pv_trust_2035": "trust_2035", "jobs": None, "jobs_35": None, "": None,
    "jobs_1 year": None, "jobs_٢٠٣٥": None, "JOBS_2035": None,
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_refused_everywhere_with_the_nearest_name(name):
    for read in (outcome_of, lambda text: Outcomes([text]), lambda text: columns_of([text]), lambda text: effect(None, text)):
        with pytest.raises(InputError) as error:
            read(name)
        assert error.value.key.startswith("unknown")
        near = WRONG[name]
        assert near is None or near.startswith("abatement") or error.value.fields.get("nearest") == near
    with pytest.raises(InputError) as error:
        outcome_of(name)
    assert near is None or error.value.fields["nearest"] == near
    with pytest.raises(InputError):
        Rule.parse(f"{name}<0.5")


def test_a_year_outside_the_run_is_told_with_the_years_inside():
    with pytest.raises(InputError, match="must lie between 2020 and 2045"):
        outcome_of("jobs_2050")
    with pytest.raises(InputError, match="between 2020 and 2029"):
        Outcomes(["jobs_2030"], last_year=2030)
    assert outcome_of("jobs_2029", last_year=2030).year == 2029
    with pytest.raises(InputError, match="not known"):  # a sweep keeps what runs say; what is made of it comes later
        Outcomes(["abatement_2035"])


def test_a_mistake_in_a_file_and_on_the_command_line(capsys):
    file = {"scenario": "teaching", "pathways": ["combined"], "replicates": 2, "seed": 1, "design": {"kind": "full"}}
    with pytest.raises(ScenarioError, match="did you mean 'jobs_2030'"):
        make_experiment({**file, "outcomes": ["jobz_2030"]})
    for lang in ("en", "vi"):
        assert main(["sensitivity", "teaching", "--outcome", "abatment_2035", "--lang", lang]) == 2
        assert "abatement_2035" in capsys.readouterr().err


def test_labels_units_and_factors_follow():
    say = Words("en")
    assert outcome_label("cod_total_2035", say).endswith("2020-2035") or "2035" in outcome_label("cod_total_2035", say)
    assert outcome_label("tco2e_total_2035", say) != outcome_label("tco2e_2035", say)
    assert scaled("level1_2035", 0.5, say)[0] == 100.0 == column_factor("effect.level1_2035") and column_factor("growth") == 1.0
    assert column_label("private_cost_2035", say) == "private cost, 2035"  # of a former version: nothing is known, all is shown
    assert column_label("level1_2035", say).endswith("(%)")


def test_no_other_place_reads_names():
    """Patterns and cuts that take a name apart stand in one file. Controls: planted ones are found."""
    cuts = re.compile(r"rpartition\(.?_.?\)|\[-4:\]|\\d\{4\}|removesuffix\(.?_total|removeprefix\(.?pv_|endswith\(.?_total")
    for room in ("experiments", "viz", "scenarios"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, (ast.Call, ast.Subscript)):
                    found = cuts.search(ast.unparse(node))
                    assert not found or path.name in ALLOWED, f"{path}: {ast.unparse(node)}"
    for planted in ("name.rpartition('_')", "column[-4:]", "base.removesuffix('_total')"):
        assert cuts.search(planted)


ALLOWED = {"outcome.py"}


def test_the_table_of_runs_and_a_run_of_a_sweep_say_the_same():
    """To the bit, and it is what numpy would add up."""
    runs = make_runs(1)
    series = np.zeros((105, len(INDICATORS)))
    for name, values in zip(runs.keys, np.moveaxis(runs.series[1, 0], 1, 0), strict=True):
        series[:, list(INDICATORS).index(name)] = values
    table = evaluate(runs)
    names = [
        name for name in table if name not in ("arm", "replicate", "failed") and outcome_of(name).base not in ("offered", "spent")
    ]
    read = Outcomes(names).read(series, 0.05)
    assert np.array_equal(read, table.iloc[1][names].to_numpy(float), equal_nan=True)
    tonnes, money = (series[1:, list(INDICATORS).index(key)] for key in ("tco2e", "outlay"))
    assert read[names.index("tco2e_total_2035")] == pytest.approx(tonnes[:64].sum() / 4)
    assert read[names.index("tco2e_2035")] == pytest.approx(tonnes[60:64].mean())
    assert read[names.index("pv_outlay_2035")] == pytest.approx((money[:64] / 4 / 1.05 ** ((np.arange(64) + 0.5) / 4)).sum())
