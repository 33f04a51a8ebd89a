"""Three budgets in figure, report and terminal."""

import io
import re

import numpy as np
import pytest
from ecocluster.experiments.budgets import Frontier, Rung
from ecocluster.viz.answer import answer
from ecocluster.viz.figures import budgets_figure
from ecocluster.viz.first_lines import first_lines
from ecocluster.viz.money_ladder import frontier_table
from ecocluster.viz.report import report_html
from ecocluster.viz.terminal import print_comparison
from ecocluster.viz.words import Words
from fakes import ARMS, make_comparison
from rich.console import Console


@pytest.fixture
def comparison():
    """Each rung made up with its own luck; the second pathway's typed levers are too dear for the lowest."""
    worlds = np.arange(20)
    found = make_comparison(20, worlds=worlds)
    rungs = [Rung(factor, 150.0 * factor, make_comparison(20, worlds=worlds, seed=n), (ARMS[2],) if n == 0 else ())
             for n, factor in enumerate((1 / 3, 1.0, 2.0))]  # fmt: skip
    found.frontier = Frontier(2035, tuple(rungs))
    return found


def test_table_holds_what_was_run(comparison):
    table = frontier_table(comparison, Words("en"))
    assert [(row.arm, row.budget) for row in table.rows[:4]] == [
        ("Self-transition", "50"), ("Self-transition", "150"), ("Self-transition", "300"), ("Symbiosis", "50"),
    ]  # fmt: skip
    assert [row.unpaid for row in table.rows] == [False] * 3 + [True] + [False] * 8
    frontier, index = comparison.frontier, comparison.arms.index("combined")
    median = np.median(frontier.avoided(frontier.rungs[2], "tco2e")[index]) / 1000
    assert median > 0 and float(table.rows[-1].cells["tco2e"].value.replace(",", "")) == pytest.approx(median, abs=0.5)
    assert frontier_table(make_comparison(3), Words("en")) is None


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_report_and_terminal_show_it(comparison, lang):
    say = Words(lang)
    page = report_html(comparison, say, {})
    assert say("report.frontier_title") in page and say("report.frontier_unpaid") in page
    assert page.count("<td>50 *</td>") == 1 and page.count("<td>300</td>") == 4
    stream = io.StringIO()
    print_comparison(comparison, Console(file=stream, width=100), say)
    assert max(map(len, map(str.rstrip, stream.getvalue().splitlines()))) <= 100
    assert len(re.findall(r"(?m)^ +Combined, |^ +Kết hợp, ", stream.getvalue())) == 3
    assert len(budgets_figure(comparison, say).axes) == 3


def test_words_leave_out_a_budget_that_cannot_pay_what_was_typed(comparison):
    say = Words("en")
    told = answer(comparison, say)[0]
    assert "300 bn a year" in told and "50 bn a year" not in told.replace("150 bn a year", "")
    assert "Other budgets: " in first_lines(comparison, say)[-1]
