"""The address in a real browser: it follows what is set, F5 loses nothing, wrong ones are told, and it lies where the proxy says."""

import re
import shutil
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from ecocluster.viz.pages.browser import open_page, serve
from ecocluster.viz.words import LANGUAGES, Words
from test_pages import FULL, MOVE, SMALL, quiet
from waiting import WATCHDOG, until

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
NO_NGINX = "the recipe for nginx was not tried: no nginx found (Debian: apt-get install nginx-light)"


def address_says(page, text, said=True):
    """Wait until the address holds a text, or does not."""
    page.wait_for_function("([text, said]) => location.href.includes(text) === said", arg=[text, said])


def test_the_address_follows_and_a_reload_keeps_every_lever(browser, server):
    with open_page(browser, server + SMALL) as watched:
        page = watched.page
        watched.wait(FULL)
        address_says(page, "policy=vietnam-2020")
        for name, value in (("extension", "0.5"), ("inspection_rate", "0.5"), ("symbiosis_grant", "0.5"), ("budget_bn", "200")):
            page.evaluate(MOVE, [name, value])
            address_says(page, f"{name}={value}")
        page.select_option("select:has(option[value=strict])", "strict")
        address_says(page, "law=strict")
        before = page.url
        page.reload()
        watched.wait(FULL)
        for name, said in (("extension", "50 %"), ("symbiosis_grant", "50 %"), ("budget_bn", "200 "), ("inspection_rate", "0.5 ")):
            shown = page.text_content(f".lever:has(#lever-{name}) output")
            assert shown.replace("\xa0", " ").startswith(said), (name, shown)
        assert page.input_value("select:has(option[value=strict])") == "strict"
        assert page.url == before and not page.query_selector(".eco .error")
        quiet(watched)


def test_half_can_be_chosen_with_the_hand(browser, server):
    """Every tenth of every share is a place where a slider rests."""
    with open_page(browser, server + SMALL) as watched:
        watched.wait(FULL)
        rests = watched.page.evaluate(
            """() => [...document.querySelectorAll('.lever input[type=range]')].map((slider) => {
              const high = Number(slider.max), own = high <= 1 ? [0.1, 0.3, 0.5] : [high / 2];
              return [slider.id, ...own.filter((value) => value <= high).map((value) => {
                const twin = slider.cloneNode(); twin.value = value; return Math.abs(Number(twin.value) - value); })]; })"""
        )
        assert len(rests) > 15
        for name, *missed in rests:
            assert max(missed) < 1e-9, (name, missed)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_wrong_address_is_told_in_one_sentence_and_the_page_works(browser, server, lang):
    with open_page(browser, f"{server}{SMALL}&extension=7&colour=red", lang) as watched:
        watched.wait(FULL)
        told = [box.inner_text() for box in watched.page.query_selector_all(".eco .error")]
        assert len(told) == 2 and "7" in told[0] and "colour" in told[1]
        address_says(watched.page, "colour", False)  # it says again what is shown
        watched.page.evaluate(MOVE, ["extension", "0.5"])
        watched.page.wait_for_selector(".eco .error", state="detached")
        quiet(watched)


def test_going_back_shows_the_page_and_its_address(browser, server):
    with open_page(browser, server + SMALL) as watched:
        page = watched.page
        watched.wait(FULL)
        address_says(page, "replicates=4")
        page.click(".eco-head nav a[href*='evidence']")
        address_says(page, "/evidence?")
        page.fill("input[type=search]", "nước")
        address_says(page, "search=")
        page.go_back()
        address_says(page, "replicates=4")
        page.wait_for_function("(title) => document.querySelector('h1').innerText === title", arg=Words("en")("page.compare.title"))
        quiet(watched)


@pytest.mark.parametrize(("query", "prefers", "lang"), [("", "vi-VN,vi", "vi"), ("", "en", "en"), ("?lang=vi", "en", "vi")])
def test_an_address_that_leads_nowhere(server, query, prefers, lang):
    request = Request(f"{server}/nope{query}", headers={"Accept": "text/html", "Accept-Language": prefers})
    with pytest.raises(HTTPError) as answer:
        urlopen(request, timeout=WATCHDOG)
    assert answer.value.code == 404
    text = answer.value.read().decode()
    assert Words(lang)("lost.text", path="/nope") in text and f'lang="{lang}"' in text


def test_an_address_that_leads_nowhere_holds_nobodys_markup(server):
    with pytest.raises(HTTPError) as answer:
        urlopen(Request(f"{server}/%3Cscript%3Ealert(1)%3C/script%3E", headers={"Accept": "text/html"}), timeout=WATCHDOG)
    assert b"<script" not in answer.value.read()


def test_a_path_below_a_page_is_none(browser, server):
    with open_page(browser, f"{server}/evidence/more", "vi") as watched:
        watched.wait(".eco .error")
        assert watched.page.inner_text(".eco .error") == Words("vi")("frame.not_found")


def walk(browser, address):
    """Look at two pages below a path, by the menu and by a reload."""
    with open_page(browser, f"{address}{SMALL}") as watched:
        page = watched.page
        watched.wait(FULL)
        for link in page.query_selector_all(".eco-head nav a"):
            assert page.evaluate("(link) => link.href", link).startswith(f"{address}/")
        page.click(".eco-head nav a[href*='evidence']")
        watched.wait("input[type=search]")
        page.wait_for_function("(start) => location.href.startsWith(start)", arg=f"{address}/evidence?")
        page.fill("input[type=search]", "nước")
        address_says(page, "search=")
        assert page.url.startswith(f"{address}/evidence?")
        page.reload()
        watched.wait("input[type=search]")
        assert page.input_value("input[type=search]") == "nước"
        page.go_back()
        address_says(page, "site=teaching")
        assert page.url.startswith(f"{address}/?")
        quiet(watched)


def test_the_pages_lie_below_a_path_and_a_stranger_moves_them_nowhere(browser):
    with serve("--root-path", "/eco") as address:
        assert address.endswith("/eco")
        headers = {"X-Script-Name": "/elsewhere", "Script-Name": "/elsewhere", "Host": "example.org", "Accept": "text/html"}
        with urlopen(Request(f"{address}/", headers=headers), timeout=WATCHDOG) as answer:  # the first of all requests
            assert "elsewhere" not in answer.read().decode()
        walk(browser, address)


@contextmanager
def nginx(recipe, folder):
    """nginx on a free port with a recipe in its server; gives its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    here = {name: str(folder / name) for name in ("client", "proxy", "fastcgi", "uwsgi", "scgi")}
    paths = "".join(f"{'client_body' if name == 'client' else name}_temp_path {path};\n" for name, path in here.items())
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{paths}"
        f"server {{\nlisten 127.0.0.1:{port};\n{recipe}\n}}\n}}\n",
        encoding="utf-8",
    )
    server = subprocess.Popen([shutil.which("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:

        def answers():
            with socket.socket() as tried:
                return server.poll() is None and tried.connect_ex(("127.0.0.1", port)) == 0

        until(answers)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(WATCHDOG)


def test_the_recipe_for_nginx(browser, tmp_path):
    """As docs/dashboard.md has it, but for the port."""
    if shutil.which("nginx") is None:
        pytest.skip(NO_NGINX)
    recipe = re.search(r"```nginx\n(.*?)```", (ROOT / "docs" / "dashboard.md").read_text(encoding="utf-8"), re.S)[1]
    with serve("--root-path", "/eco") as inner:
        port = re.search(r":(\d+)/", inner)[1]
        assert ":8765/" in recipe
        with nginx(recipe.replace(":8765/", f":{port}/"), tmp_path) as outer:
            walk(browser, f"{outer}/eco")


def test_a_socket_speaks_the_language_of_its_page():
    """A browser may name another language to the socket than it asked the page for; what no page has set, is not heard."""
    from ecocluster.viz.pages.served import Served

    seen, sent = [], []

    async def inner(scope, receive, send):
        seen.append([value for name, value in scope["headers"] if name == b"accept-language"])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})

    async def send(message):
        sent.append(dict(message["headers"]))

    def ask(kind, *headers):
        scope = {"type": kind, "path": "/eco/", "query_string": b"", "headers": headers}
        with pytest.raises(StopIteration):  # it waits for nothing
            Served(inner, "/eco")(scope, None, send).send(None)
        return seen[-1]

    page = (b"accept", b"text/html"), (b"accept-language", b"vi-VN,vi;q=0.9")
    assert ask("http", *page) == [b"vi-VN,vi;q=0.9"]
    cookie = sent[0][b"set-cookie"]
    assert cookie == b"ecocluster-language=vi; Path=/eco; SameSite=Lax" and sent[0][b"x"] == b"y"
    own = (b"accept-language", b"en-US")
    assert ask("websocket", own, (b"cookie", b"a=b; " + cookie.partition(b";")[0])) == [b"vi"]
    for other in (b"", b"a=b", b"ecocluster-language=xx", b"ecocluster-language", b"\xff;=;ecocluster-language=\xff"):
        assert ask("websocket", own, (b"cookie", other)) == [b"en-US"]
