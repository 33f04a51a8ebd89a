"""Which pathway for which clusters, as a table: kinds of cluster by trade, size and district, and who lowers what most there."""

from __future__ import annotations

from typing import NamedTuple

from ..experiments.comparison import Comparison
from . import claims
from .headline import YEAR
from .words import Words

__all__ = ["KindCell", "KindRow", "kinds_table"]

MOST = 2  # classes in a cell
CLASSES = ("tie", "nothing")


class KindCell(NamedTuple):
    """The classes of most pairs of a world and a cluster, with their shares; `ahead`: a claim carries the first by every account."""

    told: tuple[str, ...]
    ahead: bool


class KindRow(NamedTuple):
    """A kind of cluster; `clusters`: how many there are in a world, in the mean."""

    label: str
    clusters: str
    cells: tuple[KindCell, ...]


def kinds_table(comparison: Comparison, say: Words, year: int = YEAR) -> list[KindRow]:
    """One row a kind, one cell an outcome of the ground (`claims.ORDER`); empty where there is nothing to choose.

    Parameters
    ----------
    comparison : Comparison
    say : Words
    year : int
    """
    leads = claims.which(comparison, year)
    if not leads:
        return []
    found, rows = comparison.which, []
    whole = next(count for group, count in found.pairs.items() if group.by == "all")
    for group, pairs in found.pairs.items():
        if not all(group in leads[row] for row in claims.ORDER):
            continue
        label = say("kinds.all" if group.by == "all" else f"group_of.{group.by}.{group.name}")
        cells = tuple(
            KindCell(_told(found.groups[group][year][claims.ORIGIN_OUTCOMES[row]], say), leads[row][group].kind == "ahead")
            for row in claims.ORDER
        )  # fmt: skip
        number = pairs / whole * len(comparison.trace.site.clusters)
        rows.append(KindRow(label[0].upper() + label[1:], say.number(number, 0 if number >= 10 else 1), cells))
    return rows


def _told(shares: dict[str, float], say: Words) -> tuple[str, ...]:
    order = sorted(shares, key=lambda name: (-shares[name], name))[:MOST]
    return tuple(f"{say.percent(shares[name])} {say(f'line.{name}') if name in CLASSES else say.name('pathway', name)}" for name in order if shares[name] > 0)  # fmt: skip
