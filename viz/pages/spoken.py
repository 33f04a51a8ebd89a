"""The answer in words on a page: the lines of the first screen, and folded away below them the answer at length."""

from __future__ import annotations

import solara

from ...experiments.comparison import Comparison
from ..answer import answer
from ..first_lines import first_lines
from .frame import Div, Text
from .session import use_session
from .terms import Explained

__all__ = ["Lines", "Paragraphs"]


@solara.component
def Lines(found: Comparison, year: int):
    """One short line for each question."""
    with Div():  # without it the lines stand in a column of Solara's, which is white
        for line in first_lines(found, use_session().say, year):
            Explained(line)


@solara.component
def Paragraphs(found: Comparison, year: int):
    """All that can be said, folded away until someone asks."""
    say = use_session().say
    if not found.acting:  # the one line says all
        return
    with solara.v.Html(tag="details", class_="eco-terms noprint"):
        Text(say("report.length_title"), "summary")
        for paragraph in answer(found, say, year):
            Explained(paragraph)
