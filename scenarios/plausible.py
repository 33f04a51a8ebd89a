"""What may be right and is more often wrong: asked, never assumed.

Each doubt has a name; who knows better says `--accept NAME`, or writes it under `accept` of the cluster in the scenario's file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from .errors import Message, Refusal, ScenarioError
from .numerals import MONEY

__all__ = ["ACCEPTABLE", "LEAST_LAND", "LEAST_ROOM", "doubts_of"]

ACCEPTABLE = ("codes", "counts", "doubles", "fractions", "land", "letters", "places", "revenue")
LEAST_LAND = 100.0  # m2 of built area for each firm; Hanoi's clusters have 3,600
LEAST_ROOM = 3.0  # m2 of built area for each worker
_CODES = (999, 998, 997)  # workers: rather a code of a survey for no answer
_MEDIAN_OFF = 30.0  # the median firm so many times above or below the revenue per worker of its sector
_FIRM_OFF = 300.0


def doubts_of(
    firms: Sequence[tuple[int, Mapping[str, Any]]], private: Mapping[int, tuple[str, ...]], accept: Sequence[str], unit: str
) -> tuple[list[ScenarioError], list[Refusal]]:
    """What looks wrong in the table as a whole, and in single lines.

    Parameters
    ----------
    firms : sequence of (int, mapping)
        Line and enterprise; revenue in million VND.
    private : mapping of int to tuple
        Line to name and tax code: compared, told to nobody.
    accept : sequence of str
        Doubts that the reader has settled.
    unit : str
        In which the revenue was read.
    """
    whole: list[ScenarioError] = []
    single: list[Refusal] = []
    if "fractions" not in accept:
        single += [
            Refusal(line, "workers", f"{firm['workers']:g}", Message("doubt_fraction"))
            for line, firm in firms if firm["workers"] % 1 > 1e-9
        ]  # fmt: skip
    if "codes" not in accept:
        single += [
            Refusal(line, "workers", f"{firm['workers']:g}", Message("doubt_code"))
            for line, firm in firms
            if firm["workers"] in _CODES
        ]
    if "doubles" not in accept:
        single += _doubles([line for line, _ in firms], private)
    if "revenue" not in accept:
        doubt = _unit_of_revenue([firm for _, firm in firms], unit)
        if doubt is not None:
            whole.append(doubt)
        else:
            single += [
                Refusal(line, "revenue", f"{firm['revenue']:g}", Message("doubt_revenue", each=firm["revenue"] / firm["workers"], usual=_usual(firm)))
                for line, firm in firms if "revenue" in firm and _off(firm) > _FIRM_OFF
            ]  # fmt: skip
    return whole, single


def _doubles(lines: Sequence[int], private: Mapping[int, tuple[str, ...]]) -> list[Refusal]:
    """Lines that name an enterprise again: the same name and, where there is one, the same tax code."""
    first: dict[tuple[str, ...], int] = {}
    found = []
    for line in lines:
        who = tuple(map(_as_called, private.get(line, ())))
        if not any(who):
            continue
        if who in first:
            found.append(Refusal(line, "", "", Message("doubt_double", first=first[who])))
        else:
            first[who] = line
    return found


def _as_called(name: str) -> str:
    """A name without what is written in two ways: "Cty TNHH A." is "Công ty TNHH A"."""
    name = re.sub(r"\b(?:cty|c\.ty|cong ty)\b", "công ty", name)
    return " ".join(re.sub(r"[^\w ]", " ", name).split())


def _unit_of_revenue(firms: Sequence[Mapping[str, Any]], unit: str) -> ScenarioError | None:
    """Is the money in another unit than it was read in?"""
    known = [firm for firm in firms if "revenue" in firm]
    if not known:
        return None
    factor = median(firm["revenue"] / firm["workers"] / _usual(firm) for firm in known)
    if 1 / _MEDIAN_OFF <= factor <= _MEDIAN_OFF:
        return None
    if factor <= 0:
        return None
    fits = min(MONEY, key=lambda other: _apart(factor * MONEY[other] / MONEY[unit]))
    middle = median(firm["revenue"] / firm["workers"] for firm in known)
    if fits == unit:
        return ScenarioError("doubt_revenue_all", key=Message("col_revenue"), each=middle, usual=_usual(known[0]))
    return ScenarioError("doubt_unit", key=Message("col_revenue"), each=middle, usual=_usual(known[0]), unit_key=fits,
                         unit_name=Message(f"unit_{fits}"))  # fmt: skip


def _off(firm: Mapping[str, Any]) -> float:
    return _apart(max(firm["revenue"], 1e-12) / firm["workers"] / _usual(firm))


def _apart(ratio: float) -> float:
    """How many times one is the other, whichever is larger."""
    return max(ratio, 1.0 / ratio)


def _usual(firm: Mapping[str, Any]) -> float:
    """Revenue of a worker in the firm's sector, million VND a year."""
    from ..model.parameters import PARAMETERS

    return float(PARAMETERS[f"{firm['sector']}.revenue_mVND"].default)
