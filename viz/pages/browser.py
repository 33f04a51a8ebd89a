"""A dashboard of one's own and a real browser that looks at it: for the tests and the screenshots.

Needs playwright and a Chromium that is installed (Debian's package); nothing is downloaded.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

__all__ = ["Watched", "chromium", "find_chromium", "open_page", "serve"]

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
PATIENCE = 300.0  # seconds until a page that hangs is given up: no measure of how long one should take


def find_chromium() -> str | None:
    """Path of an installed Chromium, or None."""
    return next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)


@contextmanager
def serve(*options: str) -> Iterator[str]:
    """Run `ecocluster dashboard` on a free port; gives its address and ends it.

    Parameters
    ----------
    *options : str
        Of the command, besides `--port`.
    """
    command = [sys.executable, "-P", "-m", "ecocluster", "dashboard", "--port", "0", *options]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        address = next((word for word in line.split() if word.startswith("http")), None)
        if address is None:
            raise RuntimeError(f"the dashboard did not start: {line or 'no output'}")
        yield address.rstrip("/")
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium that does nothing on its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=FLAGS, timeout=1000 * PATIENCE)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page of the browser with what went wrong on it.

    Attributes
    ----------
    page : playwright.sync_api.Page
    errors : list of str
        Errors of the console, of scripts, failed requests and answers of 400 and more.
    outside : list of str
        Requests to another host than this machine.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("response", lambda r: self.errors.append(f"{r.status}: {r.url}") if r.status >= 400 else None)
        page.on("request", self._request)

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the browser gave it up itself: the page was left or loaded anew
            self.errors.append(f"failed: {request.url} {request.failure}")

    def _request(self, request: Any) -> None:
        scheme, _, rest = request.url.partition("://")
        if scheme in ("http", "https", "ws", "wss") and not rest.startswith(("127.0.0.1", "localhost", "[::1]")):
            self.outside.append(request.url)

    def wait(self, selector: str) -> None:
        """Wait until something is there."""
        from playwright.sync_api import TimeoutError as Late

        try:
            self.page.wait_for_selector(selector)
        except Late:
            shown = self.page.inner_text("body")[:3000]
            raise TimeoutError(f"{selector} did not come; errors: {self.errors}; the page shows: {shown}") from None

    def settle(self) -> None:
        """Wait until the page has drawn two more frames: what follows a change of its layout is done."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


@contextmanager
def open_page(browser: Browser, url: str, lang: str = "en", width: int = 1440, script: str = "") -> Iterator[Watched]:
    """A visitor of their own: no cookies in common with others.

    Parameters
    ----------
    browser : Browser
    url : str
    lang : str
        Language that the browser prefers.
    width : int
        px.
    script : str
        Run in the page before its own.
    """
    locale = {"en": "en-GB", "vi": "vi-VN"}[lang]
    context = browser.new_context(viewport={"width": width, "height": 900}, locale=locale, accept_downloads=True)
    context.set_default_timeout(1000 * PATIENCE)
    try:
        if script:
            context.add_init_script(script)
        watched = Watched(context.new_page())
        answer = watched.page.goto(url)
        if answer is None or not answer.ok:  # nothing of what one would wait for can come
            raise RuntimeError(f"{url} was not served: {watched.errors}")
        yield watched
    finally:
        context.close()


def pixels(watched: Watched, path: Path) -> Path:
    """A picture of the whole page."""
    watched.page.screenshot(path=path, full_page=True)
    return path
