"""How a visitor's table is read: sheet, columns, unit, sign before decimals, and what looks wrong and is right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import solara

from ...scenarios import Choices, ScenarioError
from ...scenarios.numerals import DECIMALS, MONEY
from ..words import Words
from .frame import Section
from .my_cluster_read import Upload, read_upload, sheets_of
from .session import use_session
from .watch_form import Form

__all__ = ["Choose", "Given", "read_given"]

_COLUMNS = ("sector", "workers", "revenue")
_DOUBTS = {"doubt_double": "doubles", "doubt_fraction": "fractions", "cell_lost": "letters", "head_lost": "letters", "doubt_unit": "revenue",
           "doubt_revenue": "revenue", "doubt_revenue_all": "revenue", "doubt_code": "codes", "doubt_counts": "counts",
           "doubt_places": "places"}  # fmt: skip
_AS_READ, _NONE = "", "-"


@dataclass(frozen=True)
class Given:
    """A visitor's file in memory, and what he says of it.

    Attributes
    ----------
    name : str
    content : bytes
    choices : Choices
    sheets, heads : tuple of str
        What there is to choose from.
    doubts : tuple of str
        Names of the doubts that came up.
    sums : mapping of str to (str, str)
        Column to the letters of those that may add up to it, and their heads.
    places : tuple of str
        Of which one may be chosen: a head and what its cells say.
    """

    name: str
    content: bytes
    choices: Choices = Choices()
    sheets: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    sums: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    places: tuple[str, ...] = ()


def read_given(given: Given) -> tuple[Given, Upload | None, ScenarioError | None]:
    """What was understood of a file, or why it was not; and what there is to choose from."""
    try:
        given = replace(given, sheets=sheets_of(given.name, given.content))
        upload = read_upload(given.name, given.content, given.choices)
    except ScenarioError as error:
        heads = getattr(error, "names", ())
        return _with_doubts(given, heads or given.heads, [error, *error.others]), None, error
    found = [*upload.table.asked, *(refusal.reason for refusal in upload.table.refused)]
    return (
        _with_doubts(given, upload.table.heads, found),
        upload,
        upload.table.problem(skip_bad_rows=True) if upload.table.asked else None,
    )


def _with_doubts(given: Given, heads: Sequence[str], found: Sequence[Any]) -> Given:
    told = [one.problem if isinstance(one, ScenarioError) else one for one in found]
    doubts = {_DOUBTS[one.key] for one in told if one.key in _DOUBTS} | set(given.choices.accept)
    sums = {one.fields["field"]: (one.fields["letters"], one.fields["candidates"]) for one in told if one.key == "column_doubt_sum"}
    places = [place for one in told if one.key == "doubt_places" for place in one.fields["all"].split("\n")]
    return replace(
        given,
        heads=tuple(heads),
        doubts=tuple(sorted(doubts)),
        sums={**given.sums, **sums},
        places=given.places + tuple(place for place in places if place not in given.places),
    )


@solara.component
def Choose(given: Given, changed: Callable[[Choices], None]):
    """The choices; every change reads the file again."""
    say = use_session().say
    with Section(say("my_cluster.choose_how"), say("my_cluster.choose_note")):
        Form(
            fields=_fields(given, say),
            label=say("my_cluster.choose_how"),
            lang=say.lang,
            event_changed=lambda change: changed(_chosen(given.choices, change["id"], change["value"])),
        )


def _fields(given: Given, say: Words) -> list[dict[str, Any]]:
    choices = given.choices
    heads = [{"id": head, "label": head[:60]} for head in given.heads]
    fields = []
    if len(given.sheets) > 1:
        sheets = [{"id": _AS_READ, "label": say("my_cluster.by_content")}, *({"id": name, "label": name} for name in given.sheets)]
        fields.append(_select("sheet", say("my_cluster.sheet"), choices.sheet, sheets))
    for name in _COLUMNS if given.heads else ():
        options = [{"id": _AS_READ, "label": say("my_cluster.by_head")}, *heads]
        if name in given.sums:
            letters, candidates = given.sums[name]
            options.append({"id": letters, "label": say("my_cluster.sum_of", columns=candidates)})
        if name == "revenue":
            options.append({"id": _NONE, "label": say("my_cluster.leave_out")})
        chosen = choices.columns.get(name)
        fields.append(
            _select(f"column_{name}", say(f"my_cluster.col.{name}"), _NONE if chosen == "" else chosen or _AS_READ, options)
        )
    units = [
        {"id": _AS_READ, "label": say("my_cluster.by_head")},
        *({"id": unit, "label": say(f"message.unit_{unit}")} for unit in MONEY),
    ]
    fields.append(_select("unit", say("my_cluster.unit"), choices.unit, units))
    signs = [
        {"id": _AS_READ, "label": say("my_cluster.by_numbers")},
        *({"id": sign, "label": say(f"my_cluster.{sign}")} for sign in DECIMALS),
    ]
    fields.append(_select("decimal", say("my_cluster.decimal"), choices.decimal, signs))
    if given.places:
        places = [
            {"id": _AS_READ, "label": say("my_cluster.all_places")},
            *({"id": place, "label": place} for place in given.places),
        ]
        chosen_place = next((f"{head}={text}" for head, text in choices.only.items()), _AS_READ)
        fields.append(_select("only", say("my_cluster.only"), chosen_place, places))
    yes_no = [{"id": "no", "label": say("my_cluster.check_again")}, {"id": "yes", "label": say("my_cluster.is_right")}]
    for name in given.doubts:
        fields.append(_select(f"accept_{name}", say(f"my_cluster.doubt.{name}"), "yes" if name in choices.accept else "no", yes_no))
    return fields


def _select(name: str, label: str, value: str, options: list[dict[str, str]]) -> dict[str, Any]:
    return {"id": name, "kind": "select", "label": label, "value": value, "options": options}


def _chosen(choices: Choices, name: str, value: str) -> Choices:
    if name.startswith("column_"):
        columns = {key: head for key, head in choices.columns.items() if key != name[7:]}
        if value != _AS_READ:
            columns[name[7:]] = "" if value == _NONE else value
        return replace(choices, columns=columns)
    if name.startswith("accept_"):
        settled = {key for key in choices.accept if key != name[7:]} | ({name[7:]} if value == "yes" else set())
        return replace(choices, accept=tuple(sorted(settled)))
    if name == "only":
        head, _, text = value.partition("=")
        return replace(choices, only={head: text} if text else {})
    changed: dict[str, Any] = {name: value}
    return replace(choices, **changed)
