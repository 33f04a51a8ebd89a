"""What is wrong in a file or a table, in the reader's language.

`scenarios` says it in English, because it stands below the words of both languages. Here the common problems are told by
the catalogues; a problem that is new to them stays as it is.
"""

from __future__ import annotations

import re

from ..model.inputs import SECTORS, TECHNOLOGIES
from ..scenarios import Refusal, ScenarioError
from .pages.evidence_words import value_of
from .words import Words

__all__ = ["problem_text", "refusal_text", "sector_word"]

_SECTOR_WORD = {  # as the reader of tables knows them
    "food": "thực phẩm", "textile": "dệt may", "metal_mechanical": "cơ khí", "plastic_paper_chemical": "nhựa",
    "wood_building": "gỗ", "electronics_hightech": "điện tử",
}  # fmt: skip
# what `scenarios.enterprises` says of a cell -> key of our text; groups fill its fields in
_REASONS = (
    (r"empty", "empty"),
    (r"x and y go together", "pair"),
    (r"thousands separator.*", "thousands"),
    (r"not a number; allowed: (?P<low>\S+) to (?P<high>\S+) .*", "number"),
    (r"(out of range|not a finite number); allowed: (?P<low>\S+) to (?P<high>\S+) .*", "range"),
    (r"unknown technology '.*'; allowed: .*", "technology"),
    (r"ambiguous without diacritics: .*", "diacritics"),
    (r"unknown sector; did you mean '(?P<near>.*)' \(\w+\)\? allowed: .*", "sector_near"),
    (r"unknown sector; allowed: .*", "sector"),
)
# what `scenarios` says of a file -> key of our text
_PROBLEMS = (
    (r"unknown key", "key"),
    (r"unknown name.*", "name"),
    (r"unknown (?P<kind>scenario|pathway|policy|shocks|portfolio|cluster|column|lever|parameter|sector|type)\b.*", "kind"),
    (r"no such cluster in (?P<site>.*)", "cluster"),
    (r"the (key|column) is missing", "missing"),
    (r"not a number|Input should be a valid number.*", "number"),
    (r"not a finite number", "finite"),
    (r"Input should be a valid (?P<type>string|list|dictionary|boolean|integer).*", "type"),
    (r"out of range", "range"),
    (r"the shares add up to (?P<sum>\S+)", "sum"),
    (r"the id stands twice", "twice"),
    (r"the file does not exist", "no_file"),
    (r"is a folder, not a file", "folder"),
    (r"not a TOML file: (?P<cause>.*)", "toml"),
    (r"not UTF-8.*", "utf8"),
    (r"a file of type '(?P<type>.*)' is needed here", "file_type"),
    (r"(?P<rows>\d+) of (?P<all>\d+) rows refused(, nothing written)?", "rows"),
)
# what would be allowed -> key of our text
_ALLOWED = (
    (r"(?P<low>[-+.e\d]+) to (?P<high>[-+.e\d]+)(?: (?P<unit>.*))?", "between"),
    (r"(up to|at most) (?P<high>[-+.e\d]+)(?: (?P<unit>\w+))?", "at_most"),
    (r"at least (?P<low>[-+.e\d]+)(?: (?P<unit>\w+))?", "at_least"),
    (r"a sum of (?P<sum>\S+)", "sum_of"),
)


def problem_text(error: ScenarioError, say: Words) -> str:
    """What cannot be used and what would be allowed; every refused row on a line of its own.

    Parameters
    ----------
    error : ScenarioError
    say : Words
    """
    text = error.where + _problem(error.problem, say)
    if error.nearest is not None:
        text += "; " + say("problem.near", name=error.nearest)
    elif error.allowed is not None:
        text += "; " + say("problem.allowed", allowed=_allowed(error.allowed, say))
    rows = (say("problem.row", line=r.line, column=r.column, value=r.value, reason=refusal_text(r, say)) for r in error.refused)
    return "\n".join([" ".join(text.split()), *(f"  {row}" for row in rows)])


def _problem(problem: str, say: Words) -> str:
    found = re.fullmatch(r"(?P<first>.*) \(and (?P<more>\d+) more\)", problem)
    if found:
        return _problem(found["first"], say) + " " + say("problem.more", count=found["more"])
    for pattern, key in _PROBLEMS:
        match = re.fullmatch(pattern, problem)
        if match:
            fields = match.groupdict()
            if key in ("kind", "type"):
                fields[key] = say(f"problem.{key}.{fields[key]}")
            return say(f"problem.{key}", **fields)
    return problem


def _allowed(allowed: str, say: Words) -> str:
    """A range in the reader's words; names as they are written in files."""
    for pattern, key in _ALLOWED:
        match = re.fullmatch(pattern, allowed)
        if match:
            fields = match.groupdict(default="")
            if fields.get("unit"):
                fields["unit"] = say.name("unit", fields["unit"])
            return say(f"problem.{key}", **fields).rstrip()
    return allowed


def refusal_text(refusal: Refusal, say: Words) -> str:
    """Why a cell was refused, in the reader's language; as the reader of tables says it where that is new to us."""
    for pattern, key in _REASONS:
        match = re.fullmatch(pattern, refusal.reason)
        if match:
            names = {"sectors": ", ".join(sector_word(sector, say.lang) for sector in SECTORS), "technologies": ", ".join(TECHNOLOGIES)}
            ends = {name: value_of(float(match[name]), say) for name in ("low", "high") if name in match.groupdict()}
            return say(f"my_cluster.reason.{key}", **names, **match.groupdict() | ends)
    return refusal.reason


def sector_word(sector: str, lang: str) -> str:
    """A word for a sector that the reader of tables takes, in the reader's language."""
    return _SECTOR_WORD[sector] if lang == "vi" else sector
