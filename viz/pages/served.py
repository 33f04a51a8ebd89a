"""What stands before Solara: where the pages lie, and what an address that leads nowhere is answered with.

Solara takes the path below which it lies from the first request it sees, for everybody and until it is started anew. Here that
path is said once, by who starts the server, and no request has a word in it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from html import escape
from typing import Any
from urllib.parse import parse_qs

from ...experiments.errors import InputError
from ...scenarios.given import shown
from ..words import Words, language_of, preferred_language

__all__ = ["Served", "root_path_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OF_PROXIES = (b"script-name", b"x-script-name")  # headers that Solara would take its place from
_LONGEST = 200  # characters of an address that are told


def root_path_of(text: str) -> str:
    """A path as Solara takes it: "" or "/eco".

    Raises
    ------
    InputError
    """
    path = text.strip().rstrip("/")
    if path and not path.startswith("/"):
        path = f"/{path}"
    if not _PATH.fullmatch(path):
        raise InputError("root_path", value=shown(text))
    return path


class Served:
    """An application below a path: a proxy may leave the path in front of what it asks for, or take it away.

    Parameters
    ----------
    inner : callable
        Application of ASGI.
    root : str
        From `root_path_of`.
    """

    def __init__(self, inner: App, root: str = "") -> None:
        self.inner, self.root = inner, root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name.lower() not in _OF_PROXIES]
        path = scope["path"]
        if self.root and (path == self.root or path.startswith(f"{self.root}/")):
            path = path[len(self.root) :] or "/"
        inside = {**scope, "headers": headers, "path": path, "raw_path": path.encode(), "root_path": ""}
        if scope["type"] == "http" and b"text/html" in dict(headers).get(b"accept", b""):
            await self.inner(inside, receive, _Lost(send, self._answer(inside)).send)
        else:
            await self.inner(inside, receive, send)

    def _answer(self, scope: Scope) -> bytes:
        """A page that says in the visitor's language that there is none."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        accepted = ",".join(value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"accept-language")
        say = Words(language_of(asked) or preferred_language(accepted))
        title, text, first = say("lost.title"), say("lost.text", path=shown(scope["path"])[:_LONGEST]), say("lost.first")
        return (
            f'<!doctype html><html lang="{say.lang}"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
            '<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 12vh auto; padding: 0 1rem">'
            f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
            f'<p><a href="{self.root}/?lang={say.lang}">{escape(first)}</a></p></body></html>'
        ).encode()


class _Lost:
    """Hands an answer on; one of 404 gets another body."""

    def __init__(self, send: Send, body: bytes) -> None:
        self._send, self._body, self._is_lost = send, body, False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 404:
            self._is_lost = True
            length = str(len(self._body)).encode()
            headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", length), (b"cache-control", b"no-store")]
            await self._send({**message, "headers": headers})
            await self._send({"type": "http.response.body", "body": self._body})
        elif not self._is_lost:
            await self._send(message)
