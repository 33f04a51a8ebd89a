"""How fast the dashboard answers on this machine: `python -m ecocluster.viz.pages.times` prints a table in Markdown.

What a visitor waits for is measured in the browser: from the move of a slider to the chart that is drawn anew.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from .browser import chromium, find_chromium, open_page, serve
from .frame import PAGES

MOVE = """([name, value]) => new Promise((resolve, reject) => {
  const drawn = () => [...document.querySelectorAll('.eco-chart > div')].reduce((sum, box) => sum + Number(box.dataset.drawn), 0);
  const slider = document.querySelector(`#lever-${name}`), before = drawn(), started = performance.now();
  slider.value = value;
  slider.dispatchEvent(new Event('input', { bubbles: true }));
  const look = () => {
    const passed = performance.now() - started;
    if (drawn() !== before) resolve(passed);
    else if (passed > 600000) reject(new Error("no new curve came"));
    else requestAnimationFrame(look);
  };
  look();
})"""
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


def _time_pages(browser, address: str, options: argparse.Namespace, rows: list[tuple[str, str]]) -> None:
    """What a visitor of the comparison waits for, and the way to the other pages."""
    with open_page(browser, f"{address}/?site={options.site}") as watched:
        page, started = watched.page, time.perf_counter()

        def since() -> float:
            return 1000 * (time.perf_counter() - started)

        watched.wait(".eco h1")
        rows.append(("page ready, first visit", f"{since():.0f} ms"))
        watched.wait(".eco-chart canvas")
        rows.append(("first curves, first visit", f"{since():.0f} ms"))
        watched.wait("[data-replicates='20']")
        rows.append(("20 replicates of 5 pathways, first visit", f"{since():.0f} ms"))
        page.wait_for_function(QUIET)
        moves = []
        for index in range(options.moves):
            page.wait_for_timeout(400)
            moves.append(page.evaluate(MOVE, ["extension", str(0.1 + 0.8 * (index * 0.37 % 1))]))
            page.wait_for_function("document.querySelector('[data-replicates]').dataset.replicates === '20'")
            page.wait_for_function(QUIET)
        rows.append(("slider moved until the first new curve, median", f"{statistics.median(moves):.0f} ms"))
        rows.append(("the same, slowest", f"{max(moves):.0f} ms"))
        rows.append(("longest pause between two frames in a drag of 2 s", f"{page.evaluate(DRAG, 'extension'):.0f} ms"))
        page.wait_for_timeout(500)
        started = time.perf_counter()
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
