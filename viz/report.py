"""The report: one page of HTML that holds everything it shows and opens from disk."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..experiments.columns import EXPLORATION, YEARS
from ..experiments.comparison import Comparison
from ..experiments.folder import check_folder
from ..experiments.spreadsheet import csv_bytes
from ..model.border import bordered
from ..scenarios.cells import safe_text
from . import claims
from .answer import answer
from .doses import equal_lines, in_force_lines
from .drawing import picture_files
from .drawing_apart import draw_figures
from .figures import adoption, trajectories
from .first_lines import first_lines
from .flows import flow_map
from .headline import YEAR, column_name, headline, shown_arms
from .kinds import kinds_table
from .money_ladder import frontier_table
from .places import site_title
from .scorecard import best_rows, scorecard, stands_out, transfer_rows
from .sure import first_legend, how_sure
from .words import Words

__all__ = ["as_source", "open_template", "report_html", "write_report", "write_run", "write_with"]


_RUNS = re.compile(r"[=@\uff1d\uff20\t]|[+\-\uff0b\uff0d](?=[^\W\d])")  # signed numbers are numbers, in either language


def open_template(name: str) -> Any:
    """A page's template; texts are escaped, and a field that is missing is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ecocluster.viz", "templates"), autoescape=True, undefined=StrictUndefined, finalize=_tied,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template(name)


def _tied(value: Any) -> Any:
    """No line of a page begins with a percent sign, and no cell runs where it is pasted into a spreadsheet."""
    if not isinstance(value, str):
        return value
    if _RUNS.match(value):
        value = type(value)(safe_text(value))
    return value.replace(" %", "\N{NO-BREAK SPACE}%")


def as_source(svg: bytes) -> str:
    """A picture as the source of an image inside the page."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()


def report_html(comparison: Comparison, say: Words, pictures: Mapping[str, bytes]) -> str:
    """The page as text.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    pictures : mapping of str to bytes
        SVG of every figure, by name.
    """
    return _report(comparison, say)(pictures)


def _report(comparison: Comparison, say: Words) -> Callable[[Mapping[str, bytes]], str]:
    """`report_html`, all but its pictures."""
    from importlib.metadata import version

    from ..scenarios import list_laws, list_policies

    question = comparison.question
    laws = {entry.id: getattr(entry, say.lang) for entry in list_laws()}
    policies = {entry.id: getattr(entry, say.lang) for entry in list_policies()}
    budget = question.budget_bn if question.site_budget_bn is None else question.site_budget_bn
    page = partial(
        open_template("report.html.j2").render,
        say=say,
        policy=policies.get(question.policy, question.policy),
        law=laws.get(question.law, question.law),
        question=question,
        command=question.command + ("" if say.lang == "en" else f" --lang {say.lang}"),
        site=site_title(question.scenario, say),
        one_cluster=comparison.one_cluster,
        version=version("ecocluster"),
        arms=comparison.arms,
        lines=first_lines(comparison, say),
        answer=answer(comparison, say),
        first=headline(comparison, say) if comparison.acting else [],
        column_name=column_name,
        first_year=YEAR,
        first_arms=shown_arms(comparison),
        first_legend=first_legend(comparison, say),
        explained=how_sure(comparison, say),
        years=[(year, year >= EXPLORATION, scorecard(comparison, year, say)) for year in YEARS],
        best=best_rows(comparison, YEARS[1], say),
        kinds=kinds_table(comparison, say),
        ground=claims.ORDER,
        in_force=in_force_lines(comparison, say),
        equal=equal_lines(comparison, say),
        ladder=frontier_table(comparison, say),
        transfers=transfer_rows(comparison, YEARS[1], say),
        best_year=YEARS[1],
        stands_out=lambda share: stands_out(share, comparison.draws),
        failed=int((comparison.reasons != "").sum()),
        budget=say.number(budget, 0 if budget == round(budget) else 2),
    )
    return lambda pictures: page(
        captions=_captions(comparison, say, pictures), pictures={name: as_source(data) for name, data in pictures.items()}
    )


def _captions(comparison: Comparison, say: Words, names: Iterable[str]) -> dict[str, str]:
    of_worlds = ("trajectories", "adoption", "cost-effect") if comparison.question.worlds else ()
    captions = {name: say(f"caption.{name}.worlds" if name in of_worlds else f"caption.{name}") for name in names}
    if comparison.one_cluster and "obstacles" in captions:
        captions["obstacles"] = say("caption.obstacles.one")
    return captions


@bordered
def write_report(comparison: Comparison, out: str | Path, lang: str = "en") -> Path:
    """Write tables, figures (PNG and SVG) and the report of a comparison into a folder.

    Parameters
    ----------
    comparison : Comparison
    out : path
        Absent, empty, or written by an earlier call.
    lang : str
        "en" or "vi".

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        If the folder holds files that are not ours, or cannot be written.
    """
    check_folder(out)  # figures take a while
    return write_with(comparison, out, lang, draw_figures)


def write_with(comparison: Comparison, out: str | Path, lang: str, drawn: Callable[[Comparison, str], Mapping[str, bytes]]) -> Path:
    """`write_report` with figures that `drawn` gives: it is asked when all else is made."""

    def pages() -> dict[str, bytes]:
        report = _report(comparison, Words(lang))
        files = drawn(comparison, lang)
        vectors = {name.removesuffix(".svg"): data for name, data in files.items() if name.endswith(".svg")}
        return {**files, "report.html": report(vectors).encode()}

    return comparison.write(out, pages)


def write_run(
    comparison: Comparison,
    flows: Iterable[Mapping[str, Any]],
    out: str | Path,
    lang: str = "en",
    sites: Iterable[Mapping[str, Any]] = (),
) -> Path:
    """Write one run: its numbers, its time series, its material flows, the books of developers if there are any, and figures.

    Parameters
    ----------
    comparison : Comparison
        Of one arm and one replicate.
    flows : iterable of mapping
        `Run.flows`.
    out, lang
        As in `write_report`.
    sites : iterable of mapping
        `Run.sites`.
    """
    import pandas as pd

    say, tables = Words(lang), {"flows.csv": list(flows), "sites.csv": list(sites)}
    files = picture_files({
        "trajectories": trajectories(comparison, say), "adoption": adoption(comparison, say), "flows": flow_map(tables["flows.csv"], say),
    })  # fmt: skip
    for name, rows in tables.items():
        if rows or name == "flows.csv":
            files[name] = csv_bytes(pd.DataFrame(rows))
    return comparison.write(out, files)
