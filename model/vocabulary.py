"""The words of the model, as the rows of `tables/` name them: technologies, streams and sectors; and where each stands.

Whatever takes a technology, a stream or a sector by its number follows from here: bits of masks, lengths of arrays, places
beside an id in a draw (`randomness.KEYS`), lanes of the lottery. A row of a table is all that a new word needs in
the model; one that is there by half, or for which there is no room, is refused by name when the model is imported.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

__all__ = ["AWARENESS", "EVENTS", "LEARNED", "PROGRAMMES", "SECTORS", "STREAMS", "STREAM_UNITS", "TECHNOLOGIES", "TECHNOLOGY_ROWS",
           "fit", "read_vocabulary", "short_of"]  # fmt: skip

_TABLES = Path(__file__).parent / "tables"


def fit(what: str, names: Sequence[str], room: int) -> None:
    """Refuse more names than there is room for.

    Raises
    ------
    ValueError
        With what there is no room for.
    """
    if len(names) > room:
        raise ValueError(f"{what}: there is room for {room}, not for {len(names)}; left over: {', '.join(names[room:])}")


def read_vocabulary(tables: Path = _TABLES) -> tuple[list[dict], list[dict], list[dict]]:
    """Rows of technologies, streams and sectors, checked against each other and in an order that the model can use.

    An own treatment plant is the last technology: nobody learns of it, and it is chosen at reviews of compliance. Streams
    are solid ones (t), then one of heat (GJ), then one of treated water (m3).

    Raises
    ------
    ValueError
        With the table, the row and what is missing.
    """
    technologies, streams, sectors, balance = (
        _rows(tables / f"{name}.csv") for name in ("technologies", "streams", "sectors", "supply_demand")
    )
    shorts = [short_of(row["technology"]) for row in technologies]
    if shorts[-1] != "own_plant":
        raise ValueError(f"technologies.csv: the last row is {shorts[-1]}; own_plant must be the last")
    for name, values in (
        ("technologies.csv", shorts),
        ("streams.csv", [row["stream"] for row in streams]),
        ("sectors.csv", [row["sector"] for row in sectors]),
    ):
        for value in values:
            if values.count(value) > 1:
                raise ValueError(f"{name}: {value} stands twice")
    units = [row["unit"] for row in streams]
    if units != ["t"] * (len(units) - 2) + ["GJ", "m3"]:
        raise ValueError(f"streams.csv: units are {', '.join(units)}; allowed: t of every solid stream, then GJ, then m3")
    for row in streams:
        if row["stream"] not in balance[0]:
            raise ValueError(f"supply_demand.csv: column {row['stream']} is missing, a stream of streams.csv")
    known = {(row["sector"], row["direction"]) for row in balance}
    for row in sectors:
        for direction in ("supply", "demand"):
            if (row["sector"], direction) not in known:
                raise ValueError(f"supply_demand.csv: row {row['sector']},{direction} is missing, a sector of sectors.csv")
    return technologies, streams, sectors


def short_of(row: str) -> str:
    """What a technology is called: T6 for a row T6_heat_pump, and the row itself where it has no number."""
    head = row.partition("_")[0]
    return head if head[1:].isdecimal() else row


def _rows(path: Path) -> list[dict]:
    """Rows of a table; an empty cell, but of the last column, which says where numbers come from, is refused."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        first, *columns, _ = row
        for column in columns:
            if not row[column]:
                raise ValueError(f"{path.name}: {row[first]} has no {column}")
    return rows


_technologies, _streams, _sectors = read_vocabulary()

TECHNOLOGY_ROWS = tuple(row["technology"] for row in _technologies)  # under which its numbers stand in the registry
TECHNOLOGIES = tuple(map(short_of, TECHNOLOGY_ROWS))
LEARNED = TECHNOLOGIES[:-1]  # those of which a firm must learn, and which reviews of technologies look at
STREAMS = tuple(row["stream"] for row in _streams)
STREAM_UNITS = tuple(f"{row['unit']}/yr" for row in _streams)
SECTORS = tuple(row["sector"] for row in _sectors)

# bits of what a firm knows of, after the technologies; that of an own plant is unused
AWARENESS = (*TECHNOLOGIES, "law", "symbiosis")
# parts of a programme of which a firm may know, a bit each
PROGRAMMES = ("grants", "credit", "tax")
# what may happen to a firm in a step, each a lane of the lottery (`phases.lottery`)
EVENTS = (*(f"learn_{name}" for name in LEARNED), "learn_law", "learn_symbiosis", "inspection", "compliance_review",
          "technology_review", "search", "exit", "relocation_review")  # fmt: skip
