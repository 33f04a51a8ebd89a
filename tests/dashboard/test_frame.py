"""What the dashboard is made of, without a browser: language, jobs, limits, pictures, controls, export, command."""

import itertools
import re
import socket
import threading
from contextlib import nullcontext
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace

import numpy as np
import pytest
from ecocluster.experiments import InputError, compare
from ecocluster.experiments.analyses.portfolio import CHOICES
from ecocluster.experiments.configuration import read_config, write_config
from ecocluster.experiments.preparing import prepare
from ecocluster.experiments.question import ask
from ecocluster.model.levers import LEVERS
from ecocluster.scenarios import ScenarioError, load_scenario
from ecocluster.viz.cli import main
from ecocluster.viz.districts import DISTRICTS, city_spots
from ecocluster.viz.figures import panels_of
from ecocluster.viz.pages import compare_run
from ecocluster.viz.pages.address import Address
from ecocluster.viz.pages.barriers import State as Barriers
from ecocluster.viz.pages.check import State as SelfCheck
from ecocluster.viz.pages.city_map import State as CityMap
from ecocluster.viz.pages.compare import State
from ecocluster.viz.pages.compare import fields_of as compare_fields
from ecocluster.viz.pages.compare import prepare as draw_before
from ecocluster.viz.pages.compare_run import Known, Watcher, draw, run_rounds
from ecocluster.viz.pages.controls import REACH, SLIDERS, _slider, round_step
from ecocluster.viz.pages.evidence import State as Evidence
from ecocluster.viz.pages.explorer import State as Explorer
from ecocluster.viz.pages.explorer_data import column_label
from ecocluster.viz.pages.export import file_message
from ecocluster.viz.pages.frame import PAGES, error_text
from ecocluster.viz.pages.goal import State as Goal
from ecocluster.viz.pages.jobs import Jobs, JobState, Stopped, TimeUp
from ecocluster.viz.pages.jobs import size as size_of_pool
from ecocluster.viz.pages.my_cluster import State as MyCluster
from ecocluster.viz.pages.panels import panel_option
from ecocluster.viz.pages.portfolio import PATHWAYS, own_text
from ecocluster.viz.pages.portfolio import State as Portfolio
from ecocluster.viz.pages.session import fields_of_address
from ecocluster.viz.pages.settings import Limits
from ecocluster.viz.pages.shots import SCENES
from ecocluster.viz.pages.stored import open_below
from ecocluster.viz.pages.watch import State as Watch
from ecocluster.viz.words import Words, preferred_language
from waiting import WATCHDOG, until

PANELS = panels_of(True)  # the teaching site is one cluster


@pytest.mark.parametrize(
    ("header", "lang"),
    [("vi-VN,vi;q=0.9,en;q=0.8", "vi"), ("en-GB,en", "en"), ("fr,vi;q=0.5,en;q=0.3", "vi"), ("fr", "en"),
     ("vi;q=0,en", "en"), ("vi;q=x,en;q=0.1", "en"), (None, "en"), ("", "en")],
)  # fmt: skip
def test_the_browsers_preference(header, lang):
    assert preferred_language(header) == lang


@pytest.fixture
def jobs():
    """The jobs of one visitor, who leaves at the end of the test."""
    made = Jobs(nullcontext())
    yield made
    made.close()


def endless(job):
    """Work that goes on until it is told to end."""
    for step in itertools.count():
        job.progress(step, 0)


def end(jobs, slot="a"):
    """State of a slot after its first job, however it ended: a test that waited for one way would hang on the others."""
    until(lambda: jobs.state(slot).value.phase in ("done", "stopped", "failed"))
    return jobs.state(slot).value


def test_a_newer_job_replaces_the_old_one_and_only_its_answer_counts(jobs):
    answers = []
    jobs.start("a", endless, on_done=lambda _: answers.append("old"))
    until(lambda: jobs.state("a").value.phase == "running")
    jobs.start("a", lambda job: "new", on_done=answers.append)
    assert end(jobs).phase == "done" and answers == ["new"]


def test_a_first_curve_is_finished_even_while_newer_jobs_come(jobs):
    begun, newer, seen = threading.Event(), threading.Event(), []

    def sketch(job):
        with job.shielded():
            begun.set()
            assert newer.wait(WATCHDOG)
            job.check()
            seen.append("first curve")
        seen.append("the rest, which nobody wants any more")

    jobs.start("a", sketch)
    assert begun.wait(WATCHDOG)
    for name in ("second", "third", "last"):  # faster than a sketch takes, as in a drag
        jobs.start("a", lambda job, name=name: seen.append(name))
    newer.set()
    assert end(jobs).phase == "done" and seen == ["first curve", "last"]


def test_a_visitor_has_one_running_job_and_the_next_slot_waits(jobs):
    go_on, both, alone = threading.Event(), threading.Semaphore(1), []

    def work(job):
        alone.append(both.acquire(blocking=False))
        assert go_on.wait(WATCHDOG)
        both.release()

    for slot in ("a", "b", "c"):
        jobs.start(slot, work)
    until(lambda: jobs.state("a").value.phase == "running")
    assert [jobs.state(slot).value.phase for slot in "bc"] == ["waiting", "waiting"]
    go_on.set()
    assert [end(jobs, slot).phase for slot in "abc"] == ["done"] * 3 and alone == [True] * 3


def test_who_waits_for_others_is_told_how_many_are_before_him():
    """A full pool: the next visitors learn their place, who is served is told so, and nobody is told of places when there is room."""
    go_on, size = threading.Event(), size_of_pool()
    visitors = [Jobs(nullcontext()) for _ in range(size + 3)]

    def work(job):
        assert go_on.wait(WATCHDOG)

    try:
        for number, visitor in enumerate(visitors):
            visitor.start("a", work)
            if number < size:
                until(lambda visitor=visitor: visitor.state("a").value.phase == "running")
        states = [visitor.state("a").value for visitor in visitors]
        assert [state.ahead for state in states] == [0] * size + [1, 2, 3]
        assert [state.phase for state in states] == ["running"] * size + ["waiting"] * 3
        go_on.set()
        for visitor in visitors:
            assert end(visitor).ahead == 0
    finally:
        go_on.set()
        for visitor in visitors:
            visitor.close()


def test_who_asks_anew_while_he_waits_keeps_his_place():
    """Else a visitor who moves a lever every few seconds goes to the end of a long queue each time, and never gets an answer."""
    go_on, size, begun = threading.Event(), size_of_pool(), []
    busy, (first, second) = [Jobs(nullcontext()) for _ in range(size)], (Jobs(nullcontext()), Jobs(nullcontext()))

    def work(job):
        assert go_on.wait(WATCHDOG)

    def asked(name):
        def note(job):
            begun.append(name)
            job.check()

        return note

    try:
        for visitor in busy:
            visitor.start("a", work)
            until(lambda visitor=visitor: visitor.state("a").value.phase == "running")
        first.start("a", asked("first"))
        second.start("a", asked("second"))
        for number in range(3):
            first.start("a", asked(f"first again {number}"))
        go_on.set()
        assert end(first).phase == end(second).phase == "done"
        assert sorted(begun) == ["first again 2", "second"]
    finally:
        go_on.set()
        for visitor in (*busy, first, second):
            visitor.close()


def test_a_job_is_stopped_and_errors_are_kept(jobs):
    jobs.start("a", endless)
    until(lambda: jobs.state("a").value.busy)
    jobs.stop("a")
    assert end(jobs).phase == "stopped"

    def breaks(job):
        raise InputError("empty", name="x")

    jobs.start("b", breaks)
    assert end(jobs, "b").phase == "failed" and error_text(end(jobs, "b").error, Words("vi")) == "x trống"


def test_a_job_has_so_much_time_and_no_more(jobs, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("ecocluster.viz.pages.jobs.time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr("ecocluster.viz.pages.jobs.LIMITS", Limits(seconds=60.0))
    seen = []

    def work(job):
        for passed in (59.0, 2.0):
            now[0] += passed
            job.check()
            seen.append(now[0])

    jobs.start("a", work)
    assert isinstance(end(jobs).error, TimeUp) and seen == [1059.0] and end(jobs).seconds == 61.0


def test_nothing_runs_for_a_visitor_who_has_gone(jobs):
    done = []
    jobs.start("a", endless)
    until(lambda: jobs.state("a").value.busy)
    jobs.close()
    jobs.start("a", lambda job: done.append(1))
    until(lambda: jobs._running is None)
    assert not jobs._waiting and not done


class Quiet:
    """A job that nobody watches."""

    threads = 1
    shielded = staticmethod(nullcontext)

    def check(self):
        pass

    def progress(self, done, total):
        pass


@pytest.fixture(scope="module")
def teaching():
    return compare("teaching", fixed=True, replicates=5, levers={"extension": 0.9})


def test_rounds_add_up_to_the_numbers_of_compare(teaching):
    pictures, answers = [], []
    question = ask("teaching", fixed=True, replicates=5, levers={"extension": 0.9})
    known = Known()
    for _ in range(2):  # the second time scale factors and files are known
        answer = run_rounds(Quiet(), question, PANELS, known, Watcher(pictures.append, answers.append))
        assert answer.runs.equals(teaching.runs)
        np.testing.assert_array_equal(answer.trace.series, teaching.trace.series)
    assert pictures[0].sketch and not pictures[-1].sketch
    assert [picture.replicates for picture in pictures] == [2, 5, 2, 5]


def test_a_city_is_sketched_from_some_of_its_clusters_first():
    """And the sketch is told as one; the budget and a lever are those of the question."""

    class Enough(Exception):
        pass

    pictures = []

    def see(picture):
        pictures.append(picture)
        if len(pictures) == 2:
            raise Enough

    question = ask("hanoi", ["combined"], fixed=True, replicates=20)
    with pytest.raises(Enough):
        run_rounds(Quiet(), question, PANELS, Known(), Watcher(see, lambda _: None))
    assert [(p.sketch, p.clusters, p.of_clusters, p.replicates) for p in pictures] == [(True, 5, 70, 6), (True, 5, 70, 12)]
    first = pictures[0]
    assert first.arms == ("null", "law", "combined") and set(first.mean) == set(PANELS)
    at = first.years.tolist().index(2035)
    assert 2000 < first.mean["firms"][0, at] < 8000 if "firms" in first.mean else first.mean["tco2e"][0, at] > 1e4


def test_the_sketch_of_a_city_is_drawn_before_the_first_visitor_and_stands_in_his_first_drawing(monkeypatch):
    """For the question that he meets and no other; what is kept is bounded."""
    monkeypatch.setattr(compare_run, "_kept", {})
    assert State({}, "hanoi").told.value is None
    draw_before("teaching")
    state = State({}, "hanoi")
    kept = compare_run.kept_sketch(state.question())
    assert kept is not None and state.told.value is kept and state.picture.value is kept and kept.sketch
    assert (kept.clusters, kept.of_clusters, kept.replicates) == (5, 70, 12) and set(PANELS) & set(kept.mean)
    assert State({"extension": "0.5"}, "hanoi").told.value is None and State({}, "teaching").told.value is None
    pictures = []
    monkeypatch.setattr(compare_run, "MOST_KEPT", 1)
    with pytest.raises(Stopped):
        run_rounds(Quiet(), state.question(), PANELS, Known(), Watcher(lambda picture: pictures.append(picture) or stop(), print))
    assert pictures == [kept]  # as it was drawn, and at once
    other = State({"extension": "0.5"}, "hanoi").question()
    compare_run.prepare_sketch(other, PANELS)
    assert compare_run.kept_sketch(other) is not None and compare_run.kept_sketch(state.question()) is None


def stop():
    raise Stopped


def test_rounds_in_worlds_add_up_too():
    question = ask("teaching", ["symbiosis"], worlds=9)
    answer = run_rounds(Quiet(), question, PANELS, Known(), Watcher(lambda _: None, lambda _: None))
    whole = compare("teaching", ["symbiosis"], worlds=9)
    assert answer.question == question and answer.runs.equals(whole.runs)
    assert answer.summary.equals(whole.summary)


def test_a_question_that_does_not_fit_into_memory_is_refused(monkeypatch):
    monkeypatch.setattr(compare_run, "LIMITS", Limits(memory=2**20))
    with pytest.raises(InputError, match="at most"):
        run_rounds(Quiet(), ask("teaching", fixed=True, replicates=100), PANELS, Known(), Watcher(print, print))


def test_pictures_hold_the_yearly_numbers_of_the_scorecard(teaching):
    picture = draw(teaching.trace, PANELS)
    at = picture.years.tolist().index(2035)
    for key in PANELS:
        expected = teaching.values(f"{key}_2035").mean(axis=1)
        np.testing.assert_allclose(picture.mean[key][:, at], expected, rtol=1e-12)
        assert (picture.low[key] <= picture.mean[key] + 1e-9).all() or key == "clusters_level1"
    title, option = panel_option(picture, "cod", Words("vi"))
    lines = [series for series in option["series"] if series["type"] == "line"]
    assert [line["id"] for line in lines] == list(teaching.arms)
    assert title.startswith("COD")


def test_a_failed_run_is_left_out_of_the_picture(teaching):
    trace = teaching.trace
    failed = trace.failed.copy()
    failed[1, 0] = 1
    series = trace.series.copy()
    series[1, 0, 1:] = np.nan
    picture = draw(replace(trace, series=series, failed=failed), ["cod"])
    assert np.isfinite(picture.mean["cod"]).all()
    whole = draw(trace, ["cod"])
    assert not np.array_equal(picture.mean["cod"][1], whole.mean["cod"][1])
    np.testing.assert_array_equal(picture.mean["cod"][2], whole.mean["cod"][2])


def test_a_configuration_is_read_back_whole(tmp_path):
    question = ask("teaching", ["symbiosis"], "korea", replicates=3, budget_bn=99.5, site_budget_bn=2.0, seed=0, worlds=7,
                   levers={"extension": 0.1 + 0.2, "planned.certainty": 0.5})  # fmt: skip
    file = tmp_path / "q.toml"
    file.write_text(write_config(question), encoding="utf-8")
    assert ask(**read_config(file)) == question


@pytest.mark.parametrize(
    "text",
    ['type = "comparison"\nscenari = "hanoi"', 'type = "comparison"\nreplicates = "many"', 'type = "policy"', "[[["],
)
def test_a_configuration_that_cannot_be_used_is_refused(tmp_path, text):
    file = tmp_path / "q.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match="q.toml"):
        read_config(file)
    assert main(["compare", "--config", str(file), "--out", str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()


def test_levers_reach_every_programme_and_what_is_typed_counts_more_than_the_file(tmp_path, capsys):
    _, arms = prepare(ask("teaching", levers={"extension": 0.9}))
    assert all(programme.levers["extension"] == 0.9 for arm in arms for programme in arm.programmes)
    assert not arms[0].programmes
    file = tmp_path / "q.toml"
    file.write_text('type = "comparison"\nscenario = "teaching"\nreplicates = 3\n', encoding="utf-8")
    out = tmp_path / "out"
    assert main(["compare", "--config", str(file), "--replicates", "1", "--set", "extension=0.5", "--out", str(out), "--json"]) == 0
    assert '"replicates": 1' in capsys.readouterr().out
    assert main(["compare", "teaching", "--set", "extension=high"]) == 2
    assert main(["compare", "teaching", "--set", "extenson=1"]) == 2
    assert "extension" in capsys.readouterr().err


def test_any_cluster_of_the_city_is_a_site():
    site = load_scenario("hanoi:tong-hop-12").site
    assert [cluster.id for cluster in site.clusters] == ["tong-hop-12"]
    assert load_scenario("hanoi:phung").site == load_scenario("phung").site
    with pytest.raises(ScenarioError, match="phung"):
        load_scenario("hanoi:phun")


def test_controls_cover_the_city_and_stay_in_the_levers_range():
    assert {spot.district for spot in city_spots()} < DISTRICTS.keys()
    assert len(set(DISTRICTS.values())) == len(DISTRICTS)
    names = [name for group in SLIDERS.values() for name in group]
    assert len(set(names)) == len(names)
    for name in names:
        low, high = REACH.get(name, (LEVERS[name].low, LEVERS[name].high))
        assert LEVERS[name].low <= low <= LEVERS[name].baseline <= high <= LEVERS[name].high


def test_a_choice_is_a_portfolio_that_compare_reads(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(own_text({"phung": "combined", "hapro": "null"}), encoding="utf-8")
    _, arms = prepare(ask("hanoi", [str(file)]))
    clusters = [cluster.id for cluster in load_scenario("hanoi").site.clusters]
    taken = dict(zip(clusters, arms[-1].assignment, strict=True))
    assert taken["phung"] >= 0 and taken["hapro"] == -1
    assert {*CHOICES, "null"} <= set(PATHWAYS)  # what the optimiser may propose has a place on the page


def test_only_folders_below_the_results_are_opened(tmp_path):
    root = tmp_path / "results"
    (root / "a").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (root / "link").symlink_to(tmp_path / "secret")
    assert open_below(root, "a") == (root / "a").resolve()
    for name in ("..", "../secret", "link", str(tmp_path / "secret"), "b"):
        with pytest.raises(InputError):
            open_below(root, name)
    with pytest.raises(InputError):
        open_below(None, "a")


@pytest.mark.parametrize(
    "fields", [{"site": "/etc/hosts.toml"}, {"policy": "../own.toml"}, {"site": "x/y"}, {"law": "/etc/x.toml"}]
)
def test_an_address_opens_no_file_of_the_server(fields):
    state = State(fields, "nguyen-khe")
    assert state.question() == State({}, "nguyen-khe").question()
    assert [next(iter(fields.values())) in sentence for sentence in state.address.sentences(Words("en"))] == [True]


def test_the_file_that_the_command_was_given_is_no_strangers(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('extends = "teaching"\n', encoding="utf-8")
    assert State({"site": str(file)}, str(file)).question().scenario == str(file)
    assert State({"site": str(file)}, "teaching").question().scenario == "teaching"


NONSENSE = {"budget_bn": "nan", "extension": "7", "year": "1999", "replicates": "90000", "site": "nowhere", "policy": "vietnam",
            "law": "", "colour": "red", "permit_rat": "1"}  # fmt: skip


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_nonsense_in_an_address_is_left_out_and_told(lang):
    state = State(NONSENSE, "nguyen-khe")
    question = state.question()
    assert question == State({}, "nguyen-khe").question() and state.year.value == 2035
    told = state.address.sentences(Words(lang))
    assert len(told) == len(NONSENSE)  # one sentence each, whatever was wrong
    for name in NONSENSE:
        assert sum(f"“{name}”" in sentence for sentence in told) == 1
    assert not any("--" in sentence for sentence in told)  # no option of the command line
    assert any("vietnam-2020" in sentence for sentence in told)
    assert any("permit_rate" in sentence for sentence in told)


def test_an_address_of_an_earlier_version_opens_and_says_so():
    state = State({"budget_bn": "200", "club_community": "0.4", "platform": "0.3"}, "nguyen-khe")
    assert dict(state.question().levers) == {"club": 0.4, "community": 0.4, "platform": 0.3, "map": 0.3}
    assert state.question().budget_bn == 200.0 and fields_of_address("budget=200") == {"budget_bn": "200"}
    told = state.address.sentences(Words("en"))
    assert len(told) == 2 and all("earlier version" in sentence for sentence in told)
    both = State({"platform": "0.3", "map": "0.1"}, "nguyen-khe")
    assert dict(both.question().levers) == {"platform": 0.3, "map": 0.1} and not both.address.sentences(Words("en"))


PAGES_WITH_FIELDS = [
    (lambda fields: State(fields, "nguyen-khe"), compare_fields,
     {"site": "phung", "policy": "korea", "law": "strict", "replicates": "50", "year": "2030", "pathway": "symbiosis",
      "outcome": "cod", "budget_bn": "200", "extension": "0.5"}),
    (lambda fields: State(fields, "nguyen-khe"), compare_fields,
     {"site": "hanoi:tong-hop-12", "policy": "korea", "law": "today", "replicates": "worlds", "year": "2045", "pathway": "combined",
      "outcome": "tco2e"}),
    (lambda fields: Watch(fields, "nguyen-khe"), Watch.fields,
     {"site": "phung", "pathway": "symbiosis", "policy": "korea", "law": "strict", "budget_bn": "90", "replicate": "7", "cluster": "2",
      "quarter": "61"}),
    (lambda fields: Barriers(fields, "nguyen-khe"), Barriers.fields, {"site": "teaching", "outcome": "level1_2035"}),
    (Portfolio, Portfolio.fields, {"budget_bn": "90.0", "law": "strict", "choice": "ncsyp" * 14}),
    (Evidence, Evidence.fields, {"search": "nước", "mark": "press", "group": "trust"}),
    (MyCluster, lambda state: state.setting.value,
     {"policy": "korea", "law": "today", "budget_bn": "90.0", "replicates": "50", "year": "2030"}),
    (CityMap, CityMap.fields,
     {"left": "law", "right": "symbiosis", "outcome": "groups", "law": "today", "year": "2030", "worlds": "20", "cluster": "phung"}),
    (Goal, lambda state: state.fields(Words("vi")), {"site": "phung", "want": "jobs_2030>=1", "effort": "careful", "sure": "80"}),
    (SelfCheck, lambda state: {"site": state.site.value, **state.answers.value}, {"site": "phung", "treated_share": "20-40"}),
    (Explorer, Explorer.fields, {"folder": "a/b", "x": "one", "y": "two"}),
]  # fmt: skip


@pytest.mark.parametrize(("make", "fields_now", "fields"), PAGES_WITH_FIELDS)
def test_the_address_is_the_state(make, fields_now, fields):
    """What a page writes into the address gives the same page again, and nothing of it is left out."""
    state = make(fields)
    assert {name: str(value) for name, value in fields_now(state).items()} == fields
    assert state.address.sentences(Words("vi")) == []


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_no_error_of_a_page_speaks_of_the_command_line(lang):
    say = Words(lang)
    errors = [
        InputError("above", name="--replicates", value=9, high=3), InputError("below", name="--budget", value=-1, low=0),
        InputError("typed_too_dear", budget="--budget", asked=5.0, least=7.25), InputError("no_value", outcome="level1_2035"),
    ]  # fmt: skip
    for error in errors:
        assert "--" not in error_text(error, say) and "{" not in error_text(error, say)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_every_slider_has_round_steps(lang):
    """Whatever a slider is of: its ends, its usual value, and all tenths of a share can be chosen."""
    groups = [name for names in SLIDERS.values() for name in names]
    for name in groups:
        low, high = REACH.get(name, (LEVERS[name].low, LEVERS[name].high))
        slider = _slider(name, Words(lang), ())
        step = slider["step"]
        for value in (low, high, LEVERS[name].baseline, *([0.1, 0.3, 0.5] if slider["unit"] == "%" and high >= 0.5 else [])):
            assert round((value - low) / step, 6) % 1 == 0, (name, value, step)
        assert f"{step:e}"[0] in "15" and (high - low) / step >= 50


@pytest.mark.parametrize(
    ("low", "high", "point", "step"),
    [(0, 1, 0.2, 0.01), (0, 0.9, 0.0, 0.01), (0.5, 12, 1, 0.1), (0, 400, 150, 5), (0, 1, 0.125, 0.005), (0, 1 / 3, 0.1, 0.005)],
)  # fmt: skip
def test_steps(low, high, point, step):
    assert round_step(low, high, point) == step


def test_files_reach_the_browser_as_they_are():
    import base64

    message = file_message("a.svg", b"<svg/>")
    assert base64.b64decode(message["data"]) == b"<svg/>"
    assert message["mime"] == "image/svg+xml"


def test_the_command_says_what_is_wrong(capsys, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["dashboard", "--port", str(taken.getsockname()[1])]) == 2
    assert "--port" in capsys.readouterr().err
    assert main(["dashboard", "--port", "99999"]) == 2
    assert main(["dashboard", "--scenario", "nguyen-kh"]) == 2
    assert "nguyen-khe" in capsys.readouterr().err
    file = tmp_path / "file"
    file.write_text("")
    for wrong in (tmp_path / "nowhere", file):
        assert main(["dashboard", "--port", "0", "--results", str(wrong)]) == 2
        said = capsys.readouterr().err
        assert str(wrong) in said and said.count("\n") == 1


def test_an_unknown_site_is_told_in_the_readers_language():
    with pytest.raises(ScenarioError) as caught:
        load_scenario("nguyen-kh")
    told = error_text(caught.value, Words("vi"))
    assert "nguyen-khe" in told and "unknown" not in told


def test_an_input_of_a_sweep_has_a_name_in_the_readers_language():
    assert column_label("electricity_growth", Words("vi")) == "tốc độ tăng thực của giá điện"
    assert column_label("a_column_of_ones_own", Words("vi")) == "a column of ones own"


def test_one_cluster_has_no_band_of_yes_and_no(teaching):
    picture = draw(teaching.trace, PANELS)
    for key, bands in (("clusters_level1", False), ("cod", True)):
        _, option = panel_option(picture, key, Words("en"), single=True)
        assert any(series["id"].endswith("~band") for series in option["series"]) == bands


def test_no_text_of_a_page_is_missing_or_written_into_the_code():
    """Every key that a page asks for is in both catalogues, and no template holds words of its own."""
    used = set()
    pages = files("ecocluster.viz") / "pages"
    for source in pages.iterdir():
        if source.name.endswith(".py"):
            used |= set(re.findall(r'say\(\s*"([a-z_]+\.[\w.-]+)"', source.read_text(encoding="utf-8")))
    assert len(used) > 60
    for lang in ("en", "vi"):
        say = Words(lang)
        for key in used:
            assert say._texts.gettext(key) != key, (lang, key)
    templates = [source for source in (files("ecocluster.viz") / "assets").iterdir() if source.name.endswith(".vue")]
    assert templates
    for source in templates:
        template = source.read_text(encoding="utf-8").partition("<script>")[0]
        outside = re.sub(r'<(?:"[^"]*"|[^>"])*>|{{.*?}}', "", template, flags=re.S)
        assert not re.search(r"[A-Za-zÀ-ỹ]{2,}", outside), (source.name, outside.strip())


def test_states_of_a_job_tell_whether_to_wait():
    assert JobState("running").busy and JobState("waiting").busy
    assert not JobState("done").busy and not JobState().busy
    assert issubclass(Stopped, Exception)


@pytest.mark.parametrize(("value", "near"), [("middel", "middle"), ("0", None), ("7", None)])
def test_the_nearest_name_is_told_and_of_numbers_none(value, near):
    say, said = Words("en"), Address({"law": value})
    said.one_of("law", ["today", "middle", "50"], "middle")
    (told,) = said.sentences(say)
    assert (f"“{near}”" in told) if near else "did you mean" not in told


def test_pictures_are_taken_of_every_page():
    assert {path.partition("?")[0] for path in SCENES} == set(PAGES)
