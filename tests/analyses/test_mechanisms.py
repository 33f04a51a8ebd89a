"""What each mechanism moves: the dead are called dead, what was planted is found where it is, both ends are run in the same world."""

import numpy as np
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.analyses.bearing import JUDGED
from ecocluster.experiments.analyses.finding import Case, read_finding
from ecocluster.experiments.analyses.mechanisms import ALL, BESIDE, LAW, PATHWAYS, chosen, known, mechanisms, state_of
from ecocluster.experiments.worlds import stored
from ecocluster.model.parameters import PARAMETERS
from ecocluster.scenarios import load_shocks
from ecocluster.viz.analyses import mechanisms as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install

WHOLE, BRINGS = 5000.0, 100.0


def model(adds, law=0.0):
    """Every pathway brings `BRINGS`, and with suspension on `adds(pathway, outcome)` more; the law alone moves by `law`."""

    def run(trial, replicate):
        on, values = trial.uncertainties.get("suspension_weeks", 0.0) > 0, {}
        for name in JUDGED:
            gain = BRINGS + 5.0 * np.sin(7.0 * replicate) + (adds(trial.pathway, name) if on else 0.0)
            null = WHOLE - (law if on else 0.0)
            values[name] = (null - gain, null)
        for name in (part for parts in BESIDE.values() for part in parts):  # each twice as much with it
            values[name] = (30.0 if on else 20.0, 10.0)
        return values

    return run


def find(only=("suspension", "shared_solar"), worlds=4):
    return mechanisms(Case(replicates=1), only=only, worlds=worlds)


def states(found):
    return {one["name"]: one["state"] for one in found.facts["mechanisms"]}


def both_languages(found):
    for lang in ("en", "vi"):
        say = Words(lang)
        assert len(told.sheet(found, say).rows) == len(found.facts["mechanisms"]) * (len(PATHWAYS) + 1)
        told.figure(found, say)
    return " ".join(told.words(found, Words("en")))


def test_the_rule_of_the_dead():
    assert state_of(["idle"] * 3 + ["unmeasured"]) == "dead"
    assert state_of(["idle", "open", "idle"]) == state_of(["unmeasured"] * 4) == "open"
    assert state_of(["idle", "open", "harms"]) == state_of(["helps", "idle"]) == "bears"


def test_what_moves_nothing_is_called_dead(monkeypatch):
    """2 of 100 everywhere is dead; 4 of 100 in one outcome of one pathway is not."""
    install(monkeypatch, model(lambda pathway, name: 2.0))
    found = find()
    assert states(found) == {"suspension": "dead", "shared_solar": "dead"}
    assert "Dead, that is" in (words := both_languages(found)) and "bears on the answer" not in words
    planted = ("newly-planned", "landfilled_total_2035")
    install(monkeypatch, model(lambda pathway, name: 4.0 if (pathway, name) == planted else 0.0))
    found = find()
    assert states(found) == {"suspension": "bears", "shared_solar": "dead"}
    one = found.facts["mechanisms"][0]
    assert (one["most"]["pathway"], one["most"]["outcome"]) == planted and "least" not in one
    assert one["most"]["mean"] == pytest.approx(0.04, rel=0.2)
    assert "adds most to Newly planned, Landfill +4.0" in both_languages(found)


def test_what_it_takes_and_what_it_does_to_the_law_are_told(monkeypatch):
    install(monkeypatch, model(lambda pathway, name: -20.0 if pathway == "symbiosis" else 10.0, law=50.0))
    one = find(("suspension",)).facts["mechanisms"][0]
    assert one["most"]["mean"] == pytest.approx(0.1, rel=0.1) and one["least"]["pathway"] == "symbiosis"
    assert one["pathways"][LAW]["cod_total_2035"]["share"]["mean"] == pytest.approx(
        50.0 / (WHOLE - 50.0)
    )  # of the law as it stands, with it
    assert one["pathways"]["symbiosis"]["cod_total_2035"]["verdict"] == "harms"


def test_both_states_run_in_the_same_world_and_all_switches_everything(monkeypatch):
    calls = install(monkeypatch, model(lambda pathway, name: 0.0))
    find((), worlds=2)
    trials, wanted = calls[0][0], chosen(())
    assert [one.name for one in wanted] == [*known(), ALL]
    own = len(wanted) * 2 * len(PATHWAYS)
    assert len(trials) == 2 * own
    for index, world in enumerate(stored().some(1, 2)):
        for at, trial in enumerate(trials[index * own : (index + 1) * own]):
            one, on = wanted[at // (2 * len(PATHWAYS))], at // len(PATHWAYS) % 2
            switched = {} if on and one.is_on() else one.on if on else one.off  # the world draws how much of what is on by default
            assert trial.replicate == world.replicate and trial.pathway == PATHWAYS[at % len(PATHWAYS)]
            assert {key: trial.uncertainties[key] for key in switched} == switched
            assert {**trial.uncertainties, **{key: None for key in switched}} == {
                **world.parameters,
                **{key: None for key in switched},
            }
            assert trial.shocks == (one.shocks[on] or None)
    assert wanted[-1].off == {key: value for one in known().values() if one.is_on() for key, value in one.off.items()}
    assert not known()["inspectors"].is_on() and known()["slump"].is_on()


def test_the_list_names_parameters_and_tables_that_there_are():
    """Off or on is the default of every mechanism, each value lies in its range, and each has its name in both languages."""
    for one in known().values():
        assert set(one.off) == set(one.on) and (one.on or one.shocks[1])
        for name, value in [*one.off.items(), *one.on.items()]:
            assert PARAMETERS[name].allows(value)
        assert one.is_on() or all(PARAMETERS[name].default == value for name, value in one.off.items())
        for name in one.shocks:
            assert not name or load_shocks(name)
        for lang in ("en", "vi"):
            assert Words(lang)(f"mechanisms.name_{one.name}")


def test_exchanges_certificates_and_jobs_stand_beside_in_their_units(monkeypatch):
    install(monkeypatch, model(lambda pathway, name: 0.0))
    found = find(("suspension",))
    beside = found.facts["mechanisms"][0]["beside"]
    assert set(beside) == {*PATHWAYS, LAW}
    for pathway, row in beside.items():
        gained = 0.0 if pathway == LAW else 10.0
        assert {name: one["mean"] for name, one in row.items()} == {name: gained * len(parts) for name, parts in BESIDE.items()}
    assert states(found) == {"suspension": "dead"}  # which they do not decide


def test_bad_names_and_worlds_are_refused():
    for only, worlds, part in (
        (("suspensions",), 2, "--only.*suspensions.*suspension, "),
        ((), 0, "--worlds"),
        ((), 101, "--worlds"),
    ):
        with pytest.raises(InputError, match=part):
            find(only, worlds)


def test_it_is_kept_in_a_folder_and_read_again(monkeypatch, tmp_path):
    install(monkeypatch, model(lambda pathway, name: 20.0))
    found = find()
    assert found.command.startswith("ecocluster mechanisms nguyen-khe") and found.command.endswith(
        "--only suspension,shared_solar --worlds 4"
    )
    write_finding(found, tmp_path / "mechanisms", "vi")
    assert told.words(read_finding(tmp_path / "mechanisms"), Words("en")) == told.words(found, Words("en"))


def test_real_mechanisms_in_a_small_cluster():
    """Consent thins out shared solar, whatever the pathway; memory of breaches moves nothing where nothing is exchanged."""
    found = mechanisms(Case("teaching", replicates=1), only=("shared_solar", "trust_memory"), worlds=2)
    assert found.facts["failed"] == 0
    law = found.table[found.table["pathway"] == LAW].set_index("outcome")
    solar, memory = (law.loc[law["mechanism"] == name, "gain"] for name in ("shared_solar", "trust_memory"))
    assert solar["pv_social_cost_2035"] != 0 and (memory == 0).all()
