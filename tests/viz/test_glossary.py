"""One Vietnamese word for one thing: docs/glossary.md holds in every catalogue, title and name."""

import csv
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
LOCALE = files("ecocluster.viz") / "locale"


def rows():
    lines = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    for line in lines[lines.index("|---|---|---|---|") + 1 :]:
        english, vietnamese, wrong, _ = (cell.strip() for cell in line.strip("|").split("|"))
        wrong, _, but = wrong.partition(" (but ")
        yield english, vietnamese.split("; "), wrong.split("; "), but.rstrip(")")


GLOSSARY = list(rows())


def catalogues(lang):
    """Where it stands and what it says: every text of a language."""
    found = {}
    for path in sorted((LOCALE / lang / "LC_MESSAGES").iterdir(), key=lambda path: path.name):
        if path.name.endswith(".po"):
            found |= {one.id: one.string for one in read_po(path.open("rb")) if one.id}
    return found


@pytest.fixture(scope="module")
def texts():
    """All Vietnamese texts of catalogues and data, with their English where they have one."""
    english, vietnamese = catalogues("en"), catalogues("vi")
    assert english.keys() == vietnamese.keys() and len(english) > 2000
    found = {key: (english[key], vietnamese[key]) for key in english}
    data = files("ecocluster.scenarios") / "data"
    for path in sorted(Path(str(data)).rglob("*.toml")):
        title = tomllib.loads(path.read_text(encoding="utf-8")).get("title", {})
        if title:
            found[path.name] = (title["en"], title["vi"])
    for row in csv.DictReader((Path(str(data)) / "sites" / "hanoi.csv").read_text(encoding="utf-8").splitlines()):
        found[row["id"]] = ("synthetic" if row["note"] == "synthetic" else "", row["name"])
    return found


def plain(text):
    """Without fields, commands, paths and names of columns, which are the same in every language."""
    return re.sub(
        r"ecocluster [a-z-]+|\{[^}]*\}|'[^']*'|--\w+|[\w/-]+\.\w+\b|\w*_\w+|\b(?:type|kind) dose\b|\b[a-z]+(?:, [a-z]+){3,}",
        " ",
        text,
    )


def has(text, word):
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


@pytest.mark.parametrize(("english", "vietnamese", "wrong", "but"), GLOSSARY, ids=[row[0] for row in GLOSSARY])
def test_the_glossary_holds(texts, english, vietnamese, wrong, but):
    told = {key: (en, vi.replace(but, "") if but else vi) for key, (en, vi) in texts.items()}
    assert {key: vi for key, (_, vi) in told.items() for word in wrong if word and has(vi, word)} == {}
    meant = {key: vi for key, (en, vi) in told.items() if any(has(plain(en), word) for word in english.split("; "))}
    assert {key: vi for key, vi in meant.items() if not any(has(vi, word) for word in vietnamese)} == {}
