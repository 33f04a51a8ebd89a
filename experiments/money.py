"""Whose money, at which price (13.4): prices per unit, net benefit, transfers by pair, abatement split.

All of it from present values and totals of single runs above a baseline; the baseline is the caller's choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..model.ledger import PAIRS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AVOIDED", "COD_PRICE", "PARTIES", "PRICES", "SPLIT", "TCO2E_PRICE", "Price", "abatement_split", "avoided_at_output", "net_benefit",
           "transfer_array", "transfer_balance", "transfer_table"]  # fmt: skip

# what a tonne avoided is worth, mVND: default and the range over which an acceptability curve runs
TCO2E_PRICE = (1.0, 0.0, 5.0)
COD_PRICE = (7.5, 0.0, 30.0)  # default: the cost of treatment of 5b
SPLIT = ("intensity", "output", "leakage")
PARTIES = tuple(dict.fromkeys(party for pair in PAIRS for party in pair))
# tonnes avoided, and the column of what is emitted; each also `..._at_output`
AVOIDED = {"abatement": "tco2e_total", "cod_avoided": "cod_total", "landfill_avoided": "landfilled_total"}


@dataclass(frozen=True)
class Price:
    """Money per unit avoided, both discounted alike.

    Attributes
    ----------
    money, quantity : str
        Columns without their year, e.g. "pv_social_cost" and "pv_tco2e".
    unit, definition : str
    """

    money: str
    quantity: str
    unit: str
    definition: str


_MONEY = {"gross": ("pv_outlay_gross", "gross public outlay"), "social": ("pv_social_cost", "social cost")}
_UNITS = {
    "tco2e": ("pv_tco2e", "mVND/tCO2e", "tCO2e"),
    "cod": ("pv_cod", "mVND/t", "tonne of COD"),
    "landfilled": ("pv_landfilled", "mVND/t", "tonne not landfilled"),
}
PRICES = {
    f"cost_{line}_per_{what}": Price(money, quantity, unit, f"{name} per {noun} avoided, both discounted, a ratio of means")
    for what, (quantity, unit, noun) in _UNITS.items()
    for line, (money, name) in _MONEY.items()
}


def net_benefit(tco2e, cod, cost, price_tco2e_mvnd: float = TCO2E_PRICE[0], price_cod_mvnd: float = COD_PRICE[0]):
    """Worth of what is avoided less its cost, mVND: tCO2e x price + COD x price - cost.

    One sum of money buys several things, so it is set against all of them and not divided by each.

    Parameters
    ----------
    tco2e, cod : array_like
        Tonnes avoided, discounted (baseline less arm), e.g. per run or world.
    cost : array_like
        Cost above the baseline, present value, mVND: gross outlay or social cost.
    price_tco2e_mvnd, price_cod_mvnd : float
        mVND a tonne.
    """
    return np.asarray(tco2e, float) * price_tco2e_mvnd + np.asarray(cod, float) * price_cod_mvnd - np.asarray(cost, float)


def transfer_array(differences) -> np.ndarray:
    """Transfers payer x receiver in the order of `PARTIES`, mVND.

    Parameters
    ----------
    differences : mapping
        Pair (payer, receiver) of `ledger.PAIRS` to value.
    """
    table = np.zeros((len(PARTIES), len(PARTIES)))
    for payer, receiver in PAIRS:
        table[PARTIES.index(payer), PARTIES.index(receiver)] += differences[payer, receiver]
    return table


def transfer_table(differences) -> pd.DataFrame:
    """`transfer_array` as a frame: rows pay, columns receive."""
    import pandas as pd

    return pd.DataFrame(transfer_array(differences), list(PARTIES), list(PARTIES))


def transfer_balance(table):
    """What every party receives less what it pays, of an array or a frame; the sum over all parties is zero."""
    return table.sum(axis=0) - table.sum(axis=1)


def abatement_split(emissions, outside, output, base_emissions, base_outside, base_output) -> dict[str, np.ndarray]:
    """Tonnes avoided by cleaner production, by less production, and by what happens outside clusters.

    Inside clusters emissions are intensity x output; each factor's part is its change times the mean of the other, so
    that the three parts add up to the abatement. Leakage is negative where emissions move outside.

    Parameters
    ----------
    emissions, outside, output : array_like
        tCO2e of the city and of the firms outside clusters, and sales inside clusters, in the same years.
    base_emissions, base_outside, base_output : array_like
        The same in the baseline.
    """
    inside, base_inside = np.asarray(emissions) - outside, np.asarray(base_emissions) - base_outside
    with np.errstate(divide="ignore", invalid="ignore"):
        intensity = np.where(np.asarray(output) > 0, inside / output, 0.0)
        base_intensity = np.where(np.asarray(base_output) > 0, base_inside / base_output, 0.0)
    return {
        "intensity": (base_intensity - intensity) * 0.5 * (np.asarray(output) + base_output),
        "output": (np.asarray(base_output) - output) * 0.5 * (intensity + base_intensity),
        "leakage": np.asarray(base_outside, float) - outside,
    }


def avoided_at_output(emissions, output, base_emissions, base_output) -> np.ndarray:
    """Tonnes avoided if as much were produced as in the baseline: the fall of the intensity x output of the baseline.

    Of the whole city, firms outside clusters included, so that who moves is not counted as avoided. What is left out is what
    production that was lost, or came on top, did to emissions; nan where nothing is produced.

    Parameters
    ----------
    emissions, output : array_like
        Tonnes and sales of all firms in the same years.
    base_emissions, base_output : array_like
        The same in the baseline, the law alone.
    """
    output = np.asarray(output, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(output > 0, np.asarray(base_output, float) / output, np.nan)
    return np.asarray(base_emissions, float) - np.asarray(emissions, float) * share
