"""What an operator or official knows of his cluster beside its firms: the questions of the self-check, `[answers]` in a scenario's file.

[answers]
central_plant = true
central_plant_m3_day = 600
effluent_m3_day = [300, 450]        # between
exchanges = "not known"             # the same as leaving it out
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import Message, ScenarioError, nearest_name
from .given import is_finite

__all__ = ["NOT_KNOWN", "QUESTIONS", "Question", "Span", "read_answers"]

NOT_KNOWN = "not known"
Span = tuple[float, float]  # from, to; the same twice where it is known


@dataclass(frozen=True)
class Question:
    """A question of the self-check.

    Attributes
    ----------
    name : str
    unit : str
        "yes/no", "share", "firms" or a unit.
    low, high : float
    """

    name: str
    unit: str
    low: float
    high: float


QUESTIONS: tuple[Question, ...] = (
    Question("shared_land", "share", 0, 0.9),  # of the land: roads, greenery, technical areas
    Question("central_plant", "yes/no", 0, 1),
    Question("central_plant_m3_day", "m3/day", 0, 50_000),
    Question("effluent_m3_day", "m3/day", 0, 50_000),
    Question("treated_share", "share", 0, 1),  # of the load, truly removed
    Question("measured_share", "share", 0, 1),  # of the effluent, automatically
    Question("reused_water_share", "share", 0, 1),
    Question("roof_solar_share", "share", 0, 1),  # of the electricity used
    Question("energy_cut", "share", -1, 0.9),  # energy per output, against 2019
    Question("recp_firms", "firms", 0, 5000),
    Question("aware_firms", "firms", 0, 5000),
    Question("exchanges", "number", 0, 1000),  # that ran in the last twelve months
    Question("exchange_firms", "firms", 0, 5000),
    Question("depot", "yes/no", 0, 1),
    Question("data_shared", "yes/no", 0, 1),
    Question("served_firms", "firms", 0, 5000),  # by advisers or a centre in the last twelve months
    Question("matching_staff", "persons", 0, 100),
    Question("violations_3_years", "number", 0, 1000),
    Question("housing", "yes/no", 0, 1),
    Question("basic_services", "yes/no", 0, 1),
    Question("yearly_report", "yes/no", 0, 1),
)
# of each pair: no value of the first goes with the value of the second
_AGAINST: tuple[tuple[str, Callable[[Span], bool], str, Callable[[Span], bool]], ...] = (
    ("central_plant", lambda plant: plant[1] == 0, "central_plant_m3_day", lambda size: size[0] > 0),
    ("central_plant", lambda plant: plant[0] == 1, "central_plant_m3_day", lambda size: size[1] == 0),
    ("exchanges", lambda count: count[1] == 0, "exchange_firms", lambda firms: firms[0] > 0),
    ("exchanges", lambda count: count[0] > 0, "exchange_firms", lambda firms: firms[1] == 0),
)
_BY_NAME = {question.name: question for question in QUESTIONS}


def read_answers(raw: Any, file: Path | str | None = None) -> dict[str, Span]:
    """Answers as ranges; what is not known is left out.

    Raises
    ------
    ScenarioError
        For an unknown question, a value out of its range, a range that runs backwards, part of a firm, answers that contradict
        each other.
    """
    if not isinstance(raw, Mapping):
        raise ScenarioError("not_dictionary", file=file, key="answers")
    found: dict[str, Span] = {}
    for name, value in raw.items():
        key = f"answers.{name}"
        if name not in _BY_NAME:
            raise ScenarioError(
                "unknown_key", file=file, key=key, nearest=nearest_name(name, _BY_NAME), allowed=", ".join(_BY_NAME)
            )
        question = _BY_NAME[name]
        if value == NOT_KNOWN:
            continue
        if question.unit == "yes/no":
            if not isinstance(value, bool):
                raise ScenarioError("not_truth", file=file, key=key, value=value, allowed=f'true, false, "{NOT_KNOWN}"')
            found[name] = (float(value), float(value))
            continue
        ends = value if isinstance(value, list) else [value, value]
        if len(ends) != 2:
            raise ScenarioError("not_a_span", file=file, key=key)
        for end in ends:
            if not is_finite(end) or not question.low <= end <= question.high:
                allowed = Message("between_units", low=question.low, high=question.high, unit=question.unit)
                raise ScenarioError(
                    "out_of_range" if is_finite(end) else "not_number_or_span", file=file, key=key, value=end, allowed=allowed
                )
            if question.unit in ("firms", "number") and end != int(end):
                raise ScenarioError("not_whole_number", file=file, key=key, value=end)
        if ends[0] > ends[1]:
            raise ScenarioError("low_first", file=file, key=key, value=str(value))
        found[name] = (float(ends[0]), float(ends[1]))
    _refuse_contradictions(found, raw, file)
    return found


def _refuse_contradictions(found: Mapping[str, Span], raw: Mapping[str, Any], file: Path | str | None) -> None:
    """Answers that cannot both be true: a size of no plant, firms in exchanges that there are none of, more who do than who know."""
    for first, says, second, against in _AGAINST:
        if first in found and second in found and says(found[first]) and against(found[second]):
            raise _contradiction(first, second, raw, file)
    if "recp_firms" in found and "aware_firms" in found and found["recp_firms"][0] > found["aware_firms"][1]:
        raise _contradiction("aware_firms", "recp_firms", raw, file)


def _contradiction(first: str, second: str, raw: Mapping[str, Any], file: Path | str | None) -> ScenarioError:
    return ScenarioError(
        "answers_against",
        file=file,
        key=f"answers.{second}",
        value=raw[second],
        other=f"answers.{first}",
        other_value=str(raw[first]),
    )
