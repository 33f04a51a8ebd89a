"""The answer of a result in words, each part with the figures behind it.

import ecocluster as ec

for part in ec.explain(ec.compare("nguyen-khe")):
    print(part.text)
    part.figures        # the rows of `summary` that it rests on
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..experiments.comparison import Comparison
from ..experiments.errors import InputError
from ..model.border import bordered
from ..model.indicators import YEARS
from .answer import by_question
from .headline import YEAR
from .words import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Part", "explain"]

# what each question's words rest on; of an indicator that is added up, its sum
BASES = {
    "ground": ("cod_total", "tco2e_total", "landfilled_total"),
    "which": (),
    "stops": ("clusters_all_met", "clusters_one_unmet", "clusters_level1"),
    "money": ("pv_outlay_gross", "pv_private_net", "jobs", "pv_social_cost", "pv_tco2e", "pv_cod"),
    "sure": ("cod_total", "tco2e_total", "landfilled_total"),
}


@dataclass(frozen=True)
class Part:
    """One part of an answer.

    Attributes
    ----------
    question : str
        "ground" (what changes beyond the law), "which" (which pathway for which clusters), "stops" (what stops it, and which
        solution gives most for its money), "money" (who pays and gains) or "sure".
    text : str
    figures : pandas.DataFrame
        Rows of `Comparison.summary`, or of `Comparison.which` for the second question.
    """

    question: str
    text: str
    figures: pd.DataFrame

    def __str__(self) -> str:
        return self.text


@bordered
def explain(answer: Comparison, lang: str = "en", year: int = YEAR) -> list[Part]:
    """Put an answer into words, with the figures behind each part.

    Parameters
    ----------
    answer : Comparison
    lang : str
        "en" or "vi".
    year : int
        2030, 2035 or 2045: flows are added up to its end.

    Returns
    -------
    list of Part
        In the order of the papers' questions; only those that the runs can carry.
    """
    if year not in YEARS:
        raise InputError("not_one_of", name="year", value=year, known=", ".join(map(str, YEARS)))
    summary = answer.summary
    parts = []
    for question, text in by_question(answer, Words(lang), year):
        keys = [f"{base}_{year}" for base in BASES[question]]
        behind = answer.which.table if question == "which" and not answer.which.reason else summary[summary["indicator"].isin(keys)]
        parts.append(Part(question, text, behind.reset_index(drop=True)))
    return parts
