"""Whole and parts: a made-up park whose channels and ratio are known; the switches are those of V17."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.superadditivity import CHANNELS, EXACT, parts, superadditivity, worlds
from ecocluster.model.parameters import PARAMETERS
from ecocluster.viz.analyses import superadditivity as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install


def model(trial, replicate):
    """Firms alone cut 10 t; imitation adds 4, exchange 6, both together 2 more; shared plants take 1 away."""
    off = {name for name, switches in CHANNELS.items() if switches.items() <= trial.uncertainties.items()}
    imitation, exchange, shared = (name not in off for name in CHANNELS)
    cut = 10 + 4 * imitation + 6 * exchange + 2 * (imitation and exchange) - shared
    if EXACT.items() <= trial.uncertainties.items():
        cut = 10 + 20 * imitation
    return {"tco2e_total_2035": (500.0 - cut - 0.01 * replicate, 500.0)}


def run(**options):
    return superadditivity(Case(replicates=4), pathways=["symbiosis"], outcomes=["abatement_2035"], **options)


def test_known_ratio_and_known_shares_of_the_channels(monkeypatch):
    calls = install(monkeypatch, model, shuffle=True)
    found = run()
    as_it_is, exact = found.table.to_dict("records")
    assert as_it_is["ratio"] == pytest.approx(21 / 10, rel=2e-3) and exact["ratio"] == pytest.approx(3, rel=2e-3)
    assert as_it_is["difference"] == pytest.approx(11)
    assert found.data["channels"].set_index("channel")["mean"].to_dict() == pytest.approx(
        {"alone": 10.015, "imitation": 5, "exchange": 7, "shared": -1}
    )
    assert calls[0][1]["within_ranges"] is False and len(calls[0][0]) == 10
    assert told.words(found, Words("en"))[-2] == Words("en")("superadditivity.claim_all")


def test_nothing_alone_has_no_ratio_but_is_said(monkeypatch):
    def together(trial, replicate):
        cut = 0.0 if trial.uncertainties else 5 + 0.1 * replicate
        return {"tco2e_total_2035": (500.0 - cut + (-1) ** replicate * 0.01, 500.0)}

    install(monkeypatch, together)
    found = run()
    assert np.isnan(found.table["ratio"].iloc[0]) and found.table["reason"].iloc[0]
    assert told.words(found, Words("en"))[0] == Words("en")("superadditivity.only_together", pathway="Symbiosis")


@pytest.mark.parametrize(
    ("low", "high", "key"),
    [(2.1, 3.0, "all"), (0.5, 1.9, "none"), (1.5, 3.0, "open"), (None, None, "open")],
)
def test_the_claim_is_judged_by_the_interval_not_by_the_mean(monkeypatch, low, high, key):
    install(monkeypatch, model)
    found = run()
    found.facts["ratios"]["as_it_is"]["symbiosis"] |= {"low": low, "high": high}
    said = told.words(found, Words("en"))
    assert Words("en")(f"superadditivity.claim_{key}", pathways="Symbiosis") == said[-2]
    assert sum('"many times"' in sentence for sentence in said) == 1


def test_parts_add_up_to_one_without_interaction():
    values = np.array([3.0, 4.0, 5.0])
    assert parts(values, values)[2].mean == pytest.approx(1)
    assert parts(2 * values, values)[2].mean == pytest.approx(2)


def test_switches_are_parameters_and_worlds_are_all_sets():
    switches = {name for channel in CHANNELS.values() for name in channel} | set(EXACT)
    assert switches <= PARAMETERS.keys()
    # the list of V17 (docs/odd.md, 11.4)
    assert switches == {"q_in", "q_tie", "q_out", "q_platform", "sigma0", "search_rate", "hub_base", "hub_coordinator", "spillover", "eta_s",
                        "project_review", "cetp_city_hazard", "cetp_share_2010", "complaint_rate", "growth", "arrival_base"}  # fmt: skip
    assert worlds()[0] == () and worlds()[-1] == tuple(CHANNELS) and len(set(worlds())) == 8


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, model)
    found = run()
    assert len(told.sheet(found, Words(lang)).rows) == 2
    write_finding(found, tmp_path / "out", lang)


def test_one_small_real_run():
    """Without imitation, exchange and shared plants the symbiosis programme moves no by-product: its effect is the channels'."""
    found = superadditivity(Case("teaching", replicates=2), pathways=["symbiosis"], outcomes=["links_active_2035"])
    row = found.table.iloc[0]
    assert row["parts"] == 0 and row["whole"] > 0
    exchange = found.data["channels"].set_index("channel")["mean"]["exchange"]
    assert exchange == pytest.approx(row["whole"], rel=0.5)
