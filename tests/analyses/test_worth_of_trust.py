"""What barrier 6 is worth: the rule of the verdict, planted worth of trust that is found where it is and nowhere else."""

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.bearing import JUDGED, MARGIN, together, verdict
from ecocluster.experiments.analyses.finding import Case, read_finding
from ecocluster.experiments.analyses.trust import COST, LOSS, RANGES, ranges, trust
from ecocluster.experiments.statistics import Estimate
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.analyses import trust as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install

BRINGS = 100.0  # the programme, of every outcome


def estimate(low, high):
    return Estimate((low + high) / 2, low, high, 20)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-2.9, 2.9, "idle"), (0.0, 0.0, "idle"), (3.1, 9.0, "helps"), (-9.0, -3.1, "harms"), (-2.0, 3.1, "open"), (1.0, 9.0, "open")],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_rule_looks_at_the_whole_interval(low, high, expected, sign):
    """By the size of what the programme brings, whether that is a gain or, as with cost, a loss."""
    assert MARGIN == 0.03
    assert verdict(estimate(low, high), estimate(*sorted((90 * sign, 110 * sign)))) == expected


def test_without_an_interval_nothing_is_said():
    one = Estimate(0.0, np.nan, np.nan, 1)
    assert verdict(one, estimate(90, 110)) == "open"
    assert verdict(one, one) == "unmeasured"


def test_what_the_programme_does_not_surely_move_is_no_measure():
    for ends in ((-1, 1), (0.1, 1), (-1, -0.1), (0, 0)):
        assert verdict(estimate(*ends), estimate(-1, 5)) == "unmeasured"
        assert verdict(estimate(*ends), estimate(1, 5)) != "unmeasured"


def test_one_outcome_is_enough_to_bind_and_all_are_needed_not_to():
    assert together(["idle", "helps", "harms", "open"]) == "helps"
    assert together(["idle", "harms", "open"]) == "harms"
    assert together(["idle", "open", "unmeasured"]) == "open"
    assert together(["idle", "idle", "unmeasured"]) == "idle"
    assert together(["unmeasured", "unmeasured"]) == "open"


def test_every_parameter_is_tried_at_both_ends_of_its_range():
    found = {(pair.name, pair.end): pair.parameters for pair in ranges()}
    assert len(found) == 2 * len(RANGES) + 2
    for name in RANGES:
        ends = {found[name, end][name] for end in ("trusting", "wary")}
        assert len(ends) == 2 and all(PARAMETERS[name].low <= value <= PARAMETERS[name].high for value in ends)
        assert 0.0 not in ends  # of the two that are switched off by it
    assert found["all", "wary"]["b_min"] > found["all", "trusting"]["b_min"] and set(found["all", "wary"]) == set(RANGES)


def model(worth, brings=lambda name, replicate: BRINGS):
    """Less of everything by the programme, and by removal of barrier 6 what `worth(trial, outcome)` says.

    Luck is shared, and 0 in the mean of an even number of worlds, whatever their replicates are called.
    """
    met: dict[int, int] = {}

    def run(trial, replicate):
        luck = 5.0 * (-1) ** met.setdefault(replicate, len(met))
        values = {}
        for name in (*JUDGED, LOSS):
            gain = brings(name, replicate) + luck if trial.pathway == "symbiosis" else 0.0
            gain += worth(trial, name) if trial.levers.get("relief_trust") else 0.0
            values[name] = (5000.0 - gain, 5000.0)
        return values

    return run


def both_languages(found):
    for lang in ("en", "vi"):
        say = Words(lang)
        assert len(told.sheet(found, say).rows) == len(found.facts["settings"]) + len(found.facts["ranges"])
        told.figure(found, say)
    return " ".join(told.words(found, Words("en")))


def verdicts(found, kind="settings"):
    return {(entry["name"], entry["end"]): entry["verdict"] for entry in found.facts[kind]}


def test_trust_that_does_not_bind_is_said_not_to(monkeypatch):
    calls = install(monkeypatch, model(lambda trial, name: 1.0))
    found = trust(Case(pathway="symbiosis", replicates=2), worlds=4)
    pairs = 4 + 2 * len(RANGES) + 2
    assert len(calls[0][0]) == 4 * 2 * pairs
    assert set(verdicts(found).values()) == set(verdicts(found, "ranges").values()) == {"idle"}
    own = found.table[found.table["name"] == "programme"].set_index("outcome")
    assert own.loc[list(JUDGED), "gain"].tolist() == pytest.approx([1.0] * 4)
    assert own.loc[JUDGED[0], "share"] == pytest.approx(0.01, rel=0.1)
    words = both_languages(found)
    assert words.count("does not bind") == 4 and f"binds at none of {2 * len(RANGES) + 2} ends" in words


def test_trust_that_binds_is_found_where_it_was_planted(monkeypatch):
    """Worth a fifth in tonnes once the cost barriers are gone, and at the wary end of b_min; harm to cost without the gate."""

    def worth(trial, name):
        if name == "tco2e_total_2035" and (trial.levers.keys() >= COST.keys() or trial.uncertainties.get("b_min") == PARAMETERS["b_min"].high):  # fmt: skip
            return 20.0
        return -10.0 if name == "pv_social_cost_2035" and trial.uncertainties.get("disclosure_gate") == 0.0 else 0.0

    install(monkeypatch, model(worth))
    found = trust(Case(pathway="symbiosis", replicates=2), worlds=4)
    expected = {"alone": "idle", "programme": "idle", "cost": "helps", "gate": "harms"}
    assert verdicts(found) == {(name, ""): value for name, value in expected.items()}
    assert {key for key, value in verdicts(found, "ranges").items() if value != "idle"} == {("b_min", "wary"), ("all", "wary")}
    words = both_languages(found)
    assert "binds: removing it is worth, of what Symbiosis brings, Greenhouse gas" in words and "mistrust protects" in words
    assert f"binds at 2 of {2 * len(RANGES) + 2} ends" in words and "b_min = 0.84" in words.split("It does not bind at")[1]


def test_an_outcome_that_the_programme_does_not_move_decides_nothing(monkeypatch):
    """Control: one that it moves decides."""

    def outcome(cod):
        install(monkeypatch, model(lambda trial, name: 20.0 if name == "cod_total_2035" else 0.0,
                                   lambda name, replicate: cod if name == "cod_total_2035" else BRINGS))  # fmt: skip
        return trust(Case(pathway="symbiosis", replicates=2), worlds=4, settings_only=True)

    blind = outcome(0.0)
    inside = blind.facts["settings"][1]
    assert inside["outcomes"]["cod_total_2035"]["verdict"] == "unmeasured" and set(verdicts(blind).values()) == {"idle"}
    assert "Not judged" in both_languages(blind)
    seen = outcome(BRINGS)
    assert set(verdicts(seen).values()) == {"helps"} and "Not judged" not in both_languages(seen)


def test_worlds_bring_their_parameters_and_their_luck(monkeypatch):
    from ecocluster.experiments.worlds import stored

    calls = install(monkeypatch, model(lambda trial, name: 0.0))
    trust(Case(pathway="symbiosis", replicates=1), worlds=2, settings_only=True)
    trials = calls[0][0]
    for index, world in enumerate(stored().some(1, 2)):
        own = trials[8 * index : 8 * index + 8]
        assert all(trial.replicate == world.replicate and trial.uncertainties["tau"] == world.parameters["tau"] for trial in own)
        for without, removed in zip(own[::2], own[1::2], strict=True):  # they differ in one thing
            assert removed.levers == without.levers | {"relief_trust": 1.0} and removed.uncertainties == without.uncertainties


@pytest.mark.parametrize("worlds", [0, 101, 2.5])
def test_worlds_out_of_range_are_refused(worlds):
    with pytest.raises(InputError, match="--worlds"):
        trust(Case(pathway="symbiosis"), worlds=worlds)


def test_it_is_kept_in_a_folder_and_read_again(monkeypatch, tmp_path):
    install(monkeypatch, model(lambda trial, name: 1.0))
    found = trust(Case(pathway="symbiosis", replicates=1), worlds=2, settings_only=True)
    assert found.command.startswith("ecocluster trust nguyen-khe") and "--settings-only" in found.command
    write_finding(found, tmp_path / "trust", "vi")
    assert told.words(read_finding(tmp_path / "trust"), Words("en")) == told.words(found, Words("en"))


def test_real_worth_of_trust_in_a_small_cluster():
    """Alone nothing is exchanged in it; the pairs share their luck, so that what trust cannot reach differs by nothing."""
    found = trust(Case("teaching", "symbiosis", replicates=1), worlds=2, settings_only=True)
    assert found.facts["failed"] == 0 and np.isfinite(found.table["gain"]).all()
