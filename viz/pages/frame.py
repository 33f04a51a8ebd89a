"""The frame around every page, and what pages are made of. Read this before writing a page.

A page is a module of this folder with a component `Page()`, listed in `PAGES`:

    import solara
    from .frame import ErrorBox, Heading, JobStatus, Section
    from .session import use_session

    class State:                          # what must survive a visit to another page
        def __init__(self, fields):       # fields of the address that restores the page
            self.site = solara.Reactive(fields.get("site", "nguyen-khe"))
            self.answer = solara.Reactive(None)

    @solara.component
    def Page():
        session = use_session()
        state = session.page("evidence", State)
        say = session.say                 # Words in the visitor's language: say("key"), say.number(1.5, 1)
        Heading("evidence")               # texts page.evidence.title and page.evidence.lead
        ...
        JobStatus("evidence")             # progress, stop button, error of session.jobs.start("evidence", ...)
        Chart(option, label=...)          # charts.py
        Table(heads, rows, label=...)     # below
        Export(...)                       # export.py

Layout is CSS (assets/custom.css): `with Div("split"):` controls beside results, "pair", "panels" for grids of
charts, "card", "bar", "soft", "answer", "notice". Own Vue templates live in viz/assets/ and are bound with
`solara.component_vue("../assets/NAME.vue")`; texts from files reach them as data and are shown by {{ }}, never
by v-html. Every text is a key of the catalogues.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import solara

from ...experiments.errors import InputError
from ...scenarios import ScenarioError
from ..problems import problem_text
from ..words import LANGUAGES, Words
from . import heard
from .jobs import TimeUp
from .session import provide_session, use_session
from .settings import LIMITS
from .terms import Explained, meaning

__all__ = ["PAGES", "Div", "ErrorBox", "Frame", "Heading", "JobStatus", "Section", "Table", "Text", "error_text"]

# options that an error may name: texts `option.NAME` say what pages call them
OPTIONS = ("replicates", "worlds", "budget", "site-budget", "seed", "replicate", "scale", "pathways", "set", "outcome")
# path in the address -> module of this folder, in the order of the menu
PAGES = {
    "": "compare",
    "map": "city_map",
    "watch": "watch",
    "barriers": "barriers",
    "explorer": "explorer",
    "portfolio": "portfolio",
    "my-cluster": "my_cluster",
    "province": "province",
    "self-check": "check",
    "goal": "goal",
    "evidence": "evidence",
    "limits": "unknown",
}


def Div(classes: str = "", children: Sequence[Any] = (), **attributes: str):
    """A plain element of HTML to put others in: `with Div("card"): ...`.

    Parameters
    ----------
    classes : str
        CSS classes.
    attributes
        Further attributes, such as role="region".
    """
    return solara.v.Html(tag="div", class_=classes, children=list(children), attributes=attributes)


def Text(text: str, tag: str = "p", classes: str = ""):
    """A text of our own or of a file; never read as markup. No line begins with a percent sign."""
    return solara.v.Html(tag=tag, class_=classes, children=[text.replace(" %", "\N{NO-BREAK SPACE}%")])


@solara.component
def Heading(page: str):
    """Title and first sentence of a page: texts `page.PAGE.title` and `page.PAGE.lead`."""
    say = use_session().say
    Text(say(f"page.{page}.title"), "h1")
    Explained(say(f"page.{page}.lead"), "p", "lead")


@solara.component
def Section(title: str, note: str = "", children: Sequence[Any] = ()):
    """A heading with what belongs below it: `with Section(say("...")): ...`."""
    with Div(role="group"):
        Text(title, "h2")
        if note:
            Explained(note, "p", "soft")
        Div(children=children)


@solara.component_vue("../assets/table.vue")
def _Table(
    heads: list,
    rows: list,
    abouts: dict,
    label: str,
    texts: list,
    event_chosen: Callable[[str], None],
    event_changed: Callable[[dict], None],
) -> None: ...


@solara.component
def Table(
    heads: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    label: str,
    text_columns: Sequence[int] = (0,),
    on_choose: Callable[[str], None] | None = None,
    on_change: Callable[[dict], None] | None = None,
):
    """A table that scrolls sideways where it is too wide.

    Parameters
    ----------
    heads : sequence of str
    rows : sequence of mapping
        {"group": title} or {"cells": [{"text", "unit", "sub", "sub2", "best", "title"}], "id", "on"}; with an "id"
        the first cell is a button. A cell with "options" ([{"id", "label"}]) and "value" is a choice.
    label : str
        What the table holds, for those who do not see it.
    text_columns : sequence of int
        Columns of words, flush left; numbers are flush right.
    on_choose : callable, optional
        Gets the id of a row.
    on_change : callable, optional
        Gets {"id", "column", "value"} of a choice.
    """
    say = use_session().say
    abouts = {
        text: about
        for text in (*heads, *(row["cells"][0]["text"] for row in rows if "cells" in row))
        if (about := meaning(text, say))
    }
    _Table(
        heads=list(heads), rows=list(rows), abouts=abouts, label=label, texts=list(text_columns),
        event_chosen=heard.one_of([row["id"] for row in rows if "id" in row], on_choose or _nothing),
        event_changed=heard.fields(_choices(rows), on_change or _nothing),
    )  # fmt: skip


def _nothing(_: Any) -> None:
    pass


def _choices(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lists within a table as fields of a form."""
    return [
        {"id": row["id"], "kind": "select", "options": cell["options"]}
        for row in rows for cell in row.get("cells", ()) if "options" in cell and "id" in row
    ]  # fmt: skip


def error_text(error: BaseException, say: Words) -> str:
    """What went wrong, in one sentence, without a path of the server or a traceback."""
    if isinstance(error, InputError):
        return _of_page(error, say)
    if isinstance(error, ScenarioError):
        return problem_text(error, say)
    if isinstance(error, TimeUp):
        return say("job.time_up", minutes=say.number(LIMITS.seconds / 60))
    return say("job.unexpected", kind=type(error).__name__, text=str(error)[:300])


def _of_page(error: InputError, say: Words) -> str:
    """An error by the names that pages give to things: options of the command line mean nothing here."""
    fields = {}
    for name, value in error.fields.items():
        option = value.removeprefix("--") if isinstance(value, str) and value.startswith("--") else ""
        fields[name] = say(f"option.{option}") if option in OPTIONS else value
    family = "page_error" if say.name("page_error", error.key) != error.key else "error"
    return say(f"{family}.{error.key}", **fields)


@solara.component
def ErrorBox(text: str):
    """Something the visitor must know: input that cannot be used, a run that failed."""
    if text:
        solara.v.Html(tag="div", class_="error", children=[text], attributes={"role": "alert"})


@solara.component_vue("../assets/job.vue")
def _Job(busy: bool, done: int, total: int, text: str, texts: dict, event_stop: Callable[[Any], None]) -> None: ...


@solara.component
def JobStatus(slot: str, note: str = ""):
    """Progress of a slot with a button that stops it; the error if it failed.

    Parameters
    ----------
    slot : str
        Of `Session.jobs`.
    note : str
        Shown when nothing runs.
    """
    session = use_session()
    say, state = session.say, session.jobs.state(slot).value
    text = note
    if state.busy:
        count = {"done": say.number(state.done), "total": say.number(state.total)}
        text = say("job.progress", **count) if state.total else say(f"job.{state.phase}")
        if state.ahead:
            text = say("job.behind.one" if state.ahead == 1 else "job.behind", ahead=say.number(state.ahead))
    elif state.phase == "stopped":
        text = say("job.stopped")
    _Job(
        busy=state.busy, done=state.done, total=state.total, text=text, texts={"stop": say("job.stop")},
        event_stop=lambda _: session.jobs.stop(slot),
    )  # fmt: skip
    ErrorBox(error_text(state.error, say) if state.error is not None else "")


@solara.component_vue("../assets/welcome.vue")
def _Welcome(lines: list, close: str, label: str) -> None: ...


@solara.component_vue("../assets/header.vue")
def _Header(
    pages: list,
    root: str,
    lang: str,
    languages: list,
    texts: dict,
    event_go: Callable[[str], None],
    event_choose: Callable[[str], None],
) -> None: ...


@solara.component
def Frame():
    """Header, menu, language, and the page that the address names."""
    router = solara.use_router()
    session = provide_session(router.search)
    say = session.say
    here = router.parts[0] if router.parts else ""
    found = here in PAGES and len(router.parts) == 1

    def go(path: str) -> None:
        router.push(f"{path}?lang={session.lang.value}")

    pages = [
        {"path": f"/{path}", "label": say(f"page.{name}.menu"), "active": found and path == here} for path, name in PAGES.items()
    ]
    languages = [{"id": lang, "label": say(f"lang.{lang}")} for lang in sorted(LANGUAGES, reverse=True)]
    texts = {key: say(f"frame.{key}") for key in ("name", "pages", "language", "skip")}
    title = say(f"page.{PAGES[here]}.menu") if found else say("frame.not_found")
    solara.Title(f"{title} · {say('frame.name')}")
    with Div():
        _Header(
            pages=pages,
            root=router.root_path,
            lang=session.lang.value,
            languages=languages,
            texts=texts,
            event_go=heard.one_of([page["path"] for page in pages], go),
            event_choose=heard.one_of(LANGUAGES, session.lang.set),
        )
        with solara.v.Html(tag="main", class_="eco", attributes={"id": "content"}):
            _Welcome(
                lines=[say(f"welcome.{n}") for n in ("one", "two", "three")], close=say("welcome.close"), label=say("welcome.label")
            )
            if found:
                _Guarded(PAGES[here]).key(here)
            else:
                ErrorBox(say("frame.not_found"))


@solara.component
def _Guarded(name: str):
    """A page; if drawing it fails, the frame stays and says so."""
    say = use_session().say
    error, clear = solara.use_exception()
    if error is None:
        import_module(f".{name}", __package__).Page()
    else:
        ErrorBox(error_text(error, say))
        solara.Button(say("frame.again"), on_click=clear, text=True)
