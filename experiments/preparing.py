"""From a question to what the model is given, and from runs to the answer: what every way of asking shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from . import tuned as tuned_programmes
from .columns import Vocabulary
from .comparison import Comparison
from .errors import InputError
from .question import Question

if TYPE_CHECKING:
    from ..model.ensemble import Runs
    from ..model.parameters import World
    from ..model.sites_and_arms import Arm
    from ..scenarios import Scenario

__all__ = ["answer", "prepare", "refuse_unpaid", "set_levers", "unpaid", "worlds_of"]


def prepare(question: Question) -> tuple[Scenario, list[Arm]]:
    """Scenario and arms of a question; a pathway may also be a portfolio (a pathway for every cluster)."""
    from ..scenarios import choose_arm, load_scenario

    loaded = load_scenario(question.scenario)
    arms = [
        choose_arm(
            name, loaded.site, question.policy, budget_bn=question.budget_bn, site_budget_bn=question.site_budget_bn, law=question.law
        )
        for name in question.pathways
    ]  # fmt: skip
    for index, arm in enumerate(arms):  # two files of the same name, or a file named like what ships
        if arm.name in [other.name for other in arms[:index]]:
            raise InputError("duplicate", kind="pathway", value=arm.name)
    if question.tuned is not None:
        best = tuned_programmes.chosen(question)
        arms = [
            tuned_programmes.at_best(arm, best[name].levers) if name in best else arm
            for name, arm in zip(question.pathways, arms, strict=True)
        ]
    return loaded, set_levers([replace(arm, scale=question.scale) for arm in arms], question.levers)


def set_levers(arms: Sequence[Arm], levers: Sequence[tuple[str, float]]) -> list[Arm]:
    """The arms with these levers, as typed: of the law in the law of all, the others in all programmes."""
    from ..scenarios import with_levers

    return [with_levers(arm, dict(levers), typed=True) for arm in arms]


def refuse_unpaid(question: Question, trace: Runs, more: Callable[[Sequence[Arm]], Runs] | None = None) -> None:
    """Typed levers act as typed: a budget that cannot pay for them is refused, with the least one that can.

    Without a budget there is the law alone, and nothing to pay.

    Parameters
    ----------
    question : Question
    trace : Runs
        That may have fallen short.
    more : callable, optional
        Runs arms on all replicates of the question, so that the least budget holds for all of them.

    Raises
    ------
    InputError
    """
    short, factor = unpaid(trace), 1.0
    if not short:
        return
    while short:
        factor *= max(short.values())
        if more is None:
            break
        given = [replace(arm, budget=arm.budget * factor) for arm in trace.given if arm.programmes]
        short = unpaid(more([next(arm for arm in trace.given if not arm.programmes), *given]))
    site = question.site_budget_bn is not None
    asked = question.site_budget_bn if site else question.budget_bn
    assert asked is not None
    raise InputError(
        "typed_too_dear", budget="--site-budget" if site else "--budget", asked=asked,
        least=float(np.ceil(asked * factor * 100 - 1e-6)) / 100,
    )  # fmt: skip


def unpaid(trace: Runs) -> dict[str, float]:
    """Arms whose typed doses once cost more a year than the budget, and how many times as much."""
    short = {}
    assert trace.funds is not None
    for arm, funds in zip(trace.given, trace.funds, strict=True):
        if not arm.programmes or arm.budget <= 0:
            continue
        own = funds[:, : len(arm.programmes)]
        dear = float((own["typed_need"] / np.maximum(own["budget"], 1e-300)).max())
        if dear > 1.0 + 1e-12:
            short[arm.name] = dear
    return short


def worlds_of(question: Question, parameters: Mapping[str, float] | None = None) -> list[World] | None:
    """Worlds of a question; None for the defaults. What the scenario sets replaces what is drawn."""
    if not question.worlds:
        return None
    from .worlds import ANSWER, stored

    drawn = stored().some(ANSWER[0], question.worlds, parameters, question.replicates)
    if question.tuned is not None:
        shipped = tuned_programmes.load()
        assert shipped is not None
        tuned_programmes.check_fresh(shipped.searched, drawn)
    return drawn


def answer(question: Question, trace: Runs, wall_s: float) -> Comparison:
    """The comparison of runs that are done; `wall_s` is the time they took."""
    from ..model.indicators import LEVEL_1
    from ..model.simulator import FAILURES

    return Comparison.of(question, trace, Vocabulary(LEVEL_1, FAILURES), wall_s)
