"""The Explorer without anything made elsewhere: a sample that ships, and a visitor's own sweep, bounded and theirs alone."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import ecocluster.experiments
import numpy as np
import pandas as pd
import pytest
from ecocluster.experiments import InputError
from ecocluster.experiments.sweeps.experiment import load_experiment
from ecocluster.experiments.sweeps.plans import plan_sweep
from ecocluster.experiments.sweeps.results import status
from ecocluster.viz.pages import explorer_new
from ecocluster.viz.pages.browser import open_page, serve
from ecocluster.viz.pages.explorer import OWN, SAMPLE, State, _scatter
from ecocluster.viz.pages.explorer_data import Sweep, influence, read_sweep
from ecocluster.viz.pages.explorer_new import MOST_RUNS, PATHWAYS, OwnSweep, asked_for
from ecocluster.viz.pages.jobs import Stopped
from ecocluster.viz.words import LANGUAGES, Words

DATA = Path(ecocluster.experiments.__file__).parent / "data"


def test_the_sample_is_whole_and_is_what_its_file_asks():
    sample, asked = read_sweep(DATA / "sample-sweep"), load_experiment(DATA / "sample-sweep.toml")
    plan = plan_sweep(asked, None, None, None)
    assert not sample.failed and sample.runs == len(asked.pathways) * len(plan.points) * asked.replicates
    assert {name for name in sample.inputs if sample.table[name].nunique() > 1} == {factor.name for factor in asked.factors}
    assert set(asked.outcomes) <= set(sample.outcomes)


def test_names_of_axes_begin_at_the_edge_wherever_zero_lies():
    """The axis stood where zero is, at the right of what is avoided, and its name was cut by the edge of the chart."""
    sample = read_sweep(DATA / "sample-sweep")
    x, y = sample.outcomes[:2]
    option = _scatter(sample, np.ones(len(sample.table), dtype=bool), x, y, Words("vi"))
    for axis in (option["xAxis"], option["yAxis"]):
        assert axis["name"] and axis["axisLine"]["onZero"] is False
    assert option["yAxis"]["nameTextStyle"]["align"] == "left"


def test_influence_finds_what_acts_even_in_one_pathway_alone():
    rng = np.random.default_rng(1)
    inputs = {name: rng.uniform(size=60) for name in ("nothing", "one", "both")}
    table = pd.concat([
        pd.DataFrame({**inputs, "pathway": arm, "policy": "p", "y": 3 * inputs["both"] + (2 * inputs["one"] if arm == "a" else 0)})
        for arm in ("a", "b")
    ])  # fmt: skip
    found = influence(Sweep(table.assign(fixed=1.0), ("nothing", "one", "both", "fixed"), ("y",), 120, 0), ["y", "y"])
    assert list(found) == ["both", "one", "nothing"] and found["both"] == pytest.approx(1.0) and found["nothing"] < 0.3
    assert influence(Sweep(table.assign(y=1.0), ("both",), ("y",), 120, 0), ["y"]) == {"both": 0.0}


@pytest.mark.parametrize("wrong", [
    {"site": "hanoi"}, {"site": "../x.toml"}, {"pathway": "null"}, {"vary": "all"}, {"points": 100_000}, {"points": 0}, {"replicates": 9},
    {"points": 256, "replicates": 8},
])  # fmt: skip
def test_a_form_asks_for_nothing_too_large_nor_for_a_file(wrong):
    usual = {"site": "teaching", "pathway": "combined", "vary": "advice", "points": 16, "replicates": 1}
    assert asked_for(**usual).replicates == 1
    with pytest.raises(InputError):
        asked_for(**{**usual, **wrong})


@pytest.mark.parametrize("vary", explorer_new._groups())
def test_every_choice_of_the_form_can_be_run(vary):
    experiment = asked_for("teaching", PATHWAYS[0], vary, 16, 1)
    plan = plan_sweep(experiment, None, None, None)
    assert 16 <= plan.runs() <= MOST_RUNS


def jobs(stop_after=None):
    """Runs work at once; stops it when so many runs are done."""
    states = []

    def start(slot, work, on_done=None):
        def progress(done, total):
            if stop_after is not None and done >= stop_after:
                raise Stopped

        try:
            found = work(SimpleNamespace(threads=1, progress=progress))
        except Stopped:
            states.append("stopped")
        else:
            states.append("done")
            if on_done is not None:
                on_done(found)

    return SimpleNamespace(jobs=SimpleNamespace(start=start)), states


def test_a_stopped_sweep_keeps_what_is_done_and_goes_on(monkeypatch):
    small = replace(asked_for("teaching", "combined", "advice", 256, 2), last_year=2036.0)
    monkeypatch.setattr(explorer_new, "asked_for", lambda **_: small)
    own, arrived = OwnSweep(), []
    session, states = jobs(stop_after=1)
    own.run(session, lambda: arrived.append(1))
    kept = status(own.folder)
    assert states == ["stopped"] and not arrived and own.begun.value
    assert 0 < kept.runs_done < kept.runs
    session, states = jobs()
    folder = own.folder
    own.run(session, lambda: arrived.append(1))
    assert states == ["done"] and arrived == [1] and own.folder == folder
    assert status(folder).runs_done == status(folder).runs == 512
    own.set({"id": "points", "value": "64"})  # another sweep does not go on with this one
    assert not own.begun.value


def test_one_visitors_sweep_has_no_name_for_others():
    other = State({"folder": OWN})
    with pytest.raises(InputError):
        other._place(OWN, SimpleNamespace(settings=SimpleNamespace(results=DATA)))
    assert State({}).folder.value == SAMPLE


@pytest.mark.browser
def test_a_visitor_sees_the_sample_and_makes_a_sweep(browser, server):
    say = Words("en")
    with open_page(browser, server + "/explorer", "en") as watched:
        page = watched.page
        watched.wait(".eco-chart [data-drawn]")
        page.wait_for_function("document.querySelector('.eco').innerText.includes('288 of 288')")
        page.click("[data-new='sweep'] summary")
        page.select_option("select[name='site']", "teaching")
        page.select_option("select[name='points']", "16")
        page.select_option("select[name='replicates']", "1")
        page.click(f"text={say('sweep_form.reckon')}")
        page.wait_for_function("document.querySelector('p.estimate').innerText.includes('16 runs')")
        page.click(f"text={say('sweep_form.run')}")
        page.wait_for_function("document.querySelector('.eco').innerText.includes('16 of 16')")
        assert watched.errors == [] and watched.outside == []


@pytest.mark.browser
def test_read_only_has_no_form(browser):
    with serve("--read-only") as address, open_page(browser, address + "/explorer") as watched:
        watched.wait(".eco-chart [data-drawn]")
        assert watched.page.locator("[data-new='sweep']").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_axis_of_an_address_that_the_sweep_does_not_have_is_told(browser, server, lang):
    address = f"{server}/explorer?folder=%3Asample&x=effect.tco2e_total_2053&y=effect.cod_total_2035"
    with open_page(browser, address, lang) as watched:
        watched.wait(".eco-chart [data-drawn]")
        watched.wait(".eco .error")
        told = [box.inner_text() for box in watched.page.query_selector_all(".eco .error")]
        assert len(told) == 1 and "effect.tco2e_total_2053" in told[0] and "effect.tco2e_total_2035" in told[0]
        watched.page.reload()  # the address has followed
        watched.wait(".eco-chart [data-drawn]")
        assert watched.page.query_selector(".eco .error") is None and watched.errors == []
