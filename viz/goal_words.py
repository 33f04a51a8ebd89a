"""A goal in words: what may be wanted with its unit and range, a want as a phrase, and the answer of the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..experiments.analyses.effects import Rule
from ..experiments.analyses.goal import Goal
from ..experiments.outcome import outcome_of
from .words import Words, scale_of

__all__ = ["MENU", "WANT_YEARS", "Range", "goal_lines", "goal_rows", "range_of_want", "want_name", "want_text", "wants_text"]

# what the form offers, by group: shares less than under the law alone, clusters of the place, workers and firms of the place
MENU = {
    "less": ("cod_avoided_share", "abatement_share", "landfill_avoided_share"),
    "certificate": ("clusters_one_unmet", "clusters_all_met", "clusters_level1", "one_unmet", "level1"),
    "firms": ("real_share", "recp_share", "jobs"),
}
WANT_YEARS = (2025, 2030, 2035, 2040, 2045)
JOBS_PER_FIRM = 60  # more than four times the mean of Hanoi's clusters
COSTS = ("gross_bn", "social_bn")
_NO_MIX = ("mix", "probability", "low", "high", "reaches", *COSTS)
SHOWN = 4  # parts of a mix that are told


@dataclass(frozen=True)
class Range:
    """What a threshold may be, as the reader writes it; `factor` times the outcome's own unit.

    Attributes
    ----------
    low, high : float or None
        None: no bound is known.
    factor : float
    unit : str
        Empty for counts, which the name of the indicator explains.
    usual : float
        Where a form begins.
    """

    low: float
    high: float | None
    factor: float
    unit: str
    usual: float


def range_of_want(base: str, clusters: int, firms: float, say: Words) -> Range:
    """Unit and range of what may be wanted of an indicator in a place of so many clusters and firms."""
    asked = outcome_of(f"{base}_2035")
    if asked.kind == "share":
        return Range(0.0, 100.0, 100.0, "%", 20.0 if base in MENU["less"] else 50.0)
    if asked.unit == "clusters":
        return Range(0.0, float(clusters), 1.0, say("goal.clusters"), float(max(clusters // 2, 1)))
    if base == "jobs":
        return Range(0.0, float(round(JOBS_PER_FIRM * firms)), 1.0, say.unit(asked.unit), float(round(15 * firms)))
    return Range(0.0, None, 1.0, say.unit(asked.unit), 1.0)


def want_name(base: str, say: Words) -> str:
    """Name of what may be wanted: "COD released: less than under the law alone", or that of the indicator."""
    if base in MENU["less"]:
        return say("goal.less", name=say(f"goal.of.{base}"))
    named = (say.name(family, base) for family in ("outcome", "indicator"))
    return next((name for name in named if name != base), base.replace("_", " "))


def want_text(want: Rule, say: Words) -> str:
    """A want as one says it: "Clusters at level 1, 2035: at least 4 clusters"."""
    from .analyses.page import outcome_label

    asked, end = outcome_of(want.outcome), "least" if want.sign[0] == ">" else "most"
    factor, unit = scale_of(asked.unit, asked.kind, abs(want.threshold))
    value = round(want.threshold * factor, 6)
    number = say.number(value, 0 if value == round(value) else 2)
    told = "%" if asked.kind == "share" else say("goal.clusters") if asked.unit == "clusters" else say.unit(unit)
    amount = f"{number} {told}".strip()
    if asked.base in MENU["less"]:
        return say(f"goal.less_{end}", name=say(f"goal.of.{asked.base}"), year=asked.year, value=amount)
    return say(f"goal.want_{end}", name=outcome_label(want.outcome, say), value=amount)


def wants_text(wants: Sequence[Rule], say: Words) -> str:
    """Several wants in one phrase."""
    return say("goal.and").join(f"“{want_text(want, say)}”" for want in wants)


def goal_lines(found: Goal, say: Words) -> list[str]:
    """Is there a mix that reaches it; the cheapest by either cost; how likely it is; what the law alone does."""
    wants = wants_text(found.wants, say)
    percent = say.number(100 * found.sure)
    lines = []
    if not found.reached:
        best = found.table.sort_values("probability", kind="stable").iloc[-1]
        lines.append(say("goal.not_found", wants=wants, sure=percent, seen=say.number(found.seen)))
        lines.append(
            say(
                "goal.nearest",
                probability=_percent(best["probability"], say),
                mix=int(best["mix"]),
                gross=_bn(best["gross_bn"], say),
            )
        )
    for cost in COSTS if found.reached else ():
        mix = found.cheapest(cost)
        assert mix is not None
        lines.append(say(f"goal.cheapest.{cost}", wants=wants, mix=int(mix["mix"]), gross=_bn(mix["gross_bn"], say), social=_bn(mix["social_bn"], say),
                         probability=_percent(mix["probability"], say), low=_percent(mix["low"], say), high=_percent(mix["high"], say), parts=_parts(mix, found, say)))  # fmt: skip
    lines.append(say("goal.alone", probability=_percent(found.alone, say), worlds=found.worlds))
    return lines


def goal_rows(found: Goal, say: Words) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the mixes that were tried in fresh worlds."""
    heads = [say(f"goal.head.{name}") for name in ("mix", "probability", "gross", "social", "parts")]
    rows = [
        [str(int(row["mix"])), f"{_percent(row['probability'], say)} ({_percent(row['low'], say)}-{_percent(row['high'], say)})",
         _bn(row["gross_bn"], say), _bn(row["social_bn"], say), _parts(row, found, say)]
        for row in found.table.to_dict("records")
    ]  # fmt: skip
    return heads, rows


def _parts(mix: dict[str, Any], found: Goal, say: Words) -> str:
    """The largest levers of a mix, or how many clusters take which pathway."""
    genes = {name: value for name, value in mix.items() if name not in _NO_MIX and not name.startswith("p(")}
    told = [say("goal.budget", value=say.number(genes["budget_bn"]))]
    of_clusters = [value for name, value in genes.items() if name.startswith("pathway.")]
    if of_clusters:
        from ..experiments.analyses.search_space import PATHWAYS

        for i, pathway in enumerate(PATHWAYS):
            count = sum(int(value) == i for value in of_clusters)
            if count and i:
                told.append(f"{say.name('pathway', pathway)} {count}")
        return "; ".join(told)
    levers = {
        name: value
        for name, value in genes.items()
        if "." not in name and name != "budget_bn" and not name.startswith("fund_share")
    }
    for name, value in sorted(levers.items(), key=lambda item: -item[1])[:SHOWN]:
        full = say.name("gene", name)
        told.append(f"{say.name('lever', name) if full == name else full} {say.number(value, 1)}")
    return "; ".join(told)


def _percent(share: float, say: Words) -> str:
    return f"{say.number(100 * share)} %"


def _bn(value: float, say: Words) -> str:
    return f"{say.number(value, 1)} {say('check.bn')}"
