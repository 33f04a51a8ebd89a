"""Answers in a notebook: one line, one page of HTML, words with the figures behind them."""

from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser

import ecocluster as ec
import pytest
from ecocluster.experiments.comparison import Comparison
from ecocluster.viz import notebook
from ecocluster.viz.answer import answer as paragraphs
from ecocluster.viz.words import Words


@pytest.fixture(scope="module")
def found() -> Comparison:
    return ec.compare("teaching", fixed=True, replicates=2)


def test_one_line_says_what_it_is(found):
    text = repr(found)
    assert "\n" not in text and len(text) < 200
    assert "teaching" in text and "2 replicates" in text and "law middle" in text


class Closed(HTMLParser):
    """Are all tags closed in order?"""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag not in ("br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_a_cell_shows_answer_table_and_figure(found, lang):
    page = notebook.shown(found, lang)
    reader = Closed()
    reader.feed(page)
    assert not reader.open and {"table", "ol", "img"} <= set(reader.seen)
    assert found.question.command in page and Words(lang).name("pathway", "symbiosis") in page
    assert Words(lang)("first.law_column") in page  # of the law alone it is the difference to no programme
    assert 'src="data:image/png;base64,' in page and "http" not in page
    assert len(page) < 500_000


def test_the_last_line_of_a_cell_needs_no_more_than_the_front_door(found):
    assert found._repr_html_() == notebook.shown(found)
    code = (
        "import sys\nfrom ecocluster.experiments import compare\n"
        "assert compare('teaching', fixed=True, replicates=1)._repr_html_() is None\n"
        "assert not {'matplotlib', 'ecocluster.viz'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_words_come_with_the_figures_behind_them(found, lang):
    parts = ec.explain(found, lang)
    assert [part.text for part in parts] == paragraphs(found, Words(lang)) == [str(part) for part in parts]
    assert [part.question for part in parts] == sorted(
        (part.question for part in parts), key=["ground", "which", "stops", "money", "sure"].index
    )
    ground = next(part for part in parts if part.question == "ground").figures
    assert set(ground["indicator"]) == {"cod_total_2035", "tco2e_total_2035", "landfilled_total_2035"}
    assert set(ground["pathway"]) == set(found.arms)
    money = next(part for part in parts if part.question == "money").figures
    assert "pv_social_cost_2035" in set(money["indicator"])


def test_a_bar_shows_where_somebody_looks(monkeypatch, capsys):
    seen = []
    monkeypatch.setattr(notebook, "_somebody_looks", lambda: True)
    monkeypatch.setattr("ecocluster.viz.commands.common.show_progress", lambda say: Recorder(seen))
    ec.compare("teaching", fixed=True, replicates=1)
    assert seen[0][0] == 0 and seen[-1][0] == seen[-1][1] > 0
    before = len(seen)
    ec.compare("teaching", fixed=True, replicates=1, progress=None)
    monkeypatch.setattr(notebook, "_somebody_looks", lambda: False)
    ec.compare("teaching", fixed=True, replicates=1)
    assert len(seen) == before


class Recorder:
    """A bar that only notes what it is told."""

    def __init__(self, seen: list[tuple[int, int]]) -> None:
        self.seen = seen

    def __enter__(self):
        return lambda done, total: self.seen.append((done, total))

    def __exit__(self, *_) -> None:
        pass
