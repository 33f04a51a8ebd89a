"""How the capital of a hub is paid for: by its operator, and (`links_borrow`) with a loan for which its members are judged (13.8)."""

from __future__ import annotations

from typing import NamedTuple

from ..jit import inner
from ..ledger import Money
from ..maths import annuity
from ..randomness import Purpose, of_hub, uniform
from ..rules.adoption import loan_gain
from ..rules.credit import installment, schedule
from ..state import LANES
from .financing import Borrower, Loan, Lots, exchange_loan_years, lend, total_loans

__all__ = ["Backing", "back_hub", "pay_for_hub", "serve_hub_loan", "take_hub_loan"]


class Backing(NamedTuple):
    """How the capital of a hub is paid for.

    Attributes
    ----------
    grant : float
        Share of the capital.
    loan : Loan
        For the rest.
    borne : float
        Share of the capital that fees must bring in: what is neither granted nor what a loan is worth.
    claim : float
        On the symbiosis fund, per VND of capital.
    subsidy, guarantee : float
        Parts of it for a loan, per VND of capital.
    """

    grant: float
    loan: Loan
    borne: float
    claim: float
    subsidy: float
    guarantee: float


@inner
def back_hub(s, p, c, w, capital, supported):
    """Grant and loan for a hub of all its candidates, whom a bank judges together as if they were one firm.

    Parameters
    ----------
    capital : float
        What it would cost, mVND.
    supported : bool
        True if the programme's money may be used; else only what exists without it.

    Returns
    -------
    Backing
    """
    cluster = s.clusters[c]
    grant = s.levers[cluster.lever_row].symbiosis_grant if supported else 0.0
    net = (1.0 - grant) * capital
    loan = _lent(s, p, c, w, cluster, net, supported)
    years = exchange_loan_years(p)
    worth = loan_gain(1.0, loan.share, loan.rate, years, annuity(p.hub_rate, years))
    subsidy = loan.subsidy / capital if loan.subsidy > 0.0 else 0.0
    guarantee = loan.guarantee / capital if loan.guarantee > 0.0 else 0.0
    return Backing(grant, loan, (1.0 - grant) * (1.0 - worth), grant + subsidy + guarantee, subsidy, guarantee)


@inner
def _lent(s, p, c, w, cluster, net, supported):
    """Loan for a hub (`links_borrow`), one at a time."""
    city, hub = s.city[0], s.hubs[c, w]
    none = Loan(0.0, 0.0, 0.0, 0.0, 0.0)
    if p.links_borrow < 0.5 or hub.loan_balance > 0.0:
        return none
    workers, collateral, debt, revenue = 0.0, 0.0, 0.0, 0.0
    for b in range(cluster.first, cluster.last):
        f = s.firms[b]
        for k in range(LANES):
            if (f.hubs[k] >> w) & 1:
                workers += f.workers[k]
                collateral += f.collateral[k]
                debt += f.debt[k] + total_loans(f, k)
                revenue += f.k_revenue[k] * f.workers[k]
    if workers <= 0.0:
        return none
    ident = of_hub(c, w)
    lots = Lots(uniform(city.key, Purpose.HUB_CREDIT, 0, ident), uniform(city.key, Purpose.HUB_CREDIT, 1, ident),
                uniform(city.key, Purpose.HUB_CREDIT, 2, ident), uniform(city.key, Purpose.HUB_CREDIT, 3, ident))  # fmt: skip
    borrower = Borrower(workers, collateral, debt / (p.leverage_scale * revenue), p.hub_rate)
    return lend(s, p, cluster, borrower, lots, net, supported)


@inner
def take_hub_loan(s, p, hub, loan, net):
    """The operator borrows a share of the capital less the grant; equal payments in every step repay it."""
    amount = loan.share * net
    if amount <= 0.0:
        return
    hub.loan_balance = amount
    hub.loan_payment, hub.loan_growth = schedule(amount, loan.rate, exchange_loan_years(p), s.city[0].dt)
    s.money[Money.HUB_LOAN] += amount


@inner
def pay_for_hub(s, fund, backing, capital):
    """A programme pays grant, interest and guarantee from its symbiosis fund."""
    s.funds[fund].fund[1] -= backing.claim * capital
    s.funds[fund].spent += backing.claim * capital
    s.money[Money.HUB_GRANT] += backing.grant * capital
    s.money[Money.INTEREST_CUT] += backing.subsidy * capital
    s.money[Money.GUARANTEE] += backing.guarantee * capital


@inner
def serve_hub_loan(s, hub):
    """Interest and repayment of the step, whether or not the hub still operates."""
    if hub.loan_balance > 0.0:
        paid, hub.loan_balance = installment(hub.loan_balance * hub.loan_growth, hub.loan_payment, s.city[0].dt)
        s.money[Money.HUB_DEBT_SERVICE] += paid
