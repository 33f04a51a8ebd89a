"""How sure an answer is, in words: what the range holds, how much of it is chance, and what decides the order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scorecard import SURE
from .words import Words, scale_of

if TYPE_CHECKING:
    from ..experiments.comparison import Comparison

__all__ = ["draws_text", "first_legend", "how_sure", "legend"]

TOLD = ("tco2e_total_2035", "level1_2035")  # the outcomes whose order is explained


def legend(comparison: Comparison, say: Words) -> str:
    """What the numbers of a table are."""
    question = comparison.question
    if question.worlds:
        return say("table.legend_worlds", worlds=question.worlds)
    return say("table.legend", replicates=question.replicates)


def draws_text(comparison: Comparison, say: Words) -> str:
    """ "20 worlds", or "20 replicates at the defaults"."""
    question = comparison.question
    if question.worlds:
        return say("report.runs_worlds", worlds=question.worlds)
    return say("report.runs_fixed", replicates=question.replicates)


def first_legend(comparison: Comparison, say: Words) -> str:
    """What the numbers of the first table are."""
    question, sure = comparison.question, say.percent(SURE)
    if question.worlds:
        return say("first.legend_worlds" if question.worlds > 1 else "first.legend_one_world", worlds=question.worlds, sure=sure)
    return say(
        "first.legend_fixed" if question.replicates > 1 else "first.legend_fixed_one", replicates=question.replicates, sure=sure
    )


def how_sure(comparison: Comparison, say: Words) -> list[str]:
    """Sentences about the range over worlds; empty if only the defaults were run or nothing was asked about it."""
    sure = comparison.sure
    if not sure:
        return [] if comparison.question.worlds else [say("sure.chance_only")]
    sentences = [say("sure.older")] if sure["older"] else []
    if sure["failed"]:
        sentences.append(say("sure.failed", failed=sure["failed"]))
    for key in (key for key in TOLD if key in sure["free"]):
        sentences += _about(comparison, key, say)
    return sentences


def _about(comparison: Comparison, key: str, say: Words) -> list[str]:
    """About one outcome: of the arm that is best most often, or of those that are so alike, and of what decides between the first two."""
    shares = comparison.best.get(key, {})
    most = max((shares[name] for name in comparison.arms if name in shares), default=0.0)
    if not most > 0:
        return []
    foremost = [name for name in comparison.arms if shares.get(name, 0.0) >= most - 1e-9]
    return [*(sentence for arm in foremost for sentence in _of_arm(comparison, key, arm, say)), *_deciders(comparison, key, say)]


def _of_arm(comparison: Comparison, key: str, arm: str, say: Words) -> list[str]:
    """Range, chance and defaults of one arm."""
    sure, column = comparison.sure, comparison.columns[key]
    index = comparison.arms.index(arm)
    own, free = comparison.worlds(key, comparison.matched)[index], sure["free"][key][arm]
    factor, unit = scale_of(column.unit, column.kind, max(abs(own.low), abs(own.high)))
    decimals = 1 if column.kind == "share" or abs(own.high - own.low) * factor < 10 else 0

    def number(value: float | None) -> str:
        return say.number(float("nan") if value is None else value * factor, decimals, sign=True)

    outcome = {"outcome": say.name("indicator", key.rsplit("_", 1)[0]), "year": column.year, "unit": say.unit(unit)}
    fields = {"arm": say.name("pathway", arm), "low": number(own.low), "high": number(own.high), "free_low": number(free[0]),
              "free_high": number(free[1]), "worlds": comparison.question.worlds}  # fmt: skip
    sentences = [say("sure.range", **outcome, **fields)]
    chance, default = sure["chance"][key][arm], sure["default"][key][arm]
    if chance is not None:
        sentences.append(say("sure.chance", share=say.percent(chance)))
    if default is not None:
        sentences.append(say("sure.default", percent=say.percent(default)))
    return sentences


def _deciders(comparison: Comparison, key: str, say: Words) -> list[str]:
    """What decides between the first two."""
    found = comparison.sure["deciders"][key]
    sentences = []
    if found:
        first, second = (say.name("pathway", name) for name in found["arms"])
        named = [row for row in found["parameters"] if row["stands_out"]]
        listed = "; ".join(
            f"{say.name('parameter', row['name'])} ({say.number(row['correlation'], 2, sign=True)})" for row in named
        )
        sentences.append(
            say("sure.deciders", first=first, second=second, named=listed)
            if named
            else say("sure.no_decider", first=first, second=second)
        )
    return sentences
