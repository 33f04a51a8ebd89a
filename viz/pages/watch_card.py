"""A firm in the reader's words: what it has, what it believes, and why it decided as it did."""

from __future__ import annotations

import math
from typing import Any

from ..words import MISSING, Words
from .watch_decisions import COMPLIANCE, Choice, Portrait
from .watch_record import Film
from .watch_scene import quarter_name, stream_unit
from .watch_terms import Terms

__all__ = ["firm_card"]

_BOOKS = ("revenue", "profit", "cash", "loans", "old_debt", "debt_service", "collateral", "exchange_gain")
_USE = {"elec": "MWh/yr", "fuel": "GJ/yr", "water": "m3/yr", "effluent": "m3/yr", "waste": "t/yr"}
_GOOD, _BAD = (
    ("operating", "operating_grant", "ordered", "ordered_grant", "own", "connected"),
    ("none", "sham"),
)


def firm_card(found: Portrait | None, film: Film, say: Words) -> dict[str, Any]:
    """Data of the panel of a firm in assets/watch_cluster.vue.

    Parameters
    ----------
    found : Portrait or None
        None: the place is empty in this quarter.
    film : Film
    say : Words

    Returns
    -------
    dict
        title, note, columns [{title, rows [[label, value]]}], choices [{title, when, outcome, tone, text, rows}].
    """
    if found is None:
        return {"title": say("watch.vacant"), "note": say("watch.vacant_note"), "columns": [], "choices": []}
    columns = [
        {
            "title": say("watch.books"),
            "rows": [[say(f"watch.books.{key}"), _short(found.books[key], say)] for key in _BOOKS],
        },
        {
            "title": say("watch.use"),
            "rows": [[say(f"watch.use.{key}"), f"{_short(found.use[key], say)} {say.unit(unit)}"] for key, unit in _USE.items()],
        },
        {"title": say("watch.beliefs"), "rows": _beliefs(found, say)},
        {"title": say("watch.partners"), "rows": _partners(found, say)},
    ]
    return {
        "title": f"{say('watch.firm')} {found.ident} \N{MIDDLE DOT} {say.name('sector', found.sector)}",
        "note": say(
            "watch.firm_note",
            when=quarter_name(film, found.quarter, say),
            workers=say.number(found.facts["workers"], 1),
            since=str(int(found.facts["since"])),
            compliance=say(f"watch.z.{found.compliance}"),
        ),
        "columns": columns,
        "choices": [_choice(choice, film, say) for choice in found.choices],
    }


def _short(value: float, say: Words) -> str:
    """Three digits, no more."""
    size = abs(value)
    return say.number(value, 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2)


def _beliefs(found: Portrait, say: Words) -> list[list[str]]:
    b = found.beliefs
    known = [say(f"watch.short.{name}") for name in found.aware]
    return [
        [say("watch.attitude"), say.number(b["attitude"], 2)],
        [say("watch.trust"), say.number(b["trust"], 2)],
        [say("watch.belief"), say.percent(b["belief"])],
        [say("watch.shows"), say("watch.yes") if b["discloses"] else say("watch.no")],
        [say("watch.knows"), ", ".join(known) or MISSING],
        [
            say("watch.inspections"),
            say("watch.every", years=say.number(1 / b["inspections"], 1)) if b["inspections"] > 0 else MISSING,
        ],
        [say("watch.hurdle"), say.percent(found.facts["hurdle"])],
    ]


def _partners(found: Portrait, say: Words) -> list[list[str]]:
    rows = []
    for link in found.partners:
        label = say(f"watch.{link['role']}", stream=say.name("stream", link["stream"]), partner=link["partner"])
        value = say(
            "watch.link_terms",
            quantity=f"{_short(link['quantity'], say)} {say.unit(stream_unit(link['stream']))}",
            belief=say.percent(link["belief"]),
            until=str(math.ceil(link["until"])),
        )
        rows.append([label, value])
    rows += [[say("watch.hub_member"), say.name("stream", stream)] for stream in found.hubs]
    return rows or [[say("watch.no_partners"), ""]]


def _choice(choice: Choice, film: Film, say: Words) -> dict[str, Any]:
    what = say("watch.compliance") if choice.what == "compliance" else say(f"technology.{choice.what}")
    tone = "good" if choice.outcome in _GOOD else "bad" if choice.outcome in _BAD else "open"
    when = ""
    if choice.quarter is not None:
        when = say(
            "watch.until" if choice.outcome == "lapsed" else "watch.reviewed",
            when=quarter_name(film, choice.quarter, say),
        )
    key = f"watch.z.{choice.outcome}" if choice.outcome in COMPLIANCE else f"watch.out.{choice.outcome}"
    if choice.what == "compliance":
        text, rows = _compliance_text(choice, say)
    else:
        text, rows = _technology_text(choice, say)
    return {"title": what, "when": when, "outcome": say(key), "tone": tone, "text": text, "rows": rows}


def _technology_text(choice: Choice, say: Words) -> tuple[str, list[list[str]]]:
    """Why, in one sentence, and the numbers."""
    terms = choice.terms
    if terms is None:
        known = ("unknown", "not_offered", "not_reviewed", "operating", "lapsed")
        return (say(f"watch.why.{choice.outcome}") if choice.outcome in known else ""), []
    fields = {
        "psi": say.number(terms.psi, 2),
        "multiple": say.number(terms.multiple, 2),
        "chance": say.percent(terms.chance),
        "taste": say.percent(terms.taste),
        "need": f"{_short(terms.need, say)} {say('watch.money')}",
        "funds": f"{_short(max(terms.funds, 0.0), say)} {say('watch.money')}",
        "grant": say.percent(terms.grant),
    }
    outcome = choice.outcome.removesuffix("_grant")
    key = "adopts" if outcome in ("operating", "ordered") else outcome
    return say(f"watch.why.{key}", **fields), _numbers(terms, say)


def _numbers(terms: Terms, say: Words) -> list[list[str]]:
    money = say("watch.money")
    loan = MISSING
    if terms.asked:
        loan = (
            say("watch.loan_share", share=say.percent(terms.share), rate=say.percent(terms.rate, 1))
            if terms.share
            else say("watch.loan_refused")
        )
    else:
        loan = say("watch.loan_not_asked")
    cash = say.number(terms.funds) if terms.funds < 1e12 else say("watch.no_limit")
    return [
        [say("watch.n.cost"), f"{_short(terms.cost, say)} {money}"],
        [say("watch.n.grant"), say.percent(terms.grant)],
        [say("watch.n.saving"), f"{_short(terms.saving, say)} {money}"],
        [say("watch.n.hurdle"), say.percent(terms.hurdle)],
        [say("watch.n.loan"), loan],
        [say("watch.n.psi"), say.number(terms.psi, 2)],
        [say("watch.n.multiple"), say.number(terms.multiple, 2)],
        [say("watch.n.chance"), say.percent(terms.chance)],
        [say("watch.n.taste"), say.percent(terms.taste)],
        [say("watch.n.need"), f"{_short(terms.need, say)} / {cash} {money}"],
        [say("watch.n.peers"), f"{terms.adopters} / {terms.known}"],
    ]


def _compliance_text(choice: Choice, say: Words) -> tuple[str, list[list[str]]]:
    if not choice.costs:
        return say(f"watch.why_compliance.{choice.outcome}"), []
    rows = []
    for name in COMPLIANCE:
        cost = choice.costs[name]
        text = f"{_short(cost, say)} {say('watch.money')}" if math.isfinite(cost) else say("watch.not_open")
        rows.append([say(f"watch.z.{name}"), text])
    weighed = say("watch.why_compliance.weighed", taste=say.percent(choice.taste))
    if not math.isfinite(choice.refused):
        return weighed, rows
    helped = f"{_short(choice.refused, say)} {say('watch.money')}"
    rows.insert(COMPLIANCE.index("own") + 1, [say("watch.own_with_grant"), helped])
    outcome = say(f"watch.z.{choice.outcome}")
    return f"{say('watch.why_compliance.refused', cost=helped, outcome=outcome)} {weighed}", rows
