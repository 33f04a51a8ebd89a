"""What an action of a module may call, and how a step calls it.

A step is compiled once, for whatever modules there will be: at every place before and after a phase it looks whether actions
stand there, and calls those through their addresses (`Plan.own`). So only an action is compiled when its module is loaded.

    from ecocluster.model.acting import LANES, SLOT_TAKEN, pay, uniform
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .jit import inner
from .late import DISABLE_JIT, Late
from .randomness import uniform
from .state import EXISTING, LANES, NEVER, OUTSIDE, PLANNED, SLOT_TAKEN

__all__ = ["EXISTING", "LANES", "NEVER", "OUTSIDE", "PLANNED", "SLOT_TAKEN", "Purse", "call_everywhere", "call_own", "inner", "pay",
           "uniform"]  # fmt: skip


class Purse(NamedTuple):
    """An account of a module, as its actions see it.

    Attributes
    ----------
    total : (1,) float64
        mVND in this step.
    flow : int
        Line of the ledger (`ledger.Money`).
    fund : int
        Of a programme (0 grants, 1 symbiosis, 2 infrastructure) if the state pays; -1: it does not.
    takes, gives : int
        1: the firm pays, the firm receives.
    """

    total: np.ndarray
    flow: int
    fund: int
    takes: int
    gives: int


_jump: Any = Late("jump")  # calls the action at an address

if DISABLE_JIT:  # plain Python has the functions themselves

    def _jump(action, s, p, c):
        action(s, p, c)


@inner
def call_own(own, place, s, p, c):
    """The actions at a place within the phases of a cluster, for this one."""
    if own.starts.size > 0:
        for i in range(own.starts[place], own.starts[place + 1]):
            _jump(own.addresses[i], s, p, c)


@inner
def call_everywhere(own, place, s, p):
    """The actions at a place between phases of the city, each for every cluster."""
    if own.starts.size > 0:
        for i in range(own.starts[place], own.starts[place + 1]):
            for c in range(s.clusters.size):
                _jump(own.addresses[i], s, p, c)


@inner
def pay(s, account, slot, amount_mvnd):
    """Move money by an account of a module; who pays and who receives is written in its line of the ledger.

    Parameters
    ----------
    s : State
    account : Purse
        ``own.NAME`` of the account.
    slot : int
        Of the firm that pays or receives.
    amount_mvnd : float
        At least 0.

    Returns
    -------
    float
        What was paid. Where the state pays it is at most what the fund of the firm's programme holds, and 0 without a programme;
        a firm pays in full, as it does its fees.
    """
    f, k = s.firms[slot >> 4], slot & 15
    paid = max(amount_mvnd, 0.0)
    if f.status[k] != SLOT_TAKEN:
        return 0.0
    if account.fund >= 0:
        programme = s.clusters[f.cluster[k]].programme
        if programme < 0:
            return 0.0
        fund = s.funds[programme]
        paid = max(min(paid, fund.fund[account.fund]), 0.0)
        fund.fund[account.fund] -= paid
        fund.spent += paid
    if account.takes:
        f.cash[k] -= paid
    if account.gives:
        f.cash[k] += paid
    s.money[account.flow] += paid
    account.total[0] += paid
    return paid
