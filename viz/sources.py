"""What the ids of sources stand for: the title, where it stands in the documents, and whom these name.

The documents are not installed, so what is needed of them lies in assets/sources.csv, made by `python -m ecocluster.viz.sources docs`;
a test holds that it is what the documents say.
"""

from __future__ import annotations

import csv
import re
import sys
from dataclasses import astuple, dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path

__all__ = ["Source", "ids_in", "known_sources", "read_documents"]

_ID = re.compile(r"[A-I]\d+(?:\.\d+)?\b")
_SPECIFICATION = re.compile(r"specification ((?:\d+(?:\.\d+|[a-j])?)(?:(?:, | and )\d+(?:\.\d+|[a-j])?)*)")
_HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:vn|com|org|gov|edu|net|int|eu|asia)\b")


@dataclass(frozen=True)
class Source:
    """One entry of a document.

    Attributes
    ----------
    id : str
        As parameters name it: "evidence G1.11", "specification 5g".
    title : str
    place : str
        Document and section.
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
    """Ids of entries that a source names, in their order."""
    found = []
    for part in re.split(r";", text):
        for match in _SPECIFICATION.finditer(part):
            found += [f"specification {one}" for one in re.split(r", | and ", match[1])]
        if "evidence" in part:
            found += [f"evidence {one}" for one in _ID.findall(part.partition("evidence")[2])]
    return list(dict.fromkeys(found))


@cache
def known_sources() -> dict[str, Source]:
    """All entries, by id."""
    with (files(__package__) / "assets" / "sources.csv").open(encoding="utf-8") as stream:
        return {row["id"]: Source(**row) for row in csv.DictReader(stream)}


def read_documents(folder: Path) -> list[Source]:
    """The entries of evidence.md and specification.md.

    Parameters
    ----------
    folder : Path
        That of the documents.
    """
    return [
        *_evidence((folder / "evidence.md").read_text(encoding="utf-8")),
        *_specification((folder / "specification.md").read_text(encoding="utf-8")),
    ]


def _evidence(text: str) -> list[Source]:
    keys: dict[str, str] = {}
    for line in text.partition("## K. Source keys")[2].splitlines():
        if line.startswith("| ") and not line.startswith("| key"):
            names, told = (cell.strip() for cell in line.strip("| ").split(" | ", 1))
            keys |= dict.fromkeys(re.split(r", | / ", names), _plain(told))
    found, section = [], ""
    for line in text.splitlines():
        if heading := re.match(r"###? ([A-I]\d+)\. (.*)", line):
            section = f"docs/evidence.md, {heading[1]}"
            found.append(Source(f"evidence {heading[1]}", _plain(heading[2]), "docs/evidence.md"))
        cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
        if line.startswith("| ") and len(cells) >= 4 and _ID.fullmatch(cells[0]):
            origin = "; ".join(dict.fromkeys(keys[key] for key in re.findall(r"[A-Z][A-Z0-9-]+", cells[-2]) if key in keys))
            host = _HOST.search(origin)
            found.append(
                Source(
                    f"evidence {cells[0]}",
                    _plain(f"{cells[1]}: {cells[2]}"),
                    section,
                    origin,
                    f"https://{host[0]}/" if host else "",
                )
            )
    return found


def _specification(text: str) -> list[Source]:
    found, section = [], ""
    for line in text.splitlines():
        if heading := re.match(r"## (\d+[a-z]?)\. (.*)", line):
            section = heading[1]
            found.append(Source(f"specification {section}", _plain(heading[2]), "docs/specification.md"))
        elif part := re.match(r"(\d+)\. \*\*([^*]+?)\.?\*\*", line):
            found.append(Source(f"specification {section}.{part[1]}", _plain(part[2]), f"docs/specification.md, {section}"))
        elif part := re.match(r"\*\*(\d+\.\d+) ([^*]+?)\.?\*\*", line):
            found.append(Source(f"specification {part[1]}", _plain(part[2]), f"docs/specification.md, {section}"))
        elif part := re.match(r"\*\*([a-z])\. ([^*]+?)\.?\*\*", line):
            found.append(Source(f"specification {section}{part[1]}", _plain(part[2]), f"docs/specification.md, {section}"))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[`*†]", "", text).strip()


def main(folder: str) -> None:
    """Write assets/sources.csv anew: the entries that parameters name."""
    from ..model.parameters import PARAMETERS

    named = {one for parameter in PARAMETERS.values() for one in ids_in(parameter.source)}
    with (Path(__file__).parent / "assets" / "sources.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(Source)])
        writer.writerows(astuple(source) for source in read_documents(Path(folder)) if source.id in named)


if __name__ == "__main__":
    main(sys.argv[1])
