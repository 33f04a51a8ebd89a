"""The frontier: which points are efficient, ratios that are known, and what cannot be priced."""

import numpy as np
import pytest
from ecocluster.experiments.analyses.finding import Case
from ecocluster.experiments.analyses.frontier import efficient, frontier
from ecocluster.experiments.errors import InputError
from ecocluster.viz.analyses import frontier as told
from ecocluster.viz.analyses.page import write_finding
from ecocluster.viz.words import Words
from fake_trials import install

WORTH = {"symbiosis": 1.0, "combined": 2.0}  # t per mVND at small budgets


def model(trial, replicate):
    """Cost 10 x budget; effect with falling returns above 100 bn; luck moves both."""
    luck = 1 + 0.01 * np.sin(3.0 * replicate)
    cost = 10 * trial.budget_bn * luck
    effect = WORTH[trial.pathway] * 10 * luck * (min(trial.budget_bn, 100) + 0.25 * max(trial.budget_bn - 100, 0))
    return {"tco2e_total_2035": (1e5 - 2 * effect, 1e5), "pv_tco2e_2035": (1e5 - effect, 1e5),  # priced by the second
            "pv_outlay_gross_2035": (cost + 5, 5.0), "pv_social_cost_2035": (3 * cost, 0.0),
            "level1_2035": (1.0 if trial.budget_bn > 100 else 0.0, 0.0)}  # fmt: skip


def run(**options):
    return frontier(Case(replicates=6), pathways=["symbiosis", "combined"], **{"budgets_bn": [0, 100, 300, 50], **options})


def test_efficient_points_by_hand():
    cost, gain = np.array([1.0, 2, 3, 2, np.nan]), np.array([1.0, 3, 3, 2, 9])
    assert efficient(cost, gain).tolist() == [True, True, False, False, False]


def test_known_ratios(monkeypatch):
    install(monkeypatch, model, shuffle=True)
    found = run()
    table = found.table.set_index(["pathway", "budget_bn"])
    assert found.table["budget_bn"].tolist() == [0, 50, 100, 300] * 2
    assert table.loc[("combined", 50), "per_unit"] == pytest.approx(0.5)
    assert table.loc[("symbiosis", 300), "per_unit"] == pytest.approx(2.0)  # 3000 / 1500
    assert table.loc[("symbiosis", 300), "social_per_unit"] == pytest.approx(6.0)
    assert table.loc[("symbiosis", 300), "next_unit"] == pytest.approx(4.0)  # 2000 / 500
    assert table.loc[("combined", 300), "next_unit_low"] <= 2.0 <= table.loc[("combined", 300), "next_unit_high"]
    for row in found.table[found.table["budget_bn"] > 0].itertuples():
        assert row.per_unit_low <= row.per_unit <= row.per_unit_high and row.bootstrap_low <= row.bootstrap_high
    paid = found.table[found.table["budget_bn"] > 0]
    assert set(paid.loc[paid["efficient"], "pathway"]) == {"combined"} == set(found.facts["efficient"])
    assert found.facts["cheapest"]["pathway"] == "combined" and found.facts["most"]["budget_bn"] == 300
    assert found.facts["most"]["certified"] == 1


def test_no_effect_has_no_price(monkeypatch):
    install(monkeypatch, lambda trial, replicate: {**model(trial, replicate), "pv_tco2e_2035": (1e5 + (-1) ** replicate, 1e5)})
    found = run()
    assert found.table["per_unit"].isna().all() and "cheapest" not in found.facts
    assert (found.table["reason"] != "").all()
    for lang in ("en", "vi"):
        assert len(told.words(found, Words(lang))) == 1
        told.figure(found, Words(lang))


def test_bad_options_are_refused(monkeypatch):
    calls = install(monkeypatch, model)
    for options in ({"budgets_bn": []}, {"budgets_bn": [-1.0]}, {"budgets_bn": [float("nan")]}, {"outcome": "cost_2035"}):
        with pytest.raises(InputError):
            run(**options)
    assert not calls


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_it_is_told(monkeypatch, tmp_path, lang):
    install(monkeypatch, model)
    found, say = run(), Words(lang)
    text = told.words(found, say)
    assert any(
        say("frontier.dear", mean=say.number(1, 2), next=say.number(2, 2), ratio=say("frontier.per_tonne")) == t for t in text
    )
    assert len(told.sheet(found, say).rows) == 6
    write_finding(found, tmp_path / "out", lang)


def test_one_small_real_run():
    found = frontier(Case("teaching", replicates=2), pathways=["self-transition"], budgets_bn=[0, 100])
    null = found.table.iloc[0]
    assert null["cost"] == null["effect"] == 0 and np.isnan(null["per_unit"]) and found.table["cost"].iloc[1] > 0
