"""Figures of an answer drawn in a process of their own, while this one prints the answer and writes its tables.

The process begins with the command, so that matplotlib is loaded by the time the runs are done; then copies of it draw beside it,
for the tables are written before one alone has drawn half. It is a help that is never in the way: where there is no processor for
it, where it cannot be started or ends early, the figures are drawn here, to the same bytes.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from ..model.granted import processors
from ..model.roster import loaded

if TYPE_CHECKING:
    from types import TracebackType

    from ..experiments.comparison import Comparison

__all__ = ["FiguresApart", "draw_figures"]


def draw_figures(comparison: Comparison, lang: str) -> dict[str, bytes]:
    """All figures of a comparison as SVG and PNG, by file name."""
    from .drawing import picture_files
    from .figures import comparison_figures
    from .words import Words

    return picture_files(comparison_figures(comparison, Words(lang)))


class FiguresApart:
    """A process that draws the figures of one comparison.

    A context: at its end the process is gone, however it ends.

    Parameters
    ----------
    threads : int, optional
        As in `compare`: who asks for one gets no process beside it.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._processors = processors() if threads is None else min(threads, processors())
        self._process: subprocess.Popen[bytes] | None = None
        self._talk: Thread | None = None
        self._drawn = b""

    def __enter__(self) -> FiguresApart:
        if self._processors > 1 and not loaded():  # modules of the user are loaded in this process alone
            with suppress(OSError, ValueError):
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", __name__, str(self._processors)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, start_new_session=True,
                )  # fmt: skip
        return self

    def begin(self, comparison: Comparison, lang: str) -> None:
        """Hand over what is to be drawn; returns at once."""
        process = self._process
        if process is None:
            return
        asked = pickle.dumps((comparison, lang))

        def talk() -> None:
            with suppress(OSError, ValueError):
                self._drawn = process.communicate(asked)[0]

        self._talk = Thread(target=talk, name="ecocluster-figures", daemon=True)
        self._talk.start()

    def figures(self, comparison: Comparison, lang: str) -> dict[str, bytes]:
        """What `begin` asked for, when it is drawn; drawn here if it did not come."""
        if self._talk is not None and self._process is not None:
            self._talk.join()
            if self._process.returncode == 0:
                return pickle.loads(self._drawn)
        return draw_figures(comparison, lang)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process is not None:
            if self._process.poll() is None and hasattr(os, "killpg"):
                with suppress(OSError):  # it ended meanwhile
                    os.killpg(self._process.pid, signal.SIGKILL)  # it leads its copies
            self._process.kill()
            self._process.wait()


def _draw_by(processes: int, comparison: Comparison, lang: str) -> dict[str, bytes]:
    """`draw_figures` by this process and copies of it; whoever is free takes the next figure."""
    from .drawing import picture_files
    from .figures import figure_makers
    from .words import Words

    makers = figure_makers(comparison, Words(lang))
    names = list(makers)
    left, given = os.pipe()
    os.write(given, bytes(range(len(names))))
    os.close(given)

    def draw() -> dict[str, bytes]:
        files: dict[str, bytes] = {}
        while place := os.read(left, 1):
            name = names[place[0]]
            files |= picture_files({name: makers[name]()})
        return files

    copies = [_copy_that(draw) for _ in range(min(processes, len(names)) - 1)] if sys.platform == "linux" else []
    files = draw()
    for copy in copies:
        with open(copy, "rb") as stream:
            files |= pickle.load(stream)
        os.wait()
    return {f"{name}.{kind}": files[f"{name}.{kind}"] for kind in ("svg", "png") for name in names}


def _copy_that(draw: Callable[[], dict[str, bytes]]) -> int:
    """Start a copy of this process that draws, and ends; gives where to read what it drew, nothing if it could not."""
    read, write = os.pipe()
    if os.fork():
        os.close(write)
        return read
    try:
        os.close(sys.stdout.fileno())  # who asked waits for its end
        with open(write, "wb") as stream:
            pickle.dump(draw(), stream)
    finally:
        os._exit(0)


def _draw_what_is_asked() -> None:
    """In the process: draw what comes, and leave; who asked and is gone closes the pipe."""
    import gc

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked
    gc.disable()  # it lives for a few seconds
    from .drawing import new_figure, picture_files  # loaded while the model runs, as all that follows
    from .figures import comparison_figures  # noqa: F401

    picture_files({"": new_figure(4.0)})
    comparison, lang = pickle.load(sys.stdin.buffer)
    pickle.dump(_draw_by(int(sys.argv[1]), comparison, lang), sys.stdout.buffer)


if __name__ == "__main__":
    _draw_what_is_asked()
