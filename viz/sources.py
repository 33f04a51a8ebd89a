"""What the ids of sources stand for: the title, where it stands in the documents, and whom these name.

The documents are not installed, so their entries lie in assets/sources.csv, made by `python -m ecocluster.viz.sources docs`;
a test holds that it is what the documents say, and another that nothing is shown that has no entry.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["KINDS", "Source", "ids_in", "known_sources", "read_documents", "slug"]

# what an id begins with
KINDS = ("evidence", "specification", "target", "test", "hypothesis", "paper")
_ROW = r"[A-J]\d+(?:\.\d+)?\b"
_SECTION = r"\d+(?:\.\d+|[a-j])?"
_NAMED = re.compile(
    rf"(?P<part>[;|]|\.\s)"
    rf"|specification (?P<sections>{_SECTION}(?:(?:, | and |-){_SECTION})*)"
    r"|\b(?P<section>13\.(?:1[0-4]|\d)(?![\d.]*\s?%)|5[a-j])\b"
    r"|(?P<evidence>\bevidence\b)"
    r"|\b(?P<paper>S[12])\b"
    rf"|(?<![\w.])(?P<row>{_ROW})(?!\.\d)"
    r"|(?<![\w.])(?P<test>V[1-9]\d?)\b"
)
_HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:vn|com|org|gov|edu|net|int|eu|asia)\b")


@dataclass(frozen=True)
class Source:
    """One entry of a document.

    Attributes
    ----------
    id : str
        As parameters name it: "evidence G1.11", "specification 5g", "target C2", "test V14", "hypothesis H12", "paper S1".
    title : str
    place : str
        Document and heading, as a link inside the repository: "docs/evidence.md#g1-firm-size".
    origin : str
        Whom the entry names: papers, pages, laws; empty for what was decided here.
    link : str
        Of the first page named there, or empty.
    """

    id: str
    title: str
    place: str
    origin: str = ""
    link: str = ""


def ids_in(text: str) -> list[str]:
    """Ids of entries that a text names, in their order.

    A letter with a number is a row of the evidence where the word stands before it in the same part of a sentence, or where it has a dot; otherwise
    C is a target of calibration and H a hypothesis.
    """
    found, evidence = [], False
    for one in _NAMED.finditer(text):
        if one["part"]:
            evidence = False
        elif one["evidence"]:
            evidence = True
        elif one["sections"] or one["section"]:
            found += [f"specification {section}" for section in re.findall(_SECTION, one["sections"] or one["section"])]
        elif one["paper"]:
            found.append(f"paper {one['paper']}")
        elif one["test"]:
            found.append(f"test {one['test']}")
        elif evidence and one["row"][0] != "H" or "." in one["row"]:
            found.append(f"evidence {one['row']}")
        elif one["row"][0] in "CH":
            found.append(f"{'target' if one['row'][0] == 'C' else 'hypothesis'} {one['row']}")
    return list(dict.fromkeys(found))


@cache
def known_sources() -> dict[str, Source]:
    """All entries, by id."""
    with (files(__package__) / "assets" / "sources.csv").open(encoding="utf-8") as stream:
        return {row["id"]: Source(**row) for row in csv.DictReader(stream)}


def slug(heading: str) -> str:
    """The anchor that a heading of a document gets."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def read_documents(folder: Path) -> list[Source]:
    """The entries of evidence.md, specification.md and of the targets in odd.md.

    Parameters
    ----------
    folder : Path
        That of the documents.
    """
    evidence, specification, odd = (
        (folder / f"{name}.md").read_text(encoding="utf-8") for name in ("evidence", "specification", "odd")
    )
    return [*_evidence(evidence), *_specification(specification), *_targets(odd)]


def _headed(text: str, document: str):
    """Lines of a document, each with the link to the heading above it."""
    place = f"docs/{document}.md"
    for line in text.splitlines():
        if heading := re.match(r"#+ (.*)", line):
            place = f"docs/{document}.md#{slug(heading[1])}"
        yield line, place


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split(" | ")] if line.startswith("| ") else []


def _evidence(text: str) -> list[Source]:
    keys: dict[str, str] = {}
    for line in text.partition("## K. Source keys")[2].splitlines():
        if line.startswith("| ") and not line.startswith("| key"):
            names, told = (cell.strip() for cell in line.strip("| ").split(" | ", 1))
            keys |= dict.fromkeys(re.split(r", | / ", names), _plain(told))
    found = []
    for line, place in _headed(text, "evidence"):
        if heading := re.match(r"##+ ([A-K]\d*)\. (.*)", line):
            found.append(Source(f"evidence {heading[1]}", _plain(heading[2]), place))
        cells = _cells(line)
        if paper := re.match(r"- \*\*(S[12])\*\*: (.*)", line):
            found.append(Source(f"paper {paper[1]}", _plain(paper[2]), place))
        elif cells and re.fullmatch(r"J\d+", cells[0]):
            found.append(Source(f"evidence {cells[0]}", _plain(f"{cells[1]}: {cells[2]}"), place))
        elif len(cells) >= 4 and re.fullmatch(_ROW, cells[0]):
            origin = "; ".join(dict.fromkeys(keys[key] for key in re.findall(r"[A-Z][A-Z0-9&-]+", cells[-2]) if key in keys))
            host = _HOST.search(origin)
            title = _plain(f"{cells[1]}: {cells[2]}").removesuffix(": -")
            found.append(Source(f"evidence {cells[0]}", title, place, origin, f"https://{host[0]}/" if host else ""))
    return found


def _specification(text: str) -> list[Source]:
    found, section = [], ""
    for line, place in _headed(text, "specification"):
        cells = _cells(line)
        if heading := re.match(r"##+ (\d+(?:\.\d+|[a-z])?)\.? (.*)", line):
            section = heading[1]
            found.append(Source(f"specification {section}", _plain(heading[2]), place))
        elif part := re.match(r"(\d+)\. \*\*([^*]+?)\.?\*\*", line):
            found.append(Source(f"specification {section}.{part[1]}", _plain(part[2]), place))
        elif cells and section == "9" and re.fullmatch(r"H\d+", cells[0]):
            found.append(Source(f"hypothesis {cells[0]}", _plain(cells[1]), place))
        elif cells and section == "10":
            found += [Source(f"test {one}", _plain(f"{cells[1]}: {cells[2]}"), place) for one in re.findall(r"V\d+", cells[0])]
    return found


def _targets(text: str) -> list[Source]:
    told: dict[str, Source] = {}
    for line, place in _headed(text, "odd"):
        cells = _cells(line)
        if len(cells) == 4 and re.fullmatch(r"C\d+", cells[0]) and place.endswith("#10-calibration"):
            before = told.get(cells[0])
            what = _plain(f"{cells[1]}: {cells[2]}")
            told[cells[0]] = Source(f"target {cells[0]}", f"{before.title}; {what}" if before else what, place)
    return list(told.values())


def _plain(text: str) -> str:
    return re.sub(r"[`*†]", "", text).strip()


def main(folder: str) -> None:
    """Write assets/sources.csv anew."""
    with (Path(__file__).parent / "assets" / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(Source)])
        writer.writerows(map(astuple, read_documents(Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1])
