"""Figures drawn in a process of their own: the same bytes, and never in the way."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from ecocluster.viz import drawing_apart
from ecocluster.viz.drawing_apart import FiguresApart, draw_figures
from fakes import make_comparison
from waiting import alive, until

two = pytest.fixture(lambda monkeypatch: monkeypatch.setattr(drawing_apart, "processors", lambda: 2))


def no_drawing_here(monkeypatch):
    def refuse(*_):
        raise AssertionError("the figures were drawn here")

    monkeypatch.setattr(drawing_apart, "draw_figures", refuse)


@pytest.mark.parametrize("lang", ["en", "vi"])
def test_the_same_bytes(two, monkeypatch, lang):
    comparison = make_comparison()
    here = draw_figures(comparison, lang)
    no_drawing_here(monkeypatch)
    with FiguresApart() as apart:
        apart.begin(comparison, lang)
        there = apart.figures(comparison, lang)
    assert there == here and {name.rpartition(".")[2] for name in here} == {"svg", "png"}


def test_what_does_not_come_is_drawn_here(two, monkeypatch):
    comparison = make_comparison()
    monkeypatch.setattr(drawing_apart, "draw_figures", lambda *_: {"here": b""})
    with FiguresApart() as apart:  # ended before it was asked
        apart._process.kill()
        apart._process.wait()
        apart.begin(comparison, "en")
        assert apart.figures(comparison, "en") == {"here": b""}
    with FiguresApart() as apart:  # and meanwhile
        apart.begin(comparison, "en")
        apart._process.kill()
        assert apart.figures(comparison, "en") == {"here": b""}
    with FiguresApart() as apart:  # it was asked for what it cannot draw
        apart.begin(SimpleNamespace(), "en")
        assert apart.figures(comparison, "en") == {"here": b""}


@pytest.mark.parametrize("what, instead", [("processors", lambda: 1), ("loaded", lambda: ("a module",))])
def test_no_process_where_it_would_be_of_no_help(two, monkeypatch, what, instead):
    monkeypatch.setattr(drawing_apart, what, instead)
    monkeypatch.setattr(drawing_apart, "draw_figures", lambda *_: {"here": b""})
    with FiguresApart() as apart:
        assert apart._process is None
        apart.begin(None, "en")
        assert apart.figures(None, "en") == {"here": b""}


def test_who_asks_for_one_thread_gets_one_process(two):
    """Control: for two he gets it."""
    for threads, there in ((1, False), (2, True)):
        with FiguresApart(threads) as apart:
            assert (apart._process is not None) == there


def test_no_program_to_start(two, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with FiguresApart() as apart:
        assert apart._process is None


def test_it_is_gone_with_the_context_and_with_who_asked(two):
    with pytest.raises(KeyboardInterrupt), FiguresApart() as apart:
        raise KeyboardInterrupt
    assert apart._process.returncode is not None


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes as Linux shows them")
def test_nobody_outlives_the_command():
    code = ("import sys, ecocluster.viz.drawing_apart as d; d.processors = lambda: 2\n"
            "with d.FiguresApart() as apart: print(apart._process.pid, flush=True); sys.stdin.read()")  # fmt: skip
    asking = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    number = int(asking.stdout.readline())
    assert alive(number)
    asking.kill()
    asking.wait()

    until(lambda: not alive(number))
    asking.stdin.close()
    asking.stdout.close()


copies = pytest.mark.skipif(sys.platform != "linux", reason="where a process may be copied")


@copies
def test_copies_draw_too_and_are_gone_with_the_context(two):
    with FiguresApart() as apart:
        number, found = apart._process.pid, []
        children = Path(f"/proc/{number}/task/{number}/children")
        apart.begin(make_comparison(), "en")
        until(lambda: found.extend(map(int, children.read_text().split())) or found)
        for copy in found:
            with suppress(ProcessLookupError):
                os.kill(copy, signal.SIGSTOP)  # it does not end by itself
    until(lambda: not any(map(alive, found)))


@copies
def test_a_copy_that_fails_is_told():
    """Then the whole is drawn where it was asked for; control: with no copy none fails."""
    code = """
import os, ecocluster.viz.drawing as drawing, ecocluster.viz.drawing_apart as apart, ecocluster.viz.figures as figures
first = os.getpid()
def draw(made):
    if os.getpid() != first:
        raise MemoryError
    if copies:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # the copy has taken its figure
    return {"drawn": b""}
figures.figure_makers = lambda comparison, say: {"one": lambda: 1, "two": lambda: 2}
drawing.picture_files = lambda made: draw(made) and {f"{name}.{kind}": b"" for name in made for kind in ("svg", "png")}
for copies in (0, 1):
    try:
        print(sorted(apart._draw_by(1 + copies, None, "en")))
    except EOFError:
        print("told")
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert told == ["['one.png', 'one.svg', 'two.png', 'two.svg']", "told"]


def test_before_the_first_line_no_table_figure_or_statistics_library_is_loaded(tmp_path):
    """Control: they are loaded behind it, but for those that the files of an answer do without."""
    code = f"""
import sys, ecocluster.viz.terminal as terminal
from ecocluster.viz.cli import main
heavy = {{"pandas", "matplotlib", "scipy.special", "scipy.stats", "pyarrow", "babel", "xlsxwriter", "jinja2"}}
show = terminal.print_answer
def shown(*given):
    show(*given)
    print("loaded:", *sorted(heavy & set(sys.modules)))
terminal.print_answer = shown
assert main(["compare", "nguyen-khe", "--fixed", "--replicates", "2", "--out", {str(tmp_path / "out")!r}]) == 0
print("then:", *sorted(heavy & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert "loaded:" in [line.strip() for line in told]
    assert next(line for line in told if line.startswith("then:")).split()[1:] == ["jinja2", "pyarrow", "xlsxwriter"]
