"""How sure an answer over worlds is, and on what it depends: side runs of 20 worlds, and what the main ones tell.

- the range if nothing were known: worlds that were drawn and not selected;
- how much of the range is chance: one more replicate of the same worlds;
- where the result of the defaults lies among the worlds: it is told and never tuned;
- which of all drawn parameters go with the difference of the two foremost pathways.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from . import spread
from .worlds import ANSWER, drawn_values, free_worlds, stored

if TYPE_CHECKING:
    from ..model.sites_and_arms import Arm, Shock
    from ..scenarios import Scenario
    from .comparison import Comparison

__all__ = ["OUTCOMES", "SIDE_WORLDS", "acceptability_of", "deciding", "how_sure", "moving"]

SIDE_WORLDS = 20
SIDE_YEAR = 2035
OUTCOMES = ("level1", "tco2e_total", "cod_total", "landfilled_total")
PRICES, COD_PRICES = np.linspace(0.0, 5.0, 11), np.linspace(0.0, 30.0, 9)  # mVND/t; defaults 1 and 7.5


def how_sure(
    answer: Comparison,
    loaded: Scenario,
    arms: Sequence[Arm],
    shocks: Sequence[Shock],
    threads: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Run what tells how sure an answer is.

    Parameters
    ----------
    answer : Comparison
        Over worlds.
    loaded, arms, shocks
        Of its question.
    threads, progress
        See `run_ensemble`.

    Returns
    -------
    dict
        "older" (were the worlds found for another model?), "failed" (runs), and per outcome and arm under "free" [low, high] of
        the difference to the baseline in worlds that were not selected, "chance" (share of the variance), "default"
        (percentile); "deciders" per outcome; "acceptability" (`acceptability_of` by social cost). Only what JSON has.
    """
    from ..model.ensemble import run_ensemble
    from ..model.indicators import outcomes
    from .kept_runs import keeping

    question, base = answer.question, answer.base
    rivals = [base, *answer.acting]  # whatever is told is a difference to the first of them
    arms = [replace(arms[k], scale=answer.trace.scales[arms[k].name]) for k in rivals]  # found once, for the main runs
    names = [arm.name for arm in arms]
    kept = stored()
    again = [world for k, world in enumerate(kept.some(ANSWER[0], min(SIDE_WORLDS, question.worlds), loaded.parameters, question.replicates + 1))
             if k % (question.replicates + 1) == question.replicates]  # fmt: skip
    free = free_worlds(SIDE_WORLDS, loaded.parameters, kept.seed)

    def differences(**options: Any) -> dict[str, np.ndarray]:
        trace = run_ensemble(loaded.site, arms, seed=question.seed, threads=threads, parameters=loaded.parameters, shocks=shocks,
                             last_year=SIDE_YEAR + 1, progress=progress, make=keeping(loaded.site), **options)  # fmt: skip
        names, numbers = outcomes(trace)
        found = {}
        for name in keys:
            values = numbers[..., names.index(name)]
            found[name] = values - values[0]
        return found

    keys = [f"{name}_{SIDE_YEAR}" for name in OUTCOMES if f"{name}_{SIDE_YEAR}" in answer.columns]
    unselected, second = differences(worlds=free), differences(worlds=again)
    default = differences(replicates=SIDE_WORLDS)
    found: dict[str, Any] = {"older": kept.older, "failed": int((answer.trace.failed != 0).sum()), "worlds": question.worlds,
                             "free": {}, "chance": {}, "default": {}, "deciders": {}}  # fmt: skip
    for key in keys:
        own = answer.by_world(key)
        own = own[rivals] - own[base]
        runs = answer.values(key)[rivals].reshape(
            len(rivals), question.worlds, question.replicates
        )  # replicates stand within worlds
        twice = np.concatenate([(runs - runs[0])[:, : len(again)], second[key][..., None]], axis=-1)
        ranges = [spread.spread(row) for row in unselected[key]]
        middle = np.nanmean(default[key], axis=1)
        found["free"][key] = {arm: _numbers([r.low, r.high]) for arm, r in zip(names, ranges, strict=True)}
        found["chance"][key] = {
            arm: _number(spread.chance_share(row, question.replicates)) for arm, row in zip(names, twice, strict=True)
        }
        found["default"][key] = {
            arm: _number(spread.percentile_of(value, row)) for arm, value, row in zip(names, middle, own, strict=True)
        }
        found["deciders"][key] = deciding(answer, key)
    money = [f"{name}_{SIDE_YEAR}" for name in ("pv_social_cost", "pv_tco2e", "pv_cod")]
    if set(money) <= answer.columns.keys():
        found["acceptability"] = {"year": SIDE_YEAR, **acceptability_of(answer, *money)}
    return found


def deciding(answer: Comparison, key: str) -> dict[str, Any]:
    """Parameters that go with the difference of the two arms that are best most often in an outcome.

    Returns
    -------
    dict
        "arms" (the two), "bound" and "parameters" (name, correlation, stands_out); empty if there is nothing to rank.
    """
    if answer.trace.worlds is None:
        return {}
    names, values = drawn_values(_main_worlds(answer))
    outcome = answer.by_world(key)
    shares = answer.best.get(key, {})
    others = [answer.arms[k] for k in answer.acting]
    two = sorted(others, key=lambda arm: -shares.get(arm, 0.0))[:2]
    if len(two) < 2:
        return {}
    first, second = (outcome[answer.arms.index(arm)] for arm in two)
    found = spread.deciders(names, values, first - second)
    return {"arms": two, "bound": found[0].bound, "parameters": _rows(found)} if found else {}


def moving(answer: Comparison, arm: str, key: str) -> list[dict[str, Any]]:
    """Parameters that go with what one arm brings above law alone, as `deciding` lists them; empty without worlds."""
    if answer.trace.worlds is None:
        return []
    names, values = drawn_values(_main_worlds(answer))
    outcome = answer.by_world(key)
    return _rows(spread.deciders(names, values, outcome[answer.arms.index(arm)] - outcome[answer.base]))


def _rows(found: Sequence[spread.Decider]) -> list[dict[str, Any]]:
    return [{"name": d.name, "correlation": d.correlation, "stands_out": d.stands_out} for d in found]


def _main_worlds(answer: Comparison):
    from ..scenarios import load_scenario

    known = load_scenario(answer.question.scenario).parameters
    return stored().some(ANSWER[0], answer.question.worlds, known)


def acceptability_of(answer: Comparison, cost: str, tonnes: str, cod: str) -> dict[str, Any]:
    """Probability of the highest net benefit over prices, from columns that are discounted alike.

    Parameters
    ----------
    answer : Comparison
    cost, tonnes, cod : str
        Columns: cost (mVND), and what is emitted, so that less than the baseline is avoided.
    """
    rivals = [answer.base, *answer.acting]
    shares, mean = spread.acceptability(
        -answer.by_world(tonnes)[rivals], -answer.by_world(cod)[rivals], answer.by_world(cost)[rivals], PRICES, COD_PRICES
    )
    return {
        "prices": PRICES.tolist(), "cod_prices": COD_PRICES.tolist(), "arms": [answer.arms[k] for k in rivals],
        "shares": shares.tolist(), "mean_mVND": mean.tolist(),
    }  # fmt: skip


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(values: Sequence[float]) -> list[float | None]:
    return [_number(value) for value in values]
