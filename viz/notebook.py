"""Answers at home in a notebook: what the last line of a cell shows, and progress while it runs.

`ecocluster.compare` and `ecocluster.run` are those of `ecocluster.experiments` with a bar of progress by default.
"""

from __future__ import annotations

import html
import sys
from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from typing import Any

from .. import experiments
from ..experiments.comparison import Comparison

__all__ = ["compare", "run", "shown"]

PIXELS = 900


def shown(answer: Comparison, lang: str = "en") -> str:
    """An answer as HTML: its lines, the first table and one figure.

    Parameters
    ----------
    answer : Comparison
    lang : str
        "en" or "vi".
    """
    from .drawing import render
    from .figures import headline_figure, trajectories
    from .first_lines import first_lines
    from .headline import YEAR, column_name, headline, shown_arms
    from .words import Words

    say = Words(lang)
    lines = "".join(f"<li>{html.escape(line)}</li>" for line in first_lines(answer, say))
    parts = [f"<p><code>{html.escape(answer.question.command)}</code></p><ol>{lines}</ol>"]
    arms = shown_arms(answer)
    if answer.acting:
        heads = "".join(f"<th>{html.escape(column_name(answer.arms[k], say))}</th>" for k in arms)
        rows = "".join(
            f'<tr><th style="text-align: left">{html.escape(row.label)} <small>{html.escape(row.unit)}</small></th>'
            + "".join(
                f"<td>{html.escape(row.cells[k].value)}<br><small>{html.escape(row.cells[k].range or '')}</small></td>"
                for k in arms
            )
            + "</tr>"
            for row in headline(answer, say)
        )
        parts.append(f"<p>{html.escape(say('first.title', year=YEAR))}</p><table><tr><th></th>{heads}</tr>{rows}</table>")
    figure = headline_figure(answer, say) if answer.acting else trajectories(answer, say)
    picture = b64encode(render(figure, "png")).decode()
    parts.append(f'<img alt="" style="max-width: {PIXELS}px" src="data:image/png;base64,{picture}">')
    return "".join(parts)


Comparison.html = staticmethod(shown)


def _watched(function: Callable) -> Callable:
    """The same function with a bar of progress where somebody looks, unless the caller brings his own (None: none)."""

    @wraps(function)
    def called(*arguments: Any, **options: Any) -> Any:
        if "progress" in options or not _somebody_looks():
            return function(*arguments, **options)
        from .commands.common import show_progress
        from .words import Words

        with show_progress(Words("en")) as progress:
            return function(*arguments, progress=progress, **options)

    return called


def _somebody_looks() -> bool:
    return "ipykernel" in sys.modules or sys.stderr.isatty()


compare, run = _watched(experiments.compare), _watched(experiments.run)
