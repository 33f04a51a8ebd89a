"""A visitor without a browser: speaks with the pages through their websocket, and may send what no page would.

Needs websockets, which comes with the server of the dashboard.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from waiting import WATCHDOG

__all__ = ["Visitor"]

SESSION = "solara-session-id"


class Visitor:
    """One page of one visitor.

    Parameters
    ----------
    address : str
        Of the server, with the page and its fields: ``http://127.0.0.1:8765/watch?site=phung``.
    session, kernel : str, optional
        Those of somebody else, for a thief; default: new ones.
    listens : bool
        False: never reads what the server sends.

    Attributes
    ----------
    models : dict
        Id of each widget to its state, as the server has told it.
    said : list of str
        What the server sent that is no message of a widget.
    """

    def __init__(self, address: str, session: str | None = None, kernel: str | None = None, listens: bool = True) -> None:
        from websockets.sync.client import connect

        parts = urlsplit(address)
        self.session, self.kernel, self.page = session or str(uuid4()), kernel or str(uuid4()), str(uuid4())
        self.models: dict[str, dict[str, Any]] = {}
        self.said: list[str] = []
        self.heard, self.sent, self._news, self._control = 0, 0, threading.Condition(), str(uuid4())
        where = f"ws://{parts.netloc}/jupyter/api/kernels/{self.kernel}/channels?session_id={self.page}"
        headers = {"Cookie": f"{SESSION}={self.session}", "Accept-Language": "en"}
        self._socket = connect(
            where, additional_headers=headers, max_size=None, open_timeout=WATCHDOG, ping_interval=None
        ).__enter__()
        self._ended = threading.Thread(target=self._listen, daemon=True)
        if listens:
            self._ended.start()
        self.send("comm_open", {"comm_id": self._control, "target_name": "solara.control", "data": {}})
        path = parts.path or "/"
        self._address = f"{path}?{parts.query}" if parts.query else path
        self.send(
            "comm_msg",
            {
                "comm_id": self._control,
                "data": {"method": "run", "args": {"path": self._address, "appName": None, "themes": {}, "dark": False}},
            },
        )

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, *_: Any) -> None:
        self.leave()

    def leave(self) -> None:
        """Close the page."""
        with suppress(Exception):
            self._socket.close()
        if self._ended.ident:
            self._ended.join(WATCHDOG)

    def abandon(self) -> None:
        """Be gone without a word."""
        with suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)

    def send(self, kind: str, content: Any, **more: Any) -> None:
        """One message as Jupyter has them; what is sent may be anything."""
        header = {
            "msg_id": str(uuid4()),
            "msg_type": kind,
            "username": "",
            "session": self.page,
            "version": "5.3",
            "date": "2026-01-01T00:00:00Z",
        }
        self.raw(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                    "buffers": [],
                    **more,
                }
            )
        )

    def raw(self, message: str | bytes) -> None:
        """Whatever a socket can carry."""
        self.sent += 1
        self._socket.send(message)

    def set(self, model: str, **state: Any) -> None:
        """Say that something of a widget has changed."""
        self.send("comm_msg", {"comm_id": model, "data": {"method": "update", "state": state, "buffer_paths": []}})

    def event(self, model: str, name: str, data: Any) -> None:
        """Say that something happened to a widget: a click, a choice."""
        self.send("comm_msg", {"comm_id": model, "data": {"method": "custom", "content": {"event": name, "data": data}}})

    def wait(self, fits: Any, seconds: float = WATCHDOG) -> bool:
        """Wait until something holds of this visitor; False if it never does, or the server hung up."""
        with self._news:
            return self._news.wait_for(lambda: fits(self) or not self._ended.is_alive(), seconds) and bool(fits(self))

    def having(self, *keys: str, **values: Any) -> list[str]:
        """Ids of widgets that have these keys and values."""
        return [name for name, state in list(self.models.items())
                if all(key in state for key in keys) and all(state.get(key) == value for key, value in values.items())]  # fmt: skip

    def text(self) -> str:
        """All texts that the page shows, in no order."""
        return "\n".join(str(state) for state in list(self.models.values()))

    @property
    def listens(self) -> bool:
        """Is the server still there?"""
        return self._ended.is_alive()

    def _listen(self) -> None:
        with suppress(Exception):
            for message in self._socket:
                self._hear(message)
        with self._news:
            self._news.notify_all()

    def _hear(self, message: str | bytes) -> None:
        if isinstance(message, bytes):  # count, offsets, then JSON and arrays
            count = int.from_bytes(message[:4], "big")
            places = [int.from_bytes(message[4 * i : 4 * i + 4], "big") for i in range(1, count + 1)]
            message = message[places[0] : places[1] if count > 1 else None].decode()
        with self._news:
            self.heard += 1
            try:
                told = json.loads(message)
                kind, content = told["msg_type"], told["content"]
            except (ValueError, TypeError, KeyError):
                self.said.append(str(message)[:500])
                return
            data = content.get("data", {})
            if kind == "comm_open":
                self.models[content["comm_id"]] = dict(data.get("state", {}))
            elif kind == "comm_close":
                self.models.pop(content["comm_id"], None)
            elif kind == "comm_msg" and data.get("method") == "update":
                self.models.setdefault(content["comm_id"], {}).update(data.get("state", {}))
            self._news.notify_all()
