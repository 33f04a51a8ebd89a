"""Accounts: every VND that leaves one arrives in another, every tonne and m3 is somewhere.

`Money` numbers the flows of money of a step (mVND, in `State.money`). Each flow is described once, here: who pays,
who receives, of which kind it is and what for. Public outlay, transfers and social cost are sums of flows by this
table and by nothing else. `balance` adds up an account, to be compared with its stock. `Matter` numbers physical
amounts of a step.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

__all__ = ["ACCOUNTS", "FLOWS", "FLOW_ACCOUNTS", "Flow", "Matter", "Money", "N_FLOWS", "N_MATTER", "OUTLAY", "OUTLAY_PURPOSES", "PAIRS",
           "RECEIPTS", "SOCIAL_PARTS", "balance", "outlay_part", "pair_of", "social_part", "social_sign"]  # fmt: skip

# Firms, state, operators, developers, the bank and officials (side payments) act in the model. Landowners, customers
# (off-takers and carbon-minded buyers too), owners of firms and investors (anchors) are everybody else; `resources`
# is no person: what goes there is used up (labour, energy, material, equipment), what comes from there is saved.
ACCOUNTS = ("firms", "state", "operator", "developer", "bank", "side", "landowners", "customers", "owners", "investors",
            "resources")  # fmt: skip

# parts of social cost; capital counts by its yearly service over its life, see `rules.capital`
SOCIAL_PARTS = ("capital", "running", "programme", "search", "moving", "land", "saved")


class Flow(NamedTuple):
    """One line of the ledger.

    Attributes
    ----------
    payer, receiver : str
        Of `ACCOUNTS`.
    kind : str
        "resource": something is used up or saved, a part of social cost. "transfer": money changes hands.
        "trade": sales less ordinary cost, the same thing done in every arm. "equity": between a firm and its owners.
    purpose : str
        Of a resource one of `SOCIAL_PARTS`; of a transfer what it is called.
    """

    payer: str
    receiver: str
    kind: str
    purpose: str


FLOWS = {
    name: Flow(*rest)
    for name, *rest in [
        # ordinary cost contains energy, water, disposal and the fee of a firm that has adopted nothing; what it pays for
        # them in fact follows below, so the ordinary amount of resources is taken back here
        ("NET_SALES", "customers", "firms", "trade", "sales less ordinary cost"),
        ("ORDINARY_USE", "resources", "firms", "resource", "saved"),
        ("ELECTRICITY", "firms", "resources", "resource", "saved"),
        ("FUEL", "firms", "resources", "resource", "saved"),
        ("WATER", "firms", "resources", "resource", "saved"),
        ("DISPOSAL", "firms", "resources", "resource", "saved"),
        ("OWN_RUNNING", "firms", "resources", "resource", "running"),
        ("SHAM", "firms", "resources", "resource", "running"),
        ("ENVIRONMENTAL_FEE", "firms", "state", "transfer", "fees"),
        ("CETP_FEE", "firms", "operator", "transfer", "fees"),
        ("SHARED_SOLAR", "firms", "operator", "transfer", "fees"),
        ("LEVY", "firms", "operator", "transfer", "levies"),
        ("PROJECT_BENEFIT", "customers", "firms", "trade", "better roads and data"),
        ("RENT", "firms", "developer", "transfer", "rents"),
        ("GREEN_PREMIUM", "customers", "firms", "transfer", "premium"),
        ("ADAPTATION", "firms", "resources", "resource", "moving"),
        ("DEBT_SERVICE", "firms", "bank", "transfer", "credit"),
        ("TAX", "firms", "state", "transfer", "tax"),  # due; what is forgone flows back
        ("TAX_FORGONE", "state", "firms", "transfer", "tax"),
        ("FINE", "firms", "state", "transfer", "fines"),
        ("SIDE_PAYMENT", "firms", "side", "transfer", "side payments"),
        ("OWN_CAPEX", "firms", "resources", "resource", "capital"),  # at full price, whoever pays for it
        ("LOANS", "bank", "firms", "transfer", "credit"),
        ("STUDY", "firms", "resources", "resource", "search"),
        ("LINK_FIXED", "firms", "resources", "resource", "capital"),
        ("LINK_COORDINATION", "firms", "resources", "resource", "search"),
        ("EXCHANGE_SAVED", "resources", "firms", "resource", "saved"),  # disposal and virgin material saved less treatment
        ("LINK_PAYMENTS", "firms", "firms", "transfer", "by-products"),
        ("HUB_FEE", "firms", "operator", "transfer", "fees"),
        ("OFFTAKE", "resources", "firms", "resource", "saved"),  # what the by-product is worth to the off-taker outside
        ("EFFORT", "firms", "resources", "resource", "search"),
        ("MOVING", "firms", "resources", "resource", "moving"),
        ("OLD_PLOT", "landowners", "firms", "transfer", "land"),
        ("RELOCATION_AID", "state", "firms", "transfer", "grants"),
        ("DIVIDENDS", "firms", "owners", "equity", "dividends"),
        ("ENTRY_CASH", "owners", "firms", "equity", "entry"),
        ("ENTRY_EQUIPMENT", "owners", "resources", "resource", "capital"),  # what newcomers bring along
        ("EXIT_CASH", "firms", "owners", "equity", "exit"),
        # the state
        ("FIXED_DOSES", "state", "resources", "resource", "programme"),
        ("RULE_SET_UP", "state", "resources", "resource", "programme"),
        ("LAW_SET_UP", "state", "resources", "resource", "programme"),
        ("LAW_DATA", "state", "resources", "resource", "programme"),
        ("INSPECTIONS", "state", "resources", "resource", "programme"),
        ("GRANTS", "state", "firms", "transfer", "grants"),
        ("INTEREST_CUT", "state", "bank", "transfer", "credit support"),
        ("GUARANTEE", "state", "bank", "transfer", "credit support"),
        ("STUDY_AID", "state", "firms", "transfer", "grants"),
        ("LINK_GRANT", "state", "firms", "transfer", "grants"),
        ("HUB_GRANT", "state", "operator", "transfer", "grants"),
        ("PROJECT_FUND", "state", "operator", "transfer", "grants"),
        ("CITY_CETP", "state", "operator", "transfer", "grants"),
        ("LAND_SUPPORT", "state", "developer", "transfer", "grants"),
        # land: the rent of a tenant of a planned cluster is in his ordinary cost; elsewhere a landowner would have it
        ("BASE_RENT", "landowners", "developer", "transfer", "rents"),
        ("LAND_PRICE", "developer", "landowners", "transfer", "land"),
        ("DEVELOPER_LAND", "developer", "resources", "resource", "capital"),  # works: what is not the price of bare land
        ("LAND_OPENED", "landowners", "resources", "resource", "land"),  # what the land would yield otherwise
        ("LAND_FREED", "resources", "landowners", "resource", "land"),
        # operators
        ("PROJECT_CAPEX", "operator", "resources", "resource", "capital"),
        ("PROJECT_RUNNING", "operator", "resources", "resource", "running"),
        ("ANCHOR", "investors", "operator", "transfer", "anchors"),
        ("APPLICATION", "operator", "resources", "resource", "search"),
        ("OPERATOR_STUDY", "operator", "resources", "resource", "search"),  # of an exchange that the operator looks for himself
        ("HUB_RUNNING", "operator", "resources", "resource", "running"),
        ("HUB_CAPEX", "operator", "resources", "resource", "capital"),
        # land that shared land takes in existing clusters: unbuilt and vacant plots; leases of firms
        ("SHARED_LAND", "operator", "landowners", "transfer", "land"),
        ("COMPENSATION", "operator", "firms", "transfer", "land"),
        # loans of hubs (`links_borrow`)
        ("HUB_LOAN", "bank", "operator", "transfer", "credit"),
        ("HUB_DEBT_SERVICE", "operator", "bank", "transfer", "credit"),
    ]
}

MEMORANDA = ("LOAN_WRITTEN_OFF", "FREE_RIDERS")  # not flows between accounts
_NAMES = (*FLOWS, *MEMORANDA)
Money = IntEnum("Money", {name: i for i, name in enumerate(_NAMES)})
FLOW_ACCOUNTS = {name: (flow.payer, flow.receiver) for name, flow in FLOWS.items()}
FLOW_ACCOUNTS |= dict.fromkeys(MEMORANDA, ("", ""))
N_FLOWS = len(_NAMES)

# gross public outlay by purpose: what the state pays, and the tax it forgoes
_OUTLAY = {
    "doses": ("FIXED_DOSES", "RULE_SET_UP"), "law": ("LAW_SET_UP", "LAW_DATA"), "inspections": ("INSPECTIONS",), "grants": ("GRANTS",),
    "credit": ("INTEREST_CUT", "GUARANTEE"), "symbiosis": ("STUDY_AID", "LINK_GRANT", "HUB_GRANT"),
    "infrastructure": ("PROJECT_FUND", "CITY_CETP"), "planned": ("LAND_SUPPORT", "RELOCATION_AID"),
    "forgone": ("TAX_FORGONE",),
}  # fmt: skip
OUTLAY_PURPOSES = tuple(_OUTLAY)
OUTLAY = tuple(name for names in _OUTLAY.values() for name in names)
RECEIPTS = tuple(name for name, flow in FLOWS.items() if flow.receiver == "state")

# transfers: every pair of payer and receiver that occurs, in a fixed order
PAIRS = tuple(dict.fromkeys((flow.payer, flow.receiver) for flow in FLOWS.values() if flow.kind == "transfer"))


def _numbers(of) -> np.ndarray:
    """One whole number per flow; -1 for memoranda and where `of` gives None."""
    values = [of(name, FLOWS[name]) if name in FLOWS else None for name in _NAMES]
    return np.array([-1 if value is None else value for value in values], np.int64)


# the same table as arrays, for the kernels
outlay_part = _numbers(lambda name, flow: next((i for i, names in enumerate(_OUTLAY.values()) if name in names), None))
pair_of = _numbers(lambda name, flow: PAIRS.index((flow.payer, flow.receiver)) if flow.kind == "transfer" else None)
social_part = _numbers(lambda name, flow: SOCIAL_PARTS.index(flow.purpose) if flow.kind == "resource" else None)
social_sign = np.array([-1.0 if name in FLOWS and FLOWS[name].payer == "resources" else 1.0 for name in _NAMES])

_MATTER = [
    "GRID_MWH", "SOLAR_MWH", "SHARED_SOLAR_MWH", "FUEL_GJ", "WATER_M3", "EFFLUENT_M3", "UNTREATED_M3", "REUSED_M3",
    "COD_KG", "COD_REMOVED_KG", "WASTE_T", "WASTE_REDUCED_T", "LANDFILL_T", "DEALER_T", "EXCHANGED_T", "POOLED_T",
    "OFFTAKEN_T", "EXCHANGED_GJ", "EXCHANGED_M3", "EXCHANGE_TCO2E", "UPSTREAM_TCO2E", "TREATED_OWN_M3",
    "TREATED_CETP_M3", "VIRGIN_SAVED_T", "LANDFILL_TCO2E",
]  # fmt: skip
Matter = IntEnum("Matter", {name: i for i, name in enumerate(_MATTER)})
N_MATTER = len(_MATTER)


def balance(money: np.ndarray, account: str, kind: str | None = None) -> float:
    """Net receipts of an account in a step, mVND, from the flows.

    Parameters
    ----------
    money : (N_FLOWS,) float64
    account : str
        One of `ACCOUNTS`.
    kind : str, optional
        Only flows of this kind.
    """
    total = 0.0
    for name, flow in FLOWS.items():
        if kind is None or flow.kind == kind:
            total += money[Money[name]] * ((flow.receiver == account) - (flow.payer == account))
    return total
