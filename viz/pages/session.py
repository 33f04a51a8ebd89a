"""What belongs to one visitor: language, jobs, the state of the pages. Never a module's variable.

`use_session()` gives it to any component below the frame. A page keeps what it must not lose when the visitor
looks at another page in `session.page("compare", CompareState)`, made at the first visit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode

import solara

from ...model.renamed import BUDGETS
from ..words import Words, language_of, preferred_language
from .jobs import Jobs
from .settings import Settings, server_settings

__all__ = ["Session", "provide_session", "use_session"]

T = TypeVar("T")


class Session:
    """One visitor's page in the browser.

    Parameters
    ----------
    lang : str
        Language at first.
    query : mapping
        Fields of the address the page was opened with; a page restores itself from them.
    context : context manager
        Solara's kernel context.

    Attributes
    ----------
    lang : solara.Reactive of str
    jobs : Jobs
    settings : Settings
    """

    def __init__(self, lang: str, query: Mapping[str, str], context: Any) -> None:
        self.lang = solara.Reactive(lang)
        self.jobs = Jobs(context)
        self.settings: Settings = server_settings()
        self._query = dict(query)
        self._pages: dict[str, Any] = {}

    @property
    def say(self) -> Words:
        """Texts and numbers in the visitor's language; reading it subscribes a component to the language."""
        return Words(self.lang.value)

    def page(self, name: str, make: Callable[[Mapping[str, str]], T]) -> T:
        """State of a page, made at the first visit.

        Parameters
        ----------
        name : str
        make : callable
            Gets the fields of the address (empty unless the address was that of a restored page).
        """
        if name not in self._pages:
            fields, self._query = self._query, {}  # an address restores the page it names, once
            self._pages[name] = make(fields)
        return self._pages[name]

    def link(self, path: str, fields: Mapping[str, Any]) -> str:
        """Address, without the host, that restores a page: `fields` and the language as a query."""
        kept = {key: str(value) for key, value in fields.items() if value not in (None, "")}
        return f"{path}?{urlencode({**kept, 'lang': self.lang.value})}"


_context: Any = solara.create_context(None)


def fields_of_address(search: str) -> dict[str, str]:
    """Fields of a query, also of a link that was kept since before those of money carried their unit."""
    return {BUDGETS.get(name, name): value for name, value in parse_qsl(search)}


def provide_session(search: str | None) -> Session:
    """Make the visitor's session at the first drawing and give it to everything below."""

    def make() -> Session:
        from solara.lab import headers as told

        headers: Any = told  # a reactive value, which its module says to be a module
        from solara.server import kernel_context

        fields = fields_of_address(search or "")
        asked = fields.pop("lang", None)
        known = {key.lower(): value for key, value in (headers.value or {}).items()}
        lang = language_of(asked or "") or preferred_language(",".join(known.get("accept-language", ())))
        context = kernel_context.get_current_context()
        session = Session(lang, fields, context)
        context.on_close(session.jobs.close)
        return session

    session = solara.use_memo(make, [])
    _context.provide(session)
    return session


def use_session() -> Session:
    """The session of the visitor for whom a component is drawn."""
    return solara.use_context(_context)
