"""How fast the dashboard answers on this machine: `python -m ecocluster.viz.pages.times` prints a table in Markdown.

What a visitor waits for is measured in the browser: from the move of a slider to the chart that is drawn anew.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Callable

from .browser import chromium, find_chromium, open_page, serve
from .frame import PAGES

# what stands on the page from frame to frame, with the ms since the page was asked for
SEEN = """(() => {
  window.seen = [];
  let last = "";
  const note = () => {
    const drawn = (boxes) => [...document.querySelectorAll(boxes)].reduce((sum, box) => sum + Number(box.dataset.drawn || 0), 0);
    const first = document.querySelector(".first"), panels = document.querySelector("[data-replicates]");
    const now = {
      ready: !!document.querySelector("h1"), first: first ? first.dataset.shows : "", number: first ? first.innerText : "",
      chart: drawn(".first-chart .eco-chart > div"), curves: drawn(".panels .eco-chart > div"),
      runs: panels ? Number(panels.dataset.replicates) : 0,
    };
    const text = JSON.stringify(now);
    if (text !== last) window.seen.push({ at: performance.now(), ...now });
    last = text;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
})()"""
# a slider is moved: gives the time, and forgets what was seen before
MOVE = """([name, value]) => {
  const slider = document.querySelector(`#lever-${name}`), started = performance.now();
  window.seen = window.seen.slice(-1);
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  return started;
}"""
# longest pause between two frames of the page while a slider is dragged for two seconds
DRAG = """(name) => new Promise((resolve) => {
  const slider = document.querySelector(`#lever-${name}`), started = performance.now();
  let last = started, longest = 0;
  const step = (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    slider.value = String(0.1 + 0.8 * Math.abs(Math.sin((now - started) / 400)));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    now - started < 2000 ? requestAnimationFrame(step) : resolve(longest);
  };
  requestAnimationFrame(step);
})"""
# pauses between so many frames of a film
FRAMES = """(count) => new Promise((resolve) => {
  const times = [];
  let last = performance.now();
  const tick = (now) => {
    times.push(now - last);
    last = now;
    times.length < count ? requestAnimationFrame(tick) : resolve(times);
  };
  requestAnimationFrame(tick);
})"""
QUIET = "!document.querySelector('.eco-job progress')"


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 2 if there is no Chromium."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default="nguyen-khe")
    parser.add_argument("--moves", type=int, default=10)
    options = parser.parse_args(arguments)
    if find_chromium() is None:
        print("no Chromium found: install it (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    rows: list[tuple[str, str]] = []
    with serve() as address, chromium() as browser:
        _time_pages(browser, address, options, rows)
        _time_film(browser, address, rows)
    print(f"| {options.site} | time |", "|---|---|", *(f"| {text} | {value} |" for text, value in rows), sep="\n")
    return 0


def _first(seen: list[dict], when: Callable[[dict], bool], since: float = 0.0) -> float:
    """ms until something stood there; nan: it never did."""
    return next((state["at"] - since for state in seen if when(state)), math.nan)


def _time_pages(browser, address: str, options: argparse.Namespace, rows: list[tuple[str, str]]) -> None:
    """What a visitor of the comparison waits for, and the way to the other pages."""
    url = f"{address}/?site={options.site}"
    for visit in ("first visit", "next visitor"):
        with open_page(browser, url, script=SEEN) as watched:
            watched.wait("[data-replicates='20']")
            watched.page.wait_for_function(QUIET)
            watched.settle()
            seen = watched.page.evaluate("window.seen")
        for text, when in (
            ("page ready", lambda now: now["ready"]),
            ("first number, a sketch of a city", lambda now: now["first"] in ("sketch", "answer") and now["chart"]),
            ("first curves", lambda now: now["curves"]),
            ("first number of the answer", lambda now: now["first"] == "answer"),
            ("20 replicates of 5 pathways", lambda now: now["runs"] == 20),
        ):
            rows.append((f"{text}, {visit}", f"{_first(seen, when):.0f} ms"))
    with open_page(browser, url, script=SEEN) as watched:
        page = watched.page
        watched.wait("[data-replicates='20']")
        page.wait_for_function(QUIET)
        found: dict[str, list[float]] = {"new number": [], "new curve": [], "20 replicates": []}
        for index in range(options.moves):
            page.wait_for_timeout(400)
            before = page.evaluate("window.seen.at(-1)")
            started = page.evaluate(MOVE, ["extension", str(0.1 + 0.8 * (index * 0.37 % 1))])
            page.wait_for_function("(drawn) => window.seen.at(-1).curves !== drawn", arg=before["curves"])
            page.wait_for_function(QUIET)
            page.wait_for_function("window.seen.at(-1).runs === 20")
            seen = page.evaluate("window.seen")
            changed = {
                "new number": lambda now: now["number"] != before["number"],  # noqa: B023 - used before the next move
                "new curve": lambda now: now["curves"] != before["curves"],  # noqa: B023
            }
            for name, when in changed.items():
                found[name].append(_first(seen, when, started))
            found["20 replicates"].append(seen[-1]["at"] - started)
        for name, waits in found.items():
            rows.append((f"slider moved until {name}, median of {options.moves}", f"{statistics.median(waits):.0f} ms"))
        rows.append(("slider moved until new curve, slowest", f"{max(found['new curve']):.0f} ms"))
        rows.append(("longest pause between two frames in a drag of 2 s", f"{page.evaluate(DRAG, 'extension'):.0f} ms"))
        page.wait_for_timeout(500)
        started = time.perf_counter()

        def since() -> float:
            return 1000 * (time.perf_counter() - started)

        page.wait_for_function(QUIET)
        rows.append(("from the end of the drag to 20 replicates", f"{since():.0f} ms"))
        started = time.perf_counter()
        page.click(".eco-lang button[lang=vi]")
        page.wait_for_function("document.documentElement.lang === 'vi'")
        rows.append(("language switched", f"{since():.0f} ms"))
        for path in PAGES:
            if path:
                old, started = page.inner_text("h1"), time.perf_counter()
                page.click(f".eco-head nav a[href*='/{path}']")
                page.wait_for_function(
                    "(old) => document.querySelector('h1') && document.querySelector('h1').innerText !== old", arg=old
                )
                rows.append((f"to page {path}", f"{since():.0f} ms"))


def _time_film(browser, address: str, rows: list[tuple[str, str]]) -> None:
    """How smoothly the film of a large cluster runs."""
    with open_page(browser, f"{address}/watch?site=hanoi:tu-liem&quarter=40") as watched:
        watched.wait("canvas[data-ready]")
        watched.page.click(".watch-play")
        pauses = sorted(watched.page.evaluate(FRAMES, 90))
    rows.append(("film of 120 firms: pause between two frames, median and 95 of 100", f"{pauses[45]:.0f} and {pauses[85]:.0f} ms"))


if __name__ == "__main__":
    sys.exit(main())
