"""What more money buys: cost and effect of every pathway over a ladder of budgets.

Cost is the present value of gross public outlay above the matched null, effect the tonnes avoided (or any other
outcome); social cost stands beside. Cost per unit is a ratio of means with Fieller's interval, money and tonnes
discounted alike; the price of the *next* unit is the same between two rungs of the ladder; both are undefined where
the interval of the effect holds 0.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...model.border import bordered
from ...model.renamed import renamed
from ...scenarios.given import MAX_BUDGET_BN
from ..errors import InputError, check_number
from ..outcome import outcome_of
from ..question import PATHWAYS as ALL
from ..statistics import bootstrap_ratio, fieller, mean_interval
from .effects import effect
from .finding import Case, Finding, Progress

__all__ = ["BUDGETS", "PATHWAYS", "efficient", "frontier"]

BUDGETS = (0.0, 25.0, 50.0, 100.0, 150.0, 225.0, 300.0)  # bn VND a year, specification section 7
ROUNDING = 1e-9
PATHWAYS = ALL[2:]  # what they are measured against is in every difference


def efficient(cost: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Which points no other point beats in both cost (lower) and gain (higher), shape (N,) bool."""
    dearer, more = (np.subtract.outer(values, values) for values in (np.asarray(cost, float), np.asarray(gain, float)))
    near = [ROUNDING * np.nanmax(np.abs(values), initial=0.0) for values in (cost, gain)]
    # point j beats point i: not dearer and not worse, and one of both by more than rounding
    beaten = (dearer >= -near[0]) & (more <= near[1]) & ((dearer > near[0]) | (more < -near[1]))
    return ~beaten.any(axis=1) & np.isfinite(cost) & np.isfinite(gain)


@renamed({"budgets": "budgets_bn"})
@bordered
def frontier(
    case: Case,
    *,
    pathways: Sequence[str] = PATHWAYS,
    budgets_bn: Sequence[float] = BUDGETS,
    outcome: str = "abatement_2035",
    progress: Progress = None,
) -> Finding:
    """Cost against effect over budgets.

    Parameters
    ----------
    case : Case
        Its pathway and budgets do not count.
    pathways : sequence of str
        Pathways or portfolios.
    budgets_bn : sequence of float
        bn VND a year for the city, >= 0.
    outcome : str
        The effect; its year is also that of the cost.

    Returns
    -------
    Finding
        Table: one row per pathway and budget with cost, effect, cost per unit (Fieller, with the bootstrap's limits as
        cross-check), price of the next unit from the budget before, certification, and whether any other point is both
        cheaper and better (``efficient``).
    """
    import pandas as pd

    names, ladder = (
        tuple(dict.fromkeys(pathways)),
        sorted({check_number("--budgets", budget, 0, MAX_BUDGET_BN) for budget in budgets_bn}),
    )
    for what, values in (("--pathways", names), ("--budgets", ladder)):
        if not values:
            raise InputError("empty", name=what)
    asked = outcome_of(outcome)
    year = asked.year
    # tonnes are shown as they are and priced as money is: discounted
    priced = f"abatement_pv_{year}" if outcome == f"abatement_{year}" else outcome
    wanted = (outcome, f"pv_outlay_gross_{year}", f"level1_{year}", f"pv_social_cost_{year}", priced)
    sign = asked.better or 1.0
    arms = list(itertools.product(names, ladder))
    frame = case.run([case.trial(pathway=name, budget_bn=budget, site_budget_bn=None) for name, budget in arms], wanted, progress)
    effects = pd.DataFrame({name: effect(frame, name) for name in dict.fromkeys(wanted)})
    effects[["trial", "replicate"]] = frame[["trial", "replicate"]]
    rows: list[dict[str, Any]] = []
    before: Any = None  # cost and units of the rung below
    for index, (name, budget) in enumerate(arms):
        own = effects[effects["trial"] == index].set_index("replicate")
        gain, cost = own[outcome] * sign + 0.0, own[wanted[1]] + 0.0  # + 0.0: no minus zero
        units = own[priced] * sign + 0.0
        ratio = fieller(cost.to_numpy(), units.to_numpy())
        low, high = bootstrap_ratio(cost.to_numpy(), units.to_numpy()) if np.isfinite(ratio.mean) else (np.nan, np.nan)
        row = {"pathway": name, "budget_bn": budget}
        row |= _estimate("cost", mean_interval(cost.to_numpy())) | _estimate("effect", mean_interval(gain.to_numpy()))
        row |= _estimate("per_unit", ratio) | {
            "bootstrap_low": low,
            "bootstrap_high": high,
            "reason": ratio.reason,
        }
        if budget > ladder[0]:
            step = pd.concat([cost - before[0], units - before[1]], axis=1).dropna().to_numpy()
            row |= _estimate("next_unit", fieller(step[:, 0], step[:, 1]))
        row |= _estimate("social", mean_interval(own[wanted[3]].to_numpy()))
        row |= _estimate("social_per_unit", fieller(own[wanted[3]].to_numpy(), units.to_numpy()))
        row["certified"] = float(own[wanted[2]].mean())
        rows.append(row)
        before = cost, units
    table = pd.DataFrame(rows)
    table["efficient"] = efficient(table["cost"], table["effect"])
    command = case.command(
        "frontier",
        pathways=names,
        budgets=tuple(f"{b:g}" for b in ladder),
        outcome=outcome,
    )
    facts = _facts(table, outcome, names, frame.attrs["failed"]) | {"one_cluster": case.one_cluster}
    return Finding("frontier", command, table, facts)


def _estimate(name: str, estimate) -> dict[str, float]:
    return {name: estimate.mean, f"{name}_low": estimate.low, f"{name}_high": estimate.high}


def _facts(table, outcome: str, names: Sequence[str], failed: int) -> dict:
    """The best buy, what the largest budget reaches, and who leads where."""
    facts = {
        "outcome": outcome,
        "pathways": list(names),
        "failed": failed,
        "top_budget_bn": float(table["budget_bn"].max()),
    }
    priced = table[table["per_unit"].notna()]
    if len(priced):
        cheap = priced.loc[priced["per_unit"].idxmin()]
        facts["cheapest"] = {
            "pathway": cheap["pathway"], "budget_bn": cheap["budget_bn"], "effect": cheap["effect"],
            "per_unit": {"mean": cheap["per_unit"], "low": cheap["per_unit_low"], "high": cheap["per_unit_high"]},
        }  # fmt: skip
    most = table.loc[table["effect"].idxmax()]
    facts["most"] = {
        "pathway": most["pathway"], "budget_bn": most["budget_bn"], "certified": most["certified"],
        "effect": {"mean": most["effect"], "low": most["effect_low"], "high": most["effect_high"]},
        "cost": {"mean": most["cost"], "low": most["cost_low"], "high": most["cost_high"]},
        "per_unit": most["per_unit"], "next_unit": most.get("next_unit", np.nan),
    }  # fmt: skip
    facts["efficient"] = sorted(set(table.loc[table["efficient"] & (table["effect"] > 0), "pathway"]), key=list(names).index)
    return facts
