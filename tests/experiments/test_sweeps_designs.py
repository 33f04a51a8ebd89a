"""Experiment files and designs: what is asked for is what is laid out, and bad files are told in a line."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.experiments.sweeps.chunks import JOINED_FACTORS, chunk_sizes, chunks_of
from ecocluster.experiments.sweeps.designs import KINDS, Design, Factor, make_points
from ecocluster.experiments.sweeps.experiment import (
    FRONTIER,
    ExperimentFile,
    load_experiment,
    make_experiment,
)
from ecocluster.experiments.sweeps.outcomes import HEADLINES
from ecocluster.experiments.sweeps.ranges import lever_ranges, uncertainty_ranges
from ecocluster.model.parameters import PARAMETERS
from ecocluster.scenarios import ScenarioError, load_scenario

NEEDED = {"scenario": "nguyen-khe", "pathways": ["combined"], "design": {"kind": "lhs", "points": 8}, "replicates": 2, "seed": 1}
FACTORS = tuple(Factor(uncertainty_ranges()[name]) for name in ("electricity_growth", "cost.study", "q_in"))
SWITCH = Factor(lever_ranges()["admission"], lever=True)


def unit(points, factors=FACTORS):
    """Back to the unit cube."""
    columns = []
    for factor, column in zip(factors, points.T, strict=True):
        low, high = factor.range.low, factor.range.high
        if factor.range.law == "loguniform":
            columns.append(np.log(column / low) / np.log(high / low))
        else:
            columns.append((column - low) / (high - low))
    return np.column_stack(columns)


@pytest.mark.parametrize("kind", ["lhs", "sobol", "saltelli", "morris", "nested"])
def test_random_designs_are_scrambled_by_the_seed_and_zero_is_one(kind):
    design = Design(kind, points=16, levels=4)
    laid = {seed: make_points(design, FACTORS, seed) for seed in (0, 1, 2**62)}
    assert np.array_equal(laid[0], make_points(design, FACTORS, 0))
    assert len({points.tobytes() for points in laid.values()}) == 3
    for points in laid.values():
        for j, factor in enumerate(FACTORS):
            assert (points[:, j] >= factor.range.low).all() and (points[:, j] <= factor.range.high).all()


def test_a_latin_hypercube_has_one_point_in_every_slice():
    u = unit(make_points(Design("lhs", points=40), FACTORS, 3))
    assert (np.sort((u * 40).astype(int), axis=0) == np.arange(40)[:, None]).all()


def test_a_sobol_sequence_is_balanced_and_wants_a_power_of_two():
    u = unit(make_points(Design("sobol", points=64), FACTORS, 3))
    assert (np.sort((u * 64).astype(int), axis=0) == np.arange(64)[:, None]).all()
    cells = (u[:, :2] * 8).astype(int)
    assert len(np.unique(cells, axis=0)) == 64  # one point in each of 8 x 8 boxes: no random sample does that
    for kind in ("sobol", "saltelli"):
        with pytest.raises(InputError, match="take 32 or 64"):
            make_points(Design(kind, points=40), FACTORS, 3)


def test_a_full_factorial_and_its_flags():
    points = make_points(Design("full", levels=3), (*FACTORS[:2], SWITCH), 1)
    assert points.shape == (3 * 3 * 2, 3) and len(np.unique(points, axis=0)) == 18
    assert set(points[:, 2]) == {0.0, 1.0} and {points[0, 0], points[-1, 0]} == {FACTORS[0].range.low, FACTORS[0].range.high}
    few = Factor(FACTORS[0].range, values=(0.01, 0.02))
    assert set(make_points(Design("full", levels=5), (few,), 1)[:, 0]) == {0.01, 0.02}
    assert make_points(Design("full"), (), 1).shape == (1, 0)


def test_one_at_a_time_moves_one():
    points = make_points(Design("oat", levels=3), FACTORS, 1)
    default = [factor.range.default for factor in FACTORS]
    assert points.shape == (10, 3) and points[0].tolist() == default
    assert ((points[1:] != default).sum(axis=1) <= 1).all()


def test_morris_trajectories_move_one_factor_a_step():
    points = unit(make_points(Design("morris", points=5, levels=4), FACTORS, 0)).reshape(5, 4, 3)
    moved = (np.abs(np.diff(points, axis=1)) > 1e-9).sum(axis=2)
    assert (moved == 1).all() and np.allclose(np.unique(np.round(points * 3)), [0, 1, 2, 3])


def test_saltelli_matrices_exchange_one_column():
    points = make_points(Design("saltelli", points=8), FACTORS, 0).reshape(8, 5, 3)
    for j in range(3):
        assert np.array_equal(points[:, 1 + j, j], points[:, 4, j])
        others = [k for k in range(3) if k != j]
        assert np.array_equal(points[:, 1 + j][:, others], points[:, 0][:, others])
    assert len(make_points(Design("saltelli", points=8, second_order=True), FACTORS, 0)) == 8 * 8


def test_a_nested_design_crosses_uncertainties_and_levers():
    levers = (SWITCH, Factor(lever_ranges()["extension"], lever=True))
    points = make_points(Design("nested", points=6, lever_points=4), (levers[0], *FACTORS, levers[1]), 1)
    assert points.shape == (24, 5)
    assert len(np.unique(points[:, 1:4], axis=0)) == 6 and len(np.unique(points[:, [0, 4]], axis=0)) <= 4
    assert (points[:4, 1:4] == points[0, 1:4]).all()


def test_too_large_a_design_is_refused_before_it_is_made():
    with pytest.raises(InputError, match="points of the design"):
        make_points(Design("full", levels=100), FACTORS * 3, 1)


def test_the_five_keys_suffice():
    found = make_experiment(NEEDED)
    assert len(found.factors) == sum(q.distribution != "fixed" for q in PARAMETERS.values()) > JOINED_FACTORS
    assert found.outcomes == HEADLINES and found.last_year == 2046 and found.paired and found.budgets_bn == (150.0,)
    assert make_experiment({**NEEDED, "steps": 8}).outcomes[0] == "tco2e_total_2021"
    assert make_experiment({**NEEDED, "mode": "frontier"}).budgets_bn == FRONTIER


def test_ranges_constants_and_values():
    found = make_experiment({
        **NEEDED,
        "uncertainties": {"q_in": [0.2, 0.4], "growth": 0.02, "food": {"margin": {"low": 0.05}}, "hub_base": {"values": [0, 0.05]}},
        "levers": ["extension"],
    })  # fmt: skip
    ranges = {factor.name: (factor.range.low, factor.range.high) for factor in found.factors}
    assert ranges["q_in"] == (0.2, 0.4) and ranges["food.margin"] == (0.05, PARAMETERS["food.margin"].high)
    assert found.constants == (("growth", False, 0.02),) and found.factors[2].values == (0.0, 0.05)
    assert found.factors[-1].lever and found.factors[-1].name == "extension"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"scenari": "x"}, "unknown key; did you mean 'scenario'"),
        ({"replicates": 0}, "replicates = 0"),
        ({"replicates": 2.5}, "replicates"),
        ({"seed": -1}, "seed = -1"),
        ({"pathways": []}, "pathways"),
        ({"pathways": ["null", "null"]}, "named twice"),
        ({"design": {"kind": "lh", "points": 4}}, "design.kind = 'lh'"),
        ({"design": {"kind": "lhs"}}, "design.points: the key is missing for kind 'lhs'"),
        ({"design": {"kind": "lhs", "points": 4, "levels": 3}}, "design.levels: has no meaning for kind 'lhs'"),
        ({"design": {"kind": "lhs", "points": 0}}, "design.points = 0"),
        ({"design": {"kind": "morris", "points": 4, "levels": 3}, "uncertainties": ["q_in"]}, "must be even"),
        ({"design": {"kind": "morris", "points": 4}}, "say what varies"),
        ({"uncertainties": ["electricity_grow"]}, "did you mean 'electricity_growth'"),
        ({"uncertainties": ["q_in", "q_in"]}, "named twice"),
        ({"uncertainties": {"q_in": [0.4, 0.2]}}, "the first must be below the second"),
        ({"uncertainties": {"q_in": [0.4, 7]}}, "uncertainties.q_in = 7: out of range; allowed: 0.1 to 0.7"),
        ({"uncertainties": {"q_in": {"values": []}}}, "neither a number"),
        ({"uncertainties": {"q_in": "high"}}, "not a finite number"),
        ({"levers": {"extension": 2}}, "levers.extension = 2: out of range; allowed: 0 to 1"),
        ({"outcomes": ["tco2_2035"]}, "did you mean 'tco2e_2035'"),
        ({"steps": 102}, "steps = 102"),
        ({"steps": 8, "outcomes": ["jobs_2030"]}, "2030"),
        ({"mode": "equal-outlays"}, "did you mean 'equal-outlay'"),
        ({"budgets_bn": [0, 50]}, "only for mode 'frontier'"),
        ({"target": 0.2}, "only for modes"),
        ({"mode": "equal-abatement", "target": 1.5}, "below 1"),
        ({"budget_bn": -1}, "budget_bn = -1"),
        ({"budget_bn": 150, "site_budget_bn": 2}, "site_budget_bn: stands in place of budget_bn"),
        ({"design": {"kind": "table", "file": "nothing.csv"}}, "nothing.csv: the file does not exist"),
    ],
)
def test_bad_files_are_told_in_a_line(change, part):
    with pytest.raises(ScenarioError) as refused:
        make_experiment({**NEEDED, **change})
    assert part in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_and_its_table(tmp_path):
    frame = pd.DataFrame({"q_in": [0.2, 0.3], "extension": [0.5, 1.0]})
    frame.to_csv(tmp_path / "points.csv", index=False)
    frame.to_parquet(tmp_path / "points.parquet")
    for name in ("points.csv", "points.parquet"):
        file = tmp_path / "experiment.toml"
        file.write_text(
            'scenario = "nguyen-khe"\npathways = ["combined"]\nreplicates = 1\nseed = 1\n'
            f'design = {{ kind = "table", file = "{name}" }}\n[uncertainties]\ngrowth = 0.02\n'
        )
        found = load_experiment(file)
        assert [(factor.name, factor.lever) for factor in found.factors] == [("q_in", False), ("extension", True)]
        assert found.constants == (("growth", False, 0.02),)
    for column, value, part in (("q_inn", 0.2, "q_in"), ("q_in", 9, "row 1"), ("q_in", "x", "row 1")):
        pd.DataFrame({column: [value]}).to_csv(tmp_path / "points.csv", index=False)
        file.write_text(file.read_text().replace("points.parquet", "points.csv"))
        with pytest.raises(ScenarioError, match=part):
            load_experiment(file)


def test_the_reference_names_every_key_and_its_examples_are_valid():
    text = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text(encoding="utf-8")
    table = text.partition("| key |")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", "".join(row.split("|")[1] for row in table.splitlines()[2:]))) == set(
        ExperimentFile.model_fields)  # fmt: skip
    kinds = text.partition("| `kind` |")[2].partition("\n\n")[0]
    assert [row.split("`")[1] for row in kinds.splitlines()[2:]] == list(KINDS)
    first, second = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert len(make_experiment(tomllib.loads(first)).factors) > 25
    both = make_experiment(tomllib.loads(first + second))
    assert len(both.factors) == 4 and len(both.constants) == 1


def test_chunks_cover_every_run_once():
    site = load_scenario("nguyen-khe").site
    for points, arms, stage in ((1000, 1, (0, 1)), (3, 2, (5, 1000)), (7, 5, (0, 4)), (1, 1, (0, 1))):
        sizes = chunk_sizes(site, 2046, arms, stage[1])
        seen = np.zeros((points, stage[1]), int)
        numbers = []
        for chunk in chunks_of(points, sizes, stage):
            first = chunk.first_replicate - stage[0]
            seen[chunk.first_point : chunk.first_point + chunk.points, first : first + chunk.replicates] += 1
            numbers.append(chunk.number)
            assert chunk.points * chunk.replicates * arms <= 200
        assert (seen == 1).all() and numbers == list(range(len(numbers)))
