"""The first screen's five lines: the answer as an official reads it, one short sentence to each question.

They say what the paragraphs (`answer`) say, from the same claims, without shares and ranges. A line takes at most two rows
of the terminal: where names are too long for that, who is open is not named.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from ..experiments import stored_ranking as stored
from ..experiments.comparison import Comparison
from . import claims
from .headline import YEAR, HeadlineRow, headline
from .leads import Lead, same_leader
from .words import Words

__all__ = ["first_lines", "fits"]

WIDTH, ROWS = 80, 2  # of the terminal, the number in front
MOST_NAMES = 2


def first_lines(comparison: Comparison, say: Words, year: int = YEAR) -> list[str]:
    """One short line for each question that the runs can answer, in the order of the paragraphs."""
    if not comparison.acting:
        return [say("answer.only_null")]
    rows = {row.key: row for row in headline(comparison, say, year)}
    found = (
        _ground(comparison, say, year), _which(comparison, say, year), _stops(comparison, say, year), _money(comparison, rows, say, year),
        _sure(comparison, say),
    )  # fmt: skip
    return [line for line in found if line]


def fits(text: str) -> bool:
    """Does a line take no more rows than it may?"""
    tied = text.replace(" %", "\N{NO-BREAK SPACE}%")  # as it is printed
    return len(textwrap.wrap(f"0 {tied}", WIDTH, break_on_hyphens=False)) <= ROWS


def _fitting(*variants: str) -> str:
    """The first that fits, else the last."""
    return next((text for text in variants if fits(text)), variants[-1])


def _who(found: Sequence[Lead], say: Words, family: str = "pathway", named: bool = True) -> str:
    """Who is ahead in all claims; else "A or B" of those that are foremost in one of them; else open."""
    arm = same_leader(found)
    if arm is not None:
        return say.name(family, arm)
    kinds = {own.kind for own in found}
    if kinds in ({"nothing"}, {"tie"}):
        return say(f"line.{kinds.pop()}")
    arms = sorted({arm for own in found for arm in own.arms})
    if not named or not 1 < len(arms) <= MOST_NAMES or {"nothing", "tie"} & {*arms, *kinds}:
        return say("line.open")
    return say("answer.or").join(say.name(family, arm) for arm in arms)


def _outcomes(keys: Iterable[str], say: Words) -> str:
    return ", ".join(say(f"line.{key}") for key in keys)


def _between(values: Iterable[float], say: Words) -> str:
    low, high = (say.percent(value) for value in (min(values), max(values)))
    return low if low == high else f"{low.removesuffix(' %')}\N{EN DASH}{high}"


def _ground(comparison: Comparison, say: Words, year: int) -> str:
    found, law = claims.ground(comparison, year), claims.law_shares(comparison, year)
    if not found:
        return ""
    rest = say("line.law", share=_between(list(law.values()), say)) if law else ""

    def line(named: bool) -> str:
        told = "; ".join(f"{say(f'line.{row}')}: {_who(own, say, named=named)}" for row, own in found.items())
        return f"{say('line.ground', told=told)} {rest}".strip()

    return _fitting(line(True), line(False))


def _stands(found: claims.Elsewhere | None, key: str, say: Words) -> str:
    """Of the ground alone: does the order stand in the other cases?"""
    if found is None:
        return ""
    changed = [outcome for outcome in claims.ORDER if outcome in found.other]
    if changed:
        return say(key, told=say("line.stands_not", outcomes=_outcomes(changed, say)))
    return say(key, told=say("line.stands" if found.told.intersection(claims.ORDER) else "line.open_too"))


def _which(comparison: Comparison, say: Words, year: int) -> str:
    if comparison.which.reason:
        return "" if comparison.which.reason == "one_cluster" else say(f"answer.which.{comparison.which.reason}")
    told, kinds, leads = [], 0, False
    for row, groups in claims.which(comparison, year).items():
        groups = {group: own for group, own in groups.items() if group.by != "all"}
        kinds = len(groups)
        ahead = Counter(own.arms[0] for own in groups.values() if own.kind == "ahead")
        leads = leads or bool(ahead)
        order = sorted(ahead.items(), key=lambda item: (-item[1], item[0]))[:MOST_NAMES]
        listed = ", ".join(
            say("line.all_kinds" if count == kinds else "line.kinds", arm=say.name("pathway", arm), count=count)
            for arm, count in order
        )
        told.append(f"{say(f'line.{row}')}: {listed or say('line.open')}")
    return say("line.which", kinds=kinds, told="; ".join(told)) if leads else say("line.which_none", kinds=kinds)


def _stops(comparison: Comparison, say: Words, year: int) -> str:
    found = claims.ranking()

    def line(named: bool, criterion: bool) -> str:
        parts = [say("line.no_ranking")]
        if found is not None:
            stops = {name: _who([own], say, "cause", named) for name, own in (("cod", found.cod), ("tonnes", found.tonnes))}
            where = (
                "line.stops" if comparison.question.scenario == stored.SITE else "line.stops_city"
            )  # it was not asked for this site
            parts = [say(where, solution=_solution(found, say), **stops)]
        return " ".join(filter(None, [*parts, _missing(comparison, say, year) if criterion else ""]))

    return _fitting(line(True, True), line(True, False), line(False, False))


def _solution(found: claims.RankingClaims, say: Words) -> str:
    """By both accounts; or by which one, where the other says that none is worth it."""
    one, other = found.gross, found.social
    if {one.kind, other.kind} == {"ahead", "nothing"}:
        by, own = ("gross", one) if one.kind == "ahead" else ("social", other)
        return say(f"line.only_{by}", who=say.name("cause", own.arms[0]))
    return _who([one, other], say, "cause")


def _missing(comparison: Comparison, say: Words, year: int) -> str:
    """Clusters that miss one criterion only under the law alone, and which it is most often: those that are even, by name."""
    if comparison.one_cluster:
        return ""
    alone = comparison.obstacles(year, alone=True)[comparison.base]
    if not alone.max() > 0:
        return ""
    most = sorted(say.name("criterion", comparison.criteria[k]) for k in np.flatnonzero(alone >= alone.max() - 1e-9))
    count = say.number(alone.sum() * len(comparison.trace.site.clusters))
    return say("line.missing", count=count, names=say("answer.and").join(f"“{name}”" for name in most))


def _money(comparison: Comparison, rows: dict[str, HeadlineRow], say: Words, year: int) -> str:
    told, units = [], set()
    for key in ("outlay", "private_gain", "jobs"):
        if key in rows:
            cells = sorted((rows[key].cells[index] for index in comparison.acting), key=lambda cell: cell.middle)
            low, high = (cell.value.removeprefix("+") for cell in (cells[0], cells[-1]))
            span = low if low == high else say("line.span", low=low, high=high)
            unit = "" if rows[key].unit in units else rows[key].unit  # said once
            units.add(unit)
            told.append(say(f"line.{key}", span=f"{span} {unit}".strip()))
    accounts = claims.worth(comparison, year)
    if not told:
        return ""
    who = ""
    if accounts:
        arm = same_leader(accounts.values()) if len(accounts) == 4 or len(comparison.acting) == 1 else None
        who = say("line.worth", who=say.name("pathway", arm) if arm else say(_worth(own.kind for own in accounts.values())))
    text = say("line.money", told=", ".join(told))
    return _fitting(" ".join([text, who]).strip(), text)


def _worth(kinds: Iterable[str]) -> str:
    """What the accounts say where they name no pathway together: none is worth it, that is open, some is by a part of them."""
    found = set(kinds)
    return "line.nothing" if found == {"nothing"} else "line.some" if "ahead" in found else "line.open"


def _sure(comparison: Comparison, say: Words) -> str:
    question, sure = comparison.question, comparison.sure
    if not question.worlds:
        return say("line.fixed" if question.replicates > 1 else "line.fixed_one", replicates=question.replicates)
    parts = [say("line.worlds" if question.worlds > 1 else "line.one_world", worlds=question.worlds)]
    chance = claims.chance(comparison)
    if chance:
        parts.append(say("line.chance", share=_between(chance, say)))
    if comparison.frontier is not None:
        cases = {str(rung.budget_bn): rung.comparison for rung in comparison.frontier.others}
        parts.append(_stands(claims.elsewhere(comparison, cases), "line.budgets", say))
    if comparison.other_laws:
        parts.append(_stands(claims.elsewhere(comparison, comparison.other_laws), "line.laws", say))
    decide = []
    for row in claims.ORDER if sure else ():
        named = [own for own in sure["deciders"].get(f"{claims.GROUND[row]}_{YEAR}", {}).get("parameters", ()) if own["stands_out"]]
        decide += [say.name("parameter", named[0]["name"])] if named else []
    decide = list(dict.fromkeys(decide))
    fewer = " ".join(filter(None, parts))
    variants = [f"{fewer} {say('line.deciders', names=', '.join(decide[:n]))}" for n in range(len(decide), 0, -1)]
    return _fitting(*variants, fewer, " ".join(filter(None, parts[:1] + parts[2:])))
