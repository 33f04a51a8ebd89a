"""Accounts: every VND that leaves one arrives in another, every tonne and m3 is somewhere.

`Money` numbers the flows of money of a step (mVND, in `State.money`) with the account that pays and the one
that receives; `balance` adds up an account, to be compared with its stock. `Matter` numbers physical amounts
of a step.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

__all__ = ["ACCOUNTS", "FLOW_ACCOUNTS", "Matter", "Money", "N_FLOWS", "N_MATTER", "OUTLAY", "balance"]

# accounts with a stock in the model; "world" is everyone else (customers, suppliers, owners, contractors)
ACCOUNTS = ("firms", "state", "operator", "developer", "bank", "side", "world")

_FLOWS = [
    # name, payer, receiver
    ("NET_SALES", "world", "firms"),  # sales less ordinary cost, and the reference cost that prices pass on
    ("ELECTRICITY", "firms", "world"),
    ("FUEL", "firms", "world"),
    ("WATER", "firms", "world"),
    ("DISPOSAL", "firms", "world"),
    ("OWN_RUNNING", "firms", "world"),
    ("SHAM", "firms", "world"),
    ("ENVIRONMENTAL_FEE", "firms", "state"),
    ("CETP_FEE", "firms", "operator"),
    ("SHARED_SOLAR", "firms", "operator"),
    ("LEVY", "firms", "operator"),
    ("PROJECT_BENEFIT", "world", "firms"),
    ("RENT", "firms", "developer"),
    ("GREEN_PREMIUM", "world", "firms"),
    ("ADAPTATION", "firms", "world"),
    ("DEBT_SERVICE", "firms", "bank"),
    ("TAX", "firms", "state"),
    ("FINE", "firms", "state"),
    ("SIDE_PAYMENT", "firms", "side"),
    ("OWN_CAPEX", "firms", "world"),
    ("LOANS", "bank", "world"),  # paid out to suppliers of equipment
    ("STUDY", "firms", "world"),
    ("LINK_FIXED", "firms", "world"),
    ("LINK_COORDINATION", "firms", "world"),
    ("EXCHANGE_SAVED", "world", "firms"),  # disposal and virgin material saved less treatment
    ("HUB_FEE", "firms", "operator"),
    ("OFFTAKE", "world", "firms"),
    ("EFFORT", "firms", "world"),
    ("MOVING", "firms", "world"),
    ("OLD_PLOT", "world", "firms"),
    ("RELOCATION_AID", "state", "firms"),
    ("DIVIDENDS", "firms", "world"),
    ("ENTRY_CASH", "world", "firms"),
    ("EXIT_CASH", "firms", "world"),
    # the state
    ("FIXED_DOSES", "state", "world"),
    ("RULE_SET_UP", "state", "world"),
    ("LAW_SET_UP", "state", "world"),
    ("LAW_DATA", "state", "world"),
    ("INSPECTIONS", "state", "world"),
    ("GRANTS", "state", "world"),
    ("INTEREST_CUT", "state", "bank"),
    ("GUARANTEE", "state", "bank"),
    ("STUDY_AID", "state", "world"),
    ("LINK_GRANT", "state", "world"),
    ("HUB_GRANT", "state", "operator"),
    ("PROJECT_FUND", "state", "operator"),
    ("CITY_CETP", "state", "operator"),
    ("LAND_SUPPORT", "state", "developer"),
    ("BASE_RENT", "world", "developer"),
    ("DEVELOPER_LAND", "developer", "world"),
    # operators and developers
    ("PROJECT_CAPEX", "operator", "world"),
    ("PROJECT_RUNNING", "operator", "world"),
    ("ANCHOR", "world", "operator"),
    ("APPLICATION", "operator", "world"),
    ("HUB_RUNNING", "operator", "world"),
    ("HUB_CAPEX", "operator", "world"),
    # memoranda: not flows between accounts
    ("TAX_FORGONE", "", ""),
    ("LOAN_WRITTEN_OFF", "", ""),
    ("LINK_PAYMENTS", "", ""),  # between firms
    ("PRIVATE_CAPEX", "", ""),  # firms' investment at full price less grants
    ("FREE_RIDERS", "", ""),
]

Money = IntEnum("Money", {name: i for i, (name, _, _) in enumerate(_FLOWS)})
FLOW_ACCOUNTS = {name: (payer, receiver) for name, payer, receiver in _FLOWS}
N_FLOWS = len(_FLOWS)

# public outlay: what the state pays, and the tax it forgoes
OUTLAY = (
    "FIXED_DOSES", "RULE_SET_UP", "LAW_SET_UP", "LAW_DATA", "INSPECTIONS", "GRANTS", "INTEREST_CUT", "GUARANTEE",
    "STUDY_AID", "LINK_GRANT", "HUB_GRANT", "PROJECT_FUND", "CITY_CETP", "LAND_SUPPORT", "RELOCATION_AID", "TAX_FORGONE",
)

_MATTER = [
    "GRID_MWH", "SOLAR_MWH", "SHARED_SOLAR_MWH", "FUEL_GJ", "WATER_M3", "EFFLUENT_M3", "UNTREATED_M3", "REUSED_M3",
    "COD_KG", "COD_REMOVED_KG", "WASTE_T", "WASTE_REDUCED_T", "LANDFILL_T", "DEALER_T", "EXCHANGED_T", "POOLED_T",
    "OFFTAKEN_T", "EXCHANGED_GJ", "EXCHANGED_M3", "EXCHANGE_TCO2E", "UPSTREAM_TCO2E", "TREATED_OWN_M3",
    "TREATED_CETP_M3", "VIRGIN_SAVED_T",
]
Matter = IntEnum("Matter", {name: i for i, name in enumerate(_MATTER)})
N_MATTER = len(_MATTER)


def balance(money: np.ndarray, account: str) -> float:
    """Net receipts of an account in a step, mVND, from the flows.

    Parameters
    ----------
    money : (N_FLOWS,) float64
    account : str
        One of `ACCOUNTS`.
    """
    total = 0.0
    for name, (payer, receiver) in FLOW_ACCOUNTS.items():
        if receiver == account:
            total += money[Money[name]]
        if payer == account:
            total -= money[Money[name]]
    return total
