"""The documentation is built as a site that asks nothing of the internet."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ecocluster.model.indicators import INDICATORS
from ecocluster.model.levers import LEVERS
from ecocluster.model.parameters import PARAMETERS

ROOT = Path(__file__).parents[1]
OUTSIDE = re.compile(r"""<(?:script|link|img|iframe)[^>]*(?:src|href)=["'](?:https?:)?//|url\(["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, built from a copy: its generator writes pages beside those it reads."""
    place = tmp_path_factory.mktemp("site")
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"):
        shutil.copy(ROOT / name, place)
    shutil.copytree(ROOT / "docs", place / "docs", ignore=shutil.ignore_patterns("made", "index.md"))
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(place / "docs"), str(place / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return place / "out"


def test_it_asks_nothing_of_the_internet(site):
    pages = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert len(pages) > 15
    for path in pages:
        assert not OUTSIDE.search(path.read_text(encoding="utf-8")), path
    assert OUTSIDE.search('<script src="https://cdn.example/x.js">')  # control
    assert OUTSIDE.search("src: url(//fonts.example/x.woff)")


@pytest.mark.parametrize(("page", "names"), [("levers", LEVERS), ("parameters", PARAMETERS), ("indicators", INDICATORS)])
def test_the_registries_are_there_whole(site, page, names):
    text = (site / "made" / f"{page}.html").read_text(encoding="utf-8")
    assert [name for name in names if f"<p>{name}</p>" not in text] == []


def test_what_is_public_is_documented(site):
    text = (site / "made" / "interface.html").read_text(encoding="utf-8")
    for name in ("experiments.comparing.compare", "scenarios.sites.load_scenario", "sweeps.runner.sweep", "ensemble.run_ensemble"):
        assert f'id="ecocluster.{name}"' in text or f".{name}" in text, name
