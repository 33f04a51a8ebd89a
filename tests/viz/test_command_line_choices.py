"""Nothing is chosen in silence, nothing that was given is read as something else, and surroundings that break a library are told first."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from ecocluster.experiments.errors import InputError
from ecocluster.viz.cli import main
from ecocluster.viz.commands.common import open_console
from ecocluster.viz.environment import _OURS, check_environment

RUN = ["compare", "teaching", "--fixed", "--replicates", "1"]


def refused(capsys, arguments, *parts):
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and all(part in told for part in parts), told


@pytest.mark.parametrize(
    ("more", "parts"),
    [
        (["--set", "extension=.3", "--set", "extension=.5"], ["--set", "extension", "twice"]),
        (["--set", "extension=.3", "--set", " extension =.5"], ["twice"]),
        (["--set", "extension=1_0"], ["--set extension", "1_0"]),
        (["--budget", "20", "--site-budget", "3"], ["--budget", "--site-budget"]),
        (["--site-budget=3", "--budget=20"], ["--budget", "--site-budget"]),
        (["--replicates", "2"], ["--replicates", "twice"]),
        (["--seed=1", "--seed", "1"], ["--seed", "twice"]),
        (["--budget", "1_50"], ["--budget", "1_50"]),
        (["--budget", "１５０"], ["--budget", "１５０"]),
        (["--seed", "1_0"], ["--seed", "1_0"]),
        (["--budget", "150000000000"], ["--budget", "1000000"]),
        (["--site-budget", "1e12"], ["--site-budget", "1000000"]),
        (["--scale", "1_0"], ["--scale", "1_0"]),
        (["--out", "https://x"], ["--out", "web"]),
        (["--out", "~nosuchuser/x"], ["--out", "home"]),
        (["--out", "x" * 300], ["--out", "255 bytes"]),
    ],
)
def test_what_has_two_meanings_is_refused(capsys, tmp_path, monkeypatch, more, parts):
    monkeypatch.chdir(tmp_path)
    refused(capsys, [*RUN, *more], *parts)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["frontier teaching --budgets 0,150000000000", "optimise teaching --generations 1_0",
                                     "robust teaching --uncertainties q_in --points 20", "barriers teaching --budget 1e7",
                                     "mechanisms teaching --budget 1e7", "robust teaching --points １００"])  # fmt: skip
def test_the_same_holds_in_every_command(capsys, tmp_path, monkeypatch, command):
    """Also what would be found out after all the runs."""
    monkeypatch.chdir(tmp_path)
    refused(capsys, command.split(), "--")
    assert not list(tmp_path.iterdir())


def test_a_file_that_names_no_place_is_refused_unless_the_command_line_does(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asked.toml").write_text('type = "comparison"\nfixed = true\nreplicates = 1\n')
    refused(capsys, ["compare", "--config", "asked.toml"], "asked.toml", "scenario")
    refused(capsys, ["compare", "nowhere", "--config", "asked.toml"], "nowhere")  # goes on to read the place


@pytest.mark.parametrize("name", ["NUMBA_NUM_THREADS", "SOURCE_DATE_EPOCH", "OMP_NUM_THREADS", "ECOCLUSTER_KEEP_MB"])
@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "１", "1e3"])
def test_variables_that_would_break_a_library_are_told_first(capsys, monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    refused(capsys, [*RUN], name, value)


def test_a_module_of_several_lines_is_told_in_one(capsys):
    refused(capsys, ["--with", "a\nb", "levers"], "a b")


@pytest.mark.parametrize(
    ("name", "meant"), [("KEEP_MBS", "KEEP_MB"), ("CACHEDIR", "CACHE_DIR"), ("LNG", "LANG"), ("SHIPED", "SHIPPED")]
)
def test_a_variable_of_ours_that_is_misspelt_is_told(capsys, monkeypatch, tmp_path, name, meant):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"ECOCLUSTER_{name}", "1")
    refused(capsys, [*RUN], f"ECOCLUSTER_{name}", f"ECOCLUSTER_{meant}?")


def test_variables_of_others_and_those_that_are_read_pass(monkeypatch):
    """All that our sources read are in the list that others are held against."""
    read = set()
    for path in (Path(__file__).parents[2]).glob("*/**/*.py"):
        if path.relative_to(Path(__file__).parents[2]).parts[0] in ("model", "scenarios", "experiments", "viz", "front"):
            read |= set(re.findall(r'"(ECOCLUSTER_[A-Z_]+)"', path.read_text(encoding="utf-8")))
    assert read - {"ECOCLUSTER_"} <= _OURS | {"ECOCLUSTER_COMPILES_FOR_ANOTHER"} and len(read) > 5
    monkeypatch.setenv("ECOCLUSTER_OF_MY_SCRIPT", "1")
    monkeypatch.setenv("ECOCLUSTER_COMPILES_FOR_ANOTHER", "1")
    check_environment()


def test_threads_of_several_levels_are_a_list(monkeypatch):
    """As OpenMP has them and clusters of machines set them; each is a number."""
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")
    check_environment()
    for wrong in ("4,", "4,x", ",", "4,0"):
        monkeypatch.setenv("OMP_NUM_THREADS", wrong)
        with pytest.raises(InputError, match="OMP_NUM_THREADS"):
            check_environment()


@pytest.mark.parametrize(
    ("command", "option", "other"),
    [("bench --runs 5", "--runs", "bench sweep"), ("bench firms --vary levers", "--vary", "bench sweep"), ("bench sweep --most 9", "--most", "bench firms"),
     ("bench --limit 3", "--limit", "--peers"), ("bench sweep --peers", "--peers", "bench")],
)  # fmt: skip
def test_an_option_that_means_nothing_with_what_is_asked_is_refused(capsys, command, option, other):
    refused(capsys, command.split(), option, other)


@pytest.mark.parametrize("name", ["ECOCLUSTER_CACHE_DIR", "XDG_CACHE_HOME"])
@pytest.mark.parametrize("value", ["x" * 300, "https://x", "~nosuchuser/x"])
def test_a_place_for_kernels_that_cannot_be_is_no_reason_to_compile_at_every_start(capsys, monkeypatch, tmp_path, name, value):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(name, value)
    refused(capsys, [*RUN], name)


def test_what_a_library_cannot_read_of_the_environment_is_told_in_a_line(capsys, monkeypatch, tmp_path):
    """As Numba says it, when it loads in the middle of a command. Control: other warnings are shown and no more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NUMBA_OPT", "abc")
    words = "Environment variable 'NUMBA_OPT' is defined but its associated value 'abc' could not be parsed.\nTraceback ..."

    def loads(_):
        warnings.warn(words, RuntimeWarning, stacklevel=1)

    monkeypatch.setattr("ecocluster.viz.cli._load", loads)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        refused(capsys, [*RUN], "NUMBA_OPT", "abc")
    words = "something else"
    monkeypatch.delenv("NUMBA_OPT")
    with pytest.warns(RuntimeWarning, match=words):
        assert main(["levers"]) == 0


def test_a_host_that_no_machine_can_have_is_input(capsys):
    refused(capsys, ["dashboard", "--host", "\udcff", "--port", "0"], "--port")


def test_figures_ask_for_no_window_and_good_variables_pass(monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "nope")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    monkeypatch.setenv("NUMBA_NUM_THREADS", "2")
    check_environment()
    assert os.environ["MPLBACKEND"] == "agg" and os.environ["MATPLOTLIBRC"] == os.devnull


def test_texts_are_shown_as_they_are(capsys):
    console = open_console()
    for text in ("[/x]", "[bold]a[/]", "a[red]b", ":smile:"):
        console.print(text, highlight=False)
    assert capsys.readouterr().out.split("\n")[:4] == ["[/x]", "[bold]a[/]", "a[red]b", ":smile:"]


def test_brackets_in_a_path_neither_vanish_nor_fail(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*RUN, "--out", "[/x]"]) == 0
    assert "Results: [/x] (open report.html)" in capsys.readouterr().out and (tmp_path / "[" / "x]" / "report.html").exists()


def test_a_readers_settings_of_matplotlib_change_no_byte(tmp_path):
    """Drawn in two processes, one of which has settings of its own. Control: the settings are read there."""
    program = (
        "import sys, hashlib, matplotlib; from ecocluster.viz.drawing import in_style, new_figure, render\n"
        "@in_style\n"
        "def draw():\n"
        "    figure = new_figure(3.0)\n"
        "    axes = figure.subplots(); axes.plot([1, 2], [3, 5]); axes.set_title('a'); axes.hist([1, 2, 2])\n"
        "    return figure\n"
        "made = draw()\n"
        "print(matplotlib.rcParams['lines.linewidth'], *(hashlib.sha256(render(made, kind)).hexdigest() for kind in ('png', 'svg')))\n"
    )
    (tmp_path / "matplotlibrc").write_text(
        "lines.linewidth: 7\nsavefig.dpi: 33\nfigure.facecolor: red\naxes.facecolor: blue\naxes.titlecolor: red\npatch.edgecolor: green\n"
    )
    found = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True,
                       env={**os.environ, "MPLBACKEND": "agg", "MATPLOTLIBRC": place}).stdout.split()
        for place in (os.devnull, str(tmp_path / "matplotlibrc"))
    ]  # fmt: skip
    assert found[0][0] != found[1][0] == "7.0"
    assert found[0][1:] == found[1][1:]


@pytest.mark.parametrize("command", ["sensitivity teaching --outcome planned_occupancy_2035 --trajectories 2 --base 2 --strongest 1 --uncertainties q_in,growth",
                                     "robust teaching --outcome planned_occupancy_2035 --points 10 --grid 0 --rules jobs_2035>=-1e9",
                                     "discover teaching --failure planned_occupancy_2035>0 --points 40"])  # fmt: skip
def test_an_outcome_without_a_value_is_no_want_of_points(capsys, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    refused(capsys, [*command.split(), "--replicates", "1"], "planned_occupancy_2035", "no value")
