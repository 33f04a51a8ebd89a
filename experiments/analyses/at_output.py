"""What causes avoid, absolute and at the output of law alone: a lever that closes firms avoids much and cleans nothing.

Rows are causes (barriers, solutions) and what is avoided: tCO2e, COD, landfilled waste, since 2020. The difference of the two columns
is what production that was lost, or came on top, did to emissions (`money.avoided_at_output`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..money import AVOIDED
from ..statistics import mean_interval
from .coalitions import estimate_columns, picked

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["EMISSIONS", "emissions_facts", "emissions_table"]

YEAR = 2035
SMALL = 0.01  # of the strongest effect, below which nobody asks what it is made of
EMISSIONS = tuple(f"{base}{end}_{YEAR}" for base in AVOIDED for end in ("", "_at_output"))


def emissions_table(
    names: Sequence[str], effects: Mapping[str, np.ndarray], gain: Callable[[np.ndarray, int], np.ndarray]
) -> pd.DataFrame:
    """One row per cause and what is avoided, t.

    Parameters
    ----------
    names : sequence of str
        Causes.
    effects : mapping of str to numpy.ndarray
        Of each of `EMISSIONS`, shape (sets, replicates).
    gain : callable
        From such an array and the number of a cause: what the cause brings in each replicate.
    """
    import pandas as pd

    return pd.DataFrame([
        {
            "cause": name, "avoided": base,
            **estimate_columns("absolute", mean_interval(gain(effects[f"{base}_{YEAR}"], index))),
            **estimate_columns("at_output", mean_interval(gain(effects[f"{base}_at_output_{YEAR}"], index))),
        }
        for base in AVOIDED for index, name in enumerate(names)
    ])  # fmt: skip


def emissions_facts(table: pd.DataFrame) -> dict[str, Any]:
    """For words: who avoids most tCO2e at the output of law alone, and whose effect is for the most part a change of output.

    The latter surely do something, at least a hundredth of what the strongest does, and more than half of it is output.
    """
    rows = table[table["avoided"] == "abatement"]
    most = rows.loc[rows["at_output"].idxmax()]
    size = table["absolute"].abs()
    sure = (table["absolute_low"] > 0) | (table["absolute_high"] < 0)
    large = size > SMALL * size.groupby(table["avoided"]).transform("max")
    mostly = (table["absolute"] - table["at_output"]).abs() > 0.5 * size
    by_output = table.loc[sure & large & mostly, ["cause", "avoided"]].to_dict("records")
    return {"cause": most["cause"], **{name: picked(most, name) for name in ("absolute", "at_output")}, "by_output": by_output}
