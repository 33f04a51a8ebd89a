"""Pictures of all pages in both languages: `python -m ecocluster.viz.pages.shots --out out/shots`."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import as_file, files
from pathlib import Path

from ..firm_template import template_csv
from ..words import LANGUAGES
from .browser import chromium, find_chromium, open_page, pixels, serve

# page -> what is clicked there, and what shows that it is ready
SCENES = {
    "": ((), ".eco-table"),
    "map": ((), ".maps.pair"),
    "watch": ((), "canvas"),
    "barriers?site=teaching": (("button.main >> nth=0", "button.main >> nth=1"), ".eco-chart >> nth=3"),
    "explorer": ((), ".eco-chart [data-drawn]"),
    "portfolio": (("button.main",), ".eco-table >> nth=1"),
    "my-cluster": (("button.main",), ".eco-chart >> nth=0"),  # of the table that is offered as a template
    "province": ((), ".eco-table"),  # of the list that is offered as an example
    "self-check": ((), ".eco-table"),
    "goal": ((), ".eco h1"),
    "evidence": ((), ".eco h1"),
    "limits": ((), ".eco-table"),
}
WIDTHS = (1440, 1024, 390)


def main(arguments: list[str] | None = None) -> int:
    """Serve, look at every page, write PNG files named PAGE-LANGUAGE-WIDTH.png; 1 if a page had errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/shots"))
    parser.add_argument("--results", type=Path, default=Path("out"))
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--pages", default=",".join(SCENES))
    options = parser.parse_args(arguments)
    if find_chromium() is None:
        print("no Chromium found: install it (Debian: apt-get install chromium)", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    bad = 0
    with serve("--results", str(options.results)) as address, chromium() as browser:
        for path in options.pages.split(","):
            clicks, ready = SCENES.get(path, ((), ".eco h1"))
            for lang in LANGUAGES:
                for width in map(int, options.widths.split(",")):
                    bad += _shoot(browser, f"{address}/{path}", path, lang, width, clicks, ready, options.out)
    return 1 if bad else 0


def _shoot(browser, url, path, lang, width, clicks, ready, out) -> bool:
    """One picture; True if something went wrong on the page."""
    name = f"{path.partition('?')[0] or 'compare'}-{lang}-{width}.png"
    with open_page(browser, url, lang, width) as watched:
        watched.wait(".eco h1")
        if path == "my-cluster":
            table = out / f"cluster-{lang}.csv"
            table.write_text(template_csv(lang), encoding="utf-8", newline="")
            watched.page.set_input_files("input[type=file]", str(table))
        if path == "province":
            with as_file(files("ecocluster.scenarios") / "data" / "clusters_example.csv") as table:
                watched.page.set_input_files("input[type=file]", str(table))
        for click in clicks:
            watched.page.click(click)
        watched.wait(ready)
        watched.page.wait_for_timeout(1500)
        pixels(watched, out / name)
        troubles = [*watched.errors, *watched.outside]
    print(out / name, *troubles, sep="\n  ")
    return bool(troubles)


if __name__ == "__main__":
    sys.exit(main())
