"""The export bar: figures, data, configuration, link and brief of what a page shows.

A page says how each file is made; nothing is made before it is asked for, and nothing is stored on the server:

    Export(
        name="compare-nguyen-khe",
        figures={"trajectories": lambda: trajectories(answer, say)},   # matplotlib.figure.Figure
        table=lambda: answer.summary,                                   # pandas.DataFrame
        config=lambda: to_toml(question),                               # str that the command line runs
        link=session.link("/", fields),
        brief=lambda: brief_html(...),                                  # a page of HTML to print
    )
"""

from __future__ import annotations

import base64
import io
import itertools
import logging
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import solara

from ...experiments.spreadsheet import csv_bytes
from ..drawing import render
from . import heard
from .session import use_session

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["Export", "file_message"]

log = logging.getLogger("ecocluster.dashboard")
_serial = itertools.count(1)
MIME = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "toml": "application/toml",
    "html": "text/html",
    "pdf": "application/pdf",
    "zip": "application/zip",
}


@solara.component_vue("../assets/export.vue")
def _Export(items: list, texts: dict, file: dict, event_wanted: Callable[[str], None]) -> None: ...


def file_message(name: str, content: bytes, *, show: bool = False) -> dict[str, Any]:
    """A file as the browser's part of the bar wants it.

    Parameters
    ----------
    name : str
        File name; its ending tells the type.
    content : bytes
    show : bool
        Open it in a tab instead of saving it.
    """
    kind = name.rpartition(".")[2]
    data = base64.b64encode(content).decode("ascii")
    mime = MIME.get(kind, "application/octet-stream")
    return {"name": name, "mime": mime, "data": data, "open": show, "serial": next(_serial)}


def _pictures(figures: Mapping[str, Callable[[], Figure]], kind: str, name: str) -> tuple[str, bytes]:
    """One figure as a file, several as a zip without dates."""
    files = {f"{key}.{kind}": render(make(), kind) for key, make in figures.items()}
    if len(files) == 1:
        ((key, content),) = files.items()
        return f"{name}-{key}", content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for key, content in files.items():
            archive.writestr(zipfile.ZipInfo(key), content, zipfile.ZIP_DEFLATED)
    return f"{name}-{kind}.zip", buffer.getvalue()


@solara.component
def Export(
    name: str,
    figures: Mapping[str, Callable[[], Figure]] | None = None,
    table: Callable[[], pd.DataFrame] | None = None,
    config: Callable[[], str] | None = None,
    link: str | None = None,
    brief: Callable[[], str] | None = None,
    config_name: str | None = None,
    printed: Callable[[], bytes] | None = None,
):
    """Buttons for everything a reader can take away; what is None is left out.

    Parameters
    ----------
    name : str
        Stem of the file names.
    figures : mapping of str to callable
        Name to a function that draws; one figure is a file, several are a zip.
    table : callable
        Gives the data frame behind the page.
    config : callable
        Gives the text of a TOML file that the command line runs to the same numbers.
    link : str
        Address that restores the page, from `Session.link`.
    brief : callable
        Gives a page of HTML, opened in a tab for printing.
    config_name : str, optional
        File name of the configuration; default NAME.toml.
    printed : callable, optional
        Gives two pages as the bytes of a PDF.
    """
    session = use_session()
    say = session.say
    state: tuple[dict[str, Any], Callable[[dict[str, Any]], None]] = solara.use_state({})
    message, set_message = state

    def make(kind: str) -> dict[str, Any]:
        if kind == "link":
            return {"link": link, "serial": next(_serial)}
        if kind in ("png", "svg") and figures is not None:
            return file_message(*_pictures(figures, kind, name))
        if kind == "csv" and table is not None:
            return file_message(f"{name}.csv", csv_bytes(table()))
        if kind == "parquet" and table is not None:
            return file_message(f"{name}.parquet", table().to_parquet(index=False, compression="zstd"))
        if kind == "toml" and config is not None:
            return file_message(config_name or f"{name}.toml", config().encode())
        if kind == "pdf" and printed is not None:
            return file_message(f"{name}.pdf", printed())
        assert brief is not None  # there is no other button
        return file_message(f"{name}.html", brief().encode(), show=True)

    def wanted(kind: str) -> None:
        try:
            set_message(make(kind))
        except Exception:  # the reader is told, the page stays
            log.exception("export %s failed", kind)
            set_message({"error": say("export.failed"), "serial": next(_serial)})

    kinds = [
        *(["png", "svg"] if figures else []),
        *(["csv", "parquet"] if table else []),
        *(["toml"] if config else []),
        *(["link"] if link else []),
        *(["brief"] if brief else []),
        *(["pdf"] if printed else []),
    ]
    formats = {"png": "PNG", "svg": "SVG", "csv": "CSV", "parquet": "Parquet"}  # names, the same everywhere
    items = [
        {"id": kind, "label": formats.get(kind) or say(f"export.{kind}"), "help": say(f"export.{kind}_help")} for kind in kinds
    ]
    texts = {key: say(f"export.{key}") for key in ("title", "busy", "copied")}
    _Export(items=items, texts=texts, file=message, event_wanted=heard.one_of(kinds, wanted))
