"""Which guesses decide: a planted strong guess, a strong number with a source, a dummy; gaps; what is kept and gone on with."""

import numpy as np
import pytest
from ecocluster.experiments.analyses import guesses as module
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.guesses import OUTCOMES, elementary_effects, guesses, screened
from ecocluster.experiments.analyses.sensitivity import morris_indices
from ecocluster.experiments.analyses.uncertainties import unit_points
from ecocluster.experiments.eight_clusters import kept_clusters
from ecocluster.experiments.errors import InputError
from ecocluster.model.parameters import PARAMETERS, drawn_names
from ecocluster.scenarios import load_scenario
from ecocluster.viz.analyses import guesses as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install

UNIFORM = [name for name in screened() if PARAMETERS[name].distribution == "uniform"]
STRONG, WEAK, DUMMY, NOISE = [name for name in UNIFORM if PARAMETERS[name].mark == "assumption"][:4]
KNOWN = next(name for name in UNIFORM if PARAMETERS[name].mark == "documented")
NAMES = (DUMMY, WEAK, KNOWN, STRONG, NOISE)
SLOPE = {STRONG: 2.0, WEAK: 1.0, KNOWN: 3.0}
LAW = {"cod_total": 50.0, "tco2e_total": 80.0, "groups_50": 0.5, "pv_outlay_gross": 10.0, "pv_social_cost": 5.0}
SIGN = {"cod_total": -1.0, "tco2e_total": -1.0}  # what is avoided is less of these


def position(trial, name):
    found = PARAMETERS[name]
    return (trial.uncertainties.get(name, found.default) - found.low) / (found.high - found.low)


def planted(trial, replicate):
    """Every outcome of every pathway rises with three parameters; one more replicate adds the same at all points."""
    effect = sum(slope * position(trial, name) for name, slope in SLOPE.items()) + replicate
    return {f"{key}_2035": (value + SIGN.get(key, 1.0) * effect, value) for key, value in LAW.items()}


def asked(**options):
    return guesses(
        Case("teaching", replicates=2), **{"uncertainties": NAMES, "trajectories": 4, "strongest": 3, "base": 256, **options}
    )


def test_a_planted_guess_leads_and_a_dummy_is_inert(monkeypatch):
    """Slopes 3, 2 and 1: total indices 9/14, 4/14 and 1/14; the heaviest has a source, so it is not what to measure."""
    install(monkeypatch, planted, shuffle=True)
    found = asked()
    table = found.table.set_index("parameter")
    assert found.table["parameter"][:3].tolist() == [KNOWN, STRONG, WEAK]
    assert table["inert"].to_dict() == {KNOWN: False, STRONG: False, WEAK: False, DUMMY: True, NOISE: True}
    assert (table["above_luck"] == [20, 20, 20, 0, 0]).all()
    for name, slope in SLOPE.items():
        assert table.loc[name, "total"] == pytest.approx(slope**2 / 14, abs=0.02)
    assert found.data["measure"]["parameter"].tolist() == [STRONG, WEAK] == found.facts["measure"]
    assert found.facts["sourced"] == [KNOWN] and set(found.facts["leaders"].values()) == {KNOWN}
    assert found.facts["guess_weight"] == pytest.approx(5 / 14, abs=0.02) and found.facts["luck_most"] == pytest.approx(0, abs=1e-9)
    cells = found.data["cells"]
    assert len(cells) == 5 * 4 * len(OUTCOMES) and set(cells["outcome"]) == set(OUTCOMES)
    own = cells[cells["parameter"] == STRONG]
    assert np.allclose(own["mu_star"], 2.0) and np.allclose(own["mu"], 2.0)  # avoided, so of one sign everywhere


def test_one_pathway_alone_may_lead(monkeypatch):
    """A parameter that decides in one pathway only is named with it."""

    def model(trial, replicate):
        own = 9.0 * position(trial, WEAK) * (trial.pathway == "symbiosis")
        return {name: (value + own, null) for name, (value, null) in planted(trial, replicate).items()}

    install(monkeypatch, model)
    found = asked()
    where = found.data["measure"].set_index("parameter").loc[WEAK]
    assert where["pathway"] == "symbiosis" and where["most"] > 0.8 > where["total"]


def test_a_cell_of_luck_counts_in_no_mean(monkeypatch):
    """COD under one pathway is a new draw at every point. Control: the others give what they give without it."""

    def model(trial, replicate):
        found = planted(trial, replicate)
        if trial.pathway == "symbiosis":
            key = [replicate, *(int(1e6 * position(trial, name)) for name in NAMES)]
            found["cod_total_2035"] = (50.0 + 30.0 * np.random.default_rng(key).normal(), 50.0)
        return found

    install(monkeypatch, planted)
    clear = asked()
    install(monkeypatch, model)
    found = asked()
    assert found.facts["noisy"] == [{"pathway": "symbiosis", "outcome": "cod_avoided_2035"}] and clear.facts["noisy"] == []
    one, other = (f.table.set_index("parameter").loc[list(SLOPE), ["strength", "total"]] for f in (found, clear))
    assert np.allclose(one, other) and found.data["measure"]["parameter"].tolist() == [STRONG, WEAK]
    for lang in ("en", "vi"):
        say = Words(lang)
        assert any(say("guesses.noisy", list="").strip(" .:") in sentence for sentence in told.words(found, say))


def test_elementary_effects_are_those_of_salib_and_a_gap_costs_two():
    u = unit_points("morris", 6, 4, 1)
    y = np.column_stack([u @ [1.0, -2.0, 0.0, 0.5] + u[:, 0] * u[:, 1], u @ [0.0, 0.0, 3.0, 0.0]])
    found = elementary_effects(u, y)
    for k in range(2):
        theirs = morris_indices(u, y[:, k], 1)
        assert np.allclose(np.abs(found[:, :, k]).mean(axis=0), theirs["mu_star"])
        assert np.allclose(found[:, :, k].mean(axis=0), theirs["mu"])
    y[7] = np.nan  # inside the second trajectory
    gaps = np.isnan(elementary_effects(u, y)[:, :, 0])
    assert gaps.sum() == 2 and gaps[1].sum() == 2


def test_failed_runs_are_counted_and_take_only_their_points(monkeypatch):
    def model(trial, replicate):
        return "an array was too small" if replicate == 1 and position(trial, STRONG) > 0.99 else planted(trial, replicate)

    install(monkeypatch, model)
    found = asked()
    assert 0 < found.facts["failed"] < 200
    assert found.table.set_index("parameter").loc[WEAK, "total"] > 0
    install(monkeypatch, lambda trial, replicate: "an array was too small")
    with pytest.raises(InputError):
        asked(base=4)


def test_what_was_done_is_kept_and_gone_on_with(monkeypatch, tmp_path):
    """Stopped in the second block: the first is not run again, and the finding is that of one go. Another seed takes nothing over."""
    monkeypatch.setattr(module, "BLOCK", 8)
    calls = install(monkeypatch, planted)
    whole = asked(base=8)
    blocks = len(calls)

    def stop(done, total):
        if done >= 16:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        asked(base=8, out=out, progress=stop)
    calls.clear()
    again = asked(base=8, out=out)
    assert len(calls) == blocks - 2 and again.table.equals(whole.table) and again.facts == whole.facts
    calls.clear()
    write_finding(again, out)
    assert asked(base=8, out=out).table.equals(whole.table) and not calls  # what is finished is read
    calls.clear()
    guesses(Case("teaching", replicates=2, seed=2), uncertainties=NAMES, trajectories=4, strongest=3, base=8, out=out)
    assert len(calls) == blocks


def test_all_drawn_parameters_are_screened_on_eight_clusters_of_a_city(monkeypatch):
    assert set(drawn_names()) - set(screened()) <= {"arrival_base"} and len(screened()) > 300
    with module._represented(Case("hanoi")) as case:
        assert [cluster.id for cluster in load_scenario(case.scenario).site.clusters] == kept_clusters()
    with module._represented(Case("teaching")) as case:
        assert case.scenario == "teaching"


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, planted)
    found, say = asked(base=16), Words(lang)
    sentences = told.words(found, say)
    meaning = told._meaning(STRONG, say)
    assert any(f"(1) {meaning}" in sentence for sentence in sentences)
    sheet = told.sheet(found, say)
    assert [row[0] for row in sheet.rows] == [meaning, told._meaning(WEAK, say)] and sheet.title
    assert len(told.more_sheets(found, say)[0].rows) == 5
    write_finding(found, tmp_path / "out", lang)
    text = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert say("guesses.title") in text and say("guesses.strongest") in text


def test_bad_options_are_refused(monkeypatch):
    install(monkeypatch, planted)
    for options in ({"trajectories": 1}, {"strongest": 9}, {"base": 1}, {"pathways": ()}, {"uncertainties": ["nothing"]}):
        with pytest.raises(InputError):
            asked(**options)


def test_one_small_real_run():
    found = guesses(
        Case("teaching", replicates=1),
        pathways=["combined"],
        uncertainties=["growth", "sigma0"],
        trajectories=2,
        strongest=1,
        base=2,
    )
    assert found.facts["screen"] == 6 and found.table["strength"].max() > 0 and found.facts["failed"] == 0
