"""How a link is paid for: own cash, and (`links_borrow`) a loan and a cut of tax as for technologies (13.8)."""

from __future__ import annotations

from typing import NamedTuple

from ..jit import inner
from ..ledger import Money
from ..maths import annuity
from ..rules.adoption import loan_gain
from ..rules.production import tax_rate
from ..state import LINK_LOAN
from .financing import A_LOAN, Loan, add_loan, annuity_of, exchange_loan_years, finance, own_funds, tax_cut_of

__all__ = ["Means", "Venture", "can_pay", "draw_symbiosis", "means_of", "most_relief", "pay_part", "tax_free_gain"]


class Venture(NamedTuple):
    """A link that two firms think of.

    Attributes
    ----------
    supplier, buyer : int
        Slots.
    fixed : float
        Fixed cost before grants, mVND.
    gain : float
        What each expects of the link, mVND/yr: half of what is gained.
    years : float
        Term of the contract.
    """

    supplier: int
    buyer: int
    fixed: float
    gain: float
    years: float


class Means(NamedTuple):
    """On which terms a side of a link pays its part.

    Attributes
    ----------
    part : float
        mVND.
    loan : Loan
    relief : float
        What loan and cut of tax are worth to the firm, mVND.
    cut : float
        Share of the tax on its gain that is forgone.
    claim : float
        On the symbiosis fund, mVND.
    """

    part: float
    loan: Loan
    relief: float
    cut: float
    claim: float


@inner
def means_of(s, p, venture, grant, supported):
    """What supplier and buyer could pay their parts of a link with.

    Parameters
    ----------
    venture : Venture
    grant : float
        Share of the fixed cost.
    supported : bool
        True if the programme's money may be used; else only what exists without it.

    Returns
    -------
    (Means, Means)
    """
    net = (1.0 - grant) * venture.fixed
    return (_means(s, p, venture.supplier, p.split_fixed * net, venture, supported),
            _means(s, p, venture.buyer, (1.0 - p.split_fixed) * net, venture, supported))  # fmt: skip


@inner
def _means(s, p, slot, part, venture, supported):
    """The same of the firm in a slot; one loan for links at a time."""
    loan = Loan(0.0, 0.0, 0.0, 0.0, 0.0)
    if p.links_borrow < 0.5:
        return Means(part, loan, 0.0, 0.0, 0.0)
    f, k = s.firms[slot >> 4], slot & 15
    cluster, base = s.clusters[f.cluster[k]], s.levers[s.levers.size - 1]
    cut = tax_cut_of(cluster, s.levers[cluster.lever_row]) if supported else base.CIT_reduction
    if p.exempt_years > 0.0:
        cut = 0.0  # the variant frees whoever adopts a technology instead
    if f.loan_balance[k, LINK_LOAN] <= 0.0:
        loan = finance(s, p, slot, LINK_LOAN, part, supported)
    relief = loan_gain(part, loan.share, loan.rate, exchange_loan_years(p), _annuity(p, f, k))
    claim = loan.subsidy + loan.guarantee if supported else 0.0
    if cut > 0.0:
        free = min(p.cit_years, venture.years)
        tax = tax_rate(p, f.k_revenue[k] * f.workers[k], s.city[0].time) * p.taxable_share
        relief += tax * cut * venture.gain * annuity(f.hurdle[k], free)
        if supported:
            claim += tax * max(cut - base.CIT_reduction, 0.0) * venture.gain * annuity(p.discount_rate, free)
    return Means(part, loan, relief, cut, claim)


@inner
def most_relief(s, p, venture, grant):
    """What `means_of` can find at most, for supplier and buyer: the largest share lent for nothing, and the largest cut of tax.

    Most links that firms think of are not worth a study even so, and this costs little.
    """
    net = (1.0 - grant) * venture.fixed
    return (_most_relief(s, p, venture.supplier, p.split_fixed * net, venture),
            _most_relief(s, p, venture.buyer, (1.0 - p.split_fixed) * net, venture))  # fmt: skip


@inner
def _most_relief(s, p, slot, part, venture):
    if p.links_borrow < 0.5:
        return 0.0
    f, k = s.firms[slot >> 4], slot & 15
    cluster, base = s.clusters[f.cluster[k]], s.levers[s.levers.size - 1]
    cut = max(base.CIT_reduction, tax_cut_of(cluster, s.levers[cluster.lever_row]))
    lent = max(p.granted_support, p.granted_high) * part * (1.0 - _annuity(p, f, k) / exchange_loan_years(p))
    tax = max(p.cit_rate, p.cit_middle_rate, p.cit_small_rate)
    return (lent + tax * cut * venture.gain * min(p.cit_years, venture.years)) * (1.0 + 1e-9)


@inner
def _annuity(p, f, k):
    """Annuity at the firm's hurdle rate over the years of a loan for a link."""
    return annuity_of(p, f, k, A_LOAN) if p.loan_years <= p.hub_years else annuity(f.hurdle[k], p.hub_years)


@inner
def can_pay(s, p, slot, means):
    """Does the firm have the cash for what is not lent?"""
    f, k = s.firms[slot >> 4], slot & 15
    return (1.0 - means.loan.share) * means.part <= own_funds(p, s.levers[s.clusters[f.cluster[k]].lever_row], f, k)


@inner
def pay_part(s, p, slot, means):
    """The firm pays its part, with the loan if there is one."""
    f, k = s.firms[slot >> 4], slot & 15
    lent = means.loan.share * means.part
    f.cash[k] -= means.part - lent
    s.money[Money.LOANS] += lent
    add_loan(s.city[0].dt, f, k, LINK_LOAN, lent, means.loan.rate, exchange_loan_years(p))


@inner
def draw_symbiosis(s, fund, means):
    """A programme pays from its symbiosis fund what makes a loan cheaper, and sets aside the tax that will be forgone."""
    s.funds[fund].fund[1] -= means.claim
    s.funds[fund].spent += means.claim
    s.money[Money.INTEREST_CUT] += means.loan.subsidy
    s.money[Money.GUARANTEE] += means.loan.guarantee
    s.funds[fund].cut_reserve += means.claim - means.loan.subsidy - means.loan.guarantee


@inner
def tax_free_gain(link, side, gain, now):
    """Part of what a side gained in a step that is free of tax, mVND/yr."""
    return link.cut[side] * max(gain, 0.0) if now < link.cut_until - 1e-9 else 0.0
