"""Figures of an answer drawn in a process of their own, while this one prints the answer and writes its tables.

The process begins with the command, so that matplotlib is loaded by the time the runs are done. It is a help that is never in the
way: where there is no processor for it, where it cannot be started or ends early, the figures are drawn here, to the same bytes.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
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
                    [sys.executable, "-P", "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
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
            self._process.kill()
            self._process.wait()


def _draw_what_is_asked() -> None:
    """In the process: draw what comes, and leave; who asked and is gone closes the pipe."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asked
    gc.disable()  # it lives for a few seconds
    import pandas as pd  # noqa: F401 - loaded while the model runs, as all that follows

    from .drawing import new_figure, picture_files
    from .figures import comparison_figures  # noqa: F401

    picture_files({"": new_figure(4.0)})
    comparison, lang = pickle.load(sys.stdin.buffer)
    pickle.dump(draw_figures(comparison, lang), sys.stdout.buffer)


if __name__ == "__main__":
    _draw_what_is_asked()
