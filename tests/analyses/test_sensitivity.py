"""Sensitivity: Ishigami's function and a planted effect through the whole pipeline; the traps of SALib."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.sensitivity import (
    morris_indices,
    sensitivity,
    sensitivity_of,
    sobol_indices,
)
from ecocluster.experiments.analyses.stored import read_sweep
from ecocluster.experiments.analyses.uncertainties import unit_points
from ecocluster.experiments.errors import InputError
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.analyses import sensitivity as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import by_share, install

NAMES = ("electricity_growth", "b_min", "grid_factor_trend")  # uniform, so probabilities can be read back
FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)  # Ishigami and Homma 1990, a = 7, b = .1


def position(trial, name):
    low, high = PARAMETERS[name].low, PARAMETERS[name].high
    return (trial.uncertainties.get(name, low) - low) / (high - low)


def ishigami(trial, replicate):
    x, y, z = (np.pi * (2 * position(trial, name) - 1) for name in NAMES)
    return 0.001 * (np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)) + 0.01 * replicate


def test_ishigami_through_the_whole_pipeline(monkeypatch):
    """Shuffled rows: results are matched to points by the number of the trial, not by order."""
    install(monkeypatch, by_share(ishigami), shuffle=True)
    found = sensitivity(Case(replicates=2), uncertainties=NAMES, trajectories=20, strongest=3, base=1024)
    table = found.table.set_index("parameter").loc[list(NAMES)]
    assert table["first"].to_numpy() == pytest.approx(FIRST, abs=0.05)
    assert table["total"].to_numpy() == pytest.approx(TOTAL, abs=0.05)
    assert (np.abs(table["total"] - TOTAL) < 2 * table["total_half"] + 0.01).all()
    assert found.facts["luck"] == pytest.approx(0, abs=1e-9)


def test_a_planted_effect_is_found_and_inert_parameters_are_exactly_nil(monkeypatch):
    """Slope .2 over the range of one parameter, luck that all points share: common random numbers take it out."""
    planted = by_share(lambda trial, replicate: 0.1 - 0.2 * position(trial, "b_min") + 0.05 * np.sin(replicate))
    install(monkeypatch, planted)
    found = sensitivity(Case(replicates=3), trajectories=3, strongest=2, base=256)
    table = found.table.set_index("parameter")
    assert found.table["parameter"][0] == "b_min" and len(table) == 25
    assert table.loc["b_min", ["mu", "mu_star"]].tolist() == pytest.approx([-0.2, 0.2])
    assert (table.drop("b_min")["mu_star"].abs() < 1e-12).all()
    assert table.loc["b_min", ["first", "total"]].tolist() == pytest.approx([1, 1], abs=0.03)
    assert found.facts["above"] == 1 and found.facts["floor"] == pytest.approx(0, abs=1e-9)
    assert found.facts["mu"][0] < 0 and found.facts["inert"] == 24


def test_seed_0_is_a_seed_and_the_global_generator_is_left_alone(monkeypatch):
    install(monkeypatch, by_share(ishigami))

    def run(seed):
        return sensitivity(Case(replicates=1, seed=seed), uncertainties=NAMES, trajectories=4, strongest=3, base=16).table

    np.random.seed(5)
    state = np.random.get_state()[1].copy()
    one = run(0)
    assert np.array_equal(np.random.get_state()[1], state)
    np.random.seed(6)
    assert one.equals(run(0)) and not one.equals(run(1))


def test_a_point_without_result_takes_its_trajectory_or_block_along():
    u = unit_points("morris", 6, 3, 1)
    y = u @ [1.0, 2.0, 0.0]
    y[5] = np.nan
    assert morris_indices(u, y, 1)["mu"].to_numpy() == pytest.approx([1, 2, 0])
    y[::4] = np.nan  # one of each: no more trajectories would help
    with pytest.raises(InputError, match="only 0 of 6 .* no value at 7 of 24 points"):
        morris_indices(u, y, 1)
    y[:] = np.nan
    with pytest.raises(InputError):
        morris_indices(u, y, 1)
    u = unit_points("saltelli", 512, 3, 1)
    y = u @ [1.0, 2.0, 0.0]
    y[7] = np.nan
    assert sobol_indices(3, y, 1)["total"].to_numpy() == pytest.approx([0.2, 0.8, 0], abs=0.03)
    assert sobol_indices(3, np.ones(len(u)), 1).isna().all(axis=None)


def test_the_noise_floor_is_what_shuffled_luck_shows(monkeypatch):
    """Every point has luck of its own: no parameter stands out, and the floor is about their mu_star."""

    def luck(trial, replicate):
        key = [replicate, *(int(1e6 * position(trial, name)) for name in NAMES)]
        return 0.1 + 0.02 * np.random.default_rng(key).normal()

    install(monkeypatch, by_share(luck))
    found = sensitivity(Case(replicates=6), uncertainties=NAMES, trajectories=60, strongest=1, base=8)
    assert found.facts["floor"] == pytest.approx(found.table["mu_star"].mean(), rel=0.15)
    assert found.facts["above"] == 0 and found.facts["luck"] > 0.5


def test_bad_options_are_refused(monkeypatch):
    install(monkeypatch, by_share(ishigami))
    for options in ({"trajectories": 1}, {"strongest": 0}, {"strongest": 4}, {"base": 1}, {"outcome": "nothing_2035"}):
        with pytest.raises(InputError):
            sensitivity(Case(), uncertainties=NAMES, **options)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, by_share(ishigami))
    found = sensitivity(Case(replicates=2), uncertainties=NAMES, trajectories=3, strongest=2, base=8)
    say = Words(lang)
    text = " ".join(told.words(found, say))
    assert all(say.name("parameter", name) in text for name in found.facts["strongest"])
    assert len(told.sheet(found, say).rows) == 3
    write_finding(found, tmp_path / "out", lang)


def test_a_stored_sweep_is_analysed_and_an_edited_one_refused(tmp_path, monkeypatch):
    """Real runs of the teaching site: Morris and Saltelli designs of a sweep give the halves of the analysis."""
    from ecocluster.experiments.sweeps.runner import sweep

    asked = {"scenario": "teaching", "pathways": ["combined"], "replicates": 1, "seed": 0,
             "uncertainties": {"growth": [0.0, 0.04], "sigma0": [0.1, 0.4]}, "outcomes": ["tco2e_total_2035"]}  # fmt: skip
    for kind in ("morris", "saltelli"):
        sweep({**asked, "design": {"kind": kind, "points": 2}}, tmp_path / kind)
    screened = sensitivity_of(read_sweep(tmp_path / "morris"))
    assert screened.table["mu_star"].max() > 0 and screened.table["total"].isna().all()
    stored = read_sweep(tmp_path / "saltelli")
    assert sensitivity_of(stored).table["total"].notna().all() and stored.arms == ("combined",)
    for finding in (screened, sensitivity_of(stored)):
        told.words(finding, Words("en"))
        told.figure(finding, Words("en"))
    with pytest.raises(InputError, match="self-transition"):
        sensitivity_of(stored, pathway="self-transition")
    with pytest.raises(InputError, match="cod_total_2035"):
        sensitivity_of(stored, outcome="cod_total_2035")
    monkeypatch.setattr("ecocluster.experiments.sweeps.designs._STREAM", 1)  # as if the design had moved
    with pytest.raises(InputError) as error:
        read_sweep(tmp_path / "saltelli")
    assert error.value.key == "sweep_points"


def test_one_small_real_run():
    found = sensitivity(Case("teaching", replicates=1), uncertainties=["growth", "sigma0"], trajectories=2, strongest=1, base=2)
    assert found.facts["points"] == 6 and found.table["mu_star"].max() > 0
