"""Scorecard, figures, report and terminal on made-up runs."""

import html.parser
import io
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from ecocluster.experiments.statistics import Estimate
from ecocluster.viz import write_report
from ecocluster.viz.answer import answer
from ecocluster.viz.drawing import new_figure, render, style_of
from ecocluster.viz.figures import adoption, comparison_figures, trajectories
from ecocluster.viz.flows import flow_map, sum_flows
from ecocluster.viz.report import report_html, write_run
from ecocluster.viz.scorecard import best_rows, interval_text, scorecard
from ecocluster.viz.terminal import print_comparison, print_run
from ecocluster.viz.words import Words
from fakes import EFFECT, LEVEL, make_comparison
from rich.console import Console

KEYS = ("kind", "stream", "unit", "supplier_sector", "buyer_sector", "quantity")
FLOWS = [
    dict(zip(KEYS, row, strict=True))
    for row in (
        ("link", "metal", "t/yr", "metal_mechanical", "textile", 3.0),
        ("link", "metal", "t/yr", "metal_mechanical", "textile", 4.0),
        ("hub", "organic", "t/yr", "food", "", 5.0),
        ("hub", "heat_steam", "GJ/yr", "food", "", 90.0),
    )
]


@pytest.fixture(scope="module")
def comparison():
    return make_comparison(8)


def test_scorecard_shows_values_intervals_and_differences(comparison):
    groups = {group.title: group for group in scorecard(comparison, 2035, Words("en"))}
    gas = next(row for row in groups["Environment"].rows if row.key == "tco2e_2035")
    assert gas.unit == "kt/yr" and gas.cells[0].difference == ""
    mean = comparison.values("tco2e_2035")[4].mean() / 1e3
    assert gas.cells[4].value.startswith(f"{mean:.0f} ±")
    assert gas.cells[4].difference.startswith("\N{MINUS SIGN}")
    cost = next(row for row in groups["Money, present value since 2020"].rows if row.key == "cost_gross_per_tco2e_2035")
    assert cost.cells[0].value == "\N{EN DASH}" and cost.cells[0].reason


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_the_answer_names_who_is_ahead(comparison, lang):
    """Runs in which the combined pathway avoids most: it is named with how much, and no other is."""
    say = Words(lang)
    ground = answer(comparison, say)[0]
    assert say("pathway.combined") in ground and not any(say(f"pathway.{arm}") in ground for arm in ("symbiosis", "newly-planned"))
    kilotonnes = abs(comparison.estimates["tco2e_total_2035"][4][1].mean) / 1000
    assert say.number(kilotonnes) in ground


def test_the_answer_of_little_information():
    say = Words("en")
    assert answer(make_comparison(3, arms=("null",)), say) == [say("answer.only_null")]
    single = answer(make_comparison(1), say)
    assert "[" not in single[0] and "chance only" in single[-1]  # one run has no interval
    same = make_comparison(6)
    same.numbers[:] = 0.1
    told = answer(same, say)
    assert told[0].count("no pathway does better than the law alone (100 %)") == 3 and " under " not in told[0]
    assert "no pathway is worth its cost" in told[-2]


def test_a_sure_zero_is_one_character():
    still = make_comparison(6)
    still.values("hubs_active_2035")[:] = 0.0
    rows = {row.key: row for group in scorecard(still, 2035, Words("vi")) for row in group.rows}
    cells = rows["hubs_active_2035"].cells
    assert {cell.value for cell in cells} == {"0"} and {cell.difference for cell in cells[1:]} == {"0"}
    assert interval_text(Estimate(0.0, -0.4, 0.4, 6), 1.0, 1, Words("vi")) == "0,0 ±0,4"


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_of_one_cluster_runs_are_counted(lang):
    say = Words(lang)
    one = make_comparison(6, clusters=1)
    certification = scorecard(one, 2035, say)[0]
    assert [row.unit for row in certification.rows] == [say("one_cluster.unit")] * 3
    assert best_rows(one, 2035, say)[0][0] == say("one_cluster.clusters_level1")
    assert say("one_cluster.unit") in trajectories(one, say).axes[0].get_title(loc="left")
    same = make_comparison(6, clusters=1)
    same.values("clusters_level1_2035")[:] = 0.0
    alone = make_comparison(1, clusters=1)
    for comparison in (one, same, alone):
        text = " ".join(answer(comparison, say))
        assert "clusters" not in text and "số cụm" not in text and "các cụm" not in text.lower()


def test_a_share_that_stays_at_zero_has_an_axis_of_percent():
    still = make_comparison(4)
    still.trace.series[..., still.trace.keys.index("level1")] = 0.0
    assert trajectories(still, Words("en")).axes[0].get_ylim() == (0, 100)


def test_figures_are_the_same_bytes_without_dates(comparison):
    say = Words("vi")
    first, second = comparison_figures(comparison, say), comparison_figures(comparison, say)
    assert list(first) == ["headline", "trajectories", "adoption", "cost-effect", "obstacles"]
    for name in first:
        svg = render(first[name], "svg")
        assert svg == render(second[name], "svg") and b"<dc:date>" not in svg
        png = render(first[name], "png")
        assert png == render(second[name], "png") and png.startswith(b"\x89PNG")
        assert first[name].get_size_inches()[0] * first[name].dpi == 1200


def test_lines_over_time_are_those_of_the_tables():
    """Runs that failed are left out of both."""
    found, one = make_comparison(4, failed=[(4, 1)]), "indicator == 'adoption_T1'"
    past, later = found.past.query(one), found.series.query(f"{one} and pathway == 'combined'")
    axes, combined = adoption(found, Words("en")).axes[0], Words("en").name("pathway", "combined")
    (line,) = [line for line in axes.lines if line.get_label() == combined]
    assert list(line.get_xdata()) == [*past["year"], *later["year"][1:]]
    assert np.array_equal(line.get_ydata(), 100 * np.array([*past["mean"], *later["mean"][1:]]), equal_nan=True)


def test_figures_of_little_information():
    for options in (
        {"replicates": 1},
        {"replicates": 3, "arms": ("null",)},
        {"replicates": 4, "failed": [(1, r) for r in range(4)]},
    ):
        for figure in comparison_figures(make_comparison(**options), Words("en")).values():
            assert len(render(figure, "svg")) > 2000


def test_arms_differ_without_colour():
    arms = ["null", "self-transition", "symbiosis", "newly-planned", "combined", "mine", "yours"]
    styles = [style_of(arm, index) for index, arm in enumerate(arms)]
    assert len({marker for _, _, marker in styles}) == len({str(dash) for _, dash, _ in styles}) == len(arms)


class Page(html.parser.HTMLParser):
    """Collects tags, addresses and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.words = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "data", "poster", "srcset")]

    def handle_data(self, data):
        self.words.append(data)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_folder_and_report(comparison, lang, tmp_path):
    out = write_report(comparison, tmp_path / "out", lang)
    names = {entry.name for entry in out.iterdir()}
    pictures = {
        f"{name}.{kind}" for name in ("headline", "trajectories", "adoption", "cost-effect", "obstacles") for kind in ("png", "svg")
    }
    tables = {
        "runs.parquet",
        "transfers.csv",
        "past.parquet",
        "series.parquet",
        "summary.csv",
        "summary.xlsx",
        "summary.json",
        "manifest.json",
        "report.html",
    }
    assert names == pictures | tables
    text = (out / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.addresses and all(address.startswith("data:image/svg+xml;base64,") for address in page.addresses)
    assert "script" not in page.tags and "link" not in page.tags
    assert not re.search(r"https?:|@import|url\(", text)
    assert "ecocluster compare hanoi --fixed --replicates 8" in text and f'lang="{lang}"' in text
    for sentence in answer(comparison, Words(lang)):
        assert sentence.replace(" %", "\N{NO-BREAK SPACE}%") in " ".join(page.words)
    assert "wall_s" not in json.loads((out / "summary.json").read_text())


def test_report_escapes_names(comparison):
    comparison.trace.site.name, name = "<script>alert(1)</script>", comparison.trace.site.name
    try:
        assert "<script>" not in report_html(comparison, Words("en"), {})
    finally:
        comparison.trace.site.name = name


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_terminal_fits_100_columns(comparison, lang):
    stream = io.StringIO()
    print_comparison(comparison, Console(file=stream, width=100), Words(lang))
    lines = stream.getvalue().splitlines()
    assert max(map(len, lines)) <= 100 and not re.search(r"\w…", stream.getvalue())
    assert [line.strip()[-4:] for line in lines if re.match(r"(Năm )?20\d\d *$", line)] == ["2030", "2035"]


def test_reasons_are_told_in_the_terminal():
    stream = io.StringIO()
    print_comparison(make_comparison(1), Console(file=stream, width=100), Words("vi"))
    assert "một lần lặp không cho khoảng tin cậy" in stream.getvalue()


def test_one_run_is_printed_and_written(tmp_path):
    single = make_comparison(1, arms=("combined",))
    stream = io.StringIO()
    print_run(single, FLOWS, Console(file=stream, width=100), Words("en"))
    assert "metal scrap (links): 7 t/yr" in stream.getvalue()
    out = write_run(single, FLOWS, tmp_path / "run", "en")
    assert {"flows.svg", "flows.png", "flows.csv", "trajectories.svg", "adoption.svg", "past.parquet", "series.parquet"} <= {
        e.name for e in out.iterdir()
    }


def test_flows_are_summed_by_unit():
    assert sum_flows(FLOWS) == {
        "GJ/yr": {("heat_steam", "food", "hub"): 90.0},
        "t/yr": {("metal", "metal_mechanical", "textile"): 7.0, ("organic", "food", "hub"): 5.0},
    }
    assert len(render(flow_map([], Words("vi")), "png")) > 1000


def badly_set(figure):
    """Texts of a drawn figure that leave it, and titles that lie over one another."""
    from matplotlib.text import Text

    figure.canvas.draw()
    renderer, (width, height) = figure.canvas.get_renderer(), figure.canvas.get_width_height()
    shown = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    hidden = {text for axes in figure.axes if not axes.get_visible() for text in axes.findobj(Text)}
    ticks = {text for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for tick in axis.get_major_ticks() + axis.get_minor_ticks()
             for text in (tick.label1, tick.label2)}  # fmt: skip
    boxes = {text: text.get_window_extent(renderer) for text in shown if text not in hidden | ticks}
    out = [text.get_text() for text, box in boxes.items() if box.x0 < 0 or box.y0 < 0 or box.x1 > width or box.y1 > height]
    titles = [
        box for text, box in boxes.items() if text in {axes.title for axes in figure.axes} | {a._left_title for a in figure.axes}
    ]
    over = [(a, b) for n, a in enumerate(titles) for b in titles[:n] if a.overlaps(b)]
    return out + over


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_no_text_is_cut_and_no_title_lies_over_another(lang, monkeypatch):
    """Six arms as they ship. Control: names three times as long in one line."""
    say, arms = Words(lang), ("null", "law", "self-transition", "symbiosis", "newly-planned", "combined")
    for shape in (EFFECT, LEVEL):
        monkeypatch.setitem(shape, "law", 0.01)
    comparison = make_comparison(3, arms=arms)
    for name, figure in comparison_figures(comparison, say).items():
        assert not badly_set(figure), name
    figure = new_figure(4.0)
    axes = figure.subplots(1, 2)
    for one in axes:
        one.set_title(3 * say("pathway.self-transition") + 60 * "x")
    assert badly_set(figure)


@pytest.mark.parametrize(
    ("site_budget_bn", "key", "money"), [(None, "question_budget", "150"), (2.5, "question_site_budget", "2.50")]
)
def test_the_report_says_whose_money_it_is(comparison, site_budget_bn, key, money):
    """Of the city, shared by firms, or of this site alone."""
    asked = replace(comparison, question=replace(comparison.question, site_budget_bn=site_budget_bn))
    say = Words("en")
    assert say(f"report.{key}", budget=money) in report_html(asked, say, {}).replace("\N{NO-BREAK SPACE}", " ")


def test_curves_of_adoption_begin_in_2010(comparison):
    """Each line runs forward in time from the first quarter to the last, through the past that all arms share."""
    figure = adoption(comparison, Words("en"))
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert {"Good housekeeping (T1) (%)", "Real compliance (%)"} <= {axes.get_title(loc="left") for axes in panels}
    for axes in panels:
        lines = [line for line in axes.lines if len(line.get_xdata()) > 100]
        assert len(lines) == len(comparison.arms)
        for line in lines:
            x = np.asarray(line.get_xdata())
            assert x[0] == 2010.25 and x[-1] == 2046.0 and (np.diff(x) == 0.25).all()
        shared = [np.asarray(line.get_ydata())[:40] for line in lines]
        assert all(np.array_equal(shared[0], other) for other in shared[1:])
