"""What stands before Solara: where the pages lie, and what an address that leads nowhere is answered with.

Solara takes the path below which it lies from the first request it sees, for everybody and until it is started anew. Here that
path is said once, by who starts the server, and no request has a word in it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from html import escape
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from ...experiments.errors import InputError
from ...scenarios.given import shown
from ..words import Words, language_of, preferred_language

__all__ = ["Served", "root_path_of"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATH = re.compile(r"(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_OF_PROXIES = (b"script-name", b"x-script-name")  # headers that Solara would take its place from
_LONGEST = 200  # characters of an address that are told
_LANGUAGE = "ecocluster-language"  # the cookie that tells the page's socket what the page was asked for in


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
        if scope["type"] == "websocket":
            headers = _in_the_language_of_the_page(headers)
        inside = {**scope, "headers": headers, "path": path, "raw_path": path.encode(), "root_path": ""}
        if scope["type"] == "http" and b"text/html" in dict(headers).get(b"accept", b""):
            cookie = f"{_LANGUAGE}={preferred_language(_accepted(headers))}; Path={self.root or '/'}; SameSite=Lax"
            await self.inner(inside, receive, _Page(send, self._answer(inside), cookie).send)
        else:
            await self.inner(inside, receive, send)

    def _answer(self, scope: Scope) -> bytes:
        """A page that says in the visitor's language that there is none."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        say = Words(language_of(asked) or preferred_language(_accepted(scope["headers"])))
        title, text, first = say("lost.title"), say("lost.text", path=shown(scope["path"])[:_LONGEST]), say("lost.first")
        return (
            f'<!doctype html><html lang="{say.lang}"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
            '<body style="font: 1.1rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 12vh auto; padding: 0 1rem">'
            f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
            f'<p><a href="{self.root}/?lang={say.lang}">{escape(first)}</a></p></body></html>'
        ).encode()


def _accepted(headers: Headers) -> str:
    """Languages that the browser asks for."""
    return ",".join(value.decode("latin-1") for name, value in headers if name.lower() == b"accept-language")


def _in_the_language_of_the_page(headers: Headers) -> Headers:
    """Headers of a socket as if it asked for the language of its page: a browser may name its own there, not the one it was told."""
    sent = SimpleCookie()
    for name, value in headers:
        if name.lower() == b"cookie":
            with suppress(CookieError):  # of others on the same address
                sent.load(value.decode("latin-1"))
    lang = language_of(sent[_LANGUAGE].value) if _LANGUAGE in sent else None
    if lang is None:
        return headers
    return [*((name, value) for name, value in headers if name.lower() != b"accept-language"), (b"accept-language", lang.encode())]


class _Page:
    """Hands an answer on, with a cookie; one of 404 gets another body."""

    def __init__(self, send: Send, body: bytes, cookie: str) -> None:
        self._send, self._body, self._cookie, self._is_lost = send, body, cookie.encode(), False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] == 404:
            self._is_lost = True
            length = str(len(self._body)).encode()
            headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", length), (b"cache-control", b"no-store")]
            await self._send({**message, "headers": headers})
            await self._send({"type": "http.response.body", "body": self._body})
        elif message["type"] == "http.response.start":
            await self._send({**message, "headers": [*message.get("headers", ()), (b"set-cookie", self._cookie)]})
        elif not self._is_lost:
            await self._send(message)
