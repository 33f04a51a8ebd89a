"""The answer in words: five short paragraphs that answer the questions of the two papers, in their order.

1 what changes on the ground beyond the law, and how much of the whole the law does; 2 which pathway for which clusters;
3 what stops it, and which solution gives most for its money; 4 who pays and who gains; 5 how sure, and on what it depends.

Nothing is called best that is so by one account only: a claim about the ground must hold at equal budget and at equal
outlay, one about money in gross outlay and in social cost as well. What does not is told with what it depends on.

Two paragraphs read what others make: `Comparison.which` (pathway by kind of cluster) and `experiments.stored_ranking`
(barriers and solutions). Where there is none, that is said.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..experiments import spread
from ..experiments.comparison import Comparison
from .headline import YEAR, HeadlineRow, headline
from .leads import Lead, lead, same_leader
from .tuned import written_loses
from .words import Words

__all__ = ["answer"]

GROUND = {"cod": "cod_total", "tco2e": "tco2e_total", "landfilled": "landfilled_total"}  # row, column
ORIGIN_OUTCOMES = {"cod": "cod", "tco2e": "tco2e", "landfilled": "landfill"}  # row, outcome by origin
MONEY_ROWS = ("outlay", "private_gain", "jobs", "social_cost")
LINES = ("gross", "social")
EVEN = 1e-9


def answer(comparison: Comparison, say: Words, year: int = YEAR) -> list[str]:
    """What the numbers say.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    year : int
        Everything is added up to its end.

    Returns
    -------
    list of str
        One short paragraph for each question; only those the runs can carry.
    """
    if not comparison.acting:
        return [say("answer.only_null")]
    rows = {row.key: row for row in headline(comparison, say, year)}
    parts = (
        _ground(comparison, rows, say, year), _which(comparison, say, year), _stops(comparison, say, year), _money(comparison, rows, say, year),
        [*_sure(comparison, say, year), *written_loses(comparison, say)],
    )  # fmt: skip
    return [" ".join(sentences) for sentences in parts if sentences]


def _names(comparison: Comparison) -> list[str]:
    return [comparison.arms[index] for index in comparison.acting]


def _inner(label: str) -> str:
    """A label inside a sentence: "untreated COD", but "CO₂e" as it is."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _counted(comparison: Comparison, say: Words) -> str:
    """What shares are shares of."""
    return say("answer.worlds" if comparison.question.worlds else "answer.runs")


def _claim(own: Lead, say: Words) -> str:
    """A claim in a few words: "Symbiosis (62 %)", "Symbiosis (45 %) or Combined (40 %)", "several alike", "none"."""
    if own.kind in ("ahead", "open") and own.arms:
        named = [f"{say.name('pathway', arm)} ({say.percent(share)})" for arm, share in zip(own.arms, own.shares, strict=True)]
        return say("answer.or").join(named)
    return say(f"answer.claim_{own.kind}", share=say.percent(own.shares[0])) if own.kind in ("tie", "nothing") else say("answer.claim_unknown")


# 1 the ground

def _ground(comparison: Comparison, rows: dict[str, HeadlineRow], say: Words, year: int) -> list[str]:
    equal = comparison.equal
    told = [
        _outcome(comparison, rows[key], f"{column}_{year}", say)
        for key, column in GROUND.items() if key in rows and f"{column}_{year}" in comparison.best
    ]  # fmt: skip
    sentences = [say("answer.ground", year=year, told="; ".join(told), counted=_counted(comparison, say))]
    if equal is None and len(comparison.acting) > 1:
        sentences.append(say("answer.no_equal"))
    return [*sentences, *_law_part(comparison, say, year)]


def _equal_lead(comparison: Comparison, key: str) -> Lead | None:
    equal = comparison.equal
    if equal is None or key not in equal.comparison.best:
        return None
    return lead(equal.comparison.best[key], _names(comparison))


def _outcome(comparison: Comparison, row: HeadlineRow, key: str, say: Words) -> str:
    """Who lowers an outcome most, at equal budget and at equal outlay."""
    own, other = lead(comparison.best[key], _names(comparison)), _equal_lead(comparison, key)
    claims = [own] if other is None else [own, other]
    fields: dict[str, Any] = {"outcome": _inner(row.label)}
    arm = same_leader(claims)
    if arm is not None:
        cell = row.cells[comparison.arms.index(arm)]
        amount = f"{cell.value} {row.unit}" + (f" [{cell.range}]" if cell.range else "")
        fields |= {"arm": say.name("pathway", arm), "amount": amount, "budget": say.percent(own.shares[0])}
        if other is None:
            return say("answer.one_account", **fields)
        return say("answer.both_accounts", outlay=say.percent(other.shares[0]), **fields)
    if all(claim.kind == "nothing" for claim in claims):
        return say("answer.nothing", share=say.percent(own.shares[0]), **fields)
    if other is None:
        return say("answer.open", budget=_claim(own, say), **fields)
    return say("answer.depends", budget=_claim(own, say), outlay=_claim(other, say), **fields)


def _law_part(comparison: Comparison, say: Words, year: int) -> list[str]:
    """How much of what the pathway that does most avoids against no programme the law does by itself."""
    if "law" not in comparison.arms or comparison.arms[0] != "null":
        return []
    told = []
    for key, column in GROUND.items():
        if f"{column}_{year}" not in comparison.columns:
            continue
        values = comparison.by_world(f"{column}_{year}")
        cut = np.nanmean(values[0] - values, axis=1)
        whole = max(cut[index] for index in comparison.acting)
        if whole > 0:
            told.append(say("answer.law_share", outcome=_inner(say(f"row.{key}")), share=say.percent(min(max(cut[comparison.base] / whole, 0.0), 1.0))))
    law = comparison.question.law
    assumed = say("answer.law_assumes") if law == "middle" else ""
    return [say("answer.law", told=", ".join(told), law=say.name("law", law), assumed=assumed)] if told else []


# 2 which pathway for which clusters

def _which(comparison: Comparison, say: Words, year: int) -> list[str]:
    """From `Comparison.which`: who does most for all clusters together, and for which kinds it is another or nobody."""
    found = comparison.which
    if found.reason:
        return [] if found.reason == "one_cluster" else [say(f"answer.which.{found.reason}")]
    sentences = []
    for row, outcome in ORIGIN_OUTCOMES.items():
        told = {group: _told(lead(years[year][outcome], _names(comparison)), say) for group, years in found.groups.items()}
        overall = next(name for group, name in told.items() if group.by == "all")
        others: dict[str, list[str]] = {}
        for group, name in told.items():
            if name != overall:
                others.setdefault(name, []).append(say(f"group_of.{group.by}.{group.name}"))
        fields = {"outcome": say(f"row.{row}"), "overall": overall}
        if others:
            listed = "; ".join(f"{name}: {', '.join(groups)}" for name, groups in sorted(others.items()))
            sentences.append(say("answer.which_but", listed=listed, **fields))
        else:
            sentences.append(say("answer.which_all", **fields))
    return sentences


def _told(own: Lead, say: Words) -> str:
    return say.name("pathway", own.arms[0]) if own.kind == "ahead" else say(f"answer.which_{own.kind}")


# 3 what stops it

def _stops(comparison: Comparison, say: Words, year: int) -> list[str]:
    """Clusters that miss one criterion only, under the law alone and where most meet all; then the stored ranking."""
    sentences = []
    if f"clusters_all_met_{year}" in comparison.columns:
        met = np.nanmean(comparison.by_world(f"clusters_all_met_{year}"), axis=1)
        top = max(met[index] for index in comparison.acting)
        most = [index for index in comparison.acting if met[index] >= top - EVEN]
        key = "answer.criteria.one" if comparison.one_cluster else "answer.criteria"
        shown = [comparison.base, *most] if top > met[comparison.base] and len(most) == 1 else [comparison.base]
        told = "; ".join(_criteria(comparison, index, met[index], say, year) for index in shown)
        sentences.append(say(key, year=year, clusters=len(comparison.trace.site.clusters), counted=_counted(comparison, say), told=told))
    return [*sentences, *_ranking(say)]


def _criteria(comparison: Comparison, index: int, met: float, say: Words, year: int) -> str:
    alone = comparison.obstacles(year, alone=True)[index]
    number = len(comparison.trace.site.clusters)

    def count(share: float) -> str:
        return say.percent(share) if comparison.one_cluster else say.number(share * number)

    arm = say.name("pathway", comparison.arms[index])
    fields = {"arm": arm, "met": say.percent(met) if comparison.one_cluster else say.number(met), "alone": count(alone.sum())}
    top = alone.max()
    if not top > 0:
        return say("answer.none_alone", **fields)
    # all that are even, by name: no order of criteria decides what is told
    names = sorted(say.name("criterion", comparison.criteria[k]) for k in np.flatnonzero(alone >= top - EVEN))
    return say("answer.alone", names=say("answer.and").join(f"“{name}”" for name in names), count=count(top), **fields)


def _ranking(say: Words) -> list[str]:
    """What the stored ranking says of barriers and solutions."""
    try:
        stored = importlib.import_module("ecocluster.experiments.stored_ranking")
    except ModuleNotFoundError:
        return [say("answer.no_ranking")]
    found = stored.load()
    if found is None:
        return [say("answer.no_ranking")]

    def first(order: Any) -> str:
        shares = {place.cause: place.probability for place in order.places} | {"tie": order.tie, "nothing": order.nothing}
        own = lead(shares, [place.cause for place in order.places])
        if own.kind in ("ahead", "open") and own.arms:
            named = [f"{say.name('cause', cause)} ({say.percent(p)})" for cause, p in zip(own.arms, own.shares, strict=True)]
            return say("answer.or").join(named)
        return _claim(own, say)

    sentences = [say("answer.barriers", cod=first(found.barriers(stored.COD)), tonnes=first(found.barriers(stored.TONNES)))]
    gross, social = stored.COSTS
    effects = np.array([found.alone(cause, stored.MONEY) for cause in stored.SOLUTIONS])  # above social cost
    by_outlay = effects + np.array([found.alone(c, social) - found.alone(c, gross) for c in stored.SOLUTIONS])
    claims = [_lead_of(values, stored.SOLUTIONS) for values in (by_outlay, effects)]
    cause = same_leader(claims)

    def tell(own: Lead) -> str:
        if not own.arms:
            return _claim(own, say)
        return say("answer.or").join(f"{say.name('cause', one)} ({say.percent(p)})" for one, p in zip(own.arms, own.shares, strict=True))

    if cause is not None:
        shares = [say.percent(own.shares[0]) for own in claims]
        sentences.append(say("answer.solution", name=say.name("cause", cause), gross=shares[0], social=shares[1]))
    else:
        sentences.append(say("answer.solution_depends", gross=tell(claims[0]), social=tell(claims[1])))
    return [*sentences, say("answer.ranking_older")] if found.older else sentences


def _lead_of(values: np.ndarray, names: Iterable[str]) -> Lead:
    """The lead by the highest value in each world, where nothing has 0."""
    names = tuple(names)
    best = spread.best_by_world(np.vstack([np.zeros_like(values[:1]), values]), "max")
    shares = {**dict(zip(names, map(float, best.arms[1:]), strict=True)), "tie": best.tie, "nothing": best.nothing}
    return lead(shares, names)


# 4 who pays and who gains

def _money(comparison: Comparison, rows: dict[str, HeadlineRow], say: Words, year: int) -> list[str]:
    told = [_span(comparison, rows[key], say) for key in MONEY_ROWS if key in rows]
    sentences = [say("answer.money", year=year, told="; ".join(told))] if told else []
    accounts = {("budget", line): _worth(comparison, comparison, line, year) for line in LINES}
    if comparison.equal is not None:
        accounts |= {("outlay", line): _worth(comparison, comparison.equal.comparison, line, year) for line in LINES}
    if any(own is None or own.kind == "unknown" for own in accounts.values()):
        return sentences
    return [*sentences, _worth_sentence(accounts, comparison, say)]


def _span(comparison: Comparison, row: HeadlineRow, say: Words) -> str:
    """From the lowest to the highest pathway, with their names; all alike where they are."""
    order = sorted(comparison.acting, key=lambda index: (row.cells[index].middle, comparison.arms[index]))
    low, high = (row.cells[index] for index in (order[0], order[-1]))
    fields = {"outcome": _inner(row.label), "unit": row.unit, "low": low.value, "high": high.value,
              "lowest": say.name("pathway", comparison.arms[order[0]]), "highest": say.name("pathway", comparison.arms[order[-1]])}  # fmt: skip
    return " ".join(say("answer.alike" if low.value == high.value else "answer.span", **fields).split())


def _worth(comparison: Comparison, own: Comparison, line: str, year: int) -> Lead | None:
    """The lead by net benefit at default prices above the law alone, in one account."""
    if not {f"pv_tco2e_{year}", f"pv_cod_{year}", f"cost_{line}_per_tco2e_{year}"} <= own.columns.keys():
        return None
    values = spread.by_world(own.net_benefit(year, line), own.trace.worlds)
    return _lead_of(values[own.acting], _names(comparison))


def _worth_sentence(accounts: dict[tuple[str, str], Lead], comparison: Comparison, say: Words) -> str:
    claims = list(accounts.values())
    arm = same_leader(claims)
    full = len(accounts) == 4 or len(comparison.acting) == 1
    if arm is not None and full:
        shares = sorted(own.shares[0] for own in claims)
        return say("answer.worth_all", arm=say.name("pathway", arm), low=say.percent(shares[0]), high=say.percent(shares[-1]))
    if all(own.kind == "nothing" for own in claims):
        return say("answer.worth_nothing" if full else "answer.worth_nothing_budget")
    told: dict[str, list[str]] = {}
    for (at, line), own in accounts.items():
        told.setdefault(_claim(own, say), []).append(say(f"answer.at_{at}_{line}"))
    return say("answer.worth_depends", told="; ".join(f"{say('answer.and').join(where)}: {claim}" for claim, where in told.items()))


# 5 how sure

def _sure(comparison: Comparison, say: Words, year: int) -> list[str]:
    question, sure = comparison.question, comparison.sure
    if not question.worlds:
        return [say("answer.chance_only", replicates=question.replicates)]
    sentences = [say("answer.of_worlds", worlds=question.worlds)]
    keys = {key: f"{column}_{YEAR}" for key, column in GROUND.items()}
    chance = [
        share for name in keys.values() for arm, share in sure.get("chance", {}).get(name, {}).items()
        if share is not None and arm in _names(comparison)
    ]  # fmt: skip
    if chance:
        sentences.append(say("answer.chance", low=say.percent(min(chance)), high=say.percent(max(chance))))
    if sure:
        sentences.append(_deciders(keys, sure, say))
        if sure["older"]:
            sentences.append(say("sure.older"))
    return sentences


def _deciders(keys: dict[str, str], sure: dict[str, Any], say: Words) -> str:
    """Parameters that go with the difference between the two foremost pathways; "none stands out" is an answer."""
    told = []
    for key, name in keys.items():
        rows = [row for row in sure["deciders"].get(name, {}).get("parameters", ()) if row["stands_out"]][:2]
        if rows:
            listed = ", ".join(f"{say.name('parameter', row['name'])} ({say.number(row['correlation'], 2, sign=True)})" for row in rows)
            told.append(f"{_inner(say(f'row.{key}'))}: {listed}")
    return say("answer.deciders", told="; ".join(told)) if told else say("answer.no_decider")
