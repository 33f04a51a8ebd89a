"""Page Limits: what the model does not know (docs/odd.md, section 9, in the visitor's language)."""

from __future__ import annotations

import solara

from ..words import Words
from .address import Address, AddressBar
from .brief import Brief, brief_html
from .export import Export
from .frame import Heading, Table
from .session import use_session

__all__ = ["TOPICS", "Page"]

# groups of topics: texts `unknown.GROUP`, `unknown.TOPIC.topic` and `unknown.TOPIC.what`
TOPICS = {
    "left_out": (
        "air", "noise", "health", "climate", "investors", "markets", "export", "targets", "research", "provinces", "business",
        "politics",
    ),
    "guessed": ("numbers", "firms", "hidden", "countries"),
    "reading": ("forecast", "band", "horizon", "single", "run"),
}  # fmt: skip


@solara.component
def Page():
    """One table: what one may look for, and what stands in its place."""
    session = use_session()
    say = session.say
    Heading("unknown")
    AddressBar("/limits", {}, session.page("limits", Address))
    heads = [say("unknown.topic"), say("unknown.what")]
    rows = []
    for group, topics in TOPICS.items():
        rows.append({"group": say(f"unknown.{group}")})
        rows += [{"cells": [{"text": text} for text in _row(topic, say)]} for topic in topics]
    Table(heads, rows, label=say("page.unknown.title"), text_columns=(0, 1))
    Export(name="limits", link=session.link("/limits", {}), brief=lambda: _brief(say))


def _row(topic: str, say: Words) -> tuple[str, str]:
    return say(f"unknown.{topic}.topic"), say(f"unknown.{topic}.what")


def _brief(say: Words) -> str:
    """The page to print."""
    every = [topic for topics in TOPICS.values() for topic in topics]
    return brief_html(
        Brief(
            title=say("page.unknown.title"),
            lines=[say("page.unknown.lead")],
            answer=[],
            heads=[say("unknown.topic"), say("unknown.what")],
            rows=[list(_row(topic, say)) for topic in every],
            notes=[],
        ),
        say,
    )
