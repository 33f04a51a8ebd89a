"""The answer in words: five short paragraphs that answer the questions of the two papers, in their order.

1 what changes on the ground beyond the law, and how much of the whole the law does; 2 which pathway for which clusters;
3 what stops it, and which solution gives most for its money; 4 who pays and who gains; 5 how sure, and on what it depends.

What may be said of whom is decided in `claims`; what does not hold by every account is told with what it depends on.
The lines of the first screen say the same more shortly (`first_lines`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..experiments.comparison import Comparison
from . import claims
from .headline import YEAR, HeadlineRow, headline
from .leads import Lead, same_leader
from .tuned import written_loses
from .words import Words

__all__ = ["answer", "by_question", "claim_text", "inner", "told_elsewhere"]

MONEY_ROWS = ("outlay", "private_gain", "jobs", "social_cost")
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
    return [text for _, text in by_question(comparison, say, year)]


def by_question(comparison: Comparison, say: Words, year: int = YEAR) -> list[tuple[str, str]]:
    """The paragraphs of `answer`, each with the question that it answers: "ground", "which", "stops", "money" or "sure"."""
    if not comparison.acting:
        return [("ground", say("answer.only_null"))]
    rows = {row.key: row for row in headline(comparison, say, year)}
    parts = {
        "ground": _ground(comparison, rows, say, year), "which": _which(comparison, say, year), "stops": _stops(comparison, say, year),
        "money": _money(comparison, rows, say, year), "sure": [*_sure(comparison, say, year), *written_loses(comparison, say)],
    }  # fmt: skip
    return [(question, " ".join(sentences)) for question, sentences in parts.items() if sentences]


def inner(label: str) -> str:
    """A label inside a sentence: "untreated COD", but "CO₂e" as it is."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _counted(comparison: Comparison, say: Words) -> str:
    """What shares are shares of."""
    return say("answer.worlds" if comparison.question.worlds else "answer.runs")


def _amounts(comparison: Comparison, say: Words) -> str:
    """What amounts are, as in the first table."""
    return say("answer.medians" if comparison.question.worlds else "answer.means")


def claim_text(own: Lead, say: Words, family: str = "pathway") -> str:
    """A claim in a few words: "Symbiosis (62 %)", "open, Symbiosis (45 %) or Combined (40 %)", "several alike", "none"."""
    if own.kind == "unknown":
        return say("answer.claim_unknown")
    if own.kind in ("tie", "nothing"):
        return say(f"answer.claim_{own.kind}", share=say.percent(own.shares[0]))
    named = say("answer.or").join(
        say(f"answer.claim_{arm}", share=say.percent(share))
        if arm in ("tie", "nothing")
        else f"{say.name(family, arm)} ({say.percent(share)})"
        for arm, share in zip(own.arms, own.shares, strict=True)
    )
    return named if own.kind == "ahead" else say("answer.claim_open", named=named)


# 1 the ground


def _ground(comparison: Comparison, rows: dict[str, HeadlineRow], say: Words, year: int) -> list[str]:
    found = claims.ground(comparison, year)
    told = [_outcome(comparison, rows[key], own, say) for key, own in found.items() if key in rows]
    sentences = [
        say("answer.ground", year=year, told="; ".join(told), counted=_counted(comparison, say), amounts=_amounts(comparison, say))
    ]
    if comparison.equal is None and len(comparison.acting) > 1:
        sentences.append(say("answer.no_equal"))
    if comparison.frontier is not None:
        sentences += told_elsewhere(comparison, _other_budgets(comparison, say), "answer.budgets", say)
    return [*sentences, *_sites(comparison, say, year), *_law_part(comparison, say, year)]


def _sites(comparison: Comparison, say: Words, year: int) -> list[str]:
    """How many of the planned clusters that a programme asks for a developer builds: what it brings hangs on them."""
    from ..model.parameters import PARAMETERS

    site, key = comparison.trace.site, f"sites_built_{year}"
    if key not in comparison.names:
        return []
    beyond, sentences = comparison.above(key), []
    for index in comparison.acting:
        slots = max(programme.levers.get("planned_slots", 0.0) for programme in comparison.trace.given[index].programmes)
        if slots > 0:
            own = beyond[index][np.isfinite(beyond[index])]
            sentences.append(say(
                "answer.sites", arm=say.name("pathway", comparison.arms[index]), year=year,
                asked=say.number(slots * site.budget_share / PARAMETERS["planned_cluster_slots"].default, 1), built=say.number(own.mean(), 1),
                none=say.percent(float((own <= 0).mean())), counted=_counted(comparison, say),
            ))  # fmt: skip
    return sentences


def _other_budgets(comparison: Comparison, say: Words) -> dict[str, Comparison]:
    assert comparison.frontier is not None
    return {
        say("answer.at_budget", budget=say.number(rung.budget_bn, 0 if rung.budget_bn >= 10 else 1)): rung.comparison
        for rung in comparison.frontier.others
    }  # fmt: skip


def told_elsewhere(comparison: Comparison, cases: dict[str, Comparison], key: str, say: Words) -> list[str]:
    """Which claims at equal budget stand in other cases, and what is said there of the others."""
    found = claims.elsewhere(comparison, cases)
    if found is None:
        return []

    def label(outcome: str) -> str:
        return inner(say(f"row.{outcome}"))

    told = [say("answer.stands", outcomes=", ".join(map(label, found.holds)))] if found.holds else []
    for outcome, there in found.other.items():
        where = ", ".join(f"{name}: {claim_text(own, say)}" for name, own in there.items())
        told.append(say("answer.stands_not", outcome=label(outcome), where=where))
    return [say(key, cases=say("answer.and").join(found.cases), draws=found.draws, told="; ".join(told))]


def _outcome(comparison: Comparison, row: HeadlineRow, found: list[Lead], say: Words) -> str:
    """Who lowers an outcome most, at equal budget and at equal outlay."""
    own, other = found[0], found[1] if len(found) > 1 else None
    fields: dict[str, Any] = {"outcome": inner(row.label)}
    arm = same_leader(found)
    if arm is not None:
        cell = row.cells[comparison.arms.index(arm)]
        amount = f"{cell.value} {row.unit}" + (f" [{cell.range}]" if cell.range else "")
        fields |= {"arm": say.name("pathway", arm), "amount": amount, "budget": say.percent(own.shares[0])}
        if other is None:
            return say("answer.one_account", **fields)
        return say("answer.both_accounts", outlay=say.percent(other.shares[0]), **fields)
    if all(claim.kind == "nothing" for claim in found):
        return say("answer.nothing", share=say.percent(own.shares[0]), **fields)
    if other is None:
        return say("answer.open", budget=claim_text(own, say), **fields)
    # where both are open nothing is known to depend on it
    return say("answer.both_open" if own.kind == other.kind == "open" else "answer.depends", budget=claim_text(own, say), outlay=claim_text(other, say), **fields)  # fmt: skip


def _law_part(comparison: Comparison, say: Words, year: int) -> list[str]:
    """How much of what the pathway that does most avoids against no programme the law does by itself."""
    told = [
        say("answer.law_share", outcome=inner(say(f"row.{row}")), share=say.percent(share))
        for row, share in claims.law_shares(comparison, year).items()
    ]
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
    for row, groups in claims.which(comparison, year).items():
        told = {group: _told(own, say) for group, own in groups.items()}
        overall = next(name for group, name in told.items() if group.by == "all")
        others: dict[str, list[str]] = {}
        for group, name in told.items():
            if name != overall:
                others.setdefault(name, []).append(say(f"group_of.{group.by}.{group.name}"))
        accounts = say("answer.which_by_budget" if comparison.equal is None else "answer.which_by_both")
        fields = {"outcome": say(f"row.{row}"), "overall": overall, "accounts": accounts}
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
        sentences.append(
            say(key, year=year, clusters=len(comparison.trace.site.clusters), counted=_counted(comparison, say), told=told)
        )
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
    found = claims.ranking()
    if found is None:
        return [say("answer.no_ranking")]

    def tell(own: Lead) -> str:
        return claim_text(own, say, "cause")

    sentences = [say("answer.barriers", cod=tell(found.cod), tonnes=tell(found.tonnes))]
    if found.solution is not None:
        shares = [say.percent(own.shares[0]) for own in (found.gross, found.social)]
        sentences.append(say("answer.solution", name=say.name("cause", found.solution), gross=shares[0], social=shares[1]))
    else:
        sentences.append(say("answer.solution_depends", gross=tell(found.gross), social=tell(found.social)))
    return [*sentences, say("answer.ranking_older")] if found.older else sentences


# 4 who pays and who gains


def _money(comparison: Comparison, rows: dict[str, HeadlineRow], say: Words, year: int) -> list[str]:
    told = [_span(comparison, rows[key], say) for key in MONEY_ROWS if key in rows]
    sentences = [say("answer.money", year=year, told="; ".join(told), amounts=_amounts(comparison, say))] if told else []
    accounts = claims.worth(comparison, year)
    return [*sentences, _worth_sentence(accounts, comparison, say)] if accounts else sentences


def _span(comparison: Comparison, row: HeadlineRow, say: Words) -> str:
    """From the lowest to the highest pathway, with their names; all alike where they are."""
    order = sorted(comparison.acting, key=lambda index: (row.cells[index].middle, comparison.arms[index]))
    low, high = (row.cells[index] for index in (order[0], order[-1]))
    fields = {"outcome": inner(row.label), "unit": row.unit, "low": low.value, "high": high.value,
              "lowest": say.name("pathway", comparison.arms[order[0]]), "highest": say.name("pathway", comparison.arms[order[-1]])}  # fmt: skip
    return " ".join(say("answer.alike" if low.value == high.value else "answer.span", **fields).split())


def _worth_sentence(accounts: dict[tuple[str, str], Lead], comparison: Comparison, say: Words) -> str:
    arm = same_leader(accounts.values())
    full = len(accounts) == 4 or len(comparison.acting) == 1
    if arm is not None and full:
        shares = sorted(own.shares[0] for own in accounts.values())
        return say("answer.worth_all", arm=say.name("pathway", arm), low=say.percent(shares[0]), high=say.percent(shares[-1]))
    if all(own.kind == "nothing" for own in accounts.values()):
        return say("answer.worth_nothing" if full else "answer.worth_nothing_budget")
    told: dict[str, list[str]] = {}
    for (at, line), own in accounts.items():
        told.setdefault(claim_text(own, say), []).append(say(f"answer.at_{at}_{line}"))
    open_ = all(own.kind == "open" for own in accounts.values())
    return say(
        "answer.worth_open" if open_ else "answer.worth_depends",
        told="; ".join(f"{say('answer.and').join(where)}: {claim}" for claim, where in told.items()),
    )


# 5 how sure


def _sure(comparison: Comparison, say: Words, year: int) -> list[str]:
    question, sure = comparison.question, comparison.sure
    if not question.worlds:
        return [say("answer.chance_only", replicates=question.replicates)]
    sentences = [say("answer.of_worlds", worlds=question.worlds)]
    laws = {say.name("law", law): own for law, own in (comparison.other_laws or {}).items()}
    sentences += told_elsewhere(comparison, laws, "answer.laws", say)
    keys = {key: f"{claims.GROUND[key]}_{YEAR}" for key in claims.ORDER}
    chance = claims.chance(comparison)
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
            listed = ", ".join(
                f"{say.name('parameter', row['name'])} ({say.number(row['correlation'], 2, sign=True)})" for row in rows
            )
            told.append(f"{inner(say(f'row.{key}'))}: {listed}")
    return say("answer.deciders", told="; ".join(told)) if told else say("answer.no_decider")
